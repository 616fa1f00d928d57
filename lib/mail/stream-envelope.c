/*
 * stream-envelope.c - the MS-Envelope line: what is known of a message besides
 * its bytes, as one line of text. ms-stream(5), Envelopes.
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "sha.h"
#include "utf8.h"

#define ATTR_NAME_MAX 64 /* bytes of the name of an attribute */

static const char field[] = "MS-Envelope: ";

static const char *const attr_names[MS_ATTRS] = {
    [MS_ATTR_USER] = "user",
    [MS_ATTR_SOURCE] = "source",
    [MS_ATTR_LABEL] = "label",
    [MS_ATTR_FOLDER] = "folder",
    [MS_ATTR_UID] = "uid",
    [MS_ATTR_FLAGS] = "flags",
    [MS_ATTR_DATE] = "date",
    [MS_ATTR_RAW_DATE] = "raw-date",
    [MS_ATTR_REF] = "ref",
    [MS_ATTR_SPECIAL] = "special",
    [MS_ATTR_EMAIL_ID] = "email-id",
    [MS_ATTR_MOVED_FROM] = "moved-from",
    [MS_ATTR_MOVED_PLACES] = "moved-places",
    [MS_ATTR_MOVED_AT] = "moved-at",
    [MS_ATTR_MOVED_AWAY] = "moved-away",
    [MS_ATTR_SHOWN] = "shown",
    [MS_ATTR_SHOWN_USER] = "shown-user",
};

bool
ms_source_is_local(const char *source)
{
	return strncmp(source, MS_SOURCE_LOCAL, sizeof(MS_SOURCE_LOCAL) - 1) ==
	       0;
}

bool
ms_special_has(const char *special, const char *use)
{
	size_t n, use_n = strlen(use);

	for (; *special != '\0'; special += n + (special[n] == ' ')) {
		n = strcspn(special, " ");
		if (n == use_n && strncasecmp(special, use, n) == 0)
			return true;
	}
	return false;
}

void
ms_envelope_set(struct ms_envelope *e, enum ms_attr a, const char *value)
{
	char *copy = value != NULL ? ms_xstrdup(value) : NULL;

	free(e->value[a]);
	e->value[a] = copy;
}

void
ms_envelope_release(struct ms_envelope *e)
{
	for (size_t i = 0; i < MS_ATTRS; i++)
		free(e->value[i]);
	free(e->other);
	*e = (struct ms_envelope){0};
}

/* ---- reading ---- */

/* An iterator over the attributes of a line. */
struct attrs {
	const unsigned char *p, *end;
	struct ms_slice name;
	struct ms_buf value; /* decoded and checked */
	unsigned count;
};

static void
skip_blanks(struct attrs *a)
{
	while (a->p < a->end && *a->p == ' ')
		a->p++;
}

static bool
is_name_byte(unsigned char c, bool first)
{
	return (c >= 'a' && c <= 'z') ||
	       (!first && ((c >= '0' && c <= '9') || c == '-'));
}

static void
parse_name(struct attrs *a)
{
	const unsigned char *from = a->p;

	while (a->p < a->end && is_name_byte(*a->p, a->p == from))
		a->p++;
	a->name = (struct ms_slice){from, (size_t)(a->p - from)};
}

/*
 * Decodes the HH of \xHH. Returns -1 if p does not begin with two hex digits.
 */
static int
hex_byte(const unsigned char *p, const unsigned char *end)
{
	unsigned char c;

	if (end - p < 2 || ms_unhex((struct ms_slice){p, 2}, &c, 1) != 1)
		return -1;
	return c;
}

