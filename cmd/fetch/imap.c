/* imap.c - carries out the requests to a worker with an IMAP server. */
#include "worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "opt.h"

static bool
usable(const struct session *s)
{
	return s->im != NULL && !s->login_failed && ms_imap_usable(s->im);
}

static void
close_session(struct session *s)
{
	ms_imap_close(s->im);
	s->im = NULL;
	free(s->raw);
	s->raw = NULL;
	s->login_failed = false;
}

static unsigned
backoff(const struct session *s)
{
	return s->im != NULL ? ms_imap_backoff(s->im) : 0;
}

/* Connects and logs in, if there is no session. A session whose login failed is
 * kept, so that it can say how long to wait. */
static int
need_session(struct session *s, struct ms_err *err)
{
	struct ms_conn *conn;
	struct ms_login login;
	enum ms_tls tls;

	if (usable(s))
		return 0;
	close_session(s);
	if (session_connect(s, &conn, &tls, err) < 0)
		return -1;
	if (ms_imap_open(&s->im, conn, tls, err) < 0) {
		session_explain_plain(s, err);
		return -1;
	}
	if (session_login(s, &login, err) < 0 ||
	    ms_imap_login(s->im, &login, err) < 0) {
		s->login_failed = true;
		return -1;
	}
	session_logged_in(s, ms_imap_capabilities(s->im));
	return s->opt->no_id ? 0
			     : ms_imap_identify(s->im, TOOL, MS_VERSION, err);
}

/* The UIDs of a request mean other messages now. */
static int
fail_renumbered(struct session *s, struct ms_err *err)
{
	free(s->raw);
	s->raw = NULL;
	return ms_fail(err, MS_EXISTS, "the folder has a new UIDVALIDITY");
}

static bool
is_open(const struct session *s, const char *raw)
{
	return s->raw != NULL && strcmp(s->raw, raw) == 0;
}

/* Opens a folder; also if it is open, so that the server says what is new. */
static int
open_folder(struct session *s, const char *raw, bool write,
    struct ms_imap_mailbox *mailbox, struct ms_err *err)
{
	enum ms_imap_access access = write               ? MS_IMAP_WRITE
				     : s->opt->read_only ? MS_IMAP_EXAMINE
							 : MS_IMAP_READ;

	free(s->raw);
	s->raw = NULL;
	if (ms_imap_select(s->im, raw, access, mailbox, err) < 0)
		return -1;
	if (mailbox->selected && !s->said_selected) {
		say(s, &(struct ipc_message){.type = SAY_REMARK,
			   .text = "the server refuses EXAMINE; folders are "
				   "opened with SELECT (see --read-only)"});
		s->said_selected = true;
	}
	s->raw = ms_xstrdup(raw);
	s->writable = mailbox->writable;
	s->uidvalidity = mailbox->uidvalidity;
	return 0;
}

/* Opens the folder, if it is not open. MS_EXISTS: its UIDVALIDITY is another
 * one. */
static int
need_folder(struct session *s, const struct ipc_message *request, bool write,
    struct ms_err *err)
{
	struct ms_imap_mailbox mailbox;

	if (need_session(s, err) < 0)
		return -1;
	if ((!is_open(s, request->raw) || (write && !s->writable)) &&
	    open_folder(s, request->raw, write, &mailbox, err) < 0)
		return -1;
	if (write && !s->writable)
		return ms_fail(
		    err, MS_NOINPUT, "the server opens the folder read-only");
	if (s->uidvalidity != request->uidvalidity || ms_imap_renumbered(s->im))
		return fail_renumbered(s, err);
	return 0;
}

/* The result of a request that was answered: if the UIDVALIDITY has changed
 * meanwhile, the answers do not concern the messages that were asked for. */
static int
still_valid(struct session *s, int rc, struct ms_err *err)
{
	if (s->im == NULL || !ms_imap_usable(s->im) ||
	    !ms_imap_renumbered(s->im))
		return rc;
	return fail_renumbered(s, err);
}

