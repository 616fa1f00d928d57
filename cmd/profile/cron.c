/* cron.c - the verbs crontab and timer: schedules for cron and systemd. */
#include "common.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argv.h"
#include "fs.h"

/* ---- quoting ---- */

/* An argument for /bin/sh in a line of crontab(5), where % must be escaped. */
static void
cron_quote(struct ms_buf *out, const char *arg)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "/._+-@:,=";
	bool quote = *arg == '\0' || arg[strspn(arg, plain)] != '\0';

	if (quote)
		ms_buf_add_byte(out, '\'');
	for (; *arg != '\0'; arg++)
		if (*arg == '\'')
			ms_buf_add_str(out, "'\\''");
		else if (*arg == '%')
			ms_buf_add_str(out, "\\%");
		else if (*arg ==
			 '\\') /* some crons read \\ as \, and \\% as \% */
			ms_buf_add_str(out, "\\''");
		else
			ms_buf_add_byte(out, (unsigned char)*arg);
	if (quote)
		ms_buf_add_byte(out, '\'');
}

/* An argument in ExecStart= (systemd.service(5), Command lines). */
static void
unit_quote(struct ms_buf *out, const char *arg)
{
	ms_buf_add_byte(out, '"');
	for (; *arg != '\0'; arg++) {
		if (*arg == '"' || *arg == '\\')
			ms_buf_add_byte(out, '\\');
		else if (*arg == '%' || *arg == '$')
			ms_buf_add_byte(out, (unsigned char)*arg);
		ms_buf_add_byte(out, (unsigned char)*arg);
	}
	ms_buf_add_byte(out, '"');
}

/* The section [Unit], with a description. A backslash at the end of the line
 * would continue it. */
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

/* Part of the name of a unit, escaped as systemd-escape(1) does. */
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

typedef void quote_fn(struct ms_buf *out, const char *arg);

/* Appends the command that runs a profile. Its paths are absolute, and it does
 * not depend on the environment of this process. */
static int
command(struct ms_buf *out, struct tool *t, const char *name, bool follow,
    quote_fn *quote, struct ms_err *err)
{
	struct argv argv = {0};
	char *self = realpath("/proc/self/exe", NULL);
	int rc = 0;

	if (self == NULL)
		return ms_fail_errno(err, "/proc/self/exe");
	argv_add(&argv, self);
	argv_add(&argv, "-a");
	argv_add(&argv, t->path);
	if (t->as != NULL) {
		argv_add(&argv, "--as");
		argv_add(&argv, t->as);
	}
	argv_add(&argv, "run");
	argv_add(&argv, "-q");
	argv_add(&argv, follow ? "--follow" : "--scheduled");
	argv_add(&argv, name);
	for (size_t i = 0; i < argv.n && rc == 0; i++) {
		if (i > 0)
			ms_buf_add_byte(out, ' ');
		quote(out, argv.v[i]);
		/* It would end the line of a crontab or unit. */
		if (strchr(argv.v[i], '\n') != NULL)
			rc = ms_fail(err, MS_USAGE,
			    "%.200s: a path with a newline cannot be scheduled",
			    argv.v[i]);
	}
	argv_release(&argv);
	free(self);
	return rc;
}

/* ---- which profiles ---- */

typedef int schedule_fn(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_schedule *s, struct ms_err *err);

/* Calls fn if the profile is enabled and has a schedule. */
static int
visit(const struct ms_args *args, const struct ms_stored_profile *stored,
    schedule_fn *fn, struct ms_err *err)
{
	struct ms_profile p;
	struct ms_schedule s;

	if (ms_profile_parse(
		&p, ms_slice_str(stored->text), profile_fetch_key, err) < 0)
		return ms_context(err, "%s", stored->name);
	s = p.schedule;
	ms_profile_release(&p);
	if (s.kind != MS_SCHEDULE_NONE && stored->enabled)
		return fn(args->values, stored, &s, err);
	if (args->count > 0)
		ms_warn(TOOL, "%s: %s", stored->name,
		    stored->enabled ? "has no schedule" : "is disabled");
	return 0;
}

/* ---- crontab ---- */

static int
cron_line(struct tool *t, const struct ms_stored_profile *stored,
    const struct ms_schedule *s, struct ms_err *err)
{
	bool follow = s->kind == MS_SCHEDULE_CONTINUOUS;
	struct ms_buf line = {0};
	int rc;

	/* Cron starts it once; it does not restart it after an end. */
	if (follow)
		ms_buf_add_str(&line, "@reboot");
	else
		ms_schedule_cron(s, &line);
	ms_buf_add_byte(&line, ' ');
	rc = command(&line, t, stored->name, follow, cron_quote, err);
	if (rc == 0)
		puts(ms_buf_str(&line));
	ms_buf_release(&line);
	return rc;
}

/* A tool_profile_fn. */
static int
print_crontab(const struct ms_args *args, const struct ms_stored_profile *p,
    struct ms_err *err)
{
	return visit(args, p, cron_line, err);
}

int
verb_crontab(const struct ms_args *args)
{
	return tool_each_profile(args, print_crontab);
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
	/* These statuses need a person: further logins may lock the account. */
	ms_buf_add_str(out, follow
				? "Type=exec\nRestart=always\nRestartSec=60\n"
				  "RestartPreventExitStatus=64 66 77\n"
				: "Type=oneshot\n");
	ms_buf_add_str(out, "ExecStart=");
	rc = command(out, t, stored->name, follow, unit_quote, err);
	/* Only ms-profile gets the signal; it ends its tools itself. */
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

/* Prints a unit, or writes it into the folder of -o. */
static int
put_unit(
    const char *dir, const char *name, struct ms_buf *text, struct ms_err *err)
{
	int fd, rc;

	if (dir == NULL) {
		printf("# %s\n%s\n", name, ms_buf_str(text));
		return 0;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ms_fail_errno(err, "%s", dir);
	rc = ms_fs_replace(fd, "", name, 0644, ms_buf_slice(text), err);
	close(fd);
	return rc;
}

static int
write_units(struct tool *t, const struct ms_stored_profile *stored,
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

/* A tool_profile_fn. */
static int
write_timer(const struct ms_args *args, const struct ms_stored_profile *p,
    struct ms_err *err)
{
	return visit(args, p, write_units, err);
}

int
verb_timer(const struct ms_args *args)
{
	return tool_each_profile(args, write_timer);
}
