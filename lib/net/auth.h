/*
 * auth.h - login: the choice of a mechanism, and a SASL client for IMAP and
 * POP3 (RFC 4422). PLAIN (RFC 4616), OAUTHBEARER (RFC 7628) and XOAUTH2 are our
 * own code; SCRAM and CRAM-MD5 belong to Cyrus SASL. Layer: above base64, buf,
 * secret.
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
	MS_MECH_LOGIN, /* LOGIN of IMAP, USER and PASS of POP3: not SASL */
	MS_MECH_PLAIN,
	MS_MECH_CRAM_MD5,
	MS_MECH_SCRAM_SHA_1,
	MS_MECH_SCRAM_SHA_256,
	MS_MECH_XOAUTH2,
	MS_MECH_OAUTHBEARER
};
/* A set of mechanisms, as a server offers them, consists of these bits. */
#define MS_MECH_BIT(mech) (1u << (mech))

/* The login and its mechanism. All strings are borrowed for the call. */
struct ms_login {
	enum ms_mech mech;
	const char *login;
	const char *authzid; /* the owner of the mailbox; NULL: the login */
	const char *secret;
	bool token;       /* the secret is an OAuth token */
	const char *host; /* the server, for mechanisms that name it */
	uint16_t port;
	bool tls; /* the connection is encrypted */
};

/* Finds a mechanism by name, in any case; MS_MECH_AUTO: the name is unknown. */
enum ms_mech ms_mech_of(const char *name, size_t n);
const char *ms_mech_name(enum ms_mech mech);

/* Adds to a refused login with a password (MS_AUTH) that a server whose
 * mechanisms all take tokens requires one. */
void ms_auth_explain(
    const struct ms_login *l, unsigned mechs, struct ms_err *err);

/*
 * Chooses a mechanism among those that the server offers. MS_MECH_AUTO means:
 *   - with a token, OAUTHBEARER, else XOAUTH2;
 *   - with an authzid, the strongest mechanism that can send it, but PLAIN
 *   first on TLS;
 *   - otherwise on TLS, LOGIN, else PLAIN, else a stronger one;
 *   - otherwise without TLS, the strongest challenge-response mechanism; a
 *   password in the clear only if there is none.
 * Errors: MS_NOINPUT, the mechanism is not offered; MS_USAGE, the parts of the
 * login exclude each other (a token and PLAIN, an authzid and LOGIN), or a
 * string contains CR, LF or NUL.
 */
int ms_auth_choose(const struct ms_login *l, unsigned offered,
    enum ms_mech *mech, struct ms_err *err);

struct ms_auth;

/*
 * Begins a mechanism other than LOGIN. MS_NOINPUT: Cyrus SASL has no module for
 * it.
 */
int ms_auth_new(struct ms_auth **out, const struct ms_login *l,
    enum ms_mech mech, struct ms_err *err);
void ms_auth_free(struct ms_auth *a);

/*
 * Whether the client sends the first message; otherwise the server sends a
 * challenge.
 */
bool ms_auth_first(const struct ms_auth *a);

/*
 * Answers a challenge. Both are base64 without line ends, possibly empty, as
 * they appear in IMAP and POP3. challenge is NULL in the first step if the
 * client sends the first message. The answer, a secret, is appended to out:
 * release it with ms_secret_forget(). MS_PROTO: the challenge is invalid, or
 * the server cannot prove that it knows the password.
 */
int ms_auth_step(struct ms_auth *a, const char *challenge, struct ms_buf *out,
    struct ms_err *err);

/*
 * The server has accepted the login. MS_PROTO: the server has not proved that
 * it knows the password, which SCRAM requires.
 */
int ms_auth_accepted(const struct ms_auth *a, struct ms_err *err);

/*
 * The reason for which an OAuth server refused the token, as text for a
 * message; "" if there is none.
 */
const char *ms_auth_reason(const struct ms_auth *a);

#endif
