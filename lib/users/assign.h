/*
 * assign.h - which users get a message: those whose addresses its senders and
 * recipients have. ms-ingest(1), Assignment. Layer: above account.
 */
#ifndef MS_ASSIGN_H
#define MS_ASSIGN_H
#include "account.h"
#include "address-set.h"
#include "parties.h"

#define MS_MULTIDROP "@multidrop" /* the user of a multidrop mailbox itself */
#define MS_SENT_PATTERN "{address}/Sent Items"
#define MS_RECEIVED_PATTERN "{address}/Inbox"
#define MS_UNKNOWN_FOLDER "Unknown E-mail Addresses"
#define MS_PATTERN_MAX 1024 /* bytes */

struct ms_assign_rules {
	/* Folders of messages that a user sent or received; {address} is the
	 * primary address of the user. */
	const char *sent, *received;
	const struct ms_address_set *own; /* belong to no user; may be NULL */
};

/* A user who gets the message. Strings belong to the assignment. */
struct ms_assigned {
	const char *user, *folder;
	uint64_t number; /* of the user */
	bool sent;
	const char *address; /* that has matched, as it was written */
	const char *why;     /* of the party */
};

/* {0} is empty. */
struct ms_assignment {
	struct ms_buf rows, text;
	size_t n;
};

/*
 * ms_assign() finds the users of a message in the index, as it is now: what
 * another process changes counts for the next message. Addresses are compared
 * by ms_utf8_address_key(). An address is looked up as it is, then with its
 * domain replaced by the setting alias-domains, then without the tag of a
 * sub-address, in both ways. A disabled user gets mail; the addresses of
 * deleted users, and of those who have vanished from their directory, are
 * unknown.
 *   out   receives each user once per folder, in the order of the parties; none
 *         if no address is known
 * The function returns 0, or -1 with err set: the archive cannot be read.
 */
int ms_assign(struct ms_archive *a, const struct ms_parties *p,
    const struct ms_assign_rules *rules, struct ms_assignment *out,
    struct ms_err *err);
/* The ith of as->n users; valid until the assignment changes. */
struct ms_assigned ms_assigned_at(const struct ms_assignment *as, size_t i);
void ms_assignment_release(struct ms_assignment *as);

/* MS_USAGE: not a pattern: empty, too long, not UTF-8, or with another name in
 * braces than {address}. */
int ms_assign_pattern_ok(const char *pattern, struct ms_err *err);

/*
 * Checks the setting alias-domains, "old.example=new.example ..." (words
 * separated by commas or blanks), and appends it as a list (ms_list_next()) of
 * such words. MS_USAGE.
 */
int ms_alias_domains_parse(
    const char *text, struct ms_buf *list, struct ms_err *err);

#endif
