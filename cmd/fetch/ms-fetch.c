/* ms-fetch.c - reads a mailbox on a server as a message stream. The manual is
 * ms-fetch(1). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "actor.h"
#include "fetch.h"
#include "opt.h"
#include "secret.h"
#include "term.h"

#define STDOUT_BUFFER 262144

/* ---- the password ---- */

static int
ask_password(
    struct ms_secret *s, const struct fetch_options *opt, struct ms_err *err)
{
	struct ms_buf prompt = {0};
	int rc;

	ms_buf_printf(
	    &prompt, "Password of %s at %s: ", opt->login_name, opt->url.host);
	rc = ms_secret_ask(s, ms_buf_str(&prompt), err);
	ms_buf_release(&prompt);
	return rc;
}

static int
get_password(
    struct ms_secret *s, const struct fetch_options *opt, struct ms_err *err)
{
	if (opt->password_file != NULL && !opt->report.quiet &&
	    ms_secret_file_exposed(opt->password_file))
		ms_warn(TOOL, MS_SECRET_EXPOSED, opt->password_file);
	if (opt->password_file != NULL)
		return ms_secret_file(s, opt->password_file, err);
	if (opt->password_fd >= 0)
		return ms_secret_inherited(s, opt->password_fd, err);
	if (opt->password_command != NULL)
		return ms_secret_command(s, opt->password_command, err);
	if (opt->token_command != NULL) { /* each login asks for one */
		*s = (struct ms_secret){0};
		return 0;
	}
	return ask_password(s, opt, err);
}

/* ---- the run ---- */

/* Ends the stream with a trailer, which holds the exit status. */
static int
end_stream(const struct fetch_options *opt, struct ms_stream_writer *out,
    const struct ms_trailer *t)
{
	struct ms_err err = {0};

	if ((opt->job != FETCH_JOB_FETCH ||
		ms_stream_trailer(out, t, &err) == 0) &&
	    ms_close_stdout(&err) == 0)
		return t->status;
	if (t->status != ms_status(err.code))
		ms_warn_err(TOOL, &err);
	return ms_status(err.code);
}

/* After a usage error or a refusal, too, the stream has a trailer; a terminal
 * reads none. */
static int
refused(void *values, enum ms_code code)
{
	const struct ms_trailer t = {.status = ms_status(code)};
	struct ms_stream_writer *out;
	int status;

	if (ms_term_stdout())
		return t.status;
	out = ms_stream_writer_new(stdout);
	status = end_stream(values, out, &t);
	ms_stream_writer_free(out);
	return status;
}

static int
fetch(const struct fetch_options *opt, struct ms_stream_writer *out)
{
	struct ms_trailer t = {0};
	struct ms_report_options to = opt->report;
	struct ms_report *report = NULL;
	struct ms_secret password;
	struct ms_err err = {0};
	int status;

	to.dry_run = opt->dry_run;
	to.quiet |=
	    opt->job == FETCH_JOB_CHECK || opt->job == FETCH_JOB_LIST_FOLDERS;
	if (ms_report_open(&report, TOOL, &to, &err) < 0 ||
	    ms_report_sandbox(report, MS_SANDBOX_SERVER, &err) < 0 ||
	    get_password(&password, opt, &err) < 0)
		t.status = ms_warn_err(TOOL, &err);
	else
		fetch_run(opt, &password, out, report, &t);
	ms_secret_wipe(&password);
	status = end_stream(opt, out, &t);
	if (report != NULL && ms_report_close(report, status, &err) < 0)
		status = ms_warn_end(TOOL, status, &err);
	return status;
}

/* The operand is a URL, or the name of an account. */
static int
get_url(const struct ms_args *args, char **url, struct ms_err *err)
{
	if (strchr(args->v[0], ':') == NULL)
		return fetch_options_account(
		    args->options, args->v[0], url, err);
	*url = ms_xstrdup(args->v[0]);
	return 0;
}

static int
run(const struct ms_args *args)
{
	static char buffer[STDOUT_BUFFER];
	struct fetch_options *opt = args->values;
	struct ms_stream_writer *out;
	struct ms_err err = {0};
	char *url = NULL;
	int status;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (get_url(args, &url, &err) < 0 ||
	    fetch_options_archive(opt, &err) < 0 ||
	    fetch_options_token_command(opt, &err) < 0 ||
	    fetch_options_check(opt, url, &err) < 0) {
		free(url);
		ms_command_misused(args, &err);
		return refused(opt, MS_USAGE);
	}
	out = ms_stream_writer_new(stdout);
	status = fetch(opt, out);
	ms_stream_writer_free(out);
	free(url);
	return status;
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = fetch_table,
    .operands = "url | account",
    .least = 1,
    .most = 1,
    .about = "Reads a mailbox by IMAP or POP3, and writes its mail to standard "
	     "output",
    .see = "Mostly used as in\n"
	   "    ms-fetch -a mail imaps://anna@mail.example.com | ms-ingest -a "
	   "mail",
    .run = run,
    .refused = refused,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct fetch_options opt;
	int status;

	signal(SIGPIPE, SIG_IGN);
	ms_secret_protect();
	fetch_options_init(&opt);
	status = ms_command_main(&tool, &opt, argc, argv);
	fetch_options_release(&opt);
	return status;
}
