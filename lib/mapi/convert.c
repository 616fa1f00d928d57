/*
 * convert.c - makes a message of an item: the header, the bodies, the
 * attachments, and the items in them, without recursion. [MS-OXCMAIL];
 * ms-mapi(7).
 */
#include "impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "mail.h"

/* ---- parts ---- */

/* An item that is being written. */
struct frame {
	const struct ms_mapi_item *item;
	bool part;                    /* of a message with its own header */
	size_t next;                  /* its next attachment */
	bool *shown;                  /* attachments that HTML shows */
	char mixed[MS_MAPI_BOUNDARY]; /* "": it has only a body */
};

static void
begin_part(struct ms_mapi_writer *w, const char *boundary)
{
	if (boundary[0] != '\0')
		ms_buf_printf(&w->out, "--%s\r\n", boundary);
}

static void
end_part(struct ms_mapi_writer *w, const char *boundary)
{
	if (boundary[0] != '\0')
		ms_buf_add_str(&w->out, "\r\n");
	ms_mapi_flush(w, false);
}

static void
begin_multipart(struct ms_mapi_writer *w, const char *type,
    const char *parameter, char boundary[MS_MAPI_BOUNDARY])
{
	ms_mapi_boundary(w, boundary);
	ms_buf_printf(&w->out,
	    "Content-Type: multipart/%s%s;\r\n\tboundary=\"%s\"\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n",
	    type, parameter, boundary);
}

static void
end_multipart(struct ms_mapi_writer *w, const char *boundary)
{
	if (boundary[0] != '\0')
		ms_buf_printf(&w->out, "--%s--\r\n", boundary);
}

/* A part with text. type: "text/plain", with parameters, but no charset. */
static void
write_text(struct ms_mapi_writer *w, const char *type, const char *charset,
    struct ms_slice text)
{
	bool plain = ms_mapi_is_7bit(text);

	ms_buf_printf(&w->out,
	    "Content-Type: %s; charset=%s\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    type, charset, plain ? "7bit" : "quoted-printable");
	if (plain)
		ms_mapi_crlf(text, &w->out);
	else
		ms_mapi_quoted(text, &w->out);
}

/* ---- the body ---- */

/* What an item has besides its attachments. */
struct content {
	enum ms_mapi_kind kind;
	struct ms_mapi_body body;
	struct ms_buf calendar, vcard;
	const char *method;
};

static void
read_content(const struct ms_mapi_item *item, const char *id, struct content *c)
{
	*c = (struct content){.kind = ms_mapi_kind(item)};
	ms_mapi_body_read(item, &c->body);
	switch (c->kind) {
	case MS_MAPI_MEETING_MAIL:
	case MS_MAPI_EVENT:
	case MS_MAPI_TODO:
		ms_mapi_calendar(item, c->kind, id, ms_buf_slice(&c->body.text),
		    &c->calendar, &c->method);
		break;
	case MS_MAPI_CONTACT:
	case MS_MAPI_LIST:
		ms_mapi_vcard(
		    item, c->kind, ms_buf_slice(&c->body.text), &c->vcard);
		break;
	default:
		break;
	}
}

static void
release_content(struct content *c)
{
	ms_mapi_body_release(&c->body);
	ms_buf_release(&c->calendar);
	ms_buf_release(&c->vcard);
}

/* HTML, and the attachments that it shows. */
static void
write_html(struct ms_mapi_writer *w, const struct frame *f,
    const struct ms_mapi_body *body)
{
	const struct ms_mapi_item *item = f->item;
	char boundary[MS_MAPI_BOUNDARY] = "";
	size_t i;

	for (i = 0; i < item->attachment_count && !f->shown[i]; i++)
		;
	if (i < item->attachment_count)
		begin_multipart(w, "related", "; type=\"text/html\"", boundary);
	begin_part(w, boundary);
	write_text(
	    w, "text/html", body->html_charset, ms_buf_slice(&body->html));
	end_part(w, boundary);
	for (; i < item->attachment_count; i++) {
		if (!f->shown[i])
			continue;
		begin_part(w, boundary);
		ms_mapi_attachment_write(w, &item->attachments[i], i, true);
		end_part(w, boundary);
	}
	end_multipart(w, boundary);
}

static void
write_calendar(struct ms_mapi_writer *w, const struct content *c)
{
	char type[64];

	snprintf(type, sizeof(type), "text/calendar; method=%s", c->method);
	write_text(w, type, "UTF-8", ms_buf_slice(&c->calendar));
}

/* The forms of the body, the richest one last (RFC 2046, 5.1.4). */
static void
write_body(
    struct ms_mapi_writer *w, const struct frame *f, const struct content *c)
{
	const struct ms_mapi_body *body = &c->body;
	char boundary[MS_MAPI_BOUNDARY] = "";
	int forms =
	    (body->text.n > 0) + (body->html.n > 0) + (c->calendar.n > 0);

