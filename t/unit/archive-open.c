/*
 * archive-open.c - tests lib/archive/archive.c and init.c: parts of an archive
 * that are missing or something else, what a new archive may find, and when a
 * pack is full. ms-archive(5), Directory tree.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive-writer.h"
#include "scratch.h"
#include "stored.h"

static char dir[SCRATCH_MAX], archive[SCRATCH_MAX + 8];

/* ---- creation ---- */

/* Makes what the words name: "lock" a file, "pack/" a folder. */
static void
make_parts(const char *root, const char *words)
{
	char path[SCRATCH_MAX + 64], word[32];
	size_t n;

	mkdir(root, 0700);
	for (; *words != '\0'; words += n + strspn(words + n, " ")) {
		n = strcspn(words, " ");
		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		snprintf(path, sizeof(path), "%s/%s", root, word);
		if (word[n - 1] == '/')
			mkdir(path, 0700);
		else
			close(open(path, O_WRONLY | O_CREAT, 0600));
	}
}

static void
creation(void)
{
	static const struct {
		const char *parts; /* what the folder has */
		enum ms_code code;
		const char *says;
	} rows[] = {
	    {"", MS_OK, ""},
	    {"lock", MS_OK, ""},
	    {"lock pack/ secret/ tmp/ index/", MS_OK, ""},
	    {"lock pack/ pack/00000001.pack", MS_OK, ""},
	    {"lock FORMAT", MS_EXISTS, "there is an archive already"},
	    {"lock/", MS_IO, "/lock"},
	    {"lock pack", MS_NOINPUT, "/pack"},
	    {"lock secret", MS_NOINPUT, "/secret"},
	    {"lock tmp", MS_NOINPUT, "/tmp"},
	    {"lock pack/ pack/00000001.pack/", MS_IO, "pack/00000001.pack"},
	};
	struct ms_archive *a;
	struct ms_err err;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_parts(archive, rows[i].parts);
		err = (struct ms_err){0};
		rc = ms_archive_init(archive, "alice", &err);
		ok(rows[i].code == MS_OK
			? rc == 0
			: rc < 0 && err.code == rows[i].code &&
			      strstr(err.msg, rows[i].says) != NULL,
		    "a folder with '%s': %s", rows[i].parts, err.msg);
		a = NULL;
		ok((ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, NULL) ==
		       0) == (rc == 0),
		    "  an archive can be opened, or not");
		ms_archive_close(a);
		scratch_remove(archive);
	}
	make_parts(dir, "file");
	snprintf(archive, sizeof(archive), "%s/file", dir);
	ok(ms_archive_init(archive, "alice", &err) < 0 &&
		err.code == MS_NOINPUT,
	    "a file: %s", err.msg);
	snprintf(archive, sizeof(archive), "%s/no/a", dir);
	ok(ms_archive_init(archive, "alice", &err) < 0 &&
		err.code == MS_NOINPUT,
	    "a folder that cannot be made: %s", err.msg);
	snprintf(archive, sizeof(archive), "%s/a", dir);
	ok(ms_archive_init(archive, "a/b", &err) < 0 && err.code == MS_USAGE &&
		access(archive, F_OK) < 0,
	    "an invalid user: %s", err.msg);
}

/* A folder that could not become an archive is removed again, if it is new. */
static void
failed_creation(void)
{
	struct ms_err err = {0};

	make_parts(archive, "lock pack/ pack/00000001.pack/");
	ok(ms_archive_init(archive, "alice", &err) < 0 &&
		access(archive, F_OK) == 0,
	    "a folder that was there remains");
	scratch_remove(archive);
}

/* ---- opening ---- */

