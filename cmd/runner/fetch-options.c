/* fetch-options.c - the options of ms-fetch(1): table, values, checks. */
#include "fetch-options.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive.h"
#include "conn.h"
#include "secret.h"

#define TIMEOUT_MAX 86400             /* seconds */
#define MAX_TIME_MAX (366 * 86400)    /* seconds */
#define RATE_MAX ((uint64_t)1 << 40)  /* bytes a second */
#define BYTES_MAX ((uint64_t)1 << 50) /* bytes a run */
#define FD_MAX 1023
#define PINS_MAX 100
#define CONNECTIONS 3
#define RETRIES 3
#define RETRIES_MAX 1000
#define POLL_SECONDS 300 /* for folders that IDLE does not watch */

/* ---- values ---- */

/* A name that is sent to the server. */
static int
check_name(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	(void)values;
	(void)o;
	if (ms_url_login_ok(text, strlen(text)))
		return 0;
	return ms_fail(
	    err, MS_USAGE, "empty, too long, or with control characters");
}

static int
check_user(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	(void)values;
	(void)o;
	if (ms_user_name_ok(text))
		return 0;
	return ms_fail(err, MS_USAGE, "'%.64s' is not a user name", text);
}

static int
set_mech(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct fetch_options *opt = values;

	(void)o;
	opt->mech = ms_mech_of(text, strlen(text));
	if (opt->mech != MS_MECH_AUTO)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "'%.40s' is none of LOGIN, PLAIN, CRAM-MD5, SCRAM-SHA-1, "
	    "SCRAM-SHA-256, XOAUTH2, OAUTHBEARER",
	    text);
}

static int
check_pattern(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	const struct ms_folders_options one = {
	    .include = &text, .include_count = 1};
	struct ms_folders *rules;

	(void)values;
	(void)o;
	if (!ms_secret_text_ok(text, strlen(text)))
		return ms_fail(err, MS_USAGE, "contains CR or LF");
	if (ms_folders_new(&rules, &one, err) < 0)
		return -1;
	ms_folders_free(rules);
	return 0;
}

static int
set_since(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct fetch_options *opt = values;

	(void)o;
	return ms_choice_since(&opt->choice, text, time(NULL), err);
}

static int
set_before(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct fetch_options *opt = values;

	(void)o;
	return ms_choice_before(&opt->choice, text, time(NULL), err);
}

static int
set_older_than(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct fetch_options *opt = values;

	(void)o;
	return ms_choice_older(&opt->choice, text, time(NULL), err);
}

static int
set_archived_before(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct fetch_options *opt = values;
	struct ms_choice c = {0};

	(void)o;
	if (ms_choice_older(&c, text, time(NULL), err) < 0)
		return -1;
	opt->has_archived_before = true;
	opt->archived_before = c.before;
	return 0;
}

/* ---- the table ---- */

/* Options that exclude each other. */
enum {
	IDENTITY = 1,
	PASSWORD,
	SEEN,
	JOB
};

