/*
 * profile.h - the text of a profile (a saved job): INI, parsed into a list of
 * keys and values that are consistent. The format is ms-profile(5). The owner
 * of a profile and its last run are in profile-store.h. Layer: above schedule;
 * libinih.
 */
#ifndef MS_PROFILE_H
#define MS_PROFILE_H
#include <stdbool.h>
#include <stddef.h>
#include "nearest.h"
#include "schedule.h"

#define MS_PROFILE_ITEMS 16384 /* values of a profile */
#define MS_PROFILE_JOBS 4      /* mailboxes at once, the default */
#define MS_PROFILE_JOBS_MAX 256
#define MS_PROFILE_SECRET_MAX 100 /* bytes of a secret's name */

enum ms_profile_kind {
	MS_PROFILE_MAILBOX, /* one mailbox to one user */
	MS_PROFILE_BATCH,   /* one privileged login, many users */
	MS_PROFILE_CSV,     /* a mailbox for each row of a file */
	MS_PROFILE_FILES,   /* files to one user */
	MS_PROFILE_EXPORT,
	MS_PROFILE_MULTIDROP /* one mailbox, assigned to many users */
};
/* "mailbox", "batch" ... */
const char *ms_profile_kind_name(enum ms_profile_kind kind);

/* The use of a value: in ms-profile itself, or as an option of a tool. */
enum ms_profile_for {
	MS_FOR_PROFILE,
	MS_FOR_FETCH,
	MS_FOR_REMOVE, /* ms-fetch --delete-archived */
	MS_FOR_INGEST,
	MS_FOR_EXPORT
};

struct ms_profile_item {
	char *key;
	char *value; /* UTF-8 without controls, not empty; "" for a switch
			that is on */
	unsigned line;
	enum ms_profile_for use;
};

struct ms_profile {
	enum ms_profile_kind kind;
	struct ms_schedule schedule;
	struct ms_profile_item *items; /* in the order of the text, without
					  the switches that are off */
	size_t count;
	unsigned jobs;
	bool deletes;       /* there is a delete run */
	bool all_users;     /* batch: users = all, without `except` */
	bool by_user_name;  /* batch: mailbox = name, not address */
	const char *secret; /* password = secret:NAME; NULL */
};

/*
 * Is `name` an option of ms-fetch that a profile may contain?
 *   argument  receives whether the option has an argument
 *   many      receives whether it can be given several times
 *   near      tries all such options, or NULL
 */
typedef bool ms_profile_fetch_fn(
    const char *name, bool *argument, bool *many, struct ms_nearest *near);

/*
 * Parses the text of a profile. On error, MS_USAGE "line N: ...", p is empty:
 * the text is not INI, or a key is unknown, is given twice, does not belong to
 * this kind of profile, is missing, or contradicts another key. The values of
 * options are not checked here; their tools do that.
 */
int ms_profile_parse(struct ms_profile *p, struct ms_slice text,
    ms_profile_fetch_fn *fetch, struct ms_err *err);
void ms_profile_release(struct ms_profile *p);

/* The value of a key, the first if there are several; NULL. */
const char *ms_profile_value(const struct ms_profile *p, const char *key);
/* The next value of a key, from *at on, which then moves past it; NULL: no
 * more. *at begins with 0. */
const char *ms_profile_next(
    const struct ms_profile *p, const char *key, size_t *at);
/* The line of the first value of a key; 0: there is none. */
unsigned ms_profile_line(const struct ms_profile *p, const char *key);

/* ---- keys ---- */

/* Is `name` a key that is not an option of ms-fetch? Arguments as for
 * ms_profile_fetch_fn. */
bool ms_profile_key(const char *name, bool *argument, bool *many);
/* The i-th of these; NULL: no more. */
const char *ms_profile_key_at(size_t i);
/* One line about a key that ms_profile_key_at() has returned. */
const char *ms_profile_key_help(const char *name);

/* Checks that do not depend on the kind of the profile: paths, commands. -1:
 * MS_USAGE. */
struct ms_ini_value;
int ms_profile_check_value(const struct ms_ini_value *v, struct ms_err *err);
/* Is the value the path of a file, which must begin with `/`? */
bool ms_profile_is_path(const char *key);
/* Is the value a command for the shell? */
bool ms_profile_is_command(const char *key);

/* Is this a valid name of a secret: 1..MS_PROFILE_SECRET_MAX letters, digits
 * and `._-@+`, with a letter or digit first? */
bool ms_profile_secret_ok(const char *name);

/* ---- text ---- */

/* Appends the line `key = value`. MS_USAGE: INI cannot express the value: it
 * contains controls, begins or ends with a blank ... */
int ms_profile_write(
    struct ms_buf *out, const char *key, const char *value, struct ms_err *err);
/*
 * Appends the text, with the user `from` replaced by `to` in all keys that name
 * users; all other bytes stay. Returns the number of replacements; 0 if INI
 * cannot express `to`.
 */
size_t ms_profile_rename_user(
    struct ms_buf *out, struct ms_slice text, const char *from, const char *to);

#endif
