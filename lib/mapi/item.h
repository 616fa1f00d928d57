/*
 * item.h - a MAPI item: what Outlook and Exchange store for a message, an
 * appointment, a contact. Three readers fill it (msg.h, pst.h, tnef.h), and
 * convert.h makes a message of it. [MS-OXCDATA], [MS-OXPROPS]. Layer: above
 * charset.
 */
#ifndef MS_MAPI_ITEM_H
#define MS_MAPI_ITEM_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_MAPI_DEPTH_MAX 16           /* items in items */
#define MS_MAPI_RECIPIENTS_MAX 100000  /* of an item */
#define MS_MAPI_ATTACHMENTS_MAX 100000 /* of an item */
#define MS_MAPI_PROPS_MAX 10000        /* of an object */
/* Bytes of all values of an item, with all that it contains; the bytes of
 * attachments are read when they are needed and do not count. */
#define MS_MAPI_VALUES_MAX ((uint64_t)256 << 20)
#define MS_MAPI_ATTACHMENT_MAX ((uint64_t)2 << 30) /* bytes of one */

/* ---- properties ---- */

/* The types of values; [MS-OXCDATA], 2.11.1. */
enum ms_mapi_type {
	MS_MAPI_SHORT = 0x0002,
	MS_MAPI_LONG = 0x0003,
	MS_MAPI_FLOAT = 0x0004,
	MS_MAPI_DOUBLE = 0x0005,
	MS_MAPI_CURRENCY = 0x0006,
	MS_MAPI_APPTIME = 0x0007,
	MS_MAPI_ERROR = 0x000a,
	MS_MAPI_BOOLEAN = 0x000b,
	MS_MAPI_OBJECT = 0x000d,
	MS_MAPI_I8 = 0x0014,
	MS_MAPI_STRING8 = 0x001e, /* in the code page of the item */
	MS_MAPI_UNICODE = 0x001f, /* UTF-16LE */
	MS_MAPI_SYSTIME = 0x0040, /* 100 ns since 1601, UTC */
	MS_MAPI_GUID = 0x0048,
	MS_MAPI_BINARY = 0x0102,
	MS_MAPI_MANY = 0x1000 /* with one of the others: several values */
};

/* The bytes of a value of fixed length; 0: the length differs. */
size_t ms_mapi_size(unsigned type);

/* The property sets of named properties; [MS-OXPROPS], 1.3.2. */
enum ms_mapi_set {
	MS_MAPI_PLAIN, /* not a named property */
	MS_MAPI_COMMON,
	MS_MAPI_APPOINTMENT,
	MS_MAPI_MEETING,
	MS_MAPI_TASK,
	MS_MAPI_ADDRESS,
	MS_MAPI_NOTE,
	MS_MAPI_LOG,
	MS_MAPI_STRINGS, /* PS_PUBLIC_STRINGS */
	MS_MAPI_HEADERS, /* PS_INTERNET_HEADERS */
	MS_MAPI_SET_OTHER
};
/* The set of a GUID, whose 16 bytes are as they are stored. */
enum ms_mapi_set ms_mapi_set_find(const unsigned char guid[16]);

/*
 * The name of a property: its id (0x0037 is the subject); or, if it is a named
 * property, the set, and an id of 32 bits or a name. Ids of 0x8000 and more are
 * different in each store, so a reader looks up the name, and never passes such
 * an id on. Names of properties are compared without regard to case.
 */
struct ms_mapi_key {
	enum ms_mapi_set set;
	uint32_t id;      /* 0 if there is a name */
	const char *name; /* UTF-8, or NULL */
};
#define MS_MAPI_ID(id) ((struct ms_mapi_key){MS_MAPI_PLAIN, (id), NULL})
#define MS_MAPI_LID(set, id) ((struct ms_mapi_key){(set), (id), NULL})
#define MS_MAPI_NAME(set, name) ((struct ms_mapi_key){(set), 0, (name)})

/* The properties of an object; ms_mapi_item_new() and the like make it. */
struct ms_mapi_props {
	struct ms_mapi_prop *list; /* owned, with the values */
	size_t n, cap;
	struct ms_mapi_item *root; /* whose limit of bytes holds */
	unsigned codepage;         /* of MS_MAPI_STRING8 */
};

/*
 * Sets a property to a copy of a value; a second value of the same key replaces
 * the first one.
 *   type   without MS_MAPI_MANY; a value of another type is ignored
 *   p, n   the value as it is stored: integers little-endian, of at least the
 *          length of their type; text with or without its NUL
 * Returns 0, or -1 with MS_DATA: a limit of this header is exceeded, or an
 * integer is too short. The item can be used after that, without the value.
 */
int ms_mapi_put(struct ms_mapi_props *props, struct ms_mapi_key key,
    unsigned type, const unsigned char *p, size_t n, struct ms_err *err);
/* Adds a value to a property that has several; a call for each, in order. */
int ms_mapi_add(struct ms_mapi_props *props, struct ms_mapi_key key,
    unsigned type, const unsigned char *p, size_t n, struct ms_err *err);

bool ms_mapi_has(const struct ms_mapi_props *props, struct ms_mapi_key key);
/* SHORT, LONG, BOOLEAN (0 or 1) or I8; false: it is missing. */
bool ms_mapi_number(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t *out);
/* The number, or `missing`. */
int64_t ms_mapi_number_or(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t missing);
/*
 * SYSTIME as seconds since the epoch. false: the property is missing, or its
 * date is not within the years 1601 (exclusive) to 4500, after which Outlook
 * means "none".
 */
bool ms_mapi_time(
    const struct ms_mapi_props *props, struct ms_mapi_key key, int64_t *out);
