/*
 * unpack.c - fuzzes containers: the levels of their paths are names without "."
 * and "..".
 */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unpack.h"

#define FILES_MAX 1000

const struct fuzz_seed fuzz_seeds[] = {
    SEED("PK\3\4\x14\0\0\0\0\0\0\0\x21\0\x6f\x3b\x3f\x6b\3\0\0\0\3\0\0\0\3\0"
	 "\0\0a/bone"),
    SEED("\x1f\x8b\x08\0\0\0\0\0\2\3\xcb\xcfK\5\0\x6f\x3b\x3f\x6b\3\0\0\0"),
    SEED("\x28\xb5\x2f\xfd\x20\3\x19\0\0one"),
    SEED("7z\xbc\xaf\x27\x1c\0\4\x2f\x71\x21\x8c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	 "\0\0\0\0\0"),
    SEED("\xfd"
	 "7zXZ\0\0\4\xe6\xd6\xb4\x46"),
    SEEDS_END};

static void
check_path(struct ms_slice path)
{
	for (size_t at = 0; at < path.n;) {
		const char *level = (const char *)path.p + at;
		size_t n = strnlen(level, path.n - at);

		require(at + n < path.n && n > 0);
		require(strcmp(level, ".") != 0 && strcmp(level, "..") != 0);
		require(memchr(level, '/', n) == NULL);
		at += n + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	unsigned char piece[4096];
	struct ms_unpack *u = NULL;
	struct ms_unpacked file;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), rc, files = 0;

	require(write(fd, p, n) == (ssize_t)n);
	if (ms_unpack_open(&u, fd, (int64_t)n, (struct ms_slice){0}, NULL) == 0)
		while ((rc = ms_unpack_next(u, &file, NULL)) != 0 &&
		       ++files < FILES_MAX) {
			check_path(file.path);
			while (rc > 0 &&
			       ms_unpack_read(u, piece, sizeof piece, NULL) > 0)
				;
		}
	ms_unpack_close(u);
	close(fd);
	return 0;
}
