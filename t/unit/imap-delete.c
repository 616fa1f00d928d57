/* imap-delete.c - only the requested messages are deleted, and each that is
 * reported as deleted is gone. */
#include "imapscript.h"

#define DONE "@ OK done\r\n"
#define OPEN                                                                   \
	{                                                                      \
		"SELECT INBOX", "* 4 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n"     \
				"@ OK [READ-WRITE] done\r\n"                   \
	}
#define ASK(set) "UID FETCH " set " (UID FLAGS INTERNALDATE RFC822.SIZE)"
#define LOOK ASK("11:12")
#define FLAGS(n, uid, flags)                                                   \
	"* " n " FETCH (UID " uid " FLAGS (" flags ") RFC822.SIZE 9)\r\n"
#define PLAIN FLAGS("1", "11", "") FLAGS("2", "12", "\\Seen")
/* The server lists none of these any more. */
#define GONE(set)                                                              \
	{ASK(set), DONE}, {"NOOP", DONE}, {"UID FETCH " set " (UID)", DONE},   \
	{                                                                      \
		"UID SEARCH UID " set, "* SEARCH\r\n" DONE                     \
	}
#define MARK(set) "UID STORE " set " +FLAGS.SILENT (\\Deleted)"
#define UNMARK(set) "UID STORE " set " -FLAGS.SILENT (\\Deleted)"
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

static const struct {
	const char *what, *caps;
	struct step steps[14];
	const char *want;
} rows[] = {
    {"both messages are deleted", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n" DONE},
	    GONE("11:12")},
	"11 gone\n12 gone\n"},
    {"another client has flagged one message", "UIDPLUS",
	{OPEN, {LOOK, FLAGS("1", "11", "\\Flagged") FLAGS("2", "12", "") DONE},
	    {MARK("12"), DONE}, {"UID EXPUNGE 12", "* 2 EXPUNGE\r\n" DONE},
	    GONE("12")},
	"11 stays: flagged\n12 gone\n"},
    {"another client has flagged both messages", "UIDPLUS",
	{OPEN, {LOOK, FLAGS("1", "11", "\\FLAGGED")
			  FLAGS("2", "12", "$x \\Flagged") DONE}},
	"11 stays: flagged\n12 stays: flagged\n"},
    {"OK, but the message is still there", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", "* 1 EXPUNGE\r\n" DONE},
	    {LOOK, FLAGS("1", "12", "\\Deleted") DONE}, {"NOOP", DONE},
	    {"UID FETCH 11 (UID)", DONE}, {"UID SEARCH UID 11", DONE}},
	"12 stays: the server keeps it\n11 gone\n"},
    {"the server refuses to mark", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), "@ NO read-only\r\n"},
	    {UNMARK("11:12"), DONE}, {LOOK, PLAIN DONE}},
	"11 stays: deleting refused: read-only\n"
	"12 stays: deleting refused: read-only\n"},
    {"the server refuses to expunge: marks of other clients remain", "UIDPLUS",
	{OPEN, {LOOK, FLAGS("1", "11", "\\Deleted") FLAGS("2", "12", "") DONE},
	    {MARK("12"), DONE}, {"UID EXPUNGE 11:12", "@ NO held\r\n"},
	    {UNMARK("12"), DONE}, {LOOK, PLAIN DONE}},
	"11 stays: deleting refused: held\n"
	"12 stays: deleting refused: held\n"},
    {"the server does not say which messages are left", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", DONE}, {LOOK, "@ NO disk error\r\n"},
	    {"NOOP", "@ NO disk error\r\n"}},
	"11 stays: the server does not say whether it is gone\n"
	"12 stays: the server does not say whether it is gone\n"},
    {"another UIDVALIDITY after the deletion", "UIDPLUS",
	{OPEN, {LOOK, PLAIN DONE}, {MARK("11:12"), DONE},
	    {"UID EXPUNGE 11:12", "* OK [UIDVALIDITY 8] new\r\n" DONE}},
	"11 stays: the server does not say whether it is gone\n"
	"12 stays: the server does not say whether it is gone\n"},
    {"a message that cannot be described", "UIDPLUS",
	{OPEN, {LOOK, FLAGS("2", "12", "") DONE}, {"NOOP", DONE},
	    {"UID FETCH 11 (UID)", "* 1 FETCH (UID 11)\r\n" DONE},
	    {"UID SEARCH UID 11", DONE}, {ASK("11"), "@ NO damaged\r\n"},
	    {MARK("12"), DONE}, {"UID EXPUNGE 12", "* 2 EXPUNGE\r\n" DONE},
	    GONE("12")},
	"11 stays: FETCH refused: damaged\n12 gone\n"},
};

/* Nothing is deleted, and nothing is said of a message. */
static const struct {
	const char *what, *caps, *want;
	struct step steps[3];
} refused[] = {
    {"read-only", "UIDPLUS", "the folder is read-only",
	{{"SELECT INBOX", "* 4 EXISTS\r\n@ OK [READ-ONLY] done\r\n"}}},
    {"without UIDPLUS", "",
	"the server cannot delete single messages (no UIDPLUS)", {OPEN}},
    {"another UIDVALIDITY", "UIDPLUS", "UIDVALIDITY of the folder has changed",
	{OPEN, {LOOK, PLAIN "* OK [UIDVALIDITY 8] new\r\n" DONE}}},
};

int
main(void)
{
	static const uint32_t two[] = {11, 12};
	struct ms_imap_mailbox mailbox;
	struct script s;
	struct ms_err err = {0};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_buf got = {0};
		const struct ms_imap_delete_sink sink = {
		    .expunged = on_gone, .kept = on_stays, .ctx = &got};

		script_start(&s, rows[i].caps, rows[i].steps);
		ok(ms_imap_select(s.im, "INBOX", true, &mailbox, &err) == 0 &&
			ms_imap_delete(s.im, two, 2, &n, &sink, &err) == 0 &&
			n == 2,
		    "%s", rows[i].what);
		ok(script_is(&got, rows[i].want), "  the results are right");
		script_over(&s, rows[i].what);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ms_buf got = {0};
		const struct ms_imap_delete_sink sink = {
		    .expunged = on_gone, .kept = on_stays, .ctx = &got};

		script_start(&s, refused[i].caps, refused[i].steps);
		ok(ms_imap_select(s.im, "INBOX", true, &mailbox, &err) == 0 &&
			ms_imap_delete(s.im, two, 2, &n, &sink, &err) == -1 &&
			strcmp(err.msg, refused[i].want) == 0 && got.n == 0,
		    "%s: %s", refused[i].what, err.msg);
		script_over(&s, refused[i].what);
	}
	return done();
}
