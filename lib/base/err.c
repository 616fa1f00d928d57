/* err.c - errors: a code and a message. The exit statuses are in ms(7). */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#undef ms_fail
#undef ms_fail_option
#undef ms_fail_errno
#undef ms_fail_as
#undef ms_context

__attribute__((format(printf, 4, 0))) static int
fill(struct ms_err *err, enum ms_code code, const char *option, const char *fmt,
    va_list ap)
{
	if (err == NULL)
		return -1;
	err->code = code;
	err->option = option;
	err->excerpt[0] = '\0';
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	return -1;
}

int
ms_fail(struct ms_err *err, enum ms_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int
ms_fail_option(struct ms_err *err, const char *option, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, MS_USAGE, option, fmt, ap);
	va_end(ap);
	return -1;
}

int
ms_fail_as(struct ms_err *err, const struct ms_err *why)
{
	if (err != NULL)
		*err = *why;
	return -1;
}

static enum ms_code
code_of_errno(int e)
{
	switch (e) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* setrlimit(2) */
	case EAGAIN:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return MS_TEMP;
	case ENOENT:
	case ENOTDIR:
		return MS_NOINPUT;
	case EEXIST:
		return MS_EXISTS;
	default:
		return MS_IO;
	}
}

int
ms_fail_errno(struct ms_err *err, const char *fmt, ...)
{
	int e = errno;
	char text[128];
	va_list ap;
	size_t n;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	fill(err, code_of_errno(e), NULL, fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s",
	    strerror_r(e, text, sizeof(text)));
	return -1;
}

int
ms_context(struct ms_err *err, const char *fmt, ...)
{
	/* cppcheck-suppress ctunullpointer; sizeof reads nothing */
	char old[sizeof(err->msg)];
	va_list ap;
	size_t n;

	if (err == NULL)
		return -1;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", old);
	return -1;
}

int
ms_status(enum ms_code code)
{
	switch (code) {
	case MS_OK:
		return EX_OK;
	case MS_USAGE:
		return EX_USAGE;
	case MS_DATA:
	case MS_INDEX:
		return EX_DATAERR;
	case MS_NOINPUT:
		return EX_NOINPUT;
	case MS_BUG:
		return EX_SOFTWARE;
	case MS_EXISTS:
		return EX_CANTCREAT;
	case MS_IO:
		return EX_IOERR;
	case MS_TEMP:
		return EX_TEMPFAIL;
	case MS_PROTO:
		return EX_PROTOCOL;
	case MS_AUTH:
		return EX_NOPERM;
	case MS_CONFIG:
		return EX_CONFIG;
	}
	return EX_SOFTWARE;
}
