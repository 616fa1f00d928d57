/*
 * tnef.c - fuzzes winmail.dat: the texts of an item are UTF-8, its attachments
 * have as many bytes as they say, and items in items do too. A part of a
 * message is made of it.
 */
#include "fuzz.h"

#include <string.h>
#include "mapi/convert.h"
#include "mapi/tnef.h"
#include "utf8.h"

#define BEGIN "\x78\x9f\x3e\x22\x01\0"

const struct fuzz_seed fuzz_seeds[] = {
    SEED(BEGIN "\1\7\x90\6\0\x08\0\0\0\xe3\4\0\0\0\0\0\0\xe7\0"
	       "\1\4\x80\1\0\x03\0\0\0\xcf\xf0\0\xbf\1"
	       "\1\0\x80\0\0\x19\0\0\0\4\0\x20\0\4\0\x0d\0Ann\0SMTP:a@b.org\0"
	       "\0\0"),
    SEED(BEGIN "\2\2\x90\6\0\2\0\0\0\1\0\1\0\2\x0f\x80\6\0\3\0\0\0abc\x26\1"),
    SEED(BEGIN "\1\3\x90\6\0\x24\0\0\0\1\0\0\0\x03\0\1\x80\x08\x20\6\0\0\0\0\0"
	       "\xc0\0\0\0\0\0\0\x46\0\0\0\0\3\x85\0\0\7\0\0\0\0\0"),
    SEED(BEGIN "\2\5\x90\6\0\x2c\0\0\0\1\0\0\0\x0d\0\1\x37\1\0\0\0\x1c\0\0\0"
	       "0123456789abcdef" BEGIN "\1\4\x80\1\0\0"),
    SEED(BEGIN "\1\4\x90\6\0\x18\0\0\0\1\0\0\0\1\0\0\0\x1e\0\1\x30\1\0\0\0"
	       "\4\0\0\0Ann\0\0\0"),
    SEEDS_END};

static void
check_text(const struct ms_mapi_props *props, unsigned id)
{
	struct ms_buf text = {0};

	ms_mapi_text(props, MS_MAPI_ID(id), &text);
	require(ms_utf8_valid(text.p, text.n));
	ms_buf_release(&text);
}

static void
check_bytes(const struct ms_mapi_attachment *a)
{
	unsigned char piece[7];
	uint64_t at = 0;
	int64_t n;

	if (a->content != MS_MAPI_BYTES && a->content != MS_MAPI_OLE)
		return;
	while (
	    (n = ms_mapi_attachment_read(a, at, piece, sizeof piece, NULL)) > 0)
		at += (uint64_t)n;
	require(n == 0 && at == a->size);
}

/* Items are at most MS_MAPI_DEPTH_MAX deep. */
static void
check_item(const struct ms_mapi_item *item) /* NOLINT(misc-no-recursion) */
{
	check_text(&item->props, 0x0037);
	for (size_t i = 0; i < item->recipient_count; i++)
		check_text(&item->recipients[i].props, 0x3001);
	for (size_t i = 0; i < item->attachment_count; i++) {
		check_bytes(&item->attachments[i]);
		if (item->attachments[i].content == MS_MAPI_ITEM)
			check_item(item->attachments[i].item);
	}
}

static void
check_part(const struct ms_mapi_item *item)
{
	struct ms_mapi_losses losses;
	struct ms_buf out = {0};

	require(ms_mapi_convert_part(
		    item, ms_buf_append, &out, &losses, NULL) == 0);
	require(out.n > 14 && memcmp(out.p, "Content-Type: ", 14) == 0);
	require(memmem(out.p, out.n, "\r\n\r\n", 4) != NULL);
	ms_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_mapi_item *item = NULL;

	if (ms_tnef_parse((struct ms_slice){p, n}, &item, NULL) == 0) {
		check_item(item);
		check_part(item);
	}
	ms_mapi_item_free(item);
	return 0;
}
