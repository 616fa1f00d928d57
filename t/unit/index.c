/* index.c - rows are put and found, digests with the same beginning, a map that
 * grows, two indexes compared. */
#include "index.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "scratch.h"
#include "tap.h"

/*
 * The clock stands still. Events contain the time, and the indexes that this
 * program compares are built one after the other: with the real clock the
 * comparison fails whenever a second begins between the two.
 */
time_t
time(time_t *now)
{
	if (now != NULL)
		*now = 1700000000;
	return 1700000000;
}

static const unsigned char archive[MS_ID_LEN] = "an archive's id";

/* Ids of which five at a time have the same first 16 bytes. */
static void
make_id(uint64_t i, unsigned char id[MS_SHA_LEN])
{
	unsigned char end[MS_SHA_LEN];
	uint64_t group = i / 5;

	ms_sha256(&group, sizeof(group), id);
	ms_sha256(&i, sizeof(i), end);
	memcpy(id + 16, end, MS_SHA_LEN - 16);
}

static void
put_event(struct ms_indexer *in, struct ms_txn *txn, uint64_t number,
    enum ms_event_kind kind, const char *name, uint64_t user, uint64_t source)
{
	struct ms_event ev = {
	    .kind = kind, .name = (char *)name, .user = user, .source = source};
	struct ms_record rec = {.type = MS_EVENT};
	struct ms_buf json = {0};
	struct ms_err err = {0};

	ms_event_write(&json, &ev);
	rec.content = ms_buf_slice(&json);
	if (ms_indexer_record(in, txn, number, &rec, &err) < 0)
		ok(false, "an event is indexed: %s", err.msg);
	ms_buf_release(&json);
}

static void
put_occurrence(struct ms_indexer *in, struct ms_txn *txn, uint64_t number,
    uint64_t message, uint64_t folder, const char *place)
{
	struct ms_occurrence o = {.message = message,
	    .folder = folder,
	    .date = (int64_t)message - 50,
	    .place = ms_slice_str(place)};
	struct ms_record rec = {.type = MS_OCCURRENCE};
	struct ms_buf content = {0};
	struct ms_err err = {0};

	make_id(message, o.id);
	ms_occurrence_write(&content, &o);
	rec.content = ms_buf_slice(&content);
	if (ms_indexer_record(in, txn, number, &rec, &err) < 0)
		ok(false, "an occurrence is indexed: %s", err.msg);
	ms_buf_release(&content);
}

/* Records 1 to 3 user, source, folder; 10 to 10 + n - 1 messages; from 20000
 * on their occurrences. */
static void
fill(struct ms_indexer *in, struct ms_txn *txn, uint64_t n)
{
	struct ms_pack_header pack = {.number = 4, .generation = 1};
	struct ms_block_header h = {.kind = MS_BLOCK_META,
	    .first = 10,
	    .count = (uint32_t)n,
	    .stored = 77};
	struct ms_message_meta meta = {.head = "a head"};
	unsigned char id[MS_SHA_LEN];
	char place[32];
	uint64_t i;

	meta.desc.bits = MS_DESC_DATE;
	put_event(in, txn, 1, MS_EVENT_USER, "alice", 0, 0);
	put_event(in, txn, 2, MS_EVENT_SOURCE, "local:", 0, 0);
	put_event(in, txn, 3, MS_EVENT_FOLDER, "INBOX", 1, 2);
	ms_indexer_block(in, &pack, 1000, &h, NULL);
	for (i = 10; i < 10 + n; i++) {
		make_id(i, id);
		meta.desc.date = (int64_t)i - 50;
		ms_indexer_message(in, i, id, i * 100, &meta);
		ms_indexer_blob(in, 10000 + i, id);
	}
	for (i = 10; i < 10 + n; i++) {
		snprintf(place, sizeof(place), "7/%d", (int)i);
		put_occurrence(in, txn, 20000 + i, i, 3, place);
	}
}

