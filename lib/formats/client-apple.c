/*
 * client-apple.c - the directories of Apple Mail, and the properties of an
 * .emlx. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <string.h>
#include <unistd.h>

/* ---- properties ---- */

/* The integer after <key>NAME</key>. Returns false if the key is
 * missing. */
static bool
integer(struct ms_slice plist, const char *key, uint64_t *out)
{
	struct ms_buf tag = {0};
	const unsigned char *p, *end = plist.p + plist.n;
	static const char open[] = "<integer>";
	bool found = false;

	ms_buf_printf(&tag, "<key>%s</key>", key);
	p = memmem(plist.p, plist.n, tag.p, tag.n);
	if (p != NULL)
		p += tag.n;
	ms_buf_release(&tag);
	while (p != NULL && p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	if (p == NULL || (size_t)(end - p) < sizeof(open) ||
	    memcmp(p, open, sizeof(open) - 1) != 0)
		return false;
	*out = 0;
	for (p += sizeof(open) - 1; p < end && *p >= '0' && *p <= '9'; p++) {
		if (*out > UINT64_MAX / 10 - 1)
			return false;
		*out = 10 * *out + (uint64_t)(*p - '0');
		found = true;
	}
	return found;
}

void
ms_plist_read(struct ms_client_message *m, struct ms_slice plist)
{
	/* www.jwz.org/blog/2005/07/emlx-flags/ */
	static const struct {
		unsigned bit;
		const char *flag;
	} flags[] = {{0, "\\Seen"}, {1, "\\Deleted"}, {2, "\\Answered"},
	    {4, "\\Flagged"}, {6, "\\Draft"}, {8, "$Forwarded"}, {24, "$Junk"},
	    {25, "$NotJunk"}};
	uint64_t bits, date;

	if (integer(plist, "flags", &bits))
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if ((bits >> flags[i].bit & 1) != 0)
				ms_client_flag(m, flags[i].flag);
	if (integer(plist, "date-received", &date) &&
	    date <= (uint64_t)UINT32_MAX) {
		m->has_date = true;
		m->date = (int64_t)date;
	}
}

/* ---- the walk ---- */

enum kind {
	OUTSIDE,
	VERSION, /* V2 to V10, the directory of accounts */
	ACCOUNT,
	MAILBOX, /* NAME.mbox */
	INSIDE   /* below a mailbox: UUID/Data/1/2/Messages */
};

static bool
is_version(const char *name)
{
	size_t n = strspn(name + (name[0] == 'V'), "0123456789");

	return name[0] == 'V' && n > 0 && name[1 + n] == '\0';
}

static bool
is_mailbox(const char *name)
{
	return ms_name_ends(name, ".mbox") || ms_name_ends(name, ".imapmbox");
}

static void
add_mailbox(const char *name, struct ms_buf *folder)
{
	struct ms_slice s = ms_slice_str(name);

	while (s.p[s.n - 1] != '.')
		s.n--;
	s.n--;
	ms_folder_add(folder, s);
}

/* The name of an account is a UUID, or as in "IMAP-alice@imap.example.org". */
static void
begin_account(struct ms_client_state *c, const char *name,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	static const char *const prefixes[] = {
	    "IMAP-", "POP-", "EWS-", "Exchange-", "iCloud-"};
	const char *label = name;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			label = name + strlen(prefixes[i]);
	d->account = ms_client_account_new(c, name, label);
	d->kind = ACCOUNT;
	ms_buf_clear(folder);
}

static enum ms_client_entry
enter(struct ms_client_state *c, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder)
{
	if (strcmp(at->name, "MailData") == 0 ||
	    strcmp(at->name, "Attachments") == 0)
		return at->root ? MS_CLIENT_AS_USUAL : MS_CLIENT_SKIP;
	if (is_mailbox(at->name)) {
		d->kind = MAILBOX;
		if (!at->root || c->into == NULL)
			add_mailbox(at->name, folder);
		return MS_CLIENT_ENTER;
	}
	if (d->kind == VERSION) {
		begin_account(c, at->name, d, folder);
		return MS_CLIENT_ENTER;
	}
	if (d->kind == MAILBOX || d->kind == INSIDE) {
		d->kind = INSIDE;
		return MS_CLIENT_ENTER;
	}
	if (d->kind == OUTSIDE && is_version(at->name)) {
		d->kind = VERSION;
		ms_buf_clear(folder);
		return MS_CLIENT_ENTER;
	}
	return MS_CLIENT_AS_USUAL;
}

static const struct ms_source_format *
format(struct ms_source *src)
{
	return src->file.partial ? &ms_client_partial : NULL;
}

#define PLIST_MAX ((size_t)1 << 20) /* bytes of the properties */

/* The properties follow the message, of which src->left bytes were not read
 * when it began. */
static void
message(struct ms_source *src, struct ms_client_message *m)
{
	struct ms_buf plist = {0};
	ssize_t n;

	if (src->properties == 0)
		return;
	n = pread(src->in.fd, ms_buf_room(&plist, PLIST_MAX), PLIST_MAX,
	    (off_t)src->properties);
	plist.n = n > 0 ? (size_t)n : 0;
	ms_plist_read(m, ms_buf_slice(&plist));
	ms_buf_release(&plist);
}

static const char *const no_mail[] = {"*.plist", "*.emlxpart",
    "table_of_contents", "content_index", "mbox.index", "*.sqlite",
    "*.sqlite-*", "Envelope Index*", "*.webarchive", NULL};

const struct ms_client_driver ms_client_apple_mail = {
    .name = "apple-mail",
    .no_mail = no_mail,
    .enter = enter,
    .format = format,
    .message = message,
};
