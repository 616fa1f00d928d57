/* get.c - one row of the index by its key; two indexes compared.
 * ms-archive(5), Index. */
#include <string.h>

#include "impl.h"
#include "le.h"
#include "utf8.h"

/* ---- keys ---- */

/* Parses "UIDVALIDITY/UID", the place of an IMAP message. */
static bool
place_uid(struct ms_slice place, uint32_t *validity, uint32_t *uid)
{
	uint64_t v[2] = {0, 0};
	size_t i, part = 0, digits = 0;

	for (i = 0; i < place.n; i++) {
		unsigned char c = place.p[i];

		if (c == '/' && part == 0 && digits > 0) {
			part = 1;
			digits = 0;
			continue;
		}
		if (c < '0' || c > '9' || (digits > 0 && v[part] == 0))
			return false;
		v[part] = v[part] * 10 + (c - '0');
		if (v[part] > UINT32_MAX)
			return false;
		digits++;
	}
	if (part != 1 || digits == 0)
		return false;
	*validity = (uint32_t)v[0];
	*uid = (uint32_t)v[1];
	return true;
}

void
ms_uid_key(unsigned char key[MS_UID_KEY], uint64_t folder, uint32_t validity,
    uint32_t uid)
{
	ms_put_be64(key, folder);
	key[8] = 1;
	ms_put_be32(key + 9, validity);
	ms_put_be32(key + 13, uid);
}

size_t
ms_place_key(
    unsigned char key[PLACE_KEY_MAX], uint64_t folder, struct ms_slice place)
{
	unsigned char digest[MS_SHA_LEN];
	uint32_t validity, uid;

	if (place_uid(place, &validity, &uid)) {
		ms_uid_key(key, folder, validity, uid);
		return MS_UID_KEY;
	}
	ms_put_be64(key, folder);
	key[8] = 2;
	ms_sha256(place.p, place.n, digest);
	memcpy(key + 9, digest, DIGEST_KEY);
	return 9 + DIGEST_KEY;
}

void
ms_receipt_key(unsigned char key[MS_RECEIPT_KEY], uint64_t folder,
    const unsigned char id[MS_SHA_LEN], uint64_t number)
{
	ms_put_be64(key, folder);
	memcpy(key + 8, id, DIGEST_KEY);
	ms_put_be64(key + 8 + DIGEST_KEY, number);
}

void
ms_name_key(unsigned char key[NAME_KEY], enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name)
{
	unsigned char digest[MS_SHA_LEN], numbers[16];
	struct ms_buf b = {0};

	ms_put_be64(numbers, user);
	ms_put_be64(numbers + 8, source);
	ms_buf_add(&b, numbers, sizeof(numbers));
	if (kind == MS_NAME_ADDRESS)
		ms_utf8_address_key(ms_slice_str(name), &b);
	else if (kind == MS_NAME_POP3)
		ms_utf8_fold(ms_slice_str(name), &b);
	else
		ms_buf_add_str(&b, name);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
	key[0] = (unsigned char)kind;
	memcpy(key + 1, digest, DIGEST_KEY);
}

void
ms_occurrence_key(unsigned char key[MS_OCCURRENCE_KEY], uint64_t folder,
    int64_t date, uint64_t number)
{
	ms_put_be64(key, folder);
	ms_put_be64(key + 8, (uint64_t)date ^ (uint64_t)1 << 63);
	ms_put_be64(key + 16, number);
}

void
ms_record_row_key(
    unsigned char key[MS_RECORD_ROW_KEY], uint8_t kind, uint64_t number)
{
	key[0] = kind;
	ms_put_be64(key + 1, number);
}

/* ---- finding ---- */

int
ms_index_has_gap(struct ms_txn *txn, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	uint64_t next = 1;
	MDB_val k, v;
	int got;

	for (; (got = ms_index_seek(txn, MS_TABLE_BLOCK, op, &k, &v, err)) == 1;
	     op = MDB_NEXT) {
		if (k.mv_size != 8 || v.mv_size != 29)
			return ms_index_damaged(err, "block");
		if (ms_be64(k.mv_data) != next)
			return 1;
		next += ms_le32((unsigned char *)v.mv_data + 20);
	}
	return got;
}

int
ms_index_locate(struct ms_txn *txn, uint64_t number, struct ms_location *loc,
    struct ms_err *err)
{
	unsigned char want[8];
	MDB_val k = {8, want}, v;
	const unsigned char *p;
	uint64_t first;
	int got;

	ms_put_be64(want, number);
	got = ms_index_at_or_before(txn, MS_TABLE_BLOCK, &k, &v, err);
	if (got <= 0)
		return got;
	if (k.mv_size != 8 || v.mv_size != 29)
		return ms_index_damaged(err, "block");
	first = ms_be64(k.mv_data);
	p = v.mv_data;
	if (number < first || number - first >= ms_le32(p + 20))
		return 0;
	loc->pack = ms_le32(p);
	loc->generation = ms_le32(p + 4);
	loc->offset = ms_le64(p + 8);
	loc->place = ms_le32(p + 16) + (uint32_t)(number - first);
	loc->stored = ms_le32(p + 24);
	loc->kind = p[28];
	return 1;
}

