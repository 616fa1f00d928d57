/*
 * convert-office.c - the text of Office Open XML (ECMA-376) and OpenDocument
 * (ISO 26300): members of a zip archive, which are XML. No DTD is read, and no
 * entity but those of XML and numbers is known.
 */
#include "convert-impl.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* ---- XML ---- */

/* Elements after which a word ends, by their local names. */
static bool
ends_word(struct ms_slice name)
{
	static const char *const names[] = {"p", "h", "br", "cr", "tab", "s",
	    "line-break", "tr", "tc", "si", "c", "is", "row", "table-cell",
	    "title", "comment", NULL};

	for (const char *const *n = names; *n != NULL; n++)
		if (ms_slice_eq(name, ms_slice_str(*n)))
			return true;
	return false;
}

/* The name of a tag without its prefix; tag: what is between < and >. */
static struct ms_slice
local_name(struct ms_slice tag)
{
	struct ms_slice name = {tag.p, 0};

	if (name.p < tag.p + tag.n && *name.p == '/')
		name.p++;
	for (size_t left = tag.n - (size_t)(name.p - tag.p);
	     name.n < left && strchr(" \t\r\n/", name.p[name.n]) == NULL;
	     name.n++)
		if (name.p[name.n] == ':') {
			left -= name.n + 1;
			name.p += name.n + 1;
			name.n = (size_t)-1; /* 0 in the next step */
		}
	return name;
}

/* A character such as "amp" or "#x20ac", or false. */
static bool
entity(struct ms_slice name, uint32_t *c)
{
	static const struct {
		const char *name;
		uint32_t c;
	} known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'},
	    {"apos", '\''}};
	char digits[12];
	unsigned long n;
	char *end;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (ms_slice_eq(name, ms_slice_str(known[i].name))) {
			*c = known[i].c;
			return true;
		}
	if (name.n < 2 || name.n > sizeof(digits) || name.p[0] != '#')
		return false;
	memcpy(digits, name.p + 1, name.n - 1);
	digits[name.n - 1] = '\0';
	n = digits[0] == 'x' ? strtoul(digits + 1, &end, 16)
			     : strtoul(digits, &end, 10);
	*c = (uint32_t)n;
	return *end == '\0' && n > 0 && n < 0x110000;
}

static void
add_text(struct ms_slice text, struct ms_buf *out)
{
	const unsigned char *end = text.p + text.n, *semicolon;
	uint32_t c;

	for (; text.p < end; text.p++) {
		semicolon = *text.p == '&'
				? memchr(text.p, ';', (size_t)(end - text.p))
				: NULL;
		if (semicolon != NULL &&
		    entity((struct ms_slice){text.p + 1,
			       (size_t)(semicolon - text.p - 1)},
			&c)) {
			out->n += ms_utf8_put(ms_buf_room(out, 4), c);
			text.p = semicolon;
		} else {
			ms_buf_add_byte(out, *text.p);
		}
	}
}

/* The end of a tag, comment or section that begins at p, or NULL. */
static const unsigned char *
tag_end(const unsigned char *p, const unsigned char *end)
{
	const char *close = ">";
	const unsigned char *found;
	size_t n = (size_t)(end - p);

	if (n >= 4 && memcmp(p, "<!--", 4) == 0)
		close = "-->";
	else if (n >= 9 && memcmp(p, "<![CDATA[", 9) == 0)
		close = "]]>";
	found = memmem(p, n, close, strlen(close));
	return found != NULL ? found + strlen(close) : NULL;
}

void
ms_convert_xml(struct ms_slice xml, bool only_t, struct ms_buf *out)
{
	const unsigned char *p = xml.p, *end = xml.p + xml.n, *next;
	bool wanted = !only_t;

	for (; p < end; p = next) {
		if (*p != '<') {
			next = memchr(p, '<', (size_t)(end - p));
			if (next == NULL)
				next = end;
			if (wanted)
				add_text(
				    (struct ms_slice){p, (size_t)(next - p)},
				    out);
			continue;
		}
		next = tag_end(p, end);
		if (next == NULL)
			return;
		if (p[1] == '!' && next - p >= 12 && p[2] == '[') {
			if (wanted)
				ms_buf_add(out, p + 9, (size_t)(next - p) - 12);
		} else if (p[1] != '!' && p[1] != '?') {
			struct ms_slice tag = {p + 1, (size_t)(next - p) - 2};
			struct ms_slice name = local_name(tag);

			if (ends_word(name))
				ms_buf_add_byte(out, '\n');
			if (only_t && ms_slice_eq(name, ms_slice_str("t")))
				wanted =
				    tag.p[0] != '/' && tag.p[tag.n - 1] != '/';
		}
	}
}

/* ---- the members ---- */

static const struct {
	const char *pattern;
	bool only_t;
} members[] = {
    {"word/document*.xml", true},
    {"word/footnotes.xml", true},
    {"word/endnotes.xml", true},
    {"word/comments.xml", true},
    {"word/header*.xml", true},
    {"word/footer*.xml", true},
    {"xl/sharedStrings.xml", true},
    {"xl/worksheets/sheet*.xml", true},
    {"xl/comments*.xml", true},
    {"ppt/slides/slide*.xml", true},
    {"ppt/notesSlides/notesSlide*.xml", true},
    {"content.xml", false},
};

/* Reads a member. 0, -1. */
static int
read_member(struct archive *zip, struct ms_buf *xml)
{
	la_ssize_t n;

	ms_buf_clear(xml);
	do {
		n = archive_read_data(zip, ms_buf_room(xml, 65536), 65536);
		if (n > 0)
			xml->n += (size_t)n;
	} while (n > 0 && xml->n < 4 * MS_CONVERT_TEXT_MAX);
	return n == 0 ? 0 : -1;
}

static int
convert_member(struct archive *zip, const char *name, struct ms_buf *xml,
    struct ms_buf *out)
{
	int rc;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (fnmatch(members[i].pattern, name, FNM_PATHNAME) != 0)
			continue;
		rc = read_member(zip, xml);
		ms_convert_xml(ms_buf_slice(xml), members[i].only_t, out);
		ms_buf_add_byte(out, '\n');
		return rc;
	}
	return 0;
}

int
ms_convert_office(struct ms_slice bytes, struct ms_buf *out)
{
	struct archive *zip = archive_read_new();
	struct archive_entry *entry;
	struct ms_buf xml = {0};
	size_t start = out->n;
	int rc, bad = 0;

	if (zip == NULL)
		ms_out_of_memory();
	archive_read_support_format_zip(zip);
	rc = archive_read_open_memory(zip, bytes.p, bytes.n);
	while (rc >= ARCHIVE_WARN &&
	       (rc = archive_read_next_header(zip, &entry)) >= ARCHIVE_WARN &&
	       rc != ARCHIVE_EOF && out->n - start < MS_CONVERT_TEXT_MAX) {
		const char *name = archive_entry_pathname(entry);

		if (name != NULL && convert_member(zip, name, &xml, out) < 0)
			bad = -1;
	}
	if (out->n - start > MS_CONVERT_TEXT_MAX)
		out->n = start + MS_CONVERT_TEXT_MAX;
	archive_read_free(zip);
	ms_buf_release(&xml);
	return rc == ARCHIVE_EOF ? bad : -1;
}
