/* ms-fetch - a mailbox on a server as a message stream. See ms-fetch(1). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "fetch.h"
#include "opt.h"

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
	if (rc < 0 && err->code == MS_USAGE)
		return ms_fail(err, MS_USAGE,
		    "no password: give --password-file, --password-fd or "
		    "--password-command");
	return rc;
}

static int
get_password(
    struct ms_secret *s, const struct fetch_options *opt, struct ms_err *err)
{
	if (opt->password_file != NULL)
		return ms_secret_file(s, opt->password_file, err);
	if (opt->password_fd >= 0)
		return ms_secret_fd(s, opt->password_fd, err);
	if (opt->password_command != NULL)
		return ms_secret_command(s, opt->password_command, err);
	if (opt->token_command != NULL) { /* each login asks for one */
		*s = (struct ms_secret){0};
		return 0;
	}
	return ask_password(s, opt, err);
}

/* ---- the run ---- */

/* The stream's end, which says how the run went; also after usage errors. */
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
		ms_warn(TOOL, "%s", err.msg);
	return ms_status(err.code);
}

static int
run(const struct fetch_options *opt, struct ms_stream_writer *out)
{
	struct ms_trailer t = {0};
	struct ms_report *report = NULL;
	struct ms_secret password;
	struct ms_err err = {0};
	int status;

	if (ms_report_open(&report, TOOL, opt->report,
		opt->quiet || opt->job == FETCH_JOB_CHECK ||
		    opt->job == FETCH_JOB_LIST_FOLDERS,
		&err) < 0 ||
	    get_password(&password, opt, &err) < 0) {
		ms_warn(TOOL, "%s", err.msg);
		t.status = ms_status(err.code);
	} else {
		fetch_run(opt, &password, out, report, &t);
	}
	ms_secret_wipe(&password);
	status = end_stream(opt, out, &t);
	if (report != NULL && ms_report_close(report, status, &err) < 0) {
		ms_warn(TOOL, "%s", err.msg);
		status = status == 0 ? ms_status(err.code) : status;
	}
	return status;
}

int
main(int argc, char *argv[])
{
	static char buffer[STDOUT_BUFFER];
	const struct rlimit no_core = {0, 0};
	struct fetch_options opt;
	const struct ms_trailer misused = {.status = EX_USAGE};
	struct ms_stream_writer *out;
	struct ms_err err = {0};
	int rc, status = 0;

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold the password */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	out = ms_stream_writer_new(stdout);
	rc = fetch_options(&opt, argc, argv, &err);
	if (rc == 0) {
		status = run(&opt, out);
	} else if (rc < 0) {
		if (err.code != MS_OK)
			ms_warn(TOOL, "%s", err.msg);
		fputs(fetch_usage, stderr);
		status = end_stream(&opt, out, &misused);
	} else if (ms_close_stdout(&err) < 0) {
		ms_warn(TOOL, "%s", err.msg);
		status = ms_status(err.code);
	}
	ms_stream_writer_free(out);
	fetch_options_release(&opt);
	return status;
}
