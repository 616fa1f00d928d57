/*
 * pop3.c - carries out the requests to a worker with a POP3 server. A mailbox
 * has one folder. Its messages get new numbers in each session, so that a place
 * in the first session's list serves as UID.
 */
#include "pop3-session.h"

#include <stdlib.h>
#include <string.h>

bool
pop3_usable(const struct session *s)
{
	return s->pop != NULL && !s->login_failed && ms_pop3_usable(s->pop);
}

void
pop3_close_session(struct session *s)
{
	ms_pop3_close(s->pop);
	s->pop = NULL;
	s->login_failed = false;
	s->list_state = NOT_LISTED;
}

static unsigned
backoff(const struct session *s)
{
	return s->pop != NULL ? ms_pop3_backoff(s->pop) : 0;
}

static int
need_session(struct session *s, struct ms_err *err)
{
	struct ms_conn *conn;
	struct ms_login login;
	enum ms_tls tls;

	if (pop3_usable(s))
		return 0;
	pop3_close_session(s);
	if (worker_connect(s, &conn, &tls, err) < 0 ||
	    ms_pop3_open(&s->pop, conn, tls, err) < 0)
		return -1;
	if (worker_login(s, &login, err) < 0 ||
	    ms_pop3_login(s->pop, &login, err) < 0) {
		s->login_failed = true;
		return -1;
	}
	worker_logged_in(s, 0);
	return 0;
}

/* Opens a session, if there is none, and lists its messages. */
static int
need_list(struct session *s, struct ms_err *err)
{
	if (need_session(s, err) < 0)
		return -1;
	if (s->list_state != NOT_LISTED)
		return 0;
	if (!s->listed) {
		if (ms_pop3_list(s->pop, &s->first, err) < 0)
			return -1;
		s->listed = true;
		s->list_state = IS_FIRST;
		return 0;
	}
	ms_pop3_list_release(&s->now);
	if (ms_pop3_list(s->pop, &s->now, err) < 0)
		return -1;
	s->list_state = IS_LATER;
	return 0;
}

static int
folders(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	(void)request;
	if (need_session(s, err) < 0)
		return -1;
	say(s, &(struct ipc_message){.type = SAY_FOLDER,
		   .raw = "INBOX",
		   .name = "INBOX",
		   .space = MS_SPACE_PERSONAL,
		   .selectable = true});
	return 0;
}

static int
survey(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	size_t i;

	(void)request;
	/* Only a new session sees the messages that have come since. */
	if (s->listed) {
		pop3_close_session(s);
		ms_pop3_list_release(&s->first);
		s->listed = false;
	}
	if (need_list(s, err) < 0)
		return -1;
	if (s->first.shared > 0 || s->first.without > 0 || s->first.no_uidl)
		say(s, &(struct ipc_message){.type = SAY_REMARK,
			   .text = "the server has no UIDL for some messages: "
				   "they are recognised by header and size"});
	say(s, &(struct ipc_message){
		   .type = SAY_SURVEY, .missing = s->first.missing});
	for (i = 0; i < s->first.count; i++)
		say(s, &(struct ipc_message){.type = SAY_UIDL,
			   .info.uid = (uint32_t)i + 1,
			   .text = s->first.items[i].uidl});
	return 0;
}

/* ---- messages of the first list in this session ---- */

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
	const struct ms_pop3_list *first = &b->session->first;
	size_t count, i;
	const struct ms_pop3_item **v = sorted(&b->session->now, &count), **at,
				  *it;

	for (i = 0; i < b->request->uids.n; i++) {
		it = first->items + b->request->uids.v[i] - 1;
		at = NULL;
		if (it->uidl != NULL)
			at = bsearch(&it, v, count, sizeof(*v), by_uidl);
		if (at != NULL) {
			b->uid[b->count] = b->request->uids.v[i];
			b->items[b->count++] = **at;
		} else if (it->uidl != NULL) {
			say_uid(b->session, SAY_GONE, b->request->uids.v[i]);
		} else {
			say_failed(b->session, b->request->uids.v[i],
			    "cannot be found again after a lost connection: "
			    "the server gives it no UIDL");
		}
	}
	free(v);
}

