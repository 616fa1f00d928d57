/*
 * impl.h - what the files of lib/archive share. Private to the folder.
 * Layer: archive.
 */
#ifndef MS_ARCHIVE_IMPL_H
#define MS_ARCHIVE_IMPL_H
#include "archive-writer.h"
#include "state.h"

/* A pack can be regrouped while a reader looks for it. */
#define MS_ARCHIVE_TRIES 4

/* ---- FORMAT: format.c ---- */

/* The error MS_NOINPUT for a path without an archive; returns -1. */
int ms_archive_missing(const char *dir, struct ms_err *err);
/* Reads a->id. MS_NOINPUT: there is no archive; MS_DATA: FORMAT is damaged, or
 * has a feature that this version does not know and must know. */
int ms_archive_read_format(struct ms_archive *a, struct ms_err *err);
/* Under `lock`: reads FORMAT again if it was replaced since then. */
int ms_archive_reread_format(struct ms_archive *a, struct ms_err *err);
#define MS_FEATURE_VIEW "read view"
/* Under `lock`: adds a line, such as "note state", unless FORMAT has it. It is
 * durable when the function returns 0. */
int ms_archive_add_feature(
    struct ms_archive *a, const char *line, struct ms_err *err);

/* ---- the index of the archive: position.c ---- */

/* Opens ARCHIVE/index as a->ix. Errors as ms_index_open(); a->ix is NULL then.
 */
int ms_archive_attach(struct ms_archive *a, struct ms_err *err);
/* Reads the position of the index, which is open. MS_DATA: the index belongs to
 * another archive. */
int ms_archive_read_position(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err);
/*
 * Under `lock`: is pos a position on this log? Opens its pack as a->tail; a
 * later generation of that pack is for ms_archive_switch_generation(). MS_DATA:
 * the index belongs to other packs.
 */
int ms_archive_check_position(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err);
/*
 * The same without `lock`, for any thread: later generations are read, and
 * a->tail is not used. This is a guard of the index; ctx is the archive. For a
 * reader, damage at the end of the log is not an error.
 */
int ms_archive_fits(
    void *ctx, const struct ms_position *pos, struct ms_err *err);
/* Are there other blocks where the last COMMIT of an index should be? 1, 0
 * (also if they are missing), -1. */
int ms_archive_other_blocks(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err);
/* MS_DATA: the index belongs to other packs, and why. Sets a->other_packs. */
int ms_archive_other_packs(
    struct ms_archive *a, const char *why, struct ms_err *err);

/* The pack of this number, in its highest generation. 1, 0, -1. */
int ms_archive_find_pack(struct ms_archive *a, uint32_t number,
    struct ms_pack_name *name, struct ms_err *err);
/* Opens that pack as a->tail. 1, 0, -1. */
int ms_archive_open_tail(
    struct ms_archive *a, uint32_t number, struct ms_err *err);
/* There is no pack of this number. MS_DATA: but there are later ones. */
int ms_archive_check_last(
    struct ms_archive *a, uint32_t number, struct ms_err *err);

/* Has the index lost rows of this part? It is read once. 0; -1: MS_INDEX. */
int ms_archive_check_index(
    struct ms_archive *a, enum ms_index_part part, struct ms_err *err);

/* ---- following the log: catchup.c, extent.c, generation.c ---- */

/*
 * ms_archive_refresh() is for a reader, without `lock`, that has found more
 * than once that the pack at loc is gone: the process that regrouped the pack
 * may have died before it updated the index. If there is a later generation,
 * the index is brought up to it.
 */
int ms_archive_refresh(
    struct ms_archive *a, const struct ms_location *loc, struct ms_err *err);
/* Brings ix from its position to the end of the log, *pos, and opens a->tail
 * there. The end of an interrupted write is cut off. */
int ms_archive_follow(struct ms_archive *a, struct ms_index *ix,
    struct ms_position *pos, struct ms_err *err);
/* Makes an empty index in tmp/index.new; puts that in the place of index/. */
int ms_archive_new_index(
    struct ms_archive *a, struct ms_index **ix, struct ms_err *err);
