/* query.c - parses valid and invalid queries, and the values of terms.
 * ms-query(7). */
#include <stdlib.h>
#include <string.h>

#include "query/impl.h"
#include "tap.h"
#include "time.h"

#define NOW 1795255200 /* 2026-11-21T10:00:00Z */

/* ---- valid queries, and their trees ---- */

static void
show_date(int64_t t, struct ms_buf *out)
{
	char date[21];

	ms_time_format(t, date);
	if (t != INT64_MIN && t != INT64_MAX)
		ms_buf_add_str(out, date);
}

static void
show_term(const struct ms_query_node *t, struct ms_buf *out)
{
	const char *name = "";

	for (size_t i = 0; ms_query_kind(i) != NULL && *name == '\0'; i++)
		if (ms_query_kind(i)->field == t->field)
			name = ms_query_kind(i)->name;
	switch (t->field) {
	case MS_QUERY_SENT:
	case MS_QUERY_ARRIVED:
	case MS_QUERY_ARCHIVED:
		ms_buf_printf(out, "%s[",
		    t->field == MS_QUERY_SENT      ? "sent"
		    : t->field == MS_QUERY_ARRIVED ? "arrived"
						   : "archived");
		show_date(t->since, out);
		ms_buf_add_byte(out, ',');
		show_date(t->before, out);
		ms_buf_add_byte(out, ')');
		break;
	case MS_QUERY_SIZE:
		ms_buf_printf(out, "size[%llu,", (unsigned long long)t->least);
		if (t->below != UINT64_MAX)
			ms_buf_printf(
			    out, "%llu", (unsigned long long)t->below);
		ms_buf_add_byte(out, ')');
		break;
	case MS_QUERY_IS:
		ms_buf_printf(out, "is=%s",
		    t->bit == MS_ROW_SENT    ? "sent"
		    : t->bit == MS_ROW_MOVED ? "moved"
					     : "removed");
		break;
	case MS_QUERY_ANY:
		ms_buf_add_str(out, "any");
		break;
	case MS_QUERY_STATE:
		ms_buf_printf(out, "state=%u", t->bit);
		break;
	case MS_QUERY_HAS:
		ms_buf_add_str(out, "has=");
		break;
	case MS_QUERY_BODY:
	case MS_QUERY_TEXT:
	case MS_QUERY_WORD:
		ms_buf_printf(out, "%s=<%s>%s", name,
		    ms_buf_str(&t->term->text), t->term->prefix ? "*" : "");
		break;
	default:
		ms_buf_printf(out, "%s=<%s>", name, t->value);
	}
}

/* Writes a node and those below it: &(a b), |(a b), !a. */
static void
show(const struct ms_query *q, struct ms_buf *out)
{
	static const char *const open[] = {
	    [MS_QUERY_NOT] = "!", [MS_QUERY_AND] = "&(", [MS_QUERY_OR] = "|("};
	const struct ms_query_node *node = q->node;
	uint32_t i = q->root;

	for (;;) {
		if (node[i].op == MS_QUERY_TERM)
			show_term(&node[i], out);
		else
			ms_buf_add_str(out, open[node[i].op]);
		if (node[i].first != 0) {
			i = node[i].first;
			continue;
		}
		if (node[i].op == MS_QUERY_AND)
			ms_buf_add_byte(out, ')');
		for (; i != q->root && node[i].next == 0; i = node[i].parent)
			if (node[node[i].parent].op != MS_QUERY_NOT)
				ms_buf_add_byte(out, ')');
		if (i == q->root)
			return;
		ms_buf_add_byte(out, ' ');
		i = node[i].next;
	}
}

