/* csv.c - tests lib/formats/csv*.c and lib/jobs/csv-mailbox.c. */
#include "csv-mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

/*
 * The expected result: the separator; the character set (8 UTF-8, l UTF-16LE, b
 * UTF-16BE, w windows-1252); then each row as "
 * LINE:login|password|label|user+user" or " LINE!reason". "!reason" alone is
 * the error of the whole file.
 */
struct row {
	const char *name, *file;
	size_t n;
	const char *want;
};
#define FILE_OF(text) text, sizeof(text) - 1
#define ALICE "2:alice|pw||alice"

static const struct row rows[] = {
    /* separators */
    {"semicolon", FILE_OF("u;p;e;a\nalice;pw;a@x.org;al\n"),
	";8 2:alice|pw|a@x.org|al"},
    {"comma", FILE_OF("u,p,e,a\nalice,pw,a@x.org,al\n"),
	",8 2:alice|pw|a@x.org|al"},
    {"bar", FILE_OF("u|p|e|a\nalice|pw|a@x.org|al\n"),
	"|8 2:alice|pw|a@x.org|al"},
    {"tab", FILE_OF("u\tp\te\ta\nalice\tpw\ta@x.org\tal\n"),
	"T8 2:alice|pw|a@x.org|al"},
    {"TAB, and an empty column", FILE_OF("u\tp\te\ta\nalice\tpw\t\tal\n"),
	"T8 2:alice|pw||al"},
    {"commas in passwords", FILE_OF("u;p\nalice;p,w,\nbob;,\n"),
	";8 2:alice|p,w,||alice 3:bob|,||bob"},
    {"commas in names of columns",
	FILE_OF("user, at the server;password, secret\nalice;pw\n"),
	";8 " ALICE},
    {"semicolons in names of columns",
	FILE_OF("user;name,pass;word\nalice,pw\nbob,wp\n"),
	",8 " ALICE " 3:bob|wp||bob"},
    {"every separator in the names", FILE_OF("a;b|c,d\te\nalice|pw\nbob|wp\n"),
	"|8 " ALICE " 3:bob|wp||bob"},
    {"no separator", FILE_OF("user password\nalice pw\n"),
	"!the first row does not name two columns separated by ; , | or TAB"},
    {"one column", FILE_OF("user\nalice\n"),
	"!the first row does not name two columns separated by ; , | or TAB"},
    {"sep=", FILE_OF("sep=|\nu,x|p\nalice|pw\n"), "|8 3:alice|pw||alice"},
    {"SEP= with CRLF", FILE_OF("SEP=;\r\nu;p\r\nalice;pw\r\n"),
	";8 3:alice|pw||alice"},
    {"sep= in quotes", FILE_OF("\"sep=,\"\nu,p\nalice,pw\n"),
	",8 3:alice|pw||alice"},
    {"sep=TAB", FILE_OF("sep=\t\nu\tp\nalice\tpw\n"), "T8 3:alice|pw||alice"},
    {"sep= with another character", FILE_OF("sep=:\nu:p\nalice:pw\n"),
	"!line 1: sep= must be one of ; , | and TAB"},
    {"sep= without a character", FILE_OF("sep=\nu;p\nalice;pw\n"),
	"!line 1: sep= must be one of ; , | and TAB"},
    {"sep= that the rows do not use", FILE_OF("sep=,\nu;p\nalice;pw\n"),
	"!no row names two columns"},

    /* quotes */
    {"double quotes", FILE_OF("\"u\";\"p\"\n\"alice\";\"p;w\"\n"),
	";8 2:alice|p;w||alice"},
    {"single quotes", FILE_OF("'u','p'\n'alice','p,w'\n"),
	",8 2:alice|p,w||alice"},
    {"doubled double quotes", FILE_OF("u;p\nalice;\"a\"\"b\"\"\"\n"),
	";8 2:alice|a\"b\"||alice"},
    {"doubled single quotes", FILE_OF("u;p\nalice;'a''b'\n"),
	";8 2:alice|a'b||alice"},
    {"only a doubled quote", FILE_OF("u;p\nalice;\"\"\"\"\n"),
	";8 2:alice|\"||alice"},
    {"the other quote inside", FILE_OF("u;p\nalice;\"a'b\"\nbob;'a\"b'\n"),
	";8 2:alice|a'b||alice 3:bob|a\"b||bob"},
    {"a quote in the middle", FILE_OF("u;p\nalice;pa\"ss\nbob;o'brien\n"),
	";8 2:alice|pa\"ss||alice 3:bob|o'brien||bob"},
    {"empty quotes", FILE_OF("u;p;e\nalice;pw;\"\"\nbob;\"\"\n"),
	";8 " ALICE " 3!no password"},
    {"blanks around quotes", FILE_OF("u;p\n \"alice\" ; \" pw \" \n"),
	";8 2:alice| pw ||alice"},
    {"text after a quote", FILE_OF("u;p\nalice;\"p\"w\nbob;wp\n"),
	";8 2!column 2 continues after its closing quote 3:bob|wp||bob"},
    {"a quote that is not closed", FILE_OF("u;p\nalice;\"pw\nbob;wp\n"),
	";8 2!column 2: quote \" is not closed 3:bob|wp||bob"},
    {"a quote that is closed in the next line",
	FILE_OF("u;p\nalice;'pw\nbob;w'\n"),
	";8 2!column 2: quote ' is not closed 3:bob|w'||bob"},
    {"a quote that is open at the end", FILE_OF("u;p\nalice;pw\nbob;\"w"),
	";8 " ALICE " 3!column 2: quote \" is not closed"},
    {"line breaks in names of columns",
	FILE_OF("\"the\nuser\";\"the\r\npassword\"\nalice;pw\n"),
	";8 4:alice|pw||alice"},
    {"line breaks in a further column",
	FILE_OF("u;p;e;a;note\nalice;pw;;;\"one\ntwo\"\nbob;wp\n"),
	";8 " ALICE " 4:bob|wp||bob"},
    {"a quote in a further column that is not closed",
	FILE_OF("u;p;e;a;note\nalice;pw;;;\"one\nbob;wp\n"),
	";8 2!column 5: quote \" is not closed 3:bob|wp||bob"},

    /* encodings */
    {"UTF-8", FILE_OF("u;p\nj\xc3\xbcrgen;\xe6\x97\xa5\xe6\x9c\xac\n"),
	";8 2:j\xc3\xbcrgen|\xe6\x97\xa5\xe6\x9c\xac||j\xc3\xbcrgen"},
    {"UTF-8 with a mark", FILE_OF("\xef\xbb\xbfu;p\nalice;pw\n"), ";8 " ALICE},
    {"a mark and quotes", FILE_OF("\xef\xbb\xbf\"u\";\"p\"\nalice;pw\n"),
	";8 " ALICE},
    {"a mark and sep=", FILE_OF("\xef\xbb\xbfsep=;\nu;p\nalice;pw\n"),
	";8 3:alice|pw||alice"},
    {"a mark of UTF-8 before other text",
	FILE_OF("\xef\xbb\xbfu;p\nalice;p\xfcw\nbob;wp\n"),
	";8 2!password is not valid text, or longer than 4096 bytes "
	"3:bob|wp||bob"},
    {"windows-1252", FILE_OF("u;p\nj\xfcrgen;\x80\n"),
	";w 2:j\xc3\xbcrgen|\xe2\x82\xac||j\xc3\xbcrgen"},
    {"a byte that windows-1252 does not have",
	FILE_OF("u;p\nalice;\x81\nbob;\xe9\n"),
	";w 2!password is not valid text, or longer than 4096 bytes "
	"3:bob|\xc3\xa9||bob"},
    {"UTF-16LE with a mark",
	FILE_OF("\xff\xfeu\0;\0p\0\r\0\n\0a\0;\0\xfc\0\r\0\n\0"),
	";l 2:a|\xc3\xbc||a"},
    {"UTF-16BE with a mark", FILE_OF("\xfe\xff\0u\0;\0p\0\n\0a\0;\0\xfc\0\n"),
	";b 2:a|\xc3\xbc||a"},
    {"UTF-16LE without a mark", FILE_OF("u\0\t\0p\0\n\0a\0\t\0\xac\x20\n\0"),
	"Tl 2:a|\xe2\x82\xac||a"},
    {"UTF-16BE without a mark", FILE_OF("\0u\0,\0p\0\n\0a\0,\x20\xac\0\n"),
	",b 2:a|\xe2\x82\xac||a"},
    {"a pair of surrogates",
	FILE_OF("\xff\xfeu\0;\0p\0\n\0a\0;\0\x3d\xd8\x00\xde\n\0"),
	";l 2:a|\xf0\x9f\x98\x80||a"},
    {"half a pair",
	FILE_OF("\xff\xfeu\0;\0p\0\n\0a\0;\0\x3d\xd8\n\0b\0;\0c\0\n\0"),
	";l 2!password is not valid text, or longer than 4096 bytes 3:b|c||b"},
    {"UTF-16 with a NUL",
	FILE_OF("\xff\xfeu\0;\0p\0\n\0a\0;\0\0\0\n\0b\0;\0c\0\n\0"),
	";l 2!column 2 contains a NUL byte 3:b|c||b"},
    {"UTF-32", FILE_OF("\xff\xfe\0\0u\0\0\0"),
	"!UTF-32 is not supported; write UTF-8"},

    /* empty columns at the end */
    {"empty columns at the end of rows",
	FILE_OF("u;p\nalice;pw;;;\nbob;wp; ;\"\"\n"),
	";8 " ALICE " 3:bob|wp||bob"},
    {"empty columns at the end of all rows",
	FILE_OF("u;p;;;\nalice;pw;;;\nbob;wp\n"), ";8 " ALICE " 3:bob|wp||bob"},
    {"empty columns after the names only", FILE_OF("u,p,\"\", \nalice,pw\n"),
	",8 " ALICE},
    {"more empty columns than separators in passwords",
	FILE_OF("u;p;;;;\nalice;a,b,c;;;;\nbob;a,b,c;;;;\n"),
	";8 2:alice|a,b,c||alice 3:bob|a,b,c||bob"},
    {"columns at the end that are not empty",
	FILE_OF("u;p;;\nalice;pw;;x\nbob;p;w;\n"),
	";8 2!4 columns, but the first row names 2 3!3 columns, but the first "
	"row names 2"},

    /* line ends */
    {"CRLF", FILE_OF("u;p\r\nalice;pw\r\nbob;wp\r\n"),
	";8 " ALICE " 3:bob|wp||bob"},
    {"CR", FILE_OF("u;p\ralice;pw\rbob;wp\r"), ";8 " ALICE " 3:bob|wp||bob"},
    {"mixed", FILE_OF("u;p\r\nalice;pw\n\rbob;wp\r"),
	";8 " ALICE " 4:bob|wp||bob"},
    {"no last line end", FILE_OF("u;p\nalice;pw"), ";8 " ALICE},
    {"no last line end, quoted", FILE_OF("u;p\nalice;\"pw\""), ";8 " ALICE},
    {"blank lines", FILE_OF("\n\nu;p\n\n \t\nalice;pw\n\n\n"),
	";8 6:alice|pw||alice"},
    {"rows of nothing", FILE_OF("u;p;e;a\n;;;\nalice;pw;;\n ; ;\n\"\";\n"),
	";8 3:alice|pw||alice"},

    /* columns */
    {"too few columns", FILE_OF("u;p;e\nalice\nbob;wp\n"),
	";8 2!no password: only one column 3:bob|wp||bob"},
    {"empty password", FILE_OF("u;p;e\nalice;;x\n"), ";8 2!no password"},
    {"empty login", FILE_OF("u;p\n;pw\n"), ";8 2!no login"},
    {"more columns than the first row names",
	FILE_OF("u;p\nalice;p;w\nbob;wp\n"),
	";8 2!3 columns, but the first row names 2 3:bob|wp||bob"},
    {"more columns, but empty", FILE_OF("u;p\nalice;pw;; ;\n"), ";8 " ALICE},
    {"a fifth column that is named", FILE_OF("u;p;e;a;n\nalice;pw;;;x\n"),
	";8 " ALICE},
    {"a fifth column that is not named", FILE_OF("u;p;e;a\nalice;pw;;;x\n"),
	";8 2!5 columns, but the first row names 4"},
    {"several archive users", FILE_OF("u,p,e,a\nalice,pw,,\"al; bo ;;al\"\n"),
	",8 2:alice|pw||al+bo"},
    {"several archive users in quotes, with semicolons",
	FILE_OF("u;p;e;a\nalice;pw;;\"al;bo\"\n"), ";8 2:alice|pw||al+bo"},
    {"several empty archive users", FILE_OF("u;p;e;a\nalice;pw;;\" ; \"\n"),
	";8 " ALICE},
    {"an invalid name of a user", FILE_OF("u;p;e;a\nalice;pw;;a/b\nbob;wp\n"),
	";8 2!'a/b' is not a valid name of a user 3:bob|wp||bob"},
    {"a login that is no valid name of a user", FILE_OF("u;p\na/b;pw\n"),
	";8 2!'a/b' is not a valid name of a user"},
    {"a login with a control", FILE_OF("u;p\na\001b;pw\nbob;wp\n"),
	";8 2!login is not valid text, or longer than 512 bytes "
	"3:bob|wp||bob"},
    {"blanks", FILE_OF("u;p;e;a\n alice ; pw ; x ; al \n"),
	";8 2:alice| pw |x|al"},
    {"NUL", FILE_OF("u;p\nal\0ice;pw\nbob;w\0p\neve;pe\n"),
	";8 2!column 1 contains a NUL byte 3!column 2 contains a NUL byte "
	"4:eve|pe||eve"},
    {"NUL in the names", FILE_OF("u;p\0\nalice;pw\n"),
	"!the first row does not name two columns separated by ; , | or TAB"},

    /* whole files */
    {"empty", FILE_OF(""), "!table is empty"},
    {"blank", FILE_OF("\n  \r\n"), "!table is empty"},
    {"only a mark", FILE_OF("\xef\xbb\xbf"), "!table is empty"},
    {"only names", FILE_OF("u;p;e;a\n"), "!no mailbox in this table"},
    {"no names", FILE_OF("alice@x.org;pw\nbob@x.org;wp\n"),
	"!line 1: the first row must name the columns, but contains an "
	"address; without such a row, name them with --columns"},
    {"the first row has no names, and a later row an address",
	FILE_OF("alice;pw;a@x.org\n"),
	"!line 1: the first row must name the columns, but contains an "
	"address; without such a row, name them with --columns"},
    {"names with an at sign",
	FILE_OF("user (or user@domain);password\nalice;pw\n"), ";8 " ALICE},
    {"not a table", FILE_OF("From a Mon Jan  5 10:00:00 2026\n"),
	"!the first row does not name two columns separated by ; , | or TAB"},
};

