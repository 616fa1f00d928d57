/* lookup.c - finds stored messages of a mailbox by place, and by header and
 * size, and tells when each record was committed. */
#include "ingest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive-writer.h"
#include "scratch.h"
#include "stored.h"
#include "tap.h"

static void
refer(const char *place, const char *wire)
{
	struct ms_spec spec = {.dest = dest, .place = place, .where = place};
	unsigned char id[MS_SHA_LEN];

	ms_sha256(wire, strlen(wire), id);
	ms_ingest_reference(in, &spec, id, NULL);
}

#define ONE "Subject: one\r\n\r\nbody 1\r\n"
#define TWIN "Subject: twins\r\n\r\nbody "

static void
fill(struct ms_archive *a)
{
	in = ms_ingest_new(a, 2, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store("7/5", "Subject: five\n\nbody 5\n");
	store("7/1", ONE);
	store("7/4294967295", "Subject: last\n\nx\n");
	store("8/2", "Subject: later\n\nx\n");
	store("UIDL\xc3\xa4", "Subject: pop\n\nx\n");
	store("7/3", ONE);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	store("7/2", TWIN "1\r\n");
	store("7/4", TWIN "2\r\n");
	store("7/6", "no header at all\n");
	refer("7/9", ONE);
	dest = ms_ingest_dest(in, "bob", SOURCE, "INBOX", NULL, true);
	store("7/1", "Subject: bob's\n\nx\n");
	ok(ms_ingest_finish(in, NULL) == 0, "messages are stored");
}

static uint64_t
folder(struct ms_archive *a, const char *user, const char *name)
{
	uint64_t u = 0, s = 0, f = 0;

	ms_archive_user(a, user, &u, NULL);
	ms_archive_source(a, SOURCE, &s, NULL);
	ok(ms_archive_folder(a, u, s, name, &f, NULL) == 1, "folder %s", name);
	return f;
}

/* A UIDVALIDITY and a UID can have any number of digits; places are equal if
 * their bytes are. */
static void
wide_numbers(struct ms_archive *a, uint64_t work)
{
	static const char *const wide[] = {"4294967303/4", "7/4294967300",
	    "007/4", "7/04", "18446744073709551623/4", "7/", "/4"};
	uint64_t number = 0, other = 0;
	struct ms_stored_uid *k;
	size_t i, n;

	ok(ms_archive_place(a, work, "7/9", &other, NULL) == 1,
	    "the message is stored");
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		ok(ms_archive_place(a, work, wide[i], &number, NULL) == 0,
		    "%s is another place", wide[i]);
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		store(wide[i], ONE);
	ok(ms_ingest_finish(in, NULL) == 0, "such places are stored");
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		ok(ms_archive_place(a, work, wide[i], &number, NULL) == 1 &&
			number == other,
		    "%s is a place of the message", wide[i]);
	ok(ms_archive_places(a, work, 7, &k, &n, NULL) == 0 && n == 4 &&
		k[1].uid == 4,
	    "the UIDs under UIDVALIDITY 7 are the same");
	free(k);
}

static void
places(struct ms_archive *a)
{
	uint64_t inbox = folder(a, "alice", "INBOX"), number = 0;
	uint64_t work = folder(a, "alice", "Work");
	struct ms_occurrence o;
	struct ms_buf content = {0};
	struct ms_err err = {0};
	struct ms_stored_uid *k;
	size_t n;

	ok(ms_archive_places(a, inbox, 7, &k, &n, &err) == 0 && n == 4 &&
		k[0].uid == 1 && k[1].uid == 3 && k[2].uid == 5 &&
		k[3].uid == UINT32_MAX,
	    "the places of a UIDVALIDITY are found in ascending order");
	ok(k[0].occurrence == k[1].occurrence &&
		k[1].occurrence != k[2].occurrence,
	    "two places belong to one occurrence");
	ok(ms_archive_occurrence_at(a, k[1].occurrence, &o, &content, &err) ==
		    0 &&
		ms_slice_eq(o.place, ms_slice_str("7/1")) && o.bits == 2,
	    "the occurrence has the place where its body was seen");
	ok(ms_archive_place(a, inbox, "7/3", &number, &err) == 1 &&
		number == k[1].occurrence,
	    "one place is found");
	free(k);
	ok(ms_archive_place(a, inbox, "UIDL\xc3\xa4", &number, &err) == 1,
	    "a place of a UIDL is found");
	ok(ms_archive_place(a, inbox, "UIDL", &number, &err) == 0 &&
		ms_archive_place(a, work, "7/3", &number, &err) == 0,
	    "unknown places are not found");
	ok(ms_archive_places(a, inbox, 9, &k, &n, &err) == 0 && n == 0,
	    "another UIDVALIDITY has no places");
	free(k);
	wide_numbers(a, work);
	ok(ms_archive_place(a, work, "7/9", &number, &err) == 1,
	    "the place of a reference is found");
	ms_buf_clear(&content);
	ok(ms_archive_occurrence_at(a, number, &o, &content, &err) == 0 &&
		(o.bits & MS_BODY_NOT_SEEN) != 0,
	    "the body of a reference was not seen");
	ok(ms_archive_occurrence_at(a, work, &o, &content, &err) < 0 &&
		err.code == MS_DATA,
	    "the number of a folder is not that of an occurrence");
	ms_buf_release(&content);
}

/* What ms_heads_find() says of the header at the start of a wire form. */
static int
find(struct ms_heads *h, const char *wire, size_t header, bool *right)
{
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN], want[MS_SHA_LEN];
	struct ms_err err = {0};
	uint64_t message = 0;
	int got;

	ms_sha256(wire, header, head);
	ms_sha256(wire, strlen(wire), want);
	got = ms_heads_find(h, head, strlen(wire), id, &message, &err);
	*right = got == 1 && memcmp(id, want, sizeof(id)) == 0 && message > 0;
	return got;
}

