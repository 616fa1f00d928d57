/* profile.c - what a profile's keys mean, and whether they make sense
 * together. */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "profile-impl.h"

/* Where ms-fetch gets a password from. */
static const char *const passwords[] = {
    "password", "password-file", "password-command", "token-command"};
#define PASSWORDS (sizeof(passwords) / sizeof(passwords[0]))

static const char *const kind_names[] = {
    [MS_PROFILE_MAILBOX] = "mailbox",
    [MS_PROFILE_BATCH] = "batch",
    [MS_PROFILE_CSV] = "csv",
    [MS_PROFILE_FILES] = "files",
    [MS_PROFILE_EXPORT] = "export",
};
#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

const char *
ms_profile_kind_name(enum ms_profile_kind kind)
{
	return kind_names[kind];
}

/* ---- values ---- */

const char *
ms_profile_next(const struct ms_profile *p, const char *key, size_t *at)
{
	while (*at < p->count) {
		const struct ms_profile_item *item = &p->items[(*at)++];

		if (strcmp(item->key, key) == 0)
			return item->value;
	}
	return NULL;
}

const char *
ms_profile_value(const struct ms_profile *p, const char *key)
{
	size_t at = 0;

	return ms_profile_next(p, key, &at);
}

unsigned
ms_profile_line(const struct ms_profile *p, const char *key)
{
	size_t at = 0;

	if (ms_profile_next(p, key, &at) == NULL)
		return 0;
	return p->items[at - 1].line;
}

/* ---- one value ---- */

struct parser {
	struct ms_profile *p;
	ms_profile_fetch_fn *fetch;
	size_t room; /* of items */
};

static void
add_item(struct parser *r, const struct ms_ini_value *v, const char *value,
    enum ms_profile_for use)
{
	struct ms_profile *p = r->p;

	if (p->count == r->room) {
		r->room = r->room * 2 + 16;
		p->items =
		    ms_xreallocarray(p->items, r->room, sizeof(*p->items));
	}
	p->items[p->count++] = (struct ms_profile_item){
	    .key = ms_xstrdup(v->key),
	    .value = ms_xstrdup(value),
	    .line = v->line,
	    .use = use,
	};
}

/* yes 1, no 0, -1. */
static int
take_switch(const struct ms_ini_value *v, struct ms_err *err)
{
	static const char *const words[] = {
	    "no", "yes", "off", "on", "false", "true", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(v->value, words[i]) == 0)
			return (int)(i & 1);
	return ms_fail(err, MS_USAGE, "%s: yes or no", v->key);
}

/* What a value must not be, whatever its key means. */
static int
check_value(const struct ms_ini_value *v, struct ms_err *err)
{
	if (v->comment && ms_profile_is_command(v->key))
		return ms_fail(err, MS_USAGE,
		    "%s: a ';' behind a blank begins a comment, and the "
		    "command would be cut there",
		    v->key);
	if (ms_profile_is_path(v->key) && v->value[0] != '/')
		return ms_fail(err, MS_USAGE,
		    "%s: begin it with /, as nobody knows where a profile "
		    "will be run",
		    v->key);
	return 0;
}

/* An ms_ini_fn. What the kind makes of it is looked at in the end: it may come
 * last. */
static int
take_item(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct parser *r = ctx;
	const struct ms_profile_key *k = ms_profile_find_key(v->key);
	enum ms_profile_for use = k != NULL ? k->use : MS_FOR_FETCH;
	bool argument, many;
	unsigned before;
	int on = 1;

	if (!ms_profile_key(v->key, &argument, &many) &&
	    !r->fetch(v->key, &argument, &many))
		return ms_fail(err, MS_USAGE, "there is no key '%.*s'",
		    MS_PROFILE_KEY_MAX, v->key);
	before = ms_profile_line(r->p, v->key);
	if (before != 0 && !many)
		return ms_fail(
		    err, MS_USAGE, "%s was in line %u too", v->key, before);
	if (check_value(v, err) < 0)
		return -1;
	if (r->p->count == MS_PROFILE_ITEMS)
		return ms_fail(
		    err, MS_USAGE, "more than %d values", MS_PROFILE_ITEMS);
	if (!argument)
		on = take_switch(v, err);
	if (on == 1)
		add_item(r, v, argument ? v->value : "", use);
	return on < 0 ? -1 : 0;
}

