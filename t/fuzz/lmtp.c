/* lmtp.c - fuzzes LMTP sessions: the same input, in one piece and byte by byte,
 * gives the same messages and replies. */
#include "fuzz.h"
#include "lmtp.h"

#define HELLO "LHLO c\r\nMAIL FROM:<a@x> SIZE=9\r\nRCPT TO:<b@x>\r\n"

const struct fuzz_seed fuzz_seeds[] = {
    SEED(HELLO "RCPT TO:<@r:no@x>\r\nDATA\r\n..x\r\n.\r\nQUIT\r\n"),
    SEED(HELLO "DATA\r\na\n.\n.\r\nRSET\r\nVRFY x\r\nNOOP\r\n"),
    SEED(HELLO "RCPT TO:<\"a>\\\"b\"@x> X=1\r\nDATA\r\n.\r\nMAIL FROM:<>\r\n"),
    SEED("HELO\r\nlhlo x \r\nMAIL FROM:<a@x> BODY=8BITMIME SMTPUTF8\r\n"),
    SEEDS_END};

static const char *
recipient(void *ctx, const char *address)
{
	(void)ctx;
	return *address == 'n' ? "550 5.1.1 No" : NULL;
}

/* Runs a session on input in pieces; out receives messages and replies. */
static void
run(const uint8_t *p, size_t n, size_t piece, struct ms_buf *out)
{
	struct ms_buf text = {0};
	const struct ms_lmtp_options opt = {.host = "h",
	    .size_max = 64,
	    .recipient = recipient,
	    .data = ms_buf_append,
	    .data_ctx = &text};
	struct ms_lmtp *s = ms_lmtp_new(&opt);
	size_t at = 0, part;

	while (at < n && ms_lmtp_state(s) != MS_LMTP_ENDED) {
		part = n - at < piece ? n - at : piece;
		at += ms_lmtp_read(s, p + at, part);
		if (ms_lmtp_state(s) != MS_LMTP_MESSAGE)
			continue;
		require(ms_lmtp_recipients(s) > 0);
		ms_buf_add_str(out, ms_lmtp_recipient(s, 0));
		ms_lmtp_reply(s,
		    ms_lmtp_refusal(s) != NULL ? ms_lmtp_refusal(s) : "250 OK");
	}
	ms_buf_add(out, ms_lmtp_output(s)->p, ms_lmtp_output(s)->n);
	ms_buf_release(&text);
	ms_lmtp_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_buf whole = {0}, bytes = {0};

	run(p, n, n, &whole);
	run(p, n, 1, &bytes);
	require(ms_slice_eq(ms_buf_slice(&whole), ms_buf_slice(&bytes)));
	ms_buf_release(&whole);
	ms_buf_release(&bytes);
	return 0;
}
