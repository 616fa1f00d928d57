/* profile.c - tests lib/jobs/profile*.c: valid texts, invalid texts and their
 * messages, text that is written. */
#include "profile.h"

#include <stdlib.h>
#include <string.h>
#include "ini.h"
#include "tap.h"

/* Some options of ms-fetch. */
static bool
fetch(const char *name, bool *argument, bool *many, struct ms_nearest *near)
{
	(void)near;
	static const char *const words[] = {"login", "authzid", "master",
	    "password-file", "password-command", "token-command", "max-time",
	    "timeout", "since", NULL};

	*argument = true;
	*many = strcmp(name, "folder") == 0 || strcmp(name, "exclude") == 0;
	if (*many)
		return true;
	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	*argument = false;
	return strcmp(name, "all-folders") == 0;
}

static int
parse(struct ms_profile *p, const char *text, struct ms_err *err)
{
	return ms_profile_parse(p, ms_slice_str(text), fetch, err);
}

#define ACCOUNT "kind = mailbox\nurl = imaps://a@h/\nuser = a\n"
#define MAILBOX ACCOUNT "password = secret:a\n"
#define BATCH                                                                  \
	"kind = batch\nurl = imaps://m@h/\npassword = secret:m\nusers = all\n"
#define CSV "kind = csv\nurl = imaps://h/\nfile = /x.csv\n"
#define EXPORT "kind = export\noutput = /x\n"

