/*
 * resume.h - remembers how far each input file has come, so that the same
 * command goes on there after the run was killed: ms-archive(5), Interrupted
 * imports. Part of ms-ingest.
 */
#ifndef INGEST_RESUME_H
#define INGEST_RESUME_H
#include "run-impl.h"

/* Reports again what an earlier run has reported: a message failed or, with
 * `added`, lacks a part. */
typedef void resume_repeat(
    struct run *r, bool added, const char *where, const char *why);

/*
 * Reads what earlier runs have left, before the pipeline is opened. NULL: this
 * run reads its files from the beginning, and leaves nothing: -n; --print-ids,
 * which prints every id.
 */
struct resume *resume_new(struct run *r, resume_repeat *repeat);
/* Frees it, and forgets the files of this run if all of them were read to their
 * end. NULL is allowed. */
void resume_free(struct resume *rs, bool whole);

/* These accept NULL, too. */

/* Sets the callbacks of a source. */
void resume_source(struct resume *rs, struct ms_source_options *opt);
/* A message of the source is read, and was added or reported. */
void resume_mark(struct resume *rs, const struct ms_source *src);
/*
 * Of the open file, a message failed; or, with `added`, lacks a part. A run
 * that goes on after it reports it again. The caller holds the lock of the run.
 */
void resume_failed(
    struct resume *rs, bool added, const char *where, const char *why);
/* A result has come, on the thread of the pipeline; it was reported. */
void resume_result(struct resume *rs, const struct ms_deposit *d);
/* Messages that earlier runs have added, before the points where this run went
 * on. */
uint64_t resume_earlier(const struct resume *rs);

#endif
