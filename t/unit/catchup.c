/* catchup.c - states of an archive that a writer finds: from some the index is
 * brought up to date, others are damage; and the index that is built around
 * damage. ms-archive(5), States on disk. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/impl.h"
#include "failing.h"
#include "states.h"

#define TORN 70000 /* bytes added by tear() */

static struct ms_buf want; /* what the archive has */
static unsigned packs;     /* in the archive */
static struct ms_position end_of_log;

/* ---- looking at a state ---- */

/* Opens a state, and brings its index up to date. */
static struct ms_archive *
enter(const char *state, bool cut, struct ms_err *err)
{
	struct ms_archive *a;
	char path[2 * PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, state);
	if (ms_archive_open(&a, path, MS_ARCHIVE_WRITE, err) < 0)
		return NULL;
	if (ms_archive_lock(a, true, err) == 1 &&
	    ms_archive_catch_up(a, cut, err) == 0)
		return a;
	ms_archive_close(a);
	return NULL;
}

/* Lists all occurrences and checks their messages; the number of those that are
 * not whole. */
static unsigned
show_all(struct ms_archive *a, struct ms_buf *out)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	const struct ms_row *row;
	struct ms_walk *w;
	unsigned bad = 0;

	if (ms_walk_open(&w, a, &all, NULL) < 0)
		return 1;
	while (ms_walk_next(w, &row, NULL) == 1) {
		show_row(out, row);
		bad += ms_archive_check(a, row->message, row->id, NULL) < 0;
	}
	ms_walk_close(w);
	return bad;
}

/* The state is brought up to date, and all mail is there. */
static void
expect_whole(const char *state, const char *name)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	struct ms_archive *a = enter(state, true, &err);

	ok(a != NULL, "%s: %s", name, err.msg);
	if (a == NULL)
		return;
	ok(show_all(a, &out) == 0 &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&out)),
	    "%s: all mail is there", name);
	ms_archive_close(a);
	ms_buf_release(&out);
}

static void
expect_damage(const char *state, const char *says, const char *name)
{
	struct ms_err err = {0};
	struct ms_archive *a = enter(state, true, &err);

	ok(a == NULL && err.code == MS_DATA && strstr(err.msg, says) != NULL,
	    "%s: %s", name, err.msg);
	ms_archive_close(a);
}

/* ---- changing a state ---- */

static void
path_of(char path[2 * PATH], const char *state, const char *name)
{
	snprintf(path, 2 * PATH, "%s/%s/%s", dir, state, name);
}

static off_t
size_of(const char *state, const char *name)
{
	char path[2 * PATH];
	struct stat st = {0};

	path_of(path, state, name);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* The file of a pack in a state: regrouped or not. */
static const char *
pack_in(const char *state, unsigned number)
{
	static char name[4][32];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(name[turn], sizeof(name[turn]), "pack/%08u.1.pack", number);
	if (size_of(state, name[turn]) < 0)
		snprintf(
		    name[turn], sizeof(name[turn]), "pack/%08u.pack", number);
	return name[turn];
}

/* The path of a pack in the archive without damage. */
static const char *
pack(unsigned number)
{
	return pack_in("whole", number);
}

static void
drop(const char *state, const char *name)
{
	char path[2 * PATH];

	path_of(path, state, name);
	scratch_remove(path);
}

static void
cut(const char *state, const char *name, off_t length)
{
	char path[2 * PATH];

	path_of(path, state, name);
	ok(truncate(path, length) == 0, "%s is cut", name);
}

/* Changes a byte, counted from the end of the file if `at` is negative. */
static void
spoil(const char *state, const char *name, off_t at)
{
	char path[2 * PATH], c = 0;
	int fd;

	path_of(path, state, name);
	fd = open(path, O_RDWR);
	at += at < 0 ? size_of(state, name) : 0;
	if (pread(fd, &c, 1, at) == 1)
		c ^= 1;
	ok(pwrite(fd, &c, 1, at) == 1, "%s is damaged", name);
	close(fd);
}

/* ---- interrupted writes ---- */

static void
interrupted(void)
{
	const char *last = pack(packs) + strlen("pack/");
	char path[2 * PATH], name[PATH];
	struct ms_archive *a = NULL;
	off_t end = size_of("whole", pack(packs));
	unsigned char torn[TORN + 1];
	size_t i, bad = 0;
	int fd;

	make_state("now", "whole");
	tear("now", last);
	expect_whole("now", "an end that is not whole");
	ok(size_of("now", pack(packs)) == end, "  it is cut off");

	make_state("now", "first");
	make_state("now2", "whole");
	tear("now2", last);
	put_into("now2", "now", "index");
	expect_whole("now2", "the index is older, too");

	make_state("now", "whole");
	drop("now", "index");
	pack_syncs = 0;
	expect_whole("now", "no index");
	ok(pack_syncs == packs, "each pack is synced once");

	make_state("now", "whole");
	tear("now", last);
	drop("now", "index");
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, NULL) == 0,
	    "a reader builds an index");
	ms_archive_close(a);
	ok(size_of("now", pack(packs)) == end + TORN,
	    "  the reader cuts nothing off");
	snprintf(name, sizeof(name), "tmp/torn-%u-%lld", packs, (long long)end);
	path_of(path, "now", name);
	fd = open(path, O_RDONLY);
	ok(read(fd, torn, sizeof(torn)) == TORN, "  the bytes are kept");
	for (i = 0; i < TORN; i++)
		bad += torn[i] != 'x';
	ok(bad == 0, "  the file in tmp has these bytes");
	close(fd);
	expect_whole("now", "a writer");
	ok(size_of("now", pack(packs)) == end, "  a writer cuts it off");

	/* The end is cut off only after it was copied. */
	make_state("now", "whole");
	tear("now", last);
	drop("now", "index");
	path_of(path, "now", name);
	ok(mkdir(path, 0700) == 0, "a copy that cannot be made");
	ok(enter("now", true, NULL) == NULL &&
		size_of("now", pack(packs)) == end + TORN,
	    "  nothing is cut off");
}

