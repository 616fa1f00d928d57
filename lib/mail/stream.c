/*
 * stream.c - writes a message stream: envelopes, quoting, the trailer.
 * ms-stream(5).
 */
#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "quote.h"
#include "utf8.h"

#define REASON_MAX 1024 /* bytes of the reason in a void line */

struct ms_stream_writer {
	FILE *out;
	struct ms_buf line; /* scratch, for an envelope */
	bool open;          /* a message has been begun */
	bool failed;        /* a write has failed */
	struct ms_quote quote;
};

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
		return ms_fail(err, MS_IO, "an earlier write failed");
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
	    ms_stream_cancel(w, NULL, err) < 0 ||
	    put(w, w->line.p, w->line.n, err) < 0)
		return -1;
	w->open = true;
	ms_quote_begin(&w->quote);
	return 0;
}

static int
put_quoted(void *w, const unsigned char *p, size_t n, struct ms_err *err)
{
	return put(w, p, n, err);
}

int
ms_stream_data(struct ms_stream_writer *w, const unsigned char *p, size_t n,
    struct ms_err *err)
{
	return ms_quote_data(&w->quote, p, n, put_quoted, w, err);
}

int
ms_stream_end(struct ms_stream_writer *w, struct ms_err *err)
{
	w->open = false;
	if (ms_quote_end(&w->quote, put_quoted, w, err) < 0)
		return -1;
	return put(w, "\n", 1, err);
}

int
ms_stream_cancel(
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
ms_stream_idle(struct ms_stream_writer *w, struct ms_err *err)
{
	static const char idle[] = MS_STREAM_FROM "MS-Envelope: idle\n\n";

	return w->open ? 0 : put(w, idle, sizeof(idle) - 1, err);
}

int
ms_stream_progress(
    struct ms_stream_writer *w, const struct ms_progress *p, struct ms_err *err)
{
	if (w->open)
		return 0;
	ms_buf_clear(&w->line);
	ms_buf_add_str(&w->line, MS_STREAM_FROM "MS-Envelope: idle; ");
	ms_attr_write(&w->line, "folder", ms_slice_str(p->what));
	ms_buf_printf(&w->line,
	    "; messages=%" PRIu64 "; total=%" PRIu64 "; bytes=%" PRIu64 "\n\n",
	    p->messages, p->messages_total, p->bytes);
	return put(w, w->line.p, w->line.n, err);
}

int
ms_stream_trailer(
    struct ms_stream_writer *w, const struct ms_trailer *t, struct ms_err *err)
{
	if (ms_stream_cancel(w, NULL, err) < 0)
		return -1;
	ms_buf_clear(&w->line);
	ms_buf_printf(&w->line,
	    MS_STREAM_FROM "MS-Envelope: end; messages=%" PRIu64
			   "; failed=%" PRIu64 "; status=%d%s%s\n\n",
	    t->messages, t->failed, t->status,
	    t->archive[0] != '\0' ? "; archive=" : "", t->archive);
	if (put(w, w->line.p, w->line.n, err) < 0)
		return -1;
	if (fflush(w->out) != 0) {
		w->failed = true;
		return ms_fail_errno(err, "write");
	}
	return 0;
}
