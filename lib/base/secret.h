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

#define MS_SECRET_MAX 4096 /* bytes of a secret, and of a command */

/* A secret as a string. It is stored in this struct only; wipe it there. */
struct ms_secret {
	size_t n;
	char s[MS_SECRET_MAX + 2]; /* room for a line end and the NUL */
};

/*
 * Each of these functions fills s and removes one line end after the secret and
 * a byte order mark before it.
 * Errors: MS_USAGE, the secret contains CR, LF or NUL, is too long or empty;
 * and those of the function.
 */
/* Reads a file. Errors: MS_NOINPUT, MS_IO. */
int ms_secret_file(struct ms_secret *s, const char *path, struct ms_err *err);
/* Can other users read this file? Not so for a FIFO, a device or a descriptor
 * of the process. A tool that is not quiet warns with the text after that. */
bool ms_secret_file_exposed(const char *path);
#define MS_SECRET_EXPOSED                                                      \
	"%s: other users can read this file and the password in it; run "      \
	"chmod 600"
/*
 * Reads a descriptor of the caller to its end and closes it. MS_USAGE: it is
 * not open, or this program has opened it itself, as it does its own files
 * (with FD_CLOEXEC). MS_IO.
 */
int ms_secret_inherited(struct ms_secret *s, int fd, struct ms_err *err);
/* The same for any open descriptor. */
int ms_secret_fd(struct ms_secret *s, int fd, struct ms_err *err);
/*
 * Reads the output of a command of /bin/sh. The shell gets its text through a
 * pipe, so that a secret in it is not in the arguments of a process.
 * MS_NOINPUT: the command failed; MS_USAGE: its text is too long.
 */
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

/*
 * Called by a tool before it reads a secret: no core of the process is kept,
 * and no other process of the user, but one of root, can look into its memory.
 * Its children have the same until they run another program, and no core then.
 */
void ms_secret_protect(void);
void ms_secret_wipe(struct ms_secret *s);
/*
 * Wipes and releases a buffer. A buffer that grows leaves copies in memory:
 * make room for the whole secret first.
 */
void ms_secret_forget(struct ms_buf *b);

/* Whether a string can be sent in a command: it contains no CR, LF or NUL. */
bool ms_secret_text_ok(const char *p, size_t n);

#endif
