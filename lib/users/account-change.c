/* account-change.c - creates, changes and deletes users by events, after
 * checking the new values. ms-archive(5), EVENT. */
#include <stdlib.h>
#include <string.h>

#include "account-impl.h"
#include "event.h"
#include "le.h"

/* ---- as JSON ---- */

static json_t *
rights_json(const struct ms_account *u)
{
	json_t *list = json_array();
	struct ms_buf b = {0};
	uint64_t archive;
	unsigned bits;
	size_t i;

	for (i = 0; ms_account_right_at(u, i, &archive, &bits); i++) {
		ms_buf_clear(&b);
		ms_rights_write(&b, bits, ' ');
		json_array_append_new(list,
		    json_pack("[Is]", (json_int_t)archive, ms_buf_str(&b)));
	}
	ms_buf_release(&b);
	return list;
}

/* Adds keys for the members that `set` names. */
static void
add_keys(json_t *o, const struct ms_account *u, unsigned set)
{
	if (set & MS_SET_NAME)
		json_object_set_new(o, "name", json_string(u->name));
	if (set & MS_SET_FULL_NAME)
		json_object_set_new(o, "full_name", json_string(u->full_name));
	if (set & MS_SET_ADDRESSES)
		json_object_set_new(
		    o, "addresses", ms_event_list_json(u->addresses));
	if (set & MS_SET_POP3_NAMES)
		json_object_set_new(
		    o, "pop3_names", ms_event_list_json(u->pop3_names));
	if (set & MS_SET_AUTHENTICATION)
		json_object_set_new(o, "authentication",
		    json_string(ms_authentication_name(u->authentication)));
	if (set & MS_SET_DN)
		json_object_set_new(o, "dn", json_string(u->dn));
	if (set & MS_SET_PRIVILEGES)
		json_object_set_new(
		    o, "privileges", ms_privileges_json(u->privileges));
	if (set & MS_SET_RIGHTS)
		json_object_set_new(o, "rights", rights_json(u));
	if (set & MS_SET_DISABLED)
		json_object_set_new(o, "disabled", json_boolean(u->disabled));
	if (set & MS_SET_PASSWORD)
		json_object_set_new(o, "password",
		    json_string(u->has_password ? "set" : "removed"));
	if (set & MS_SET_DIRECTORY) {
		json_object_set_new(o, "directory", json_string(u->directory));
		json_object_set_new(
		    o, "directory_id", json_string(u->directory_id));
		json_object_set_new(
		    o, "directory_state", json_string(u->directory_state));
	}
}

/* ---- differences ---- */

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Returns the members of `set` in which `want` differs from `now`. Passwords
 * cannot be compared: a password that is set counts as new. */
static unsigned
differences(
    const struct ms_account *now, const struct ms_account *want, unsigned set)
{
	unsigned d = 0;

	if ((set & MS_SET_NAME) && !same_text(now->name, want->name))
		d |= MS_SET_NAME;
	if ((set & MS_SET_FULL_NAME) &&
	    !same_text(now->full_name, want->full_name))
		d |= MS_SET_FULL_NAME;
	if ((set & MS_SET_ADDRESSES) &&
	    !ms_slice_eq(now->addresses, want->addresses))
		d |= MS_SET_ADDRESSES;
	if ((set & MS_SET_POP3_NAMES) &&
	    !ms_slice_eq(now->pop3_names, want->pop3_names))
		d |= MS_SET_POP3_NAMES;
	if ((set & MS_SET_AUTHENTICATION) &&
	    now->authentication != want->authentication)
		d |= MS_SET_AUTHENTICATION;
	if ((set & MS_SET_DN) && !same_text(now->dn, want->dn))
		d |= MS_SET_DN;
	if ((set & MS_SET_PRIVILEGES) && now->privileges != want->privileges)
		d |= MS_SET_PRIVILEGES;
	if ((set & MS_SET_RIGHTS) && !ms_slice_eq(now->rights, want->rights))
		d |= MS_SET_RIGHTS;
	if ((set & MS_SET_DISABLED) && now->disabled != want->disabled)
		d |= MS_SET_DISABLED;
	if ((set & MS_SET_PASSWORD) &&
	    (now->has_password || want->has_password))
		d |= MS_SET_PASSWORD;
	if ((set & MS_SET_DIRECTORY) &&
	    (!same_text(now->directory, want->directory) ||
		!same_text(now->directory_id, want->directory_id) ||
		!same_text(now->directory_state, want->directory_state)))
		d |= MS_SET_DIRECTORY;
	return d;
}