/* ---- what they say together ---- */

/* A failure in the line of a key. */
#define REFUSE(p, key, ...)                                                    \
	(ms_fail(err, MS_USAGE, __VA_ARGS__),                                  \
	    ms_context(err, "line %u", ms_profile_line(p, key)))

static int
take_kind(struct ms_profile *p, struct ms_err *err)
{
	const char *word = ms_profile_value(p, "kind");

	if (word == NULL)
		return ms_fail(err, MS_USAGE, "line 1: no key 'kind'");
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(word, kind_names[i]) == 0) {
			p->kind = (enum ms_profile_kind)i;
			return 0;
		}
	return REFUSE(p, "kind",
	    "kind '%.40s' is none of mailbox, batch, csv, files, export", word);
}

/* Is each key one for this kind, and each that it needs there? */
static int
check_keys(const struct ms_profile *p, struct ms_err *err)
{
	const char *name = kind_names[p->kind];

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];
		const struct ms_profile_key *k = ms_profile_find_key(item->key);
		unsigned kinds = k != NULL ? k->kinds : MS_KIND_SERVER;

		if ((kinds & MS_KIND(p->kind)) == 0)
			return REFUSE(p, item->key,
			    "%s is nothing for kind = %s", item->key, name);
	}
	for (size_t i = 0; ms_profile_key_at(i) != NULL; i++) {
		const char *key = ms_profile_key_at(i);

		if ((ms_profile_find_key(key)->needed & MS_KIND(p->kind)) !=
			0 &&
		    ms_profile_line(p, key) == 0)
			return REFUSE(p, "kind", "kind = %s needs the key '%s'",
			    name, key);
	}
	return 0;
}

/* Two keys of which one makes the other void; the later line is blamed. */
static int
check_pair(const struct ms_profile *p, const char *a, const char *b,
    struct ms_err *err)
{
	unsigned la = ms_profile_line(p, a), lb = ms_profile_line(p, b);

	if (la == 0 || lb == 0)
		return 0;
	return REFUSE(p, la > lb ? a : b, "%s and %s exclude each other",
	    la > lb ? a : b, la > lb ? b : a);
}

/* A table of mailboxes has their logins. */
static int
check_logins(const struct ms_profile *p, struct ms_err *err)
{
	static const char *const keys_of_logins[] = {
	    "login", "authzid", "master", "master-separator"};

	if (p->kind != MS_PROFILE_CSV)
		return 0;
	for (size_t i = 0; i < 4; i++)
		if (ms_profile_line(p, keys_of_logins[i]) != 0)
			return REFUSE(p, keys_of_logins[i],
			    "%s: kind = csv has the logins in its file",
			    keys_of_logins[i]);
	return 0;
}

/* Exactly one way to a password, where there is one login. The value of
 * `password` is not repeated: it may be one. */
static int
check_password(struct ms_profile *p, struct ms_err *err)
{
	static const char prefix[] = "secret:";
	const char *value = ms_profile_value(p, "password");
	const char *found = NULL;

	for (size_t i = 0; i < PASSWORDS; i++) {
		if (ms_profile_line(p, passwords[i]) == 0)
			continue;
		if (p->kind == MS_PROFILE_CSV)
			return REFUSE(p, passwords[i],
			    "%s: kind = csv has the passwords in its file",
			    passwords[i]);
		if (found != NULL)
			return check_pair(p, found, passwords[i], err);
		found = passwords[i];
	}
	if (found == NULL && (MS_KIND_LOGIN & MS_KIND(p->kind)) != 0)
		return REFUSE(p, "kind",
		    "no password: password = secret:NAME, password-file, "
		    "password-command or token-command");
	if (value == NULL)
		return 0;
	if (strncmp(value, prefix, strlen(prefix)) != 0)
		return REFUSE(p, "password",
		    "password: none may stand here; write secret:NAME, and "
		    "give it to ms-profile secret NAME");
	p->secret = value + strlen(prefix);
	if (!ms_profile_secret_ok(p->secret))
		return REFUSE(p, "password",
		    "password: the name of a secret is letters, digits and "
		    "._-@+");
	return 0;
}

