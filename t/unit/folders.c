/* folders.c - which folders of a mailbox are read, and the reasons. */
#include "folders.h"

#include <string.h>
#include "tap.h"

#define NAMES(a) a, sizeof(a) / sizeof((a)[0])

/* Matches the folders of a mailbox and compares the result, one line for each:
 * "+ name", "- name: why", "= name: why" (read by its label). */
static void
check(const char *what, const struct ms_folders_options *o,
    const struct ms_imap_folder *f, size_t n, const char *want)
{
	static const char sign[] = "-+=";
	struct ms_folder_verdict v[32];
	struct ms_folders *r;
	struct ms_buf got = {0};
	struct ms_err err = {0};

	if (ms_folders_new(&r, o, &err) < 0) {
		ok(false, "%s: %s", what, err.msg);
		return;
	}
	ms_folders_match(r, f, n, v);
	for (size_t i = 0; i < n; i++)
		ms_buf_printf(&got, "%c %s%s%s\n", sign[v[i].mode], f[i].name,
		    v[i].why[0] != '\0' ? ": " : "", v[i].why);
	ok(strcmp(ms_buf_str(&got), want) == 0, "%s", what);
	if (strcmp(ms_buf_str(&got), want) != 0)
		printf("# got:\n%s# wanted:\n%s", ms_buf_str(&got), want);
	ms_buf_release(&got);
	ms_folders_free(r);
}

#define F(n, u)                                                                \
	{                                                                      \
		.name = (char *)(n), .selectable = true, .uses = (u)           \
	}

/* ---- patterns, on names alone ---- */

static const struct {
	const char *pattern, *name;
	bool meets;
} patterns[] = {
    {"Private", "Private", true},
    {"Private", "Private/Example", true},
    {"Private", "INBOX/Private", false},
    {"Private", "Private Stuff", false},
    {"Private", "private", false},
    {"Private/", "Private/Example", true},
    {"Private/.", "Private", true},
    {"Private/.", "Private/Example", false},
    {"A/B", "A/B", true},
    {"Entwürfe", "Entwu\u0308rfe/2020", true},
    {"Entwu\u0308rfe/.", "Entwürfe", true},
    {"A B", "A\u00a0B", true},
    {"AB", "A\u00adB", true},
    {"Entwürfe", "entwürfe", false},
    {"||^Gru\u0308n$", "Grün", true},
    {"||^Gr.n$", "Gru\u0308n", true},
    {"A/B", "A", false},
    {"A/B/.", "A/B/C", false},
    {"inbox", "INBOX", true},
    {"Inbox/x", "INBOX/x", true},
    {"Inbox/x", "INBOX/X", false},
    {"Inbox/.", "INBOX/x", false},
    {"inboxes", "INBOXES", false},
    {"a\\/b", "a\\/b/c", true},
    {"a\\/", "a\\/", true},
    {"a", "a\\/b", false},
    {"Entwürfe", "Entwürfe", true},
    {"||Example", "An Example here", true},
    {"||Example", "example", false},
    {"||^Example$", "Example/x", false},
    {"|i|example", "Private/EXAMPLE", true},
    {"|i|(^|/)Example(/|$)", "a/example/b", true},
    {"|i|(^|/)Example(/|$)", "a/examples", false},
    {"|i|(^|/)Example$", "a/example/b", false},
    {"|i|grün", "GRÜN", true},
    {"||^Gr.n$", "Grün", true},
    {"||^[äöü]$", "ö", true},
    {"||^[\\1]$", "1", true},
    {"|Example", "Example", false},
    {"|Example", "|Example", true},
};

