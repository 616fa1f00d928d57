/* address.c - whom an item names: recipients, author and sender. An address of
 * mail comes before one of Exchange. [MS-OXOMSG], 2.2.1; [MS-OXCDATA], 2.2.5;
 * ms-mapi(7), Addresses. */
#include "impl.h"

#include <string.h>
#include <strings.h>
#include "le.h"
#include "mail.h"

/* The properties that make an address. */
struct ids {
	uint16_t name, type, address, mail, entry;
};
static const struct ids recipient_ids = {0x3001, 0x3002, 0x3003, 0x39fe,
			    0x0fff},
			author_ids = {0x0042, 0x0064, 0x0065, 0x5d02, 0x0041},
			sender_ids = {0x0c1a, 0x0c1e, 0x0c1f, 0x5d01, 0x0c19};

void
ms_mapi_address_release(struct ms_mapi_address *a)
{
	ms_buf_release(&a->name);
	ms_buf_release(&a->mail);
	ms_buf_release(&a->other);
}

bool
ms_mapi_address_is_empty(const struct ms_mapi_address *a)
{
	return a->name.n == 0 && a->mail.n == 0 && a->other.n == 0;
}

/* ---- text as an address ---- */

/* Removes blanks, "smtp:", and <> or quotes around text. */
static struct ms_slice
bare(struct ms_slice s)
{
	static const char pairs[][2] = {{'<', '>'}, {'\'', '\''}, {'"', '"'}};
	static const char *const schemes[] = {"smtp:", "mailto:"};

	for (size_t i = 0; i < 3; i++) {
		while (s.n > 0 && s.p[0] == ' ')
			s = (struct ms_slice){s.p + 1, s.n - 1};
		while (s.n > 0 && s.p[s.n - 1] == ' ')
			s.n--;
		for (size_t j = 0; j < 3; j++)
			if (s.n > 2 && s.p[0] == (unsigned char)pairs[j][0] &&
			    s.p[s.n - 1] == (unsigned char)pairs[j][1])
				s = (struct ms_slice){s.p + 1, s.n - 2};
		for (size_t j = 0; j < 2; j++) {
			size_t n = strlen(schemes[j]);

			if (s.n > n &&
			    strncasecmp((const char *)s.p, schemes[j], n) == 0)
				s = (struct ms_slice){s.p + n, s.n - n};
		}
	}
	return s;
}

static bool
is_of_atom(unsigned char c)
{
	return c >= 0x80 ||
	       (c > ' ' && c < 0x7f && strchr("()<>[]:;@\\,\"", c) == NULL);
}

/* Atoms with single dots between them. */
static bool
is_dot_atom(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_of_atom(s.p[i]) ||
		    (s.p[i] == '.' &&
			(i == 0 || i + 1 == s.n || s.p[i - 1] == '.')))
			return false;
	return s.n > 0;
}

static bool
is_literal(struct ms_slice s)
{
	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > 0x7e ||
		    strchr("[]\\", s.p[i]) != NULL)
			return false;
	return true;
}

static void
add_quoted(struct ms_slice s, struct ms_buf *out)
{
	ms_buf_add_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, s.p[i]);
	}
	ms_buf_add_byte(out, '"');
}

void
ms_mapi_address_clean(struct ms_slice text, struct ms_buf *out)
{
	struct ms_buf line = {0};
	struct ms_slice s, local, domain;
	const unsigned char *at;

	ms_mapi_line(text, &line);
	s = bare(ms_buf_slice(&line));
	at = s.n > 0 && s.n <= MS_ADDRESS_MAX ? memrchr(s.p, '@', s.n) : NULL;
	if (at != NULL) {
		local = (struct ms_slice){s.p, (size_t)(at - s.p)};
		domain = (struct ms_slice){at + 1, s.n - local.n - 1};
		if (local.n > 2 && local.p[0] == '"' &&
		    local.p[local.n - 1] == '"')
			local = (struct ms_slice){local.p + 1, local.n - 2};
		if (local.n > 0 &&
		    (is_dot_atom(domain) || is_literal(domain))) {
			if (is_dot_atom(local))
				ms_buf_add(out, local.p, local.n);
			else
				add_quoted(local, out);
			ms_buf_add(out, at, domain.n + 1);
		}
	}
	ms_buf_release(&line);
}

/* ---- entry ids ---- */

/* Takes a text with its NUL from `rest`. */
static bool
take_text(
    struct ms_slice *rest, bool unicode, unsigned codepage, struct ms_buf *out)
{
	struct ms_mapi_item *item;
	size_t n = 0, step = unicode ? 2 : 1;

	while (n + step <= rest->n &&
	       (rest->p[n] != 0 || (unicode && rest->p[n + 1] != 0)))
		n += step;
	if (n + step > rest->n)
		return false;
	/* As a property, which knows how to decode text. */
	item = ms_mapi_item_new(NULL, codepage);
	if (ms_mapi_put(&item->props, MS_MAPI_ID(1),
		unicode ? MS_MAPI_UNICODE : MS_MAPI_STRING8, rest->p, n,
		NULL) == 0)
		ms_mapi_text(&item->props, MS_MAPI_ID(1), out);
	ms_mapi_item_free(item);
	*rest = (struct ms_slice){rest->p + n + step, rest->n - n - step};
	return true;
}

