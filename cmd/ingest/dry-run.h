/*
 * dry-run.h - what a run would add: messages are read and looked up, and
 * nothing is written. Part of ms-ingest.
 */
#ifndef INGEST_DRY_RUN_H
#define INGEST_DRY_RUN_H
#include "archive.h"
#include "source.h"

struct dry_run;

/* a is borrowed. */
struct dry_run *dry_run_new(struct ms_archive *a);
void dry_run_free(struct dry_run *d);
/* Adds bytes to the message before dry_run_message() ends it. */
void dry_run_add(struct dry_run *d, const unsigned char *p, size_t n);
/*
 * Reads the current message of src, after the bytes that were read already; src
 * is NULL if these are all. *known: the archive has it, or it came
 * before in this run. Returns 1; 0, the message did not arrive whole, and `why`
 * tells the reason; -1, the archive cannot be read.
 */
int dry_run_message(struct dry_run *d, struct ms_source *src,
    struct ms_slice read, bool *known, struct ms_err *why, struct ms_err *err);
/* The same for a reference to a message by its id; 0: it does not exist. */
int dry_run_reference(struct dry_run *d, const unsigned char id[MS_SHA_LEN],
    struct ms_err *why, struct ms_err *err);

#endif
