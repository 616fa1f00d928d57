/* plan.c - the jobs of a profile: its mailboxes, and the arguments of the
 * tools.
 */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assign.h"
#include "csv-mailbox.h"
#include "fetch-options.h"
#include "url.h"

/* ---- options ---- */

static void
add_option(struct argv *a, const char *key, const char *value)
{
	if (*value != '\0')
		argv_addf(a, "--%s=%s", key, value);
	else
		argv_addf(a, "--%s", key);
}

/* Appends the options of ms-fetch for all runs of the profile, without the
 * options that name the place of the password: other users of the host can see
 * the arguments. */
static void
add_fetch_options(const struct ms_profile *p, struct argv *a)
{
	const struct ms_option *o;

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		if (item->use != MS_FOR_FETCH)
			continue;
		o = ms_opt_find(fetch_table, item->key);
		if (o != NULL && o->class != FETCH_FETCH &&
		    o->class != FETCH_SECRET)
			add_option(a, item->key, item->value);
	}
}

/* Appends the options of ms-fetch that are for the delete run only. */
static void
add_delete_options(const struct ms_profile *p, struct argv *a)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		if (item->use != MS_FOR_REMOVE)
			continue;
		add_option(a,
		    strcmp(item->key, "delete-older-than") == 0 ? "older-than"
								: item->key,
		    item->value);
	}
}

/* The options for the fetching run only. */
static void
fetch_run_options(const struct ms_profile *p, bool follow, struct argv *a)
{
	const char *poll = ms_profile_value(p, "poll");
	const struct ms_option *o;

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		o = item->use == MS_FOR_FETCH
			? ms_opt_find(fetch_table, item->key)
			: NULL;
		if (o != NULL && o->class == FETCH_FETCH)
			add_option(a, item->key, item->value);
	}
	if (follow)
		argv_add(a, "--follow");
	if (follow && poll != NULL)
		argv_addf(a, "--poll=%s", poll);
}

/* The name of an option of ms-ingest. ms-fetch has another --sent-folder. */
static const char *
ingest_option(const char *key)
{
	if (strcmp(key, "sent-pattern") == 0)
		return "sent-folder";
	return strcmp(key, "received-pattern") == 0 ? "received-folder" : key;
}

static void
ingest_options(const struct ms_profile *p, struct argv *a)
{
	if (p->kind == MS_PROFILE_MULTIDROP)
		argv_add(a, "--assign");
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].use == MS_FOR_INGEST)
			add_option(a, ingest_option(p->items[i].key),
			    p->items[i].value);
}

/* ---- jobs ---- */

static struct plan_job *
add_job(struct plan *plan, const char *user, const char *name)
{
	struct plan_job *j;

	/* complete() sets the pointers, when the array does not move any more.
	 */
	plan->jobs =
	    ms_xreallocarray(plan->jobs, plan->count + 1, sizeof(*plan->jobs));
	j = &plan->jobs[plan->count++];
	*j = (struct plan_job){
	    .name = ms_xstrdup(name), .user = ms_xstrdup(user)};
	return j;
}

/* Where a mailbox is, for the log. */
static char *
source_of(const char *text, const char *mailbox)
{
	struct ms_buf out = {0};
	struct ms_url url;

	if (ms_url_parse(&url, text, NULL) == 0)
		ms_url_source(&url, mailbox, &out);
	ms_url_release(&url);
	return ms_buf_str(&out);
}

static void
plan_mailbox(struct plan *plan, const struct ms_profile *p)
{
	const char *user = p->kind == MS_PROFILE_MULTIDROP
			       ? MS_MULTIDROP
			       : ms_profile_value(p, "user");
	const char *mailbox = ms_profile_value(p, "authzid");
	struct plan_job *j = add_job(plan, user, user);
	struct ms_url url;

	if (ms_url_parse(&url, plan->url, NULL) == 0 && mailbox == NULL &&
	    url.login == NULL)
		mailbox = ms_profile_value(p, "login");
	ms_url_release(&url);
	j->source = source_of(plan->url, mailbox);
}

/* ---- batches ---- */

/* The mailbox of a user, which one privileged login opens. */
static void
plan_user(
    struct plan *plan, const struct ms_profile *p, const struct ms_account *u)
{
	const char *address = ms_list_next(u->addresses, NULL);
	const char *mailbox = p->by_user_name ? u->name : address;
	struct plan_job *j = add_job(plan, u->name, u->name);

	if (mailbox == NULL) {
		j->source = ms_xstrdup("");
		j->job.fault = "the user has no e-mail address";
		return;
	}
	argv_addf(&j->own_options,
	    ms_profile_line(p, "master") != 0 ? "--login=%s" : "--authzid=%s",
	    mailbox);
	j->source = source_of(plan->url, mailbox);
}

static bool
is_named(const struct ms_profile *p, const char *key, const char *name)
{
	const char *value;
	size_t at = 0;

	while ((value = ms_profile_next(p, key, &at)) != NULL)
		if (strcmp(value, name) == 0)
			return true;
	return false;
}

