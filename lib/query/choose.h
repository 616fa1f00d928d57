/*
 * choose.h - chooses messages of a folder by their flags, date and size, here
 * or, by SEARCH, on the server. ms-fetch(1), Messages. Layer: above query.
 */
#ifndef MS_CHOOSE_H
#define MS_CHOOSE_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

/* The conditions, all of which must hold. {0} chooses every message. */
struct ms_choice {
	bool unseen, seen, flagged;
	bool unflagged; /* for deleting */
	bool has_since, has_before;
	bool by_date_field; /* dates are of the Date field, not INTERNALDATE */
	/* With by_date_field: the date of arrival must meet the conditions too,
	 * because the sender alone writes the Date field. */
	bool arrival_agrees;
	int64_t since;    /* at or after this moment */
	int64_t before;   /* before this moment */
	uint64_t larger;  /* more bytes than this; 0: no condition */
	uint64_t smaller; /* fewer bytes than this; 0: no condition */
};

/*
 * These functions add a condition; of several, the latest since and the
 * earliest before hold.
 *   text     a date as in queries (ms-query(7), Dates: 2024, 2024-03-01, 90d)
 *   age      an age (90d)
 *   now      seconds; the moment from which an age is counted
 * Errors: MS_USAGE.
 */
int ms_choice_since(
    struct ms_choice *c, const char *text, int64_t now, struct ms_err *err);
int ms_choice_before(
    struct ms_choice *c, const char *text, int64_t now, struct ms_err *err);
int ms_choice_older(
    struct ms_choice *c, const char *age, int64_t now, struct ms_err *err);
/* MS_USAGE if no message can match: seen and unseen, since after before. */
int ms_choice_check(const struct ms_choice *c, struct ms_err *err);

/* Does the choice match every message? */
bool ms_choice_all(const struct ms_choice *c);

/* The attributes of a message that a choice is about. */
struct ms_attributes {
	const char *flags; /* `\Seen \Flagged`, as in IMAP; NULL: unknown */
	bool has_date, has_sent, has_received, has_size;
	int64_t date;     /* INTERNALDATE */
	int64_t sent;     /* the Date field */
	int64_t received; /* the top Received field, where no INTERNALDATE is */
	uint64_t size;
};

enum ms_chosen {
	MS_CHOSEN,
	MS_LEFT_OUT,
	MS_UNSURE /* an attribute is unknown: the message is archived, but not
		     deleted */
};
/* *why receives a few words ("not seen", "date is unknown"), never NULL. */
enum ms_chosen ms_choose(
    const struct ms_choice *c, const struct ms_attributes *a, const char **why);

/*
 * ms_choose_search() appends SEARCH criteria (RFC 3501, 6.4.4) that every
 * message meets which ms_choose() may choose.
 *   exact   receives whether the messages that meet the criteria are exactly
 *           the chosen ones. If not (a server compares days in its own time
 *           zone), ms_choose() decides about each message.
 * Returns false, and appends nothing, if there are no criteria. The Date field
 * is never searched, because each server parses it in a different way.
 */
bool ms_choose_search(
    const struct ms_choice *c, struct ms_buf *out, bool *exact);
/* Does the choice need the Date field, and therefore the header? */
bool ms_choose_needs_head(const struct ms_choice *c);

#endif
