/*
 * account.c - users are created, changed, deleted and restored; names and
 * addresses belong to one user; the settings; the history; the rebuilt index.
 */
#include "account.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive-writer.h"
#include "history.h"
#include "ingest.h"
#include "scratch.h"
#include "tap.h"

/* The only action of a change. */
struct wish {
	enum {
		ADD,
		SET,
		DELETE
	} what;
	uint64_t number;
	struct ms_account want;
	unsigned set, changed;
};

static int
do_wish(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	struct wish *w = ctx;

	switch (w->what) {
	case ADD:
		return ms_account_add(ch, &w->want, w->set, &w->number, err);
	case SET:
		return ms_account_set(
		    ch, w->number, &w->want, w->set, &w->changed, err);
	default:
		return ms_account_delete(ch, w->number, err);
	}
}

#define LIST(s) ((struct ms_slice){(const unsigned char *)(s), sizeof(s)})

static enum ms_code
add(struct ms_archive *a, const char *name, struct ms_slice addresses,
    uint64_t *number)
{
	struct wish w = {.what = ADD,
	    .want = {.name = name, .addresses = addresses},
	    .set = MS_SET_ADDRESSES};
	struct ms_err err = {0};

	ms_archive_change(a, NULL, do_wish, &w, &err);
	if (number != NULL)
		*number = w.number;
	return err.code;
}

static enum ms_code
set(struct ms_archive *a, uint64_t number, struct ms_account want,
    unsigned bits, unsigned *changed)
{
	struct wish w = {
	    .what = SET, .number = number, .want = want, .set = bits};
	struct ms_err err = {0};

	ms_archive_change(a, "alice", do_wish, &w, &err);
	if (changed != NULL)
		*changed = w.changed;
	return err.code;
}

static enum ms_code delete (struct ms_archive *a, uint64_t number) {
	struct wish w = {.what = DELETE, .number = number};
	    struct ms_err err = {0};

	    ms_archive_change(a, NULL, do_wish, &w, &err); return err.code;
}

/* The number of the user who logs in with this name, or 0. */
static uint64_t
login(struct ms_archive *a, const char *name)
{
	struct ms_account u = {0};
	int got = ms_account_login(a, name, &u, NULL);
	uint64_t number = got == 1 ? u.number : (uint64_t)got;

	ms_account_release(&u);
	return number;
}

static void
names(struct ms_archive *a)
{
	uint64_t bob = 0, eve = 0, n;
	unsigned changed;
	struct ms_account u = {0};

	ok(add(a, "bob", LIST("Bob@Example.org\0b@x.org"), &bob) == MS_OK,
	    "bob is created");
	ok(bob != 0 && login(a, "bob") == bob, "bob is found by name");
	ok(login(a, "bOB@example.ORG") == bob && login(a, "b@x.org") == bob,
	    "bob is found by address, in any case");
	ok(add(a, "bob", (struct ms_slice){0}, NULL) == MS_EXISTS,
	    "an existing name is refused");
	ok(add(a, "eve", LIST("e@x.org\0B@X.org"), NULL) == MS_EXISTS &&
		login(a, "eve") == 0 && login(a, "e@x.org") == 0,
	    "an address of another user is refused, and the user is not "
	    "created");
	ok(add(a, "eve", LIST("e@x.org\0E@x.org\0f@x.org"), &eve) == MS_OK,
	    "other addresses are accepted");
	ms_account_get(a, eve, &u, NULL);
	ok(ms_list_count(u.addresses) == 2, "a duplicate address is removed");
	ok(set(a, eve, (struct ms_account){.addresses = u.addresses},
	       MS_SET_ADDRESSES, &changed) == MS_OK &&
		changed == 0,
	    "the same addresses are no change");
	ms_account_release(&u);
	ok(set(a, bob, (struct ms_account){.addresses = LIST("b@x.org")},
	       MS_SET_ADDRESSES, &changed) == MS_OK &&
		changed == MS_SET_ADDRESSES && login(a, "b@x.org") == bob &&
		login(a, "bob@example.org") == 0,
	    "an address can be used after another user has lost it");
	ok(set(a, eve, (struct ms_account){.pop3_names = LIST("B@X.org")},
	       MS_SET_POP3_NAMES, NULL) == MS_OK &&
		login(a, "b@x.org") == bob,
	    "a POP3 name may equal an address, which is preferred");
	ok(set(a, eve, (struct ms_account){.name = "bob"}, MS_SET_NAME, NULL) ==
		MS_EXISTS,
	    "a rename to the name of another user is refused");
	ok(set(a, eve, (struct ms_account){.name = "eva"}, MS_SET_NAME, NULL) ==
		    MS_OK &&
		login(a, "eva") == eve && login(a, "eve") == 0,
	    "a rename to an unused name");
	ok(add(a, "eve", (struct ms_slice){0}, &n) == MS_OK && n != eve,
	    "the old name is unused");
	ok(set(a, 99999, (struct ms_account){.dn = "x"}, MS_SET_DN, NULL) ==
		MS_NOINPUT,
	    "an unknown user is refused");
}

