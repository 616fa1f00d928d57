/*
 * batch.c - the outcomes of deposits, the records that batches write, the
 * limits of a batch, and batches that are sifted.
 */
#include "ingest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "archive/impl.h"
#include "clock.h"
#include "event.h"
#include "scratch.h"
#include "tap.h"

/* Writes a line for each result: name, outcome, `+` for a new occurrence, `?`
 * if the message is not in the folder from which it was moved. */
static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	static const char *const words[] = {"new", "known", "failed"};
	struct ms_buf *out = ctx;

	ms_buf_add(out, where.p, where.n);
	ms_buf_printf(out, " %s%s%s\n", words[d->outcome],
	    d->occurrence ? "+" : "", d->source_missing ? "?" : "");
}

static void
put(struct ms_ingest *in, struct ms_dest *dest, const char *where,
    const char *text)
{
	struct ms_spec spec = {.dest = dest, .where = where};
	struct ms_err err = {0};

	if (ms_ingest_begin(in, &spec, &err) != 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)text, strlen(text), &err) != 0 ||
	    ms_ingest_end(in, &err) != 0)
		ok(false, "%s: %s", where, err.msg);
}

static void
refer(struct ms_ingest *in, struct ms_dest *dest, const char *where,
    const char *wire)
{
	struct ms_spec spec = {.dest = dest, .where = where};
	unsigned char id[MS_SHA_LEN];

	ms_sha256(wire, strlen(wire), id);
	ms_ingest_reference(in, &spec, id, NULL);
}

static void
expect(struct ms_ingest *in, struct ms_buf *got, const char *want,
    const char *name)
{
	struct ms_err err = {0};

	ok(ms_ingest_finish(in, &err) == 0, "%s%s%s", name,
	    err.code != MS_OK ? ": " : "", err.msg);
	ok(strcmp(ms_buf_str(got), want) == 0, "%s: the results are right",
	    name);
	if (strcmp(ms_buf_str(got), want) != 0)
		printf("# %s\n", ms_buf_str(got));
	ms_buf_clear(got);
}

static const char *records(struct ms_archive *a, uint64_t from);

static void
one_batch(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 3, result, &got);
	struct ms_dest *d, *e, *bob, *made, *one, *two;
	struct ms_spec spec = {0};
	uint64_t from = a->checked.next;

	d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	e = ms_ingest_dest(in, "alice", "local:", "B", NULL, false);
	bob = ms_ingest_dest(in, "bob", "local:", "A", NULL, false);
	made = ms_ingest_dest(in, "carol", "local:", "A", NULL, true);
	ok(d == ms_ingest_dest(in, "alice", "local:", "A", NULL, false) &&
		d != e && d != bob,
	    "a destination is the same for the same names");
	one = ms_ingest_dest(in, "alice", "local:", "A", "One", false);
	two = ms_ingest_dest(in, "alice", "local:", "A", "Two", false);
	ok(one != d && two != one && two != d &&
		two ==
		    ms_ingest_dest(in, "alice", "local:", "A", "Two", false) &&
		d == ms_ingest_dest(in, "alice", "local:", "A", NULL, false) &&
		one == ms_ingest_dest(in, "alice", "local:", "A", "One", false),
	    "and another one for another label");
	put(in, d, "1", "Subject: a\n\nx\n");
	put(in, d, "2", "Subject: a\r\n\r\nx\r\n");
	put(in, e, "3", "Subject: a\n\nx\n");
	put(in, bob, "4", "Subject: b\n\nx\n");
	put(in, bob, "4", "Subject: not stored\n\nx\n");
	put(in, made, "5", "Subject: c\n\nx\n");
	put(in, d, "6", "");
	spec.dest = d;
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)"half", 4, NULL);
	ms_ingest_drop(in);
	refer(in, e, "7", "Subject: c\r\n\r\nx\r\n");
	refer(in, made, "8", "Subject: c\r\n\r\nx\r\n");
	refer(in, d, "9", "never seen");
	expect(in, &got,
	    "1 new+\n2 known\n3 known+\n4 failed\n4 failed\n5 new+\n6 new+\n"
	    "7 failed\n8 known\n9 failed\n",
	    "one batch");
	ok(strcmp(records(a, from), "M3 O4 E5 C1") == 0,
	    "nothing of a failed message is stored: %s", records(a, from));
	ms_buf_release(&got);
}

/* A second batch knows the messages of the first. */
static void
next_batch(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	uint64_t next = a->checked.next, end = a->checked.end;
	struct ms_dest *d;

	d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	put(in, d, "1", "Subject: a\n\nx\n");
	put(in, d, "2", "");
	expect(in, &got, "1 known\n2 known\n", "the same messages again");
	ok(a->checked.next == next && a->checked.end == end,
	    "nothing is written");
	in = ms_ingest_new(a, 1, result, &got);
	d = ms_ingest_dest(in, "alice", "local:", "C", NULL, false);
	put(in, d, "1", "Subject: a\n\nx\n");
	put(in, d, "2", "Subject: mixed\r\n\nx\n");
	put(in, d, "3", "Subject: mixed\n\r\nx\n");
	expect(in, &got, "1 known+\n2 new+\n3 known\n", "in another folder");
	ms_buf_release(&got);
}

/* Reads the OCCURRENCE with this place from the pack. */
static bool
find_occurrence(
    struct ms_archive *a, const char *place, struct ms_occurrence *o)
{
	static struct ms_log_extent s;
	unsigned char chain[MS_SHA_LEN] = {0};
	uint64_t at = MS_PACK_HEADER, next = 1;
	const struct ms_log_block *b;
	struct ms_record rec;
	uint32_t k;
	size_t i;

	while (ms_log_extent_read(&s, a->tail, at, next, chain, NULL) == 1) {
		for (i = 0; i < ms_log_extent_count(&s); i++) {
			b = ms_log_extent_block(&s, i);
			for (k = 0; b->open != NULL && k < b->header.count;
			     k++) {
				ms_block_record(b->open, k, &rec);
				if (rec.type == MS_OCCURRENCE &&
				    ms_occurrence_parse(o, rec.content, NULL) ==
					0 &&
				    ms_slice_eq(o->place, ms_slice_str(place)))
					return true;
			}
		}
		at = s.end;
		next = s.next;
		memcpy(chain, s.chain, sizeof(chain));
	}
	ms_log_extent_release(&s);
	return false;
}

static void
keep_attributes(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 2, result, &got);
	struct ms_spec spec = {.place = "7/8",
	    .flags = "\\Seen $x",
	    .other = "x-later=\"kept\"",
	    .where = "1",
	    .raw = {1600000000, MS_RAW_INTERNALDATE}};
	struct ms_occurrence o = {0};

	spec.dest = ms_ingest_dest(in, "alice", "imap://a@h/", "K", "L", false);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(
	    in, (const unsigned char *)"Subject: k\r\n\r\n", 14, NULL);
	ms_ingest_end(in, NULL);
	expect(in, &got, "1 new+\n", "a message with all attributes");
	ok(find_occurrence(a, "7/8", &o), "there is an OCCURRENCE");
	ok(o.date == 1600000000 && o.raw.date == o.date &&
		o.raw.kind == MS_RAW_INTERNALDATE && o.form == MS_FORM_CRLF &&
		o.bits == 0 &&
		ms_slice_eq(o.flags, ms_slice_str("\\Seen $x")) &&
		ms_slice_eq(o.other, ms_slice_str("x-later=\"kept\"")),
	    "it has the date, the form, the flags and the other attributes");
	ms_buf_release(&got);
}

/* Messages that are larger than a work unit and than a block, between small
 * messages. */
static void
large_messages(struct ms_archive *a, bool mixed)
{
	enum {
		SIZE = 9 * 1024 * 1024
	};
	unsigned char *text = ms_xmalloc(SIZE);
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 2, result, &got);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "L", NULL, false);
	struct ms_spec spec = {.dest = d, .where = "2"};
	size_t i;
	int round;

	ms_random(text, SIZE);
	/* Without line ends, a known message needs no segmenting. */
	for (i = 0; i < SIZE && !mixed; i++)
		text[i] |= 0x20;
	put(in, d, "1", mixed ? "Subject: before\n\n" : "Subject: b\n\n");
	for (round = 0; round < 3; round++) {
		spec.where = round == 0 ? "dropped" : round == 1 ? "2" : "3";
		ms_ingest_begin(in, &spec, NULL);
		for (i = 0; i < SIZE; i += SIZE / 64)
			ms_ingest_data(in, text + i, SIZE / 64, NULL);
		if (round == 0)
			ms_ingest_drop(in);
		else
			ms_ingest_end(in, NULL);
		/* The next one is then found in the index. */
		ok(ms_ingest_commit(in, NULL) == 0, "%s", spec.where);
	}
	put(in, d, "4", mixed ? "Subject: after\n\n" : "Subject: a\n\n");
	/* A known message leaves nothing in the segmenter. */
	text[0] ^= 1;
	spec.where = "5";
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, text, SIZE, NULL);
	ms_ingest_end(in, NULL);
	expect(in, &got, "1 new+\n2 new+\n3 known\n4 new+\n5 new+\n",
	    mixed ? "large messages with mixed line ends" : "large messages");
	{
		struct ms_message_hasher *h = ms_message_hasher_new();
		struct ms_identity identity;
		char hex[MS_SHA_HEX + 1];
		uint64_t message = 0;

		ms_message_hasher_add(h, text, SIZE);
		ms_message_hasher_end(h, &identity);
		ms_message_hasher_free(h);
		ms_hex(identity.id, MS_SHA_LEN, hex);
		ok(ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
			ms_archive_read_back(a, message, identity.id, NULL) ==
			    0,
		    "the last one is complete");
	}
	ms_buf_release(&got);
	free(text);
}

static void
large(struct ms_archive *a)
{
	large_messages(a, true);
	large_messages(a, false);
}

/* An event in a batch of its own, as a run that deletes at the source writes
 * it.
 */
static void
log_event(struct ms_archive *a)
{
	const char *const places[] = {"7/8", "uidl \xc3\xa4 \"\n"};
	const char *const bad[] = {"7/8", "\xff"};
	const uint64_t occurrences[] = {12, 13};
	struct ms_deletion d = {2, 3, 4, places, occurrences, 2};
	struct ms_buf json = {0}, back = {0};
	struct ms_err err = {0};
	struct ms_event ev;

	ok(ms_event_delete(&json, &d, false, &err) == 0 &&
		ms_archive_log_event(a, ms_buf_slice(&json), &err) == 0,
	    "an event is recorded: %s", err.msg);
	ok(ms_archive_content(a, a->checked.next - 2, MS_EVENT, &back, &err) ==
		    0 &&
		ms_slice_eq(ms_buf_slice(&json), ms_buf_slice(&back)),
	    "it is stored unchanged, in a batch of its own");
	ok(strstr(ms_buf_str(&back),
	       "{\"event\":\"delete\",\"user\":2,\"source\":3,\"folder\":4,"
	       "\"places\":[\"7/8\",\"uidl \xc3\xa4 \\\"\\n\"],"
	       "\"occurrences\":[12,13],\"time\":") == (char *)back.p &&
		strstr(ms_buf_str(&back), "\"actor\":") != NULL,
	    "it has the keys of a deletion");
	ms_buf_clear(&json);
	ok(ms_event_delete(&json, &d, true, &err) == 0 &&
		ms_event_parse(&ev, ms_buf_slice(&json), &err) == 0 &&
		ev.kind == MS_EVENT_DELETED,
	    "an event says what was deleted");
	ms_buf_clear(&json);
	d.places = bad;
	ok(ms_event_delete(&json, &d, true, &err) < 0 && err.code == MS_DATA &&
		json.n == 0,
	    "a place that is not UTF-8 is refused");
	ok(ms_archive_log_event(a, ms_slice_str("{\"event\""), &err) < 0 &&
		err.code == MS_BUG,
	    "JSON that is not an event is not written");
	ms_buf_release(&json);
	ms_buf_release(&back);
}

