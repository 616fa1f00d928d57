/* result.c - the result of a row, on stdout and in the report. ms-csvbatch(1),
 * Results; ms-json(5), Reports. */
#include "csvbatch.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "human.h"
#include "json.h"
#include "listing.h"

#define SAID_MAX 65536 /* bytes of the messages of a row that are kept */

void
result_say(struct row *row, const char *text)
{
	ms_warn(TOOL, "%s: %s", row->name, text);
	if (row->said.n < SAID_MAX) {
		ms_buf_add_str(&row->said, text);
		ms_buf_add_byte(&row->said, '\n');
	}
}

static void
set_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		ms_json_text(o, key, ms_slice_str(text));
}

static json_t *
users_of(const struct ms_csv_mailbox *m)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < m->user_count; i++)
		json_array_append_new(list, json_string(m->users[i]));
	return list;
}

static json_t *
object_of(const struct batch *b, const struct row *row)
{
	const struct ms_run_mailbox *r = &row->sum;
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("mailbox"));
	ms_json_number(o, "line", row->mailbox->line);
	set_text(o, "login", row->mailbox->login);
	if (!b->opt->check && row->mailbox->fault == NULL)
		json_object_set_new(o, "users", users_of(row->mailbox));
	set_text(o, "label", row->mailbox->label);
	set_text(o, "result", ms_run_result_name(r->result));
	ms_json_number(o, "status", (uint64_t)r->status);
	ms_tally_json(o, &r->counts, b->opt->removes);
	ms_json_number(o, "milliseconds", (uint64_t)row->ms);
	set_text(o, "reason", r->reason);
	return o;
}

/* LINE LOGIN RESULT STATUS NEW KNOWN LEFT-OUT FAILED DELETED REASON */
static void
add_fields(struct ms_buf *line, const struct row *row)
{
	const char *login = row->mailbox->login;
	const struct ms_run_mailbox *r = &row->sum;
	const struct ms_tally *t = &row->sum.counts;

	ms_buf_printf(line, "%" PRIu64 "\t", row->mailbox->line);
	if (login != NULL)
		ms_listing_escape(line, login, strlen(login));
	ms_buf_printf(line,
	    "\t%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	    "\t%" PRIu64 "\t",
	    ms_run_result_name(r->result), r->status, t->new, t->known,
	    t->left_out, t->failed, t->deleted);
	if (r->reason != NULL)
		ms_listing_escape(line, r->reason, strlen(r->reason));
}

/* Has a message given the reason? */
static bool
was_said(struct row *row)
{
	return row->sum.reason == NULL ||
	       strstr(ms_buf_str(&row->said), row->sum.reason) != NULL;
}

/* For a terminal: "line 3, bob: failed, status 75: no route to host", or the
 * counts, if there are any. The reason follows if no message has given it. */
static void
add_sentence(struct ms_buf *line, struct row *row)
{
	const struct ms_run_mailbox *r = &row->sum;
	struct ms_buf text = {0};

	ms_buf_printf(
	    &text, "%s: %s", row->name, ms_run_result_name(r->result));
	if (r->status != 0)
		ms_buf_printf(&text, ", status %d", r->status);
	if (r->status == 0 || r->counts.seen > 0) {
		ms_buf_add_str(&text, ": ");
		ms_tally_text(&text, &r->counts, "", r->counts.deleted > 0);
	}
	if (!was_said(row))
		ms_buf_printf(&text, ": %s", r->reason);
	ms_term_sanitize(line, ms_buf_str(&text));
	ms_buf_release(&text);
}

