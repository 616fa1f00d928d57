/* imap-messages.c - opening folders, searching, and what is told of messages.
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

static const uint32_t three[] = {11, 12, 13};

static void
open_inbox(struct script *s, struct ms_imap_mailbox *box)
{
	struct ms_err err = {0};

	if (ms_imap_select(s->im, "INBOX", false, box, &err) < 0)
		printf("# %s\n", err.msg);
}

/* ---- what is told, as text ---- */

static int
on_head(void *ctx, const struct ms_imap_head *h, struct ms_err *err)
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
	if (h->labels != NULL)
		ms_buf_printf(out, " {%s}", h->labels);
	ms_buf_add_byte(out, '\n');
	return 0;
}

static int
add_bytes(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_buf_add(ctx, p, n);
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
	if (ms_spool_emit(m->body, add_bytes, out, err) < 0)
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

enum how {
	HEADS,
	ATTRIBUTES,
	MESSAGES
};

static void
ask(struct ms_imap *im, enum how how, struct ms_buf *out)
{
	const struct ms_imap_head_sink heads = {.head = on_head,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = out};
	const struct ms_imap_sink messages = {.message = on_message,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = out};
	struct ms_err err = {0};
	size_t done = 0;
	int rc;

	if (how == MESSAGES)
		rc = ms_imap_fetch(im, three, 3, &done, &messages, &err);
	else if (how == HEADS)
		rc = ms_imap_heads(im, three, 3, &done, &heads, &err);
	else
		rc = ms_imap_attributes(im, three, 3, &done, &heads, &err);
	if (rc < 0)
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
	enum how how;
	struct step steps[8];
	const char *want;
} rows[] = {
    {"headers", "", HEADS,
	{OPEN, {"UID FETCH 11:13 (" ASK " BODY.PEEK[HEADER])",
		   "* 1 FETCH (UID 11 FLAGS (\\Seen $x) " DATE
		   " RFC822.SIZE 50 " HEAD_1 ")\r\n"
		   "* 3 FETCH (FLAGS (\\Recent) " HEAD_2
		   " RFC822.SIZE 4000000000 UID 13)\r\n"
		   "* 2 FETCH (UID 12 FLAGS ())\r\n"
		   "* 2 FETCH (UID 12 FLAGS () BODY[HEADER] \"\")\r\n" DONE}},
	"11 [\\Seen $x] 2021-02-01T01:34:05Z 50 HASH1 2020-01-01T00:00:00Z\n"
	"13 [] - 4000000000 HASH2\n"
	"12 [] - ?0 e3b0c442\n"},
    {"headers, one of which is missing", "", HEADS,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK " BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS () BODY[HEADER] NIL)\r\n"
		"@ NO can't read 12\r\n"},
	    {"NOOP", "* 3 EXPUNGE\r\n" DONE},
	    {"UID FETCH 11:13 (UID)",
		"* 1 FETCH (UID 11)\r\n* 2 FETCH (UID 12)\r\n" DONE},
	    {"UID FETCH 11 (" ASK " BODY.PEEK[HEADER])",
		"* 1 FETCH (UID 11 FLAGS () " HEAD_1 ")\r\n" DONE},
	    {"UID FETCH 12 (" ASK " BODY.PEEK[HEADER])",
		"@ NO can't read 12\r\n"}},
	"13 gone\n11 [] - ?0 HASH1 2020-01-01T00:00:00Z\n"
	"12 failed: FETCH refused: can't read 12\n"},
    {"attributes", "", ATTRIBUTES,
	{OPEN,
	    {"UID FETCH 11:13 (" ASK ")",
		"* 1 FETCH (UID 11 FLAGS (\\Seen) " DATE " RFC822.SIZE 50)\r\n"
		"* 9 FETCH (UID 99 FLAGS () RFC822.SIZE 1)\r\n"
		"* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 1)\r\n"
		"* 2 FETCH (UID 12 FLAGS (\\Flagged) RFC822.SIZE 1)\r\n"
		"* 3 FETCH (UID 13 FLAGS () RFC822.SIZE 0)\r\n" DONE}},
	"11 [\\Seen] 2021-02-01T01:34:05Z 50 -\n12 [] - 1 -\n13 [] - 0 -\n"},
    {"Gmail's labels", "X-GM-EXT-1", MESSAGES,
	{OPEN,
	    {"LIST \"\" \"*\"",
		"* LIST (\\Sent) \"/\" \"[Gmail]/Gesendet\"\r\n"
		"* LIST (\\All) \"/\" \"[Gmail]/Alle\"\r\n" DONE},
	    {"UID FETCH 11:13 (" ASK " X-GM-LABELS BODY.PEEK[])",
		"* 1 FETCH (X-GM-LABELS (\"\\\\Inbox\" \"\\\\Sent\" Work/X "
		"\"Muy Imp\" \"Gr&APw-n\" {7}\r\nlit ral \"\\\\Starred\") "
		"UID 11 FLAGS () BODY[] {2}\r\nab)\r\n"
		"* 2 FETCH (X-GM-LABELS (\\Inbox \\Sent \"a b\") UID 12 FLAGS "
		"() BODY[] {1}\r\nc)\r\n"
		"* 3 FETCH (UID 13 FLAGS () BODY[] {1}\r\nd)\r\n" DONE}},
	"11 [] - {INBOX\n[Gmail]/Gesendet\nWork/X\nMuy Imp\nGr\xc3\xbcn\n"
	"lit ral\n} ab\n12 [] - {INBOX\n[Gmail]/Gesendet\na b\n} c\n13 [] - "
	"d\n"},
    {"another UIDVALIDITY within an answer", "", MESSAGES,
	{OPEN, {"UID FETCH 11:13 (" ASK " BODY.PEEK[])",
		   "* OK [UIDVALIDITY 8] all is new\r\n"
		   "* 1 FETCH (UID 11 FLAGS () BODY[] {1}\r\na)\r\n"
		   "* 2 FETCH (UID 12 FLAGS () BODY[] {1}\r\nb)\r\n"
		   "* OK [UIDVALIDITY 7] and back\r\n"
		   "* 3 FETCH (UID 13 FLAGS () BODY[] {1}\r\nc)\r\n" DONE}},
	"error: UIDVALIDITY of the folder has changed\n"},
    {"an invalid date", "", MESSAGES,
	{OPEN, {"UID FETCH 11:13 (" ASK " BODY.PEEK[])",
		   "* 1 FETCH (UID 11 INTERNALDATE \"yesterday\" FLAGS () "
		   "BODY[] {1}\r\na)\r\n"
		   "* 2 FETCH (UID 12 BODY[] {24}\r\n"
		   "INTERNALDATE \"yesterday\" FLAGS () INTERNALDATE "
		   "\"00-Jan-0000 00:00:00 +0000\")\r\n"
		   "* 3 FETCH (INTERNALDATE \"\" UID 13 " DATE
		   " FLAGS () BODY[] {1}\r\nc)\r\n" DONE}},
	"11 [] - a\n12 [] - INTERNALDATE \"yesterday\"\n"
	"13 [] 2021-02-01T01:34:05Z c\n"},
};

