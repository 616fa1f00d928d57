/*
 * segment.h - a message becomes a recipe: header, text runs and decoded base64
 * runs, the long ones as BLOBs. No MIME parser is used. ms-archive(5),
 * Segments. Layer: above sha, base64, recipe.
 */
#ifndef MS_SEGMENT_H
#define MS_SEGMENT_H
#include <stddef.h>
#include <stdint.h>
#include "recipe.h"

#define MS_BLOB_MIN 2048 /* stored bytes; a shorter run is inline */
/*
 * Long base64 runs are cut after this number of bytes. It is a multiple of 3 *
 * 60, 3 * 64, 3 * 72 and 3 * 76, so that a long attachment is cut at the same
 * places with any of the usual line lengths.
 */
#define MS_BLOB_BASE64 4104000
/* After these limits the rest of the message is one run, so that the limits of
 * a recipe are not reached. */
#define MS_SEGMENT_ITEMS 3500
#define MS_SEGMENT_RECORD (6 * 1024 * 1024) /* bytes */

/*
 * Receives a BLOB: its stored bytes, at most MS_BLOB_MAX, and their SHA-256.
 * The bytes are borrowed for the call. The same BLOB may be passed again.
 */
typedef void ms_blob_fn(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN]);

struct ms_segmenter;

struct ms_segmenter *ms_segmenter_new(ms_blob_fn *blob, void *ctx);
void ms_segmenter_free(struct ms_segmenter *sg);
/*
 * ms_segment_add() adds the next bytes of the message, in pieces of any size,
 * at most MS_MESSAGE_MAX in total.
 */
void ms_segment_add(struct ms_segmenter *sg, const unsigned char *p, size_t n);
/*
 * ms_segment_end() completes the message and begins a new one. content receives
 * the content of the MESSAGE record, ms-archive(5), MESSAGE, which is valid
 * until the next call with this segmenter.
 */
void ms_segment_end(struct ms_segmenter *sg, const struct ms_identity *identity,
    struct ms_slice *content);
/* Drops a message that will not be completed. */
void ms_segment_abort(struct ms_segmenter *sg);

#endif
