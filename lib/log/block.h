/*
 * block.h - blocks of compressed records. A block is built without a lock and
 * numbered under the lock; blocks that are read are checked. ms-archive(5),
 * Blocks.
 * Layer: above record; zstd.
 */
#ifndef MS_BLOCK_H
#define MS_BLOCK_H
#include <stdbool.h>
#include <stdint.h>
#include "record.h"

#define MS_BLOCK_HEADER 128
#define MS_BLOCK_FULL (1024 * 1024) /* payload; a fuller block is closed */
#define MS_BLOCK_PAYLOAD_MAX (16 * 1024 * 1024) /* payload */
#define MS_BLOCK_STORED_MAX (32 * 1024 * 1024)  /* stored bytes */
#define MS_BLOCK_RECORDS_MAX 65536
#define MS_ZSTD_LEVEL 3
#define MS_BLOCK_KEY_AT 96 /* a copy of the pack id, if the header is lost */
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

/* The first 16 bytes of H(key || digest); digest is H of the checked bytes. */
void ms_keyed_check(const unsigned char key[MS_KEY_LEN],
    const unsigned char digest[MS_SHA_LEN], unsigned char out[MS_CHECK_LEN]);

void ms_block_header_write(const struct ms_block_header *h,
    const unsigned char key[MS_KEY_LEN], unsigned char out[MS_BLOCK_HEADER]);
/*
 * MS_DATA: not a header, the checksum is wrong under this key, or a length
 * exceeds the limits above.
 */
int ms_block_header_parse(struct ms_block_header *h,
    const unsigned char in[MS_BLOCK_HEADER],
    const unsigned char key[MS_KEY_LEN], struct ms_err *err);

/* ---- building ---- */

/* The records of a block that is being built; {0} and a kind is empty. */
struct ms_block_builder {
	enum ms_block_kind kind;
	uint32_t count;
	bool stubs;
	struct ms_buf table;    /* 8 bytes for each record */
	struct ms_buf contents; /* of the records */
	struct ms_buf digests;  /* of the contents, 32 bytes each */
	struct ms_buf salts;    /* 16 bytes for each record */
	struct ms_buf leaves;   /* 32 bytes for each record */
	struct ms_buf random;   /* for the next salts */
	struct ms_buf runs; /* as stored; empty: the numbers are consecutive */
};

/* ms_block_add() adds a record with a new salt; digest is H(content). The
 * result is the place of the record in the block. */
uint32_t ms_block_add(struct ms_block_builder *b, uint8_t type,
    struct ms_slice content, const unsigned char digest[MS_SHA_LEN]);
/* ms_block_carry() adds a record or stub that has a salt and a number already.
 */
void ms_block_carry(struct ms_block_builder *b, uint64_t number,
    const struct ms_record *rec, const unsigned char digest[MS_SHA_LEN],
    const unsigned char salt[MS_SALT_LEN]);
/* The payload so far, in bytes. */
size_t ms_block_size(const struct ms_block_builder *b);
void ms_block_builder_release(struct ms_block_builder *b);

/* A finished block without numbers. */
struct ms_block_image {
	struct ms_block_header header; /* first and check are not set */
	struct ms_buf bytes;           /* room for the header, stored bytes */
	struct ms_buf leaves;          /* 32 bytes for each record */
	unsigned char digest[MS_SHA_LEN]; /* H(stored bytes) */
};

/*
 * ms_block_finish() compresses the records of the builder and empties the
 * builder. If compression does not make them smaller, they are stored
 * uncompressed.
 *   zstd   from ms_block_compressor(); for one thread at a time
 */
void ms_block_finish(
    struct ms_block_builder *b, void *zstd, struct ms_block_image *image);
/* ms_block_seal() sets the number of the first record and the checksums. */
void ms_block_seal(struct ms_block_image *image, uint64_t first,
    const unsigned char key[MS_KEY_LEN]);
void ms_block_image_release(struct ms_block_image *image);

/* A compressor for ms_block_finish(). */
void *ms_block_compressor(void);
void ms_block_compressor_free(void *zstd);

/* ---- reading ---- */

/* The stored bytes of a block, with views of their parts; {0} is empty. */
struct ms_block {
	struct ms_block_header header;
	struct ms_buf stored, payload;
	const unsigned char *runs, *salts; /* in stored */
	const unsigned char *digests;      /* of a data block, else NULL */
	struct ms_slice frame;
	bool open;        /* payload is set and checked */
	uint32_t *starts; /* of the contents in payload, count + 1 */
};

/*
 * ms_block_views() sets the views of the stored bytes (in b->stored, with the
 * header in b->header), without decompressing them. MS_DATA: the lengths are
 * wrong.
 */
int ms_block_views(struct ms_block *b, struct ms_err *err);
/* Is the checksum in the header that of the stored bytes? MS_DATA: no. */
int ms_block_verify(const struct ms_block *b,
    const unsigned char key[MS_KEY_LEN], struct ms_err *err);
/* ms_block_open() decompresses the frame and checks the table. MS_DATA. */
int ms_block_open(struct ms_block *b, struct ms_err *err);
/* Record i of an open block. */
void ms_block_record(
    const struct ms_block *b, uint32_t i, struct ms_record *rec);
/* The number of record i. */
uint64_t ms_block_number(const struct ms_block *b, uint32_t i);
/* An iterator over the numbers of all records of a block. */
struct ms_numbers {
	const struct ms_block *block; /* its header and runs are used */
	uint32_t run, i; /* place in the run; {0} at the beginning */
};
int ms_numbers_next(struct ms_numbers *it, uint64_t *number); /* 1, 0 */
/*
 * The leaf of record i. The leaf of a BLOB needs only its digest, so a data
 * block without stubs need not be open.
 */
void ms_block_leaf(
    const struct ms_block *b, uint32_t i, unsigned char leaf[MS_SHA_LEN]);
/* Empties the block and keeps the memory of its buffers. */
void ms_block_clear(struct ms_block *b);
void ms_block_release(struct ms_block *b);

#endif
