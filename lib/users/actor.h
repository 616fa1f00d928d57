/*
 * actor.h - the user of --as, as whom a tool acts. ms-security(7), Users of an
 * archive. Layer: above account.
 */
#ifndef MS_ACTOR_H
#define MS_ACTOR_H
#include "account.h"
#include "opt.h"

/*
 * The guard of every tool with --as (struct ms_command): finds the user, and
 * refuses with MS_AUTH what this user is not allowed to do: a disabled or
 * unknown user; unless the user is an admin, a verb that is for admins or for
 * users with other privileges, options and operands that name files, commands
 * or servers of the caller. The environment counts only for an admin; of that
 * of another user MS_ARCHIVE and MS_SANDBOX stay.
 */
int ms_actor_guard(const struct ms_args *args, struct ms_err *err);
/* The name of the user of --as; NULL without --as. */
const char *ms_actor_name(void);
/* The name of the user of --as who is not an admin; NULL: no limits. */
const char *ms_actor_limited(void);
/* Has the process this right on the archive of a user? Without --as, and for an
 * admin, it has. */
bool ms_actor_may(uint64_t user, enum ms_right right);
/* MS_AUTH: the process does not have this right on the archive of user `name`
 * (NULL: no user is named). */
int ms_actor_user(struct ms_archive *a, const char *name, enum ms_right right,
    struct ms_err *err);

/*
 * ms_actor_open() opens an archive to show mail: for reading or, if the user of
 * --as may read the mail of others, so that this can be recorded.
 */
int ms_actor_open(struct ms_archive **a, const char *dir, struct ms_err *err);
/*
 * ms_actor_access() is called before anything of the mail of `owner` is shown.
 * The first mail of a run that is not of the user of --as himself is recorded
 * as an event `access`, which is durable when the function returns.
 *   what   the tool and its query, for the log
 * MS_TEMP: it cannot be recorded, and nothing may be shown.
 */
int ms_actor_access(struct ms_archive *a, uint64_t owner,
    const struct ms_args *what, struct ms_err *err);

#endif
