/* fetch-run.h - the parts of ms-fetch: options, and a mailbox read by them. */
#ifndef FETCH_RUN_H
#define FETCH_RUN_H
#include <stdbool.h>
#include <stddef.h>

#include "report.h"
#include "secret.h"
#include "stream.h"
#include "url.h"

#define TOOL "ms-fetch"

struct options {
	const char *archive, *user, *login;
	const char *password_file, *password_command;
	int password_fd; /* -1: none */
	const char **folders;
	size_t folder_count;
	const char *ca_file, *report;
	unsigned timeout; /* seconds */
	bool check, quiet;
	struct ms_url url;
};

/*
 * Reads the mailbox and writes it to out, what became of each message to
 * report, and to t how many there are and the exit status. A failure of the
 * whole run is in the report too.
 */
void fetch_mailbox(const struct options *opt, const struct ms_secret *password,
    struct ms_stream_writer *out, struct ms_report *report,
    struct ms_trailer *t);

/* Logs in, counts the folders, says how many, logs out. 0, or -1. */
int fetch_check(const struct options *opt, const struct ms_secret *password,
    struct ms_err *err);

#endif
