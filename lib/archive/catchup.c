/* catchup.c - the index follows the log, under `lock`. ms-archive(5), States on
 * disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"
#include "fs.h"

#define EXTENTS_PER_COMMIT 64 /* indexed in one transaction */

/* ---- following the log ---- */

/* Saves a copy of the end that will be cut off, for the administrator. */
static int
save_torn(struct ms_archive *a, uint64_t from, struct ms_err *err)
{
	unsigned char buf[65536];
	char name[64];
	ssize_t n;
	int fd, rc = 0;

	snprintf(name, sizeof(name), "torn-%u-%llu",
	    (unsigned)a->tail->header.number, (unsigned long long)from);
	fd = openat(a->tmpfd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return ms_fail_errno(err, "tmp/%s", name);
	while (rc == 0 &&
	       (n = pread(a->tail->fd, buf, sizeof(buf), (off_t)from)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = ms_fail_errno(err, "pack/%s", a->tail->name);
		else if (ms_fs_write(fd, buf, (size_t)n) < 0)
			rc = ms_fail_errno(err, "tmp/%s", name);
		from += (uint64_t)n;
	}
	if (rc == 0)
		rc = ms_fs_sync(fd, name, err);
	close(fd);
	return rc;
}

/* The index follows the log. */
struct follow {
	struct ms_archive *a;
	struct ms_log_reader reader; /* reads a->tail */
	bool cut;       /* the end of an interrupted write may be cut off */
	bool new_index; /* the index is built from the beginning */
};

/*
 * No whole batch begins at the position of the reader. 0: an interrupted write,
 * where the log ends; next_pack() cuts it off. -1: damage.
 */
static int
torn_or_damaged(void *ctx, const struct ms_err *why, struct ms_err *err)
{
	struct follow *f = ctx;
	struct ms_archive *a = f->a;
	const struct ms_position *pos = &f->reader.pos;
	struct ms_pack_name next;
	int got = 0;

	if (f->reader.extent.beyond) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	got = ms_archive_find_pack(a, pos->pack + 1, &next, err);
	if (got == 0)
		got = ms_archive_check_last(a, pos->pack + 1, err);
	if (got == 0)
		got = ms_pack_closed(a->tail, err);
	if (got == 0)
		got = ms_log_goes_on(a->tail, pos->end, pos->next, err);
	if (got < 0)
		return -1;
	if (got == 1)
		return ms_fail(err, MS_DATA,
		    "%s, and this is not an interrupted write; ms-verify "
		    "shows the damage, ms-verify --rebuild-index indexes "
		    "the rest",
		    why->msg);
	/* When the end is cut off later, there is an index that seems to know
	 * it; so a copy is made now. */
	return f->new_index ? save_torn(a, pos->end, err) : 0;
}

/*
 * The reader is at the end of a->tail. 1: the log goes on in the next pack,
 * which is a->tail now; 0: it ends here.
 */
static int
next_pack(struct follow *f, struct ms_err *err)
{
	struct ms_archive *a = f->a;
	struct ms_position *pos = &f->reader.pos;
	uint64_t size;
	int got, closed;

	closed = ms_pack_closed(a->tail, err);
	if (closed < 0 || ms_pack_size(a->tail, &size, err) < 0)
		return -1;
	got = ms_archive_open_tail(a, pos->pack + 1, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		if (!a->tail->header_damaged &&
		    (a->tail->header.first != pos->next ||
			memcmp(a->tail->header.chain, pos->chain, MS_SHA_LEN) !=
			    0))
			return ms_fail(err, MS_DATA,
			    "pack/%s: does not continue the pack before; "
			    "ms-verify shows the damage",
			    a->tail->name);
		ms_position_enter(pos, &a->tail->header);
		return 1;
	}
	if (ms_archive_check_last(a, pos->pack + 1, err) < 0 ||
	    ms_archive_open_tail(a, pos->pack, err) < 0)
		return -1;
	if (closed == 0 && size > pos->end && f->cut)
		return ms_pack_cut(a->tail, pos->end, err);
	return 0;
}

/* Follows the log, one transaction long. 1: there may be more; 0: at the end;
 * -1. */
static int
follow_some(struct follow *f, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_archive *a = f->a;
	struct ms_log_reader *r = &f->reader;
	bool synced = false;
	int got = 1, i;

	for (i = 0; got == 1 && i < EXTENTS_PER_COMMIT; i++) {
		r->pack = a->tail;
		got = ms_log_read_next(r, err);
		if (got == 0) {
			synced = false;
			got = next_pack(f, err);
		} else if (got == 1) {
			/* Another writer may have been killed before its sync.
			 */
			if (!synced && ms_pack_sync(a->tail, err) < 0)
				return -1;
			synced = true;
			if (ms_archive_index_extent(
				a, txn, r, r->extent.first, NULL, err) < 0)
				return -1;
		}
	}
	return got;
}

static int
begin_log(struct follow *f, struct ms_err *err)
{
	struct ms_archive *a = f->a;
	int got = ms_archive_open_tail(a, 1, err);

	if (got < 0 || (got == 0 && ms_archive_check_last(a, 1, err) < 0))
		return -1;
	if (got == 0)
		return ms_fail(err, MS_DATA, "pack/00000001.pack: is missing");
	f->reader.pos = (struct ms_position){.next = 1};
	ms_position_enter(&f->reader.pos, &a->tail->header);
	return 0;
}

/* Brings ix from *pos to the end of the log, and moves *pos there. */
static int
follow(struct ms_archive *a, struct ms_index *ix, struct ms_position *pos,
    bool cut, bool new_index, struct ms_err *err)
{
	struct follow f = {.a = a, .cut = cut, .new_index = new_index};
	struct ms_position start;
	struct ms_txn txn;
	bool moved;
	int got = 0;

	f.reader.pos = *pos;
	f.reader.damage = torn_or_damaged;
	f.reader.ctx = &f;
	if (pos->pack == 0)
		got = begin_log(&f, err);
	while (got >= 0) {
		start = f.reader.pos;
		got = ms_index_begin_write(ix, &txn, err);
		if (got < 0)
			break;
		ms_indexer_clear(a->indexer);
		got = follow_some(&f, &txn, err);
		/* Mostly there is nothing new, and nothing to write. */
		moved = memcmp(&start, &f.reader.pos, sizeof(start)) != 0;
		if (got >= 0 && moved &&
		    ms_index_set_position(&txn, &f.reader.pos, err) < 0)
			got = -1;
		if (got < 0 || !moved)
			ms_index_abort(&txn);
		else if (ms_index_commit(&txn, err) < 0)
			got = -1;
		if (got == 0)
			break;
		if (got < 0 && txn.full) {
			f.reader.pos = start;
			got = ms_index_grow(ix, err);
			if (got == 0)
				got = ms_archive_open_tail(a, start.pack, err);
		}
	}
	*pos = f.reader.pos;
	ms_log_reader_release(&f.reader);
	return got;
}

int
ms_archive_follow(struct ms_archive *a, struct ms_index *ix,
    struct ms_position *pos, struct ms_err *err)
{
	struct ms_txn txn;
	int got;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	got = ms_index_position(&txn, pos, err);
	ms_index_end(&txn);
	if (got == 0)
		got = ms_archive_open_tail(a, pos->pack, err);
	if (got == 0)
		got = ms_archive_other_packs(a, "a pack is missing", err);
	return got < 0 ? -1 : follow(a, ix, pos, true, false, err);
}

/* ---- the whole ---- */

int
ms_archive_install(struct ms_archive *a, struct ms_err *err)
{
	struct ms_buf from = {0}, to = {0};
	int rc = 0;

	ms_buf_printf(&from, "%s/tmp/index.new", a->path);
	ms_buf_printf(&to, "%s/index", a->path);
	if (renameat2(AT_FDCWD, ms_buf_str(&from), AT_FDCWD, ms_buf_str(&to),
		RENAME_EXCHANGE) < 0) {
		if (errno != ENOENT ||
		    rename(ms_buf_str(&from), ms_buf_str(&to)) < 0)
			rc = ms_fail_errno(err, "%s", ms_buf_str(&to));
	}
	ms_fs_remove(a->tmpfd, "index.new");
	ms_buf_release(&from);
	ms_buf_release(&to);
	return rc;
}

int
ms_archive_new_index(
    struct ms_archive *a, struct ms_index **ix, struct ms_err *err)
{
	struct ms_buf path = {0};
	int rc;

	ms_fs_remove(a->tmpfd, "index.new");
	ms_buf_printf(&path, "%s/tmp/index.new", a->path);
	rc = ms_index_create(ix, ms_buf_str(&path), a->id, err);
	ms_buf_release(&path);
	return rc;
}

static int
build(struct ms_archive *a, bool cut, struct ms_err *err)
{
	struct ms_position pos = {.next = 1};
	struct ms_index *ix;
	int rc;

	if (ms_archive_new_index(a, &ix, err) < 0)
		return -1;
	rc = follow(a, ix, &pos, cut, true, err);
	ms_index_close(ix);
	if (rc < 0 || ms_archive_install(a, err) < 0)
		return -1;
	/* Other threads may be using an index that was deleted while it was
	 * open. It stays open, and the next transaction opens the new one. */
	return a->ix != NULL ? 0 : ms_archive_attach(a, err);
}

static bool
index_is_there(struct ms_archive *a)
{
	struct ms_buf path = {0};
	bool there;

	ms_buf_printf(&path, "%s/index/data.mdb", a->path);
	there = access(ms_buf_str(&path), F_OK) == 0;
	ms_buf_release(&path);
	return there;
}

/*
 * Has no other process written since this one did? Another writer may have been
 * killed after it had regrouped the pack: what is appended to the old
 * generation would be lost.
 */
static bool
is_unchanged(const struct ms_archive *a, const struct ms_position *pos)
{
	char next[32];
	uint64_t size;

	if (a->tail == NULL || memcmp(pos, &a->checked, sizeof(*pos)) != 0 ||
	    ms_pack_size(a->tail, &size, NULL) < 0 || size != pos->end)
		return false;
	ms_pack_name_format(
	    (struct ms_pack_name){pos->pack, pos->generation + 1}, next);
	return faccessat(a->packfd, next, F_OK, 0) < 0 && errno == ENOENT;
}

/*
 * An index that was rebuilt around damage may not have the records that
 * prepared messages depend on. The run ends; no id of these messages was
 * printed.
 */
static int
check_exchanged(struct ms_archive *a, struct ms_err *err)
{
	unsigned times = ms_index_exchanged(a->ix);
	struct ms_txn txn;
	uint64_t missing;
	int rc;

	if (times == a->exchanged)
		return 0;
	if (ms_index_begin(a->ix, &txn, err) < 0)
		return -1;
	rc = ms_index_count_missing(&txn, &missing, err);
	ms_index_end(&txn);
	if (rc == 0 && missing > 0)
		rc = ms_fail(err, MS_TEMP,
		    "index: rebuilt around damage meanwhile; run the command "
		    "again");
	if (rc == 0)
		a->exchanged = times;
	return rc;
}

int
ms_archive_catch_up(struct ms_archive *a, bool cut, struct ms_err *err)
{
	struct ms_position pos;

	if (ms_archive_reread_format(a, err) < 0)
		return -1;
	/* Another process may have built the index meanwhile. */
	if (a->ix == NULL && index_is_there(a))
		ms_archive_attach(a, NULL);
	if (a->ix == NULL || !index_is_there(a)) {
		a->checked = (struct ms_position){0};
		if (build(a, cut, err) < 0)
			return -1;
	}
	if (ms_archive_read_position(a, &pos, err) < 0 ||
	    check_exchanged(a, err) < 0)
		return -1;
	if (!is_unchanged(a, &pos)) {
		if (ms_archive_check_position(a, &pos, err) < 0)
			return -1;
		if (pos.pack != 0 &&
		    a->tail->header.generation != pos.generation &&
		    ms_archive_switch_generation(a, &pos, err) < 0)
			return -1;
		if (follow(a, a->ix, &pos, cut, false, err) < 0)
			return -1;
		a->clean = false;
	}
	if (cut && !a->clean && ms_archive_clean(a, err) < 0)
		return -1;
	a->clean = a->clean || cut;
	a->checked = pos;
	return 0;
}

/* ---- for readers ---- */

int
ms_archive_refresh(
    struct ms_archive *a, const struct ms_location *loc, struct ms_err *err)
{
	struct ms_pack_name name;
	int got;

	if (a->mode != MS_ARCHIVE_READ || a->read_only)
		return 0;
	got = ms_archive_find_pack(a, loc->pack, &name, err);
	if (got <= 0 || name.generation <= loc->generation)
		return got < 0 ? -1 : 0;
	if (ms_archive_lock(a, true, err) < 0)
		return -1;
	got = ms_archive_catch_up(a, false, err);
	ms_archive_unlock(a);
	return got;
}
