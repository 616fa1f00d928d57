/*
 * rtf.h - bodies in RTF: decompressed ([MS-OXRTFCP]), and the HTML or text in
 * them ([MS-OXRTFEX], and the text of native RTF). Takes bytes, does no input
 * or output. Layer: above charset.
 */
#ifndef MS_RTF_H
#define MS_RTF_H
#include "buf.h"

#define MS_RTF_MAX ((size_t)128 << 20) /* bytes of a decompressed body */
#define MS_RTF_DEPTH_MAX 1000          /* groups in groups */

/*
 * Appends the RTF of PidTagRtfCompressed: LZFu, or MELA, which is not
 * compressed. -1 with MS_DATA: it is damaged or larger than MS_RTF_MAX; what
 * came before the damage is appended. A wrong checksum is damage; the whole
 * text is appended then.
 */
int ms_rtf_decompress(
    struct ms_slice in, struct ms_buf *out, struct ms_err *err);

enum ms_rtf_kind {
	MS_RTF_NATIVE, /* written as RTF */
	MS_RTF_HTML,   /* \fromhtml1: contains the original HTML */
	MS_RTF_TEXT    /* \fromtext: contains the original text */
};

/*
 * Appends, in UTF-8 and with CRLF as line ends, the HTML or the text that RTF
 * contains; of native RTF its text: paragraphs, lines, tabs, cells and special
 * characters, without destinations that are not shown. An HTML text says what
 * its charset was (<meta>), but is UTF-8. The kind is MS_RTF_NATIVE for bytes
 * that are not RTF. -1 with MS_DATA: nested too deeply, or larger than
 * MS_RTF_MAX; what came before is appended.
 */
int ms_rtf_extract(struct ms_slice rtf, enum ms_rtf_kind *kind,
    struct ms_buf *out, struct ms_err *err);

#endif
