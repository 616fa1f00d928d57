/*
 * folders.c - decides which folders of a mailbox are read: by patterns, by
 * special use and by owner. ms-fetch(1), Folders.
 */
#include "folders.h"
#include "folders-impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LEFT_BY_USE (MS_USE_TRASH | MS_USE_JUNK | MS_USE_DRAFTS | MS_USE_OUTBOX)
#define INHERITED (LEFT_BY_USE | MS_USE_SENT) /* uses, by folders below */
#define TOPS_MAX 200 /* folders from which others inherit a use */

/* One ms_folders_match(). */
struct matching {
	const struct ms_folders *r;
	const struct ms_imap_folder *f;
	size_t n;
	struct ms_folder_verdict *v;
	unsigned said;         /* uses that folders have by attribute */
	size_t tops[TOPS_MAX]; /* folders whose uses are inherited */
	size_t top_count;
	size_t *top; /* for each folder: 1 + the folder from which it inherits,
			or 0 */
};

/* ---- uses ---- */

/*
 * The use of a usual name, if the folder is where such folders are: at the top,
 * below INBOX, or where Gmail has them.
 */
static unsigned
use_by_name(const struct ms_imap_folder *f)
{
	static const char *const homes[] = {
	    "INBOX/", "[Gmail]/", "[Google Mail]/"};
	const char *name = f->name + f->prefix;
	size_t i, n;

	if (f->space == MS_SPACE_OTHER) { /* the name of the user is next */
		name = strchr(name, '/');
		if (name == NULL)
			return 0;
		name++;
	}
	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		n = strlen(homes[i]);
		if (strncasecmp(name, homes[i], n) == 0)
			return ms_folders_usual(name + n);
	}
	return ms_folders_usual(name);
}

/* Finds the uses of each folder by itself. */
static void
find_uses(struct matching *m)
{
	const char *sent = m->r->sent.text;
	struct ms_folder_verdict *v;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->f[i].space == MS_SPACE_PERSONAL)
			m->said |= m->f[i].uses;
	for (i = 0; i < m->n; i++) {
		v = &m->v[i];
		v->uses = use_by_name(&m->f[i]);
		if (m->f[i].space == MS_SPACE_PERSONAL)
			v->uses &= ~m->said;
		v->uses |= m->f[i].uses;
		if (sent != NULL) {
			v->uses &= ~(unsigned)MS_USE_SENT;
			if (ms_folders_relate(m->f[i].name, sent) ==
			    MS_FOLDERS_SAME)
				v->uses |= MS_USE_SENT;
		}
		if (strcmp(m->f[i].name, "INBOX") == 0)
			v->uses &= ~(unsigned)LEFT_BY_USE;
		if ((v->uses & INHERITED) != 0 && m->top_count < TOPS_MAX)
			m->tops[m->top_count++] = i;
	}
}

/* Folders in Trash are trash, whatever their names. */
static void
inherit_uses(struct matching *m)
{
	size_t i, k, t;

	for (i = 0; i < m->n; i++)
		for (k = 0; k < m->top_count; k++) {
			t = m->tops[k];
			if (ms_folders_relate(m->f[i].name, m->f[t].name) !=
			    MS_FOLDERS_BELOW)
				continue;
			if (m->top[i] == 0)
				m->top[i] = t + 1;
			m->v[i].uses |= m->v[t].uses & INHERITED;
		}
}

/* ---- reasons ---- */

/* "excluded by 'Private'"; a long pattern is cut between two characters. */
static void
quote(struct ms_folder_verdict *v, const char *before, const char *pattern)
{
	int n = MS_FOLDERS_WHY - 16 - (int)strlen(before);

	if (strlen(pattern) <= (size_t)n) {
		snprintf(v->why, sizeof(v->why), "%s '%s'", before, pattern);
		return;
	}
	while (n > 0 && ((unsigned char)pattern[n] & 0xc0) == 0x80)
		n--;
	snprintf(v->why, sizeof(v->why), "%s '%.*s...'", before, n, pattern);
}

/* The reason for a use, which is one bit. */
static void
say_use(const struct matching *m, size_t i, unsigned use)
{
	struct ms_folder_verdict *v = &m->v[i];
	const char *how = " by its name";

	if ((m->f[i].uses & use) != 0)
		how = " by SPECIAL-USE";
	else if (use == MS_USE_SENT && m->r->sent.text != NULL)
		how = " by --sent-folder";
	if (m->top[i] != 0 && (use_by_name(&m->f[i]) & use) == 0 &&
	    (m->f[i].uses & use) == 0)
		quote(v, use == MS_USE_SENT ? "Sent, below" : "below",
		    m->f[m->top[i] - 1].name);
	else
		snprintf(
		    v->why, sizeof(v->why), "%s%s", ms_folders_use(use), how);
}

/* ---- matching ---- */

/* Did the user ask for this namespace of another user, or of shared folders? */
static bool
asked_for_space(const struct matching *m, const struct ms_imap_folder *f)
{
	size_t n = f->prefix;
	char *top =
	    ms_xstrndup(f->name, n > 0 && f->name[n - 1] == '/' ? n - 1 : n);
	bool asked = ms_folders_named(m->r, f->name, top);

	free(top);
	return asked;
}

