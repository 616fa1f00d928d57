/*
 * archive-lookup.c - what an archive has of a user's mailbox: by place, by
 * header and size, and in which folder a message lay before. ms-fetch(1), What
 * is already there.
 */
#include "archive-lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "message-hasher.h"
#include "numbers.h"
#include "record.h"
#include "short-body.h"

#define SLICE 20000 /* rows looked up in one transaction */

struct ms_lookup {
	struct ms_archive *archive; /* NULL: every message is new */
	uint64_t user, source;      /* their numbers; 0: not in the archive */
	struct ms_heads *heads;     /* NULL: not opened yet, or none */
	bool heads_opened;
	/* uint64_t: occurrences that the server was seen to have in this run */
	struct ms_buf seen_on_server;
	bool sorted; /* seen_on_server is */
	bool watch_moves;
	struct ms_buf rows; /* struct ms_row, of the last message */
};

int
ms_lookup_open(struct ms_lookup **out, const struct ms_lookup_options *options,
    struct ms_err *err)
{
	struct ms_lookup *l = ms_xcalloc(1, sizeof(*l));
	int found;

	*out = l;
	l->watch_moves = options->watch_moves;
	if (options->archive == NULL)
		return 0;
	if (ms_archive_open(&l->archive, options->archive,
		options->write ? MS_ARCHIVE_WRITE : MS_ARCHIVE_READ, err) < 0)
		return -1;
	found = ms_archive_user(l->archive, options->user, &l->user, err);
	if (found == 1)
		found = ms_archive_source(
		    l->archive, options->source, &l->source, err);
	return found < 0 ? -1 : 0;
}

void
ms_lookup_close(struct ms_lookup *l)
{
	if (l == NULL)
		return;
	ms_heads_close(l->heads);
	if (l->archive != NULL)
		ms_archive_close(l->archive);
	ms_buf_release(&l->seen_on_server);
	ms_buf_release(&l->rows);
	free(l);
}

struct ms_archive *
ms_lookup_archive(struct ms_lookup *l)
{
	return l->archive;
}

void
ms_lookup_numbers(const struct ms_lookup *l, uint64_t *user, uint64_t *source)
{
	*user = l->user;
	*source = l->source;
}

static void
add_seen(struct ms_lookup *l, uint64_t occurrence)
{
	if (!l->watch_moves)
		return;
	ms_buf_add(&l->seen_on_server, &occurrence, sizeof(occurrence));
	l->sorted = false;
}

/* ---- by place ---- */

static int
places_by_uid(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	struct ms_stored_uid *known = NULL;
	size_t n = 0, i, at = 0;

	/* Without a UIDVALIDITY a UID does not last. */
	if (m->uidvalidity == 0)
		return 0;
	if (ms_archive_places(l->archive, m->number, (uint32_t)m->uidvalidity,
		&known, &n, err) < 0)
		return -1;
	for (i = 0; i < m->uids.n; i++) {
		while (at < n && known[at].uid < m->uids.v[i])
			at++;
		if (at < n && known[at].uid == m->uids.v[i])
			m->occurrence[i] = known[at].occurrence;
	}
	free(known);
	return 0;
}

/* UIDLs, and UIDs with a UIDVALIDITY that is too large for RFC 9051. */
static int
places_by_text(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	const char *place;
	char text[32];
	size_t i;
	int found = 0;

	for (i = 0; found >= 0 && i < m->uids.n; i++) {
		place = ms_mailbox_place(m, m->uids.v[i], text);
		if (place != NULL)
			found = ms_archive_place(l->archive, m->number, place,
			    &m->occurrence[i], err);
	}
	return found < 0 ? -1 : 0;
}