/*
 * Describes the contents of a file in the form of rows[].want. The caller
 * releases out.
 */
static void
describe(struct ms_slice file, const char *encoding, const char *columns,
    struct ms_buf *out)
{
	struct ms_csv_mailboxes m;
	const struct ms_csv_mailbox *b;
	struct ms_err err = {0};
	const char *set;
	size_t i, k;

	if (ms_csv_mailboxes_read(&m, file, encoding, columns, &err) < 0) {
		ms_buf_printf(out, "!%s", err.msg);
		return;
	}
	set = ms_csv_charset(m.csv);
	ms_buf_add_byte(out, ms_csv_separator(m.csv) == '\t'
				 ? 'T'
				 : (unsigned char)ms_csv_separator(m.csv));
	ms_buf_add_str(out, strcmp(set, "UTF-8") == 0      ? "8"
			    : strcmp(set, "UTF-16LE") == 0 ? "l"
			    : strcmp(set, "UTF-16BE") == 0 ? "b"
			    : ms_csv_remark(m.csv) != NULL ? "w"
							   : "g");
	for (b = m.v; b < m.v + m.n; b++) {
		ms_buf_printf(out, " %llu", (unsigned long long)b->line);
		if (b->fault != NULL) {
			ms_buf_printf(out, "!%s", b->fault);
			continue;
		}
		ms_buf_printf(out, ":%s|%s|%s|", b->login, b->password,
		    b->label != NULL ? b->label : "");
		for (i = b->user_count, k = 0; k < i; k++)
			ms_buf_printf(
			    out, "%s%s", k > 0 ? "+" : "", b->users[k]);
	}
	ms_csv_mailboxes_release(&m);
}

