/* edit.c - the verbs add and edit. */
#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "fetch-options.h"
#include "fs.h"

/* ---- the text of a profile ---- */

/* Reads a file, or stdin. */
static int
read_text(struct ms_buf *out, const char *file, struct ms_err *err)
{
	const char *path = strcmp(file, "-") == 0 ? "/dev/stdin" : file;

	return ms_buf_read_file(out, path, MS_PROFILE_TEXT_MAX, err);
}

struct ms_option profile_keys[PROFILE_KEYS_MAX];

static struct ms_option *
key_row(struct ms_option *o, const char *name, bool argument, const char *help)
{
	*o = (struct ms_option){.name = name,
	    .type = MS_OPT_CALL,
	    .value = argument ? "value" : NULL,
	    .help = help,
	    .as = MS_AS_TEXT}; /* profile_validate() checks them */
	return o + 1;
}

void
profile_keys_fill(void)
{
	struct ms_option *row = profile_keys;
	bool argument, many;

	for (size_t i = 0; ms_profile_key_at(i) != NULL; i++) {
		ms_profile_key(ms_profile_key_at(i), &argument, &many);
		row = key_row(row, ms_profile_key_at(i), argument,
		    ms_profile_key_help(ms_profile_key_at(i)));
	}
	for (const struct ms_option *o = fetch_table; o->name != NULL; o++)
		if (!ms_profile_key(o->name, &argument, &many) &&
		    profile_fetch_key(o->name, &argument, &many, NULL))
			row = key_row(row, o->name, argument, o->help);
}

/* Adds a key; a relative path is made absolute, because the profile can run in
 * any folder. */
int
profile_add_key(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct tool *t = values;
	char *here = NULL;
	struct ms_buf path = {0};
	int rc;

	if (value == NULL) {
		value = "yes";
	} else if (ms_profile_is_path(o->name) && *value != '/' &&
		   *value != '\0') {
		here = getcwd(NULL, 0);
		if (here == NULL)
			return ms_fail_errno(err, "%s", o->name);
		ms_buf_printf(&path, "%s/%s", here, value);
		value = ms_buf_str(&path);
	}
	rc = ms_profile_write(&t->opt.text, o->name, value, err);
	ms_buf_release(&path);
	free(here);
	return rc;
}

/* Prints a hint if the profile uses a secret that is not set yet. */
static void
warn_secret(struct tool *t, const struct ms_account *owner, const char *name,
    const struct ms_profile *p)
{
	struct ms_secret s;
	struct ms_err err = {0};

	if (p->secret != NULL &&
	    profile_secret(t, owner, p->secret, &s, &err) < 0)
		ms_warn(TOOL, "%s: %s", name, err.msg);
	ms_secret_wipe(&s);
}

/* Prints hints about a profile that was stored. */
static void
warn_all(struct tool *t, const struct ms_account *owner, const char *name,
    const struct ms_profile *p)
{
	warn_secret(t, owner, name, p);
	profile_warn_query(name, p);
}

/* Who answers for the files and commands in a profile that is stored: the
 * actor; without --as, an owner who is an admin, or else 0, the caller. */
static uint64_t
chosen_by(const struct tool *t, const struct ms_account *owner)
{
	if (t->as != NULL)
		return t->actor.number;
	return ms_account_has(owner, MS_PRIVILEGE_ADMIN) ? owner->number : 0;
}

/* ---- add ---- */

static int
decide_add(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	uint64_t number;

	return ms_profile_add(ch, ctx, &number, err);
}

static int
add(struct tool *t, struct profile_options *opt, const char *name,
    struct ms_err *err)
{
	struct ms_account owner = {0};
	struct ms_profile p = {0};
	struct ms_stored_profile want = {.name = name, .enabled = true};
	int rc = -1;

