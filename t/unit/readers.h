/* readers.h - for tests that read an archive of states.h in all ways: each
 * reader describes what it finds as text. */
#ifndef READERS_H
#define READERS_H
#include "le.h"
#include "message-hasher.h"
#include "record.h"
#include "states.h"
#include "view-change.h"

/* Appends a number to a result. */
static inline int
number(struct ms_buf *out, int got, uint64_t n)
{
	ms_buf_printf(
	    out, "%d:%llu ", got, got == 1 ? (unsigned long long)n : 0);
	return got;
}

static inline int
find_names(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	uint64_t n = 0;

	if (number(out, ms_archive_user(a, "bob", &n, err), n) < 0 ||
	    number(out, ms_archive_active_user(a, "bob", &n, err), n) < 0 ||
	    number(out, ms_archive_source(a, SOURCE, &n, err), n) < 0)
		return -1;
	return number(
	    out, ms_archive_folder(a, alice, source, "Work", &n, err), n);
}

static inline int
list_folders(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_folder **all = NULL;
	size_t i, n = 0;
	int rc = ms_archive_folders(a, &all, &n, err);

	for (i = 0; i < n; i++)
		ms_buf_printf(out, "%s %s %s %s,", all[i]->user_name,
		    all[i]->source_url, all[i]->label, all[i]->name);
	free(all);
	return rc;
}

static inline int
get_folder(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	const struct ms_folder *f = NULL;
	int got = ms_archive_folder_get(a, inbox, &f, err);

	return number(out, got, got == 1 ? f->user : 0);
}

static inline int
find_places(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_stored_uid *uids = NULL;
	size_t i, count = 0;
	uint64_t n = 0;

	if (number(out, ms_archive_place(a, inbox, "7/2", &n, err), n) < 0 ||
	    ms_archive_places(a, inbox, 7, &uids, &count, err) < 0)
		return -1;
	for (i = 0; i < count; i++)
		number(out, 1, uids[i].uid);
	free(uids);
	return 0;
}

static inline int
find_head(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN];
	struct ms_heads *h;
	uint64_t n = 0;
	int got;

	ms_sha256("Subject: 1\r\n\r\n", 14, head);
	got = number(out, ms_archive_head_is(a, small, head, err), 0);
	if (got < 0 || ms_heads_open(&h, a, alice, err) < 0)
		return -1;
	number(out, 1, ms_heads_count(h));
	got = number(out, ms_heads_find(h, head, 20, id, &n, err), n);
	ms_heads_close(h);
	return got;
}

static inline int
find_id(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	uint64_t found[32] = {0};
	int i, n = ms_archive_find(a, "", found, 32, err);

	for (i = 0; i < n; i++)
		number(out, 1, found[i]);
	return n;
}

static inline int
list_occurrences(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_buf rows = {0};
	int rc = ms_archive_occurrences(a, small, &rows, err);
	size_t i;

	for (i = 0; i < rows.n / sizeof(struct ms_row); i++)
		show_row(out, (struct ms_row *)(void *)rows.p + i);
	ms_buf_release(&rows);
	return rc;
}

static inline int
walk(struct ms_archive *a, const struct ms_select *sel, struct ms_buf *out,
    struct ms_err *err)
{
	const struct ms_row *row;
	struct ms_walk *w;
	int got;

	if (ms_walk_open(&w, a, sel, err) < 0)
		return -1;
	while ((got = ms_walk_next(w, &row, err)) == 1)
		show_row(out, row);
	ms_walk_close(w);
	return got;
}

static inline int
walk_folders(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	static const struct ms_select all = {.order = MS_BY_FOLDER};

	return walk(a, &all, out, err);
}

static inline int
walk_dates(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	static const struct ms_select all = {.order = MS_BY_DATE};

	return walk(a, &all, out, err);
}

static inline int
walk_records(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_select one = {
	    .order = MS_BY_RECORD, .folders = &inbox, .folder_count = 1};

	return walk(a, &one, out, err);
}

