/*
 * recipe.h - the content of a MESSAGE record, and the message put together
 * from it again, in any form. ms-archive(5), MESSAGE. Layer: above base64.
 */
#ifndef MS_RECIPE_H
#define MS_RECIPE_H
#include <stdbool.h>
#include <stdint.h>
#include "message-hasher.h"

#define MS_BLOB_MAX (4 * 1024 * 1024)           /* bytes of a BLOB */
#define MS_RECIPE_ITEMS 4096                    /* at most, in one MESSAGE */
#define MS_MESSAGE_RECORD_MAX (8 * 1024 * 1024) /* bytes */
#define MS_WIRE_MAX ((uint64_t)1 << 32)         /* bytes of a wire form */

/* The layout of the content. */
#define MS_RECIPE_HEAD 48      /* bytes before the rows */
#define MS_RECIPE_ROW 8        /* bytes of a row, digest not counted */
#define MS_RECIPE_IN_BLOB 0x80 /* bit of the kind */
#define MS_RECIPE_ENDS 1       /* bit of the flags */

enum ms_item_kind {
	MS_ITEM_TEXT = 0,
	MS_ITEM_BASE64 = 1 /* the stored bytes are decoded */
};

enum ms_item_eol {
	MS_EOL_FOLLOW = 0,  /* as the whole message is asked for */
	MS_EOL_LF = 1,      /* stored with LF, came with LF */
	MS_EOL_CRLF = 2,    /* stored with LF, came with CRLF */
	MS_EOL_VERBATIM = 3 /* stored as it came */
};

struct ms_item {
	enum ms_item_kind kind;
	enum ms_item_eol eol;
	bool blob;    /* its bytes are a BLOB's, else they are in the record */
	uint8_t line; /* base64: characters a line, 60..76 */
	bool ends;    /* base64: the last line ends with a line end */
	uint32_t n;   /* stored bytes; at most MS_BLOB_MAX, or inline */
	unsigned char digest[MS_SHA_LEN]; /* of the BLOB */
	struct ms_slice bytes;            /* inline: points into the record */
};

/* A view of a record's content, which must outlive it. */
struct ms_recipe {
	unsigned char id[MS_SHA_LEN];
	uint64_t size;          /* of the wire form */
	uint32_t items;         /* how many */
	struct ms_slice header; /* in stored form, at most MS_HEAD_MAX bytes;
				   through its empty line if that is there */
	struct ms_slice rows, inline_bytes; /* as they lie in the record */
};

/*
 * Checks the whole of it: lengths add up, every item is of a known kind,
 * within its limits. MS_DATA if not. Bytes behind the last inline ones are
 * nobody's and passed over.
 */
int ms_recipe_parse(
    struct ms_recipe *r, struct ms_slice content, struct ms_err *err);

/* Walks the items of a recipe that was parsed; begins as {0}. */
struct ms_recipe_walk {
	uint32_t i; /* items got so far */
	size_t rows_used, inline_used;
};
/* 1 got one, 0 no more. */
int ms_recipe_next(const struct ms_recipe *r, struct ms_recipe_walk *walk,
    struct ms_item *item);

/* A message being put together: item after item, bytes to emit. */
struct ms_assembly {
	enum ms_form form;
	ms_emit_fn *emit;
	void *ctx;
};

/*
 * Emits one item in the assembly's form. MS_FORM_CRLF is always the wire
 * form; MS_FORM_LF is that with LF for each CRLF; MS_FORM_STORED is what came
 * when line ends were mixed, else the same as MS_FORM_LF. bytes are the stored
 * ones: item->bytes, or the BLOB's. MS_DATA: not as many as the item says.
 */
int ms_assemble(struct ms_assembly *as, const struct ms_item *item,
    struct ms_slice bytes, struct ms_err *err);

/* Adds the header, in wire form, to w. Its stored bytes do not say what that
 * is: a CR before their LF is one that came before a CRLF. */
void ms_recipe_add_header(
    const struct ms_recipe *r, struct ms_message_hasher *w);

#endif
