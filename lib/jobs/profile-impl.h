/*
 * profile-impl.h - what the parts of profile share: keys, and the lines of the
 * text. ms-profile(5). Layer: inside profile.
 */
#ifndef MS_PROFILE_IMPL_H
#define MS_PROFILE_IMPL_H
#include "profile.h"

/* ---- keys ---- */

#define MS_KIND(kind) (1U << (kind)) /* as a bit */
#define MS_KIND_LOGIN (MS_KIND(MS_PROFILE_MAILBOX) | MS_KIND(MS_PROFILE_BATCH))
#define MS_KIND_SERVER (MS_KIND_LOGIN | MS_KIND(MS_PROFILE_CSV))

struct ms_profile_key {
	const char *name;
	enum {
		MS_VALUE_WORD,
		MS_VALUE_SWITCH,  /* yes or no */
		MS_VALUE_PATH,    /* of a file, from the root */
		MS_VALUE_SEVERAL, /* words; the key may be repeated */
		MS_VALUE_PATHS
	} value;
	unsigned kinds, needed; /* bits: which have it, which must */
	enum ms_profile_for use;
};
/* NULL: it is one of ms-fetch's, or none. */
const struct ms_profile_key *ms_profile_find_key(const char *name);

/* ---- lines ---- */

struct ms_ini_value {
	const char *key, *value; /* neither is empty */
	unsigned line;
	bool comment; /* a comment followed it in its line */
};
/* 0, or -1 with err set: no more. */
typedef int ms_ini_fn(
    void *ctx, const struct ms_ini_value *v, struct ms_err *err);
/*
 * Reads INI and calls take() for each value, in order. MS_USAGE, "line N:
 * ...": what is no INI, what libinih would read otherwise than it looks, or
 * what take() says.
 */
int ms_ini_read(
    struct ms_slice text, ms_ini_fn *take, void *ctx, struct ms_err *err);

#endif
