/*
 * fetch.c - RETR, TOP and DELE for many messages: as many commands under
 * way as the server allows, the answers in their order. RFC 1939, RFC 2449,
 * 6.6 (PIPELINING).
 */
#include "pop3.h"
#include "impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mail.h"

/* One command for each of some messages. */
struct run {
	struct ms_pop3 *p;
	const char *verb, *rest; /* what stands around the number */
	const struct ms_pop3_item *items;
	size_t count;
	size_t sent, told; /* commands, answers */
	size_t most;       /* commands without an answer */
};

static struct run
run_new(struct ms_pop3 *p, const char *verb, const char *rest,
    const struct ms_pop3_item *items, size_t count)
{
	return (struct run){.p = p,
	    .verb = verb,
	    .rest = rest,
	    .items = items,
	    .count = count,
	    .most = p->capabilities & MS_POP3_PIPELINING ? MS_POP3_WINDOW : 1};
}

/* Sends more commands once half of those sent are answered: few packets, and
 * the server never waits for us. */
static int
send_more(struct run *r, struct ms_err *err)
{
	struct ms_buf commands = {0};
	int rc;

	if (r->sent == r->count || r->sent - r->told > r->most / 2)
		return 0;
	while (r->sent < r->count && r->sent - r->told < r->most)
		ms_buf_printf(&commands, "%s %" PRIu32 "%s\r\n", r->verb,
		    r->items[r->sent++].number, r->rest);
	rc = ms_pop3_send(r->p, commands.p, commands.n, err);
	ms_buf_release(&commands);
	return rc;
}

/*
 * The answer to the next command. 1: +OK; 0: -ERR, told to failed(); -1: the
 * session is over.
 */
static int
next_answer(struct run *r, void (*failed)(void *, size_t, const char *),
    void *ctx, struct ms_err *err)
{
	char text[MS_POP3_WORDS + 1], reason[MS_POP3_WORDS + 32];
	struct ms_slice words;
	int rc;

	if (send_more(r, err) < 0)
		return -1;
	rc = ms_pop3_answer(r->p, r->verb, &words, err);
	if (rc == 0) {
		snprintf(reason, sizeof(reason), "%s refused: %s", r->verb,
		    ms_pop3_words(words, text));
		failed(ctx, r->told, reason);
	}
	return rc;
}

/* ---- whole messages ---- */

/* A message on its way to the spool; why: it can't be kept. */
struct arrival {
	struct ms_spool *body;
	struct ms_err why;
};

static void
keep(void *ctx, const unsigned char *p, size_t n)
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

/* Takes the answer to one RETR and tells of it. */
static int
take_message(struct run *r, const struct ms_pop3_sink *sink, struct ms_err *err)
{
	struct arrival a = {.body = &r->p->body};
	struct ms_err why = {0};
	int rc = next_answer(r, sink->failed, sink->ctx, err);

	if (rc <= 0)
		return rc;
	ms_spool_clear(a.body);
	if (ms_pop3_read_text(r->p, keep, &a, err) < 0)
		return -1;
	/* Sizes are not to be relied on, but nothing at all is no message. */
	if (r->items[r->told].size > 0 && ms_spool_size(a.body) == 0 &&
	    a.why.code == MS_OK)
		ms_fail(&a.why, MS_DATA, "the server sends nothing of it");
	if (a.why.code != MS_OK) {
		sink->failed(sink->ctx, r->told, a.why.msg);
		return 0;
	}
	if (sink->message(sink->ctx, r->told, a.body, &why) < 0)
		return ms_pop3_kill(r->p, err, why.code, "%s", why.msg);
	return 0;
}

int
ms_pop3_fetch(struct ms_pop3 *p, const struct ms_pop3_item *items, size_t count,
    size_t *done, const struct ms_pop3_sink *sink, struct ms_err *err)
{
	struct run r = run_new(p, "RETR", "", items, count);
	int rc = 0;

	p->downloaded |= count > 0;
	for (; rc == 0 && r.told < count; r.told += rc == 0)
		rc = take_message(&r, sink, err);
	*done = r.told;
	ms_spool_clear(&p->body);
	return rc;
}

/* ---- headers ---- */

static void
look(void *ctx, const unsigned char *p, size_t n)
{
	struct ms_pop3 *pop = ctx;
	size_t room = MS_HEAD_MAX - pop->head.n;

	ms_message_hasher_add(pop->wire, p, n);
	ms_buf_add(&pop->head, p, n < room ? n : room);
}

static int
take_head(
    struct run *r, const struct ms_pop3_head_sink *sink, struct ms_err *err)
{
	struct ms_pop3 *p = r->p;
	struct ms_pop3_head head = {0};
	struct ms_identity identity;
	struct ms_desc desc;
	struct ms_err why = {0};
	int rc = next_answer(r, sink->failed, sink->ctx, err);

	if (rc <= 0)
		return rc;
	ms_buf_clear(&p->head);
	rc = ms_pop3_read_text(p, look, p, err);
	ms_message_hasher_end(p->wire, &identity);
	if (rc < 0)
		return -1;
	memcpy(head.digest, identity.head, sizeof(head.digest));
	ms_mail_describe(ms_buf_slice(&p->head), &desc);
	head.has_date = (desc.bits & MS_DESC_DATE) != 0;
	head.date = desc.date;
	if (sink->head(sink->ctx, r->told, &head, &why) < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	return 0;
}

int
ms_pop3_heads(struct ms_pop3 *p, const struct ms_pop3_item *items, size_t count,
    size_t *done, const struct ms_pop3_head_sink *sink, struct ms_err *err)
{
	struct run r = run_new(p, "TOP", " 0", items, count);
	int rc = 0;

	*done = 0;
	if ((p->capabilities & (MS_POP3_CAPA | MS_POP3_TOP)) == MS_POP3_CAPA)
		return ms_fail(err, MS_NOINPUT, "the server has no TOP");
	for (; rc == 0 && r.told < count; r.told += rc == 0)
		rc = take_head(&r, sink, err);
	*done = r.told;
	return rc;
}

/* ---- marks ---- */

int
ms_pop3_delete(struct ms_pop3 *p, const struct ms_pop3_item *items,
    size_t count, size_t *done, const struct ms_pop3_delete_sink *sink,
    struct ms_err *err)
{
	struct run r = run_new(p, "DELE", "", items, count);
	int rc = 0;

	p->marked |= count > 0;
	for (; rc >= 0 && r.told < count; r.told += rc >= 0) {
		rc = next_answer(&r, sink->failed, sink->ctx, err);
		if (rc == 1)
			sink->marked(sink->ctx, r.told);
	}
	*done = r.told;
	return rc < 0 ? -1 : 0;
}
