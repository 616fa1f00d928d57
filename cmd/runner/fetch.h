/*
 * fetch.h - the parts of ms-fetch. One run reads one account: the process that
 * was started has options, archive, stream and report; its workers, one for
 * each connection, talk to the server (fetch-worker.c), so that what a server
 * does to them costs no more than the connection.
 */
#ifndef FETCH_H
#define FETCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"
#include "choose.h"
#include "folders.h"
#include "report.h"
#include "secret.h"
#include "stream.h"
#include "url.h"

#define TOOL "ms-fetch"
#define CONNECTIONS 3 /* unless said */
#define CONNECTIONS_MAX 32
#define POLL_SECONDS                                                           \
	300 /* between looks at folders that IDLE does not                     \
	       watch, unless said */

/* What a worker may use; documented in ms-fetch(1), Limits. */
#define WORKER_MEMORY ((uint64_t)512 * 1024 * 1024) /* bytes of data */
#define WORKER_CPU 600 /* seconds of processor time for one request */

enum fetch_job {
	FETCH_JOB_FETCH,
	FETCH_JOB_CHECK,
	FETCH_JOB_LIST_FOLDERS,
	FETCH_JOB_DELETE
};

struct fetch_options {
	struct ms_url url;
	const char *archive, *user, *report;
	enum fetch_job job;
	bool quiet, verbose, dry_run;

	/* who */
	const char *login, *authzid, *master;
	const char *separator; /* between login and master */
	enum ms_mech mech;
	const char *password_file, *password_command, *token_command;
	int password_fd;      /* -1: none */
	char *login_name;     /* what is said at the server. Owned */
	const char *identity; /* whose mailbox it is */

	/* how */
	const char *connect_to, *ca_file;
	const char **pins;
	size_t pin_count;
	bool accept_any, plaintext;
	unsigned timeout, max_time; /* seconds; max_time 0: none */
	unsigned connections;
	unsigned retries;             /* losses in a row that are forgiven */
	uint64_t max_rate, max_bytes; /* 0: none */

	/* which folders, which messages */
	struct ms_folders_options folders;
	struct ms_choice choice;
	bool no_auto_move;
	bool has_archived_before;
	int64_t archived_before;

	bool follow;
	unsigned poll; /* seconds */
};

/* Reads the command line. 0; 1: help or version was asked for and given; -1:
 * err says what is wrong, "" if that was said already. */
int fetch_options(
    struct fetch_options *opt, int argc, char *argv[], struct ms_err *err);
void fetch_options_release(struct fetch_options *opt);
extern const char fetch_usage[];

/*
 * Does the job: reads what there is, says in report what became of each
 * message, and in t how many there are and the exit status.
 */
void fetch_run(const struct fetch_options *opt, struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t);

#endif
