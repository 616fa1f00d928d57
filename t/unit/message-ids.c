/* message-ids.c - the ids in Message-ID, References and In-Reply-To, and
 * addresses without their tags. RFC 5322, 3.6.4; RFC 5233. */
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
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		without_tag(&tags[i]);
	return done();
}