static int
decide(void *ctx, struct ms_committer *c, struct ms_err *err)
{
	const bool *fails = ctx;
	uint64_t number;

	if (ms_committer_event(
		c, ms_slice_str("{\"event\": \"x\"}"), &number, err) < 0)
		return -1;
	return *fails ? ms_fail(err, MS_AUTH, "no") : 0;
}

/* What decides about an event under `lock` can refuse it. */
static void
refused_event(struct ms_archive *a)
{
	const uint64_t from = a->checked.next;
	bool fails = true;
	struct ms_batch b = {.decide = decide, .decide_ctx = &fails};
	struct ms_err err = {0};

	ok(ms_batch_commit(a, &b, &err) < 0 && err.code == MS_AUTH &&
		strcmp(err.msg, "no") == 0,
	    "an event is refused: %s", err.msg);
	fails = false;
	ok(ms_batch_commit(a, &b, NULL) == 0, "it is allowed");
	ok(strcmp(records(a, from), "E1 C1") == 0, "it is recorded: %s",
	    records(a, from));
	ms_batch_release(&b);
}

/* ---- records ---- */

/*
 * Appends the records of each kind from number `from` on, "M2 O3 C1": B BLOB,
 * M MESSAGE, O OCCURRENCE, P PLACE, V MOVED, E EVENT, C COMMIT.
 */
static const char *
records(struct ms_archive *a, uint64_t from)
{
	static const char letters[] = " BMOPVEC";
	static struct ms_buf out;
	size_t n[MS_COMMIT + 1] = {0};
	struct ms_buf content = {0};
	unsigned type;

	ms_buf_clear(&out);
	for (; from < a->checked.next; from++)
		for (type = MS_BLOB; type <= MS_COMMIT; type++)
			if (ms_archive_content(
				a, from, (uint8_t)type, &content, NULL) == 0) {
				n[type]++;
				break;
			}
	for (type = MS_BLOB; type <= MS_COMMIT; type++)
		if (n[type] > 0)
			ms_buf_printf(&out, "%s%c%zu", out.n > 0 ? " " : "",
			    letters[type], n[type]);
	ms_buf_release(&content);
	return ms_buf_str(&out);
}

/* One batch of messages, each given by a spec and a text. */
struct given {
	struct ms_spec spec;
	const char *folder, *text, *reference;
};

static void
batch(struct ms_archive *a, const struct given *given, size_t n,
    const char *results, const char *written, const char *name)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 2, result, &got);
	uint64_t from = a->checked.next;
	struct ms_spec spec;
	const char *text;
	size_t i;

	for (i = 0; i < n; i++) {
		spec = given[i].spec;
		spec.dest = ms_ingest_dest(
		    in, "alice", "local:", given[i].folder, NULL, false);
		if (given[i].reference != NULL) {
			unsigned char id[MS_SHA_LEN];

			text = given[i].reference;
			ms_sha256(text, strlen(text), id);
			if (ms_ingest_reference(in, &spec, id, NULL) != 0)
				ok(false, "a reference is committed");
			continue;
		}
		text = given[i].text;
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
	}
	expect(in, &got, results, name);
	ok(strcmp(records(a, from), written) == 0, "%s: %s", name,
	    records(a, from));
	ms_buf_release(&got);
}
#define BATCH(a, given, ...)                                                   \
	batch(a, given, sizeof(given) / sizeof(given[0]), __VA_ARGS__)

#define X "Subject: x\r\n\r\nx\r\n"
#define Y "Subject: y\r\n\r\ny\r\n"
#define Z "Subject: z\r\n\r\nz\r\n"

/* An OCCURRENCE is recorded once for a message in a folder, a PLACE for each
 * further place. */
static void
places(struct ms_archive *a)
{
	static const struct given first[] = {
	    {{.where = "1", .place = "7/1"}, "A", X, NULL},
	    {{.where = "2", .place = "7/2"}, "A", X, NULL},
	    {{.where = "3", .place = "7/2"}, "A", X, NULL},
	    {{.where = "4"}, "A", X, NULL},
	    {{.where = "5", .place = "7/1"}, "B", X, NULL},
	};
	static const struct given again[] = {
	    {{.where = "1", .place = "7/1"}, "A", X, NULL},
	    {{.where = "2", .place = "7/2"}, "A", X, NULL},
	    {{.where = "3", .place = "7/1"}, "B", X, NULL},
	    {{.where = "4"}, "B", X, NULL},
	};
	static const struct given more[] = {
	    {{.where = "1", .place = "7/3"}, "A", X, NULL},
	    {{.where = "2", .place = "7/2"}, "B", X, NULL},
	};
	static const struct given folder[] = {
	    {{.where = "1"}, "C", X, NULL},
	    {{.where = "2", .place = "7/9"}, "C", X, NULL},
	};
	uint64_t user = 0, source = 0, number = 0, occurrence = 0, other = 0;

	BATCH(a, first, "1 new+\n2 known\n3 known\n4 known\n5 known+\n",
	    "M1 O2 P1 E3 C1", "places in one batch");
	BATCH(a, again, "1 known\n2 known\n3 known\n4 known\n", "",
	    "known places");
	BATCH(a, more, "1 known\n2 known\n", "P2 C1", "further places");
	BATCH(a, folder, "1 known+\n2 known\n", "O1 P1 E1 C1",
	    "a place after an occurrence without one");
	ok(ms_archive_user(a, "alice", &user, NULL) == 1 &&
		ms_archive_source(a, "local:", &source, NULL) == 1 &&
		ms_archive_folder(a, user, source, "A", &number, NULL) == 1,
	    "the folder is recorded");
	ok(ms_archive_place(a, number, "7/1", &occurrence, NULL) == 1 &&
		ms_archive_place(a, number, "7/3", &other, NULL) == 1 &&
		occurrence == other,
	    "both places are of the same occurrence");
}

/* The letter in the subject of the message that has this place of folder A. */
static char
subject_at(struct ms_archive *a, const char *place)
{
	uint64_t user, source, folder = 0, number = 0;
	struct ms_occurrence o = {0};
	struct ms_buf content = {0}, header = {0};
	char letter = '?';

	if (ms_archive_user(a, "alice", &user, NULL) == 1 &&
	    ms_archive_source(a, "local:", &source, NULL) == 1 &&
	    ms_archive_folder(a, user, source, "A", &folder, NULL) == 1 &&
	    ms_archive_place(a, folder, place, &number, NULL) == 1 &&
	    ms_archive_occurrence_at(a, number, &o, &content, NULL) == 0 &&
	    ms_archive_header(a, o.message, o.id, &header, NULL) == 0)
		letter = ms_buf_str(&header)[strlen("Subject: ")];
	ms_buf_release(&content);
	ms_buf_release(&header);
	return letter;
}

/* A server gives the UID or the UIDL of a message to another one. The place is
 * that of the message that was seen there last, and a stream that repeats the
 * old state adds nothing. */
static void
reused_places(struct ms_archive *a)
{
	static const struct given first[] = {
	    {{.where = "1", .place = "7/1"}, "A", X, NULL},
	    {{.where = "2", .place = "7/2"}, "A", Y, NULL},
	    {{.where = "3", .place = "uidl"}, "A", Z, NULL},
	};
	static const struct given known[] = {
	    {{.where = "1", .place = "7/1"}, "A", Y, NULL},
	    {{.where = "2", .place = "uidl"}, "A", NULL, Y},
	};
	static const struct given again[] = {
	    {{.where = "1", .place = "7/1"}, "A", X, NULL},
	    {{.where = "2", .place = "7/1"}, "A", Y, NULL},
	    {{.where = "3", .place = "uidl"}, "A", Z, NULL},
	    {{.where = "4", .place = "uidl"}, "A", Y, NULL},
	};
	static const struct given both[] = {
	    {{.where = "1", .place = "7/5"}, "A", X, NULL},
	    {{.where = "2", .place = "7/5"}, "A", Z, NULL},
	    {{.where = "3", .place = "7/5"}, "A", X, NULL},
	    {{.where = "4", .place = "7/5"}, "A", Z, NULL},
	};
	static const struct given new[] = {
	    {{.where = "1", .place = "7/2"}, "A", "Subject: w\n\nw\n", NULL},
	};

	BATCH(a, first, "1 new+\n2 new+\n3 new+\n", "M3 O3 E2 C1",
	    "three places");
	BATCH(a, known, "1 known\n2 known\n", "P2 C1",
	    "places of other messages, now of a known one");
	ok(subject_at(a, "7/1") == 'y' && subject_at(a, "uidl") == 'y',
	    "the places are of the known message");
	BATCH(a, again, "1 known\n2 known\n3 known\n4 known\n", "",
	    "the old state and the new one again");
	ok(subject_at(a, "7/1") == 'y', "the last message keeps the place");
	BATCH(a, both, "1 known\n2 known\n3 known\n4 known\n", "P2 C1",
	    "one place for two messages in a batch");
	ok(subject_at(a, "7/5") == 'z', "the place is of the second one");
	BATCH(a, new, "1 new+\n", "M1 O1 C1", "the place of a new message");
	ok(subject_at(a, "7/2") == 'w', "it has the place");
}

/* Rows of the folder: number of occurrences that were moved away. */
static size_t
count_moved(struct ms_archive *a, const char *folder)
{
	struct ms_select all = {.order = MS_BY_RECORD};
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_walk *w;
	size_t n = 0;

	if (ms_walk_open(&w, a, &all, NULL) < 0)
		return 0;
	while (ms_walk_next(w, &row, NULL) == 1)
		n += ms_archive_folder_get(a, row->folder, &f, NULL) == 1 &&
		     strcmp(f->name, folder) == 0 &&
		     (row->bits & MS_ROW_MOVED) != 0;
	ms_walk_close(w);
	return n;
}

