/*
 * client-mozilla.c - profiles of Thunderbird and SeaMonkey: the accounts of
 * prefs.js, X-Mozilla-Status, and the names of folders. ms-quirks(7), Mail
 * clients.
 */
#include "client-impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "utf8.h"

/* ---- fields ---- */

static void
read_bits(struct ms_client_message *m, struct ms_slice body, bool second)
{
	static const struct {
		uint32_t bit;
		const char *flag;
	} flags[] = {{0x0001, "\\Seen"}, {0x0002, "\\Answered"},
	    {0x0004, "\\Flagged"}, {0x1000, "$Forwarded"},
	    {0x00200000, "\\Deleted"}, {0x00800000, "$MDNSent"}};
	uint32_t bits;

	if (!ms_client_hex(body, &bits))
		return;
	bits &= second ? 0xffff0000 : 0xffff;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((bits & flags[i].bit) != 0)
			ms_client_flag(m, flags[i].flag);
	m->expunged |= (bits & 0x0008) != 0;
	/* The labels of versions before 2.0. */
	if ((bits >> 25 & 7) > 0 && (bits >> 25 & 7) <= 5) {
		char label[] = "$label0";

		label[6] = (char)('0' + (bits >> 25 & 7));
		ms_client_flag(m, label);
	}
}

static void
status(struct ms_client_message *m, struct ms_slice body)
{
	read_bits(m, body, false);
}

static void
status2(struct ms_client_message *m, struct ms_slice body)
{
	read_bits(m, body, true);
}

const struct ms_client_field ms_mozilla_fields[] = {
    {"x-mozilla-status", status}, {"x-mozilla-status2", status2},
    {"x-mozilla-keys", ms_client_keywords}, {"x-mozilla-*", NULL},
    {"x-account-key", NULL}, {"x-uidl", NULL}, {NULL, NULL}};

/* ---- prefs.js ---- */

void
ms_prefs_release(struct ms_prefs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->server[i].directory);
		free(p->server[i].name);
		free(p->server[i].user);
		free(p->server[i].host);
	}
	free(p->server);
	*p = (struct ms_prefs){0};
}

/* Appends the character of an escape like \x41 or \u0041, whose digits begin at
 * p. Returns the number of digits. */
static size_t
add_escape(struct ms_slice s, size_t digits, struct ms_buf *out)
{
	unsigned char utf8[4];
	uint32_t c;

	if (s.n < digits || !ms_client_hex((struct ms_slice){s.p, digits}, &c))
		return 0;
	if (c == 0 || (c >= 0xd800 && c < 0xe000))
		c = MS_REPLACEMENT;
	ms_buf_add(out, utf8, ms_utf8_put(utf8, c));
	return digits;
}

/* Reads a string of JavaScript after its first quote. Returns the bytes up to
 * and with the last quote, or 0. */
static size_t
read_string(struct ms_slice s, struct ms_buf *out)
{
	size_t i;

	ms_buf_clear(out);
	for (i = 0; i < s.n && s.p[i] != '"' && s.p[i] != '\n'; i++) {
		if (s.p[i] != '\\') {
			ms_buf_add_byte(out, s.p[i]);
			continue;
		}
		if (++i == s.n)
			return 0;
		if (s.p[i] == 'u' || s.p[i] == 'x')
			i += add_escape(
			    (struct ms_slice){s.p + i + 1, s.n - i - 1},
			    s.p[i] == 'u' ? 4 : 2, out);
		else
			ms_buf_add_byte(
			    out, s.p[i] == 'n' || s.p[i] == 'r' || s.p[i] == 't'
				     ? ' '
				     : s.p[i]);
	}
	return i < s.n && s.p[i] == '"' ? i + 1 : 0;
}

/* The server of a key like mail.server.server12.name, and what follows; NULL
 * for other keys. */
