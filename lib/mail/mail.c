/*
 * mail.c - finds the fields of a header and describes it. RFC 5322, 2.2 and 4;
 * departures: ms-quirks(7), Fields.
 */
#include "impl.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define SEMICOLONS_MAX 4 /* of a Received field, from its end */

/* The fields that we read. */
enum name {
	NAME_OTHER = 0,
	NAME_FROM = 1,
	NAME_TO = 2,
	NAME_SUBJECT = 4,
	NAME_DATE = 8,
	NAME_SENDER = 16,
	NAME_RETURN_PATH = 32,
	NAME_CONTENT_TYPE = 64,
	NAME_MESSAGE_ID = 128,
	NAME_RECEIVED = 256,
	NAME_CC = 512,
	NAME_BCC = 1024,
	NAME_RECIPIENTS = NAME_TO | NAME_CC | NAME_BCC
};

#define RAW_BITS (MS_DESC_FROM_RAW | MS_DESC_TO_RAW | MS_DESC_SUBJECT_RAW)

/* An iterator over the fields of a header; see scan_begin(). */
struct scan {
	const unsigned char *p, *end;
};

struct field {
	enum name name;
	struct ms_slice body; /* folded, without the last line end */
};

/*
 * Returns `is` if the line p..end begins with the field name s (lower case).
 * The body is the text after the colon, which can follow blanks (RFC 5322,
 * 4.5). A From_ line is therefore not a field.
 */
static inline enum name
match(const unsigned char *p, const unsigned char *end, const char *s,
    enum name is, const unsigned char **body)
{
	size_t n = strlen(s);

	if ((size_t)(end - p) <= n || strncasecmp((const char *)p, s, n) != 0)
		return NAME_OTHER;
	for (p += n; p < end && (*p == ' ' || *p == '\t');)
		p++;
	if (p == end || *p != ':')
		return NAME_OTHER;
	*body = p + 1;
	return is;
}

/*
 * Returns the field that begins with the line p..end, and its body. Two letters
 * are enough to rule out nearly all other lines of a header.
 */
static enum name
parse_name(const unsigned char *p, const unsigned char *end,
    const unsigned char **body)
{
	unsigned char second;

	if (*p == 0xef) /* perhaps a byte order mark before the first field */
		p += ms_utf8_bom((struct ms_slice){p, (size_t)(end - p)});
	if (p == end)
		return NAME_OTHER;
	second = end - p > 1 ? p[1] | 0x20 : 0;
	switch (*p | 0x20) {
	case 'b':
		return match(p, end, "bcc", NAME_BCC, body);
	case 'c':
		if (second == 'c')
			return match(p, end, "cc", NAME_CC, body);
		return match(p, end, "content-type", NAME_CONTENT_TYPE, body);
	case 'd':
		return match(p, end, "date", NAME_DATE, body);
	case 'f':
		return match(p, end, "from", NAME_FROM, body);
	case 'm':
		return match(p, end, "message-id", NAME_MESSAGE_ID, body);
	case 'r':
		if (end - p > 2 && (p[2] | 0x20) == 'c')
			return match(p, end, "received", NAME_RECEIVED, body);
		return match(p, end, "return-path", NAME_RETURN_PATH, body);
	case 's':
		if (second == 'u')
			return match(p, end, "subject", NAME_SUBJECT, body);
		return match(p, end, "sender", NAME_SENDER, body);
	case 't':
		return match(p, end, "to", NAME_TO, body);
	default:
		return NAME_OTHER;
	}
}

/* Returns the start of the line after the one at p. */
static const unsigned char *
next_line(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf == NULL ? end : lf + 1;
}

static bool
is_empty_line(const unsigned char *p, const unsigned char *end)
{
	return *p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n');
}

/* header can be {NULL, 0}: arithmetic on NULL is undefined. */
static struct scan
scan_begin(struct ms_slice header)
{
	return (struct scan){
	    header.p, header.n > 0 ? header.p + header.n : header.p};
}

/* Goes on to the end of a field. Returns its body. */
static struct ms_slice
scan_body(struct scan *s, const unsigned char *body)
{
	const unsigned char *last;

	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p = next_line(s->p, s->end);
	last = s->p;
	if (last > body && last[-1] == '\n')
		last--;
	if (last > body && last[-1] == '\r')
		last--;
	return (struct ms_slice){body, (size_t)(last - body)};
}

/*
 * Finds the next field whose name is in `wanted`. Returns false at the end of
 * the header.
 */
static bool
scan_next(struct scan *s, unsigned wanted, struct field *f)
{
	while (s->p < s->end && !is_empty_line(s->p, s->end)) {
		const unsigned char *line = s->p, *body = NULL;
		enum name name;

		s->p = next_line(line, s->end);
		name = parse_name(line, s->p, &body);
		if (!(name & wanted))
			continue;
		f->name = name;
		f->body = scan_body(s, body);
		return true;
	}
	return false;
}

