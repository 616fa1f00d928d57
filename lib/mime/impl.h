/*
 * impl.h - what the process that calls and the process that parses say to each
 * other. Layer: private to mime.
 */
#ifndef MS_MIME_IMPL_H
#define MS_MIME_IMPL_H
#include <stdbool.h>
#include <sys/types.h>
#include "mime.h"

/* A request is the size of the message, which is in shared memory. */
struct ms_mime_request {
	uint64_t size;
};

enum ms_mime_result {
	MS_MIME_PARSED,
	MS_MIME_TOO_DEEP,
	MS_MIME_TOO_MANY,
	MS_MIME_TOO_SLOW,
	MS_MIME_DIED /* count is the signal, or 0 */
};

/* The answer. After MS_MIME_PARSED, `count` parts follow. */
struct ms_mime_reply {
	uint32_t result, count;
};

/*
 * The parser. Its first answer, to no request, says whether it is confined:
 * MS_MIME_PARSED without parts, or MS_MIME_DIED and the errno. It then parses
 * messages until `link` ends. `message` is the shared memory, open for reading
 * only. Never returns.
 */
void ms_mime_serve(int link, int message);

/* For tests: how long a message can take, instead of MS_MIME_WAIT_MS. */
void ms_mime_set_wait(struct ms_mime *m, int wait_ms);

/*
 * Finds the parts of the n bytes at p, which are changed: see ms_mime_tidy().
 * Appends struct ms_mime_part.
 */
enum ms_mime_result ms_mime_find(
    unsigned char *p, size_t n, struct ms_buf *parts);

/*
 * Changes what libetpan cannot read, without moving a byte: a line without a
 * colon among fields becomes a field, and comments nest less deeply. Returns
 * false if parts are nested too deeply. The first *skip bytes are blank lines
 * or a byte order mark before the header.
 */
bool ms_mime_tidy(unsigned char *p, size_t n, size_t *skip);

/*
 * Corrects parts: a multipart without delimiters is one part, and each part of
 * a multipart goes on to the next delimiter.
 */
void ms_mime_repair(const unsigned char *text, struct ms_buf *parts);

#endif
