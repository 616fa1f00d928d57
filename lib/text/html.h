/*
 * html.h - the text of HTML, as a person reads it in a browser without styles.
 * gumbo reads it in a confined process of its own (sandbox.h), so that HTML
 * that takes over the parser has nothing there. HTML Living Standard;
 * departures: ms-quirks(7), HTML. Layer: above keeper, sandbox; gumbo.
 */
#ifndef MS_HTML_H
#define MS_HTML_H
#include "buf.h"

#define MS_HTML_MAX ((size_t)1 << 20) /* bytes that gumbo reads */
#define MS_HTML_TEXT_MAX                                                       \
	((size_t)16 << 20)    /* bytes of the text of one part                 \
			       */
#define MS_HTML_WAIT_MS 10000 /* for the text */

struct ms_html;

/*
 * Starts the process. Call it before the archive is opened or a secret is read:
 * the process begins as a copy of the caller. Returns 0; 1, this system cannot
 * confine it completely, and `err` is the warning that ms_sandbox_check()
 * describes; -1, MS_CONFIG if MS_SANDBOX=require is set and the system lacks
 * something, else MS_IO or MS_TEMP.
 */
int ms_html_open(struct ms_html **out, struct ms_err *err);
void ms_html_close(struct ms_html *h);

/*
 * Appends the text of HTML; equal HTML always gives equal text.
 *   html  UTF-8; other bytes become U+FFFD
 *   out   lines of UTF-8, each ended by LF. Paragraphs are not wrapped; there
 *         is an empty line between them. Items of lists begin with "* " or
 *         their number, quoted lines with "> ", and cells of a row have two
 *         blanks between them. The target of a link follows in brackets where
 *         its text does not say it, and so does the text of an image.
 *         Scripts, style sheets and the head are left out; what a style would
 *         hide is text like all other.
 * Returns 1; 0, gumbo could not read it within its limits, `why` says why, and
 * the text comes from a simple reader, which drops the tags; or -1: MS_IO or
 * MS_TEMP, no parser can be started any more. In the first two cases, `out` has
 * at most MS_HTML_TEXT_MAX bytes more; of a longer text it is the beginning,
 * and the result is 0.
 */
int ms_html_read(struct ms_html *h, struct ms_slice html, struct ms_buf *out,
    struct ms_err *why);

#endif
