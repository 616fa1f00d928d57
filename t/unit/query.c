/* query.c - parses valid and invalid queries, and the values of terms.
 * ms-query(7). */
#include <stdlib.h>
#include <string.h>

#include "query/impl.h"
#include "tap.h"
#include "time.h"

#define NOW 1795255200 /* 2026-11-21T10:00:00Z */

/* ---- valid queries, and their trees ---- */

static const char *const names[] = {"user", "folder", "source", "label",
    "since", "before", "from", "to", "subject", "id", "is"};

static void
show(const struct ms_query *q, uint32_t i, struct ms_buf *out)
{
	const struct ms_query_node *node = &q->node[i];
	char date[21];

	if (node->op == MS_QUERY_TERM) {
		ms_buf_printf(out, "%s=", names[node->field]);
		if (node->bit != 0) {
			ms_buf_add_str(
			    out, node->bit == MS_ROW_SENT ? "sent" : "moved");
		} else if (node->value == NULL) {
			ms_time_format(node->time, date);
			ms_buf_add_str(out, date);
		} else {
			ms_buf_printf(out, "<%s>", node->value);
		}
		return;
	}
	ms_buf_add_str(out, node->op == MS_QUERY_AND ? "&(" : "|(");
	for (i = node->first; i != 0; i = q->node[i].next) {
		show(q, i, out);
		if (q->node[i].next != 0)
			ms_buf_add_byte(out, ' ');
	}
	ms_buf_add_byte(out, ')');
}

static const struct {
	const char *text, *tree;
} good[] = {
    {"", "&()"},
    {" \t\r", "&()"},
    {"from:bob", "&(from=<bob>)"},
    {"from:Bob subject:HELLO", "&(from=<bob> subject=<hello>)"},
    {"from:bob\nto:al", "&(from=<bob> to=<al>)"},
    {"from:bob and to:al", "&(from=<bob> to=<al>)"},
    {"from:bob AND\tto:al", "&(from=<bob> to=<al>)"},
    {"subject:and and to:and", "&(subject=<and> to=<and>)"},
    {"subject:\"two words\" to:a", "&(subject=<two words> to=<a>)"},
    {"subject:\"say \\\"hi\\\" \\\\ \\n\"", "&(subject=<say \"hi\" \\ \\n>)"},
    {"subject:\"(x) or not\"", "&(subject=<(x) or not>)"},
    {"subject:a:b", "&(subject=<a:b>)"},
    {"subject:\xc3\x84RGER", "&(subject=<\xc3\xa4rger>)"},
    {"user:Alice folder:INBOX/* label:\"My mail\"",
	"&(user=<Alice> folder=<INBOX/*> label=<My mail>)"},
    {"source:imap://a@h/", "&(source=<imap://a@h/>)"},
    {"folder:\"a\\\\/b\"", "&(folder=<a\\/b>)"},
    {"folder:a\\/b", "&(folder=<a\\/b>)"},
    {"id:0123456789ABCDEF", "&(|(id=<0123456789abcdef>))"},
    {"id:01234567 from:x and id:89abcdef",
	"&(|(id=<01234567> id=<89abcdef>) from=<x>)"},
    {"since:2024", "&(since=2024-01-01T00:00:00Z)"},
    {"before:2024-03", "&(before=2024-03-01T00:00:00Z)"},
    {"since:2024-02-29", "&(since=2024-02-29T00:00:00Z)"},
    {"since:2024-03-01T10:20", "&(since=2024-03-01T10:20:00Z)"},
    {"since:2024-03-01T10:20:30", "&(since=2024-03-01T10:20:30Z)"},
    {"since:2024-03-01T10:20:30Z", "&(since=2024-03-01T10:20:30Z)"},
    {"since:0000", "&(since=0000-01-01T00:00:00Z)"},
    {"since:12h", "&(since=2026-11-20T22:00:00Z)"},
    {"since:90d", "&(since=2026-08-23T10:00:00Z)"},
    {"since:2w", "&(since=2026-11-07T10:00:00Z)"},
    {"since:9m", "&(since=2026-02-21T10:00:00Z)"},
    {"is:moved", "&(is=moved)"},
    {"is:sent and since:2024", "&(is=sent since=2024-01-01T00:00:00Z)"},
    {"since:10y", "&(since=2016-11-21T10:00:00Z)"},
};

