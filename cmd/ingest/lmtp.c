/* lmtp.c - receives messages by LMTP, assigns them to users, and answers each
 * when it is durable. The manual is ms-ingest(1), LMTP. */
#include "run-impl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"
#include "assigner.h"
#include "lmtp-server.h"

#define ORIGIN "lmtp:"
#define NOT_NOW "451 4.3.0 The message cannot be added now"
#define FORBIDDEN "550 5.7.1 Mail for these addresses is not permitted"
#define NO_ROOM "452 4.3.1 The archive has no room now"

/* A message that waits for its commit. Its last result is that of this number;
 * it is unknown while the message is being added. */
struct taken {
	uint64_t until;
	const char *refusal; /* the reply if it is not durable; or NULL */
};

struct lmtp_run {
	struct run *r;
	pthread_mutex_t lock; /* of all that follows */
	struct ms_buf taken;  /* struct taken */
	uint64_t results;     /* of the pipeline so far, without d->more */
	bool committed;       /* those in `taken` */
};

static struct taken *
taken(struct lmtp_run *l)
{
	return (struct taken *)(void *)l->taken.p;
}

static size_t
taken_count(const struct lmtp_run *l)
{
	return l->taken.n / sizeof(struct taken);
}

static void
note_result(struct lmtp_run *l, const struct ms_deposit *d)
{
	size_t i = 0;

	pthread_mutex_lock(&l->lock);
	while (i < taken_count(l) && taken(l)[i].until <= l->results)
		i++;
	if (i < taken_count(l) && d->outcome == MS_OUTCOME_FAILED)
		taken(l)[i].refusal = NOT_NOW;
	l->results += !d->more;
	pthread_mutex_unlock(&l->lock);
}

/* ---- the pipeline after a failure ---- */

/* Messages that were received but are not durable get a temporary refusal
 * (4xx). The next message gets a new pipeline. Returns the refusal. */
static const char *
start_again(struct lmtp_run *l, const struct ms_err *err)
{
	const char *refusal = err->code == MS_TEMP ? NO_ROOM : NOT_NOW;

	ms_warn_err(TOOL, err);
	ms_ingest_finish(l->r->ingest, NULL);
	for (size_t i = 0; i < taken_count(l); i++) {
		if (taken(l)[i].until > l->results)
			taken(l)[i].refusal = refusal;
		taken(l)[i].until = 0;
	}
	l->results = 0;
	run_open_pipeline(l->r);
	return refusal;
}

/* ---- one message ---- */

/* Begins to take a message: its results may come before it is added. */
static void
begin(struct lmtp_run *l)
{
	const struct taken t = {.until = UINT64_MAX};

	pthread_mutex_lock(&l->lock);
	if (l->committed)
		ms_buf_clear(&l->taken);
	l->committed = false;
	ms_buf_add(&l->taken, &t, sizeof(t));
	pthread_mutex_unlock(&l->lock);
}

/* Ends it: the message is taken if the pipeline has something of it. */
static bool
end(struct lmtp_run *l, uint64_t before)
{
	uint64_t added = ms_ingest_added(l->r->ingest);

	pthread_mutex_lock(&l->lock);
	if (added > before)
		taken(l)[taken_count(l) - 1].until = added;
	else
		l->taken.n -= sizeof(struct taken);
	pthread_mutex_unlock(&l->lock);
	return added > before;
}

/* Only a part of a journal report was added. */
static void
refuse_taken(struct lmtp_run *l, const char *refusal)
{
	pthread_mutex_lock(&l->lock);
	taken(l)[taken_count(l) - 1].refusal = refusal;
	pthread_mutex_unlock(&l->lock);
}

static void
set_session(struct run *r, const struct ms_lmtp *session)
{
	ms_parties_clear(&r->session);
	r->return_path = ms_lmtp_sender(session);
	for (size_t i = 0; i < ms_lmtp_recipients(session); i++)
		ms_parties_add(&r->session, MS_PARTY_RECIPIENT,
		    ms_slice_str(ms_lmtp_recipient(session, i)), "RCPT TO");
}

