/*
 * folder.c - finds the databases of the text index, and those of them that
 * belong to another archive.
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"

void
ms_text_folder_path(const struct ms_archive *a, struct ms_buf *out)
{
	ms_buf_printf(out, "%s/text", ms_archive_path(a));
}

void
ms_text_file_path(const struct ms_archive *a, const struct ms_text_file *file,
    struct ms_buf *out)
{
	ms_text_folder_path(a, out);
	ms_buf_printf(
	    out, "/%08u.%s", file->pack, file->whole ? "text" : "part");
}

static bool
parse_name(const char *name, struct ms_text_file *file)
{
	char again[32];

	file->pack = (uint32_t)strtoul(name, NULL, 10);
	for (int whole = 0; whole < 2; whole++) {
		snprintf(again, sizeof(again), "%08u.%s", file->pack,
		    whole ? "text" : "part");
		file->whole = whole;
		if (strcmp(again, name) == 0)
			return true;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct ms_text_file *x = a, *y = b;

	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	return (int)y->whole - (int)x->whole;
}

int
ms_text_files(struct ms_archive *a, struct ms_text_file **out, size_t *n,
    struct ms_err *err)
{
	struct ms_buf list = {0}, path = {0};
	struct ms_text_file file;
	const struct dirent *entry;
	DIR *dir;

	*out = NULL;
	*n = 0;
	ms_text_folder_path(a, &path);
	dir = opendir(ms_buf_str(&path));
	if (dir == NULL) {
		int rc = errno == ENOENT
			     ? 0
			     : ms_fail_errno(err, "%s", ms_buf_str(&path));

		ms_buf_release(&path);
		return rc;
	}
	while ((entry = readdir(dir)) != NULL)
		if (parse_name(entry->d_name, &file))
			ms_buf_add(&list, &file, sizeof(file));
	closedir(dir);
	ms_buf_release(&path);
	*n = list.n / sizeof(file);
	if (*n > 0)
		qsort(list.p, *n, sizeof(file), compare);
	*out = (void *)list.p; /* the caller frees it */
	return 0;
}

/* ---- which archive a database belongs to ---- */

/* Has the archive the last message of the database? 1, 0, -1. */
static int
has_last(const struct ms_text_extent *e, struct ms_txn *txn, struct ms_err *err)
{
	struct ms_message_row row;
	int got;

	if (e->last == 0)
		return 1;
	got = ms_index_message(txn, e->last, &row, err);
	if (got <= 0)
		return got;
	return memcmp(row.id, e->last_id, MS_SHA_LEN) == 0;
}

/* ms_text_belongs() in one transaction; *again: the index was written
 * meanwhile. */
static int
belongs_once(struct ms_archive *a, const struct ms_text_extent *e, bool *again,
    struct ms_err *err)
{
	unsigned char id[MS_ID_LEN];
	struct ms_position pos;
	struct ms_txn txn;
	int got = -1;

	*again = false;
	if (ms_index_begin(ms_archive_index(a), &txn, err) < 0)
		return -1;
	if (ms_index_archive(&txn, id, err) == 0 &&
	    ms_index_position(&txn, &pos, err) == 0)
		got = memcmp(id, e->archive, MS_ID_LEN) == 0 &&
			      e->first <= e->next && e->next <= pos.next
			  ? has_last(e, &txn, err)
			  : 0;
	*again = ms_index_end(&txn) != 0;
	return got;
}

int
ms_text_belongs(struct ms_archive *a, const struct ms_text_file *file,
    const struct ms_text_extent *e, struct ms_err *err)
{
	bool again;
	int got;

	if (e->pack != file->pack)
		return 0;
	do
		got = belongs_once(a, e, &again, err);
	while (again);
	return got;
}
