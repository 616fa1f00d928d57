/*
 * walk-again.c - readers without reader locks: while they read, the index is
 * written again and again, and they begin again. ms-archive(5), Index.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "scratch.h"
#include "stored.h"

#define MANY 1500 /* messages: several slices of a walk */
#define FOLDERS 4

/* By chance, one transaction of `every` ends too late; 0: none. */
static unsigned every, ends, random_state;

/* The index seems to be on a file system that is read-only for this program. */
int
access(const char *path, int mode)
{
	if (mode == W_OK && strstr(path, "/index") != NULL) {
		errno = EROFS;
		return -1;
	}
	return faccessat(AT_FDCWD, path, mode, 0);
}

/* struct MDB_envinfo of lmdb.h, which only lib/index includes. */
struct info {
	void *address;
	size_t map_size, last_page, last_transaction;
	unsigned readers_max, readers;
};

int mdb_env_info(void *env, struct info *info);
int
mdb_env_info(void *env, struct info *info)
{
	static int (*real)(void *, struct info *);
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mdb_env_info");
	rc = real(env, info);
	ends++;
	random_state = random_state * 1103515245 + 12345;
	if (every > 0 && (random_state >> 16) % every == 0)
		info->last_transaction++;
	return rc;
}

static void
write_text(int i, char text[96])
{
	snprintf(text, 96,
	    "Subject: %d\r\nDate: %d Jan 2020 00:00:00 +0000\r\n\r\n", i,
	    i * 7919 % 28 + 1);
}

/* The message comes to another folder, where it has two places. */
static void
move(struct ms_dest *to, const char *place, const char *text)
{
	struct ms_spec spec = {.dest = to, .place = place, .from = "folder 0"};
	unsigned char id[MS_SHA_LEN];

	ms_sha256(text, strlen(text), id);
	ms_ingest_reference(in, &spec, id, NULL);
	spec.place += 2;
	spec.flags = place;
	ms_ingest_reference(in, &spec, id, NULL);
}

static void
fill(struct ms_archive *a)
{
	char place[16], name[16], text[96];
	struct ms_dest *dests[FOLDERS];

	in = ms_ingest_new(a, 1, store_result, NULL);
	for (int i = 0; i < FOLDERS; i++) {
		snprintf(name, sizeof(name), "folder %d", i);
		dests[i] =
		    ms_ingest_dest(in, "alice", SOURCE, name, NULL, false);
	}
	for (int i = 0; i < MANY; i++) {
		dest = dests[i % 7 % FOLDERS];
		snprintf(place, sizeof(place), "7/%d", i + 1);
		write_text(i, text);
		store(place, text);
		if (i % 2 == 0)
			move(dests[i % FOLDERS], place, text);
	}
	ok(ms_ingest_finish(in, NULL) == 0, "an archive");
}

/* The numbers of the rows of a walk; false: it failed. */
static bool
walk(struct ms_archive *a, const struct ms_select *sel, struct ms_buf *out,
    struct ms_err *err)
{
	const struct ms_row *row;
	struct ms_walk *w;
	int got;

	ms_buf_clear(out);
	if (ms_walk_open(&w, a, sel, err) < 0)
		return false;
	while ((got = ms_walk_next(w, &row, err)) == 1)
		ms_buf_add(out, &row->number, sizeof(row->number));
	ms_walk_close(w);
	return got == 0;
}

