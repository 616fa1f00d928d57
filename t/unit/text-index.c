/*
 * text-index.c - the text index of an archive: it is complete or says what it
 * lacks, whatever happens to its databases. ms-archive(5), Text.
 */
#include "text.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fold.h"
#include "scratch.h"
#include "stop.h"
#include "stored.h"
#include "update.h"

#define MANY 60 /* messages, in several packs */

static char root[SCRATCH_MAX];
static unsigned reads, remarks, stop_after;
static const char *converters = "c1";
static bool skips; /* every tenth message cannot be read */

/* Copies a file or a folder. */
static void
copy(const char *from, const char *to)
{
	char cp[] = "cp", option[] = "-r";
	char *argv[] = {
	    cp, option, (char *)(uintptr_t)from, (char *)(uintptr_t)to, NULL};
	int status = 1;
	pid_t pid;

	if (posix_spawnp(&pid, "cp", NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		exit(1);
}

/* ---- an archive ---- */

static void
path_of(const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", root, name);
}

/* Message i has the words "every", "third0" ... "third2" and "no<i>". */
static void
store_messages(const char *dir, int from, int to)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	char text[20000], place[32];

	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0, "opened %s",
	    err.msg);
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	for (int i = from; i < to; i++) {
		int n = snprintf(text, sizeof(text),
		    "Subject: s\n\nevery third%d no%d ", i % 3, i);

		/* What cannot be compressed fills the packs. */
		for (int j = 0; j < 1200; j++, n += 9)
			snprintf(text + n, 10, "%08lx ", random() * 7919UL);
		snprintf(place, sizeof(place), "7/%d", i + 1);
		store(place, text);
	}
	ok(ms_ingest_finish(in, NULL) == 0, "messages are stored");
	ms_archive_close(a);
}

static struct ms_archive *
open_archive(const char *dir)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	if (ms_archive_open(&a, dir, MS_ARCHIVE_READ, &err) < 0) {
		printf("# %s\n", err.msg);
		exit(1);
	}
	return a;
}

/* ---- updating ---- */

static int
read_message(void *ctx, struct ms_text_message *m, struct ms_err *err)
{
	struct ms_buf raw = {0};
	int rc = ms_archive_emit(
	    ctx, m->number, m->id, MS_FORM_LF, ms_buf_append, &raw, err);

	if (reads++ + 1 == stop_after)
		ms_stopped = 15;
	if (rc == 0 && skips && reads % 10 == 0)
		rc = ms_fail(err, MS_DATA, "a block is damaged");
	if (rc == 0)
		ms_text_fold(ms_buf_slice(&raw), &m->part[MS_TEXT_BODY]);
	ms_buf_release(&raw);
	return rc;
}

static void
count_remark(void *ctx, const struct ms_err *why)
{
	(void)ctx;
	(void)why;
	remarks++;
}

static int
update(const char *dir, struct ms_text_sum *sum, struct ms_err *err)
{
	struct ms_archive *a = open_archive(dir);
	struct ms_text_update how = {.read = read_message,
	    .remark = count_remark,
	    .ctx = a,
	    .converters = converters};
	int rc;

	reads = remarks = 0;
	rc = ms_text_update(a, &how, sum, err);
	ms_archive_close(a);
	return rc;
}

static void
must_update(const char *dir, uint64_t messages, const char *what)
{
	struct ms_text_sum sum = {0};
	struct ms_err err = {0};
	int rc = update(dir, &sum, &err);

	ok(rc == 0 && sum.messages == messages, "%s: %llu messages added (%s)",
	    what, (unsigned long long)sum.messages, err.msg);
}

/* ---- searching ---- */

/* All messages that have a word: those of the index that the set has, and those
 * that the index lacks, which are read. */
