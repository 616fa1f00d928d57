/* put.c - records as rows of the index. ms-archive(5), Index. */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "impl.h"
#include "le.h"
#include "state.h"
#include "stream.h"

/* The key and the value are in the bytes of the indexer. */
struct row {
	uint8_t table;
	uint8_t key_n;
	uint32_t value_n; /* 0 in `moved`: the row is deleted */
	size_t at;
};

struct ms_indexer {
	struct ms_buf bytes;
	struct ms_buf rows;  /* struct row */
	struct ms_buf wants; /* struct ms_want: BLOBs that messages name */
	bool messages;       /* some of the rows are of messages */
	bool folders;        /* some are of sources or folders */
	/* The kind of the dates of version 0.1 in this folder. */
	uint64_t unstated_folder;
	enum ms_raw_kind unstated;
	struct ms_message_hasher *hasher;
};

struct ms_indexer *
ms_indexer_new(void)
{
	struct ms_indexer *in = ms_xcalloc(1, sizeof(*in));

	in->hasher = ms_message_hasher_new();
	return in;
}

void
ms_indexer_free(struct ms_indexer *in)
{
	if (in == NULL)
		return;
	ms_message_hasher_free(in->hasher);
	ms_buf_release(&in->bytes);
	ms_buf_release(&in->rows);
	ms_buf_release(&in->wants);
	free(in);
}

void
ms_indexer_clear(struct ms_indexer *in)
{
	ms_buf_clear(&in->bytes);
	ms_buf_clear(&in->rows);
	ms_buf_clear(&in->wants);
	in->messages = in->folders = false;
}

static void
add(struct ms_indexer *in, enum ms_table table, const void *key, size_t key_n,
    const void *value, size_t value_n)
{
	struct row r = {.table = (uint8_t)table,
	    .key_n = (uint8_t)key_n,
	    .value_n = (uint32_t)value_n,
	    .at = in->bytes.n};

	ms_buf_add(&in->bytes, key, key_n);
	ms_buf_add(&in->bytes, value, value_n);
	ms_buf_add(&in->rows, &r, sizeof(r));
}

/* ---- blocks and BLOBs ---- */

static void
add_run(struct ms_indexer *in, const struct ms_pack_header *pack,
    uint64_t offset, const struct ms_block_header *h, uint64_t first,
    uint32_t count, uint32_t place)
{
	unsigned char key[8], v[29];

	ms_put_be64(key, first);
	ms_put_le32(v, pack->number);
	ms_put_le32(v + 4, pack->generation);
	ms_put_le64(v + 8, offset);
	ms_put_le32(v + 16, place);
	ms_put_le32(v + 20, count);
	ms_put_le32(v + 24, h->stored);
	v[28] = h->kind;
	add(in, MS_TABLE_BLOCK, key, sizeof(key), v, sizeof(v));
}

void
ms_indexer_block(struct ms_indexer *in, const struct ms_pack_header *pack,
    uint64_t offset, const struct ms_block_header *header,
    const unsigned char *runs)
{
	uint32_t i, place = 0, count;

	if (header->runs == 0)
		add_run(
		    in, pack, offset, header, header->first, header->count, 0);
	for (i = 0; i < header->runs; i++, runs += 16, place += count) {
		count = ms_le32(runs + 8);
		add_run(in, pack, offset, header, ms_le64(runs), count, place);
	}
}

/* A number as one of several values of a digest: big-endian, so that the lowest
 * number comes first. */
static void
add_number(struct ms_indexer *in, enum ms_table table,
    const unsigned char digest[MS_SHA_LEN], uint64_t number)
{
	unsigned char v[8];

	ms_put_be64(v, number);
	add(in, table, digest, DIGEST_KEY, v, sizeof(v));
}

void
ms_indexer_blob(struct ms_indexer *in, uint64_t number,
    const unsigned char digest[MS_SHA_LEN])
{
	add_number(in, MS_TABLE_BLOB, digest, number);
}

/* ---- records ---- */

static void
message_meta(struct ms_indexer *in, const struct ms_recipe *r,
    struct ms_message_meta *meta)
{
	struct ms_identity id;

