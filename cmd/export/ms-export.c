/* ms-export.c - writes messages of an archive as a stream, an mbox or files.
 * The manual is ms-export(1). */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "archive.h"
#include "human.h"
#include "run.h"
#include "opt.h"
#include "query.h"
#include "report.h"
#include "sink.h"
#include "stop.h"
#include "term.h"
#include "nearest.h"

struct options {
	const char *archive, *user, *dest;
	struct ms_report_options report;
	bool dry_run, expand_tnef;
	const struct ms_sink_format *format;
	int eol; /* enum ms_eol; -1: that of the format */
};

/* Opens the archive and exports. The sink is open already, so that the reader
 * of a stream learns of any failure. */
static int
export_all(struct export_run *r, const struct options *opt, struct ms_query *q,
    struct ms_err *err)
{
	uint64_t user;
	const char *dir;
	int rc;

	if (ms_opt_archive(&dir, opt->archive, err) < 0 ||
	    ms_actor_open(&r->archive, dir, err) < 0)
		return -1;
	if (ms_actor_user(r->archive, opt->user, MS_RIGHT_READ, err) < 0)
		return -1;
	if (q != NULL)
		return export_query(r, q, err);
	if (opt->user == NULL)
		return export_lines(r, STDIN_FILENO, err);
	rc = ms_archive_user(r->archive, opt->user, &user, err);
	if (rc == 0)
		return ms_fail(err, MS_USAGE,
		    "the archive has no user \"%.255s\"", opt->user);
	return rc < 0 ? -1 : export_lines(r, STDIN_FILENO, err);
}

/* ---- the end ---- */

/* The sentence at the end of a run; "": none, because the message on stdout
 * says enough. */
static void
end_sentence(
    const struct export_run *r, const struct options *opt, struct ms_buf *out)
{
	struct ms_tally t = ms_report_total(r->report);
	bool to_stdout = strcmp(opt->dest, "-") == 0;

	if (t.seen == 0) {
		ms_buf_add_str(out, "no message matches; nothing was written");
		return;
	}
	if (to_stdout && opt->format->single && !opt->dry_run)
		return;
	ms_human_count(out, t.exported, "message");
	ms_buf_add_str(out, opt->dry_run ? " would be exported" : " exported");
	if (!to_stdout)
		ms_buf_printf(out, " to %s", opt->dest);
	ms_buf_add_str(out, ", ");
	ms_human_bytes(out, t.bytes);
	if (t.failed > 0)
		ms_buf_printf(
		    out, "; %llu failed", (unsigned long long)t.failed);
}

/* Ends the report. rc < 0: the run has failed, and the error was printed. */
static int
end_report(struct export_run *r, const struct options *opt, int rc, int status)
{
	struct ms_buf sentence = {0};
	struct ms_err err = {0};

	if (r->report == NULL)
		return status;
	if (rc == 0)
		end_sentence(r, opt, &sentence);
	ms_report_sentence(r->report, ms_buf_str(&sentence));
	ms_buf_release(&sentence);
	if (ms_report_close(r->report, status, &err) < 0)
		return ms_warn_end(TOOL, status, &err);
	return status;
}

/* Ends the output and prints an error. Returns the exit status. */
static int
finish(
    struct export_run *r, const struct options *opt, int rc, struct ms_err *err)
{
	struct ms_err why = {0};
	int status;

