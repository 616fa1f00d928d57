/* actor.c - the user of --as. See actor.h. */
#include "actor.h"

#include <string.h>
#include <unistd.h>

#include "utf8.h"

static struct ms_account actor; /* zero: none */
static bool limited;

/* ---- what is refused ---- */

static int
check_privileges(const struct ms_args *args, struct ms_err *err)
{
	unsigned needed = args->cmd->as & ~MS_AS_ANY;
	struct ms_buf names = {0};

	if (args->cmd->as == 0)
		return ms_fail(err, MS_AUTH,
		    "--as: user '%.99s' is not an admin, and cannot use this "
		    "tool; these can be used: ms-list, ms-show, ms-stat, "
		    "ms-export, "
		    "ms-ingest, ms-remove, ms-move, ms-profile, ms-users",
		    actor.name);
	for (unsigned bit = 1; bit <= needed; bit <<= 1) {
		if ((needed & bit) == 0 || ms_account_has(&actor, bit))
			continue;
		ms_privileges_write(&names, bit, ' ');
		ms_fail(err, MS_AUTH,
		    "--as: user '%.255s' lacks the privilege '%s'", actor.name,
		    ms_buf_str(&names));
		ms_buf_release(&names);
		return -1;
	}
	return 0;
}

static int
check_words(const struct ms_opt_state *s, struct ms_err *err)
{
	if (s->own_option != NULL)
		return ms_fail(err, MS_AUTH,
		    "--%s: not with --as, because user '%.99s' is not an admin",
		    s->own_option, actor.name);
	if (s->own_operand != NULL)
		return ms_fail(err, MS_AUTH,
		    "%.99s: with --as, user '%.99s', who is not an admin, can "
		    "only give standard input",
		    s->own_operand, actor.name);
	return 0;
}

/* Leaves in `environ` what counts for a user who is no admin, and returns what
 * it was. MS_SANDBOX stays, because it can only refuse more. */
static char **
limit_environment(void)
{
	static const char *const kept[] = {"MS_ARCHIVE=", "MS_SANDBOX="};
	static char *few[sizeof(kept) / sizeof(kept[0]) + 1];
	char **all = environ;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		for (char **e = all; e != NULL && *e != NULL; e++)
			if (strncmp(*e, kept[i], strlen(kept[i])) == 0) {
				few[n++] = *e;
				break;
			}
	environ = few;
	return all;
}

static int
find(struct ms_archive *a, const char *name, struct ms_err *err)
{
	int got = ms_account_find(a, name, &actor, err);

	if (got < 0)
		return -1;
	if (got == 0 || actor.deleted)
		return ms_fail(err, MS_AUTH, "--as: no user '%.255s'", name);
	if (actor.disabled)
		return ms_fail(
		    err, MS_AUTH, "--as: user '%.255s' is disabled", name);
	return 0;
}

/* The text of an option of the tool; NULL: it has none, or was not given. */
static const char *
option_text(const struct ms_args *args, const char *name)
{
	const struct ms_option *o = ms_opt_find(args->tool->options, name);
	const char *text = NULL;

	if (o != NULL)
		memcpy(&text, (const char *)args->values + o->at, sizeof(text));
	return text;
}

int
ms_actor_guard(const struct ms_args *args, struct ms_err *err)
{
	char **all = limit_environment();
	const char *dir;
	struct ms_archive *a;
	int rc;

	if (ms_opt_archive(&dir, option_text(args, "archive"), err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_READ, err) < 0)
		return -1;
	rc = find(a, args->options->as, err);
	ms_archive_close(a);
	if (rc < 0)
		return rc;
	if (ms_account_has(&actor, MS_PRIVILEGE_ADMIN)) {
		environ = all;
		return 0;
	}
	limited = true;
	if (check_privileges(args, err) < 0 ||
	    check_words(args->options, err) < 0)
		return -1;
	return 0;
}

const char *
ms_actor_name(void)
{
	return actor.name;
}

const char *
ms_actor_limited(void)
{
	return limited ? actor.name : NULL;
}

bool
ms_actor_may(uint64_t user, enum ms_right right)
{
	return !limited || ms_account_may(&actor, user, right);
}

int
ms_actor_user(struct ms_archive *a, const char *name, enum ms_right right,
    struct ms_err *err)
{
	uint64_t number;
	int got;

	if (!limited || name == NULL)
		return 0;
	got = ms_archive_user(a, name, &number, err);
	if (got < 0 || (got == 1 && ms_account_may(&actor, number, right)))
		return got < 0 ? -1 : 0;
	return ms_fail(err, MS_AUTH,
	    "--as: user '%.99s' has no such right on the archive of '%.99s'",
	    actor.name, name);
}

/* ---- access to the mail of others ---- */

#define QUERY_MAX 4096 /* bytes of a query in the log */

static bool recorded;
static struct ms_err unwritable; /* why the archive is open for reading only */

int
ms_actor_open(struct ms_archive **a, const char *dir, struct ms_err *err)
{
	if (actor.number != 0 && (!limited || actor.rights.n > 0) &&
	    ms_archive_open(a, dir, MS_ARCHIVE_WRITE, &unwritable) == 0)
		return 0;
	return ms_archive_open(a, dir, MS_ARCHIVE_READ, err);
}

/* The operands of a tool as one text; "?" if it cannot be in the log. */
static void
write_query(struct ms_buf *out, const struct ms_args *args)
{
	for (int i = 0; i < args->count; i++)
		ms_buf_printf(out, "%s%s", i > 0 ? " " : "", args->v[i]);
	if (out->n > QUERY_MAX || !ms_utf8_valid(out->p, out->n)) {
		ms_buf_clear(out);
		ms_buf_add_byte(out, '?');
	}
}

static int
decide_access(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	const struct ms_args *args = ctx;
	const char *of = option_text(args, "user");
	struct ms_buf query = {0};
	json_t *keys = json_object();

	write_query(&query, args);
	json_object_set_new(
	    keys, "user", json_integer((json_int_t)actor.number));
	json_object_set_new(keys, "tool", json_string(args->tool->name));
	json_object_set_new(keys, "query", json_string(ms_buf_str(&query)));
	if (of != NULL)
		json_object_set_new(keys, "of", json_string(of));
	ms_buf_release(&query);
	return ms_change_event(ch, "access", keys, NULL, err);
}

int
ms_actor_access(struct ms_archive *a, uint64_t owner,
    const struct ms_args *what, struct ms_err *err)
{
	struct ms_err why = unwritable;
	struct ms_args copy = *what;

	if (actor.number == 0 || recorded || owner == actor.number)
		return 0;
	if (why.code != MS_OK ||
	    ms_archive_change(a, actor.name, decide_access, &copy, &why) < 0)
		return ms_fail(err, MS_TEMP,
		    "--as: the access to the mail of others cannot be "
		    "recorded, so nothing is shown: %s",
		    why.msg);
	recorded = true;
	return 0;
}
