/* imap-list.c - folders as servers list them: names, uses, namespaces. */
#include "imapscript.h"

#define LIST "LIST \"\" \"*\""
#define DONE "@ OK done\r\n"

/* The list as text: "name|raw|uses|space|prefix", with `!` before a folder that
 * cannot be opened, and `=` before a name that another folder has. */
static void
add_folders(struct ms_buf *out, struct ms_imap *im)
{
	struct ms_imap_folder *f;
	struct ms_err err = {0};
	size_t n;

	if (ms_imap_folders(im, &f, &n, &err) < 0) {
		ms_buf_printf(out, "error: %s\n", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		ms_buf_printf(out, "%s%s%s|%s|%u|%d|%zu\n",
		    f[i].selectable ? "" : "!", f[i].duplicate ? "=" : "",
		    f[i].name, f[i].raw, f[i].uses, (int)f[i].space,
		    f[i].prefix);
	ms_imap_folders_free(f, n);
}

static const struct {
	const char *what, *caps;
	struct step steps[8];
	const char *want;
} rows[] = {
    {"names", "",
	{{LIST, "* LIST () \"/\" inbox\r\n"
		"* LIST () \".\" \"a.b/c\\\\d\"\r\n"
		"* LIST () \"/\" \"R&-D \\\"x\\\" \"\r\n"
		"* LIST () \"/\" \"Entw&APw-rfe\"\r\n"
		"* LIST () \"/\" \"Entw\xc3\xbcrfe\"\r\n"
		"* LIST () \"/\" \"AT&T\"\r\n"
		"* LIST () NIL \"one.level/only\"\r\n"
		"* LIST () \"/\" {7}\r\nlit ral\r\n"
		"* LIST () \"/\" \"lat\xe9in\"\r\n"
		"* LIST () \"/\" \"twice\"\r\n"
		"* LIST (\\Sent) \"/\" \"twice\"\r\n" DONE}},
	"AT&T|AT&T|0|0|0\n"
	"Entw\xc3\xbcrfe|Entw&APw-rfe|0|0|0\n"
	"=Entw\xc3\xbcrfe|Entw\xc3\xbcrfe|0|0|0\n"
	"INBOX|inbox|0|0|0\n"
	"R&D \"x\" |R&-D \"x\" |0|0|0\n"
	"a/b\\/c\\\\d|a.b/c\\d|0|0|0\n"
	"lat\xc3\xa9in|lat\xe9in|0|0|0\n"
	"lit ral|lit ral|0|0|0\n"
	"one.level\\/only|one.level/only|0|0|0\n"
	"twice|twice|1|0|0\n"},
    {"uses", "",
	{{LIST, "* LIST (\\HasNoChildren \\Sent) \"/\" s\r\n"
		"* LIST (\\TRASH \\Junk) \"/\" tj\r\n"
		"* LIST (\\Drafts \\Marked \\Archive) \"/\" d\r\n"
		"* LIST (\\All \\Flagged \\Important) \"/\" x\r\n"
		"* LIST (\\Noselect \\HasChildren) \"/\" n\r\n"
		"* LIST (\\NonExistent) \"/\" e\r\n"
		"* LIST (\\Spam \\What) \"/\" w\r\n" DONE}},
	"INBOX|INBOX|0|0|0\nd|d|24|0|0\n!e|e|0|0|0\n!n|n|0|0|0\ns|s|1|0|0\ntj|"
	"tj|6|0|0\n"
	"w|w|4|0|0\nx|x|224|0|0\n"},
    {"uses that must be requested", "SPECIAL-USE",
	{{LIST " RETURN (SPECIAL-USE)", "* LIST (\\Sent) \"/\" s\r\n" DONE}},
	"INBOX|INBOX|0|0|0\ns|s|1|0|0\n"},
    {"a server that refuses RETURN", "SPECIAL-USE",
	{{LIST " RETURN (SPECIAL-USE)", "@ BAD what\r\n"},
	    {LIST, "* LIST () \"/\" s\r\n" DONE}},
	"INBOX|INBOX|0|0|0\ns|s|0|0|0\n"},
    {"namespaces", "NAMESPACE",
	{{LIST,
	     "* LIST () \".\" INBOX\r\n* LIST () \".\" INBOX.Sent\r\n"
	     "* LIST () \".\" user.bob\r\n* LIST () \".\" user.bob.x\r\n"
	     "* LIST () \".\" news\r\n* LIST (\\Noselect) \".\" user\r\n" DONE},
	    {"NAMESPACE",
		"* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) "
		"((\"\" \".\"))\r\n" DONE}},
	"INBOX|INBOX|0|0|0\nINBOX/Sent|INBOX.Sent|0|0|6\n"
	"news|news|0|2|0\n!user|user|0|1|4\nuser/bob|user.bob|0|1|5\n"
	"user/bob/x|user.bob.x|0|1|5\n"},
    {"namespaces that LIST does not show", "NAMESPACE",
	{{LIST, "* LIST () \"/\" INBOX\r\n" DONE},
	    {"NAMESPACE", "* NAMESPACE ((\"\" \"/\")) NIL ((\"#shared/\" \"/\")"
			  "(\"Pub \\\"lic/\" \"/\"))\r\n" DONE},
	    {"LIST \"\" \"#shared/*\"",
		"* LIST () \"/\" \"#shared/a&APw-\"\r\n" DONE},
	    {"LIST \"\" \"Pub \\\"lic/*\"", "@ NO not for you\r\n"}},
	"#shared/a\xc3\xbc|#shared/a&APw-|0|2|8\nINBOX|INBOX|0|0|0\n"},
    {"NAMESPACE is refused", "NAMESPACE",
	{{LIST, "* LIST () \"/\" x\r\n" DONE},
	    {"NAMESPACE", "@ NO out of order\r\n"}},
	"INBOX|INBOX|0|0|0\nx|x|0|0|0\n"},
    {"no folders", "", {{LIST, DONE}}, "INBOX|INBOX|0|0|0\n"},
    {"INBOX cannot be selected", "",
	{{LIST, "* LIST (\\Noselect) \"/\" INBOX\r\n" DONE}},
	"INBOX|INBOX|0|0|0\n"},
    {"refused", "", {{LIST, "@ NO not today\r\n"}},
	"error: LIST refused: not today\n"},
};

int
main(void)
{
	struct script s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ms_buf got = {0};

		script_start(&s, rows[i].caps, rows[i].steps);
		add_folders(&got, s.im);
		ok(script_is(&got, rows[i].want), "%s", rows[i].what);
		script_over(&s, rows[i].what);
	}
	return done();
}
