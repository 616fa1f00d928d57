/*
 * mail.h - header fields for people: addresses, subject and date, decoded to
 * UTF-8, for display and search only; storage does not depend on them. RFC
 * 5322, RFC 2047, RFC 6532; departures: ms-quirks(7). Layer: above charset.
 */
#ifndef MS_MAIL_H
#define MS_MAIL_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_DESC_LEN 60 /* bytes kept of a field in the index */

/* A field in the index: whole characters of UTF-8, without NUL. */
struct ms_desc_field {
	uint8_t n;
	char s[MS_DESC_LEN];
};

enum {
	MS_DESC_FROM_CUT = 1, /* the field is longer than what is kept */
	MS_DESC_TO_CUT = 2,
	MS_DESC_SUBJECT_CUT = 4,
	MS_DESC_FROM_RAW =
	    8, /* ms_mail_raw() is not UTF-8; the text is an approximation */
	MS_DESC_TO_RAW = 16,
	MS_DESC_SUBJECT_RAW = 32,
	MS_DESC_DATE = 64 /* date is that of the Date field */
};

struct ms_desc {
	int64_t date; /* seconds since the epoch; 0 without MS_DESC_DATE */
	uint8_t bits;
	struct ms_desc_field from, to, subject;
};

/*
 * Describes a header with either kind of line end, up to its empty line or its
 * end. From, Subject and Date are the first field with that name; `to` is every
 * To, Cc and Bcc in their order, joined by ", ". A From_ line and lines without
 * a colon are skipped. The function cannot fail: text that cannot be decoded is
 * kept as it is or left empty. The time is linear in header.n, and several
 * threads can call the function at once.
 */
void ms_mail_describe(struct ms_slice header, struct ms_desc *out);

/*
 * Appends a field in full as UTF-8. Encoded words are decoded; each run of
 * blanks, line ends and controls (C0, C1, DEL, U+2028, U+2029) becomes one
 * blank, and none remains at the ends. Bytes that are not UTF-8 are read as
 * windows-1252. The field of ms_mail_describe() is a prefix of this text.
 */
enum ms_mail_field {
	MS_MAIL_FROM,
	MS_MAIL_TO,
	MS_MAIL_SUBJECT
};
void ms_mail_decode(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);
/*
 * Appends the bytes of the field, unfolded and without blanks at the ends, but
 * not decoded.
 */
void ms_mail_raw(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);

#define MS_ADDRESS_MAX 320 /* bytes of an address; a longer one is ignored */

/*
 * Appends the first bare address of From, else of Sender, else of Return-Path:
 * 1..MS_ADDRESS_MAX bytes of UTF-8 without blanks and controls. Appends nothing
 * if there is none.
 */
void ms_mail_sender(struct ms_slice header, struct ms_buf *out);

/* The length of the header, including its empty line; n if there is none. */
size_t ms_mail_header_length(const unsigned char *p, size_t n);

/*
 * Parses a date: RFC 5322, 3.3 and 4.3, asctime, INTERNALDATE or ISO 8601, with
 * comments and other text around it. A missing or unknown zone means UTC, a
 * missing time means midnight. Returns false, with *out unchanged, if the text
 * contains no date, if the calendar does not have it (30 Feb, 25:00), or if the
 * year is before MS_YEAR_FIRST.
 */
#define MS_YEAR_FIRST 1900 /* RFC 5322, 3.3 */
bool ms_mail_date(struct ms_slice text, int64_t *out);

#endif
