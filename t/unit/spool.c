/*
 * spool.c - bytes come out as they went in: from memory, from the file, from
 * both.
 */
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static int
collect(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_buf_add(ctx, p, n);
	return 0;
}

static int
refuse(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)ctx, (void)p, (void)n;
	return ms_fail(err, MS_IO, "refused");
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
	ok(rc == 0 && ms_spool_size(sp) == n, "%zu bytes go in by %zu", n,
	    piece);
	ok(ms_spool_emit(sp, collect, &out, NULL) == 0 &&
		ms_slice_eq(ms_buf_slice(&in), ms_buf_slice(&out)),
	    "and come out");
	ok((sp->filed > 0) == (n > MS_SPOOL_MEMORY) &&
		sp->mem.cap <= 2 * MS_SPOOL_MEMORY,
	    "the file is for what memory may not hold");
	ms_buf_release(&in);
	ms_buf_release(&out);
	ms_spool_clear(sp);
	ok(ms_spool_size(sp) == 0, "empty again");
}

int
main(void)
{
	struct ms_spool sp = {.fd = -1};
	struct ms_err err = {0};

	check(&sp, 0, 1);
	check(&sp, 1, 1);
	check(&sp, MS_SPOOL_MEMORY, 65536);
	ok(sp.fd < 0, "no file so far");
	check(&sp, MS_SPOOL_MEMORY + 1, 65536);
	check(&sp, 5 * MS_SPOOL_MEMORY + 12345, 99991);
	check(&sp, 17, 3);
	check(&sp, 3 * MS_SPOOL_MEMORY, 3 * MS_SPOOL_MEMORY);
	ms_spool_add(&sp, "x", 1, NULL);
	ok(ms_spool_emit(&sp, refuse, NULL, &err) < 0 && err.code == MS_IO,
	    "the receiver may stop it");
	ms_spool_release(&sp);

	setenv("TMPDIR", "/nonexistent", 1);
	sp.mem.n = 0;
	while (sp.mem.n < MS_SPOOL_MEMORY)
		ms_spool_add(&sp, "0123456789abcdef", 16, NULL);
	ok(ms_spool_add(&sp, "x", 1, &err) < 0 && err.code == MS_NOINPUT,
	    "no place for the file: %s", err.msg);
	ms_spool_release(&sp);
	return done();
}
