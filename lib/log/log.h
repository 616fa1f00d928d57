/*
 * log.h - batches in packs: written, and read back: are they whole, and where
 * does the log go on. ms-archive(5), Writing and States on disk. Layer: above
 * pack.
 */
#ifndef MS_LOG_H
#define MS_LOG_H
#include <stdbool.h>
#include <stdint.h>
#include "pack.h"

#define MS_BATCH_RECORDS_MAX 65536
#define MS_BATCH_META_MAX (64 * 1024 * 1024) /* payloads of its meta blocks */
/* A writer closes a batch when it has reached one of these. */
#define MS_BATCH_STORED (16 * 1024 * 1024) /* bytes */
#define MS_BATCH_META                                                          \
	(24 * 1024 * 1024) /* bytes of MESSAGEs and EVENTs, not compressed */
/* A regrouped pack holds stretches of several batches. */
#define MS_EXTENT_RECORDS_MAX (1024 * 1024)
#define MS_EXTENT_BLOCKS_MAX 8192
#define MS_EXTENT_META_MAX                                                     \
	(96 * 1024 * 1024) /* bytes of its meta payloads                       \
			    */

/* How far a log has been read, or written. */
struct ms_position {
	uint32_t pack, generation; /* the last pack it knows; 0: none */
	uint64_t end;    /* offset behind the last block it knows there */
	uint64_t blocks; /* how many blocks lie before that */
	uint64_t commit; /* offset of the block with the last COMMIT; 0: none */
	uint64_t next;   /* number of the next record */
	uint64_t purges; /* purge events seen */
	unsigned char chain[MS_SHA_LEN];
};

/* Moves pos to the beginning of a pack; what is known stays as it is. */
void ms_position_enter(
    struct ms_position *pos, const struct ms_pack_header *pack);

/* A block of a stretch: where it is, and what can be said without opening. */
struct ms_log_block {
	uint64_t offset;
	struct ms_block_header header;
	size_t prefix; /* in `prefixes`: runs, then digests of a data block */
	struct ms_block *open; /* a meta block, decompressed; else NULL */
};

/*
 * One batch, or a stretch of several in a regrouped pack: blocks that hold
 * all records from `first` to a COMMIT, with which the last one ends. It ends
 * with the first block of which that is true.
 */
struct ms_log_extent {
	struct ms_buf blocks; /* struct ms_log_block */
	struct ms_buf prefixes;
	struct ms_buf leaves;  /* 32 bytes a record, by number */
	struct ms_buf have;    /* 1 byte a record */
	struct ms_buf commits; /* struct ms_commit, ascending */
	uint64_t first;        /* number of its first record */
	uint64_t next;         /* number of the first record behind it */
	uint64_t end;          /* offset behind it */
	uint64_t commit;       /* offset of the block with its last COMMIT */
	unsigned char chain[MS_SHA_LEN]; /* after it */
	size_t meta;                     /* payload bytes held open */
	bool beyond; /* it is more than this program takes, but not torn */
};

/*
 * Reads the stretch that begins at offset, with record number `next` and after
 * `chain`, and checks that it is whole: checksums, numbers, roots, chain.
 * 1: got it; 0: nothing begins there (end of the file, or what seals it);
 * -1: MS_DATA, it is not whole, err says where and why; MS_IO.
 */
int ms_log_extent_read(struct ms_log_extent *s, const struct ms_pack *pk,
    uint64_t offset, uint64_t next, const unsigned char chain[MS_SHA_LEN],
    struct ms_err *err);
void ms_log_extent_clear(struct ms_log_extent *s);
void ms_log_extent_release(struct ms_log_extent *s);
/* Adds a block (a meta block must be open) without a check of its batch. The
 * contents of a meta block are taken over from b. */
void ms_log_extent_keep(
    struct ms_log_extent *s, uint64_t offset, struct ms_block *b);
/*
 * Does a batch of it end right before record `next`, with this chain? So the
 * log goes on behind what somebody knows of it.
 */
bool ms_log_extent_continues(const struct ms_log_extent *s, uint64_t next,
    const unsigned char chain[MS_SHA_LEN]);

size_t ms_log_extent_count(const struct ms_log_extent *s);
const struct ms_log_block *ms_log_extent_block(
    const struct ms_log_extent *s, size_t i);
/* Runs and digests of a block. */
const unsigned char *ms_log_extent_runs(
    const struct ms_log_extent *s, const struct ms_log_block *b);
const unsigned char *ms_log_extent_digests(
    const struct ms_log_extent *s, const struct ms_log_block *b);

/*
 * The reader of the log: it reads one pack, batch by batch. Catching up,
 * rebuilding, regrouping and verifying a pack use it; they differ in what they
 * do with an extent, and in what damage costs.
 */
struct ms_log_reader {
	const struct ms_pack *pack;
	struct ms_position pos;      /* after what was read; `purges` is for
					the caller */
	struct ms_log_extent extent; /* what was read last */
	/*
	 * Called when no whole batch begins at pos, although the file goes on;
	 * why says what is wrong. The function returns 1 to read the blocks of
	 * the damaged batch that are whole, 0 to end the pack here, or -1 with
	 * err set. NULL: damage is an error.
	 */
	int (*damage)(void *ctx, const struct ms_err *why, struct ms_err *err);
	void *ctx;
	/*
	 * The batch at pos is damaged: until its COMMIT each whole block is an
	 * extent of its own, of which only the blocks are set. `damage` is then
	 * called for a block that cannot be decompressed.
	 */
	bool salvage;
};

/* Sets the position to the beginning of a pack, after what its header says. */
void ms_log_reader_begin(struct ms_log_reader *r, const struct ms_pack *pk);
void ms_log_reader_release(struct ms_log_reader *r);
/*
 * Reads the next extent of the pack and moves pos to its end. 1; 0: the pack
 * has no more (the end of the file, what seals it, or `damage` said so); -1:
 * MS_DATA without `damage`, MS_IO, or what `damage` has set.
 */
int ms_log_read_next(struct ms_log_reader *r, struct ms_err *err);

/*
 * Is there, behind offset, a COMMIT of a batch that begins with a number
 * above `first`? Then what is not whole at offset is damage, not the end of
 * an interrupted write. 1, 0, -1.
 */
int ms_log_goes_on(const struct ms_pack *pk, uint64_t offset, uint64_t first,
    struct ms_err *err);

/*
 * Reads a pack from its beginning to what somebody knows of its log: does a
 * batch end right before record `next`, with this chain? 1, 0, -1: MS_DATA
 * (it is not whole before that), MS_IO.
 */
int ms_log_goes_through(const struct ms_pack *pk, uint64_t next,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err);
/*
 * Is this pack, which is to be sealed, all that it says? Reads it from end to
 * end: checksums, roots, chain, directory, trailer. 1; 0: no, err says why;
 * -1: MS_IO.
 */
int ms_log_whole(const struct ms_pack *pk, struct ms_err *err);

/* ---- writing ---- */

/*
 * Appends a batch at pos: images (data first, then meta), numbered here, then
 * the records of `last`, numbered behind them, with the COMMIT; and syncs. On
 * success pos is moved behind it. MS_TEMP, MS_IO: the pack is cut back to
 * where it was. MS_BUG: it is larger than a batch may be.
 */
int ms_log_append(const struct ms_pack *pk, struct ms_position *pos,
    struct ms_block_image *const *images, size_t count,
    struct ms_block_builder *last, struct ms_err *err);

#endif
