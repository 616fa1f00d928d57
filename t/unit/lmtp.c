/* lmtp.c - the server's side of LMTP: commands, replies and messages. */
#include "lmtp.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* Mail for "no@x" is refused; `message` receives the data. */
struct peer {
	struct ms_lmtp *s;
	struct ms_buf message;
	bool full; /* the data cannot be stored */
};

static const char *
recipient(void *ctx, const char *address)
{
	(void)ctx;
	return strcmp(address, "no@x") == 0 ? "550 5.1.1 No such user" : NULL;
}

static int
data(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct peer *peer = ctx;

	(void)err;
	ms_buf_add(&peer->message, p, n);
	return peer->full ? -1 : 0;
}

static void
begin(struct peer *peer)
{
	const struct ms_lmtp_options opt = {.host = "h",
	    .size_max = 20,
	    .recipient = recipient,
	    .data = data,
	    .data_ctx = peer};

	*peer = (struct peer){.s = ms_lmtp_new(&opt)};
	ms_lmtp_output(peer->s)->n = 0;
}

static void
end(struct peer *peer)
{
	ms_lmtp_free(peer->s);
	ms_buf_release(&peer->message);
}

/* Gives the session all input, in pieces, and answers each message with 250.
 * Returns the output. */
static char *
talk_pieces(struct peer *peer, const char *in, size_t n, size_t piece)
{
	size_t at = 0, part;

	while (at < n && ms_lmtp_state(peer->s) != MS_LMTP_ENDED) {
		part = n - at < piece ? n - at : piece;
		at +=
		    ms_lmtp_read(peer->s, (const unsigned char *)in + at, part);
		if (ms_lmtp_state(peer->s) == MS_LMTP_MESSAGE)
			ms_lmtp_reply(peer->s, ms_lmtp_refusal(peer->s) != NULL
						   ? ms_lmtp_refusal(peer->s)
						   : "250 2.0.0 Stored");
	}
	return ms_buf_str(ms_lmtp_output(peer->s));
}

/* A reply is its code, without the text: "250 2.1.0 250 2.1.5" as lines. */
static void
check(const char *name, const char *in, size_t n, const char *codes)
{
	struct peer peer;
	struct ms_buf got = {0};
	char *line, *rest;

	for (size_t piece = 1; piece <= n; piece = piece < 8 ? piece + 1 : n) {
		ms_buf_clear(&got);
		begin(&peer);
		rest = talk_pieces(&peer, in, n, piece);
		while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
			if (line[3] == ' ')
				ms_buf_printf(&got, "%.3s ", line);
		end(&peer);
		if (strcmp(ms_buf_str(&got), codes) != 0 || piece == n)
			break;
	}
	ok(strcmp(ms_buf_str(&got), codes) == 0, "%s: %s", name, codes);
	if (strcmp(ms_buf_str(&got), codes) != 0)
		printf("# got %s\n", ms_buf_str(&got));
	ms_buf_release(&got);
}

#define HELLO "LHLO c\r\n"
#define MAIL HELLO "MAIL FROM:<a@x>\r\n"
#define RCPT MAIL "RCPT TO:<b@x>\r\n"