int
ms_message_row(
    struct ms_message_row *row, struct ms_slice v, struct ms_err *err)
{
	struct ms_desc_field *f[3] = {
	    &row->desc.from, &row->desc.to, &row->desc.subject};
	size_t i, at = MESSAGE_FIXED;

	if (v.n < at)
		return ms_index_damaged(err, "message");
	memcpy(row->id, v.p, MS_SHA_LEN);
	row->size = ms_le64(v.p + 32);
	row->desc.date = (int64_t)ms_le64(v.p + 40);
	row->desc.bits = ms_le16(v.p + 48);
	row->desc.received = (int64_t)ms_le64(v.p + 53);
	memcpy(row->head, v.p + 61, MS_HEAD_START);
	for (i = 0; i < 3; i++) {
		f[i]->n = v.p[50 + i];
		if (f[i]->n > MS_DESC_LEN || v.n - at < f[i]->n)
			return ms_index_damaged(err, "message");
		memcpy(f[i]->s, v.p + at, f[i]->n);
		at += f[i]->n;
	}
	return 0;
}

int
ms_index_dates(struct ms_txn *txn, uint64_t message, struct ms_raw_date raw,
    struct ms_dates *out, struct ms_err *err)
{
	struct ms_desc desc = {0};
	unsigned char key[8];
	struct ms_slice v;
	int got;

	ms_put_be64(key, message);
	got = ms_index_get(txn, MS_TABLE_MESSAGE, key, sizeof(key), &v, err);
	if (got == 1 && v.n < MESSAGE_FIXED)
		return ms_index_damaged(err, "message");
	if (got == 1) {
		desc.date = (int64_t)ms_le64(v.p + 40);
		desc.bits = ms_le16(v.p + 48);
		desc.received = (int64_t)ms_le64(v.p + 53);
	}
	*out = ms_dates_of(&desc, raw);
	return got;
}

int
ms_index_message(struct ms_txn *txn, uint64_t number,
    struct ms_message_row *row, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice v;
	int got;

	ms_put_be64(key, number);
	got = ms_index_get(txn, MS_TABLE_MESSAGE, key, sizeof(key), &v, err);
	if (got == 1 && ms_message_row(row, v, err) < 0)
		return -1;
	return got;
}

int
ms_missing_blobs_of(
    struct ms_txn *txn, const unsigned char number[8], struct ms_err *err)
{
	struct ms_slice v;

	return ms_index_get(txn, MS_TABLE_MISSING_BLOBS, number, 8, &v, err);
}

int
ms_index_whole(struct ms_txn *txn, uint64_t number, struct ms_err *err)
{
	unsigned char key[8];
	int missing;

	ms_put_be64(key, number);
	missing = ms_missing_blobs_of(txn, key, err);
	return missing < 0 ? -1 : !missing;
}

int
ms_index_id(struct ms_txn *txn, const unsigned char id[MS_SHA_LEN],
    uint64_t *number, struct ms_err *err)
{
	MDB_val k = {DIGEST_KEY, (void *)id}, v;
	struct ms_slice row;
	bool has_key = false;
	int got, found, missing;

	got = ms_index_seek(txn, MS_TABLE_ID, MDB_SET_KEY, &k, &v, err);
	while (got == 1) {
		has_key = true;
		if (v.mv_size != 8)
			return ms_index_damaged(err, "id");
		found = ms_index_get(
		    txn, MS_TABLE_MESSAGE, v.mv_data, 8, &row, err);
		if (found != 1 || row.n < MS_SHA_LEN)
			return found < 0 ? -1
					 : ms_index_damaged(err, "message");
		if (memcmp(row.p, id, MS_SHA_LEN) == 0) {
			missing = ms_missing_blobs_of(txn, v.mv_data, err);
			*number = ms_be64(v.mv_data);
			if (missing != 1)
				return missing < 0 ? -1 : 1;
		}
		got =
		    ms_index_seek(txn, MS_TABLE_ID, MDB_NEXT_DUP, &k, &v, err);
	}
	return got < 0 ? -1 : ms_totals_check_id(txn, id, has_key, err);
}

int
ms_index_in_folder(struct ms_txn *txn, uint64_t message, uint64_t folder,
    uint64_t *occurrence, struct ms_err *err)
{
	unsigned char key[16];
	struct ms_slice v;
	int got;

	ms_put_be64(key, message);
	ms_put_be64(key + 8, folder);
	got = ms_index_get(
	    txn, MS_TABLE_MESSAGE_FOLDERS, key, sizeof(key), &v, err);
	if (got == 1 && v.n != 16)
		return ms_index_damaged(err, "held");
	if (got == 1)
		*occurrence = ms_le64(v.p);
	if (got == 0 && ms_totals_check_message(txn, message, err) < 0)
		return -1;
	return got;
}

