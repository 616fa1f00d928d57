/* ms-export - hand out messages: a stream, an mbox, files. See ms-export(1). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
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
	enum ms_eol eol;
	bool eol_given;
};

static const char usage[] =
    "usage: " TOOL " [-hV] [-a archive] [-u user]\n"
    "       [--format stream | mboxrd | eml] [--eol crlf | lf | original]\n"
    "       [-o dest] [query ... | -]\n";

/* Opens what is asked and exports it. The sink is opened before, so that the
 * stream's reader learns of any failure. */
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

/* Ends the output, and says what the run has come to. */
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
	if (err->msg[0] != '\0')
		ms_warn(TOOL, "%s", err->msg);
	return ms_status(err->code);
}

static int
run(const struct options *opt, int argc, char *argv[], struct ms_err *err)
{
	struct ms_sink_options to = {.dest = opt->dest,
	    .eol = opt->eol_given ? opt->eol : opt->format->eol,
	    .users = opt->user == NULL};
	struct export_run r = {.user = opt->user,
	    .eol = to.eol,
	    .single = opt->format->single && strcmp(to.dest, "-") == 0};
	bool lines = argc == 1 && strcmp(argv[0], "-") == 0;
	struct ms_query *q = NULL;
	int rc = err->code == MS_OK ? 0 : -1;

	if (rc == 0 && !lines)
		rc = ms_query_parse_words(&q, argc, argv, time(NULL), err);
	if (q != NULL && opt->user != NULL)
		ms_query_user(q, opt->user);
	/* A stream says so when it ends at once; no file is made for that. */
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

/* ---- options ---- */

enum {
	OPT_FORMAT = MS_OPT_LONG,
	OPT_EOL
};

static const struct option longs[] = {
    {"archive", required_argument, NULL, 'a'},
    {"eol", required_argument, NULL, OPT_EOL},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"output", required_argument, NULL, 'o'},
    {"user", required_argument, NULL, 'u'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void
set_format(struct options *opt, const char *name, struct ms_err *err)
{
	const struct ms_sink_format *format = ms_sink_format(name);
	struct ms_buf names = {0};

	if (format != NULL) {
		opt->format = format;
		return;
	}
	ms_sink_format_names(&names);
	ms_fail(err, MS_USAGE, "--format %.40s is not known: there are %s",
	    name, ms_buf_str(&names));
	ms_buf_release(&names);
}

static void
set_eol(struct options *opt, const char *name, struct ms_err *err)
{
	static const char *const names[] = {[MS_EXPORT_ORIGINAL] = "original",
	    [MS_EXPORT_LF] = "lf",
	    [MS_EXPORT_CRLF] = "crlf"};

	opt->eol_given = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			opt->eol = (enum ms_eol)i;
			return;
		}
	ms_fail(err, MS_USAGE,
	    "--eol %.40s is not known: there are crlf, lf, original", name);
}

int
main(int argc, char *argv[])
{
	struct options opt = {.dest = "-", .format = ms_sink_format("stream")};
	struct ms_err err = {0};
	int c;

	/* All options are read, even behind a wrong one: it is their format
	 * that decides whether the output gets a trailer. */
	while ((c = ms_getopt(argc, argv, "a:ho:u:V", longs)) != -1)
		switch (c) {
		case 'a':
			opt.archive = optarg;
			break;
		case 'o':
			opt.dest = optarg;
			break;
		case 'u':
			opt.user = optarg;
			break;
		case OPT_FORMAT:
			set_format(&opt, optarg, &err);
			break;
		case OPT_EOL:
			set_eol(&opt, optarg, &err);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts(TOOL " " MS_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			err.code = MS_USAGE; /* getopt has said why */
		}
	return run(&opt, argc - optind, argv + optind, &err);
}
