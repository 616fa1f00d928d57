/* pack.c - blocks in append-only files. ms-archive(5), Packs. */
#include "pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "le.h"

static const char pack_magic[8] = {'M', 'S', 'P', 'A', 'C', 'K', '1', '\n'};
static const char seal_magic[8] = {'M', 'S', 'S', 'E', 'A', 'L', '1', '\n'};

/* ---- header and trailer ---- */

static void
checksum(const unsigned char *p, size_t n, const unsigned char *key,
    unsigned char out[MS_CHECK_LEN])
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(p, n, digest);
	ms_keyed_check(key, digest, out);
}

void
ms_pack_header_write(
    const struct ms_pack_header *h, unsigned char out[MS_PACK_HEADER])
{
	memset(out, 0, MS_PACK_HEADER);
	memcpy(out, pack_magic, sizeof(pack_magic));
	ms_put_le32(out + 8, 1);
	ms_put_le32(out + 12, MS_PACK_HEADER);
	memcpy(out + 16, h->archive, MS_ID_LEN);
	ms_put_le32(out + 32, h->number);
	ms_put_le32(out + 36, h->generation);
	memcpy(out + 40, h->key, MS_KEY_LEN);
	ms_put_le64(out + 56, h->first);
	memcpy(out + 64, h->chain, MS_SHA_LEN);
	ms_put_le64(out + 96, h->read_features);
	ms_put_le64(out + 104, h->write_features);
	ms_put_le64(out + 112, h->made);
	checksum(out, 240, h->key, out + 240);
}

int
ms_pack_header_parse(struct ms_pack_header *h,
    const unsigned char in[MS_PACK_HEADER], struct ms_err *err)
{
	unsigned char check[MS_CHECK_LEN];

	if (memcmp(in, pack_magic, sizeof(pack_magic)) != 0)
		return ms_fail(err, MS_DATA, "not a pack");
	checksum(in, 240, in + 40, check);
	if (memcmp(check, in + 240, sizeof(check)) != 0)
		return ms_fail(
		    err, MS_DATA, "the checksum of the pack header is wrong");
	if (ms_le32(in + 8) != 1 || ms_le32(in + 12) != MS_PACK_HEADER)
		return ms_fail(err, MS_DATA,
		    "pack of version %u, which this program does not know",
		    (unsigned)ms_le32(in + 8));
	memcpy(h->archive, in + 16, MS_ID_LEN);
	h->number = ms_le32(in + 32);
	h->generation = ms_le32(in + 36);
	memcpy(h->key, in + 40, MS_KEY_LEN);
	h->first = ms_le64(in + 56);
	memcpy(h->chain, in + 64, MS_SHA_LEN);
	h->read_features = ms_le64(in + 96);
	h->write_features = ms_le64(in + 104);
	h->made = ms_le64(in + 112);
	if ((h->read_features & ~MS_PACK_READ_FEATURES) != 0)
		return ms_fail(err, MS_DATA,
		    "pack with features (%llx) this program does not know",
		    (unsigned long long)h->read_features);
	return 0;
}

void
ms_pack_trailer_write(
    const struct ms_pack_trailer *t, unsigned char out[MS_PACK_TRAILER])
{
	memset(out, 0, MS_PACK_TRAILER);
	memcpy(out, seal_magic, sizeof(seal_magic));
	ms_put_le64(out + 8, t->directory);
	ms_put_le64(out + 16, t->blocks);
	ms_put_le64(out + 24, t->first);
	ms_put_le64(out + 32, t->last);
	memcpy(out + 40, t->chain, MS_SHA_LEN);
	memcpy(out + 72, t->key, MS_KEY_LEN);
	checksum(out, 112, t->key, out + 112);
}

int
ms_pack_trailer_parse(struct ms_pack_trailer *t,
    const unsigned char in[MS_PACK_TRAILER], struct ms_err *err)
{
	unsigned char check[MS_CHECK_LEN];

	if (memcmp(in, seal_magic, sizeof(seal_magic)) != 0)
		return ms_fail(err, MS_DATA, "not a trailer");
	checksum(in, 112, in + 72, check);
	if (memcmp(check, in + 112, sizeof(check)) != 0)
		return ms_fail(
		    err, MS_DATA, "the checksum of the trailer is wrong");
	t->directory = ms_le64(in + 8);
	t->blocks = ms_le64(in + 16);
	t->first = ms_le64(in + 24);
	t->last = ms_le64(in + 32);
	memcpy(t->chain, in + 40, MS_SHA_LEN);
	memcpy(t->key, in + 72, MS_KEY_LEN);
	return 0;
}

