/*
 * auth.h - logging in: which mechanism, and a SASL client for IMAP and POP3
 * (RFC 4422). PLAIN (RFC 4616), OAUTHBEARER (RFC 7628) and XOAUTH2 are ours,
 * SCRAM and CRAM-MD5 are Cyrus SASL's. Layer: above base64, buf, secret.
 */
#ifndef MS_AUTH_H
#define MS_AUTH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

#define MS_AUTH_CHALLENGE_MAX 65536 /* bytes of a challenge, as base64 */

enum ms_mech {
	MS_MECH_AUTO,
	MS_MECH_LOGIN, /* IMAP's LOGIN, POP3's USER and PASS: no SASL */
	MS_MECH_PLAIN,
	MS_MECH_CRAM_MD5,
	MS_MECH_SCRAM_SHA_1,
	MS_MECH_SCRAM_SHA_256,
	MS_MECH_XOAUTH2,
	MS_MECH_OAUTHBEARER
};
/* A set of mechanisms, as a server offers them, has these bits. */
#define MS_MECH_BIT(mech) (1u << (mech))

/* Who logs in, and how. All borrowed for the call. */
struct ms_login {
	enum ms_mech mech;
	const char *login;
	const char *authzid; /* whose mailbox; NULL: the login's */
	const char *secret;
	bool token;       /* the secret is an OAuth token */
	const char *host; /* the server, for mechanisms that name it */
	uint16_t port;
	bool tls; /* nobody reads along */
};

/* `PLAIN`, in any case; MS_MECH_AUTO: no mechanism of ours. */
enum ms_mech ms_mech_of(const char *name, size_t n);
const char *ms_mech_name(enum ms_mech mech);

/*
 * Chooses among what the server offers. AUTO is: with a token OAUTHBEARER, else
 * XOAUTH2; with an authzid the strongest that can say it (on TLS PLAIN first);
 * else LOGIN on TLS, or if that is not offered PLAIN or a stronger one; without
 * TLS the strongest challenge and response, or, only if there is none, a
 * password in the clear. MS_NOINPUT: not offered; MS_USAGE: what does not fit
 * together (a token and PLAIN, an authzid and LOGIN), or CR, LF or NUL in a
 * string.
 */
int ms_auth_choose(const struct ms_login *l, unsigned offered,
    enum ms_mech *mech, struct ms_err *err);

struct ms_auth;

/*
 * Begins with a mechanism that is not LOGIN. MS_NOINPUT: Cyrus SASL has no
 * module for it.
 */
int ms_auth_new(struct ms_auth **out, const struct ms_login *l,
    enum ms_mech mech, struct ms_err *err);
void ms_auth_free(struct ms_auth *a);

/* Does the client speak first? Else the first step is a challenge. */
bool ms_auth_first(const struct ms_auth *a);

/*
 * Answers a challenge: both are base64 without line ends, possibly empty, as
 * they stand in IMAP and POP3. challenge is NULL in the first step of who
 * speaks first. The answer is appended to out and is a secret:
 * ms_secret_forget() it. MS_PROTO: the challenge makes no sense, or the server
 * can't prove that it knows the password.
 */
int ms_auth_step(struct ms_auth *a, const char *challenge, struct ms_buf *out,
    struct ms_err *err);

/*
 * The server says that all is well. MS_PROTO: it has left out the proof that it
 * knows the password, which belongs to SCRAM.
 */
int ms_auth_accepted(const struct ms_auth *a, struct ms_err *err);

/* What an OAuth server had to say against the token, fit for a sentence; "" if
 * nothing. */
const char *ms_auth_reason(const struct ms_auth *a);

#endif
