/* import.c - ms-users import: adds and changes the users of a file, many in one
 * commit. The manual is ms-users(1). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "le.h"
#include "listing.h"
#include "report.h"
#include "import.h"

/* Limits of one commit: events, and bytes of the file. */
#define BATCH_ROWS 8192
#define BATCH_BYTES (2 * 1024 * 1024)

struct import {
	struct users *u;
	struct users_rows rows;
	size_t from, to; /* the batch */
	bool rights;     /* the second pass: rights are set */
	bool checked;    /* a dry run: the batch was checked and undone */
};

/* ---- reading ---- */

static int
read_input(const char *path, struct ms_buf *text, struct ms_err *err)
{
	bool is_stdin = path == NULL || strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;
	ssize_t n;

	if (fd < 0)
		return ms_fail_errno(err, "%s", name);
	do {
		n = read(fd, ms_buf_room(text, 65536), 65536);
		if (n > 0)
			text->n += (size_t)n;
		if (n < 0 && errno != EINTR)
			rc = ms_fail_errno(err, "%s", name);
		if (text->n > USERS_IMPORT_MAX)
			rc = ms_fail(err, MS_DATA, "%s: more than %zu bytes",
			    name, USERS_IMPORT_MAX);
	} while (rc == 0 && n != 0);
	if (!is_stdin)
		close(fd);
	if (rc == 0 && text->n == 0)
		rc = ms_fail(err, MS_NOINPUT, "%s: empty", name);
	ms_buf_str(text);
	return rc;
}

static bool
looks_like_json(const struct ms_buf *text)
{
	size_t n = strspn((const char *)text->p, " \t\r\n");

	return n < text->n && text->p[n] == '{';
}

/* ---- one user ---- */

/* Appends the rights of a row, with the numbers of the archives. */
static int
find_rights(struct ms_change *ch, const struct users_row *r, struct ms_buf *out,
    struct ms_err *err)
{
	unsigned char row[MS_RIGHT_ROW];
	struct ms_account archive = {0};
	const char *name;
	size_t at = 0;
	int got = 1;

	while (got == 1 && at < r->rights.n) {
		row[8] = r->rights.p[at];
		name = (const char *)r->rights.p + at + 1;
		at += strlen(name) + 2;
		archive.number = 0;
		if (*name != '\0')
			got = ms_account_find_in(
			    ms_change_txn(ch), name, &archive, err);
		if (got == 0)
			ms_fail(err, MS_USAGE,
			    "rights: no archive of user '%.128s'", name);
		ms_put_le64(row, archive.number);
		ms_buf_add(out, row, sizeof(row));
	}
	ms_account_release(&archive);
	return got == 1 ? 0 : -1;
}

static void
account_of(struct users_row *r, struct ms_account *want)
{
	want->name = ms_buf_str(&r->name);
	want->full_name = ms_buf_str(&r->full_name);
	want->dn = ms_buf_str(&r->dn);
	want->addresses = ms_buf_slice(&r->addresses);
	want->pop3_names = ms_buf_slice(&r->pop3_names);
	want->authentication = r->authentication;
	want->privileges = r->privileges;
	want->disabled = r->disabled;
}

/* Adds or changes a user, without the rights: these can be on archives of users
 * that come later in the file. */
static int
apply_user(struct ms_change *ch, struct users_row *r, struct ms_err *err)
{
	unsigned set = r->set & ~(unsigned)MS_SET_RIGHTS, changed = 0;
	struct ms_account now = {0}, want = {0};
	uint64_t number;
	int got, rc = -1;

	account_of(r, &want);
	got = ms_account_find_in(ms_change_txn(ch), want.name, &now, err);
	if (got == 1 && !now.deleted) {
		rc = ms_account_set(ch, now.number, &want, set, &changed, err);
		r->outcome = changed != 0 ? USERS_CHANGED : USERS_SAME;
		r->changed = changed;
	} else if (got >= 0) {
		if ((set & MS_SET_AUTHENTICATION) == 0 &&
		    strcmp(want.name, MS_CATCHALL) != 0)
			want.authentication = MS_LOGIN_INTEGRATED;
		set |= MS_SET_AUTHENTICATION;
		rc = ms_account_add(ch, &want, set, &number, err);
		r->outcome = USERS_ADDED;
	}
	ms_account_release(&now);
	return rc;
}

static int
apply_rights(struct ms_change *ch, struct users_row *r, struct ms_err *err)
{
	struct ms_account now = {0}, want = {0};
	struct ms_buf rights = {0};
	unsigned changed = 0;
	int rc = users_find_in(ch, ms_buf_str(&r->name), &now, err);

	if (rc == 0)
		rc = find_rights(ch, r, &rights, err);
	want.rights = ms_buf_slice(&rights);
	if (rc == 0)
		rc = ms_account_set(
		    ch, now.number, &want, MS_SET_RIGHTS, &changed, err);
	if (rc == 0 && changed != 0) {
		r->changed |= MS_SET_RIGHTS;
		if (r->outcome == USERS_SAME)
			r->outcome = USERS_CHANGED;
	}
	ms_buf_release(&rights);
	ms_account_release(&now);
	return rc;
}

/* ---- a batch ---- */

/* Is the row wrong, and not the archive? */
static bool
is_row_error(const struct ms_err *err)
{
	return err->code == MS_USAGE || err->code == MS_EXISTS ||
	       err->code == MS_NOINPUT;
}

/*
 * Applies the rows that are not done. A row that fails is tried again after the
 * others, because an address can go from one user to another within a file.
 * *failed receives the number of failures.
 */
static int
try_rows(struct import *im, struct ms_change *ch, bool *done, size_t *failed,
    struct ms_err *err)
{
	size_t i;

