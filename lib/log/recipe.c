/* recipe.c - MESSAGE records are read, and messages assembled.
 * ms-archive(5), MESSAGE. */
#include "recipe.h"

#include <string.h>
#include "base64.h"
#include "le.h"

#define LINE_MIN 60 /* base64 characters */
#define LINE_MAX 76
#define GROUP 4 /* lines that have whole groups of characters at any length */

/* ---- reading ---- */

/* Reads the item whose row begins at rows, which has it whole; inlined has the
 * inline bytes that are left. */
static int
read_item(struct ms_item *item, struct ms_slice rows, struct ms_slice inlined,
    struct ms_err *err)
{
	unsigned kind = rows.p[4] & ~MS_RECIPE_IN_BLOB;

	*item = (struct ms_item){
	    .kind = kind,
	    .blob = rows.p[4] & MS_RECIPE_IN_BLOB,
	    .eol = rows.p[5],
	    .line = rows.p[6],
	    .ends = rows.p[7] & MS_RECIPE_ENDS,
	    .n = ms_le32(rows.p),
	};
	if (kind > MS_ITEM_BASE64)
		return ms_fail(err, MS_DATA, "unknown kind %u", kind);
	if (rows.p[5] > MS_EOL_VERBATIM ||
	    (kind == MS_ITEM_BASE64 && rows.p[5] == MS_EOL_VERBATIM))
		return ms_fail(err, MS_DATA, "unknown line end %u", rows.p[5]);
	if (kind == MS_ITEM_BASE64 &&
	    (item->line < LINE_MIN || item->line > LINE_MAX))
		return ms_fail(err, MS_DATA, "lines of %u", item->line);
	if (item->n == 0 || item->n > MS_BLOB_MAX)
		return ms_fail(err, MS_DATA, "%u bytes", item->n);
	if (item->blob) {
		memcpy(item->digest, rows.p + MS_RECIPE_ROW, MS_SHA_LEN);
		return 0;
	}
	if (item->n > inlined.n)
		return ms_fail(err, MS_DATA, "ends in its inline bytes");
	item->bytes = (struct ms_slice){inlined.p, item->n};
	return 0;
}

static struct ms_slice
skip(struct ms_slice s, size_t n)
{
	return (struct ms_slice){s.p + n, s.n - n};
}

/* Sets *length to that of all rows. Returns whether s has them whole. */
static bool
has_rows(struct ms_slice s, uint32_t items, size_t *length)
{
	size_t n = 0;

	for (; items > 0 && n + MS_RECIPE_ROW <= s.n; items--)
		n += MS_RECIPE_ROW +
		     (s.p[n + 4] & MS_RECIPE_IN_BLOB ? MS_SHA_LEN : 0);
	*length = n;
	return items == 0 && n <= s.n;
}

static int
check_items(struct ms_recipe *r, uint32_t header, struct ms_err *err)
{
	struct ms_slice rows = r->rows, inlined = r->inline_bytes;
	struct ms_item item;
	uint32_t i;

	for (i = 0; i < r->items; i++) {
		if (read_item(&item, rows, inlined, err) < 0)
			return ms_context(err, "item %u", i);
		if (i == 0 && (item.blob || item.kind != MS_ITEM_TEXT ||
				  item.n != header || header > MS_HEAD_MAX))
			return ms_fail(err, MS_DATA, "item 0 is not a header");
		if (i == 0)
			r->header = r->text = item.bytes;
		else if (item.blob || item.kind != MS_ITEM_TEXT)
			r->more = true;
		else if (!r->more) /* the inline bytes are contiguous */
			r->text.n += item.bytes.n;
		rows = skip(rows, MS_RECIPE_ROW + (item.blob ? MS_SHA_LEN : 0));
		inlined = skip(inlined, item.bytes.n);
	}
	return 0;
}

int
ms_recipe_parse(
    struct ms_recipe *r, struct ms_slice content, struct ms_err *err)
{
	struct ms_slice rest;
	uint32_t header;
	size_t n;

	*r = (struct ms_recipe){0};
	if (content.n < MS_RECIPE_HEAD || content.n > MS_MESSAGE_RECORD_MAX)
		return ms_fail(err, MS_DATA, "MESSAGE of %zu bytes", content.n);
	memcpy(r->id, content.p, MS_SHA_LEN);
	r->size = ms_le64(content.p + 32);
	r->items = ms_le32(content.p + 40);
	header = ms_le32(content.p + 44);
	if (r->items > MS_RECIPE_ITEMS || r->size > MS_WIRE_MAX)
		return ms_fail(err, MS_DATA, "MESSAGE of %u items", r->items);
	if ((r->items == 0) != (header == 0) ||
	    (r->items == 0) != (r->size == 0))
		return ms_fail(err, MS_DATA, "MESSAGE without items");
	rest = skip(content, MS_RECIPE_HEAD);
	if (!has_rows(rest, r->items, &n))
		return ms_fail(err, MS_DATA, "MESSAGE ends in its rows");
	r->rows = (struct ms_slice){rest.p, n};
	r->inline_bytes = skip(rest, n);
	if (check_items(r, header, err) < 0)
		return ms_context(err, "MESSAGE");
	return 0;
}