static struct ms_prefs_server *
server_of(struct ms_prefs *p, const char *key, const char **what)
{
	static const char prefix[] = "mail.server.server";
	size_t n = sizeof(prefix) - 1, digits, number;

	if (strncmp(key, prefix, n) != 0)
		return NULL;
	digits = strspn(key + n, "0123456789");
	if (digits == 0 || digits > 4 || key[n + digits] != '.')
		return NULL;
	number = (size_t)strtoul(key + n, NULL, 10);
	if (number >= MS_PREFS_SERVERS)
		return NULL;
	if (number >= p->n) {
		p->server = ms_xreallocarray(
		    p->server, number + 1, sizeof(p->server[0]));
		memset(p->server + p->n, 0,
		    (number + 1 - p->n) * sizeof(p->server[0]));
		p->n = number + 1;
	}
	*what = key + n + digits + 1;
	return &p->server[number];
}

static void
replace(char **text, const char *with)
{
	free(*text);
	*text = ms_xstrdup(with);
}

static void
set_directory(struct ms_prefs_server *s, char *path)
{
	static const char profile[] = "[ProfD]";
	bool relative = strncmp(path, profile, sizeof(profile) - 1) == 0;

	/* The relative path, which is newer, has precedence. */
	if (s->directory != NULL && s->relative && !relative)
		return;
	for (char *p = path; *p != '\0'; p++)
		if (*p == '\\')
			*p = '/';
	s->relative = relative;
	replace(&s->directory, relative ? path + sizeof(profile) - 1 : path);
}

static void
set_pref(struct ms_prefs *p, const char *key, char *value)
{
	const char *what;
	struct ms_prefs_server *s = server_of(p, key, &what);

	if (s == NULL)
		return;
	if (strcmp(what, "directory") == 0 ||
	    strcmp(what, "directory-rel") == 0)
		set_directory(s, value);
	else if (strcmp(what, "name") == 0)
		replace(&s->name, value);
	else if (strcmp(what, "userName") == 0)
		replace(&s->user, value);
	else if (strcmp(what, "hostname") == 0)
		replace(&s->host, value);
}

/* A line has the form user_pref("KEY", "VALUE"); or another value. */
static void
pref_line(struct ms_prefs *p, struct ms_slice line, struct ms_buf room[2])
{
	static const char begin[] = "user_pref(\"";
	size_t n = sizeof(begin) - 1;

	if (line.n < n || memcmp(line.p, begin, n) != 0)
		return;
	line = (struct ms_slice){line.p + n, line.n - n};
	n = read_string(line, &room[0]);
	if (n == 0)
		return;
	while (n < line.n && (line.p[n] == ' ' || line.p[n] == ','))
		n++;
	if (n == line.n || line.p[n] != '"')
		return;
	line = (struct ms_slice){line.p + n + 1, line.n - n - 1};
	if (read_string(line, &room[1]) > 0)
		set_pref(p, ms_buf_str(&room[0]), ms_buf_str(&room[1]));
}

void
ms_prefs_parse(struct ms_prefs *p, struct ms_slice text)
{
	struct ms_buf room[2] = {{0}, {0}};
	const unsigned char *lf;
	struct ms_slice line;

	*p = (struct ms_prefs){0};
	while (text.n > 0) {
		lf = memchr(text.p, '\n', text.n);
		line = (struct ms_slice){
		    text.p, lf != NULL ? (size_t)(lf + 1 - text.p) : text.n};
		pref_line(p, line, room);
		text = (struct ms_slice){text.p + line.n, text.n - line.n};
	}
	ms_buf_release(&room[0]);
	ms_buf_release(&room[1]);
}

const struct ms_prefs_server *
ms_prefs_find(const struct ms_prefs *p, const char *directory)
{
	size_t n = strlen(directory), k;
	const char *path;

	for (size_t i = 0; i < p->n; i++) {
		path = p->server[i].directory;
		if (path == NULL)
			continue;
		k = strlen(path);
		while (k > 0 && path[k - 1] == '/')
			k--;
		if (k == n && memcmp(path, directory, n) == 0)
			return &p->server[i];
		if (!p->server[i].relative && k > n && path[k - n - 1] == '/' &&
		    memcmp(path + k - n, directory, n) == 0)
			return &p->server[i];
	}
	return NULL;
}

/* ---- the walk ---- */

