/*
 * rtf.c - the HTML or the text that RTF contains ([MS-OXRTFEX]), and the text
 * of native RTF (Rich Text Format Specification 1.9.1).
 */
#include "rtf-impl.h"
#include <stdlib.h>
#include <string.h>
#include "sha.h"

#define WORD_MAX 32 /* letters of a control word, by the specification */
#define FONT_IDS 65536

/* What becomes of the text of a group. */
enum target {
	SHOWN,    /* text of the document */
	HTML_TAG, /* {\*\htmltag}: HTML as it was */
	FONTS,    /* {\fonttbl} */
	IGNORED
};

/* The state that a group inherits, and that ends with it. */
struct group {
	enum target target;
	bool hidden;  /* \v */
	bool htmlrtf; /* \htmlrtf: RTF for programs that cannot show HTML */
	int font;
	unsigned skip; /* \uc: bytes after \u that stand for the same */
};

struct rtf {
	struct ms_slice in; /* what is left */
	struct ms_rtf_text text;
	enum ms_rtf_kind kind;
	unsigned codepage; /* \ansicpg */
	int default_font;  /* \deff */
	bool begun;        /* there was text: \fromhtml comes too late */
	bool starred;      /* \* came just before */
	unsigned skip;   /* bytes or control words that \u makes superfluous */
	size_t depth;    /* groups[depth] is the innermost one */
	int defined;     /* font that {\\fonttbl} describes */
	uint16_t *fonts; /* FONT_IDS code pages; 0: that of the document */
	struct group groups[MS_RTF_DEPTH_MAX];
};

struct word {
	char name[WORD_MAX + 1];
	bool has_number;
	int number;
};

static struct group *
group(struct rtf *rtf)
{
	return &rtf->groups[rtf->depth];
}

/* Whether text at this place is part of the result. */
static bool
is_shown(struct rtf *rtf)
{
	const struct group *g = group(rtf);

	if (g->target == HTML_TAG)
		return true;
	return g->target == SHOWN && !g->hidden &&
	       !(g->htmlrtf && rtf->kind != MS_RTF_NATIVE);
}

/* ---- fonts ---- */

static void
set_font_codepage(struct rtf *rtf, unsigned codepage)
{
	rtf->fonts[(uint16_t)rtf->defined] = (uint16_t)codepage;
}

/* The original HTML is in the code page of the document, whatever the font. */
static unsigned
codepage(struct rtf *rtf)
{
	unsigned of_font = rtf->fonts[(uint16_t)group(rtf)->font];

	return of_font == 0 || group(rtf)->target == HTML_TAG ? rtf->codepage
							      : of_font;
}

/* ---- text ---- */

static void
put_byte(struct rtf *rtf, unsigned char c)
{
	rtf->starred = false;
	if (rtf->skip > 0) {
		rtf->skip--;
		return;
	}
	if (!is_shown(rtf))
		return;
	rtf->begun = true;
	ms_rtf_text_byte(&rtf->text, c, codepage(rtf));
}

static void
put_char(struct rtf *rtf, uint32_t c)
{
	if (is_shown(rtf))
		ms_rtf_text_char(&rtf->text, c);
}

static void
put_str(struct rtf *rtf, const char *s)
{
	if (is_shown(rtf))
		ms_rtf_text_str(&rtf->text, s);
}

/* ---- control words ---- */

/* Control words that stand for characters. */
static const struct {
	const char *word, *text;
} characters[] = {{"par", "\r\n"}, {"line", "\r\n"}, {"sect", "\r\n"},
    {"page", "\r\n"}, {"row", "\r\n"}, {"nestrow", "\r\n"}, {"cell", "\t"},
    {"nestcell", "\t"}, {"tab", "\t"}, {"lquote", "\u2018"},
    {"rquote", "\u2019"}, {"ldblquote", "\u201c"}, {"rdblquote", "\u201d"},
    {"bullet", "\u2022"}, {"endash", "\u2013"}, {"emdash", "\u2014"},
    {"enspace", "\u2002"}, {"emspace", "\u2003"}, {"qmspace", "\u2005"},
    {"zwj", "\u200d"}, {"zwnj", "\u200c"}, {"ltrmark", "\u200e"},
    {"rtlmark", "\u200f"}};

/* Destinations that are no text of the document, and need no \*. */
static const char not_shown[] =
    "annotation atnauthor atnid author buptim category colortbl comment "
    "company "
    "creatim doccomm filetbl fldinst footer footerf footerl footerr header "
    "headerf headerl headerr hlinkbase info keywords manager nonshppict "
    "objclass objdata objname operator pict printim revtim rxe stylesheet "
    "subject tc template title txe xe";

static bool
show_character(struct rtf *rtf, const char *word)
{
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++)
		if (strcmp(characters[i].word, word) == 0) {
			put_str(rtf, characters[i].text);
			return true;
		}
	return false;
}

