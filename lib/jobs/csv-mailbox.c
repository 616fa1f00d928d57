/* csv-mailbox.c - the rows of a table as mailboxes. ms-csvbatch(1), The file.
 */
#include "csv-mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "secret.h"
#include "url.h"
#include "utf8.h"
#include "nearest.h"

enum {
	LOGIN,
	PASSWORD,
	LABEL,
	USERS,
	COLUMNS
};

/* Where a table has them. */
struct order {
	size_t at[COLUMNS]; /* from 0; NO_COLUMN: nowhere */
	size_t count;       /* columns of the table; a row has no more */
	size_t plain;       /* columns up to the last one that is used */
	bool named;         /* count is from the first row */
};
#define NO_COLUMN SIZE_MAX

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

/* ---- the order of the columns ---- */

/* -1: there is no such word. */
static int
column_of(struct ms_slice word, size_t *column)
{
	static const struct {
		const char *word;
		size_t column;
	} words[] = {{"login", LOGIN}, {"password", PASSWORD},
	    {"address", LABEL}, {"email", LABEL}, {"label", LABEL},
	    {"user", USERS}, {"users", USERS}, {"-", NO_COLUMN}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ms_slice_eq(word, ms_slice_str(words[i].word))) {
			*column = words[i].column;
			return 0;
		}
	return -1;
}

static int
unknown_column(struct ms_slice word, struct ms_err *err)
{
	struct ms_nearest near;
	struct ms_hint hint;
	char name[41];

	snprintf(name, sizeof(name), "%.*s",
	    word.n < sizeof(name) ? (int)word.n : (int)sizeof(name) - 1,
	    (const char *)word.p);
	near = (struct ms_nearest){.wanted = name};
	ms_nearest_try_list(&near, "login, password, address, user");
	if (*ms_nearest_hint(&near, &hint) == '\0')
		snprintf(hint.text, sizeof(hint.text),
		    " (try login, password, address, user, - for others)");
	return ms_fail(err, MS_USAGE, "unknown column '%s'%s", name, hint.text);
}

static int
add_column(struct order *o, struct ms_slice word, struct ms_err *err)
{
	size_t column;

	if (o->count == MS_CSV_COLUMNS_MAX)
		return ms_fail(
		    err, MS_USAGE, "more than %d columns", MS_CSV_COLUMNS_MAX);
	if (column_of(word, &column) < 0)
		return unknown_column(word, err);
	o->count++;
	if (column == NO_COLUMN)
		return 0;
	if (o->at[column] != NO_COLUMN)
		return ms_fail(err, MS_USAGE, "column '%.*s' is given twice",
		    (int)word.n, (const char *)word.p);
	o->at[column] = o->count - 1;
	o->plain = o->count;
	return 0;
}

static int
parse_order(struct order *o, const char *columns, struct ms_err *err)
{
	struct ms_slice word;

	*o = (struct order){.at = {NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN}};
	for (;; columns += word.n + 1) {
		word = (struct ms_slice){
		    (const unsigned char *)columns, strcspn(columns, ",")};
		if (add_column(o, word, err) < 0)
			return -1;
		if (columns[word.n] == '\0')
			break;
	}
	if (o->at[LOGIN] == NO_COLUMN || o->at[PASSWORD] == NO_COLUMN)
		return ms_fail(
		    err, MS_USAGE, "the columns login and password are needed");
	return 0;
}

int
ms_csv_check_columns(const char *columns, struct ms_err *err)
{
	struct order o;

	return parse_order(&o, columns, err);
}

/* ---- rows ---- */

/* A separator within a value shifts the following columns: a wrong password
 * must not reach the server, which may lock the account. */
static int
check_columns(
    const struct ms_csv_row *row, const struct order *o, struct ms_err *err)
{
	if (row->count <= o->at[PASSWORD] && row->count == 1)
		return ms_fail(err, MS_DATA, "no password: only one column");
	if (row->count > o->count)
		return ms_fail(err, MS_DATA, "%zu columns, but %s %zu",
		    row->count,
		    o->named ? "the first row names" : "--columns names",
		    o->count);
	return 0;
}

/* The text of a column, "" if the row does not have it. */
static char *
field(const struct ms_csv_row *row, const struct order *o, size_t column)
{
	static char empty[] = "";

	return o->at[column] < row->count ? row->field[o->at[column]] : empty;
}

