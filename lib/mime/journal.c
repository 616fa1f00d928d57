/*
 * journal.c - finds the envelope and the originals in a journal report, line by
 * line. [MS-XJRNL] 2; RFC 2046, 5.1; ms-quirks(7), Journal reports.
 */
#include "journal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "mail.h"

#define BOUNDARY_MAX 250 /* RFC 2046 allows 70 */
/* A longer line is not a delimiter: "--", boundary, "--", blanks, line end. */
#define LINE_MAX_KEPT 1024

/* What the bytes are that are being read. */
enum where {
	IN_HEADER,
	IN_BETWEEN, /* before the first part, or after the last one */
	IN_ENVELOPE,
	IN_ORIGINAL,
	IN_OTHER
};

/* A multipart that has not ended. */
struct level {
	char boundary[BOUNDARY_MAX + 1];
	size_t n;
	bool begun; /* its first part has begun */
};

/* Whether the bytes of an original fit its encoding. */
struct fit {
	bool wrong;
	unsigned code;    /* quoted-printable: bytes of a code so far */
	unsigned padding; /* base64: "=" seen */
	uint64_t chars;   /* base64: without line ends */
};

struct ms_journal {
	enum where where;
	struct level levels[MS_JOURNAL_DEPTH_MAX];
	unsigned depth;
	unsigned parts;
	uint64_t at;        /* bytes read */
	struct ms_buf line; /* the current line, as long as it can be one of
			       the delimiters */
	bool line_long;     /* the line was longer, and was passed on */
	unsigned line_end;  /* bytes of the line end before the current line */
	unsigned char last; /* byte of the current line */
	struct ms_buf header;
	struct ms_buf text; /* of the envelope, encoded */
	struct ms_mime_info text_info;
	struct ms_buf originals;
	struct fit fit;
	struct ms_parties parties;
	bool claimed;       /* a field says that this is a report */
	bool copied;        /* or a copy, of Exchange 2003 */
	bool multipart;     /* the message is one */
	bool has_text;      /* a part can be the envelope */
	bool text_ended;    /* with a delimiter */
	bool closed;        /* the message has ended with its delimiter */
	const char *broken; /* the first reason that was seen */
};

struct ms_journal *
ms_journal_new(void)
{
	return ms_xcalloc(1, sizeof(struct ms_journal));
}

void
ms_journal_free(struct ms_journal *j)
{
	if (j == NULL)
		return;
	ms_buf_release(&j->line);
	ms_buf_release(&j->header);
	ms_buf_release(&j->text);
	ms_buf_release(&j->originals);
	ms_mime_info_release(&j->text_info);
	ms_parties_release(&j->parties);
	free(j);
}

/* The buffers keep their memory, but not that of an unusual message. */
static void
reuse(struct ms_buf *b)
{
	if (b->cap > LINE_MAX_KEPT * 64)
		ms_buf_release(b);
	ms_buf_clear(b);
}

void
ms_journal_clear(struct ms_journal *j)
{
	struct ms_journal old = *j;

	reuse(&old.line);
	reuse(&old.header);
	reuse(&old.text);
	reuse(&old.originals);
	ms_mime_info_release(&old.text_info);
	ms_parties_clear(&old.parties);
	*j = (struct ms_journal){.line = old.line,
	    .header = old.header,
	    .text = old.text,
	    .originals = old.originals,
	    .parties = old.parties};
}

static void
break_report(struct ms_journal *j, const char *why)
{
	if (j->broken == NULL)
		j->broken = why;
}

/* ---- originals ---- */

static void
add_original(struct ms_journal *j, enum ms_mime_encoding encoding)
{
	struct ms_journal_original o = {.at = j->at, .encoding = encoding};

	ms_buf_add(&j->originals, &o, sizeof(o));
	j->fit = (struct fit){0};
}

static struct ms_journal_original *
last_original(struct ms_journal *j)
{
	return (struct ms_journal_original *)(void *)(j->originals.p +
						      j->originals.n) -
	       1;
}

