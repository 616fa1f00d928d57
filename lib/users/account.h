/*
 * account.h - the users of an archive, with their names, addresses, privileges
 * and rights, and the settings for users. ms-archive(5), EVENT; ms-users(1).
 * Layer: above change.
 */
#ifndef MS_ACCOUNT_H
#define MS_ACCOUNT_H
#include "change.h"
#include "record-row.h"
#include "record-store.h"

#define MS_ACCOUNT_ADDRESS_MAX 320 /* bytes; RFC 3696, errata 1690, has 254 */
#define MS_FULL_NAME_MAX 1024
#define MS_DN_MAX 4096
#define MS_LIST_MAX 10000 /* addresses, POP3 names, or rights of a user */
#define MS_CATCHALL "@catchall"

enum ms_authentication {
	MS_LOGIN_NONE, /* cannot log in */
	MS_LOGIN_INTEGRATED,
	MS_LOGIN_DIRECTORY
};
const char *ms_authentication_name(enum ms_authentication a);
/* Returns 0, or -1 if there is no authentication of this name. */
int ms_authentication_of(const char *name, enum ms_authentication *out);

/*
 * A user. Strings ("" for none) and lists point into `row`; they are valid
 * until the account is filled again or released. {0} is empty.
 */
struct ms_account {
	uint64_t number;
	int64_t made;
	const char *name, *full_name, *dn;
	struct ms_slice addresses, pop3_names; /* ms_list_next() */
	enum ms_authentication authentication;
	unsigned privileges;    /* enum ms_privilege */
	struct ms_slice rights; /* ms_account_right() */
	bool disabled, deleted, has_password;
	/* Of a user that `ms-users sync` has added: the name of the directory
	 * ("": none), objectGUID or entryUUID ("": unknown), and what the last
	 * sync found: "" (enabled), MS_DIRECTORY_DISABLED or
	 * MS_DIRECTORY_VANISHED. They are kept when the user is deleted. */
	const char *directory, *directory_id, *directory_state;
	struct ms_buf row;
};
#define MS_DIRECTORY_DISABLED "disabled"
#define MS_DIRECTORY_VANISHED "vanished"
void ms_account_release(struct ms_account *u);

/*
 * These functions find a user by number, by user name, or by what a person
 * enters to log in: user name, else e-mail address, else POP3 name (in any
 * case). They return 1, 0 if there is no such user, or -1 with err set. Deleted
 * users are found too. ms_account_login() prefers users who can log in.
 */
int ms_account_get(struct ms_archive *a, uint64_t number, struct ms_account *u,
    struct ms_err *err);
int ms_account_find(struct ms_archive *a, const char *name,
    struct ms_account *u, struct ms_err *err);
int ms_account_login(struct ms_archive *a, const char *name,
    struct ms_account *u, struct ms_err *err);
/* The same in a transaction. */
int ms_account_get_in(struct ms_txn *txn, uint64_t number, struct ms_account *u,
    struct ms_err *err);
int ms_account_find_in(struct ms_txn *txn, const char *name,
    struct ms_account *u, struct ms_err *err);

/* Fills u with the next user of ms_record_store_open(a, MS_ROW_USER). Returns
 * 1, 0 at the end, or -1. */
int ms_accounts_next(
    struct ms_record_store *w, struct ms_account *u, struct ms_err *err);

/* The rights of u on the archive of a user (0: on all archives), as bits of
 * enum ms_right; without those on u's own archive and those of an admin. */
unsigned ms_account_right(const struct ms_account *u, uint64_t archive);
/* The ith right, in the order of the events. Returns false at the end. */
bool ms_account_right_at(
    const struct ms_account *u, size_t i, uint64_t *archive, unsigned *bits);
/*
 * May u do this with the archive of user `archive`? Users may read their own
 * archive and do what they have a right to; an admin may do everything; a
 * deleted or disabled user may do nothing.
 */
bool ms_account_may(
    const struct ms_account *u, uint64_t archive, enum ms_right right);
/* Has u this privilege? An admin has all, a deleted or disabled user none. */
bool ms_account_has(const struct ms_account *u, enum ms_privilege p);

/* ---- changes: within ms_archive_change() ---- */

/* The members that are to be changed, as bits. Rights need not include `read`
 * on the user's own archive. */
enum {
	MS_SET_NAME = 1,
	MS_SET_FULL_NAME = 2,
	MS_SET_ADDRESSES = 4,
	MS_SET_POP3_NAMES = 8,
	MS_SET_AUTHENTICATION = 16,
	MS_SET_DN = 32,
	MS_SET_PRIVILEGES = 64,
	MS_SET_RIGHTS = 128,
	MS_SET_DISABLED = 256,
	MS_SET_PASSWORD = 512,  /* set if has_password, else removed */
	MS_SET_DIRECTORY = 1024 /* directory, directory_id, directory_state */
};
/*
 * ms_account_add() creates a user, or restores the deleted user of this name.
 *   want, set   the members of `want` that `set` names are used; without
 *               MS_SET_PRIVILEGES, the user gets the default privileges
 *   number      receives the user's number
 * Errors: MS_EXISTS (the user exists, or another user has an address or POP3
 * name), MS_USAGE (a name, address, text or list is invalid).
 */
int ms_account_add(struct ms_change *ch, const struct ms_account *want,
    unsigned set, uint64_t *number, struct ms_err *err);
/*
 * ms_account_set() changes the members that `set` names and that differ from
 * `want`. Without a difference there is no event.
 *   changed   receives the members that were changed, as bits; may be NULL
 * Errors: MS_NOINPUT (no such user); MS_EXISTS and MS_USAGE as above.
 */
int ms_account_set(struct ms_change *ch, uint64_t number,
    const struct ms_account *want, unsigned set, unsigned *changed,
    struct ms_err *err);
/* Deletes a user. The user's messages and name remain; addresses, POP3 names,
 * privileges, rights and password are removed. MS_NOINPUT: no such user. */
int ms_account_delete(
    struct ms_change *ch, uint64_t number, struct ms_err *err);

/* Is this a valid mail address of a user? */
bool ms_account_address_ok(const char *address);
/* Is this a valid text or POP3 name: UTF-8 without control characters, at most
 * max bytes? */
bool ms_account_text_ok(const char *text, size_t max);

/* ---- settings ---- */

/* Strings point into `row`. {0} is empty. */
struct ms_settings {
	unsigned default_privileges;        /* of new users */
	unsigned default_privileges_synced; /* of users from a directory */
	const char *directory_url, *directory_ca_file;
	unsigned directory_timeout;    /* seconds */
	struct ms_slice directories;   /* directory-store.h */
	struct ms_slice alias_domains; /* list; assign.h */
	struct ms_buf row, lists;      /* lists: for new ones, of the caller */
};
#define MS_DEFAULT_PRIVILEGES                                                  \
	(MS_PRIVILEGE_LOGIN | MS_PRIVILEGE_CHANGE_PASSWORD)
#define MS_DEFAULT_PRIVILEGES_SYNCED MS_PRIVILEGE_LOGIN
#define MS_DIRECTORY_TIMEOUT 15
int ms_settings_get(
    struct ms_archive *a, struct ms_settings *s, struct ms_err *err);
int ms_settings_get_in(
    struct ms_txn *txn, struct ms_settings *s, struct ms_err *err);
void ms_settings_release(struct ms_settings *s);
/* Changes the settings that differ. *changed receives whether any did. */
int ms_settings_set(struct ms_change *ch, const struct ms_settings *want,
    bool *changed, struct ms_err *err);

#endif
