/* result.c - the result of a row, on stdout and in the report. ms-csvbatch(1),
 * Results; ms-json(5), Reports. */
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

void
result_row(struct batch *b, const struct row *row)
{
	json_t *o = object_of(b, row);
	struct ms_buf line = {0};

	ms_report_object(b->report, o);
	if (b->opt->json)
		ms_json_line(&line, o);
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

void
result_failures(
    struct batch *b, const struct row *row, const struct ms_run_mailbox *r)
{
	struct ms_buf where = {0};
	size_t i;

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

	ms_buf_printf(&text, "%" PRIu64 " mailboxes: %" PRIu64 " succeeded",
	    s->jobs, s->succeeded);
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
