/*
 * html.c - fuzzes both readers of HTML, as the confined process uses them: the
 * text is lines of UTF-8 without controls, within its limit, and the same
 * again.
 */
#include "fuzz.h"
#include "text/html-impl.h"

#include <string.h>

#include "utf8.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("<head><title>t</title></head><p>a<br>b<ul><li>c<ol start=9><li>d"
	 "</ol></ul><blockquote>e<p>f</blockquote><a href='http://x'>g</a>"),
    SEED("<table><tr><td>a<td>b<pre>\n c\td\n</pre></table><img alt=e>&euro;"
	 "&#65;&#xD800;&zwnj;<q>f</q><dl><dt>g<dd>h</dl><hr>"),
    SEED("<b><p></b></p><a><table><a></table><svg><title>x</title></svg>"),
    SEED("<script>a</script><!-- b --><style>c</style><textarea>d\n</textarea>"
	 "\xff<select><option>e"),
    SEEDS_END};

static void
check(bool (*convert)(struct ms_slice, struct ms_buf *), struct ms_slice html)
{
	struct ms_buf text = {0}, again = {0};
	uint32_t c;
	size_t n;

	ms_buf_add_str(&text, "before");
	require(convert(html, &text));
	require(memcmp(text.p, "before", 6) == 0);
	require(convert(html, &again));
	require(again.n == text.n - 6);
	require(again.n == 0 || memcmp(again.p, text.p + 6, again.n) == 0);
	require(again.n == 0 || again.p[again.n - 1] == '\n');
	for (size_t i = 0; i < again.n; i += n) {
		n = ms_utf8_next(again.p + i, again.n - i, &c);
		require(n > 0 && (c >= ' ' || c == '\n') && c != 0x7f);
	}
	ms_buf_release(&text);
	ms_buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ms_slice html = {data, n};

	check(ms_html_text, html);
	check(ms_html_plain, html);
	return 0;
}
