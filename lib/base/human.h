/*
 * human.h - numbers as people read them, on terminals and in sentences. Layer:
 * above buf.
 */
#ifndef MS_HUMAN_H
#define MS_HUMAN_H
#include <stdint.h>
#include "buf.h"

/* Appends "812 B", "1.4 KiB", "35 MiB": at most four digits. */
void ms_human_bytes(struct ms_buf *out, uint64_t bytes);
/* Appends a number with a word: "1 message", "2 messages", "2 batches". */
void ms_human_count(struct ms_buf *out, uint64_t n, const char *word);
/* Appends a time, as in 0:05, 12:30 or 3:07:00. */
void ms_human_seconds(struct ms_buf *out, uint64_t seconds);

#endif
