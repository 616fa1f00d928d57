/*
 * rtf.c - bodies in RTF: a table of what is shown, by rule; decompression with
 * the examples of [MS-OXRTFCP]; damage and limits.
 */
#include "mapi/rtf.h"
#include <string.h>
#include "tap.h"

#define HEAD "{\\rtf1\\ansi\\ansicpg1252\\deff0 "
#define HTML "{\\rtf1\\ansi\\ansicpg1251\\fromhtml1 \\deff0 "
#define FONTS                                                                  \
	"{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset128 MS Gothic;}"        \
	"{\\f2\\fcharset204 Arial;}{\\f3\\cpg1250 x;}"                         \
	"{\\f31500\\fcharset238 y;}}"

static const struct row {
	const char *rule, *rtf, *want;
	enum ms_rtf_kind kind;
} rows[] = {{"text", HEAD "one two}", "one two", MS_RTF_NATIVE},
    {"no RTF is text", "plain text", "plain text", MS_RTF_NATIVE},
    {"no RTF: UTF-8", "gr\303\274n", "gr\303\274n", MS_RTF_NATIVE},
    {"no RTF: a byte", "gr\374n", "gr\303\274n", MS_RTF_NATIVE},
    {"nothing", "", "", MS_RTF_NATIVE},
    {"line ends are no text", HEAD "one\r\n two\n}", "one two", MS_RTF_NATIVE},
    {"paragraph, line", HEAD "a\\par b\\line c}", "a\r\nb\r\nc", MS_RTF_NATIVE},
    {"a backslash at a line end", HEAD "a\\\nb}", "a\r\nb", MS_RTF_NATIVE},
    {"cells and rows", HEAD "a\\cell b\\cell\\row c}", "a\tb\t\r\nc",
	MS_RTF_NATIVE},
    {"a blank belongs to the word before", HEAD "a\\b  b}", "a b",
	MS_RTF_NATIVE},
    {"braces and backslashes", HEAD "\\{a\\\\b\\}}", "{a\\b}", MS_RTF_NATIVE},
    {"special characters",
	HEAD "\\lquote\\rquote\\ldblquote\\rdblquote "
	     "\\bullet\\endash\\emdash\\~\\_\\-}",
	"\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u00a0\u2011\u00ad",
	MS_RTF_NATIVE},
    {"words that are not known", HEAD "\\foo1a\\bar-2 b}", "ab", MS_RTF_NATIVE},
    {"bytes", HEAD "gr\\'fcn \\'80\\'E9}", "gr\u00fcn \u20ac\u00e9",
	MS_RTF_NATIVE},
    {"raw bytes", HEAD "gr\374n}", "gr\u00fcn", MS_RTF_NATIVE},
    {"digits that are missing", HEAD "a\\'zzb}", "azzb", MS_RTF_NATIVE},
    {"the code page of the document", "{\\rtf1\\ansicpg1251 \\'cf\\'f0}",
	"\u041f\u0440", MS_RTF_NATIVE},
    {"UTF-8 as code page", "{\\rtf1\\ansicpg65001 gr\303\274n \374}",
	"gr\u00fcn \u00fc", MS_RTF_NATIVE},
    {"an unknown code page", "{\\rtf1\\ansicpg99999 \\'fc}", "\u00fc",
	MS_RTF_NATIVE},
    {"Macintosh", "{\\rtf1\\mac \\'9f}", "\u00fc", MS_RTF_NATIVE},
    {"IBM", "{\\rtf1\\pc \\'81{\\pca \\'81}}", "\u00fc\u00fc", MS_RTF_NATIVE},
    {"the charset of a font", HEAD FONTS "\\f2 \\'cf\\f0 \\'e4}",
	"\u041f\u00e4", MS_RTF_NATIVE},
    {"the code page of a font", HEAD FONTS "\\f3\\'b9\\f31500\\'b9}",
	"\u0105\u0105", MS_RTF_NATIVE},
    {"a font ends with its group", HEAD FONTS "{\\f2\\'cf}\\'e4}",
	"\u041f\u00e4", MS_RTF_NATIVE},
    {"\\plain ends a font", HEAD FONTS "\\f2\\'cf\\plain\\'e4}", "\u041f\u00e4",
	MS_RTF_NATIVE},
    {"a font of the document", "{\\rtf1\\deff2" FONTS "\\'cf}", "\u041f",
	MS_RTF_NATIVE},
    {"characters of two bytes", HEAD FONTS "\\f1\\'93\\'fa\\'96\\'7b}",
	"\u65e5\u672c", MS_RTF_NATIVE},
    {"the second one is a letter", HEAD FONTS "\\f1\\'83A\\'83\\'5c}",
	"\u30a2\u30bd", MS_RTF_NATIVE},
    {"a backslash as second byte", HEAD FONTS "\\f1\\'83\\\\}", "\u30bd",
	MS_RTF_NATIVE},
    {"Unicode", HEAD "\\u252?\\u8364 ?}", "\u00fc\u20ac", MS_RTF_NATIVE},
    {"negative numbers", HEAD "\\u-3913?}", "\uf0b7", MS_RTF_NATIVE},
    {"a surrogate pair", HEAD "\\u-10179?\\u-8704?}", "\U0001f600",
	MS_RTF_NATIVE},
    {"a surrogate pair, unsigned", HEAD "\\u55357?\\u56832?}", "\U0001f600",
	MS_RTF_NATIVE},
    {"half a pair", HEAD "\\u-10179?a\\u-8704?}", "\ufffda\ufffd",
	MS_RTF_NATIVE},
    {"\\uc0", HEAD "\\uc0\\u252 a}", "\u00fca", MS_RTF_NATIVE},
    {"\\uc2 and bytes", HEAD "\\uc2\\u252\\'81\\'82a}", "\u00fca",
	MS_RTF_NATIVE},
    {"\\uc ends with its group", HEAD "{\\uc0\\u252}\\u252?b}", "\u00fc\u00fcb",
	MS_RTF_NATIVE},
    {"what \\u replaces ends with the group", HEAD "{\\uc3\\u252 x}b}",
	"\u00fcb", MS_RTF_NATIVE},
    {"a control word counts as one", HEAD "\\u8226\\bullet a}", "\u2022a",
	MS_RTF_NATIVE},
    {"hidden text", HEAD "a{\\v no}\\v no\\v0 b}", "ab", MS_RTF_NATIVE},
    {"tables of the document",
	HEAD "{\\colortbl;\\red0;}{\\stylesheet{\\s0 Normal;}}"
	     "{\\info{\\title No}}{\\*\\generator No;}a}",
	"a", MS_RTF_NATIVE},
    {"destinations in destinations", HEAD "{\\info{\\b no{\\i no}}no}a}", "a",
	MS_RTF_NATIVE},
    {"a picture", HEAD "a{\\pict\\pngblip 89504e47}b}", "ab", MS_RTF_NATIVE},
    {"bytes with braces", HEAD "a{\\pict\\bin4 }}}}}b}", "ab", MS_RTF_NATIVE},
    {"a link", HEAD "{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt here}}}",
	"here", MS_RTF_NATIVE},
    {"the mark of a list", HEAD "{\\pntext\\f0 1.\\tab}{\\*\\pn x}a}", "1.\ta",
	MS_RTF_NATIVE},
    {"\\htmlrtf in native RTF is nothing", HEAD "a\\htmlrtf b\\htmlrtf0 c}",
	"abc", MS_RTF_NATIVE},
    {"what comes after the end", HEAD "a}b", "a", MS_RTF_NATIVE},
    {"no end", HEAD "a{b", "ab", MS_RTF_NATIVE},
    {"a backslash at the end", HEAD "a\\", "a", MS_RTF_NATIVE},
    {"NULs", HEAD "a\\'00b}", "ab", MS_RTF_NATIVE},

    {"text that was text",
	"{\\rtf1\\ansi\\fromtext \\deff0" FONTS "\\f0 a\\par b\\'fc<c>}",
	"a\r\nb\u00fc<c>", MS_RTF_TEXT},
    {"HTML tags", HTML "{\\*\\htmltag64 <p>}a{\\*\\htmltag72 </p>}}",
	"<p>a</p>", MS_RTF_HTML},
    {"RTF for others",
	HTML "a\\htmlrtf {\\b\\htmlrtf0 b\\htmlrtf }c"
	     "\\htmlrtf0 d}",
	"abd", MS_RTF_HTML},
    {"\\htmlrtf ends with its group", HTML "{\\htmlrtf no}a}", "a",
	MS_RTF_HTML},
    {"\\htmlrtf1", HTML "\\htmlrtf1 no\\htmlrtf0 a}", "a", MS_RTF_HTML},
    {"other destinations", HTML "{\\*\\mhtmltag84 <p>}{\\*\\x <q>}a}", "a",
	MS_RTF_HTML},
    {"entities", HTML "{\\*\\htmltag84 &lt;}\\htmlrtf <\\htmlrtf0 b}", "&lt;b",
	MS_RTF_HTML},
    {"lines in tags", HTML "{\\*\\htmltag0 <a\\par\\tab b=\\{\\}>}",
	"<a\r\n\tb={}>", MS_RTF_HTML},
    {"the code page of tags", HTML FONTS "\\f1{\\*\\htmltag0 \\'cf}}", "\u041f",
	MS_RTF_HTML},
    {"the font of text, set for others",
	"{\\rtf1\\ansi\\fromhtml1" FONTS "\\htmlrtf\\f2\\htmlrtf0 \\'cf}",
	"\u041f", MS_RTF_HTML},
    {"hidden tags are tags", HTML "{\\v{\\*\\htmltag64 <p>}}}", "<p>",
	MS_RTF_HTML},
    {"\\fromhtml after text is too late", HEAD "a\\fromhtml1 b}", "ab",
	MS_RTF_NATIVE},
    {"a tag without \\fromhtml", HEAD "{\\*\\htmltag64 <p>}a}", "a",
	MS_RTF_NATIVE},
    {"an empty tag", HTML "{\\*\\htmltag64}a}", "a", MS_RTF_HTML}};

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct ms_buf out = {0};
		struct ms_err err = {0};
		enum ms_rtf_kind kind;
		int rc =
		    ms_rtf_extract(ms_slice_str(r->rtf), &kind, &out, &err);

		ok(rc == 0 && kind == r->kind &&
			strcmp(ms_buf_str(&out), r->want) == 0,
		    "%s", r->rule);
		if (strcmp(ms_buf_str(&out), r->want) != 0)
			printf("# %s\n", ms_buf_str(&out));
		ms_buf_release(&out);
	}
}

