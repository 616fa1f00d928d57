/*
 * charset.c - converts character sets, by the names that mail gives them, to
 * UTF-8. RFC 2978; ms-quirks(7), Charsets.
 */
#include "charset.h"
#include "charset-jis.h"
#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 24 /* letters and digits of the longest known name */

struct ms_charset {
	const char *iconv;   /* name for iconv(3); NULL: converted here */
	const char *aliases; /* lower case, letters and digits only, each
				between blanks */
	const char *windows; /* the set that is meant where C1 bytes occur */
};

/*
 * A label means what senders mean by it, which is often a later and larger set
 * than the set that it names. The most frequent sets come first. The names are
 * those of IANA and of WHATWG Encoding, and the constants of Windows.
 */
static const struct ms_charset sets[] = {
    {NULL, " usascii ascii ansix341968 iso646us ", NULL},
    {NULL, " utf8 unicode11utf8 unicode20utf8 ", NULL},
    {NULL,
	" iso88591 windows1252 latin1 cp1252 win1252 ansi l1 csisolatin1 "
	"iso8859 88591 isoir100 iso885911987 cp819 ibm819 ",
	NULL},
    {NULL,
	" iso2022jp csiso2022jp iso2022jp1 iso2022jp2 csiso2022jp2 iso2022jp3 "
	"iso2022jp2004 iso2022jpms iso2022jpext iso2022jpesc iso2022jpsio "
	"cp50220 cp50221 cp50222 windows50220 windows50221 windows50222 jis "
	"jis7 ",
	NULL},
    {NULL, " hzgb2312 hz cshzgb2312 ", NULL},
    {"GB18030",
	" gb2312 gbk gb18030 csgb2312 gb231280 eucgb2312cn euccn cp936 "
	"windows936 gb chinese csiso58gb231280 isoir58 cngb ms936 gb180302000 "
	"csgbk csgb18030 ",
	NULL},
    {"CP1251", " windows1251 cp1251 win1251 russian cswindows1251 ", NULL},
    {"KOI8-R", " koi8r koi8 koi cskoi8r ", NULL},
    {"ISO-8859-2",
	" iso88592 latin2 csisolatin2 isoir101 l2 iso885921987 88592 ",
	"cp1250"},
    {"ISO-8859-15", " iso885915 latin9 l9 csisolatin9 csiso885915 ", "cp1252"},
    {"BIG5-HKSCS",
	" big5 csbig5 cnbig5 chinesebig5 big5hkscs cp950 windows950 ms950 "
	"xbig5 csbig5hkscs big5eten ",
	NULL},
    {"UHC",
	" euckr ksc56011987 ksc5601 ksc56011989 cseuckr uhc cp949 windows949 "
	"ksx1001 csksc56011987 isoir149 korean hangul hangeul ms949 ",
	NULL},
    {"CP932",
	" shiftjis sjis mskanji csshiftjis windows31j cp932 ms932 "
	"cswindows31j windows932 ",
	NULL},
    {"EUC-JP-MS",
	" eucjp cseucpkdfmtjapanese eucjpms cp51932 eucjpwin ujis cp20932 ",
	NULL},
    {"CP1250", " windows1250 cp1250 win1250 easteurope cswindows1250 ", NULL},
    {"CP1253", " windows1253 cp1253 win1253 cswindows1253 ", NULL},
    {"CP1254",
	" iso88599 windows1254 cp1254 win1254 latin5 csisolatin5 turkish l5 "
	"isoir148 iso885991989 cswindows1254 ",
	NULL},
    {"CP1255",
	" iso88598 iso88598i iso88598e windows1255 cp1255 win1255 hebrew "
	"csiso88598e csiso88598i csisolatinhebrew isoir138 visual logical "
	"iso885981988 cswindows1255 ",
	NULL},
    {"CP1256", " windows1256 cp1256 win1256 cswindows1256 ", NULL},
    {"CP1257", " windows1257 cp1257 win1257 baltic cswindows1257 ", NULL},
    {"CP1258", " windows1258 cp1258 win1258 vietnamese cswindows1258 ", NULL},
    {"CP874",
	" windows874 cp874 dos874 tis620 iso885911 thai cstis620 "
	"cswindows874 ms874 tis62025331 ",
	NULL},
    {"ISO-8859-3", " iso88593 latin3 l3 csisolatin3 isoir109 iso885931988 ",
	"cp1254"},
    {"ISO-8859-4", " iso88594 latin4 l4 csisolatin4 isoir110 iso885941988 ",
	"cp1257"},
    {"ISO-8859-5",
	" iso88595 cyrillic csisolatincyrillic isoir144 iso885951988 ",
	"cp1251"},
    {"ISO-8859-6",
	" iso88596 arabic asmo708 csiso88596e csiso88596i csisolatinarabic "
	"ecma114 iso88596e iso88596i isoir127 iso885961987 ",
	"cp1256"},
    {"ISO-8859-7",
	" iso88597 greek csisolatingreek ecma118 elot928 greek8 isoir126 "
	"suneugreek iso885971987 ",
	"cp1253"},
    {"ISO-8859-10", " iso885910 latin6 l6 csisolatin6 isoir157 iso8859101992 ",
	"cp1257"},
    {"ISO-8859-13", " iso885913 latin7 l7 csiso885913 ", "cp1257"},
    {"ISO-8859-14", " iso885914 latin8 l8 csiso885914 isoceltic isoir199 ",
	"cp1252"},
    {"ISO-8859-16", " iso885916 latin10 l10 csiso885916 isoir226 ", "cp1250"},
    {"KOI8-U", " koi8u koi8ru cskoi8u ", NULL},
    {"ECMA-CYRILLIC", " isoir111 ecmacyrillic csiso111ecmacyrillic koi8e ",
	NULL},
    {"MACINTOSH", " macintosh macroman mac csmacintosh xmacroman ", NULL},
    {"MAC-CYRILLIC", " maccyrillic macukrainian macuk ", NULL},
    {"IBM437", " ibm437 cp437 437 cspc8codepage437 ", NULL},
    {"IBM850", " ibm850 cp850 850 cspc850multilingual oem ", NULL},
    {"CP858", " ibm00858 cp858 cp00858 ccsid00858 858 ", NULL},
    {"IBM852", " ibm852 cp852 852 cspcp852 ", NULL},
    {"IBM857", " ibm857 cp857 857 csibm857 ", NULL},
    {"IBM866", " ibm866 cp866 866 csibm866 ", NULL},
    {"IBM862", " ibm862 cp862 862 dos862 cspc862latinhebrew ", NULL},
    {"IBM864", " ibm864 cp864 csibm864 ", NULL},
    {"CP737", " ibm737 cp737 737 ", NULL},
    {"CP775", " ibm775 cp775 775 cspc775baltic ", NULL},
    {"EUC-TW", " euctw ", NULL},
    {"EUC-JISX0213", " eucjisx0213 eucjis2004 ", NULL},
    {"JOHAB", " johab cp1361 ms1361 ", NULL},
    {"VISCII", " viscii csviscii ", NULL},
    {"TCVN", " tcvn tcvn5712 tcvn57121 ", NULL},
    {"ARMSCII-8", " armscii8 ", NULL},
    {"GEORGIAN-ACADEMY", " georgianacademy ", NULL},
    {"GEORGIAN-PS", " georgianps ", NULL},
    {"ISO-2022-KR", " iso2022kr csiso2022kr ", NULL},
    {"ISO-2022-CN-EXT", " iso2022cn iso2022cnext csiso2022cn iso2022cngb ",
	NULL},
    {"UTF-7", " utf7 unicode11utf7 csunicode11utf7 unicode20utf7 csutf7 ",
	NULL},
    {"UTF-16", " utf16 csutf16 ucs2 iso10646ucs2 unicode csunicode ", NULL},
    {"UTF-16BE", " utf16be csutf16be unicodefffe ", NULL},
    {"UTF-16LE", " utf16le csutf16le unicodefeff ", NULL},
    {"UTF-32", " utf32 csutf32 ucs4 iso10646ucs4 ", NULL},
    {"UTF-32BE", " utf32be csutf32be ", NULL},
    {"UTF-32LE", " utf32le csutf32le ", NULL},
};
#define SETS (sizeof(sets) / sizeof(sets[0]))
#define UNKNOWN (&sets[0])
#define UTF8 (&sets[1])
#define CP1252 (&sets[2])
#define JIS (&sets[3])
#define HZ (&sets[4])

