/* opt.c - the parser of command lines, and the values that options have in
 * several tools. ms(7), Options. */
#include "opt.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "nearest.h"

/* ---- values ---- */

int
ms_opt_number(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    struct ms_err *err)
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			break;
	if (p == text || *p != '\0' || v < min || v > max)
		return ms_fail(err, MS_USAGE,
		    "'%.40s' is not a number from %llu to %llu", text,
		    (unsigned long long)min, (unsigned long long)max);
	*out = v;
	return 0;
}

int
ms_opt_size(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    struct ms_err *err)
{
	static const char units[] = "KMG";
	size_t n = strlen(text);
	const char *unit =
	    n > 1 ? strchr(units, toupper((unsigned char)text[n - 1])) : NULL;
	unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
	char *digits = ms_xstrndup(text, shift > 0 ? n - 1 : n);
	int rc = ms_opt_number(digits, min, max >> shift, out, err);

	free(digits);
	*out <<= rc == 0 ? shift : 0;
	return rc;
}

/* choices: "auto | mbox | eml". *out receives the index of text. */
static int
parse_choice(
    const char *text, const char *choices, uint64_t *out, struct ms_err *err)
{
	size_t n = strlen(text);
	const char *p = choices;

	for (*out = 0; *p != '\0'; p += strspn(p, " |"), ++*out) {
		if (strcspn(p, " ") == n && memcmp(p, text, n) == 0)
			return 0;
		p += strcspn(p, " ");
	}
	return ms_fail_choice(text, choices, err);
}

static int
add_to_list(struct ms_opt_list *list, uint64_t max, const char *value,
    struct ms_err *err)
{
	if (list->n >= max)
		return ms_fail(err, MS_USAGE, "given more than %llu times",
		    (unsigned long long)max);
	list->v = ms_xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = value;
	return 0;
}

static void
store_integer(void *member, size_t size, uint64_t n)
{
	assert(size == sizeof(bool) || size == sizeof(uint32_t) ||
	       size == sizeof(uint64_t));
	if (size == sizeof(bool))
		*(bool *)member = n != 0;
	else if (size == sizeof(uint32_t))
		*(uint32_t *)member = (uint32_t)n;
	else
		*(uint64_t *)member = n;
}

/* Stores the value of an option in its member. */
static int
store(struct ms_opt_state *s, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	void *member = (char *)s->values + o->at;
	uint64_t n = o->min;

	/* The types from MS_OPT_STRING to MS_OPT_CHOICE need an argument. */
	assert(o->type < MS_OPT_STRING || o->type > MS_OPT_CHOICE ||
	       value != NULL);
	switch (o->type) {
	case MS_OPT_FLAG:
		n = 1;
		break;
	case MS_OPT_CONST:
		break;
	case MS_OPT_NUMBER:
		if (ms_opt_number(value, o->min, o->max, &n, err) < 0)
			return -1;
		break;
	case MS_OPT_SIZE:
		if (ms_opt_size(value, 1, o->max, &n, err) < 0)
			return -1;
		break;
	case MS_OPT_CHOICE:
		if (parse_choice(value, o->value, &n, err) < 0)
			return -1;
		break;
	case MS_OPT_STRING:
		*(const char **)member = value;
		return 0;
	case MS_OPT_LIST:
		return add_to_list(member, o->max, value, err);
	case MS_OPT_CALL:
		return 0;
	case MS_OPT_AS:
		s->as = value;
		ms_config_ignore();
		if (o->size > 0)
			*(const char **)member = value;
		return 0;
	case MS_OPT_HELP:
	case MS_OPT_VERSION:
	case MS_OPT_TABLE:
		s->print = o;
		return 0;
	}
	store_integer(member, o->size, n);
	return 0;
}

/* ---- options ---- */

bool
ms_opt_takes_value(const struct ms_option *o)
{
	return o->value != NULL;
}

