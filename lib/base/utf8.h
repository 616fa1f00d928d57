/*
 * utf8.h - UTF-8 text (RFC 3629): decode, encode, check and fold; and modified
 * UTF-7, the encoding of folder names in IMAP. Layer: above buf.
 */
#ifndef MS_UTF8_H
#define MS_UTF8_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_REPLACEMENT 0xfffd  /* U+FFFD replaces what cannot be decoded */
#define MS_NOT_UTF8 UINT32_MAX /* a byte that is not part of a character */

/*
 * Decodes the character at p, n >= 1. Returns the number of its bytes (1..4),
 * or 0 if the bytes are not UTF-8 (RFC 3629).
 */
size_t ms_utf8_next(const unsigned char *p, size_t n, uint32_t *c);
/*
 * The same, but never 0: a byte that is not UTF-8 is returned as MS_NOT_UTF8.
 */
size_t ms_utf8_step(const unsigned char *p, size_t n, uint32_t *c);
/*
 * Writes c, which is at most U+10FFFF, as UTF-8. Returns the number of bytes.
 */
size_t ms_utf8_put(unsigned char out[4], uint32_t c);

/*
 * Whether n bytes are UTF-8 by RFC 3629: no surrogates, nothing above U+10FFFF.
 */
bool ms_utf8_valid(const unsigned char *p, size_t n);
/*
 * Appends the simple case folding of `in` (Unicode, CaseFolding.txt, statuses C
 * and S), for comparisons. Bytes that are not UTF-8 are copied.
 */
void ms_utf8_fold(struct ms_slice in, struct ms_buf *out);
/*
 * Modified UTF-7 of folder names (RFC 9051, appendix A; RFC 3501, 5.1.3).
 * Decoding returns 0, or -1 with out unchanged if ms_mutf7_encode() never
 * writes this text or if it contains NUL. Encoding writes U+FFFD for bytes that
 * are not UTF-8.
 */
int ms_mutf7_decode(struct ms_slice in, struct ms_buf *out);
void ms_mutf7_encode(struct ms_slice in, struct ms_buf *out);

#endif
