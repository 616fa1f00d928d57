/*
 * segment.h - a message as a recipe: header, text runs and decoded base64
 * runs, the long ones as BLOBs. ms-archive(5), Segments. No MIME parser takes
 * part. Layer: above sha, base64, wire.
 */
#ifndef MS_SEGMENT_H
#define MS_SEGMENT_H
#include <stddef.h>
#include <stdint.h>
#include "wire.h"

#define MS_BLOB_MIN 2048 /* stored bytes; a shorter run is inline */
#define MS_BLOB_MAX (4 * 1024 * 1024)           /* a longer run is cut */
#define MS_RECIPE_ITEMS 4096                    /* at most, in one MESSAGE */
#define MS_MESSAGE_RECORD_MAX (8 * 1024 * 1024) /* bytes of a MESSAGE record   \
						 */

/*
 * Receives a BLOB: its stored bytes, at most MS_BLOB_MAX, and their SHA-256.
 * The bytes are borrowed for the call. The same BLOB may come again.
 */
typedef void ms_blob_fn(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN]);

struct ms_segmenter;

struct ms_segmenter *ms_segmenter_new(ms_blob_fn *blob, void *ctx);
void ms_segmenter_free(struct ms_segmenter *sg);
/* The next bytes of the message as they came, in pieces of any size. */
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
