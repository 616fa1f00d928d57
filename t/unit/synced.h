/*
 * synced.h - for tests of lib/sync: an archive of two users and two sources,
 * and lists of UIDs as text.
 */
#ifndef SYNCED_H
#define SYNCED_H
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-lookup.h"
#include "ingest.h"
#include "stored.h"
#include "sync.h"
#include "view-change.h"
#include "scratch.h"
#include "tap.h"

/* Messages; the header ends before the body. */
#define HEADER(name) "Subject: " name "\r\nMessage-ID: <" name "@h>\r\n\r\n"
#define TEXT(name) HEADER(name) "body of " name "\r\n"
/* Headers that do not identify a message, and one that does by its path. */
#define BARE "Subject: bare\r\n\r\none\r\n"
#define ONE_HOP                                                                \
	"Subject: hop\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"            \
	"Received: from a\r\n\r\none\r\n"
#define TWO_HOPS                                                               \
	"Subject: hop\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"            \
	"Received: from b\r\nReceived: from a\r\n\r\none\r\n"

/* What a server sends in place of a message, and the beginning of its id. */
#define NOTICE "Subject: retrieval failed\r\nMessage-ID: <n@h>\r\n\r\nsorry\r\n"
#define NOTICE_ID "a58828831e4a854a"

static char dir[SCRATCH_MAX];

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
 * The messages of alice from SOURCE, by folder and place. M was moved from
 * Work to Later; R and TWIN were recognised by their headers in Work.
 *   INBOX  7/1 A   7/3 B   7/5 C   7/100 R   1/3 D   p1 P   p2 Q
 *          7/101 BARE   7/102 ONE_HOP   7/103 TWO_HOPS
 *          7/19 NOTICE, short in three runs   7/20 NOTICE, short in two
 *          7/21 GONE, removed by hand
 *   Work   7/2 W   7/4 A (reference)   7/6 R (reference)   7/8 M (moved)
 *   Later  7/1 M
 *   Twins  7/1 TWIN one   7/2 TWIN two
 *   Pop    1 "1"   2 "2" .. 9 "9"
 *   Large  4294967303/2 LARGE
 * alice has INBOX 7/1 O from another source; bob has INBOX 7/1 BOB from SOURCE.
 */
static inline void
fill(struct ms_archive *a)
{
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store("7/1", TEXT("A"));
	store("7/3", TEXT("B"));
	store("7/5", TEXT("C"));
	store("1/3", TEXT("D"));
	store("p1", TEXT("P"));
	store("p2", TEXT("Q"));
	store("7/100", TEXT("R"));
	store("7/101", BARE);
	store("7/102", ONE_HOP);
	store("7/103", TWO_HOPS);
	store("short 1 " NOTICE_ID " 7/19", NOTICE);
	store("short 2 " NOTICE_ID " 7/19", NOTICE);
	store("short 3 7/19", NOTICE);
	store("short 1 " NOTICE_ID " 7/20", NOTICE);
	store("short 2 " NOTICE_ID " 7/20", NOTICE);
	store("7/21", TEXT("GONE"));
	dest = ms_ingest_dest(in, "alice", SOURCE, "Work", NULL, false);
	store("7/2", TEXT("W"));
	store("7/8", TEXT("M"));
	refer("7/4", TEXT("A"), NULL);
	refer("7/6", TEXT("R"), NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "Later", NULL, false);
	refer("7/1", TEXT("M"), "Work");
	dest = ms_ingest_dest(in, "alice", SOURCE, "Twins", NULL, false);
	store("7/1", HEADER("TWIN") "one\r\n");
	store("7/2", HEADER("TWIN") "two\r\n");
	dest = ms_ingest_dest(in, "alice", SOURCE, "Large", NULL, false);
	store("4294967303/2", TEXT("LARGE"));
	dest = ms_ingest_dest(in, "alice", SOURCE, "Pop", NULL, false);
	store("1", TEXT("1"));
	store("2", TEXT("2"));
	store("3", TEXT("3"));
	store("4", TEXT("4"));
	store("5", TEXT("5"));
	store("6", TEXT("6"));
	store("7", TEXT("7"));
	store("8", TEXT("8"));
	store("9", TEXT("9"));
	dest = ms_ingest_dest(in, "alice", "imap://b@h/", "INBOX", NULL, false);
	store("7/1", TEXT("O"));
	dest = ms_ingest_dest(in, "bob", SOURCE, "INBOX", NULL, true);
	store("7/1", TEXT("BOB"));
	ok(ms_ingest_finish(in, NULL) == 0, "an archive");
}

static uint64_t removal; /* the number of the last such change */

/* Removes alice's message at this place of INBOX from view. */
static inline void
remove_occurrence(struct ms_archive *a, const char *place)
{
	struct ms_view_item item = {.own = 0};
	struct ms_view_change v = {
	    .kind = MS_VIEW_REMOVE, .items = &item, .count = 1};
	uint64_t count = 0;

	ms_archive_user(a, "alice", &item.user, NULL);
	ms_archive_source(a, SOURCE, &item.source, NULL);
	ms_archive_folder(a, item.user, item.source, "INBOX", &item.own, NULL);
	ms_archive_place(a, item.own, place, &item.occurrence, NULL);
	ok(ms_view_write(a, &v, &removal, &count, NULL) == 0 && count == 1,
	    "%s is removed by hand", place);
}

/* Overwrites the packs, so that no record that the index names can be read. */
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

/* Makes the archive in dir. Returns whether that succeeded. */
static inline bool
synced_begin(void)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return false;
	}
	fill(a);
	remove_occurrence(a, "7/21");
	ms_archive_close(a);
	return true;
}

static inline int
synced_end(void)
{
	int bad = done();

	scratch_remove(dir);
	return bad;
}

/* Fills head as the answer of a server about the message `text`: its header and
 * size, and these bits. */
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
	    .labels = "",
	    .email_id = ""};
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

/* Parses "1 3 5" into a list. */
static inline void
read_uids(struct ms_uid_list *list, const char *text)
{
	char *end;

	for (; text != NULL && *text != '\0'; text = end)
		ms_uid_list_add(
		    list, (uint32_t)strtoul(text, &end, 10), SIZE_MAX);
}

/* Reads "p1 - p9=120" as UIDLs, where - is a message without, with sizes. */
static inline void
read_uidls(struct ms_mailbox_state *m, const char *text)
{
	char word[32], *size;
	int n;

	for (; sscanf(text, "%31s%n", word, &n) == 1; text += n) {
		size = strchr(word, '=');
		if (size != NULL)
			*size++ = '\0';
		ms_mailbox_add_uidl(m, strcmp(word, "-") == 0 ? "" : word,
		    size != NULL ? strtoul(size, NULL, 10) : MS_SIZE_UNKNOWN,
		    SIZE_MAX);
	}
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