static int
set_row(struct ms_csv_mailbox *m, const struct ms_csv_row *row,
    const struct order *o, struct ms_err *err)
{
	if (set_login(m, field(row, o, LOGIN), err) < 0 ||
	    check_columns(row, o, err) < 0 ||
	    set_password(m, field(row, o, PASSWORD), err) < 0 ||
	    set_label(m, field(row, o, LABEL), err) < 0)
		return -1;
	return set_users(m, field(row, o, USERS), err);
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

#define NAME_MAX_BYTES 64 /* longer than the words, and blanks */

/* Does the name of a column say that it has passwords? The name can be that of
 * a mailbox, whose blanks are kept. */
static bool
names_password(const char *name)
{
	static const char *const words[] = {"password", "passwords", "passwd",
	    "pass", "pwd", "secret", "passwort", "kennwort", "mot de passe",
	    "contrase\u00f1a", "contrasena", "senha", "wachtwoord",
	    "has\u0142o", "haslo", "parola", "\u015fifre", "sifre",
	    "l\u00f6senord", "adgangskode", "passord", "salasana", "heslo",
	    "jelsz\u00f3", "\u043f\u0430\u0440\u043e\u043b\u044c",
	    "\u5bc6\u7801", "\u30d1\u30b9\u30ef\u30fc\u30c9"};
	struct ms_buf key = {0}, word = {0};
	bool found = false;

	name += strspn(name, " \t");
	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	ms_buf_room(&key, (size_t)16 * NAME_MAX_BYTES); /* not moved: wiped */
	ms_utf8_text_key(ms_slice_str(name), &key);
	while (key.n > 0 && is_blank((char)key.p[key.n - 1]))
		key.n--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !found;
	     i++) {
		ms_buf_clear(&word);
		ms_utf8_text_key(ms_slice_str(words[i]), &word);
		found = ms_slice_eq(ms_buf_slice(&key), ms_buf_slice(&word));
	}
	ms_secret_forget(&key);
	ms_buf_release(&word);
	return found;
}

/* Otherwise the password would become a label, which everybody can see; and
 * what is in the place of the password would be sent to the server. */
static int
check_order(const struct ms_csv_row *header, struct ms_err *err)
{
	bool in_place = names_password(header->field[PASSWORD]);

	for (size_t i = 0; i < header->count; i++)
		if (i != PASSWORD && (i < COLUMNS || !in_place) &&
		    names_password(header->field[i]))
			return ms_fail(err, MS_USAGE,
			    "line %llu: column %zu is named '%.40s', but the "
			    "password must be in column %d; --columns gives "
			    "another order",
			    (unsigned long long)header->line, i + 1,
			    trim(header->field[i]), PASSWORD + 1);
	return 0;
}

/* Is this an address, and not the name of a column? */
static bool
is_address(char *s)
{
	const char *at = strchr(s = trim(s), '@');

	return at != NULL && at > s && at[1] != '\0' &&
	       strpbrk(s, " \t") == NULL;
}

/* In a table without names of columns, the first mailbox would be ignored. */
static int
check_header(const struct ms_csv_row *header, struct ms_err *err)
{
	for (size_t i = 0; i < header->count && i <= LABEL; i += LABEL)
		if (is_address(header->field[i]))
			return ms_fail(err, MS_DATA,
			    "line %llu: the first row must name the columns, "
			    "but contains an address; without such a row, name "
			    "them with --columns",
			    (unsigned long long)header->line);
	return 0;
}

/* With --columns, the first row is a mailbox unless it says in the place of the
 * password that there is one, and has no address. */
static bool
is_mailbox(const struct ms_csv_row *first, const struct order *o)
{
	return !names_password(field(first, o, PASSWORD)) ||
	       is_address(field(first, o, LOGIN)) ||
	       is_address(field(first, o, LABEL));
}

/* fault: why the row could not be read; NULL: row was read. */
static void
add_row(struct ms_csv_mailboxes *m, size_t *room, const struct order *o,
    const struct ms_csv_row *row, const struct ms_err *fault)
{
	struct ms_csv_mailbox *mailbox;
	struct ms_err why;

	if (fault == NULL && is_empty(row))
		return;
	if (m->n == *room) {
		*room = *room > 0 ? 2 * *room : 64;
		m->v = ms_xreallocarray(m->v, *room, sizeof(*m->v));
	}
	mailbox = m->v + m->n++;
	*mailbox = (struct ms_csv_mailbox){.line = row->line};
	if (fault == NULL && set_row(mailbox, row, o, &why) < 0)
		fault = &why;
	if (fault != NULL)
		mailbox->fault = ms_xstrdup(fault->msg);
}

static void
read_rows(struct ms_csv_mailboxes *m, const struct order *o)
{
	const struct ms_csv_row *first = ms_csv_header(m->csv);
	struct ms_csv_row row;
	struct ms_err why;
	size_t room = 0;
	int got;

	m->has_names = o->named || !is_mailbox(first, o);
	if (!m->has_names)
		add_row(m, &room, o, first, NULL);
	while ((got = ms_csv_next(m->csv, &row, &why)) != 0)
		add_row(m, &room, o, &row, got < 0 ? &why : NULL);
}

int
ms_csv_mailboxes_read(struct ms_csv_mailboxes *m, struct ms_slice table,
    const char *encoding, const char *columns, struct ms_err *err)
{
	const struct ms_csv_row *first;
	struct order o = {.at = {LOGIN, PASSWORD, LABEL, USERS},
	    .plain = COLUMNS,
	    .named = columns == NULL};

	*m = (struct ms_csv_mailboxes){0};
	if (columns != NULL && parse_order(&o, columns, err) < 0)
		return -1;
	if (ms_csv_open(&m->csv, table, o.plain, !o.named, encoding, err) < 0)
		return -1;
	first = ms_csv_header(m->csv);
	if (o.named) {
		o.count = first->count;
		if (check_header(first, err) < 0 || check_order(first, err) < 0)
			goto fail;
	}
	read_rows(m, &o);
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
