/* verify-set.c - sets of record numbers: joined ranges, gaps, duplicates. */
#include "verify/impl.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "1-3 5 7-9": the ranges are added one by one. */
static void
fill(struct ms_ranges *r, const char *text)
{
	unsigned long first, last;
	char *end;

	for (; *text != '\0'; text = *end == ' ' ? end + 1 : end) {
		first = last = strtoul(text, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		ms_ranges_add(r, first, last);
	}
}

static void
show(const struct ms_ranges *r, char *out, size_t n)
{
	size_t i, at = 0;

	out[0] = '\0';
	for (i = 0; i < r->n; i++)
		at += (size_t)snprintf(out + at, n - at, "%s%lu-%lu",
		    i > 0 ? " " : "", (unsigned long)r->p[i].first,
		    (unsigned long)r->p[i].last);
}

static void
settles(void)
{
	static const struct {
		const char *in, *out;
		uint64_t twice;
	} rows[] = {
	    {"", "", 0},
	    {"5", "5-5", 0},
	    {"1 2 3", "1-3", 0},
	    {"3 2 1", "1-3", 0},
	    {"7-9 1-3", "1-3 7-9", 0},
	    {"4-6 7-9 1-3", "1-9", 0},
	    {"1-3 5-7 4", "1-7", 0},
	    {"1-3 3-5", "1-5", 3},
	    {"1-9 4", "1-9", 4},
	    {"4-5 1-9 20", "1-9 20-20", 4},
	};
	char got[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_ranges r = {0};
		uint64_t twice;

		fill(&r, rows[i].in);
		twice = ms_ranges_sort(&r);
		show(&r, got, sizeof(got));
		ok(strcmp(got, rows[i].out) == 0, "'%s' is '%s'", rows[i].in,
		    rows[i].out);
		ok(twice == rows[i].twice,
		    "'%s': the same numbers are added again", rows[i].in);
		ms_ranges_release(&r);
	}
}

static void
gaps(void)
{
	static const struct {
		const char *in;
		uint64_t from, to, first, last; /* first 0: no gap */
	} rows[] = {
	    {"", 1, 5, 1, 5},
	    {"1-5", 1, 5, 0, 0},
	    {"1-9", 3, 5, 0, 0},
	    {"2-4", 1, 5, 1, 1},
	    {"2-4", 2, 5, 5, 5},
	    {"2-4", 3, 9, 5, 9},
	    {"1-2 5-6", 1, 9, 3, 4},
	    {"1-2 5-6", 4, 9, 4, 4},
	    {"1-2 5-6", 5, 9, 7, 9},
	    {"5-6", 1, 3, 1, 3},
	    {"5-6", 8, 9, 8, 9},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_ranges r = {0};
		struct ms_range gap = {0};
		bool got;

		fill(&r, rows[i].in);
		ms_ranges_sort(&r);
		got = ms_ranges_gap(&r, rows[i].from, rows[i].to, &gap);
		ok(got == (rows[i].first != 0) && gap.first == rows[i].first &&
			gap.last == rows[i].last,
		    "'%s': the gap from %lu to %lu", rows[i].in,
		    (unsigned long)rows[i].from, (unsigned long)rows[i].to);
		ms_ranges_release(&r);
	}
}

static void
leaves(void)
{
	unsigned char in[3 * MS_SHA_LEN], out[MS_SHA_LEN];
	struct ms_leaves s;
	struct ms_err err = {0};
	int dir = open(".", O_RDONLY | O_DIRECTORY);
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 7);
	ok(ms_leaves_open(&s, dir, 100, 200000, &err) == 0,
	    "the set is opened");
	ok(ms_leaves_put(&s, 150000, in, 3, &err) == 0,
	    "three leaves are stored");
	ok(ms_leaves_put(&s, 100, in + MS_SHA_LEN, 1, &err) == 0,
	    "the first number is found");
	ok(ms_leaves_get(&s, 150002, out, &err) == 0 &&
		memcmp(out, in + 2 * MS_SHA_LEN, MS_SHA_LEN) == 0,
	    "the last leaf is read");
	ok(ms_leaves_get(&s, 100, out, &err) == 0 &&
		memcmp(out, in + MS_SHA_LEN, MS_SHA_LEN) == 0,
	    "the leaf before it is read");
	ok(ms_leaves_get(&s, 150000, out, &err) == 0 &&
		memcmp(out, in, MS_SHA_LEN) == 0,
	    "the first leaf is read");
	ok(ms_leaves_get(&s, 150003, out, &err) < 0 && err.code == MS_BUG,
	    "there are no more leaves");
	ms_leaves_close(&s);
	close(dir);
}

int
main(void)
{
	settles();
	gaps();
	leaves();
	return done();
}
