/* human.c - numbers as people read them. See human.h. */
#include "human.h"

#include <inttypes.h>
#include <string.h>

#define KIB 1024.0

void
ms_human_bytes(struct ms_buf *out, uint64_t bytes)
{
	static const char *const units[] = {
	    "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double n = (double)bytes;
	size_t i;

	/* 1023.9 would be printed as 1024. */
	for (i = 0; n >= KIB - 0.5 && i + 1 < sizeof(units) / sizeof(*units);
	     i++)
		n /= KIB;
	/* 9.96 would be printed as 10.0. */
	ms_buf_printf(out, "%.*f %s", i > 0 && n < 9.95 ? 1 : 0, n, units[i]);
}

void
ms_human_count(struct ms_buf *out, uint64_t n, const char *word)
{
	size_t len = strlen(word);
	bool es = len > 0 && strchr("hx", word[len - 1]) != NULL;

	ms_buf_printf(out, "%" PRIu64 " %s%s", n, word,
	    n == 1 ? ""
	    : es   ? "es"
		   : "s");
}

void
ms_human_seconds(struct ms_buf *out, uint64_t seconds)
{
	uint64_t minutes = seconds / 60;

	if (minutes >= 60)
		ms_buf_printf(out, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
		    minutes / 60, minutes % 60, seconds % 60);
	else
		ms_buf_printf(
		    out, "%" PRIu64 ":%02" PRIu64, minutes, seconds % 60);
}
