/*
 * pop3-session.c - a session with a POP3 server: its list of messages, and the
 * messages of a request in it. A mailbox has one folder. Its messages get new
 * numbers in each session, so that a place in the first session's list serves
 * as UID.
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

static int
open_session(struct session *s, struct ms_err *err)
{
	struct ms_conn *conn;
	enum ms_tls tls;

	*err = (struct ms_err){0};
	return session_connect(s, &conn, &tls, err) < 0
		   ? -1
		   : ms_pop3_open(&s->pop, conn, tls, s->no_capa, err);
}

/* Has the server closed the connection at CAPA? Then CAPA is not sent again. */
static bool
ended_at_capa(struct session *s, const struct ms_err *err)
{
	static const char at[] = MS_POP3_AT_CAPA;

	s->no_capa = !s->no_capa && err->code == MS_TEMP &&
		     strncmp(err->msg, at, sizeof(at) - 1) == 0;
	return s->no_capa;
}

int
pop3_need_session(struct session *s, struct ms_err *err)
{
	struct ms_login login;

	if (pop3_usable(s))
		return 0;
	pop3_close_session(s);
	if (open_session(s, err) < 0 &&
	    (!ended_at_capa(s, err) || open_session(s, err) < 0)) {
		session_explain_plain(s, err);
		return -1;
	}
	if (session_login(s, &login, err) < 0 ||
	    ms_pop3_login(s->pop, &login, err) < 0) {
		s->login_failed = true;
		return -1;
	}
	session_logged_in(s, 0);
	return 0;
}

int
pop3_need_list(struct session *s, struct ms_err *err)
{
	if (pop3_need_session(s, err) < 0)
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

/* ---- messages of the first list in this session ---- */

/* Does the list show that a UIDL is no longer there? Not if the server has more
 * messages, or some whose UIDL is not known. */
static bool
is_complete(const struct ms_pop3_list *l)
{
	return l->missing == 0 && l->without == 0 && l->shared == 0;
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
	qsort(v, *count, sizeof(*v), ms_pop3_by_uidl);
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
			at =
			    bsearch(&it, v, count, sizeof(*v), ms_pop3_by_uidl);
		if (at != NULL) {
			b->uid[b->count] = b->request->uids.v[i];
			b->items[b->count++] = **at;
		} else if (it->uidl != NULL && is_complete(&b->session->now)) {
			say_gone(b->session, b->request->uids.v[i]);
		} else {
			say_failed(b->session, b->request->uids.v[i],
			    it->uidl != NULL
				? "cannot be found again after a lost "
				  "connection: the server's list is incomplete"
				: "cannot be found again after a lost "
				  "connection: the server gives it no UIDL");
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
	if (pop3_need_list(s, err) < 0)
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

struct ms_msg_info
pop3_info(const struct pop3_batch *b, size_t index)
{
	const struct ms_pop3_item *it = b->items + index;

	return (struct ms_msg_info){.uid = b->uid[index],
	    .has = it->has_size ? MS_HAS_SIZE : 0,
	    .size = it->size,
	    .email_id = ""};
}