/* ---- damage ---- */

static void
damage(void)
{
	struct ms_archive *a;
	char says[32], path[2 * PATH];
	long first;

	make_state("now", "whole");
	a = enter("now", true, NULL);
	first = calls;
	ok(ms_archive_catch_up(a, true, NULL) == 0 && calls - first <= 8,
	    "an archive that has not changed: %ld calls", calls - first);
	ms_archive_close(a);

	make_state("now", "whole");
	drop("now", pack(2));
	a = enter("now", true, NULL);
	ok(a != NULL, "a pack before the position is not opened");
	ms_archive_close(a);
	drop("now", "index");
	expect_damage("now", "00000002.pack: is missing", "no second pack");
	drop("now", pack(1));
	expect_damage("now", "00000001.pack: is missing", "no first pack");

	make_state("now", "whole");
	drop("now", "pack");
	make_state("now/pack", "first/tmp");
	drop("now", "index");
	expect_damage("now", "00000001.pack: is missing", "no pack at all");

	make_state("now", "whole");
	drop("now", pack(packs));
	expect_damage("now", "a pack is missing", "the last pack is missing");

	make_state("now", "whole");
	cut("now", pack(packs), size_of("now", pack(packs)) - 1);
	expect_damage("now", "a pack is shorter", "a pack that was cut");

	make_state("now", "whole");
	spoil("now", pack(2), 3000);
	drop("now", "index");
	expect_damage("now", "not an interrupted write", "damage of a pack");

	path_of(path, "now", "");
	put_into("now", "first", "index");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, NULL) == 0,
	    "a reader reads what was indexed before the damage");
	ms_archive_close(a);
	expect_damage("now", "checksum", "a writer");

	make_state("now", "whole");
	cut("now", pack(packs - 2), MS_PACK_HEADER + 200);
	drop("now", "index");
	expect_damage("now", "not an interrupted write", "a pack lost its end");
	drop("now", pack(packs - 1));
	snprintf(says, sizeof(says), "%08u.pack: is missing", packs - 1);
	expect_damage("now", says, "and the next one is missing");
}

/* ---- packs of another archive or of a copy that went on in another way ----
 */

/* A new archive. */
static void
make_new(const char *state)
{
	char path[2 * PATH];
	struct ms_err err = {0};

	drop("", state);
	path_of(path, state, "");
	ok(ms_archive_init(path, "alice", &err) == 0, "a new archive: %s",
	    err.msg);
}

/* Of `first`: with other messages after it, in at least two packs. */
static unsigned
make_other(const char *subject)
{
	struct ms_archive *a;
	unsigned n;

	make_state("other", "first");
	a = enter("other", true, NULL);
	n = a->tail->header.number;
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Other", NULL, false);
	store_large("9/1", subject, 5);
	store_large("9/2", "large 6", 6);
	store_large("9/3", "large 7", 7);
	ok(ms_ingest_finish(in, NULL) == 0 && a->tail->header.number > n,
	    "a copy goes on in another way");
	ms_archive_close(a);
	return n;
}

static void
foreign(void)
{
	unsigned n;

	make_new("new");
	make_state("now", "whole");
	drop("now", pack(1));
	put_into("now", "new", "pack/" PACK);
	drop("now", "index");
	expect_damage(
	    "now", "belongs to another archive", "a pack of another archive");
	make_new("now");
	put_into("now", "new", "pack/" PACK);
	expect_damage("now", "another archive", "the same with an index");
	make_new("now");
	ms_archive_close(enter("new", true, NULL));
	put_into("now", "new", "index");
	expect_damage("now", "another archive", "an index of another archive");

	make_other("LARGE 5");
	make_state("now", "other");
	n = make_other("large 5");
	drop("now", pack(n + 1));
	put_into("now", "other", pack_in("other", n + 1));
	drop("now", "index");
	expect_damage("now", "does not continue the pack before",
	    "a pack with the same numbers");
	make_state("now", "whole");
	put_into("now", "other", "index");
	expect_damage("now", "other packs", "an index of the other copy");
	make_state("now", "whole");
	drop("now", pack(n + 1));
	put_into("now", "other", pack_in("other", n + 1));
	drop("now", "index");
	expect_damage("now", "does not continue the pack before",
	    "a pack of the other copy");
}

/* ---- FORMAT, and parts that are missing ---- */

static void
write_format(const char *text, size_t n)
{
	char path[2 * PATH];
	FILE *f;

	path_of(path, "now", "FORMAT");
	f = fopen(path, "w");
	ok(f != NULL && fwrite(text, 1, n, f) == n && fclose(f) == 0,
	    "FORMAT is written");
}

