/*
 * charset-jis.h - text in ISO-2022-JP and its relatives, and in HZ. Private to
 * charset*.c. Layer: charset.
 */
#ifndef MS_CHARSET_JIS_H
#define MS_CHARSET_JIS_H
#include "buf.h"

/*
 * The length of the escape sequence at s.p[0], if it selects one of the
 * character sets that ms_jis_utf8() knows; otherwise 0.
 */
size_t ms_jis_escape(struct ms_slice s);
/*
 * Appends text as UTF-8: ISO-2022-JP (RFC 1468), -1 (RFC 2237), -2 (RFC 1554),
 * -3, -2004 and code pages 50220 to 50222. JIS X 0208 means the larger set of
 * code page 932. Each line begins in ASCII. What is invalid becomes U+FFFD.
 *   convert   returns text of a named character set as UTF-8, perhaps in buf
 */
typedef struct ms_slice (*ms_jis_convert_fn)(
    const char *charset, struct ms_slice in, struct ms_buf *buf);
void ms_jis_utf8(
    struct ms_slice in, ms_jis_convert_fn convert, struct ms_buf *out);
/* The same for HZ (RFC 1843), in which "~{" begins GB2312 and "~}" ends it. */
void ms_hz_utf8(
    struct ms_slice in, ms_jis_convert_fn convert, struct ms_buf *out);

#endif