/* Only of some dates; the rows of the others are counted. */
static inline int
walk_period(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	static const struct ms_select early = {.order = MS_BY_DATE,
					  .has_before = true,
					  .before = 1},
				      late = {.order = MS_BY_FOLDER,
					  .has_since = true,
					  .since = 1};

	return walk(a, &early, out, err) < 0 ? -1 : walk(a, &late, out, err);
}

static inline int
read_message(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	return ms_archive_emit(
	    a, large, large_id, MS_FORM_CRLF, ms_buf_append, out, err);
}

static inline int
check_message(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	(void)out;
	return ms_archive_check(a, large, large_id, err);
}

static inline int
read_header(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	return ms_archive_header(a, large, large_id, out, err);
}

static inline int
read_identity(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	unsigned char id[MS_SHA_LEN] = {0};
	uint64_t size = 0;
	int rc = ms_archive_identity(a, large, id, &size, err);

	ms_buf_add(out, id, sizeof(id));
	number(out, 1, size);
	return rc;
}

static inline int
read_occurrence(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_occurrence o;
	uint64_t n = 0;

	if (ms_archive_place(a, inbox, "7/2", &n, err) < 0 ||
	    ms_archive_occurrence_at(a, n, &o, out, err) < 0)
		return -1;
	return 0;
}

static inline int
read_time(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	int64_t when = 0;
	int rc = ms_archive_committed(a, large, &when, err);

	number(out, 1, (uint64_t)when);
	return rc;
}

static inline uint64_t
occurrence_at(struct ms_archive *a, const char *place)
{
	uint64_t n = 0;

	if (ms_archive_place(a, inbox, place, &n, NULL) != 1)
		ok(false, "the occurrence at %s", place);
	return n;
}

/* Records that message `n` of the mailbox, which alice has in INBOX, was
 * assigned to her. */
static inline void
assign(const char *folder, const char *place, int n)
{
	struct ms_spec spec = {.place = place, .where = place};
	struct ms_given given = {.size = 0};
	char text[64], hex[MS_SHA_HEX + 1];
	struct ms_buf who = {0};
	struct ms_slice all;

	snprintf(text, sizeof(text), "Subject: %d\r\n\r\nbody\r\n", n);
	all = ms_slice_str(text);
	ms_sha256(all.p, all.n, given.id);
	ms_sha256(all.p, all.n - strlen("body\r\n"), given.head);
	ms_header_top(all, given.top);
	given.size = all.n;
	ms_hex(given.id, MS_SHA_LEN, hex);
	ms_buf_add(&who, hex, sizeof(hex));
	ms_buf_add(&who, "alice", sizeof("alice"));
	ms_buf_add(&who, "INBOX", sizeof("INBOX"));
	spec.dest =
	    ms_ingest_dest(in, "@multidrop", SOURCE, folder, NULL, true);
	ok(ms_ingest_receipt(in, &spec, &given, ms_buf_slice(&who), NULL) == 0,
	    "a message that was assigned");
	ms_buf_release(&who);
}

static uint64_t mailbox, other_mailbox; /* whose messages are assigned */

static inline void
find_mailboxes(struct ms_archive *a)
{
	uint64_t user;

	ok(ms_archive_user(a, "@multidrop", &user, NULL) == 1 &&
		ms_archive_folder(a, user, source, "A", &mailbox, NULL) == 1 &&
		ms_archive_folder(a, user, source, "B", &other_mailbox, NULL) ==
		    1,
	    "mailboxes whose messages are assigned");
}

/*
 * Makes the archive, in which INBOX also has a message with a further place,
 * 7/2 and 9/2; one that was removed, 7/3; and one that is shown in Work, 7/4.
 * Three messages of two mailboxes were assigned to alice.
 */
static uint64_t further, removed, shown;