static const struct {
	const char *text, *tree;
} good[] = {
    {"", "&()"},
    {" \t\r", "&()"},
    {"from:bob", "from=<bob>"},
    {"from:Bob subject:HELLO", "&(from=<bob> subject=<hello>)"},
    {"from:bob\nto:al", "&(from=<bob> to=<al>)"},
    {"from:bob and to:al", "&(from=<bob> to=<al>)"},
    {"from:bob AND\tto:al", "&(from=<bob> to=<al>)"},
    {"subject:and and to:and", "&(subject=<and> to=<and>)"},
    {"subject:\"two words\" to:a", "&(subject=<two words> to=<a>)"},
    {"subject:\"say \\\"hi\\\" \\\\ \\n\"", "subject=<say \"hi\" \\ \\n>"},
    {"subject:\"(x) or not\"", "subject=<(x) or not>"},
    {"subject:a:b", "subject=<a:b>"},
    {"subject:-5", "subject=<-5>"},
    {"subject:\xc3\x84RGER", "subject=<arger>"},
    {"user:Alice folder:INBOX/* label:\"My mail\"",
	"&(user=<Alice> folder=<INBOX/*> label=<My mail>)"},
    {"source:imap://a@h/", "source=<imap://a@h/>"},
    {"folder:\"a\\\\/b\"", "folder=<a\\/b>"},
    {"folder:a\\/b", "folder=<a\\/b>"},
    {"cc:A bcc:B recipient:C list:D",
	"&(cc=<a> bcc=<b> recipient=<c> list=<d>)"},
    /* operators */
    {"to:a or to:b", "|(to=<a> to=<b>)"},
    {"to:a OR to:b Or to:c", "|(to=<a> to=<b> to=<c>)"},
    {"to:a to:b or to:c", "|(&(to=<a> to=<b>) to=<c>)"},
    {"to:a or to:b to:c", "|(to=<a> &(to=<b> to=<c>))"},
    {"to:a or to:b and to:c or to:d", "|(to=<a> &(to=<b> to=<c>) to=<d>)"},
    {"(to:a or to:b) to:c", "&(|(to=<a> to=<b>) to=<c>)"},
    {"(to:a or to:b)to:c", "&(|(to=<a> to=<b>) to=<c>)"},
    {"to:a and(to:b or to:c)", "&(to=<a> |(to=<b> to=<c>))"},
    {"(to:a)", "to=<a>"},
    {"( ( to:a ) )", "to=<a>"},
    {"((to:a to:b))", "&(to=<a> to=<b>)"},
    {"(to:\"a\")", "to=<a>"},
    {"not to:a", "!to=<a>"},
    {"NOT to:a to:b", "&(!to=<a> to=<b>)"},
    {"not to:a or to:b", "|(!to=<a> to=<b>)"},
    {"to:a not to:b", "&(to=<a> !to=<b>)"},
    {"to:a and not to:b", "&(to=<a> !to=<b>)"},
    {"to:a or not to:b", "|(to=<a> !to=<b>)"},
    {"not not to:a", "to=<a>"},
    {"not not not to:a", "!to=<a>"},
    {"not(to:a or to:b)", "!|(to=<a> to=<b>)"},
    {"not (to:a to:b) to:c", "&(!&(to=<a> to=<b>) to=<c>)"},
    {"-to:a", "!to=<a>"},
    {"to:a -to:b", "&(to=<a> !to=<b>)"},
    {"-(to:a or to:b)", "!|(to=<a> to=<b>)"},
    {"not -to:a", "to=<a>"},
    {"-arrived-since:2024", "!arrived[2024-01-01T00:00:00Z,)"},
    /* ids */
    {"id:0123456789ABCDEF", "|(id=<0123456789abcdef>)"},
    {"id:01234567 from:x and id:89abcdef",
	"&(|(id=<01234567> id=<89abcdef>) from=<x>)"},
    {"id:01234567 or id:89abcdef", "|(|(id=<01234567>) |(id=<89abcdef>))"},
    {"0123456789ab", "|(id=<0123456789ab>)"},
    {"DEADBEEFCAFE to:a", "&(|(id=<deadbeefcafe>) to=<a>)"},
    {"not id:01234567 id:89abcdef", "&(!id=<01234567> |(id=<89abcdef>))"},
    {"msgid:a.B@C", "msgid=<a.B@C>"},
    {"msgid:<a@b>", "msgid=<a@b>"},
    /* dates */
    {"since:2024", "sent[2024-01-01T00:00:00Z,)"},
    {"before:2024-03", "sent[,2024-03-01T00:00:00Z)"},
    {"on:2024", "sent[2024-01-01T00:00:00Z,2025-01-01T00:00:00Z)"},
    {"on:2024-12", "sent[2024-12-01T00:00:00Z,2025-01-01T00:00:00Z)"},
    {"on:2024-02", "sent[2024-02-01T00:00:00Z,2024-03-01T00:00:00Z)"},
    {"on:2024-02-29", "sent[2024-02-29T00:00:00Z,2024-03-01T00:00:00Z)"},
    {"on:2024-02-29T10:00", "sent[2024-02-29T10:00:00Z,2024-02-29T10:01:00Z)"},
    {"on:2024-02-29T10:00:07Z",
	"sent[2024-02-29T10:00:07Z,2024-02-29T10:00:08Z)"},
    {"on:9999", "sent[9999-01-01T00:00:00Z,)"},
    {"on:today", "sent[2026-11-21T00:00:00Z,2026-11-22T00:00:00Z)"},
    {"on:yesterday", "sent[2026-11-20T00:00:00Z,2026-11-21T00:00:00Z)"},
    {"on:2d", "sent[2026-11-19T00:00:00Z,2026-11-20T00:00:00Z)"},
    {"since:today", "sent[2026-11-21T00:00:00Z,)"},
    {"before:yesterday", "sent[,2026-11-20T00:00:00Z)"},
    {"arrived-since:2024 arrived-before:2025",
	"&(arrived[2024-01-01T00:00:00Z,) arrived[,2025-01-01T00:00:00Z))"},
    {"archived-since:90d archived-before:2026-11-21",
	"&(archived[2026-08-23T10:00:00Z,) archived[,2026-11-21T00:00:00Z))"},
    {"since:2024-02-29", "sent[2024-02-29T00:00:00Z,)"},
    {"since:2024-03-01T10:20", "sent[2024-03-01T10:20:00Z,)"},
    {"since:2024-03-01T10:20Z", "sent[2024-03-01T10:20:00Z,)"},
    {"since:2024-03-01T10:20:30", "sent[2024-03-01T10:20:30Z,)"},
    {"since:2024-03-01T10:20:30Z", "sent[2024-03-01T10:20:30Z,)"},
    {"since:2024-03-01T10:20+02:00", "sent[2024-03-01T08:20:00Z,)"},
    {"since:2024-03-01T10:20:30-05:30", "sent[2024-03-01T15:50:30Z,)"},
    {"since:0000", "sent[0000-01-01T00:00:00Z,)"},
    {"since:12h", "sent[2026-11-20T22:00:00Z,)"},
    {"since:90d", "sent[2026-08-23T10:00:00Z,)"},
    {"since:2w", "sent[2026-11-07T10:00:00Z,)"},
    {"since:9m", "sent[2026-02-21T10:00:00Z,)"},
    {"since:10y", "sent[2016-11-21T10:00:00Z,)"},
    /* flags and sizes */
    {"is:moved", "is=moved"},
    {"is:sent and since:2024", "&(is=sent sent[2024-01-01T00:00:00Z,))"},
    {"is:seen", "flag=<\\seen>"},
    {"is:unseen", "!flag=<\\seen>"},
    {"not is:unseen", "!!flag=<\\seen>"},
    {"is:flagged is:answered", "&(flag=<\\flagged> flag=<\\answered>)"},
    {"flag:$Forwarded", "flag=<$forwarded>"},
    {"flag:\\Seen", "flag=<\\seen>"},
    {"larger:10M", "size[10485761,)"},
    {"larger:0", "size[1,)"},
    {"larger:1k smaller:1g", "&(size[1025,) size[0,1073741824))"},
    {"smaller:5", "size[0,5)"},
    /* the content */
    {"has:attachment type:PDF", "&(has= type=<pdf>)"},
    {"attachment:Z\xc3\xbcge.TXT or filename:*.pdf",
	"|(attachment=<zuge.txt> attachment=<*.pdf>)"},
    {"is:encrypted -is:signed", "&(state=2 !state=4)"},
    {"body:Word", "body=<word>"},
    {"body:\"Two Words\"", "body=<two words>"},
    {"body:wor*", "body=<wor>*"},
    {"body:\"wor*\"", "body=<wor*>"},
    {"text:\"Two Words\" text:wor*", "&(text=<two words> text=<wor>*)"},
    {"is:unsearchable", "state=8"},
    /* words */
    {"hello", "=<hello>"},
    {"from:bob Hello", "&(from=<bob> =<hello>)"},
    {"subject:two words", "&(subject=<two> =<words>)"},
    {"two or -words", "|(=<two> !=<words>)"},
    {"\"Two (words\" wor*", "&(=<two (words> =<wor>*)"},
    {"e-mail \"or\" \"wor*\"", "&(=<e-mail> =<or> =<wor*>)"},
    {"0123456789a 0123456789ag \"0123456789ab\"",
	"&(=<0123456789a> =<0123456789ag> =<0123456789ab>)"},
    /* the names of Gmail */
    {"after:2024/03/01", "sent[2024-03-01T00:00:00Z,)"},
    {"newer_than:2d", "sent[2026-11-19T10:00:00Z,)"},
    {"older_than:1y", "sent[,2025-11-21T10:00:00Z)"},
    {"in:inbox", "folder=<inbox>"},
    {"in:sent", "is=sent"},
    {"in:\"sent\"", "folder=<sent>"},
    {"in:anywhere to:a", "&(any to=<a>)"},
    {"is:unread is:starred is:read",
	"&(!flag=<\\seen> flag=<\\flagged> flag=<\\seen>)"},
};

