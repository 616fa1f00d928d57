/*
 * opt.h - command lines: one spelling, one meaning in every tool
 * (ms(7), Options). Layer: above err.
 */
#ifndef MS_OPT_H
#define MS_OPT_H
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include "err.h"

#define MS_VERSION "0.1.0"

/* Long options without a letter begin here. */
#define MS_OPT_LONG 256

/*
 * getopt_long(3) with "+" order, but an abbreviated long option is refused as
 * unknown. Complains as getopt does; returns what getopt returns. letters as
 * for getopt, with or without the "+". Takes descriptors 0, 1 and 2 if they
 * are closed, so that no file of ours gets one of these numbers, and lets a
 * write beyond `ulimit -f` fail instead of kill.
 */
int ms_getopt(int argc, char *const argv[], const char *letters,
    const struct option *longs);

/* -a, else $MS_ARCHIVE, else -1: MS_USAGE naming both. */
int ms_opt_archive(const char **dir, const char *given, struct ms_err *err);
/*
 * -u, else `envelope` (may be NULL), else $MS_USER, else the login name, else
 * the number of the caller's uid. May be the same memory at the next call.
 */
const char *ms_opt_user(const char *given, const char *envelope);
/* A decimal number within bounds, whole string; MS_USAGE naming `option`. */
int ms_opt_number(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    const char *option, struct ms_err *err);

/*
 * Flushes and closes stdout, so that a full disk does not look like success:
 * MS_TEMP or MS_IO if anything that was written to it did not arrive.
 */
int ms_close_stdout(struct ms_err *err);

#endif