/* Parses a value in quotes; a->p is after the opening quote. */
static int
parse_quoted(struct attrs *a, struct ms_err *err)
{
	int c;

	for (; a->p < a->end && *a->p != '"'; a->p++) {
		c = *a->p;
		if (c < ' ' || c == 0x7f)
			return ms_fail(err, MS_DATA,
			    "envelope: value contains a control byte");
		if (c == '\\') {
			if (++a->p == a->end)
				break;
			c = *a->p;
			if (c == 'x') {
				c = hex_byte(a->p + 1, a->end);
				a->p += 2;
			} else if (c != '"' && c != '\\') {
				c = -1;
			}
			if (c < 0)
				return ms_fail(err, MS_DATA,
				    "envelope: unknown escape "
				    "(use \\\\, \\\" or \\xHH)");
			if (c == 0)
				return ms_fail(err, MS_DATA,
				    "envelope: value contains NUL");
		}
		ms_buf_add_byte(&a->value, (unsigned char)c);
	}
	if (a->p >= a->end)
		return ms_fail(err, MS_DATA, "envelope: quote is not closed");
	a->p++;
	if (!ms_utf8_valid(a->value.p, a->value.n))
		return ms_fail(err, MS_DATA, "envelope: value is not UTF-8");
	return 0;
}

static int
parse_token(struct attrs *a, struct ms_err *err)
{
	const unsigned char *from = a->p;

	while (a->p<a->end && * a->p> ' ' && *a->p < 0x7f && *a->p != '"' &&
	       *a->p != '\\' && *a->p != ';')
		a->p++;
	if (a->p == from)
		return ms_fail(err, MS_DATA, "envelope: value is missing");
	ms_buf_add(&a->value, from, (size_t)(a->p - from));
	return 0;
}

/* Finds the next `name=value`. Returns 1; 0 at the end of the line; -1. */
static int
next_attr(struct attrs *a, struct ms_err *err)
{
	skip_blanks(a);
	if (a->p == a->end)
		return 0;
	if (++a->count > MS_ENVELOPE_ATTRIBUTES)
		return ms_fail(err, MS_DATA, "envelope: more than %u values",
		    MS_ENVELOPE_ATTRIBUTES);
	parse_name(a);
	if (a->name.n == 0 || a->name.n > ATTR_NAME_MAX || a->p == a->end ||
	    *a->p != '=')
		return ms_fail(err, MS_DATA, "envelope: expected name=value");
	a->p++;
	ms_buf_clear(&a->value);
	if (a->p < a->end && *a->p == '"') {
		a->p++;
		if (parse_quoted(a, err) < 0)
			return -1;
	} else if (parse_token(a, err) < 0) {
		return -1;
	}
	skip_blanks(a);
	if (a->p < a->end && *a->p++ != ';')
		return ms_fail(err, MS_DATA, "envelope: no ; after a value");
	return 1;
}

static int
known_attr(struct ms_slice name)
{
	for (int i = 0; i < MS_ATTRS; i++)
		if (ms_slice_eq(name, ms_slice_str(attr_names[i])))
			return i;
	return -1;
}

/*
 * Whether an unknown name has been seen, which is recorded in names as "NAME;".
 */
static bool
seen_before(struct ms_buf *names, struct ms_slice name)
{
	const unsigned char *p = names->p;
	size_t len;

	for (size_t i = 0; i < names->n; i += len + 1) {
		len = (size_t)((const unsigned char *)memchr(
				   p + i, ';', names->n - i) -
			       (p + i));
		if (ms_slice_eq(name, (struct ms_slice){p + i, len}))
			return true;
	}
	ms_buf_add(names, name.p, name.n);
	ms_buf_add_byte(names, ';');
	return false;
}

