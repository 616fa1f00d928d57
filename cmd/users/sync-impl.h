/*
 * sync-impl.h - the users of an archive compared with the people of a
 * directory, for the files of `ms-users sync`. Part of ms-users.
 */
#ifndef USERS_SYNC_IMPL_H
#define USERS_SYNC_IMPL_H
#include "people.h"

enum outcome {
	SAME,
	ADDED,
	CHANGED,
	RESTORED, /* vanished or was deleted, and is there again */
	DISABLED, /* has vanished */
	DELETED,  /* has vanished */
	OUTCOMES
};

/* A user of the archive, a person of the directory, or both. */
struct item {
	const struct person *p; /* NULL: the user has vanished */
	uint64_t user;          /* 0: new */
	bool counted;           /* for the rule of the tenth */
	bool twice;             /* another entry is the same person */
	/* The result: */
	enum outcome outcome;
	unsigned changed; /* MS_SET_... */
	char *name, *former;
	char *error;
	bool again; /* what failed may work after other changes */
	/* What is applied in this pass, and what was so before it: a batch can
	 * be undone, and begin again. */
	bool due;
	struct {
		uint64_t user;
		enum outcome outcome;
		unsigned changed;
	} before;
};

struct sync {
	struct users *u;
	const char *directory; /* its name */
	struct people people;
	struct item *item;
	size_t count, total; /* total: users for the rule of the tenth */
	unsigned privileges; /* of new users */
	size_t from, to;     /* the batch */
	bool dry;            /* changes are undone */
	bool checked;        /* a dry batch was applied */
};

/*
 * sync_compare() finds out which user is which person, and makes the items. -1:
 * a user cannot be read.
 */
int sync_compare(struct sync *s, struct ms_err *err);
/*
 * sync_apply() applies each item, in commits of limited size, and notes its
 * outcome. An item that cannot be applied has an error, and the others are
 * applied. With s->dry, everything is undone.
 *   retry    only what has failed and may work after the other changes
 */
int sync_apply(struct sync *s, bool retry, struct ms_err *err);

#endif
