/*
 * ingest-also.c - a message for several destinations is processed and stored
 * once, and recorded in all of them by one batch; users who were deleted; and
 * destinations that are freed. See ms_ingest_also().
 */
#include "ingest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "scratch.h"
#include "tap.h"

#define LARGE (2 * 1024 * 1024 + 1) /* bytes; does not go to a worker */

/*
 * Each word is a message and the users who get it, `|` ends a pipeline, and `*`
 * makes a batch full after each message. L is a large message, M has mixed line
 * ends. The user a exists, other small letters are created, and capital letters
 * are unknown. The result of a deposit is n(ew), k(nown) or f(ailed), with + if
 * an OCCURRENCE was recorded; a blank ends those of a message. Then follow the
 * records of the last pipeline: B BLOB, M MESSAGE, O OCCURRENCE, E EVENT,
 * C COMMIT.
 */
static const struct row {
	const char *messages, *results, *written, *name;
} rows[] = {
    {"X>a", "n+ ", "M1 O1 E2 C1", "one destination"},
    {"X>ab", "n+k+ ", "M1 O2 E4 C1", "two"},
    {"X>abc Y>cb", "n+k+k+ n+k+ ", "M2 O5 E6 C1", "two messages"},
    {"X>aU", "n+f ", "M1 O1 E2 C1", "the second user is unknown"},
    {"X>Ua", "fn+ ", "M1 O1 E2 C1", "the first one"},
    {"X>UVab", "ffn+k+ ", "M1 O2 E4 C1", "the first two"},
    {"X>UV", "ff ", "", "all"},
    {"X>UV Y>a", "ff n+ ", "M1 O1 E2 C1", "all, and then another message"},
    {"X>ab | X>ab", "kk ", "", "known"},
    {"X>ab | X>abc", "kkk+ ", "O1 E2 C1", "known to two of three"},
    {"X>a | X>ba", "k+k ", "O1 E2 C1", "known to the second"},
    {"X>ab X>ab", "n+k+ kk ", "M1 O2 E4 C1", "twice"},
    {"* X>abc Y>ab", "n+k+k+ n+k+ ", "M2 O5 E6 C2",
	"a batch is not full between two"},

    {"M>ab", "n+k+ ", "M1 O2 E4 C1", "mixed line ends"},
    {"M>a | M>ab", "kk+ ", "O1 E2 C1", "known, with mixed line ends"},
    {"M>Ua", "fn+ ", "M1 O1 E2 C1", "the first user is unknown"},

    {"L>a", "n+ ", "B1 M1 O1 E2 C1", "a large message"},
    {"L>ab", "n+k+ ", "B1 M1 O2 E4 C1", "for two"},
    {"L>aUb", "n+fk+ ", "B1 M1 O2 E4 C1", "the second user is unknown"},
    {"L>Ua", "fn+ ", "B1 M1 O1 E2 C1", "the first one"},
    {"L>U", "f ", "", "an unknown user"},
    {"L>UV", "ff ", "", "two unknown users"},
    {"L>UV L>a X>a", "ff n+ n+ ", "B1 M2 O2 E2 C1",
	"two unknown users, and then a known one"},
    {"M>UV", "ff ", "", "mixed line ends, and two unknown users"},
    {"L>a | L>ab", "kk+ ", "O1 E2 C1", "known"},
    {"L>ab | L>ab", "kk ", "", "known to all"},
    {"X>ab L>ab Y>ab", "n+k+ n+k+ n+k+ ", "B1 M3 O6 E4 C1",
	"between small messages"},
};

static struct ms_archive *a;
static struct ms_buf results;
static bool more, ordered;

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	(void)where;
	/* The first deposit is no copy, and all but the last have more. */
	ordered = ordered && d->copy == more;
	more = d->more;
	ms_buf_add_byte(&results, (unsigned char)"nkfl"[d->outcome]);
	if (d->occurrence)
		ms_buf_add_byte(&results, '+');
	if (!more)
		ms_buf_add_byte(&results, ' ');
}

/* ---- messages ---- */

