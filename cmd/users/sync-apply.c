/* sync-apply.c - changes the users of an archive to what a directory says. The
 * rules are in ms-users(1), sync. */
#include <stdlib.h>
#include <string.h>

#include "profile-store.h"
#include "sync-impl.h"

/* Limits of one commit: users, and bytes of their addresses and DNs. */
#define BATCH_USERS 5000
#define BATCH_BYTES (4 * 1024 * 1024)

/* ---- one item ---- */

static void
set_text(char **text, const char *value)
{
	free(*text);
	*text = value != NULL ? ms_xstrdup(value) : NULL;
}

static void
set_error(struct item *it, const char *why, bool again)
{
	if (it->error == NULL)
		it->error = ms_xstrdup(why);
	it->again = it->again || again;
}

/* Copies the addresses that no other user has. */
static int
keep_addresses(struct ms_change *ch, struct item *it, struct ms_buf *kept,
    struct ms_err *err)
{
	struct ms_slice list = ms_buf_slice(&it->p->addresses);
	struct ms_account other = {0};
	struct ms_err why = {0};
	uint64_t has;
	const char *a;
	int got = 0;

	for (a = ms_list_next(list, NULL); a != NULL && got >= 0;
	     a = ms_list_next(list, a)) {
		got = ms_index_name(
		    ms_change_txn(ch), MS_NAME_ADDRESS, 0, 0, a, &has, err);
		if (got == 0 || (got == 1 && has == it->user)) {
			ms_buf_add(kept, a, strlen(a) + 1);
		} else if (got == 1) {
			got = ms_account_get_in(
			    ms_change_txn(ch), has, &other, err);
			ms_fail(&why, MS_EXISTS,
			    "the address '%.100s' belongs to '%.100s'", a,
			    got == 1 ? other.name : "?");
			set_error(it, why.msg, true);
		}
	}
	ms_account_release(&other);
	return got < 0 ? -1 : 0;
}

static int
apply_vanished(
    struct sync *s, struct ms_change *ch, struct item *it, struct ms_err *err)
{
	struct ms_account now = {0}, want = {0};
	int got = ms_account_get_in(ms_change_txn(ch), it->user, &now, err);
	int rc = -1;

	if (got <= 0 || now.deleted) {
		rc = got < 0 ? -1 : 0;
		goto out;
	}
	set_text(&it->name, now.name);
	want.disabled = true;
	want.directory = now.directory;
	want.directory_id = now.directory_id;
	want.directory_state = MS_DIRECTORY_VANISHED;
	rc = ms_account_set(ch, it->user, &want,
	    MS_SET_ADDRESSES | MS_SET_DISABLED | MS_SET_DIRECTORY, NULL, err);
	it->outcome = DISABLED;
	if (rc == 0 && s->u->opt->delete_vanished) {
		rc = ms_account_delete(ch, it->user, err);
		it->outcome = DELETED;
	}
out:
	ms_account_release(&now);
	return rc;
}

/* Why a new user cannot get this name. */
static void
refuse_name(struct sync *s, struct item *it, const struct ms_account *has)
{
	if (strcmp(has->directory, s->directory) == 0)
		set_error(it,
		    has->deleted || strcmp(has->directory_state,
					MS_DIRECTORY_VANISHED) == 0
			? "a user who has vanished from the directory has this "
			  "name (ms-users rename makes it free)"
			: "another person of the directory has this name",
		    true);
	else if (has->deleted)
		set_error(it,
		    "a deleted user has this name (ms-users rename makes it "
		    "free)",
		    true);
	else
		set_error(it,
		    *has->directory != '\0'
			? "a user of another directory has this name"
			: "a user who is not from the directory has this name "
			  "(ms-users set --authentication directory --dn "
			  "connects them)",
		    true);
}

/* What the directory says about a person. `kept` has the addresses. */
static void
wanted(struct sync *s, const struct item *it, const struct ms_buf *kept,
    struct ms_account *want, unsigned *set)
{
	const struct person *p = it->p;

