/*
 * sha.c - digests of the examples of the standard, hex in both directions,
 * random bytes.
 */
#include "sha.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* The examples of NIST for FIPS 180-4, and the empty message. */
static const struct {
	const char *text;
	size_t times;
	const char *hex;
} digests[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1,
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000,
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void
test_digests(void)
{
	unsigned char out[MS_SHA_LEN], again[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	struct ms_sha s;
	size_t i, j;

	ms_sha_init(&s);
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		for (j = 0; j < digests[i].times; j++)
			ms_sha_add(
			    &s, digests[i].text, strlen(digests[i].text));
		ms_sha_end(&s, out);
		ms_hex(out, sizeof(out), hex);
		ok(strcmp(hex, digests[i].hex) == 0, "%.16s...", hex);
		if (digests[i].times > 1)
			continue;
		ms_sha256(digests[i].text, strlen(digests[i].text), again);
		ok(memcmp(out, again, sizeof(out)) == 0,
		    "the digest is right in one call");
	}
}

static void *
digest_often(void *arg)
{
	unsigned char out[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	int i;

	for (i = 0; i < 1000; i++) {
		ms_sha256("abc", 3, out);
		ms_hex(out, sizeof(out), hex);
		*(int *)arg += strcmp(hex, digests[1].hex) != 0;
	}
	return NULL;
}

static void
test_threads(void)
{
	pthread_t t[4];
	int wrong[4] = {0}, i;

	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, digest_often, &wrong[i]);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(wrong[0] + wrong[1] + wrong[2] + wrong[3] == 0,
	    "four threads hash at the same time");
}

static const struct {
	const char *hex;
	size_t max;
	int want;
} hexes[] = {
    {"", 0, 0},
    {"00ff", 2, 2},
    {"00fF", 9, 2},
    {"00ff", 1, -1},
    {"0", 2, -1},
    {"0g", 2, -1},
    {"g0", 2, -1},
    {" 0", 2, -1},
    {"\xc3\xbc", 2, -1},
};

static void
test_hex(void)
{
	unsigned char all[256], back[256];
	char text[513];
	size_t i;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	ms_hex(all, sizeof(all), text);
	ok(strlen(text) == 512 && strncmp(text, "000102", 6) == 0 &&
		strcmp(text + 506, "fdfeff") == 0,
	    "all bytes are written as hex");
	ok(ms_unhex(ms_slice_str(text), back, sizeof(back)) == 256 &&
		memcmp(all, back, sizeof(all)) == 0,
	    "hex is converted back to bytes");
	for (i = 0; i < sizeof(hexes) / sizeof(hexes[0]); i++)
		ok(ms_unhex(ms_slice_str(hexes[i].hex), back, hexes[i].max) ==
			hexes[i].want,
		    "hex row %zu", i);
}

int
main(void)
{
	unsigned char a[16] = {0}, b[16] = {0};

	test_digests();
	test_threads();
	test_hex();
	ms_random(a, sizeof(a));
	ms_random(b, sizeof(b));
	ok(memcmp(a, b, sizeof(a)) != 0, "random bytes differ");
	return done();
}
