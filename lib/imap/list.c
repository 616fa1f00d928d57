/*
 * list.c - lists the folders of a mailbox, with their uses and owners. RFC
 * 3501, 6.3.8; RFC 5258; RFC 6154; RFC 2342.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#define SPACES_MAX 64 /* namespaces that are used */

/* ---- namespaces ---- */

/* The prefix of a namespace. */
struct space {
	char *prefix;
	char delimiter;
	enum ms_imap_space kind;
};

/* The results of LIST and NAMESPACE so far. */
struct listing {
	struct ms_imap *im;
	struct ms_imap_folder *f;
	size_t n, cap;
	struct space spaces[SPACES_MAX];
	size_t space_count;
};

static void
add_spaces(struct listing *l, const struct mailimap_namespace_item *item,
    enum ms_imap_space kind)
{
	const struct mailimap_namespace_info *info;
	struct space *s;
	clistiter *cur;

	if (item == NULL || item->ns_data_list == NULL)
		return;
	for (cur = clist_begin(item->ns_data_list);
	     cur != NULL && l->space_count < SPACES_MAX;
	     cur = clist_next(cur)) {
		info = clist_content(cur);
		if (info->ns_prefix == NULL)
			continue;
		s = &l->spaces[l->space_count++];
		s->prefix = ms_xstrdup(info->ns_prefix);
		s->delimiter = info->ns_delimiter;
		s->kind = kind;
	}
}

static int
ask_spaces(struct listing *l, struct ms_err *err)
{
	struct ms_imap *im = l->im;
	const struct mailimap_namespace_data *data;
	const struct mailimap_extension_data *ext;
	clistiter *cur;

	if ((ms_imap_capabilities(im) & MS_CAP_NAMESPACE) == 0)
		return 0;
	/* After a NO the namespaces are unknown; nothing else is lost. */
	if (ms_imap_command(im, "NAMESPACE", "NAMESPACE", err) < 0)
		return im->dead ? -1 : 0;
	if (im->m->imap_response_info == NULL ||
	    im->m->imap_response_info->rsp_extension_list == NULL)
		return 0;
	for (cur = clist_begin(im->m->imap_response_info->rsp_extension_list);
	     cur != NULL; cur = clist_next(cur)) {
		ext = clist_content(cur);
		data = ext->ext_data;
		if (ext->ext_extension->ext_id !=
			MAILIMAP_EXTENSION_NAMESPACE ||
		    data == NULL)
			continue;
		add_spaces(l, data->ns_personal, MS_SPACE_PERSONAL);
		add_spaces(l, data->ns_other, MS_SPACE_OTHER);
		add_spaces(l, data->ns_shared, MS_SPACE_SHARED);
	}
	return 0;
}

/* Is a folder in a namespace, or its top? */
static bool
inside(const char *raw, const struct space *s)
{
	size_t n = strlen(s->prefix);

	if (strncmp(raw, s->prefix, n) == 0)
		return true;
	return n > 1 && s->delimiter != 0 && s->prefix[n - 1] == s->delimiter &&
	       strlen(raw) == n - 1 && strncmp(raw, s->prefix, n - 1) == 0;
}

/* The namespace with the longest prefix is used; of two, the personal one. */
static void
place(const struct listing *l, struct ms_imap_folder *f)
{
	const struct space *best = NULL, *s;
	size_t i, n;
	char *prefix;

	/* INBOX is personal in every namespace (RFC 2342, 4). */
	if (strcmp(f->name, "INBOX") == 0)
		return;
	for (i = 0; i < l->space_count; i++) {
		s = &l->spaces[i];
		if (inside(f->raw, s) &&
		    (best == NULL || strlen(s->prefix) > strlen(best->prefix)))
			best = s;
	}
	if (best == NULL)
		return;
	f->space = best->kind;
	prefix = ms_imap_folder_name(best->prefix, f->delimiter);
	n = strlen(prefix);
	if (strncmp(f->name, prefix, n) == 0)
		f->prefix = n;
	else
		f->prefix = strlen(f->name); /* the top of the namespace */
	free(prefix);
}

/* ---- LIST ---- */

static const struct {
	const char *name;
	unsigned use;
} attributes[] = {
    {"Sent", MS_USE_SENT},
    {"Trash", MS_USE_TRASH},
    {"Junk", MS_USE_JUNK},
    {"Spam", MS_USE_JUNK}, /* this and the next two: XLIST, before RFC 6154 */
    {"AllMail", MS_USE_ALL},
    {"Starred", MS_USE_FLAGGED},
    {"Drafts", MS_USE_DRAFTS},
    {"Archive", MS_USE_ARCHIVE},
    {"All", MS_USE_ALL},
    {"Flagged", MS_USE_FLAGGED},
    {"Important", MS_USE_IMPORTANT},
};

static void
read_attributes(
    struct ms_imap_folder *f, const struct mailimap_mbx_list_flags *flags)
{
	const struct mailimap_mbx_list_oflag *o;
	clistiter *cur;
	size_t i;

