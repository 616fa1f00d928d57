/* opt.c - command lines, numbers, the archive and the user of a tool. */
#include "opt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "tap.h"

struct values {
	const char *archive;
	bool json, verbose;
	unsigned jobs, mode, format;
	int fd;
	uint64_t size;
	struct ms_opt_list list;
	char called[16];
};

static int
call(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct values *v = values;

	if (strcmp(value, "bad") == 0)
		return ms_fail(err, MS_USAGE, "not good");
	snprintf(v->called, sizeof(v->called), "%s=%s", o->name, value);
	return 0;
}

#define IN(member) MS_OPT_IN(struct values, member)
static const struct ms_option table[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "dir", "help"},
    {0, "json", MS_OPT_FLAG, IN(json), .help = "help"},
    {'j', "jobs", MS_OPT_NUMBER, IN(jobs), "n", "help", .min = 1, .max = 9},
    {0, "fd", MS_OPT_NUMBER, IN(fd), "n", "help", .max = 1023},
    {'v', "verbose", MS_OPT_FLAG, IN(verbose), .help = "help"},
    {0, "size", MS_OPT_SIZE, IN(size), "bytes", "help",
	.max = (uint64_t)1 << 40},
    {0, "list", MS_OPT_LIST, IN(list), "text", "help", .max = 2},
    {0, "format", MS_OPT_CHOICE, IN(format), "auto | mbox | eml", "help"},
    {0, "call", MS_OPT_CALL, .value = "text", .help = "help", .call = call},
    {0, "check", MS_OPT_CONST, IN(mode), .min = 3, .group = 1},
    {0, "delete", MS_OPT_CONST, IN(mode), .min = 5, .group = 1},
    MS_OPT_COMMON,
};

/* Command lines: what they set, then the operands after `|`; or the error. */
static const struct {
	const char *args[6], *want;
} lines[] = {
    {{"-a", "x", "y"}, "a=x|y"},
    {{"--archive", "x", "-v"}, "a=x v|"},
    {{"--archive=x", "--json"}, "a=x json|"},
    {{"--archive="}, "a=|"},
    {{"--arch", "x"}, "no option '--arch' (did you mean '--archive'?)"},
    {{"--jso"}, "no option '--jso' (did you mean '--json'?)"},
    {{"--arch=x"}, "no option '--arch' (did you mean '--archive'?)"},
    {{"--archivee=x"}, "no option '--archivee' (did you mean '--archive'?)"},
    {{"--=x"}, "no option '--'"},
    {{"-x"}, "no option '-x'"},
    {{"--", "--json"}, "|--json"},
    {{"y", "--json"}, "json|y"},
    {{"y", "-a", "x", "z"}, "a=x|y z"},
    {{"y", "--", "-a", "x"}, "|y -a x"},
    {{"-vv", "--json", "-"}, "v json|-"},
    {{"-vax"}, "a=x v|"},
    {{"-va", "x"}, "a=x v|"},
    {{"-a"}, "--archive: needs an argument"},
    {{"--archive"}, "--archive: needs an argument"},
    {{"--json=1"}, "--json: takes no argument"},
    {{"-j4"}, "jobs=4|"},
    {{"--jobs", "0"}, "--jobs: '0' is not a number from 1 to 9"},
    {{"--fd=0"}, "fd=0|"},
    {{"--size", "512"}, "size=512|"},
    {{"--size", "2k"}, "size=2048|"},
    {{"--size", "3M"}, "size=3145728|"},
    {{"--size", "1G"}, "size=1073741824|"},
    {{"--size", "1024G"}, "size=1099511627776|"},
    {{"--size", "1025G"}, "--size: '1025' is not a number from 1 to 1024"},
    {{"--size", "K"}, "--size: 'K' is not a number from 1 to 1099511627776"},
    {{"--list", "x", "--list=y"}, "list=x list=y|"},
    {{"--list=x", "--list=y", "--list=z"}, "--list: given more than 2 times"},
    {{"--format", "auto"}, "|"},
    {{"--format", "eml"}, "format=2|"},
    {{"--format", "em"},
	"--format: 'em' is none of auto | mbox | eml (did you mean 'eml'?)"},
    {{"--format", "|"}, "--format: '|' is none of auto | mbox | eml"},
    {{"--format", ""}, "--format: '' is none of auto | mbox | eml"},
    {{"--call=x"}, "call=x|"},
    {{"--call=bad"}, "--call: not good"},
    {{"--check", "--check"}, "mode=3|"},
    {{"--check", "--delete"}, "--delete: cannot be used with --check"},
    {{"--bad", "--worse"}, "no option '--bad'"},
    {{"--bad", "--json", "x"}, "no option '--bad'"},
    {{"-h"}, "print=help|"},
    {{"-V"}, "print=version|"},
};

static void
show(struct ms_buf *got, const struct ms_opt_state *s, char *const argv[])
{
	const struct values *v = s->values;

	if (v->archive != NULL)
		ms_buf_printf(got, " a=%s", v->archive);
	if (v->verbose)
		ms_buf_add_str(got, " v");
	if (v->json)
		ms_buf_add_str(got, " json");
	if (v->jobs != 0)
		ms_buf_printf(got, " jobs=%u", v->jobs);
	if (v->fd >= 0)
		ms_buf_printf(got, " fd=%d", v->fd);
	if (v->size != 0)
		ms_buf_printf(got, " size=%llu", (unsigned long long)v->size);
	for (size_t i = 0; i < v->list.n; i++)
		ms_buf_printf(got, " list=%s", v->list.v[i]);
	if (v->format != 0)
		ms_buf_printf(got, " format=%u", v->format);
	if (v->called[0] != '\0')
		ms_buf_printf(got, " %s", v->called);
	if (v->mode != 0)
		ms_buf_printf(got, " mode=%u", v->mode);
	if (s->print != NULL)
		ms_buf_printf(got, " print=%s", s->print->name);
	ms_buf_add_byte(got, '|');
	for (; *argv != NULL; argv++)
		ms_buf_printf(got, "%s ", *argv);
}

