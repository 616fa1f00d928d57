/*
 * run-liveness.h - that a run of the archive's log is still going on, where no
 * profile has a lock that says so: ms-csvbatch's. A byte of ARCHIVE/run/0 is
 * locked by fcntl(2), at the run's number, so nothing is left when the process
 * is gone. Part of ms-csvbatch and ms-profile.
 */
#ifndef RUN_MARK_H
#define RUN_MARK_H
#include <stdint.h>

#include "err.h"

/* Marks it until this process ends. */
int run_mark(const char *archive, uint64_t run, struct ms_err *err);
/* Does a process go on with it? 1, 0, -1. */
int run_marked(const char *archive, uint64_t run, struct ms_err *err);

#endif