/* The bytes of a value as set, without the NUL of text; empty: missing. Valid
 * until the property is set again. */
struct ms_slice ms_mapi_bytes(
    const struct ms_mapi_props *props, struct ms_mapi_key key);
/*
 * Appends text as UTF-8, up to the first NUL; what cannot be decoded becomes
 * U+FFFD. Returns whether there is any: false if the property is missing, empty
 * or not text.
 */
bool ms_mapi_text(const struct ms_mapi_props *props, struct ms_mapi_key key,
    struct ms_buf *out);
/* The same for value i of a property that has several. */
bool ms_mapi_text_at(const struct ms_mapi_props *props, struct ms_mapi_key key,
    size_t i, struct ms_buf *out);
/* Value i of a property that has several, as its bytes, which are valid until
 * the property is set again. */
bool ms_mapi_value_at(const struct ms_mapi_props *props, struct ms_mapi_key key,
    size_t i, struct ms_slice *out);

/* The charset of a Windows code page (1252, 932, 50220, 20866, 65001 ...) for
 * ms_charset_find() and for a Content-Type field; NULL: it is unknown. */
const char *ms_mapi_charset(unsigned codepage);

/* ---- items ---- */

/*
 * Reads up to n bytes of an attachment from the position `at`. Returns their
 * number, 0 at the end, or -1 with err set (the attachment is damaged there).
 */
typedef int64_t ms_mapi_read_fn(
    void *ctx, uint64_t at, unsigned char *p, size_t n, struct ms_err *err);

enum ms_mapi_content {
	MS_MAPI_NOTHING, /* a link, or the data is missing */
	MS_MAPI_BYTES,
	MS_MAPI_ITEM,
	MS_MAPI_OLE /* bytes: an OLE object, as a compound file or as it is */
};

/* An attachment. [MS-OXCMSG], 2.2.2. */
struct ms_mapi_attachment {
	struct ms_mapi_props props;
	enum ms_mapi_content content;
	struct ms_mapi_item *item; /* MS_MAPI_ITEM: owned */
	/* MS_MAPI_BYTES, MS_MAPI_OLE: the bytes; `ctx` belongs to the reader,
	 * and is valid until the reader is closed or goes on to the next item;
	 * `ctx` of ms_mapi_attach_copy() belongs to the attachment. */
	uint64_t size;
	ms_mapi_read_fn *read;
	void *ctx;
	struct ms_buf copy;
	/* Why the content is missing or ends early, or "". */
	char damage[128];
};

/* A recipient: PidTagRecipientType 0x0c15 is 1 To, 2 Cc, 3 Bcc. */
struct ms_mapi_recipient {
	struct ms_mapi_props props;
};

struct ms_mapi_item {
	struct ms_mapi_props props;
	struct ms_mapi_recipient *recipients; /* owned */
	size_t recipient_count, recipient_cap;
	struct ms_mapi_attachment *attachments; /* owned */
	size_t attachment_count, attachment_cap;
	unsigned depth;            /* 0: it is in no other item */
	struct ms_mapi_item *next; /* private */
	uint64_t values_left; /* of the root: MS_MAPI_VALUES_MAX less its values
			       */
	/* How many values, recipients or attachments could not be read; the
	 * first reason, for people. */
	unsigned lost;
	char lost_why[128];
};

/*
 * An empty item. parent: the item that contains it as an attachment, or NULL;
 * with a parent, NULL is returned if it would be deeper than MS_MAPI_DEPTH_MAX.
 * codepage: of MS_MAPI_STRING8 if the item does not say it (0: unknown). The
 * caller owns the item until it is attached.
 */
struct ms_mapi_item *ms_mapi_item_new(
    const struct ms_mapi_item *parent, unsigned codepage);
/* Frees the item and all that it contains; NULL is allowed. */
void ms_mapi_item_free(struct ms_mapi_item *item);

/*
 * Adds an empty recipient or attachment, which the item owns. NULL: there are
 * too many. The pointer is valid until the next one is added.
 */
struct ms_mapi_recipient *ms_mapi_recipient_add(struct ms_mapi_item *item);
struct ms_mapi_attachment *ms_mapi_attachment_add(struct ms_mapi_item *item);
/* Makes the item `embedded`, which the attachment owns from now on, its
 * content. */
void ms_mapi_attach_item(
    struct ms_mapi_attachment *a, struct ms_mapi_item *embedded);
/* Makes a copy of bytes its content, for readers that do not keep them; -1 with
 * MS_DATA: the limit of values is exceeded. */
int ms_mapi_attach_copy(struct ms_mapi_attachment *a, enum ms_mapi_content what,
    const unsigned char *p, size_t n, struct ms_err *err);
/* Makes bytes its content that `read` gives when the item is converted. */
void ms_mapi_attach_read(struct ms_mapi_attachment *a,
    enum ms_mapi_content what, uint64_t size, ms_mapi_read_fn *read, void *ctx);
/* Reads its bytes; the type is like ms_mapi_read_fn. */
int64_t ms_mapi_attachment_read(const struct ms_mapi_attachment *a, uint64_t at,
    unsigned char *p, size_t n, struct ms_err *err);

/*
 * Says that a part of the item could not be read; it is counted, and the first
 * reason kept. The text is for people: "recipient 12: ...".
 */
void ms_mapi_lost(struct ms_mapi_item *item, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Call it when all properties are set: sets the code page of MS_MAPI_STRING8
 * for the item, its recipients and attachments, by PidTagMessageCodepage, else
 * the one that was given, else PidTagInternetCodepage, else 1252.
 */
void ms_mapi_item_end(struct ms_mapi_item *item);

#endif
