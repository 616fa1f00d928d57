/* result.c - reports what has become of each message, for ms-ingest(1). */
#include "resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void
run_add_failed(
    struct run *r, const struct ms_dest *d, const char *where, const char *why)
{
	const char *folder = r->opt->source.into;
	struct ms_tally *t;

	pthread_mutex_lock(&r->lock);
	r->failed++;
	/* A message that fails before it has a folder counts in the folder
	 * that it would have gone to. */
	if (d != NULL)
		t = ms_report_tally(r->report, d->user, d->source, d->folder);
	else
		t = ms_report_tally(r->report, r->user, MS_SOURCE_LOCAL,
		    folder != NULL ? folder : "INBOX");
	t->seen++;
	t->failed++;
	ms_report_failed(r->report, where, why);
	resume_failed(r->resume, false, where, why);
	pthread_mutex_unlock(&r->lock);
}

void
run_add_left_out(struct run *r, const struct ms_arrival *m)
{
	char *const *v = m->env.value;
	struct ms_tally *t;

	pthread_mutex_lock(&r->lock);
	r->client_deleted++;
	t = ms_report_tally(r->report, r->user,
	    v[MS_ATTR_SOURCE] != NULL ? v[MS_ATTR_SOURCE] : MS_SOURCE_LOCAL,
	    v[MS_ATTR_FOLDER]);
	t->seen++;
	t->left_out++;
	ms_report_left_out(r->report, m->where, m->left_out);
	pthread_mutex_unlock(&r->lock);
}

void
run_add_fault(struct run *r, const char *where, const char *fault)
{
	pthread_mutex_lock(&r->lock);
	r->incomplete++;
	ms_report_failed(r->report, where, fault);
	resume_failed(r->resume, true, where, fault);
	pthread_mutex_unlock(&r->lock);
}

void
run_add_remark(void *ctx, const char *where, const char *text)
{
	struct run *r = ctx;

	pthread_mutex_lock(&r->lock);
	r->remarks++;
	ms_report_remark(r->report, where, text);
	pthread_mutex_unlock(&r->lock);
}

static void
print_id(struct run *r, const unsigned char id[MS_SHA_LEN], bool is_new)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(id, MS_SHA_LEN, hex);
	if (printf("%s\t%s\n", hex, is_new ? "new" : "known") < 0 &&
	    r->stdout_errno == 0)
		r->stdout_errno = errno;
}

/* Names damage, also with --quiet. The caller holds the lock. */
static void
name_damage(struct run *r, const char *what)
{
	if (r->opt->report.quiet)
		ms_warn(TOOL, "%s", what);
	ms_report_note(r->report, "%s", what);
}

/* A damaged message was stored again, under the lock of the report. */
static void
name_again(struct run *r, const struct ms_deposit *d, struct ms_slice where)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_buf text = {0};

	ms_hex(d->id, MS_SHA_LEN, hex);
	ms_buf_add(&text, where.p, where.n);
	ms_buf_printf(&text,
	    ": message %s is damaged in the archive, and was stored again",
	    hex);
	name_damage(r, ms_buf_str(&text));
	ms_buf_release(&text);
}

void
run_found_damage(void *ctx, const char *what)
{
	struct run *r = ctx;

	pthread_mutex_lock(&r->lock);
	name_damage(r, what);
	pthread_mutex_unlock(&r->lock);
}

/* A person has removed the message, under the lock of the report. */
static void
leave_out(struct run *r, const struct ms_deposit *d, struct ms_slice where)
{
	struct ms_buf place = {0}, why = {0};

	ms_buf_add(&place, where.p, where.n);
	ms_buf_printf(&why, "removed by hand: ms-remove --undo %llu",
	    (unsigned long long)d->removed);
	ms_report_left_out(r->report, ms_buf_str(&place), ms_buf_str(&why));
	ms_buf_release(&place);
	ms_buf_release(&why);
}

