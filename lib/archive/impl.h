/*
 * impl.h - what the files of the archive module share. Not for
 * others. Layer: archive.
 */
#ifndef MS_ARCHIVE_IMPL_H
#define MS_ARCHIVE_IMPL_H
#include <pthread.h>
#include "archive.h"
#include "index.h"
#include "log.h"

struct ms_reader; /* archive-read.c: open packs, decompressed blocks */
struct ms_names;  /* archive-names.c: folders met so far */

struct ms_archive {
	char *path; /* absolute */
	int packfd, tmpfd, lockfd;
	enum ms_archive_mode mode;
	bool read_only; /* nothing can be written here at all */
	unsigned char id[MS_ID_LEN];
	struct ms_index *ix;
	struct ms_reader *reader;
	struct ms_names *names;
	struct ms_buf message;   /* content of the MESSAGE being put together */
	struct ms_buf locations; /* struct ms_location of its BLOBs */
	struct ms_commit asked;  /* of the batch that was asked for last */
	uint64_t recent; /* records from this number on are newer than this
			    handle */
	/* Under `lock`, by one thread: */
	struct ms_indexer *indexer;
	struct ms_pack *tail;       /* the last pack, open for writing */
	struct ms_position checked; /* position found right last time */
	unsigned exchanged;         /* ms_index_exchanged() seen by then */
	bool clean;                 /* ms_archive_clean() has been here */
	/* Called by a reader when a pack is gone; see ms_archive_refresh(). */
	int (*refresh)(struct ms_archive *a, const struct ms_location *loc,
	    struct ms_err *err);
	unsigned char proved[MS_KEY_LEN]; /* id of a pack that is whole: of a
					     higher generation */
	/* When a pack is full: */
	uint64_t seal_bytes, seal_blocks;
};

/*
 * Opens an archive without an index: FORMAT, folders, lock. For who looks at
 * the packs alone (ms-verify). Errors as ms_archive_open().
 */
int ms_archive_open_log(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err);

/* Takes `lock`. 1; 0 somebody has it and wait is false; -1. */
int ms_archive_lock(struct ms_archive *a, bool wait, struct ms_err *err);
void ms_archive_unlock(struct ms_archive *a);

/*
 * Holding `lock`: brings the index up to the packs, makes one if there is
 * none. cut: a torn end may be cut off. Leaves the position in a->checked.
 * MS_DATA: damage, or the index belongs to other packs.
 */
int ms_archive_catch_up(struct ms_archive *a, bool cut, struct ms_err *err);
/* Is the index, which is open, this archive's? MS_DATA: it is another's. */
int ms_archive_check_index(struct ms_archive *a, struct ms_err *err);

/* Opens ARCHIVE/index as a->ix. Errors as ms_index_open(), a->ix is NULL. */
int ms_archive_attach(struct ms_archive *a, struct ms_err *err);

/* ---- parts of that: archive-position.c, archive-generation.c ---- */

int ms_archive_read_position(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err);
/* Holding `lock`: does the log go through pos? Opens its pack as a->tail; a
 * later generation of it is for ms_archive_switch_generation(). MS_DATA: other
 * packs. */
int ms_archive_check_position(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err);
/* The same without `lock`, later generations too, leaving a->tail alone: any
 * thread. A guard of the index; ctx is the archive. */
int ms_archive_fits(
    void *ctx, const struct ms_position *pos, struct ms_err *err);
/* That of the index as it is. */
int ms_archive_check_fits(struct ms_archive *a, struct ms_err *err);
/* There is no pack of this number. MS_DATA: but there are later ones. */
int ms_archive_check_last(
    struct ms_archive *a, uint32_t number, struct ms_err *err);

/* The pack of this number, in its highest generation. 1, 0, -1. */
int ms_archive_find_pack(struct ms_archive *a, uint32_t number,
    struct ms_pack_name *name, struct ms_err *err);
/* Opens it as a->tail. */
int ms_archive_open_tail(
    struct ms_archive *a, uint32_t number, struct ms_err *err);
/* MS_DATA: the index belongs to other packs, and why. */
int ms_archive_other_packs(struct ms_err *err, const char *why);
/* Where damage is told that is passed over. */
struct ms_damage_sink {
	void (*fn)(void *ctx, const char *what);
	void *ctx;
};
/*
 * Puts the rows of the extent that r has read: of its blocks, and of its
 * records from number `from` on. Counts purges in r->pos. damage: is told of
 * records whose content cannot be read; NULL: such a record is an error
 * (MS_DATA).
 */
