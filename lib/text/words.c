/*
 * words.c - finds words. Unicode Standard Annex 44 (general categories) and
 * Annex 24 (scripts), by libunistring.
 */
#include "words.h"
#include "utf8.h"

#include <string.h>
#include <unictype.h>

enum kind {
	OTHER, /* between words */
	LETTER,
	PAIRED, /* of a script whose words are pairs of characters */
	WRAPPED /* the same, and a line may end within a word */
};

struct character {
	enum kind kind;
	size_t n; /* bytes */
};

static bool
is_of(const uc_script_t *script, const ucs4_t *letters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (script == uc_script(letters[i]))
			return true;
	return false;
}

static enum kind
kind_of_letter(uint32_t c)
{
	/* A letter of each: Han, Hiragana, Katakana, Bopomofo. */
	static const ucs4_t wrapped[] = {0x4e00, 0x3042, 0x30a2, 0x3105};
	/* Hangul, Thai, Lao, Khmer, Myanmar. */
	static const ucs4_t paired[] = {0xac00, 0x0e01, 0x0e81, 0x1780, 0x1000};
	const uc_script_t *script;

	if (c < 0xe00)
		return LETTER;
	/* The mark of a long vowel and the marks of voice, which kana share. */
	if (c == 0x30fc || c == 0x3099 || c == 0x309a)
		return WRAPPED;
	script = uc_script(c);
	if (is_of(script, wrapped, sizeof(wrapped) / sizeof(wrapped[0])))
		return WRAPPED;
	if (is_of(script, paired, sizeof(paired) / sizeof(paired[0])))
		return PAIRED;
	return LETTER;
}

static bool
is_ascii_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c >= 'A' && c <= 'Z');
}

static struct character
character_at(struct ms_slice text, size_t at)
{
	static const uint32_t letters =
	    UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
	    UC_CATEGORY_MASK_Co;
	struct character found = {OTHER, 1};
	uint32_t c;

	if (at >= text.n)
		return (struct character){OTHER, 0};
	if (text.p[at] < 0x80) {
		if (is_ascii_letter(text.p[at]))
			found.kind = LETTER;
		return found;
	}
	found.n = ms_utf8_step(text.p + at, text.n - at, &c);
	if (c != MS_NOT_UTF8 && uc_is_general_category_withtable(c, letters))
		found.kind = kind_of_letter(c);
	return found;
}

/* The position of the character after a line end at `at` and the blanks around
 * it, or `at`. */
static size_t
after_line_end(struct ms_slice text, size_t at)
{
	size_t to = at;
	unsigned ends = 0;

	for (; to < text.n &&
	       (text.p[to] == ' ' || text.p[to] == '\r' || text.p[to] == '\n');
	     to++)
		ends += text.p[to] == '\n';
	return ends == 1 ? to : at;
}

/* Finds the character that makes a word with the one at `at`. */
static bool
find_second(
    const struct ms_words *w, size_t at, struct character first, size_t *second)
{
	struct character c;

	*second = at + first.n;
	c = character_at(w->text, *second);
	if (c.kind == OTHER && first.kind == WRAPPED) {
		*second = after_line_end(w->text, *second);
		c = character_at(w->text, *second);
		return c.kind == WRAPPED;
	}
	return c.kind >= PAIRED;
}

/* Has the text a word from `at` on? */
static bool
has_more(const struct ms_words *w, size_t at)
{
	struct character c;

	for (; (c = character_at(w->text, at)).n > 0; at += c.n)
		if (c.kind != OTHER)
			return true;
	return false;
}

/* The word that begins with a character of a run. Returns false if that is the
 * last character of a query and not a word by itself. */
static bool
take_pair(struct ms_words *w, struct character first, struct ms_slice *word)
{
	bool was_second = w->in_run, last;
	size_t second, n;

	if (find_second(w, w->at, first, &second)) {
		n = character_at(w->text, second).n;
		memcpy(w->pair, w->text.p + w->at, first.n);
		memcpy(w->pair + first.n, w->text.p + second, n);
		*word = (struct ms_slice){w->pair, first.n + n};
		w->at = second;
		w->in_run = true;
		return true;
	}
	*word = (struct ms_slice){w->text.p + w->at, first.n};
	w->at += first.n;
	w->in_run = false;
	last = w->query && !has_more(w, w->at);
	w->beginning = last;
	return !last || !was_second;
}

static void
take_letters(struct ms_words *w, struct ms_slice *word)
{
	struct character c;

	*word = (struct ms_slice){w->text.p + w->at, 0};
	while ((c = character_at(w->text, w->at)).kind == LETTER) {
		if (word->n + c.n <= MS_WORD_MAX)
			word->n += c.n;
		w->at += c.n;
	}
}

bool
ms_words_next(struct ms_words *w, struct ms_slice *word)
{
	struct character c;

	w->beginning = false;
	while ((c = character_at(w->text, w->at)).kind == OTHER) {
		if (c.n == 0)
			return false;
		w->at += c.n;
	}
	if (c.kind >= PAIRED)
		return take_pair(w, c, word);
	take_letters(w, word);
	return true;
}
