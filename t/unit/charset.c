/* charset.c - names of character sets, conversion, UTF-8, case folding. */
#include "charset.h"

#include <pthread.h>
#include <string.h>
#include "tap.h"
#include "utf8.h"

#define S(s)                                                                   \
	{                                                                      \
		(const unsigned char *)(s), sizeof(s) - 1                      \
	}

static const struct {
	const char *name;
	struct ms_slice in;
	const char *want;
} conversions[] = {
    {"utf-8", S("\xc3\xa9"), "\xc3\xa9"},
    {"iso-8859-1", S("\xe9\x80"), "\xc3\xa9\xe2\x82\xac"},
    {"ISO_8859-1", S("\xe9"), "\xc3\xa9"},
    {"iso8859-1", S("\xe9"), "\xc3\xa9"},
    {"latin1", S("\xe9"), "\xc3\xa9"},
    {"Windows-1252", S("\x93"), "\xe2\x80\x9c"},
    {"cp1252", S("\x81"), "\xef\xbf\xbd"},
    {"x-cp1251", S("\xe9"), "\xd0\xb9"},
    {"windows-1251", S("\xe9"), "\xd0\xb9"},
    {"koi8_r", S("\xca"), "\xd0\xb9"},
    {"iso-8859-2", S("\xb1"), "\xc4\x85"},
    {"iso-8859-5", S("\xd9"), "\xd0\xb9"},
    {"iso-8859-7", S("\xe1"), "\xce\xb1"},
    {"iso-8859-8-i", S("\xe0"), "\xd7\x90"},
    {"iso-8859-9", S("\xfd"), "\xc4\xb1"},
    {"iso-8859-15", S("\xa4"), "\xe2\x82\xac"},
    {"tis-620", S("\xa1"), "\xe0\xb8\x81"},
    {"gb2312", S("\xd6\xd0"), "\xe4\xb8\xad"},
    {"GBK", S("\x81\x40"), "\xe4\xb8\x82"},
    {"big5", S("\xa4\xa4"), "\xe4\xb8\xad"},
    {"euc-kr", S("\xb0\xa1"), "\xea\xb0\x80"},
    {"ks_c_5601-1987", S("\x81\x41"), "\xea\xb0\x82"},
    {"shift_jis", S("\x93\xfa"), "\xe6\x97\xa5"},
    {"x-sjis", S("\x87\x40"), "\xe2\x91\xa0"},
    {"euc-jp", S("\xc6\xfc"), "\xe6\x97\xa5"},
    {"iso-2022-jp", S("\033$BF|\033(B"), "\xe6\x97\xa5"},
    {"iso-2022-jp", S("\033(I1\033(B"), "\xef\xbd\xb1"},
    /* JIS rows as in code page 932: NEC row 13, rows selected by NEC and IBM */
    {"iso-2022-jp", S("\033$B-!\033(B"), "①"},
    {"iso-2022-jp", S("\033$B-j-5-@\033(B"), "㈱Ⅰ㍉"},
    {"iso-2022-jp", S("\033$B|b\033(B"), "髙"},
    {"iso-2022-jp", S("\033$B!A!]\033(B"), "～－"},
    {"cp50220", S("\033$B-!\033(B"), "①"},
    {"CP50221", S("\033(I1\033(B"), "ｱ"},
    {"cp50222", S("\0161\017a"), "ｱa"},
    {"ISO-2022-JP-MS", S("\033$B-!\033(B"), "①"},
    {"_iso-2022-jp$ESC", S("\033$B-!\033(B"), "①"},
    {"iso-2022-jp-1", S("\033$(D0!\033(B"), "丂"},
    {"iso-2022-jp-2", S("\033$AVP\033$(C0!\033(B"), "中가"},
    {"iso-2022-jp-2", S("a\033.A\033Nib\033.F\033Na"), "aébα"},
    {"iso-2022-jp-3", S("\033$(O-!\033$(P!!\033(B"), "①𠂉"},
    {"iso-2022-jp", S("\033(J\\~\033(B"), "\\~"},
    {"iso-2022-jp", S("\033$@F|\033(Jx"), "日x"},
    {"iso-2022-jp", S("\033$BF"), "\xef\xbf\xbd"},
    {"iso-2022-jp", S("\033$BF \033(B"), "\xef\xbf\xbd "},
    {"iso-2022-jp", S("\261\200"), "ｱ\xef\xbf\xbd"},
    {"iso-2022-jp", S("\033(I`\033(B"), "\xef\xbf\xbd"},
    {"iso-2022-jp", S("a\033Zb\033"), "a\033Zb\033"},
    {"us-ascii", S("\033$B-!\033(B"), "①"},
    {"unknown", S("\033$B-!\033(B"), "①"},
    /* RFC 1843 */
    {"hz-gb-2312", S("a~{VPND~}b"), "a中文b"},
    {"HZ", S("~~x~{VP~}~\ny~\r\nz"), "~x中yz"},
    {"hz-gb-2312", S("~{VP\nVP"), "中\nVP"},
    {"hz-gb-2312", S("~{VP N"), "中 N"},
    {"hz-gb-2312", S("\xd6\xd0~}~"), "中~"},
    /* C1 bytes: the Windows set of the same letters */
    {"iso-8859-2", S("\x8a\xa5"), "ŠĄ"},
    {"iso-8859-4", S("\x93\xe6"), "“ę"},
    {"iso-8859-5", S("\x93\xcf"), "“П"},
    {"iso-8859-6", S("\x93\xc7"), "“ا"},
    {"iso-8859-7", S("\x93\xe1"), "“α"},
    {"iso-8859-8", S("\x93\xe0"), "“א"},
    {"iso-8859-9", S("\x93\xfd"), "“ı"},
    {"iso-8859-11", S("\x93\xa1"), "“ก"},
    {"iso-8859-13", S("\x93\xe0"), "“ą"},
    {"iso-8859-15", S("\x80\xa4"), "€¤"},
    {"iso-8859-16", S("\x93\xe3"), "“ă"},
    /* names */
    {"chinesebig5_charset", S("\xa4\xa4"), "中"},
    {"GB2312_CHARSET", S("\xd6\xd0"), "中"},
    {"SHIFTJIS_CHARSET", S("\x93\xfa"), "日"},
    {"RUSSIAN_CHARSET", S("\xe9"), "й"},
    {"iso-ir-111", S("\xca"), "й"},
    {"iso-ir-100", S("\xe9"), "é"},
    {"ISO_8859-2:1987", S("\xb1"), "ą"},
    {"charset", S("\xe9"), "é"},
    {"iso-2022-kr", S("\033$)C\0160!\017a"), "가a"},
    {"iso-2022-cn", S("\033$)A\016VP\017"), "中"},
    {"gb18030", S("\x81\x30\x81\x30\xd6\xd0"), "\xc2\x80中"},
    {"x-mac-roman", S("\x8e"), "é"},
    {"x-mac-cyrillic", S("\x80"), "А"},
    {"cp437", S("\x81"), "ü"},
    {"cp-850", S("\x81"), "ü"},
    {"cp866", S("\x80"), "А"},
    {"windows-874", S("\xa1"), "ก"},
    {"euc-tw", S("\xc4\xe3"), "中"},
    {"koi8-ru", S("\xa4"), "є"},
    {"x-gbk", S("\xd6\xd0"), "中"},
    {"euc-cn", S("\xd6\xd0"), "中"},
    {"viscii", S("\xe9"), "é"},
    {"ms_kanji", S("\x93\xfa"), "日"},
    {"windows-31j", S("\x87\x40"), "①"},
    {"johab", S("\xb1\x61"), "쎠"},
    {"uhc", S("\x81\x41"), "갂"},
    {"utf-32be", S("\0\0\0\xe9"), "é"},
    {"utf8mb4", S("\xc3\xa9"), "é"},
    {"'utf-8'", S("\xc3\xa9"), "é"},
    {"utf-8;", S("\xc3\xa9"), "é"},
    {"iso-8859-8-e", S("\xe0"), "א"},
    {"logical", S("\xe0"), "א"},
    {"win-1251", S("\xe9"), "й"},
    {"8859_1", S("\xe9"), "é"},
    {"cp65001", S("\xc3\xa9"), "é"},
    {"cyrillic", S("\xd9"), "й"},
    {"hebrew", S("\xe0"), "א"},
    {"cp51932", S("\xad\xa1"), "①"},
    {"cn-gb", S("\xd6\xd0"), "中"},
    {"x-x-big5", S("\xa4\xa4"), "中"},
    {"TURKISH_CHARSET", S("\xfd"), "ı"},
    {"HANGEUL_CHARSET", S("\xb0\xa1"), "가"},
    {"iso-8859-14", S("\xa1"), "Ḃ"},
    {"utf-7", S("+AOk-"), "\xc3\xa9"},
    {"utf-16be", S("\0\xe9"), "\xc3\xa9"},
    {"utf-16", S("\xff\xfe\xe9\0"), "\xc3\xa9"},
    {"us-ascii", S("\xc3\xa9"), "\xc3\xa9"},
    {"us-ascii", S("\xe9"), "\xc3\xa9"},
    {"", S("\xe9"), "\xc3\xa9"},
    {"x-", S("\xe9"), "\xc3\xa9"},
    {"---", S("\xe9"), "\xc3\xa9"},
    {"unknown", S("\xe9"), "\xc3\xa9"},
    {"gb2312//TRANSLIT", S("\xe9"), "\xc3\xa9"},
    {"../../../tmp/evil", S("\xe9"), "\xc3\xa9"},
    {"utf8 iso88591", S("\xe9"), "\xc3\xa9"},
    {"utf-8utf-8utf-8utf-8utf-8utf-8utf-8", S("\xe9"), "\xc3\xa9"},
    /* an invalid byte gives one U+FFFD, and conversion goes on */
    {"gb2312",
	S("a\xff"
	  "b"),
	"a\xef\xbf\xbd"
	"b"},
    {"gb2312", S("a\xd6"), "a\xef\xbf\xbd"},
    {"euc-kr", S("\xb0\xa1\xb0"), "\xea\xb0\x80\xef\xbf\xbd"},
    {"shift_jis",
	S("\xfd\xfe\xff"
	  "a"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	"a"},
    {"utf-16be", S("\0\xe9\xd8\0"), "\xc3\xa9\xef\xbf\xbd"},
    {"utf-16be", S("\0"), "\xef\xbf\xbd"},
    /* iconv holds a letter back in this set until it sees the next character */
    {"windows-1255", S("\xe0"), "\xd7\x90"},
    {"windows-1258", S("a\xec"), "\xc3\xa1"},
    {"windows-1258", S("a"), "a"},
};

static void
test_conversions(void)
{
	struct ms_buf buf = {0};

	for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]);
	     i++) {
		const char *want = conversions[i].want;
		struct ms_slice out = ms_charset_utf8(
		    ms_charset_find(ms_slice_str(conversions[i].name)),
		    conversions[i].in, &buf);

		ok(ms_slice_eq(out, ms_slice_str(want)), "%s gives %s",
		    conversions[i].name, want);
	}
	ms_buf_release(&buf);
}

