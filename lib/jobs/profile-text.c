/* profile-text.c - the text of profiles: lines that are written, and users that
 * are renamed in place. */
#include "profile-impl.h"

#include <string.h>

int
ms_profile_write(
    struct ms_buf *out, const char *key, const char *value, struct ms_err *err)
{
	if (ms_ini_check_value(value, err) < 0)
		return ms_context(err, "%s", key);
	ms_buf_printf(out, "%s = %s\n", key, value);
	return 0;
}

/* ---- users renamed ---- */

struct renaming {
	struct ms_buf *out;
	struct ms_slice text;
	size_t copied; /* bytes of text that are in out already */
	size_t line;   /* offset of line `number` */
	unsigned number;
	const char *from, *to;
	size_t count;
};

/* Is the value the name of a user? Some keys also have words of their own. */
static bool
names_user(const struct ms_ini_value *v)
{
	if (strcmp(v->key, "unknown") == 0)
		return strcmp(v->value, "catchall") != 0 &&
		       strcmp(v->value, "leave") != 0;
	if (strcmp(v->key, "users") == 0)
		return strcmp(v->value, "all") != 0;
	return strcmp(v->key, "user") == 0 || strcmp(v->key, "except") == 0;
}

/* Moves to the beginning of a line. */
static void
find_line(struct renaming *r, unsigned number)
{
	const unsigned char *end;

	for (; r->number < number; r->number++) {
		end = memchr(r->text.p + r->line, '\n', r->text.n - r->line);
		if (end == NULL)
			return;
		r->line = (size_t)(end - r->text.p) + 1;
	}
}

static int
rename_value(void *ctx, const struct ms_ini_value *v, struct ms_err *err)
{
	struct renaming *r = ctx;
	const unsigned char *p, *equals;
	size_t n = strlen(r->from), left;

	(void)err;
	if (strcmp(v->value, r->from) != 0 || !names_user(v))
		return 0;
	find_line(r, v->line);
	left = r->text.n - r->line;
	p = r->text.p + r->line;
	/* After the sign: the key may contain the name too. libinih takes : and
	 * = as signs. */
	equals = memchr(p, '=', left);
	if (equals == NULL || memchr(p, ':', (size_t)(equals - p)) != NULL)
		equals = memchr(p, ':', left);
	if (equals != NULL)
		p = memmem(equals, left - (size_t)(equals - p), r->from, n);
	if (equals == NULL || p == NULL)
		return 0;
	ms_buf_add(
	    r->out, r->text.p + r->copied, (size_t)(p - r->text.p) - r->copied);
	ms_buf_add_str(r->out, r->to);
	r->copied = (size_t)(p - r->text.p) + n;
	r->count++;
	return 0;
}

size_t
ms_profile_rename_user(
    struct ms_buf *out, struct ms_slice text, const char *from, const char *to)
{
	struct renaming r = {
	    .out = out, .text = text, .number = 1, .from = from, .to = to};

	/* After a line that cannot be read, perhaps because a later version
	 * wrote it, the text stays unchanged; so does all of it if the new name
	 * cannot be written. */
	if (ms_ini_check_value(to, NULL) == 0)
		(void)ms_ini_read(text, false, rename_value, &r, NULL);
	ms_buf_add(out, text.p + r.copied, text.n - r.copied);
	return r.count;
}
