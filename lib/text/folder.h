/*
 * folder.h - the files of the text index: names, and the list of them. Private
 * to the folder. ms-archive(5), Directory tree. Layer: text.
 */
#ifndef MS_TEXT_FOLDER_H
#define MS_TEXT_FOLDER_H
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"
#include "store.h"

/* A database: NNNNNNNN.text, to which nothing is added, or NNNNNNNN.part. */
struct ms_text_file {
	uint32_t pack;
	bool whole;
};

/* Appends the absolute path of the folder, or of a file. */
void ms_text_folder_path(const struct ms_archive *a, struct ms_buf *out);
void ms_text_file_path(const struct ms_archive *a,
    const struct ms_text_file *file, struct ms_buf *out);
/*
 * The databases in the order of their packs, a whole one before an unfinished
 * one of the same pack; the caller frees the array. A missing folder has none.
 */
int ms_text_files(struct ms_archive *a, struct ms_text_file **out, size_t *n,
    struct ms_err *err);
/*
 * Does a database belong to this archive in its present state: is its archive
 * the same, does it not reach further, and is its last message this one here,
 * too? An older copy of the archive that went on differently has another one.
 * 1, 0, -1.
 */
int ms_text_belongs(struct ms_archive *a, const struct ms_text_file *file,
    const struct ms_text_extent *e, struct ms_err *err);

/*
 * Checks a database that belongs to the archive: its pages, and whether it has
 * each message between its ends. 0; -1: MS_INDEX, it is not right.
 */
int ms_text_check_store(struct ms_archive *a, struct ms_text_store *s,
    const char *path, struct ms_err *err);

#endif
