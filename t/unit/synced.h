/*
 * synced.h - for tests of lib/sync: an archive of two users and two sources,
 * and lists of UIDs as text.
 */
#ifndef SYNCED_H
#define SYNCED_H
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-lookup.h"
#include "ingest.h"
#include "sync.h"
#include "tap.h"

#define SOURCE "imap://a@h/"

/* Messages; the header ends before the body. */
#define HEADER(name) "Subject: " name "\r\n\r\n"
#define TEXT(name) HEADER(name) "body of " name "\r\n"

static char dir[] = "/tmp/ms-sync.XXXXXX";
static struct ms_ingest *in;
static struct ms_dest *dest;

static inline void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	if (d->outcome == MS_OUTCOME_FAILED)
		ok(false, "%.*s: %s", (int)where.n, (const char *)where.p,
		    d->err->msg);
}

static inline void
put(const char *place, const char *text)
{
	struct ms_spec spec = {.dest = dest, .place = place, .where = place};

	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)text, strlen(text), NULL) < 0 ||
	    ms_ingest_end(in, NULL) < 0)
		ok(false, "%s", place);
}

/* A message that was recognised by its header; moved from a folder, or NULL. */
static inline void
refer(const char *place, const char *text, const char *from)
{
	struct ms_spec spec = {
	    .dest = dest, .place = place, .where = place, .from = from};
	unsigned char id[MS_SHA_LEN];

	ms_sha256(text, strlen(text), id);
	ms_ingest_reference(in, &spec, id, NULL);
}

/*
 * The archive: what alice has of SOURCE, by folder and place. M was moved from
 * Work to Later; R and TWIN were recognised by their headers in Work.
 *   INBOX  7/1 A   7/3 B   7/5 C   7/100 R   1/3 D   p1 P   p2 Q
 *   Work   7/2 W   7/4 A (reference)   7/6 R (reference)   7/8 M (moved)
 *   Later  7/1 M
 *   Twins  7/1 TWIN one   7/2 TWIN two
 * Of another source she has INBOX 7/1 O; bob has INBOX 7/1 BOB of SOURCE.
 */
static inline void
fill(struct ms_archive *a)
{
	in = ms_ingest_new(a, 1, result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	put("7/1", TEXT("A"));
	put("7/3", TEXT("B"));
	put("7/5", TEXT("C"));
	put("1/3", TEXT("D"));
	put("p1", TEXT("P"));
	put("p2", TEXT("Q"));
	put("7/100", TEXT("R"));
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	put("7/2", TEXT("W"));
	put("7/8", TEXT("M"));
	refer("7/4", TEXT("A"), NULL);
	refer("7/6", TEXT("R"), NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Later", NULL, false);
	refer("7/1", TEXT("M"), "Work");
	dest = ms_ingest_dest(in, "alice", SOURCE, "Twins", NULL, false);
	put("7/1", HEADER("TWIN") "one\r\n");
	put("7/2", HEADER("TWIN") "two\r\n");
	dest = ms_ingest_dest(in, "alice", "imap://b@h/", "INBOX", NULL, false);
	put("7/1", TEXT("O"));
	dest = ms_ingest_dest(in, "bob", SOURCE, "INBOX", NULL, true);
	put("7/1", TEXT("BOB"));
	ok(ms_ingest_finish(in, NULL) == 0, "an archive");
}

static inline int
discard(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* Overwrites the packs: what was found in the index cannot be read. */
static inline int
spoil(const char *path, const struct stat *st, int type, struct FTW *at)
{
	static const char zeros[4096];
	FILE *f;
	off_t i;

	(void)at;
	if (type != FTW_F || strstr(path, "/pack/") == NULL ||
	    (f = fopen(path, "r+")) == NULL)
		return 0;
	for (i = 0; i < st->st_size; i += (off_t)sizeof(zeros))
		fwrite(zeros, 1, sizeof(zeros), f);
	fclose(f);
	return 0;
}

/* Makes the archive in dir; returns whether that worked. */
static inline bool
synced_begin(void)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	if (mkdtemp(dir) == NULL || ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return false;
	}
	fill(a);
	ms_archive_close(a);
	return true;
}

static inline int
synced_end(void)
{
	int bad = done();

	nftw(dir, discard, 8, FTW_DEPTH | FTW_PHYS);
	return bad;
}

/* What a server says of a message: header and size of text, with these bits
 * too. head is filled. */
static inline struct ms_msg_info
info_of(uint32_t uid, const char *text, unsigned has,
    unsigned char head[MS_SHA_LEN])
{
	const char *end = strstr(text, "\r\n\r\n");

	ms_sha256(text, (size_t)(end + 4 - text), head);
	return (struct ms_msg_info){.uid = uid,
	    .has = has,
	    .size = strlen(text),
	    .head = head,
	    .flags = "",
	    .labels = ""};
}

/* Appends UIDs, or "-" if there are none. */
static inline void
show(struct ms_buf *b, const char *what, const uint32_t *v, size_t n)
{
	size_t i;

	ms_buf_printf(b, " %s", what);
	for (i = 0; i < n; i++)
		ms_buf_printf(b, "%s%" PRIu32, i > 0 ? "," : " ", v[i]);
	if (n == 0)
		ms_buf_add_str(b, " -");
}

static inline void
show_queues(struct ms_buf *b, const struct ms_mailbox_state *m)
{
	static const char *const name[] = {"look", "fetch", "delete"};
	const struct ms_queue *q;

	for (q = m->queue; q < m->queue + MS_STAGES; q++)
		if (ms_queue_count(q) > 0)
			show(b, name[q - m->queue], q->v + q->first,
			    ms_queue_count(q));
}

/* Reads "1 3 5" into a list. */
static inline void
read_uids(struct ms_uid_list *list, const char *text)
{
	char *end;

	for (; text != NULL && *text != '\0'; text = end)
		ms_uid_list_add(
		    list, (uint32_t)strtoul(text, &end, 10), SIZE_MAX);
}

/* Reads "p1 - p9" as UIDLs, where - is a message without. */
static inline void
read_uidls(struct ms_mailbox_state *m, const char *text)
{
	char word[32];
	int n;

	for (; sscanf(text, "%31s%n", word, &n) == 1; text += n)
		ms_mailbox_add_uidl(
		    m, strcmp(word, "-") == 0 ? "" : word, SIZE_MAX);
}

static inline struct ms_lookup *
lookup_of(
    const char *archive, const char *user, const char *source, bool watch_moves)
{
	const struct ms_lookup_options options = {.archive = archive,
	    .user = user,
	    .source = source,
	    .watch_moves = watch_moves};
	struct ms_lookup *l;
	struct ms_err err = {0};

	if (ms_lookup_open(&l, &options, &err) < 0)
		ok(false, "a lookup: %s", err.msg);
	return l;
}

#endif
