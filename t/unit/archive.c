/* archive.c - an archive is made, filled, and read back: walks in every order
 * and selection, ids by their first digits, messages, names, the lock. */
#include "archive-writer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ingest.h"
#include "scratch.h"
#include "stored.h"
#include "tap.h"

#define DAY 86400
#define FIRST_DAY ((int64_t)1000000000) /* of the dates of the messages */
#define MANY 5200                       /* messages of the folders 0 to 5 */
#define FOLDERS 7

static struct ms_row
    *rows; /* all occurrences, in the order of a walk by folder */
static size_t row_count;
static uint64_t numbers[FOLDERS], bob;

/* The wire form of message i. */
static size_t
message(int i, char *out, size_t room)
{
	int n = snprintf(out, room,
	    "Subject: %d\r\nFrom: a%d@example.org\r\n\r\nbody\r\n", i, i % 10);

	for (int k = 0; k < i % 40; k++)
		n += snprintf(out + n, room - (size_t)n, "line %d\r\n", k * i);
	return (size_t)n;
}

/* The message of a place "7/NUMBER". */
static int
of_place(const char *place)
{
	return (int)strtol(place + 2, NULL, 10) - 1;
}

static const char *
folder_name(int f)
{
	static char name[32];

	snprintf(name, sizeof(name), "Folder %d", f);
	return name;
}

static void
put(int i, int folder)
{
	char text[1024], place[32];
	struct ms_spec spec = {
	    .dest = ms_ingest_dest(in, folder == 5 ? "bob" : "alice", SOURCE,
		folder_name(folder), "a label", true),
	    .raw = {FIRST_DAY + (int64_t)(i * 7919L % 1000) * DAY,
		i % 50 != 0 ? MS_RAW_INTERNALDATE : MS_RAW_NONE},
	    .place = place,
	    .where = place};

	snprintf(place, sizeof(place), "7/%d", i + 1);
	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(in, (unsigned char *)text,
		message(i, text, sizeof(text)), NULL) < 0 ||
	    ms_ingest_end(in, NULL) < 0)
		ok(false, "message %d is stored", i);
}

static void
fill(struct ms_archive *a)
{
	uint64_t user = 0, source = 0;
	int i;

	in = ms_ingest_new(a, 2, store_result, NULL);
	for (i = 0; i < MANY; i++) {
		put(i, i % 2 == 0 ? 0 : i % 6);
		if (i % 11 == 0)
			put(i, i % 2 == 0 ? 2 : 4);
	}
	for (; i < MANY + 20; i++)
		put(i, 6);
	ok(ms_ingest_finish(in, NULL) == 0, "an archive is filled");
	ms_archive_source(a, SOURCE, &source, NULL);
	for (i = 0; i < FOLDERS; i++) {
		ms_archive_user(a, i == 5 ? "bob" : "alice", &user, NULL);
		ms_archive_folder(
		    a, user, source, folder_name(i), &numbers[i], NULL);
	}
	bob = numbers[5];
}

/* ---- walks ---- */

static bool
selected(const struct ms_select *sel, const struct ms_row *r)
{
	bool in_folder = sel->folders == NULL;

	for (size_t i = 0; i < sel->folder_count; i++)
		in_folder = in_folder || sel->folders[i] == r->folder;
	return in_folder && r->number >= sel->first &&
	       (!sel->has_since || r->sent >= sel->since) &&
	       (!sel->has_before || r->sent < sel->before);
}

#define ORDER(x, y)                                                            \
	if ((x) != (y))                                                        \
	return (x) < (y) ? -1 : 1

static int
by_date(const void *p, const void *q)
{
	const struct ms_row *x = p, *y = q;

	ORDER(x->sent, y->sent);
	ORDER(x->number, y->number);
	return 0;
}

static int
by_folder(const void *p, const void *q)
{
	const struct ms_row *x = p, *y = q;

	ORDER(x->folder, y->folder);
	return by_date(p, q);
}

static int
by_record(const void *p, const void *q)
{
	const struct ms_row *x = p, *y = q;

	ORDER(x->message, y->message);
	ORDER(x->folder, y->folder);
	return 0;
}

