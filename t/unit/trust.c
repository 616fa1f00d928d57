/* trust.c - tests lib/archive/trust.c: who may write to an archive, and what
 * opening says to others. ms-security(7), Archives of others. */
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "scratch.h"
#include "tap.h"

static char dir[SCRATCH_MAX];
static bool is_other, is_root; /* what the user of the program seems to be */

/* The archive belongs to the user who runs the test. */
uid_t
geteuid(void)
{
	return is_root ? 0 : is_other ? getuid() + 1 : getuid();
}

static enum ms_code
trust(const char *path, struct ms_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	*err = (struct ms_err){0};
	rc = ms_archive_trust(path, fd, err);
	close(fd);
	return rc == 0 ? MS_OK : err->code;
}

static void
modes(const char *archive)
{
	static const struct {
		mode_t mode;
		bool trusted;
	} rows[] = {{0700, true}, {0755, true}, {0775, false}, {0757, false},
	    {0777, false}};
	struct ms_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		chmod(archive, rows[i].mode);
		ok(rows[i].trusted ? trust(archive, &err) == MS_OK
				   : trust(archive, &err) == MS_AUTH &&
					 strstr(err.msg, "chmod go-w") != NULL,
		    "mode %o: %s", (unsigned)rows[i].mode, err.msg);
		ok(ms_archive_trusted(archive) == rows[i].trusted, "  ");
	}
	chmod(archive, 0700);
	ok(!ms_archive_trusted("/nowhere"), "a folder that does not exist");
	ok(ms_archive_trust(archive, -1, &err) < 0 && err.code == MS_IO,
	    "no folder: %s", err.msg);
}

/* The archive of another user. */
static void
others(const char *archive)
{
	const struct passwd *pw = getpwuid(getuid());
	struct ms_archive *a = NULL;
	struct ms_err err;

	is_other = true;
	ok(trust(archive, &err) == MS_AUTH && pw != NULL &&
		strstr(err.msg, pw->pw_name) != NULL &&
		strstr(err.msg, "list it as 'safe' in ") != NULL &&
		strstr(err.msg, "/ms/config") != NULL,
	    "%s", err.msg);
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, &err) < 0 &&
		err.code == MS_AUTH,
	    "a writer is refused");
	err = (struct ms_err){0};
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_JOBS, &err) < 0 &&
		err.code == MS_AUTH,
	    "  also if it writes only as its profiles say");
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, &err) < 0 &&
		err.code == MS_DATA && strstr(err.msg, "no index found"),
	    "a reader cannot build the index: %s", err.msg);
	is_other = false;
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, NULL) == 0,
	    "  the owner can");
	ms_archive_close(a);
	is_other = true;
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_READ, NULL) == 0,
	    "  and then a reader reads it");
	ms_archive_close(a);
	is_other = false;
}

/* root: only if the archive belongs to another user; otherwise it is the
 * owner. */
static void
root(const char *archive)
{
	const struct passwd *other = getpwuid(65534); /* of no user */
	struct ms_err err;
	char says[64];

	if (getuid() == 0 &&
	    (other == NULL || chown(archive, other->pw_uid, 0) < 0)) {
		ok(true, "root: # SKIP there is no other user");
		return;
	}
	is_root = true;
	snprintf(says, sizeof(says), "with sudo -u %s",
	    getpwuid(getuid() == 0 ? other->pw_uid : getuid())->pw_name);
	ok(trust(archive, &err) == MS_AUTH && strstr(err.msg, says) != NULL,
	    "%s", err.msg);
	is_root = false;
	if (getuid() == 0 && chown(archive, 987654, 0) == 0)
		ok(trust(archive, &err) == MS_AUTH &&
			strstr(err.msg, "belongs to user #987654") != NULL,
		    "%s", err.msg);
	if (getuid() == 0 && chown(archive, 0, 0) < 0)
		ok(false, "it belongs to root again");
}

static void
write_config(const char *safe, mode_t mode)
{
	char path[SCRATCH_MAX + 16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ms", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/ms/config", dir);
	f = fopen(path, "w");
	if (f == NULL || fprintf(f, "safe = %s\n", safe) < 0 ||
	    fclose(f) != 0 || chmod(path, mode) < 0)
		ok(false, "a configuration is written");
}

/* An archive that the configuration lists, also by a path with links. */
static void
listed(const char *archive)
{
	char link[SCRATCH_MAX + 8];
	struct ms_archive *a = NULL;
	struct ms_err err;

	chmod(archive, 0777);
	write_config(archive, 0622);
	ok(trust(archive, &err) == MS_AUTH &&
		strstr(err.msg, "config: others can write") != NULL,
	    "%s", err.msg);
	write_config(archive, 0600);
	ok(trust(archive, &err) == MS_OK, "an archive that is listed: %s",
	    err.msg);
	is_other = true;
	ok(trust(archive, &err) == MS_OK, "  of another user");
	snprintf(link, sizeof(link), "%s/link", dir);
	ok(symlink(archive, link) == 0 && trust(link, &err) == MS_OK,
	    "  by another path");
	ok(trust(dir, &err) == MS_AUTH, "the folder above is not listed");
	ok(ms_archive_open(&a, archive, MS_ARCHIVE_WRITE, NULL) == 0,
	    "a writer opens it");
	ms_archive_close(a);
	is_other = false;
	chmod(archive, 0700);
}

int
main(void)
{
	char archive[SCRATCH_MAX + 8];
	struct ms_err err = {0};

	if (scratch_make(dir) == NULL)
		return 1;
	setenv("XDG_CONFIG_HOME", dir, 1);
	snprintf(archive, sizeof(archive), "%s/a", dir);
	ok(ms_archive_init(archive, "alice", &err) == 0, "an archive: %s",
	    err.msg);
	listed(archive);
	snprintf(archive, sizeof(archive), "%s/b", dir);
	ok(ms_archive_init(archive, "alice", &err) == 0, "another one: %s",
	    err.msg);
	modes(archive);
	others(archive);
	root(archive);
	scratch_remove(dir);
	return done();
}
