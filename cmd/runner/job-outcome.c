/* job-outcome.c - what the processes of a job say, and what follows from it for
 * the job's result. ms-json(5), Reports. */
#include "job-impl.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"
#include "source.h"

#define READ_BYTES 65536

/* ---- lines ---- */

static void
give_line(struct lines *l, lines_take *take, void *ctx)
{
	take(ctx, ms_buf_str(&l->buf));
	ms_buf_clear(&l->buf);
}

static void
split(struct lines *l, const char *p, size_t n, lines_take *take, void *ctx)
{
	const char *end = p + n, *lf;
	size_t part;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		part = (size_t)((lf != NULL ? lf : end) - p);
		if (part > LINE_BYTES - l->buf.n) {
			part = LINE_BYTES - l->buf.n;
			l->cut = true;
		}
		ms_buf_add(&l->buf, p, part);
		if (lf == NULL)
			return;
		give_line(l, take, ctx);
		l->cut = false;
	}
}

/* 1 something came, 0 nothing is there now, -1 the end. */
static int
read_some(struct lines *l, lines_take *take, void *ctx)
{
	char bytes[READ_BYTES];
	ssize_t n = read(l->fd, bytes, sizeof(bytes));

	if (n > 0)
		split(l, bytes, (size_t)n, take, ctx);
	if (n > 0 || (n < 0 && errno == EINTR))
		return 1;
	return n < 0 && errno == EAGAIN ? 0 : -1;
}

void
lines_read(struct lines *l, lines_take *take, void *ctx)
{
	/* One piece, so that a chatterbox does not keep us from the others. */
	if (l->fd >= 0 && read_some(l, take, ctx) < 0)
		lines_close(l, take, ctx);
}

void
lines_close(struct lines *l, lines_take *take, void *ctx)
{
	if (l->fd < 0)
		return;
	while (read_some(l, take, ctx) > 0)
		;
	if (l->buf.n > 0)
		give_line(l, take, ctx);
	close(l->fd);
	l->fd = -1;
}

/* ---- a report ---- */

static void
keep_failure(struct outcome *o, const char *where, const char *reason)
{
	size_t n = strlen(where) + strlen(reason);

	if (o->result.failure_count == JOB_FAILURES_MAX ||
	    n > JOB_FAILURE_BYTES - o->bytes) {
		o->result.failures_more++;
		return;
	}
	o->bytes += n;
	o->failures[o->result.failure_count++] = (struct job_failure){
	    .where = ms_xstrdup(where), .reason = ms_xstrdup(reason)};
}

static void
take_tally(struct process *p, const json_t *o, bool end)
{
	if (end)
		p->tally = (struct ms_tally){0};
	p->tally.seen += ms_json_number_of(o, "seen");
	p->tally.new += ms_json_number_of(o, "new");
	p->tally.known += ms_json_number_of(o, "known");
	p->tally.left_out += ms_json_number_of(o, "left_out");
	p->tally.failed += ms_json_number_of(o, "failed");
	p->tally.occurrences += ms_json_number_of(o, "occurrences");
	p->tally.deleted += ms_json_number_of(o, "deleted");
	p->whole |= end;
}

void
outcome_report(struct outcome *o, struct process *p, const char *line)
{
	json_t *json = json_loads(line, 0, NULL);
	const char *type = ms_json_text_of(json, "type");
	const char *reason = ms_json_text_of(json, "reason");

	if (strcmp(type, "folder") == 0 || strcmp(type, "end") == 0)
		take_tally(p, json, strcmp(type, "end") == 0);
	else if (strcmp(type, "failed") == 0 &&
		 strncmp(reason, MS_SOURCE_CANCELLED,
		     strlen(MS_SOURCE_CANCELLED)) == 0)
		p->voided++;
	else if (strcmp(type, "failed") == 0)
		keep_failure(o, ms_json_text_of(json, "where"), reason);
	json_decref(json);
}

