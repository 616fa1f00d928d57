/*
 * ingest-view.c - tests lib/ingest/batch-view.c, and what lib/archive says of
 * it: what a person removed or moved stays so when the message arrives again or
 * is moved at its source. ms-archive(5), View.
 */
#include "ingest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "event.h"
#include "scratch.h"
#include "tap.h"
#include "view-change.h"

#define TEXT "Subject: x\r\n\r\nx\r\n"
#define REASON "\"moved in another archive\""
#define ROOM 32 /* occurrences, folders and changes of a row */

/*
 * The same message comes to folders of alice, and a person changes what is
 * shown. `|` ends a batch. Each word is one deposit:
 *   A          in folder A
 *   A:1        with the UID 1
 *   B<A        it was moved to B from A
 *   B<A[1]@9   another archive says so: the UID in A, and the time
 *   A=Z        another archive shows it in Z
 *   A=Z@bob    to bob; with a + at the end, users are created
 * After a ^, what was removed comes back. Or a batch is a change:
 *   -AB        removes what came to A and to B
 *   >ABZ       moves it to Z
 *   !1         undoes the first change
 *   ~AZ        shows folder A as Z
 *   #bob       deletes a user
 * The result has each folder to which the message came, with the folder in
 * which it is shown, or - (nowhere), and its name after a colon if it is
 * renamed; > is the folder to which its source moved it; then the outcome of
 * each deposit of the last batch: new, known, failed, left out; then the
 * changes and the occurrences, or folders, of each, with ~ if it is undone, and
 * * if its reason is what another archive shows.
 */
