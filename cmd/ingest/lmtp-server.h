/*
 * lmtp-server.h - many LMTP sessions at once, on sockets that listen or on
 * standard input and output. Messages are handed over one after another, and
 * are answered when they are durable. ms-ingest(1), LMTP. Part of ms-ingest.
 */
#ifndef INGEST_LMTP_SERVER_H
#define INGEST_LMTP_SERVER_H
#include "lmtp.h"
#include "spool.h"

struct lmtp_server;

/* What is done with the messages, in the thread of lmtp_server_run(). */
struct lmtp_receiver {
	/* As in struct ms_lmtp_options. */
	const char *(*recipient)(void *ctx, const char *address);
	/* Takes a message. Returns NULL; or the reply, if it is refused. */
	const char *(*deliver)(void *ctx, const struct ms_lmtp *session,
	    const struct ms_spool *message);
	/* Makes all messages durable that were taken since the last call. */
	void (*commit)(void *ctx);
	/* After that: the reply to the ith of them. */
	const char *(*reply)(void *ctx, size_t i);
	void *ctx;
};

struct lmtp_server_options {
	const char *host;
	uint64_t size_max;
	unsigned connections; /* at once; others wait to be accepted */
	unsigned timeout;     /* seconds in which a client must do something */
};

/*
 * lmtp_server_new() prepares a server: for the sockets that the service manager
 * hands over (sd_listen_fds(3)), for standard input if it is a socket that
 * listens, else for one session on standard input and output. The strings of
 * options are borrowed. Errors: MS_USAGE, a socket does not listen; MS_IO.
 */
int lmtp_server_new(struct lmtp_server **out,
    const struct lmtp_server_options *options,
    const struct lmtp_receiver *receiver, struct ms_err *err);
/*
 * Serves until the session on standard input ends, or a signal comes (stop.h):
 * then messages that were taken are still answered. Returns 0, or -1 with
 * MS_IO.
 */
int lmtp_server_run(struct lmtp_server *v, struct ms_err *err);
void lmtp_server_free(struct lmtp_server *v);

#endif
