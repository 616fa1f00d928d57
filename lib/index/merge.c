/* merge.c - events about users, settings, profiles and runs, merged into their
 * rows in the order of the records. ms-archive(5), EVENT. */
#include <string.h>

#include "event.h"
#include "impl.h"
#include "le.h"
#include "utf8.h"

/* ---- rows ---- */

int
ms_index_record_row(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    struct ms_record_row *o, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	struct ms_slice v;
	int got;

	ms_record_row_key(key, (uint8_t)kind, number);
	got =
	    ms_index_get(txn, MS_TABLE_RECORD_ROWS, key, sizeof(key), &v, err);
	if (got == 1 && ms_record_row_parse(o, v, err) < 0)
		return -1;
	return got;
}

int
ms_index_user_deleted(struct ms_txn *txn, uint64_t number, struct ms_err *err)
{
	struct ms_record_row o;
	int got;

	got = ms_index_record_row(txn, MS_ROW_USER, number, &o, err);
	if (got <= 0)
		return got;
	return ms_record_row_flag(&o, MS_FIELD_DELETED);
}

int
ms_index_active_user(
    struct ms_txn *txn, const char *name, uint64_t *number, struct ms_err *err)
{
	int got, gone;

	got = ms_index_name(txn, MS_NAME_USER, 0, 0, name, number, err);
	if (got <= 0)
		return got;
	gone = ms_index_user_deleted(txn, *number, err);
	return gone < 0 ? -1 : !gone;
}

int
ms_index_put_event(struct ms_txn *txn, uint8_t class,
    const struct ms_event_row *row, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY], v[MS_EVENT_ROW];

	ms_record_row_key(key, class, row->number);
	v[0] = row->kind;
	ms_put_le64(v + 1, (uint64_t)row->time);
	ms_put_le64(v + 9, row->target);
	return ms_index_put(
	    txn, MS_TABLE_EVENT, key, sizeof(key), v, sizeof(v), err);
}

static int
put_event(struct ms_txn *txn, enum ms_history_class class, uint64_t number,
    const struct ms_event *ev, struct ms_err *err)
{
	struct ms_event_row row = {.number = number,
	    .target = ev->target,
	    .time = ev->time,
	    .kind = (uint8_t)ev->kind};

	if (row.target == 0 && ev->kind != MS_EVENT_SETTINGS)
		row.target = number;
	return ms_index_put_event(txn, (uint8_t) class, &row, err);
}

static int
put_row(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_record_row *o, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY];
	struct ms_buf row = {0};
	int rc;

	ms_record_row_write(&row, o);
	ms_record_row_key(key, (uint8_t)kind, number);
	rc = ms_index_put(
	    txn, MS_TABLE_RECORD_ROWS, key, sizeof(key), row.p, row.n, err);
	ms_buf_release(&row);
	return rc;
}

/* A copy of a row, which stays valid when the transaction writes. 1, 0, -1. */
static int
copy_row(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    struct ms_buf *row, struct ms_record_row *o, struct ms_err *err)
{
	int got = ms_index_record_row(txn, kind, number, o, err);

	if (got <= 0)
		return got;
	ms_record_row_write(row, o);
	return ms_record_row_parse(o, ms_buf_slice(row), err) < 0 ? -1 : 1;
}

/* A field of eight bytes; b holds them. */
static struct ms_slice
number_field(unsigned char b[8], uint64_t n)
{
	ms_put_le64(b, n);
	return (struct ms_slice){b, 8};
}

/* Counts an event that is merged into a row; b holds the two fields. */
static void
count_change(struct ms_record_row *fields, const struct ms_record_row *was,
    uint64_t number, unsigned char b[16])
{
	uint64_t n = ms_record_row_number(was, MS_FIELD_CHANGES) + 1;

	fields->field[MS_FIELD_CHANGED] = number_field(b, number);
	fields->field[MS_FIELD_CHANGES] = number_field(b + 8, n);
}

/* ---- names ---- */

