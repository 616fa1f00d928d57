/*
 * update.c - adds messages to the databases of the text index. One database is
 * written at a time, in transactions, so a crash costs the last messages, which
 * the next update adds.
 */
#include "update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "fs.h"
#include "index.h"
#include "stop.h"
#include "text.h"

#define COMMIT_MESSAGES 2048
#define COMMIT_BYTES ((size_t)64 << 20) /* of text */

struct update {
	struct ms_archive *a;
	const struct ms_text_update *how;
	struct ms_text_sum *sum;
	uint64_t total; /* messages to add */
	struct ms_text_store *store;
	struct ms_text_message message;
	/* Of the transaction: */
	unsigned pending;
	size_t pending_bytes;
};

static void
remark(struct update *u, const struct ms_err *why)
{
	if (u->how->remark != NULL)
		u->how->remark(u->how->ctx, why);
}

/* ---- the folder ---- */

/* Opens the folder text/, which is created, and takes its lock. Returns the
 * descriptor of the lock, or -1. */
static int
lock_folder(struct ms_archive *a, struct ms_err *err)
{
	const char *archive = ms_archive_path(a);
	int fd = ms_fs_open_below(
	    archive, "text/lock", O_RDWR | O_CREAT | O_CLOEXEC);

	if (fd < 0)
		return ms_fail_errno(err, "%s/text/lock", archive);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		ms_fail(err, MS_TEMP,
		    "%s/text: another ms-index is at work here", archive);
	else
		ms_fail_errno(err, "%s/text/lock", archive);
	close(fd);
	return -1;
}

