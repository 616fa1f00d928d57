/*
 * client-message.c - what a mail client says about a message: flags, keywords,
 * folders; and the removal of the fields that say so. ms-quirks(7), Mail
 * clients.
 */
#include "client-impl.h"

#include <string.h>
#include <strings.h>

void
ms_client_message_clear(struct ms_client_message *m)
{
	struct ms_buf flags = m->flags, folders = m->folders;

	*m = (struct ms_client_message){.flags = flags, .folders = folders};
	ms_buf_clear(&m->flags);
	ms_buf_clear(&m->folders);
}

void
ms_client_message_release(struct ms_client_message *m)
{
	ms_buf_release(&m->flags);
	ms_buf_release(&m->folders);
}

void
ms_client_flag(struct ms_client_message *m, const char *flag)
{
	if (m->flag_count == MS_CLIENT_FLAGS ||
	    ms_words_have(ms_buf_str(&m->flags), flag))
		return;
	if (m->flags.n > 0)
		ms_buf_add_byte(&m->flags, ' ');
	ms_buf_add_str(&m->flags, flag);
	m->flag_count++;
}

/* A keyword is an atom (RFC 9051, 9: flag-keyword) of at most 100 bytes. */
void
ms_client_keyword(struct ms_client_message *m, struct ms_slice word)
{
	char text[101];

	if (word.n == 0 || word.n >= sizeof(text))
		return;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] >= 0x7f ||
		    strchr("(){}[]%*\"\\", word.p[i]) != NULL)
			return;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	ms_client_flag(m, text);
}

void
ms_client_keywords(struct ms_client_message *m, struct ms_slice text)
{
	size_t n;

	while (text.n > 0) {
		for (n = 0;
		     n < text.n && strchr(" \t\r\n,", text.p[n]) == NULL;)
			n++;
		ms_client_keyword(m, (struct ms_slice){text.p, n});
		n += n < text.n;
		text.p += n;
		text.n -= n;
	}
}

void
ms_client_folder(struct ms_client_message *m, struct ms_slice folder)
{
	const char *p = ms_buf_str(&m->folders), *end = p + m->folders.n;
	size_t n;

	if (folder.n == 0 || memchr(folder.p, '\0', folder.n) != NULL)
		return;
	for (; p < end; p += n + 1) {
		n = strlen(p);
		if (n == folder.n && memcmp(p, folder.p, n) == 0)
			return;
	}
	if (m->folder_count == MS_CLIENT_FOLDERS) {
		m->dropped = true;
		return;
	}
	ms_buf_add(&m->folders, folder.p, folder.n);
	ms_buf_add_byte(&m->folders, '\0');
	m->folder_count++;
}

bool
ms_client_hex(struct ms_slice text, uint32_t *out)
{
	uint32_t value = 0;
	unsigned char c;

	if (text.n == 0 || text.n > 8)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		c = text.p[i];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

/* ---- fields ---- */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct ms_slice
trimmed(struct ms_slice s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = (struct ms_slice){s.p + 1, s.n - 1};
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The bytes of the first line with its line end; 0: it has none. */
static size_t
line_length(struct ms_slice s)
{
	const unsigned char *lf = memchr(s.p, '\n', s.n);

	return lf != NULL ? (size_t)(lf + 1 - s.p) : 0;
}

/* The bytes of the field at the beginning with its further lines; 0: the header
 * ends here, or its next line is not complete. */
static size_t
field_length(struct ms_slice s)
{
	size_t n = line_length(s), more;

	if (n == 0 || s.p[0] == '\n' || (s.p[0] == '\r' && n == 2))
		return 0;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t')) {
		more = line_length((struct ms_slice){s.p + n, s.n - n});
		if (more == 0)
			return 0;
		n += more;
	}
	return n;
}

/* The row of a name, or -1. */
static int
find_row(const struct ms_client_field *fields, struct ms_slice name)
{
	size_t n;

	for (int i = 0; fields[i].name != NULL; i++) {
		n = strlen(fields[i].name);
		if (fields[i].name[n - 1] == '*') {
			if (name.n >= n && strncasecmp((const char *)name.p,
					       fields[i].name, n - 1) == 0)
				return i;
		} else if (ms_slice_is(name, fields[i].name)) {
			return i;
		}
	}
	return -1;
}

#define NAMES_MAX ((size_t)4096) /* bytes; a client writes a dozen fields */

/* Whether the name is in a list of names that each end with NUL, to which it is
 * added; or the list is too long to be that of a client. */
static bool
met(struct ms_buf *names, struct ms_slice name)
{
	const char *p, *end;

	if (names->n + name.n >= NAMES_MAX)
		return true;
	for (p = ms_buf_str(names), end = p + names->n; p < end;
	     p += strlen(p) + 1)
		if (ms_slice_is(name, p))
			return true;
	ms_buf_add(names, name.p, name.n);
	ms_buf_add_byte(names, '\0');
	return false;
}

void
ms_client_fields(const struct ms_client_field *fields, bool anywhere, bool from,
    struct ms_slice message, struct ms_buf *out, struct ms_client_message *m)
{
	struct ms_slice rest = message, field, name;
	struct ms_buf names = {0};
	size_t n;
	int row;

	if (from && rest.n > 5 && memcmp(rest.p, "From ", 5) == 0) {
		n = line_length(rest);
		rest = (struct ms_slice){rest.p + n, rest.n - n};
	}
	while (fields != NULL && (n = field_length(rest)) > 0) {
		field = (struct ms_slice){rest.p, n};
		name = ms_mbox_field_name(
		    (struct ms_slice){rest.p, line_length(rest)});
		row = name.n > 0 ? find_row(fields, name) : -1;
		if (row >= 0 && !anywhere && met(&names, name))
			row = -1;
		if (row < 0 && !anywhere)
			break;
		if (row < 0) {
			ms_buf_add(out, field.p, field.n);
		} else if (fields[row].read != NULL) {
			field.p = memchr(field.p, ':', field.n);
			field.n = (size_t)(rest.p + n - field.p);
			fields[row].read(m, trimmed((struct ms_slice){
						field.p + 1, field.n - 1}));
		}
		rest = (struct ms_slice){rest.p + n, rest.n - n};
	}
	ms_buf_add(out, rest.p, rest.n);
	ms_buf_release(&names);
}
