/* dots.c - text that ends with a line of one dot. */
#include "dots.h"

#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "tap.h"

static void
collect(void *ctx, const unsigned char *p, size_t n)
{
	ms_buf_add(ctx, p, n);
}

static void
check_text(const char *in, size_t n, const char *out, size_t out_n, size_t rest)
{
	struct ms_buf got = {0};
	size_t piece, at, part;
	bool good = true, end = false;

	for (piece = 1; piece <= n && good; piece++) {
		struct ms_dots d = {0};

		ms_buf_clear(&got);
		for (at = 0, end = false; at < n && !end;) {
			part = n - at < piece ? n - at : piece;
			at += ms_dots_remove(&d, (const unsigned char *)in + at,
			    part, collect, &got, &end);
		}
		good =
		    end == (rest != SIZE_MAX) && (!end || at == n - rest) &&
		    got.n == out_n &&
		    memcmp(got.p != NULL ? (char *)got.p : "", out, out_n) == 0;
	}
	ok(good, "text of %zu bytes, in pieces of 1 to %zu", n, n);
	ms_buf_release(&got);
}

/* in, out, how many bytes are left behind the end; -1: it has no end */
#define TEXT(in, out, rest)                                                    \
	check_text(in, sizeof(in) - 1, out, sizeof(out) - 1,                   \
	    (size_t)(ptrdiff_t)(rest))

static void
test_texts(void)
{
	TEXT(".\r\n", "", 0);
	TEXT(".\r\n+OK", "", 3);
	TEXT("a\r\n.\r\n", "a\r\n", 0);
	TEXT("\r\n.\r\n", "\r\n", 0);
	TEXT("..\r\n.\r\n", ".\r\n", 0);
	TEXT("...\r\n..a\r\n.\r\n", "..\r\n.a\r\n", 0);
	/* A line that was not stuffed loses its dot, too. */
	TEXT(".a\r\n.\r\n", "a\r\n", 0);
	TEXT("a.\r\n.\r\n", "a.\r\n", 0);
	/* Only CRLF ends a line. */
	TEXT("a\n.\r\nb\n..\n.\r\n\r\n.\r\n", "a\n.\r\nb\n..\n.\r\n\r\n", 0);
	TEXT("a\n.\n.\r\nb\r\n.\r\n", "a\n.\n.\r\nb\r\n", 0);
	TEXT("a\r.\r\n.\r\n", "a\r.\r\n", 0);
	TEXT("a\r\r\n.\r\n", "a\r\r\n", 0);
	TEXT("a\r\n.\n.\r\n", "a\r\n\n.\r\n", -1);
	TEXT("a\r\n.\r.\r\n.\r\n", "a\r\n\r.\r\n", 0);
	TEXT("a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", 0);
	TEXT("a\r\n..\r\r\n.\r\n", "a\r\n.\r\r\n", 0);
	/* All other bytes are kept. */
	TEXT("\0.\r\n..\0\r\n\xff\x80\r\n.\r\n", "\0.\r\n.\0\r\n\xff\x80\r\n",
	    0);
	TEXT(".\0\r\n.\r\n", "\0\r\n", 0);
	/* The end is missing. */
	TEXT("a\r\n", "a\r\n", -1);
	TEXT("a\r\n.", "a\r\n", -1);
	TEXT("a\r\n.\r", "a\r\n", -1);
	TEXT("a\r", "a\r", -1);
}

int
main(void)
{
	test_texts();
	return done();
}
