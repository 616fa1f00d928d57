/* csv-mailbox.c - the rows of a table as mailboxes. ms-csvbatch(1), The file.
 */
#include "csv-mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "secret.h"
#include "url.h"
#include "utf8.h"

enum {
	LOGIN,
	PASSWORD,
	LABEL,
	USERS,
	COLUMNS
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Removes blanks at both ends, in place. */
static char *
trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	for (n = strlen(s); n > 0 && is_blank(s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

/* U+FFFD is what a conversion that failed has left. */
static bool
is_text(const char *s)
{
	return ms_utf8_valid((const unsigned char *)s, strlen(s)) &&
	       strstr(s, "\xef\xbf\xbd") == NULL;
}

/* ---- the columns ---- */

static int
set_login(struct ms_csv_mailbox *m, char *text, struct ms_err *err)
{
	text = trim(text);
	if (*text == '\0')
		return ms_fail(err, MS_DATA, "no login");
	if (!is_text(text) || !ms_url_login_ok(text, strlen(text)))
		return ms_fail(err, MS_DATA,
		    "login is not valid text, or longer than %d bytes",
		    MS_LOGIN_MAX);
	m->login = text;
	return 0;
}

static int
set_password(struct ms_csv_mailbox *m, char *text, struct ms_err *err)
{
	size_t n = strlen(text);

	if (n == 0)
		return ms_fail(err, MS_DATA, "no password");
	if (!is_text(text) || !ms_secret_text_ok(text, n) || n > MS_SECRET_MAX)
		return ms_fail(err, MS_DATA,
		    "password is not valid text, or longer than %d bytes",
		    MS_SECRET_MAX);
	m->password = text;
	return 0;
}

static int
set_label(struct ms_csv_mailbox *m, char *text, struct ms_err *err)
{
	text = trim(text);
	if (*text == '\0')
		return 0;
	if (!is_text(text) || !ms_account_text_ok(text, MS_FOLDER_MAX))
		return ms_fail(err, MS_DATA,
		    "e-mail address is not valid text, or longer than %d bytes",
		    MS_FOLDER_MAX);
	m->label = text;
	return 0;
}

static bool
has_user(const struct ms_csv_mailbox *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->user_count; i++)
		if (strcmp(m->users[i], name) == 0)
			return true;
	return false;
}

static int
add_user(struct ms_csv_mailbox *m, const char *name, struct ms_err *err)
{
	if (!is_text(name) || !ms_user_name_ok(name))
		return ms_fail(err, MS_DATA,
		    "'%.64s' is not a valid name of a user", name);
	if (has_user(m, name))
		return 0;
	m->users =
	    ms_xreallocarray(m->users, m->user_count + 1, sizeof(*m->users));
	m->users[m->user_count++] = ms_xstrdup(name);
	return 0;
}

static int
set_users(struct ms_csv_mailbox *m, char *text, struct ms_err *err)
{
	char *next;

	for (; text != NULL; text = next) {
		next = strchr(text, ';');
		if (next != NULL)
			*next++ = '\0';
		text = trim(text);
		if (*text != '\0' && add_user(m, text, err) < 0)
			return -1;
	}
	return m->user_count > 0 ? 0 : add_user(m, m->login, err);
}

/* ---- rows ---- */

/* A separator within a value shifts the following columns: a wrong password
 * must not reach the server, which may lock the account. */
static int
check_columns(const struct ms_csv_row *row, size_t named, struct ms_err *err)
{
	size_t i;

	if (row->count < 2)
		return ms_fail(err, MS_DATA, "no password: only one column");
	for (i = named; i < row->count; i++)
		if (*trim(row->field[i]) != '\0')
			return ms_fail(err, MS_DATA,
			    "%zu columns, but the first row names %zu",
			    row->count, named);
	return 0;
}

static int
set_row(struct ms_csv_mailbox *m, const struct ms_csv_row *row, size_t named,
    struct ms_err *err)
{
	static char empty[] = "";

	if (set_login(m, row->field[LOGIN], err) < 0 ||
	    check_columns(row, named, err) < 0 ||
	    set_password(m, row->field[PASSWORD], err) < 0)
		return -1;
	if (row->count > LABEL && set_label(m, row->field[LABEL], err) < 0)
		return -1;
	return set_users(
	    m, row->count > USERS ? row->field[USERS] : empty, err);
}

static bool
is_empty(const struct ms_csv_row *row)
{
	size_t i;

	for (i = 0; i < row->count; i++)
		if (row->field[i][strspn(row->field[i], " \t")] != '\0')
			return false;
	return true;
}

/* In a table without names of columns, the first mailbox would be ignored. */
static int
check_header(const struct ms_csv_row *header, struct ms_err *err)
{
	size_t i;

	for (i = 0; i < header->count && i <= LABEL; i += LABEL) {
		const char *s = trim(header->field[i]);
		const char *at = strchr(s, '@');

		if (at != NULL && at > s && at[1] != '\0' &&
		    strpbrk(s, " \t") == NULL)
			return ms_fail(err, MS_DATA,
			    "line %llu: the first row must name the columns, "
			    "but contains an address",
			    (unsigned long long)header->line);
	}
	return 0;
}

int
ms_csv_mailboxes_read(
    struct ms_csv_mailboxes *m, struct ms_slice table, struct ms_err *err)
{
	struct ms_csv_mailbox *mailbox;
	struct ms_csv_row row;
	struct ms_err why;
	size_t room = 0, named;
	int got;

	*m = (struct ms_csv_mailboxes){0};
	if (ms_csv_open(&m->csv, table, COLUMNS, err) < 0)
		return -1;
	named = ms_csv_header(m->csv)->count;
	if (check_header(ms_csv_header(m->csv), err) < 0)
		goto fail;
	while ((got = ms_csv_next(m->csv, &row, &why)) != 0) {
		if (got > 0 && is_empty(&row))
			continue;
		if (m->n == room) {
			room = room > 0 ? 2 * room : 64;
			m->v = ms_xreallocarray(m->v, room, sizeof(*m->v));
		}
		mailbox = m->v + m->n++;
		*mailbox = (struct ms_csv_mailbox){.line = row.line};
		if (got < 0 || set_row(mailbox, &row, named, &why) < 0)
			mailbox->fault = ms_xstrdup(why.msg);
	}
	if (m->n > 0)
		return 0;
	ms_fail(err, MS_NOINPUT, "no mailbox in this table");
fail:
	ms_csv_mailboxes_release(m);
	return -1;
}

void
ms_csv_mailboxes_release(struct ms_csv_mailboxes *m)
{
	size_t i, k;

	for (i = 0; i < m->n; i++) {
		for (k = 0; k < m->v[i].user_count; k++)
			free(m->v[i].users[k]);
		free(m->v[i].users);
		free(m->v[i].fault);
	}
	free(m->v);
	ms_csv_close(m->csv);
	*m = (struct ms_csv_mailboxes){0};
}