/* Invalid profiles, and their messages. */
static const struct {
	const char *text, *says;
} bad[] = {
    /* INI */
    {"", "line 1: the key 'kind' is missing"},
    {"; nothing\n", "line 1: the key 'kind' is missing"},
    {"kind = mailbox\nurl\n", "line 2: not a line of the form key = value"},
    {"= mailbox\n", "line 1: no key"},
    {"kind =\n", "line 1: kind: no value"},
    {"kind = ; a comment\n", "line 1: kind: no value"},
    {"[mailbox]\nkind = mailbox\n",
	"line 1: a section such as [account work] is not allowed here"},
    {"kind = mailbox\n  url = x\n", "line 2: begins with a blank; remove it"},
    {"kind = mail\xff"
     "box\n",
	"line 1: not UTF-8"},
    {"kind = mail\x01"
     "box\n",
	"line 1: contains a control character"},
    {"kind = mailbox\r\nurl = a\rb\r\n",
	"line 2: contains a control character"},
    {MAILBOX
	"folder = " /* longer than a piece */
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789 ; comment\n",
	"line 5: comment in a line of more than 150 bytes; write it "
	"in a line of its own"},
    /* keys */
    {"kind = postbox\n",
	"line 1: unknown kind 'postbox' (try mailbox, batch, csv, "
	"multidrop, files, export)"},
    {"Kind = mailbox\n", "line 1: unknown key 'Kind' (did you mean 'kind'?)"},
    {MAILBOX "\nfoldr = x\n", "line 6: unknown key 'foldr'"},
    {MAILBOX "report = /x\n", "line 5: unknown key 'report'"},
    {MAILBOX "user = b\n", "line 5: user is in line 3 too"},
    {MAILBOX "timeout = 1\ntimeout = 2\n", "line 6: timeout is in line 5 too"},
    {MAILBOX "all-folders = perhaps\n",
	"line 5: all-folders: must be yes or no"},
    {"kind = mailbox\n", "line 1: kind = mailbox needs the key 'url'"},
    {"# x\nkind = mailbox\nurl = imaps://a@h/\npassword = secret:a\n",
	"line 2: kind = mailbox needs the key 'user'"},
    {"kind = batch\nurl = imaps://a@h/\npassword = secret:a\n",
	"line 1: kind = batch needs the key 'users'"},
    {"kind = csv\nurl = imaps://h/\n",
	"line 1: kind = csv needs the key 'file'"},
    {"kind = files\nuser = a\n", "line 1: kind = files needs the key 'file'"},
    {"kind = export\n", "line 1: kind = export needs the key 'output'"},
    {MAILBOX "jobs = 4\n", "line 5: jobs does not belong to kind = mailbox"},
    {MAILBOX "query = from:b\n",
	"line 5: query does not belong to kind = mailbox"},
    {BATCH "user = a\n", "line 5: user does not belong to kind = batch"},
    {EXPORT "folder = INBOX\n",
	"line 3: folder does not belong to kind = export"},
    {EXPORT "delete-archived = yes\n",
	"line 3: delete-archived does not belong to kind = export"},
    /* passwords: what stands there is not repeated */
    {ACCOUNT, "line 1: no password (try password = secret:NAME, "
	      "password-file, password-command or token-command)"},
    {ACCOUNT "password = hunter2\n",
	"line 4: password: a profile cannot contain a password; "
	"write secret:NAME and run ms-profile secret NAME"},
    {ACCOUNT "password = secret:\n",
	"line 4: password: invalid name of a secret (use letters, "
	"digits and ._-@+)"},
    {ACCOUNT "password = secret:../x\n",
	"line 4: password: invalid name of a secret (use letters, "
	"digits and ._-@+)"},
    {MAILBOX "password-file = /x\n",
	"line 5: password-file and password exclude each other"},
    {ACCOUNT "token-command = x\npassword-command = y\n",
	"line 5: password-command and token-command exclude each "
	"other"},
    {ACCOUNT "password-command = pass a ; echo b\n",
	"line 4: password-command: a ';' after a blank begins a "
	"comment, so the command would be cut off"},
    {ACCOUNT "password-file = secret.txt\n",
	"line 4: password-file: the path must begin with /, because it is "
	"used in any folder"},
    {CSV "password-file = /x\n",
	"line 4: password-file: the file of kind = csv has the "
	"passwords"},
    {CSV "login = a\n", "line 4: login: the file of kind = csv has the logins"},
    {CSV "password = secret:x\n",
	"line 4: password does not belong to kind = csv"},
    /* batches */
    {BATCH "authzid = a\n",
	"line 5: authzid: each user of a batch has one; use mailbox"},
    {BATCH "mailbox = number\n", "line 5: mailbox: must be address or name"},
    {BATCH "users = bob\n", "line 4: users: all and names exclude each other"},
    {"kind = batch\nurl = imaps://m@h/\npassword = secret:m\nusers = a\n"
     "except = b\n",
	"line 5: except and users exclude each other"},
    {BATCH "jobs = 0\n", "line 5: jobs: '0' is not a number from 1 to 256"},
    {BATCH "jobs = 257\n", "line 5: jobs: '257' is not a number from 1 to 256"},
    {BATCH "jobs = 4x\n", "line 5: jobs: '4x' is not a number from 1 to 256"},
    {BATCH "jobs = -1\n", "line 5: jobs: '-1' is not a number from 1 to 256"},
    /* schedules */
    {MAILBOX "schedule = daily 25:00\n",
	"line 5: schedule: '25:00' is not a time (HH:MM)"},
    {BATCH "schedule = continuous\n",
	"line 5: schedule = continuous needs kind = mailbox or "
	"multidrop"},
    {MAILBOX "schedule = continuous\nmax-time = 60\n",
	"line 6: max-time and schedule exclude each other"},
    /* deleting */
    {MAILBOX "delete-older-than = 90d\n",
	"line 5: delete-older-than needs delete-archived = yes"},
    {MAILBOX "delete-archived = no\narchived-before = 7d\n",
	"line 6: archived-before needs delete-archived = yes"},
    /* files */
    {CSV "file = /y.csv\n", "line 3: file: kind = csv has only one file"},
    {"kind = files\nuser = a\nfile = mbox\n",
	"line 3: file: the path must begin with /, because it is "
	"used in any folder"},
    {"kind = export\noutput = out\n",
	"line 2: output: the path must begin with /, because it is "
	"used in any folder"},
};

static void
test_bad(void)
{
	struct ms_profile p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ms_err err = {0};

		ok(parse(&p, bad[i].text, &err) < 0 && err.code == MS_USAGE &&
			strcmp(err.msg, bad[i].says) == 0 && p.items == NULL,
		    "%s", err.msg);
		ms_profile_release(&p);
	}
}