static void
formats(const unsigned char id[MS_ID_LEN])
{
	static const struct {
		const char *text;         /* @: the id */
		const char *read, *write; /* errors; NULL: none */
	} rows[] = {
	    {"ms-archive 1\nid @\n", NULL, NULL},
	    {"ms-archive 1\nid @\nnote x\n", NULL, NULL},
	    {"ms-archive 1\nid @\nwrite x\n", NULL, "newer version"},
	    {"ms-archive 1\nid @\nread x\n", "newer version", "newer version"},
	    {"ms-archive 1\nwrite x\nid @\n", NULL, "newer version"},
	    {"ms-archive 2\nid @\n", "unknown format", "unknown format"},
	    {"id @\nms-archive 1\n", "unknown format", "unknown format"},
	    {"ms-archive 1\nid @", "no end", "no end"},
	    {"ms-archive 1\nid 00\n", "no archive id", "no archive id"},
	    {"ms-archive 1\n", "no archive id", "no archive id"},
	    {"", "no archive id", "no archive id"},
	};
	char hex[2 * MS_ID_LEN + 1], text[256], path[2 * PATH];
	struct ms_archive *a;
	struct ms_err err;
	size_t i;
	int mode, rc;

	ms_hex(id, MS_ID_LEN, hex);
	make_state("now", "whole");
	path_of(path, "now", "");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strchr(rows[i].text, '@');

		if (at == NULL)
			snprintf(text, sizeof(text), "%s", rows[i].text);
		else
			snprintf(text, sizeof(text), "%.*s%s%s",
			    (int)(at - rows[i].text), rows[i].text, hex,
			    at + 1);
		write_format(text, strlen(text));
		for (mode = MS_ARCHIVE_READ; mode <= MS_ARCHIVE_WRITE; mode++) {
			const char *says = mode == MS_ARCHIVE_READ
					       ? rows[i].read
					       : rows[i].write;

			a = NULL;
			err = (struct ms_err){0};
			rc = ms_archive_open(
			    &a, path, (enum ms_archive_mode)mode, &err);
			ok(says == NULL ? rc == 0
					: rc < 0 && err.code == MS_DATA &&
					      strstr(err.msg, says) != NULL,
			    "FORMAT %zu: %s", i, err.msg);
			if (rc == 0)
				ms_archive_close(a);
		}
	}
	snprintf(text, sizeof(text), "ms-archive 1\nid %s\n", hex);
	write_format(text, strlen(text));
	a = enter("now", true, NULL);
	snprintf(text, sizeof(text), "ms-archive 1\nid %s\nwrite x\n", hex);
	write_format(text, strlen(text));
	err = (struct ms_err){0};
	ok(a != NULL && ms_archive_catch_up(a, true, &err) < 0 &&
		strstr(err.msg, "newer version") != NULL,
	    "FORMAT changes while an archive is open: %s", err.msg);
	ms_archive_close(a);
	snprintf(text, sizeof(text), "ms-archive 1\nid %s\n", hex);
	write_format(text, strlen(text) + 1);
	expect_damage("now", "NUL", "a NUL byte in FORMAT");
}

static void
parts(void)
{
	/* The first two are created again: backups leave out what is empty. */
	static const char *const names[] = {"lock", "tmp", "pack", "FORMAT"};
	struct ms_archive *a = NULL;
	struct stat before = {0}, after;
	struct ms_err err = {0};
	char path[2 * PATH], file[2 * PATH];
	size_t i;

	path_of(path, "now", "");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make_state("now", "whole");
		drop("now", names[i]);
		if (i < 2) {
			ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, &err) ==
				0,
			    "no %s: created: %s", names[i], err.msg);
			ms_archive_close(a);
			path_of(file, "now", names[i]);
			ok(stat(file, &after) == 0 &&
				(after.st_mode & 0777) ==
				    (i == 0 ? 0600 : 0700),
			    "it is private");
			continue;
		}
		ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, &err) < 0 &&
			err.code == MS_NOINPUT,
		    "no %s: %s", names[i], err.msg);
	}
	/* An index that another process has built. */
	make_state("now", "whole");
	drop("now", "index");
	ok(ms_archive_open_log(&a, path, MS_ARCHIVE_WRITE, NULL) == 0,
	    "an archive without an index");
	ms_archive_close(enter("now", true, NULL));
	path_of(path, "now", "index/data.mdb");
	stat(path, &before);
	ok(ms_archive_lock(a, true, NULL) == 1 &&
		ms_archive_catch_up(a, true, &err) == 0 && a->ix != NULL,
	    "  has an index now");
	ok(stat(path, &after) == 0 && after.st_ino == before.st_ino,
	    "  this index is used");
	ms_archive_close(a);
}

/* ---- while another process has the lock ---- */

static void
expect_locked(const char *says, const char *name)
{
	struct ms_archive *a = NULL, *holder = NULL;
	struct ms_err err = {0};
	char path[2 * PATH];
	int rc;

	path_of(path, "now", "");
	ok(ms_archive_open_log(&holder, path, MS_ARCHIVE_WRITE, NULL) == 0 &&
		ms_archive_lock(holder, true, NULL) == 1,
	    "the lock is taken");
	rc = ms_archive_open(&a, path, MS_ARCHIVE_WRITE, &err);
	ok(says == NULL ? rc == 0
			: rc < 0 && err.code == MS_DATA &&
			      strstr(err.msg, says) != NULL,
	    "%s: %s", name, err.msg);
	if (rc == 0)
		ms_archive_close(a);
	ms_archive_close(holder);
}

static void
locked(void)
{
	make_state("now", "whole");
	expect_locked(NULL, "a sound archive");
	make_state("now", "regrouped");
	put_into("now", "whole", "index");
	expect_locked(NULL, "a regrouped pack");
	make_state("now", "whole");
	put_into("now", "other", "index");
	expect_locked("other packs", "an index of the other copy");
	make_state("now", "other");
	put_into("now", "whole", "index");
	expect_locked("other packs", "packs of the other copy");
	make_state("now", "whole");
	drop("now", pack(packs));
	expect_locked("a pack is missing", "no last pack");
	make_new("now");
	ms_archive_close(enter("now", true, NULL));
	put_into("now", "new", "pack/" PACK);
	expect_locked("another archive", "a pack of another archive");
}

/* ---- generations ---- */

/* A process has regrouped the pack while a reader had the archive open, and
 * ended before it wrote the index. */
static void
read_regrouped(bool message)
{
	struct ms_archive *a = NULL, *b = NULL;
	struct ms_buf out = {0};
	struct ms_err err = {0};
	char path[2 * PATH];
	int rc;

	make_state("now", "whole");
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, NULL) == 0, "a reader");
	put_into("now", "regrouped", pack_in("regrouped", packs));
	drop("now", pack(packs));
	rc = message ? ms_archive_check(a, large, large_id, &err)
		     : ms_archive_content(
			   a, end_of_log.next - 1, MS_COMMIT, &out, &err);
	ok(rc == 0, "follows a pack that was regrouped: %s", err.msg);
	ok(ms_archive_open_log(&b, path, MS_ARCHIVE_WRITE, NULL) == 0 &&
		ms_archive_lock(b, false, NULL) == 1,
	    "  the lock is released");
	ms_archive_close(b);
	ms_archive_close(a);
	ms_buf_release(&out);
}