static inline bool
make_read_archive(void)
{
	struct ms_view_item item = {0};
	struct ms_view_change v = {
	    .kind = MS_VIEW_REMOVE, .items = &item, .count = 1};
	struct ms_archive *a;
	uint64_t change, count;

	if (!make_archive(NULL) ||
	    ms_archive_open(&a, whole, MS_ARCHIVE_WRITE, NULL) < 0)
		return false;
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store("9/2", "Subject: 2\r\n\r\nbody\r\n");
	assign("A", "8/1", 1);
	assign("A", "8/5", 5);
	assign("B", "8/2", 2);
	ok(ms_ingest_finish(in, NULL) == 0, "a further place");
	find_mailboxes(a);
	further = occurrence_at(a, "9/2");
	removed = occurrence_at(a, "7/3");
	shown = occurrence_at(a, "7/4");
	item = (struct ms_view_item){inbox, alice, source, removed};
	ok(ms_view_write(a, &v, &change, &count, NULL) == 0, "a removal");
	item.occurrence = shown;
	v.kind = MS_VIEW_MOVE;
	v.folder = "Work";
	ok(ms_view_write(a, &v, &change, &count, NULL) == 0, "a move");
	ms_archive_close(a);
	return true;
}

static inline int
find_further(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	return ms_archive_further_places(a, further, out, err);
}

static inline int
find_moves(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	return ms_archive_moved_to(a, out, err);
}

static inline int
find_views(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	uint64_t n = 0;

	if (number(out, ms_archive_removed(a, removed, &n, err), n) < 0 ||
	    number(out, ms_archive_removed(a, shown, &n, err), 0) < 0 ||
	    number(out, ms_archive_removed(a, further, &n, err), 0) < 0)
		return -1;
	return ms_archive_moved_into(a, work, out, err);
}

static inline int
find_times(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	int64_t when = 0;
	uint64_t n = 0;

	if (number(out, ms_archive_archived(a, large, &when, err),
		(uint64_t)when) < 0)
		return -1;
	return number(out, ms_archive_first_since(a, when, &n, err), n);
}

static inline int
find_lost(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	return ms_archive_lost_folders(a, out, err);
}

static inline int
find_no_id(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	uint64_t found;

	return number(out, ms_archive_find(a, "00000000", &found, 1, err), 0);
}

static inline int
read_back(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	(void)out;
	return ms_archive_read_back(a, large, large_id, err);
}

static inline int
describe(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_row row = {
	    .message = large, .desc = {.bits = MS_DESC_PARTIAL}};
	int rc;

	memcpy(row.id, large_id, sizeof(row.id));
	rc = ms_archive_describe(a, &row, err);
	ms_buf_add(out, row.desc.subject.s, row.desc.subject.n);
	return rc;
}

/* What was found of RECEIPTs: as many as `max` are visited. */
struct receipts {
	struct ms_buf *out;
	uint64_t numbers[4];
	size_t count, max;
};

static inline bool
add_receipt(void *ctx, const struct ms_receipt_row *row)
{
	struct receipts *r = ctx;

	if (r->count < 4)
		r->numbers[r->count++] = row->number;
	ms_buf_printf(r->out, "%llu in %llu, ", (unsigned long long)row->number,
	    (unsigned long long)row->folder);
	return r->count < r->max;
}

static inline int
list_receipts(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct receipts r = {.out = out, .max = 4},
			first = {.out = out, .max = 1}, other = r;

	if (ms_archive_receipts(a, mailbox, add_receipt, &r, err) < 0 ||
	    ms_archive_receipts(a, mailbox, add_receipt, &first, err) < 0 ||
	    ms_archive_receipts(a, other_mailbox, add_receipt, &other, err) < 0)
		return -1;
	ms_buf_printf(out, "%zu %zu %zu", r.count, first.count, other.count);
	return 0;
}

