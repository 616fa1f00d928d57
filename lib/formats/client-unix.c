/*
 * client-unix.c - the mailboxes of mutt, MH, Evolution, KMail, mbsync and
 * OfflineIMAP, and those of several programs. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <stdlib.h>
#include <string.h>

/* ---- fields of mboxes ---- */

static void
letters(struct ms_client_message *m, struct ms_slice body, const char *which,
    const char *const *flags)
{
	const char *at;

	for (size_t i = 0; i < body.n; i++) {
		at = strchr(which, body.p[i]);
		if (body.p[i] != '\0' && at != NULL)
			ms_client_flag(m, flags[at - which]);
	}
}

/* Status and X-Status of mailx, Elm, mutt, Pine, Dovecot. */
static void
status(struct ms_client_message *m, struct ms_slice body)
{
	static const char *const flags[] = {
	    "\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted"};

	letters(m, body, "RAFTD", flags);
}

/* The first message of UW IMAP: its number of messages and keywords. */
static void
internal(struct ms_client_message *m, struct ms_slice body)
{
	(void)body;
	m->internal = true;
}

const struct ms_client_field ms_status_fields[] = {{"status", status},
    {"x-status", status}, {"x-keywords", ms_client_keywords}, {"x-uid", NULL},
    {"x-imap", internal}, {"x-imapbase", NULL}, {NULL, NULL}};

/* ---- MH ---- */

#define SEQUENCES_MAX ((size_t)1 << 20) /* bytes of .mh_sequences */

/* Keeps the ranges of three sequences: a line is "unseen: 3 5-7". */
static void
read_sequences(int fd, struct ms_client_dir *d)
{
	const struct {
		const char *name;
		struct ms_buf *ranges;
	} known[] = {{"unseen", &d->unseen}, {"flagged", &d->flagged},
	    {"replied", &d->replied}};
	struct ms_buf text = {0};
	struct ms_err err = {0};
	char *line, *next, *colon;

	if (ms_buf_read_at(&text, fd, ".mh_sequences", ".mh_sequences",
		SEQUENCES_MAX, &err) == 0) {
		for (line = ms_buf_str(&text); line != NULL; line = next) {
			next = strchr(line, '\n');
			if (next != NULL)
				*next++ = '\0';
			colon = strchr(line, ':');
			if (colon == NULL)
				continue;
			*colon = '\0';
			for (size_t i = 0; i < 3; i++)
				if (strcmp(line, known[i].name) == 0)
					ms_buf_add_str(
					    known[i].ranges, colon + 1);
			d->sequences |= strcmp(line, "unseen") == 0;
		}
	}
	ms_buf_release(&text);
}

/* Whether the ranges, as in "3 5-7", have a number. */
static bool
has_number(const struct ms_buf *ranges, unsigned long number)
{
	const char *p = ranges->n > 0 ? (const char *)ranges->p : "";
	const char *limit = p + ranges->n;
	unsigned long first, last;
	char *end;

	while (p < limit && *p != '\0') {
		first = last = strtoul(p, &end, 10);
		if (end == p) {
			p++;
			continue;
		}
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		p = end;
	}
	return false;
}

static enum ms_client_entry
enter_mh(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	(void)c;
	(void)folder;
	read_sequences(at->fd, d);
	ms_buf_str(&d->unseen);
	ms_buf_str(&d->flagged);
	ms_buf_str(&d->replied);
	return MS_CLIENT_AS_USUAL;
}

/* A message has a number as its name; rmm puts a comma before it. */
static void
file_mh(struct ms_client_state *c, const struct ms_client_dir *d,
    struct ms_source_file *f, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;
	bool removed = base[0] == ',' || base[0] == '#';
	size_t digits = strspn(base + removed, "0123456789");
	unsigned long number = strtoul(base + removed, NULL, 10);

	if (f->delivery || digits == 0 || base[removed + digits] != '\0')
		return;
	f->message = true;
	c->deleted = removed;
	ms_buf_clear(&f->flags);
	if (d->sequences && !has_number(&d->unseen, number))
		ms_buf_add_str(&f->flags, "\\Seen");
	if (has_number(&d->replied, number))
		ms_buf_printf(
		    &f->flags, "%s\\Answered", f->flags.n > 0 ? " " : "");
	if (has_number(&d->flagged, number))
		ms_buf_printf(
		    &f->flags, "%s\\Flagged", f->flags.n > 0 ? " " : "");
}