/* Only the beginning of the head is compared, which the index has. */
static void
head_of_one(struct ms_archive *a)
{
	unsigned char head[MS_SHA_LEN], id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	uint64_t message = 0;

	ms_sha256(ONE, 16, head);
	ms_sha256(ONE, strlen(ONE), id);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
		ms_archive_head_is(a, message, head, NULL) == 1,
	    "a message has its head");
	head[MS_HEAD_START] ^= 1;
	ok(ms_archive_head_is(a, message, head, NULL) == 1,
	    "  as far as the index has it");
	head[MS_HEAD_START - 1] ^= 1;
	ok(ms_archive_head_is(a, message, head, NULL) == 0,
	    "  and no other one");
	ok(ms_archive_head_is(a, 1000000, head, NULL) == 0,
	    "an unknown message has none");
}

static void
heads(struct ms_archive *a)
{
	struct ms_heads *h;
	uint64_t user = 0;
	bool right;

	ms_archive_user(a, "alice", &user, NULL);
	ok(ms_heads_open(&h, a, user, NULL) == 0 && ms_heads_count(h) == 8,
	    "each message has one head");
	ok(find(h, ONE, 16, &right) == 1 && right,
	    "a message is found by its header and size");
	ok(find(h, "Subject: five\r\n\r\nbody 5\r\n", 17, &right) == 1 && right,
	    "a message is found by the wire form of its header");
	ok(find(h, "no header at all\r\n", 18, &right) == 1 && right,
	    "a message that is only a header is found");
	ok(find(h, "Subject: one\r\n\r\nlonger\r\n.", 16, &right) == 0,
	    "a message of another size is not found");
	ok(find(h, TWIN "1\r\n", 18, &right) == 0,
	    "no message is found if two differ only in their bodies");
	ok(find(h, "Subject: bob's\r\n\r\nx\r\n", 18, &right) == 0,
	    "the message of another user is not found");
	ms_heads_close(h);
	ok(ms_heads_open(&h, a, 1, NULL) == 0 && ms_heads_count(h) == 0 &&
		find(h, ONE, 16, &right) == 0,
	    "a user without messages has none");
	ms_heads_close(h);
}