static const char good[] = "\xef\xbb\xbf# Nightly, for all of sales.\r\n"
			   "kind: batch ; one login\r\n"
			   "url=imaps://archiver@imap.example.org/\n"
			   "\n"
			   ";password = hunter2\n"
			   "password = secret:archiver\n"
			   "users = all\n"
			   "except = bob\nexcept = carol jones\n"
			   "mailbox = name\n"
			   "jobs = 8\t; at once\n"
			   "folder = a;b # c\n"
			   "folder = [Gmail]/x = y\n"
			   "all-folders = YES\n"
			   "timeout = 5\n"
			   "delete-archived = on\n"
			   "delete-older-than = 90d\n"
			   "schedule = daily 03:00";

static void
test_good(void)
{
	struct ms_err err = {0};
	struct ms_profile p;
	size_t at = 0;
	bool all = true;

	ok(parse(&p, good, &err) == 0,
	    "a profile of the kind batch is parsed: %s", err.msg);
	ok(p.kind == MS_PROFILE_BATCH && p.jobs == 8 && p.deletes &&
		p.all_users && p.by_user_name,
	    "the kind and the values are found");
	ok(p.secret != NULL && strcmp(p.secret, "archiver") == 0,
	    "the name of the secret is found");
	ok(p.schedule.kind == MS_SCHEDULE_TIMES && p.schedule.hours == 8,
	    "the schedule is found");
	ok(strcmp(ms_profile_value(&p, "url"),
	       "imaps://archiver@imap.example.org/") == 0,
	    "the URL is found");
	ok(ms_profile_line(&p, "url") == 3 && ms_profile_line(&p, "x") == 0,
	    "lines are counted");
	ok(strcmp(ms_profile_next(&p, "folder", &at), "a;b # c") == 0,
	    "a comment needs a blank and a semicolon");
	ok(strcmp(ms_profile_next(&p, "folder", &at), "[Gmail]/x = y") == 0,
	    "bytes that a value may contain");
	ok(ms_profile_next(&p, "folder", &at) == NULL,
	    "there is no third folder");
	ok(strcmp(ms_profile_value(&p, "all-folders"), "") == 0,
	    "a switch is found");
	at = 0;
	ok(strcmp(ms_profile_next(&p, "except", &at), "bob") == 0 &&
		strcmp(ms_profile_next(&p, "except", &at), "carol jones") == 0,
	    "several values of a key are found");
	for (size_t i = 0; i < p.count; i++) {
		const char *key = p.items[i].key;
		enum ms_profile_for want = MS_FOR_PROFILE;

		if (strcmp(key, "folder") == 0 || strcmp(key, "timeout") == 0 ||
		    strcmp(key, "all-folders") == 0)
			want = MS_FOR_FETCH;
		if (strcmp(key, "delete-older-than") == 0)
			want = MS_FOR_REMOVE;
		all = all && p.items[i].use == want;
	}
	ok(all, "each key is for the right tool");
	ms_profile_release(&p);

	ok(parse(&p, MAILBOX "all-folders = no\nschedule = continuous\n",
	       &err) == 0 &&
		ms_profile_value(&p, "all-folders") == NULL &&
		p.schedule.kind == MS_SCHEDULE_CONTINUOUS && p.jobs == 4,
	    "a profile of the kind mailbox is parsed: %s", err.msg);
	ms_profile_release(&p);
}

