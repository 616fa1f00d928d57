/*
 * msg.c - fuzzes MSG files. An input is a file, or else changes of one that
 * libgsf makes: an offset of two bytes and a new byte each. Whatever the file
 * is, an item that is read becomes a message: a header, and lines that end with
 * CRLF.
 */
#include "fuzz.h"

#include <string.h>
#include "mapi/convert.h"
#include "mapi/msg.h"
#include "unit/msg-file.h"

#define OLE2 "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#define SMALL 5000 /* bytes of an attachment; it has sectors of its own */
#define MESSAGE_MAX ((size_t)16 << 20)

/* Offsets of the header of OLE2: [MS-CFB], 2.2. */
const struct fuzz_seed fuzz_seeds[] = {SEED(""),
    SEED("\x1e\0\x0a\x20\0\7"),       /* the sizes of sectors */
    SEED("\x2c\0\xff\x30\0\1"),       /* the table, the directory */
    SEED("\x3c\0\2\x44\0\0\x4c\0\3"), /* short sectors, more tables */
    SEED("\0\2\0\4\2\1\x08\2\2"),     /* loops of sectors */
    SEED("\x42\x06\1\xc2\x06\2\x74\x06\xff\xf8\x06\xff"),
    SEED("\0\x0a\xff\x40\x0a\xff\x80\x0a\0"), SEED(OLE2), SEEDS_END};

/* Keeps the message, up to a size that no change of the file should reach. */
static int
keep(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_buf *out = ctx;

	if (out->n + n > MESSAGE_MAX)
		return ms_fail(err, MS_DATA, "too large");
	ms_buf_add(out, p, n);
	return 0;
}

static void
check_message(const struct ms_mapi_item *item)
{
	struct ms_mapi_losses losses;
	struct ms_buf out = {0};
	struct ms_err err;
	const unsigned char *end;

	require(item->recipient_count <= MS_MAPI_RECIPIENTS_MAX);
	if (ms_mapi_convert(item, keep, &out, &losses, &err) == 0) {
		end = memmem(out.p, out.n, "\r\n\r\n", 4);
		require(end != NULL &&
			memchr(out.p, 0, (size_t)(end - out.p)) == NULL);
		for (const unsigned char *p = out.p; p < end; p++)
			require(*p != '\n' || (p > out.p && p[-1] == '\r'));
	}
	ms_buf_release(&out);
}

static void
change(struct ms_buf *file, const unsigned char *p, size_t n)
{
	static struct ms_buf made;
	size_t at;

	if (made.n == 0)
		make_msg_of(SMALL, &made);
	ms_buf_add(file, made.p, made.n);
	for (; n >= 3; p += 3, n -= 3) {
		at = ms_le16(p);
		if (at < file->n)
			file->p[at] = p[2];
	}
}

/*
 * libgsf loses entries of the directory of a damaged file. That is harmless in
 * a process that ends with its file; here the leaks would hide others.
 */
const char *__lsan_default_suppressions(void); /* NOLINT */

const char *
__lsan_default_suppressions(void) /* NOLINT */
{
	return "leak:g_malloc\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_buf file = {0};
	struct ms_err err = {0};
	struct ms_msg *msg;

	if (n >= 8 && memcmp(p, OLE2, 8) == 0)
		ms_buf_add(&file, p, n);
	else
		change(&file, p, n);
	if (ms_msg_open(&msg, ms_buf_slice(&file), 0, &err) == 0)
		check_message(ms_msg_item(msg));
	ms_msg_close(msg);
	ms_buf_release(&file);
	return 0;
}