bool
ms_mail_find(struct ms_slice header, const char *name, struct ms_slice *body)
{
	struct scan s = scan_begin(header);
	const unsigned char *start = NULL;

	while (s.p < s.end && !is_empty_line(s.p, s.end)) {
		const unsigned char *line = s.p;

		s.p = next_line(line, s.end);
		if (match(line, s.p, name, NAME_FROM, &start) == NAME_OTHER)
			continue;
		*body = scan_body(&s, start);
		return true;
	}
	return false;
}

/* Is c part of the name of a field? RFC 5322, 2.2 */
static bool
is_name_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* Reads the name at the start of a line, and the start of its body. */
static bool
line_name(const unsigned char *p, const unsigned char *end,
    struct ms_slice *name, const unsigned char **body)
{
	const unsigned char *start;

	p += ms_utf8_bom((struct ms_slice){p, (size_t)(end - p)});
	for (start = p; p < end && is_name_byte(*p);)
		p++;
	*name = (struct ms_slice){start, (size_t)(p - start)};
	for (; p < end && (*p == ' ' || *p == '\t');)
		p++;
	*body = p + 1;
	return name->n > 0 && p < end && *p == ':';
}

bool
ms_mail_next_field(
    struct ms_slice *rest, struct ms_slice *name, struct ms_slice *body)
{
	struct scan s = scan_begin(*rest);
	const unsigned char *line, *start;
	bool found = false;

	while (!found && s.p < s.end && !is_empty_line(s.p, s.end)) {
		line = s.p;
		s.p = next_line(line, s.end);
		found = line_name(line, s.p, name, &start);
		if (found)
			*body = scan_body(&s, start);
	}
	*rest = (struct ms_slice){s.p, (size_t)(s.end - s.p)};
	return found;
}

/* Whether c can stand between the name and the value of a parameter. */
static bool
is_before_value(unsigned char c)
{
	return ms_is_blank(c) || c == '=' || c == '"';
}

/*
 * The value of charset= in the body of a Content-Type field (RFC 2045, 5.1), or
 * an empty slice.
 */
static struct ms_slice
charset_parameter(struct ms_slice body)
{
	static const char key[] = "charset";
	const size_t key_n = sizeof(key) - 1;
	const unsigned char *p = body.p, *end = body.p + body.n, *start;

	while ((p = memchr(p, ';', (size_t)(end - p))) != NULL) {
		for (p++; p < end && ms_is_blank(*p);)
			p++;
		if ((size_t)(end - p) < key_n ||
		    strncasecmp((const char *)p, key, key_n) != 0)
			continue;
		for (p += key_n; p < end && is_before_value(*p);)
			p++;
		for (start = p; p < end && *p != ';' && !is_before_value(*p);)
			p++;
		return (struct ms_slice){start, (size_t)(p - start)};
	}
	return (struct ms_slice){0};
}

static bool
is_unknown(struct ms_slice charset)
{
	return ms_charset_find_raw(charset) ==
	       ms_charset_find_raw((struct ms_slice){0});
}

/* What follows the header, as far as it is searched. */
static struct ms_slice
after_header(struct ms_slice message)
{
	size_t header = ms_mail_header_length(message.p, message.n);
	size_t n = message.n - header;

	return (struct ms_slice){n > 0 ? message.p + header : NULL,
	    n < MS_PARTS_MAX ? n : MS_PARTS_MAX};
}

/* The first known charset= in the header of a part of the body. */
static struct ms_slice
part_charset(struct ms_slice body)
{
	struct scan s = scan_begin(body);
	struct ms_slice charset;
	struct field f;

	while (s.p < s.end) {
		const unsigned char *line = s.p;

		s.p = next_line(line, s.end);
		if (s.p - line < 3 || line[0] != '-' || line[1] != '-')
			continue;
		while (scan_next(&s, NAME_CONTENT_TYPE, &f)) {
			charset = charset_parameter(f.body);
			if (!is_unknown(charset))
				return charset;
		}
	}
	return (struct ms_slice){0};
}

/*
 * Finds the character set of raw 8-bit text in a header that is not UTF-8: that
 * of its Content-Type, because programs that do not encode the header use the
 * character set of the body, or else that of a part. Returns false if the part
 * may be in bytes that are missing.
 */
