/*
 * message-hasher.h - the identity of a message: the SHA-256 of its wire form,
 * in which each LF follows a CR and all else is unchanged; and the kind of its
 * line ends. ms-archive(5), Identity. Layer: above sha.
 */
#ifndef MS_MESSAGE_HASHER_H
#define MS_MESSAGE_HASHER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sha.h"

#define MS_MESSAGE_MAX ((uint64_t)1 << 31) /* bytes of a message */
#define MS_HEAD_MAX 262144    /* bytes of a header that are hashed */
#define MS_HEADER_MAX 4194304 /* bytes of a header that are read */

/* The line ends of a message: how a copy came, and how it can be written. */
enum ms_form {
	MS_FORM_STORED = 0, /* mixed line ends, which the recipe records */
	MS_FORM_LF = 1,     /* every line ends with LF only, or no line ends */
	MS_FORM_CRLF = 2    /* every line ends with CRLF */
};

struct ms_identity {
	unsigned char id[MS_SHA_LEN];
	/*
	 * SHA-256 of the header in wire form, including its empty line, or of
	 * its first MS_HEAD_MAX bytes. If a message has no empty line, all of
	 * it is header.
	 */
	unsigned char head[MS_SHA_LEN];
	uint64_t size; /* of the wire form */
	enum ms_form form;
};

/*
 * SHA-256 of the beginning of a header in wire form: the first MS_TOP_MAX
 * bytes, or all of it with its empty line. What follows in `header` is ignored.
 */
#define MS_TOP_MAX 4096
void ms_header_top(struct ms_slice header, unsigned char digest[MS_SHA_LEN]);

/* The state of an identity. It can be used again after each end. */
struct ms_message_hasher;

struct ms_message_hasher *ms_message_hasher_new(void);
void ms_message_hasher_free(struct ms_message_hasher *h);
/* Adds the next bytes as they came, in pieces of any size. */
void ms_message_hasher_add(
    struct ms_message_hasher *h, const unsigned char *p, size_t n);
/* Ends the message and begins the next one. */
void ms_message_hasher_end(
    struct ms_message_hasher *h, struct ms_identity *out);

#endif
