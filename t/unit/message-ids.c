/* message-ids.c - the ids in Message-ID, References and In-Reply-To, and
 * addresses without their tags. RFC 5322, 3.6.4; RFC 5233. */
#include <stdio.h>
#include <string.h>

#include "address-set.h"
#include "mail.h"
#include "tap.h"

/* The body of a field, its ids, each in brackets, and the first one. */
static const struct row {
	const char *body, *ids, *first, *name;
} rows[] = {
    {"", "", "", "an empty body"},
    {"<a@b>", "<a@b>", "a@b", "an id"},
    {"<a@b> <c@d>\r\n <e@f>", "<a@b><c@d><e@f>", "a@b", "three, one is folded"},
    {"<a@b><c@d>", "<a@b><c@d>", "a@b", "without a blank"},
    {" (of) <a@b> x <c@d> y", "<a@b><c@d>", "a@b", "text between them"},
    {"<a @\r\n\tb>", "<a@b>", "a@b", "blanks and a fold in an id"},
    {"<a\x01@\x7f"
     "b\x1f>",
	"<a@b>", "a@b", "controls"},
    {"<!~@\x80\xff>", "<!~@\x80\xff>", "!~@\x80\xff", "the limits of these"},
    {"<> <a>", "<a>", "a", "an empty id"},
    {"< \t> <a>", "<a>", "a", "one of blanks"},
    {"> <a>", "<a>", "a", "a bracket that closes nothing"},
    {"a> b> <c>", "<c>", "c", "two of them"},
    {"<a <b>", "<b>", "b", "a bracket begins again"},
    {"<a> <b", "<a>", "a", "the last one has no end"},
    {"<a", "", "", "only one that has no end"},
    {"a @ b", "", "a@b", "no brackets"},
    {"a>", "", "a>", "only the end of one"},
};

static bool
collect(void *ctx, struct ms_slice id)
{
	ms_buf_printf(ctx, "<%.*s>", (int)id.n, (const char *)id.p);
	return true;
}

static bool
collect_two(void *ctx, struct ms_slice id)
{
	struct ms_buf *out = ctx;

	collect(out, id);
	return out->n < 4;
}

static void
check(const struct row *r)
{
	struct ms_buf ids = {0}, first = {0};

	ms_mail_ids(ms_slice_str(r->body), collect, &ids);
	ok(strcmp(ms_buf_str(&ids), r->ids) == 0, "%s: %zu bytes", r->name,
	    ids.n);
	ms_buf_add_str(&first, "x");
	ms_mail_first_id(ms_slice_str(r->body), &first);
	ok(strcmp(ms_buf_str(&first) + 1, r->first) == 0, "  the first: %zu",
	    first.n);
	ms_buf_release(&ids);
	ms_buf_release(&first);
}

/* An id has at most MS_MAIL_ID_MAX bytes; a longer one is passed over. */
static void
longest(void)
{
	struct ms_buf body = {0}, ids = {0};

	for (size_t n = MS_MAIL_ID_MAX; n <= MS_MAIL_ID_MAX + 1; n++) {
		ms_buf_clear(&body);
		ms_buf_clear(&ids);
		ms_buf_add_byte(&body, '<');
		memset(ms_buf_room(&body, n), 'a', n);
		body.n += n;
		ms_buf_add_str(&body, "> <b>");
		ms_mail_ids(ms_buf_slice(&body), collect, &ids);
		ok(ids.n == (n > MS_MAIL_ID_MAX ? 3 : n + 5),
		    "an id of %zu bytes", n);
	}
	ms_buf_clear(&ids);
	ms_mail_ids(ms_slice_str("<a><b><c>"), collect_two, &ids);
	ok(strcmp(ms_buf_str(&ids), "<a><b>") == 0, "no more ids are wanted");
	ms_buf_release(&body);
	ms_buf_release(&ids);
}

