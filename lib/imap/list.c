/*
 * list.c - lists the folders of a mailbox, with their uses and owners. RFC
 * 3501, 6.3.8; RFC 5258; RFC 6154; RFC 2342.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>

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

/* The delimiter of a LIST or NAMESPACE; NIL is none. */
static char
delimiter_of(const struct ms_imap_value *v)
{
	bool text = v->type == MS_IMAP_STRING || v->type == MS_IMAP_ATOM;

	if (text && v->text.n == 1)
		return (char)*v->text.p;
	return '\0';
}

/*
 * Reads the namespaces of one kind: NIL, or a list of lists that begin with a
 * prefix and a delimiter; extensions follow these. Returns false if it cannot
 * be read.
 */
static bool
read_spaces(
    struct ms_imap_reader *r, struct listing *l, enum ms_imap_space kind)
{
	struct ms_imap_value v;
	struct space *s;

	ms_imap_value(r, &v);
	if (v.type != MS_IMAP_OPEN)
		return ms_slice_is(v.text, "NIL");
	for (ms_imap_value(r, &v); v.type == MS_IMAP_OPEN;
	     ms_imap_value(r, &v)) {
		ms_imap_value(r, &v);
		if (v.type != MS_IMAP_STRING)
			return false;
		if (l->space_count < SPACES_MAX) {
			s = &l->spaces[l->space_count++];
			s->prefix = ms_xstrndup(v.text.p, v.text.n);
			ms_imap_value(r, &v);
			s->delimiter = delimiter_of(&v);
			s->kind = kind;
		}
		ms_imap_value_leave(r, &v);
	}
	return v.type == MS_IMAP_CLOSE;
}

static void
drop_spaces(struct listing *l)
{
	while (l->space_count > 0)
		free(l->spaces[--l->space_count].prefix);
}

/* A response that cannot be read is as good as none. */
static void
handle_spaces(struct ms_imap *im, void *ctx)
{
	struct listing *l = ctx;
	struct ms_imap_reader *r = &im->reader;

	if (r->word != MS_IMAP_NAMESPACE)
		return;
	drop_spaces(l);
	if (!read_spaces(r, l, MS_SPACE_PERSONAL) ||
	    !read_spaces(r, l, MS_SPACE_OTHER) ||
	    !read_spaces(r, l, MS_SPACE_SHARED))
		drop_spaces(l);
}

static int
ask_spaces(struct listing *l, struct ms_err *err)
{
	const struct ms_imap_handler handler = {handle_spaces, NULL, l};

	/* After a NO the namespaces are unknown; nothing else is lost. */
	if ((ms_imap_capabilities(l->im) & MS_CAP_NAMESPACE) != 0)
		(void)ms_imap_command(
		    l->im, "NAMESPACE", "NAMESPACE", &handler, NULL);
	return ms_imap_check(l->im, err);
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
	prefix = ms_imap_folder_name(l->im, best->prefix, f->delimiter);
	n = strlen(prefix);
	if (strncmp(f->name, prefix, n) == 0)
		f->prefix = n;
	else
		f->prefix = strlen(f->name); /* the top of the namespace */
	free(prefix);
}

/* ---- LIST ---- */

unsigned
ms_imap_use(struct ms_slice name)
{
	static const struct ms_imap_name uses[] = {
	    {"Sent", MS_USE_SENT},
	    {"Trash", MS_USE_TRASH},
	    {"Junk", MS_USE_JUNK},
	    {"Drafts", MS_USE_DRAFTS},
	    {"Archive", MS_USE_ARCHIVE},
	    {"All", MS_USE_ALL},
	    {"Flagged", MS_USE_FLAGGED},
	    {"Important", MS_USE_IMPORTANT},
	    /* XLIST, before RFC 6154, and labels: */
	    {"Spam", MS_USE_JUNK},
	    {"AllMail", MS_USE_ALL},
	    {"Starred", MS_USE_FLAGGED},
	    {"Draft", MS_USE_DRAFTS},
	};

	return ms_imap_name(uses, sizeof(uses) / sizeof(*uses), name);
}

static void
read_attribute(struct ms_imap_folder *f, struct ms_slice name)
{
	if (name.n > 0 && *name.p == '\\') {
		name.p++;
		name.n--;
	}
	f->uses |= ms_imap_use(name);
	if (ms_slice_is(name, "Noselect") || ms_slice_is(name, "NonExistent"))
		f->selectable = false;
}

/*
 * The name of a folder without quotes; it may have blanks. Extended items
 * (RFC 5258) follow it.
 */
static struct ms_slice
bare_name(struct ms_slice rest)
{
	const unsigned char *items = NULL;

	if (rest.n > 2)
		items = memmem(rest.p, rest.n, " (\"", 3);
	if (items == NULL && rest.n > 2 &&
	    memcmp(rest.p + rest.n - 2, "))", 2) == 0)
		items = memmem(rest.p, rest.n, " (", 2);
	if (items != NULL)
		rest.n = (size_t)(items - rest.p);
	return rest;
}

/*
 * Reads the name of a folder; the caller frees it. A name that is not written
 * as it should be is returned as well as possible: if it is wrong, the folder
 * cannot be opened and fails by this name.
 */
