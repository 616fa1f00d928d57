/*
 * states.h - for tests that need an archive with BLOBs, copies, a moved message
 * and two users, and copies of it in states that an interrupted process can
 * leave.
 */
#ifndef STATES_H
#define STATES_H
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "fs.h"
#include "ingest.h"
#include "scratch.h"
#include "stored.h"
#include "tap.h"

#define LONG_BODY 30000 /* bytes; a BLOB */
#define PATH 96
#define PACK "00000001.pack"

static char dir[SCRATCH_MAX];
static char whole[PATH];                    /* in dir: the archive */
static uint64_t alice, source, inbox, work; /* numbers of what is in it */
static uint64_t large, small;               /* MESSAGEs */
static unsigned char large_id[MS_SHA_LEN];
static unsigned files; /* that are open at the start */

/* ---- the archive ---- */

/* A message whose body is stored as two BLOBs, base64 and text. */
static inline void
large_text(struct ms_buf *text, const char *subject, unsigned seed)
{
	unsigned random = seed;
	int i;

	ms_buf_printf(text, "Subject: %s\r\n\r\n", subject);
	for (i = 1; text->n < LONG_BODY; i++) {
		random = random * 1103515245 + 12345;
		ms_buf_printf(
		    text, "%04x%s", random >> 16, i % 19 == 0 ? "\r\n" : "");
	}
	for (i = 0; i < 100; i++)
		ms_buf_printf(text, "\r\nLine %d of the text of %u.", i, seed);
	ms_buf_add_str(text, "\r\n");
}

static inline void
store_large(const char *place, const char *subject, unsigned seed)
{
	struct ms_buf text = {0};

	large_text(&text, subject, seed);
	store(place, ms_buf_str(&text));
	ms_buf_release(&text);
}

static inline void
fill_first(struct ms_archive *a)
{
	char place[16], text[64];
	int i;

	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", "a label", false);
	for (i = 1; i <= 5; i++) {
		snprintf(place, sizeof(place), "7/%d", i);
		snprintf(text, sizeof(text), "Subject: %d\r\n\r\nbody\r\n", i);
		store(place, text);
	}
	store_large("7/6", "large 1", 1);
	ok(ms_ingest_finish(in, NULL) == 0, "an archive");
}

static inline void
fill_rest(struct ms_archive *a)
{
	struct ms_spec moved = {.place = "7/9", .where = "", .from = "INBOX"};
	unsigned char id[MS_SHA_LEN];

	in = ms_ingest_new(a, 1, store_result, NULL);
	ms_sha256("Subject: 1\r\n\r\nbody\r\n", 20, id);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	moved.dest = dest;
	ms_ingest_reference(in, &moved, id, NULL);
	store_large("7/1", "large 2", 2);
	store_large("7/2", "large 1", 1);
	dest = ms_ingest_dest(in, "bob", "pop3://b@h/", "INBOX", NULL, true);
	store("p1", "Subject: 1\r\n\r\nbody\r\n");
	store("p2", "Subject: last\r\n\r\nbody\r\n");
	ok(ms_ingest_finish(in, NULL) == 0, "the rest of it");
}

/* Looks up the numbers that the tests need. */
static inline void
look_up(struct ms_archive *a)
{
	struct ms_buf rows = {0};
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	uint64_t occurrence;
	struct ms_occurrence o = {0};

	ms_sha256("Subject: 1\r\n\r\nbody\r\n", 20, id);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_user(a, "alice", &alice, NULL) == 1 &&
		ms_archive_source(a, SOURCE, &source, NULL) == 1 &&
		ms_archive_folder(a, alice, source, "INBOX", &inbox, NULL) ==
		    1 &&
		ms_archive_folder(a, alice, source, "Work", &work, NULL) == 1 &&
		ms_archive_find(a, hex, &small, 1, NULL) == 1 &&
		ms_archive_place(a, work, "7/1", &occurrence, NULL) == 1 &&
		ms_archive_occurrence_at(a, occurrence, &o, &rows, NULL) == 0,
	    "what is looked up");
	large = o.message;
	memcpy(large_id, o.id, sizeof(large_id));
	ms_buf_release(&rows);
}

