/* message.c - messages assembled from their records. ms-archive(5), MESSAGE. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"

/* Locates a BLOB. The digest is compared when the BLOB is read, or now if
 * several digests share its first 16 bytes. 1, 0, -1. */
static int
locate_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], struct ms_location *loc,
    struct ms_err *err)
{
	uint64_t number = 0, second;
	int got, more;

	got = ms_index_next_blob(txn, digest, &number, err);
	if (got <= 0)
		return got;
	second = number + 1;
	more = ms_index_next_blob(txn, digest, &second, err);
	if (more == 1)
		got = ms_archive_blob(a, txn, digest, &number, err);
	if (more < 0 || got <= 0)
		return more < 0 ? -1 : got;
	return ms_index_locate(txn, number, loc, err);
}

/* id: that of the message, or NULL if the caller does not know it. */
static int
load_record(struct ms_archive *a, uint64_t message, const unsigned char *id,
    struct ms_recipe *r, struct ms_err *err)
{
	struct ms_buf *m = &a->message;

	ms_buf_clear(m);
	if (ms_archive_content(a, message, MS_MESSAGE, m, err) < 0)
		return -1;
	if (ms_recipe_parse(r, ms_buf_slice(m), err) < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)message);
	if (id != NULL && memcmp(r->id, id, MS_SHA_LEN) != 0)
		return ms_fail(err, MS_DATA,
		    "record %llu: is another message than the index says; run "
		    "ms-verify --rebuild-index",
		    (unsigned long long)message);
	return 0;
}

/* The next MESSAGE of this id from *number on, except `message`. 1, 0, -1. */
static int
next_copy(struct ms_archive *a, const unsigned char *id, uint64_t message,
    uint64_t *number, struct ms_err *err)
{
	const uint64_t start = *number;
	struct ms_txn txn;
	int got;

	do {
		*number = start;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_next_same_id(&txn, id, number, err);
		if (got == 1 && *number == message) {
			++*number;
			got = ms_index_next_same_id(&txn, id, number, err);
		}
	} while (ms_index_end(&txn) != 0);
	return got;
}

/* The recipe of a message. If its record is damaged, that of another MESSAGE of
 * the same id is used: the message was stored again. */
static int
load_recipe(struct ms_archive *a, uint64_t message, const unsigned char *id,
    struct ms_recipe *r, struct ms_err *err)
{
	struct ms_err why = {0}, other = {0};
	uint64_t number = 0;
	int got;