const struct ms_option *
ms_opt_find(const struct ms_option *table, const char *name)
{
	for (; table != NULL && table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static const struct ms_option *
find_letter(const struct ms_option *table, char letter)
{
	for (; table != NULL && table->name != NULL; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

/* The option of this name, or of this letter if name is NULL. */
static const struct ms_option *
find(const struct ms_opt_state *s, const char *name, char letter,
    ms_opt_fn **call)
{
	const struct ms_option *o;

	for (size_t i = 0; i < sizeof(s->tables) / sizeof(s->tables[0]); i++) {
		o = name != NULL ? ms_opt_find(s->tables[i].rows, name)
				 : find_letter(s->tables[i].rows, letter);
		*call = s->tables[i].call;
		if (o != NULL)
			return o;
	}
	return NULL;
}

static bool
is_own(const struct ms_option *o)
{
	if (o->as != MS_AS_TYPE)
		return o->as == MS_AS_OWN;
	return o->type == MS_OPT_STRING || o->type == MS_OPT_LIST ||
	       (o->type == MS_OPT_CALL && ms_opt_takes_value(o));
}

/* The caller of a tool adds --as and then what the user has written: that must
 * not change the user or the archive. */
static int
check_as(struct ms_opt_state *s, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	bool archive = strcmp(o->name, "archive") == 0;

	if (s->as != NULL && (archive || o->type == MS_OPT_AS))
		return ms_fail_option(err, o->name,
		    o->type == MS_OPT_AS ? "is given twice"
					 : "must be given before --as");
	/* "-" is standard input or output. */
	if (!archive && s->own_option == NULL && is_own(o) &&
	    (value == NULL || strcmp(value, "-") != 0))
		s->own_option = o->name;
	return 0;
}

/* call: the function of the option's table, or NULL. */
static int
handle(struct ms_opt_state *s, const struct ms_option *o, ms_opt_fn *call,
    const char *value, struct ms_err *err)
{
	const struct ms_option **given = &s->group[o->group];
	int rc;

	if (s->parsing) {
		ms_buf_add(&s->given, &o, sizeof(o));
		if (check_as(s, o, value, err) < 0)
			return -1;
	}
	if (call != NULL) {
		rc = call(s->values, o, value, err);
	} else if (o->group != 0 && *given != NULL && *given != o) {
		rc = ms_fail(
		    err, MS_USAGE, "cannot be used with --%s", (*given)->name);
	} else {
		*given = o;
		rc = store(s, o, value, err);
		if (rc == 0 && o->call != NULL)
			rc = o->call(s->values, o, value, err);
	}
	if (rc < 0 && err != NULL && err->option == NULL)
		err->option = o->name;
	return rc;
}

/* An unknown option: the error names the option that was probably meant. */
static int
no_such_option(
    const struct ms_opt_state *s, const char *name, struct ms_err *err)
{
	struct ms_nearest near = {.wanted = name};
	const struct ms_option *o;

	for (size_t i = 0; i < sizeof(s->tables) / sizeof(s->tables[0]); i++) {
		o = s->tables[i].rows;
		for (; o != NULL && o->name != NULL; o++)
			if (o->help != NULL)
				ms_nearest_try(&near, o->name);
	}
	return ms_fail(err, MS_USAGE, "no option '--%.100s'%s%s%s", name,
	    near.word != NULL ? " (did you mean '--" : "",
	    near.word != NULL ? near.word : "", near.word != NULL ? "'?)" : "");
}

int
ms_opt_set(struct ms_opt_state *s, const char *name, const char *value,
    struct ms_err *err)
{
	ms_opt_fn *call;
	const struct ms_option *o = find(s, name, 0, &call);

	if (o == NULL)
		return no_such_option(s, name, err);
	if (value == NULL && ms_opt_takes_value(o))
		return ms_fail_option(err, o->name, "needs an argument");
	if (value != NULL && !ms_opt_takes_value(o))
		return ms_fail_option(err, o->name, "takes no argument");
	return handle(s, o, call, value, err);
}

int
ms_opt_default(struct ms_opt_state *s, const char *name, const char *value,
    struct ms_err *err)
{
	ms_opt_fn *call;
	const struct ms_option *o = find(s, name, 0, &call), *given;

	for (size_t i = 0; o != NULL && i < s->given.n; i += sizeof(given)) {
		memcpy(&given, s->given.p + i, sizeof(given));
		if (given == o || (o->group != 0 && given->group == o->group))
			return 0;
	}
	return ms_opt_set(s, name, value, err);
}

/* ---- command lines ---- */

/* arg is "--name" or "--name=value"; *next may be the value. */
static int
parse_long(
    struct ms_opt_state *s, const char *arg, char ***next, struct ms_err *err)
{
	size_t n = strcspn(arg + 2, "=");
	char *name = ms_xstrndup(arg + 2, n);
	const char *value = arg[2 + n] == '=' ? arg + 2 + n + 1 : NULL;
	ms_opt_fn *call;
	const struct ms_option *o = find(s, name, 0, &call);
	int rc;

	if (o != NULL && value == NULL && ms_opt_takes_value(o) &&
	    **next != NULL)
		value = *(*next)++;
	rc = ms_opt_set(s, name, value, err);
	free(name);
	return rc;
}

/* arg is a group of letters, as in "-qa archive" or "-qaarchive". */
static int
parse_letters(
    struct ms_opt_state *s, const char *arg, char ***next, struct ms_err *err)
{
	const struct ms_option *o;
	ms_opt_fn *call;

	for (arg++; *arg != '\0'; arg++) {
		o = find(s, NULL, *arg, &call);
		if (o == NULL)
			return ms_fail(err, MS_USAGE, "no option '-%c'", *arg);
		if (ms_opt_takes_value(o)) {
			const char *value = arg[1] != '\0' ? arg + 1 : **next;

			*next += arg[1] == '\0' && value != NULL;
			return ms_opt_set(s, o->name, value, err);
		}
		if (handle(s, o, call, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int
ms_opt_parse(struct ms_opt_state *s, char *argv[], struct ms_err *err)
{
	char **next = argv;
	int n = 0, rc = 0, got;

	s->parsing = true;
	while (*next != NULL) {
		const char *arg = *next++;

		if (arg[0] != '-' || arg[1] == '\0') {
			argv[n++] = next[-1];
			if (s->stop)
				break;
			continue;
		}
		if (strcmp(arg, "--") == 0)
			break;
		got = (arg[1] == '-' ? parse_long : parse_letters)(
		    s, arg, &next, rc == 0 ? err : NULL);
		rc = got < 0 ? -1 : rc;
	}
	while (*next != NULL)
		argv[n++] = *next++;
	argv[n] = NULL;
	s->parsing = false;
	return rc < 0 ? -1 : n;
}

/* ---- values from the environment ---- */

int
ms_opt_default_archive(const char **dir, struct ms_err *err)
{
	static char *kept; /* the value of the file */
	const char *env = getenv("MS_ARCHIVE");

	*dir = NULL;
	if (env != NULL) {
		*dir = *env != '\0' ? env : NULL;
		return 0;
	}
	if (ms_config_value("archive", dir, err) < 0)
		return -1;
	if (*dir != NULL) {
		free(kept);
		kept = ms_xstrdup(*dir);
		*dir = kept;
	}
	return 0;
}

int
ms_opt_archive(const char **dir, const char *given, struct ms_err *err)
{
	if (given == NULL && ms_opt_default_archive(&given, err) < 0)
		return -1;
	if (given == NULL || *given == '\0')
		return ms_fail(err, MS_USAGE,
		    "no archive: give -a, or set MS_ARCHIVE; 'ms-init "
		    "--default' remembers an archive");
	*dir = given;
	return 0;
}

/* The name of the calling user, or the number of its uid if it has no name.
 * The result is kept: some callers ask for each message. */
static const char *
login_name(void)
{
	static char name[256];
	const struct passwd *pw;

	if (name[0] != '\0')
		return name;
	pw = getpwuid(getuid());
	if (pw != NULL && pw->pw_name[0] != '\0')
		snprintf(name, sizeof(name), "%s", pw->pw_name);
	else
		snprintf(name, sizeof(name), "%lu", (unsigned long)getuid());
	return name;
}

const char *
ms_opt_user(const char *given, const char *envelope)
{
	const char *env;

	if (given != NULL)
		return given;
	if (envelope != NULL)
		return envelope;
	env = getenv("MS_USER");
	return env != NULL && *env != '\0' ? env : login_name();
}

/* ---- standard output ---- */

int
ms_close_stdout(struct ms_err *err)
{
	static bool closed;
	bool failed_before;

	if (closed)
		return 0;
	closed = true;
	if (fflush(stdout) != 0)
		return ms_fail_errno(err, "standard output");
	failed_before = ferror(stdout) != 0;
	if (fclose(stdout) != 0)
		return ms_fail_errno(err, "standard output");
	if (failed_before)
		return ms_fail(err, MS_IO, "standard output: write failed");
	return 0;
}
