/*
 * outfile.h - one output file: standard output, or a file that gets its name
 * when it is complete. Layer: above sha.
 */
#ifndef MS_OUTFILE_H
#define MS_OUTFILE_H
#include <stdbool.h>
#include <stdio.h>
#include "buf.h"

struct ms_outfile {
	FILE *f;
	char *path, *temp; /* NULL: standard output, or not a regular file */
	char *buffer;
	bool replace; /* path is an empty file, which is replaced */
};

/*
 * Opens dest; "-" is standard output. MS_EXISTS: dest is a file that is not
 * empty, or a directory. Other errors: MS_IO, MS_TEMP, MS_NOINPUT.
 */
int ms_outfile_open(struct ms_outfile *o, const char *dest, struct ms_err *err);
int ms_outfile_write(
    struct ms_outfile *o, const void *p, size_t n, struct ms_err *err);
int ms_outfile_flush(struct ms_outfile *o, struct ms_err *err);
/*
 * Closes the file. With `keep` it is synced and gets its final name; otherwise
 * it is removed.
 */
int ms_outfile_close(struct ms_outfile *o, bool keep, struct ms_err *err);

/* Appends a random name for a temporary file, which no exported message has. */
void ms_temp_name(struct ms_buf *out);
/*
 * Renames a file without replacing another one. MS_EXISTS: the new name is in
 * use.
 */
int ms_rename_new(int from_dir, const char *from, int to_dir, const char *to,
    struct ms_err *err);

#endif
