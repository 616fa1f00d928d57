/*
 * run.h - a run of ms-ingest(1). Part of ms-ingest.
 */
#ifndef INGEST_RUN_H
#define INGEST_RUN_H
#include <stdbool.h>
#include <stdint.h>
#include "assigner.h"
#include "report.h"
#include "sandbox.h"
#include "source.h"

#define TOOL "ms-ingest"

struct ingest_options {
	const char *archive, *user, *label;
	struct ms_report_options report;
	struct ms_source_options source;
	struct assigner_options assign;
	uint64_t threads;
	bool lmtp;
	/* With --lmtp; 0: not given. */
	uint64_t connections, timeout, size_max;
	bool dry_run, create_user, print_ids, restore_removed, untrusted;
	bool to_stream, list_clients;
};

/* Adds the messages of the inputs (none: stdin) to the archive. Returns the
 * exit status. */
int ingest_run(const struct ingest_options *opt, char *paths[]);

/*
 * The end of each run: closes standard output and the report.
 *   stdout_errno  of a line that could not be printed; or 0
 * Returns the exit status, which is `status` unless that is 0 and one of the
 * two cannot be written.
 */
int ingest_end(struct ms_report *report, int status, int stdout_errno);

/* Writes the messages of the inputs to standard output as a stream. Returns the
 * exit status. */
int ingest_to_stream(const struct ingest_options *opt, char *paths[]);
/* Prints the stores of mail clients in a home directory (NULL: $HOME). Returns
 * the exit status. */
int ingest_list_clients(const struct ingest_options *opt, const char *home);
/*
 * With --client and without inputs, the inputs are the stores of this client in
 * the home directory.
 *   paths   the inputs, ended by NULL; receives a new array if stores->n > 0
 * -1 with MS_NOINPUT: the client has no store there.
 */
int ingest_client_paths(const struct ingest_options *opt, char ***paths,
    struct ms_client_stores *stores, struct ms_err *err);
void ingest_client_paths_release(char **paths, struct ms_client_stores *stores);

/* The sandbox of a run. */
enum ms_sandbox_profile ingest_sandbox(const struct ingest_options *opt);
/*
 * Confines the process, before it has threads: it reads the inputs, and changes
 * the archive and the directory for temporary files. MS_CONFIG, MS_IO: it must
 * not go on.
 */
int ingest_confine(const struct ingest_options *opt, const char *archive,
    char *paths[], struct ms_err *err);

#endif
