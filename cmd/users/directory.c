/* directory.c - ms-users directory: adds, shows, checks and deletes the
 * directories of an archive. The manual is ms-users(1). */
#include "people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "directory.h"
#include "json.h"
#include "listing.h"
#include "report.h"
#include "nearest.h"

/* ---- presets ---- */

static const struct preset {
	const char *name, *filter, *name_attribute, *full_name;
	const char *addresses[3];
} presets[] = {
    {"openldap", "(&(uid=*)(mail=*))", "uid", "cn", {"mail"}},
    {"active-directory",
	"(&(objectClass=user)(!(objectClass=computer))"
	"(|(mail=*)(proxyAddresses=*)))",
	"sAMAccountName", "displayName", {"mail", "proxyAddresses"}},
    {"samba",
	"(&(objectClass=user)(!(objectClass=computer))"
	"(|(mail=*)(proxyAddresses=*)))",
	"sAMAccountName", "displayName", {"mail", "proxyAddresses"}},
};

static void
set_default(
    struct ms_stored_directory *d, enum ms_directory_key key, const char *value)
{
	if (d->values[key].n == 0)
		ms_stored_directory_add(d, key, value);
}

/* Sets what is not given. */
static int
use_preset(struct ms_stored_directory *d, struct ms_err *err)
{
	const struct preset *p = presets;
	const char *name;
	size_t n = sizeof(presets) / sizeof(presets[0]);
	struct ms_hint hint;

	set_default(d, MS_DIRECTORY_PRESET, presets[0].name);
	name = ms_stored_directory_value(d, MS_DIRECTORY_PRESET);
	while (n > 0 && strcmp(p->name, name) != 0)
		p++, n--;
	if (n == 0)
		return ms_fail_option(err, "preset", "unknown preset '%.40s'%s",
		    name,
		    ms_hint(name, "active-directory, openldap, samba", &hint));
	set_default(d, MS_DIRECTORY_FILTER, p->filter);
	set_default(d, MS_DIRECTORY_NAME_ATTRIBUTE, p->name_attribute);
	set_default(d, MS_DIRECTORY_FULL_NAME_ATTRIBUTE, p->full_name);
	if (d->values[MS_DIRECTORY_ADDRESS_ATTRIBUTE].n > 0)
		return 0;
	for (size_t i = 0; i < 3 && p->addresses[i] != NULL; i++)
		ms_stored_directory_add(
		    d, MS_DIRECTORY_ADDRESS_ATTRIBUTE, p->addresses[i]);
	return 0;
}

/* ---- checks of values ---- */

/* RFC 4512, 1.4: a name or a number, and options. */
static int
attribute_ok(const char *text, struct ms_err *err)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.;";

	if (strlen(text) > 100 || strspn(text, ok) != strlen(text))
		return ms_fail(err, MS_USAGE, "invalid name of an attribute");
	return 0;
}

static int
path_ok(const char *path, struct ms_err *err)
{
	return *path == '/' ? 0
			    : ms_fail(err, MS_USAGE, "not an absolute path");
}

static int
pin_ok(const char *pin, struct ms_err *err)
{
	return ms_conn_pin_ok(pin)
		   ? 0
		   : ms_fail(err, MS_USAGE,
			 "'%.80s' is not a pin (sha256//...)", pin);
}

