/*
 * profile.h - what a saved job says: INI text to a list of keys and values
 * that make sense together. The format is ms-profile(5). Who owns it and when
 * it ran is profile-store.h's. Layer: above schedule; libinih.
 */
#ifndef MS_PROFILE_H
#define MS_PROFILE_H
#include <stdbool.h>
#include <stddef.h>
#include "schedule.h"

#define MS_PROFILE_KEY_MAX 40     /* bytes of a key */
#define MS_PROFILE_VALUE_MAX 8192 /* bytes of a value, and of a line */
#define MS_PROFILE_ITEMS 16384    /* values of a profile */
#define MS_PROFILE_JOBS 4         /* mailboxes at once, unless said */
#define MS_PROFILE_JOBS_MAX 256
#define MS_PROFILE_SECRET_MAX 100 /* bytes of a secret's name */

enum ms_profile_kind {
	MS_PROFILE_MAILBOX, /* one mailbox to one user */
	MS_PROFILE_BATCH,   /* one privileged login, many users */
	MS_PROFILE_CSV,     /* a mailbox for each row of a file */
	MS_PROFILE_FILES,   /* files to one user */
	MS_PROFILE_EXPORT
};
/* "mailbox", "batch" ... */
const char *ms_profile_kind_name(enum ms_profile_kind kind);

/* Whose business a value is: this module's and its caller's, or an option of
 * a tool. */
enum ms_profile_for {
	MS_FOR_PROFILE,
	MS_FOR_FETCH,
	MS_FOR_REMOVE, /* ms-fetch --delete-archived */
	MS_FOR_INGEST,
	MS_FOR_EXPORT
};

struct ms_profile_item {
	char *key;
	char *value; /* UTF-8 without controls, not empty; "" of an option
			without an argument that is on */
	unsigned line;
	enum ms_profile_for use;
};

struct ms_profile {
	enum ms_profile_kind kind;
	struct ms_schedule schedule;
	struct ms_profile_item *items; /* as written; switches that are off are
					  left out */
	size_t count;
	unsigned jobs;
	bool deletes;       /* there is a delete run */
	bool all_users;     /* batch: users = all, but for `except` */
	bool by_user_name;  /* batch: mailbox = name, not address */
	const char *secret; /* password = secret:NAME; NULL */
};

/*
 * Is `name` an option of ms-fetch that a profile may hold? `argument`: it has
 * one; `many`: it can be given several times.
 */
typedef bool ms_profile_fetch_fn(const char *name, bool *argument, bool *many);

/*
 * Reads a profile's text. -1, MS_USAGE, "line N: ..." and p is empty: it is
 * not INI, or a key is unknown, given twice, not for this kind, missing, or
 * contradicts another. What the values of options mean is their tool's.
 */
int ms_profile_parse(struct ms_profile *p, struct ms_slice text,
    ms_profile_fetch_fn *fetch, struct ms_err *err);
void ms_profile_release(struct ms_profile *p);

/* The value of a key, the first if there are several; NULL. */
const char *ms_profile_value(const struct ms_profile *p, const char *key);
/* The next value of a key at or behind *at, which moves behind it; NULL. Begin
 * with *at = 0. */
const char *ms_profile_next(
    const struct ms_profile *p, const char *key, size_t *at);
/* The line of the first value of a key; 0: there is none. */
unsigned ms_profile_line(const struct ms_profile *p, const char *key);

/* ---- keys ---- */

/* Is it a key of profiles that is no option of ms-fetch? As for
 * ms_profile_fetch_fn. */
bool ms_profile_key(const char *name, bool *argument, bool *many);
/* The i-th of these; NULL: no more. */
const char *ms_profile_key_at(size_t i);

/* Does it hold the path of a file, which is to begin with `/`? */
bool ms_profile_is_path(const char *key);
/* Is its value a command for the shell? */
bool ms_profile_is_command(const char *key);

/* May this be the name of a secret: letters, digits and `._-@+`, 1 to
 * MS_PROFILE_SECRET_MAX, none of the marks first? */
bool ms_profile_secret_ok(const char *name);

/* ---- text ---- */

/* Appends the line `key = value`. MS_USAGE: the value cannot stand in INI as
 * it is: it holds controls, begins or ends with a blank ... */
int ms_profile_write(
    struct ms_buf *out, const char *key, const char *value, struct ms_err *err);
/*
 * Appends the text with user `from` called `to` wherever a key names users;
 * all else stays byte for byte. Returns how many times that was; 0 if `to`
 * cannot stand in INI.
 */
size_t ms_profile_rename_user(
    struct ms_buf *out, struct ms_slice text, const char *from, const char *to);

#endif
