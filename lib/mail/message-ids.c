/* message-ids.c - the ids in Message-ID, References and In-Reply-To. RFC 5322,
 * 3.6.4. */
#include "impl.h"
#include "le.h"
#include "sha.h"

#include <string.h>
#include <strings.h>

/* Appends the bytes that are neither blanks nor controls. */
static void
add_visible(struct ms_buf *out, const unsigned char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if (*p > ' ' && *p != 0x7f)
			ms_buf_add_byte(out, *p);
}

/* Finds the next pair of brackets; *rest moves behind it. A "<" in the brackets
 * begins again. */
static bool
next_id(struct ms_slice *rest, struct ms_slice *id)
{
	const unsigned char *close =
	    rest->n > 0 ? memchr(rest->p, '>', rest->n) : NULL;
	const unsigned char *open;

	while (close != NULL) {
		open = memrchr(rest->p, '<', (size_t)(close - rest->p));
		rest->n -= (size_t)(close + 1 - rest->p);
		rest->p = close + 1;
		if (open != NULL) {
			*id = (struct ms_slice){
			    open + 1, (size_t)(close - open - 1)};
			return true;
		}
		close = memchr(rest->p, '>', rest->n);
	}
	return false;
}

void
ms_mail_ids(struct ms_slice body, ms_mail_id_fn *fn, void *ctx)
{
	struct ms_slice raw;
	struct ms_buf id = {0};
	bool more = true;

	while (more && next_id(&body, &raw)) {
		ms_buf_clear(&id);
		add_visible(&id, raw.p, raw.n);
		if (id.n > 0 && id.n <= MS_MAIL_ID_MAX)
			more = fn(ctx, ms_buf_slice(&id));
	}
	ms_buf_release(&id);
}

static bool
take_first(void *ctx, struct ms_slice id)
{
	ms_buf_add(ctx, id.p, id.n);
	return false;
}

void
ms_mail_first_id(struct ms_slice body, struct ms_buf *out)
{
	size_t before = out->n;

	ms_mail_ids(body, take_first, out);
	if (out->n == before && memchr(body.p, '<', body.n) == NULL)
		add_visible(out, body.p, body.n);
}

/* ---- keys ---- */

uint64_t
ms_mail_id_key(struct ms_slice id)
{
	unsigned char digest[MS_SHA_LEN];

	ms_sha256(id.p, id.n, digest);
	return ms_be64(digest);
}

/* The first keys, and a ring of the last ones. */
struct keys {
	uint64_t *key;
	size_t n; /* that came */
};

static bool
add_key(void *ctx, struct ms_slice id)
{
	const size_t half = MS_THREAD_KEYS / 2;
	struct keys *k = ctx;
	size_t at = k->n < half ? k->n : half + (k->n - half) % half;

	k->key[at] = ms_mail_id_key(id);
	k->n++;
	return true;
}

static bool
add_first_key(void *ctx, struct ms_slice id)
{
	(void)add_key(ctx, id);
	return false;
}

/* Has a field words beside its ids, such as "Your message of Friday"? */
static bool
has_words(struct ms_slice body)
{
	bool inside = false;

	for (; body.n > 0; body.p++, body.n--) {
		if (*body.p == '<')
			inside = true;
		else if (*body.p == '>')
			inside = false;
		else if (!inside && *body.p > ' ')
			return true;
	}
	return false;
}

static bool
is_named(struct ms_slice name, const char *s)
{
	return name.n == strlen(s) &&
	       strncasecmp((const char *)name.p, s, name.n) == 0;
}

static size_t
without_duplicates(uint64_t *key, size_t n)
{
	size_t kept = 0, i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < kept && key[j] != key[i]; j++)
			;
		if (j == kept)
			key[kept++] = key[i];
	}
	return kept;
}

size_t
ms_mail_thread_keys(struct ms_slice header, uint64_t keys[MS_THREAD_KEYS])
{
	struct ms_slice rest = header, name, body;
	struct keys k = {.key = keys};
	struct ms_buf own = {0};

	if (ms_mail_find(header, "message-id", &body))
		ms_mail_first_id(body, &own);
	if (own.n > 0 && own.n <= MS_MAIL_ID_MAX)
		(void)add_key(&k, ms_buf_slice(&own));
	ms_buf_release(&own);
	while (ms_mail_next_field(&rest, &name, &body)) {
		if (is_named(name, "references"))
			ms_mail_ids(body, add_key, &k);
		else if (is_named(name, "in-reply-to"))
			ms_mail_ids(body,
			    has_words(body) ? add_first_key : add_key, &k);
	}
	return without_duplicates(
	    keys, k.n < MS_THREAD_KEYS ? k.n : MS_THREAD_KEYS);
}
