/* options.c - the command line of ms-csvbatch(1). Which options
 * ms-fetch has, and for what, is its own table's to say. */
#include "csvbatch.h"

#include <stdio.h>
#include <string.h>

#include "fetch-options.h"
#include "opt.h"

const char csvbatch_usage[] =
    "usage: " TOOL " [-qhV] [-a archive] [-j number] [--check] [--json]\n"
    "                   [--report file] [--failed-from report] [-d folder]\n"
    "                   [--threads n] [--run number]\n"
    "                   [option of ms-fetch ...]\n"
    "                   [--delete-archived [-n] [option of ms-fetch ...]]\n"
    "                   url file | -\n";

/* Beside those that getopt calls as ms-fetch does. */
enum {
	OPT_JSON = 1024,
	OPT_FAILED_FROM,
	OPT_THREADS,
	OPT_RUN
};

static const struct option ours[] = {
    {"archive", required_argument, NULL, 'a'},
    {"jobs", required_argument, NULL, 'j'},
    {"check", no_argument, NULL, OPT_CHECK},
    {"json", no_argument, NULL, OPT_JSON},
    {"report", required_argument, NULL, OPT_REPORT},
    {"failed-from", required_argument, NULL, OPT_FAILED_FROM},
    {"into", required_argument, NULL, 'd'},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"run", required_argument, NULL, OPT_RUN},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
};
#define OURS (sizeof(ours) / sizeof(ours[0]))

/* ---- options of ms-fetch ---- */

