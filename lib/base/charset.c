/*
 * charset.c - converts character sets, by the names that mail gives them, to
 * UTF-8. RFC 2978; ms-quirks(7), Charsets.
 */
#include "charset.h"
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
};

/*
 * A label means what senders mean by it, which is often a later and larger set
 * than the set that it names. The most frequent sets come first.
 */
static const struct ms_charset sets[] = {
    {NULL, " usascii ascii ansix341968 iso646us unknown8bit "},
    {NULL, " utf8 unicode11utf8 "},
    {NULL, " iso88591 windows1252 latin1 cp1252 win1252 ansi l1 "
	   "csisolatin1 iso8859 88591 "},
    {"GB18030", " gb2312 gbk gb18030 csgb2312 gb231280 eucgb2312cn euccn "
		"cp936 windows936 gb "},
    {"CP1251", " windows1251 cp1251 win1251 "},
    {"KOI8-R", " koi8r koi8 cskoi8r "},
    {"ISO-8859-2", " iso88592 latin2 csisolatin2 "},
    {"ISO-8859-15", " iso885915 latin9 "},
    {"BIG5-HKSCS",
	" big5 csbig5 cnbig5 chinesebig5 big5hkscs cp950 windows950 "},
    {"UHC", " euckr ksc56011987 ksc5601 ksc56011989 cseuckr uhc cp949 "
	    "windows949 ksx1001 "},
    {"CP932", " shiftjis sjis mskanji csshiftjis windows31j cp932 ms932 "},
    {"EUC-JP-MS", " eucjp cseucpkdfmtjapanese eucjpms cp51932 "},
    {"CP1250", " windows1250 cp1250 win1250 "},
    {"CP1253", " windows1253 cp1253 "},
    {"CP1254", " iso88599 windows1254 cp1254 latin5 csisolatin5 "},
    {"CP1255", " iso88598 iso88598i iso88598e windows1255 cp1255 hebrew "},
    {"CP1256", " windows1256 cp1256 "},
    {"CP1257", " windows1257 cp1257 "},
    {"CP1258", " windows1258 cp1258 "},
    {"CP874", " windows874 cp874 tis620 iso885911 "},
    {"ISO-8859-3", " iso88593 latin3 "},
    {"ISO-8859-4", " iso88594 latin4 "},
    {"ISO-8859-5", " iso88595 cyrillic "},
    {"ISO-8859-6", " iso88596 arabic asmo708 "},
    {"ISO-8859-7", " iso88597 greek "},
    {"ISO-8859-10", " iso885910 latin6 "},
    {"ISO-8859-13", " iso885913 latin7 "},
    {"ISO-8859-14", " iso885914 latin8 "},
    {"ISO-8859-16", " iso885916 latin10 "},
    {"KOI8-U", " koi8u koi8ru "},
    {"MACINTOSH", " macintosh macroman mac "},
    {"MAC-CYRILLIC", " maccyrillic "},
    {"IBM437", " ibm437 cp437 437 "},
    {"IBM850", " ibm850 cp850 850 "},
    {"IBM852", " ibm852 cp852 852 "},
    {"IBM866", " ibm866 cp866 866 "},
    {"EUC-TW", " euctw "},
    {"JOHAB", " johab "},
    {"VISCII", " viscii "},
    {"ISO-2022-JP-3", " iso2022jp csiso2022jp iso2022jp1 iso2022jp3 "},
    {"ISO-2022-JP-2", " iso2022jp2 "},
    {"ISO-2022-KR", " iso2022kr "},
    {"ISO-2022-CN", " iso2022cn "},
    {"UTF-7", " utf7 unicode11utf7 "},
    {"UTF-16", " utf16 "},
    {"UTF-16BE", " utf16be "},
    {"UTF-16LE", " utf16le "},
};
#define SETS (sizeof(sets) / sizeof(sets[0]))
#define UNKNOWN (&sets[0])
#define UTF8 (&sets[1])
#define CP1252 (&sets[2])

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

const struct ms_charset *
ms_charset_find_raw(struct ms_slice name)
{
	const struct ms_charset *cs = ms_charset_find(name);

	if (cs->iconv != NULL && (strncmp(cs->iconv, "UTF-", 4) == 0 ||
				     strncmp(cs->iconv, "ISO-2022", 8) == 0))
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

struct ms_slice
ms_charset_utf8(
    const struct ms_charset *cs, struct ms_slice in, struct ms_buf *buf)
{
	iconv_t cd;

	if (cs == UNKNOWN)
		cs = ms_utf8_valid(in.p, in.n) ? UTF8 : CP1252;
	if (cs == UTF8 || in.n == 0)
		return in;
	ms_buf_clear(buf);
	if (cs == CP1252) {
		for (size_t i = 0; i < in.n; i++)
			add_char(buf, cp1252(in.p[i]));
		return ms_buf_slice(buf);
	}
	if (!descriptor(cs, &cd))
		return in;
	convert(cd, in, buf);
	return ms_buf_slice(buf);
}
