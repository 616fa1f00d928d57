/*
 * client.c - what the files of mail clients say: fields, prefs.js, .msf,
 * properties of .emlx. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <string.h>
#include "tap.h"

/* Whether two texts are equal; both are shown if not. */
static void
is_str(const char *got, const char *want, const char *what, const char *arg)
{
	ok(strcmp(got, want) == 0, "%s%s%s", what, arg != NULL ? ": " : "",
	    arg != NULL ? arg : "");
	if (strcmp(got, want) != 0)
		printf("# got:  %s\n# want: %s\n", got, want);
}

/* ---- fields ---- */

struct field_case {
	const char *what;
	const struct ms_client_field *fields;
	bool anywhere;
	const char *message;
	const char *want; /* flags|folders, joined by ","|marks|message */
};

/* A message in lines that end with "~" is easier to read. */
static void
expect_fields(const struct field_case *t)
{
	struct ms_client_message m = {0};
	struct ms_buf in = {0}, out = {0}, got = {0};

	for (const char *p = t->message; *p != '\0'; p++)
		ms_buf_add_byte(&in, (unsigned char)(*p == '~' ? '\n' : *p));
	ms_client_fields(
	    t->fields, t->anywhere, false, ms_buf_slice(&in), &out, &m);
	ms_buf_printf(&got, "%s|", ms_buf_str(&m.flags));
	for (size_t i = 0; i + 1 < m.folders.n; i++)
		ms_buf_add_byte(
		    &got, m.folders.p[i] == '\0' ? ',' : m.folders.p[i]);
	ms_buf_printf(&got, "|%s%s|", m.expunged ? "expunged" : "",
	    m.internal ? "internal" : "");
	for (size_t i = 0; i < out.n; i++)
		ms_buf_add_byte(&got, out.p[i] == '\n' ? '~' : out.p[i]);
	is_str(ms_buf_str(&got), t->want, t->what, NULL);
	ms_client_message_release(&m);
	ms_buf_release(&in);
	ms_buf_release(&out);
	ms_buf_release(&got);
}

#define TOP(what, fields, message, want)                                       \
	{                                                                      \
		what, fields, false, message, want                             \
	}
#define ALL(what, fields, message, want)                                       \
	{                                                                      \
		what, fields, true, message, want                              \
	}
#define Z ms_mozilla_fields
#define G ms_takeout_fields
#define L(labels, want)                                                        \
	{                                                                      \
		labels, G, false, "X-Gmail-Labels: " labels "~~", want "|~"    \
	}

