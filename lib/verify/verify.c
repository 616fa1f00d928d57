/* verify.c - a run: packs, messages, index, in this order. ms-verify(1). */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive-writer.h"
#include "fs.h"
#include "impl.h"

#define LOCK_WAIT 60 /* seconds */
#define LOCK_POLL_MS 50

/* Takes the lock, unless the archive cannot be written. */
static int
lock(struct ms_archive *a, struct ms_err *err)
{
	struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};
	int i, got;

	if (a->read_only)
		return 0;
	for (i = 0; i < LOCK_WAIT * 1000 / LOCK_POLL_MS; i++) {
		got = ms_archive_lock(a, false, err);
		if (got != 0)
			return got < 0 ? -1 : 0;
		nanosleep(&pause, NULL);
	}
	return ms_fail(err, MS_TEMP,
	    "%s: locked by another tool for %d seconds; try again", a->path,
	    LOCK_WAIT);
}

/*
 * The position of the index must be a COMMIT of these packs. If packs are
 * damaged, that COMMIT may be missing; then the index is not reported.
 */
static void
check_known(struct ms_verify_run *r)
{
	if (r->known.next > 1 && !r->known_found && r->sum->faults == 0)
		r->foreign = true;
	if (r->foreign)
		ms_verify_fault(r, MS_FAULT_INDEX, "index",
		    "belongs to other packs; run ms-verify "
		    "--rebuild-index");
}