/* `from`: a MOVED is recorded if the message is in that folder. */
static void
moves(struct ms_archive *a)
{
	static const struct given first[] = {
	    {{.where = "1", .place = "1/1"}, "In", X, NULL},
	    {{.where = "2", .place = "1/2"}, "In", Y, NULL},
	    {{.where = "3", .place = "2/1", .from = "In"}, "Out", Y, NULL},
	};
	static const struct given next[] = {
	    {{.where = "1", .place = "2/2", .from = "In"}, "Out", X, NULL},
	    {{.where = "2", .from = "Nowhere"}, "In", Z, NULL},
	    {{.where = "3", .from = "Out"}, "Third", Z, NULL},
	    {{.where = "4", .from = "In"}, "In", Z, NULL},
	};
	static const struct given again[] = {
	    {{.where = "1", .place = "2/2", .from = "In"}, "Out", X, NULL},
	    {{.where = "2", .place = "2/1", .from = "In"}, "Out", Y, NULL},
	};
	static const struct given no_place[] = {
	    {{.where = "1", .from = "In"}, "Out", X, NULL},
	};
	static const struct given back[] = {
	    {{.where = "1", .place = "1/9", .from = "Out"}, "In", X, NULL},
	};

	BATCH(a, first, "1 new+\n2 new+\n3 known+\n", "M2 O3 V1 E3 C1",
	    "a move within a batch");
	BATCH(a, next, "1 known+\n2 new+?\n3 known+?\n4 known?\n",
	    "M1 O3 V1 E1 C1", "moves, and folders without the message");
	ok(count_moved(a, "In") == 2 && count_moved(a, "Out") == 0,
	    "two messages were moved away");
	BATCH(a, again, "1 known\n2 known\n", "", "the same moves again");
	BATCH(a, no_place, "1 known\n", "", "a known move without a place");
	BATCH(a, back, "1 known\n", "P1 V1 C1", "a move back");
	ok(count_moved(a, "Out") == 1, "the message is in its first folder");
	BATCH(a, again, "1 known\n2 known\n", "", "the old moves again");
	ok(count_moved(a, "Out") == 1, "the message stays there");
}

static void
references(struct ms_archive *a)
{
	static const struct given first[] = {
	    {{.where = "1"}, "A", "Subject: x\n\nx\n", NULL},
	    {{.where = "2"}, "B", NULL, X},
	    {{.where = "3",
		 .place = "5/5",
		 .raw = {1600000000, MS_RAW_INTERNALDATE}},
		"C", NULL, X},
	    {{.where = "4"}, "B", NULL, Y},
	};
	static const struct given again[] = {
	    {{.where = "1", .place = "5/5"}, "C", NULL, X},
	    {{.where = "2", .place = "5/6"}, "C", NULL, X},
	    {{.where = "3", .place = "5/7", .from = "A"}, "D", NULL, X},
	};
	struct ms_occurrence o = {0};

	BATCH(a, first, "1 new+\n2 known+\n3 known+\n4 failed\n", "M1 O3 E4 C1",
	    "references in the batch of the message");
	ok(find_occurrence(a, "5/5", &o) && o.form == MS_FORM_LF &&
		o.bits == MS_BODY_NOT_SEEN && o.date == 1600000000,
	    "the form is that of the copy, and the body was not seen");
	BATCH(a, again, "1 known\n2 known\n3 known+\n", "O1 P1 V1 E1 C1",
	    "references to places");
	ok(find_occurrence(a, "5/7", &o) &&
		o.bits == (MS_BODY_NOT_SEEN | MS_DATE_UNKNOWN),
	    "a reference without a date is committed");
}

/* A reference uses the user's copy of the same source, if there is one. */
static void
reference_copies(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	struct ms_spec spec = {.place = "6/6", .where = "3"};
	struct ms_dest *one, *two;
	struct ms_occurrence o = {0};
	unsigned char id[MS_SHA_LEN];

	one = ms_ingest_dest(in, "alice", "imap://one/", "A", NULL, false);
	put(in, one, "1", "Subject: x\n\nx\n");
	two = ms_ingest_dest(in, "alice", "imap://two/", "A", NULL, false);
	put(in, two, "2", X);
	spec.dest =
	    ms_ingest_dest(in, "alice", "imap://two/", "B", NULL, false);
	ms_sha256(X, strlen(X), id);
	ms_ingest_reference(in, &spec, id, NULL);
	expect(in, &got, "1 new+\n2 known+\n3 known+\n", "two sources");
	ok(find_occurrence(a, "6/6", &o) && o.form == MS_FORM_CRLF,
	    "the form is that of the copy from the same source");
	ms_buf_release(&got);
}

/* The OCCURRENCE has the date of arrival and what the source said about it. */
static void
dates(struct ms_archive *a)
{
	static const char dated[] =
	    "Date: Thu, 1 Jan 1970 00:00:09 +0000\r\n\r\n";
	static const struct given given[] = {
	    {{.where = "1",
		 .place = "1/1",
		 .raw = {1600000000, MS_RAW_INTERNALDATE}},
		"A", dated, NULL},
	    {{.where = "2", .place = "1/2", .raw = {1600000000, MS_RAW_FILE}},
		"B", dated, NULL},
	    {{.where = "3", .place = "1/3", .raw = {1600000000, MS_RAW_FILE}},
		"A", X, NULL},
	    {{.where = "4", .place = "1/4"}, "A", Y, NULL},
	    {{.where = "5", .place = "1/5", .raw = {0, MS_RAW_FROM_LINE}}, "D",
		Y, NULL},
	};
	/* The dates of a known message are those of the index. */
	static const struct given known[] = {
	    {{.where = "1", .place = "1/6"}, "C", dated, NULL},
	    {{.where = "2", .place = "1/7"}, "D", dated, NULL},
	};
	static const struct {
		const char *rule, *place;
		int64_t date;
		uint8_t bits;
		struct ms_raw_date raw;
	} want[] = {
	    {"the date of the place", "1/1", 1600000000, 0,
		{1600000000, MS_RAW_INTERNALDATE}},
	    {"the date of the Date field", "1/2", 9, 0,
		{1600000000, MS_RAW_FILE}},
	    {"of the file", "1/3", 1600000000, 0, {1600000000, MS_RAW_FILE}},
	    {"no date", "1/4", 0, MS_DATE_UNKNOWN, {0, MS_RAW_NONE}},
	    {"a constant", "1/5", 0, MS_DATE_UNKNOWN, {0, MS_RAW_FROM_LINE}},
	    {"the date of the Date field of a known message", "1/6", 9, 0,
		{0, MS_RAW_NONE}},
	    {"likewise in a folder that the archive has", "1/7", 9, 0,
		{0, MS_RAW_NONE}},
	};
	static const struct ms_desc none = {0},
				    nine = {.date = 9, .bits = MS_DESC_DATE};
	struct ms_deposit d = {0};
	struct ms_occurrence o = {0};

	BATCH(a, given, "1 new+\n2 known+\n3 new+\n4 new+\n5 known+\n",
	    "M3 O5 E4 C1", "dates");
	BATCH(a, known, "1 known+\n2 known+\n", "O2 E1 C1", "a known message");
	/* A message that is damaged in the archive is described twice. */
	ms_deposit_date(&d, &none);
	ok(d.bits == MS_DATE_UNKNOWN, "a message without a date");
	ms_deposit_date(&d, &nine);
	ok(d.bits == 0 && d.date == 9, "its date is found");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ok(find_occurrence(a, want[i].place, &o) &&
			o.date == want[i].date && o.bits == want[i].bits &&
			o.raw.date == want[i].raw.date &&
			o.raw.kind == want[i].raw.kind,
		    "%s", want[i].rule);
}

/* A message with a body of n bytes, which depends on the seed. */
static char *
attachment(const char *subject, size_t n, unsigned seed)
{
	struct ms_buf text = {0};
	size_t start;
	char *s;

	ms_buf_printf(&text, "Subject: %s\r\n\r\n", subject);
	for (start = text.n; text.n - start < n;) {
		seed = seed * 1103515245 + 12345;
		ms_buf_printf(&text,
		    (text.n - start) % 64 > 60 ? "%u\r\n" : "%u", seed >> 8);
	}
	s = ms_xstrdup(ms_buf_str(&text));
	ms_buf_release(&text);
	return s;
}

/* A body that several messages have is one BLOB. */
static void
blobs(struct ms_archive *a)
{
	char *one = attachment("one", 100000, 1);
	char *two = attachment("two", 100000, 1);
	char *three = attachment("three", 100000, 1);
	char *other = attachment("one", 100000, 2);
	char *four = attachment("four", 100000, 1);
	char *longer = attachment("longer", 1500000, 3);
	const struct given much[] = {
	    {{.where = "1"}, "A", four, NULL},
	    {{.where = "2"}, "A", longer, NULL},
	};
	const struct given first[] = {
	    {{.where = "1"}, "A", one, NULL},
	    {{.where = "2"}, "A", two, NULL},
	    {{.where = "3"}, "A", one, NULL},
	};
	const struct given next[] = {
	    {{.where = "1"}, "A", three, NULL},
	    {{.where = "2"}, "A", other, NULL},
	};

	BATCH(a, first, "1 new+\n2 new+\n3 known\n", "B1 M2 O2 E2 C1",
	    "a body twice in a batch");
	BATCH(a, next, "1 new+\n2 new+\n", "B1 M2 O2 C1",
	    "a known body and a new one");
	/* The batch has too few known records to be sifted. */
	BATCH(a, much, "1 new+\n2 new+\n", "B1 M2 O2 C1",
	    "a known body and a much longer new one");
	free(four);
	free(longer);
	free(one);
	free(two);
	free(three);
	free(other);
}

/* A body is found again in a pack that was regrouped, where a block has the
 * BLOBs of several batches. */
static void
regrouped_blobs(struct ms_archive *a)
{
	static const unsigned seeds[] = {1, 2, 3, 2, 4};
	struct ms_buf got = {0};
	struct ms_err err = {0};
	struct ms_ingest *in;
	uint64_t from;
	char *text, subject[2] = "0";
	unsigned i;

	for (i = 0; i < 5; i++, subject[0]++) {
		from = a->checked.next;
		text = attachment(subject, 100000, seeds[i]);
		in = ms_ingest_new(a, 1, result, &got);
		put(in, ms_ingest_dest(in, "alice", "local:", "A", NULL, false),
		    "1", text);
		expect(in, &got, "1 new+\n", "a body");
		ok((strchr(records(a, from), 'B') == NULL) == (i == 3),
		    "is stored once: %s", records(a, from));
		free(text);
		if (i != 2)
			continue;
		a->seal_bytes = 1;
		ok(ms_archive_lock(a, true, &err) == 1 &&
			ms_archive_seal(a, &err) == 0 &&
			a->tail->header.generation == 1,
		    "a pack is regrouped: %s", err.msg);
		a->seal_bytes = UINT64_MAX;
		ms_archive_unlock(a);
	}
	ms_buf_release(&got);
}

