/* imap-delete.c - what is deleted is what was meant, and what is said to be
 * gone is gone. */
#include "imapscript.h"

#define DONE "@ OK done\r\n"
#define OPEN                                                                   \
	{                                                                      \
		"SELECT INBOX", "* 4 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n"     \
				"@ OK [READ-WRITE] done\r\n"                   \
	}
#define LOOK "UID FETCH 11:12 (UID FLAGS)"
#define PLAIN                                                                  \
	"* 1 FETCH (UID 11 FLAGS ())\r\n* 2 FETCH (UID 12 FLAGS (\\Seen))\r\n"
#define MARK(set) "UID STORE " set " +FLAGS.SILENT (\\Deleted)"
#define UNMARK(set) "UID STORE " set " -FLAGS.SILENT (\\Deleted)"
#define ALL "UID FETCH 1:* (UID FLAGS)"
#define OTHERS                                                                 \
	"* 3 FETCH (UID 13 FLAGS ())\r\n* 4 FETCH (UID 14 FLAGS "              \
	"($Deleted))\r\n"
#define MARKED                                                                 \
	"* 1 FETCH (UID 11 FLAGS (\\Deleted))\r\n"                             \
	"* 2 FETCH (UID 12 FLAGS (\\Seen \\deleted))\r\n"

static void
on_gone(void *ctx, uint32_t uid)
{
	ms_buf_printf(ctx, "%u gone\n", uid);
}

static void
on_stays(void *ctx, uint32_t uid, const char *reason)
{
	ms_buf_printf(ctx, "%u stays: %s\n", uid, reason);
}

#define SHARED                                                                 \
	"other messages in the folder are marked \\Deleted, and the server "   \
	"cannot expunge single messages (no UIDPLUS)\n"

