/*
 * auth-sasl.c - the client side of SASL. PLAIN: RFC 4616; OAUTHBEARER: RFC
 * 7628; XOAUTH2: as Google and Microsoft document it; SCRAM (RFC 5802, RFC
 * 7677) and CRAM-MD5 (RFC 2195) by Cyrus SASL.
 */
#include "auth.h"

#include <sasl/sasl.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "secret.h"

#define REASON_MAX 200 /* bytes of the server's text that we repeat */
#define STEPS_MAX 10   /* challenges; SCRAM has two */

struct ms_auth {
	enum ms_mech mech;
	struct ms_login l;
	unsigned steps;
	bool done; /* only the server's OK is missing */
	char reason[REASON_MAX + 1];
	sasl_conn_t *sasl;
	sasl_secret_t *secret;
	sasl_callback_t callbacks[5];
};

/* ---- our own mechanisms ---- */

/* The login whose mailbox is opened. */
static const char *
target(const struct ms_login *l)
{
	return l->authzid != NULL ? l->authzid : l->login;
}

static void
say_plain(const struct ms_login *l, struct ms_buf *out)
{
	if (l->authzid != NULL)
		ms_buf_add_str(out, l->authzid);
	ms_buf_add_byte(out, 0);
	ms_buf_add_str(out, l->login);
	ms_buf_add_byte(out, 0);
	ms_buf_add_str(out, l->secret);
}

static void
say_xoauth2(const struct ms_login *l, struct ms_buf *out)
{
	ms_buf_add_str(out, "user=");
	ms_buf_add_str(out, target(l));
	ms_buf_add_str(out, "\1auth=Bearer ");
	ms_buf_add_str(out, l->secret);
	ms_buf_add_str(out, "\1\1");
}

static void
say_bearer(const struct ms_login *l, struct ms_buf *out)
{
	const char *p;

	ms_buf_add_str(out, "n,a=");
	for (p = target(l); *p != '\0'; p++) {
		if (*p == ',' || *p == '=')
			ms_buf_add_str(out, *p == ',' ? "=2C" : "=3D");
		else
			ms_buf_add_byte(out, (unsigned char)*p);
	}
	ms_buf_printf(out, ",\1host=%s\1port=%u\1auth=Bearer ", l->host,
	    (unsigned)l->port);
	ms_buf_add_str(out, l->secret);
	ms_buf_add_str(out, "\1\1");
}

/*
 * The server has refused the token, and the challenge is its reason. The client
 * must still answer (RFC 7628, 3.2.3).
 */
static void
keep_reason(struct ms_auth *a, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < REASON_MAX; i++)
		a->reason[i] = (char)(p[i] < 0x20 || p[i] == 0x7f ? '?' : p[i]);
	a->reason[i] = '\0';
}

static int
step_own(struct ms_auth *a, const unsigned char *challenge, size_t n,
    struct ms_buf *out, struct ms_err *err)
{
	if (a->steps > 1 || (a->steps == 1 && a->mech == MS_MECH_PLAIN))
		return ms_fail(err, MS_PROTO,
		    "the server sent more challenges than %s has",
		    ms_mech_name(a->mech));
	a->done = true;
	if (a->steps == 1) {
		keep_reason(a, challenge, n);
		if (a->mech == MS_MECH_OAUTHBEARER)
			ms_buf_add_byte(out, 1);
		return 0;
	}
	(void)ms_buf_room(out, strlen(a->l.secret) + 3 * strlen(target(&a->l)) +
				   strlen(a->l.login) + strlen(a->l.host) + 64);
	if (a->mech == MS_MECH_PLAIN)
		say_plain(&a->l, out);
	else if (a->mech == MS_MECH_XOAUTH2)
		say_xoauth2(&a->l, out);
	else
		say_bearer(&a->l, out);
	return 0;
}

/* ---- mechanisms of Cyrus SASL ---- */

static int
give_name(void *ctx, int id, const char **result, unsigned *length)
{
	const struct ms_auth *a = ctx;

	*result = a->l.login;
	if (id == SASL_CB_USER)
		*result = a->l.authzid != NULL ? a->l.authzid : "";
	if (length != NULL)
		*length = (unsigned)strlen(*result);
	return SASL_OK;
}

static int
give_secret(sasl_conn_t *conn, void *ctx, int id, sasl_secret_t **secret)
{
	struct ms_auth *a = ctx;

	(void)conn;
	(void)id;
	*secret = a->secret;
	return SASL_OK;
}

/* Without this callback Cyrus SASL writes to syslog. */
static int
drop_log(void *ctx, int level, const char *message)
{
	(void)ctx;
	(void)level;
	(void)message;
	return SASL_OK;
}

/* Cyrus SASL declares all callbacks with one type. */
#define CALLBACK(f) ((int (*)(void))(void (*)(void))(f))

static void
set_callbacks(struct ms_auth *a)
{
	const sasl_callback_t all[] = {
	    {SASL_CB_USER, CALLBACK(give_name), a},
	    {SASL_CB_AUTHNAME, CALLBACK(give_name), a},
	    {SASL_CB_PASS, CALLBACK(give_secret), a},
	    {SASL_CB_LOG, CALLBACK(drop_log), NULL},
	    {SASL_CB_LIST_END, NULL, NULL},
	};

	memcpy(a->callbacks, all, sizeof(all));
}

