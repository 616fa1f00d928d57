/*
 * dates.h - the two dates of a message: when it was sent and when it arrived,
 * by what its header and its source say. ms-archive(5), Dates.
 * Layer: above mail.
 */
#ifndef MS_DATES_H
#define MS_DATES_H
#include "mail.h"

/* Where a raw date comes from. The numbers are stored. */
enum ms_raw_kind {
	MS_RAW_UNSTATED, /* by version 0.1, which kept no kind */
	MS_RAW_INTERNALDATE,
	MS_RAW_FROM_LINE,
	MS_RAW_THUNDERBIRD, /* a From_ line that Thunderbird wrote */
	MS_RAW_MTIME,       /* of a file in a Maildir */
	MS_RAW_FILE,        /* the mtime of another file */
	MS_RAW_NONE,
	MS_RAW_KINDS
};

/* What a source said about the date of a message. {0, MS_RAW_NONE}: nothing. */
struct ms_raw_date {
	int64_t date; /* seconds since the epoch; 0 for MS_RAW_NONE */
	uint8_t kind; /* enum ms_raw_kind */
};

/*
 * Is this a date at all, and not what programs write that know none: the epoch
 * or, except for an INTERNALDATE, the time near it, the first day of DOS, and
 * the constant of git format-patch?
 */
bool ms_raw_is_date(struct ms_raw_date raw);
/*
 * The kind of a date without a stated kind.
 *   source   the URL of its source; NULL: a stream names none
 * Version 0.1 had the INTERNALDATE only of IMAP servers. Where a source gave no
 * date, it took the Date field, which the sender wrote.
 */
enum ms_raw_kind ms_raw_unstated(const char *source);

/* Both dates; sent and arrived are 0 if none is known. */
struct ms_dates {
	bool known;
	int64_t sent, arrived;
};
/* desc: of the header; only its dates are used. MS_RAW_UNSTATED counts as
 * MS_RAW_MTIME. */
struct ms_dates ms_dates_of(const struct ms_desc *desc, struct ms_raw_date raw);

#define MS_RAW_TEXT 40 /* bytes of a raw date as text, with its NUL */
/*
 * A raw date as text, the attribute raw-date of ms-stream(5): its kind and, if
 * that is not `none`, the date. MS_RAW_UNSTATED has no text. Parsing returns
 * false, with *out unchanged, for any other text.
 */
void ms_raw_format(struct ms_raw_date raw, char out[MS_RAW_TEXT]);
bool ms_raw_parse(const char *text, struct ms_raw_date *out);

#endif
