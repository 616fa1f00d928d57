/* sender.c - the address in From, as the index has it. See stat.h. */
#include <string.h>

#include "stat.h"
#include "utf8.h"

/* The address in "Anna <anna@example.org>", if the text is as plain as that. */
static struct ms_slice
plain_address(struct ms_slice from)
{
	const unsigned char *open = memchr(from.p, '<', from.n), *p;
	const unsigned char *last = from.p + from.n - 1;

	if (open == NULL || *last != '>')
		return (struct ms_slice){0};
	for (p = ++open; p < last; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("<>\"(),;:\\", *p))
			return (struct ms_slice){0};
	if (memchr(open, '@', (size_t)(last - open)) == NULL)
		return (struct ms_slice){0};
	return (struct ms_slice){open, (size_t)(last - open)};
}

/* An ms_address_fn: keeps the first one. */
static void
keep_first(void *ctx, struct ms_slice address)
{
	struct ms_buf *out = ctx;

	if (out->n == 0)
		ms_buf_add(out, address.p, address.n);
}

/* Does the address end before the text was cut? It may also have been a part
 * of a name. */
static bool
is_whole(struct ms_slice from, struct ms_slice address)
{
	const unsigned char *end = from.p + from.n, *p;
	size_t quotes = 0;

	p = address.n > 0 ? memmem(from.p, from.n, address.p, address.n) : NULL;
	if (p == NULL)
		return false;
	for (size_t i = 0; i < from.n; i++)
		quotes += from.p[i] == '"';
	p += address.n;
	return quotes % 2 == 0 && p < end && strchr(">,;", *p) != NULL;
}

/* Lower case is all that most addresses need. */
static bool
add_lower(struct ms_buf *out, struct ms_slice address)
{
	unsigned char *to = ms_buf_room(out, address.n);

	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = address.p[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c <= ' ' || c >= 0x7f)
			return false;
		to[i] = c;
	}
	if (memmem(to, address.n, "xn--", 4) != NULL)
		return false;
	out->n += address.n;
	return true;
}

/* Appends the domain of an address, or all of it. */
static void
add_key(struct ms_buf *out, struct ms_slice address, bool domain)
{
	struct ms_buf key = {0};
	const unsigned char *at;

	if (!add_lower(&key, address))
		ms_utf8_address_key(address, &key);
	at = key.n > 0 ? memrchr(key.p, '@', key.n) : NULL;
	if (domain && at != NULL)
		ms_buf_add(out, at + 1, (size_t)(key.p + key.n - at - 1));
	else
		ms_buf_add(out, key.p, key.n);
	ms_buf_release(&key);
}

void
sender_of(struct ms_buf *out, const struct ms_desc *d, bool domain)
{
	struct ms_slice from = {(const unsigned char *)d->from.s, d->from.n};
	struct ms_slice address = {0};
	struct ms_buf first = {0};
	bool cut = (d->bits & MS_DESC_FROM_CUT) != 0 ||
		   (from.n == 0 && (d->bits & MS_DESC_PARTIAL) != 0);

	if (from.n > 0)
		address = plain_address(from);
	if (from.n > 0 && address.n == 0) {
		ms_mail_addresses(from, keep_first, &first);
		address = ms_buf_slice(&first);
	}
	if (cut && !is_whole(from, address))
		ms_buf_add_str(out, "\xe2\x80\xa6"); /* an ellipsis */
	else if (address.n > 0)
		add_key(out, address, domain);
	ms_buf_release(&first);
}