static int
start_sasl(struct ms_auth *a, struct ms_err *err)
{
	static const sasl_callback_t quiet[] = {
	    {SASL_CB_LOG, CALLBACK(drop_log), NULL},
	    {SASL_CB_LIST_END, NULL, NULL}};
	size_t n = strlen(a->l.secret);

	a->secret = ms_xmalloc(sizeof(*a->secret) + n);
	a->secret->len = n;
	memcpy(a->secret->data, a->l.secret, n + 1);
	set_callbacks(a);
	if (sasl_client_init(quiet) != SASL_OK ||
	    sasl_client_new("imap", a->l.host, NULL, NULL, a->callbacks, 0,
		&a->sasl) != SASL_OK)
		return ms_fail(err, MS_BUG, "Cyrus SASL cannot be initialized");
	return 0;
}

static int
step_sasl(struct ms_auth *a, const unsigned char *challenge, size_t n,
    struct ms_buf *out, struct ms_err *err)
{
	const char *answer = NULL, *chosen = NULL;
	unsigned length = 0;
	int r;

	if (a->steps == 0)
		r = sasl_client_start(a->sasl, ms_mech_name(a->mech), NULL,
		    ms_auth_first(a) ? &answer : NULL, &length, &chosen);
	else
		r = SASL_CONTINUE;
	if (r == SASL_NOMECH)
		return ms_fail(err, MS_NOINPUT,
		    "%s is not installed (Debian: libsasl2-modules)",
		    ms_mech_name(a->mech));
	if ((r == SASL_CONTINUE || r == SASL_OK) && challenge != NULL)
		r = sasl_client_step(a->sasl, (const char *)challenge,
		    (unsigned)n, NULL, &answer, &length);
	if (r != SASL_CONTINUE && r != SASL_OK)
		return ms_fail(err, MS_PROTO,
		    "invalid challenge from the server for %s (%s)",
		    ms_mech_name(a->mech), sasl_errstring(r, NULL, NULL));
	a->done = r == SASL_OK;
	if (answer != NULL)
		ms_buf_add(out, answer, length);
	return 0;
}

/* ---- all mechanisms ---- */

int
ms_auth_new(struct ms_auth **out, const struct ms_login *l, enum ms_mech mech,
    struct ms_err *err)
{
	struct ms_auth *a = ms_xcalloc(1, sizeof(*a));

	a->mech = mech;
	a->l = *l;
	if (l->token &&
	    (strchr(l->secret, 1) != NULL || strchr(target(l), 1) != NULL)) {
		ms_auth_free(a);
		return ms_fail(
		    err, MS_USAGE, "login or token contains a control byte");
	}
	if ((mech == MS_MECH_CRAM_MD5 || mech == MS_MECH_SCRAM_SHA_1 ||
		mech == MS_MECH_SCRAM_SHA_256) &&
	    start_sasl(a, err) < 0) {
		ms_auth_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void
ms_auth_free(struct ms_auth *a)
{
	if (a == NULL)
		return;
	if (a->sasl != NULL)
		sasl_dispose(&a->sasl);
	if (a->secret != NULL)
		explicit_bzero(a->secret->data, a->secret->len);
	free(a->secret);
	free(a);
}

bool
ms_auth_first(const struct ms_auth *a)
{
	return a->mech != MS_MECH_CRAM_MD5;
}

int
ms_auth_step(struct ms_auth *a, const char *challenge, struct ms_buf *out,
    struct ms_err *err)
{
	size_t n = challenge != NULL ? strlen(challenge) : 0;
	struct ms_buf said = {0}, answer = {0};
	unsigned char *at;
	ssize_t got = 0;
	int rc = -1;

	if (n <= MS_AUTH_CHALLENGE_MAX && challenge != NULL) {
		got = ms_base64_decode((const unsigned char *)challenge, n,
		    ms_buf_room(&said, n + 1));
		if (got >= 0)
			said.p[got] = '\0';
	}
	if (n > MS_AUTH_CHALLENGE_MAX || got < 0 || a->steps >= STEPS_MAX) {
		ms_fail(err, MS_PROTO, "invalid challenge from the server");
		goto out;
	}
	at = challenge != NULL ? said.p : NULL;
	if (a->sasl != NULL)
		rc = step_sasl(a, at, (size_t)got, &answer, err);
	else
		rc = step_own(a, at, (size_t)got, &answer, err);
	a->steps++;
	if (rc == 0) {
		at = ms_buf_room(out, MS_BASE64_CHARS(answer.n) + 3);
		out->n += ms_base64_encode(answer.p, answer.n, at);
	}
out:
	ms_buf_release(&said);
	ms_secret_forget(&answer);
	return rc;
}

int
ms_auth_accepted(const struct ms_auth *a, struct ms_err *err)
{
	if (a->done)
		return 0;
	return ms_fail(err, MS_PROTO,
	    "the server has not proved that it knows the password");
}

const char *
ms_auth_reason(const struct ms_auth *a)
{
	return a->reason;
}