/* Mixed line ends: only a MESSAGE with the same line ends is used again. */
static void
mixed_line_ends(struct ms_archive *a)
{
	static const char wire[] = "Subject: m\r\n\r\nx\r\n";
	static const char m1[] = "Subject: m\r\n\nx\n";
	static const char m2[] = "Subject: m\n\r\nx\n";
	static const char m3[] = "Subject: m\n\nx\r\n";
	static const struct given first[] = {
	    {{.where = "1"}, "A", m1, NULL},
	    {{.where = "2"}, "B", m2, NULL},
	    {{.where = "3"}, "C", m1, NULL},
	};
	static const struct given next[] = {
	    {{.where = "1"}, "D", m1, NULL},
	    {{.where = "2"}, "E", m3, NULL},
	    {{.where = "3"}, "F", m2, NULL},
	    {{.where = "4"}, "G", "Subject: m\n\nx\n", NULL},
	};
	struct ms_row *row;
	struct ms_buf rows = {0};
	uint64_t message = 0, used[7] = {0};
	size_t i;

	BATCH(a, first, "1 new+\n2 known+\n3 known+\n", "M2 O3 E4 C1",
	    "mixed line ends in one batch");
	BATCH(a, next, "1 known+\n2 known+\n3 known+\n4 known+\n",
	    "M1 O4 E4 C1", "mixed line ends in the next batch");
	{
		unsigned char id[MS_SHA_LEN];
		char hex[MS_SHA_HEX + 1];

		ms_sha256(wire, strlen(wire), id);
		ms_hex(id, MS_SHA_LEN, hex);
		ok(ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
			ms_archive_occurrences(a, message, &rows, NULL) == 0 &&
			rows.n == 7 * sizeof(*row),
		    "there are seven occurrences");
	}
	row = (struct ms_row *)(void *)rows.p;
	for (i = 0; i < 7 && rows.n == 7 * sizeof(*row); i++)
		used[i] = row[i].message;
	ok(used[0] == used[2] && used[0] == used[3] && used[1] == used[5] &&
		used[0] != used[1] && used[4] != used[0] && used[4] != used[1],
	    "each occurrence has the MESSAGE with its line ends");
	ok(used[6] == message,
	    "a copy with other line ends has the first MESSAGE");
	ms_buf_release(&rows);
}

/* Labels and users. */
static void
names(struct ms_archive *a)
{
	static const struct row {
		const char *user, *label;
		bool create;
		const char *results, *written, *name;
	} rows[] = {
	    {"alice", "One", false, "1 new+\n", "M1 O1 E3 C1", "a label"},
	    {"alice", "One", false, "1 known\n", "", "the same label"},
	    {"alice", NULL, false, "1 known\n", "", "no label"},
	    {"alice", "Two", false, "1 known\n", "E1 C1", "another label"},
	    {"bob", NULL, false, "1 failed\n", "", "an unknown user"},
	    {"bob", "One", true, "1 known+\n", "O1 E3 C1", "a new user"},
	    {"bob", NULL, false, "1 known\n", "", "a known user"},
	};
	struct ms_buf got = {0};
	struct ms_ingest *in;
	struct ms_dest *d;
	uint64_t from;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		from = a->checked.next;
		in = ms_ingest_new(a, 1, result, &got);
		d = ms_ingest_dest(in, rows[i].user, "imap://h/", "A",
		    rows[i].label, rows[i].create);
		put(in, d, "1", X);
		expect(in, &got, rows[i].results, rows[i].name);
		ok(strcmp(records(a, from), rows[i].written) == 0, "%s: %s",
		    rows[i].name, records(a, from));
	}
	/* A label that several folders of a batch have is recorded once. */
	from = a->checked.next;
	in = ms_ingest_new(a, 1, result, &got);
	put(in, ms_ingest_dest(in, "alice", "imap://i/", "A", "L", false), "1",
	    X);
	put(in, ms_ingest_dest(in, "alice", "imap://i/", "B", "L", false), "2",
	    X);
	expect(in, &got, "1 known+\n2 known+\n", "two folders with a label");
	ok(strcmp(records(a, from), "O2 E4 C1") == 0,
	    "the label is recorded once: %s", records(a, from));
	ms_buf_release(&got);
}

/* Names that are new in one batch: the same text can be the name of a user, a
 * source and a label, and of folders of each. */
static void
new_names(struct ms_archive *a)
{
	static const struct row {
		const char *user, *source, *folder, *label;
		size_t events; /* that it adds to those of the rows before */
		const char *name;
	} rows[] = {
	    {"n", "n", "n", "n", 4, "a user, a source, a folder and a label"},
	    {"n", "n", "n", "n", 0, "the same"},
	    {"n", "n", "m", "n", 1, "another folder"},
	    {"N", "n", "n", "n", 3, "a user in capitals"},
	    {"\u00fc", "n", "n", "n", 3, "a composed letter"},
	    {"u\u0308", "n", "n", "n", 0, "the same user, decomposed"},
	    {"n", "n", "\u00fc", "n", 1, "a folder with the letter"},
	    {"n", "n", "u\u0308", "n", 1, "a folder, decomposed"},
	    {"n", "n", "N", "n", 1, "a folder in capitals"},
	    {"o", "n", "n", "n", 3, "another user"},
	    {"n", "N", "n", "n", 3, "a source in capitals"},
	    {"o", "n", "n", "m", 1, "another label"},
	    {"o", "m", "n", "m", 3, "this label for another source"},
	};
	struct ms_buf got = {0};
	struct ms_ingest *in;
	char text[4][8], want[16];
	size_t size, i, events = 0;
	uint64_t from;

	for (size = 1; size <= sizeof(rows) / sizeof(rows[0]); size++) {
		from = a->checked.next;
		in = ms_ingest_new(a, 1, result, &got);
		for (i = 0; i < size; i++) {
			snprintf(text[0], 8, "%s%zu", rows[i].user, size);
			snprintf(text[1], 8, "%s%zu", rows[i].source, size);
			snprintf(text[2], 8, "%s%zu", rows[i].folder, size);
			snprintf(text[3], 8, "%s%zu", rows[i].label, size);
			put(in,
			    ms_ingest_dest(
				in, text[0], text[1], text[2], text[3], true),
			    "", X);
		}
		ok(ms_ingest_finish(in, NULL) == 0, "a batch with %zu names",
		    size);
		events += rows[size - 1].events;
		snprintf(want, sizeof(want), " E%zu C1", events);
		ok(strstr(records(a, from), want) != NULL, "%s: %s",
		    rows[size - 1].name, records(a, from));
	}
	ms_buf_release(&got);
}

/* ---- large messages ---- */

#define UNIT_MAX (2 * 1024 * 1024) /* WORK_UNIT_MESSAGE_MAX of impl.h */

/* Messages around the size from which on they are not in a work unit. */
static void
sizes(struct ms_archive *a)
{
	static const size_t n[] = {UNIT_MAX - 1, UNIT_MAX, UNIT_MAX + 1};
	unsigned char *text = ms_xmalloc(UNIT_MAX + 1);
	struct ms_buf got = {0};
	struct ms_ingest *in;
	struct ms_dest *d, *unknown;
	struct ms_spec spec = {.where = "1"};
	uint64_t from, message;
	char hex[MS_SHA_HEX + 1];
	unsigned char id[MS_SHA_LEN];
	uint64_t size;
	size_t i;
	int round;

	ms_random(text, UNIT_MAX + 1);
	for (i = 0; i < UNIT_MAX + 1; i++)
		text[i] = text[i] == '\r' || text[i] == '\n' ? '.' : text[i];
	memcpy(text, "Subject: big\r\n\r\n", 17);
	for (i = 0; i < 3; i++)
		for (round = 0; round < 2; round++) {
			from = a->checked.next;
			in = ms_ingest_new(a, 1, result, &got);
			d = ms_ingest_dest(
			    in, "alice", "local:", "A", NULL, false);
			unknown = ms_ingest_dest(
			    in, "unknown", "local:", "A", NULL, false);
			spec.dest = d;
			ms_ingest_begin(in, &spec, NULL);
			ms_ingest_data(in, text, n[i] / 2, NULL);
			ms_ingest_data(
			    in, text + n[i] / 2, n[i] - n[i] / 2, NULL);
			ms_ingest_end(in, NULL);
			spec.dest = unknown;
			ms_ingest_begin(in, &spec, NULL);
			ms_ingest_data(in, text, n[i], NULL);
			ms_ingest_end(in, NULL);
			expect(in, &got,
			    round == 0 ? "1 new+\n1 failed\n"
				       : "1 known\n1 failed\n",
			    "a message at the limit of a work unit");
			if (round > 0)
				ok(a->checked.next == from,
				    "a known message is not written");
		}
	ms_sha256(text, UNIT_MAX + 1, id);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
		ms_archive_check(a, message, id, NULL) == 0 &&
		ms_archive_identity(a, message, id, &size, NULL) == 0 &&
		size == UNIT_MAX + 1,
	    "the large message is complete");
	ms_buf_release(&got);
	free(text);
}

/* A large message with mixed line ends is compared with the known copy. */
static void
large_mixed(struct ms_archive *a)
{
	char *text = attachment("m", UNIT_MAX + 1, 7);
	const struct given given[] = {{{.where = "1"}, "A", text, NULL}};
	const struct given again[] = {{{.where = "1"}, "B", text, NULL}};
	size_t n = strlen(text);

	if (text[n - 1] == '\n')
		text[n - 2] = '0';
	text[n - 1] = '\n'; /* the only LF without CR */
	BATCH(a, given, "1 new+\n", "B1 M1 O1 E2 C1", "a large message");
	BATCH(a, again, "1 known+\n", "O1 E1 C1", "the same again");
	free(text);
}

/* ---- limits of a batch ---- */

struct tally {
	size_t results, known, failed;
	bool ordered;
};

/* Counts results; each is named by its number. */
static void
count_result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	struct tally *t = ctx;
	char name[32];

	snprintf(name, sizeof(name), "%zu", t->results++);
	t->ordered = t->ordered && ms_slice_eq(where, ms_slice_str(name));
	t->known += d->outcome == MS_OUTCOME_KNOWN;
	t->failed += d->outcome == MS_OUTCOME_FAILED;
}

static size_t
count_commits(struct ms_archive *a, uint64_t from)
{
	struct ms_buf content = {0};
	size_t n = 0;

	for (; from < a->checked.next; from++)
		n +=
		    ms_archive_content(a, from, MS_COMMIT, &content, NULL) == 0;
	ms_buf_release(&content);
	return n;
}

/* MS_BATCH limits the messages of a batch. */
static void
batch_size(struct ms_archive *a)
{
	static const struct row {
		const char *limit;
		unsigned messages, commits;
	} rows[] = {{"1", 3, 3}, {"2", 5, 3}, {"2", 6, 3}, {"100", 100, 1},
	    {"0", 4, 1}, {"9999999", 4, 1}, {"9", 10, 2}, {"12", 13, 2},
	    {"2047", 4, 1}, {NULL, 2048, 1}, {NULL, 2049, 2}};
	struct tally t;
	struct ms_ingest *in;
	struct ms_dest *d;
	uint64_t from;
	unsigned i, k, serial = 0;
	char where[32], text[64];

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].limit != NULL)
			setenv("MS_BATCH", rows[i].limit, 1);
		else
			unsetenv("MS_BATCH");
		t = (struct tally){.ordered = true};
		from = a->checked.next;
		in = ms_ingest_new(a, 3, count_result, &t);
		d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
		for (k = 0; k < rows[i].messages; k++) {
			snprintf(where, sizeof(where), "%u", k);
			snprintf(
			    text, sizeof(text), "Subject: %u\n\n", serial++);
			put(in, d, where, text);
		}
		ok(ms_ingest_finish(in, NULL) == 0 &&
			t.results == rows[i].messages && t.ordered &&
			t.failed == 0,
		    "MS_BATCH=%s: %u messages in order",
		    rows[i].limit != NULL ? rows[i].limit : "",
		    rows[i].messages);
		ok(count_commits(a, from) == rows[i].commits, "%zu commits",
		    count_commits(a, from));
	}
	unsetenv("MS_BATCH");
}

