/* content-line.c - lines of iCalendar and vCard: escapes, and folding at 75
 * bytes. RFC 5545, 3.1, 3.3.11; RFC 6350, 3.2 to 3.4. */
#include "impl.h"

#include "utf8.h"

#define WIDTH 75

/* Appends one character; a new line comes before it if it does not fit. */
static void
add(struct ms_buf *out, size_t *column, const unsigned char *p, size_t n)
{
	if (*column + n > WIDTH) {
		ms_buf_add_str(out, "\r\n ");
		*column = 1;
	}
	ms_buf_add(out, p, n);
	*column += n;
}

static void
add_all(struct ms_buf *out, size_t *column, struct ms_slice text, bool escaped)
{
	uint32_t c;
	size_t n;

	for (; text.n > 0; text = (struct ms_slice){text.p + n, text.n - n}) {
		n = ms_utf8_step(text.p, text.n, &c);
		if (escaped && (c == '\r' || c == '\n')) {
			if (c == '\r' && text.n > 1 && text.p[1] == '\n')
				n = 2;
			add(out, column, (const unsigned char *)"\\n", 2);
		} else if (c < ' ' || c == 0x7f || c == MS_NOT_UTF8) {
			add(out, column, (const unsigned char *)" ", 1);
		} else if (escaped && (c == '\\' || c == ';' || c == ',')) {
			const unsigned char pair[2] = {'\\', (unsigned char)c};

			add(out, column, pair, 2);
		} else {
			add(out, column, text.p, n);
		}
	}
}

static void
add_line(
    struct ms_buf *out, const char *name, struct ms_slice value, bool escaped)
{
	size_t column = 0;

	if (value.n == 0)
		return;
	add_all(out, &column, ms_slice_str(name), false);
	add(out, &column, (const unsigned char *)":", 1);
	add_all(out, &column, value, escaped);
	ms_buf_add_str(out, "\r\n");
}

void
ms_mapi_content_text(struct ms_buf *out, const char *name, struct ms_slice text)
{
	add_line(out, name, text, true);
}

void
ms_mapi_content_line(
    struct ms_buf *out, const char *name, struct ms_slice value)
{
	add_line(out, name, value, false);
}

/* A component of a structured value: text whose separators are escaped. */
void
ms_mapi_content_component(struct ms_buf *out, struct ms_slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\r')
			continue;
		if (text.p[i] == '\n') {
			ms_buf_add_str(out, "\\n");
			continue;
		}
		if (text.p[i] == '\\' || text.p[i] == ';' || text.p[i] == ',')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, text.p[i]);
	}
}

/* A parameter in quotes, which cannot contain quotes. */
void
ms_mapi_content_parameter(
    struct ms_buf *out, const char *name, struct ms_slice text)
{
	struct ms_buf line = {0};

	ms_mapi_line(text, &line);
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '"')
			line.p[i] = '\'';
	if (line.n > 0)
		ms_buf_printf(out, ";%s=\"%s\"", name, ms_buf_str(&line));
	ms_buf_release(&line);
}