	*want = (struct ms_account){.name = p->name,
	    .full_name = p->full_name,
	    .dn = p->dn,
	    .addresses = ms_buf_slice(kept),
	    .authentication = MS_LOGIN_DIRECTORY,
	    .privileges = s->privileges,
	    .disabled = p->disabled,
	    .directory = s->directory,
	    .directory_id = p->id,
	    .directory_state = p->disabled ? MS_DIRECTORY_DISABLED : ""};
	*set = MS_SET_NAME | MS_SET_DN | MS_SET_ADDRESSES | MS_SET_DIRECTORY |
	       (p->full_name != NULL ? MS_SET_FULL_NAME : 0);
}

static int
apply_new(struct sync *s, struct ms_change *ch, struct item *it,
    struct ms_account *want, unsigned set, struct ms_err *err)
{
	struct ms_account has = {0};
	int got = ms_account_find_in(ms_change_txn(ch), want->name, &has, err);
	int rc = got < 0 ? -1 : 0;

	if (got == 1)
		refuse_name(s, it, &has);
	if (got == 0) {
		rc = ms_account_add(ch, want,
		    set | MS_SET_AUTHENTICATION | MS_SET_PRIVILEGES |
			MS_SET_DISABLED,
		    &it->user, err);
		it->outcome = ADDED;
	}
	ms_account_release(&has);
	return rc;
}

/* A deleted user gets the name, archive and rights of before. */
static int
restore(struct ms_change *ch, const struct ms_account *now,
    const struct ms_account *want, unsigned set, struct ms_err *err)
{
	struct ms_account as_before = *want;
	uint64_t number;

	as_before.name = now->name;
	return ms_account_add(ch, &as_before,
	    set | MS_SET_AUTHENTICATION | MS_SET_PRIVILEGES | MS_SET_DISABLED,
	    &number, err);
}

/* Renames the user of `now`, also in profiles. A name that is taken is an error
 * of the item. */
static int
rename_user(struct sync *s, struct ms_change *ch, struct item *it,
    const struct ms_account *now, const struct ms_account *want,
    struct ms_err *err)
{
	struct ms_account has = {0};
	int got, rc = 0;

	if (strcmp(now->name, want->name) == 0)
		return 0;
	got = ms_account_find_in(ms_change_txn(ch), want->name, &has, err);
	if (got == 1)
		refuse_name(s, it, &has);
	else if (got == 0)
		rc = ms_account_set(
		    ch, now->number, want, MS_SET_NAME, NULL, err);
	if (got == 0 && rc == 0) {
		rc = ms_profiles_rename_user(ch, now->name, want->name, err);
		it->changed |= MS_SET_NAME;
		set_text(&it->former, now->name);
		set_text(&it->name, want->name);
	}
	ms_account_release(&has);
	return got < 0 ? -1 : rc;
}

/*
 * Changes a user who is there. The directory decides whether the user is
 * disabled only when its own state changes, so that a user who was disabled by
 * hand stays so.
 */
static int
apply_known(struct sync *s, struct ms_change *ch, struct item *it,
    struct ms_account *want, unsigned set, struct ms_err *err)
{
	struct ms_account now = {0};
	unsigned changed = 0;
	bool back, is_local;
	int got = ms_account_get_in(ms_change_txn(ch), it->user, &now, err);
	int rc = -1;

	if (got <= 0) { /* 0: the index is damaged */
		rc = got;
		goto out;
	}
	set_text(&it->name, now.name);
	is_local = *now.directory == '\0';
	back = now.deleted ||
	       strcmp(now.directory_state, MS_DIRECTORY_VANISHED) == 0;
	if (strcmp(now.directory_state, want->directory_state) != 0)
		set |= MS_SET_DISABLED;
	if (is_local)
		set |= MS_SET_AUTHENTICATION;
	if (now.deleted)
		rc = restore(ch, &now, want, set & ~(unsigned)MS_SET_NAME, err);
	else
		rc = ms_account_set(ch, it->user, want,
		    set & ~(unsigned)MS_SET_NAME, &changed, err);
	it->changed |= changed;
	if (rc == 0)
		rc = rename_user(s, ch, it, &now, want, err);
	if (back)
		it->outcome = RESTORED;
	else if (it->changed != 0 && it->outcome == SAME)
		it->outcome = CHANGED;
out:
	ms_account_release(&now);
	return rc;
}

