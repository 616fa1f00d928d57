/*
 * run.h - a run of ms-ingest(1).
 */
#ifndef INGEST_RUN_H
#define INGEST_RUN_H
#include <stdbool.h>
#include <stdint.h>
#include "source.h"

#define TOOL "ms-ingest"

struct ingest_options {
	const char *archive, *user, *label, *report;
	struct ms_source_options source;
	uint64_t threads;
	bool create_user, print_ids, quiet;
};

/* Takes the inputs (none: stdin) into the archive; returns the exit status. */
int ingest_run(const struct ingest_options *opt, char *paths[]);

#endif