static bool
find_raw_charset(struct ms_slice message, struct ms_slice *charset)
{
	static const char multipart[] = "multipart/";
	struct scan s = scan_begin(message);
	struct ms_slice body, type = {0};
	struct field f;

	*charset = (struct ms_slice){0};
	if (!scan_next(&s, NAME_CONTENT_TYPE, &f))
		return true;
	for (type = f.body; type.n > 0 && ms_is_blank(*type.p); type.n--)
		type.p++;
	*charset = charset_parameter(type);
	if (charset->n > 0 || type.n < sizeof(multipart) - 1 ||
	    strncasecmp(
		(const char *)type.p, multipart, sizeof(multipart) - 1) != 0)
		return true;
	body = after_header(message);
	*charset = part_charset(body);
	return charset->n > 0 || body.n == MS_PARTS_MAX;
}

static const struct ms_charset *
raw_charset(struct ms_slice message)
{
	struct ms_slice charset;

	(void)find_raw_charset(message, &charset);
	return ms_charset_find_raw(charset);
}

/* Adds a field to t. Returns whether its bytes are UTF-8. */
static bool
add_field(struct ms_text *t, struct ms_slice message, struct ms_slice body)
{
	bool valid = ms_utf8_valid(body.p, body.n);

	if (!valid && t->raw == NULL)
		t->raw = raw_charset(message);
	ms_text_field(t, body, !valid);
	return valid;
}

/* One field of a description: where it is stored, and its bits. */
struct sink {
	struct ms_text text;
	struct ms_desc_field *to;
	unsigned cut_bit, raw_bit;
};

static void
sink_add(struct sink *k, struct ms_slice message, struct ms_slice body,
    struct ms_desc *out)
{
	if (!add_field(&k->text, message, body))
		out->bits |= (uint16_t)k->raw_bit;
}

static void
sink_end(struct sink *k, struct ms_desc *out)
{
	k->to->n = (uint8_t)k->text.n;
	if (k->text.cut)
		out->bits |= (uint16_t)k->cut_bit;
	ms_text_end(&k->text);
}

static struct sink
sink_to(struct ms_desc_field *to, unsigned cut_bit, unsigned raw_bit)
{
	return (struct sink){
	    .text = {.p = (unsigned char *)to->s, .max = MS_DESC_LEN},
	    .to = to,
	    .cut_bit = cut_bit,
	    .raw_bit = raw_bit};
}

/*
 * The date of a Received field follows its last semicolon (RFC 5321, 4.4), not
 * counting those in a comment at the end.
 */
static bool
received_date(struct ms_slice body, int64_t *out)
{
	const unsigned char *semicolon;
	struct ms_slice before = body, after;

	for (int i = 0; i < SEMICOLONS_MAX; i++) {
		semicolon = memrchr(before.p, ';', before.n);
		if (semicolon == NULL)
			return false;
		before.n = (size_t)(semicolon - body.p);
		after.p = semicolon + 1;
		after.n = body.n - before.n - 1;
		if (ms_mail_date(after, out))
			return true;
	}
	return false;
}

void
ms_mail_describe(struct ms_slice message, struct ms_desc *out)
{
	struct scan s = scan_begin(message);
	struct sink from, to, subject;
	unsigned wanted = NAME_FROM | NAME_RECIPIENTS | NAME_SUBJECT |
			  NAME_DATE | NAME_RECEIVED;
	struct ms_slice charset;
	struct field f;

	memset(out, 0, sizeof(*out));
	from = sink_to(&out->from, MS_DESC_FROM_CUT, MS_DESC_FROM_RAW);
	to = sink_to(&out->to, MS_DESC_TO_CUT, MS_DESC_TO_RAW);
	subject =
	    sink_to(&out->subject, MS_DESC_SUBJECT_CUT, MS_DESC_SUBJECT_RAW);
	while (scan_next(&s, wanted, &f)) {
		if (f.name & NAME_RECIPIENTS) {
			sink_add(&to, message, f.body, out);
			continue;
		}
		if (f.name == NAME_RECEIVED &&
		    !received_date(f.body, &out->received))
			continue;
		wanted &= ~(unsigned)f.name; /* only the first field counts */
		if (f.name == NAME_FROM)
			sink_add(&from, message, f.body, out);
		else if (f.name == NAME_SUBJECT)
			sink_add(&subject, message, f.body, out);
		else if (f.name == NAME_RECEIVED)
			out->bits |= MS_DESC_RECEIVED;
		else if (ms_mail_date(f.body, &out->date))
			out->bits |= MS_DESC_DATE;
	}
	sink_end(&from, out);
	sink_end(&to, out);
	sink_end(&subject, out);
	if (s.p == s.end || ((out->bits & RAW_BITS) != 0 &&
				!find_raw_charset(message, &charset)))
		out->bits |= MS_DESC_PARTIAL;
}

static enum name
name_of(enum ms_mail_field field)
{
	switch (field) {
	case MS_MAIL_FROM:
		return NAME_FROM;
	case MS_MAIL_RECIPIENTS:
		return NAME_RECIPIENTS;
	case MS_MAIL_TO:
		return NAME_TO;
	case MS_MAIL_CC:
		return NAME_CC;
	case MS_MAIL_MESSAGE_ID:
		return NAME_MESSAGE_ID;
	case MS_MAIL_SUBJECT:
		return NAME_SUBJECT;
	}
	return NAME_OTHER;
}

