/* attach.c - an attachment as a part of a message. [MS-OXCMSG], 2.2.2; RFC
 * 2045, RFC 2183; ms-mapi(7), Attachments. */
#include "impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base64.h"

#define LINE_BYTES 57 /* bytes in a line of base64, which has 76 characters */
#define PIECE_LINES 1024 /* lines that are read at once */
#define NAME_MAX_BYTES 255
#define ID_MAX 250
#define TYPE_MAX 100

/* ---- the name ---- */

/* Cuts a long name after a whole character. */
static void
cut_name(struct ms_buf *out, size_t before)
{
	if (out->n - before <= NAME_MAX_BYTES)
		return;
	out->n = before + NAME_MAX_BYTES;
	while (out->n > before && (out->p[out->n] & 0xc0) == 0x80)
		out->n--;
}

void
ms_mapi_attachment_name(
    const struct ms_mapi_attachment *a, size_t number, struct ms_buf *out)
{
	static const uint16_t ids[] = {0x3707, 0x3704, 0x3001};
	struct ms_buf text = {0};
	size_t before = out->n;

	for (size_t i = 0; i < 3 && text.n == 0; i++)
		(void)ms_mapi_text(&a->props, MS_MAPI_ID(ids[i]), &text);
	ms_mapi_line(ms_buf_slice(&text), out);
	if (out->n == before && a->item != NULL)
		ms_mapi_subject(a->item, out);
	cut_name(out, before);
	if (out->n == before)
		ms_buf_printf(out, "attachment-%zu", number + 1);
	if (a->item != NULL)
		ms_buf_add_str(out, ".eml");
	ms_buf_release(&text);
}

/* ---- fields ---- */

/* Appends the id without brackets, or nothing if a header cannot hold it. */
static void
content_id(const struct ms_mapi_attachment *a, struct ms_buf *out)
{
	struct ms_buf text = {0};
	struct ms_slice s;

	(void)ms_mapi_text(&a->props, MS_MAPI_ID(0x3712), &text);
	s = ms_buf_slice(&text);
	while (s.n > 0 && (*s.p <= ' ' || *s.p == '<'))
		s = (struct ms_slice){s.p + 1, s.n - 1};
	while (s.n > 0 && (s.p[s.n - 1] <= ' ' || s.p[s.n - 1] == '>'))
		s.n--;
	if (s.n > ID_MAX)
		s.n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > 0x7e || s.p[i] == '<' ||
		    s.p[i] == '>')
			s.n = 0;
	ms_buf_add(out, s.p, s.n);
	ms_buf_release(&text);
}

bool
ms_mapi_attachment_is_inline(
    const struct ms_mapi_attachment *a, struct ms_slice html)
{
	struct ms_buf id = {0};
	bool found = false;

	if (a->content != MS_MAPI_BYTES)
		return false;
	ms_buf_add_str(&id, "cid:");
	content_id(a, &id);
	for (size_t i = 0; id.n > 4 && !found && i + id.n <= html.n; i++)
		found = (html.p[i] | 0x20) == 'c' &&
			strncasecmp((const char *)html.p + i,
			    (const char *)id.p, id.n) == 0;
	ms_buf_release(&id);
	return found;
}

static bool
is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > 0x7e ||
		    strchr("()<>@,;:\\\"/[]?=", s[i]) != NULL)
			return false;
	return n > 0;
}

/*
 * The type of its bytes. Bytes of a multipart or a message are not divided
 * into parts here, because they are encoded.
 */
static void
add_type(const struct ms_mapi_attachment *a, struct ms_buf *out)
{
	struct ms_buf text = {0};
	char *type, *slash;
	size_t n;

	(void)ms_mapi_text(&a->props, MS_MAPI_ID(0x370e), &text);
	type = ms_buf_str(&text);
	type += strspn(type, " \t");
	n = strcspn(type, "; \t\r\n");
	slash = memchr(type, '/', n);
	if (a->content == MS_MAPI_OLE)
		ms_buf_add_str(out, "application/x-ole-storage");
	else if (slash == NULL || n > TYPE_MAX ||
		 !is_token(type, (size_t)(slash - type)) ||
		 !is_token(slash + 1, n - (size_t)(slash + 1 - type)) ||
		 strncasecmp(type, "multipart/", 10) == 0 ||
		 strncasecmp(type, "message/", 8) == 0)
		ms_buf_add_str(out, "application/octet-stream");
	else
		ms_buf_add(out, type, n);
	ms_buf_release(&text);
}

