/*
 * fetch.h - the parts of ms-fetch. One run reads one account: the process that
 * was started has options, archive, stream and report; its workers, one for
 * each connection, talk to the server (fetch-worker.c), so that what a server
 * does to them costs no more than the connection.
 */
#ifndef FETCH_H
#define FETCH_H
#include "fetch-options.h"
#include "report.h"
#include "secret.h"
#include "stream.h"

#define TOOL "ms-fetch"

/* What a worker may use; documented in ms-fetch(1), Limits. */
#define WORKER_MEMORY ((uint64_t)512 * 1024 * 1024) /* bytes of data */
#define WORKER_CPU 600 /* seconds of processor time for one request */

/*
 * Does the job: reads what there is, says in report what became of each
 * message, and in t how many there are and the exit status.
 */
void fetch_run(const struct fetch_options *opt, struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t);

#endif
