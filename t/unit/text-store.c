/*
 * text-store.c - a database of the text index: what is added is found, what is
 * not committed is not, and damage is an error. ms-archive(5), Text.
 */
#include "store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fold.h"
#include "scratch.h"
#include "tap.h"

static const unsigned char no_id[MS_SHA_LEN];
static const struct ms_text_extent extent = {
    .pack = 3, .first = 100, .next = 100};

static void
put(struct ms_text_message *m, enum ms_text_part part, const char *text)
{
	ms_text_fold(ms_slice_str(text), &m->part[part]);
}

static int
add(struct ms_text_store *s, uint64_t number, const char *subject,
    const char *body, struct ms_err *err)
{
	struct ms_text_message m = {.number = number, .id = {7}};
	int rc;

	put(&m, MS_TEXT_SUBJECT, subject);
	put(&m, MS_TEXT_BODY, body);
	ms_buf_add_str(&m.types, "text/plain\n");
	rc = ms_text_store_add(s, &m, err);
	ms_text_message_release(&m);
	return rc;
}

static void
note_number(void *ctx, uint64_t number)
{
	ms_buf_printf(ctx, "%llu ", (unsigned long long)number);
}

/* The numbers that an expression finds; "error" if it fails. */
static const char *
search(struct ms_text_store *s, const char *expression, struct ms_buf *out)
{
	struct ms_err err = {0};

	ms_buf_clear(out);
	if (ms_text_store_search(s, expression, note_number, out, &err) < 0)
		return "error";
	return ms_buf_str(out);
}

static const struct {
	const char *expression, *found;
} searches[] = {
    {"\"hello\"", "101 103 "},
    {"{subject} : \"hello\"", "101 "},
    {"{body} : \"hello\"", "103 "},
    {"\"world hello\"", "103 "},
    {"\"hello world\"", "101 "},
    {"\"wor\" *", "101 103 "},
    {"\"muller\"", "102 "},
    {"\"\u4eac\u90fd\"", "102 "},
    {"\"\u6771\" *", "102 "},
    {"\"\u90fd\" *", "102 "},
    {"\"\u6771\u90fd\"", ""},
    {"\"nothing\"", ""},
};

static struct ms_text_store *
make(const char *path, struct ms_err *err)
{
	struct ms_text_store *s = NULL;

	if (ms_text_store_write(&s, path, &extent, err) < 0)
		return NULL;
	if (add(s, 101, "Hello world", "text", err) < 0 ||
	    add(s, 102, "M\u00fcller", "\u6771\u4eac\u90fd", err) < 0 ||
	    add(s, 103, "-", "World, hello", err) < 0 ||
	    ms_text_store_skip(s, 104, no_id, err) < 0 ||
	    ms_text_store_commit(s, 110, err) < 0) {
		ms_text_store_close(s);
		return NULL;
	}
	return s;
}

static void
test_search(const char *path)
{
	struct ms_err err = {0};
	struct ms_buf out = {0};
	struct ms_text_store *s = make(path, &err), *reader = NULL;
	const struct ms_text_extent *e;
	struct stat st;

	ok(s != NULL, "a database is made (%s)", err.msg);
	ok(add(s, 111, "hello", "later", &err) == 0, "a message is added");
	ok(ms_text_store_open(&reader, path, false, &err) == 0,
	    "while it is written, it can be read (%s)", err.msg);
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++)
		ok(strcmp(search(reader, searches[i].expression, &out),
		       searches[i].found) == 0,
		    "%s finds %s", searches[i].expression, searches[i].found);
	e = ms_text_store_extent(reader);
	ok(e->pack == 3 && e->first == 100 && e->next == 110 &&
		e->last == 104 && e->messages == 4,
	    "what it is about");
	ms_buf_clear(&out);
	ok(ms_text_store_skipped(reader, note_number, &out, &err) == 0 &&
		strcmp(ms_buf_str(&out), "104 ") == 0,
	    "what was passed over");
	ok(ms_text_store_check(reader, &err) == 0, "it is whole");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "no one else can read it");
	ms_text_store_close(reader);
	ms_text_store_close(s);
	ok(ms_text_store_open(&reader, path, true, &err) == 0 &&
		strcmp(search(reader, "\"later\"", &out), "") == 0,
	    "what was not committed is not found");
	ms_text_store_close(reader);
	ms_buf_release(&out);
}

/* Flips a byte of a file. */
static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char c;

	if (fd < 0 || pread(fd, &c, 1, at) != 1)
		exit(1);
	c ^= 0x10;
	if (pwrite(fd, &c, 1, at) != 1)
		exit(1);
	close(fd);
}

/* Every search gives what it gave before, or an error. */
static bool
is_right_or_fails(const char *path)
{
	struct ms_err err = {0};
	struct ms_buf out = {0};
	struct ms_text_store *s = NULL;
	bool right = true;
	const char *found;

	if (ms_text_store_open(&s, path, true, &err) < 0)
		return true;
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		found = search(s, searches[i].expression, &out);
		right &= strcmp(found, "error") == 0 ||
			 strcmp(found, searches[i].found) == 0;
	}
	ms_text_store_close(s);
	ms_buf_release(&out);
	return right;
}

static void
test_damage(const char *path)
{
	struct ms_err err = {0};
	struct ms_text_store *s = NULL;
	unsigned wrong = 0, unseen = 0;
	struct stat st;

	if (stat(path, &st) < 0)
		exit(1);
	for (off_t at = 0; at < st.st_size; at += 199) {
		flip(path, at);
		wrong += !is_right_or_fails(path);
		if (ms_text_store_open(&s, path, true, &err) == 0) {
			unseen += ms_text_store_check(s, &err) == 0;
			ms_text_store_close(s);
		}
		flip(path, at);
	}
	ok(wrong == 0, "a damaged byte never hides a message");
	ok(unseen == 0, "and is found by a check (%u)", unseen);
	ok(truncate(path, st.st_size / 2) == 0 && is_right_or_fails(path),
	    "nor does a missing end");
	ok(truncate(path, 0) == 0 &&
		ms_text_store_open(&s, path, true, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "an empty file is no database (%s)", err.msg);
}

int
main(void)
{
	char dir[SCRATCH_MAX], path[SCRATCH_MAX + 16];

	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/x%%23?.part", dir);
	test_search(path);
	test_damage(path);
	scratch_remove(dir);
	return done();
}