static unsigned
find(const char *dir, const char *word, unsigned *direct)
{
	struct ms_archive *a = open_archive(dir);
	struct ms_text *t = NULL;
	struct ms_text_set *set;
	struct ms_text_term term;
	struct ms_select all = {.order = MS_BY_RECORD};
	struct ms_walk *w = NULL;
	const struct ms_row *row;
	unsigned found = 0;

	*direct = 0;
	if (ms_text_term_read(&term, ms_slice_str(word), false,
		1U << MS_TEXT_BODY, NULL) < 0 ||
	    ms_text_open(&t, a, NULL) < 0 ||
	    ms_walk_open(&w, a, &all, NULL) < 0)
		exit(1);
	set = ms_text_search(t, &term);
	while (ms_walk_next(w, &row, NULL) == 1) {
		struct ms_text_message m = {.number = row->message};

		if (ms_text_has(t, row->message)) {
			found += ms_text_set_has(set, row->message);
			continue;
		}
		++*direct;
		memcpy(m.id, row->id, MS_SHA_LEN);
		if (read_message(a, &m, NULL) == 0)
			found += ms_text_term_matches(&term, &m);
		ms_text_message_release(&m);
	}
	ms_walk_close(w);
	ms_text_set_free(set);
	ms_text_close(t);
	ms_text_term_release(&term);
	ms_archive_close(a);
	return found;
}

/* The answers are right, and `missing` messages were read from the archive. */
static void
is_complete(const char *dir, unsigned messages, int missing, const char *what)
{
	unsigned direct, every = find(dir, "every", &direct), unused;
	unsigned third = find(dir, "third1", &unused);
	unsigned one = find(dir, "no1", &unused);
	unsigned none = find(dir, "third3", &unused);

	ok(every == messages && third == (messages + 1) / 3 && one == 1 &&
		none == 0 && (missing < 0 || direct == (unsigned)missing),
	    "%s: found %u, %u, %u; %u were read", what, every, third, one,
	    direct);
}

static unsigned faults;

static void
count_fault(void *ctx, const struct ms_err *why)
{
	(void)ctx;
	printf("# %s\n", why->msg);
	faults++;
}

static unsigned
check(const char *dir)
{
	struct ms_archive *a = open_archive(dir);

	faults = 0;
	if (ms_text_check(a, count_fault, NULL, NULL) < 0)
		exit(1);
	ms_archive_close(a);
	return faults;
}

/* ---- tests ---- */

static void
test_growth(const char *dir)
{
	is_complete(dir, MANY, MANY, "without an index");
	must_update(dir, MANY, "the first update");
	is_complete(dir, MANY, 0, "with an index");
	must_update(dir, 0, "a second update");
	store_messages(dir, MANY, MANY + 3);
	is_complete(dir, MANY + 3, 3, "an index that lags");
	must_update(dir, 3, "an update after new mail");
	is_complete(dir, MANY + 3, 0, "all are indexed");
	ok(check(dir) == 0, "a check finds no fault");
}

static void
test_packs(const char *dir)
{
	char path[320];
	unsigned whole = 0, unfinished = 0;
	struct stat st;

	for (int i = 1; i < 100; i++) {
		snprintf(path, sizeof(path), "%s/text/%08d.text", dir, i);
		whole += stat(path, &st) == 0;
		snprintf(path, sizeof(path), "%s/text/%08d.part", dir, i);
		unfinished += stat(path, &st) == 0;
	}
	ok(whole >= 2 && unfinished == 1,
	    "%u packs have databases that are finished, one has not", whole);
}

