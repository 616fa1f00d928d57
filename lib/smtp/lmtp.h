/*
 * lmtp.h - the server's side of an LMTP session: what the client has sent
 * becomes messages with recipients, and replies. There is no input or output
 * here. RFC 2033, and of RFC 5321 what LMTP uses; PIPELINING (RFC 2920),
 * 8BITMIME (RFC 6152), ENHANCEDSTATUSCODES (RFC 2034), SIZE (RFC 1870),
 * SMTPUTF8 (RFC 6531). ms-ingest(1), LMTP. Layer: above mail.
 */
#ifndef MS_LMTP_H
#define MS_LMTP_H
#include <stdint.h>
#include "buf.h"

#define MS_LMTP_LINE_MAX 4096                 /* bytes of a command */
#define MS_LMTP_ADDRESS_MAX 320               /* bytes, of a recipient */
#define MS_LMTP_RECIPIENTS_MAX 20000          /* of a message */
#define MS_LMTP_RECIPIENTS_ROOM (1024 * 1024) /* bytes of all of them */
#define MS_LMTP_ERRORS_MAX 50                 /* then the session ends */

struct ms_lmtp_options {
	const char *host;  /* the name that the greeting gives */
	uint64_t size_max; /* bytes of a message; larger ones are refused */
	/*
	 * Asks whether mail for an address (without <> and unnecessary quotes;
	 * UTF-8 without control characters, 1..MS_LMTP_ADDRESS_MAX bytes) is
	 * accepted.
	 * Returns NULL or the reply that refuses it, "550 5.1.1 ...".
	 */
	const char *(*recipient)(void *ctx, const char *address);
	void *recipient_ctx;
	/* Receives the bytes of the message as they are to be stored: the dots
	 * that were added for the transport are gone. After -1 the rest of the
	 * message is read and dropped: ms_lmtp_refusal(). */
	ms_emit_fn *data;
	void *data_ctx;
};

enum ms_lmtp_state {
	MS_LMTP_READS,   /* more input is wanted */
	MS_LMTP_MESSAGE, /* a message is complete, and wants its replies */
	MS_LMTP_ENDED    /* nothing more is read: send the output, and close */
};

struct ms_lmtp;
/* Begins a session; the greeting is in the output. The strings of options are
 * borrowed for the life of the session. */
struct ms_lmtp *ms_lmtp_new(const struct ms_lmtp_options *options);
void ms_lmtp_free(struct ms_lmtp *s);

/*
 * Takes input. Returns how many bytes were used: all of them, or fewer if the
 * state is no longer MS_LMTP_READS. The rest is to be given again later.
 */
size_t ms_lmtp_read(struct ms_lmtp *s, const unsigned char *p, size_t n);
enum ms_lmtp_state ms_lmtp_state(const struct ms_lmtp *s);
/* What is to be sent to the client; the caller removes what was sent. */
struct ms_buf *ms_lmtp_output(struct ms_lmtp *s);

/* ---- in the state MS_LMTP_MESSAGE ---- */

/* The number of accepted recipients, at least 1, and the ith of them. */
size_t ms_lmtp_recipients(const struct ms_lmtp *s);
const char *ms_lmtp_recipient(const struct ms_lmtp *s, size_t i);
/* The address of MAIL FROM; "" for a bounce. */
const char *ms_lmtp_sender(const struct ms_lmtp *s);
/* Why the message must be refused, as a reply: it is too large, or data() has
 * failed. NULL: it is whole. */
const char *ms_lmtp_refusal(const struct ms_lmtp *s);
/* Replies for all recipients (RFC 2033, 4.2): "250 2.0.0 ..." or a refusal. The
 * state is then MS_LMTP_READS. */
void ms_lmtp_reply(struct ms_lmtp *s, const char *reply);

/* Ends the session in any state with a last reply, "421 4.3.2 ...". */
void ms_lmtp_close(struct ms_lmtp *s, const char *reply);

#endif