/* Is the result of a walk the same as the selected rows, sorted? */
static bool
walk_is(struct ms_archive *a, const struct ms_select *sel)
{
	int (*const orders[])(const void *, const void *) = {
	    by_date, by_folder, by_record};
	struct ms_row *want = ms_xcalloc(row_count + 1, sizeof(*want));
	const struct ms_row *row;
	struct ms_walk *w;
	size_t n = 0, got = 0;
	int rc;

	for (size_t i = 0; i < row_count; i++)
		if (selected(sel, &rows[i]))
			want[n++] = rows[i];
	qsort(want, n, sizeof(*want), orders[sel->order]);
	if (ms_walk_open(&w, a, sel, NULL) < 0)
		return false;
	while ((rc = ms_walk_next(w, &row, NULL)) == 1 && got < n &&
	       row->number == want[got].number &&
	       memcmp(row->id, want[got].id, MS_SHA_LEN) == 0)
		got++;
	ms_walk_close(w);
	free(want);
	return rc == 0 && got == n;
}

static void
walks(struct ms_archive *a)
{
	static const int64_t dates[][2] = {{-1, -1}, {100, -1}, {-1, 500},
	    {100, 500}, {300, 300}, {300, 301}, {0, 1}, {999, -1}, {1000, -1}};
	uint64_t none[] = {3}, some[] = {numbers[2], numbers[6]}, all[FOLDERS],
		 odd[] = {1, numbers[1], numbers[3] + 1000000};
	const struct {
		const uint64_t *p;
		size_t n;
	} folders[] = {{NULL, 0}, {all, FOLDERS}, {&numbers[0], 1}, {some, 2},
	    {odd, 3}, {none, 1}, {none, 0}, {&numbers[6], 1}, {&bob, 1}};
	const struct ms_select everything = {.order = MS_BY_FOLDER};
	const struct ms_row *row;
	struct ms_walk *w;
	uint64_t first[4] = {0};
	size_t bad = 0;

	memcpy(all, numbers, sizeof(all));
	for (size_t i = 1; i < FOLDERS; i++) /* ascending */
		for (size_t k = i; k > 0 && all[k] < all[k - 1]; k--) {
			uint64_t t = all[k];

			all[k] = all[k - 1];
			all[k - 1] = t;
		}
	rows = ms_xcalloc(2 * MANY, sizeof(*rows));
	ms_walk_open(&w, a, &everything, NULL);
	while (row_count < 2 * MANY && ms_walk_next(w, &row, NULL) == 1)
		rows[row_count++] = *row;
	ms_walk_close(w);
	ok(row_count == MANY + 20 + (MANY + 10) / 11,
	    "all occurrences are found: %zu", row_count);
	for (size_t i = 0; i < row_count; i++) {
		const struct ms_row *r = &rows[i];
		int n = of_place(r->place);
		char text[1024];
		unsigned char id[MS_SHA_LEN];
		size_t size = message(n, text, sizeof(text));

		ms_sha256(text, size, id);
		bad +=
		    memcmp(id, r->id, sizeof(id)) != 0 || r->size != size ||
		    r->sent !=
			(n % 50 == 0 ? 0
				     : FIRST_DAY +
					   (int64_t)(n * 7919L % 1000) * DAY) ||
		    r->arrived != r->sent ||
		    ((r->bits & MS_ROW_UNDATED) != 0) != (n % 50 == 0) ||
		    (i > 0 && by_folder(&rows[i - 1], r) >= 0);
	}
	ok(bad == 0, "they have id, size, date and place, in order");
	first[1] = rows[row_count / 2].number;
	first[2] = rows[row_count / 3].number + 1;
	first[3] = UINT64_MAX;
	for (size_t f = 0; f < sizeof(folders) / sizeof(folders[0]); f++)
		for (size_t d = 0; d < sizeof(dates) / sizeof(dates[0]); d++)
			for (int o = MS_BY_DATE; o <= MS_BY_RECORD; o++) {
				struct ms_select sel = {.folders = folders[f].p,
				    .folder_count = folders[f].n,
				    .first = first[(f + d) % 4],
				    .has_since = dates[d][0] >= 0,
				    .has_before = dates[d][1] >= 0,
				    .since = FIRST_DAY + dates[d][0] * DAY,
				    .before = FIRST_DAY + dates[d][1] * DAY,
				    .order = (enum ms_order)o};

				if (!walk_is(a, &sel)) {
					printf("# folders %zu, dates %zu, "
					       "order %d\n",
					    f, d, o);
					bad++;
				}
			}
	ok(bad == 0, "every selection in every order");
	ms_walk_close(NULL);
}

/* ---- messages ---- */