/* The MESSAGE of each occurrence of the first places. */
static uint64_t
message_at(struct ms_archive *a, uint64_t folder, const char *place)
{
	struct ms_buf content = {0};
	struct ms_occurrence o = {0};
	uint64_t n = 0;

	ok(ms_archive_place(a, folder, place, &n, NULL) == 1 &&
		ms_archive_occurrence_at(a, n, &o, &content, NULL) == 0,
	    "the message at %s", place);
	ms_buf_release(&content);
	return o.message;
}

/* Two messages, each in two forms with mixed line ends: MESSAGEs of one id. */
static void
forms(struct ms_archive *a)
{
	static const char *const texts[] = {"A: b\r\n\nx\r\n", "A: b\n\r\nx\n",
	    "C: d\r\n\nx\r\n", "C: d\n\r\nx\n"};
	static const struct ms_select early = {
	    .order = MS_BY_FOLDER, .has_before = true, .before = 5};
	struct ms_buf rows = {0};
	const struct ms_row *row;
	char name[] = "Forms 0";
	uint64_t found[64], message[4];
	struct ms_walk *w;
	size_t i, n = 0;
	int all;

	all = ms_archive_find(a, "", found, 64, NULL);
	in = ms_ingest_new(a, 1, store_result, NULL);
	for (i = 0; i < 4; i++) {
		name[6] = (char)('0' + i);
		dest = ms_ingest_dest(in, "alice", SOURCE, name, NULL, false);
		store("1/1", texts[i]);
		store("1/2", "E: f\n\n");
	}
	ok(ms_ingest_finish(in, NULL) == 0, "messages in several forms");
	ok(ms_archive_find(a, "", found, 64, NULL) == all + 3,
	    "have one id each");
	for (i = 0; i < 4; i++) {
		name[6] = (char)('0' + i);
		message[i] = message_at(a, folder(a, "alice", name), "1/1");
	}
	ok(message[0] != message[1] && message[2] != message[3],
	    "but a MESSAGE for each form");
	for (i = 0; i < 4; i++) {
		ms_buf_clear(&rows);
		ok(ms_archive_occurrences(a, message[i], &rows, NULL) == 0 &&
			rows.n == 2 * sizeof(*row),
		    "occurrences of form %zu: those of its id", i);
	}
	ms_buf_release(&rows);
	ok(ms_walk_open(&w, a, &early, NULL) == 0, "a walk of early dates");
	while (ms_walk_next(w, &row, NULL) == 1)
		n++;
	ms_walk_close(w);
	ok(n >= 8, "finds all folders: %zu", n);
}

/* How a source without a label is shown. */
static void
labels(struct ms_archive *a)
{
	static const char *const rows[][2] = {
	    {"local:", "local"},
	    {"imaps://h/", "imaps"},
	    {"imap://anna@h/", "anna@h"},
	    {"imap://anna@h:993/x", "anna@h"},
	    {"pop3://anna@h", "anna@h"},
	    {"imap://anna%40example.org@h/", "anna@example.org"},
	    {"imap://an%20na%7@h/", "an na%7@h"},
	    {"imap://a%1f%7g%@h/", "a%1f%7g%@h"},
	    {"imap://@h/", "@h"},
	};
	const struct ms_folder **all = NULL;
	size_t i, k, n = 0, found;

	in = ms_ingest_new(a, 1, store_result, NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dest = ms_ingest_dest(
		    in, "alice", rows[i][0], "INBOX", NULL, false);
		store("", ONE);
	}
	ok(ms_ingest_finish(in, NULL) == 0 &&
		ms_archive_folders(a, &all, &n, NULL) == 0,
	    "sources");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = found = 0; k < n; k++)
			found += strcmp(all[k]->source_url, rows[i][0]) == 0 &&
				 strcmp(all[k]->label, rows[i][1]) == 0;
		ok(found == 1, "%s is shown as %s", rows[i][0], rows[i][1]);
	}
	free(all);
}