static void
test_fields(void)
{
	const struct field_case cases[] = {
	    TOP("no field", Z, "To: x~~b~", "|||To: x~~b~"),
	    TOP("read", Z, "X-Mozilla-Status: 0001~To: x~~b",
		"\\Seen|||To: x~~b"),
	    TOP("all bits", Z,
		"x-mozilla-status: 1007~X-MOZILLA-Status2: 00a00000~~",
		"\\Seen \\Answered \\Flagged $Forwarded \\Deleted $MDNSent|||"
		"~"),
	    TOP("expunged", Z, "X-Mozilla-Status: 0009~~b",
		"\\Seen||expunged|~b"),
	    TOP("not by the second field", Z, "X-Mozilla-Status2: 00000008~~",
		"|||~"),
	    TOP("not the deleted bit of the first", Z,
		"X-Mozilla-Status: 00200000~~", "|||~"),
	    TOP("no number", Z, "X-Mozilla-Status: 8x~~", "|||~"),
	    TOP("too many digits", Z, "X-Mozilla-Status: 000000008~~", "|||~"),
	    TOP("a label of old versions", Z, "X-Mozilla-Status2: 0a000000~~",
		"$label5|||~"),
	    TOP("no label 6", Z, "X-Mozilla-Status2: 0c000000~~", "|||~"),
	    TOP("keys", Z, "X-Mozilla-Keys:  a $label1  a b(c ~~",
		"a $label1|||~"),
	    TOP("others of Mozilla", Z,
		"X-Account-Key: a~X-UIDL: 1~X-Mozilla-Altered: x~ y~A: b~~",
		"|||A: b~~"),
	    TOP("below another field", Z, "A: b~X-Mozilla-Status: 0008~~",
		"|||A: b~X-Mozilla-Status: 0008~~"),
	    TOP("a second time", Z,
		"X-Mozilla-Status: 0001~X-Mozilla-Status: 0008~~",
		"\\Seen|||X-Mozilla-Status: 0008~~"),
	    TOP("in the body", Z, "~X-Mozilla-Status: 0008~",
		"|||~X-Mozilla-Status: 0008~"),
	    TOP("without a line end", Z, "X-Mozilla-Status: 0008",
		"|||X-Mozilla-Status: 0008"),
	    TOP("only fields", Z, "X-Mozilla-Status: 0008~", "||expunged|"),
	    ALL("mbox", ms_status_fields,
		"A: b~Status: RO~X-Status: AFT~C: d~~",
		"\\Seen \\Answered \\Flagged \\Draft|||A: b~C: d~~"),
	    ALL("mbox, deleted", ms_status_fields,
		"Status: O~X-Status: D~X-Keywords: x,y~X-UID: 1~~",
		"\\Deleted x y|||~"),
	    ALL("mbox, data of the server", ms_status_fields,
		"A: b~X-IMAP: 1 2~~b", "||internal|A: b~~b"),
	    ALL("mbox, folded", ms_status_fields, "X-Keywords: a~ b~A: c~~",
		"a b|||A: c~~"),
	    ALL("mbox, body", ms_status_fields, "A: b~~Status: RO~",
		"|||A: b~~Status: RO~"),
	    ALL("Evolution", ms_evolution_fields,
		"A: b~X-Evolution: 00000001-0019; flags=a,b; tag=x~~",
		"\\Answered \\Flagged \\Seen a b|||A: b~~"),
	    ALL("Evolution, short", ms_evolution_fields,
		"X-Evolution: 0-1~X-Evolution: 1~X-Evolution: -~~", "|||~"),
	    ALL("KMail, read", ms_kmail_fields, "X-Status: RA~~",
		"\\Seen \\Answered|||~"),
	    ALL("KMail, new", ms_kmail_fields, "Status: R~X-Status: NFG~~",
		"$Forwarded \\Flagged|||~"),
	    TOP("MailStore", ms_mailstore_fields,
		"X-MailStore-Folder-UTF7: a/Entw&APw-rfe/~X-MailStore-Flags: "
		"5~X-MailStore-Header-Hash: x~A: b~~",
		"\\Seen \\Flagged|a/Entw\xc3\xbcrfe||A: b~~"),
	    TOP("MailStore, names of flags", ms_mailstore_fields,
		"X-MailStore-Flags: Seen, Draft~~", "\\Seen \\Draft|||~"),
	    TOP("MailStore, inbox", ms_mailstore_fields,
		"X-MailStore-Folder-UTF7: Inbox/x~~", "|INBOX/x||~"),
	    L("Inbox,Opened", "\\Seen|INBOX|"),
	    L("Unread,Important,Starred", "$Important \\Flagged||"),
	    L("Work/A,,Work/A, B ", "|Work/A,B|"),
	    L("\"a, \"\"b\"\"\",c", "|a, \"b\",c|"),
	    L("a\\b//c", "|a\\\\b/c|"),
	    L("Category Social,Category: x,Category", "|Category|"),
	    L("IMAP_$Junk,IMAP_a b", "$Junk||"),
	    L("Drafts,Trash,Spam,Chat", "\\Draft|Drafts,Trash,Spam,Chat|"),
	    L("=?utf-8?q?Bo=C3=AEte_de_r=C3=A9ception,Non_lus,Brouillons?=",
		"\\Draft|INBOX,Drafts|"),
	    L("=?UTF-8?Q?Archivov=C3=A1no,Kategorie:_Soci=C3=A1ln=C3=AD?=",
		"|Archived|"),
	    L("Posteingang,Ge\xc3\xb6"
	      "ffnet,Markiert,Gesendet,Papierkorb,Entw\xc3\xbcrfe,Archiviert,"
	      "Wichtig,Ungelesen",
		"\\Seen \\Flagged \\Draft $Important|INBOX,Sent,Trash,Drafts,"
		"Archived|"),
	    L("Recibidos,Abierto,Destacados,Enviados,Papelera,Borradores",
		"\\Seen \\Flagged \\Draft|INBOX,Sent,Trash,Drafts|"),
	    L("Posta in arrivo,Aperti,Speciali,Inviati,Cestino,Bozze",
		"\\Seen \\Flagged \\Draft|INBOX,Sent,Trash,Drafts|"),
	    L("Caixa de entrada,Aberto,Com estrela,Lixeira,Rascunhos",
		"\\Seen \\Flagged \\Draft|INBOX,Trash,Drafts|"),
	    L("Odebrane,Otwarte,Wys\xc5\x82"
	      "ane,Kosz,Nieprzeczytane",
		"\\Seen|INBOX,Sent,Trash|"),
	    L("\xd0\x92\xd1\x85\xd0\xbe\xd0\xb4\xd1\x8f\xd1\x89\xd0\xb8\xd0\xb5"
	      ",\xd0\xa1\xd0\xbf\xd0\xb0\xd0\xbc",
		"|INBOX,Spam|"),
	    L("\xe5\x8f\x97\xe4\xbf\xa1\xe3\x83\x88\xe3\x83\xac\xe3\x82\xa4,"
	      "\xe6\x9c\xaa\xe8\xaa\xad,\xe9\x87\x8d\xe8\xa6\x81",
		"$Important|INBOX|"),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_fields(&cases[i]);
}

/* What a stranger can make long is cut. */
static void
test_limits(void)
{
	struct ms_client_message m = {0};
	struct ms_buf header = {0}, out = {0};
	char text[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "k%d", i);
		ms_client_keyword(&m, ms_slice_str(text));
		ms_client_folder(&m, ms_slice_str(text));
	}
	ok(m.flag_count == MS_CLIENT_FLAGS, "keywords have a limit");
	ok(m.folder_count == MS_CLIENT_FOLDERS, "folders have a limit");
	for (int i = 0; i < 1000; i++)
		ms_buf_printf(&header, "X-Mozilla-%03d: x\n", i);
	ms_client_fields(
	    ms_mozilla_fields, false, false, ms_buf_slice(&header), &out, &m);
	/* Each name has 13 bytes and a NUL, in 4096. */
	ok(out.n == header.n / 1000 * (1000 - 4096 / 14),
	    "fields with different names have a limit");
	ms_buf_release(&header);
	ms_buf_release(&out);
	ms_client_message_release(&m);
}

