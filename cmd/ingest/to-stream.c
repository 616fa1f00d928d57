/* to-stream.c - writes the messages of the inputs as a stream, without an
 * archive, for ms-ingest(1). ms-stream(5) */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "container.h"
#include "opt.h"
#include "outlook.h"
#include "stop.h"
#include "time.h"

struct writing {
	const struct ingest_options *opt;
	struct ms_stream_writer *out;
	struct ms_report *report;
	struct ms_mapi_reader *outlook;
	struct ms_container *containers;
	struct ms_trailer sums;
	uint64_t left_out, incomplete, remarks, missing, no_mail;
	bool unreadable; /* a file of Outlook */
	bool stopped;
};

static struct ms_tally *
tally(struct writing *w, const struct ms_arrival *m)
{
	const char *source = MS_SOURCE_LOCAL, *folder = "INBOX";

	if (m != NULL && m->env.value[MS_ATTR_SOURCE] != NULL)
		source = m->env.value[MS_ATTR_SOURCE];
	if (m != NULL && m->env.value[MS_ATTR_FOLDER] != NULL)
		folder = m->env.value[MS_ATTR_FOLDER];
	return ms_report_tally(
	    w->report, ms_opt_user(w->opt->user, NULL), source, folder);
}

static void
failed(struct writing *w, const struct ms_arrival *m, const char *where,
    const char *why)
{
	struct ms_tally *t = tally(w, m);

	t->seen++;
	t->failed++;
	w->sums.failed++;
	ms_report_failed(w->report, where, why);
}

static void
add_remark(void *ctx, const char *where, const char *text)
{
	struct writing *w = ctx;

	w->remarks++;
	ms_report_remark(w->report, where, text);
}

/* The attributes of a message: those of its source, and the options. */
static void
describe(const struct writing *w, const struct ms_arrival *m,
    struct ms_envelope *env)
{
	static const int copied[] = {MS_ATTR_SOURCE, MS_ATTR_LABEL,
	    MS_ATTR_FOLDER, MS_ATTR_FLAGS, MS_ATTR_SPECIAL};
	char date[32], raw[MS_RAW_TEXT];

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		ms_envelope_set(
		    env, (enum ms_attr)copied[i], m->env.value[copied[i]]);
	if (w->opt->user != NULL)
		ms_envelope_set(env, MS_ATTR_USER, w->opt->user);
	if (w->opt->label != NULL)
		ms_envelope_set(env, MS_ATTR_LABEL, w->opt->label);
	ms_raw_format(m->raw, raw);
	ms_envelope_set(env, MS_ATTR_RAW_DATE, raw);
	if (!ms_raw_is_date(m->raw))
		return;
	ms_time_format(m->raw.date, date);
	ms_envelope_set(env, MS_ATTR_DATE, date);
}