	if (rc < 0)
		r->sum.status = ms_status(err->code);
	if (r->sink != NULL && ms_sink_close(r->sink, &r->sum, &why) < 0 &&
	    rc == 0) {
		*err = why;
		rc = -1;
	}
	if (ms_close_stdout(&why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
	ms_archive_close(r->archive);
	export_release(r);
	status = rc == 0 ? r->sum.status : ms_status(err->code);
	if (rc < 0 && err->msg[0] != '\0')
		ms_warn_err(TOOL, err);
	return end_report(r, opt, rc, status);
}

/* ---- the run ---- */

/*
 * Opens the output. After an error on stdout, an empty stream reports the
 * error; a file is not created. A dry run writes nothing, but an existing file
 * is an error, too.
 */
static int
open_sink(struct export_run *r, const struct options *opt,
    const struct ms_sink_options *to, int rc, struct ms_err *err)
{
	const struct ms_trailer none = {.status = ms_status(MS_TEMP)};
	bool to_stdout = strcmp(to->dest, "-") == 0;

	if ((rc < 0 && !to_stdout) ||
	    (opt->dry_run && (to_stdout || opt->format->single)))
		return rc;
	if (opt->format->open(&r->sink, to, rc == 0 ? err : NULL) < 0)
		return -1;
	if (!opt->dry_run)
		return rc;
	rc = ms_sink_close(r->sink, &none, err);
	r->sink = NULL;
	return rc;
}

/* In a pipe, the last tool shows the progress; and mail on a terminal is not
 * mixed with it. */
static bool
shows_progress(const struct options *opt)
{
	struct stat st;

	return strcmp(opt->dest, "-") != 0 || opt->dry_run ||
	       opt->report.how == MS_REPORT_JSON ||
	       (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode));
}

/* Starts what reads messages; a system that cannot confine it is named. */
static int
begin_query(struct ms_query *q, struct ms_err *err)
{
	int rc = ms_query_begin(q, err);

	if (rc != 1)
		return rc;
	(void)ms_warn_err(TOOL, err);
	*err = (struct ms_err){0};
	return 0;
}

/* err: if an error has been printed already, its code without a message. */
static int
export_to(const struct ms_args *args, struct ms_err *err)
{
	const struct options *opt = args->values;
	struct ms_sink_options to = {.dest = opt->dest,
	    .eol = opt->eol >= 0 ? (enum ms_eol)opt->eol : opt->format->eol,
	    .users = opt->user == NULL};
	struct export_run r = {.args = args,
	    .user = opt->user,
	    .eol = to.eol,
	    .moves = opt->format->moves,
	    .dry_run = opt->dry_run,
	    .shows = shows_progress(opt),
	    .single = opt->format->single && strcmp(to.dest, "-") == 0};
	bool lines = args->count == 1 && strcmp(args->v[0], "-") == 0;
	struct ms_query *q = NULL;
	int rc = err->code == MS_OK ? 0 : -1;

	if (rc == 0)
		rc = ms_report_open(&r.report, TOOL, &opt->report, err);
	if (rc == 0 && opt->expand_tnef && !opt->dry_run)
		rc = export_expand_open(&r, err);
	if (rc == 0 && !lines)
		rc = ms_query_parse_words(
		    &q, args->count, args->v, time(NULL), err);
	if (q != NULL && opt->user != NULL)
		ms_query_user(q, opt->user);
	if (q != NULL)
		rc = begin_query(q, err);
	ms_stop_catch();
	rc = open_sink(&r, opt, &to, rc, err);
	if (rc == 0)
		rc = export_all(&r, opt, q, err);
	if (rc == 0)
		rc = export_end(&r, err);
	ms_query_free(q);
	return finish(&r, opt, rc, err);
}

static int
run(const struct ms_args *args)
{
	struct ms_err err = {0};

	return export_to(args, &err);
}

/* A stream on stdout ends with a trailer, also after a usage error or a
 * refusal; a terminal reads none. */
static int
refused(void *values, enum ms_code code)
{
	const struct ms_args none = {.values = values};
	struct ms_err err = {.code = code};

	if (ms_term_stdout())
		return ms_status(code);
	return export_to(&none, &err);
}

/* ---- options ---- */

static int
set_format(void *values, const struct ms_option *o, const char *name,
    struct ms_err *err)
{
	struct options *opt = values;
	const struct ms_sink_format *format = ms_sink_format(name);

	if (format == NULL)
		return ms_fail_choice(name, o->value, err);
	opt->format = format;
	return 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "export from this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"export only messages of this user", .as = MS_AS_TEXT},
    {0, "format", MS_OPT_CALL, .value = "stream | mboxrd | eml",
	.help = "format of the output (default: stream)", .call = set_format,
	.as = MS_AS_TEXT},
    /* In the order of enum ms_eol. */
    {0, "eol", MS_OPT_CHOICE, MS_OPT_IN(struct options, eol),
	"original | lf | crlf", "line ends (default: original)"},
    {'o', "output", MS_OPT_STRING, MS_OPT_IN(struct options, dest), "dest",
	"write to this file or directory (default: stdout)"},
    {0, "expand-tnef", MS_OPT_FLAG, MS_OPT_IN(struct options, expand_tnef),
	.help = "write the parts of winmail.dat instead of it"},
    {'n', "dry-run", MS_OPT_FLAG, MS_OPT_IN(struct options, dry_run),
	.help = "write nothing, and print what would be written"},
    MS_OPT_REPORT_ROWS(struct options, report, 0),
    MS_OPT_PROGRESS_ROW(struct options, report, 0),
    MS_OPT_VERBOSE_ROW(
	struct options, report, 0, "print the sums of each folder, too"),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[query ... | -]",
    .most = MS_OPT_ANY,
    .about = "Writes the messages of an archive that match a query",
    .see = "The query language is explained in ms-query(7). With \"-\", the "
	   "ids of\n"
	   "the messages are read from standard input.",
    .run = run,
    .as = MS_AS_ANY | MS_PRIVILEGE_EXPORT,
    .no_files = true,
    .guard = ms_actor_guard,
    .refused = refused,
};

int
main(int argc, char *argv[])
{
	struct options opt = {.dest = "-",
	    .format = ms_sink_format("stream"),
	    .eol = -1,
	    .report.exports = true};

	return ms_command_main(&tool, &opt, argc, argv);
}
