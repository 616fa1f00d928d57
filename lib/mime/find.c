/*
 * find.c - the parts of a message, found by libetpan's mailmime. RFC 2046.
 */
#include "impl.h"

#include <libetpan/libetpan.h>
#include <string.h>

/* A message whose parts are being collected. */
struct finder {
	const char *message;
	size_t n;
	struct ms_buf *parts;
	/* The children that are left, for each level. */
	clistiter *left[MS_MIME_DEPTH_MAX + 1];
	uint32_t parent[MS_MIME_DEPTH_MAX + 1]; /* of these children */
	unsigned depth;
};

static struct ms_mime_part *
parts_of(struct ms_buf *b, size_t *n)
{
	*n = b->n / sizeof(struct ms_mime_part);
	return (struct ms_mime_part *)(void *)b->p;
}

/* The position of p in the message. */
static uint64_t
position(const struct finder *f, const char *p)
{
	if (p < f->message || p > f->message + f->n)
		return 0;
	return (uint64_t)(p - f->message);
}

/* The text of a part: its body. */
static struct ms_slice
body_of(const struct mailmime *m)
{
	const struct mailmime_data *d = m->mm_body;

	if (m->mm_type == MAILMIME_SINGLE)
		d = m->mm_data.mm_single;
	if (d == NULL || d->dt_type != MAILMIME_DATA_TEXT)
		return (struct ms_slice){0};
	return (struct ms_slice){
	    (const unsigned char *)d->dt_data.dt_text.dt_data,
	    d->dt_data.dt_text.dt_length};
}

/*
 * Appends a part. The header of a part of an embedded message begins with that
 * message.
 */
static void
add_part(struct finder *f, const struct mailmime *m, uint32_t parent,
    bool in_message)
{
	struct ms_slice body = body_of(m);
	size_t count;
	const struct ms_mime_part *all = parts_of(f->parts, &count);
	struct ms_mime_part part = {
	    .kind = m->mm_type == MAILMIME_MULTIPLE  ? MS_MIME_MULTIPART
		    : m->mm_type == MAILMIME_MESSAGE ? MS_MIME_MESSAGE
						     : MS_MIME_LEAF,
	    .parent = parent,
	    .depth = f->depth,
	    .header = position(f, m->mm_mime_start),
	    .body = position(f, (const char *)body.p),
	};

	if (in_message && count > 0)
		part.header = all[parent].body;
	if (part.header > part.body)
		part.header = part.body;
	part.end = part.body + body.n;
	ms_buf_add(f->parts, &part, sizeof(part));
}

/* Prepares the children of the part that was added last. */
static bool
enter(struct finder *f, clist *children)
{
	size_t count;

	parts_of(f->parts, &count);
	if (f->depth == MS_MIME_DEPTH_MAX)
		return false;
	f->depth++;
	f->left[f->depth] = clist_begin(children);
	f->parent[f->depth] = (uint32_t)count - 1;
	return true;
}

/* Adds a part and all below it. */
static enum ms_mime_result
collect(struct finder *f, const struct mailmime *m)
{
	uint32_t parent = 0;
	bool in_message = true;
	size_t count;

	for (;;) {
		parts_of(f->parts, &count);
		if (count == MS_MIME_PARTS_MAX)
			return MS_MIME_TOO_MANY;
		add_part(f, m, parent, in_message);
		if (m->mm_type == MAILMIME_MULTIPLE &&
		    !enter(f, m->mm_data.mm_multipart.mm_mp_list))
			return MS_MIME_TOO_DEEP;
		if (m->mm_type == MAILMIME_MESSAGE &&
		    m->mm_data.mm_message.mm_msg_mime != NULL) {
			if (f->depth == MS_MIME_DEPTH_MAX)
				return MS_MIME_TOO_DEEP;
			parent = (uint32_t)count;
			f->left[++f->depth] = NULL;
			m = m->mm_data.mm_message.mm_msg_mime;
			in_message = true;
			continue;
		}
		while (f->depth > 0 && f->left[f->depth] == NULL)
			f->depth--;
		if (f->depth == 0)
			return MS_MIME_PARSED;
		m = clist_content(f->left[f->depth]);
		f->left[f->depth] = clist_next(f->left[f->depth]);
		parent = f->parent[f->depth];
		in_message = false;
	}
}

/*
 * libetpan converts encoded words in parameters, of which nothing is used here
 * (part.h reads them). Without this function, a sender could choose what
 * iconv(3) loads, and the sandbox would refuse that.
 */
static int
copy_text(const char *to, const char *from, const char *text, size_t n,
    char *out, size_t *out_n)
{
	(void)to;
	(void)from;
	if (n > *out_n)
		return MAIL_CHARCONV_ERROR_MEMORY;
	memcpy(out, text, n);
	*out_n = n;
	return MAIL_CHARCONV_NO_ERROR;
}

enum ms_mime_result
ms_mime_find(unsigned char *p, size_t n, struct ms_buf *parts)
{
	struct finder f = {.message = (const char *)p, .n = n, .parts = parts};
	struct mailmime *m = NULL;
	enum ms_mime_result result;
	size_t skip, at = 0;

	extended_charconv = copy_text;
	if (!ms_mime_tidy(p, n, &skip))
		return MS_MIME_TOO_DEEP;
	if (mailmime_parse(f.message + skip, n - skip, &at, &m) !=
		MAILIMF_NO_ERROR ||
	    m == NULL)
		return MS_MIME_DIED;
	result = collect(&f, m->mm_data.mm_message.mm_msg_mime != NULL
				 ? m->mm_data.mm_message.mm_msg_mime
				 : m);
	mailmime_free(m);
	if (result == MS_MIME_PARSED)
		ms_mime_repair(p, parts);
	return result;
}
