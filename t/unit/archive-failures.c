/* archive-failures.c - each call of LMDB and of the file system fails once
 * while an archive is read: no failure is taken for a result. */
#include "failing.h"
#include "readers.h"

/* Runs a reader in a new handle, while this call fails; 0: none. */
static int
read_failing(read_fn *fn, long call, struct ms_buf *out, struct ms_err *err)
{
	struct ms_archive *a;
	int rc;

	ms_buf_clear(out);
	*err = (struct ms_err){0};
	if (ms_archive_open(&a, whole, MS_ARCHIVE_READ, err) < 0)
		return -1;
	fail_call(call, EIO);
	rc = fn(a, out, err);
	atomic_store(&fail_at, 0);
	ms_archive_close(a);
	return rc;
}

/* doubt: a failure is allowed to mean that something is stored again. */
static void
reader(const char *name, read_fn *fn, bool doubt)
{
	struct ms_buf want = {0}, out = {0};
	struct ms_err err;
	long call = 0, silent = 0;
	int rc;

	ok(read_failing(fn, 0, &want, &err) >= 0 && err.code == MS_OK, "%s: %s",
	    name, err.msg);
	for (;;) {
		rc = read_failing(fn, ++call, &out, &err);
		if (!atomic_load(&has_failed))
			break;
		if (txns == 0 && (doubt || (rc < 0 && err.code == MS_IO)))
			continue;
		printf("# call %ld, %s: %d %s\n", call, failed, rc, err.msg);
		silent++;
	}
	ok(call > 1 && silent == 0, "%s: each failure of %ld is reported", name,
	    call - 1);
	ok(rc >= 0 && txns == 0 &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&out)),
	    "%s: the result is the same after them", name);
	ms_buf_release(&want);
	ms_buf_release(&out);
}

/* The number of calls for which the second run of a reader needs fewer than the
 * first one. */
static long
fewer(read_fn *fn)
{
	struct ms_buf out = {0};
	struct ms_archive *a;
	long first, second = 0;

	if (ms_archive_open(&a, whole, MS_ARCHIVE_READ, NULL) < 0)
		return 0;
	first = calls;
	fn(a, &out, NULL);
	first = calls - first;
	second = calls;
	fn(a, &out, NULL);
	second = calls - second;
	ms_archive_close(a);
	ms_buf_release(&out);
	printf("# %ld calls, then %ld\n", first, second);
	return first - second;
}

/* What was read is kept. */
static void
kept(void)
{
	ok(fewer(list_folders) >= 15, "folders are kept");
	ok(fewer(read_message) >= 6, "blocks of BLOBs are kept");
	ok(fewer(read_identity) >= 5, "blocks of MESSAGEs are kept");
	ok(fewer(read_time) >= 5, "commits are kept");
	ok(fewer(find_stored) >= 5, "blocks that are whole are kept");
}

/* What these readers find in an archive without failures. */
static void
finds(const char *name, read_fn *fn, const char *want)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};

	ok(read_failing(fn, 0, &out, &err) >= 0 &&
		strcmp(ms_buf_str(&out), want) == 0,
	    "%s: %s%s", name, ms_buf_str(&out), err.msg);
	ms_buf_release(&out);
}

static void
receipts(void)
{
	struct ms_buf out = {0};
	struct ms_err err = {0};
	const char *text;

	ok(read_failing(list_receipts, 0, &out, &err) == 0, "%s", err.msg);
	text = strrchr(ms_buf_str(&out), ',');
	ok(text != NULL && strcmp(text, ", 2 1 1") == 0,
	    "two receipts of a mailbox, the first of them, one of another: %s",
	    ms_buf_str(&out));
	ms_buf_release(&out);
	finds(
	    "of three receipts, one is whole", whole_receipts, "1:0 0:0 0:0 ");
}

static void
read_all(void)
{
	size_t i;

	for (i = 0; i < READERS; i++)
		reader(readers[i].name, readers[i].fn, false);
	reader("what a writer looks up", find_stored, true);
	receipts();
	kept();
}

int
main(void)
{
	if (make_read_archive())
		read_all();
	return end_states();
}