/* Gives a name to a number. 1; 0: the name belongs to another number; -1. */
static int
claim_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *name, struct ms_err *err)
{
	unsigned char key[NAME_KEY], v[8];
	uint64_t has;
	int got;

	got = ms_index_exact_name(txn, kind, 0, 0, name, &has, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	ms_name_key(key, kind, 0, 0, name);
	ms_put_le64(v, number);
	if (ms_index_put(
		txn, MS_TABLE_NAME, key, sizeof(key), v, sizeof(v), err) < 0)
		return -1;
	return 1;
}

static int
drop_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *name, struct ms_err *err)
{
	unsigned char key[NAME_KEY];
	uint64_t has;
	int got;

	got = ms_index_exact_name(txn, kind, 0, 0, name, &has, err);
	if (got < 0 || got == 0 || has != number)
		return got < 0 ? -1 : 0;
	ms_name_key(key, kind, 0, 0, name);
	return ms_index_delete(txn, MS_TABLE_NAME, key, sizeof(key), err);
}

/*
 * Replaces a list of names. A name that belongs to another number, or that is
 * repeated, is left out: `list` becomes the names that were claimed, and `kept`
 * holds their bytes.
 */
static int
change_list(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    struct ms_slice was, struct ms_slice *list, struct ms_buf *kept,
    struct ms_err *err)
{
	const char *s;
	int got;

	for (s = ms_list_next(was, NULL); s != NULL; s = ms_list_next(was, s))
		if (drop_name(txn, kind, number, s, err) < 0)
			return -1;
	for (s = ms_list_next(*list, NULL); s != NULL;
	     s = ms_list_next(*list, s)) {
		got = claim_name(txn, kind, number, s, err);
		if (got < 0)
			return -1;
		if (got == 1)
			ms_buf_add(kept, s, strlen(s) + 1);
	}
	*list = ms_buf_slice(kept);
	if (list->n == 0)
		list->p = NULL;
	return 0;
}

/* Replaces the key of a user's name. The first user with a key has it. */
static int
change_key(struct ms_txn *txn, uint64_t number, const char *was,
    const char *now, struct ms_err *err)
{
	struct ms_buf key = {0};
	int rc = 0;

	ms_utf8_name_key(ms_slice_str(was), &key);
	if (strcmp(ms_buf_str(&key), was) != 0)
		rc = drop_name(
		    txn, MS_NAME_USER_KEY, number, ms_buf_str(&key), err);
	ms_buf_clear(&key);
	ms_utf8_name_key(ms_slice_str(now), &key);
	if (rc == 0 && strcmp(ms_buf_str(&key), now) != 0)
		rc = claim_name(
		    txn, MS_NAME_USER_KEY, number, ms_buf_str(&key), err);
	ms_buf_release(&key);
	return rc < 0 ? -1 : 0;
}

/* Replaces a name; "" is no name. 1; 0: the new name belongs to another number;
 * -1. */
static int
change_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *was, const char *now, struct ms_err *err)
{
	int got = 1;

	if (strcmp(was, now) == 0)
		return 1;
	if (*now != '\0')
		got = claim_name(txn, kind, number, now, err);
	if (got == 1 && *was != '\0' &&
	    drop_name(txn, kind, number, was, err) < 0)
		return -1;
	if (got == 1 && kind == MS_NAME_USER &&
	    change_key(txn, number, was, now, err) < 0)
		return -1;
	return got;
}

/* ---- targets ---- */

int
ms_index_put_user_name(
    struct ms_txn *txn, uint64_t number, const char *name, struct ms_err *err)
{
	unsigned char key[8];

	ms_put_be64(key, number);
	return ms_index_put(
	    txn, MS_TABLE_USER, key, sizeof(key), name, strlen(name), err);
}

/* Merges the fields of an event into a user. */
static int
change_user(struct ms_txn *txn, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *fields,
    struct ms_err *err)
{
	struct ms_record_row now = *was;
	struct ms_buf addresses = {0}, pop3 = {0};
	const char *name, *old = ms_record_row_text(was, MS_FIELD_NAME);
	int got, rc = -1;

	ms_record_row_merge(&now, fields);
	name = ms_record_row_text(&now, MS_FIELD_NAME);
	got = *name == '\0'
		  ? 0
		  : change_name(txn, MS_NAME_USER, number, old, name, err);
	if (got < 0)
		goto out;
	if (got == 0)
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
	else if (ms_index_put_user_name(txn, number, name, err) < 0)
		goto out;
	if (fields->field[MS_FIELD_ADDRESSES].p != NULL &&
	    change_list(txn, MS_NAME_ADDRESS, number,
		was->field[MS_FIELD_ADDRESSES], &now.field[MS_FIELD_ADDRESSES],
		&addresses, err) < 0)
		goto out;
	if (fields->field[MS_FIELD_POP3_NAMES].p != NULL &&
	    change_list(txn, MS_NAME_POP3, number,
		was->field[MS_FIELD_POP3_NAMES],
		&now.field[MS_FIELD_POP3_NAMES], &pop3, err) < 0)
		goto out;
	rc = put_row(txn, MS_ROW_USER, number, &now, err);
out:
	ms_buf_release(&addresses);
	ms_buf_release(&pop3);
	return rc;
}

