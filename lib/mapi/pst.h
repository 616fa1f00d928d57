/*
 * pst.h - reads PST and OST files, folder by folder, by libpff. [MS-PST]. For a
 * confined process (outlook.h): reads an open descriptor, opens nothing. Layer:
 * above item.
 */
#ifndef MS_PST_H
#define MS_PST_H
#include "item.h"

/* Bytes of a file that comes from a pipe or a container, and is copied to a
 * temporary file: more than Outlook writes. A file itself has no limit. */
#define MS_PST_COPY_MAX ((uint64_t)128 << 30)

struct ms_pst;

struct ms_pst_options {
	unsigned codepage; /* of ANSI files; 0: what the file says, else 1252 */
	bool recover;      /* also items that were deleted */
};

/*
 * Opens a PST or OST file of `size` bytes. fd is read with pread(2), and stays
 * the caller's.
 * The process is confined already. A password is no obstacle. -1 with MS_DATA:
 * this is no PST, or it is too damaged to read anything.
 */
int ms_pst_open(struct ms_pst **out, int fd, uint64_t size,
    const struct ms_pst_options *opt, struct ms_err *err);
void ms_pst_close(struct ms_pst *pst);

/* Where an item is. Valid until the next call. */
struct ms_pst_place {
	const char *folder; /* UTF-8, levels separated by "/" (ms-stream(5)) */
	const char
	    *special;    /* use of the folder, as in MS_ATTR_SPECIAL, or "" */
	uint64_t number; /* of the item in its folder, from 1 on */
	uint64_t done, total; /* items of the file */
};

/* Passes over the next n items without reading them: what the same number of
 * calls of ms_pst_next() would return, except what was deleted. */
void ms_pst_skip(struct ms_pst *pst, uint64_t n);
/*
 * Reads the next item, which belongs to the caller. Returns 1; 0 at the end; -1
 * with MS_DATA, an item or a folder cannot be read, and the next call goes on
 * after it; `place` says which one.
 */
int ms_pst_next(struct ms_pst *pst, struct ms_mapi_item **item,
    struct ms_pst_place *place, struct ms_err *err);

/* A folder, when its items have been read: what it should have, and had. */
struct ms_pst_folder {
	const char *name;
	uint64_t expected, produced, failed;
};
/* The folders so far, valid until the next item; and all of them after
 * ms_pst_next() has returned 0. */
const struct ms_pst_folder *ms_pst_folders(const struct ms_pst *pst, size_t *n);

#endif
