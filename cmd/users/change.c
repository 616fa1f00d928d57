/* change.c - ms-users set, rename, delete, addresses, grant, revoke. The manual
 * is ms-users(1). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "le.h"
#include "listing.h"
#include "map.h"
#include "password.h"
#include "profile-store.h"
#include "users.h"
#include "utf8.h"

/* ---- set ---- */

/* A change of an existing user. */
struct change {
	struct users *u;
	const char *name;
	struct ms_account want;
	unsigned set;
	uint64_t number; /* of the user */
};

static int
decide_set(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct ms_account now = {0};
	int rc = users_find_in(ch, c->name, &now, err);

	if (rc == 0)
		rc =
		    ms_account_set(ch, now.number, &c->want, c->set, NULL, err);
	ms_account_release(&now);
	return rc;
}

static int
set_one(struct users *u, const char *name, struct ms_err *err)
{
	struct change c = {
	    .u = u, .name = name, .want = u->opt->want, .set = u->opt->set};

	/* The next sync connects the user with the person of the new DN. */
	c.want.directory = c.want.directory_id = c.want.directory_state = "";
	if (c.set & MS_SET_DN)
		c.set |= MS_SET_DIRECTORY;
	return users_change(u, NULL, decide_set, &c, err);
}

int
users_set(struct users *u)
{
	return users_each(u, set_one);
}

/* ---- rename ---- */

/* A deleted user can be renamed too, which makes the name free. */
static int
decide_rename(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct ms_account now = {0};
	int got, rc;

	got = ms_account_find_in(ms_change_txn(ch), c->name, &now, err);
	if (got == 0)
		rc = ms_fail(err, MS_NOINPUT, "no such user");
	else
		rc = got < 0 ? -1
			     : ms_account_set(ch, now.number, &c->want,
				   MS_SET_NAME, NULL, err);
	if (rc == 0 && !now.deleted)
		rc = ms_profiles_rename_user(ch, c->name, c->want.name, err);
	ms_account_release(&now);
	return rc;
}

int
users_rename(struct users *u)
{
	struct change c = {.name = u->args[0], .want.name = u->args[1]};
	struct ms_err err = {0};

	if (users_change(u, NULL, decide_rename, &c, &err) < 0)
		return users_failed(u->args[0], &err);
	return 0;
}

/* ---- delete ---- */

static int
decide_delete(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct ms_account now = {0};
	int rc = users_find_in(ch, c->name, &now, err);

	c->number = now.number;
	ms_account_release(&now);
	return rc < 0 ? -1 : ms_account_delete(ch, c->number, err);
}

static int
delete_one(struct users *u, const char *name, struct ms_err *err)
{
	struct change c = {.name = name};

	if (users_change(u, NULL, decide_delete, &c, err) < 0)
		return -1;
	return ms_password_remove(ms_archive_path(u->a), c.number, err);
}

int
users_delete(struct users *u)
{
	return users_each(u, delete_one);
}

/* ---- addresses ---- */

/* Hashes an address without regard to case. */
static void
digest(const char *address, unsigned char out[MS_SHA_LEN])
{
	struct ms_buf folded = {0};

	ms_utf8_address_key(ms_slice_str(address), &folded);
	ms_sha256(folded.p, folded.n, out);
	ms_buf_release(&folded);
}

/* Appends the addresses of the list that are not among the operands. */
static void
add_others(const struct users *u, struct ms_slice list, struct ms_buf *out)
{
	unsigned char key[MS_SHA_LEN];
	struct ms_map operands = {0};
	const char *s;
	int i;

	for (i = 1; i < u->count; i++) {
		digest(u->args[i], key);
		ms_map_add(&operands, key, 0, NULL);
	}
	for (s = ms_list_next(list, NULL); s != NULL;
	     s = ms_list_next(list, s)) {
		digest(s, key);
		if (!ms_map_get(&operands, key, &(uint64_t){0}))
			ms_buf_add(out, s, strlen(s) + 1);
	}
	ms_map_release(&operands);
}

static void
add_operands(const struct users *u, struct ms_buf *list)
{
	int i;

	for (i = 1; i < u->count; i++)
		ms_buf_add(list, u->args[i], strlen(u->args[i]) + 1);
}

/* Makes the new list. ms_account_set() removes duplicates. */
static int
decide_addresses(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct users *u = c->u;
	struct ms_account now = {0};
	struct ms_buf list = {0};
	int rc = users_find_in(ch, c->name, &now, err);

	if (rc == 0) {
		if (u->opt->primary)
			add_operands(u, &list);
		if (u->opt->remove)
			add_others(u, now.addresses, &list);
		else
			ms_buf_add(&list, now.addresses.p, now.addresses.n);
		if (u->opt->add)
			add_operands(u, &list);
		c->want.addresses = ms_buf_slice(&list);
		rc = ms_account_set(
		    ch, now.number, &c->want, MS_SET_ADDRESSES, NULL, err);
	}
	ms_buf_release(&list);
	ms_account_release(&now);
	return rc;
}

