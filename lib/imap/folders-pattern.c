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

#define REGEX_NAME_MAX 65536 /* bytes of a name for a regex */

/* ---- names ---- */

/* Is the first level INBOX, in any case? */
static bool
inbox(const char *name)
{
	return strncasecmp(name, "INBOX", 5) == 0 &&
	       (name[5] == '\0' || name[5] == '/');
}

/*
 * Returns the part of name after top, or NULL if name does not begin with top.
 */
static const char *
rest_after(const char *name, const char *top)
{
	size_t n;

	if (inbox(name) && inbox(top)) {
		name += 5;
		top += 5;
	}
	n = strlen(top);
	return strncmp(name, top, n) == 0 ? name + n : NULL;
}

/* The keys of the names are compared, so that composed and decomposed letters
 * are equal. */
enum ms_folders_relation
ms_folders_relate(const char *name, const char *top)
{
	enum ms_folders_relation is = MS_FOLDERS_APART;
	struct ms_buf a = {0}, b = {0};
	const char *rest;

	ms_utf8_name_key(ms_slice_str(name), &a);
	ms_utf8_name_key(ms_slice_str(top), &b);
	rest = rest_after(ms_buf_str(&a), ms_buf_str(&b));
	if (rest != NULL && *rest == '\0')
		is = MS_FOLDERS_SAME;
	else if (rest != NULL && *rest == '/')
		is = MS_FOLDERS_BELOW;
	ms_buf_release(&a);
	ms_buf_release(&b);
	return is;
}

/* ---- patterns ---- */

/* Regexes match characters, not bytes, in every locale of the user. */
static int
compile(struct ms_folders *rules, struct ms_folders_pattern *p,
    const char *regex, bool fold, struct ms_err *err)
{
	struct ms_buf key = {0};
	char why[128];
	locale_t before;
	int r = -1;

	if (*regex == '\0')
		return ms_fail(
		    err, MS_USAGE, "'%s': the regex is empty", p->text);
	ms_utf8_name_key(ms_slice_str(regex), &key);
	if (ms_folders_regex_limit(ms_buf_str(&key), &rules->copies, err) < 0) {
		ms_context(err, "'%.80s'", p->text);
		goto out;
	}
	before = uselocale(rules->utf8);
	r = regcomp(&p->re, ms_buf_str(&key),
	    REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0));
	if (r != 0) {
		regerror(r, &p->re, why, sizeof(why));
		ms_fail(err, MS_USAGE, "'%s': %s", p->text, why);
	}
	uselocale(before);
out:
	ms_buf_release(&key);
	return r == 0 ? 0 : -1;
}

static int
parse(struct ms_folders *r, struct ms_folders_pattern *p, const char *text,
    struct ms_err *err)
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
	struct ms_buf key = {0};
	locale_t before;
	bool met;

	if (strlen(name) > REGEX_NAME_MAX)
		return false;
	ms_utf8_name_key(ms_slice_str(name), &key);
	before = uselocale(r->utf8);
	met = regexec(&p->re, ms_buf_str(&key), 0, NULL, 0) == 0;
	uselocale(before);
	ms_buf_release(&key);
	return met;
}

static bool
meets(const struct ms_folders *r, const struct ms_folders_pattern *p,
    const char *name)
{
	enum ms_folders_relation is;

	if (p->path == NULL)
		return regex_meets(r, p, name);
	is = ms_folders_relate(name, p->path);
	return is == MS_FOLDERS_SAME || (is == MS_FOLDERS_BELOW && !p->only);
}

/* ---- the rules ---- */

const char *
ms_folders_meets(const struct ms_folders *r,
    const struct ms_folders_patterns *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (meets(r, &patterns->p[i], name))
			return patterns->p[i].text;
	return NULL;
}

bool
ms_folders_named(const struct ms_folders *r, const char *name, const char *top)
{
	const struct ms_folders_pattern *p = r->include.p;

	for (size_t i = 0; i < r->include.n; i++, p++)
		if (p->path != NULL && meets(r, p, name) &&
		    ms_folders_relate(p->path, top) != MS_FOLDERS_APART)
			return true;
	return false;
}

const char *
ms_folders_unmatched(const struct ms_folders *r,
    const struct ms_imap_folder *folders, size_t count, size_t *at)
{
	const struct ms_folders_pattern *p;
	size_t k;

	while (*at <= r->include.n) {
		p = *at < r->include.n ? &r->include.p[*at] : &r->sent;
		++*at;
		for (k = 0; p->text != NULL && k < count; k++)
			if (meets(r, p, folders[k].name))
				break;
		if (k == count)
			return p->text;
	}
	return NULL;
}

static int
parse_all(struct ms_folders *r, struct ms_folders_patterns *out,
    const char *const *texts, size_t count, struct ms_err *err)
{
	if (count > MS_FOLDERS_PATTERNS)
		return ms_fail(err, MS_USAGE, "more than %d folder patterns",
		    MS_FOLDERS_PATTERNS);
	out->p = ms_xcalloc(count + 1, sizeof(*out->p));
	for (out->n = 0; out->n < count; out->n++)
		if (parse(r, &out->p[out->n], texts[out->n], err) < 0) {
			free(out->p[out->n].text);
			return -1;
		}
	return 0;
}

static void
free_pattern(struct ms_folders_pattern *p)
{
	if (p->text != NULL && p->path == NULL)
		regfree(&p->re);
	free(p->text);
	free(p->path);
}

int
ms_folders_new(struct ms_folders **out,
    const struct ms_folders_options *options, struct ms_err *err)
{
	struct ms_folders *r = ms_xcalloc(1, sizeof(*r));

	r->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	r->options = *options;
	if (options->sent != NULL)
		r->sent = (struct ms_folders_pattern){
		    .text = ms_xstrdup(options->sent),
		    .path = ms_xstrdup(options->sent),
		    .only = true};
	if (parse_all(r, &r->include, options->include, options->include_count,
		err) < 0 ||
	    parse_all(r, &r->exclude, options->exclude, options->exclude_count,
		err) < 0) {
		ms_folders_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

static void
free_all(struct ms_folders_patterns *set)
{
	for (size_t i = 0; i < set->n; i++)
		free_pattern(&set->p[i]);
	free(set->p);
}

void
ms_folders_free(struct ms_folders *r)
{
	if (r == NULL)
		return;
	free_all(&r->include);
	free_all(&r->exclude);
	free_pattern(&r->sent);
	if (r->utf8 != (locale_t)0)
		freelocale(r->utf8);
	free(r);
}
