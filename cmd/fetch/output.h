/*
 * output.h - writes messages and references to the stream. ms-stream(5).
 */
#ifndef FETCH_OUTPUT_H
#define FETCH_OUTPUT_H
#include "folder.h"

struct output *output_new(struct run *r, struct ms_stream_writer *out);
void output_free(struct output *o);

/* A message: its beginning, its bytes, and its end or the reason why it cannot
 * be completed. Each returns -1 if the stream takes no more. */
int output_begin(struct output *o, struct folder *f,
    const struct ms_msg_info *info, struct ms_err *err);
int output_data(
    struct output *o, const unsigned char *p, size_t n, struct ms_err *err);
/* Returns 1 if the message was written, 0 if it was left out or has failed. */
int output_end(struct output *o, struct ms_err *err);
int output_cancel(struct output *o, const char *reason, struct ms_err *err);
/* Has a message begun and not ended? */
bool output_busy(const struct output *o);

/* A message that the archive has, by its id. moved_from: the folder that it has
 * left, or NULL. */
int output_reference(struct output *o, struct folder *f,
    const struct ms_msg_info *info, const unsigned char id[MS_SHA_LEN],
    const char *moved_from, struct ms_err *err);
/* Tells the reader how far the run is. */
void output_progress(struct output *o, const struct ms_progress *p);
/* Nothing is written for a while: tells the reader that what it has is whole.
 */
int output_idle(struct output *o, struct ms_err *err);

#endif
