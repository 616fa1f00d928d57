/*
 * archive-format.c - tests lib/archive/format.c and state.c: which FORMAT is
 * understood, how a feature is added, and the state with which a pack begins.
 */
#include "archive/impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest.h"
#include "scratch.h"
#include "stored.h"

static char dir[SCRATCH_MAX], format[SCRATCH_MAX + 8];

static void
write_format(const char *text, size_t n)
{
	FILE *f = fopen(format, "w");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		ok(false, "FORMAT is written");
}

static void
read_format(struct ms_buf *out)
{
	ms_buf_clear(out);
	if (ms_buf_read_file(out, format, 65536, NULL) < 0)
		ok(false, "FORMAT is read");
}

/* ---- what is understood ---- */

#define ID "id 000102030405060708090a0b0c0d0e0f\n"

static const struct row {
	const char *text;
	enum ms_code reads, writes; /* MS_OK, or how opening fails */
	const char *reason;
} rows[] = {
    {"ms-archive 1\n" ID, MS_OK, MS_OK, ""},
    {"ms-archive 1\n" ID "note state\n", MS_OK, MS_OK, ""},
    {"ms-archive 1\nnote x\n" ID, MS_OK, MS_OK, ""},
    {"ms-archive 1\n" ID "write x\n", MS_OK, MS_DATA,
	"'write x' needs a newer version"},
    {"ms-archive 1\n" ID "read x\n", MS_DATA, MS_DATA,
	"'read x' needs a newer version"},
    {"ms-archive 1\n" ID "writex\n", MS_DATA, MS_DATA, "'writex' needs"},
    {"ms-archive 1\n" ID "notes\n", MS_DATA, MS_DATA, "'notes' needs"},
    {"ms-archive 1\n" ID "\n", MS_DATA, MS_DATA, "'' needs"},
    {"ms-archive 1\n" ID "note x", MS_DATA, MS_DATA, "last line has no end"},
    {"ms-archive 1\n", MS_DATA, MS_DATA, "no archive id"},
    {"ms-archive 1\nid 0001\n", MS_DATA, MS_DATA, "no archive id"},
    {"ms-archive 1\nid what\n", MS_DATA, MS_DATA, "no archive id"},
    {"ms-archive 1\nid\n", MS_DATA, MS_DATA, "'id' needs"},
    {"ms-archive 2\n" ID, MS_DATA, MS_DATA, "unknown format 'ms-archive 2'"},
    {"ms-archive 10\n" ID, MS_DATA, MS_DATA, "unknown format"},
    {"note x\nms-archive 1\n" ID, MS_DATA, MS_DATA, "unknown format 'note x'"},
    {ID "ms-archive 1\n", MS_DATA, MS_DATA, "unknown format"},
    {"", MS_DATA, MS_DATA, "no archive id"},
};

static enum ms_code
try(enum ms_archive_mode mode, struct ms_err *err)
{
	struct ms_archive *a = NULL;

	*err = (struct ms_err){0};
	if (ms_archive_open_log(&a, dir, mode, err) < 0)
		return err->code;
	ms_archive_close(a);
	return MS_OK;
}

static void
check_reading(void)
{
	struct ms_err read, write;
	struct ms_buf text = {0};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_format(rows[i].text, strlen(rows[i].text));
		ok(try(MS_ARCHIVE_READ, &read) == rows[i].reads &&
			try(MS_ARCHIVE_WRITE, &write) == rows[i].writes &&
			strstr(write.msg, rows[i].reason) != NULL,
		    "FORMAT %zu: %s", i, write.msg);
	}
	write_format("ms-archive 1\n\0" ID, sizeof("ms-archive 1\n\0" ID) - 1);
	ok(try(MS_ARCHIVE_READ, &read) == MS_DATA &&
		strstr(read.msg, "NUL byte") != NULL,
	    "%s", read.msg);
	ms_buf_add_str(&text, "ms-archive 1\n" ID "note ");
	while (text.n < 65535)
		ms_buf_add_byte(&text, 'x');
	ms_buf_add_byte(&text, '\n');
	write_format((const char *)text.p, text.n);
	ok(try(MS_ARCHIVE_READ, &read) == MS_OK, "65536 bytes are read");
	ms_buf_add_str(&text, "note x\n");
	write_format((const char *)text.p, text.n);
	ok(try(MS_ARCHIVE_READ, &read) != MS_OK, "more are not: %s", read.msg);
	ms_buf_release(&text);
	unlink(format);
	ok(try(MS_ARCHIVE_READ, &read) == MS_NOINPUT &&
		strstr(read.msg, "ms-init makes one") != NULL,
	    "%s", read.msg);
	mkdir(format, 0700);
	ok(try(MS_ARCHIVE_READ, &read) != MS_OK, "%s", read.msg);
	rmdir(format);
}

