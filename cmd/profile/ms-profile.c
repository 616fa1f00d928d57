/* ms-profile.c - saved jobs: defines, runs and schedules them. The manual is
 * ms-profile(1). */
#include <string.h>
#include <time.h>

#include "actor.h"
#include "common.h"
#include "query.h"
#include "secret.h"

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
		    "the owner of the profile or secret", .as = MS_AS_TEXT     \
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
#define NO_PAGER MS_OPT_PAGER_ROW(struct tool, opt.no_pager, 0)

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, IN(given), "archive",
	"use this archive (default: $MS_ARCHIVE)"},
    MS_OPT_AS_ROW(IN(as), ),
    MS_OPT_COMMON,
};
static const struct ms_option edit_options[] = {OWNER, FROM, {0}};
static const struct ms_option json_options[] = {JSON, NO_PAGER, {0}};
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
	"write a report to this file (ms-json(5))"},
    {0},
};
static const struct ms_option log_options[] = {
    JSON,
    NO_PAGER,
    {0, "failed-only", MS_OPT_FLAG, IN(opt.failed_only),
	.help = "only runs and mailboxes that failed"},
    {0, "mailboxes", MS_OPT_FLAG, IN(opt.mailboxes),
	.help = "also print the mailboxes of each run"},
    {0, "since", MS_OPT_CALL, .value = "date",
	.help = "only runs since this date, as in 2026-03-01 or 7d",
	.call = set_since, .as = MS_AS_TEXT},
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

/* clang-format off */
#define VERB(verb, opts, text, min, max)                                       \
	.name = #verb, .options = (opts), .operands = (text), .least = (min),  \
	.most = (max), .run = verb_##verb, .as = MS_AS_ANY, .no_files = true

static const struct ms_command verbs[] = {
	{VERB(add, edit_options, "[--key value ...] name", 1, 1),
	    .more = profile_keys, .more_call = profile_add_key,
	    .more_heading = "Keys, which ms-profile(5) explains",
	    .about = "Adds a profile from keys, a file or an editor",
	    .like = "new create"},
	{VERB(edit, edit_options, "name", 1, 1),
	    .about = "Changes a profile in an editor, or replaces it",
	    .like = "set change"},
	{VERB(show, NULL, "name", 1, 1),
	    .about = "Prints a profile", .like = "get cat info"},
	{VERB(list, json_options, NULL, 0, 0),
	    .about = "Prints the profiles, one in each line", .like = "ls"},
	{VERB(delete, NULL, "name ...", 1, MS_OPT_ANY),
	    .about = "Deletes profiles and their secrets",
	    .like = "remove rm del"},
	{VERB(rename, NULL, "name new-name", 2, 2),
	    .about = "Gives a profile another name", .like = "mv move"},
	{VERB(enable, NULL, "name ...", 1, MS_OPT_ANY),
	    .about = "Lets the schedule run profiles again"},
	{VERB(disable, NULL, "name ...", 1, MS_OPT_ANY),
	    .about = "Stops the schedule from running profiles",
	    .like = "pause"},
	{VERB(check, NULL, "name ...", 1, MS_OPT_ANY),
	    .about = "Checks profiles, and logs in to their servers",
	    .like = "test verify"},
	{VERB(run, run_options, "name ...", 1, MS_OPT_ANY),
	    .about = "Runs profiles now", .like = "start exec"},
	{VERB(stop, NULL, "name ...", 1, MS_OPT_ANY),
	    .about = "Ends the running processes of profiles",
	    .like = "kill cancel abort"},
	{VERB(status, json_options, "[name ...]", 0, MS_OPT_ANY),
	    .about = "Prints what runs now, and the last results",
	    .like = "ps"},
	{VERB(log, log_options, "[name ...]", 0, MS_OPT_ANY),
	    .about = "Prints the past runs, the newest first",
	    .like = "history runs"},
	{VERB(secret, secret_options, "name", 1, 1),
	    .about = "Stores or removes the password of a profile",
	    .like = "password passwd"},
	{VERB(crontab, NULL, "[name ...]", 0, MS_OPT_ANY),
	    .about = "Prints the schedules as lines of a crontab",
	    .like = "cron"},
	{VERB(timer, timer_options, "[name ...]", 0, MS_OPT_ANY),
	    .about = "Prints the schedules as systemd timers",
	    .like = "systemd timers"},
	{.name = NULL},
};
/* clang-format on */

static const struct ms_command profile_command = {
    .name = TOOL,
    .options = options,
    .operands = "verb [argument ...]",
    .about = "Keeps profiles of mailboxes to archive, and runs them",
    .verbs = verbs,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct tool t = {
	    .opt = {
		.since = INT64_MIN, .password_fd = -1, .verbosity = NORMAL}};
	int status;

	ms_secret_protect();
	profile_keys_fill();
	status = ms_command_main(&profile_command, &t, argc, argv);
	ms_buf_release(&t.opt.text);
	return status;
}
