/*
 * rtf.c - fuzzes bodies in RTF, as they are and compressed: the text is UTF-8
 * without NUL, and nothing that comes before is changed.
 */
#include "fuzz.h"

#include <string.h>

#include "mapi/rtf.h"
#include "utf8.h"

#define HEAD "{\\rtf1\\ansi\\ansicpg1252\\deff0 "

const struct fuzz_seed fuzz_seeds[] = {
    SEED(HEAD "{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset128 x;}}"
	      "\\f0 a\\par\\'fc{\\f1\\'93\\'fa}\\u8364 ?\\uc2\\u-10179 ab}"),
    SEED("{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\b no}"
	 "\\htmlrtf0 a\\{\\~{\\*\\htmltag72 </p>}}"),
    SEED("{\\rtf1\\mac\\fromtext a\\tab b\\line{\\v c}{\\pict\\bin3 }}}d}"),
    SEED("\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a"
	 "\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0"),
    SEED("\x10\0\0\0\x03\0\0\0MELA\0\0\0\0{\\rtf1 a}"), SEEDS_END};

static void
check_text(struct ms_slice rtf)
{
	struct ms_buf text = {0}, after = {0};
	enum ms_rtf_kind kind, same;

	ms_rtf_extract(rtf, &kind, &text, NULL);
	require(ms_utf8_valid(text.p, text.n));
	require(text.n == 0 || memchr(text.p, 0, text.n) == NULL);
	ms_buf_add_str(&after, "before");
	ms_rtf_extract(rtf, &same, &after, NULL);
	require(same == kind && after.n == text.n + strlen("before"));
	require(memcmp(after.p, "before", strlen("before")) == 0);
	ms_buf_release(&text);
	ms_buf_release(&after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice in = {p, n};
	struct ms_buf rtf = {0};

	check_text(in);
	ms_rtf_decompress(in, &rtf, NULL);
	check_text(ms_buf_slice(&rtf));
	ms_buf_release(&rtf);
	return 0;
}
