/* pack-write.c - packs are created, written, cut back and sealed, under `lock`.
 * ms-archive(5), Packs and Sealed packs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "le.h"
#include "pack.h"

/* A pack with write features that this version does not know is only read. */
static int
may_write(const struct ms_pack *pk, struct ms_err *err)
{
	uint64_t unknown = pk->header.write_features & ~MS_PACK_WRITE_FEATURES;

	if (unknown == 0)
		return 0;
	return ms_fail(err, MS_DATA,
	    "pack/%s: has unknown write features (%llx); a newer version can "
	    "write to it",
	    pk->name, (unsigned long long)unknown);
}

int
ms_pack_write(const struct ms_pack *pk, uint64_t offset, const unsigned char *p,
    size_t n, struct ms_err *err)
{
	if (may_write(pk, err) < 0)
		return -1;
	if (ms_fs_write_at(pk->fd, offset, p, n) < 0)
		return ms_fail_errno(err, "pack/%s", pk->name);
	return 0;
}

static int
sync_fd(int fd, const char *what, struct ms_err *err)
{
	while (fdatasync(fd) < 0)
		if (errno != EINTR)
			return ms_fail_errno(err, "%s", what);
	return 0;
}

int
ms_pack_sync(const struct ms_pack *pk, struct ms_err *err)
{
	return sync_fd(pk->fd, pk->name, err);
}

int
ms_pack_cut(const struct ms_pack *pk, uint64_t size, struct ms_err *err)
{
	if (may_write(pk, err) < 0)
		return -1;
	while (ftruncate(pk->fd, (off_t)size) < 0)
		if (errno != EINTR)
			return ms_fail_errno(err, "pack/%s", pk->name);
	return ms_pack_sync(pk, err);
}

static const char new_pack[] = "pack.new";

