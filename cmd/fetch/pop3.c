/*
 * pop3.c - what a worker does at a POP3 server. A mailbox has one
 * folder; its messages are numbered anew in each session, so what the other
 * side calls a UID is a place in the list of the first one.
 */
#include "pop3-session.h"

#include <stdlib.h>
#include <string.h>

bool
pop3_usable(const struct worker *w)
{
	return w->pop != NULL && !w->login_failed && ms_pop3_usable(w->pop);
}

void
pop3_close_session(struct worker *w)
{
	ms_pop3_close(w->pop);
	w->pop = NULL;
	w->login_failed = false;
	w->session = NOT_LISTED;
}

static unsigned
backoff(const struct worker *w)
{
	return w->pop != NULL ? ms_pop3_backoff(w->pop) : 0;
}

static int
need_session(struct worker *w, struct ms_err *err)
{
	struct ms_conn *conn;
	struct ms_login login;
	enum ms_tls tls;

	if (pop3_usable(w))
		return 0;
	pop3_close_session(w);
	if (worker_connect(w, &conn, &tls, err) < 0 ||
	    ms_pop3_open(&w->pop, conn, tls, err) < 0)
		return -1;
	if (worker_login(w, &login, err) < 0 ||
	    ms_pop3_login(w->pop, &login, err) < 0) {
		w->login_failed = true;
		return -1;
	}
	worker_logged_in(w, 0);
	return 0;
}

/* A session in which the numbers of messages are known. */
static int
need_list(struct worker *w, struct ms_err *err)
{
	if (need_session(w, err) < 0)
		return -1;
	if (w->session != NOT_LISTED)
		return 0;
	if (!w->listed) {
		if (ms_pop3_list(w->pop, &w->first, err) < 0)
			return -1;
		w->listed = true;
		w->session = IS_FIRST;
		return 0;
	}
	ms_pop3_list_release(&w->now);
	if (ms_pop3_list(w->pop, &w->now, err) < 0)
		return -1;
	w->session = IS_LATER;
	return 0;
}

static int
folders(struct worker *w, struct ms_err *err)
{
	if (need_session(w, err) < 0)
		return -1;
	link_begin(&w->link, SAY_FOLDER);
	link_str(&w->link, "INBOX");
	link_str(&w->link, "INBOX");
	link_u32(&w->link, 0);
	link_u32(&w->link, MS_SPACE_PERSONAL);
	link_u32(&w->link, 0);
	link_u32(&w->link, true);
	link_u32(&w->link, false);
	say_end(w);
	return 0;
}

static int
survey(
    struct worker *w, const char *raw, const char *criteria, struct ms_err *err)
{
	size_t i;

	(void)raw;
	(void)criteria;
	/* What has come since the first list is seen by a new session only. */
	if (w->listed) {
		pop3_close_session(w);
		ms_pop3_list_release(&w->first);
		w->listed = false;
	}
	if (need_list(w, err) < 0)
		return -1;
	if (w->first.shared > 0 || w->first.without > 0 || w->first.no_uidl) {
		link_begin(&w->link, SAY_NOTE);
		link_str(&w->link,
		    "the server does not tell all messages apart (UIDL): "
		    "those are known by header and size only");
		say_end(w);
	}
	link_begin(&w->link, SAY_BOX);
	link_u32(&w->link, 0);
	link_u64(&w->link, w->first.missing);
	say_end(w);
	for (i = 0; i < w->first.count; i++) {
		link_begin(&w->link, SAY_PLACE);
		link_u32(&w->link, (uint32_t)i + 1);
		link_str(&w->link, w->first.items[i].uidl);
		say_end(w);
	}
	return 0;
}

/* ---- messages of the first list in the session at hand ---- */

static int
by_uidl(const void *a, const void *b)
{
	const struct ms_pop3_item *x = *(const struct ms_pop3_item *const *)a;
	const struct ms_pop3_item *y = *(const struct ms_pop3_item *const *)b;

	return strcmp(x->uidl, y->uidl);
}

/* The items of this session's list that have a UIDL, in its order. */
static const struct ms_pop3_item **
sorted(const struct ms_pop3_list *l, size_t *count)
{
	const struct ms_pop3_item **v = ms_xcalloc(l->count + 1, sizeof(*v));
	size_t i;

	*count = 0;
	for (i = 0; i < l->count; i++)
		if (l->items[i].uidl != NULL)
			v[(*count)++] = l->items + i;
	qsort(v, *count, sizeof(*v), by_uidl);
	return v;
}

static void
find_later(struct pop3_batch *b)
{
	const struct ms_pop3_list *first = &b->w->first;
	size_t count, i;
	const struct ms_pop3_item **v = sorted(&b->w->now, &count), **at, *it;

	for (i = 0; i < b->u->count; i++) {
		it = first->items + b->u->uids[i] - 1;
		at = NULL;
		if (it->uidl != NULL)
			at = bsearch(&it, v, count, sizeof(*v), by_uidl);
		if (at != NULL) {
			b->uid[b->count] = b->u->uids[i];
			b->items[b->count++] = **at;
		} else if (it->uidl != NULL) {
			say_uid(b->w, SAY_GONE, b->u->uids[i]);
		} else {
			say_failed(b->w, b->u->uids[i],
			    "without a UIDL it is not found again after the "
			    "connection was lost");
		}
	}
	free(v);
}

