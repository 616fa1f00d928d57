/*
 * record.h - the contents of records (OCCURRENCE, PLACE, MOVED, RECEIPT,
 * COMMIT) as bytes, and leaf, tree and chain. ms-archive(5), Records. MESSAGE
 * is in recipe.h. Layer: above sha.
 */
#ifndef MS_RECORD_H
#define MS_RECORD_H
#include <stdint.h>
#include "dates.h"
#include "sha.h"

enum ms_record_type {
	MS_BLOB = 1,
	MS_MESSAGE = 2,
	MS_OCCURRENCE = 3,
	MS_PLACE = 4,
	MS_MOVED = 5,
	MS_EVENT = 6,
	MS_COMMIT = 7,
	MS_RECEIPT = 8
};

#define MS_SALT_LEN 16
#define MS_EVENT_MAX (1024 * 1024)      /* bytes of an EVENT */
#define MS_RECORD_MAX (8 * 1024 * 1024) /* bytes of any content */
#define MS_FIELD_MAX 65535              /* bytes of the value of a field */

/* A record in a block; content is borrowed from the block. */
struct ms_record {
	uint8_t type; /* enum ms_record_type, or one of a later version */
	bool stub;    /* purged: content is its leaf */
	struct ms_slice content;
};

/* H(0x00 || type || salt || content_digest). */
void ms_record_leaf(uint8_t type, const unsigned char salt[MS_SALT_LEN],
    const unsigned char content_digest[MS_SHA_LEN],
    unsigned char leaf[MS_SHA_LEN]);

enum {
	MS_BODY_NOT_SEEN = 1, /* recognised by the header only */
	MS_DATE_UNKNOWN = 2   /* no date of arrival is known */
};

/* Slices are UTF-8 of at most MS_FIELD_MAX bytes; {0} for none. */
struct ms_occurrence {
	unsigned char id[MS_SHA_LEN];
	uint64_t message, folder;
	int64_t date; /* of arrival, as the writer knew; 0 if it is unknown */
	struct ms_raw_date raw; /* what the source said */
	uint8_t form, bits;
	struct ms_slice place, flags, other, email_id;
};

void ms_occurrence_write(struct ms_buf *out, const struct ms_occurrence *o);
/* The slices point into content. MS_DATA: too short, or a length is wrong. */
int ms_occurrence_parse(
    struct ms_occurrence *o, struct ms_slice content, struct ms_err *err);

struct ms_place {
	uint64_t occurrence, folder;
	struct ms_slice place, flags;
};

void ms_place_write(struct ms_buf *out, const struct ms_place *pl);
int ms_place_parse(
    struct ms_place *pl, struct ms_slice content, struct ms_err *err);

/* Is a place UIDVALIDITY and UID of IMAP, with digits of any value? */
bool ms_place_is_uid(struct ms_slice place);

/* A message was moved: its OCCURRENCE in the old folder and in the new one. */
struct ms_moved {
	uint64_t left, now;
	int64_t time;
};

void ms_moved_write(struct ms_buf *out, const struct ms_moved *m);
int ms_moved_parse(
    struct ms_moved *m, struct ms_slice content, struct ms_err *err);

#define MS_RECEIPT_MAX 131072   /* OCCURRENCEs of a RECEIPT */
#define MS_RECEIPT_IDENTIFIES 2 /* bit: its header identifies the message */

/*
 * A place of a mailbox whose messages are assigned to users. What the source
 * gave is described by id, head, top and size; bits also has MS_BODY_NOT_SEEN.
 */
struct ms_receipt {
	unsigned char id[MS_SHA_LEN], head[MS_SHA_LEN], top[MS_SHA_LEN];
	uint64_t size, folder;
	uint8_t bits;
	uint32_t count;              /* of OCCURRENCEs, 1..MS_RECEIPT_MAX */
	struct ms_slice occurrences; /* u64 little-endian, ascending */
	struct ms_slice place, flags, email_id;
};

/* occurrences.n is 8 * count. */
void ms_receipt_write(struct ms_buf *out, const struct ms_receipt *r);
/* MS_DATA: too short, no OCCURRENCE or too many, or not ascending. */
int ms_receipt_parse(
    struct ms_receipt *r, struct ms_slice content, struct ms_err *err);
/* The number of OCCURRENCE i of the RECEIPT, i < count. */
uint64_t ms_receipt_occurrence(const struct ms_receipt *r, uint32_t i);

#define MS_COMMIT_LEN 88

struct ms_commit {
	uint64_t first;
	uint32_t count;
	unsigned char root[MS_SHA_LEN], chain[MS_SHA_LEN];
	int64_t time;
};

void ms_commit_write(struct ms_buf *out, const struct ms_commit *c);
int ms_commit_parse(
    struct ms_commit *c, struct ms_slice content, struct ms_err *err);

/* chain = H(previous || root) */
void ms_chain(const unsigned char previous[MS_SHA_LEN],
    const unsigned char root[MS_SHA_LEN], unsigned char out[MS_SHA_LEN]);

/* The tree hash of RFC 6962, 2.1, with leaves added in order; {0} is empty. */
struct ms_tree {
	uint64_t count;
	unsigned char node[64][MS_SHA_LEN]; /* full subtrees, by height */
};
void ms_tree_add(struct ms_tree *t, const unsigned char leaf[MS_SHA_LEN]);
void ms_tree_root(const struct ms_tree *t, unsigned char root[MS_SHA_LEN]);

#endif
