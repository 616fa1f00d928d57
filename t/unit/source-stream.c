/*
 * source-stream.c - message streams: complete, cut and cancelled messages, from
 * files and pipes.
 */
#include "source.h"

#include "sourced.h"

#define END(n)                                                                 \
	MS_STREAM_FROM "MS-Envelope: end; messages=" n                         \
		       "; failed=0; status=75\n\n"

/* ---- streams ---- */

static void
test_streams(void)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
	    {"two messages",
		MS_STREAM_FROM "MS-Envelope: user=alice; flags=\"\\\\Seen\"\n"
			       "A: b\n>From x\n\n" MS_STREAM_FROM
			       "MS-Envelope: folder=\"B/C\"\n\n" END("2"),
		"s, message 1|INBOX|\\Seen||!alice|A: b~From x~\n"
		"s, message 2|B/C|||!|\nwhole, 2 messages, status 75\n"},
	    {"a date of an IMAP server",
		MS_STREAM_FROM "MS-Envelope: source=\"imap://a@h/\"; "
			       "date=2026-01-05T11:00:00Z\n\n" END("1"),
		"s, message 1|INBOX||2026-01-05T11:00:00Z|!|\n"
		"whole, 1 messages, status 75\n"},
	    {"a date of version 0.1",
		MS_STREAM_FROM "MS-Envelope: source=\"local:\"; "
			       "date=2026-01-05T11:00:00Z\n\n" END("1"),
		"s, message 1|INBOX||M2026-01-05T11:00:00Z|!|\n"
		"whole, 1 messages, status 75\n"},
	    {"a raw date has precedence",
		MS_STREAM_FROM
		"MS-Envelope: date=2026-01-05T11:00:00Z; "
		"raw-date=\"thunderbird 2026-01-05T12:00:00Z\"\n\n" END("1"),
		"s, message 1|INBOX||T2026-01-05T12:00:00Z|!|\n"
		"whole, 1 messages, status 75\n"},
	    {"no raw date",
		MS_STREAM_FROM "MS-Envelope: raw-date=none; "
			       "date=2026-01-05T11:00:00Z\n\n" END("1"),
		"s, message 1|INBOX|||!|\nwhole, 1 messages, status 75\n"},
	    {"raw dates and dates that are none",
		MS_STREAM_FROM
		"MS-Envelope: raw-date=soon; date=now\n\n" END("1"),
		"s, message 1|INBOX|||!|\nwhole, 1 messages, status 75\n"},
	    {"nothing but a trailer", END("0"),
		"whole, 0 messages, status 75\n"},
	    {"two streams",
		END("1") END("2") MS_STREAM_FROM
		"MS-Envelope: end; messages=3; failed=0; status=1\n",
		"whole, 6 messages, status 75\n"},
	    {"a message after the trailer",
		END("0") MS_STREAM_FROM "MS-Envelope:\nx\n" MS_STREAM_FROM,
		"s, message 1|INBOX|||!|x\n"
		"s, message 2: incomplete: the stream ends in an envelope\n"
		"cut, 0 messages, status 75\n"},
	    {"text after the trailer", END("0") "hello\n",
		"s, message 1: 5 bytes after a trailer are not a message\n"
		"cut, 0 messages, status 75\n"},
	    {"cut in a message", MS_STREAM_FROM "MS-Envelope:\nA: b\n\n",
		"s, message 1|INBOX|||!|A: b~"
		"incomplete: the stream ends in the message\ncut, 0 messages, "
		"status 0\n"},
	    {"cut in an envelope", MS_STREAM_FROM "MS-Envel",
		"s, message 1: incomplete: the stream ends in an envelope\n"
		"cut, 0 messages, status 0\n"},
	    {"cut in the separator",
		MS_STREAM_FROM "MS-Envelope:\nx\n\nFrom ms-stre",
		"s, message 1|INBOX|||!|x~~From ms-stre"
		"incomplete: the stream ends in the message\ncut, 0 messages, "
		"status 0\n"},
	    {"cut in the trailer",
		MS_STREAM_FROM "MS-Envelope:\nx\n" MS_STREAM_FROM
			       "MS-Envelope: end; mess",
		"s, message 1|INBOX|||!|x\ncut, 0 messages, status 0\n"},
	    {"a message that its writer cancelled",
		MS_STREAM_FROM
		"MS-Envelope:\nha\n" MS_STREAM_FROM
		"MS-Envelope: void; reason=\"gone\"\n\n" MS_STREAM_FROM
		"MS-Envelope:\nlf\n" MS_STREAM_FROM
		"MS-Envelope: void\n\n" END("0"),
		"s, message 1|INBOX|||!|hacancelled by its writer: gone\n"
		"s, message 2|INBOX|||!|lfcancelled by its writer\n"
		"whole, 0 messages, status 75\n"},
	    {"lines that end with CRLF",
		"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\n"
		"MS-Envelope: user=a; flags=\"\\\\Seen\"\r\nA: "
		"b\r\n\r\n>From x\r\n\r\n"
		"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\n"
		"MS-Envelope: folder=B\r\nC: d\r\n\r\n"
		"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\n"
		"MS-Envelope: void; reason=gone\r\n\r\n"
		"From ms-stream@1 Thu Jan  1 00:00:00 1970\r\n"
		"MS-Envelope: end; messages=1; failed=1; status=75\r\n\r\n",
		"s, message 1|INBOX|\\Seen||!a|A: b\r~\r~From x\r~\n"
		"s, message 2|B|||!|C: d\r~cancelled by its writer: gone\n"
		"whole, 1 messages, status 75\n"},
	    {"a bad envelope, and its neighbours",
		MS_STREAM_FROM "MS-Envelope:\na\n" MS_STREAM_FROM
			       "MS-Envelope: user=\nb\n" MS_STREAM_FROM
			       "Subject: x\n\nc\n\n" MS_STREAM_FROM
			       "MS-Envelope:\nd\n" END("2"),
		"s, message 1|INBOX|||!|a\n"
		"s, message 2: envelope: value is missing\n"
		"s, message 3: the message does not begin with MS-Envelope\n"
		"s, message 4|INBOX|||!|d\nwhole, 2 messages, status 75\n"},
	    {"no LF before the next separator",
		MS_STREAM_FROM "MS-Envelope:\n" MS_STREAM_FROM
			       "MS-Envelope: ref=1\n" END("0"),
		"s, message 1|INBOX|||!|incomplete: another message begins in "
		"it\n"
		"s, message 2|INBOX|||!|\n"
		"whole, 0 messages, status 75\n"},
	    {"a field of that name below is the message's own",
		MS_STREAM_FROM "MS-Envelope: user=a\nMS-Envelope: user=b\n"
			       "\n" END("1"),
		"s, message 1|INBOX|||!a|MS-Envelope: user=b~\n"
		"whole, 1 messages, status 75\n"},
	};
	struct ms_source_options stream = {.format = MS_FORMAT_STREAM},
				 into = {.into = "X"};

	into.format = MS_FORMAT_STREAM;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_str("s", rows[i].in);
		expect(rows[i].name, "s", stream, rows[i].want);
	}
	put_str("s", rows[0].in);
	expect("-d goes before a folder", "s", into,
	    "s, message 1|X|\\Seen||!alice|A: b~From x~\n"
	    "s, message 2|X/B/C|||!|\nwhole, 2 messages, status 75\n");
}

