/*
 * segmented.h - for tests of the segmenter: makes the content and the BLOBs of
 * a message from pieces of any size, and assembles the message again.
 */
#ifndef SEGMENTED_H
#define SEGMENTED_H
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "guarded.h"
#include "recipe.h"
#include "segment.h"
#include "message-hasher.h"

struct segmented {
	struct ms_identity identity;
	struct ms_buf content;
	struct ms_buf blobs; /* as they came: u32 length, digest, bytes */
	unsigned count;      /* of them */
};

static inline void
segmented_release(struct segmented *s)
{
	ms_buf_release(&s->content);
	ms_buf_release(&s->blobs);
	*s = (struct segmented){0};
}

static inline void
segmented_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	struct segmented *s = ctx;
	uint32_t length = (uint32_t)n;

	assert(n > 0 && n <= MS_BLOB_MAX);
	ms_buf_add(&s->blobs, &length, sizeof(length));
	ms_buf_add(&s->blobs, digest, MS_SHA_LEN);
	ms_buf_add(&s->blobs, p, n);
	s->count++;
}

/* Returns the length of the next piece, 1..n, where n > 0 bytes are left. */
typedef size_t segmented_cut(void *ctx, size_t n);

/* Segments the message p, n. If cut is NULL, the message is one piece. */
static inline void
segmented_make(struct segmented *s, const unsigned char *p, size_t n,
    segmented_cut *cut, void *ctx)
{
	struct ms_message_hasher *w = ms_message_hasher_new();
	struct ms_segmenter *sg = ms_segmenter_new(segmented_blob, s);
	struct ms_slice content;
	struct ms_slice piece;
	size_t k;

	for (; n > 0; p += k, n -= k) {
		k = cut != NULL ? cut(ctx, n) : n;
		piece = guarded_once((struct ms_slice){p, k});
		ms_message_hasher_add(w, piece.p, piece.n);
		ms_segment_add(sg, piece.p, piece.n);
	}
	ms_message_hasher_end(w, &s->identity);
	ms_segment_end(sg, &s->identity, &content);
	ms_buf_add(&s->content, content.p, content.n);
	ms_message_hasher_free(w);
	ms_segmenter_free(sg);
}

static inline bool
segmented_eq(const struct segmented *a, const struct segmented *b)
{
	return memcmp(a->identity.id, b->identity.id, MS_SHA_LEN) == 0 &&
	       memcmp(a->identity.head, b->identity.head, MS_SHA_LEN) == 0 &&
	       a->identity.size == b->identity.size &&
	       a->identity.form == b->identity.form && a->count == b->count &&
	       ms_slice_eq(
		   ms_buf_slice(&a->content), ms_buf_slice(&b->content)) &&
	       ms_slice_eq(ms_buf_slice(&a->blobs), ms_buf_slice(&b->blobs));
}

/* Appends the assembled message. The BLOBs are used in their order, and the
 * digest of each is compared. Returns false if that fails. */
static inline bool
segmented_assemble(
    const struct segmented *s, enum ms_form form, struct ms_buf *out)
{
	struct ms_assembly as = {
	    .form = form, .emit = ms_buf_append, .ctx = out};
	struct ms_recipe_walk walk = {0};
	struct ms_recipe r;
	struct ms_item item;
	struct ms_slice bytes;
	const unsigned char *blob = s->blobs.p;
	uint32_t length;

	if (ms_recipe_parse(&r, ms_buf_slice(&s->content), NULL) < 0)
		return false;
	while (ms_recipe_next(&r, &walk, &item) == 1) {
		bytes = item.bytes;
		if (item.blob) {
			memcpy(&length, blob, sizeof(length));
			blob += sizeof(length);
			if (memcmp(item.digest, blob, MS_SHA_LEN) != 0)
				return false;
			bytes = (struct ms_slice){blob + MS_SHA_LEN, length};
			blob = bytes.p + length;
		}
		if (ms_assemble(&as, &item, bytes, NULL) < 0)
			return false;
	}
	return walk.i == r.items;
}

/* Adds a CR before each LF that has none; simple and slow. */
static inline void
segmented_wire(const unsigned char *p, size_t n, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, 2 * n);
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			*to++ = '\r';
		*to++ = p[i];
	}
	out->n = (size_t)(to - out->p);
}

/* Replaces each CRLF by LF; simple and slow. */
static inline void
segmented_lf(const unsigned char *p, size_t n, struct ms_buf *out)
{
	unsigned char *to = ms_buf_room(out, n);
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != '\r' || i + 1 == n || p[i + 1] != '\n')
			*to++ = p[i];
	out->n = (size_t)(to - out->p);
}

/*
 * Checks a message p, n that was segmented: its id is that of its wire form,
 * and the wire form, the original bytes and the form with LF can be assembled.
 * Returns what is wrong, or NULL.
 */
static inline const char *
segmented_check(const struct segmented *s, const unsigned char *p, size_t n)
{
	struct ms_buf wire = {0}, lf = {0}, out = {0};
	struct ms_slice came = {p, n};
	unsigned char id[MS_SHA_LEN];
	const char *bad = NULL;

	segmented_wire(p, n, &wire);
	segmented_lf(wire.p, wire.n, &lf);
	ms_sha256(wire.p, wire.n, id);
	if (memcmp(id, s->identity.id, MS_SHA_LEN) != 0 ||
	    s->identity.size != wire.n)
		bad = "id or size";
	else if (!segmented_assemble(s, MS_FORM_CRLF, &out) ||
		 !ms_slice_eq(ms_buf_slice(&out), ms_buf_slice(&wire)))
		bad = "wire form";
	ms_buf_clear(&out);
	if (bad == NULL &&
	    (!segmented_assemble(s, MS_FORM_LF, &out) ||
		!ms_slice_eq(ms_buf_slice(&out), ms_buf_slice(&lf))))
		bad = "lf form";
	ms_buf_clear(&out);
	if (bad == NULL && (!segmented_assemble(s, s->identity.form, &out) ||
			       !ms_slice_eq(ms_buf_slice(&out), came)))
		bad = "as it came";
	ms_buf_release(&wire);
	ms_buf_release(&lf);
	ms_buf_release(&out);
	return bad;
}

#endif
