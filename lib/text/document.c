/*
 * document.c - the text of a message: its header, its body, and its
 * attachments.
 */
#include "document.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "body.h"
#include "convert.h"
#include "fold.h"
#include "fs.h"
#include "mail.h"

#define BEGINS 64 /* bytes of a file that are looked at */

struct ms_text_reader {
	unsigned parts; /* that are read */
	struct ms_body *body;
	struct ms_convert *convert; /* NULL: no attachments are read */
	struct ms_buf text;         /* not folded yet */
	struct ms_buf unread;       /* why the message has MS_TEXT_UNREAD */
};

/* ---- processes ---- */

int
ms_text_reader_open(
    struct ms_text_reader **out, unsigned parts, struct ms_err *err)
{
	struct ms_text_reader *r = ms_xcalloc(1, sizeof(*r));
	int body = ms_body_open(&r->body, err), convert = 0;

	r->parts = parts;
	if (body >= 0 && (parts & 1U << MS_TEXT_ATTACHED) != 0)
		convert = ms_convert_open(&r->convert, err);
	if (body < 0 || convert < 0) {
		ms_text_reader_close(r);
		return -1;
	}
	*out = r;
	return body > convert ? body : convert;
}

void
ms_text_reader_close(struct ms_text_reader *r)
{
	if (r == NULL)
		return;
	ms_body_close(r->body);
	ms_convert_close(r->convert);
	ms_buf_release(&r->text);
	ms_buf_release(&r->unread);
	free(r);
}

void
ms_text_reader_name(const struct ms_text_reader *r, char out[MS_SHA_HEX + 1])
{
	ms_convert_name(r->convert, out);
}

/* The message lacks a text; the first reason is kept. */
static void
is_unread(struct ms_text_reader *r, struct ms_text_message *m, const char *what,
    const char *why)
{
	if ((m->bits & MS_TEXT_UNREAD) == 0)
		ms_buf_printf(
		    &r->unread, "%s%s%s", what, *what != '\0' ? ": " : "", why);
	m->bits |= MS_TEXT_UNREAD;
}

/* ---- header and body ---- */

static void
fold_text(
    struct ms_text_reader *r, struct ms_text_message *m, enum ms_text_part part)
{
	ms_text_fold(ms_buf_slice(&r->text), &m->part[part]);
	ms_buf_clear(&r->text);
}

static void
read_header(struct ms_text_reader *r, struct ms_text_message *m)
{
	static const struct {
		enum ms_mail_field field;
		enum ms_text_part part;
	} fields[] = {{MS_MAIL_SUBJECT, MS_TEXT_SUBJECT},
	    {MS_MAIL_FROM, MS_TEXT_FROM}, {MS_MAIL_RECIPIENTS, MS_TEXT_TO}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		ms_mail_decode(
		    ms_body_message(r->body), fields[i].field, &r->text);
		fold_text(r, m, fields[i].part);
	}
}

static int
read_body(
    struct ms_text_reader *r, struct ms_text_message *m, struct ms_err *err)
{
	static const struct {
		unsigned state, bits;
		const char *why;
	} states[] = {
	    {MS_BODY_ENCRYPTED, MS_TEXT_ENCRYPTED, "it is encrypted"},
	    {MS_BODY_OPAQUE, 0, "it is within its signature"},
	    {MS_BODY_SIGNED, MS_TEXT_SIGNED, NULL},
	    {MS_BODY_BROKEN, 0, "its parts cannot be found"},
	    {MS_BODY_CUT, 0, "it has too much text"},
	};
	unsigned state;

	if ((r->parts & 1U << MS_TEXT_BODY) != 0 &&
	    ms_body_text(r->body, &r->text, err) < 0)
		return -1;
	fold_text(r, m, MS_TEXT_BODY);
	state = ms_body_state(r->body);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if ((state & states[i].state) == 0)
			continue;
		m->bits |= states[i].bits;
		if (states[i].why != NULL)
			is_unread(r, m, "", states[i].why);
	}
	return 0;
}

/* ---- attachments ---- */

/* Keeps the first bytes of a part, and ends there. */
static int
take_begin(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_buf_add(ctx, p, n < BEGINS ? n : BEGINS);
	return -1;
}

