/* cron.c - schedules handed to cron and to systemd. */
#include "common.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

/* ---- quoting ---- */

/* A word for /bin/sh in a line of crontab(5), where a bare % ends it. */
static void
cron_word(struct ms_buf *out, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "/._+-@:,=";
	bool quote = *word == '\0' || word[strspn(word, plain)] != '\0';

	if (quote)
		ms_buf_add_byte(out, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			ms_buf_add_str(out, "'\\''");
		else if (*word == '%')
			ms_buf_add_str(out, "\\%");
		else
			ms_buf_add_byte(out, (unsigned char)*word);
	if (quote)
		ms_buf_add_byte(out, '\'');
}

/* A word of ExecStart= (systemd.service(5), Command lines). */
static void
unit_word(struct ms_buf *out, const char *word)
{
	ms_buf_add_byte(out, '"');
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			ms_buf_add_byte(out, '\\');
		else if (*word == '%' || *word == '$')
			ms_buf_add_byte(out, (unsigned char)*word);
		ms_buf_add_byte(out, (unsigned char)*word);
	}
	ms_buf_add_byte(out, '"');
}

/* [Unit] and what the unit is called for people. A backslash at the end would
 * continue the line. */
static void
unit_head(struct ms_buf *out, const char *name)
{
	ms_buf_add_str(out, "[Unit]\nDescription=Mail archive: ");
	for (; *name != '\0'; name++)
		if (*name == '%')
			ms_buf_add_str(out, "%%");
		else
			ms_buf_add_byte(
			    out, *name == '\\' ? '/' : (unsigned char)*name);
	ms_buf_add_byte(out, '\n');
}

/* Part of a unit's name, as systemd-escape(1) has it. */
static void
unit_name(struct ms_buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		if (isalnum((unsigned char)*name) ||
		    strchr(":_-@", *name) != NULL)
			ms_buf_add_byte(out, (unsigned char)*name);
		else
			ms_buf_printf(out, "\\x%02x", (unsigned char)*name);
}

/* ---- the command ---- */

typedef void quote_fn(struct ms_buf *out, const char *word);

/* What is to be run: with paths from the root, and nothing of this process'
 * environment. */
static int
command(struct ms_buf *out, struct tool *t, const char *name, bool follow,
    quote_fn *quote, struct ms_err *err)
{
	const char *words[10], **w = words;
	char *self = realpath("/proc/self/exe", NULL);

	if (self == NULL)
		return ms_fail_errno(err, "/proc/self/exe");
	*w++ = self;
	*w++ = "-a";
	*w++ = t->path;
	if (t->as != NULL) {
		*w++ = "--as";
		*w++ = t->as;
	}
	*w++ = "run";
	*w++ = "-q";
	*w++ = follow ? "--follow" : "--scheduled";
	*w++ = name;
	for (const char **i = words; i < w; i++) {
		if (i != words)
			ms_buf_add_byte(out, ' ');
		quote(out, *i);
	}
	free(self);
	return 0;
}

/* ---- which profiles ---- */

/* Called for each profile that is enabled and has a schedule. */
typedef int each_fn(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_schedule *s, struct ms_err *err);

static int
each(struct tool *t, const struct ms_stored_profile *stored, bool named,
    each_fn *fn, struct ms_err *err)
{
	struct ms_profile p;
	struct ms_schedule s;

	if (ms_profile_parse(
		&p, ms_slice_str(stored->text), profile_fetch_key, err) < 0)
		return ms_context(err, "%s", stored->name);
	s = p.schedule;
	ms_profile_release(&p);
	if (s.kind != MS_SCHEDULE_NONE && stored->enabled)
		return fn(t, stored, &s, err);
	if (named)
		ms_warn(TOOL, "%s: %s", stored->name,
		    stored->enabled ? "has no schedule" : "is disabled");
	return 0;
}

/* All that the actor has, or those that are named. */
static int
for_each(const struct ms_args *args, each_fn *fn)
{
	struct tool *t = args->values;
	struct ms_stored_profile p = {0};
	struct ms_profiles *all;
	struct ms_err err = {0};
	int rc = tool_open(t, MS_ARCHIVE_READ, &err);

	for (int i = 0; i < args->count && rc >= 0; i++) {
		rc = tool_profile(t, args->v[i], 0, &p, &err);
		rc = rc < 0 ? ms_context(&err, "%s", args->v[i])
			    : each(t, &p, true, fn, &err);
	}
	if (rc == 0 && args->count == 0) {
		all = ms_profiles_open(t->archive);
		while (rc >= 0 && (rc = ms_profiles_next(all, &p, &err)) == 1)
			if (tool_sees(t, &p))
				rc = each(t, &p, false, fn, &err);
		ms_profiles_close(all);
	}
	ms_stored_profile_release(&p);
	return tool_close(t, 0, &err);
}

