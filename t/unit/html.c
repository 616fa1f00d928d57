/*
 * html.c - HTML to text: a row for each rule, the same from the confined
 * process, its limits, and the simple reader that takes over beyond them.
 */
#include "text/html-impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "utf8.h"

#define LIMIT_S 120 /* of the program */

static struct ms_html *h;

struct row {
	const char *html, *text;
};

static const struct row rows[] = {
    /* blanks and lines */
    {"", ""},
    {" \n\t ", ""},
    {"a", "a\n"},
    {"a  \n b\tc", "a b c\n"},
    {"<b> a </b> b", "a b\n"},
    {"a<b>b</b>c", "abc\n"},
    {"a<br>b", "a\nb\n"},
    {"a<br><br>b", "a\n\nb\n"},
    {"a<br><br><br><br>b", "a\n\nb\n"},
    {"a&nbsp;&nbsp;b", "a b\n"},
    {"<p>&nbsp;</p>a", "a\n"},
    {"<div>a</div><div>b</div>c", "a\nb\nc\n"},
    {"<p>a<p>b", "a\n\nb\n"},
    {"<h1>a</h1>b<h2>c</h2>", "a\n\nb\n\nc\n"},
    {"a<hr>b", "a\n\n----------\n\nb\n"},
    {"<pre>\n a\n\n  b\tc </pre>d", " a\n\n  b        c\n\nd\n"},
    {"<textarea>a\nb</textarea>", "a\nb\n"},
    /* characters */
    {"&lt;b&gt; &amp;amp; &euro;&#8364;&#x20ac;&Auml;", "<b> &amp; €€€Ä\n"},
    {"&#65;&#0;&#xD800;", "A\xef\xbf\xbd\xef\xbf\xbd\n"},
    {"a\xff"
     "b",
	"a\xef\xbf\xbd"
	"b\n"},
    {"a&shy;b&#8203;c&#xfeff;&#847; &zwnj; &zwnj; ", "abc\n"},
    {"\xd9\x85\xdb\x8c&zwnj;\xd8\xb1",
	"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb1\n"},
    {"a&#27;[31m&#7;b", "a[31mb\n"},
    /* what is no text */
    {"<head><title>t</title><style>s{}</style></head>a", "a\n"},
    {"<style>s{}</style>a<script>b('<p>')</script>c<!-- d -->", "ac\n"},
    {"<title>t</title>a<template>b</template><iframe>c</iframe>", "a\n"},
    {"<noscript>a</noscript>", "a\n"},
    {"a<style>b", "a\n"},
    /* a style does not hide text */
    {"<div style='display:none'>a</div><p hidden>b", "a\n\nb\n"},
    /* lists */
    {"<ul><li>a<li>b</ul>c", "* a\n* b\n\nc\n"},
    {"<ol><li>a<li>b</ol>", "1. a\n2. b\n"},
    {"<ol start=9><li>a<li>b<br>c</ol>", "9. a\n10. b\n    c\n"},
    {"<ol start=-3><li>a</ol>", "1. a\n"},
    {"<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n  * b\n* c\n"},
    {"<ul><li><li>a</ul>", "* a\n"},
    {"<li>a", "* a\n"},
    {"<ul><li><p>a</p><p>b</p></ul>", "* a\n\n  b\n"},
    {"<dl><dt>a<dd>b<br>c</dl>", "a\n    b\n    c\n"},
    /* quotations */
    {"a<blockquote>b<br>c</blockquote>d", "a\n\n> b\n> c\n\nd\n"},
    {"<blockquote><p>a<p>b<blockquote>c</blockquote></blockquote>",
	"> a\n>\n> b\n>\n> > c\n"},
    {"<blockquote><ul><li>a<br>b</ul></blockquote>", "> * a\n>   b\n"},
    {"a<q>b</q>", "a\"b\"\n"},
    /* tables */
    {"<table><tr><td>a<td>b<tr><th>c<td>d</table>e", "a  b\nc  d\ne\n"},
    {"<table><tr><td>a<td><p>b</table>", "a\n\nb\n"},
    {"<table><tr><td><td>a</table>", "a\n"},
    /* links and images */
    {"<a href='http://x.example/y'>z</a>.", "z [http://x.example/y].\n"},
    {"<a href='http://x.example/'>x.example</a>", "x.example\n"},
    {"<a href='https://www.x.example'>HTTP://X.example/</a>",
	"HTTP://X.example/\n"},
    {"<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example\n"},
    {"<a href='http://evil.example/'>http://bank.example/</a>",
	"http://bank.example/ [http://evil.example/]\n"},
    {"<a href='#x'>a</a><a href='javascript:b()'>c</a><a name=d>e</a>",
	"ace\n"},
    {"<a href='http://x.example'><img src=a></a>", "[http://x.example]\n"},
    {"<a href='http://x.example'><img src=a alt='b c'></a>",
	"[b c] [http://x.example]\n"},
    {"<a href=' http://x.example/a\nb '>c</a>", "c [http://x.example/a b ]\n"},
    {"<a href='http://x.example'><p>a</p></a>b", "a [http://x.example]\n\nb\n"},
    {"<img src=a>b<img src=c alt=''>", "b\n"},
    {"a <img src=a alt=b> c", "a [b] c\n"},
    /* HTML that is not closed, or no HTML */
    {"<p><b>a<i>b</b>c", "abc\n"},
    {"a < b", "a < b\n"},
    {"<a", ""},
    {"</p>a</div>", "a\n"},
    {"<x-y>a</x-y>", "a\n"},
    {"<svg><title>a</title><text>b</text></svg>", "b\n"},
    {"<select><option>a<option>b</select>", "a\nb\n"},
};

