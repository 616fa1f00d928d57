/* index.c - an index is examined in a child process, because a damaged index
 * can crash LMDB. ms-archive(5), Index. */
#include "impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive-writer.h"
#include "fs.h"
#include "index.h"

/* The answer of a child, as sent through the pipe. */
struct answer {
	int got; /* 1, 0, -1 with err set */
	struct ms_position position;
	unsigned char archive[MS_ID_LEN];
	char text[64];
	struct ms_err err;
};

/* An occurrence that is missing because of damage; four texts follow. */
struct missing {
	unsigned char id[MS_SHA_LEN];
	uint64_t message;
	int64_t date;
	bool more;         /* false: no occurrence, the answer follows */
	bool dated, place; /* place: the OCCURRENCE is missing, the message is
				not */
	uint32_t n[4];     /* user, source, folder, subject */
};

#define MISSING_TEXT_MAX (MS_SOURCE_MAX + MS_FOLDER_MAX)

struct question {
	const char *dir, *new_dir;
	bool read_only;
	int fd; /* in the child: rows are written there */
	int (*ask)(const struct question *q, struct answer *out);
};

static bool
get(int fd, void *bytes, size_t want)
{
	char *p = bytes;
	ssize_t n;

	while (want > 0) {
		n = read(fd, p, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		want -= (size_t)n;
	}
	return true;
}

/* In the child: writes only to the pipe, and leaves no files. */
_Noreturn static void
answer_and_exit(struct question *q, int fd)
{
	static const struct missing no_more;
	struct answer a;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	memset(&a, 0, sizeof(a));
	q->fd = fd;
	a.got = q->ask(q, &a);
	/* Errors do not matter: a parent that has ended needs no answer. */
	(void)ms_fs_write(fd, &no_more, sizeof(no_more));
	(void)ms_fs_write(fd, &a, sizeof(a));
	_exit(0);
}

/* Reports one row from a child. False: the row is not valid. */
static bool
report_missing(struct ms_verify_run *r, int fd, const struct missing *l)
{
	char *text[4] = {NULL}, where[MS_SHA_HEX + 16] = "message ";
	struct ms_fault f = {.kind = MS_FAULT_MESSAGE, .id = l->id};
	bool whole = true;
	size_t i;

	for (i = 0; i < 4 && whole; i++) {
		whole = l->n[i] <= MISSING_TEXT_MAX;
		if (whole) {
			text[i] = ms_xcalloc(1, (size_t)l->n[i] + 1);
			whole = get(fd, text[i], l->n[i]);
		}
	}
	if (whole) {
		ms_hex(l->id, MS_SHA_LEN, where + strlen(where));
		f.where = where;
		f.reason = l->place ? "the record of this place is missing"
				    : "its record is missing";
		f.date = l->dated ? &l->date : NULL;
		f.user = text[0];
		f.source = text[1];
		f.folder = text[2];
		f.subject = text[3][0] != '\0' ? text[3] : NULL;
		if (!l->place)
			ms_ranges_add(&r->bad, l->message, l->message);
		r->sum->faults++;
		r->v->fault(r->v->ctx, &f);
	}
	for (i = 0; i < 4; i++)
		free(text[i]);
	return whole;
}

static bool
get_all(struct ms_verify_run *r, int fd, struct answer *a)
{
	struct missing l;

	while (get(fd, &l, sizeof(l))) {
		if (!l.more)
			return get(fd, a, sizeof(*a));
		if (!report_missing(r, fd, &l))
			return false;
	}
	return false;
}

/* Asks a child. 1 answered, 0 the child crashed (the index is damaged), -1. */
static int
ask(struct ms_verify_run *r, struct question *q, struct answer *a,
    struct ms_err *err)
{
	int fd[2], status;
	bool answered;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return ms_fail_errno(err, "pipe");
	pid = fork();
	if (pid < 0) {
		close(fd[0]);
		close(fd[1]);
		return ms_fail_errno(err, "fork");
	}
	if (pid == 0)
		answer_and_exit(q, fd[1]);
	close(fd[1]);
	answered = get_all(r, fd[0], a);
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ms_fail_errno(err, "waitpid");
	return answered ? 1 : 0;
}

/* ---- questions ---- */

static int
position_of(struct ms_index *ix, struct ms_position *pos,
    unsigned char archive[MS_ID_LEN], struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	if (ms_index_begin(ix, &txn, err) < 0)
		return -1;
	rc = ms_index_position(&txn, pos, err);
	if (rc == 0)
		rc = ms_index_archive(&txn, archive, err);
	ms_index_end(&txn);
	return rc;
}

static int
ask_position(const struct question *q, struct answer *out)
{
	struct ms_index *ix;

	if (ms_index_open(&ix, q->dir, q->read_only, &out->err) < 0)
		return -1;
	return position_of(ix, &out->position, out->archive, &out->err) < 0 ? -1
									    : 1;
}

/* A reader of the archive brings its index up to date. */
static int
ask_catch_up(const struct question *q, struct answer *out)
{
	struct ms_archive *a;

	if (ms_archive_open(&a, q->dir, MS_ARCHIVE_READ, &out->err) < 0)
		return -1;
	ms_archive_close(a);
	return 1;
}

/* Are the records of an occurrence of the old index, and of its message, in the
 * new index? */
static int
check_occurrence(const struct question *q, struct ms_archive *a,
    struct ms_txn *new_txn, const struct ms_row *row, struct ms_err *err)
{
	struct missing l = {.more = true,
	    .message = row->message,
	    .date = row->sent,
	    .dated = (row->bits & MS_ROW_UNDATED) == 0};
	const char *text[4] = {"", "", "", row->desc.subject.s};
	const struct ms_folder *f;
	struct ms_location loc;
	int got;
	size_t i;

	got = ms_index_locate(new_txn, row->message, &loc, err);
	l.place = got == 1;
	if (got == 1)
		got = ms_index_locate(new_txn, row->number, &loc, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	memcpy(l.id, row->id, sizeof(l.id));
	got = ms_archive_folder_get(a, row->folder, &f, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		text[0] = f->user_name;
		text[1] = f->source_url;
		text[2] = f->name;
	}
	for (i = 0; i < 3; i++)
		l.n[i] = (uint32_t)strlen(text[i]);
	l.n[3] = row->desc.subject.n;
	(void)ms_fs_write(q->fd, &l, sizeof(l));
	for (i = 0; i < 4; i++)
		(void)ms_fs_write(q->fd, text[i], l.n[i]);
	return 0;
}

/* Sends the occurrences that are in the index of the archive but not in the new
 * one. */
static int
ask_missing(const struct question *q, struct answer *out)
{
	struct ms_select all = {.order = MS_BY_FOLDER};
	struct ms_err *err = &out->err;
	const struct ms_row *row;
	struct ms_index *new_index;
	struct ms_archive *a;
	struct ms_walk *walk;
	struct ms_txn txn;
	int got;

	/* The index as it is, without catching up. */
	if (ms_archive_open_log(&a, q->dir, MS_ARCHIVE_READ, err) < 0 ||
	    ms_index_open(&a->ix, q->dir, q->read_only, err) < 0 ||
	    ms_index_open(&new_index, q->new_dir, false, err) < 0 ||
	    ms_walk_open(&walk, a, &all, err) < 0 ||
	    ms_index_begin(new_index, &txn, err) < 0)
		return -1;
	/* No process writes to the new index, so its transaction may last. */
	while ((got = ms_walk_next(walk, &row, err)) == 1)
		if (check_occurrence(q, a, &txn, row, err) < 0)
			return -1;
	return got < 0 ? -1 : 1;
}

/* Reads all rows of the index. */
static int
ask_rows(const struct question *q, struct answer *out)
{
	struct ms_index *ix;
	struct ms_txn txn;

	if (ms_index_open(&ix, q->dir, q->read_only, &out->err) < 0 ||
	    ms_index_begin(ix, &txn, &out->err) < 0)
		return -1;
	return ms_index_check(&txn, MS_INDEX_ALL, &out->err) < 0 ? -1 : 1;
}

static int
ask_equal(const struct question *q, struct answer *out)
{
	struct ms_position new_position;
	struct ms_index *a, *b;
	const char *table = "";
	int got;

	if (ms_index_open(&a, q->dir, q->read_only, &out->err) < 0 ||
	    ms_index_open(&b, q->new_dir, false, &out->err) < 0 ||
	    position_of(a, &out->position, out->archive, &out->err) < 0 ||
	    position_of(b, &new_position, out->archive, &out->err) < 0)
		return -1;
	if (out->position.next < new_position.next)
		return 0; /* without the name of a table */
	got = ms_index_equal(a, b, &table, &out->err);
	snprintf(out->text, sizeof(out->text), "%s", table);
	return got;
}

/* ---- the interface ---- */

static bool
cannot_write(const char *dir)
{
	struct ms_buf path = {0};
	bool no;

	ms_buf_printf(&path, "%s/index", dir);
	no = access(ms_buf_str(&path), W_OK) < 0 || !ms_archive_trusted(dir);
	ms_buf_release(&path);
	return no;
}

int
ms_verify_known(struct ms_verify_run *r, const char *dir, struct ms_err *err)
{
	struct question q = {
	    .dir = dir, .read_only = cannot_write(dir), .ask = ask_position};
	struct answer a = {0};
	int got;

	got = ask(r, &q, &a, err);
	if (got <= 0 || a.got != 1)
		return got < 0 ? -1 : 0;
	r->foreign = memcmp(a.archive, r->archive, MS_ID_LEN) != 0;
	if (!r->foreign)
		r->known = a.position;
	return 0;
}

int
ms_verify_catch_up(struct ms_verify_run *r, const char *dir, struct ms_err *err)
{
	struct question q = {.dir = dir, .ask = ask_catch_up};
	struct answer a = {0};

	return ask(r, &q, &a, err) < 0 ? -1 : 0;
}

/* An index that cannot be read; a->got is -1. That is damage only if the index
 * is the reason: 0, else -1 with err set. */
static int
report_unreadable(
    struct ms_verify_run *r, const struct answer *a, struct ms_err *err)
{
	if (a->err.code == MS_NOINPUT) {
		ms_verify_fault(r, MS_FAULT_REMARK, "index",
		    "is missing; the next tool builds one");
	} else if (a->err.code == MS_DATA || a->err.code == MS_INDEX) {
		ms_verify_fault(r, MS_FAULT_INDEX, "index", "%s", a->err.msg);
	} else {
		*err = a->err;
		return -1;
	}
	return 0;
}

static void
report_crash(struct ms_verify_run *r)
{
	ms_verify_fault(r, MS_FAULT_INDEX, "index",
	    "is damaged; run ms-verify --rebuild-index");
}

int
ms_verify_rows(struct ms_verify_run *r, const char *dir, struct ms_err *err)
{
	struct question q = {
	    .dir = dir, .read_only = cannot_write(dir), .ask = ask_rows};
	struct answer a = {0};
	int got = ask(r, &q, &a, err);

	if (got == 0)
		report_crash(r);
	else if (got == 1 && a.got < 0)
		return report_unreadable(r, &a, err);
	return got < 0 ? -1 : 0;
}

int
ms_verify_index(struct ms_verify_run *r, const char *dir, const char *new_dir,
    struct ms_err *err)
{
	struct question q = {.dir = dir,
	    .new_dir = new_dir,
	    .read_only = cannot_write(dir),
	    .ask = ask_equal};
	struct answer a = {0};
	int got;

	got = ask(r, &q, &a, err);
	if (got < 0)
		return -1;
	if (got == 0) {
		report_crash(r);
		return 0;
	}
	if (a.got == 1)
		return 0;
	if (a.got < 0)
		return report_unreadable(r, &a, err);
	if (a.text[0] == '\0')
		ms_verify_fault(r, MS_FAULT_REMARK, "index",
		    "does not include the end of the packs; the next writer "
		    "brings it up to date");
	else if (r->sum->faults > 0)
		ms_verify_fault(r, MS_FAULT_REMARK, "index",
		    "still includes what is damaged; ms-verify --rebuild-index "
		    "builds one without it");
	else
		ms_verify_fault(r, MS_FAULT_INDEX, "index",
		    "table %s does not match the packs; run ms-verify "
		    "--rebuild-index",
		    a.text);
	return 0;
}

int
ms_verify_missing(struct ms_verify_run *r, const char *dir, const char *new_dir,
    struct ms_err *err)
{
	struct question q = {.dir = dir,
	    .new_dir = new_dir,
	    .read_only = cannot_write(dir),
	    .ask = ask_missing};
	struct answer a = {0};
	int got;

	got = ask(r, &q, &a, err);
	return got < 0 ? -1 : got == 1 && a.got == 1;
}