	if (forms > 1)
		begin_multipart(w, "alternative", "", boundary);
	if (body->text.n > 0 || forms == 0) {
		begin_part(w, boundary);
		write_text(w, "text/plain", "UTF-8", ms_buf_slice(&body->text));
		end_part(w, boundary);
	}
	if (body->html.n > 0) {
		begin_part(w, boundary);
		write_html(w, f, body);
		end_part(w, boundary);
	}
	if (c->calendar.n > 0) {
		begin_part(w, boundary);
		write_calendar(w, c);
		end_part(w, boundary);
	}
	end_multipart(w, boundary);
}

/* A file that is made of the item itself. */
static void
write_file(struct ms_mapi_writer *w, const char *type, const char *name,
    const struct ms_buf *bytes)
{
	ms_buf_printf(&w->out,
	    "Content-Type: %s\r\nContent-Disposition: attachment;\r\n"
	    "\tfilename=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    type, name,
	    ms_mapi_is_7bit(ms_buf_slice(bytes)) ? "7bit" : "quoted-printable");
	if (ms_mapi_is_7bit(ms_buf_slice(bytes)))
		ms_mapi_crlf(ms_buf_slice(bytes), &w->out);
	else
		ms_mapi_quoted(ms_buf_slice(bytes), &w->out);
}

/* The body, and the files that are made of the item itself. */
static void
write_content(
    struct ms_mapi_writer *w, struct frame *f, const struct content *c)
{
	const struct ms_mapi_item *item = f->item;
	bool files = c->vcard.n > 0 || c->body.rtf.n > 0;
	bool has_body =
	    c->body.text.n > 0 || c->body.html.n > 0 || c->calendar.n > 0;

