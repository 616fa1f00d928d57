/* result.c - what became of a row: a line on stdout, lines of the
 * report. ms-csvbatch(1), Results; ms-json(5), Reports. */
#include "csvbatch.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "listing.h"

static void
set_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		ms_json_text(o, key, ms_slice_str(text));
}

static json_t *
users_of(const struct ms_csv_mailbox *box)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < box->user_count; i++)
		json_array_append_new(list, json_string(box->users[i]));
	return list;
}

static json_t *
object_of(const struct run *run, const struct row *row)
{
	const struct job_result *r = &row->sum;
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("mailbox"));
	ms_json_number(o, "line", row->box->line);
	set_text(o, "login", row->box->login);
	if (!run->opt->check && row->box->fault == NULL)
		json_object_set_new(o, "users", users_of(row->box));
	set_text(o, "label", row->box->label);
	set_text(o, "result", job_end_name(r->end));
	ms_json_number(o, "status", (uint64_t)r->status);
	ms_json_number(o, "seen", r->seen);
	ms_json_number(o, "new", r->fresh);
	ms_json_number(o, "known", r->known);
	ms_json_number(o, "left_out", r->left_out);
	ms_json_number(o, "failed", r->failed);
	if (run->opt->removes)
		ms_json_number(o, "deleted", r->deleted);
	ms_json_number(o, "milliseconds", (uint64_t)r->ms);
	set_text(o, "reason", r->reason);
	return o;
}

/* LINE LOGIN RESULT STATUS NEW KNOWN LEFT-OUT FAILED DELETED REASON */
static void
add_fields(struct ms_buf *b, const struct row *row)
{
	const char *login = row->box->login;
	const struct job_result *r = &row->sum;

	ms_buf_printf(b, "%" PRIu64 "\t", row->box->line);
	if (login != NULL)
		ms_listing_escape(b, login, strlen(login));
	ms_buf_printf(b,
	    "\t%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	    "\t%" PRIu64 "\t",
	    job_end_name(r->end), r->status, r->fresh, r->known, r->left_out,
	    r->failed, r->deleted);
	ms_listing_escape(b, r->reason, strlen(r->reason));
}

void
result_row(struct run *run, const struct row *row)
{
	json_t *o = object_of(run, row);
	struct ms_buf line = {0};

	ms_report_object(run->report, o);
	if (run->opt->json)
		ms_json_line(&line, o);
	else
		add_fields(&line, row);
	ms_buf_add_byte(&line, '\n');
	/* Who reads them sees each at once. */
	if ((fwrite(line.p, 1, line.n, stdout) != line.n ||
		fflush(stdout) != 0) &&
	    run->stdout_errno == 0)
		run->stdout_errno = errno;
	ms_buf_release(&line);
	json_decref(o);
}

void
result_failures(
    struct run *run, const struct row *row, const struct job_result *r)
{
	struct ms_buf where = {0};
	json_t *o;
	size_t i;

	for (i = 0; i < r->failure_count; i++) {
		ms_buf_clear(&where);
		ms_buf_printf(
		    &where, "%s: %s", row->name, r->failures[i].where);
		o = json_object();
		json_object_set_new(o, "type", json_string("failed"));
		ms_json_text(o, "where", ms_buf_slice(&where));
		ms_json_text(o, "reason", ms_slice_str(r->failures[i].reason));
		ms_report_object(run->report, o);
		json_decref(o);
	}
	ms_buf_release(&where);
}

static void
say_sums(const struct run *run)
{
	const struct job_sum *s = &run->sum;
	struct ms_buf text = {0};

	ms_buf_printf(&text, "%" PRIu64 " mailboxes: %" PRIu64 " succeeded",
	    s->jobs, s->succeeded);
	if (s->some > 0)
		ms_buf_printf(&text, ", %" PRIu64 " with errors", s->some);
	if (s->failed > 0)
		ms_buf_printf(&text, ", %" PRIu64 " failed", s->failed);
	if (s->cancelled > 0)
		ms_buf_printf(&text, ", %" PRIu64 " cancelled", s->cancelled);
	if (!run->opt->check)
		ms_buf_printf(&text,
		    "; %" PRIu64 " messages seen: %" PRIu64 " new, %" PRIu64
		    " known, %" PRIu64 " left out, %" PRIu64 " failed",
		    s->seen, s->fresh, s->known, s->left_out, s->failures);
	if (run->opt->removes)
		ms_buf_printf(&text, ", %" PRIu64 " deleted", s->deleted);
	ms_report_note(run->report, "%s", ms_buf_str(&text));
	ms_buf_release(&text);
}

int
result_end(struct run *run, int status, struct ms_err *err)
{
	const struct job_sum *s = &run->sum;
	const struct ms_report_count counts[] = {{"mailboxes", s->jobs},
	    {"mailboxes_succeeded", s->succeeded},
	    {"mailboxes_with_errors", s->some}, {"mailboxes_failed", s->failed},
	    {"mailboxes_cancelled", s->cancelled}, {"seen", s->seen},
	    {"new", s->fresh}, {"known", s->known}, {"left_out", s->left_out},
	    {"failed", s->failures}, {"deleted", s->deleted}};

	say_sums(run);
	if (ms_report_end(run->report, status, counts,
		sizeof(counts) / sizeof(counts[0]), err) < 0)
		return -1;
	if (run->stdout_errno == 0)
		return 0;
	errno = run->stdout_errno;
	return ms_fail_errno(err, "standard output");
}
