/* write.c - writes a user as a line, as JSON and as CSV. ms-users(1),
 * ms-json(5). The JSON is written without a tree of jansson, which would take
 * 120 ms more for 50,000 users: t/3040-users-many.t allows 50 ms. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "listing.h"
#include "time.h"
#include "users.h"

/* ---- a line ---- */

static void
add_list(struct ms_buf *out, struct ms_slice list, char sep)
{
	const char *s;

	for (s = ms_list_next(list, NULL); s != NULL;
	     s = ms_list_next(list, s)) {
		if (s != (const char *)list.p)
			ms_buf_add_byte(out, (unsigned char)sep);
		ms_listing_escape(out, s, strlen(s));
	}
}

static void
add_field(struct ms_buf *out, const char *text)
{
	ms_listing_escape(out, text, strlen(text));
	ms_buf_add_byte(out, '\t');
}

void
users_write_line(struct ms_buf *out, const struct ms_account *u)
{
	add_field(out, u->name);
	add_field(out, u->deleted    ? "deleted"
		       : u->disabled ? "disabled"
				     : "enabled");
	add_field(out, ms_authentication_name(u->authentication));
	ms_privileges_write(out, u->privileges, ',');
	ms_buf_add_byte(out, '\t');
	add_list(out, u->addresses, ',');
	ms_buf_add_byte(out, '\t');
	ms_listing_escape(out, u->full_name, strlen(u->full_name));
}

/* In the order of the bits. */
static const char *const member_names[] = {"name", "full_name", "addresses",
    "pop3_names", "authentication", "dn", "privileges", "rights", "disabled",
    "password", "directory"};
#define MEMBERS (sizeof(member_names) / sizeof(member_names[0]))

void
users_write_members(struct ms_buf *out, unsigned set)
{
	bool first = true;

	for (size_t i = 0; i < MEMBERS; i++) {
		if ((set >> i & 1) == 0)
			continue;
		ms_buf_printf(out, "%s%s", first ? "" : ",", member_names[i]);
		first = false;
	}
}

json_t *
users_members_json(unsigned set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < MEMBERS; i++)
		if ((set >> i & 1) != 0)
			json_array_append_new(
			    list, json_string(member_names[i]));
	return list;
}

int
users_name_of(struct ms_archive *a, uint64_t number, struct ms_buf *name,
    struct ms_err *err)
{
	struct ms_account u = {0};
	int got = ms_account_get(a, number, &u, err);

	ms_buf_clear(name);
	ms_buf_add_str(name, got == 1 ? u.name : "?");
	ms_buf_str(name);
	ms_account_release(&u);
	return got < 0 ? -1 : 0;
}

/* ---- JSON ---- */

static void
json_field(struct ms_buf *out, const char *before, const char *text)
{
	ms_buf_add_str(out, before);
	ms_json_put_text(out, text);
}

static void
json_list(struct ms_buf *out, const char *before, struct ms_slice list)
{
	const char *s;

	ms_buf_add_str(out, before);
	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		json_field(out, s == (const char *)list.p ? "" : ",", s);
	ms_buf_add_byte(out, ']');
}

/* An array of the words that write() writes, each for one bit. */
static void
json_words(struct ms_buf *out, const char *before,
    void (*write)(struct ms_buf *, unsigned, char), unsigned bits)
{
	unsigned bit;
	bool first = true;

	ms_buf_add_str(out, before);
	for (bit = 1; bit != 0 && bit <= bits; bit <<= 1) {
		if ((bits & bit) == 0)
			continue;
		ms_buf_add_str(out, first ? "\"" : ",\"");
		write(out, bit, ' ');
		ms_buf_add_byte(out, '"');
		first = false;
	}
	ms_buf_add_byte(out, ']');
}

static int
json_rights(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err)
{
	struct ms_buf name = {0};
	uint64_t archive;
	unsigned bits;
	size_t i;
	int rc = 0;

	ms_buf_add_str(out, ",\"rights\":[");
	for (i = 0; rc == 0 && ms_account_right_at(u, i, &archive, &bits);
	     i++) {
		ms_buf_add_str(out, i > 0 ? ",{\"archive\":" : "{\"archive\":");
		if (archive == 0) {
			ms_buf_add_str(out, "null");
		} else {
			rc = users_name_of(a, archive, &name, err);
			ms_json_put_text(out, ms_buf_str(&name));
		}
		json_words(out, ",\"rights\":[", ms_rights_write, bits);
		ms_buf_add_byte(out, '}');
	}
	ms_buf_add_byte(out, ']');
	ms_buf_release(&name);
	return rc;
}

