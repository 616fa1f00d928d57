/* event-fields.c - the keys of an event as fields of a user, a profile, a run
 * or the settings. ms-archive(5), EVENT. */
#include <string.h>

#include "event.h"
#include "le.h"

enum shape {
	TEXT,
	LIST, /* an array of texts */
	FLAG,
	NUMBER,
	PRIVILEGES, /* an array of words */
	DEFAULTS,   /* likewise; an empty list is stored too */
	RIGHTS,
	PASSWORD /* "set" or "removed" */
};

/* The first STATE_KEYS are in state events only. */
static const struct key {
	enum ms_row_kind kind;
	enum ms_field field;
	enum shape shape;
	const char *key;
} keys[] = {
    {MS_ROW_USER, MS_FIELD_MADE, NUMBER, "made"},
    {MS_ROW_USER, MS_FIELD_CHANGED, NUMBER, "changed"},
    {MS_ROW_USER, MS_FIELD_CHANGES, NUMBER, "changes"},
    {MS_ROW_PROFILE, MS_FIELD_MADE, NUMBER, "made"},
    {MS_ROW_PROFILE, MS_FIELD_LAST_RUN, NUMBER, "last_run"},
    {MS_ROW_PROFILE, MS_FIELD_CHANGED, NUMBER, "changed"},
    {MS_ROW_PROFILE, MS_FIELD_CHANGES, NUMBER, "changes"},
    {MS_ROW_SETTINGS, MS_FIELD_CHANGED, NUMBER, "changed"},
    {MS_ROW_SETTINGS, MS_FIELD_CHANGES, NUMBER, "changes"},
    {MS_ROW_USER, MS_FIELD_NAME, TEXT, "name"},
    {MS_ROW_USER, MS_FIELD_DELETED, FLAG, "deleted"},
    {MS_ROW_USER, MS_FIELD_FULL_NAME, TEXT, "full_name"},
    {MS_ROW_USER, MS_FIELD_ADDRESSES, LIST, "addresses"},
    {MS_ROW_USER, MS_FIELD_POP3_NAMES, LIST, "pop3_names"},
    {MS_ROW_USER, MS_FIELD_AUTHENTICATION, TEXT, "authentication"},
    {MS_ROW_USER, MS_FIELD_DN, TEXT, "dn"},
    {MS_ROW_USER, MS_FIELD_PRIVILEGES, PRIVILEGES, "privileges"},
    {MS_ROW_USER, MS_FIELD_RIGHTS, RIGHTS, "rights"},
    {MS_ROW_USER, MS_FIELD_DISABLED, FLAG, "disabled"},
    {MS_ROW_USER, MS_FIELD_PASSWORD, PASSWORD, "password"},
    {MS_ROW_USER, MS_FIELD_DIRECTORY, TEXT, "directory"},
    {MS_ROW_USER, MS_FIELD_DIRECTORY_ID, TEXT, "directory_id"},
    {MS_ROW_USER, MS_FIELD_DIRECTORY_STATE, TEXT, "directory_state"},
    {MS_ROW_PROFILE, MS_FIELD_NAME, TEXT, "name"},
    {MS_ROW_PROFILE, MS_FIELD_DELETED, FLAG, "deleted"},
    {MS_ROW_PROFILE, MS_FIELD_OWNER, NUMBER, "owner"},
    {MS_ROW_PROFILE, MS_FIELD_TEXT, TEXT, "text"},
    {MS_ROW_PROFILE, MS_FIELD_ENABLED, FLAG, "enabled"},
    {MS_ROW_RUN, MS_FIELD_NAME, TEXT, "name"},
    {MS_ROW_RUN, MS_FIELD_PROFILE, NUMBER, "profile"},
    {MS_ROW_RUN, MS_FIELD_KIND, TEXT, "kind"},
    {MS_ROW_RUN, MS_FIELD_MAILBOXES, NUMBER, "mailboxes"},
    {MS_ROW_RUN, MS_FIELD_RESULT, TEXT, "result"},
    {MS_ROW_RUN, MS_FIELD_STATUS, NUMBER, "status"},
    {MS_ROW_RUN, MS_FIELD_SEEN, NUMBER, "seen"},
    {MS_ROW_RUN, MS_FIELD_NEW, NUMBER, "new"},
    {MS_ROW_RUN, MS_FIELD_KNOWN, NUMBER, "known"},
    {MS_ROW_RUN, MS_FIELD_LEFT_OUT, NUMBER, "left_out"},
    {MS_ROW_RUN, MS_FIELD_FAILED, NUMBER, "failed"},
    {MS_ROW_RUN, MS_FIELD_DELETIONS, NUMBER, "deleted"},
    {MS_ROW_RUN, MS_FIELD_FAILED_FOLDERS, NUMBER, "failed_folders"},
    {MS_ROW_SETTINGS, MS_FIELD_DEFAULT_PRIVILEGES, DEFAULTS,
	"default_privileges"},
    {MS_ROW_SETTINGS, MS_FIELD_DEFAULT_PRIVILEGES_SYNCED, DEFAULTS,
	"default_privileges_synced"},
    {MS_ROW_SETTINGS, MS_FIELD_DIRECTORY_URL, TEXT, "directory_url"},
    {MS_ROW_SETTINGS, MS_FIELD_DIRECTORY_CA_FILE, TEXT, "directory_ca_file"},
    {MS_ROW_SETTINGS, MS_FIELD_DIRECTORY_TIMEOUT, NUMBER, "directory_timeout"},
    {MS_ROW_SETTINGS, MS_FIELD_DIRECTORIES, LIST, "directories"},
    {MS_ROW_SETTINGS, MS_FIELD_ALIAS_DOMAINS, LIST, "alias_domains"},
};
#define STATE_KEYS 9
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* ---- keys to fields ---- */