enum kind {
	OUTSIDE, /* perhaps a profile is below */
	ROOT,    /* with profiles.ini */
	PROFILE, /* with prefs.js */
	MAIL,    /* the directory Mail of a profile */
	IMAP,    /* ImapMail */
	ACCOUNT,
	IMAP_ACCOUNT /* names are in modified UTF-7 */
};

/* Appends the name of a folder: that of its file, unless it is a hash, which
 * ends with eight digits (NS_MsgHashIfNecessary()). */
static void
add_name(int dir, struct ms_slice name, bool utf7, struct ms_buf *folder)
{
	struct ms_buf path = {0}, msf = {0}, text = {0};
	struct ms_err err = {0};
	size_t digits = 0;

	while (digits < name.n && memchr("0123456789abcdef",
				      name.p[name.n - digits - 1], 16) != NULL)
		digits++;
	if (digits >= 8) {
		ms_buf_add(&path, name.p, name.n);
		ms_buf_add_str(&path, ".msf");
		if (ms_buf_read_at(&msf, dir, ms_buf_str(&path), ".msf",
			MS_MSF_MAX, &err) == 0 &&
		    ms_msf_name(ms_buf_slice(&msf), &text)) {
			name = ms_buf_slice(&text);
			utf7 = false;
		}
	}
	ms_client_level(folder, name, utf7);
	ms_buf_release(&path);
	ms_buf_release(&msf);
	ms_buf_release(&text);
}

/* The account of a directory of a profile, as in "Mail/pop.example.org". */
static void
begin_account(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder, bool imap)
{
	struct ms_buf path = {0}, label = {0};
	const struct ms_prefs_server *s;

	if (d->kind == MAIL || d->kind == IMAP)
		ms_buf_printf(
		    &path, "%s/", d->kind == MAIL ? "Mail" : "ImapMail");
	ms_buf_add_str(&path, at->name);
	s = ms_prefs_find(&c->prefs, ms_buf_str(&path));
	if (s != NULL && s->name != NULL)
		ms_buf_add_str(&label, s->name);
	else if (s != NULL && s->host != NULL)
		ms_buf_printf(&label, "%s%s%s", s->user != NULL ? s->user : "",
		    s->user != NULL ? "@" : "", s->host);
	else
		ms_buf_add_str(&label, at->name);
	d->account =
	    ms_client_account_new(c, ms_buf_str(&path), ms_buf_str(&label));
	d->kind = imap ? IMAP_ACCOUNT : ACCOUNT;
	ms_buf_clear(folder);
	ms_buf_release(&path);
	ms_buf_release(&label);
}

/* The last two levels of a path. */
static const char *
last_two(const char *path)
{
	const char *p = path + strlen(path);

	for (int slashes = 0; p > path; p--)
		if (p[-1] == '/' && ++slashes == 2)
			break;
	return p;
}

/* Accounts can be in any directory of the host; those that are not in the
 * profile are named, because they are not read. */
static void
name_others(const struct ms_client_state *c, const struct ms_client_place *at)
{
	struct ms_buf text = {0};
	const struct ms_prefs_server *s;
	bool outside;

	for (size_t i = 0; c->opt->remark != NULL && i < c->prefs.n; i++) {
		s = &c->prefs.server[i];
		if (s->directory == NULL)
			continue;
		outside =
		    s->relative
			? strncmp(s->directory, "../", 3) == 0
			: !ms_client_has(
			      at->fd, last_two(s->directory), true) &&
			      strstr(s->directory, "/Mail/") == NULL &&
			      strstr(s->directory, "/ImapMail/") == NULL &&
			      strstr(s->directory, "/News/") == NULL;
		if (!outside)
			continue;
		ms_buf_clear(&text);
		ms_buf_add_str(&text, "the account in ");
		ms_text_add(&text, ms_slice_str(s->directory), false);
		ms_buf_add_str(&text,
		    " is not in this profile, and was not read; name its "
		    "directory, too");
		c->opt->remark(
		    c->opt->remark_ctx, "prefs.js", ms_buf_str(&text));
	}
	ms_buf_release(&text);
}

