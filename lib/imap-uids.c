/*
 * imap-uids.c - which messages a folder has. RFC 3501, 6.4.4 and 6.4.8.
 */
#include "imap.h"
#include "imap-impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SEARCH_PART 50000 /* messages in an answer to SEARCH */

/* Without a progress callback libetpan does not call the att handler but keeps
 * every answer. */
static void
progress(size_t current, size_t maximum, void *ctx)
{
	(void)current;
	(void)maximum;
	(void)ctx;
}

int
ms_imap_run_fetch(struct ms_imap *im, const char *command,
    mailimap_msg_att_handler *att, mailimap_msg_body_handler *body, void *ctx,
    struct ms_err *err)
{
	int rc;

	mailimap_set_progress_callback(im->m, NULL, progress, NULL);
	mailimap_set_msg_att_handler(im->m, att, ctx);
	mailimap_set_msg_body_handler(im->m, body, ctx);
	rc = ms_imap_command(im, command, "FETCH", err);
	mailimap_set_progress_callback(im->m, NULL, NULL, NULL);
	mailimap_set_msg_att_handler(im->m, NULL, NULL);
	mailimap_set_msg_body_handler(im->m, NULL, NULL);
	return rc;
}

uint32_t
ms_imap_uid_of(const struct mailimap_msg_att *att)
{
	const struct mailimap_msg_att_item *item;
	clistiter *cur;

	for (cur = clist_begin(att->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		item = clist_content(cur);
		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
		    item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_UID)
			return item->att_data.att_static->att_data.att_uid;
	}
	return 0;
}

/* The UIDs of a folder, as they come. */
struct listing {
	struct ms_imap *im;
	uint32_t *v;
	size_t n, cap;
	size_t expunged; /* messages that went away meanwhile */
};

static void
add_uid(struct listing *l, uint32_t uid)
{
	if (uid == 0)
		return;
	if (l->n == l->cap) {
		if (l->cap >= MS_IMAP_UIDS_MAX) {
			ms_imap_kill(l->im, MS_PROTO,
			    "the server lists more than %d messages",
			    MS_IMAP_UIDS_MAX);
			return;
		}
		l->cap = l->cap < 1024 ? 1024 : 2 * l->cap;
		l->v = ms_xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = uid;
}

static void
note_uid(struct mailimap_msg_att *att, void *ctx)
{
	struct listing *l = ctx;

	l->im->text = 0;
	add_uid(l, ms_imap_uid_of(att));
}

/* Takes what came with an answer to SEARCH; returns how many messages the
 * server said are gone. */
static size_t
take_found(struct listing *l)
{
	const struct mailimap_response_info *info =
	    l->im->m->imap_response_info;
	clistiter *cur;
	size_t gone = 0;

	if (info == NULL)
		return 0;
	if (info->rsp_search_result != NULL)
		for (cur = clist_begin(info->rsp_search_result); cur != NULL;
		     cur = clist_next(cur))
			add_uid(l, *(uint32_t *)clist_content(cur));
	if (info->rsp_expunged != NULL)
		gone = (size_t)clist_count(info->rsp_expunged);
	l->expunged += gone;
	return gone;
}

/*
 * Asks for UIDs by SEARCH, a part of a large folder at a time: libetpan keeps
 * an answer whole. Messages that go away meanwhile make those behind them
 * move up, so the next part begins as much earlier; what comes twice is
 * dropped later.
 */
static int
search(struct listing *l, uint32_t exists, struct ms_err *err)
{
	char command[64] = "UID SEARCH ALL";
	uint64_t from = 1, gone;

	do {
		if (exists > SEARCH_PART)
			snprintf(command, sizeof(command),
			    from + SEARCH_PART > exists
				? "UID SEARCH %llu:*"
				: "UID SEARCH %llu:%llu",
			    (unsigned long long)from,
			    (unsigned long long)from + SEARCH_PART - 1);
		if (ms_imap_command(l->im, command, "SEARCH", err) < 0)
			return -1;
		gone = take_found(l);
		from += SEARCH_PART;
		from -= gone < from ? gone : from - 1;
	} while (from <= exists && gone < SEARCH_PART && !l->im->dead);
	return 0;
}

int
ms_imap_by_uid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts numbers, each once; returns how many there are. */
static size_t
sort_uids(uint32_t *v, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), ms_imap_by_uid);
	for (i = 0; i < n; i++)
		if (kept == 0 || v[i] != v[kept - 1])
			v[kept++] = v[i];
	return kept;
}

int
ms_imap_uids(struct ms_imap *im, const struct ms_imap_box *box, uint32_t **uids,
    size_t *count, size_t *missing, struct ms_err *err)
{
	struct listing l = {.im = im};
	struct ms_err why = {0};
	int rc;

	*uids = NULL;
	*count = *missing = 0;
	if (box->exists == 0)
		return 0;
	if (box->exists > MS_IMAP_UIDS_MAX)
		return ms_fail(err, MS_NOINPUT,
		    "%" PRIu32 " messages, more than %d", box->exists,
		    MS_IMAP_UIDS_MAX);
	rc = search(&l, box->exists, &why);
	if (!im->dead) {
		l.n = sort_uids(l.v, l.n);
		/* Some servers cap a SEARCH, or refuse it: FETCH has no such
		 * excuse, and takes 20 times as long. */
		if (rc < 0 || l.n + l.expunged < box->exists)
			rc = ms_imap_run_fetch(im, "UID FETCH 1:* (UID)",
			    note_uid, NULL, &l, &why);
	}
	if (im->dead || rc < 0) {
		if (err != NULL)
			*err = im->dead ? im->err : why;
		free(l.v);
		return -1;
	}
	*uids = l.v;
	*count = sort_uids(l.v, l.n);
	if (*count + l.expunged < box->exists)
		*missing = box->exists - *count - l.expunged;
	return 0;
}
