/* fetch-parse.c - the command line of ms-fetch(1). */
#include "fetch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive.h"
#include "conn.h"
#include "fetch-options.h"
#include "opt.h"
#include "query.h"

#define TIMEOUT_MAX 86400             /* seconds */
#define MAX_TIME_MAX (366 * 86400)    /* seconds */
#define RATE_MAX ((uint64_t)1 << 40)  /* bytes a second */
#define BYTES_MAX ((uint64_t)1 << 50) /* bytes a run */
#define PINS_MAX 100
#define RETRIES 3
#define RETRIES_MAX 1000

const char fetch_usage[] =
    "usage: " TOOL " [-nqvhV] [-a archive] [-u user] [--login name]\n"
    "                [--authzid name | --master name [--master-separator c]]\n"
    "                [--auth mechanism] [--password-file file |\n"
    "                --password-fd number | --password-command command |\n"
    "                --token-command command] [--connect host:port]\n"
    "                [--ca-file file] [--pin sha256//... ...]\n"
    "                [--accept-any-certificate] [--insecure-plaintext]\n"
    "                [--timeout seconds] [--max-time seconds]\n"
    "                [--connections number] [--retries number]\n"
    "                [--max-rate bytes] [--max-bytes bytes]\n"
    "                [--folder pattern ...] [--exclude pattern ...]\n"
    "                [--all-folders] [--sent-folder name] [--shared]\n"
    "                [--other-users] [--unseen | --seen-only] [--flagged]\n"
    "                [--since date] [--before date] [--by-date-field]\n"
    "                [--older-than age] [--larger bytes] [--smaller bytes]\n"
    "                [--no-auto-move] [--follow [--poll seconds]]\n"
    "                [--delete-archived [--archived-before age]]\n"
    "                [--check | --list-folders] [--report file] url\n";

/* ---- values ---- */

static int
number(const char *name, uint64_t min, uint64_t max, unsigned *out,
    struct ms_err *err)
{
	uint64_t v = 0;

	if (ms_opt_number(optarg, min, max, &v, name, err) < 0)
		return -1;
	*out = (unsigned)v;
	return 0;
}

/* Bytes, with K, M, G for powers of 1024. */
static int
bytes(const char *name, uint64_t max, uint64_t *out, struct ms_err *err)
{
	static const char units[] = "KMG";
	size_t n = strlen(optarg);
	const char *unit =
	    n > 1 ? strchr(units, toupper((unsigned char)optarg[n - 1])) : NULL;
	unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
	char *digits = ms_xstrndup(optarg, shift > 0 ? n - 1 : n);
	uint64_t v = 0;
	int rc;

	rc = ms_opt_number(digits, 1, max >> shift, &v, name, err);
	free(digits);
	*out = v << shift;
	return rc;
}

static int
add_pattern(const char *const **list, size_t *count, const char *name,
    struct ms_err *err)
{
	const char **v;

	if (!ms_secret_text_ok(optarg, strlen(optarg)))
		return ms_fail(err, MS_USAGE, "%s: holds CR or LF", name);
	if (*count >= MS_FOLDERS_PATTERNS)
		return ms_fail(err, MS_USAGE, "%s: more than %d", name,
		    MS_FOLDERS_PATTERNS);
	v = ms_xreallocarray((void *)(uintptr_t)*list, *count + 1, sizeof(*v));
	v[(*count)++] = optarg;
	*list = v;
	return 0;
}

static int
add_pin(struct fetch_options *opt, struct ms_err *err)
{
	if (opt->pin_count >= PINS_MAX)
		return ms_fail(err, MS_USAGE, "--pin: more than %d", PINS_MAX);
	opt->pins =
	    ms_xreallocarray(opt->pins, opt->pin_count + 1, sizeof(*opt->pins));
	opt->pins[opt->pin_count++] = optarg;
	return 0;
}

static int
take_mech(struct fetch_options *opt, struct ms_err *err)
{
	opt->mech = ms_mech_of(optarg, strlen(optarg));
	return opt->mech != MS_MECH_AUTO
		   ? 0
		   : ms_fail(err, MS_USAGE,
			 "--auth: '%s' is none of LOGIN, PLAIN, CRAM-MD5, "
			 "SCRAM-SHA-1, SCRAM-SHA-256, XOAUTH2, OAUTHBEARER",
			 optarg);
}