/* Writes one message. -1: the output cannot be written. */
static int
write_message(struct writing *w, struct ms_source *src,
    const struct ms_arrival *m, struct ms_err *err)
{
	struct ms_envelope env = {0};
	struct ms_slice piece;
	struct ms_err why = {0};
	int got = 0, rc;

	describe(w, m, &env);
	rc = ms_stream_begin(w->out, &env, &why);
	ms_envelope_release(&env);
	if (rc < 0 && why.code == MS_DATA) {
		failed(w, m, m->where, why.msg);
		return 0;
	}
	while (rc == 0 && (got = ms_source_read(src, &piece, &why)) > 0)
		rc = ms_stream_data(w->out, piece.p, piece.n, &why);
	if (rc == 0 && got < 0) {
		failed(w, m, m->where, why.msg);
		return ms_stream_cancel(w->out, why.msg, err);
	}
	if (rc == 0)
		rc = ms_stream_end(w->out, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	tally(w, m)->seen++;
	tally(w, m)->new ++;
	w->sums.messages++;
	return 0;
}

static int
handle(struct writing *w, struct ms_source *src, const struct ms_arrival *m,
    struct ms_err *err)
{
	if (m->left_out != NULL) {
		w->left_out++;
		tally(w, m)->seen++;
		tally(w, m)->left_out++;
		ms_report_left_out(w->report, m->where, m->left_out);
		return 0;
	}
	if (m->fault != NULL) {
		w->incomplete++;
		ms_report_failed(w->report, m->where, m->fault);
	}
	return write_message(w, src, m, err);
}

static int
write_input(struct writing *w, const char *path, struct ms_err *err)
{
	const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
	struct ms_source_options opt = w->opt->source;
	struct ms_progress p;
	uint64_t seen = 0;
	struct ms_err why = {0};
	struct ms_source *src;
	struct ms_arrival m;
	int got, rc = 0;

	opt.remark = add_remark;
	opt.remark_ctx = w;
	opt.outlook = w->outlook;
	opt.containers = w->containers;
	if (ms_source_open(&src, path, &opt, &why) < 0) {
		w->missing += why.code == MS_NOINPUT || why.code == MS_IO;
		failed(w, NULL, name, why.msg);
		return 0;
	}
	while (rc == 0 && !w->stopped &&
	       (got = ms_source_next(src, &m, &why)) != 0) {
		w->stopped = ms_stopped != 0;
		if (got < 0 && w->stopped && why.code == MS_TEMP)
			break;
		if (got < 0 && why.code == MS_NOINPUT && w->sums.messages == 0)
			w->missing++;
		w->unreadable |=
		    got < 0 && why.code == MS_DATA && ms_source_is_outlook(src);
		if (got < 0)
			failed(w, NULL, m.where, why.msg);
		else
			rc = handle(w, src, &m, err);
		p = (struct ms_progress){.what = name, .messages = ++seen};
		ms_source_progress(src, &p);
		ms_report_progress(w->report, &p);
		w->stopped = ms_stopped != 0;
	}
	w->no_mail += ms_source_left_out(src);
	ms_source_close(src);
	return rc;
}

static int
final_status(const struct writing *w)
{
	if (w->stopped)
		return EX_TEMPFAIL;
	if (w->sums.messages + w->left_out == 0 && w->missing > 0 &&
	    w->missing == w->sums.failed)
		return EX_NOINPUT;
	if (w->sums.messages + w->left_out + w->no_mail == 0 && w->unreadable)
		return EX_DATAERR;
	return w->sums.failed + w->incomplete > 0 ? MS_STATUS_SOME : 0;
}

static void
note_sums(struct writing *w)
{
	if (w->left_out > 0)
		ms_report_note(w->report,
		    "%llu left out, which the client has deleted; "
		    "--with-deleted adds them",
		    (unsigned long long)w->left_out);
	if (w->no_mail > 0)
		ms_report_note(w->report,
		    "%llu items that are not mail: left out (--mail-only)",
		    (unsigned long long)w->no_mail);
	if (w->incomplete > 0)
		ms_report_note(w->report, "%llu incomplete, and written",
		    (unsigned long long)w->incomplete);
	if (w->remarks > 0)
		ms_report_note(w->report, "%llu remark%s",
		    (unsigned long long)w->remarks, w->remarks == 1 ? "" : "s");
}

/* Writes all inputs and the trailer. */
static int
write_all(struct writing *w, char *paths[], struct ms_err *err)
{
	static char stdin_name[] = "-";
	static char *only_stdin[] = {stdin_name, NULL};
	int rc = 0;

	if (paths[0] == NULL)
		paths = only_stdin;
	/* The processes of the readers begin before this one has read anything.
	 * A system that lacks something was named by the caller. */
	if (ms_mapi_reader_open(&w->outlook, err) < 0 ||
	    ms_container_open(&w->containers, err) < 0)
		rc = -1;
	if (rc == 0)
		rc = ingest_confine(w->opt, NULL, paths, err);
	w->out = ms_stream_writer_new(stdout);
	for (; rc == 0 && *paths != NULL && !w->stopped; paths++)
		rc = write_input(w, *paths, err);
	w->sums.status = rc < 0 ? ms_status(err->code) : final_status(w);
	note_sums(w);
	if (rc == 0)
		rc = ms_stream_trailer(w->out, &w->sums, err);
	ms_stream_writer_free(w->out);
	ms_mapi_reader_close(w->outlook);
	ms_container_close(w->containers);
	return rc;
}

static int
write_stream(const struct ingest_options *opt, char *paths[])
{
	struct writing w = {.opt = opt};
	struct ms_err err = {0};
	int status;

	if (ms_report_open(&w.report, TOOL, &opt->report, &err) < 0)
		return ms_warn_err(TOOL, &err);
	/* The stream is not written line by line. */
	setvbuf(stdout, NULL, _IOFBF, (size_t)1 << 16);
	ms_stop_catch();
	status = ms_report_sandbox(w.report, ingest_sandbox(opt), &err);
	if (status == 0)
		status = write_all(&w, paths, &err);
	status = status < 0 ? ms_warn_err(TOOL, &err) : w.sums.status;
	return ingest_end(w.report, status, 0);
}

int
ingest_to_stream(const struct ingest_options *opt, char *paths[])
{
	struct ms_client_stores stores = {0};
	struct ms_err err = {0};
	int status;

	if (isatty(STDOUT_FILENO) == 1) {
		ms_fail(&err, MS_USAGE,
		    "mail is not written to a terminal; add '| ms-ingest'");
		return ms_warn_err(TOOL, &err);
	}
	if (ingest_client_paths(opt, &paths, &stores, &err) < 0)
		return ms_warn_err(TOOL, &err);
	status = write_stream(opt, paths);
	ingest_client_paths_release(paths, &stores);
	return status;
}