static const struct row {
	const char *steps, *want, *name;
} rows[] = {
    /* It arrives again. */
    {"A:1 B:1 | -A | A:1 A:2 A B:1", "A=- B; LLLK; remove 1",
	"what was removed is left out"},
    {"A:1 | -A | !1 | A:1", "A; K; ~remove 1", "after an undo, it is known"},
    {"A:1 | >AZ | A:1", "A=Z; K; move 1", "what was moved is known"},

    /* It comes back. */
    {"A:1 | -A | ^ A:1", "A; K; remove 1, restore 1", "it comes back"},
    {"A:1 | ^ A:1", "A; K; ", "it was not removed"},
    {"A:1 B:1 C:1 | -ABC | ^ A:1 C:1", "A B=- C; KK; remove 3, restore 2",
	"those of a batch come back by one change"},
    {"A:1 B:1 | -AB | ^ A:1 | ^ B:1", "A B; K; remove 2, restore 1, restore 1",
	"those of two batches, by two"},
    {"A:1 | >AZ | -A | ^ A:1", "A=Z; K; move 1, remove 1, restore 1",
	"it comes back to where it was moved"},
    {"A:1 | >AY | >AZ | -A | ^ A:1",
	"A=Z; K; move 1, move 1, remove 1, restore 1",
	"to the last such place"},
    {"A:1 | >AZ | !1 | -A | ^ A:1", "A; K; ~move 1, remove 1, restore 1",
	"not to one that was undone"},
    {"A:1 | >AZ | -A | -A | ^ A:1",
	"A=Z; K; move 1, remove 1, remove 1, restore 1",
	"it was removed twice, after a move"},
    {"A:1 | -A | -A | ^ A:1", "A; K; remove 1, remove 1, restore 1",
	"it was removed twice"},
    {"A:1 | -A | ^ A:1 | !2 | A:1", "A=-; L; remove 1, ~restore 1",
	"that can be undone"},

    /* It is moved at its source. */
    {"A:1 | -A | B:1<A", "A>B=- B=-; L; remove 2", "what is hidden remains so"},
    {"A:1 | >AZ | B:1<A", "A>B=Z B=Z; K; move 2",
	"what is shown elsewhere, too"},
    {"A:1 | B:1<A", "A>B B; K; ", "without a change"},
    {"A:1 | -A | !1 | B:1<A", "A>B B; K; ~remove 1", "after an undo"},
    {"A:1 | -A | B:1<A | !1", "A>B B; ; ~remove 2", "an undo is of both"},
    {"A:1 | -A | B:1<A | C:1<B", "A>B=- B>C=- C=-; L; remove 3", "it moves on"},
    {"A:1 B:1 | -AB | B<A", "A>B=- B=-; L; remove 2",
	"the new one was removed together with the other"},
    {"A:1 B:1 | -A | >BZ | B:2<A", "A>B=- B=Z; K; remove 1, move 1",
	"the new one has a later change"},
    {"A:1 B:1 | >BZ | -A | B:2<A", "A>B=- B=-; L; move 1, remove 2",
	"the new one has an earlier change"},
    {"A:1 | -A | B | B<A", "A>B=- B=-; L; remove 2",
	"it was there before the move"},
    {"A:1 B:1 | -A | B:1<A", "A=- B; K; remove 1", "an old move counts not"},
    {"A:1 | -A | B:1<Z", "A=- B; K; remove 1", "it moved from elsewhere"},
    {"A:1 | -A | B:1<A[1]@10", "A>B=- B=-; L; remove 2",
	"another archive says that it moved"},
    {"A:1 B:1<A[1]@20 C:1 | -A | C:1<A[1]@10", "A>B=- B C; K; remove 1",
	"a move of another archive that is too old"},

    /* Another archive shows it elsewhere. */
    {"A:1=Z", "A=Z; N; *move 1", "another archive shows it in Z"},
    {"A:1 | A:1=Z", "A=Z; K; *move 1", "what is known"},
    {"Z | A:1=Z", "Z A=Z; K; *move 1", "a folder that the archive has"},
    {"Z | ~ZY | A:1=Y", "Z A=Z:Y; K; rename 1, *move 1",
	"a folder that is shown under this name"},
    {"Z | ~ZY | A:1=Z", "Z A=Z; K; rename 1, *move 1",
	"not one whose name it was"},
    {"A:1=A", "A; N; ", "its own folder"},
    {"A:1=Z B:1=Z C:1=Y", "A=Z B=Z C=Y; NKK; *move 3",
	"those of a batch are one change"},
    {"A:1=Z | B:1=Z", "A=Z B=Z; K; *move 1, *move 1", "those of two, two"},
    {"A:1 | >AY | A:1=Z", "A=Y; K; move 1", "a decision of this archive"},
    {"A:1 | >AY | !1 | A:1=Z", "A; K; ~move 1", "one that was undone"},
    {"A:1 | -A | A:1=Z", "A=-; L; remove 1", "it was removed here"},
    {"A:1 | -A | ^ A:1=Z", "A; K; remove 1, restore 1", "and comes back"},
    {"A:1=Z@bob", "A; N; ", "an unknown user"},
    {"A:1=Z@bob+", "A=bob/Z; N; *move 1", "a user who is created"},
    {"A:1=Z@alice", "A=Z; N; *move 1", "the same user"},
    {"A:1=A@bob+", "A=bob/A; N; *move 1", "the same name of another user"},
    {"A:1=Z@-bob+", "A; N; ", "an invalid name of a user"},
    {"A:1=Z@bob+ | #bob | B:1=Z@bob", "A=bob/Z B; K; *move 1",
	"a user who was deleted"},
    {"A:1=Z@bob+ | #bob | B:1=Z@bob+", "A=bob/Z B=bob/Z; K; *move 1, *move 1",
	"who comes back"},
    {"A:1=Z@bob+ | -A | B:1<A", "A>B=- B=-; L; *move 1, remove 2",
	"it was moved to another user, and removed"},
};

static struct ms_archive *a;
static struct ms_buf outcomes;
static uint64_t removed_by; /* the change that the last deposit names, or 0 */
static int failed;

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	(void)where;
	ms_buf_add_byte(&outcomes, (unsigned char)"NKFL"[d->outcome]);
	removed_by = d->removed;
}

/* ---- steps ---- */

/* Copies what follows c in a word, up to one of `end`; NULL: there is no c. */
static const char *
part(const char *word, char c, const char *end, char out[ROOM])
{
	const char *at = strchr(word, c);

	if (at == NULL)
		return NULL;
	snprintf(out, ROOM, "%.*s", (int)strcspn(at + 1, end), at + 1);
	return out;
}

