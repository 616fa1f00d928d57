/* profile.c - the keys of a profile, and whether they are consistent.
 * ms-profile(5). */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "profile-impl.h"
#include "nearest.h"

/* The keys that tell ms-fetch where the password is. */
static const char *const passwords[] = {
    "password", "password-file", "password-command", "token-command"};
#define PASSWORDS (sizeof(passwords) / sizeof(passwords[0]))

static const char *const kind_names[] = {
    [MS_PROFILE_MAILBOX] = "mailbox",
    [MS_PROFILE_BATCH] = "batch",
    [MS_PROFILE_CSV] = "csv",
    [MS_PROFILE_FILES] = "files",
    [MS_PROFILE_EXPORT] = "export",
    [MS_PROFILE_MULTIDROP] = "multidrop",
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

int
ms_profile_check_value(const struct ms_ini_value *v, struct ms_err *err)
{
	if (v->comment && ms_profile_is_command(v->key))
		return ms_fail(err, MS_USAGE,
		    "%s: a ';' after a blank begins a comment, so the "
		    "command would be cut off",
		    v->key);
	if (ms_profile_is_path(v->key) && v->value[0] != '/')
		return ms_fail(err, MS_USAGE,
		    "%s: the path must begin with /, because it is used in any "
		    "folder",
		    v->key);
	return 0;
}

static int
unknown_key(const struct parser *r, const char *key, struct ms_err *err)
{
	struct ms_nearest near = {.wanted = key};
	bool argument, many;
	struct ms_hint hint;

	for (size_t i = 0; ms_profile_key_at(i) != NULL; i++)
		ms_nearest_try(&near, ms_profile_key_at(i));
	(void)r->fetch(key, &argument, &many, &near);
	return ms_fail(err, MS_USAGE, "unknown key '%.*s'%s", MS_INI_KEY_MAX,
	    key, ms_nearest_hint(&near, &hint));
}

/* An ms_ini_fn. Checks that depend on the kind come later, because the kind may
 * be the last key. */
static int
add_value(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct parser *r = ctx;
	const struct ms_profile_key *k = ms_profile_find_key(v->key);
	enum ms_profile_for use = k != NULL ? k->use : MS_FOR_FETCH;
	bool argument, many;
	unsigned before;
	int on = 1;

	if (!ms_profile_key(v->key, &argument, &many) &&
	    !r->fetch(v->key, &argument, &many, NULL))
		return unknown_key(r, v->key, err);
	before = ms_profile_line(r->p, v->key);
	if (before != 0 && !many)
		return ms_fail(
		    err, MS_USAGE, "%s is in line %u too", v->key, before);
	if (ms_profile_check_value(v, err) < 0)
		return -1;
	if (r->p->count == MS_PROFILE_ITEMS)
		return ms_fail(
		    err, MS_USAGE, "more than %d values", MS_PROFILE_ITEMS);
	if (!argument)
		on = ms_ini_switch(v, err);
	if (on == 1)
		add_item(r, v, argument ? v->value : "", use);
	return on < 0 ? -1 : 0;
}

/* ---- keys that depend on each other ---- */

/* An error in the line of a key. */
#define REFUSE(p, key, ...)                                                    \
	(ms_fail(err, MS_USAGE, __VA_ARGS__),                                  \
	    ms_context(err, "line %u", ms_profile_line(p, key)))

static int
set_kind(struct ms_profile *p, struct ms_err *err)
{
	struct ms_hint hint;
	const char *value = ms_profile_value(p, "kind");

	if (value == NULL)
		return ms_fail(
		    err, MS_USAGE, "line 1: the key 'kind' is missing");
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(value, kind_names[i]) == 0) {
			p->kind = (enum ms_profile_kind)i;
			return 0;
		}
	return REFUSE(p, "kind", "unknown kind '%.40s'%s", value,
	    ms_hint(
		value, "mailbox, batch, csv, multidrop, files, export", &hint));
}

/* Does the profile have only keys of its kind, and all that this kind needs? */
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
			    "%s does not belong to kind = %s", item->key, name);
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

/* Two keys that exclude each other; the error is in the later line. */
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
			    "%s: the file of kind = csv has the logins",
			    keys_of_logins[i]);
	return 0;
}

