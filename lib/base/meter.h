/*
 * meter.h - how far a run is: numbers, rates and the time that is left, as a
 * line for a terminal and as JSON. Layer: above human, term, json.
 */
#ifndef MS_METER_H
#define MS_METER_H
#include <stdint.h>
#include "buf.h"

/* What was done until now. A total that is not known is 0. */
struct ms_progress {
	const char *what; /* the folder or file that is read now */
	uint64_t messages, messages_total;
	uint64_t bytes, bytes_total;
};

/* Measures the rates, as a mean that forgets what is older than some seconds.
 * {0} has measured nothing. */
struct ms_meter {
	int64_t began_ms, last_ms;
	uint64_t messages, bytes;       /* at last_ms */
	double message_rate, byte_rate; /* a second */
};

/* Adds what was done at this time. */
void ms_meter_add(
    struct ms_meter *m, const struct ms_progress *p, int64_t now_ms);
/* The seconds that are left; UINT64_MAX: not known. */
uint64_t ms_meter_left(const struct ms_meter *m, const struct ms_progress *p);
/* Appends "INBOX: 790 of 1301 messages, 12 MiB, 1.2 MiB/s, 0:42 left", in at
 * most `width` columns. */
void ms_progress_line(struct ms_buf *out, const struct ms_progress *p,
    const struct ms_meter *m, size_t width);
/* Appends the same as a JSON object and a newline (ms-json(5), Progress). */
void ms_progress_json(struct ms_buf *out, const char *tool,
    const struct ms_progress *p, const struct ms_meter *m);

#endif
