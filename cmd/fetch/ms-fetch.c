/* ms-fetch.c - reads a mailbox on a server as a message stream. The manual is
 * ms-fetch(1). */
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

/* After a usage error, too, the stream has a trailer. */
static int
misused(void *values)
{
	const struct ms_trailer t = {.status = EX_USAGE};
	struct ms_stream_writer *out = ms_stream_writer_new(stdout);
	int status = end_stream(values, out, &t);

	ms_stream_writer_free(out);
	return status;
}

static int
fetch(const struct fetch_options *opt, struct ms_stream_writer *out)
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

static int
run(const struct ms_args *args)
{
	static char buffer[STDOUT_BUFFER];
	struct fetch_options *opt = args->values;
	struct ms_stream_writer *out;
	struct ms_err err = {0};
	int status;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (fetch_options_check(opt, args->v[0], &err) < 0) {
		ms_command_misused(args->cmd, &err);
		return misused(opt);
	}
	out = ms_stream_writer_new(stdout);
	status = fetch(opt, out);
	ms_stream_writer_free(out);
	return status;
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = fetch_table,
    .operands = "url",
    .least = 1,
    .most = 1,
    .run = run,
    .misused = misused,
};

int
main(int argc, char *argv[])
{
	const struct rlimit no_core = {0, 0};
	struct fetch_options opt;
	int status;

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &no_core); /* a core would hold the password */
	fetch_options_init(&opt);
	status = ms_command_main(&tool, &opt, argc, argv);
	fetch_options_release(&opt);
	return status;
}