static void
commands(void)
{
	static const struct {
		const char *name, *in, *codes;
	} rows[] = {
	    {"LHLO", HELLO, "250 "},
	    {"LHLO without a name", "LHLO\r\nLHLO \r\n", "501 501 "},
	    {"the greetings of SMTP", "HELO c\r\nEHLO c\r\n", "500 500 "},
	    {"any case", "lhlo c\r\nMail From:<a@x>\r\n", "250 250 "},
	    {"LF alone", "LHLO c\nNOOP\n", "250 250 "},
	    {"a blank at the end", "LHLO c \r\nDATA \r\n", "250 503 "},
	    {"MAIL before LHLO", "MAIL FROM:<a@x>\r\n", "503 "},
	    {"MAIL", MAIL, "250 250 "},
	    {"the empty sender of a bounce", HELLO "MAIL FROM:<>\r\n",
		"250 250 "},
	    {"a blank before the path", HELLO "MAIL FROM: <a@x>\r\n",
		"250 250 "},
	    {"no path", HELLO "MAIL FROM:a@x\r\nMAIL FROM:<a@x\r\nMAIL\r\n",
		"250 501 501 501 "},
	    {"text after the path", HELLO "MAIL FROM:<a@x>b\r\n", "250 501 "},
	    {"two MAIL", MAIL "MAIL FROM:<a@x>\r\n", "250 250 503 "},
	    {"parameters",
		HELLO "MAIL FROM:<a@x> SIZE=20 BODY=8BITMIME SMTPUTF8\r\n",
		"250 250 "},
	    {"BODY=7BIT, in any case", HELLO "MAIL FROM:<a@x> body=7bit\r\n",
		"250 250 "},
	    {"a size that is too large", HELLO "MAIL FROM:<a@x> SIZE=21\r\n",
		"250 552 "},
	    {"a size of many digits",
		HELLO
		"MAIL FROM:<a@x> SIZE=99999999999999999999999999999999\r\n",
		"250 552 "},
	    {"a size that is no number", HELLO "MAIL FROM:<a@x> SIZE=x\r\n",
		"250 250 "},
	    {"an unknown parameter",
		HELLO "MAIL FROM:<a@x> BODY=BINARYMIME\r\n", "250 555 "},
	    {"after a refused MAIL",
		HELLO "MAIL FROM:<a@x> X=1\r\nRCPT "
		      "TO:<b@x>\r\n",
		"250 555 503 "},
	    {"RCPT", RCPT, "250 250 250 "},
	    {"RCPT before MAIL", HELLO "RCPT TO:<b@x>\r\n", "250 503 "},
	    {"a recipient that is refused", MAIL "RCPT TO:<no@x>\r\n",
		"250 250 550 "},
	    {"no recipient", MAIL "RCPT TO:<>\r\n", "250 250 501 "},
	    {"a source route", MAIL "RCPT TO:<@r,@s:no@x>\r\n", "250 250 550 "},
	    {"a quoted local part", MAIL "RCPT TO:<\"a>\\\"b\"@x>\r\n",
		"250 250 250 "},
	    {"quotes that are not necessary",
		MAIL "RCPT TO:<\"no\"@x>\r\nRCPT TO:<\"n\\o\"@x>\r\n"
		     "RCPT TO:<\"n o\"@x>\r\nRCPT TO:<\"n\"o@x>\r\n",
		"250 250 550 550 250 250 "},
	    {"a parameter of RCPT", MAIL "RCPT TO:<b@x> NOTIFY=NEVER\r\n",
		"250 250 555 "},
	    {"not UTF-8", MAIL "RCPT TO:<\xff@x>\r\n", "250 250 501 "},
	    {"a control character", MAIL "RCPT TO:<b\tb@x>\r\n",
		"250 250 501 "},
	    {"UTF-8", MAIL "RCPT TO:<\xc3\xbc@x>\r\n", "250 250 250 "},
	    {"DATA without recipients", MAIL "DATA\r\n", "250 250 503 "},
	    {"DATA when all are refused", MAIL "RCPT TO:<no@x>\r\nDATA\r\n",
		"250 250 550 503 "},
	    {"DATA with a parameter", RCPT "DATA x\r\n", "250 250 250 501 "},
	    {"a message", RCPT "DATA\r\nx\r\n.\r\n", "250 250 250 354 250 "},
	    {"a reply for each recipient",
		RCPT "RCPT TO:<no@x>\r\nRCPT TO:<c@x>\r\nDATA\r\nx\r\n.\r\n",
		"250 250 250 550 250 354 250 250 "},
	    {"two messages",
		RCPT "DATA\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\n"
		     ".\r\nQUIT\r\n",
		"250 250 250 354 250 250 250 354 250 221 "},
	    {"a message that is too large",
		RCPT "RCPT TO:<c@x>\r\nDATA\r\n123456789012345678901\r\n.\r\n",
		"250 250 250 250 354 552 552 "},
	    {"the largest message", RCPT "DATA\r\n123456789012345678\r\n.\r\n",
		"250 250 250 354 250 "},
	    {"a large and a small message",
		RCPT "DATA\r\n123456789012345678901\r\n.\r\nMAIL FROM:<>\r\n"
		     "RCPT TO:<b@x>\r\nDATA\r\n.\r\n",
		"250 250 250 354 552 250 250 354 250 "},
	    {"a dot between LFs does not end a message",
		RCPT "DATA\r\na\n.\nMAIL\r\n.\r\n", "250 250 250 354 250 "},
	    {"RSET", RCPT "RSET\r\nDATA\r\n", "250 250 250 250 503 "},
	    {"LHLO again", RCPT "LHLO c\r\nDATA\r\n", "250 250 250 250 503 "},
	    {"VRFY and NOOP", "VRFY a\r\nNOOP x\r\n", "252 250 "},
	    {"unknown commands", "BDAT 1 LAST\r\n\r\n \r\nHELP\r\n",
		"500 500 500 500 "},
	    {"nothing after QUIT", "QUIT\r\nNOOP\r\n", "221 "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].name, rows[i].in, strlen(rows[i].in),
		    rows[i].codes);
	check("NUL in a command", "NO\0P\r\nNOOP\r\n", 12, "500 250 ");
}