static void
make_text(char letter, struct ms_buf *text)
{
	unsigned state = 1;

	ms_buf_printf(text, "Subject: %c\r\n\r\n", letter);
	if (letter == 'M')
		ms_buf_add_str(text, "mixed\n");
	while (letter == 'L' && text->n < LARGE) {
		state = state * 1103515245 + 12345;
		ms_buf_printf(
		    text, text->n % 80 > 70 ? "%u\r\n" : "%u", state >> 8);
	}
}

/* The folder of a user. */
static struct ms_dest *
dest_of(struct ms_ingest *in, char letter)
{
	char user[] = {letter, '\0'};

	return ms_ingest_dest(
	    in, user, "imap://h/", "A", NULL, letter >= 'a' && letter <= 'z');
}

static void
add(struct ms_ingest *in, const char *word)
{
	struct ms_spec spec = {.dest = dest_of(in, word[2]), .where = word};
	struct ms_buf text = {0};
	size_t half;

	make_text(word[0], &text);
	half = text.n / 2;
	ms_ingest_begin(in, &spec, NULL);
	for (word += 3; *word != '\0'; word++)
		ms_ingest_also(in, dest_of(in, *word));
	ms_ingest_data(in, text.p, half, NULL);
	ms_ingest_data(in, text.p + half, text.n - half, NULL);
	ms_ingest_end(in, NULL);
	ms_buf_release(&text);
}

static int
run(char *words)
{
	struct ms_ingest *in;
	char *word;

	words += strspn(words, " ");
	if (*words == '*')
		setenv("MS_BATCH", "1", 1);
	in = ms_ingest_new(a, 2, result, NULL);
	unsetenv("MS_BATCH");
	ms_buf_clear(&results);
	while ((word = strsep(&words, " *")) != NULL)
		if (*word != '\0')
			add(in, word);
	return ms_ingest_finish(in, NULL);
}

/* ---- what was written ---- */

static void
show_records(uint64_t from, struct ms_buf *out)
{
	static const char letters[] = " BMOPVEC";
	size_t n[MS_COMMIT + 1] = {0};
	struct ms_buf content = {0};
	unsigned type;

	for (; from < a->checked.next; from++)
		for (type = MS_BLOB; type <= MS_COMMIT; type++)
			if (ms_archive_content(
				a, from, (uint8_t)type, &content, NULL) == 0) {
				n[type]++;
				break;
			}
	for (type = MS_BLOB; type <= MS_COMMIT; type++)
		if (n[type] > 0)
			ms_buf_printf(out, "%s%c%zu", out->n > 0 ? " " : "",
			    letters[type], n[type]);
	ms_buf_release(&content);
}

static void
expect(int rc, uint64_t from, const char *want, const char *written,
    const char *name)
{
	struct ms_buf out = {0};

	show_records(from, &out);
	ok(rc == 0 && ordered && strcmp(ms_buf_str(&results), want) == 0,
	    "%s: %s", name, ms_buf_str(&results));
	ok(strcmp(ms_buf_str(&out), written) == 0, "  %s", ms_buf_str(&out));
	ms_buf_release(&out);
}

static void
check(const struct row *r)
{
	char *all = ms_xstrdup(r->messages), *rest = all, *words;
	uint64_t from = 0;
	int rc = 0;

	more = false;
	ordered = true;
	while ((words = strsep(&rest, "|")) != NULL && rc == 0) {
		from = a->checked.next;
		rc = run(words);
	}
	expect(rc, from, r->results, r->written, r->name);
	free(all);
}

/* ---- users who were deleted ---- */

static void
set_deleted(uint64_t user, bool deleted)
{
	struct ms_buf event = {0};

	ms_buf_printf(&event,
	    "{\"event\":\"user-set\",\"user\":%llu,\"deleted\":%s}",
	    (unsigned long long)user, deleted ? "true" : "false");
	ok(ms_archive_log_event(a, ms_buf_slice(&event), NULL) == 0,
	    "a user is %s", deleted ? "deleted" : "restored");
	ms_buf_release(&event);
}

/* A deleted user gets no mail, unless users may be created: then the user is
 * restored, once in a batch. */
