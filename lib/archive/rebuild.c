/* rebuild.c - an index built from the packs alone, around damage, under `lock`.
 * ms-archive(5), States on disk. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "impl.h"

#define STEPS_PER_COMMIT 64 /* extents or packs in a transaction */

struct rebuild {
	struct ms_archive *a;
	const struct ms_position *known; /* or NULL */
	const struct ms_damage_sink *damage;
	struct ms_pack_name *names;
	size_t count, next_name; /* the current pack precedes it */
	struct ms_pack *pack;
	struct ms_log_reader reader; /* reads that pack */
};

static void
report(struct rebuild *rb, const char *what)
{
	rb->damage->fn(rb->damage->ctx, what);
}

/* ---- packs, one after another ---- */

/* Reports the packs that are missing between two packs. */
static void
report_missing(struct rebuild *rb, uint32_t from, uint32_t to)
{
	struct ms_buf text = {0};
	char name[32];

	for (; from < to; from++) {
		ms_buf_clear(&text);
		ms_pack_name_format((struct ms_pack_name){from, 0}, name);
		ms_buf_printf(&text, "pack/%s: is missing", name);
		report(rb, ms_buf_str(&text));
	}
	ms_buf_release(&text);
}

/* Opens the pack rb->names[i]. 1; 0: it cannot be used, which was reported; -1.
 */
static int
open_pack(struct rebuild *rb, size_t i, struct ms_err *err)
{
	struct ms_err why = {0};

	ms_pack_close(rb->pack);
	rb->pack = NULL;
	if (ms_pack_open(&rb->pack, rb->a->packfd, rb->names[i], false, &why) <
	    0) {
		rb->pack = NULL;
		if (why.code != MS_DATA) {
			*err = why;
			return -1;
		}
		report(rb, why.msg);
		return 0;
	}
	if (rb->pack->header_damaged)
		return 1;
	if (memcmp(rb->pack->header.archive, rb->a->id, MS_ID_LEN) == 0)
		return 1;
	report(rb, "a pack belongs to another archive");
	return 0;
}

/* Moves the reader to the next pack that can be used. Returns 1, 0 after the
 * last pack, or -1. */
static int
next_pack(struct rebuild *rb, struct ms_err *err)
{
	struct ms_position *pos = &rb->reader.pos;
	const struct ms_pack_header *h;
	uint32_t number;
	int got = 0;

	while (got == 0) {
		if (rb->next_name == rb->count)
			return 0;
		number = rb->next_name == 0
			     ? 0
			     : rb->names[rb->next_name - 1].number;
		report_missing(rb, number + 1, rb->names[rb->next_name].number);
		got = open_pack(rb, rb->next_name++, err);
	}
	if (got < 0)
		return -1;
	h = &rb->pack->header;
	rb->reader.pack = rb->pack;
	rb->reader.salvage = false;
	ms_position_enter(pos, h);
	/* A higher number: the records between are damaged or missing. A lower
	 * number is wrong, or the header is damaged. */
	if (h->first > pos->next)
		pos->next = h->first;
	if (!rb->pack->header_damaged && h->first == pos->next)
		memcpy(pos->chain, h->chain, MS_SHA_LEN);
	return 1;
}

/* ---- damage ---- */

/* Did the earlier index know what begins at the position of the reader? */
static bool
was_known(const struct rebuild *rb)
{
	const struct ms_position *pos = &rb->reader.pos;

	return rb->known != NULL && rb->known->pack == pos->pack &&
	       rb->known->generation == pos->generation &&
	       pos->end < rb->known->end;
}

/* Is what is not whole the end of an interrupted write? 1, 0, -1. */
static int
is_torn(struct rebuild *rb, struct ms_err *err)
{
	const struct ms_position *pos = &rb->reader.pos;
	int got;

	if (rb->next_name < rb->count || was_known(rb) ||
	    rb->reader.extent.beyond || rb->reader.salvage)
		return 0;
	got = ms_pack_closed(rb->pack, err);
	if (got == 0)
		got = ms_log_goes_on(rb->pack, pos->end, pos->next, err);
	return got < 0 ? -1 : !got;
}

/* An interrupted write ends the log. Damage is reported and passed over. */
static int
damaged(void *ctx, const struct ms_err *why, struct ms_err *err)
{
	struct rebuild *rb = ctx;
	int torn = is_torn(rb, err);

	if (torn != 0)
		return torn < 0 ? -1 : 0;
	report(rb, why->msg);
	return 1;
}

/*
 * The pack ends in damage. The records that are known to have been there keep
 * their numbers, and the log goes on after them.
 */
static void
end_in_damage(struct rebuild *rb)
{
	struct ms_position *pos = &rb->reader.pos;
	const struct ms_position *k = rb->known;
	struct ms_pack_trailer t;

	pos->commit = 0;
	if (ms_pack_sealed(rb->pack, &t, NULL) == 1 && t.last >= pos->next) {
		pos->next = t.last + 1;
		memcpy(pos->chain, t.chain, MS_SHA_LEN);
	} else if (k != NULL && k->pack == pos->pack && k->next >= pos->next) {
		pos->next = k->next;
		memcpy(pos->chain, k->chain, MS_SHA_LEN);
	}
}

/* ---- the whole ---- */

