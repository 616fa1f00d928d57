/* imap-messages.c - opening folders, searching, and the results for messages.
 */
#include "imapscript.h"
#include "time.h"
#include "message-hasher.h"
#include "imap/impl.h"

#define DONE "@ OK done\r\n"
#define ASK "UID FLAGS INTERNALDATE RFC822.SIZE"
#define DATE "INTERNALDATE \"01-Feb-2021 03:04:05 +0130\""
#define OPEN                                                                   \
	{                                                                      \
		"EXAMINE INBOX",                                               \
		    "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n"                 \
		    "* OK [UIDNEXT 20] n\r\n@ OK [READ-ONLY] done\r\n"         \
	}

#define LARGE_UIDVALIDITY "* OK [UIDVALIDITY 4294967303] v\r\n"

static const uint32_t three[] = {11, 12, 13};

static void
open_inbox(struct script *s, struct ms_imap_mailbox *mailbox)
{
	struct ms_err err = {0};

	if (ms_imap_select(s->im, "INBOX", false, mailbox, &err) < 0)
		printf("# %s\n", err.msg);
}

/* ---- results as text ---- */

static int
on_head(void *ctx, const struct ms_imap_message *h, struct ms_err *err)
{
	struct ms_buf *out = ctx;
	char time[21] = "-", hex[9] = "-";

	(void)err;
	ms_buf_printf(out, "%u [%s]", h->uid, h->flags);
	if (h->has_date)
		ms_time_format(h->date, time);
	ms_buf_printf(out, " %s %s%u", time, h->has_size ? "" : "?", h->size);
	if (h->has_head)
		for (int i = 0; i < 4; i++)
			snprintf(hex + 2 * i, 3, "%02x", h->head[i]);
	ms_buf_printf(out, " %s", hex);
	if (h->has_sent) {
		ms_time_format(h->sent, time);
		ms_buf_printf(out, " %s", time);
	}
	if (*h->email_id != '\0')
		ms_buf_printf(out, " <%s>", h->email_id);
	if (h->labels != NULL)
		ms_buf_printf(out, " {%s}", h->labels);
	ms_buf_add_byte(out, '\n');
	return 0;
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct ms_buf *out = ctx;
	char time[21] = "-";

	if (m->has_date)
		ms_time_format(m->date, time);
	ms_buf_printf(out, "%u [%s] %s ", m->uid, m->flags, time);
	if (m->labels != NULL)
		ms_buf_printf(out, "{%s} ", m->labels);
	if (ms_spool_emit(m->body, ms_buf_append, out, err) < 0)
		return -1;
	ms_buf_add_byte(out, '\n');
	return 0;
}

static void
on_failed(void *ctx, uint32_t uid, const char *reason)
{
	ms_buf_printf(ctx, "%u failed: %s\n", uid, reason);
}

static void
on_gone(void *ctx, uint32_t uid)
{
	ms_buf_printf(ctx, "%u gone\n", uid);
}

static void
ask(struct ms_imap *im, enum ms_imap_part part, struct ms_buf *out)
{
	const struct ms_imap_sink sink = {
	    .message = part == MS_IMAP_BODY ? on_message : on_head,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = out};
	struct ms_err err = {0};
	size_t done = 0;

	if (ms_imap_fetch(im, part, three, 3, &done, &sink, &err) < 0)
		ms_buf_printf(out, "error: %s\n", err.msg);
	else if (done != 3)
		ms_buf_printf(out, "%zu done\n", done);
}

/* ---- tables ---- */

/* SHA-256 of "Date: 1 Jan 2020 00:00:00 +0000\r\n\r\n" is 2ef99e37..., of
 * "Subject: x\r\n\r\n" 3ff56bb9..., of the empty header e3b0c442... */
#define HEAD_1 "BODY[HEADER] {35}\r\nDate: 1 Jan 2020 00:00:00 +0000\r\n\r\n"
#define HEAD_2 "BODY[HEADER] {13}\r\nSubject: x\n\r\n"

