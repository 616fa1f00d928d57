/*
 * secret.h - passwords from a file, a descriptor, a command or the terminal,
 * never from arguments or the environment. The caller wipes them after use.
 * ms-fetch(1), Passwords. Layer: above buf.
 */
#ifndef MS_SECRET_H
#define MS_SECRET_H
#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

#define MS_SECRET_MAX 4096 /* bytes of a secret */

/* A secret as a string. It is stored in this struct only; wipe it there. */
struct ms_secret {
	size_t n;
	char s[MS_SECRET_MAX + 2]; /* room for a line end and the NUL */
};

/*
 * Each of these functions fills s and removes one line end after the secret.
 * Errors: MS_USAGE, the secret contains CR, LF or NUL, is too long or empty;
 * and those of the function.
 */
/* Reads a file. Errors: MS_NOINPUT, MS_IO. */
int ms_secret_file(struct ms_secret *s, const char *path, struct ms_err *err);
/* Reads an open descriptor to its end and closes it. Error: MS_IO. */
int ms_secret_fd(struct ms_secret *s, int fd, struct ms_err *err);
/* Reads the output of `/bin/sh -c command`. MS_NOINPUT: the command failed. */
int ms_secret_command(
    struct ms_secret *s, const char *command, struct ms_err *err);
/*
 * Asks on /dev/tty without echo. Errors: MS_USAGE, there is no terminal;
 * MS_NOINPUT, nothing was typed.
 */
int ms_secret_ask(struct ms_secret *s, const char *prompt, struct ms_err *err);
/* Asks twice. Errors: also MS_USAGE, the answers differ. */
int ms_secret_ask_twice(
    struct ms_secret *s, const char *prompt, struct ms_err *err);

void ms_secret_wipe(struct ms_secret *s);
/*
 * Wipes and releases a buffer. A buffer that grows leaves copies in memory:
 * make room for the whole secret first.
 */
void ms_secret_forget(struct ms_buf *b);

/* Whether a string can be sent in a command: it contains no CR, LF or NUL. */
bool ms_secret_text_ok(const char *p, size_t n);

#endif