static void
json_flag(struct ms_buf *out, const char *before, bool flag)
{
	ms_buf_add_str(out, before);
	ms_buf_add_str(out, flag ? "true" : "false");
}

int
users_write_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err)
{
	char made[21];

	ms_time_format(u->made, made);
	json_field(out, "{\"name\":", u->name);
	json_field(out, ",\"full_name\":", u->full_name);
	json_list(out, ",\"addresses\":[", u->addresses);
	json_list(out, ",\"pop3_names\":[", u->pop3_names);
	json_field(out,
	    ",\"authentication\":", ms_authentication_name(u->authentication));
	json_field(out, ",\"dn\":", u->dn);
	json_words(
	    out, ",\"privileges\":[", ms_privileges_write, u->privileges);
	if (json_rights(out, a, u, err) < 0)
		return -1;
	json_field(out, ",\"directory\":", u->directory);
	json_field(out, ",\"directory_id\":", u->directory_id);
	json_field(out, ",\"directory_state\":", u->directory_state);
	json_flag(out, ",\"disabled\":", u->disabled);
	json_flag(out, ",\"deleted\":", u->deleted);
	json_flag(out, ",\"password\":", u->has_password);
	json_field(out, ",\"made\":", made);
	ms_buf_add_byte(out, '}');
	return 0;
}

/* ---- CSV (RFC 4180): `;` separates the items of a list; `\` precedes a `;` or
 * `\` of an item ---- */

void
users_write_columns(struct ms_buf *out)
{
	ms_buf_add_str(out, "name,full_name,addresses,pop3_names,"
			    "authentication,dn,privileges,rights,disabled\n");
}

static void
csv_field(struct ms_buf *out, const char *text)
{
	size_t n = strlen(text);
	bool plain = text[strcspn(text, ",;|\t\r\n\"'")] == '\0' &&
		     text[0] != ' ' && (n == 0 || text[n - 1] != ' ');

	if (plain) {
		ms_buf_add(out, text, n);
		return;
	}
	ms_buf_add_byte(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			ms_buf_add_byte(out, '"');
		ms_buf_add_byte(out, (unsigned char)*text);
	}
	ms_buf_add_byte(out, '"');
}

/* Appends an item of a list, within quotes. */
static void
add_item(struct ms_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ';' || *text == '\\')
			ms_buf_add_byte(out, '\\');
		if (*text == '"')
			ms_buf_add_byte(out, '"');
		ms_buf_add_byte(out, (unsigned char)*text);
	}
}

static void
csv_list(struct ms_buf *out, struct ms_slice list)
{
	const char *s;

	if (list.n == 0)
		return;
	for (s = ms_list_next(list, NULL); s != NULL;
	     s = ms_list_next(list, s)) {
		ms_buf_add_byte(out, s == (const char *)list.p ? '"' : ';');
		add_item(out, s);
	}
	ms_buf_add_byte(out, '"');
}

/* Appends "read+write:NAME", or "read" for rights on all archives. */
static int
csv_rights(struct ms_buf *out, struct ms_archive *a, const struct ms_account *u,
    struct ms_err *err)
{
	struct ms_buf name = {0};
	uint64_t archive;
	unsigned bits;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && ms_account_right_at(u, i, &archive, &bits);
	     i++) {
		ms_buf_add_byte(out, i == 0 ? '"' : ';');
		ms_rights_write(out, bits, '+');
		if (archive == 0)
			continue;
		rc = users_name_of(a, archive, &name, err);
		ms_buf_add_byte(out, ':');
		add_item(out, ms_buf_str(&name));
	}
	if (i > 0)
		ms_buf_add_byte(out, '"');
	ms_buf_release(&name);
	return rc;
}

int
users_write_csv(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err)
{
	csv_field(out, u->name);
	ms_buf_add_byte(out, ',');
	csv_field(out, u->full_name);
	ms_buf_add_byte(out, ',');
	csv_list(out, u->addresses);
	ms_buf_add_byte(out, ',');
	csv_list(out, u->pop3_names);
	ms_buf_add_byte(out, ',');
	csv_field(out, ms_authentication_name(u->authentication));
	ms_buf_add_byte(out, ',');
	csv_field(out, u->dn);
	ms_buf_add_byte(out, ',');
	if (u->privileges != 0)
		ms_buf_add_byte(out, '"');
	ms_privileges_write(out, u->privileges, ';');
	if (u->privileges != 0)
		ms_buf_add_byte(out, '"');
	ms_buf_add_byte(out, ',');
	if (csv_rights(out, a, u, err) < 0)
		return -1;
	ms_buf_add_str(out, u->disabled ? ",yes\n" : ",no\n");
	return 0;
}
