/* record-row.c - rows of users, settings, profiles and runs: parsed, merged and
 * written. The format is in record-row.h. */
#include "record-row.h"

#include <string.h>

#include "le.h"

#define HEAD 5 /* bytes before the value of a field */

int
ms_record_row_parse(
    struct ms_record_row *o, struct ms_slice row, struct ms_err *err)
{
	size_t at = 0, n;
	int tag, last = 0;

	*o = (struct ms_record_row){0};
	while (at < row.n) {
		if (row.n - at < HEAD)
			break;
		tag = row.p[at];
		n = ms_le32(row.p + at + 1);
		at += HEAD;
		if (tag <= last || tag >= MS_FIELDS || n > row.n - at)
			break;
		last = tag;
		o->field[tag] = (struct ms_slice){row.p + at, n};
		at += n;
		if (at == row.n)
			return 0;
	}
	if (row.n == 0)
		return 0;
	return ms_fail(err, MS_DATA,
	    "index: damaged (object); run ms-verify --rebuild-index");
}

void
ms_record_row_write(struct ms_buf *out, const struct ms_record_row *o)
{
	unsigned char head[HEAD];
	int tag;

	for (tag = 1; tag < MS_FIELDS; tag++) {
		if (o->field[tag].p == NULL)
			continue;
		head[0] = (unsigned char)tag;
		ms_put_le32(head + 1, (uint32_t)o->field[tag].n);
		ms_buf_add(out, head, sizeof(head));
		ms_buf_add(out, o->field[tag].p, o->field[tag].n);
	}
}

void
ms_record_row_merge(struct ms_record_row *o, const struct ms_record_row *with)
{
	int tag;

	for (tag = 1; tag < MS_FIELDS; tag++) {
		if (with->field[tag].p == NULL)
			continue;
		o->field[tag] = with->field[tag];
		if (o->field[tag].n == 0)
			o->field[tag].p = NULL;
	}
}

const char *
ms_record_row_text(const struct ms_record_row *o, enum ms_field f)
{
	const struct ms_slice *v = &o->field[f];

	if (v->n == 0 || v->p[v->n - 1] != '\0')
		return "";
	return (const char *)v->p;
}

bool
ms_record_row_flag(const struct ms_record_row *o, enum ms_field f)
{
	return o->field[f].n > 0;
}

uint64_t
ms_record_row_number(const struct ms_record_row *o, enum ms_field f)
{
	return o->field[f].n == 8 ? ms_le64(o->field[f].p) : 0;
}

/* ---- lists ---- */

const char *
ms_list_next(struct ms_slice list, const char *text)
{
	if (list.n == 0 || list.p[list.n - 1] != '\0')
		return NULL;
	if (text == NULL)
		return (const char *)list.p;
	text += strlen(text) + 1;
	return text < (const char *)list.p + list.n ? text : NULL;
}

size_t
ms_list_count(struct ms_slice list)
{
	const char *s;
	size_t n = 0;

	for (s = ms_list_next(list, NULL); s != NULL; s = ms_list_next(list, s))
		n++;
	return n;
}

/* ---- sets of words ---- */

static const char *const privileges[] = {"admin", "login", "change-password",
    "archive", "export", "delete", "modify-profiles", "move"};
static const char *const rights[] = {"read", "write", "delete"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned
bit_of(const char *word, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return 1U << i;
	return 0;
}

static void
write_words(struct ms_buf *out, unsigned bits, char sep,
    const char *const *words, size_t n)
{
	bool first = true;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		if (!first)
			ms_buf_add(out, &sep, 1);
		ms_buf_add_str(out, words[i]);
		first = false;
	}
}

void
ms_privileges_write(struct ms_buf *out, unsigned bits, char sep)
{
	write_words(out, bits, sep, privileges, COUNT(privileges));
}

void
ms_rights_write(struct ms_buf *out, unsigned bits, char sep)
{
	write_words(out, bits, sep, rights, COUNT(rights));
}

unsigned
ms_privilege_of(const char *word)
{
	return bit_of(word, privileges, COUNT(privileges));
}

unsigned
ms_right_of(const char *word)
{
	return bit_of(word, rights, COUNT(rights));
}