static int
take_archived_before(struct fetch_options *opt, struct ms_err *err)
{
	struct ms_choice c = {0};

	if (ms_choice_older(&c, optarg, time(NULL), "--archived-before", err) <
	    0)
		return -1;
	opt->has_archived_before = true;
	opt->archived_before = c.before;
	return 0;
}

/* ---- options ---- */

/* Which messages. 1: none of these. */
static int
take_choice(struct fetch_options *opt, int c, struct ms_err *err)
{
	struct ms_choice *choice = &opt->choice;
	int64_t now = time(NULL);

	switch (c) {
	case OPT_UNSEEN:
		choice->unseen = true;
		return 0;
	case OPT_SEEN_ONLY:
		choice->seen = true;
		return 0;
	case OPT_FLAGGED:
		choice->flagged = true;
		return 0;
	case OPT_BY_DATE_FIELD:
		choice->by_date_field = true;
		return 0;
	case OPT_SINCE:
		return ms_choice_since(choice, optarg, now, "--since", err);
	case OPT_BEFORE:
		return ms_choice_before(choice, optarg, now, "--before", err);
	case OPT_OLDER_THAN:
		return ms_choice_older(
		    choice, optarg, now, "--older-than", err);
	case OPT_LARGER:
		return bytes("--larger", BYTES_MAX, &choice->larger, err);
	case OPT_SMALLER:
		return bytes("--smaller", BYTES_MAX, &choice->smaller, err);
	default:
		return 1;
	}
}

/* Which folders. */
static int
take_folders(struct fetch_options *opt, int c, struct ms_err *err)
{
	struct ms_folders_options *f = &opt->folders;

	switch (c) {
	case OPT_FOLDER:
		return add_pattern(
		    &f->include, &f->include_count, "--folder", err);
	case OPT_EXCLUDE:
		return add_pattern(
		    &f->exclude, &f->exclude_count, "--exclude", err);
	case OPT_ALL_FOLDERS:
		f->all = true;
		return 0;
	case OPT_SENT_FOLDER:
		f->sent = optarg;
		return 0;
	case OPT_SHARED:
		f->shared = true;
		return 0;
	case OPT_OTHER_USERS:
		f->others = true;
		return 0;
	default:
		return 1;
	}
}

/* Who. */
static int
take_login(struct fetch_options *opt, int c, struct ms_err *err)
{
	unsigned fd;

	switch (c) {
	case OPT_LOGIN:
		opt->login = optarg;
		return 0;
	case OPT_AUTHZID:
		opt->authzid = optarg;
		return 0;
	case OPT_MASTER:
		opt->master = optarg;
		return 0;
	case OPT_SEPARATOR:
		opt->separator = optarg;
		return 0;
	case OPT_AUTH:
		return take_mech(opt, err);
	case OPT_PASSWORD_FILE:
		opt->password_file = optarg;
		return 0;
	case OPT_PASSWORD_FD:
		if (number("--password-fd", 0, 1023, &fd, err) < 0)
			return -1;
		opt->password_fd = (int)fd;
		return 0;
	case OPT_PASSWORD_COMMAND:
		opt->password_command = optarg;
		return 0;
	case OPT_TOKEN_COMMAND:
		opt->token_command = optarg;
		return 0;
	default:
		return 1;
	}
}

/* How. */
static int
take_connection(struct fetch_options *opt, int c, struct ms_err *err)
{
	switch (c) {
	case OPT_CONNECT:
		opt->connect_to = optarg;
		return 0;
	case OPT_CA_FILE:
		opt->ca_file = optarg;
		return 0;
	case OPT_PIN:
		return add_pin(opt, err);
	case OPT_ACCEPT_ANY:
		opt->accept_any = true;
		return 0;
	case OPT_PLAINTEXT:
		opt->plaintext = true;
		return 0;
	case OPT_TIMEOUT:
		return number("--timeout", 1, TIMEOUT_MAX, &opt->timeout, err);
	case OPT_MAX_TIME:
		return number(
		    "--max-time", 1, MAX_TIME_MAX, &opt->max_time, err);
	case OPT_CONNECTIONS:
		return number("--connections", 1, CONNECTIONS_MAX,
		    &opt->connections, err);
	case OPT_RETRIES:
		return number("--retries", 0, RETRIES_MAX, &opt->retries, err);
	case OPT_MAX_RATE:
		return bytes("--max-rate", RATE_MAX, &opt->max_rate, err);
	case OPT_MAX_BYTES:
		return bytes("--max-bytes", BYTES_MAX, &opt->max_bytes, err);
	default:
		return 1;
	}
}

