/*
 * folders-pattern.c - matches names of folders with patterns. ms-fetch(1),
 * Folders.
 */
#include "folders.h"
#include "folders-impl.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REGEX_NAME_MAX                                                         \
	65536 /* bytes of a name that are matched with a regex                 \
	       */

/* ---- names ---- */

/* The length of INBOX as the first level, in any case, or 0. */
static size_t
inbox(const char *name)
{
	if (strncasecmp(name, "INBOX", 5) != 0)
		return 0;
	return name[5] == '\0' || name[5] == '/' ? 5 : 0;
}

/*
 * Returns the part of name after top, or NULL if name does not begin with top.
 */
static const char *
rest_after(const char *name, const char *top)
{
	size_t n;

	if (inbox(name) > 0 && inbox(top) > 0) {
		name += 5;
		top += 5;
	}
	n = strlen(top);
	return strncmp(name, top, n) == 0 ? name + n : NULL;
}

bool
ms_folders_same(const char *a, const char *b)
{
	const char *rest = rest_after(a, b);

	return rest != NULL && *rest == '\0';
}

bool
ms_folders_below(const char *name, const char *top)
{
	const char *rest = rest_after(name, top);

	return rest != NULL && *rest == '/';
}

/* ---- patterns ---- */

/*
 * Regexes match characters, not bytes, in every locale of the user. Returns the
 * locale to which leave() switches back.
 */
static locale_t
enter(const struct ms_folders *r)
{
	return r->utf8 != (locale_t)0 ? uselocale(r->utf8) : (locale_t)0;
}

static void
leave(locale_t before)
{
	if (before != (locale_t)0)
		uselocale(before);
}

static int
compile(const struct ms_folders *rules, struct ms_folders_pattern *p,
    const char *regex, bool fold, struct ms_err *err)
{
	char why[128];
	locale_t before;
	int r;

	if (*regex == '\0')
		return ms_fail(
		    err, MS_USAGE, "'%s': the regex is empty", p->text);
	before = enter(rules);
	r = regcomp(
	    &p->re, regex, REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0));
	if (r != 0)
		regerror(r, &p->re, why, sizeof(why));
	leave(before);
	if (r != 0)
		return ms_fail(err, MS_USAGE, "'%s': %s", p->text, why);
	p->regex = true;
	return 0;
}

static int
parse(const struct ms_folders *r, struct ms_folders_pattern *p,
    const char *text, struct ms_err *err)
{
	size_t n = strlen(text);

	if (n == 0 || n > MS_FOLDERS_PATTERN_MAX)
		return ms_fail(err, MS_USAGE,
		    "a folder pattern must have 1 to %d bytes",
		    MS_FOLDERS_PATTERN_MAX);
	if (!ms_utf8_valid((const unsigned char *)text, n))
		return ms_fail(err, MS_USAGE, "a folder pattern is not UTF-8");
	p->text = ms_xstrdup(text);
	if (strncmp(text, "||", 2) == 0)
		return compile(r, p, text + 2, false, err);
	if (strncmp(text, "|i|", 3) == 0)
		return compile(r, p, text + 3, true, err);
	p->path = ms_xstrdup(text);
	if (n > 2 && strcmp(text + n - 2, "/.") == 0) {
		p->only = true;
		p->path[n - 2] = '\0';
	} else if (n > 1 && text[n - 1] == '/' && text[n - 2] != '\\') {
		p->path[n - 1] = '\0';
	}
	return 0;
}

static bool
regex_meets(const struct ms_folders *r, const struct ms_folders_pattern *p,
    const char *name)
{
	locale_t before;
	bool met;

	if (strlen(name) > REGEX_NAME_MAX)
		return false;
	before = enter(r);
	met = regexec(&p->re, name, 0, NULL, 0) == 0;
	leave(before);
	return met;
}

static bool
meets(const struct ms_folders *r, const struct ms_folders_pattern *p,
    const char *name)
{
	if (p->regex)
		return regex_meets(r, p, name);
	return ms_folders_same(name, p->path) ||
	       (!p->only && ms_folders_below(name, p->path));
}

/* ---- the rules ---- */

const char *
ms_folders_sent(const struct ms_folders *r)
{
	return r->sent;
}

const char *
ms_folders_excluded(const struct ms_folders *r, const char *name)
{
	for (size_t i = 0; i < r->exclude_count; i++)
		if (meets(r, &r->exclude[i], name))
			return r->exclude[i].text;
	return NULL;
}

bool
ms_folders_included(const struct ms_folders *r, const char *name)
{
	for (size_t i = 0; i < r->include_count; i++)
		if (meets(r, &r->include[i], name))
			return true;
	return r->include_count == 0;
}

bool
ms_folders_named(const struct ms_folders *r, const char *name, const char *top)
{
	const struct ms_folders_pattern *p;

	for (size_t i = 0; i < r->include_count; i++) {
		p = &r->include[i];
		if (!p->regex && meets(r, p, name) &&
		    (ms_folders_same(p->path, top) ||
			ms_folders_below(p->path, top)))
			return true;
	}
	return false;
}

const char *
ms_folders_unmatched(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count, size_t *at)
{
	size_t i, k;

	while (*at <= r->include_count) {
		i = (*at)++;
		for (k = 0; k < count; k++)
			if (i < r->include_count
				? meets(r, &r->include[i], folders[k].name)
				: r->sent == NULL ||
				      ms_folders_same(r->sent, folders[k].name))
				break;
		if (k < count)
			continue;
		if (i < r->include_count)
			return r->include[i].text;
		return r->sent; /* or NULL, in an empty mailbox */
	}
	return NULL;
}

static int
parse_all(const struct ms_folders *r, struct ms_folders_pattern **out,
    size_t *done, const char *const *texts, size_t count, struct ms_err *err)
{
	if (count > MS_FOLDERS_PATTERNS)
		return ms_fail(err, MS_USAGE, "more than %d folder patterns",
		    MS_FOLDERS_PATTERNS);
	*out = ms_xcalloc(count + 1, sizeof(**out));
	for (*done = 0; *done < count; (*done)++)
		if (parse(r, &(*out)[*done], texts[*done], err) < 0) {
			(*done)++; /* so that it is freed */
			return -1;
		}
	return 0;
}

int
ms_folders_new(struct ms_folders **out,
    const struct ms_folders_options *options, struct ms_err *err)
{
	struct ms_folders *r = ms_xcalloc(1, sizeof(*r));

	r->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	r->all = options->all;
	r->others = options->others;
	r->shared = options->shared;
	r->gmail = options->gmail;
	if (options->sent != NULL)
		r->sent = ms_xstrdup(options->sent);
	if (parse_all(r, &r->include, &r->include_count, options->include,
		options->include_count, err) < 0 ||
	    parse_all(r, &r->exclude, &r->exclude_count, options->exclude,
		options->exclude_count, err) < 0) {
		ms_folders_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

static void
free_all(struct ms_folders_pattern *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(p[i].text);
		free(p[i].path);
		if (p[i].regex)
			regfree(&p[i].re);
	}
	free(p);
}

void
ms_folders_free(struct ms_folders *r)
{
	if (r == NULL)
		return;
	free_all(r->include, r->include_count);
	free_all(r->exclude, r->exclude_count);
	if (r->utf8 != (locale_t)0)
		freelocale(r->utf8);
	free(r->sent);
	free(r);
}
