/*
 * source-kind.c - files that are not mail: their kinds, and the header fields
 * that only mail has. ms-stream(5), Single messages.
 */
#include "source-impl.h"

#include <string.h>
#include <strings.h>

/* The kinds that the first bytes show; letters in any case. */
#define KIND(code, bytes, name)                                                \
	{                                                                      \
		code, bytes, sizeof(bytes) - 1, name                           \
	}
#define OTHER(bytes, name) KIND(MS_NOINPUT, bytes, name)
#define MAIL(bytes, name)                                                      \
	KIND(MS_DATA, bytes, name) /* perhaps with mail in it */
static const struct kind {
	enum ms_code code;
	const char *bytes;
	size_t n;
	const char *name;
} kinds[] = {
    MAIL("BABYL OPTIONS",
	"a BABYL mailbox of Emacs, which is not supported; convert it to an "
	"mbox"),
    MAIL("\1\1\1\1\n",
	"an MMDF mailbox, which is not supported; convert it to an mbox"),
    MAIL("\1\1\1\1\r",
	"an MMDF mailbox, which is not supported; convert it to an mbox"),
    OTHER("BEGIN:VCARD", "a vCard"),
    OTHER("BEGIN:VCALENDAR", "a calendar"),
    OTHER("BEGIN:V", "an item of a calendar or address book"),
    OTHER("<", "HTML or XML"),
    OTHER("%YAML", "YAML"),
    OTHER("---\n", "YAML"),
    OTHER("---\r", "YAML"),
    OTHER("{", "JSON, RTF or source code"),
    OTHER("[", "JSON, a log or a configuration file"),
    OTHER("#include", "source code"),
    OTHER("#!", "a script"),
    OTHER("#", "a configuration file, Markdown or source code"),
    OTHER("/*", "source code"),
    OTHER("//", "source code"),
    OTHER("--- ", "a patch"),
    OTHER("diff ", "a patch"),
    OTHER("Index: ", "a patch"),
    OTHER("commit ", "a log of a version control system"),
    OTHER("import ", "source code"),
    OTHER("package ", "source code"),
    OTHER("HTTP/", "an HTTP response"),
    MAIL("!BDN", "an Outlook file (PST or OST)"),
    MAIL("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Outlook message or document"),
    MAIL("\x78\x9f\x3e\x22", "winmail.dat (TNEF)"),
    MAIL("\x1f\x8b", "compressed by gzip; unpack it first"),
    MAIL("BZh", "compressed by bzip2; unpack it first"),
    MAIL("\xfd"
	 "7zXZ",
	"compressed by xz; unpack it first"),
    MAIL("\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first"),
    MAIL("PK\3\4", "a zip file; unpack it first"),
    MAIL("7z\xbc\xaf\x27\x1c", "a 7z file; unpack it first"),
    MAIL("\xff\xfe", "text in UTF-16; convert it to UTF-8"),
    MAIL("\xfe\xff", "text in UTF-16; convert it to UTF-8"),
    OTHER("%PDF-", "PDF"),
    OTHER("SQLite format 3", "an SQLite database"),
};

static struct ms_slice
next_line(struct ms_slice *rest)
{
	const unsigned char *lf = memchr(rest->p, '\n', rest->n);
	struct ms_slice line = *rest;

	line.n = lf != NULL ? (size_t)(lf - rest->p) : rest->n;
	rest->p += line.n + (lf != NULL);
	rest->n -= line.n + (lf != NULL);
	return line;
}

/* with: of n bytes, at least one, which is compared first because it decides
 * about most rows of a table. */
static bool
begins(struct ms_slice text, const char *with, size_t n)
{
	return text.n >= n &&
	       (text.p[0] | 0x20) == ((unsigned char)with[0] | 0x20) &&
	       strncasecmp((const char *)text.p, with, n) == 0;
}

/* Whether the text begins like the form, in which 0 is a digit, a a letter. */
static bool
has_form(struct ms_slice text, const char *form)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < text.n && form[i] != '\0'; i++) {
		c = text.p[i];
		if (c >= '0' && c <= '9')
			c = '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			c = 'a';
		if (c != (unsigned char)form[i])
			return false;
	}
	return form[i] == '\0';
}

/* Whether the text begins like a log: with a level, or a date and a time. */
static bool
is_log(struct ms_slice text)
{
	static const char *const levels[] = {"trace:", "debug:", "info:",
	    "notice:", "warn:", "warning:", "error:", "critical:", "fatal:"};
	static const char *const forms[] = {
	    "0000-00-00", "0000/00/00", "aaa 00 00:00:00", "aaa  0 00:00:00"};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (begins(text, levels[i], strlen(levels[i])))
			return true;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (has_form(text, forms[i]))
			return true;
	return false;
}

/* procmail writes a From_ line, and indented lines below it. */
static bool
is_procmail_log(struct ms_slice rest)
{
	struct ms_slice line = next_line(&rest);

	if (!begins(line, "From ", 5))
		return false;
	line = next_line(&rest);
	return begins(line, " Subject:", 9) || begins(line, "  Folder:", 9);
}

