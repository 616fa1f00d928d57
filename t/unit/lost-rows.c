/*
 * lost-rows.c - each row of an occurrence is lost in turn, as on a damaged page
 * of the index, and a walk notices it. ms-archive(5), Index.
 */
#include <dlfcn.h>

#include "readers.h"

/* struct MDB_val of lmdb.h, which only lib/index includes. */
struct value {
	size_t n;
	const unsigned char *p;
};

#define OCCURRENCES 7 /* the handle of the table */

static unsigned char lost[64];
static size_t lost_n;
static long until; /* as many rows are read before the one that is lost */

/* Is this row lost? That is the one that is read when `until` is 1. */
static bool
is_lost(const struct value *key)
{
	if (until > 0 && --until == 0 && key->n <= sizeof(lost)) {
		lost_n = key->n;
		memcpy(lost, key->p, key->n);
	}
	return until == 0 && key->n == lost_n &&
	       memcmp(key->p, lost, lost_n) == 0;
}

unsigned mdb_cursor_dbi(void *c);
int mdb_cursor_get(void *c, struct value *key, struct value *data, unsigned op);
int
mdb_cursor_get(void *c, struct value *key, struct value *data, unsigned op)
{
	static int (*real)(void *, struct value *, struct value *, unsigned);
	const unsigned current = 4, next = 8; /* MDB_GET_CURRENT, MDB_NEXT */
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mdb_cursor_get");
	rc = real(c, key, data, op);
	while (rc == 0 && op != current && mdb_cursor_dbi(c) == OCCURRENCES &&
	       is_lost(key))
		rc = real(c, key, data, next);
	return rc;
}

/* Runs a walk. false: it has not read as many rows. */
static bool
run(read_fn *fn, long rows, struct ms_buf *out, struct ms_err *err, int *rc)
{
	struct ms_archive *a = NULL;

	ms_buf_clear(out);
	*err = (struct ms_err){0};
	until = -1;
	if (ms_archive_open(&a, whole, MS_ARCHIVE_READ, err) < 0)
		return false;
	until = rows;
	*rc = fn(a, out, err);
	ms_archive_close(a);
	return until == 0;
}

static void
check(const char *name, read_fn *fn)
{
	struct ms_buf out = {0};
	struct ms_err err;
	long row, silent = 0;
	int rc = -1;

	run(fn, -1, &out, &err, &rc);
	ok(rc == 0, "%s: %s", name, err.msg);
	for (row = 1; run(fn, row, &out, &err, &rc); row++) {
		if (rc < 0 && err.code == MS_INDEX)
			continue;
		printf("# row %ld: %d %s\n", row, rc, err.msg);
		silent++;
	}
	ok(row > 11 && silent == 0, "%s: each of %ld rows is missed", name,
	    row - 1);
	ms_buf_release(&out);
}

int
main(void)
{
	if (make_read_archive()) {
		check("a walk by folder", walk_folders);
		check("a walk by date", walk_dates);
		check("walks of a period", walk_period);
	}
	return end_states();
}
