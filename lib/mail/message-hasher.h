/*
 * message-hasher.h - what a message is called: the SHA-256 of its wire form,
 * which has a CR before every LF that has none and is otherwise untouched; and
 * how its lines end. ms-archive(5), Identity. Layer: above sha.
 */
#ifndef MS_MESSAGE_HASHER_H
#define MS_MESSAGE_HASHER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sha.h"

#define MS_MESSAGE_MAX                                                         \
	((uint64_t)1 << 31) /* bytes of a message, as it came                  \
			     */
#define MS_HEAD_MAX                                                            \
	262144 /* bytes of a header that count and are described               \
		*/

/* How a copy of a message came, and how it can be asked for. */
enum ms_form {
	MS_FORM_STORED = 0, /* line ends are mixed: as the recipe says */
	MS_FORM_LF = 1,     /* every line ends with a lone LF, or none ends */
	MS_FORM_CRLF = 2    /* every line ends with CRLF */
};

struct ms_identity {
	unsigned char id[MS_SHA_LEN];
	/*
	 * SHA-256 of the header in wire form, through its empty line; of its
	 * first MS_HEAD_MAX wire bytes, if it has more. A message without an
	 * empty line is all header.
	 */
	unsigned char head[MS_SHA_LEN];
	uint64_t size; /* of the wire form */
	enum ms_form form;
};

/* An identity in the making; usable again after each end. */
struct ms_message_hasher;

struct ms_message_hasher *ms_message_hasher_new(void);
void ms_message_hasher_free(struct ms_message_hasher *w);
/* The next bytes as they came, in pieces of any size. */
void ms_message_hasher_add(
    struct ms_message_hasher *w, const unsigned char *p, size_t n);
/* The message is complete. Begins anew. */
void ms_message_hasher_end(
    struct ms_message_hasher *w, struct ms_identity *out);

#endif
