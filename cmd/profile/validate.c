/* validate.c - checks whether a profile can be run: its values are parsed by
 * the code of the tools, its users are looked up. ms-profile(5). */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assign.h"
#include "client.h"
#include "csv-mailbox.h"
#include "directory-store.h"
#include "fetch-options.h"
#include "plan.h"
#include "query.h"
#include "sink.h"
#include "url.h"
#include "nearest.h"

#define THREADS_MAX 64 /* as ms-ingest has it */
#define HOP_MAX 100    /* likewise */

bool
profile_fetch_key(
    const char *name, bool *argument, bool *many, struct ms_nearest *near)
{
	const struct ms_option *o = ms_opt_find(fetch_table, name);

	for (const struct ms_option *n = fetch_table;
	     near != NULL && n->name != NULL; n++)
		if (fetch_option_is_stored(n))
			ms_nearest_try(near, n->name);
	if (o == NULL || !fetch_option_is_stored(o))
		return false;
	*argument = ms_opt_takes_value(o);
	*many = o->type == MS_OPT_LIST;
	return true;
}

/* ---- options of ms-fetch ---- */

/* Adds the line and the key to an error about an option. */
static int
fail_item(const struct ms_profile *p, const struct ms_profile_item *item,
    const struct ms_err *why, struct ms_err *err)
{
	const char *key = item != NULL ? item->key : why->option;

	for (size_t i = 0; i < p->count && item == NULL; i++)
		if (key != NULL && strcmp(p->items[i].key, key) == 0)
			item = &p->items[i];
	return ms_fail(err, MS_USAGE, "line %u: %s%s%s",
	    item != NULL ? item->line : ms_profile_line(p, "url"),
	    key != NULL ? key : "", key != NULL ? ": " : "", why->msg);
}

/* The option of ms-fetch that a key sets; NULL: it sets none. */
static const char *
option_of(const struct ms_profile_item *item, bool deleting)
{
	if (deleting && strcmp(item->key, "delete-older-than") == 0)
		return "older-than";
	if (item->use == MS_FOR_FETCH || strcmp(item->key, "poll") == 0 ||
	    (deleting && item->use == MS_FOR_REMOVE))
		return item->key;
	return NULL;
}

static int
validate_fetch(const struct ms_profile *p, bool deleting, struct ms_err *err)
{
	struct fetch_options opt;
	struct ms_opt_state s = {
	    .tables = {{fetch_table, NULL}}, .values = &opt};
	struct ms_err why = {0};
	int rc = 0;

	fetch_options_init(&opt);
	for (size_t i = 0; i < p->count && rc == 0; i++) {
		const struct ms_profile_item *item = &p->items[i];
		const char *name = option_of(item, deleting);

		if (name != NULL &&
		    ms_opt_set(&s, name,
			*item->value != '\0' ? item->value : NULL, &why) < 0)
			rc = fail_item(p, item, &why, err);
	}
	/* The names of many mailboxes are not known here: x stands for each. */
	if (p->kind == MS_PROFILE_CSV || opt.master != NULL)
		opt.login = "x";
	else if (p->kind == MS_PROFILE_BATCH)
		opt.authzid = "x";
	if (deleting) {
		opt.archive = "/";
		opt.job = FETCH_JOB_DELETE;
	}
	if (rc == 0 &&
	    fetch_options_check(&opt, ms_profile_value(p, "url"), &why) < 0)
		rc = fail_item(p, NULL, &why, err);
	fetch_options_release(&opt);
	return rc;
}

/* If each mailbox has its own login, the URL has none. */
static int
validate_url(const struct ms_profile *p, struct ms_err *err)
{
	struct ms_url url;
	bool login;

	if (p->kind == MS_PROFILE_MAILBOX || p->kind == MS_PROFILE_MULTIDROP ||
	    (p->kind == MS_PROFILE_BATCH && ms_profile_line(p, "master") == 0))
		return 0;
	/* All other errors are left to ms-fetch. */
	login = ms_url_parse(&url, ms_profile_value(p, "url"), NULL) == 0 &&
		url.login != NULL;
	ms_url_release(&url);
	if (!login)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "line %u: url: a login is not allowed, because each mailbox has "
	    "its own",
	    ms_profile_line(p, "url"));
}

static int
validate_table(const struct ms_profile *p, struct ms_err *err)
{
	const char *encoding = ms_profile_value(p, "encoding");
	const char *columns = ms_profile_value(p, "columns");

	if (encoding != NULL && ms_csv_check_encoding(encoding, err) < 0)
		return ms_context(
		    err, "line %u: encoding", ms_profile_line(p, "encoding"));
	if (columns != NULL && ms_csv_check_columns(columns, err) < 0)
		return ms_context(
		    err, "line %u: columns", ms_profile_line(p, "columns"));
	return 0;
}