	f->selectable = true;
	if (flags == NULL)
		return;
	if (flags->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
	    flags->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		f->selectable = false;
	if (flags->mbf_oflags == NULL)
		return;
	for (cur = clist_begin(flags->mbf_oflags); cur != NULL;
	     cur = clist_next(cur)) {
		o = clist_content(cur);
		if (o->of_flag_ext == NULL)
			continue;
		if (strcasecmp(o->of_flag_ext, "NonExistent") == 0)
			f->selectable = false;
		for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
			if (strcasecmp(o->of_flag_ext, attributes[i].name) == 0)
				f->uses |= attributes[i].use;
	}
}

static void
add_folder(struct listing *l, const struct mailimap_mailbox_list *item)
{
	struct ms_imap_folder *f;

	if (item->mb_name == NULL || *item->mb_name == '\0')
		return;
	if (l->n == l->cap) {
		l->cap = l->cap < 64 ? 64 : 2 * l->cap;
		l->f = ms_xreallocarray(l->f, l->cap, sizeof(*l->f));
	}
	f = &l->f[l->n++];
	*f = (struct ms_imap_folder){.delimiter = item->mb_delimiter};
	f->raw = ms_xstrdup(item->mb_name);
	f->name = ms_imap_folder_name(item->mb_name, item->mb_delimiter);
	read_attributes(f, item->mb_flag);
}

/* Sends a LIST and adds the results. */
static int
list(struct listing *l, const char *command, struct ms_err *err)
{
	const struct mailimap_response_info *info;
	clistiter *cur;

	if (ms_imap_command(l->im, command, "LIST", err) < 0)
		return -1;
	info = l->im->m->imap_response_info;
	if (info == NULL || info->rsp_mailbox_list == NULL)
		return 0;
	for (cur = clist_begin(info->rsp_mailbox_list); cur != NULL;
	     cur = clist_next(cur))
		add_folder(l, clist_content(cur));
	return 0;
}

/* Some servers send uses only on request (RFC 6154, 3). */
static int
list_all(struct listing *l, struct ms_err *err)
{
	if ((ms_imap_capabilities(l->im) & MS_CAP_SPECIAL_USE) != 0 &&
	    list(l, "LIST \"\" \"*\" RETURN (SPECIAL-USE)", err) == 0)
		return 0;
	if (l->im->dead) {
		if (err != NULL)
			*err = l->im->err;
		return -1;
	}
	return list(l, "LIST \"\" \"*\"", err);
}

/*
 * `LIST "" "*"` need not include other namespaces, so they are listed by name.
 */
static int
list_spaces(struct listing *l, struct ms_err *err)
{
	struct ms_buf command = {0};
	const char *p;
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->space_count; i++) {
		p = l->spaces[i].prefix;
		for (k = 0; k < l->n; k++)
			if (inside(l->f[k].raw, &l->spaces[i]))
				break;
		if (*p == '\0' || k < l->n || strpbrk(p, "*%") != NULL ||
		    !ms_secret_text_ok(p, strlen(p)))
			continue;
		ms_buf_clear(&command);
		ms_buf_add_str(&command, "LIST \"\" \"");
		for (; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				ms_buf_add_byte(&command, '\\');
			ms_buf_add_byte(&command, (unsigned char)*p);
		}
		ms_buf_add_str(&command, "*\"");
		if (list(l, ms_buf_str(&command), err) < 0 && l->im->dead)
			rc = -1;
	}
	ms_buf_release(&command);
	return rc;
}

/* ---- the whole list ---- */

static int
by_name(const void *a, const void *b)
{
	const struct ms_imap_folder *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->raw, y->raw);
}

/*
 * Sorts the folders and removes those that were listed twice. Returns how many
 * are left.
 */
static size_t
sort_folders(struct ms_imap_folder *f, size_t n)
{
	const char *last =
	    NULL; /* the name of the last folder that can be opened */
	size_t i, kept = 0;

	if (n > 0)
		qsort(f, n, sizeof(*f), by_name);
	for (i = 0; i < n; i++) {
		if (kept > 0 && strcmp(f[i].raw, f[kept - 1].raw) == 0) {
			f[kept - 1].uses |= f[i].uses;
			f[kept - 1].selectable |= f[i].selectable;
			free(f[i].raw);
			free(f[i].name);
			continue;
		}
		f[kept++] = f[i];
	}
	for (i = 0; i < kept; i++) {
		f[i].duplicate = last != NULL && strcmp(f[i].name, last) == 0;
		if (f[i].selectable)
			last = f[i].name;
	}
	return kept;
}

/* Keeps the names that labels need. */
static void
keep_special(struct ms_imap *im, const struct ms_imap_folder *f, size_t count)
{
	size_t i, k;

	im->listed = true;
	for (k = 0; k < MS_IMAP_USES; k++) {
		free(im->special[k]);
		im->special[k] = NULL;
		for (i = 0; i < count && im->special[k] == NULL; i++)
			if ((f[i].uses & 1u << k) != 0)
				im->special[k] = ms_xstrdup(f[i].name);
	}
}

int
ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out, size_t *count,
    struct ms_err *err)
{
	struct listing l = {.im = im};
	size_t i;
	int rc;

	*out = NULL;
	*count = 0;
	rc = list_all(&l, err);
	if (rc == 0)
		rc = ask_spaces(&l, err);
	if (rc == 0)
		rc = list_spaces(&l, err);
	if (rc == 0) {
		for (i = 0; i < l.n; i++)
			place(&l, &l.f[i]);
		*out = l.f;
		*count = sort_folders(l.f, l.n);
		keep_special(im, l.f, *count);
	} else {
		ms_imap_folders_free(l.f, l.n);
	}
	for (i = 0; i < l.space_count; i++)
		free(l.spaces[i].prefix);
	return rc;
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