/* Windows names its sets with this word at the end: CHINESEBIG5_CHARSET. */
static size_t
without_suffix(const char *name, size_t n)
{
	static const char word[] = "charset";
	const size_t word_n = sizeof(word) - 1;

	return n > word_n && memcmp(name + n - word_n, word, word_n) == 0
		   ? n - word_n
		   : n;
}

/*
 * Writes " name ", folded like the aliases. Returns false if the name is longer
 * than every alias, or empty.
 */
static bool
fold_name(struct ms_slice name, char out[NAME_MAX_LEN + 3])
{
	size_t n = 0, i = 0;

	if (name.n > 2 && (name.p[0] | 0x20) == 'x' && name.p[1] == '-')
		i = 2;
	out[n++] = ' ';
	for (; i < name.n; i++) {
		unsigned char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + 32);
		else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			continue;
		if (n > NAME_MAX_LEN)
			return false;
		out[n++] = (char)c;
	}
	n = without_suffix(out, n);
	out[n++] = ' ';
	out[n] = '\0';
	return n > 2;
}

const struct ms_charset *
ms_charset_find(struct ms_slice name)
{
	char folded[NAME_MAX_LEN + 3];

	if (!fold_name(name, folded))
		return UNKNOWN;
	for (size_t i = 0; i < SETS; i++)
		if (strstr(sets[i].aliases, folded) != NULL)
			return &sets[i];
	return UNKNOWN;
}

