/* seal.c - a full pack is sealed, and regrouped first if its blocks are small,
 * under `lock`. ms-archive(5), Sealed packs. */
#include <string.h>

#include "impl.h"

#define SMALL_BLOCK (256 * 1024) /* payload */
#define SMALL_STATE (64 * 1024)  /* bytes of a repeated state */

/* Are more than a tenth of the stored bytes in small blocks? 1, 0, -1. */
static int
is_scattered(const struct ms_pack *pk, uint64_t end, struct ms_err *err)
{
	uint64_t at = MS_PACK_HEADER, small = 0, total = 0;
	struct ms_block_header h;
	int got;

	while ((got = ms_pack_next_header(pk, &at, end, &h, err)) == 1) {
		total += h.stored;
		if (h.payload < SMALL_BLOCK)
			small += h.stored;
		at += ms_block_length(&h);
	}
	return got < 0 ? -1 : small > total / 10;
}

static int
seal_as_it_is(struct ms_archive *a, struct ms_err *err)
{
	const struct ms_position *pos = &a->checked;

	if (ms_pack_seal(a->tail, pos->end, pos->next - 1, pos->chain, err) ==
	    0)
		return 0;
	ms_pack_cut(a->tail, pos->end, NULL);
	return -1;
}

/*
 * After the rename, the next generation is the pack, and nothing may be
 * appended to the old one. If the index cannot follow now, the next writer
 * updates it.
 */
static int
replace_tail(
    struct ms_archive *a, const struct ms_pack *next, struct ms_err *err)
{
	struct ms_position pos = a->checked;
	struct ms_pack_trailer t;

	a->checked = (struct ms_position){0};
	if (ms_pack_install(next, a->packfd, a->tmpfd, err) < 0) {
		ms_pack_discard(a->tmpfd);
		return -1;
	}
	/* ms_archive_switch_generation() reads all blocks. */
	if (ms_archive_open_tail(a, pos.pack, err) < 0 ||
	    ms_archive_switch_generation(a, &pos, err) < 0)
		return -1;
	if (ms_pack_check_seal(a->tail, &t, NULL) == 0 &&
	    t.directory == pos.end)
		memcpy(a->proved, a->tail->header.key, MS_KEY_LEN);
	if (ms_archive_clean(a, err) < 0)
		return -1;
	a->checked = pos;
	return 0;
}

/*
 * A pack with a large repeated state is not full before it is eight times as
 * long, so that an archive of many users does not consist of repeated states.
 */
static bool
is_full(const struct ms_archive *a)
{
	const struct ms_position *pos = &a->checked;
	uint64_t state = a->tail->header.state;

	if (pos->blocks >= MS_PACK_BLOCKS_MAX)
		return true;
	if (pos->end < a->seal_bytes && pos->blocks < a->seal_blocks)
		return false;
	return state <= SMALL_STATE || pos->end / 8 >= state;
}

int
ms_archive_use_view(struct ms_archive *a, struct ms_err *err)
{
	if (ms_archive_add_feature(a, MS_FEATURE_VIEW, err) < 0)
		return -1;
	if ((a->tail->header.read_features & MS_PACK_VIEW) != 0)
		return 0;
	if (seal_as_it_is(a, err) < 0)
		return -1;
	return ms_archive_begin_pack(a, err);
}

int
ms_archive_seal(struct ms_archive *a, struct ms_err *err)
{
	const struct ms_position *pos = &a->checked;
	struct ms_pack *next;
	int got, rc;

	if (!is_full(a))
		return 0;
	got = ms_pack_closed(a->tail, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	got = is_scattered(a->tail, pos->end, err);
	if (got < 0)
		return -1;
	/* If the disk is full or the pack is damaged, it is not regrouped. */
	if (got == 0 ||
	    ms_archive_repack(a, a->tail, pos->end, &next, NULL) < 0)
		return seal_as_it_is(a, err);
	rc = replace_tail(a, next, err);
	ms_pack_close(next);
	return rc;
}