/* A pack is gone while a reader has the archive open. */
static void
read_gone(enum ms_archive_mode mode, bool message)
{
	struct ms_archive *a = NULL;
	struct ms_buf out = {0};
	struct ms_err err = {0};
	char path[2 * PATH];
	unsigned i;
	int rc;

	make_state("now", "whole");
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, mode, NULL) == 0, "an open archive");
	for (i = 1; i <= packs; i++)
		drop("now", pack(i));
	rc = message ? ms_archive_check(a, large, large_id, &err)
		     : ms_archive_content(
			   a, end_of_log.next - 1, MS_COMMIT, &out, &err);
	ok(rc < 0 && err.code == MS_DATA && strstr(err.msg, "is missing"),
	    "the packs are gone: %s", err.msg);
	ms_archive_close(a);
}

/* The pack with the BLOBs of a message is gone, but not that with its MESSAGE.
 */
static void
read_gone_blobs(void)
{
	struct ms_archive *a = NULL;
	uint64_t number = 0, size = 0;
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1], path[2 * PATH];
	struct ms_buf text = {0};
	struct ms_err err = {0};
	unsigned i;

	make_state("now", "whole");
	a = enter("now", true, NULL);
	ms_archive_unlock(a);
	a->seal_bytes = 1;
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Again", NULL, false);
	store_large("7/1", "again 1", 1);
	ok(ms_ingest_finish(in, NULL) == 0 && a->tail->header.number > packs,
	    "a message with the BLOBs of another one");
	large_text(&text, "again 1", 1);
	ms_sha256(text.p, text.n, id);
	ms_buf_release(&text);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_find(a, hex, &number, 1, NULL) == 1, "  is found");
	ms_archive_close(a);
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, NULL) == 0, "a reader");
	for (i = 1; i <= packs; i++)
		drop("now", pack(i));
	ok(ms_archive_identity(a, number, id, &size, NULL) == 0,
	    "its MESSAGE is there");
	ok(ms_archive_check(a, number, id, &err) < 0 && err.code == MS_DATA &&
		strstr(err.msg, "is missing") != NULL,
	    "  but not its BLOBs: %s", err.msg);
	ms_archive_close(a);
}

/* A pack gets shorter while a reader has the archive open. */
static void
read_cut(void)
{
	struct ms_archive *a = NULL;
	struct ms_buf out = {0};
	struct ms_err err = {0};
	char path[2 * PATH];

	make_state("now", "whole");
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, NULL) == 0, "a reader");
	cut("now", pack(packs), MS_PACK_HEADER);
	ok(ms_archive_content(a, end_of_log.next - 1, MS_COMMIT, &out, &err) <
		    0 &&
		err.code == MS_DATA &&
		strstr(err.msg, "ends before offset") != NULL,
	    "a pack is cut meanwhile: %s", err.msg);
	ms_archive_close(a);
	ms_buf_release(&out);
}

/* Regroups the last pack of a state; returns its number. */
static unsigned
regroup(const char *state)
{
	struct ms_err err = {0};
	struct ms_archive *a = enter(state, true, NULL);
	unsigned n = a->tail->header.number;

	a->seal_bytes = 1;
	ok(ms_archive_seal(a, &err) == 0 && a->tail->header.generation == 1,
	    "the last pack of %s is regrouped: %s", state, err.msg);
	ms_archive_close(a);
	return n;
}

/* The packs of `first`, `longer` and `other` are equal up to a batch of the
 * last pack of `first`, which was regrouped. */
static void
other_generations(void)
{
	struct ms_archive *a;
	struct ms_err err = {0};
	char path[2 * PATH];
	unsigned n, i;

	for (i = 0; i < 2; i++) {
		make_state("longer", "first");
		a = enter("longer", true, NULL);
		a->seal_bytes = UINT64_MAX;
		in = ms_ingest_new(a, 1, store_result, NULL);
		dest =
		    ms_ingest_dest(in, "alice", SOURCE, "Other", NULL, false);
		store("9/1", i == 0 ? "Subject: a\n\n" : "Subject: b\n\n");
		ok(ms_ingest_finish(in, NULL) == 0, "a longer archive");
		ms_archive_close(a);
		if (i == 0)
			make_state("other", "longer");
	}
	make_state("shorter", "first");
	n = regroup("shorter");
	/* Its blocks are as long, so a reader has to compare the chain. */
	make_state("now", "longer");
	put_into("now", "other", pack_in("other", n));
	path_of(path, "now", "");
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, &err) < 0 &&
		err.code == MS_DATA && strstr(err.msg, "another chain"),
	    "a pack of the other copy: %s", err.msg);
	make_state("now", "longer");
	put_into("now", "shorter", pack_in("shorter", n));
	expect_damage("now", "a pack is shorter", "a shorter generation");
	ok(regroup("other") == n, "the same pack");
	make_state("now", "longer");
	put_into("now", "other", pack_in("other", n));
	expect_damage("now", "another chain", "a generation of the other copy");
	expect_locked("another chain", "the same while a process writes");
	spoil("now", pack_in("now", n), 20);
	expect_damage("now", "header is damaged", "and its header is damaged");
}

/* When a pack is full. */
static void
full(void)
{
	static const struct {
		int bytes, blocks; /* more than the pack has */
		bool sealed;
	} rows[] = {{1, 1, false}, {0, 1, true}, {1, 0, true}, {-1, -1, true}};
	struct ms_archive *a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_state("now", "whole");
		a = enter("now", true, NULL);
		a->seal_bytes = a->checked.end + (uint64_t)rows[i].bytes;
		a->seal_blocks = a->checked.blocks + (uint64_t)rows[i].blocks;
		ok(ms_archive_seal(a, NULL) == 0 &&
			(ms_pack_closed(a->tail, NULL) == 1) == rows[i].sealed,
		    "a pack that lacks %d bytes and %d blocks", rows[i].bytes,
		    rows[i].blocks);
		ms_archive_close(a);
	}
}

