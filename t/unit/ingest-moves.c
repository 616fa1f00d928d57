/*
 * ingest-moves.c - tests lib/ingest/batch-moves.c: which moves are recorded,
 * and when those of another archive count. ms-stream(5), Moves of another
 * archive.
 */
#include "ingest.h"

#include <stdlib.h>
#include <string.h>

#include "archive-writer.h"
#include "scratch.h"
#include "tap.h"

#define TEXT "Subject: x\r\n\r\nx\r\n"

/*
 * The same message comes to folders. Each word is one deposit, `|` ends a
 * batch:
 *   A        in folder A, without a place
 *   A:1      with the UID 1; any letter instead of a digit: that UIDL
 *   B<A      it was moved to B from A
 *   B<A[1,2]@9   another archive says so: the UIDs of A, and the time
 *   A:2!     another archive says that the message has left A
 * The result has the folders in the order of their names, each with the folder
 * to which the message was moved and when ("now" is the time of the test), and
 * then the number of MOVED records of the last batch.
 */
static const struct row {
	const char *deposits, *want, *name;
} rows[] = {
    {"A:1 B:1<A", "A>B@now B; 1", "moved"},
    {"A:1 B:1<A | B:1<A", "A>B@now B; 0", "the same move again"},
    {"A:1 B:1<A | B:2<A", "A>B@now B; 0",
	"the same move again, at a further place"},
    {"A:1 B:1 | B:1<A", "A B; 0", "a known place: an old move"},
    {"A:1 B | B<A", "A>B@now B; 1", "a known message without a place is moved"},
    {"A:1 B:1<A C:1<B", "A>B@now B>C@now C; 2", "moved on"},
    {"A:1 B:1<A A:2<B", "A B>A@now; 2", "moved back"},
    {"A:1 | A:2<A", "A; 0", "moved from its own folder"},
    {"A:1 | A:2<Z", "A; 0", "moved from a folder without it"},

    /* A move that is recorded now is the last one. */
    {"A:1 B:1<A[1]@5000000000 | C:1<A", "A>C@5000000001 B C; 1",
	"after a later move from this folder"},
    {"A:1 B:1<A[1]@5000000000 | A:2<B | C:2<A",
	"A>C@5000000002 B>A@5000000001 C; 1", "after later moves"},
    {"A:1 B:1 C:1<B[1]@5000000000 | B<A", "A>B@5000000001 B C; 1",
	"after a later move to this folder"},
    {"A:1 B:1<A[1]@9223372036854775807 | C:1<A",
	"A>C@9223372036854775807 B C; 1",
	"after a move at the latest possible time"},

    {"A:1 B:1<A[1]@10", "A>B@10 B; 1", "another archive says so"},
    {"A:1 B:1<A[1]@10 | B:1<A[1]@10", "A>B@10 B; 0",
	"another archive says so again"},
    {"A:1 B:1<A[1]@10 | B:1<A[1]@20", "A>B@10 B; 0",
	"another archive says so again, with a later time"},
    {"A:1 B:1 | B:1<A[1]@10", "A>B@10 B; 1",
	"another archive says so of a known place"},
    {"A:1 B<Z[1]@10", "A B; 0", "another archive says so of an unknown folder"},

    /* All UIDs must be listed. */
    {"A:1 B<A[]@10", "A B; 0", "no UID is listed"},
    {"A:1 B<A[2]@10", "A B; 0", "another UID"},
    {"A:1 B<A[11]@10", "A B; 0", "a longer UID"},
    {"A:11 B<A[1]@10", "A B; 0", "a shorter UID"},
    {"A:1 B<A[2,1]@10", "A>B@10 B; 1", "the last one of two listed UIDs"},
    {"A:1 B<A[1,2]@10", "A>B@10 B; 1", "the first one of two listed UIDs"},
    {"A:2 B<A[1,2,3]@10", "A>B@10 B; 1", "one of three listed UIDs"},
    {"A:1 A:2 B<A[1]@10", "A B; 0", "the second place is not listed"},
    {"A:2 A:1 B<A[1]@10", "A B; 0", "the first place is not listed"},
    {"A:1 A:2 A:3 B<A[1,3]@10", "A B; 0", "one of three places is not listed"},
    {"A:1 A:2 A:3 B<A[3,1,2]@10", "A>B@10 B; 1", "all three places are listed"},
    {"A:u B<A[]@10", "A>B@10 B; 1", "a UIDL counts as no place"},
    {"A B<A[]@10", "A>B@10 B; 1", "a message without a place"},
    {"A:u A:1 B<A[]@10", "A B; 0", "a UIDL and a UID"},
    {"A:u A:1 B<A[1]@10", "A>B@10 B; 1", "a UIDL and a UID that is listed"},
    {"A:1 A:u B<A[1]@10", "A>B@10 B; 1",
	"a UID that is listed, and then a UIDL"},
    {"A:1 A:u B<A[]@10", "A B; 0", "a UID that is not listed, and then a UIDL"},
    {"A:1 B:2 C<A[1]@10", "A>C@10 B C; 1", "places of another folder"},

    /* Without UIDs, the time counts. */
    {"A B<A[]@10 A<B[]@20 | B<A[]@15", "A B>A@20; 0", "an older move"},
    {"A B<A[]@10 A<B[]@20 | B<A[]@19", "A B>A@20; 0",
	"a move one second earlier"},
    {"A B<A[]@10 A<B[]@20 | B<A[]@20", "A>B@20 B; 1", "at the same time"},
    {"A B<A[]@10 A<B[]@20 | B<A[]@25", "A>B@25 B; 1", "a later move"},

    /* Two archives saw moves to different folders. */
    {"A:1 B<A[1]@10 | C<A[1]@9", "A>B@10 B C; 0",
	"of two moves, the second is earlier"},
    {"A:1 B<A[1]@10 | C<A[1]@11", "A>C@11 B C; 1",
	"of two moves, the second is later"},
    {"A:1 B<A[1]@10 | C<A[1]@10", "A>C@10 B C; 1",
	"of two moves at one time, the second is to the higher name"},
    {"A:1 C<A[1]@10 | B<A[1]@10", "A>C@10 B C; 0",
	"of two moves at one time, the second is to the lower name"},
    {"A:1 C<A[1]@10 | B<A[1]@11", "A>B@11 B C; 1",
	"a later move to a lower name"},
    {"A:1 B<A[1]@10 | C<A[2]@11", "A>C@11 B C; 1", "places do not matter"},

    /* The message came to a folder that it has left. */
    {"B:1 C<B[1]@20 D | B<D[]@5", "B>C@20 C D>B@5; 2",
	"it has UIDs in the folder that it has left"},
    {"B:1 C<B[1]@20 D | B<D[]@25", "B>C@20 C D>B@25; 2",
	"it has UIDs there, and the move is later"},
    {"B C<B[]@20 D | B<D[]@15", "B>C@20 C D>B@15; 2",
	"it has no UIDs there, and the move is earlier"},
    {"B C<B[]@20 D | B<D[]@20", "B C D>B@20; 1", "at the same time"},
    {"B C<B[]@20 D | B<D[]@25", "B C D>B@25; 1",
	"it has no UIDs there, and the move is later"},
    {"B:u C<B[]@20 D | B<D[]@25", "B C D>B@25; 1",
	"it has a UIDL there, and the move is later"},
    {"B:1 C:1<B[1]@20 D:1<C[1]@30 E | B<E[]@5", "B>C@20 C>D@30 D E>B@5; 3",
	"it has moved on twice"},
    {"A:1 B:1<A[1]@10 | A<B[1]@20", "A B>A@20; 1", "back and forth"},
    {"A:1 B:1<A[1]@10 C:1<B[1]@20 | A<C[1]@30", "A B>C@20 C>A@30; 1",
	"in a circle"},
    {"A:1 B:1<A[1]@10 C:1<B[1]@20 D | A<D[]@30", "A>B@10 B>C@20 C D>A@30; 3",
	"to the beginning of a chain"},

    /* A further place of a folder that was left. */
    {"A:1 B:1<A[1]@10 | A:2", "A B; 0", "it is back"},
    {"A:1 B:1<A[1]@10 | A:1", "A>B@10 B; 0", "the place was known"},
    {"A:1 B:1<A[1]@10 | A:2!", "A>B@10 B; 1", "it has left that, too"},
    {"A:1 B:1<A[1]@10 | A:1!", "A>B@10 B; 0",
	"it has left the folder, which was known"},
    {"A:1 B:1 | A:2!", "A B; 0", "it has not left"},
    {"A:1 B:1<A[1]@10 C:1<B[1]@20 | A:2!", "A>B@10 B>C@20 C; 2",
	"the moves that follow remain"},
};

