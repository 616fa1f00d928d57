/* assign.c - which users get a message, by the addresses of its parties. */
#include "assign.h"
#include "owner.h"

#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

/* ---- users and settings ---- */

struct wish {
	struct ms_account want;
	const char *aliases;
	bool delete;
};

static int
do_wish(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	const struct wish *w = ctx;
	struct ms_settings s = {0};
	struct ms_account u = {0};
	uint64_t number;
	bool changed;
	int rc;

	if (w->aliases != NULL) {
		rc = ms_settings_get_in(ms_change_txn(ch), &s, err);
		if (rc == 0)
			rc = ms_alias_domains_parse(w->aliases, &s.lists, err);
		s.alias_domains = ms_buf_slice(&s.lists);
		if (rc == 0)
			rc = ms_settings_set(ch, &s, &changed, err);
		ms_settings_release(&s);
		return rc;
	}
	if (!w->delete)
		return ms_account_add(ch, &w->want,
		    MS_SET_ADDRESSES | MS_SET_DISABLED, &number, err);
	rc = ms_account_find_in(ms_change_txn(ch), w->want.name, &u, err);
	if (rc == 1)
		rc = ms_account_delete(ch, u.number, err);
	ms_account_release(&u);
	return rc;
}

static void
wish(struct ms_archive *a, const struct wish *w)
{
	struct ms_err err = {0};

	if (ms_archive_change(a, NULL, do_wish, (void *)w, &err) < 0)
		ok(false, "%s", err.msg);
}

#define LIST(s) ((struct ms_slice){(const unsigned char *)(s), sizeof(s)})

static void
add(struct ms_archive *a, const char *name, struct ms_slice addresses,
    bool disabled)
{
	wish(a, &(struct wish){.want = {.name = name,
				   .addresses = addresses,
				   .disabled = disabled}});
}

/* ---- tables ---- */

/* Senders begin with "<". A user is printed with the folder, and an address
 * that differs from the party's. */
static const struct {
	const char *parties, *want, *what;
} rows[] = {
    {"anna@x.example", "anna:anna@x.example/Inbox", "an address"},
    {"ANNA@X.EXAMPLE", "anna:anna@x.example/Inbox", "in any case"},
    {"a@y.example", "anna:anna@x.example/Inbox",
	"a further address: the folder has the primary one"},
    {"a@y.example anna@x.example", "anna:anna@x.example/Inbox",
	"two addresses of a user"},
    {"<anna@x.example bob@x.example",
	"anna:anna@x.example/Sent Items,bob:bob@x.example/Inbox",
	"a sender and a recipient"},
    {"<anna@x.example anna@x.example",
	"anna:anna@x.example/Sent Items,anna:anna@x.example/Inbox",
	"both at once"},
    {"none@x.example bob@x.example", "bob:bob@x.example/Inbox",
	"an unknown address beside a known one"},
    {"none@x.example <x@z.example", "", "unknown addresses"},
    {"anna+news@x.example", "anna:anna@x.example/Inbox", "a sub-address"},
    {"anna+a+b@x.example", "anna:anna@x.example/Inbox", "with two tags"},
    {"bob+list@x.example", "carl:c@x.example/Inbox",
	"an exact address takes precedence"},
    {"bob+other@x.example", "bob:bob@x.example/Inbox", "another tag"},
    {"+anna@x.example", "", "a tag alone"},
    {"info@m\xc3\xbcnchen.example", "dora:info@xn--mnchen-3ya.example/Inbox",
	"an IDN in Unicode"},
    {"info@xn--mnchen-3ya.example", "dora:info@xn--mnchen-3ya.example/Inbox",
	"an IDN in ASCII"},
    {"info@M\xc3\x9cNCHEN.example", "dora:info@xn--mnchen-3ya.example/Inbox",
	"an IDN in capitals"},
    {"bob@old.example", "bob:bob@x.example/Inbox", "an alias domain"},
    {"bob+list@old.example", "carl:c@x.example/Inbox",
	"an exact address in an alias domain"},
    {"anna+x@OLD.example", "anna:anna@x.example/Inbox",
	"a sub-address in an alias domain"},
    {"carl@old.example", "carl:c@x.example/Inbox",
	"an exact address before its alias"},
    {"bob@m\xc3\xbc.example", "bob:bob@x.example/Inbox",
	"an alias domain that is an IDN"},
    {"bob@x.example.", "bob:bob@x.example/Inbox", "a dot at the end"},
    {"journal@x.example", "", "an own address that a user has, too"},
    {"off@x.example", "off:off@x.example/Inbox", "a disabled user"},
    {"gone@x.example", "", "a deleted user"},
    {"a/b@x.example", "slash:a\\/b@x.example/Inbox",
	"a slash does not begin a level of folders"},
    {"anna@x.example.org anna.x.example @ x", "", "no users"},
};