static const char *const mh_no_mail[] = {"context", "*.rc", ".rc", "components",
    "*comps", "mhl.*", "*.mailsignature", "aliases", "*.filter", "sequences",
    "mh_profile", NULL};

const struct ms_client_driver ms_client_mh = {
    .name = "mh",
    .no_mail = mh_no_mail,
    .enter = enter_mh,
    .file = file_mh,
};

/* ---- mutt, and several programs ---- */

static const char *const no_mail[] = {"*.msf", "*.rc", ".rc", "*.mailsignature",
    "context", "*.cmeta", "*.ev-summary", "*.ev-summary-meta", "*.ibex.*",
    "*.sqlite", "*.sqlite-*", "*.db", "*.db-*", "*.plist", "*.index",
    "*.index.ids", "*.index.sorted", "mh_profile", "sequences", "*.json",
    "prefs.js", "*.ini", "table_of_contents", "*.emlxpart", "*.hcache",
    "muttrc", "aliases", "signature", "desktop.ini", "Thumbs.db", NULL};

/* Enters the directory of the folders below one: .NAME.directory of KMail. */
static enum ms_client_entry
enter_kmail(const struct ms_client_place *at, struct ms_buf *folder)
{
	struct ms_slice name = ms_slice_str(at->name);

	if (name.p[0] != '.' || !ms_name_ends(at->name + 1, ".directory"))
		return MS_CLIENT_AS_USUAL;
	name.p++;
	name.n -= 1 + sizeof(".directory") - 1;
	/* On the command line it stands beside the directory of its folder. */
	if (!at->root)
		ms_folder_add(folder, name);
	return MS_CLIENT_ENTER;
}

/* Folders of MH are among the others. */
static enum ms_client_entry
enter_mutt(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	d->mh = !at->maildir && ms_client_has(at->fd, ".mh_sequences", false);
	return d->mh ? enter_mh(c, at, d, folder) : MS_CLIENT_AS_USUAL;
}

static enum ms_client_entry
enter_any(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	(void)enter_mutt(c, at, d, folder);
	return enter_kmail(at, folder);
}

static void
file_any(struct ms_client_state *c, const struct ms_client_dir *d,
    struct ms_source_file *f, const char *name)
{
	if (d->mh)
		file_mh(c, d, f, name);
}

const struct ms_client_driver ms_client_mutt = {
    .name = "mutt",
    .contained = true,
    .no_mail = no_mail,
    .fields = ms_status_fields,
    .anywhere = true,
    .enter = enter_mutt,
    .file = file_any,
};
const struct ms_client_driver ms_client_generic = {
    .name = "generic",
    .contained = true,
    .no_mail = no_mail,
    .fields = ms_status_fields,
    .anywhere = true,
    .enter = enter_any,
    .file = file_any,
};

/* ---- Evolution ---- */

/* "UUUUUUUU-FFFF" in hexadecimal, and parts like "; flags=a,b". */
static void
x_evolution(struct ms_client_message *m, struct ms_slice body)
{
	static const char *const flags[] = {"\\Answered", "\\Deleted",
	    "\\Draft", "\\Flagged", "\\Seen", NULL, NULL, "$Junk", NULL,
	    "$NotJunk", "$Forwarded"};
	const unsigned char *p = memchr(body.p, '-', body.n), *end;
	uint32_t bits;

	if (p == NULL || body.p + body.n - p < 5 ||
	    !ms_client_hex((struct ms_slice){p + 1, 4}, &bits))
		return;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((bits >> i & 1) != 0 && flags[i] != NULL)
			ms_client_flag(m, flags[i]);
	body = (struct ms_slice){p, (size_t)(body.p + body.n - p)};
	p = memmem(body.p, body.n, "flags=", 6);
	if (p == NULL)
		return;
	p += 6;
	body.n -= (size_t)(p - body.p);
	end = memchr(p, ';', body.n);
	ms_client_keywords(
	    m, (struct ms_slice){p, end != NULL ? (size_t)(end - p) : body.n});
}

const struct ms_client_field ms_evolution_fields[] = {
    {"x-evolution", x_evolution}, {"status", status}, {"x-status", status},
    {"x-keywords", ms_client_keywords}, {"x-uid", NULL}, {"x-imap", internal},
    {"x-imapbase", NULL}, {NULL, NULL}};

