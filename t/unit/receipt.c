/*
 * receipt.c - tests lib/ingest/batch-receipt.c: when the place of a mailbox
 * whose messages are assigned is recorded. ms-archive(5), RECEIPT.
 */
#include "ingest.h"

#include <stdlib.h>
#include <string.h>

#include "archive-writer.h"
#include "message-hasher.h"
#include "record.h"
#include "scratch.h"
#include "tap.h"

#define SOURCE "imap://m@h/"

/*
 * Each word is a message of the mailbox, `|` ends a batch, and `*` makes each
 * batch one message long:
 *   X:1>ab   the message X has the UID 1, and goes to the users a and b
 *   X>ab     it has no place
 *   X:1>ab+c   it should also go to c, who does not get it
 *   Xr:1>ab  it is inside a report
 *   X:1      it was recognised by its header; Xr:1: its report was
 *   X:1>ab@B   in the folder B of the mailbox
 *   X:1>ab%  the same, from a file
 * The result has the RECEIPTs in the order of their numbers, with ~ if the body
 * was not seen and ! if the place is that of another record, and the number of
 * results that failed.
 */
static const struct row {
	const char *messages, *want, *name;
} rows[] = {
    {"X:1>ab", "X:1>ab; 0", "a message for two users"},
    {"X:1>ab Y:2>b", "X:1>ab Y:2>b; 0", "two messages"},
    {"* X:1>ab Y:2>b", "X:1>ab Y:2>b; 0", "in batches of one deposit"},
    {"X:1>ab | X:1>ab", "X:1>ab; 0", "the same again"},
    {"X:1>ab X:1>ab", "X:1>ab; 0", "the same again in one batch"},
    {"X:1>aba", "X:1>ab; 0", "a user twice"},
    {"X:1>ab+c", "; 1", "a user who does not have it"},
    {"X:1>ab+c | X:1>abc", "X:1>abc; 1", "and then has it"},
    {"X:1>", "; 1", "no user has it"},
    {"Y:2>a | X:1>", "Y:2>a; 1", "no user has it, of a known source"},
    {"Y:2>a X:1> Z:3>b", "Y:2>a Z:3>b; 1", "between two that users have"},
    {"X:1>ab Y:2>ab+c Z:3>c", "X:1>ab Z:3>c; 1", "one of three is not whole"},
    {"X:1>ab | X:1>abc", "X:1>ab! X:1>abc; 0", "a further user later"},
    {"Xr:1>ab", "Xr:1>ab; 0", "a report"},
    {"Xr:1>ab X:2>c", "Xr:1>ab X:2>c; 0", "a report, and its message"},
    {"Xr:1>a Xr:2>a", "Xr:1>a Xr:2>a; 0", "a report twice"},
    {"X:1>ab | X:2", "X:1>ab X:2>ab~; 0", "recognised at another place"},
    {"X:1>ab X:2", "X:1>ab; 1", "recognised before it is on disk"},
    {"X:1>ab | X:2 X:2", "X:1>ab X:2>ab~; 0", "recognised twice"},
    {"X:1>ab | X:2 | X:2", "X:1>ab X:2>ab~; 0", "recognised again"},
    {"X:1>ab | Y:2", "X:1>ab; 1", "recognised, but never seen"},
    {"Xr:1>ab | Xr:2", "Xr:1>ab Xr:2>ab~; 0", "a report is recognised"},
    {"Xr:1>ab | X:2", "Xr:1>ab; 1", "its message is not recognised by it"},
    {"X:1>ab@B | X:2", "X:1>ab@B X:2>ab~; 0", "recognised in another folder"},
    {"X:1>ab | X:2>ab@B", "X:1>ab X:2>ab@B; 0", "fetched in another folder"},
    {"X:1>ab | X:1>ab@B", "X:1>ab X:1>ab@B; 0", "with the same place"},
    {"X:1>ab | Y:1>b", "X:1>ab! Y:1>b; 0", "another message has the UID"},
    {"X:1>ab | Y:1>b | X:1>ab", "X:1>ab! Y:1>b! X:1>ab; 0",
	"and gives it back"},
    {"X:u>ab | Y:u>b", "X:u>ab! Y:u>b; 0", "a UIDL that is used again"},
    {"X>ab", "X>ab; 0", "without a place"},
    {"X>ab | X>ab", "X>ab; 0", "without a place, again"},
    {"X>ab X>ab", "X>ab; 0", "without a place, twice"},
    {"X>ab | X", "X>ab; 0", "without a place, recognised"},
    {"X:1>ab%", "; 0", "from a file"},
};

