/* folders-regex.c - what a regex of folder names needs when it is compiled.
 * ms-fetch(1), Folders.
 */
#include "folders-impl.h"

#include <ctype.h>
#include <string.h>

#define NESTED_MAX 100  /* groups in groups */
#define FACTOR_MAX 9999 /* of a repetition: more is refused in any case */

/*
 * The size of a regex is the number of its characters after regcomp(3) has
 * written out its repetitions: a+ is aa*, and a{2,4} is aaa?a?. A group counts
 * as at least one character.
 */
struct size {
	size_t group[NESTED_MAX]; /* the size of each open group so far */
	size_t depth;             /* the innermost one */
	size_t atom;              /* the last character or group */
	size_t copies;            /* that repetitions have added */
};

static void
add_atom(struct size *s, size_t n)
{
	s->atom = n > 0 ? n : 1;
	s->group[s->depth] += s->atom;
}

static void
repeat(struct size *s, size_t factor)
{
	if (factor < 2 || s->atom == 0)
		return;
	s->copies += s->atom * (factor - 1);
	s->group[s->depth] += s->atom * (factor - 1);
	s->atom *= factor;
}

/* Returns the end of [...]. */
static const char *
skip_set(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	p += *p == ']';
	for (; *p != '\0' && *p != ']'; p++)
		if (*p == '[' && p[1] != '\0' && strchr(":.=", p[1]) != NULL) {
			const char end[] = {p[1], ']', '\0'};
			const char *found = strstr(p + 2, end);

			p = found != NULL ? found + 1 : p;
		}
	return *p != '\0' ? p + 1 : p;
}

static size_t
number(const char **p)
{
	size_t n = 0;

	for (; isdigit((unsigned char)**p); ++*p)
		n = n < FACTOR_MAX ? n * 10 + (size_t)(**p - '0') : n;
	return n;
}

/* Returns the end of {m}, {m,} or {m,n}; without one of these, { is a
 * character. */
static const char *
add_bounds(struct size *s, const char *p)
{
	const char *q = p + 1;
	size_t least = number(&q), most = least;

	if (*q == ',' && q[1] == '}') {
		q++;
		most = least + 1;
	} else if (*q == ',') {
		q++;
		most = number(&q);
	}
	if (*q != '}') {
		add_atom(s, 1);
		return p + 1;
	}
	repeat(s, most > least ? most : least);
	return q + 1;
}

/* Adds what begins at p, and returns its end. */
static const char *
add_next(struct size *s, const char *p)
{
	switch (*p) {
	case '(':
		s->group[++s->depth] = 0;
		s->atom = 0;
		return p + 1;
	case ')': /* without an open group, a character */
		if (s->depth == 0) {
			add_atom(s, 1);
		} else {
			s->depth--;
			add_atom(s, s->group[s->depth + 1]);
		}
		return p + 1;
	case '|':
		s->atom = 0;
		return p + 1;
	case '+':
		repeat(s, 2);
		return p + 1;
	case '{':
		return add_bounds(s, p);
	case '[':
		add_atom(s, 1);
		return skip_set(p);
	case '\\':
		add_atom(s, 1);
		return p[1] != '\0' ? p + 2 : p + 1;
	default:
		if (((unsigned char)*p & 0xc0) != 0x80 && *p != '*' &&
		    *p != '?')
			add_atom(s, 1);
		return p + 1;
	}
}

int
ms_folders_regex_limit(const char *regex, size_t *copies, struct ms_err *err)
{
	struct size s = {.copies = *copies};

	for (const char *p = regex; *p != '\0';) {
		if (s.depth + 1 == NESTED_MAX)
			return ms_fail(err, MS_USAGE,
			    "the regex has more than %d groups in groups",
			    NESTED_MAX - 2);
		if (*p == '\\' && p[1] >= '1' && p[1] <= '9')
			return ms_fail(err, MS_USAGE,
			    "back-references such as \\%c are refused, because "
			    "comparing them with a name can take hours",
			    p[1]);
		p = add_next(&s, p);
		if (s.copies > MS_FOLDERS_COPIES)
			return ms_fail(err, MS_USAGE,
			    "repetitions in regexes add more than %d "
			    "characters; write * instead of {m,n}",
			    MS_FOLDERS_COPIES);
	}
	*copies = s.copies;
	return 0;
}
