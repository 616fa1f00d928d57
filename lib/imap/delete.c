/*
 * delete.c - deletes messages from a folder, and no others. RFC 3501, 6.4.6;
 * RFC 4315, 2.1.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* What is known of a message that is to be deleted. */
enum {
	REPORTED = 1, /* the sink was called */
	MARKED = 2    /* \Deleted before we came */
};

/* One ms_imap_delete(). */
struct removal {
	struct ms_imap *im;
	const struct ms_imap_delete_sink *sink;
	const uint32_t *uids;
	size_t n;
	unsigned char *state; /* of each */
	const char *reason;   /* why those that are still there were kept */
	struct ms_err no;     /* the answer of the server, if it refused */
};

/* ---- the present state ---- */

static unsigned char *
state_of(struct removal *r, uint32_t uid)
{
	return r->state + (ms_find_u32(r->uids, r->n, uid) - r->uids);
}

static void
kept(void *ctx, uint32_t uid, const char *reason)
{
	struct removal *r = ctx;

	*state_of(r, uid) |= REPORTED;
	r->sink->kept(r->sink->ctx, uid, reason);
}

static void
expunged(void *ctx, uint32_t uid)
{
	struct removal *r = ctx;

	*state_of(r, uid) |= REPORTED;
	r->sink->expunged(r->sink->ctx, uid);
}

/* A message that is there: before it is deleted, or after that. */
static int
there(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct removal *r = ctx;

	(void)err;
	if (r->reason != NULL)
		kept(r, m->uid, r->reason);
	else if (ms_words_have(m->flags, "\\Flagged"))
		kept(r, m->uid, "flagged");
	else if (ms_words_have(m->flags, "\\Deleted"))
		*state_of(r, m->uid) |= MARKED;
	return 0;
}

/* Fetches the flags of the messages that have no result. */
static int
look(struct removal *r, struct ms_err *err)
{
	const struct ms_imap_sink sink = {
	    .message = there, .failed = kept, .expunged = expunged, .ctx = r};
	uint32_t *uids = ms_xcalloc(r->n, sizeof(*uids));
	size_t i, n = 0, at, done = 0;
	int rc = 0;

	for (i = 0; i < r->n; i++)
		if ((r->state[i] & REPORTED) == 0)
			uids[n++] = r->uids[i];
	for (at = 0; rc == 0 && at < n; at += done)
		rc = ms_imap_fetch(r->im, MS_IMAP_NO_PART, uids + at, n - at,
		    &done, &sink, err);
	free(uids);
	return rc;
}

/* ---- the steps ---- */

/*
 * Runs a command for the messages that have no result and no state of `skip`;
 * the UIDs can need several commands.
 */
static int
command(struct removal *r, const char *before, const char *after, unsigned skip,
    struct ms_err *err)
{
	struct ms_buf text = {0};
	unsigned char *without = ms_xcalloc(r->n, 1);
	size_t i;
	int rc = 0;

	for (i = 0; i < r->n; i++)
		without[i] = (r->state[i] & (REPORTED | skip)) != 0;
	for (i = 0; rc == 0 && i < r->n;) {
		i += ms_imap_set(
		    &text, before, r->uids + i, without + i, r->n - i, after);
		/* After a change, the UIDs belong to other messages. */
		rc = ms_imap_check_uidvalidity(r->im, err);
		if (rc == 0 && text.n > 0)
			rc = ms_imap_command(
			    r->im, ms_buf_str(&text), "deleting", NULL, err);
	}
	free(without);
	ms_buf_release(&text);
	return rc;
}

/* Marks and expunges. If the server refuses, our marks are removed, and marks
 * that were there before remain. */
static int
remove_messages(struct removal *r, struct ms_err *err)
{
	if (command(r, "UID STORE ", " +FLAGS.SILENT (\\Deleted)", MARKED,
		err) == 0 &&
	    command(r, "UID EXPUNGE ", "", 0, err) == 0)
		return 0;
	if (!r->im->dead)
		command(r, "UID STORE ", " -FLAGS.SILENT (\\Deleted)", MARKED,
		    NULL);
	return -1;
}

static int
run(struct removal *r, struct ms_err *err)
{
	size_t i;

	if (look(r, err) < 0)
		return -1;
	r->reason = "the server keeps it";
	if (remove_messages(r, &r->no) < 0)
		r->reason = r->no.msg;
	if (ms_imap_check(r->im, err) < 0)
		return -1;
	if (look(r, NULL) == 0)
		return 0;
	for (i = 0; i < r->n; i++)
		if ((r->state[i] & REPORTED) == 0)
			kept(r, r->uids[i],
			    "the server does not say whether it is gone");
	return ms_imap_check(r->im, err);
}

int
ms_imap_delete(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_delete_sink *sink, struct ms_err *err)
{
	struct removal r = {.im = im, .sink = sink, .uids = uids};
	struct ms_buf set = {0};
	int rc;

	*done = 0;
	if (count > MS_IMAP_BATCH)
		count = MS_IMAP_BATCH;
	if (!im->mailbox.writable)
		return ms_fail(err, MS_NOINPUT, "the folder is read-only");
	/* EXPUNGE would also delete what another program marks meanwhile. */
	if ((im->caps & MS_CAP_UIDPLUS) == 0)
		return ms_fail(err, MS_NOINPUT,
		    "the server cannot delete single messages (no UIDPLUS)");
	r.n = ms_imap_set(&set, "", uids, NULL, count, "");
	r.state = ms_xcalloc(r.n, 1);
	rc = run(&r, err);
	if (rc == 0)
		*done = r.n;
	free(r.state);
	ms_buf_release(&set);
	return rc;
}
