/* segment.c - cuts a message into runs while it arrives. ms-archive(5),
 * Segments. */
#include "segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base64.h"
#include "le.h"
#include "segment-impl.h"

#define LINE_MIN 60 /* characters of a line of a base64 run */
#define LINE_MAX 76
#define GROUP 4 /* lines: whole groups of four characters at any length */
#define GROUP_CHARS (GROUP * LINE_MAX)
#define GROUP_BYTES (GROUP_CHARS / 4 * 3)
/* Bytes that may be needed for a decision: a group with its line ends. */
#define AHEAD (GROUP * (LINE_MAX + 2))

#define INLINED_KEPT (1024 * 1024) /* bytes kept for the next message */

enum state {
	IN_HEADER,
	IN_LONG_HEADER, /* the rest of a header of more than MS_HEAD_MAX bytes
			 */
	IN_TEXT,
	IN_BASE64,
	IN_REST /* the recipe is full: text to the end */
};

struct ms_segmenter {
	ms_blob_fn *blob;
	void *ctx;
	uint64_t came;
	enum state state;
	bool in_line;          /* header, text: the line has begun */
	bool cut;              /* the run has an item already */
	struct ms_piece piece; /* of the current run */
	size_t line, eol;      /* base64: characters, bytes of a line end */
	uint32_t items, header;
	unsigned ends;         /* of all items */
	struct ms_buf content; /* the record without its inline bytes */
	struct ms_buf inlined;
	size_t hold_n; /* bytes in hold, which are undecided */
	unsigned char hold[4 * AHEAD];
};

static void
begin(struct ms_segmenter *sg)
{
	sg->came = 0;
	sg->state = IN_HEADER;
	sg->in_line = sg->cut = false;
	ms_piece_clear(&sg->piece);
	sg->items = sg->header = 0;
	sg->ends = 0;
	sg->hold_n = 0;
	if (sg->inlined.cap > INLINED_KEPT)
		ms_buf_release(&sg->inlined);
	ms_buf_clear(&sg->inlined);
	ms_buf_clear(&sg->content);
	ms_buf_room(&sg->content, MS_RECIPE_HEAD);
	sg->content.n = MS_RECIPE_HEAD;
}

struct ms_segmenter *
ms_segmenter_new(ms_blob_fn *blob, void *ctx)
{
	struct ms_segmenter *sg = ms_xcalloc(1, sizeof(*sg));

	sg->blob = blob;
	sg->ctx = ctx;
	begin(sg);
	return sg;
}

void
ms_segmenter_free(struct ms_segmenter *sg)
{
	if (sg == NULL)
		return;
	ms_buf_release(&sg->piece.buf);
	ms_buf_release(&sg->content);
	ms_buf_release(&sg->inlined);
	free(sg);
}

void
ms_segment_abort(struct ms_segmenter *sg)
{
	begin(sg);
}

/* ---- items ---- */

/* Adds the piece as an item. line is 0 for text. */
static void
add_item(struct ms_segmenter *sg, bool blob, size_t line, bool ends)
{
	static const unsigned char eols[] = {
	    [0] = MS_EOL_LF,
	    [MS_ENDS_LF] = MS_EOL_LF,
	    [MS_ENDS_CRLF] = MS_EOL_CRLF,
	    [MS_ENDS_BOTH] = MS_EOL_VERBATIM,
	};
	struct ms_buf *stored = &sg->piece.buf;
	unsigned char row[MS_RECIPE_ROW + MS_SHA_LEN];

	assert(sg->items < MS_RECIPE_ITEMS && stored->n > 0);
	ms_put_le32(row, (uint32_t)stored->n);
	row[4] = (unsigned char)((line > 0 ? MS_ITEM_BASE64 : MS_ITEM_TEXT) |
				 (blob ? MS_RECIPE_IN_BLOB : 0));
	row[5] = eols[sg->piece.ends];
	row[6] = (unsigned char)line;
	row[7] = line > 0 && ends ? MS_RECIPE_ENDS : 0;
	if (blob) {
		ms_sha256(stored->p, stored->n, row + MS_RECIPE_ROW);
		sg->blob(sg->ctx, stored->p, stored->n, row + MS_RECIPE_ROW);
	} else {
		ms_buf_add(&sg->inlined, stored->p, stored->n);
	}
	ms_buf_add(&sg->content, row, blob ? sizeof(row) : MS_RECIPE_ROW);
	sg->items++;
	sg->ends |= sg->piece.ends;
	ms_piece_clear(&sg->piece);
}