static void
fit_base64(struct fit *f, const unsigned char *p, size_t n)
{
	for (size_t i = 0, span; i < n; i += span + (span == 0)) {
		span = ms_base64_span(p + i, n - i);
		f->chars += span;
		f->wrong |= span > 0 && f->padding > 0;
		if (span > 0)
			continue;
		f->padding += p[i] == '=';
		f->wrong |= strchr("= \t\r\n", p[i]) == NULL || p[i] == '\0';
	}
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	       (c >= 'a' && c <= 'f');
}

/* "=" begins a code of two digits, or ends a line and the blanks in it. */
static void
fit_quoted(struct fit *f, const unsigned char *p, size_t n)
{
	enum {
		NO_CODE,
		EQUALS,
		DIGIT,
		SOFT
	};

	for (size_t i = 0; i < n; i++) {
		if (f->code == NO_CODE)
			f->code = p[i] == '=' ? EQUALS : NO_CODE;
		else if (f->code != SOFT && is_hex(p[i]))
			f->code = f->code == EQUALS ? DIGIT : NO_CODE;
		else if (f->code != DIGIT && p[i] == '\n')
			f->code = NO_CODE;
		else if (f->code != DIGIT && strchr(" \t\r", p[i]) != NULL &&
			 p[i] != '\0')
			f->code = SOFT;
		else
			f->wrong = true;
		if (f->wrong)
			return;
	}
}

static void
end_original(struct ms_journal *j, uint64_t end)
{
	struct ms_journal_original *o = last_original(j);
	const struct fit *f = &j->fit;

	o->size = end > o->at ? end - o->at : 0;
	if (o->size == 0)
		break_report(j, "its original is empty");
	if (f->wrong || f->padding > 2 || (f->chars + f->padding) % 4 != 0)
		break_report(j, "its original is not encoded correctly");
}

/* ---- parts ---- */

static bool
field_is(struct ms_slice header, const char *name, const char *value)
{
	struct ms_slice body;
	struct ms_buf text = {0};
	bool is;

	if (!ms_mail_find(header, name, &body))
		return false;
	ms_mail_decode_text(body, &text);
	is = ms_slice_is(ms_buf_slice(&text), value);
	ms_buf_release(&text);
	return is;
}

/* Looks for the fields that Exchange and Google give their reports. Exchange
 * 2003 writes the name of its field in the wrong way. */
static void
read_claims(struct ms_journal *j, struct ms_slice header)
{
	static const char *const names[] = {"x-ms-journal-report",
	    "x-ms-exchange-organization-journal-report", "x-gm-journal-id"};
	static const char *const ids[] = {
	    "content-identifier", "content-identifer"};
	struct ms_slice body;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		j->claimed |= ms_mail_find(header, names[i], &body);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		j->claimed |= field_is(header, ids[i], "ExJournalReport");
		j->copied |= field_is(header, ids[i], "ExJournalData");
	}
}

/* Begins the parts of a multipart. Without a boundary it has none. */
static bool
begin_multipart(struct ms_journal *j, struct ms_slice header)
{
	struct ms_slice type = {0};
	struct ms_buf boundary = {0};
	struct level *l = &j->levels[j->depth];
	bool can;

	(void)ms_mail_find(header, "content-type", &type);
	(void)ms_mime_parameter(type, "boundary", &boundary);
	can = boundary.n > 0 && boundary.n <= BOUNDARY_MAX &&
	      j->depth < MS_JOURNAL_DEPTH_MAX;
	if (can) {
		*l = (struct level){.n = boundary.n};
		memcpy(l->boundary, boundary.p, boundary.n);
		j->depth++;
	}
	ms_buf_release(&boundary);
	return can;
}

static bool
type_is(const struct ms_mime_info *info, const char *type)
{
	return strcmp(info->type, type) == 0;
}

