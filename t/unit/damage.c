/*
 * damage.c - bytes of a small pack and of its index are changed, and both are
 * cut at some length. A reader never returns another message, and never fewer
 * messages without an error; ms-verify finds what readers meet; and mail that
 * is ingested again is known only if it can be returned. With MS_SOAK=1, all
 * bytes, lengths and values are tried; otherwise a part of them, which differs
 * from run to run. ms-archive(5), States on disk.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "archive-writer.h"
#include "ingest.h"
#include "numbers.h"
#include "scratch.h"
#include "stored.h"
#include "tap.h"
#include "verify.h"

#define SHOWN 20 /* failures of a kind that are printed */

static char dir[SCRATCH_MAX];
static char pack_path[SCRATCH_MAX + 32], index_path[SCRATCH_MAX + 32];
static struct ms_buf pack, sound_index; /* as they were written */
static bool soak;
static unsigned long seed;

/* ---- files ---- */

static void
load(const char *path, struct ms_buf *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 ||
	    read(fd, ms_buf_room(out, (size_t)st.st_size),
		(size_t)st.st_size) != st.st_size)
		abort();
	out->n = (size_t)st.st_size;
	close(fd);
}

/* Replaces the contents of a file, which keeps its inode. */
static void
save(const char *path, const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, p, n, 0) != (ssize_t)n ||
	    ftruncate(fd, (off_t)n) < 0)
		abort();
	close(fd);
}

static void
overwrite(const char *path, size_t at, const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, p, n, (off_t)at) != (ssize_t)n)
		abort();
	close(fd);
}

static void
remove_below(const char *name)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		ms_fs_remove(fd, name);
	close(fd);
}

static void
restore_pack(void)
{
	save(pack_path, pack.p, pack.n);
}

static void
restore_index(void)
{
	char path[SCRATCH_MAX + 32];

	remove_below("index");
	snprintf(path, sizeof(path), "%s/index", dir);
	mkdir(path, 0700);
	save(index_path, sound_index.p, sound_index.n);
}

/* Removes the torn batches in tmp/. Returns whether there were any. */
static bool
take_torn(void)
{
	char path[SCRATCH_MAX + 16];
	struct dirent *e;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "%s/tmp", dir);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "torn-", 5) == 0) {
			unlinkat(dirfd(d), e->d_name, 0);
			found = true;
		}
	if (d != NULL)
		closedir(d);
	return found;
}

/* ---- mail ---- */

static struct ms_buf attached; /* base64 of an attachment, in a message */

static void
make_attachment(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef";
	int line, i;

	for (line = 0; line < 48; line++) {
		for (i = 0; i < 76; i++)
			ms_buf_add_byte(&attached,
			    (unsigned char)letters[(line * i + line) % 32]);
		ms_buf_add_str(&attached, "\r\n");
	}
}

static const struct mail {
	const char *user, *source, *folder, *label;
	struct ms_spec spec;
	const char *head; /* and the text before the attachment */
	bool attached;
} mails[] = {
    {"alice", SOURCE, "INBOX", "Alice", {.place = "7/1", .flags = "\\Seen"},
	"Subject: one\n\nbody\n", false},
    {"alice", SOURCE, "INBOX", NULL, {.place = "7/2", .flags = "$x"},
	"Subject: two\r\nFrom: a@example.org\r\n\r\nlines\r\n", false},
    {"alice", SOURCE, "INBOX", NULL, {.place = "7/3"},
	"Subject: attached\r\n\r\n", true},
    {"alice", SOURCE, "Work", NULL,
	{.place = "8/1", .raw = {1700000000, MS_RAW_INTERNALDATE}},
	"Subject: attached, too\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
	"\r\nThe same:\r\n",
	true},
    {"alice", SOURCE, "Work", NULL, {.place = "8/2", .from = "INBOX"},
	"Subject: two\r\nFrom: a@example.org\r\n\r\nlines\r\n", false},
    {"alice", "local:", "Old/2009", NULL, {.other = "special=\"\\\\Sent\""},
	"Subject: mixed\r\n\nlf\ncrlf\r\n", false},
    {"bob", "local:", "INBOX", NULL, {.raw = {1600000000, MS_RAW_MTIME}},
	"Subject: one\n\nbody\n", false},
    {"bob", "local:", "INBOX", NULL, {0}, "Subject: bob's\n\n\n", false},
    {"bob", "local:", "INBOX", NULL, {0}, "", false},
    {"bob", "pop3://b@h/", "INBOX", NULL, {.place = "uidl"},
	"From: x@example.org\nSubject: popped\n\n.\n", false},
    {"bob", "pop3://b@h/", "INBOX", NULL, {.place = "uidl2"}, "Subject: no end",
	true},
    /* a further place, in another batch than the OCCURRENCE */
    {"alice", SOURCE, "Work", NULL, {.place = "8/9"},
	"Subject: two\r\nFrom: a@example.org\r\n\r\nlines\r\n", false},
};
#define MAILS (sizeof(mails) / sizeof(mails[0]))