/* Evolution writes characters that a name cannot have as _XX. */
static void
add_evolution(struct ms_slice name, struct ms_buf *folder)
{
	struct ms_buf text = {0};
	uint32_t c;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '_' && i + 2 < name.n &&
		    ms_client_hex((struct ms_slice){name.p + i + 1, 2}, &c) &&
		    c != 0) {
			ms_buf_add_byte(&text, (unsigned char)c);
			i += 2;
		} else {
			ms_buf_add_byte(&text, name.p[i]);
		}
	}
	ms_folder_add(folder, ms_buf_slice(&text));
	ms_buf_release(&text);
}

/* A Maildir has the levels of its name between dots. */
static enum ms_client_entry
enter_evolution(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	struct ms_slice name = ms_slice_str(at->name), level;
	const unsigned char *dot;

	(void)c;
	(void)d;
	if (at->root || !at->maildir || name.p[0] != '.')
		return MS_CLIENT_AS_USUAL;
	while (name.n > 0) {
		name = (struct ms_slice){name.p + 1, name.n - 1};
		dot = memchr(name.p, '.', name.n);
		level = name;
		if (dot != NULL)
			level.n = (size_t)(dot - name.p);
		if (level.n > 0)
			add_evolution(level, folder);
		name = (struct ms_slice){name.p + level.n, name.n - level.n};
	}
	return MS_CLIENT_ENTER;
}

static const char *const evolution_no_mail[] = {"*.cmeta", "*.ev-summary",
    "*.ev-summary-meta", "*.ibex.*", "*.ibex", "*.db", "*.db-*", "folders.db*",
    "*.index", "*.index.data", "*.msf", "config", NULL};

const struct ms_client_driver ms_client_evolution = {
    .name = "evolution",
    .no_mail = evolution_no_mail,
    .fields = ms_evolution_fields,
    .anywhere = true,
    .enter = enter_evolution,
};

/* ---- KMail ---- */

/* The letters of KMail have other meanings (KMMsgBase::statusToStr()). */
static void
kmail_status(struct ms_client_message *m, struct ms_slice body)
{
	static const char *const flags[] = {"\\Answered", "$Forwarded",
	    "\\Deleted", "\\Flagged", "$Junk", "$NotJunk"};
	bool seen = memchr(body.p, 'R', body.n) != NULL ||
		    memchr(body.p, 'O', body.n) != NULL;

	if (seen && memchr(body.p, 'N', body.n) == NULL &&
	    memchr(body.p, 'U', body.n) == NULL)
		ms_client_flag(m, "\\Seen");
	letters(m, body, "AFDGPH", flags);
}

const struct ms_client_field ms_kmail_fields[] = {{"status", NULL},
    {"x-status", kmail_status}, {"x-uid", NULL}, {"x-length", NULL},
    {"x-kmail-encryptionstate", NULL}, {"x-kmail-signaturestate", NULL},
    {"x-kmail-mdn-sent", NULL}, {NULL, NULL}};

static enum ms_client_entry
enter_kmail_tree(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	(void)c;
	(void)d;
	return enter_kmail(at, folder);
}

static const char *const kmail_no_mail[] = {
    "*.index", "*.index.ids", "*.index.sorted", "*.uidcache", NULL};

const struct ms_client_driver ms_client_kmail = {
    .name = "kmail",
    .no_mail = kmail_no_mail,
    .fields = ms_kmail_fields,
    .anywhere = true,
    .enter = enter_kmail_tree,
};

/* ---- copies of IMAP accounts ---- */

static const char *const maildir_no_mail[] = {".mbsyncstate*", "*.db",
    ".uidvalidity", ".isyncuidmap.db*", "*.mbsyncstate*", NULL};

const struct ms_client_driver ms_client_mbsync = {
    .name = "mbsync",
    .no_mail = maildir_no_mail,
};

/* The separator of OfflineIMAP's Maildirs is a dot, if the user has not set
 * another one: "INBOX.Work" is Work below INBOX. */
static enum ms_client_entry
enter_offlineimap(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	const char *name = at->name, *dot;

	(void)c;
	(void)d;
	if (at->root || !at->maildir)
		return MS_CLIENT_AS_USUAL;
	for (name += name[0] == '.'; *name != '\0';
	     name = *dot != '\0' ? dot + 1 : dot) {
		dot = name + strcspn(name, ".");
		if (dot > name)
			ms_client_level(folder,
			    (struct ms_slice){(const unsigned char *)name,
				(size_t)(dot - name)},
			    true);
	}
	return MS_CLIENT_ENTER;
}

const struct ms_client_driver ms_client_offlineimap = {
    .name = "offlineimap",
    .no_mail = maildir_no_mail,
    .enter = enter_offlineimap,
};