/* ---- invalid queries: the message, and where the caret is ---- */

#define NO_CARET SIZE_MAX

static const struct {
	const char *text, *says;
	size_t caret; /* columns before it */
} bad[] = {
    {"!", "no letter and no digit", 0},
    {"from:bob \"- \"", "no letter and no digit", 9},
    {"h*", "at least 2 letters", 0},
    {"*", "only be at the end", 0},
    {"a*b", "only be at the end", 0},
    {"ab(c", "a value with ( must be in quotation marks; write \"...\"", 2},
    {"a\"b\"", "a value with \" must be in quotation marks", 1},
    {"text:", "text: has no value", 5},
    {"subject:\xc3\xa4 !", "no letter", 10},
    /* wide characters take two columns, combining ones none */
    {"subject:\xe6\x97\xa5\xe6\x9c\xac !", "no letter", 13},
    {"subject:e\xcc\x81 !", "no letter", 10},
    {"subject:a\t!", "no letter", 10},
    {"form:bob", "\"form:\" (did you mean \"from:\"?)", 0},
    {"From:bob", "\"From:\" (did you mean \"from:\"?)", 0},
    {"is:moved subj:x", "(did you mean \"subject:\"?)", 9},
    {"recipients:x", "(did you mean \"recipient:\"?)", 0},
    {"nothing:x", "unknown term \"nothing:\"", 0},
    {"http://example.org", "the terms are from: to: cc:", 0},
    {":x", "unknown term \":\"", 0},
    {"from:", "from: has no value", 5},
    {"from: bob", "from: has no value", 5},
    {"to:a (from:)", "from: has no value", 11},
    {"subject:\"\"", "subject: has no value", 8},
    {"subject:\xe2\x80\x8b", "only invisible characters", 8},
    /* operators without their terms */
    {"or to:a", "a term is missing before this", 0},
    {"and from:a", "a term is missing before this", 0},
    {"and", "a term is missing before this", 0},
    {"from:a and", "missing after this \"and\"", 7},
    {"from:a and and to:b", "missing after this \"and\"", 7},
    {"from:a and or to:b", "missing after this \"and\"", 7},
    {"from:a or", "missing after this \"or\"", 7},
    {"from:a or or to:b", "missing after this \"or\"", 7},
    {"from:a or and to:b", "missing after this \"or\"", 7},
    {"not", "missing after this \"not\"", 0},
    {"from:a not", "missing after this \"not\"", 7},
    {"not or to:a", "missing after this \"not\"", 0},
    {"not and", "missing after this \"not\"", 0},
    {"-", "must stand directly before a term", 0},
    {"- to:a", "must stand directly before a term", 0},
    {"--to:a", "must stand directly before a term", 0},
    {"to:a -", "must stand directly before a term", 5},
    {"(-)", "must stand directly before a term", 1},
    /* parentheses */
    {"(", "this parenthesis is not closed", 0},
    {"(from:a", "this parenthesis is not closed", 0},
    {"to:b ((from:a)", "this parenthesis is not closed", 5},
    {"()", "a term is missing before this", 1},
    {"to:a ( )", "a term is missing before this", 7},
    {"(to:a or)", "missing after this \"or\"", 6},
    {"(to:a and)", "missing after this \"and\"", 6},
    {"(not)", "missing after this \"not\"", 1},
    {")", "no \"(\" belongs to this", 0},
    {"from:a)", "no \"(\" belongs to this", 6},
    {"(from:a))", "no \"(\" belongs to this", 8},
    {"from:a(b", "a value with ( must be in", 6},
    {"from:(a", "write from:\"...\"", 5},
    /* quotation marks */
    {"from:a\"b\"", "write from:\"...\"", 6},
    {"subject:\"open", "quotation mark is not closed", 8},
    {"subject:\"open\\\"", "quotation mark is not closed", 8},
    {"subject:\"a\"b", "a blank is missing after the quot", 11},
    {"subject:\"a\"(", "a blank is missing after the quot", 11},
    /* dates */
    {"since:tomorrow", "\"tomorrow\" is not a date", 6},
    {"to:a since:2024-13", "is not a date", 11},
    {"since:2023-02-29", "is not a date", 6},
    {"since:2024-3-1", "is not a date", 6},
    {"since:24", "is not a date", 6},
    {"since:2024Z", "is not a date", 6},
    {"since:2024-03-01Z", "is not a date", 6},
    {"since:2024-03-01T25:00", "is not a date", 6},
    {"since:2024-03-01T10:00+1:00", "is not a date", 6},
    {"since:2024-03-01T10:00+24:00", "is not a date", 6},
    {"since:2024-03-01T10:00+01:60", "is not a date", 6},
    {"since:2024-03-01T10:00:00Z+01:00", "is not a date", 6},
    {"since:90x", "is not a date", 6},
    {"since:d", "is not a date", 6},
    {"since:-90d", "is not a date", 6},
    {"since:9999999d", "is not a date", 6},
    {"since:9999y", "is not a date", 6},
    {"on:2024-13", "is not a date", 3},
    {"on:2024/1/1", "is not a date", 3},
    {"newer_than:2024", "is not an age", 11},
    {"older_than:today", "is not an age", 11},
    /* words, sizes, ids */
    {"is:", "has no value", 3},
    {"is:Sent", "(did you mean \"is:sent\"?)", 3},
    {"is:movedx", "(did you mean \"is:moved\"?)", 3},
    {"is:nonsense", "try seen, unseen", 3},
    {"larger:x", "\"x\" is not a size", 7},
    {"larger:-1", "is not a size", 7},
    {"larger:10T", "is not a size", 7},
    {"smaller:1.5M", "is not a size", 8},
    {"larger:99999999999999999999", "is not a size", 7},
    {"id:abc", "write 8 to 64 hex digits", 3},
    {"id:0123456g", "is not an id", 3},
    {"id:00000000000000000000000000000000"
     "000000000000000000000000000000000",
	"is not an id", 3},
    {"msgid:<a", "not a Message-ID", 6},
    {"has:files", "did you mean \"has:attachment\"?", 4},
    {"body:!", "no letter and no digit", 5},
    {"body:\"- -\"", "no letter and no digit", 5},
    {"body:*", "only be at the end of a word", 5},
    {"body:a*", "at least 2 letters", 5},
    {"body:a*b", "only be at the end of a word", 5},
    {"body:**", "only be at the end of a word", 5},
    {"boddy:x", "(did you mean \"body:\"?)", 0},
    {"subject:\xff", "not UTF-8", NO_CARET},
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
			show(q, &tree);
		else
			ms_buf_add_str(&tree, err.msg);
		ok(strcmp(ms_buf_str(&tree), good[i].tree) == 0, "%zu: %s", i,
		    ms_buf_str(&tree));
		ms_buf_release(&tree);
		ms_query_free(q);
	}
}

