/*
 * pst-impl.h - the parts of the reader of PST files: access to the file
 * (pst-io.c), items (pst-item.c), folders (pst-folder.c). libpff, 20180714.
 * Layer: private to mapi.
 */
#ifndef MS_PST_IMPL_H
#define MS_PST_IMPL_H
#include <libbfio.h>
#include <libpff.h>
#include "pst.h"

/* ---- errors ---- */

/* Fails with MS_DATA and the outermost message of an error of libpff, which is
 * freed. Returns -1. */
int ms_pst_fail(libpff_error_t *error, struct ms_err *err, const char *what);

/* ---- access to the file ---- */

/* A handle that reads a descriptor by pread(2), or NULL. Free it with
 * libbfio_handle_free() when the file is closed. */
libbfio_handle_t *ms_pst_io(int fd, uint64_t size);

/* ---- items ---- */

/* Objects of libpff that attachments of the present item are read from. */
struct ms_pst_held {
	libpff_item_t **list;
	size_t n, cap;
};
void ms_pst_held_free(struct ms_pst_held *held);

/*
 * Makes an item of one of libpff, which `held` owns from now on. parent: the
 * item that contains it, or NULL. NULL with MS_DATA: its properties cannot be
 * read, or it is nested too deeply.
 */
struct ms_mapi_item *ms_pst_item(libpff_item_t *message,
    const struct ms_mapi_item *parent, unsigned codepage,
    struct ms_pst_held *held, struct ms_err *err);

/* Appends the bytes of a property of an object; nothing if it is missing or
 * longer than a mebibyte. */
void ms_pst_property(libpff_item_t *object, unsigned id, struct ms_buf *out);

/* ---- folders ---- */

struct ms_pst_node {
	uint32_t id; /* of libpff; 0: items that were deleted */
	char *name;  /* owned */
	const char *special;
	uint64_t expected, found;
	struct ms_err err; /* why its items cannot be counted */
};

struct ms_pst_nodes {
	struct ms_pst_node *list;
	size_t n, cap;
};

/* Lists the folders of a file, each after the one that contains it. Damage
 * costs the folder that it is in. -1: there is no folder at all. */
int ms_pst_folders_read(
    libpff_file_t *file, struct ms_pst_nodes *nodes, struct ms_err *err);
void ms_pst_nodes_free(struct ms_pst_nodes *nodes);

#endif