/* The piece is full and its run goes on. */
static void
cut(struct ms_segmenter *sg, size_t line)
{
	add_item(sg, true, line, true);
	sg->cut = true;
}

static void
end_run(struct ms_segmenter *sg, size_t line, bool ends)
{
	bool blob =
	    sg->cut || sg->state == IN_REST || sg->piece.buf.n >= MS_BLOB_MIN;

	if (sg->piece.buf.n > 0)
		add_item(sg, blob, line, ends);
	sg->cut = false;
}

static void
begin_run(struct ms_segmenter *sg, enum state state)
{
	bool full = sg->items >= MS_SEGMENT_ITEMS ||
		    sg->content.n + sg->inlined.n >= MS_SEGMENT_RECORD;

	sg->state = full ? IN_REST : state;
	sg->in_line = false;
}

static void
end_header(struct ms_segmenter *sg)
{
	if (sg->state == IN_HEADER)
		sg->header = (uint32_t)sg->piece.buf.n;
	if (sg->piece.buf.n > 0)
		add_item(sg, false, 0, false);
}

static void
add_text(struct ms_segmenter *sg, const unsigned char *p, size_t n)
{
	size_t used;

	while ((used = ms_piece_fill(&sg->piece, p, n, MS_BLOB_MAX)) < n) {
		cut(sg, 0);
		p += used;
		n -= used;
	}
}

static void
add_decoded(struct ms_segmenter *sg, const unsigned char *p, size_t n)
{
	if (sg->piece.buf.n == MS_BLOB_BASE64 - MS_BLOB_BASE64 % (3 * sg->line))
		cut(sg, sg->line);
	ms_buf_add(&sg->piece.buf, p, n);
	sg->piece.ends = sg->eol == 2 ? MS_ENDS_CRLF : MS_ENDS_LF;
}

/* ---- base64 ---- */

/* Does the line at p, which is complete, end at its length? */
static bool
line_fits(const struct ms_segmenter *sg, const unsigned char *p)
{
	return p[sg->line + sg->eol - 1] == '\n' &&
	       (sg->eol == 1 || p[sg->line] == '\r');
}

/*
 * Decodes `lines` whole lines and the `rest` characters after them. Returns the
 * number of bytes, or 0 if encoding them does not give the same characters.
 */
static size_t
decode_lines(const struct ms_segmenter *sg, const unsigned char *p,
    size_t lines, size_t rest, unsigned char out[GROUP_BYTES])
{
	unsigned char chars[GROUP_CHARS];
	size_t i, n = 0;
	ssize_t got;

	assert(lines < GROUP || rest == 0);
	for (i = 0; i < lines; i++, n += sg->line)
		memcpy(chars + n, p + i * (sg->line + sg->eol), sg->line);
	memcpy(chars + n, p + i * (sg->line + sg->eol), rest);
	got = ms_base64_decode(chars, n + rest, out);
	return got > 0 ? (size_t)got : 0;
}

/* Are there four lines without padding at p, which has enough bytes? */
static bool
decode_group(const struct ms_segmenter *sg, const unsigned char *p,
    unsigned char out[GROUP_BYTES])
{
	size_t i, width = sg->line + sg->eol;

	for (i = 0; i < GROUP; i++)
		if (!line_fits(sg, p + i * width))
			return false;
	return decode_lines(sg, p, GROUP, 0, out) == 3 * sg->line;
}

enum answer {
	NO,
	YES,
	UNKNOWN
};

/*
 * Does a base64 run begin with the line at p, whose LF is at p[len]? n bytes
 * are available; `last`: no more will follow.
 */
static enum answer
run_begins(struct ms_segmenter *sg, const unsigned char *p, size_t n,
    size_t len, bool last)
{
	unsigned char out[GROUP_BYTES];
	size_t eol = p[len - 1] == '\r' ? 2 : 1;

	len -= eol - 1;
	if (len < LINE_MIN || len > LINE_MAX || ms_base64_span(p, len) < len)
		return NO;
	if (n < GROUP * (len + eol))
		return last ? NO : UNKNOWN;
	sg->line = len;
	sg->eol = eol;
	return decode_group(sg, p, out) ? YES : NO;
}

