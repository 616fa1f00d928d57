/* meter.c - how far a run is. See meter.h. */
#include "meter.h"

#include <inttypes.h>
#include <jansson.h>

#include "human.h"
#include "json.h"
#include "term.h"

#define MEAN_MS 5000.0   /* what is older hardly counts */
#define SURE_MS 2000     /* before, no time is estimated */
#define LEFT_MAX 8640000 /* seconds; more is no estimate */
#define WHAT_MIN 10      /* columns of a name */

static void
update(double *rate, uint64_t now, uint64_t before, double ms, double weight)
{
	double current = now > before ? (double)(now - before) * 1000 / ms : 0;

	*rate += (current - *rate) * weight;
}

void
ms_meter_add(struct ms_meter *m, const struct ms_progress *p, int64_t now_ms)
{
	double ms = (double)(now_ms - m->last_ms), weight;

	if (m->began_ms == 0) {
		m->began_ms = now_ms;
	} else if (ms > 0) {
		/* At the beginning, the mean is that of the whole time. */
		weight = ms / (double)(now_ms - m->began_ms);
		if (weight < ms / MEAN_MS)
			weight = ms < MEAN_MS ? ms / MEAN_MS : 1;
		update(&m->message_rate, p->messages, m->messages, ms, weight);
		update(&m->byte_rate, p->bytes, m->bytes, ms, weight);
	}
	m->last_ms = now_ms;
	m->messages = p->messages;
	m->bytes = p->bytes;
}

static uint64_t
left(uint64_t done, uint64_t total, double rate)
{
	double seconds;

	if (total == 0 || done > total || rate <= 0)
		return UINT64_MAX;
	seconds = (double)(total - done) / rate;
	return seconds > LEFT_MAX ? UINT64_MAX : (uint64_t)(seconds + 0.5);
}

uint64_t
ms_meter_left(const struct ms_meter *m, const struct ms_progress *p)
{
	uint64_t seconds;

	if (m->last_ms - m->began_ms < SURE_MS)
		return UINT64_MAX;
	seconds = left(p->bytes, p->bytes_total, m->byte_rate);
	return seconds != UINT64_MAX
		   ? seconds
		   : left(p->messages, p->messages_total, m->message_rate);
}

/* Appends the numbers; each begins with ", ". */
static void
add_numbers(
    struct ms_buf *out, const struct ms_progress *p, const struct ms_meter *m)
{
	uint64_t seconds = ms_meter_left(m, p);

	if (p->messages_total > 0)
		ms_buf_printf(out, ", %" PRIu64 " of", p->messages);
	if (p->messages_total > 0 || p->messages > 0) {
		ms_buf_add_str(out, p->messages_total > 0 ? " " : ", ");
		ms_human_count(out,
		    p->messages_total > 0 ? p->messages_total : p->messages,
		    "message");
	}
	if (p->bytes > 0) {
		ms_buf_add_str(out, ", ");
		ms_human_bytes(out, p->bytes);
	}
	if (p->bytes > 0 && p->bytes_total > 0) {
		ms_buf_add_str(out, " of ");
		ms_human_bytes(out, p->bytes_total);
	}
	if (m->byte_rate >= 1) {
		ms_buf_add_str(out, ", ");
		ms_human_bytes(out, (uint64_t)m->byte_rate);
		ms_buf_add_str(out, "/s");
	}
	if (seconds != UINT64_MAX) {
		ms_buf_add_str(out, ", ");
		ms_human_seconds(out, seconds);
		ms_buf_add_str(out, " left");
	}
}

void
ms_progress_line(struct ms_buf *out, const struct ms_progress *p,
    const struct ms_meter *m, size_t width)
{
	struct ms_buf numbers = {0}, line = {0};
	const char *what = p->what != NULL ? p->what : "";
	size_t columns = ms_term_columns(what), room;

	add_numbers(&numbers, p, m);
	room = width > numbers.n + WHAT_MIN ? width - numbers.n : WHAT_MIN;
	ms_term_fit(&line, what, columns < room ? columns : room, false);
	/* ", 790 of ..." becomes ": 790 of ..." after a name. */
	if (numbers.n > 0 && *what != '\0')
		numbers.p[0] = ':';
	if (numbers.n > 0)
		ms_buf_add_str(
		    &line, ms_buf_str(&numbers) + (*what == '\0' ? 2 : 0));
	columns = ms_term_columns(ms_buf_str(&line));
	ms_term_fit(
	    out, ms_buf_str(&line), columns < width ? columns : width, false);
	ms_buf_release(&numbers);
	ms_buf_release(&line);
}

void
ms_progress_json(struct ms_buf *out, const char *tool,
    const struct ms_progress *p, const struct ms_meter *m)
{
	uint64_t seconds = ms_meter_left(m, p);
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("progress"));
	json_object_set_new(o, "tool", json_string(tool));
	if (p->what != NULL)
		ms_json_text(o, "what", ms_slice_str(p->what));
	ms_json_number(o, "messages", p->messages);
	if (p->messages_total > 0)
		ms_json_number(o, "messages_total", p->messages_total);
	ms_json_number(o, "bytes", p->bytes);
	if (p->bytes_total > 0)
		ms_json_number(o, "bytes_total", p->bytes_total);
	ms_json_number(o, "bytes_per_second", (uint64_t)m->byte_rate);
	if (seconds != UINT64_MAX)
		ms_json_number(o, "seconds_left", seconds);
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
}
