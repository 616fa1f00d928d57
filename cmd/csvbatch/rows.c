/* rows.c - rows of a table as jobs. A row with several archive users
 * is fetched for one after the other, since a POP3 mailbox admits one reader;
 * what is deleted at the server is deleted when all of them have it. */
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

/* More room, without a copy of passwords in what was let go. */
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
open_file(const struct options *opt, int *fd, struct ms_err *err)
{
	struct stat st;

	*fd = STDIN_FILENO;
	if (strcmp(opt->file, "-") != 0) {
		*fd = open(opt->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (*fd < 0)
			return ms_fail_errno(err, "opening");
	}
	if (!opt->quiet && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		ms_warn(TOOL,
		    "%s: others can read this file, and the passwords in it "
		    "(chmod 600)",
		    opt->file);
	return 0;
}

static int
read_table(struct run *run, struct ms_err *err)
{
	struct ms_buf text = {0};
	int fd = -1, rc = -1;

	if (open_file(run->opt, &fd, err) == 0 && read_all(&text, fd, err) == 0)
		rc = ms_csv_mailboxes_read(
		    &run->table, ms_buf_slice(&text), err);
	if (fd > STDIN_FILENO)
		close(fd);
	ms_secret_forget(&text);
	return rc == 0 ? 0 : ms_context(err, "%s", run->opt->file);
}

/* What a tool takes for itself is too much for each of many. */
static void
share(struct run *run)
{
	const struct options *opt = run->opt;

	if (!opt->threads)
		run->threads = (ms_pool_default_threads() + opt->at_once - 1) /
			       opt->at_once;
	run->single = !opt->connections && run->table.n > opt->at_once;
}

static void
add_row(struct run *run, const struct ms_csv_mailbox *box)
{
	struct row *row = run->rows + run->count++;
	struct ms_buf name = {0};

	*row = (struct row){.box = box};
	ms_buf_printf(&name, "line %llu", (unsigned long long)box->line);
	if (box->login != NULL)
		ms_buf_printf(&name, ", %s", box->login);
	row->name = ms_buf_str(&name);
	if (box->login != NULL)
		argv_addf(&row->own, "--login=%s", box->login);
	if (run->single)
		argv_add(&row->own, "--connections=1");
	argv_add(&row->ingest, "--create-user");
	if (box->label != NULL)
		argv_addf(&row->ingest, "--label=%s", box->label);
	if (run->threads > 0)
		argv_addf(&row->ingest, "--threads=%u", run->threads);
	argv_add_list(&row->ingest, &run->opt->ingest);
}

int
rows_open(struct run *run, struct ms_err *err)
{
	struct again *again = NULL;
	const struct ms_csv_mailbox *box;
	const char *from = run->opt->failed_from;
	size_t i;

	if (from != NULL && again_open(&again, from, err) < 0)
		return -1;
	if (read_table(run, err) < 0) {
		again_free(again);
		return -1;
	}
	share(run);
	run->rows = ms_xcalloc(run->table.n, sizeof(*run->rows));
	for (i = 0; i < run->table.n; i++) {
		box = run->table.v + i;
		if (again == NULL || again_wanted(again, box))
			add_row(run, box);
	}
	again_free(again);
	return 0;
}

/* ---- jobs ---- */

static struct job
job_of(const struct run *run, struct row *row)
{
	const struct options *opt = run->opt;
	const struct ms_csv_mailbox *box = row->box;
	struct job job = {.work = JOB_ARCHIVE,
	    .name = row->name,
	    .mine = row,
	    .url = opt->url_text,
	    .password = box->password,
	    .options = &opt->server,
	    .own = &row->own};

	if (opt->check) {
		job.work = JOB_CHECK;
		return job;
	}
	job.archive = opt->archive;
	job.user = box->users[row->user];
	job.fetch = &opt->fetch;
	job.ingest = &row->ingest;
	if (row->removing)
		job.work = JOB_DELETE;
	if (opt->removes && (row->removing || box->user_count == 1))
		job.remove = &opt->remove;
	return job;
}

static void
row_done(struct run *run, struct row *row)
{
	run->done++;
	row->sum.reason = row->reason != NULL ? row->reason : "";
	job_sum_add(&run->sum, &row->sum);
	live_clear(run->live);
	result_row(run, row);
}

static void
row_fails(struct run *run, struct row *row)
{
	struct job_result *sum = &row->sum;

	sum->end = JOB_FAILED;
	sum->status = ms_status(MS_DATA);
	row->reason = ms_xstrdup(row->box->fault);
	ms_warn(TOOL, "%s: %s", row->name, row->reason);
	log_mailbox(run, row, "", sum);
	row_done(run, row);
}

void
rows_begin(struct run *run)
{
	struct row *row;
	struct job job;

	for (row = run->rows; row < run->rows + run->count; row++) {
		if (row->box->fault != NULL) {
			row_fails(run, row);
			continue;
		}
		job = job_of(run, row);
		jobs_add(run->jobs, &job);
	}
}

static void
add_result(const struct run *run, struct row *row, const struct job_result *r)
{
	struct job_result *sum = &row->sum;

	if (sum->status == 0 && r->status != 0) {
		sum->status = r->status;
		row->reason = ms_xstrdup(r->reason);
	}
	if (r->end > sum->end)
		sum->end = r->end;
	sum->seen += r->seen;
	sum->fresh += r->fresh;
	sum->known += r->known;
	sum->left_out += r->left_out;
	sum->failed += r->failed;
	if (!run->opt->dry_run)
		sum->deleted += r->deleted;
	sum->ms += r->ms;
}

/* Is there more to do for this row? A mailbox that could not be read for one
 * user is not tried for the next: servers lock accounts. */
static bool
goes_on(const struct run *run, struct row *row, const struct job_result *r)
{
	if (run->opt->check || row->removing || r->status > MS_STATUS_SOME)
		return false;
	if (row->user + 1 < row->box->user_count) {
		row->user++;
		return true;
	}
	if (!run->opt->removes || row->user == 0 || row->sum.status != 0)
		return false;
	/* What the first user has, the others have too: they came later, and
	 * nothing failed. */
	row->removing = true;
	row->user = 0;
	return true;
}

void
rows_job_done(
    struct run *run, const struct job *job, const struct job_result *result)
{
	struct row *row = job->mine;
	struct job next;

	add_result(run, row, result);
	log_mailbox(run, row, row->box->users[row->user], result);
	result_failures(run, row, result);
	if (goes_on(run, row, result)) {
		next = job_of(run, row);
		jobs_add_next(run->jobs, &next);
		return;
	}
	row_done(run, row);
}

void
rows_release(struct run *run)
{
	struct row *row;

	for (row = run->rows; row < run->rows + run->count; row++) {
		free(row->name);
		free(row->reason);
		argv_release(&row->own);
		argv_release(&row->ingest);
	}
	free(run->rows);
	run->rows = NULL;
	run->count = 0;
	ms_csv_mailboxes_release(&run->table);
}