static void
test_patterns(void)
{
	struct ms_imap_folder f = {.selectable = true};
	struct ms_folder_verdict v;
	struct ms_folders *r;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char name[64];
		const char *one[1] = {patterns[i].pattern};
		struct ms_folders_options o = {
		    .include = one, .include_count = 1};

		snprintf(name, sizeof(name), "%s", patterns[i].name);
		f.name = name;
		if (ms_folders_new(&r, &o, NULL) < 0) {
			ok(false, "%s is a pattern", one[0]);
			continue;
		}
		ms_folders_match(r, &f, 1, &v);
		ok((v.mode == MS_FOLDER_READ) == patterns[i].meets, "%s %s %s",
		    one[0], patterns[i].meets ? "means" : "does not mean",
		    name);
		ms_folders_free(r);
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *pattern, *words;
	} bad[] = {
	    {"", "1 to 4096 bytes"},
	    {"||", "regex is empty"},
	    {"|i|", "regex is empty"},
	    {"||(a", "'||(a': "},
	    {"||a[", "'||a[': "},
	    {"\xff", "not UTF-8"},
	    {"||a{1,255}{1,255}{1,20}", "more than 2000 characters"},
	    {"||((a{1,255}b){1,255}c){1,20}", "more than 2000"},
	    {"|i|(a{0,255}){255}", "more than 2000"},
	    {"||(a?){2001,}", "more than 2000"},
	    {"||([[:alpha:]{]{50}|x){50}", "more than 2000"},
	    {"||[]a]{32767}", "more than 2000"},
	    {"||a{99999999999999999999}", "more than 2000"},
	    {"||(.*)(.*)(.*)\\1\\2\\3", "back-references such as \\1"},
	    {"|i|(a)[\\1]x\\9", "back-references such as \\9"},
	    {"||((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+", "more than 2000"},
	};
	struct ms_folders *r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *one[1] = {bad[i].pattern};
		struct ms_folders_options o = {
		    .exclude = one, .exclude_count = 1};
		struct ms_err err = {0};

		ok(ms_folders_new(&r, &o, &err) == -1 && err.code == MS_USAGE &&
			strstr(err.msg, bad[i].words) != NULL,
		    "refused: '%s', %s", i == 5 ? "..." : bad[i].pattern,
		    bad[i].words);
	}
}

/* Repetitions are limited in the sum of all patterns; sets and escapes have
 * none, and deep groups are refused. */
static void
test_repetitions(void)
{
	static const char *const good[] = {"||^.{1,255}$", "||[a{9999}]{3}",
	    "||a\\{9999}", "||{9999}", "||a|{9999}", "||a+b+c+(de)+", "||a)b"};
	const char *both[] = {"||a{1500}", "||b{1500}"};
	struct ms_folders_options o = {.include = both, .include_count = 2};
	char deep[256] = "||";
	struct ms_folders *r;
	struct ms_err err = {0};

	ok(ms_folders_new(&r, &o, &err) == -1 && err.code == MS_USAGE,
	    "the sum of all patterns is limited");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool made, limit;

		o = (struct ms_folders_options){
		    .exclude = &good[i], .exclude_count = 1};
		err.msg[0] = '\0';
		made = ms_folders_new(&r, &o, &err) == 0;
		limit = strstr(err.msg, "more than") != NULL;
		ok(!limit, "within the limit: '%s' %s", good[i], err.msg);
		if (made)
			ms_folders_free(r);
	}
	memset(deep + 2, '(', 120);
	deep[122] = 'a';
	memset(deep + 123, ')', 120);
	both[0] = deep;
	o = (struct ms_folders_options){.exclude = both, .exclude_count = 1};
	ok(ms_folders_new(&r, &o, &err) == -1 &&
		strstr(err.msg, "groups in groups") != NULL,
	    "deep groups are refused");
}

/* ---- all folders of a mailbox ---- */

