/*
 * worker.c - a worker: the process that talks to a server. Its limits and its
 * requests.
 */
#include "worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "clock.h"
#include "sandbox.h"
#include "spool.h"

/* ---- requests ---- */

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
		   .seconds = failed ? p->backoff(s) : 0,
		   .compared = s->compared});
	s->compared = 0;
	session_flush(s);
	if (lost)
		p->close(s);
}

static bool
is_valid(const struct protocol *p, const struct ipc_message *m)
{
	if (m->type > ASK_IDLE || p->serve[m->type] == NULL)
		return false;
	return m->type < ASK_ATTRIBUTES || m->type == ASK_IDLE ||
	       (m->uids.n > 0 &&
		   (m->type != ASK_DELETE || m->proofs.n == m->uids.n));
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

/*
 * Takes away from the process everything but its connection to ms-fetch, the
 * ones that the connector makes, and the certificates of authorities: the
 * server is a stranger.
 */
static int
confine(struct session *s, struct ms_err *err)
{
	const struct ms_conn_options server = session_server(s);
	const char *const read[] = {s->opt->ca_file, NULL};
	const struct ms_sandbox sb = {
	    .profile = MS_SANDBOX_SERVER, .read = read};

	if (connector_start(&s->connector, &server, s->secret, err) < 0)
		return -1;
	ms_spool_prepare();
	return ms_sandbox_enter(&sb, err);
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
	struct ms_err err = {0}, loose = {0};
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
		/* A worker that is not needed does without. */
		if (!s.confined)
			(void)confine(&s, &loose);
		s.confined = true;
		if (m.type == ASK_STOP)
			continue; /* ASK_IDLE has ended already */
		limit_cpu();
		s.reached = p->usable(&s);
		if (loose.code != MS_OK) { /* and does not go on */
			err = loose;
			rc = -1;
		} else {
			rc = serve(&s, p, &m, &err);
		}
		say_done(&s, p, rc, &err);
		memset(&err, 0, sizeof(err));
	}
	p->close(&s);
	ms_pop3_list_release(&s.first);
	ms_pop3_list_release(&s.now);
	ms_secret_wipe(s.secret);
	connector_stop(&s.connector);
	session_leave();
}
