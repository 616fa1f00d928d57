/* state.c - a new pack begins with the state of the archive, under `lock`.
 * ms-archive(5), Packs, and EVENT. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define FEATURE "note state"
#define IMAGES_MAX                                                             \
	(MS_BATCH_META / MS_BLOCK_FULL) /* full blocks of a batch              \
					 */

/* Batches of state events that are being written to a pack. */
struct state_batches {
	const struct ms_pack *pack;
	struct ms_position *pos;
	void *zstd;
	struct ms_block_builder last;
	struct ms_block_image *images[IMAGES_MAX];
	size_t count;
};

static int
append_batch(struct state_batches *b, struct ms_err *err)
{
	struct ms_commit commit;
	size_t i;
	int rc;

	if (b->last.count == 0)
		return 0;
	rc = ms_log_append(
	    b->pack, b->pos, b->images, b->count, &b->last, &commit, err);
	for (i = 0; i < b->count; i++) {
		ms_block_image_release(b->images[i]);
		free(b->images[i]);
	}
	b->count = 0;
	ms_block_builder_release(&b->last);
	b->last.kind = MS_BLOCK_META;
	return rc;
}

static int
add_event(struct state_batches *b, struct ms_slice json, struct ms_err *err)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_block_image *image;

	if (b->last.count > 0 &&
	    ms_block_size(&b->last) + json.n > MS_BLOCK_FULL) {
		if (b->count == IMAGES_MAX) {
			if (append_batch(b, err) < 0)
				return -1;
		} else {
			image = ms_xcalloc(1, sizeof(*image));
			ms_block_finish(&b->last, b->zstd, image);
			b->images[b->count++] = image;
		}
	}
	ms_sha256(json.p, json.n, digest);
	ms_block_add(&b->last, MS_EVENT, json, digest);
	return 0;
}

int
ms_archive_write_state(struct ms_index *ix, struct ms_state_filter *f,
    const struct ms_pack *pk, struct ms_position *pos, struct ms_err *err)
{
	struct state_batches b = {
	    .pack = pk, .pos = pos, .last.kind = MS_BLOCK_META};
	struct ms_state_key at = {0};
	struct ms_buf json = {0};
	struct ms_txn txn;
	int got;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	b.zstd = ms_block_compressor();
	while ((got = ms_state_event(&txn, &at, f, &json, err)) == 1)
		if (add_event(&b, ms_buf_slice(&json), err) < 0) {
			got = -1;
			break;
		}
	ms_index_end(&txn);
	if (got == 0)
		got = append_batch(&b, err);
	while (b.count > 0) {
		ms_block_image_release(b.images[--b.count]);
		free(b.images[b.count]);
	}
	ms_block_builder_release(&b.last);
	ms_block_compressor_free(b.zstd);
	ms_buf_release(&json);
	return got;
}

/* Creates the pack after a->tail, where the log ends at *end, with the state of
 * ix. It is installed when it is whole: no pack has a part of a state. */
static int
create_pack(struct ms_archive *a, struct ms_index *ix,
    const struct ms_position *end, uint32_t number, struct ms_err *err)
{
	struct ms_pack_header next = a->tail->header;
	struct ms_position pos = *end;
	struct ms_pack *pk;
	int rc;

	next.number = number;
	next.generation = 0;
	next.read_features |= a->pack_features;
	next.first = pos.next;
	memcpy(next.chain, pos.chain, MS_SHA_LEN);
	memcpy(next.archive, a->id, MS_ID_LEN);
	if (ms_pack_begin(&pk, a->tmpfd, &next, err) < 0)
		return -1;
	ms_position_enter(&pos, &pk->header);
	rc = ms_archive_write_state(ix, NULL, pk, &pos, err);
	pk->header.state = pos.end - MS_PACK_HEADER;
	if (rc == 0 && pk->header.state > 0)
		rc = ms_archive_add_feature(a, FEATURE, err);
	if (rc == 0)
		rc = ms_pack_rewrite_header(pk, err);
	if (rc == 0)
		rc = ms_pack_install(pk, a->packfd, a->tmpfd, err);
	ms_pack_close(pk);
	if (rc < 0)
		ms_pack_discard(a->tmpfd);
	return rc;
}

int
ms_archive_begin_pack(struct ms_archive *a, struct ms_err *err)
{
	int closed = ms_pack_closed(a->tail, err);

	if (closed <= 0)
		return closed;
	if (create_pack(
		a, a->ix, &a->checked, a->tail->header.number + 1, err) < 0)
		return -1;
	a->checked = (struct ms_position){0};
	return ms_archive_catch_up(a, true, err);
}

static int
close_tail(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err)
{
	int closed = ms_pack_closed(a->tail, err);

	if (closed != 0)
		return closed < 0 ? -1 : 0;
	return ms_pack_seal(a->tail, pos->end, pos->next - 1, pos->chain, err);
}

/* The pack must have the bit of the feature. 0, -1. */
static int
use_view(
    struct ms_archive *a, const struct ms_position *pos, struct ms_err *err)
{
	if (ms_archive_add_feature(a, MS_FEATURE_VIEW, err) < 0)
		return -1;
	if ((a->tail->header.read_features & MS_PACK_VIEW) != 0)
		return 0;
	return close_tail(a, pos, err);
}

/*
 * The log goes on after the packs that are lost: no record gets the number of
 * an object whose first record was in them. 0, -1.
 */
static int
pass_lost(struct ms_archive *a, struct ms_index *ix, struct ms_position *pos,
    const struct ms_position *lost, struct ms_err *err)
{
	const struct ms_pack_header next = {.number = lost->pack + 1};
	struct ms_txn txn;

	if (close_tail(a, pos, err) < 0)
		return -1;
	pos->next = lost->next;
	memcpy(pos->chain, lost->chain, MS_SHA_LEN);
	if (create_pack(a, ix, pos, next.number, err) < 0)
		return -1;
	ms_position_enter(pos, &next);
	if (ms_index_begin_write(ix, &txn, err) < 0)
		return -1;
	if (ms_index_set_position(&txn, pos, err) < 0) {
		ms_index_abort(&txn);
		return -1;
	}
	return ms_index_commit(&txn, err);
}

int
ms_archive_ready_tail(struct ms_archive *a, struct ms_index *ix, bool view,
    const struct ms_position *lost, struct ms_position *pos, struct ms_err *err)
{
	int closed;

	if (ms_archive_follow(a, ix, pos, err) < 0 ||
	    (view && use_view(a, pos, err) < 0))
		return -1;
	closed = ms_pack_closed(a->tail, err);
	if (closed < 0)
		return -1;
	if (lost->pack > pos->pack && lost->next > pos->next) {
		if (pass_lost(a, ix, pos, lost, err) < 0 ||
		    ms_archive_follow(a, ix, pos, err) < 0)
			return -1;
	} else if (closed == 1 &&
		   (create_pack(a, ix, pos, pos->pack + 1, err) < 0 ||
		       ms_archive_follow(a, ix, pos, err) < 0)) {
		return -1;
	}
	return ms_archive_add_feature(a, FEATURE, err);
}
