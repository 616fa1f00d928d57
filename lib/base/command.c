/* command.c - main() of every tool: its command line and usage errors. See
 * opt.h. */
#include "opt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "help.h"
#include "color.h"
#include "nearest.h"
#include "pager.h"
#include "report.h"
#include "sandbox.h"
#include "stop.h"

/* ---- help, version, table ---- */

/* What an option such as --help asks for. verb: NULL if the command line has
 * none. */
static int
print(const struct ms_command *tool, const struct ms_command *verb,
    enum ms_opt_type what)
{
	char sandbox[MS_SANDBOX_TEXT];
	struct ms_buf out = {0};
	struct ms_err err = {0};
	int status = 0;

	if (what == MS_OPT_HELP) {
		ms_help_write(&out, tool, verb);
	} else if (what == MS_OPT_TABLE) {
		ms_help_table(&out, tool);
	} else {
		ms_sandbox_describe(sandbox);
		ms_buf_printf(&out, "%s %s\nsandbox: %s\n", tool->name,
		    MS_VERSION, sandbox);
	}
	if (fwrite(out.p, 1, out.n, stdout) != out.n) {
		ms_fail_errno(&err, "standard output");
		status = ms_warn_err(tool->name, &err);
	}
	ms_buf_release(&out);
	return status;
}

int
ms_command_misused(const struct ms_args *args, const struct ms_err *err)
{
	const char *tool = args->tool->name;
	const char *verb = args->cmd != args->tool ? args->cmd->name : NULL;
	const char *dashes = err->option != NULL ? "--" : "";

	ms_warn(tool, "%s%s%s%s; try '%s%s%s --help'", dashes,
	    err->option != NULL ? err->option : "",
	    err->option != NULL ? ": " : "", err->msg, tool,
	    verb != NULL ? " " : "", verb != NULL ? verb : "");
	return EX_USAGE;
}

/* An ms_opt_fn. */
int
ms_opt_color(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	static const char *const names[] = {[MS_COLOR_AUTO] = "auto",
	    [MS_COLOR_ALWAYS] = "always",
	    [MS_COLOR_NEVER] = "never"};

	(void)values;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			ms_color_set((enum ms_color)i);
			return 0;
		}
	return ms_fail_choice(value, o->value, err);
}

/* ---- main ---- */

/*
 * A file opened while standard output is closed would become standard output,
 * and the index would be overwritten. What is opened here instead is in the
 * wrong mode, so that each use of it still fails.
 */
static void
hold_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Appends the verb that was probably meant to the message. */
static int
no_such_verb(
    const struct ms_command *tool, const char *name, struct ms_err *err)
{
	struct ms_nearest near = {.wanted = name};
	const struct ms_command *v;
	struct ms_hint hint;

	for (v = tool->verbs; v->name != NULL; v++) {
		if (v->like != NULL && ms_word_in(name, v->like)) {
			near.word = v->name;
			near.letters = strlen(v->name);
			break;
		}
		ms_nearest_try(&near, v->name);
	}
	return ms_fail(err, MS_USAGE, "no verb '%.40s'%s", name,
	    ms_nearest_hint(&near, &hint));
}

static int
find_verb(struct ms_args *a, struct ms_err *err)
{
	const struct ms_command *v;

	if (a->count == 0)
		return ms_fail(err, MS_USAGE, "a verb is missing");
	for (v = a->tool->verbs; v->name != NULL; v++)
		if (strcmp(v->name, a->v[0]) == 0)
			break;
	if (v->name == NULL)
		return no_such_verb(a->tool, a->v[0], err);
	a->cmd = v;
	a->v++;
	return 0;
}

/* Reads the options of a->cmd, the tool or verb; a->v becomes its operands. */
static int
parse_one(struct ms_opt_state *s, struct ms_args *a, struct ms_err *err)
{
	const struct ms_command *cmd = a->cmd;

	s->tables[2] = s->tables[0];
	s->tables[0].rows = cmd->options;
	s->tables[1].rows = cmd->more;
	s->tables[1].call = cmd->more_call;
	s->stop = cmd->stop || cmd->verbs != NULL;
	a->count = ms_opt_parse(s, a->v, err);
	return a->count < 0 ? -1 : 0;
}

static int
parse(struct ms_opt_state *s, struct ms_args *a, struct ms_err *err)
{
	if (parse_one(s, a, err) < 0)
		return -1;
	if (a->cmd->verbs != NULL && (s->print == NULL || a->count > 0) &&
	    (find_verb(a, err) < 0 || parse_one(s, a, err) < 0))
		return -1;
	if (s->print != NULL)
		return 0;
	for (int i = 0; i < a->count && !a->cmd->no_files; i++)
		if (strcmp(a->v[i], "-") != 0)
			s->own_operand = a->v[i];
	if (a->count < a->cmd->least || a->count > a->cmd->most)
		return ms_fail(err, MS_USAGE, "too %s arguments; expected: %s",
		    a->count < a->cmd->least ? "few" : "many",
		    a->cmd->operands != NULL ? a->cmd->operands : "none");
	return 0;
}

int
ms_command_main(
    const struct ms_command *tool, void *values, int argc, char *argv[])
{
	struct ms_opt_state s = {.values = values};
	struct ms_args args = {.tool = tool,
	    .cmd = tool,
	    .options = &s,
	    .values = values,
	    .v = argv + (argc > 0)};
	struct ms_err err = {0};
	int status;

	hold_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a write that fails can be reported */
	if (parse(&s, &args, &err) < 0) {
		status = ms_command_misused(&args, &err);
		if (tool->refused != NULL)
			status = tool->refused(values, MS_USAGE);
	} else if (s.print != NULL) {
		status = print(
		    tool, args.cmd != tool ? args.cmd : NULL, s.print->type);
	} else if (s.as != NULL &&
		   (tool->guard == NULL || tool->guard(&args, &err) < 0)) {
		status = ms_warn_err(tool->name, &err);
		if (tool->refused != NULL)
			status = tool->refused(values, err.code);
	} else {
		status = args.cmd->run(&args);
	}
	if (ms_close_stdout(&err) < 0 && !ms_pager_is_on() &&
	    (status == 0 || status == MS_STATUS_SOME))
		status = ms_warn_err(tool->name, &err);
	ms_buf_release(&s.given);
	ms_pager_end();
	ms_stop_end(status);
	return status;
}