	if (!ms_profile_name_ok(name))
		return ms_fail(err, MS_USAGE,
		    "not a valid name of a profile: empty, too long, begins "
		    "with '-' or '.', or contains '/' or controls");
	if (tool_privileged(t, MS_PRIVILEGE_MODIFY_PROFILES, err) < 0 ||
	    tool_owner(t, opt->owner, &owner, err) < 0)
		goto out;
	if (opt->text.n == 0 &&
	    read_text(&opt->text, opt->file != NULL ? opt->file : "-", err) < 0)
		goto out;
	if (profile_validate(
		t, &owner, ms_buf_slice(&opt->text), true, &p, err) < 0)
		goto out;
	want.owner = owner.number;
	want.by = chosen_by(t, &owner);
	want.text = ms_buf_str(&opt->text);
	rc = ms_archive_change(t->archive, t->as, decide_add, &want, err);
	if (rc == 0)
		warn_all(t, &owner, name, &p);
out:
	ms_profile_release(&p);
	ms_account_release(&owner);
	return rc;
}

int
verb_add(const struct ms_args *args)
{
	struct tool *t = args->values;
	struct profile_options *opt = &t->opt;
	struct ms_err err = {0};

	if (opt->file != NULL && opt->text.n > 0) {
		ms_fail(&err, MS_USAGE,
		    "--from cannot be used with options for keys");
		return tool_warn(NULL, &err);
	}
	if (tool_open(t, MS_ARCHIVE_WRITE, &err) == 0 &&
	    add(t, opt, args->v[0], &err) < 0)
		ms_context(&err, "%s", args->v[0]);
	return tool_close(t, 0, &err);
}

/* ---- the editor ---- */

/* $EDITOR is a command for the shell, as for crontab(1) and git. */
static int
run_editor(const char *path, struct ms_err *err)
{
	const char *editor = getenv("VISUAL");
	struct sigaction ignore = {.sa_handler = SIG_IGN}, was[2];
	struct ms_buf command = {0};
	int status = 0;
	pid_t pid;

	if (editor == NULL || *editor == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || *editor == '\0')
		editor = "vi";
	ms_buf_printf(&command, "%s \"$1\"", editor);
	(void)ms_buf_str(&command);
	/* Signals from the keyboard are for the editor. */
	sigaction(SIGINT, &ignore, &was[0]);
	sigaction(SIGQUIT, &ignore, &was[1]);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &was[0], NULL);
		sigaction(SIGQUIT, &was[1], NULL);
		execl("/bin/sh", "sh", "-c", (char *)command.p, "sh", path,
		    (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &was[0], NULL);
	sigaction(SIGQUIT, &was[1], NULL);
	ms_buf_release(&command);
	if (pid < 0)
		return ms_fail_errno(err, "editor");
	if (status != 0)
		return ms_fail(err, MS_NOINPUT,
		    "editor '%.100s' failed; nothing was changed", editor);
	return 0;
}

/* Asks on the terminal, after an error in the text. */
static bool
ask_edit_again(const char *name, const struct ms_err *why)
{
	char answer[16];

	ms_warn(TOOL, "%s: %s", name, why->msg);
	fprintf(stderr, "Edit it again? (y/n) ");
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y' || answer[0] == '\n');
}

/* ---- edit ---- */

struct editing {
	const struct ms_stored_profile *was;
	struct ms_stored_profile want;
	unsigned set;
};

static int
decide_edit(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct editing *e = ctx;
	struct ms_stored_profile now = {0};
	int rc =
	    ms_profile_get_in(ms_change_txn(ch), e->was->number, &now, err);

	if (rc == 0 || (rc == 1 && now.deleted))
		rc = ms_fail(err, MS_NOINPUT,
		    "was deleted by another process meanwhile");
	else if (rc == 1 && (strcmp(now.text, e->was->text) != 0 ||
				now.owner != e->was->owner))
		rc = ms_fail(err, MS_TEMP,
		    "was changed by another process meanwhile; nothing was "
		    "written, edit it again");
	else if (rc == 1)
		rc = ms_profile_set(ch, e->was->number, &e->want, e->set, err);
	ms_stored_profile_release(&now);
	return rc;
}

/* Validates the new text and stores it. */
static int
replace(struct tool *t, const struct ms_account *owner,
    const struct ms_stored_profile *was, struct ms_buf *text,
    struct ms_err *err)
{
	struct editing e = {.was = was};
	struct ms_profile p;
	int rc;

