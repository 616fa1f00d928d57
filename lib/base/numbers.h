/*
 * numbers.h - arrays of numbers: comparison and search. Layer: bottom.
 */
#ifndef MS_NUMBERS_H
#define MS_NUMBERS_H
#include <stddef.h>
#include <stdint.h>

/* Compare two numbers, or two structs that begin with a number, for qsort(3)
 * and bsearch(3). */
int ms_compare_u32(const void *a, const void *b);
int ms_compare_u64(const void *a, const void *b);

/* Find a number in an ascending array; v may be NULL if n is 0. NULL: the array
 * does not have the number. */
const uint32_t *ms_find_u32(const uint32_t *v, size_t n, uint32_t number);
const uint64_t *ms_find_u64(const uint64_t *v, size_t n, uint64_t number);

#endif
