/* set.c - sets of record numbers, and leaves on disk by record number. */
#include "impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"

#define WINDOW 2048 /* leaves read at once */

void
ms_ranges_add(struct ms_ranges *r, uint64_t first, uint64_t last)
{
	if (r->n > 0 && r->p[r->n - 1].last + 1 == first) {
		r->p[r->n - 1].last = last;
		return;
	}
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 64 : 2 * r->cap;
		r->p = ms_xreallocarray(r->p, r->cap, sizeof(*r->p));
	}
	r->p[r->n++] = (struct ms_range){first, last};
}

static int
by_first(const void *a, const void *b)
{
	const struct ms_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

uint64_t
ms_ranges_sort(struct ms_ranges *r)
{
	uint64_t twice = 0;
	size_t i, n = 0;

	if (r->n == 0)
		return 0;
	qsort(r->p, r->n, sizeof(*r->p), by_first);
	for (i = 1; i < r->n; i++) {
		if (r->p[i].first > r->p[n].last + 1) {
			r->p[++n] = r->p[i];
			continue;
		}
		if (r->p[i].first <= r->p[n].last)
			twice = r->p[i].first;
		if (r->p[i].last > r->p[n].last)
			r->p[n].last = r->p[i].last;
	}
	r->n = n + 1;
	return twice;
}

bool
ms_ranges_gap(
    const struct ms_ranges *r, uint64_t from, uint64_t to, struct ms_range *gap)
{
	size_t low = 0, high = r->n, mid;

	/* low becomes the first range that ends at or after from. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->p[mid].last < from)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < r->n && r->p[low].first <= from) {
		from = r->p[low].last + 1;
		low++;
	}
	if (from > to)
		return false;
	gap->first = from;
	gap->last = to;
	if (low < r->n && r->p[low].first <= to)
		gap->last = r->p[low].first - 1;
	return true;
}

void
ms_ranges_release(struct ms_ranges *r)
{
	free(r->p);
	*r = (struct ms_ranges){0};
}

int
ms_leaves_open(struct ms_leaves *s, int dirfd, uint64_t first, uint64_t limit,
    struct ms_err *err)
{
	*s = (struct ms_leaves){.first = first, .limit = limit};
	s->fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return ms_fail_errno(err, "a file for the leaves");
	s->window = ms_xmalloc(WINDOW * MS_SHA_LEN);
	return 0;
}

int
ms_leaves_put(struct ms_leaves *s, uint64_t number, const unsigned char *leaves,
    size_t count, struct ms_err *err)
{
	if (ms_fs_write_at(s->fd, (number - s->first) * MS_SHA_LEN, leaves,
		count * MS_SHA_LEN) < 0)
		return ms_fail_errno(err, "the file for the leaves");
	s->window_n = 0;
	return 0;
}

int
ms_leaves_get(struct ms_leaves *s, uint64_t number,
    unsigned char leaf[MS_SHA_LEN], struct ms_err *err)
{
	ssize_t n;

	if (s->window_n == 0 || number < s->window_first ||
	    number - s->window_first >= s->window_n) {
		do
			n = pread(s->fd, s->window, WINDOW * MS_SHA_LEN,
			    (off_t)((number - s->first) * MS_SHA_LEN));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return ms_fail_errno(err, "the file for the leaves");
		if (n < MS_SHA_LEN)
			return ms_fail(err, MS_BUG, "a leaf was not stored");
		s->window_first = number;
		s->window_n = (size_t)n / MS_SHA_LEN;
	}
	memcpy(leaf, s->window + (number - s->window_first) * MS_SHA_LEN,
	    MS_SHA_LEN);
	return 0;
}

void
ms_leaves_close(struct ms_leaves *s)
{
	if (s->window == NULL)
		return;
	close(s->fd);
	free(s->window);
	*s = (struct ms_leaves){0};
}
