/*
 * command.c - runs commands: tags, strings, literals and sets of UIDs, and the
 * result. RFC 3501, 4.3, 7.1 and 9; RFC 7888 (LITERAL+); RFC 2683, 3.2.1.5.
 */
#include "imap.h"
#include "impl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

/* ---- arguments ---- */

/* Can the string be an atom? All the names of commands look so. */
static bool
is_atom(const char *s)
{
	const char *p = s;

	while (isalnum((unsigned char)*p) || (*p != '\0' && strchr("._-/", *p)))
		p++;
	return *p == '\0' && p > s && p - s < 64 && strcasecmp(s, "NIL") != 0;
}

void
ms_imap_add_string(
    const struct ms_imap *im, struct ms_buf *out, const char *s, bool ascii)
{
	size_t n = strlen(s);
	const char *p;

	if (!ascii && is_atom(s)) {
		ms_buf_add_str(out, s);
		return;
	}
	for (p = s; *p != '\0' && *p != '\r' && *p != '\n' &&
		    (!ascii || (*p >= ' ' && *p <= '~'));
	     p++)
		;
	if (*p != '\0') {
		ms_buf_printf(out, "{%zu%s}\r\n", n,
		    (im->caps & MS_CAP_LITERAL_PLUS) != 0 ? "+" : "");
		ms_buf_add(out, s, n);
		return;
	}
	ms_buf_add_byte(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, (unsigned char)*s);
	}
	ms_buf_add_byte(out, '"');
}

size_t
ms_imap_set(struct ms_buf *out, const char *before, const uint32_t *uids,
    const unsigned char *skip, size_t n, const char *after)
{
	size_t i, j, start = strlen(before);

	ms_buf_clear(out);
	ms_buf_add_str(out, before);
	for (i = 0; i < n && out->n - start < MS_IMAP_SET_MAX; i = j) {
		j = i + 1;
		if (skip != NULL && skip[i])
			continue;
		while (j < n && (skip == NULL || !skip[j]) &&
		       uids[j] == uids[j - 1] + 1)
			j++;
		if (out->n > start)
			ms_buf_add_byte(out, ',');
		ms_buf_printf(
		    out, j - i > 1 ? "%u:%u" : "%u", uids[i], uids[j - 1]);
	}
	if (out->n == start)
		ms_buf_clear(out);
	else
		ms_buf_add_str(out, after);
	return i;
}

/* ---- sending ---- */

int
ms_imap_send(struct ms_imap *im, const void *p, size_t n)
{
	if (!im->dead)
		im->dead = ms_conn_write(im->conn, p, n, &im->err) < 0;
	return im->dead ? -1 : 0;
}

/* The size of a literal that ends with this brace. */
static size_t
size_before(const char *brace)
{
	while (*--brace != '{')
		;
	return strtoul(brace + 1, NULL, 10);
}

/*
 * Sends a line in parts: a literal waits for the server, unless its size ends
 * with `+`. A line end follows only the size of a literal, and the line.
 */
static int
send_parts(struct ms_imap *im, const char *p, const char *end)
{
	const char *at = p, *brace;
	int rc = 1;

	while (rc > 0 &&
	       (brace = memmem(at, (size_t)(end - at), "}\r\n", 3)) != NULL) {
		at = brace + 3;
		if (brace[-1] != '+') {
			rc = ms_imap_send(im, p, (size_t)(at - p));
			if (rc == 0)
				rc = ms_imap_await(im);
			p = at;
		}
		at += size_before(brace);
	}
	if (rc > 0 && ms_imap_send(im, p, (size_t)(end - p)) < 0)
		rc = -1;
	return rc;
}

int
ms_imap_begin(struct ms_imap *im, const char *command)
{
	struct ms_buf line = {0};
	int rc;

	ms_imap_progress(im);
	/* No text of a message can be taken for the end of a command. */
	snprintf(im->reader.tag, sizeof(im->reader.tag), "%s%u", im->tag,
	    ++im->commands);
	(void)ms_buf_room(&line, strlen(command) + MS_IMAP_TAG_MAX + 4);
	ms_buf_printf(&line, "%s %s\r\n", im->reader.tag, command);
	rc = send_parts(im, (char *)line.p, (char *)line.p + line.n);
	ms_secret_forget(&line); /* of LOGIN */
	return rc;
}

/* ---- all of a command ---- */

int
ms_imap_result(struct ms_imap *im, const char *what, struct ms_err *err)
{
	if (!im->dead && im->reader.word != MS_IMAP_OK && im->throttled)
		/* The server asked us not to continue in this session. */
		ms_imap_kill(im, MS_TEMP,
		    "the server asks to try again later: %s", im->reply);
	if (ms_imap_check(im, err) < 0)
		return -1;
	im->bad = im->reader.word == MS_IMAP_BAD;
	if (im->bad)
		return ms_fail(err, MS_NOINPUT,
		    "%s not understood by the server: %s", what, im->reply);
	if (im->reader.word == MS_IMAP_NO)
		return ms_fail(err, im->backoff > 0 ? MS_TEMP : MS_NOINPUT,
		    "%s refused: %s", what, im->reply);
	im->backoff = 0;
	im->throttled = false;
	return 0;
}

int
ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    const struct ms_imap_handler *h, struct ms_err *err)
{
	int rc = ms_imap_begin(im, command);

	if (rc > 0)
		(void)ms_imap_answer(im, h);
	return ms_imap_result(im, what, err);
}
