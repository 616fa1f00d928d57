/*
 * ingest-errors.c - each call of LMDB and of the file system fails once while a
 * move, a RECEIPT, or what a person has decided is recorded: nothing is
 * acknowledged that is not in the archive, and the next run records it.
 */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "failing.h"
#include "message-hasher.h"
#include "states.h"
#include "view-change.h"

#define TEXT "Subject: %s\r\n\r\nbody\r\n"
#define NOW 10 /* the time of the moves of another archive */

static char now[PATH];
static int acknowledged, refused; /* results */
static long opened;               /* calls until the archive was open */

/*
 * A deposit of a message by its subject; `1` to `5` are in INBOX with the UIDs
 * 7/1 to 7/5, and 1 was moved to Work.
 */
struct row {
	const char *subject, *folder, *place;
	const char *from, *left;        /* it was moved; of another archive */
	const char *shown, *shown_user; /* where another archive shows it */
	enum {
		NEW,
		REF,
		GIVEN,
		AGAIN, /* recognised */
		EVENT
	} how;
	bool restore, gone, back;
	bool other; /* from another source than the rest */
	const char *name;
};

static const struct row before[] = {
    {"2", "B", "9/1", "INBOX", "7/2", .how = REF, .name = "moved at 10"},
    {"2", "Mailbox", "8/2", .how = GIVEN, .name = "assigned"},
    {"3", "B", "9/3", .name = "in two folders"},
    {"4", "B", "9/4", .name = "another one"},
    {"last", "B", "9/5", .name = "the last one"},
};

static const struct row rows[] = {
    {"2", "Mailbox", "8/3", .how = AGAIN, .name = "recognised"},
    {"2", "Mailbox", "8/2", .how = GIVEN, .name = "assigned again"},
    {"3", "Mailbox", "8/4", .how = GIVEN, .name = "assigned"},
    {"5", "INBOX", "7/5", .restore = true, .name = "removed, comes back"},
    {"5", "C", "9/5", "INBOX", .how = REF, .name = "removed, and moved"},
    {"2", "C", "9/2", "INBOX", "7/2", .how = REF,
	.name = "moved to two folders at one time"},
    {"3", "B", "9/3", "INBOX", "7/3", .how = REF,
	.name = "moved, as another archive says"},
    {"4", "C", "9/6", .shown = "Z", .shown_user = "carol",
	.name = "shown to a new user"},
    {"4", "B", "9/4", .shown = "Z", .name = "shown in a new folder"},
    {"2", "INBOX", "7/8", .how = REF, .gone = true,
	.name = "gone, according to another archive"},
    {"last", "C", "1/1", .how = REF, .other = true,
	.name = "known from another source"},
    {.how = EVENT, .name = "an EVENT"},
    {"4", "B", "9/4", .back = true, .name = "read back"},
    {"4", "C", "9/7", .how = REF, .back = true, .name = "read back, by its id"},
};

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	(void)where;
	if (d->outcome == MS_OUTCOME_FAILED)
		refused++;
	else
		acknowledged++;
}

static void
describe(const char *text, struct ms_given *given)
{
	struct ms_message_hasher *h = ms_message_hasher_new();
	struct ms_identity identity;

	ms_message_hasher_add(h, (const unsigned char *)text, strlen(text));
	ms_message_hasher_end(h, &identity);
	ms_message_hasher_free(h);
	memcpy(given->id, identity.id, MS_SHA_LEN);
	memcpy(given->head, identity.head, MS_SHA_LEN);
	given->size = identity.size;
	ms_header_top(ms_slice_str(text), given->top);
}

/* A RECEIPT: alice has the message in INBOX. */
static int
receipt(const struct ms_spec *spec, const struct ms_given *given,
    struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	struct ms_buf who = {0};
	int rc;

	ms_hex(given->id, MS_SHA_LEN, hex);
	ms_buf_add(&who, hex, sizeof(hex));
	ms_buf_add(&who, "alice\0INBOX", sizeof("alice\0INBOX"));
	rc = ms_ingest_receipt(in, spec, given, ms_buf_slice(&who), err);
	ms_buf_release(&who);
	return rc;
}

