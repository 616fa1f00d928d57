/*
 * rtf-decompress.c - the value of PidTagRtfCompressed: a header of 16 bytes,
 * and RTF that is compressed (LZFu) or not (MELA). [MS-OXRTFCP].
 */
#include "rtf.h"
#include <stdlib.h>
#include <string.h>
#include "le.h"

#define HEADER 16
#define LZFU 0x75465a4cU
#define MELA 0x414c454dU
#define DICTIONARY 4096

/* With what the dictionary begins; [MS-OXRTFCP], 2.1.2.1. */
static const char beginning[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
    "\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New "
    "RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct lzfu {
	struct ms_slice in; /* what is left */
	struct ms_buf *out;
	size_t limit; /* of out->n */
	unsigned at;  /* where the next byte goes */
	unsigned char dictionary[DICTIONARY];
};

/* The CRC of IEEE 802.3, but it begins with 0 and is not inverted. */
static uint32_t
checksum(struct ms_slice in)
{
	uint32_t table[16], sum = 0;

	for (uint32_t i = 0; i < 16; i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] =
			    table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320U : 0);
	}
	for (size_t i = 0; i < in.n; i++) {
		sum = sum >> 4 ^ table[(sum ^ in.p[i]) & 15];
		sum = sum >> 4 ^ table[(sum ^ in.p[i] >> 4) & 15];
	}
	return sum;
}

static int
put(struct lzfu *z, unsigned char c, struct ms_err *err)
{
	if (z->out->n == z->limit)
		return ms_fail(err, MS_DATA,
		    "RTF has more than %zu bytes when it is decompressed",
		    MS_RTF_MAX);
	ms_buf_add_byte(z->out, c);
	z->dictionary[z->at] = c;
	z->at = (z->at + 1) % DICTIONARY;
	return 0;
}

/* A reference to earlier bytes. Returns 1, or 0 if it is the end. */
static int
copy(struct lzfu *z, struct ms_err *err)
{
	unsigned from, n;

	if (z->in.n < 2)
		return ms_fail(err, MS_DATA, "compressed RTF is cut off");
	from = (unsigned)z->in.p[0] << 4 | z->in.p[1] >> 4;
	n = (z->in.p[1] & 15U) + 2;
	z->in = (struct ms_slice){z->in.p + 2, z->in.n - 2};
	if (from == z->at)
		return 0;
	for (; n > 0; n--, from = (from + 1) % DICTIONARY)
		if (put(z, z->dictionary[from], err) < 0)
			return -1;
	return 1;
}

/* Eight literals or references, by the bits of a byte. As copy(). */
static int
eight(struct lzfu *z, struct ms_err *err)
{
	unsigned bits, i;

	if (z->in.n == 0)
		return ms_fail(err, MS_DATA, "compressed RTF is cut off");
	bits = z->in.p[0];
	z->in = (struct ms_slice){z->in.p + 1, z->in.n - 1};
	for (i = 0; i < 8; i++, bits >>= 1) {
		int rc = 1;

		if (bits & 1) {
			rc = copy(z, err);
		} else if (z->in.n == 0) {
			return ms_fail(
			    err, MS_DATA, "compressed RTF is cut off");
		} else {
			rc = put(z, z->in.p[0], err);
			z->in = (struct ms_slice){z->in.p + 1, z->in.n - 1};
			rc = rc < 0 ? -1 : 1;
		}
		if (rc < 1)
			return rc;
	}
	return 1;
}

static int
decompress(struct ms_slice in, struct ms_buf *out, struct ms_err *err)
{
	struct lzfu *z = ms_xcalloc(1, sizeof *z);
	int rc;

	z->in = in;
	z->out = out;
	z->limit = out->n + MS_RTF_MAX;
	z->at = sizeof beginning - 1;
	memcpy(z->dictionary, beginning, sizeof beginning - 1);
	do
		rc = eight(z, err);
	while (rc == 1);
	free(z);
	return rc;
}

int
ms_rtf_decompress(struct ms_slice in, struct ms_buf *out, struct ms_err *err)
{
	uint32_t size, form, sum;
	struct ms_slice rest;

	if (in.n < HEADER)
		return ms_fail(err, MS_DATA, "compressed RTF has no header");
	size = ms_le32(in.p); /* counts what follows this field */
	form = ms_le32(in.p + 8);
	sum = ms_le32(in.p + 12);
	rest = (struct ms_slice){in.p + HEADER, in.n - HEADER};
	if (size >= HEADER - 4 && size - (HEADER - 4) < rest.n)
		rest.n = size - (HEADER - 4);
	if (form == MELA) {
		if (rest.n > ms_le32(in.p + 4))
			rest.n = ms_le32(in.p + 4);
		if (rest.n > MS_RTF_MAX)
			return ms_fail(err, MS_DATA,
			    "RTF has more than %zu bytes", MS_RTF_MAX);
		ms_buf_add(out, rest.p, rest.n);
		return 0;
	}
	if (form != LZFU)
		return ms_fail(
		    err, MS_DATA, "RTF is compressed in an unknown form");
	if (decompress(rest, out, err) < 0)
		return -1;
	if (checksum(rest) != sum)
		return ms_fail(
		    err, MS_DATA, "compressed RTF has a wrong checksum");
	return 0;
}