/* A row has a part of long flags; the rest is read from the OCCURRENCE. */
static void
long_fields(struct ms_archive *a)
{
	static const struct {
		size_t flags, place;
		bool more;
	} rows[] = {
	    {0, 0, false},
	    {MS_ROW_FIELD - 1, MS_ROW_FIELD - 1, false},
	    {MS_ROW_FIELD, 1, true},
	    {1, MS_ROW_FIELD, true},
	    {2000, 2000, true},
	};
	char flags[2001], place[2001], hex[MS_SHA_HEX + 1], text[32];
	struct ms_spec spec = {.flags = flags, .place = place, .where = ""};
	struct ms_buf found = {0}, content = {0};
	unsigned char id[MS_SHA_LEN];
	struct ms_err err = {0};
	struct ms_occurrence o;
	struct ms_row *r;
	uint64_t number;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = ms_ingest_new(a, 1, store_result, NULL);
		spec.dest =
		    ms_ingest_dest(in, "alice", SOURCE, "Long", NULL, false);
		memset(flags, 'f', rows[i].flags);
		flags[rows[i].flags] = '\0';
		memset(place, 'p', rows[i].place);
		place[rows[i].place] = '\0';
		snprintf(text, sizeof(text), "Subject: long %zu\r\n\r\n", i);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(in, (unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
		ok(ms_ingest_finish(in, &err) == 0, "long flags: %s", err.msg);
		ms_sha256(text, strlen(text), id);
		ms_hex(id, MS_SHA_LEN, hex);
		ms_buf_clear(&found);
		ms_buf_clear(&content);
		if (ms_archive_find(a, hex, &number, 1, NULL) != 1 ||
		    ms_archive_occurrences(a, number, &found, NULL) < 0 ||
		    found.n != sizeof(*r)) {
			ok(false, "a row");
			continue;
		}
		r = (struct ms_row *)(void *)found.p;
		ok(((r->bits & MS_ROW_MORE) != 0) == rows[i].more &&
			(rows[i].flags >= MS_ROW_FIELD ||
			    strcmp(r->flags, flags) == 0) &&
			(rows[i].place >= MS_ROW_FIELD ||
			    strcmp(r->place, place) == 0) &&
			strncmp(flags, r->flags, MS_ROW_FIELD - 1) == 0,
		    "%zu bytes of flags, %zu of place", rows[i].flags,
		    rows[i].place);
		ok(ms_archive_occurrence(a, r, &o, &content, &err) == 0 &&
			ms_slice_eq(o.flags, ms_slice_str(flags)) &&
			ms_slice_eq(o.place, ms_slice_str(place)),
		    "  the OCCURRENCE has all of them: %s", err.msg);
		r->own++;
		ok(ms_archive_occurrence(a, r, &o, &content, &err) < 0 &&
			err.code == MS_DATA,
		    "  a row with another folder is refused: %s", err.msg);
		r->own--;
		r->id[0] ^= 1;
		ok(ms_archive_occurrence(a, r, &o, &content, &err) < 0,
		    "  a row with another message is refused");
		err = (struct ms_err){0};
	}
	ms_buf_release(&found);
	ms_buf_release(&content);
}

/* Stores a message at a place of "Further", with these flags. */
static void
store_flagged(const char *place, const char *flags, const char *text)
{
	struct ms_spec spec = {
	    .dest = dest, .place = place, .flags = flags, .where = place};

	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)text, strlen(text), NULL);
	ms_ingest_end(in, NULL);
}