/* ---- small blocks ---- */

/* The stored bytes of a pack, and those in blocks with less than 256 KiB. */
static uint64_t
count_small(struct ms_archive *a, uint64_t *total)
{
	uint64_t at = MS_PACK_HEADER, small_bytes = 0;
	struct ms_block_header h;

	*total = 0;
	while (
	    ms_pack_next_header(a->tail, &at, a->checked.end, &h, NULL) == 1) {
		*total += h.stored;
		if (h.payload < 256 * 1024)
			small_bytes += h.stored;
		at += ms_block_length(&h);
	}
	return small_bytes;
}

static void
store_random(struct ms_archive *a, size_t n)
{
	struct ms_buf text = {0};
	static unsigned seed;

	ms_buf_printf(&text, "Subject: %zu\r\n\r\n", n);
	while (text.n < n) {
		seed = seed * 1103515245 + 12345;
		ms_buf_printf(&text, "%04x%s", seed >> 16,
		    text.n % 80 > 74 ? "\r\n" : "");
	}
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store(NULL, ms_buf_str(&text));
	ok(ms_ingest_finish(in, NULL) == 0, "%zu bytes", text.n);
	ms_buf_release(&text);
}

/* A full pack is regrouped if more than a tenth of it is in small blocks. */
static void
full_of_small_blocks(void)
{
	static const struct {
		unsigned least, most; /* of 1000 bytes in small blocks */
		bool regrouped;
	} rows[] = {{91, 99, false}, {101, 111, true}};
	struct ms_archive *a;
	uint64_t part, total;
	char path[2 * PATH];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		path_of(path, "small", "");
		scratch_remove(path);
		ms_archive_init(path, "alice", NULL);
		a = enter("small", true, NULL);
		ms_archive_unlock(a);
		a->seal_bytes = UINT64_MAX;
		store_random(a, 800000);
		while ((part = count_small(a, &total)) * 1000 <
		       total * rows[i].least)
			store_random(a, 1000);
		ms_archive_lock(a, true, NULL);
		a->seal_bytes = 1;
		ok(part * 1000 <= total * rows[i].most &&
			ms_archive_seal(a, NULL) == 0 &&
			ms_pack_closed(a->tail, NULL) == 1 &&
			a->tail->header.generation == rows[i].regrouped,
		    "%llu of %llu bytes are in small blocks",
		    (unsigned long long)part, (unsigned long long)total);
		ms_archive_close(a);
	}
}

/* A large state must be an eighth of the pack at most, unless the pack has as
 * many blocks as a pack can have. */
static void
full_of_state(void)
{
	static const struct {
		uint64_t end, state, blocks;
		bool sealed;
	} rows[] = {
	    {524288, 65536, 5, true},
	    {8 * 65536 + 7, 65537, 5, false},
	    {8 * 65537, 65537, 5, true},
	    {600000, 75000, 5, true},
	    {599999, 75000, 5, false},
	    {599999, 75000, MS_PACK_BLOCKS_MAX, true},
	    {599999, 75000, MS_PACK_BLOCKS_MAX - 1, false},
	};
	struct ms_archive *a;
	struct ms_position end;
	bool sealed;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_state("now", "whole");
		a = enter("now", true, NULL);
		end = a->checked;
		a->seal_bytes = 1;
		a->tail->header.state = rows[i].state;
		a->checked.end = rows[i].end;
		a->checked.blocks = rows[i].blocks;
		/* A pack that is full is not as long as that. */
		sealed = ms_archive_seal(a, NULL) != 0 ||
			 ms_pack_closed(a->tail, NULL) != 0;
		ok(sealed == rows[i].sealed,
		    "%u of %u bytes are state, in %u blocks",
		    (unsigned)rows[i].state, (unsigned)rows[i].end,
		    (unsigned)rows[i].blocks);
		a->checked = end;
		ms_archive_close(a);
	}
}

/* A pack whose header is damaged cannot be written again. */
static void
full_and_damaged(void)
{
	struct ms_archive *a;
	struct ms_err err = {0};

	make_state("now", "whole");
	spoil("now", pack(packs), 20);
	a = enter("now", true, &err);
	ok(a != NULL, "a pack with a damaged header: %s", err.msg);
	if (a == NULL)
		return;
	a->seal_bytes = 1;
	ok(ms_archive_seal(a, &err) == 0 && a->tail->header.generation == 0 &&
		ms_pack_closed(a->tail, NULL) == 1,
	    "  is sealed as it is: %s", err.msg);
	ms_archive_close(a);
}

