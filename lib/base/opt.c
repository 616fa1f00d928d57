/* opt.c - command lines: options in one spelling, numbers, whose archive. */
#include "opt.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LETTERS_MAX 128

/* Is arg "--name" or "--name=..." for a name in longs? */
static bool
known_long(const char *arg, const struct option *longs)
{
	size_t n = strcspn(arg + 2, "=");

	for (; longs->name != NULL; longs++)
		if (strlen(longs->name) == n &&
		    memcmp(longs->name, arg + 2, n) == 0)
			return true;
	return false;
}

/*
 * A file opened where standard output is closed would become it, and the
 * index would be written over. What is opened here instead can't be used, so
 * using it still fails.
 */
static void
hold_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int
ms_getopt(int argc, char *const argv[], const char *letters,
    const struct option *longs)
{
	char order[LETTERS_MAX] = "+";
	const char *arg;
	size_t n;
	int next;

	hold_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a write that fails can be told */
	letters += letters[0] == '+';
	n = strlen(letters);
	assert(n + 2 <= sizeof(order));
	memcpy(order + 1, letters, n + 1);

	/* With "+" nothing is permuted: the next argument is argv[optind],
	 * or a cluster of letters that getopt is in the middle of. */
	next = optind > 0 ? optind : 1; /* 0 asks glibc to begin anew */
	arg = next < argc ? argv[next] : "";
	if (arg[0] == '-' && arg[1] == '-' && arg[2] != '\0' &&
	    !known_long(arg, longs)) {
		fprintf(stderr, "%s: unrecognized option '%s'\n", argv[0], arg);
		optind = next + 1;
		optopt = 0;
		return '?';
	}
	return getopt_long(argc, argv, order, longs, NULL);
}

int
ms_opt_archive(const char **dir, const char *given, struct ms_err *err)
{
	if (given == NULL)
		given = getenv("MS_ARCHIVE");
	if (given == NULL || *given == '\0')
		return ms_fail(
		    err, MS_USAGE, "no archive: give -a or set MS_ARCHIVE");
	*dir = given;
	return 0;
}

/* The name of who runs this; the number where there is no name. Looked up
 * once: it may be asked for each message. */
static const char *
login_name(void)
{
	static char name[256];
	const struct passwd *pw;

	if (name[0] != '\0')
		return name;
	pw = getpwuid(getuid());
	if (pw != NULL && pw->pw_name[0] != '\0')
		snprintf(name, sizeof(name), "%s", pw->pw_name);
	else
		snprintf(name, sizeof(name), "%lu", (unsigned long)getuid());
	return name;
}

const char *
ms_opt_user(const char *given, const char *envelope)
{
	const char *env;

	if (given != NULL)
		return given;
	if (envelope != NULL)
		return envelope;
	env = getenv("MS_USER");
	return env != NULL && *env != '\0' ? env : login_name();
}

int
ms_opt_number(const char *text, uint64_t min, uint64_t max, uint64_t *out,
    const char *option, struct ms_err *err)
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			break;
	if (p == text || *p != '\0' || v < min || v > max)
		return ms_fail(err, MS_USAGE,
		    "%s: '%.40s' is not a number from %llu to %llu", option,
		    text, (unsigned long long)min, (unsigned long long)max);
	*out = v;
	return 0;
}

int
ms_close_stdout(struct ms_err *err)
{
	bool failed_before;

	if (fflush(stdout) != 0)
		return ms_fail_errno(err, "standard output");
	failed_before = ferror(stdout) != 0;
	if (fclose(stdout) != 0)
		return ms_fail_errno(err, "standard output");
	if (failed_before)
		return ms_fail(err, MS_IO, "standard output: write failed");
	return 0;
}