static int
plan_all_users(struct plan *plan, struct tool *t, const struct ms_profile *p,
    struct ms_err *err)
{
	struct ms_record_store *all =
	    ms_record_store_open(t->archive, MS_ROW_USER);
	struct ms_account u = {0};
	int got;

	while ((got = ms_accounts_next(all, &u, err)) == 1)
		if (!u.deleted && ms_list_count(u.addresses) > 0 &&
		    !is_named(p, "except", u.name))
			plan_user(plan, p, &u);
	ms_record_store_close(all);
	ms_account_release(&u);
	if (got == 0 && plan->count == 0)
		return ms_fail(
		    err, MS_NOINPUT, "no user has an e-mail address");
	return got;
}

static int
plan_batch(struct plan *plan, struct tool *t, const struct ms_profile *p,
    struct ms_err *err)
{
	struct ms_account u = {0};
	const char *name;
	size_t at = 0;
	int got = 0;

	if (p->all_users)
		return plan_all_users(plan, t, p, err);
	while (got >= 0 && (name = ms_profile_next(p, "users", &at)) != NULL) {
		got = ms_account_find(t->archive, name, &u, err);
		if (got == 1 && !u.deleted) {
			plan_user(plan, p, &u);
		} else if (got >= 0) {
			struct plan_job *j = add_job(plan, name, name);

			j->source = ms_xstrdup("");
			j->job.fault = "no such user in this archive";
		}
	}
	ms_account_release(&u);
	return got < 0 ? -1 : 0;
}

/* ---- tools ---- */

#define CSV_NUMBER 1 /* index of the argument with the number of the run */

static void
plan_csv(
    struct plan *plan, struct tool *t, const struct ms_profile *p, bool check)
{
	const char *file = ms_profile_value(p, "file");
	const char *encoding = ms_profile_value(p, "encoding");
	const char *columns = ms_profile_value(p, "columns");
	struct plan_job *j = add_job(plan, "", file);
	struct argv *a = &j->tool;

	argv_add(a, "ms-csvbatch");
	argv_add(a, check ? "--check" : ""); /* CSV_NUMBER */
	argv_addf(a, "--archive=%s", t->path);
	argv_addf(a, "--jobs=%u", p->jobs);
	if (encoding != NULL)
		argv_addf(a, "--encoding=%s", encoding);
	if (columns != NULL)
		argv_addf(a, "--columns=%s", columns);
	add_fetch_options(p, a);
	fetch_run_options(p, false, a);
	ingest_options(p, a);
	if (p->deletes) {
		argv_add(a, "--delete-archived");
		add_delete_options(p, a);
	}
	argv_add(a, "--");
	argv_add(a, plan->url);
	argv_add(a, file);
	j->source = source_of(plan->url, "*");
	j->job.reports = true;
	j->records = true;
}

/* The number of rows; 1 if the file cannot be read, which ms-csvbatch reports.
 */
static uint64_t
count_rows(const struct ms_profile *p, const char *file)
{
	struct ms_csv_mailboxes rows = {0};
	struct ms_buf text = {0};
	uint64_t n = 1;

	if (ms_buf_read_file(&text, file, MS_CSV_BYTES_MAX, NULL) == 0 &&
	    ms_csv_mailboxes_read(&rows, ms_buf_slice(&text),
		ms_profile_value(p, "encoding"), ms_profile_value(p, "columns"),
		NULL) == 0) {
		n = rows.n;
		ms_csv_mailboxes_release(&rows);
	}
	ms_secret_forget(&text);
	return n;
}

void
plan_number(struct plan *plan, uint64_t run)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct argv *a = &plan->jobs[i].tool;

		if (!plan->jobs[i].records)
			continue;
		free(a->v[CSV_NUMBER]);
		a->v[CSV_NUMBER] = NULL;
		if (asprintf(&a->v[CSV_NUMBER], "--run=%" PRIu64, run) < 0)
			ms_out_of_memory();
	}
}

static void
plan_files(struct plan *plan, struct tool *t, const struct ms_profile *p)
{
	const char *user = ms_profile_value(p, "user"), *path;
	const char *format = ms_profile_value(p, "format");
	const char *client = ms_profile_value(p, "client");
	struct plan_job *j = add_job(plan, user, user);
	struct argv *a = &j->tool;
	size_t at = 0;

	argv_add(a, "ms-ingest");
	argv_addf(a, "--archive=%s", t->path);
	argv_addf(a, "--user=%s", user);
	if (format != NULL)
		argv_addf(a, "--format=%s", format);
	if (client != NULL)
		argv_addf(a, "--client=%s", client);
	ingest_options(p, a);
	argv_add(a, "--");
	while ((path = ms_profile_next(p, "file", &at)) != NULL)
		argv_add(a, path);
	j->source = ms_xstrdup("local:");
	j->job.reports = true;
}

