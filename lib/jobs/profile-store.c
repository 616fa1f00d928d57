/* profile-store.c - profiles in the archive: found and changed.
 * ms-archive(5), EVENT. */
#include "profile-store.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "utf8.h"

bool
ms_profile_name_ok(const char *name)
{
	return *name != '\0' && *name != '-' && *name != '.' &&
	       strchr(name, '/') == NULL &&
	       ms_account_text_ok(name, MS_PROFILE_NAME_MAX);
}

/* ---- reading ---- */

void
ms_stored_profile_release(struct ms_stored_profile *p)
{
	ms_buf_release(&p->row);
	*p = (struct ms_stored_profile){0};
}

/* Fills p from p->row. Returns 1 or -1. */
static int
read_row(struct ms_stored_profile *p, uint64_t number, struct ms_err *err)
{
	struct ms_record_row o;

	if (ms_record_row_parse(&o, ms_buf_slice(&p->row), err) < 0)
		return -1;
	p->number = number;
	p->owner = ms_record_row_number(&o, MS_FIELD_OWNER);
	p->last_run = ms_record_row_number(&o, MS_FIELD_LAST_RUN);
	p->made = (int64_t)ms_record_row_number(&o, MS_FIELD_MADE);
	p->name = ms_record_row_text(&o, MS_FIELD_NAME);
	p->text = ms_record_row_text(&o, MS_FIELD_TEXT);
	p->enabled = ms_record_row_flag(&o, MS_FIELD_ENABLED);
	p->deleted = ms_record_row_flag(&o, MS_FIELD_DELETED);
	return 1;
}

/* Looks a profile up, in the archive or in a transaction. */
static int
look_up(struct ms_archive *a, struct ms_txn *txn, struct ms_record_key key,
    struct ms_stored_profile *p, struct ms_err *err)
{
	int got;

	key.kind = MS_ROW_PROFILE;
	got = ms_record_store_get(a, txn, &key, &p->row, err);
	return got == 1 ? read_row(p, key.number, err) : got;
}

int
ms_profile_get(struct ms_archive *a, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err)
{
	struct ms_record_key key = {.number = number};

	return look_up(a, NULL, key, p, err);
}

int
ms_profile_get_in(struct ms_txn *txn, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err)
{
	struct ms_record_key key = {.number = number};

	return look_up(NULL, txn, key, p, err);
}

int
ms_profile_find(struct ms_archive *a, const char *name,
    struct ms_stored_profile *p, struct ms_err *err)
{
	struct ms_record_key key = {.how = MS_NAME_PROFILE, .name = name};

	return look_up(a, NULL, key, p, err);
}

int
ms_profile_find_in(struct ms_txn *txn, const char *name,
    struct ms_stored_profile *p, struct ms_err *err)
{
	struct ms_record_key key = {.how = MS_NAME_PROFILE, .name = name};

	return look_up(NULL, txn, key, p, err);
}

int
ms_profiles_next(
    struct ms_record_store *w, struct ms_stored_profile *p, struct ms_err *err)
{
	uint64_t number = 0;
	struct ms_slice row = {0};
	int got;

	do {
		got = ms_record_store_next(w, &number, &row, err);
		ms_buf_clear(&p->row);
		if (got != 1)
			return got;
		ms_buf_add(&p->row, row.p, row.n);
		got = read_row(p, number, err);
	} while (got == 1 && p->deleted);
	return got;
}

/* ---- changing ---- */

/* A text may contain line ends and all else that JSON can express. */
static bool
text_ok(const char *text)
{
	size_t n = strlen(text);

	return n <= MS_PROFILE_TEXT_MAX &&
	       ms_utf8_valid((const unsigned char *)text, n);
}

/* Are these values valid for profile `number` (0: a new one)? */
static int
check(struct ms_change *ch, uint64_t number,
    const struct ms_stored_profile *want, unsigned set, struct ms_err *err)
{
	struct ms_txn *txn = ms_change_txn(ch);
	struct ms_record_row o;
	uint64_t has;
	int got = 0;

	if ((set & MS_PROFILE_SET_TEXT) && !text_ok(want->text))
		return ms_fail(err, MS_USAGE,
		    "profile is not UTF-8, or longer than %d bytes",
		    MS_PROFILE_TEXT_MAX);
	if ((set & MS_PROFILE_SET_OWNER) && want->owner != 0) {
		got =
		    ms_index_record_row(txn, MS_ROW_USER, want->owner, &o, err);
		if (got == 0)
			return ms_fail(err, MS_USAGE, "no such owner");
		if (got < 0)
			return -1;
	}
	if (!(set & MS_PROFILE_SET_NAME))
		return 0;
	if (!ms_profile_name_ok(want->name))
		return ms_fail(err, MS_USAGE,
		    "'%.255s' is not a valid name of a profile", want->name);
	got = ms_index_name(txn, MS_NAME_PROFILE, 0, 0, want->name, &has, err);
	if (got == 1 && has != number)
		return ms_fail(
		    err, MS_EXISTS, "profile '%s' exists already", want->name);
	return got < 0 ? -1 : 0;
}

