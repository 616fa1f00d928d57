/*
 * pop3-delete.c - deleting at a POP3 server what is the same message as
 * the archive's. ms-fetch(1), Deleting.
 */
#include "pop3-session.h"

#include <stdlib.h>
#include <string.h>

/* What is marked goes only when QUIT is answered with +OK. */
struct doomed {
	struct pop3_batch *b;
	struct ms_pop3_item *items; /* those that are what they should be */
	uint32_t *uid;
	size_t count;
	struct ms_pop3_item *doubtful; /* those that a look does not prove */
	uint32_t *doubtful_uid;
	size_t doubts;
	uint32_t *marked;
	size_t marks;
	struct ms_message_hasher *wire;
};

static void
proved(struct doomed *d, const struct ms_pop3_item *it, uint32_t uid)
{
	d->uid[d->count] = uid;
	d->items[d->count++] = *it;
}

static void
doubt(struct doomed *d, size_t index)
{
	d->doubtful_uid[d->doubts] = d->b->uid[index];
	d->doubtful[d->doubts++] = d->b->items[index];
}

/* Where what was asked for stands in the request. */
static size_t
place(const struct doomed *d, uint32_t uid)
{
	size_t i = 0;

	while (d->b->u->uids[i] != uid)
		i++;
	return i;
}

static int
verify(
    void *ctx, size_t index, const struct ms_pop3_head *h, struct ms_err *err)
{
	struct doomed *d = ctx;
	const struct ms_pop3_item *it = d->b->items + index;
	size_t i = place(d, d->b->uid[index]);

	(void)err;
	if (it->has_size && it->size == d->b->u->size[i] &&
	    memcmp(h->digest, d->b->u->head[i], MS_SHA_LEN) == 0)
		proved(d, it, d->b->uid[index]);
	else
		doubt(d, index);
	return 0;
}

static void
verify_failed(void *ctx, size_t index, const char *reason)
{
	(void)reason;
	doubt(ctx, index);
}

/* ---- those whose header or size does not do ---- */

static int
add_to_wire(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

static int
compare(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct doomed *d = ctx;
	uint32_t uid = d->doubtful_uid[index];
	struct ms_identity got;
	int rc = ms_spool_emit(body, add_to_wire, d->wire, err);

	ms_message_hasher_end(d->wire, &got);
	if (rc < 0)
		return -1;
	if (memcmp(got.id, d->b->u->id[place(d, uid)], MS_SHA_LEN) == 0)
		proved(d, d->doubtful + index, uid);
	else
		say_kept(d->b->w, uid,
		    "the server has another message there than the archive");
	return 0;
}

static void
compare_failed(void *ctx, size_t index, const char *reason)
{
	struct doomed *d = ctx;

	say_kept(d->b->w, d->doubtful_uid[index], reason);
}

/*
 * Sizes are not the same everywhere (a last line without its end, a lone LF),
 * and not every server has TOP: then the whole message says what it is.
 */
static int
look(struct worker *w, struct doomed *d, struct ms_err *err)
{
	const struct pop3_batch *b = d->b;
	const struct ms_pop3_head_sink heads = {
	    .head = verify, .failed = verify_failed, .ctx = d};
	const struct ms_pop3_sink whole = {
	    .message = compare, .failed = compare_failed, .ctx = d};
	size_t done, i;

	if (ms_pop3_heads(w->pop, b->items, b->count, &done, &heads, err) < 0) {
		if (!pop3_usable(w))
			return -1;
		*err = (struct ms_err){0};
		for (i = 0; i < b->count; i++)
			doubt(d, i);
	}
	if (d->doubts == 0)
		return 0;
	return ms_pop3_fetch(
	    w->pop, d->doubtful, d->doubts, &done, &whole, err);
}

/* ---- deleting ---- */

static void
marked(void *ctx, size_t index)
{
	struct doomed *d = ctx;

	d->marked[d->marks++] = d->uid[index];
}

static void
not_marked(void *ctx, size_t index, const char *reason)
{
	struct doomed *d = ctx;

	say_kept(d->b->w, d->uid[index], reason);
}

static int
mark_and_quit(struct worker *w, struct doomed *d, struct ms_err *err)
{
	const struct ms_pop3_delete_sink sink = {
	    .marked = marked, .failed = not_marked, .ctx = d};
	size_t done, i;
	int rc;

	if (d->count == 0)
		return 0;
	if (ms_pop3_delete(w->pop, d->items, d->count, &done, &sink, err) < 0)
		return -1;
	rc = ms_pop3_quit(w->pop, err);
	for (i = 0; rc == 0 && i < d->marks; i++)
		say_uid(w, SAY_DELETED, d->marked[i]);
	for (i = 0; rc < 0 && err->code == MS_NOINPUT && i < d->marks; i++)
		say_kept(w, d->marked[i], err->msg);
	if (rc < 0 && err->code == MS_NOINPUT)
		rc = 0;
	pop3_close_session(w);
	return rc;
}

int
pop3_delete(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	struct pop3_batch b;
	struct doomed d = {.b = &b,
	    .items = ms_xcalloc(u->count, sizeof(*d.items)),
	    .uid = ms_xcalloc(u->count, sizeof(*d.uid)),
	    .doubtful = ms_xcalloc(u->count, sizeof(*d.doubtful)),
	    .doubtful_uid = ms_xcalloc(u->count, sizeof(*d.doubtful_uid)),
	    .marked = ms_xcalloc(u->count, sizeof(*d.marked)),
	    .wire = ms_message_hasher_new()};
	size_t i;
	int rc;

	rc = pop3_batch_open(&b, w, u, err);
	if (rc == 0)
		rc = look(w, &d, err);
	if (rc == 0 && u->dry_run)
		for (i = 0; i < d.count; i++)
			say_uid(w, SAY_DELETED, d.uid[i]);
	else if (rc == 0)
		rc = mark_and_quit(w, &d, err);
	free(d.items);
	free(d.uid);
	free(d.doubtful);
	free(d.doubtful_uid);
	free(d.marked);
	ms_message_hasher_free(d.wire);
	pop3_batch_release(&b);
	return rc;
}