/* The name of a deleted profile is free for others. */
static int
change_profile(struct ms_txn *txn, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *fields,
    struct ms_err *err)
{
	struct ms_record_row now = *was;
	const char *old = ms_record_row_text(was, MS_FIELD_NAME), *name;
	int got;

	ms_record_row_merge(&now, fields);
	if (now.field[MS_FIELD_NAME].n == 0)
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
	name = ms_record_row_text(&now, MS_FIELD_NAME);
	got = change_name(txn, MS_NAME_PROFILE, number,
	    ms_record_row_flag(was, MS_FIELD_DELETED) ? "" : old,
	    ms_record_row_flag(&now, MS_FIELD_DELETED) ? "" : name, err);
	if (got < 0)
		return -1;
	if (got == 0) { /* the name is taken: it stays as it was */
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
		now.field[MS_FIELD_DELETED] = was->field[MS_FIELD_DELETED];
	}
	return put_row(txn, MS_ROW_PROFILE, number, &now, err);
}

static int
change(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *fields,
    struct ms_err *err)
{
	struct ms_record_row now = *was;

	if (kind == MS_ROW_USER)
		return change_user(txn, number, was, fields, err);
	if (kind == MS_ROW_PROFILE)
		return change_profile(txn, number, was, fields, err);
	ms_record_row_merge(&now, fields);
	return put_row(txn, kind, number, &now, err);
}

/* A new user or profile, if the name is free. */
static int
create(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, const struct ms_record_row *given,
    struct ms_err *err)
{
	const struct ms_record_row none = {0};
	struct ms_record_row fields = *given;
	unsigned char made[8], changes[16];
	uint64_t has;
	int got;

	got = ms_index_exact_name(txn,
	    kind == MS_ROW_USER ? MS_NAME_USER : MS_NAME_PROFILE, 0, 0,
	    ev->name, &has, err);
	if (got < 0)
		return -1;
	/* Not a new user, but folders may name this number. */
	if (kind == MS_ROW_USER && got == 1)
		return ms_index_put_user_name(txn, number, ev->name, err);
	if (got == 1)
		return 0;
	fields.field[MS_FIELD_MADE] = number_field(made, (uint64_t)ev->time);
	count_change(&fields, &none, number, changes);
	return change(txn, kind, number, &none, &fields, err);
}

/* A run begins, and is the latest one of its profile. */
static int
begin_run(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, const struct ms_record_row *given,
    struct ms_err *err)
{
	uint64_t profile = ms_record_row_number(given, MS_FIELD_PROFILE);
	struct ms_record_row fields = *given;
	unsigned char made[8], last[8];
	struct ms_record_row p = {0};
	struct ms_buf row = {0};
	int got;

	fields.field[MS_FIELD_MADE] = number_field(made, (uint64_t)ev->time);
	if (put_row(txn, kind, number, &fields, err) < 0)
		return -1;
	got = copy_row(txn, MS_ROW_PROFILE, profile, &row, &p, err);
	if (got == 1) {
		p.field[MS_FIELD_LAST_RUN] = number_field(last, number);
		got = put_row(txn, MS_ROW_PROFILE, profile, &p, err);
	}
	ms_buf_release(&row);
	return got < 0 ? -1 : 0;
}

/* A later event about a target, or about the settings. */
static int
update(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, const struct ms_record_row *given,
    struct ms_err *err)
{
	unsigned char ended[8], ran[8], changes[16];
	struct ms_record_row fields = *given;
	struct ms_buf row = {0};
	struct ms_record_row was = {0};
	int got;