static const struct {
	const char *what, *caps;
	enum ms_imap_part part;
	struct step steps[8];
	const char *want;
} rows[] = {
    {"headers", "", MS_IMAP_HEADER,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK " BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS (\\Seen $x) " DATE
		" RFC822.SIZE 50 " HEAD_1 ")\r\n"
		"* 3 FETCH (UID 13 FLAGS (\\Recent) " HEAD_2
		" RFC822.SIZE 4000000000)\r\n"
		"* 2 FETCH (UID 12 FLAGS ())\r\n"
		"* 2 FETCH (UID 12 FLAGS () BODY[HEADER] \"\")\r\n" DONE},
	    /* A header without an empty line could have been cut. */
	    {"UID FETCH 12 (" ASK " BODY.PEEK[HEADER])",
		"* 2 FETCH (UID 12 FLAGS () BODY[HEADER] \"\")\r\n" DONE}},
	"11 [\\Seen $x] 2021-02-01T01:34:05Z 50 HASH1 2020-01-01T00:00:00Z\n"
	"13 [] - 4000000000 HASH2\n"
	"12 [] - ?0 e3b0c442\n"},
    {"headers, one of which is missing", "", MS_IMAP_HEADER,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK " BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS () BODY[HEADER] NIL)\r\n"
		"@ NO can't read 12\r\n"},
	    {"NOOP", "* 3 EXPUNGE\r\n" DONE},
	    {"UID FETCH 11:13 (UID)", "* 1 FETCH (UID 11)\r\n" DONE},
	    {"UID SEARCH UID 11:13",
		"* ESEARCH (TAG \"x\") UID ALL 12\r\n" DONE},
	    {"UID FETCH 11 (" ASK " BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS () " HEAD_1 ")\r\n" DONE},
	    {"UID FETCH 12 (" ASK " BODY.PEEK[HEADER])",
		"@ NO can't read 12\r\n"}},
	"13 gone\n11 [] - ?0 HASH1 2020-01-01T00:00:00Z\n"
	"12 failed: FETCH refused: can't read 12\n"},
    {"the beginning of a header, perhaps cut", "", MS_IMAP_TOP,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK " BODY.PEEK[HEADER]<0.4096>)",
		"* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 50 "
		"BODY[HEADER]<0> {35}\r\n"
		"Date: 1 Jan 2020 00:00:00 +0000\r\n\r\n)\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 60 " HEAD_2 ")\r\n"
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 9 "
		"BODY[HEADER]<0> {4}\r\nSubj)\r\n" DONE},
	    {"UID FETCH 12 (" ASK " BODY.PEEK[HEADER]<0.4096>)",
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 9 "
		"BODY[HEADER]<0> {0}\r\n)\r\n" DONE}},
	"11 [] - 50 8c54895c 2020-01-01T00:00:00Z\n13 [] - 60 d4637ae7\n"
	"12 [] - 9 e3b0c442\n"},
    {"attributes", "", MS_IMAP_NO_PART,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK ")",
		"* 1 FETCH (UID 11 FLAGS (\\Seen) " DATE " RFC822.SIZE 50)\r\n"
		"* 9 FETCH (UID 99 FLAGS () RFC822.SIZE 1)\r\n"
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 1)\r\n"
		"* 2 FETCH (UID 12 FLAGS (\\Flagged) RFC822.SIZE 1)\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 0)\r\n" DONE}},
	"11 [\\Seen] 2021-02-01T01:34:05Z 50 -\n12 [] - 1 -\n13 [] - 0 -\n"},
    {"EMAILIDs", "OBJECTID", MS_IMAP_NO_PART,
	{OPEN, {"UID FETCH 11:13 (" ASK " EMAILID)",
		   "* 1 FETCH (UID 11 EMAILID (M6-d_9) FLAGS () RFC822.SIZE 1)"
		   "\r\n"
		   "* 2 FETCH (UID 12 FLAGS () EMAILID (\"M\") THREADID NIL "
		   "RFC822.SIZE 1)\r\n"
		   "* 3 FETCH (UID 13 EMAILID NIL FLAGS () RFC822.SIZE "
		   "1)\r\n" DONE}},
	"11 [] - 1 - <M6-d_9>\n12 [] - 1 - <M>\n13 [] - 1 -\n"},
    {"what is no EMAILID", "OBJECTID", MS_IMAP_NO_PART,
	{OPEN, {"UID FETCH 11:13 (" ASK " EMAILID)",
		   "* 1 FETCH (UID 11 EMAILID (M6 d) FLAGS () RFC822.SIZE 1)"
		   "\r\n"
		   "* 2 FETCH (UID 12 EMAILID (M*) FLAGS () RFC822.SIZE 1)\r\n"
		   "* 3 FETCH (UID 13 EMAILID ((M)) FLAGS () RFC822.SIZE "
		   "1)\r\n" DONE}},
	"11 [] - 1 -\n12 [] - 1 -\n13 [] - 1 -\n"},
    {"an EMAILID after the header, which its text may have made", "OBJECTID",
	MS_IMAP_HEADER,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK " EMAILID BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 50 " HEAD_1
		" EMAILID (M1))\r\n"
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 50 EMAILID () " HEAD_2
		")\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 50 EMAILID (M3) " HEAD_2
		")\r\n" DONE}},
	"11 [] - 50 HASH1 2020-01-01T00:00:00Z\n12 [] - 50 HASH2\n"
	"13 [] - 50 HASH2 <M3>\n"},
    {"a server that does not understand EMAILID", "OBJECTID", MS_IMAP_NO_PART,
	{OPEN, {"UID FETCH 11:13 (" ASK " EMAILID)", "@ BAD what\r\n"},
	    {"UID FETCH 11:13 (" ASK ")",
		"* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 1)\r\n"
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 1)\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 1)\r\n" DONE}},
	"11 [] - 1 -\n12 [] - 1 -\n13 [] - 1 -\n"},
    {"Gmail's labels", "X-GM-EXT-1", MS_IMAP_BODY,
	{OPEN,
	    {"LIST \"\" \"*\"",
		"* LIST (\\Sent) \"/\" \"[Gmail]/Gesendet\"\r\n"
		"* LIST (\\All) \"/\" \"[Gmail]/Alle\"\r\n" DONE},
	    {"UID FETCH 11:13 (" ASK " X-GM-LABELS BODY.PEEK[])",
		"* 1 FETCH (X-GM-LABELS (\"\\\\Inbox\" \"\\\\Sent\" Work/X "
		"\"Muy Imp\" \"Gr&APw-n\" {7}\r\nlit ral \"\\\\Starred\") "
		"UID 11 FLAGS () RFC822.SIZE 2 BODY[] {2}\r\nab)\r\n"
		"* 2 FETCH (X-GM-LABELS (\\Inbox \\Sent \"a b\") UID 12 FLAGS "
		"() RFC822.SIZE 1 BODY[] {1}\r\nc)\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 1 BODY[] "
		"{1}\r\nd)\r\n" DONE}},
	"11 [] - {INBOX\n[Gmail]/Gesendet\nWork/X\nMuy Imp\nGr\xc3\xbcn\n"
	"lit ral\n} ab\n12 [] - {INBOX\n[Gmail]/Gesendet\na b\n} c\n13 [] - "
	"d\n"},
    {"another UIDVALIDITY within an answer", "", MS_IMAP_BODY,
	{OPEN, {"UID FETCH 11:13 (" ASK " BODY.PEEK[])",
		   "* OK [UIDVALIDITY 8] all is new\r\n"
		   "* 1 FETCH (UID 11 FLAGS () BODY[] {1}\r\na)\r\n"
		   "* 2 FETCH (UID 12 FLAGS () BODY[] {1}\r\nb)\r\n"
		   "* OK [UIDVALIDITY 7] and back\r\n"
		   "* 3 FETCH (UID 13 FLAGS () BODY[] {1}\r\nc)\r\n" DONE}},
	"error: UIDVALIDITY of the folder has changed\n"},
    {"an invalid date", "", MS_IMAP_BODY,
	{OPEN, {"UID FETCH 11:13 (" ASK " BODY.PEEK[])",
		   "* 1 FETCH (UID 11 INTERNALDATE \"yesterday\" FLAGS () "
		   "RFC822.SIZE 1 BODY[] {1}\r\na)\r\n"
		   "* 2 FETCH (UID 12 RFC822.SIZE 24 BODY[] {24}\r\n"
		   "INTERNALDATE \"yesterday\" FLAGS () INTERNALDATE "
		   "\"00-Jan-0000 00:00:00 +0000\")\r\n"
		   "* 3 FETCH (INTERNALDATE \"\" UID 13 " DATE
		   " FLAGS () RFC822.SIZE 1 BODY[] {1}\r\nc)\r\n" DONE}},
	"11 [] - a\n12 [] - INTERNALDATE \"yesterday\"\n"
	"13 [] 2021-02-01T01:34:05Z c\n"},
};

