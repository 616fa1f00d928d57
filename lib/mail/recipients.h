/*
 * recipients.h - who sent and received a message, by its header: the trusted
 * envelope headers, or From, To and the like. ms-ingest(1), Assignment. Layer:
 * above parties, mail.
 */
#ifndef MS_RECIPIENTS_H
#define MS_RECIPIENTS_H
#include "address-set.h"
#include "parties.h"

struct ms_recipient_rules {
	/* The names of header fields that the own mail server writes, in any
	 * case; they outlive the lists. Return-Path, and a name that ends with
	 * "-From" or "-Sender", gives the sender; the others, recipients. */
	const char *const *envelope;
	size_t envelope_n;
	unsigned trusted_hop; /* they count above the Nth Received; 0 is 1 */
	const struct ms_address_set *own; /* belong to no user; may be NULL */
};

/*
 * ms_recipients_add() completes a list of parties by a header. If the list has
 * a recipient that is no own address (from a journal report, or from LMTP), the
 * header adds no recipients; the same for senders. Otherwise the envelope
 * headers are added. If these are missing or name only own addresses, the
 * fields of the message itself are added: To, Cc, Bcc and their Resent- forms
 * for recipients, From and Sender for senders. Resent-From and Resent-Sender
 * are senders unless the recipients are those of an envelope.
 *   header   up to its empty line or its end; what follows is ignored
 * The `why` of a party is the name of the field. The time is linear.
 */
void ms_recipients_add(struct ms_slice header,
    const struct ms_recipient_rules *rules, struct ms_parties *p);

/* Has the list a party of this role that is no own address? */
bool ms_recipients_has(const struct ms_parties *p, enum ms_party_role role,
    const struct ms_address_set *own);

/*
 * The part of a header that the trusted hops have written: the fields above the
 * Nth Received. If there are fewer, those above the last one; if there is none,
 * nothing, because the sender may have written all.
 */
struct ms_slice ms_trusted_part(struct ms_slice header, unsigned hop);

#endif
