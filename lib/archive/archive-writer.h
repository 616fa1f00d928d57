/*
 * archive-writer.h - an archive as its writers and ms-verify see it: the open
 * archive, its lock, catching up, sealing and rebuilding. Readers need
 * archive.h only. ms-archive(5), Writing and States on disk.
 * Layer: archive.
 */
#ifndef MS_ARCHIVE_WRITER_H
#define MS_ARCHIVE_WRITER_H
#include <sys/types.h>
#include <time.h>
#include "archive.h"
#include "index.h"
#include "log.h"

struct ms_reader; /* read.c: open packs, decompressed blocks */
struct ms_names;  /* names.c: folders met so far */

struct ms_damage_sink;

/* An open archive. The second part is for lib/archive only. */
struct ms_archive {
	char *path; /* absolute */
	int dirfd;  /* of the archive; no link below it is followed */
	int packfd, tmpfd, lockfd;
	enum ms_archive_mode mode;
	bool read_only;   /* nothing can be written here at all */
	bool other_packs; /* the index was found to belong to other packs */
	unsigned char id[MS_ID_LEN];
	/* Of FORMAT as it was read. */
	ino_t format_ino;
	uint64_t pack_features; /* bits that the headers of new packs have */
	struct timespec format_time;
	struct ms_index *ix;
	/* Under `lock`, by one thread: */
	struct ms_indexer *indexer;
	struct ms_pack *tail;       /* the last pack, open for writing */
	struct ms_position checked; /* the end of the log, found right last
				       time */

	const struct ms_damage_sink *damage; /* or NULL */
	struct ms_reader *reader;
	struct ms_names *names;
	struct ms_buf message;    /* content of the MESSAGE being read */
	struct ms_buf locations;  /* struct ms_location of its BLOBs */
	struct ms_commit queried; /* of the batch that was asked for last */
	struct ms_commit_row archived; /* the same, by the index */
	uint64_t recent;    /* records from this number on are newer than this
			       handle */
	unsigned exchanged; /* ms_index_exchanged() at the last catch-up */
	unsigned parts_checked; /* bits by enum ms_index_part */
	/* uint64_t: OCCURRENCEs with further places, ascending */
	struct ms_buf placed;
	bool has_placed; /* the list is filled */
	bool clean;      /* ms_archive_clean() was called */
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
 * packs, and builds a missing index. The position is then in a->checked.
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
 * ms_archive_begin_pack(), under the same conditions, creates the next pack if
 * the last one is closed. The new pack begins with the state of the archive.
 * a->checked follows. MS_TEMP (disk full), MS_IO, or as ms_archive_catch_up().
 */
int ms_archive_begin_pack(struct ms_archive *a, struct ms_err *err);
/*
 * ms_archive_use_view(), after ms_archive_begin_pack(), lets the archive have
 * view events: FORMAT gets the feature, and the last pack is one whose header
 * has its bit (ms-archive(5), Features). The errors are those of
 * ms_archive_begin_pack().
 */
int ms_archive_use_view(struct ms_archive *a, struct ms_err *err);

/*
 * ms_archive_view() returns a handle with which another thread can read
 * messages of a. It must be freed before a is closed.
 */
struct ms_archive *ms_archive_view(struct ms_archive *a);
void ms_archive_view_free(struct ms_archive *view);

/* Where damage is reported that is passed over. */
struct ms_damage_sink {
	void (*fn)(void *ctx, const char *what);
	void *ctx;
};
/*
 * ms_archive_report_damage() lets a report each damaged block on which a new
 * message could have relied. Any thread calls the sink, which must live as long
 * as a.
 */
void ms_archive_report_damage(
    struct ms_archive *a, const struct ms_damage_sink *sink);

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
 * index of the archive. That index must not be open. Users, sources, folders,
 * labels, profiles and settings that only the old index has are first added to
 * the log.
 *   taken      receives the name of each of these
 *   missing    receives the number of messages that are not whole, and that
 *              are stored again when they come again
 */
int ms_archive_rebuild(struct ms_archive *a, const struct ms_position *known,
    const struct ms_damage_sink *damage, const struct ms_damage_sink *taken,
    uint64_t *missing, struct ms_err *err);
/*
 * ms_archive_nameless() passes "user number 4" to the sink for each user,
 * source and folder that has mail, but whose record is lost because of damage.
 */
int ms_archive_nameless(struct ms_archive *a, const struct ms_damage_sink *sink,
    struct ms_err *err);

#endif
