/* progress.c - lines on a terminal that show what runs now. The control
 * sequences are those of ECMA-48. */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buf.h"
#include "report.h"

#define ROWS 24       /* of a terminal whose size is unknown */
#define NAME_WIDTH 40 /* characters of the name of a job */

struct progress {
	unsigned drawn; /* lines on the screen */
};

struct progress *
progress_new(bool wanted)
{
	return wanted && isatty(STDERR_FILENO) == 1
		   ? ms_xcalloc(1, sizeof(struct progress))
		   : NULL;
}

void
progress_free(struct progress *p)
{
	progress_clear(p);
	free(p);
}

/* Moves to the first line that was drawn, and erases all below it. */
static void
add_erase(const struct progress *p, struct ms_buf *out)
{
	if (p->drawn > 0)
		ms_buf_printf(out, "\r\033[%uA\033[J", p->drawn);
}

static void
put(const struct ms_buf *out)
{
	(void)!write(STDERR_FILENO, out->p, out->n);
}

void
progress_clear(struct progress *p)
{
	struct ms_buf out = {0};

	if (p == NULL || p->drawn == 0)
		return;
	add_erase(p, &out);
	put(&out);
	ms_buf_release(&out);
	p->drawn = 0;
}

/* Appends `width` characters of UTF-8 text, filled up with blanks. */
static void
add_column(struct ms_buf *out, const char *text, unsigned width)
{
	for (; *text != '\0'; text++) {
		/* Continuation bytes have no width. */
		if ((*text & 0xc0) != 0x80 && width-- == 0)
			return;
		ms_buf_add_byte(out, (unsigned char)*text);
	}
	for (; width > 0; width--)
		ms_buf_add_byte(out, ' ');
}

/* NAME  doing  12 new, 3 known  1:05 */
static void
add_job(struct ms_buf *out, const struct progress_job *p)
{
	struct ms_buf name = {0};
	int64_t s = p->ms / 1000;

	ms_term_sanitize(&name, p->name);
	ms_buf_add_str(out, "  ");
	add_column(out, ms_buf_str(&name), NAME_WIDTH);
	ms_buf_printf(out, "  %s", p->doing);
	if (p->new + p->known > 0)
		ms_buf_printf(out, "  %" PRIu64 " new, %" PRIu64 " known",
		    p->new, p->known);
	ms_buf_printf(out, "  %" PRId64 ":%02d\n", s / 60, (int)(s % 60));
	ms_buf_release(&name);
}

void
progress_draw(struct progress *p, const struct progress_job *jobs, size_t n,
    const char *total)
{
	struct ms_buf out = {0};
	struct winsize size;
	unsigned room = ROWS, i;

	if (p == NULL)
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 3)
		room = size.ws_row;
	add_erase(p, &out);
	/* No line wrap: a long line is cut at the edge of the screen. */
	ms_buf_add_str(&out, "\033[?7l");
	for (i = 0; i < room - 3 && i < n; i++)
		add_job(&out, &jobs[i]);
	p->drawn = i + 1;
	if (i < n) {
		ms_buf_add_str(&out, "  ...\n");
		p->drawn++;
	}
	ms_term_sanitize(&out, total);
	ms_buf_add_str(&out, "\033[?7h\n");
	put(&out);
	ms_buf_release(&out);
}
