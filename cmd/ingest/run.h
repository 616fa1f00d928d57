/*
 * run.h - a run of ms-ingest(1). Part of ms-ingest.
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

/* Adds the messages of the inputs (none: stdin) to the archive. Returns the
 * exit status. */
int ingest_run(const struct ingest_options *opt, char *paths[]);

#endif
