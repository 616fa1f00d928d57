/* archive-commit.c - a batch is looked up, numbered, written, synced, indexed.
 * ms-archive(5), Writing. By the holder of `lock`. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-impl.h"
#include "batch.h"
#include "event.h"
#include "le.h"
#include "map.h"

#define PREPARED_AGAIN 3 /* times at most */

/* One commit in the making. */
struct commit {
	struct ms_archive *a;
	struct ms_batch *b;
	struct ms_txn txn;
	struct ms_position pos;
	struct ms_block_builder last; /* EVENT, OCCURRENCE, PLACE, COMMIT */
	uint64_t last_first;          /* number of its first record */
	struct ms_map names, held, places; /* added by this batch */
	uint64_t serial;
	bool durable; /* written and synced, whatever the index says */
};

static uint64_t commits; /* serial of the last one, in this process */

static void
commit_release(struct commit *c)
{
	ms_block_builder_release(&c->last);
	ms_map_release(&c->names);
	ms_map_release(&c->held);
	ms_map_release(&c->places);
}

/* ---- what is known by now ---- */

static int
look_up_fresh(
    struct commit *c, uint64_t *total, uint64_t *known, struct ms_err *err)
{
	struct ms_fresh *f = (struct ms_fresh *)(void *)c->b->fresh.p;
	struct ms_fresh_blob *bl =
	    (struct ms_fresh_blob *)(void *)c->b->blobs.p;
	size_t i, n = c->b->fresh.n / sizeof(*f);
	size_t blobs = c->b->blobs.n / sizeof(*bl);
	uint64_t number;
	int got;

	*total = *known = 0;
	for (i = 0; i < n; i++, f++) {
		*total += f->bytes;
		f->known = false;
		got = ms_index_id(&c->txn, f->id, &number, err);
		if (got < 0)
			return -1;
		f->id_known = got == 1;
		if (got == 1 && !f->own) {
			f->known = true;
			f->number = number;
			*known += f->bytes;
		}
	}
	for (i = 0; i < blobs; i++, bl++) {
		*total += bl->bytes;
		got = ms_archive_blob(c->a, &c->txn, bl->digest, &number, err);
		if (got < 0)
			return -1;
		bl->known = got == 1;
		if (got == 1)
			*known += bl->bytes;
	}
	return 0;
}

/* ---- names ---- */

/* Adds a record behind those of `last`; its number. */
static int
add_record(struct commit *c, uint8_t type, const struct ms_buf *content,
    uint64_t *number, struct ms_err *err)
{
	struct ms_record rec = {.type = type, .content = ms_buf_slice(content)};
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(content->p, content->n, digest);
	*number =
	    c->last_first + ms_block_add(&c->last, type, rec.content, digest);
	return ms_indexer_record(c->a->indexer, &c->txn, *number, &rec, err);
}

static int
add_event(struct commit *c, const struct ms_event *ev, uint64_t *number,
    struct ms_err *err)
{
	struct ms_buf json = {0};
	int rc;

	ms_event_write(&json, ev);
	rc = add_record(c, MS_EVENT, &json, number, err);
	ms_buf_release(&json);
	return rc;
}

static void
name_digest(enum ms_name_kind kind, uint64_t user, uint64_t source,
    const char *name, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf b = {0};

	ms_buf_printf(&b, "%d %llu %llu %s", (int)kind,
	    (unsigned long long)user, (unsigned long long)source, name);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
}

/* The number of a name, which gets an event if it is new and may be made.
 * 1 got it, 0 there is none, -1. */
static int
resolve(struct commit *c, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, bool make, uint64_t *number,
    struct ms_err *err)
{
	static const enum ms_event_kind event[] = {
	    [MS_NAME_USER] = MS_EVENT_USER,
	    [MS_NAME_SOURCE] = MS_EVENT_SOURCE,
	    [MS_NAME_FOLDER] = MS_EVENT_FOLDER};
	struct ms_event ev = {.kind = event[kind],
	    .name = (char *)name,
	    .user = user,
	    .source = source};
	unsigned char digest[MS_SHA_LEN];
	int got;

