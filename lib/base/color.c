/* color.c - colours on terminals. The sequences are those of ECMA-48. */
#include "color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "term.h"

static enum ms_color wanted;

void
ms_color_set(enum ms_color color)
{
	wanted = color;
}

static bool
is_terminal(int fd)
{
	return fd == STDOUT_FILENO ? ms_term_stdout() : isatty(fd) == 1;
}

/* The environment has precedence over the file (ms-config(5)). */
static bool
automatic(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	const char *value = NULL;

	if (no != NULL && *no != '\0')
		return false;
	if (ms_config_value("color", &value, NULL) == 1 &&
	    strcmp(value, "auto") != 0)
		return strcmp(value, "always") == 0;
	return is_terminal(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

bool
ms_color_on(int fd)
{
	return wanted == MS_COLOR_ALWAYS ||
	       (wanted == MS_COLOR_AUTO && automatic(fd));
}

void
ms_color_begin(struct ms_buf *out, int fd, enum ms_style style)
{
	static const char *const codes[] = {[MS_STYLE_BOLD] = "\033[1m",
	    [MS_STYLE_FAILED] = "\033[1;31m",
	    [MS_STYLE_ID] = "\033[33m"};

	if (ms_color_on(fd))
		ms_buf_add_str(out, codes[style]);
}

void
ms_color_end(struct ms_buf *out, int fd)
{
	if (ms_color_on(fd))
		ms_buf_add_str(out, "\033[m");
}
