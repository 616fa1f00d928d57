/* body-text.c - the text of a message below its header. */
#include "body-impl.h"
#include "html-impl.h"
#include "mail.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define META_MAX 2048        /* bytes of HTML that can name its charset */
#define HTML_FAILURES_MAX 3  /* then gumbo reads nothing more of a message */
#define HTML_PARTS_MAX 10000 /* the same */
#define SCRATCH_KEPT ((size_t)1 << 20)

/* A text that is being made. */
struct writer {
	struct ms_body *b;
	struct ms_buf *out;
	size_t start; /* of the text in out */
	unsigned html, html_failures;
};

static size_t
room(const struct writer *w)
{
	size_t used = w->out->n - w->start;

	return used < MS_BODY_TEXT_MAX ? MS_BODY_TEXT_MAX - used : 0;
}

static void
cut(struct ms_body *b)
{
	b->state |= MS_BODY_CUT;
	ms_body_add_remark(b,
	    "its text is longer than %zu bytes; the rest is "
	    "not shown",
	    MS_BODY_TEXT_MAX);
}

/* ---- the text of one part, as UTF-8 ---- */

struct limited {
	struct ms_buf *out;
	size_t max;
};

static int
add_limited(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct limited *l = ctx;

	(void)err;
	if (n <= l->max - l->out->n) {
		ms_buf_add(l->out, p, n);
		return 0;
	}
	ms_buf_add(l->out, p, l->max - l->out->n);
	return -1;
}

/* The charset in a <meta> of HTML whose part names none. */
static const struct ms_charset *
meta_charset(struct ms_slice html)
{
	static const char word[] = "charset=";
	const size_t k = sizeof(word) - 1;
	struct ms_slice name = {0};

	if (html.n > META_MAX)
		html.n = META_MAX;
	for (size_t i = 0; i + k < html.n; i++) {
		if (strncasecmp((const char *)html.p + i, word, k) != 0)
			continue;
		name.p = html.p + i + k;
		name.p += *name.p == '"' || *name.p == '\'';
		while (name.p + name.n < html.p + html.n &&
		       (name.p[name.n] > ' ' && name.p[name.n] != '"' &&
			   name.p[name.n] != '\'' && name.p[name.n] != ';' &&
			   name.p[name.n] != '>' && name.p[name.n] != '/'))
			name.n++;
		break;
	}
	return ms_charset_find_raw(name);
}

/* Appends UTF-8 with LF as the end of lines; other bytes are read as
 * windows-1252. */
static void
normalize(struct ms_slice s, struct ms_buf *out)
{
	unsigned char bytes[4];
	uint32_t c;
	size_t n, bom = ms_utf8_bom(s);

	for (size_t i = bom; i < s.n; i += n) {
		n = ms_charset_next(s.p + i, s.n - i, &c);
		if (c == '\r' && i + n < s.n && s.p[i + n] == '\n')
			continue;
		if (c == '\r')
			c = '\n';
		ms_buf_add(out, bytes, ms_utf8_put(bytes, c));
	}
}

/* Decodes at most max bytes of a part to b->utf8. */
static void
decode(struct ms_body *b, const struct ms_body_part *part, size_t max)
{
	struct limited l = {&b->decoded, max};
	const struct ms_charset *cs = part->charset;
	struct ms_slice s;

	ms_buf_clear(&b->decoded);
	ms_buf_clear(&b->utf8);
	if (ms_body_decode(b, part, add_limited, &l, NULL) < 0)
		cut(b);
	if (ms_body_rank(part->type) == MS_RANK_HTML &&
	    cs == ms_charset_find((struct ms_slice){0}))
		cs = meta_charset(ms_buf_slice(&b->decoded));
	s = ms_charset_utf8(cs, ms_buf_slice(&b->decoded), &b->converted);
	normalize(s, &b->utf8);
}

/* ---- kinds of text ---- */

/* The parameter format=flowed of text/plain, and DelSp. */
static bool
is_flowed(
    const struct ms_body *b, const struct ms_body_part *part, bool *del_sp)
{
	struct ms_buf value = {0};
	struct ms_slice type;
	bool flowed;

	*del_sp = false;
	if (strcmp(part->type, "text/plain") != 0 ||
	    !ms_mail_find(ms_body_header(b, part), "content-type", &type) ||
	    !ms_mime_parameter(type, "format", &value))
		return false;
	flowed = strcasecmp(ms_buf_str(&value), "flowed") == 0;
	ms_buf_clear(&value);
	if (ms_mime_parameter(type, "delsp", &value))
		*del_sp = strcasecmp(ms_buf_str(&value), "yes") == 0;
	ms_buf_release(&value);
	return flowed;
}

static int
add_html(struct writer *w, const struct ms_body_part *part, struct ms_err *err)
{
	struct ms_slice html = ms_buf_slice(&w->b->utf8);
	struct ms_err why = {0};
	int rc = 0;

	if (w->html_failures < HTML_FAILURES_MAX && w->html < HTML_PARTS_MAX)
		rc = ms_html_read(w->b->html, html, w->out, &why);
	else
		(void)ms_html_plain(html, w->out);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	w->html++;
	if (rc == 1)
		return 0;
	w->html_failures += why.code != MS_OK;
	w->b->state |= MS_BODY_LAYOUT;
	if (why.code != MS_OK)
		ms_body_add_remark(w->b,
		    "part %u is shown without its layout: %s", part->number,
		    why.msg);
	return 0;
}