static void
greeting(void)
{
	static const char want[] =
	    "220 h LMTP\r\n250-h\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
	    "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 20\r\n";
	const struct ms_lmtp_options opt = {.host = "h", .size_max = 20};
	struct ms_lmtp *s = ms_lmtp_new(&opt);

	ms_lmtp_read(s, (const unsigned char *)HELLO, strlen(HELLO));
	ok(strcmp(ms_buf_str(ms_lmtp_output(s)), want) == 0,
	    "the greeting names what the server can do");
	ms_lmtp_free(s);
}

static void
what_a_message_has(void)
{
	static const char in[] = HELLO "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"
				       "RCPT TO:<no@x>\r\nRCPT TO:<@r:c@x>\r\n"
				       "DATA\r\n..a\r\n.b\r\n.\r\nNOOP\r\n";
	struct peer peer;
	size_t used;

	begin(&peer);
	used = ms_lmtp_read(peer.s, (const unsigned char *)in, sizeof(in) - 1);
	ok(ms_lmtp_state(peer.s) == MS_LMTP_MESSAGE &&
		strcmp(in + used, "NOOP\r\n") == 0,
	    "the session stops at the end of the message");
	ok(ms_lmtp_read(peer.s, (const unsigned char *)in + used, 6) == 0,
	    "nothing more is read before the replies");
	ok(strcmp(ms_lmtp_sender(peer.s), "a@x") == 0, "the sender");
	ok(ms_lmtp_recipients(peer.s) == 2 &&
		strcmp(ms_lmtp_recipient(peer.s, 0), "b@x") == 0 &&
		strcmp(ms_lmtp_recipient(peer.s, 1), "c@x") == 0,
	    "the accepted recipients");
	ok(strcmp(ms_buf_str(&peer.message), ".a\r\nb\r\n") == 0,
	    "the text without the dots");
	ok(ms_lmtp_refusal(peer.s) == NULL, "the message is whole");
	ms_lmtp_reply(peer.s, "250 2.0.0 OK");
	ok(ms_lmtp_state(peer.s) == MS_LMTP_READS &&
		ms_lmtp_recipients(peer.s) == 0 &&
		strcmp(ms_lmtp_sender(peer.s), "") == 0,
	    "the next message begins with nothing");
	end(&peer);
}

