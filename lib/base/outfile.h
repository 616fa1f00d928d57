/*
 * outfile.h - one output file: standard output, or a file that gets its name
 * when it is complete. Layer: above buf.
 */
#ifndef MS_OUTFILE_H
#define MS_OUTFILE_H
#include <stdbool.h>
#include <stdio.h>
#include "buf.h"

struct ms_outfile {
	FILE *f;
	char *path, *temp; /* NULL: standard output, or no regular file */
	char *buffer;
	bool replace; /* path is an empty file */
};

/* MS_EXISTS: the file is there and has something in it. */
int ms_outfile_open(struct ms_outfile *o, const char *dest, struct ms_err *err);
int ms_outfile_write(
    struct ms_outfile *o, const void *p, size_t n, struct ms_err *err);
int ms_outfile_flush(struct ms_outfile *o, struct ms_err *err);
/* Ends it; keep: a file is synced and gets its name, else it is removed. */
int ms_outfile_close(struct ms_outfile *o, bool keep, struct ms_err *err);

/* Appends a name for a file in the making; no mail is called like it. */
void ms_temp_name(struct ms_buf *out);
/*
 * Gives a file its name without replacing another. MS_EXISTS: there is one.
 */
int ms_rename_new(int from_dir, const char *from, int to_dir, const char *to,
    struct ms_err *err);

#endif