	if (load_record(a, message, id, r, &why) == 0)
		return 0;
	while (why.code == MS_DATA && id != NULL &&
	       (got = next_copy(a, id, message, &number, &other)) != 0) {
		if (got == 1)
			got = load_record(a, number++, id, r, &other);
		if (got == 0)
			return 0;
		if (other.code != MS_DATA)
			why = other;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

/* locate_blobs() in one transaction. 1; 0, -1: it failed; 2: the index was
 * written meanwhile. */
static int
locate_blobs_once(
    struct ms_archive *a, const struct ms_recipe *r, struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	char hex[MS_SHA_HEX + 1];
	struct ms_location loc;
	struct ms_item item;
	struct ms_txn txn;
	int got = 1;

	ms_buf_clear(&a->locations);
	if (ms_index_begin(a->ix, &txn, err) < 0)
		return -1;
	while (got == 1 && ms_recipe_next(r, &walk, &item) == 1) {
		if (!item.blob)
			continue;
		got = locate_blob(a, &txn, item.digest, &loc, err);
		if (got == 0 &&
		    ms_archive_check_index(a, MS_INDEX_BLOCKS, err) == 0) {
			ms_hex(item.digest, MS_SHA_LEN, hex);
			ms_fail(err, MS_DATA, "BLOB %s: is missing", hex);
		}
		ms_buf_add(&a->locations, &loc, sizeof(loc));
	}
	if (ms_index_end(&txn) != 0)
		return 2;
	return got;
}

/* Fills a->locations with the locations of the BLOBs of a recipe, in order. */
static int
locate_blobs(
    struct ms_archive *a, const struct ms_recipe *r, struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	struct ms_item item;
	int got;

	while ((got = ms_recipe_next(r, &walk, &item)) == 1 && !item.blob)
		;
	if (got == 0)
		return 0; /* most messages have none */
	do
		got = locate_blobs_once(a, r, err);
	while (got == 2);
	return got == 1 ? 0 : -1;
}

/* The bytes of a BLOB, valid until the next block is read. 1, 0 the pack was
 * regrouped, -1. */
static int
get_blob(struct ms_archive *a, const struct ms_location *loc,
    const struct ms_item *item, struct ms_slice *bytes, struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_record rec;
	struct ms_block *b;
	int got;

	got = ms_archive_block(a, loc, &b, err);
	if (got <= 0)
		return got;
	ms_hex(item->digest, MS_SHA_LEN, hex);
	if (b->header.kind != MS_BLOCK_DATA || loc->place >= b->header.count)
		return ms_fail(err, MS_DATA,
		    "BLOB %s: not at its place in the index; run ms-verify "
		    "--rebuild-index",
		    hex);
	ms_block_record(b, loc->place, &rec);
	if (rec.stub)
		return ms_fail(err, MS_DATA, "BLOB %s: was purged", hex);
	if (memcmp(b->digests + (size_t)loc->place * MS_SHA_LEN, item->digest,
		MS_SHA_LEN) != 0 ||
	    rec.content.n != item->n)
		return ms_fail(err, MS_DATA, "BLOB %s: is missing", hex);
	*bytes = rec.content;
	return 1;
}

/* Walks over the pieces of a message. If emit is NULL, the pieces are only
 * checked. */
static int
walk_message(struct ms_archive *a, uint64_t message, const unsigned char *id,
    struct ms_assembly *as, struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	const struct ms_location *loc;
	struct ms_recipe r;
	struct ms_item item;
	size_t i = 0;
	int got, tries = 0;

	if (load_recipe(a, message, id, &r, err) < 0 ||
	    locate_blobs(a, &r, err) < 0)
		return -1;
	while (ms_recipe_next(&r, &walk, &item) == 1) {
		struct ms_slice bytes = item.bytes;

		while (item.blob) {
			loc = (const struct ms_location *)(const void *)
				  a->locations.p +
			      i;
			got = get_blob(a, loc, &item, &bytes, err);
			if (got < 0)
				return -1;
			if (got == 1)
				break;
			if (++tries > MS_ARCHIVE_TRIES)
				return ms_fail(err, MS_DATA,
				    "pack %u: is missing", (unsigned)loc->pack);
			if (tries > 1 && a->refresh(a, loc, err) < 0)
				return -1;
			if (locate_blobs(a, &r, err) < 0)
				return -1;
		}
		i += item.blob ? 1 : 0;
		if (as->emit != NULL && ms_assemble(as, &item, bytes, err) < 0)
			return -1;
	}
	return 0;
}

int
ms_archive_emit(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], enum ms_form form, ms_emit_fn *emit,
    void *ctx, struct ms_err *err)
{
	struct ms_assembly as = {.form = form, .emit = emit, .ctx = ctx};

	return walk_message(a, message, id, &as, err);
}

int
ms_archive_check(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_assembly none = {0};

	return walk_message(a, message, id, &none, err);
}

/* The beginning of a message, as far as it is read. */
struct beginning {
	struct ms_buf *out;
	size_t max; /* bytes of out */
};

static int
add_beginning(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct beginning *b = ctx;
	size_t room = b->max - b->out->n;

	(void)err;
	ms_buf_add(b->out, p, n < room ? n : room);
	return n < room ? 0 : -1; /* that is enough */
}

/* Reads the beginning of a message from its BLOBs, too. */
static int
read_beginning(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_buf *out, struct ms_err *err)
{
	struct beginning b = {out, out->n + MS_HEADER_MAX + MS_PARTS_MAX};
	struct ms_assembly as = {
	    .form = MS_FORM_STORED, .emit = add_beginning, .ctx = &b};
	size_t start = out->n, header;

	if (walk_message(a, message, id, &as, err) < 0 && out->n < b.max)
		return -1;
	header = ms_mail_header_length(out->p + start, out->n - start);
	if (header <= MS_HEADER_MAX)
		return 0;
	out->n = start + MS_HEADER_MAX;
	return 1;
}

int
ms_archive_header(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_buf *out, struct ms_err *err)
{
	struct ms_recipe r;
	struct ms_desc d;

	if (load_recipe(a, message, id, &r, err) < 0)
		return -1;
	ms_recipe_describe(&r, &d);
	if ((d.bits & MS_DESC_PARTIAL) != 0)
		return read_beginning(a, message, id, out, err);
	ms_buf_add(out, r.text.p, r.text.n);
	return 0;
}

int
ms_archive_header_cut(struct ms_err *err)
{
	return ms_fail(err, MS_DATA,
	    "the header is longer than %d bytes; the rest is not read",
	    MS_HEADER_MAX);
}

int
ms_archive_describe(
    struct ms_archive *a, struct ms_row *row, struct ms_err *err)
{
	struct ms_buf header = {0};
	int rc;

	if ((row->desc.bits & MS_DESC_PARTIAL) == 0)
		return 0;
	rc = ms_archive_header(a, row->message, row->id, &header, err);
	if (rc >= 0)
		ms_mail_describe(ms_buf_slice(&header), &row->desc);
	ms_buf_release(&header);
	return rc;
}

int
ms_archive_identity(struct ms_archive *a, uint64_t message,
    unsigned char id[MS_SHA_LEN], uint64_t *size, struct ms_err *err)
{
	struct ms_recipe r;

	if (load_recipe(a, message, NULL, &r, err) < 0)
		return -1;
	memcpy(id, r.id, MS_SHA_LEN);
	*size = r.size;
	return 0;
}

/* ---- reading back ---- */

static int
add_to_hash(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_sha_add(ctx, p, n);
	return 0;
}

int
ms_archive_read_back(struct ms_archive *a, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	unsigned char seen[MS_SHA_LEN];
	struct ms_sha sha = {0};
	int rc;

	ms_sha_init(&sha);
	rc = ms_archive_emit(
	    a, message, id, MS_FORM_CRLF, add_to_hash, &sha, err);
	ms_sha_end(&sha, seen);
	if (rc == 0 && memcmp(seen, id, MS_SHA_LEN) != 0)
		rc = ms_fail(err, MS_DATA, "its bytes have another id");
	return rc;
}

struct ms_archive *
ms_archive_view(struct ms_archive *a)
{
	struct ms_archive *view = ms_xcalloc(1, sizeof(*view));

	*view = *a;
	view->reader = ms_reader_new();
	view->names = NULL;
	view->indexer = NULL;
	view->tail = NULL;
	view->message = view->locations = (struct ms_buf){0};
	return view;
}

void
ms_archive_view_free(struct ms_archive *view)
{
	if (view == NULL)
		return;
	ms_reader_free(view->reader);
	ms_buf_release(&view->message);
	ms_buf_release(&view->locations);
	free(view);
}
