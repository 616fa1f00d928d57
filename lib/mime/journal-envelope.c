/*
 * journal-envelope.c - the lines of a journal report that name its senders and
 * recipients. [MS-XJRNL] 2.1; ms-quirks(7), Journal reports.
 */
#include "journal.h"

#include <string.h>
#include <strings.h>

/* The lines that name senders or recipients. Exchange does not translate the
 * labels. */
struct label {
	const char *name;
	enum ms_party_role role;
	const char *why;
};

static const struct label labels[] = {
    {"Sender", MS_PARTY_SENDER, "Sender of a report"},
    {"On-Behalf-Of", MS_PARTY_SENDER, "On-Behalf-Of of a report"},
    {"To", MS_PARTY_RECIPIENT, "To of a report"},
    {"Cc", MS_PARTY_RECIPIENT, "Cc of a report"},
    {"Bcc", MS_PARTY_RECIPIENT, "Bcc of a report"},
    {"Recipient", MS_PARTY_RECIPIENT, "Recipient of a report"},
    {"Recipients", MS_PARTY_RECIPIENT, "Recipient of a report"},
};
static const struct label mailbox = {
    "Mailbox", MS_PARTY_RECIPIENT, "Mailbox of a report"};
static const struct label forwarded = {
    "Forwarded", MS_PARTY_RECIPIENT, "Forwarded of a report"};

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct ms_slice
trimmed(struct ms_slice s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct ms_slice
after(struct ms_slice s, size_t n)
{
	return (struct ms_slice){s.p + n, s.n - n};
}

/* Quotes and "<" that nothing ends are ordinary characters. Each is looked for
 * only once in a value, so that the time is linear. */
struct endless {
	bool quote, angle;
};

/* The length of what begins at s and hides separators: a quoted string, or an
 * address in "<>". Otherwise one byte. */
static size_t
unit(struct ms_slice s, struct endless *endless)
{
	bool quote = s.p[0] == '"';
	bool *none = quote ? &endless->quote : &endless->angle;

	if ((!quote && s.p[0] != '<') || *none)
		return 1;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == (quote ? '"' : '>'))
			return i + 1;
		if (quote && s.p[i] == '\\')
			i++;
	}
	*none = true;
	return 1;
}

/* Without a prefix of an address type. */
static struct ms_slice
without_type(struct ms_slice s)
{
	static const char *const types[] = {"SMTP:", "mailto:"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i]);

		if (s.n >= n &&
		    strncasecmp((const char *)s.p, types[i], n) == 0)
			return trimmed(after(s, n));
	}
	return s;
}

/* The address of "Name <address>", "<address>" or "address". */
static struct ms_slice
address_of(struct ms_slice s)
{
	struct ms_slice found = s;
	struct endless endless = {0};
	size_t n;

	for (; s.n > 0; s = after(s, n)) {
		n = unit(s, &endless);
		if (*s.p == '<' && n > 1)
			found = (struct ms_slice){s.p + 1, n - 2};
	}
	return without_type(trimmed(found));
}

static void
add(struct ms_parties *parties, const struct label *label, struct ms_slice s)
{
	ms_parties_add(parties, label->role, address_of(s), label->why);
}

static bool
has_at(struct ms_slice s)
{
	return s.n > 0 && memchr(s.p, '@', s.n) != NULL;
}

/*
 * Adds the addresses of a value: one, or several with commas, semicolons or
 * line ends between them. The name of an X.500 address (/o=...) and a name that
 * is not quoted can contain these, so the parts count only if they have an "@".
 */
static void
add_addresses(
    struct ms_parties *parties, const struct label *label, struct ms_slice s)
{
	struct ms_slice all = trimmed(s);
	struct endless endless = {0};
	size_t from = 0, i = 0;

	if (!has_at(all)) {
		add(parties, label, all);
		return;
	}
	while (i <= all.n) {
		if (i < all.n && strchr(",;\n", all.p[i]) == NULL) {
			i += unit(after(all, i), &endless);
			continue;
		}
		s = (struct ms_slice){all.p + from, i - from};
		if (has_at(s))
			add(parties, label, trimmed(s));
		from = ++i;
	}
}

/*
 * Does ", Expanded:" or ", Forwarded:" begin here? The result is its length, or
 * 0; *by_rule says whether the mail was forwarded.
 */
