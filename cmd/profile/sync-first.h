/*
 * sync-first.h - the sync of users before a run. Part of ms-profile.
 */
#ifndef SYNC_FIRST_H
#define SYNC_FIRST_H
#include "common.h"

/*
 * Runs `ms-users sync` for a directory, as the owner of the profile, and prints
 * its messages; the last one is err if the sync fails. Refused people do not
 * fail it. -1: MS_AUTH, the owner is not allowed to do this; MS_TEMP, the sync
 * failed.
 */
int sync_first(struct tool *t, const char *profile,
    const struct ms_account *owner, const char *directory, struct ms_err *err);

#endif