	name_digest(kind, user, source, name, digest);
	if (ms_map_get(&c->names, digest, number))
		return 1;
	got = ms_index_name(&c->txn, kind, user, source, name, number, err);
	if (got != 0)
		return got;
	if (!make)
		return 0;
	if (add_event(c, &ev, number, err) < 0)
		return -1;
	ms_map_add(&c->names, digest, *number, NULL);
	return 1;
}

static int
set_label(struct commit *c, uint64_t user, uint64_t source, const char *label,
    struct ms_err *err)
{
	struct ms_event ev = {.kind = MS_EVENT_LABEL,
	    .name = (char *)label,
	    .user = user,
	    .source = source};
	unsigned char key[16], digest[MS_SHA_LEN];
	struct ms_slice now;
	uint64_t number;
	int got;

	ms_put_be64(key, user);
	ms_put_be64(key + 8, source);
	got =
	    ms_index_get(&c->txn, MS_TABLE_LABEL, key, sizeof(key), &now, err);
	if (got < 0)
		return -1;
	if (got == 1 && ms_slice_eq(now, ms_slice_str(label)))
		return 0;
	name_digest(MS_NAME_SOURCE, user, source, label, digest);
	if (ms_map_add(&c->names, digest, 0, NULL))
		return 0;
	return add_event(c, &ev, &number, err);
}

/* The folder of a destination. 1, 0 there is no such user, -1. */
static int
resolve_dest(struct commit *c, struct ms_dest *dest, uint64_t *folder,
    struct ms_err *err)
{
	uint64_t user, source;
	int got;

	if (dest->serial == c->serial) {
		*folder = dest->fresh;
		return *folder != 0;
	}
	dest->serial = c->serial;
	dest->fresh = 0;
	got = resolve(
	    c, MS_NAME_USER, 0, 0, dest->user, dest->create_user, &user, err);
	if (got == 1)
		got = resolve(
		    c, MS_NAME_SOURCE, 0, 0, dest->source, true, &source, err);
	if (got == 1)
		got = resolve(c, MS_NAME_FOLDER, user, source, dest->folder,
		    true, &dest->fresh, err);
	if (got == 1 && dest->label != NULL &&
	    set_label(c, user, source, dest->label, err) < 0)
		got = -1;
	*folder = dest->fresh;
	return got;
}

/* ---- deposits ---- */

static void
fail_deposit(struct ms_deposit *d, const char *why)
{
	d->outcome = MS_OUTCOME_FAILED;
	d->err = ms_xcalloc(1, sizeof(*d->err));
	ms_fail(d->err, MS_DATA, "%s", why);
}

static struct ms_slice
text(const struct ms_batch *b, size_t at, uint32_t n)
{
	return (struct ms_slice){n > 0 ? b->text.p + at : NULL, n};
}

static void
pair_digest(
    const void *p, size_t n, uint64_t folder, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf b = {0};

	ms_buf_add(&b, &folder, sizeof(folder));
	ms_buf_add(&b, p, n);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
}

