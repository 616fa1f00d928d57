/*
 * stream.c - fuzzes the stream: envelope lines, the reader of an input that
 * begins like a stream, and the writer of what was read.
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "source.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED(MS_STREAM_FROM
	"MS-Envelope: user=\"alice\"; source=\"imap://a@b/\"; folder=\"A/B\"; "
	"uid=\"1/2\"; flags=\"\\\\Seen\"; date=\"2026-01-05T10:00:00Z\"; "
	"x=\"\\x0A\\\"\xc3\xbc\"\nA: b\n\n>From c\n\n" MS_STREAM_FROM
	"MS-Envelope: ref=00\n\n" MS_STREAM_FROM
	"MS-Envelope: end; messages=2; failed=0; status=0\n\n"),
    SEED(MS_STREAM_FROM "MS-Envelope:\ncut\n" MS_STREAM_FROM
			"MS-Envelope: void; reason=\"x\"\n\n" MS_STREAM_FROM
			"MS-Envelope: end; messages=0; failed=1; status=75\n"
			"\njunk\n" MS_STREAM_FROM "Subject: none\n\nx\n"),
    SEED("From a@b Mon Jan  5 10:00:00 2026\nA: b\n\n>From c\n"),
    SEED("A: b\r\n\r\nc"), SEED(" user=\"a\\x41\"; x=y; x-1=\"z\";"),
    SEED(" end; messages=1; failed=2; status=3"), SEEDS_END};

/*
 * A valid line is written again, and parsing this line gives the same envelope.
 */
static void
envelope(const uint8_t *p, size_t n)
{
	struct ms_envelope e = {0}, f = {0};
	struct ms_buf a = {0}, b = {0};
	struct ms_slice line = {p, n};
	struct ms_trailer t;

	(void)ms_envelope_void(line, &b);
	ms_buf_clear(&b);
	if (ms_envelope_parse(&e, &t, line, NULL) == MS_STREAM_ENVELOPE &&
	    ms_envelope_write(&a, &e, NULL) == 0) {
		line = (struct ms_slice){a.p + 12, a.n - 13};
		if (ms_envelope_parse(&f, &t, line, NULL) !=
			MS_STREAM_ENVELOPE ||
		    ms_envelope_write(&b, &f, NULL) < 0 ||
		    !ms_slice_eq(ms_buf_slice(&a), ms_buf_slice(&b)))
			abort();
	}
	ms_envelope_release(&e);
	ms_envelope_release(&f);
	ms_buf_release(&a);
	ms_buf_release(&b);
}

/* The messages of a source as a stream, without failures. */
struct said {
	char *p;
	size_t n;
	FILE *f;
	uint64_t good, bad;
};

static void
copy_message(struct said *s, struct ms_stream_writer *w, struct ms_source *src,
    const struct ms_arrival *a)
{
	struct ms_slice piece;
	int rc;

	/* A line of tokens can become too long when its values are quoted. */
	if (ms_stream_begin(w, &a->env, NULL) < 0)
		return;
	while ((rc = ms_source_read(src, &piece, NULL)) > 0)
		if (piece.n == 0 ||
		    ms_stream_data(w, piece.p, piece.n, NULL) < 0)
			abort();
	if (rc == 0)
		rc = ms_stream_end(w, NULL);
	else
		(void)ms_stream_cancel(w, "cut", NULL);
	if (rc == 0)
		s->good++;
	else
		s->bad++;
}

/* Reads all of an input. Returns false if it is not a stream. */
static bool
read_all(struct said *s, const void *p, size_t n)
{
	struct ms_source_options opt = {.format = MS_FORMAT_STREAM};
	int fd = memfd_create("fuzz", 0), rc;
	struct ms_stream_writer *w;
	struct ms_trailer t = {0};
	struct ms_source *src;
	struct ms_arrival a;
	char path[64];

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = ms_source_open(&src, path, &opt, NULL);
	close(fd);
	if (rc < 0)
		return false;
	s->f = open_memstream(&s->p, &s->n);
	if (s->f == NULL)
		abort();
	w = ms_stream_writer_new(s->f);
	while ((rc = ms_source_next(src, &a, NULL)) != 0) {
		if (rc > 0)
			copy_message(s, w, src, &a);
		else
			s->bad++;
		if (s->good + s->bad > n + 1)
			abort();
	}
	t.messages = s->good;
	if (ms_stream_trailer(w, &t, NULL) < 0)
		abort();
	ms_stream_writer_free(w);
	fclose(s->f);
	ms_source_close(src);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct said one = {0}, two = {0};

	envelope(p, n);
	if (n > 0 && read_all(&one, p, n)) {
		/*
		 * What the writer writes, the reader reads: the same number of
		 * messages with the same bytes.
		 */
		if (!read_all(&two, one.p, one.n) || two.good != one.good ||
		    two.n != one.n || memcmp(one.p, two.p, one.n) != 0)
			abort();
	}
	free(one.p);
	free(two.p);
	return 0;
}
