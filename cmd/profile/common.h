/*
 * common.h - the parts of ms-profile. A verb is given its part of the command
 * line and the tool (archive, calling user, options) as values of the options,
 * prints its own errors, and returns the exit status.
 */
#ifndef PROFILE_TOOL_H
#define PROFILE_TOOL_H
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
	bool json;
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
	const char *as;    /* --as; NULL: who can write the archive may all */

	/* After tool_open(). */
	char *path; /* of the archive, absolute */
	struct ms_archive *archive;
	struct ms_account actor; /* as; number 0: nobody */
};

extern const struct ms_command profile_command;

/* MS_AUTH: there is no such user as `as`, or he may not do anything. */
int tool_open(struct tool *t, enum ms_archive_mode mode, struct ms_err *err);
/* Closes what is open; says what err says, if anything. The exit status: that
 * of err, else `status`. */
int tool_close(struct tool *t, int status, const struct ms_err *err);
/* Says "ms-profile: NAME: " and err's sentence; its status. */
int tool_warn(const char *name, const struct ms_err *err);
/* What several names have come to: 0, what all that failed agree on, or 1. */
int tool_join(int status, int next, bool first);

/* ---- who may do what ---- */

/* Fills p with the profile of this name. MS_NOINPUT: there is none; MS_AUTH:
 * it is not the actor's, or he lacks the privilege (0: none is needed). */
int tool_profile(struct tool *t, const char *name, unsigned privilege,
    struct ms_stored_profile *p, struct ms_err *err);
/* Has the actor this privilege? MS_AUTH. */
int tool_privileged(struct tool *t, unsigned privilege, struct ms_err *err);
/* Is this profile one that the actor may see? */
bool tool_sees(const struct tool *t, const struct ms_stored_profile *p);
/*
 * The owner of a profile that is made: `name` if it is given (only an admin
 * gives another), the actor, else the archive's user who is called like the
 * login, if he is an admin, else the first admin. MS_USAGE: there is none.
 */
int tool_owner(struct tool *t, const char *name, struct ms_account *owner,
    struct ms_err *err);
/* The name of a user, for the person; owned. */
char *tool_user_name(struct tool *t, uint64_t number);

/* ---- profiles ---- */

/* Keys of profiles as options of `add`: a table that is filled by the
 * function, and what handles its options. */
#define PROFILE_KEYS_MAX 128 /* more keys than there are */
extern struct ms_option profile_keys[PROFILE_KEYS_MAX];
void profile_keys_fill(void);
ms_opt_fn profile_add_key;

/* An ms_profile_fetch_fn. */
bool profile_fetch_key(const char *name, bool *argument, bool *many);
/*
 * Reads a profile's text and looks at all that can be known of it without
 * running it: values, what its owner may target, and, if `users` (it is new),
 * whether those it names are there and the actor may say which files and
 * commands it uses. MS_USAGE, naming the line; MS_AUTH. p is to be released
 * if it is 0.
 */
int profile_judge(struct tool *t, const struct ms_account *owner,
    struct ms_slice text, bool users, struct ms_profile *p, struct ms_err *err);
/* May this owner's profile do what it says, now? MS_AUTH. */
int profile_owner_may(const struct ms_account *owner,
    const struct ms_profile *p, struct ms_err *err);
/* The file that `output` means at this moment: %Y %m %d %H %M %S %%. MS_USAGE:
 * another %. Owned. */
char *profile_output(const char *output, int64_t now, struct ms_err *err);

/* ---- secrets ---- */

/* The secret of this name that this owner's profiles use: those of admins
 * share theirs. MS_NOINPUT: it was not set. */
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
