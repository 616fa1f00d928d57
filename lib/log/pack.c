/* pack.c - packs are opened and their blocks read. ms-archive(5), Packs. */
#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads exactly n bytes. 1; 0: the file ends before; -1. */
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
 * The header of the pack is damaged. The key is also in the first block and in
 * the trailer. It is read from these fixed places only, and not from a block
 * that was found by searching, because mail can contain such a block.
 */
static bool
find_key(struct ms_pack *pk)
{
	unsigned char raw[MS_BLOCK_HEADER], end[MS_PACK_TRAILER];
	struct ms_pack_trailer t;
	struct ms_block_header h;
	uint64_t size;

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
	/* A FIFO must not make the reader wait. */
	pk->fd = openat(dirfd, pk->name,
	    (write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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
		/* Features are read only from a header that is whole. */
		if ((pk->header.read_features & ~MS_PACK_READ_FEATURES) != 0 ||
		    !find_key(pk))
			goto fail; /* err is set */
	} else if (pk->header.number != name.number ||
		   pk->header.generation != name.generation) {
		ms_fail(err, MS_DATA, "pack/%s: contains pack %u.%u", pk->name,
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
	uint64_t size;
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
ms_pack_next_header(const struct ms_pack *pk, uint64_t *at, uint64_t end,
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
			got = ms_pack_resync(pk, *at, at, err);
	}
	return got < 0 ? -1 : 0;
}

int
ms_pack_next_block(const struct ms_pack *pk, uint64_t *at, uint64_t end,
    struct ms_block *b, ms_pack_damage_fn *damage, void *ctx,
    struct ms_err *err)
{
	struct ms_pack_damage d;
	struct ms_err why;
	bool header_ok;
	uint64_t next;
	int got;

	while (*at < end) {
		why = (struct ms_err){0};
		got = ms_pack_read(pk, *at, b, &header_ok, &why);
		if (got >= 0)
			return got;
		if (why.code != MS_DATA) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		d = (struct ms_pack_damage){.at = *at, .why = &why};
		next = *at + ms_block_length(&b->header);
		if (header_ok && next <= end) {
			d.header = &b->header;
		} else {
			got = ms_pack_resync(pk, *at + 1, &next, err);
			if (got < 0)
				return -1;
			if (got == 0 || next > end)
				next = end;
		}
		d.length = next - *at;
		damage(ctx, &d);
		*at = next;
	}
	return 0;
}

int
ms_pack_sealed(
    const struct ms_pack *pk, struct ms_pack_trailer *t, struct ms_err *err)
{
	unsigned char raw[MS_PACK_TRAILER];
	uint64_t size;

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
