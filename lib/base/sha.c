/* sha.c - SHA-256 by OpenSSL, and hex. */
#include "sha.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

/*
 * OpenSSL 3 recommends EVP instead of these functions. EVP reads a
 * configuration file, loads a provider and looks up the algorithm by name: 5
 * million instructions, more than half of the cost of showing one message.
 */
void
ms_sha_init(struct ms_sha *s)
{
	SHA256_Init(&s->ctx);
}

void
ms_sha_add(struct ms_sha *s, const void *p, size_t n)
{
	SHA256_Update(&s->ctx, p, n);
}

void
ms_sha_end(struct ms_sha *s, unsigned char out[MS_SHA_LEN])
{
	SHA256_Final(out, &s->ctx);
	SHA256_Init(&s->ctx);
}

void
ms_sha_peek(const struct ms_sha *s, unsigned char out[MS_SHA_LEN])
{
	SHA256_CTX copy = s->ctx;

	SHA256_Final(out, &copy);
}

void
ms_sha256(const void *p, size_t n, unsigned char out[MS_SHA_LEN])
{
	struct ms_sha s;

	ms_sha_init(&s);
	ms_sha_add(&s, p, n);
	SHA256_Final(out, &s.ctx);
}

void
ms_hex(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
nibble(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
ms_unhex(struct ms_slice hex, unsigned char *out, size_t max)
{
	size_t i;
	int hi, lo;

	if (hex.n % 2 != 0 || hex.n / 2 > max)
		return -1;
	for (i = 0; i < hex.n; i += 2) {
		hi = nibble(hex.p[i]);
		lo = nibble(hex.p[i + 1]);
		if (hi < 0 || lo < 0)
			return -1;
		out[i / 2] = (unsigned char)(hi << 4 | lo);
	}
	return (int)(hex.n / 2);
}

void
ms_random(void *p, size_t n)
{
	unsigned char *at = p;
	ssize_t got;

	for (; n > 0; at += got, n -= (size_t)got) {
		got = getrandom(at, n, 0);
		if (got <= 0 && errno != EINTR) {
			perror("getrandom");
			exit(EX_OSERR);
		}
		if (got < 0)
			got = 0;
	}
}