int
ms_pack_begin(struct ms_pack **out, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err)
{
	struct ms_pack *pk = ms_xcalloc(1, sizeof(*pk));

	pk->header = *like;
	ms_random(pk->header.key, MS_KEY_LEN);
	pk->header.made = (uint64_t)time(NULL);
	pk->header.state = 0;
	ms_pack_name_format(
	    (struct ms_pack_name){like->number, like->generation}, pk->name);
	pk->fd = openat(tmpfd, new_pack,
	    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (pk->fd < 0) {
		ms_fail_errno(err, "tmp/%s", new_pack);
		ms_pack_close(pk);
		return -1;
	}
	if (ms_pack_rewrite_header(pk, err) < 0) {
		ms_pack_close(pk);
		ms_pack_discard(tmpfd);
		return -1;
	}
	*out = pk;
	return 0;
}

int
ms_pack_rewrite_header(const struct ms_pack *pk, struct ms_err *err)
{
	unsigned char raw[MS_PACK_HEADER];

	ms_pack_header_write(&pk->header, raw);
	return ms_pack_write(pk, 0, raw, sizeof(raw), err);
}

int
ms_pack_install(
    const struct ms_pack *pk, int packfd, int tmpfd, struct ms_err *err)
{
	if (ms_pack_sync(pk, err) < 0)
		return -1;
	if (renameat(tmpfd, new_pack, packfd, pk->name) < 0)
		return ms_fail_errno(err, "pack/%s", pk->name);
	return sync_fd(packfd, "pack", err);
}

int
ms_pack_create(struct ms_pack **out, int packfd, int tmpfd,
    const struct ms_pack_header *like, struct ms_err *err)
{
	if (ms_pack_begin(out, tmpfd, like, err) < 0)
		return -1;
	if (ms_pack_install(*out, packfd, tmpfd, err) == 0)
		return 0;
	ms_pack_close(*out);
	ms_pack_discard(tmpfd);
	return -1;
}

void
ms_pack_discard(int tmpfd)
{
	unlinkat(tmpfd, new_pack, 0);
}

/* ---- sealing ---- */

/* The payload of the directory: a row for each block up to end. */
static int
directory_rows(const struct ms_pack *pk, uint64_t end, struct ms_buf *rows,
    struct ms_err *err)
{
	struct ms_block_header h;
	uint64_t at = MS_PACK_HEADER;
	unsigned char *row;
	int got;

	while ((got = ms_pack_next_header(pk, &at, end, &h, err)) == 1) {
		row = ms_buf_room(rows, MS_DIRECTORY_ROW);
		memset(row, 0, MS_DIRECTORY_ROW);
		ms_put_le64(row, at);
		row[8] = h.kind;
		ms_put_le64(row + 16, h.first);
		ms_put_le32(row + 24, h.count);
		ms_put_le32(row + 28, h.runs);
		ms_put_le32(row + 32, h.payload);
		ms_put_le32(row + 36, h.stored);
		rows->n += MS_DIRECTORY_ROW;
		at += ms_block_length(&h);
	}
	return got;
}

int
ms_pack_seal(const struct ms_pack *pk, uint64_t end, uint64_t last,
    const unsigned char chain[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_block_builder b = {.kind = MS_BLOCK_DIRECTORY};
	struct ms_block_image image = {0};
	struct ms_pack_trailer t = {
	    .directory = end, .first = pk->header.first, .last = last};
	unsigned char raw[MS_PACK_TRAILER];
	void *zstd = ms_block_compressor();
	int rc = -1;

	if (directory_rows(pk, end, &b.contents, err) < 0)
		goto out;
	t.blocks = b.contents.n / MS_DIRECTORY_ROW;
	memcpy(t.chain, chain, MS_SHA_LEN);
	memcpy(t.key, pk->header.key, MS_KEY_LEN);
	ms_block_finish(&b, zstd, &image);
	ms_block_seal(&image, 0, pk->header.key);
	ms_pack_trailer_write(&t, raw);
	if (ms_pack_write(pk, end, image.bytes.p, image.bytes.n, err) < 0 ||
	    ms_pack_write(pk, end + image.bytes.n, raw, sizeof(raw), err) < 0 ||
	    ms_pack_sync(pk, err) < 0)
		goto out;
	rc = 0;
out:
	ms_block_builder_release(&b);
	ms_block_image_release(&image);
	ms_block_compressor_free(zstd);
	return rc;
}

/* Does the directory match the blocks? MS_DATA: no. */
static int
same_directory(const struct ms_pack *pk, const struct ms_pack_trailer *t,
    const struct ms_block *b, uint64_t size, struct ms_err *err)
{
	struct ms_buf rows = {0};
	int rc = 0;

	if (directory_rows(pk, t->directory, &rows, err) < 0)
		rc = -1;
	else if (b->header.kind != MS_BLOCK_DIRECTORY ||
		 t->directory + ms_block_length(&b->header) + MS_PACK_TRAILER !=
		     size ||
		 rows.n != t->blocks * MS_DIRECTORY_ROW ||
		 !ms_slice_eq(ms_buf_slice(&rows), ms_buf_slice(&b->payload)))
		rc = ms_fail(err, MS_DATA,
		    "pack/%s: the directory does not match the blocks",
		    pk->name);
	ms_buf_release(&rows);
	return rc;
}

int
ms_pack_check_seal(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err)
{
	struct ms_block b = {0};
	uint64_t size;
	bool header_ok;
	int got;

	got = ms_pack_sealed(pk, t, err);
	if (got < 0 || ms_pack_size(pk, &size, err) < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_DATA,
		    "pack/%s: the trailer is damaged or missing", pk->name);
	got = ms_pack_read(pk, t->directory, &b, &header_ok, err);
	if (got == 0)
		got = ms_fail(err, MS_DATA, "pack/%s: the directory is missing",
		    pk->name);
	if (got == 1)
		got = ms_block_open(&b, err);
	if (got == 0)
		got = same_directory(pk, t, &b, size, err);
	ms_block_release(&b);
	return got;
}
