/* listing.c - writes and reads lines of TAB-separated fields. ms-list(1),
 * Output. */
#include "listing.h"
#include "stop.h"
#include "time.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

#define CHUNK 65536 /* bytes of a read */
#define GRACE_MS 5  /* so that a writer can be scheduled before idle() */

/* The fields of a line, in order. */
enum {
	FIELD_ID,
	FIELD_DATE,
	FIELD_USER,
	FIELD_FOLDER,
	FIELD_SIZE,
	FIELD_FROM,
	FIELD_SUBJECT,
	FIELD_SOURCE,
	FIELDS
};

/* ---- writing ---- */

static void
add_escaped(struct ms_buf *out, const unsigned char *p, size_t n)
{
	if (*p == '\t' || *p == '\n' || *p == '\\')
		ms_buf_printf(out, "\\%c",
		    *p == '\t'   ? 't'
		    : *p == '\n' ? 'n'
				 : '\\');
	else
		for (; n > 0; p++, n--)
			ms_buf_printf(out, "\\x%02x", *p);
}

/* Escapes controls and what is not UTF-8, so that no terminal interprets them.
 */
void
ms_listing_escape(struct ms_buf *out, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *start = p;
	const unsigned char *end = p + n;
	size_t used;
	uint32_t c;

	for (; p < end; p += used) {
		used = 1;
		if (*p >= ' ' && *p < 0x7f && *p != '\\')
			continue;
		used = ms_utf8_step(p, (size_t)(end - p), &c);
		if (c != '\\' && c != MS_NOT_UTF8 && !ms_utf8_control(c))
			continue;
		ms_buf_add(out, start, (size_t)(p - start));
		add_escaped(out, p, used);
		start = p + used;
	}
	ms_buf_add(out, start, (size_t)(end - start));
}

static void
add_text(struct ms_buf *out, const char *text)
{
	ms_listing_escape(out, text, strlen(text));
	ms_buf_add_byte(out, '\t');
}

static void
add_desc(struct ms_buf *out, const struct ms_desc_field *f, bool cut)
{
	ms_listing_escape(out, f->s, f->n);
	if (cut)
		ms_buf_add_str(out, "\xe2\x80\xa6"); /* an ellipsis */
	ms_buf_add_byte(out, '\t');
}

void
ms_listing_write(struct ms_buf *out, const struct ms_row *row,
    const struct ms_folder *folder, char end)
{
	const struct ms_desc *d = &row->desc;
	char hex[MS_SHA_HEX + 1], date[21] = "";

	ms_hex(row->id, MS_SHA_LEN, hex);
	if ((row->bits & MS_ROW_UNDATED) == 0)
		ms_time_format(row->sent, date);
	/* Nothing in these needs escapes. */
	ms_buf_add_str(out, hex);
	ms_buf_add_byte(out, '\t');
	ms_buf_add_str(out, date);
	ms_buf_add_byte(out, '\t');
	add_text(out, folder->user_name);
	add_text(out, folder->name);
	ms_buf_printf(out, "%" PRIu64 "\t", row->size);
	add_desc(out, &d->from, (d->bits & MS_DESC_FROM_CUT) != 0);
	add_desc(out, &d->subject, (d->bits & MS_DESC_SUBJECT_CUT) != 0);
	add_text(out, folder->source_url);
	out->p[out->n - 1] = (unsigned char)end;
}

/* ---- reading ---- */

/* Undoes ms_listing_escape() in place. */
static void
unescape(char *s)
{
	unsigned char byte;
	char *to = s;

	for (; *s != '\0'; s++) {
		char c = *s;

		if (c == '\\' && s[1] == 't')
			c = '\t';
		else if (c == '\\' && s[1] == 'n')
			c = '\n';
		if (c == '\\' && s[1] == 'x' && strlen(s) >= 4 &&
		    ms_unhex((struct ms_slice){(unsigned char *)s + 2, 2},
			&byte, 1) == 1) {
			c = (char)byte;
			s += 3;
		} else if (c != *s || (c == '\\' && s[1] == '\\')) {
			s++;
		}
		*to++ = c;
	}
	*to = '\0';
}

