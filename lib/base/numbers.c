/* numbers.c - arrays of numbers: comparison and search. */
#include "numbers.h"

#include <stdlib.h>

int
ms_compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int
ms_compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

const uint32_t *
ms_find_u32(const uint32_t *v, size_t n, uint32_t number)
{
	return n == 0 ? NULL
		      : bsearch(&number, v, n, sizeof(*v), ms_compare_u32);
}

const uint64_t *
ms_find_u64(const uint64_t *v, size_t n, uint64_t number)
{
	return n == 0 ? NULL
		      : bsearch(&number, v, n, sizeof(*v), ms_compare_u64);
}
