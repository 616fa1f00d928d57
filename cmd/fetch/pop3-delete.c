/*
 * pop3-delete.c - deletes messages at a POP3 server, after each was seen to be
 * the same as the archive's. ms-fetch(1), Deleting.
 */
#include "pop3-session.h"

#include <stdlib.h>

/* The server deletes marked messages when it answers QUIT with +OK. */
struct deletion {
	struct pop3_batch *b;
	struct ms_pop3_item *items; /* the same as in the archive */
	uint32_t *uid;
	size_t count;
	uint32_t *marked;
	size_t marked_count;
};

/* ---- which messages ---- */

static int
verify(void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct deletion *d = ctx;
	const struct ms_msg_info info = pop3_info(d->b, index);

	(void)err;
	if (session_proves(d->b->session, d->b->request, body, &info)) {
		d->uid[d->count] = info.uid;
		d->items[d->count++] = d->b->items[index];
	}
	return 0;
}

static void
not_verified(void *ctx, size_t index, const char *reason)
{
	struct deletion *d = ctx;

	say_not_deleted(d->b->session, d->b->uid[index], reason);
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
	size_t n = request->uids.n, done, i;
	struct pop3_batch b;
	struct deletion d = {.b = &b,
	    .items = ms_xcalloc(n, sizeof(*d.items)),
	    .uid = ms_xcalloc(n, sizeof(*d.uid)),
	    .marked = ms_xcalloc(n, sizeof(*d.marked))};
	const struct ms_pop3_sink sink = {
	    .message = verify, .failed = not_verified, .ctx = &d};
	int rc;

	rc = pop3_batch_open(&b, s, request, err);
	if (rc == 0)
		rc = ms_pop3_fetch(s->pop, b.items, b.count, &done, &sink, err);
	if (rc == 0 && request->dry_run)
		for (i = 0; i < d.count; i++)
			say_deleted(s, d.uid[i]);
	else if (rc == 0)
		rc = mark_and_quit(s, &d, err);
	free(d.items);
	free(d.uid);
	free(d.marked);
	pop3_batch_release(&b);
	return rc;
}
