/* imap.c - what a worker does at an IMAP server. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

static bool
usable(const struct worker *w)
{
	return w->im != NULL && !w->login_failed && ms_imap_usable(w->im);
}

static void
close_session(struct worker *w)
{
	ms_imap_close(w->im);
	w->im = NULL;
	free(w->raw);
	w->raw = NULL;
	w->login_failed = false;
}

static unsigned
backoff(const struct worker *w)
{
	return w->im != NULL ? ms_imap_backoff(w->im) : 0;
}

/* Connects and logs in, if that is not done. A session whose login failed
 * stays, so that it can say how long to wait. */
static int
need_session(struct worker *w, struct ms_err *err)
{
	struct ms_conn *conn;
	struct ms_login login;
	enum ms_tls tls;

	if (usable(w))
		return 0;
	close_session(w);
	if (worker_connect(w, &conn, &tls, err) < 0 ||
	    ms_imap_open(&w->im, conn, tls, err) < 0)
		return -1;
	if (worker_login(w, &login, err) < 0 ||
	    ms_imap_login(w->im, &login, err) < 0) {
		w->login_failed = true;
		return -1;
	}
	worker_logged_in(w, ms_imap_capabilities(w->im));
	return 0;
}

/* Opens the folder, if it is not open. A folder whose UIDs mean something else
 * by now is MS_EXISTS: what was asked about them is void. */
static int
need_folder(struct worker *w, const char *raw, uint32_t uidvalidity, bool write,
    struct ms_err *err)
{
	struct ms_imap_mailbox box;

	if (need_session(w, err) < 0)
		return -1;
	if (w->raw == NULL || strcmp(w->raw, raw) != 0 ||
	    (write && !w->writable)) {
		free(w->raw);
		w->raw = NULL;
		if (ms_imap_select(w->im, raw, write, &box, err) < 0)
			return -1;
		if (write && !box.writable)
			return ms_fail(err, MS_NOINPUT,
			    "the server opens it for reading only");
		w->raw = ms_xstrdup(raw);
		w->writable = write;
		w->uidvalidity = box.uidvalidity;
	}
	if (w->uidvalidity != uidvalidity ||
	    (ms_imap_changes(w->im) & MS_CHANGE_UIDVALIDITY) != 0) {
		free(w->raw);
		w->raw = NULL;
		return ms_fail(err, MS_EXISTS,
		    "the folder was made anew (its UIDVALIDITY changed)");
	}
	return 0;
}

/* What was asked is answered, with this result: answers that came when the
 * folder had another UIDVALIDITY are not about what was asked for. */
static int
still_valid(struct worker *w, int rc, struct ms_err *err)
{
	if (w->im == NULL || !ms_imap_usable(w->im) ||
	    (ms_imap_changes(w->im) & MS_CHANGE_UIDVALIDITY) == 0)
		return rc;
	free(w->raw);
	w->raw = NULL;
	return ms_fail(err, MS_EXISTS,
	    "the folder was made anew (its UIDVALIDITY changed)");
}

static int
folders(struct worker *w, struct ms_err *err)
{
	struct ms_imap_folder *f = NULL;
	size_t n = 0, i;

	if (need_session(w, err) < 0)
		return -1;
	if (ms_imap_folders(w->im, &f, &n, err) < 0) {
		/* Nobody can work without: a NO makes no sense. */
		if (err->code == MS_NOINPUT)
			err->code = MS_PROTO;
		return -1;
	}
	for (i = 0; i < n; i++) {
		link_begin(&w->link, SAY_FOLDER);
		link_str(&w->link, f[i].raw);
		link_str(&w->link, f[i].name);
		link_u32(&w->link, f[i].uses);
		link_u32(&w->link, (uint32_t)f[i].space);
		link_u32(&w->link, (uint32_t)f[i].prefix);
		link_u32(&w->link, f[i].selectable);
		link_u32(&w->link, f[i].duplicate);
		say_end(w);
	}
	ms_imap_folders_free(f, n);
	return 0;
}

/* ---- a folder's messages ---- */

static void
say_uids(struct worker *w, enum word word, const uint32_t *uids, size_t n)
{
	size_t part, i;

	for (; n > 0; uids += part, n -= part) {
		part = n < LINK_UIDS ? n : LINK_UIDS;
		link_begin(&w->link, word);
		link_u32(&w->link, (uint32_t)part);
		for (i = 0; i < part; i++)
			link_u32(&w->link, uids[i]);
		say_end(w);
	}
}

/* Which of them meet the criteria, and which do not, as far as the server can
 * be believed. */
