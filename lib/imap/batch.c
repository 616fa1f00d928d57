/*
 * batch.c - requests many messages with one command, and makes sure that each
 * of them gets a result: fetched, expunged or failed. RFC 3501, 6.4.5.
 */
#include "imap.h"
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

#define UNASKED_MAX                                                            \
	100000 /* answers about messages that were not requested               \
		*/
#define REFUSED_MAX                                                            \
	20 /* consecutive refusals, after which the others count as refused */

enum state {
	WAITING,
	REPORTED, /* the sink was called */
	EXISTS    /* not sent, but still in the folder */
};

/* Returns the state of a UID in the batch, or NULL if it was not requested. */
static unsigned char *
state_of(const struct ms_imap_batch *b, uint32_t uid)
{
	const uint32_t *at = ms_find_u32(b->uids, b->n, uid);

	return at != NULL ? b->state + (at - b->uids) : NULL;
}

static void
count_unasked(struct ms_imap_batch *b)
{
	if (++b->unasked > UNASKED_MAX)
		ms_imap_kill(b->im, MS_PROTO,
		    "the server sends messages that were not requested");
}

bool
ms_imap_batch_due(struct ms_imap_batch *b, uint32_t uid)
{
	unsigned char *state = state_of(b, uid);

	if (b->im->dead || ms_imap_check_uidvalidity(b->im, NULL) < 0)
		return false;
	if (state == NULL || *state == REPORTED) {
		count_unasked(b);
		return false;
	}
	*state = REPORTED;
	return true;
}

size_t
ms_imap_add_set(struct ms_buf *out, const uint32_t *uids,
    const unsigned char *skip, size_t n)
{
	size_t i, j, start = out->n;

	for (i = 0; i < n && out->n - start < MS_IMAP_SET_MAX; i = j) {
		j = i + 1;
		if (skip != NULL && skip[i])
			continue;
		while (j < n && (skip == NULL || !skip[j]) &&
		       uids[j] == uids[j - 1] + 1)
			j++;
		if (out->n > start)
			ms_buf_add_byte(out, ',');
		ms_buf_printf(
		    out, j - i > 1 ? "%u:%u" : "%u", uids[i], uids[j - 1]);
	}
	return i;
}

static void
handle_existing(struct mailimap_msg_att *att, void *ctx)
{
	struct ms_imap_batch *b = ctx;
	unsigned char *state = state_of(b, ms_imap_uid_of(att));

	b->im->text = 0;
	if (state != NULL && *state == WAITING)
		*state = EXISTS;
	else
		count_unasked(b);
}

/*
 * Tells expunged messages from messages that the server does not send: a
 * message that another client has expunged has not failed.
 */
static int
find_gone(struct ms_imap_batch *b, struct ms_err *err)
{
	struct ms_buf command = {0};
	size_t i;
	int rc;

	/* The server may report expunged messages only after this command. */
	if (ms_imap_command(b->im, "NOOP", "NOOP", err) < 0)
		return -1;
	ms_buf_add_str(&command, "UID FETCH ");
	ms_imap_add_set(&command, b->uids, b->state, b->n); /* WAITING is 0 */
	ms_buf_add_str(&command, " (UID)");
	rc = ms_imap_run_fetch(
	    b->im, ms_buf_str(&command), handle_existing, NULL, b, err);
	ms_buf_release(&command);
	if (rc < 0 || ms_imap_check_uidvalidity(b->im, err) < 0)
		return -1;
	for (i = 0; i < b->n; i++) {
		if (b->state[i] != WAITING)
			continue;
		b->state[i] = REPORTED;
		b->expunged(b->ctx, b->uids[i]);
	}
	return 0;
}

/* Requests one message alone. If it is not sent, why receives the reason. */
static int
ask_again(struct ms_imap_batch *b, size_t i, struct ms_err *why)
{
	struct ms_buf command = {0};
	int rc;

	ms_fail(why, MS_DATA, "the server does not send the message");
	ms_buf_printf(&command, "UID FETCH %u %s", b->uids[i], b->what);
	rc = ms_imap_run_fetch(
	    b->im, ms_buf_str(&command), b->att, b->body, b, why);
	ms_buf_release(&command);
	if (rc < 0 && b->im->dead)
		return -1;
	return ms_imap_check_uidvalidity(b->im, why);
}

/*
 * Requests the messages that exist and were not sent again, one by one: because
 * of one bad message, some servers refuse a whole command. A temporary refusal
 * is not passed to the sink: the function returns -1, and ms_imap_backoff()
 * tells how long to wait.
 */
static int
fetch_rest(struct ms_imap_batch *b, struct ms_err *err)
{
	struct ms_err why = {0}, not_now = {0};
	unsigned refused = 0, wait = 0;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->state[i] != EXISTS)
			continue;
		if (refused < REFUSED_MAX && ask_again(b, i, &why) < 0) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (b->state[i] == REPORTED) {
			refused = 0;
			continue;
		}
		refused++;
		if (why.code == MS_TEMP) {
			not_now = why;
			wait = b->im->backoff;
			continue;
		}
		b->state[i] = REPORTED;
		b->failed(b->ctx, b->uids[i], why.msg);
	}
	if (not_now.code == MS_OK)
		return 0;
	b->im->backoff = wait;
	if (err != NULL)
		*err = not_now;
	return -1;
}

int
ms_imap_batch_run(struct ms_imap_batch *b, const uint32_t *uids, size_t count,
    size_t *done, struct ms_err *err)
{
	struct ms_buf command = {0};
	struct ms_err no = {0};
	int rc;

	*done = 0;
	if (ms_imap_check_uidvalidity(b->im, err) < 0)
		return -1;
	if (count > MS_IMAP_BATCH)
		count = MS_IMAP_BATCH;
	b->uids = uids;
	b->state = ms_xcalloc(count, 1); /* WAITING */
	ms_buf_add_str(&command, "UID FETCH ");
	b->n = ms_imap_add_set(&command, uids, NULL, count);
	ms_buf_printf(&command, " %s", b->what);
	rc = ms_imap_run_fetch(
	    b->im, ms_buf_str(&command), b->att, b->body, b, &no);
	if (b->im->dead) {
		if (err != NULL)
			*err = no;
		goto out;
	}
	rc = ms_imap_check_uidvalidity(b->im, err);
	if (rc < 0)
		goto out;
	/* Also after a NO: missing messages are requested again. */
	if (memchr(b->state, WAITING, b->n) != NULL) {
		rc = find_gone(b, err);
		if (rc == 0)
			rc = fetch_rest(b, err);
	}
	*done = b->n;
out:
	ms_buf_release(&command);
	free(b->state);
	b->state = NULL;
	return rc;
}
