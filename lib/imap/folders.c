/*
 * folders.c - judging a mailbox's folders by the user's patterns, by what they
 * are for, and by whose they are. ms-fetch(1), Folders.
 */
#include "folders.h"
#include "folders-impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LEFT_BY_USE (MS_USE_TRASH | MS_USE_JUNK | MS_USE_DRAFTS | MS_USE_OUTBOX)
#define INHERITED (LEFT_BY_USE | MS_USE_SENT) /* by the folders below */
#define TOPS_MAX 200 /* folders that others inherit a use from */

/* One ms_folders_judge(). */
struct judging {
	const struct ms_folders *r;
	const struct ms_imap_folder *f;
	size_t n;
	struct ms_folder_verdict *v;
	unsigned said;         /* uses that some folder has by attribute */
	size_t tops[TOPS_MAX]; /* those with uses that are inherited */
	size_t top_count;
	size_t *top; /* of each folder: 1 + the one it inherits from, or 0 */
};

static bool
is_inbox(const struct ms_imap_folder *f)
{
	return strcmp(f->name, "INBOX") == 0;
}

/* ---- what a folder is for ---- */

/* The usual name's use, if the folder stands where such folders stand: on
 * top, below INBOX, or where Gmail has them. */
static unsigned
use_by_name(const struct ms_imap_folder *f)
{
	static const char *const homes[] = {
	    "INBOX/", "[Gmail]/", "[Google Mail]/"};
	const char *name = f->name + f->prefix, *slash;
	size_t i, n;

	if (f->space == MS_SPACE_OTHER) {
		slash = strchr(name, '/'); /* behind whose it is */
		if (slash == NULL)
			return 0;
		name = slash + 1;
	}
	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		n = strlen(homes[i]);
		if (strncasecmp(name, homes[i], n) == 0) {
			name += n;
			break;
		}
	}
	return ms_folders_usual(name);
}

/* Uses of each folder by itself. */
static void
find_uses(struct judging *j)
{
	const char *sent = ms_folders_sent(j->r);
	struct ms_folder_verdict *v;
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->f[i].space == MS_SPACE_PERSONAL)
			j->said |= j->f[i].uses;
	for (i = 0; i < j->n; i++) {
		v = &j->v[i];
		v->uses = use_by_name(&j->f[i]);
		if (j->f[i].space == MS_SPACE_PERSONAL)
			v->uses &= ~j->said;
		v->uses |= j->f[i].uses;
		if (sent != NULL) {
			v->uses &= ~(unsigned)MS_USE_SENT;
			if (ms_folders_same(sent, j->f[i].name))
				v->uses |= MS_USE_SENT;
		}
		if (is_inbox(&j->f[i]))
			v->uses &= ~(unsigned)LEFT_BY_USE;
		if ((v->uses & INHERITED) != 0 && j->top_count < TOPS_MAX)
			j->tops[j->top_count++] = i;
	}
}

/* What lies in Trash is trash, whatever it is called. */
static void
inherit_uses(struct judging *j)
{
	size_t i, k, t;

	for (i = 0; i < j->n; i++)
		for (k = 0; k < j->top_count; k++) {
			t = j->tops[k];
			if (t == i ||
			    !ms_folders_below(j->f[i].name, j->f[t].name))
				continue;
			if (j->top[i] == 0)
				j->top[i] = t + 1;
			j->v[i].uses |= j->v[t].uses & INHERITED;
		}
}

/* ---- reasons ---- */

static void
left(struct ms_folder_verdict *v, const char *why)
{
	v->way = MS_FOLDER_LEFT;
	snprintf(v->why, sizeof(v->why), "%s", why);
}

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

/* Why it has a use, which is one bit. */
static void
say_use(const struct judging *j, size_t i, unsigned use)
{
	struct ms_folder_verdict *v = &j->v[i];
	const char *how = " by its name";

	if ((j->f[i].uses & use) != 0)
		how = " by SPECIAL-USE";
	else if (use == MS_USE_SENT && ms_folders_sent(j->r) != NULL)
		how = ", named by --sent-folder";
	if (j->top[i] != 0 && (use_by_name(&j->f[i]) & use) == 0 &&
	    (j->f[i].uses & use) == 0)
		quote(v, use == MS_USE_SENT ? "Sent, below" : "below",
		    j->f[j->top[i] - 1].name);
	else
		snprintf(
		    v->why, sizeof(v->why), "%s%s", ms_folders_use(use), how);
}

/* ---- the judgement ---- */

/* Where another user's or a shared folder's namespace begins. */
static bool
asked_for_space(const struct judging *j, const struct ms_imap_folder *f)
{
	char *top = ms_xstrndup(f->name, f->prefix);
	size_t n = f->prefix;
	bool asked;

	if (n > 0 && top[n - 1] == '/')
		top[n - 1] = '\0';
	asked = ms_folders_named(j->r, f->name, top);
	free(top);
	return asked;
}