static char *
read_name(struct ms_imap_reader *r)
{
	struct ms_slice rest = ms_imap_value_rest(r);
	struct ms_imap_value v, next;
	char *name;

	ms_imap_value(r, &v);
	if (v.type == MS_IMAP_DROPPED)
		return ms_xstrdup("a name that is too long");
	if (v.type != MS_IMAP_STRING && v.type != MS_IMAP_TORN) {
		rest = bare_name(rest);
		return ms_xstrndup(rest.p, rest.n);
	}
	name = ms_xstrndup(v.text.p, v.text.n);
	ms_imap_value(r, &next);
	if (next.type != MS_IMAP_END && next.type != MS_IMAP_OPEN &&
	    *rest.p == '"' && rest.p[rest.n - 1] == '"') {
		/* There are quotes in the quotes. */
		free(name);
		name = ms_xstrndup(rest.p + 1, rest.n - 2);
	}
	return name;
}

static void
drop(struct ms_imap_folder *f)
{
	free(f->raw);
	free(f->name);
}

static struct ms_imap_folder *
new_folder(struct listing *l)
{
	ms_imap_progress_list(l->im);
	if (l->n == MS_IMAP_FOLDERS_MAX)
		ms_imap_kill(l->im, MS_PROTO,
		    "the server lists more than %d folders",
		    MS_IMAP_FOLDERS_MAX);
	if (l->n == l->cap) {
		l->cap = l->cap < 64 ? 64 : 2 * l->cap;
		l->f = ms_xreallocarray(l->f, l->cap, sizeof(*l->f));
	}
	l->f[l->n] = (struct ms_imap_folder){.selectable = true};
	return &l->f[l->n++];
}

static void
handle_folder(struct ms_imap *im, void *ctx)
{
	struct ms_imap_reader *r = &im->reader;
	struct ms_slice whole = ms_imap_value_rest(r);
	struct listing *l = ctx;
	struct ms_imap_folder *f;
	struct ms_imap_value v;

	if (r->word != MS_IMAP_LIST)
		return;
	f = new_folder(l);
	ms_imap_value(r, &v);
	if (v.type == MS_IMAP_OPEN)
		for (ms_imap_value(r, &v);
		     v.type != MS_IMAP_CLOSE && v.type != MS_IMAP_END;
		     ms_imap_value_next(r, &v))
			read_attribute(f, v.text);
	ms_imap_value(r, &v);
	f->delimiter = delimiter_of(&v);
	if (v.type == MS_IMAP_END) /* there is no name to fail by */
		f->raw = ms_xstrndup(whole.p, whole.n);
	else
		f->raw = read_name(r);
	f->name = ms_imap_folder_name(im, f->raw, f->delimiter);
	if (*f->raw == '\0')
		drop(&l->f[--l->n]);
}

/* INBOX always exists (RFC 3501, 5.1), also if it is not listed, or as a folder
 * that cannot be selected. */
static void
need_inbox(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->f[i].name, "INBOX") == 0) {
			l->f[i].unlisted = !l->f[i].selectable;
			l->f[i].selectable = true;
			return;
		}
	*new_folder(l) = (struct ms_imap_folder){.raw = ms_xstrdup("INBOX"),
	    .name = ms_xstrdup("INBOX"),
	    .selectable = true,
	    .unlisted = true};
}

/* Sends a LIST and adds the results. */
static int
list(struct listing *l, const char *command, struct ms_err *err)
{
	const struct ms_imap_handler handler = {handle_folder, NULL, l};

	return ms_imap_command(l->im, command, "LIST", &handler, err);
}

/* Some servers send uses only on request (RFC 6154, 3). */
static int
list_all(struct listing *l, struct ms_err *err)
{
	if ((ms_imap_capabilities(l->im) & MS_CAP_SPECIAL_USE) != 0 &&
	    list(l, "LIST \"\" \"*\" RETURN (SPECIAL-USE)", err) == 0)
		return 0;
	if (ms_imap_check(l->im, err) < 0)
		return -1;
	return list(l, "LIST \"\" \"*\"", err);
}

/* Lists the folders of a namespace, unless some of them are known already. */
static void
list_space(struct listing *l, const struct space *s)
{
	struct ms_buf command = {0}, pattern = {0};
	size_t k = 0;

	while (k < l->n && !inside(l->f[k].raw, s))
		k++;
	if (*s->prefix != '\0' && k == l->n &&
	    strpbrk(s->prefix, "*%") == NULL) {
		ms_buf_printf(&pattern, "%s*", s->prefix);
		ms_buf_add_str(&command, "LIST \"\" ");
		ms_imap_add_string(
		    l->im, &command, ms_buf_str(&pattern), false);
		(void)list(l, ms_buf_str(&command), NULL);
	}
	ms_buf_release(&command);
	ms_buf_release(&pattern);
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
			drop(&f[i]);
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
	rc = list_all(&l, err) < 0 || ask_spaces(&l, err) < 0 ? -1 : 0;
	/* `LIST "" "*"` need not include other namespaces. */
	for (i = 0; rc == 0 && i < l.space_count; i++) {
		list_space(&l, &l.spaces[i]);
		rc = ms_imap_check(im, err);
	}
	if (rc == 0) {
		need_inbox(&l);
		for (i = 0; i < l.n; i++)
			place(&l, &l.f[i]);
		*out = l.f;
		*count = sort_folders(l.f, l.n);
		keep_special(im, l.f, *count);
	} else {
		ms_imap_folders_free(l.f, l.n);
	}
	drop_spaces(&l);
	return rc;
}

void
ms_imap_folders_free(struct ms_imap_folder *f, size_t count)
{
	for (size_t i = 0; i < count; i++)
		drop(&f[i]);
	free(f);
}
