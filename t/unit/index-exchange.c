/* index-exchange.c - the folder of an index is replaced while the index is
 * opened, between lock.mdb and data.mdb. ms-archive(5), Index. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "index.h"
#include "scratch.h"
#include "tap.h"

static char current[128], other[128];
static bool exchange; /* at the next open of data.mdb */

/* Replaces open(), which LMDB calls for lock.mdb first. */
static int
open_file(const char *path, int flags, unsigned mode)
{
	const char *slash = strrchr(path, '/');

	if (exchange && slash != NULL && strcmp(slash, "/data.mdb") == 0 &&
	    strncmp(path, current, strlen(current)) == 0) {
		exchange = false;
		renameat2(AT_FDCWD, other, AT_FDCWD, current, RENAME_EXCHANGE);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                                             \
	int name(const char *path, int flags, ...);                            \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		va_list ap;                                                    \
		unsigned mode;                                                 \
		va_start(ap, flags);                                           \
		mode = va_arg(ap, unsigned);                                   \
		va_end(ap);                                                    \
		return open_file(path, flags, mode);                           \
	}
#undef open64
OPEN(open)
OPEN(open64)

/* Makes an index that has followed the log to record `next`. */
static void
make(const char *path, uint64_t next)
{
	static const unsigned char id[MS_ID_LEN] = "archive";
	struct ms_position pos = {.pack = 1, .next = next};
	struct ms_index *ix;
	struct ms_txn txn;

	ok(ms_index_create(&ix, path, id, NULL) == 0 &&
		ms_index_begin_write(ix, &txn, NULL) == 0 &&
		ms_index_set_position(&txn, &pos, NULL) == 0 &&
		ms_index_commit(&txn, NULL) == 0,
	    "an index");
	ms_index_close(ix);
}

static uint64_t
next_of(struct ms_index *ix)
{
	struct ms_position pos = {0};
	struct ms_txn txn;

	if (ms_index_begin(ix, &txn, NULL) == 0) {
		ms_index_position(&txn, &pos, NULL);
		ms_index_end(&txn);
	}
	return pos.next;
}

int
main(void)
{
	struct ms_position pos = {.pack = 1, .next = 300};
	char dir[SCRATCH_MAX];
	struct ms_index *reader, *writer;
	struct ms_err err = {0};
	struct ms_txn txn;
	int pipes[2];
	char byte;

	scratch_make(dir);
	snprintf(current, sizeof(current), "%s/index", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	make(current, 100);
	make(other, 200);
	exchange = true;
	ok(ms_index_open(&reader, dir, false, &err) == 0 && !exchange,
	    "the index is replaced while it is opened: %s", err.msg);
	ok(next_of(reader) == 200, "the new one is read");
	/* Another process writes to the new index. */
	if (pipe(pipes) == 0 && fork() == 0) {
		if (ms_index_open(&writer, dir, false, NULL) == 0 &&
		    ms_index_begin_write(writer, &txn, NULL) == 0 &&
		    ms_index_set_position(&txn, &pos, NULL) == 0)
			ms_index_commit(&txn, NULL);
		_exit(0);
	}
	close(pipes[1]);
	ok(read(pipes[0], &byte, 1) == 0, "a process writes");
	ok(next_of(reader) == 300, "the reader sees what is committed: %llu",
	    (unsigned long long)next_of(reader));
	ms_index_close(reader);
	scratch_remove(dir);
	return done();
}
