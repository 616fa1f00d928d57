/* recipients.c - addresses of fields, and the senders and recipients of
 * headers. */
#include "recipients.h"

#include <string.h>
#include "mail.h"
#include "guarded.h"
#include "tap.h"

/* ---- addresses ---- */

static void
add_line(void *ctx, struct ms_slice address)
{
	struct ms_buf *out = ctx;

	if (out->n > 0)
		ms_buf_add_byte(out, '|');
	ms_buf_add(out, address.p, address.n);
}

static const struct {
	const char *body, *want, *what;
} fields[] = {
    {"a@b", "a@b", "an address"},
    {" a@b , c@d,e@f\r\n", "a@b|c@d|e@f", "several"},
    {"A <a@b>, \"B, C\" <c@d>", "a@b|c@d", "with names"},
    {"a@b <c@d>", "c@d", "an address as a name does not count"},
    {"\"a@b\" <c@d>", "c@d", "nor in quotes"},
    {"Team: a@b, C <c@d>;, e@f", "a@b|c@d|e@f", "a group"},
    {"undisclosed-recipients:;", "", "an empty group"},
    {"A: ;, B:a@b;", "a@b", "an empty group, and another"},
    {"<>, , a@b,, <>", "a@b", "empty addresses"},
    {"(x@y) a@b (c (d@e))", "a@b", "comments"},
    {"a (c)@(c) b", "a@b", "comments next to the @"},
    {"<@r,@s:a@b>, c@d", "a@b|c@d", "a route"},
    {"\"a\"@b", "a@b", "needless quotes of a local part"},
    {"<\"a\"@b>", "a@b", "the same in brackets"},
    {"\"a\\b\"@c", "ab@c", "a needless backslash"},
    {"\"a b\"@c", "\"a b\"@c", "a quoted blank"},
    {"\"a@b\"@c", "a@b@c", "a quoted @"},
    {"\"\"@b, \"a@b", "\"\"@b|\"a@b", "an empty local part; an open quote"},
    {"=?utf-8?q?A=2C_x=40y?= <a@b>", "a@b", "an encoded name"},
    {"=?utf-8?q?A_=3Ca=40b=3E?=, c@d", "c@d|a@b", "an encoded address"},
    {"A <a@b>, =?utf-8?q?=3Cc=40d=3E?=", "a@b|c@d",
	"an encoded address after another one"},
    {"=?utf-8?q?A,_<a@b>?=", "a@b", "an encoded comma"},
    {"=?utf-8?q?<a=2Eb@c>?=, =?x?Q?<d@e>?=", "a.b@c|d@e",
	"brackets in encoded words"},
    {"=?utf-8?q?a@b?= <c@d>", "c@d", "an encoded address as a name"},
    {"=?a?q?<b@c>, =?d?q?<e@f>", "b@c|e@f", "no end of an encoded word"},
    {"a@b, =?x?q?c?", "a@b", "an encoded word that is cut"},
    {"a@b, \"c\\", "a@b", "a quoted string that is cut"},
    {"A <=?utf-8?b?YUBi?=>", "a@b", "an encoded address in brackets"},
    {"=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D40b=3F=3D?=", "",
	"an address that is encoded twice"},
    {"a@b c@d", "a@b|c@d", "a missing comma"},
    {"a@b; c@d", "a@b|c@d", "semicolons"},
    {"A <a@b, C <c@d>", "a@b|c@d", "a missing bracket"},
    {"A\r\n\t<a@b>,\r\n c@d", "a@b|c@d", "folds"},
    {"mailto:a@b", "a@b", "a scheme"},
    {"root, a@b", "a@b", "a word is no address"},
    {"@b, a@, @", "", "no local part, no domain"},
    {"\x1b$B$?<(B@!,%\x1b(B <a@b>", "a@b", "ISO-2022-JP"},
    {"\xe4 <a@b>, \xe4@c", "a@b", "bytes that are not UTF-8"},
    {"ü@münchen.example", "ü@münchen.example", "UTF-8"},
    {"", "", "nothing"},
};

static void
finds_addresses(void)
{
	struct ms_buf got = {0};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		ms_buf_clear(&got);
		ms_mail_addresses(
		    guarded(ms_slice_str(fields[i].body)), add_line, &got);
		ok(strcmp(ms_buf_str(&got), fields[i].want) == 0,
		    "address field: %s: %s", fields[i].what, ms_buf_str(&got));
	}
	ms_buf_release(&got);
}

