/*
 * document.h - reads the text of a message of the archive, as the text index
 * and the search of a single message have it. ms-query(7), Words. Layer: above
 * archive, body, convert.
 */
#ifndef MS_TEXT_DOCUMENT_H
#define MS_TEXT_DOCUMENT_H
#include "archive.h"
#include "store.h"

#define MS_TEXT_ATTACHED_MAX ((size_t)64 << 20) /* of all attachments */

struct ms_text_reader;

/*
 * Starts the confined processes that read MIME, HTML and attachments. Call it
 * before the archive is opened or a secret is read.
 *   parts   1 << enum ms_text_part ..., or MS_TEXT_ALL: what will be read; the
 *           header and the names always are
 * Returns 0; 1, this system cannot confine them completely: attachments are not
 * read, and `err` is the warning; -1.
 */
int ms_text_reader_open(
    struct ms_text_reader **out, unsigned parts, struct ms_err *err);
void ms_text_reader_close(struct ms_text_reader *r);
/* The name of the converters: ms_convert_name(). */
void ms_text_reader_name(
    const struct ms_text_reader *r, char out[MS_SHA_HEX + 1]);

/*
 * Reads MESSAGE m->number with m->id. m is cleared, but for these two, and
 * filled. What cannot be read of it sets MS_TEXT_UNREAD. -1: MS_DATA, the
 * message is damaged in the archive; or the archive or a process fails.
 */
int ms_text_read(struct ms_text_reader *r, struct ms_archive *a,
    struct ms_text_message *m, struct ms_err *err);
/* Why the last message has MS_TEXT_UNREAD; "" if it does not. */
const char *ms_text_unread(struct ms_text_reader *r);

#endif