/* Puts all rows, in a map that may have to grow; returns how often it grew. */
static int
build(struct ms_index *ix, uint64_t n)
{
	struct ms_position pos = {.pack = 4, .end = 99, .next = 60000};
	struct ms_indexer *in = ms_indexer_new();
	struct ms_err err = {0};
	struct ms_txn txn;
	int grown = 0, rc;

	for (;;) {
		if (ms_index_begin_write(ix, &txn, &err) < 0)
			break;
		fill(in, &txn, n);
		rc = ms_indexer_put(in, &txn, &err);
		if (rc == 0)
			rc = ms_index_set_position(&txn, &pos, &err);
		if (rc == 0 && ms_index_commit(&txn, &err) == 0)
			break;
		if (rc < 0)
			ms_index_abort(&txn);
		ms_indexer_clear(in);
		if (!txn.full || grown++ > 20 || ms_index_grow(ix, &err) < 0) {
			ok(false, "put: %s", err.msg);
			break;
		}
	}
	ms_indexer_free(in);
	return grown;
}

static void
find(struct ms_index *ix, uint64_t n)
{
	unsigned char id[MS_SHA_LEN];
	struct ms_message_row row;
	struct ms_location loc;
	uint64_t i, number, bad = 0;
	struct ms_position pos;
	struct ms_txn txn;
	char place[32];

	if (ms_index_begin(ix, &txn, NULL) < 0) {
		ok(false, "a transaction begins");
		return;
	}
	ok(ms_index_name(&txn, MS_NAME_USER, 0, 0, "alice", &number, NULL) ==
		    1 &&
		number == 1,
	    "a user is found by name");
	ok(ms_index_name(&txn, MS_NAME_USER, 0, 0, "alic", &number, NULL) == 0,
	    "another name is not found");
	ok(ms_index_name(&txn, MS_NAME_FOLDER, 1, 2, "INBOX", &number, NULL) ==
		    1 &&
		number == 3,
	    "a folder is found by name");
	ok(ms_index_name(&txn, MS_NAME_FOLDER, 2, 2, "INBOX", &number, NULL) ==
		0,
	    "the folder is not found for another user");
	for (i = 10; i < 10 + n; i++) {
		make_id(i, id);
		bad += ms_index_id(&txn, id, &number, NULL) != 1 || number != i;
		bad += ms_index_message(&txn, i, &row, NULL) != 1 ||
		       memcmp(row.id, id, sizeof(id)) != 0 ||
		       row.size != i * 100 || row.desc.date != (int64_t)i - 50;
		bad += ms_index_locate(&txn, i, &loc, NULL) != 1 ||
		       loc.pack != 4 || loc.generation != 1 ||
		       loc.offset != 1000 || loc.place != i - 10 ||
		       loc.stored != 77;
		bad += ms_index_in_folder(&txn, i, 3, &number, NULL) != 1 ||
		       number != 20000 + i;
		bad += ms_index_in_folder(&txn, i, 4, &number, NULL) != 0;
		snprintf(place, sizeof(place), "7/%d", (int)i);
		bad += ms_index_place(
			   &txn, 3, ms_slice_str(place), &number, NULL) != 1 ||
		       number != 20000 + i;
	}
	ok(bad == 0, "%d messages are found by their ids, places and folders",
	    (int)n);
	make_id(10 + n, id);
	ok(ms_index_id(&txn, id, &number, NULL) == 0,
	    "an id with the same beginning is another id");
	ok(ms_index_locate(&txn, 10 + n, &loc, NULL) == 0 &&
		ms_index_locate(&txn, 9, &loc, NULL) == 0,
	    "records before and after a block are not found");
	ok(ms_index_place(&txn, 3, ms_slice_str("8/10"), &number, NULL) == 0,
	    "another UIDVALIDITY is another place");
	ok(ms_index_position(&txn, &pos, NULL) == 0 && pos.pack == 4 &&
		pos.end == 99 && pos.next == 60000,
	    "the position is read");
	ms_index_end(&txn);
}

/* Occurrences in the order of their dates, also before 1970. */
static void
by_date(struct ms_index *ix, uint64_t n)
{
	struct ms_occurrence_row row = {.folder = 3, .date = INT64_MIN};
	int64_t last = INT64_MIN;
	struct ms_txn txn;
	uint64_t count = 0;
	bool sorted = true;

	if (ms_index_begin(ix, &txn, NULL) < 0)
		return;
	for (; ms_index_next_occurrence(&txn, &row, NULL) == 1; row.number++) {
		sorted = sorted && row.date >= last && row.folder == 3 &&
			 row.date == (int64_t)row.message - 50;
		last = row.date;
		count++;
	}
	ms_index_end(&txn);
	ok(sorted && count == n,
	    "%d occurrences are found by date, from -40 on", (int)count);
}