static void
no_room(void)
{
	static const char in[] = RCPT "DATA\r\nx\r\n.\r\n";
	struct peer peer;

	begin(&peer);
	peer.full = true;
	ms_lmtp_read(peer.s, (const unsigned char *)in, sizeof(in) - 1);
	ok(ms_lmtp_state(peer.s) == MS_LMTP_MESSAGE &&
		strncmp(ms_lmtp_refusal(peer.s), "452 4.3.1", 9) == 0,
	    "a message that cannot be stored is refused for now");
	end(&peer);
}

/* The reply to a recipient of n bytes, after others like it. */
static void
long_address(size_t n, size_t others, const char *want)
{
	struct peer peer;
	struct ms_buf one = {0};
	const char *got;

	begin(&peer);
	ms_buf_printf(&one, "RCPT TO:<%0*d@x>\r\n", (int)n - 2, 1);
	talk_pieces(&peer, MAIL, strlen(MAIL), 100);
	for (size_t i = 0; i < others; i++)
		talk_pieces(&peer, (const char *)one.p, one.n, one.n);
	ms_buf_clear(ms_lmtp_output(peer.s));
	got = talk_pieces(&peer, (const char *)one.p, one.n, one.n);
	ok(strncmp(got, want, 3) == 0 &&
		ms_lmtp_recipients(peer.s) == others + (*want == '2' ? 1 : 0),
	    "a recipient of %zu bytes, after %zu others: %s", n, others, want);
	end(&peer);
	ms_buf_release(&one);
}

static void
limits(void)
{
	struct peer peer;
	struct ms_buf in = {0};
	const char *got;

	begin(&peer);
	ms_buf_add_str(&in, "NOOP ");
	while (in.n < MS_LMTP_LINE_MAX - 2)
		ms_buf_add_byte(&in, 'x');
	ms_buf_add_str(&in, "\r\nNOOP ");
	while (in.n < 2 * (MS_LMTP_LINE_MAX)-1)
		ms_buf_add_byte(&in, 'x');
	ms_buf_add_str(&in, "\r\nNOOP\r\n");
	got = talk_pieces(&peer, (const char *)in.p, in.n, 100);
	ok(strcmp(got, "250 2.0.0 OK\r\n500 5.5.2 Line too long\r\n"
		       "250 2.0.0 OK\r\n") == 0,
	    "the longest line, and a longer one");
	end(&peer);

	begin(&peer);
	ms_buf_clear(&in);
	for (int i = 0; i <= MS_LMTP_ERRORS_MAX; i++)
		ms_buf_add_str(&in, "X\r\n");
	got = talk_pieces(&peer, (const char *)in.p, in.n, in.n);
	ok(strstr(got, "421 4.7.0") != NULL &&
		ms_lmtp_state(peer.s) == MS_LMTP_ENDED,
	    "too many errors end the session");
	end(&peer);

	begin(&peer);
	ms_buf_clear(&in);
	ms_buf_add_str(&in, MAIL);
	for (int i = 0; i <= MS_LMTP_RECIPIENTS_MAX; i++)
		ms_buf_add_str(&in, "RCPT TO:<b@x>\r\n");
	got = talk_pieces(&peer, (const char *)in.p, in.n, in.n);
	ok(strstr(got, "452 4.5.3") != NULL &&
		ms_lmtp_recipients(peer.s) == MS_LMTP_RECIPIENTS_MAX,
	    "too many recipients are for the next message");
	ms_lmtp_close(peer.s, "421 4.3.2 Bye");
	ok(ms_lmtp_state(peer.s) == MS_LMTP_ENDED, "closed by the server");
	end(&peer);
	ms_buf_release(&in);
}

int
main(void)
{
	greeting();
	commands();
	what_a_message_has();
	no_room();
	limits();
	long_address(MS_LMTP_ADDRESS_MAX, 3000, "250");
	long_address(MS_LMTP_ADDRESS_MAX + 1, 0, "501");
	long_address(MS_LMTP_ADDRESS_MAX,
	    MS_LMTP_RECIPIENTS_ROOM / (MS_LMTP_ADDRESS_MAX + 1), "452");
	return done();
}