static const struct fetch_option *
option_of(int letter)
{
	const struct fetch_option *o;

	for (o = fetch_table; o->name != NULL; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* What each row says for itself, or what a batch has no use for. */
static bool
is_passed(const struct fetch_option *o)
{
	return o->class != FETCH_RUN && o->class != FETCH_SECRET &&
	       o->letter != OPT_LOGIN && o->letter != OPT_AUTHZID;
}

/* A rule of choice behind --delete-archived is for that run only. */
static struct argv *
list_of(struct options *opt, const struct fetch_option *o)
{
	if (o->class == FETCH_DELETE)
		return &opt->remove;
	if (o->class == FETCH_FETCH)
		return &opt->fetch;
	if (o->class == FETCH_CHOICE && opt->removes)
		return &opt->remove;
	return &opt->server;
}

static int
pass_on(struct options *opt, const struct fetch_option *o, struct ms_err *err)
{
	struct argv *list;

	if (!is_passed(o))
		return ms_fail(err, MS_USAGE,
		    "--%s: this is no option for many mailboxes: logins and "
		    "passwords are the file's",
		    o->name);
	if (o->letter == OPT_DELETE) {
		opt->removes = true;
		return 0;
	}
	opt->dry_run |= o->letter == 'n';
	opt->connections |= o->letter == OPT_CONNECTIONS;
	list = list_of(opt, o);
	if (o->argument)
		argv_addf(list, "--%s=%s", o->name, optarg);
	else
		argv_addf(list, "--%s", o->name);
	return 0;
}

/* ---- ours ---- */

static int
number(const char *name, uint64_t max, uint64_t *out, struct ms_err *err)
{
	return ms_opt_number(optarg, 1, max, out, name, err);
}

static int
take_option(struct options *opt, int c, struct ms_err *err)
{
	const struct fetch_option *o;
	uint64_t n = 0;

	switch (c) {
	case 'a':
		opt->archive = optarg;
		return 0;
	case 'j':
		if (number("--jobs", JOB_AT_ONCE_MAX, &n, err) < 0)
			return -1;
		opt->at_once = (unsigned)n;
		return 0;
	case OPT_CHECK:
		opt->check = true;
		return 0;
	case OPT_JSON:
		opt->json = true;
		return 0;
	case OPT_REPORT:
		opt->report = optarg;
		return 0;
	case OPT_FAILED_FROM:
		opt->failed_from = optarg;
		return 0;
	case 'd':
		argv_addf(&opt->ingest, "--into=%s", optarg);
		return 0;
	case OPT_THREADS:
		opt->threads = true;
		argv_addf(&opt->ingest, "--threads=%s", optarg);
		return number("--threads", 64, &n, err);
	case OPT_RUN:
		return number("--run", UINT64_MAX, &opt->run, err);
	case 'q':
		opt->quiet = true;
		return 0;
	default:
		o = option_of(c);
		return o != NULL ? pass_on(opt, o, err) : -1;
	}
}

/* Ours, and of ms-fetch's all that are not called like one of ours. */
static void
all_longs(struct option longs[OURS + FETCH_OPTIONS + 1])
{
	struct option fetch[FETCH_OPTIONS + 1];
	size_t i, k, n = OURS;

	memcpy(longs, ours, sizeof(ours));
	fetch_longs(fetch);
	for (i = 0; fetch[i].name != NULL; i++) {
		for (k = 0; k < OURS; k++)
			if (strcmp(fetch[i].name, ours[k].name) == 0)
				break;
		if (k == OURS)
			longs[n++] = fetch[i];
	}
	longs[n] = (struct option){0};
}

/* ---- what they say together ---- */

/* Would ms-fetch take what it is going to be given? Asked once, not for each
 * row. */
static int
try_fetch(const struct options *opt, bool removing, struct ms_err *err)
{
	struct argv argv = {0};
	int rc;

	argv_add(&argv, TOOL);
	argv_add(&argv, "--login=x");
	argv_add(&argv, "--archive=x");
	if (removing)
		argv_add(&argv, "--delete-archived");
	argv_add_list(&argv, &opt->server);
	argv_add_list(&argv, removing ? &opt->remove : &opt->fetch);
	argv_add(&argv, "--");
	argv_add(&argv, opt->url_text);
	rc = fetch_try((int)argv.n, argv.v, err);
	argv_release(&argv);
	return rc;
}

static int
check_options(struct options *opt, struct ms_err *err)
{
	if (ms_url_parse(&opt->url, opt->url_text, err) < 0)
		return -1;
	if (opt->url.login != NULL)
		return ms_fail(err, MS_USAGE,
		    "the URL has a login, but logins are the file's");
	if (opt->remove.n > 0 && !opt->removes)
		return ms_fail(err, MS_USAGE,
		    "--archived-before and -n go with --delete-archived");
	if (opt->check && opt->removes)
		return ms_fail(
		    err, MS_USAGE, "only one of --check and --delete-archived");
	if (try_fetch(opt, false, err) < 0)
		return -1;
	if (opt->removes && try_fetch(opt, true, err) < 0)
		return -1;
	return opt->check ? 0
			  : ms_opt_archive(&opt->archive, opt->archive, err);
}

int
csvbatch_options(
    struct options *opt, int argc, char *argv[], struct ms_err *err)
{
	struct option longs[OURS + FETCH_OPTIONS + 1];
	int c;

	all_longs(longs);
	*opt = (struct options){.at_once = AT_ONCE};
	while ((c = ms_getopt(argc, argv, "a:j:d:nqhV", longs)) != -1) {
		if (c == 'h' || c == 'V') {
			if (c == 'h')
				fputs(csvbatch_usage, stdout);
			else
				puts(TOOL " " MS_VERSION);
			return 1;
		}
		if (take_option(opt, c, err) < 0)
			return -1;
	}
	if (argc - optind != 2)
		return ms_fail(err, MS_USAGE, "a URL and a file are needed");
	opt->url_text = argv[optind];
	opt->file = argv[optind + 1];
	return check_options(opt, err);
}

void
csvbatch_options_release(struct options *opt)
{
	ms_url_release(&opt->url);
	argv_release(&opt->server);
	argv_release(&opt->fetch);
	argv_release(&opt->remove);
	argv_release(&opt->ingest);
}