static size_t
redirection(struct ms_slice s, bool *by_rule)
{
	static const char *const words[] = {"Expanded", "Forwarded"};
	size_t i = 1, n;

	if (s.p[0] != ',')
		return 0;
	while (i < s.n && is_blank(s.p[i]))
		i++;
	for (size_t w = 0; w < 2; w++) {
		n = i + strlen(words[w]);
		if (n >= s.n ||
		    strncasecmp((const char *)s.p + i, words[w], n - i) != 0)
			continue;
		while (n < s.n && is_blank(s.p[n]))
			n++;
		*by_rule = w == 1;
		return n < s.n && s.p[n] == ':' ? n + 1 : 0;
	}
	return 0;
}

/*
 * Adds the parties of one line. The list in "Expanded" is not a person; its
 * members have lines of their own.
 */
static void
add_line(
    struct ms_parties *parties, const struct label *label, struct ms_slice s)
{
	const struct label *of = label;
	struct endless endless = {0};
	bool by_rule = false;
	size_t i = 0, n;

	while (i < s.n) {
		n = redirection(after(s, i), &by_rule);
		if (n == 0) {
			i += unit(after(s, i), &endless);
			continue;
		}
		if (of != NULL)
			add_addresses(parties, of, (struct ms_slice){s.p, i});
		of = by_rule ? &forwarded : NULL;
		s = after(s, i + n);
		i = 0;
	}
	if (of != NULL)
		add_addresses(parties, of, s);
}

/*
 * The label at the beginning of a line, or NULL. *n receives its length with
 * the colon, or 0 if the line has no label at all.
 */
static const struct label *
label_of(struct ms_slice line, size_t *n)
{
	const unsigned char *colon =
	    line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	struct ms_slice name;

	*n = 0;
	if (colon == NULL)
		return NULL;
	name = trimmed((struct ms_slice){line.p, (size_t)(colon - line.p)});
	*n = (size_t)(colon - line.p) + 1;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (ms_slice_is(name, labels[i].name))
			return &labels[i];
	return ms_slice_is(name, mailbox.name) ? &mailbox : NULL;
}

/* A line without its line end; *s is what follows. */
static struct ms_slice
take_line(struct ms_slice *s)
{
	const unsigned char *end = memchr(s->p, '\n', s->n);
	size_t n = end != NULL ? (size_t)(end - s->p) : s->n;
	struct ms_slice line = {s->p, n};

	*s = after(*s, end != NULL ? n + 1 : n);
	return line;
}

/* Does this line begin with a label, known or not? */
static bool
is_labelled(struct ms_slice line)
{
	const unsigned char *colon = memchr(line.p, ':', line.n);

	return colon != NULL &&
	       (colon + 1 == line.p + line.n || is_blank(colon[1]));
}

/*
 * Does the next line go on with the value of this label? A folded line begins
 * with a blank. Exchange 2003 has "Recipients:", and an address in each line
 * after it.
 */
static bool
goes_on(const struct label *label, struct ms_slice next)
{
	size_t n;

	if (trimmed(next).n == 0)
		return false;
	if (next.p[0] == ' ' || next.p[0] == '\t')
		return label == NULL || label_of(next, &n) == NULL;
	return label != NULL && strcmp(label->name, "Recipients") == 0 &&
	       has_at(next) && !is_labelled(next);
}

/* Is this the address of one of the parties? */
static bool
is_named(const struct ms_parties *parties, struct ms_slice address)
{
	for (size_t i = 0; i < parties->n; i++)
		if (ms_slice_is(address, ms_parties_at(parties, i).address))
			return true;
	return false;
}

bool
ms_journal_envelope(struct ms_slice text, struct ms_parties *parties)
{
	const struct label *label;
	struct ms_slice line, rest, next, owner = {0};
	bool begun = false, is_envelope = false;
	size_t n;

	while (text.n > 0) {
		line = take_line(&text);
		label = label_of(line, &n);
		if (!begun && trimmed(line).n > 0) {
			begun = true;
			is_envelope = label == &labels[0];
		}
		rest = text;
		while (rest.n > 0 && goes_on(label, next = take_line(&rest))) {
			line.n = (size_t)(next.p + next.n - line.p);
			text = rest;
		}
		if (label == &mailbox)
			owner = address_of(trimmed(after(line, n)));
		else if (label != NULL)
			add_line(parties, label, after(line, n));
	}
	/* The owner of the mailbox in which the original was found is mostly
	 * its sender or a recipient. */
	if (!is_named(parties, owner))
		ms_parties_add(parties, mailbox.role, owner, mailbox.why);
	return is_envelope;
}
