/* ranges.c - numbers of OCCURRENCEs as the list of a state event, and back.
 * ms-archive(5), EVENT, changes. */
#include "ranges.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "tap.h"

static const struct {
	const char *numbers, *ranges, *back;
} lists[] = {
    {"[]", "[]", ""},
    {"[1]", "[1]", " 1"},
    {"[7,8]", "[7,1]", " 7 8"},
    {"[7,8,9]", "[[7,3]]", " 7 8 9"},
    {"[9,7,8,7,9]", "[[7,3]]", " 7 8 9"},
    {"[5,7,8,9,20,22,23,24,25]", "[5,[2,3],11,[2,4]]",
	" 5 7 8 9 20 22 23 24 25"},
    {"[0,-1,\"3\",2.0,null,[4],5]", "[5]", " 5"},
    {"[9223372036854775807,1]", "[1,9223372036854775806]",
	" 1 9223372036854775807"},
    {"{\"a\":1}", "[]", ""},
    {"3", "[]", ""},
};

static const struct {
	const char *ranges;
	bool ok;
} checks[] = {
    {"[]", true},
    {"[1,[2,3],4]", true},
    {"[[1,1]]", true},
    {"[[1,524288]]", true},
    {"[[1,524289]]", false},
    {"[[1,524288],1]", false},
    {"[[1,9223372036854775807]]", false},
    {"[9223372036854775806]", true},
    {"[9223372036854775806,1]", false},
    {"[9223372036854775807,9223372036854775807]", false},
    {"[0]", false},
    {"[-1]", false},
    {"[\"1\"]", false},
    {"[[1]]", false},
    {"[[1,0]]", false},
    {"[[0,1]]", false},
    {"[[[1,2],3]]", false},
    {"[null]", false},
};

static json_t *
load(const char *text)
{
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

static void
write_numbers(struct ms_buf *out, const json_t *list)
{
	struct ms_ranges r = {.list = list};
	uint64_t n;

	while (ms_ranges_next(&r, &n))
		ms_buf_printf(out, " %llu", (unsigned long long)n);
}

static void
check_list(size_t i)
{
	json_t *numbers = load(lists[i].numbers);
	json_t *ranges = ms_ranges_new(numbers);
	char *text = json_dumps(ranges, JSON_COMPACT);
	struct ms_buf back = {0};

	ok(strcmp(text, lists[i].ranges) == 0, "%s: %s", lists[i].numbers,
	    text);
	write_numbers(&back, ranges);
	ok(strcmp(ms_buf_str(&back), lists[i].back) == 0, "and back:%s",
	    ms_buf_str(&back));
	ms_buf_release(&back);
	free(text);
	json_decref(ranges);
	json_decref(numbers);
}

int
main(void)
{
	size_t i;
	json_t *o;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		check_list(i);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		o = load(checks[i].ranges);
		ok(ms_ranges_ok(o) == checks[i].ok, "%s is %s",
		    checks[i].ranges, checks[i].ok ? "valid" : "refused");
		json_decref(o);
	}
	ok(ms_ranges_ok(NULL), "no list has no number");
	return done();
}
