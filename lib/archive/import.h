/*
 * import.h - how far the import of a file has come, for a run that goes on
 * after another one was killed. ms-archive(5), Interrupted imports. A state is
 * believed only if the archive still has what it vouches for, and is never
 * needed. Layer: above archive.
 */
#ifndef MS_IMPORT_H
#define MS_IMPORT_H
#include "archive.h"
#include "sha.h"

#define MS_IMPORT_FILES 64 /* states in an archive; the oldest are deleted */
#define MS_IMPORT_DAYS 30  /* an older state is deleted */
#define MS_IMPORT_MAX ((size_t)128 << 10) /* bytes of a state */

/*
 * Calls fn for each state of the archive, and deletes those that are too old
 * or too many, or cannot be used.
 *   name   64 hex digits; borrowed
 *   state  as it was written; borrowed
 */
typedef void ms_import_fn(void *ctx, const char *name, struct ms_slice state);
void ms_import_read(struct ms_archive *a, ms_import_fn *fn, void *ctx);
/*
 * Writes a state, in place of that of the same name. Everything that it vouches
 * for is committed.
 *   folder  the number of a folder of the messages, and
 *   user    its user: they are compared when the state is read; 0: unknown
 * The state can be lost in a crash of the system. -1: MS_IO, MS_TEMP; nothing
 * has changed.
 */
int ms_import_write(struct ms_archive *a, const char *name, uint64_t folder,
    const char *user, struct ms_slice state, struct ms_err *err);
void ms_import_remove(struct ms_archive *a, const char *name);

#endif
