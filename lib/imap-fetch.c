/*
 * imap-fetch.c - messages in streams: libetpan hands over each piece of a body
 * and then, at the end of the answer, what the message is. RFC 3501, 6.4.5 and
 * 7.4.2.
 */
#include "imap.h"
#include "imap-impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire.h"

#define UNASKED_MAX                                                            \
	100000         /* FETCH answers of a command that nobody asked for */
#define REFUSED_MAX 20 /* messages refused in a row: so are the others */

#define ATTRIBUTES "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"

enum fate {
	WAITING,
	TOLD,  /* the sink knows */
	EXISTS /* not sent, but still in the folder */
};

/* One ms_imap_fetch(). */
struct batch {
	struct ms_imap *im;
	const struct ms_imap_sink *sink;
	const uint32_t *uids;
	size_t n;
	unsigned char *fate; /* enum fate of each */
	size_t unasked;
	bool spoiled; /* the body that is coming can't be kept */
	struct ms_err why;
};

/* Where a UID stands in the batch; NULL: not asked for. */
static unsigned char *
fate_of(const struct batch *b, uint32_t uid)
{
	const uint32_t *at =
	    bsearch(&uid, b->uids, b->n, sizeof(uid), ms_imap_by_uid);

	return at != NULL ? b->fate + (at - b->uids) : NULL;
}

/* Is it BODY[], from its beginning? libetpan leaves that section out. */
static bool
whole(const struct mailimap_msg_att_body_section *s)
{
	return s != NULL && s->sec_origin_octet == 0 &&
	       (s->sec_section == NULL || s->sec_section->sec_spec == NULL);
}

/* A piece of a body, or of something nobody asked for. */
static bool
take_piece(int type, struct mailimap_msg_att_body_section *section,
    const char *p, size_t n, void *ctx)
{
	struct batch *b = ctx;

	b->im->text -= (int64_t)n;
	if (type != MAILIMAP_MSG_ATT_BODY_SECTION || !whole(section) ||
	    b->spoiled)
		return true;
	if (ms_spool_size(&b->im->body) + n > MS_MESSAGE_MAX) {
		b->spoiled = true;
		ms_fail(&b->why, MS_DATA, "larger than %llu bytes",
		    (unsigned long long)MS_MESSAGE_MAX);
	} else if (ms_spool_add(&b->im->body, p, n, &b->why) < 0) {
		b->spoiled = true;
	}
	return true;
}

/* INTERNALDATE as seconds. */
static bool
date_of(const struct mailimap_date_time *d, int64_t *out)
{
	struct tm tm = {.tm_mday = d->dt_day,
	    .tm_mon = d->dt_month - 1,
	    .tm_year = d->dt_year - 1900,
	    .tm_hour = d->dt_hour,
	    .tm_min = d->dt_min,
	    .tm_sec = d->dt_sec};
	int minutes = d->dt_zone / 100 * 60 + d->dt_zone % 100;

	if (d->dt_day < 1 || d->dt_day > 31 || d->dt_month < 1 ||
	    d->dt_month > 12 || d->dt_year < 0 || d->dt_year > 9999)
		return false;
	*out = (int64_t)timegm(&tm) - (int64_t)minutes * 60;
	return true;
}

static const char *
flag_name(const struct mailimap_flag *f)
{
	switch (f->fl_type) {
	case MAILIMAP_FLAG_ANSWERED:
		return "\\Answered";
	case MAILIMAP_FLAG_FLAGGED:
		return "\\Flagged";
	case MAILIMAP_FLAG_DELETED:
		return "\\Deleted";
	case MAILIMAP_FLAG_SEEN:
		return "\\Seen";
	case MAILIMAP_FLAG_DRAFT:
		return "\\Draft";
	case MAILIMAP_FLAG_KEYWORD:
		return f->fl_data.fl_keyword;
	case MAILIMAP_FLAG_EXTENSION:
		return f->fl_data.fl_extension;
	default:
		return NULL;
	}
}