/* ---- FORMAT changes while the archive is open ---- */

/* Replaces FORMAT; ns: the time of its last change. */
static void
replace_format(const char *text, long ns)
{
	struct timespec times[] = {{1000, ns}, {1000, ns}};

	write_format(text, strlen(text));
	utimensat(AT_FDCWD, format, times, 0);
}

static void
check_rereading(void)
{
	static const char plain[] = "ms-archive 1\n" ID;
	static const char newer[] = "ms-archive 1\n" ID "write x\n";
	static const char other[] =
	    "ms-archive 1\nid 100102030405060708090a0b0c0d0e0f\n";
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	replace_format(plain, 1);
	ok(ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, &err) == 0,
	    "open for writing: %s", err.msg);
	replace_format(newer, 1);
	ok(ms_archive_reread_format(a, &err) == 0,
	    "a FORMAT with the same time is not read again");
	replace_format(newer, 2);
	ok(ms_archive_reread_format(a, &err) < 0 && err.code == MS_DATA &&
		strstr(err.msg, "'write x' needs") != NULL,
	    "one of another time is: %s", err.msg);
	replace_format(newer, 0);
	ok(ms_archive_reread_format(a, &err) < 0,
	    "after a failure, any is read again");
	replace_format(plain, 3);
	ok(ms_archive_reread_format(a, &err) == 0, "the first one again");
	replace_format(newer, 3);
	ok(ms_archive_reread_format(a, &err) == 0, "  is now known");
	replace_format(other, 4);
	ok(ms_archive_reread_format(a, &err) < 0 && err.code == MS_DATA &&
		strstr(err.msg, "of another archive") != NULL,
	    "%s", err.msg);
	ms_archive_close(a);

	replace_format(plain, 5);
	ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, NULL);
	unlink(format);
	ok(ms_archive_reread_format(a, &err) < 0 && err.code == MS_NOINPUT,
	    "it is gone: %s", err.msg);
	ms_archive_close(a);
}

/* ---- a feature is added ---- */

static void
check_features(void)
{
	struct ms_archive *a = NULL;
	struct ms_buf text = {0};
	struct ms_err err = {0};
	struct stat before, after;

	replace_format("ms-archive 1\n" ID "note states\nnote a state\n", 1);
	ok(ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_add_feature(a, "note state", &err) == 0,
	    "a feature is added: %s", err.msg);
	read_format(&text);
	ok(strcmp(ms_buf_str(&text),
	       "ms-archive 1\n" ID
	       "note states\nnote a state\nnote state\n") == 0,
	    "after the other lines");
	ok(stat(format, &before) == 0 && (before.st_mode & 0777) == 0600,
	    "others cannot read it: %o", (unsigned)before.st_mode & 0777);
	ok(ms_archive_add_feature(a, "note state", &err) == 0 &&
		ms_archive_add_feature(a, "note states", &err) == 0 &&
		ms_archive_add_feature(a, "ms-archive 1", &err) == 0 &&
		stat(format, &after) == 0 && before.st_ino == after.st_ino,
	    "lines that are there are not added");
	ok(ms_archive_add_feature(a, "read all", &err) < 0 &&
		err.code == MS_DATA,
	    "the new FORMAT is read: %s", err.msg);
	unlink(format);
	ok(ms_archive_add_feature(a, "note state", &err) < 0 &&
		err.code == MS_NOINPUT,
	    "nothing is added where there is no FORMAT");
	ms_archive_close(a);
	ms_buf_release(&text);
}