/* "dn:", perhaps after comments and the version of the format. */
static bool
is_ldif(struct ms_slice rest)
{
	struct ms_slice line;

	while (rest.n > 0) {
		line = next_line(&rest);
		if (begins(line, "dn:", 3))
			return true;
		if (line.n > 1 && line.p[0] != '#' &&
		    !begins(line, "version:", 8))
			break;
	}
	return false;
}

static bool
is_one_of(struct ms_slice name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name.n == strlen(names[i]) &&
		    begins(name, names[i], name.n))
			return true;
	return false;
}

/*
 * YAML can have the keys to: and from:. Its first lines are keys in lower case,
 * and one of them is a word that names no field of mail; and no field is there
 * that only mail has.
 */
static bool
is_yaml(struct ms_slice rest)
{
	static const char *const only_mail[] = {"received", "message-id",
	    "return-path", "mime-version", "content-type",
	    "content-transfer-encoding", "delivered-to", "dkim-signature"};
	static const char *const words[] = {"approved", "comments", "control",
	    "distribution", "encrypted", "expires", "importance", "keywords",
	    "lines", "organization", "path", "precedence", "priority",
	    "sensitivity", "status", "summary", "supersedes", "xref"};
	struct ms_slice line, name;
	bool other = false;
	size_t i;

	while (rest.n > 0) {
		line = next_line(&rest);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			break;
		if (strchr(" \t#-", *line.p) != NULL)
			continue;
		name = ms_mbox_field_name(line);
		for (i = 0; i < name.n; i++)
			if (name.p[i] >= 'A' && name.p[i] <= 'Z')
				return false;
		if (name.n == 0 ||
		    is_one_of(name, only_mail,
			sizeof(only_mail) / sizeof(only_mail[0])))
			return false;
		other |=
		    !ms_source_mail_field(name) &&
		    memchr(name.p, '-', name.n) == NULL &&
		    !is_one_of(name, words, sizeof(words) / sizeof(words[0]));
	}
	return other;
}

static const struct kind *
kind_of(struct ms_slice w)
{
	static const struct kind yaml = OTHER("", "YAML");
	static const struct kind ldif = OTHER("", "LDIF, an address book"),
				 log = OTHER("", "a log");

	if (begins(w, "\xef\xbb\xbf", 3))
		w = (struct ms_slice){w.p + 3, w.n - 3};
	while (w.n > 0 &&
	       (*w.p == ' ' || *w.p == '\t' || *w.p == '\r' || *w.p == '\n'))
		w = (struct ms_slice){w.p + 1, w.n - 1};
	if (is_ldif(w))
		return &ldif;
	if (is_procmail_log(w) || is_log(w))
		return &log;
	if (is_yaml(w))
		return &yaml;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(w, kinds[i].bytes, kinds[i].n))
			return &kinds[i];
	return NULL;
}

bool
ms_source_is_other(struct ms_slice window)
{
	return kind_of(window) != NULL;
}

int
ms_source_refuse(struct ms_slice w, struct ms_err *err)
{
	static const struct kind text = OTHER(
	    "", "text without header fields of mail, such as YAML or a log");
	const struct kind *kind = kind_of(w);
	struct ms_slice line = {w.p, 1};
	/* Perhaps an mbox whose beginning is damaged. */
	bool mail = w.n > 0 && memmem(w.p, w.n, "\nFrom ", 6) != NULL;

	while (kind == NULL && w.n > 0 && line.n > 0) {
		line = next_line(&w);
		if (!ms_is_text(line))
			break;
		if (ms_mbox_field_name(line).n > 0)
			kind = &text;
	}
	if (kind == NULL)
		return ms_fail(
		    err, mail ? MS_DATA : MS_NOINPUT, "not a mail message");
	return ms_fail(
	    err, kind->code, "not a mail message: this is %s", kind->name);
}

bool
ms_source_mail_field(struct ms_slice name)
{
	static const char *const names[] = {"from", "to", "cc", "bcc", "date",
	    "subject", "sender", "reply-to", "message-id", "in-reply-to",
	    "references", "received", "return-path", "delivered-to",
	    "envelope-to", "apparently-to", "delivery-date", "mime-version",
	    "content-type", "content-transfer-encoding", "content-disposition",
	    "newsgroups", "resent-from", "resent-to", "resent-date",
	    "dkim-signature", "arc-seal", "authentication-results",
	    "received-spf", "errors-to", "list-id", "list-post", "thread-topic",
	    "thread-index", "x-mailer", "x-original-to", "x-uid", "x-uidl",
	    "x-status", "x-account-key", "x-mozilla-status", "x-gm-thrid",
	    "x-gmail-labels", "x-from-line", "x-envelope-from", "x-envelope-to",
	    "x-sender"};

	return is_one_of(name, names, sizeof(names) / sizeof(names[0]));
}