int ms_archive_install(struct ms_archive *a, struct ms_err *err);
/*
 * ms_archive_index_extent() puts the rows of the extent that r has read: of its
 * blocks, and of its records from number `from` on.
 *   damage    receives the records whose content cannot be read, and that are
 *             passed over; or NULL
 */
int ms_archive_index_extent(struct ms_archive *a, struct ms_txn *txn,
    struct ms_log_reader *r, uint64_t from, const struct ms_damage_sink *damage,
    struct ms_err *err);
/*
 * a->tail is a later generation of the pack in which pos stands. The index
 * learns in one transaction where the records of that pack are now, and pos is
 * moved to the same, or a later, record there. MS_DATA: that pack is damaged,
 * or does not have what the index knows.
 */
int ms_archive_switch_generation(
    struct ms_archive *a, struct ms_position *pos, struct ms_err *err);
/* Deletes what is no longer needed: packs with a later generation that the
 * index knows, and what an interrupted process left in tmp/. */
int ms_archive_clean(struct ms_archive *a, struct ms_err *err);

/*
 * ms_archive_repack() writes a pack again as its next generation, in full
 * blocks, up to `end`. The new pack is in tmp/pack.new then, whole, sealed and
 * synced. On failure nothing is left of it: MS_TEMP (disk full), MS_IO, MS_DATA
 * (the pack is damaged).
 */
int ms_archive_repack(struct ms_archive *a, const struct ms_pack *from,
    uint64_t end, struct ms_pack **out, struct ms_err *err);

/* ---- the repeated state: state.c ---- */

/*
 * ms_archive_write_state() appends the objects of an index that the filter
 * wants (NULL: all) to a pack at *pos, in batches of their own, and moves *pos.
 * There may be none. 0, -1.
 */
int ms_archive_write_state(struct ms_index *ix, struct ms_state_filter *f,
    const struct ms_pack *pk, struct ms_position *pos, struct ms_err *err);
/*
 * Prepares a->tail, under `lock`, for state events at *pos, the end of the log,
 * to which ix is brought. Without a transaction of ix. 0, -1.
 *   view    the state has changes of the view, which are a feature
 *   lost    where the log ended for another index; if the packs up to there are
 *           missing, their numbers and those of their records are not used
 * again
 */
int ms_archive_ready_tail(struct ms_archive *a, struct ms_index *ix, bool view,
    const struct ms_position *lost, struct ms_position *pos,
    struct ms_err *err);
/*
 * ms_archive_take_state() adds what the old index of the archive has and ix,
 * which was built from the packs, lacks. An index that belongs to other packs
 * is not used, nor rows of it that are damaged.
 *   taken    receives each object that was taken
 * 0, -1 (MS_TEMP, MS_IO).
 */
int ms_archive_take_state(struct ms_archive *a, struct ms_index *ix,
    const struct ms_damage_sink *taken, struct ms_err *err);

/* ---- reading: read.c, names.c ---- */

struct ms_reader *ms_reader_new(void);
void ms_reader_free(struct ms_reader *r);
struct ms_names *ms_names_new(void);
void ms_names_free(struct ms_names *n);

/*
 * The open block at loc, valid until the next block is asked for. 1; 0: the
 * pack was regrouped, and the caller must locate the record again; -1.
 */
int ms_archive_block(struct ms_archive *a, const struct ms_location *loc,
    struct ms_block **out, struct ms_err *err);
/* The open block with record `number`, and the place of the record in it; valid
 * as above. 0, -1 (MS_DATA: the record is missing or damaged). */
int ms_archive_block_of(struct ms_archive *a, uint64_t number,
    struct ms_block **b, uint32_t *place, struct ms_err *err);
/* The pack at loc, with a descriptor that the caller closes. 1, 0 the pack is
 * gone. Any thread. */
int ms_archive_borrow(
    struct ms_archive *a, const struct ms_location *loc, struct ms_pack *pk);
/* Is the block at loc whole? The block is read and hashed once, as far as the
 * result is remembered. Any thread. */
bool ms_archive_block_whole(struct ms_archive *a, const struct ms_location *loc,
    const struct ms_pack *pk);

#endif
