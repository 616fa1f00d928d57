/* fs.c - complete writes, to pipes and at offsets. */
#include "fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define SIZE 300000 /* bytes; more than a pipe holds */

/* A child counts what arrives; a pipe accepts only a part at a time. */
static void
test_pipe(const unsigned char *bytes)
{
	int fds[2], status = 0;
	unsigned char in[777];
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		close(fds[1]);
		while ((n = read(fds[0], in, sizeof(in))) > 0) {
			if (memcmp(in, bytes + at, (size_t)n) != 0)
				_exit(1);
			at += (size_t)n;
		}
		_exit(at == SIZE ? 0 : 2);
	}
	close(fds[0]);
	ok(ms_fs_write(fds[1], bytes, SIZE) == 0,
	    "all bytes are written to a pipe");
	close(fds[1]);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the reader gets them in order");
}

static void
test_file(const unsigned char *bytes)
{
	char path[] = "/tmp/ms-unit-fs.XXXXXX";
	int fd = mkstemp(path);
	unsigned char in[8];

	if (fd < 0)
		abort();
	unlink(path);
	ok(ms_fs_write(fd, bytes, 4) == 0 && ms_fs_write(fd, bytes, 4) == 0 &&
		ms_fs_write_at(fd, 2, bytes + 8, 4) == 0,
	    "bytes are written to a file at its position and at an offset");
	ok(pread(fd, in, 8, 0) == 8 && memcmp(in, bytes, 2) == 0 &&
		memcmp(in + 2, bytes + 8, 4) == 0 &&
		memcmp(in + 6, bytes + 2, 2) == 0,
	    "the bytes are at these offsets");
	ok(lseek(fd, 0, SEEK_CUR) == 8,
	    "a write at an offset does not move the position");
	ok(ms_fs_write(fd, bytes, 0) == 0, "a write of no bytes succeeds");
	close(fd);
	errno = 0;
	ok(ms_fs_write(-1, bytes, 1) < 0 && errno == EBADF,
	    "a failure keeps errno");
}

int
main(void)
{
	unsigned char *bytes = malloc(SIZE);

	if (bytes == NULL)
		abort();
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 251);
	test_pipe(bytes);
	test_file(bytes);
	free(bytes);
	return done();
}