	*failed = 0;
	for (i = im->from; i < im->to; i++) {
		struct users_row *r = &im->rows.row[i];
		struct ms_err why = {0};
		int rc = 0;

		if (done[i - im->from] || (r->error != NULL && !im->rights))
			continue;
		if (!im->rights)
			rc = apply_user(ch, r, &why);
		else if (r->error == NULL && (r->set & MS_SET_RIGHTS))
			rc = apply_rights(ch, r, &why);
		done[i - im->from] = rc == 0;
		if (rc == 0)
			continue;
		if (ms_change_txn(ch)->full || !is_row_error(&why)) {
			*err = why;
			return -1;
		}
		++*failed;
	}
	return 0;
}

/* Gives each row that still fails its error. */
static int
set_errors(struct import *im, struct ms_change *ch, const bool *done,
    struct ms_err *err)
{
	size_t i;

	for (i = im->from; i < im->to; i++) {
		struct users_row *r = &im->rows.row[i];
		struct ms_err why = {0};

		if (done[i - im->from] || r->error != NULL)
			continue;
		if ((im->rights ? apply_rights : apply_user)(ch, r, &why) == 0)
			continue;
		if (!is_row_error(&why)) {
			*err = why;
			return -1;
		}
		users_row_fail(r, &why);
	}
	return 0;
}

static int
apply_batch(struct import *im, struct ms_change *ch, struct ms_err *err)
{
	bool *done = ms_xcalloc(im->to - im->from, sizeof(*done));
	size_t before, failed = SIZE_MAX;
	int rc;

	do {
		before = failed;
		rc = try_rows(im, ch, done, &failed, err);
	} while (rc == 0 && failed > 0 && failed < before);
	if (rc == 0 && failed > 0)
		rc = set_errors(im, ch, done, err);
	free(done);
	return rc;
}

/* A dry run applies the whole batch and fails, which undoes it. */
static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct import *im = ctx;

	if (!im->u->opt->dry_run)
		return apply_batch(im, ch, err);
	im->rights = false;
	if (apply_batch(im, ch, err) < 0)
		return -1;
	im->rights = true;
	if (apply_batch(im, ch, err) < 0)
		return -1;
	im->checked = true;
	return ms_fail(err, MS_OK, "nothing is changed");
}

static int
apply_all(struct import *im, struct ms_err *err)
{
	size_t bytes;

	for (im->from = 0; im->from < im->rows.count; im->from = im->to) {
		bytes = 0;
		for (im->to = im->from;
		     im->to < im->rows.count && bytes < BATCH_BYTES &&
		     im->to - im->from < BATCH_ROWS;
		     im->to++)
			bytes += im->rows.row[im->to].addresses.n +
				 im->rows.row[im->to].pop3_names.n +
				 im->rows.row[im->to].rights.n +
				 im->rows.row[im->to].dn.n;
		im->checked = false;
		if (users_change(im->u, NULL, decide, im, err) < 0 &&
		    !im->checked)
			return -1;
	}
	return 0;
}

/* ---- results ---- */

/* Prints the results. 0; 1: some failed; -1. */
static int
report(struct import *im, const char *path, struct ms_err *err)
{
	size_t i, count[3] = {0}, failed = 0;
	struct users *u = im->u;

	for (i = 0; i < im->rows.count; i++) {
		struct users_row *r = &im->rows.row[i];

		if (r->error != NULL) {
			failed++;
			ms_warn(TOOL, "%s:%llu: %s", path,
			    (unsigned long long)r->line, r->error);
			continue;
		}
		count[r->outcome]++;
		if (r->outcome == USERS_SAME)
			continue;
		ms_listing_escape(&u->out, (char *)r->name.p, r->name.n);
		ms_buf_add_str(&u->out,
		    r->outcome == USERS_ADDED ? "\tadded" : "\tchanged\t");
		if (r->outcome == USERS_CHANGED)
			users_write_members(&u->out, r->changed);
		ms_buf_add_byte(&u->out, '\n');
		if (users_flush(u, false, err) < 0)
			return -1;
	}
	if (users_flush(u, true, err) < 0)
		return -1;
	ms_warn(TOOL, "%zu added, %zu changed, %zu as they were, %zu failed%s",
	    count[USERS_ADDED], count[USERS_CHANGED], count[USERS_SAME], failed,
	    u->opt->dry_run ? "; nothing was written" : "");
	return failed > 0;
}

int
users_import(struct users *u)
{
	const char *path = u->count > 0 ? u->args[0] : "-";
	struct import im = {.u = u};
	struct ms_buf text = {0};
	struct ms_err err = {0};
	/* Errors quote the text. */
	int rc = users_may_look(u, NULL, &err) < 0
		     ? -1
		     : read_input(path, &text, &err);

	if (rc == 0) {
		bool json = u->opt->format < 0 ? looks_like_json(&text)
					       : u->opt->format == USERS_JSON;

		rc = json ? users_read_json(&im.rows, ms_buf_slice(&text), &err)
			  : users_read_csv(&im.rows, ms_buf_slice(&text),
				u->opt->encoding, &err);
		if (json && rc == 0 && u->opt->encoding != NULL)
			rc = ms_fail_option(
			    &err, "encoding", "JSON is always UTF-8");
	}
	if (rc == 0 && im.rows.remark != NULL)
		ms_warn(TOOL, "%s: %s", path, im.rows.remark);
	if (rc == 0)
		rc = apply_all(&im, &err);
	im.rights = true;
	if (rc == 0 && !u->opt->dry_run)
		rc = apply_all(&im, &err);
	if (rc == 0)
		rc = report(&im, path, &err);
	users_rows_release(&im.rows);
	ms_buf_release(&text);
	return rc < 0 ? users_failed(NULL, &err) : rc;
}