static int
print_addresses(struct users *u, struct ms_err *err)
{
	struct ms_account user = {0};
	const char *s;
	int rc;

	if (users_may_look(u, u->args[0], err) < 0)
		return -1;
	rc = users_find(u, u->args[0], &user, err);
	for (s = rc == 0 ? ms_list_next(user.addresses, NULL) : NULL; s != NULL;
	     s = ms_list_next(user.addresses, s)) {
		ms_listing_escape(&u->out, s, strlen(s));
		ms_buf_add_byte(&u->out, '\n');
	}
	ms_account_release(&user);
	return rc < 0 ? -1 : users_flush(u, true, err);
}

int
users_addresses(struct users *u)
{
	struct change c = {.u = u, .name = u->args[0]};
	struct ms_err err = {0};
	bool how = u->opt->add || u->opt->remove || u->opt->primary;
	int rc;

	if (how != (u->count > 1)) {
		ms_fail(&err, MS_USAGE,
		    "addresses need --add, --remove or --primary, and these "
		    "need addresses");
		return users_failed(NULL, &err);
	}
	if (!how)
		rc = print_addresses(u, &err);
	else
		rc = users_change(u, NULL, decide_addresses, &c, &err);
	return rc < 0 ? users_failed(u->args[0], &err) : 0;
}

/* ---- grant, revoke ---- */

struct grant {
	struct users *u;
	bool revoke;
	bool on_archive;
	unsigned bits; /* privileges or rights */
};

/* Appends the rights of a user, with the row of archive `on` changed. */
static void
change_rights(const struct grant *g, const struct ms_account *now, uint64_t on,
    struct ms_buf *rows)
{
	unsigned char row[MS_RIGHT_ROW];
	unsigned has = ms_account_right(now, on);
	size_t i;

	for (i = 0; i + MS_RIGHT_ROW <= now->rights.n; i += MS_RIGHT_ROW)
		if (ms_le64(now->rights.p + i) != on)
			ms_buf_add(rows, now->rights.p + i, MS_RIGHT_ROW);
	ms_put_le64(row, on);
	row[8] = (unsigned char)(g->revoke ? has & ~g->bits : has | g->bits);
	ms_buf_add(rows, row, sizeof(row));
}

static int
decide_grant(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct grant *g = ctx;
	struct ms_account now = {0}, want = {0}, archive = {0};
	struct ms_buf rows = {0};
	int got = 1, rc = users_find_in(ch, g->u->args[0], &now, err);

	if (rc == 0 && g->u->opt->on != NULL) {
		/* The archive of a deleted user is valid too. */
		got = ms_account_find_in(
		    ms_change_txn(ch), g->u->opt->on, &archive, err);
		if (got == 0)
			ms_fail(err, MS_NOINPUT, "no archive of user '%s'",
			    g->u->opt->on);
		rc = got == 1 ? 0 : -1;
	}
	if (rc == 0 && g->on_archive) {
		change_rights(g, &now, archive.number, &rows);
		want.rights = ms_buf_slice(&rows);
	}
	want.privileges =
	    g->revoke ? now.privileges & ~g->bits : now.privileges | g->bits;
	if (rc == 0)
		rc = ms_account_set(ch, now.number, &want,
		    g->on_archive ? MS_SET_RIGHTS : MS_SET_PRIVILEGES, NULL,
		    err);
	ms_buf_release(&rows);
	ms_account_release(&now);
	ms_account_release(&archive);
	return rc;
}

static int
grant_or_revoke(struct users *u, bool revoke)
{
	struct grant g = {.u = u,
	    .revoke = revoke,
	    .on_archive = u->opt->on != NULL || u->opt->on_all};
	struct ms_err err = {0};
	unsigned bits;
	int i;

	for (i = 1; i < u->count; i++) {
		if (users_words(u->args[i], ',',
			g.on_archive ? ms_right_of : ms_privilege_of, &bits,
			&err) < 0)
			return users_failed(NULL, &err);
		g.bits |= bits;
	}
	if (users_change(u, NULL, decide_grant, &g, &err) < 0)
		return users_failed(u->args[0], &err);
	return 0;
}

int
users_grant(struct users *u)
{
	return grant_or_revoke(u, false);
}

int
users_revoke(struct users *u)
{
	return grant_or_revoke(u, true);
}