/* Is got (" x|y ") what is wanted ("x|y")? */
static bool
is_wanted(struct ms_buf *got, const char *want)
{
	char *text = ms_buf_str(got);

	if (got->n > 1 && text[got->n - 1] == ' ')
		text[got->n - 1] = '\0';
	return strcmp(text + (text[0] == ' '), want) == 0;
}

static void
parse(const char *const *args, bool stop, struct ms_buf *got)
{
	struct values v = {.fd = -1};
	struct ms_opt_state s = {
	    .tables = {{table, NULL}}, .values = &v, .stop = stop};
	struct ms_err err = {0};
	char *argv[7] = {0};

	for (size_t i = 0; i < 6 && args[i] != NULL; i++)
		argv[i] = (char *)args[i];
	if (ms_opt_parse(&s, argv, &err) < 0)
		ms_buf_printf(got, "%s%s%s%s", err.option != NULL ? "--" : "",
		    err.option != NULL ? err.option : "",
		    err.option != NULL ? ": " : "", err.msg);
	else
		show(got, &s, argv);
	free(v.list.v);
	ms_buf_release(&s.given);
}

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct ms_buf got = {0};

		parse(lines[i].args, false, &got);
		ok(is_wanted(&got, lines[i].want), "%s %s: %s",
		    lines[i].args[0],
		    lines[i].args[1] != NULL ? lines[i].args[1] : "",
		    ms_buf_str(&got));
		ms_buf_release(&got);
	}
}

static void
test_stop(void)
{
	const char *args[] = {"-v", "x", "--json", "--", NULL};
	struct ms_buf got = {0};

	parse(args, true, &got);
	ok(is_wanted(&got, "v|x --json --"),
	    "an operand that ends the options");
	ms_buf_release(&got);
}

/* Two tables; the function of the second one handles its options. */
static void
test_tables(void)
{
	static const struct ms_option first[] = {
	    {'j', "json", MS_OPT_FLAG, IN(json), .help = "help"}, {0}};
	struct values v = {0};
	struct ms_opt_state s = {
	    .tables = {{first, NULL}, {table, call}}, .values = &v};
	struct ms_err err = {0};
	char *argv[] = {(char *)"-j", (char *)"--archive", (char *)"x", NULL};

	ok(ms_opt_parse(&s, argv, &err) == 0 && v.json && v.archive == NULL &&
		strcmp(v.called, "archive=x") == 0,
	    "the first table counts, and the function of the second");
	ok(ms_opt_set(&s, "json", "1", &err) < 0 &&
		strcmp(err.option, "json") == 0,
	    "one option: a flag takes no argument");
	ok(ms_opt_set(&s, "size", NULL, &err) < 0 &&
		strcmp(err.option, "size") == 0,
	    "one option: an argument is missing");
	ok(ms_opt_set(&s, "none", NULL, &err) < 0 && err.option == NULL,
	    "one option: unknown");
	ms_buf_release(&s.given);
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
		int rc = ms_opt_number(
		    numbers[i].text, numbers[i].min, numbers[i].max, &v, &err);

		ok(rc == numbers[i].rc && v == numbers[i].want &&
			err.code == (rc == 0 ? MS_OK : MS_USAGE),
		    "the number '%s' in %llu..%llu is accepted or refused",
		    numbers[i].text, (unsigned long long)numbers[i].min,
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
	    "no archive: the message names -a and MS_ARCHIVE");
	setenv("MS_ARCHIVE", "/from/env", 1);
	ok(ms_opt_archive(&dir, NULL, &err) == 0 &&
		strcmp(dir, "/from/env") == 0,
	    "MS_ARCHIVE names the archive");
	ok(ms_opt_archive(&dir, "/given", &err) == 0 &&
		strcmp(dir, "/given") == 0,
	    "-a has priority over MS_ARCHIVE");
	ok(ms_opt_archive(&dir, "", &err) == -1, "-a '' is not an archive");

	unsetenv("MS_USER");
	ok(*ms_opt_user(NULL, NULL) != '\0', "there is always a user");
	setenv("MS_USER", "env", 1);
	ok(strcmp(ms_opt_user(NULL, NULL), "env") == 0,
	    "MS_USER names the user");
	ok(strcmp(ms_opt_user(NULL, "mail"), "mail") == 0,
	    "the envelope has priority over MS_USER");
	ok(strcmp(ms_opt_user("given", "mail"), "given") == 0,
	    "-u has priority over the envelope");
}

/* In a child process, because the test needs its own stdout. */
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
	    "a full disk is an error");
	ok(close_on("/dev/null") == 0 && wait(&status) > 0 && status == 0,
	    "an error has a reason");
}

int
main(void)
{
	test_parse();
	test_stop();
	test_tables();
	test_number();
	test_archive_and_user();
	test_close_stdout();
	return done();
}
