/* login.c - logs in by USER and PASS, or by AUTH with a SASL mechanism. RFC
 * 1939, 7; RFC 5034; RFC 3206. */
#include "pop3.h"
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "secret.h"

#define ROUNDS_MAX 10 /* challenges of one login */

/* Servers without response codes say in words that the password is not the
 * reason. */
static bool
says_later(struct ms_slice reply)
{
	static const char *const words[] = {"login limit", "limit exceeded",
	    "exceeded the limit", "too many connections", "too many sessions",
	    "try again", "try later", "temporar", "already locked", "in use",
	    "is locked by", "busy"};
	char *text = ms_xstrndup(reply.p, reply.n);
	bool later = false;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		later = later || strcasestr(text, words[i]) != NULL;
	free(text);
	return later;
}

/* The server has refused the login. */
static int
refused(struct ms_pop3 *p, struct ms_slice reply, const char *reason,
    struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	enum ms_code code =
	    ms_pop3_code(reply, says_later(reply) ? MS_TEMP : MS_AUTH);

	if (ms_pop3_has_code(reply, "LOGIN-DELAY"))
		p->backoff = p->login_delay;
	return ms_fail(err, code, "login refused: %s%s%s",
	    ms_pop3_reply(reply, text), *reason != '\0' ? "; " : "", reason);
}

/* Sends a command that has a secret, or a secret alone, and wipes it. */
static int
send_secret(struct ms_pop3 *p, struct ms_buf *b, struct ms_err *err)
{
	int rc;

	ms_buf_add_str(b, "\r\n");
	rc = ms_pop3_send(p, b->p, b->n, err);
	explicit_bzero(b->p, b->cap);
	ms_buf_clear(b);
	return rc;
}

static int
user_and_pass(
    struct ms_pop3 *p, const struct ms_login *login, struct ms_err *err)
{
	const char *const steps[2][2] = {
	    {"USER ", login->login}, {"PASS ", login->secret}};
	struct ms_slice reply = {0};
	struct ms_buf line = {0};
	int i, rc = 0;

	/* The full size at once: a growing buffer would leave copies. */
	ms_buf_room(&line, strlen(login->login) + strlen(login->secret) + 16);
	for (i = 0; i < 2 && rc == 0; i++) {
		ms_buf_add_str(&line, steps[i][0]);
		ms_buf_add_str(&line, steps[i][1]);
		rc = send_secret(p, &line, err);
		if (rc == 0)
			rc = ms_pop3_answer(
			    p, i == 0 ? "USER" : "PASS", &reply, err);
		if (rc >= 0)
			rc = rc == 1 ? 0 : refused(p, reply, "", err);
	}
	ms_secret_forget(&line);
	return rc;
}

/* Is the line a challenge, `+ ` and base64? */
static bool
is_challenge(struct ms_slice line, struct ms_slice *challenge)
{
	if (line.n == 0 || line.p[0] != '+' || (line.n > 1 && line.p[1] != ' '))
		return false;
	*challenge = line;
	do {
		challenge->p++;
		challenge->n--;
	} while (challenge->n > 0 && *challenge->p == ' ');
	return true;
}

/* Answers a challenge. An invalid challenge ends the session. */
static int
answer(struct ms_pop3 *p, struct ms_auth *auth, bool first,
    struct ms_slice challenge, struct ms_buf *out, struct ms_err *err)
{
	char *text = ms_xstrndup(challenge.p, challenge.n);
	struct ms_err why = {0};
	int rc;

	rc = ms_auth_step(auth, first ? NULL : text, out, &why);
	free(text);
	if (rc < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	return send_secret(p, out, err);
}

/*
 * The exchange after AUTH. An initial response is never sent with the command,
 * because not every server accepts it there (RFC 5034, 4) and a long one is not
 * allowed.
 */
static int
converse(struct ms_pop3 *p, struct ms_auth *auth, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice line, challenge;
	struct ms_buf out = {0};
	struct ms_err why = {0};
	int round, status, rc = 0;

	ms_buf_room(&out, 4 * MS_SECRET_MAX);
	for (round = 0; round < ROUNDS_MAX && rc == 0; round++) {
		rc = ms_pop3_line(p, &line, err);
		if (rc < 0)
			break;
		status = ms_pop3_status(line, &challenge);
		if (status == 1) {
			if (ms_auth_accepted(auth, &why) < 0)
				rc = ms_pop3_kill(
				    p, err, why.code, "%s", why.msg);
			goto out;
		}
		if (status == 0)
			rc = refused(p, challenge, ms_auth_reason(auth), err);
		else if (!is_challenge(line, &challenge))
			rc = ms_pop3_kill(p, err, MS_PROTO,
			    "the server's answer to AUTH is invalid: %s",
			    ms_pop3_reply(line, text));
		else
			rc = answer(p, auth, round == 0 && ms_auth_first(auth),
			    challenge, &out, err);
	}
	if (rc == 0)
		rc = ms_pop3_kill(p, err, MS_PROTO,
		    "the login takes more than %d challenges", ROUNDS_MAX);
out:
	ms_secret_forget(&out);
	return rc;
}

static int
by_mechanism(struct ms_pop3 *p, const struct ms_login *login, enum ms_mech mech,
    struct ms_err *err)
{
	struct ms_auth *auth = NULL;
	char command[64];
	int n, rc;

	if (ms_auth_new(&auth, login, mech, err) < 0)
		return -1;
	n = snprintf(
	    command, sizeof(command), "AUTH %s\r\n", ms_mech_name(mech));
	rc = ms_pop3_send(p, command, (size_t)n, err);
	if (rc == 0)
		rc = converse(p, auth, err);
	ms_auth_free(auth);
	return rc;
}

int
ms_pop3_login(
    struct ms_pop3 *p, const struct ms_login *login, struct ms_err *err)
{
	unsigned offered = p->mechs;
	enum ms_mech mech;
	int rc;

	/* A server that announces neither has USER (RFC 1939). */
	if ((p->capabilities & MS_POP3_USER) || p->mechs == 0)
		offered |= MS_MECH_BIT(MS_MECH_LOGIN);
	if (ms_auth_choose(login, offered, &mech, err) < 0)
		return -1;
	rc = mech == MS_MECH_LOGIN ? user_and_pass(p, login, err)
				   : by_mechanism(p, login, mech, err);
	if (rc < 0)
		ms_auth_explain(login, p->mechs, err);
	/* The capabilities may depend on the user (RFC 2449, 5). */
	if (rc == 0 && (p->capabilities & MS_POP3_CAPA))
		rc = ms_pop3_ask_capabilities(p, err);
	return rc;
}

unsigned
ms_pop3_backoff(const struct ms_pop3 *p)
{
	return p->backoff;
}