static void
put_moved(struct ms_indexer *in, struct ms_txn *txn, uint64_t left,
    uint64_t now, const char *place)
{
	struct ms_moved m = {left, now, 0};
	struct ms_place pl = {.occurrence = now,
	    .folder = 3,
	    .place = ms_slice_str(place != NULL ? place : "")};
	struct ms_record rec = {.type = place != NULL ? MS_PLACE : MS_MOVED};
	struct ms_buf content = {0};

	if (place != NULL)
		ms_place_write(&content, &pl);
	else
		ms_moved_write(&content, &m);
	rec.content = ms_buf_slice(&content);
	if (ms_indexer_record(in, txn, 0, &rec, NULL) < 0)
		ok(false, "a MOVED or a PLACE is indexed");
	ms_buf_release(&content);
}

/* Marks depend on the order of MOVED and PLACE, and not on how often rows are
 * put. Records 10 to 1512 exist. */
static void
moved(struct ms_index *ix)
{
	static const struct {
		uint64_t left, now; /* left is 0: the record is a PLACE */
		const char *want;   /* where the occurrences 10 to 13 were moved
				       to, after this record */
	} steps[] = {
	    {10, 11, "11 . . . "},
	    {11, 12, "11 12 . . "},
	    {12, 10, ". 12 10 . "},
	    {0, 12, ". 12 . . "},
	    {13, 13, ". 12 . . "},
	    {13, 9000, ". 12 . . "}, /* 9000 does not exist: 13 is not moved */
	    {13, 10, ". 12 . 10 "},
	    {13, 11, ". . . 11 "},
	};
	struct ms_indexer *in = ms_indexer_new();
	struct ms_buf got = {0};
	struct ms_txn txn;
	uint64_t to, k;
	int64_t when;
	size_t each, i, j;

	for (each = 0; each < 2; each++) {
		ms_index_begin_write(ix, &txn, NULL);
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			/* The rows are put step by step, or all rows up to a
			 * step at once. */
			for (j = each != 0 ? 0 : i; j <= i; j++)
				put_moved(in, &txn, steps[j].left, steps[j].now,
				    steps[j].left == 0 ? "7/99" : NULL);
			ms_indexer_put(in, &txn, NULL);
			ms_buf_clear(&got);
			for (k = 10; k < 14; k++)
				if (ms_index_moved(&txn, k, &to, &when, NULL) ==
				    1)
					ms_buf_printf(&got, "%d ", (int)to);
				else
					ms_buf_add_str(&got, ". ");
			ok(strcmp(ms_buf_str(&got), steps[i].want) == 0,
			    "the moved occurrences are right, step %d: %s",
			    (int)i, ms_buf_str(&got));
		}
		ms_index_abort(&txn);
	}
	ms_indexer_free(in);
	ms_buf_release(&got);
}

int
main(void)
{
	char dir[SCRATCH_MAX], path[64];
	struct ms_index *small = NULL, *large = NULL, *other = NULL;
	const char *table = NULL;
	int bad;

	if (scratch_make(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/large", dir);
	ok(ms_index_create(&large, path, archive, NULL) == 0,
	    "an index is created");
	ok(build(large, 1503) == 0, "the index is filled without growing");
	find(large, 1503);
	by_date(large, 1503);
	moved(large);

	setenv("MS_INDEX_MAP", "1048576", 1);
	snprintf(path, sizeof(path), "%s/small", dir);
	ok(ms_index_create(&small, path, archive, NULL) == 0,
	    "an index with a small map is created");
	ok(build(small, 6003) > 0, "its map grows");
	find(small, 6003);

	snprintf(path, sizeof(path), "%s/other", dir);
	ok(ms_index_create(&other, path, archive, NULL) == 0 &&
		build(other, 6003) > 0,
	    "another index gets the same rows");
	ok(ms_index_equal(small, other, &table, NULL) == 1,
	    "the two indexes are equal");
	ok(ms_index_equal(small, large, &table, NULL) == 0 && table != NULL,
	    "an index with fewer rows is not equal: %s",
	    table != NULL ? table : "");
	ms_index_close(small);
	ms_index_close(large);
	ms_index_close(other);
	bad = done();
	scratch_remove(dir);
	return bad;
}
