/* mime-part.c - fuzzes the header of a part and the decoders of its body. */
#include "fuzz.h"
#include "mail.h"
#include "mime/part.h"
#include "utf8.h"

#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {
    SEED("Content-Type: text/plain; charset=\"koi8-r\"; name*0*=utf-8''%C3;\n"
	 " name*1*=%A4; name*2=\"x\\\"y\"\nContent-Transfer-Encoding: base64\n"
	 "Content-Disposition: attachment; filename==?utf-8?Q?=C3=A4?=\n\n"
	 "w6Rh\nYg==\n"),
    SEED("content-type:multipart/mixed (x) boundary=a b c name=y z; name*=%\n"
	 "Content-Disposition: inline; filename*=iso-8859-1'de'%E4\r\n"
	 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	 "a=C3=A4 \t\r\nb= \nc=zz=\n"),
    SEED("Content-Type: a/b; =; name; name=;;name=\"\\\n\n=\n=4"),
    SEED("Content-Type: a/b; name=\033(H\r"), SEEDS_END};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t header = ms_mail_header_length(p, n);
	struct ms_slice body = {n > 0 ? p + header : p, n - header};
	struct ms_mime_info info = {0};
	struct ms_buf out = {0};

	ms_mime_info_read(&info, (struct ms_slice){p, header}, n % 2 == 1);
	require(strchr(info.type, '/') != NULL && info.charset != NULL);
	require(ms_utf8_valid(info.name.p, info.name.n));
	for (size_t i = 0; i < info.name.n; i++)
		require(info.name.p[i] >= ' ' && info.name.p[i] != 0x7f);
	for (int e = MS_MIME_AS_IS; e <= MS_MIME_BASE64; e++) {
		ms_buf_clear(&out);
		ms_mime_decode((enum ms_mime_encoding)e, body, &out);
		require(out.n <= body.n);
	}
	ms_buf_release(&out);
	ms_mime_info_release(&info);
	return 0;
}