static int
folders(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct ms_imap_folder *f = NULL;
	size_t n = 0, i;

	(void)request;
	if (need_session(s, err) < 0)
		return -1;
	if (ms_imap_folders(s->im, &f, &n, err) < 0) {
		/* No run can work without the list of folders. */
		if (err->code == MS_NOINPUT)
			err->code = MS_PROTO;
		return -1;
	}
	for (i = 0; i < n; i++)
		say(s, &(struct ipc_message){.type = SAY_FOLDER,
			   .raw = f[i].raw,
			   .name = f[i].name,
			   .uses = f[i].uses,
			   .space = (uint32_t)f[i].space,
			   .prefix = (uint32_t)f[i].prefix,
			   .selectable = f[i].selectable,
			   .duplicate = f[i].duplicate,
			   .unlisted = f[i].unlisted});
	ms_imap_folders_free(f, n);
	return 0;
}

static int
count(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct ms_imap_mailbox mailbox;

	if (need_session(s, err) < 0 ||
	    open_folder(s, request->raw, false, &mailbox, err) < 0)
		return -1;
	say(s, &(struct ipc_message){.type = SAY_COUNT,
		   .messages = mailbox.exists,
		   .uidvalidity = mailbox.uidvalidity});
	return 0;
}

/* ---- a folder's messages ---- */

static void
say_uids(struct session *s, enum ipc_type type, const uint32_t *uids, size_t n)
{
	size_t part;

	for (; n > 0; uids += part, n -= part) {
		part = n < IPC_UIDS_MAX ? n : IPC_UIDS_MAX;
		say(s,
		    &(struct ipc_message){.type = type, .uids = {uids, part}});
	}
}

/* Says which messages meet the criteria and which do not; about the others the
 * server's answers do not agree. */
static int
narrow(struct session *s, const char *criteria, const uint32_t *uids,
    size_t count, struct ms_err *err)
{
	static const struct {
		enum ms_imap_match met;
		enum ipc_type type;
	} said[] = {{MS_MATCH_YES, SAY_MET}, {MS_MATCH_NO, SAY_UNMET}};
	unsigned char *met = ms_xcalloc(count, 1);
	uint32_t *some = ms_xcalloc(count, sizeof(*some));
	size_t i, k, n;
	int rc;

	rc = ms_imap_search(s->im, criteria, uids, count, met, err);
	for (k = 0; rc == 0 && k < 2; k++) {
		for (i = n = 0; i < count; i++)
			if (met[i] == said[k].met)
				some[n++] = uids[i];
		say_uids(s, said[k].type, some, n);
	}
	free(some);
	free(met);
	return rc;
}

/* A number of messages that the server has taken back, although it reported no
 * message as expunged, and both lists agree with the lower number. */
static void
remark_withdrawn(struct session *s, const char *raw,
    const struct ms_imap_mailbox *mailbox,
    const struct ms_imap_unlisted *unlisted)
{
	struct ms_buf text = {0};

	if (unlisted->withdrawn == 0)
		return;
	ms_buf_printf(&text,
	    "%s: the server said %" PRIu32 " messages, then %" PRIu32
	    ", and lists no more",
	    raw, mailbox->most, mailbox->exists);
	say(s, &(struct ipc_message){
		   .type = SAY_REMARK, .text = ms_buf_str(&text)});
	ms_buf_release(&text);
}

