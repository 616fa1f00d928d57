/* account.c - reads users from the index, and tells what they may do.
 * ms-users(1). */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "le.h"

static const char *const authentications[] = {
    "none", "integrated", "directory"};

const char *
ms_authentication_name(enum ms_authentication a)
{
	return authentications[a];
}

int
ms_authentication_of(const char *name, enum ms_authentication *out)
{
	int i;

	for (i = 0; i < 3; i++)
		if (strcmp(name, authentications[i]) == 0) {
			*out = (enum ms_authentication)i;
			return 0;
		}
	return -1;
}

/* ---- users ---- */

void
ms_account_release(struct ms_account *u)
{
	ms_buf_release(&u->row);
	*u = (struct ms_account){0};
}

/* Fills u from u->row; strings and lists are views of it. */
static int
read_row(struct ms_account *u, uint64_t number, struct ms_err *err)
{
	struct ms_record_row o;

	if (ms_record_row_parse(&o, ms_buf_slice(&u->row), err) < 0)
		return -1;
	u->number = number;
	u->made = (int64_t)ms_record_row_number(&o, MS_FIELD_MADE);
	u->name = ms_record_row_text(&o, MS_FIELD_NAME);
	u->full_name = ms_record_row_text(&o, MS_FIELD_FULL_NAME);
	u->dn = ms_record_row_text(&o, MS_FIELD_DN);
	u->addresses = o.field[MS_FIELD_ADDRESSES];
	u->pop3_names = o.field[MS_FIELD_POP3_NAMES];
	u->rights = o.field[MS_FIELD_RIGHTS];
	u->privileges = (unsigned)ms_record_row_number(&o, MS_FIELD_PRIVILEGES);
	u->disabled = ms_record_row_flag(&o, MS_FIELD_DISABLED);
	u->directory = ms_record_row_text(&o, MS_FIELD_DIRECTORY);
	u->directory_id = ms_record_row_text(&o, MS_FIELD_DIRECTORY_ID);
	u->directory_state = ms_record_row_text(&o, MS_FIELD_DIRECTORY_STATE);
	u->deleted = ms_record_row_flag(&o, MS_FIELD_DELETED);
	u->has_password = ms_record_row_flag(&o, MS_FIELD_PASSWORD);
	/* An authentication of a later version cannot be used. */
	if (ms_authentication_of(
		ms_record_row_text(&o, MS_FIELD_AUTHENTICATION),
		&u->authentication) < 0)
		u->authentication = MS_LOGIN_NONE;
	return 0;
}

/* Looks a user up, in the archive or in a transaction. */
static int
look_up(struct ms_archive *a, struct ms_txn *txn, struct ms_record_key key,
    struct ms_account *u, struct ms_err *err)
{
	int got;

	key.kind = MS_ROW_USER;
	got = ms_record_store_get(a, txn, &key, &u->row, err);
	if (got == 1 && read_row(u, key.number, err) < 0)
		return -1;
	return got;
}

int
ms_account_get(struct ms_archive *a, uint64_t number, struct ms_account *u,
    struct ms_err *err)
{
	struct ms_record_key key = {.number = number};

	return look_up(a, NULL, key, u, err);
}

int
ms_account_get_in(struct ms_txn *txn, uint64_t number, struct ms_account *u,
    struct ms_err *err)
{
	struct ms_record_key key = {.number = number};

	return look_up(NULL, txn, key, u, err);
}

int
ms_account_find(struct ms_archive *a, const char *name, struct ms_account *u,
    struct ms_err *err)
{
	struct ms_record_key key = {.how = MS_NAME_USER, .name = name};

	return look_up(a, NULL, key, u, err);
}

int
ms_account_find_in(struct ms_txn *txn, const char *name, struct ms_account *u,
    struct ms_err *err)
{
	struct ms_record_key key = {.how = MS_NAME_USER, .name = name};

	return look_up(NULL, txn, key, u, err);
}

int
ms_account_login(struct ms_archive *a, const char *name, struct ms_account *u,
    struct ms_err *err)
{
	static const enum ms_name_kind how[] = {
	    MS_NAME_USER, MS_NAME_ADDRESS, MS_NAME_POP3};
	struct ms_record_key key = {.name = name};
	uint64_t other = 0;
	int i, got = 0;

	for (i = 0; i < 3; i++) {
		key.how = how[i];
		got = look_up(a, NULL, key, u, err);
		if (got < 0 || (got == 1 && !u->deleted &&
				   u->authentication != MS_LOGIN_NONE))
			return got;
		if (got == 1 && other == 0)
			other = u->number;
	}
	return other != 0 ? ms_account_get(a, other, u, err) : 0;
}

int
ms_accounts_next(
    struct ms_record_store *w, struct ms_account *u, struct ms_err *err)
{
	uint64_t number = 0;
	struct ms_slice row = {0};
	int got = ms_record_store_next(w, &number, &row, err);

	ms_buf_clear(&u->row);
	if (got != 1)
		return got;
	ms_buf_add(&u->row, row.p, row.n);
	return read_row(u, number, err) < 0 ? -1 : 1;
}

/* ---- privileges and rights ---- */

bool
ms_account_right_at(
    const struct ms_account *u, size_t i, uint64_t *archive, unsigned *bits)
{
	if (u->rights.n / MS_RIGHT_ROW <= i)
		return false;
	*archive = ms_le64(u->rights.p + i * MS_RIGHT_ROW);
	*bits = u->rights.p[i * MS_RIGHT_ROW + 8];
	return true;
}

unsigned
ms_account_right(const struct ms_account *u, uint64_t archive)
{
	unsigned bits, all = 0;
	uint64_t on;
	size_t i;

	for (i = 0; ms_account_right_at(u, i, &on, &bits); i++)
		if (on == archive)
			all |= bits;
	return all;
}

bool
ms_account_may(
    const struct ms_account *u, uint64_t archive, enum ms_right right)
{
	if (u->deleted || u->disabled)
		return false;
	if ((u->privileges & MS_PRIVILEGE_ADMIN) != 0 ||
	    (right == MS_RIGHT_READ && archive == u->number))
		return true;
	return ((ms_account_right(u, archive) | ms_account_right(u, 0)) &
		   right) != 0;
}

bool
ms_account_has(const struct ms_account *u, enum ms_privilege p)
{
	return !u->deleted && !u->disabled &&
	       (u->privileges & (p | MS_PRIVILEGE_ADMIN)) != 0;
}