/* Leaves out a folder by its owner. Returns true if it did. */
static bool
left_by_space(const struct matching *m, size_t i)
{
	const struct ms_imap_folder *f = &m->f[i];
	bool other = f->space == MS_SPACE_OTHER;

	if (f->space == MS_SPACE_PERSONAL ||
	    (other ? m->r->options.others : m->r->options.shared) ||
	    asked_for_space(m, f))
		return false;
	snprintf(m->v[i].why, MS_FOLDERS_WHY, "%s",
	    other ? "belongs to another user" : "shared");
	m->v[i].option = other ? "--other-users" : "--shared";
	return true;
}

/* Leaves out a folder by its use. Returns true if it did. */
static bool
left_by_use(const struct matching *m, size_t i)
{
	unsigned use = m->v[i].uses & LEFT_BY_USE;
	size_t top = m->top[i] != 0 ? m->top[i] - 1 : i;

	if (use == 0 || m->r->options.all ||
	    ms_folders_named(m->r, m->f[i].name, m->f[top].name))
		return false;
	say_use(m, i, use & (~use + 1)); /* the lowest bit */
	m->v[i].option = "--all-folders";
	return true;
}

static void
match_folder(const struct matching *m, size_t i)
{
	struct ms_folder_verdict *v = &m->v[i];
	const char *pattern;

	if (!m->f[i].selectable) {
		snprintf(v->why, MS_FOLDERS_WHY, "not selectable");
		return;
	}
	pattern = ms_folders_meets(m->r, &m->r->exclude, m->f[i].name);
	if (pattern != NULL) {
		quote(v, "excluded by", pattern);
	} else if (m->r->include.n > 0 && ms_folders_meets(m->r, &m->r->include,
					      m->f[i].name) == NULL) {
		snprintf(v->why, MS_FOLDERS_WHY, "not selected by --folder");
	} else if (!left_by_space(m, i) && !left_by_use(m, i)) {
		v->mode = MS_FOLDER_READ;
		if ((v->uses & MS_USE_SENT) != 0)
			say_use(m, i, MS_USE_SENT);
	}
}

/*
 * In Gmail, All Mail has every message except spam and trash, and folders are
 * its labels. Opening the folders too would fetch a message once for each
 * label.
 */
static void
use_labels(struct matching *m)
{
	size_t all, i;

	for (all = 0; all < m->n; all++)
		if ((m->f[all].uses & MS_USE_ALL) != 0 &&
		    m->v[all].mode == MS_FOLDER_READ)
			break;
	if (all == m->n)
		return;
	for (i = 0; i < m->n; i++) {
		if (i == all || m->v[i].mode != MS_FOLDER_READ ||
		    (m->v[i].uses & (MS_USE_TRASH | MS_USE_JUNK)) != 0)
			continue;
		m->v[i].mode = MS_FOLDER_LABELS;
		if (m->v[i].why[0] == '\0')
			quote(&m->v[i], "a label in", m->f[all].name);
	}
}

void
ms_folders_match(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count,
    struct ms_folder_verdict *out)
{
	struct matching m = {.r = r, .f = folders, .n = count, .v = out};
	size_t i;

	memset(out, 0, count * sizeof(*out));
	m.top = ms_xcalloc(count + 1, sizeof(*m.top));
	find_uses(&m);
	inherit_uses(&m);
	for (i = 0; i < count; i++)
		match_folder(&m, i);
	if (r->options.gmail)
		use_labels(&m);
	free(m.top);
}

/* ---- Gmail's labels ---- */

static int
by_name(const void *key, const void *folder)
{
	const struct ms_slice *name = key;
	const struct ms_imap_folder *f = folder;
	int c = strncmp((const char *)name->p, f->name, name->n);

	return c != 0 ? c : -(f->name[name->n] != '\0');
}

/*
 * The folder of the label at *p, which ends with a newline; `count` if there is
 * none. *p is moved to the next label.
 */
static size_t
next_label(const struct ms_imap_folder *folders, size_t count, const char **p)
{
	struct ms_slice name = {(const unsigned char *)*p, strcspn(*p, "\n")};
	const struct ms_imap_folder *f =
	    count > 0 ? bsearch(&name, folders, count, sizeof(*f), by_name)
		      : NULL;

	*p += name.n + ((*p)[name.n] != '\0');
	return f != NULL ? (size_t)(f - folders) : count;
}

bool
ms_folders_labels(const struct ms_imap_folder *folders,
    const struct ms_folder_verdict *verdicts, size_t count, const char *labels,
    void (*in)(void *ctx, size_t i), void *ctx, const char **why)
{
	const unsigned marks = MS_USE_ALL | MS_USE_FLAGGED | MS_USE_IMPORTANT;
	const char *p, *out = NULL;
	bool read = false;
	size_t i;

	for (p = labels; *p != '\0';) {
		i = next_label(folders, count, &p);
		if (i == count || !folders[i].selectable)
			continue;
		if (verdicts[i].mode == MS_FOLDER_SKIP)
			out = verdicts[i].why;
		else if ((folders[i].uses & marks) == 0)
			read = true;
	}
	if (out != NULL && !read) {
		*why = out;
		return false;
	}
	for (p = labels; *p != '\0';) {
		i = next_label(folders, count, &p);
		if (i < count && verdicts[i].mode == MS_FOLDER_LABELS)
			in(ctx, i);
	}
	return true;
}
