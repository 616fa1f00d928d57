/*
 * message-hasher.c - the identity of a message, hashed piece by piece.
 * ms-archive(5), Identity.
 */
#include "message-hasher.h"

#include <stdlib.h>
#include <string.h>

/* Bytes; short pieces are collected before they are hashed. */
#define STAGE 16384

struct ms_message_hasher {
	struct ms_sha sha;
	uint64_t size;  /* bytes of wire form so far */
	uint64_t line;  /* bytes of the current line so far */
	bool after_cr;  /* the last byte was CR */
	bool lf, crlf;  /* line ends seen */
	bool past_head; /* the header has ended */
	size_t staged;
	unsigned char head[MS_SHA_LEN];
	unsigned char stage[STAGE];
};

struct ms_message_hasher *
ms_message_hasher_new(void)
{
	struct ms_message_hasher *h = ms_xcalloc(1, sizeof(*h));

	ms_sha_init(&h->sha);
	return h;
}

void
ms_message_hasher_free(struct ms_message_hasher *h)
{
	free(h);
}

static void
flush(struct ms_message_hasher *h)
{
	ms_sha_add(&h->sha, h->stage, h->staged);
	h->staged = 0;
}

/* Hashes bytes of wire form. A long piece is not copied. */
static void
put(struct ms_message_hasher *h, const unsigned char *p, size_t n)
{
	h->size += n;
	if (n > STAGE - h->staged)
		flush(h);
	if (n >= STAGE / 4) {
		flush(h);
		ms_sha_add(&h->sha, p, n);
	} else if (n > 0) {
		memcpy(h->stage + h->staged, p, n);
		h->staged += n;
	}
}

static void
end_head(struct ms_message_hasher *h)
{
	flush(h);
	ms_sha_peek(&h->sha, h->head);
	h->past_head = true;
}

/* The same, but ends the header after MS_HEAD_MAX bytes. */
static void
put_wire(struct ms_message_hasher *h, const unsigned char *p, size_t n)
{
	size_t k;

	if (!h->past_head && n >= MS_HEAD_MAX - h->size) {
		k = (size_t)(MS_HEAD_MAX - h->size);
		put(h, p, k);
		end_head(h);
		p += k;
		n -= k;
	}
	put(h, p, n);
}

/*
 * Adds a line without its end, and CRLF. The function runs for each line, so it
 * must be fast.
 */
static void
put_line(struct ms_message_hasher *h, const unsigned char *p, size_t n)
{
	unsigned char *to = h->stage + h->staged;

	if (n >= STAGE / 4 || n + 2 > STAGE - h->staged ||
	    (!h->past_head && n + 2 >= MS_HEAD_MAX - h->size)) {
		put_wire(h, p, n);
		put_wire(h, (const unsigned char *)"\r\n", 2);
		return;
	}
	memcpy(to, p, n);
	to[n] = '\r';
	to[n + 1] = '\n';
	h->staged += n + 2;
	h->size += n + 2;
}

/*
 * Bytes that are in wire form already, up to the next LF without CR, are hashed
 * in one piece that begins at start.
 */
void
ms_message_hasher_add(
    struct ms_message_hasher *h, const unsigned char *p, size_t n)
{
	const unsigned char *start = p, *line = p, *end = p + n, *nl;
	bool cr;

	if (n == 0)
		return;
	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		cr = nl > p ? nl[-1] == '\r' : h->after_cr;
		if (cr) {
			h->crlf = true;
		} else {
			h->lf = true;
			put_line(h, start, (size_t)(nl - start));
			start = nl + 1;
		}
		h->line += (uint64_t)(nl - line);
		if (!h->past_head && h->line == cr) {
			put_wire(h, start, (size_t)(nl + 1 - start));
			start = nl + 1;
			if (!h->past_head)
				end_head(h);
		}
		line = nl + 1;
		h->line = 0;
	}
	put_wire(h, start, (size_t)(end - start));
	h->line += (uint64_t)(end - line);
	h->after_cr = end[-1] == '\r';
}

void
ms_message_hasher_end(struct ms_message_hasher *h, struct ms_identity *out)
{
	if (!h->past_head)
		end_head(h);
	flush(h);
	ms_sha_end(&h->sha, out->id);
	memcpy(out->head, h->head, sizeof(out->head));
	out->size = h->size;
	out->form = !h->crlf ? MS_FORM_LF
		    : !h->lf ? MS_FORM_CRLF
			     : MS_FORM_STORED;
	h->size = h->line = 0;
	h->after_cr = h->lf = h->crlf = h->past_head = false;
}

void
ms_header_top(struct ms_slice header, unsigned char digest[MS_SHA_LEN])
{
	unsigned char top[MS_TOP_MAX + 2];
	bool empty = true; /* the line so far */
	size_t i, n = 0;

	for (i = 0; i < header.n && n < MS_TOP_MAX; i++) {
		if (header.p[i] == '\n' && (n == 0 || top[n - 1] != '\r'))
			top[n++] = '\r';
		top[n++] = header.p[i];
		if (header.p[i] == '\n' && empty)
			break;
		if (header.p[i] != '\r')
			empty = header.p[i] == '\n';
	}
	ms_sha256(top, n < MS_TOP_MAX ? n : MS_TOP_MAX, digest);
}
