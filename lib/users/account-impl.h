/*
 * account-impl.h - what the files of the account module share. Not for
 * others. Layer: account.
 */
#ifndef MS_ACCOUNT_IMPL_H
#define MS_ACCOUNT_IMPL_H
#include "account.h"

/* Lists that were put in order. */
struct ms_account_lists {
	struct ms_buf addresses, pop3_names, rights;
};
void ms_account_lists_release(struct ms_account_lists *l);

/*
 * May user `number` (0: one to be made) become this, in those members that
 * `set` names? Lists of u are put in order, nothing twice: they then live in l.
 * Errors as ms_account_add().
 */
int ms_account_check(struct ms_change *ch, uint64_t number,
    struct ms_account *u, unsigned set, struct ms_account_lists *l,
    struct ms_err *err);

/* An array of words. */
json_t *ms_privileges_json(unsigned privileges);

#endif
