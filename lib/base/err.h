/*
 * err.h - errors: a code for the program, a message for the user. The codes
 * correspond to the exit statuses of ms(7). Layer: bottom.
 */
#ifndef MS_ERR_H
#define MS_ERR_H

enum ms_code {
	MS_OK,
	MS_USAGE,   /* wrong arguments: 64 */
	MS_DATA,    /* the input or the archive is damaged: 65 */
	MS_INDEX,   /* the index is damaged; it can be built again: 65 */
	MS_NOINPUT, /* the input does not exist, or it is empty: 66 */
	MS_BUG,     /* our bug: 70 */
	MS_EXISTS,  /* will not overwrite: 73 */
	MS_IO,      /* a read or a write failed: 74 */
	MS_TEMP,    /* try again: disk full, lock, network: 75 */
	MS_PROTO,   /* the peer broke the protocol or failed to identify: 76 */
	MS_AUTH,    /* credentials refused: 77 */
	MS_CONFIG   /* the system lacks what is required: 78 */
};

#define MS_STATUS_SOME 1 /* exit status: done, but some inputs failed */

/*
 * {0} is "no error". msg is UTF-8, without a full stop or newline.
 *
 * option names the option, or the key of a profile, that the error is about,
 * without dashes; NULL: the error is about no single option. msg does not
 * repeat this name: the code that prints the error puts "--name: " or
 * "line 3: name: " before msg. The name is a pointer into a constant table and
 * not a copy, because every name is in such a table; the pointer is therefore
 * valid in all copies of the error.
 *
 * excerpt shows where a text is wrong, on lines of their own below the message;
 * "": it shows nothing. It has no controls but the newline between two lines.
 */
struct ms_err {
	enum ms_code code;
	const char *option;
	char msg[512];
	char excerpt[256];
};

/* Fills err (which may be NULL) and returns -1. */
int ms_fail(struct ms_err *err, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ms_fail() with MS_USAGE for an error about this option. */
int ms_fail_option(struct ms_err *err, const char *option, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * ms_fail() for a failed system call: the code and the end of the message come
 * from errno. ENOSPC, EDQUOT, EFBIG and network errors are MS_TEMP, a missing
 * file is MS_NOINPUT, everything else is MS_IO.
 */
int ms_fail_errno(struct ms_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills err with the error of an earlier call; returns -1. */
int ms_fail_as(struct ms_err *err, const struct ms_err *why);

/* Puts "fmt: " before the existing message; returns -1. */
int ms_context(struct ms_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The macros let the compiler see that the result is always -1. Without them,
 * it would warn about variables that are not set after a failure.
 */
static inline int
ms_failed(int rc)
{
	(void)rc;
	return -1;
}
#define ms_fail(...) ms_failed(ms_fail(__VA_ARGS__))
#define ms_fail_option(...) ms_failed(ms_fail_option(__VA_ARGS__))
#define ms_fail_errno(...) ms_failed(ms_fail_errno(__VA_ARGS__))
#define ms_fail_as(...) ms_failed(ms_fail_as(__VA_ARGS__))
#define ms_context(...) ms_failed(ms_context(__VA_ARGS__))

/* The exit status for a code: 0, or 64 to 78. */
int ms_status(enum ms_code code);

#endif
