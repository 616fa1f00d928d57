/* read.c - reads users from CSV, or from JSON Lines as ms-users writes them.
 * ms-users(1), ms-json(5). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "import.h"
#include "nearest.h"

/* ---- rows ---- */

static struct users_row *
add_row(struct users_rows *rows, uint64_t line)
{
	struct users_row *r;

	if (rows->count == rows->room) {
		rows->room = rows->room == 0 ? 64 : rows->room * 2;
		rows->row =
		    ms_xreallocarray(rows->row, rows->room, sizeof(*rows->row));
	}
	r = &rows->row[rows->count++];
	*r = (struct users_row){.line = line};
	return r;
}

void
users_row_fail(struct users_row *r, const struct ms_err *err)
{
	if (r->error == NULL)
		r->error = ms_xstrdup(err->msg);
}

void
users_rows_release(struct users_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		struct users_row *r = &rows->row[i];

		ms_buf_release(&r->name);
		ms_buf_release(&r->full_name);
		ms_buf_release(&r->dn);
		ms_buf_release(&r->addresses);
		ms_buf_release(&r->pop3_names);
		ms_buf_release(&r->rights);
		free(r->error);
	}
	free(rows->row);
	*rows = (struct users_rows){0};
}

/* ---- members as text ---- */

static void
add_text(struct ms_buf *list, const char *text)
{
	ms_buf_add(list, text, strlen(text) + 1);
}

static int
set_text(struct ms_buf *b, const char *text)
{
	ms_buf_clear(b);
	ms_buf_add_str(b, text);
	ms_buf_str(b);
	return 0;
}

/* The next item of a list. `;` ends an item, unless `\` precedes it. NULL: no
 * more items. The text is overwritten. */
static char *
next_item(char **at)
{
	char *item = *at, *to = *at, *from = *at;

	if (from == NULL)
		return NULL;
	for (; *from != '\0' && *from != ';'; from++) {
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	*at = *from == ';' ? from + 1 : NULL;
	*to = '\0';
	return item;
}

/* Sets a list to the items of a text that are not empty. */
static int
set_list(struct ms_buf *list, const char *text)
{
	char *copy = ms_xstrdup(text), *at = copy, *item;

	ms_buf_clear(list);
	while ((item = next_item(&at)) != NULL)
		if (*item != '\0')
			add_text(list, item);
	free(copy);
	return 0;
}

static int
add_right(struct users_row *r, const char *words, char sep, const char *archive,
    struct ms_err *err)
{
	unsigned bits;

	if (users_words(words, sep, ms_right_of, &bits, err) < 0)
		return -1;
	ms_buf_add_byte(&r->rights, (unsigned char)bits);
	add_text(&r->rights, archive);
	return 0;
}

/* text: "read+write:NAME;read" */
static int
set_rights(struct users_row *r, const char *text, struct ms_err *err)
{
	char *copy = ms_xstrdup(text), *at = copy, *item, *colon;
	int rc = 0;

	ms_buf_clear(&r->rights);
	while (rc == 0 && (item = next_item(&at)) != NULL) {
		if (*item == '\0')
			continue;
		colon = strchr(item, ':');
		if (colon != NULL)
			*colon++ = '\0';
		if (colon != NULL && *colon == '\0')
			rc = ms_fail(err, MS_DATA, "rights without an archive");
		else
			rc = add_right(
			    r, item, '+', colon != NULL ? colon : "", err);
	}
	free(copy);
	return rc;
}

static int
set_flag(bool *flag, const char *text, struct ms_err *err)
{
	static const char *const no[] = {"", "no", "false", "0"};
	static const char *const yes[] = {"yes", "true", "1"};
	size_t i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(text, no[i]) == 0) {
			*flag = false;
			return 0;
		}
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(text, yes[i]) == 0) {
			*flag = true;
			return 0;
		}
	return ms_fail(err, MS_DATA, "'%.64s' is not yes or no", text);
}

/* ---- CSV ---- */

static const struct column {
	const char *name;
	unsigned set;
} columns[] = {
    {"name", MS_SET_NAME},
    {"full_name", MS_SET_FULL_NAME},
    {"addresses", MS_SET_ADDRESSES},
    {"pop3_names", MS_SET_POP3_NAMES},
    {"authentication", MS_SET_AUTHENTICATION},
    {"dn", MS_SET_DN},
    {"privileges", MS_SET_PRIVILEGES},
    {"rights", MS_SET_RIGHTS},
    {"disabled", MS_SET_DISABLED},
};

