/*
 * ini.h - INI text: lines `key = value`, perhaps below sections. The syntax is
 * that of ms-profile(5). Layer: above utf8; libinih.
 */
#ifndef MS_INI_H
#define MS_INI_H
#include <stdbool.h>
#include "buf.h"

#define MS_INI_KEY_MAX 40     /* bytes of a key */
#define MS_INI_VALUE_MAX 8192 /* bytes of a value, and of a line */

/* A value; the texts are borrowed for the call. */
struct ms_ini_value {
	const char *section;     /* "account work" of [account work]; "" */
	const char *key, *value; /* neither is empty */
	unsigned line;
	bool comment; /* a comment follows it in its line */
};
/* -1 with err set ends the iteration. */
typedef int ms_ini_fn(
    void *ctx, const struct ms_ini_value *v, struct ms_err *err);
/*
 * Reads INI text and calls fn for each value, in order.
 *   sections  whether lines such as [account work] are allowed
 * Errors: MS_USAGE, "line N: ...", if the text is not INI, if libinih reads a
 * line in another way than a person does, or if fn fails.
 */
int ms_ini_read(struct ms_slice text, bool sections, ms_ini_fn *fn, void *ctx,
    struct ms_err *err);
/* The value of a switch: yes 1, no 0; -1: MS_USAGE. */
int ms_ini_switch(const struct ms_ini_value *v, struct ms_err *err);
/* Is this value read back unchanged after `key = `? MS_USAGE. */
int ms_ini_check_value(const char *value, struct ms_err *err);
/* Can this be part of INI text: UTF-8 without control characters except TAB?
 * MS_USAGE. */
int ms_ini_check_text(const unsigned char *p, size_t n, struct ms_err *err);

#endif
