/* fetch-options.c - the options of ms-fetch(1): table, values, checks. */
#include "fetch-options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive.h"
#include "config.h"
#include "conn.h"
#include "profile.h"
#include "secret.h"
#include "nearest.h"

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
	return ms_fail_choice(text,
	    "LOGIN, PLAIN, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256, XOAUTH2, "
	    "OAUTHBEARER",
	    err);
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
	ARCHIVE = 1,
	IDENTITY,
	PASSWORD,
	SEEN,
	JOB
};

#define IN(member) MS_OPT_IN(struct fetch_options, member)
const struct ms_option fetch_table[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"leave out what it has (default: $MS_ARCHIVE)", .group = ARCHIVE,
	.class = FETCH_RUN, .heading = "Archive"},
    {0, "no-archive", MS_OPT_FLAG, IN(no_archive),
	.help = "fetch all mail, whatever any archive has", .group = ARCHIVE,
	.class = FETCH_RUN},
    {'u', "user", MS_OPT_STRING, IN(user), "user",
	"the mail is for this user of the archive", .call = check_user,
	.class = FETCH_RUN},
    MS_OPT_AS_ROW(.class = FETCH_RUN, ),
    {0, "login", MS_OPT_STRING, IN(login), "name", "log in with this name",
	.call = check_name, .class = FETCH_MAILBOX, .heading = "Logging in"},
    {0, "authzid", MS_OPT_STRING, IN(authzid), "name",
	"read the mailbox of this user", .call = check_name, .group = IDENTITY,
	.class = FETCH_MAILBOX},
    {0, "master", MS_OPT_STRING, IN(master), "name",
	"log in as this master user of Dovecot", .call = check_name,
	.group = IDENTITY, .class = FETCH_MASTER},
    {0, "master-separator", MS_OPT_STRING, IN(separator), "c",
	"between login and master name (default: *)", .class = FETCH_MASTER},
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
	"read the password from a command's output", .group = PASSWORD,
	.class = FETCH_SECRET},
    {0, "token-command", MS_OPT_STRING, IN(token_command), "command",
	"read an OAuth token from a command's output", .group = PASSWORD,
	.class = FETCH_SECRET},
    {0, "token-command-fd", MS_OPT_NUMBER, IN(token_command_fd), "number",
	"read that command from this descriptor", .max = FD_MAX,
	.group = PASSWORD, .class = FETCH_SECRET},
    {0, "connect", MS_OPT_STRING, IN(connect_to), "host:port",
	"connect to this address, not the URL's host", .class = FETCH_SERVER,
	.heading = "Connection"},
    {0, "ca-file", MS_OPT_STRING, IN(ca_file), "file",
	"trust the certificates in this file", .class = FETCH_SERVER},
    {0, "pin", MS_OPT_LIST, IN(pins), "sha256//...",
	"accept only a certificate with this key", .max = PINS_MAX,
	.class = FETCH_SERVER},
    {0, "accept-any-certificate", MS_OPT_FLAG, IN(accept_any),
	.help = "do not verify the certificate of the server",
	.class = FETCH_SERVER},
    {0, "insecure-plaintext", MS_OPT_FLAG, IN(plaintext),
	.help = "do not use TLS with imap:// and pop3://",
	.class = FETCH_SERVER},
    {0, "read-only", MS_OPT_FLAG, IN(read_only),
	.help = "do not use SELECT if EXAMINE is refused",
	.class = FETCH_SERVER},
    {0, "no-id", MS_OPT_FLAG, IN(no_id),
	.help = "do not tell the server this program's name",
	.class = FETCH_SERVER},
    {0, "timeout", MS_OPT_NUMBER, IN(timeout), "seconds",
	"wait so long for an answer", .min = 1, .max = TIMEOUT_MAX,
	.class = FETCH_SERVER},
    {0, "max-time", MS_OPT_NUMBER, IN(max_time), "seconds",
	"end the run after this time", .min = 1, .max = MAX_TIME_MAX,
	.class = FETCH_SERVER},
    {0, "connections", MS_OPT_NUMBER, IN(connections), "number",
	"connections at a time (default: 3)", .min = 1,
	.max = FETCH_CONNECTIONS_MAX, .class = FETCH_SERVER},
    {0, "retries", MS_OPT_NUMBER, IN(retries), "number",
	"connect again so often (default: 3)", .max = RETRIES_MAX,
	.class = FETCH_SERVER},
    {0, "max-rate", MS_OPT_SIZE, IN(max_rate), "bytes",
	"read at most so many bytes a second", .max = RATE_MAX,
	.class = FETCH_SERVER},
    {0, "max-bytes", MS_OPT_SIZE, IN(max_bytes), "bytes",
	"end the run after so many bytes", .max = BYTES_MAX,
	.class = FETCH_SERVER},
    {0, "folder", MS_OPT_LIST, IN(include), "pattern",
	"read only folders that match", .max = MS_FOLDERS_PATTERNS,
	.call = check_pattern, .class = FETCH_CHOICE, .heading = "Folders"},
    {0, "exclude", MS_OPT_LIST, IN(exclude), "pattern",
	"do not read folders that match", .max = MS_FOLDERS_PATTERNS,
	.call = check_pattern, .class = FETCH_CHOICE},
    {0, "all-folders", MS_OPT_FLAG, IN(folders.all),
	.help = "read Trash, Junk, Drafts and Outbox too",
	.class = FETCH_CHOICE},
    {0, "allow-empty", MS_OPT_FLAG, IN(allow_empty),
	.help = "a mailbox without any folder is not an error",
	.class = FETCH_SERVER},
    {0, "sent-folder", MS_OPT_STRING, IN(folders.sent), "name",
	"this folder is the folder of sent mail", .class = FETCH_CHOICE},
    {0, "shared", MS_OPT_FLAG, IN(folders.shared),
	.help = "read shared folders too", .class = FETCH_CHOICE},
    {0, "other-users", MS_OPT_FLAG, IN(folders.others),
	.help = "read folders of other users too", .class = FETCH_CHOICE},
    {0, "unseen", MS_OPT_FLAG, IN(choice.unseen),
	.help = "only messages that are not seen", .group = SEEN,
	.class = FETCH_CHOICE, .heading = "Messages"},
    {0, "seen-only", MS_OPT_FLAG, IN(choice.seen),
	.help = "only messages that are seen", .group = SEEN,
	.class = FETCH_CHOICE},
    {0, "flagged", MS_OPT_FLAG, IN(choice.flagged),
	.help = "only messages that are flagged", .class = FETCH_CHOICE},
    {0, "since", MS_OPT_CALL, .value = "date",
	.help = "only since this date, as in 2024-03-01 or 90d",
	.call = set_since, .class = FETCH_CHOICE},
    {0, "before", MS_OPT_CALL, .value = "date",
	.help = "only messages before this date", .call = set_before,
	.class = FETCH_CHOICE},
    {0, "older-than", MS_OPT_CALL, .value = "age",
	.help = "only messages of this age or older, as in 90d",
	.call = set_older_than, .class = FETCH_CHOICE},
    {0, "by-date-field", MS_OPT_FLAG, IN(choice.by_date_field),
	.help = "use the date of the Date field", .class = FETCH_CHOICE},
    {0, "larger", MS_OPT_SIZE, IN(choice.larger), "bytes",
	"only messages that are larger", .max = BYTES_MAX,
	.class = FETCH_CHOICE},
    {0, "smaller", MS_OPT_SIZE, IN(choice.smaller), "bytes",
	"only messages that are smaller", .max = BYTES_MAX,
	.class = FETCH_CHOICE},
    {0, "no-auto-move", MS_OPT_FLAG, IN(no_auto_move),
	.help = "do not look for messages that were moved",
	.class = FETCH_FETCH},
    {0, "check", MS_OPT_CONST, IN(job), .help = "log in and fetch nothing",
	.min = FETCH_JOB_CHECK, .group = JOB, .class = FETCH_RUN,
	.heading = "Instead of a fetch"},
    {0, "list-folders", MS_OPT_CONST, IN(job),
	.help = "print the folders and fetch nothing",
	.min = FETCH_JOB_LIST_FOLDERS, .group = JOB, .class = FETCH_RUN},
    {0, "follow", MS_OPT_FLAG, IN(follow),
	.help = "wait for new messages and fetch them", .group = JOB,
	.class = FETCH_RUN},
    {0, "poll", MS_OPT_NUMBER, IN(poll), "seconds",
	"with --follow, look at other folders so often", .min = 1,
	.max = TIMEOUT_MAX, .class = FETCH_RUN},
    {0, "delete-archived", MS_OPT_CONST, IN(job),
	.help = "delete messages that the archive has", .min = FETCH_JOB_DELETE,
	.group = JOB, .class = FETCH_DELETE,
	.heading = "Deleting at the server"},
    {0, "archived-before", MS_OPT_CALL, .value = "age",
	.help = "delete only what was archived so long ago",
	.call = set_archived_before, .class = FETCH_DELETE},
    {0, "force-short", MS_OPT_FLAG, IN(force_short),
	.help = "delete mail too whose archived body is short",
	.class = FETCH_DELETE},
    {'n', "dry-run", MS_OPT_FLAG, IN(dry_run),
	.help = "print what --delete-archived would delete",
	.class = FETCH_DELETE},
    MS_OPT_REPORT_ROWS(struct fetch_options, report, FETCH_RUN),
    MS_OPT_PROGRESS_ROW(struct fetch_options, report, FETCH_RUN),
    MS_OPT_VERBOSE_ROW(struct fetch_options, report, FETCH_RUN,
	"print what is done at the server"),
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
	    (opt->has_archived_before || opt->dry_run || opt->force_short))
		return ms_fail_option(err,
		    opt->dry_run       ? "dry-run"
		    : opt->force_short ? "force-short"
				       : "archived-before",
		    "needs --delete-archived");
	return 0;
}