/* Where each batch ends. */
static uint64_t ends[MAILS];
static size_t end_count;

static void
find_ends(const struct ms_archive *a)
{
	struct ms_log_extent extent = {0};
	unsigned char chain[MS_SHA_LEN] = {0};
	uint64_t at = MS_PACK_HEADER, next = 1;

	while (end_count < MAILS && ms_log_extent_read(&extent, a->tail, at,
					next, chain, NULL) == 1) {
		at = ends[end_count++] = extent.end;
		next = extent.next;
		memcpy(chain, extent.chain, sizeof(chain));
	}
	ms_log_extent_release(&extent);
}

static bool
is_end(size_t at)
{
	return at == MS_PACK_HEADER || ms_find_u64(ends, end_count, at) != NULL;
}

/* Adds a message to a pipeline. */
static void
give(const struct mail *m, const char *where)
{
	struct ms_spec spec = m->spec;

	spec.where = where;
	spec.dest =
	    ms_ingest_dest(in, m->user, m->source, m->folder, m->label, true);
	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(in, (const unsigned char *)m->head, strlen(m->head),
		NULL) < 0 ||
	    (m->attached &&
		ms_ingest_data(in, attached.p, attached.n, NULL) < 0))
		return;
	ms_ingest_end(in, NULL);
}