static int
apply_item(
    struct sync *s, struct ms_change *ch, struct item *it, struct ms_err *err)
{
	struct ms_buf kept = {0};
	struct ms_account want;
	unsigned set;
	int rc;

	if (it->p == NULL)
		return apply_vanished(s, ch, it, err);
	if (it->p->fault != NULL)
		set_error(it, it->p->fault, false);
	if (it->p->name == NULL)
		return 0;
	if (it->name == NULL)
		set_text(&it->name, it->p->name);
	rc = keep_addresses(ch, it, &kept, err);
	wanted(s, it, &kept, &want, &set);
	if (rc == 0)
		rc = it->user == 0 ? apply_new(s, ch, it, &want, set, err)
				   : apply_known(s, ch, it, &want, set, err);
	ms_buf_release(&kept);
	return rc;
}

/* ---- batches ---- */

static void
clear_error(struct item *it)
{
	free(it->error);
	it->error = NULL;
	it->again = false;
}

/* What the next pass applies: everything anew, or what has failed. */
static void
begin_pass(struct sync *s, bool retry)
{
	for (size_t i = 0; i < s->count; i++) {
		struct item *it = &s->item[i];

		it->due = retry ? it->again : !it->twice;
		if (!retry)
			continue;
		it->before.user = it->user;
		it->before.outcome = it->outcome;
		it->before.changed = it->changed;
	}
}

/* Forgets what an undone batch has done. */
static void
reset(struct item *it)
{
	clear_error(it);
	it->user = it->before.user;
	it->outcome = it->before.outcome;
	it->changed = it->before.changed;
}

/* Applies the items, or only those that failed. *failed receives how many could
 * work if they are tried again. */
static int
try_items(struct sync *s, struct ms_change *ch, bool again, size_t *failed,
    struct ms_err *err)
{
	*failed = 0;
	for (size_t i = s->from; i < s->to; i++) {
		struct item *it = &s->item[i];

		if (again ? !it->again : !it->due)
			continue;
		if (again)
			clear_error(it);
		if (apply_item(s, ch, it, err) < 0)
			return -1;
		*failed += it->again;
	}
	return 0;
}

static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct sync *s = ctx;
	size_t before, failed;

	for (size_t i = s->from; i < s->to; i++)
		if (s->item[i].due)
			reset(&s->item[i]);
	if (try_items(s, ch, false, &failed, err) < 0)
		return -1;
	/* An address or a name can go from one user to another. */
	do {
		before = failed;
		if (failed > 0 && try_items(s, ch, true, &failed, err) < 0)
			return -1;
	} while (failed > 0 && failed < before);
	if (!s->dry)
		return 0;
	s->checked = true;
	return ms_fail(err, MS_OK, "nothing is changed");
}

int
sync_apply(struct sync *s, bool retry, struct ms_err *err)
{
	size_t bytes;

	begin_pass(s, retry);
	for (s->from = 0; s->from < s->count; s->from = s->to) {
		bytes = 0;
		for (s->to = s->from; s->to < s->count && bytes < BATCH_BYTES &&
				      s->to - s->from < BATCH_USERS;
		     s->to++) {
			const struct person *p = s->item[s->to].p;

			if (p != NULL)
				bytes += p->addresses.n + strlen(p->dn);
		}
		s->checked = false;
		if (users_change(s->u, NULL, decide, s, err) < 0 && !s->checked)
			return -1;
	}
	return 0;
}