static void
ignores_long_addresses(void)
{
	struct ms_buf body = {0}, got = {0};

	for (int i = 0; i < MS_ADDRESS_MAX; i++)
		ms_buf_add_byte(&body, 'a');
	ms_buf_add_str(&body, "@b, c@d");
	ms_mail_addresses(ms_buf_slice(&body), add_line, &got);
	ok(strcmp(ms_buf_str(&got), "c@d") == 0, "a long address is ignored");
	ms_buf_clear(&body);
	ms_buf_clear(&got);
	ms_buf_add_str(&body, "a@");
	for (int i = 0; i < 2 * MS_ADDRESS_MAX; i++)
		ms_buf_add_byte(&body, 'b');
	ms_buf_add_str(&body, ", c@d");
	ms_mail_addresses(ms_buf_slice(&body), add_line, &got);
	ok(strcmp(ms_buf_str(&got), "c@d") == 0, "and one with a long domain");
	ms_buf_release(&body);
	ms_buf_release(&got);
}

/* ---- recipients ---- */

static const char *const envelope[] = {
    "Delivered-To", "X-Envelope-To", "Return-Path", "X-Envelope-From"};

#define OWN "journal@x"

static const struct {
	const char *header;
	size_t names; /* of the envelope headers */
	unsigned hop;
	const char *want, *what;
} headers[] = {
    {"From: a@x\nTo: b@x\nCc: c@x\nBcc: d@x\nSender: e@x\nReply-To: f@x\n", 0,
	1, "b@x To,c@x Cc,d@x Bcc,<a@x From,<e@x Sender", "the fields"},
    {"Resent-From: a@x\nResent-Sender: b@x\nResent-To: c@x\nResent-Cc: "
     "d@x\nResent-Bcc: e@x\n",
	0, 1,
	"c@x Resent-To,d@x Resent-Cc,e@x Resent-Bcc,<a@x Resent-From,<b@x "
	"Resent-Sender",
	"resent fields"},
    {"TO: a@x\nto : b@x\nTo:\n c@x\n", 0, 1, "a@x To,b@x To,c@x To",
	"names in any case, more than once, folded"},
    {"Delivered-To: a@x\nReceived: y\nTo: b@x\n", 0, 1, "b@x To",
	"without a name, no envelope header counts"},
    {"Delivered-To: a@x\nReceived: y\nFrom: c@x\nTo: b@x\nResent-From: d@x\n",
	4, 1, "a@x Delivered-To,<c@x From",
	"an envelope header replaces To, but not From"},
    {"delivered-to: a@x\nX-Envelope-To: b@x, c@x\nReceived: y\n", 4, 1,
	"a@x Delivered-To,b@x X-Envelope-To,c@x X-Envelope-To",
	"several envelope headers"},
    {"Received: y\nDelivered-To: a@x\nTo: b@x\n", 4, 1, "b@x To",
	"below the trusted hop"},
    {"Received: y\nDelivered-To: a@x\nReceived: z\nTo: b@x\n", 4, 2,
	"a@x Delivered-To", "above the second hop"},
    {"Received: y\nDelivered-To: a@x\nTo: b@x\n", 4, 2, "b@x To",
	"below the last of fewer hops"},
    {"Delivered-To: a@x\nReceived: y\nTo: b@x\n", 4, 3, "a@x Delivered-To",
	"above the last of fewer hops"},
    {"Delivered-To: a@x\nTo: b@x\n", 4, 1, "b@x To", "no hop at all"},
    {"Delivered-To: journal@x\nReceived: y\nTo: b@x\n", 4, 1,
	"journal@x Delivered-To,b@x To", "own addresses alone"},
    {"Delivered-To: JOURNAL+1@X\nReceived: y\nTo: b@x\n", 4, 1,
	"JOURNAL+1@X Delivered-To,b@x To", "an own address in another form"},
    {"Delivered-To: journal@x\nDelivered-To: a@x\nReceived: y\nTo: b@x\n", 4, 1,
	"journal@x Delivered-To,a@x Delivered-To", "own and other ones"},
    {"Delivered-To: <>\nReceived: y\nTo: b@x\n", 4, 1, "b@x To",
	"an envelope header without an address"},
    {"Return-Path: <s@x>\nDelivered-To: a@x\nReceived: y\nFrom: f@x\n", 4, 1,
	"a@x Delivered-To,<s@x Return-Path", "a sender of the envelope"},
    {"Return-Path: <s@x>\nDelivered-To: a@x\nReceived: y\nFrom: f@x\n", 2, 1,
	"a@x Delivered-To,<f@x From", "Return-Path is not named"},
    {"X-Envelope-From: s@x\nReceived: y\nFrom: f@x\nTo: b@x\n", 4, 1,
	"b@x To,<s@x X-Envelope-From", "a sender, but no recipients"},
    {"Return-Path: <>\nDelivered-To: a@x\nReceived: y\nFrom: f@x\n", 4, 1,
	"a@x Delivered-To,<f@x From", "an empty Return-Path"},
    {"Received: y\nReturn-Path: <s@x>\nFrom: f@x\n", 4, 1, "<f@x From",
	"Return-Path below the trusted hop"},
    {"To: a@x\n\nCc: b@x\n", 0, 1, "a@x To", "the body is not looked at"},
    {"From x@y Thu Jan 1\nno field\nTo: a@x\n", 0, 1, "a@x To",
	"lines that are no fields"},
    {"", 4, 1, "", "no header"},
};

