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
	MS_DESC_DATE = 64, /* date is that of the Date field */
	MS_DESC_PARTIAL =
	    128, /* more bytes of the message can change the description */
	MS_DESC_RECEIVED = 256 /* received is set */
};

struct ms_desc {
	int64_t date;     /* seconds since the epoch; 0 without MS_DESC_DATE */
	int64_t received; /* of the top Received field that has a date; or 0 */
	uint16_t bits;
	struct ms_desc_field from, to, subject;
};

/*
 * In these functions, `message` is a header with either kind of line end, up to
 * its empty line or its end, and perhaps what follows it. Of that, only the
 * first MS_PARTS_MAX bytes are looked at, and only if the header is a multipart
 * and has 8-bit bytes that are not UTF-8: the header of a part then gives their
 * character set.
 */
#define MS_PARTS_MAX 65536

/*
 * Describes a message. From, Subject and Date are the first field with that
 * name; `to` is every To, Cc and Bcc in their order, joined by ", ". A From_
 * line and lines without a colon are skipped. The function cannot fail: text
 * that cannot be decoded is kept as it is or left empty. MS_DESC_PARTIAL is set
 * if the header has no empty line, or if the character set may be in bytes that
 * are missing; the caller clears it if the message has no more bytes. The time
 * is linear in message.n, and several threads can call the function at once.
 */
void ms_mail_describe(struct ms_slice message, struct ms_desc *out);

/*
 * Appends a field in full as UTF-8. Encoded words are decoded; each run of
 * blanks, line ends and controls (C0, C1, DEL, U+2028, U+2029) becomes one
 * blank, and none remains at the ends. Bytes that are not UTF-8 are read as
 * windows-1252. The field of ms_mail_describe() is a prefix of this text.
 */
enum ms_mail_field {
	MS_MAIL_FROM,
	MS_MAIL_RECIPIENTS, /* every To, Cc and Bcc */
	MS_MAIL_SUBJECT,
	MS_MAIL_TO, /* every To */
	MS_MAIL_CC, /* every Cc */
	MS_MAIL_MESSAGE_ID
};
void ms_mail_decode(
    struct ms_slice message, enum ms_mail_field field, struct ms_buf *out);
/*
 * Appends in the same way every field whose name is in a list, such as "cc
 * bcc": lower case, separated by blanks.
 */
void ms_mail_decode_named(
    struct ms_slice message, const char *names, struct ms_buf *out);
/*
 * ms_mail_ids() calls fn for each id in the body of a Message-ID, References or
 * In-Reply-To field, which may be folded: what is between "<" and ">", without
 * blanks; 1..MS_MAIL_ID_MAX bytes. The id is valid during the call, and fn
 * returns whether it wants more. ms_mail_first_id() appends the first id; the
 * whole body, without blanks, if there are no brackets.
 */
#define MS_MAIL_ID_MAX 998 /* RFC 5322, 2.1.1 */
typedef bool ms_mail_id_fn(void *ctx, struct ms_slice id);
void ms_mail_ids(struct ms_slice body, ms_mail_id_fn *fn, void *ctx);
void ms_mail_first_id(struct ms_slice body, struct ms_buf *out);

/*
 * The keys of the ids that tie a message to its thread: of Message-ID, of
 * References, and of In-Reply-To if that has only ids, else its first one; each
 * key once. Of more than MS_THREAD_KEYS ids, the first and the last ones count.
 * The key of an id is the beginning of its SHA-256. Returns their number.
 */
#define MS_THREAD_KEYS 64
uint64_t ms_mail_id_key(struct ms_slice id);
size_t ms_mail_thread_keys(
    struct ms_slice header, uint64_t keys[MS_THREAD_KEYS]);
/* Appends any text of a header, decoded in the same way. */
void ms_mail_decode_text(struct ms_slice text, struct ms_buf *out);
/*
 * Finds the first field with this name (in lower case); *body receives its
 * body, folded. Returns false if there is none.
 */
bool ms_mail_find(
    struct ms_slice header, const char *name, struct ms_slice *body);
/*
 * ms_mail_next_field() reads the next field of a header, in its order.
 *   rest   the header; moved to what follows the field
 *   name   receives the name, without the blanks before the colon
 *   body   receives the body, folded
 * A From_ line and lines without a colon are skipped. Returns false at the
 * empty line or the end.
 */
bool ms_mail_next_field(
    struct ms_slice *rest, struct ms_slice *name, struct ms_slice *body);
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

/*
 * ms_mail_addresses() calls fn for each address in the body of an address
 * field, which may be folded: those of groups, too; without display names,
 * comments, routes, and the quotes of a local part that needs none. What has no
 * "@", or more than MS_ADDRESS_MAX bytes, is no address. A display name that is
 * an address does not count. If a mailbox has no address, it is read again with
 * its encoded words decoded. The address is valid during the call. The time is
 * linear.
 */
typedef void ms_address_fn(void *ctx, struct ms_slice address);
void ms_mail_addresses(struct ms_slice body, ms_address_fn *fn, void *ctx);
/*
 * Appends an address without the quotes of its local part (RFC 5322, 3.2.4), so
 * that it equals the same address without them. Returns false and appends
 * nothing if the local part is not quoted, or needs the quotes.
 */
bool ms_mail_add_unquoted(struct ms_slice address, struct ms_buf *out);

/*
 * Appends the decoded text of an address field in the form in which addresses
 * are searched: without comments, quotes, backslashes and blanks next to "@"
 * and ".", and with internationalised domain names in Unicode. The time is
 * linear.
 */
void ms_mail_address_text(struct ms_slice text, struct ms_buf *out);

/*
 * Does the header tell this message from all others? Only if it has a
 * Message-ID, or both a Date and two Received fields, which are not blank:
 * scripts send messages whose headers and sizes are equal.
 */
bool ms_mail_identifies(struct ms_slice header);

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