static void
refused(struct ms_archive *a)
{
	static const char *const addresses[] = {"x", "@x", "x@", "a b@x",
	    "a@x,b@x", "a@x\n", "-a@x", "<a@x>", "\xff@x", "a@x\x7f"};
	static const char *const wrong[] = {
	    "", "a/b", "-a", "a\tb", "\xc0", "@other"};
	char name[MS_USER_MAX + 2];
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct ms_slice list = {(const unsigned char *)addresses[i],
		    strlen(addresses[i]) + 1};

		if (add(a, "refused", list, NULL) != MS_USAGE) {
			all = false;
			ok(false, "the address %zu is accepted or refused", i);
		}
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (add(a, wrong[i], (struct ms_slice){0}, NULL) != MS_USAGE) {
			all = false;
			ok(false, "the name %zu is accepted or refused", i);
		}
	ok(all && login(a, "refused") == 0, "invalid names and addresses");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok(add(a, name, (struct ms_slice){0}, NULL) == MS_USAGE &&
		add(a, name + 1, (struct ms_slice){0}, NULL) == MS_OK,
	    "a name may have 255 bytes");
	ok(add(a, "@catchall", (struct ms_slice){0}, NULL) == MS_OK,
	    "@catchall is a valid name");
}

static void
many(struct ms_archive *a)
{
	struct ms_buf list = {0};
	uint64_t n;
	int i;

	for (i = 0; i < MS_LIST_MAX; i++) {
		ms_buf_printf(&list, "someone.%d@example.com", i);
		ms_buf_add_byte(&list, 0);
	}
	ok(add(a, "many", ms_buf_slice(&list), &n) == MS_OK &&
		login(a, "someone.9999@example.com") == n,
	    "a user has 10,000 addresses");
	ms_buf_add(&list, "o@x", 4);
	ok(set(a, n, (struct ms_account){.addresses = ms_buf_slice(&list)},
	       MS_SET_ADDRESSES, NULL) == MS_USAGE,
	    "one more address is refused");
	ok(delete (a, n) == MS_OK && login(a, "someone.0@example.com") == 0,
	    "a deleted user loses all addresses");
	ms_buf_release(&list);
}