/* ---- a large state ---- */

#define FOLDERS 9000
#define NAME_BYTES 300

static void
folder_name(unsigned i, char name[NAME_BYTES + 1])
{
	memset(name, 'x', NAME_BYTES);
	name[NAME_BYTES] = '\0';
	for (int k = 6; k >= 0; k--, i /= 10)
		name[k] = (char)('0' + i % 10);
}

/* Stores a message in folders from `first` to `last`. */
static void
store_in(struct ms_archive *a, unsigned first, unsigned last)
{
	char name[NAME_BYTES + 1];

	in = ms_ingest_new(a, 1, store_result, NULL);
	for (; first <= last; first++) {
		folder_name(first, name);
		dest = ms_ingest_dest(in, "alice", SOURCE, name, NULL, false);
		store("1/1", "Subject: x\r\n\r\n");
	}
	ok(ms_ingest_finish(in, NULL) == 0, "messages are stored");
}

/* The number of folders that an index built from the packs has; 0: a name is
 * wrong. */
static size_t
count_folders(struct ms_archive *a)
{
	const struct ms_folder **all = NULL;
	char name[NAME_BYTES + 1];
	size_t i, n = 0, good = 0;

	if (ms_archive_folders(a, &all, &n, NULL) < 0)
		return 0;
	for (i = 0; i < n; i++) {
		folder_name((unsigned)i, name);
		good += strcmp(all[i]->name, name) == 0 &&
			strcmp(all[i]->user_name, "alice") == 0 &&
			strcmp(all[i]->source_url, SOURCE) == 0;
	}
	free(all);
	return good == n ? n : 0;
}

static void
ignore(void *ctx, const char *what)
{
	(void)ctx;
	(void)what;
}

/* Builds the index again after the first pack is lost. */
static void
lose_pack(void)
{
	static const struct ms_damage_sink none = {ignore, NULL};
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	uint64_t missing = 0;

	unlinkat(fd, "pack/00000001.pack", 0);
	unlinkat(fd, "index/data.mdb", 0);
	close(fd);
	ok(ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_rebuild(a, NULL, &none, &none, &missing, &err) == 0,
	    "the first pack is lost: %s", err.msg);
	ms_archive_close(a);
}

/* A walk by date has a cursor for each folder. */
static size_t
count_rows(struct ms_archive *a)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	const struct ms_row *row;
	struct ms_walk *w;
	uint64_t last = 0;
	size_t n = 0;

	if (ms_walk_open(&w, a, &all, NULL) < 0)
		return 0;
	while (ms_walk_next(w, &row, NULL) == 1 && row->number > last) {
		last = row->number;
		n++;
	}
	ms_walk_close(w);
	return n;
}

static int
want_none(void *ctx, const struct ms_state_object *o, struct ms_err *err)
{
	(void)ctx;
	(void)o;
	(void)err;
	return 0;
}

/* If nothing of the state is wanted, no batch is written. */
static void
check_no_state(struct ms_archive *a)
{
	struct ms_state_filter none = {.want = want_none};
	struct ms_position pos = a->checked;
	uint64_t size = 0;

	ok(ms_archive_write_state(a->ix, &none, a->tail, &pos, NULL) == 0 &&
		memcmp(&pos, &a->checked, sizeof(pos)) == 0 &&
		ms_pack_size(a->tail, &size, NULL) == 0 && size == pos.end,
	    "no state is written");
}