static int
survey(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	/* SELECT, with which a server keeps its UIDVALIDITY. */
	const bool to_delete =
	    s->opt->job == FETCH_JOB_DELETE && !s->opt->dry_run;
	struct ms_imap_mailbox mailbox;
	uint32_t *uids = NULL;
	struct ms_imap_unlisted unlisted = {0};
	size_t count = 0;
	int rc;

	if (need_session(s, err) < 0)
		return -1;
	if (open_folder(s, request->raw, to_delete, &mailbox, err) < 0 ||
	    ms_imap_uids(s->im, &mailbox, &uids, &count, &unlisted, err) < 0)
		return -1;
	say(s, &(struct ipc_message){.type = SAY_SURVEY,
		   .uidvalidity = mailbox.uidvalidity,
		   .missing = unlisted.missing});
	remark_withdrawn(s, request->raw, &mailbox, &unlisted);
	say_uids(s, SAY_UIDS, uids, count);
	rc = 0;
	if (*request->text != '\0' && count > 0)
		rc = narrow(s, request->text, uids, count, err);
	free(uids);
	return still_valid(s, rc, err);
}

static struct ms_msg_info
info_of(const struct ms_imap_message *m)
{
	return (struct ms_msg_info){.uid = m->uid,
	    .has = MS_HAS_FLAGS | (m->has_date ? MS_HAS_DATE : 0u) |
		   (m->has_size ? MS_HAS_SIZE : 0u) |
		   (m->flags_cut ? MS_HAS_FLAGS_CUT : 0u) |
		   (m->has_sent ? MS_HAS_SENT : 0u) |
		   (m->has_head ? MS_HAS_HEAD : 0u),
	    .date = m->date,
	    .sent = m->sent,
	    .size = m->size,
	    .head = m->head,
	    .flags = m->flags,
	    .labels = m->labels,
	    .email_id = m->email_id};
}

static int
on_header(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	(void)err;
	say(ctx, &(struct ipc_message){.type = SAY_HEADER, .info = info_of(m)});
	return 0;
}

static int
on_top(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct ms_msg_info info = info_of(m);

	(void)err;
	if (m->has_head)
		info.has ^= MS_HAS_HEAD | MS_HAS_TOP;
	say(ctx, &(struct ipc_message){.type = SAY_HEADER, .info = info});
	return 0;
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	const struct ms_msg_info info = info_of(m);

	(void)err;
	say_message(ctx, m->body, &info);
	return 0;
}

static int
on_body(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	const struct ms_msg_info info = info_of(m);

	(void)err;
	say_id(ctx, m->body, &info);
	return 0;
}

/* Fetches a part of messages. */
static int
fetch_all(struct session *s, enum ms_imap_part part, const uint32_t *uids,
    size_t n, const struct ms_imap_sink *sink, struct ms_err *err)
{
	size_t at, done;
	int rc = 0;

	for (at = 0; rc == 0 && at < n; at += done)
		rc = ms_imap_fetch(
		    s->im, part, uids + at, n - at, &done, sink, err);
	return still_valid(s, rc, err);
}

static int
fetch(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	static const struct {
		enum ms_imap_part part;
		int (*message)(void *ctx, const struct ms_imap_message *m,
		    struct ms_err *err);
	} how[] = {[ASK_ATTRIBUTES] = {MS_IMAP_NO_PART, on_header},
	    [ASK_HEADERS] = {MS_IMAP_HEADER, on_header},
	    [ASK_TOPS] = {MS_IMAP_TOP, on_top},
	    [ASK_IDS] = {MS_IMAP_BODY, on_body},
	    [ASK_FETCH] = {MS_IMAP_BODY, on_message}};
	const struct ms_imap_sink sink = {.message = how[request->type].message,
	    .failed = say_failed,
	    .expunged = say_gone,
	    .ctx = s};

	if (need_folder(s, request, false, err) < 0)
		return -1;
	return fetch_all(s, how[request->type].part, request->uids.v,
	    request->uids.n, &sink, err);
}

/* ---- deleting ---- */

static int
verify(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	const struct ms_msg_info info = info_of(m);
	struct session *s = ctx;

	(void)err;
	if (session_proves(s, s->request, m->body, &info))
		ms_queue_add(&s->verified, m->uid);
	return 0;
}