	f->shown = ms_xcalloc(item->attachment_count + 1, sizeof(*f->shown));
	for (size_t i = 0; i < item->attachment_count; i++) {
		f->shown[i] =
		    c->body.html.n > 0 &&
		    ms_mapi_attachment_is_inline(
			&item->attachments[i], ms_buf_slice(&c->body.html));
		files |= !f->shown[i];
	}
	if (files)
		begin_multipart(w, "mixed", "", f->mixed);
	if (!files || has_body || (c->vcard.n == 0 && !f->part)) {
		begin_part(w, f->mixed);
		write_body(w, f, c);
		end_part(w, f->mixed);
	}
	if (c->vcard.n > 0) {
		begin_part(w, f->mixed);
		write_file(
		    w, "text/vcard; charset=UTF-8", "contact.vcf", &c->vcard);
		end_part(w, f->mixed);
	}
	if (c->body.rtf.n > 0) {
		begin_part(w, f->mixed);
		write_file(w, "application/rtf", "body.rtf", &c->body.rtf);
		end_part(w, f->mixed);
	}
}

/* ---- S/MIME ---- */

#define ENTITY_HEAD ((size_t)64 << 10) /* bytes in which a header must end */

/* The only attachment of a message of this class, or NULL. */
static const struct ms_mapi_attachment *
smime_part(const struct ms_mapi_item *item, bool *is_signed)
{
	static const char prefix[] = "ipm.note.smime";
	struct ms_buf class = {0};
	bool smime;

	ms_mapi_class(item, &class);
	smime = class.n >= sizeof(prefix) - 1 &&
		memcmp(class.p, prefix, sizeof(prefix) - 1) == 0;
	*is_signed = smime && memmem(class.p, class.n, "multipartsigned",
				  sizeof("multipartsigned") - 1) != NULL;
	ms_buf_release(&class);
	return smime && item->attachment_count == 1 &&
		       item->attachments[0].content == MS_MAPI_BYTES
		   ? &item->attachments[0]
		   : NULL;
}

/*
 * Writes a part that has its own header: its fields of MIME, and what follows
 * them as it is, because it is signed. Returns false if it has no such header.
 */
static bool
write_entity(struct ms_mapi_writer *w, const struct ms_mapi_attachment *a)
{
	struct ms_buf head = {0};
	struct ms_slice header, rest, name, body;
	int64_t got = ms_mapi_attachment_read(
	    a, 0, ms_buf_room(&head, ENTITY_HEAD), ENTITY_HEAD, NULL);
	bool found;

	head.n = got > 0 ? (size_t)got : 0;
	header = ms_buf_slice(&head);
	header.n = ms_mail_header_length(header.p, header.n);
	found = ms_mail_find(header, "content-type", &body);
	for (rest = header; found && ms_mail_next_field(&rest, &name, &body);) {
		if (name.n < 8 ||
		    strncasecmp((const char *)name.p, "content-", 8) != 0)
			continue;
		ms_buf_add(&w->out, name.p, name.n);
		ms_buf_add_byte(&w->out, ':');
		ms_mapi_crlf(body, &w->out);
		ms_buf_add_str(&w->out, "\r\n");
	}
	if (found) {
		ms_buf_add_str(&w->out, "\r\n");
		ms_mapi_attachment_raw(w, a, header.n);
	}
	ms_buf_release(&head);
	return found;
}

/* The Content-Type with which an encrypted message came, or the usual one. */
static void
write_smime_type(struct ms_mapi_writer *w, const struct ms_mapi_item *item)
{
	struct ms_buf header = {0}, line = {0};
	struct ms_slice body;

	if (ms_mapi_text(&item->props, MS_MAPI_ID(0x007d), &header) &&
	    ms_mail_find(ms_buf_slice(&header), "content-type", &body))
		ms_mapi_line(body, &line);
	if (memmem(line.p != NULL ? line.p : (unsigned char *)"", line.n,
		"pkcs7-mime", 10) == NULL ||
	    !ms_mapi_is_7bit(ms_buf_slice(&line))) {
		ms_buf_clear(&line);
		ms_buf_add_str(
		    &line, "application/pkcs7-mime; name=\"smime.p7m\"");
	}
	ms_buf_printf(&w->out,
	    "Content-Type: %s\r\nContent-Disposition: attachment;\r\n"
	    "\tfilename=\"smime.p7m\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    ms_buf_str(&line));
	ms_buf_release(&header);
	ms_buf_release(&line);
}

/* [MS-OXOSMIME]: the attachment is the whole content of the message. */
static bool
write_smime(struct ms_mapi_writer *w, struct frame *f)
{
	bool is_signed;
	const struct ms_mapi_attachment *a = smime_part(f->item, &is_signed);

	if (a == NULL)
		return false;
	if (!write_entity(w, a)) {
		if (is_signed)
			return false;
		write_smime_type(w, f->item);
		ms_mapi_attachment_base64(w, a);
	}
	f->next = 1;
	return true;
}

/* ---- items ---- */

static void
begin_item(struct ms_mapi_writer *w, struct frame *f)
{
	struct content c;
	char id[33];

	ms_mapi_digest(f->item, id);
	if (!f->part) {
		ms_mapi_header(f->item, id, &w->out);
		ms_buf_add_str(&w->out, "MIME-Version: 1.0\r\n");
	}
	if (f->item->lost > 0)
		ms_mapi_loss(w, "%s", f->item->lost_why);
	if (write_smime(w, f))
		return;
	read_content(f->item, id, &c);
	if (c.body.damage[0] != '\0')
		ms_mapi_loss(w, "%s", c.body.damage);
	write_content(w, f, &c);
	release_content(&c);
}

static void
end_item(struct ms_mapi_writer *w, struct frame *f)
{
	end_multipart(w, f->mixed);
	free(f->shown);
	ms_mapi_flush(w, false);
}

/* Writes the next attachment. Returns the item in it, which comes next. */
static const struct ms_mapi_item *
next_attachment(struct ms_mapi_writer *w, struct frame *f)
{
	const struct ms_mapi_attachment *a = &f->item->attachments[f->next];
	size_t number = f->next++;

	if (f->shown != NULL && f->shown[number])
		return NULL;
	begin_part(w, f->mixed);
	if (a->content == MS_MAPI_ITEM) {
		ms_mapi_attachment_head(w, a, number, false);
		return a->item;
	}
	ms_mapi_attachment_write(w, a, number, false);
	end_part(w, f->mixed);
	return NULL;
}

static int
convert(const struct ms_mapi_item *item, bool part, ms_emit_fn *emit, void *ctx,
    struct ms_mapi_losses *losses, struct ms_err *err)
{
	struct ms_mapi_writer w = {
	    .emit = emit, .ctx = ctx, .err = err, .losses = losses};
	struct frame stack[MS_MAPI_DEPTH_MAX + 1] = {{.item = item,
	    .part = part}},
					       *f;
	size_t depth = 1;

	*losses = (struct ms_mapi_losses){0};
	ms_mapi_digest(item, w.hash);
	begin_item(&w, &stack[0]);
	while (depth > 0) {
		f = &stack[depth - 1];
		if (f->next < f->item->attachment_count) {
			item = next_attachment(&w, f);
			if (item == NULL)
				continue;
			assert(depth <= MS_MAPI_DEPTH_MAX);
			stack[depth] = (struct frame){.item = item};
			begin_item(&w, &stack[depth++]);
			continue;
		}
		end_item(&w, f);
		depth--;
		if (depth > 0)
			end_part(&w, stack[depth - 1].mixed);
	}
	ms_mapi_flush(&w, true);
	ms_buf_release(&w.out);
	return w.rc;
}

int
ms_mapi_convert(const struct ms_mapi_item *item, ms_emit_fn *emit, void *ctx,
    struct ms_mapi_losses *losses, struct ms_err *err)
{
	return convert(item, false, emit, ctx, losses, err);
}

int
ms_mapi_convert_part(const struct ms_mapi_item *item, ms_emit_fn *emit,
    void *ctx, struct ms_mapi_losses *losses, struct ms_err *err)
{
	return convert(item, true, emit, ctx, losses, err);
}
