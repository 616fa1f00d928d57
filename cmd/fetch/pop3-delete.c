/*
 * pop3-delete.c - deletes messages at a POP3 server, after each was seen to be
 * the same as the archive's. ms-fetch(1), Deleting.
 */
#include "pop3-session.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* The server deletes marked messages when it answers QUIT with +OK. */
struct deletion {
	struct pop3_batch *b;
	struct ms_pop3_item *items; /* the same as in the archive */
	uint32_t *uid;
	size_t count;
	struct ms_pop3_item *doubtful; /* header or size does not prove it */
	uint32_t *doubtful_uid;
	size_t doubtful_count;
	uint32_t *marked;
	size_t marked_count;
	struct ms_message_hasher *hasher;
};

static void
proved(struct deletion *d, const struct ms_pop3_item *it, uint32_t uid)
{
	d->uid[d->count] = uid;
	d->items[d->count++] = *it;
}

static void
doubt(struct deletion *d, size_t index)
{
	d->doubtful_uid[d->doubtful_count] = d->b->uid[index];
	d->doubtful[d->doubtful_count++] = d->b->items[index];
}

/* What the archive says a message of the request is. */
static const struct ms_identity *
wanted(const struct deletion *d, uint32_t uid)
{
	const struct ipc_message *request = d->b->request;
	const uint32_t *at = ms_find_u32(request->uids.v, request->uids.n, uid);

	return request->identities.v + (at - request->uids.v);
}

static int
verify(
    void *ctx, size_t index, const struct ms_pop3_head *h, struct ms_err *err)
{
	struct deletion *d = ctx;
	const struct ms_pop3_item *it = d->b->items + index;
	const struct ms_identity *want = wanted(d, d->b->uid[index]);

	(void)err;
	if (it->has_size && it->size == want->size &&
	    memcmp(h->digest, want->head, MS_SHA_LEN) == 0)
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

/* ---- messages whose header or size does not prove it ---- */

static int
add_to_hasher(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

static int
compare(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct deletion *d = ctx;
	uint32_t uid = d->doubtful_uid[index];
	struct ms_identity got;
	int rc = ms_spool_emit(body, add_to_hasher, d->hasher, err);

	ms_message_hasher_end(d->hasher, &got);
	if (rc < 0)
		return -1;
	if (memcmp(got.id, wanted(d, uid)->id, MS_SHA_LEN) == 0)
		proved(d, d->doubtful + index, uid);
	else
		say_not_deleted(d->b->session, uid,
		    "the server has another message in its place");
	return 0;
}

static void
compare_failed(void *ctx, size_t index, const char *reason)
{
	struct deletion *d = ctx;

	say_not_deleted(d->b->session, d->doubtful_uid[index], reason);
}

/*
 * Compares header and size, and where these do not agree the whole message:
 * servers count a lone LF, or a last line without its end, in different ways,
 * and not every server has TOP.
 */
static int
look(struct session *s, struct deletion *d, struct ms_err *err)
{
	const struct pop3_batch *b = d->b;
	const struct ms_pop3_head_sink heads = {
	    .head = verify, .failed = verify_failed, .ctx = d};
	const struct ms_pop3_sink whole = {
	    .message = compare, .failed = compare_failed, .ctx = d};
	size_t done, i;

	if (ms_pop3_heads(s->pop, b->items, b->count, &done, &heads, err) < 0) {
		if (!pop3_usable(s))
			return -1;
		*err = (struct ms_err){0};
		for (i = 0; i < b->count; i++)
			doubt(d, i);
	}
	if (d->doubtful_count == 0)
		return 0;
	return ms_pop3_fetch(
	    s->pop, d->doubtful, d->doubtful_count, &done, &whole, err);
}

/* ---- deleting ---- */

static void
marked(void *ctx, size_t index)
{
	struct deletion *d = ctx;

	d->marked[d->marked_count++] = d->uid[index];
}

static void
not_marked(void *ctx, size_t index, const char *reason)
{
	struct deletion *d = ctx;

	say_not_deleted(d->b->session, d->uid[index], reason);
}

static int
mark_and_quit(struct session *s, struct deletion *d, struct ms_err *err)
{
	const struct ms_pop3_delete_sink sink = {
	    .marked = marked, .failed = not_marked, .ctx = d};
	size_t done, i;
	int rc;

	if (d->count == 0)
		return 0;
	if (ms_pop3_delete(s->pop, d->items, d->count, &done, &sink, err) < 0)
		return -1;
	rc = ms_pop3_quit(s->pop, err);
	for (i = 0; rc == 0 && i < d->marked_count; i++)
		say_deleted(s, d->marked[i]);
	for (i = 0; rc < 0 && err->code == MS_NOINPUT && i < d->marked_count;
	     i++)
		say_not_deleted(s, d->marked[i], err->msg);
	if (rc < 0 && err->code == MS_NOINPUT)
		rc = 0;
	pop3_close_session(s);
	return rc;
}

int
pop3_delete(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	size_t n = request->uids.n;
	struct pop3_batch b;
	struct deletion d = {.b = &b,
	    .items = ms_xcalloc(n, sizeof(*d.items)),
	    .uid = ms_xcalloc(n, sizeof(*d.uid)),
	    .doubtful = ms_xcalloc(n, sizeof(*d.doubtful)),
	    .doubtful_uid = ms_xcalloc(n, sizeof(*d.doubtful_uid)),
	    .marked = ms_xcalloc(n, sizeof(*d.marked)),
	    .hasher = ms_message_hasher_new()};
	size_t i;
	int rc;

	rc = pop3_batch_open(&b, s, request, err);
	if (rc == 0)
		rc = look(s, &d, err);
	if (rc == 0 && request->dry_run)
		for (i = 0; i < d.count; i++)
			say_deleted(s, d.uid[i]);
	else if (rc == 0)
		rc = mark_and_quit(s, &d, err);
	free(d.items);
	free(d.uid);
	free(d.doubtful);
	free(d.doubtful_uid);
	free(d.marked);
	ms_message_hasher_free(d.hasher);
	pop3_batch_release(&b);
	return rc;
}
