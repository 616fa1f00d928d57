/*
 * spool.c - the bytes that are read are those that were added: from memory,
 * from the file, from both.
 */
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static int
refuse(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)ctx, (void)p, (void)n;
	return ms_fail(err, MS_IO, "refused");
}

/* The bytes from any position on are those that were added. */
static void
read_on(const struct ms_spool *sp, struct ms_slice in)
{
	const size_t starts[] = {0, 1, in.n / 2, (size_t)sp->filed,
	    in.n > 0 ? in.n - 1 : 0, in.n, in.n + 1};
	struct ms_buf room = {0};
	struct ms_slice piece;
	bool good = true;
	int got;

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		got = ms_spool_read(sp, starts[i], &room, &piece, NULL);
		good = good && got == (starts[i] < in.n ? 1 : 0);
		if (got == 1)
			good = good && piece.n > 0 &&
			       piece.n <= in.n - starts[i] &&
			       memcmp(piece.p, in.p + starts[i], piece.n) == 0;
	}
	ok(good, "a part is read from its position on");
	ms_buf_release(&room);
}

/* Adds n bytes in pieces, and reads them. */
static void
check(struct ms_spool *sp, size_t n, size_t piece)
{
	struct ms_buf in = {0}, out = {0};
	size_t i, part;
	int rc = 0;

	for (i = 0; i < n; i++)
		ms_buf_add_byte(&in, (unsigned char)(i * 7 + i / 251));
	for (i = 0; i < n && rc == 0; i += part) {
		part = n - i < piece ? n - i : piece;
		rc = ms_spool_add(sp, in.p + i, part, NULL);
	}
	ok(rc == 0 && ms_spool_size(sp) == n,
	    "%zu bytes are added in pieces of %zu", n, piece);
	ok(ms_spool_emit(sp, ms_buf_append, &out, NULL) == 0 &&
		ms_slice_eq(ms_buf_slice(&in), ms_buf_slice(&out)),
	    "the same bytes are read");
	read_on(sp, ms_buf_slice(&in));
	ok((sp->filed > 0) == (n > MS_SPOOL_MEMORY) &&
		sp->mem.cap <= 2 * MS_SPOOL_MEMORY,
	    "the file has the bytes above the limit of memory");
	ms_buf_release(&in);
	ms_buf_release(&out);
	ms_spool_clear(sp);
	ok(ms_spool_size(sp) == 0, "the spool is empty again");
}

int
main(void)
{
	struct ms_spool sp = {.fd = -1};
	struct ms_err err = {0};

	check(&sp, 0, 1);
	check(&sp, 1, 1);
	check(&sp, MS_SPOOL_MEMORY, 65536);
	ok(sp.fd < 0, "there is no file yet");
	check(&sp, MS_SPOOL_MEMORY + 1, 65536);
	check(&sp, 5 * MS_SPOOL_MEMORY + 12345, 99991);
	check(&sp, 17, 3);
	check(&sp, 3 * MS_SPOOL_MEMORY, 3 * MS_SPOOL_MEMORY);
	ms_spool_add(&sp, "x", 1, NULL);
	ok(ms_spool_emit(&sp, refuse, NULL, &err) < 0 && err.code == MS_IO,
	    "the receiver can stop the output");
	ok(sp.filed == 0 && ms_spool_file(&sp, NULL) == sp.fd &&
		lseek(sp.fd, 0, SEEK_END) == 1,
	    "a file has all bytes");
	read_on(&sp, ms_slice_str("x"));
	ms_spool_release(&sp);

	setenv("TMPDIR", "/nonexistent", 1);
	sp.mem.n = 0;
	while (sp.mem.n < MS_SPOOL_MEMORY)
		ms_spool_add(&sp, "0123456789abcdef", 16, NULL);
	ok(ms_spool_add(&sp, "x", 1, &err) < 0 && err.code == MS_NOINPUT,
	    "the file cannot be created: %s", err.msg);
	ms_spool_release(&sp);
	return done();
}