/* The state fills several blocks. */
static void
check_state(void)
{
	struct ms_archive *a = NULL;
	struct ms_buf text = {0};
	struct ms_err err = {0};

	ok(ms_archive_init(dir, "alice", &err) == 0 &&
		ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive: %s", err.msg);
	if (a == NULL)
		return;
	store_in(a, 0, FOLDERS - 2);
	read_format(&text);
	ok(a->tail->header.number == 1 && a->tail->header.state == 0 &&
		strstr(ms_buf_str(&text), "note state") == NULL,
	    "it has one pack");
	a->seal_bytes = 100000;
	store_in(a, FOLDERS - 1, FOLDERS - 1);
	read_format(&text);
	ok(a->tail->header.number == 2 && a->tail->header.state > 0 &&
		strstr(ms_buf_str(&text), "\nnote state\n") != NULL,
	    "a second pack begins with the state, %llu bytes",
	    (unsigned long long)a->tail->header.state);
	ok(count_folders(a) == FOLDERS && count_rows(a) == FOLDERS,
	    "all folders are known");
	check_no_state(a);
	ms_archive_close(a);
	lose_pack();
	a = NULL;
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_READ, &err) == 0 &&
		count_folders(a) == FOLDERS,
	    "all folders are known from the second pack: %s", err.msg);
	ms_archive_close(a);
	ms_buf_release(&text);
}

/* ---- what the packs have lost ---- */

static void
note(void *ctx, const char *what)
{
	ms_buf_printf(ctx, "%s\n", what);
}

/* Changes a byte of each of these meta blocks, counted from 0. */
static void
spoil(const char *which)
{
	struct ms_pack_name name = {1, 0};
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	int packfd = openat(fd, "pack", O_RDONLY | O_DIRECTORY);
	uint64_t at = MS_PACK_HEADER, size = 0, spot;
	struct ms_block_header h;
	struct ms_pack *pk = NULL;
	char n = '0';

	ok(ms_pack_open(&pk, packfd, name, true, NULL) == 0 &&
		ms_pack_size(pk, &size, NULL) == 0,
	    "a pack is damaged");
	while (ms_pack_next_header(pk, &at, size, &h, NULL) == 1) {
		spot = at + ms_block_length(&h) - 1;
		at = spot + 1;
		if (h.kind == MS_BLOCK_META && strchr(which, n++) != NULL)
			ms_pack_write(
			    pk, spot, (const unsigned char *)"?", 1, NULL);
	}
	ms_pack_close(pk);
	close(packfd);
	close(fd);
}

/* Two batches with a message each in the folder "A" of a source. */
static void
store_two(void)
{
	struct ms_archive *a = NULL;

	ms_archive_init(dir, "alice", NULL);
	ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL);
	for (int i = 0; i < 2; i++) {
		in = ms_ingest_new(a, 1, store_result, NULL);
		dest = ms_ingest_dest(in, "alice", SOURCE, "A", "Label", false);
		store(i == 0 ? "1/1" : "1/2",
		    i == 0 ? "Subject: x\r\n\r\n" : "Subject: y\r\n\r\n");
		ok(ms_ingest_finish(in, NULL) == 0, "a message");
	}
	ms_archive_close(a);
}

/* The old index has what the packs have lost. */
static void
check_taken(void)
{
	struct ms_buf damage = {0}, taken = {0};
	const struct ms_damage_sink damaged = {note, &damage};
	const struct ms_damage_sink names = {note, &taken};
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	const struct ms_folder **all = NULL;
	uint64_t missing = UINT64_MAX;
	size_t n = 0;

	store_two();
	/* 0: the user; 1: a message; 2: source, folder, label. */
	spoil("02");
	ok(ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_rebuild(a, NULL, &damaged, &names, &missing, &err) ==
		    0 &&
		missing == 0,
	    "the index is built again: %s", err.msg);
	ms_archive_close(a);
	ok(strcmp(ms_buf_str(&taken),
	       "user 'alice' (number 2)\n"
	       "source 'imap://a@h/' (number 5)\n"
	       "folder 'A' (number 6)\nlabel 'Label'\n") == 0,
	    "taken from the old index: %s", ms_buf_str(&taken));
	a = NULL;
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_READ, &err) == 0 &&
		ms_archive_folders(a, &all, &n, &err) == 0 && n == 1 &&
		strcmp(all[0]->name, "A") == 0 &&
		strcmp(all[0]->user_name, "alice") == 0 &&
		strcmp(all[0]->source_url, SOURCE) == 0 &&
		strcmp(all[0]->label, "Label") == 0,
	    "the names are known: %s", err.msg);
	free(all);
	ms_archive_close(a);
	ms_buf_release(&damage);
	ms_buf_release(&taken);
}

