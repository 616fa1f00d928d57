/* found.c - lists of messages that the index has found. ms-query(7). */
#include "impl.h"

#include <stdlib.h>

#include "numbers.h"

size_t
ms_query_sort(struct ms_buf *numbers)
{
	uint64_t *list = (uint64_t *)(void *)numbers->p;
	size_t n = numbers->n / sizeof(*list), kept = 0;

	if (n > 1)
		qsort(list, n, sizeof(*list), ms_compare_u64);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || list[i] != list[i - 1])
			list[kept++] = list[i];
	numbers->n = kept * sizeof(*list);
	return kept;
}

int
ms_query_ambiguous(const struct ms_query_node *t, struct ms_err *err)
{
	return ms_fail(err, MS_USAGE,
	    "id:%s is the beginning of more than one id; write more digits",
	    t->value);
}
