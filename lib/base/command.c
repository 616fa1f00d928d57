/* command.c - main() of every tool: its command line, help, version, usage
 * errors. See opt.h. */
#include "opt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "report.h"

#define USAGE_WIDTH 79 /* columns */

/* ---- the usage ---- */

/* A usage line that grows: words are moved to the next line as a whole. */
struct usage {
	struct ms_buf out;
	size_t start, indent; /* of the current line */
};

static void
add_word(struct usage *u, const struct ms_buf *word)
{
	if (u->out.n - u->start + 1 + word->n > USAGE_WIDTH) {
		u->start = u->out.n + 1;
		ms_buf_printf(&u->out, "\n%*s", (int)u->indent, "");
	}
	ms_buf_add_byte(&u->out, ' ');
	ms_buf_add(&u->out, word->p, word->n);
}

static bool
is_in_cluster(const struct ms_option *o)
{
	return o->letter != 0 && !ms_opt_takes_value(o) && o->group == 0;
}

/* "[-qhV]" */
static void
add_cluster(struct usage *u, const struct ms_option *table)
{
	struct ms_buf word = {0};

	ms_buf_add_str(&word, "[-");
	for (; table->name != NULL; table++)
		if (is_in_cluster(table))
			ms_buf_add_byte(&word, (unsigned char)table->letter);
	ms_buf_add_byte(&word, ']');
	if (word.n > 3)
		add_word(u, &word);
	ms_buf_release(&word);
}

/* "[-a archive]", or the first or last part of "[--quick | --data]". */
static void
add_option(struct usage *u, const struct ms_option *o, bool first, bool last)
{
	struct ms_buf word = {0};

	ms_buf_add_str(&word, first ? "[" : "");
	if (o->letter != 0)
		ms_buf_printf(&word, "-%c", o->letter);
	else
		ms_buf_printf(&word, "--%s", o->name);
	if (o->value != NULL)
		ms_buf_printf(&word, " %s", o->value);
	ms_buf_add_str(&word, o->type == MS_OPT_LIST ? " ..." : "");
	ms_buf_add_str(&word, last ? "]" : " |");
	add_word(u, &word);
	ms_buf_release(&word);
}

static void
add_options(struct usage *u, const struct ms_option *table)
{
	unsigned char before = 0;

	if (table == NULL)
		return;
	add_cluster(u, table);
	for (; table->name != NULL; table++) {
		if (!is_in_cluster(table) && table->help != NULL)
			add_option(u, table,
			    before == 0 || before != table->group,
			    table->group == 0 ||
				table->group != table[1].group);
		before = table->group;
	}
}

static void
add_operands(struct usage *u, const char *operands)
{
	struct ms_buf word = {0};
	size_t n;

	for (; operands != NULL && *operands != '\0';
	     operands += n + (operands[n] == ' ')) {
		int depth = 0; /* of brackets, which are not broken */

		for (n = 0;
		     operands[n] != '\0' && (operands[n] != ' ' || depth > 0);
		     n++)
			depth += (operands[n] == '[') - (operands[n] == ']');
		ms_buf_clear(&word);
		ms_buf_add(&word, operands, n);
		add_word(u, &word);
	}
	ms_buf_release(&word);
}

/* One command of the usage; verb is NULL for the tool itself. */
static void
add_usage(struct usage *u, const struct ms_command *tool,
    const struct ms_command *verb)
{
	const struct ms_command *c = verb != NULL ? verb : tool;

	u->start = u->out.n;
	ms_buf_printf(
	    &u->out, "%s %s", verb != NULL ? "      " : "usage:", tool->name);
	u->indent = u->out.n - u->start;
	if (verb != NULL)
		ms_buf_printf(&u->out, " %s", verb->name);
	add_options(u, c->options);
	add_operands(u, c->operands);
	ms_buf_add_byte(&u->out, '\n');
}

static void
print_usage(const struct ms_command *tool, FILE *to)
{
	struct usage u = {0};
	const struct ms_command *v;

	add_usage(&u, tool, NULL);
	for (v = tool->verbs; v != NULL && v->name != NULL; v++)
		add_usage(&u, tool, v);
	fputs(ms_buf_str(&u.out), to);
	ms_buf_release(&u.out);
}

/* ---- help, version, table ---- */

/* A line for each option: verb, --name, -letter, argument, help, with TABs
 * between. A verb has a line of its own, without an option. */
static void
print_table(const struct ms_option *table, const char *verb)
{
	for (; table != NULL && table->name != NULL; table++) {
		char letter[3] = {
		    table->letter != 0 ? '-' : '\0', table->letter, '\0'};

		if (table->help != NULL)
			printf("%s\t--%s\t%s\t%s\t%s\n", verb, table->name,
			    letter, table->value != NULL ? table->value : "",
			    table->help);
	}
}

static int
print(const struct ms_command *tool, enum ms_opt_type what)
{
	const struct ms_command *v;

	if (what == MS_OPT_HELP) {
		print_usage(tool, stdout);
	} else if (what == MS_OPT_VERSION) {
		printf("%s %s\n", tool->name, MS_VERSION);
	} else {
		print_table(tool->options, "");
		for (v = tool->verbs; v != NULL && v->name != NULL; v++) {
			printf("%s\t\t\t\t\n", v->name);
			print_table(v->options, v->name);
		}
	}
	return 0;
}

int
ms_command_misused(const struct ms_command *tool, const struct ms_err *err)
{
	ms_warn_err(tool->name, err);
	print_usage(tool, stderr);
	return EX_USAGE;
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

static const struct ms_command *
find_verb(const struct ms_command *tool, const char *name, struct ms_err *err)
{
	const struct ms_command *v;

	for (v = tool->verbs; name != NULL && v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	if (name == NULL)
		ms_fail(err, MS_USAGE, "no verb");
	else
		ms_fail(err, MS_USAGE, "unknown verb '%.40s'", name);
	return NULL;
}

/* Reads the options of a tool or verb; a->v becomes its operands. */
static int
parse_one(const struct ms_command *cmd, struct ms_opt_state *s,
    struct ms_args *a, struct ms_err *err)
{
	a->cmd = cmd;
	s->tables[2] = s->tables[0];
	s->tables[0].rows = cmd->options;
	s->tables[1].rows = cmd->more;
	s->tables[1].call = cmd->more_call;
	s->mixed = cmd->mixed;
	a->count = ms_opt_parse(s, a->v, err);
	return a->count < 0 ? -1 : 0;
}

static int
parse(const struct ms_command *tool, struct ms_opt_state *s, struct ms_args *a,
    struct ms_err *err)
{
	const struct ms_command *verb;

	if (parse_one(tool, s, a, err) < 0)
		return -1;
	if (s->print == NULL && tool->verbs != NULL) {
		verb = find_verb(tool, a->v[0], err);
		if (verb == NULL)
			return -1;
		a->v++;
		if (parse_one(verb, s, a, err) < 0)
			return -1;
	}
	if (s->print != NULL)
		return 0;
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
	struct ms_args args = {.values = values, .v = argv + (argc > 0)};
	struct ms_err err = {0};
	int status;

	hold_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a write that fails can be reported */
	if (parse(tool, &s, &args, &err) < 0) {
		status = ms_command_misused(tool, &err);
		if (tool->misused != NULL)
			status = tool->misused(values);
	} else if (s.print != NULL) {
		status = print(tool, s.print->type);
	} else {
		status = args.cmd->run(&args);
	}
	if (ms_close_stdout(&err) < 0 &&
	    (status == 0 || status == MS_STATUS_SOME))
		status = ms_warn_err(tool->name, &err);
	return status;
}