/* Builds the index again, in a handle of this mode; `taken` receives what the
 * old index gives. */
static int
rebuild(enum ms_archive_mode mode, struct ms_buf *taken)
{
	const struct ms_damage_sink none = {ignore, NULL},
				    names = {note, taken};
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	uint64_t missing = 0;
	int rc = -1;

	if (ms_archive_open_log(&a, dir, mode, &err) == 0 &&
	    ms_archive_lock(a, true, &err) == 1)
		rc = ms_archive_rebuild(a, NULL, &none, &names, &missing, &err);
	ok(rc == 0, "the index is built again: %s", err.msg);
	ms_archive_close(a);
	return rc;
}

static void
drop_index(void)
{
	char path[SCRATCH_MAX + 16];

	snprintf(path, sizeof(path), "%s/index", dir);
	scratch_remove(path);
}

/* A version that may not write to the archive takes nothing. */
static void
check_not_taken(void)
{
	static const char feature[] = "write x\n";
	struct ms_buf taken = {0};
	FILE *f;

	store_two();
	f = fopen(format, "a");
	ok(f != NULL && fputs(feature, f) >= 0 && fclose(f) == 0,
	    "a feature that writers must know");
	spoil("0");
	ok(rebuild(MS_ARCHIVE_READ, &taken) == 0 && taken.n == 0,
	    "nothing is taken: %s", ms_buf_str(&taken));
	ms_buf_release(&taken);
}

/* The user was renamed, and another one has the first name. If the packs have
 * lost the new name, the event of the second user has no effect, and the old
 * index cannot change that. */
static void
check_no_effect(void)
{
	static const char rename[] = "{\"event\":\"user-set\",\"user\":2,"
				     "\"name\":\"anna\"}",
			  second[] = "{\"event\":\"user\",\"name\":"
				     "\"alice\"}";
	struct ms_buf taken = {0};
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	ms_archive_init(dir, "alice", NULL);
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) == 0 &&
		ms_archive_log_event(a, ms_slice_str(rename), &err) == 0 &&
		ms_archive_log_event(a, ms_slice_str(second), &err) == 0,
	    "two users: %s", err.msg);
	ms_archive_close(a);
	spoil("1");
	ok(rebuild(MS_ARCHIVE_WRITE, &taken) == 0 &&
		strcmp(ms_buf_str(&taken), "user 'anna' (number 2)\n") == 0,
	    "the first one is taken: %s", ms_buf_str(&taken));
	ms_buf_release(&taken);
}

/* ---- names that are lost ---- */

static const struct ms_folder *
only_folder(struct ms_archive *a)
{
	const struct ms_folder **all = NULL, *one = NULL;
	size_t n = 0;

	if (ms_archive_folders(a, &all, &n, NULL) == 0 && n == 1)
		one = all[0];
	free(all);
	return one;
}

static void
add_nameless(void *ctx, const char *what)
{
	ms_buf_printf(ctx, "%s;", what);
}

/* What is reported to have no name. */
static void
expect_nameless(struct ms_archive *a, const char *want)
{
	struct ms_buf got = {0};
	const struct ms_damage_sink sink = {add_nameless, &got};

	ok(ms_archive_nameless(a, &sink, NULL) == 0 &&
		strcmp(ms_buf_str(&got), want) == 0,
	    "  without a name: %s", ms_buf_str(&got));
	ms_buf_release(&got);
}