/* Places of an OCCURRENCE beyond its own one; and where messages went. */
static void
further_places(struct ms_archive *a)
{
	static const char one[] = "Subject: further\r\n\r\n",
			  two[] = "Subject: alone\r\n\r\n";
	struct ms_spec moved = {.place = "3/1", .where = "", .from = "Further"};
	struct ms_buf places = {0}, list = {0};
	unsigned char id[MS_SHA_LEN];
	uint64_t f, g, first = 0, alone = 0, to = 0, *v;
	const char *place, *flags = NULL;
	size_t at = 0, i, n, found = 0, before;

	ms_archive_moved_to(a, &list, NULL);
	before = list.n;
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Further", NULL, false);
	store_flagged("3/1", "a", one);
	store_flagged("3/2", "b c", one);
	store_flagged("3/3", NULL, one);
	store_flagged("3/4", "d", two);
	moved.dest = ms_ingest_dest(in, "alice", SOURCE, "There", NULL, false);
	ms_sha256(two, strlen(two), id);
	ms_ingest_reference(in, &moved, id, NULL);
	ok(ms_ingest_finish(in, NULL) == 0, "messages with several places");
	f = folder(a, "alice", "Further");
	g = folder(a, "alice", "There");
	ok(ms_archive_place(a, f, "3/1", &first, NULL) == 1 &&
		ms_archive_place(a, f, "3/4", &alone, NULL) == 1 &&
		ms_archive_place(a, g, "3/1", &to, NULL) == 1,
	    "  their places are found");
	ms_buf_add_str(&places, "x");
	ok(ms_archive_further_places(a, alone, &places, NULL) == 0 &&
		places.n == 1,
	    "an occurrence at one place");
	ms_buf_clear(&places);
	ok(ms_archive_further_places(a, first, &places, NULL) == 0 &&
		(place = ms_further_place(&places, &at, &flags)) != NULL &&
		strcmp(place, "3/2") == 0 && strcmp(flags, "b c") == 0,
	    "the second place");
	ok((place = ms_further_place(&places, &at, &flags)) != NULL &&
		strcmp(place, "3/3") == 0 && strcmp(flags, "") == 0,
	    "the third place");
	ok(ms_further_place(&places, &at, &flags) == NULL,
	    "  there are no more places");
	ms_buf_clear(&list);
	ok(ms_archive_moved_to(a, &list, NULL) == 0 &&
		list.n == before + sizeof(*v),
	    "one more message was moved");
	v = (uint64_t *)(void *)list.p;
	n = list.n / sizeof(*v);
	for (i = 0; i < n; i++)
		found += v[i] == to;
	ok(found == 1, "  it was moved to this occurrence");
	ms_buf_release(&places);
	ms_buf_release(&list);
}

/* A header is read as far as MS_HEADER_MAX, also where it is in BLOBs. */
static void
long_headers(struct ms_archive *a)
{
	static const size_t sizes[] = {100, MS_HEAD_MAX, MS_HEAD_MAX + 1,
	    MS_HEADER_MAX - 1, MS_HEADER_MAX, MS_HEADER_MAX + 5000};
	struct ms_buf text = {0}, out = {0};
	struct ms_occurrence o = {0};
	struct ms_err err;
	char place[16];
	uint64_t number = 0, user = 0, source = 0, f = 0;
	size_t i, n;
	int got;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ms_buf_clear(&text);
		/* Bytes that are not ASCII, so that the parts are wanted. */
		ms_buf_printf(&text, "Subject: long %zu \xfc\n", i);
		while (text.n + 80 < sizes[i])
			ms_buf_add_str(&text, "X: 0123456789012345678901234\n");
		ms_buf_printf(
		    &text, "X: %0*d\n\n", (int)(sizes[i] - text.n - 5), 0);
		n = text.n;
		ms_buf_add_str(&text, "body\n");
		snprintf(place, sizeof(place), "9/%zu", i + 1);
		in = ms_ingest_new(a, 1, store_result, NULL);
		dest =
		    ms_ingest_dest(in, "alice", SOURCE, "Headers", NULL, false);
		store(place, ms_buf_str(&text));
		ms_ingest_finish(in, NULL);
		ms_buf_clear(&out);
		if (ms_archive_user(a, "alice", &user, NULL) != 1 ||
		    ms_archive_source(a, SOURCE, &source, NULL) != 1 ||
		    ms_archive_folder(a, user, source, "Headers", &f, NULL) !=
			1 ||
		    ms_archive_place(a, f, place, &number, NULL) != 1 ||
		    ms_archive_occurrence_at(a, number, &o, &out, NULL) != 0)
			ok(false, "a message at %s", place);
		ms_buf_clear(&out);
		err = (struct ms_err){0};
		got = ms_archive_header(a, o.message, o.id, &out, &err);
		if (n > MS_HEADER_MAX)
			ok(got == 1 && out.n == MS_HEADER_MAX &&
				memcmp(out.p, text.p, out.n) == 0,
			    "a header of %zu bytes is cut: %s", n, err.msg);
		else
			ok(n == sizes[i] && got == 0 && out.n >= n &&
				memcmp(out.p, text.p, n) == 0,
			    "a header of %zu bytes: %zu: %s", n, out.n,
			    err.msg);
	}
	ms_buf_release(&text);
	ms_buf_release(&out);
}