static void
add_keys(json_t *o, const struct ms_stored_profile *p, unsigned set)
{
	if (set & MS_PROFILE_SET_NAME)
		json_object_set_new(o, "name", json_string(p->name));
	if (set & MS_PROFILE_SET_OWNER)
		json_object_set_new(
		    o, "owner", json_integer((json_int_t)p->owner));
	if (set & MS_PROFILE_SET_TEXT)
		json_object_set_new(o, "text", json_string(p->text));
	if (set & MS_PROFILE_SET_ENABLED)
		json_object_set_new(o, "enabled", json_boolean(p->enabled));
	if (set & MS_PROFILE_SET_BY)
		json_object_set_new(o, "by", json_integer((json_int_t)p->by));
}

int
ms_profile_add(struct ms_change *ch, const struct ms_stored_profile *want,
    uint64_t *number, struct ms_err *err)
{
	unsigned all = MS_PROFILE_SET_NAME | MS_PROFILE_SET_OWNER |
		       MS_PROFILE_SET_TEXT | MS_PROFILE_SET_ENABLED |
		       MS_PROFILE_SET_BY;
	json_t *keys;

	if (check(ch, 0, want, all, err) < 0)
		return -1;
	keys = json_object();
	add_keys(keys, want, all);
	return ms_change_event(ch, "profile", keys, number, err);
}

/* Gets a profile that is not deleted. */
static int
get_existing(struct ms_change *ch, uint64_t number,
    struct ms_stored_profile *now, struct ms_err *err)
{
	int got = ms_profile_get_in(ms_change_txn(ch), number, now, err);

	if (got == 0 || (got == 1 && now->deleted))
		return ms_fail(err, MS_NOINPUT, "no such profile");
	return got < 0 ? -1 : 0;
}

static bool
differs(const char *a, const char *b)
{
	return strcmp(a, b) != 0;
}

static unsigned
differences(const struct ms_stored_profile *now,
    const struct ms_stored_profile *want, unsigned set)
{
	unsigned d = set & MS_PROFILE_SET_BY;

	if ((set & MS_PROFILE_SET_NAME) && differs(now->name, want->name))
		d |= MS_PROFILE_SET_NAME;
	if ((set & MS_PROFILE_SET_OWNER) && now->owner != want->owner)
		d |= MS_PROFILE_SET_OWNER;
	if ((set & MS_PROFILE_SET_TEXT) && differs(now->text, want->text))
		d |= MS_PROFILE_SET_TEXT;
	if ((set & MS_PROFILE_SET_ENABLED) && now->enabled != want->enabled)
		d |= MS_PROFILE_SET_ENABLED;
	return d;
}

int
ms_profile_set(struct ms_change *ch, uint64_t number,
    const struct ms_stored_profile *want, unsigned set, struct ms_err *err)
{
	struct ms_stored_profile now = {0};
	unsigned d = 0;
	json_t *keys;
	int rc;

	rc = get_existing(ch, number, &now, err);
	if (rc == 0)
		rc = check(ch, number, want, set, err);
	if (rc == 0)
		d = differences(&now, want, set);
	ms_stored_profile_release(&now);
	if (rc < 0 || d == 0)
		return rc;
	keys = json_pack("{sI}", "profile", (json_int_t)number);
	add_keys(keys, want, d);
	return ms_change_event(ch, "profile-set", keys, NULL, err);
}

int
ms_profile_delete(struct ms_change *ch, uint64_t number, struct ms_err *err)
{
	struct ms_stored_profile now = {0};
	int rc = get_existing(ch, number, &now, err);

	ms_stored_profile_release(&now);
	if (rc < 0)
		return -1;
	return ms_change_event(ch, "profile-set",
	    json_pack("{sI sb}", "profile", (json_int_t)number, "deleted", 1),
	    NULL, err);
}