	ms_recipe_add_header(r, in->hasher);
	ms_message_hasher_end(in->hasher, &id);
	memcpy(meta->head, id.head, MS_SHA_LEN);
	ms_recipe_describe(r, &meta->desc);
	meta->key_count = ms_mail_thread_keys(r->header, meta->keys);
}

static void
add_thread(
    struct ms_indexer *in, uint64_t number, const struct ms_message_meta *meta)
{
	unsigned char key[8], v[8];

	ms_put_be64(v, number);
	for (size_t i = 0; i < meta->key_count; i++) {
		ms_put_be64(key, meta->keys[i]);
		add(in, MS_TABLE_THREAD, key, sizeof(key), v, sizeof(v));
	}
}

void
ms_indexer_message(struct ms_indexer *in, uint64_t number,
    const unsigned char id[MS_SHA_LEN], uint64_t size,
    const struct ms_message_meta *meta)
{
	unsigned char key[8], v[MESSAGE_FIXED + 3 * MS_DESC_LEN];
	const struct ms_desc_field *f[3] = {
	    &meta->desc.from, &meta->desc.to, &meta->desc.subject};
	size_t i, n = MESSAGE_FIXED;

	memcpy(v, id, MS_SHA_LEN);
	ms_put_le64(v + 32, size);
	ms_put_le64(v + 40, (uint64_t)meta->desc.date);
	ms_put_le16(v + 48, meta->desc.bits);
	ms_put_le64(v + 53, (uint64_t)meta->desc.received);
	memcpy(v + 61, meta->head, MS_HEAD_START);
	for (i = 0; i < 3; i++) {
		v[50 + i] = f[i]->n;
		memcpy(v + n, f[i]->s, f[i]->n);
		n += f[i]->n;
	}
	ms_put_be64(key, number);
	add(in, MS_TABLE_MESSAGE, key, sizeof(key), v, n);
	add_number(in, MS_TABLE_ID, id, number);
	add_thread(in, number, meta);
	in->messages = true;
}

static int
add_message(struct ms_indexer *in, uint64_t number, struct ms_slice content,
    struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	struct ms_item item;
	struct ms_message_meta meta;
	struct ms_recipe r;
	struct ms_want w;

	if (ms_recipe_parse(&r, content, err) < 0)
		return -1;
	ms_put_be64(w.number, number);
	while (ms_recipe_next(&r, &walk, &item) == 1) {
		if (!item.blob)
			continue;
		memcpy(w.digest, item.digest, sizeof(w.digest));
		ms_buf_add(&in->wants, &w, sizeof(w));
	}
	message_meta(in, &r, &meta);
	ms_indexer_message(in, number, r.id, r.size, &meta);
	return 0;
}

static void
add_place(struct ms_indexer *in, uint64_t folder, struct ms_slice place,
    uint64_t occurrence)
{
	unsigned char key[PLACE_KEY_MAX], v[8];

	ms_put_le64(v, occurrence);
	add(in, MS_TABLE_PLACE, key, ms_place_key(key, folder, place), v,
	    sizeof(v));
}

/* Adds a row for the MESSAGE of an OCCURRENCE, if that MESSAGE is missing. */
static int
add_missing(struct ms_indexer *in, struct ms_txn *txn,
    const struct ms_occurrence *o, struct ms_err *err)
{
	unsigned char key[8], row[MS_MISSING_ROW];
	struct ms_slice v;
	int got;

	ms_put_be64(key, o->message);
	got = ms_index_get(txn, MS_TABLE_MESSAGE, key, sizeof(key), &v, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	ms_missing_row(row, o->id, o->message);
	add(in, MS_TABLE_MISSING_MESSAGES, o->id, DIGEST_KEY, row, sizeof(row));
	return 0;
}

/* The message is in the folder of this occurrence, whatever was recorded
 * before.
 */
static void
clear_moved(struct ms_indexer *in, uint64_t occurrence)
{
	unsigned char key[8];

	ms_put_be64(key, occurrence);
	add(in, MS_TABLE_MOVED, key, sizeof(key), NULL, 0);
}

static void
add_moved(struct ms_indexer *in, uint64_t occurrence, uint64_t to, int64_t time)
{
	unsigned char key[8], v[MS_MOVED_ROW];

	ms_put_be64(key, occurrence);
	ms_put_le64(v, to);
	ms_put_le64(v + 8, (uint64_t)time);
	add(in, MS_TABLE_MOVED, key, sizeof(key), v, sizeof(v));
}

static void
set_moved(struct ms_indexer *in, const struct ms_moved *m)
{
	add_moved(in, m->now, 0, m->time);
	if (m->left != m->now)
		add_moved(in, m->left, m->now, m->time);
}

static void
add_further_place(
    struct ms_indexer *in, uint64_t number, const struct ms_place *pl)
{
	unsigned char key[16];
	struct ms_buf value = {0};

	ms_put_be64(key, pl->occurrence);
	ms_put_be64(key + 8, number);
	ms_buf_add(&value, pl->place.p, pl->place.n);
	ms_buf_add_byte(&value, '\0');
	ms_buf_add(&value, pl->flags.p, pl->flags.n);
	add(in, MS_TABLE_FURTHER_PLACES, key, sizeof(key), value.p, value.n);
	ms_buf_release(&value);
}

uint64_t
ms_receipt_who(struct ms_slice occurrences)
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(occurrences.p, occurrences.n, digest);
	return ms_le64(digest);
}

