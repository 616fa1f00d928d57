/*
 * unwrap.h - messages that can be journal reports: which ones count, and what
 * is archived of them. ms-ingest(1), Assignment.
 */
#ifndef INGEST_UNWRAP_H
#define INGEST_UNWRAP_H
#include "journal.h"
#include "recipients.h"

struct unwrap_rules {
	bool all;                      /* --journal */
	struct ms_address_set senders; /* --journal-sender */
	const struct ms_recipient_rules *headers;
};

struct unwrap;

/* The rules are borrowed. */
struct unwrap *unwrap_new(const struct unwrap_rules *rules);
void unwrap_free(struct unwrap *u);

/* Can this message be a report that counts? Anybody can write the report, but
 * not what is above the trusted hop, nor what the LMTP session has named as its
 * sender (NULL: there is no session). */
bool unwrap_counts(
    const struct unwrap *u, struct ms_slice header, const char *return_path);

/*
 * A message that can be a report is read whole before anything is known of it:
 * unwrap_begin(), any number of unwrap_add(), whose type is ms_emit_fn, and
 * unwrap_end(). The bytes are in a spool. The errors are those of
 * ms_spool_add() and ms_spool_emit().
 */
void unwrap_begin(struct unwrap *u);
int unwrap_add(
    void *unwrap, const unsigned char *p, size_t n, struct ms_err *err);
int unwrap_end(struct unwrap *u, struct ms_err *err);

/*
 * What the message is. *why is the reason if it is broken, else NULL. A report
 * to own addresses alone, whose original is a report that counts in the same
 * way, is that report.
 */
enum ms_journal_kind unwrap_kind(const struct unwrap *u, const char **why);

/* The number of messages to archive: the originals of a whole report; otherwise
 * 1, the message itself. */
size_t unwrap_count(const struct unwrap *u);
/*
 * Appends the senders and recipients of the ith message. Those of an ordinary
 * message are left to the caller: nothing is appended. Those of a broken report
 * are only what its lines say.
 */
int unwrap_parties(
    struct unwrap *u, size_t i, struct ms_parties *out, struct ms_err *err);
/* Emits the bytes of the ith message. */
int unwrap_emit(struct unwrap *u, size_t i, ms_emit_fn *emit, void *ctx,
    struct ms_err *err);
/* Emits the bytes of the message as it came. */
int unwrap_emit_report(
    struct unwrap *u, ms_emit_fn *emit, void *ctx, struct ms_err *err);

#endif
