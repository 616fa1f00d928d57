/*
 * archive-writer.h - an archive as its writers and ms-verify see it: the open
 * archive, its lock, catching up, sealing and rebuilding. Readers need
 * archive.h only. ms-archive(5), Writing and States on disk.
 * Layer: archive.
 */
#ifndef MS_ARCHIVE_WRITER_H
#define MS_ARCHIVE_WRITER_H
#include "archive.h"
#include "index.h"
#include "log.h"

struct ms_reader; /* read.c: open packs, decompressed blocks */
struct ms_names;  /* names.c: folders met so far */

/* An open archive. The second part is for lib/archive only. */
struct ms_archive {
	char *path; /* absolute */
	int packfd, tmpfd, lockfd;
	enum ms_archive_mode mode;
	bool read_only; /* nothing can be written here at all */
	unsigned char id[MS_ID_LEN];
	struct ms_index *ix;
	/* Under `lock`, by one thread: */
	struct ms_indexer *indexer;
	struct ms_pack *tail;       /* the last pack, open for writing */
	struct ms_position checked; /* the end of the log, found right last
				       time */

	struct ms_reader *reader;
	struct ms_names *names;
	struct ms_buf message;    /* content of the MESSAGE being read */
	struct ms_buf locations;  /* struct ms_location of its BLOBs */
	struct ms_commit queried; /* of the batch that was asked for last */
	uint64_t recent;    /* records from this number on are newer than this
			       handle */
	unsigned exchanged; /* ms_index_exchanged() at the last catch-up */
	bool clean;         /* ms_archive_clean() was called */
	/* Called by a reader when a pack is gone; see ms_archive_refresh(). */
	int (*refresh)(struct ms_archive *a, const struct ms_location *loc,
	    struct ms_err *err);
	/* id of a pack of a higher generation that is whole */
	unsigned char proved[MS_KEY_LEN];
	uint64_t seal_bytes, seal_blocks; /* when a pack is full */
};

/*
 * ms_archive_open_log() opens an archive without its index, for a caller that
 * reads the packs alone: FORMAT, folders, lock. The errors are those of
 * ms_archive_open().
 */
int ms_archive_open_log(struct ms_archive **out, const char *dir,
    enum ms_archive_mode mode, struct ms_err *err);

/* Takes `lock`. 1; 0: another process holds the lock, and wait is false; -1. */
int ms_archive_lock(struct ms_archive *a, bool wait, struct ms_err *err);
void ms_archive_unlock(struct ms_archive *a);

/*
 * ms_archive_catch_up(), under `lock`, brings the index up to the end of the
 * packs, and builds an index if there is none. The position is then in
 * a->checked.
 *   cut    the end that an interrupted write left may be cut off
 * MS_DATA: damage, or the index belongs to other packs.
 */
int ms_archive_catch_up(struct ms_archive *a, bool cut, struct ms_err *err);
/*
 * ms_archive_seal(), under `lock`, caught up and with no transaction open,
 * seals the last pack if it is full. A pack of small blocks is regrouped first.
 * a->checked follows.
 */
int ms_archive_seal(struct ms_archive *a, struct ms_err *err);

/*
 * ms_archive_blob() finds a BLOB by its whole digest: the first one whose block
 * is whole, so that a new message can rely on it. 1, 0, -1. Any thread.
 */
int ms_archive_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], uint64_t *number,
    struct ms_err *err);
/*
 * ms_archive_same_message() finds a MESSAGE of this id with exactly this
 * content, for copies with mixed line ends. 1 (its number), 0, -1. Any thread.
 */
int ms_archive_same_message(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], struct ms_slice content,
    uint64_t *number, struct ms_err *err);

/* Where damage is reported that is passed over. */
struct ms_damage_sink {
	void (*fn)(void *ctx, const char *what);
	void *ctx;
};
/*
 * ms_archive_index_all() indexes all packs into ix, an empty index. Damage is
 * reported and passed over.
 *   known    how far an earlier index went, or NULL. What lies before that was
 *            committed once, so it is damage if it is not whole.
 */
int ms_archive_index_all(struct ms_archive *a, struct ms_index *ix,
    const struct ms_position *known, const struct ms_damage_sink *damage,
    struct ms_err *err);
/*
 * ms_archive_rebuild() does the same with a new index, which then replaces the
 * index of the archive. That index must not be open.
 *   missing    receives the number of messages that are not whole, and that
 *              are stored again when they come again
 */
int ms_archive_rebuild(struct ms_archive *a, const struct ms_position *known,
    const struct ms_damage_sink *damage, uint64_t *missing, struct ms_err *err);

#endif
