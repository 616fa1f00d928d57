/* recipients.c - fuzzes the senders and recipients of a header. */
#include "recipients.h"

#include <string.h>

#include "fuzz.h"
#include "mail.h"
#include "utf8.h"

const struct fuzz_seed fuzz_seeds[] = {SEED("To: \"\"@x, <\"@\"j>\n"),
    SEED(
	"Return-Path: <a@b>\nDelivered-To: c@d, j@x\nReceived: by e; f\n"
	"From: \"Joe, (x)\" (a (b)) <@r,@s:joe@example.org>\n"
	"To: Friends: a@b, c@d;\n\te@f; g@h i@j\nCc: undisclosed:;\n\nTo: k@l"),
    SEED("delivered-to : j@x\r\nReceived:\r\n y\r\nTo: \"a\\b\"@c, \"d "
	 "e\"@f,\r\n"
	 " =?utf-8?q?g_=3Ch=40i=3E?=, =?utf-8?q?A,_<a@b>?=\r\nBcc: <a@b, "
	 "c@d\r\n"),
    SEED("To: \x1b$B$?<(B@!,%\x1b(B <a@b>, \xe4@c, \xc3\xbc@m\xc3\xbc.example\n"
	 "Resent-From: \"a@b\nResent-To: <=?utf-8?b?YUBi?=>, a @ b . c\n"
	 "Resent-Bcc:\0\1 a@\x7f\n"),
    SEEDS_END};

static void
check(const struct ms_parties *p)
{
	struct ms_party one;
	size_t n;

	require(p->n <= MS_PARTIES_MAX);
	for (size_t i = 0; i < p->n; i++) {
		one = ms_parties_at(p, i);
		n = strlen(one.address);
		require(n > 2 && n <= MS_ADDRESS_MAX);
		require(strchr(one.address, '@') != NULL);
		require(ms_utf8_plain((const unsigned char *)one.address, n));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = {"Delivered-To", "Return-Path"};
	static struct ms_address_set own;
	const struct ms_recipient_rules rules = {names, 2, 2, &own};
	const struct ms_slice header = {data, n};
	struct ms_slice trusted = ms_trusted_part(header, 1);
	struct ms_parties p = {0};

	ms_address_set_add(&own, "j@x");
	require(trusted.n <= n);
	ms_recipients_add(header, &rules, &p);
	check(&p);
	/* A list that names others is complete. */
	n = p.n;
	if (ms_recipients_has(&p, MS_PARTY_SENDER, &own) &&
	    ms_recipients_has(&p, MS_PARTY_RECIPIENT, &own)) {
		ms_recipients_add(header, &rules, &p);
		require(p.n == n);
	}
	ms_parties_release(&p);
	return 0;
}
