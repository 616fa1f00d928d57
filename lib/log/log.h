/*
 * log.h - batches in packs: they are written, and read and checked one after
 * another, also past damage. ms-archive(5), Writing and States on disk.
 * Layer: above pack.
 */
#ifndef MS_LOG_H
#define MS_LOG_H
#include <stdbool.h>
#include <stdint.h>
#include "pack.h"

#define MS_BATCH_RECORDS_MAX 65536
#define MS_BATCH_META_MAX (64 * 1024 * 1024) /* payload of the meta blocks */
/* A writer closes a batch that reaches one of these. */
#define MS_BATCH_STORED (16 * 1024 * 1024) /* bytes */
#define MS_BATCH_META                                                          \
	(24 * 1024 * 1024) /* bytes of MESSAGEs and EVENTs, not compressed */
/* Limits of an extent, which in a regrouped pack has several batches. */
#define MS_EXTENT_RECORDS_MAX (1024 * 1024)
#define MS_EXTENT_BLOCKS_MAX 8192
#define MS_EXTENT_META_MAX (96 * 1024 * 1024) /* payload of the meta blocks */

/* A position in the log: how far it was read or written. */
struct ms_position {
	uint32_t pack, generation; /* the last pack; 0: none */
	uint64_t end;    /* offset after the last block of that pack */
	uint64_t blocks; /* number of blocks before that offset */
	uint64_t commit; /* offset of the block with the last COMMIT; 0: none */
	uint64_t next;   /* number of the next record */
	unsigned char chain[MS_SHA_LEN];
};

/* Moves pos to the beginning of a pack; next and chain do not change. */
void ms_position_enter(
    struct ms_position *pos, const struct ms_pack_header *pack);

/* A block of an extent. */
struct ms_log_block {
	uint64_t offset;
	struct ms_block_header header;
	size_t prefix; /* in `prefixes`: runs, then digests of a data block */
	struct ms_block *open; /* a meta block, decompressed, or NULL */
};

/*
 * An extent is one batch or, in a regrouped pack, several batches: the shortest
 * sequence of blocks that has all records from `first` to the COMMIT with which
 * its last block ends.
 */
struct ms_log_extent {
	struct ms_buf blocks; /* struct ms_log_block */
	struct ms_buf prefixes;
	struct ms_buf leaves;  /* 32 bytes for each record, by number */
	struct ms_buf have;    /* 1 byte for each record */
	struct ms_buf commits; /* struct ms_commit, ascending */
	uint64_t first;        /* number of the first record */
	uint64_t next;         /* number of the first record after the extent */
	uint64_t end;          /* offset after the extent */
	uint64_t commit;       /* offset of the block with the last COMMIT */
	unsigned char chain[MS_SHA_LEN]; /* after the extent */
	size_t meta;                     /* payload of the meta blocks */
	bool beyond; /* exceeds the limits of this version; not torn */
};

/*
 * ms_log_extent_read() reads the extent that begins at offset, with record
 * number `next` and after `chain`, and checks its checksums, numbers, roots and
 * chain. 1; 0: no extent begins there (the end of the file, a directory or a
 * trailer); -1: MS_DATA (not whole; err says where and why), MS_IO.
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
 * Does a batch of the extent end directly before record `next`, with this
 * chain? Then a position with that number and chain is on this log.
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
 * The reader of the log reads one pack, extent by extent. Catching up,
 * rebuilding, regrouping and checking a regrouped pack use it; they differ in
 * what they do with an extent and with damage.
 */
struct ms_log_reader {
	const struct ms_pack *pack;
	struct ms_position pos;      /* after the last extent */
	struct ms_log_extent extent; /* the last one */
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
 * Is there, after offset, a COMMIT of a batch that begins with a number above
 * `first`? Then a batch that is not whole at offset is damage, and not an
 * interrupted write. 1, 0, -1.
 */
int ms_log_goes_on(const struct ms_pack *pk, uint64_t offset, uint64_t first,
    struct ms_err *err);

/*
 * Does a batch of this pack end directly before record `next`, with this chain?
 * The pack is read from its beginning. 1, 0, -1: MS_DATA (the pack is damaged
 * before that), MS_IO.
 */
int ms_log_goes_through(const struct ms_pack *pk, uint64_t next,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err);
/*
 * Is this sealed pack whole? It is read from its beginning to its end:
 * checksums, roots, chain, directory and trailer. 1; 0: no, err says why; -1:
 * MS_IO.
 */
int ms_log_whole(const struct ms_pack *pk, struct ms_err *err);

/* ---- writing ---- */

/*
 * ms_log_append() appends a batch at pos and syncs it: the images (data blocks
 * first, then meta blocks), which are numbered here, then a block with the
 * records of `last` and the COMMIT, which *commit receives. On success pos is
 * moved to the end of the batch. MS_TEMP, MS_IO: the pack is cut back to its
 * former length. MS_BUG: the batch exceeds the limits.
 */
int ms_log_append(const struct ms_pack *pk, struct ms_position *pos,
    struct ms_block_image *const *images, size_t count,
    struct ms_block_builder *last, struct ms_commit *commit,
    struct ms_err *err);

#endif