static void
ids(struct ms_archive *a)
{
	static const size_t lengths[] = {0, 1, 2, 3, 4, 31, 32, 33, 63, 64};
	char hex[MS_SHA_HEX + 2], other[MS_SHA_HEX + 1];
	uint64_t found[64];
	size_t bad = 0;

	for (size_t i = 0; i < row_count; i += 501)
		for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]);
		     l++) {
			size_t want = 0;
			int got;

			ms_hex(rows[i].id, MS_SHA_LEN, hex);
			hex[lengths[l]] = '\0';
			for (size_t k = 0; k < row_count && want < 50; k++) {
				/* The first place of each message. */
				int n = of_place(rows[k].place);

				if (n % 11 == 0 && n < MANY &&
				    rows[k].folder != numbers[2] &&
				    rows[k].folder != numbers[4])
					continue;
				ms_hex(rows[k].id, MS_SHA_LEN, other);
				want += strncmp(hex, other, lengths[l]) == 0;
			}
			got = ms_archive_find(a, hex, found, 50, NULL);
			bad += got != (int)want && !(got == 50 && want == 50);
			if (lengths[l] == MS_SHA_HEX)
				bad += got != 1 || found[0] != rows[i].message;
		}
	ok(bad == 0, "messages are found by the first digits of their ids");
	ok(ms_archive_find(a, "", found, 3, NULL) == 3,
	    "no more messages are returned than requested");
	ok(ms_archive_find(a, "xyz", found, 3, NULL) == 0,
	    "other text finds no message");
	ms_hex(rows[0].id, MS_SHA_LEN, hex);
	hex[MS_SHA_HEX] = '0';
	hex[MS_SHA_HEX + 1] = '\0';
	ok(ms_archive_find(a, hex, found, 3, NULL) == 0,
	    "more digits than an id has find no message");
	hex[MS_SHA_HEX - 1] = hex[MS_SHA_HEX - 1] == '0' ? '1' : '0';
	hex[MS_SHA_HEX] = '\0';
	ok(ms_archive_find(a, hex, found, 3, NULL) == 0,
	    "the last digit is compared");
}

/* Messages of all packs, so that the reader opens and closes them in turn. */
static void
messages(struct ms_archive *a)
{
	static const unsigned char none[MS_SHA_LEN];
	struct ms_buf got = {0}, places = {0};
	size_t bad = 0, at = 0;
	struct ms_err err = {0};
	int64_t when = 0;

	for (size_t i = 0; i < 400 && row_count > 0; i++) {
		const struct ms_row *r;
		unsigned char id[MS_SHA_LEN], again[MS_SHA_LEN];
		uint64_t size = 0;
		char text[1024];
		size_t n, head;

		at = (at + 2741) % row_count;
		r = &rows[at];
		n = message(of_place(r->place), text, sizeof(text));
		head = (size_t)(strstr(text, "\r\n\r\n") + 4 - text);
		ms_buf_clear(&got);
		bad += ms_archive_emit(a, r->message, r->id, MS_FORM_CRLF,
			   ms_buf_append, &got, &err) < 0;
		ms_sha256(got.p, got.n, id);
		bad += memcmp(id, r->id, sizeof(id)) != 0;
		bad += ms_archive_check(a, r->message, r->id, &err) < 0;
		bad += ms_archive_identity(a, r->message, again, &size, &err) <
			   0 ||
		       size != n || memcmp(again, id, sizeof(id)) != 0;
		ms_buf_clear(&got);
		bad +=
		    ms_archive_header(a, r->message, r->id, &got, &err) < 0 ||
		    got.n < head - 6 || memcmp(got.p, text, 8) != 0;
		ms_buf_clear(&places);
		bad += ms_archive_occurrences(a, r->message, &places, &err) < 0;
		n = 0;
		for (size_t k = 0; k < row_count; k++)
			n += memcmp(rows[k].id, id, sizeof(id)) == 0;
		bad += places.n != n * sizeof(struct ms_row);
	}
	ok(bad == 0, "messages are put together: %s", err.msg);
	ok(ms_archive_emit(a, numbers[0], none, MS_FORM_CRLF, ms_buf_append,
	       &got, &err) < 0 &&
		err.code == MS_DATA,
	    "a folder is no message: %s", err.msg);
	ok(ms_archive_committed(a, rows[0].number, &when, &err) == 0 &&
		when <= time(NULL) && when > time(NULL) - 3600,
	    "a record has the time of its commit");
	ms_buf_release(&got);
	ms_buf_release(&places);
}

/* ---- names ---- */

