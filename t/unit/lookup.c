/* lookup.c - finds stored messages of a mailbox by place, and by header and
 * size, and tells when each record was committed. */
#include "ingest.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive-writer.h"
#include "tap.h"

#define SOURCE "imap://a@h/"

static struct ms_ingest *in;
static struct ms_dest *dest;

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	(void)where;
	if (d->outcome == MS_OUTCOME_FAILED)
		ok(false, "%s", d->err->msg);
}

static void
put(const char *place, const char *text)
{
	struct ms_spec spec = {.dest = dest, .place = place, .where = place};
	struct ms_err err = {0};

	if (ms_ingest_begin(in, &spec, &err) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)text, strlen(text), &err) < 0 ||
	    ms_ingest_end(in, &err) < 0)
		ok(false, "%s: %s", place, err.msg);
}

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
	in = ms_ingest_new(a, 2, result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	put("7/5", "Subject: five\n\nbody 5\n");
	put("7/1", ONE);
	put("7/4294967295", "Subject: last\n\nx\n");
	put("8/2", "Subject: later\n\nx\n");
	put("UIDL\xc3\xa4", "Subject: pop\n\nx\n");
	put("7/3", ONE);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	put("7/2", TWIN "1\r\n");
	put("7/4", TWIN "2\r\n");
	put("7/6", "no header at all\n");
	refer("7/9", ONE);
	dest = ms_ingest_dest(in, "bob", SOURCE, "INBOX", NULL, true);
	put("7/1", "Subject: bob's\n\nx\n");
	ok(ms_ingest_finish(in, NULL) == 0, "messages");
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
	    "places of a UIDVALIDITY, ascending");
	ok(k[0].occurrence == k[1].occurrence &&
		k[1].occurrence != k[2].occurrence,
	    "two places of one occurrence");
	ok(ms_archive_occurrence_at(a, k[1].occurrence, &o, &content, &err) ==
		    0 &&
		ms_slice_eq(o.place, ms_slice_str("7/1")) && o.bits == 2,
	    "which names the place where its body was seen");
	ok(ms_archive_place(a, inbox, "7/3", &number, &err) == 1 &&
		number == k[1].occurrence,
	    "one place");
	free(k);
	ok(ms_archive_place(a, inbox, "UIDL\xc3\xa4", &number, &err) == 1,
	    "a UIDL");
	ok(ms_archive_place(a, inbox, "UIDL", &number, &err) == 0 &&
		ms_archive_place(a, work, "7/3", &number, &err) == 0,
	    "no such places");
	ok(ms_archive_places(a, inbox, 9, &k, &n, &err) == 0 && n == 0,
	    "another UIDVALIDITY has none");
	free(k);
	ok(ms_archive_place(a, work, "7/9", &number, &err) == 1,
	    "a reference's place");
	ms_buf_clear(&content);
	ok(ms_archive_occurrence_at(a, number, &o, &content, &err) == 0 &&
		(o.bits & MS_BODY_NOT_SEEN) != 0,
	    "says that its body was not seen");
	ok(ms_archive_occurrence_at(a, work, &o, &content, &err) < 0 &&
		err.code == MS_DATA,
	    "a folder is no occurrence");
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

static void
heads(struct ms_archive *a)
{
	struct ms_heads *h;
	uint64_t user = 0;
	bool right;

	ms_archive_user(a, "alice", &user, NULL);
	ok(ms_heads_open(&h, a, user, NULL) == 0 && ms_heads_count(h) == 8,
	    "heads: each message once");
	ok(find(h, ONE, 16, &right) == 1 && right, "found");
	ok(find(h, "Subject: five\r\n\r\nbody 5\r\n", 17, &right) == 1 && right,
	    "by its wire form, whatever form it came in");
	ok(find(h, "no header at all\r\n", 18, &right) == 1 && right,
	    "one that is all header");
	ok(find(h, "Subject: one\r\n\r\nlonger\r\n.", 16, &right) == 0,
	    "not of another size");
	ok(find(h, TWIN "1\r\n", 18, &right) == 0,
	    "not where only the body tells two apart");
	ok(find(h, "Subject: bob's\r\n\r\nx\r\n", 18, &right) == 0,
	    "not another user's");
	ms_heads_close(h);
	ok(ms_heads_open(&h, a, 1, NULL) == 0 && ms_heads_count(h) == 0 &&
		find(h, ONE, 16, &right) == 0,
	    "a user of nothing");
	ms_heads_close(h);
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
	in = ms_ingest_new(a, 1, result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Many", NULL, false);
	for (i = 1; i < 100; i++) {
		snprintf(text, sizeof(text), "Subject: %d\n\n", i);
		put("", text);
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
	ok(n == next, "each record was committed at a time: %s", err.msg);
	for (; n > 1; n -= n < 8 ? n - 1 : 7)
		if (ms_archive_committed(a, n - 1, &when, &err) < 0)
			break;
	ok(n == 1, "also backwards: %s", err.msg);
	ok(ms_archive_committed(a, next, &when, &err) < 0 &&
		err.code == MS_DATA,
	    "but not one that is not there");
	ms_archive_close(a);
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
	char dir[] = "/tmp/ms-lookup.XXXXXX";
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	int bad;

	if (mkdtemp(dir) == NULL || ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return done();
	}
	fill(a);
	places(a);
	heads(a);
	ms_archive_close(a);
	committed(dir);
	bad = done();
	nftw(dir, discard, 8, FTW_DEPTH | FTW_PHYS);
	return bad;
}