/* The same for a UID, "1": "7/1". */
static const char *
uid(const char *word, char c, char out[ROOM])
{
	char digits[ROOM];

	if (part(word, c, "<=]", digits) == NULL)
		return NULL;
	snprintf(out, ROOM, "7/%.*s", ROOM - 3, digits);
	return out;
}

static void
deposit(struct ms_ingest *in, const char *word)
{
	char name[] = {word[0], '\0'}, t[5][ROOM];
	const bool create = word[strlen(word) - 1] == '+';
	struct ms_spec spec = {.where = word,
	    .place = uid(word, ':', t[0]),
	    .from = part(word, '<', "[", t[1]),
	    .left = uid(word, '[', t[2]),
	    .shown = part(word, '=', "@", t[3]),
	    .shown_user = NULL};
	const char *time = part(word, '@', "", t[4]);

	if (spec.left != NULL)
		spec.moved_at = strtoll(time, NULL, 10);
	else if (time != NULL)
		spec.shown_user = part(word, '@', "+", t[4]);
	spec.dest =
	    ms_ingest_dest(in, "alice", "imap://a@h/", name, NULL, create);
	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)TEXT, strlen(TEXT), NULL) < 0 ||
	    ms_ingest_end(in, NULL) < 0)
		failed++;
}

/* A batch of deposits; back: what was removed comes back. */
static void
store(char *words, bool back)
{
	struct ms_ingest *in = ms_ingest_new(a, 1, result, NULL);
	char *word;

	if (back)
		ms_ingest_restore(in);
	while ((word = strsep(&words, " ")) != NULL)
		if (*word != '\0')
			deposit(in, word);
	failed += ms_ingest_finish(in, NULL) < 0;
}

/* ---- what the archive has ---- */

/* The rows of the message, in the order of their own folders. */
static size_t
load(struct ms_archive *reader, struct ms_row row[ROOM])
{
	static const struct ms_select all = {.order = MS_BY_FOLDER};
	const struct ms_row *r;
	struct ms_walk *w;
	size_t n = 0;

	if (ms_walk_open(&w, reader, &all, NULL) < 0)
		return 0;
	while (n < ROOM && ms_walk_next(w, &r, NULL) == 1)
		row[n++] = *r;
	ms_walk_close(w);
	return n;
}

/* The letter of a folder, as its source knows it. */
static char
letter(struct ms_archive *reader, uint64_t number)
{
	const struct ms_folder *f;

	if (ms_archive_folder_get(reader, number, &f, NULL) != 1)
		return '?';
	return f->source_name[0];
}

static size_t
load_changes(struct ms_change_row change[ROOM])
{
	struct ms_change_row row = {0};
	struct ms_txn txn;
	size_t n = 0;

	if (ms_index_begin(a->ix, &txn, NULL) < 0)
		return 0;
	for (; n < ROOM && ms_index_next_change(&txn, &row, NULL) == 1;
	     row.number++)
		change[n++] = row;
	ms_index_end(&txn);
	return n;
}

/* ---- what a person does ---- */

static void
change(const char *word)
{
	struct ms_view_item item[ROOM];
	char to[] = {word[strlen(word) - 1], '\0'}, from[] = {word[1], '\0'};
	struct ms_view_change v = {.kind = *word == '-'   ? MS_VIEW_REMOVE
					   : *word == '~' ? MS_VIEW_RENAME
							  : MS_VIEW_MOVE,
	    .items = item,
	    .folder = *word == '-' ? NULL : to,
	    .from = from};
	struct ms_row row[ROOM];
	const struct ms_folder *f;
	size_t i, n = load(a, row), letters = strlen(word + 1);
	uint64_t number, count;

	failed += ms_archive_user(a, "alice", &v.user, NULL) != 1;
	for (i = 0; i < n; i++) {
		if (memchr(word + 1, letter(a, row[i].own),
			letters - (*word == '>')) == NULL ||
		    ms_archive_folder_get(a, row[i].own, &f, NULL) != 1)
			continue;
		item[v.count++] = (struct ms_view_item){
		    row[i].own, v.user, f->source, row[i].number};
	}
	failed += ms_view_write(a, &v, &number, &count, NULL) < 0;
}

static void
undo(size_t i)
{
	struct ms_change_row change[ROOM], row;

	failed +=
	    i >= load_changes(change) ||
	    ms_view_undo(a, change[i].number, ~0u, NULL, NULL, &row, NULL) < 0;
}