static void
add_text(struct ms_buf *v, const json_t *text)
{
	const char *s = json_string_value(text);

	if (*s != '\0')
		ms_buf_add(v, s, strlen(s) + 1);
}

static void
add_number(struct ms_buf *v, uint64_t n)
{
	unsigned char b[8];

	ms_put_le64(b, n);
	if (n != 0)
		ms_buf_add(v, b, sizeof(b));
}

static void
add_texts(struct ms_buf *v, const json_t *list)
{
	const json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		if (json_is_string(text))
			add_text(v, text);
	}
}

static unsigned
privileges(const json_t *list)
{
	const json_t *word;
	unsigned bits = 0;
	size_t i;

	json_array_foreach(list, i, word)
	{
		if (json_is_string(word))
			bits |= ms_privilege_of(json_string_value(word));
	}
	return bits;
}

static unsigned
rights(const char *words)
{
	unsigned bits = 0;
	char word[16];
	size_t n;

	while (*words != '\0') {
		n = strcspn(words, " ");
		if (n > 0 && n < sizeof(word)) {
			memcpy(word, words, n);
			word[n] = '\0';
			bits |= ms_right_of(word);
		}
		words += n + (words[n] == ' ');
	}
	return bits;
}

static void
add_rights(struct ms_buf *v, const json_t *list)
{
	const json_t *pair, *user, *words;
	unsigned char row[MS_RIGHT_ROW];
	size_t i;

	json_array_foreach(list, i, pair)
	{
		user = json_array_get(pair, 0);
		words = json_array_get(pair, 1);
		if (!json_is_integer(user) || json_integer_value(user) < 0 ||
		    !json_is_string(words))
			continue;
		ms_put_le64(row, (uint64_t)json_integer_value(user));
		row[8] = (unsigned char)rights(json_string_value(words));
		if (row[8] != 0)
			ms_buf_add(v, row, sizeof(row));
	}
}

/* Appends the value of a field. false: the JSON value has the wrong type. */
static bool
value_of(enum shape shape, const json_t *j, struct ms_buf *v)
{
	bool text = json_is_string(j), list = json_is_array(j);
	bool flag = json_is_boolean(j);
	bool number = json_is_integer(j) && json_integer_value(j) >= 0;

	if (shape == TEXT && text)
		add_text(v, j);
	else if (shape == LIST && list)
		add_texts(v, j);
	else if (shape == FLAG && flag)
		ms_buf_add(v, "\1", json_is_true(j));
	else if (shape == NUMBER && number)
		add_number(v, (uint64_t)json_integer_value(j));
	else if (shape == PRIVILEGES && list)
		add_number(v, privileges(j));
	else if (shape == DEFAULTS && list)
		add_number(v, (uint64_t)privileges(j) + 1);
	else if (shape == RIGHTS && list)
		add_rights(v, j);
	else if (shape == PASSWORD && text)
		ms_buf_add(v, "\1", strcmp(json_string_value(j), "set") == 0);
	else
		return false;
	return true;
}

