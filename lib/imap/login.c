/*
 * login.c - logs in by LOGIN, with any bytes, or by AUTHENTICATE. RFC 3501,
 * 4.3, 6.2.2 and 6.2.3; RFC 4959; RFC 5530.
 */
#include "imap.h"
#include "impl.h"

#include <string.h>

#include "secret.h"

/* Does a mechanism prove the password without sending it? */
#define CHALLENGES                                                             \
	(MS_MECH_BIT(MS_MECH_CRAM_MD5) | MS_MECH_BIT(MS_MECH_SCRAM_SHA_1) |    \
	    MS_MECH_BIT(MS_MECH_SCRAM_SHA_256))

/* Reports a login that the server has refused. */
static int
refused(struct ms_imap *im, const char *reason, struct ms_err *err)
{
	if (ms_imap_result(im, "login", err) == 0 || im->dead)
		return -1;
	return ms_fail(err, im->backoff > 0 ? MS_TEMP : MS_AUTH,
	    *reason != '\0' ? "login refused: %s (%s)" : "login refused: %s",
	    im->reply, reason);
}

/*
 * Answers challenges. A challenge that cannot be answered cancels the exchange,
 * and *failed receives the reason. Returns 0 after the tagged answer, or -1:
 * the session is over.
 */
static int
converse(struct ms_imap *im, struct ms_auth *a, bool first_sent,
    struct ms_err *failed)
{
	bool due = ms_auth_first(a) && !first_sent;
	struct ms_buf line = {0};
	int got;

	while ((got = ms_imap_await(im)) > 0) {
		if (failed->code != MS_OK)
			return ms_imap_kill(
			    im, failed->code, "%s", failed->msg);
		if (ms_auth_step(a,
			due ? NULL : ms_imap_reader_text(&im->reader), &line,
			failed) < 0) {
			ms_secret_forget(&line);
			ms_buf_add_byte(&line, '*');
		}
		due = false;
		ms_buf_add_str(&line, "\r\n");
		(void)ms_imap_send(im, line.p, line.n);
		ms_secret_forget(&line);
	}
	if (got == 0 && im->reader.word == MS_IMAP_OK &&
	    failed->code == MS_OK && ms_auth_accepted(a, &im->err) < 0)
		im->dead = true;
	return im->dead ? -1 : got;
}

/* Sends LOGIN, or AUTHENTICATE with the first response if that saves a round
 * trip. */
static int
log_in_by(struct ms_imap *im, const struct ms_login *l, enum ms_mech mech,
    struct ms_err *err)
{
	struct ms_err failed = {0};
	struct ms_auth *a = NULL;
	struct ms_buf line = {0};
	bool first = false;
	int rc = 0, got;

	if (mech != MS_MECH_LOGIN && ms_auth_new(&a, l, mech, err) < 0)
		return -1;
	(void)ms_buf_room(&line, 4 * MS_SECRET_MAX + 64);
	if (a == NULL) {
		ms_buf_add_str(&line, "LOGIN ");
		ms_imap_add_string(im, &line, l->login, true);
		ms_buf_add_byte(&line, ' ');
		ms_imap_add_string(im, &line, l->secret, true);
	} else {
		first = ms_auth_first(a) && (im->caps & MS_IMAP_SASL_IR) != 0;
		ms_buf_printf(&line, "AUTHENTICATE %s%s", ms_mech_name(mech),
		    first ? " " : "");
		if (first)
			rc = ms_auth_step(a, NULL, &line, err);
	}
	ms_imap_forget_capabilities(im);
	got = rc == 0 ? ms_imap_begin(im, ms_buf_str(&line)) : rc;
	ms_secret_forget(&line);
	if (got > 0)
		(void)(a != NULL ? converse(im, a, first, &failed)
				 : ms_imap_answer(im, NULL));
	if (rc == 0 && (im->dead || im->reader.word != MS_IMAP_OK))
		rc = refused(im, a != NULL ? ms_auth_reason(a) : "", err);
	if (rc < 0 && !im->dead && failed.code != MS_OK)
		ms_fail_as(err, &failed);
	ms_auth_free(a);
	return rc;
}

/*
 * May the next mechanism succeed? A server that stores no password in the clear
 * offers mechanisms that it cannot complete. A password that was sent is not
 * sent again, because some servers lock accounts after several attempts.
 */
static bool
try_next(const struct ms_imap *im, const struct ms_login *l, enum ms_mech mech)
{
	if (im->dead || l->mech != MS_MECH_AUTO || im->backoff > 0)
		return false;
	return im->reader.word == MS_IMAP_BAD ||
	       (CHALLENGES & MS_MECH_BIT(mech)) != 0;
}

static int
log_in(struct ms_imap *im, const struct ms_login *login, struct ms_err *err)
{
	enum ms_mech mech = MS_MECH_AUTO;
	struct ms_err why = {0}, none = {0};
	unsigned offered = im->mechs, mechs = offered, caps = im->caps;

	if ((caps & MS_IMAP_NO_LOGIN) == 0)
		offered |= MS_MECH_BIT(MS_MECH_LOGIN);
	for (;;) {
		if (ms_auth_choose(login, offered, &mech, &none) < 0)
			return ms_fail_as(
			    err, why.code != MS_OK ? &why : &none);
		im->caps = caps;
		if (log_in_by(im, login, mech, &why) == 0)
			return 0;
		if (!try_next(im, login, mech))
			break;
		offered &= ~MS_MECH_BIT(mech);
	}
	ms_auth_explain(login, mechs, &why);
	return ms_fail_as(err, &why);
}

int
ms_imap_login(
    struct ms_imap *im, const struct ms_login *login, struct ms_err *err)
{
	if (ms_imap_learn_capabilities(im, err) < 0 ||
	    log_in(im, login, err) < 0 ||
	    ms_imap_learn_capabilities(im, err) < 0)
		return -1;
	im->utf8 = (im->caps & MS_IMAP_UTF8_ONLY) != 0 ||
		   (im->caps & (MS_IMAP_REV1 | MS_IMAP_REV2)) == MS_IMAP_REV2;
	/* A server with UTF8=ONLY refuses commands on folders before ENABLE. */
	if ((im->caps & MS_IMAP_UTF8_ONLY) != 0)
		return ms_imap_command(
		    im, "ENABLE UTF8=ACCEPT", "ENABLE", NULL, err);
	return 0;
}