static void
names(struct ms_archive *a)
{
	static const struct {
		const char *name;
		bool good;
	} users[] = {{"a", true}, {"a-b", true}, {"-a", false}, {"", false},
	    {"a/b", false}, {"a\nb", false}, {"a\x7f", false},
	    {"\xc3\xa4", true}, {"\xc3", false}, {"a b", true}};
	char longest[MS_USER_MAX + 2];
	const struct ms_folder **all = NULL, *f;
	uint64_t user = 0, source = 0, number = 0;
	size_t count = 0, bad = 0;

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		ok(ms_user_name_ok(users[i].name) == users[i].good,
		    "user name %zu is %s", i,
		    users[i].good ? "good" : "refused");
	memset(longest, 'u', sizeof(longest));
	longest[MS_USER_MAX + 1] = '\0';
	ok(!ms_user_name_ok(longest),
	    "a user name that is too long is invalid");
	longest[MS_USER_MAX] = '\0';
	ok(ms_user_name_ok(longest), "the longest user name is valid");

	ok(ms_archive_user(a, "carol", &user, NULL) == 0 &&
		ms_archive_user(a, "alic", &user, NULL) == 0,
	    "an unknown user is not found");
	ok(ms_archive_user(a, "alice", &user, NULL) == 1 && user > 0 &&
		ms_archive_active_user(a, "alice", &number, NULL) == 1 &&
		number == user,
	    "a user is found");
	ok(ms_archive_source(a, "imap://b@h/", &source, NULL) == 0 &&
		ms_archive_source(a, SOURCE, &source, NULL) == 1,
	    "a source is found");
	ok(ms_archive_folder(a, user, source, "Folder 5", &number, NULL) == 0 &&
		ms_archive_folder(a, user, source, "Folder", &number, NULL) ==
		    0 &&
		ms_archive_folder(a, user, source, "Folder 1", &number, NULL) ==
		    1 &&
		number == numbers[1],
	    "a folder belongs to a user");
	ok(ms_archive_folders(a, &all, &count, NULL) == 0 && count == FOLDERS,
	    "all folders are found: %zu", count);
	for (size_t i = 0; i < count; i++) {
		bad += i > 0 && all[i - 1]->number >= all[i]->number;
		bad += ms_archive_folder_get(a, all[i]->number, &f, NULL) != 1;
		bad += f->number != all[i]->number ||
		       strncmp(f->name, "Folder ", 7) != 0 ||
		       strcmp(f->source_url, SOURCE) != 0 ||
		       strcmp(f->label, "a label") != 0 ||
		       strcmp(f->user_name,
			   f->number == bob ? "bob" : "alice") != 0 ||
		       numbers[f->name[7] - '0'] != f->number;
	}
	ok(bad == 0, "each folder has its names");
	free(all);
	ok(ms_archive_folder_get(a, 1, &f, NULL) == 0 &&
		ms_archive_folder_get(a, UINT64_MAX, &f, NULL) == 0,
	    "other records have no names");
}

/* ---- creation and locking ---- */

/* What ms_archive_init() says of a folder with one entry. */
static enum ms_code
init_with(const char *name, bool folder, const char *user)
{
	char dir[SCRATCH_MAX];
	struct ms_err err = {0};
	int fd, rc;

	if (scratch_make(dir) == NULL)
		return MS_BUG;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	if (folder)
		mkdirat(fd, name, 0700);
	else if (name != NULL)
		close(openat(fd, name, O_WRONLY | O_CREAT, 0600));
	rc = ms_archive_init(dir, user, &err);
	close(fd);
	scratch_remove(dir);
	return rc == 0 ? MS_OK : err.code;
}

/* The same while another process holds `lock`. */
static enum ms_code
init_locked(void)
{
	char dir[SCRATCH_MAX];
	struct ms_err err = {0};
	int fd, lock, rc;

	if (scratch_make(dir) == NULL)
		return MS_BUG;
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	lock = openat(fd, "lock", O_RDWR | O_CREAT, 0600);
	rc = flock(lock, LOCK_EX) < 0 ? 0 : ms_archive_init(dir, "a", &err);
	close(lock);
	close(fd);
	scratch_remove(dir);
	return rc == 0 || strstr(err.msg, "another ms-init") == NULL ? MS_OK
								     : err.code;
}