static struct ms_archive *a;
static size_t failed;
static uint64_t added; /* to the pipeline */

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	if (d->outcome == MS_OUTCOME_FAILED && d->receipt)
		failed++;
	else if (d->outcome == MS_OUTCOME_FAILED)
		ok(false, "%.*s: %s", (int)where.n, (const char *)where.p,
		    d->err->msg);
}

static void
text_of(struct ms_buf *out, char letter, bool report)
{
	if (report)
		ms_buf_printf(out, "Subject: report\r\n\r\n");
	ms_buf_printf(out, "Subject: %c\r\n\r\n%c\r\n", letter, letter);
}

static void
add_who(struct ms_buf *who, const struct ms_buf *text, const char *user)
{
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];

	ms_sha256(text->p, text->n, id);
	ms_hex(id, MS_SHA_LEN, hex);
	ms_buf_add(who, hex, sizeof(hex));
	ms_buf_add(who, user, strlen(user) + 1);
	ms_buf_add(who, "Inbox", sizeof("Inbox"));
}

static void
give(struct ms_ingest *in, const char *user, const char *source,
    const struct ms_buf *text, struct ms_buf *who)
{
	struct ms_spec spec = {
	    .dest = ms_ingest_dest(in, user, source, "Inbox", NULL, true),
	    .where = user};

	if (ms_ingest_begin(in, &spec, NULL) < 0 ||
	    ms_ingest_data(in, text->p, text->n, NULL) < 0 ||
	    ms_ingest_end(in, NULL) < 0)
		ok(false, "a message is added");
	added++;
	add_who(who, text, user);
}

static void
describe(const struct ms_buf *text, struct ms_given *given)
{
	struct ms_message_hasher *h = ms_message_hasher_new();
	struct ms_identity identity;

	ms_message_hasher_add(h, text->p, text->n);
	ms_message_hasher_end(h, &identity);
	ms_message_hasher_free(h);
	memcpy(given->id, identity.id, MS_SHA_LEN);
	memcpy(given->head, identity.head, MS_SHA_LEN);
	given->size = identity.size;
	ms_header_top(ms_buf_slice(text), given->top);
}

/* Gives a message to its users, and adds the RECEIPT. */
static void
assign(struct ms_ingest *in, const char *word)
{
	const bool report = word[1] == 'r', file = strchr(word, '%') != NULL;
	const char *at = strchr(word, ':'), *p = strchr(word, '>');
	const char *source = file ? "local:" : SOURCE;
	struct ms_buf given_text = {0}, text = {0}, who = {0}, place = {0};
	struct ms_given given = {.size = 0};
	struct ms_spec spec = {.where = word};
	bool has = true;

	text_of(&given_text, *word, report);
	text_of(&text, *word, false);
	describe(&given_text, &given);
	if (at != NULL)
		ms_buf_printf(&place,
		    at[1] >= '0' && at[1] <= '9' ? "7/%c" : "%c", at[1]);
	for (; p != NULL && *++p != '\0' && *p != '@' && *p != '%';) {
		if (*p == '+')
			has = false;
		else if (has)
			give(in, (char[]){*p, '\0'}, source, &text, &who);
		else
			add_who(&who, &text, (char[]){*p, '\0'});
	}
	spec.place = at != NULL ? ms_buf_str(&place) : NULL;
	spec.dest = ms_ingest_dest(in, "@multidrop", source,
	    strchr(word, '@') != NULL ? "B" : "A", NULL, true);
	if ((strchr(word, '>') != NULL
		    ? ms_ingest_receipt(
			  in, &spec, &given, ms_buf_slice(&who), NULL)
		    : ms_ingest_receipt_again(in, &spec, given.id, NULL)) < 0)
		ok(false, "a receipt is added");
	added++;
	ms_buf_release(&given_text);
	ms_buf_release(&text);
	ms_buf_release(&who);
	ms_buf_release(&place);
}

static void
batch(char *words)
{
	struct ms_ingest *in = ms_ingest_new(a, 1, result, NULL);
	char *word;

	added = 0;
	while ((word = strsep(&words, " ")) != NULL)
		if (*word != '\0' && *word != '*')
			assign(in, word);
	if (ms_ingest_added(in) != added)
		ok(false, "RECEIPTs count as messages");
	if (ms_ingest_finish(in, NULL) < 0)
		ok(false, "a batch is committed");
}

/* ---- what is recorded ---- */

/* The letter of the message with this id, and r for its report. */
static void
show_id(struct ms_buf *out, const unsigned char id[MS_SHA_LEN])
{
	struct ms_buf text = {0};
	struct ms_given given;
	int letter, report;

	for (letter = 'X'; letter <= 'Z'; letter++)
		for (report = 0; report < 2; report++) {
			ms_buf_clear(&text);
			text_of(&text, (char)letter, report == 1);
			describe(&text, &given);
			if (memcmp(given.id, id, MS_SHA_LEN) == 0)
				ms_buf_printf(
				    out, "%c%s", letter, report ? "r" : "");
		}
	ms_buf_release(&text);
}

