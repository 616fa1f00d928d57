/*
 * base64.h - base64 as RFC 4648, 4 has it, both ways, and nothing looser:
 * what decodes here encodes to the same characters again. Layer: bottom.
 */
#ifndef MS_BASE64_H
#define MS_BASE64_H
#include <stddef.h>
#include <sys/types.h>

/* Characters that n bytes become, padding counted. */
#define MS_BASE64_CHARS(n) (((n) + 2) / 3 * 4)

/* How many of the n bytes at p, from the first on, are of the alphabet
 * (padding is not). */
size_t ms_base64_span(const unsigned char *p, size_t n);

/*
 * Encodes n bytes with padding, without line ends. out has room for
 * MS_BASE64_CHARS(n), and is not p. Returns how many characters that are.
 */
size_t ms_base64_encode(const unsigned char *p, size_t n, unsigned char *out);

/*
 * Decodes n characters. out has room for n / 4 * 3 bytes, and is not p.
 * Returns how many bytes they are, or -1 if ms_base64_encode() would not give
 * these very characters for them: this is tried, always. After -1 out is
 * spoilt.
 */
ssize_t ms_base64_decode(const unsigned char *p, size_t n, unsigned char *out);

#endif