/* Whose mailboxes a batch opens. */
static int
check_batch(struct ms_profile *p, struct ms_err *err)
{
	const char *word = ms_profile_value(p, "mailbox"), *name;
	size_t at = 0, named = 0;

	if (p->kind != MS_PROFILE_BATCH)
		return 0;
	if (ms_profile_line(p, "authzid") != 0)
		return REFUSE(p, "authzid",
		    "authzid: each user of a batch has his own; see mailbox");
	p->by_user_name = word != NULL && strcmp(word, "name") == 0;
	if (word != NULL && !p->by_user_name && strcmp(word, "address") != 0)
		return REFUSE(p, "mailbox", "mailbox: address or name");
	while ((name = ms_profile_next(p, "users", &at)) != NULL) {
		named++;
		if (strcmp(name, "all") == 0)
			p->all_users = true;
	}
	if (p->all_users && named > 1)
		return REFUSE(p, "users", "users: all, or names, but not both");
	return p->all_users ? 0 : check_pair(p, "users", "except", err);
}

static int
take_schedule(struct ms_profile *p, struct ms_err *err)
{
	const char *word = ms_profile_value(p, "schedule");

	if (word != NULL && ms_schedule_parse(&p->schedule, word, err) < 0)
		return ms_context(
		    err, "line %u: schedule", ms_profile_line(p, "schedule"));
	if (p->schedule.kind == MS_SCHEDULE_CONTINUOUS &&
	    p->kind != MS_PROFILE_MAILBOX)
		return REFUSE(p, "schedule",
		    "schedule = continuous is for kind = mailbox");
	if (p->schedule.kind == MS_SCHEDULE_CONTINUOUS)
		return check_pair(p, "schedule", "max-time", err);
	return 0;
}

static int
take_jobs(struct ms_profile *p, struct ms_err *err)
{
	const char *word = ms_profile_value(p, "jobs");
	unsigned long n;
	char *end;

	p->jobs = MS_PROFILE_JOBS;
	if (word == NULL)
		return 0;
	n = strtoul(word, &end, 10);
	if (*end != '\0' || strlen(word) > 5 || n < 1 ||
	    n > MS_PROFILE_JOBS_MAX || word[0] < '0' || word[0] > '9')
		return REFUSE(p, "jobs", "jobs: 1 to %d", MS_PROFILE_JOBS_MAX);
	p->jobs = (unsigned)n;
	return 0;
}

static int
check_rest(struct ms_profile *p, struct ms_err *err)
{
	size_t files = 0, at = 0;

	p->deletes = ms_profile_line(p, "delete-archived") != 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].use == MS_FOR_REMOVE && !p->deletes)
			return REFUSE(p, p->items[i].key,
			    "%s says nothing without delete-archived = yes",
			    p->items[i].key);
	while (ms_profile_next(p, "file", &at) != NULL)
		files++;
	if (p->kind == MS_PROFILE_CSV && files > 1)
		return REFUSE(p, "file", "file: kind = csv has one");
	return 0;
}

int
ms_profile_parse(struct ms_profile *p, struct ms_slice text,
    ms_profile_fetch_fn *fetch, struct ms_err *err)
{
	struct parser r = {.p = p, .fetch = fetch};

	*p = (struct ms_profile){0};
	if (ms_ini_read(text, take_item, &r, err) == 0 &&
	    take_kind(p, err) == 0 && check_keys(p, err) == 0 &&
	    check_logins(p, err) == 0 && check_password(p, err) == 0 &&
	    check_batch(p, err) == 0 && take_schedule(p, err) == 0 &&
	    take_jobs(p, err) == 0 && check_rest(p, err) == 0)
		return 0;
	ms_profile_release(p);
	return -1;
}

void
ms_profile_release(struct ms_profile *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].key);
		free(p->items[i].value);
	}
	free(p->items);
	*p = (struct ms_profile){0};
}
