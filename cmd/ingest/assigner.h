/*
 * assigner.h - gives a message to the users whose addresses it has, or to those
 * who get unknown mail: ms-ingest(1), Assignment. Part of ms-ingest.
 */
#ifndef INGEST_ASSIGNER_H
#define INGEST_ASSIGNER_H
#include "ingest.h"
#include "opt.h"
#include "recipients.h"
#include "source.h"

/* Bytes of a header in which addresses are looked for. */
#define ASSIGNER_HEADER_MAX (4 * 1024 * 1024)

/* The options. */
struct assigner_options {
	bool on;        /* --assign */
	bool by_folder; /* --user-from-folder, which needs --unknown, too */
	struct ms_opt_list envelope, own;
	uint64_t trusted_hop; /* 0: not given */
	const char *sent, *received, *unknown;
	bool journal, keep_reports;
	struct ms_opt_list journal_senders;
	bool json; /* a dry run prints JSON */
};

/* Checks the options. MS_USAGE: one is wrong, or needs --assign. */
int assigner_options_check(
    const struct assigner_options *o, struct ms_err *err);
void assigner_options_release(struct assigner_options *o);

/*
 * Reads --unknown. *user receives who gets such mail; NULL: it is left out.
 * MS_USAGE: no user has this name.
 */
int assigner_find_unknown(struct ms_archive *a, const char *unknown,
    const char **user, struct ms_err *err);

struct assigner;
struct run;
struct unwrap;

/* o is borrowed. MS_USAGE: --unknown names a user who does not exist. */
int assigner_new(struct assigner **out, struct ms_archive *a,
    const struct assigner_options *o, struct ms_err *err);
void assigner_free(struct assigner *as);
const struct ms_recipient_rules *assigner_rules(const struct assigner *as);
/* The reader of journal reports, or NULL if none of them counts. */
struct unwrap *assigner_unwrap(const struct assigner *as);

/*
 * A message is assigned by these calls, in this order:
 *
 * assigner_parties() returns the list of its parties, which is empty. A rule
 * before the rules of the header (a journal report, the recipients of LMTP)
 * adds its parties. assigner_add_session() adds the recipients of the LMTP
 * session, if there is one.
 *
 * assigner_decide() completes the list by the header, and decides who gets the
 * message. 0; -1: the archive cannot be read.
 *
 * assigner_leaves(): no user gets it, because its addresses are unknown and
 * --unknown is leave. assigner_leave() then reports that it is left out.
 *
 * assigner_may(): is the user of --as allowed to give it to all of these users?
 * MS_AUTH. A message that no user gets is not allowed for this user
 * either. assigner_refuses() reports the message as a failure if it is
 * not allowed.
 *
 * assigner_begin() begins it in the pipeline for all of these users, as
 * ms_ingest_begin(); the caller adds the bytes and ends or drops the message.
 * assigner_print() prints the decision instead (-n).
 *
 *   mailbox   where the message was found; it counts there
 *   where     names it in reports
 */
struct ms_parties *assigner_parties(struct assigner *as);
void assigner_add_session(struct run *r);
int assigner_decide(
    struct assigner *as, struct ms_slice header, struct ms_err *err);
bool assigner_leaves(const struct assigner *as);
void assigner_leave(
    struct run *r, const struct ms_dest *mailbox, const char *where);
int assigner_may(struct run *r, struct ms_err *err);
bool assigner_refuses(
    struct run *r, const struct ms_dest *mailbox, const char *where);
int assigner_begin(struct run *r, struct ms_dest *mailbox,
    struct ms_raw_date raw, const char *where, struct ms_err *err);
void assigner_print(const struct run *r, const char *where);

/* Did the message have too many parties? */
bool assigner_dropped(const struct assigner *as);

/* The users of the last decision: the user and the folder of each, texts that
 * end with a NUL. Valid until the next decision. */
struct ms_slice assigner_users(const struct assigner *as);

/* Adds a message of an input, as run_add_message() does. */
int assigner_message(struct run *r, struct ms_source *src,
    const struct ms_arrival *m, struct ms_dest *mailbox, uint64_t *whole,
    struct ms_err *err);

#endif