int
pop3_batch_open(struct pop3_batch *b, struct session *s,
    const struct ipc_message *request, struct ms_err *err)
{
	const struct ipc_uids *u = &request->uids;
	size_t i;

	*b = (struct pop3_batch){.session = s, .request = request};
	for (i = 0; i < u->n; i++)
		if (!s->listed || u->v[i] == 0 || u->v[i] > s->first.count)
			return ms_fail(
			    err, MS_BUG, "invalid request to a worker");
	if (need_list(s, err) < 0)
		return -1;
	b->items = ms_xcalloc(u->n, sizeof(*b->items));
	b->uid = ms_xcalloc(u->n, sizeof(*b->uid));
	if (s->list_state == IS_LATER) {
		find_later(b);
		return 0;
	}
	for (i = 0; i < u->n; i++) {
		b->uid[i] = u->v[i];
		b->items[i] = s->first.items[u->v[i] - 1];
	}
	b->count = u->n;
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

	say_failed(b->session, b->uid[index], reason);
}

static int
on_message(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct pop3_batch *b = ctx;
	struct session *s = b->session;
	const struct ms_pop3_item *it = b->items + index;

	(void)err;
	say(s, &(struct ipc_message){.type = SAY_MESSAGE,
		   .info = {.uid = b->uid[index],
		       .has = it->has_size ? MS_HAS_SIZE : 0,
		       .size = it->size,
		       .bytes = ms_spool_size(body)}});
	say_body(s, body);
	return 0;
}

static void
say_head(struct pop3_batch *b, size_t index, const struct ms_pop3_head *h)
{
	const struct ms_pop3_item *it = b->items + index;

	say(b->session,
	    &(struct ipc_message){.type = SAY_HEADER,
		.info = {.uid = b->uid[index],
		    .has = (it->has_size ? MS_HAS_SIZE : 0u) |
			   (h != NULL ? MS_HAS_HEAD : 0u) |
			   (h != NULL && h->has_date ? MS_HAS_SENT : 0u),
		    .sent = h != NULL ? h->date : 0,
		    .size = it->size,
		    .head = h != NULL ? h->digest : NULL}});
}

static int
on_head(
    void *ctx, size_t index, const struct ms_pop3_head *h, struct ms_err *err)
{
	(void)err;
	say_head(ctx, index, h);
	return 0;
}

/* TOP is optional, and this server refuses it: the whole message is fetched. */
static void
on_no_head(void *ctx, size_t index, const char *reason)
{
	(void)reason;
	say_head(ctx, index, NULL);
}

static int
attributes(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct pop3_batch b;
	size_t i;

	if (pop3_batch_open(&b, s, request, err) < 0)
		return -1;
	for (i = 0; i < b.count; i++)
		say_head(&b, i, NULL);
	pop3_batch_release(&b);
	return 0;
}

static int
heads(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct pop3_batch b;
	struct ms_pop3_head_sink sink = {
	    .head = on_head, .failed = on_no_head, .ctx = &b};
	size_t done, i;
	int rc;

	if (pop3_batch_open(&b, s, request, err) < 0)
		return -1;
	rc = ms_pop3_heads(s->pop, b.items, b.count, &done, &sink, err);
	if (rc < 0 && pop3_usable(s)) { /* no TOP: without headers */
		for (i = 0; i < b.count; i++)
			say_head(&b, i, NULL);
		rc = 0;
	}
	pop3_batch_release(&b);
	return rc;
}

static int
fetch(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct pop3_batch b;
	struct ms_pop3_sink sink = {
	    .message = on_message, .failed = on_failed, .ctx = &b};
	size_t done;
	int rc;

	if (pop3_batch_open(&b, s, request, err) < 0)
		return -1;
	rc = ms_pop3_fetch(s->pop, b.items, b.count, &done, &sink, err);
	pop3_batch_release(&b);
	return rc;
}

/* A session does not see new messages: it is closed for the time. */
static int
idle(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	(void)err;
	pop3_close_session(s);
	worker_wait(s, request->seconds);
	return 0;
}

const struct protocol fetch_pop3 = {.close = pop3_close_session,
    .usable = pop3_usable,
    .backoff = backoff,
    .serve = {[ASK_FOLDERS] = folders,
	[ASK_SURVEY] = survey,
	[ASK_ATTRIBUTES] = attributes,
	[ASK_HEADERS] = heads,
	[ASK_FETCH] = fetch,
	[ASK_DELETE] = pop3_delete,
	[ASK_IDLE] = idle}};