/* ---- prefs.js ---- */

#define S(n, key, value)                                                       \
	"user_pref(\"mail.server.server" #n "." key "\", \"" value "\");\n"

static void
test_prefs(void)
{
	static const char text[] =
	    "// comment\n"
	    "user_pref(\"mail.server.server1.port\", 143);\n" S(
		1, "directory-rel", "[ProfD]Mail/a") S(1, "directory", "/x/b")
		S(1, "name", "A \\\"1\\\" \\u00c4\\x21") S(2, "directory",
		    "C:\\\\p\\\\ImapMail\\\\h") S(2, "hostname", "h") S(2,
		    "userName", "u") S(3, "name", "no end\\") S(99999, "name",
		    "x") "user_pref(\"mail.server.server4.name\", \"cut";
	struct ms_prefs p;
	const struct ms_prefs_server *s;

	ms_prefs_parse(&p, ms_slice_str(text));
	ok(p.n == 3, "servers");
	s = ms_prefs_find(&p, "Mail/a");
	ok(s != NULL, "by the relative directory");
	is_str(s != NULL ? s->name : "", "A \"1\" \xc3\x84!", "its name", NULL);
	s = ms_prefs_find(&p, "ImapMail/h");
	ok(s != NULL && s->user != NULL && strcmp(s->user, "u") == 0,
	    "by the end of an absolute one");
	ok(ms_prefs_find(&p, "mapMail/h") == NULL, "not within a name");
	ok(ms_prefs_find(&p, "b") == NULL, "not by one that is superseded");
	ms_prefs_release(&p);
}

