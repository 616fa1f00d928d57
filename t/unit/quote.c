/* quote.c - mboxrd quoting of pieces of any size. ms-stream(5), Quoting. */
#include "quote.h"

#include <string.h>

#include "buf.h"
#include "tap.h"

static const struct {
	const char *in, *out;
} rows[] = {
    {"", ""},
    {"a\nb\n", "a\nb\n"},
    {"From ", ">From "},
    {"From x\n", ">From x\n"},
    {">From x\n", ">>From x\n"},
    {">>>From x\n>>From ", ">>>>From x\n>>>From "},
    {"From", "From"},
    {">>Fro", ">>Fro"},
    {"From\nFrom x", "From\n>From x"},
    {"a\nFrom x\nFrom y\n\nFrom z", "a\n>From x\n>From y\n\n>From z"},
    {"a\r\nFrom x\r\n", "a\r\n>From x\r\n"},
    {"a\rFrom x", "a\rFrom x"},
    {"aFrom x\n From y\n", "aFrom x\n From y\n"},
    {"a>From x\n", "a>From x\n"},
    {"From From From \n", ">From From From \n"},
    {"x\n>F>From x\n", "x\n>F>From x\n"},
    {"FFrom x\nFrFrom y\n", "FFrom x\nFrFrom y\n"},
    {"x\nfrom x\nFrom: x\nFrom\tx\n", "x\nfrom x\nFrom: x\nFrom\tx\n"},
    {"\n\n\n>\n>>\n>F", "\n\n\n>\n>>\n>F"},
};

/* Quotes in pieces of one length, the first of another length. */
static bool
quoted(const char *in, size_t n, const char *want, size_t first, size_t piece)
{
	struct ms_quote q;
	struct ms_buf out = {0};
	size_t at = 0;
	bool good;

	ms_quote_begin(&q);
	while (at < n) {
		size_t len = at == 0 ? first : piece;

		if (len > n - at)
			len = n - at;
		ms_quote_data(&q, (const unsigned char *)in + at, len,
		    ms_buf_append, &out, NULL);
		at += len;
	}
	ms_quote_end(&q, ms_buf_append, &out, NULL);
	good =
	    out.n == strlen(want) && memcmp(ms_buf_str(&out), want, out.n) == 0;
	ms_buf_release(&out);
	return good;
}

/* An ms_emit_fn of which one call fails. */
static int
fail(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	int *left = ctx;

	(void)p;
	(void)n;
	return (*left)-- != 0 ? 0 : ms_fail(err, MS_IO, "full");
}

/* Quotes text in pieces, up to the first failure. */
static int
quote_until(const char *text, size_t n, size_t piece, int *left)
{
	struct ms_quote q;
	struct ms_err err = {0};
	size_t at, len;
	int rc = 0;

	ms_quote_begin(&q);
	for (at = 0; at < n && rc == 0; at += len) {
		len = n - at < piece ? n - at : piece;
		rc = ms_quote_data(&q, (const unsigned char *)text + at, len,
		    fail, left, &err);
	}
	if (rc == 0)
		rc = ms_quote_end(&q, fail, left, &err);
	return rc == 0 || err.code == MS_IO ? rc : -2;
}

int
main(void)
{
	static const char text[] = "a\nFrom b\nFrom c\n>Fr";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].in);
		bool good = true;

		for (size_t first = 1; first <= n + 1; first++)
			for (size_t piece = 1; piece <= n + 1; piece++)
				good = good && quoted(rows[i].in, n,
						   rows[i].out, first, piece);
		ok(good, "row %zu in pieces of any size", i);
	}
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		int writes = 1000, bad = 0, calls;

		bad += quote_until(text, sizeof(text) - 1, piece, &writes) != 0;
		calls = 1000 - writes;
		for (int call = 0; call < calls; call++) {
			writes = call;
			bad += quote_until(text, sizeof(text) - 1, piece,
				   &writes) != -1 ||
			       writes != -1;
		}
		ok(bad == 0 && calls > 4,
		    "each of %d writes fails in pieces of %zu bytes", calls,
		    piece);
	}
	return done();
}
