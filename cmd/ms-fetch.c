/* ms-fetch - a mailbox on a server as a message stream. See ms-fetch(1). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "archive.h"
#include "conn.h"
#include "fetch-run.h"
#include "opt.h"

#define STDOUT_BUFFER 262144
#define TIMEOUT_MAX 86400 /* seconds */

static const char usage[] =
    "usage: " TOOL " [-qhV] [-a archive] [-u user] [--login name]\n"
    "                [--password-file file | --password-fd number |\n"
    "                --password-command command] [--folder name ...]\n"
    "                [--ca-file file] [--timeout seconds] [--check]\n"
    "                [--report file] url\n";

enum {
	OPT_LOGIN = MS_OPT_LONG,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_FD,
	OPT_PASSWORD_COMMAND,
	OPT_FOLDER,
	OPT_CA_FILE,
	OPT_TIMEOUT,
	OPT_CHECK,
	OPT_REPORT
};

static const struct option longs[] = {
    {"archive", required_argument, NULL, 'a'},
    {"user", required_argument, NULL, 'u'},
    {"login", required_argument, NULL, OPT_LOGIN},
    {"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
    {"password-fd", required_argument, NULL, OPT_PASSWORD_FD},
    {"password-command", required_argument, NULL, OPT_PASSWORD_COMMAND},
    {"folder", required_argument, NULL, OPT_FOLDER},
    {"ca-file", required_argument, NULL, OPT_CA_FILE},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"check", no_argument, NULL, OPT_CHECK},
    {"report", required_argument, NULL, OPT_REPORT},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* ---- the command line ---- */

/* One option that has been met; -1 with err set, or with err empty when
 * getopt has said what is wrong. */
static int
take_option(struct options *opt, int c, struct ms_err *err)
{
	uint64_t number = 0;

	switch (c) {
	case 'a':
		opt->archive = optarg;
		return 0;
	case 'u':
		opt->user = optarg;
		return 0;
	case 'q':
		opt->quiet = true;
		return 0;
	case OPT_LOGIN:
		opt->login = optarg;
		return 0;
	case OPT_PASSWORD_FILE:
		opt->password_file = optarg;
		return 0;
	case OPT_PASSWORD_FD:
		if (ms_opt_number(
			optarg, 0, 1023, &number, "--password-fd", err) < 0)
			return -1;
		opt->password_fd = (int)number;
		return 0;
	case OPT_PASSWORD_COMMAND:
		opt->password_command = optarg;
		return 0;
	case OPT_FOLDER:
		opt->folders = ms_xreallocarray(
		    opt->folders, opt->folder_count + 1, sizeof(*opt->folders));
		opt->folders[opt->folder_count++] = optarg;
		return 0;
	case OPT_CA_FILE:
		opt->ca_file = optarg;
		return 0;
	case OPT_TIMEOUT:
		if (ms_opt_number(
			optarg, 1, TIMEOUT_MAX, &number, "--timeout", err) < 0)
			return -1;
		opt->timeout = (unsigned)number;
		return 0;
	case OPT_CHECK:
		opt->check = true;
		return 0;
	case OPT_REPORT:
		opt->report = optarg;
		return 0;
	default:
		return -1;
	}
}

/* The mailbox: the URL, and --login where that says no login. */
static int
take_url(struct options *opt, const char *text, struct ms_err *err)
{
	if (ms_url_parse(&opt->url, text, err) < 0)
		return -1;
	if (opt->url.scheme == MS_POP3 || opt->url.scheme == MS_POP3S)
		return ms_fail(err, MS_USAGE, "only imaps:// and imap:// yet");
	if (opt->login != NULL && opt->url.login != NULL &&
	    strcmp(opt->login, opt->url.login) != 0)
		return ms_fail(
		    err, MS_USAGE, "--login and the URL name different logins");
	if (opt->login != NULL && opt->url.login == NULL) {
		if (!ms_url_login_ok(opt->login, strlen(opt->login)))
			return ms_fail(err, MS_USAGE,
			    "--login: empty, too long, or with controls");
		opt->url.login = ms_xstrdup(opt->login);
	}
	if (opt->url.login == NULL)
		return ms_fail(err, MS_USAGE,
		    "no login: put it into the URL, or give --login");
	return 0;
}

/* What the options say together. */
static int
check_options(const struct options *opt, struct ms_err *err)
{
	size_t i;

	if ((opt->password_file != NULL) + (opt->password_fd >= 0) +
		(opt->password_command != NULL) >
	    1)
		return ms_fail(err, MS_USAGE,
		    "only one of --password-file, --password-fd and "
		    "--password-command");
	if (opt->user != NULL && !ms_user_name_ok(opt->user))
		return ms_fail(err, MS_USAGE, "bad user name");
	for (i = 0; i < opt->folder_count; i++)
		if (!ms_secret_text_ok(
			opt->folders[i], strlen(opt->folders[i])))
			return ms_fail(
			    err, MS_USAGE, "--folder: holds CR or LF");
	return 0;
}

/* Fills opt. 0; 1: help or version was asked for and given; -1. */
static int
parse(struct options *opt, int argc, char *argv[], struct ms_err *err)
{
	int c, rc = 0;

	while ((c = ms_getopt(argc, argv, "a:u:qhV", longs)) != -1) {
		if (c == 'h' || c == 'V') {
			if (c == 'h')
				fputs(usage, stdout);
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
	return check_options(opt, err);
}

/* ---- the password ---- */

static int
ask_password(struct ms_secret *s, const struct options *opt, struct ms_err *err)
{
	struct ms_buf prompt = {0};
	int rc;

	ms_buf_printf(
	    &prompt, "Password of %s at %s: ", opt->url.login, opt->url.host);
	rc = ms_secret_ask(s, ms_buf_str(&prompt), err);
	ms_buf_release(&prompt);
	if (rc < 0 && err->code == MS_USAGE)
		return ms_fail(err, MS_USAGE,
		    "no password: give --password-file, --password-fd or "
		    "--password-command");
	return rc;
}

static int
get_password(struct ms_secret *s, const struct options *opt, struct ms_err *err)
{
	if (opt->password_file != NULL)
		return ms_secret_file(s, opt->password_file, err);
	if (opt->password_fd >= 0)
		return ms_secret_fd(s, opt->password_fd, err);
	if (opt->password_command != NULL)
		return ms_secret_command(s, opt->password_command, err);
	return ask_password(s, opt, err);
}

/* ---- the run ---- */

/* The stream's end, which says how the run went; also after usage errors. */
static int
end_stream(struct ms_stream_writer *out, const struct ms_trailer *t)
{
	struct ms_err err = {0};

	if (ms_stream_trailer(out, t, &err) == 0 && ms_close_stdout(&err) == 0)
		return t->status;
	if (t->status != ms_status(err.code))
		ms_complain(TOOL, "%s", err.msg);
	return ms_status(err.code);
}

static int
run_check(const struct options *opt, const struct ms_secret *password,
    struct ms_report *report)
{
	struct ms_err err = {0};

	if (fetch_check(opt, password, &err) == 0)
		return 0;
	ms_report_failed(report, opt->url.host, err.msg);
	return ms_status(err.code);
}

static int
run(const struct options *opt, struct ms_stream_writer *out)
{
	struct ms_trailer t = {0};
	struct ms_report *report = NULL;
	struct ms_secret password;
	struct ms_err err = {0};
	int status;

	if (ms_report_open(&report, TOOL, opt->report, opt->quiet || opt->check,
		&err) < 0 ||
	    get_password(&password, opt, &err) < 0) {
		ms_complain(TOOL, "%s", err.msg);
		t.status = ms_status(err.code);
	} else if (opt->check) {
		t.status = run_check(opt, &password, report);
	} else {
		fetch_mailbox(opt, &password, out, report, &t);
	}
	ms_secret_wipe(&password);
	status = opt->check ? t.status : end_stream(out, &t);
	if (report != NULL && ms_report_close(report, status, &err) < 0) {
		ms_complain(TOOL, "%s", err.msg);
		status = status == 0 ? ms_status(err.code) : status;
	}
	return status;
}

int
main(int argc, char *argv[])
{
	static char buffer[STDOUT_BUFFER];
	const struct rlimit no_core = {0, 0};
	struct options opt = {.password_fd = -1, .timeout = MS_CONN_TIMEOUT};
	const struct ms_trailer misused = {.status = EX_USAGE};
	struct ms_stream_writer *out;
	struct ms_err err = {0};
	int rc, status = 0;

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold the password */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	out = ms_stream_writer_new(stdout);
	rc = parse(&opt, argc, argv, &err);
	if (rc == 0) {
		status = run(&opt, out);
	} else if (rc < 0) {
		if (err.code != MS_OK)
			ms_complain(TOOL, "%s", err.msg);
		fputs(usage, stderr);
		status = opt.check ? EX_USAGE : end_stream(out, &misused);
	} else if (ms_close_stdout(&err) < 0) {
		ms_complain(TOOL, "%s", err.msg);
		status = ms_status(err.code);
	}
	ms_stream_writer_free(out);
	ms_url_release(&opt.url);
	free(opt.folders);
	return status;
}