static int
set_member(
    struct users_row *r, unsigned member, const char *text, struct ms_err *err)
{
	struct ms_hint hint;

	switch (member) {
	case MS_SET_NAME:
		return set_text(&r->name, text);
	case MS_SET_FULL_NAME:
		return set_text(&r->full_name, text);
	case MS_SET_DN:
		return set_text(&r->dn, text);
	case MS_SET_ADDRESSES:
		return set_list(&r->addresses, text);
	case MS_SET_POP3_NAMES:
		return set_list(&r->pop3_names, text);
	case MS_SET_AUTHENTICATION:
		if (ms_authentication_of(text, &r->authentication) < 0)
			return ms_fail(err, MS_DATA,
			    "unknown authentication type '%.64s'%s", text,
			    ms_hint(
				text, "integrated, directory, none", &hint));
		return 0;
	case MS_SET_PRIVILEGES:
		return users_words(
		    text, ';', ms_privilege_of, &r->privileges, err);
	case MS_SET_RIGHTS:
		return set_rights(r, text, err);
	default:
		return set_flag(&r->disabled, text, err);
	}
}

/* Sets members to the member of each column. */
static int
read_header(
    const struct ms_csv_row *header, unsigned members[], struct ms_err *err)
{
	size_t i, k;
	unsigned all = 0;

	for (i = 0; i < header->count; i++) {
		members[i] = 0;
		for (k = 0; k < sizeof(columns) / sizeof(columns[0]); k++)
			if (strcasecmp(header->field[i], columns[k].name) == 0)
				members[i] = columns[k].set;
		if (members[i] == 0 || (all & members[i]) != 0)
			return ms_fail(err, MS_DATA,
			    "first row: '%.64s' is not a column of users, or "
			    "is there twice",
			    header->field[i]);
		all |= members[i];
	}
	if ((all & MS_SET_NAME) == 0)
		return ms_fail(err, MS_DATA, "first row: no column 'name'");
	return 0;
}

static void
read_record(struct users_row *r, const struct ms_csv_row *record,
    const unsigned members[], size_t count)
{
	struct ms_err why = {0};
	size_t i;

	if (record->count != count) {
		ms_fail(&why, MS_DATA, "%zu columns; expected %zu",
		    record->count, count);
		users_row_fail(r, &why);
		return;
	}
	for (i = 0; i < count; i++) {
		if (set_member(r, members[i], record->field[i], &why) < 0)
			users_row_fail(r, &why);
		r->set |= members[i];
	}
}

int
users_read_csv(struct users_rows *rows, struct ms_slice text,
    const char *encoding, struct ms_err *err)
{
	unsigned members[MS_CSV_COLUMNS_MAX];
	const struct ms_csv_row *header;
	struct ms_csv_row record;
	struct ms_csv *csv;
	size_t count;
	int got;

	if (ms_csv_open(&csv, text, MS_CSV_COLUMNS_MAX, false, encoding, err) <
	    0)
		return -1;
	rows->remark = ms_csv_remark(csv);
	header = ms_csv_header(csv);
	count = header->count;
	if (read_header(header, members, err) < 0) {
		ms_csv_close(csv);
		return -1;
	}
	for (;;) {
		struct ms_err why = {0};
		struct users_row *r;

		got = ms_csv_next(csv, &record, &why);
		if (got == 0)
			break;
		r = add_row(rows, record.line);
		if (got < 0)
			users_row_fail(r, &why);
		else
			read_record(r, &record, members, count);
	}
	ms_csv_close(csv);
	return 0;
}

/* ---- JSON ---- */

static int
json_texts(struct ms_buf *list, const json_t *j, struct ms_err *err)
{
	const json_t *item;
	size_t i;

	ms_buf_clear(list);
	if (!json_is_array(j))
		return ms_fail(err, MS_DATA, "not an array of strings");
	json_array_foreach(j, i, item)
	{
		if (!json_is_string(item))
			return ms_fail(err, MS_DATA, "not an array of strings");
		if (*json_string_value(item) != '\0')
			add_text(list, json_string_value(item));
	}
	return 0;
}