static int
check_values(const struct ms_stored_directory *d, struct ms_err *err)
{
	static int (*const checks[MS_DIRECTORY_KEYS])(const char *value,
	    struct ms_err *err) = {[MS_DIRECTORY_URL] = ms_directory_url_ok,
	    [MS_DIRECTORY_PASSWORD_FILE] = path_ok,
	    [MS_DIRECTORY_BASE] = ms_directory_dn_ok,
	    [MS_DIRECTORY_FILTER] = ms_directory_filter_ok,
	    [MS_DIRECTORY_GROUP] = ms_directory_dn_ok,
	    [MS_DIRECTORY_NAME_ATTRIBUTE] = attribute_ok,
	    [MS_DIRECTORY_FULL_NAME_ATTRIBUTE] = attribute_ok,
	    [MS_DIRECTORY_ADDRESS_ATTRIBUTE] = attribute_ok,
	    [MS_DIRECTORY_CA_FILE] = path_ok,
	    [MS_DIRECTORY_PIN] = pin_ok};
	struct ms_slice list;
	const char *v;

	for (int i = 0; i < MS_DIRECTORY_KEYS; i++) {
		list = ms_buf_slice(&d->values[i]);
		for (v = ms_list_next(list, NULL);
		     v != NULL && checks[i] != NULL; v = ms_list_next(list, v))
			if (checks[i](v, err) < 0)
				return ms_context(err, "--%s",
				    ms_directory_key_name(
					(enum ms_directory_key)i));
	}
	if (ms_list_count(
		ms_buf_slice(&d->values[MS_DIRECTORY_ADDRESS_ATTRIBUTE])) > 16)
		return ms_fail_option(
		    err, "address-attribute", "more than 16 attributes");
	return 0;
}

static int
check_together(const struct users_options *opt,
    const struct ms_stored_directory *d, struct ms_err *err)
{
	bool dn = d->values[MS_DIRECTORY_BIND_DN].n > 0;

	if (d->values[MS_DIRECTORY_URL].n == 0)
		return ms_fail_option(err, "url", "is missing");
	if (!dn && (opt->password_fd >= 0 ||
		       d->values[MS_DIRECTORY_PASSWORD_FILE].n > 0))
		return ms_fail_option(
		    err, "bind-dn", "is needed with a password");
	if (d->values[MS_DIRECTORY_ANY_CERTIFICATE].n > 0 &&
	    (d->values[MS_DIRECTORY_PIN].n > 0 ||
		d->values[MS_DIRECTORY_CA_FILE].n > 0))
		return ms_fail_option(err, "accept-any-certificate",
		    "cannot be used with --pin and --ca-file");
	return 0;
}

/* ---- add, delete ---- */

struct change {
	struct users *u;
	const char *name;
	const struct ms_stored_directory *with; /* NULL: delete */
};

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct ms_stored_directory now = {0};
	struct ms_settings s = {0};
	struct ms_buf list = {0};
	bool changed;
	int got, rc = -1;

	if (ms_settings_get_in(ms_change_txn(ch), &s, err) < 0)
		goto out;
	got = ms_stored_directory_find(&s, c->name, &now);
	if (got == 1 && c->with != NULL)
		ms_fail(err, MS_EXISTS, "the directory exists already");
	else if (got == 0 && c->with == NULL)
		ms_fail(err, MS_NOINPUT, "no such directory");
	else
		rc = ms_stored_directories_write(
		    &list, &s, c->name, c->with, err);
	if (rc == 0) {
		s.directories = ms_buf_slice(&list);
		rc = ms_settings_set(ch, &s, &changed, err);
	}
out:
	ms_buf_release(&list);
	ms_stored_directory_release(&now);
	ms_settings_release(&s);
	return rc;
}

static int
get_secret(struct users *u, const struct ms_stored_directory *d,
    struct ms_secret *s, struct ms_err *err)
{
	if (d->values[MS_DIRECTORY_BIND_DN].n == 0 ||
	    d->values[MS_DIRECTORY_PASSWORD_FILE].n > 0)
		return 0;
	if (u->opt->password_fd >= 0)
		return ms_secret_fd(s, u->opt->password_fd, err);
	return ms_secret_ask_twice(s, "Password of the bind DN: ", err);
}

/* The password is stored after the directory, because otherwise an `add` that
 * is refused would replace the password of the existing directory. */