/* A header, and the ids that tie its message to a thread: one letter each. */
static const struct thread {
	const char *header, *ids, *name;
} threads[] = {
    {"Subject: a\r\n", "", "no ids"},
    {"Message-ID: <a>\r\n", "a", "its own id"},
    {"Message-ID: a\r\n", "a", "without brackets"},
    {"References: <a> <b>\r\nMessage-ID: <c>\r\n", "cab", "its own is first"},
    {"REFERENCES: <a>\r\nin-reply-to: <b>\r\n", "ab", "letters of any case"},
    {"References: <a>\r\nReferences: <b>\r\n", "ab", "a field twice"},
    {"Reference: <a>\r\nReferences-To: <b>\r\n", "", "other fields"},
    {"References: <a> <b> <a>\r\nIn-Reply-To: <b>\r\n", "ab",
	"each id counts once"},
    {"References: text <a> more <b>\r\n", "ab", "words in References"},
    {"In-Reply-To: <a> <b>\r\n", "ab", "only ids"},
    {"In-Reply-To: <a>\t<b>\r\n", "ab", "and a tab"},
    {"In-Reply-To: <a> of Friday <b>\r\n", "a", "a word after the first id"},
    {"In-Reply-To: <a> <b> x\r\n", "a", "a word at the end"},
    {"In-Reply-To: ! <a> <b>\r\n", "a", "a mark at the start"},
};

static void
thread(const struct thread *t)
{
	uint64_t keys[MS_THREAD_KEYS] = {0};
	size_t n = ms_mail_thread_keys(ms_slice_str(t->header), keys), i;
	bool same = n == strlen(t->ids);

	for (i = 0; same && i < n; i++)
		same = keys[i] == ms_mail_id_key((struct ms_slice){
				      (const unsigned char *)t->ids + i, 1});
	ok(same, "thread: %s: %zu ids", t->name, n);
}

/* Of more than MS_THREAD_KEYS ids, the first and the last ones count. */
static void
long_thread(size_t count)
{
	const size_t half = MS_THREAD_KEYS / 2;
	uint64_t keys[MS_THREAD_KEYS] = {0}, want;
	struct ms_buf header = {0};
	size_t i, j, found = 0, n;
	char id[8];

	ms_buf_add_str(&header, "References:");
	for (i = 0; i < count; i++)
		ms_buf_printf(&header, " <%zu>", i);
	ms_buf_add_str(&header, "\r\n");
	n = ms_mail_thread_keys(ms_buf_slice(&header), keys);
	for (i = 0; i < count; i++) {
		if (count > MS_THREAD_KEYS && i >= half && i < count - half)
			continue;
		snprintf(id, sizeof(id), "%zu", i);
		want = ms_mail_id_key(ms_slice_str(id));
		for (j = 0; j < n && keys[j] != want; j++)
			;
		found += j < n;
	}
	ok(found == n && n == (count < MS_THREAD_KEYS ? count : MS_THREAD_KEYS),
	    "thread: %zu of %zu ids", n, count);
	ms_buf_release(&header);
}

/* An address, and what it is without its tag; NULL: it has none. */
static const struct tag {
	const char *address, *want;
} tags[] = {
    {"alice+tag@example.org", "alice@example.org"},
    {"a+b+c@h", "a@h"},
    {"a+@h", "a@h"},
    {"a+b@c@h", "a@h"},
    {"a@b+c@h", "a@b@h"},
    {"a@h", NULL},
    {"a@h+b", NULL},
    {"+a@h", NULL},
    {"a+b", NULL},
    {"@h", NULL},
    {"", NULL},
};

static void
without_tag(const struct tag *t)
{
	const char *want = t->want != NULL ? t->want : "";
	struct ms_buf out = {0};
	bool got;

	ms_buf_add_str(&out, "x");
	got = ms_address_without_tag(ms_slice_str(t->address), &out);
	ok(got == (t->want != NULL) && strcmp(ms_buf_str(&out) + 1, want) == 0,
	    "%s: %s", t->address, ms_buf_str(&out) + 1);
	ms_buf_release(&out);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	longest();
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		thread(&threads[i]);
	long_thread(MS_THREAD_KEYS - 1);
	long_thread(MS_THREAD_KEYS);
	long_thread(MS_THREAD_KEYS + 1);
	long_thread(3 * MS_THREAD_KEYS + 5);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		without_tag(&tags[i]);
	return done();
}