static void
rights(struct ms_archive *a)
{
	unsigned char rows[3 * MS_RIGHT_ROW] = {0};
	struct ms_account u = {0}, want = {.privileges = MS_PRIVILEGE_LOGIN};
	uint64_t alice = login(a, "alice"), bob = login(a, "bob"), on;
	unsigned bits;

	rows[0] = rows[9] = (unsigned char)alice;
	rows[8] = MS_RIGHT_WRITE;
	rows[17] = MS_RIGHT_DELETE;
	rows[26] = 0;
	want.rights = (struct ms_slice){rows, sizeof(rows)};
	ok(set(a, bob, want, MS_SET_RIGHTS | MS_SET_PRIVILEGES, NULL) == MS_OK,
	    "rights are granted");
	ms_account_get(a, bob, &u, NULL);
	ok(ms_account_right_at(&u, 0, &on, &bits) && on == alice &&
		bits == (MS_RIGHT_WRITE | MS_RIGHT_DELETE) &&
		!ms_account_right_at(&u, 1, &on, &bits),
	    "rights are sorted and merged");
	ok(ms_account_may(&u, bob, MS_RIGHT_READ) &&
		!ms_account_may(&u, bob, MS_RIGHT_DELETE) &&
		ms_account_may(&u, alice, MS_RIGHT_DELETE) &&
		!ms_account_may(&u, alice, MS_RIGHT_READ) &&
		ms_account_has(&u, MS_PRIVILEGE_LOGIN) &&
		!ms_account_has(&u, MS_PRIVILEGE_ARCHIVE),
	    "the granted rights are found");
	u.disabled = true;
	ok(!ms_account_may(&u, bob, MS_RIGHT_READ) &&
		!ms_account_has(&u, MS_PRIVILEGE_LOGIN),
	    "a disabled user has no rights");
	ms_account_release(&u);
	rows[0] = 77;
	ok(set(a, bob, want, MS_SET_RIGHTS, NULL) == MS_USAGE,
	    "a right on an unknown user is refused");
	ms_account_get(a, alice, &u, NULL);
	ok(ms_account_may(&u, bob, MS_RIGHT_DELETE) &&
		ms_account_has(&u, MS_PRIVILEGE_ARCHIVE),
	    "the first user may do everything");
	ms_account_release(&u);
}

static void
result(void *ctx, const struct ms_deposit *d, struct ms_slice where)
{
	(void)where;
	*(bool *)ctx = d->outcome != MS_OUTCOME_FAILED;
}

static bool
put_mail(struct ms_archive *a, const char *user, bool create, const char *text)
{
	struct ms_spec spec = {.where = "here"};
	bool fine = false;
	struct ms_ingest *in = ms_ingest_new(a, 1, result, &fine);

	spec.dest = ms_ingest_dest(in, user, "local:", "INBOX", NULL, create);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, (const unsigned char *)text, strlen(text), NULL);
	ms_ingest_end(in, NULL);
	ms_ingest_finish(in, NULL);
	return fine;
}

static void
deleted(struct ms_archive *a)
{
	uint64_t bob = login(a, "bob"), n;
	struct ms_account u = {0};

	ok(put_mail(a, "bob", false, "Subject: 1\n\n1\n"),
	    "mail for a user is accepted");
	ok(delete (a, bob) == MS_OK, "bob is deleted");
	ok(delete (a, bob) == MS_NOINPUT,
	    "a deleted user cannot be deleted again");
	ok(ms_account_get(a, bob, &u, NULL) == 1 && u.deleted &&
		u.privileges == 0 && u.rights.n == 0 && u.addresses.n == 0 &&
		strcmp(u.name, "bob") == 0,
	    "a deleted user keeps only the name");
	ok(ms_archive_user(a, "bob", &n, NULL) == 1 && n == bob,
	    "readers find a deleted user");
	ok(ms_archive_active_user(a, "bob", &n, NULL) == 0 &&
		!put_mail(a, "bob", false, "Subject: 2\n\n2\n") &&
		!put_mail(a, "bob", false, "Subject: 1\n\n1\n"),
	    "mail for a deleted user is refused");
	ok(set(a, bob, (struct ms_account){.dn = "x"}, MS_SET_DN, NULL) ==
		MS_NOINPUT,
	    "a deleted user cannot be changed");
	ok(put_mail(a, "bob", true, "Subject: 2\n\n2\n") &&
		ms_account_get(a, bob, &u, NULL) == 1 && !u.deleted &&
		u.privileges == 0,
	    "mail restores the user if users may be created, without "
	    "privileges");
	ok(delete (a, bob) == MS_OK &&
		add(a, "bob", LIST("bob@x.org"), &n) == MS_OK && n == bob &&
		login(a, "bob@x.org") == bob,
	    "a deleted user is restored by creating the name again");
	ok(ms_account_get(a, bob, &u, NULL) == 1 &&
		u.privileges == MS_DEFAULT_PRIVILEGES,
	    "a restored user gets the default privileges");
	ok(delete (a, bob) == MS_OK &&
		set(a, bob, (struct ms_account){.name = "bob.old"}, MS_SET_NAME,
		    NULL) == MS_OK &&
		add(a, "bob", (struct ms_slice){0}, &n) == MS_OK && n != bob,
	    "a deleted user can be renamed");
	ms_account_release(&u);
}

