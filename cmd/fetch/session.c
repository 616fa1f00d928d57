/*
 * session.c - a worker's session with a server: connecting, logging in, and the
 * messages to ms-fetch.
 */
#include "session.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "expunge.h"
#include "numbers.h"

/* ---- messages ---- */

_Noreturn void
session_leave(void)
{
	_exit(EX_OK);
}

void
say(struct session *s, const struct ipc_message *m)
{
	if (ipc_send(&s->ipc, m, NULL) < 0)
		session_leave();
}

void
session_flush(struct session *s)
{
	if (s->ipc.out.n > 0 && ipc_flush(&s->ipc, NULL) < 0)
		session_leave();
}

void
say_gone(void *session, uint32_t uid)
{
	say(session, &(struct ipc_message){.type = SAY_GONE, .info.uid = uid});
}

void
say_deleted(void *session, uint32_t uid)
{
	say(session,
	    &(struct ipc_message){.type = SAY_DELETED, .info.uid = uid});
}

void
say_failed(void *session, uint32_t uid, const char *reason)
{
	say(session, &(struct ipc_message){
			 .type = SAY_FAILED, .info.uid = uid, .text = reason});
}

void
say_not_deleted(void *session, uint32_t uid, const char *reason)
{
	say(session,
	    &(struct ipc_message){
		.type = SAY_NOT_DELETED, .info.uid = uid, .text = reason});
}

static int
send_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	size_t part;

	(void)err;
	for (; n > 0; p += part, n -= part) {
		part = n < IPC_DATA_MAX ? n : IPC_DATA_MAX;
		say(ctx,
		    &(struct ipc_message){.type = SAY_DATA, .data = {p, part}});
	}
	return 0;
}

void
say_body(struct session *s, const struct ms_spool *body)
{
	struct ms_err err = {0};

	if (ms_spool_emit(body, send_piece, s, &err) < 0)
		say(s,
		    &(struct ipc_message){.type = SAY_CANCEL, .text = err.msg});
	else
		say(s, &(struct ipc_message){.type = SAY_END});
}

/* ---- bodies that are measured or compared ---- */

struct measure {
	struct ms_message_hasher *hasher;
	uint64_t lines;
};

static int
measure_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct measure *m = ctx;
	const unsigned char *end = p + n, *lf = p;

	(void)err;
	ms_message_hasher_add(m->hasher, p, n);
	for (; (lf = memchr(lf, '\n', (size_t)(end - lf))) != NULL; lf++)
		m->lines++;
	return 0;
}

static int
measure(const struct ms_spool *body, struct ms_msg_info *info,
    struct ms_identity *identity, struct ms_err *err)
{
	struct measure m = {.hasher = ms_message_hasher_new()};
	int rc = ms_spool_emit(body, measure_piece, &m, err);

	ms_message_hasher_end(m.hasher, identity);
	ms_message_hasher_free(m.hasher);
	info->has |= MS_HAS_ID;
	info->bytes = ms_spool_size(body);
	info->lines = m.lines;
	info->id = identity->id;
	return rc;
}

int
session_measure(struct session *s, const struct ms_spool *body,
    struct ms_msg_info *info, struct ms_identity *identity, struct ms_err *err)
{
	s->compared += ms_spool_size(body);
	return measure(body, info, identity, err);
}

void
say_message(struct session *s, const struct ms_spool *body,
    const struct ms_msg_info *info)
{
	struct ms_msg_info all = *info;
	struct ms_identity identity;
	struct ms_err err = {0};

	all.bytes = ms_spool_size(body);
	if ((all.bytes == 0 || all.bytes < all.size || *all.email_id != '\0') &&
	    measure(body, &all, &identity, &err) < 0) {
		say_failed(s, info->uid, err.msg);
		return;
	}
	say(s, &(struct ipc_message){.type = SAY_MESSAGE, .info = all});
	say_body(s, body);
}

void
say_id(struct session *s, const struct ms_spool *body,
    const struct ms_msg_info *info)
{
	struct ms_msg_info all = *info;
	struct ms_identity identity;
	struct ms_err err = {0};

	if (session_measure(s, body, &all, &identity, &err) < 0)
		say_failed(s, info->uid, err.msg);
	else
		say(s, &(struct ipc_message){.type = SAY_HEADER, .info = all});
}