static int
add(const struct row *r, struct ms_err *err)
{
	const char *user = r->how == GIVEN || r->how == AGAIN ? "@m" : "alice";
	struct ms_spec spec = {
	    .dest = ms_ingest_dest(in, user, r->other ? "imap://o@h/" : SOURCE,
		r->folder, r->name, true),
	    .place = r->place,
	    .from = r->from,
	    .left = r->left,
	    .moved_at = NOW,
	    .shown = r->shown,
	    .shown_user = r->shown_user,
	    .gone = r->gone,
	    .where = ""};
	struct ms_given given = {.size = 0};
	char text[64];

	snprintf(text, sizeof(text), TEXT, r->subject);
	describe(text, &given);
	if (r->how == GIVEN)
		return receipt(&spec, &given, err);
	if (r->how == AGAIN)
		return ms_ingest_receipt_again(in, &spec, given.id, err);
	if (r->how == REF)
		return ms_ingest_reference(in, &spec, given.id, err);
	return ms_ingest_begin(in, &spec, err) < 0 ||
		       ms_ingest_data(in, (const unsigned char *)text,
			   strlen(text), err) < 0
		   ? -1
		   : ms_ingest_end(in, err);
}

/* Records an EVENT, the label of a source. */
static int
log_event(struct ms_archive *a, struct ms_err *err)
{
	const struct ms_event ev = {.kind = MS_EVENT_LABEL,
	    .name = (char *)"a label",
	    .user = alice,
	    .source = source};
	struct ms_buf json = {0};
	int rc;

	ms_event_write(&json, &ev);
	rc = ms_archive_log_event(a, ms_buf_slice(&json), err);
	acknowledged = rc == 0;
	ms_buf_release(&json);
	return rc;
}

static int
run_ingest(struct ms_archive *a, const struct row *r, struct ms_err *err)
{
	int rc;

	in = ms_ingest_new(a, 1, result, NULL);
	if (r->restore)
		ms_ingest_restore(in);
	if (r->back)
		ms_ingest_read_back(in);
	rc = add(r, err);
	return ms_ingest_finish(in, err) < 0 ? -1 : rc;
}

/* Adds a deposit in a batch of its own. */
static int
record(const struct row *r, struct ms_err *err)
{
	struct ms_archive *a = NULL;
	int rc;

	acknowledged = refused = 0;
	opened = -calls;
	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, err) < 0)
		return -1;
	opened += calls;
	rc = r->how == EVENT ? log_event(a, err) : run_ingest(a, r, err);
	ms_archive_close(a);
	return rc;
}

/* ---- the state of the archive ---- */

static void
show_folder(struct ms_archive *a, uint64_t number, struct ms_buf *out)
{
	const struct ms_folder *f;

	if (ms_archive_folder_get(a, number, &f, NULL) == 1)
		ms_buf_printf(out, " %s/%s", f->user_name, f->name);
}

static void
show_occurrences(struct ms_archive *a, struct ms_buf *out)
{
	static const struct ms_select all = {.order = MS_BY_FOLDER};
	const struct ms_row *row;
	struct ms_walk *w;
	char hex[MS_SHA_HEX + 1];

	if (ms_walk_open(&w, a, &all, NULL) < 0)
		return;
	while (ms_walk_next(w, &row, NULL) == 1) {
		ms_hex(row->id, MS_SHA_LEN, hex);
		ms_buf_printf(out, "%.8s %s %u", hex, row->place, row->bits);
		show_folder(a, row->own, out);
		show_folder(a, row->folder, out);
		ms_buf_add_byte(out, '\n');
	}
	ms_walk_close(w);
}

/* The RECEIPTs, the changes, and the labels. */
static void
show_rows(struct ms_archive *a, struct ms_buf *out)
{
	struct ms_receipt_row receipt = {0};
	struct ms_change_row change = {0};
	struct ms_label_row label = {0};
	struct ms_txn txn;

	if (ms_index_begin(a->ix, &txn, NULL) < 0)
		return;
	for (; ms_index_next_receipt(&txn, &receipt, NULL) == 1;
	     receipt.number++)
		ms_buf_printf(out, "receipt %.*s %u\n", (int)receipt.place.n,
		    (const char *)receipt.place.p, receipt.bits);
	for (; ms_index_next_change(&txn, &change, NULL) == 1; change.number++)
		ms_buf_printf(out, "%s %u\n",
		    ms_view_kind_name((enum ms_view_kind)change.kind),
		    (unsigned)change.count);
	for (; ms_index_next_label(&txn, &label, NULL) == 1; label.source++)
		ms_buf_printf(out, "%.*s\n", (int)label.label.n,
		    (const char *)label.label.p);
	ms_index_end(&txn);
}

