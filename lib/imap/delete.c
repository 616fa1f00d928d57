/*
 * delete.c - deletes messages from a folder, and no others. RFC 3501, 6.4.3 and
 * 6.4.6; RFC 4315, 2.1.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>

#include "numbers.h"

/* The state of a message that is to be deleted. */
enum {
	REPORTED = 1, /* the sink was called */
	THERE = 2,    /* the server lists it */
	FLAGGED = 4,  /* \Flagged */
	MARKED = 8    /* \Deleted before we came */
};

/* One ms_imap_delete(). */
struct removal {
	struct ms_imap *im;
	const struct ms_imap_delete_sink *sink;
	const uint32_t *uids;
	size_t n;
	unsigned char *state; /* of each */
	bool stored;          /* MARKED does not change any more */
	size_t answers;       /* messages that the last FETCH listed */
	size_t others;        /* of these: marked, but not by us */
};

static void
report_kept(struct removal *r, size_t i, const char *reason)
{
	if (r->state[i] & REPORTED)
		return;
	r->state[i] |= REPORTED;
	r->sink->kept(r->sink->ctx, r->uids[i], reason);
}

static void
all_stay(struct removal *r, const char *reason)
{
	for (size_t i = 0; i < r->n; i++)
		report_kept(r, i, reason);
}

/* ---- the present state; by FETCH, because a SEARCH may be cut ---- */

static void
handle_flags(struct mailimap_msg_att *att, void *ctx)
{
	struct removal *r = ctx;
	struct ms_imap_attr a = {0};
	const uint32_t *at;
	bool marked;

	r->im->text = 0;
	ms_imap_attr_read(r->im, &a, att);
	at = ms_find_u32(r->uids, r->n, a.uid);
	if (a.uid != 0 && a.has_flags) {
		r->answers++;
		marked = ms_imap_has_flag(&a, "\\Deleted");
		if (at == NULL)
			r->others += marked;
		else
			r->state[at - r->uids] |=
			    THERE | (marked && !r->stored ? MARKED : 0) |
			    (ms_imap_has_flag(&a, "\\Flagged") ? FLAGGED : 0);
	}
	ms_imap_attr_release(&a);
}

/*
 * Runs a command: `before`, the UIDs without a result (and without a flag of
 * `skip`), `after`.
 */
static int
command(struct removal *r, const char *before, const char *after, unsigned skip,
    mailimap_msg_att_handler *att, struct ms_err *err)
{
	struct ms_buf text = {0};
	unsigned char *without = ms_xcalloc(r->n, 1);
	size_t i, left = 0;
	int rc = 0;

	for (i = 0; i < r->n; i++) {
		without[i] = (r->state[i] & (REPORTED | skip)) != 0;
		left += !without[i];
	}
	ms_buf_add_str(&text, before);
	ms_imap_add_set(&text, r->uids, without, r->n);
	ms_buf_add_str(&text, after);
	if (left == 0)
		;
	else if (ms_imap_check_uidvalidity(r->im, err) < 0)
		rc = -1; /* the UIDs now belong to other messages */
	else if (att != NULL)
		rc = ms_imap_run_fetch(
		    r->im, ms_buf_str(&text), att, NULL, r, err);
	else
		rc = ms_imap_command(r->im, ms_buf_str(&text), "deleting", err);
	free(without);
	ms_buf_release(&text);
	return rc;
}

/* Is a message of the folder that is not ours marked \Deleted, or may it be? */
static int
others_marked(struct removal *r, bool *out, struct ms_err *err)
{
	r->answers = r->others = 0;
	if (ms_imap_run_fetch(r->im, "UID FETCH 1:* (UID FLAGS)", handle_flags,
		NULL, r, err) < 0)
		return -1;
	*out = r->others > 0 || r->answers < r->im->mailbox.exists;
	return 0;
}

/* Removes our marks; marks that were there before remain. */
static void
unmark(struct removal *r)
{
	if (r->stored && !r->im->dead)
		command(r, "UID STORE ", " -FLAGS.SILENT (\\Deleted)", MARKED,
		    NULL, NULL);
}

/* ---- the steps ---- */

/*
 * Marks and expunges. Returns -1 with a usable session if the server refused.
 */
static int
remove_messages(struct removal *r, struct ms_err *err)
{
	static const char shared[] =
	    "other messages in the folder are marked \\Deleted, and the server "
	    "cannot expunge single messages (no UIDPLUS)";
	bool plus = (ms_imap_capabilities(r->im) & MS_CAP_UIDPLUS) != 0;
	bool others = false;

	if (!plus && others_marked(r, &others, err) < 0)
		return -1;
	if (others)
		return ms_fail(err, MS_NOINPUT, "%s", shared);
	r->stored = true; /* the server may have marked some before the NO */
	if (command(r, "UID STORE ", " +FLAGS.SILENT (\\Deleted)", MARKED, NULL,
		err) < 0)
		return -1;
	if (plus)
		return command(r, "UID EXPUNGE ", "", 0, NULL, err);
	/* Again: another client may have marked messages. */
	if (others_marked(r, &others, err) < 0)
		return -1;
	if (others)
		return ms_fail(err, MS_NOINPUT, "%s", shared);
	if (ms_imap_check_uidvalidity(r->im, err) < 0)
		return -1;
	return ms_imap_command(r->im, "EXPUNGE", "EXPUNGE", err);
}

/* Asks which messages are still there, and calls the sink. */
static int
report(struct removal *r, const char *reason, struct ms_err *err)
{
	struct ms_err no = {0};
	size_t i;

	for (i = 0; i < r->n; i++)
		r->state[i] &= REPORTED;
	if (ms_imap_command(r->im, "NOOP", "NOOP", &no) < 0 ||
	    command(r, "UID FETCH ", " (UID FLAGS)", 0, handle_flags, &no) <
		0) {
		if (r->im->dead) {
			if (err != NULL)
				*err = no;
			return -1;
		}
		all_stay(r, "the server does not say whether it is gone");
		return 0;
	}
	for (i = 0; i < r->n; i++) {
		if (r->state[i] & REPORTED)
			continue;
		if (r->state[i] & THERE) {
			report_kept(r, i, reason);
			continue;
		}
		r->state[i] |= REPORTED;
		r->sink->expunged(r->sink->ctx, r->uids[i]);
	}
	return 0;
}

static int
run(struct removal *r, struct ms_err *err)
{
	struct ms_err no = {0};
	size_t i;
	int rc;

	rc = command(r, "UID FETCH ", " (UID FLAGS)", 0, handle_flags, &no);
	for (i = 0; rc == 0 && i < r->n; i++)
		if (r->state[i] & FLAGGED)
			report_kept(r, i, "flagged");
	if (rc == 0)
		rc = remove_messages(r, &no);
	if (rc < 0)
		unmark(r);
	if (r->im->dead) {
		if (err != NULL)
			*err = r->im->err;
		return -1;
	}
	return report(r, rc < 0 ? no.msg : "the server keeps it", err);
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
	r.n = ms_imap_add_set(&set, uids, NULL, count);
	r.state = ms_xcalloc(r.n, 1);
	rc = run(&r, err);
	if (rc == 0)
		*done = r.n;
	free(r.state);
	ms_buf_release(&set);
	return rc;
}
