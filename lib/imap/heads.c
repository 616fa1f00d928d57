/*
 * heads.c - fetches attributes of messages without their bodies: flags, date,
 * size and header. RFC 3501, 6.4.5; ms-archive(5), Identity.
 */
#include "imap.h"
#include "impl.h"

#include <string.h>

#include "mail.h"
#include "message-hasher.h"

/* One ms_imap_heads() or ms_imap_attributes(). */
struct heads {
	struct ms_imap_batch batch; /* first: libetpan's context is a batch */
	const struct ms_imap_head_sink *sink;
	struct ms_message_hasher *hasher; /* NULL: headers were not requested */
	struct ms_buf text; /* beginning of the header, for its Date field */
};

/* Is this BODY[HEADER] from its beginning? */
static bool
is_header(const struct mailimap_msg_att_body_section *s)
{
	const struct mailimap_section_spec *spec;

	if (s == NULL || s->sec_origin_octet != 0 || s->sec_section == NULL)
		return false;
	spec = s->sec_section->sec_spec;
	return spec != NULL &&
	       spec->sec_type == MAILIMAP_SECTION_SPEC_SECTION_MSGTEXT &&
	       spec->sec_data.sec_msgtext != NULL &&
	       spec->sec_data.sec_msgtext->sec_type ==
		   MAILIMAP_SECTION_MSGTEXT_HEADER;
}

static bool
handle_piece(int type, struct mailimap_msg_att_body_section *section,
    const char *p, size_t n, void *ctx)
{
	struct heads *h = ctx;
	size_t room = MS_HEAD_MAX - h->text.n;

	h->batch.im->text -= (int64_t)n;
	if (ms_imap_is_date(h->batch.im, type, section, p, n))
		return true;
	if (type != MAILIMAP_MSG_ATT_BODY_SECTION || !is_header(section) ||
	    h->hasher == NULL)
		return true;
	ms_message_hasher_add(h->hasher, (const unsigned char *)p, n);
	ms_buf_add(&h->text, p, n < room ? n : room);
	return true;
}

static void
hand_over(struct heads *h, struct ms_imap_attr *a)
{
	struct ms_imap_head out = {.uid = a->uid,
	    .has_date = a->has_date,
	    .has_size = a->has_size,
	    .flags_cut = a->flags_cut,
	    .date = a->date,
	    .size = a->size,
	    .flags = ms_buf_str(&a->flags),
	    .labels = a->has_labels ? ms_buf_str(&a->labels) : NULL};
	struct ms_identity id;
	struct ms_desc desc;
	struct ms_err err = {0};

	if (h->hasher != NULL) {
		ms_message_hasher_end(h->hasher, &id);
		memcpy(out.head, id.head, sizeof(out.head));
		out.has_head = true;
		ms_mail_describe(ms_buf_slice(&h->text), &desc);
		out.has_sent = (desc.bits & MS_DESC_DATE) != 0;
		out.sent = desc.date;
	}
	if (h->sink->head(h->sink->ctx, &out, &err) < 0)
		ms_imap_kill(h->batch.im, err.code, "%s", err.msg);
}

/*
 * Are all requested attributes there? If not, the answer only reports a change
 * of flags.
 */
static bool
complete(const struct heads *h, const struct ms_imap_attr *a,
    const struct mailimap_msg_att *att)
{
	unsigned headers, nils;

	if (h->hasher == NULL)
		return a->has_size && a->has_flags;
	headers = ms_imap_count_sections(att, is_header, &nils);
	return headers - nils == 1;
}

static void
handle_head(struct mailimap_msg_att *att, void *ctx)
{
	struct heads *h = ctx;
	struct ms_imap_attr a = {0};
	struct ms_identity void_id;

	h->batch.im->text = 0;
	ms_imap_attr_read(h->batch.im, &a, att);
	if (ms_imap_batch_due(&h->batch, complete(h, &a, att) ? a.uid : 0))
		hand_over(h, &a);
	else if (h->hasher != NULL)
		ms_message_hasher_end(
		    h->hasher, &void_id); /* it begins again */
	ms_buf_clear(&h->text);
	ms_imap_attr_release(&a);
}

static int
run(struct ms_imap *im, const char *more, struct ms_message_hasher *hasher,
    const uint32_t *uids, size_t count, size_t *done,
    const struct ms_imap_head_sink *sink, struct ms_err *err)
{
	struct heads h = {.sink = sink, .hasher = hasher};
	struct ms_buf what = {0};
	int rc;

	ms_buf_add_byte(&what, '(');
	ms_imap_attr_ask(im, &what);
	ms_buf_printf(&what, "%s)", more);
	h.batch = (struct ms_imap_batch){.im = im,
	    .what = ms_buf_str(&what),
	    .att = handle_head,
	    .body = handle_piece,
	    .failed = sink->failed,
	    .expunged = sink->expunged,
	    .ctx = sink->ctx};
	rc = ms_imap_batch_run(&h.batch, uids, count, done, err);
	ms_buf_release(&what);
	ms_buf_release(&h.text);
	return rc;
}

int
ms_imap_heads(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err)
{
	struct ms_message_hasher *hasher = ms_message_hasher_new();
	int rc =
	    run(im, " BODY.PEEK[HEADER]", hasher, uids, count, done, sink, err);

	ms_message_hasher_free(hasher);
	return rc;
}

int
ms_imap_attributes(struct ms_imap *im, const uint32_t *uids, size_t count,
    size_t *done, const struct ms_imap_head_sink *sink, struct ms_err *err)
{
	return run(im, "", NULL, uids, count, done, sink, err);
}
