/*
 * sandbox.h - confines a process that parses bytes of strangers: Landlock takes
 * away files, seccomp takes away system calls, and limits bound time and
 * memory. ms(7), Sandbox. Layer: above err; libseccomp.
 */
#ifndef MS_SANDBOX_H
#define MS_SANDBOX_H
#include <stdint.h>
#include "err.h"

/*
 * What a process can still do. No profile but the last one can run a program;
 * none can trace a process, or use the parts of the kernel that only its
 * administrator needs. "Files of
 * the system" are libraries, character sets, time zones and the certificates of
 * authorities, for reading.
 */
enum ms_sandbox_profile {
	/* Reads and writes open descriptors. Opens nothing. */
	MS_SANDBOX_PARSE,
	/* Talks to a server over a connection that is open. Reads files of the
	 * system and those of `read`. */
	MS_SANDBOX_SERVER,
	/* Looks up a host name and connects. Reads files of the system and
	 * those that a lookup needs, such as /etc/hosts. */
	MS_SANDBOX_CONNECT,
	/* Has threads. Reads files of the system and what is in `read`; changes
	 * what is in `write`. Passes descriptors to a process that it has
	 * started (keeper.h). No network. */
	MS_SANDBOX_FILES,
	/* The same without passing descriptors; accepts connections on a socket
	 * that is open. */
	MS_SANDBOX_LISTEN,
	/* Becomes a program of the system (execve(2)) that reads and writes
	 * open descriptors. Reads files of the system. No other process, no
	 * network. A refused call ends the program by SIGSYS. */
	MS_SANDBOX_PROGRAM
};

struct ms_sandbox {
	enum ms_sandbox_profile profile;
	unsigned cpu_seconds; /* 0: no limit */
	uint64_t memory;      /* bytes of address space; 0: no limit */
	/* Files and directories, with everything below a directory; each list
	 * ends with NULL, and can be NULL. What does not exist is ignored. A
	 * file that replaces one of them later is not allowed. */
	const char *const *read, *const *write;
};

#define MS_SANDBOX_TEXT 96 /* bytes of ms_sandbox_describe() and the NUL */
/*
 * Describes what this system has: the version of Landlock or "no", and whether
 * it has seccomp, as in "landlock=2 seccomp=yes". What is missing is followed
 * by the reason in parentheses.
 */
void ms_sandbox_describe(char out[MS_SANDBOX_TEXT]);

/*
 * Is everything there that ms_sandbox_enter() uses for this profile? 0 if so.
 * Otherwise `why`, with MS_CONFIG, names what is missing, and the result is 1
 * or, if MS_SANDBOX=require is set, -1. After 1, the caller prints `why` once
 * with ms_warn_err() and goes on with status 0: the parser still has its own
 * process, without files or without a filter of system calls. After -1, the
 * caller ends with that error (status 78) before it reads a byte.
 */
int ms_sandbox_check(enum ms_sandbox_profile profile, struct ms_err *why);

/*
 * Confines the calling process, which must have one thread, for the rest of its
 * life. What the system lacks is left out (ms_sandbox_check()). A system call
 * that opens a way out is not carried out: the process names it on standard
 * error and dies by SIGSYS. Other calls that the profile does not have fail
 * with EPERM or EACCES; if MS_SANDBOX=strict is set, calls outside the list of
 * PARSE and SERVER end the process, too. The memory of a process with
 * AddressSanitizer is not limited. -1: MS_IO; the process must not go on.
 */
int ms_sandbox_enter(const struct ms_sandbox *sb, struct ms_err *err);

#endif