/* A further place of an occurrence that is there. */
static int
add_place(struct commit *c, const struct ms_deposit *d, uint64_t folder,
    uint64_t occurrence, struct ms_err *err)
{
	struct ms_place pl = {.occurrence = occurrence,
	    .folder = folder,
	    .place = text(c->b, d->place, d->place_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	uint64_t number;
	int got;

	if (pl.place.n == 0)
		return 0;
	got = ms_index_place(&c->txn, folder, pl.place, &number, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	pair_digest(pl.place.p, pl.place.n, folder, digest);
	if (ms_map_add(&c->places, digest, occurrence, NULL))
		return 0;
	ms_place_write(&content, &pl);
	got = add_record(c, MS_PLACE, &content, &number, err);
	ms_buf_release(&content);
	return got;
}

static int
add_occurrence(struct commit *c, struct ms_deposit *d, uint64_t folder,
    uint64_t message, uint64_t *number, struct ms_err *err)
{
	struct ms_occurrence o = {.message = message,
	    .folder = folder,
	    .date = d->date,
	    .form = d->form,
	    .bits = d->bits,
	    .place = text(c->b, d->place, d->place_n),
	    .flags = text(c->b, d->flags, d->flags_n),
	    .other = text(c->b, d->other, d->other_n)};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};
	int rc;

	memcpy(o.id, d->id, MS_SHA_LEN);
	ms_occurrence_write(&content, &o);
	rc = add_record(c, MS_OCCURRENCE, &content, number, err);
	ms_buf_release(&content);
	if (o.place.n > 0) {
		pair_digest(o.place.p, o.place.n, folder, digest);
		ms_map_add(&c->places, digest, *number, NULL);
	}
	d->occurrence = true;
	return rc;
}

/* Does the user of this folder have the message anywhere? 1, 0, -1. */
static int
user_has(struct commit *c, const struct ms_deposit *d, uint64_t message,
    struct ms_err *err)
{
	unsigned char key[16];
	MDB_val k = {sizeof(key), key}, v;
	struct ms_slice row;
	uint64_t user;
	int got, found;

	got = resolve(c, MS_NAME_USER, 0, 0, d->dest->user, false, &user, err);
	if (got <= 0)
		return got;
	/* What this batch recorded must be seen too. */
	if (ms_indexer_put(c->a->indexer, &c->txn, err) < 0)
		return -1;
	ms_put_be64(key, message);
	ms_put_be64(key + 8, 0);
	got = ms_index_seek(&c->txn, MS_TABLE_HELD, MDB_SET_RANGE, &k, &v, err);
	while (got == 1 && k.mv_size == 16 && ms_be64(k.mv_data) == message) {
		found = ms_index_get(&c->txn, MS_TABLE_FOLDER,
		    (const unsigned char *)k.mv_data + 8, 8, &row, err);
		if (found < 0)
			return -1;
		if (found == 1 && row.n >= 8 && ms_le64(row.p) == user)
			return 1;
		got = ms_index_seek(
		    &c->txn, MS_TABLE_HELD, MDB_NEXT, &k, &v, err);
	}
	return got < 0 ? -1 : 0;
}

/* The MESSAGE a deposit names (*message) and the first one of its id. */
static int
find_message(struct commit *c, struct ms_deposit *d, uint64_t *message,
    uint64_t *first, struct ms_err *err)
{
	const struct ms_fresh *f = NULL;
	int got;

	if (d->fresh != MS_NO_FRESH)
		f = (const struct ms_fresh *)(const void *)c->b->fresh.p +
		    d->fresh;
	got = ms_index_id(&c->txn, d->id, first, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return 0;
	*message = f != NULL ? f->number : d->message;
	if (*message == 0)
		*message = *first;
	return 1;
}

/*
 * Records one deposit. What no longer fits the archive as it is now (its
 * user is gone) fails by itself.
 */
static int
deposit(struct commit *c, struct ms_deposit *d, struct ms_err *err)
{
	uint64_t folder, message, first, occurrence;
	unsigned char digest[MS_SHA_LEN];
	int got;

	got = resolve_dest(c, d->dest, &folder, err);
	if (got == 0)
		fail_deposit(d, "there is no such user (--create-user makes "
				"one)");
	if (got <= 0)
		return got;
	got = find_message(c, d, &message, &first, err);
	if (got == 1 && d->reference)
		got = user_has(c, d, first, err);
	if (got == 0)
		fail_deposit(
		    d, d->reference
			   ? "it refers to a message the user does not have"
			   : "its message is not there");
	if (got <= 0)
		return got;
	pair_digest(d->id, MS_SHA_LEN, folder, digest);
	got = ms_map_get(&c->held, digest, &occurrence);
	if (got == 0)
		got = ms_index_held(&c->txn, first, folder, &occurrence, err);
	if (got < 0)
		return -1;
	if (got == 1)
		return add_place(c, d, folder, occurrence, err);
	if (add_occurrence(c, d, folder, message, &occurrence, err) < 0)
		return -1;
	ms_map_add(&c->held, digest, occurrence, NULL);
	return 0;
}

/* ---- writing ---- */

/* A last pack that is full is sealed, and the next one begun. */
static int
make_room(struct commit *c, struct ms_err *err)
{
	struct ms_archive *a = c->a;
	struct ms_pack_header next = a->tail->header;
	struct ms_pack_trailer t;
	struct ms_pack *pk;
	int sealed;

	sealed = ms_pack_sealed(a->tail, &t, err);
	if (sealed < 0)
		return -1;
	if (sealed == 0 && c->pos.end < a->seal_at)
		return 0;
	if (sealed == 0 && ms_pack_seal(a->tail, c->pos.end, c->pos.next - 1,
			       c->pos.chain, err) < 0) {
		ms_pack_cut(a->tail, c->pos.end, NULL);
		return -1;
	}
	next.number++;
	next.generation = 0;
	next.first = c->pos.next;
	memcpy(next.chain, c->pos.chain, MS_SHA_LEN);
	memcpy(next.archive, a->id, MS_ID_LEN);
	if (ms_pack_create(&pk, a->packfd, a->tmpfd, &next, err) < 0)
		return -1;
	ms_pack_close(a->tail);
	a->tail = pk;
	c->pos.pack = next.number;
	c->pos.generation = 0;
	c->pos.end = MS_PACK_HEADER;
	return 0;
}

/* Numbers of the batch's records, which stand in the order of its images. */
static void
number_records(struct commit *c, uint64_t *data, uint64_t *meta)
{
	struct ms_fresh *f = (struct ms_fresh *)(void *)c->b->fresh.p;
	size_t i, n = c->b->fresh.n / sizeof(*f);
	uint64_t next = c->pos.next;
	uint32_t k;

	for (k = 0; k < c->b->data_n; k++) {
		data[k] = next;
		next += c->b->data[k]->header.count;
	}
	for (k = 0; k < c->b->meta_n; k++) {
		meta[k] = next;
		next += c->b->meta[k]->header.count;
	}
	c->last_first = next;
	for (i = 0; i < n; i++)
		if (!f[i].known)
			f[i].number = meta[f[i].image] + f[i].row;
}

/* The index rows of BLOBs and MESSAGEs, whether they are void or not: as
 * they would be if the batch were read from its pack. */
static int
index_contents(struct commit *c, const uint64_t *data, const uint64_t *meta,
    struct ms_err *err)
{
	const struct ms_fresh_blob *bl = (const void *)c->b->blobs.p;
	const struct ms_fresh *f = (const void *)c->b->fresh.p;
	size_t i, n = c->b->blobs.n / sizeof(*bl);

	for (i = 0; i < n; i++)
		ms_indexer_blob(
		    c->a->indexer, data[bl[i].image] + bl[i].row, bl[i].digest);
	n = c->b->fresh.n / sizeof(*f);
	for (i = 0; i < n; i++)
		ms_indexer_message(c->a->indexer, meta[f[i].image] + f[i].row,
		    f[i].id, f[i].size, &f[i].note);
	return ms_indexer_put(c->a->indexer, &c->txn, err);
}

static void
index_block(struct commit *c, const struct ms_block_header *h, uint64_t *at)
{
	ms_indexer_block(c->a->indexer, &c->a->tail->header, *at, h, NULL);
	*at += ms_block_length(h);
}

/* Writes and syncs, then puts the rows of the blocks. */
static int
write_out(struct commit *c, struct ms_err *err)
{
	uint32_t i, n = 0;
	struct ms_block_image **all = ms_xcalloc(
	    c->b->data_n + c->b->meta_n, sizeof(struct ms_block_image *));
	struct ms_block_header last = {.kind = MS_BLOCK_META};
	uint64_t at, first = c->last_first;
	int rc = -1;

	for (i = 0; i < c->b->data_n; i++)
		all[n++] = c->b->data[i];
	for (i = 0; i < c->b->meta_n; i++)
		all[n++] = c->b->meta[i];
	if (make_room(c, err) < 0)
		goto out;
	at = c->pos.end;
	if (ms_log_append(c->a->tail, &c->pos, all, n, &c->last, err) < 0)
		goto out;
	c->durable = true;
	for (i = 0; i < n; i++)
		index_block(c, &all[i]->header, &at);
	last.first = first;
	last.count = (uint32_t)(c->pos.next - first);
	last.stored = (uint32_t)(c->pos.end - at - MS_BLOCK_HEADER);
	index_block(c, &last, &at);
	rc = ms_indexer_put(c->a->indexer, &c->txn, err);
	if (rc == 0)
		rc = ms_index_set_position(&c->txn, &c->pos, err);
out:
	free(all);
	return rc;
}

/* ---- the whole ---- */

static void
set_outcomes(struct commit *c)
{
	const struct ms_fresh *f = (const void *)c->b->fresh.p;
	struct ms_map seen = {0};
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++) {
		if (d[i].outcome == MS_OUTCOME_FAILED)
			continue;
		d[i].outcome = MS_OUTCOME_KNOWN;
		/* The first copy of a new message is new, a second one in
		 * the same batch is known already. */
		if (d[i].fresh != MS_NO_FRESH && !f[d[i].fresh].id_known &&
		    !ms_map_add(&seen, d[i].id, 0, NULL))
			d[i].outcome = MS_OUTCOME_NEW;
	}
	ms_map_release(&seen);
}

enum {
	DONE = 0,
	AGAIN = 1,
	FULL = 2
};

/* Deposits and writing, in the transaction. *written: there was something. */
static int
fill(struct commit *c, bool *written, struct ms_err *err)
{
	uint64_t *data = ms_xcalloc(c->b->data_n, sizeof(*data));
	uint64_t *meta = ms_xcalloc(c->b->meta_n, sizeof(*meta));
	struct ms_deposit *d;
	size_t i, n;
	int rc = -1;

	number_records(c, data, meta);
	if (index_contents(c, data, meta, err) < 0)
		goto out;
	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++)
		if (!d[i].settled && deposit(c, &d[i], err) < 0)
			goto out;
	*written = c->last.count + c->b->data_n + c->b->meta_n > 0;
	rc = *written ? write_out(c, err) : 0;
out:
	free(data);
	free(meta);
	return rc;
}

/*
 * One attempt, holding `lock`. DONE; AGAIN: much of it is known by now, sift
 * it and try again; FULL: the index's map is, let it grow; -1.
 */
static int
attempt(struct commit *c, bool sift_allowed, struct ms_err *err)
{
	uint64_t total, known;
	bool written = false;
	int rc;

	c->pos = c->a->checked;
	if (ms_index_begin_write(c->a->ix, &c->txn, err) < 0)
		return -1;
	ms_indexer_clear(c->a->indexer);
	rc = look_up_fresh(c, &total, &known, err);
	if (rc == 0 && sift_allowed && known > total / 10)
		rc = AGAIN;
	if (rc == 0)
		rc = fill(c, &written, err);
	if (rc == 0 && written)
		rc = ms_index_commit(&c->txn, err);
	else
		ms_index_abort(&c->txn);
	if (rc == 0) {
		c->a->checked = c->pos;
		set_outcomes(c);
	}
	return rc < 0 && c->txn.full ? FULL : rc;
}

/*
 * The map was full. If the batch is in its pack already, it is indexed from
 * there. 0: attempt it again, 1: it is done, -1.
 */
static int
after_full(struct commit *c, struct ms_err *err)
{
	if (ms_index_grow(c->a->ix, err) < 0)
		return -1;
	if (!c->durable)
		return 0;
	if (ms_archive_catch_up(c->a, true, err) < 0)
		return -1;
	set_outcomes(c);
	return 1;
}

/* Outcomes and errors of an attempt that is made again. */
static void
forget_attempt(struct commit *c)
{
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++) {
		if (d[i].settled)
			continue;
		d[i].occurrence = false;
		if (d[i].err != NULL) {
			free(d[i].err);
			d[i].err = NULL;
			d[i].outcome = MS_OUTCOME_NEW;
		}
	}
	ms_block_builder_release(&c->last);
	ms_map_clear(&c->names);
	ms_map_clear(&c->held);
	ms_map_clear(&c->places);
}

