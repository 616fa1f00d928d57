/*
 * recipe.c - fuzzes the content of a MESSAGE record: it is a valid recipe or
 * refused, and a valid recipe can be assembled from any BLOBs.
 */
#include "recipe.h"

#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

#define ID "0123456789abcdef0123456789abcdef"
#define U32(c) c "\0\0\0"
#define SIZE(c) U32(c) "\0\0\0\0"
#define NOTHING "\0\0\0\0"

const struct fuzz_seed fuzz_seeds[] = {SEED(ID SIZE("\0") U32("\0") U32("\0")),
    SEED(ID SIZE("\10") U32("\1") U32("\6") /* a header */
	U32("\6") NOTHING "a: b\n\n"),
    SEED(
	ID SIZE("\40") U32("\3") U32("\1") /* the same with base64 and a BLOB */
	U32("\1") NOTHING U32("\5") "\1\2\114\1" U32("\2") "\200\3\0\0" ID
							   "\nhello"),
    SEED(ID SIZE("\40") U32("\2") U32("\1") /* base64 in a BLOB */
	U32("\1") "\0\3\0\0"
		  "\0\10\0\0\201\0\75\0" ID "\n"),
    SEEDS_END};

/* Reads every byte, so that a sanitizer detects invalid memory. */
static int
emit(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	uint64_t *sum = ctx;

	(void)err;
	while (n-- > 0)
		*sum = *sum * 31 + *p++;
	return 0;
}

static void
assemble(const struct ms_recipe *r, enum ms_form form)
{
	static unsigned char blob[65536];
	uint64_t sum = 0;
	struct ms_assembly as = {form, emit, &sum};
	struct ms_recipe_walk walk = {0};
	struct ms_item item;
	struct ms_slice bytes;

	memset(blob, '\n', sizeof(blob) / 2);
	while (ms_recipe_next(r, &walk, &item) == 1) {
		bytes = item.bytes;
		if (item.blob)
			bytes = (struct ms_slice){blob,
			    item.n < sizeof(blob) ? item.n : sizeof(blob)};
		(void)ms_assemble(&as, &item, bytes, NULL);
	}
	if (walk.i != r->items)
		abort(); /* a parsed recipe can be iterated */
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_recipe r;

	if (ms_recipe_parse(&r, (struct ms_slice){p, n}, NULL) < 0)
		return 0;
	assemble(&r, MS_FORM_STORED);
	assemble(&r, MS_FORM_LF);
	assemble(&r, MS_FORM_CRLF);
	return 0;
}