/*
 * Adds the end of a run, which is less than a group: at most three whole lines,
 * and a shorter last line if it decodes; fewer lines if their characters are
 * not whole groups of four. Returns the number of bytes used. If that cannot be
 * decided yet, the result is 0 and the state does not change.
 */
static size_t
base64_tail(
    struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	unsigned char out[GROUP_BYTES];
	size_t width = sg->line + sg->eol, k = 0, rest, got = 0, used;
	const unsigned char *nl, *t = p;

	while (k < GROUP - 1 && n >= (k + 1) * width && line_fits(sg, t) &&
	       ms_base64_span(t, sg->line) == sg->line)
		t = p + ++k * width;
	n -= k * width;
	nl = memchr(t, '\n', n < width ? n : width);
	if (nl == NULL && n < width && !last)
		return 0;
	rest = nl != NULL ? (size_t)(nl - t) : n;
	if (nl != NULL && sg->eol == 2)
		rest = rest > 0 && nl[-1] == '\r' ? rest - 1 : 0;
	if (rest > 0 && rest <= sg->line)
		got = decode_lines(sg, p, k, rest, out);
	used = k * width + rest + (nl != NULL ? sg->eol : 0);
	if (got == 0) {
		while (k * sg->line % 4 != 0)
			k--;
		got = decode_lines(sg, p, k, 0, out);
		used = k * width;
		nl = t;
	}
	if (got > 0)
		add_decoded(sg, out, got);
	end_run(sg, sg->line, nl != NULL);
	begin_run(sg, IN_TEXT);
	return used;
}

static size_t
base64_step(
    struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	unsigned char out[GROUP_BYTES];
	size_t used = 0, group = GROUP * (sg->line + sg->eol);

	while (n - used >= group && decode_group(sg, p + used, out)) {
		add_decoded(sg, out, 3 * sg->line);
		used += group;
	}
	return used + base64_tail(sg, p + used, n - used, last);
}

/* ---- text ---- */

/*
 * The n bytes at p are the beginning of a line, or the last line. Returns how
 * many of them are certainly text: a short line may belong to a base64 run, and
 * a CR to a line end.
 */
static size_t
part_of_line(
    struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	if (last || n == 0)
		return n;
	if (!sg->in_line && n < LINE_MAX + 2)
		return 0;
	n -= p[n - 1] == '\r';
	if (n > 0)
		sg->in_line = true;
	return n;
}

static size_t
text_step(struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	enum answer run = NO;
	const unsigned char *nl;
	size_t used = 0, len;

	while ((nl = memchr(p + used, '\n', n - used)) != NULL) {
		len = (size_t)(nl - p) - used;
		if (len >= LINE_MIN && len <= LINE_MAX + 1 && !sg->in_line)
			run = run_begins(sg, p + used, n - used, len, last);
		if (run != NO)
			break;
		sg->in_line = false;
		used += len + 1;
	}
	if (run == NO)
		used += part_of_line(sg, p + used, n - used, last);
	add_text(sg, p, used);
	if (run == YES) {
		end_run(sg, 0, false);
		begin_run(sg, IN_BASE64);
	}
	return used;
}

/*
 * The number of the n bytes at p that are certainly in the header, which ends
 * after its empty line; *end receives whether it does.
 */
static size_t
header_part(struct ms_segmenter *sg, const unsigned char *p, size_t n,
    bool last, bool *end)
{
	const unsigned char *nl;
	size_t used = 0, len;

	*end = false;
	while (!*end && (nl = memchr(p + used, '\n', n - used)) != NULL) {
		len = (size_t)(nl - p) - used;
		*end =
		    !sg->in_line && (len == 0 || (len == 1 && p[used] == '\r'));
		sg->in_line = false;
		used += len + 1;
	}
	if (!*end && used < n) {
		len = n - used - (!last && p[n - 1] == '\r');
		sg->in_line = sg->in_line || len > 0;
		used += len;
	}
	return used;
}

/* Adds lines of the header. If its item is full, the header goes on in a second
 * item, and the rest is body. */