/* A profile with one login has exactly one source of the password. The value of
 * `password` is not printed, because it may be a password by mistake. */
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
			    "%s: the file of kind = csv has the passwords",
			    passwords[i]);
		if (found != NULL)
			return check_pair(p, found, passwords[i], err);
		found = passwords[i];
	}
	if (found == NULL && (MS_KIND_LOGIN & MS_KIND(p->kind)) != 0)
		return REFUSE(p, "kind",
		    "no password (try password = secret:NAME, password-file, "
		    "password-command or token-command)");
	if (value == NULL)
		return 0;
	if (strncmp(value, prefix, strlen(prefix)) != 0)
		return REFUSE(p, "password",
		    "password: a profile cannot contain a password; write "
		    "secret:NAME and run ms-profile secret NAME");
	p->secret = value + strlen(prefix);
	if (!ms_profile_secret_ok(p->secret))
		return REFUSE(p, "password",
		    "password: invalid name of a secret (use letters, digits "
		    "and ._-@+)");
	return 0;
}

/* The mailboxes that a batch opens. */
static int
check_batch(struct ms_profile *p, struct ms_err *err)
{
	const char *value = ms_profile_value(p, "mailbox"), *name;
	size_t at = 0, named = 0;

	if (p->kind != MS_PROFILE_BATCH)
		return 0;
	if (ms_profile_line(p, "authzid") != 0)
		return REFUSE(p, "authzid",
		    "authzid: each user of a batch has one; use mailbox");
	p->by_user_name = value != NULL && strcmp(value, "name") == 0;
	if (value != NULL && !p->by_user_name && strcmp(value, "address") != 0)
		return REFUSE(p, "mailbox", "mailbox: must be address or name");
	while ((name = ms_profile_next(p, "users", &at)) != NULL) {
		named++;
		if (strcmp(name, "all") == 0)
			p->all_users = true;
	}
	if (p->all_users && named > 1)
		return REFUSE(
		    p, "users", "users: all and names exclude each other");
	return p->all_users ? 0 : check_pair(p, "users", "except", err);
}

static int
set_schedule(struct ms_profile *p, struct ms_err *err)
{
	const char *value = ms_profile_value(p, "schedule");

	if (value != NULL && ms_schedule_parse(&p->schedule, value, err) < 0)
		return ms_context(
		    err, "line %u: schedule", ms_profile_line(p, "schedule"));
	if (p->schedule.kind == MS_SCHEDULE_CONTINUOUS &&
	    (MS_KIND_ONE & MS_KIND(p->kind)) == 0)
		return REFUSE(p, "schedule",
		    "schedule = continuous needs kind = mailbox or multidrop");
	if (p->schedule.kind == MS_SCHEDULE_CONTINUOUS)
		return check_pair(p, "schedule", "max-time", err);
	return 0;
}

static int
set_jobs(struct ms_profile *p, struct ms_err *err)
{
	const char *value = ms_profile_value(p, "jobs");
	uint64_t n = MS_PROFILE_JOBS;

	if (value != NULL &&
	    ms_opt_number(value, 1, MS_PROFILE_JOBS_MAX, &n, err) < 0)
		return ms_context(
		    err, "line %u: jobs", ms_profile_line(p, "jobs"));
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
			    "%s needs delete-archived = yes", p->items[i].key);
	while (ms_profile_next(p, "file", &at) != NULL)
		files++;
	if (p->kind == MS_PROFILE_CSV && files > 1)
		return REFUSE(p, "file", "file: kind = csv has only one file");
	return 0;
}

int
ms_profile_parse(struct ms_profile *p, struct ms_slice text,
    ms_profile_fetch_fn *fetch, struct ms_err *err)
{
	struct parser r = {.p = p, .fetch = fetch};

	*p = (struct ms_profile){0};
	if (ms_ini_read(text, false, add_value, &r, err) == 0 &&
	    set_kind(p, err) == 0 && check_keys(p, err) == 0 &&
	    check_logins(p, err) == 0 && check_password(p, err) == 0 &&
	    check_batch(p, err) == 0 && set_schedule(p, err) == 0 &&
	    set_jobs(p, err) == 0 && check_rest(p, err) == 0)
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