/* Replaces HASH1 and HASH2 in the expected text. */
static char *
with_hashes(const char *want)
{
	static const char *const heads[] = {
	    "Date: 1 Jan 2020 00:00:00 +0000\r\n\r\n", "Subject: x\r\n\r\n"};
	unsigned char id[MS_SHA_LEN];
	struct ms_buf out = {0};

	for (; *want != '\0'; want++) {
		if (strncmp(want, "HASH", 4) != 0) {
			ms_buf_add_byte(&out, (unsigned char)*want);
			continue;
		}
		want += 4;
		ms_sha256(heads[*want - '1'], strlen(heads[*want - '1']), id);
		for (int i = 0; i < 4; i++)
			ms_buf_printf(&out, "%02x", id[i]);
	}
	return ms_buf_str(&out);
}

static void
test_told(void)
{
	struct ms_imap_mailbox mailbox;
	struct script s;
	char *want;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 0; piece < 8; piece += 7) {
			struct ms_buf got = {0};

			script_start(&s, rows[i].caps, rows[i].steps);
			s.piece = piece;
			open_inbox(&s, &mailbox);
			ask(s.im, rows[i].part, &got);
			want = with_hashes(rows[i].want);
			ok(script_is(&got, want), "%s, pieces of %zu",
			    rows[i].what, piece);
			free(want);
			script_over(&s, rows[i].what);
		}
}