void
ms_mapi_attachment_head(struct ms_mapi_writer *w,
    const struct ms_mapi_attachment *a, size_t number, bool is_inline)
{
	struct ms_buf *out = &w->out, text = {0};

	ms_buf_add_str(out, "Content-Type: ");
	if (a->content == MS_MAPI_ITEM)
		ms_buf_add_str(out, "message/rfc822");
	else if (a->content == MS_MAPI_NOTHING)
		ms_buf_add_str(out, "text/plain; charset=UTF-8");
	else
		add_type(a, out);
	ms_buf_add_str(out, "\r\nContent-Disposition: ");
	ms_buf_add_str(out, is_inline ? "inline" : "attachment");
	ms_mapi_attachment_name(a, number, &text);
	if (a->content == MS_MAPI_NOTHING)
		ms_buf_add_str(&text, ".txt");
	ms_mapi_parameter(out, "filename", ms_buf_slice(&text));
	ms_buf_add_str(out, "\r\nContent-Transfer-Encoding: ");
	ms_buf_add_str(out, a->content == MS_MAPI_ITEM      ? "8bit"
			    : a->content == MS_MAPI_NOTHING ? "quoted-printable"
							    : "base64");
	ms_buf_add_str(out, "\r\n");
	ms_buf_clear(&text);
	content_id(a, &text);
	if (text.n > 0)
		ms_buf_printf(out, "Content-ID: <%s>\r\n", ms_buf_str(&text));
	ms_buf_add_str(out, "\r\n");
	ms_buf_release(&text);
}

/* ---- bytes ---- */

/* Fills the room as far as there are bytes. Returns their number; after damage,
 * which is a loss, the end. */
static size_t
read_piece(struct ms_mapi_writer *w, const struct ms_mapi_attachment *a,
    uint64_t at, unsigned char *p, size_t max)
{
	struct ms_err why = {0};
	size_t n = 0;
	int64_t got = 1;

	while (n < max && got > 0) {
		got = ms_mapi_attachment_read(a, at + n, p + n, max - n, &why);
		if (got > 0)
			n += (size_t)got;
	}
	if (got < 0)
		ms_mapi_loss(w,
		    "an attachment ends after %" PRIu64 " bytes: %.80s", at + n,
		    why.msg);
	else if (n < max && at + n < a->size)
		ms_mapi_loss(w,
		    "an attachment ends after %" PRIu64 " of %" PRIu64 " bytes",
		    at + n, a->size);
	return n;
}

void
ms_mapi_attachment_raw(
    struct ms_mapi_writer *w, const struct ms_mapi_attachment *a, uint64_t at)
{
	const size_t max = (size_t)LINE_BYTES * PIECE_LINES;
	size_t n;

	do {
		n = read_piece(w, a, at, ms_buf_room(&w->out, max), max);
		w->out.n += n;
		at += n;
		ms_mapi_flush(w, false);
	} while (n == max && w->rc == 0);
}

static void
add_lines(struct ms_buf *out, const unsigned char *p, size_t n)
{
	size_t take;

	for (; n > 0; p += take, n -= take) {
		take = n < LINE_BYTES ? n : LINE_BYTES;
		out->n += ms_base64_encode(
		    p, take, ms_buf_room(out, MS_BASE64_CHARS(LINE_BYTES)));
		ms_buf_add_str(out, "\r\n");
	}
}

void
ms_mapi_attachment_base64(
    struct ms_mapi_writer *w, const struct ms_mapi_attachment *a)
{
	const size_t max = (size_t)LINE_BYTES * PIECE_LINES;
	unsigned char *room = ms_xmalloc(max);
	uint64_t at = 0;
	size_t n;

	do {
		n = read_piece(w, a, at, room, max);
		add_lines(&w->out, room, n);
		at += n;
		ms_mapi_flush(w, false);
	} while (n == max && w->rc == 0);
	free(room);
}

/* An attachment without bytes: where it is, or why they are missing. */
static void
write_link(struct ms_mapi_writer *w, const struct ms_mapi_attachment *a)
{
	static const uint16_t ids[] = {0x370d, 0x3708};
	struct ms_buf text = {0}, line = {0};

	for (size_t i = 0; i < 2 && text.n == 0; i++)
		(void)ms_mapi_text(&a->props, MS_MAPI_ID(ids[i]), &text);
	if (text.n > 0) {
		ms_buf_add_str(&line, "This attachment is a link to:\r\n");
		ms_mapi_line(ms_buf_slice(&text), &line);
	} else {
		ms_buf_add_str(&line, "This attachment has no content.");
		ms_mapi_loss(w, "an attachment has no content%s%s",
		    a->damage[0] != '\0' ? ": " : "", a->damage);
	}
	ms_buf_add_str(&line, "\r\n");
	ms_mapi_quoted(ms_buf_slice(&line), &w->out);
	ms_buf_release(&line);
	ms_buf_release(&text);
}

void
ms_mapi_attachment_write(struct ms_mapi_writer *w,
    const struct ms_mapi_attachment *a, size_t number, bool is_inline)
{
	ms_mapi_attachment_head(w, a, number, is_inline);
	if (a->content == MS_MAPI_NOTHING)
		write_link(w, a);
	else
		ms_mapi_attachment_base64(w, a);
	if (a->content != MS_MAPI_NOTHING && a->damage[0] != '\0')
		ms_mapi_loss(w, "an attachment is damaged: %s", a->damage);
}