/* ---- names ---- */

void
ms_pack_name_format(struct ms_pack_name n, char out[32])
{
	if (n.generation == 0)
		snprintf(out, 32, "%08u.pack", (unsigned)n.number);
	else
		snprintf(out, 32, "%08u.%u.pack", (unsigned)n.number,
		    (unsigned)n.generation);
}

/* Only the name that we would have written ourselves is one. */
static bool
name_parse(const char *s, struct ms_pack_name *n)
{
	char again[32], *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno != 0 || v == 0 || v > UINT32_MAX || *end != '.')
		return false;
	*n = (struct ms_pack_name){(uint32_t)v, 0};
	if (strcmp(end, ".pack") != 0) {
		v = strtoul(end + 1, &end, 10);
		if (errno != 0 || v == 0 || v > UINT32_MAX)
			return false;
		n->generation = (uint32_t)v;
	}
	ms_pack_name_format(*n, again);
	return strcmp(s, again) == 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct ms_pack_name *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->generation > y->generation) -
	       (x->generation < y->generation);
}

int
ms_pack_list(
    int dirfd, struct ms_pack_name **out, size_t *count, struct ms_err *err)
{
	struct ms_buf list = {0};
	struct ms_pack_name name;
	struct dirent *e;
	DIR *dir;
	int fd;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ms_fail_errno(err, "pack");
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return ms_fail_errno(err, "pack");
	}
	errno = 0;
	while ((e = readdir(dir)) != NULL) {
		if (name_parse(e->d_name, &name))
			ms_buf_add(&list, &name, sizeof(name));
		errno = 0;
	}
	if (errno != 0) {
		ms_fail_errno(err, "pack");
		closedir(dir);
		ms_buf_release(&list);
		return -1;
	}
	closedir(dir);
	*count = list.n / sizeof(name);
	if (*count > 0)
		qsort(list.p, *count, sizeof(name), by_name);
	*out = (struct ms_pack_name *)(void *)list.p;
	return 0;
}

size_t
ms_pack_newest(struct ms_pack_name *names, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		if (n > 0 && names[n - 1].number == names[i].number)
			n--;
		names[n++] = names[i];
	}
	return n;
}

/* ---- reading ---- */

/* Reads exactly n bytes. 1: got them; 0: the file ends before; -1. */
static int
read_at(const struct ms_pack *pk, uint64_t offset, void *p, size_t n,
    struct ms_err *err)
{
	size_t have = 0;
	ssize_t k;

	while (have < n) {
		k = pread(
		    pk->fd, (char *)p + have, n - have, (off_t)(offset + have));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return ms_fail_errno(err, "pack/%s", pk->name);
		if (k == 0)
			return 0;
		have += (size_t)k;
	}
	return 1;
}

/*
 * The pack's header is lost; its key stands in its first block too, and in the
 * trailer. Taken from these fixed places only, never from a block found by
 * looking: mail could hold one.
 */
static bool
find_key(struct ms_pack *pk)
{
	unsigned char raw[MS_BLOCK_HEADER], end[MS_PACK_TRAILER];
	struct ms_pack_trailer t;
	struct ms_block_header h;
	uint64_t size = 0;

	pk->header_damaged = true;
	if (read_at(pk, MS_PACK_HEADER, raw, sizeof(raw), NULL) == 1 &&
	    ms_block_header_parse(&h, raw, raw + MS_BLOCK_KEY_AT, NULL) == 0) {
		memcpy(pk->header.key, raw + MS_BLOCK_KEY_AT, MS_KEY_LEN);
		pk->header.first = h.first;
		return true;
	}
	if (ms_pack_size(pk, &size, NULL) < 0 ||
	    size < MS_PACK_HEADER + sizeof(end) ||
	    read_at(pk, size - sizeof(end), end, sizeof(end), NULL) != 1 ||
	    ms_pack_trailer_parse(&t, end, NULL) < 0)
		return false;
	memcpy(pk->header.key, t.key, MS_KEY_LEN);
	pk->header.first = t.first;
	return true;
}

