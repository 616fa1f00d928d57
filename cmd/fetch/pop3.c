/* pop3.c - carries out the requests to a worker with a POP3 server. */
#include "worker.h"

#include "pop3-session.h"

static unsigned
backoff(const struct session *s)
{
	return s->pop != NULL ? ms_pop3_backoff(s->pop) : 0;
}

static int
folders(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	(void)request;
	if (pop3_need_session(s, err) < 0)
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
	if (pop3_need_list(s, err) < 0)
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

/* ---- messages ---- */

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
	session_wait(s, request->seconds);
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
