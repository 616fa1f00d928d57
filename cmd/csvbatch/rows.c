/* rows.c - the rows of a table as jobs. A mailbox with several archive users is
 * fetched for one user after the other, because a POP3 server admits one
 * session. Messages are deleted at the server when all users have them. */
#include "csvbatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool.h"
#include "secret.h"

#define READ_BYTES ((size_t)65536)

/* ---- the file ---- */

/* Makes more room. realloc(3) would leave copies of passwords in memory. */
static void
grow(struct ms_buf *b)
{
	struct ms_buf larger = {0};

	ms_buf_room(&larger, 2 * b->cap + READ_BYTES);
	ms_buf_add(&larger, b->p, b->n);
	ms_secret_forget(b);
	*b = larger;
}

static int
read_all(struct ms_buf *b, int fd, struct ms_err *err)
{
	ssize_t n = 1;

	while (n != 0 && b->n <= MS_CSV_BYTES_MAX) {
		if (b->cap - b->n < READ_BYTES)
			grow(b);
		n = read(fd, b->p + b->n, b->cap - b->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "reading");
		b->n += (size_t)n;
	}
	return 0;
}

static int
open_file(const struct csvbatch_options *opt, int *fd, struct ms_err *err)
{
	struct stat st;

	*fd = STDIN_FILENO;
	if (strcmp(opt->file, "-") != 0) {
		*fd = open(opt->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (*fd < 0)
			return ms_fail_errno(err, "%s", opt->file);
	}
	if (!opt->report.quiet && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		ms_warn(TOOL,
		    "%s: other users can read this file and the passwords in "
		    "it; run chmod 600",
		    opt->file);
	return 0;
}

static int
read_table(struct batch *b, struct ms_err *err)
{
	struct ms_buf text = {0};
	int fd = -1, rc = -1;

	if (open_file(b->opt, &fd, err) < 0)
		return -1;
	if (read_all(&text, fd, err) == 0)
		rc = ms_csv_mailboxes_read(&b->table, ms_buf_slice(&text),
		    b->opt->encoding, b->opt->columns, err);
	if (rc == 0 && b->opt->columns != NULL && b->table.has_names &&
	    !b->opt->report.quiet)
		ms_warn(
		    TOOL, "%s: the first row names the columns", b->opt->file);
	if (fd > STDIN_FILENO)
		close(fd);
	ms_secret_forget(&text);
	return rc == 0 ? 0 : ms_context(err, "%s", b->opt->file);
}

/* Limits threads and connections of each tool, because many run at once. */
static void
share(struct batch *b)
{
	const struct csvbatch_options *opt = b->opt;

	if (!opt->threads)
		b->threads = (ms_pool_default_threads() + opt->at_once - 1) /
			     opt->at_once;
	b->single = !opt->connections && b->table.n > opt->at_once;
}

static void
add_row(struct batch *b, const struct ms_csv_mailbox *m)
{
	struct row *row = b->rows + b->count++;
	struct ms_buf name = {0}, source = {0};

	*row = (struct row){.mailbox = m};
	ms_buf_printf(&name, "line %llu", (unsigned long long)m->line);
	if (m->login != NULL)
		ms_buf_printf(&name, ", %s", m->login);
	row->name = ms_buf_str(&name);
	if (m->fault != NULL)
		ms_buf_add_str(&source, row->name);
	else
		ms_url_source(&b->opt->url, m->login, &source);
	row->source = ms_buf_str(&source);
	if (m->login != NULL)
		argv_addf(&row->own_options, "--login=%s", m->login);
	if (b->single)
		argv_add(&row->own_options, "--connections=1");
	argv_add(&row->ingest_options, "--create-user");
	if (m->label != NULL)
		argv_addf(&row->ingest_options, "--label=%s", m->label);
	if (b->threads > 0)
		argv_addf(&row->ingest_options, "--threads=%u", b->threads);
	argv_add_list(&row->ingest_options, &b->opt->ingest);
}

int
rows_open(struct batch *b, struct ms_err *err)
{
	struct retry_list *retry = NULL;
	const struct ms_csv_mailbox *m;
	const char *from = b->opt->failed_from;
	size_t i;

	if (from != NULL && retry_list_open(&retry, from, err) < 0)
		return -1;
	if (read_table(b, err) < 0) {
		retry_list_free(retry);
		return -1;
	}
	share(b);
	b->rows = ms_xcalloc(b->table.n, sizeof(*b->rows));
	for (i = 0; i < b->table.n; i++) {
		m = b->table.v + i;
		if (retry == NULL || retry_list_has(retry, m))
			add_row(b, m);
	}
	retry_list_free(retry);
	return 0;
}

/* ---- jobs ---- */

static struct job
job_of(const struct batch *b, struct row *row)
{
	const struct csvbatch_options *opt = b->opt;
	const struct ms_csv_mailbox *m = row->mailbox;
	struct job job = {.work = JOB_ARCHIVE,
	    .name = row->name,
	    .ctx = row,
	    .source = row->source,
	    .url = opt->url_text,
	    .password = m->password,
	    .options = &opt->server,
	    .own_options = &row->own_options};

	if (m->fault != NULL) {
		job.user = ""; /* in the log */
		job.fault = m->fault;
		job.fault_code = MS_DATA;
		return job;
	}
	if (opt->check) {
		job.work = JOB_CHECK;
		return job;
	}
	job.archive = opt->archive;
	job.user = m->users[row->user];
	job.fetch_options = &opt->fetch;
	job.ingest_options = &row->ingest_options;
	if (row->deleting)
		job.work = JOB_DELETE;
	if (opt->removes && (row->deleting || m->user_count == 1))
		job.delete_options = &opt->remove;
	return job;
}

static void
add_result(
    const struct batch *b, struct row *row, const struct ms_run_mailbox *r)
{
	struct ms_run_mailbox *sum = &row->sum;
	struct ms_tally counts = r->counts;

	if (sum->status == 0 && r->status != 0) {
		sum->status = r->status;
		sum->reason = row->reason = ms_xstrdup(r->reason);
	}
	if (r->result > sum->result)
		sum->result = r->result;
	if (b->opt->dry_run)
		counts.deleted = 0;
	ms_tally_add(&sum->counts, &counts);
}

/* Is another job needed for this row? A mailbox that could not be read for one
 * user is not tried for the next one: servers lock accounts. */
static bool
needs_job(
    const struct batch *b, struct row *row, const struct ms_run_mailbox *r)
{
	if (b->opt->check || row->deleting || r->status > MS_STATUS_SOME)
		return false;
	if (row->user + 1 < row->mailbox->user_count) {
		row->user++;
		return true;
	}
	if (!b->opt->removes || row->user == 0 || row->sum.status != 0)
		return false;
	/* The other users have all that the first user has: they were fetched
	 * for later, and nothing failed. */
	row->deleting = true;
	row->user = 0;
	return true;
}

static void
row_done(struct batch *b, struct row *row)
{
	b->done++;
	job_sum_add(&b->sum, &row->sum);
	result_row(b, row);
}

void
rows_job_done(struct batch *b, const struct job *job,
    const struct ms_run_mailbox *result, int64_t ms)
{
	struct row *row = job->ctx;
	struct job next;

	add_result(b, row, result);
	row->ms += ms;
	/* An error is reported at the end: the messages are archived anyway. */
	(void)ms_run_log_add(b->log, result);
	result_failures(b, row, result);
	if (!needs_job(b, row, result)) {
		row_done(b, row);
		return;
	}
	next = job_of(b, row);
	jobs_add_next(b->jobs, &next);
}

void
rows_add_jobs(struct batch *b)
{
	struct row *row;
	struct job job;

	for (row = b->rows; row < b->rows + b->count; row++) {
		job = job_of(b, row);
		if (job.fault != NULL)
			result_say(row, job.fault);
		jobs_add(b->jobs, &job);
	}
}

void
rows_release(struct batch *b)
{
	struct row *row;

	for (row = b->rows; row < b->rows + b->count; row++) {
		free(row->name);
		free(row->source);
		free(row->reason);
		ms_buf_release(&row->said);
		argv_release(&row->own_options);
		argv_release(&row->ingest_options);
	}
	free(b->rows);
	b->rows = NULL;
	b->count = 0;
	ms_csv_mailboxes_release(&b->table);
}