static void
add_receipt(struct ms_indexer *in, uint64_t number, const struct ms_receipt *r)
{
	const size_t rest = MS_SHA_LEN - DIGEST_KEY;
	unsigned char key[MS_RECEIPT_KEY], *v;
	struct ms_buf value = {0};

	ms_receipt_key(key, r->folder, r->id, number);
	v = ms_buf_room(&value, MS_RECEIPT_FIXED);
	memcpy(v, r->id + DIGEST_KEY, rest);
	memcpy(v + rest, r->head, MS_SHA_LEN);
	ms_put_le64(v + rest + MS_SHA_LEN, r->size);
	ms_put_le64(v + rest + MS_SHA_LEN + 8, ms_receipt_who(r->occurrences));
	v[MS_RECEIPT_FIXED - 1] = r->bits;
	value.n = MS_RECEIPT_FIXED;
	ms_buf_add(&value, r->place.p, r->place.n);
	add(in, MS_TABLE_RECEIPT, key, sizeof(key), value.p, value.n);
	ms_buf_release(&value);
	if (r->place.n > 0)
		add_place(in, r->folder, r->place, number);
}

/* Do the further attributes of an occurrence say that its folder contains sent
 * mail? */
static bool
is_sent(struct ms_slice other)
{
	struct ms_envelope env = {0};
	struct ms_trailer t;
	bool yes = false;

	if (other.n == 0)
		return false;
	if (ms_envelope_parse(&env, &t, other, NULL) == MS_STREAM_ENVELOPE &&
	    env.value[MS_ATTR_SPECIAL] != NULL)
		yes = ms_special_has(env.value[MS_ATTR_SPECIAL], "\\Sent");
	ms_envelope_release(&env);
	return yes;
}

/* Finds the kind of the dates of version 0.1 in a folder. The folder can be
 * missing because of damage. */
static int
find_unstated(struct ms_indexer *in, struct ms_txn *txn, uint64_t folder,
    struct ms_err *err)
{
	struct ms_folder_row row;
	struct ms_slice name;
	char *url;
	int got;

	if (in->unstated_folder == folder)
		return 0;
	got = ms_index_folder(txn, folder, &row, err);
	if (got == 1)
		got = ms_index_name_of(
		    txn, MS_NAME_SOURCE, row.source, &name, err);
	if (got < 0)
		return -1;
	in->unstated = MS_RAW_MTIME;
	if (got == 1) {
		url = ms_xstrndup(name.p, name.n);
		in->unstated = ms_raw_unstated(url);
		in->unstated_folder = folder;
		free(url);
	}
	return 0;
}

/*
 * The raw date of an OCCURRENCE for its row, with a stated kind, and the dates
 * of the occurrence. If the MESSAGE is missing, what its writer knew is best.
 */
static int
find_dates(struct ms_indexer *in, struct ms_txn *txn,
    const struct ms_occurrence *o, struct ms_raw_date *raw,
    struct ms_dates *dates, struct ms_err *err)
{
	int got;

