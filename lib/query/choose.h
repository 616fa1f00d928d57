/*
 * choose.h - which messages of a folder are meant: seen or not, how old, how
 * large. A pure judgement, and the SEARCH that narrows it down on the server.
 * ms-fetch(1), Messages. Layer: above query, imap.
 */
#ifndef MS_CHOOSE_H
#define MS_CHOOSE_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

/* {0} means every message. All conditions must hold. */
struct ms_choice {
	bool unseen, seen, flagged;
	bool unflagged; /* for deleting */
	bool has_since, has_before;
	bool by_date_field; /* dates: the Date field instead of INTERNALDATE */
	int64_t since;      /* at or after this moment */
	int64_t before;     /* before this moment */
	uint64_t larger;    /* more bytes than this; 0: any */
	uint64_t smaller;   /* fewer bytes than this; 0: any */
};

/*
 * Narrows it: the later since, the earlier before. text is a date as queries
 * have it (ms-query(7), Dates: 2024, 2024-03-01, 90d) or, for older, an age
 * (90d). now is what an age is counted from. MS_USAGE, naming option.
 */
int ms_choice_since(struct ms_choice *c, const char *text, int64_t now,
    const char *option, struct ms_err *err);
int ms_choice_before(struct ms_choice *c, const char *text, int64_t now,
    const char *option, struct ms_err *err);
int ms_choice_older(struct ms_choice *c, const char *age, int64_t now,
    const char *option, struct ms_err *err);
/* MS_USAGE if no message can meet it: seen and unseen, since behind before. */
int ms_choice_check(const struct ms_choice *c, struct ms_err *err);

/* Does it mean every message? */
bool ms_choice_all(const struct ms_choice *c);

/* What of a message counts. */
struct ms_attributes {
	const char *flags; /* as IMAP has them, `\Seen \Flagged`; NULL: unknown
			    */
	bool has_date, has_sent, has_size;
	int64_t date; /* INTERNALDATE */
	int64_t sent; /* the Date field */
	uint64_t size;
};

enum ms_chosen {
	MS_CHOSEN,
	MS_LEFT_OUT,
	MS_UNSURE /* what would have to be known is not: to be archived, but not
		     to be deleted */
};
/* *why receives a few words ("already seen", "no date"), never NULL. */
enum ms_chosen ms_choose(
    const struct ms_choice *c, const struct ms_attributes *a, const char **why);

/*
 * Appends SEARCH criteria (RFC 3501, 6.4.4) that everything meets that
 * ms_choose() may choose by what the server knows better than we: false,
 * nothing appended, if there are none. exact: what meets them is chosen, no
 * need to judge; else (days are as long as zones are wide) judge each.
 * The Date field is never searched for: each server reads it its own way.
 */
bool ms_choose_search(
    const struct ms_choice *c, struct ms_buf *out, bool *exact);
/* Does judging take the Date field, so ms_imap_heads()? */
bool ms_choose_needs_head(const struct ms_choice *c);

#endif