int
ms_pack_open(struct ms_pack **out, int dirfd, struct ms_pack_name name,
    bool write, struct ms_err *err)
{
	unsigned char raw[MS_PACK_HEADER];
	struct ms_pack *pk = ms_xcalloc(1, sizeof(*pk));
	int got;

	ms_pack_name_format(name, pk->name);
	pk->fd =
	    openat(dirfd, pk->name, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (pk->fd < 0) {
		ms_fail_errno(err, "pack/%s", pk->name);
		goto fail;
	}
	got = read_at(pk, 0, raw, sizeof(raw), err);
	if (got < 0)
		goto fail;
	if (got == 0) {
		ms_fail(
		    err, MS_DATA, "pack/%s: shorter than its header", pk->name);
		goto fail;
	}
	if (ms_pack_header_parse(&pk->header, raw, err) < 0) {
		ms_context(err, "pack/%s", pk->name);
		if (!find_key(pk))
			goto fail; /* err says what is wrong */
	} else if (pk->header.number != name.number ||
		   pk->header.generation != name.generation) {
		ms_fail(err, MS_DATA, "pack/%s: holds pack %u.%u", pk->name,
		    (unsigned)pk->header.number,
		    (unsigned)pk->header.generation);
		goto fail;
	}
	pk->header.number = name.number;
	pk->header.generation = name.generation;
	*out = pk;
	return 0;
fail:
	ms_pack_close(pk);
	return -1;
}

void
ms_pack_close(struct ms_pack *pk)
{
	if (pk == NULL)
		return;
	if (pk->fd >= 0)
		close(pk->fd);
	free(pk);
}

int
ms_pack_size(const struct ms_pack *pk, uint64_t *size, struct ms_err *err)
{
	struct stat st;

	if (fstat(pk->fd, &st) < 0)
		return ms_fail_errno(err, "pack/%s", pk->name);
	*size = (uint64_t)st.st_size;
	return 0;
}

uint64_t
ms_block_length(const struct ms_block_header *h)
{
	return (uint64_t)MS_BLOCK_HEADER + h->stored;
}

static int
damaged(const struct ms_pack *pk, uint64_t offset, struct ms_err *err)
{
	return ms_context(
	    err, "pack/%s, offset %llu", pk->name, (unsigned long long)offset);
}

int
ms_pack_read(const struct ms_pack *pk, uint64_t offset, struct ms_block *b,
    bool *header_ok, struct ms_err *err)
{
	unsigned char raw[MS_BLOCK_HEADER];
	struct ms_pack_trailer t;
	uint64_t size = 0;
	int got;

	*header_ok = false;
	ms_block_clear(b);
	if (ms_pack_size(pk, &size, err) < 0)
		return -1;
	if (offset >= size)
		return 0;
	got = read_at(pk, offset, raw, sizeof(raw), err);
	if (got < 0)
		return -1;
	if (got == 0) {
		ms_fail(err, MS_DATA, "a block header is cut off");
		return damaged(pk, offset, err);
	}
	if (offset + MS_PACK_TRAILER == size &&
	    ms_pack_trailer_parse(&t, raw, NULL) == 0 &&
	    memcmp(t.key, pk->header.key, MS_KEY_LEN) == 0)
		return 0;
	if (ms_block_header_parse(&b->header, raw, pk->header.key, err) < 0)
		return damaged(pk, offset, err);
	*header_ok = true;
	if (b->header.stored > size - offset - MS_BLOCK_HEADER) {
		ms_fail(err, MS_DATA, "a block is cut off");
		return damaged(pk, offset, err);
	}
	got = read_at(pk, offset + MS_BLOCK_HEADER,
	    ms_buf_room(&b->stored, b->header.stored), b->header.stored, err);
	if (got < 0)
		return -1;
	b->stored.n = b->header.stored;
	if (got == 0)
		ms_fail(err, MS_DATA, "a block is cut off");
	if (got == 0 || ms_block_verify(b, pk->header.key, err) < 0 ||
	    ms_block_views(b, err) < 0)
		return damaged(pk, offset, err);
	return 1;
}

int
ms_pack_resync(const struct ms_pack *pk, uint64_t offset, uint64_t *found,
    struct ms_err *err)
{
	enum {
		WINDOW = 1024 * 1024
	};
	unsigned char *window = ms_xmalloc(WINDOW), *p;
	struct ms_block_header h;
	int rc = 0;
	size_t left;
	ssize_t n;

	for (;;) {
		n = pread(pk->fd, window, WINDOW, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = ms_fail_errno(err, "pack/%s", pk->name);
		if (n < MS_BLOCK_HEADER)
			break;
		for (p = window; rc == 0; p++) {
			left = (size_t)(window + n - p);
			p = left < MS_BLOCK_HEADER
				? NULL
				: memmem(
				      p, left - MS_BLOCK_HEADER + 4, "MSB1", 4);
			if (p == NULL)
				break;
			if (ms_block_header_parse(
				&h, p, pk->header.key, NULL) == 0) {
				*found = offset + (uint64_t)(p - window);
				rc = 1;
			}
		}
		if (rc != 0)
			break;
		offset += (uint64_t)n - MS_BLOCK_HEADER + 1;
	}
	free(window);
	return rc;
}

int
ms_pack_next(const struct ms_pack *pk, uint64_t *at, uint64_t end,
    struct ms_block_header *h, struct ms_err *err)
{
	unsigned char raw[MS_BLOCK_HEADER];
	int got = 1;

	while (got == 1 && *at < end) {
		got = read_at(pk, *at, raw, sizeof(raw), err);
		if (got == 1 &&
		    ms_block_header_parse(h, raw, pk->header.key, NULL) == 0)
			return 1;
		if (got == 1)
			got = ms_pack_resync(pk, *at + 1, at, err);
	}
	return got < 0 ? -1 : 0;
}

int
ms_pack_sealed(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err)
{
	unsigned char raw[MS_PACK_TRAILER];
	uint64_t size = 0;

	if (ms_pack_size(pk, &size, err) < 0)
		return -1;
	if (size < MS_PACK_HEADER + MS_PACK_TRAILER)
		return 0;
	if (read_at(pk, size - sizeof(raw), raw, sizeof(raw), err) < 0)
		return -1;
	return ms_pack_trailer_parse(t, raw, NULL) == 0 &&
	       memcmp(t->key, pk->header.key, MS_KEY_LEN) == 0;
}

int
ms_pack_closed(const struct ms_pack *pk, struct ms_err *err)
{
	struct ms_pack_trailer t;

	return pk->header.generation > 0 ? 1 : ms_pack_sealed(pk, &t, err);
}

/* ---- writing ---- */

int
ms_pack_write(const struct ms_pack *pk, uint64_t offset, const unsigned char *p,
    size_t n, struct ms_err *err)
{
	ssize_t k;

	while (n > 0) {
		k = pwrite(pk->fd, p, n, (off_t)offset);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return ms_fail_errno(err, "pack/%s", pk->name);
		p += k;
		n -= (size_t)k;
		offset += (uint64_t)k;
	}
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
	unsigned char raw[MS_PACK_HEADER];
	struct ms_pack *pk = ms_xcalloc(1, sizeof(*pk));

	pk->header = *like;
	ms_random(pk->header.key, MS_KEY_LEN);
	pk->header.made = (uint64_t)time(NULL);
	ms_pack_header_write(&pk->header, raw);
	ms_pack_name_format(
	    (struct ms_pack_name){like->number, like->generation}, pk->name);
	pk->fd = openat(
	    tmpfd, new_pack, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (pk->fd < 0) {
		ms_fail_errno(err, "tmp/%s", new_pack);
		ms_pack_close(pk);
		return -1;
	}
	if (ms_pack_write(pk, 0, raw, sizeof(raw), err) < 0) {
		ms_pack_close(pk);
		ms_pack_discard(tmpfd);
		return -1;
	}
	*out = pk;
	return 0;
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

/* The directory's payload: a row for each block up to end. */
static int
directory_rows(const struct ms_pack *pk, uint64_t end, struct ms_buf *rows,
    struct ms_err *err)
{
	struct ms_block_header h;
	uint64_t at = MS_PACK_HEADER;
	unsigned char *row;
	int got;

	while ((got = ms_pack_next(pk, &at, end, &h, err)) == 1) {
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