	*raw = o->raw;
	if (raw->kind == MS_RAW_UNSTATED) {
		if (find_unstated(in, txn, o->folder, err) < 0)
			return -1;
		raw->kind = (uint8_t)in->unstated;
	}
	got = ms_index_dates(txn, o->message, *raw, dates, err);
	if (got == 0 && o->raw.kind != MS_RAW_UNSTATED &&
	    (o->bits & MS_DATE_UNKNOWN) == 0) {
		*raw = (struct ms_raw_date){o->date, MS_RAW_INTERNALDATE};
		got = ms_index_dates(txn, o->message, *raw, dates, err);
	}
	return got < 0 ? -1 : 0;
}

/*
 * The table of the folders of a message has the first MESSAGE of the id, which
 * is looked up in the transaction, whichever MESSAGE the occurrence names.
 */
static int
add_occurrence(struct ms_indexer *in, struct ms_txn *txn, uint64_t number,
    struct ms_slice content, struct ms_err *err)
{
	unsigned char key[MS_OCCURRENCE_KEY], mk[16], mv[16], *v;
	struct ms_message_folder m;
	struct ms_raw_date raw;
	struct ms_dates dates;
	struct ms_buf value = {0};
	struct ms_occurrence o;
	uint64_t message;
	int got;

	if (ms_occurrence_parse(&o, content, err) < 0)
		return -1;
	if ((in->messages || in->folders) && ms_indexer_put(in, txn, err) < 0)
		return -1;
	got = ms_index_id(txn, o.id, &message, err);
	if (got < 0)
		return -1;
	if (got == 0) { /* damaged or purged: the occurrence is kept */
		message = o.message;
		if (add_missing(in, txn, &o, err) < 0)
			return -1;
	}
	if (find_dates(in, txn, &o, &raw, &dates, err) < 0)
		return -1;
	ms_occurrence_key(key, o.folder, dates.sent, number);
	v = ms_buf_room(&value, MS_OCCURRENCE_FIXED);
	ms_put_le64(v, o.message);
	v[8] = o.form;
	v[9] = (uint8_t)((o.bits & MS_BODY_NOT_SEEN) |
			 (o.other.n > 0 ? MS_ROW_HAS_OTHER : 0) |
			 (is_sent(o.other) ? MS_ROW_IS_SENT : 0));
	ms_put_le16(v + 10, (uint16_t)o.flags.n);
	ms_put_le64(v + 12, (uint64_t)raw.date);
	v[20] = raw.kind;
	value.n = MS_OCCURRENCE_FIXED;
	ms_buf_add(&value, o.flags.p, o.flags.n);
	ms_buf_add(&value, o.place.p, o.place.n);
	add(in, MS_TABLE_OCCURRENCE, key, sizeof(key), value.p, value.n);
	ms_buf_release(&value);
	m = (struct ms_message_folder){message, o.folder, number, dates.sent};
	ms_message_folder_row(mk, mv, &m);
	add(in, MS_TABLE_MESSAGE_FOLDERS, mk, sizeof(mk), mv, sizeof(mv));
	if (o.place.n > 0)
		add_place(in, o.folder, o.place, number);
	return 0;
}

static void
add_name(struct ms_indexer *in, enum ms_name_kind kind,
    const struct ms_event *ev, uint64_t number)
{
	unsigned char key[NAME_KEY], v[8];

	ms_name_key(key, kind, ev->user, ev->source, ev->name);
	ms_put_le64(v, number);
	add(in, MS_TABLE_NAME, key, sizeof(key), v, sizeof(v));
	in->folders = true;
}

static void
add_folder(struct ms_indexer *in, const struct ms_event *ev, uint64_t number)
{
	unsigned char key[8], numbers[16];
	struct ms_buf v = {0};

	ms_put_be64(key, number);
	ms_put_le64(numbers, ev->user);
	ms_put_le64(numbers + 8, ev->source);
	ms_buf_add(&v, numbers, sizeof(numbers));
	ms_buf_add_str(&v, ev->name);
	add(in, MS_TABLE_FOLDER, key, sizeof(key), v.p, v.n);
	ms_buf_release(&v);
	add_name(in, MS_NAME_FOLDER, ev, number);
}

static void
add_label(struct ms_indexer *in, const struct ms_event *ev, uint64_t number)
{
	unsigned char key[16], v[8];
	struct ms_buf value = {0};

	ms_put_be64(key, ev->user);
	ms_put_be64(key + 8, ev->source);
	ms_put_le64(v, number);
	ms_buf_add(&value, v, sizeof(v));
	ms_buf_add_str(&value, ev->name);
	add(in, MS_TABLE_LABEL, key, sizeof(key), value.p, value.n);
	ms_buf_release(&value);
}