static int
write_piece(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	const int *fd = ctx;

	return ms_fs_write(*fd, p, n) == 0 ? 0
					   : ms_fail_errno(err, "attachment");
}

static const struct ms_converter *
find_converter(struct ms_text_reader *r, const struct ms_body_part *part)
{
	struct ms_buf begins = {0};
	const struct ms_converter *how;

	ms_body_decode(r->body, part, take_begin, &begins, NULL);
	how = ms_convert_find(
	    r->convert, part->type, part->name, ms_buf_slice(&begins));
	ms_buf_release(&begins);
	return how;
}

/* The decoded part is a file in memory, not on the heap. */
static int
convert_part(struct ms_text_reader *r, const struct ms_body_part *part,
    const struct ms_converter *how, struct ms_err *err)
{
	int fd = memfd_create("attachment", MFD_CLOEXEC), rc;

	if (fd < 0)
		return ms_fail_errno(err, "attachment");
	rc = ms_body_decode(r->body, part, write_piece, &fd, err);
	if (rc == 0)
		rc = ms_convert_read(r->convert, how, fd, &r->text, err);
	close(fd);
	return rc;
}

/* Appends the text of a part to r->text. 0; -1: MS_DATA, it cannot be read. */
static int
read_part(struct ms_text_reader *r, const struct ms_body_part *part,
    struct ms_err *err)
{
	const struct ms_converter *how;

	if (ms_body_is_text(part))
		return ms_body_part_text(r->body, part, &r->text, err);
	how = find_converter(r, part);
	return how != NULL ? convert_part(r, part, how, err) : 0;
}

static int
read_attachment(struct ms_text_reader *r, struct ms_text_message *m,
    const struct ms_body_part *part, struct ms_err *err)
{
	struct ms_err why = {0};

	if (m->part[MS_TEXT_ATTACHED].n >= MS_TEXT_ATTACHED_MAX) {
		is_unread(r, m, part->name, "it has too much text");
		return 0;
	}
	if (read_part(r, part, &why) < 0) {
		if (why.code != MS_DATA)
			return ms_fail_as(err, &why);
		is_unread(r, m, part->name, why.msg);
	}
	ms_buf_add_byte(&r->text, '\n');
	fold_text(r, m, MS_TEXT_ATTACHED);
	return 0;
}

static int
read_parts(
    struct ms_text_reader *r, struct ms_text_message *m, struct ms_err *err)
{
	static const unsigned without = MS_PART_SHOWN | MS_PART_SIGNATURE |
					MS_PART_SHELL | MS_PART_MULTIPART |
					MS_PART_MESSAGE;
	const struct ms_body_part *parts;
	size_t n;

	parts = ms_body_parts(r->body, &n);
	for (size_t i = 0; i < n; i++) {
		const struct ms_body_part *part = &parts[i];

		ms_buf_printf(&m->types, "%s\n", part->type);
		if ((part->bits & MS_PART_ATTACHMENT) != 0) {
			ms_buf_printf(&m->names, "%s\n", part->name);
			m->bits |= MS_TEXT_HAS_ATTACHMENT;
		}
		if (r->convert != NULL && (part->bits & without) == 0 &&
		    read_attachment(r, m, part, err) < 0)
			return -1;
	}
	ms_text_fold(ms_buf_slice(&m->names), &m->part[MS_TEXT_NAMES]);
	return 0;
}

/* ---- a message ---- */

int
ms_text_read(struct ms_text_reader *r, struct ms_archive *a,
    struct ms_text_message *m, struct ms_err *err)
{
	uint64_t number = m->number;

	ms_text_message_clear(m);
	m->number = number;
	ms_buf_clear(&r->unread);
	ms_buf_clear(&r->text);
	ms_body_clear(r->body);
	if (ms_archive_emit(a, number, m->id, MS_FORM_CRLF, ms_body_add,
		r->body, err) < 0 ||
	    ms_body_parse(r->body, err) < 0)
		return -1;
	read_header(r, m);
	return read_body(r, m, err) < 0 ? -1 : read_parts(r, m, err);
}

const char *
ms_text_unread(struct ms_text_reader *r)
{
	return ms_buf_str(&r->unread);
}
