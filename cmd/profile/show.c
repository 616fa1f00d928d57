/* show.c - what ms-profile prints on standard output. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "human.h"
#include "json.h"
#include "listing.h"
#include "pager.h"
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

static struct ms_table *table; /* NULL: the fields are lines */

void
show_begin(const struct tool *t, const struct ms_column *columns, size_t n)
{
	if (t->opt.json || !ms_term_stdout())
		return;
	if (!t->opt.no_pager && t->as == NULL)
		ms_pager_start();
	table = ms_table_new(columns, n);
}

void
show_end(void)
{
	ms_table_end(table);
	table = NULL;
}

void
show_when(int64_t time, char end)
{
	char text[21] = "";
	struct ms_buf date = {0};

	if (table == NULL && time != 0)
		ms_time_format(time, text);
	else if (time != 0)
		ms_term_date(&date, time, true);
	show_field(table == NULL ? text : ms_buf_str(&date), end);
	ms_buf_release(&date);
}

void
show_result_field(const char *name, char end)
{
	bool errors = strcmp(name, ms_run_result_name(MS_RUN_ERRORS)) == 0;

	show_field(table != NULL && errors ? "errors" : name, end);
}

void
show_seconds(uint64_t seconds, char end)
{
	struct ms_buf text = {0};

	if (table == NULL) {
		show_count(seconds, end);
		return;
	}
	ms_human_seconds(&text, seconds);
	show_field(ms_buf_str(&text), end);
	ms_buf_release(&text);
}

void
show_field(const char *text, char end)
{
	struct ms_buf out = {0};

	if (table != NULL) {
		ms_table_add(table, text);
		if (end == '\n')
			ms_table_row(table);
		return;
	}
	ms_listing_escape(&out, text, strlen(text));
	ms_buf_add_byte(&out, (unsigned char)end);
	fwrite(out.p, 1, out.n, stdout);
	ms_buf_release(&out);
}

void
show_lines(const char *text)
{
	struct ms_buf out = {0};
	size_t n, end;
	char *line;

	for (; *text != '\0'; text += n + end) {
		n = strcspn(text, "\r\n\t");
		end = strncmp(text + n, "\r\n", 2) == 0 ? 2 : text[n] != '\0';
		line = ms_xstrndup(text, n);
		ms_term_sanitize(&out, line);
		free(line);
		if (end == 1 && text[n] == '\r')
			ms_buf_add_byte(&out, '?');
		else
			ms_buf_add(&out, text + n, end);
	}
	fwrite(out.p, 1, out.n, stdout);
	ms_buf_release(&out);
}

void
show_count(uint64_t n, char end)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	show_field(text, end);
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
