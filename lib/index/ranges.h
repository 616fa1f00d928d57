/*
 * ranges.h - numbers of OCCURRENCEs as the short list that a state event has.
 * ms-archive(5), EVENT, changes. Layer: above jansson.
 */
#ifndef MS_RANGES_H
#define MS_RANGES_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of a list: as many as an EVENT of MS_EVENT_MAX bytes can list. */
#define MS_RANGES_MAX (512 * 1024)

/* The ranges of an array of numbers, in any order. What is no number of a
 * record is left out. The caller owns the result. */
json_t *ms_ranges_new(const json_t *numbers);

/*
 * Iterates over the numbers of a list; {.list = ...} begins. Once
 * ms_ranges_ok() was true, ms_ranges_next() yields at most MS_RANGES_MAX
 * numbers, which ascend.
 */
struct ms_ranges {
	const json_t *list;
	size_t at;
	uint64_t last, left; /* the last number; how many follow it at once */
};
bool ms_ranges_ok(const json_t *list);
/* True: *number is the next one. False: at the end. */
bool ms_ranges_next(struct ms_ranges *r, uint64_t *number);

#endif