/* Flags joined by spaces; false: they were too many. */
static bool
add_flags(struct ms_buf *out, const struct mailimap_msg_att_dynamic *d)
{
	const struct mailimap_flag_fetch *f;
	const char *name;
	clistiter *cur;

	if (d->att_list == NULL)
		return true;
	for (cur = clist_begin(d->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		f = clist_content(cur);
		if (f->fl_type != MAILIMAP_FLAG_FETCH_OTHER ||
		    f->fl_flag == NULL ||
		    (name = flag_name(f->fl_flag)) == NULL)
			continue;
		if (out->n + strlen(name) + 2 > MS_IMAP_FLAGS_MAX)
			return false;
		if (out->n > 0)
			ms_buf_add_byte(out, ' ');
		if (f->fl_flag->fl_type == MAILIMAP_FLAG_EXTENSION)
			ms_buf_add_byte(out, '\\');
		ms_buf_add_str(out, name);
	}
	return true;
}

/* What one answer holds. */
struct answer {
	struct ms_imap_message m;
	struct ms_buf flags;
	unsigned bodies, nils;
};

static void
read_answer(struct answer *a, const struct mailimap_msg_att *att)
{
	const struct mailimap_msg_att_item *item;
	const struct mailimap_msg_att_static *s;
	clistiter *cur;

	for (cur = clist_begin(att->att_list); cur != NULL;
	     cur = clist_next(cur)) {
		item = clist_content(cur);
		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC) {
			ms_buf_clear(&a->flags);
			a->m.flags_cut =
			    !add_flags(&a->flags, item->att_data.att_dyn);
			continue;
		}
		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		s = item->att_data.att_static;
		switch (s->att_type) {
		case MAILIMAP_MSG_ATT_UID:
			a->m.uid = s->att_data.att_uid;
			break;
		case MAILIMAP_MSG_ATT_INTERNALDATE:
			a->m.has_date =
			    s->att_data.att_internal_date != NULL &&
			    date_of(s->att_data.att_internal_date, &a->m.date);
			break;
		case MAILIMAP_MSG_ATT_RFC822_SIZE:
			a->m.has_size = true;
			a->m.size = s->att_data.att_rfc822_size;
			break;
		case MAILIMAP_MSG_ATT_BODY_SECTION:
			if (!whole(s->att_data.att_body_section))
				break;
			a->bodies++;
			a->nils +=
			    s->att_data.att_body_section->sec_body_part == NULL;
			break;
		default:
			break;
		}
	}
}

/* An answer is complete: the body, if it has one, is in the spool. */
static void
take_message(struct mailimap_msg_att *att, void *ctx)
{
	struct batch *b = ctx;
	struct answer a = {0};
	unsigned char *fate = NULL;
	struct ms_err err = {0};

	b->im->text = 0;
	read_answer(&a, att);
	if (a.bodies > 0)
		fate = fate_of(b, a.m.uid);
	if (b->im->dead) {
		;
	} else if (fate == NULL || *fate == TOLD) {
		if (++b->unasked > UNASKED_MAX)
			ms_imap_kill(b->im, MS_PROTO,
			    "the server sends what nobody asked for");
	} else if (a.bodies > 1 || a.nils > 0 || b->spoiled) {
		*fate = TOLD;
		b->sink->failed(b->sink->ctx, a.m.uid,
		    a.bodies > 1 ? "the server sends two bodies"
		    : a.nils > 0 ? "the server sends no body (NIL)"
				 : b->why.msg);
	} else {
		*fate = TOLD;
		a.m.flags = ms_buf_str(&a.flags);
		a.m.body = &b->im->body;
		if (b->sink->message(b->sink->ctx, &a.m, &err) < 0)
			ms_imap_kill(b->im, err.code, "%s", err.msg);
	}
	ms_buf_release(&a.flags);
	ms_spool_clear(&b->im->body);
	b->spoiled = false;
}

/* Appends UIDs as an IMAP set, as many as there is room for. Returns how many
 * of the n it took, waiting or not. */
static size_t
add_set(struct ms_buf *out, const uint32_t *uids, const unsigned char *fate,
    enum fate which, size_t n)
{
	size_t i, j, start = out->n;

