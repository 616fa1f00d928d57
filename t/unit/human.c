/* human.c - numbers as people read them. */
#include "human.h"

#include <string.h>

#include "tap.h"

static const struct {
	uint64_t n;
	const char *text;
} sizes[] = {
    {0, "0 B"},
    {1, "1 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {1536, "1.5 KiB"},
    {10188, "9.9 KiB"},
    {10189, "10 KiB"},
    {10240, "10 KiB"},
    {(uint64_t)1023 << 10, "1023 KiB"},
    {((uint64_t)1 << 20) - 1, "1.0 MiB"},
    {(uint64_t)35 << 20, "35 MiB"},
    {(uint64_t)3 << 40, "3.0 TiB"},
    {UINT64_MAX, "16 EiB"},
};

static const struct {
	uint64_t n;
	const char *text;
} times[] = {
    {0, "0:00"},
    {5, "0:05"},
    {65, "1:05"},
    {3599, "59:59"},
    {3600, "1:00:00"},
    {11220, "3:07:00"},
};

static const struct {
	uint64_t n;
	const char *text;
} counts[] = {
    {0, "0 messages"},
    {1, "1 message"},
    {2, "2 messages"},
};

int
main(void)
{
	struct ms_buf b = {0};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ms_buf_clear(&b);
		ms_human_bytes(&b, sizes[i].n);
		ok(strcmp(ms_buf_str(&b), sizes[i].text) == 0, "%s: %s",
		    sizes[i].text, ms_buf_str(&b));
	}
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ms_buf_clear(&b);
		ms_human_seconds(&b, times[i].n);
		ok(strcmp(ms_buf_str(&b), times[i].text) == 0, "%s",
		    times[i].text);
	}
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ms_buf_clear(&b);
		ms_human_count(&b, counts[i].n, "message");
		ok(strcmp(ms_buf_str(&b), counts[i].text) == 0, "%s",
		    counts[i].text);
	}
	ms_buf_release(&b);
	return done();
}
