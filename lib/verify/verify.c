/* verify.c - the whole of it, in order: packs, messages, index. */
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

/* An archive that nobody can write in has no writers to keep out. */
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
	    "%s: another tool has held the lock for %d seconds", a->path,
	    LOCK_WAIT);
}

/*
 * The index must know a COMMIT of these packs, or none. Where packs are
 * damaged that may be gone; then nothing can be said.
 */
static void
check_known(struct ms_verify_run *r)
{
	if (r->known.next > 1 && !r->known_met && r->sum->faults == 0)
		r->foreign = true;
	if (r->foreign)
		ms_verify_fault(r, MS_FAULT_INDEX, "index",
		    "belongs to other packs: run ms-verify "
		    "--rebuild-index");
}

/* A folder for what is needed meanwhile: the archive's tmp/, else $TMPDIR. */
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
	if (fd < 0)
		return ms_fail_errno(err, "%s", ms_buf_str(path));
	return fd;
}

/* ---- the index built anew, in SPOOL/verify-PID.new/index ---- */

static void
remove_new_message(const char *fresh)
{
	int fd = open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		ms_fs_remove(fd, "index");
		close(fd);
	}
	rmdir(fresh);
}

/* Damage was told when the packs were read. */
static void
pass_over(void *ctx, const char *what)
{
	(void)ctx;
	(void)what;
}

/* No index crosses a fork. */
static void
close_index(struct ms_archive *a)
{
	ms_index_close(a->ix);
	a->ix = NULL;
}

static int
build_new_messages(struct ms_archive *a, const struct ms_verify_run *r,
    const char *fresh, struct ms_err *err)
{
	const struct ms_damage_sink ignore = {pass_over, NULL};
	struct ms_buf path = {0};
	int rc;

	remove_new_message(fresh);
	if (mkdir(fresh, 0700) < 0)
		return ms_fail_errno(err, "%s", fresh);
	ms_buf_printf(&path, "%s/index", fresh);
	rc = ms_index_create(&a->ix, ms_buf_str(&path), a->id, err);
	if (rc < 0)
		a->ix = NULL;
	else
		rc = ms_archive_index_all(a, a->ix,
		    r->known.pack != 0 ? &r->known : NULL, &ignore, err);
	close_index(a);
	ms_buf_release(&path);
	return rc;
}

/* Messages through an index of our own, then the archive's against that. */
static int
check_with(struct ms_verify_run *r, struct ms_archive *a, const char *fresh,
    struct ms_err *err)
{
	int got;

	if (build_new_messages(a, r, fresh, err) < 0)
		return -1;
	if (r->sum->faults > 0 && !r->foreign) {
		got = ms_verify_missing(r, a->path, fresh, err);
		if (got < 0)
			return -1;
		r->missing_reported = got == 1;
	}
	if (ms_index_open(&a->ix, fresh, false, err) < 0) {
		a->ix = NULL;
		return -1;
	}
	if (ms_verify_mail(r, a, err) < 0)
		return -1;
	close_index(a);
	return r->foreign ? 0 : ms_verify_index(r, a->path, fresh, err);
}

static int
check_data(struct ms_verify_run *r, struct ms_archive *a, const char *spool,
    struct ms_err *err)
{
	struct ms_buf fresh = {0};
	size_t i;
	int rc;

	ms_buf_printf(&fresh, "%s/verify-%ld.new", spool, (long)getpid());
	rc = check_with(r, a, ms_buf_str(&fresh), err);
	close_index(a);
	remove_new_message(ms_buf_str(&fresh));
	ms_buf_release(&fresh);
	ms_ranges_settle(&r->bad);
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

/* what: "pack/NAME, offset N: sentence", or another sentence. */
static void
tell_damage(void *ctx, const char *what)
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

int
ms_verify_rebuild(const struct ms_verify *v, const char *dir,
    struct ms_verify_sum *sum, struct ms_err *err)
{
	struct ms_verify_run r = {.v = v, .sum = sum};
	const struct ms_damage_sink damage = {tell_damage, &r};
	struct ms_archive *a;
	int rc = -1;

	*sum = (struct ms_verify_sum){0};
	if (ms_archive_open_log(&a, dir, MS_ARCHIVE_READ, err) < 0)
		return -1;
	if (a->read_only) {
		ms_fail(err, MS_IO, "%s: cannot be written", dir);
		goto out;
	}
	memcpy(r.archive, a->id, MS_ID_LEN);
	if (lock(a, err) < 0 || ms_verify_known(&r, a->path, err) < 0)
		goto out;
	rc = ms_archive_rebuild(
	    a, r.known.pack != 0 ? &r.known : NULL, &damage, &sum->lost, err);
out:
	ms_archive_close(a);
	return rc;
}
