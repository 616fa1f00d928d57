/* address-set.c - a set of mail addresses. RFC 5233; ms-ingest(1), Assignment.
 */
#include "address-set.h"

#include <string.h>

#include "utf8.h"

bool
ms_address_without_tag(struct ms_slice address, struct ms_buf *out)
{
	const unsigned char *at, *plus;

	if (address.n == 0)
		return false;
	at = memrchr(address.p, '@', address.n);
	if (at == NULL)
		return false;
	plus = memchr(address.p, '+', (size_t)(at - address.p));
	if (plus == NULL || plus == address.p)
		return false;
	ms_buf_add(out, address.p, (size_t)(plus - address.p));
	ms_buf_add(out, at, address.n - (size_t)(at - address.p));
	return true;
}

static void
digest_of(struct ms_slice address, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf key = {0};

	ms_utf8_address_key(address, &key);
	ms_sha256(key.p, key.n, digest);
	ms_buf_release(&key);
}

void
ms_address_set_add(struct ms_address_set *s, const char *address)
{
	unsigned char digest[MS_SHA_LEN];

	digest_of(ms_slice_str(address), digest);
	ms_map_add(&s->keys, digest, 0, NULL);
}

bool
ms_address_set_has(const struct ms_address_set *s, const char *address)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf base = {0};
	bool has;

	if (s == NULL || s->keys.count == 0)
		return false;
	digest_of(ms_slice_str(address), digest);
	has = ms_map_get(&s->keys, digest, NULL);
	if (!has && ms_address_without_tag(ms_slice_str(address), &base)) {
		digest_of(ms_buf_slice(&base), digest);
		has = ms_map_get(&s->keys, digest, NULL);
	}
	ms_buf_release(&base);
	return has;
}

void
ms_address_set_release(struct ms_address_set *s)
{
	ms_map_release(&s->keys);
}