static int
parse_envelope(struct ms_envelope *e, struct attrs *a, struct ms_err *err)
{
	struct ms_buf other = {0}, names = {0};
	char name[ATTR_NAME_MAX + 1];
	bool twice;
	int rc, i;

	while ((rc = next_attr(a, err)) > 0) {
		i = known_attr(a->name);
		twice =
		    i >= 0 ? e->value[i] != NULL : seen_before(&names, a->name);
		if (twice) {
			rc = ms_fail(err, MS_DATA, "envelope: %.*s given twice",
			    (int)a->name.n, (const char *)a->name.p);
			break;
		}
		if (i >= 0) {
			e->value[i] = ms_xstrndup(a->value.p, a->value.n);
			continue;
		}
		if (other.n > 0)
			ms_buf_add_str(&other, "; ");
		memcpy(name, a->name.p, a->name.n);
		name[a->name.n] = '\0';
		ms_attr_write(&other, name, ms_buf_slice(&a->value));
	}
	if (rc == 0 && other.n > 0)
		e->other = ms_xstrdup(ms_buf_str(&other));
	if (rc < 0)
		ms_envelope_release(e);
	ms_buf_release(&other);
	ms_buf_release(&names);
	return rc < 0 ? -1 : MS_STREAM_ENVELOPE;
}

/* Parses a decimal number without sign, at most max. */
static bool
parse_number(const struct ms_buf *b, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (b->n == 0 || b->n > 19)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		if (b->p[i] < '0' || b->p[i] > '9')
			return false;
		v = 10 * v + (uint64_t)(b->p[i] - '0');
	}
	*out = v;
	return v <= max;
}

/* The id of an archive: 32 hex digits. */
static bool
parse_archive(struct ms_buf *b, char out[MS_TRAILER_ARCHIVE + 1])
{
	if (b->n != MS_TRAILER_ARCHIVE ||
	    strspn(ms_buf_str(b), "0123456789abcdef") != b->n)
		return false;
	memcpy(out, b->p, b->n);
	out[b->n] = '\0';
	return true;
}

static int
parse_trailer(struct ms_trailer *t, struct attrs *a, struct ms_err *err)
{
	static const char *const names[] = {"messages", "failed", "status"};
	static const uint64_t max[] = {INT64_MAX, INT64_MAX, 255};
	uint64_t value[3];
	unsigned have = 0;
	int rc;

	t->archive[0] = '\0';
	while ((rc = next_attr(a, err)) > 0) {
		if (ms_slice_eq(a->name, ms_slice_str("archive")) &&
		    !parse_archive(&a->value, t->archive))
			return ms_fail(
			    err, MS_DATA, "trailer: invalid archive");
		for (size_t i = 0; i < 3; i++) {
			if (!ms_slice_eq(a->name, ms_slice_str(names[i])))
				continue;
			if ((have & 1U << i) != 0 ||
			    !parse_number(&a->value, max[i], &value[i]))
				return ms_fail(err, MS_DATA,
				    "trailer: invalid %s", names[i]);
			have |= 1U << i;
		}
	}
	if (rc < 0)
		return -1;
	if (have != 7)
		return ms_fail(err, MS_DATA,
		    "trailer: messages, failed or status is missing");
	t->messages = value[0];
	t->failed = value[1];
	t->status = (int)value[2];
	return MS_STREAM_TRAILER;
}

/*
 * Whether the line begins with this word, followed by `;` or its end. If so,
 * a->p moves after it.
 */
static bool
parse_keyword(struct attrs *a, const char *word)
{
	const unsigned char *from = a->p;

	skip_blanks(a);
	parse_name(a);
	skip_blanks(a);
	if (ms_slice_eq(a->name, ms_slice_str(word)) &&
	    (a->p == a->end || *a->p == ';')) {
		a->p += a->p < a->end;
		return true;
	}
	a->p = from;
	return false;
}

int
ms_envelope_parse(struct ms_envelope *e, struct ms_trailer *t,
    struct ms_slice line, struct ms_err *err)
{
	struct attrs a = {.p = line.p, .end = line.p + line.n};
	int rc;

	if (line.n > MS_ENVELOPE_MAX)
		return ms_fail(err, MS_DATA, "envelope: more than %d bytes",
		    MS_ENVELOPE_MAX);
	if (parse_keyword(&a, "end"))
		rc = parse_trailer(t, &a, err);
	else if (parse_keyword(&a, "void"))
		rc = MS_STREAM_VOID;
	else if (parse_keyword(&a, "idle"))
		rc = MS_STREAM_IDLE;
	else
		rc = parse_envelope(e, &a, err);
	ms_buf_release(&a.value);
	return rc;
}