static uint64_t *
counter(struct ms_tally *t, enum ms_outcome outcome)
{
	if (outcome == MS_OUTCOME_LEFT_OUT)
		return &t->left_out;
	return outcome == MS_OUTCOME_NEW ? &t->new : &t->known;
}

/* The result of one user's deposit of a message; the failure of the message is
 * the first one. The caller holds the lock. */
static void
add_result(struct run *r, const struct ms_deposit *d, struct ms_slice where)
{
	struct ms_buf reason = {0};

	if (!d->copy)
		r->result = (struct result){0};
	if (d->again && !r->result.new)
		name_again(r, d, where);
	switch (d->outcome) {
	case MS_OUTCOME_FAILED:
		r->result.failed = true;
		ms_buf_add(&reason, where.p, where.n);
		ms_report_failed(r->report, ms_buf_str(&reason), d->err->msg);
		break;
	case MS_OUTCOME_LEFT_OUT:
		leave_out(r, d, where);
		break;
	case MS_OUTCOME_NEW:
		r->result.new = true;
		break;
	case MS_OUTCOME_KNOWN:
		r->result.known = true;
	}
	ms_report_tally(
	    r->report, d->dest->user, d->dest->source, d->dest->folder)
	    ->occurrences += d->occurrence;
	ms_buf_release(&reason);
}

/* Counts a message in the row of its mailbox. Returns whether users have it. */
static bool
count_assigned(struct run *r, const struct ms_deposit *d)
{
	struct ms_tally *t = ms_report_tally(r->report, d->mailbox->user,
	    d->mailbox->source, d->mailbox->folder);

	t->seen++;
	if (r->result.failed) {
		t->failed++;
		r->failed++;
	} else if (r->result.new) {
		t->new ++;
	} else if (r->result.known) {
		t->known++;
	} else {
		t->left_out++;
	}
	return !r->result.failed && (r->result.new || r->result.known);
}

static void
handle_assigned(
    struct run *r, const struct ms_deposit *d, struct ms_slice where)
{
	bool stored;

	pthread_mutex_lock(&r->lock);
	add_result(r, d, where);
	stored = !d->more && count_assigned(r, d);
	pthread_mutex_unlock(&r->lock);
	if (stored && r->opt->print_ids)
		print_id(r, d->id, r->result.new);
}

static void
handle_one(struct run *r, const struct ms_deposit *d, struct ms_slice where)
{
	struct ms_tally *t;
	char *place;

	if (d->outcome == MS_OUTCOME_FAILED) {
		place = ms_xstrndup(where.p, where.n);
		run_add_failed(r, d->dest, place, d->err->msg);
		free(place);
		return;
	}
	pthread_mutex_lock(&r->lock);
	if (d->again)
		name_again(r, d, where);
	t = ms_report_tally(
	    r->report, d->dest->user, d->dest->source, d->dest->folder);
	t->seen++;
	*counter(t, d->outcome) += 1;
	t->occurrences += d->occurrence;
	r->source_missing += d->source_missing;
	if (d->outcome == MS_OUTCOME_LEFT_OUT)
		leave_out(r, d, where);
	pthread_mutex_unlock(&r->lock);
	if (r->opt->print_ids && d->outcome != MS_OUTCOME_LEFT_OUT)
		print_id(r, d->id, d->outcome == MS_OUTCOME_NEW);
}

/* A receipt whose occurrences were reported already, each on its own. */
static bool
is_reported(const struct run *r, const struct ms_deposit *d)
{
	return d->receipt && d->given_n > 0 &&
	       (d->outcome != MS_OUTCOME_FAILED || r->result.failed);
}

void
run_handle_result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	struct run *r = ctx;

	if (d->mailbox != NULL && !is_reported(r, d))
		handle_assigned(r, d, where);
	else if (d->mailbox == NULL && !is_reported(r, d))
		handle_one(r, d, where);
	if (r->note_result != NULL)
		r->note_result(r->lmtp, d);
	resume_result(r->resume, d);
}