/* A copy of a message that the writer has, or has just committed, is known. */
static void
copies_in_small_batches(struct ms_archive *a)
{
	static const char *const texts[] = {
	    X, Y, "Subject: m\r\n\nx\n", "Subject: m\n\nx\r\n"};
	struct tally t = {.ordered = true};
	struct ms_ingest *in;
	uint64_t from = a->checked.next;
	char where[32], folder[32];
	size_t i;

	setenv("MS_BATCH", "1", 1);
	in = ms_ingest_new(a, 2, count_result, &t);
	for (i = 0; i < 80; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		snprintf(folder, sizeof(folder), "F%zu", i);
		put(in,
		    ms_ingest_dest(in, "alice", "local:", folder, NULL, false),
		    where, texts[i % 4]);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == 80 && t.ordered,
	    "copies in batches of one message");
	ok(strcmp(records(a, from), "M4 O80 E81 C80") == 0,
	    "each message is stored once: %s", records(a, from));
	unsetenv("MS_BATCH");
}

/* Deposits that write nothing also fill a batch, so that their results come. */
static void
known_deposits(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	uint64_t from;
	char where[32];
	size_t i;

	put(in, d, "0", X);
	ms_ingest_finish(in, NULL);
	from = a->checked.next;
	t = (struct tally){.ordered = true};
	in = ms_ingest_new(a, 2, count_result, &t);
	d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	for (i = 0; i < 2 * MS_BATCH_DEPOSITS + 4096; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		put(in, d, where, X);
	}
	/* The second full batch waits until the first was reported. */
	ok(t.results >= MS_BATCH_DEPOSITS,
	    "known messages are reported before the end");
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == i && t.ordered &&
		a->checked.next == from,
	    "all messages are reported, and nothing is written");
}

/* The names of folders and users fill a batch, too. */
static void
many_destinations(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	char where[32], folder[MS_FOLDER_MAX];
	uint64_t from = a->checked.next;
	size_t i, n = 2000;

	memset(folder, 'f', sizeof(folder));
	folder[sizeof(folder) - 1] = '\0';
	/* A folder counts with 2,048 bytes, and six for each of its name. */
	for (i = 0; i < n; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		memcpy(folder, where, strlen(where));
		put(in,
		    ms_ingest_dest(in, "alice", "local:", folder, NULL, false),
		    where, X);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == n && t.ordered &&
		t.failed == 0,
	    "messages of many folders are ingested");
	ok(count_commits(a, from) == 3, "%zu commits", count_commits(a, from));
}

/* Long attributes fill a batch, too: with a quarter of MS_BATCH_META. */
static void
long_attributes(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	char where[32], *other = ms_xmalloc(MS_FIELD_MAX + 2);
	struct ms_spec spec = {.other = other, .where = where};
	uint64_t from = a->checked.next, before = a->checked.blocks;
	size_t i;

	memset(other, 'o', MS_FIELD_MAX + 1); /* one byte is cut */
	other[MS_FIELD_MAX + 1] = '\0';
	spec.dest = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	for (i = 0; i < 200; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)where, strlen(where), NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == 200 && t.ordered &&
		t.failed == 0 && count_commits(a, from) == 3,
	    "long attributes: %zu commits", count_commits(a, from));
	ok(a->checked.blocks - before == 18, "there are %u blocks",
	    (unsigned)(a->checked.blocks - before));
	free(other);
}

/* The MESSAGEs of a batch are in blocks of about MS_BLOCK_FULL bytes. */
static void
blocks(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	uint64_t before = a->checked.blocks;
	char where[32], *text;
	size_t i;

	for (i = 0; i < 2000; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		text = attachment(where, 900, (unsigned)i);
		put(in, d, where, text);
		free(text);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == 2000 && t.ordered,
	    "two thousand messages are ingested");
	ok(a->checked.blocks - before == 3, "there are %u blocks",
	    (unsigned)(a->checked.blocks - before));
	in = ms_ingest_new(a, 2, count_result, &t);
	d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	before = a->checked.blocks;
	for (i = 0; i < 3; i++) {
		text = attachment("x", 600000, (unsigned)(i + 9000));
		put(in, d, "0", text);
		free(text);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && a->checked.blocks - before == 5,
	    "%u blocks, three of BLOBs",
	    (unsigned)(a->checked.blocks - before));
}

/* The contents of MESSAGEs fill a batch with MS_BATCH_META bytes. */
static void
long_headers(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	uint64_t from = a->checked.next;
	char where[32], *text = ms_xmalloc(15001);
	size_t i;

	memset(text, 'h', 15000);
	memcpy(text, "Subject: ", 9);
	text[15000] = '\0';
	for (i = 0; i < 1800; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		memcpy(text + 9, where, strlen(where));
		put(in, d, where, text);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == i && t.ordered &&
		t.failed == 0 && count_commits(a, from) == 2,
	    "long headers: %zu commits", count_commits(a, from));
	free(text);
}

/*
 * The map of the index grows during commits; no record is written twice. In
 * large batches the rows of MESSAGEs fill it, before the batch is written; in
 * small ones with long flags the rows of OCCURRENCEs do, afterwards.
 */
static void
small_map(struct ms_archive *a, size_t n, unsigned limit, int width,
    size_t folders, const char *flags)
{
	static const struct given more[] = {{{.where = "1"}, "New", X, NULL}};
	struct tally t = {.ordered = true};
	struct ms_ingest *in;
	uint64_t from = a->checked.next;
	char where[32], folder[32], text[400];
	struct ms_spec spec = {.where = where, .flags = flags};
	size_t i;

	snprintf(text, sizeof(text), "%u", limit);
	setenv("MS_BATCH", text, 1);
	in = ms_ingest_new(a, 2, count_result, &t);
	unsetenv("MS_BATCH");
	for (i = 0; i < n; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		snprintf(folder, sizeof(folder), "F%zu", i % folders);
		snprintf(text, sizeof(text),
		    "From: %0*zu\nTo: %0*zu\nSubject: %0*zu\n\n", width, i,
		    width, i, width, i);
		spec.dest =
		    ms_ingest_dest(in, "alice", "local:", folder, NULL, false);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == i && t.ordered &&
		t.failed == 0 && t.known == 0,
	    "the index grows during the run");
	snprintf(text, sizeof(text), "M%zu O%zu E%zu C%zu", n, n, folders + 1,
	    n / limit);
	ok(strcmp(records(a, from), text) == 0,
	    "each record is written once: %s", records(a, from));
	BATCH(a, more, "1 new+\n", "M1 O1 E1 C1", "the index can be used");
}

static void
small_map_messages(struct ms_archive *a)
{
	small_map(a, 10000, 2000, 80, 1, NULL);
}

static void
small_map_occurrences(struct ms_archive *a)
{
	char flags[500];

	memset(flags, 'f', sizeof(flags));
	flags[sizeof(flags) - 1] = '\0';
	small_map(a, 3000, 100, 1, 200, flags);
}

/* A reference lets rows be put before the batch is written, so the map can be
 * full while deposits are recorded: these are recorded again. */
static void
small_map_references(struct ms_archive *a)
{
	enum {
		COUNT = 2000
	};
	struct tally t = {.ordered = true};
	struct ms_ingest *in;
	uint64_t from = a->checked.next;
	char where[32], text[64], flags[1000], folder[16], want[64];
	struct ms_spec spec = {.where = where, .place = where, .flags = flags};
	unsigned char id[MS_SHA_LEN];
	size_t i, w = 0;

	memset(flags, 'f', sizeof(flags));
	flags[sizeof(flags) - 1] = '\0';
	setenv("MS_BATCH", "1500", 1);
	in = ms_ingest_new(a, 2, count_result, &t);
	unsetenv("MS_BATCH");
	/* Of three deposits, the last is at another place in a folder. Some
	 * references are to no message. */
	for (i = 0; i < 3 * COUNT; i++) {
		if (i % 30 == 0) {
			snprintf(where, sizeof(where), "%zu", w++);
			ms_sha256(where, strlen(where), id);
			spec.dest = ms_ingest_dest(
			    in, "alice", "local:", "A", NULL, false);
			ms_ingest_reference(in, &spec, id, NULL);
		}
		snprintf(where, sizeof(where), "%zu", w++);
		snprintf(text, sizeof(text), "Subject: %zu\r\n\r\n", i / 3);
		snprintf(
		    folder, sizeof(folder), i % 3 == 0 ? "A" : "B%zu", i / 30);
		spec.dest =
		    ms_ingest_dest(in, "alice", "local:", folder, NULL, false);
		ms_sha256(text, strlen(text), id);
		if (i % 3 > 0) {
			ms_ingest_reference(in, &spec, id, NULL);
			continue;
		}
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == w && t.ordered &&
		t.failed == COUNT / 10 && t.known == (size_t)2 * COUNT,
	    "the index grows between references");
	snprintf(want, sizeof(want), "M%d O%d P%d E%d C%d", COUNT, 2 * COUNT,
	    COUNT, 2 + COUNT / 10, 3 * COUNT / 1500 + 1);
	ok(strcmp(records(a, from), want) == 0,
	    "each record is written once: %s", records(a, from));
}

/* More destinations than the pipeline keeps. */
static void
forgotten_destinations(struct ms_archive *a)
{
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 2, count_result, &t);
	struct ms_dest *first = NULL, *d;
	char where[32], folder[32];
	size_t i;

	for (i = 0; i < 8300; i++) {
		snprintf(where, sizeof(where), "%zu", i);
		snprintf(folder, sizeof(folder), "F%zu", i % 8200);
		d = ms_ingest_dest(in, "alice", "local:", folder, NULL, false);
		first = i == 0 ? d : first;
		put(in, d, where, X);
	}
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == i && t.ordered &&
		t.failed == 0,
	    "8,200 folders are ingested");
}

static _Atomic long skipped; /* seconds that seem to have passed */

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	t->tv_sec += skipped;
	return rc;
}

/* Waits until the ticker has committed a batch that is old enough. */
static bool
wait_for_result(const struct tally *t)
{
	for (int i = 0; i < 1000 && t->results == 0; i++) {
		skipped = MS_INGEST_SECONDS;
		usleep(10000);
	}
	skipped = 0;
	return t->results > 0;
}

/*
 * While a message arrives slowly, the ticker sends the messages before it to a
 * worker, but a batch waits for MS_INGEST_SECONDS.
 */
static void
slow_message(struct ms_archive *a)
{
	static const char text[] = "Subject: slow\r\n\r\nslow\r\n";
	const unsigned char *p = (const unsigned char *)text;
	struct tally t = {.ordered = true};
	struct ms_ingest *in = ms_ingest_new(a, 1, count_result, &t);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	struct ms_spec spec = {.dest = d, .where = "1", .place = "8/8"};
	struct ms_occurrence o = {0};
	unsigned char id[MS_SHA_LEN];
	int64_t start = ms_clock_ms();
	clock_t used;

	put(in, d, "0", X);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, p, 10, NULL);
	used = clock();
	usleep(1300000);
	ok(clock() - used < CLOCKS_PER_SEC / 2, "waiting costs no time");
	ok(t.results == 0 || ms_clock_ms() - start > 4000,
	    "the batch is not committed yet");
	ok(wait_for_result(&t), "it is committed when it is due");
	ms_ingest_data(in, p + 10, strlen(text) - 10, NULL);
	ms_ingest_end(in, NULL);
	put(in, d, "2", Y);
	ok(ms_ingest_finish(in, NULL) == 0 && t.results == 3 && t.ordered,
	    "a message that comes slowly is ingested");
	ms_sha256(text, strlen(text), id);
	ok(find_occurrence(a, "8/8", &o) && memcmp(o.id, id, MS_SHA_LEN) == 0,
	    "the message is complete");
}

