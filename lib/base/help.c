/* help.c - what --help and --print-options print. See opt.h. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "help.h"

#define LEFT_MAX 30 /* columns of an option and its argument */

/* ---- tables of two columns ---- */

/* A wide left column has a line of its own. */
static void
add_row(struct ms_buf *out, const struct ms_buf *left, size_t width,
    const char *help)
{
	ms_buf_add(out, left->p, left->n);
	if (left->n > width) {
		ms_buf_add_byte(out, '\n');
		ms_buf_printf(out, "%*s", (int)width, "");
	} else {
		ms_buf_printf(out, "%*s", (int)(width - left->n), "");
	}
	ms_buf_printf(out, "  %s\n", help);
}

/* "  -a, --archive archive"; the blanks of "lf | crlf" are left out. */
static void
write_left(struct ms_buf *left, const struct ms_option *o)
{
	ms_buf_clear(left);
	if (o->letter != 0)
		ms_buf_printf(left, "  -%c, --%s", o->letter, o->name);
	else
		ms_buf_printf(left, "      --%s", o->name);
	if (o->value == NULL)
		return;
	ms_buf_add_byte(left, ' ');
	for (const char *p = o->value; *p != '\0'; p++)
		if (*p != ' ')
			ms_buf_add_byte(left, (unsigned char)*p);
}

static size_t
left_width(const struct ms_option *table, size_t width)
{
	struct ms_buf left = {0};

	for (; table != NULL && table->name != NULL; table++) {
		write_left(&left, table);
		if (table->help != NULL && left.n > width && left.n <= LEFT_MAX)
			width = left.n;
	}
	ms_buf_release(&left);
	return width;
}

static void
add_options(struct ms_buf *out, const struct ms_option *table, size_t width,
    const char *heading)
{
	struct ms_buf left = {0};

	for (; table != NULL && table->name != NULL; table++) {
		if (table->help == NULL)
			continue;
		if (table->heading != NULL)
			heading = table->heading;
		if (heading != NULL)
			ms_buf_printf(out, "\n%s:\n", heading);
		heading = NULL;
		write_left(&left, table);
		add_row(out, &left, width, table->help);
	}
	ms_buf_release(&left);
}

static void
add_verbs(struct ms_buf *out, const struct ms_command *verbs)
{
	struct ms_buf left = {0};
	size_t width = 0;
	const struct ms_command *v;

	for (v = verbs; v->name != NULL; v++)
		if (strlen(v->name) + 2 > width)
			width = strlen(v->name) + 2;
	ms_buf_add_str(out, "\nVerbs:\n");
	for (v = verbs; v->name != NULL; v++) {
		ms_buf_clear(&left);
		ms_buf_printf(&left, "  %s", v->name);
		add_row(out, &left, width, v->about);
	}
	ms_buf_release(&left);
}

/* ---- help ---- */

static void
add_usage(struct ms_buf *out, const struct ms_command *tool,
    const struct ms_command *verb)
{
	const struct ms_command *c = verb != NULL ? verb : tool;

	ms_buf_printf(out, "usage: %s", tool->name);
	if (verb != NULL)
		ms_buf_printf(out, " %s", verb->name);
	ms_buf_add_str(out, " [option ...]");
	if (c->operands != NULL)
		ms_buf_printf(out, " %s", c->operands);
	ms_buf_printf(out, "\n%s.\n", c->about);
}

void
ms_help_write(struct ms_buf *out, const struct ms_command *tool,
    const struct ms_command *verb)
{
	const struct ms_option *of_verb = verb != NULL ? verb->options : NULL;
	const struct ms_option *more =
	    verb != NULL && verb->more_heading != NULL ? verb->more : NULL;
	size_t width = left_width(tool->options, 0);

	width = left_width(more, left_width(of_verb, width));
	add_usage(out, tool, verb);
	if (verb == NULL && tool->verbs != NULL)
		add_verbs(out, tool->verbs);
	add_options(out, of_verb, width, "Options");
	if (more != NULL)
		add_options(out, more, width, verb->more_heading);
	add_options(out, tool->options, width,
	    tool->verbs != NULL ? "Options of all verbs" : "Options");
	if (verb == NULL && tool->verbs != NULL)
		ms_buf_printf(out,
		    "\n'%s verb --help' explains the options of a verb.\n",
		    tool->name);
	if (tool->see != NULL && verb == NULL)
		ms_buf_printf(out, "\n%s\n", tool->see);
}

/* ---- the table for completion ---- */

static void
add_table(struct ms_buf *out, const struct ms_option *table, const char *verb)
{
	for (; table != NULL && table->name != NULL; table++) {
		char letter[3] = {
		    table->letter != 0 ? '-' : '\0', table->letter, '\0'};

		if (table->help != NULL)
			ms_buf_printf(out, "%s\t--%s\t%s\t%s\t%s\n", verb,
			    table->name, letter,
			    table->value != NULL ? table->value : "",
			    table->help);
	}
}

void
ms_help_table(struct ms_buf *out, const struct ms_command *tool)
{
	const struct ms_command *v;

	add_table(out, tool->options, "");
	for (v = tool->verbs; v != NULL && v->name != NULL; v++) {
		ms_buf_printf(out, "%s\t\t\t%s\t%s\n", v->name,
		    v->operands != NULL ? v->operands : "", v->about);
		add_table(out, v->options, v->name);
	}
}
