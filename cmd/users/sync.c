/* sync.c - ms-users sync: makes the users of an archive agree with the people
 * of a directory. The manual is ms-users(1). */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "listing.h"
#include "password.h"
#include "report.h"
#include "sync-impl.h"

/* More than a tenth of the users of the directory would be changed? */
static int
check_tenth(const struct sync *s, struct ms_err *err)
{
	size_t touched = 0;

	for (size_t i = 0; i < s->count; i++)
		touched += s->item[i].counted && s->item[i].outcome != SAME;
	if (touched * 10 <= s->total || s->u->opt->force)
		return 0;
	return ms_fail(err, MS_TEMP,
	    "%zu of %zu users would be changed or disabled, more than a tenth: "
	    "nothing is changed; see them with -n, and use --force if this is "
	    "right",
	    touched, s->total);
}

static const char *const words[OUTCOMES] = {[SAME] = "",
    [ADDED] = "added",
    [CHANGED] = "changed",
    [RESTORED] = "restored",
    [DISABLED] = "disabled",
    [DELETED] = "deleted"};

static void
write_line(struct ms_buf *out, const struct item *it)
{
	ms_listing_escape(out, it->name, strlen(it->name));
	ms_buf_printf(out, "\t%s", words[it->outcome]);
	if (it->outcome == CHANGED || it->former != NULL) {
		ms_buf_add_byte(out, '\t');
		users_write_members(out, it->changed);
	}
	if (it->former != NULL) {
		ms_buf_add_byte(out, '\t');
		ms_listing_escape(out, it->former, strlen(it->former));
	}
	ms_buf_add_byte(out, '\n');
}

static void
set_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		ms_json_text(o, key, ms_slice_str(text));
}

static void
write_json(struct ms_buf *out, const struct sync *s, const struct item *it)
{
	json_t *o = json_object();

	set_text(o, "directory", s->directory);
	set_text(o, "name", it->name);
	set_text(o, "dn", it->p != NULL ? it->p->dn : NULL);
	set_text(
	    o, "result", it->outcome != SAME ? words[it->outcome] : "failed");
	if (it->outcome == CHANGED || it->former != NULL)
		json_object_set_new(
		    o, "changed", users_members_json(it->changed));
	set_text(o, "former", it->former);
	set_text(o, "reason", it->error);
	ms_json_line(out, o);
	ms_buf_add_byte(out, '\n');
	json_decref(o);
}

static void
report_item(struct sync *s, const struct item *it)
{
	bool done = it->outcome != SAME && it->name != NULL;

	if (it->error != NULL)
		ms_warn(TOOL, "%s: %.300s: %s", s->directory,
		    it->name != NULL ? it->name : it->p->dn, it->error);
	if (s->u->opt->json && (done || it->error != NULL))
		write_json(&s->u->out, s, it);
	else if (!s->u->opt->json && done)
		write_line(&s->u->out, it);
}

/* Prints the results. 0; 1: some failed; -1. */
static int
report(struct sync *s, bool written, struct ms_err *err)
{
	size_t n[OUTCOMES] = {0}, failed = 0;

	for (size_t i = 0; i < s->count; i++) {
		n[s->item[i].outcome]++;
		failed += s->item[i].error != NULL;
		report_item(s, &s->item[i]);
		if (users_flush(s->u, false, err) < 0)
			return -1;
	}
	if (users_flush(s->u, true, err) < 0)
		return -1;
	ms_warn(TOOL,
	    "%s: %zu added, %zu changed, %zu restored, %zu vanished, %zu "
	    "failed%s",
	    s->directory, n[ADDED], n[CHANGED], n[RESTORED],
	    n[DISABLED] + n[DELETED], failed,
	    written ? "" : "; nothing was written");
	return failed > 0;
}

/* The password of a deleted user is of no use. */
static int
remove_passwords(struct sync *s, struct ms_err *err)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->item[i].outcome == DELETED &&
		    ms_password_remove(
			ms_archive_path(s->u->a), s->item[i].user, err) < 0)
			return -1;
	return 0;
}

/* First everything is applied and undone, to count the changes. */
static int
apply(struct sync *s, struct ms_err *err)
{
	struct ms_err why = {0};
	int rc, many;

	s->dry = true;
	if (sync_apply(s, false, err) < 0)
		return -1;
	*err = (struct ms_err){0};
	many = check_tenth(s, err);
	if (s->u->opt->dry_run) {
		rc = report(s, false, &why);
		if (rc < 0)
			*err = why;
		return many < 0 ? -1 : rc;
	}
	if (many < 0)
		return -1;
	s->dry = false;
	if (sync_apply(s, false, err) < 0 || sync_apply(s, true, err) < 0 ||
	    remove_passwords(s, err) < 0)
		return -1;
	return report(s, true, err);
}

static void
release(struct sync *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->item[i].name);
		free(s->item[i].former);
		free(s->item[i].error);
	}
	free(s->item);
	people_release(&s->people);
}

int
users_sync(struct users *u)
{
	struct sync s = {.u = u, .directory = u->args[0]};
	struct ms_stored_directory d = {0};
	struct ms_settings settings = {0};
	struct ms_err err = {0};
	int rc = -1;

	if (users_may_look(u, NULL, &err) < 0 ||
	    directory_find(u, s.directory, &d, &err) < 0 ||
	    directory_read(u, &d, &s.people, &err) < 0 ||
	    ms_settings_get(u->a, &settings, &err) < 0)
		goto out;
	s.privileges = settings.default_privileges_synced;
	if (sync_compare(&s, &err) == 0)
		rc = apply(&s, &err);
out:
	release(&s);
	ms_settings_release(&settings);
	ms_stored_directory_release(&d);
	return rc < 0 ? users_failed(s.directory, &err) : rc;
}