static void
build(void)
{
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	size_t i;

	setenv("MS_BATCH", "4", 1);
	ok(ms_archive_init(dir, "alice", &err) == 0 &&
		ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive %s", err.msg);
	in = ms_ingest_new(a, 1, store_result, NULL);
	for (i = 0; i < MAILS; i++)
		give(&mails[i], mails[i].head);
	ok(ms_ingest_finish(in, &err) == 0, "has mail %s", err.msg);
	find_ends(a);
	ok(end_count == 4 &&
		ends[3] == (uint64_t)lseek(a->tail->fd, 0, SEEK_END),
	    "in %zu batches", end_count);
	ms_archive_close(a);
	unsetenv("MS_BATCH");
	load(pack_path, &pack);
	load(index_path, &sound_index);
}

/* ---- reading ---- */

/* What a reader sees of an occurrence. */
struct seen {
	uint64_t number;
	unsigned char id[MS_SHA_LEN];
	struct ms_buf owner; /* user and source; ? if they are unknown */
	struct ms_buf key;   /* what is in its record, and its folder */
	struct ms_buf rest;  /* what follows from other records */
	unsigned char digest[MS_SHA_LEN]; /* of its bytes */
	bool named; /* its bytes or its folder are missing, with an error */
};

struct view {
	struct seen rows[MAILS + 1];
	size_t n;
	bool refused;     /* the walk ended with an error */
	bool empty_place; /* a place is known without its message */
	struct ms_err err;
};

static struct view want, got;

static int
describe(struct ms_archive *a, const struct ms_row *row, struct seen *s,
    struct ms_err *err)
{
	const struct ms_folder *f;
	struct ms_buf places = {0};
	int rc = ms_archive_folder_get(a, row->folder, &f, err);

	if (rc == 1 &&
	    ms_archive_further_places(a, row->number, &places, err) < 0)
		rc = -1;
	s->named = rc == 0;
	if (rc == 1) {
		ms_buf_printf(&s->owner, "%s %s", f->user_name, f->source_url);
		ms_buf_printf(&s->key, "%s|%s|%s|%d", f->name, row->flags,
		    row->place, (int)row->form);
		ms_buf_printf(&s->rest, "%s|%zu|%lld|%lld|%llu|%d|%llu|%.*s",
		    f->label, places.n, (long long)row->sent,
		    (long long)row->arrived, (unsigned long long)row->moved_to,
		    row->bits, (unsigned long long)row->size,
		    row->desc.subject.n, row->desc.subject.s);
	}
	ms_buf_release(&places);
	return rc < 0 ? -1 : 0;
}

static int
look_at(struct ms_archive *a, const struct ms_row *row, struct seen *s,
    struct ms_err *err)
{
	struct ms_buf bytes = {0};

	ms_buf_clear(&s->owner);
	ms_buf_clear(&s->key);
	ms_buf_clear(&s->rest);
	s->number = row->number;
	memcpy(s->id, row->id, MS_SHA_LEN);
	if (describe(a, row, s, err) < 0)
		return -1;
	if (ms_archive_emit(a, row->message, row->id, row->form, ms_buf_append,
		&bytes, err) < 0)
		s->named = true;
	ms_sha256(bytes.p, bytes.n, s->digest);
	ms_buf_release(&bytes);
	return 0;
}

/* What a reader does. */
enum action {
	LIST_BY_RECORD, /* as ms-export */
	LIST_BY_DATE,   /* as ms-list */
	FIND_BY_ID,     /* each message by the first digits of its id */
	ACTIONS
};

static int
read_all(struct ms_archive *a, enum action action, struct view *s)
{
	struct ms_select all = {
	    .order = action == LIST_BY_DATE ? MS_BY_DATE : MS_BY_RECORD};
	struct ms_walk *w = NULL;
	const struct ms_row *row;
	int rc = ms_walk_open(&w, a, &all, &s->err);

	while (rc == 0 && s->n <= MAILS) {
		rc = ms_walk_next(w, &row, &s->err);
		if (rc != 1)
			break;
		rc = look_at(a, row, &s->rows[s->n], &s->err);
		s->n += rc == 0;
	}
	ms_walk_close(w);
	return rc;
}

/* Reads the occurrences of the message that row i of the sound archive has. */
static int
read_message(struct ms_archive *a, size_t i, struct view *s)
{
	char digits[MS_SHA_HEX + 1];
	struct ms_buf rows = {0};
	uint64_t message;
	size_t k;
	int rc;

	for (k = 0; k < i; k++)
		if (memcmp(want.rows[k].id, want.rows[i].id, MS_SHA_LEN) == 0)
			return 0;
	ms_hex(want.rows[i].id, MS_SHA_LEN, digits);
	digits[8] = '\0';
	rc = ms_archive_find(a, digits, &message, 1, &s->err);
	if (rc == 1)
		rc = ms_archive_occurrences(a, message, &rows, &s->err);
	for (k = 0;
	     rc == 0 && k < rows.n / sizeof(struct ms_row) && s->n <= MAILS;
	     k++) {
		rc = look_at(a, (const struct ms_row *)(const void *)rows.p + k,
		    &s->rows[s->n], &s->err);
		s->n += rc == 0;
	}
	ms_buf_release(&rows);
	return rc;
}

static const struct seen *
find(const struct view *s, uint64_t number)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->rows[i].number == number)
			return &s->rows[i];
	return NULL;
}

/* Is the place of a message known although its message cannot be returned? It
 * would not be fetched again. */
static bool
is_empty_place(struct ms_archive *a, const struct mail *m, const struct view *s)
{
	uint64_t user, source, folder, number;
	const struct seen *row;

	if (m->spec.place == NULL ||
	    ms_archive_user(a, m->user, &user, NULL) != 1 ||
	    ms_archive_source(a, m->source, &source, NULL) != 1 ||
	    ms_archive_folder(a, user, source, m->folder, &folder, NULL) != 1 ||
	    ms_archive_place(a, folder, m->spec.place, &number, NULL) != 1)
		return false;
	row = find(s, number);
	return row == NULL || row->named;
}

static void
look(struct view *s, enum action action)
{
	struct ms_archive *a = NULL;
	size_t i;
	int rc;

	s->n = 0;
	s->empty_place = false;
	s->err = (struct ms_err){0};
	rc = ms_archive_open(&a, dir, MS_ARCHIVE_READ, &s->err);
	if (rc == 0 && action != FIND_BY_ID)
		rc = read_all(a, action, s);
	for (i = 0; rc == 0 && action == FIND_BY_ID && i < want.n; i++)
		rc = read_message(a, i, s);
	for (i = 0; rc == 0 && i < MAILS; i++)
		s->empty_place =
		    s->empty_place || is_empty_place(a, &mails[i], s);
	s->refused = rc != 0;
	if (a != NULL)
		ms_archive_close(a);
}