static void
encapsulates(struct rtf *rtf, enum ms_rtf_kind kind)
{
	if (!rtf->begun)
		rtf->kind = kind;
}

/* A control word within {\fonttbl}. */
static void
define(struct rtf *rtf, const struct word *w)
{
	if (strcmp(w->name, "f") == 0)
		rtf->defined = w->number;
	else if (strcmp(w->name, "fcharset") == 0)
		set_font_codepage(rtf, ms_rtf_charset_codepage(w->number));
	else if (strcmp(w->name, "cpg") == 0 && w->number > 0)
		set_font_codepage(rtf, (unsigned)w->number);
}

/* A control word that is about the document. Returns whether it is one. */
static bool
set_document(struct rtf *rtf, const struct word *w)
{
	if (strcmp(w->name, "fromhtml") == 0)
		encapsulates(rtf, MS_RTF_HTML);
	else if (strcmp(w->name, "fromtext") == 0)
		encapsulates(rtf, MS_RTF_TEXT);
	else if (strcmp(w->name, "ansicpg") == 0 && w->number > 0)
		rtf->codepage = (unsigned)w->number;
	else if (strcmp(w->name, "mac") == 0)
		rtf->codepage = 10000;
	else if (strcmp(w->name, "pc") == 0)
		rtf->codepage = 437;
	else if (strcmp(w->name, "pca") == 0)
		rtf->codepage = 850;
	else if (strcmp(w->name, "deff") == 0)
		rtf->default_font = group(rtf)->font = w->number;
	else
		return false;
	return true;
}

/* A control word that is about the group. Returns whether it is one. */
static bool
set_group(struct rtf *rtf, const struct word *w)
{
	bool on = !w->has_number || w->number != 0;
	struct group *g = group(rtf);

	if (strcmp(w->name, "htmlrtf") == 0)
		g->htmlrtf = on;
	else if (strcmp(w->name, "v") == 0)
		g->hidden = on;
	else if (strcmp(w->name, "f") == 0)
		g->font = w->number;
	else if (strcmp(w->name, "uc") == 0)
		g->skip = w->number < 0 ? 0 : (unsigned)w->number;
	else if (strcmp(w->name, "plain") == 0)
		*g = (struct group){
		    g->target, false, g->htmlrtf, rtf->default_font, g->skip};
	else
		return false;
	return true;
}

/* A control word that begins a destination. Returns whether it does. */
static bool
set_target(struct rtf *rtf, const char *word, bool starred)
{
	struct group *g = group(rtf);

	if (g->target == IGNORED)
		return true;
	if (strcmp(word, "fonttbl") == 0)
		g->target = FONTS;
	else if (starred && strcmp(word, "htmltag") == 0 &&
		 rtf->kind == MS_RTF_HTML)
		g->target = HTML_TAG;
	else if (starred || ms_words_have(not_shown, word))
		g->target = IGNORED;
	else
		return false;
	return true;
}

/* \u: a character, as a signed number of 16 bits. */
static void
put_unicode(struct rtf *rtf, int number)
{
	put_char(rtf, (uint32_t)number & (number < 0 ? 0xffffU : 0x1fffffU));
	rtf->skip = group(rtf)->skip;
}

static void
obey(struct rtf *rtf, const struct word *w)
{
	bool starred = rtf->starred;

	rtf->starred = false;
	if (set_target(rtf, w->name, starred))
		return;
	if (group(rtf)->target == FONTS)
		define(rtf, w);
	else if (strcmp(w->name, "u") == 0 && w->has_number)
		put_unicode(rtf, w->number);
	else if (!set_group(rtf, w) && !set_document(rtf, w))
		show_character(rtf, w->name);
}

/* ---- tokens ---- */

static bool
is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static int
next(struct rtf *rtf)
{
	return rtf->in.n > 0 ? rtf->in.p[0] : -1;
}

static void
advance(struct rtf *rtf, size_t n)
{
	if (n > rtf->in.n)
		n = rtf->in.n;
	rtf->in = (struct ms_slice){rtf->in.p + n, rtf->in.n - n};
}

/* The letters, the number, and the blank that ends a control word. */
static struct word
read_word(struct rtf *rtf)
{
	struct word w = {.number = 0};
	bool minus;
	size_t n = 0;

	for (; rtf->in.n > 0 && is_letter(rtf->in.p[0]); advance(rtf, 1))
		if (n < WORD_MAX)
			w.name[n++] = (char)rtf->in.p[0];
	minus = rtf->in.n > 1 && rtf->in.p[0] == '-' && is_digit(rtf->in.p[1]);
	if (minus)
		advance(rtf, 1);
	for (; rtf->in.n > 0 && is_digit(rtf->in.p[0]); advance(rtf, 1)) {
		if (w.number < 100000000)
			w.number = w.number * 10 + (rtf->in.p[0] - '0');
		w.has_number = true;
	}
	if (minus)
		w.number = -w.number;
	if (next(rtf) == ' ')
		advance(rtf, 1);
	return w;
}

