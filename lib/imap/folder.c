/*
 * folder.c - opens a folder and converts its name from the server's form to
 * ours. RFC 3501, 5.1, 6.3.1, 6.3.2.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"
#include "utf8.h"

/* Appends one level of a name, decoded, with `/` and `\` escaped. */
static int
add_level(struct ms_buf *out, const char *p, size_t n)
{
	struct ms_buf level = {0};
	int rc = ms_mutf7_decode(
	    (struct ms_slice){(const unsigned char *)p, n}, &level);
	size_t i;

	for (i = 0; rc == 0 && i < level.n; i++) {
		if (level.p[i] == '/' || level.p[i] == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, level.p[i]);
	}
	ms_buf_release(&level);
	return rc;
}

/*
 * A name that is not valid modified UTF-7: it is used unchanged if it is UTF-8,
 * else each byte becomes a character of Latin-1. Nothing is decoded, so that
 * different names stay different.
 */
static void
add_foreign(struct ms_buf *out, const char *name, char delimiter)
{
	size_t i, n = strlen(name);
	bool utf8 = ms_utf8_valid((const unsigned char *)name, n);
	unsigned char c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)name[i];
		if (delimiter != 0 && name[i] == delimiter) {
			ms_buf_add_byte(out, '/');
		} else if (c >= 0x80 && !utf8) {
			out->n += ms_utf8_put(ms_buf_room(out, 4), c);
		} else {
			if (c == '/' || c == '\\')
				ms_buf_add_byte(out, '\\');
			ms_buf_add_byte(out, c);
		}
	}
}

char *
ms_imap_folder_name(const char *raw, char delimiter)
{
	struct ms_buf out = {0};
	const char *p = raw, *end;
	char *name;

	for (;;) {
		end = delimiter != 0 ? strchr(p, delimiter) : NULL;
		if (add_level(&out, p,
			end != NULL ? (size_t)(end - p) : strlen(p)) < 0) {
			ms_buf_clear(&out);
			add_foreign(&out, raw, delimiter);
			break;
		}
		if (end == NULL)
			break;
		ms_buf_add_byte(&out, '/');
		p = end + 1;
	}
	name = ms_xstrdup(ms_buf_str(&out));
	ms_buf_release(&out);
	/* INBOX may be in any case (RFC 3501, 5.1). */
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

int
ms_imap_select(struct ms_imap *im, const char *raw, bool write,
    struct ms_imap_mailbox *mailbox, struct ms_err *err)
{
	const struct mailimap_selection_info *info;
	int r;

	if (!ms_secret_text_ok(raw, strlen(raw)))
		return ms_fail(err, MS_NOINPUT, "the folder name has CR or LF");
	im->text = 0;
	im->mailbox = (struct ms_imap_mailbox){0};
	im->changes = 0;
	im->opened = false;
	r = write ? mailimap_select(im->m, raw) : mailimap_examine(im->m, raw);
	if (ms_imap_result(im, r, write ? "SELECT" : "EXAMINE", err) < 0)
		return -1;
	info = im->m->imap_selection_info;
	if (info != NULL) {
		im->mailbox.exists = info->sel_exists;
		im->mailbox.uidvalidity = info->sel_uidvalidity;
		im->mailbox.uidnext = info->sel_uidnext;
		im->mailbox.writable =
		    write && info->sel_perm != MAILIMAP_MAILBOX_READONLY;
	}
	im->opened = true;
	*mailbox = im->mailbox;
	return 0;
}
