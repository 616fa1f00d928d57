/*
 * secret.h - passwords: had from a file, a descriptor, a command or the
 * person at the terminal, never from arguments or the environment; wiped
 * after use. ms-fetch(1), Passwords. Layer: above buf.
 */
#ifndef MS_SECRET_H
#define MS_SECRET_H
#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

#define MS_SECRET_MAX 4096 /* bytes of a secret */

/* A secret as a string. Lives where its owner puts it; wipe it there. */
struct ms_secret {
	size_t n;
	char s[MS_SECRET_MAX + 2]; /* room for a line end and the NUL */
};

/*
 * Each fills s; one line end after the secret is dropped. Errors: MS_USAGE
 * (holds CR, LF or NUL, too long, empty), and as said.
 */
/* A file. MS_NOINPUT, MS_IO. */
int ms_secret_file(struct ms_secret *s, const char *path, struct ms_err *err);
/* An open descriptor, to its end; it is closed. MS_IO. */
int ms_secret_fd(struct ms_secret *s, int fd, struct ms_err *err);
/* The output of `/bin/sh -c command`. MS_NOINPUT: it did not end with 0. */
int ms_secret_command(
    struct ms_secret *s, const char *command, struct ms_err *err);
/* Asked on /dev/tty without echo. MS_USAGE: there is no terminal; MS_NOINPUT:
 * nothing was typed. */
int ms_secret_ask(struct ms_secret *s, const char *prompt, struct ms_err *err);

void ms_secret_wipe(struct ms_secret *s);
/* Wipes and releases. A buffer that has grown leaves copies: make room in it
 * beforehand. */
void ms_secret_forget(struct ms_buf *b);

/* May this string be sent in a command: no CR, LF or other control byte? */
bool ms_secret_text_ok(const char *p, size_t n);

#endif
