/* uids.c - lists the messages of a folder. RFC 3501, 6.4.4 and 6.4.8. */
#include "imap.h"
#include "impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "numbers.h"

#define SEARCH_PART 50000 /* messages of an answer to SEARCH */

/*
 * Without a progress callback, libetpan does not call the att handler but keeps
 * all answers.
 */
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

unsigned
ms_imap_count_sections(const struct mailimap_msg_att *att,
    bool (*is)(const struct mailimap_msg_att_body_section *), unsigned *nils)
{
	const struct mailimap_msg_att_item *item;
	const struct mailimap_msg_att_static *s;
	unsigned n = 0;
	clistiter *cur;

	*nils = 0;
	for (cur = clist_begin(att->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		item = clist_content(cur);
		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		s = item->att_data.att_static;
		if (s->att_type != MAILIMAP_MSG_ATT_BODY_SECTION ||
		    !is(s->att_data.att_body_section))
			continue;
		n++;
		*nils += s->att_data.att_body_section->sec_body_part == NULL;
	}
	return n;
}

static void
add_uid(struct ms_imap *im, struct ms_imap_list *l, uint32_t uid)
{
	if (uid == 0)
		return;
	if (l->n == l->cap) {
		if (l->cap >= MS_IMAP_UIDS_MAX) {
			ms_imap_kill(im, MS_PROTO,
			    "the server lists more than %d messages",
			    MS_IMAP_UIDS_MAX);
			return;
		}
		l->cap = l->cap < 1024 ? 1024 : 2 * l->cap;
		l->v = ms_xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = uid;
}

int
ms_imap_search_into(struct ms_imap *im, const char *command,
    struct ms_imap_list *l, struct ms_err *err)
{
	const struct mailimap_response_info *info;
	clistiter *cur;

	if (ms_imap_command(im, command, "SEARCH", err) < 0)
		return -1;
	info = im->m->imap_response_info;
	if (info == NULL)
		return 0;
	if (info->rsp_search_result != NULL)
		for (cur = clist_begin(info->rsp_search_result); cur != NULL;
		     cur = clist_next(cur))
			add_uid(im, l, *(uint32_t *)clist_content(cur));
	if (info->rsp_expunged != NULL)
		l->expunged += (size_t)clist_count(info->rsp_expunged);
	return 0;
}

void
ms_imap_sort(struct ms_imap_list *l)
{
	size_t i, kept = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), ms_compare_u32);
	for (i = 0; i < l->n; i++)
		if (kept == 0 || l->v[i] != l->v[kept - 1])
			l->v[kept++] = l->v[i];
	l->n = kept;
}

/* ---- a whole folder ---- */

/* One ms_imap_uids(). */
struct listing {
	struct ms_imap *im;
	struct ms_imap_list l;
};

static void
handle_uid(struct mailimap_msg_att *att, void *ctx)
{
	struct listing *l = ctx;

	l->im->text = 0;
	add_uid(l->im, &l->l, ms_imap_uid_of(att));
}

/*
 * Lists UIDs by SEARCH, a part of a large folder at a time, because libetpan
 * keeps an answer as a whole. Messages that are expunged meanwhile shift the
 * later ones, so the next part begins earlier by their number; duplicates are
 * removed later.
 */
static int
list_all(struct ms_imap *im, struct ms_imap_list *l, uint32_t exists,
    struct ms_err *err)
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
		gone = l->expunged;
		if (ms_imap_search_into(im, command, l, err) < 0)
			return -1;
		gone = l->expunged - gone;
		from += SEARCH_PART;
		from -= gone < from ? gone : from - 1;
	} while (from <= exists && gone < SEARCH_PART && !im->dead);
	return 0;
}

int
ms_imap_uids(struct ms_imap *im, const struct ms_imap_mailbox *mailbox,
    uint32_t **uids, size_t *count, size_t *missing, struct ms_err *err)
{
	struct listing l = {.im = im};
	struct ms_err why = {0};
	int rc;

	*uids = NULL;
	*count = *missing = 0;
	if (mailbox->exists == 0)
		return 0;
	if (mailbox->exists > MS_IMAP_UIDS_MAX)
		return ms_fail(err, MS_NOINPUT,
		    "%" PRIu32 " messages, more than %d", mailbox->exists,
		    MS_IMAP_UIDS_MAX);
	rc = list_all(im, &l.l, mailbox->exists, &why);
	if (!im->dead) {
		ms_imap_sort(&l.l);
		/*
		 * Some servers cut or refuse a SEARCH. FETCH is reliable, but
		 * takes 20 times as long.
		 */
		if (rc < 0 || l.l.n + l.l.expunged < mailbox->exists)
			rc = ms_imap_run_fetch(im, "UID FETCH 1:* (UID)",
			    handle_uid, NULL, &l, &why);
	}
	if (rc == 0)
		rc = ms_imap_check_uidvalidity(im, &why);
	if (im->dead || rc < 0) {
		if (err != NULL)
			*err = im->dead ? im->err : why;
		free(l.l.v);
		return -1;
	}
	ms_imap_sort(&l.l);
	*uids = l.l.v;
	*count = l.l.n;
	if (*count + l.l.expunged < mailbox->exists)
		*missing = mailbox->exists - *count - l.l.expunged;
	return 0;
}
