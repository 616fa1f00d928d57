/*
 * convert-table.c - which files are converted by what.
 */
#include "convert-impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "charset.h"
#include "config.h"
#include "rtf.h"
#include "utf8.h"

/* Text of any kind: UTF-8, and bytes that are not UTF-8 as windows-1252. */
static int
convert_plain(struct ms_slice bytes, struct ms_buf *out)
{
	size_t at = ms_utf8_bom(bytes), start = out->n;
	uint32_t c;

	while (at < bytes.n && out->n - start < MS_CONVERT_TEXT_MAX - 4) {
		at += ms_charset_next(bytes.p + at, bytes.n - at, &c);
		out->n += ms_utf8_put(ms_buf_room(out, 4), c);
	}
	return at < bytes.n ? -1 : 0;
}

static int
convert_rtf(struct ms_slice bytes, struct ms_buf *out)
{
	enum ms_rtf_kind kind;

	return ms_rtf_extract(bytes, &kind, out, NULL);
}

#define OFFICE(type, ends)                                                     \
	{                                                                      \
		type, ends, NULL, ms_convert_office,                           \
		{                                                              \
			NULL                                                   \
		}                                                              \
	}
#define OOXML "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

static const struct ms_converter built_in[] = {
    {"application/pdf", ".pdf", "%PDF-", NULL,
	{"pdftotext", "-q", "-enc", "UTF-8", "-nopgbrk", "-", "-"}},
    {"application/msword", ".doc .dot", "\xd0\xcf\x11\xe0", NULL,
	{"catdoc", "-d", "utf-8", "-w"}},
    {"application/msword", ".doc .dot", "\xd0\xcf\x11\xe0", NULL,
	{"antiword", "-m", "UTF-8.txt", "-w", "0", "-"}},
    OFFICE(OOXML "wordprocessingml.document", ".docx .docm .dotx .dotm"),
    OFFICE(OOXML "spreadsheetml.sheet", ".xlsx .xlsm .xltx"),
    OFFICE(OOXML "presentationml.presentation", ".pptx .pptm .ppsx .potx"),
    OFFICE(ODF "text", ".odt .ott"),
    OFFICE(ODF "spreadsheet", ".ods .ots"),
    OFFICE(ODF "presentation", ".odp .otp"),
    {"application/rtf", ".rtf", "{\\rtf", convert_rtf, {NULL}},
    {"text/rtf", ".rtf", NULL, convert_rtf, {NULL}},
    {"text/*", ".txt .csv .log .md .ics .vcf .xml .json .yaml .patch .diff",
	NULL, convert_plain, {NULL}},
    {"application/json", ".json", NULL, convert_plain, {NULL}},
    {"application/xml", ".xml", NULL, convert_plain, {NULL}},
};
#define BUILT_IN (sizeof(built_in) / sizeof(built_in[0]))

/* ---- the configuration ---- */

/* Adds a line such as "application/pdf pdftotext - -", in place. */
static void
add_line(struct ms_converters *all, char *line)
{
	struct ms_converter c = {.ends = ""};
	const char *words[MS_CONVERT_ARGS + 1] = {NULL};
	char *save = NULL, *word = strtok_r(line, " \t", &save);

	for (size_t i = 0; word != NULL && i < MS_CONVERT_ARGS; i++) {
		words[i] = word;
		word = strtok_r(NULL, " \t", &save);
	}
	c.type = words[0];
	memcpy(c.argv, words + 1, sizeof(c.argv));
	all->list[all->n++] = c;
}

/* An ms_ini_fn. */
static int
take_line(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct ms_converters *all = ctx;
	size_t words = 1;

	for (const char *p = v->value; *p != '\0'; p++)
		words +=
		    (*p == ' ' || *p == '\t') && p[1] != ' ' && p[1] != '\t';
	if (words > MS_CONVERT_ARGS)
		return ms_fail(err, MS_USAGE,
		    "converter: a command has at most %d words",
		    MS_CONVERT_ARGS - 1);
	ms_buf_add(&all->texts, v->value, strlen(v->value) + 1);
	all->n++;
	return 0;
}

int
ms_converters_read(struct ms_converters *all, struct ms_err *err)
{
	char *line;
	size_t lines;

	*all = (struct ms_converters){0};
	if (ms_config_values("converter", take_line, all, err) < 0) {
		ms_converters_release(all);
		return -1;
	}
	lines = all->n;
	all->n = 0;
	all->list = ms_xcalloc(lines + BUILT_IN, sizeof(*all->list));
	line = (char *)all->texts.p;
	for (size_t i = 0, n; i < lines; i++, line += n) {
		n = strlen(line) + 1;
		add_line(all, line);
	}
	memcpy(all->list + all->n, built_in, sizeof(built_in));
	all->n += BUILT_IN;
	return 0;
}

void
ms_converters_release(struct ms_converters *all)
{
	free(all->list);
	ms_buf_release(&all->texts);
}

/* ---- finding one ---- */

bool
ms_converter_path(const struct ms_converter *c, char path[MS_CONVERTER_PATH])
{
	snprintf(path, MS_CONVERTER_PATH, "%s%s",
	    c->argv[0][0] == '/' ? "" : "/usr/bin/", c->argv[0]);
	return access(path, X_OK) == 0;
}

static bool
is_usable(const struct ms_converter *c)
{
	char path[MS_CONVERTER_PATH];

	return c->convert != NULL || ms_converter_path(c, path);
}

static bool
is_type(const struct ms_converter *c, const char *type)
{
	size_t n = strlen(c->type);

	if (c->type[n - 1] == '*')
		return strncmp(type, c->type, n - 1) == 0;
	return strcmp(type, c->type) == 0;
}

/* Has the name one of these ends? */
static bool
has_end(const char *ends, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t n;

	if (dot == NULL)
		return false;
	for (; *ends != '\0'; ends += n + (ends[n] == ' ')) {
		n = strcspn(ends, " ");
		if (n == strlen(dot) && strncasecmp(ends, dot, n) == 0)
			return true;
	}
	return false;
}

static bool
begins_like(const struct ms_converter *c, struct ms_slice bytes)
{
	size_t n = c->begins != NULL ? strlen(c->begins) : 0;

	return n > 0 && bytes.n >= n && memcmp(bytes.p, c->begins, n) == 0;
}

const struct ms_converter *
ms_converters_find(const struct ms_converters *all, const char *type,
    const char *name, struct ms_slice begins)
{
	enum {
		BY_TYPE,
		BY_NAME,
		BY_BYTES,
		WAYS
	};
	int ways = strncmp(type, "application/", 12) == 0 ? WAYS : BY_NAME;

	for (int way = 0; way < ways; way++)
		for (size_t i = 0; i < all->n; i++) {
			const struct ms_converter *c = &all->list[i];
			bool is = way == BY_TYPE   ? is_type(c, type)
				  : way == BY_NAME ? has_end(c->ends, name)
						   : begins_like(c, begins);

			if (is && is_usable(c))
				return c;
		}
	return NULL;
}