/* A message whose EMAILID may prove it. */
static int
prove(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	const struct ms_msg_info info = info_of(m);
	struct session *s = ctx;
	const struct ipc_uids *u = &s->request->uids;
	const uint32_t *at = ms_find_u32(u->v, u->n, m->uid);

	(void)err;
	ms_queue_add(ms_expunge_proved(&info, &s->request->proofs.v[at - u->v])
			 ? &s->verified
			 : &s->unproved,
	    m->uid);
	return 0;
}

/* Verifies the messages of the request, by EMAILID or by the body. */
static int
verify_all(struct session *s, struct ms_err *err)
{
	static const struct ms_proof none;
	const struct ipc_uids *u = &s->request->uids;
	struct ms_imap_sink sink = {.message = prove,
	    .failed = say_not_deleted,
	    .expunged = say_gone,
	    .ctx = s};
	uint32_t *uids = ms_xcalloc(u->n, sizeof(*uids));
	size_t i, n = 0;
	int rc;

	for (i = 0; i < u->n; i++)
		if (memcmp(s->request->proofs.v[i].email_id, none.email_id,
			MS_SHA_LEN) != 0)
			uids[n++] = u->v[i];
		else
			ms_queue_add(&s->unproved, u->v[i]);
	rc = fetch_all(s, MS_IMAP_NO_PART, uids, n, &sink, err);
	n = ms_queue_take(&s->unproved, uids, u->n);
	qsort(uids, n, sizeof(*uids), ms_compare_u32);
	sink.message = verify;
	if (rc == 0)
		rc = fetch_all(s, MS_IMAP_BODY, uids, n, &sink, err);
	free(uids);
	return rc;
}

static int
delete_verified(struct session *s, struct ms_err *err)
{
	const struct ms_imap_delete_sink sink = {
	    .expunged = say_deleted, .kept = say_not_deleted, .ctx = s};
	uint32_t *uids = s->verified.v;
	size_t n = ms_queue_count(&s->verified), at, done = 1;

	if (n > 0)
		qsort(uids, n, sizeof(*uids), ms_compare_u32);
	for (at = 0; at < n; at += done)
		if (s->request->dry_run)
			say_deleted(s, uids[at]);
		else if (ms_imap_delete(
			     s->im, uids + at, n - at, &done, &sink, err) < 0)
			return -1;
	return 0;
}

/* The messages are compared in the session that deletes, with the folder open
 * all the time. */
static int
delete_wanted(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	int rc;

	if (need_folder(s, request, !request->dry_run, err) < 0)
		return -1;
	/* EXPUNGE would also delete what another program marks meanwhile. */
	if ((ms_imap_capabilities(s->im) & MS_CAP_UIDPLUS) == 0)
		return ms_fail(err, MS_NOINPUT,
		    "the server cannot delete single messages (no UIDPLUS)");
	s->request = request;
	rc = verify_all(s, err);
	if (rc == 0)
		rc = still_valid(s, delete_verified(s, err), err);
	ms_queue_release(&s->verified);
	ms_queue_release(&s->unproved);
	return rc;
}

static int
idle(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct ms_imap_mailbox mailbox;

	if (need_session(s, err) < 0)
		return -1;
	if (!is_open(s, request->raw) &&
	    open_folder(s, request->raw, false, &mailbox, err) < 0)
		return -1;
	if (ipc_ready(&s->ipc)) /* ASK_STOP is here already */
		return 0;
	return ms_imap_idle(
		   s->im, (int)(request->seconds * 1000), s->ipc.fd, err) < 0
		   ? -1
		   : 0;
}

const struct protocol fetch_imap = {.close = close_session,
    .usable = usable,
    .backoff = backoff,
    .serve = {[ASK_FOLDERS] = folders,
	[ASK_COUNT] = count,
	[ASK_SURVEY] = survey,
	[ASK_ATTRIBUTES] = fetch,
	[ASK_HEADERS] = fetch,
	[ASK_TOPS] = fetch,
	[ASK_IDS] = fetch,
	[ASK_FETCH] = fetch,
	[ASK_DELETE] = delete_wanted,
	[ASK_IDLE] = idle}};
