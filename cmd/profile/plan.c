/* plan.c - a profile as jobs: mailboxes, and the arguments of the tools
 * that archive them. */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "csv-mailbox.h"
#include "fetch-options.h"
#include "url.h"

/* ---- options ---- */

static void
add_option(struct argv *w, const char *key, const char *value)
{
	if (*value != '\0')
		argv_addf(w, "--%s=%s", key, value);
	else
		argv_addf(w, "--%s", key);
}

void
plan_fetch_options(const struct ms_profile *p, bool passwords, struct argv *w)
{
	const struct ms_option *o;

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		if (item->use != MS_FOR_FETCH)
			continue;
		o = ms_opt_find(fetch_table, item->key);
		if (o == NULL || o->class == FETCH_FETCH)
			continue;
		/* A token is had anew for each login, by ms-fetch itself. */
		if (passwords || o->class != FETCH_SECRET ||
		    strcmp(o->name, "token-command") == 0)
			add_option(w, item->key, item->value);
	}
}

void
plan_remove_options(const struct ms_profile *p, struct argv *w)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		if (item->use != MS_FOR_REMOVE)
			continue;
		add_option(w,
		    strcmp(item->key, "delete-older-than") == 0 ? "older-than"
								: item->key,
		    item->value);
	}
}

/* What only the fetching run has. */
static void
fetching_options(const struct ms_profile *p, bool follow, struct argv *w)
{
	const char *poll = ms_profile_value(p, "poll");
	const struct ms_option *o;

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];

		o = item->use == MS_FOR_FETCH
			? ms_opt_find(fetch_table, item->key)
			: NULL;
		if (o != NULL && o->class == FETCH_FETCH)
			add_option(w, item->key, item->value);
	}
	if (follow)
		argv_add(w, "--follow");
	if (follow && poll != NULL)
		argv_addf(w, "--poll=%s", poll);
}

static void
ingest_options(const struct ms_profile *p, struct argv *w)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].use == MS_FOR_INGEST)
			add_option(w, p->items[i].key, p->items[i].value);
}

/* ---- jobs ---- */

static struct plan_job *
add_job(struct plan *plan, const char *user, const char *name)
{
	struct plan_job *j;

	/* Their addresses go into the jobs when all are there. */
	plan->jobs =
	    ms_xreallocarray(plan->jobs, plan->count + 1, sizeof(*plan->jobs));
	j = &plan->jobs[plan->count++];
	*j = (struct plan_job){
	    .name = ms_xstrdup(name), .user = ms_xstrdup(user)};
	return j;
}

/* Whose mailbox it is at which server. */
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
	const char *user = ms_profile_value(p, "user");
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

/* A user's mailbox: one privileged login opens it. */
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
	struct ms_accounts *all = ms_accounts_open(t->archive);
	struct ms_account u = {0};
	int got;

	while ((got = ms_accounts_next(all, &u, err)) == 1)
		if (!u.deleted && ms_list_count(u.addresses) > 0 &&
		    !is_named(p, "except", u.name))
			plan_user(plan, p, &u);
	ms_accounts_close(all);
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
			j->job.fault = "the archive has no such user";
		}
	}
	ms_account_release(&u);
	return got < 0 ? -1 : 0;
}

/* ---- tools ---- */

#define CSV_NUMBER 1 /* the word that says which run it is */

static void
plan_csv(
    struct plan *plan, struct tool *t, const struct ms_profile *p, bool check)
{
	const char *file = ms_profile_value(p, "file");
	struct plan_job *j = add_job(plan, "", file);
	struct argv *w = &j->tool;

	argv_add(w, "ms-csvbatch");
	argv_add(w, check ? "--check" : ""); /* CSV_NUMBER */
	argv_addf(w, "--archive=%s", t->path);
	argv_addf(w, "--jobs=%u", p->jobs);
	plan_fetch_options(p, false, w);
	fetching_options(p, false, w);
	ingest_options(p, w);
	if (p->deletes) {
		argv_add(w, "--delete-archived");
		plan_remove_options(p, w);
	}
	argv_add(w, "--");
	argv_add(w, plan->url);
	argv_add(w, file);
	j->source = source_of(plan->url, "*");
	j->job.reports = true;
	j->records = true;
}

