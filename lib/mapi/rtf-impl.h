/*
 * rtf-impl.h - the text that RTF shows, in its character sets; for rtf.c. Rich
 * Text Format Specification 1.9.1. Layer: private to mapi.
 */
#ifndef MS_RTF_IMPL_H
#define MS_RTF_IMPL_H
#include <stdint.h>
#include "rtf.h"

/*
 * Collects the bytes of a run of text, since a character can have several, of
 * which each is written as a byte or as \'hh; and appends the characters to the
 * output. Zero is a valid, empty value apart from out and limit.
 */
struct ms_rtf_text {
	struct ms_buf *out;
	size_t limit; /* of out->n */
	struct ms_buf bytes, room;
	unsigned codepage; /* of `bytes` */
	uint32_t high;     /* the first half of a surrogate pair, or 0 */
};

/* A byte in a code page; 0: unknown. */
void ms_rtf_text_byte(
    struct ms_rtf_text *text, unsigned char c, unsigned codepage);
/* A character, or half of a surrogate pair. */
void ms_rtf_text_char(struct ms_rtf_text *text, uint32_t c);
/* Text of our own, such as a line end. */
void ms_rtf_text_str(struct ms_rtf_text *text, const char *s);
/* Appends what was collected. */
void ms_rtf_text_flush(struct ms_rtf_text *text);
/* Whether the output is larger than its limit. */
bool ms_rtf_text_is_full(const struct ms_rtf_text *text);
void ms_rtf_text_release(struct ms_rtf_text *text);

/* The code page of a value of \fcharset; 0: that of the document. */
unsigned ms_rtf_charset_codepage(int charset);

#endif