/* Parts that a report may have besides: signatures, other forms of its text,
 * the footer of a gateway. */
static bool
is_harmless(const struct ms_mime_info *info)
{
	static const char *const types[] = {"application/pkcs7-signature",
	    "application/x-pkcs7-signature", "application/pgp-signature"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type_is(info, types[i]))
			return true;
	return strncmp(info->type, "text/", 5) == 0 && !info->attachment;
}

static void
begin_text(struct ms_journal *j, struct ms_mime_info *info)
{
	ms_mime_info_release(&j->text_info);
	j->text_info = *info;
	*info = (struct ms_mime_info){0};
	j->has_text = true;
	j->where = IN_ENVELOPE;
}

/* Decides by its header what the body of a part is. */
static void
begin_body(struct ms_journal *j)
{
	struct ms_slice header = ms_buf_slice(&j->header);
	struct ms_mime_info info = {0};
	bool message = j->parts == 0;

	ms_mime_info_read(&info, header, false);
	if (message)
		read_claims(j, header);
	j->where = IN_OTHER;
	if (j->parts == MS_JOURNAL_PARTS_MAX)
		break_report(j, "it has too many parts");
	else if (strncmp(info.type, "multipart/", 10) == 0 &&
		 begin_multipart(j, header)) {
		j->where = IN_BETWEEN;
		j->multipart = true;
	} else if (!j->has_text && type_is(&info, "text/plain")) {
		begin_text(j, &info);
	} else if (!message && (type_is(&info, "message/rfc822") ||
				   type_is(&info, "message/global"))) {
		add_original(j, info.encoding);
		j->where = IN_ORIGINAL;
	} else if (!is_harmless(&info)) {
		break_report(j, "it has a part that is not a message");
	}
	ms_mime_info_release(&info);
	j->parts += j->parts < MS_JOURNAL_PARTS_MAX;
}

/* Ends the part before a delimiter: the line end is part of that. */
static void
end_part(struct ms_journal *j, uint64_t delimiter)
{
	if (j->where == IN_HEADER)
		break_report(j, "a part has no body");
	if (j->where == IN_ORIGINAL)
		end_original(j, delimiter - j->line_end);
	if (j->where == IN_ENVELOPE)
		j->text_ended = true;
}

/* ---- lines ---- */

/*
 * Is this line a delimiter? *level receives the multipart, and *last whether it
 * ends. RFC 2046, 5.1.1.
 */
static bool
is_delimiter(const struct ms_journal *j, struct ms_slice line, unsigned *level,
    bool *last)
{
	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return false;
	while (line.n > 0 && strchr(" \t\r\n", line.p[line.n - 1]) != NULL &&
	       line.p[line.n - 1] != '\0')
		line.n--;
	for (unsigned i = j->depth; i-- > 0;) {
		const struct level *l = &j->levels[i];

		if (line.n < l->n + 2 ||
		    memcmp(line.p + 2, l->boundary, l->n) != 0)
			continue;
		*level = i;
		*last = line.n == l->n + 4 &&
			memcmp(line.p + l->n + 2, "--", 2) == 0;
		if (*last || line.n == l->n + 2)
			return true;
	}
	return false;
}

static void
use_delimiter(struct ms_journal *j, uint64_t line, unsigned level, bool last)
{
	end_part(j, line);
	/* A multipart in this one has no end of its own. */
	if (level + 1 < j->depth)
		break_report(j, "it is cut off");
	j->depth = last ? level : level + 1;
	j->closed = j->depth == 0;
	j->where = last ? IN_BETWEEN : IN_HEADER;
	if (!last)
		j->levels[level].begun = true;
	ms_buf_clear(&j->header);
}

static bool
is_empty(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\0' || strchr(" \t\r\n", p[i]) == NULL)
			return false;
	return true;
}

/* Text before the first part is a hint to people. After the last one there is
 * none, unless an original contains the delimiter. */
