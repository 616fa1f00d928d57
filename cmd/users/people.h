/*
 * people.h - what a directory of the archive says about people, for the
 * verbs directory and sync. Part of ms-users.
 */
#ifndef USERS_PEOPLE_H
#define USERS_PEOPLE_H
#include "directory-store.h"
#include "users.h"

/* A person of the directory. The texts are owned. */
struct person {
	char *dn;
	char *id;        /* objectGUID or entryUUID; "": unknown */
	char *name;      /* NULL: not a valid name of a user; see `fault` */
	char *full_name; /* NULL: not valid */
	struct ms_buf addresses; /* a list; valid, without duplicates */
	bool disabled;
	char *fault; /* what is wrong with the entry; or NULL */
};
struct people {
	struct person *p;
	size_t count, room;
	struct ms_buf base; /* that was searched */
};
void people_release(struct people *all);

/* Finds a directory of the archive. -1: MS_NOINPUT. */
int directory_find(struct users *u, const char *name,
    struct ms_stored_directory *d, struct ms_err *err);
/*
 * Reads all people of a directory. -1: the result is not complete; the errors
 * are those of ms_directory_search() and of the password, and MS_TEMP if the
 * name of a person cannot be read.
 */
int directory_read(struct users *u, const struct ms_stored_directory *d,
    struct people *all, struct ms_err *err);
/* Binds with the DN and the password of a user; as ms_directory_check(). */
int directory_check(struct users *u, const struct ms_account *user,
    const char *password, struct ms_err *err);

#endif
