/* list.c - ms-users list, show, export. The manual is ms-users(1). */
#include <string.h>

#include "listing.h"
#include "term.h"
#include "time.h"
#include "users.h"

/* Appends one user in one of the forms. */
typedef int write_fn(
    struct users *u, const struct ms_account *user, struct ms_err *err);

static char
line_end(const struct users *u)
{
	return u->opt->nul ? '\0' : '\n';
}

static int
write_json(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	if (users_write_json(&u->out, u->a, user, err) < 0)
		return -1;
	ms_buf_add_byte(&u->out, (unsigned char)line_end(u));
	return 0;
}

static int
write_line(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	(void)err;
	users_write_line(&u->out, user);
	ms_buf_add_byte(&u->out, (unsigned char)line_end(u));
	return 0;
}

/* On a terminal. */
static const struct ms_column columns[] = {
    {.heading = "USER"},
    {.heading = "STATE", .plain = "enabled"},
    {.heading = "AUTHENTICATION", .plain = "none"},
    {.heading = "PRIVILEGES", .shrink = true, .plain = ""},
    {.heading = "ADDRESSES", .shrink = true, .plain = ""},
    {.heading = "FULL NAME", .plain = ""},
};

/* The table has the fields of the line. */
static int
write_row(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	struct ms_buf line = {0};
	char *rest, *field;

	(void)err;
	users_write_line(&line, user);
	ms_buf_add_byte(&line, '\0');
	rest = (char *)line.p;
	while ((field = strsep(&rest, "\t")) != NULL)
		ms_table_add(u->table, field);
	ms_table_row(u->table);
	ms_buf_release(&line);
	return 0;
}

static int
write_csv(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	return users_write_csv(&u->out, u->a, user, err);
}

static int
write_all(struct users *u, write_fn *write, struct ms_err *err)
{
	struct ms_record_store *w = ms_record_store_open(u->a, MS_ROW_USER);
	struct ms_account user = {0};
	int got;

	while ((got = ms_accounts_next(w, &user, err)) == 1) {
		if (user.deleted && !u->opt->deleted)
			continue;
		if (write(u, &user, err) < 0 ||
		    users_flush(u, false, err) < 0) {
			got = -1;
			break;
		}
	}
	ms_record_store_close(w);
	ms_account_release(&user);
	return got < 0 ? -1 : users_flush(u, true, err);
}

static int
write_table(struct users *u, struct ms_err *err)
{
	int rc;

	u->table = ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	rc = write_all(u, write_row, err);
	ms_table_end(u->table);
	return rc;
}

int
users_list(struct users *u)
{
	struct ms_err err = {0};
	int rc = users_may_look(u, NULL, &err);

	if (rc == 0 && u->opt->json)
		rc = write_all(u, write_json, &err);
	else if (rc == 0 && (u->opt->nul || !ms_term_stdout()))
		rc = write_all(u, write_line, &err);
	else if (rc == 0)
		rc = write_table(u, &err);
	return rc < 0 ? users_failed(NULL, &err) : 0;
}

int
users_export(struct users *u)
{
	struct ms_err err = {0};
	bool csv = u->opt->format != USERS_JSON;

	if (users_may_look(u, NULL, &err) < 0)
		return users_failed(NULL, &err);
	if (csv)
		users_write_columns(&u->out);
	if (write_all(u, csv ? write_csv : write_json, &err) < 0)
		return users_failed(NULL, &err);
	return 0;
}

/* ---- show ---- */

static void
show_text(struct ms_buf *out, const char *key, const char *text)
{
	if (*text == '\0')
		return;
	ms_buf_printf(out, "%s\t", key);
	ms_listing_escape(out, text, strlen(text));
	ms_buf_add_byte(out, '\n');
}

static void
show_list(struct ms_buf *out, const char *key, struct ms_slice list)
{
	const char *s;

	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		show_text(out, key, s);
}

static int
show_rights(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	struct ms_buf name = {0};
	uint64_t archive;
	unsigned bits;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && ms_account_right_at(user, i, &archive, &bits);
	     i++) {
		ms_buf_add_str(&u->out, "right\t");
		ms_rights_write(&u->out, bits, ',');
		if (archive != 0) {
			rc = users_name_of(u->a, archive, &name, err);
			ms_buf_add_byte(&u->out, '\t');
			ms_listing_escape(&u->out, ms_buf_str(&name), name.n);
		}
		ms_buf_add_byte(&u->out, '\n');
	}
	ms_buf_release(&name);
	return rc;
}

static int
show_account(struct users *u, const struct ms_account *user, struct ms_err *err)
{
	struct ms_buf words = {0};
	char made[21];

	ms_privileges_write(&words, user->privileges, ',');
	ms_time_format(user->made, made);
	show_text(&u->out, "name", user->name);
	show_text(&u->out, "full-name", user->full_name);
	show_list(&u->out, "address", user->addresses);
	show_list(&u->out, "pop3-name", user->pop3_names);
	show_text(&u->out, "authentication",
	    ms_authentication_name(user->authentication));
	show_text(&u->out, "password", user->has_password ? "set" : "");
	show_text(&u->out, "dn", user->dn);
	show_text(&u->out, "directory", user->directory);
	show_text(&u->out, "directory-id", user->directory_id);
	show_text(&u->out, "directory-state", user->directory_state);
	show_text(&u->out, "privileges", ms_buf_str(&words));
	ms_buf_release(&words);
	if (show_rights(u, user, err) < 0)
		return -1;
	show_text(&u->out, "state",
	    user->deleted    ? "deleted"
	    : user->disabled ? "disabled"
			     : "enabled");
	show_text(&u->out, "made", made);
	return 0;
}

/* A deleted user is shown too, because the archive of this user exists. */
static int
show_one(struct users *u, const char *name, struct ms_err *err)
{
	struct ms_account user = {0};
	int got, rc = -1;

	if (users_may_look(u, name, err) < 0)
		return -1;
	got = ms_account_find(u->a, name, &user, err);
	if (got == 0)
		ms_fail(err, MS_NOINPUT, "no such user");
	if (got == 1 && u->opt->json)
		rc = write_json(u, &user, err);
	else if (got == 1)
		rc = show_account(u, &user, err);
	ms_account_release(&user);
	/* An empty line separates two users. */
	if (rc == 0 && !u->opt->json && name != u->args[u->count - 1])
		ms_buf_add_byte(&u->out, '\n');
	return rc < 0 ? -1 : users_flush(u, false, err);
}

int
users_show(struct users *u)
{
	int status = users_each(u, show_one);
	struct ms_err err = {0};

	return users_flush(u, true, &err) < 0 ? users_failed(NULL, &err)
					      : status;
}
