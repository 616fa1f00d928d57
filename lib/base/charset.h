/*
 * charset.h - the character sets that mail names. Names are folded (case,
 * punctuation, a leading x) and looked up in a table of our own, so that a
 * sender cannot choose what the C library loads. RFC 2978 specifies the names;
 * for the meaning of labels in practice see WHATWG Encoding and ms-quirks(7),
 * Charsets. Layer: above buf; iconv(3).
 */
#ifndef MS_CHARSET_H
#define MS_CHARSET_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

/* Constant and never freed; equal sets have equal pointers. */
struct ms_charset;

/*
 * The set with this name; never NULL. US-ASCII and unknown names give a set
 * whose text is read as ISO-2022-JP if ms_charset_is_jis(), else as UTF-8 if it
 * is valid UTF-8, and otherwise as windows-1252.
 */
const struct ms_charset *ms_charset_find(struct ms_slice name);
/*
 * The same for 8-bit text that is not encoded and stands among ASCII text: sets
 * that do not contain ASCII (UTF-16, UTF-7, ISO-2022) count as unknown.
 */
const struct ms_charset *ms_charset_find_raw(struct ms_slice name);
/* Is this a name of US-ASCII or of another set that can be read? */
bool ms_charset_is_known(struct ms_slice name);

/*
 * Converts in to UTF-8. The result is `in` itself, or a view of buf, which is
 * overwritten. The function cannot fail: bytes that are invalid in the set
 * become U+FFFD. Text with C1 bytes under a name of ISO 8859 is in the Windows
 * set of the same letters. Text that is labelled as UTF-8 is returned unchanged
 * and may be invalid, so the caller reads it with ms_charset_next().
 * Descriptors are cached per thread and closed when the thread ends.
 */
struct ms_slice ms_charset_utf8(
    const struct ms_charset *cs, struct ms_slice in, struct ms_buf *buf);

/*
 * Is s ASCII with an escape sequence of ISO-2022-JP? Such text needs no label.
 */
bool ms_charset_is_jis(struct ms_slice s);

/*
 * Decodes the character at p, where n >= 1 bytes should be UTF-8. A byte that
 * is not part of a UTF-8 character is read as windows-1252. Returns the number
 * of bytes used.
 */
size_t ms_charset_next(const unsigned char *p, size_t n, uint32_t *c);

#endif
