/* blob.c - BLOBs and MESSAGEs found by their contents, for workers in their own
 * transactions. ms-archive(5), Records. */
#include <string.h>
#include <unistd.h>

#include "impl.h"
#include "le.h"

/* Opens the pack that has a record, with a descriptor that no other thread
 * closes. 1, 0 the record is gone, -1. */
static int
open_record(struct ms_archive *a, struct ms_txn *txn, uint64_t number,
    struct ms_location *loc, struct ms_pack *pk, struct ms_err *err)
{
	int got = ms_index_locate(txn, number, loc, err);

	return got == 1 ? ms_archive_borrow(a, loc, pk) : got;
}

/* ---- BLOBs ---- */

/* Reads the digest of the BLOB at loc from its pack. */
static bool
read_digest(const struct ms_pack *pk, const struct ms_location *loc,
    unsigned char digest[MS_SHA_LEN])
{
	unsigned char raw[MS_BLOCK_HEADER];
	struct ms_block_header h;
	uint64_t at;

	if (pread(pk->fd, raw, sizeof(raw), (off_t)loc->offset) !=
		(ssize_t)sizeof(raw) ||
	    ms_block_header_parse(&h, raw, pk->header.key, NULL) < 0 ||
	    h.kind != MS_BLOCK_DATA || loc->place >= h.count)
		return false;
	at = loc->offset + MS_BLOCK_HEADER + (uint64_t)h.runs * 16 +
	     (uint64_t)loc->place * MS_SHA_LEN;
	return pread(pk->fd, digest, MS_SHA_LEN, (off_t)at) == MS_SHA_LEN;
}

/*
 * Is BLOB `number` this one, and whole? A block that was written since this
 * handle was opened was just read or synced. An older block is read once;
 * otherwise a new message would depend on bytes that may have been damaged.
 */
static int
is_blob(struct ms_archive *a, struct ms_txn *txn, uint64_t number,
    const unsigned char digest[MS_SHA_LEN], struct ms_err *err)
{
	unsigned char whole[MS_SHA_LEN];
	struct ms_location loc = {0};
	struct ms_pack pk = {.fd = -1};
	int got;

	got = open_record(a, txn, number, &loc, &pk, err);
	if (got <= 0)
		return got;
	got = read_digest(&pk, &loc, whole) &&
	      memcmp(whole, digest, sizeof(whole)) == 0 &&
	      (number >= a->recent || ms_archive_block_whole(a, &loc, &pk));
	close(pk.fd);
	return got;
}

int
ms_archive_blob(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char digest[MS_SHA_LEN], uint64_t *number,
    struct ms_err *err)
{
	int got, same;

	for (*number = 0;
	     (got = ms_index_next_blob(txn, digest, number, err)) == 1;
	     ++*number) {
		same = is_blob(a, txn, *number, digest, err);
		if (same != 0)
			return same;
	}
	return got;
}

/* ---- MESSAGEs ---- */

/* Has a MESSAGE this content? b is the caller's block to read into. 1, 0, -1.
 */
static int
same_content(struct ms_archive *a, struct ms_txn *txn, uint64_t number,
    struct ms_slice content, struct ms_block *b, struct ms_err *err)
{
	struct ms_location loc = {0};
	struct ms_record rec;
	struct ms_pack pk = {.fd = -1};
	bool header_ok;
	int got;

	got = open_record(a, txn, number, &loc, &pk, err);
	if (got <= 0)
		return got;
	got = ms_pack_read(&pk, loc.offset, b, &header_ok, NULL);
	close(pk.fd);
	if (got != 1 || loc.place >= b->header.count ||
	    ms_block_open(b, NULL) < 0)
		return 0; /* damaged: not a copy to depend on */
	ms_block_record(b, loc.place, &rec);
	return rec.type == MS_MESSAGE && !rec.stub &&
	       ms_slice_eq(rec.content, content);
}

int
ms_archive_same_message(struct ms_archive *a, struct ms_txn *txn,
    const unsigned char id[MS_SHA_LEN], struct ms_slice content,
    uint64_t *number, struct ms_err *err)
{
	struct ms_block b = {0};
	int got, same = 0;

	for (*number = 0;
	     (got = ms_index_next_same_id(txn, id, number, err)) == 1;
	     ++*number) {
		same = ms_index_whole(txn, *number, err);
		if (same == 1)
			same = same_content(a, txn, *number, content, &b, err);
		if (same != 0)
			break;
	}
	ms_block_release(&b);
	return got < 0 ? -1 : same;
}