static void
print_parties(const struct ms_parties *p, struct ms_buf *out)
{
	ms_buf_clear(out);
	for (size_t i = 0; i < p->n; i++) {
		struct ms_party one = ms_parties_at(p, i);

		ms_buf_printf(out, "%s%s%s %s", i > 0 ? "," : "",
		    one.role == MS_PARTY_SENDER ? "<" : "", one.address,
		    one.why);
	}
}

static void
finds_recipients(void)
{
	struct ms_address_set own = {0};
	struct ms_parties p = {0};
	struct ms_buf got = {0};

	ms_address_set_add(&own, OWN);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const struct ms_recipient_rules rules = {.envelope = envelope,
		    .envelope_n = headers[i].names,
		    .trusted_hop = headers[i].hop,
		    .own = &own};

		ms_parties_clear(&p);
		ms_recipients_add(ms_slice_str(headers[i].header), &rules, &p);
		print_parties(&p, &got);
		ok(strcmp(ms_buf_str(&got), headers[i].want) == 0,
		    "header: %s: %s", headers[i].what, ms_buf_str(&got));
	}
	ms_address_set_release(&own);
	ms_parties_release(&p);
	ms_buf_release(&got);
}

/* A list that a journal report or LMTP has begun. */
static void
completes_lists(void)
{
	const struct ms_slice header = ms_slice_str("From: f@x\nTo: b@x\n");
	struct ms_recipient_rules rules = {0};
	struct ms_address_set own = {0};
	struct ms_parties p = {0};
	struct ms_buf got = {0};

	ms_parties_add(&p, MS_PARTY_RECIPIENT, ms_slice_str("a@x"), "RCPT");
	ms_recipients_add(header, &rules, &p);
	print_parties(&p, &got);
	ok(strcmp(ms_buf_str(&got), "a@x RCPT,<f@x From") == 0,
	    "recipients are complete, the sender is added");
	ms_address_set_add(&own, "a@x");
	rules.own = &own;
	ms_parties_clear(&p);
	ms_parties_add(&p, MS_PARTY_RECIPIENT, ms_slice_str("a@x"), "RCPT");
	ms_parties_add(&p, MS_PARTY_SENDER, ms_slice_str("s@x"), "report");
	ms_recipients_add(header, &rules, &p);
	print_parties(&p, &got);
	ok(strcmp(ms_buf_str(&got), "a@x RCPT,<s@x report,b@x To") == 0,
	    "an own address alone is completed by To");
	ms_address_set_release(&own);
	ms_parties_release(&p);
	ms_buf_release(&got);
}

static void
takes_many_recipients(void)
{
	struct ms_recipient_rules rules = {0};
	struct ms_parties p = {0};
	struct ms_buf header = {0};

	ms_buf_add_str(&header, "To: x@y");
	for (int i = 1; i < 3000; i++)
		ms_buf_printf(&header, ",\n user%d@example.org", i);
	ms_buf_add_str(&header, "\n");
	ms_recipients_add(ms_buf_slice(&header), &rules, &p);
	ok(p.n == 3000 && p.dropped == 0, "3000 recipients");
	ok(strcmp(ms_parties_at(&p, 2999).address, "user2999@example.org") == 0,
	    "the last one");
	ms_parties_release(&p);
	ms_buf_release(&header);
}

int
main(void)
{
	finds_addresses();
	ignores_long_addresses();
	finds_recipients();
	completes_lists();
	takes_many_recipients();
	return done();
}