/* ---- changes ---- */

int
ms_account_add(struct ms_change *ch, const struct ms_account *want,
    unsigned set, uint64_t *number, struct ms_err *err)
{
	struct ms_account_lists lists = {0};
	struct ms_account now = {0}, none = {0}, u = *want;
	struct ms_settings settings = {0};
	json_t *keys = json_object();
	int got, rc = -1;

	set |= MS_SET_NAME;
	got = ms_account_find_in(ms_change_txn(ch), want->name, &now, err);
	if (got < 0)
		goto out;
	if (got == 1 && !now.deleted) {
		ms_fail(err, MS_EXISTS, "user '%s' exists already", now.name);
		goto out;
	}
	if (ms_settings_get_in(ms_change_txn(ch), &settings, err) < 0 ||
	    ms_account_check(
		ch, got == 1 ? now.number : 0, &u, set, &lists, err) < 0)
		goto out;
	if (!(set & MS_SET_PRIVILEGES))
		u.privileges = settings.default_privileges;
	set |= MS_SET_PRIVILEGES;
	*number = now.number;
	if (got == 1) {
		json_object_set_new(
		    keys, "user", json_integer((json_int_t)now.number));
		json_object_set_new(keys, "deleted", json_false());
		add_keys(keys, &u, differences(&now, &u, set));
		rc = ms_change_event(
		    ch, "user-set", json_incref(keys), NULL, err);
	} else {
		none.name = none.full_name = none.dn = "";
		none.directory = none.directory_id = none.directory_state = "";
		add_keys(keys, &u, differences(&none, &u, set));
		rc =
		    ms_change_event(ch, "user", json_incref(keys), number, err);
	}
out:
	json_decref(keys);
	ms_account_lists_release(&lists);
	ms_settings_release(&settings);
	ms_account_release(&now);
	return rc;
}

int
ms_account_set(struct ms_change *ch, uint64_t number,
    const struct ms_account *want, unsigned set, unsigned *changed,
    struct ms_err *err)
{
	struct ms_account_lists lists = {0};
	struct ms_account now = {0}, u = *want;
	json_t *keys = json_object();
	unsigned d = 0;
	int got, rc = -1;

	got = ms_account_get_in(ms_change_txn(ch), number, &now, err);
	if (got < 0)
		goto out;
	/* A deleted user may only be renamed, so that another user can get the
	 * name. */
	if (got == 0 || (now.deleted && set != MS_SET_NAME)) {
		ms_fail(err, MS_NOINPUT, "no such user");
		goto out;
	}
	if (ms_account_check(ch, number, &u, set, &lists, err) < 0)
		goto out;
	d = differences(&now, &u, set);
	rc = 0;
	if (d != 0) {
		json_object_set_new(
		    keys, "user", json_integer((json_int_t)number));
		add_keys(keys, &u, d);
		rc = ms_change_event(
		    ch, "user-set", json_incref(keys), NULL, err);
	}
out:
	if (changed != NULL)
		*changed = d;
	json_decref(keys);
	ms_account_lists_release(&lists);
	ms_account_release(&now);
	return rc;
}

int
ms_account_delete(struct ms_change *ch, uint64_t number, struct ms_err *err)
{
	struct ms_account now = {0}, none;
	json_t *keys;
	int got;

	got = ms_account_get_in(ms_change_txn(ch), number, &now, err);
	if (got == 1 && now.deleted)
		got = 0;
	if (got == 0)
		ms_fail(err, MS_NOINPUT, "no such user");
	if (got <= 0) {
		ms_account_release(&now);
		return -1;
	}
	none = (struct ms_account){
	    .name = now.name, .full_name = now.full_name, .dn = ""};
	keys = json_pack("{sI sb}", "user", (json_int_t)number, "deleted", 1);
	add_keys(
	    keys, &none, differences(&now, &none, ~(unsigned)MS_SET_DIRECTORY));
	ms_account_release(&now);
	return ms_change_event(ch, "user-set", keys, NULL, err);
}