/* ---- opening ---- */

static void
test_select(void)
{
	static const struct step steps[] = {OPEN,
	    {"SELECT \"a \\\"b\\\\ \"",
		"* 0 EXISTS\r\n@ OK [READ-WRITE] done\r\n"},
	    {"SELECT plain", "* 1 EXISTS\r\n" DONE},
	    {"SELECT shared", "* 1 EXISTS\r\n@ OK [READ-ONLY] done\r\n"},
	    {"EXAMINE none", "@ NO no such folder\r\n"},
	    {"SELECT none", "@ NO no such folder\r\n"},
	    {"EXAMINE odd", "@ BAD what\r\n"},
	    {"SELECT odd", "* 1 EXISTS\r\n@ OK [READ-WRITE] done\r\n"},
	    {"EXAMINE odd", "@ NO not so\r\n"}, {"EXAMINE late", DONE},
	    {"NOOP", "* 2 EXISTS\r\n" DONE},
	    {"EXAMINE never", "* 4294967299 EXISTS\r\n" DONE}, {"NOOP", DONE},
	    {"EXAMINE {4}", "@ NO no literals\r\n"}, OPEN,
	    {"NOOP", "* 5 EXISTS\r\n" DONE},
	    {"NOOP", "* 1 EXPUNGE\r\n* 4 EXISTS\r\n" DONE},
	    {"NOOP", "* 2 EXISTS\r\n" DONE},
	    {"NOOP", "* OK [UIDVALIDITY 7] the same\r\n" DONE},
	    {"NOOP", "* OK [UIDVALIDITY 9] \r\n* OK [UIDVALIDITY 7] \r\n" DONE},
	    OPEN, {"EXAMINE large", LARGE_UIDVALIDITY "* 1 EXISTS\r\n" DONE},
	    {"NOOP", LARGE_UIDVALIDITY DONE},
	    {"NOOP", "* OK [UIDVALIDITY 18446744073709551616] \r\n" DONE},
	    {"EXAMINE larger", "* OK [UIDVALIDITY 18446744073709551616] \r\n"
			       "* 1 EXISTS\r\n" DONE},
	    {NULL, NULL}};
	struct ms_imap_mailbox b;
	struct ms_err err = {0};
	struct script s;

	script_start(&s, "", steps);
	open_inbox(&s, &b);
	ok(b.exists == 3 && b.uidvalidity == 7 && !b.writable, "EXAMINE");
	ok(ms_imap_select(s.im, "a \"b\\ ", true, &b, &err) == 0 &&
		b.exists == 0 && b.uidvalidity == 0 && b.writable,
	    "SELECT");
	ok(ms_imap_select(s.im, "plain", true, &b, &err) == 0 && b.writable,
	    "a folder is writable by default");
	ok(ms_imap_select(s.im, "shared", true, &b, &err) == 0 && !b.writable,
	    "a folder may be read-only");
	ok(ms_imap_select(s.im, "none", false, &b, &err) == -1 &&
		err.code == MS_NOINPUT && ms_imap_usable(s.im) &&
		strcmp(err.msg, "EXAMINE refused: no such folder") == 0,
	    "%s", err.msg);
	ok(ms_imap_select(s.im, "odd", MS_IMAP_READ, &b, &err) == 0 &&
		b.selected && !b.writable && b.exists == 1,
	    "SELECT, if the server does not understand EXAMINE");
	ok(ms_imap_select(s.im, "odd", MS_IMAP_EXAMINE, &b, &err) == -1 &&
		err.code == MS_NOINPUT,
	    "%s", err.msg);
	ok(ms_imap_select(s.im, "late", MS_IMAP_READ, &b, &err) == 0 &&
		b.exists == 2,
	    "EXISTS after the answer");
	ok(ms_imap_select(s.im, "never", MS_IMAP_READ, &b, &err) == -1 &&
		err.code == MS_PROTO && ms_imap_usable(s.im),
	    "%s", err.msg);
	ok(ms_imap_select(s.im, "a\r\nb", MS_IMAP_EXAMINE, &b, &err) == -1 &&
		err.code == MS_NOINPUT,
	    "%s", err.msg);
	open_inbox(&s, &b);
	for (int i = 0; i < 4; i++)
		ms_imap_command(s.im, "NOOP", "NOOP", NULL, NULL);
	ok(!ms_imap_renumbered(s.im), "its UIDVALIDITY once more");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL, NULL);
	ok(ms_imap_renumbered(s.im), "another UIDVALIDITY, and back");
	open_inbox(&s, &b);
	ok(!ms_imap_renumbered(s.im), "a folder that is opened again");
	ok(ms_imap_select(s.im, "large", MS_IMAP_READ, &b, &err) == 0 &&
		b.uidvalidity == 4294967303,
	    "a UIDVALIDITY of more than 32 bits");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL, NULL);
	ok(!ms_imap_renumbered(s.im), "  once more");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL, NULL);
	ok(ms_imap_renumbered(s.im), "  and one of more than 64 bits");
	ok(ms_imap_select(s.im, "larger", MS_IMAP_READ, &b, &err) == 0 &&
		b.uidvalidity == 0,
	    "one of more than 64 bits is none");
	script_over(&s, "opening");
}