static bool
same(const struct ms_buf *a, const struct ms_buf *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static void
test_walks(struct ms_archive *a)
{
	static const char *const names[] = {[MS_BY_DATE] = "by date",
	    [MS_BY_FOLDER] = "by folder",
	    [MS_BY_RECORD] = "by record"};
	struct ms_buf want = {0}, got = {0};
	struct ms_select sel = {0};
	struct ms_err err = {0};
	bool fine;

	for (int order = MS_BY_DATE; order <= MS_BY_RECORD; order++)
		for (int first = 0; first < 2; first++) {
			sel.order = (enum ms_order)order;
			sel.first = first == 0 ? 0 : MANY / 2;
			every = 0;
			fine = walk(a, &sel, &want, &err) && want.n > 0;
			for (every = 2; every <= 7 && fine; every++)
				fine = walk(a, &sel, &got, &err) &&
				       same(&got, &want);
			ok(fine, "%s%s, all rows in order: %s", names[order],
			    first == 0 ? "" : ", the later half", err.msg);
		}
	ms_buf_release(&want);
	ms_buf_release(&got);
}

static void
test_message(struct ms_archive *a)
{
	struct ms_buf want = {0}, got = {0};
	const struct ms_row *row, *other;
	uint64_t message = 0;
	size_t i;

	every = 0;
	ok(ms_archive_find(a, "", &message, 1, NULL) == 1 &&
		ms_archive_occurrences(a, message, &want, NULL) == 0,
	    "a message is found");
	every = 2;
	ok(ms_archive_occurrences(a, message, &got, NULL) == 0 &&
		want.n >= sizeof(*row) && got.n == want.n,
	    "its occurrences are found");
	for (i = 0; i < got.n && i < want.n; i += sizeof(*row)) {
		row = (const struct ms_row *)(const void *)(got.p + i);
		other = (const struct ms_row *)(const void *)(want.p + i);
		ok(row->number == other->number && row->message == message &&
			memcmp(row->id, other->id, sizeof(row->id)) == 0,
		    "an occurrence is the same");
	}
	ms_buf_release(&want);
	ms_buf_release(&got);
}

/* ---- other lookups: each appends what it finds ---- */

typedef bool look_fn(struct ms_archive *a, struct ms_buf *out);

static uint64_t
folder(struct ms_archive *a, int i)
{
	uint64_t user = 0, source = 0, number = 0;
	char name[16];

	snprintf(name, sizeof(name), "folder %d", i);
	if (ms_archive_user(a, "alice", &user, NULL) != 1 ||
	    ms_archive_source(a, SOURCE, &source, NULL) != 1 ||
	    ms_archive_folder(a, user, source, name, &number, NULL) != 1)
		return 0;
	return number;
}

static bool
look_names(struct ms_archive *a, struct ms_buf *out)
{
	const struct ms_folder **all;
	uint64_t user;
	size_t i, n;

	if (ms_archive_active_user(a, "alice", &user, NULL) != 1 ||
	    ms_archive_active_user(a, "bob", &user, NULL) != 0 ||
	    ms_archive_user(a, "bob", &user, NULL) != 0 ||
	    ms_archive_lost_folders(a, out, NULL) < 0 || out->n != 0 ||
	    ms_archive_folders(a, &all, &n, NULL) < 0 || n != FOLDERS)
		return false;
	for (i = 0; i < n; i++)
		ms_buf_printf(out, "%d %s %s %s %s\n",
		    all[i]->number == folder(a, (int)i), all[i]->name,
		    all[i]->user_name, all[i]->source_url, all[i]->label);
	free(all);
	return true;
}

static bool
look_places(struct ms_archive *a, struct ms_buf *out)
{
	struct ms_stored_uid *uids;
	uint64_t occurrence;
	char place[16];
	size_t n, k;

	for (int i = 0; i < FOLDERS; i++) {
		if (ms_archive_places(a, folder(a, i), 7, &uids, &n, NULL) < 0)
			return false;
		for (k = 0; k < n; k++)
			ms_buf_printf(out, "%u %llu\n", uids[k].uid,
			    (unsigned long long)uids[k].occurrence);
		if (n == 0)
			return false;
		snprintf(place, sizeof(place), "7/%u", uids[n / 2].uid);
		if (ms_archive_place(
			a, folder(a, i), place, &occurrence, NULL) != 1 ||
		    occurrence != uids[n / 2].occurrence)
			return false;
		free(uids);
	}
	return true;
}

static bool
look_further(struct ms_archive *a, struct ms_buf *out)
{
	struct ms_stored_uid *uids;
	size_t n, k;

	if (ms_archive_places(a, folder(a, 2), 7, &uids, &n, NULL) < 0)
		return false;
	for (k = 0; k < n; k++)
		if (ms_archive_further_places(
			a, uids[k].occurrence, out, NULL) < 0)
			return false;
	free(uids);
	return true;
}

static bool
look_moves(struct ms_archive *a, struct ms_buf *out)
{
	return ms_archive_moved_to(a, out, NULL) == 0;
}

static bool
look_times(struct ms_archive *a, struct ms_buf *out)
{
	int64_t when = 0, other = 0;
	uint64_t number = 0;

	if (ms_archive_first_since(a, INT64_MAX, &number, NULL) != 0 ||
	    ms_archive_first_since(a, 0, &number, NULL) != 1)
		return false;
	ms_buf_printf(out, "%llu", (unsigned long long)number);
	return ms_archive_archived(a, MANY, &when, NULL) == 1 &&
	       ms_archive_committed(a, MANY, &other, NULL) == 0 &&
	       when == other;
}

/* All messages by their heads, and one by its id. */
static bool
look_heads(struct ms_archive *a, struct ms_buf *out)
{
	struct ms_message_hasher *hasher = ms_message_hasher_new();
	struct ms_identity identity;
	struct ms_heads *h = NULL;
	uint64_t user = 0, message = 0, same = 0;
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1], text[96];
	bool fine = true;
	int i;

	if (ms_archive_user(a, "alice", &user, NULL) != 1 ||
	    ms_heads_open(&h, a, user, NULL) < 0)
		return false;
	for (i = 0; i < MANY && fine; i++) {
		write_text(i, text);
		ms_message_hasher_add(
		    hasher, (const unsigned char *)text, strlen(text));
		ms_message_hasher_end(hasher, &identity);
		ms_hex(identity.id, MS_SHA_LEN, hex);
		hex[9] = '\0';
		fine = ms_heads_find(h, identity.head, identity.size, id,
			   &message, NULL) == 1 &&
		       memcmp(id, identity.id, MS_SHA_LEN) == 0 &&
		       ms_archive_find(a, hex, &same, 1, NULL) == 1 &&
		       same == message &&
		       ms_archive_head_is(a, message, identity.head, NULL) == 1;
		ms_buf_add(out, &message, sizeof(message));
	}
	ms_heads_close(h);
	ms_message_hasher_free(hasher);
	return fine;
}

