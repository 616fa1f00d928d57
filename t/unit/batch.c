/* batch, ingest: what becomes of messages in one batch and the next: order,
 * new and known, references, what is dropped, what an OCCURRENCE keeps. */
#include "ingest.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "event.h"
#include "tap.h"

/* A line for each result: place, new, known or failed, "+" for an occurrence.
 */
static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	static const char *const words[] = {"new", "known", "failed"};
	struct ms_buf *out = ctx;

	ms_buf_add(out, where.p, where.n);
	ms_buf_printf(
	    out, " %s%s\n", words[d->outcome], d->occurrence ? "+" : "");
}

static void
put(struct ms_ingest *in, struct ms_dest *dest, const char *where,
    const char *text)
{
	struct ms_spec spec = {.dest = dest, .where = where};
	struct ms_err err = {0};

	if (ms_ingest_begin(in, &spec, &err) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)text, strlen(text), &err) < 0 ||
	    ms_ingest_end(in, &err) < 0)
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
	ok(strcmp(ms_buf_str(got), want) == 0, "%s: results", name);
	if (strcmp(ms_buf_str(got), want) != 0)
		printf("# %s\n", ms_buf_str(got));
	ms_buf_clear(got);
}

static void
one_batch(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 3, result, &got);
	struct ms_dest *d, *e, *bob, *made;
	struct ms_spec spec = {0};

	d = ms_ingest_dest(in, "alice", "local:", "A", NULL, false);
	e = ms_ingest_dest(in, "alice", "local:", "B", NULL, false);
	bob = ms_ingest_dest(in, "bob", "local:", "A", NULL, false);
	made = ms_ingest_dest(in, "carol", "local:", "A", NULL, true);
	ok(d == ms_ingest_dest(in, "alice", "local:", "A", NULL, false) &&
		d != e && d != bob,
	    "a destination is the same for the same names");
	put(in, d, "1", "Subject: a\n\nx\n");
	put(in, d, "2", "Subject: a\r\n\r\nx\r\n");
	put(in, e, "3", "Subject: a\n\nx\n");
	put(in, bob, "4", "Subject: b\n\nx\n");
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
	    "1 new+\n2 known\n3 known+\n4 failed\n5 new+\n6 new+\n"
	    "7 failed\n8 known\n9 failed\n",
	    "one batch");
	ms_buf_release(&got);
}

/* What a first batch knows, a second one does. */
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
	expect(in, &got, "1 known\n2 known\n", "the same again");
	ok(a->checked.next == next && a->checked.end == end,
	    "nothing was written");
	in = ms_ingest_new(a, 1, result, &got);
	d = ms_ingest_dest(in, "alice", "local:", "C", NULL, false);
	put(in, d, "1", "Subject: a\n\nx\n");
	put(in, d, "2", "Subject: mixed\r\n\nx\n");
	put(in, d, "3", "Subject: mixed\n\r\nx\n");
	expect(in, &got, "1 known+\n2 new+\n3 known\n", "elsewhere");
	ms_buf_release(&got);
}

/* The OCCURRENCE with this place, as it stands in the pack. */
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
kept(struct ms_archive *a)
{
	struct ms_buf got = {0};
	struct ms_ingest *in = ms_ingest_new(a, 2, result, &got);
	struct ms_spec spec = {.place = "7/8",
	    .flags = "\\Seen $x",
	    .other = "x-later=\"kept\"",
	    .where = "1",
	    .has_date = true,
	    .date = -5};
	struct ms_occurrence o = {0};

	spec.dest = ms_ingest_dest(in, "alice", "imap://a@h/", "K", "L", false);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(
	    in, (const unsigned char *)"Subject: k\r\n\r\n", 14, NULL);
	ms_ingest_end(in, NULL);
	expect(in, &got, "1 new+\n", "with all that is known of it");
	ok(find_occurrence(a, "7/8", &o), "an OCCURRENCE");
	ok(o.date == -5 && o.form == MS_FORM_CRLF && o.bits == 0 &&
		ms_slice_eq(o.flags, ms_slice_str("\\Seen $x")) &&
		ms_slice_eq(o.other, ms_slice_str("x-later=\"kept\"")),
	    "keeps date, form, flags and what else there is");
	ms_buf_release(&got);
}

/* Larger than a parcel, longer than a block, and interrupted by small ones. */
static void
large(struct ms_archive *a)
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
	put(in, d, "1", "Subject: before\n\n");
	for (round = 0; round < 3; round++) {
		spec.where = round == 0 ? "dropped" : round == 1 ? "2" : "3";
		ms_ingest_begin(in, &spec, NULL);
		for (i = 0; i < SIZE; i += SIZE / 64)
			ms_ingest_data(in, text + i, SIZE / 64, NULL);
		if (round == 0)
			ms_ingest_drop(in);
		else
			ms_ingest_end(in, NULL);
	}
	put(in, d, "4", "Subject: after\n\n");
	expect(in, &got, "1 new+\n2 new+\n3 known\n4 new+\n", "large ones");
	ms_buf_release(&got);
	free(text);
}

/* An event alone, as a run that deletes at the source writes it. */
static void
noted(struct ms_archive *a)
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
	    "as it is, in a batch of its own");
	ok(strstr(ms_buf_str(&back),
	       "{\"event\":\"delete\",\"user\":2,\"source\":3,\"folder\":4,"
	       "\"places\":[\"7/8\",\"uidl \xc3\xa4 \\\"\\n\"],"
	       "\"occurrences\":[12,13],\"time\":") == (char *)back.p &&
		strstr(ms_buf_str(&back), "\"actor\":") != NULL,
	    "it says what is asked for");
	ms_buf_clear(&json);
	ok(ms_event_delete(&json, &d, true, &err) == 0 &&
		ms_event_parse(&ev, ms_buf_slice(&json), &err) == 0 &&
		ev.kind == MS_EVENT_DELETED,
	    "and then what is gone");
	ms_buf_clear(&json);
	d.places = bad;
	ok(ms_event_delete(&json, &d, true, &err) < 0 && err.code == MS_DATA &&
		json.n == 0,
	    "not what is no text");
	ok(ms_archive_log_event(a, ms_slice_str("{\"event\""), &err) < 0 &&
		err.code == MS_BUG,
	    "what is no event is not written");
	ms_buf_release(&json);
	ms_buf_release(&back);
}

static int
discard(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int
main(void)
{
	char dir[] = "/tmp/ms-batch.XXXXXX";
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	int bad;

	if (mkdtemp(dir) == NULL || ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return done();
	}
	one_batch(a);
	next_batch(a);
	kept(a);
	large(a);
	noted(a);
	ms_archive_close(a);
	bad = done();
	nftw(dir, discard, 8, FTW_DEPTH | FTW_PHYS);
	return bad;
}