int
ms_index_place(struct ms_txn *txn, uint64_t folder, struct ms_slice place,
    uint64_t *occurrence, struct ms_err *err)
{
	unsigned char key[PLACE_KEY_MAX];
	struct ms_slice v;
	int got;

	got = ms_index_get(txn, MS_TABLE_PLACE, key,
	    ms_place_key(key, folder, place), &v, err);
	if (got == 1 && v.n != 8)
		return ms_index_damaged(err, "place");
	if (got == 1)
		*occurrence = ms_le64(v.p);
	return got;
}

int
ms_index_last_move(struct ms_txn *txn, uint64_t occurrence, uint64_t *to,
    int64_t *time, struct ms_err *err)
{
	unsigned char key[8];
	struct ms_slice v;
	int got;

	ms_put_be64(key, occurrence);
	got = ms_index_get(txn, MS_TABLE_MOVED, key, sizeof(key), &v, err);
	if (got <= 0)
		return got;
	if (v.n != MS_MOVED_ROW)
		return ms_index_damaged(err, "moved");
	*to = ms_le64(v.p);
	*time = (int64_t)ms_le64(v.p + 8);
	return 1;
}

int
ms_index_moved(struct ms_txn *txn, uint64_t occurrence, uint64_t *to,
    int64_t *time, struct ms_err *err)
{
	struct ms_location loc;
	int got = ms_index_last_move(txn, occurrence, to, time, err);

	if (got <= 0 || *to == 0)
		return got < 0 ? -1 : 0;
	return ms_index_locate(txn, *to, &loc, err);
}

int
ms_index_exact_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err)
{
	unsigned char key[NAME_KEY];
	struct ms_slice v;
	int got;

	ms_name_key(key, kind, user, source, name);
	got = ms_index_get(txn, MS_TABLE_NAME, key, sizeof(key), &v, err);
	if (got == 1 && v.n != 8)
		return ms_index_damaged(err, "name");
	if (got == 1)
		*number = ms_le64(v.p);
	return got;
}

static int
find_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err)
{
	struct ms_buf key = {0};
	int got;

	got = ms_index_exact_name(txn, kind, user, source, name, number, err);
	if (got != 0 || kind != MS_NAME_USER)
		return got;
	ms_utf8_name_key(ms_slice_str(name), &key);
	name = ms_buf_str(&key);
	got = ms_index_exact_name(txn, kind, 0, 0, name, number, err);
	if (got == 0)
		got = ms_index_exact_name(
		    txn, MS_NAME_USER_KEY, 0, 0, name, number, err);
	ms_buf_release(&key);
	return got;
}

int
ms_index_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t user,
    uint64_t source, const char *name, uint64_t *number, struct ms_err *err)
{
	int got = find_name(txn, kind, user, source, name, number, err);

	if (got == 0 && ms_totals_check_table(txn, MS_TABLE_NAME, err) < 0)
		return -1;
	return got;
}

int
ms_index_name_of(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    struct ms_slice *name, struct ms_err *err)
{
	unsigned char key[8];

	ms_put_be64(key, number);
	return ms_index_get(txn,
	    kind == MS_NAME_USER ? MS_TABLE_USER : MS_TABLE_SOURCE, key,
	    sizeof(key), name, err);
}

/* ---- comparing two ---- */

static int
table_equal(
    struct ms_txn *a, struct ms_txn *b, enum ms_table table, struct ms_err *err)
{
	MDB_cursor_op op = MDB_FIRST;
	MDB_val ka, kb, va, vb;
	int ga, gb;

	for (;; op = MDB_NEXT) {
		ga = ms_index_seek(a, table, op, &ka, &va, err);
		gb = ms_index_seek(b, table, op, &kb, &vb, err);
		if (ga < 0 || gb < 0)
			return -1;
		if (ga != gb)
			return 0;
		if (ga == 0)
			return 1;
		if (ka.mv_size != kb.mv_size || va.mv_size != vb.mv_size ||
		    memcmp(ka.mv_data, kb.mv_data, ka.mv_size) != 0 ||
		    memcmp(va.mv_data, vb.mv_data, va.mv_size) != 0)
			return 0;
	}
}

int
ms_index_equal(struct ms_index *a, struct ms_index *b, const char **table,
    struct ms_err *err)
{
	struct ms_txn ta, tb;
	int i, rc = 1;

	if (ms_index_begin(a, &ta, err) < 0)
		return -1;
	if (ms_index_begin(b, &tb, err) < 0) {
		ms_index_end(&ta);
		return -1;
	}
	for (i = 0; i < MS_TABLES && rc == 1; i++) {
		rc = table_equal(&ta, &tb, (enum ms_table)i, err);
		*table = ms_tables[i].name;
	}
	ms_index_end(&tb);
	ms_index_end(&ta);
	return rc;
}
