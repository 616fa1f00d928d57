/* stored.h - for tests that need an archive with messages: stores them. */
#ifndef STORED_H
#define STORED_H
#include <string.h>

#include "ingest.h"
#include "tap.h"

#define SOURCE "imap://a@h/"

static struct ms_ingest *in;
static struct ms_dest *dest; /* of the next messages */

/* For ms_ingest_new(): each message must be stored. */
static inline void
store_result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)ctx;
	if (d->outcome == MS_OUTCOME_FAILED)
		ok(false, "%.*s: %s", (int)where.n, (const char *)where.p,
		    d->err->msg);
}

/* Stores a message with this place, and with the attribute email-id or NULL. */
static inline void
store_with(const char *place, const char *text, const char *email_id)
{
	struct ms_spec spec = {
	    .dest = dest, .place = place, .email_id = email_id, .where = place};
	struct ms_err err = {0};

	if (ms_ingest_begin(in, &spec, &err) < 0 ||
	    ms_ingest_data(
		in, (const unsigned char *)text, strlen(text), &err) < 0 ||
	    ms_ingest_end(in, &err) < 0)
		ok(false, "%s: %s", place, err.msg);
}

static inline void
store(const char *place, const char *text)
{
	store_with(place, text, NULL);
}

#endif
