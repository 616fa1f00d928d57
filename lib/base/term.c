/* term.c - text for terminals. See term.h. */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uniwidth.h>

#include "config.h"
#include "local-date.h"
#include "utf8.h"

#define WIDTH_MIN 20 /* what is smaller is no width */
#define WIDTH_MAX 10000

/* $COLUMNS; 0: not set, or no width. */
static size_t
wished_width(void)
{
	const char *s = getenv("COLUMNS");
	unsigned long n = s != NULL ? strtoul(s, NULL, 10) : 0;

	return n >= WIDTH_MIN && n <= WIDTH_MAX ? n : 0;
}

/* A table obeys $COLUMNS; a progress line must fit, so that it can be erased.
 */
static size_t
width_of(int fd)
{
	struct winsize size;
	size_t wished = wished_width();

	if (wished != 0 && fd == STDOUT_FILENO)
		return wished;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
		return size.ws_col;
	return wished != 0 ? wished : MS_TERM_WIDTH;
}

/* Standard output as it was at the first question; later it may be a pager. */
static struct {
	bool known, terminal;
	size_t width;
} standard;

bool
ms_term_stdout(void)
{
	if (!standard.known) {
		standard.terminal = isatty(STDOUT_FILENO) == 1;
		standard.width = width_of(STDOUT_FILENO);
		standard.known = true;
	}
	return standard.terminal;
}

size_t
ms_term_width(int fd)
{
	if (fd == STDOUT_FILENO && ms_term_stdout())
		return standard.width;
	return width_of(fd);
}

/* The next character as it is shown, and its columns. */
static size_t
step(struct ms_slice s, uint32_t *c, size_t *columns)
{
	size_t n = ms_utf8_step(s.p, s.n, c);
	int width;

	if (*c == MS_NOT_UTF8 || ms_utf8_control(*c))
		*c = '?';
	width = uc_width(*c, "UTF-8");
	*columns = width > 0 ? (size_t)width : 0;
	return n;
}

size_t
ms_term_columns(const char *text)
{
	struct ms_slice s = ms_slice_str(text);
	size_t sum = 0, columns, n;
	uint32_t c;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = step(s, &c, &columns);
		sum += columns;
	}
	return sum;
}

static void
add_blanks(struct ms_buf *out, size_t n)
{
	ms_buf_printf(out, "%*s", (int)n, "");
}

void
ms_term_fit(struct ms_buf *out, const char *text, size_t width, bool right)
{
	struct ms_slice s = ms_slice_str(text);
	size_t whole = ms_term_columns(text), used = 0, columns, n;
	size_t room = whole > width && width > 0 ? width - 1 : width;
	unsigned char bytes[4];
	uint32_t c;

	if (right && whole < width)
		add_blanks(out, width - whole);
	for (; s.n > 0; s.p += n, s.n -= n) {
		n = step(s, &c, &columns);
		if (used + columns > room)
			break;
		ms_buf_add(out, bytes, ms_utf8_put(bytes, c));
		used += columns;
	}
	if (whole > width && width > 0) {
		ms_buf_add_str(out, "\xe2\x80\xa6"); /* an ellipsis */
		used++;
	}
	if (used < width && !(right && whole < width))
		add_blanks(out, width - used);
}

void
ms_term_date(struct ms_buf *out, int64_t time, bool clock)
{
	const char *format = NULL;

	/* A wrong file has been reported when its other values were read. */
	if (ms_config_value("date", &format, NULL) != 1)
		format = "%Y-%m-%d";
	(void)ms_local_date(out, format, time);
	if (clock)
		(void)ms_local_date(out, " %H:%M", time);
}
