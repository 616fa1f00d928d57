/*
 * html-impl.h - how the text of HTML is written, and what the process that asks
 * and the process that parses say to each other. Layer: private to text.
 */
#ifndef MS_HTML_IMPL_H
#define MS_HTML_IMPL_H
#include <stdbool.h>
#include <stdint.h>
#include "html.h"

/* ---- between the processes ---- */

/* A request: its size, and then the HTML. */
struct ms_html_request {
	uint32_t size;
};
/* The answer: its size, and then the text. The first answer, to no request,
 * says whether the process is confined: error is 0, or an errno. */
struct ms_html_reply {
	uint32_t size, error;
	uint32_t cut; /* the text was longer than MS_HTML_TEXT_MAX */
};
/* The parser; answers until `link` ends. Never returns. */
void ms_html_serve(int link, int file);
/* For tests: how long HTML can take, instead of MS_HTML_WAIT_MS. */
void ms_html_set_wait(struct ms_html *h, int wait_ms);

/* ---- readers ---- */

/* Both return false if the text was cut at MS_HTML_TEXT_MAX bytes. */
bool ms_html_text(struct ms_slice html, struct ms_buf *out);  /* gumbo */
bool ms_html_plain(struct ms_slice html, struct ms_buf *out); /* without it */

/* ---- the text ---- */

#define MS_HTML_LEVELS 12 /* quotations and lists in one another */
#define MS_HTML_MARKER 16 /* bytes before an item, and their NUL */

/* {.out = ...} is the beginning of a text. */
struct ms_html_writer {
	struct ms_buf *out;
	size_t start;            /* of the text in out */
	bool cut;                /* it has MS_HTML_TEXT_MAX bytes */
	unsigned breaks, blanks; /* wanted before the next character */
	unsigned pre;            /* elements whose blanks count */
	/* What each line begins with: 0 is "> ", n are n blanks. */
	unsigned char level[MS_HTML_LEVELS];
	unsigned levels;             /* can be more than MS_HTML_LEVELS */
	char marker[MS_HTML_MARKER]; /* instead of the last blanks */
	unsigned quoted;             /* quotations around the last line */
};

/* At least n line ends come before the next character; none at the beginning.
 */
void ms_html_break(struct ms_html_writer *w, unsigned n);
/* Text in which runs of blanks are one, unless pre is set. */
void ms_html_add(struct ms_html_writer *w, const char *text, size_t n);
/* The same after n blanks, unless a line begins with it. */
void ms_html_add_apart(
    struct ms_html_writer *w, unsigned n, const char *text, size_t size);
/* Begins and ends a quotation (0) or lines after n blanks. */
void ms_html_enter(struct ms_html_writer *w, unsigned char level);
void ms_html_leave(struct ms_html_writer *w);
/* The last line has its end. Returns false if the text was cut. */
bool ms_html_finish(struct ms_html_writer *w);

/* Is it the name of an element that begins and ends a line? */
unsigned ms_html_breaks(const char *name);

#endif
