/* options.c - the options of ms-csvbatch(1): its own, and those that it passes
 * on to ms-fetch. Which options ms-fetch has is in the table of ms-fetch. */
#include "csvbatch.h"

#include <string.h>

#define THREADS_MAX 64

#define IN(member) MS_OPT_IN(struct csvbatch_options, member)
const struct ms_option csvbatch_table[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"add to this archive (default: $MS_ARCHIVE)"},
    MS_OPT_AS_ROW(),
    {'j', "jobs", MS_OPT_NUMBER, IN(at_once), "number",
	"mailboxes at a time (default: 4)", .min = 1, .max = JOB_AT_ONCE_MAX},
    {0, "check", MS_OPT_FLAG, IN(check),
	.help = "log in to each mailbox and fetch nothing", .group = 1},
    {0, "failed-from", MS_OPT_STRING, IN(failed_from), "report",
	"only the mailboxes that failed in this report"},
    {0, "encoding", MS_OPT_STRING, IN(encoding), "name",
	"character set of the file (default: recognized)"},
    {0, "columns", MS_OPT_STRING, IN(columns), "list",
	"order of the columns, as in login,-,password"},
    {'d', "into", MS_OPT_STRING, IN(into), "folder", "add below this folder"},
    {0, "threads", MS_OPT_NUMBER, IN(threads), "n",
	"threads that compress, for each mailbox", .min = 1,
	.max = THREADS_MAX},
    {0, "run", MS_OPT_NUMBER, IN(run), "number",
	"record the results for this run of ms-profile", .min = 1,
	.max = UINT64_MAX},
    MS_OPT_REPORT_ROWS(struct csvbatch_options, report, 0),
    MS_OPT_VERBOSE_ROW(struct csvbatch_options, report, 0,
	"print the messages of ms-fetch and ms-ingest, too"),
    {0, "json", MS_OPT_FLAG, IN(json), .help = "print JSON Lines (ms-json(5))"},
    MS_OPT_COMMON,
};

/* ---- options of ms-fetch ---- */

/* The list that an option is added to. A choice of messages that is given after
 * --delete-archived is for the run that deletes only. */
static struct argv *
list_of(struct csvbatch_options *opt, const struct ms_option *o)
{
	if (o->class == FETCH_DELETE)
		return &opt->remove;
	if (o->class == FETCH_FETCH)
		return &opt->fetch;
	if (o->class == FETCH_CHOICE && opt->removes)
		return &opt->remove;
	return &opt->server;
}

int
csvbatch_pass_on(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct csvbatch_options *opt = values;
	struct argv *list = list_of(opt, o);

	if (o->class == FETCH_RUN || o->class == FETCH_SECRET ||
	    o->class == FETCH_MAILBOX)
		return ms_fail(err, MS_USAGE,
		    "not for many mailboxes: logins and passwords are in the "
		    "file");
	if (strcmp(o->name, "delete-archived") == 0) {
		opt->removes = true;
		return 0;
	}
	opt->dry_run |= strcmp(o->name, "dry-run") == 0;
	opt->connections |= strcmp(o->name, "connections") == 0;
	if (value != NULL)
		argv_addf(list, "--%s=%s", o->name, value);
	else
		argv_addf(list, "--%s", o->name);
	for (size_t i = 0; i < 2; i++)
		if (list != (i == 0 ? &opt->remove : &opt->fetch) &&
		    ms_opt_set(&opt->trials[i].state, o->name, value, err) < 0)
			return -1;
	return 0;
}

/* ---- life ---- */

void
csvbatch_options_init(struct csvbatch_options *opt)
{
	*opt = (struct csvbatch_options){.at_once = AT_ONCE};
	for (size_t i = 0; i < 2; i++) {
		struct fetch_trial *t = &opt->trials[i];

		fetch_options_init(&t->values);
		t->values.login = t->values.archive = "x";
		t->values.job = i == 0 ? FETCH_JOB_FETCH : FETCH_JOB_DELETE;
		t->state.tables[0].rows = fetch_table;
		t->state.values = &t->values;
	}
}

int
csvbatch_options_check(struct csvbatch_options *opt, struct ms_err *err)
{
	if (opt->columns != NULL && ms_csv_check_columns(opt->columns, err) < 0)
		return ms_context(err, "--columns");
	if (opt->encoding != NULL &&
	    ms_csv_check_encoding(opt->encoding, err) < 0)
		return -1;
	if (ms_url_parse(&opt->url, opt->url_text, err) < 0)
		return -1;
	if (opt->url.login != NULL)
		return ms_fail(err, MS_USAGE,
		    "the URL has a login, but the logins are in the file");
	if (opt->remove.n > 0 && !opt->removes)
		return ms_fail_option(err,
		    opt->dry_run ? "dry-run" : "archived-before",
		    "needs --delete-archived");
	if (opt->check && opt->removes)
		return ms_fail_option(
		    err, "check", "cannot be used with --delete-archived");
	for (size_t i = 0; i < (opt->removes ? 2 : 1); i++)
		if (fetch_options_check(
			&opt->trials[i].values, opt->url_text, err) < 0)
			return -1;
	if (opt->into != NULL)
		argv_addf(&opt->ingest, "--into=%s", opt->into);
	if (opt->threads > 0)
		argv_addf(&opt->ingest, "--threads=%u", opt->threads);
	return opt->check ? 0
			  : ms_opt_archive(&opt->archive, opt->archive, err);
}

void
csvbatch_options_release(struct csvbatch_options *opt)
{
	ms_url_release(&opt->url);
	argv_release(&opt->server);
	argv_release(&opt->fetch);
	argv_release(&opt->remove);
	argv_release(&opt->ingest);
	for (size_t i = 0; i < 2; i++)
		fetch_options_release(&opt->trials[i].values);
}
