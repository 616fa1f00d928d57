/* sha.c - SHA-256 on OpenSSL, and hex. */
#include "sha.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* Fetching an algorithm by name takes a lock each time: do it once. */
static const EVP_MD *md;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
must(int ok)
{
	static const char msg[] = "OpenSSL: SHA-256 or random bytes failed\n";

	if (ok != 1) {
		(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
		_exit(EX_OSERR);
	}
}

static void
fetch_md(void)
{
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(md != NULL);
}

void
ms_sha_init(struct ms_sha *s)
{
	must(pthread_once(&once, fetch_md) == 0);
	s->ctx = EVP_MD_CTX_new();
	must(s->ctx != NULL);
	must(EVP_DigestInit_ex(s->ctx, md, NULL));
}

void
ms_sha_add(struct ms_sha *s, const void *p, size_t n)
{
	must(EVP_DigestUpdate(s->ctx, p, n));
}

void
ms_sha_end(struct ms_sha *s, unsigned char out[MS_SHA_LEN])
{
	must(EVP_DigestFinal_ex(s->ctx, out, NULL));
	must(EVP_DigestInit_ex(s->ctx, NULL, NULL));
}

void
ms_sha_peek(const struct ms_sha *s, unsigned char out[MS_SHA_LEN])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();

	must(copy != NULL && EVP_MD_CTX_copy_ex(copy, s->ctx));
	must(EVP_DigestFinal_ex(copy, out, NULL));
	EVP_MD_CTX_free(copy);
}

void
ms_sha_release(struct ms_sha *s)
{
	EVP_MD_CTX_free(s->ctx);
	s->ctx = NULL;
}

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void
free_thread(void *p)
{
	ms_sha_release(p);
	free(p);
}

static void
make_key(void)
{
	must(pthread_key_create(&key, free_thread) == 0);
}

/* A context a thread: making one costs more than a short digest. */
void
ms_sha256(const void *p, size_t n, unsigned char out[MS_SHA_LEN])
{
	struct ms_sha *s;

	must(pthread_once(&key_once, make_key) == 0);
	s = pthread_getspecific(key);
	if (s == NULL) {
		s = ms_xmalloc(sizeof(*s));
		ms_sha_init(s);
		must(pthread_setspecific(key, s) == 0);
	}
	ms_sha_add(s, p, n);
	ms_sha_end(s, out);
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
	must(RAND_bytes(p, (int)n));
}
