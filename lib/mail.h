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
	MS_DESC_FROM_RAW = 8, /* held bytes that are not UTF-8: approximated */
	MS_DESC_TO_RAW = 16,
	MS_DESC_SUBJECT_RAW = 32,
	MS_DESC_DATE = 64 /* date holds the Date field */
};

struct ms_desc {
	int64_t date;
	uint8_t bits;
	struct ms_desc_field from, to,
	    subject; /* to: To, Cc and Bcc, by ", " */
};

/*
 * Describes a header, with either kind of line end, through its empty line or
 * to its end; a leading From_ line is passed over. Never fails: what can't be
 * understood is kept as it is, or left empty.
 */
void ms_mail_describe(struct ms_slice header, struct ms_desc *out);

/* The same fields, whole. Appends UTF-8 to out: no line ends, no controls. */
enum ms_mail_field {
	MS_MAIL_FROM,
	MS_MAIL_TO,
	MS_MAIL_SUBJECT
};
void ms_mail_decode(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);
/* The field's bytes as they stand, unfolded only. */
void ms_mail_raw(
    struct ms_slice header, enum ms_mail_field field, struct ms_buf *out);
/* The first bare address of From, else Sender, else Return-Path; or nothing. */
void ms_mail_sender(struct ms_slice header, struct ms_buf *out);

/* Where the header ends: the bytes through its empty line, or n. */
size_t ms_mail_header_length(const unsigned char *p, size_t n);

/* A date as mail writes it (RFC 5322, 3.3 and 4.3, asctime, ISO 8601). */
bool ms_mail_date(struct ms_slice text, int64_t *out);
/* "2026-11-20T10:00:00Z", 20 characters and a NUL; years 0000..9999. */
void ms_time_format(int64_t t, char out[21]);
/* The same backwards, also without seconds or Z's equal +00:00. */
bool ms_time_parse(const char *s, int64_t *out);

bool ms_utf8_valid(const unsigned char *p, size_t n);
/* Simple case folding for comparing: in UTF-8, out UTF-8. */
void ms_utf8_fold(struct ms_slice in, struct ms_buf *out);
/* Modified UTF-7 of folder names (RFC 9051, appendix A; RFC 3501, 5.1.3). */
int ms_mutf7_decode(struct ms_slice in, struct ms_buf *out); /* -1: not valid */
void ms_mutf7_encode(struct ms_slice in, struct ms_buf *out);

#endif