static void
generations(void)
{
	struct ms_archive *a;
	struct ms_buf out = {0};
	struct ms_err err = {0};
	char path[2 * PATH], old[2 * PATH];

	make_state("regrouped", "whole");
	regroup("regrouped");
	make_state("now", "whole");
	put_into("now", "regrouped", pack_in("regrouped", packs));
	expect_whole("now", "a pack that was regrouped");
	ok(size_of("now", pack(packs)) == -1, "its old generation is deleted");

	make_state("now", "whole");
	put_into("now", "regrouped", pack_in("regrouped", packs));
	spoil("now", pack_in("regrouped", packs), -1);
	expect_whole("now", "a regrouped pack without a trailer");
	ok(size_of("now", pack(packs)) > 0, "its old generation is kept");

	make_state("now", "whole");
	a = enter("now", true, NULL);
	put_into("now", "regrouped", pack_in("regrouped", packs));
	ok(ms_archive_catch_up(a, true, &err) == 0 &&
		a->tail->header.generation == 1,
	    "another process has regrouped a pack: %s", err.msg);
	ok(size_of("now", pack(packs)) == -1, "its old generation is deleted");
	ok(show_all(a, &out) == 0 &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&out)),
	    "all mail is there");
	ms_archive_close(a);

	if (strcmp(pack(1), "pack/" PACK) != 0) {
		make_state("now", "whole");
		path_of(path, "now", pack(1));
		path_of(old, "now", "pack/" PACK);
		copy(path, old);
		expect_whole("now", "an old generation of the first pack");
		ok(size_of("now", "pack/" PACK) == -1 &&
			size_of("now", pack(1)) > 0,
		    "it is deleted");
	}

	read_regrouped(true);
	read_regrouped(false);

	read_gone(MS_ARCHIVE_READ, true);
	read_gone(MS_ARCHIVE_READ, false);
	read_gone(MS_ARCHIVE_WRITE, true);
	read_gone(MS_ARCHIVE_WRITE, false);
	read_gone_blobs();
	read_cut();
	other_generations();

	make_state("now", "whole");
	put_into("now", "regrouped", "index");
	expect_damage("now", "earlier generation", "a pack of an old copy");
	ms_buf_release(&out);
}

/* ---- an index that is built around damage ---- */

static struct ms_buf reports;

static void
report(void *ctx, const char *what)
{
	(void)ctx;
	ms_buf_printf(&reports, "%s\n", what);
}

static unsigned
    taken; /* objects that the last rebuild took from the old index */

static void
take(void *ctx, const char *what)
{
	(void)ctx;
	printf("# taken: %s\n", what);
	taken++;
}

/* Rebuilds the index of a state, which had the position of `whole` or none. */
static uint64_t
rebuild(const char *state, const struct ms_position *known)
{
	static const struct ms_damage_sink damage = {report, NULL};
	static const struct ms_damage_sink take_sink = {take, NULL};
	struct ms_archive *a;
	struct ms_err err = {0};
	uint64_t missing = UINT64_MAX;
	char path[2 * PATH];
	int rc = -1;

	ms_buf_clear(&reports);
	taken = 0;
	path_of(path, state, "");
	if (ms_archive_open_log(&a, path, MS_ARCHIVE_WRITE, &err) == 0) {
		if (ms_archive_lock(a, true, &err) == 1)
			rc = ms_archive_rebuild(
			    a, known, &damage, &take_sink, &missing, &err);
		ms_archive_close(a);
	}
	ok(rc == 0, "an index is rebuilt: %s", err.msg);
	return missing;
}

/* That many reports, the first one with this text. */
static void
expect_reports(const char *name, unsigned lines, const char *text)
{
	const char *s, *all = ms_buf_str(&reports);
	unsigned n = 0;

	for (s = all; *s != '\0'; s += strcspn(s, "\n") + 1, n++)
		printf("# %.*s\n", (int)strcspn(s, "\n"), s);
	ok(n == lines && strstr(all, text) != NULL, "%s: %u reports: %s", name,
	    n, text);
}

/* Is the end of the log, after a rebuild, that of the archive? What was taken
 * from the old index follows it. */
static void
expect_end(const char *name)
{
	struct ms_err err = {0};
	struct ms_archive *a = enter("now", true, &err);

	ok(a != NULL &&
		(taken > 0 ? a->checked.next > end_of_log.next
			   : a->checked.next == end_of_log.next &&
				 memcmp(a->checked.chain, end_of_log.chain,
				     MS_SHA_LEN) == 0),
	    "%s: the numbers of lost records are not used again: %s", name,
	    err.msg);
	ms_archive_close(a);
}

/* The number of occurrences of a state, and of messages that are not whole; and
 * does the log go on where the archive did? */
static void
expect_rest(const char *name, size_t lost, unsigned bad)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	struct ms_archive *a = enter("now", true, &err);
	size_t i, n = 0, all = 0;
	unsigned got = 0;

	if (a != NULL)
		got = show_all(a, &out);
	for (i = 0; i < out.n; i++)
		n += out.p[i] == ',';
	for (i = 0; i < want.n; i++)
		all += want.p[i] == ',';
	ok(a != NULL && n + lost == all && got == bad,
	    "%s: %zu occurrences, %u not whole: %s", name, n, got, err.msg);
	ms_archive_close(a);
	ms_buf_release(&out);
	expect_end(name);
}

