/*
 * block.h - records gathered and compressed: built outside any lock, numbered
 * under it, read back and checked. ms-archive(5), Blocks.
 * Layer: above record; zstd.
 */
#ifndef MS_BLOCK_H
#define MS_BLOCK_H
#include <stdbool.h>
#include <stdint.h>
#include "record.h"

#define MS_BLOCK_HEADER 128
#define MS_BLOCK_FULL (1024 * 1024) /* payload; then it is closed */
#define MS_BLOCK_PAYLOAD_MAX                                                   \
	(16 * 1024 * 1024)                     /* payload; no block has more   \
						*/
#define MS_BLOCK_STORED_MAX (32 * 1024 * 1024) /* stored bytes */
#define MS_BLOCK_RECORDS_MAX 65536
#define MS_ZSTD_LEVEL 3
#define MS_BLOCK_KEY_AT 96 /* the pack id again, in case its header is lost */
#define MS_KEY_LEN 16      /* bytes of a pack id */
#define MS_CHECK_LEN 16    /* bytes of a keyed checksum */

enum ms_block_kind {
	MS_BLOCK_DATA = 1,
	MS_BLOCK_META = 2,
	MS_BLOCK_DIRECTORY = 3
};

enum {
	MS_BLOCK_ENCRYPTED = 1,
	MS_BLOCK_STUBS = 2
};

struct ms_block_header {
	uint8_t kind, codec;
	uint16_t flags;
	uint64_t first; /* record number */
	uint32_t count, runs, payload, stored;
	unsigned char check[MS_CHECK_LEN]; /* of the stored bytes */
};

/* First 16 bytes of H(key || digest): digest is H of what is checked. */
void ms_keyed_check(const unsigned char key[MS_KEY_LEN],
    const unsigned char digest[MS_SHA_LEN], unsigned char out[MS_CHECK_LEN]);

void ms_block_header_write(const struct ms_block_header *h,
    const unsigned char key[MS_KEY_LEN], unsigned char out[MS_BLOCK_HEADER]);
/*
 * MS_DATA: not a header, its checksum does not hold under this key, or it
 * states lengths beyond the limits above.
 */
int ms_block_header_parse(struct ms_block_header *h,
    const unsigned char in[MS_BLOCK_HEADER],
    const unsigned char key[MS_KEY_LEN], struct ms_err *err);

/* ---- building ---- */

/* Records on their way into a block; {0} and a kind is an empty one. */
struct ms_block_builder {
	enum ms_block_kind kind;
	uint32_t count;
	bool stubs;
	struct ms_buf table;    /* 8 bytes a record */
	struct ms_buf contents; /* one after another */
	struct ms_buf digests;  /* of the contents, 32 bytes a record */
	struct ms_buf salts;    /* 16 bytes a record */
	struct ms_buf leaves;   /* 32 bytes a record */
	struct ms_buf random;   /* for salts to come */
	struct ms_buf runs; /* as stored; empty: numbers follow one another */
};

/* Adds a record with a new salt; digest is H(content). Returns its place in
 * the block. */
uint32_t ms_block_add(struct ms_block_builder *b, uint8_t type,
    struct ms_slice content, const unsigned char digest[MS_SHA_LEN]);
/* Adds a record, or stub, that has its salt and number already. */
void ms_block_carry(struct ms_block_builder *b, uint64_t number,
    const struct ms_record *rec, const unsigned char digest[MS_SHA_LEN],
    const unsigned char salt[MS_SALT_LEN]);
/* Bytes of payload so far. */
size_t ms_block_size(const struct ms_block_builder *b);
void ms_block_builder_release(struct ms_block_builder *b);

/* A finished block that has no numbers yet. */
struct ms_block_image {
	struct ms_block_header header; /* first and check are not yet valid */
	struct ms_buf bytes;           /* room for the header, stored bytes */
	struct ms_buf leaves;          /* 32 bytes a record */
	unsigned char digest[MS_SHA_LEN]; /* H(stored bytes) */
};

/*
 * Compresses what the builder holds and empties the builder. zstd is what
 * ms_block_compressor() gave, used by one thread at a time. What does not get
 * smaller is stored as it is.
 */
void ms_block_finish(
    struct ms_block_builder *b, void *zstd, struct ms_block_image *image);
/* Fills in the header: number of the first record, checksums. */
void ms_block_seal(struct ms_block_image *image, uint64_t first,
    const unsigned char key[MS_KEY_LEN]);
void ms_block_image_release(struct ms_block_image *image);

/* A compressor for ms_block_finish(). */
void *ms_block_compressor(void);
void ms_block_compressor_free(void *zstd);

/* ---- reading ---- */

/* A block's stored bytes, with views of their parts; {0} is empty. */
struct ms_block {
	struct ms_block_header header;
	struct ms_buf stored, payload;
	const unsigned char *runs, *digests, *salts; /* in stored */
	struct ms_slice frame;
	bool open; /* payload is there and checked */
	uint32_t
	    *starts; /* of the contents in payload, one more than records */
};

/*
 * Takes over the stored bytes (in b->stored, header in b->header) and sets
 * the views; decompresses nothing. MS_DATA: lengths do not fit.
 */
int ms_block_views(struct ms_block *b, struct ms_err *err);
/* Does H(stored) keyed equal the header's checksum? 0 or MS_DATA. */
int ms_block_verify(const struct ms_block *b,
    const unsigned char key[MS_KEY_LEN], struct ms_err *err);
/* Decompresses the frame and checks the table. MS_DATA. */
int ms_block_open(struct ms_block *b, struct ms_err *err);
/* Record i of an open block. */
void ms_block_record(
    const struct ms_block *b, uint32_t i, struct ms_record *rec);
/* Number of record i; of an unlisted one by counting on from the first. */
uint64_t ms_block_number(const struct ms_block *b, uint32_t i);
/* The numbers of all its records, in order, without counting each time. */
struct ms_numbers {
	const struct ms_block *block; /* header and runs are looked at */
	uint32_t run, i;              /* begin with 0: place in the run */
};
int ms_numbers_next(struct ms_numbers *it, uint64_t *number); /* 1, 0 */
/*
 * Leaf of record i. A BLOB's needs only its digest, so a data block without
 * stubs need not be open.
 */
void ms_block_leaf(
    const struct ms_block *b, uint32_t i, unsigned char leaf[MS_SHA_LEN]);
/* Forgets the block, keeps the memory of its buffers. */
void ms_block_clear(struct ms_block *b);
void ms_block_release(struct ms_block *b);

#endif