static int
narrow(struct worker *w, const char *criteria, const uint32_t *uids,
    size_t count, struct ms_err *err)
{
	static const struct {
		enum ms_imap_match met;
		enum word word;
	} said[] = {{MS_MATCH_YES, SAY_MET}, {MS_MATCH_NO, SAY_UNMET}};
	unsigned char *met = ms_xcalloc(count, 1);
	uint32_t *some = ms_xcalloc(count, sizeof(*some));
	size_t i, k, n;
	int rc;

	rc = ms_imap_search(w->im, criteria, uids, count, met, err);
	for (k = 0; rc == 0 && k < 2; k++) {
		for (i = n = 0; i < count; i++)
			if (met[i] == said[k].met)
				some[n++] = uids[i];
		say_uids(w, said[k].word, some, n);
	}
	free(some);
	free(met);
	return rc;
}

static int
survey(
    struct worker *w, const char *raw, const char *criteria, struct ms_err *err)
{
	struct ms_imap_mailbox box;
	uint32_t *uids = NULL;
	size_t count = 0, missing = 0;
	int rc;

	if (need_session(w, err) < 0)
		return -1;
	free(w->raw);
	w->raw = NULL;
	if (ms_imap_select(w->im, raw, false, &box, err) < 0 ||
	    ms_imap_uids(w->im, &box, &uids, &count, &missing, err) < 0)
		return -1;
	w->raw = ms_xstrdup(raw);
	w->writable = false;
	w->uidvalidity = box.uidvalidity;
	link_begin(&w->link, SAY_BOX);
	link_u32(&w->link, box.uidvalidity);
	link_u64(&w->link, missing);
	say_end(w);
	say_uids(w, SAY_UIDS, uids, count);
	rc = 0;
	if (*criteria != '\0' && count > 0)
		rc = narrow(w, criteria, uids, count, err);
	free(uids);
	return still_valid(w, rc, err);
}

static void
on_failed(void *ctx, uint32_t uid, const char *reason)
{
	say_failed(ctx, uid, reason);
}

static void
on_gone(void *ctx, uint32_t uid)
{
	say_uid(ctx, SAY_GONE, uid);
}

static int
on_head(void *ctx, const struct ms_imap_head *h, struct ms_err *err)
{
	struct worker *w = ctx;

	(void)err;
	link_begin(&w->link, SAY_HEAD);
	link_u32(&w->link, h->uid);
	link_u32(&w->link, (h->has_date ? HAS_DATE : 0u) |
			       (h->has_size ? HAS_SIZE : 0u) |
			       (h->flags_cut ? FLAGS_CUT : 0u) |
			       (h->has_sent ? HAS_SENT : 0u) |
			       (h->has_head ? HAS_HEAD : 0u) | HAS_FLAGS);
	link_u64(&w->link, (uint64_t)h->date);
	link_u64(&w->link, (uint64_t)h->sent);
	link_u64(&w->link, h->size);
	link_bytes(&w->link, h->head, MS_SHA_LEN);
	link_str(&w->link, h->flags);
	link_str(&w->link, h->labels);
	say_end(w);
	return 0;
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	struct worker *w = ctx;

	(void)err;
	link_begin(&w->link, SAY_MESSAGE);
	link_u32(&w->link, m->uid);
	link_u32(&w->link, (m->has_date ? HAS_DATE : 0u) |
			       (m->has_size ? HAS_SIZE : 0u) |
			       (m->flags_cut ? FLAGS_CUT : 0u) | HAS_FLAGS);
	link_u64(&w->link, (uint64_t)m->date);
	link_u64(&w->link, m->size);
	link_u64(&w->link, ms_spool_size(m->body));
	link_str(&w->link, m->flags);
	link_str(&w->link, m->labels);
	say_end(w);
	say_body(w, m->body);
	return 0;
}

typedef int ask_heads(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err);

static int
look(struct worker *w, const struct wanted *u, ask_heads *ask,
    const struct ms_imap_head_sink *sink, struct ms_err *err)
{
	size_t at, done;
	int rc = 0;

	if (need_folder(w, u->raw, u->uidvalidity, false, err) < 0)
		return -1;
	for (at = 0; rc == 0 && at < u->count; at += done)
		rc = ask(w->im, u->uids + at, u->count - at, &done, sink, err);
	return still_valid(w, rc, err);
}

static int
attributes(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	const struct ms_imap_head_sink sink = {.head = on_head,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = w};

	return look(w, u, ms_imap_attributes, &sink, err);
}

static int
heads(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	const struct ms_imap_head_sink sink = {.head = on_head,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = w};

	return look(w, u, ms_imap_heads, &sink, err);
}

