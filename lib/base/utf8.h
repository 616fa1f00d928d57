/*
 * utf8.h - UTF-8 text: read, written, checked and folded; and modified UTF-7,
 * in which IMAP writes folder names. RFC 3629. Layer: above buf.
 */
#ifndef MS_UTF8_H
#define MS_UTF8_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_REPLACEMENT 0xfffd  /* U+FFFD stands for what can't be decoded */
#define MS_NOT_UTF8 UINT32_MAX /* a byte that is not part of a character */

/*
 * The character at p, of n >= 1 bytes: returns how many bytes it has (1..4),
 * or 0 if they are not UTF-8 (RFC 3629).
 */
size_t ms_utf8_next(const unsigned char *p, size_t n, uint32_t *c);
/* The same, but never 0: a byte that is not UTF-8 counts as one MS_NOT_UTF8. */
size_t ms_utf8_step(const unsigned char *p, size_t n, uint32_t *c);
/* Writes c, at most U+10FFFF, as UTF-8; returns how many bytes. */
size_t ms_utf8_put(unsigned char out[4], uint32_t c);
/* c, folded. */
uint32_t ms_fold(uint32_t c);

/* Well-formed by RFC 3629: no surrogates, nothing above U+10FFFF. */
bool ms_utf8_valid(const unsigned char *p, size_t n);
/*
 * Appends in with simple case folding (Unicode, CaseFolding.txt, C and S):
 * for comparing. Bytes that are not UTF-8 stay.
 */
void ms_utf8_fold(struct ms_slice in, struct ms_buf *out);
/*
 * Modified UTF-7 of folder names (RFC 9051, appendix A; RFC 3501, 5.1.3).
 * decode: 0, or -1 with out as it was: not what ms_mutf7_encode() makes of any
 * text without NUL. encode: what is not UTF-8 in it becomes U+FFFD.
 */
int ms_mutf7_decode(struct ms_slice in, struct ms_buf *out);
void ms_mutf7_encode(struct ms_slice in, struct ms_buf *out);

#endif
