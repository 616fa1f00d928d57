/*
 * term.c - a term as an expression of FTS5, and its search in a single text.
 */
#include "term.h"

#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "le.h"
#include "utf8.h"
#include "words.h"

/* ---- reading ---- */

static void
add_word(struct ms_text_term *term, struct ms_slice word)
{
	unsigned char n[2];

	ms_put_le16(n, (uint16_t)word.n);
	ms_buf_add(&term->words, n, sizeof(n));
	ms_buf_add(&term->words, word.p, word.n);
	term->count++;
}

/* The word after p, and the position after it. */
static struct ms_slice
word_at(const unsigned char **p)
{
	struct ms_slice word = {*p + 2, ms_le16(*p)};

	*p = word.p + word.n;
	return word;
}

static size_t
count_characters(struct ms_slice word)
{
	size_t n = 0;

	for (size_t i = 0; i < word.n; i++)
		n += (word.p[i] & 0xc0) != 0x80;
	return n;
}

int
ms_text_term_read(struct ms_text_term *term, struct ms_slice operand,
    bool prefix, unsigned parts, struct ms_err *err)
{
	struct ms_words w = {.query = true};
	struct ms_slice word = {NULL, 0};
	bool beginning = false;

	*term = (struct ms_text_term){.parts = parts, .prefix = prefix};
	ms_text_fold(operand, &term->text);
	w.text = ms_buf_slice(&term->text);
	while (ms_words_next(&w, &word)) {
		add_word(term, word);
		beginning = w.beginning;
	}
	term->prefix |= beginning;
	if (term->count == 0)
		return ms_fail(err, MS_USAGE, "it has no letter and no digit");
	if (prefix && term->count == 1 && !beginning &&
	    count_characters(word) < MS_TEXT_PREFIX_MIN)
		return ms_fail(err, MS_USAGE,
		    "the beginning of a word needs at least %d letters",
		    MS_TEXT_PREFIX_MIN);
	return 0;
}

void
ms_text_term_release(struct ms_text_term *term)
{
	ms_buf_release(&term->text);
	ms_buf_release(&term->words);
}

/* ---- searching ---- */

void
ms_text_term_expression(const struct ms_text_term *term, struct ms_buf *out)
{
	static const char *const columns[MS_TEXT_PARTS] = {
	    "subject", "sender", "recipients", "body", "names", "attached"};

	ms_buf_add_byte(out, '{');
	for (int i = 0; i < MS_TEXT_PARTS; i++)
		if (term->parts & 1U << i)
			ms_buf_printf(out, " %s", columns[i]);
	ms_buf_add_str(out, " } : \"");
	for (size_t i = 0; i < term->text.n; i++) {
		if (term->text.p[i] == '"')
			ms_buf_add_byte(out, '"');
		/* An expression ends at a NUL. */
		ms_buf_add_byte(
		    out, term->text.p[i] != '\0' ? term->text.p[i] : ' ');
	}
	ms_buf_add_str(out, term->prefix ? "\" *" : "\"");
}

/* Is this the word of a term? */
static bool
is_word(struct ms_slice wanted, struct ms_slice word, bool beginning)
{
	if (beginning && word.n > wanted.n)
		word.n = wanted.n;
	return ms_slice_eq(wanted, word);
}

/*
 * Goes on by a word of the text: matched[i] says whether the words before it
 * end with the first i words of the term. Returns whether all were found.
 */
static bool
step(const struct ms_text_term *term, bool *matched, struct ms_slice word)
{
	const unsigned char *p = term->words.p;
	bool before = true, found;

	for (size_t i = 0; i < term->count; i++) {
		struct ms_slice wanted = word_at(&p);
		bool last = i + 1 == term->count;

		found = before && is_word(wanted, word, last && term->prefix);
		before = matched[i];
		matched[i] = found;
	}
	return matched[term->count - 1];
}

static bool
is_in(const struct ms_text_term *term, struct ms_slice text, bool *matched)
{
	struct ms_words w = {.text = text};
	struct ms_slice word;

	memset(matched, 0, term->count * sizeof(*matched));
	while (ms_words_next(&w, &word))
		if (step(term, matched, word))
			return true;
	return false;
}

bool
ms_text_term_matches(
    const struct ms_text_term *term, const struct ms_text_message *m)
{
	bool *matched = ms_xcalloc(term->count, sizeof(*matched)),
	     found = false;

	for (int i = 0; i < MS_TEXT_PARTS && !found; i++)
		found = (term->parts & 1U << i) != 0 &&
			is_in(term, ms_buf_slice(&m->part[i]), matched);
	free(matched);
	return found;
}