static bool
same(const struct ms_buf *a, const struct ms_buf *b)
{
	return ms_slice_eq(ms_buf_slice(a), ms_buf_slice(b));
}

/* After the loss of an EVENT, the owner of mail is unknown; ms-archive(5),
 * EVENT. */
static bool
same_owner(const struct seen *w, const struct seen *g, bool reported)
{
	return same(&w->owner, &g->owner) ||
	       (reported && memchr(g->owner.p, '?', g->owner.n) != NULL);
}

enum verdict {
	SOUND, /* all is as it was */
	NAMED, /* some is missing, with an error */
	WRONG  /* another message, or fewer without an error */
};

/*
 * Compares what is seen with the sound archive.
 *   reported   damage was reported before: what depends on other records can
 *              be missing
 */
static enum verdict
compare(bool reported, const char **why)
{
	const struct seen *w, *g;
	bool named = reported || got.refused;
	size_t i;

	for (i = 0; i < got.n; i++) {
		g = &got.rows[i];
		w = find(&want, g->number);
		*why = "an occurrence that does not exist";
		if (w == NULL)
			return WRONG;
		named = named || g->named;
		*why = "another message";
		if (!g->named &&
		    (memcmp(w->digest, g->digest, MS_SHA_LEN) != 0 ||
			!same(&w->key, &g->key) || !same_owner(w, g, reported)))
			return WRONG;
		*why = "a wrong description";
		if (!g->named && !reported && !same(&w->rest, &g->rest))
			return WRONG;
	}
	*why = "fewer messages without an error";
	if (got.n != want.n && !named)
		return WRONG;
	return got.n == want.n && !named ? SOUND : NAMED;
}

/* ---- one kind of damage ---- */

/* How the archive is read after the damage. */
enum way {
	KEPT,    /* with the index that it has */
	BUILT,   /* without an index: the reader builds it */
	REBUILT, /* ms-verify builds it */
	VERIFIED,
	INGESTED, /* the same mail is added again, and read back */
	KNOWN,    /* the same, and all of it is known */
	WAYS
};
static const char *const way_names[] = {"index kept", "index built by a reader",
    "index rebuilt by ms-verify", "checked by ms-verify", "ingested again",
    "ingested again and known"};

struct tally {
	unsigned runs, named, wrong;
};

static void
count_fault(void *ctx, const struct ms_fault *f)
{
	(void)f;
	++*(unsigned *)ctx;
}

static bool acknowledged[MAILS];
static bool any_new;

static void
acknowledge(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	if (d->outcome != MS_OUTCOME_FAILED)
		acknowledged[*where.p - 'a'] = true;
	any_new = any_new || d->outcome == MS_OUTCOME_NEW;
}

static void
ingest_again(void)
{
	struct ms_archive *a = NULL;
	char where[2] = "a";
	size_t i;

	memset(acknowledged, 0, sizeof(acknowledged));
	any_new = false;
	if (ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0)
		return;
	in = ms_ingest_new(a, 1, acknowledge, NULL);
	ms_ingest_read_back(in);
	for (i = 0; i < MAILS; i++) {
		where[0] = (char)('a' + i);
		give(&mails[i], where);
	}
	ms_ingest_finish(in, NULL);
	ms_archive_close(a);
}

/* Can each acknowledged message be returned? */
static bool
returns_acknowledged(const char **why)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf key = {0}, bytes = {0};
	size_t i, k;

	*why = "acknowledged mail is not returned";
	for (i = 0; i < MAILS; i++) {
		if (!acknowledged[i])
			continue;
		ms_buf_clear(&key);
		ms_buf_clear(&bytes);
		ms_buf_printf(&key, "%s %s", mails[i].user, mails[i].source);
		ms_buf_add_str(&bytes, mails[i].head);
		if (mails[i].attached)
			ms_buf_add(&bytes, attached.p, attached.n);
		ms_sha256(bytes.p, bytes.n, digest);
		for (k = 0; k < got.n; k++)
			if (!got.rows[k].named &&
			    same(&got.rows[k].owner, &key) &&
			    memcmp(got.rows[k].digest, digest, MS_SHA_LEN) == 0)
				break;
		if (k == got.n)
			break;
	}
	ms_buf_release(&key);
	ms_buf_release(&bytes);
	return i == MAILS;
}

