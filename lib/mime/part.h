/*
 * part.h - a part for people: its type, its name, and its body decoded. The
 * decoders accept what real mail contains. RFC 2045, RFC 2183, RFC 2231;
 * departures: ms-quirks(7), Parts. Layer: above mail.
 */
#ifndef MS_MIME_PART_H
#define MS_MIME_PART_H
#include <stdbool.h>
#include "charset.h"

#define MS_MIME_TYPE_MAX 128 /* bytes of a type and its NUL */

enum ms_mime_encoding {
	MS_MIME_AS_IS, /* 7bit, 8bit, binary, and unknown ones */
	MS_MIME_QUOTED,
	MS_MIME_BASE64
};

/* What the header of a part says. {0} is valid and empty. */
struct ms_mime_info {
	char type[MS_MIME_TYPE_MAX]; /* "text/plain": lower case */
	enum ms_mime_encoding encoding;
	bool attachment;                  /* the sender calls it one */
	const struct ms_charset *charset; /* of text */
	struct ms_buf name; /* of the file, UTF-8 without controls, or empty */
};

/*
 * Reads the header of a part. A missing or invalid type is text/plain, or
 * message/rfc822 if the part is in a multipart/digest. The caller releases the
 * info, and can read the next header into it.
 */
void ms_mime_info_read(
    struct ms_mime_info *info, struct ms_slice header, bool in_digest);
void ms_mime_info_release(struct ms_mime_info *info);

/*
 * Appends the value of a parameter of a field such as Content-Type as UTF-8:
 * continuations and character sets of RFC 2231 and encoded words are decoded.
 * Returns false if the field has no such parameter.
 */
bool ms_mime_parameter(
    struct ms_slice field, const char *name, struct ms_buf *out);

/*
 * Appends the decoded bytes of a body: at most as many as it has. The function
 * cannot fail: "=" without two hex digits is itself, and bytes outside the
 * base64 alphabet are skipped.
 */
void ms_mime_decode(
    enum ms_mime_encoding encoding, struct ms_slice body, struct ms_buf *out);

#endif
