/* settings.c - ms-users settings: privileges of new users, the directory, alias
 * domains. The manual is ms-users(1). */
#include <stdlib.h>
#include <string.h>

#include "assign.h"
#include "directory.h"
#include "json.h"
#include "listing.h"
#include "opt.h"
#include "users.h"
#include "nearest.h"

#define TIMEOUT_MAX 3600 /* seconds */

/* A setting: get() appends the value as text, set() parses a text, where "" is
 * the default. Texts are borrowed. */
struct setting {
	const char *key, *json_key;
	bool number;
	void (*get)(const struct ms_settings *s, struct ms_buf *out);
	int (*set)(
	    struct ms_settings *s, const char *value, struct ms_err *err);
};

static void
get_privileges(unsigned privileges, struct ms_buf *out)
{
	ms_privileges_write(out, privileges, ',');
	if (privileges == 0)
		ms_buf_add_str(out, "none");
}

static void
get_default(const struct ms_settings *s, struct ms_buf *out)
{
	get_privileges(s->default_privileges, out);
}

static void
get_synced(const struct ms_settings *s, struct ms_buf *out)
{
	get_privileges(s->default_privileges_synced, out);
}

static void
get_url(const struct ms_settings *s, struct ms_buf *out)
{
	ms_buf_add_str(out, s->directory_url);
}

static void
get_ca_file(const struct ms_settings *s, struct ms_buf *out)
{
	ms_buf_add_str(out, s->directory_ca_file);
}

static void
get_timeout(const struct ms_settings *s, struct ms_buf *out)
{
	ms_buf_printf(out, "%u", s->directory_timeout);
}

static int
set_default(struct ms_settings *s, const char *value, struct ms_err *err)
{
	s->default_privileges = MS_DEFAULT_PRIVILEGES;
	return *value == '\0' ? 0
			      : users_words(value, ',', ms_privilege_of,
				    &s->default_privileges, err);
}

static int
set_synced(struct ms_settings *s, const char *value, struct ms_err *err)
{
	s->default_privileges_synced = MS_DEFAULT_PRIVILEGES_SYNCED;
	return *value == '\0' ? 0
			      : users_words(value, ',', ms_privilege_of,
				    &s->default_privileges_synced, err);
}

static int
set_url(struct ms_settings *s, const char *value, struct ms_err *err)
{
	s->directory_url = value;
	if (!ms_account_text_ok(value, MS_DN_MAX))
		return ms_fail(err, MS_USAGE, "not a URL");
	return *value == '\0' ? 0 : ms_directory_url_ok(value, err);
}

static int
set_ca_file(struct ms_settings *s, const char *value, struct ms_err *err)
{
	s->directory_ca_file = value;
	if (*value != '\0' &&
	    (*value != '/' || !ms_account_text_ok(value, MS_DN_MAX)))
		return ms_fail(err, MS_USAGE, "not an absolute path");
	return 0;
}

static int
set_timeout(struct ms_settings *s, const char *value, struct ms_err *err)
{
	uint64_t n = MS_DIRECTORY_TIMEOUT;

	if (*value != '\0' && ms_opt_number(value, 1, TIMEOUT_MAX, &n, err) < 0)
		return -1;
	s->directory_timeout = (unsigned)n;
	return 0;
}

static void
get_aliases(const struct ms_settings *s, struct ms_buf *out)
{
	const char *word = NULL;

	while ((word = ms_list_next(s->alias_domains, word)) != NULL)
		ms_buf_printf(out, "%s%s", out->n > 0 ? "," : "", word);
}

static int
set_aliases(struct ms_settings *s, const char *value, struct ms_err *err)
{
	ms_buf_clear(&s->lists);
	if (ms_alias_domains_parse(value, &s->lists, err) < 0)
		return -1;
	s->alias_domains = ms_buf_slice(&s->lists);
	return 0;
}

static const struct setting settings[] = {
    {"default-privileges", "default_privileges", false, get_default,
	set_default},
    {"default-privileges-synced", "default_privileges_synced", false,
	get_synced, set_synced},
    {"directory-url", "directory_url", false, get_url, set_url},
    {"directory-ca-file", "directory_ca_file", false, get_ca_file, set_ca_file},
    {"directory-timeout", "directory_timeout", true, get_timeout, set_timeout},
    {"alias-domains", "alias_domains", false, get_aliases, set_aliases},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* ---- the verb ---- */

static int
set_one(struct ms_settings *s, const char *arg, struct ms_err *err)
{
	size_t i, n = strcspn(arg, "=");
	struct ms_hint hint;
	char name[41];

	for (i = 0; i < SETTINGS; i++) {
		if (strlen(settings[i].key) != n ||
		    strncmp(settings[i].key, arg, n) != 0)
			continue;
		if (arg[n] == '\0')
			return ms_fail(err, MS_USAGE,
			    "%s: no value; write %s=value", arg, arg);
		if (settings[i].set(s, arg + n + 1, err) < 0)
			return ms_context(err, "%s", settings[i].key);
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)n, arg);
	return ms_fail(err, MS_USAGE, "unknown setting '%s'%s", name,
	    ms_hint(name,
		"default-privileges, default-privileges-synced, "
		"directory-url, directory-ca-file, directory-timeout, "
		"alias-domains",
		&hint));
}

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct users *u = ctx;
	struct ms_settings s = {0};
	bool changed;
	int i, rc = ms_settings_get_in(ms_change_txn(ch), &s, err);

	for (i = 0; rc == 0 && i < u->count; i++)
		rc = set_one(&s, u->args[i], err);
	if (rc == 0)
		rc = ms_settings_set(ch, &s, &changed, err);
	ms_settings_release(&s);
	return rc;
}

static int
print(struct users *u, struct ms_err *err)
{
	struct ms_settings s = {0};
	struct ms_buf value = {0};
	json_t *o;
	size_t i;

	if (users_may_look(u, NULL, err) < 0 ||
	    ms_settings_get(u->a, &s, err) < 0)
		return -1;
	o = json_object();
	for (i = 0; i < SETTINGS; i++) {
		ms_buf_clear(&value);
		settings[i].get(&s, &value);
		json_object_set_new(o, settings[i].json_key,
		    settings[i].number
			? json_integer(strtoll(ms_buf_str(&value), NULL, 10))
			: json_string(ms_buf_str(&value)));
		if (u->opt->json)
			continue;
		ms_buf_printf(&u->out, "%s\t", settings[i].key);
		ms_listing_escape(&u->out, ms_buf_str(&value), value.n);
		ms_buf_add_byte(&u->out, '\n');
	}
	if (u->opt->json) {
		ms_json_line(&u->out, o);
		ms_buf_add_byte(&u->out, '\n');
	}
	json_decref(o);
	ms_buf_release(&value);
	ms_settings_release(&s);
	return users_flush(u, true, err);
}

int
users_settings(struct users *u)
{
	struct ms_err err = {0};
	int rc;

	if (u->count == 0)
		rc = print(u, &err);
	else
		rc = users_change(u, NULL, decide, u, &err);
	return rc < 0 ? users_failed(NULL, &err) : 0;
}
