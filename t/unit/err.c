/* err.c - kinds and messages of errors, their context and their limit, and the
 * kinds of errno. */
#include "err.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

static const struct {
	enum ms_code code;
	int status;
} statuses[] = {
    {MS_OK, 0},
    {MS_USAGE, 64},
    {MS_DATA, 65},
    {MS_NOINPUT, 66},
    {MS_BUG, 70},
    {MS_EXISTS, 73},
    {MS_IO, 74},
    {MS_TEMP, 75},
    {MS_PROTO, 76},
    {MS_AUTH, 77},
};

static const struct {
	int e;
	enum ms_code code;
} kinds[] = {
    {ENOSPC, MS_TEMP},
    {EDQUOT, MS_TEMP},
    {EFBIG, MS_TEMP},
    {ECONNRESET, MS_TEMP},
    {ETIMEDOUT, MS_TEMP},
    {ENOENT, MS_NOINPUT},
    {EEXIST, MS_EXISTS},
    {EIO, MS_IO},
    {EACCES, MS_IO},
    {EROFS, MS_IO},
};

static void
test_sentences(void)
{
	struct ms_err err = {0};

	ok(ms_fail(&err, MS_DATA, "part %d", 7) == -1 && err.code == MS_DATA &&
		strcmp(err.msg, "part 7") == 0,
	    "ms_fail() sets the kind and the message");
	ok(ms_context(&err, "message %s", "ab12") == -1 &&
		err.code == MS_DATA &&
		strcmp(err.msg, "message ab12: part 7") == 0,
	    "context is put before the message, and the kind does not change");
	errno = ENOENT;
	ok(ms_fail_errno(&err, "%s", "x") == -1 &&
		strcmp(err.msg, "x: No such file or directory") == 0,
	    "the message has the text of errno");
	errno = ENOENT;
	ok(ms_fail(NULL, MS_DATA, "x") == -1 &&
		ms_fail_errno(NULL, "x") == -1 && ms_context(NULL, "x") == -1,
	    "err may be NULL");
}

static void
test_length(void)
{
	struct ms_err err = {0};
	char big[2000];
	int i;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ms_fail(&err, MS_IO, "%s", big);
	ok(strlen(err.msg) == sizeof(err.msg) - 1, "a long message is cut");
	errno = EIO;
	ms_fail_errno(&err, "%s", big);
	ok(strlen(err.msg) == sizeof(err.msg) - 1,
	    "a long message with errno is cut");
	ms_fail(&err, MS_IO, "cause");
	for (i = 0; i < 1000; i++)
		ms_context(&err, "in");
	ok(strncmp(err.msg, "in: in: ", 8) == 0 &&
		strlen(err.msg) == sizeof(err.msg) - 1,
	    "a thousand contexts are cut at the end");
}

int
main(void)
{
	size_t i;

	test_sentences();
	test_length();
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		ok(ms_status(statuses[i].code) == statuses[i].status,
		    "status %d", statuses[i].status);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ms_err err = {0};

		errno = kinds[i].e;
		ms_fail_errno(&err, "x");
		ok(err.code == kinds[i].code, "%s", strerror(kinds[i].e));
	}
	return done();
}