static void
check_as(const char *name, struct ms_slice file, const char *encoding,
    const char *columns, const char *want)
{
	struct ms_buf got = {0};
	bool same;

	describe(file, encoding, columns, &got);
	same = strcmp(ms_buf_str(&got), want) == 0;
	ok(same, "%s", name);
	if (!same)
		printf("# %s\n# %s\n", want, ms_buf_str(&got));
	ms_buf_release(&got);
}

static void
check(const char *name, struct ms_slice file, const char *want)
{
	check_as(name, file, NULL, NULL, want);
}

/* Tables whose columns are given: the first row can be a mailbox. */
static void
test_columns(void)
{
	static const struct {
		const char *columns, *file, *want;
	} given[] = {
	    {"login,password", "alice;pw\nbob;wp\n",
		";8 1:alice|pw||alice 2:bob|wp||bob"},
	    {"login,password", "Login; Passwort \nbob;wp\n",
		";8 2:bob|wp||bob"},
	    {"login,password", "alice@x.org;password\n",
		";8 1:alice@x.org|password||alice@x.org"},
	    {"login,password", "alice; pw \n", ";8 1:alice| pw ||alice"},
	    {"login,address,password", "u;e;password\nal;a@x;pw\n",
		";8 2:al|pw|a@x|al"},
	    {"login,email,password", "al;a@x;password\n",
		";8 1:al|password|a@x|al"},
	    {"-,password,-,-,user,login", "1;pw;x;y;\"a;b\";al\n",
		";8 1:al|pw||a+b"},
	    {"password,login", "pw;al\nqw\n", ";8 1:al|pw||al 2!no login"},
	    {"login,password", "al;pw;x\n",
		";8 1!3 columns, but --columns names 2"},
	    {"login,password,label,users", "al;pw\n", ";8 1:al|pw||al"},
	    {"login,password", "Login;Password\n", "!no mailbox in this table"},
	    {"login", "", "!the columns login and password are needed"},
	    {"", "",
		"!unknown column '' (try login, password, address, user, "
		"- for others)"},
	    {"login,password,", "",
		"!unknown column '' (try login, password, "
		"address, user, - for others)"},
	    {"login,login", "", "!column 'login' is given twice"},
	    {"label,address", "", "!column 'address' is given twice"},
	};
	struct ms_buf many = {0};
	size_t i;

	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		check_as(given[i].columns, ms_slice_str(given[i].file), NULL,
		    given[i].columns, given[i].want);
	for (i = 0; i < MS_CSV_COLUMNS_MAX; i++)
		ms_buf_add_str(&many, "-,");
	ms_buf_add_str(&many, "login,password");
	check_as("too many columns", ms_slice_str(""), NULL, ms_buf_str(&many),
	    "!more than 256 columns");
	ms_buf_release(&many);
}

