/*
 * stop.h - signals that ask a tool to end: SIGINT, SIGTERM, SIGHUP. The first
 * one asks a run to stop in good order, the second one ends the process at
 * once. A run that was cut short ends by the signal, so that the loop of a
 * shell stops, too. Layer: above clock.
 */
#ifndef MS_STOP_H
#define MS_STOP_H
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* How long a reader waits for the end of its stream after a signal: its writer
 * gets the same Ctrl-C, and ends the stream with a trailer. */
#define MS_STOP_GRACE_MS 10000

/* The signal that came, or 0. */
extern volatile sig_atomic_t ms_stopped;

/* Catches these signals; one that is ignored stays so: nohup(1). System calls
 * that a signal interrupts go on, except poll(2). */
void ms_stop_catch(void);
/*
 * Waits until something can be read from fd. Returns false if a signal came
 * grace_ms ago or more.
 */
bool ms_stop_wait(int fd, int64_t grace_ms);
/* If a signal came and the status is not 0, ends the process by the signal. */
void ms_stop_end(int status);

#endif
