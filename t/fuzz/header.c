/* header.c - fuzzes the description of a header. */
#include "fuzz.h"
#include "mail.h"
#include "utf8.h"

#include <string.h>

const struct fuzz_seed fuzz_seeds[] = {
    SEED("From joe@example.org Thu Jan  1 00:00:00 1970\n"
	 "From: \"Joe, (x)\" (a (b)) <@r:joe@example.org>\n"
	 "To: Friends: a@b, c@d;\n\te@f\nCc: =?utf-8?Q?Fran=C3?=\n"
	 " =?utf-8?B?p29pcw==?= <f@g>\nSubject: =?koi8-r?B?8NLJ18XU?= x\n"
	 "Date: Fri, 20 Nov 2026 10:00:00 +0100 (CET)\n\nbody\n"),
    SEED("Return-Path: <>\r\nSender : root\r\nno colon\r\n and more\r\n"
	 "Subject: \xb1\xa4\xb0\xed\r\n =?iso-2022-jp?B?GyRCRnxLXA==?=\r\n"
	 "Content-Type: text/plain; charset=\"EUC-KR\"\r\n\r\n"),
    SEED("Subject: =?gbk?Q?=D6=D0?= =?utf-16?B?//7pAA==?= =?utf-7?Q?+AOk-?="
	 " =?big5?Q?=A4=A4?= =?windows-1258?Q?a=EC?= =?x?Q?=E9=81?=\n"),
    SEED("Subject: =?a?Q?unfinished =?b?B?Y*Q?\?= =?c?Q?a=z?\?==?d?q?_?=\n"),
    SEED("To: \"a\\\"b\" <\"c d\"@e>, f @ g, =?utf-8?Q?h@i?=\nBcc:\0\1\x7f"
	 "\xc2\x85\xe2\x80\xa8\n \n\n"),
    SEED("Subject: \xcf\xf0\nContent-Type: multipart/mixed; boundary=b\n\nx\n"
	 "--b\nContent-Type: text/plain; charset=windows-1251\n\nx\n--b--\n"),
    SEED("\xef\xbb\xbf"
	 "Subject: \033$BF|K\\\033(B =?cp50221?B?GyRCLSEbKEI=?="
	 " =?iso-8859-2?Q?=8A=A5?= \033(I1\n\n"),
    SEEDS_END};

#define RAW_BITS (MS_DESC_FROM_RAW | MS_DESC_TO_RAW | MS_DESC_SUBJECT_RAW)

static void
check_field(struct ms_slice h, enum ms_mail_field field,
    const struct ms_desc_field *kept, bool cut, bool raw)
{
	struct ms_buf text = {0}, bytes = {0};

	ms_mail_decode(h, field, &text);
	ms_mail_raw(h, field, &bytes);
	require(ms_utf8_valid(text.p, text.n));
	for (size_t i = 0; i < text.n; i++)
		require(text.p[i] >= ' ' && text.p[i] != 0x7f);
	require(text.n == 0 || (text.p[0] != ' ' && text.p[text.n - 1] != ' '));
	require(kept->n <= MS_DESC_LEN && kept->n <= text.n);
	require(kept->n == 0 || memcmp(kept->s, text.p, kept->n) == 0);
	require(ms_utf8_valid((const unsigned char *)kept->s, kept->n));
	require(cut == (kept->n < text.n));
	require(raw == !ms_utf8_valid(bytes.p, bytes.n));
	ms_buf_release(&text);
	ms_buf_release(&bytes);
}

static bool
same_field(const struct ms_desc_field *a, const struct ms_desc_field *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

static bool
same(const struct ms_desc *a, const struct ms_desc *b)
{
	return a->date == b->date && a->received == b->received &&
	       a->bits == b->bits && same_field(&a->from, &b->from) &&
	       same_field(&a->to, &b->to) &&
	       same_field(&a->subject, &b->subject);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_slice h = {p, n};
	struct ms_buf sender = {0};
	struct ms_desc d, again;
	size_t length = ms_mail_header_length(p, n);

	require(length <= n && (n == 0 || length > 0));
	ms_mail_describe(h, &d);
	check_field(h, MS_MAIL_FROM, &d.from, d.bits & MS_DESC_FROM_CUT,
	    d.bits & MS_DESC_FROM_RAW);
	check_field(h, MS_MAIL_RECIPIENTS, &d.to, d.bits & MS_DESC_TO_CUT,
	    d.bits & MS_DESC_TO_RAW);
	check_field(h, MS_MAIL_SUBJECT, &d.subject,
	    d.bits & MS_DESC_SUBJECT_CUT, d.bits & MS_DESC_SUBJECT_RAW);

	/* Bytes after the header give at most a character set. */
	h.n = length;
	ms_mail_describe(h, &again);
	require((d.bits & RAW_BITS) != 0 || same(&d, &again));
	require((d.bits & RAW_BITS) == (again.bits & RAW_BITS));

	ms_mail_sender(h, &sender);
	require(sender.n <= MS_ADDRESS_MAX);
	require(ms_utf8_valid(sender.p, sender.n));
	for (size_t i = 0; i < sender.n; i++)
		require(sender.p[i] > ' ' && sender.p[i] != 0x7f);
	ms_buf_release(&sender);
	return 0;
}