/* The record of the folder is lost, or that of its user. */
static void
check_lost(void)
{
	struct ms_buf taken = {0}, lost = {0};
	const struct ms_folder *f = NULL;
	struct ms_archive *a = NULL;
	uint64_t number = 0;

	store_two();
	ms_archive_open(&a, dir, MS_ARCHIVE_READ, NULL);
	ms_buf_add_str(&lost, "12345678");
	ok(ms_archive_lost_folders(a, &lost, NULL) == 0 && lost.n == 8,
	    "no folder is lost");
	f = only_folder(a);
	ok(f != NULL && !f->user_lost && !f->source_lost && f->labelled,
	    "nor are its names");
	expect_nameless(a, "");
	ms_archive_close(a);
	a = NULL;

	spoil("0");
	drop_index();
	rebuild(MS_ARCHIVE_WRITE, &taken);
	ms_archive_open(&a, dir, MS_ARCHIVE_READ, NULL);
	f = only_folder(a);
	ok(f != NULL && f->user_lost && strcmp(f->user_name, "?") == 0 &&
		!f->source_lost && strcmp(f->source_url, SOURCE) == 0,
	    "the user is lost");
	expect_nameless(a, "user number 2;");
	number = f != NULL ? f->number : 0;
	ms_archive_close(a);
	a = NULL;

	spoil("2");
	drop_index();
	rebuild(MS_ARCHIVE_WRITE, &taken);
	ms_archive_open(&a, dir, MS_ARCHIVE_READ, NULL);
	ok(ms_archive_lost_folders(a, &lost, NULL) == 0 &&
		lost.n == 8 + sizeof(number) &&
		memcmp(lost.p + 8, &number, sizeof(number)) == 0,
	    "the folder is lost");
	ok(ms_archive_folder_get(a, number, &f, NULL) == 0 &&
		only_folder(a) == NULL,
	    "  it has no names");
	expect_nameless(a, "folder number 6;");
	ms_archive_close(a);
	ms_buf_release(&taken);
	ms_buf_release(&lost);
}

/* ---- a move to a message that is lost ---- */

/* Stores the message at a place; from: it was moved from this folder. */
static void
store_at(struct ms_archive *a, const char *folder, const char *from)
{
	static const char text[] = "Subject: x\r\n\r\n";
	struct ms_spec spec = {.where = folder, .from = from};

	in = ms_ingest_new(a, 1, store_result, NULL);
	spec.dest = ms_ingest_dest(in, "alice", SOURCE, folder, NULL, false);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)text, strlen(text), NULL);
	ms_ingest_end(in, NULL);
	ok(ms_ingest_finish(in, NULL) == 0, "a message");
}

static void
expect_moved(bool moved, size_t count)
{
	static const struct ms_select all = {.order = MS_BY_FOLDER};
	struct ms_archive *a = NULL;
	const struct ms_row *row;
	struct ms_walk *w;
	size_t n = 0;

	ms_archive_open(&a, dir, MS_ARCHIVE_READ, NULL);
	if (a == NULL || ms_walk_open(&w, a, &all, NULL) < 0) {
		ok(false, "a walk");
		return;
	}
	while (ms_walk_next(w, &row, NULL) == 1)
		if (n++ == 0)
			ok(((row->bits & MS_ROW_MOVED) != 0) == moved &&
				(row->moved_to != 0) == moved &&
				(row->moved_at != 0) == moved,
			    "the first one %s", moved ? "was moved" : "stays");
	ok(n == count, "%zu occurrences", n);
	ms_walk_close(w);
	ms_archive_close(a);
}

static void
check_lost_target(void)
{
	struct ms_archive *a = NULL;
	struct ms_buf taken = {0};

	ms_archive_init(dir, "alice", NULL);
	ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL);
	store_at(a, "A", NULL);
	store_at(a, "B", NULL);
	store_at(a, "B", "A");
	ms_archive_close(a);
	expect_moved(true, 2);
	/* 0: the user; 1: the message; 2: folder A; 3: folder B. */
	spoil("3");
	drop_index();
	rebuild(MS_ARCHIVE_WRITE, &taken);
	expect_moved(false, 1);
	ms_buf_release(&taken);
}

static void
with_folder(void (*test)(void))
{
	scratch_make(dir);
	snprintf(format, sizeof(format), "%s/FORMAT", dir);
	test();
	scratch_remove(dir);
}

static void
check_format(void)
{
	ms_archive_init(dir, "alice", NULL);
	check_reading();
	check_rereading();
	check_features();
}

int
main(void)
{
	with_folder(check_format);
	with_folder(check_state);
	with_folder(check_taken);
	with_folder(check_not_taken);
	with_folder(check_no_effect);
	with_folder(check_lost);
	with_folder(check_lost_target);
	return done();
}
