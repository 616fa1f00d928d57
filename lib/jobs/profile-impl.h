/*
 * profile-impl.h - what the profile-*.c files share: keys, and the lines of the
 * text. ms-profile(5). Layer: private to jobs.
 */
#ifndef MS_PROFILE_IMPL_H
#define MS_PROFILE_IMPL_H
#include "ini.h"
#include "profile.h"

/* ---- keys ---- */

#define MS_KIND(kind) (1U << (kind)) /* the bit of a kind */
/* One mailbox. */
#define MS_KIND_ONE                                                            \
	(MS_KIND(MS_PROFILE_MAILBOX) | MS_KIND(MS_PROFILE_MULTIDROP))
#define MS_KIND_LOGIN (MS_KIND_ONE | MS_KIND(MS_PROFILE_BATCH))
#define MS_KIND_SERVER (MS_KIND_LOGIN | MS_KIND(MS_PROFILE_CSV))

struct ms_profile_key {
	const char *name;
	enum {
		MS_VALUE_WORD,
		MS_VALUE_SWITCH, /* yes or no */
		MS_VALUE_PATH,   /* of a file, absolute */
		MS_VALUE_WORDS,  /* the key may be repeated */
		MS_VALUE_PATHS   /* the same */
	} value;
	unsigned kinds, needed; /* bits: kinds that may, that must have it */
	enum ms_profile_for use;
	const char *help; /* one line */
};
/* NULL: an option of ms-fetch, or no key. */
const struct ms_profile_key *ms_profile_find_key(const char *name);

#endif
