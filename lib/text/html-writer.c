/* html-writer.c - lines of text: breaks, blanks, and what lines begin with. */
#include "html-impl.h"
#include "utf8.h"

#include <string.h>

static void
put(struct ms_html_writer *w, const void *p, size_t n)
{
	if (w->cut || n > MS_HTML_TEXT_MAX - 1 - (w->out->n - w->start)) {
		w->cut = true;
		return;
	}
	ms_buf_add(w->out, p, n);
}

/* ---- lines ---- */

static unsigned
quotations(const struct ms_html_writer *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->levels && i < MS_HTML_LEVELS; i++)
		n += w->level[i] == 0;
	return n;
}

/* Lines without text between quoted lines are quoted, too. */
static void
end_lines(struct ms_html_writer *w)
{
	static const char marks[] = "> > > > > > > > > > > > ";
	unsigned n = quotations(w);

	if (n > w->quoted)
		n = w->quoted;
	put(w, "\n", 1);
	while (--w->breaks > 0) {
		put(w, marks, n > 0 ? 2 * (size_t)n - 1 : 0);
		put(w, "\n", 1);
	}
}

static void
begin_line(struct ms_html_writer *w)
{
	static const char blanks[] = "                ";
	unsigned n = w->levels < MS_HTML_LEVELS ? w->levels : MS_HTML_LEVELS;
	size_t marker = strlen(w->marker);

	for (unsigned i = 0; i < n; i++) {
		if (w->level[i] == 0)
			put(w, "> ", 2);
		else if (i + 1 < n || marker == 0)
			put(w, blanks, w->level[i]);
	}
	put(w, w->marker, marker);
	w->marker[0] = '\0';
	w->quoted = quotations(w);
}

/* Before a character: the line ends and blanks that were wanted. */
static void
prepare(struct ms_html_writer *w)
{
	bool first = w->out->n == w->start;

	if (w->breaks > 0 && !first)
		end_lines(w);
	if (first || w->out->p[w->out->n - 1] == '\n') {
		begin_line(w);
		if (w->pre == 0)
			w->blanks = 0;
	}
	w->breaks = 0;
	for (; w->blanks > 0; w->blanks--)
		put(w, " ", 1);
}

void
ms_html_break(struct ms_html_writer *w, unsigned n)
{
	if (w->breaks < n)
		w->breaks = n;
	w->blanks = 0;
}

/* ---- characters ---- */

static bool
is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

/* Characters that only say where a word can be divided, or fill lines. */
static bool
is_filler(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x200b || c == 0x2060 ||
	       c == 0xfeff || (c < ' ' && c != '\t') || c == 0x7f;
}

/* Joiners matter within a word only. */
static bool
is_joiner(uint32_t c)
{
	return c == 0x200c || c == 0x200d;
}

static bool
in_word(const struct ms_html_writer *w)
{
	return w->breaks == 0 && w->blanks == 0 && w->out->n > w->start;
}

/* A blank in text whose blanks count. */
static void
add_blank(struct ms_html_writer *w, uint32_t c)
{
	if (c == '\n' && w->breaks < 1000)
		w->breaks++;
	if (c == '\n')
		w->blanks = 0;
	else if (c == '\t')
		w->blanks += 8;
	else if (c == ' ' || c == 0xa0)
		w->blanks++;
	if (w->blanks > 1000)
		w->blanks = 1000;
}

void
ms_html_add(struct ms_html_writer *w, const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c;
	size_t n;

	for (; size > 0 && !w->cut; p += n, size -= n) {
		n = ms_utf8_step(p, size, &c);
		if (is_blank(c) && w->pre > 0) {
			add_blank(w, c);
		} else if (is_blank(c)) {
			if (w->blanks == 0)
				w->blanks = 1;
		} else if (!is_filler(c) && (!is_joiner(c) || in_word(w))) {
			prepare(w);
			if (c == MS_NOT_UTF8)
				put(w, "\xef\xbf\xbd", 3);
			else
				put(w, p, n);
		}
	}
}

void
ms_html_add_apart(
    struct ms_html_writer *w, unsigned n, const char *text, size_t size)
{
	if (w->breaks == 0 && w->out->n > w->start && w->blanks < n)
		w->blanks = n;
	ms_html_add(w, text, size);
}

/* ---- levels ---- */

void
ms_html_enter(struct ms_html_writer *w, unsigned char level)
{
	if (w->levels < MS_HTML_LEVELS)
		w->level[w->levels] = level;
	w->levels++;
}

void
ms_html_leave(struct ms_html_writer *w)
{
	w->levels--;
	w->marker[0] = '\0';
}

bool
ms_html_finish(struct ms_html_writer *w)
{
	if (w->out->n > w->start && w->out->p[w->out->n - 1] != '\n')
		ms_buf_add_byte(w->out, '\n');
	return !w->cut;
}

/* ---- elements ---- */

unsigned
ms_html_breaks(const char *name)
{
	static const char two[] = " p h1 h2 h3 h4 h5 h6 ul ol dl menu dir "
				  "blockquote pre listing xmp hr ";
	static const char one[] =
	    " html body div br tr li dd dt table caption thead tbody tfoot "
	    "address article aside center details dialog fieldset figcaption "
	    "figure footer form frameset header hgroup legend main nav option "
	    "optgroup section summary textarea title select ";
	char word[16];
	size_t n = strlen(name);

	if (n == 0 || n + 3 > sizeof(word))
		return 0;
	word[0] = ' ';
	memcpy(word + 1, name, n);
	memcpy(word + 1 + n, " ", 2);
	return strstr(two, word) != NULL ? 2 : strstr(one, word) != NULL;
}