static void
control_word(struct rtf *rtf)
{
	struct word w = read_word(rtf);

	if (strcmp(w.name, "bin") == 0) { /* bytes, which can be braces */
		advance(rtf, w.number > 0 ? (size_t)w.number : 0);
		rtf->skip -= rtf->skip > 0;
	} else if (rtf->skip > 0) {
		rtf->skip--;
	} else {
		obey(rtf, &w);
	}
}

/* \'hh; without the digits it is no byte. */
static void
hex_byte(struct rtf *rtf)
{
	unsigned char c;

	if (rtf->in.n < 2 ||
	    ms_unhex((struct ms_slice){rtf->in.p, 2}, &c, 1) != 1)
		return;
	advance(rtf, 2);
	put_byte(rtf, c);
}

/* A control symbol: a backslash and one character that is no letter. */
static void
control_symbol(struct rtf *rtf, unsigned char c)
{
	advance(rtf, 1);
	if (c == '\'')
		hex_byte(rtf);
	else if (c == '*')
		rtf->starred = true;
	else if (c == '\\' || c == '{' || c == '}')
		put_byte(rtf, c);
	else if (rtf->skip > 0)
		rtf->skip--;
	else if (c == '~')
		put_char(rtf, 0xa0);
	else if (c == '-')
		put_char(rtf, 0xad);
	else if (c == '_')
		put_char(rtf, 0x2011);
	else if (c == '\r' || c == '\n')
		put_str(rtf, "\r\n");
	else if (c == '\t')
		put_str(rtf, "\t");
}

static int
open_group(struct rtf *rtf, struct ms_err *err)
{
	rtf->skip = 0;
	rtf->starred = false;
	if (rtf->depth + 1 == MS_RTF_DEPTH_MAX)
		return ms_fail(err, MS_DATA,
		    "RTF has groups that are nested more than %d deep",
		    MS_RTF_DEPTH_MAX);
	rtf->groups[rtf->depth + 1] = rtf->groups[rtf->depth];
	rtf->depth++;
	return 0;
}

/* Returns 1, or 0 if this was the last group. */
static int
close_group(struct rtf *rtf)
{
	rtf->skip = 0;
	rtf->starred = false;
	if (rtf->depth == 0)
		return 0;
	return --rtf->depth > 0;
}

/* Reads a token. Returns 1, 0 at the end, or -1. */
static int
token(struct rtf *rtf, struct ms_err *err)
{
	int c = next(rtf);

	if (c < 0)
		return 0;
	advance(rtf, 1);
	if (c == '{')
		return open_group(rtf, err) < 0 ? -1 : 1;
	if (c == '}')
		return close_group(rtf);
	if (c == '\\' && rtf->in.n > 0) {
		if (is_letter(rtf->in.p[0]))
			control_word(rtf);
		else
			control_symbol(rtf, rtf->in.p[0]);
	} else if (c != '\r' && c != '\n' && c != '\\') {
		put_byte(rtf, (unsigned char)c);
	}
	return 1;
}

static int
read_tokens(struct rtf *rtf, struct ms_err *err)
{
	int rc;

	do
		rc = token(rtf, err);
	while (rc == 1 && !ms_rtf_text_is_full(&rtf->text));
	ms_rtf_text_flush(&rtf->text);
	if (rc == 1 || (rc == 0 && ms_rtf_text_is_full(&rtf->text)))
		return ms_fail(err, MS_DATA,
		    "the text of RTF has more than %zu bytes", MS_RTF_MAX);
	return rc;
}

static bool
is_rtf(struct ms_slice in)
{
	return in.n >= 5 && memcmp(in.p, "{\\rtf", 5) == 0;
}

int
ms_rtf_extract(struct ms_slice in, enum ms_rtf_kind *kind, struct ms_buf *out,
    struct ms_err *err)
{
	struct rtf *rtf = ms_xcalloc(1, sizeof *rtf);
	int rc = 0;

	rtf->fonts = ms_xcalloc(FONT_IDS, sizeof *rtf->fonts);
	rtf->in = in;
	rtf->text.out = out;
	rtf->text.limit = out->n + MS_RTF_MAX;
	rtf->codepage = 1252;
	rtf->groups[0].skip = 1;
	if (is_rtf(in)) {
		rc = read_tokens(rtf, err);
	} else {
		for (size_t i = 0; i < in.n && i < MS_RTF_MAX; i++)
			ms_rtf_text_byte(&rtf->text, in.p[i], 0);
		ms_rtf_text_flush(&rtf->text);
	}
	*kind = rtf->kind;
	ms_rtf_text_release(&rtf->text);
	free(rtf->fonts);
	free(rtf);
	return rc;
}
