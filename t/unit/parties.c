/* parties.c - lists of senders and recipients. */
#include "parties.h"

#include <string.h>
#include "mail.h"
#include "tap.h"

static void
add(struct ms_parties *p, const char *address)
{
	ms_parties_add(p, MS_PARTY_RECIPIENT, ms_slice_str(address), "To");
}

static void
keeps_what_is_added(void)
{
	struct ms_parties p = {0};
	struct ms_party got;

	ms_parties_add(
	    &p, MS_PARTY_SENDER, ms_slice_str("a@example.org"), "From");
	add(&p, "b@example.org");
	add(&p, "b@example.org");
	ok(p.n == 3, "equal addresses are kept");
	got = ms_parties_at(&p, 0);
	ok(got.role == MS_PARTY_SENDER &&
		strcmp(got.address, "a@example.org") == 0 &&
		strcmp(got.why, "From") == 0,
	    "a sender");
	got = ms_parties_at(&p, 2);
	ok(got.role == MS_PARTY_RECIPIENT &&
		strcmp(got.address, "b@example.org") == 0 &&
		strcmp(got.why, "To") == 0,
	    "a recipient");
	ms_parties_clear(&p);
	ok(p.n == 0, "none after clear");
	ms_parties_release(&p);
}

static void
refuses_what_is_no_address(void)
{
	struct ms_parties p = {0};
	char longest[MS_ADDRESS_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[MS_ADDRESS_MAX + 1] = '\0';
	add(&p, "");
	add(&p, "a\nb@example.org");
	add(&p, "a\x7f@example.org");
	add(&p, longest);
	ok(p.n == 0 && p.dropped == 0, "not empty, long, or with controls");
	add(&p, longest + 1);
	add(&p, "a b@example.org");
	ok(p.n == 2, "the longest address, and one with a blank");
	ms_parties_release(&p);
}

static void
has_a_limit(void)
{
	struct ms_parties p = {0};

	for (int i = 0; i < MS_PARTIES_MAX + 2; i++)
		add(&p, "a@example.org");
	ok(p.n == MS_PARTIES_MAX && p.dropped == 2,
	    "what is too much is counted");
	ms_parties_clear(&p);
	ok(p.dropped == 0, "also after clear");
	ms_parties_release(&p);
}

int
main(void)
{
	keeps_what_is_added();
	refuses_what_is_no_address();
	has_a_limit();
	return done();
}
