/*
 * segment.h - a message as a recipe: header, text runs and decoded base64
 * runs, the long ones as BLOBs. ms-archive(5), Segments. No MIME parser takes
 * part. Layer: above sha, base64, recipe.
 */
#ifndef MS_SEGMENT_H
#define MS_SEGMENT_H
#include <stddef.h>
#include <stdint.h>
#include "recipe.h"

#define MS_BLOB_MIN 2048 /* stored bytes; a shorter run is inline */
/*
 * Where long base64 runs are cut: a multiple of 3 * 60, 3 * 64, 3 * 72 and
 * 3 * 76, so that a long attachment is cut at the same places whichever of
 * the usual lines it came in.
 */
#define MS_BLOB_BASE64 4104000
/* From here on what is left is one run, and MS_RECIPE_MAX out of reach. */
#define MS_SEGMENT_ITEMS 3500
#define MS_SEGMENT_RECORD (6 * 1024 * 1024) /* bytes */

/*
 * Receives a BLOB: its stored bytes, at most MS_BLOB_MAX, and their SHA-256.
 * The bytes are borrowed for the call. The same BLOB may come again.
 */
typedef void ms_blob_fn(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN]);

struct ms_segmenter;

struct ms_segmenter *ms_segmenter_new(ms_blob_fn *blob, void *ctx);
void ms_segmenter_free(struct ms_segmenter *sg);
/*
 * The next bytes of the message as they came, in pieces of any size; together
 * at most MS_MESSAGE_MAX.
 */
void ms_segment_add(struct ms_segmenter *sg, const unsigned char *p, size_t n);
/*
 * The message is complete and is called `identity`. content receives the
 * content of its MESSAGE record, as ms-archive(5) lays it out; it lives until
 * the next call with this segmenter. Begins anew.
 */
void ms_segment_end(struct ms_segmenter *sg, const struct ms_identity *identity,
    struct ms_slice *content);
/* Forgets a message that will not be completed. */
void ms_segment_abort(struct ms_segmenter *sg);

#endif