static void
show(struct ms_buf *out)
{
	struct ms_archive *a = NULL;

	ms_buf_clear(out);
	if (ms_archive_open(&a, now, MS_ARCHIVE_WRITE, NULL) < 0)
		return;
	show_occurrences(a, out);
	show_rows(a, out);
	ms_archive_close(a);
}

/* ---- failures ---- */

/* Is this the right end of a run? What cannot be read back counts as damaged,
 * but not if too many files are open. If fstat() fails, the handle that
 * reads back does not know the owner of the archive, and works all the same. */
static bool
right(const struct row *r, int how, int rc, const struct ms_err *err)
{
	if (refused > 0 && !(r->back && how == EIO))
		return false;
	if (rc == 0)
		return acknowledged + refused == 1 &&
		       !(how == EMFILE && atomic_load(&has_failed) &&
			   strcmp(failed, "fstat") != 0);
	return NOT_FULL && err->code == (how == EIO ? MS_IO : MS_TEMP);
}

/* Records a deposit while a call fails, and if it is not acknowledged then,
 * once more. Returns 1 if something is wrong; otherwise 0. */
static unsigned
run(const struct row *r, long call, int how, const struct ms_buf *want)
{
	struct ms_err err = {0};
	struct ms_buf got = {0};
	bool good;
	int rc;

	make_state("now", "before");
	fail_call(call, how);
	rc = record(r, &err);
	atomic_store(&fail_at, 0);
	good = right(r, how, rc, &err);
	if (acknowledged == 0)
		record(r, NULL);
	show(&got);
	good = good && ms_slice_eq(ms_buf_slice(&got), ms_buf_slice(want));
	if (!good)
		printf("# call %ld, %s: %s\n%s\n", call,
		    atomic_load(&has_failed) ? failed : "-", err.msg,
		    ms_buf_str(&got));
	ms_buf_release(&got);
	return !good;
}

static void
fail_each(const struct row *r, int how)
{
	struct ms_buf want = {0};
	unsigned bad = 0;
	long call;

	make_state("now", "before");
	fail_call(0, how);
	ok(record(r, NULL) == 0 && acknowledged == 1, "%s", r->name);
	show(&want);
	call = opened; /* other programs test what fails before */
	do
		bad += run(r, ++call, how, &want);
	while (atomic_load(&has_failed));
	ok(bad == 0, "%ld failures: %s", call - 1 - opened,
	    NOT_FULL ? strerror(how) : "the map is full");
	ms_buf_release(&want);
}

/* An EVENT has at most MS_EVENT_MAX bytes. */
static void
longest_event(void)
{
	struct ms_archive *a = NULL;
	struct ms_buf json = {0};
	struct ms_err err = {0};

	ms_archive_open(&a, now, MS_ARCHIVE_WRITE, NULL);
	ms_buf_add_str(&json, "{\"event\": \"x\"}");
	while (json.n < MS_EVENT_MAX)
		ms_buf_add_byte(&json, ' ');
	ok(ms_archive_log_event(a, ms_buf_slice(&json), &err) == 0,
	    "the longest EVENT: %s", err.msg);
	ms_buf_add_byte(&json, ' ');
	ok(ms_archive_log_event(a, ms_buf_slice(&json), &err) < 0 &&
		err.code == MS_BUG,
	    "one that is too long: %s", err.msg);
	ms_buf_release(&json);
	ms_archive_close(a);
}

/* Removes message 5 from view. */
static void
remove_last(void)
{
	struct ms_view_item item = {.own = inbox, .user = alice};
	struct ms_view_change v = {
	    .kind = MS_VIEW_REMOVE, .items = &item, .count = 1};
	struct ms_archive *a = NULL;
	uint64_t number, count;

	item.source = source;
	ok(ms_archive_open(&a, now, MS_ARCHIVE_WRITE, NULL) == 0 &&
		ms_archive_place(a, inbox, "7/5", &item.occurrence, NULL) ==
		    1 &&
		ms_view_write(a, &v, &number, &count, NULL) == 0,
	    "a message is removed");
	ms_archive_close(a);
}

int
main(void)
{
	size_t i;

	if (!make_archive(NULL))
		return end_states();
	snprintf(now, sizeof(now), "%s/now", dir);
	make_state("now", "whole");
	remove_last();
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		ok(record(&before[i], NULL) == 0 && acknowledged == 1,
		    "before: %s", before[i].name);
	make_state("before", "now");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fail_each(&rows[i], EIO);
		fail_each(&rows[i], MAP_FULL);
		if (rows[i].back)
			fail_each(&rows[i], EMFILE);
	}
	longest_event();
	return end_states();
}