static const struct {
	const char *what, *caps;
	struct step steps[12];
	const char *want;
} rows[] = {
    {"both messages", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n" DONE},
	    {"NOOP", DONE}, {LOOK, DONE}},
	"11 gone\n12 gone\n"},
    {"one is flagged by now", "UIDPLUS",
	{OPEN,
	    {LOOK, "* 1 FETCH (UID 11 FLAGS (\\Flagged))\r\n"
		   "* 2 FETCH (UID 12 FLAGS ())\r\n" DONE},
	    {MARK("12"), DONE}, {"UID EXPUNGE 12", "* 2 EXPUNGE\r\n" DONE},
	    {"NOOP", DONE}, {"UID FETCH 12 (UID FLAGS)", DONE}},
	"11 stays: flagged\n12 gone\n"},
    {"both are flagged", "UIDPLUS",
	{OPEN,
	    {LOOK, "* 1 FETCH (UID 11 FLAGS (\\FLAGGED))\r\n"
		   "* 2 FETCH (UID 12 FLAGS (\\Flagged))\r\n" DONE},
	    {"NOOP", DONE}},
	"11 stays: flagged\n12 stays: flagged\n"},
    {"OK, but the message is still there", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", "* 1 EXPUNGE\r\n" DONE}, {"NOOP", DONE},
	    {LOOK, "* 1 FETCH (UID 12 FLAGS (\\Deleted))\r\n" DONE}},
	"11 gone\n12 stays: the server keeps it\n"},
    {"marking refused", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), "@ NO read-only\r\n"},
	    {UNMARK("11:12"), DONE}, {"NOOP", DONE}, {LOOK, PLAIN DONE}},
	"11 stays: deleting refused: read-only\n"
	"12 stays: deleting refused: read-only\n"},
    {"expunging refused: the marks of others remain", "UIDPLUS",
	{OPEN,
	    {LOOK, "* 1 FETCH (UID 11 FLAGS (\\Deleted))\r\n"
		   "* 2 FETCH (UID 12 FLAGS ())\r\n" DONE},
	    {MARK("12"), DONE}, {"UID EXPUNGE 11:12", "@ NO held\r\n"},
	    {UNMARK("12"), DONE}, {"NOOP", DONE}, {LOOK, PLAIN DONE}},
	"11 stays: deleting refused: held\n"
	"12 stays: deleting refused: held\n"},
    {"the server does not say", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", DONE}, {"NOOP", DONE},
	    {LOOK, "@ NO disk error\r\n"}},
	"11 stays: the server does not say whether it is gone\n"
	"12 stays: the server does not say whether it is gone\n"},
    {"another UIDVALIDITY", "UIDPLUS",
	{OPEN, {LOOK, PLAIN "* OK [UIDVALIDITY 8] new\r\n" DONE},
	    {"NOOP", DONE}},
	"11 stays: the server does not say whether it is gone\n"
	"12 stays: the server does not say whether it is gone\n"},
    {"without UIDPLUS, no other marks", "",
	{OPEN, {LOOK, PLAIN DONE}, {ALL, PLAIN OTHERS DONE},
	    {MARK("11:12"), DONE}, {ALL, MARKED OTHERS DONE},
	    {"EXPUNGE", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n" DONE}, {"NOOP", DONE},
	    {LOOK, DONE}},
	"11 gone\n12 gone\n"},
    {"without UIDPLUS, another message is marked", "",
	{OPEN, {LOOK, PLAIN DONE},
	    {ALL, PLAIN "* 3 FETCH (UID 13 FLAGS (\\Deleted))\r\n"
			"* 4 FETCH (UID 14 FLAGS ())\r\n" DONE},
	    {"NOOP", DONE}, {LOOK, PLAIN DONE}},
	"11 stays: " SHARED "12 stays: " SHARED},
    {"without UIDPLUS, a message is not listed", "",
	{OPEN, {LOOK, PLAIN DONE},
	    {ALL, PLAIN "* 3 FETCH (UID 13 FLAGS ())\r\n" DONE}, {"NOOP", DONE},
	    {LOOK, PLAIN DONE}},
	"11 stays: " SHARED "12 stays: " SHARED},
    {"without UIDPLUS, a message is marked meanwhile", "",
	{OPEN, {LOOK, PLAIN DONE}, {ALL, PLAIN OTHERS DONE},
	    {MARK("11:12"), DONE},
	    {ALL, MARKED "* 3 FETCH (UID 13 FLAGS (\\Deleted))\r\n"
			 "* 4 FETCH (UID 14 FLAGS ())\r\n" DONE},
	    {UNMARK("11:12"), DONE}, {"NOOP", DONE}, {LOOK, PLAIN DONE}},
	"11 stays: " SHARED "12 stays: " SHARED},
};

static const struct step read_only[] = {
    {"SELECT INBOX", "* 4 EXISTS\r\n@ OK [READ-ONLY] done\r\n"}, {NULL, NULL}};

int
main(void)
{
	static const uint32_t two[] = {11, 12};
	struct ms_imap_mailbox box;
	struct script s;
	struct ms_err err = {0};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_buf got = {0};
		const struct ms_imap_delete_sink sink = {
		    .expunged = on_gone, .kept = on_stays, .ctx = &got};

		script_start(&s, rows[i].caps, rows[i].steps);
		ok(ms_imap_select(s.im, "INBOX", true, &box, &err) == 0 &&
			ms_imap_delete(s.im, two, 2, &n, &sink, &err) == 0 &&
			n == 2,
		    "%s", rows[i].what);
		ok(script_is(&got, rows[i].want), "  the results");
		script_over(&s, rows[i].what);
	}
	script_start(&s, "UIDPLUS", read_only);
	ok(ms_imap_select(s.im, "INBOX", true, &box, &err) == 0 &&
		ms_imap_delete(s.im, two, 2, &n, NULL, &err) == -1 &&
		err.code == MS_NOINPUT,
	    "%s", err.msg);
	script_over(&s, "read-only");
	return done();
}
