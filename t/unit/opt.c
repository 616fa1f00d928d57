/* opt: no abbreviations, strict numbers, whose archive and whose mail. */
#include "opt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum {
	OPT_JSON = MS_OPT_LONG
};

static const struct option longs[] = {{"archive", required_argument, 0, 'a'},
    {"json", no_argument, 0, OPT_JSON}, {"jobs", required_argument, 0, 'j'},
    {0}};

/* Options found, as one character each: J for --json; operands follow `|`. */
static const struct {
	const char *args[6], *want;
} lines[] = {
    {{"-a", "x", "y"}, "a|1"},
    {{"--archive", "x", "-v"}, "av|0"},
    {{"--archive=x", "--json"}, "aJ|0"},
    {{"--arch", "x"}, "?|1"},
    {{"--j", "4"}, "?|1"},
    {{"--jso"}, "?|0"},
    {{"--arch=x"}, "?|0"},
    {{"--archivee=x"}, "?|0"},
    {{"--", "--json"}, "|1"},
    {{"y", "--json"}, "|2"},
    {{"-vv", "--json", "-"}, "vvJ|1"},
    {{"-vax"}, "va|0"},
    {{"-x"}, "?|0"},
    {{"-a"}, "?|0"},
    {{"--json=1"}, "?|0"},
    {{"--=x"}, "?|0"},
};

static void
parse(const char *const *args, char got[32])
{
	size_t n = 0;
	char *argv[8] = {(char *)"tool"};
	int argc = 1, c;

	for (; argc < 7 && args[argc - 1] != NULL; argc++)
		argv[argc] = (char *)args[argc - 1];
	optind = 0; /* glibc: begin anew */
	while ((c = ms_getopt(argc, argv, "a:j:v", longs)) != -1)
		got[n++] = (char)(c == OPT_JSON ? 'J' : c);
	snprintf(got + n, 16, "|%d", argc - optind);
}

static void
test_getopt(void)
{
	char got[32];
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		dup2(null, STDERR_FILENO);
		parse(lines[i].args, got);
		dup2(saved, STDERR_FILENO);
		ok(strcmp(got, lines[i].want) == 0, "%s %s: %s",
		    lines[i].args[0],
		    lines[i].args[1] != NULL ? lines[i].args[1] : "", got);
	}
	close(null);
	close(saved);
}

static const struct {
	const char *text;
	uint64_t min, max;
	int rc;
	uint64_t want;
} numbers[] = {
    {"0", 0, 10, 0, 0},
    {"10", 0, 10, 0, 10},
    {"11", 0, 10, -1, 0},
    {"0", 1, 10, -1, 0},
    {"007", 0, 10, 0, 7},
    {"", 0, 10, -1, 0},
    {" 1", 0, 10, -1, 0},
    {"1 ", 0, 10, -1, 0},
    {"+1", 0, 10, -1, 0},
    {"-1", 0, UINT64_MAX, -1, 0},
    {"0x1", 0, 10, -1, 0},
    {"1k", 0, 10, -1, 0},
    {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
    {"18446744073709551616", 0, UINT64_MAX, -1, 0},
    {"99999999999999999999999", 0, UINT64_MAX, -1, 0},
};

static void
test_number(void)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct ms_err err = {0};
		uint64_t v = 0;
		int rc = ms_opt_number(numbers[i].text, numbers[i].min,
		    numbers[i].max, &v, "--threads", &err);

		ok(rc == numbers[i].rc && v == numbers[i].want &&
			(rc == 0) == (err.code == MS_OK) &&
			(rc == 0 || strstr(err.msg, "--threads") != NULL),
		    "number '%s' in %llu..%llu", numbers[i].text,
		    (unsigned long long)numbers[i].min,
		    (unsigned long long)numbers[i].max);
	}
}

static void
test_archive_and_user(void)
{
	struct ms_err err = {0};
	const char *dir = NULL;

	unsetenv("MS_ARCHIVE");
	ok(ms_opt_archive(&dir, NULL, &err) == -1 && err.code == MS_USAGE &&
		strstr(err.msg, "-a") && strstr(err.msg, "MS_ARCHIVE"),
	    "no archive: both ways to say it are named");
	setenv("MS_ARCHIVE", "/from/env", 1);
	ok(ms_opt_archive(&dir, NULL, &err) == 0 &&
		strcmp(dir, "/from/env") == 0,
	    "MS_ARCHIVE");
	ok(ms_opt_archive(&dir, "/given", &err) == 0 &&
		strcmp(dir, "/given") == 0,
	    "-a goes before MS_ARCHIVE");
	ok(ms_opt_archive(&dir, "", &err) == -1, "-a '' is no archive");

	unsetenv("MS_USER");
	ok(*ms_opt_user(NULL, NULL) != '\0', "somebody calls");
	setenv("MS_USER", "env", 1);
	ok(strcmp(ms_opt_user(NULL, NULL), "env") == 0, "MS_USER");
	ok(strcmp(ms_opt_user(NULL, "mail"), "mail") == 0,
	    "the envelope goes before MS_USER");
	ok(strcmp(ms_opt_user("given", "mail"), "given") == 0,
	    "-u goes before the envelope");
}

/* In a child, since stdout is what is tested. */
static int
close_on(const char *path)
{
	struct ms_err err = {0};
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return -1;
	fflush(stdout);
	if (fork() == 0) {
		dup2(fd, STDOUT_FILENO);
		printf("text");
		_exit(ms_close_stdout(&err) == 0 ? 0 : (int)err.code);
	}
	close(fd);
	return 0;
}

static void
test_close_stdout(void)
{
	int status = 0;

	ok(close_on("/dev/full") == 0 && wait(&status) > 0 &&
		WEXITSTATUS(status) == MS_TEMP,
	    "a full disk does not look like success");
	ok(close_on("/dev/null") == 0 && wait(&status) > 0 && status == 0,
	    "success is success");
}

int
main(void)
{
	test_getopt();
	test_number();
	test_archive_and_user();
	test_close_stdout();
	return done();
}
