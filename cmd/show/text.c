/* text.c - a message for people. ms-show(1), Output. */
#include "show.h"

#include <string.h>
#include <unistd.h>

#include "color.h"
#include "human.h"
#include "mail.h"
#include "term.h"

/* ---- lines with a name ---- */

static void
add_line(struct ms_buf *out, const char *name, struct ms_slice text)
{
	if (text.n == 0)
		return;
	ms_color_begin(out, STDOUT_FILENO, MS_STYLE_BOLD);
	ms_buf_printf(out, "%s:", name);
	ms_color_end(out, STDOUT_FILENO);
	ms_buf_add_byte(out, ' ');
	show_lines(out, text, 0);
}

static void
add_text_line(struct ms_buf *out, const char *name, struct ms_buf *text)
{
	add_line(out, name, ms_buf_slice(text));
	ms_buf_clear(text);
}

static void
add_id(struct ms_buf *out, const struct ms_row *row)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_color_begin(out, STDOUT_FILENO, MS_STYLE_ID);
	ms_buf_printf(out, "Message: %s", hex);
	ms_color_end(out, STDOUT_FILENO);
	ms_buf_add_byte(out, '\n');
}

/* The date in local time, and as the sender wrote it. */
static void
add_date(struct ms_buf *out, const struct show_message *m)
{
	struct ms_slice message = ms_body_message(m->body), body;
	struct ms_buf text = {0}, original = {0};

	if ((m->row->bits & MS_ROW_UNDATED) == 0)
		ms_term_date(&text, m->row->sent, true);
	if (ms_mail_find(message, "date", &body))
		ms_mail_decode_text(body, &original);
	if (original.n > 0)
		ms_buf_printf(&text, text.n > 0 ? " (%s)" : "unknown (%s)",
		    ms_buf_str(&original));
	add_text_line(out, "Date", &text);
	ms_buf_release(&text);
	ms_buf_release(&original);
}

static void
add_field(struct ms_buf *out, const struct show_message *m, const char *name,
    enum ms_mail_field field)
{
	struct ms_buf text = {0};

	ms_mail_decode(ms_body_message(m->body), field, &text);
	add_text_line(out, name, &text);
	ms_buf_release(&text);
}

static void
add_places(struct ms_buf *out, const struct show_message *m)
{
	struct ms_buf text = {0};

	for (size_t i = 0; i < m->place_count; i++) {
		const struct show_place *p = &m->places[i];

		ms_buf_printf(
		    &text, "%s of %s", p->folder->name, p->folder->user_name);
		if (p->has_archived) {
			ms_buf_add_str(&text, ", since ");
			ms_term_date(&text, p->archived, true);
		}
		add_text_line(out, "Folder", &text);
	}
	ms_buf_release(&text);
}

/* ---- parts ---- */

static void
add_part(struct ms_buf *out, const struct show_message *m,
    const struct ms_body_part *p)
{
	struct ms_buf text = {0};

	ms_buf_printf(&text, "%u, %s, ", p->number, p->type);
	ms_human_bytes(&text, ms_body_size(m->body, p));
	if (*p->name != '\0')
		ms_buf_printf(&text, ", \"%s\"", p->name);
	if ((p->bits & MS_PART_ATTACHMENT) != 0)
		ms_buf_add_str(&text, ", attachment");
	add_text_line(out, "Part", &text);
	ms_buf_release(&text);
}

/* A message that is only a text has no list. */
static void
add_parts(struct ms_buf *out, const struct show_message *m)
{
	struct ms_buf text = {0};
	size_t n, count = 0;
	const struct ms_body_part *p = ms_body_parts(m->body, &n);

	if (n == 1 && (p->bits & MS_PART_SHOWN) != 0 && *p->name == '\0')
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i].number != 0 && ++count <= SHOW_PARTS_MAX)
			add_part(out, m, &p[i]);
	if (count <= SHOW_PARTS_MAX)
		return;
	ms_human_count(&text, count - SHOW_PARTS_MAX, "further part");
	ms_buf_add_str(&text, ", which --json lists");
	add_text_line(out, "Note", &text);
	ms_buf_release(&text);
}

/* Not known before the text was made. */
static void
add_notes(struct ms_buf *out, const struct show_message *m)
{
	const char *remark;

	for (size_t i = 0; (remark = ms_body_remark(m->body, i)) != NULL; i++)
		add_line(out, "Note", ms_slice_str(remark));
}

/* ---- the message ---- */

int
show_text(struct ms_buf *out, const struct show_message *m, struct ms_err *err)
{
	size_t width = ms_term_stdout() ? ms_term_width(STDOUT_FILENO) : 0;
	struct ms_buf text = {0};
	int rc = ms_body_text(m->body, &text, err);

	add_id(out, m->row);
	add_field(out, m, "From", MS_MAIL_FROM);
	add_field(out, m, "To", MS_MAIL_TO);
	add_field(out, m, "Cc", MS_MAIL_CC);
	add_date(out, m);
	add_field(out, m, "Subject", MS_MAIL_SUBJECT);
	add_places(out, m);
	add_notes(out, m);
	add_parts(out, m);
	if (text.n > 0)
		ms_buf_add_byte(out, '\n');
	show_lines(out, ms_buf_slice(&text), width);
	ms_buf_release(&text);
	return rc;
}

void
show_header(struct ms_buf *out, const struct show_message *m)
{
	struct ms_slice rest = ms_body_message(m->body), name, body;
	struct ms_buf text = {0};

	while (ms_mail_next_field(&rest, &name, &body)) {
		ms_buf_clear(&text);
		ms_buf_add(&text, name.p, name.n);
		ms_buf_add_str(&text, ": ");
		ms_mail_decode_text(body, &text);
		show_lines(out, ms_buf_slice(&text), 0);
	}
	ms_buf_release(&text);
}
