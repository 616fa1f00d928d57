/*
 * profile-store.h - profiles (saved jobs), kept as events. The text of a
 * profile is stored as it is; profile.h reads it. Runs are in run.h.
 * ms-archive(5), EVENT. Layer: above account.
 */
#ifndef MS_PROFILE_STORE_H
#define MS_PROFILE_STORE_H
#include "change.h"
#include "record-store.h"

#define MS_PROFILE_NAME_MAX 255
#define MS_PROFILE_TEXT_MAX (256 * 1024)

/* Is this 1..MS_PROFILE_NAME_MAX bytes of UTF-8 without controls and `/`, and
 * without `-` or `.` at the beginning? */
bool ms_profile_name_ok(const char *name);

/* A profile. Its strings live in `row`, until it is filled again or released.
 */
struct ms_stored_profile {
	uint64_t number, owner; /* owner: the number of a user; 0: none */
	uint64_t last_run;      /* number of its latest run; 0: none */
	uint64_t by;            /* to be written: see MS_PROFILE_SET_BY */
	int64_t made;
	const char *name, *text;
	bool enabled, deleted;
	struct ms_buf row;
};
void ms_stored_profile_release(struct ms_stored_profile *p);

/* 1, 0 no such profile, -1. A number finds a deleted profile too. */
int ms_profile_get(struct ms_archive *a, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_find(struct ms_archive *a, const char *name,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_get_in(struct ms_txn *txn, uint64_t number,
    struct ms_stored_profile *p, struct ms_err *err);
int ms_profile_find_in(struct ms_txn *txn, const char *name,
    struct ms_stored_profile *p, struct ms_err *err);

/* The next profile that is not deleted, in the order of their numbers, of
 * ms_record_store_open(a, MS_ROW_PROFILE). Returns 1, 0 or -1. */
int ms_profiles_next(
    struct ms_record_store *w, struct ms_stored_profile *p, struct ms_err *err);

/* ---- changes: within ms_archive_change() ---- */

enum {
	MS_PROFILE_SET_NAME = 1,
	MS_PROFILE_SET_OWNER = 2,
	MS_PROFILE_SET_TEXT = 4,
	MS_PROFILE_SET_ENABLED = 8,
	/* The event says who has chosen text and owner: the user `by`, or with
	 * 0 a person who needs no user. It is written even if nothing changes.
	 */
	MS_PROFILE_SET_BY = 16
};
/* Uses name, owner, text, enabled and by of `want`. MS_EXISTS: another profile
 * has the name; MS_USAGE: invalid name, text or owner. */
int ms_profile_add(struct ms_change *ch, const struct ms_stored_profile *want,
    uint64_t *number, struct ms_err *err);
/* Uses the members of `want` that `set` names; writes no event if they are
 * equal already, unless MS_PROFILE_SET_BY is among them. MS_NOINPUT: no such
 * profile. */
int ms_profile_set(struct ms_change *ch, uint64_t number,
    const struct ms_stored_profile *want, unsigned set, struct ms_err *err);
/* The name can be used again; the runs stay. */
int ms_profile_delete(
    struct ms_change *ch, uint64_t number, struct ms_err *err);

/* Replaces the name of a user in the texts of profiles. */
int ms_profiles_rename_user(
    struct ms_change *ch, const char *from, const char *to, struct ms_err *err);

#endif