/* Reads the damaged archive in one way. */
static enum verdict
try(enum way way, enum action action, const char **why)
{
	struct ms_verify v = {.how = MS_VERIFY_DATA, .fault = count_fault};
	struct ms_verify_sum sum = {0};
	unsigned faults = 0;
	enum verdict verdict;

	v.ctx = &faults;
	*why = "";
	if (way == BUILT)
		remove_below("index");
	if (way == REBUILT && ms_verify_rebuild(&v, dir, &sum, NULL) < 0)
		return NAMED;
	if (way == VERIFIED && ms_verify(&v, dir, &sum, NULL) < 0)
		return NAMED;
	if (way == INGESTED || way == KNOWN)
		ingest_again();
	*why = "mail is stored again without an error";
	if (way == KNOWN)
		return any_new ? WRONG : SOUND;
	look(&got, way == INGESTED ? LIST_BY_RECORD : action);
	if (way == INGESTED)
		return returns_acknowledged(why) ? SOUND : WRONG;
	verdict = compare(
	    faults > 0 || ((way == BUILT || way == REBUILT) && take_torn()),
	    why);
	if (way == KEPT && got.refused && got.err.code != MS_INDEX &&
	    got.err.code != MS_DATA) {
		*why = "refused without a remedy";
		return WRONG;
	}
	if (way == REBUILT && got.refused) {
		*why = "refused after --rebuild-index";
		return WRONG;
	}
	if ((way == BUILT || way == REBUILT) && got.empty_place) {
		*why = "a place is known without its message";
		return WRONG;
	}
	if (way == VERIFIED && verdict == NAMED && faults == 0) {
		*why = "not found by ms-verify";
		return WRONG;
	}
	return verdict;
}

static void
count(struct tally *t, enum way way, const char *what, size_t at)
{
	const char *why;
	enum action action = (enum action)((t->runs + seed) % ACTIONS);
	enum verdict verdict = try(way, action, &why);

	t->runs++;
	t->named += verdict == NAMED;
	t->wrong += verdict == WRONG;
	if (verdict == WRONG && t->wrong <= SHOWN)
		printf("# %s at %zu, %s, action %d: %s: %s\n", what, at,
		    way_names[way], (int)action, why, got.err.msg);
	restore_pack();
	restore_index();
	take_torn();
}

static void
report(const struct tally *t, enum way way, const char *what)
{
	ok(t->runs > 0 && t->wrong == 0,
	    "%s, %s: %u runs, %u with an error, %u wrong", what, way_names[way],
	    t->runs, t->named, t->wrong);
}

/* ---- all kinds of damage ---- */

/* Every `step`-th byte is tried, from another one in each run. */
static size_t
first(size_t step)
{
	return seed % step;
}

static void
change_bytes(enum way way, size_t step)
{
	static const unsigned char values[] = {0x01, 0x80, 0x00, 0xff};
	struct tally t = {0};
	unsigned char c;
	size_t at, k;

	for (at = first(step); at < pack.n; at += step)
		for (k = 0; k < 4; k++) {
			c = k < 2 ? pack.p[at] ^ values[k] : values[k];
			/* One of the values, or all. */
			if (c == pack.p[at] ||
			    (!soak && (at / step + seed) % 4 != k))
				continue;
			overwrite(pack_path, at, &c, 1);
			count(&t, way, "byte", at);
		}
	report(&t, way, "each byte of the pack");
}

static void
cut_pack(enum way way, size_t step)
{
	struct tally t = {0};
	size_t n;

	for (n = first(step); n < pack.n; n += step) {
		/* Without an index, such a pack looks whole. */
		if (way != KEPT && is_end(n))
			continue;
		save(pack_path, pack.p, n);
		count(&t, way, "cut", n);
	}
	report(&t, way, "the pack cut at each length");
}

#ifndef __SANITIZE_ADDRESS__
#define PAGE 4096
#define HEADER 152 /* bytes of a page with the header of LMDB */