/* The columns before the caret, without the indent. */
static size_t
caret_of(const struct ms_err *err)
{
	const char *line = strchr(err->excerpt, '\n');

	return line != NULL ? strlen(line + 1) - 5 : NO_CARET;
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
		ok(caret_of(&err) == bad[i].caret, "the caret is at %zu",
		    caret_of(&err));
		ms_query_free(q);
	}
}

/* The excerpt of a long query is near the caret. */
static void
test_excerpt(void)
{
	static const struct {
		const char *text, *excerpt;
	} row[] = {
	    {"form:bob", "    form:bob\n    ^"},
	    {"!\nb", "    !?b\n    ^"},
	    {"to:0000000000000000000000000000000000000000 !",
		"    ...000000000000000000000000000000000 !\n"
		"                                         ^"},
	    {"! to:0000000000000000000000000000000000000000",
		"    ! to:00000000000000000000000000000...\n    ^"},
	};
	struct ms_buf text = {0};
	struct ms_query *q;
	struct ms_err err = {0};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ms_query_parse(&q, ms_slice_str(row[i].text), NOW, &err);
		ok(strcmp(err.excerpt, row[i].excerpt) == 0, "excerpt:\n%s",
		    err.excerpt);
	}
	/* Combining characters take no columns, but bytes. */
	ms_buf_add_str(&text, "! subject:a");
	for (int i = 0; i < 1000; i++)
		ms_buf_add_str(&text, "\xcc\x81");
	ms_query_parse(&q, ms_buf_slice(&text), NOW, &err);
	ok(strlen(err.excerpt) < 130 && caret_of(&err) == 0,
	    "the bytes of an excerpt are bounded");
	ms_buf_release(&text);
}

