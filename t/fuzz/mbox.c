/*
 * mbox.c - fuzzes the splitter: with windows of any size it terminates, gives
 * the same messages, and loses no byte except those that it may remove.
 */
#include "mbox.h"

#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "stream.h"

const struct fuzz_seed fuzz_seeds[] = {
    SEED("From a@b Mon Jan  5 10:00:00 2026\nA: b\n\nc\n\nFrom c@d  Tue Jan  6 "
	 "11:00:00 +0100 2026\nA: d\n\n"),
    SEED("\1From a@b Mon Jan  5 10:00:00 2026\r\nA: b\r\n\r\n>From c\r\n\r\n"
	 "From c@d  Tue, 6 Jan 2026 11:00:00\r\nA: d\r\n"),
    SEED("\2From x@y\nA: b\n\nFrom a@b Mon Jan  5 10:00:00 2026\nA: d\n\n"),
    SEED("\4" MS_STREAM_FROM "MS-Envelope:\n>From x\n>>>>From "
	 "y\n\n" MS_STREAM_FROM "MS-Envelope: end\n\n"),
    SEED("\4" MS_STREAM_FROM "a\nFrom x\nMS-Envelope: b\n\n" MS_STREAM_FROM),
    SEED("From -\nA: b\nFrom -\nA: d\n"),
    SEED("\xef\xbb\xbf"
	 "From \n\nA: b\nC: d\n\n \0\n\0\xef\xbb\xbf"
	 "From x y\njunk\nA: d\n e\nB: f\n\nFrom : x\n\nFrom x\nA: b\n\n"
	 "From a 2026-01-05T10:00:00Z\r\n>From x\r\n"),
    SEED("From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 "
	 "2001\nA: b\n\nFrom 0123456789012345678901234567890123456789 Mon Sep "
	 "17 00:00:00 2001\nA: d\n"),
    SEEDS_END};

/* The result of a run: events and bytes, in their order. */
struct run {
	struct ms_buf text;
	size_t data, messages;
};

static void
split(struct run *r, const uint8_t *p, size_t n, enum ms_mbox_kind kind,
    bool unquote, unsigned seed)
{
	size_t start = 0, end = seed == 0 ? n : 0, used;
	enum ms_mbox_event event = MS_MBOX_MORE, last = MS_MBOX_MORE;
	struct ms_slice piece;
	struct ms_mbox m;

	ms_mbox_init(&m, kind, unquote);
	while (event != MS_MBOX_DONE) {
		event = ms_mbox_next(
		    &m, p + start, end - start, end == n, &used, &piece);
		if (used > end - start)
			abort();
		if (event == MS_MBOX_DOUBT &&
		    (piece.p < p + start ||
			piece.p + piece.n > p + start + (end - start)))
			abort();
		if (event == MS_MBOX_DATA || event == MS_MBOX_FROM)
			if (piece.p < p + start || piece.n > used ||
			    piece.p + piece.n > p + start + used)
				abort();
		start += used;
		/* A piece that a window has divided counts as one piece. */
		if (event != MS_MBOX_MORE &&
		    (event != MS_MBOX_DATA || last != MS_MBOX_DATA)) {
			ms_buf_add_byte(&r->text, (unsigned char)event);
			last = event;
		}
		switch (event) {
		case MS_MBOX_MORE:
			if (end == n || end - start >= MS_MBOX_WINDOW)
				abort();
			end += 1 + (size_t)rand_r(&seed) % 64;
			end = end < n ? end : n;
			break;
		case MS_MBOX_DATA:
			r->data += piece.n;
			ms_buf_add(&r->text, piece.p, piece.n);
			break;
		case MS_MBOX_DOUBT:
			break;
		case MS_MBOX_FROM:
			r->messages++;
			r->data += piece.n;
			ms_buf_add(&r->text, piece.p, piece.n);
			break;
		case MS_MBOX_END:
			ms_buf_add_byte(
			    &r->text, ms_mbox_ended(&m) ? ';' : '!');
			break;
		case MS_MBOX_DONE:
			if (start != n)
				abort();
			break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct run whole = {0}, parts = {0};
	int64_t date;
	enum ms_mbox_kind kind = MS_MBOX_FOREIGN;
	bool unquote = false;

	if (n > 0 && p[0] < 8) {
		unquote = (p[0] & 1) != 0;
		kind = (p[0] & 4) != 0   ? MS_MBOX_STREAM
		       : (p[0] & 2) != 0 ? MS_MBOX_SINGLE
					 : MS_MBOX_FOREIGN;
		p++;
		n--;
	}
	split(&whole, p, n, kind, unquote, 0);
	split(&parts, p, n, kind, unquote, (unsigned)n + 1);
	if (!ms_slice_eq(ms_buf_slice(&whole.text), ms_buf_slice(&parts.text)))
		abort();
	/*
	 * A From_ line loses its line end, and a message two empty lines.
	 * Other bytes are lost only before the first From_ line.
	 */
	if (!unquote && kind == MS_MBOX_SINGLE && n > 0 && p[0] == 'F' &&
	    whole.data + 6 * whole.messages + 2 < n && whole.messages > 0)
		abort();
	(void)ms_mbox_date((struct ms_slice){p, n}, &date);
	ms_buf_release(&whole.text);
	ms_buf_release(&parts.text);
	return 0;
}