/* ---- the messages of a folder ---- */

#define SEARCH(uids)                                                           \
	{                                                                      \
		"UID SEARCH ALL", "* SEARCH" uids "\r\n" DONE                  \
	}
#define LIST(fetched)                                                          \
	{                                                                      \
		"UID FETCH 1:* (UID)", fetched DONE                            \
	}

/* What the server says about the number of messages, and what it lists: UIDs,
 * and how many are missing. Only EXPUNGE lowers the number, so a lower one is
 * not believed before two lists agree. */
static const struct {
	const char *what, *open, *want;
	struct step steps[3];
} folders[] = {
    {"three", "* 3 EXISTS\r\n", "1 2 5, 0 missing", {SEARCH(" 1 2 5")}},
    {"EXISTS is too low", "* 1 EXISTS\r\n", "1 2 5, 0 missing",
	{SEARCH(" 1 2 5")}},
    {"EXISTS is too high", "* 4 EXISTS\r\n", "1 2 5, 1 missing",
	{SEARCH(" 1 2 5"), LIST("")}},
    {"0 EXISTS, and some are listed", "* 0 EXISTS\r\n", "1 2, 0 missing",
	{SEARCH(" 1 2")}},
    {"0 EXISTS", "* 0 EXISTS\r\n", ", 0 missing", {SEARCH("")}},
    {"0 EXISTS, and UIDNEXT 9", "* 0 EXISTS\r\n* OK [UIDNEXT 9] n\r\n",
	", 0 missing", {SEARCH("")}},
    {"0 EXISTS, and UIDNEXT 9 before it",
	"* OK [UIDNEXT 9] n\r\n* 0 EXISTS\r\n", "8, 0 missing", {SEARCH(" 8")}},
    {"0 EXISTS, and the search is refused", "* 0 EXISTS\r\n", ", 0 missing",
	{{"UID SEARCH ALL", "@ BAD the mailbox is empty\r\n"}, LIST("")}},
    {"0 EXISTS, and only FETCH lists some", "* 0 EXISTS\r\n", "4, 0 missing",
	{{"UID SEARCH ALL", "@ NO no search\r\n"},
	    LIST("* 1 FETCH (UID 4)\r\n")}},
    {"0 EXISTS, and all is refused", "* 0 EXISTS\r\n", ", 0 missing",
	{{"UID SEARCH ALL", "@ NO no\r\n"},
	    {"UID FETCH 1:* (UID)", "@ BAD no messages\r\n"}}},
    {"a folder that never had messages", "* 0 EXISTS\r\n* OK [UIDNEXT 1] n\r\n",
	", 0 missing", {{0}}},
    {"EXISTS falls", "* 3 EXISTS\r\n* 1 EXISTS\r\n",
	"5, 0 missing, 2 withdrawn",
	{SEARCH(" 5"), LIST("* 1 FETCH (UID 5)\r\n")}},
    {"EXISTS falls to 0", "* 3 EXISTS\r\n* 0 EXISTS\r\n", "1 2 5, 0 missing",
	{SEARCH(" 1 2 5")}},
    {"EXISTS falls to 0, and nothing is listed", "* 3 EXISTS\r\n* 0 EXISTS\r\n",
	", 0 missing, 3 withdrawn", {SEARCH(""), LIST("")}},
    {"EXISTS falls after EXPUNGE",
	"* 3 EXISTS\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n",
	"5, 0 missing", {SEARCH(" 5")}},
    {"EXISTS falls further than EXPUNGE",
	"* 3 EXISTS\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n",
	"5, 0 missing, 1 withdrawn", {SEARCH(" 5"), LIST("")}},
    {"EXISTS falls, and FETCH lists more", "* 3 EXISTS\r\n* 1 EXISTS\r\n",
	"5 6 7, 0 missing",
	{SEARCH(" 5"), LIST("* 1 FETCH (UID 5)\r\n* 2 FETCH (UID 6)\r\n"
			    "* 3 FETCH (UID 7)\r\n")}},
    {"EXISTS falls, and fewer are listed", "* 5 EXISTS\r\n* 3 EXISTS\r\n",
	"5, 2 missing, 2 withdrawn", {SEARCH(" 5"), LIST("")}},
    {"EXISTS rises", "* 1 EXISTS\r\n* 2 EXISTS\r\n", "1 2, 0 missing",
	{SEARCH(" 1 2")}},
    {"the search is refused", "* 2 EXISTS\r\n", "1 2, 0 missing",
	{{"UID SEARCH ALL", "@ NO no\r\n"},
	    LIST("* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n")}},
    {"both are refused", "* 2 EXISTS\r\n", "error: FETCH refused: no",
	{{"UID SEARCH ALL", "@ NO no\r\n"},
	    {"UID FETCH 1:* (UID)", "@ NO no\r\n"}}},
};