static int
add_one(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_stored_directory *d = u->directory;
	struct change c = {u, name, d};
	struct ms_secret secret = {0};
	int rc = -1;

	if (!ms_directory_name_ok(name))
		return ms_fail(err, MS_USAGE,
		    "invalid name of a directory (use letters, digits and "
		    "._-)");
	ms_buf_add_str(&d->name, name);
	ms_buf_str(&d->name);
	if (use_preset(d, err) == 0 && check_values(d, err) == 0 &&
	    check_together(u->opt, d, err) == 0 &&
	    get_secret(u, d, &secret, err) == 0)
		rc = users_change(u, NULL, decide, &c, err);
	if (rc == 0 && secret.n > 0)
		rc = ms_directory_secret_write(
		    ms_archive_path(u->a), name, &secret, err);
	ms_secret_wipe(&secret);
	return rc;
}

static int
delete_one(struct users *u, const char *name, struct ms_err *err)
{
	struct change c = {u, name, NULL};

	if (users_change(u, NULL, decide, &c, err) < 0)
		return -1;
	return ms_directory_secret_remove(ms_archive_path(u->a), name, err);
}

/* ---- show ---- */

static void
show_line(struct ms_buf *out, const char *key, const char *value)
{
	ms_buf_printf(out, "%s\t", key);
	ms_listing_escape(out, value, strlen(value));
	ms_buf_add_byte(out, '\n');
}

static void
show_lines(struct ms_buf *out, struct ms_stored_directory *d)
{
	const char *v;

	show_line(out, "name", ms_buf_str(&d->name));
	for (int i = 0; i < MS_DIRECTORY_KEYS; i++) {
		struct ms_slice list = ms_buf_slice(&d->values[i]);

		for (v = ms_list_next(list, NULL); v != NULL;
		     v = ms_list_next(list, v))
			show_line(out,
			    ms_directory_key_name((enum ms_directory_key)i), v);
	}
}

static void
write_json(struct users *u, const json_t *o)
{
	ms_json_line(&u->out, o);
	ms_buf_add_byte(&u->out, '\n');
}

/* The JSON of a setting: a text, an array, or true for a switch. */
static json_t *
setting_json(const struct ms_stored_directory *d, enum ms_directory_key key)
{
	struct ms_slice list = ms_buf_slice(&d->values[key]);
	const char *v = ms_list_next(list, NULL);
	json_t *array;

	if (key == MS_DIRECTORY_LOCAL_PART ||
	    key == MS_DIRECTORY_FOLLOW_REFERRALS ||
	    key == MS_DIRECTORY_ANY_CERTIFICATE)
		return json_true();
	if (key != MS_DIRECTORY_GROUP &&
	    key != MS_DIRECTORY_ADDRESS_ATTRIBUTE && key != MS_DIRECTORY_PIN)
		return json_string(v);
	array = json_array();
	for (; v != NULL; v = ms_list_next(list, v))
		json_array_append_new(array, json_string(v));
	return array;
}

static void
show_json(struct users *u, struct ms_stored_directory *d)
{
	json_t *o = json_object();
	char key[64];

	json_object_set_new(o, "name", json_string(ms_buf_str(&d->name)));
	for (int i = 0; i < MS_DIRECTORY_KEYS; i++) {
		if (d->values[i].n == 0)
			continue;
		snprintf(key, sizeof(key), "%s",
		    ms_directory_key_name((enum ms_directory_key)i));
		for (char *c = key; (c = strchr(c, '-')) != NULL;)
			*c = '_';
		json_object_set_new(
		    o, key, setting_json(d, (enum ms_directory_key)i));
	}
	write_json(u, o);
	json_decref(o);
}

static int
show_one(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_stored_directory d = {0};

	if (directory_find(u, name, &d, err) < 0)
		return -1;
	if (u->opt->json)
		show_json(u, &d);
	else
		show_lines(&u->out, &d);
	ms_stored_directory_release(&d);
	/* An empty line separates two directories. */
	if (!u->opt->json && name != u->args[u->count - 1])
		ms_buf_add_byte(&u->out, '\n');
	return 0;
}

