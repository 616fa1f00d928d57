/*
 * charset.h - the character sets that mail names, and what to make of them.
 * Names are folded (case, punctuation, a leading x) and looked up in a table of
 * ours, so that no sender chooses what the C library loads. RFC 2978 names;
 * WHATWG Encoding for what labels mean in practice: ms-quirks(7), Charsets.
 * Layer: above buf; iconv(3).
 */
#ifndef MS_CHARSET_H
#define MS_CHARSET_H
#include <stdint.h>
#include "buf.h"

struct ms_charset; /* constant, never freed; one is one set, so compare these */

/*
 * The set called name. Never NULL: US-ASCII and names nobody knows give one
 * whose text is UTF-8 if it can be, else windows-1252.
 */
const struct ms_charset *ms_charset_find(struct ms_slice name);
/*
 * The same for bytes in the midst of ASCII that nobody encoded: sets which use
 * ASCII's bytes otherwise (UTF-16, UTF-7, ISO-2022) count as unknown.
 */
const struct ms_charset *ms_charset_find_raw(struct ms_slice name);

/*
 * in as UTF-8: either in itself, or a view of buf, which is overwritten. Never
 * fails: bytes that mean nothing in the set become U+FFFD, but what should be
 * UTF-8 comes back as it is: read it with ms_charset_next().
 * Descriptors are cached per thread and closed when it ends.
 */
struct ms_slice ms_charset_utf8(
    const struct ms_charset *cs, struct ms_slice in, struct ms_buf *buf);

/*
 * The character at p, of n >= 1 bytes that should be UTF-8: a byte which is
 * not part of any is taken as windows-1252. Returns how many bytes it has.
 */
size_t ms_charset_next(const unsigned char *p, size_t n, uint32_t *c);

#endif