/* Lines of about 64 KiB, which can be divided by the edge of a window. */
static void
test_long_envelopes(void)
{
	struct ms_source_options stream = {.format = MS_FORMAT_STREAM};
	struct ms_buf b = {0}, out = {0};

	for (int extra = 0; extra < 2; extra++) {
		ms_buf_clear(&b);
		for (int i = 0; i < 20; i++) {
			ms_buf_add_str(&b, MS_STREAM_FROM "MS-Envelope: x=");
			memset(ms_buf_room(&b, 65536), 'x', 65536);
			b.n += (size_t)(MS_ENVELOPE_MAX - 16 + extra);
			ms_buf_add_str(&b, "\nm\n");
		}
		ms_buf_add_str(&b, END("20"));
		put("s", (char *)b.p, b.n);
		read_all("s", &stream, &out);
		ok(strstr(ms_buf_str(&out),
		       extra == 0 ? "s, message 20|INBOX|||!|m\n"
				  : "s, message 20: envelope: more than 65536 "
				    "bytes\n") != NULL,
		    "envelopes of 65,536 bytes and %d", extra);
	}
	ms_buf_release(&b);
	ms_buf_release(&out);
}

/* Reads standard input from a pipe that gives a few bytes at a time. */
static void
test_pipe(void)
{
	static const char in[] =
	    MS_STREAM_FROM "MS-Envelope: user=a\nx\n" END("1");
	struct ms_source_options none = {0};
	int fd[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(in) - 1; i += 7)
			if (write(fd[1], in + i,
				sizeof(in) - 1 - i < 7 ? sizeof(in) - 1 - i
						       : 7) < 0)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	(void)fcntl(fd[0], F_SETFL, O_NONBLOCK);
	dup2(fd[0], STDIN_FILENO);
	expect("a pipe", "-", none,
	    "stdin, message 1|INBOX|||!a|x\nwhole, 1 messages, status 75\n");
	expect("a pipe that is at its end", "-", none, "66 empty\n");
	close(fd[0]);
}

int
main(void)
{
	char dir[SCRATCH_MAX];

	enter_scratch(dir);
	test_streams();
	test_long_envelopes();
	test_pipe();
	leave_scratch(dir);
	return done();
}