/* Messages of which the archive has only a short body. */
static int
short_places(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	const char *place;
	char text[32];
	size_t i;
	int found = 0;

	for (i = 0; found >= 0 && i < m->uids.n; i++) {
		place = m->occurrence[i] == 0
			    ? ms_mailbox_place(m, m->uids.v[i], text)
			    : NULL;
		if (place == NULL)
			continue;
		found = ms_short_known(
		    l->archive, m, place, &m->occurrence[i], err);
		if (found == 1)
			(void)ms_uid_list_add(
			    &m->shorts, m->uids.v[i], SIZE_MAX);
	}
	return found < 0 ? -1 : 0;
}

/* A place of a mailbox whose messages are assigned is not known if its users
 * have lost the message because of damage. */
static int
drop_lost_receipts(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_receipt r;
	size_t i;
	int got;

	got = ms_archive_has_losses(l->archive, err);
	for (i = 0; got > 0 && i < m->uids.n; i++) {
		if (m->occurrence[i] == 0)
			continue;
		got = ms_archive_receipt(
		    l->archive, m->occurrence[i], &r, &content, err);
		if (got == 1) {
			got = ms_archive_receipt_whole(l->archive, &r, err);
			if (got == 0)
				m->occurrence[i] = 0;
		}
		got = got < 0 ? -1 : 1;
	}
	ms_buf_release(&content);
	return got < 0 ? -1 : 0;
}

int
ms_lookup_places(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	int rc;

	if (l->source == 0)
		return 0;
	rc = ms_archive_folder(
	    l->archive, l->user, l->source, m->name, &m->number, err);
	if (rc <= 0)
		return rc;
	rc = m->places == NULL && m->uidvalidity <= UINT32_MAX
		 ? places_by_uid(l, m, err)
		 : places_by_text(l, m, err);
	if (rc < 0 || short_places(l, m, err) < 0)
		return -1;
	return drop_lost_receipts(l, m, err);
}

void
ms_lookup_confirm(struct ms_lookup *l, const struct ms_mailbox_state *m)
{
	size_t i;

	for (i = 0; i < m->uids.n; i++)
		if (m->occurrence[i] != 0)
			add_seen(l, m->occurrence[i]);
}

/* Looks up to SLICE of m->uids from *at on. 1: there may be more; 0; -1. */
static int
removed_slice(struct ms_txn *txn, struct ms_mailbox_state *m, size_t *at,
    struct ms_err *err)
{
	struct ms_view_row view;
	int got, i;

	for (i = 0; i < SLICE && *at < m->uids.n; i++, ++*at) {
		got = m->occurrence[*at] == 0
			  ? 0
			  : ms_index_view(txn, m->occurrence[*at], &view, err);
		if (got < 0)
			return -1;
		m->removed[*at] =
		    got == 1 && view.folder == 0 ? view.change : 0;
	}
	return *at < m->uids.n;
}

int
ms_lookup_removed(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	size_t at = 0, before;
	struct ms_txn txn;
	int got = 1;

	free(m->removed);
	m->removed = ms_xcalloc(m->uids.n, sizeof(*m->removed));
	while (l->archive != NULL && got == 1) {
		before = at;
		if (ms_index_begin(ms_archive_index(l->archive), &txn, err) < 0)
			return -1;
		got = removed_slice(&txn, m, &at, err);
		if (ms_index_end(&txn) != 0) {
			at = before;
			got = 1;
		}
	}
	return got < 0 ? -1 : 0;
}

static int
same_top(struct ms_lookup *l, const struct ms_occurrence *o,
    const struct ms_msg_info *info, struct ms_err *err)
{
	struct ms_buf header = {0};
	unsigned char digest[MS_SHA_LEN];
	int got;

	got = ms_archive_header(l->archive, o->message, o->id, &header, err);
	ms_header_top(ms_buf_slice(&header), digest);
	ms_buf_release(&header);
	return got < 0 ? -1 : memcmp(digest, info->head, MS_SHA_LEN) == 0;
}