static void
test_names(void)
{
	static const struct ms_imap_folder listed[] = {
	    F("Archive/Trash", 0),
	    F("Entwürfe", 0),
	    F("GESENDETE ELEMENTE", 0),
	    F("INBOX", 0),
	    F("INBOX/Junk E-mail", 0),
	    F("Outbox", 0),
	    F("Papierkorb", 0),
	    F("Papierkorb/2020", 0),
	    F("Papierkorb-alt", 0),
	    {.name = (char *)"Shelf"},
	    F("Корзина", 0),
	};
	static const char *const trash[] = {"Papierkorb/2020"};
	static const char *const regex[] = {"||."};
	static const char *const some[] = {"INBOX", "Archive"};
	static const char *const junk[] = {"INBOX/Junk E-mail"};

	check("usual names", &(struct ms_folders_options){0}, NAMES(listed),
	    "+ Archive/Trash\n"
	    "- Entwürfe: Drafts by its name\n"
	    "+ GESENDETE ELEMENTE: Sent by its name\n"
	    "+ INBOX\n"
	    "- INBOX/Junk E-mail: Junk by its name\n"
	    "- Outbox: Outbox by its name\n"
	    "- Papierkorb: Trash by its name\n"
	    "- Papierkorb/2020: below 'Papierkorb'\n"
	    "+ Papierkorb-alt\n"
	    "- Shelf: not selectable\n"
	    "- Корзина: Trash by its name\n");
	check("--all-folders, and --exclude for one folder",
	    &(struct ms_folders_options){
		.all = true, .exclude = trash, .exclude_count = 1},
	    NAMES(listed),
	    "+ Archive/Trash\n+ Entwürfe\n"
	    "+ GESENDETE ELEMENTE: Sent by its name\n+ INBOX\n"
	    "+ INBOX/Junk E-mail\n+ Outbox\n+ Papierkorb\n"
	    "- Papierkorb/2020: excluded by 'Papierkorb/2020'\n"
	    "+ Papierkorb-alt\n- Shelf: not selectable\n+ Корзина\n");
	check("a pattern for a folder in Trash selects it",
	    &(struct ms_folders_options){.include = trash, .include_count = 1},
	    listed + 5, 3,
	    "- Outbox: not selected by --folder\n"
	    "- Papierkorb: not selected by --folder\n"
	    "+ Papierkorb/2020\n");
	check("a pattern for all folders does not",
	    &(struct ms_folders_options){.include = regex, .include_count = 1},
	    listed, 2, "+ Archive/Trash\n- Entwürfe: Drafts by its name\n");
	check("--exclude has precedence, and --folder selects what is below",
	    &(struct ms_folders_options){.include = some,
		.include_count = 2,
		.exclude = junk,
		.exclude_count = 1},
	    listed, 5,
	    "+ Archive/Trash\n- Entwürfe: not selected by --folder\n"
	    "- GESENDETE ELEMENTE: not selected by --folder\n+ INBOX\n"
	    "- INBOX/Junk E-mail: excluded by 'INBOX/Junk E-mail'\n");
}

static void
test_uses(void)
{
	static const struct ms_imap_folder listed[] = {
	    F("Bin", MS_USE_TRASH),
	    F("Bin/Old", 0),
	    F("INBOX", MS_USE_JUNK),
	    F("Out/2020", 0),
	    F("Out", MS_USE_SENT),
	    F("Sent", 0),
	    F("Spam", 0),
	    F("Trash", 0),
	};

	check("if SPECIAL-USE gives a use, names do not count for this use",
	    &(struct ms_folders_options){0}, NAMES(listed),
	    "- Bin: Trash by SPECIAL-USE\n"
	    "- Bin/Old: below 'Bin'\n"
	    "+ INBOX\n"
	    "+ Out/2020: Sent, below 'Out'\n"
	    "+ Out: Sent by SPECIAL-USE\n"
	    "+ Sent\n"
	    "+ Spam\n"
	    "+ Trash\n");
	check("--sent-folder names the folder of sent mail",
	    &(struct ms_folders_options){.sent = "Sent"}, NAMES(listed),
	    "- Bin: Trash by SPECIAL-USE\n"
	    "- Bin/Old: below 'Bin'\n"
	    "+ INBOX\n"
	    "+ Out/2020\n"
	    "+ Out\n"
	    "+ Sent: Sent by --sent-folder\n"
	    "+ Spam\n"
	    "+ Trash\n");
}

