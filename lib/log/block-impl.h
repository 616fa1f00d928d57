/*
 * block-impl.h - what block.c and block-build.c share. Private to them.
 * Layer: block.
 */
#ifndef MS_BLOCK_IMPL_H
#define MS_BLOCK_IMPL_H
#include "block.h"

#define MS_BLOCK_ROW 8   /* bytes of a row of the table */
#define MS_BLOCK_RUN 16  /* of a run */
#define MS_RECORD_STUB 1 /* flag in a row of the table */

/* The length of the stored bytes before the frame. */
uint64_t ms_block_prefix(const struct ms_block_header *h);

#endif