static int
plan_export(struct plan *plan, struct tool *t, const struct ms_profile *p,
    struct ms_err *err)
{
	const char *user = ms_profile_value(p, "user");
	const char *query = ms_profile_value(p, "query");
	const char *format = ms_profile_value(p, "format");
	char *output =
	    profile_output(ms_profile_value(p, "output"), time(NULL), err);
	struct plan_job *j;
	struct argv *a;

	if (output == NULL)
		return -1;
	j = add_job(plan, user != NULL ? user : "", output);
	a = &j->tool;
	argv_add(a, "ms-export");
	argv_addf(a, "--archive=%s", t->path);
	if (user != NULL)
		argv_addf(a, "--user=%s", user);
	if (format != NULL)
		argv_addf(a, "--format=%s", format);
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].use == MS_FOR_EXPORT)
			add_option(a, p->items[i].key, p->items[i].value);
	argv_addf(a, "--output=%s", output);
	argv_add(a, "--");
	if (query != NULL)
		argv_add(a, query);
	j->source = output;
	j->job.reports = true;
	return 0;
}

/* ---- the plan ---- */

/* The password is read once, and given to each run through a pipe. */
static int
get_password(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, struct ms_err *err)
{
	const char *file = ms_profile_value(p, "password-file");
	const char *command = ms_profile_value(p, "password-command");

	if (p->secret != NULL)
		return profile_secret(
		    t, owner, p->secret, &plan->password, err);
	if (file != NULL && t->opt.verbosity != QUIET &&
	    ms_secret_file_exposed(file))
		ms_warn(TOOL, MS_SECRET_EXPOSED, file);
	if (file != NULL)
		return ms_secret_file(&plan->password, file, err);
	if (command != NULL)
		return ms_secret_command(&plan->password, command, err);
	return 0;
}

/* Sets the members that all jobs share, and the pointers. */
static void
complete(
    struct plan *plan, struct tool *t, const struct ms_profile *p, bool check)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_job *j = &plan->jobs[i];

		j->job.name = j->name;
		j->job.ctx = j;
		j->job.user = j->user;
		j->job.source = j->source;
		j->job.fault_code = MS_NOINPUT;
		if (j->tool.n > 0) {
			j->job.work = JOB_TOOL;
			j->job.tool = &j->tool;
			continue;
		}
		j->job.work = check ? JOB_CHECK : JOB_ARCHIVE;
		j->job.archive = check ? NULL : t->path;
		j->job.url = plan->url;
		j->job.password =
		    plan->password.n > 0 ? plan->password.s : NULL;
		j->job.token_command = ms_profile_value(p, "token-command");
		j->job.options = &plan->options;
		j->job.own_options = &j->own_options;
		j->job.fetch_options = &plan->fetch;
		j->job.ingest_options = &plan->ingest;
	}
}

int
plan_make(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, bool check, bool follow, struct ms_err *err)
{
	const char *url = ms_profile_value(p, "url");
	int rc = 0;

	*plan = (struct plan){.at_once = p->jobs};
	plan->url = ms_xstrdup(url != NULL ? url : "");
	add_fetch_options(p, &plan->options);
	fetch_run_options(p, follow, &plan->fetch);
	add_delete_options(p, &plan->delete);
	ingest_options(p, &plan->ingest);
	if (get_password(plan, t, owner, p, err) < 0)
		return -1;
	switch (p->kind) {
	case MS_PROFILE_MAILBOX:
	case MS_PROFILE_MULTIDROP:
		plan_mailbox(plan, p);
		break;
	case MS_PROFILE_BATCH:
		rc = plan_batch(plan, t, p, err);
		break;
	case MS_PROFILE_CSV:
		plan_csv(plan, t, p, check);
		plan->mailboxes = count_rows(p, ms_profile_value(p, "file"));
		break;
	case MS_PROFILE_FILES:
		plan_files(plan, t, p);
		break;
	case MS_PROFILE_EXPORT:
		rc = plan_export(plan, t, p, err);
	}
	complete(plan, t, p, check);
	if (p->kind != MS_PROFILE_CSV)
		plan->mailboxes = plan->count;
	/* A mailbox that is followed never comes to its delete run: run.c
	 * starts one every hour. */
	for (size_t i = 0; p->deletes && !follow && i < plan->count; i++)
		plan->jobs[i].job.delete_options = &plan->delete;
	return rc;
}

void
plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_job *j = &plan->jobs[i];

		argv_release(&j->own_options);
		argv_release(&j->tool);
		free(j->name);
		free(j->user);
		free(j->source);
		free(j->said);
	}
	free(plan->jobs);
	argv_release(&plan->options);
	argv_release(&plan->fetch);
	argv_release(&plan->delete);
	argv_release(&plan->ingest);
	free(plan->url);
	ms_secret_wipe(&plan->password);
	plan->jobs = NULL;
	plan->count = 0;
}
