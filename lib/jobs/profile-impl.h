/*
 * profile-impl.h - what the profile-*.c files share: keys, and the lines of the
 * text. ms-profile(5).
 */
#ifndef MS_PROFILE_IMPL_H
#define MS_PROFILE_IMPL_H
#include "profile.h"

/* ---- keys ---- */

#define MS_KIND(kind) (1U << (kind)) /* the bit of a kind */
#define MS_KIND_LOGIN (MS_KIND(MS_PROFILE_MAILBOX) | MS_KIND(MS_PROFILE_BATCH))
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
};
/* NULL: an option of ms-fetch, or no key. */
const struct ms_profile_key *ms_profile_find_key(const char *name);

/* ---- lines ---- */

struct ms_ini_value {
	const char *key, *value; /* neither is empty */
	unsigned line;
	bool comment; /* a comment follows it in its line */
};
/* -1 with err set ends the iteration. */
typedef int ms_ini_fn(
    void *ctx, const struct ms_ini_value *v, struct ms_err *err);
/*
 * Reads INI text and calls fn for each value, in order. Errors: MS_USAGE,
 * "line N: ...", if the text is not INI, if libinih reads a line in another way
 * than a person does, or if fn fails.
 */
int ms_ini_read(
    struct ms_slice text, ms_ini_fn *fn, void *ctx, struct ms_err *err);
/* Can this be part of INI text: UTF-8 without control characters except TAB?
 * MS_USAGE. */
int ms_ini_check_text(const unsigned char *p, size_t n, struct ms_err *err);

#endif
