/* common.c - what the verbs of ms-profile share: the archive, the actor and the
 * privileges, iteration over profiles. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the archive ---- */

static int
find_actor(struct tool *t, struct ms_err *err)
{
	int got;

	if (t->as == NULL)
		return 0;
	got = ms_account_find(t->archive, t->as, &t->actor, err);
	if (got < 0)
		return -1;
	if (got == 0 || t->actor.deleted)
		return ms_fail(err, MS_AUTH,
		    "--as: no user '%.255s' in this archive", t->as);
	if (t->actor.disabled)
		return ms_fail(
		    err, MS_AUTH, "--as: user '%.255s' is disabled", t->as);
	return 0;
}

int
tool_open(struct tool *t, enum ms_archive_mode mode, struct ms_err *err)
{
	const char *dir;

	if (ms_opt_archive(&dir, t->given, err) < 0)
		return -1;
	if (ms_archive_open(&t->archive, dir, mode, err) < 0)
		return -1;
	t->path = ms_xstrdup(ms_archive_path(t->archive));
	return find_actor(t, err);
}

int
tool_close(struct tool *t, int status, const struct ms_err *err)
{
	ms_account_release(&t->actor);
	if (t->archive != NULL)
		ms_archive_close(t->archive);
	free(t->path);
	t->archive = NULL;
	t->path = NULL;
	return err->code == MS_OK ? status : tool_warn(NULL, err);
}

int
tool_warn(const char *name, const struct ms_err *err)
{
	if (name == NULL)
		return ms_warn_err(TOOL, err);
	ms_warn(TOOL, "%s: %s", name, err->msg);
	return ms_status(err->code);
}

int
tool_join(int status, int next, bool first)
{
	if (first || status == next)
		return next;
	return MS_STATUS_SOME;
}

/* ---- privileges ---- */

static bool
is_admin(const struct tool *t)
{
	return t->as == NULL || ms_account_has(&t->actor, MS_PRIVILEGE_ADMIN);
}

int
tool_privileged(struct tool *t, unsigned privilege, struct ms_err *err)
{
	struct ms_buf names = {0};

	if (privilege == 0 || is_admin(t) ||
	    ms_account_has(&t->actor, privilege))
		return 0;
	ms_privileges_write(&names, privilege, ' ');
	ms_fail(err, MS_AUTH, "user '%.255s' lacks the privilege '%s'", t->as,
	    ms_buf_str(&names));
	ms_buf_release(&names);
	return -1;
}

bool
tool_sees(const struct tool *t, const struct ms_stored_profile *p)
{
	return is_admin(t) || p->owner == t->actor.number;
}

int
tool_profile(struct tool *t, const char *name, unsigned privilege,
    struct ms_stored_profile *p, struct ms_err *err)
{
	int got = ms_profile_find(t->archive, name, p, err);

	if (got < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_NOINPUT, "no such profile");
	if (!tool_sees(t, p))
		return ms_fail(err, MS_AUTH,
		    "user '%.255s' does not own this profile", t->as);
	return tool_privileged(t, privilege, err);
}

/* The admin with the lowest number. */
static int
first_admin(struct tool *t, struct ms_account *owner, struct ms_err *err)
{
	struct ms_record_store *all =
	    ms_record_store_open(t->archive, MS_ROW_USER);
	int got;

	while ((got = ms_accounts_next(all, owner, err)) == 1)
		if (ms_account_has(owner, MS_PRIVILEGE_ADMIN))
			break;
	ms_record_store_close(all);
	if (got == 0)
		ms_fail(err, MS_USAGE,
		    "the profile has no owner, as no user is an admin; give "
		    "--owner");
	return got == 1 ? 0 : -1;
}

int
tool_owner(struct tool *t, const char *name, struct ms_account *owner,
    struct ms_err *err)
{
	int got;

	if (name == NULL && t->as != NULL)
		name = t->as;
	if (name == NULL) {
		got = ms_account_find(
		    t->archive, ms_opt_user(NULL, NULL), owner, err);
		if (got < 0)
			return -1;
		return got == 1 && ms_account_has(owner, MS_PRIVILEGE_ADMIN)
			   ? 0
			   : first_admin(t, owner, err);
	}
	got = ms_account_find(t->archive, name, owner, err);
	if (got == 0 || (got == 1 && owner->deleted))
		return ms_fail(err, MS_USAGE,
		    "--owner: no user '%.255s' in this archive", name);
	if (got == 1 && !is_admin(t) && owner->number != t->actor.number)
		return ms_fail(err, MS_AUTH,
		    "--owner: only an admin may give a profile to another "
		    "user");
	return got < 0 ? -1 : 0;
}

char *
tool_user_name(struct tool *t, uint64_t number)
{
	struct ms_account u = {0};
	char *name;

	name = ms_xstrdup(
	    number != 0 && ms_account_get(t->archive, number, &u, NULL) == 1
		? u.name
		: "");
	ms_account_release(&u);
	return name;
}

/* ---- iteration ---- */

int
tool_each_name(const struct ms_args *args, tool_name_fn *fn)
{
	struct tool *t = args->values;
	struct ms_err err = {0};
	int status = 0;

	if (tool_open(t, MS_ARCHIVE_JOBS, &err) == 0)
		for (int i = 0; i < args->count; i++)
			status = tool_join(status, fn(t, args->v[i]), i == 0);
	return tool_close(t, status, &err);
}

int
tool_each_profile(const struct ms_args *args, tool_profile_fn *fn)
{
	struct tool *t = args->values;
	struct ms_stored_profile p = {0};
	struct ms_record_store *all;
	struct ms_err err = {0};
	int rc = tool_open(t, MS_ARCHIVE_READ, &err);

	for (int i = 0; i < args->count && rc >= 0; i++) {
		rc = tool_profile(t, args->v[i], 0, &p, &err);
		rc = rc < 0 ? ms_context(&err, "%s", args->v[i])
			    : fn(args, &p, &err);
	}
	if (rc == 0 && args->count == 0) {
		all = ms_record_store_open(t->archive, MS_ROW_PROFILE);
		while (rc >= 0 && (rc = ms_profiles_next(all, &p, &err)) == 1)
			if (tool_sees(t, &p))
				rc = fn(args, &p, &err);
		ms_record_store_close(all);
	}
	ms_stored_profile_release(&p);
	return tool_close(t, 0, &err);
}