#define IN(member) MS_OPT_IN(struct fetch_options, member)
const struct ms_option fetch_table[] = {
    {'n', "dry-run", MS_OPT_FLAG, IN(dry_run),
	.help = "print what --delete-archived would delete",
	.class = FETCH_DELETE},
    {'q', "quiet", MS_OPT_FLAG, IN(quiet), .help = "print nothing but errors",
	.class = FETCH_RUN},
    {'v', "verbose", MS_OPT_FLAG, IN(verbose),
	.help = "print what is done at the server", .class = FETCH_RUN},
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"do not fetch what this archive has", .class = FETCH_RUN},
    {'u', "user", MS_OPT_STRING, IN(user), "user",
	"the mail is for this user of the archive", .call = check_user,
	.class = FETCH_RUN},
    {0, "login", MS_OPT_STRING, IN(login), "name", "log in with this name",
	.call = check_name, .class = FETCH_MAILBOX},
    {0, "authzid", MS_OPT_STRING, IN(authzid), "name",
	"read the mailbox of this user", .call = check_name, .group = IDENTITY,
	.class = FETCH_MAILBOX},
    {0, "master", MS_OPT_STRING, IN(master), "name",
	"log in as this master user of Dovecot", .call = check_name,
	.group = IDENTITY, .class = FETCH_MASTER},
    {0, "master-separator", MS_OPT_STRING, IN(separator), "c",
	"text between the names of login and master (default: *)",
	.class = FETCH_MASTER},
    {0, "auth", MS_OPT_CALL, .value = "mechanism",
	.help = "log in with this mechanism, as in PLAIN", .call = set_mech,
	.class = FETCH_SERVER},
    {0, "password-file", MS_OPT_STRING, IN(password_file), "file",
	"read the password from this file", .group = PASSWORD,
	.class = FETCH_SECRET},
    {0, "password-fd", MS_OPT_NUMBER, IN(password_fd), "number",
	"read the password from this descriptor", .max = FD_MAX,
	.group = PASSWORD, .class = FETCH_SECRET},
    {0, "password-command", MS_OPT_STRING, IN(password_command), "command",
	"read the password from the output of this command", .group = PASSWORD,
	.class = FETCH_SECRET},
    {0, "token-command", MS_OPT_STRING, IN(token_command), "command",
	"read an OAuth token from the output of this command",
	.group = PASSWORD, .class = FETCH_SECRET},
    {0, "connect", MS_OPT_STRING, IN(connect_to), "host:port",
	"connect to this address, not to the host of the URL",
	.class = FETCH_SERVER},
    {0, "ca-file", MS_OPT_STRING, IN(ca_file), "file",
	"trust the certificates in this file", .class = FETCH_SERVER},
    {0, "pin", MS_OPT_LIST, IN(pins), "sha256//...",
	"accept only a certificate with this key", .max = PINS_MAX,
	.class = FETCH_SERVER},
    {0, "accept-any-certificate", MS_OPT_FLAG, IN(accept_any),
	.help = "do not verify the certificate of the server",
	.class = FETCH_SERVER},
    {0, "insecure-plaintext", MS_OPT_FLAG, IN(plaintext),
	.help = "log in without encryption if there is none",
	.class = FETCH_SERVER},
    {0, "timeout", MS_OPT_NUMBER, IN(timeout), "seconds",
	"wait so long for an answer", .min = 1, .max = TIMEOUT_MAX,
	.class = FETCH_SERVER},
    {0, "max-time", MS_OPT_NUMBER, IN(max_time), "seconds",
	"end the run after this time", .min = 1, .max = MAX_TIME_MAX,
	.class = FETCH_SERVER},
    {0, "connections", MS_OPT_NUMBER, IN(connections), "number",
	"number of connections at a time", .min = 1,
	.max = FETCH_CONNECTIONS_MAX, .class = FETCH_SERVER},
    {0, "retries", MS_OPT_NUMBER, IN(retries), "number",
	"connect again so often after consecutive failures", .max = RETRIES_MAX,
	.class = FETCH_SERVER},
    {0, "max-rate", MS_OPT_SIZE, IN(max_rate), "bytes",
	"read at most so many bytes a second", .max = RATE_MAX,
	.class = FETCH_SERVER},
    {0, "max-bytes", MS_OPT_SIZE, IN(max_bytes), "bytes",
	"end the run after so many bytes", .max = BYTES_MAX,
	.class = FETCH_SERVER},
    {0, "folder", MS_OPT_LIST, IN(include), "pattern",
	"read only folders that match", .max = MS_FOLDERS_PATTERNS,
	.call = check_pattern, .class = FETCH_CHOICE},
    {0, "exclude", MS_OPT_LIST, IN(exclude), "pattern",
	"do not read folders that match", .max = MS_FOLDERS_PATTERNS,
	.call = check_pattern, .class = FETCH_CHOICE},
    {0, "all-folders", MS_OPT_FLAG, IN(folders.all),
	.help = "read Trash, Junk, Drafts and Outbox too",
	.class = FETCH_CHOICE},
    {0, "sent-folder", MS_OPT_STRING, IN(folders.sent), "name",
	"this folder is the folder of sent mail", .class = FETCH_CHOICE},
    {0, "shared", MS_OPT_FLAG, IN(folders.shared),
	.help = "read shared folders too", .class = FETCH_CHOICE},
    {0, "other-users", MS_OPT_FLAG, IN(folders.others),
	.help = "read folders of other users too", .class = FETCH_CHOICE},
    {0, "unseen", MS_OPT_FLAG, IN(choice.unseen),
	.help = "only messages that are not seen", .group = SEEN,
	.class = FETCH_CHOICE},
    {0, "seen-only", MS_OPT_FLAG, IN(choice.seen),
	.help = "only messages that are seen", .group = SEEN,
	.class = FETCH_CHOICE},
    {0, "flagged", MS_OPT_FLAG, IN(choice.flagged),
	.help = "only messages that are flagged", .class = FETCH_CHOICE},
    {0, "since", MS_OPT_CALL, .value = "date",
	.help = "only messages of this date or later, as in 2024-03-01 or 90d",
	.call = set_since, .class = FETCH_CHOICE},
    {0, "before", MS_OPT_CALL, .value = "date",
	.help = "only messages before this date", .call = set_before,
	.class = FETCH_CHOICE},
    {0, "by-date-field", MS_OPT_FLAG, IN(choice.by_date_field),
	.help = "the date of a message is that of its Date field",
	.class = FETCH_CHOICE},
    {0, "older-than", MS_OPT_CALL, .value = "age",
	.help = "only messages of this age or older, as in 90d",
	.call = set_older_than, .class = FETCH_CHOICE},
    {0, "larger", MS_OPT_SIZE, IN(choice.larger), "bytes",
	"only messages that are larger", .max = BYTES_MAX,
	.class = FETCH_CHOICE},
    {0, "smaller", MS_OPT_SIZE, IN(choice.smaller), "bytes",
	"only messages that are smaller", .max = BYTES_MAX,
	.class = FETCH_CHOICE},
    {0, "no-auto-move", MS_OPT_FLAG, IN(no_auto_move),
	.help = "do not look for messages that were moved",
	.class = FETCH_FETCH},
    {0, "follow", MS_OPT_FLAG, IN(follow),
	.help = "wait for new messages and fetch them", .group = JOB,
	.class = FETCH_RUN},
    {0, "check", MS_OPT_CONST, IN(job), .help = "log in and fetch nothing",
	.min = FETCH_JOB_CHECK, .group = JOB, .class = FETCH_RUN},
    {0, "list-folders", MS_OPT_CONST, IN(job),
	.help = "print the folders and fetch nothing",
	.min = FETCH_JOB_LIST_FOLDERS, .group = JOB, .class = FETCH_RUN},
    {0, "delete-archived", MS_OPT_CONST, IN(job),
	.help = "delete messages at the server that the archive has",
	.min = FETCH_JOB_DELETE, .group = JOB, .class = FETCH_DELETE},
    {0, "poll", MS_OPT_NUMBER, IN(poll), "seconds",
	"with --follow, look at other folders so often", .min = 1,
	.max = TIMEOUT_MAX, .class = FETCH_RUN},
    {0, "archived-before", MS_OPT_CALL, .value = "age",
	.help = "delete only what was archived so long ago",
	.call = set_archived_before, .class = FETCH_DELETE},
    {0, "report", MS_OPT_STRING, IN(report), "file",
	"write a report in JSON Lines to this file (ms-json(5))",
	.class = FETCH_RUN},
    MS_OPT_COMMON,
};

