/*
 * account.h - the archive's users: names, addresses, privileges, rights, and
 * the settings that go with them. ms-archive(5), EVENT; ms-users(1).
 * Layer: above change.
 */
#ifndef MS_ACCOUNT_H
#define MS_ACCOUNT_H
#include "change.h"
#include "record-row.h"

#define MS_ACCOUNT_ADDRESS_MAX                                                 \
	320 /* bytes: RFC 3696, errata 1690, and then some */
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
/* 0, -1: there is none of this name. */
int ms_authentication_of(const char *name, enum ms_authentication *out);

/*
 * A user. Strings ("" for none) and lists live in `row`, until the account is
 * filled again or released; {0} is empty.
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
	struct ms_buf row;
};
void ms_account_release(struct ms_account *u);

/* A user by number. 1, 0 there is none, -1. A deleted one is found too, here
 * and below. */
int ms_account_get(struct ms_archive *a, uint64_t number, struct ms_account *u,
    struct ms_err *err);
/* By user name. */
int ms_account_find(struct ms_archive *a, const char *name,
    struct ms_account *u, struct ms_err *err);
/*
 * By user name, else e-mail address, else POP3 name: as somebody who logs in
 * says it. Case does not matter in the latter two. Whoever cannot log in
 * stands in nobody's way: he is found if there is no other.
 */
int ms_account_login(struct ms_archive *a, const char *name,
    struct ms_account *u, struct ms_err *err);
/* The same in a transaction. */
int ms_account_get_in(struct ms_txn *txn, uint64_t number, struct ms_account *u,
    struct ms_err *err);
int ms_account_find_in(struct ms_txn *txn, const char *name,
    struct ms_account *u, struct ms_err *err);

/*
 * All users, in order of their numbers. No transaction is held between calls.
 * ms_accounts_next() fills u: 1, 0 no more, -1.
 */
struct ms_accounts;
struct ms_accounts *ms_accounts_open(struct ms_archive *a);
int ms_accounts_next(
    struct ms_accounts *w, struct ms_account *u, struct ms_err *err);
void ms_accounts_close(struct ms_accounts *w);

/* His rights on the archive of this user (0: those he has on all), as bits of
 * enum ms_right; without those that go with his own archive or with admin. */
unsigned ms_account_right(const struct ms_account *u, uint64_t archive);
/* The i-th of his rights, in the order of the events. false: no more. */
bool ms_account_right_at(
    const struct ms_account *u, size_t i, uint64_t *archive, unsigned *bits);
/* May he do this with the archive of user `archive`: his own may be read, all
 * by an admin, and what he was given. Not if he is deleted or disabled. */
bool ms_account_may(
    const struct ms_account *u, uint64_t archive, enum ms_right right);
/* Has he this privilege? An admin has all. Not if he is deleted or disabled. */
bool ms_account_has(const struct ms_account *u, enum ms_privilege p);

/* ---- changes: within ms_archive_change() ---- */

/* Bits: which members are to be changed. In rights, `read` on one's own
 * archive need not be said. */
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
	MS_SET_PASSWORD = 512 /* has_password: it was set; else removed */
};
/*
 * Makes a user, or revives a deleted one of this name, with those members of
 * `want` that `set` names. Privileges that are not named are the default ones.
 * MS_EXISTS: the name is taken, or an address or POP3 name is another's;
 * MS_USAGE: a name, address, text or list is not what it may be.
 */
int ms_account_add(struct ms_change *ch, const struct ms_account *want,
    unsigned set, uint64_t *number, struct ms_err *err);
/*
 * Changes what differs; *changed (may be NULL): the members that did, as bits.
 * If none did there is no event. MS_NOINPUT: there is no such user; MS_EXISTS
 * and MS_USAGE as above.
 */
int ms_account_set(struct ms_change *ch, uint64_t number,
    const struct ms_account *want, unsigned set, unsigned *changed,
    struct ms_err *err);
/* His archive stays; addresses, POP3 names, privileges, rights and password
 * go, and whoever revives him gives him new ones. */
int ms_account_delete(
    struct ms_change *ch, uint64_t number, struct ms_err *err);

/* May this be an e-mail address; and what a text or POP3 name of at most `max`
 * bytes is made of: UTF-8 without controls? */
bool ms_address_ok(const char *address);
bool ms_account_text_ok(const char *text, size_t max);

/* ---- settings ---- */

/* Strings live in `row`; {0} is what holds before anybody set anything. */
struct ms_settings {
	unsigned default_privileges;        /* of users that are made */
	unsigned default_privileges_synced; /* of those from a directory */
	const char *directory_url, *directory_ca_file;
	unsigned directory_timeout; /* seconds */
	struct ms_buf row;
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
/* Writes what differs. *changed: whether anything did. */
int ms_settings_set(struct ms_change *ch, const struct ms_settings *want,
    bool *changed, struct ms_err *err);

#endif