void
ms_mail_decode(
    struct ms_slice message, enum ms_mail_field field, struct ms_buf *out)
{
	struct scan s = scan_begin(message);
	unsigned char chunk[512];
	struct ms_text t = {.p = chunk, .max = sizeof(chunk), .out = out};
	struct field f;

	while (scan_next(&s, name_of(field), &f)) {
		add_field(&t, message, f.body);
		if (!(f.name & NAME_RECIPIENTS))
			break;
	}
	ms_text_end(&t);
}

/* Is the name, in any case, in the list? */
static bool
is_listed(struct ms_slice name, const char *list)
{
	size_t n;

	for (; *list != '\0'; list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (n == name.n &&
		    strncasecmp((const char *)name.p, list, n) == 0)
			return true;
	}
	return false;
}

void
ms_mail_decode_named(
    struct ms_slice message, const char *names, struct ms_buf *out)
{
	struct ms_slice rest = message, name, body;
	unsigned char chunk[512];
	struct ms_text t = {.p = chunk, .max = sizeof(chunk), .out = out};

	while (ms_mail_next_field(&rest, &name, &body))
		if (is_listed(name, names))
			add_field(&t, message, body);
	ms_text_end(&t);
}

bool
ms_mail_identifies(struct ms_slice header)
{
	struct scan s = scan_begin(header);
	bool date = false;
	size_t received = 0, i;
	struct field f;

	while (scan_next(&s, NAME_MESSAGE_ID | NAME_DATE | NAME_RECEIVED, &f)) {
		for (i = 0; i < f.body.n && ms_is_blank(f.body.p[i]); i++)
			;
		if (i == f.body.n)
			continue;
		if (f.name == NAME_MESSAGE_ID)
			return true;
		date = date || f.name == NAME_DATE;
		received += f.name == NAME_RECEIVED;
	}
	return date && received >= 2;
}

/*
 * Appends a body without the line ends of its folds (RFC 5322, 2.2.3) and
 * without blanks at its ends.
 */
static void
unfold(struct ms_slice s, struct ms_buf *out)
{
	const unsigned char *p = s.p, *end = s.p + s.n, *next;

	while (p < end && ms_is_blank(*p))
		p++;
	while (end > p && ms_is_blank(end[-1]))
		end--;
	for (; p < end; p = next) {
		const unsigned char *last = next = next_line(p, end);

		if (last[-1] == '\n')
			last--;
		if (last < next && last > p && last[-1] == '\r')
			last--;
		ms_buf_add(out, p, (size_t)(last - p));
	}
}

void
ms_mail_raw(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out)
{
	struct scan s = scan_begin(header);
	size_t start = out->n, before;
	struct field f;

	while (scan_next(&s, name_of(field), &f)) {
		before = out->n;
		if (before > start)
			ms_buf_add(out, ", ", 2);
		unfold(f.body, out);
		if (before > start && out->n == before + 2)
			out->n = before;
		if (!(f.name & NAME_RECIPIENTS))
			break;
	}
}

void
ms_mail_sender(struct ms_slice header, struct ms_buf *out)
{
	static const enum name order[] = {
	    NAME_FROM, NAME_SENDER, NAME_RETURN_PATH};
	unsigned char found[3][MS_ADDRESS_MAX];
	size_t n[3] = {0};
	struct scan s = scan_begin(header);
	unsigned wanted = NAME_FROM | NAME_SENDER | NAME_RETURN_PATH;
	struct field f;
	int best = -1;

	while (wanted != 0 && scan_next(&s, wanted, &f)) {
		wanted &= ~(unsigned)f.name;
		for (size_t i = 0; i < 3; i++)
			if (order[i] == f.name)
				n[i] = ms_address_first(f.body, found[i]);
	}
	/*
	 * A single word as in "From: root" counts only if no field contains
	 * "@".
	 */
	for (int i = 2; i >= 0; i--) {
		bool at = n[i] > 0 && memchr(found[i], '@', n[i]) != NULL;

		if (n[i] > 0 && (at || best < 0 ||
				    memchr(found[best], '@', n[best]) == NULL))
			best = i;
	}
	if (best >= 0)
		ms_buf_add(out, found[best], n[best]);
}

size_t
ms_mail_header_length(const unsigned char *p, size_t n)
{
	const unsigned char *at = p, *end = n > 0 ? p + n : p;

	while (at < end) {
		if (is_empty_line(at, end))
			return (size_t)(next_line(at, end) - p);
		at = next_line(at, end);
	}
	return n;
}
