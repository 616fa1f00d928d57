/*
 * open.c - begins and ends a session: greeting, STARTTLS, CAPABILITY, ID. RFC
 * 3501, 6.1.1, 6.2.1, 7.1; RFC 2595, 3; RFC 2971.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#define TAG_LETTERS 8

int
ms_imap_learn_capabilities(struct ms_imap *im, struct ms_err *err)
{
	/* A greeting and an OK to a login may include the capabilities. After a
	 * refusal, the server has those of RFC 3501: none. */
	if (!im->caps_known)
		(void)ms_imap_command(
		    im, "CAPABILITY", "CAPABILITY", NULL, NULL);
	return ms_imap_check(im, err);
}

int
ms_imap_identify(struct ms_imap *im, const char *name, const char *version,
    struct ms_err *err)
{
	struct ms_buf command = {0};

	if ((im->caps & MS_IMAP_ID) == 0)
		return 0;
	ms_buf_printf(
	    &command, "ID (\"name\" \"%s\" \"version\" \"%s\")", name, version);
	(void)ms_imap_command(im, ms_buf_str(&command), "ID", NULL, NULL);
	ms_buf_release(&command);
	return ms_imap_check(im, err);
}

/* ---- the beginning ---- */

/*
 * Switches from a plain connection to TLS. Bytes between the server's OK and
 * the handshake could come from an attacker and would be treated as if TLS
 * protected them, so they end the session (CVE-2011-0411). The capabilities
 * from before TLS are forgotten for the same reason.
 */
static int
start_tls(struct ms_imap *im, struct ms_err *err)
{
	char byte;

	if (ms_imap_learn_capabilities(im, err) < 0)
		return -1;
	if ((im->caps & MS_IMAP_STARTTLS) == 0)
		return ms_fail(
		    err, MS_PROTO, "the server does not offer STARTTLS");
	if (ms_imap_command(im, "STARTTLS", "STARTTLS", NULL, err) < 0) {
		if (err != NULL && err->code == MS_NOINPUT)
			err->code = MS_PROTO;
		return -1;
	}
	if (ms_imap_reader_ahead(&im->reader) ||
	    (ms_conn_wait(im->conn, 0, -1, NULL) == 1 &&
		ms_conn_read(im->conn, &byte, 1, NULL) == 1))
		return ms_fail(err, MS_PROTO,
		    "the server sends plain text after its answer to "
		    "STARTTLS");
	if (ms_conn_tls(im->conn, err) < 0)
		return -1;
	ms_imap_forget_capabilities(im);
	return 0;
}

/* Reads the greeting; data can be anywhere, also before it. */
static int
greet(struct ms_imap *im, enum ms_tls tls, struct ms_err *err)
{
	int event;

	do
		event = ms_imap_next(im);
	while (event > 0 && im->reader.kind == MS_IMAP_DATA);
	if (event < 0)
		;
	else if (im->reader.kind != MS_IMAP_STATUS)
		ms_imap_kill(im, MS_PROTO,
		    "the server's answer is invalid: no greeting");
	else if (im->reader.word == MS_IMAP_PREAUTH)
		/*
		 * A session that begins logged in has no known user; and before
		 * STARTTLS, which is not allowed any more, the server is not
		 * known either.
		 */
		ms_imap_kill(im, MS_PROTO,
		    "the server has logged us in without being asked "
		    "(PREAUTH)%s",
		    tls == MS_TLS_UPGRADE ? " and before TLS" : "");
	else if (im->reader.word != MS_IMAP_OK)
		ms_imap_kill(
		    im, MS_TEMP, "the server ends the session: %s", im->reply);
	return ms_imap_check(im, err);
}

/* No text of a message can be taken for the end of a command. */
static void
choose_tag(struct ms_imap *im)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t i;

	ms_random(im->tag, TAG_LETTERS);
	for (i = 0; i < TAG_LETTERS; i++)
		im->tag[i] = letters[im->tag[i] & 31];
}

int
ms_imap_open(struct ms_imap **out, struct ms_conn *conn, enum ms_tls tls,
    struct ms_err *err)
{
	struct ms_imap *im = ms_xcalloc(1, sizeof(*im));

	*out = im;
	im->conn = conn;
	im->body.fd = -1;
	im->most = MS_IMAP_BATCH;
	choose_tag(im);
	if (greet(im, tls, err) < 0 ||
	    (tls == MS_TLS_UPGRADE && start_tls(im, err) < 0)) {
		im->dead = true;
		return -1;
	}
	return 0;
}

bool
ms_imap_usable(const struct ms_imap *im)
{
	return !im->dead;
}

void
ms_imap_close(struct ms_imap *im)
{
	size_t i;

	if (im == NULL)
		return;
	if (!im->dead)
		(void)ms_imap_command(im, "LOGOUT", "LOGOUT", NULL, NULL);
	ms_conn_close(im->conn);
	ms_imap_reader_release(&im->reader);
	ms_spool_release(&im->body);
	for (i = 0; i < MS_IMAP_USES; i++)
		free(im->special[i]);
	free(im);
}
