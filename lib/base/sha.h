/*
 * sha.h - SHA-256 (FIPS 180-4) by OpenSSL, and digests in hex. Layer: bottom.
 */
#ifndef MS_SHA_H
#define MS_SHA_H
#define OPENSSL_SUPPRESS_DEPRECATED /* the reason is in sha.c */
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include "buf.h"

#define MS_SHA_LEN 32 /* bytes of a digest */
#define MS_SHA_HEX 64 /* characters of a digest in hex, without the NUL */

/*
 * The state of a digest. It can be used again after each ms_sha_end(), by one
 * thread only.
 */
struct ms_sha {
	SHA256_CTX ctx;
};

void ms_sha_init(struct ms_sha *s);
void ms_sha_add(struct ms_sha *s, const void *p, size_t n);
/* Writes the digest and begins a new one. */
void ms_sha_end(struct ms_sha *s, unsigned char out[MS_SHA_LEN]);
/* Writes the digest of the bytes added so far; more bytes can be added. */
void ms_sha_peek(const struct ms_sha *s, unsigned char out[MS_SHA_LEN]);

/* The digest of n bytes at p. */
void ms_sha256(const void *p, size_t n, unsigned char out[MS_SHA_LEN]);

/* Writes n bytes as 2n lower-case hex digits and a NUL. */
void ms_hex(const unsigned char *p, size_t n, char *out);
/*
 * Reads hex digits of either case into at most max bytes. Returns the number of
 * bytes, or -1 for an odd number of digits, another character, or too many
 * digits.
 */
int ms_unhex(struct ms_slice hex, unsigned char *out, size_t max);

/* Writes n random bytes from the system. */
void ms_random(void *p, size_t n);

#endif
