/* admin.c - the verbs show, list, rename, enable, disable and delete. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "listing.h"
#include "show.h"

/* ---- show, list ---- */

int
verb_show(const struct ms_args *args)
{
	struct tool *t = args->values;
	struct ms_stored_profile p = {0};
	struct ms_err err = {0};

	if (tool_open(t, MS_ARCHIVE_READ, &err) == 0) {
		if (tool_profile(t, args->v[0], 0, &p, &err) == 0)
			show_lines(p.text);
		else
			ms_context(&err, "%s", args->v[0]);
	}
	ms_stored_profile_release(&p);
	return tool_close(t, 0, &err);
}

/* A tool_profile_fn. */
static int
show_row(const struct ms_args *args, const struct ms_stored_profile *stored,
    struct ms_err *err)
{
	struct tool *t = args->values;
	struct show_state state;
	struct ms_profile p = {0};
	const char *kind = "", *schedule = "";
	char *owner;

	if (show_state(&state, t, stored, err) < 0)
		return -1;
	owner = tool_user_name(t, stored->owner);
	/* A profile that a later version has written may be invalid here. */
	if (ms_profile_parse(
		&p, ms_slice_str(stored->text), profile_fetch_key, NULL) == 0) {
		kind = ms_profile_kind_name(p.kind);
		if (ms_profile_value(&p, "schedule") != NULL)
			schedule = ms_profile_value(&p, "schedule");
	}
	if (t->opt.json) {
		json_t *o = json_object();

		show_text(o, "name", stored->name);
		show_text(o, "kind", kind);
		show_text(o, "owner", owner);
		json_object_set_new(
		    o, "enabled", json_boolean(stored->enabled));
		show_text(o, "schedule", schedule);
		show_text(o, "last", state.result);
		show_time(o, "began", state.began);
		show_json(o);
	} else {
		show_field(stored->name, '\t');
		show_field(kind, '\t');
		show_field(owner, '\t');
		show_field(stored->enabled ? "enabled" : "disabled", '\t');
		show_field(schedule, '\t');
		show_result_field(state.result, '\t');
		show_when(state.began, '\n');
	}
	ms_profile_release(&p);
	free(owner);
	return 0;
}

/* On a terminal. */
static const struct ms_column columns[] = {
    {.heading = "PROFILE"},
    {.heading = "KIND"},
    {.heading = "OWNER"},
    {.heading = "STATE"},
    {.heading = "SCHEDULE", .plain = ""},
    {.heading = "RESULT", .plain = ""},
    {.heading = "WHEN", .plain = ""},
};

int
verb_list(const struct ms_args *args)
{
	int status;

	show_begin(args->values, columns, sizeof(columns) / sizeof(columns[0]));
	status = tool_each_profile(args, show_row);
	show_end();
	return status;
}

/* ---- changes ---- */

struct change {
	struct tool *t;
	const char *name;
	struct ms_stored_profile want;
	unsigned set; /* 0: delete it */
};

/* Looks the profile up again under the lock. */
static int
decide(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct change *c = ctx;
	struct ms_stored_profile p = {0};
	int rc = ms_profile_find_in(ms_change_txn(ch), c->name, &p, err);

	if (rc == 0)
		rc = ms_fail(err, MS_NOINPUT, "no such profile");
	else if (rc == 1 && !tool_sees(c->t, &p))
		rc = ms_fail(err, MS_AUTH,
		    "user '%.255s' does not own this profile", c->t->as);
	else if (rc == 1 && c->set == 0)
		rc = ms_profile_delete(ch, p.number, err);
	else if (rc == 1)
		rc = ms_profile_set(ch, p.number, &c->want, c->set, err);
	ms_stored_profile_release(&p);
	return rc;
}

/* Makes the same change to each profile; after a failure, the next one follows.
 */
static int
change_each(const struct ms_args *args, int count,
    const struct ms_stored_profile *want, unsigned set)
{
	struct tool *t = args->values;
	struct change c = {.t = t, .want = *want, .set = set};
	struct ms_err err = {0};
	int status = 0, next;

	if (tool_open(t, MS_ARCHIVE_WRITE, &err) == 0 &&
	    tool_privileged(t, MS_PRIVILEGE_MODIFY_PROFILES, &err) == 0)
		for (int i = 0; i < count; i++) {
			struct ms_err why = {0};

			c.name = args->v[i];
			next = ms_archive_change(
				   t->archive, t->as, decide, &c, &why) < 0
				   ? tool_warn(c.name, &why)
				   : 0;
			status = tool_join(status, next, i == 0);
		}
	return tool_close(t, status, &err);
}

int
verb_delete(const struct ms_args *args)
{
	return change_each(
	    args, args->count, &(struct ms_stored_profile){0}, 0);
}

int
verb_enable(const struct ms_args *args)
{
	return change_each(args, args->count,
	    &(struct ms_stored_profile){.enabled = true},
	    MS_PROFILE_SET_ENABLED);
}

int
verb_disable(const struct ms_args *args)
{
	return change_each(args, args->count,
	    &(struct ms_stored_profile){.enabled = false},
	    MS_PROFILE_SET_ENABLED);
}

int
verb_rename(const struct ms_args *args)
{
	return change_each(args, 1,
	    &(struct ms_stored_profile){.name = args->v[1]},
	    MS_PROFILE_SET_NAME);
}