/* ---- failures ---- */

/*
 * The disk is full: no file may become longer. The pipeline fails with the
 * first error, acknowledges nothing, and a later pipeline can go on.
 */
static void
full_disk(struct ms_archive *a)
{
	struct rlimit before, none;
	struct tally t = {.ordered = true};
	struct ms_err first = {0}, err = {0};
	struct ms_spec spec = {.where = "0"};
	uint64_t from = a->checked.next;
	struct ms_buf got = {0};
	struct ms_ingest *in;
	char *text = attachment("x", 100000, 3);
	size_t i;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none = (struct rlimit){4096, before.rlim_max};
	setenv("MS_BATCH", "1", 1);
	in = ms_ingest_new(a, 2, count_result, &t);
	spec.dest = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	setrlimit(RLIMIT_FSIZE, &none);
	for (i = 0; i < 100000 && first.code == MS_OK; i++)
		if (ms_ingest_begin(in, &spec, &first) < 0 ||
		    ms_ingest_data(in, (const unsigned char *)text,
			strlen(text), &first) < 0)
			break;
		else
			ms_ingest_end(in, NULL);
	ok(first.code != MS_OK && t.results == 0, "the pipeline fails: %s",
	    first.msg);
	ms_ingest_drop(in);
	ok(ms_ingest_begin(in, &spec, &err) == -1 && err.code == first.code &&
		strcmp(err.msg, first.msg) == 0,
	    "it accepts no more messages, for the same reason");
	err = (struct ms_err){0};
	ok(ms_ingest_reference(in, &spec,
	       (const unsigned char *)"01234567890123456789012345678901",
	       &err) == -1,
	    "it accepts no references");
	ok(ms_ingest_finish(in, &err) == -1 &&
		strcmp(err.msg, first.msg) == 0 && t.results == 0,
	    "its end reports the reason");
	setrlimit(RLIMIT_FSIZE, &before);
	unsetenv("MS_BATCH");
	in = ms_ingest_new(a, 1, result, &got);
	put(in, ms_ingest_dest(in, "alice", "local:", "A", NULL, false), "1",
	    text);
	expect(in, &got, "1 new+\n", "with room on the disk again");
	ok(strcmp(records(a, from), "B1 M1 O1 E2 C1") == 0,
	    "only the last message is stored: %s", records(a, from));
	ms_buf_release(&got);
	free(text);
}

/* Replaces the index by garbage, which each transaction notices. */
static void
damage_index(struct ms_archive *a)
{
	struct ms_buf path = {0}, spoilt = {0};
	FILE *f;

	ms_buf_printf(&path, "%s/index/data.mdb", ms_archive_path(a));
	ms_buf_printf(&spoilt, "%s/index/spoilt", ms_archive_path(a));
	f = fopen(ms_buf_str(&spoilt), "w");
	if (f == NULL || ftruncate(fileno(f), 65536) < 0 || fclose(f) != 0 ||
	    rename(ms_buf_str(&spoilt), ms_buf_str(&path)) < 0)
		ok(false, "the index is damaged");
	ms_buf_release(&path);
	ms_buf_release(&spoilt);
}

/* Ends a pipeline that must fail. */
static void
expect_failure(struct ms_ingest *in, struct ms_buf *got, const char *name)
{
	struct ms_err err = {0};

	ok(ms_ingest_finish(in, &err) == -1 && err.code != MS_OK,
	    "%s: the pipeline fails: %s", name, err.msg);
	ok(got->n == 0, "%s: nothing is acknowledged", name);
	ms_buf_release(got);
}

static void
damage_before_messages(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);

	damage_index(a);
	put(in, d, "1", X);
	expect_failure(in, &got, "a damaged index");
}

static void
damage_before_large(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	char *text = attachment("x", UNIT_MAX + 1, 5);
	struct ms_spec spec = {.where = "1"};
	struct ms_err err = {0};

	spec.dest = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	damage_index(a);
	ok(ms_ingest_begin(in, &spec, &err) == 0 &&
		ms_ingest_data(in, (const unsigned char *)text, strlen(text),
		    &err) == -1 &&
		err.code != MS_OK,
	    "a large message begins: %s", err.msg);
	ms_ingest_drop(in);
	expect_failure(in, &got, "before a large message");
	free(text);
}

static void
damage_within_large(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	char *text = attachment("x", 8 * UNIT_MAX, 5);
	struct ms_spec spec = {.where = "1"};
	struct ms_err err = {0};
	size_t n = strlen(text);

	spec.dest = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	ok(ms_ingest_begin(in, &spec, &err) == 0 &&
		ms_ingest_data(
		    in, (const unsigned char *)text, UNIT_MAX + 1, &err) == 0,
	    "a large message begins: %s", err.msg);
	damage_index(a);
	ok(ms_ingest_data(in, (const unsigned char *)text + UNIT_MAX + 1,
	       n - UNIT_MAX - 1, &err) == -1 &&
		err.code != MS_OK,
	    "a BLOB cannot be looked up: %s", err.msg);
	ms_ingest_drop(in);
	expect_failure(in, &got, "within a large message");
	free(text);
}

static void
damage_before_end(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	char *text = attachment("x", UNIT_MAX + 1, 5);
	struct ms_spec spec = {.where = "1"};
	struct ms_err err = {0};

	spec.dest = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	ok(ms_ingest_begin(in, &spec, &err) == 0 &&
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), &err) == 0,
	    "a large message fails: %s", err.msg);
	damage_index(a);
	ok(ms_ingest_end(in, &err) == -1 && err.code != MS_OK,
	    "its end fails: %s", err.msg);
	expect_failure(in, &got, "before the end of a large message");
	free(text);
}

/* ---- names ---- */

static void
capitals(struct ms_archive *a)
{
	static const struct given one[] = {
	    {{.where = "1"}, "Names", X, NULL},
	    {{.where = "2"}, "names", X, NULL},
	    {{.where = "3"}, "Names", X, NULL},
	};

	BATCH(a, one, "1 new+\n2 known+\n3 known\n", "M1 O2 E3 C1",
	    "folders whose names differ by capitals");
}

/* ---- reading back ---- */

#define LARGE 3 /* index of the message that has BLOBs */
#define MIXED 4 /* likewise, with mixed line ends */
#define KEPT 5

static void
put_all(struct ms_archive *a, char *const texts[KEPT], unsigned threads,
    bool read_back, struct ms_buf *got)
{
	static const char *const where[] = {"1", "2", "3", "4", "5"};
	struct ms_ingest *in = ms_ingest_new(a, threads, result, got);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	size_t i;

	if (read_back)
		ms_ingest_read_back(in);
	for (i = 0; i < KEPT; i++)
		put(in, d, where[i], texts[i]);
	refer(in, d, "6", X);
	ok(ms_ingest_finish(in, NULL) == 0, "mail is ingested");
}

/* Damages a block of the first pack. */
static bool
damage_block(const char *dir, uint64_t at)
{
	struct ms_buf path = {0};
	int fd;
	bool done;

	ms_buf_printf(&path, "%s/pack/00000001.pack", dir);
	fd = open(ms_buf_str(&path), O_WRONLY);
	done = pwrite(fd, "?", 1, (off_t)at + MS_BLOCK_HEADER + 1) == 1;
	close(fd);
	ms_buf_release(&path);
	return done;
}

/* A known message that is damaged is stored again; a reference to it fails. */
static void
read_back(void)
{
	static const struct row {
		int damaged; /* index of the message, or -1 */
		unsigned threads;
		bool read_back;
		const char *results, *written, *name;
	} rows[] = {
	    {-1, 1, true,
		"1 known\n2 known\n3 known\n4 known\n5 known\n6 known\n", "",
		"sound messages"},
	    {0, 1, false,
		"1 known\n2 known\n3 known\n4 known\n5 known\n6 known\n", "",
		"messages that are not read back"},
	    {0, 1, true,
		"1 new\n2 known\n3 known\n4 known\n5 known\n6 failed\n",
		"M1 C1", "the first message"},
	    {1, 2, true, "1 known\n2 new\n3 known\n4 known\n5 known\n6 known\n",
		"M1 C1", "another message"},
	    /* The message is not found among the copies with its id. */
	    {2, 3, true,
		"1 known\n2 known\n3 known\n4 known\n5 known\n6 known\n",
		"M1 C1", "mixed line ends"},
	    {LARGE, 1, true,
		"1 known\n2 known\n3 known\n4 new\n5 known\n6 known\n",
		"B1 M1 C1", "a large message"},
	    {MIXED, 1, true,
		"1 known\n2 known\n3 known\n4 known\n5 new\n6 known\n",
		"B1 M1 C1", "a BLOB of a message with mixed line ends"},
	    {-1, 1, true,
		"1 known\n2 known\n3 known\n4 known\n5 known\n6 known\n", "",
		"all are sound again"},
	};
	char *const texts[KEPT] = {(char *)X, (char *)Y,
	    (char *)"Subject: m\r\n\nx\n", attachment("large", UNIT_MAX + 1, 1),
	    attachment("mixed", 100000, 2)};
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_buf got = {0};
	uint64_t at[KEPT] = {0}, from;
	struct ms_err err = {0};
	char *end;
	size_t i;

	/* Its first line ends with LF only. */
	end = strchr(texts[MIXED], '\r');
	memmove(end, end + 1, strlen(end));
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0)
		ok(false, "an archive is created: %s", err.msg);
	for (i = 0; i < KEPT && a != NULL; i++) {
		const struct given one[] = {
		    {{.where = "1"}, "A", texts[i], NULL}};

		at[i] = a->checked.end;
		BATCH(a, one, "1 new+\n",
		    i == 0       ? "M1 O1 E2 C1"
		    : i >= LARGE ? "B1 M1 O1 C1"
				 : "M1 O1 C1",
		    "a message");
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && a != NULL; i++) {
		ms_archive_close(a);
		if (rows[i].damaged >= 0)
			ok(damage_block(dir, at[rows[i].damaged]),
			    "a block is damaged");
		if (ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0)
			ok(false, "%s: %s", rows[i].name, err.msg);
		from = a->checked.next;
		ms_buf_clear(&got);
		put_all(a, texts, rows[i].threads, rows[i].read_back, &got);
		ok(strcmp(ms_buf_str(&got), rows[i].results) == 0,
		    "%s: the results are right", rows[i].name);
		ok(strcmp(records(a, from), rows[i].written) == 0, "%s: %s",
		    rows[i].name, records(a, from));
	}
	ms_archive_close(a);
	scratch_remove(dir);
	ms_buf_release(&got);
	free(texts[LARGE]);
	free(texts[MIXED]);
}

/* ---- sifting ---- */

