/* body-state.c - what is known of a message: its bytes, remarks and parts. */
#include "body-impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ms_slice
ms_body_message(const struct ms_body *b)
{
	return ms_mime_message(b->mime);
}

/* ---- what it is ---- */

void
ms_body_add_remark(struct ms_body *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (b->remark_count == MS_BODY_REMARKS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < b->remark_count; i++)
		if (strcmp(ms_body_remark(b, i), text) == 0)
			return;
	ms_buf_add(&b->remarks, text, strlen(text) + 1);
	b->remark_count++;
}

unsigned
ms_body_state(const struct ms_body *b)
{
	return b->state;
}

const char *
ms_body_remark(const struct ms_body *b, size_t i)
{
	const char *s = (const char *)b->remarks.p;

	if (i >= b->remark_count)
		return NULL;
	while (i-- > 0)
		s += strlen(s) + 1;
	return s;
}

const struct ms_body_part *
ms_body_parts(const struct ms_body *b, size_t *n)
{
	*n = b->count;
	return b->part;
}

const struct ms_body_part *
ms_body_numbered(const struct ms_body *b, uint64_t number)
{
	for (size_t i = 0; i < b->count && number > 0; i++)
		if (b->part[i].number == number)
			return &b->part[i];
	return NULL;
}

struct ms_slice
ms_body_header(const struct ms_body *b, const struct ms_body_part *part)
{
	return (struct ms_slice){
	    ms_body_message(b).p + part->header, part->body - part->header};
}