static void
test_depth(void)
{
	struct ms_buf in = {0}, out = {0};
	struct ms_err err = {0};
	enum ms_rtf_kind kind;

	ms_buf_add_str(&in, HEAD "a");
	for (int i = 0; i < MS_RTF_DEPTH_MAX; i++)
		ms_buf_add_byte(&in, '{');
	ok(ms_rtf_extract(ms_buf_slice(&in), &kind, &out, &err) == -1 &&
		err.code == MS_DATA,
	    "groups that are too deep are damage");
	ok(strcmp(ms_buf_str(&out), "a") == 0, "what comes before is kept");
	ms_buf_release(&in);
	ms_buf_release(&out);
}

/* Several runs of text are more than what is collected at once. */
static void
test_long(void)
{
	struct ms_buf in = {0}, out = {0};
	struct ms_err err = {0};
	enum ms_rtf_kind kind;

	ms_buf_add_str(&in, HEAD);
	for (int i = 0; i < 200000; i++)
		ms_buf_add_byte(&in, 0xfc);
	ok(ms_rtf_extract(ms_buf_slice(&in), &kind, &out, &err) == 0 &&
		out.n == 400000,
	    "a long run of text");
	ms_buf_release(&in);
	ms_buf_release(&out);
}

/* [MS-OXRTFCP], 3.1 and 3.2: text without and with a repetition. */
static const unsigned char simple[] = {0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a,
    0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63,
    0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65,
    0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a,
    0x80, 0x0f, 0xa0};