static int
add_event(struct ms_indexer *in, struct ms_txn *txn, uint64_t number,
    struct ms_slice content, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_event ev;
	int rc = 0;

	if (ms_event_parse(&ev, content, err) < 0)
		return -1;
	ms_put_be64(key, number);
	switch (ev.kind) {
	case MS_EVENT_USER:
	case MS_EVENT_USER_SET:
	case MS_EVENT_SETTINGS:
	case MS_EVENT_PROFILE:
	case MS_EVENT_PROFILE_SET:
	case MS_EVENT_RUN:
	case MS_EVENT_MAILBOX:
	case MS_EVENT_RAN:
	case MS_EVENT_ACCESS:
		rc = ms_index_merge(txn, number, &ev, err);
		break;
	case MS_EVENT_SOURCE:
		add(in, MS_TABLE_SOURCE, key, sizeof(key), ev.name,
		    strlen(ev.name));
		add_name(in, MS_NAME_SOURCE, &ev, number);
		break;
	case MS_EVENT_FOLDER:
		add_folder(in, &ev, number);
		break;
	case MS_EVENT_LABEL:
		add_label(in, &ev, number);
		break;
	case MS_EVENT_STATE:
		/* What was recorded before must be found. */
		rc = ms_indexer_put(in, txn, err);
		if (rc == 0)
			rc = ms_state_restore(txn, &ev, err);
		break;
	case MS_EVENT_VIEW:
	case MS_EVENT_UNDO:
		rc = ms_view_merge(txn, number, &ev, err);
		break;
	case MS_EVENT_PURGE:
	case MS_EVENT_ARCHIVE:
	case MS_EVENT_DELETE:
	case MS_EVENT_DELETED:
	case MS_EVENT_OTHER:
		break;
	}
	ms_event_release(&ev);
	return rc;
}

void
ms_indexer_commit(
    struct ms_indexer *in, uint64_t number, const struct ms_commit *commit)
{
	unsigned char key[8], v[16];

	ms_put_be64(key, number);
	ms_put_le64(v, commit->first);
	ms_put_le64(v + 8, (uint64_t)commit->time);
	add(in, MS_TABLE_COMMIT, key, sizeof(key), v, sizeof(v));
}

int
ms_indexer_record(struct ms_indexer *in, struct ms_txn *txn, uint64_t number,
    const struct ms_record *rec, struct ms_err *err)
{
	struct ms_commit commit;
	struct ms_receipt receipt;
	struct ms_place pl;
	struct ms_moved m;
	int rc = 0;

	if (rec->stub)
		return 0;
	switch (rec->type) {
	case MS_MESSAGE:
		rc = add_message(in, number, rec->content, err);
		break;
	case MS_OCCURRENCE:
		rc = add_occurrence(in, txn, number, rec->content, err);
		break;
	case MS_PLACE:
		rc = ms_place_parse(&pl, rec->content, err);
		if (rc == 0) {
			add_place(in, pl.folder, pl.place, pl.occurrence);
			add_further_place(in, number, &pl);
			clear_moved(in, pl.occurrence);
		}
		break;
	case MS_RECEIPT:
		rc = ms_receipt_parse(&receipt, rec->content, err);
		if (rc == 0)
			add_receipt(in, number, &receipt);
		break;
	case MS_MOVED:
		rc = ms_moved_parse(&m, rec->content, err);
		if (rc == 0)
			set_moved(in, &m);
		break;
	case MS_EVENT:
		rc = add_event(in, txn, number, rec->content, err);
		break;
	case MS_COMMIT: /* see also ms_position */
		rc = ms_commit_parse(&commit, rec->content, err);
		if (rc == 0)
			ms_indexer_commit(in, number, &commit);
		break;
	default:
		break;
	}
	if (rc < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)number);
	return 0;
}

/* ---- putting ---- */