/* ---- checks ---- */

static bool
is_pop(const struct fetch_options *opt)
{
	return opt->url.scheme == MS_POP3 || opt->url.scheme == MS_POP3S;
}

/*
 * The owner of the mailbox is --authzid, else the login in the URL, else
 * --login. The login name is --login if --authzid is given, `mailbox*master`
 * with --master, else the login.
 */
static int
set_url(struct fetch_options *opt, const char *text, struct ms_err *err)
{
	struct ms_buf name = {0};
	const char *login;

	if (ms_url_parse(&opt->url, text, err) < 0)
		return -1;
	if (opt->login != NULL && opt->url.login != NULL &&
	    strcmp(opt->login, opt->url.login) != 0)
		return ms_fail_option(
		    err, "login", "differs from the login in the URL");
	login = opt->url.login != NULL ? opt->url.login : opt->login;
	if (login == NULL)
		return ms_fail(err, MS_USAGE,
		    "no login: put it into the URL, or give --login");
	opt->identity = opt->authzid != NULL ? opt->authzid : login;
	ms_buf_add_str(&name, login);
	if (opt->master != NULL)
		ms_buf_printf(&name, "%s%s", opt->separator, opt->master);
	opt->login_name = ms_xstrdup(ms_buf_str(&name));
	ms_buf_release(&name);
	return 0;
}