/* Joins the strings of an array with `;`. */
static int
json_joined(struct ms_buf *out, const json_t *j, struct ms_err *err)
{
	struct ms_buf list = {0};
	const char *s;
	int rc = json_texts(&list, j, err);

	for (s = ms_list_next(ms_buf_slice(&list), NULL); s != NULL;
	     s = ms_list_next(ms_buf_slice(&list), s))
		ms_buf_printf(out, "%s%s", out->n > 0 ? ";" : "", s);
	ms_buf_str(out);
	ms_buf_release(&list);
	return rc;
}

static int
json_rights(struct users_row *r, const json_t *j, struct ms_err *err)
{
	const json_t *item, *archive;
	struct ms_buf words = {0};
	size_t i;
	int rc = 0;

	if (!json_is_array(j))
		return ms_fail(err, MS_DATA, "not an array of rights");
	json_array_foreach(j, i, item)
	{
		archive = json_object_get(item, "archive");
		ms_buf_clear(&words);
		if (!json_is_null(archive) &&
		    (!json_is_string(archive) ||
			*json_string_value(archive) == '\0'))
			rc = ms_fail(err, MS_DATA, "rights without an archive");
		if (rc == 0)
			rc = json_joined(
			    &words, json_object_get(item, "rights"), err);
		if (rc == 0)
			rc = add_right(r, ms_buf_str(&words), ';',
			    json_is_null(archive) ? ""
						  : json_string_value(archive),
			    err);
		if (rc < 0)
			break;
	}
	ms_buf_release(&words);
	return rc;
}

static int
json_member(
    struct users_row *r, unsigned member, const json_t *j, struct ms_err *err)
{
	struct ms_buf words = {0};
	int rc;

	switch (member) {
	case MS_SET_ADDRESSES:
		return json_texts(&r->addresses, j, err);
	case MS_SET_POP3_NAMES:
		return json_texts(&r->pop3_names, j, err);
	case MS_SET_RIGHTS:
		return json_rights(r, j, err);
	case MS_SET_PRIVILEGES:
		rc = json_joined(&words, j, err);
		if (rc == 0)
			rc = set_member(r, member, ms_buf_str(&words), err);
		ms_buf_release(&words);
		return rc;
	case MS_SET_DISABLED:
		r->disabled = json_is_true(j);
		return json_is_boolean(j)
			   ? 0
			   : ms_fail(err, MS_DATA, "not true or false");
	default:
		if (!json_is_string(j))
			return ms_fail(err, MS_DATA, "not a string");
		return set_member(r, member, json_string_value(j), err);
	}
}

static void
read_object(struct users_row *r, const json_t *o, const char *wrong)
{
	struct ms_err why = {0};
	const json_t *j;
	size_t i;

	if (!json_is_object(o)) {
		ms_fail(&why, MS_DATA, "not a JSON object: %s", wrong);
		users_row_fail(r, &why);
		return;
	}
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		j = json_object_get(o, columns[i].name);
		if (j == NULL)
			continue;
		r->set |= columns[i].set;
		if (json_member(r, columns[i].set, j, &why) < 0) {
			ms_context(&why, "%s", columns[i].name);
			users_row_fail(r, &why);
		}
	}
	if ((r->set & MS_SET_NAME) == 0)
		ms_fail(&why, MS_DATA, "no name");
	else if (json_is_true(json_object_get(o, "deleted")))
		ms_fail(&why, MS_DATA, "a deleted user cannot be imported");
	if (why.code != MS_OK)
		users_row_fail(r, &why);
}

int
users_read_json(
    struct users_rows *rows, struct ms_slice text, struct ms_err *err)
{
	const char *p = (const char *)text.p, *end = p + text.n, *eol;
	uint64_t line = 0;
	json_error_t e;
	json_t *o;

	(void)err;
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		line++;
		if (strspn(p, " \t\r") >= (size_t)(eol - p))
			continue;
		o = json_loadb(
		    p, (size_t)(eol - p), JSON_REJECT_DUPLICATES, &e);
		read_object(add_row(rows, line), o,
		    o == NULL ? e.text : "another value");
		json_decref(o);
	}
	return 0;
}
