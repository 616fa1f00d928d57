/*
 * folder-counts.h - what a PST file says that its folders have, and what came
 * of it. Layer: private to mapi.
 */
#ifndef MS_FOLDER_COUNTS_H
#define MS_FOLDER_COUNTS_H
#include "outlook.h"

#define MS_MAPI_FOLDERS_MAX 100000 /* of a file */

/* {0} is empty. */
struct ms_mapi_folders {
	struct ms_mapi_folder *list; /* owned, with the names */
	size_t n, cap, at;           /* at: the one that was found last */
};

/* Finds a folder, or adds it. NULL: there are too many. Valid until the next
 * call. */
struct ms_mapi_folder *ms_mapi_folders_find(
    struct ms_mapi_folders *f, const char *name);
void ms_mapi_folders_release(struct ms_mapi_folders *f);

#endif