/* How many rows it has, 1 if it cannot be read: ms-csvbatch will say why. */
static uint64_t
count_rows(const char *file)
{
	struct ms_csv_mailboxes rows = {0};
	struct ms_buf text = {0};
	uint64_t n = 1;

	if (ms_buf_read_file(&text, file, MS_CSV_BYTES_MAX, NULL) == 0 &&
	    ms_csv_mailboxes_read(&rows, ms_buf_slice(&text), NULL) == 0) {
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
		struct argv *w = &plan->jobs[i].tool;

		if (!plan->jobs[i].records)
			continue;
		free(w->v[CSV_NUMBER]);
		w->v[CSV_NUMBER] = NULL;
		if (asprintf(&w->v[CSV_NUMBER], "--run=%" PRIu64, run) < 0)
			ms_out_of_memory();
	}
}

static void
plan_files(struct plan *plan, struct tool *t, const struct ms_profile *p)
{
	const char *user = ms_profile_value(p, "user"), *path;
	const char *format = ms_profile_value(p, "format");
	struct plan_job *j = add_job(plan, user, user);
	struct argv *w = &j->tool;
	size_t at = 0;

	argv_add(w, "ms-ingest");
	argv_addf(w, "--archive=%s", t->path);
	argv_addf(w, "--user=%s", user);
	if (format != NULL)
		argv_addf(w, "--format=%s", format);
	ingest_options(p, w);
	argv_add(w, "--");
	while ((path = ms_profile_next(p, "file", &at)) != NULL)
		argv_add(w, path);
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
	struct argv *w;

	if (output == NULL)
		return -1;
	j = add_job(plan, user != NULL ? user : "", output);
	w = &j->tool;
	argv_add(w, "ms-export");
	argv_addf(w, "--archive=%s", t->path);
	if (user != NULL)
		argv_addf(w, "--user=%s", user);
	if (format != NULL)
		argv_addf(w, "--format=%s", format);
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].use == MS_FOR_EXPORT)
			add_option(w, p->items[i].key, p->items[i].value);
	argv_addf(w, "--output=%s", output);
	argv_add(w, "--");
	if (query != NULL)
		argv_add(w, query);
	j->source = output;
	return 0;
}

/* ---- all of it ---- */

/* Had once, and given to each run by a pipe. */
static int
get_password(struct plan *plan, struct tool *t, const struct ms_account *owner,
    const struct ms_profile *p, struct ms_err *err)
{
	const char *file = ms_profile_value(p, "password-file");
	const char *command = ms_profile_value(p, "password-command");

	if (p->secret != NULL)
		return profile_secret(
		    t, owner, p->secret, &plan->password, err);
	if (file != NULL)
		return ms_secret_file(&plan->password, file, err);
	if (command != NULL)
		return ms_secret_command(&plan->password, command, err);
	return 0;
}

/* Puts into each job what it shares with the others. */
static void
complete(struct plan *plan, struct tool *t, bool check)
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
	plan_fetch_options(p, false, &plan->options);
	fetching_options(p, follow, &plan->fetch);
	plan_remove_options(p, &plan->remove);
	ingest_options(p, &plan->ingest);
	if (get_password(plan, t, owner, p, err) < 0)
		return -1;
	switch (p->kind) {
	case MS_PROFILE_MAILBOX:
		plan_mailbox(plan, p);
		break;
	case MS_PROFILE_BATCH:
		rc = plan_batch(plan, t, p, err);
		break;
	case MS_PROFILE_CSV:
		plan_csv(plan, t, p, check);
		plan->mailboxes = count_rows(ms_profile_value(p, "file"));
		break;
	case MS_PROFILE_FILES:
		plan_files(plan, t, p);
		break;
	case MS_PROFILE_EXPORT:
		rc = plan_export(plan, t, p, err);
	}
	complete(plan, t, check);
	if (p->kind != MS_PROFILE_CSV)
		plan->mailboxes = plan->count;
	/* A mailbox that stays open never comes to a delete run: it has one of
	 * its own every hour. */
	for (size_t i = 0; p->deletes && !follow && i < plan->count; i++)
		plan->jobs[i].job.delete_options = &plan->remove;
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
	}
	free(plan->jobs);
	argv_release(&plan->options);
	argv_release(&plan->fetch);
	argv_release(&plan->remove);
	argv_release(&plan->ingest);
	free(plan->url);
	ms_secret_wipe(&plan->password);
	plan->jobs = NULL;
	plan->count = 0;
}
