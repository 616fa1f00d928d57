/*
 * client-find.c - the places in a home directory where mail clients keep their
 * stores. ms-quirks(7), Mail clients.
 */
#include "client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define CONFIG_MAX ((size_t)1 << 20) /* bytes of a configuration file */

/* Directories, in the order of the clients. */
static const struct {
	enum ms_client client;
	const char *path;
} places[] = {
    {MS_CLIENT_THUNDERBIRD, ".thunderbird"},
    {MS_CLIENT_THUNDERBIRD, "snap/thunderbird/common/.thunderbird"},
    {MS_CLIENT_THUNDERBIRD, ".var/app/org.mozilla.Thunderbird/.thunderbird"},
    {MS_CLIENT_THUNDERBIRD, ".icedove"},
    {MS_CLIENT_THUNDERBIRD, ".mozilla-thunderbird"},
    {MS_CLIENT_THUNDERBIRD, "Library/Thunderbird"},
    {MS_CLIENT_THUNDERBIRD, "AppData/Roaming/Thunderbird"},
    {MS_CLIENT_SEAMONKEY, ".mozilla/seamonkey"},
    {MS_CLIENT_SEAMONKEY, "Library/Application Support/SeaMonkey"},
    {MS_CLIENT_SEAMONKEY, "AppData/Roaming/Mozilla/SeaMonkey"},
    {MS_CLIENT_APPLE_MAIL, "Library/Mail"},
    {MS_CLIENT_TAKEOUT, "Takeout"},
    {MS_CLIENT_TAKEOUT, "Downloads/Takeout"},
    {MS_CLIENT_IMAP_BACKUP, ".imap-backup"},
    {MS_CLIENT_EVOLUTION, ".local/share/evolution/mail/local"},
    {MS_CLIENT_EVOLUTION,
	".var/app/org.gnome.Evolution/data/evolution/mail/local"},
    {MS_CLIENT_EVOLUTION, ".evolution/mail/local"},
    {MS_CLIENT_KMAIL, ".local/share/local-mail"},
    {MS_CLIENT_KMAIL, ".local/share/.local-mail.directory"},
    {MS_CLIENT_KMAIL, ".kde/share/apps/kmail/mail"},
    {MS_CLIENT_KMAIL, ".kde4/share/apps/kmail/mail"},
};

/* Lines of configuration files that name a directory. */
static const struct {
	enum ms_client client;
	const char *file, *key;
} settings[] = {
    {MS_CLIENT_MH, ".mh_profile", "path"},
    {MS_CLIENT_MBSYNC, ".mbsyncrc", "path"},
    {MS_CLIENT_MBSYNC, ".mbsyncrc", "inbox"},
    {MS_CLIENT_MBSYNC, ".config/isyncrc", "path"},
    {MS_CLIENT_MBSYNC, ".config/isyncrc", "inbox"},
    {MS_CLIENT_OFFLINEIMAP, ".offlineimaprc", "localfolders"},
    {MS_CLIENT_OFFLINEIMAP, ".config/offlineimap/config", "localfolders"},
    {MS_CLIENT_MUTT, ".muttrc", "folder"},
    {MS_CLIENT_MUTT, ".mutt/muttrc", "folder"},
    {MS_CLIENT_MUTT, ".config/mutt/muttrc", "folder"},
    {MS_CLIENT_MUTT, ".neomuttrc", "folder"},
    {MS_CLIENT_MUTT, ".config/neomutt/neomuttrc", "folder"},
};