static const unsigned char repeated[] = {0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c,
    0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20, 0x57,
    0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0};
#define SIMPLE "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
#define REPEATED "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"

/* Decompresses n bytes, of which byte `at` is changed. */
static int
unpack(const unsigned char *p, size_t n, size_t at, unsigned char change,
    struct ms_buf *out, struct ms_err *err)
{
	unsigned char copy[64] = {0};

	memcpy(copy, p, n);
	copy[at] ^= change;
	ms_buf_clear(out);
	return ms_rtf_decompress((struct ms_slice){copy, n}, out, err);
}

static void
test_decompress(void)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	size_t bad = 0, n;

	ok(unpack(simple, sizeof simple, 0, 0, &out, &err) == 0 &&
		strcmp(ms_buf_str(&out), SIMPLE) == 0,
	    "the first example");
	ok(unpack(repeated, sizeof repeated, 0, 0, &out, &err) == 0 &&
		strcmp(ms_buf_str(&out), REPEATED) == 0,
	    "an example that copies what it has just written");
	ok(unpack(simple, sizeof simple, 12, 1, &out, &err) == -1 &&
		err.code == MS_DATA && strcmp(ms_buf_str(&out), SIMPLE) == 0,
	    "a wrong checksum is damage, and the text is there");
	for (n = 0; n < sizeof simple; n++)
		bad += unpack(simple, n, 0, 0, &out, &err) != -1 ||
		       out.n > strlen(SIMPLE) ||
		       memcmp(SIMPLE, ms_buf_str(&out), out.n) != 0;
	ok(bad == 0, "each end that is missing is damage");
	for (n = 12; n < sizeof simple; n++)
		bad += unpack(simple, sizeof simple, n, 16, &out, &err) != -1;
	ok(bad == 0, "each damaged byte is found");
	ok(unpack(simple, sizeof simple, 8, 1, &out, &err) == -1 &&
		strstr(err.msg, "unknown form") != NULL,
	    "an unknown form is named");
	ms_buf_release(&out);
}

static void
test_stored(void)
{
	static const unsigned char mela[] = {0x10, 0, 0, 0, 3, 0, 0, 0, 'M',
	    'E', 'L', 'A', 0, 0, 0, 0, 'a', 'b', 'c', 'd'};
	struct ms_buf out = {0};
	struct ms_err err = {0};

	ok(unpack(mela, sizeof mela, 0, 0, &out, &err) == 0 &&
		strcmp(ms_buf_str(&out), "abc") == 0,
	    "RTF that is not compressed");
	ok(unpack(mela, 17, 0, 0, &out, &err) == 0 &&
		strcmp(ms_buf_str(&out), "a") == 0,
	    "and is cut off");
	ms_buf_release(&out);
}

int
main(void)
{
	test_rows();
	test_depth();
	test_long();
	test_decompress();
	test_stored();
	return done();
}
