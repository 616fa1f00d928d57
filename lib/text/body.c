/* body.c - a message and its processes. */
#include "body-impl.h"

#include <stdlib.h>

int
ms_body_open(struct ms_body **out, struct ms_err *err)
{
	struct ms_body *b = ms_xcalloc(1, sizeof(*b));
	int mime = ms_mime_open(&b->mime, err), html = -1;

	*out = NULL;
	if (mime >= 0)
		html = ms_html_open(&b->html, mime > 0 ? NULL : err);
	if (html < 0) {
		/* NULL above: the same system lacks the same. */
		if (mime > 0)
			ms_fail(
			    err, MS_TEMP, "the parser of HTML does not start");
		ms_body_close(b);
		return -1;
	}
	*out = b;
	return mime > 0 || html > 0;
}

void
ms_body_close(struct ms_body *b)
{
	if (b == NULL)
		return;
	ms_mime_close(b->mime);
	ms_html_close(b->html);
	free(b->part);
	free(b->rank);
	ms_body_drop_strings(b);
	ms_buf_release(&b->remarks);
	ms_buf_release(&b->decoded);
	ms_buf_release(&b->converted);
	ms_buf_release(&b->utf8);
	free(b);
}

void
ms_body_clear(struct ms_body *b)
{
	ms_mime_clear(b->mime);
	ms_body_drop_strings(b);
	ms_buf_clear(&b->remarks);
	b->remark_count = 0;
	b->count = 0;
	b->state = 0;
}

int
ms_body_add(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_body *b = ctx;

	return ms_mime_add(b->mime, p, n, err);
}

int
ms_body_parse(struct ms_body *b, struct ms_err *err)
{
	struct ms_err why = {0};
	int rc = ms_mime_parse(b->mime, &why);

	if (rc < 0) {
		*err = why;
		return -1;
	}
	if (rc == 0) {
		b->state |= MS_BODY_BROKEN;
		ms_body_add_remark(b, "its parts cannot be shown: %s", why.msg);
	}
	ms_body_classify(b);
	return 0;
}