void
ms_recipe_describe(const struct ms_recipe *r, struct ms_desc *out)
{
	ms_mail_describe(r->text, out);
	if (!r->more)
		out->bits &= (uint16_t)~MS_DESC_PARTIAL;
}

int
ms_recipe_next(const struct ms_recipe *r, struct ms_recipe_walk *walk,
    struct ms_item *item)
{
	if (walk->i >= r->items ||
	    read_item(item, skip(r->rows, walk->rows_used),
		skip(r->inline_bytes, walk->inline_used), NULL) < 0)
		return 0;
	walk->i++;
	walk->rows_used += MS_RECIPE_ROW + (item->blob ? MS_SHA_LEN : 0);
	walk->inline_used += item->bytes.n;
	return 1;
}

/* ---- assembling ---- */

/* Collects short pieces for emit. */
struct stage {
	const struct ms_assembly *as;
	struct ms_err *err;
	size_t n;
	unsigned char p[16384];
};

static int
flush(struct stage *st)
{
	size_t n = st->n;

	st->n = 0;
	return n == 0 ? 0 : st->as->emit(st->as->ctx, st->p, n, st->err);
}

static int
put(struct stage *st, const unsigned char *p, size_t n)
{
	if (n > sizeof(st->p) - st->n && flush(st) < 0)
		return -1;
	if (n > sizeof(st->p))
		return st->as->emit(st->as->ctx, p, n, st->err);
	if (n > 0)
		memcpy(st->p + st->n, p, n);
	st->n += n;
	return 0;
}

/* Emits CRLF for each LF, or for each LF without a CR. */
static int
put_crlf(struct stage *st, struct ms_slice s, bool all)
{
	const unsigned char *p = s.p, *end = s.p + s.n, *line = p, *nl;

	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line = nl + 1;
		if (!all && nl > s.p && nl[-1] == '\r')
			continue;
		if (put(st, p, (size_t)(nl - p)) < 0 ||
		    put(st, (const unsigned char *)"\r\n", 2) < 0)
			return -1;
		p = line;
	}
	return put(st, p, (size_t)(end - p));
}

/* Emits LF for each CRLF. */
static int
put_lf(struct stage *st, struct ms_slice s)
{
	const unsigned char *p = s.p, *end = s.p + s.n, *line = p, *nl;

	while ((nl = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line = nl + 1;
		if (nl == s.p || nl[-1] != '\r')
			continue;
		if (put(st, p, (size_t)(nl - 1 - p)) < 0)
			return -1;
		p = nl;
	}
	return put(st, p, (size_t)(end - p));
}

static int
put_base64(
    struct stage *st, const struct ms_item *item, struct ms_slice s, bool crlf)
{
	unsigned char chars[GROUP * LINE_MAX];
	const unsigned char *eol = (const unsigned char *)"\r\n";
	size_t group, n, i, len;
	bool last;

	for (; s.n > 0; s = skip(s, group)) {
		group = (size_t)item->line * 3;
		if (group > s.n)
			group = s.n;
		n = ms_base64_encode(s.p, group, chars);
		for (i = 0; i < n; i += len) {
			len = n - i < item->line ? n - i : item->line;
			last = group == s.n && i + len == n;
			if (put(st, chars + i, len) < 0)
				return -1;
			if ((!last || item->ends) &&
			    put(st, eol + !crlf, 1 + crlf) < 0)
				return -1;
		}
	}
	return 0;
}

int
ms_assemble(struct ms_assembly *as, const struct ms_item *item,
    struct ms_slice bytes, struct ms_err *err)
{
	struct stage st;
	bool crlf = as->form == MS_FORM_CRLF ||
		    (as->form == MS_FORM_STORED && item->eol == MS_EOL_CRLF);
	bool verbatim = item->eol == MS_EOL_VERBATIM;
	int rc = 0;

	if (bytes.n != item->n)
		return ms_fail(err, MS_DATA, "BLOB of %zu bytes, not %u",
		    bytes.n, item->n);
	if (item->kind == MS_ITEM_TEXT && !crlf &&
	    !(verbatim && as->form == MS_FORM_LF))
		return as->emit(as->ctx, bytes.p, bytes.n, err);
	st.as = as;
	st.err = err;
	st.n = 0;
	if (item->kind == MS_ITEM_BASE64)
		rc = put_base64(&st, item, bytes, crlf);
	else if (crlf)
		rc = put_crlf(&st, bytes, !verbatim);
	else
		rc = put_lf(&st, bytes);
	return rc < 0 ? -1 : flush(&st);
}

static int
add_to_wire(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

void
ms_recipe_add_header(const struct ms_recipe *r, struct ms_message_hasher *w)
{
	struct ms_assembly as = {
	    .form = MS_FORM_CRLF, .emit = add_to_wire, .ctx = w};
	struct ms_recipe_walk walk = {0};
	struct ms_item item;

	if (ms_recipe_next(r, &walk, &item) == 1)
		(void)ms_assemble(&as, &item, item.bytes, NULL);
}