static void
test_spaces(void)
{
	static const struct ms_imap_folder listed[] = {
	    F("INBOX", 0),
	    {.name = (char *)"Other Users",
		.prefix = 11,
		.space = MS_SPACE_OTHER},
	    {.name = (char *)"Other Users/bob",
		.prefix = 12,
		.space = MS_SPACE_OTHER,
		.selectable = true},
	    {.name = (char *)"Other Users/bob/Trash",
		.prefix = 12,
		.space = MS_SPACE_OTHER,
		.selectable = true},
	    {.name = (char *)"Public/News",
		.prefix = 7,
		.space = MS_SPACE_SHARED,
		.selectable = true},
	    {.name = (char *)"Public/Spam",
		.prefix = 7,
		.space = MS_SPACE_SHARED,
		.selectable = true},
	};
	static const char *const bob[] = {"Other Users/bob"};

	check("the default: only the user's own folders",
	    &(struct ms_folders_options){0}, NAMES(listed),
	    "+ INBOX\n"
	    "- Other Users: not selectable\n"
	    "- Other Users/bob: belongs to another user\n"
	    "- Other Users/bob/Trash: belongs to another user\n"
	    "- Public/News: shared\n"
	    "- Public/Spam: shared\n");
	check("--other-users and --shared",
	    &(struct ms_folders_options){.others = true, .shared = true},
	    NAMES(listed),
	    "+ INBOX\n"
	    "- Other Users: not selectable\n"
	    "+ Other Users/bob\n"
	    "- Other Users/bob/Trash: Trash by its name\n"
	    "+ Public/News\n"
	    "- Public/Spam: Junk by its name\n");
	check("a folder of another user that --folder names",
	    &(struct ms_folders_options){.include = bob, .include_count = 1},
	    NAMES(listed),
	    "- INBOX: not selected by --folder\n"
	    "- Other Users: not selectable\n"
	    "+ Other Users/bob\n"
	    "- Other Users/bob/Trash: Trash by its name\n"
	    "- Public/News: not selected by --folder\n"
	    "- Public/Spam: not selected by --folder\n");
}

/* ---- Gmail ---- */

static const struct ms_imap_folder gmail[] = {
    F("INBOX", 0),
    F("Private", 0),
    F("Work", 0),
    {.name = (char *)"[Gmail]"},
    F("[Gmail]/All Mail", MS_USE_ALL),
    F("[Gmail]/Drafts", MS_USE_DRAFTS),
    F("[Gmail]/Important", MS_USE_IMPORTANT),
    F("[Gmail]/Sent Mail", MS_USE_SENT),
    F("[Gmail]/Spam", MS_USE_JUNK),
    F("[Gmail]/Trash", MS_USE_TRASH),
};

static void
note(void *ctx, size_t i)
{
	ms_buf_printf(ctx, "%s\n", gmail[i].name);
}

static void
test_labels(const struct ms_folders_options *o)
{
	static const struct {
		const char *labels, *in, *why;
	} rows[] = {
	    {"", "", NULL},
	    {"INBOX\n", "INBOX\n", NULL},
	    {"INBOX\nWork\n[Gmail]/Important\n",
		"INBOX\nWork\n[Gmail]/Important\n", NULL},
	    {"INBOX\nPrivate\n", "INBOX\n", NULL},
	    {"Private\n", "", "excluded by 'Private'"},
	    {"Private\n[Gmail]/Important\n", "", "excluded by 'Private'"},
	    {"[Gmail]/Drafts\n", "", "Drafts by SPECIAL-USE"},
	    {"hidden\n", "", NULL},
	    {"hidden\nWork", "Work\n", NULL},
	    {"[Gmail]\n", "", NULL},
	};
	struct ms_folder_verdict v[sizeof(gmail) / sizeof(gmail[0])];
	struct ms_folders *r;

	if (ms_folders_new(&r, o, NULL) < 0)
		return;
	ms_folders_match(r, NAMES(gmail), v);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_buf in = {0};
		const char *why = NULL;
		bool kept = ms_folders_labels(gmail, v,
		    sizeof(gmail) / sizeof(gmail[0]), rows[i].labels, note, &in,
		    &why);

		ok(kept == (rows[i].why == NULL) &&
			strcmp(ms_buf_str(&in), rows[i].in) == 0 &&
			(kept || strcmp(why, rows[i].why) == 0),
		    "labels, row %zu: %s", i, kept ? "kept" : why);
		ms_buf_release(&in);
	}
	ms_folders_free(r);
}

