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
 * Whether a terminal could take this character for a command, or draw what
 * follows in another order: C0, DEL, C1, the separators of lines and
 * paragraphs, and the embeddings, overrides and isolates of bidirectional text.
 * All outputs for people, and all checks of names, use this test.
 */
bool ms_utf8_control(uint32_t c);
/* Whether n bytes are UTF-8 without such characters. */
bool ms_utf8_plain(const unsigned char *p, size_t n);
/* The length of the byte order mark with which s begins, 3 or 0. */
static inline size_t
ms_utf8_bom(struct ms_slice s)
{
	return s.n >= 3 && s.p[0] == 0xef && s.p[1] == 0xbb && s.p[2] == 0xbf
		   ? 3
		   : 0;
}
/*
 * Appends the simple case folding of `in` (Unicode, CaseFolding.txt, statuses C
 * and S), for comparisons. Bytes that are not UTF-8 are copied.
 */
void ms_utf8_fold(struct ms_slice in, struct ms_buf *out);
/*
 * Appends the form in which texts are compared: compatibility composition with
 * full case folding (NFKC_Casefold), without invisible characters such as soft
 * hyphens and zero-width spaces, and with one blank for each run of blanks and
 * no-break spaces. Bytes that are not UTF-8 count as U+FFFD.
 */
void ms_utf8_text_key(struct ms_slice in, struct ms_buf *out);
/*
 * The same for names of users and folders, which differ by case: canonical
 * composition (NFC), without invisible characters, and a blank for each
 * no-break space.
 */
void ms_utf8_name_key(struct ms_slice in, struct ms_buf *out);
/*
 * The same for mail addresses, which do not differ by case. The domain is in
 * its Unicode form, so that `xn--mnchen-3ya.example` and `münchen.example` are
 * equal (RFC 5890, 2.3.2.1).
 */
void ms_utf8_address_key(struct ms_slice in, struct ms_buf *out);
/* Whether two names have the same key. */
bool ms_utf8_same_name(const char *a, const char *b);
/*
 * Modified UTF-7 of folder names (RFC 9051, appendix A; RFC 3501, 5.1.3).
 * Decoding returns 0, or -1 with out unchanged if ms_mutf7_encode() never
 * writes this text or if it contains NUL. Encoding writes U+FFFD for bytes that
 * are not UTF-8.
 */
int ms_mutf7_decode(struct ms_slice in, struct ms_buf *out);
void ms_mutf7_encode(struct ms_slice in, struct ms_buf *out);

#endif
