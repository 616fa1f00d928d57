/* merge.c - users, settings, profiles and runs: the state that events
 * tell of, merged in the order of the records. ms-archive(5), EVENT. */
#include <string.h>

#include "event.h"
#include "impl.h"
#include "le.h"

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

static int
put_event(struct ms_txn *txn, enum ms_history_class class, uint64_t number,
    const struct ms_event *ev, struct ms_err *err)
{
	unsigned char key[MS_RECORD_ROW_KEY], v[MS_EVENT_ROW];
	uint64_t target = ev->target;

	if (target == 0 && ev->kind != MS_EVENT_SETTINGS)
		target = number;
	ms_record_row_key(key, (uint8_t) class, number);
	v[0] = (unsigned char)ev->kind;
	ms_put_le64(v + 1, (uint64_t)ev->time);
	ms_put_le64(v + 9, target);
	return ms_index_put(
	    txn, MS_TABLE_EVENT, key, sizeof(key), v, sizeof(v), err);
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

/* A copy of an object, which stays when the transaction writes. 1, 0, -1. */
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

/* A field of eight bytes, which live in b. */
static struct ms_slice
number_field(unsigned char b[8], uint64_t n)
{
	ms_put_le64(b, n);
	return (struct ms_slice){b, 8};
}

/* ---- names ---- */

/* 1: it is his now, 0: somebody has it, -1. */
static int
take_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *name, struct ms_err *err)
{
	unsigned char key[NAME_KEY], v[8];
	uint64_t has;
	int got;

	got = ms_index_name(txn, kind, 0, 0, name, &has, err);
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

	got = ms_index_name(txn, kind, 0, 0, name, &has, err);
	if (got < 0 || got == 0 || has != number)
		return got < 0 ? -1 : 0;
	ms_name_key(key, kind, 0, 0, name);
	return ms_index_delete(txn, MS_TABLE_NAME, key, sizeof(key), err);
}

/*
 * A list of names in place of another. What somebody else has, or what stands
 * in it twice, is left out: `list` becomes those that are his, which live in
 * `kept`.
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
		got = take_name(txn, kind, number, s, err);
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

/* One name in place of another ("" is none). 1 done, 0 somebody has it, -1. */
static int
change_name(struct ms_txn *txn, enum ms_name_kind kind, uint64_t number,
    const char *was, const char *now, struct ms_err *err)
{
	int got = 1;

	if (strcmp(was, now) == 0)
		return 1;
	if (*now != '\0')
		got = take_name(txn, kind, number, now, err);
	if (got == 1 && *was != '\0' &&
	    drop_name(txn, kind, number, was, err) < 0)
		return -1;
	return got;
}

/* ---- objects ---- */

static int
put_user_name(
    struct ms_txn *txn, uint64_t number, const char *name, struct ms_err *err)
{
	unsigned char key[8];

	ms_put_be64(key, number);
	return ms_index_put(
	    txn, MS_TABLE_USER, key, sizeof(key), name, strlen(name), err);
}

/* The user as he was, and with what is said of him now. */
static int
change_user(struct ms_txn *txn, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *says,
    struct ms_err *err)
{
	struct ms_record_row now = *was;
	struct ms_buf addresses = {0}, pop3 = {0};
	const char *name, *old = ms_record_row_text(was, MS_FIELD_NAME);
	int got, rc = -1;