static void
test_gmail(void)
{
	static const char *const private[] = {"Private"};
	static const char *const work[] = {"Work"};
	static const struct ms_folders_options o = {
	    .gmail = true, .exclude = private, .exclude_count = 1};

	check("Gmail: All Mail, and the rest as labels", &o, NAMES(gmail),
	    "= INBOX: a label in '[Gmail]/All Mail'\n"
	    "- Private: excluded by 'Private'\n"
	    "= Work: a label in '[Gmail]/All Mail'\n"
	    "- [Gmail]: not selectable\n"
	    "+ [Gmail]/All Mail\n"
	    "- [Gmail]/Drafts: Drafts by SPECIAL-USE\n"
	    "= [Gmail]/Important: a label in '[Gmail]/All Mail'\n"
	    "= [Gmail]/Sent Mail: Sent by SPECIAL-USE\n"
	    "- [Gmail]/Spam: Junk by SPECIAL-USE\n"
	    "- [Gmail]/Trash: Trash by SPECIAL-USE\n");
	check("Gmail: one label is opened by itself",
	    &(struct ms_folders_options){
		.gmail = true, .include = work, .include_count = 1},
	    gmail, 3,
	    "- INBOX: not selected by --folder\n"
	    "- Private: not selected by --folder\n"
	    "+ Work\n");
	test_labels(&o);
}

static void
test_unmatched(void)
{
	static const char *const names[] = {"INBOX", "Nix", "|i|work", "||x"};
	static const struct ms_folders_options o = {
	    .include = names, .include_count = 4, .sent = "Gesendet"};
	struct ms_folders *r;
	const char *first, *second, *third, *last;
	size_t at = 0;

	if (ms_folders_new(&r, &o, NULL) < 0)
		return;
	first = ms_folders_unmatched(r, NAMES(gmail), &at);
	second = ms_folders_unmatched(r, NAMES(gmail), &at);
	third = ms_folders_unmatched(r, NAMES(gmail), &at);
	last = ms_folders_unmatched(r, NAMES(gmail), &at);
	ok(first != NULL && strcmp(first, "Nix") == 0,
	    "a pattern that matches no folder");
	ok(second != NULL && strcmp(second, "||x") == 0,
	    "a regex that matches no folder");
	ok(third != NULL && strcmp(third, "Gesendet") == 0,
	    "an unknown sent folder");
	ok(last == NULL, "the end");
	ms_folders_free(r);
}

int
main(void)
{
	struct ms_folders_options o = {0};
	char name[400], want[600];
	const char *long_name[1] = {name};
	struct ms_imap_folder f = {.selectable = true, .name = name};

	test_patterns();
	test_refused();
	test_repetitions();
	test_names();
	test_uses();
	test_spaces();
	test_gmail();
	test_unmatched();
	ok(ms_folders_usual("sent items") == MS_USE_SENT &&
		ms_folders_usual("ENTWÜRFE") == MS_USE_DRAFTS &&
		ms_folders_usual("Entwu\u0308rfe") == MS_USE_DRAFTS &&
		ms_folders_usual("迷惑メール") == MS_USE_JUNK &&
		ms_folders_usual("Stuff") == 0,
	    "usual names in any case");
	memset(name, 0, sizeof(name));
	for (size_t i = 0; i < 300; i += 2)
		memcpy(name + i, "ä", 2);
	o.exclude = long_name;
	o.exclude_count = 1;
	memcpy(want, "- ", 2);
	snprintf(
	    want, sizeof(want), "- %s: excluded by '%.100s...'\n", name, name);
	check("a long pattern is cut between characters", &o, &f, 1, want);
	return done();
}
