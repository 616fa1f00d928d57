/*
 * connector.h - connects to the server for a worker, which may not make a
 * socket itself (sandbox.h). The connector is a process that starts another
 * one, confined, for each connection: that one looks up the server of the
 * options, and no other, and passes the connected socket on.
 */
#ifndef FETCH_CONNECTOR_H
#define FETCH_CONNECTOR_H
#include <sys/types.h>

#include "conn.h"
#include "secret.h"

/* {0} is a connector that was not started. */
struct connector {
	pid_t pid;
	int fd;
};

/*
 * Starts the process, a child of the caller, which ends with the caller.
 *   server   what ms_conn_dial() needs
 *   secret   is wiped in the new process
 * Errors: MS_IO, MS_TEMP.
 */
int connector_start(struct connector *c, const struct ms_conn_options *server,
    struct ms_secret *secret, struct ms_err *err);
/* The dial of struct ms_conn_options; its context is the struct connector. */
int connector_dial(void *connector, struct ms_err *err);
/* Ends the process and waits for its end. */
void connector_stop(struct connector *c);

#endif
