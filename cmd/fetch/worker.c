/* worker.c - a worker's life: limits, requests, connections. */
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

/* The rate is shared by the connections. */
static uint64_t
own_rate(const struct fetch_options *opt)
{
	uint64_t rate = opt->max_rate / opt->connections;

	return opt->max_rate > 0 && rate == 0 ? 1 : rate;
}

/* ---- frames ---- */

/* There is nobody to work for: messages on their way are with the server. */
static _Noreturn void
leave(void)
{
	_exit(EX_OK);
}

void
say_end(struct worker *w)
{
	if (link_end(&w->link, NULL) < 0)
		leave();
}

static void
flush(void *ctx)
{
	struct worker *w = ctx;

	if (w->link.out.n > 0 && link_flush(&w->link, NULL) < 0)
		leave();
}

void
say_failed(struct worker *w, uint32_t uid, const char *reason)
{
	link_begin(&w->link, SAY_FAILED);
	link_u32(&w->link, uid);
	link_str(&w->link, reason);
	say_end(w);
}

void
say_kept(struct worker *w, uint32_t uid, const char *reason)
{
	link_begin(&w->link, SAY_KEPT);
	link_u32(&w->link, uid);
	link_str(&w->link, reason);
	say_end(w);
}

void
say_uid(struct worker *w, enum word word, uint32_t uid)
{
	link_begin(&w->link, word);
	link_u32(&w->link, uid);
	say_end(w);
}

static int
send_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct worker *w = ctx;
	size_t part;

	(void)err;
	for (; n > 0; p += part, n -= part) {
		part = n < LINK_PIECE ? n : LINK_PIECE;
		link_begin(&w->link, SAY_DATA);
		link_bytes(&w->link, p, part);
		say_end(w);
	}
	return 0;
}

void
say_body(struct worker *w, const struct ms_spool *body)
{
	struct ms_err err = {0};

	if (ms_spool_emit(body, send_piece, w, &err) < 0) {
		link_begin(&w->link, SAY_VOID);
		link_str(&w->link, err.msg);
	} else {
		link_begin(&w->link, SAY_END);
	}
	say_end(w);
}

static void
say_done(struct worker *w, const struct protocol *p, int rc,
    const struct ms_err *err)
{
	bool lost = rc < 0 && !p->usable(w);

	link_begin(&w->link, SAY_DONE);
	link_u32(&w->link, rc < 0 ? (uint32_t)err->code : MS_OK);
	link_str(&w->link, rc < 0 ? err->msg : "");
	link_u32(&w->link, lost);
	link_u32(&w->link, w->reached);
	link_u32(&w->link, rc < 0 ? p->backoff(w) : 0);
	say_end(w);
	flush(w);
	if (lost)
		p->close(w);
}

/* ---- connecting ---- */

