/*
 * imap-guard.c - the bytes that may be passed to libetpan, in pieces of any
 * length, and the status lines that are reported.
 */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "tap.h"

#define GREETING "* OK hello\r\n"

static const struct row {
	const char *text;
	const char *why; /* NULL: passes */
	bool bodies;     /* a message body is expected */
} rows[] = {
    {"* OK [CAPABILITY IMAP4rev1] ready\r\n1 OK done\r\n", NULL, false},
    {"* OK\r\n", NULL, false},
    {"+ idling\r\n* 3 EXISTS\r\n* OK Still here\r\n", NULL, false},
    {"* LIST (\\HasNoChildren) \"/\" 20240101000000\r\n", NULL, false},
    {"* LIST () \"/\" {8}\r\nlite ral\r\n1 OK\r\n", NULL, false},
    {"* LIST () \"/\" \"a \\\"((((\\\\\" \r\n", NULL, false},
    {"* LIST () \"/\" \"\\\"\r\n", "line ends inside quotes", false},
    {"* LIST () \"/\" \"a\r\nb\"\r\n", "line ends inside quotes", false},
    {"* LIST () \"/\" a{b\r\n", "literal without a size", false},
    {"* LIST () \"/\" {-1}\r\n", "literal without a size", false},
    {"* LIST () \"/\" {}\r\n", "literal without a size", false},
    {"* LIST () \"/\" {3}abc\r\n", "literal without a size", false},
    {"* LIST () \"/\" { 3}\r\nabc\r\n", "literal without a size", false},
    {"* LIST () \"/\" {4294967299}\r\nabc\r\n", "number above 2^32", false},
    {"* LIST () \"/\" {65537}\r\n", "literal of 65537 bytes", false},
    {"* SEARCH 1 2 4294967295\r\n", NULL, false},
    {"* SEARCH 1 4294967296\r\n", "number above 2^32", false},
    {"* search 99999999999999999999999999\r\n", "number above 2^32", false},
    {"* 4294967296 EXISTS\r\n", "number above 2^32", false},
    {"* 4294967295 EXISTS\r\n", NULL, false},
    {"*  3  FETCH  (UID  4294967297)\r\n", "number above 2^32", false},
    {"* 3 FETCH (UID 17 RFC822.SIZE 5000000000)\r\n", "above 2^32", false},
    {"* 3 FETCH (X-GM-MSGID 1278455344230334865 UID 5)\r\n", NULL, false},
    {"* 3 FETCH (X-GM-MSGID 12784553442 UID 12784553442)\r\n", "above 2^32",
	false},
    {"* 3 FETCH (MODSEQ (12784553442))\r\n", NULL, false},
    {"* 3 FETCH (FLAGS ($20240101000000 20240101000000))\r\n", NULL, false},
    {"* 3 FETCH (BODY[] {5}\r\n((((( UID 3)\r\n", NULL, true},
    {"* 3 FETCH (BODY[] {70000}\r\n", NULL, true},
    {"* 3 FETCH (BODY[]<0> {70000}\r\n", NULL, true},
    {"* 3 FETCH (BODY[HEADER.FIELDS (DATE)] {70000}\r\n", NULL, true},
    {"* 3 FETCH (RFC822.TEXT {70000}\r\n", NULL, true},
    {"* 3 FETCH (RFC822.HEADER {70000}\r\n", "no message is expected", true},
    {"* 3 FETCH (X-GM-LABELS ({70000}\r\n", "no message is expected", true},
    {"* 3 FETCH (BODY[] {70000}\r\n", "no message is expected", false},
    {"* 3 FETCH (BODY[] {4294967290}\r\n", NULL, true},
    {"* 3 FETCH (BODY[] NIL UID 3\r\n", "line ends inside parentheses", true},
    {"* 3 FETCH (UID 3))\r\n", "an unbalanced parenthesis", false},
    {"* STATUS 20240101000000 (MESSAGES 3)\r\n", NULL, false},
    {"* STATUS x (UIDVALIDITY 4294967297)\r\n", "number above 2^32", false},
    {"* STATUS x (HIGHESTMODSEQ 4294967297)\r\n", NULL, false},
    {"* OK [UIDVALIDITY 4294967297] x\r\n", "number above 2^32", false},
    {"* OK [uidnext  99999999999999999999] x\r\n", "above 2^32", false},
    {"* OK [HIGHESTMODSEQ 99999999999] x\r\n", NULL, false},
    {"* OK [PERMANENTFLAGS ($a)] x\r\n", "PERMANENTFLAGS", false},
    {GREETING "* OK [PERMANENTFLAGS ($a (b)] x\r\n", NULL, false},
    {GREETING "* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n", NULL, false},
    {GREETING "* OK [PERMANENTFLAGS ()] x\r\n", NULL, false},
    {GREETING "* OK [PERMANENTFLAGS (\\*)] x\r\n", NULL, false},
    {GREETING "* OK [PERMANENTFLAGS ($a)] x\r\n", NULL, false},
    {"* OK [PERMANENTFLAGS (()] x\r\n", "PERMANENTFLAGS", false},
    {"* OK \t [ permanentflags\t( %)] x\r\n", "PERMANENTFLAGS", false},
    {"1 OK [PERMANENTFLAGS (\\ )] x\r\n", "PERMANENTFLAGS", false},
    {"* OK [PERMANENTFLAGS ($a \"b\")] x\r\n", "PERMANENTFLAGS", false},
    {"* OK [PERMANENTFLAGS ($a {99}\r\n", "PERMANENTFLAGS", false},
    {GREETING "* OK [PERMANENTFLAGS ($a)] \"x\" {\r\n", NULL, false},
    {"* NO [BADCHARSET] x\r\n", NULL, false},
    {"* OK [badcharset\t( \"x\")] x\r\n", "BADCHARSET", false},
    {"* NO [BADCHARSET ({3000000000}\r\n", "BADCHARSET", false},
    {"* OK a smiley :-) {7}\r\n* 1 EXISTS\r\n", NULL, false},
    {"* OK nul \1 \t\r\n", NULL, false},
    {"* LIST () \"/\" a\1b\r\n", "control byte", false},
    {"* NAMESPACE ((\"\" \"/\")(\"#x\" NIL)) NIL NIL\r\n", NULL, false},
    {"* NAMESPACE ((\"\" \"\")) NIL NIL\r\n", "NAMESPACE", false},
    {"* NAMESPACE (({0}\r\n \"\")) NIL NIL\r\n", "NAMESPACE", false},
    {"* STATUS x ( )\r\n", "STATUS", false},
    {"220 smtp ready\r\n", NULL, false},
    {"\r\n", "a line of an unknown kind", false},
    {" * OK\r\n", "a line of an unknown kind", false},
    {"*LIST\r\n", "an asterisk without a blank", false},
    {"*LIST () \"/\" x\r\n", "an asterisk without a blank", false},
    {"*\r\n", "an asterisk without a blank", false},
    {"*\tLIST () \"/\" x\r\n", "an asterisk without a blank", false},
    {"*(x) y\r\n", "an asterisk without a blank", false},
    {"* \r\n", "an empty line", false},
};