static int
show_all(struct users *u, struct ms_err *err)
{
	struct ms_stored_directory d = {0};
	struct ms_settings s = {0};

	if (ms_settings_get(u->a, &s, err) < 0)
		return -1;
	for (size_t n = 0; ms_stored_directory_at(&s, n, &d) == 1; n++) {
		if (u->opt->json)
			show_json(u, &d);
		else
			show_line(&u->out, ms_buf_str(&d.name),
			    ms_stored_directory_value(&d, MS_DIRECTORY_URL));
		ms_stored_directory_release(&d);
	}
	ms_settings_release(&s);
	return 0;
}

/* ---- check ---- */

static void
print_check(struct users *u, const char *name, struct people *all,
    size_t disabled, size_t faulty)
{
	const char *base = ms_buf_str(&all->base);
	json_t *o;

	if (!u->opt->json) {
		show_line(&u->out, "base", base);
		ms_buf_printf(&u->out,
		    "people\t%zu\ndisabled\t%zu\nfaulty\t%zu\n", all->count,
		    disabled, faulty);
		return;
	}
	o = json_object();
	ms_json_text(o, "name", ms_slice_str(name));
	ms_json_text(o, "base", ms_slice_str(base));
	ms_json_number(o, "people", all->count);
	ms_json_number(o, "disabled", disabled);
	ms_json_number(o, "faulty", faulty);
	write_json(u, o);
	json_decref(o);
}

static int
check_one(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_stored_directory d = {0};
	struct people all = {0};
	size_t disabled = 0, faults = 0;
	int rc = -1;

	if (directory_find(u, name, &d, err) < 0 ||
	    directory_read(u, &d, &all, err) < 0)
		goto out;
	for (size_t i = 0; i < all.count; i++) {
		disabled += all.p[i].disabled;
		faults += all.p[i].fault != NULL;
	}
	print_check(u, name, &all, disabled, faults);
	rc = 0;
out:
	people_release(&all);
	ms_stored_directory_release(&d);
	return rc;
}

/* ---- the verb ---- */

static const struct action {
	const char *name;
	int (*one)(struct users *u, const char *name, struct ms_err *err);
	bool looks;      /* changes nothing */
	int least, most; /* number of directories */
} actions[] = {
    {"add", add_one, false, 1, 1},
    {"show", show_one, true, 0, MS_OPT_ANY},
    {"check", check_one, true, 1, 1},
    {"delete", delete_one, false, 1, MS_OPT_ANY},
};

static int
misused(const struct users *u, struct ms_err *err)
{
	return ms_command_misused(u->command, err);
}

int
users_directory(struct users *u)
{
	const struct action *a = actions;
	size_t left = sizeof(actions) / sizeof(actions[0]);
	struct ms_err err = {0};
	struct ms_hint hint;
	int status;

	while (left > 0 && strcmp(a->name, u->args[0]) != 0)
		a++, left--;
	if (left == 0)
		ms_fail(&err, MS_USAGE, "unknown action '%.40s'%s", u->args[0],
		    ms_hint(u->args[0], "add, show, check, delete", &hint));
	else if (u->count - 1 < a->least || u->count - 1 > a->most)
		ms_fail(&err, MS_USAGE, "directory %s: %s", a->name,
		    u->count - 1 < a->least ? "no name given"
					    : "more than one name");
	else if (a->one != add_one &&
		 (u->opt->password_fd >= 0 || u->opt->directory_given))
		ms_fail(&err, MS_USAGE,
		    "directory %s: these options belong to add", a->name);
	else if (u->opt->json && !a->looks)
		ms_fail(&err, MS_USAGE, "directory %s: has no --json", a->name);
	if (err.code != MS_OK)
		return misused(u, &err);
	u->args++;
	u->count--;
	if (a->looks && users_may_look(u, NULL, &err) < 0)
		return users_failed(NULL, &err);
	status = users_each(u, a->one);
	if (u->count == 0 && show_all(u, &err) < 0)
		status = users_failed(NULL, &err);
	if (users_flush(u, true, &err) < 0)
		status = users_failed(NULL, &err);
	return status;
}
