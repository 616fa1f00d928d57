/* find.c - messages by the beginning of their id. ms-archive(5), Index. */
#include <string.h>

#include "impl.h"
#include "le.h"

/* Does an id begin with these digits? n: at most MS_SHA_HEX. */
static bool
has_prefix(const unsigned char id[MS_SHA_LEN], const char *digits, size_t n)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(id, MS_SHA_LEN, hex);
	return memcmp(hex, digits, n) == 0;
}

/* Adds a message unless its id was found already. */
static int
add_found(struct ms_txn *txn, uint64_t number, const char *digits,
    struct ms_buf *ids, uint64_t *messages, struct ms_err *err)
{
	struct ms_message_row row;
	size_t i, n = ids->n / MS_SHA_LEN;
	int got;

	got = ms_index_message(txn, number, &row, err);
	if (got <= 0 || !has_prefix(row.id, digits, strlen(digits)))
		return got < 0 ? -1 : 0;
	for (i = 0; i < n; i++)
		if (memcmp(ids->p + i * MS_SHA_LEN, row.id, MS_SHA_LEN) == 0)
			return 0;
	ms_buf_add(ids, row.id, MS_SHA_LEN);
	messages[n] = number;
	return 0;
}

int
ms_archive_find(struct ms_archive *a, const char *digits, uint64_t *messages,
    size_t max, struct ms_err *err)
{
	unsigned char from[MS_SHA_LEN] = {0}, id[MS_SHA_LEN] = {0};
	char padded[MS_SHA_HEX + 1];
	struct ms_buf ids = {0};
	struct ms_txn txn;
	size_t n = strlen(digits), key_n;
	uint64_t number;
	int got = 0;

	if (n > MS_SHA_HEX)
		return 0;
	memset(padded, '0', MS_SHA_HEX);
	memcpy(padded, digits, n);
	if (ms_unhex((struct ms_slice){(unsigned char *)padded, MS_SHA_HEX},
		from, MS_SHA_LEN) < 0)
		return 0;
	key_n = n < 32 ? n : 32; /* digits of a key */
	do {
		ms_buf_clear(&ids);
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		memcpy(id, from, MS_INDEX_DIGEST);
		number = 0;
		while (ids.n / MS_SHA_LEN < max &&
		       (got = ms_index_next_id(&txn, id, &number, err)) == 1 &&
		       has_prefix(id, digits, key_n)) {
			got = add_found(
			    &txn, number++, digits, &ids, messages, err);
			if (got < 0)
				break;
		}
	} while (ms_index_end(&txn) != 0);
	n = ids.n / MS_SHA_LEN;
	ms_buf_release(&ids);
	if (got >= 0 && n == 0)
		got = ms_archive_check_index(a, MS_INDEX_IDS, err);
	return got < 0 ? -1 : (int)n;
}

int
ms_archive_short_id(struct ms_archive *a, const unsigned char id[MS_SHA_LEN],
    char digits[MS_SHA_HEX + 1], struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	uint64_t found[2];
	size_t n;
	int got = 2;

	ms_hex(id, MS_SHA_LEN, hex);
	for (n = MS_SHORT_ID; n < MS_SHA_HEX && got > 1; n++) {
		memcpy(digits, hex, n);
		digits[n] = '\0';
		got = ms_archive_find(a, digits, found, 2, err);
	}
	if (got > 1)
		memcpy(digits, hex, sizeof(hex));
	return got < 0 ? -1 : 0;
}

/* ---- lost rows ---- */

int
ms_archive_check_index(
    struct ms_archive *a, enum ms_index_part part, struct ms_err *err)
{
	struct ms_txn txn;
	int rc;

	if ((a->parts_checked >> part & 1) != 0)
		return 0;
	do {
		if (ms_index_begin(a->ix, &txn, err) < 0)
			return -1;
		rc = ms_index_check(&txn, part, err);
	} while (ms_index_end(&txn) != 0);
	if (rc == 0)
		a->parts_checked |= 1u << part;
	return rc;
}

int
ms_archive_check_places(struct ms_archive *a, struct ms_err *err)
{
	if (ms_archive_check_index(a, MS_INDEX_NAMES, err) < 0)
		return -1;
	return ms_archive_check_index(a, MS_INDEX_PLACES, err);
}
