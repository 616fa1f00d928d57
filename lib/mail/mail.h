/*
 * mail.h - what a header says to people: addresses, subject and date, decoded
 * to UTF-8. For showing and searching only; nothing here takes part in
 * keeping mail. RFC 5322, RFC 2047, RFC 6532; departures: ms-quirks(7).
 * Layer: above buf.
 */
#ifndef MS_MAIL_H
#define MS_MAIL_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_DESC_LEN 60 /* bytes kept of a field in the index */

/* A field as the index keeps it: whole characters of UTF-8, no NUL at the end.
 */
struct ms_desc_field {
	uint8_t n;
	char s[MS_DESC_LEN];
};

enum {
	MS_DESC_FROM_CUT = 1, /* the field has more than is kept */
	MS_DESC_TO_CUT = 2,
	MS_DESC_SUBJECT_CUT = 4,
	MS_DESC_FROM_RAW = 8, /* ms_mail_raw() is not UTF-8: approximated */
	MS_DESC_TO_RAW = 16,
	MS_DESC_SUBJECT_RAW = 32,
	MS_DESC_DATE = 64 /* date holds the Date field */
};

struct ms_desc {
	int64_t date; /* seconds since the epoch; 0 without MS_DESC_DATE */
	uint8_t bits;
	struct ms_desc_field from, to, subject;
};

/*
 * Describes a header, with either kind of line end, through its empty line or
 * to its end. From, Subject and Date are the first field of that name; to is
 * every To, Cc and Bcc in the order they stand, by ", ". A From_ line and
 * lines without a colon are passed over. Never fails: what can't be understood
 * is kept as it is, or left empty. Linear in header.n; may be called by
 * several threads at once.
 */
void ms_mail_describe(struct ms_slice header, struct ms_desc *out);

/*
 * The same fields, whole. Appends UTF-8 to out: encoded words decoded, runs of
 * blanks, line ends and controls (C0, C1, DEL, U+2028, U+2029) as one blank,
 * none at the ends. Bytes that are not UTF-8 are taken as windows-1252. What
 * ms_mail_describe() keeps is a prefix of this.
 */
enum ms_mail_field {
	MS_MAIL_FROM,
	MS_MAIL_TO,
	MS_MAIL_SUBJECT
};
void ms_mail_decode(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);
/* The field's bytes as they stand, unfolded, without blanks at the ends. */
void ms_mail_raw(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);

#define MS_ADDRESS_MAX 320 /* bytes of an address; longer is none */

/*
 * Appends the first bare address of From, else Sender, else Return-Path:
 * 1..MS_ADDRESS_MAX bytes of UTF-8 without blanks and controls; or nothing.
 */
void ms_mail_sender(struct ms_slice header, struct ms_buf *out);

/* Where the header ends: the bytes through its empty line, or n. */
size_t ms_mail_header_length(const unsigned char *p, size_t n);

/*
 * A date as mail writes it: RFC 5322, 3.3 and 4.3, asctime, INTERNALDATE,
 * ISO 8601, with comments and junk around it. No zone, or one nobody knows,
 * is UTC; no time is midnight. False, out untouched: no date in it, or one
 * that no calendar has (30 Feb, 25:00), or a year before MS_YEAR_FIRST.
 */
#define MS_YEAR_FIRST 1900 /* RFC 5322, 3.3 */
bool ms_mail_date(struct ms_slice text, int64_t *out);

#endif
