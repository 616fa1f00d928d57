/* meta.c - what an index says of itself: its version, its archive and how far
 * it has followed the log. ms-archive(5), Index. */
#include <string.h>

#include "impl.h"
#include "le.h"

#define POSITION_LEN (48 + MS_SHA_LEN)

int
ms_index_position(
    struct ms_txn *txn, struct ms_position *pos, struct ms_err *err)
{
	struct ms_slice v;
	int got = ms_index_get(txn, MS_TABLE_META, "position", 8, &v, err);

	if (got < 0)
		return -1;
	*pos = (struct ms_position){.next = 1};
	if (got == 0)
		return 0;
	if (v.n != POSITION_LEN)
		return ms_index_damaged(err, "position");
	pos->pack = ms_le32(v.p);
	pos->generation = ms_le32(v.p + 4);
	pos->end = ms_le64(v.p + 8);
	pos->commit = ms_le64(v.p + 16);
	pos->next = ms_le64(v.p + 24);
	pos->blocks = ms_le64(v.p + 40);
	memcpy(pos->chain, v.p + 48, MS_SHA_LEN);
	return 0;
}

int
ms_index_set_position(
    struct ms_txn *txn, const struct ms_position *pos, struct ms_err *err)
{
	unsigned char b[POSITION_LEN] = {0};

	ms_put_le32(b, pos->pack);
	ms_put_le32(b + 4, pos->generation);
	ms_put_le64(b + 8, pos->end);
	ms_put_le64(b + 16, pos->commit);
	ms_put_le64(b + 24, pos->next);
	ms_put_le64(b + 40, pos->blocks);
	memcpy(b + 48, pos->chain, MS_SHA_LEN);
	return ms_index_put(
	    txn, MS_TABLE_META, "position", 8, b, sizeof(b), err);
}

int
ms_index_archive(
    struct ms_txn *txn, unsigned char id[MS_ID_LEN], struct ms_err *err)
{
	struct ms_slice v;
	int got = ms_index_get(txn, MS_TABLE_META, "archive", 7, &v, err);

	if (got < 0)
		return -1;
	if (got == 0 || v.n != MS_ID_LEN)
		return ms_index_damaged(err, "archive");
	memcpy(id, v.p, MS_ID_LEN);
	return 0;
}
