/* write.c - a user as a line, as JSON, as CSV. ms-users(1), ms-json(5).
 * Written without a tree in between: 50,000 of them are to be quick. */
#include <stdlib.h>
#include <string.h>

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

/* A text that is written as it stands. */
#define ADD(out, literal) ms_buf_add(out, literal, sizeof(literal) - 1)

/* Bytes that stand in a JSON text as they are. */
static size_t
plain_length(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void
users_json_text(struct ms_buf *out, const char *text)
{
	size_t n = plain_length(text);
	unsigned char *room = ms_buf_room(out, n + 2);

	if (text[n] == '\0') { /* most are so */
		room[0] = room[n + 1] = '"';
		memcpy(room + 1, text, n);
		out->n += n + 2;
		return;
	}
	ms_buf_add_byte(out, '"');
	for (;; text++) {
		n = plain_length(text);
		ms_buf_add(out, text, n);
		text += n;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			ms_buf_printf(out, "\\%c", *text);
		else
			ms_buf_printf(out, "\\u%04x", (unsigned char)*text);
	}
	ms_buf_add_byte(out, '"');
}

static void
json_list(struct ms_buf *out, struct ms_slice list)
{
	const char *s;

	ms_buf_add_byte(out, '[');
	for (s = ms_list_next(list, NULL); s != NULL;
	     s = ms_list_next(list, s)) {
		if (s != (const char *)list.p)
			ms_buf_add_byte(out, ',');
		users_json_text(out, s);
	}
	ms_buf_add_byte(out, ']');
}

/* An array of words that need no quoting. */
static void
json_words(struct ms_buf *out, void (*write)(struct ms_buf *, unsigned, char),
    unsigned bits)
{
	unsigned bit;
	char sep = '[';

	for (bit = 1; bit != 0 && bit <= bits; bit <<= 1) {
		if ((bits & bit) == 0)
			continue;
		ms_buf_add_byte(out, (unsigned char)sep);
		ms_buf_add_byte(out, '"');
		write(out, bit, ' ');
		ms_buf_add_byte(out, '"');
		sep = ',';
	}
	if (bits == 0)
		ms_buf_add_byte(out, '[');
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

	ms_buf_add_byte(out, '[');
	for (i = 0; rc == 0 && ms_account_right_at(u, i, &archive, &bits);
	     i++) {
		ms_buf_add_str(out, i > 0 ? ",{\"archive\":" : "{\"archive\":");
		if (archive == 0) {
			ADD(out, "null");
		} else {
			rc = users_name_of(a, archive, &name, err);
			users_json_text(out, ms_buf_str(&name));
		}
		ADD(out, ",\"rights\":");
		json_words(out, ms_rights_write, bits);
		ms_buf_add_byte(out, '}');
	}
	ms_buf_add_byte(out, ']');
	ms_buf_release(&name);
	return rc;
}

static void
json_flag(struct ms_buf *out, bool flag)
{
	if (flag)
		ADD(out, "true");
	else
		ADD(out, "false");
}

int
users_write_json(struct ms_buf *out, struct ms_archive *a,
    const struct ms_account *u, struct ms_err *err)
{
	char made[21];

	ADD(out, "{\"name\":");
	users_json_text(out, u->name);
	ADD(out, ",\"full_name\":");
	users_json_text(out, u->full_name);
	ADD(out, ",\"addresses\":");
	json_list(out, u->addresses);
	ADD(out, ",\"pop3_names\":");
	json_list(out, u->pop3_names);
	ADD(out, ",\"authentication\":");
	users_json_text(out, ms_authentication_name(u->authentication));
	ADD(out, ",\"dn\":");
	users_json_text(out, u->dn);
	ADD(out, ",\"privileges\":");
	json_words(out, ms_privileges_write, u->privileges);
	ADD(out, ",\"rights\":");
	if (json_rights(out, a, u, err) < 0)
		return -1;
	ADD(out, ",\"disabled\":");
	json_flag(out, u->disabled);
	ADD(out, ",\"deleted\":");
	json_flag(out, u->deleted);
	ADD(out, ",\"password\":");
	json_flag(out, u->has_password);
	ms_time_format(u->made, made);
	ADD(out, ",\"made\":");
	users_json_text(out, made);
	ms_buf_add_byte(out, '}');
	return 0;
}

/* ---- CSV: RFC 4180; a list has ; between, and \ before ; and \ ---- */

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

/* Within quotes. */
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

/* read+write:NAME, or without a name on all. */
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
