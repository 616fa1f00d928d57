/*
 * text-words.c - the form in which words are searched, and the words of a text:
 * ms-query(7), Text and Words.
 */
#include "fold.h"
#include "tap.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* ---- folding ---- */

static const struct {
	const char *in, *out, *what;
} folds[] = {
    {"Hello", "hello", "case"},
    {"STRASSE", "strasse", "capital letters"},
    {"stra\u00dfe \u1e9e", "strasse ss", "sharp s"},
    {"M\u00fcller", "muller", "a composed umlaut"},
    {"Mu\u0308ller", "muller", "a decomposed umlaut"},
    {"\u00f8\u0142\u0111\u0131", "\u00f8\u0142\u0111\u0131",
	"letters that are no letter with a mark"},
    {"\u0130stanbul", "istanbul", "a capital i with a dot"},
    {"\u01d5", "u", "two marks"},
    {"\u0397\u03bb\u03ad\u03ba\u03c4\u03c1\u03b1\u03c2",
	"\u03b7\u03bb\u03b5\u03ba\u03c4\u03c1\u03b1\u03c3",
	"Greek: the accent, and the last sigma"},
    {"\u0419\u043e\u0433\u0443\u0440\u0442 \u0401\u0436",
	"\u0438\u043e\u0433\u0443\u0440\u0442 \u0435\u0436", "Cyrillic"},
    {"\u0643\u0650\u062a\u064e\u0627\u0628 \u0622\u0623",
	"\u0643\u062a\u0627\u0628 \u0627\u0627", "Arabic vowels and hamza"},
    {"\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd",
	"Hebrew points"},
    {"\u304c\u30d1\u3099", "\u304c\u30d1\u3099", "voice marks remain"},
    {"\uff76\uff9e\uff8a\uff9f", "\u30ac\u30d1", "halfwidth kana"},
    {"\u0939\u093f\u0928\u094d\u0926\u0940",
	"\u0939\u093f\u0928\u094d\u0926\u0940", "Indic marks remain"},
    {"\uac00\u1100\u1161", "\uac00\uac00", "Hangul is composed"},
    {"\uff21\uff22\uff11", "ab1", "wide letters"},
    {"\ufb01x\u00b2", "fix2", "ligatures and superscripts"},
    {"co\u00adop\u200berate\u2060", "cooperate", "invisible characters"},
    {"a \u00a0  b", "a b", "blanks and no-break spaces are one blank"},
    {"a\r\n\tb", "a\r\n\tb", "line ends remain"},
    {"\u00e9 \u0301e", "e \u0301e", "a mark on a blank is no mark on a letter"},
    {"a\xff\xe4z", "a\ufffd\ufffdz", "what is not UTF-8"},
    {"", "", "nothing"},
};

static void
test_fold(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		ms_buf_clear(&out);
		ms_text_fold(ms_slice_str(folds[i].in), &out);
		ok(strcmp(ms_buf_str(&out), folds[i].out) == 0, "%s",
		    folds[i].what);
	}
	ms_buf_release(&out);
}

/* Text without blanks, of pieces that are not as long as a character. */
static void
test_long(void)
{
	struct ms_buf in = {0}, out = {0};
	size_t good = 0;

	for (int i = 0; i < 50000; i++)
		ms_buf_add_str(&in, i % 7 == 0 ? "\u00c4" : "\u4eac");
	ms_text_fold(ms_buf_slice(&in), &out);
	for (size_t i = 0, at = 0; i < 50000; i++) {
		const char *want = i % 7 == 0 ? "a" : "\u4eac";

		good += at + strlen(want) <= out.n &&
			memcmp(out.p + at, want, strlen(want)) == 0;
		at += strlen(want);
	}
	ok(good == 50000, "a text of 150 KB without a blank");
	ms_buf_release(&in);
	ms_buf_release(&out);
}

/* ---- words ---- */

static const struct {
	const char *in;
	bool query;
	const char *words; /* a `*` after a word that is a beginning */
} texts[] = {
    {"don't stop_me foo@bar.example", false, "don|t|stop|me|foo|bar|example"},
    {"3.14 r2d2", false, "3|14|r2d2"},
    {"\u00f8l \u0939\u093f\u0928\u094d\u0926\u0940", false,
	"\u00f8l|\u0939\u093f\u0928\u094d\u0926\u0940"},
    {"\u2014 \u2026 \U0001f600 !", false, ""},
    {"", false, ""},
    {"\u6771\u4eac\u90fd", false, "\u6771\u4eac|\u4eac\u90fd|\u90fd"},
    {"\u6771\u4eac\u90fd", true, "\u6771\u4eac|\u4eac\u90fd"},
    {"\u6771", true, "\u6771*"},
    {"\u6771", false, "\u6771"},
    {"3\u67085", true, "3|\u6708|5"},
    {"3\u6708", true, "3|\u6708*"},
    {"x\u6771\u4eac!", true, "x|\u6771\u4eac"},
    {"\u6771\u4eac x", true, "\u6771\u4eac|\u4eac|x"},
    {"\u6771\n\u4eac", false, "\u6771\u4eac|\u4eac"},
    {"\u6771 \r\n \u4eac", false, "\u6771\u4eac|\u4eac"},
    {"\u6771\n\n\u4eac", false, "\u6771|\u4eac"},
    {"\u6771 \u4eac", false, "\u6771|\u4eac"},
    {"\u6771\n", true, "\u6771*"},
    {"\u30b3\u30fc\u30d2\u30fc", false,
	"\u30b3\u30fc|\u30fc\u30d2|\u30d2\u30fc|\u30fc"},
    {"\ud55c\uad6d\n\uc5b4", false, "\ud55c\uad6d|\uad6d|\uc5b4"},
    {"\u0e01\u0e32\u0e23", true, "\u0e01\u0e32|\u0e32\u0e23"},
    {"a\u6771b", false, "a|\u6771|b"},
};

static void
list_words(const char *in, bool query, struct ms_buf *out)
{
	struct ms_words w = {.text = ms_slice_str(in), .query = query};
	struct ms_slice word;

	while (ms_words_next(&w, &word)) {
		if (out->n > 0)
			ms_buf_add_byte(out, '|');
		ms_buf_add(out, word.p, word.n);
		if (w.beginning)
			ms_buf_add_byte(out, '*');
	}
}

static void
test_words(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ms_buf_clear(&out);
		list_words(texts[i].in, texts[i].query, &out);
		ok(strcmp(ms_buf_str(&out), texts[i].words) == 0, "%s: %zu",
		    texts[i].query ? "a query" : "a text", i);
	}
	ms_buf_release(&out);
}

static void
test_long_word(void)
{
	struct ms_buf in = {0};
	struct ms_words w = {0};
	struct ms_slice word;

	ms_buf_add_str(&in, "x");
	for (int i = 0; i < 100; i++)
		ms_buf_add_str(&in, "\u00f8");
	ms_buf_add_str(&in, " y");
	w.text = ms_buf_slice(&in);
	ok(ms_words_next(&w, &word) && word.n == 127,
	    "a long word is cut at the end of a character");
	ok(ms_words_next(&w, &word) && word.n == 1 && word.p[0] == 'y',
	    "  and its rest is no word");
	ms_buf_release(&in);
}

int
main(void)
{
	test_fold();
	test_long();
	test_words();
	test_long_word();
	return done();
}
