/*
 * recipe.h - the content of a MESSAGE record, from which the message is
 * assembled in any form. ms-archive(5), MESSAGE. Layer: above base64.
 */
#ifndef MS_RECIPE_H
#define MS_RECIPE_H
#include <stdbool.h>
#include <stdint.h>
#include "mail.h"
#include "message-hasher.h"

#define MS_BLOB_MAX (4 * 1024 * 1024)           /* bytes of a BLOB */
#define MS_RECIPE_ITEMS 4096                    /* maximum in one MESSAGE */
#define MS_MESSAGE_RECORD_MAX (8 * 1024 * 1024) /* bytes */
#define MS_WIRE_MAX ((uint64_t)1 << 32)         /* bytes of a wire form */

/* The layout of the content. */
#define MS_RECIPE_HEAD 48      /* bytes before the rows */
#define MS_RECIPE_ROW 8        /* bytes of a row without its digest */
#define MS_RECIPE_IN_BLOB 0x80 /* bit of the kind */
#define MS_RECIPE_ENDS 1       /* bit of the flags */

enum ms_item_kind {
	MS_ITEM_TEXT = 0,
	MS_ITEM_BASE64 = 1 /* the stored bytes are decoded */
};

enum ms_item_eol {
	MS_EOL_FOLLOW = 0,  /* as the form of the whole message */
	MS_EOL_LF = 1,      /* stored with LF, LF in the message */
	MS_EOL_CRLF = 2,    /* stored with LF, CRLF in the message */
	MS_EOL_VERBATIM = 3 /* stored unchanged */
};

struct ms_item {
	enum ms_item_kind kind;
	enum ms_item_eol eol;
	bool blob;    /* the bytes are in a BLOB, else in the record */
	uint8_t line; /* base64: characters of a line, 60..76 */
	bool ends;    /* base64: the last line ends with a line end */
	uint32_t n;   /* stored bytes; at most MS_BLOB_MAX, or inline */
	unsigned char digest[MS_SHA_LEN]; /* of the BLOB */
	struct ms_slice bytes;            /* inline: points into the record */
};

/* A view of the content of a record, which must outlive the recipe. */
struct ms_recipe {
	unsigned char id[MS_SHA_LEN];
	uint64_t size;          /* of the wire form */
	uint32_t items;         /* their number */
	struct ms_slice header; /* in stored form, at most MS_HEAD_MAX bytes,
				   with its empty line if there is one */
	struct ms_slice text;   /* the header and the text after it, up to the
				   first item that is not inline text */
	bool more;              /* the message goes on after text */
	struct ms_slice rows, inline_bytes; /* of the record */
};

/*
 * ms_recipe_parse() checks the whole content: the lengths add up, and every
 * item is of a known kind and within its limits. MS_DATA: not so. Bytes after
 * the last inline bytes are ignored.
 */
int ms_recipe_parse(
    struct ms_recipe *r, struct ms_slice content, struct ms_err *err);

/*
 * Describes a message from the bytes in its record. MS_DESC_PARTIAL: the bytes
 * in BLOBs can change the description.
 */
void ms_recipe_describe(const struct ms_recipe *r, struct ms_desc *out);

/* An iterator over the items of a parsed recipe; {0} at the beginning. */
struct ms_recipe_walk {
	uint32_t i; /* number of the next item */
	size_t rows_used, inline_used;
};
/* 1, 0 no more. */
int ms_recipe_next(const struct ms_recipe *r, struct ms_recipe_walk *walk,
    struct ms_item *item);

/* A message that is being assembled, item by item. */
struct ms_assembly {
	enum ms_form form;
	ms_emit_fn *emit;
	void *ctx;
};

/*
 * ms_assemble() emits one item in the form of the assembly. MS_FORM_CRLF is
 * always the wire form; MS_FORM_LF is the wire form with LF for each CRLF;
 * MS_FORM_STORED is the original message if its line ends were mixed, else the
 * same as MS_FORM_LF.
 *   bytes   the stored bytes: item->bytes, or those of the BLOB
 * Errors: MS_DATA, the number of bytes is not that of the item.
 */
int ms_assemble(struct ms_assembly *as, const struct ms_item *item,
    struct ms_slice bytes, struct ms_err *err);

/* Adds the header in wire form to the hasher. In the stored bytes, a CR before
 * an LF preceded a CRLF in the message. */
void ms_recipe_add_header(
    const struct ms_recipe *r, struct ms_message_hasher *w);

#endif