static void
read_parties(const char *s, struct ms_parties *p)
{
	enum ms_party_role role;
	size_t n;

	ms_parties_clear(p);
	for (; *s != '\0'; s += n + (s[n] == ' ')) {
		role = *s == '<' ? MS_PARTY_SENDER : MS_PARTY_RECIPIENT;
		s += *s == '<';
		n = strcspn(s, " ");
		ms_parties_add(p, role,
		    (struct ms_slice){(const unsigned char *)s, n}, "test");
	}
}

static void
print_users(const struct ms_assignment *as, struct ms_buf *out)
{
	struct ms_assigned one;

	ms_buf_clear(out);
	for (size_t i = 0; i < as->n; i++) {
		one = ms_assigned_at(as, i);
		ms_buf_printf(
		    out, "%s%s:%s", i > 0 ? "," : "", one.user, one.folder);
	}
}

static void
assigns(struct ms_archive *a)
{
	struct ms_address_set own = {0};
	const struct ms_assign_rules rules = {
	    MS_SENT_PATTERN, MS_RECEIVED_PATTERN, &own};
	struct ms_assignment as = {0};
	struct ms_parties p = {0};
	struct ms_buf got = {0};
	struct ms_err err = {0};

	ms_address_set_add(&own, "journal@x.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_parties(rows[i].parties, &p);
		if (ms_assign(a, &p, &rules, &as, &err) < 0)
			ok(false, "%s", err.msg);
		print_users(&as, &got);
		ok(strcmp(ms_buf_str(&got), rows[i].want) == 0, "%s: %s",
		    rows[i].what, ms_buf_str(&got));
	}
	ms_address_set_release(&own);
	ms_assignment_release(&as);
	ms_parties_release(&p);
	ms_buf_release(&got);
}

/* The row tells which address has matched, and why. */
static void
gives_reasons(struct ms_archive *a)
{
	const struct ms_assign_rules rules = {"S", "{address}/{address}", NULL};
	struct ms_assignment as = {0};
	struct ms_parties p = {0};
	struct ms_assigned one;

	read_parties("<a@y.example anna+1@x.example", &p);
	ok(ms_assign(a, &p, &rules, &as, NULL) == 0 && as.n == 2, "two rows");
	one = ms_assigned_at(&as, 0);
	ok(one.sent && strcmp(one.address, "a@y.example") == 0 &&
		strcmp(one.why, "test") == 0 && strcmp(one.folder, "S") == 0,
	    "the sender");
	one = ms_assigned_at(&as, 1);
	ok(!one.sent && strcmp(one.address, "anna+1@x.example") == 0 &&
		strcmp(one.folder, "anna@x.example/anna@x.example") == 0,
	    "the recipient");
	ms_assignment_release(&as);
	ms_parties_release(&p);
}

/* What another process changes counts for the next message. */
static void
sees_changes(struct ms_archive *a)
{
	const struct ms_assign_rules rules = {
	    MS_SENT_PATTERN, MS_RECEIVED_PATTERN, NULL};
	struct ms_assignment as = {0};
	struct ms_parties p = {0};

	read_parties("new@x.example", &p);
	ms_assign(a, &p, &rules, &as, NULL);
	ok(as.n == 0, "an address is unknown");
	add(a, "new", LIST("new@x.example"), false);
	ms_assign(a, &p, &rules, &as, NULL);
	ok(as.n == 1, "it is known when a user has it");
	ms_assignment_release(&as);
	ms_parties_release(&p);
}