static void
use_between(struct ms_journal *j, const unsigned char *p, size_t n)
{
	bool before = j->depth > 0 && !j->levels[j->depth - 1].begun;

	if (!before && !is_empty(p, n))
		break_report(j, "text follows its last part");
}

static void
add_limited(struct ms_journal *j, struct ms_buf *to, const unsigned char *p,
    size_t n, size_t max, const char *why)
{
	if (n > max - to->n) {
		break_report(j, why);
		n = max - to->n;
	}
	ms_buf_add(to, p, n);
}

/* Uses bytes of a line that is not a delimiter; whole: the line is complete. */
static void
use_bytes(struct ms_journal *j, const unsigned char *p, size_t n, bool whole)
{
	switch (j->where) {
	case IN_HEADER:
		if (whole && (n == 1 || (n == 2 && *p == '\r')))
			begin_body(j);
		else
			add_limited(j, &j->header, p, n, MS_JOURNAL_HEADER_MAX,
			    "a header is too long");
		break;
	case IN_BETWEEN:
		use_between(j, p, n);
		break;
	case IN_ENVELOPE:
		add_limited(j, &j->text, p, n, MS_JOURNAL_ENVELOPE_MAX,
		    "its envelope is too long");
		break;
	case IN_ORIGINAL:
		if (last_original(j)->encoding == MS_MIME_BASE64)
			fit_base64(&j->fit, p, n);
		else if (last_original(j)->encoding == MS_MIME_QUOTED)
			fit_quoted(&j->fit, p, n);
		break;
	case IN_OTHER:
		break;
	}
}

/* Uses a whole line, or the last one without its line end. j->at is after it.
 */
static void
use_line(struct ms_journal *j, struct ms_slice line)
{
	unsigned level;
	bool last;

	if (j->depth > 0 && is_delimiter(j, line, &level, &last))
		use_delimiter(j, j->at - line.n, level, last);
	else
		use_bytes(j, line.p, line.n, line.p[line.n - 1] == '\n');
}

/* Takes the bytes up to a line end, or those that there are. */
static void
add_piece(struct ms_journal *j, const unsigned char *p, size_t n, bool ends)
{
	unsigned char before = n > 1 ? p[n - 2] : j->last;

	j->at += n;
	j->last = p[n - 1];
	if (j->line_long) {
		use_bytes(j, p, n, false);
	} else if (ends && j->line.n == 0) {
		use_line(j, (struct ms_slice){p, n});
	} else {
		ms_buf_add(&j->line, p, n);
		if (ends)
			use_line(j, ms_buf_slice(&j->line));
		else if (j->line.n > LINE_MAX_KEPT)
			use_bytes(j, j->line.p, j->line.n, false);
		j->line_long = !ends && j->line.n > LINE_MAX_KEPT;
		if (ends || j->line_long)
			ms_buf_clear(&j->line);
	}
	if (!ends)
		return;
	j->line_long = false;
	j->line_end = before == '\r' ? 2 : 1;
	j->last = '\0';
}

int
ms_journal_add(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_journal *j = ctx;
	const unsigned char *end;
	size_t part;

	(void)err;
	for (; n > 0; p += part, n -= part) {
		end = memchr(p, '\n', n);
		part = end != NULL ? (size_t)(end - p) + 1 : n;
		add_piece(j, p, part, end != NULL);
	}
	return 0;
}

/* ---- the end ---- */

/* The lines that have a line end, unless the envelope is whole. */
static void
cut_last_line(const struct ms_journal *j, struct ms_buf *text)
{
	const unsigned char *end = memrchr(text->p, '\n', text->n);

	if (!j->text_ended)
		text->n = end != NULL ? (size_t)(end - text->p) + 1 : 0;
}

/* The lines from "Sender:" to an empty line: where the parts are not told from
 * each other, the original follows, and its sender has written that. */