static struct ms_archive *a;
static int failed;

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	(void)where;
	failed += d->outcome == MS_OUTCOME_FAILED;
}

/* Writes the places that a word lists, "1,2]", as "7/1 7/2". */
static void
list(const char *word, struct ms_buf *left)
{
	for (; *word != ']'; word += *word == ',') {
		if (left->n > 0)
			ms_buf_add_byte(left, ' ');
		ms_buf_add_str(left, "7/");
		while (*word >= '0' && *word <= '9')
			ms_buf_add_byte(left, (unsigned char)*word++);
	}
}

/* The part of a word after c, up to one of "<!"; NULL: there is none. */
static const char *
part(const char *word, char c)
{
	const char *at = strchr(word, c);

	return at != NULL ? at + 1 : NULL;
}

static void
deposit(struct ms_ingest *in, const char *word)
{
	char folder[] = {word[0], '\0'}, from[2] = "";
	const char *place = part(word, ':'), *moved = part(word, '<');
	const char *listed = part(word, '['), *time = part(word, '@');
	struct ms_buf uid = {0}, left = {0};
	struct ms_spec spec = {.where = word,
	    .gone = word[strlen(word) - 1] == '!',
	    .dest = ms_ingest_dest(
		in, "alice", "imap://a@h/", folder, NULL, false)};

	if (place != NULL) {
		if (*place >= '0' && *place <= '9')
			ms_buf_add_str(&uid, "7/");
		ms_buf_add(&uid, place, strcspn(place, "<!"));
		spec.place = ms_buf_str(&uid);
	}
	if (moved != NULL) {
		from[0] = *moved;
		spec.from = from;
	}
	if (listed != NULL) {
		list(listed, &left);
		spec.left = ms_buf_str(&left);
		spec.moved_at = strtoll(time, NULL, 10);
	}
	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)TEXT, strlen(TEXT), NULL) < 0 ||
	    ms_ingest_end(in, NULL) < 0)
		failed++;
	ms_buf_release(&uid);
	ms_buf_release(&left);
}

