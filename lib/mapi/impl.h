/*
 * impl.h - shared by the files of the conversion. Layer: private to mapi.
 */
#ifndef MS_MAPI_IMPL_H
#define MS_MAPI_IMPL_H
#include "convert.h"

/* ---- address.c ---- */

/* Who an item names. {0} is empty; released by ms_mapi_address_release(). */
struct ms_mapi_address {
	struct ms_buf name;  /* or empty */
	struct ms_buf mail;  /* an address of mail, valid in a header; or
				empty */
	struct ms_buf other; /* an address of Exchange or another system */
};
void ms_mapi_address_release(struct ms_mapi_address *a);
bool ms_mapi_address_is_empty(const struct ms_mapi_address *a);
void ms_mapi_address_recipient(
    const struct ms_mapi_recipient *r, struct ms_mapi_address *out);
/* The author; sender: who has sent it for him, or empty if that is the same. */
void ms_mapi_address_author(const struct ms_mapi_item *item,
    struct ms_mapi_address *author, struct ms_mapi_address *sender);
/* Reads a one-off entry id, [MS-OXCDATA], 2.2.5.1. false: it is another one. */
bool ms_mapi_address_entry(
    struct ms_slice entry, unsigned codepage, struct ms_mapi_address *out);
/* Makes a valid address of text, or leaves out empty. */
void ms_mapi_address_clean(struct ms_slice text, struct ms_buf *out);

/* ---- field.c: parts of a header, folded, with CRLF ---- */

/* Appends text on one line: each run of controls and blanks is a blank. */
void ms_mapi_line(struct ms_slice text, struct ms_buf *out);
/* A field of unstructured text; none if it is empty. */
void ms_mapi_field(struct ms_buf *out, const char *name, struct ms_slice text);
/* A field of message ids, separated by blanks, with angle brackets. */
void ms_mapi_field_ids(
    struct ms_buf *out, const char *name, struct ms_slice text);
void ms_mapi_field_date(struct ms_buf *out, const char *name, int64_t date);
/* A mailbox; someone without an address is a group without members. */
void ms_mapi_mailbox(struct ms_buf *out, const struct ms_mapi_address *a);
/* A parameter of a field, by RFC 2231 if it is not ASCII; after ";". */
void ms_mapi_parameter(
    struct ms_buf *out, const char *name, struct ms_slice value);

/* ---- encode.c: bodies ---- */

/* Whether text needs no encoding: ASCII, in lines of at most 998 bytes. */
bool ms_mapi_is_7bit(struct ms_slice text);
/* Appends text with CRLF as its line ends. */
void ms_mapi_crlf(struct ms_slice text, struct ms_buf *out);
/* Appends text, with CRLF as its line ends, as quoted-printable. */
void ms_mapi_quoted(struct ms_slice text, struct ms_buf *out);

/* ---- writer.c ---- */

#define MS_MAPI_BOUNDARY 64 /* bytes of a boundary and its NUL */

struct ms_mapi_writer {
	struct ms_buf out; /* not emitted yet */
	ms_emit_fn *emit;
	void *ctx;
	struct ms_err *err;
	int rc; /* -1: emit has failed; nothing more is emitted */
	char hash[33];
	unsigned boundaries;
	struct ms_mapi_losses *losses;
};
/* Emits what is there if it is much. */
void ms_mapi_flush(struct ms_mapi_writer *w, bool all);
void ms_mapi_boundary(struct ms_mapi_writer *w, char out[MS_MAPI_BOUNDARY]);
void ms_mapi_loss(struct ms_mapi_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- kind.c ---- */

/* The message class in lower case, such as "ipm.note". */
void ms_mapi_class(const struct ms_mapi_item *item, struct ms_buf *out);
/* The subject on one line. */
void ms_mapi_subject(const struct ms_mapi_item *item, struct ms_buf *out);
/* When the item was sent or, without that, arrived or was made. */
bool ms_mapi_date_sent(const struct ms_mapi_item *item, int64_t *out);

/* ---- digest.c ---- */

/* The digest that stands for an item where it says nothing that is unique. */
void ms_mapi_digest(const struct ms_mapi_item *item, char out[33]);

/* ---- header.c ---- */

/* The header, without the fields of MIME and the empty line. */
void ms_mapi_header(
    const struct ms_mapi_item *item, const char *id, struct ms_buf *out);

/* ---- body.c ---- */

struct ms_mapi_body {
	struct ms_buf text; /* UTF-8 */
	struct ms_buf html; /* in html_charset */
	struct ms_buf rtf;  /* native, not compressed */
	char html_charset[32];
	char damage[128]; /* of the RTF, or "" */
};
void ms_mapi_body_read(
    const struct ms_mapi_item *item, struct ms_mapi_body *body);
void ms_mapi_body_release(struct ms_mapi_body *body);

/* ---- attach.c ---- */

/* The name of an attachment, for a file; never empty. */
void ms_mapi_attachment_name(
    const struct ms_mapi_attachment *a, size_t number, struct ms_buf *out);
/* Whether HTML shows the attachment by its content id. */
bool ms_mapi_attachment_is_inline(
    const struct ms_mapi_attachment *a, struct ms_slice html);
/* The fields and the empty line of a part, then its bytes. */
void ms_mapi_attachment_head(struct ms_mapi_writer *w,
    const struct ms_mapi_attachment *a, size_t number, bool is_inline);
void ms_mapi_attachment_write(struct ms_mapi_writer *w,
    const struct ms_mapi_attachment *a, size_t number, bool is_inline);
/* Only its bytes: in base64, or as they are from the position `at` on. */
void ms_mapi_attachment_base64(
    struct ms_mapi_writer *w, const struct ms_mapi_attachment *a);
void ms_mapi_attachment_raw(
    struct ms_mapi_writer *w, const struct ms_mapi_attachment *a, uint64_t at);

/* ---- calendar.c, vcard.c ---- */

/*
 * Appends an iCalendar object; *method is a word of RFC 5546.
 *   id     stands for the item if it has no id of its own
 *   text   its description, UTF-8
 */
void ms_mapi_calendar(const struct ms_mapi_item *item, enum ms_mapi_kind kind,
    const char *id, struct ms_slice text, struct ms_buf *out,
    const char **method);
/* Appends a vCard. text: a note, UTF-8. */
void ms_mapi_vcard(const struct ms_mapi_item *item, enum ms_mapi_kind kind,
    struct ms_slice text, struct ms_buf *out);
/* A line of iCalendar or vCard, folded; the value is escaped as text. */
void ms_mapi_content_text(
    struct ms_buf *out, const char *name, struct ms_slice text);
/* The same, with a value that is not escaped. */
void ms_mapi_content_line(
    struct ms_buf *out, const char *name, struct ms_slice value);
/* Appends a part of a structured value, escaped. */
void ms_mapi_content_component(struct ms_buf *out, struct ms_slice text);
/* Appends a parameter, with its ";", unless the text is empty. */
void ms_mapi_content_parameter(
    struct ms_buf *out, const char *name, struct ms_slice text);

#endif
