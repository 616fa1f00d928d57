/*
 * owner.h - whose mail a folder has, if its first level names the user.
 * ms-ingest(1), Users by folder. Layer: above assign.
 */
#ifndef MS_OWNER_H
#define MS_OWNER_H
#include "archive.h"

/*
 * Divides a folder (ms-stream(5), Folders) after its first level.
 *   level  receives the name of the first level, without its escapes
 * Returns the other levels, in `folder`; "" if there are none.
 */
const char *ms_owner_split(const char *folder, struct ms_buf *level);
/*
 * Finds the user whom a text names: by the name; else by an address, as
 * ms_assign(). A disabled user is found, a deleted one is not. Returns 1, and
 * `user` has the name; 0; -1, the archive cannot be read.
 */
int ms_owner_find(struct ms_archive *a, const char *text, struct ms_buf *user,
    struct ms_err *err);

#endif