/* Every record, in packs as they were written and in such as were regrouped. */
static void
committed(const char *dir)
{
	int64_t start = time(NULL), when, before = 0;
	struct ms_archive *a;
	struct ms_err err = {0};
	char text[64];
	uint64_t n, next;
	int i;

	setenv("MS_SEAL", "1000000,20", 1);
	setenv("MS_BATCH", "3", 1);
	ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err);
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Many", NULL, false);
	for (i = 1; i < 100; i++) {
		snprintf(text, sizeof(text), "Subject: %d\n\n", i);
		store("", text);
	}
	ms_ingest_finish(in, NULL);
	next = a->checked.next;
	ok(a->tail->header.number > 2, "many batches, in %u packs",
	    (unsigned)a->tail->header.number);
	for (n = 1; n < next; n++) {
		when = 0;
		if (ms_archive_committed(a, n, &when, &err) < 0 ||
		    when < before || when > start + 600 || when < start - 600)
			break;
		before = when;
	}
	ok(n == next, "each record has the time of its commit: %s", err.msg);
	for (; n > 1; n -= n < 8 ? n - 1 : 7)
		if (ms_archive_committed(a, n - 1, &when, &err) < 0)
			break;
	ok(n == 1, "the times are found in reverse order, too: %s", err.msg);
	ok(ms_archive_committed(a, next, &when, &err) < 0 &&
		err.code == MS_DATA,
	    "a record that does not exist has no time");
	ms_archive_close(a);
}

static void
count_report(void *ctx, const char *what)
{
	printf("# %s\n", what);
	++*(unsigned *)ctx;
}

static size_t
count_rows(const char *dir)
{
	static const struct ms_select all = {.order = MS_BY_RECORD};
	struct ms_archive *a = NULL;
	struct ms_walk *w = NULL;
	const struct ms_row *row;
	size_t n = 0;

	if (ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		return 0;
	if (ms_walk_open(&w, a, &all, NULL) == 0)
		while (ms_walk_next(w, &row, NULL) == 1)
			n++;
	ms_walk_close(w);
	ms_archive_close(a);
	return n;
}

/* The index of many batches is built again in several transactions, and grows
 * meanwhile. */
static void
rebuilt(const char *dir)
{
	unsigned reports = 0;
	const struct ms_damage_sink sink = {count_report, &reports};
	struct ms_archive *a;
	struct ms_err err = {0};
	uint64_t missing = 1;
	char text[64], flags[401], where[16];
	struct ms_spec spec = {.flags = flags, .place = where, .where = where};
	size_t before = count_rows(dir);
	int i;

	unsetenv("MS_SEAL");
	setenv("MS_BATCH", "20", 1);
	memset(flags, 'f', sizeof(flags));
	flags[400] = '\0';
	ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err);
	in = ms_ingest_new(a, 1, store_result, NULL);
	spec.dest = ms_ingest_dest(in, "alice", SOURCE, "Grow", NULL, false);
	for (i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "Subject: %d\n\nx\n", i);
		snprintf(where, sizeof(where), "1/%d", i + 1);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, strlen(text), NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, &err) == 0, "150 batches: %s", err.msg);
	ms_archive_close(a);
	setenv("MS_INDEX_MAP", "1048576", 1);
	ok(ms_archive_open_log(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_rebuild(a, NULL, &sink, &sink, &missing, &err) == 0,
	    "their index is rebuilt: %s", err.msg);
	ms_archive_close(a);
	unsetenv("MS_INDEX_MAP");
	ok(reports == 0 && missing == 0 && count_rows(dir) == before + 3000,
	    "it has all occurrences: %zu", count_rows(dir));
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	int bad;

	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive is created: %s", err.msg);
		return done();
	}
	fill(a);
	places(a);
	heads(a);
	head_of_one(a);
	forms(a);
	labels(a);
	long_fields(a);
	further_places(a);
	long_headers(a);
	ms_archive_close(a);
	committed(dir);
	rebuilt(dir);
	bad = done();
	scratch_remove(dir);
	return bad;
}
