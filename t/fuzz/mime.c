/* mime.c - fuzzes the search for parts, as the confined process does it. */
#include "fuzz.h"
#include "mime/impl.h"

#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {
    SEED("Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n"
	 "Content-Type: text/plain; "
	 "charset=utf-8\n\nA\n--b\n\nBB\n--b--\nepi\n"),
    SEED("From a b\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n"
	 "\tboundary=\"a (b)\"\r\n\r\n--a (b)\r\nContent-Type: message/rfc822"
	 "\r\n\r\nSubject: x\r\n\r\nA\r\n--a (b)\r\n\r\nB"),
    SEED(
	"\xef\xbb\xbf: x\njunk\nContent-Type: multipart/digest; boundary=b\n\n"
	"--b\n\nContent-Type: multipart/x; boundary=b\n\n--b\n-----\nx\n--b--"),
    SEED("\n\nFrom: (((((()))))) <a@b>\nContent-Type: message/rfc822\n\n"
	 "Content-Type: message/rfc822\n\nContent-Type: multipart/a\n\n--\n"),
    SEEDS_END};

static void
check(const struct ms_mime_part *p, size_t count, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		require(p[i].header <= p[i].body && p[i].body <= p[i].end);
		require(p[i].end <= n && p[i].kind <= MS_MIME_MESSAGE);
		if (i == 0) {
			require(p[i].parent == 0 && p[i].depth == 0);
			continue;
		}
		require(p[i].parent < i);
		require(p[i].depth == p[p[i].parent].depth + 1);
		require(p[p[i].parent].kind != MS_MIME_LEAF);
		require(p[i].header >= p[p[i].parent].body);
		require(p[i].end <= p[p[i].parent].end);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ms_buf text = {0}, parts = {0};
	enum ms_mime_result result;

	ms_buf_add(&text, data, n);
	ms_buf_room(&text, 1);
	result = ms_mime_find(text.p, n, &parts);
	require(result <= MS_MIME_DIED);
	if (result == MS_MIME_PARSED) {
		require(parts.n > 0);
		check((const struct ms_mime_part *)(const void *)parts.p,
		    parts.n / sizeof(struct ms_mime_part), n);
	}
	ms_buf_release(&text);
	ms_buf_release(&parts);
	return 0;
}
