/*
 * card.c - what calendars and cards say to people. RFC 5545, 3.1; RFC 6350,
 * 3.2; vCard 2.1.
 */
#include "body-impl.h"

#include <ctype.h>
#include <string.h>

/* A content line: NAME;PARAMETERS:VALUE. */
struct content {
	struct ms_slice name, parameters, value;
};

/* ---- lines ---- */

/* Copies the next line to `line`, with its folded ones. A soft line break of
 * vCard 2.1 is undone, too. Returns false at the end. */
static bool
next_line(struct ms_slice *rest, struct ms_buf *line)
{
	const unsigned char *lf;
	size_t n, text;

	ms_buf_clear(line);
	if (rest->n == 0)
		return false;
	do {
		lf = memchr(rest->p, '\n', rest->n);
		n = lf != NULL ? (size_t)(lf - rest->p) + 1 : rest->n;
		text = n - (lf != NULL);
		if (text > 0 && rest->p[text - 1] == '\r')
			text--;
		ms_buf_add(line, rest->p, text);
		rest->p += n;
		rest->n -= n;
		if (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t')) {
			rest->p++;
			rest->n--;
			continue;
		}
		if (line->n == 0 || line->p[line->n - 1] != '=' ||
		    memmem(line->p, line->n, "QUOTED-PRINTABLE", 16) == NULL)
			break;
		line->n--;
	} while (rest->n > 0);
	return true;
}

/* Splits at the first ";" and at the first ":" outside of quotes. */
static bool
split(struct ms_slice line, struct content *c)
{
	size_t i = 0, dot = 0;
	bool quoted = false;

	if (line.n == 0)
		return false;
	while (i < line.n && line.p[i] != ':' && line.p[i] != ';') {
		if (line.p[i] == '.')
			dot = i + 1; /* after a group of vCard */
		i++;
	}
	c->name = (struct ms_slice){line.p + dot, i - dot};
	c->parameters.p = line.p + i;
	for (; i < line.n && (quoted || line.p[i] != ':'); i++)
		quoted ^= line.p[i] == '"';
	if (i == line.n || c->name.n == 0)
		return false;
	c->parameters.n = (size_t)(line.p + i - c->parameters.p);
	c->value = (struct ms_slice){line.p + i + 1, line.n - i - 1};
	return true;
}

/* ---- what is left out ---- */

static bool
is_silent(struct ms_slice name)
{
	static const char *const names[] = {"BEGIN", "END", "VERSION", "PRODID",
	    "CALSCALE", "METHOD", "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED",
	    "SEQUENCE", "CLASS", "PRIORITY", "TRANSP", "TZID", "TZURL",
	    "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "REV", "PHOTO", "LOGO",
	    "SOUND", "KEY", "PROFILE", "SOURCE", "CLIENTPIDMAP", "KIND",
	    "ACTION", "TRIGGER", "ATTACH"};

	if (name.n > 1 && (name.p[0] == 'X' || name.p[0] == 'x') &&
	    name.p[1] == '-')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ms_slice_is(name, names[i]))
			return true;
	return false;
}

/* Components that say nothing to people. */
static bool
is_silent_component(struct ms_slice value)
{
	return ms_slice_is(value, "VTIMEZONE") || ms_slice_is(value, "VALARM");
}

/* ---- what is written ---- */