/* Replaces HASH1 and HASH2 in what is wanted. */
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
	struct ms_imap_mailbox box;
	struct script s;
	char *want;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 0; piece < 8; piece += 7) {
			struct ms_buf got = {0};

			script_start(&s, rows[i].caps, rows[i].steps);
			s.piece = piece;
			open_inbox(&s, &box);
			ask(s.im, rows[i].how, &got);
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
	    {"EXAMINE none", "@ NO no such folder\r\n"}, OPEN,
	    {"NOOP", "* 5 EXISTS\r\n" DONE},
	    {"NOOP", "* 1 EXPUNGE\r\n* 4 EXISTS\r\n" DONE},
	    {"NOOP", "* 2 EXISTS\r\n" DONE},
	    {"NOOP", "* OK [UIDVALIDITY 7] the same\r\n" DONE},
	    {"NOOP", "* OK [UIDVALIDITY 9] \r\n* OK [UIDVALIDITY 7] \r\n" DONE},
	    OPEN, {NULL, NULL}};
	struct ms_imap_mailbox b;
	struct ms_err err = {0};
	struct script s;

	script_start(&s, "", steps);
	open_inbox(&s, &b);
	ok(b.exists == 3 && b.uidvalidity == 7 && b.uidnext == 20 &&
		!b.writable,
	    "EXAMINE");
	ok(ms_imap_select(s.im, "a \"b\\ ", true, &b, &err) == 0 &&
		b.exists == 0 && b.uidvalidity == 0 && b.uidnext == 0 &&
		b.writable,
	    "SELECT");
	ok(ms_imap_select(s.im, "plain", true, &b, &err) == 0 && b.writable,
	    "a folder is writable by default");
	ok(ms_imap_select(s.im, "shared", true, &b, &err) == 0 && !b.writable,
	    "a folder may be read-only");
	ok(ms_imap_select(s.im, "none", false, &b, &err) == -1 &&
		err.code == MS_NOINPUT && ms_imap_usable(s.im) &&
		strcmp(err.msg, "EXAMINE refused: no such folder") == 0,
	    "%s", err.msg);
	ok(ms_imap_select(s.im, "a\r\nb", false, &b, &err) == -1 &&
		err.code == MS_NOINPUT,
	    "%s", err.msg);
	open_inbox(&s, &b);
	ok(ms_imap_changes(s.im) == 0, "no changes");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL);
	ok(ms_imap_changes(s.im) == MS_CHANGE_ARRIVED,
	    "two messages have arrived");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL);
	ok(ms_imap_changes(s.im) == MS_CHANGE_ARRIVED,
	    "an EXPUNGE is no further change");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL);
	ok(ms_imap_changes(s.im) == (MS_CHANGE_ARRIVED | MS_CHANGE_VANISHED),
	    "two messages have vanished");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL);
	ok((ms_imap_changes(s.im) & MS_CHANGE_UIDVALIDITY) == 0,
	    "its UIDVALIDITY once more");
	ms_imap_command(s.im, "NOOP", "NOOP", NULL);
	ok((ms_imap_changes(s.im) & MS_CHANGE_UIDVALIDITY) != 0,
	    "another UIDVALIDITY, and back");
	open_inbox(&s, &b);
	ok(ms_imap_changes(s.im) == 0,
	    "a folder that is opened again has no changes");
	script_over(&s, "opening");
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
	struct ms_imap_mailbox box;
	struct script s;
	char got[4] = "";

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		const struct step steps[] = {OPEN,
		    {"UID SEARCH UID 11:13 SEEN SMALLER 5", searches[i].yes},
		    {"UID SEARCH UID 11:13 NOT (SEEN SMALLER 5)",
			searches[i].no},
		    {NULL, NULL}};

		script_start(&s, "", steps);
		open_inbox(&s, &box);
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
	test_search();
	test_told();
	return done();
}
