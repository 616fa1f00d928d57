/* pop3.c - carries out the requests to a worker with a POP3 server. */
#include "worker.h"

#include <stdio.h>

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

/* A remark on what the server's list lacks. */
static void
remark_list(struct session *s)
{
	const struct ms_pop3_list *l = &s->first;
	char text[MS_POP3_EXAMPLE + 80] =
	    "the server has no UIDL for some messages: they are recognised by "
	    "header and size";

	if (l->unusable > 0)
		snprintf(text, sizeof(text),
		    "%zu %s of the server's list cannot be used, the first is "
		    "%s",
		    l->unusable, l->unusable == 1 ? "line" : "lines",
		    l->example);
	else if (l->shared == 0 && l->without == 0 && !l->no_uidl)
		return;
	say(s, &(struct ipc_message){.type = SAY_REMARK, .text = text});
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
	remark_list(s);
	say(s, &(struct ipc_message){
		   .type = SAY_SURVEY, .missing = s->first.missing});
	for (i = 0; i < s->first.count; i++)
		say(s, &(struct ipc_message){.type = SAY_UIDL,
			   .info = {.uid = (uint32_t)i + 1,
			       .size = s->first.items[i].has_size
					   ? s->first.items[i].size
					   : MS_SIZE_UNKNOWN},
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
	const struct ms_msg_info info = pop3_info(b, index);

	(void)err;
	say_message(b->session, body, &info);
	return 0;
}

static int
on_body(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct pop3_batch *b = ctx;
	const struct ms_msg_info info = pop3_info(b, index);

	(void)err;
	say_id(b->session, body, &info);
	return 0;
}

static void
say_head(struct pop3_batch *b, size_t index, const struct ms_pop3_head *h)
{
	struct ms_msg_info info = pop3_info(b, index);

	if (h != NULL) {
		info.has |= MS_HAS_HEAD | (h->has_date ? MS_HAS_SENT : 0u) |
			    (h->has_received ? MS_HAS_RECEIVED : 0u);
		info.sent = h->date;
		info.received = h->received;
		info.head = h->digest;
	}
	say(b->session,
	    &(struct ipc_message){.type = SAY_HEADER, .info = info});
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
	    .message = request->type == ASK_IDS ? on_body : on_message,
	    .failed = on_failed,
	    .ctx = &b};
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
	[ASK_IDS] = fetch,
	[ASK_FETCH] = fetch,
	[ASK_DELETE] = pop3_delete,
	[ASK_IDLE] = idle}};