static const struct row plain_rows[] = {
    {"", ""},
    {"a<p>b<br>c", "a\n\nb\nc\n"},
    {"a<b>b</b> c", "ab c\n"},
    {"<!-- a -->b<script>c('</p>')</script>d<style>e", "bd\n"},
    {"<td>a</td><td>b</td>", "a b\n"},
    {"a < b & c", "a < b & c\n"},
    {"&lt;&amp;&#65;&#x42;&quot;&nbsp;&x;&#xz;&#1114112;",
	"<&AB\" &x;&#xz;&#1114112;\n"},
    {"<a title='>' href=\">\">b</a>", "b\n"},
    {"<a title='>b", "b\n"},
    {"<h1>a</h1>", "a\n"},
    {"a<", "a<\n"},
    {"<SCRIPT>a</Script >b", "b\n"},
};

static bool
same(const struct ms_buf *got, const char *want)
{
	bool good = got->n == strlen(want) &&
		    (got->n == 0 || memcmp(got->p, want, got->n) == 0);

	if (!good)
		printf("# got: %.*s\n", (int)got->n, (const char *)got->p);
	return good;
}

static void
test_rows(void)
{
	struct ms_buf out = {0}, there = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_slice html = ms_slice_str(rows[i].html);

		ms_buf_clear(&out);
		ms_buf_clear(&there);
		ok(ms_html_text(html, &out) && same(&out, rows[i].text),
		    "text %zu", i);
		ok(ms_html_read(h, html, &there, NULL) == 1 &&
			same(&there, rows[i].text),
		    "text %zu, in the confined process", i);
	}
	for (size_t i = 0; i < sizeof(plain_rows) / sizeof(plain_rows[0]);
	     i++) {
		ms_buf_clear(&out);
		ok(ms_html_plain(ms_slice_str(plain_rows[i].html), &out) &&
			same(&out, plain_rows[i].text),
		    "the simple reader %zu", i);
	}
	ms_buf_release(&out);
	ms_buf_release(&there);
}

/* A text, n times. */
static struct ms_buf
times(const char *text, size_t n)
{
	struct ms_buf b = {0};

	while (n-- > 0)
		ms_buf_add_str(&b, text);
	return b;
}