bool
session_proves(struct session *s, const struct ipc_message *request,
    const struct ms_spool *body, const struct ms_msg_info *info)
{
	const uint32_t *at =
	    ms_find_u32(request->uids.v, request->uids.n, info->uid);
	struct ms_msg_info all = *info;
	struct ms_identity identity;
	struct ms_err err = {0};
	const char *doubt;

	if (at == NULL)
		return false;
	if (session_measure(s, body, &all, &identity, &err) < 0)
		doubt = err.msg;
	else
		doubt = ms_expunge_doubt(&all,
		    &request->proofs.v[at - request->uids.v],
		    s->opt->force_short);
	if (doubt != NULL)
		say_not_deleted(s, info->uid, doubt);
	return doubt == NULL;
}

/* ---- connecting ---- */

/* The connections share the rate. */
static uint64_t
own_rate(const struct fetch_options *opt)
{
	uint64_t rate = opt->max_rate / opt->connections;

	return opt->max_rate > 0 && rate == 0 ? 1 : rate;
}

static void
flush(void *ctx)
{
	session_flush(ctx);
}

struct ms_conn_options
session_server(struct session *s)
{
	const struct fetch_options *opt = s->opt;

	return (struct ms_conn_options){.host = opt->url.host,
	    .port = opt->url.port,
	    .connect_to = opt->connect_to,
	    .timeout = opt->timeout,
	    .until_ms = s->deadline_ms,
	    .ca_file = opt->ca_file,
	    .pins = opt->pins.v,
	    .pin_count = opt->pins.n,
	    .accept_any = opt->accept_any,
	    .rate = own_rate(opt),
	    .idle = flush,
	    .idle_ctx = s,
	    .dial = connector_dial,
	    .dial_ctx = &s->connector};
}

int
session_connect(struct session *s, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err)
{
	const struct fetch_options *opt = s->opt;
	const struct ms_conn_options where = session_server(s);
	bool at_once =
	    opt->url.scheme == MS_IMAPS || opt->url.scheme == MS_POP3S;

	if (ms_conn_open(out, &where, err) < 0)
		return -1;
	*tls = at_once          ? MS_TLS_DONE
	       : opt->plaintext ? MS_TLS_NEVER
				: MS_TLS_UPGRADE;
	if (at_once && ms_conn_tls(*out, err) < 0) {
		ms_conn_close(*out);
		return -1;
	}
	return 0;
}

void
session_explain_plain(const struct session *s, struct ms_err *err)
{
	enum ms_scheme scheme = s->opt->url.scheme;
	size_t n = strlen(err->msg);

	if (scheme == MS_IMAPS || scheme == MS_POP3S ||
	    (strstr(err->msg, "no answer within") == NULL &&
		strstr(err->msg, "invalid") == NULL &&
		strstr(err->msg, "cut the connection") == NULL))
		return;
	snprintf(err->msg + n, sizeof(err->msg) - n,
	    "; if this port begins with TLS, use %s://",
	    scheme == MS_IMAP ? "imaps" : "pop3s");
}

/* Each login has a token of its own: the last one may have expired. */
static int
ask_token(struct session *s, struct ms_err *err)
{
	struct ipc_message m;
	size_t n;

	say(s, &(struct ipc_message){.type = SAY_WANT_TOKEN});
	session_flush(s);
	do {
		if (ipc_receive(&s->ipc, &m, err) != 1)
			session_leave();
	} while (m.type == ASK_STOP);
	n = strlen(m.text);
	if (m.type != GIVE_TOKEN || n == 0 || n > MS_SECRET_MAX)
		return ms_fail(err, MS_NOINPUT, "no token to log in with");
	memcpy(s->secret->s, m.text, n + 1);
	s->secret->n = n;
	return 0;
}

int
session_login(struct session *s, struct ms_login *l, struct ms_err *err)
{
	const struct fetch_options *opt = s->opt;

	*l = (struct ms_login){.mech = opt->mech,
	    .login = opt->login_name,
	    .authzid = opt->authzid,
	    .secret = s->secret->s,
	    .token = opt->token_command != NULL,
	    .host = opt->url.host,
	    .port = opt->url.port,
	    .tls = !opt->plaintext || opt->url.scheme == MS_IMAPS ||
		   opt->url.scheme == MS_POP3S};
	return l->token ? ask_token(s, err) : 0;
}

void
session_logged_in(struct session *s, unsigned capabilities)
{
	s->reached = true;
	if (!s->said_logged_in)
		say(s, &(struct ipc_message){.type = SAY_LOGGED_IN,
			   .capabilities = capabilities});
	s->said_logged_in = true;
}

void
session_wait(struct session *s, unsigned seconds)
{
	struct pollfd pfd = {.fd = s->ipc.fd, .events = POLLIN};

	session_flush(s);
	if (!ipc_ready(&s->ipc))
		(void)poll(&pfd, 1, (int)seconds * 1000);
}