/* Folder numbers hold for ever, so workers may use them from now on. */
static void
publish_numbers(struct commit *c)
{
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(c->b, &n);
	for (i = 0; i < n; i++)
		if (d[i].dest->serial == c->serial && d[i].dest->fresh != 0)
			atomic_store(&d[i].dest->number, d[i].dest->fresh);
}

static bool
nothing_to_do(const struct ms_batch *b)
{
	const struct ms_deposit *d;
	size_t i, n;

	if (b->data_n + b->meta_n > 0)
		return false;
	d = ms_batch_deposits(b, &n);
	for (i = 0; i < n; i++)
		if (!d[i].settled && d[i].outcome != MS_OUTCOME_FAILED)
			return false;
	return true;
}

int
ms_batch_commit(struct ms_archive *a, struct ms_batch *b, struct ms_err *err)
{
	struct commit c = {.a = a, .b = b, .last.kind = MS_BLOCK_META};
	int rc, again = 0;

	if (nothing_to_do(b)) {
		set_outcomes(&c);
		return 0;
	}
	do {
		c.serial = ++commits;
		rc = -1;
		if (ms_archive_lock(a, true, err) < 0)
			break;
		rc = ms_archive_catch_up(a, true, err);
		if (rc == 0)
			rc = attempt(&c, again < PREPARED_AGAIN, err);
		if (rc != DONE)
			a->checked = (struct ms_position){0};
		if (rc == FULL) {
			rc = after_full(&c, err);
			rc = rc == 0 ? FULL : rc == 1 ? DONE : -1;
		}
		ms_archive_unlock(a);
		if (rc == DONE)
			publish_numbers(&c);
		if (rc == AGAIN || rc == FULL)
			forget_attempt(&c);
		if (rc == AGAIN && (++again, ms_batch_sift(b, err) < 0))
			rc = -1;
	} while (rc == AGAIN || rc == FULL);
	commit_release(&c);
	return rc;
}