static int
fetch(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	const struct ms_imap_sink sink = {.message = on_message,
	    .failed = on_failed,
	    .expunged = on_gone,
	    .ctx = w};
	size_t at, done;
	int rc = 0;

	if (need_folder(w, u->raw, u->uidvalidity, false, err) < 0)
		return -1;
	for (at = 0; rc == 0 && at < u->count; at += done)
		rc = ms_imap_fetch(
		    w->im, u->uids + at, u->count - at, &done, &sink, err);
	return still_valid(w, rc, err);
}

/* ---- deleting ---- */

/* Those of the request that are what they should be. */
struct verified {
	struct worker *w;
	const struct wanted *u;
	uint32_t *uids;
	size_t count;
};

static int
verify(void *ctx, const struct ms_imap_head *h, struct ms_err *err)
{
	struct verified *v = ctx;
	const uint32_t *at;
	size_t i;

	(void)err;
	at = bsearch(
	    &h->uid, v->u->uids, v->u->count, sizeof(*at), ms_imap_by_uid);
	if (at == NULL)
		return 0;
	i = (size_t)(at - v->u->uids);
	if (h->has_size && h->has_head && h->size == v->u->size[i] &&
	    memcmp(h->head, v->u->head[i], MS_SHA_LEN) == 0)
		v->uids[v->count++] = h->uid;
	else
		say_kept(v->w, h->uid,
		    "the server has another message there than the archive");
	return 0;
}

static void
verify_failed(void *ctx, uint32_t uid, const char *reason)
{
	say_kept(((struct verified *)ctx)->w, uid, reason);
}

static void
verify_gone(void *ctx, uint32_t uid)
{
	say_uid(((struct verified *)ctx)->w, SAY_GONE, uid);
}

static void
deleted(void *ctx, uint32_t uid)
{
	say_uid(ctx, SAY_DELETED, uid);
}

static void
stays(void *ctx, uint32_t uid, const char *reason)
{
	say_kept(ctx, uid, reason);
}

static int
delete_verified(struct worker *w, struct verified *v, struct ms_err *err)
{
	const struct ms_imap_delete_sink sink = {
	    .expunged = deleted, .kept = stays, .ctx = w};
	size_t at, done;

	qsort(v->uids, v->count, sizeof(*v->uids), ms_imap_by_uid);
	for (at = 0; at < v->count; at += done) {
		done = 1;
		if (v->u->dry_run)
			say_uid(w, SAY_DELETED, v->uids[at]);
		else if (ms_imap_delete(w->im, v->uids + at, v->count - at,
			     &done, &sink, err) < 0)
			return -1;
	}
	return 0;
}

/* Size and header are asked and compared in the very session, and with the
 * very folder open, that deletes. */
static int
delete_wanted(struct worker *w, const struct wanted *u, struct ms_err *err)
{
	struct verified v = {.w = w, .u = u};
	const struct ms_imap_head_sink sink = {.head = verify,
	    .failed = verify_failed,
	    .expunged = verify_gone,
	    .ctx = &v};
	size_t at, done;
	int rc;

	if (need_folder(w, u->raw, u->uidvalidity, !u->dry_run, err) < 0)
		return -1;
	v.uids = ms_xcalloc(u->count, sizeof(*v.uids));
	rc = 0;
	for (at = 0; rc == 0 && at < u->count; at += done)
		rc = ms_imap_heads(
		    w->im, u->uids + at, u->count - at, &done, &sink, err);
	rc = still_valid(w, rc, err);
	if (rc == 0)
		rc = still_valid(w, delete_verified(w, &v, err), err);
	free(v.uids);
	return rc;
}

static int
idle(struct worker *w, const char *raw, unsigned seconds, struct ms_err *err)
{
	struct ms_imap_mailbox box;

	if (need_session(w, err) < 0)
		return -1;
	if (w->raw == NULL || strcmp(w->raw, raw) != 0) {
		free(w->raw);
		w->raw = NULL;
		if (ms_imap_select(w->im, raw, false, &box, err) < 0)
			return -1;
		w->raw = ms_xstrdup(raw);
		w->writable = false;
		w->uidvalidity = box.uidvalidity;
	}
	if (link_ready(&w->link)) /* it is over already */
		return 0;
	return ms_imap_idle(w->im, (int)(seconds * 1000), w->link.fd, err) < 0
		   ? -1
		   : 0;
}

const struct protocol fetch_imap = {.close = close_session,
    .usable = usable,
    .backoff = backoff,
    .folders = folders,
    .survey = survey,
    .attributes = attributes,
    .heads = heads,
    .fetch = fetch,
    .delete = delete_wanted,
    .idle = idle};
