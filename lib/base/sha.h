/*
 * sha.h - SHA-256 (FIPS 180-4) and its names in hex. On OpenSSL.
 * Layer: bottom.
 */
#ifndef MS_SHA_H
#define MS_SHA_H
#define OPENSSL_SUPPRESS_DEPRECATED /* sha.c says why */
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

#define MS_SHA_LEN 32 /* bytes of a digest */
#define MS_SHA_HEX 64 /* characters of a digest in hex, without the NUL */

/* A digest in the making; usable again after each end. One thread's. */
struct ms_sha {
	SHA256_CTX ctx;
};

void ms_sha_init(struct ms_sha *s);
void ms_sha_add(struct ms_sha *s, const void *p, size_t n);
/* Gives the digest and begins anew. */
void ms_sha_end(struct ms_sha *s, unsigned char out[MS_SHA_LEN]);
/* Gives the digest of what was added so far, and goes on. */
void ms_sha_peek(const struct ms_sha *s, unsigned char out[MS_SHA_LEN]);

/* In one call. */
void ms_sha256(const void *p, size_t n, unsigned char out[MS_SHA_LEN]);

/* n bytes as 2n lower-case hex digits and a NUL. */
void ms_hex(const unsigned char *p, size_t n, char *out);
/*
 * Hex digits (either case) into at most max bytes. Returns how many bytes,
 * or -1: an odd number of digits, something else, or too many.
 */
int ms_unhex(struct ms_slice hex, unsigned char *out, size_t max);

/* n random bytes from the system. */
void ms_random(void *p, size_t n);

#endif