static void
test_damage(const char *dir)
{
	char path[320], other[320];
	int fd;

	snprintf(path, sizeof(path), "%s/text/00000001.text", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (off_t at = 4096; at < lseek(fd, 0, SEEK_END); at += 1024)
		if (pwrite(fd, "damage", 6, at) != 6)
			exit(1);
	close(fd);
	is_complete(dir, MANY + 3, -1, "a damaged database");
	ok(check(dir) == 1, "the check names it");
	unlink(path);
	is_complete(dir, MANY + 3, -1, "a missing database");
	snprintf(other, sizeof(other), "%s/text/00000002.text", dir);
	copy(other, path);
	is_complete(dir, MANY + 3, -1, "the database of another pack");
	ok(check(dir) == 1, "the check names it");
	path_of("other/text/00000001.text", other);
	copy(other, path);
	is_complete(dir, MANY + 3, -1, "the database of another archive");
	ok(check(dir) == 1, "the check names it");
}

static void
test_repair(const char *dir)
{
	struct ms_text_sum sum = {0};
	struct ms_err err = {0};

	ok(update(dir, &sum, &err) == 0 && sum.messages > 0 &&
		sum.messages < MANY && sum.made == 1 && remarks == 1,
	    "an update makes it again, and no other (%llu)",
	    (unsigned long long)sum.messages);
	is_complete(dir, MANY + 3, 0, "the index is whole again");
	ok(check(dir) == 0, "the check finds no fault");
}

/* A copy of the archive goes on with other messages. */
static void
test_older_copy(const char *dir)
{
	char older[256], text[320], from[320];

	path_of("older", older);
	snprintf(text, sizeof(text), "%s/text", older);
	snprintf(from, sizeof(from), "%s/text", dir);
	copy(dir, older);
	store_messages(dir, MANY + 3, MANY + 9);
	must_update(dir, 6, "the archive goes on");
	store_messages(older, MANY + 3, MANY + 9);
	ok(scratch_remove(text) == 0, "so does a copy of it, which gets its "
				      "text index");
	copy(from, text);
	is_complete(older, MANY + 9, -1, "the index of another copy");
	ok(check(older) >= 1, "the check names it");
}

static void
test_stop(const char *dir)
{
	struct ms_text_sum sum = {0};
	struct ms_err err = {0};
	struct ms_archive *a = open_archive(dir);
	char lock[320];
	int fd;

	ok(ms_text_delete(a, &err) == 0, "the index is deleted (%s)", err.msg);
	ms_archive_close(a);
	is_complete(dir, MANY + 9, MANY + 9, "a deleted index");
	stop_after = 20;
	ok(update(dir, &sum, &err) == 1 && sum.messages == 20,
	    "a signal ends an update");
	stop_after = 0;
	ms_stopped = 0;
	is_complete(dir, MANY + 9, MANY + 9 - 20, "what was added is there");
	snprintf(lock, sizeof(lock), "%s/text/lock", dir);
	fd = open(lock, O_RDWR | O_CLOEXEC);
	flock(fd, LOCK_EX);
	ok(update(dir, &sum, &err) < 0 && err.code == MS_TEMP,
	    "a second update waits for another day (%s)", err.msg);
	close(fd);
	must_update(dir, MANY + 9 - 20, "the next update goes on");
	is_complete(dir, MANY + 9, 0, "and the index is whole");
}

static void
test_skipped(const char *dir)
{
	struct ms_text_sum sum = {0};
	struct ms_err err = {0};

	converters = "c2";
	skips = true;
	ok(update(dir, &sum, &err) == 0 && sum.skipped == 6 &&
		sum.messages == MANY + 9 - 6,
	    "with other converters all is made again, without messages that "
	    "cannot be read (%s)",
	    err.msg);
	skips = false;
	ok(remarks > 6, "which is said");
	is_complete(dir, MANY + 9, 6, "these are read in each search");
	ok(check(dir) == 0, "the check finds no fault");
}

int
main(void)
{
	char dir[256], other[256];
	struct ms_err err = {0};

	if (scratch_make(root) == NULL)
		return 1;
	setenv("MS_SEAL", "150000,1000", 1);
	setenv("MS_BATCH", "10", 1);
	path_of("archive", dir);
	path_of("other", other);
	ok(ms_archive_init(dir, "alice", &err) == 0, "an archive %s", err.msg);
	ok(ms_archive_init(other, "alice", &err) == 0, "another one");
	store_messages(dir, 0, MANY);
	store_messages(other, 0, MANY);
	must_update(other, MANY, "the other archive");
	test_growth(dir);
	test_packs(dir);
	test_damage(dir);
	test_repair(dir);
	test_older_copy(dir);
	test_stop(dir);
	test_skipped(dir);
	scratch_remove(root);
	return done();
}
