/* message-hasher.c - a message's identity, hashed as it comes. ms-archive(5),
 * Identity.
 */
#include "message-hasher.h"

#include <stdlib.h>
#include <string.h>

#define STAGE                                                                  \
	16384 /* bytes; short pieces are gathered before they are hashed       \
	       */

struct ms_message_hasher {
	struct ms_sha sha;
	uint64_t size;  /* wire bytes given to hash */
	uint64_t line;  /* bytes of the current line so far */
	bool after_cr;  /* the last byte was CR */
	bool lf, crlf;  /* line ends seen */
	bool past_head; /* head is done */
	size_t staged;
	unsigned char head[MS_SHA_LEN];
	unsigned char stage[STAGE];
};

struct ms_message_hasher *
ms_message_hasher_new(void)
{
	struct ms_message_hasher *w = ms_xcalloc(1, sizeof(*w));

	ms_sha_init(&w->sha);
	return w;
}

void
ms_message_hasher_free(struct ms_message_hasher *w)
{
	free(w);
}

static void
flush(struct ms_message_hasher *w)
{
	ms_sha_add(&w->sha, w->stage, w->staged);
	w->staged = 0;
}

/* Hashes wire bytes; long pieces straight from where they lie. */
static void
put(struct ms_message_hasher *w, const unsigned char *p, size_t n)
{
	w->size += n;
	if (n > STAGE - w->staged)
		flush(w);
	if (n >= STAGE / 4) {
		flush(w);
		ms_sha_add(&w->sha, p, n);
	} else if (n > 0) {
		memcpy(w->stage + w->staged, p, n);
		w->staged += n;
	}
}

static void
end_head(struct ms_message_hasher *w)
{
	flush(w);
	ms_sha_peek(&w->sha, w->head);
	w->past_head = true;
}

/* The same while the header lasts, which ends at MS_HEAD_MAX at the latest. */
static void
put_wire(struct ms_message_hasher *w, const unsigned char *p, size_t n)
{
	size_t k;

	if (!w->past_head && n >= MS_HEAD_MAX - w->size) {
		k = (size_t)(MS_HEAD_MAX - w->size);
		put(w, p, k);
		end_head(w);
		p += k;
		n -= k;
	}
	put(w, p, n);
}

/* A line without its end, and CRLF: one at a time, so it must not cost much. */
static void
put_line(struct ms_message_hasher *w, const unsigned char *p, size_t n)
{
	unsigned char *to = w->stage + w->staged;

	if (n >= STAGE / 4 || n + 2 > STAGE - w->staged ||
	    (!w->past_head && n + 2 >= MS_HEAD_MAX - w->size)) {
		put_wire(w, p, n);
		put_wire(w, (const unsigned char *)"\r\n", 2);
		return;
	}
	memcpy(to, p, n);
	to[n] = '\r';
	to[n + 1] = '\n';
	w->staged += n + 2;
	w->size += n + 2;
}

/*
 * What is in wire form already stands from start on and is hashed in one
 * piece, up to the next LF that has no CR.
 */
void
ms_message_hasher_add(
    struct ms_message_hasher *w, const unsigned char *p, size_t n)
{
	const unsigned char *start = p, *line = p, *end = p + n, *nl;
	bool cr;

	if (n == 0)
		return;
	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		cr = nl > p ? nl[-1] == '\r' : w->after_cr;
		if (cr) {
			w->crlf = true;
		} else {
			w->lf = true;
			put_line(w, start, (size_t)(nl - start));
			start = nl + 1;
		}
		w->line += (uint64_t)(nl - line);
		if (!w->past_head && w->line == cr) {
			put_wire(w, start, (size_t)(nl + 1 - start));
			start = nl + 1;
			if (!w->past_head)
				end_head(w);
		}
		line = nl + 1;
		w->line = 0;
	}
	put_wire(w, start, (size_t)(end - start));
	w->line += (uint64_t)(end - line);
	w->after_cr = end[-1] == '\r';
}

void
ms_message_hasher_end(struct ms_message_hasher *w, struct ms_identity *out)
{
	if (!w->past_head)
		end_head(w);
	flush(w);
	ms_sha_end(&w->sha, out->id);
	memcpy(out->head, w->head, sizeof(out->head));
	out->size = w->size;
	out->form = !w->crlf ? MS_FORM_LF
		    : !w->lf ? MS_FORM_CRLF
			     : MS_FORM_STORED;
	w->size = w->line = 0;
	w->after_cr = w->lf = w->crlf = w->past_head = false;
}