static int
do_settings(void *ctx, struct ms_change *ch, struct ms_err *err)
{
	bool changed;

	return ms_settings_set(ch, ctx, &changed, err);
}

static void
settings(struct ms_archive *a)
{
	struct ms_settings s = {0};
	struct ms_account u = {0};
	uint64_t n = 0;

	ok(ms_settings_get(a, &s, NULL) == 0 &&
		s.default_privileges == MS_DEFAULT_PRIVILEGES &&
		s.directory_timeout == MS_DIRECTORY_TIMEOUT,
	    "the settings have default values");
	s.default_privileges = 0;
	s.directory_url = "ldaps://ldap.example.org";
	ok(ms_archive_change(a, NULL, do_settings, &s, NULL) == 0 &&
		ms_settings_get(a, &s, NULL) == 0 &&
		s.default_privileges == 0 &&
		s.default_privileges_synced == MS_DEFAULT_PRIVILEGES_SYNCED &&
		strcmp(s.directory_url, "ldaps://ldap.example.org") == 0,
	    "settings are changed, also to empty values");
	ok(add(a, "plain", (struct ms_slice){0}, &n) == MS_OK &&
		ms_account_get(a, n, &u, NULL) == 1 && u.privileges == 0,
	    "new users get the changed privileges");
	ms_account_release(&u);
	ms_settings_release(&s);
}

static void
history(struct ms_archive *a)
{
	struct ms_history_select sel = {.class = MS_HISTORY_USERS};
	struct ms_event_row row;
	struct ms_buf json = {0};
	uint64_t last = UINT64_MAX, bob = login(a, "bob.old"), n = 0, m = 0;
	struct ms_history *h = ms_history_open(a, &sel);
	bool down = true;

	while (ms_history_next(h, &row, NULL) == 1) {
		down = down && row.number < last;
		last = row.number;
		n++;
	}
	ms_history_close(h);
	ok(down && n > 20 && last == login(a, "alice"),
	    "the history begins with the newest event");
	sel.forward = true;
	h = ms_history_open(a, &sel);
	while (ms_history_next(h, &row, NULL) == 1)
		m++;
	ms_history_close(h);
	ok(m == n, "the history begins with the oldest event");
	sel.target = bob;
	h = ms_history_open(a, &sel);
	ok(ms_history_next(h, &row, NULL) == 1 && row.number == bob &&
		row.kind == MS_EVENT_USER,
	    "the history of a user begins with its creation");
	ok(ms_history_next(h, &row, NULL) == 1 && row.target == bob &&
		ms_history_read(a, row.number, &json, NULL) == 0 &&
		strstr(ms_buf_str(&json), "\"actor\":\"alice\",\"login\":") !=
		    NULL,
	    "the history names the actor");
	ms_history_close(h);
	ms_buf_release(&json);
}

static void
no_damage(void *ctx, const char *what)
{
	(void)ctx;
	ok(false, "%s", what);
}

static void
anew(struct ms_archive *a)
{
	const struct ms_damage_sink none = {no_damage, NULL};
	struct ms_index *ix = NULL;
	const char *table = "";

	if (ms_archive_lock(a, true, NULL) != 1 ||
	    ms_index_create(&ix, "anew", a->id, NULL) < 0 ||
	    ms_archive_index_all(a, ix, NULL, &none, NULL) < 0) {
		ok(false, "the index is rebuilt");
		return;
	}
	ok(ms_index_equal(a->ix, ix, &table, NULL) == 1,
	    "every table is equal (%s)", table);
	ms_index_close(ix);
	ms_archive_unlock(a);
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
	names(a);
	refused(a);
	many(a);
	rights(a);
	deleted(a);
	settings(a);
	history(a);
	anew(a);
	ms_archive_close(a);
	scratch_remove(dir);
	return done();
}