/* The users of the OCCURRENCEs, all of which are earlier records. */
static void
show_users(struct ms_buf *out, uint64_t number, const struct ms_receipt *r)
{
	char users[27] = {0};
	const struct ms_folder *f;
	struct ms_buf content = {0};
	struct ms_occurrence o;
	uint64_t at;
	uint32_t i;

	for (i = 0; i < r->count; i++) {
		at = ms_receipt_occurrence(r, i);
		ms_buf_clear(&content);
		if (at < number &&
		    ms_archive_occurrence_at(a, at, &o, &content, NULL) == 0 &&
		    ms_archive_folder_get(a, o.folder, &f, NULL) == 1 &&
		    *f->user_name >= 'a' && *f->user_name <= 'z')
			users[*f->user_name - 'a'] = *f->user_name;
	}
	for (i = 0; i < sizeof(users); i++)
		if (users[i] != '\0')
			ms_buf_printf(out, "%c", users[i]);
	ms_buf_release(&content);
}

static void
show_receipt(struct ms_buf *out, uint64_t number, const struct ms_receipt *r)
{
	const struct ms_folder *f = NULL;
	struct ms_buf place = {0};
	uint64_t at = 0;

	ms_buf_add(&place, r->place.p, r->place.n);
	ms_buf_printf(out, "%s", out->n > 0 ? " " : "");
	show_id(out, r->id);
	if (r->place.n > 0)
		ms_buf_printf(out, ":%c", r->place.p[r->place.n - 1]);
	ms_buf_printf(out, ">");
	show_users(out, number, r);
	if (ms_archive_folder_get(a, r->folder, &f, NULL) == 1 &&
	    strcmp(f->user_name, "@multidrop") == 0 && *f->name == 'B')
		ms_buf_printf(out, "@B");
	if ((r->bits & MS_BODY_NOT_SEEN) != 0)
		ms_buf_printf(out, "~");
	if (r->place.n > 0 && (ms_archive_place(a, r->folder,
				   ms_buf_str(&place), &at, NULL) != 1 ||
				  at != number))
		ms_buf_printf(out, "!");
	ms_buf_release(&place);
}

static void
show(struct ms_buf *out)
{
	struct ms_buf content = {0};
	struct ms_receipt r;
	uint64_t n;

	for (n = 1; n < a->checked.next; n++, ms_buf_clear(&content))
		if (ms_archive_content(a, n, MS_RECEIPT, &content, NULL) == 0 &&
		    ms_receipt_parse(&r, ms_buf_slice(&content), NULL) == 0)
			show_receipt(out, n, &r);
	ms_buf_printf(out, "; %zu", failed);
	ms_buf_release(&content);
}

static void
damage(void *ctx, const char *what)
{
	(void)ctx;
	ok(false, "%s", what);
}

/* Is the index the same if it is built from the packs? */
static void
anew(const char *dir)
{
	const struct ms_damage_sink none = {damage, NULL};
	struct ms_buf path = {0};
	struct ms_index *ix = NULL;
	const char *table = "";

	ms_buf_printf(&path, "%s/anew", dir);
	if (ms_archive_lock(a, true, NULL) != 1 ||
	    ms_index_create(&ix, ms_buf_str(&path), a->id, NULL) < 0 ||
	    ms_archive_index_all(a, ix, NULL, &none, NULL) < 0 ||
	    ms_index_equal(a->ix, ix, &table, NULL) != 1)
		ok(false, "the index that is built again differs: %s", table);
	ms_index_close(ix);
	ms_archive_unlock(a);
	ms_buf_release(&path);
}

static void
check(const struct row *r)
{
	char dir[SCRATCH_MAX], *all = ms_xstrdup(r->messages), *rest = all;
	struct ms_buf got = {0};
	char *words;

	failed = 0;
	if (scratch_make(dir) == NULL ||
	    ms_archive_init(dir, "root", NULL) < 0 ||
	    ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, NULL) < 0) {
		ok(false, "an archive is created");
		return;
	}
	setenv("MS_BATCH", strchr(all, '*') != NULL ? "1" : "2048", 1);
	while ((words = strsep(&rest, "|")) != NULL)
		batch(words);
	show(&got);
	ok(strcmp(ms_buf_str(&got), r->want) == 0, "%s: %s: %s", r->name,
	    r->messages, ms_buf_str(&got));
	anew(dir);
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
