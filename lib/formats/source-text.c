/* source-text.c - names from disk as text: for people, and as folder names.
 * ms-stream(5), Folders. */
#include "source-impl.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

/* How many bytes the character has that the text begins with; 0: it is none. */
static size_t
character(struct ms_slice s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (ms_utf8_valid(s.p, n))
			return n;
	return 0;
}

void
ms_text_add(struct ms_buf *out, struct ms_slice bytes, bool level)
{
	size_t n;
	unsigned char c;

	for (; bytes.n > 0; bytes.p += n, bytes.n -= n) {
		c = bytes.p[0];
		n = character(bytes);
		if (n == 0 || c < ' ' || c == 0x7f) {
			ms_buf_printf(out, "\\x%02X", c);
			n = 1;
			continue;
		}
		if (level && (c == '/' || c == '\\'))
			ms_buf_add_byte(out, '\\');
		ms_buf_add(out, bytes.p, n);
	}
}

void
ms_folder_add(struct ms_buf *folder, struct ms_slice name)
{
	if (folder->n > 0)
		ms_buf_add_byte(folder, '/');
	ms_text_add(folder, name, true);
}

bool
ms_name_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcasecmp(name + n - k, suffix) == 0;
}

struct ms_slice
ms_name_stem(const char *name)
{
	static const char *const suffixes[] = {".mbox", ".mbx", ".txt"};
	struct ms_slice stem = ms_slice_str(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ms_name_ends(name, suffixes[i])) {
			stem.n -= strlen(suffixes[i]);
			break;
		}
	return stem;
}