static bool
same(const char *a, const char *b)
{
	return ms_charset_find(ms_slice_str(a)) ==
	       ms_charset_find(ms_slice_str(b));
}

static void
test_names(void)
{
	ok(same("GB2312", "gbk"), "gb2312 is read as gbk");
	ok(same("ISO-8859-1", "windows-1252"),
	    "Latin-1 is read as windows-1252");
	ok(!same("utf-8", "us-ascii"), "ASCII is not UTF-8");
	ok(!same("iso-8859-1", "iso-8859-15"), "Latin-1 is not Latin-9");
	ok(ms_charset_find_raw(ms_slice_str("utf-16")) ==
		ms_charset_find(ms_slice_str("unknown name")),
	    "raw bytes are never UTF-16");
	ok(ms_charset_find_raw(ms_slice_str("iso-2022-jp")) ==
		ms_charset_find(ms_slice_str("unknown name")),
	    "raw bytes are never ISO-2022-JP");
	ok(ms_charset_find_raw(ms_slice_str("gbk")) ==
		ms_charset_find(ms_slice_str("gbk")),
	    "raw bytes can be GBK");
}

/* Descriptors belong to a thread and are closed when it ends. */
static void *
convert_much(void *arg)
{
	struct ms_buf buf = {0};
	bool *good = arg;

	for (int i = 0; i < 1000; i++) {
		struct ms_slice in = S("\xd6\xd0");

		in = ms_charset_utf8(
		    ms_charset_find(ms_slice_str("gb2312")), in, &buf);
		*good = *good && ms_slice_eq(in, ms_slice_str("\xe4\xb8\xad"));
	}
	ms_buf_release(&buf);
	return NULL;
}