/* An image with records of `size` bytes each. */
static struct ms_block_image *
image_of(
    enum ms_block_kind kind, uint8_t type, struct ms_slice all, size_t size)
{
	struct ms_block_builder b = {.kind = kind};
	struct ms_block_image *im = ms_xcalloc(1, sizeof(*im));
	void *zstd = ms_block_compressor();
	unsigned char digest[MS_SHA_LEN];

	for (; all.n > 0; all.p += size, all.n -= size) {
		ms_sha256(all.p, size, digest);
		ms_block_add(&b, type, (struct ms_slice){all.p, size}, digest);
	}
	ms_block_finish(&b, zstd, im);
	ms_block_builder_release(&b);
	ms_block_compressor_free(zstd);
	return im;
}

/* An image with records of one byte. */
static struct ms_block_image *
image(enum ms_block_kind kind, uint8_t type, const char *texts)
{
	return image_of(kind, type, ms_slice_str(texts), 1);
}

/* The one-byte records of images, in their order; checks their digests. */
static void
show_images(struct ms_block_image **list, uint32_t n, struct ms_buf *out)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_record rec;
	struct ms_block b;
	uint32_t i, k;

	for (i = 0; i < n; i++) {
		b = (struct ms_block){.header = list[i]->header};
		ms_buf_add(&b.stored, list[i]->bytes.p + MS_BLOCK_HEADER,
		    list[i]->bytes.n - MS_BLOCK_HEADER);
		if (ms_block_views(&b, NULL) < 0 || ms_block_open(&b, NULL) < 0)
			ms_buf_add_str(out, "damaged");
		for (k = 0; k < b.header.count; k++) {
			ms_block_record(&b, k, &rec);
			ms_buf_add(out, rec.content.p, rec.content.n);
			ms_sha256(rec.content.p, rec.content.n, digest);
			if (rec.type == MS_BLOB &&
			    memcmp(b.digests + (size_t)k * MS_SHA_LEN, digest,
				sizeof(digest)) != 0)
				ms_buf_add_byte(out, '!');
		}
		ms_block_release(&b);
	}
}

static void
sift(void)
{
	static const struct row {
		const char *data[3], *meta[3];
		const char *known; /* the records that are known */
		const char *left;
		const char *refer; /* of each deposit, `-`: to no message */
		const char *name;
	} rows[] = {
	    {{"abc", "de"}, {"AB", "C"}, "", "abcde ABC", "012-", "nothing"},
	    {{"abc", "de"}, {"AB", "C"}, "ac", "bde ABC", "012-", "BLOBs"},
	    {{"abc", "de"}, {"AB", "C"}, "B", "abcde AC", "0-1-", "a MESSAGE"},
	    {{"abc", "de"}, {"AB", "C"}, "deAB", "abc C", "--0-", "images"},
	    {{"abc", "de"}, {"AB", "C"}, "abcdeABC", " ", "----", "all"},
	    {{NULL}, {"ABC"}, "A", " BC", "-01-", "no BLOBs"},
	};
	struct ms_batch b = {0};
	struct ms_deposit *d;
	struct ms_buf out = {0};
	struct ms_err err = {0};
	size_t i, k, n, blobs, messages;
	const char *s;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < 3 && rows[i].data[k] != NULL; k++) {
			ms_batch_add_image(
			    &b, image(MS_BLOCK_DATA, MS_BLOB, rows[i].data[k]));
			for (s = rows[i].data[k]; *s != '\0'; s++) {
				struct ms_new_blob bl = {
				    .known = strchr(rows[i].known, *s) != NULL};

				ms_sha256(s, 1, bl.digest);
				ms_buf_add(&b.blobs, &bl, sizeof(bl));
			}
		}
		for (k = 0; k < 3 && rows[i].meta[k] != NULL; k++) {
			ms_batch_add_image(&b,
			    image(MS_BLOCK_META, MS_MESSAGE, rows[i].meta[k]));
			for (s = rows[i].meta[k]; *s != '\0'; s++) {
				struct ms_new_message m = {
				    .known = strchr(rows[i].known, *s) != NULL};

				m.id[0] = (unsigned char)*s;
				ms_buf_add(&b.messages, &m, sizeof(m));
			}
		}
		ms_batch_messages(&b, &messages);
		for (k = 0; k <= messages; k++) {
			struct ms_deposit one = {
			    .new_message =
				k < messages ? (uint32_t)k : MS_NO_NEW_MESSAGE};

			ms_buf_add(&b.deposits, &one, sizeof(one));
		}
		ok(ms_batch_sift(&b, &err) == 0, "sift: %s%s", rows[i].name,
		    err.msg);
		ms_buf_clear(&out);
		show_images(b.data, b.data_n, &out);
		ms_buf_add_byte(&out, ' ');
		show_images(b.meta, b.meta_n, &out);
		ok(strcmp(ms_buf_str(&out), rows[i].left) == 0,
		    "the records that are left: %s", ms_buf_str(&out));
		ms_buf_clear(&out);
		d = ms_batch_deposits(&b, &n);
		for (k = 0; k < n; k++)
			ms_buf_printf(&out,
			    d[k].new_message == MS_NO_NEW_MESSAGE ? "-" : "%u",
			    d[k].new_message);
		ok(strcmp(ms_buf_str(&out), rows[i].refer) == 0,
		    "deposits refer to %s", ms_buf_str(&out));
		ms_batch_messages(&b, &messages);
		ms_batch_blobs(&b, &blobs);
		ok(blobs + messages + 1 == strlen(rows[i].left),
		    "the number of entries is that of the records that are "
		    "left");
		ms_batch_clear(&b);
	}
	ms_batch_release(&b);
	ms_buf_release(&out);
}

/* What is left of small images is gathered in blocks that are at least half
 * full. */
static void
sift_sizes(void)
{
	static const struct {
		const char *name;
		size_t bytes; /* of each record, which is in its own image */
		uint32_t images, left;
	} rows[] = {
	    {"half a block", MS_BLOCK_FULL / 2, 3, 3},
	    {"a quarter", MS_BLOCK_FULL / 4, 4, 2},
	    {"a bit more than a quarter", MS_BLOCK_FULL / 4 + 100, 5, 3},
	    {"a third", MS_BLOCK_FULL / 3, 4, 2},
	};
	const struct ms_new_message m = {.known = false};
	struct ms_buf text = {0};
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_batch b = {0};

		ms_buf_clear(&text);
		memset(ms_buf_room(&text, rows[i].bytes), 'x', rows[i].bytes);
		text.n = rows[i].bytes;
		for (k = 0; k < rows[i].images; k++) {
			ms_batch_add_image(
			    &b, image_of(MS_BLOCK_META, MS_MESSAGE,
				    (struct ms_slice){text.p, text.n}, text.n));
			ms_buf_add(&b.messages, &m, sizeof(m));
		}
		ok(ms_batch_sift(&b, NULL) == 0 && b.meta_n == rows[i].left,
		    "records of %s: %u blocks", rows[i].name, b.meta_n);
		ms_batch_release(&b);
	}
	ms_buf_release(&text);
}

/* An image that cannot be read ends the sifting with an error. */
static void
sift_damaged(void)
{
	struct ms_batch b;
	struct ms_block_image *im;
	struct ms_new_blob bl = {.bytes = 1};
	struct ms_new_message m = {.bytes = 1};
	struct ms_err err;
	int kind;

	for (kind = MS_BLOCK_DATA; kind <= MS_BLOCK_META; kind++) {
		b = (struct ms_batch){0};
		err = (struct ms_err){0};
		ms_batch_add_image(&b, image(MS_BLOCK_DATA, MS_BLOB, "a"));
		ms_batch_add_image(&b, image(MS_BLOCK_META, MS_MESSAGE, "A"));
		ms_buf_add(&b.blobs, &bl, sizeof(bl));
		ms_buf_add(&b.messages, &m, sizeof(m));
		im = kind == MS_BLOCK_DATA ? b.data[0] : b.meta[0];
		im->header.payload++;
		ok(ms_batch_sift(&b, &err) < 0 && err.code == MS_DATA,
		    "an image of kind %d is damaged: %s", kind, err.msg);
		ms_batch_release(&b);
	}
}

/* ---- commits of a batch ---- */

/* Adds a BLOB and a MESSAGE of one byte each, which count with these bytes. */
static void
add_records(struct ms_batch *b, const char *texts, uint32_t bytes)
{
	const char *s;

	ms_batch_add_image(b, image(MS_BLOCK_DATA, MS_BLOB, texts));
	ms_batch_add_image(b, image(MS_BLOCK_META, MS_MESSAGE, texts));
	for (s = texts; *s != '\0'; s++) {
		struct ms_new_blob bl = {.bytes = bytes};
		struct ms_new_message m = {.bytes = bytes};

		ms_sha256(s, 1, bl.digest);
		memcpy(m.id, bl.digest, sizeof(m.id));
		ms_buf_add(&b->blobs, &bl, sizeof(bl));
		ms_buf_add(&b->messages, &m, sizeof(m));
	}
}

/* A deposit of each message of the batch in this folder. */
static void
add_deposits(struct ms_batch *b, struct ms_dest *dest)
{
	size_t i, n;
	const struct ms_new_message *m = ms_batch_messages(b, &n);

	for (i = 0; i < n; i++) {
		struct ms_deposit d = {
		    .dest = dest, .new_message = (uint32_t)i};

		memcpy(d.id, m[i].id, sizeof(d.id));
		ms_buf_add(&b->deposits, &d, sizeof(d));
	}
}

/* A batch is sifted if more than a tenth of its bytes has become known. */
static void
sift_limit(struct ms_archive *a)
{
	static const struct row {
		const char *known, *added;
		uint32_t known_bytes, added_bytes;
		const char *written, *name;
	} rows[] = {
	    {"a", "bcdefghij", 10, 10, "B10 M10 O10 E1 C1", "a tenth"},
	    {"a", "klmnopqrs", 11, 10, "B9 M9 O10 E1 C1", "more than a tenth"},
	    {"a", "t", 100, 1, "B1 M1 O2 E1 C1", "most"},
	    {"abcdefghijklmnopqrst", "", 9, 0, "O20 E1 C1", "all"},
	    {"", "u", 0, 9, "B1 M1 O1 E1 C1", "nothing"},
	    {"", "vw", 0, 0, "B2 M2 O2 E1 C1", "no bytes"},
	};
	static const char first[] = "a";
	struct ms_batch b = {0};
	struct ms_dest dest = {.user = (char *)"alice",
	    .source = (char *)"local:",
	    .folder = (char *)"First"};
	struct ms_err err = {0};
	struct ms_deposit *d;
	char folder[2] = "0";
	uint64_t from, user, source, number, message;
	size_t i, k, n, bad;
	struct ms_buf found = {0};
	const struct ms_row *row;
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];

	add_records(&b, first, 1);
	add_deposits(&b, &dest);
	ok(ms_batch_commit(a, &b, &err) == 0 &&
		ms_batch_deposits(&b, &n)->outcome == MS_OUTCOME_NEW,
	    "a batch is committed: %s", err.msg);
	ok(atomic_load(&dest.number) != 0,
	    "the number of its folder is published");
	ms_batch_clear(&b);
	dest.folder = folder;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		from = a->checked.next;
		folder[0] = (char)('0' + i);
		atomic_store(&dest.number, 0);
		if (rows[i].known[0] != '\0')
			add_records(&b, rows[i].known, rows[i].known_bytes);
		if (rows[i].added[0] != '\0')
			add_records(&b, rows[i].added, rows[i].added_bytes);
		add_deposits(&b, &dest);
		ok(ms_batch_commit(a, &b, &err) == 0, "%s: %s", rows[i].name,
		    err.msg);
		d = ms_batch_deposits(&b, &n);
		for (k = bad = 0; k < n; k++)
			bad += !d[k].occurrence ||
			       d[k].outcome != (k < strlen(rows[i].known)
						       ? MS_OUTCOME_KNOWN
						       : MS_OUTCOME_NEW);
		ok(bad == 0 &&
			n == strlen(rows[i].known) + strlen(rows[i].added),
		    "%s: the outcomes are right", rows[i].name);
		ok(strcmp(records(a, from), rows[i].written) == 0, "%s: %s",
		    rows[i].name, records(a, from));
		ms_batch_clear(&b);
	}
	ms_batch_release(&b);
	ms_sha256(first, 1, id);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
		ms_archive_occurrences(a, message, &found, NULL) == 0 &&
		found.n == 5 * sizeof(*row),
	    "five copies of a message are committed");
	row = (const struct ms_row *)(const void *)found.p;
	for (k = bad = 0; k < found.n / sizeof(*row); k++)
		bad += row[k].message != message;
	ok(bad == 0, "all copies have the first MESSAGE");
	ok(ms_archive_user(a, "alice", &user, NULL) == 1 &&
		ms_archive_source(a, "local:", &source, NULL) == 1 &&
		ms_archive_folder(a, user, source, "5", &number, NULL) == 1 &&
		number == atomic_load(&dest.number),
	    "the number of a new folder is published");
	ms_buf_release(&found);
}

