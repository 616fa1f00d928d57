/* heads.c - the messages of a user by header and size. ms-archive(5), Identity.
 */
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "le.h"
#include "record.h"

#define SLICE 20000 /* rows looked up in one transaction */

/*
 * A message. high has the size and the first 32 bits of the head, low the next
 * 24 bits of the head and the number, so that entries sort by what is searched
 * for. While the list is collected, low is the number alone.
 */
struct entry {
	uint64_t high, low;
};

#define NUMBER_BITS 40
#define NUMBER_MASK (((uint64_t)1 << NUMBER_BITS) - 1)

struct ms_heads {
	struct ms_archive *a;
	struct ms_buf entries; /* struct entry, ascending */
	struct ms_message_hasher *hasher;
	bool lossy; /* ms_archive_has_losses() */
};

static struct entry *
entries_of(const struct ms_heads *h, size_t *count)
{
	*count = h->entries.n / sizeof(struct entry);
	return (struct entry *)(void *)h->entries.p;
}

/* A wire size of more than 32 bits counts as the largest of 32 bits. */
static uint64_t
high_of(uint64_t size, const unsigned char *head)
{
	return (size < UINT32_MAX ? size : UINT32_MAX) << 32 | ms_be32(head);
}

static uint64_t
low_of(const unsigned char *head, uint64_t number)
{
	return (uint64_t)(ms_be32(head + 4) >> 8) << NUMBER_BITS | number;
}

static int
compare_entries(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;

	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

/* Moves e[i] down to its place in a heap of n, the greatest entry on top. */
static void
sift_down(struct entry *e, size_t i, size_t n)
{
	struct entry moved = e[i];
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n &&
		    compare_entries(&e[child], &e[child + 1]) < 0)
			child++;
		if (compare_entries(&e[child], &moved) <= 0)
			break;
		e[i] = e[child];
		i = child;
	}
	e[i] = moved;
}

/* Sorts the entries and removes duplicates. The sort is in place; qsort() would
 * need as much memory again. */
static void
sort_entries(struct ms_heads *h)
{
	size_t i, n, kept = 0;
	struct entry *e = entries_of(h, &n), top;

	for (i = n / 2; i-- > 0;)
		sift_down(e, i, n);
	for (i = n; i-- > 1;) {
		top = e[0];
		e[0] = e[i];
		e[i] = top;
		sift_down(e, 0, i);
	}
	for (i = 0; i < n; i++)
		if (i == 0 || compare_entries(&e[i], &e[i - 1]) != 0)
			e[kept++] = e[i];
	h->entries.n = kept * sizeof(*e);
}

/* Adds the numbers of some messages in the folder of *row, from *row on. 1:
 * there may be more, from *row on; 0; -1. */
static int
numbers_slice(struct ms_txn *txn, struct ms_occurrence_row *row,
    struct ms_buf *out, struct ms_err *err)
{
	const uint64_t folder = row->folder;
	struct entry e = {0};
	int got, i;

	for (i = 0; i < SLICE; i++, row->number++) {
		got = ms_index_next_occurrence(txn, row, err);
		if (got <= 0)
			return got;
		if (row->folder != folder)
			return 0;
		if (row->message > NUMBER_MASK)
			return ms_fail(err, MS_DATA,
			    "record %llu: the number is too high for a search "
			    "by header",
			    (unsigned long long)row->message);
		e.low = row->message;
		ms_buf_add(out, &e, sizeof(e));
	}
	return 1;
}

static int
add_folder(struct ms_heads *h, uint64_t folder, struct ms_err *err)
{
	struct ms_occurrence_row row = {.folder = folder, .date = INT64_MIN};
	struct ms_occurrence_row before;
	struct ms_txn txn;
	size_t kept;
	int got;

	do {
		before = row;
		kept = h->entries.n;
		if (ms_index_begin(h->a->ix, &txn, err) < 0)
			return -1;
		got = numbers_slice(&txn, &row, &h->entries, err);
		if (ms_index_end(&txn) != 0) {
			row = before;
			h->entries.n = kept;
			got = 1;
		}
	} while (got == 1);
	return got;
}

static bool
add_receipt(void *ctx, const struct ms_receipt_row *row)
{
	struct entry e = {high_of(row->size, row->head), 0};

	if (row->number > NUMBER_MASK)
		return false;
	e.low = low_of(row->head, row->number);
	ms_buf_add(ctx, &e, sizeof(e));
	return true;
}

static int
add_receipts(struct ms_heads *h, uint64_t folder, struct ms_err *err)
{
	return ms_archive_receipts(h->a, folder, add_receipt, &h->entries, err);
}

/* Calls add() for all folders of the user. */
static int
add_user(struct ms_heads *h, uint64_t user,
    int (*add)(struct ms_heads *, uint64_t, struct ms_err *),
    struct ms_err *err)
{
	const struct ms_folder **all;
	size_t i, n;
	int rc = 0;

	if (ms_archive_folders(h->a, &all, &n, err) < 0)
		return -1;
	for (i = 0; i < n && rc == 0; i++)
		if (all[i]->user == user)
			rc = add(h, all[i]->number, err);
	free(all);
	return rc;
}

/* Fills entries that have numbers, which ascend. The entry of a message that is
 * not whole becomes 0. */
static int
fill_slice(struct ms_txn *txn, struct entry *e, size_t n, struct ms_err *err)
{
	struct ms_message_row row;
	size_t i;
	int got;

	for (i = 0; i < n; i++) {
		uint64_t number = e[i].low;

		got = ms_index_message(txn, number, &row, err);
		if (got == 1)
			got = ms_index_whole(txn, number, err);
		if (got < 0)
			return -1;
		e[i] = (struct entry){0};
		if (got == 0)
			continue;
		e[i].high = high_of(row.size, row.head);
		e[i].low = low_of(row.head, number);
	}
	return 0;
}