static int
sync_folder(struct ms_archive *a, struct ms_err *err)
{
	struct ms_buf path = {0};
	int fd, rc;

	ms_text_folder_path(a, &path);
	fd = open(ms_buf_str(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? ms_fail_errno(err, "%s", ms_buf_str(&path))
		    : ms_fs_sync(fd, ms_buf_str(&path), err);
	if (fd >= 0)
		close(fd);
	ms_buf_release(&path);
	return rc;
}

/* Removes a database and what SQLite keeps beside it. */
static int
remove_database(
    struct ms_archive *a, const struct ms_text_file *file, struct ms_err *err)
{
	static const char *const ends[] = {"-journal", ""};
	struct ms_buf path = {0};
	size_t n;
	int rc = 0;

	ms_text_file_path(a, file, &path);
	n = path.n;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && rc == 0; i++) {
		path.n = n;
		ms_buf_add_str(&path, ends[i]);
		if (unlink(ms_buf_str(&path)) < 0 && errno != ENOENT)
			rc = ms_fail_errno(err, "%s", ms_buf_str(&path));
	}
	ms_buf_release(&path);
	return rc;
}

/* ---- which databases are right ---- */

/* Is this what the database of the pack should be? */
static bool
fits(const struct update *u, const struct ms_text_file *file,
    const struct ms_pack_extent *pack, const struct ms_text_extent *e)
{
	return file->pack == pack->number && e->first == pack->first &&
	       (file->whole ? e->next == pack->end : e->next <= pack->end) &&
	       strcmp(e->converters, u->how->converters) == 0;
}

static const struct ms_pack_extent *
find_pack(const struct ms_pack_extent *packs, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (packs[i].number == number)
			return &packs[i];
	return NULL;
}

/* 1; 0: the database must be made again, and `why` says why; -1. */
static int
is_right(struct update *u, const struct ms_text_file *file,
    const struct ms_pack_extent *pack, const char *path, struct ms_err *why)
{
	struct ms_text_store *s;
	int got;

	if (ms_text_store_open(&s, path, false, why) < 0)
		return why->code == MS_INDEX || why->code == MS_NOINPUT ? 0
									: -1;
	got = ms_text_belongs(u->a, file, ms_text_store_extent(s), why);
	if (got == 1 &&
	    (pack == NULL || !fits(u, file, pack, ms_text_store_extent(s))))
		got = 0;
	if (got == 0)
		ms_fail(why, MS_INDEX,
		    "%s: is of another archive, or was made in another way",
		    path);
	if (got == 1 && u->how->check &&
	    ms_text_check_store(u->a, s, path, why) < 0)
		got = why->code == MS_INDEX ? 0 : -1;
	ms_text_store_close(s);
	return got;
}

/* Removes the databases that are not right. */
static int
remove_wrong(struct update *u, const struct ms_pack_extent *packs, size_t n,
    struct ms_err *err)
{
	struct ms_text_file *files;
	struct ms_buf path = {0};
	size_t count;
	int got = 1;

	if (ms_text_files(u->a, &files, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && got >= 0; i++) {
		struct ms_err why = {0};

		ms_buf_clear(&path);
		ms_text_file_path(u->a, &files[i], &path);
		got = is_right(u, &files[i], find_pack(packs, n, files[i].pack),
		    ms_buf_str(&path), &why);
		if (got < 0) {
			ms_fail_as(err, &why);
		} else if (got == 0) {
			ms_context(&why, "the text index is made again");
			remark(u, &why);
			got = remove_database(u->a, &files[i], err);
		}
	}
	ms_buf_release(&path);
	free(files);
	return got < 0 ? -1 : 0;
}

/* ---- adding messages ---- */

/* The next message before `end` from *number on. 1, 0, -1. */
static int
next_message(struct update *u, uint64_t *number, uint64_t end,
    struct ms_message_row *row, struct ms_err *err)
{
	const uint64_t start = *number;
	struct ms_txn txn;
	int got;

	do {
		*number = start;
		if (ms_index_begin(ms_archive_index(u->a), &txn, err) < 0)
			return -1;
		got = ms_index_next_message(&txn, number, row, err);
	} while (ms_index_end(&txn) != 0);
	return got == 1 && *number >= end ? 0 : got;
}

static size_t
text_bytes(const struct ms_text_message *m)
{
	size_t n = 0;

	for (int i = 0; i < MS_TEXT_PARTS; i++)
		n += m->part[i].n;
	return n;
}

static int
commit(struct update *u, uint64_t next, struct ms_err *err)
{
	u->pending = 0;
	u->pending_bytes = 0;
	return ms_text_store_commit(u->store, next, err);
}

static int
skip_message(struct update *u, const struct ms_err *why, struct ms_err *err)
{
	if (why->code != MS_DATA && why->code != MS_INDEX)
		return ms_fail_as(err, why);
	u->sum->skipped++;
	remark(u, why);
	return ms_text_store_skip(
	    u->store, u->message.number, u->message.id, err);
}

static int
add_message(struct update *u, uint64_t number, const struct ms_message_row *row,
    struct ms_err *err)
{
	struct ms_text_message *m = &u->message;
	struct ms_err why = {0};

	ms_text_message_clear(m);
	m->number = number;
	memcpy(m->id, row->id, MS_SHA_LEN);
	if (u->how->read(u->how->ctx, m, &why) < 0)
		return skip_message(u, &why, err);
	if (ms_text_store_add(u->store, m, err) < 0)
		return -1;
	u->sum->messages++;
	u->sum->bytes += row->size;
	u->pending++;
	u->pending_bytes += text_bytes(m);
	if (u->how->progress != NULL)
		u->how->progress(
		    u->how->ctx, u->sum->messages, u->total, u->sum->bytes);
	return 0;
}

/* Adds the messages of a pack. 0; 1: a signal came; -1. */
static int
add_messages(
    struct update *u, const struct ms_pack_extent *pack, struct ms_err *err)
{
	uint64_t number = ms_text_store_extent(u->store)->next;
	struct ms_message_row row;
	int got;

	while ((got = next_message(u, &number, pack->end, &row, err)) == 1) {
		if (ms_stopped != 0)
			return commit(u, number, err) < 0 ? -1 : 1;
		if (add_message(u, number++, &row, err) < 0)
			return -1;
		if ((u->pending >= COMMIT_MESSAGES ||
			u->pending_bytes >= COMMIT_BYTES) &&
		    commit(u, number, err) < 0)
			return -1;
	}
	return got < 0 ? -1 : commit(u, pack->end, err);
}

/* ---- a database ---- */

static int
open_store(struct update *u, const struct ms_pack_extent *pack,
    struct ms_buf *path, struct ms_err *err)
{
	struct ms_text_file file = {pack->number, false};
	struct ms_text_extent e = {
	    .pack = pack->number, .first = pack->first, .next = pack->first};
	struct ms_txn txn;
	int rc;

	snprintf(e.converters, sizeof(e.converters), "%s", u->how->converters);
	do {
		if (ms_index_begin(ms_archive_index(u->a), &txn, err) < 0)
			return -1;
		rc = ms_index_archive(&txn, e.archive, err);
	} while (ms_index_end(&txn) != 0);
	if (rc < 0)
		return -1;
	ms_text_file_path(u->a, &file, path);
	return ms_text_store_write(&u->store, ms_buf_str(path), &e, err);
}

/* Gives a database that has all of its messages its last name. */
static int
make_whole(struct update *u, const struct ms_pack_extent *pack,
    const char *path, struct ms_err *err)
{
	struct ms_text_file file = {pack->number, true};
	struct ms_buf to = {0};
	int rc = ms_text_store_finish(u->store, err);

	ms_text_store_close(u->store);
	u->store = NULL;
	ms_text_file_path(u->a, &file, &to);
	if (rc == 0 && rename(path, ms_buf_str(&to)) < 0)
		rc = ms_fail_errno(err, "%s", ms_buf_str(&to));
	if (rc == 0)
		rc = sync_folder(u->a, err);
	if (rc == 0)
		u->sum->made++;
	ms_buf_release(&to);
	return rc;
}

static bool
has_whole(struct update *u, const struct ms_pack_extent *pack)
{
	struct ms_text_file file = {pack->number, true};
	struct ms_buf path = {0};
	bool has;

	ms_text_file_path(u->a, &file, &path);
	has = access(ms_buf_str(&path), F_OK) == 0;
	ms_buf_release(&path);
	return has;
}

/* 0; 1: a signal came; -1. sealed: nothing will be added to the pack. */
static int
update_pack(struct update *u, const struct ms_pack_extent *pack, bool sealed,
    struct ms_err *err)
{
	struct ms_buf path = {0};
	int rc;

	if (has_whole(u, pack))
		return 0;
	rc = open_store(u, pack, &path, err);
	if (rc == 0)
		rc = add_messages(u, pack, err);
	if (rc == 0 && sealed)
		rc = make_whole(u, pack, ms_buf_str(&path), err);
	ms_text_store_close(u->store);
	u->store = NULL;
	ms_buf_release(&path);
	return rc;
}

static int
update_packs(struct update *u, const struct ms_pack_extent *packs, size_t n,
    struct ms_err *err)
{
	struct ms_text_coverage c;
	struct ms_text *t;
	int rc;

	if (remove_wrong(u, packs, n, err) < 0 ||
	    ms_text_open(&t, u->a, err) < 0)
		return -1;
	rc = ms_text_coverage(t, &c, err);
	ms_text_close(t);
	u->total = c.missing;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = update_pack(u, &packs[i], i + 1 < n, err);
	return rc;
}

int
ms_text_update(struct ms_archive *a, const struct ms_text_update *how,
    struct ms_text_sum *sum, struct ms_err *err)
{
	struct update u = {.a = a, .how = how, .sum = sum};
	struct ms_pack_extent *packs;
	size_t n;
	int lock = lock_folder(a, err), rc = -1;

	*sum = (struct ms_text_sum){0};
	if (lock < 0)
		return -1;
	if (ms_archive_packs(a, &packs, &n, err) == 0) {
		rc = update_packs(&u, packs, n, err);
		free(packs);
	}
	ms_text_message_release(&u.message);
	close(lock);
	return rc;
}

int
ms_text_delete(struct ms_archive *a, struct ms_err *err)
{
	int lock = lock_folder(a, err), rc;
	struct ms_text_file *files;
	size_t n;

	if (lock < 0)
		return -1;
	rc = ms_text_files(a, &files, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = remove_database(a, &files[i], err);
	if (rc == 0)
		free(files);
	close(lock);
	return rc;
}
