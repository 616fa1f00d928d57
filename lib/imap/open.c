/*
 * open.c - begins and ends a session: greeting, STARTTLS, capabilities. RFC
 * 3501, 6.2.1, 7.1, 7.2.1; RFC 2595, 3.
 */
#include "imap.h"
#include "impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- capabilities ---- */

static const struct {
	const char *name;
	unsigned bit;
} capabilities[] = {
    {"IDLE", MS_CAP_IDLE},
    {"UIDPLUS", MS_CAP_UIDPLUS},
    {"MOVE", MS_CAP_MOVE},
    {"NAMESPACE", MS_CAP_NAMESPACE},
    {"SPECIAL-USE", MS_CAP_SPECIAL_USE},
    {"LIST-EXTENDED", MS_CAP_LIST_EXTENDED},
    {"LIST-STATUS", MS_CAP_LIST_STATUS},
    {"CONDSTORE", MS_CAP_CONDSTORE},
    {"QRESYNC", MS_CAP_QRESYNC},
    {"ESEARCH", MS_CAP_ESEARCH},
    {"LITERAL+", MS_CAP_LITERAL_PLUS},
    {"X-GM-EXT-1", MS_CAP_GMAIL},
    {"STARTTLS", MS_IMAP_STARTTLS},
    {"LOGINDISABLED", MS_IMAP_NO_LOGIN},
    {"SASL-IR", MS_IMAP_SASL_IR},
};

static void
parse_capability(struct ms_imap *im, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		if (strcasecmp(name, capabilities[i].name) == 0)
			im->caps |= capabilities[i].bit;
}

void
ms_imap_forget_capabilities(struct ms_imap *im)
{
	struct mailimap_connection_info *info = im->m->imap_connection_info;

	im->caps = im->mechs = 0;
	if (info != NULL && info->imap_capability != NULL) {
		mailimap_capability_data_free(info->imap_capability);
		info->imap_capability = NULL;
	}
}

int
ms_imap_learn_capabilities(struct ms_imap *im, struct ms_err *err)
{
	const struct mailimap_connection_info *info =
	    im->m->imap_connection_info;
	const struct mailimap_capability *c;
	clistiter *cur;

	/* A greeting and an OK to a login may include the capabilities. */
	if ((info == NULL || info->imap_capability == NULL) &&
	    ms_imap_command(im, "CAPABILITY", "CAPABILITY", err) < 0)
		return -1;
	im->caps = im->mechs = 0;
	info = im->m->imap_connection_info;
	if (info == NULL || info->imap_capability == NULL ||
	    info->imap_capability->cap_list == NULL)
		return 0;
	for (cur = clist_begin(info->imap_capability->cap_list); cur != NULL;
	     cur = clist_next(cur)) {
		c = clist_content(cur);
		if (c->cap_data.cap_name == NULL)
			continue;
		if (c->cap_type == MAILIMAP_CAPABILITY_NAME)
			parse_capability(im, c->cap_data.cap_name);
		else
			im->mechs |=
			    MS_MECH_BIT(ms_mech_of(c->cap_data.cap_auth_type,
				strlen(c->cap_data.cap_auth_type)));
	}
	return 0;
}

unsigned
ms_imap_capabilities(const struct ms_imap *im)
{
	return im->caps;
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
	if (ms_imap_command(im, "STARTTLS", "STARTTLS", err) < 0) {
		if (err != NULL && err->code == MS_NOINPUT)
			err->code = MS_PROTO;
		return -1;
	}
	if (im->m->imap_stream->read_buffer_len > 0 ||
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

static int
greet(struct ms_imap *im, enum ms_tls tls, struct ms_err *err)
{
	mailstream *stream = ms_imap_stream(im);
	int r;

	if (im->m == NULL || stream == NULL)
		return ms_fail(err, MS_BUG, "libetpan cannot be started");
	r = mailimap_connect(im->m, stream);
	if (r == MAILIMAP_NO_ERROR_AUTHENTICATED) {
		/*
		 * A session that begins logged in has no known user; and before
		 * STARTTLS, which is not allowed any more, the server is not
		 * known either.
		 */
		ms_imap_kill(im, MS_PROTO,
		    "the server has logged us in without being asked "
		    "(PREAUTH)%s",
		    tls == MS_TLS_UPGRADE ? " and before TLS" : "");
		r = MAILIMAP_ERROR_PROTOCOL;
	}
	if (r != MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		return ms_imap_result(im, r, "a connection", err);
	return 0;
}

int
ms_imap_open(struct ms_imap **out, struct ms_conn *conn, enum ms_tls tls,
    struct ms_err *err)
{
	struct ms_imap *im = ms_xcalloc(1, sizeof(*im));

	im->conn = conn;
	im->body.fd = -1;
	im->m = mailimap_new(0, NULL);
	if (greet(im, tls, err) < 0 ||
	    (tls == MS_TLS_UPGRADE && start_tls(im, err) < 0)) {
		im->dead = true;
		ms_imap_close(im);
		return -1;
	}
	*out = im;
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
	if (im->m != NULL && im->m->imap_stream != NULL) {
		im->text = 0;
		if (!im->dead)
			mailimap_logout(im->m);
		/* After a logout, libetpan has closed the stream. */
		if (im->m->imap_stream != NULL)
			mailstream_close(im->m->imap_stream);
		im->m->imap_stream = NULL; /* mailimap_free would log out */
	}
	if (im->m != NULL)
		mailimap_free(im->m);
	ms_conn_close(im->conn);
	ms_spool_release(&im->body);
	for (i = 0; i < MS_IMAP_USES; i++)
		free(im->special[i]);
	free(im);
}
