/*
 * err.h - what went wrong: a kind for the program, a sentence for the person.
 * The kinds are the exit statuses of ms(7). Layer: bottom.
 */
#ifndef MS_ERR_H
#define MS_ERR_H

enum ms_code {
	MS_OK,
	MS_USAGE, /* the caller asked for something that makes no sense: 64 */
	MS_DATA,  /* input or archive is damaged or not what it should be: 65 */
	MS_NOINPUT, /* it is not there, or it is empty: 66 */
	MS_BUG,     /* ours: 70 */
	MS_EXISTS,  /* will not overwrite: 73 */
	MS_IO,      /* reading or writing failed: 74 */
	MS_TEMP,    /* try again: disk full, lock, network: 75 */
	MS_PROTO, /* the peer broke the protocol, or is not who it should be: 76
		   */
	MS_AUTH   /* credentials refused: 77 */
};

#define MS_STATUS_SOME 1 /* exit status: done, but some inputs failed */

/* {0} is "no error". msg is UTF-8, without a full stop or newline. */
struct ms_err {
	enum ms_code code;
	char msg[512];
};

/* Fills err (which may be NULL) and returns -1. */
int ms_fail(struct ms_err *err, enum ms_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: the kind and the end of the sentence
 * come from errno. ENOSPC, EDQUOT, EFBIG and network trouble are MS_TEMP, a
 * missing file MS_NOINPUT, everything else MS_IO.
 */
int ms_fail_errno(struct ms_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "fmt: " before the sentence that is already there; returns -1. */
int ms_context(struct ms_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * They are -1 for a compiler too, which sees one file at a time: else it would
 * warn of what is not set after them.
 */
static inline int
ms_failed(int rc)
{
	(void)rc;
	return -1;
}
#define ms_fail(...) ms_failed(ms_fail(__VA_ARGS__))
#define ms_fail_errno(...) ms_failed(ms_fail_errno(__VA_ARGS__))
#define ms_context(...) ms_failed(ms_context(__VA_ARGS__))

/* The exit status that says it: 0, or 64..77. */
int ms_status(enum ms_code code);

#endif