bool
ms_charset_is_known(struct ms_slice name)
{
	char folded[NAME_MAX_LEN + 3];

	return ms_charset_find(name) != UNKNOWN ||
	       (fold_name(name, folded) &&
		   strstr(UNKNOWN->aliases, folded) != NULL);
}

const struct ms_charset *
ms_charset_find_raw(struct ms_slice name)
{
	const struct ms_charset *cs = ms_charset_find(name);

	if (cs == JIS || cs == HZ ||
	    (cs->iconv != NULL && (strncmp(cs->iconv, "UTF-", 4) == 0 ||
				      strncmp(cs->iconv, "ISO-2022", 8) == 0)))
		return UNKNOWN;
	return cs;
}

/* windows-1252 differs from Latin-1 in 0x80..0x9f only. */
static uint32_t
cp1252(unsigned char c)
{
	static const uint16_t high[32] = {0x20ac, MS_REPLACEMENT, 0x201a,
	    0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	    0x2039, 0x0152, MS_REPLACEMENT, 0x017d, MS_REPLACEMENT,
	    MS_REPLACEMENT, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	    0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, MS_REPLACEMENT,
	    0x017e, 0x0178};

	return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

size_t
ms_charset_next(const unsigned char *p, size_t n, uint32_t *c)
{
	size_t used = ms_utf8_next(p, n, c);

	if (used > 0)
		return used;
	*c = cp1252(p[0]);
	return 1;
}

/* The iconv descriptors of a thread, in the order of `sets`. */
struct handles {
	iconv_t cd[SETS];
	enum {
		UNTRIED,
		OPEN,
		MISSING /* the system does not have this set */
	} state[SETS];
};

static pthread_key_t handles_key;
static pthread_once_t handles_once = PTHREAD_ONCE_INIT;
static bool handles_ok;

static void
handles_free(void *p)
{
	struct handles *h = p;

	for (size_t i = 0; i < SETS; i++)
		if (h->state[i] == OPEN)
			iconv_close(h->cd[i]);
	free(h);
}

static void
handles_init(void)
{
	handles_ok = pthread_key_create(&handles_key, handles_free) == 0;
}

/*
 * The descriptors of the calling thread; NULL if the system has no
 * thread-specific memory left.
 */
static struct handles *
handles_get(void)
{
	struct handles *h;

	pthread_once(&handles_once, handles_init);
	if (!handles_ok)
		return NULL;
	h = pthread_getspecific(handles_key);
	if (h != NULL)
		return h;
	h = ms_xcalloc(1, sizeof(*h));
	if (pthread_setspecific(handles_key, h) == 0)
		return h;
	free(h);
	return NULL;
}

/* Returns the descriptor of this thread for cs in *cd, in its initial state. */
static bool
descriptor(const struct ms_charset *cs, iconv_t *cd)
{
	struct handles *h = handles_get();
	size_t i = (size_t)(cs - sets);

	if (h == NULL)
		return false;
	if (h->state[i] == UNTRIED) {
		h->cd[i] = iconv_open("UTF-8", cs->iconv);
		h->state[i] = (intptr_t)h->cd[i] == -1 ? MISSING : OPEN;
	}
	if (h->state[i] == MISSING)
		return false;
	iconv(h->cd[i], NULL, NULL, NULL, NULL);
	*cd = h->cd[i];
	return true;
}

static void
add_char(struct ms_buf *buf, uint32_t c)
{
	buf->n += ms_utf8_put(ms_buf_room(buf, 4), c);
}

/* Each pass of the loop consumes input or gets more room. */
static void
convert(iconv_t cd, struct ms_slice in, struct ms_buf *buf)
{
	char *from = (char *)in.p; /* iconv does not write to the input */
	size_t left = in.n;
	bool flushed = false;

	while (!flushed) {
		size_t room = 2 * left + 64;
		char *start = (char *)ms_buf_room(buf, room), *to = start;
		size_t rc, before = room;

		flushed = left == 0;
		rc = iconv(cd, flushed ? NULL : &from, flushed ? NULL : &left,
		    &to, &room);
		buf->n += before - room;
		if (rc != (size_t)-1)
			continue;
		if (errno == E2BIG) {
			flushed = false;
			continue;
		}
		add_char(buf, MS_REPLACEMENT);
		if (errno == EINVAL ||
		    left == 0) /* the last character is incomplete */
			return;
		from++;
		left--;
	}
}

static bool
has_c1(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80 && s.p[i] < 0xa0)
			return true;
	return false;
}

