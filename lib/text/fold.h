/*
 * fold.h - the form of a text in which words are searched: case, accents and
 * invisible characters make no difference. ms-query(7), Text. Layer: above
 * utf8.
 */
#ifndef MS_TEXT_FOLD_H
#define MS_TEXT_FOLD_H
#include "buf.h"

/*
 * Appends the text key of `in` (ms_utf8_text_key(): NFKC with full case
 * folding, without invisible characters, one blank for each run of blanks)
 * without the marks on Latin, Greek, Cyrillic, Arabic and Hebrew letters. Marks
 * that make another letter remain: dakuten, the vowels of Indic scripts; and so
 * do letters that Unicode does not decompose: ø ł đ ı. Bytes that are not UTF-8
 * count as U+FFFD. Text without a blank is folded in pieces of 16 KiB. A blank
 * at the start of `in` is left out if out ends with a blank.
 */
void ms_text_fold(struct ms_slice in, struct ms_buf *out);

#endif
