/*
 * by-folder.h - gives each message to the user whom the first level of its
 * folder names: ms-ingest(1), Users by folder. Part of ms-ingest.
 */
#ifndef INGEST_BY_FOLDER_H
#define INGEST_BY_FOLDER_H
#include "source.h"

struct owner;
struct run;

/* -1: MS_USAGE, --unknown names a user who does not exist. */
int owner_new(struct owner **out, struct run *r, struct ms_err *err);
void owner_free(struct owner *o);

/*
 * Sets user and folder of a message, which are valid until the next call; the
 * source was opened without -d. A stream can name the user itself. Returns 1;
 * 0: no user gets the message, which was counted; -1: the archive cannot be
 * read.
 */
int owner_apply(struct run *r, struct ms_arrival *m, struct ms_err *err);

#endif