static void
delete_user(const char *name)
{
	struct ms_buf event = {0};
	uint64_t user = 0;

	failed += ms_archive_user(a, name, &user, NULL) != 1;
	ms_event_json(&event, "user-set",
	    json_pack("{sI sb}", "user", (json_int_t)user, "deleted", 1), NULL);
	failed += ms_archive_log_event(a, ms_buf_slice(&event), NULL) < 0;
	ms_buf_release(&event);
}

static void
step(char *words)
{
	words += strspn(words, " ");
	words[strcspn(words, "|")] = '\0';
	while (*words != '\0' && words[strlen(words) - 1] == ' ')
		words[strlen(words) - 1] = '\0';
	ms_buf_clear(&outcomes);
	removed_by = 0;
	if (*words == '!')
		undo((size_t)(words[1] - '1'));
	else if (*words == '#')
		delete_user(words + 1);
	else if (strchr("->~", *words) != NULL)
		change(words);
	else
		store(words + (*words == '^'), *words == '^');
}

/* ---- the result ---- */

static void
show_row(struct ms_archive *reader, const struct ms_row *all, size_t n,
    const struct ms_row *r, struct ms_buf *out)
{
	const struct ms_folder *f = NULL;

	ms_buf_printf(
	    out, "%s%c", out->n > 0 ? " " : "", letter(reader, r->own));
	for (size_t i = 0; i < n; i++)
		if (all[i].number == r->moved_to)
			ms_buf_printf(out, ">%c", letter(reader, all[i].own));
	if ((r->bits & MS_ROW_REMOVED) != 0)
		ms_buf_add_str(out, "=-");
	if (r->folder == r->own ||
	    ms_archive_folder_get(reader, r->folder, &f, NULL) != 1)
		return;
	ms_buf_add_str(out, "=");
	if (strcmp(f->user_name, "alice") != 0)
		ms_buf_printf(out, "%s/", f->user_name);
	ms_buf_add_str(out, f->source_name);
	if (strcmp(f->name, f->source_name) != 0)
		ms_buf_printf(out, ":%s", f->name);
}

/* Does the change say that it comes from another archive? */
static bool
is_imported(uint64_t number)
{
	struct ms_change_event_row ev = {.change = number, .number = number};
	struct ms_txn txn;
	bool imported = false;

	if (ms_index_begin(a->ix, &txn, NULL) < 0)
		return false;
	if (ms_index_change_event(&txn, &ev, NULL) == 1)
		imported = memmem(ev.json.p, ev.json.n, REASON,
			       strlen(REASON)) != NULL;
	ms_index_end(&txn);
	return imported;
}

static void
show(struct ms_archive *reader, struct ms_buf *out)
{
	struct ms_change_row change[ROOM];
	struct ms_row row[ROOM];
	size_t i, n = load(reader, row);

	for (i = 0; i < n; i++)
		show_row(reader, row, n, &row[i], out);
	ms_buf_printf(out, "; %s; ", ms_buf_str(&outcomes));
	n = load_changes(change);
	for (i = 0; i < n; i++)
		ms_buf_printf(out, "%s%s%s%s %u", i > 0 ? ", " : "",
		    change[i].undone != 0 ? "~" : "",
		    is_imported(change[i].number) ? "*" : "",
		    ms_view_kind_name((enum ms_view_kind)change[i].kind),
		    (unsigned)change[i].count);
}

/* Do the lookups of the archive say the same as the rows of a walk? */
static bool
lookups_agree(struct ms_archive *reader)
{
	struct ms_row row[ROOM];
	struct ms_buf own = {0};
	size_t i, k, n = load(reader, row);
	uint64_t number;
	bool agree = true, removed, named = removed_by == 0;

	for (i = 0; i < n; i++) {
		removed = (row[i].bits & MS_ROW_REMOVED) != 0;
		number = 0;
		agree = agree &&
			ms_archive_removed(
			    reader, row[i].number, &number, NULL) == removed &&
			(!removed || number == row[i].change);
		named = named || number == removed_by;
		if (row[i].folder == row[i].own)
			continue;
		ms_buf_clear(&own);
		ms_archive_moved_into(reader, row[i].folder, &own, NULL);
		for (k = 0; k < own.n; k += sizeof(number))
			if (memcmp(own.p + k, &row[i].own, sizeof(number)) == 0)
				break;
		agree = agree && k < own.n;
	}
	ms_buf_release(&own);
	return agree && named;
}