static void
change(const char *name, const char *how)
{
	char path[SCRATCH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", archive, name);
	scratch_remove(path);
	if (strcmp(how, "folder") == 0)
		mkdir(path, 0700);
	else if (strcmp(how, "file") == 0)
		close(open(path, O_WRONLY | O_CREAT, 0600));
	else if (strcmp(how, "link") == 0 && symlink("/dev/null", path) < 0)
		ok(false, "a link");
}

/* A part that is something else. No link is followed. */
static void
opening(void)
{
	static const struct {
		const char *name, *how;
		enum ms_code reads, writes;
	} rows[] = {
	    {"lock", "folder", MS_OK, MS_IO},
	    {"lock", "link", MS_OK, MS_IO},
	    {"tmp", "file", MS_NOINPUT, MS_NOINPUT},
	    {"tmp", "link", MS_NOINPUT, MS_NOINPUT},
	    {"pack", "file", MS_NOINPUT, MS_NOINPUT},
	    {"pack", "link", MS_NOINPUT, MS_NOINPUT},
	    {"FORMAT", "folder", MS_IO, MS_IO},
	    {"FORMAT", "link", MS_IO, MS_IO},
	};
	struct ms_archive *a = NULL;
	struct ms_err err[2];
	enum ms_code code[2];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(ms_archive_init(archive, "alice", NULL) == 0 &&
			ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, NULL) ==
			    0,
		    "an archive");
		ms_archive_close(a);
		change(rows[i].name, rows[i].how);
		for (int mode = MS_ARCHIVE_READ; mode <= MS_ARCHIVE_WRITE;
		     mode++) {
			a = NULL;
			err[mode] = (struct ms_err){0};
			code[mode] =
			    ms_archive_open(&a, archive,
				(enum ms_archive_mode)mode, &err[mode]) == 0
				? MS_OK
				: err[mode].code;
			ok(code[mode] != MS_OK ||
				a->read_only == (rows[i].writes != MS_OK),
			    "  it is read only if it cannot be written");
			ms_archive_close(a);
		}
		ok(code[MS_ARCHIVE_READ] == rows[i].reads &&
			code[MS_ARCHIVE_WRITE] == rows[i].writes &&
			strstr(err[MS_ARCHIVE_WRITE].msg, rows[i].name) != NULL,
		    "%s is a %s: %s", rows[i].name, rows[i].how,
		    err[MS_ARCHIVE_WRITE].msg);
		scratch_remove(archive);
	}
	snprintf(archive, sizeof(archive), "%s/file/a", dir);
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, err) < 0 &&
		err->code == MS_NOINPUT,
	    "a path through a file: %s", err->msg);
	snprintf(archive, sizeof(archive), "%s/file", dir);
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, err) < 0 &&
		err->code == MS_NOINPUT,
	    "a file: %s", err->msg);
	snprintf(archive, sizeof(archive), "%s/a", dir);
}

/* ---- an open archive ---- */

/* When a pack is full, as MS_SEAL says. 0: as without it. */
static void
limits(void)
{
	static const struct {
		const char *value;
		uint64_t bytes, blocks;
	} rows[] = {
	    {"", 0, 0},
	    {"1000000", 1000000, 0},
	    {"1000000,20", 1000000, 20},
	    {"256,1", 256, 1},
	    {"255,199999", 0, 199999},
	    {"300,200000", 300, 0},
	    {"300,0", 300, 0},
	    {"300;7", 300, 0},
	    {",9", 0, 9},
	};
	struct ms_archive *a = NULL;

	ms_archive_init(archive, "alice", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("MS_SEAL", rows[i].value, 1);
		ok(ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, NULL) == 0 &&
			a->seal_bytes == (rows[i].bytes != 0 ? rows[i].bytes
							     : MS_PACK_SEAL) &&
			a->seal_blocks == (rows[i].blocks != 0
						  ? rows[i].blocks
						  : MS_PACK_BLOCKS_MAX),
		    "MS_SEAL=%s", rows[i].value);
		ms_archive_close(a);
	}
	unsetenv("MS_SEAL");
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, NULL) == 0 &&
		a->seal_bytes == MS_PACK_SEAL &&
		a->seal_blocks == MS_PACK_BLOCKS_MAX,
	    "without MS_SEAL");
	ms_archive_close(a);
}

/* The id is that of FORMAT. */
static void
identity(void)
{
	char hex[MS_ARCHIVE_ID_HEX + 1], path[SCRATCH_MAX + 64], want[64];
	struct ms_buf text = {0};
	struct ms_archive *a = NULL;

	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, NULL) == 0, "open");
	ms_archive_id(a, hex);
	snprintf(path, sizeof(path), "%s/FORMAT", archive);
	snprintf(want, sizeof(want), "\nid %s\n", hex);
	ok(ms_buf_read_file(&text, path, 4096, NULL) == 0 &&
		strlen(hex) == MS_ARCHIVE_ID_HEX &&
		strstr(ms_buf_str(&text), want) != NULL,
	    "its id: %s", hex);
	ms_archive_close(a);
	ms_buf_release(&text);
}

int
main(void)
{
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(archive, sizeof(archive), "%s/a", dir);
	creation();
	failed_creation();
	opening();
	limits();
	identity();
	scratch_remove(dir);
	return done();
}