static void
checks_patterns(void)
{
	struct ms_err err = {0};
	char longer[MS_PATTERN_MAX + 2];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ok(ms_assign_pattern_ok("a/{address}", NULL) == 0 &&
		ms_assign_pattern_ok("In}box", NULL) == 0,
	    "patterns");
	ok(ms_assign_pattern_ok("", &err) < 0 && err.code == MS_USAGE,
	    "an empty pattern");
	ok(ms_assign_pattern_ok("{user}", NULL) < 0, "an unknown name");
	ok(ms_assign_pattern_ok("\xff", NULL) < 0, "not UTF-8");
	ok(ms_assign_pattern_ok(longer, NULL) < 0, "a long pattern");
}

/* ---- the first level of a folder ---- */

static const struct {
	const char *folder, *level, *rest, *user;
} folders[] = {{"anna/Inbox/2024", "anna", "Inbox/2024", "anna"},
    {"anna", "anna", "", "anna"}, {"anna/", "anna", "", "anna"},
    {"/anna", "", "anna", ""}, {"", "", "", ""},
    {"Anna/Inbox", "Anna", "Inbox", ""},
    {"bob@x.example/Inbox", "bob@x.example", "Inbox", "bob"},
    {"BOB@old.example/Inbox", "BOB@old.example", "Inbox", "bob"},
    {"bob+tag@x.example", "bob+tag@x.example", "", "bob"},
    {"a\\/b@x.example/In\\/box", "a/b@x.example", "In\\/box", "slash"},
    {"a\\\\/b", "a\\", "b", ""}, {"a\\x01/b", "a\\x01", "b", ""},
    {"off/x", "off", "x", "off"}, {"gone/x", "gone", "x", ""},
    {"gone@x.example", "gone@x.example", "", ""}, {"none/x", "none", "x", ""},
    {"a\\", "a\\", "", ""}};

static void
names_owners(struct ms_archive *a)
{
	struct ms_buf level = {0}, user = {0};
	const char *rest;
	int got;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		rest = ms_owner_split(folders[i].folder, &level);
		ok(strcmp(ms_buf_str(&level), folders[i].level) == 0 &&
			strcmp(rest, folders[i].rest) == 0,
		    "the levels of \"%s\": \"%s\", \"%s\"", folders[i].folder,
		    ms_buf_str(&level), rest);
		got = ms_owner_find(a, ms_buf_str(&level), &user, NULL);
		ok(got == (folders[i].user[0] != '\0') &&
			strcmp(ms_buf_str(&user), folders[i].user) == 0,
		    "  its user: \"%s\"", ms_buf_str(&user));
	}
	ms_buf_release(&level);
	ms_buf_release(&user);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;

	if (scratch_make(dir) == NULL || chdir(dir) < 0)
		return 1;
	if (ms_archive_init("arc", "alice", NULL) < 0 ||
	    ms_archive_open(&a, "arc", MS_ARCHIVE_WRITE, NULL) < 0)
		return 1;
	add(a, "anna", LIST("anna@x.example\0a@y.example"), false);
	add(a, "bob", LIST("bob@x.example"), false);
	add(a, "carl",
	    LIST("c@x.example\0bob+list@x.example\0carl@old.example"), false);
	add(a, "carla", LIST("carl@x.example"), false);
	add(a, "dora", LIST("info@xn--mnchen-3ya.example"), false);
	add(a, "off", LIST("off@x.example"), true);
	add(a, "gone", LIST("gone@x.example"), false);
	add(a, "slash", LIST("a/b@x.example"), false);
	add(a, "jo", LIST("journal@x.example"), false);
	wish(a, &(struct wish){.want = {.name = "gone"}, .delete = true});
	wish(a, &(struct wish){.aliases = "old.example=x.example "
					  "xn--m-eha.example=X.Example"});
	assigns(a);
	gives_reasons(a);
	sees_changes(a);
	checks_patterns();
	names_owners(a);
	ms_archive_close(a);
	scratch_remove(dir);
	return done();
}