int
ms_archive_first_batch(
    struct ms_archive *a, const char *user, struct ms_err *err)
{
	char hex[2 * MS_ID_LEN + 1];
	struct ms_event made = {.kind = MS_EVENT_ARCHIVE, .name = hex},
			first = {.kind = MS_EVENT_USER, .name = (char *)user};
	const struct ms_event *events[] = {&made, &first};
	struct ms_block_builder last = {.kind = MS_BLOCK_META};
	struct ms_position pos = {.end = MS_PACK_HEADER, .next = 1};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf json = {0};
	struct ms_pack *pk;
	size_t i;
	int rc;

	ms_hex(a->id, MS_ID_LEN, hex);
	for (i = 0; i < 2; i++) {
		ms_buf_clear(&json);
		ms_event_write(&json, events[i]);
		ms_sha256(json.p, json.n, digest);
		ms_block_add(&last, MS_EVENT, ms_buf_slice(&json), digest);
	}
	ms_buf_release(&json);
	rc = ms_pack_open(
	    &pk, a->packfd, (struct ms_pack_name){1, 0}, true, err);
	if (rc == 0) {
		rc = ms_log_append(pk, &pos, NULL, 0, &last, err);
		ms_pack_close(pk);
	}
	ms_block_builder_release(&last);
	return rc;
}