static void
creation(const char *dir)
{
	static const char *const parts[] = {
	    "pack", "secret", "tmp", "lock", "index", "FORMAT"};
	struct ms_err err = {0};
	char path[64];
	struct stat st;
	size_t bad = 0;

	ok(init_with(NULL, false, "alice") == MS_OK,
	    "an archive is created in an empty folder");
	ok(init_with("x", false, "alice") == MS_EXISTS,
	    "not in a folder with a file");
	ok(init_with("x", true, "alice") == MS_EXISTS,
	    "not in a folder with a folder");
	ok(init_with("lock", false, "alice") == MS_OK,
	    "ms-init completes an unfinished archive");
	ok(init_with("pack", true, "alice") == MS_EXISTS &&
		init_with("secret", true, "alice") == MS_EXISTS &&
		init_with("tmp", true, "alice") == MS_EXISTS &&
		init_with("index", true, "alice") == MS_EXISTS,
	    "a folder with a part of an archive and without lock is refused");
	ok(init_locked() == MS_EXISTS, "nor one that is being made");
	ok(init_with(NULL, false, "-x") == MS_USAGE,
	    "an invalid user name is refused");
	ok(ms_archive_init(dir, "alice", &err) < 0 && err.code == MS_EXISTS,
	    "an existing archive is refused: %s", err.msg);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
		bad += stat(path, &st) < 0 || (st.st_mode & 077) != 0;
	}
	ok(bad == 0, "all parts of the archive are private");
}

static void
locking(struct ms_archive *a, const char *dir)
{
	struct ms_archive *b = NULL;
	struct ms_err err = {0};

	ok(ms_archive_open(&b, "/nowhere", MS_ARCHIVE_READ, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "an archive that does not exist is refused: %s", err.msg);
	ok(ms_archive_open(&b, "/", MS_ARCHIVE_READ, &err) < 0 &&
		err.code == MS_NOINPUT,
	    "a folder that is no archive is refused: %s", err.msg);
	ok(ms_archive_open(&b, dir, MS_ARCHIVE_READ, NULL) == 0 &&
		strcmp(ms_archive_path(a), ms_archive_path(b)) == 0,
	    "a second handle is opened");
	ok(ms_archive_lock(a, false, NULL) == 1 &&
		ms_archive_lock(b, false, NULL) == 0,
	    "only one has the lock");
	ms_archive_unlock(a);
	ok(ms_archive_lock(b, false, NULL) == 1 &&
		ms_archive_lock(a, false, NULL) == 0,
	    "the other handle gets the lock after that");
	ms_archive_unlock(b);
	ms_archive_close(b);
	ms_archive_close(NULL);
}

/* ---- what processes leave that were killed ---- */

static void
make_file(int fd, const char *name)
{
	close(openat(fd, name, O_WRONLY | O_CREAT, 0600));
}

static bool
has(int fd, const char *name)
{
	return faccessat(fd, name, F_OK, 0) == 0;
}

static void
leftovers(const char *dir)
{
	static const struct ms_select all = {.order = MS_BY_DATE};
	struct ms_archive *a = NULL;
	const struct ms_row *row;
	struct ms_walk *w;
	struct ms_err err = {0};
	uint64_t next;
	size_t n = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	make_file(fd, "tmp/pack.new");
	make_file(fd, "tmp/other");
	make_file(fd, "tmp/.new");
	mkdirat(fd, "tmp/index.new", 0700);
	make_file(fd, "tmp/index.new/data.mdb");
	mkdirat(fd, "tmp/verify.new", 0700);
	mkdirat(fd, "tmp/verify.new/index", 0700);
	make_file(fd, "tmp/verify.new/index/data.mdb");
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_catch_up(a, true, &err) == 0,
	    "an archive with unfinished files is opened: %s", err.msg);
	ok(!has(fd, "tmp/pack.new") && !has(fd, "tmp/index.new") &&
		!has(fd, "tmp/verify.new"),
	    "unfinished files are deleted from tmp");
	ok(has(fd, "tmp/other") && has(fd, "tmp/.new"),
	    "no other files are deleted");
	next = a->checked.next;
	ms_archive_close(a);

	unlinkat(fd, "index/data.mdb", 0);
	unlinkat(fd, "index/lock.mdb", 0);
	unlinkat(fd, "index", AT_REMOVEDIR);
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0 &&
		ms_archive_lock(a, true, &err) == 1 &&
		ms_archive_catch_up(a, true, &err) == 0 &&
		a->checked.next == next,
	    "a missing index is built: %s", err.msg);
	ms_walk_open(&w, a, &all, NULL);
	while (ms_walk_next(w, &row, NULL) == 1)
		n++;
	ms_walk_close(w);
	ok(n == row_count, "the index has all occurrences");
	ms_archive_close(a);
	close(fd);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	int bad;

	setenv("MS_BATCH", "500", 1);
	setenv("MS_SEAL", "60000", 1);
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", &err) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) < 0) {
		ok(false, "an archive: %s", err.msg);
		return done();
	}
	creation(dir);
	fill(a);
	walks(a);
	ids(a);
	messages(a);
	names(a);
	locking(a, dir);
	ms_archive_close(a);
	leftovers(dir);
	free(rows);
	bad = done();
	scratch_remove(dir);
	return bad;
}
