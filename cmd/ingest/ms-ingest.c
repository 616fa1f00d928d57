/* ms-ingest - put messages into an archive. See ms-ingest(1). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "run.h"
#include "opt.h"
#include "pool.h"
#include "report.h"

#define THREADS_MAX 64

enum {
	OPT_CREATE_USER = MS_OPT_LONG,
	OPT_LABEL,
	OPT_FORMAT,
	OPT_UNQUOTE,
	OPT_THREADS,
	OPT_PRINT_IDS,
	OPT_REPORT
};

static const char usage[] =
    "usage: " TOOL " [-qhV] [-a archive] [-u user] [--create-user]\n"
    "                 [-d folder] [--label name]\n"
    "                 [--format auto | stream | mbox | eml | maildir]\n"
    "                 [--unquote] [--threads n] [--print-ids] [--report file]\n"
    "                 [file | directory ...]\n";

static const struct option longopts[] = {
    {"archive", required_argument, NULL, 'a'},
    {"user", required_argument, NULL, 'u'},
    {"create-user", no_argument, NULL, OPT_CREATE_USER},
    {"into", required_argument, NULL, 'd'},
    {"label", required_argument, NULL, OPT_LABEL},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"unquote", no_argument, NULL, OPT_UNQUOTE},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"print-ids", no_argument, NULL, OPT_PRINT_IDS},
    {"report", required_argument, NULL, OPT_REPORT},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int
parse_format(const char *s, enum ms_format *format)
{
	static const char *const names[] = {
	    [MS_FORMAT_AUTO] = "auto",
	    [MS_FORMAT_STREAM] = "stream",
	    [MS_FORMAT_MBOX] = "mbox",
	    [MS_FORMAT_EML] = "eml",
	    [MS_FORMAT_MAILDIR] = "maildir",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(s, names[i]) == 0) {
			*format = (enum ms_format)i;
			return 0;
		}
	ms_warn(TOOL, "--format: there is no format '%s'", s);
	return -1;
}

static int
bad_usage(void)
{
	fputs(usage, stderr);
	return EX_USAGE;
}

int
main(int argc, char *argv[])
{
	struct ingest_options opt = {.threads = ms_pool_default_threads()};
	struct ms_err err = {0};
	int c;

	while ((c = ms_getopt(argc, argv, "a:u:d:qhV", longopts)) != -1) {
		switch (c) {
		case 'a':
			opt.archive = optarg;
			break;
		case 'u':
			opt.user = optarg;
			break;
		case OPT_CREATE_USER:
			opt.create_user = true;
			break;
		case 'd':
			opt.source.into = optarg;
			break;
		case OPT_LABEL:
			opt.label = optarg;
			break;
		case OPT_FORMAT:
			if (parse_format(optarg, &opt.source.format) < 0)
				return bad_usage();
			break;
		case OPT_UNQUOTE:
			opt.source.unquote = true;
			break;
		case OPT_THREADS:
			if (ms_opt_number(optarg, 1, THREADS_MAX, &opt.threads,
				"--threads", &err) < 0) {
				ms_warn(TOOL, "%s", err.msg);
				return bad_usage();
			}
			break;
		case OPT_PRINT_IDS:
			opt.print_ids = true;
			break;
		case OPT_REPORT:
			opt.report = optarg;
			break;
		case 'q':
			opt.quiet = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts(TOOL " " MS_VERSION);
			return 0;
		default:
			return bad_usage();
		}
	}
	/* A printed id is a promise kept at once, also to a slow reader. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return ingest_run(&opt, argv + optind);
}