bool
ms_envelope_void(struct ms_slice line, struct ms_buf *reason)
{
	struct attrs a = {.p = line.p, .end = line.p + line.n};

	if (!parse_keyword(&a, "void"))
		return false;
	while (reason != NULL && next_attr(&a, NULL) > 0)
		if (ms_slice_eq(a.name, ms_slice_str("reason"))) {
			ms_buf_add(reason, a.value.p, a.value.n);
			break;
		}
	ms_buf_release(&a.value);
	return true;
}

bool
ms_envelope_progress(
    struct ms_slice line, struct ms_progress *p, struct ms_buf *folder)
{
	static const char *const names[] = {"messages", "total", "bytes"};
	uint64_t *const numbers[] = {
	    &p->messages, &p->messages_total, &p->bytes};
	struct attrs a = {.p = line.p, .end = line.p + line.n};
	bool any = false;

	if (!parse_keyword(&a, "idle"))
		return false;
	while (next_attr(&a, NULL) > 0) {
		for (size_t i = 0; i < 3; i++)
			any |= ms_slice_eq(a.name, ms_slice_str(names[i])) &&
			       parse_number(&a.value, INT64_MAX, numbers[i]);
		if (ms_slice_eq(a.name, ms_slice_str("folder"))) {
			ms_buf_clear(folder);
			ms_buf_add(folder, a.value.p, a.value.n);
		}
	}
	ms_buf_release(&a.value);
	p->what = ms_buf_str(folder);
	return any;
}

/* ---- writing ---- */

void
ms_attr_write(struct ms_buf *out, const char *name, struct ms_slice value)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char c;

	ms_buf_add_str(out, name);
	ms_buf_add_str(out, "=\"");
	for (size_t i = 0; i < value.n; i++) {
		c = value.p[i];
		if (c < ' ' || c == 0x7f) {
			ms_buf_add_str(out, "\\x");
			ms_buf_add_byte(out, (unsigned char)hex[c >> 4]);
			ms_buf_add_byte(out, (unsigned char)hex[c & 15]);
			continue;
		}
		if (c == '"' || c == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, c);
	}
	ms_buf_add_byte(out, '"');
}

static bool
is_attr_list(const char *text)
{
	struct ms_slice s = ms_slice_str(text);
	struct attrs a = {.p = s.p, .end = s.p + s.n};
	int rc;

	while ((rc = next_attr(&a, NULL)) > 0)
		continue;
	ms_buf_release(&a.value);
	return rc == 0;
}

int
ms_envelope_write(
    struct ms_buf *out, const struct ms_envelope *e, struct ms_err *err)
{
	size_t start = out->n;
	const char *between = "";
	struct ms_slice v;

	ms_buf_add_str(out, field);
	for (size_t i = 0; i < MS_ATTRS; i++) {
		if (e->value[i] == NULL)
			continue;
		v = ms_slice_str(e->value[i]);
		if (!ms_utf8_valid(v.p, v.n)) {
			out->n = start;
			return ms_fail(err, MS_DATA,
			    "envelope: %s is not UTF-8", attr_names[i]);
		}
		ms_buf_add_str(out, between);
		ms_attr_write(out, attr_names[i], v);
		between = "; ";
	}
	if (e->other != NULL) {
		if (!is_attr_list(e->other)) {
			out->n = start;
			return ms_fail(err, MS_DATA,
			    "envelope: other attributes are invalid");
		}
		ms_buf_add_str(out, between);
		ms_buf_add_str(out, e->other);
	}
	ms_buf_add_byte(out, '\n');
	if (out->n - start > MS_ENVELOPE_MAX) {
		out->n = start;
		return ms_fail(err, MS_DATA, "envelope: more than %d bytes",
		    MS_ENVELOPE_MAX);
	}
	return 0;
}
