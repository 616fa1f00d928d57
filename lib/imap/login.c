/*
 * login.c - logs in by LOGIN, with any bytes, or by AUTHENTICATE. RFC 3501,
 * 4.3, 6.2.2 and 6.2.3; RFC 4959; RFC 5530.
 */
#include "imap.h"
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

/* ---- LOGIN ---- */

/*
 * Sends an argument: quoted if it is printable ASCII, else as a literal, which
 * can have any byte (RFC 3501, 4.3). The bytes do not pass through libetpan's
 * buffers, which would keep a copy.
 */
static int
send_argument(struct ms_imap *im, const char *s)
{
	char quoted[2 * MS_SECRET_MAX + 2], count[32];
	size_t n = 0, length = strlen(s);
	const char *p;
	int rc, answer;

	for (p = s; *p >= ' ' && *p <= '~'; p++)
		;
	if (*p != '\0' || length > MS_SECRET_MAX) {
		snprintf(count, sizeof(count), "{%zu}\r\n", length);
		rc = ms_conn_write(im->conn, count, strlen(count), &im->err);
		if (rc == 0 && ms_imap_await(im, &answer) == 0)
			return answer != MAILIMAP_NO_ERROR
				   ? answer
				   : MAILIMAP_ERROR_PARSE;
		if (rc == 0)
			rc = ms_conn_write(im->conn, s, length, &im->err);
	} else {
		quoted[n++] = '"';
		for (p = s; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				quoted[n++] = '\\';
			quoted[n++] = *p;
		}
		quoted[n++] = '"';
		rc = ms_conn_write(im->conn, quoted, n, &im->err);
		explicit_bzero(quoted, sizeof(quoted));
	}
	if (rc < 0)
		im->dead = true;
	return rc < 0 ? MAILIMAP_ERROR_STREAM : MAILIMAP_NO_ERROR;
}

static int
send_login(struct ms_imap *im, const char *login, const char *password)
{
	int r = mailimap_send_current_tag(im->m);

	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, "LOGIN ", 6) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	if (r == MAILIMAP_NO_ERROR)
		r = send_argument(im, login);
	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, " ", 1) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	if (r == MAILIMAP_NO_ERROR)
		r = send_argument(im, password);
	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, "\r\n", 2) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	return r;
}

/* ---- SASL ---- */

/* Sends a secret without libetpan's buffers, which would keep a copy. */
static int
send_secret(struct ms_imap *im, struct ms_buf *line)
{
	int rc;

	ms_buf_add_str(line, "\r\n");
	rc = ms_conn_write(im->conn, line->p, line->n, &im->err);
	ms_secret_forget(line);
	if (rc < 0)
		im->dead = true;
	return rc;
}

/* Sends AUTHENTICATE, with the first response if that saves a round trip. */
static int
send_authenticate(struct ms_imap *im, struct ms_auth *a, enum ms_mech mech,
    bool *first_sent, struct ms_err *err)
{
	struct ms_buf line = {0};

	*first_sent = ms_auth_first(a) && (im->caps & MS_IMAP_SASL_IR) != 0;
	if (mailimap_send_current_tag(im->m) != MAILIMAP_NO_ERROR ||
	    mailstream_flush(im->m->imap_stream) < 0)
		return ms_imap_result(
		    im, MAILIMAP_ERROR_STREAM, "AUTHENTICATE", err);
	(void)ms_buf_room(&line, 4 * MS_SECRET_MAX + 64);
	ms_buf_printf(&line, "AUTHENTICATE %s", ms_mech_name(mech));
	if (*first_sent) {
		ms_buf_add_byte(&line, ' ');
		if (ms_auth_step(a, NULL, &line, err) < 0) {
			ms_secret_forget(&line);
			return -1;
		}
	}
	if (send_secret(im, &line) < 0)
		return ms_imap_result(
		    im, MAILIMAP_ERROR_STREAM, "AUTHENTICATE", err);
	return 0;
}

/* Returns the challenge that was just read, without its line end. */
static const char *
challenge_of(struct ms_imap *im)
{
	char *line = im->m->imap_stream_buffer->str;

	line += line[1] == ' ' ? 2 : 1;
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/*
 * Answers challenges. Returns a result of libetpan, or -1: the session is over.
 */
static int
converse(struct ms_imap *im, struct ms_auth *a, bool first_sent)
{
	bool due = ms_auth_first(a) && !first_sent;
	struct ms_buf line = {0};
	struct ms_err err = {0};
	int result = MAILIMAP_NO_ERROR;

	while (ms_imap_await(im, &result) == 1) {
		if (ms_auth_step(
			a, due ? NULL : challenge_of(im), &line, &err) < 0) {
			ms_secret_forget(&line);
			return ms_imap_kill(im, err.code, "%s", err.msg);
		}
		due = false;
		if (send_secret(im, &line) < 0)
			return -1;
	}
	if (result == MAILIMAP_NO_ERROR && ms_auth_accepted(a, &err) < 0)
		return ms_imap_kill(im, err.code, "%s", err.msg);
	return result;
}

/* ---- all ---- */

/* Reports a refused login by the result of libetpan. */
static int
refused(struct ms_imap *im, int result, const char *reason, struct ms_err *err)
{
	char text[MS_IMAP_REPLY_MAX + 1];

	if (ms_imap_result(im, result, "login", err) == 0 || im->dead)
		return -1;
	return ms_fail(err, im->backoff > 0 ? MS_TEMP : MS_AUTH,
	    *reason != '\0' ? "login refused: %s (%s)" : "login refused: %s",
	    ms_imap_reply(im, text), reason);
}

static int
sasl_login(struct ms_imap *im, const struct ms_login *l, enum ms_mech mech,
    struct ms_err *err)
{
	struct ms_auth *a;
	bool first_sent;
	int r = -1;

	if (ms_auth_new(&a, l, mech, err) < 0)
		return -1;
	if (send_authenticate(im, a, mech, &first_sent, err) == 0) {
		r = converse(im, a, first_sent);
		if (r < 0)
			r = MAILIMAP_ERROR_STREAM; /* im->err is set */
		if (r != MAILIMAP_NO_ERROR)
			r = refused(im, r, ms_auth_reason(a), err);
	}
	ms_auth_free(a);
	return r;
}

static int
plain_login(struct ms_imap *im, const struct ms_login *l, struct ms_err *err)
{
	int r = send_login(im, l->login, l->secret);

	if (r == MAILIMAP_NO_ERROR)
		r = ms_imap_answer(im);
	return r == MAILIMAP_NO_ERROR ? 0 : refused(im, r, "", err);
}

int
ms_imap_login(
    struct ms_imap *im, const struct ms_login *login, struct ms_err *err)
{
	enum ms_mech mech = MS_MECH_AUTO;
	unsigned offered;

	if (ms_imap_learn_capabilities(im, err) < 0)
		return -1;
	offered = im->mechs;
	if ((im->caps & MS_IMAP_NO_LOGIN) == 0)
		offered |= MS_MECH_BIT(MS_MECH_LOGIN);
	if (ms_auth_choose(login, offered, &mech, err) < 0)
		return -1;
	im->text = 0;
	ms_imap_forget_capabilities(im);
	if ((mech == MS_MECH_LOGIN ? plain_login(im, login, err)
				   : sasl_login(im, login, mech, err)) < 0)
		return -1;
	im->m->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return ms_imap_learn_capabilities(im, err);
}
