/*
 * convert.h - makes a message (RFC 5322) of a MAPI item. The same item gives
 * the same bytes for ever, so that a second import finds nothing new;
 * ms-mapi(7) is the contract. Layer: above item.
 */
#ifndef MS_MAPI_CONVERT_H
#define MS_MAPI_CONVERT_H
#include "item.h"

/* What an item is, by its message class. */
enum ms_mapi_kind {
	MS_MAPI_MAIL, /* also reports, posts, faxes, and unknown classes */
	MS_MAPI_MEETING_MAIL, /* a meeting request, its answers, cancellation */
	MS_MAPI_EVENT,        /* an appointment of a calendar */
	MS_MAPI_CONTACT,
	MS_MAPI_LIST,  /* a distribution list */
	MS_MAPI_TODO,  /* a task */
	MS_MAPI_STICKY /* a note or journal entry */
};
enum ms_mapi_kind ms_mapi_kind(const struct ms_mapi_item *item);
/* Whether --mail-only leaves the kind out. */
bool ms_mapi_is_mail(enum ms_mapi_kind kind);

/* What the conversion could not keep; the rest is in the message. */
struct ms_mapi_losses {
	unsigned count;
	char first[160]; /* the first one, for people */
};

/*
 * Emits the message of an item, in pieces. -1: the error of `emit`. Damage does
 * not end the conversion: what is left of an attachment is in the message, and
 * `losses` names it.
 */
int ms_mapi_convert(const struct ms_mapi_item *item, ms_emit_fn *emit,
    void *ctx, struct ms_mapi_losses *losses, struct ms_err *err);

/*
 * The same for a part of another message: only the fields of MIME that the
 * header of the part has, the empty line, and the body. An empty text is left
 * out if there is anything else.
 */
int ms_mapi_convert_part(const struct ms_mapi_item *item, ms_emit_fn *emit,
    void *ctx, struct ms_mapi_losses *losses, struct ms_err *err);

/*
 * Appends the flags of an item in the syntax of the message stream
 * (ms-stream(5)): \Seen, \Answered, \Flagged, \Draft, $Forwarded, and the
 * categories as keywords where their names are allowed there.
 */
void ms_mapi_flags(const struct ms_mapi_item *item, struct ms_buf *out);
/* When the item arrived or, without that, was sent, made or changed. */
bool ms_mapi_date(const struct ms_mapi_item *item, int64_t *out);
/* Appends the subject and the date, on one line without controls, to name an
 * item for people. */
void ms_mapi_describe(const struct ms_mapi_item *item, struct ms_buf *out);

#endif