static void
begin_profile(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	struct ms_buf text = {0};
	struct ms_err err = {0};

	ms_prefs_release(&c->prefs);
	if (ms_buf_read_at(
		&text, at->fd, "prefs.js", "prefs.js", MS_PREFS_MAX, &err) == 0)
		ms_prefs_parse(&c->prefs, ms_buf_slice(&text));
	ms_buf_release(&text);
	name_others(c, at);
	ms_buf_clear(folder);
	d->kind = PROFILE;
}

static enum ms_client_entry
enter_profile(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	if (strcmp(at->name, "Mail") == 0 || strcmp(at->name, "ImapMail") == 0)
		d->kind = at->name[0] == 'M' ? MAIL : IMAP;
	else if (ms_prefs_find(&c->prefs, at->name) != NULL)
		begin_account(c, at, d, folder, false);
	else
		return MS_CLIENT_SKIP;
	return MS_CLIENT_ENTER;
}

/* A directory of an account: the folders below one, or a Maildir. */
static enum ms_client_entry
enter_folder(const struct ms_client_place *at, const struct ms_client_dir *d,
    struct ms_buf *folder)
{
	struct ms_slice name = ms_slice_str(at->name);

	if (ms_name_ends(at->name, ".sbd"))
		name.n -= 4;
	if (!at->root)
		add_name(at->parent, name, d->kind == IMAP_ACCOUNT, folder);
	return MS_CLIENT_ENTER;
}

static enum ms_client_entry
enter(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	bool tree =
	    strcmp(at->name, "Mail") == 0 || strcmp(at->name, "ImapMail") == 0;

	if (d->kind == ACCOUNT || d->kind == IMAP_ACCOUNT)
		return enter_folder(at, d, folder);
	if (d->kind == MAIL || d->kind == IMAP) {
		begin_account(c, at, d, folder, d->kind == IMAP);
		return MS_CLIENT_ENTER;
	}
	if (d->kind == PROFILE)
		return enter_profile(c, at, d, folder);
	if (ms_client_has(at->fd, "prefs.js", false)) {
		begin_profile(c, at, d, folder);
		return MS_CLIENT_ENTER;
	}
	if (ms_client_has(at->fd, "profiles.ini", false)) {
		d->kind = ROOT;
		return MS_CLIENT_ENTER;
	}
	if (d->kind == ROOT)
		return strcmp(at->name, "Profiles") == 0 ? MS_CLIENT_ENTER
							 : MS_CLIENT_SKIP;
	if (tree && !at->maildir) {
		d->kind = at->name[0] == 'M' ? MAIL : IMAP;
		return MS_CLIENT_ENTER;
	}
	/* The directory of an account, or of any folders. */
	if (at->root && strstr(at->path, "ImapMail/") != NULL)
		d->kind = IMAP_ACCOUNT;
	else if (at->root && ms_client_has_any(at->fd, "*.msf"))
		d->kind = ACCOUNT;
	return enter_folder(at, d, folder);
}

static bool
wants(const struct ms_client_dir *d, const char *name)
{
	(void)name;
	return d->kind == OUTSIDE || d->kind >= ACCOUNT;
}

static void
file(struct ms_client_state *c, const struct ms_client_dir *d,
    struct ms_source_file *f, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (f->delivery || f->eml)
		return;
	ms_buf_clear(&f->stem);
	add_name(slash != NULL ? -1 : c->dir,
	    ms_slice_str(slash != NULL ? slash + 1 : name),
	    d->kind == IMAP_ACCOUNT, &f->stem);
}

/* Beside the mailboxes of an account. */
static const char *const no_mail[] = {"*.msf", "*.dat", "*.html", "*.js",
    "*.json", "*.rdf", "*.sqlite", "*.sqlite-*", "*.ini", "*.wdseml",
    "*.mozeml", "lock", "parent.lock", NULL};

const struct ms_client_driver ms_client_thunderbird = {
    .name = "thunderbird",
    .no_mail = no_mail,
    .fields = ms_mozilla_fields,
    .from = true,
    .enter = enter,
    .wants = wants,
    .file = file,
};
const struct ms_client_driver ms_client_seamonkey = {
    .name = "seamonkey",
    .no_mail = no_mail,
    .fields = ms_mozilla_fields,
    .from = true,
    .enter = enter,
    .wants = wants,
    .file = file,
};
