/* ms-profile.c - saved jobs: defines, runs and schedules them. The manual is
 * ms-profile(1). */
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common.h"
#include "query.h"

/* ---- options ---- */

static int
set_since(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct tool *t = values;

	(void)o;
	if (ms_query_date(text, strlen(text), time(NULL), &t->opt.since))
		return 0;
	return ms_fail(err, MS_USAGE,
	    "'%.40s' is not a date; write 2026, 2026-03-01 or 7d", text);
}

#define IN(member) MS_OPT_IN(struct tool, member)
#define OWNER                                                                  \
	{                                                                      \
		0, "owner", MS_OPT_STRING, IN(opt.owner), "user",              \
		    "the owner of the profile or secret"                       \
	}
#define FROM                                                                   \
	{                                                                      \
		'f', "from", MS_OPT_STRING, IN(opt.file), "file",              \
		    "read the profile from this file"                          \
	}
#define JSON                                                                   \
	{                                                                      \
		0, "json", MS_OPT_FLAG, IN(opt.json),                          \
		    .help = "print JSON Lines (ms-json(5))"                    \
	}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, IN(given), "archive",
	"use this archive (default: $MS_ARCHIVE)"},
    {0, "as", MS_OPT_STRING, IN(as), "user",
	"act as this user, with the privileges of this user"},
    MS_OPT_COMMON,
};
static const struct ms_option edit_options[] = {OWNER, FROM, {0}};
static const struct ms_option json_options[] = {JSON, {0}};
static const struct ms_option run_options[] = {
    {'q', "quiet", MS_OPT_CONST, IN(opt.verbosity),
	.help = "print nothing but errors", .min = QUIET},
    {'v', "verbose", MS_OPT_CONST, IN(opt.verbosity),
	.help = "print the output of the tools", .min = VERBOSE},
    {0, "follow", MS_OPT_FLAG, IN(opt.follow),
	.help = "wait for new messages and archive them", .group = 1},
    {0, "scheduled", MS_OPT_FLAG, IN(opt.scheduled),
	.help = "do nothing if the profile is disabled", .group = 1},
    {0, "report", MS_OPT_STRING, IN(opt.report), "file",
	"write a report in JSON Lines to this file (ms-json(5))"},
    {0},
};
static const struct ms_option log_options[] = {
    JSON,
    {0, "failed-only", MS_OPT_FLAG, IN(opt.failed_only),
	.help = "only runs that failed, and their mailboxes that failed"},
    {0, "mailboxes", MS_OPT_FLAG, IN(opt.mailboxes),
	.help = "also print the mailboxes of each run"},
    {0, "since", MS_OPT_CALL, .value = "date",
	.help = "only runs of this date or later, as in 2026-03-01 or 7d",
	.call = set_since},
    {0},
};
static const struct ms_option secret_options[] = {
    OWNER,
    {0, "remove", MS_OPT_FLAG, IN(opt.remove), .help = "remove the secret",
	.group = 1},
    {0, "password-file", MS_OPT_STRING, IN(opt.file), "file",
	"read the secret from this file", .group = 1},
    {0, "password-fd", MS_OPT_NUMBER, IN(opt.password_fd), "number",
	"read the secret from this descriptor", .max = 1023, .group = 1},
    {0},
};
static const struct ms_option timer_options[] = {
    {'o', "output", MS_OPT_STRING, IN(opt.output), "directory",
	"write the units to this directory"},
    {0},
};

/* ---- verbs ---- */

#define VERB(verb, opts, text, min, max)                                       \
	.name = #verb, .options = (opts), .operands = (text), .least = (min),  \
	.most = (max), .mixed = true, .run = verb_##verb

static const struct ms_command verbs[] = {
    {VERB(add, edit_options, "[--key value ...] name", 1, 1),
	.more = profile_keys, .more_call = profile_add_key},
    {VERB(edit, edit_options, "name", 1, 1)},
    {VERB(show, NULL, "name", 1, 1)},
    {VERB(list, json_options, NULL, 0, 0)},
    {VERB(delete, NULL, "name ...", 1, MS_OPT_ANY)},
    {VERB(rename, NULL, "name new-name", 2, 2)},
    {VERB(enable, NULL, "name ...", 1, MS_OPT_ANY)},
    {VERB(disable, NULL, "name ...", 1, MS_OPT_ANY)},
    {VERB(check, NULL, "name ...", 1, MS_OPT_ANY)},
    {VERB(run, run_options, "name ...", 1, MS_OPT_ANY)},
    {VERB(stop, NULL, "name ...", 1, MS_OPT_ANY)},
    {VERB(status, json_options, "[name ...]", 0, MS_OPT_ANY)},
    {VERB(log, log_options, "[name ...]", 0, MS_OPT_ANY)},
    {VERB(secret, secret_options, "name", 1, 1)},
    {VERB(crontab, NULL, "[name ...]", 0, MS_OPT_ANY)},
    {VERB(timer, timer_options, "[name ...]", 0, MS_OPT_ANY)},
    {.name = NULL},
};

static const struct ms_command profile_command = {
    .name = TOOL,
    .options = options,
    .operands = "verb [argument ...]",
    .verbs = verbs,
};

int
main(int argc, char *argv[])
{
	const struct rlimit no_core = {0, 0};
	struct tool t = {
	    .opt = {
		.since = INT64_MIN, .password_fd = -1, .verbosity = NORMAL}};
	int status;

	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold passwords */
	profile_keys_fill();
	status = ms_command_main(&profile_command, &t, argc, argv);
	ms_buf_release(&t.opt.text);
	return status;
}
