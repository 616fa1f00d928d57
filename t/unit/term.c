/* term.c - the widths of texts on terminals, and texts cut to columns. */
#include "term.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *text;
	size_t columns, width;
	bool right;
	const char *fitted;
} rows[] = {
    {"abc", 3, 5, false, "abc  "},
    {"abc", 3, 5, true, "  abc"},
    {"abc", 3, 3, false, "abc"},
    {"abcdef", 6, 3, false, "ab\xe2\x80\xa6"},
    {"abcdef", 6, 3, true, "ab\xe2\x80\xa6"},
    {"abcdef", 6, 1, false, "\xe2\x80\xa6"},
    {"abcdef", 6, 0, false, ""},
    {"", 0, 2, false, "  "},
    {"gr\xc3\xbc\xc3\x9f", 4, 5, false, "gr\xc3\xbc\xc3\x9f "},
    /* A combining character takes no column. */
    {"e\xcc\x81x", 2, 2, false, "e\xcc\x81x"},
    /* Wide characters take two, and are not cut in half. */
    {"\xe6\xbc\xa2\xe5\xad\x97", 4, 4, false, "\xe6\xbc\xa2\xe5\xad\x97"},
    {"\xe6\xbc\xa2\xe5\xad\x97", 4, 3, false, "\xe6\xbc\xa2\xe2\x80\xa6"},
    {"\xe6\xbc\xa2\xe5\xad\x97", 4, 2, false, "\xe2\x80\xa6 "},
    /* What a terminal could take for a command is not shown. */
    {"a\x1b[2J", 5, 6, false, "a?[2J "},
    {"a\xc2\x9b"
     "b",
	3, 3, false, "a?b"},
    {"a\xff"
     "b",
	3, 3, false, "a?b"},
};

int
main(void)
{
	struct ms_buf b = {0};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms_buf_clear(&b);
		ms_term_fit(&b, rows[i].text, rows[i].width, rows[i].right);
		ok(ms_term_columns(rows[i].text) == rows[i].columns,
		    "row %zu has its width", i);
		ok(strcmp(ms_buf_str(&b), rows[i].fitted) == 0,
		    "row %zu fits: '%s'", i, ms_buf_str(&b));
	}
	ms_buf_release(&b);
	return done();
}