static inline int
read_receipt(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_buf content = {0}, none = {0};
	struct receipts found = {.out = &none, .max = 4};
	struct ms_receipt r = {0}, no = {0};
	int got;

	got = ms_archive_receipts(a, mailbox, add_receipt, &found, err);
	if (got == 0)
		got =
		    ms_archive_receipt(a, found.numbers[0], &r, &content, err);
	if (got == 1)
		ms_buf_printf(
		    out, "%.*s ", (int)r.place.n, (const char *)r.place.p);
	if (got == 1)
		got = number(out, ms_archive_receipt_whole(a, &r, err), 0);
	if (got == 1)
		got = number(out, ms_archive_has_losses(a, err), 0);
	/* A MESSAGE is no RECEIPT. */
	if (got == 0)
		got = number(
		    out, ms_archive_receipt(a, large, &no, &content, err), 0);
	ms_buf_release(&content);
	ms_buf_release(&none);
	return got;
}

/* Is a RECEIPT whole that names these OCCURRENCEs, one after another? */
static inline int
whole_receipts(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	const uint64_t named[][2] = {
	    {further, removed}, {removed, large}, {large, removed}};
	unsigned char bytes[16];
	struct ms_receipt r = {.count = 2, .occurrences = {bytes, 16}};

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		ms_put_le64(bytes, named[i][0]);
		ms_put_le64(bytes + 8, named[i][1]);
		if (number(out, ms_archive_receipt_whole(a, &r, err), 0) < 0)
			return -1;
	}
	return 0;
}

/* The lookups of a writer. */
static inline int
find_stored(struct ms_archive *a, struct ms_buf *out, struct ms_err *err)
{
	struct ms_buf content = {0};
	unsigned char id[MS_SHA_LEN];
	struct ms_recipe_walk rw = {0};
	struct ms_recipe r;
	struct ms_item item = {0};
	struct ms_txn txn;
	uint64_t n = 0, m = 0;
	int got = -1;

	if (ms_archive_content(a, large, MS_MESSAGE, &content, err) < 0 ||
	    ms_recipe_parse(&r, ms_buf_slice(&content), err) < 0)
		goto out;
	memcpy(id, r.id, sizeof(id));
	while (ms_recipe_next(&r, &rw, &item) == 1 && !item.blob)
		;
	if (ms_index_begin(ms_archive_index(a), &txn, err) < 0)
		goto out;
	/* The second time, the block is known to be whole. */
	got = number(out, ms_archive_blob(a, &txn, item.digest, &n, err), n);
	if (got == 1)
		got = number(
		    out, ms_archive_blob(a, &txn, item.digest, &n, err), n);
	if (got >= 0)
		got = number(out,
		    ms_archive_same_message(
			a, &txn, id, ms_buf_slice(&content), &m, err),
		    m);
	ms_index_end(&txn);
out:
	ms_buf_release(&content);
	return got;
}

/* Appends what it finds. Returns 0 or more, or -1. */
typedef int read_fn(struct ms_archive *, struct ms_buf *, struct ms_err *);

static const struct reader {
	const char *name;
	read_fn *fn;
} readers[] = {{"names", find_names}, {"all folders", list_folders},
    {"a folder", get_folder}, {"places", find_places}, {"headers", find_head},
    {"ids", find_id}, {"occurrences of a message", list_occurrences},
    {"a walk by folder", walk_folders}, {"a walk by date", walk_dates},
    {"a walk by record", walk_records}, {"walks of a period", walk_period},
    {"a message", read_message}, {"a check of a message", check_message},
    {"a header", read_header}, {"an id", read_identity},
    {"an occurrence", read_occurrence}, {"the time of a commit", read_time},
    {"further places", find_further}, {"moves at the source", find_moves},
    {"what a person changed", find_views}, {"times in the index", find_times},
    {"lost folders", find_lost}, {"an id that is unknown", find_no_id},
    {"reading back", read_back}, {"a description", describe},
    {"receipts", list_receipts}, {"a receipt", read_receipt},
    {"receipts that are whole", whole_receipts}};
#define READERS (sizeof(readers) / sizeof(readers[0]))

#endif
