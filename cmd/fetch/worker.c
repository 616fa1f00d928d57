/*
 * worker.c - a worker: the process that talks to a server. Its limits, requests
 * and connections.
 */
#include "worker.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"

/* The connections share the rate. */
static uint64_t
own_rate(const struct fetch_options *opt)
{
	uint64_t rate = opt->max_rate / opt->connections;

	return opt->max_rate > 0 && rate == 0 ? 1 : rate;
}

/* ---- messages ---- */

/* ms-fetch has ended: messages that were not sent are still with the server. */
static _Noreturn void
leave(void)
{
	_exit(EX_OK);
}

void
say(struct session *s, const struct ipc_message *m)
{
	if (ipc_send(&s->ipc, m, NULL) < 0)
		leave();
}

static void
flush(void *ctx)
{
	struct session *s = ctx;

	if (s->ipc.out.n > 0 && ipc_flush(&s->ipc, NULL) < 0)
		leave();
}

void
say_uid(struct session *s, enum ipc_type type, uint32_t uid)
{
	say(s, &(struct ipc_message){.type = type, .info.uid = uid});
}

void
say_failed(struct session *s, uint32_t uid, const char *reason)
{
	say(s, &(struct ipc_message){
		   .type = SAY_FAILED, .info.uid = uid, .text = reason});
}

void
say_not_deleted(struct session *s, uint32_t uid, const char *reason)
{
	say(s, &(struct ipc_message){
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

static void
say_done(struct session *s, const struct protocol *p, int rc,
    const struct ms_err *err)
{
	bool failed = rc < 0, lost = failed && !p->usable(s);

	say(s, &(struct ipc_message){.type = SAY_DONE,
		   .code = failed ? (uint32_t)err->code : MS_OK,
		   .text = failed ? err->msg : "",
		   .session_lost = lost,
		   .had_session = s->reached,
		   .seconds = failed ? p->backoff(s) : 0});
	flush(s);
	if (lost)
		p->close(s);
}

/* ---- connecting ---- */

int
worker_connect(struct session *s, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err)
{
	const struct fetch_options *opt = s->opt;
	const struct ms_conn_options where = {.host = opt->url.host,
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
	    .idle_ctx = s};
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

/* Each login has a token of its own: the last one may have expired. */
static int
ask_token(struct session *s, struct ms_err *err)
{
	struct ipc_message m;
	size_t n;

	say(s, &(struct ipc_message){.type = SAY_WANT_TOKEN});
	flush(s);
	do {
		if (ipc_receive(&s->ipc, &m, err) != 1)
			leave();
	} while (m.type == ASK_STOP);
	n = strlen(m.text);
	if (m.type != GIVE_TOKEN || n == 0 || n > MS_SECRET_MAX)
		return ms_fail(err, MS_NOINPUT, "no token to log in with");
	memcpy(s->secret->s, m.text, n + 1);
	s->secret->n = n;
	return 0;
}

int
worker_login(struct session *s, struct ms_login *l, struct ms_err *err)
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
worker_logged_in(struct session *s, unsigned capabilities)
{
	s->reached = true;
	if (!s->said_logged_in)
		say(s, &(struct ipc_message){.type = SAY_LOGGED_IN,
			   .capabilities = capabilities});
	s->said_logged_in = true;
}

void
worker_wait(struct session *s, unsigned seconds)
{
	struct pollfd pfd = {.fd = s->ipc.fd, .events = POLLIN};

	flush(s);
	if (!ipc_ready(&s->ipc))
		(void)poll(&pfd, 1, (int)seconds * 1000);
}

/* ---- requests ---- */

static bool
is_valid(const struct protocol *p, const struct ipc_message *m)
{
	if (m->type > ASK_IDLE || p->serve[m->type] == NULL)
		return false;
	return m->type < ASK_ATTRIBUTES || m->type == ASK_IDLE ||
	       (m->uids.n > 0 &&
		   (m->type != ASK_DELETE || m->identities.n == m->uids.n));
}

/* A token that comes while the request is carried out replaces the strings of
 * the message, so that the request needs copies. */
static int
serve(struct session *s, const struct protocol *p, struct ipc_message *m,
    struct ms_err *err)
{
	char *raw, *text;
	int rc;

	if (!is_valid(p, m))
		return ms_fail(err, MS_BUG, "invalid request to a worker");
	m->raw = raw = ms_xstrdup(m->raw);
	m->text = text = ms_xstrdup(m->text);
	rc = p->serve[m->type](s, m, err);
	free(raw);
	free(text);
	return rc;
}

/* ---- the process ---- */

static void
limit(int what, uint64_t soft)
{
	struct rlimit r;

	if (getrlimit(what, &r) < 0)
		return;
	if (r.rlim_max == RLIM_INFINITY || soft < r.rlim_max)
		r.rlim_cur = soft;
	(void)setrlimit(what, &r);
}

/* Limits the processor time of the next request, counted from now. */
static void
limit_cpu(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) == 0)
		limit(RLIMIT_CPU,
		    (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			WORKER_CPU);
}

void
worker_run(const struct fetch_options *opt, struct ms_secret *secret, int fd)
{
	const struct protocol *p =
	    opt->url.scheme == MS_IMAP || opt->url.scheme == MS_IMAPS
		? &fetch_imap
		: &fetch_pop3;
	struct session s = {.opt = opt, .secret = secret, .ipc.fd = fd};
	struct ipc_message m;
	struct ms_err err = {0};
	int rc;

	/* The process ends when ms-fetch does, not when the user types ^C. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifndef __SANITIZE_ADDRESS__ /* whose memory would count */
	limit(RLIMIT_DATA, WORKER_MEMORY);
#endif
	if (opt->max_time > 0)
		s.deadline_ms = ms_clock_ms() + (int64_t)opt->max_time * 1000;
	while (ipc_receive(&s.ipc, &m, &err) == 1) {
		if (m.type == ASK_STOP)
			continue; /* ASK_IDLE has ended already */
		limit_cpu();
		s.reached = p->usable(&s);
		rc = serve(&s, p, &m, &err);
		say_done(&s, p, rc, &err);
		memset(&err, 0, sizeof(err));
	}
	p->close(&s);
	ms_pop3_list_release(&s.first);
	ms_pop3_list_release(&s.now);
	ms_secret_wipe(s.secret);
	leave();
}
