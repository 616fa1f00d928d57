/* imap-login.c - LOGIN, with any bytes. RFC 3501, 6.2.3 and 4.3; RFC 5530. */
#include "imap.h"
#include "imap-impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#define CHATTER_MAX 100 /* untagged lines before a continuation */

/* Waits for the server's go-ahead for a literal. 0, or a result of libetpan's
 * if it answered the command instead. */
static int
await_continuation(struct ms_imap *im)
{
	struct mailimap_response *answer = NULL;
	const char *line;
	int i, r;

	for (i = 0; i < CHATTER_MAX; i++) {
		line = mailimap_read_line(im->m);
		if (line == NULL)
			return MAILIMAP_ERROR_STREAM;
		if (*line == '+')
			return MAILIMAP_NO_ERROR;
		if (*line == '*' && strncasecmp(line, "* BYE", 5) != 0)
			continue;
		r = mailimap_parse_response(im->m, &answer);
		if (r != MAILIMAP_NO_ERROR)
			return r;
		mailimap_response_free(answer);
		return MAILIMAP_ERROR_LOGIN;
	}
	return MAILIMAP_ERROR_PARSE;
}

/*
 * Sends one argument as it is: quoted if it is printable ASCII, else as a
 * literal, which alone takes any byte (RFC 3501, 4.3). It goes around
 * libetpan's buffers, which would keep a copy.
 */
static int
send_argument(struct ms_imap *im, const char *s)
{
	char quoted[2 * MS_SECRET_MAX + 2], count[32];
	size_t n = 0, length = strlen(s);
	const char *p;
	int rc;

	for (p = s; *p >= ' ' && *p <= '~'; p++)
		;
	if (*p != '\0' || length > MS_SECRET_MAX) {
		snprintf(count, sizeof(count), "{%zu}\r\n", length);
		rc = ms_conn_write(im->conn, count, strlen(count), &im->err);
		if (rc == 0 && (rc = await_continuation(im)) != 0)
			return rc;
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

/* Does the server's NO mean "not now" (RFC 5530, 3)? */
static bool
said_later(const struct ms_imap *im)
{
	static const char *const codes[] = {
	    "UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED"};
	const struct mailimap_response_info *info = im->m->imap_response_info;
	size_t i;

	if (info == NULL || info->rsp_atom == NULL)
		return false;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcasecmp(info->rsp_atom, codes[i]) == 0)
			return true;
	return false;
}

int
ms_imap_login(struct ms_imap *im, const char *login, const char *password,
    struct ms_err *err)
{
	char text[MS_IMAP_WORDS + 1];
	int r;

	if (!ms_secret_text_ok(login, strlen(login)) ||
	    !ms_secret_text_ok(password, strlen(password)))
		return ms_fail(
		    err, MS_USAGE, "login or password holds CR or LF");
	im->text = 0;
	r = send_login(im, login, password);
	if (r == MAILIMAP_NO_ERROR)
		r = ms_imap_answer(im);
	if (r == MAILIMAP_NO_ERROR) {
		im->m->imap_state = MAILIMAP_STATE_AUTHENTICATED;
		return 0;
	}
	if (ms_imap_result(im, r, "login", err) == 0 || im->dead)
		return -1;
	return ms_fail(err, said_later(im) ? MS_TEMP : MS_AUTH,
	    "login refused: %s", ms_imap_words(im, text));
}
