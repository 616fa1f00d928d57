/* log.c - a batch that exceeds the limits is not written, and not cut off as if
 * it were torn. */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive-writer.h"
#include "scratch.h"
#include "tap.h"

#define LARGE (8 * 1024 * 1024)

static unsigned char zeros[LARGE];

/* A block with one record of 8 MiB, which compresses well. */
static struct ms_block_image *
large_block(void *zstd)
{
	struct ms_block_image *image = ms_xcalloc(1, sizeof(*image));
	struct ms_block_builder b = {.kind = MS_BLOCK_META};
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(zeros, LARGE, digest);
	/* The type is unknown, so the content is not parsed. */
	ms_block_add(&b, 200, (struct ms_slice){zeros, LARGE}, digest);
	ms_block_finish(&b, zstd, image);
	ms_block_builder_release(&b);
	return image;
}

/* Writes n such blocks after pos, without ms_log_append(). */
static void
write_large(const struct ms_pack *pk, const struct ms_position *pos, int n)
{
	void *zstd = ms_block_compressor();
	struct ms_block_image *image = large_block(zstd);
	uint64_t at = pos->end, number = pos->next;

	for (; n > 0; n--) {
		ms_block_seal(image, number++, pk->header.key);
		ms_pack_write(pk, at, image->bytes.p, image->bytes.n, NULL);
		at += image->bytes.n;
	}
	ms_block_image_release(image);
	free(image);
	ms_block_compressor_free(zstd);
}

static int
append_large(const struct ms_pack *pk, struct ms_position *pos, int n,
    struct ms_err *err)
{
	struct ms_block_builder last = {.kind = MS_BLOCK_META};
	void *zstd = ms_block_compressor();
	struct ms_block_image *images[16];
	struct ms_commit commit;
	int i, rc;

	for (i = 0; i < n; i++)
		images[i] = large_block(zstd);
	rc = ms_log_append(pk, pos, images, (size_t)n, &last, &commit, err);
	for (i = 0; i < n; i++) {
		ms_block_image_release(images[i]);
		free(images[i]);
	}
	ms_block_builder_release(&last);
	ms_block_compressor_free(zstd);
	return rc;
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_position pos;
	struct ms_err err = {0};
	uint64_t size = 0, now = 0;
	int bad;

	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive is created: %s", err.msg);
		return done();
	}
	ms_archive_lock(a, true, NULL);
	ok(ms_archive_catch_up(a, true, &err) == 0,
	    "the index of the archive is up to date");
	pos = a->checked;

	ok(append_large(a->tail, &pos, 12, &err) < 0 && err.code == MS_BUG,
	    "a batch that is too large is not written");
	ms_pack_size(a->tail, &size, NULL);
	ok(size == pos.end, "nothing is left of it in the pack");

	write_large(a->tail, &pos, 13);
	ms_pack_size(a->tail, &size, NULL);
	err = (struct ms_err){0};
	ok(ms_archive_catch_up(a, true, &err) < 0 && err.code == MS_DATA,
	    "such a batch in the pack is refused: %s", err.msg);
	ms_pack_size(a->tail, &now, NULL);
	ok(now == size, "the batch is not cut off");

	ms_pack_cut(a->tail, pos.end, NULL);
	ok(append_large(a->tail, &pos, 7, &err) == 0 &&
		ms_archive_catch_up(a, true, &err) == 0 &&
		a->checked.next == pos.next,
	    "a batch below the limits is written and read back");
	ms_archive_close(a);
	bad = done();
	scratch_remove(dir);
	return bad;
}
