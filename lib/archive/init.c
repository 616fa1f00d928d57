/* init.c - a new archive. ms-archive(5), Directory tree. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "event.h"
#include "fs.h"
#include "log.h"

/* An archive that is being created. */
struct new_archive {
	const char *dir;
	int dirfd, lockfd, packfd, tmpfd;
	unsigned char id[MS_ID_LEN];
};

/*
 * Is dir empty except for what an interrupted ms_archive_init() leaves? FORMAT
 * is written last: if it is there, dir is an archive.
 */
static int
check_empty(int dirfd, const char *dir, struct ms_err *err)
{
	static const char *const ours[] = {
	    ".", "..", "pack", "secret", "tmp", "lock", "index"};
	struct dirent *e;
	DIR *d = NULL;
	size_t i;
	int fd, rc = 0;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		d = fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return ms_fail_errno(err, "%s", dir);
	}
	while (rc == 0 && (e = readdir(d)) != NULL) {
		for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (strcmp(e->d_name, ours[i]) == 0)
				break;
		if (i == sizeof(ours) / sizeof(ours[0]))
			rc = strcmp(e->d_name, "FORMAT") == 0
				 ? ms_fail(err, MS_EXISTS,
				       "%s: there is an archive already", dir)
				 : ms_fail(err, MS_EXISTS,
				       "%s: is not empty (contains %s)", dir,
				       e->d_name);
	}
	closedir(d);
	return rc;
}

/* Parts of an unfinished archive include its `lock`. */
static int
check_parts(int dirfd, const char *dir, struct ms_err *err)
{
	static const char *const all[] = {"pack", "secret", "tmp", "index"};
	bool any = false;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (fstatat(dirfd, all[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			any = true;
	if (any && fstatat(dirfd, "lock", &st, AT_SYMLINK_NOFOLLOW) != 0)
		return ms_fail(err, MS_EXISTS, "%s: is not empty", dir);
	return 0;
}

/* Creates a folder unless it exists, and opens it. */
static int
make_folder(
    const struct new_archive *m, const char *name, int *fd, struct ms_err *err)
{
	if (mkdirat(m->dirfd, name, 0700) < 0 && errno != EEXIST)
		return ms_fail_errno(err, "%s/%s", m->dir, name);
	*fd = openat(
	    m->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return ms_fail_errno(err, "%s/%s", m->dir, name);
	return 0;
}

/*
 * `lock` is created first, and marks an unfinished archive. Another ms-init may
 * have held the lock until now and have completed its archive.
 */
static int
take_lock(struct new_archive *m, struct ms_err *err)
{
	m->lockfd = openat(
	    m->dirfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->lockfd < 0)
		return ms_fail_errno(err, "%s/lock", m->dir);
	if (flock(m->lockfd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return ms_fail_errno(err, "%s/lock", m->dir);
		return ms_fail(err, MS_EXISTS,
		    "%s: another ms-init is running there", m->dir);
	}
	return check_empty(m->dirfd, m->dir, err);
}

static int
make_folders(struct new_archive *m, struct ms_err *err)
{
	int secret;

	if (make_folder(m, "secret", &secret, err) < 0)
		return -1;
	close(secret);
	if (make_folder(m, "pack", &m->packfd, err) < 0 ||
	    make_folder(m, "tmp", &m->tmpfd, err) < 0)
		return -1;
	return ms_fs_sync(m->dirfd, m->dir, err);
}

static void
add_event(struct ms_block_builder *b, const char *event, json_t *keys)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf json = {0};

	ms_event_json(&json, event, keys, NULL);
	ms_sha256(json.p, json.n, digest);
	ms_block_add(b, MS_EVENT, ms_buf_slice(&json), digest);
	ms_buf_release(&json);
}

/*
 * Writes the first pack with its first batch: the events of the archive and of
 * its user, who may do everything. The pack of an earlier, unfinished attempt
 * is deleted.
 */
static int
make_first_pack(
    const struct new_archive *m, const char *user, struct ms_err *err)
{
	struct ms_pack_header h = {.number = 1, .first = 1};
	struct ms_block_builder batch = {.kind = MS_BLOCK_META};
	struct ms_position pos = {.end = MS_PACK_HEADER, .next = 1};
	struct ms_commit commit;
	char hex[2 * MS_ID_LEN + 1];
	struct ms_pack *pk;
	int rc;

	memcpy(h.archive, m->id, MS_ID_LEN);
	if (unlinkat(m->packfd, "00000001.pack", 0) < 0 && errno != ENOENT)
		return ms_fail_errno(err, "pack/00000001.pack");
	if (ms_pack_create(&pk, m->packfd, m->tmpfd, &h, err) < 0)
		return -1;
	ms_hex(m->id, MS_ID_LEN, hex);
	add_event(&batch, "archive", json_pack("{ss}", "id", hex));
	add_event(&batch, "user",
	    json_pack("{ss s[s]}", "name", user, "privileges", "admin"));
	rc = ms_log_append(pk, &pos, NULL, 0, &batch, &commit, err);
	ms_block_builder_release(&batch);
	ms_pack_close(pk);
	return rc;
}

static int
write_format(const struct new_archive *m, struct ms_err *err)
{
	char hex[2 * MS_ID_LEN + 1];
	struct ms_buf b = {0};
	int rc;

	ms_hex(m->id, MS_ID_LEN, hex);
	ms_buf_printf(&b, "ms-archive 1\nid %s\n", hex);
	rc = ms_fs_replace(
	    m->dirfd, "tmp/", "FORMAT", 0600, ms_buf_slice(&b), err);
	ms_buf_release(&b);
	return rc;
}

/* Syncs the folder that has the name of the archive. */
static int
sync_parent(const struct new_archive *m, struct ms_err *err)
{
	int fd, rc;

	fd = openat(m->dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return 0; /* then another user created that name */
	if (fd < 0)
		return ms_fail_errno(err, "%s/..", m->dir);
	rc = ms_fs_sync(fd, "..", err);
	close(fd);
	return rc;
}

static int
make_all(struct new_archive *m, const char *user, struct ms_err *err)
{
	m->dirfd = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dirfd < 0)
		return ms_fail_errno(err, "%s", m->dir);
	if (ms_fs_local(m->dirfd, m->dir, err) < 0 ||
	    check_empty(m->dirfd, m->dir, err) < 0 ||
	    check_parts(m->dirfd, m->dir, err) < 0)
		return -1;
	if (fchmod(m->dirfd, 0700) < 0)
		return ms_fail_errno(err, "%s", m->dir);
	ms_random(m->id, MS_ID_LEN);
	if (take_lock(m, err) < 0 || make_folders(m, err) < 0 ||
	    make_first_pack(m, user, err) < 0 || write_format(m, err) < 0)
		return -1;
	return sync_parent(m, err);
}

int
ms_archive_init(const char *dir, const char *user, struct ms_err *err)
{
	struct new_archive m = {dir, -1, -1, -1, -1, {0}};
	const int *fds[] = {&m.dirfd, &m.lockfd, &m.packfd, &m.tmpfd};
	bool made;
	size_t i;
	int rc;

	if (!ms_user_name_ok(user))
		return ms_fail(err, MS_USAGE, "invalid user name '%s'", user);
	made = mkdir(dir, 0700) == 0;
	if (!made && errno != EEXIST)
		return ms_fail_errno(err, "%s", dir);
	rc = make_all(&m, user, err);
	for (i = 0; i < 4; i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	if (rc < 0 && made)
		rmdir(dir); /* if it is empty */
	return rc;
}
