/*
 * run-liveness.h - whether a run in the archive's log still goes on. The runs
 * of a profile have a lock for that; a run of ms-csvbatch locks one byte of
 * ARCHIVE/run/0 with fcntl(2), at the number of the run, and the kernel
 * releases the lock when the process ends. Layer: part of ms-csvbatch and
 * ms-profile.
 */
#ifndef RUN_LIVENESS_H
#define RUN_LIVENESS_H
#include <stdint.h>

#include "err.h"

/* Locks the byte of this run until this process ends. */
int run_liveness_lock(const char *archive, uint64_t run, struct ms_err *err);
/* Does a process hold the lock of this run? 1, 0, -1. */
int run_liveness_test(const char *archive, uint64_t run, struct ms_err *err);

#endif