/* By whose it is; true: it is left out. */
static bool
left_by_space(const struct judging *j, size_t i)
{
	const struct ms_imap_folder *f = &j->f[i];

	if (f->space == MS_SPACE_PERSONAL ||
	    (f->space == MS_SPACE_OTHER && j->r->others) ||
	    (f->space == MS_SPACE_SHARED && j->r->shared) ||
	    asked_for_space(j, f))
		return false;
	left(
	    &j->v[i], f->space == MS_SPACE_OTHER ? "another user's" : "shared");
	return true;
}

/* By what it is for; true: it is left out. */
static bool
left_by_use(const struct judging *j, size_t i)
{
	unsigned use = j->v[i].uses & LEFT_BY_USE;
	size_t top = j->top[i] != 0 ? j->top[i] - 1 : i;

	if (use == 0 || j->r->all ||
	    ms_folders_named(j->r, j->f[i].name, j->f[top].name))
		return false;
	left(&j->v[i], "");
	say_use(j, i, use & (~use + 1)); /* the lowest bit */
	return true;
}

static void
judge(const struct judging *j, size_t i)
{
	struct ms_folder_verdict *v = &j->v[i];
	const char *pattern;

	if (!j->f[i].selectable) {
		left(v, "not selectable");
		return;
	}
	pattern = ms_folders_excluded(j->r, j->f[i].name);
	if (pattern != NULL) {
		v->named = true;
		left(v, "");
		quote(v, "excluded by", pattern);
		return;
	}
	if (!ms_folders_included(j->r, j->f[i].name)) {
		v->named = true;
		left(v, "named by no --folder");
		return;
	}
	if (left_by_space(j, i) || left_by_use(j, i))
		return;
	v->way = MS_FOLDER_OPEN;
	if ((v->uses & MS_USE_SENT) != 0)
		say_use(j, i, MS_USE_SENT);
}

/* Gmail has every message but spam and trash in All Mail, and folders are its
 * labels: opening them too would fetch a message once for each. */
static void
use_labels(struct judging *j)
{
	size_t all, i;

	for (all = 0; all < j->n; all++)
		if ((j->f[all].uses & MS_USE_ALL) != 0 &&
		    j->v[all].way == MS_FOLDER_OPEN)
			break;
	if (all == j->n)
		return;
	for (i = 0; i < j->n; i++) {
		if (i == all || j->v[i].way != MS_FOLDER_OPEN ||
		    (j->v[i].uses & (MS_USE_TRASH | MS_USE_JUNK)) != 0)
			continue;
		j->v[i].way = MS_FOLDER_LABELS;
		if (j->v[i].why[0] == '\0')
			quote(&j->v[i], "a label in", j->f[all].name);
	}
}

void
ms_folders_judge(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count,
    struct ms_folder_verdict *out)
{
	struct judging j = {.r = r, .f = folders, .n = count, .v = out};
	size_t i;

	memset(out, 0, count * sizeof(*out));
	j.top = ms_xcalloc(count + 1, sizeof(*j.top));
	find_uses(&j);
	inherit_uses(&j);
	for (i = 0; i < count; i++)
		judge(&j, i);
	if (r->gmail)
		use_labels(&j);
	free(j.top);
}

/* ---- Gmail's labels ---- */

static int
by_name(const void *key, const void *folder)
{
	const struct ms_slice *name = key;
	const struct ms_imap_folder *f = folder;
	size_t n = strlen(f->name);
	int c = memcmp(name->p, f->name, name->n < n ? name->n : n);

	return c != 0 ? c : name->n < n ? -1 : name->n > n;
}

/* The folder of the label at p, which ends with a newline; count: none. */
static size_t
label_folder(const struct ms_imap_folder *folders, size_t count, const char *p)
{
	struct ms_slice name = {(const unsigned char *)p, strcspn(p, "\n")};
	const struct ms_imap_folder *f =
	    count > 0 ? bsearch(&name, folders, count, sizeof(*f), by_name)
		      : NULL;

	return f != NULL ? (size_t)(f - folders) : count;
}

static const char *
next_label(const char *p)
{
	p += strcspn(p, "\n");
	return *p != '\0' ? p + 1 : p;
}

bool
ms_folders_labels(const struct ms_imap_folder *folders,
    const struct ms_folder_verdict *verdicts, size_t count, const char *labels,
    void (*in)(void *ctx, size_t i), void *ctx, const char **why)
{
	const unsigned marks = MS_USE_ALL | MS_USE_FLAGGED | MS_USE_IMPORTANT;
	const char *p, *out = NULL;
	bool held = false;
	size_t i;

	for (p = labels; *p != '\0'; p = next_label(p)) {
		i = label_folder(folders, count, p);
		if (i == count || !folders[i].selectable)
			continue;
		if (verdicts[i].way == MS_FOLDER_LEFT)
			out = verdicts[i].why;
		else if ((folders[i].uses & marks) == 0)
			held = true;
	}
	if (out != NULL && !held) {
		*why = out;
		return false;
	}
	for (p = labels; *p != '\0'; p = next_label(p)) {
		i = label_folder(folders, count, p);
		if (i < count && verdicts[i].way == MS_FOLDER_LABELS)
			in(ctx, i);
	}
	return true;
}
