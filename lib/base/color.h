/*
 * color.h - colours on terminals, few and meaningful: red for failures, bold
 * for headings, yellow for ids. Layer: above config.
 */
#ifndef MS_COLOR_H
#define MS_COLOR_H
#include <stdbool.h>
#include "buf.h"

/* In the order of the values of --color. */
enum ms_color {
	MS_COLOR_AUTO, /* on a terminal, unless NO_COLOR, TERM=dumb or
			  ms-config(5) says no */
	MS_COLOR_ALWAYS,
	MS_COLOR_NEVER
};

enum ms_style {
	MS_STYLE_BOLD,
	MS_STYLE_FAILED,
	MS_STYLE_ID
};

/* What --color says; the default is MS_COLOR_AUTO. */
void ms_color_set(enum ms_color color);
/* Whether the output of this descriptor has colours. */
bool ms_color_on(int fd);
/* Append the beginning and the end of a style, if the descriptor has colours.
 */
void ms_color_begin(struct ms_buf *out, int fd, enum ms_style style);
void ms_color_end(struct ms_buf *out, int fd);

#endif