/* Reads one extent, or goes to the next pack. 1; 0: the end of the log; -1. */
static int
step(struct rebuild *rb, struct ms_txn *txn, struct ms_err *err)
{
	int got = ms_log_read_next(&rb->reader, err);

	if (got == 1 && ms_archive_index_extent(
			    rb->a, txn, &rb->reader, 0, rb->damage, err) < 0)
		return -1;
	if (got != 0)
		return got;
	if (rb->reader.salvage)
		end_in_damage(rb);
	else if (was_known(rb))
		/* For example, older packs were restored. The packs count. */
		report(rb,
		    "the last pack is shorter than the position of the index");
	return next_pack(rb, err);
}

/* Steps, a transaction long. 1: there may be more; 0: at the end; -1. */
static int
steps(struct rebuild *rb, struct ms_txn *txn, struct ms_err *err)
{
	int i, got = 1;

	for (i = 0; got == 1 && i < STEPS_PER_COMMIT; i++)
		got = step(rb, txn, err);
	if (got >= 0 && ms_index_set_position(txn, &rb->reader.pos, err) < 0)
		return -1;
	return got;
}

static int
index_packs(struct rebuild *rb, struct ms_index *ix, struct ms_err *err)
{
	struct ms_log_reader *r = &rb->reader;
	struct ms_position start;
	struct ms_txn txn;
	bool salvage;
	size_t name;
	int got;

	got = next_pack(rb, err);
	if (got == 0)
		return ms_fail(err, MS_DATA, "no pack can be read");
	while (got == 1) {
		start = r->pos;
		salvage = r->salvage;
		name = rb->next_name;
		if (ms_index_begin_write(ix, &txn, err) < 0)
			return -1;
		ms_indexer_clear(rb->a->indexer);
		got = steps(rb, &txn, err);
		if (got < 0)
			ms_index_abort(&txn);
		else if (ms_index_commit(&txn, err) < 0)
			got = -1;
		if (got >= 0 || !txn.full)
			continue;
		/* Back to where the transaction began. */
		rb->next_name = name;
		if (ms_index_grow(ix, err) < 0 ||
		    open_pack(rb, name - 1, err) < 0)
			return -1;
		r->pack = rb->pack;
		r->pos = start;
		r->salvage = salvage;
		got = 1;
	}
	return got;
}

int
ms_archive_index_all(struct ms_archive *a, struct ms_index *ix,
    const struct ms_position *known, const struct ms_damage_sink *damage,
    struct ms_err *err)
{
	struct rebuild rb = {.a = a, .known = known, .damage = damage};
	int rc;

	rb.reader = (struct ms_log_reader){
	    .pos.next = 1, .damage = damaged, .ctx = &rb};
	if (ms_pack_list(a->packfd, &rb.names, &rb.count, err) < 0)
		return -1;
	rb.count = ms_pack_newest(rb.names, rb.count);
	rc = index_packs(&rb, ix, err);
	if (rc == 0 && known != NULL)
		report_missing(
		    &rb, rb.names[rb.count - 1].number + 1, known->pack + 1);
	ms_log_reader_release(&rb.reader);
	ms_pack_close(rb.pack);
	free(rb.names);
	return rc;
}

static int
count_missing(struct ms_index *ix, uint64_t *missing, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	rc = ms_index_count_missing(&txn, missing, err);
	ms_index_end(&txn);
	return rc;
}

/* ---- a last pack without a header ---- */

/* Is the file shorter than the header of a pack? 1, 0, -1. */
static int
is_short(struct ms_archive *a, const char *name, struct ms_err *err)
{
	struct stat st;
	int fd = openat(a->packfd, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
	    rc;

	if (fd < 0 || fstat(fd, &st) < 0)
		rc = ms_fail_errno(err, "pack/%s", name);
	else
		rc = st.st_size < MS_PACK_HEADER;
	if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * A last pack that is shorter than its header cannot be continued, and would
 * refuse every writer. It is moved into tmp/ and named.
 */
static int
move_short(struct ms_archive *a, const struct ms_damage_sink *damage,
    struct ms_err *err)
{
	struct ms_pack_name *names = NULL;
	char name[32], to[64], text[160];
	size_t n = 0;
	int got = 1;

	while (got == 1) {
		free(names);
		names = NULL;
		if (ms_pack_list(a->packfd, &names, &n, err) < 0)
			return -1;
		if (n < 2)
			break;
		ms_pack_name_format(names[n - 1], name);
		got = is_short(a, name, err);
		if (got != 1)
			break;
		snprintf(
		    to, sizeof(to), "torn-%u-0", (unsigned)names[n - 1].number);
		if (renameat(a->packfd, name, a->tmpfd, to) < 0 ||
		    fsync(a->tmpfd) < 0 || fsync(a->packfd) < 0)
			got = ms_fail_errno(err, "pack/%s", name);
		snprintf(text, sizeof(text),
		    "pack/%s: shorter than its header; moved to tmp/%s", name,
		    to);
		if (got == 1)
			damage->fn(damage->ctx, text);
	}
	free(names);
	return got < 0 ? -1 : 0;
}

int
ms_archive_rebuild(struct ms_archive *a, const struct ms_position *known,
    const struct ms_damage_sink *damage, const struct ms_damage_sink *taken,
    uint64_t *missing, struct ms_err *err)
{
	struct ms_index *ix;
	int rc;

	if (move_short(a, damage, err) < 0 ||
	    ms_archive_new_index(a, &ix, err) < 0)
		return -1;
	rc = ms_archive_index_all(a, ix, known, damage, err);
	if (rc == 0)
		rc = ms_archive_take_state(a, ix, taken, err);
	if (rc == 0)
		rc = count_missing(ix, missing, err);
	ms_index_close(ix);
	return rc < 0 ? -1 : ms_archive_install(a, err);
}
