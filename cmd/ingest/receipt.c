/* receipt.c - records that a message of a mailbox was assigned.
 * ms-archive(5), RECEIPT. */
#include "receipt.h"

#include <stdlib.h>
#include <string.h>

#include "assigner.h"
#include "listing.h"
#include "mail.h"
#include "message-hasher.h"

struct receipt {
	bool wanted, refused;
	struct ms_message_hasher *hasher, *part;
	struct ms_given given;
	/* The occurrences, as for ms_ingest_receipt(). The id of what the
	 * source gave is not known yet: "". */
	struct ms_buf who;
};

void
receipt_free(struct receipt *rc)
{
	if (rc == NULL)
		return;
	ms_message_hasher_free(rc->hasher);
	ms_message_hasher_free(rc->part);
	ms_buf_release(&rc->who);
	free(rc);
}

void
receipt_begin(
    struct run *r, const struct ms_dest *mailbox, struct ms_slice header)
{
	struct ms_identity unused;
	struct receipt *rc = r->receipt;

	if (rc == NULL) {
		rc = r->receipt = ms_xcalloc(1, sizeof(*rc));
		rc->hasher = ms_message_hasher_new();
		rc->part = ms_message_hasher_new();
	}
	/* The message before may have ended early. */
	ms_message_hasher_end(rc->hasher, &unused);
	ms_message_hasher_end(rc->part, &unused);
	/* Mail from files and by LMTP has no place at its source. */
	rc->wanted = r->dry == NULL && r->lmtp == NULL &&
		     !ms_source_is_local(mailbox->source);
	rc->refused = false;
	ms_buf_clear(&rc->who);
	if (!rc->wanted)
		return;
	ms_header_top(header, rc->given.top);
	header.n = ms_mail_header_length(header.p, header.n);
	rc->given.identifies = ms_mail_identifies(header);
}

static bool
is_wanted(const struct run *r)
{
	return r->receipt != NULL && r->receipt->wanted;
}

void
receipt_given(struct run *r, const unsigned char *p, size_t n)
{
	if (is_wanted(r))
		ms_message_hasher_add(r->receipt->hasher, p, n);
}

void
receipt_also(struct run *r, const unsigned char id[MS_SHA_LEN],
    const char *user, const char *folder)
{
	char hex[MS_SHA_HEX + 1] = "";

	if (!is_wanted(r))
		return;
	if (id != NULL)
		ms_hex(id, MS_SHA_LEN, hex);
	ms_buf_add(&r->receipt->who, hex, strlen(hex) + 1);
	ms_buf_add(&r->receipt->who, user, strlen(user) + 1);
	ms_buf_add(&r->receipt->who, folder, strlen(folder) + 1);
}

void
receipt_users(struct run *r, const unsigned char id[MS_SHA_LEN])
{
	const struct ms_slice who = assigner_users(r->assigner);
	const char *user, *folder = NULL;

	while ((user = ms_list_next(who, folder)) != NULL) {
		folder = ms_list_next(who, user);
		receipt_also(r, id, user, folder);
	}
}

void
receipt_part(struct run *r, const unsigned char *p, size_t n)
{
	if (is_wanted(r))
		ms_message_hasher_add(r->receipt->part, p, n);
}

void
receipt_part_users(struct run *r)
{
	struct ms_identity identity;

	if (!is_wanted(r))
		return;
	ms_message_hasher_end(r->receipt->part, &identity);
	receipt_users(r, identity.id);
}

void
receipt_refuse(struct run *r)
{
	if (is_wanted(r))
		r->receipt->refused = true;
}

/* Fills in the id of what the source gave. */
static void
complete(const struct receipt *rc, struct ms_buf *out)
{
	const struct ms_slice who = ms_buf_slice(&rc->who);
	char hex[MS_SHA_HEX + 1];
	const char *s = NULL;
	size_t i;

	ms_hex(rc->given.id, MS_SHA_LEN, hex);
	for (i = 0; (s = ms_list_next(who, s)) != NULL; i++)
		if (i % 3 == 0 && *s == '\0')
			ms_buf_add(out, hex, sizeof(hex));
		else
			ms_buf_add(out, s, strlen(s) + 1);
}

int
receipt_end(struct run *r, struct ms_dest *mailbox, const struct ms_arrival *m,
    struct ms_err *err)
{
	const struct ms_spec spec = {.dest = mailbox,
	    .place = m->env.value[MS_ATTR_UID],
	    .flags = m->env.value[MS_ATTR_FLAGS],
	    .email_id = m->env.value[MS_ATTR_EMAIL_ID],
	    .where = m->where};
	struct receipt *rc = r->receipt;
	struct ms_identity identity;
	struct ms_buf who = {0};
	int got;

	if (!is_wanted(r) || rc->refused || rc->who.n == 0)
		return 0;
	ms_message_hasher_end(rc->hasher, &identity);
	memcpy(rc->given.id, identity.id, MS_SHA_LEN);
	memcpy(rc->given.head, identity.head, MS_SHA_LEN);
	rc->given.size = identity.size;
	rc->wanted = false;
	complete(rc, &who);
	got = ms_ingest_receipt(
	    r->ingest, &spec, &rc->given, ms_buf_slice(&who), err);
	ms_buf_release(&who);
	return got;
}