static size_t
header_step(
    struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	bool end, in_line = sg->in_line, first = sg->state == IN_HEADER;
	size_t used = header_part(sg, p, n, last, &end), taken;

	taken = ms_piece_fill(&sg->piece, p, used,
	    first ? MS_HEAD_MAX : MS_HEADER_MAX - MS_HEAD_MAX);
	if (!end && taken == used)
		return taken;
	end_header(sg);
	if (taken < used && first) {
		sg->state = IN_LONG_HEADER;
		sg->in_line = taken > 0 ? p[taken - 1] != '\n' : in_line;
	} else {
		begin_run(sg, IN_TEXT);
	}
	return taken;
}

static size_t
rest_step(struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	n -= !last && p[n - 1] == '\r';
	add_text(sg, p, n);
	return n;
}

/* ---- the whole ---- */

/*
 * Uses those of the n > 0 bytes at p that can be decided on, all if `last`.
 * Returns their number; fewer than AHEAD are left.
 */
static size_t
consume(struct ms_segmenter *sg, const unsigned char *p, size_t n, bool last)
{
	static size_t (*const steps[])(
	    struct ms_segmenter *, const unsigned char *, size_t, bool) = {
	    [IN_HEADER] = header_step,
	    [IN_LONG_HEADER] = header_step,
	    [IN_TEXT] = text_step,
	    [IN_BASE64] = base64_step,
	    [IN_REST] = rest_step,
	};
	size_t used = 0, step;
	enum state state;

	do {
		state = sg->state;
		step = steps[state](sg, p + used, n - used, last);
		used += step;
	} while (used < n && (step > 0 || sg->state != state));
	return used;
}

void
ms_segment_add(struct ms_segmenter *sg, const unsigned char *p, size_t n)
{
	size_t take, before, used;

	assert(n <= MS_MESSAGE_MAX - sg->came);
	sg->came += n;
	while (sg->hold_n > 0) {
		before = sg->hold_n;
		take = sizeof(sg->hold) - before;
		if (take > n)
			take = n;
		memcpy(sg->hold + before, p, take);
		used = consume(sg, sg->hold, before + take, false);
		if (used < before) { /* too few bytes for a decision */
			assert(take == n);
			sg->hold_n = before + take - used;
			memmove(sg->hold, sg->hold + used, sg->hold_n);
			return;
		}
		sg->hold_n = 0;
		p += used - before;
		n -= used - before;
	}
	if (n == 0)
		return;
	used = consume(sg, p, n, false);
	sg->hold_n = n - used;
	assert(sg->hold_n < sizeof(sg->hold));
	memcpy(sg->hold, p + used, sg->hold_n);
}

/* Sets the line ends of all items to those of the message. */
static void
set_follow(struct ms_segmenter *sg)
{
	unsigned char *row = sg->content.p + MS_RECIPE_HEAD;
	uint32_t i;

	for (i = 0; i < sg->items; i++) {
		row[5] = MS_EOL_FOLLOW;
		row += MS_RECIPE_ROW;
		if (row[4 - MS_RECIPE_ROW] & MS_RECIPE_IN_BLOB)
			row += MS_SHA_LEN;
	}
}

void
ms_segment_end(struct ms_segmenter *sg, const struct ms_identity *identity,
    struct ms_slice *content)
{
	if (sg->hold_n > 0 &&
	    consume(sg, sg->hold, sg->hold_n, true) != sg->hold_n)
		assert(!"all is taken at the end");
	if (sg->state == IN_HEADER || sg->state == IN_LONG_HEADER)
		end_header(sg);
	else
		end_run(sg, sg->state == IN_BASE64 ? sg->line : 0, true);
	if (sg->ends != MS_ENDS_BOTH)
		set_follow(sg);
	memcpy(sg->content.p, identity->id, MS_SHA_LEN);
	ms_put_le64(sg->content.p + 32, identity->size);
	ms_put_le32(sg->content.p + 40, sg->items);
	ms_put_le32(sg->content.p + 44, sg->header);
	ms_buf_add(&sg->content, sg->inlined.p, sg->inlined.n);
	assert(sg->content.n <= MS_MESSAGE_RECORD_MAX);
	*content = ms_buf_slice(&sg->content);
	begin(sg);
}
