/* progress.c - lines on a terminal that show what runs now. ECMA-48 controls.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buf.h"
#include "report.h"

#define ROWS 24       /* of a terminal that does not say */
#define NAME_WIDTH 40 /* characters of a job's name */

struct live {
	unsigned drawn; /* lines on the screen */
};

struct live *
live_new(bool wanted)
{
	return wanted && isatty(STDERR_FILENO) == 1
		   ? ms_xcalloc(1, sizeof(struct live))
		   : NULL;
}

void
live_free(struct live *l)
{
	live_clear(l);
	free(l);
}

/* Back to the first line that was drawn, and all below it goes. */
static void
add_erase(const struct live *l, struct ms_buf *out)
{
	if (l->drawn > 0)
		ms_buf_printf(out, "\r\033[%uA\033[J", l->drawn);
}

static void
put(const struct ms_buf *out)
{
	(void)!write(STDERR_FILENO, out->p, out->n);
}

void
live_clear(struct live *l)
{
	struct ms_buf out = {0};

	if (l == NULL || l->drawn == 0)
		return;
	add_erase(l, &out);
	put(&out);
	ms_buf_release(&out);
	l->drawn = 0;
}

/* So many characters of UTF-8, with blanks if it has fewer. */
static void
add_column(struct ms_buf *out, const char *text, unsigned width)
{
	for (; *text != '\0'; text++) {
		/* What continues a character takes no place. */
		if ((*text & 0xc0) != 0x80 && width-- == 0)
			return;
		ms_buf_add_byte(out, (unsigned char)*text);
	}
	for (; width > 0; width--)
		ms_buf_add_byte(out, ' ');
}

/* NAME  doing  12 new, 3 known  1:05 */
static void
add_job(struct ms_buf *out, const struct job_progress *p)
{
	struct ms_buf name = {0};
	int64_t s = p->ms / 1000;

	ms_term_sanitize(&name, p->job->name);
	ms_buf_add_str(out, "  ");
	add_column(out, ms_buf_str(&name), NAME_WIDTH);
	ms_buf_printf(out, "  %s", p->doing);
	if (p->fresh + p->known > 0)
		ms_buf_printf(out, "  %" PRIu64 " new, %" PRIu64 " known",
		    p->fresh, p->known);
	ms_buf_printf(out, "  %" PRId64 ":%02d\n", s / 60, (int)(s % 60));
	ms_buf_release(&name);
}

void
live_draw(struct live *l, const struct jobs *jobs, const char *total)
{
	struct ms_buf out = {0};
	struct job_progress p;
	struct winsize size;
	unsigned room = ROWS, i;

	if (l == NULL)
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 3)
		room = size.ws_row;
	add_erase(l, &out);
	/* What is wider than the screen is cut there. */
	ms_buf_add_str(&out, "\033[?7l");
	for (i = 0; i < room - 3 && jobs_running(jobs, i, &p); i++)
		add_job(&out, &p);
	l->drawn = i + 1;
	if (jobs_running(jobs, i, &p)) {
		ms_buf_add_str(&out, "  ...\n");
		l->drawn++;
	}
	ms_term_sanitize(&out, total);
	ms_buf_add_str(&out, "\033[?7h\n");
	put(&out);
	ms_buf_release(&out);
}