int ms_archive_index_extent(struct ms_archive *a, struct ms_txn *txn,
    struct ms_log_reader *r, uint64_t from, const struct ms_damage_sink *damage,
    struct ms_err *err);
/*
 * a->tail is a later generation of the pack in which pos stands: the index
 * learns where the records of that pack lie now, in one transaction, and pos
 * is moved to the same, or a later, record there. MS_DATA: that pack is
 * damaged, or does not hold what the index knows.
 */
int ms_archive_switch_generation(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err);
/* Deletes what nobody needs: packs that have a later generation which the
 * index knows, and what somebody who died left in tmp/. */
int ms_archive_clean(struct ms_archive *a, struct ms_err *err);
/*
 * For a reader, without `lock`, who has found more than once that the pack at
 * loc is gone: whoever wrote it anew may have died before the index knew. If
 * there is a later generation the index is brought up to it.
 */
int ms_archive_refresh(
    struct ms_archive *a, const struct ms_location *loc, struct ms_err *err);

/* ---- sealing: archive-seal.c, archive-repack.c ---- */

/*
 * Holding `lock`, caught up, with no transaction open: seals the last pack if
 * it is full, written anew if it consists of small blocks. a->checked follows.
 */
int ms_archive_seal(struct ms_archive *a, struct ms_err *err);
/*
 * Writes a pack anew as its next generation, in full blocks, up to `end`:
 * whole, sealed and synced in tmp/pack.new; or nothing is left of it, -1:
 * MS_TEMP (disk full), MS_IO, MS_DATA (the pack is damaged).
 */
int ms_archive_repack(struct ms_archive *a, const struct ms_pack *from,
    uint64_t end, struct ms_pack **out, struct ms_err *err);

/* ---- anew: archive-rebuild.c ---- */

/*
 * Indexes all packs into ix, an empty index. What is damaged is told and
 * passed over. known: how far an earlier index went, or NULL: what lies before
 * that was committed once, so it is damage where it is not whole.
 */
int ms_archive_index_all(struct ms_archive *a, struct ms_index *ix,
    const struct ms_position *known, const struct ms_damage_sink *damage,
    struct ms_err *err);

/*
 * The same into a new index, which then takes the place of the archive's. The
 * archive's own must not be open. *missing: messages that are not whole, and
 * are stored again when they come again.
 */
int ms_archive_rebuild(struct ms_archive *a, const struct ms_position *known,
    const struct ms_damage_sink *damage, uint64_t *missing, struct ms_err *err);
/* An empty index in tmp/index.new; puts that in the place of index/. */
int ms_archive_new_index(
    struct ms_archive *a, struct ms_index **ix, struct ms_err *err);
int ms_archive_install(struct ms_archive *a, struct ms_err *err);

struct ms_reader *ms_reader_new(void);
void ms_reader_free(struct ms_reader *r);
struct ms_names *ms_names_new(void);
void ms_names_free(struct ms_names *n);

#define MS_ARCHIVE_TRIES 4 /* a pack may be rewritten while we look for it */
/*
 * The open block at loc, until the next one is asked for. 1; 0: its pack was
 * rewritten, locate it anew; -1.
 */
int ms_archive_block(struct ms_archive *a, const struct ms_location *loc,
    struct ms_block **out, struct ms_err *err);

/* The open block with record `number` and its place in it; as above, 0 or -1
 * (MS_DATA: it is missing or damaged). */
int ms_archive_block_of(struct ms_archive *a, uint64_t number,
    struct ms_block **b, uint32_t *place, struct ms_err *err);

/* The pack at loc, under a descriptor of the caller's, who closes it. 1, 0 it
 * is gone. Any thread. */
int ms_archive_borrow(
    struct ms_archive *a, const struct ms_location *loc, struct ms_pack *pk);
/* Do the stored bytes of the block at loc hold? Read and hashed once, as far as
 * that is remembered. Any thread. */
bool ms_archive_holds(struct ms_archive *a, const struct ms_location *loc,
    const struct ms_pack *pk);

/* The number of a BLOB by its whole digest: the first whose block holds, so
 * that a message can rely on it. 1, 0, -1. Any thread. */
int ms_archive_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], uint64_t *number,
    struct ms_err *err);
/*
 * A MESSAGE of this id with just this content: for copies with mixed line
 * ends. Any thread. 1 (its number), 0, -1.
 */
int ms_archive_same_message(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], struct ms_slice content,
    uint64_t *number, struct ms_err *err);

/* Appends the content of record `number`, which must be of this type. */
int ms_archive_content(struct ms_archive *a, uint64_t number, uint8_t type,
    struct ms_buf *out, struct ms_err *err);

#endif
