/*
 * fetch.c - sends RETR, TOP or DELE for many messages, as many commands at a
 * time as the server allows, and reads the answers in order. RFC 1939; RFC
 * 2449, 6.6 (PIPELINING).
 */
#include "pop3.h"
#include "impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dots.h"
#include "mail.h"

/* The same command for several messages. */
struct run {
	struct ms_pop3 *p;
	const char *verb, *rest; /* the command before and after the number */
	const struct ms_pop3_item *items;
	size_t count;
	size_t sent, answered;
	size_t window; /* commands that may be unanswered */
};

/* Reads the next answer and passes it to the sink. Returns 0, or -1: the
 * session is over. */
typedef int handle_fn(struct run *r, const void *sink, struct ms_err *err);

/* Sends the command for all items; *done receives the number of answers. */
static int
run(struct ms_pop3 *p, const char *verb, const char *rest,
    const struct ms_pop3_item *items, size_t count, size_t *done,
    handle_fn *handle, const void *sink, struct ms_err *err)
{
	struct run r = {.p = p,
	    .verb = verb,
	    .rest = rest,
	    .items = items,
	    .count = count,
	    .window =
		p->capabilities & MS_POP3_PIPELINING ? MS_POP3_WINDOW : 1};
	int rc = 0;

	for (; rc == 0 && r.answered < count; r.answered += rc == 0)
		rc = handle(&r, sink, err);
	*done = r.answered;
	return rc;
}

/* Sends more commands when half of those sent are answered: this takes few
 * packets, and the server never waits for us. */
static int
send_more(struct run *r, struct ms_err *err)
{
	struct ms_buf commands = {0};
	int rc;

	if (r->sent == r->count || r->sent - r->answered > r->window / 2)
		return 0;
	while (r->sent < r->count && r->sent - r->answered < r->window)
		ms_buf_printf(&commands, "%s %" PRIu32 "%s\r\n", r->verb,
		    r->items[r->sent++].number, r->rest);
	rc = ms_pop3_send(r->p, commands.p, commands.n, err);
	ms_buf_release(&commands);
	return rc;
}

/* Reads the next answer. Returns 1 for +OK, 0 for -ERR (failed() was called),
 * or -1: the session is over. */
static int
next_answer(struct run *r, void (*failed)(void *, size_t, const char *),
    void *ctx, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1], reason[MS_POP3_REPLY_MAX + 32];
	struct ms_slice reply;
	int rc;

	if (send_more(r, err) < 0)
		return -1;
	rc = ms_pop3_answer(r->p, r->verb, &reply, err);
	if (rc == 0) {
		snprintf(reason, sizeof(reason), "%s refused: %s", r->verb,
		    ms_pop3_reply(reply, text));
		failed(ctx, r->answered, reason);
	}
	return rc;
}

/* ---- answers of many lines ---- */

/* Reads an answer of many lines to its end. */
static int
read_text(struct ms_pop3 *p, ms_dots_put_fn *put, void *ctx, struct ms_err *err)
{
	struct ms_dots dots = {.lf_lines = p->lf_lines};
	uint64_t total = 0;
	size_t used;
	bool end;

	for (;;) {
		used = ms_dots_remove(
		    &dots, p->input + p->at, p->end - p->at, put, ctx, &end);
		p->at += used;
		total += used;
		if (end)
			return 0;
		if (total > MS_POP3_TEXT_MAX)
			return ms_pop3_kill(p, err, MS_PROTO,
			    "the server sends a message longer than %llu bytes",
			    (unsigned long long)MS_POP3_TEXT_MAX);
		if (ms_pop3_more(p, err) < 0)
			return -1;
	}
}

/* ---- whole messages ---- */

/* A message that is being read into the spool. */
struct arrival {
	struct ms_spool *body;
	struct ms_err why; /* set if it cannot be stored */
};

static void
add_body(void *ctx, const unsigned char *p, size_t n)
{
	struct arrival *a = ctx;

	if (a->why.code != MS_OK)
		return;
	if (ms_spool_size(a->body) + n > MS_MESSAGE_MAX)
		ms_fail(&a->why, MS_DATA, "larger than %" PRIu64 " bytes",
		    MS_MESSAGE_MAX);
	else
		(void)ms_spool_add(a->body, p, n, &a->why);
}

