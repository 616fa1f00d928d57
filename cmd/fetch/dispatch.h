/*
 * dispatch.h - gives tasks to workers, waits for their answers and carries out
 * what follows from them.
 */
#ifndef FETCH_DISPATCH_H
#define FETCH_DISPATCH_H
#include "folder.h"

/* Runs until no work is left or the run is aborted. */
void dispatch_loop(struct run *r);
/* Asks for the list of folders: the first request of a run. */
void dispatch_list_folders(struct run *r);
/* Asks how many messages a folder has that is not read. Returns
 * MS_REPORT_UNKNOWN if the server does not say. */
uint64_t dispatch_count(struct run *r, const char *raw);
/* Waits for one message of a worker, for wait_ms at most if that is positive,
 * and deals with it. */
void dispatch_wait(struct run *r, int64_t wait_ms);
/* Deals with messages until this time (ms_clock_ms()). */
void dispatch_wait_until(struct run *r, int64_t until_ms);

#endif
