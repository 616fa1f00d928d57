/*
 * address-list.c - all addresses of an address field. RFC 5322, 3.4 and 4.4;
 * departures: ms-quirks(7), Addresses.
 */
#include "impl.h"
#include "utf8.h"

#include <string.h>

/* A list that is being read. */
struct list {
	struct ms_address_scan scan;
	size_t start;  /* of the current mailbox in the field */
	bool angle;    /* between < and > */
	size_t found;  /* addresses so far */
	size_t before; /* of these, in the mailboxes before the current one */
	/* The addresses outside of < > in this mailbox, each with a NUL: they
	 * count unless they turn out to be a display name. */
	struct ms_buf plain;
	struct ms_buf *decoded; /* text to be read again; or NULL */
	ms_address_fn *fn;
	void *ctx;
};

/* Does the @ follow the quoted local part with which the word begins? An open
 * quote is a part of the address. */
static bool
at_follows(struct ms_slice word)
{
	size_t i = 1;

	for (; i < word.n && word.p[i] != '"'; i++)
		i += word.p[i] == '\\';
	return i >= word.n || (i + 2 < word.n && word.p[i + 1] == '@');
}

bool
ms_mail_add_unquoted(struct ms_slice address, struct ms_buf *out)
{
	size_t i = 1, start = out->n;

	if (address.n == 0 || address.p[0] != '"' || !at_follows(address))
		return false;
	for (; i < address.n && address.p[i] != '"'; i++) {
		if (address.p[i] == '\\' && i + 1 < address.n)
			i++;
		ms_buf_add_byte(out, address.p[i]);
	}
	if (i < address.n && out->n > start) {
		ms_buf_add(out, address.p + i + 1, address.n - i - 1);
		if (ms_address_acceptable(out->p + start, out->n - start))
			return true;
	}
	out->n = start;
	return false;
}

/* Appends the word as an address. Returns false if it is none. */
static bool
add_address(const struct ms_address_scan *s, struct ms_buf *out)
{
	struct ms_slice word = ms_address_unquote(s);
	const unsigned char *at = memrchr(word.p, '@', word.n);

	if (s->too_long || at == NULL || at == word.p ||
	    at == word.p + word.n - 1 || !ms_utf8_plain(word.p, word.n) ||
	    (word.p[0] == '"' && !at_follows(word)))
		return false;
	if (ms_mail_add_unquoted(word, out))
		return true;
	if (word.p[0] != '"' && !ms_address_acceptable(word.p, word.n))
		return false;
	ms_buf_add(out, word.p, word.n);
	return true;
}

static void
emit(struct list *l, struct ms_slice address)
{
	l->found++;
	l->fn(l->ctx, address);
}

static void
handle_word(struct list *l)
{
	size_t start = l->plain.n;

	if (!add_address(&l->scan, &l->plain))
		return;
	if (!l->angle) {
		ms_buf_add_byte(&l->plain, '\0');
		return;
	}
	emit(l, (struct ms_slice){l->plain.p + start, l->plain.n - start});
	l->plain.n = start;
}

static void
emit_plain(struct list *l)
{
	size_t i = 0, n;

	for (; i < l->plain.n; i += n + 1) {
		n = strlen((const char *)l->plain.p + i);
		emit(l, (struct ms_slice){l->plain.p + i, n});
	}
	ms_buf_clear(&l->plain);
}

static bool
has_encoded(struct ms_slice text)
{
	return text.n > 0 && memmem(text.p, text.n, "=?", 2) != NULL;
}

/* Ends the mailbox that ends at `end` in the field. Its text is kept decoded if
 * it has no address: some programs encode the address, too. */
static void
end_mailbox(struct list *l, size_t end)
{
	struct ms_slice text = {l->scan.body.p + l->start, end - l->start};

	emit_plain(l);
	if (l->found == l->before && l->decoded != NULL && has_encoded(text)) {
		ms_mail_decode_text(text, l->decoded);
		ms_buf_add_byte(l->decoded, ',');
	}
	l->before = l->found;
	l->start = l->scan.i;
}

static void
handle_delimiter(struct list *l, int c)
{
	switch (c) {
	case '<':
		ms_buf_clear(&l->plain);
		l->angle = true;
		break;
	case '>':
		l->angle = false;
		break;
	case ':': /* the words before it are the name of a group */
		if (!l->angle) {
			ms_buf_clear(&l->plain);
			l->start = l->scan.i;
		}
		break;
	default: /* , or ; which in < > can be part of a route */
		if (!l->angle)
			end_mailbox(l, l->scan.i - 1);
	}
}

/* Returns how many addresses there are. */
static size_t
read_list(
    struct ms_slice body, struct ms_buf *decoded, ms_address_fn *fn, void *ctx)
{
	struct list l = {.scan = {.body = body, .encoded = decoded != NULL},
	    .decoded = decoded,
	    .fn = fn,
	    .ctx = ctx};
	int token;

	if (body.n == 0)
		return 0;
	while ((token = ms_address_next_token(&l.scan)) != MS_ADDRESS_END) {
		if (token == MS_ADDRESS_WORD)
			handle_word(&l);
		else
			handle_delimiter(&l, token);
	}
	end_mailbox(&l, body.n);
	ms_buf_release(&l.plain);
	return l.found;
}

void
ms_mail_addresses(struct ms_slice body, ms_address_fn *fn, void *ctx)
{
	struct ms_buf text = {0}, decoded = {0};

	/* Its characters can look like delimiters. */
	if (ms_charset_is_jis(body))
		body = ms_charset_utf8(
		    ms_charset_find((struct ms_slice){0}), body, &text);
	if (read_list(body, &decoded, fn, ctx) == 0 && has_encoded(body)) {
		/* A comma in an encoded word does not end a mailbox. */
		ms_buf_clear(&decoded);
		ms_mail_decode_text(body, &decoded);
	}
	read_list(ms_buf_slice(&decoded), NULL, fn, ctx);
	ms_buf_release(&decoded);
	ms_buf_release(&text);
}
