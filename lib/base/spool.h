/*
 * spool.h - a sequence of bytes: in memory while it is short, in a file without
 * a name when it is long. Layer: above buf.
 */
#ifndef MS_SPOOL_H
#define MS_SPOOL_H
#include <stdint.h>
#include "buf.h"

#define MS_SPOOL_MEMORY (1024 * 1024) /* bytes kept in memory */

/* {.fd = -1} is a valid, empty value. */
struct ms_spool {
	struct ms_buf mem; /* bytes that are not in the file yet */
	int fd;            /* created on first use */
	uint64_t filed;    /* bytes in the file */
};

/*
 * Appends bytes. Errors: MS_TEMP, MS_IO, the file (in $TMPDIR, else in /tmp)
 * cannot take them.
 */
int ms_spool_add(
    struct ms_spool *sp, const void *p, size_t n, struct ms_err *err);
uint64_t ms_spool_size(const struct ms_spool *sp);
/*
 * Emits all bytes in order, in pieces. The spool keeps them. Errors: MS_IO, or
 * the error of emit.
 */
int ms_spool_emit(
    const struct ms_spool *sp, ms_emit_fn *emit, void *ctx, struct ms_err *err);
/* Empties the spool; memory and file are kept for the next bytes. */
void ms_spool_clear(struct ms_spool *sp);
void ms_spool_release(struct ms_spool *sp);

#endif