/* "DTSTART" has a name that people know; "Summary" is SUMMARY. */
static void
add_name(struct ms_buf *out, struct ms_slice name)
{
	static const char *const known[][2] = {{"DTSTART", "Start"},
	    {"DTEND", "End"}, {"DUE", "Due"}, {"RRULE", "Repeats"},
	    {"FN", "Name"}, {"N", "Names"}, {"ORG", "Organization"},
	    {"TEL", "Phone"}, {"ADR", "Address"}, {"BDAY", "Birthday"},
	    {"URL", "URL"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (ms_slice_is(name, known[i][0])) {
			ms_buf_printf(out, "%s: ", known[i][1]);
			return;
		}
	for (size_t i = 0; i < name.n; i++)
		ms_buf_add_byte(
		    out, (unsigned char)(i == 0 ? toupper(name.p[i])
						: tolower(name.p[i])));
	ms_buf_add_str(out, ": ");
}

static bool
all_digits(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

static bool
is_date(struct ms_slice name)
{
	static const char *const names[] = {"DTSTART", "DTEND", "DUE",
	    "COMPLETED", "EXDATE", "RDATE", "RECURRENCE-ID", "BDAY",
	    "ANNIVERSARY"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ms_slice_is(name, names[i]))
			return true;
	return false;
}

/* 20240131T090000Z is 2024-01-31 09:00 UTC. Returns false: it is no date. */
static bool
add_date(struct ms_buf *out, struct ms_slice v)
{
	const char *p = (const char *)v.p;
	bool day = v.n == 8, utc = v.n == 16 && p[15] == 'Z';

	if ((!day && v.n != 15 && !utc) || !all_digits(v.p, 8) ||
	    (!day && (p[8] != 'T' || !all_digits(v.p + 9, 6))))
		return false;
	ms_buf_printf(out, "%.4s-%.2s-%.2s", p, p + 4, p + 6);
	if (!day)
		ms_buf_printf(out, " %.2s:%.2s", p + 9, p + 11);
	if (utc)
		ms_buf_add_str(out, " UTC");
	return true;
}

/* The value of a parameter, without its quotes; empty: there is none. */
static struct ms_slice
parameter(const struct content *c, const char *name)
{
	const unsigned char *p = c->parameters.p, *end = p + c->parameters.n;
	size_t n = strlen(name);
	struct ms_slice v = {0};

	for (; p < end; p++) {
		if (*p != ';' || (size_t)(end - p) < n + 2 || p[n + 1] != '=' ||
		    !ms_slice_is((struct ms_slice){p + 1, n}, name))
			continue;
		v.p = p + n + 2;
		if (v.p < end && *v.p == '"') {
			v.p++;
			while (v.p + v.n < end && v.p[v.n] != '"')
				v.n++;
		} else {
			while (v.p + v.n < end && v.p[v.n] != ';')
				v.n++;
		}
		break;
	}
	return v;
}

/* Backslashes are undone; lines after the first one are indented. ";" between
 * components of names and addresses becomes a blank. */
static void
add_value(struct ms_buf *out, struct ms_slice v, bool components)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = v.p[i];

		if (c == '\\' && i + 1 < v.n) {
			c = v.p[++i];
			if (c == 'n' || c == 'N')
				ms_buf_add_str(out, "\n    ");
			else
				ms_buf_add_byte(out, c);
		} else if (c == '\r' || c == '\n') {
			ms_buf_add_byte(out, ' ');
		} else {
			ms_buf_add_byte(out, components && c == ';' ? ' ' : c);
		}
	}
}

static void
write_line(struct ms_buf *out, const struct content *c, struct ms_buf *decoded)
{
	struct ms_slice encoding = parameter(c, "ENCODING");
	struct ms_slice name = parameter(c, "CN"), zone = parameter(c, "TZID");
	struct ms_slice value = c->value;

	add_name(out, c->name);
	if (ms_slice_is(encoding, "QUOTED-PRINTABLE") ||
	    memmem(c->parameters.p, c->parameters.n, "QUOTED-PRINTABLE", 16) !=
		NULL) {
		ms_buf_clear(decoded);
		ms_mime_decode(MS_MIME_QUOTED, value, decoded);
		value = ms_buf_slice(decoded);
	}
	if (name.n > 0) {
		ms_buf_add(out, name.p, name.n);
		ms_buf_add_byte(out, ' ');
	}
	if (!is_date(c->name) || !add_date(out, value))
		add_value(out, value,
		    ms_slice_is(c->name, "N") || ms_slice_is(c->name, "ADR") ||
			ms_slice_is(c->name, "ORG"));
	else if (zone.n > 0)
		ms_buf_printf(out, " %.*s", (int)(zone.n < 100 ? zone.n : 100),
		    (const char *)zone.p);
	ms_buf_add_byte(out, '\n');
}

void
ms_card_text(struct ms_slice text, struct ms_buf *out)
{
	struct ms_buf line = {0}, decoded = {0};
	struct content c;
	size_t silent = 0;

	while (next_line(&text, &line)) {
		if (!split(ms_buf_slice(&line), &c))
			continue;
		if (ms_slice_is(c.name, "BEGIN"))
			silent += silent > 0 || is_silent_component(c.value);
		else if (ms_slice_is(c.name, "END"))
			silent -= silent > 0;
		else if (silent == 0 && !is_silent(c.name) && c.value.n > 0)
			write_line(out, &c, &decoded);
	}
	ms_buf_release(&line);
	ms_buf_release(&decoded);
}