bool
ms_charset_is_jis(struct ms_slice s)
{
	const unsigned char *p = s.p, *end;

	if (s.n == 0)
		return false;
	end = s.p + s.n;
	while ((p = memchr(p, 0x1b, (size_t)(end - p))) != NULL) {
		if (ms_jis_escape((struct ms_slice){p, (size_t)(end - p)}))
			break;
		p++;
	}
	if (p == NULL)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* The set of text that is labelled with cs. */
static const struct ms_charset *
meant(const struct ms_charset *cs, struct ms_slice text)
{
	if (cs->windows != NULL && has_c1(text))
		return ms_charset_find(ms_slice_str(cs->windows));
	if (cs != UNKNOWN)
		return cs;
	if (ms_charset_is_jis(text))
		return JIS;
	return ms_utf8_valid(text.p, text.n) ? UTF8 : CP1252;
}

/* For ms_jis_utf8(): its character sets of eight bits. */
static struct ms_slice
convert_named(const char *charset, struct ms_slice in, struct ms_buf *buf)
{
	return ms_charset_utf8(ms_charset_find(ms_slice_str(charset)), in, buf);
}

struct ms_slice
ms_charset_utf8(
    const struct ms_charset *cs, struct ms_slice in, struct ms_buf *buf)
{
	iconv_t cd;

	cs = meant(cs, in);
	if (cs == UTF8 || in.n == 0)
		return in;
	ms_buf_clear(buf);
	if (cs == CP1252) {
		for (size_t i = 0; i < in.n; i++)
			add_char(buf, cp1252(in.p[i]));
		return ms_buf_slice(buf);
	}
	if (cs == JIS || cs == HZ) {
		(cs == JIS ? ms_jis_utf8 : ms_hz_utf8)(in, convert_named, buf);
		return ms_buf_slice(buf);
	}
	if (!descriptor(cs, &cd))
		return in;
	convert(cd, in, buf);
	return ms_buf_slice(buf);
}