/* ---- invalid queries, and parts of the messages ---- */

static const struct {
	const char *text, *says;
} bad[] = {
    {"hello", "\"hello\" at character 1 is not a term"},
    {"from:bob hello", "character 10"},
    {"subject:two words", "'subject:\"two words\"'"},
    {"\xc3\xa4\xc3\xb6 x", "\"\xc3\xa4\xc3\xb6\" at character 1"},
    {"subject:\xc3\xa4 x", "character 11"},
    {"form:bob", "unknown term \"form:\" at character 1"},
    {"From:bob", "\"From:\""},
    {"body:x", "terms are user: folder:"},
    {":x", "\":\" at character 1"},
    {"from:", "from: has no value"},
    {"from: bob", "from: has no value"},
    {"subject:\"\"", "subject: has no value"},
    {"from:a or from:b", "\"or\" at character 8"},
    {"not from:a", "\"not\" at character 1"},
    {"NOT from:a", "only be joined by \"and\""},
    {"(from:a)", "only be joined by \"and\""},
    {"( from:a )", "only be joined by \"and\""},
    {"from:a)", "from:\"...\""},
    {"from:a\"b\"", "must be in quotes; write from:\"...\""},
    {"subject:\"open", "the \" at character 9 is not closed"},
    {"subject:\"open\\\"", "is not closed"},
    {"subject:\"a\"b", "a blank is missing after the \" at character 11"},
    {"and from:a", "\"and\" at character 1 must stand between"},
    {"from:a and", "\"and\" at character 8 must stand between"},
    {"from:a and and to:b", "\"and\" at character 12"},
    {"and", "must stand between two terms"},
    {"since:yesterday", "\"yesterday\" is not a date"},
    {"since:2024-13", "is not a date"},
    {"since:2023-02-29", "is not a date"},
    {"since:2024-3-1", "is not a date"},
    {"since:24", "is not a date"},
    {"since:2024Z", "is not a date"},
    {"since:2024-03-01Z", "is not a date"},
    {"since:2024-03-01T25:00", "is not a date"},
    {"since:90x", "is not a date"},
    {"since:d", "is not a date"},
    {"since:-90d", "is not a date"},
    {"since:9999999d", "is not a date"},
    {"since:9999y", "is not a date"},
    {"is:", "has no value"},
    {"is:Sent", "write is:moved or is:sent"},
    {"is:movedx", "write is:moved or is:sent"},
    {"id:abc", "write 8 to 64 hex digits"},
    {"id:0123456g", "is not an id"},
    {"id:00000000000000000000000000000000"
     "000000000000000000000000000000000",
	"is not an id"},
    {"subject:\xff", "not UTF-8"},
};

static void
test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ms_query *q = NULL;
		struct ms_err err = {0};
		struct ms_buf tree = {0};
		int rc =
		    ms_query_parse(&q, ms_slice_str(good[i].text), NOW, &err);

		if (rc == 0)
			show(q, 0, &tree);
		else
			ms_buf_add_str(&tree, err.msg);
		ok(strcmp(ms_buf_str(&tree), good[i].tree) == 0, "%zu: %s", i,
		    ms_buf_str(&tree));
		ms_buf_release(&tree);
		ms_query_free(q);
	}
}

static void
test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ms_query *q = NULL;
		struct ms_err err = {0};
		int rc =
		    ms_query_parse(&q, ms_slice_str(bad[i].text), NOW, &err);

		ok(rc == -1 && q == NULL && err.code == MS_USAGE &&
			strncmp(err.msg, "query: ", 7) == 0 &&
			strstr(err.msg, bad[i].says) != NULL,
		    "%s: %s", bad[i].text, err.msg);
		ms_query_free(q);
	}
}