/* The same is found when transactions end too late. */
static void
test_looks(const char *path)
{
	static const struct {
		const char *name;
		look_fn *look;
	} looks[] = {{"names", look_names}, {"places", look_places},
	    {"further places", look_further}, {"moves", look_moves},
	    {"times", look_times}, {"messages", look_heads}};
	struct ms_buf want = {0}, got = {0};
	struct ms_archive *a;
	bool fine = true;

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		ms_buf_clear(&want);
		for (unsigned n = 0; n < 5 && fine; n++) {
			every = 0;
			ms_buf_clear(&got);
			fine = ms_archive_open(
				   &a, path, MS_ARCHIVE_READ, NULL) == 0;
			if (!fine)
				break;
			every = n > 0 ? n + 1 : 0;
			fine = looks[i].look(a, n > 0 ? &got : &want) &&
			       want.n > 0 && (n == 0 || same(&got, &want));
			ms_archive_close(a);
		}
		ok(fine, "%s: the same is found, %zu bytes", looks[i].name,
		    want.n);
	}
	ms_buf_release(&want);
	ms_buf_release(&got);
}

int
main(void)
{
	char dir[SCRATCH_MAX], path[SCRATCH_MAX + 8];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};

	scratch_make(dir);
	snprintf(path, sizeof(path), "%s/a", dir);
	ok(ms_archive_init(path, "alice", &err) == 0 &&
		ms_archive_open(&a, path, MS_ARCHIVE_WRITE, &err) == 0,
	    "open: %s", err.msg);
	fill(a);
	ms_archive_close(a);
	every = 2;
	ok(ms_archive_open(&a, path, MS_ARCHIVE_READ, &err) == 0,
	    "a reader opens the archive: %s", err.msg);
	test_walks(a);
	test_message(a);
	ok(ends > 100, "transactions were too late");
	ms_archive_close(a);
	test_looks(path);
	scratch_remove(dir);
	return done();
}