int
fetch_options_archive(struct fetch_options *opt, struct ms_err *err)
{
	struct stat st;

	if (opt->archive == NULL && !opt->no_archive &&
	    (opt->job == FETCH_JOB_FETCH || opt->job == FETCH_JOB_DELETE)) {
		if (ms_opt_default_archive(&opt->archive, err) < 0)
			return -1;
		opt->archive_implied = opt->archive != NULL;
	}
	if (opt->job != FETCH_JOB_FETCH)
		return 0;
	if (isatty(STDOUT_FILENO))
		return ms_fail(err, MS_USAGE,
		    "mail is not written to a terminal; add '| ms-ingest'");
	if (opt->archive_implied && fstat(STDOUT_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode))
		return ms_fail(err, MS_USAGE,
		    "the file would lack what archive %.200s has; give -a or "
		    "--no-archive",
		    opt->archive);
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

/* ---- accounts ---- */

bool
fetch_option_is_stored(const struct ms_option *o)
{
	return o->class != FETCH_RUN && o->class != FETCH_DELETE &&
	       (o->class != FETCH_SECRET || o->type != MS_OPT_NUMBER);
}

/* ---- texts that the options borrow ---- */

static char *
add_text(struct ms_buf *texts, const char *value)
{
	char *text = ms_xstrdup(value);

	ms_buf_add(texts, &text, sizeof(text));
	return text;
}

int
fetch_options_token_command(struct fetch_options *opt, struct ms_err *err)
{
	struct ms_secret s;
	int rc = 0;

	if (opt->token_command_fd >= 0) {
		rc = ms_secret_inherited(&s, opt->token_command_fd, err);
		if (rc == 0)
			opt->token_command = add_text(&opt->texts, s.s);
		else
			ms_context(err, "--token-command-fd");
		ms_secret_wipe(&s);
	}
	return rc;
}

struct account {
	struct ms_opt_state *options;
	char **url;
	struct ms_buf *texts; /* char *: values, which the options borrow */
};

/* The error has the name of a key, not of an option. */
static int
set(struct account *a, const char *key, const char *value, struct ms_err *err)
{
	if (ms_opt_default(a->options, key, value, err) == 0)
		return 0;
	if (err->option != NULL)
		ms_context(err, "%s", err->option);
	err->option = NULL;
	return -1;
}

/* An ms_ini_fn. */
static int
set_from_account(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct account *a = ctx;
	const struct ms_option *o = ms_opt_find(fetch_table, v->key);
	int on = 1;

	if (strcmp(v->key, "url") == 0) {
		free(*a->url);
		*a->url = ms_xstrdup(v->value);
		return 0;
	}
	if (o != NULL && !fetch_option_is_stored(o) &&
	    strcmp(v->key, "user") != 0)
		return ms_fail(err, MS_USAGE, "%s: not allowed here", v->key);
	if (o != NULL && !ms_opt_takes_value(o)) {
		on = ms_ini_switch(v, err);
		return on <= 0 ? on : set(a, v->key, NULL, err);
	}
	if (ms_profile_check_value(v, err) < 0)
		return -1;
	return set(a, v->key, add_text(a->texts, v->value), err);
}

int
fetch_options_account(struct ms_opt_state *options, const char *name,
    char **url, struct ms_err *err)
{
	struct fetch_options *opt = options->values;
	struct account a = {options, url, &opt->texts};
	int got;

	*url = NULL;
	got = ms_config_account(name, set_from_account, &a, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_USAGE,
		    "'%.80s' is neither a URL nor an account of ms-config(5) "
		    "(a URL is like imaps://anna@imap.example.org/)",
		    name);
	if (*url == NULL)
		return ms_fail(err, MS_USAGE,
		    "account %.80s has no key 'url' in %s", name,
		    ms_config_path());
	return 0;
}

/* ---- life ---- */

void
fetch_options_init(struct fetch_options *opt)
{
	*opt = (struct fetch_options){.password_fd = -1,
	    .token_command_fd = -1,
	    .separator = "*",
	    .timeout = MS_CONN_TIMEOUT,
	    .connections = CONNECTIONS,
	    .retries = RETRIES,
	    .poll = POLL_SECONDS};
}

void
fetch_options_release(struct fetch_options *opt)
{
	char *text;

	ms_url_release(&opt->url);
	free(opt->login_name);
	free(opt->pins.v);
	free(opt->include.v);
	free(opt->exclude.v);
	for (size_t i = 0; i < opt->texts.n; i += sizeof(text)) {
		memcpy(&text, opt->texts.p + i, sizeof(text));
		free(text);
	}
	ms_buf_release(&opt->texts);
}