static int
validate_server(const struct ms_profile *p, struct ms_err *err)
{
	if (validate_table(p, err) < 0)
		return -1;
	if (validate_url(p, err) < 0)
		return -1;
	if (validate_fetch(p, false, err) < 0)
		return -1;
	return p->deletes ? validate_fetch(p, true, err) : 0;
}

/* ---- the other tools ---- */

static int
refuse(const struct ms_profile *p, const char *key, struct ms_err *err)
{
	return ms_context(err, "line %u", ms_profile_line(p, key));
}

/* A client and what needs one. */
static int
validate_client(const struct ms_profile *p, struct ms_err *err)
{
	const char *client = ms_profile_value(p, "client");
	enum ms_client unused;
	struct ms_hint hint;

	if (client == NULL && ms_profile_value(p, "with-deleted") != NULL) {
		ms_fail(err, MS_USAGE, "with-deleted: needs the key client");
		return refuse(p, "with-deleted", err);
	}
	if (client == NULL || ms_client_parse(client, &unused))
		return 0;
	ms_fail(err, MS_USAGE, "client: unknown mail client '%.40s'%s", client,
	    ms_hint(client, MS_CLIENT_LIST, &hint));
	return refuse(p, "client", err);
}

static int
validate_ingest(const struct ms_profile *p, struct ms_err *err)
{
	static const char *const folders[] = {"into", "label"};
	static const char *const formats[] = {
	    "auto", "stream", "mbox", "eml", "maildir"};
	static const char *const patterns[] = {
	    "sent-pattern", "received-pattern"};
	const char *threads = ms_profile_value(p, "threads");
	const char *hop = ms_profile_value(p, "trusted-hop");
	const char *format = ms_profile_value(p, "format");
	struct ms_hint hint;
	uint64_t n;

	if (threads != NULL &&
	    ms_opt_number(threads, 1, THREADS_MAX, &n, err) < 0) {
		ms_context(err, "threads");
		return refuse(p, "threads", err);
	}
	if (hop != NULL && ms_opt_number(hop, 1, HOP_MAX, &n, err) < 0) {
		ms_context(err, "trusted-hop");
		return refuse(p, "trusted-hop", err);
	}
	for (size_t i = 0; i < 2; i++) {
		const char *pattern = ms_profile_value(p, patterns[i]);

		if (pattern != NULL && ms_assign_pattern_ok(pattern, err) < 0) {
			ms_context(err, "%s", patterns[i]);
			return refuse(p, patterns[i], err);
		}
	}
	for (size_t i = 0; i < 2; i++) {
		const char *name = ms_profile_value(p, folders[i]);

		if (name == NULL || strlen(name) <= MS_FOLDER_MAX)
			continue;
		ms_fail(err, MS_USAGE, "%s: longer than %d bytes", folders[i],
		    MS_FOLDER_MAX);
		return refuse(p, folders[i], err);
	}
	if (validate_client(p, err) < 0)
		return -1;
	if (format == NULL || p->kind != MS_PROFILE_FILES)
		return 0;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(format, formats[i]) == 0)
			return 0;
	ms_fail(err, MS_USAGE, "format: unknown format '%.40s'%s", format,
	    ms_hint(format, "auto, stream, mbox, eml, maildir", &hint));
	return refuse(p, "format", err);
}

static int
validate_export(const struct ms_profile *p, struct ms_err *err)
{
	const char *format = ms_profile_value(p, "format");
	const char *eol = ms_profile_value(p, "eol");
	const char *text = ms_profile_value(p, "query");
	struct ms_query *q = NULL;
	struct ms_hint hint;
	char *output;

	if (format != NULL && ms_sink_format(format) == NULL) {
		ms_fail(err, MS_USAGE, "format: unknown format '%.40s'%s",
		    format, ms_hint(format, "stream, mboxrd, eml", &hint));
		return refuse(p, "format", err);
	}
	if (eol != NULL && strcmp(eol, "crlf") != 0 && strcmp(eol, "lf") != 0 &&
	    strcmp(eol, "original") != 0) {
		ms_fail(err, MS_USAGE, "eol: must be crlf, lf or original");
		return refuse(p, "eol", err);
	}
	if (text != NULL &&
	    ms_query_parse(&q, ms_slice_str(text), time(NULL), err) < 0)
		return refuse(p, "query", err);
	ms_query_free(q);
	output = profile_output(ms_profile_value(p, "output"), time(NULL), err);
	if (output == NULL)
		return refuse(p, "output", err);
	free(output);
	return 0;
}

void
profile_warn_query(const char *name, const struct ms_profile *p)
{
	const char *text = ms_profile_value(p, "query");
	struct ms_query *q;

	if (p->kind != MS_PROFILE_EXPORT || text == NULL ||
	    ms_query_parse(&q, ms_slice_str(text), time(NULL), NULL) < 0)
		return;
	if (ms_query_since_sent(q))
		ms_warn(TOOL,
		    "%s: line %u: query: since: is when a message was sent, "
		    "and mail that comes late is missed; for what is new write "
		    "archived-since:",
		    name, ms_profile_line(p, "query"));
	ms_query_free(q);
}

