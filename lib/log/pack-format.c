/* pack-format.c - headers, trailers and names of packs. ms-archive(5), Packs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "le.h"
#include "pack.h"

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
	ms_put_le64(out + 120, h->state);
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
		return ms_fail(err, MS_DATA, "a pack of the unknown version %u",
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
	h->state = ms_le64(in + 120);
	if ((h->read_features & ~MS_PACK_READ_FEATURES) != 0)
		return ms_fail(err, MS_DATA,
		    "a pack with unknown features (%llx)",
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

/* A name is accepted only in the form in which ms_pack_name_format() writes it.
 */
static bool
name_parse(const char *s, struct ms_pack_name *n)
{
	char canonical[32], *end;
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
	ms_pack_name_format(*n, canonical);
	return strcmp(s, canonical) == 0;
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
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		ms_fail_errno(err, "pack");
		close(fd);
		return -1;
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