static int
take_job(struct fetch_options *opt, enum fetch_job job, struct ms_err *err)
{
	if (opt->job != FETCH_JOB_FETCH && opt->job != job)
		return ms_fail(err, MS_USAGE,
		    "only one of --check, --list-folders and "
		    "--delete-archived");
	opt->job = job;
	return 0;
}

/* The rest. */
static int
take_other(struct fetch_options *opt, int c, struct ms_err *err)
{
	switch (c) {
	case 'a':
		opt->archive = optarg;
		return 0;
	case 'u':
		opt->user = optarg;
		return 0;
	case 'n':
		opt->dry_run = true;
		return 0;
	case 'q':
		opt->quiet = true;
		return 0;
	case 'v':
		opt->verbose = true;
		return 0;
	case OPT_NO_AUTO_MOVE:
		opt->no_auto_move = true;
		return 0;
	case OPT_FOLLOW:
		opt->follow = true;
		return 0;
	case OPT_POLL:
		return number("--poll", 1, TIMEOUT_MAX, &opt->poll, err);
	case OPT_DELETE:
		return take_job(opt, FETCH_JOB_DELETE, err);
	case OPT_ARCHIVED_BEFORE:
		return take_archived_before(opt, err);
	case OPT_CHECK:
		return take_job(opt, FETCH_JOB_CHECK, err);
	case OPT_LIST_FOLDERS:
		return take_job(opt, FETCH_JOB_LIST_FOLDERS, err);
	case OPT_REPORT:
		opt->report = optarg;
		return 0;
	default:
		return -1; /* getopt has said so */
	}
}

static int
take_option(struct fetch_options *opt, int c, struct ms_err *err)
{
	int rc = take_login(opt, c, err);

	if (rc == 1)
		rc = take_connection(opt, c, err);
	if (rc == 1)
		rc = take_folders(opt, c, err);
	if (rc == 1)
		rc = take_choice(opt, c, err);
	return rc == 1 ? take_other(opt, c, err) : rc;
}

/* ---- what they say together ---- */

static bool
is_pop(const struct fetch_options *opt)
{
	return opt->url.scheme == MS_POP3 || opt->url.scheme == MS_POP3S;
}

static int
check_name(const char *name, const char *text, struct ms_err *err)
{
	if (text == NULL || ms_url_login_ok(text, strlen(text)))
		return 0;
	return ms_fail(
	    err, MS_USAGE, "%s: empty, too long, or with controls", name);
}

/*
 * The mailbox: by --authzid, else the login in the URL, else --login. Who logs
 * in: --login where --authzid says whose mailbox it is, `mailbox*master` with
 * --master, else the login.
 */
