/*
 * tally.h - counts of messages, by what a run did with them. ms-json(5),
 * Reports. Layer: above json.
 */
#ifndef MS_TALLY_H
#define MS_TALLY_H
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct json_t;

/*
 * seen = new + known + left_out + failed, except that only `failed` counts
 * messages that could not be deleted. Of an export, seen = exported + failed.
 */
struct ms_tally {
	uint64_t seen, new, known, left_out, failed, occurrences, deleted;
	uint64_t exported, bytes; /* of an export; bytes as written */
	uint64_t bytes_compared;  /* of bodies, before messages were deleted */
	uint64_t failed_folders;  /* their messages are not seen */
};

void ms_tally_add(struct ms_tally *sum, const struct ms_tally *t);
/*
 * Appends "N seen: N new, N known, N left out, N failed" with the unit after
 * the first number, and ", N deleted", with the bytes that were compared, if
 * that is wanted. After an export: "N seen: N exported, N failed". If folders
 * have failed, "; N folders failed" follows.
 */
void ms_tally_text(struct ms_buf *out, const struct ms_tally *t,
    const char *unit, bool deleted);
/*
 * Sets the members of a JSON object: all except `occurrences` and
 * `bytes_compared`; `deleted` only if it is wanted, and `failed_folders` only
 * if it is not 0. A missing member is read as 0.
 */
void ms_tally_json(struct json_t *o, const struct ms_tally *t, bool deleted);
struct ms_tally ms_tally_of_json(const struct json_t *o);

#endif
