/* digest.c - a digest that stands for an item: in its Message-ID if it has
 * none, and in boundaries. Its input can never change; ms-mapi(7), Digest. */
#include "impl.h"

#include "le.h"
#include "sha.h"

static void
add_part(struct ms_sha *sha, struct ms_slice s)
{
	unsigned char n[8];

	ms_put_le64(n, s.n);
	ms_sha_add(sha, n, sizeof(n));
	ms_sha_add(sha, s.p, s.n);
}

static void
add_address(struct ms_sha *sha, struct ms_mapi_address *a)
{
	add_part(sha, ms_buf_slice(&a->name));
	add_part(sha, ms_buf_slice(&a->mail));
	add_part(sha, ms_buf_slice(&a->other));
	ms_mapi_address_release(a);
}

static void
add_people(struct ms_sha *sha, const struct ms_mapi_item *item)
{
	struct ms_mapi_address author = {0}, sender = {0};

	ms_mapi_address_author(item, &author, &sender);
	add_address(sha, &author);
	add_address(sha, &sender);
	for (size_t i = 0; i < item->recipient_count; i++) {
		struct ms_mapi_address a = {0};

		ms_mapi_address_recipient(&item->recipients[i], &a);
		add_address(sha, &a);
	}
}

static void
add_attachments(struct ms_sha *sha, const struct ms_mapi_item *item)
{
	struct ms_buf text = {0};

	for (size_t i = 0; i < item->attachment_count; i++) {
		const struct ms_mapi_attachment *a = &item->attachments[i];

		ms_buf_clear(&text);
		ms_mapi_attachment_name(a, i, &text);
		ms_buf_printf(&text, "\n%llu\n", (unsigned long long)a->size);
		if (a->item != NULL)
			ms_mapi_describe(a->item, &text);
		add_part(sha, ms_buf_slice(&text));
	}
	ms_buf_release(&text);
}

void
ms_mapi_digest(const struct ms_mapi_item *item, char out[33])
{
	static const uint16_t bodies[] = {0x1013, 0x1009};
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf text = {0};
	struct ms_sha sha;

	ms_sha_init(&sha);
	ms_mapi_class(item, &text);
	add_part(&sha, ms_buf_slice(&text));
	ms_buf_clear(&text);
	ms_mapi_describe(item, &text);
	add_part(&sha, ms_buf_slice(&text));
	ms_buf_clear(&text);
	(void)ms_mapi_text(&item->props, MS_MAPI_ID(0x1000), &text);
	add_part(&sha, ms_buf_slice(&text));
	ms_buf_release(&text);
	add_people(&sha, item);
	for (size_t i = 0; i < 2; i++)
		add_part(
		    &sha, ms_mapi_bytes(&item->props, MS_MAPI_ID(bodies[i])));
	add_attachments(&sha, item);
	ms_sha_end(&sha, digest);
	ms_hex(digest, 16, out);
}
