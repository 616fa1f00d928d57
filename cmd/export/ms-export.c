/* ms-export.c - writes messages of an archive as a stream, an mbox or files.
 * The manual is ms-export(1). */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive.h"
#include "run.h"
#include "opt.h"
#include "query.h"
#include "report.h"
#include "sink.h"

struct options {
	const char *archive, *user, *dest;
	const struct ms_sink_format *format;
	int eol; /* enum ms_eol; -1: that of the format */
};

/* Opens the archive and exports. The sink is open already, so that the reader
 * of a stream learns of any failure. */
static int
export_all(struct export_run *r, const struct options *opt,
    const struct ms_query *q, struct ms_err *err)
{
	uint64_t user;
	const char *dir;
	int rc;

	if (ms_opt_archive(&dir, opt->archive, err) < 0 ||
	    ms_archive_open(&r->archive, dir, MS_ARCHIVE_READ, err) < 0)
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

/* Ends the output and prints an error. Returns the exit status. */
static int
finish(struct export_run *r, int rc, struct ms_err *err)
{
	struct ms_err why = {0};

	if (rc < 0)
		r->sum.status = ms_status(err->code);
	if (ms_sink_close(r->sink, &r->sum, &why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
	if (ms_close_stdout(&why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
	ms_archive_close(r->archive);
	export_release(r);
	if (rc == 0)
		return r->sum.status;
	return err->msg[0] != '\0' ? ms_warn_err(TOOL, err)
				   : ms_status(err->code);
}

/* err: if a usage error has been printed, its code without a message. */
static int
export_to(
    const struct options *opt, int count, char *args[], struct ms_err *err)
{
	struct ms_sink_options to = {.dest = opt->dest,
	    .eol = opt->eol >= 0 ? (enum ms_eol)opt->eol : opt->format->eol,
	    .users = opt->user == NULL};
	struct export_run r = {.user = opt->user,
	    .eol = to.eol,
	    .single = opt->format->single && strcmp(to.dest, "-") == 0};
	bool lines = count == 1 && strcmp(args[0], "-") == 0;
	struct ms_query *q = NULL;
	int rc = err->code == MS_OK ? 0 : -1;

	if (rc == 0 && !lines)
		rc = ms_query_parse_words(&q, count, args, time(NULL), err);
	if (q != NULL && opt->user != NULL)
		ms_query_user(q, opt->user);
	/* After an error, an empty stream on stdout reports the error; a file
	 * is not created. */
	if ((rc == 0 || strcmp(to.dest, "-") == 0) &&
	    opt->format->open(&r.sink, &to, rc == 0 ? err : NULL) < 0)
		rc = -1;
	if (rc == 0)
		rc = export_all(&r, opt, q, err);
	if (rc == 0)
		rc = export_end(&r, err);
	ms_query_free(q);
	return finish(&r, rc, err);
}

static int
run(const struct ms_args *args)
{
	struct ms_err err = {0};

	return export_to(args->values, args->count, args->v, &err);
}

/* A stream on stdout ends with a trailer, also after a usage error. */
static int
misused(void *values)
{
	struct ms_err err = {.code = MS_USAGE};

	return export_to(values, 0, NULL, &err);
}

/* ---- options ---- */

static int
set_format(void *values, const struct ms_option *o, const char *name,
    struct ms_err *err)
{
	struct options *opt = values;
	const struct ms_sink_format *format = ms_sink_format(name);

	if (format == NULL)
		return ms_fail(
		    err, MS_USAGE, "'%.40s' is none of %s", name, o->value);
	opt->format = format;
	return 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "export from this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"export only messages of this user"},
    {0, "format", MS_OPT_CALL, .value = "stream | mboxrd | eml",
	.help = "format of the output (default: stream)", .call = set_format},
    /* In the order of enum ms_eol. */
    {0, "eol", MS_OPT_CHOICE, MS_OPT_IN(struct options, eol),
	"original | lf | crlf", "line ends of the messages"},
    {'o', "output", MS_OPT_STRING, MS_OPT_IN(struct options, dest), "dest",
	"write to this file or directory (default: standard output)"},
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[query ... | -]",
    .most = MS_OPT_ANY,
    .run = run,
    .misused = misused,
};

int
main(int argc, char *argv[])
{
	struct options opt = {
	    .dest = "-", .format = ms_sink_format("stream"), .eol = -1};

	return ms_command_main(&tool, &opt, argc, argv);
}