static int
compare_receipt(struct ms_lookup *l, uint64_t number,
    const struct ms_msg_info *info, unsigned by, struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_receipt r;
	int got;

	got = ms_archive_receipt(l->archive, number, &r, &content, err);
	if (got == 1)
		got = memcmp(by == MS_HAS_ID ? info->id : info->head,
			  by == MS_HAS_ID    ? r.id
			  : by == MS_HAS_TOP ? r.top
					     : r.head,
			  MS_SHA_LEN) == 0;
	ms_buf_release(&content);
	return got;
}

/* Compares the message of an OCCURRENCE, or of a RECEIPT, with what the server
 * says of it: its id, its head or the top of its header. */
static int
compare(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, unsigned by, struct ms_err *err)
{
	struct ms_occurrence o;
	struct ms_buf content = {0};
	struct ms_err why = {0};
	int got;

	got = ms_archive_occurrence_at(
	    l->archive, occurrence, &o, &content, &why);
	if (got < 0 && why.code == MS_DATA)
		got = compare_receipt(l, occurrence, info, by, err);
	else if (got < 0 && err != NULL)
		*err = why;
	else if (got == 0 && by == MS_HAS_ID)
		got = memcmp(o.id, info->id, MS_SHA_LEN) == 0;
	else if (got == 0 && by == MS_HAS_TOP)
		got = same_top(l, &o, info, err);
	else if (got == 0)
		got =
		    ms_archive_head_is(l->archive, o.message, info->head, err);
	ms_buf_release(&content);
	return got;
}

int
ms_lookup_same_head(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err)
{
	return compare(l, occurrence, info, MS_HAS_HEAD, err);
}

int
ms_lookup_same_top(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err)
{
	return compare(l, occurrence, info, MS_HAS_TOP, err);
}

int
ms_lookup_same_body(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err)
{
	return compare(l, occurrence, info, MS_HAS_ID, err);
}

/* ---- the rows of a folder ---- */

/* Calls visit() for rows of a folder from *row on. Returns 1 if there may be
 * more, 0 at the end or when visit() has returned false, or -1. */
static int
visit_slice(struct ms_txn *txn, struct ms_occurrence_row *row,
    bool (*visit)(void *, struct ms_txn *, const struct ms_occurrence_row *),
    void *ctx, struct ms_err *err)
{
	const uint64_t folder = row->folder;
	int got, i;

	for (i = 0; i < SLICE; i++, row->number++) {
		got = ms_index_next_occurrence(txn, row, err);
		if (got <= 0)
			return got;
		if (row->folder != folder || !visit(ctx, txn, row))
			return 0;
	}
	return 1;
}

/* Calls visit() for each row of a folder. A row can come twice. */
static int
visit_folder(struct ms_lookup *l, uint64_t folder,
    bool (*visit)(void *, struct ms_txn *, const struct ms_occurrence_row *),
    void *ctx, struct ms_err *err)
{
	struct ms_occurrence_row row = {.folder = folder, .date = INT64_MIN};
	struct ms_occurrence_row before;
	struct ms_txn txn;
	int got;

	do {
		before = row;
		if (ms_index_begin(ms_archive_index(l->archive), &txn, err) < 0)
			return -1;
		got = visit_slice(&txn, &row, visit, ctx, err);
		if (ms_index_end(&txn) != 0) {
			row = before;
			got = 1;
		}
	} while (got == 1);
	return got;
}

/* The size of an occurrence's message. */
struct stored_size {
	uint64_t occurrence, size;
};

static bool
add_size(void *ctx, struct ms_txn *txn, const struct ms_occurrence_row *row)
{
	struct stored_size one = {.occurrence = row->number};
	struct ms_message_row message;

	if (ms_index_message(txn, row->message, &message, NULL) == 1) {
		one.size = message.size;
		ms_buf_add(ctx, &one, sizeof(one));
	}
	return true;
}