/* A known MESSAGE is written again if its line ends are mixed, or if those of
 * the archive are damaged; only the latter is new. */
static void
written_again(struct ms_archive *a)
{
	static const struct row {
		bool mixed_eol, again;
		const char *written, *name;
		enum ms_outcome outcome;
	} rows[] = {
	    {false, false, "B1 M1 O1 E2 C1", "a message", MS_OUTCOME_NEW},
	    {false, false, "O1 E1 C1", "a known one", MS_OUTCOME_KNOWN},
	    {true, false, "M1 O1 E1 C1", "with mixed line ends",
		MS_OUTCOME_KNOWN},
	    {false, true, "M1 O1 E1 C1", "a damaged one", MS_OUTCOME_NEW},
	    {true, true, "M1 O1 E1 C1", "both", MS_OUTCOME_NEW},
	};
	char folder[2] = "0";
	struct ms_dest dest = {.user = (char *)"alice",
	    .source = (char *)"local:",
	    .folder = folder};
	struct ms_batch b = {0};
	struct ms_deposit *d;
	struct ms_err err = {0};
	uint64_t from;
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		from = a->checked.next;
		folder[0] = (char)('0' + i);
		dest.commit_serial = 0;
		add_records(&b, "a", 1);
		ms_batch_messages(&b, &n)->mixed_eol = rows[i].mixed_eol;
		ms_batch_messages(&b, &n)->again = rows[i].again;
		add_deposits(&b, &dest);
		ok(ms_batch_commit(a, &b, &err) == 0, "%s: %s", rows[i].name,
		    err.msg);
		d = ms_batch_deposits(&b, &n);
		ok(d->outcome == rows[i].outcome &&
			strcmp(records(a, from), rows[i].written) == 0,
		    "  %d, %s", d->outcome, records(a, from));
		ms_batch_clear(&b);
	}
	ms_batch_release(&b);
}

/*
 * While a pipeline holds large messages that it has looked up, another process
 * commits some of them. The pipeline then finds them known, and the batch is
 * sifted. The process is started before any thread.
 */
static pid_t
start_other(const char *dir, int fd)
{
	static const unsigned seeds[] = {1, 2};
	struct ms_archive *a = NULL;
	struct ms_buf got = {0};
	struct ms_ingest *in;
	struct ms_dest *d;
	pid_t pid = fork();
	size_t i;
	char c;

	if (pid != 0)
		return pid;
	if (read(fd, &c, 1) != 1 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		_exit(1);
	in = ms_ingest_new(a, 1, result, &got);
	d = ms_ingest_dest(in, "alice", "local:", "Other", NULL, false);
	for (i = 0; i < 2; i++)
		put(in, d, "other", attachment("s", UNIT_MAX + 1, seeds[i]));
	i = ms_ingest_finish(in, NULL) == 0 &&
	    strcmp(ms_buf_str(&got), "other new+\nother new+\n") == 0;
	ms_archive_close(a);
	_exit(i ? 0 : 1);
}

static void
sifted_commit(struct ms_archive *a, pid_t other, int fd)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &got);
	struct ms_dest *d =
	    ms_ingest_dest(in, "alice", "local:", "Mine", NULL, false);
	uint64_t from, message;
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1], *text = NULL;
	struct ms_err err = {0};
	int status = -1;
	unsigned i;

	for (i = 1; i <= 3; i++) {
		free(text);
		text = attachment("s", UNIT_MAX + 1, i);
		put(in, d, i == 1 ? "1" : i == 2 ? "2" : "3", text);
	}
	ok(write(fd, "x", 1) == 1 && waitpid(other, &status, 0) == other &&
		status == 0,
	    "another process commits two of the messages");
	from = a->checked.next;
	expect(in, &got, "1 known+\n2 known+\n3 new+\n", "a sifted batch");
	ok(strcmp(records(a, from), "B3 M3 O5 E3 C2") == 0,
	    "each message is stored once: %s", records(a, from));
	{
		struct ms_message_hasher *h = ms_message_hasher_new();
		struct ms_identity identity;

		ms_message_hasher_add(
		    h, (const unsigned char *)text, strlen(text));
		ms_message_hasher_end(h, &identity);
		memcpy(id, identity.id, sizeof(id));
		ms_message_hasher_free(h);
	}
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_find(a, hex, &message, 1, &err) == 1 &&
		ms_archive_check(a, message, id, &err) == 0,
	    "the third message can be read: %s", err.msg);
	free(text);
	ms_buf_release(&got);
}

/* What an interrupted write has left after the log is cut off first. */
static void
torn_end(struct ms_archive *a)
{
	static const struct given one[] = {
	    {{.where = "1", .place = "7/1"}, "A", X, NULL},
	};
	static const struct given two[] = {
	    {{.where = "2", .place = "7/2"}, "A", Y, NULL},
	};
	static unsigned char torn[100000];
	uint64_t size = 0;

	BATCH(a, one, "1 new+\n", "M1 O1 E2 C1", "a batch");
	memset(torn, 'x', sizeof(torn));
	ok(ms_pack_write(a->tail, a->checked.end, torn, sizeof(torn), NULL) ==
		0,
	    "an interrupted write");
	BATCH(a, two, "2 new+\n", "M1 O1 C1", "a batch after it");
	ok(ms_pack_size(a->tail, &size, NULL) == 0 && size == a->checked.end,
	    "the pack ends with the batch");
}

/* ---- the index ---- */

static void
ignore_damage(void *ctx, const char *what)
{
	(void)ctx;
	ok(false, "no damage: %s", what);
}

/* Is each record at the same place according to both indexes? */
static bool
same_places(struct ms_index *one, struct ms_index *two, uint64_t next)
{
	struct ms_location x = {0}, y = {0};
	struct ms_txn t, u;
	bool same = true;

	if (ms_index_begin(one, &t, NULL) < 0)
		return false;
	if (ms_index_begin(two, &u, NULL) < 0) {
		ms_index_end(&t);
		return false;
	}
	for (uint64_t n = 1; n < next && same; n++)
		same = ms_index_locate(&t, n, &x, NULL) == 1 &&
		       ms_index_locate(&u, n, &y, NULL) == 1 &&
		       x.pack == y.pack && x.generation == y.generation &&
		       x.offset == y.offset && x.place == y.place &&
		       x.stored == y.stored && x.kind == y.kind;
	ms_index_end(&u);
	ms_index_end(&t);
	return same;
}

/* A commit puts the rows that an index gets if it is built from the packs. */
static void
compare_index(struct ms_archive *a)
{
	static const struct ms_damage_sink none = {ignore_damage, NULL};
	struct ms_index *built = NULL;
	struct ms_err err = {0};

	ok(ms_archive_new_index(a, &built, &err) == 0 &&
		ms_archive_index_all(a, built, NULL, &none, &err) == 0,
	    "an index is built from the packs: %s", err.msg);
	ok(same_places(a->ix, built, a->checked.next),
	    "  all records are at the same places");
	ms_index_close(built);
}

static void (*compared)(struct ms_archive *);

static void
test_and_compare(struct ms_archive *a)
{
	compared(a);
	compare_index(a);
}

/* Runs a test with an archive of its own. */
static void
with_archive(void (*test)(struct ms_archive *))
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive is created: %s", err.msg);
		return;
	}
	test(a);
	ms_archive_close(a);
	scratch_remove(dir);
}

/* The same, and looks at the index then. */
static void
with_index(void (*test)(struct ms_archive *))
{
	compared = test;
	with_archive(test_and_compare);
}

static void
with_other_process(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	pid_t other;
	int fd[2];

	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 || pipe(fd) < 0) {
		ok(false, "an archive is created: %s", err.msg);
		return;
	}
	other = start_other(dir, fd[0]);
	if (other < 0 || ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0)
		ok(false, "an archive is created: %s", err.msg);
	else
		sifted_commit(a, other, fd[1]);
	close(fd[0]);
	close(fd[1]);
	ms_archive_close(a);
	scratch_remove(dir);
}

/* The tests of one archive after the other. */
static void
basics(struct ms_archive *a)
{
	one_batch(a);
	next_batch(a);
	keep_attributes(a);
	large(a);
	log_event(a);
	refused_event(a);
}

int
main(void)
{
	with_other_process();
	with_index(basics);
	with_index(places);
	with_archive(reused_places);
	with_index(moves);
	with_archive(references);
	with_archive(reference_copies);
	with_archive(dates);
	with_index(blobs);
	with_archive(regrouped_blobs);
	with_archive(mixed_line_ends);
	with_archive(names);
	with_archive(new_names);
	with_archive(sizes);
	with_archive(large_mixed);
	with_archive(batch_size);
	with_archive(copies_in_small_batches);
	with_archive(known_deposits);
	with_archive(many_destinations);
	with_index(long_attributes);
	with_archive(blocks);
	with_archive(long_headers);
	with_archive(forgotten_destinations);
	setenv("MS_INDEX_MAP", "1048576", 1);
	with_archive(small_map_messages);
	with_archive(small_map_occurrences);
	with_archive(small_map_references);
	unsetenv("MS_INDEX_MAP");
	with_archive(slow_message);
	with_archive(full_disk);
	with_archive(damage_before_messages);
	with_archive(damage_before_large);
	with_archive(damage_within_large);
	with_archive(damage_before_end);
	read_back();
	with_archive(capitals);
	with_archive(sift_limit);
	with_archive(written_again);
	with_archive(torn_end);
	sift();
	sift_sizes();
	sift_damaged();
	return done();
}