static void
test_uids(void)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct step steps[5] = {{"EXAMINE INBOX", NULL}};
		struct ms_imap_mailbox b;
		struct ms_buf open = {0}, got = {0};
		struct ms_err err = {0};
		struct script s;
		uint32_t *uids;
		struct ms_imap_unlisted unlisted;
		size_t n;

		ms_buf_printf(&open, "%s" DONE, folders[i].open);
		steps[0].answer = ms_buf_str(&open);
		memcpy(steps + 1, folders[i].steps, sizeof(folders[i].steps));
		script_start(&s, "", steps);
		open_inbox(&s, &b);
		if (ms_imap_uids(s.im, &b, &uids, &n, &unlisted, &err) < 0)
			ms_buf_printf(&got, "error: %s", err.msg);
		for (size_t k = 0; err.code == MS_OK && k < n; k++)
			ms_buf_printf(&got, "%s%u", k > 0 ? " " : "", uids[k]);
		if (err.code == MS_OK)
			ms_buf_printf(&got, ", %zu missing", unlisted.missing);
		if (unlisted.withdrawn > 0)
			ms_buf_printf(
			    &got, ", %zu withdrawn", unlisted.withdrawn);
		free(uids);
		ok(script_is(&got, folders[i].want), "a folder: %s",
		    folders[i].what);
		script_over(&s, folders[i].what);
		ms_buf_release(&open);
	}
}

