/* base64.c - strict base64 in both directions. RFC 4648, 4. */
#include "base64.h"

#include <stdlib.h>
#include <string.h>
#include "buf.h"
#include "tap.h"

static const struct {
	const char *text, *bytes; /* bytes NULL: the text is refused */
} table[] = {
    /* RFC 4648, 10 */
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"},
    /* the ends of the alphabet */
    {"+/+/", "\xfb\xff\xbf"},
    /* incomplete groups */
    {"Z", NULL},
    {"Zg", NULL},
    {"Zg=", NULL},
    {"Zm9vY", NULL},
    /* padding without data */
    {"====", NULL},
    {"Z===", NULL},
    {"=Zg=", NULL},
    {"Zg=v", NULL},
    {"Z=g=", NULL},
    {"Zg==Zm9v", NULL},
    {"Zm8=Zm9v", NULL},
    /* bits that the encoder never sets */
    {"Zh==", NULL},
    {"Zm9=", NULL},
    /* characters outside the alphabet */
    {"Zm9-", NULL},
    {"Zm_v", NULL},
    {"Zm9 ", NULL},
    {"Zm\n9", NULL},
    {"Zm9\xff", NULL},
};

static void
test_table(void)
{
	unsigned char out[64], chars[64];
	ssize_t got;
	size_t i, n;
	bool good;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		n = strlen(table[i].text);
		got = ms_base64_decode(
		    (const unsigned char *)table[i].text, n, out);
		if (table[i].bytes == NULL) {
			ok(got == -1, "row %zu is refused", i);
			continue;
		}
		good = got == (ssize_t)strlen(table[i].bytes) &&
		       memcmp(out, table[i].bytes, (size_t)got) == 0;
		ok(good, "row %zu decodes", i);
		got = (ssize_t)ms_base64_encode(
		    (const unsigned char *)table[i].bytes,
		    strlen(table[i].bytes), chars);
		good =
		    got == (ssize_t)n && memcmp(chars, table[i].text, n) == 0;
		ok(good, "row %zu encodes", i);
	}
}

/* Every byte at every position of a group is in the alphabet or refused. */
static void
test_bytes(void)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				  "qrstuvwxyz0123456789+/";
	unsigned char text[8], out[6];
	unsigned c, at, wrong = 0, in;

	for (at = 0; at < 8; at++) {
		for (c = 0; c < 256; c++) {
			memset(text, 'A', sizeof(text));
			text[at] = (unsigned char)c;
			in = c != 0 && strchr(all, (int)c) != NULL;
			wrong += ms_base64_span(text, 8) != (in ? 8 : at);
			/* AAAAAAA= is valid: it encodes five zero bytes */
			if (at != 7 || c != '=')
				wrong +=
				    (ms_base64_decode(text, 8, out) == 6) != in;
		}
	}
	ok(wrong == 0, "each byte is decoded at each place of a group");
}

/*
 * Lengths around the blocks that are checked at a time; the buffers have the
 * exact size, so that a sanitizer detects any access beyond them.
 */
static void
test_lengths(void)
{
	unsigned char *bytes, *text, *back;
	size_t n, i, chars, wrong = 0;

	for (n = 0; n < 1600; n++) {
		chars = MS_BASE64_CHARS(n);
		bytes = ms_xmalloc(n);
		text = ms_xmalloc(chars);
		back = ms_xmalloc(chars / 4 * 3);
		for (i = 0; i < n; i++)
			bytes[i] = (unsigned char)(i * i * 31 + n);
		wrong += ms_base64_encode(bytes, n, text) != chars;
		wrong += ms_base64_decode(text, chars, back) != (ssize_t)n ||
			 memcmp(bytes, back, n) != 0;
		if (chars > 0) {
			text[(n * 7) % chars] = '.';
			wrong += ms_base64_decode(text, chars, back) != -1;
		}
		free(bytes);
		free(text);
		free(back);
	}
	ok(wrong == 0, "0 to 1600 bytes are encoded and decoded");
}

/* Nothing can follow padding, also at the end of a block that is checked. */
static void
test_padding(void)
{
	static const unsigned char zeros[3072];
	unsigned char text[4096 + 4], out[3075];
	size_t n, wrong = 0;

	for (n = 4; n <= 4096; n += 4) {
		ms_base64_encode(zeros, n / 4 * 3 - 1, text);
		ms_base64_encode(zeros, 3, text + n);
		wrong += ms_base64_decode(text, n + 4, out) != -1;
		wrong +=
		    ms_base64_decode(text, n, out) != (ssize_t)(n / 4 * 3 - 1);
	}
	ok(wrong == 0, "nothing can follow padding");
}

int
main(void)
{
	test_table();
	test_bytes();
	test_lengths();
	test_padding();
	return done();
}