/* Sets the address, which is of mail or of another system. */
static void
set_address(
    struct ms_mapi_address *a, struct ms_slice type, struct ms_slice text)
{
	if (a->mail.n > 0 || text.n == 0)
		return;
	if (!ms_slice_is(type, "EX") && text.p[0] != '/')
		ms_mapi_address_clean(text, &a->mail);
	if (a->mail.n == 0 && a->other.n == 0)
		ms_mapi_line(text, &a->other);
}

bool
ms_mapi_address_entry(
    struct ms_slice entry, unsigned codepage, struct ms_mapi_address *out)
{
	static const unsigned char one_off[16] = {0x81, 0x2b, 0x1f, 0xa4, 0xbe,
	    0xa3, 0x10, 0x19, 0x9d, 0x6e, 0, 0xdd, 1, 0x0f, 0x54, 2};
	struct ms_buf name = {0}, type = {0}, address = {0};
	bool unicode, found = false;

	if (entry.n < 24 || memcmp(entry.p + 4, one_off, 16) != 0)
		return false;
	unicode = (ms_le16(entry.p + 22) & 0x8000) != 0;
	entry = (struct ms_slice){entry.p + 24, entry.n - 24};
	if (take_text(&entry, unicode, codepage, &name) &&
	    take_text(&entry, unicode, codepage, &type) &&
	    take_text(&entry, unicode, codepage, &address)) {
		if (out->name.n == 0)
			ms_mapi_line(ms_buf_slice(&name), &out->name);
		set_address(out, ms_buf_slice(&type), ms_buf_slice(&address));
		found = true;
	}
	ms_buf_release(&name);
	ms_buf_release(&type);
	ms_buf_release(&address);
	return found;
}

/* ---- addresses of an item ---- */

/* A name that only repeats the address says nothing. */
static void
drop_name(struct ms_mapi_address *a)
{
	struct ms_slice name = bare(ms_buf_slice(&a->name));

	if (a->mail.n > 0 && name.n == a->mail.n &&
	    strncasecmp(
		(const char *)name.p, (const char *)a->mail.p, name.n) == 0)
		ms_buf_clear(&a->name);
}

static void
read_address(const struct ms_mapi_props *props, const struct ids *ids,
    struct ms_mapi_address *out)
{
	struct ms_buf type = {0}, text = {0};

	if (ms_mapi_text(props, MS_MAPI_ID(ids->name), &text))
		ms_mapi_line(ms_buf_slice(&text), &out->name);
	ms_buf_clear(&text);
	if (ms_mapi_text(props, MS_MAPI_ID(ids->mail), &text))
		ms_mapi_address_clean(ms_buf_slice(&text), &out->mail);
	ms_buf_clear(&text);
	(void)ms_mapi_text(props, MS_MAPI_ID(ids->type), &type);
	(void)ms_mapi_text(props, MS_MAPI_ID(ids->address), &text);
	set_address(out, ms_buf_slice(&type), ms_buf_slice(&text));
	if (out->mail.n == 0)
		(void)ms_mapi_address_entry(
		    ms_mapi_bytes(props, MS_MAPI_ID(ids->entry)),
		    props->codepage, out);
	if (out->mail.n == 0 && out->name.n > 0)
		ms_mapi_address_clean(ms_buf_slice(&out->name), &out->mail);
	drop_name(out);
	ms_buf_release(&type);
	ms_buf_release(&text);
}

void
ms_mapi_address_recipient(
    const struct ms_mapi_recipient *r, struct ms_mapi_address *out)
{
	read_address(&r->props, &recipient_ids, out);
}

static bool
same(const struct ms_buf *a, const struct ms_buf *b)
{
	return a->n > 0 && a->n == b->n &&
	       strncasecmp((const char *)a->p, (const char *)b->p, a->n) == 0;
}

/* Whether both are one person; they can lack what the other has. */
static bool
is_same(const struct ms_mapi_address *a, const struct ms_mapi_address *b)
{
	if (a->mail.n > 0 && b->mail.n > 0)
		return same(&a->mail, &b->mail);
	return same(&a->other, &b->other) || same(&a->name, &b->name);
}

static void
exchange(struct ms_buf *a, struct ms_buf *b)
{
	struct ms_buf c = *a;

	*a = *b;
	*b = c;
}

void
ms_mapi_address_author(const struct ms_mapi_item *item,
    struct ms_mapi_address *author, struct ms_mapi_address *sender)
{
	read_address(&item->props, &author_ids, author);
	read_address(&item->props, &sender_ids, sender);
	if (ms_mapi_address_is_empty(author)) {
		exchange(&author->name, &sender->name);
		exchange(&author->mail, &sender->mail);
		exchange(&author->other, &sender->other);
	} else if (is_same(author, sender)) {
		if (author->mail.n == 0)
			exchange(&author->mail, &sender->mail);
		if (author->name.n == 0)
			exchange(&author->name, &sender->name);
		ms_mapi_address_release(sender);
		*sender = (struct ms_mapi_address){0};
	}
	drop_name(author);
}