/* How many files are open. */
static inline unsigned
count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/*
 * Makes the archive. between, or NULL, is called when it has about half of its
 * messages, in several batches.
 */
static inline bool
make_archive(void (*between)(void))
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	files = count_files();
	/* What fsync costs is not what is tested. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	setenv("MS_BATCH", "2", 1);
	scratch_many_archives();
	if (scratch_make(dir) == NULL)
		return false;
	snprintf(whole, sizeof(whole), "%s/whole", dir);
	if (ms_archive_init(whole, "alice", &err) < 0 ||
	    ms_archive_open(&a, whole, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return false;
	}
	fill_first(a);
	ms_archive_close(a);
	if (between != NULL)
		between();
	if (ms_archive_open(&a, whole, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return false;
	}
	fill_rest(a);
	look_up(a);
	ms_archive_close(a);
	return true;
}

static inline void
show_row(struct ms_buf *out, const struct ms_row *r)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(r->id, MS_SHA_LEN, hex);
	ms_buf_printf(out, "%llu %.8s %s %u %llu %llu, ",
	    (unsigned long long)r->number, hex, r->place, r->bits,
	    (unsigned long long)r->moved_to, (unsigned long long)r->size);
}

/* Ends a program that has made the archive. */
static inline int
end_states(void)
{
	int bad;

	ok(count_files() == files, "no file is left open");
	bad = done();
	scratch_remove(dir);
	return bad;
}

/* ---- states ---- */

static char copied_from[2 * PATH], copied_to[2 * PATH];

static inline void
copy_file(const char *from, const char *to)
{
	char buf[65536];
	ssize_t n;
	int in_fd = open(from, O_RDONLY), out_fd;

	out_fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while ((n = read(in_fd, buf, sizeof(buf))) > 0)
		ms_fs_write(out_fd, buf, (size_t)n);
	close(in_fd);
	close(out_fd);
}

static inline int
copy_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char to[3 * PATH];

	(void)st;
	(void)at;
	snprintf(to, sizeof(to), "%s%s", copied_to, path + strlen(copied_from));
	if (type == FTW_D)
		mkdir(to, 0700);
	else
		copy_file(path, to);
	return 0;
}

/* Copies a file or a folder, and removes what was there. */
static inline void
copy(const char *from, const char *to)
{
	snprintf(copied_from, sizeof(copied_from), "%s", from);
	snprintf(copied_to, sizeof(copied_to), "%s", to);
	scratch_remove(to);
	nftw(from, copy_one, 16, FTW_PHYS);
}

/* Puts an index or a pack of another state into a state. */
static inline void
put_into(const char *state, const char *from, const char *name)
{
	char old[2 * PATH], new[2 * PATH];

	snprintf(old, sizeof(old), "%s/%s/%s", dir, from, name);
	snprintf(new, sizeof(new), "%s/%s/%s", dir, state, name);
	copy(old, new);
}

static inline void
make_state(const char *name, const char *from)
{
	char old[2 * PATH], new[2 * PATH];

	snprintf(old, sizeof(old), "%s/%s", dir, from);
	snprintf(new, sizeof(new), "%s/%s", dir, name);
	copy(old, new);
}

/* For make_archive(): about half of the archive. */
static inline void
keep_first(void)
{
	make_state("first", "whole");
}

/* Adds the beginning of a batch that was interrupted. */
static inline void
tear(const char *state, const char *pack)
{
	char path[2 * PATH], text[70000];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/pack/%s", dir, state, pack);
	memset(text, 'x', sizeof(text));
	f = fopen(path, "a");
	if (f == NULL || fwrite(text, 1, sizeof(text), f) != sizeof(text) ||
	    fclose(f) != 0)
		ok(false, "an interrupted batch");
}

#endif
