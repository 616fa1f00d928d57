/*
 * parties.h - the senders and recipients of a message: addresses, and the field
 * or line that names each. Header fields, the envelope of a journal report and
 * the recipients of LMTP all become such a list, by which users get their mail.
 * ms-ingest(1), Assignment. Layer: above buf.
 */
#ifndef MS_PARTIES_H
#define MS_PARTIES_H
#include "buf.h"

/* A message has no more parties; the others are counted in `dropped`. */
#define MS_PARTIES_MAX 20000

enum ms_party_role {
	MS_PARTY_SENDER,
	MS_PARTY_RECIPIENT
};

struct ms_party {
	enum ms_party_role role;
	const char *address; /* as it was written, without <> */
	const char *why;     /* "To", "Delivered-To", "Bcc of a report" ... */
};

/* {0} is empty. */
struct ms_parties {
	struct ms_buf text; /* the addresses and reasons */
	struct ms_buf rows; /* where they are in it */
	size_t n, dropped;
};

/*
 * ms_parties_add() adds an address; the slice is copied. `why` must outlive the
 * list. An empty address, one of more than MS_ADDRESS_MAX bytes (mail.h), or
 * one with controls is not added. Equal addresses may be added repeatedly.
 */
void ms_parties_add(struct ms_parties *p, enum ms_party_role role,
    struct ms_slice address, const char *why);
/* The ith of p->n parties; its strings are valid until one is added. */
struct ms_party ms_parties_at(const struct ms_parties *p, size_t i);
/* Removes the parties and keeps the memory. */
void ms_parties_clear(struct ms_parties *p);
void ms_parties_release(struct ms_parties *p);

#endif
