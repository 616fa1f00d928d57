/* account-check.c - checks that names, addresses and rights of a user are valid
 * and that no other user has them. ms-users(1). */
#include <stdlib.h>
#include <string.h>

#include "account-impl.h"
#include "le.h"
#include "map.h"
#include "utf8.h"

void
ms_account_lists_release(struct ms_account_lists *l)
{
	ms_buf_release(&l->addresses);
	ms_buf_release(&l->pop3_names);
	ms_buf_release(&l->rights);
}

bool
ms_account_text_ok(const char *text, size_t max)
{
	size_t n = strlen(text);

	return n <= max && ms_utf8_plain((const unsigned char *)text, n);
}

/* A subset of RFC 5321: characters that separate words or enclose addresses are
 * refused, so that a list of addresses can be split. */
bool
ms_account_address_ok(const char *address)
{
	const char *at = strrchr(address, '@');

	/* Mail for x@y. belongs to the user of x@y: ms_assign(). */
	return at != NULL && at != address && at[1] != '\0' &&
	       address[strlen(address) - 1] != '.' && address[0] != '-' &&
	       strpbrk(address, " ,;<>()[]\\\"") == NULL &&
	       ms_account_text_ok(address, MS_ACCOUNT_ADDRESS_MAX);
}

/* ---- lists of names ---- */

struct list_kind {
	enum ms_name_kind kind;
	const char *what;
};
static const struct list_kind of_addresses = {
    MS_NAME_ADDRESS, "e-mail address"};
static const struct list_kind of_pop3_names = {MS_NAME_POP3, "POP3 name"};

static int
check_free(struct ms_change *ch, const struct list_kind *k, uint64_t number,
    const char *name, struct ms_err *err)
{
	struct ms_account other = {0};
	uint64_t has;
	int got;

	got = ms_index_name(ms_change_txn(ch), k->kind, 0, 0, name, &has, err);
	if (got <= 0 || has == number)
		return got < 0 ? -1 : 0;
	got = ms_account_get_in(ms_change_txn(ch), has, &other, err);
	if (got >= 0)
		ms_fail(err, MS_EXISTS, "the %s '%.128s' belongs to '%s'",
		    k->what, name, got == 1 ? other.name : "?");
	ms_account_release(&other);
	return -1;
}

/* Was the name seen, in whatever form? */
static bool
seen_before(struct ms_map *seen, const struct list_kind *k, const char *name)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf folded = {0};

	if (k->kind == MS_NAME_ADDRESS)
		ms_utf8_address_key(ms_slice_str(name), &folded);
	else
		ms_utf8_fold(ms_slice_str(name), &folded);
	ms_sha256(folded.p, folded.n, digest);
	ms_buf_release(&folded);
	return ms_map_add(seen, digest, 0, NULL);
}

static int
check_list(struct ms_change *ch, const struct list_kind *k, uint64_t number,
    struct ms_slice *list, struct ms_buf *kept, struct ms_err *err)
{
	struct ms_map seen = {0};
	size_t count = 0;
	const char *s;
	bool fine;
	int rc = -1;

	for (s = ms_list_next(*list, NULL); s != NULL;
	     s = ms_list_next(*list, s)) {
		fine = k->kind == MS_NAME_ADDRESS
			   ? ms_account_address_ok(s)
			   : *s != '\0' && ms_account_text_ok(s, MS_USER_MAX);
		if (!fine) {
			ms_fail(err, MS_USAGE, "'%.128s' is not a valid %s", s,
			    k->what);
			goto out;
		}
		if (seen_before(&seen, k, s))
			continue;
		if (++count > MS_LIST_MAX) {
			ms_fail(err, MS_USAGE, "more than %d of type %s",
			    MS_LIST_MAX, k->what);
			goto out;
		}
		if (check_free(ch, k, number, s, err) < 0)
			goto out;
		ms_buf_add(kept, s, strlen(s) + 1);
	}
	*list = ms_buf_slice(kept);
	rc = 0;
out:
	ms_map_release(&seen);
	return rc;
}

/* ---- rights ---- */

static int
compare_rights(const void *a, const void *b)
{
	uint64_t x = ms_le64(a), y = ms_le64(b);

	return x < y ? -1 : x > y;
}

/* Sorts the rights by archive and merges those on the same archive. */
static int
check_rights(struct ms_change *ch, struct ms_slice *rights, struct ms_buf *kept,
    struct ms_err *err)
{
	struct ms_record_row o;
	size_t i, n = 0;
	unsigned char *row;
	uint64_t on;
	int got;

	if (rights->n / MS_RIGHT_ROW > MS_LIST_MAX)
		return ms_fail(
		    err, MS_USAGE, "more than %d rights", MS_LIST_MAX);
	if (rights->n > 0) {
		ms_buf_add(kept, rights->p, rights->n);
		qsort(kept->p, kept->n / MS_RIGHT_ROW, MS_RIGHT_ROW,
		    compare_rights);
	}
	for (i = 0; i < kept->n; i += MS_RIGHT_ROW) {
		row = kept->p + i;
		on = ms_le64(row);
		got = on == 0 ? 1
			      : ms_index_record_row(ms_change_txn(ch),
				    MS_ROW_USER, on, &o, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return ms_fail(err, MS_USAGE,
			    "right on the archive of an unknown user");
		if (n > 0 && ms_le64(kept->p + n - MS_RIGHT_ROW) == on)
			kept->p[n - 1] |= row[8];
		else if (row[8] != 0) {
			memmove(kept->p + n, row, MS_RIGHT_ROW);
			n += MS_RIGHT_ROW;
		}
	}
	kept->n = n;
	*rights = ms_buf_slice(kept);
	return 0;
}

/* ---- accounts ---- */

static int
check_name(
    struct ms_change *ch, uint64_t number, const char *name, struct ms_err *err)
{
	struct ms_account other = {0};
	int got, rc = 0;

	if (!ms_user_name_ok(name) ||
	    (name[0] == '@' && strcmp(name, MS_CATCHALL) != 0))
		return ms_fail(
		    err, MS_USAGE, "'%.255s' is not a user name", name);
	got = ms_account_find_in(ms_change_txn(ch), name, &other, err);
	if (got < 0)
		rc = -1;
	else if (got == 1 && other.number != number)
		rc = ms_fail(err, MS_EXISTS, "%suser '%s' exists already",
		    other.deleted ? "deleted " : "", name);
	ms_account_release(&other);
	return rc;
}

int
ms_account_check(struct ms_change *ch, uint64_t number, struct ms_account *u,
    unsigned set, struct ms_account_lists *l, struct ms_err *err)
{
	if ((set & MS_SET_NAME) && check_name(ch, number, u->name, err) < 0)
		return -1;
	if ((set & MS_SET_FULL_NAME) &&
	    !ms_account_text_ok(u->full_name, MS_FULL_NAME_MAX))
		return ms_fail(err, MS_USAGE, "invalid full name");
	if ((set & MS_SET_DN) && !ms_account_text_ok(u->dn, MS_DN_MAX))
		return ms_fail(err, MS_USAGE, "invalid DN");
	if ((set & MS_SET_ADDRESSES) &&
	    check_list(ch, &of_addresses, number, &u->addresses, &l->addresses,
		err) < 0)
		return -1;
	if ((set & MS_SET_POP3_NAMES) &&
	    check_list(ch, &of_pop3_names, number, &u->pop3_names,
		&l->pop3_names, err) < 0)
		return -1;
	if ((set & MS_SET_RIGHTS) &&
	    check_rights(ch, &u->rights, &l->rights, err) < 0)
		return -1;
	return 0;
}
