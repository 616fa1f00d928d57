/*
 * spool.h - bytes on their way: kept in memory while they are few, in a file
 * without a name when they are many. Layer: above buf.
 */
#ifndef MS_SPOOL_H
#define MS_SPOOL_H
#include <stdint.h>
#include "buf.h"

#define MS_SPOOL_MEMORY (1024 * 1024) /* bytes kept in memory */

/* {.fd = -1} is a valid, empty value. */
struct ms_spool {
	struct ms_buf mem; /* what is not yet in the file */
	int fd;            /* the file, made when it is first needed */
	uint64_t filed;    /* bytes in the file */
};

/* Adds bytes. MS_TEMP, MS_IO: the file ($TMPDIR, else /tmp) can't take them. */
int ms_spool_add(
    struct ms_spool *sp, const void *p, size_t n, struct ms_err *err);
uint64_t ms_spool_size(const struct ms_spool *sp);
/* Emits all bytes in pieces, in order; they stay. MS_IO, or emit's error. */
int ms_spool_emit(
    const struct ms_spool *sp, ms_emit_fn *emit, void *ctx, struct ms_err *err);
/* Empties it; memory and file are used again. */
void ms_spool_clear(struct ms_spool *sp);
void ms_spool_release(struct ms_spool *sp);

#endif