/* ---- the result ---- */

/* What of a says why it ended as it did. */
static void
explain(struct outcome *o, const struct process *p)
{
	struct job_result *r = &o->result;
	const char *said = p->sentence;
	size_t n = strlen(p->tool);

	ms_buf_clear(&o->reason);
	if (p->status > 128) {
		ms_buf_printf(&o->reason, "%s was ended by signal %d (%s)",
		    p->tool, p->status - 128, strsignal(p->status - 128));
	} else if (p->status == 127) {
		ms_buf_printf(&o->reason, "%s cannot be run", p->tool);
	} else if (r->failure_count > 0 && p->status == MS_STATUS_SOME) {
		ms_buf_printf(&o->reason, "%s: %s", o->failures[0].where,
		    o->failures[0].reason);
	} else if (said != NULL) {
		if (strncmp(said, p->tool, n) == 0 &&
		    strncmp(said + n, ": ", 2) == 0)
			said += n + 2;
		ms_buf_add_str(&o->reason, said);
	} else {
		ms_buf_printf(
		    &o->reason, "%s ended with status %d", p->tool, p->status);
	}
}

/* The status of a process, such as a tool of ours would have it. */
static int
status_of(const struct process *p)
{
	return p->status >= 126 ? EX_SOFTWARE : p->status;
}

static void
add_run(struct outcome *o, const struct process *p)
{
	struct job_result *r = &o->result;

	if (r->status == 0 && p->status != 0) {
		r->status = status_of(p);
		explain(o, p);
	}
}

static void
add_tally(struct job_result *r, const struct ms_tally *t)
{
	r->seen += t->seen;
	r->fresh += t->new;
	r->known += t->known;
	r->left_out += t->left_out;
	r->failed += t->failed;
	r->deleted += t->deleted;
}

void
outcome_archived(struct outcome *o, const struct process *fetch,
    const struct process *ingest)
{
	const struct ms_tally *f = &fetch->tally, *i = &ingest->tally;
	struct job_result *r = &o->result;
	uint64_t named =
	    i->failed > ingest->voided ? i->failed - ingest->voided : 0;
	uint64_t told = i->new + i->known + named, rest;

	if (fetch->whole) {
		/* What was sent and is neither archived nor named was lost
		 * with ms-ingest. */
		rest = f->new > told ? f->new - told : 0;
		r->fresh = i->new;
		r->left_out = f->left_out;
		r->failed = f->failed + named + rest;
		rest = r->fresh + r->left_out + r->failed;
		r->known = f->seen > rest ? f->seen - rest : 0;
		r->seen = r->known + rest;
	} else {
		add_tally(r, i);
	}

	/* The pipe's status is that of ms-ingest, which knows the other's from
	 * the trailer; but whose it is explains it best. */
	if (fetch->status != 0 && (ingest->status == status_of(fetch) ||
				      ingest->status == 0 || !fetch->whole))
		add_run(o, fetch);
	if (ingest->status != 0) {
		if (r->status == 0)
			explain(o, ingest);
		r->status = status_of(ingest);
	}
}

void
outcome_removed(struct outcome *o, const struct process *fetch)
{
	o->result.deleted += fetch->tally.deleted;
	o->result.failed += fetch->tally.failed;
	add_run(o, fetch);
}

void
outcome_alone(struct outcome *o, const struct process *p)
{
	add_tally(&o->result, &p->tally);
	add_run(o, p);
}

void
outcome_fail(struct outcome *o, const struct ms_err *err)
{
	o->result.status = ms_status(err->code);
	ms_buf_clear(&o->reason);
	ms_buf_add_str(&o->reason, err->msg);
}

void
outcome_release(struct outcome *o)
{
	size_t i;

	for (i = 0; i < o->result.failure_count; i++) {
		free(o->failures[i].where);
		free(o->failures[i].reason);
	}
	ms_buf_release(&o->reason);
}
