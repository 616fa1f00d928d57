/*
 * account-impl.h - lists and privileges of accounts, shared by the files that
 * implement account.h. ms-users(1). Layer: private to users.
 */
#ifndef MS_ACCOUNT_IMPL_H
#define MS_ACCOUNT_IMPL_H
#include "account.h"

/* Sorted copies of lists. */
struct ms_account_lists {
	struct ms_buf addresses, pop3_names, rights;
};
void ms_account_lists_release(struct ms_account_lists *l);

/*
 * ms_account_check() checks the members of u that `set` names.
 *   number   the user that is to be changed; 0: a new user
 *   l        receives the lists of u, sorted and without duplicates; u's lists
 *            point into it afterwards
 * Errors as ms_account_add().
 */
int ms_account_check(struct ms_change *ch, uint64_t number,
    struct ms_account *u, unsigned set, struct ms_account_lists *l,
    struct ms_err *err);

/* The names of privileges, as an array. */
json_t *ms_privileges_json(unsigned privileges);

#endif
