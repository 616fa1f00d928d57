/*
 * buf.c - buffers grow, keep their bytes, and read whole files within limits.
 */
#include "buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static void
test_grow(void)
{
	struct ms_buf b = {0};
	size_t i, wrong = 0;

	for (i = 0; i < 100000; i++)
		ms_buf_add_byte(&b, (unsigned char)(i * 7));
	for (i = 0; i < 100000; i++)
		wrong += b.p[i] != (unsigned char)(i * 7);
	ok(b.n == 100000 && wrong == 0, "bytes are added one by one");
	ms_buf_clear(&b);
	ok(b.n == 0 && b.cap >= 100000, "clear keeps the memory");
	ms_buf_add(&b, NULL, 0);
	ok(b.n == 0, "an empty slice is added");
	memset(ms_buf_room(&b, 1000000), 'x', 1000000);
	ok(b.n == 0 && b.cap >= 1000000, "room is not yet content");
	ms_buf_release(&b);
	ok(b.p == NULL && b.n == 0 && b.cap == 0, "release empties it");
	ms_buf_release(&b);
	ok(strcmp(ms_buf_str(&b), "") == 0, "an empty buffer is a string");
	ms_buf_release(&b);
}

static void
test_text(void)
{
	struct ms_buf b = {0};
	char big[3000];

	ms_buf_add_str(&b, "a");
	ms_buf_printf(&b, "%d-%s", 42, "b");
	ok(strcmp(ms_buf_str(&b), "a42-b") == 0 && b.n == 5,
	    "printf appends text");
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ms_buf_printf(&b, "%s%s", big, big);
	ok(b.n == 5 + 2 * (sizeof(big) - 1), "printf appends a long text");
	ok(ms_slice_eq(ms_slice_str("ab"),
	       (struct ms_slice){(const unsigned char *)"abc", 2}) &&
		!ms_slice_eq(ms_slice_str("ab"), ms_slice_str("abc")) &&
		!ms_slice_eq(ms_slice_str("ab"), ms_slice_str("ac")) &&
		ms_slice_eq((struct ms_slice){0}, ms_slice_str("")),
	    "equal and different slices are compared");
	ok(ms_slice_is(ms_slice_str("a1B"), "A1b") &&
		!ms_slice_is(ms_slice_str("ab"), "a") &&
		!ms_slice_is(ms_slice_str("a"), "ab") &&
		ms_slice_is((struct ms_slice){0}, ""),
	    "a word is recognised in any case");
	ok(ms_words_have("one two", "TWO") && ms_words_have("one", "one") &&
		!ms_words_have("ones two", "one") && !ms_words_have("", "a"),
	    "a word is found among words");
	ok(ms_buf_slice(&b).n == b.n && ms_buf_slice(&b).p == b.p,
	    "a slice is a view of the buffer");
	ms_buf_release(&b);
}

static void
test_file(void)
{
	char path[] = "/tmp/ms-unit-XXXXXX";
	int fd = mkstemp(path);
	struct ms_buf b = {0};
	struct ms_err err = {0};
	char page[50000];

	memset(page, 'z', sizeof(page));
	if (fd < 0 || write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
		exit(1);
	ms_buf_add_str(&b, "kept ");
	ok(ms_buf_read_file(&b, path, sizeof(page), &err) == 0 &&
		b.n == 5 + sizeof(page) && memcmp(b.p, "kept zz", 7) == 0 &&
		b.p[b.n - 1] == 'z',
	    "a file is appended");
	ms_buf_clear(&b);
	ok(ms_buf_read_file(&b, path, sizeof(page) - 1, &err) == -1 &&
		err.code == MS_DATA,
	    "one byte over the limit is too long");
	close(fd);
	unlink(path);
	ok(ms_buf_read_file(&b, path, 10, &err) == -1 && err.code == MS_NOINPUT,
	    "a missing file is an error");
	ok(ms_buf_read_file(&b, "/", 10, &err) == -1 && err.code == MS_IO,
	    "a folder is an error");
	ok(ms_buf_read_file(&b, "/dev/zero", 1 << 20, &err) == -1 &&
		err.code == MS_DATA,
	    "a file without end is too long");
	ms_buf_release(&b);
}

/* Impossible sizes end a child with status 71, even if arithmetic overflows. */
static void
test_no_memory(void)
{
	int status = 0;

	fflush(stdout);
	if (fork() == 0) {
		close(STDERR_FILENO);
		free(ms_xreallocarray(NULL, (size_t)1 << 40, (size_t)1 << 40));
		_exit(0);
	}
	ok(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 71,
	    "without memory the status is 71");
}

static void
test_strings(void)
{
	char *a = ms_xstrdup("copy"), *b = ms_xstrndup("copycat", 4);
	char *c = ms_xstrndup(NULL, 0);
	void *p = ms_xmalloc(0), *q = ms_xcalloc(0, 0);

	ok(strcmp(a, b) == 0 && strcmp(c, "") == 0, "strings are copied");
	ok(p != NULL && q != NULL,
	    "an allocation of no bytes returns a pointer");
	free(a);
	free(b);
	free(c);
	free(p);
	free(q);
}

int
main(void)
{
	test_grow();
	test_text();
	test_file();
	test_no_memory();
	test_strings();
	return done();
}