/* Reads keys[from] and those after it. */
static void
read_fields(
    struct ms_buf *out, enum ms_row_kind kind, const json_t *o, size_t from)
{
	struct ms_record_row fields = {0};
	struct ms_buf value = {0};
	size_t at[MS_FIELDS], i, start;
	const json_t *j;

	/* The buffer moves while it grows, so only offsets are kept here. */
	for (i = from; i < KEYS; i++) {
		if (keys[i].kind != kind ||
		    (j = json_object_get(o, keys[i].key)) == NULL)
			continue;
		start = value.n;
		if (!value_of(keys[i].shape, j, &value))
			continue;
		at[keys[i].field] = start;
		fields.field[keys[i].field] = (struct ms_slice){
		    (const unsigned char *)"", value.n - start};
	}
	for (i = 1; i < MS_FIELDS; i++)
		if (fields.field[i].n > 0)
			fields.field[i].p = value.p + at[i];
	ms_record_row_write(out, &fields);
	ms_buf_release(&value);
}

void
ms_event_fields(struct ms_buf *out, enum ms_row_kind kind, const json_t *o)
{
	read_fields(out, kind, o, STATE_KEYS);
}

void
ms_event_state_fields(
    struct ms_buf *out, enum ms_row_kind kind, const json_t *o)
{
	read_fields(out, kind, o, 0);
}

/* ---- fields to keys ---- */

json_t *
ms_event_list_json(struct ms_slice list)
{
	json_t *a = json_array();
	const char *s;

	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		json_array_append_new(a, json_string(s));
	return a;
}

static json_t *
privileges_json(unsigned bits)
{
	json_t *a = json_array();
	struct ms_buf word = {0};
	unsigned bit;

	for (bit = 1; bit != 0 && bit <= bits; bit <<= 1) {
		ms_buf_clear(&word);
		ms_privileges_write(&word, bits & bit, ' ');
		if (word.n > 0)
			json_array_append_new(
			    a, json_string(ms_buf_str(&word)));
	}
	ms_buf_release(&word);
	return a;
}

static json_t *
rights_json(struct ms_slice rows)
{
	json_t *a = json_array(), *pair;
	struct ms_buf words = {0};
	size_t i;

	for (i = 0; i + MS_RIGHT_ROW <= rows.n; i += MS_RIGHT_ROW) {
		ms_buf_clear(&words);
		ms_rights_write(&words, rows.p[i + 8], ' ');
		pair = json_array();
		json_array_append_new(
		    pair, json_integer((json_int_t)ms_le64(rows.p + i)));
		json_array_append_new(pair, json_string(ms_buf_str(&words)));
		json_array_append_new(a, pair);
	}
	ms_buf_release(&words);
	return a;
}

static json_t *
value_json(const struct key *k, const struct ms_record_row *row)
{
	uint64_t n = ms_record_row_number(row, k->field);

	switch (k->shape) {
	case TEXT:
		return json_string(ms_record_row_text(row, k->field));
	case LIST:
		return ms_event_list_json(row->field[k->field]);
	case FLAG:
		return json_true();
	case NUMBER:
		return json_integer((json_int_t)n);
	case PRIVILEGES:
		return privileges_json((unsigned)n);
	case DEFAULTS:
		return privileges_json((unsigned)n - 1);
	case RIGHTS:
		return rights_json(row->field[k->field]);
	case PASSWORD:
		return json_string("set");
	}
	return NULL;
}

void
ms_event_state_keys(
    json_t *o, enum ms_row_kind kind, const struct ms_record_row *row)
{
	size_t i;

	for (i = 0; i < KEYS; i++)
		if (keys[i].kind == kind && row->field[keys[i].field].n > 0)
			json_object_set_new(
			    o, keys[i].key, value_json(&keys[i], row));
}
