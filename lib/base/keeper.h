/*
 * keeper.h - a process that starts parsers, one after another: processes that
 * are confined (sandbox.h) and that can die without harm. The keeper begins
 * before its caller has a secret, so no parser has one. Layer: above pass,
 * sandbox.
 */
#ifndef MS_KEEPER_H
#define MS_KEEPER_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"

/* What a keeper starts. */
struct ms_keeper_job {
	/*
	 * The parser; never returns. `link` is a socket to the caller. `file`
	 * is the descriptor of ms_keeper_open(), or -1. It must confine itself
	 * before it reads a byte of a stranger.
	 */
	void (*serve)(int link, int file);
	/*
	 * Is called in the keeper before it starts its first parser, or NULL:
	 * loads what all parsers need and cannot open themselves.
	 */
	void (*warm_up)(void);
	const char *what; /* names the parser in errors: "the parser of MIME" */
};

struct ms_keeper {
	const struct ms_keeper_job *job;
	pid_t pid;   /* 0: there is none */
	int control; /* a socket to the keeper; -1: there is none */
};

/*
 * Starts a keeper, which has nothing of the caller but `file` and standard
 * error. -1: MS_IO or MS_TEMP.
 */
int ms_keeper_open(struct ms_keeper *k, const struct ms_keeper_job *job,
    int file, struct ms_err *err);
/* Ends the keeper, and with it the parser. */
void ms_keeper_close(struct ms_keeper *k);
/*
 * Ends the parser, if there is one, and starts another one.
 *   link     receives the socket to the new parser; without a parser, which
 *            cannot be started then, it is at its end
 *   status   receives the wait status of the former one
 *   until    milliseconds of ms_clock_ms()
 * -1: MS_IO, the keeper does not answer and is closed.
 */
int ms_keeper_start(struct ms_keeper *k, int *link, int *status, int64_t until,
    struct ms_err *err);

/*
 * Reads or writes n bytes. Returns 1; 0, the end came first; -1, see errno.
 * ms_link_receive() fails with ETIMEDOUT when ms_clock_ms() has reached
 * until_ms.
 */
int ms_link_read(int fd, void *p, size_t n);
int ms_link_receive(int fd, void *p, size_t n, int64_t until_ms);
int ms_link_write(int fd, const void *p, size_t n);

#endif
