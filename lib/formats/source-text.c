/*
 * source-text.c - names on disk as text, for people and as folder names.
 * ms-stream(5), Folders.
 */
#include "source-impl.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

void
ms_text_add(struct ms_buf *out, struct ms_slice bytes, bool level)
{
	uint32_t c;
	size_t n;

	for (; bytes.n > 0; bytes.p += n, bytes.n -= n) {
		n = ms_utf8_step(bytes.p, bytes.n, &c);
		if (c < ' ' || c == 0x7f || c == MS_NOT_UTF8) {
			ms_buf_printf(out, "\\x%02X", bytes.p[0]);
			continue;
		}
		if (level && (c == '/' || c == '\\'))
			ms_buf_add_byte(out, '\\');
		ms_buf_add(out, bytes.p, n);
	}
}

bool
ms_is_text(struct ms_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\r' &&
		    s.p[i] != '\f' && s.p[i] != 0x1b)
			return false;
	return true;
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