static void
test_limits(void)
{
	struct ms_buf text = {0};
	struct ms_query *q;
	struct ms_err err = {0};

	for (int i = 0; i < MS_QUERY_TERMS; i++)
		ms_buf_add_str(&text, "to:a ");
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == 0, "%d terms",
	    MS_QUERY_TERMS);
	ms_query_free(q);
	ms_buf_add_str(&text, "to:a");
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == -1 &&
		strstr(err.msg, "more than 1024 terms") != NULL,
	    "one term more is refused");
	ms_buf_clear(&text);
	ms_buf_add_str(&text, "subject:");
	while (text.n < MS_QUERY_MAX)
		ms_buf_add_byte(&text, 'a');
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == 0,
	    "a query of the maximal length");
	ms_query_free(q);
	ms_buf_add_byte(&text, 'a');
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == -1 &&
		strstr(err.msg, "longer than 65536 bytes") != NULL,
	    "one byte more is refused");
	ms_buf_release(&text);
	ok(ms_query_parse(&q, (struct ms_slice){(const void *)"to:a\0b", 6},
	       NOW, &err) == -1,
	    "NUL is refused");
}

static void
test_words(void)
{
	char word[][16] = {"from:bob", "and", "subject:\"a", "b\""};
	char *argv[] = {word[0], word[1], word[2], word[3]};
	struct ms_query *q = NULL;
	struct ms_err err = {0};
	struct ms_buf tree = {0};

	ok(ms_query_parse_words(&q, 4, argv, NOW, &err) == 0, "operands");
	show(q, 0, &tree);
	ok(strcmp(ms_buf_str(&tree), "&(from=<bob> subject=<a b>)") == 0,
	    "are joined by blanks: %s", ms_buf_str(&tree));
	ms_buf_release(&tree);
	ms_query_free(q);
}

static void
test_ids_only(void)
{
	static const struct {
		const char *text;
		bool only;
	} row[] = {{"", false}, {"from:a", false}, {"id:01234567", true},
	    {"id:01234567 and id:89abcdef", true},
	    {"id:01234567 since:2024", false},
	    {"since:2024 id:01234567", false}};
	struct ms_query *q;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ok(ms_query_parse(&q, ms_slice_str(row[i].text), NOW, NULL) ==
			    0 &&
			ms_query_ids_only(q) == row[i].only,
		    "\"%s\" means %s", row[i].text,
		    row[i].only ? "messages" : "occurrences");
		ms_query_user(q, "alice");
		ok(!ms_query_ids_only(q), "with -u: occurrences");
		ms_query_free(q);
	}
}

static void
test_glob(void)
{
	static const struct {
		const char *pattern, *folder;
		bool yes;
	} row[] = {
	    {"INBOX", "INBOX", true},
	    {"INBOX", "inbox", true},
	    {"inbox", "INBOX", true},
	    {"INBOX", "INBOX/a", false},
	    {"INBOX/*", "INBOX/a/b", true},
	    {"inbox/*", "INBOX/a/b", true},
	    {"INBOX/A", "inbox/a", false},
	    {"INBOX*", "inbox", true},
	    {"INBOX*", "INBOX2", true},
	    {"Sent", "sent", false},
	    {"Se", "Sent", false},
	    {"Sent", "Se", false},
	    {"*", "", true},
	    {"*", "anything/at all", true},
	    {"*/2024", "a/b/2024", true},
	    {"*/2024", "a/b/2024x", false},
	    {"a*b*c", "a-b-b-c", true},
	    {"a*b*c", "a-c-b", false},
	    {"a**", "a", true},
	    {"*\xc3\xa4*", "x\xc3\xa4y", true},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ok(ms_query_glob_folder(row[i].pattern, row[i].folder) ==
			row[i].yes,
		    "folder:%s %s %s", row[i].pattern,
		    row[i].yes ? "is" : "is not", row[i].folder);
	ok(!ms_query_glob("INBOX", "inbox"),
	    "other names must have the same case");
}

/* Months differ in length. */
static void
test_months(void)
{
	int64_t now, t;
	char s[21];

	ms_time_parse("2024-03-31T00:00:00Z", &now);
	ok(ms_query_date("1m", 2, now, &t), "1m");
	ms_time_format(t, s);
	ok(strcmp(s, "2024-02-29T00:00:00Z") == 0, "before 31 March: %s", s);
	ok(ms_query_date("13m", 3, now, &t), "13m");
	ms_time_format(t, s);
	ok(strcmp(s, "2023-02-28T00:00:00Z") == 0, "is a year more: %s", s);
}

int
main(void)
{
	test_good();
	test_bad();
	test_limits();
	test_words();
	test_ids_only();
	test_glob();
	test_months();
	return done();
}