/* Values of every length are read back unchanged: libinih would split them. */
static void
test_long(void)
{
	static char value[MS_INI_VALUE_MAX + 1];
	struct ms_err err = {0};
	struct ms_profile p = {0};
	size_t n, wrong = 0;

	for (n = 1; n < 1200; n++) {
		struct ms_buf text = {0};

		/* Blanks, what looks like comments and sections, UTF-8. */
		for (size_t i = 0; i + 1 < n; i++)
			value[i] = "ab c#[d;\xc3\xa9 #=:"[i % 14];
		if (n > 1 && value[n - 2] == '\xc3')
			value[n - 2] = 'x';
		value[0] = value[n - 1] = 'z';
		value[n] = '\0';
		ms_buf_add_str(&text, MAILBOX);
		wrong += ms_profile_write(&text, "folder", value, &err) < 0 ||
			 ms_profile_parse(
			     &p, ms_buf_slice(&text), fetch, &err) < 0 ||
			 strcmp(ms_profile_value(&p, "folder"), value) != 0;
		ms_profile_release(&p);
		ms_buf_release(&text);
	}
	ok(wrong == 0, "values of 1 to 1199 bytes come back: %s", err.msg);

	memset(value, ' ', 400);
	value[0] = value[400] = 'z';
	value[401] = '\0';
	n = 0;
	for (size_t pass = 0; pass < 2; pass++) {
		struct ms_buf text = {0};

		ms_buf_printf(&text, "%sfolder = %s\n", MAILBOX, value);
		n += ms_profile_parse(&p, ms_buf_slice(&text), fetch, &err) < 0;
		ms_profile_release(&p);
		ms_buf_release(&text);
		memset(value, 'x', MS_INI_VALUE_MAX);
	}
	ok(n == 2 && strstr(err.msg, "longer than 8192 bytes") != NULL,
	    "a line that cannot be read completely is refused");
}

static void
test_write(void)
{
	static const char *const refused[] = {"", " a", "a ", "\ta", "a\nb",
	    "a\rb", ";a", "a ;b", "a\t;b", "\x7f", "\xff"};
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		ok(ms_profile_write(&out, "k", refused[i], NULL) < 0,
		    "a value that INI cannot represent is refused, %zu", i);
	ok(out.n == 0, "nothing is written");
	ok(ms_profile_write(&out, "k", "a;b = #c", NULL) == 0 &&
		strcmp(ms_buf_str(&out), "k = a;b = #c\n") == 0,
	    "a line is written");
	ms_buf_release(&out);
}

/* Keys that have words of their own: a user can have such a name, too. */
static void
test_rename_words(void)
{
	static const struct {
		const char *text, *from, *want;
	} rows[] = {
	    {"unknown = eve\nown-address = eve\n", "eve",
		"unknown = x\nown-address = eve\n"},
	    {"unknown = leave\n", "leave", "unknown = leave\n"},
	    {"unknown = catchall\n", "catchall", "unknown = catchall\n"},
	    {"users = all\nexcept = all\n", "all", "users = all\nexcept = x\n"},
	    {"user = leave\n", "leave", "user = x\n"},
	};
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms_buf_clear(&out);
		ms_profile_rename_user(
		    &out, ms_slice_str(rows[i].text), rows[i].from, "x");
		ok(strcmp(ms_buf_str(&out), rows[i].want) == 0,
		    "a user is renamed, but not a word, %zu", i);
	}
	ms_buf_release(&out);
}

static void
test_rename(void)
{
	static const char text[] =
	    "kind = batch\n; users = use\nusers = user\nlogin = use\n"
	    "except=use ; he left\r\nexcept : use\nexcept = user2\n"
	    "user = use";
	static const char want[] =
	    "kind = batch\n; users = use\nusers = user\nlogin = use\n"
	    "except=Ann B ; he left\r\nexcept : Ann B\nexcept = user2\n"
	    "user = Ann B";
	struct ms_buf out = {0};

	ok(ms_profile_rename_user(&out, ms_slice_str(text), "use", "Ann B") ==
		    3 &&
		strcmp(ms_buf_str(&out), want) == 0,
	    "a user is renamed, and the other bytes do not change");
	ms_buf_clear(&out);
	ok(ms_profile_rename_user(&out, ms_slice_str(text), "use", "a ;b") ==
		    0 &&
		strcmp(ms_buf_str(&out), text) == 0,
	    "a new name that INI cannot represent is refused");
	ms_buf_clear(&out);
	ok(ms_profile_rename_user(&out, ms_slice_str(want), "use", "x") == 0 &&
		strcmp(ms_buf_str(&out), want) == 0,
	    "a name that no key has changes nothing");
	test_rename_words();
	ms_buf_release(&out);
}

int
main(void)
{
	test_good();
	test_bad();
	test_long();
	test_write();
	test_rename();
	ok(ms_profile_secret_ok("a.b-c@d") && !ms_profile_secret_ok("") &&
		!ms_profile_secret_ok(".a") && !ms_profile_secret_ok("a/b"),
	    "names of secrets are accepted or refused");
	return done();
}
