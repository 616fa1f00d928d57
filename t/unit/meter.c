/* meter.c - the line that shows how far a run is, rates and times. */
#include "meter.h"

#include <string.h>

#include "tap.h"

static const struct {
	struct ms_progress p;
	struct ms_meter m;
	size_t width;
	const char *line;
} lines[] = {
    {{"INBOX", 790, 1301, (uint64_t)12 << 20, 0},
	{1000, 9000, 0, 0, 12.1, 1258291}, 80,
	"INBOX: 790 of 1301 messages, 12 MiB, 1.2 MiB/s, 0:42 left"},
    {{"INBOX", 790, 1301, (uint64_t)12 << 20, 0},
	{1000, 2000, 0, 0, 12.1, 1258291}, 80,
	"INBOX: 790 of 1301 messages, 12 MiB, 1.2 MiB/s"},
    {{"a.mbox", 12, 0, 1024, 2048}, {1000, 9000, 0, 0, 1, 512}, 80,
	"a.mbox: 12 messages, 1.0 KiB of 2.0 KiB, 512 B/s, 0:02 left"},
    {{"a.mbox", 1, 0, 0, 0}, {0}, 80, "a.mbox: 1 message"},
    {{NULL, 1, 0, 0, 0}, {0}, 80, "1 message"},
    {{"INBOX", 0, 0, 0, 0}, {0}, 80, "INBOX"},
    {{"a folder with a long name", 1, 2, 0, 0}, {0}, 30,
	"a folder wit\xe2\x80\xa6: 1 of 2 messages"},
    {{"a folder with a long name", 1, 2, 0, 0}, {0}, 20,
	"a folder \xe2\x80\xa6: 1 of 2 \xe2\x80\xa6"},
    {{"a\x1b[2J", 1, 0, 0, 0}, {0}, 80, "a?[2J: 1 message"},
};

static void
test_lines(void)
{
	struct ms_buf b = {0};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ms_buf_clear(&b);
		ms_progress_line(&b, &lines[i].p, &lines[i].m, lines[i].width);
		ok(strcmp(ms_buf_str(&b), lines[i].line) == 0, "row %zu: '%s'",
		    i, ms_buf_str(&b));
	}
	ms_buf_clear(&b);
	ms_progress_json(&b, "ms-unit", &lines[0].p, &lines[0].m);
	ok(strcmp(ms_buf_str(&b),
	       "{\"type\":\"progress\",\"tool\":\"ms-unit\",\"what\":\"INBOX\","
	       "\"messages\":790,\"messages_total\":1301,\"bytes\":12582912,"
	       "\"bytes_per_second\":1258291,\"seconds_left\":42}\n") == 0,
	    "JSON: %s", ms_buf_str(&b));
	ms_buf_release(&b);
}

/* 100 messages of 1000 bytes a second, then twice as many. */
static void
test_rates(void)
{
	struct ms_progress p = {.messages_total = 10000};
	struct ms_meter m = {0};
	int64_t ms = 5000;

	for (; ms <= 15000; ms += 100, p.messages += 10, p.bytes += 10000)
		ms_meter_add(&m, &p, ms);
	ok(m.byte_rate > 99000 && m.byte_rate < 101000,
	    "a steady rate is measured: %.0f", m.byte_rate);
	ok(ms_meter_left(&m, &p) == 90, "the time that is left is right");
	for (; ms <= 45000; ms += 100, p.messages += 20, p.bytes += 20000)
		ms_meter_add(&m, &p, ms);
	ok(m.byte_rate > 198000 && m.byte_rate < 202000,
	    "after a while, the new rate counts: %.0f", m.byte_rate);
	p.messages = 10001;
	ok(ms_meter_left(&m, &p) == UINT64_MAX,
	    "more than the total gives no time");
	ms_meter_add(&m, &p, ms - 100);
	ok(m.byte_rate < 202000,
	    "a second measure at the same time is ignored");
}

int
main(void)
{
	test_lines();
	test_rates();
	return done();
}
