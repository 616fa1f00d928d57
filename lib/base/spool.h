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
 * Puts all bytes into the file, for another process that reads it. Returns its
 * descriptor, which stays the spool's; -1 as ms_spool_add().
 */
int ms_spool_file(struct ms_spool *sp, struct ms_err *err);
/*
 * Emits all bytes in order, in pieces. The spool keeps them. Errors: MS_IO, or
 * the error of emit.
 */
int ms_spool_emit(
    const struct ms_spool *sp, ms_emit_fn *emit, void *ctx, struct ms_err *err);
/*
 * Reads the bytes from the position `at` on. Returns 1; 0, there are none; -1.
 *   room    where they are read to if they are in the file
 *   piece   receives them; valid until `room` or the spool changes
 */
int ms_spool_read(const struct ms_spool *sp, uint64_t at, struct ms_buf *room,
    struct ms_slice *piece, struct ms_err *err);
/* Empties the spool; memory and file are kept for the next bytes. */
void ms_spool_clear(struct ms_spool *sp);
void ms_spool_release(struct ms_spool *sp);

/*
 * Creates the file of one spool now, for a process that cannot create files
 * later. A spool that needs a file takes it and, when it is released, gives it
 * back; ms_spool_add() reports the error if it could not be created. For a
 * process with one thread.
 */
void ms_spool_prepare(void);

#endif
