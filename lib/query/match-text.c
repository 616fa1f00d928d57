/* match-text.c - evaluates the terms that search the header. ms-query(7), Text.
 */
#include "impl.h"
#include "fold.h"

#include <string.h>

#define RECIPIENT_FIELDS                                                       \
	"to cc bcc resent-to resent-cc resent-bcc delivered-to "               \
	"x-original-to envelope-to apparently-to"
#define LIST_FIELDS "list-id list-post mailing-list x-mailing-list x-beenthere"

static bool
contains(const struct ms_buf *key, const char *part, size_t n)
{
	return key->n >= n && memmem(key->p, key->n, part, n) != NULL;
}

/* Does the text of a field contain the text of the term? */
static bool
finds(struct ms_matcher *m, struct ms_slice text, const struct ms_query_node *t)
{
	ms_buf_clear(&m->key);
	ms_text_fold(text, &m->key);
	if (contains(&m->key, t->value, t->n))
		return true;
	if (t->address == NULL)
		return false;
	ms_buf_clear(&m->address);
	ms_mail_address_text(text, &m->address);
	ms_buf_clear(&m->key);
	ms_text_fold(ms_buf_slice(&m->address), &m->key);
	return contains(&m->key, t->address, t->address_n);
}

int
ms_match_load_header(struct ms_matcher *m, const struct ms_row *row)
{
	int rc;

	if (m->header_of == row->message)
		return 0;
	m->header_of = 0;
	ms_buf_clear(&m->header);
	rc = ms_archive_header(
	    m->a, row->message, row->id, &m->header, &m->damage);
	if (rc < 0)
		return -1;
	m->header_of = row->message;
	m->header_cut = rc == 1;
	return 0;
}

static void
decode(
    const struct ms_query_node *t, struct ms_slice header, struct ms_buf *out)
{
	static const enum ms_mail_field fields[] = {
	    MS_MAIL_FROM, MS_MAIL_RECIPIENTS, MS_MAIL_SUBJECT};
	static const char *const names[] = {
	    "cc", "bcc", RECIPIENT_FIELDS, LIST_FIELDS};

	ms_buf_clear(out);
	if (t->field <= MS_QUERY_SUBJECT)
		ms_mail_decode(header, fields[t->field - MS_QUERY_FROM], out);
	else
		ms_mail_decode_named(
		    header, names[t->field - MS_QUERY_CC], out);
}

/* Searches the field in the header. */
static enum ms_verdict
match_header(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	if (ms_match_load_header(m, row) < 0)
		return MS_MAYBE;
	decode(t, ms_buf_slice(&m->header), &m->text);
	if (finds(m, ms_buf_slice(&m->text), t))
		return MS_YES;
	if (!m->header_cut)
		return MS_NO;
	ms_archive_header_cut(&m->damage);
	return MS_MAYBE;
}

/* Searches the beginning of a field, which the index has. It decides unless the
 * field is longer or was not decoded. */
static enum ms_verdict
match_indexed(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	static const int cut[] = {
	    MS_DESC_FROM_CUT, MS_DESC_TO_CUT, MS_DESC_SUBJECT_CUT};
	const struct ms_desc *d = &row->desc;
	const struct ms_desc_field *f[] = {&d->from, &d->to, &d->subject};
	int i = (int)t->field - MS_QUERY_FROM;

	if (t->field > MS_QUERY_SUBJECT || (d->bits & MS_DESC_PARTIAL) != 0)
		return MS_MAYBE;
	if (finds(m, (struct ms_slice){(const unsigned char *)f[i]->s, f[i]->n},
		t))
		return MS_YES;
	return (d->bits & cut[i]) == 0 ? MS_NO : MS_MAYBE;
}

/* Compares the Message-ID. */
static enum ms_verdict
match_msgid(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row)
{
	struct ms_slice body = {0};

	if (ms_match_load_header(m, row) < 0)
		return MS_MAYBE;
	ms_buf_clear(&m->text);
	if (ms_mail_find(ms_buf_slice(&m->header), "message-id", &body))
		ms_mail_first_id(body, &m->text);
	if (m->text.n == t->n && memcmp(m->text.p, t->value, t->n) == 0)
		return MS_YES;
	if (!m->header_cut || body.p != NULL)
		return MS_NO;
	ms_archive_header_cut(&m->damage);
	return MS_MAYBE;
}

enum ms_verdict
ms_match_text(struct ms_matcher *m, const struct ms_query_node *t,
    const struct ms_row *row, enum ms_match_level level)
{
	if (level == MS_MATCH_ROW)
		return match_indexed(m, t, row);
	if (level != MS_MATCH_HEADER)
		return MS_MAYBE; /* it is damaged */
	return t->field == MS_QUERY_MSGID ? match_msgid(m, t, row)
					  : match_header(m, t, row);
}
