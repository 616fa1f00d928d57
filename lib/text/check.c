/*
 * check.c - compares the databases of the text index with the index of the
 * archive.
 */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "index.h"
#include "numbers.h"
#include "update.h"

struct check {
	struct ms_archive *a;
	struct ms_buf has; /* uint64_t, ascending: the messages of a database */
	size_t at;         /* bytes of `has` that were compared */
	uint64_t number;   /* of the index */
};

static void
add_row(void *ctx, const struct ms_text_row *row)
{
	ms_buf_add(ctx, &row->number, sizeof(row->number));
}

static void
add_number(void *ctx, uint64_t number)
{
	ms_buf_add(ctx, &number, sizeof(number));
}

/* Compares a slice of the messages. 1: there may be more; 0; -1: MS_INDEX, they
 * differ, or as the index. */
static int
compare_slice(
    struct check *c, uint64_t end, const char *path, struct ms_err *err)
{
	size_t at = c->at;
	uint64_t number = c->number, other;
	struct ms_message_row row;
	struct ms_txn txn;
	int got = 1;

	if (ms_index_begin(ms_archive_index(c->a), &txn, err) < 0)
		return -1;
	for (int i = 0; i < 65536 && got == 1; i++) {
		got = ms_index_next_message(&txn, &number, &row, err);
		if (got == 1 && number >= end)
			got = 0;
		if (got != 1)
			break;
		other = 0;
		if (at < c->has.n)
			memcpy(&other, c->has.p + at, sizeof(other));
		if (other != number)
			got = ms_fail(err, MS_INDEX,
			    "%s: has not the messages of the archive", path);
		at += sizeof(other);
		number++;
	}
	if (ms_index_end(&txn) != 0)
		return 1;
	c->at = at;
	c->number = number;
	return got;
}

static int
check_messages(struct check *c, struct ms_text_store *s, const char *path,
    struct ms_err *err)
{
	const struct ms_text_extent *e = ms_text_store_extent(s);
	int got;

	c->number = e->first;
	if (ms_text_store_rows(s, add_row, &c->has, err) < 0 ||
	    ms_text_store_skipped(s, add_number, &c->has, err) < 0)
		return -1;
	if (c->has.n > 0)
		qsort(c->has.p, c->has.n / sizeof(uint64_t), sizeof(uint64_t),
		    ms_compare_u64);
	while ((got = compare_slice(c, e->next, path, err)) == 1)
		;
	if (got == 0 && c->at != c->has.n)
		got = ms_fail(err, MS_INDEX,
		    "%s: has messages that the archive has not", path);
	return got;
}

int
ms_text_check_store(struct ms_archive *a, struct ms_text_store *s,
    const char *path, struct ms_err *err)
{
	struct check c = {.a = a};
	int rc = ms_text_store_check(s, err);

	if (rc == 0)
		rc = check_messages(&c, s, path, err);
	ms_buf_release(&c.has);
	return rc;
}

static int
check_file(
    struct ms_archive *a, const struct ms_text_file *file, struct ms_err *why)
{
	struct ms_text_store *s = NULL;
	struct ms_buf path = {0};
	int rc;

	ms_text_file_path(a, file, &path);
	rc = ms_text_store_open(&s, ms_buf_str(&path), file->whole, why);
	if (rc == 0 &&
	    ms_text_belongs(a, file, ms_text_store_extent(s), why) == 0)
		rc = ms_fail(why, MS_INDEX, "%s: belongs to another archive",
		    ms_buf_str(&path));
	if (rc == 0)
		rc = ms_text_check_store(a, s, ms_buf_str(&path), why);
	ms_text_store_close(s);
	ms_buf_release(&path);
	return rc;
}

int
ms_text_check(struct ms_archive *a,
    void (*fault)(void *, const struct ms_err *), void *ctx, struct ms_err *err)
{
	struct ms_text_file *files;
	size_t n;

	if (ms_text_files(a, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct ms_err why = {0};

		if (check_file(a, &files[i], &why) < 0)
			fault(ctx, &why);
	}
	free(files);
	return 0;
}
