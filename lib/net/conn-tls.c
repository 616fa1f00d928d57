/*
 * conn-tls.c - TLS: the identity of the server, and the errors of OpenSSL. RFC
 * 8446, RFC 9525; pins as in RFC 7469, 2.4.
 */
#include "conn.h"
#include "conn-impl.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base64.h"
#include "sha.h"

#define PIN "sha256//"
#define PIN_CHARS MS_BASE64_CHARS(MS_SHA_LEN)

/* ---- error messages ---- */

/* Fails with the last error of OpenSSL, and empties its error queue. */
static int
ssl_fail(int why, int sys, struct ms_err *err)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(e);
	bool cut = ERR_GET_LIB(e) == ERR_LIB_SSL &&
		   ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING;

	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		return ms_fail(
		    err, MS_TEMP, "the server closed the connection");
	if (cut || (why == SSL_ERROR_SYSCALL && sys == 0))
		return ms_fail(err, MS_TEMP, "the server cut the connection");
	if (why == SSL_ERROR_SYSCALL) {
		errno = sys;
		ms_fail_errno(err, "connection lost");
		if (err != NULL)
			err->code = MS_TEMP;
		return -1;
	}
	if (ERR_GET_REASON(e) == SSL_R_UNSUPPORTED_PROTOCOL ||
	    ERR_GET_REASON(e) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
		reason = "the server has no TLS 1.2 or newer";
	else if (ERR_GET_REASON(e) == SSL_R_WRONG_VERSION_NUMBER)
		reason = "the server does not speak TLS on this port";
	return ms_fail(err, MS_PROTO, "TLS: %s",
	    reason != NULL ? reason : "unknown error");
}

int
ms_conn_ssl_retry(
    struct ms_conn *c, int n, int64_t deadline_ms, struct ms_err *err)
{
	int sys = errno, why = SSL_get_error(c->ssl, n);

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return ssl_fail(why, sys, err);
	return ms_conn_await(
	    c, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms, err);
}

/* ---- pins ---- */

bool
ms_conn_pin_ok(const char *text)
{
	unsigned char digest[MS_SHA_LEN + 1];

	return strncmp(text, PIN, strlen(PIN)) == 0 &&
	       strlen(text) == strlen(PIN) + PIN_CHARS &&
	       ms_base64_decode((const unsigned char *)text + strlen(PIN),
		   PIN_CHARS, digest) == MS_SHA_LEN;
}

/* Makes the pin of n bytes of DER, which are freed. */
static bool
make_pin(unsigned char *der, int n, char out[sizeof(PIN) + PIN_CHARS])
{
	unsigned char digest[MS_SHA_LEN];

	if (n <= 0)
		return false;
	ms_sha256(der, (size_t)n, digest);
	OPENSSL_free(der);
	memcpy(out, PIN, strlen(PIN));
	ms_base64_encode(
	    digest, sizeof(digest), (unsigned char *)out + strlen(PIN));
	out[strlen(PIN) + PIN_CHARS] = '\0';
	return true;
}

/* The pins of a certificate and of its key. */
struct pins {
	char whole[sizeof(PIN) + PIN_CHARS], key[sizeof(PIN) + PIN_CHARS];
};

static bool
make_pins(X509 *cert, struct pins *p)
{
	unsigned char *der = NULL, *key = NULL;
	int n, key_n;

	if (cert == NULL)
		return false;
	n = i2d_X509(cert, &der);
	key_n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);
	return make_pin(der, n, p->whole) && make_pin(key, key_n, p->key);
}

static int
check_pins(
    X509 *cert, const char *const *pins, size_t count, struct ms_err *err)
{
	struct pins p;
	size_t i;

	if (!make_pins(cert, &p))
		return ms_fail(err, MS_PROTO, "certificate cannot be read");
	for (i = 0; i < count; i++)
		if (strcmp(pins[i], p.whole) == 0 ||
		    strcmp(pins[i], p.key) == 0)
			return 0;
	return ms_fail(err, MS_PROTO,
	    "certificate is not the pinned one (it is %s, its key %s)", p.whole,
	    p.key);
}

int
ms_conn_check_pins(const unsigned char *der, size_t n, const char *const *pins,
    size_t count, struct ms_err *err)
{
	X509 *cert = n <= LONG_MAX ? d2i_X509(NULL, &der, (long)n) : NULL;
	int rc = check_pins(cert, pins, count, err);

	X509_free(cert);
	return rc;
}