static bool
add_receipt_size(void *ctx, const struct ms_receipt_row *row)
{
	struct stored_size one = {row->number, row->size};

	ms_buf_add(ctx, &one, sizeof(one));
	return true;
}

int
ms_lookup_sizes(struct ms_lookup *l, const struct ms_mailbox_state *m,
    uint64_t *sizes, struct ms_err *err)
{
	struct ms_buf all = {0};
	const struct stored_size *found;
	size_t i;
	int rc;

	rc = visit_folder(l, m->number, add_size, &all, err);
	if (rc == 0)
		rc = ms_archive_receipts(
		    l->archive, m->number, add_receipt_size, &all, err);
	if (all.n > 0)
		qsort(all.p, all.n / sizeof(*found), sizeof(*found),
		    ms_compare_u64);
	for (i = 0; rc == 0 && i < m->uids.n; i++) {
		found = NULL;
		if (m->occurrence[i] != 0 && all.n > 0)
			found = bsearch(&m->occurrence[i], all.p,
			    all.n / sizeof(*found), sizeof(*found),
			    ms_compare_u64);
		sizes[i] = found != NULL ? found->size : MS_SIZE_UNKNOWN;
	}
	ms_buf_release(&all);
	return rc;
}

/* For ms_lookup_was_renumbered(). */
struct renumbering {
	char now[32]; /* "UIDVALIDITY/" */
	bool found;
};

static bool
other_validity(struct renumbering *r, struct ms_slice place)
{
	struct ms_slice now = ms_slice_str(r->now);

	r->found = place.n > 0 && *place.p >= '0' && *place.p <= '9' &&
		   memchr(place.p, '/', place.n) != NULL &&
		   (place.n < now.n || memcmp(place.p, now.p, now.n) != 0);
	return !r->found;
}

static bool
is_renumbered(
    void *ctx, struct ms_txn *txn, const struct ms_occurrence_row *row)
{
	(void)txn;
	return other_validity(ctx, row->place);
}

static bool
receipt_is_renumbered(void *ctx, const struct ms_receipt_row *row)
{
	return other_validity(ctx, row->place);
}

int
ms_lookup_was_renumbered(
    struct ms_lookup *l, const struct ms_mailbox_state *m, struct ms_err *err)
{
	struct renumbering r = {.found = false};
	struct ms_stored_uid *now = NULL;
	size_t known = 0;

	if (m->number == 0 || m->places != NULL)
		return 0;
	if (m->uidvalidity <= UINT32_MAX) {
		if (ms_archive_places(l->archive, m->number,
			(uint32_t)m->uidvalidity, &now, &known, err) < 0)
			return -1;
		free(now);
		if (known > 0)
			return 0;
	}
	snprintf(r.now, sizeof(r.now), "%" PRIu64 "/", m->uidvalidity);
	if (visit_folder(l, m->number, is_renumbered, &r, err) < 0)
		return -1;
	if (!r.found && ms_archive_receipts(l->archive, m->number,
			    receipt_is_renumbered, &r, err) < 0)
		return -1;
	return r.found;
}

/* ---- by header and size ---- */

int
ms_lookup_has_heads(struct ms_lookup *l, bool *has, struct ms_err *err)
{
	if (!l->heads_opened && l->user != 0 &&
	    ms_heads_open(&l->heads, l->archive, l->user, err) < 0)
		return -1;
	l->heads_opened = true;
	*has = l->heads != NULL && ms_heads_count(l->heads) > 0;
	return 0;
}

/* The same of a RECEIPT, which says so. */
static int
receipt_identifies(struct ms_lookup *l, uint64_t number, struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_receipt r;
	int got;

	got = ms_archive_receipt(l->archive, number, &r, &content, err);
	if (got == 1)
		got = (r.bits & MS_RECEIPT_IDENTIFIES) != 0;
	ms_buf_release(&content);
	return got;
}

/* Is the header of this MESSAGE enough to recognise it? Returns 1, 0 (also if
 * the header cannot be read) or -1. */