/* Stores a batch, and returns the number of its MOVED records. */
static unsigned
store(char *words)
{
	struct ms_ingest *in = ms_ingest_new(a, 1, result, NULL);
	uint64_t n = a->checked.next;
	struct ms_buf content = {0};
	unsigned count = 0;
	char *word;

	while ((word = strsep(&words, " ")) != NULL)
		if (*word != '\0')
			deposit(in, word);
	failed += ms_ingest_finish(in, NULL) < 0;
	for (; n < a->checked.next; n++)
		count +=
		    ms_archive_content(a, n, MS_MOVED, &content, NULL) == 0;
	ms_buf_release(&content);
	return count;
}

/* Finds the occurrences of the message in the folders A to Z. */
static int
find(struct ms_txn *txn, uint64_t occurrence[26])
{
	unsigned char id[MS_SHA_LEN];
	uint64_t message = 0, user, source, folder;
	char name[] = "A";
	size_t i;

	ms_sha256(TEXT, strlen(TEXT), id);
	if (ms_index_id(txn, id, &message, NULL) != 1 ||
	    ms_index_name(txn, MS_NAME_USER, 0, 0, "alice", &user, NULL) != 1 ||
	    ms_index_name(
		txn, MS_NAME_SOURCE, 0, 0, "imap://a@h/", &source, NULL) != 1)
		return -1;
	for (i = 0; i < 26; i++) {
		name[0] = (char)('A' + i);
		if (ms_index_name(txn, MS_NAME_FOLDER, user, source, name,
			&folder, NULL) != 1 ||
		    ms_index_in_folder(
			txn, message, folder, &occurrence[i], NULL) != 1)
			occurrence[i] = 0;
	}
	return 0;
}

static void
show(struct ms_buf *out)
{
	uint64_t occurrence[26], to;
	struct ms_txn txn;
	int64_t time;
	size_t i, k;

	if (ms_index_begin(a->ix, &txn, NULL) < 0 || find(&txn, occurrence) < 0)
		return;
	for (i = 0; i < 26; i++) {
		if (occurrence[i] == 0)
			continue;
		ms_buf_printf(
		    out, "%s%c", out->n > 0 ? " " : "", (char)('A' + i));
		if (ms_index_moved(&txn, occurrence[i], &to, &time, NULL) != 1)
			continue;
		for (k = 0; k < 26; k++)
			if (occurrence[k] == to)
				ms_buf_printf(out, ">%c@", (char)('A' + k));
		if (time > 1000000000 && time < 5000000000)
			ms_buf_add_str(out, "now");
		else
			ms_buf_printf(out, "%lld", (long long)time);
	}
	ms_index_end(&txn);
}

static void
check(const struct row *r)
{
	char dir[SCRATCH_MAX], *all = ms_xstrdup(r->deposits), *rest = all;
	struct ms_buf got = {0};
	unsigned count = 0;
	char *words;

	failed = 0;
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", NULL) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0) {
		ok(false, "an archive is created");
		return;
	}
	while ((words = strsep(&rest, "|")) != NULL)
		count = store(words);
	show(&got);
	ms_buf_printf(&got, "; %u", count);
	ok(failed == 0 && strcmp(ms_buf_str(&got), r->want) == 0, "%s: %s: %s",
	    r->name, r->deposits, ms_buf_str(&got));
	ms_archive_close(a);
	a = NULL;
	scratch_remove(dir);
	ms_buf_release(&got);
	free(all);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	return done();
}