	for (i = 0; i < n && out->n - start < MS_IMAP_SET_MAX; i = j) {
		j = i + 1;
		if (fate[i] != which)
			continue;
		while (j < n && fate[j] == which && uids[j] == uids[j - 1] + 1)
			j++;
		if (out->n > start)
			ms_buf_add_byte(out, ',');
		ms_buf_printf(
		    out, j - i > 1 ? "%u:%u" : "%u", uids[i], uids[j - 1]);
	}
	return i;
}

static void
note_existing(struct mailimap_msg_att *att, void *ctx)
{
	struct batch *b = ctx;
	unsigned char *fate = fate_of(b, ms_imap_uid_of(att));

	b->im->text = 0;
	if (fate != NULL && *fate == WAITING)
		*fate = EXISTS;
	else if (++b->unasked > UNASKED_MAX)
		ms_imap_kill(
		    b->im, MS_PROTO, "the server sends what nobody asked for");
}

/*
 * Tells those that are gone from those that the server keeps back: a message
 * which another client has expunged is nobody's failure.
 */
static int
find_gone(struct batch *b, struct ms_err *err)
{
	struct ms_buf command = {0};
	size_t i;
	int rc;

	/* Only now may the server say what has been expunged. */
	if (ms_imap_command(b->im, "NOOP", "NOOP", err) < 0)
		return -1;
	ms_buf_add_str(&command, "UID FETCH ");
	add_set(&command, b->uids, b->fate, WAITING, b->n);
	ms_buf_add_str(&command, " (UID)");
	rc = ms_imap_run_fetch(
	    b->im, ms_buf_str(&command), note_existing, NULL, b, err);
	ms_buf_release(&command);
	if (rc < 0)
		return -1;
	for (i = 0; i < b->n; i++) {
		if (b->fate[i] != WAITING)
			continue;
		b->fate[i] = TOLD;
		b->sink->gone(b->sink->ctx, b->uids[i]);
	}
	return 0;
}

/*
 * Asks once more, one by one, for what is there and did not come: one bad
 * message makes some servers refuse the whole command.
 */
static int
fetch_rest(struct batch *b, struct ms_err *err)
{
	struct ms_err no = {0};
	char command[128];
	unsigned refused = 0;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->fate[i] != EXISTS)
			continue;
		if (refused < REFUSED_MAX) {
			ms_fail(&no, MS_DATA, "the server does not send it");
			snprintf(command, sizeof(command),
			    "UID FETCH %u " ATTRIBUTES, b->uids[i]);
			if (ms_imap_run_fetch(b->im, command, take_message,
				take_piece, b, &no) < 0 &&
			    b->im->dead) {
				if (err != NULL)
					*err = no;
				return -1;
			}
		}
		if (b->fate[i] == TOLD) {
			refused = 0;
			continue;
		}
		refused++;
		b->fate[i] = TOLD;
		b->sink->failed(b->sink->ctx, b->uids[i], no.msg);
	}
	return 0;
}

int
ms_imap_fetch(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_sink *sink, struct ms_err *err)
{
	struct batch b = {.im = im, .sink = sink, .uids = uids};
	struct ms_buf command = {0};
	struct ms_err no = {0};
	int rc;

	*done = 0;
	if (count > MS_IMAP_BATCH)
		count = MS_IMAP_BATCH;
	b.fate = ms_xcalloc(count, 1); /* WAITING */
	ms_buf_add_str(&command, "UID FETCH ");
	b.n = add_set(&command, uids, b.fate, WAITING, count);
	ms_buf_add_str(&command, " " ATTRIBUTES);
	ms_spool_clear(&im->body);
	rc = ms_imap_run_fetch(
	    im, ms_buf_str(&command), take_message, take_piece, &b, &no);
	if (im->dead) {
		if (err != NULL)
			*err = no;
		goto out;
	}
	/* After a NO too: what did not come is asked for again. */
	rc = 0;
	if (memchr(b.fate, WAITING, b.n) != NULL) {
		rc = find_gone(&b, err);
		if (rc == 0)
			rc = fetch_rest(&b, err);
	}
	*done = b.n;
out:
	ms_buf_release(&command);
	free(b.fate);
	return rc;
}
