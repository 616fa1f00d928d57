/*
 * source.c - fuzzes a file of any format: the format is recognized, or the file
 * refused; messages consist of bytes of the file; every failure has a reason;
 * reading goes on from a point with the bytes that came after it.
 */
#include "source.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("From a@b Mon Jan  5 10:00:00 2026\nTo: b\n\nc\n\nFrom \nTo: d\nA: "
	 "e\n"),
    SEED("\1" MS_STREAM_FROM "MS-Envelope: folder=A\nTo: b\n\n" MS_STREAM_FROM
	 "MS-Envelope: end; messages=1; failed=0; status=0\n\n"),
    SEED("\2text\n\nFrom a@b 2026-01-05T10:00:00Z\nTo: b\n"),
    SEED("\3no header\n"), SEED("\xef\xbb\xbf\nFrom : a@b\r\nSubject: x\r\n"),
    SEED("9         \nTo: b\n\nc\n<?xml version=\"1.0\"?>\n<plist/>\n"),
    SEED("BEGIN:VCARD\r\nEMAIL:a@b\r\n"), SEED("# x\nversion: 1\ndn: x\n"),
    SEED("\1\1\1\1\nTo: b\n\n\1\1\1\1\n"), SEED("2026-01-05 10:00 x\n"),
    SEED("Jan  5 10:00:00 host x[1]: y\n"), SEED("name: x\nto: y\n"),
    SEED("From a@b Mon Jan  5 10:00:00 2026\n Subject: x\n  Folder: y\n"),
    SEEDS_END};

static void
add_remark(void *ctx, const char *where, const char *text)
{
	(void)ctx;
	require(*where != '\0' && *text != '\0');
}

/* A point of the first reading, at which the second one goes on. */
struct halfway {
	struct ms_source_point point;
	size_t before; /* bytes of messages */
	bool known, resumed;
};

static bool
find_point(void *ctx, struct ms_slice file, struct ms_source_point *p)
{
	const struct halfway *h = ctx;

	require(file.n > 0);
	*p = h->point;
	return h->known;
}

static void
resumed(void *ctx, const char *where, const struct ms_source_point *p)
{
	(void)p;
	require(*where != '\0');
	((struct halfway *)ctx)->resumed = true;
}

/* Returns the bytes of all messages. */
static size_t
read_all(const char *path, size_t n, const struct ms_source_options *opt)
{
	struct halfway *h = opt->point_ctx;
	struct ms_source *src;
	struct ms_arrival a;
	struct ms_slice piece;
	struct ms_err err = {0};
	struct ms_progress p = {0};
	size_t bytes = 0;
	int rc;

	if (ms_source_open(&src, path, opt, &err) < 0) {
		require(err.code != MS_OK && err.msg[0] != '\0');
		return 0;
	}
	while ((rc = ms_source_next(src, &a, &err)) != 0) {
		require(a.where[0] != '\0');
		require(rc > 0 || err.msg[0] != '\0');
		while (rc > 0 && (rc = ms_source_read(src, &piece, &err)) > 0)
			bytes += piece.n;
		require(rc == 0 || err.msg[0] != '\0');
		if (!h->known && ms_source_point(src, &h->point)) {
			h->before = bytes;
			h->known = true;
		}
		err = (struct ms_err){0};
	}
	require(bytes <= n);
	ms_source_progress(src, &p);
	require(p.bytes <= p.bytes_total && p.bytes_total == n);
	ms_source_close(src);
	return bytes;
}

/* Reads the file, and once more from its first point. */
static void
read_twice(const char *path, size_t n, const struct ms_source_options *options)
{
	struct halfway h = {0};
	struct ms_source_options opt = *options;
	size_t bytes;

	opt.find_point = find_point;
	opt.resumed = resumed;
	opt.point_ctx = &h;
	bytes = read_all(path, n, &opt);
	if (!h.known)
		return;
	require(read_all(path, n, &opt) == bytes - h.before);
	require(h.resumed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ms_source_options opt = {.remark = add_remark};
	char path[64];
	int fd;

	/* MS_FORMAT_AUTO, STREAM, MBOX or EML */
	if (n > 0 && p[0] > 0 && p[0] < 4 && (n < 2 || p[1] != p[0])) {
		opt.format = (enum ms_format)p[0];
		p++;
		n--;
	}
	fd = memfd_create("source", MFD_CLOEXEC);
	require(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_twice(path, n, &opt);
	close(fd);
	return 0;
}
