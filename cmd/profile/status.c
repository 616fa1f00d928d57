/* status.c - the verbs status and stop. */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "show.h"

/* A tool_profile_fn. */
static int
show_status(const struct ms_args *args, const struct ms_stored_profile *p,
    struct ms_err *err)
{
	struct tool *t = args->values;
	struct show_state s;
	char progress[100];
	json_t *o;

	if (show_state(&s, t, p, err) < 0)
		return -1;
	if (t->opt.json) {
		o = json_object();
		show_text(o, "name", p->name);
		json_object_set_new(o, "enabled", json_boolean(p->enabled));
		json_object_set_new(o, "running", json_boolean(s.pid > 0));
		show_text(o, "result", s.result);
		show_time(o, "began", s.began);
		if (s.pid > 0) {
			ms_json_number(o, "pid", (uint64_t)s.pid);
			ms_json_number(o, "mailboxes", s.progress.mailboxes);
			ms_json_number(o, "done", s.progress.done);
			ms_json_number(o, "not_well", s.progress.failed);
		}
		show_json(o);
		return 0;
	}
	show_field(p->name, '\t');
	show_field(s.pid > 0    ? "running"
		   : p->enabled ? "idle"
				: "disabled",
	    '\t');
	show_result_field(s.result, '\t');
	show_when(s.began, '\t');
	if (s.pid <= 0) {
		show_field("", '\t');
		show_field("", '\n');
		return 0;
	}
	show_count((uint64_t)s.pid, '\t');
	snprintf(progress, sizeof(progress), "%llu of %llu done, %llu not well",
	    (unsigned long long)s.progress.done,
	    (unsigned long long)s.progress.mailboxes,
	    (unsigned long long)s.progress.failed);
	show_field(progress, '\n');
	return 0;
}

/* On a terminal. */
static const struct ms_column columns[] = {
    {.heading = "PROFILE"},
    {.heading = "STATE"},
    {.heading = "RESULT"},
    {.heading = "WHEN"},
    {.heading = "PROCESS", .right = true, .plain = ""},
    {.heading = "PROGRESS", .plain = ""},
};

int
verb_status(const struct ms_args *args)
{
	int status;

	show_begin(args->values, columns, sizeof(columns) / sizeof(columns[0]));
	status = tool_each_profile(args, show_status);
	show_end();
	return status;
}

/* ---- stop ---- */

static int
stop_one(struct tool *t, const char *name)
{
	struct ms_stored_profile p = {0};
	struct ms_err err = {0};
	int stopped = 0;

	if (tool_profile(t, name, 0, &p, &err) == 0)
		stopped = run_stop(t, p.number, &err);
	if (err.code == MS_OK && stopped == 0)
		ms_warn(TOOL, "%s: is not running", name);
	ms_stored_profile_release(&p);
	return err.code != MS_OK ? tool_warn(name, &err) : 0;
}

int
verb_stop(const struct ms_args *args)
{
	return tool_each_name(args, stop_one);
}
