/*
 * base64.h - base64 (RFC 4648, 4). Strict: a text is decoded only if encoding
 * the result gives the same text; and tolerant, for display. Layer: above buf.
 */
#ifndef MS_BASE64_H
#define MS_BASE64_H
#include <stddef.h>
#include <sys/types.h>
#include "buf.h"

/* The number of characters, including padding, that encode n bytes. */
#define MS_BASE64_CHARS(n) (((n) + 2) / 3 * 4)

/*
 * Returns how many of the n bytes at p, from the first on, are in the alphabet.
 * Padding is not.
 */
size_t ms_base64_span(const unsigned char *p, size_t n);

/*
 * Encodes n bytes with padding and without line ends. out has room for
 * MS_BASE64_CHARS(n) characters and does not overlap p. Returns the number of
 * characters.
 */
size_t ms_base64_encode(const unsigned char *p, size_t n, unsigned char *out);

/*
 * Decodes n characters. out has room for n / 4 * 3 bytes and does not overlap
 * p. Returns the number of bytes, or -1 if ms_base64_encode() does not encode
 * these bytes to the same characters, which is always checked. After -1 the
 * contents of out are undefined.
 */
ssize_t ms_base64_decode(const unsigned char *p, size_t n, unsigned char *out);

/*
 * Appends what s decodes to: bytes outside the alphabet are skipped, and
 * padding discards the bits left, wherever it is.
 */
void ms_base64_decode_any(struct ms_slice s, struct ms_buf *out);

#endif
