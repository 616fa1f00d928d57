/*
 * common.h - what the files of ms-profile share. A verb gets its part of the
 * command line, and in its values the struct tool (archive, actor, options); it
 * prints its own errors and returns the exit status.
 */
#ifndef PROFILE_COMMON_H
#define PROFILE_COMMON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "account.h"
#include "archive.h"
#include "opt.h"
#include "profile-store.h"
#include "profile.h"
#include "report.h"
#include "run.h"
#include "secret.h"

#define TOOL "ms-profile"

enum verbosity {
	QUIET,  /* failures */
	NORMAL, /* also what was done */
	VERBOSE /* also the messages of the tools */
};

/* The options of all verbs. */
struct profile_options {
	bool json, no_pager;
	const char *owner, *file; /* add, edit, secret */
	struct ms_buf text;       /* add: made of --key options */
	int password_fd;          /* secret; -1: none */
	bool remove;
	bool failed_only, mailboxes; /* log */
	int64_t since;
	enum verbosity verbosity; /* run */
	bool follow, scheduled;
	const char *report;
	FILE *report_file;
	const char *output; /* timer */
};

struct tool {
	struct profile_options opt;
	const char *given; /* -a */
	const char *as;    /* --as; NULL: no limits but those of the files */

	/* After tool_open(). */
	char *path; /* of the archive, absolute */
	struct ms_archive *archive;
	struct ms_account actor; /* the user `as`; number 0: none */
};

/* MS_AUTH: the user `as` does not exist or is disabled. */
int tool_open(struct tool *t, enum ms_archive_mode mode, struct ms_err *err);
/* Closes what is open, and prints err unless it is MS_OK. Returns the exit
 * status: that of err, else `status`. */
int tool_close(struct tool *t, int status, const struct ms_err *err);
/* Prints "ms-profile: NAME: " and the message of err; returns its status. name
 * may be NULL. */
int tool_warn(const char *name, const struct ms_err *err);
/* The exit status for several names: the common status of all, else 1. */
int tool_join(int status, int next, bool first);

/* ---- privileges ---- */

/* Fills p with the profile of this name. MS_NOINPUT: no such profile; MS_AUTH:
 * the actor does not own it, or does not have the privilege (0: none is
 * needed). */
int tool_profile(struct tool *t, const char *name, unsigned privilege,
    struct ms_stored_profile *p, struct ms_err *err);
/* MS_AUTH: the actor does not have the privilege. */
int tool_privileged(struct tool *t, unsigned privilege, struct ms_err *err);
/* May the actor see this profile? */
bool tool_sees(const struct tool *t, const struct ms_stored_profile *p);
/*
 * The owner of a new profile: the user `name`, if it is not NULL (only an admin
 * may name another user), else the actor, else the user with the name of the
 * login if that is an admin, else the first admin. MS_USAGE: no such user.
 */
int tool_owner(struct tool *t, const char *name, struct ms_account *owner,
    struct ms_err *err);
/* The name of a user, "" if unknown; owned by the caller. */
char *tool_user_name(struct tool *t, uint64_t number);

/* Calls fn for each operand, with the archive open for its jobs. fn prints its
 * own errors. Returns the exit status, as tool_join() does. */
typedef int tool_name_fn(struct tool *t, const char *name);
int tool_each_name(const struct ms_args *args, tool_name_fn *fn);
/*
 * Calls fn for the profiles that the operands name, or for all that the actor
 * may see if there is no operand, with the archive open for reading. -1 from fn
 * ends the iteration. Prints errors, and returns the exit status.
 */
typedef int tool_profile_fn(const struct ms_args *args,
    const struct ms_stored_profile *p, struct ms_err *err);
int tool_each_profile(const struct ms_args *args, tool_profile_fn *fn);

/* ---- profiles (validate.c, output.c, edit.c) ---- */

/* The keys of profiles as options of `add`: a table, a function that fills the
 * table, and the handler of its options. */
#define PROFILE_KEYS_MAX 128 /* more than there are */
extern struct ms_option profile_keys[PROFILE_KEYS_MAX];
void profile_keys_fill(void);
ms_opt_fn profile_add_key;

/* An ms_profile_fetch_fn. */
bool profile_fetch_key(
    const char *name, bool *argument, bool *many, struct ms_nearest *near);
/*
 * profile_validate() parses the text of a profile, and checks all that can be
 * checked without running it: the values, and what the owner may target. If
 * `new` is set, the profile is about to be stored: then also whether the users
 * in it exist, and whether the actor may choose the files and commands in it.
 * On success, p is to be released. Errors: MS_USAGE, "line N: ..."; MS_AUTH.
 */
int profile_validate(struct tool *t, const struct ms_account *owner,
    struct ms_slice text, bool new, struct ms_profile *p, struct ms_err *err);
/*
 * profile_check_demoted() refuses, with MS_AUTH, a profile that uses files or
 * commands of this host, if the user who chose them is no longer an admin:
 * demoted, disabled or deleted. This is the user of --as who stored the text or
 * gave the profile to its owner, or, without --as, an owner who was an admin. A
 * choice that a person made without --as for another owner needs no admin.
 * Errors: also those of the history.
 */
int profile_check_demoted(struct tool *t,
    const struct ms_stored_profile *stored, const struct ms_account *owner,
    const struct ms_profile *p, struct ms_err *err);
/* Warns about a query of an export that would miss mail; p is valid. */
void profile_warn_query(const char *name, const struct ms_profile *p);
/* The file name that `output` means at the time `now`: %Y %m %d %H %M %S %%.
 * MS_USAGE: another % sequence. Owned by the caller. */
char *profile_output(const char *output, int64_t now, struct ms_err *err);

/* ---- secrets ---- */

/* The secret of this name, for the profiles of this owner; all admins share
 * theirs. MS_NOINPUT: the secret is not set. */
int profile_secret(struct tool *t, const struct ms_account *owner,
    const char *name, struct ms_secret *s, struct ms_err *err);

/* ---- the lock of a run (lock.c) ---- */

/* The progress of a running profile. */
struct run_progress {
	uint64_t run; /* its number */
	uint64_t mailboxes, done, failed;
};
/*
 * run_lock() locks ARCHIVE/run/NUMBER by fcntl(2) while the profile runs. The
 * kernel releases the lock when the process ends, in whatever way.
 *   fd  receives the descriptor; close(2) releases the lock
 * MS_TEMP: the profile runs already; the message names the process.
 */
int run_lock(struct tool *t, const struct ms_stored_profile *p, int *fd,
    struct ms_err *err);
/* Writes the progress into the locked file. */
void run_progress_write(int fd, const struct run_progress *progress);
/* The process that runs the profile; 0 none; -1. progress may be NULL. */
int run_holder(struct tool *t, uint64_t profile, struct run_progress *progress,
    struct ms_err *err);
/* Asks the process to end, and waits for its end. 1; 0: none runs; -1. */
int run_stop(struct tool *t, uint64_t profile, struct ms_err *err);

/* ---- verbs ---- */

typedef int verb_fn(const struct ms_args *args);
verb_fn verb_add, verb_edit, verb_show, verb_list, verb_delete, verb_rename,
    verb_enable, verb_disable, verb_check, verb_run, verb_stop, verb_status,
    verb_log, verb_secret, verb_crontab, verb_timer;

#endif