int
pop3_batch_open(struct pop3_batch *b, struct worker *w, const struct wanted *u,
    struct ms_err *err)
{
	size_t i;

	*b = (struct pop3_batch){.w = w, .u = u};
	for (i = 0; i < u->count; i++)
		if (!w->listed || u->uids[i] == 0 ||
		    u->uids[i] > w->first.count)
			return ms_fail(
			    err, MS_BUG, "a request that makes no sense");
	if (need_list(w, err) < 0)
		return -1;
	b->items = ms_xcalloc(u->count, sizeof(*b->items));
	b->uid = ms_xcalloc(u->count, sizeof(*b->uid));
	if (w->session == IS_LATER) {
		find_later(b);
		return 0;
	}
	for (i = 0; i < u->count; i++) {
		b->uid[i] = u->uids[i];
		b->items[i] = w->first.items[u->uids[i] - 1];
	}
	b->count = u->count;
	return 0;
}

void
pop3_batch_release(struct pop3_batch *b)
{
	free(b->items);
	free(b->uid);
}

static void
on_failed(void *ctx, size_t index, const char *reason)
{
	struct pop3_batch *b = ctx;

	say_failed(b->w, b->uid[index], reason);
}

static int
on_message(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct pop3_batch *b = ctx;
	struct worker *w = b->w;
	const struct ms_pop3_item *it = b->items + index;

	(void)err;
	link_begin(&w->link, SAY_MESSAGE);
	link_u32(&w->link, b->uid[index]);
	link_u32(&w->link, it->has_size ? HAS_SIZE : 0);
	link_u64(&w->link, 0);
	link_u64(&w->link, it->size);
	link_u64(&w->link, ms_spool_size(body));
	link_str(&w->link, "");
	link_str(&w->link, "");
	say_end(w);
	say_body(w, body);
	return 0;
}

static void
say_head(struct pop3_batch *b, size_t index, const struct ms_pop3_head *h)
{
	static const unsigned char none[MS_SHA_LEN];
	struct worker *w = b->w;
	const struct ms_pop3_item *it = b->items + index;

	link_begin(&w->link, SAY_HEAD);
	link_u32(&w->link, b->uid[index]);
	link_u32(&w->link, (it->has_size ? HAS_SIZE : 0u) |
			       (h != NULL ? HAS_HEAD : 0u) |
			       (h != NULL && h->has_date ? HAS_SENT : 0u));
	link_u64(&w->link, 0);
	link_u64(&w->link, h != NULL ? (uint64_t)h->date : 0);
	link_u64(&w->link, it->size);
	link_bytes(&w->link, h != NULL ? h->digest : none, MS_SHA_LEN);
	link_str(&w->link, "");
	link_str(&w->link, "");
	say_end(w);
}

static int
on_head(
    void *ctx, size_t index, const struct ms_pop3_head *h, struct ms_err *err)
{
	(void)err;
	say_head(ctx, index, h);
	return 0;
}

/* TOP is optional, and refused here: the whole message says what it is. */
static void
on_no_head(void *ctx, size_t index, const char *reason)
{
	(void)reason;
	say_head(ctx, index, NULL);
}

static int
attributes(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	struct pop3_batch b;
	size_t i;

	if (pop3_batch_open(&b, w, u, err) < 0)
		return -1;
	for (i = 0; i < b.count; i++)
		say_head(&b, i, NULL);
	pop3_batch_release(&b);
	return 0;
}

static int
heads(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	struct pop3_batch b;
	struct ms_pop3_head_sink sink = {
	    .head = on_head, .failed = on_no_head, .ctx = &b};
	size_t done, i;
	int rc;

	if (pop3_batch_open(&b, w, u, err) < 0)
		return -1;
	rc = ms_pop3_heads(w->pop, b.items, b.count, &done, &sink, err);
	if (rc < 0 && pop3_usable(w)) { /* no TOP: then without headers */
		for (i = 0; i < b.count; i++)
			say_head(&b, i, NULL);
		rc = 0;
	}
	pop3_batch_release(&b);
	return rc;
}

static int
fetch(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	struct pop3_batch b;
	struct ms_pop3_sink sink = {
	    .message = on_message, .failed = on_failed, .ctx = &b};
	size_t done;
	int rc;

	if (pop3_batch_open(&b, w, u, err) < 0)
		return -1;
	rc = ms_pop3_fetch(w->pop, b.items, b.count, &done, &sink, err);
	pop3_batch_release(&b);
	return rc;
}

/* A session does not see what comes while it lasts: end it, and wait. */
static int
idle(struct worker *w, const char *raw, unsigned seconds, struct ms_err *err)
{
	(void)raw;
	(void)err;
	pop3_close_session(w);
	worker_wait(w, seconds);
	return 0;
}

const struct protocol fetch_pop3 = {.close = pop3_close_session,
    .usable = pop3_usable,
    .backoff = backoff,
    .folders = folders,
    .survey = survey,
    .attributes = attributes,
    .heads = heads,
    .fetch = fetch,
    .delete = pop3_delete,
    .idle = idle};
