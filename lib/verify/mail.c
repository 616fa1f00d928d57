/* mail.c - every message is assembled and hashed, by an index that was built
 * from the packs. Damaged messages are reported with all their occurrences. */
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#include "archive-writer.h"
#include "le.h"

#define ROWS 1024 /* read in one transaction */

struct hash {
	struct ms_sha sha;
	uint64_t n;
};

static int
hash_emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct hash *h = ctx;

	(void)err;
	ms_sha_add(&h->sha, p, n);
	h->n += n;
	return 0;
}

/* ---- reports ---- */

/* Reports a damaged message at one of its places; row NULL: no place is known.
 */
static int
report_place(struct ms_verify_run *r, struct ms_archive *a,
    const unsigned char *id, const char *reason, const struct ms_row *row,
    struct ms_err *err)
{
	struct ms_fault f = {
	    .kind = MS_FAULT_MESSAGE, .id = id, .reason = reason};
	const struct ms_folder *folder = NULL;
	struct ms_buf subject = {0};
	char where[MS_SHA_HEX + 16] = "message ";
	int got = 0;

	ms_hex(id, MS_SHA_LEN, where + strlen(where));
	f.where = where;
	if (row != NULL) {
		got = ms_archive_folder_get(a, row->folder, &folder, err);
		if (got < 0)
			return -1;
		if ((row->bits & MS_ROW_UNDATED) == 0)
			f.date = &row->sent;
		if (row->desc.subject.n > 0) {
			ms_buf_add(
			    &subject, row->desc.subject.s, row->desc.subject.n);
			f.subject = ms_buf_str(&subject);
		}
	}
	if (got == 1 && folder != NULL) {
		f.user = folder->user_name;
		f.source = folder->source_url;
		f.folder = folder->name;
	}
	r->sum->faults++;
	r->v->fault(r->v->ctx, &f);
	ms_buf_release(&subject);
	return 0;
}

static int
report_message(struct ms_verify_run *r, struct ms_archive *a, uint64_t number,
    const unsigned char *id, const char *reason, struct ms_err *err)
{
	struct ms_buf rows = {0};
	const struct ms_row *row;
	size_t i, n;
	int rc = -1;

	ms_ranges_add(&r->bad, number, number);
	if (ms_archive_occurrences(a, number, &rows, err) < 0)
		goto out;
	row = (const void *)rows.p;
	n = rows.n / sizeof(*row);
	if (n == 0 && report_place(r, a, id, reason, NULL, err) < 0)
		goto out;
	for (i = 0; i < n; i++)
		if (report_place(r, a, id, reason, &row[i], err) < 0)
			goto out;
	rc = 0;
out:
	ms_buf_release(&rows);
	return rc;
}

/* ---- messages ---- */

struct message {
	uint64_t number, size;
	unsigned char id[MS_SHA_LEN];
};

/* The MESSAGEs from number on, at most ROWS. */
static int
next_messages(struct ms_archive *a, uint64_t number, struct ms_buf *out,
    struct ms_err *err)
{
	struct ms_message_row row;
	struct message m;
	struct ms_txn txn;
	size_t i;
	int got = 1;

	do {
		ms_buf_clear(out);
		m.number = number;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		for (i = 0; i < ROWS; i++, m.number++) {
			got = ms_index_next_message(&txn, &m.number, &row, err);
			if (got != 1)
				break;
			memcpy(m.id, row.id, MS_SHA_LEN);
			m.size = row.size;
			ms_buf_add(out, &m, sizeof(m));
		}
	} while (ms_index_end(&txn) != 0);
	return got < 0 ? -1 : 0;
}