static int
convert(struct writer *w, const struct ms_body_part *part, struct ms_err *err)
{
	struct ms_slice text = ms_buf_slice(&w->b->utf8);
	bool del_sp;

	if (ms_body_rank(part->type) == MS_RANK_HTML)
		return add_html(w, part, err);
	if (ms_body_is_card(part->type))
		ms_card_text(text, w->out);
	else if (is_flowed(w->b, part, &del_sp))
		ms_flowed_text(text, del_sp, w->out);
	else
		ms_buf_add(w->out, text.p, text.n);
	return 0;
}

/* ---- the frame of a text ---- */

/* Is there nothing but blanks from p to the end of its line? Returns the length
 * of the line then, or 0. */
static size_t
blank_line(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			return i + 1;
		if (p[i] != ' ' && p[i] != '\t')
			return 0;
	}
	return n;
}

/* Removes empty lines at the beginning and at the end of what was added after
 * `from`, and ends the last line. */
static void
trim(struct ms_buf *out, size_t from)
{
	size_t skip = 0, n;

	while (from + skip < out->n &&
	       (n = blank_line(out->p + from + skip, out->n - from - skip)) > 0)
		skip += n;
	memmove(out->p + from, out->p + from + skip, out->n - from - skip);
	out->n -= skip;
	while (out->n > from &&
	       (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == ' ' ||
		   out->p[out->n - 1] == '\t'))
		out->n--;
	if (out->n > from)
		ms_buf_add_byte(out, '\n');
}

/* Ends the text at the last line within its limit. */
static void
keep_limit(struct writer *w)
{
	size_t end = w->start + MS_BODY_TEXT_MAX;

	if (w->out->n <= end)
		return;
	while (end > w->start && (w->out->p[end] & 0xc0) == 0x80)
		end--;
	w->out->n = end - 1;
	ms_buf_add_byte(w->out, '\n');
	cut(w->b);
}

/* An empty line between texts. */
static void
add_gap(struct writer *w)
{
	if (w->out->n > w->start)
		ms_buf_add_byte(w->out, '\n');
}

static int
add_part(struct writer *w, const struct ms_body_part *part, struct ms_err *err)
{
	size_t before = w->out->n, from;
	int rc;

	if (room(w) == 0) {
		cut(w->b);
		return 0;
	}
	add_gap(w);
	from = w->out->n;
	decode(w->b, part, room(w));
	rc = convert(w, part, err);
	if (w->out->n > from)
		trim(w->out, from);
	if (w->out->n == from)
		w->out->n = before;
	keep_limit(w);
	return rc;
}

static void
add_field(struct writer *w, const char *name, struct ms_buf *text)
{
	if (text->n > 0)
		ms_buf_printf(w->out, "%s: %s\n", name, ms_buf_str(text));
	ms_buf_clear(text);
}

/* The header of an embedded message, which begins there. */
static void
add_message(struct writer *w, const struct ms_body_part *part, uint64_t header)
{
	static const struct {
		const char *name;
		enum ms_mail_field field;
	} fields[] = {{"From", MS_MAIL_FROM}, {"To", MS_MAIL_TO},
	    {"Cc", MS_MAIL_CC}, {"Subject", MS_MAIL_SUBJECT}};
	struct ms_slice message = {
	    ms_body_message(w->b).p + header, part->end - header};
	struct ms_slice date;
	struct ms_buf text = {0};

	if (room(w) == 0)
		return;
	add_gap(w);
	ms_buf_add_str(w->out, "----------------------------------------\n");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].field == MS_MAIL_SUBJECT &&
		    ms_mail_find(message, "date", &date)) {
			ms_mail_decode_text(date, &text);
			add_field(w, "Date", &text);
		}
		ms_mail_decode(message, fields[i].field, &text);
		add_field(w, fields[i].name, &text);
	}
	ms_buf_release(&text);
	keep_limit(w);
}

/* A large message leaves no large buffers. */
static void
drop_scratch(struct ms_body *b)
{
	struct ms_buf *all[] = {&b->decoded, &b->converted, &b->utf8};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->cap > SCRATCH_KEPT)
			ms_buf_release(all[i]);
}

int
ms_body_text(struct ms_body *b, struct ms_buf *out, struct ms_err *err)
{
	struct writer w = {.b = b, .out = out, .start = out->n};
	int rc = 0;

	for (size_t i = 0; i < b->count && rc == 0; i++) {
		const struct ms_body_part *p = &b->part[i];
		bool shown = (p->bits & MS_PART_SHOWN) != 0;

		if ((p->bits & MS_PART_HEADLESS) != 0)
			add_message(&w, p, p->header);
		else if (shown && (p->bits & MS_PART_MESSAGE) != 0)
			add_message(&w, p, p->body);
		if (shown && (p->bits & MS_PART_MESSAGE) == 0)
			rc = add_part(&w, p, err);
	}
	drop_scratch(b);
	return rc;
}

bool
ms_body_is_text(const struct ms_body_part *part)
{
	return (part->bits & (MS_PART_MULTIPART | MS_PART_MESSAGE)) == 0 &&
	       ms_body_rank(part->type) != MS_RANK_NONE;
}

int
ms_body_part_text(struct ms_body *b, const struct ms_body_part *part,
    struct ms_buf *out, struct ms_err *err)
{
	struct writer w = {.b = b, .out = out, .start = out->n};
	int rc = ms_body_is_text(part) ? add_part(&w, part, err) : 0;

	drop_scratch(b);
	return rc;
}

void
ms_body_part_utf8(
    struct ms_body *b, const struct ms_body_part *part, struct ms_buf *out)
{
	decode(b, part, MS_BODY_TEXT_MAX);
	ms_buf_add(out, b->utf8.p, b->utf8.n);
	drop_scratch(b);
}
