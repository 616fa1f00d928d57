/*
 * imap-folder.c - folders: what the server calls them, what we do, and opening
 * one. RFC 3501, 5.1, 6.3.2, 6.3.8.
 */
#include "imap.h"
#include "imap-impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail.h"
#include "secret.h"

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

/* A name that is no modified UTF-7: as it is if it is UTF-8, else each byte
 * taken for a character of Latin-1. Nothing is decoded, so nothing gets lost.
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
			ms_buf_add_byte(out, (unsigned char)(0xc0 | c >> 6));
			ms_buf_add_byte(out, (unsigned char)(0x80 | (c & 63)));
		} else {
			if (c == '/' || c == '\\')
				ms_buf_add_byte(out, '\\');
			ms_buf_add_byte(out, c);
		}
	}
}

/* The folder's name as we print it. */
static char *
folder_name(const char *raw, char delimiter)
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
	/* INBOX alone may come in any case (RFC 3501, 5.1). */
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

/* Can it be opened, as far as LIST says? */
static bool
selectable(const struct mailimap_mailbox_list *l)
{
	const struct mailimap_mbx_list_flags *f = l->mb_flag;
	const struct mailimap_mbx_list_oflag *o;
	clistiter *cur;

	if (f == NULL)
		return true;
	if (f->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
	    f->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		return false;
	if (f->mbf_oflags == NULL)
		return true;
	for (cur = clist_begin(f->mbf_oflags); cur != NULL;
	     cur = clist_next(cur)) {
		o = clist_content(cur);
		if (o->of_flag_ext != NULL &&
		    strcasecmp(o->of_flag_ext, "NonExistent") == 0)
			return false;
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct ms_imap_folder *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->raw, y->raw);
}

/* Sorts; a folder that was listed twice stays once. Returns how many. */
static size_t
sort_folders(struct ms_imap_folder *f, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(f, n, sizeof(*f), by_name);
	for (i = 0; i < n; i++) {
		if (kept > 0 && strcmp(f[i].raw, f[kept - 1].raw) == 0) {
			free(f[i].raw);
			free(f[i].name);
			continue;
		}
		f[i].clash =
		    kept > 0 && strcmp(f[i].name, f[kept - 1].name) == 0;
		f[kept++] = f[i];
	}
	return kept;
}

int
ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out, size_t *count,
    struct ms_err *err)
{
	const struct mailimap_mailbox_list *l;
	clist *list = NULL;
	clistiter *cur;
	size_t n = 0;
	int r;

	im->text = 0;
	r = mailimap_list(im->m, "", "*", &list);
	if (ms_imap_result(im, r, "LIST", err) < 0) {
		if (list != NULL) /* there too, when the server says NO */
			mailimap_list_result_free(list);
		return -1;
	}
	*out = ms_xcalloc((size_t)clist_count(list), sizeof(**out));
	for (cur = clist_begin(list); cur != NULL; cur = clist_next(cur)) {
		l = clist_content(cur);
		if (l->mb_name == NULL || !selectable(l))
			continue;
		(*out)[n].raw = ms_xstrdup(l->mb_name);
		(*out)[n].name = folder_name(l->mb_name, l->mb_delimiter);
		n++;
	}
	mailimap_list_result_free(list);
	*count = sort_folders(*out, n);
	return 0;
}

void
ms_imap_folders_free(struct ms_imap_folder *f, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(f[i].raw);
		free(f[i].name);
	}
	free(f);
}

int
ms_imap_examine(struct ms_imap *im, const char *raw, struct ms_imap_box *box,
    struct ms_err *err)
{
	const struct mailimap_selection_info *info;
	int r;

	if (!ms_secret_text_ok(raw, strlen(raw)))
		return ms_fail(
		    err, MS_NOINPUT, "the folder's name holds CR or LF");
	im->text = 0;
	r = mailimap_examine(im->m, raw);
	if (ms_imap_result(im, r, "EXAMINE", err) < 0)
		return -1;
	info = im->m->imap_selection_info;
	*box = (struct ms_imap_box){0};
	if (info != NULL) {
		box->exists = info->sel_exists;
		box->uidvalidity = info->sel_uidvalidity;
	}
	return 0;
}
