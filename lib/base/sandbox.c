/*
 * sandbox.c - confines a process. Its files are in sandbox-files.c, its system
 * calls in sandbox-calls.c. ms(7), Sandbox; setrlimit(2).
 */
#include "sandbox.h"
#include "sandbox-impl.h"

#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int
limit(int what, rlim_t most, struct ms_err *err)
{
	struct rlimit r = {most, most}, now;

	/* A lower limit remains: the process may not raise it. */
	if (getrlimit(what, &now) == 0 && now.rlim_max < most)
		r = (struct rlimit){now.rlim_max, now.rlim_max};
	return setrlimit(what, &r) == 0 ? 0 : ms_fail_errno(err, "setrlimit");
}

static int
set_limits(const struct ms_sandbox *sb, struct ms_err *err)
{
#ifndef MS_SANDBOX_ASAN /* whose shadow is terabytes */
	if (sb->memory > 0 && limit(RLIMIT_AS, sb->memory, err) < 0)
		return -1;
#endif
	if (sb->cpu_seconds > 0 && limit(RLIMIT_CPU, sb->cpu_seconds, err) < 0)
		return -1;
	return limit(RLIMIT_CORE, 0, err);
}

int
ms_sandbox_enter(const struct ms_sandbox *sb, struct ms_err *err)
{
	int version = ms_sandbox_landlock();
	struct ms_err why = {0};

	if (ms_sandbox_check(sb->profile, &why) < 0) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return ms_fail_errno(err, "prctl");
	if (set_limits(sb, err) < 0)
		return -1;
	if (ms_sandbox_landlock_fits(sb->profile, version) &&
	    ms_sandbox_files(sb, version, err) < 0)
		return -1;
	return ms_sandbox_seccomp() ? ms_sandbox_calls(sb->profile, err) : 0;
}