void
result_row(struct batch *b, struct row *row)
{
	json_t *o = object_of(b, row);
	struct ms_buf line = {0};
	bool sentence = !b->opt->json && isatty(STDOUT_FILENO) == 1;

	ms_report_object(b->report, o);
	if (!sentence && !was_said(row))
		result_say(row, row->sum.reason);
	if (b->opt->json)
		ms_json_line(&line, o);
	else if (sentence)
		add_sentence(&line, row);
	else
		add_fields(&line, row);
	ms_buf_add_byte(&line, '\n');
	/* The lines are read while the run goes on. */
	if ((fwrite(line.p, 1, line.n, stdout) != line.n ||
		fflush(stdout) != 0) &&
	    b->stdout_errno == 0)
		b->stdout_errno = errno;
	ms_buf_release(&line);
	json_decref(o);
}

/* With -v, the tools have said all that is in their reports. The reason of the
 * row follows with its result if it is the only failure. */
static void
print_failures(
    const struct batch *b, struct row *row, const struct ms_run_mailbox *r)
{
	struct ms_buf text = {0};
	const char *reason = row->sum.reason != NULL ? row->sum.reason : "";
	bool one = r->failure_count + r->more == 1;

	if (b->opt->report.verbose)
		return;
	for (size_t i = 0; i < r->failure_count; i++) {
		ms_buf_clear(&text);
		ms_buf_printf(&text, "%s: %s", r->failures[i].where,
		    r->failures[i].reason);
		if (!one || strcmp(ms_buf_str(&text), reason) != 0)
			result_say(row, ms_buf_str(&text));
	}
	if (r->more > 0) {
		ms_buf_clear(&text);
		ms_buf_printf(&text, "%" PRIu64 " more failures", r->more);
		result_say(row, ms_buf_str(&text));
	}
	ms_buf_release(&text);
}

void
result_failures(
    struct batch *b, struct row *row, const struct ms_run_mailbox *r)
{
	struct ms_buf where = {0};
	size_t i;

	print_failures(b, row, r);
	for (i = 0; i < r->failure_count; i++) {
		ms_buf_clear(&where);
		ms_buf_printf(
		    &where, "%s: %s", row->name, r->failures[i].where);
		ms_report_line(b->report, "failed",
		    (struct ms_report_text[]){{"where", ms_buf_str(&where)},
			{"reason", r->failures[i].reason}},
		    2);
	}
	ms_buf_release(&where);
}

static void
print_sums(const struct batch *b)
{
	const struct job_sum *s = &b->sum;
	struct ms_buf text = {0};

	ms_human_count(&text, s->jobs, "mailbox");
	ms_buf_printf(&text, ": %" PRIu64 " succeeded", s->succeeded);
	if (s->with_errors > 0)
		ms_buf_printf(
		    &text, ", %" PRIu64 " with errors", s->with_errors);
	if (s->failed > 0)
		ms_buf_printf(&text, ", %" PRIu64 " failed", s->failed);
	if (s->cancelled > 0)
		ms_buf_printf(&text, ", %" PRIu64 " cancelled", s->cancelled);
	if (!b->opt->check) {
		ms_buf_add_str(&text, "; ");
		ms_tally_text(&text, &s->counts, " messages", b->opt->removes);
	}
	ms_report_note(b->report, "%s", ms_buf_str(&text));
	ms_buf_release(&text);
}

int
result_end(struct batch *b, int status, struct ms_err *err)
{
	const struct job_sum *s = &b->sum;
	const struct ms_tally *t = &s->counts;
	const struct ms_report_count counts[] = {{"mailboxes", s->jobs},
	    {"mailboxes_succeeded", s->succeeded},
	    {"mailboxes_with_errors", s->with_errors},
	    {"mailboxes_failed", s->failed},
	    {"mailboxes_cancelled", s->cancelled}, {"seen", t->seen},
	    {"new", t->new}, {"known", t->known}, {"left_out", t->left_out},
	    {"failed", t->failed}, {"deleted", t->deleted}};

	print_sums(b);
	if (ms_report_end(b->report, status, counts,
		sizeof(counts) / sizeof(counts[0]), err) < 0)
		return -1;
	if (b->stdout_errno == 0)
		return 0;
	errno = b->stdout_errno;
	return ms_fail_errno(err, "standard output");
}