static int
take_url(struct fetch_options *opt, const char *text, struct ms_err *err)
{
	struct ms_buf name = {0};
	const char *login;

	if (ms_url_parse(&opt->url, text, err) < 0 ||
	    check_name("--login", opt->login, err) < 0 ||
	    check_name("--authzid", opt->authzid, err) < 0 ||
	    check_name("--master", opt->master, err) < 0)
		return -1;
	if (opt->authzid != NULL && opt->master != NULL)
		return ms_fail(
		    err, MS_USAGE, "only one of --authzid and --master");
	if (opt->login != NULL && opt->url.login != NULL &&
	    strcmp(opt->login, opt->url.login) != 0)
		return ms_fail(
		    err, MS_USAGE, "--login and the URL name different logins");
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
check_secrets(const struct fetch_options *opt, struct ms_err *err)
{
	if ((opt->password_file != NULL) + (opt->password_fd >= 0) +
		(opt->password_command != NULL) + (opt->token_command != NULL) >
	    1)
		return ms_fail(err, MS_USAGE,
		    "only one of --password-file, --password-fd, "
		    "--password-command and --token-command");
	if ((opt->pin_count > 0 || opt->ca_file != NULL) && opt->accept_any)
		return ms_fail(err, MS_USAGE,
		    "--accept-any-certificate makes --pin and --ca-file void");
	if (opt->plaintext &&
	    (opt->url.scheme == MS_IMAPS || opt->url.scheme == MS_POP3S))
		return ms_fail(err, MS_USAGE,
		    "--insecure-plaintext is for imap: and pop3:");
	return 0;
}

/* What only IMAP has. */
static int
check_pop(const struct fetch_options *opt, struct ms_err *err)
{
	const struct ms_folders_options *f = &opt->folders;
	const struct ms_choice *c = &opt->choice;

	if (!is_pop(opt))
		return 0;
	if (f->include_count > 0 || f->exclude_count > 0 || f->sent != NULL)
		return ms_fail(err, MS_USAGE, "POP3 has no folders");
	if (c->unseen || c->seen || c->flagged)
		return ms_fail(err, MS_USAGE, "POP3 has no flags");
	if ((c->has_since || c->has_before) && !c->by_date_field)
		return ms_fail(err, MS_USAGE,
		    "POP3 has no dates but the Date field: add "
		    "--by-date-field");
	return 0;
}

static int
check_options(const struct fetch_options *opt, struct ms_err *err)
{
	struct ms_folders *rules = NULL;

	if (opt->user != NULL && !ms_user_name_ok(opt->user))
		return ms_fail(err, MS_USAGE, "bad user name");
	if (opt->job == FETCH_JOB_DELETE && opt->archive == NULL)
		return ms_fail(
		    err, MS_USAGE, "--delete-archived needs --archive");
	if (opt->job != FETCH_JOB_DELETE &&
	    (opt->has_archived_before || opt->dry_run))
		return ms_fail(err, MS_USAGE,
		    "--archived-before and -n go with --delete-archived");
	if (opt->follow && opt->job != FETCH_JOB_FETCH)
		return ms_fail(err, MS_USAGE, "--follow is for fetching");
	if (ms_folders_new(&rules, &opt->folders, err) < 0)
		return -1;
	ms_folders_free(rules);
	if (check_secrets(opt, err) < 0 || check_pop(opt, err) < 0)
		return -1;
	return ms_choice_check(&opt->choice, err);
}

int
fetch_options(
    struct fetch_options *opt, int argc, char *argv[], struct ms_err *err)
{
	struct option longs[FETCH_OPTIONS + 1];
	int c, rc = 0;

	fetch_longs(longs);
	*opt = (struct fetch_options){.password_fd = -1,
	    .separator = "*",
	    .timeout = MS_CONN_TIMEOUT,
	    .connections = CONNECTIONS,
	    .retries = RETRIES,
	    .poll = POLL_SECONDS};
	while ((c = ms_getopt(argc, argv, FETCH_LETTERS, longs)) != -1) {
		if (c == 'h' || c == 'V') {
			if (c == 'h')
				fputs(fetch_usage, stdout);
			else
				puts(TOOL " " MS_VERSION);
			return 1;
		}
		/* The others are read on: whether there is a stream to end
		 * depends on --check. */
		if (take_option(opt, c, err) < 0)
			rc = -1;
	}
	if (rc < 0)
		return -1;
	if (argc - optind != 1)
		return ms_fail(err, MS_USAGE, "one URL is needed");
	if (take_url(opt, argv[optind], err) < 0)
		return -1;
	/* Deleting is done step by step; a POP3 mailbox admits one. */
	if (is_pop(opt) || opt->job != FETCH_JOB_FETCH)
		opt->connections = 1;
	return check_options(opt, err);
}

void
fetch_options_release(struct fetch_options *opt)
{
	ms_url_release(&opt->url);
	free(opt->login_name);
	free(opt->pins);
	free((void *)(uintptr_t)opt->folders.include);
	free((void *)(uintptr_t)opt->folders.exclude);
}