static struct ms_buf lines;

static void
note(void *ctx, const char *line)
{
	(void)ctx;
	ms_buf_printf(&lines, "%s|", line);
}

/* Pushes the bytes in pieces of this length. */
static int
push(struct ms_imap_guard *g, const char *p, size_t n, size_t piece,
    struct ms_err *err)
{
	size_t i, part;

	for (i = 0; i < n; i += part) {
		part = n - i < piece ? n - i : piece;
		if (ms_imap_guard_push(g, p + i, part, err) < 0)
			return -1;
	}
	return 0;
}

static void
check(const struct row *row)
{
	static const size_t pieces[] = {1, 3, 100000};
	struct ms_imap_guard g;
	struct ms_err err;
	bool good = true;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		g = (struct ms_imap_guard){.bodies = row->bodies};
		err = (struct ms_err){0};
		rc = push(&g, row->text, strlen(row->text), pieces[i], &err);
		good = good &&
		       (row->why == NULL ? rc == 0
					 : rc < 0 && err.code == MS_PROTO &&
					       strstr(err.msg, row->why));
	}
	ok(good, "%.*s: %s", (int)strcspn(row->text, "\r\n"), row->text,
	    row->why != NULL ? row->why : "passes");
}

static void
check_lines(void)
{
	static const char text[] =
	    "* OK  ready\t [X] now\r\n* LIST () \"/\" \"* BYE\"\r\n"
	    "* 3 FETCH (BODY[] {9}\r\n* BYE a\r\n)\r\n+ go\n"
	    "3 NO [INUSE] b \r\n* BYE c\r\n";
	struct ms_imap_guard g = {.status = note, .bodies = true};
	struct ms_err err = {0};

	ok(push(&g, text, strlen(text), 2, &err) == 0, "a session passes");
	ok(strcmp(ms_buf_str(&lines), "* OK ready [X] now|+ go|3 NO [INUSE] "
				      "b|* BYE c|") == 0,
	    "its status lines are reported");
	ok(g.events == 2, "its other lines are counted");
	ms_buf_release(&lines);
}

/* Long lines and deep parentheses. */
static void
check_volume(void)
{
	struct ms_imap_guard g = {0};
	struct ms_err err = {0};
	static char block[65536];
	size_t i;
	int rc;

	memset(block, '(', sizeof(block));
	rc = push(&g, "* 1 FETCH (BODYSTRUCTURE ", 25, 25, &err);
	if (rc == 0)
		rc = push(&g, block, sizeof(block), sizeof(block), &err);
	ok(rc < 0 && err.code == MS_PROTO, "deep: %s", err.msg);
	g = (struct ms_imap_guard){0};
	memset(block, 'a', sizeof(block));
	rc = push(&g, "* OK ", 5, 5, &err);
	for (i = 0; i < MS_IMAP_LINE_MAX / sizeof(block) && rc == 0; i++)
		rc = push(&g, block, sizeof(block), sizeof(block), &err);
	ok(rc < 0 && i == MS_IMAP_LINE_MAX / sizeof(block), "long: %s",
	    err.msg);
	g = (struct ms_imap_guard){0};
	ok(push(&g, "* OK \0\r\n", 8, 8, &err) < 0 && err.code == MS_PROTO,
	    "NUL: %s", err.msg);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	check_lines();
	check_volume();
	return done();
}
