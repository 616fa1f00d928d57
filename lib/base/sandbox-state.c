/*
 * sandbox-state.c - what the system has to confine a process. Every tool has
 * this file for --version, and only those that confine have libseccomp.
 * landlock(7), seccomp(2).
 */
#include "sandbox.h"
#include "sandbox-impl.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LANDLOCK_VERSION 1 /* flag: the result is the version */

int
ms_sandbox_landlock(void)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

	return version > 0 ? (int)version : 0;
}

bool
ms_sandbox_seccomp(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Version 1 refuses to rename a file from one directory to another. */
bool
ms_sandbox_landlock_fits(enum ms_sandbox_profile profile, int version)
{
	return version > (profile >= MS_SANDBOX_FILES ? 1 : 0);
}

/* The reason why the kernel does not have something, from errno. */
static const char *
reason(void)
{
	return errno == EOPNOTSUPP ? "no (disabled at boot)"
	       : errno == ENOSYS   ? "no (not in this kernel)"
				   : "no (not permitted)";
}

void
ms_sandbox_describe(char out[MS_SANDBOX_TEXT])
{
	int landlock = ms_sandbox_landlock();
	char version[MS_SANDBOX_TEXT / 2];

	if (landlock > 0)
		snprintf(version, sizeof(version), "%d", landlock);
	else
		snprintf(version, sizeof(version), "%s", reason());
	snprintf(out, MS_SANDBOX_TEXT, "landlock=%s seccomp=%s", version,
	    ms_sandbox_seccomp() ? "yes" : reason());
}

bool
ms_sandbox_word(const char *word)
{
	const char *s = getenv("MS_SANDBOX");

	return s != NULL && strcmp(s, word) == 0;
}

int
ms_sandbox_check(enum ms_sandbox_profile profile, struct ms_err *why)
{
	bool required = ms_sandbox_word("require");
	char state[MS_SANDBOX_TEXT];

	if (ms_sandbox_landlock_fits(profile, ms_sandbox_landlock()) &&
	    ms_sandbox_seccomp())
		return 0;
	ms_sandbox_describe(state);
	ms_fail(why, MS_CONFIG,
	    "this system cannot confine the processes that read mail "
	    "completely (%s)%s",
	    state, required ? ", and MS_SANDBOX asks for that" : "");
	return required ? -1 : 1;
}