	got = copy_row(txn, kind, ev->target, &row, &was, err);
	if (got == 0 && kind == MS_ROW_SETTINGS)
		got = 1;
	if (ev->kind == MS_EVENT_RAN) {
		fields.field[MS_FIELD_ENDED] =
		    number_field(ended, (uint64_t)ev->time);
		fields.field[MS_FIELD_RAN] = number_field(ran, number);
	} else {
		count_change(&fields, &was, number, changes);
	}
	if (got == 1)
		got = change(txn, kind, ev->target, &was, &fields, err);
	ms_buf_release(&row);
	return got < 0 ? -1 : 0;
}

/* ---- repeated states ---- */

/* Takes a name away from another number. */
static int
free_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *name, struct ms_err *err)
{
	uint64_t has;
	int got;

	got = ms_index_exact_name(txn, kind, 0, 0, name, &has, err);
	if (got <= 0 || has == number)
		return got < 0 ? -1 : 0;
	return drop_name(txn, kind, has, name, err);
}

static int
free_list(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    struct ms_slice list, struct ms_err *err)
{
	const char *s;

	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		if (free_name(txn, kind, number, s, err) < 0)
			return -1;
	return 0;
}

/* At the moment of a repeated state, its names belonged to its objects; another
 * object that has one now lost it by an event that cannot be read. */
static int
free_names(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_record_row *row, struct ms_err *err)
{
	const char *name = ms_record_row_text(row, MS_FIELD_NAME);

	if (kind == MS_ROW_PROFILE &&
	    !ms_record_row_flag(row, MS_FIELD_DELETED))
		return free_name(txn, MS_NAME_PROFILE, number, name, err);
	if (kind != MS_ROW_USER)
		return 0;
	if (free_name(txn, MS_NAME_USER, number, name, err) < 0 ||
	    free_list(txn, MS_NAME_ADDRESS, number,
		row->field[MS_FIELD_ADDRESSES], err) < 0)
		return -1;
	return free_list(
	    txn, MS_NAME_POP3, number, row->field[MS_FIELD_POP3_NAMES], err);
}

int
ms_index_replace_row(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_record_row *row, struct ms_err *err)
{
	struct ms_record_row was = {0}, all = *row;
	struct ms_buf old = {0};
	size_t i;
	int got;

	got = copy_row(txn, kind, number, &old, &was, err);
	if (got >= 0)
		got = free_names(txn, kind, number, row, err);
	for (i = 1; i < MS_FIELDS; i++)
		if (all.field[i].p == NULL)
			all.field[i].p = (const unsigned char *)"";
	if (got >= 0)
		got = change(txn, kind, number, &was, &all, err);
	ms_buf_release(&old);
	return got;
}

typedef int merge_fn(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, const struct ms_record_row *given,
    struct ms_err *err);

int
ms_index_merge(struct ms_txn *txn, uint64_t number, const struct ms_event *ev,
    struct ms_err *err)
{
	static const struct {
		enum ms_history_class class;
		enum ms_row_kind kind;
		merge_fn *merge; /* NULL: kept for the history only */
	} how[] = {
	    [MS_EVENT_USER] = {MS_HISTORY_USERS, MS_ROW_USER, create},
	    [MS_EVENT_USER_SET] = {MS_HISTORY_USERS, MS_ROW_USER, update},
	    [MS_EVENT_SETTINGS] = {MS_HISTORY_USERS, MS_ROW_SETTINGS, update},
	    [MS_EVENT_PROFILE] = {MS_HISTORY_RUNS, MS_ROW_PROFILE, create},
	    [MS_EVENT_PROFILE_SET] = {MS_HISTORY_RUNS, MS_ROW_PROFILE, update},
	    [MS_EVENT_RUN] = {MS_HISTORY_RUNS, MS_ROW_RUN, begin_run},
	    [MS_EVENT_MAILBOX] = {MS_HISTORY_RUNS, MS_ROW_RUN, NULL},
	    [MS_EVENT_RAN] = {MS_HISTORY_RUNS, MS_ROW_RUN, update},
	    [MS_EVENT_ACCESS] = {MS_HISTORY_USERS, MS_ROW_USER, NULL},
	};
	struct ms_record_row fields;

	if (ms_record_row_parse(&fields, ms_buf_slice(&ev->fields), err) < 0 ||
	    put_event(txn, how[ev->kind].class, number, ev, err) < 0)
		return -1;
	if (how[ev->kind].merge == NULL)
		return 0;
	return how[ev->kind].merge(
	    txn, how[ev->kind].kind, number, ev, &fields, err);
}