static void
rebuilt(void)
{
	char name[32];

	make_state("now", "whole");
	ok(rebuild("now", &end_of_log) == 0, "nothing is missing");
	expect_reports("a sound archive", 0, "");
	expect_rest("a sound archive", 0, 0);

	make_state("now", "whole");
	drop("now", pack(2));
	rebuild("now", NULL);
	expect_reports("no second pack", 1, "00000002.pack: is missing");

	make_state("now", "whole");
	drop("now", pack(1));
	put_into("now", "new", "pack/" PACK);
	rebuild("now", NULL);
	expect_reports("a foreign pack", 1, "belongs to another archive");

	make_state("now", "whole");
	cut("now", pack(2), 10);
	rebuild("now", NULL);
	expect_reports("half a header", 1, pack(2) + strlen("pack/"));

	/* Packs at the end that are shorter than a header are moved away. */
	make_state("now", "whole");
	cut("now", pack(packs), MS_PACK_HEADER - 1);
	cut("now", pack(packs - 1), 0);
	rebuild("now", NULL);
	expect_reports("two short packs", 2, "shorter than its header");
	ok(size_of("now", pack(packs)) < 0 &&
		size_of("now", pack(packs - 1)) < 0,
	    "they are no packs any more");
	snprintf(name, sizeof(name), "tmp/torn-%u-0", packs);
	ok(size_of("now", name) == MS_PACK_HEADER - 1, "and they are kept");
	make_state("now", "whole");
	cut("now", pack(packs), MS_PACK_HEADER);
	rebuild("now", NULL);
	expect_reports("a pack of only a header", 0, "");
	ok(size_of("now", pack(packs)) >= MS_PACK_HEADER,
	    "is left where it is");

	make_state("now", "whole");
	drop("now", pack(packs));
	rebuild("now", &end_of_log);
	expect_reports("no last pack", 1, "is missing");
	ok(size_of("now", pack(packs)) < 0 &&
		size_of("now", pack(packs + 1)) > 0,
	    "its number is not used again");
	rebuild("now", NULL);
	expect_reports("no last pack, without that index", 1, "is missing");

	make_state("now", "whole");
	cut("now", pack(packs), MS_PACK_HEADER);
	rebuild("now", &end_of_log);
	expect_reports(
	    "a shorter pack", 1, "shorter than the position of the index");

	make_state("now", "whole");
	tear("now", pack(packs) + strlen("pack/"));
	rebuild("now", &end_of_log);
	expect_reports("an interrupted write", 0, "");
	expect_rest("an interrupted write", 0, 0);

	make_state("now", "whole");
	cut("now", pack(packs), size_of("now", pack(packs)) - 1);
	rebuild("now", &end_of_log);
	expect_reports("the last batch was indexed", 1, "cut off");
	rebuild("now", NULL);
	expect_reports("the last batch was not indexed", 0, "");

	make_state("now", "whole");
	spoil("now", pack(2), 20);
	rebuild("now", NULL);
	expect_reports("the header of a pack is damaged", 1, "expected");
	expect_rest("the header of a pack is damaged", 0, 0);

	make_state("now", "whole");
	spoil("now", pack(2), MS_PACK_HEADER + 20);
	ok(rebuild("now", NULL) == 1, "a message is not whole");
	expect_reports("the header of a block is damaged", 1, "block header");
	expect_rest("the header of a block is damaged", 0, 2);
}

/* The times of commits; those of a pack that is missing are unknown. */
static void
commit_times(void)
{
	struct ms_archive *a, *b;
	int64_t when = 0, before = 0;
	uint64_t n, end = end_of_log.next;
	int got, last = 1;
	unsigned known = 0, gaps = 0, bad = 0;

	make_state("now", "whole");
	drop("now", pack(2));
	rebuild("now", NULL);
	a = enter("whole", true, NULL);
	b = enter("now", true, NULL);
	for (n = 1; n < end; n++, last = got) {
		got = ms_archive_archived(b, n, &when, NULL);
		gaps += last == 1 && got == 0;
		known += got == 1;
		bad += ms_archive_archived(a, n, &before, NULL) != 1 ||
		       (got == 1 && when != before);
	}
	ok(bad == 0 && gaps == 1 && last == 1 && known < end - 1,
	    "%u of %u times are known", known, (unsigned)end - 1);
	for (n = end - 1; n > 0; n--)
		known -= ms_archive_archived(b, n, &when, NULL) == 1;
	ok(known == 0 && ms_archive_archived(a, end, &when, NULL) == 0,
	    "the same in the other order");
	ok(ms_archive_first_since(a, 0, &n, NULL) == 1 && n == 1,
	    "the first record since the beginning");
	ok(ms_archive_first_since(a, before, &n, NULL) == 1 && n < end,
	    "since a commit");
	ok(ms_archive_first_since(a, INT64_MAX, &n, NULL) == 0,
	    "since the future");
	ms_archive_close(a);
	ms_archive_close(b);
}

static void
damaged_end(void)
{
	make_state("now", "regrouped");
	spoil("now", pack_in("now", packs), MS_PACK_HEADER + 20);
	rebuild("now", NULL);
	expect_reports("a sealed pack ends in damage", 1, "block header");
	expect_end("a sealed pack ends in damage");

	drop("now", "index");
	expect_damage("now", "not an interrupted write", "the same");

	make_state("now", "whole");
	cut("now", pack(2), MS_PACK_HEADER + 200);
	rebuild("now", NULL);
	expect_reports("a pack ends in damage", 1, "cut off");
	expect_end("a pack ends in damage");

	make_state("now", "whole");
	spoil("now", pack(packs), -20);
	rebuild("now", &end_of_log);
	expect_reports("the last batch is damaged", 1, "checksum");
	expect_end("the last batch is damaged");
}

/* What is not whole is not found, so that it is fetched again. */
static void
not_whole(void)
{
	struct ms_stored_uid *uids = NULL;
	struct ms_archive *a, *open;
	struct ms_heads *h = NULL;
	struct ms_err err = {0};
	uint64_t n;
	size_t all = 0, left = 0, heads = 0;

	make_state("now", "whole");
	open = enter("now", true, NULL);
	ms_archive_unlock(open);
	ms_archive_places(open, work, 7, &uids, &all, NULL);
	free(uids);
	uids = NULL;
	ms_heads_open(&h, open, alice, NULL);
	heads = ms_heads_count(h);
	ms_heads_close(h);
	rebuild("now", NULL);
	ok(ms_archive_lock(open, true, &err) == 1 &&
		ms_archive_catch_up(open, true, &err) == 0,
	    "another process has rebuilt the index: %s", err.msg);
	ms_archive_unlock(open);

	spoil("now", pack(2), MS_PACK_HEADER + 20);
	rebuild("now", NULL);
	ok(ms_archive_lock(open, true, &err) == 1 &&
		ms_archive_catch_up(open, true, &err) < 0 &&
		err.code == MS_TEMP,
	    "another process has rebuilt it around damage: %s", err.msg);
	ms_archive_close(open);

	err = (struct ms_err){0};
	a = enter("now", true, &err);
	ok(a != NULL && ms_archive_places(a, work, 7, &uids, &left, &err) == 0,
	    "places: %s", err.msg);
	ok(left < all, "%zu of %zu places are left", left, all);
	ok(ms_archive_place(a, inbox, "7/6", &n, NULL) == 0,
	    "a place is not found");
	free(uids);
	ok(ms_heads_open(&h, a, alice, &err) == 0 &&
		ms_heads_count(h) == heads - 1,
	    "%zu of %zu messages are left", ms_heads_count(h), heads);
	ms_heads_close(h);
	ms_archive_close(a);
}

