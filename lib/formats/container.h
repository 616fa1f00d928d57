/*
 * container.h - the files in a container, which a confined process unpacks
 * (unpack.h, parser.h). If it dies or hangs, the rest of the container is lost;
 * what came before is kept. ms-stream(5), Containers. Layer: above parser.
 */
#ifndef MS_CONTAINER_H
#define MS_CONTAINER_H
#include "unpack.h"

struct ms_container;

/* As ms_parser_open(): 0, 1 with a warning, or -1. */
int ms_container_open(struct ms_container **out, struct ms_err *err);
void ms_container_close(struct ms_container *c);

/*
 * Begins to unpack a container, and ends with the one before.
 *   fd       stays the caller's, and can be closed
 *   is_file  it is a regular file, which is read from its beginning; else it is
 *            read on
 *   head     what was read from fd already
 */
int ms_container_begin(struct ms_container *c, int fd, bool is_file,
    struct ms_slice head, struct ms_err *err);
/* Goes on to the next file, as ms_unpack_next(); MS_TEMP: a signal came
 * (stop.h). */
int ms_container_next(
    struct ms_container *c, struct ms_unpacked *file, struct ms_err *err);
/* Reads up to n bytes of the file: their number, 0 at its end, or -1; MS_TEMP:
 * a signal came. */
int64_t ms_container_read(
    struct ms_container *c, unsigned char *p, size_t n, struct ms_err *err);
/* Bytes of the container that are used so far. */
uint64_t ms_container_used(const struct ms_container *c);

#endif
