/* stream.c - writing a message stream: envelopes, quoting, the trailer.
 * ms-stream(5). */
#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "mail.h"

#define REASON_MAX 1024 /* bytes of the reason a void line gives */

struct ms_stream_writer {
	FILE *out;
	struct ms_buf line; /* an envelope in the making */
	bool open;          /* a message was begun */
	bool failed;        /* a write failed */
	/*
	 * How the line now being written begins: how many bytes of "From "
	 * were held back behind its ">"s, or MID if it is past that.
	 */
	unsigned matched;
};

static const char from_word[] = "From ";
#define MID 5U

struct ms_stream_writer *
ms_stream_writer_new(FILE *out)
{
	struct ms_stream_writer *w = ms_xcalloc(1, sizeof(*w));

	w->out = out;
	return w;
}

void
ms_stream_writer_free(struct ms_stream_writer *w)
{
	if (w == NULL)
		return;
	ms_buf_release(&w->line);
	free(w);
}

static int
put(struct ms_stream_writer *w, const void *p, size_t n, struct ms_err *err)
{
	if (w->failed)
		return ms_fail(err, MS_IO, "the output has failed before");
	if (n > 0 && fwrite(p, 1, n, w->out) != n) {
		w->failed = true;
		return ms_fail_errno(err, "write");
	}
	return 0;
}

int
ms_stream_begin(
    struct ms_stream_writer *w, const struct ms_envelope *e, struct ms_err *err)
{
	ms_buf_clear(&w->line);
	ms_buf_add_str(&w->line, MS_STREAM_FROM);
	if (ms_envelope_write(&w->line, e, err) < 0 ||
	    (w->open && ms_stream_void(w, NULL, err) < 0) ||
	    put(w, w->line.p, w->line.n, err) < 0)
		return -1;
	w->open = true;
	w->matched = 0;
	return 0;
}

/*
 * Takes the bytes that may belong to ">*From " at the beginning of a line.
 * Returns how many there were; what was held back is written as soon as it is
 * known what it is.
 */
static ptrdiff_t
line_start(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err)
{
	size_t i = 0, marks = 0;

	if (w->matched == 0)
		while (marks < n && p[marks] == '>')
			marks++;
	if (put(w, p, marks, err) < 0)
		return -1;
	for (i = marks; i < n && w->matched < MID; i++) {
		if (p[i] != (unsigned char)from_word[w->matched])
			break;
		w->matched++;
	}
	if (i == n && w->matched < MID)
		return (ptrdiff_t)n;
	if (w->matched == MID && put(w, ">", 1, err) < 0)
		return -1;
	if (put(w, from_word, w->matched, err) < 0)
		return -1;
	w->matched = MID;
	return (ptrdiff_t)i;
}

/* The first place from p on where a line begins with ">" or "F", or end. */
static const unsigned char *
suspect(const unsigned char *p, const unsigned char *end)
{
	while (p < end) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL || ++p == end)
			return end;
		if (*p == '>' || *p == 'F')
			return p;
	}
	return end;
}

int
ms_stream_data(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err)
{
	const unsigned char *end = p + n, *next;
	ptrdiff_t taken;

	while (p < end) {
		if (w->matched < MID) {
			taken = line_start(w, p, (size_t)(end - p), err);
			if (taken < 0)
				return -1;
			p += taken;
			continue;
		}
		next = suspect(p, end);
		if (put(w, p, (size_t)(next - p), err) < 0)
			return -1;
		if (next[-1] == '\n')
			w->matched = 0;
		p = next;
	}
	return 0;
}

int
ms_stream_end(struct ms_stream_writer *w, struct ms_err *err)
{
	unsigned held = w->matched < MID ? w->matched : 0;

	w->open = false;
	w->matched = 0;
	if (put(w, from_word, held, err) < 0)
		return -1;
	return put(w, "\n", 1, err);
}

int
ms_stream_void(
    struct ms_stream_writer *w, const char *reason, struct ms_err *err)
{
	struct ms_buf text = {0};
	int rc = -1;

	if (!w->open)
		return 0;
	ms_buf_add_str(&text, MS_STREAM_FROM "MS-Envelope: void");
	if (reason != NULL && strlen(reason) <= REASON_MAX &&
	    ms_utf8_valid((const unsigned char *)reason, strlen(reason))) {
		ms_buf_add_str(&text, "; ");
		ms_attr_write(&text, "reason", ms_slice_str(reason));
	}
	ms_buf_add_str(&text, "\n\n");
	if (ms_stream_end(w, err) == 0 && put(w, text.p, text.n, err) == 0)
		rc = 0;
	ms_buf_release(&text);
	return rc;
}

int
ms_stream_trailer(
    struct ms_stream_writer *w, const struct ms_trailer *t, struct ms_err *err)
{
	if (ms_stream_void(w, NULL, err) < 0)
		return -1;
	ms_buf_clear(&w->line);
	ms_buf_printf(&w->line,
	    MS_STREAM_FROM "MS-Envelope: end; messages=%" PRIu64
			   "; failed=%" PRIu64 "; status=%d\n\n",
	    t->messages, t->failed, t->status);
	if (put(w, w->line.p, w->line.n, err) < 0)
		return -1;
	if (fflush(w->out) != 0) {
		w->failed = true;
		return ms_fail_errno(err, "write");
	}
	return 0;
}