static void
test_threads(void)
{
	pthread_t thread[4];
	bool good[4] = {true, true, true, true};

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread[i], NULL, convert_much, &good[i]))
			return;
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	ok(good[0] && good[1] && good[2] && good[3],
	    "four threads convert at the same time");
}

static const struct {
	const char *rule;
	struct ms_slice in;
	bool valid;
} utf8[] = {
    {"nothing", S(""), true},
    {"ASCII", S("abc\0\177"), true},
    {"two bytes", S("\xc2\x80\xdf\xbf"), true},
    {"three bytes", S("\xe0\xa0\x80\xef\xbf\xbf"), true},
    {"four bytes", S("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
    {"after eight bytes of ASCII",
	S("abcdefgh\xc3\xa9"
	  "abcdefgh\xc3\xa9"),
	true},
    {"invalid after eight", S("abcdefghabcdefg\xe9"), false},
    {"a byte that continues a character, alone", S("\x80"), false},
    {"overlong, two", S("\xc0\x80"), false},
    {"overlong, two, 7f", S("\xc1\xbf"), false},
    {"overlong, three", S("\xe0\x9f\xbf"), false},
    {"overlong, four", S("\xf0\x8f\xbf\xbf"), false},
    {"a surrogate", S("\xed\xa0\x80"), false},
    {"above U+10FFFF", S("\xf4\x90\x80\x80"), false},
    {"five bytes", S("\xf8\x88\x80\x80\x80"), false},
    {"cut, two", S("\xc3"), false},
    {"cut, three", S("\xe2\x82"), false},
    {"cut, four", S("\xf0\x9f\x98"), false},
    {"a first byte where a byte must continue a character", S("\xe2\x82\xc3"),
	false},
    {"ff", S("\xff"), false},
};

static const struct {
	const char *in, *want;
} folds[] = {
    {"", ""}, {"Hello, World 9", "hello, world 9"}, {"[@`{]", "[@`{]"},
    {"\xc3\x80\xc3\x9e", "\xc3\xa0\xc3\xbe"}, /* Latin-1 */
    {"\xc3\x97\xc3\xb7", "\xc3\x97\xc3\xb7"}, /* but not the signs of
						 multiplication and division */
    {"\xc3\x9f", "\xc3\x9f"},                 /* sharp s has no folding */
    {"\xe1\xba\x9e", "\xc3\x9f"},             /* the capital sharp s has */
    {"\xc4\x80\xc4\x81",
	"\xc4\x81\xc4\x81"},  /* every second character is a capital */
    {"\xc4\xb0", "\xc4\xb0"}, /* I with dot has no simple folding */
    {"\xc5\xb8", "\xc3\xbf"}, /* Y with diaeresis */
    {"\xce\x91\xce\xa3\xcf\x82", "\xce\xb1\xcf\x83\xcf\x83"}, /* Greek */
    {"\xd0\x90\xd0\xaf\xd0\x81", "\xd0\xb0\xd1\x8f\xd1\x91"}, /* Cyrillic */
    {"\xd4\xb1", "\xd5\xa1"},                                 /* Armenian */
    {"\xef\xbc\xa1", "\xef\xbd\x81"},                         /* full width */
    {"\xe2\x84\xaa", "k"},                                    /* Kelvin */
    {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},                 /* Deseret */
    {"\xe4\xb8\xad", "\xe4\xb8\xad"},
    {"A\xff\xc3"
     "B",
	"a\xff\xc3"
	"b"}, /* bytes that are not UTF-8 are kept */
};

static void
test_utf8(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		ok(ms_utf8_valid(utf8[i].in.p, utf8[i].in.n) == utf8[i].valid,
		    "UTF-8: %s", utf8[i].rule);
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		ms_buf_clear(&out);
		ms_utf8_fold(ms_slice_str(folds[i].in), &out);
		ok(ms_slice_eq(ms_buf_slice(&out), ms_slice_str(folds[i].want)),
		    "folded: %s", folds[i].in);
	}
	ms_buf_release(&out);
}

static const struct {
	const char *in, *text, *name;
} keys[] = {
    {"", "", ""},
    {"\u00ad", "", ""},
    {"Re: A  b", "re: a b", "Re: A  b"},
    {"Übung", "übung", "Übung"},
    {"U\u0308bung", "übung", "Übung"},
    {"\u1112\u1161\u11ab\u1100\u1173\u11af", "한글", "한글"},
    {"Q\u0323\u0307", "q\u0323\u0307", "Q\u0323\u0307"},
    {"Q\u0307\u0323", "q\u0323\u0307", "Q\u0323\u0307"},
    {"Stra\u00adße", "strasse", "Straße"},
    {"a\u200bb\u200cc\u200dd\u2060e\ufefff", "abcdef", "abcdef"},
    {"u\u200b\u0308", "ü", "ü"},
    {"x\u200e\u202ay\u180e", "xy", "xy"},
    {"a\u00a0b\u202fc\u2007d", "a b c d", "a b c d"},
    {"a \u00a0 b", "a b", "a   b"},
    {"ＦＵＬＬ　ﬁ ①", "full fi 1", "ＦＵＬＬ　ﬁ ①"},
    {"ΣΑΣ", "σασ", "ΣΑΣ"},
    {"İı", "i̇ı", "İı"},
    {"A\xffÜ", "a\ufffdü", "A\ufffdÜ"},
};

static const struct {
	const char *in, *key;
} addresses[] = {
    {"", ""},
    {"A", "a"},
    {"Anna@Example.ORG", "anna@example.org"},
    {"a@xn--mnchen-3ya.example", "a@münchen.example"},
    {"a@XN--MNCHEN-3YA.Example", "a@münchen.example"},
    {"a@MU\u0308NCHEN.xn--p1ai", "a@münchen.рф"},
    {"xn--mnchen-3ya@x", "xn--mnchen-3ya@x"},
    {"a@b@xn--mnchen-3ya", "a@b@münchen"},
    {"a@xn--", "a@xn--"},
    {"a@xn--\x80.", "a@xn--\ufffd."},
    {"a@xn--99999999.x", "a@xn--99999999.x"},
    {"@", "@"},
    {"a@..b", "a@..b"},
    {"a@fa\u00df.de", "a@faß.de"},
};

static void
test_addresses(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		ms_buf_clear(&out);
		ms_utf8_address_key(ms_slice_str(addresses[i].in), &out);
		ok(ms_slice_eq(
		       ms_buf_slice(&out), ms_slice_str(addresses[i].key)),
		    "key of an address: %s: %s", addresses[i].in,
		    ms_buf_str(&out));
	}
	ms_buf_release(&out);
}