/*
 * Fills all entries. Without reader locks an entry may be wrong, but a message
 * that is found by an entry is compared with the archive; at worst a message is
 * not found, and is fetched again.
 */
static int
fill(struct ms_heads *h, struct ms_err *err)
{
	size_t i, n, count;
	struct entry *e = entries_of(h, &count);
	struct ms_txn txn;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i += n) {
		n = count - i < SLICE ? count - i : SLICE;
		if (ms_index_begin(h->a->ix, &txn, err) < 0)
			return -1;
		rc = fill_slice(&txn, e + i, n, err);
		ms_index_end(&txn);
	}
	return rc;
}

/* The index of the first entry that is not less than this one. */
static size_t
lower_bound(const struct ms_heads *h, struct entry want)
{
	size_t low = 0, high, mid;
	const struct entry *e = entries_of(h, &high);

	while (low < high) {
		mid = low + (high - low) / 2;
		if (compare_entries(&e[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
ms_heads_open(struct ms_heads **out, struct ms_archive *a, uint64_t user,
    struct ms_err *err)
{
	struct ms_heads *h = ms_xcalloc(1, sizeof(*h));
	size_t empty;
	int lossy;

	h->a = a;
	h->hasher = ms_message_hasher_new();
	lossy = ms_archive_has_losses(a, err);
	h->lossy = lossy == 1;
	if (lossy < 0 || add_user(h, user, add_folder, err) < 0)
		goto fail;
	sort_entries(h);
	if (fill(h, err) < 0 || add_user(h, user, add_receipts, err) < 0)
		goto fail;
	sort_entries(h);
	/* Messages that are not whole come first, as one entry. */
	empty = lower_bound(h, (struct entry){0, 1});
	if (empty > 0) {
		h->entries.n -= empty * sizeof(struct entry);
		memmove(h->entries.p,
		    h->entries.p + empty * sizeof(struct entry), h->entries.n);
	}
	ms_buf_trim(&h->entries);
	*out = h;
	return 0;
fail:
	ms_heads_close(h);
	return -1;
}

void
ms_heads_close(struct ms_heads *h)
{
	if (h == NULL)
		return;
	ms_buf_release(&h->entries);
	ms_message_hasher_free(h->hasher);
	free(h);
}

size_t
ms_heads_count(const struct ms_heads *h)
{
	return h->entries.n / sizeof(struct entry);
}

/* Reads a RECEIPT and compares head and size. One whose users have lost the
 * message is passed over, so that the message is fetched again. 1, 0, -1. */
static int
confirm_receipt(struct ms_heads *h, uint64_t number,
    const unsigned char head[MS_SHA_LEN], uint64_t size,
    unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_receipt r;
	int got;

	got = ms_archive_receipt(h->a, number, &r, &content, err);
	if (got == 1)
		got = r.size == size && memcmp(r.head, head, MS_SHA_LEN) == 0;
	if (got == 1 && h->lossy)
		got = ms_archive_receipt_whole(h->a, &r, err);
	if (got == 1)
		memcpy(id, r.id, MS_SHA_LEN);
	ms_buf_release(&content);
	return got;
}

/* Reads a message and compares its head and size. 1, 0, -1. */
static int
confirm(struct ms_heads *h, uint64_t number,
    const unsigned char head[MS_SHA_LEN], uint64_t size,
    unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_buf content = {0};
	struct ms_identity seen;
	struct ms_err why = {0};
	struct ms_recipe r;
	int got;

	if (ms_archive_content(h->a, number, MS_MESSAGE, &content, &why) < 0 ||
	    ms_recipe_parse(&r, ms_buf_slice(&content), &why) < 0) {
		got = why.code == MS_DATA
			  ? confirm_receipt(h, number, head, size, id, err)
			  : -1;
		if (why.code != MS_DATA && err != NULL)
			*err = why;
	} else {
		memcpy(id, r.id, MS_SHA_LEN);
		ms_recipe_add_header(&r, h->hasher);
		ms_message_hasher_end(h->hasher, &seen);
		got =
		    r.size == size && memcmp(seen.head, head, MS_SHA_LEN) == 0;
	}
	ms_buf_release(&content);
	return got;
}

int
ms_heads_find(struct ms_heads *h, const unsigned char head[MS_SHA_LEN],
    uint64_t size, unsigned char id[MS_SHA_LEN], uint64_t *message,
    struct ms_err *err)
{
	struct entry want = {high_of(size, head), low_of(head, 0)};
	unsigned char other[MS_SHA_LEN] = {0};
	size_t n, i = lower_bound(h, want);
	const struct entry *e = entries_of(h, &n);
	int got, found = 0;

	for (; i < n && e[i].high == want.high &&
	       e[i].low >> NUMBER_BITS == want.low >> NUMBER_BITS;
	     i++) {
		got = confirm(h, e[i].low & NUMBER_MASK, head, size,
		    found ? other : id, err);
		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		if (found && memcmp(id, other, MS_SHA_LEN) != 0)
			return 0;
		if (!found)
			*message = e[i].low & NUMBER_MASK;
		found = 1;
	}
	return found;
}

int
ms_archive_head_is(struct ms_archive *a, uint64_t message,
    const unsigned char head[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_message_row row;
	struct ms_txn txn;
	int got;

	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		got = ms_index_message(&txn, message, &row, err);
		if (got == 1)
			got = memcmp(row.head, head, MS_HEAD_START) == 0;
	} while (ms_index_end(&txn) != 0);
	return got;
}
