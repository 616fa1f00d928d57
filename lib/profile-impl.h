/* profile-impl.h - what the parts of lib/profile share. */
#ifndef MS_PROFILE_IMPL_H
#define MS_PROFILE_IMPL_H
#include "profile.h"

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