	ms_record_row_merge(&now, says);
	name = ms_record_row_text(&now, MS_FIELD_NAME);
	got = *name == '\0'
		  ? 0
		  : change_name(txn, MS_NAME_USER, number, old, name, err);
	if (got < 0)
		goto out;
	if (got == 0)
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
	else if (put_user_name(txn, number, name, err) < 0)
		goto out;
	if (says->field[MS_FIELD_ADDRESSES].p != NULL &&
	    change_list(txn, MS_NAME_ADDRESS, number,
		was->field[MS_FIELD_ADDRESSES], &now.field[MS_FIELD_ADDRESSES],
		&addresses, err) < 0)
		goto out;
	if (says->field[MS_FIELD_POP3_NAMES].p != NULL &&
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

/* A deleted profile has no name that others could not take. */
static int
change_profile(struct ms_txn *txn, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *says,
    struct ms_err *err)
{
	struct ms_record_row now = *was;
	const char *old = ms_record_row_text(was, MS_FIELD_NAME), *name;
	int got;

	ms_record_row_merge(&now, says);
	if (now.field[MS_FIELD_NAME].n == 0)
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
	name = ms_record_row_text(&now, MS_FIELD_NAME);
	got = change_name(txn, MS_NAME_PROFILE, number,
	    ms_record_row_flag(was, MS_FIELD_DELETED) ? "" : old,
	    ms_record_row_flag(&now, MS_FIELD_DELETED) ? "" : name, err);
	if (got < 0)
		return -1;
	if (got == 0) { /* stays what it is called, and deleted if it was */
		now.field[MS_FIELD_NAME] = was->field[MS_FIELD_NAME];
		now.field[MS_FIELD_DELETED] = was->field[MS_FIELD_DELETED];
	}
	return put_row(txn, MS_ROW_PROFILE, number, &now, err);
}

static int
change(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_record_row *was, const struct ms_record_row *says,
    struct ms_err *err)
{
	struct ms_record_row now = *was;

	if (kind == MS_ROW_USER)
		return change_user(txn, number, was, says, err);
	if (kind == MS_ROW_PROFILE)
		return change_profile(txn, number, was, says, err);
	ms_record_row_merge(&now, says);
	return put_row(txn, kind, number, &now, err);
}

/* A user or profile, if there is none of its name. */
static int
bear(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, struct ms_record_row *says, struct ms_err *err)
{
	const struct ms_record_row none = {0};
	unsigned char made[8];
	uint64_t has;
	int got;

	got = ms_index_name(txn,
	    kind == MS_ROW_USER ? MS_NAME_USER : MS_NAME_PROFILE, 0, 0,
	    ev->name, &has, err);
	if (got < 0)
		return -1;
	/* Void, but folders may be of it. */
	if (kind == MS_ROW_USER && got == 1)
		return put_user_name(txn, number, ev->name, err);
	if (got == 1)
		return 0;
	says->field[MS_FIELD_MADE] = number_field(made, (uint64_t)ev->time);
	return change(txn, kind, number, &none, says, err);
}

/* A run begins; its profile knows that it is the latest. */
static int
begin_run(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, struct ms_record_row *says, struct ms_err *err)
{
	uint64_t profile = ms_record_row_number(says, MS_FIELD_PROFILE);
	unsigned char made[8], last[8];
	struct ms_record_row p = {0};
	struct ms_buf row = {0};
	int got;

	says->field[MS_FIELD_MADE] = number_field(made, (uint64_t)ev->time);
	if (put_row(txn, kind, number, says, err) < 0)
		return -1;
	got = copy_row(txn, MS_ROW_PROFILE, profile, &row, &p, err);
	if (got == 1) {
		p.field[MS_FIELD_LAST_RUN] = number_field(last, number);
		got = put_row(txn, MS_ROW_PROFILE, profile, &p, err);
	}
	ms_buf_release(&row);
	return got < 0 ? -1 : 0;
}

/* What is said later of an object, or of the settings. */
static int
tell_more(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, struct ms_record_row *says, struct ms_err *err)
{
	unsigned char ended[8], ran[8];
	struct ms_buf row = {0};
	struct ms_record_row was = {0};
	int got;

	got = copy_row(txn, kind, ev->target, &row, &was, err);
	if (got == 0 && kind == MS_ROW_SETTINGS)
		got = 1;
	if (ev->kind == MS_EVENT_RAN) {
		says->field[MS_FIELD_ENDED] =
		    number_field(ended, (uint64_t)ev->time);
		says->field[MS_FIELD_RAN] = number_field(ran, number);
	}
	if (got == 1)
		got = change(txn, kind, ev->target, &was, says, err);
	ms_buf_release(&row);
	return got < 0 ? -1 : 0;
}

typedef int tell_fn(struct ms_txn *txn, enum ms_row_kind kind, uint64_t number,
    const struct ms_event *ev, struct ms_record_row *says, struct ms_err *err);

int
ms_index_tell(struct ms_txn *txn, uint64_t number, const struct ms_event *ev,
    struct ms_err *err)
{
	static const struct {
		enum ms_history_class class;
		enum ms_row_kind kind;
		tell_fn *tell; /* NULL: it is kept for the history alone */
	} how[] = {
	    [MS_EVENT_USER] = {MS_HISTORY_USERS, MS_ROW_USER, bear},
	    [MS_EVENT_USER_SET] = {MS_HISTORY_USERS, MS_ROW_USER, tell_more},
	    [MS_EVENT_SETTINGS] = {MS_HISTORY_USERS, MS_ROW_SETTINGS,
		tell_more},
	    [MS_EVENT_PROFILE] = {MS_HISTORY_RUNS, MS_ROW_PROFILE, bear},
	    [MS_EVENT_PROFILE_SET] = {MS_HISTORY_RUNS, MS_ROW_PROFILE,
		tell_more},
	    [MS_EVENT_RUN] = {MS_HISTORY_RUNS, MS_ROW_RUN, begin_run},
	    [MS_EVENT_MAILBOX] = {MS_HISTORY_RUNS, MS_ROW_RUN, NULL},
	    [MS_EVENT_RAN] = {MS_HISTORY_RUNS, MS_ROW_RUN, tell_more},
	};
	struct ms_record_row says;

	if (ms_record_row_parse(&says, ms_buf_slice(&ev->fields), err) < 0 ||
	    put_event(txn, how[ev->kind].class, number, ev, err) < 0)
		return -1;
	if (how[ev->kind].tell == NULL)
		return 0;
	return how[ev->kind].tell(
	    txn, how[ev->kind].kind, number, ev, &says, err);
}