static int
identifies(struct ms_lookup *l, uint64_t message,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_buf header = {0};
	struct ms_err why = {0};
	int got;

	got = ms_archive_header(l->archive, message, id, &header, &why);
	if (got >= 0)
		got = ms_mail_identifies(ms_buf_slice(&header));
	else if (why.code == MS_DATA)
		got = receipt_identifies(l, message, err);
	else if (err != NULL)
		*err = why;
	ms_buf_release(&header);
	return got;
}

int
ms_lookup_recognise(struct ms_lookup *l, const struct ms_msg_info *info,
    unsigned char id[MS_SHA_LEN], uint64_t *message, struct ms_err *err)
{
	int got;

	if (l->heads == NULL || (info->has & MS_HAS_HEAD) == 0 ||
	    (info->has & MS_HAS_SIZE) == 0)
		return 0;
	got = ms_heads_find(l->heads, info->head, info->size, id, message, err);
	return got == 1 ? identifies(l, *message, id, err) : got;
}

/* ---- in which folder a message lay before ---- */

/* All occurrences of a message in this user's archive from this source. */
static int
rows_of_source(struct ms_lookup *l, uint64_t message,
    const struct ms_row **rows, size_t *count, struct ms_err *err)
{
	const struct ms_folder *f;
	struct ms_row *all;
	size_t n, i, kept = 0;
	int got;

	ms_buf_clear(&l->rows);
	if (ms_archive_occurrences(l->archive, message, &l->rows, err) < 0)
		return -1;
	all = (struct ms_row *)(void *)l->rows.p;
	n = l->rows.n / sizeof(*all);
	for (i = 0; i < n; i++) {
		got = ms_archive_folder_get(l->archive, all[i].own, &f, err);
		if (got < 0)
			return -1;
		if (got == 1 && f->user == l->user && f->source == l->source)
			all[kept++] = all[i];
	}
	*rows = all;
	*count = kept;
	return 0;
}

int
ms_lookup_elsewhere(struct ms_lookup *l, const struct ms_mailbox_state *m,
    uint64_t message, struct ms_err *err)
{
	const struct ms_row *rows;
	size_t n, i;

	if (!l->watch_moves || l->source == 0)
		return 0;
	if (rows_of_source(l, message, &rows, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (rows[i].own == m->number && rows[i].moved_to == 0) {
			add_seen(l, rows[i].number);
			return 0;
		}
	return n > 0;
}

static bool
is_seen(struct ms_lookup *l, uint64_t occurrence)
{
	uint64_t *v = (uint64_t *)(void *)l->seen_on_server.p;
	size_t n = l->seen_on_server.n / sizeof(*v);

	if (n > 0 && !l->sorted)
		qsort(v, n, sizeof(*v), ms_compare_u64);
	l->sorted = true;
	return ms_find_u64(v, n, occurrence) != NULL;
}

/* Is it known which messages the server has in this folder? A folder that no
 * longer exists has none; a folder that was left out or failed can have any. */
static bool
is_known(const struct ms_folder_content *content, size_t n, const char *folder)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(content[i].name, folder) == 0)
			return content[i].known;
	return true;
}

int
ms_lookup_moved_from(struct ms_lookup *l,
    const struct ms_folder_content *content, size_t n, uint64_t message,
    const char **folder, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *rows;
	size_t count, i;

	*folder = NULL;
	if (rows_of_source(l, message, &rows, &count, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (rows[i].moved_to != 0 || is_seen(l, rows[i].number))
			continue;
		if (ms_archive_folder_get(l->archive, rows[i].own, &f, err) < 0)
			return -1;
		if (!is_known(content, n, f->source_name))
			continue;
		*folder = f->source_name;
		/* A message is moved out of a place only once. */
		add_seen(l, rows[i].number);
		return 0;
	}
	return 0;
}