static int
check_message(struct ms_verify_run *r, struct ms_archive *a, struct hash *h,
    const struct message *m, struct ms_err *err)
{
	unsigned char id[MS_SHA_LEN];
	struct ms_err why = {0};
	int rc;

	h->n = 0;
	rc = ms_archive_emit(
	    a, m->number, m->id, MS_FORM_CRLF, hash_emit, h, &why);
	ms_sha_end(&h->sha, id);
	r->sum->messages++;
	if (rc < 0 && why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	if (rc < 0)
		return report_message(r, a, m->number, m->id, why.msg, err);
	if (memcmp(id, m->id, sizeof(id)) != 0 || h->n != m->size)
		return report_message(r, a, m->number, m->id,
		    "its bytes are not those of its id", err);
	return 0;
}

static int
check_messages(
    struct ms_verify_run *r, struct ms_archive *a, struct ms_err *err)
{
	struct ms_buf batch = {0};
	const struct message *m;
	struct hash h = {0};
	uint64_t number = 0;
	size_t i, n;
	int rc = -1;

	ms_sha_init(&h.sha);
	do {
		if (next_messages(a, number, &batch, err) < 0)
			goto out;
		m = (const void *)batch.p;
		n = batch.n / sizeof(*m);
		for (i = 0; i < n; i++) {
			if (check_message(r, a, &h, &m[i], err) < 0)
				goto out;
			if (r->v->progress != NULL)
				r->v->progress(
				    r->v->ctx, "messages", r->sum->messages, 0);
			number = m[i].number + 1;
		}
	} while (n == ROWS);
	rc = 0;
out:
	ms_buf_release(&batch);
	return rc;
}

/* ---- occurrences ---- */

/* Reports an OCCURRENCE whose MESSAGE is missing. */
static int
report_orphan(struct ms_verify_run *r, struct ms_archive *a,
    const struct ms_occurrence_row *o, struct ms_err *err)
{
	struct ms_dates dates = ms_dates_of(&(struct ms_desc){0}, o->raw);
	struct ms_row row = {.folder = o->folder,
	    .sent = dates.sent,
	    .bits = dates.known ? 0 : MS_ROW_UNDATED};
	struct ms_buf content = {0};
	struct ms_err why = {0};
	int rc = 0;

	if (r->missing_reported)
		return 0;
	ms_ranges_add(&r->bad, o->message, o->message);
	if (ms_archive_content(a, o->number, MS_OCCURRENCE, &content, &why) ==
		0 &&
	    content.n >= MS_SHA_LEN)
		rc = report_place(
		    r, a, content.p, "its record is missing", &row, err);
	ms_buf_release(&content);
	return rc;
}

/* Moves *at over at most ROWS occurrences; those without a message are added to
 * out. */
static int
next_orphans(struct ms_archive *a, struct ms_occurrence_row *at,
    struct ms_buf *out, size_t *seen, struct ms_err *err)
{
	const struct ms_occurrence_row start = *at;
	struct ms_location loc;
	struct ms_txn txn;
	int got = 1;

	do {
		ms_buf_clear(out);
		*seen = 0;
		*at = start;
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		for (; *seen < ROWS; (*seen)++, at->number++) {
			got = ms_index_next_occurrence(&txn, at, err);
			if (got != 1)
				break;
			got = ms_index_locate(&txn, at->message, &loc, err);
			if (got < 0)
				break;
			if (got == 0)
				ms_buf_add(out, at, sizeof(*at));
		}
	} while (ms_index_end(&txn) != 0);
	return got < 0 ? -1 : 0;
}

static int
check_occurrences(
    struct ms_verify_run *r, struct ms_archive *a, struct ms_err *err)
{
	struct ms_occurrence_row at = {.date = INT64_MIN};
	const struct ms_occurrence_row *o;
	struct ms_buf orphans = {0};
	size_t i, n, seen = 0;
	int rc = -1;

	do {
		if (next_orphans(a, &at, &orphans, &seen, err) < 0)
			goto out;
		o = (const void *)orphans.p;
		n = orphans.n / sizeof(*o);
		for (i = 0; i < n; i++)
			if (report_orphan(r, a, &o[i], err) < 0)
				goto out;
		r->sum->occurrences += seen;
	} while (seen == ROWS);
	rc = 0;
out:
	ms_buf_release(&orphans);
	return rc;
}

int
ms_verify_mail(
    struct ms_verify_run *r, struct ms_archive *a, struct ms_err *err)
{
	if (check_messages(r, a, err) < 0)
		return -1;
	return check_occurrences(r, a, err);
}