	if (profile_validate(t, owner, ms_buf_slice(text), true, &p, err) < 0)
		return -1;
	e.want.text = ms_buf_str(text);
	e.want.owner = owner->number;
	e.want.by = chosen_by(t, owner);
	e.set = MS_PROFILE_SET_TEXT | MS_PROFILE_SET_OWNER | MS_PROFILE_SET_BY;
	rc = ms_archive_change(t->archive, t->as, decide_edit, &e, err);
	if (rc == 0)
		warn_all(t, owner, was->name, &p);
	ms_profile_release(&p);
	return rc;
}

/* Lets the user edit the text in a private file until it is valid, or the user
 * gives up. */
static int
edit_text(struct tool *t, const struct ms_account *owner,
    const struct ms_stored_profile *was, struct ms_err *err)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	const char *tmp = getenv("TMPDIR");
	struct ms_buf path = {0}, text = {0};
	int fd, rc;

	ms_buf_printf(&path, "%s/ms-profile-XXXXXX.ini",
	    tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	fd = mkstemps(ms_buf_str(&path), 4);
	if (fd < 0) {
		ms_fail_errno(err, "%s", ms_buf_str(&path));
		ms_buf_release(&path);
		return -1;
	}
	rc = 0;
	if (ms_fs_write(fd, was->text, strlen(was->text)) < 0)
		rc = ms_fail_errno(err, "%s", ms_buf_str(&path));
	close(fd);
	while (rc == 0) {
		struct ms_err why = {0};

		ms_buf_clear(&text);
		rc = run_editor(ms_buf_str(&path), err);
		if (rc == 0)
			rc = ms_buf_read_file(
			    &text, ms_buf_str(&path), MS_PROFILE_TEXT_MAX, err);
		if (rc < 0 || strcmp(ms_buf_str(&text), was->text) == 0)
			break;
		rc = replace(t, owner, was, &text, &why);
		if (rc == 0)
			break;
		if (why.code == MS_USAGE && terminal &&
		    ask_edit_again(was->name, &why)) {
			rc = 0;
			continue;
		}
		*err = why;
	}
	unlink(ms_buf_str(&path));
	ms_buf_release(&path);
	ms_buf_release(&text);
	return rc;
}

static int
edit(struct tool *t, const struct profile_options *opt, const char *name,
    struct ms_err *err)
{
	struct ms_stored_profile was = {0};
	struct ms_account owner = {0};
	struct ms_buf text = {0};
	int rc = -1, got = 1;

	if (tool_profile(t, name, MS_PRIVILEGE_MODIFY_PROFILES, &was, err) < 0)
		goto out;
	if (opt->owner != NULL)
		got = tool_owner(t, opt->owner, &owner, err) == 0 ? 1 : -1;
	else
		got = ms_account_get(t->archive, was.owner, &owner, err);
	if (got == 0)
		ms_fail(err, MS_USAGE, "has no owner; give --owner");
	if (got != 1)
		goto out;
	if (opt->file != NULL) {
		if (read_text(&text, opt->file, err) == 0)
			rc = replace(t, &owner, &was, &text, err);
	} else if (opt->owner != NULL) {
		ms_buf_add_str(&text, was.text);
		rc = replace(t, &owner, &was, &text, err);
	} else if (ms_actor_limited() != NULL) {
		ms_fail(err, MS_AUTH,
		    "with --as, only an admin can use an editor; give -f -");
	} else {
		rc = edit_text(t, &owner, &was, err);
	}
out:
	ms_buf_release(&text);
	ms_account_release(&owner);
	ms_stored_profile_release(&was);
	return rc;
}

int
verb_edit(const struct ms_args *args)
{
	struct tool *t = args->values;
	struct ms_err err = {0};

	if (tool_open(t, MS_ARCHIVE_WRITE, &err) == 0 &&
	    edit(t, &t->opt, args->v[0], &err) < 0)
		ms_context(&err, "%s", args->v[0]);
	return tool_close(t, 0, &err);
}