static int
parse_id(struct ms_pick *p, const char *s, struct ms_err *err)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");

	if (s[n] != '\0' || n < 8 || n > MS_SHA_HEX)
		return ms_fail(
		    err, MS_DATA, "\"%.40s\" is not a message id", s);
	for (size_t i = 0; i <= n; i++)
		p->digits[i] =
		    (char)(s[i] >= 'A' && s[i] <= 'F' ? s[i] - 'A' + 'a'
						      : s[i]);
	return 0;
}

int
ms_pick_parse(struct ms_pick *p, char *line, struct ms_err *err)
{
	char *field[FIELDS] = {NULL};
	size_t n = 0;

	*p = (struct ms_pick){.user = NULL};
	do {
		field[n++] = line;
		line = strchr(line, '\t');
		if (line != NULL)
			*line++ = '\0';
	} while (line != NULL && n < FIELDS);
	if (parse_id(p, field[FIELD_ID], err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		unescape(field[i]);
	if (n <= FIELD_FOLDER || field[FIELD_USER][0] == '\0' ||
	    field[FIELD_FOLDER][0] == '\0')
		return 0;
	p->user = field[FIELD_USER];
	p->folder = field[FIELD_FOLDER];
	if (n > FIELD_SOURCE && field[FIELD_SOURCE][0] != '\0')
		p->source = field[FIELD_SOURCE];
	return 0;
}

bool
ms_pick_fits(const struct ms_pick *p, const struct ms_folder *folder)
{
	return p->user != NULL && strcmp(p->user, folder->user_name) == 0 &&
	       strcmp(p->folder, folder->name) == 0 &&
	       (p->source == NULL ||
		   strcmp(p->source, folder->source_url) == 0);
}

/* Reads more bytes. Returns 1, 0 at the end, or -1. */
static int
refill(struct ms_lines *l, struct ms_err *err)
{
	struct pollfd ready = {.fd = l->fd, .events = POLLIN};
	ssize_t got;

	if (l->idle != NULL && poll(&ready, 1, GRACE_MS) == 0 &&
	    l->idle(l->ctx, err) < 0)
		return -1;
	if (!ms_stop_wait(l->fd, 0))
		return ms_fail(err, MS_TEMP, "stopped by a signal");
	ms_buf_clear(&l->in);
	l->at = 0;
	do {
		got = read(l->fd, ms_buf_room(&l->in, CHUNK), CHUNK);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return ms_fail_errno(err, "standard input");
	l->in.n = (size_t)got;
	return got > 0;
}

static size_t
line_length(const unsigned char *p, size_t n)
{
	const unsigned char *newline = memchr(p, '\n', n), *nul;

	if (newline != NULL)
		n = (size_t)(newline - p);
	nul = memchr(p, '\0', n);
	return nul != NULL ? (size_t)(nul - p) : n;
}

int
ms_lines_next(struct ms_lines *l, char **line, struct ms_err *err)
{
	ms_buf_clear(&l->line);
	l->number++;
	for (;;) {
		size_t left = l->in.n - l->at, n;
		int rc;

		if (left == 0) {
			rc = refill(l, err);
			if (rc < 0)
				return -1;
			if (rc == 0)
				break;
			continue;
		}
		n = line_length(l->in.p + l->at, left);
		if (l->line.n + n > MS_LISTING_MAX)
			return ms_fail(err, MS_DATA,
			    "standard input, line %" PRIu64
			    ": longer than %d bytes",
			    l->number, MS_LISTING_MAX);
		ms_buf_add(&l->line, l->in.p + l->at, n);
		l->at += n;
		if (n < left) {
			l->at++;
			*line = ms_buf_str(&l->line);
			return 1;
		}
	}
	if (l->line.n == 0)
		return 0;
	*line = ms_buf_str(&l->line);
	return 1;
}

void
ms_lines_release(struct ms_lines *l)
{
	ms_buf_release(&l->in);
	ms_buf_release(&l->line);
}