static void
deleted_users(void)
{
	char first[] = "X>b", again[] = "X>b Y>b Z>b", last[] = "Z>b";
	struct ms_ingest *in;
	struct ms_spec spec = {.where = ""};
	uint64_t from, user = 0, number = 0;

	ok(run(first) == 0 && ms_archive_user(a, "b", &user, NULL) == 1,
	    "a user");
	set_deleted(user, true);
	from = a->checked.next;
	ms_buf_clear(&results);
	in = ms_ingest_new(a, 1, result, NULL);
	spec.dest = ms_ingest_dest(in, "b", "imap://h/", "B", NULL, false);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)"N: x\n\n", 6, NULL);
	ms_ingest_end(in, NULL);
	expect(ms_ingest_finish(in, NULL), from, "f ", "",
	    "a deleted user gets no mail");
	from = a->checked.next;
	expect(run(again), from, "k n+ n+ ", "M2 O2 E1 C1",
	    "a user who may be created is restored");
	ok(ms_archive_active_user(a, "b", &number, NULL) == 1 && number == user,
	    "  it is the same user");
	from = a->checked.next;
	expect(run(last), from, "k ", "", "  which gets mail as before");
}

/* ---- destinations that are freed ---- */

static void
many_destinations(void)
{
	const unsigned n = 8200;
	struct ms_ingest *in = ms_ingest_new(a, 1, result, NULL);
	struct ms_spec spec = {.where = ""};
	char folder[32];
	unsigned i;
	uint64_t from = a->checked.next;
	struct ms_buf out = {0};

	ms_buf_clear(&results);
	for (i = 0; i < n; i++) {
		ms_ingest_trim(in);
		snprintf(folder, sizeof(folder), "F%u", i);
		spec.dest =
		    ms_ingest_dest(in, "a", "imap://h/", folder, NULL, false);
		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(in, (const unsigned char *)"X: y\n\n", 6, NULL);
		ms_ingest_end(in, NULL);
	}
	/* All but the last few were committed when they were freed. */
	ok(results.n > 3 * (size_t)8000, "destinations are freed");
	ok(ms_ingest_finish(in, NULL) == 0 && results.n == 3 * (size_t)n,
	    "mail for %u folders", n);
	for (i = 0; from < a->checked.next; from++)
		i +=
		    ms_archive_content(a, from, MS_OCCURRENCE, &out, NULL) == 0;
	ok(i == n, "  is in all of them");
	ms_buf_release(&out);
}

/* ---- commits in between ---- */

/* ms_ingest_commit() waits for the results of what was added, and a message
 * that is dropped has none. */
static void
commits(void)
{
	struct ms_ingest *in = ms_ingest_new(a, 2, result, NULL);
	struct ms_spec spec = {.dest = dest_of(in, 'a')};

	ms_buf_clear(&results);
	ok(ms_ingest_commit(in, NULL) == 0 && ms_ingest_added(in) == 0,
	    "a commit of nothing");
	add(in, "X>ab");
	add(in, "L>aU");
	ok(ms_ingest_added(in) == 2 && ms_ingest_commit(in, NULL) == 0 &&
		strcmp(ms_buf_str(&results), "n+k+ n+f ") == 0,
	    "the results of two messages: %s", ms_buf_str(&results));
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)"A: b\n", 5, NULL);
	ms_ingest_drop(in);
	add(in, "Y>a");
	ok(ms_ingest_added(in) == 3 && ms_ingest_commit(in, NULL) == 0 &&
		strcmp(ms_buf_str(&results), "n+k+ n+f n+ ") == 0,
	    "then of one, after one that was dropped: %s",
	    ms_buf_str(&results));
	ok(ms_ingest_finish(in, NULL) == 0 && results.n == 12,
	    "there are no more at the end");
}

static void
with_archive(void (*test)(void), const struct row *r)
{
	char dir[SCRATCH_MAX];

	more = false;
	ordered = true;
	if (scratch_make(dir) == NULL || ms_archive_init(dir, "a", NULL) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0) {
		ok(false, "an archive");
		return;
	}
	if (r != NULL)
		check(r);
	else
		test();
	ms_archive_close(a);
	a = NULL;
	scratch_remove(dir);
}

int
main(void)
{
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		with_archive(NULL, &rows[i]);
	with_archive(deleted_users, NULL);
	with_archive(many_destinations, NULL);
	with_archive(commits, NULL);
	ms_buf_release(&results);
	return done();
}