/* ---- crontab ---- */

static int
cron_line(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_schedule *s, struct ms_err *err)
{
	bool follow = s->kind == MS_SCHEDULE_CONTINUOUS;
	struct ms_buf line = {0};
	int rc;

	/* Cron can start it, but not again when it has ended. */
	if (follow)
		ms_buf_add_str(&line, "@reboot");
	else
		ms_schedule_cron(s, &line);
	ms_buf_add_byte(&line, ' ');
	rc = command(&line, t, stored->name, follow, cron_word, err);
	if (rc == 0)
		puts(ms_buf_str(&line));
	ms_buf_release(&line);
	return rc;
}

int
verb_crontab(const struct ms_args *args)
{
	return for_each(args, cron_line);
}

/* ---- systemd ---- */

static int
service(struct ms_buf *out, struct tool *t,
    const struct ms_stored_profile *stored, bool follow, struct ms_err *err)
{
	int rc;

	unit_head(out, stored->name);
	ms_buf_add_str(out,
	    "After=network-online.target\nWants=network-online.target\n"
	    "\n[Service]\n");
	/* What would only lock the account is left to a person. */
	ms_buf_add_str(out, follow
				? "Type=exec\nRestart=always\nRestartSec=60\n"
				  "RestartPreventExitStatus=64 66 77\n"
				: "Type=oneshot\n");
	ms_buf_add_str(out, "ExecStart=");
	rc = command(out, t, stored->name, follow, unit_word, err);
	/* The tools it runs are told by it to end. */
	ms_buf_add_str(out, "\nKillMode=mixed\nUMask=0077\n");
	if (follow)
		ms_buf_add_str(
		    out, "\n[Install]\nWantedBy=multi-user.target\n");
	return rc;
}

static void
timer(struct ms_buf *out, const struct ms_stored_profile *stored,
    const struct ms_schedule *s)
{
	unit_head(out, stored->name);
	ms_buf_add_str(out, "\n[Timer]\n");
	ms_schedule_calendar(s, out);
	ms_buf_add_str(
	    out, "Persistent=true\n\n[Install]\nWantedBy=timers.target\n");
}

/* Prints a unit, or writes it where -o says. */
static int
put_unit(
    const char *dir, const char *name, struct ms_buf *text, struct ms_err *err)
{
	struct ms_buf tmp = {0};
	int fd, rc;

	if (dir == NULL) {
		printf("# %s\n%s\n", name, ms_buf_str(text));
		return 0;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ms_fail_errno(err, "%s", dir);
	ms_buf_printf(&tmp, ".%s.tmp", name);
	rc = ms_fs_replace(fd, ms_buf_str(&tmp), name, ms_buf_slice(text), err);
	if (rc == 0 && fchmodat(fd, name, 0644, 0) < 0)
		rc = ms_fail_errno(err, "%s", name);
	close(fd);
	ms_buf_release(&tmp);
	return rc;
}

static int
units(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_schedule *s, struct ms_err *err)
{
	bool follow = s->kind == MS_SCHEDULE_CONTINUOUS;
	struct ms_buf name = {0}, text = {0};
	const char *dir = t->opt.output;
	size_t stem;
	int rc;

	ms_buf_add_str(&name, "ms-profile-");
	unit_name(&name, stored->name);
	stem = name.n;
	ms_buf_add_str(&name, ".service");
	rc = service(&text, t, stored, follow, err);
	if (rc == 0)
		rc = put_unit(dir, ms_buf_str(&name), &text, err);
	if (rc == 0 && !follow) {
		name.n = stem;
		ms_buf_add_str(&name, ".timer");
		ms_buf_clear(&text);
		timer(&text, stored, s);
		rc = put_unit(dir, ms_buf_str(&name), &text, err);
	}
	ms_buf_release(&name);
	ms_buf_release(&text);
	return rc;
}

int
verb_timer(const struct ms_args *args)
{
	return for_each(args, units);
}