static void
test_keys(void)
{
	struct ms_buf out = {0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		ms_buf_clear(&out);
		ms_utf8_text_key(ms_slice_str(keys[i].in), &out);
		ok(ms_slice_eq(ms_buf_slice(&out), ms_slice_str(keys[i].text)),
		    "key of a text: %s", keys[i].in);
		ms_buf_clear(&out);
		ms_utf8_name_key(ms_slice_str(keys[i].in), &out);
		ok(ms_slice_eq(ms_buf_slice(&out), ms_slice_str(keys[i].name)),
		    "key of a name: %s", keys[i].in);
	}
	ok(ms_utf8_same_name("Entwürfe", "Entwu\u0308rfe"),
	    "composed and decomposed letters have the same key");
	ok(!ms_utf8_same_name("Entwürfe", "entwürfe"),
	    "names with another case have another key");
	ok(!ms_utf8_same_name("a", "b") && ms_utf8_same_name("a", "a"),
	    "a name in ASCII is its own key");
	ms_buf_release(&out);
}

/* Text in steps: "x" for a byte that is not UTF-8, "." for a character. */
static const struct {
	const char *text, *want;
} steps[] = {{"ab", ".."}, {"\xc3\xa9", "."}, {"\xe6\x97\xa5z", ".."},
    {"\xf0\x9f\x98\x80", "."}, {"\xff", "x"}, {"\xc3", "x"}, {"\xc3z", "x."},
    {"\xe6\x97", "xx"}, {"\xc0\x80", "xx"}, {"\xed\xa0\x80", "xxx"},
    {"\xf4\x90\x80\x80", "xxxx"}, {"\xef\xbf\xbd", "."}};

static void
test_steps(void)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct ms_slice s = ms_slice_str(steps[i].text);
		char got[8] = "";
		size_t n = 0, used;
		uint32_t c;

		for (; s.n > 0; s.p += used, s.n -= used) {
			used = ms_utf8_step(s.p, s.n, &c);
			got[n++] = c == MS_NOT_UTF8 ? 'x' : '.';
		}
		ok(strcmp(got, steps[i].want) == 0, "steps %zu: %s", i,
		    steps[i].want);
	}
}

int
main(void)
{
	test_conversions();
	test_names();
	test_threads();
	test_utf8();
	test_keys();
	test_addresses();
	test_steps();
	return done();
}