/* The folder for temporary files: tmp/ of the archive, or $TMPDIR. */
static int
open_spool(const struct ms_archive *a, struct ms_buf *path, struct ms_err *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (!a->read_only)
		ms_buf_printf(path, "%s/tmp", a->path);
	else
		ms_buf_add_str(path, dir != NULL ? dir : "/tmp");
	fd = open(ms_buf_str(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return fd;
	ms_fail_errno(
	    err, "%s: no temporary files can be made", ms_buf_str(path));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- the new index, in SPOOL/verify-PID.new/index ---- */

static void
remove_new_index(const char *new_dir)
{
	int fd = open(new_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		ms_fs_remove(fd, "index");
		close(fd);
	}
	rmdir(new_dir);
}

/*
 * Damage was reported when the packs were read. If nothing was found then, the
 * readers of the archive are stricter than that, and their reason is reported.
 */
static void
report_refused(void *ctx, const char *what)
{
	struct ms_verify_run *r = ctx;

	r->refused = r->refused || r->sum->faults == 0;
	if (r->refused)
		ms_verify_fault(r, MS_FAULT_PACK, "pack", "%s", what);
}

/* An index must not be open across a fork. */
static void
close_index(struct ms_archive *a)
{
	ms_index_close(a->ix);
	a->ix = NULL;
}

static int
build_new_index(struct ms_archive *a, struct ms_verify_run *r,
    const char *new_dir, struct ms_err *err)
{
	const struct ms_damage_sink refused = {report_refused, r};
	struct ms_buf path = {0};
	int rc;

	remove_new_index(new_dir);
	if (mkdir(new_dir, 0700) < 0)
		return ms_fail_errno(err, "%s", new_dir);
	ms_buf_printf(&path, "%s/index", new_dir);
	rc = ms_index_create(&a->ix, ms_buf_str(&path), a->id, err);
	if (rc < 0)
		a->ix = NULL;
	else
		rc = ms_archive_index_all(a, a->ix,
		    r->known.pack != 0 ? &r->known : NULL, &refused, err);
	close_index(a);
	ms_buf_release(&path);
	return rc;
}

/* Checks the messages by the new index, then compares the index of the archive
 * with it. */
static int
check_with(struct ms_verify_run *r, struct ms_archive *a, const char *new_dir,
    struct ms_err *err)
{
	int got;

	if (build_new_index(a, r, new_dir, err) < 0)
		return -1;
	if (r->sum->faults > 0 && !r->foreign) {
		got = ms_verify_missing(r, a->path, new_dir, err);
		if (got < 0)
			return -1;
		r->missing_reported = got == 1;
	}
	if (ms_index_open(&a->ix, new_dir, false, err) < 0) {
		a->ix = NULL;
		return -1;
	}
	if (ms_verify_mail(r, a, err) < 0)
		return -1;
	close_index(a);
	return r->foreign ? 0 : ms_verify_index(r, a->path, new_dir, err);
}

static int
check_data(struct ms_verify_run *r, struct ms_archive *a, const char *spool,
    struct ms_err *err)
{
	struct ms_buf new_dir = {0};
	size_t i;
	int rc;

	ms_buf_printf(&new_dir, "%s/verify-%ld.new", spool, (long)getpid());
	rc = check_with(r, a, ms_buf_str(&new_dir), err);
	close_index(a);
	remove_new_index(ms_buf_str(&new_dir));
	ms_buf_release(&new_dir);
	ms_ranges_sort(&r->bad);
	for (i = 0; i < r->bad.n; i++)
		r->sum->damaged += r->bad.p[i].last - r->bad.p[i].first + 1;
	ms_ranges_release(&r->bad);
	return rc;
}

int
ms_verify(const struct ms_verify *v, const char *dir, struct ms_verify_sum *sum,
    struct ms_err *err)
{
	struct ms_verify_run r = {.v = v, .sum = sum, .spoolfd = -1};
	bool data = v->how == MS_VERIFY_DATA;
	struct ms_buf spool = {0};
	struct ms_archive *a;
	int rc = -1;

	*sum = (struct ms_verify_sum){0};
	if (ms_archive_open_log(&a, dir, MS_ARCHIVE_READ, err) < 0)
		return -1;
	r.packfd = a->packfd;
	memcpy(r.archive, a->id, MS_ID_LEN);
	if (data && !a->read_only && ms_verify_catch_up(&r, a->path, err) < 0)
		goto out;
	if (data && lock(a, err) < 0)
		goto out;
	r.spoolfd = open_spool(a, &spool, err);
	if (r.spoolfd < 0 || ms_verify_known(&r, a->path, err) < 0 ||
	    ms_verify_packs(&r, err) < 0)
		goto out;
	check_known(&r);
	if (!data && ms_verify_rows(&r, a->path, err) < 0)
		goto out;
	if (data && check_data(&r, a, ms_buf_str(&spool), err) < 0)
		goto out;
	rc = 0;
out:
	if (r.spoolfd >= 0)
		close(r.spoolfd);
	ms_buf_release(&spool);
	ms_archive_close(a);
	return rc;
}

/* ---- rebuilding ---- */

/* what: "pack/NAME, offset N: message", or a message without a place. */
static void
report_damage(void *ctx, const char *what)
{
	const char *colon = strstr(what, ": ");
	struct ms_verify_run *r = ctx;
	char *where;

	if (colon == NULL) {
		ms_verify_fault(r, MS_FAULT_PACK, "pack", "%s", what);
		return;
	}
	where = ms_xstrndup(what, (size_t)(colon - what));
	ms_verify_fault(r, MS_FAULT_PACK, where, "%s", colon + 2);
	free(where);
}

static void
report_taken(void *ctx, const char *what)
{
	struct ms_verify_run *r = ctx;

	r->sum->taken++;
	ms_verify_fault(r, MS_FAULT_REMARK, "old index",
	    "%s is taken from it, because the packs have lost it", what);
}

static void
report_nameless(void *ctx, const char *what)
{
	ms_verify_fault(ctx, MS_FAULT_REMARK, what,
	    "the packs have no name for it, and nothing repeats it; lists show "
	    "it as '?'");
}

/* Names the users, sources and folders that have mail, but no name. */
static int
report_all_nameless(
    struct ms_verify_run *r, const char *dir, struct ms_err *err)
{
	const struct ms_damage_sink nameless = {report_nameless, r};
	struct ms_archive *a;
	int rc;

	if (ms_archive_open(&a, dir, MS_ARCHIVE_READ, err) < 0)
		return -1;
	rc = ms_archive_nameless(a, &nameless, err);
	ms_archive_close(a);
	return rc;
}

int
ms_verify_rebuild(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err)
{
	struct ms_verify_run r = {.v = v, .sum = sum};
	const struct ms_damage_sink damage = {report_damage, &r};
	const struct ms_damage_sink taken = {report_taken, &r};
	struct ms_archive *a;
	int rc = -1;

	*sum = (struct ms_verify_sum){0};
	if (ms_archive_open_log(&a, dir, MS_ARCHIVE_JOBS, err) < 0)
		return -1;
	if (a->read_only) {
		ms_fail(err, MS_IO, "%s: cannot be written", dir);
		goto out;
	}
	memcpy(r.archive, a->id, MS_ID_LEN);
	if (lock(a, err) < 0 || ms_verify_known(&r, a->path, err) < 0)
		goto out;
	rc = ms_archive_rebuild(a, r.known.pack != 0 ? &r.known : NULL, &damage,
	    &taken, &sum->missing, err);
out:
	ms_archive_close(a);
	return rc == 0 && sum->faults > 0 ? report_all_nameless(&r, dir, err)
					  : rc;
}