static void
damage_page(unsigned char *page, size_t at, int how)
{
	size_t i;

	switch (how) {
	case 0:
		memset(page, 0, PAGE);
		break;
	case 1: /* another page */
		at = (at + PAGE * (1 + seed % 7)) % sound_index.n;
		memcpy(page, sound_index.p + at / PAGE * PAGE, PAGE);
		break;
	case 2:
		ms_random(page, PAGE);
		break;
	case 3: /* the last row of the page is not counted any more */
		page[12] = (unsigned char)(page[12] - 2);
		break;
	default: /* one byte of what the page has */
		i = (size_t)random() % PAGE;
		while (page[i] == 0 && i + 1 < PAGE)
			i++;
		page[i] ^= (unsigned char)(1 << random() % 8);
	}
}

static void
damage_index(enum way way, int hows)
{
	unsigned char page[PAGE];
	struct tally t = {0};
	size_t at;
	int how;

	for (at = 0; at + PAGE <= sound_index.n; at += PAGE)
		for (how = 0; how < hows; how++) {
			memcpy(page, sound_index.p + at, PAGE);
			damage_page(page, at, how);
			if (memcmp(page, sound_index.p + at, PAGE) == 0)
				continue;
			overwrite(index_path, at, page, PAGE);
			count(&t, way, "page", at);
		}
	report(&t, way, "each page of the index");
}

/* Each byte of the two pages with which LMDB begins to read. */
static void
change_header(void)
{
	struct tally t = {0};
	unsigned char c;
	size_t at, i;

	for (at = 0; at < (size_t)2 * PAGE; at++) {
		if (at % PAGE >= HEADER)
			continue;
		for (i = 0; i < 2; i++) {
			c = (unsigned char)(sound_index.p[at] ^
					    (i == 0 ? 0x01 : 0x80));
			overwrite(index_path, at, &c, 1);
			count(&t, KEPT, "header", at);
		}
	}
	report(&t, KEPT, "each byte of the header of the index");
}

static void
cut_index(size_t step)
{
	struct tally t = {0};
	size_t n;

	for (n = 1 + first(step); n < sound_index.n; n += step) {
		save(index_path, sound_index.p, n);
		count(&t, KEPT, "index cut", n);
	}
	report(&t, KEPT, "the index cut");
}
#endif

int
main(void)
{
	const char *s = getenv("MS_SEED");
	const char *why;

	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	scratch_many_archives();
	if (scratch_make(dir) == NULL)
		return 1;
	soak = getenv("MS_SOAK") != NULL;
	seed = s != NULL ? strtoul(s, NULL, 10) : (unsigned long)getpid();
	srandom((unsigned)seed);
	printf("# seed %lu (MS_SEED repeats it)\n", seed);
	snprintf(pack_path, sizeof(pack_path), "%s/pack/00000001.pack", dir);
	snprintf(index_path, sizeof(index_path), "%s/index/data.mdb", dir);
	make_attachment();
	build();
	look(&want, LIST_BY_RECORD);
	look(&got, LIST_BY_DATE);
	ok(!want.refused && want.n == 11 && compare(false, &why) == SOUND,
	    "%zu occurrences in %zu bytes, index of %zu bytes", want.n, pack.n,
	    sound_index.n);
	look(&got, FIND_BY_ID);
	ok(compare(false, &why) == SOUND, "all are found by their ids");
	change_bytes(KEPT, soak ? 1 : 3);
	change_bytes(BUILT, soak ? 1 : 17);
	change_bytes(REBUILT, soak ? 1 : 23);
	change_bytes(VERIFIED, soak ? 1 : 61);
	change_bytes(INGESTED, soak ? 1 : 61);
	cut_pack(KEPT, soak ? 1 : 13);
	cut_pack(BUILT, soak ? 1 : 23);
	cut_pack(REBUILT, soak ? 1 : 37);
	cut_pack(INGESTED, soak ? 3 : 127);
#ifndef __SANITIZE_ADDRESS__ /* which does not let LMDB crash */
	change_header();
	damage_index(KEPT, soak ? 300 : 12);
	damage_index(KNOWN, soak ? 300 : 12);
	cut_index(soak ? 997 : 9973);
#endif
	ok(scratch_remove(dir) == 0, "nothing is left");
	return done();
}
