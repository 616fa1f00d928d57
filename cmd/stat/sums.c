/* sums.c - numbers and sizes of messages. See stat.h. */
#include <inttypes.h>
#include <string.h>

#include "stat.h"
#include "time.h"

static void
add_date(struct sums *s, int64_t sent)
{
	if (!s->dated || sent < s->first)
		s->first = sent;
	if (!s->dated || sent > s->last)
		s->last = sent;
	s->dated = true;
}

bool
sums_add(struct sums *s, const struct ms_row *row)
{
	bool is_new =
	    s->occurrences == 0 || memcmp(s->id, row->id, MS_SHA_LEN) != 0;

	s->occurrences++;
	s->bytes += row->size;
	if ((row->bits & MS_ROW_UNDATED) == 0)
		add_date(s, row->sent);
	if (!is_new)
		return false;
	memcpy(s->id, row->id, MS_SHA_LEN);
	s->messages++;
	s->distinct_bytes += row->size;
	return true;
}

void
sums_write(struct ms_buf *out, const struct sums *s)
{
	char first[21] = "", last[21] = "";

	if (s->dated) {
		ms_time_format(s->first, first);
		ms_time_format(s->last, last);
	}
	ms_buf_printf(out,
	    "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s",
	    s->messages, s->occurrences, s->bytes, s->distinct_bytes, first,
	    last);
}

static json_t *
date_json(const struct sums *s, int64_t date)
{
	char text[21];

	ms_time_format(date, text);
	return s->dated ? json_string(text) : json_null();
}

void
sums_json(json_t *o, const struct sums *s)
{
	ms_json_number(o, "messages", s->messages);
	ms_json_number(o, "occurrences", s->occurrences);
	ms_json_number(o, "bytes", s->bytes);
	ms_json_number(o, "distinct_bytes", s->distinct_bytes);
	json_object_set_new(o, "first", date_json(s, s->first));
	json_object_set_new(o, "last", date_json(s, s->last));
}