static const char *
deliver(
    void *ctx, const struct ms_lmtp *session, const struct ms_spool *message)
{
	struct lmtp_run *l = ctx;
	uint64_t before = ms_ingest_added(l->r->ingest), whole = 0;
	struct ms_source *src;
	struct ms_arrival m;
	struct ms_err err = {0};
	const char *refusal = NULL;
	char where[64];
	bool is_taken;
	int rc;

	snprintf(where, sizeof(where), "message %llu",
	    (unsigned long long)++l->r->received);
	set_session(l->r, session);
	l->r->forbidden = false;
	src = ms_source_of_spool(message, ORIGIN, where);
	ms_source_next(src, &m, NULL);
	begin(l);
	ms_ingest_trim(l->r->ingest);
	rc = run_add_message(l->r, src, &m, &whole, &err);
	ms_source_close(src);
	is_taken = end(l, before);
	if (rc < 0)
		refusal = start_again(l, &err);
	else if (l->r->forbidden)
		refusal = FORBIDDEN;
	if (is_taken && refusal != NULL)
		refuse_taken(l, refusal);
	if (is_taken || refusal != NULL)
		return is_taken ? NULL : refusal;
	/* Without the whole message, nothing was decided. */
	return whole > 0 && assigner_leaves(l->r->assigner)
		   ? "550 5.1.1 No user has these addresses"
		   : NOT_NOW;
}

static void
commit(void *ctx)
{
	struct lmtp_run *l = ctx;
	struct ms_err err = {0};

	if (ms_ingest_commit(l->r->ingest, &err) < 0)
		start_again(l, &err);
	l->committed = true;
}

static const char *
reply(void *ctx, size_t i)
{
	struct lmtp_run *l = ctx;
	const char *refusal = taken(l)[i].refusal;

	return refusal != NULL ? refusal : "250 2.0.0 In the archive";
}

/* ---- one recipient ---- */

/* With --unknown leave, an address that no user has is refused at once, and so
 * is one to which the user of --as may not give mail; but not an own address.
 */
static const char *
recipient(void *ctx, const char *address)
{
	struct lmtp_run *l = ctx;
	struct assigner *as = l->r->assigner;
	const char *unknown = l->r->opt->assign.unknown;
	struct ms_parties *p;
	struct ms_err err = {0};

	if (ms_actor_limited() == NULL &&
	    (unknown == NULL || strcmp(unknown, "leave") != 0))
		return NULL;
	p = assigner_parties(as);
	ms_parties_add(p, MS_PARTY_RECIPIENT, ms_slice_str(address), "RCPT TO");
	if (!ms_recipients_has(p, MS_PARTY_RECIPIENT, assigner_rules(as)->own))
		return NULL;
	if (assigner_decide(as, (struct ms_slice){0}, &err) < 0) {
		ms_warn_err(TOOL, &err);
		return NOT_NOW;
	}
	if (assigner_may(l->r, NULL) < 0)
		return FORBIDDEN;
	return assigner_leaves(as) ? "550 5.1.1 No user has this address"
				   : NULL;
}

/* ---- the run ---- */

int
lmtp_run(struct run *r, struct ms_err *err)
{
	struct lmtp_run *l = ms_xcalloc(1, sizeof(*l));
	const struct lmtp_receiver receiver = {.recipient = recipient,
	    .deliver = deliver,
	    .commit = commit,
	    .reply = reply,
	    .ctx = l};
	struct lmtp_server_options opt = {.size_max = r->opt->size_max,
	    .connections = (unsigned)r->opt->connections,
	    .timeout = (unsigned)r->opt->timeout};
	struct lmtp_server *server;
	char host[HOST_NAME_MAX + 1];
	int rc;

	l->r = r;
	pthread_mutex_init(&l->lock, NULL);
	if (gethostname(host, sizeof(host)) < 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "localhost");
	opt.host = host;
	/* The server keeps signals from the threads that are started later. */
	rc = lmtp_server_new(&server, &opt, &receiver, err);
	if (rc == 0) {
		r->lmtp = l;
		r->note_result = note_result;
		run_open_pipeline(r);
		rc = lmtp_server_run(server, err);
	}
	lmtp_server_free(server);
	r->note_result = NULL;
	pthread_mutex_destroy(&l->lock);
	ms_buf_release(&l->taken);
	free(l);
	ms_parties_release(&r->session);
	return rc;
}