/* ---- users ---- */

/* MS_AUTH: the owner may not run the profile, at this time. */
static int
check_owner(const struct ms_account *owner, const struct ms_profile *p,
    struct ms_err *err)
{
	const char *user = ms_profile_value(p, "user");

	if (owner->deleted || owner->disabled)
		return ms_fail(err, MS_AUTH, "its owner '%.255s' is %s",
		    owner->name, owner->deleted ? "deleted" : "disabled");
	if (ms_account_has(owner, MS_PRIVILEGE_ADMIN) ||
	    (user != NULL && strcmp(user, owner->name) == 0))
		return 0;
	if (user != NULL)
		return ms_fail(err, MS_AUTH,
		    "the owner '%.100s' is not an admin, and cannot target the "
		    "archive of '%.100s'",
		    owner->name, user);
	return ms_fail(err, MS_AUTH,
	    "the owner '%.100s' is not an admin; its profiles need "
	    "user = %.100s",
	    owner->name, owner->name);
}

static int
validate_user(struct tool *t, const struct ms_profile_item *item, bool create,
    struct ms_err *err)
{
	struct ms_account u = {0};
	int got, rc = 0;

	if (!ms_user_name_ok(item->value))
		return ms_fail(err, MS_USAGE,
		    "line %u: %s: not a valid name of a user", item->line,
		    item->key);
	got = ms_account_find(t->archive, item->value, &u, err);
	if (got < 0)
		rc = -1;
	else if ((got == 0 || u.deleted) && !create)
		rc = ms_fail(err, MS_USAGE,
		    "line %u: %s: no user '%.255s' in this archive", item->line,
		    item->key, item->value);
	ms_account_release(&u);
	return rc;
}

static int
validate_users(struct tool *t, const struct ms_profile *p, struct ms_err *err)
{
	bool create = ms_profile_line(p, "create-user") != 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct ms_profile_item *item = &p->items[i];
		bool user = strcmp(item->key, "user") == 0;

		if (!user && strcmp(item->key, "except") != 0 &&
		    (p->all_users || strcmp(item->key, "users") != 0))
			continue;
		if (validate_user(t, item, create && user, err) < 0)
			return -1;
	}
	return 0;
}

/* Files and commands are used with the rights of the process that runs the
 * profile, so that only an admin may choose them (or a person with these
 * rights, without --as). */
static int
validate_host_access(
    const struct tool *t, const struct ms_profile *p, struct ms_err *err)
{
	if (t->actor.number == 0 ||
	    ms_account_has(&t->actor, MS_PRIVILEGE_ADMIN))
		return 0;
	for (size_t i = 0; i < p->count; i++)
		if (ms_profile_is_path(p->items[i].key) ||
		    ms_profile_is_command(p->items[i].key))
			return ms_fail(err, MS_AUTH,
			    "line %u: %s: user '%.100s' is not an admin; only "
			    "an admin may choose files and commands of this "
			    "host",
			    p->items[i].line, p->items[i].key, t->actor.name);
	return 0;
}

static int
validate_sync(const struct ms_profile *p, struct ms_err *err)
{
	const char *name = ms_profile_value(p, "sync-first");

	if (name == NULL || ms_directory_name_ok(name))
		return 0;
	return ms_fail(err, MS_USAGE,
	    "line %u: sync-first: not a name of a directory",
	    ms_profile_line(p, "sync-first"));
}

int
profile_validate(struct tool *t, const struct ms_account *owner,
    struct ms_slice text, bool new, struct ms_profile *p, struct ms_err *err)
{
	bool server;
	int rc = 0;

	*p = (struct ms_profile){0};
	if (text.n > MS_PROFILE_TEXT_MAX)
		return ms_fail(
		    err, MS_USAGE, "longer than %d bytes", MS_PROFILE_TEXT_MAX);
	if (ms_profile_parse(p, text, profile_fetch_key, err) < 0)
		return -1;
	server = p->kind != MS_PROFILE_FILES && p->kind != MS_PROFILE_EXPORT;
	if (server)
		rc = validate_server(p, err);
	if (rc == 0)
		rc = p->kind == MS_PROFILE_EXPORT ? validate_export(p, err)
						  : validate_ingest(p, err);
	if (rc == 0)
		rc = validate_sync(p, err);
	if (rc == 0 && new)
		rc = validate_users(t, p, err);
	if (rc == 0 && new)
		rc = validate_host_access(t, p, err);
	if (rc == 0)
		rc = check_owner(owner, p, err);
	if (rc < 0)
		ms_profile_release(p);
	return rc;
}