/* Damage that the index does not know: what is stored again can be read. */
static void
unnoticed(void)
{
	static const struct ms_damage_sink sink = {report, NULL};
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN];
	struct ms_archive *a;
	struct ms_heads *h = NULL;
	struct ms_err err = {0};
	uint64_t n = 0;
	off_t at;

	make_state("now", "whole");
	spoil("now", pack(packs - 1), MS_PACK_HEADER + 5000);
	a = enter("now", true, NULL);
	ok(a != NULL && ms_archive_check(a, large, large_id, &err) < 0,
	    "a BLOB is damaged: %s", err.msg);
	ms_archive_unlock(a);
	ms_buf_clear(&reports);
	ms_archive_report_damage(a, &sink);
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Again", NULL, false);
	store_large("7/1", "again 2", 2);
	ok(ms_ingest_finish(in, NULL) == 0, "another message with it comes");
	expect_reports("the block is read once", 1, "checksum");
	ok(ms_archive_check(a, large, large_id, &err) == 0,
	    "and it can be read: %s", err.msg);
	ms_archive_close(a);
	err = (struct ms_err){0};

	make_state("now", "whole");
	spoil("now", pack(packs), -20);
	a = enter("now", true, NULL);
	ok(a == NULL, "a writer refuses damage of the last batch");
	make_state("now", "whole");
	a = enter("now", true, NULL);
	for (at = MS_PACK_HEADER; at < size_of("now", pack(packs)); at += 50)
		spoil("now", pack(packs), at);
	ms_sha256("Subject: last\r\n\r\n", 17, head);
	ok(ms_archive_user(a, "bob", &n, NULL) == 1 &&
		ms_heads_open(&h, a, n, NULL) == 0 && ms_heads_count(h) > 0,
	    "headers");
	ok(ms_heads_find(h, head, 23, id, &n, &err) == 0 && err.code == MS_OK,
	    "a damaged header is not found: %s", err.msg);
	ms_heads_close(h);
	ms_archive_close(a);
}

/* The MESSAGE of two occurrences is missing: their id is read from them. */
static void
no_message(void)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	unsigned char id[MS_SHA_LEN];
	const struct ms_row *row;
	struct ms_archive *a;
	struct ms_walk *w;
	unsigned n = 0, whole_too = 0;
	struct ms_archive *open;
	struct ms_walk *meanwhile;
	struct ms_err err = {0};
	int got;

	make_state("now", "whole");
	open = enter("now", true, NULL);
	ms_archive_unlock(open);
	ok(ms_walk_open(&meanwhile, open, &all, NULL) == 0, "a walk begins");
	spoil("now", pack(1), MS_PACK_HEADER + 20);
	rebuild("now", NULL);
	while ((got = ms_walk_next(meanwhile, &row, &err)) == 1)
		n++;
	ok(got < 0 && err.code == MS_TEMP,
	    "and ends when the index is rebuilt around damage: %s", err.msg);
	ms_walk_close(meanwhile);
	ms_archive_close(open);

	n = 0;
	a = enter("now", true, NULL);
	ms_sha256("Subject: 1\r\n\r\nbody\r\n", 20, id);
	ok(a != NULL && ms_walk_open(&w, a, &all, NULL) == 0, "a walk");
	if (a == NULL)
		return;
	while (ms_walk_next(w, &row, NULL) == 1)
		if (memcmp(row->id, id, sizeof(id)) == 0 &&
		    (row->bits & MS_ROW_MISSING) != 0 && row->size == 0)
			n++;
		else
			whole_too += (row->bits & MS_ROW_MISSING) == 0;
	ok(n == 2, "%u occurrences without their MESSAGE", n);
	ok(whole_too > 0, "and %u with it", whole_too);
	ms_walk_close(w);
	ms_archive_close(a);
}

/* A message was moved from INBOX to Work. */
static void
moved(struct ms_archive *a)
{
	struct ms_buf found = {0};
	struct ms_row *r;
	uint64_t n = 0, left = 0, now = 0;

	ok(ms_archive_occurrences(a, small, &found, NULL) == 0 &&
		found.n == 3 * sizeof(*r) &&
		ms_archive_place(a, work, "7/9", &n, NULL) == 1,
	    "a message with three occurrences");
	for (r = (struct ms_row *)(void *)found.p;
	     found.n > 0 && r < (struct ms_row *)(void *)found.p + 3; r++) {
		if (r->folder == inbox)
			left = (r->bits & MS_ROW_MOVED) != 0 ? r->moved_to : 0;
		else if ((r->bits & MS_ROW_MOVED) == 0 && r->moved_to == 0)
			now++;
	}
	ok(left == n && now == 2, "was moved to the one in Work");
	ms_buf_release(&found);
}

int
main(void)
{
	struct ms_err err = {0};
	struct ms_archive *a;
	unsigned char id[MS_ID_LEN];

	setenv("MS_SEAL", "1800", 1);
	if (make_archive(keep_first)) {
		a = enter("whole", true, &err);
		packs = a->tail->header.number;
		end_of_log = a->checked;
		ok(show_all(a, &want) == 0 && packs >= 4, "%u packs", packs);
		moved(a);
		ok(ms_archive_check(a, large, large_id, NULL) == 0 &&
			a->locations.n == 2 * sizeof(struct ms_location),
		    "a message with two BLOBs");
		memcpy(id, a->id, sizeof(id));
		ms_archive_close(a);
		interrupted();
		damage();
		formats(id);
		parts();
		foreign();
		full();
		full_of_state();
		full_of_small_blocks();
		full_and_damaged();
		generations();
		locked();
		rebuilt();
		commit_times();
		damaged_end();
		not_whole();
		no_message();
		unnoticed();
	}
	ms_buf_release(&want);
	ms_buf_release(&reports);
	return end_states();
}