/* The answer to a RETR. */
static int
handle_message(struct run *r, const void *ctx, struct ms_err *err)
{
	const struct ms_pop3_sink *sink = ctx;
	struct arrival a = {.body = &r->p->body};
	struct ms_err why = {0};
	int rc = next_answer(r, sink->failed, sink->ctx, err);

	if (rc <= 0)
		return rc;
	ms_spool_clear(a.body);
	if (read_text(r->p, add_body, &a, err) < 0)
		return -1;
	if (a.why.code != MS_OK) {
		sink->failed(sink->ctx, r->answered, a.why.msg);
		return 0;
	}
	if (sink->message(sink->ctx, r->answered, a.body, &why) < 0)
		return ms_pop3_kill(r->p, err, why.code, "%s", why.msg);
	return 0;
}

int
ms_pop3_fetch(struct ms_pop3 *p, const struct ms_pop3_item *items, size_t count,
    size_t *done, const struct ms_pop3_sink *sink, struct ms_err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < count; i++)
		if ((p->capabilities & MS_POP3_EXPIRE_NOW) != 0)
			ms_buf_add(&p->downloaded, &items[i].number,
			    sizeof(items[i].number));
	rc = run(p, "RETR", "", items, count, done, handle_message, sink, err);
	ms_spool_clear(&p->body);
	return rc;
}

/* ---- headers ---- */

static void
add_head(void *ctx, const unsigned char *p, size_t n)
{
	struct ms_pop3 *pop = ctx;
	size_t room = MS_HEAD_MAX - pop->head.n;

	ms_message_hasher_add(pop->hasher, p, n);
	ms_buf_add(&pop->head, p, n < room ? n : room);
}

/* The answer to a TOP. */
static int
handle_head(struct run *r, const void *ctx, struct ms_err *err)
{
	const struct ms_pop3_head_sink *sink = ctx;
	struct ms_pop3 *p = r->p;
	struct ms_pop3_head head = {0};
	struct ms_identity identity;
	struct ms_desc desc;
	struct ms_err why = {0};
	int rc = next_answer(r, sink->failed, sink->ctx, err);

	if (rc <= 0)
		return rc;
	ms_buf_clear(&p->head);
	rc = read_text(p, add_head, p, err);
	ms_message_hasher_end(p->hasher, &identity);
	if (rc < 0)
		return -1;
	memcpy(head.digest, identity.head, sizeof(head.digest));
	ms_mail_describe(ms_buf_slice(&p->head), &desc);
	head.has_date = (desc.bits & MS_DESC_DATE) != 0;
	head.date = desc.date;
	head.has_received = (desc.bits & MS_DESC_RECEIVED) != 0;
	head.received = desc.received;
	if (sink->head(sink->ctx, r->answered, &head, &why) < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	return 0;
}

int
ms_pop3_heads(struct ms_pop3 *p, const struct ms_pop3_item *items, size_t count,
    size_t *done, const struct ms_pop3_head_sink *sink, struct ms_err *err)
{
	*done = 0;
	if ((p->capabilities & (MS_POP3_CAPA | MS_POP3_TOP)) == MS_POP3_CAPA)
		return ms_fail(
		    err, MS_NOINPUT, "the server does not offer TOP");
	return run(p, "TOP", " 0", items, count, done, handle_head, sink, err);
}

/* ---- deleting ---- */

/* A message that is marked may be deleted at QUIT. */
static void
forget_download(struct ms_pop3 *p, uint32_t number)
{
	uint32_t *v = (uint32_t *)(void *)p->downloaded.p;
	size_t i, n = p->downloaded.n / sizeof(*v), kept = 0;

	for (i = 0; i < n; i++)
		if (v[i] != number)
			v[kept++] = v[i];
	p->downloaded.n = kept * sizeof(*v);
}

/* The answer to a DELE. */
static int
handle_mark(struct run *r, const void *ctx, struct ms_err *err)
{
	const struct ms_pop3_delete_sink *sink = ctx;
	int rc = next_answer(r, sink->failed, sink->ctx, err);

	if (rc == 1) {
		forget_download(r->p, r->items[r->answered].number);
		sink->marked(sink->ctx, r->answered);
	}
	return rc < 0 ? -1 : 0;
}

int
ms_pop3_delete(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_delete_sink *sink,
    struct ms_err *err)
{
	p->marked |= count > 0;
	return run(p, "DELE", "", items, count, done, handle_mark, sink, err);
}