/* A handle keeps the names that it has looked up, so this is a new one. */
static void
compare(const char *dir, const char *want, const char *name)
{
	struct ms_archive *reader = NULL;
	struct ms_buf got = {0};

	if (ms_archive_open(&reader, dir, MS_ARCHIVE_READ, NULL) < 0) {
		ok(false, "a reader");
		return;
	}
	show(reader, &got);
	ok(strcmp(ms_buf_str(&got), want) == 0 && lookups_agree(reader),
	    "%s: %s", name, ms_buf_str(&got));
	ms_archive_close(reader);
	ms_buf_release(&got);
}

static void
drop_index(const char *dir)
{
	char path[SCRATCH_MAX + 16];

	snprintf(path, sizeof(path), "%s/index", dir);
	scratch_remove(path);
}

static void
check(const struct row *r)
{
	char dir[SCRATCH_MAX], *all = ms_xstrdup(r->steps), *rest = all;
	char *words;

	failed = 0;
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "alice", NULL) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0) {
		ok(false, "an archive is created");
		return;
	}
	while ((words = strsep(&rest, "|")) != NULL)
		step(words);
	ok(failed == 0, "%s: %s", r->name, r->steps);
	compare(dir, r->want, "  ");
	ms_archive_close(a);
	drop_index(dir);
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) == 0,
	    "  an index is built from the packs");
	compare(dir, r->want, "  ");
	ms_archive_close(a);
	a = NULL;
	scratch_remove(dir);
	free(all);
}

/* ---- the feature of the archive ---- */

/* Each step, whether it needs the feature, and the number of packs then. */
static const struct {
	const char *step, *name;
	bool feature;
	unsigned packs;
} needs[] = {
    {"A:1", "a message", false, 1},
    {"A:1=A", "the same, shown in its own folder", true, 2},
    {"-A", "a removal", true, 2},
    {"B:1=Z", "a message that is shown elsewhere", true, 2},
};

static bool
has_feature(const char *dir)
{
	char path[SCRATCH_MAX + 16];
	struct ms_buf text = {0};
	bool has;

	snprintf(path, sizeof(path), "%s/FORMAT", dir);
	has = ms_buf_read_file(&text, path, 4096, NULL) == 0 &&
	      strstr(ms_buf_str(&text), "\nread view\n") != NULL;
	ms_buf_release(&text);
	return has;
}

/* A program that does not know view events must not read a pack with them. */
static void
feature(size_t first)
{
	const size_t n = sizeof(needs) / sizeof(needs[0]);
	char dir[SCRATCH_MAX], text[ROOM];
	struct ms_pack_trailer t;
	struct ms_pack *pk = NULL;

	scratch_make(dir);
	ms_archive_init(dir, "alice", NULL);
	ok(ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) == 0, "an archive");
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i < first)
			continue;
		snprintf(text, sizeof(text), "%s", needs[i].step);
		step(text);
		ok(has_feature(dir) == needs[i].feature &&
			a->tail->header.number == needs[i].packs &&
			((a->tail->header.read_features & MS_PACK_VIEW) != 0) ==
			    needs[i].feature,
		    "%s: pack %u", needs[i].name,
		    (unsigned)a->tail->header.number);
	}
	ok(ms_pack_open(
	       &pk, a->packfd, (struct ms_pack_name){1, 0}, false, NULL) == 0 &&
		ms_pack_check_seal(pk, &t, NULL) == 0 &&
		pk->header.read_features == 0,
	    "the first pack is sealed as it was");
	ms_pack_close(pk);
	ms_archive_close(a);
	a = NULL;
	scratch_remove(dir);
}

int
main(void)
{
	/* Each step is synced to the disk, which is slow. */
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	for (size_t first = 1; first < sizeof(needs) / sizeof(needs[0]);
	     first++)
		feature(first);
	ms_buf_release(&outcomes);
	return done();
}