static int
read_times(const char *text, size_t n, const char *then, struct ms_buf *out,
    struct ms_err *why)
{
	struct ms_buf html = times(text, n);
	int rc;

	ms_buf_clear(out);
	ms_buf_add_str(&html, then);
	rc = ms_html_read(h, ms_buf_slice(&html), out, why);
	ms_buf_release(&html);
	return rc;
}

static void
test_limits(void)
{
	struct ms_buf out = {0};
	struct ms_err why = {0};

	ok(read_times("<i>", 20000, "a", &out, &why) == 1 && same(&out, "a\n"),
	    "elements can be nested 20,000 deep");
	ok(read_times("<blockquote>", 1000, "a", &out, &why) == 1 &&
		same(&out, "> > > > > > > > > > > > a\n"),
	    "12 quotations are shown of 1,000");
	ok(read_times("<ul>", 300, "<li>a", &out, &why) == 1 &&
		same(&out, "* a\n"),
	    "lists without items are no levels");
	ok(read_times("x", MS_HTML_MAX, "", &out, &why) == 1,
	    "HTML of the largest size");
	ok(read_times("<b>ab</b>", MS_HTML_MAX / 8, "<p>c", &out, &why) == 0 &&
		strstr(why.msg, "larger than 1048576 bytes") != NULL &&
		out.n == MS_HTML_MAX / 8 * 2 + 4,
	    "larger HTML is read without its layout: %s", why.msg);
	ok(read_times("<ul><li>a<br>", 20000, "", &out, &why) >= 0 &&
		out.n <= MS_HTML_TEXT_MAX,
	    "the text has a limit: %zu bytes", out.n);
	ok(read_times("x\n<p>", MS_HTML_TEXT_MAX / 3 + 9, "", &out, &why) ==
		    0 &&
		strstr(why.msg, "longer than 16777216 bytes") != NULL &&
		out.n <= MS_HTML_TEXT_MAX && out.n > MS_HTML_TEXT_MAX - 9,
	    "a longer text is cut: %zu bytes, %s", out.n, why.msg);
	ms_buf_release(&out);
}

/* gumbo needs a time that grows with the square of this depth. */
static void
test_time(void)
{
	struct ms_buf out = {0};
	struct ms_err why = {0};

	ms_html_set_wait(h, 50);
	ok(read_times("<div>", 100000, "a", &out, &why) == 0 &&
		strcmp(why.msg, "its HTML takes too long to read") == 0 &&
		same(&out, "a\n"),
	    "HTML that takes too long is read without its layout: %s", why.msg);
	ms_html_set_wait(h, MS_HTML_WAIT_MS);
	ok(read_times("b ", 2, "<p>", &out, &why) == 1 && same(&out, "b b\n"),
	    "the next text has another parser");
	ms_buf_release(&out);
}

/* Without memory for a tree the parser ends. */
static void
test_memory(void)
{
	struct ms_buf html = {0}, out = {0};
	struct ms_err why = {0};

	ms_buf_add_str(&html, "<p>");
	for (int i = 0; i < 4000; i++)
		ms_buf_printf(&html, "<b a%d>", i);
	for (int i = 0; i < 600; i++)
		ms_buf_add_str(&html, "<p>a");
	ok(ms_html_read(h, ms_buf_slice(&html), &out, &why) == 0 &&
		out.n > 1200,
	    "a tree that is too large is not built: %s", why.msg);
	ms_buf_release(&html);
	ms_buf_release(&out);
}

int
main(void)
{
	struct ms_err err = {0};

	alarm(LIMIT_S);
	if (ms_html_open(&h, &err) < 0) {
		ok(false, "the parser starts: %s", err.msg);
		return done();
	}
	test_rows();
	test_limits();
	test_time();
	test_memory();
	ms_html_close(h);
	ms_html_close(NULL);
	return done();
}