/* Whether the one path is the other one, or below it. */
static bool
is_below(const char *path, const char *other)
{
	size_t n = strlen(other);

	return strncmp(path, other, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

/* Adds a directory that exists, unless a directory that was added before
 * contains it. */
static void
add(struct ms_client_stores *out, enum ms_client client, struct ms_buf *path)
{
	struct stat st;

	while (path->n > 1 && path->p[path->n - 1] == '/')
		path->n--;
	if (stat(ms_buf_str(path), &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	for (size_t i = 0; i < out->n; i++)
		if (is_below(ms_buf_str(path), out->v[i].path))
			return;
	out->v = ms_xreallocarray(out->v, out->n + 1, sizeof(out->v[0]));
	out->v[out->n++] =
	    (struct ms_client_store){client, ms_xstrdup(ms_buf_str(path))};
}

/* Adds a directory of a configuration: absolute, or below the home. */
static void
add_named(struct ms_client_stores *out, enum ms_client client, const char *home,
    const char *name, size_t n)
{
	static const char variable[] = "$HOME/";
	struct ms_buf path = {0};

	if (n >= 2 && (*name == '"' || *name == '\'') && name[n - 1] == *name) {
		name++;
		n -= 2;
	}
	if (n == 0 || strchr("+=", *name) != NULL || memmem(name, n, "://", 3))
		return;
	if (n > 1 && name[0] == '~' && name[1] == '/') {
		name += 2;
		n -= 2;
	} else if (n >= sizeof(variable) - 1 &&
		   memcmp(name, variable, sizeof(variable) - 1) == 0) {
		name += sizeof(variable) - 1;
		n -= sizeof(variable) - 1;
	}
	if (n > 0 && name[0] != '/')
		ms_buf_printf(&path, "%s/", home);
	ms_buf_add(&path, name, n);
	/* A mailbox can be all of the home, which is too much. */
	if (path.n > strlen(home) + 1 ||
	    strncmp(ms_buf_str(&path), home, path.n) != 0)
		add(out, client, &path);
	ms_buf_release(&path);
}

/* The value of a line like "Path: Mail", "Path ~/Mail/", "set folder=~/Mail",
 * or NULL. *n receives its length. */
static const char *
value_of(const char *line, size_t length, const char *key, size_t *n)
{
	const char *end = line + length, *p = line;
	size_t k = strlen(key);

	while (p < end && strchr(" \t", *p) != NULL)
		p++;
	if (end - p > 4 && strncmp(p, "set ", 4) == 0)
		p += 4;
	while (p < end && *p == ' ')
		p++;
	if ((size_t)(end - p) <= k || strncasecmp(p, key, k) != 0 ||
	    strchr(" \t:=", p[k]) == NULL)
		return NULL;
	p += k;
	while (p < end && strchr(" \t:=", *p) != NULL)
		p++;
	while (end > p && strchr(" \t\r", end[-1]) != NULL)
		end--;
	*n = (size_t)(end - p);
	return p;
}

static void
read_settings(struct ms_client_stores *out, enum ms_client client,
    const char *home, const char *file, const char *key)
{
	struct ms_buf path = {0}, text = {0};
	struct ms_err err = {0};
	const char *line, *next, *value;
	size_t n;

	ms_buf_printf(&path, "%s/%s", home, file);
	if (ms_buf_read_file(&text, ms_buf_str(&path), CONFIG_MAX, &err) == 0)
		for (line = ms_buf_str(&text); *line != '\0'; line = next) {
			n = strcspn(line, "\n");
			next = line + n + (line[n] == '\n');
			value = value_of(line, n, key, &n);
			if (value != NULL)
				add_named(out, client, home, value, n);
		}
	ms_buf_release(&path);
	ms_buf_release(&text);
}

void
ms_client_stores_find(
    struct ms_client_stores *out, enum ms_client client, const char *home)
{
	struct ms_buf path = {0};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (client != MS_CLIENT_NONE && client != places[i].client)
			continue;
		ms_buf_clear(&path);
		ms_buf_printf(&path, "%s/%s", home, places[i].path);
		add(out, places[i].client, &path);
	}
	ms_buf_release(&path);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (client == MS_CLIENT_NONE || client == settings[i].client)
			read_settings(out, settings[i].client, home,
			    settings[i].file, settings[i].key);
}

void
ms_client_stores_release(struct ms_client_stores *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	*s = (struct ms_client_stores){0};
}
