/* help.h - what --help and --print-options print. Layer: above opt. */
#ifndef MS_HELP_H
#define MS_HELP_H
#include "opt.h"

struct ms_buf;

/*
 * Appends the help of a tool, or of one of its verbs if verb is not NULL: a
 * line of usage, one sentence, and one line for each option, at most 80
 * columns wide.
 */
void ms_help_write(struct ms_buf *out, const struct ms_command *tool,
    const struct ms_command *verb);

/*
 * Appends a line for each option: verb, --name, -letter, argument, help, with
 * TABs between. A verb has a line of its own without an option; its operands
 * stand in the place of the argument.
 */
void ms_help_table(struct ms_buf *out, const struct ms_command *tool);

#endif
