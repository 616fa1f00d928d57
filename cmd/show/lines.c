/* lines.c - lines for people: harmless on a terminal, and wrapped there. */
#include "show.h"

#include <string.h>

#include "term.h"
#include "utf8.h"

/* Appends the character at p, or '?'. Returns its bytes. */
static size_t
add_character(struct ms_buf *out, const unsigned char *p, size_t n)
{
	uint32_t c;
	size_t used = ms_utf8_step(p, n, &c);

	if (c == MS_NOT_UTF8 || (c != '\t' && ms_utf8_control(c)))
		ms_buf_add_byte(out, '?');
	else
		ms_buf_add(out, p, used);
	return used;
}

static void
add_harmless(struct ms_buf *out, struct ms_slice s)
{
	size_t used;

	for (; s.n > 0; s.p += used, s.n -= used)
		used = add_character(out, s.p, s.n);
}

/* The columns of harmless text. */
static size_t
columns(struct ms_buf *text)
{
	return ms_term_columns(ms_buf_str(text));
}

/* The length of a run of blanks, or of other characters. */
static size_t
run_of(struct ms_slice s, bool blanks)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t') == blanks)
		n++;
	return n;
}

/* A blank before a word that does not fit becomes a line end. */
static void
add_wrapped(struct ms_buf *out, struct ms_slice line, size_t width)
{
	struct ms_buf gap = {0}, word = {0};
	size_t used = 0, n;

	while (line.n > 0) {
		ms_buf_clear(&gap);
		ms_buf_clear(&word);
		n = run_of(line, true);
		add_harmless(&gap, (struct ms_slice){line.p, n});
		line = (struct ms_slice){line.p + n, line.n - n};
		n = run_of(line, false);
		add_harmless(&word, (struct ms_slice){line.p, n});
		line = (struct ms_slice){line.p + n, line.n - n};
		if (used > 0 && used + gap.n + columns(&word) > width) {
			ms_buf_add_byte(out, '\n');
			used = 0;
		} else {
			ms_buf_add(out, gap.p, gap.n);
			used += gap.n;
		}
		ms_buf_add(out, word.p, word.n);
		used += columns(&word);
	}
	ms_buf_release(&gap);
	ms_buf_release(&word);
}

void
show_lines(struct ms_buf *out, struct ms_slice text, size_t width)
{
	const unsigned char *lf;
	struct ms_slice line;

	while (text.n > 0) {
		lf = memchr(text.p, '\n', text.n);
		line.p = text.p;
		line.n = lf != NULL ? (size_t)(lf - text.p) : text.n;
		if (width > 0 && line.n > width)
			add_wrapped(out, line, width);
		else
			add_harmless(out, line);
		ms_buf_add_byte(out, '\n');
		line.n += lf != NULL;
		text.p += line.n;
		text.n -= line.n;
	}
}
