/*
 * recipients.c - who sent and received a message, by its header. RFC 5322, 3.6;
 * RFC 5321, 4.4; ms-ingest(1), Assignment.
 */
#include "recipients.h"

#include <string.h>
#include <strings.h>

#include "mail.h"

/* Where the addresses of a field go. */
struct sink {
	struct ms_parties *parties;
	enum ms_party_role role;
	const char *why;
};

static void
add_party(void *ctx, struct ms_slice address)
{
	const struct sink *k = ctx;

	ms_parties_add(k->parties, k->role, address, k->why);
}

bool
ms_recipients_has(const struct ms_parties *p, enum ms_party_role role,
    const struct ms_address_set *own)
{
	struct ms_party one;

	for (size_t i = 0; i < p->n; i++) {
		one = ms_parties_at(p, i);
		if (one.role == role && !ms_address_set_has(own, one.address))
			return true;
	}
	return false;
}

struct ms_slice
ms_trusted_part(struct ms_slice header, unsigned hop)
{
	struct ms_slice rest = header, name, body;
	size_t trusted = 0;
	unsigned seen = 0;

	while (seen < (hop > 0 ? hop : 1) &&
	       ms_mail_next_field(&rest, &name, &body))
		if (ms_slice_is(name, "received")) {
			trusted = (size_t)(name.p - header.p);
			seen++;
		}
	return (struct ms_slice){header.p, trusted};
}

/* ---- envelope headers ---- */

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), end_n = strlen(end);

	return n >= end_n && strcasecmp(s + n - end_n, end) == 0;
}

static enum ms_party_role
role_of(const char *name)
{
	return strcasecmp(name, "return-path") == 0 ||
		       ends_with(name, "-from") || ends_with(name, "-sender")
		   ? MS_PARTY_SENDER
		   : MS_PARTY_RECIPIENT;
}

/* Adds the envelope headers of a role. */
static void
add_envelope(struct ms_slice trusted, const struct ms_recipient_rules *rules,
    enum ms_party_role role, struct ms_parties *p)
{
	struct ms_slice name, body;
	struct sink k = {p, role, NULL};

	while (ms_mail_next_field(&trusted, &name, &body))
		for (size_t i = 0; i < rules->envelope_n; i++) {
			k.why = rules->envelope[i];
			if (role_of(k.why) == role && ms_slice_is(name, k.why))
				ms_mail_addresses(body, add_party, &k);
		}
}

/* ---- fields of the message ---- */

static const struct {
	const char *name;
	enum ms_party_role role;
	bool resent;
} fields[] = {
    {"From", MS_PARTY_SENDER, false},
    {"Sender", MS_PARTY_SENDER, false},
    {"Resent-From", MS_PARTY_SENDER, true},
    {"Resent-Sender", MS_PARTY_SENDER, true},
    {"To", MS_PARTY_RECIPIENT, false},
    {"Cc", MS_PARTY_RECIPIENT, false},
    {"Bcc", MS_PARTY_RECIPIENT, false},
    {"Resent-To", MS_PARTY_RECIPIENT, true},
    {"Resent-Cc", MS_PARTY_RECIPIENT, true},
    {"Resent-Bcc", MS_PARTY_RECIPIENT, true},
};

static void
add_fields(struct ms_slice header, enum ms_party_role role, bool resent,
    struct ms_parties *p)
{
	struct ms_slice name, body;
	struct sink k = {p, role, NULL};

	while (ms_mail_next_field(&header, &name, &body))
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
			k.why = fields[i].name;
			if (fields[i].role == role &&
			    (resent || !fields[i].resent) &&
			    ms_slice_is(name, k.why))
				ms_mail_addresses(body, add_party, &k);
		}
}

void
ms_recipients_add(struct ms_slice header,
    const struct ms_recipient_rules *rules, struct ms_parties *p)
{
	static const enum ms_party_role roles[] = {
	    MS_PARTY_RECIPIENT, MS_PARTY_SENDER};
	struct ms_slice trusted = ms_trusted_part(header, rules->trusted_hop);
	bool resent = false; /* the recipients are not those of an envelope */

	for (size_t i = 0; i < 2; i++) {
		if (ms_recipients_has(p, roles[i], rules->own))
			continue;
		add_envelope(trusted, rules, roles[i], p);
		if (ms_recipients_has(p, roles[i], rules->own))
			continue;
		resent = resent || roles[i] == MS_PARTY_RECIPIENT;
		add_fields(header, roles[i], resent, p);
	}
}