/* ---- search ---- */

static void
test_search(void)
{
	static const struct {
		const char *what, *yes, *no, *want;
	} searches[] = {
	    {"agreed", "* SEARCH 11 13\r\n" DONE, "* SEARCH 12\r\n" DONE,
		"yny"},
	    {"cut results", "* SEARCH 11\r\n" DONE, "* SEARCH 12\r\n" DONE,
		"yn?"},
	    {"both", "* SEARCH 11 12\r\n" DONE, "* SEARCH 12 13\r\n" DONE,
		"y?n"},
	    {"refused", "@ NO too expensive\r\n", "* SEARCH 12\r\n" DONE,
		"?n?"},
	    {"both refused", "@ BAD what\r\n", "@ NO no\r\n", "???"},
	    {"empty", DONE, "* SEARCH\r\n" DONE, "???"},
	    {"unknown UIDs", "* SEARCH 1 99\r\n" DONE,
		"* SEARCH 13 12 11 12\r\n" DONE, "nnn"},
	};
	static const char sign[] = "ny?";
	unsigned char met[3];
	struct ms_imap_mailbox mailbox;
	struct script s;
	char got[4] = "";

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		const struct step steps[] = {OPEN,
		    {"UID SEARCH UID 11:13 SEEN SMALLER 5", searches[i].yes},
		    {"UID SEARCH UID 11:13 NOT (SEEN SMALLER 5)",
			searches[i].no},
		    {NULL, NULL}};

		script_start(&s, "", steps);
		open_inbox(&s, &mailbox);
		ok(ms_imap_search(
		       s.im, "SEEN SMALLER 5", three, 3, met, NULL) == 0,
		    "a search, %s", searches[i].what);
		for (int k = 0; k < 3; k++)
			got[k] = sign[met[k]];
		ok(strcmp(got, searches[i].want) == 0, "%s", got);
		script_over(&s, searches[i].what);
	}
}

int
main(void)
{
	test_select();
	test_uids();
	test_search();
	test_told();
	return done();
}