/* Tables whose encoding is given; g is any that is not Unicode. */
static void
test_encodings(void)
{
	static const struct {
		const char *encoding, *file;
		size_t n;
		const char *want;
	} given[] = {
	    {"windows-1254", FILE_OF("u;p\n\xfe\xfckr\xfc;\xddg\n"),
		";g 2:\xc5\x9f\xc3\xbckr\xc3\xbc|\xc4\xb0g||"
		"\xc5\x9f\xc3\xbckr\xc3\xbc"},
	    {"CP1251", FILE_OF("u;p\na;\xef\xf0\n"),
		";g 2:a|\xd0\xbf\xd1\x80||a"},
	    {"cp1250", FILE_OF("\xef\xbb\xbfu;p\na;\xb9\n"),
		";g 2:a|\xc4\x85||a"},
	    {"us-ascii", FILE_OF("u;p\na;b\n"), ";g 2:a|b||a"},
	    {"ASCII", FILE_OF("u;p\na;b\n"), ";g 2:a|b||a"},
	    {"windows-1252", FILE_OF("u;p\na;\x80\n"),
		";g 2:a|\xe2\x82\xac||a"},
	    {"shift_jis", FILE_OF("u;p\na;\x93\xfa\n"),
		";g 2:a|\xe6\x97\xa5||a"},
	    {"UTF-8", FILE_OF("\xef\xbb\xbfu;p\na;\xc3\xbc\nb;\xfc\n"),
		";8 2:a|\xc3\xbc||a 3!password is not valid text, or longer "
		"than "
		"4096 bytes"},
	    {"utf-16le", FILE_OF("u\0;\0p\0\n\0a\0;\0\xfc\0"),
		";l 2:a|\xc3\xbc||a"},
	    {"UTF16", FILE_OF("\xfe\xff\0u\0;\0p\0\n\0a\0;\0\xfc"),
		";b 2:a|\xc3\xbc||a"},
	    {"utf_16be", FILE_OF("\0u\0;\0p\0\n\0a\0;\0b"), ";b 2:a|b||a"},
	    {"latin-99", FILE_OF("u;p\na;b\n"),
		"!unknown encoding 'latin-99' (such as windows-1254, UTF-8)"},
	    {"utf-99", FILE_OF("u;p\na;b\n"),
		"!unknown encoding 'utf-99' (such as windows-1254, UTF-8)"},
	    {"", FILE_OF("u;p\na;b\n"),
		"!unknown encoding '' (such as windows-1254, UTF-8)"},
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		check_as(given[i].encoding,
		    (struct ms_slice){
			(const unsigned char *)given[i].file, given[i].n},
		    given[i].encoding, NULL, given[i].want);
}

/* Checks a file that is too large for the table: before, n times c, after. */
static void
check_large(const char *name, const char *before, size_t n, char c,
    const char *after, const char *want)
{
	struct ms_buf file = {0};

	ms_buf_add_str(&file, before);
	memset(ms_buf_room(&file, n), c, n);
	file.n += n;
	ms_buf_add_str(&file, after);
	check(name, ms_buf_slice(&file), want);
	ms_buf_release(&file);
}

static void
check_many(size_t n)
{
	struct ms_csv_mailboxes m = {0};
	struct ms_buf file = {0};
	size_t i;
	bool all;

	ms_buf_add_str(&file, "u;p;e;a\n");
	for (i = 0; i < n; i++)
		ms_buf_printf(&file, "u%zu;\"p\"\"%zu\";;\n", i, i);
	all = ms_csv_mailboxes_read(
		  &m, ms_buf_slice(&file), NULL, NULL, NULL) == 0 &&
	      m.n == n;
	for (i = 0; all && i < n; i++)
		all = m.v[i].line == i + 2 && m.v[i].fault == NULL &&
		      strtoull(m.v[i].login + 1, NULL, 10) == i &&
		      strtoull(m.v[i].password + 2, NULL, 10) == i;
	ok(all, "%zu mailboxes", n);
	ms_csv_mailboxes_release(&m);
	ms_buf_release(&file);
}

int
main(void)
{
	size_t i;

	test_encodings();
	test_columns();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].name,
		    (struct ms_slice){
			(const unsigned char *)rows[i].file, rows[i].n},
		    rows[i].want);
	check_large("a field of 10 MB", "u;p\nalice;", 10000000, 'x',
	    "\nbob;wp\n",
	    ";8 2!column 2 has more than 65536 bytes 3:bob|wp||bob");
	check_large("a quoted field of 10 MB", "u;p\nalice;'", 10000000, 'x',
	    "'\nbob;wp\n",
	    ";8 2!column 2 has more than 65536 bytes 3:bob|wp||bob");
	check_large("a password of 4096 bytes is accepted, one of 4097 is not",
	    "u;p\nalice;pw\nbob;", 4097, 'x', "\n",
	    ";8 " ALICE
	    " 3!password is not valid text, or longer than 4096 bytes");
	check_large("300 columns", "u;p\nalice;pw", 298, ';', "\nbob;wp\n",
	    ";8 2!more than 256 columns 3:bob|wp||bob");
	check_large("65 MiB", "u;p\nalice;", (size_t)65 * 1024 * 1024, 'x', "",
	    "!table has more than 67108864 bytes");
	check_large("a million quotes", "u;p\n", 1000000, '"', "\nbob;wp\n",
	    ";8 2!column 1 has more than 65536 bytes 3:bob|wp||bob");
	check_many(100000);
	return done();
}