static int
compare_rows(const void *a, const void *b, void *ctx)
{
	const unsigned char *bytes = ctx;
	const struct row *x = a, *y = b;
	size_t n = x->key_n < y->key_n ? x->key_n : y->key_n;
	int c;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	c = memcmp(bytes + x->at, bytes + y->at, n);
	if (c != 0)
		return c;
	if (x->key_n != y->key_n)
		return x->key_n < y->key_n ? -1 : 1;
	return x->at < y->at ? -1 : 1; /* in the order of their records */
}

/*
 * A row after the last key of its table is appended, which fills whole pages;
 * otherwise LMDB splits a page in the middle.
 */
static int
put_table(struct ms_txn *txn, enum ms_table table, const struct row *r,
    size_t count, const unsigned char *bytes, struct ms_err *err)
{
	/* The number of a name is that of its first event. */
	unsigned flags = table == MS_TABLE_NAME ? MDB_NOOVERWRITE : 0;
	unsigned char last[64];
	size_t i, last_n = 0, n;
	bool append = (ms_tables[table].flags & MDB_DUPSORT) == 0;
	MDB_val k, v;
	int rc, cmp;

	rc = append ? ms_index_seek(txn, table, MDB_LAST, &k, &v, err) : 0;
	if (rc < 0)
		return -1;
	if (rc == 1 && k.mv_size <= sizeof(last)) {
		last_n = k.mv_size;
		memcpy(last, k.mv_data, last_n);
	}
	for (i = 0, rc = 0; i < count && rc == 0; i++, r++) {
		k = (MDB_val){r->key_n, (void *)(bytes + r->at)};
		v = (MDB_val){r->value_n, (void *)(bytes + r->at + r->key_n)};
		n = last_n < k.mv_size ? last_n : k.mv_size;
		cmp = memcmp(k.mv_data, last, n);
		if (!append || cmp < 0 || (cmp == 0 && k.mv_size <= last_n)) {
			rc = ms_index_put_row(txn, table, &k, &v, flags, err);
			continue;
		}
		memcpy(last, bytes + r->at, r->key_n);
		last_n = r->key_n;
		rc = ms_index_put_row(txn, table, &k, &v, MDB_APPEND, err);
	}
	return rc;
}

/* The row of a MESSAGE begins with its id. */
static int
replace_missing(const struct ms_indexer *in, struct ms_txn *txn,
    const struct row *r, struct ms_err *err)
{
	const unsigned char *key = in->bytes.p + r->at;

	return ms_missing_replace(txn, key, key + r->key_n, err);
}

/* Rows of `moved` are put and deleted in the order of their records. */
static int
put_moved(struct ms_txn *txn, const struct row *r, size_t count,
    const unsigned char *bytes, struct ms_err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++, r++) {
		const unsigned char *key = bytes + r->at;

		if (r->value_n == 0)
			rc = ms_index_delete(
			    txn, MS_TABLE_MOVED, key, r->key_n, err);
		else
			rc = ms_index_put(txn, MS_TABLE_MOVED, key, r->key_n,
			    key + r->key_n, r->value_n, err);
	}
	return rc;
}

int
ms_indexer_put(struct ms_indexer *in, struct ms_txn *txn, struct ms_err *err)
{
	struct row *rows = (struct row *)(void *)in->rows.p;
	size_t i, n, count = in->rows.n / sizeof(*rows);
	bool blobs = false;
	int rc = 0;

	if (count > 0)
		qsort_r(rows, count, sizeof(*rows), compare_rows, in->bytes.p);
	for (i = 0; i < count && rc == 0; i += n) {
		for (n = 1; i + n < count; n++)
			if (rows[i + n].table != rows[i].table)
				break;
		if (rows[i].table == MS_TABLE_MOVED)
			rc = put_moved(txn, rows + i, n, in->bytes.p, err);
		else
			rc = put_table(txn, (enum ms_table)rows[i].table,
			    rows + i, n, in->bytes.p, err);
		blobs = blobs || rows[i].table == MS_TABLE_BLOB;
	}
	if (rc == 0)
		rc = ms_missing_update(txn, &in->wants, blobs, err);
	for (i = 0; i < count && rc == 0 && in->messages; i++)
		if (rows[i].table == MS_TABLE_MESSAGE)
			rc = replace_missing(in, txn, &rows[i], err);
	ms_buf_clear(&in->bytes);
	ms_buf_clear(&in->rows);
	ms_buf_clear(&in->wants);
	in->messages = in->folders = false;
	return rc;
}
