/*
 * fetch.c - fetches messages: libetpan passes on each piece of a body and, at
 * the end of the answer, the attributes. RFC 3501, 6.4.5 and 7.4.2.
 */
#include "imap.h"
#include "impl.h"

#include "message-hasher.h"

/* One ms_imap_fetch(). */
struct fetch {
	struct ms_imap_batch batch; /* first: libetpan's context is a batch */
	const struct ms_imap_sink *sink;
	bool spoiled; /* set if the body cannot be stored */
	struct ms_err why;
};

/* Is this BODY[] from its beginning? libetpan has no section for that. */
static bool
whole(const struct mailimap_msg_att_body_section *s)
{
	return s != NULL && s->sec_origin_octet == 0 &&
	       (s->sec_section == NULL || s->sec_section->sec_spec == NULL);
}

/* A piece of a body, or of data that was not requested. */
static bool
handle_piece(int type, struct mailimap_msg_att_body_section *section,
    const char *p, size_t n, void *ctx)
{
	struct fetch *f = ctx;
	struct ms_imap *im = f->batch.im;

	im->text -= (int64_t)n;
	if (ms_imap_is_date(im, type, section, p, n))
		return true;
	if (type != MAILIMAP_MSG_ATT_BODY_SECTION || !whole(section) ||
	    f->spoiled)
		return true;
	if (ms_spool_size(&im->body) + n > MS_MESSAGE_MAX) {
		f->spoiled = true;
		ms_fail(&f->why, MS_DATA, "larger than %llu bytes",
		    (unsigned long long)MS_MESSAGE_MAX);
	} else if (ms_spool_add(&im->body, p, n, &f->why) < 0) {
		f->spoiled = true;
	}
	return true;
}

/* Passes on a complete message. */
static void
hand_over(struct fetch *f, struct ms_imap_attr *a)
{
	struct ms_imap *im = f->batch.im;
	struct ms_imap_message m = {.uid = a->uid,
	    .has_date = a->has_date,
	    .has_size = a->has_size,
	    .flags_cut = a->flags_cut,
	    .date = a->date,
	    .size = a->size,
	    .flags = ms_buf_str(&a->flags),
	    .labels = a->has_labels ? ms_buf_str(&a->labels) : NULL,
	    .body = &im->body};
	struct ms_err err = {0};

	if (f->sink->message(f->sink->ctx, &m, &err) < 0)
		ms_imap_kill(im, err.code, "%s", err.msg);
}

/* The end of an answer: the body, if there is one, is in the spool. */
static void
handle_message(struct mailimap_msg_att *att, void *ctx)
{
	struct fetch *f = ctx;
	struct ms_imap *im = f->batch.im;
	struct ms_imap_attr a = {0};
	unsigned bodies, nils;

	im->text = 0;
	ms_imap_attr_read(im, &a, att);
	bodies = ms_imap_count_sections(att, whole, &nils);
	if (!ms_imap_batch_due(&f->batch, bodies > 0 ? a.uid : 0))
		;
	else if (bodies > 1 || nils > 0 || f->spoiled)
		f->sink->failed(f->sink->ctx, a.uid,
		    bodies > 1 ? "the server sends two bodies"
		    : nils > 0 ? "the server sends no body (NIL)"
			       : f->why.msg);
	else
		hand_over(f, &a);
	ms_imap_attr_release(&a);
	ms_spool_clear(&im->body);
	f->spoiled = false;
}

int
ms_imap_fetch(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_sink *sink, struct ms_err *err)
{
	struct fetch f = {.sink = sink};
	struct ms_buf what = {0};
	int rc;

	ms_buf_add_byte(&what, '(');
	ms_imap_attr_ask(im, &what);
	ms_buf_add_str(&what, " BODY.PEEK[])");
	f.batch = (struct ms_imap_batch){.im = im,
	    .what = ms_buf_str(&what),
	    .att = handle_message,
	    .body = handle_piece,
	    .failed = sink->failed,
	    .expunged = sink->expunged,
	    .ctx = sink->ctx};
	ms_spool_clear(&im->body);
	rc = ms_imap_batch_run(&f.batch, uids, count, done, err);
	ms_buf_release(&what);
	return rc;
}
