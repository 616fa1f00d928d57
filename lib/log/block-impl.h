/*
 * block-impl.h - what building and reading blocks share. Not for others.
 * Layer: block.
 */
#ifndef MS_BLOCK_IMPL_H
#define MS_BLOCK_IMPL_H
#include "block.h"

#define MS_BLOCK_ROW 8   /* bytes of a record's row in the table */
#define MS_BLOCK_RUN 16  /* of a run */
#define MS_RECORD_STUB 1 /* flag in a record's row */

/* Bytes of the stored part before the frame. */
uint64_t ms_block_prefix(const struct ms_block_header *h);

#endif
