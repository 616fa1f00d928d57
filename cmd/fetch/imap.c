/* imap.c - carries out the requests to a worker with an IMAP server. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"

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
	if (session_connect(s, &conn, &tls, err) < 0 ||
	    ms_imap_open(&s->im, conn, tls, err) < 0)
		return -1;
	if (session_login(s, &login, err) < 0 ||
	    ms_imap_login(s->im, &login, err) < 0) {
		s->login_failed = true;
		return -1;
	}
	session_logged_in(s, ms_imap_capabilities(s->im));
	return 0;
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
	free(s->raw);
	s->raw = NULL;
	if (ms_imap_select(s->im, raw, write, mailbox, err) < 0)
		return -1;
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
	if (s->uidvalidity != request->uidvalidity ||
	    (ms_imap_changes(s->im) & MS_CHANGE_UIDVALIDITY) != 0)
		return fail_renumbered(s, err);
	return 0;
}

/* The result of a request that was answered: if the UIDVALIDITY has changed
 * meanwhile, the answers do not concern the messages that were asked for. */
static int
still_valid(struct session *s, int rc, struct ms_err *err)
{
	if (s->im == NULL || !ms_imap_usable(s->im) ||
	    (ms_imap_changes(s->im) & MS_CHANGE_UIDVALIDITY) == 0)
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
			   .duplicate = f[i].duplicate});
	ms_imap_folders_free(f, n);
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

static int
survey(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	struct ms_imap_mailbox mailbox;
	uint32_t *uids = NULL;
	size_t count = 0, missing = 0;
	int rc;

	if (need_session(s, err) < 0)
		return -1;
	if (open_folder(s, request->raw, false, &mailbox, err) < 0 ||
	    ms_imap_uids(s->im, &mailbox, &uids, &count, &missing, err) < 0)
		return -1;
	say(s, &(struct ipc_message){.type = SAY_SURVEY,
		   .uidvalidity = mailbox.uidvalidity,
		   .missing = missing});
	say_uids(s, SAY_UIDS, uids, count);
	rc = 0;
	if (*request->text != '\0' && count > 0)
		rc = narrow(s, request->text, uids, count, err);
	free(uids);
	return still_valid(s, rc, err);
}

static uint32_t
has(bool date, bool size, bool flags_cut)
{
	return MS_HAS_FLAGS | (date ? MS_HAS_DATE : 0u) |
	       (size ? MS_HAS_SIZE : 0u) | (flags_cut ? MS_HAS_FLAGS_CUT : 0u);
}

static int
on_head(void *ctx, const struct ms_imap_head *h, struct ms_err *err)
{
	(void)err;
	say(ctx, &(struct ipc_message){.type = SAY_HEADER,
		     .info = {.uid = h->uid,
			 .has = has(h->has_date, h->has_size, h->flags_cut) |
				(h->has_sent ? MS_HAS_SENT : 0u) |
				(h->has_head ? MS_HAS_HEAD : 0u),
			 .date = h->date,
			 .sent = h->sent,
			 .size = h->size,
			 .head = h->head,
			 .flags = h->flags,
			 .labels = h->labels}});
	return 0;
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct session *s = ctx;

	(void)err;
	say(s, &(struct ipc_message){.type = SAY_MESSAGE,
		   .info = {.uid = m->uid,
		       .has = has(m->has_date, m->has_size, m->flags_cut),
		       .date = m->date,
		       .size = m->size,
		       .bytes = ms_spool_size(m->body),
		       .flags = m->flags,
		       .labels = m->labels}});
	say_body(s, m->body);
	return 0;
}

typedef int ask_heads(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err);

static int
look(struct session *s, const struct ipc_message *request, ask_heads *ask,
    const struct ms_imap_head_sink *sink, struct ms_err *err)
{
	size_t at, done;
	int rc = 0;

	for (at = 0; rc == 0 && at < request->uids.n; at += done)
		rc = ask(s->im, request->uids.v + at, request->uids.n - at,
		    &done, sink, err);
	return still_valid(s, rc, err);
}

/* Asks for headers or attributes. */
static int
describe(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	const struct ms_imap_head_sink sink = {.head = on_head,
	    .failed = say_failed,
	    .expunged = say_gone,
	    .ctx = s};

	if (need_folder(s, request, false, err) < 0)
		return -1;
	return look(s, request,
	    request->type == ASK_HEADERS ? ms_imap_heads : ms_imap_attributes,
	    &sink, err);
}

static int
fetch(struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	const struct ms_imap_sink sink = {.message = on_message,
	    .failed = say_failed,
	    .expunged = say_gone,
	    .ctx = s};
	size_t at, done;
	int rc = 0;

	if (need_folder(s, request, false, err) < 0)
		return -1;
	for (at = 0; rc == 0 && at < request->uids.n; at += done)
		rc = ms_imap_fetch(s->im, request->uids.v + at,
		    request->uids.n - at, &done, &sink, err);
	return still_valid(s, rc, err);
}

/* ---- deleting ---- */

static int
verify(void *ctx, const struct ms_imap_head *h, struct ms_err *err)
{
	struct session *s = ctx;
	const struct ipc_uids *uids = &s->request->uids;
	const struct ms_identity *want;
	const uint32_t *at;

	(void)err;
	at = ms_find_u32(uids->v, uids->n, h->uid);
	if (at == NULL)
		return 0;
	want = s->request->identities.v + (at - uids->v);
	if (h->has_size && h->has_head && h->size == want->size &&
	    memcmp(h->head, want->head, MS_SHA_LEN) == 0)
		ms_queue_add(&s->verified, h->uid);
	else
		say_not_deleted(
		    s, h->uid, "the server has another message in its place");
	return 0;
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

/* Size and header are compared in the session that deletes, with the folder
 * open all the time. */
static int
delete_wanted(
    struct session *s, const struct ipc_message *request, struct ms_err *err)
{
	const struct ms_imap_head_sink sink = {.head = verify,
	    .failed = say_not_deleted,
	    .expunged = say_gone,
	    .ctx = s};
	int rc;

	if (need_folder(s, request, !request->dry_run, err) < 0)
		return -1;
	s->request = request;
	rc = look(s, request, ms_imap_heads, &sink, err);
	if (rc == 0)
		rc = still_valid(s, delete_verified(s, err), err);
	ms_queue_release(&s->verified);
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
	[ASK_SURVEY] = survey,
	[ASK_ATTRIBUTES] = describe,
	[ASK_HEADERS] = describe,
	[ASK_FETCH] = fetch,
	[ASK_DELETE] = delete_wanted,
	[ASK_IDLE] = idle}};
