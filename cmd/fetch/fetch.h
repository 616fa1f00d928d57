/*
 * fetch.h - a run of ms-fetch, which reads one account. The process that was
 * started has the options, the archive, the stream and the report. Its workers,
 * one for each connection, talk to the server (worker.h), so that a hostile
 * server harms no more than this connection.
 */
#ifndef FETCH_H
#define FETCH_H
#include "fetch-options.h"
#include "report.h"
#include "secret.h"
#include "stream.h"

#define TOOL "ms-fetch"

/* What a worker can use; ms-fetch(1), Limits. */
#define WORKER_MEMORY ((uint64_t)512 * 1024 * 1024) /* bytes of data */
#define WORKER_CPU 600 /* seconds of processor time for one request */

/*
 * Carries out the job of opt.
 *   password  is copied by the workers; the caller wipes it
 *   report    receives the result of each message
 *   t         receives the number of messages, and the exit status
 */
void fetch_run(const struct fetch_options *opt, struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t);

#endif
