/* message.c - messages assembled from their records. ms-archive(5), MESSAGE. */
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
	int got;

	got = ms_index_next_blob(txn, digest, &number, err);
	if (got <= 0)
		return got;
	second = number + 1;
	if (ms_index_next_blob(txn, digest, &second, err) == 1)
		got = ms_archive_blob(a, txn, digest, &number, err);
	if (got <= 0)
		return got;
	return ms_index_locate(txn, number, loc, err);
}

static int
load_recipe(struct ms_archive *a, uint64_t message, struct ms_recipe *r,
    struct ms_err *err)
{
	struct ms_buf *m = &a->message;

	ms_buf_clear(m);
	if (ms_archive_content(a, message, MS_MESSAGE, m, err) < 0)
		return -1;
	if (ms_recipe_parse(r, ms_buf_slice(m), err) < 0)
		return ms_context(
		    err, "record %llu", (unsigned long long)message);
	return 0;
}

/* locate_blobs() in one transaction. 2: the index was written meanwhile. */
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
		if (got == 0) {
			ms_hex(item.digest, MS_SHA_LEN, hex);
			ms_fail(err, MS_DATA, "BLOB %s: is missing", hex);
		}
		ms_buf_add(&a->locations, &loc, sizeof(loc));
	}
	if (ms_index_end(&txn) != 0)
		return 2;
	return got == 1 ? 0 : -1;
}

/* Fills a->locations with the locations of the BLOBs of a recipe, in order. */
static int
locate_blobs(
    struct ms_archive *a, const struct ms_recipe *r, struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	struct ms_item item;
	int got;

	ms_buf_clear(&a->locations);
	while ((got = ms_recipe_next(r, &walk, &item)) == 1 && !item.blob)
		;
	if (got == 0)
		return 0; /* most messages have none */
	do
		got = locate_blobs_once(a, r, err);
	while (got == 2);
	return got;
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
walk_message(struct ms_archive *a, uint64_t message, struct ms_assembly *as,
    struct ms_err *err)
{
	struct ms_recipe_walk walk = {0};
	const struct ms_location *loc;
	struct ms_recipe r;
	struct ms_item item;
	size_t i = 0;
	int got, tries = 0;

	if (load_recipe(a, message, &r, err) < 0 ||
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
ms_archive_emit(struct ms_archive *a, uint64_t message, enum ms_form form,
    ms_emit_fn *emit, void *ctx, struct ms_err *err)
{
	struct ms_assembly as = {.form = form, .emit = emit, .ctx = ctx};

	return walk_message(a, message, &as, err);
}

int
ms_archive_check(struct ms_archive *a, uint64_t message, struct ms_err *err)
{
	struct ms_assembly none = {0};

	return walk_message(a, message, &none, err);
}

int
ms_archive_header(struct ms_archive *a, uint64_t message, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_recipe r;

	if (load_recipe(a, message, &r, err) < 0)
		return -1;
	ms_buf_add(out, r.header.p, r.header.n);
	return 0;
}

int
ms_archive_identity(struct ms_archive *a, uint64_t message,
    unsigned char id[MS_SHA_LEN], uint64_t *size, struct ms_err *err)
{
	struct ms_recipe r;

	if (load_recipe(a, message, &r, err) < 0)
		return -1;
	memcpy(id, r.id, MS_SHA_LEN);
	*size = r.size;
	return 0;
}