/* ---- .msf ---- */

static void
test_msf(void)
{
	static const struct {
		const char *text, *want, *what;
	} cases[] = {
	    {"<<(a=c)>(8F=mailboxName)>[1(^8F=Name)]", "Name", "literal"},
	    {"<<(a=c)>(8F=mailboxName)><(A1=x)(A2=Name)>[1(^8F^A2)]", "Name",
		"atom"},
	    {"<<(a=c)>(8F=mailboxName)>[1(^8F=a)]\n@$${1{@[1(^8F=b)]", "b",
		"the last one counts"},
	    {"<<(a=c)>(8F=mailboxName)>[1(^8F=\\)\\$x$C3$BC\\\nz)]",
		")$x\xc3\xbcz", "escapes"},
	    {"<<(a=c)>(8F=onlineName)>[1(^8F=A/Entw&APw-rfe)]",
		"Entw\xc3\xbcrfe", "the name on the server"},
	    {"<<(a=c)>(8F=onlineName)(90=mailboxName)>[1(^8F=x)(^90=y)]", "y",
		"its own name has precedence"},
	    {"<(8F=mailboxName)>[1(^8F=Name)]", "", "no column"},
	    {"// <<(a=c)>\n<(8F=mailboxName)>[1(^8F=Name)]", "", "a comment"},
	    {"<<(a=c)>(8F=mailboxName)>[1(^8F=", "", "cut"},
	    {"<<(a=c)>(8F=mailboxName)>[1(^8F^A9)]", "", "no such atom"},
	    {"(((((\\", "", "no end"}, {"", "", "empty"}};
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms_buf_clear(&out);
		ok(ms_msf_name(ms_slice_str(cases[i].text), &out) ==
			(cases[i].want[0] != '\0'),
		    ".msf, found: %s", cases[i].what);
		is_str(ms_buf_str(&out), cases[i].want, ".msf, name",
		    cases[i].what);
	}
	ms_buf_release(&out);
}

/* ---- properties ---- */

static void
test_plist(void)
{
	static const struct {
		const char *text, *want;
		int64_t date;
	} cases[] = {
	    {"<key>flags</key> <integer>8590195713</integer>", "\\Seen", 0},
	    {"<key>flags</key><integer>50332118</integer>",
		"\\Deleted \\Answered \\Flagged \\Draft $Forwarded $Junk "
		"$NotJunk",
		0},
	    {"<key>date-received</key><integer>1104537600</integer>", "",
		1104537600},
	    {"<key>flags</key><integer>99999999999999999999999</integer>", "",
		0},
	    {"<key>flags</key><string>1</string>", "", 0},
	    {"<key>flags</key><integer>", "", 0}, {"<key>flags</key>", "", 0}};
	struct ms_client_message m = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms_client_message_clear(&m);
		ms_plist_read(&m, ms_slice_str(cases[i].text));
		is_str(ms_buf_str(&m.flags), cases[i].want, "flags",
		    cases[i].text);
		ok(m.date == cases[i].date, "date of %s", cases[i].text);
	}
	ms_client_message_release(&m);
}

static void
test_names(void)
{
	enum ms_client c = MS_CLIENT_NONE;
	struct ms_buf folder = {0};

	for (int i = 0; i < MS_CLIENTS; i++)
		ok(ms_client_parse(ms_client_name((enum ms_client)i), &c) &&
			(int)c == i,
		    "the name of %s", ms_client_name((enum ms_client)i));
	ok(!ms_client_parse("outlook", &c), "no such client");
	ms_buf_add_str(&folder, "inBox/inbox");
	ms_client_inbox(&folder);
	is_str(ms_buf_str(&folder), "INBOX/inbox", "INBOX is the first level",
	    NULL);
	ms_buf_release(&folder);
}

int
main(void)
{
	test_fields();
	test_limits();
	test_prefs();
	test_msf();
	test_plist();
	test_names();
	return done();
}
