/* ranges.c - numbers of OCCURRENCEs as a short list. ms-archive(5), EVENT,
 * changes. */
#include "ranges.h"

#include <stdlib.h>

#include "buf.h"
#include "numbers.h"

#define RUN_MIN 3 /* shorter ones are not shorter as [d, n] */

/* A number of a record, or 0. */
static uint64_t
number_of(const json_t *v)
{
	json_int_t n = json_integer_value(v);

	return n > 0 ? (uint64_t)n : 0;
}

/* Appends n numbers that follow each other; the first is `step` after the last
 * one before. */
static void
add_run(json_t *out, uint64_t step, size_t n)
{
	json_t *run;

	if (n >= RUN_MIN) {
		run = json_array();
		json_array_append_new(run, json_integer((json_int_t)step));
		json_array_append_new(run, json_integer((json_int_t)n));
		json_array_append_new(out, run);
		return;
	}
	json_array_append_new(out, json_integer((json_int_t)step));
	if (n == 2)
		json_array_append_new(out, json_integer(1));
}

json_t *
ms_ranges_new(const json_t *numbers)
{
	size_t i, n = 0, count = json_array_size(numbers), run;
	uint64_t *v = ms_xcalloc(count + 1, sizeof(*v)), last = 0;
	json_t *out = json_array();

	for (i = 0; i < count; i++) {
		v[n] = number_of(json_array_get(numbers, i));
		n += v[n] != 0;
	}
	qsort(v, n, sizeof(*v), ms_compare_u64);
	count = 0;
	for (i = 0; i < n; i++)
		if (count == 0 || v[count - 1] != v[i])
			v[count++] = v[i];
	for (i = 0; i < count; i += run) {
		run = 1;
		while (i + run < count && v[i + run] == v[i] + run)
			run++;
		add_run(out, v[i] - last, run);
		last = v[i + run - 1];
	}
	free(v);
	return out;
}

/* An item: *step is its distance from the number before, *n the length of the
 * run. False: it is invalid. */
static bool
parse_item(const json_t *item, uint64_t *step, uint64_t *n)
{
	*n = 1;
	if (json_is_array(item)) {
		*n = number_of(json_array_get(item, 1));
		item = json_array_get(item, 0);
	}
	*step = number_of(item);
	return *step != 0 && *n != 0;
}

bool
ms_ranges_ok(const json_t *list)
{
	uint64_t last = 0, total = 0, step, n;
	size_t i, count = json_array_size(list);

	for (i = 0; i < count; i++) {
		if (!parse_item(json_array_get(list, i), &step, &n) ||
		    n > MS_RANGES_MAX - total || last + n >= INT64_MAX ||
		    step > INT64_MAX - last - n)
			return false;
		total += n;
		last += step + n - 1;
	}
	return true;
}

bool
ms_ranges_next(struct ms_ranges *r, uint64_t *number)
{
	uint64_t step = 1;

	if (r->left > 0) {
		r->left--;
	} else {
		if (r->at == json_array_size(r->list) ||
		    !parse_item(
			json_array_get(r->list, r->at++), &step, &r->left))
			return false;
		r->left--;
	}
	r->last += step;
	*number = r->last;
	return true;
}