static int
check_security(const struct fetch_options *opt, struct ms_err *err)
{
	if ((opt->pins.n > 0 || opt->ca_file != NULL) && opt->accept_any)
		return ms_fail_option(err, "accept-any-certificate",
		    "cannot be used with --pin and --ca-file");
	if (opt->plaintext &&
	    (opt->url.scheme == MS_IMAPS || opt->url.scheme == MS_POP3S))
		return ms_fail_option(err, "insecure-plaintext",
		    "only for URLs that begin with imap: or pop3:");
	return 0;
}

/* POP3 does not have most of what IMAP has. */
static int
check_pop(const struct fetch_options *opt, struct ms_err *err)
{
	const struct ms_folders_options *f = &opt->folders;
	const struct ms_choice *c = &opt->choice;

	if (!is_pop(opt))
		return 0;
	if (f->include_count > 0 || f->exclude_count > 0 || f->sent != NULL)
		return ms_fail_option(err,
		    f->include_count > 0   ? "folder"
		    : f->exclude_count > 0 ? "exclude"
					   : "sent-folder",
		    "POP3 has no folders");
	if (c->unseen || c->seen || c->flagged)
		return ms_fail_option(err,
		    c->unseen ? "unseen"
		    : c->seen ? "seen-only"
			      : "flagged",
		    "POP3 has no flags");
	if ((c->has_since || c->has_before) && !c->by_date_field)
		return ms_fail_option(err, c->has_since ? "since" : "before",
		    "POP3 has no date but the Date field; add "
		    "--by-date-field");
	return 0;
}

static int
check_job(const struct fetch_options *opt, struct ms_err *err)
{
	if (opt->job == FETCH_JOB_DELETE && opt->archive == NULL)
		return ms_fail_option(
		    err, "delete-archived", "needs --archive");
	if (opt->job != FETCH_JOB_DELETE &&
	    (opt->has_archived_before || opt->dry_run))
		return ms_fail_option(err,
		    opt->dry_run ? "dry-run" : "archived-before",
		    "needs --delete-archived");
	return 0;
}

int
fetch_options_check(
    struct fetch_options *opt, const char *url, struct ms_err *err)
{
	if (set_url(opt, url, err) < 0)
		return -1;
	opt->folders.include = opt->include.v;
	opt->folders.include_count = opt->include.n;
	opt->folders.exclude = opt->exclude.v;
	opt->folders.exclude_count = opt->exclude.n;
	/* Messages are deleted one after another; a POP3 mailbox admits one
	 * connection. */
	if (is_pop(opt) || opt->job != FETCH_JOB_FETCH)
		opt->connections = 1;
	if (check_job(opt, err) < 0 || check_security(opt, err) < 0 ||
	    check_pop(opt, err) < 0)
		return -1;
	return ms_choice_check(&opt->choice, err);
}

/* ---- life ---- */

void
fetch_options_init(struct fetch_options *opt)
{
	*opt = (struct fetch_options){.password_fd = -1,
	    .separator = "*",
	    .timeout = MS_CONN_TIMEOUT,
	    .connections = CONNECTIONS,
	    .retries = RETRIES,
	    .poll = POLL_SECONDS};
}

void
fetch_options_release(struct fetch_options *opt)
{
	ms_url_release(&opt->url);
	free(opt->login_name);
	free(opt->pins.v);
	free(opt->include.v);
	free(opt->exclude.v);
}
