/* show.c - what ms-profile prints on standard output. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "listing.h"
#include "time.h"

const char *
show_result(const struct ms_run *run, bool running)
{
	if (run->result != MS_RUN_OPEN)
		return ms_run_result_name(run->result);
	return running ? "running" : "interrupted";
}

int
show_state(struct show_state *state, struct tool *t,
    const struct ms_stored_profile *p, struct ms_err *err)
{
	struct ms_run run = {0};
	int got = 0;

	*state = (struct show_state){.result = ""};
	state->pid = run_holder(t, p->number, &state->progress, err);
	if (state->pid < 0)
		return -1;
	if (p->last_run != 0)
		got = ms_run_get(t->archive, p->last_run, &run, err);
	if (got == 1) {
		state->result = show_result(&run, state->pid > 0);
		state->began = run.began;
		ms_time_format(run.began, state->when);
	} else if (state->pid > 0) {
		state->result = "running";
	}
	ms_run_release(&run);
	return got < 0 ? -1 : 0;
}

void
show_field(const char *text, char end)
{
	struct ms_buf out = {0};

	ms_listing_escape(&out, text, strlen(text));
	ms_buf_add_byte(&out, (unsigned char)end);
	fwrite(out.p, 1, out.n, stdout);
	ms_buf_release(&out);
}

void
show_count(uint64_t n, char end)
{
	printf("%" PRIu64 "%c", n, end);
}

void
show_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		ms_json_text(o, key, ms_slice_str(text));
}

void
show_time(json_t *o, const char *key, int64_t time)
{
	char text[21];

	if (time == 0)
		return;
	ms_time_format(time, text);
	show_text(o, key, text);
}

void
show_json(json_t *o)
{
	struct ms_buf line = {0};

	ms_json_line(&line, o);
	ms_buf_add_byte(&line, '\n');
	fwrite(line.p, 1, line.n, stdout);
	ms_buf_release(&line);
	json_decref(o);
}
