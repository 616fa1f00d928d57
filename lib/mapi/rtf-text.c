/*
 * rtf-text.c - the text that RTF shows, in UTF-8. The specification of
 * RTF 1.9.1 names the character sets.
 */
#include "rtf-impl.h"
#include "charset.h"
#include "item.h"
#include "utf8.h"

#define RUN_MAX 65536 /* bytes that are collected */
#define REPLACEMENT 0xfffd

static void
put(struct ms_rtf_text *text, uint32_t c)
{
	if (c != 0)
		text->out->n += ms_utf8_put(ms_buf_room(text->out, 4), c);
}

/* Half of a surrogate pair, without the other, is no character. */
static void
end_pair(struct ms_rtf_text *text)
{
	if (text->high != 0)
		put(text, REPLACEMENT);
	text->high = 0;
}

void
ms_rtf_text_flush(struct ms_rtf_text *text)
{
	const char *name = ms_mapi_charset(text->codepage);
	struct ms_slice s = ms_buf_slice(&text->bytes);

	end_pair(text);
	if (s.n == 0)
		return;
	if (name == NULL) /* an unknown set: ms_charset_find() looks at it */
		name = text->codepage == 0 ? "" : "windows-1252";
	s = ms_charset_utf8(
	    ms_charset_find(ms_slice_str(name)), s, &text->room);
	while (s.n > 0) { /* what is called UTF-8 can be something else */
		uint32_t c;
		size_t n = ms_charset_next(s.p, s.n, &c);

		put(text, c);
		s = (struct ms_slice){s.p + n, s.n - n};
	}
	ms_buf_clear(&text->bytes);
}

void
ms_rtf_text_byte(struct ms_rtf_text *text, unsigned char c, unsigned codepage)
{
	if (text->high != 0 || codepage != text->codepage ||
	    text->bytes.n == RUN_MAX)
		ms_rtf_text_flush(text);
	text->codepage = codepage;
	if (c != 0)
		ms_buf_add_byte(&text->bytes, c);
}

void
ms_rtf_text_char(struct ms_rtf_text *text, uint32_t c)
{
	uint32_t high = text->high;

	if (text->bytes.n > 0)
		ms_rtf_text_flush(text);
	if (c >= 0xdc00 && c <= 0xdfff && high != 0) {
		text->high = 0;
		put(text, 0x10000 + ((high & 0x3ff) << 10 | (c & 0x3ff)));
		return;
	}
	end_pair(text);
	if (c >= 0xd800 && c <= 0xdbff)
		text->high = c;
	else if ((c >= 0xdc00 && c <= 0xdfff) || c > 0x10ffff)
		put(text, REPLACEMENT);
	else
		put(text, c);
}

void
ms_rtf_text_str(struct ms_rtf_text *text, const char *s)
{
	ms_rtf_text_flush(text);
	ms_buf_add_str(text->out, s);
}

bool
ms_rtf_text_is_full(const struct ms_rtf_text *text)
{
	return text->out->n > text->limit;
}

void
ms_rtf_text_release(struct ms_rtf_text *text)
{
	ms_buf_release(&text->bytes);
	ms_buf_release(&text->room);
}

unsigned
ms_rtf_charset_codepage(int charset)
{
	static const struct {
		int charset;
		unsigned codepage;
	} table[] = {{0, 1252}, {2, 1252}, {77, 10000}, {128, 932}, {129, 949},
	    {130, 1361}, {134, 936}, {136, 950}, {161, 1253}, {162, 1254},
	    {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257}, {204, 1251},
	    {222, 874}, {238, 1250}, {254, 437}, {255, 850}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].charset == charset)
			return table[i].codepage;
	return 0;
}
