/* profile-text.c - profiles written, and changed in place. */
#include "profile-impl.h"
#include "utf8.h"

#include <string.h>

/* What libinih gives back as it is, when it stands behind `key = `. */
static int
check_value(const char *value, struct ms_err *err)
{
	size_t n = strlen(value);

	if (n == 0)
		return ms_fail(err, MS_USAGE, "no value");
	if (!ms_utf8_valid((const unsigned char *)value, n))
		return ms_fail(err, MS_USAGE, "not UTF-8");
	if (strchr(" \t", value[0]) != NULL ||
	    strchr(" \t", value[n - 1]) != NULL)
		return ms_fail(err, MS_USAGE, "begins or ends with a blank");
	if (value[0] == ';' || strstr(value, " ;") != NULL ||
	    strstr(value, "\t;") != NULL)
		return ms_fail(err, MS_USAGE,
		    "a ';' behind a blank would begin a comment");
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)value[i] < 0x20 && value[i] != '\t') ||
		    value[i] == 0x7f)
			return ms_fail(
			    err, MS_USAGE, "holds a control character");
	return 0;
}

int
ms_profile_write(
    struct ms_buf *out, const char *key, const char *value, struct ms_err *err)
{
	if (check_value(value, err) < 0)
		return ms_context(err, "%s", key);
	ms_buf_printf(out, "%s = %s\n", key, value);
	return 0;
}

/* ---- users renamed ---- */

struct renaming {
	struct ms_buf *out;
	struct ms_slice text;
	size_t copied; /* bytes of text that are in out */
	size_t line;   /* offset of the line that was read last */
	unsigned number;
	const char *from, *to;
	size_t count;
};

static bool
names_user(const char *key)
{
	return strcmp(key, "user") == 0 || strcmp(key, "users") == 0 ||
	       strcmp(key, "except") == 0;
}

/* Moves to the beginning of line `number`. */
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
	const unsigned char *p, *sign;
	size_t n = strlen(r->from), left;

	(void)err;
	if (!names_user(v->key) || strcmp(v->value, r->from) != 0)
		return 0;
	find_line(r, v->line);
	left = r->text.n - r->line;
	p = r->text.p + r->line;
	/* Behind the sign: the key may be a name that is called so. */
	sign = memchr(p, '=', left);
	if (sign == NULL || memchr(p, ':', (size_t)(sign - p)) != NULL)
		sign = memchr(p, ':', left);
	if (sign != NULL)
		p = memmem(sign, left - (size_t)(sign - p), r->from, n);
	if (sign == NULL || p == NULL)
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

	/* What cannot be read, a later version's perhaps, stays as it is from
	 * there on; all does if the new name cannot stand there. */
	if (check_value(to, NULL) == 0)
		(void)ms_ini_read(text, rename_value, &r, NULL);
	ms_buf_add(out, text.p + r.copied, text.n - r.copied);
	return r.count;
}