static void
test_limits(void)
{
	struct ms_buf text = {0};
	struct ms_query *q;
	struct ms_err err = {0};

	for (int i = 0; i < MS_QUERY_TERMS; i++)
		ms_buf_add_str(&text, "to:a ");
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == 0,
	    "%d terms are accepted", MS_QUERY_TERMS);
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
	    "a query of the maximal length is accepted");
	ms_query_free(q);
	ms_buf_add_byte(&text, 'a');
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == -1 &&
		strstr(err.msg, "longer than 65536 bytes") != NULL,
	    "one byte more is refused");
	ms_buf_clear(&text);
	for (int i = 1; i < MS_QUERY_DEPTH; i++)
		ms_buf_add_byte(&text, '(');
	ms_buf_add_str(&text, "to:a");
	for (int i = 1; i < MS_QUERY_DEPTH; i++)
		ms_buf_add_byte(&text, ')');
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == 0,
	    "%d parentheses are accepted", MS_QUERY_DEPTH - 1);
	ms_query_free(q);
	ms_buf_add_byte(&text, ')');
	text.p[0] = '(';
	memmove(text.p + 1, text.p, text.n - 1);
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == -1 &&
		strstr(err.msg, "more than 99 parentheses") != NULL,
	    "one more is refused: %s", err.msg);
	ms_buf_clear(&text);
	while (text.n + 4 < MS_QUERY_MAX)
		ms_buf_add_str(&text, "not ");
	ms_buf_add_str(&text, "to:a");
	ok(ms_query_parse(&q, ms_buf_slice(&text), NOW, &err) == 0,
	    "any number of nots is accepted");
	ms_query_free(q);
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

	ok(ms_query_parse_words(&q, 4, argv, NOW, &err) == 0,
	    "operands are parsed");
	show(q, &tree);
	ok(strcmp(ms_buf_str(&tree), "&(from=<bob> subject=<a b>)") == 0,
	    "operands are joined by blanks: %s", ms_buf_str(&tree));
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
	    {"since:2024 id:01234567", false}, {"not id:01234567", false},
	    {"id:01234567 or id:89abcdef", true},
	    {"(0123456789ab or id:01234567) ", true},
	    {"id:01234567 or since:2024", false},
	    {"(id:01234567) (id:89abcdef)", false}};
	struct ms_query *q;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ok(ms_query_parse(&q, ms_slice_str(row[i].text), NOW, NULL) ==
			    0 &&
			ms_query_ids_only(q) == row[i].only,
		    "\"%s\" means %s", row[i].text,
		    row[i].only ? "messages" : "occurrences");
		ms_query_user(q, "alice");
		ok(!ms_query_ids_only(q), "a query with -u finds occurrences");
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
	ok(ms_query_date("1m", 2, now, &t), "an age of one month is accepted");
	ms_time_format(t, s);
	ok(strcmp(s, "2024-02-29T00:00:00Z") == 0,
	    "one month before 31 March: %s", s);
	ok(ms_query_date("13m", 3, now, &t), "an age of 13 months is accepted");
	ms_time_format(t, s);
	ok(strcmp(s, "2023-02-28T00:00:00Z") == 0,
	    "13 months are a year more: %s", s);
}

int
main(void)
{
	test_good();
	test_bad();
	test_excerpt();
	test_limits();
	test_words();
	test_ids_only();
	test_glob();
	test_months();
	return done();
}