static struct ms_slice
paragraph(struct ms_slice text)
{
	static const char first[] = "Sender:";
	struct ms_slice found = {text.p, 0};
	const unsigned char *end;

	for (size_t n; text.n > 0; text.p += n, text.n -= n) {
		end = memchr(text.p, '\n', text.n);
		n = end != NULL ? (size_t)(end - text.p) + 1 : text.n;
		if (found.n == 0 &&
		    (n < sizeof(first) || strncasecmp((const char *)text.p,
					      first, sizeof(first) - 1) != 0))
			continue;
		if (is_empty(text.p, n))
			break;
		if (found.n == 0)
			found.p = text.p;
		found.n += n;
	}
	return found;
}

/* The character set of the envelope. Text in UTF-16 need not be labelled. */
static const struct ms_charset *
charset_of(const struct ms_journal *j, struct ms_slice text)
{
	if (text.n >= 2 && (memcmp(text.p, "\xff\xfe", 2) == 0 ||
			       memcmp(text.p, "\xfe\xff", 2) == 0))
		return ms_charset_find(ms_slice_str("utf-16"));
	return j->text_info.charset;
}

/* Reads the envelope. Returns whether it begins as one. */
static bool
read_envelope(struct ms_journal *j)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct ms_buf decoded = {0}, utf8 = {0}, text = {0};
	struct ms_slice s;
	bool is;

	if (!j->has_text)
		return false;
	ms_mime_decode(j->text_info.encoding, ms_buf_slice(&j->text), &decoded);
	s = ms_buf_slice(&decoded);
	s = ms_charset_utf8(charset_of(j, s), s, &utf8);
	if (s.n >= 3 && memcmp(s.p, mark, 3) == 0)
		s = (struct ms_slice){s.p + 3, s.n - 3};
	ms_buf_add(&text, s.p, s.n);
	if (text.n > 0)
		cut_last_line(j, &text);
	s = ms_buf_slice(&text);
	is = ms_journal_envelope(j->multipart ? s : paragraph(s), &j->parties);
	ms_buf_release(&decoded);
	ms_buf_release(&utf8);
	ms_buf_release(&text);
	return is;
}

/* Ends what the message leaves open. */
static void
end_message(struct ms_journal *j)
{
	if (j->line.n > 0)
		use_line(j, ms_buf_slice(&j->line));
	ms_buf_clear(&j->line);
	if (j->where == IN_HEADER && j->parts == 0)
		begin_body(j);
	if (j->where == IN_ORIGINAL)
		end_original(j, j->at);
}

static enum ms_journal_kind
end_broken(struct ms_journal *j, const char **why, const char *reason)
{
	*why = j->broken != NULL && j->closed ? j->broken : reason;
	ms_buf_clear(&j->originals);
	return MS_JOURNAL_BROKEN;
}

enum ms_journal_kind
ms_journal_end(struct ms_journal *j, const char **why)
{
	bool is;

	*why = NULL;
	end_message(j);
	is = read_envelope(j);
	if (!j->claimed && !(is && j->multipart)) {
		ms_parties_clear(&j->parties);
		ms_buf_clear(&j->originals);
		return j->copied ? MS_JOURNAL_COPY : MS_JOURNAL_NO;
	}
	if (j->multipart && !j->closed)
		return end_broken(j, why, "it is cut off");
	if (j->originals.n == 0)
		return end_broken(j, why, "it has no original");
	if (j->parties.n == 0)
		return end_broken(j, why, "its envelope names no address");
	if (j->parties.dropped > 0)
		break_report(j, "it names too many people");
	if (j->broken != NULL)
		return end_broken(j, why, j->broken);
	return MS_JOURNAL_WHOLE;
}

const struct ms_parties *
ms_journal_parties(const struct ms_journal *j)
{
	return &j->parties;
}

const struct ms_journal_original *
ms_journal_originals(const struct ms_journal *j, size_t *n)
{
	*n = j->originals.n / sizeof(struct ms_journal_original);
	return (const struct ms_journal_original *)(const void *)j->originals.p;
}