/* ---- certificates that are refused ---- */

/* The handshake with a refused certificate does not keep it, so its pins are
 * made when it is verified. */
static int
see_certificate(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!good)
		(void)make_pins(
		    X509_STORE_CTX_get0_cert(store), SSL_get_app_data(ssl));
	return good;
}

/* Why a certificate is refused, and its pins, for --pin. */
static int
bad_certificate(long why, const struct pins *p, struct ms_err *err)
{
	const char *text = X509_verify_cert_error_string(why);

	switch (why) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		ms_fail(err, MS_PROTO,
		    "certificate of an unknown authority (%s)", text);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		ms_fail(err, MS_PROTO, "certificate is for another host");
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		ms_fail(err, MS_PROTO, "certificate has expired");
		break;
	default:
		ms_fail(err, MS_PROTO, "certificate refused: %s", text);
	}
	if (err != NULL && p->whole[0] != '\0')
		snprintf(err->msg + strlen(err->msg),
		    sizeof(err->msg) - strlen(err->msg),
		    "; its pin is %s, that of its key %s", p->whole, p->key);
	return -1;
}

/* ---- the handshake ---- */

/* Sets the authorities that can sign the certificate. */
static int
set_up_authorities(struct ms_conn *c, struct ms_err *err)
{
	int good;

	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, see_certificate);
	if (c->ca_file == NULL) {
		good = SSL_CTX_set_default_verify_paths(c->ctx);
	} else {
		if (access(c->ca_file, R_OK) < 0)
			return ms_fail_errno(err, "%s", c->ca_file);
		good = SSL_CTX_load_verify_file(c->ctx, c->ca_file);
	}
	ERR_clear_error();
	if (!good)
		return ms_fail(err, MS_DATA, "%s: contains no certificates",
		    c->ca_file != NULL ? c->ca_file : "system authorities");
	return 0;
}

/* Whether a host is an address, which SNI does not allow. */
static bool
numeric(const char *host)
{
	unsigned char addr[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, addr) == 1 ||
	       inet_pton(AF_INET6, host, addr) == 1;
}

/* Sets the name that the certificate must have. */
static bool
set_up_name(struct ms_conn *c)
{
	SSL_set_hostflags(c->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (numeric(c->host))
		return X509_VERIFY_PARAM_set1_ip_asc(
		    SSL_get0_param(c->ssl), c->host);
	return SSL_set1_host(c->ssl, c->host);
}

static int
set_up(struct ms_conn *c, bool verified, struct ms_err *err)
{
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->ctx == NULL)
		return ms_fail(err, MS_BUG, "TLS: cannot create a context");
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(c->ctx, 1); /* fewer and larger reads */
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_NONE, NULL);
	if (verified && set_up_authorities(c, err) < 0)
		return -1;
	c->ssl = SSL_new(c->ctx);
	if (c->ssl == NULL || !SSL_set_fd(c->ssl, c->fd))
		return ms_fail(err, MS_BUG, "TLS: cannot create a session");
	if ((verified && !set_up_name(c)) ||
	    (!numeric(c->host) && !SSL_set_tlsext_host_name(c->ssl, c->host)))
		return ms_fail(err, MS_USAGE, "%s: invalid host name", c->host);
	return 0;
}

int
ms_conn_tls(struct ms_conn *c, struct ms_err *err)
{
	int64_t deadline = ms_conn_deadline(c);
	bool verified = c->pin_count == 0 && !c->accept_any;
	struct pins refused = {.whole = ""};
	long verdict;
	int n;

	assert(!c->tls);
	c->tls = true;
	if (c->fd < 0)
		return 0;
	if (set_up(c, verified, err) < 0)
		return -1;
	SSL_set_app_data(c->ssl, &refused);
	for (;;) {
		errno = 0;
		ERR_clear_error();
		n = SSL_connect(c->ssl);
		verdict = SSL_get_verify_result(c->ssl);
		if (verified && verdict != X509_V_OK)
			return bad_certificate(verdict, &refused, err);
		if (n == 1)
			break;
		if (ms_conn_ssl_retry(c, n, deadline, err) < 0)
			return ms_context(err, "TLS handshake");
	}
	return c->pin_count > 0 ? check_pins(SSL_get0_peer_certificate(c->ssl),
				      c->pins, c->pin_count, err)
				: 0;
}