int
worker_connect(struct worker *w, struct ms_conn **out, enum ms_tls *tls,
    struct ms_err *err)
{
	const struct fetch_options *opt = w->opt;
	const struct ms_conn_options where = {.host = opt->url.host,
	    .port = opt->url.port,
	    .connect_to = opt->connect_to,
	    .timeout = opt->timeout,
	    .until_ms = w->until_ms,
	    .ca_file = opt->ca_file,
	    .pins = opt->pins.v,
	    .pin_count = opt->pins.n,
	    .accept_any = opt->accept_any,
	    .rate = own_rate(opt),
	    .idle = flush,
	    .idle_ctx = w};
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

/* A token may have expired since the last one: each login has its own. */
static int
ask_token(struct worker *w, struct ms_err *err)
{
	struct frame f;
	const char *token;
	size_t n;

	link_begin(&w->link, SAY_WANT_TOKEN);
	say_end(w);
	flush(w);
	do {
		if (link_next(&w->link, &f, err) != 1)
			leave();
	} while (f.word == ASK_STOP);
	token = frame_str(&f);
	n = strlen(token);
	if (f.word != GIVE_TOKEN || f.bad || n == 0 || n > MS_SECRET_MAX)
		return ms_fail(err, MS_NOINPUT, "no token to log in with");
	memcpy(w->secret->s, token, n + 1);
	w->secret->n = n;
	return 0;
}

int
worker_login(struct worker *w, struct ms_login *l, struct ms_err *err)
{
	const struct fetch_options *opt = w->opt;

	*l = (struct ms_login){.mech = opt->mech,
	    .login = opt->login_name,
	    .authzid = opt->authzid,
	    .secret = w->secret->s,
	    .token = opt->token_command != NULL,
	    .host = opt->url.host,
	    .port = opt->url.port,
	    .tls = !opt->plaintext || opt->url.scheme == MS_IMAPS ||
		   opt->url.scheme == MS_POP3S};
	return l->token ? ask_token(w, err) : 0;
}

void
worker_logged_in(struct worker *w, unsigned capabilities)
{
	w->reached = true;
	if (w->told)
		return;
	link_begin(&w->link, SAY_LOGGED_IN);
	link_u32(&w->link, capabilities);
	say_end(w);
	w->told = true;
}

void
worker_wait(struct worker *w, unsigned seconds)
{
	struct pollfd pfd = {.fd = w->link.fd, .events = POLLIN};

	flush(w);
	if (!link_ready(&w->link))
		(void)poll(&pfd, 1, (int)seconds * 1000);
}

/* ---- requests ---- */

static void
wanted_release(struct wanted *u)
{
	free(u->uids);
	free(u->size);
	free(u->head);
	free(u->id);
}

static bool
take_wanted(struct frame *f, struct wanted *u)
{
	const unsigned char *head, *id;
	uint32_t i;

	u->raw = frame_str(f);
	u->uidvalidity = frame_u32(f);
	u->count = frame_u32(f);
	if (f->bad || u->count == 0 || u->count > LINK_UIDS)
		return false;
	u->uids = ms_xcalloc(u->count, sizeof(*u->uids));
	if (f->word == ASK_DELETE) {
		u->size = ms_xcalloc(u->count, sizeof(*u->size));
		u->head = ms_xcalloc(u->count, sizeof(*u->head));
		u->id = ms_xcalloc(u->count, sizeof(*u->id));
	}
	for (i = 0; i < u->count; i++) {
		u->uids[i] = frame_u32(f);
		if (u->size == NULL)
			continue;
		u->size[i] = frame_u64(f);
		head = frame_bytes(f, MS_SHA_LEN);
		id = frame_bytes(f, MS_SHA_LEN);
		if (head == NULL || id == NULL)
			return false;
		memcpy(u->head[i], head, MS_SHA_LEN);
		memcpy(u->id[i], id, MS_SHA_LEN);
	}
	u->dry_run = f->word == ASK_DELETE && frame_u32(f) != 0;
	return !f->bad;
}

/* One that names messages. */
static int
serve_wanted(struct worker *w, const struct protocol *p, struct frame *f,
    struct ms_err *err)
{
	struct wanted u = {0};
	int rc;

	if (!take_wanted(f, &u))
		rc = ms_fail(err, MS_BUG, "a request that makes no sense");
	else if (f->word == ASK_ATTRIBUTES)
		rc = p->attributes(w, &u, err);
	else if (f->word == ASK_HEADS)
		rc = p->heads(w, &u, err);
	else if (f->word == ASK_FETCH)
		rc = p->fetch(w, &u, err);
	else
		rc = p->delete (w, &u, err);
	wanted_release(&u);
	return rc;
}

static int
serve(struct worker *w, const struct protocol *p, struct frame *f,
    struct ms_err *err)
{
	const char *raw, *criteria;

	switch (f->word) {
	case ASK_FOLDERS:
		return p->folders(w, err);
	case ASK_SURVEY:
		raw = frame_str(f);
		criteria = frame_str(f);
		return p->survey(w, raw, criteria, err);
	case ASK_IDLE:
		raw = frame_str(f);
		return p->idle(w, raw, frame_u32(f), err);
	default:
		return serve_wanted(w, p, f, err);
	}
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

/* So much processor time for the next request, counted from now. */
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
	struct worker w = {.opt = opt, .secret = secret, .link.fd = fd};
	struct frame f;
	struct ms_err err = {0};
	int rc;

	/* It ends when the link does, not when a person types ^C. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifndef __SANITIZE_ADDRESS__ /* whose own memory counts too */
	limit(RLIMIT_DATA, WORKER_MEMORY);
#endif
	if (opt->max_time > 0)
		w.until_ms = ms_clock_ms() + (int64_t)opt->max_time * 1000;
	while (link_next(&w.link, &f, &err) == 1) {
		if (f.word == ASK_STOP)
			continue; /* came too late */
		limit_cpu();
		w.reached = p->usable(&w);
		rc = serve(&w, p, &f, &err);
		say_done(&w, p, rc, &err);
		memset(&err, 0, sizeof(err));
	}
	p->close(&w);
	ms_pop3_list_release(&w.first);
	ms_pop3_list_release(&w.now);
	ms_secret_wipe(w.secret);
	leave();
}
