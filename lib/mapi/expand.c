/* expand.c - replaces winmail.dat in a message. ms-export(1), Winmail.dat. */
#include "expand.h"
#include "mail.h"
#include "mime.h"
#include "outlook.h"
#include "part.h"
#include "spool.h"
#include "tnef.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 16 /* bytes of what shows that a message can have TNEF */

struct ms_expander {
	struct ms_mime *mime;
	struct ms_mapi_reader *reader;
	struct ms_spool in; /* the message as it is */
	unsigned char tail[WORD_MAX];
	size_t tail_n;            /* bytes before the next ones */
	bool suspect;             /* the message can have TNEF */
	bool changed;             /* `out` is the message */
	struct ms_spool out;      /* with new parts */
	struct ms_spool entity;   /* the new part */
	bool lf, cr;              /* line ends are LF; the last byte is a CR */
	struct ms_mime_info info; /* of a part */
};

int
ms_expander_open(struct ms_expander **out, struct ms_err *err)
{
	struct ms_expander *e = ms_xcalloc(1, sizeof(*e));
	int rc;

	e->in.fd = e->out.fd = e->entity.fd = -1;
	rc = ms_mime_open(&e->mime, err);
	if (rc >= 0 && ms_mapi_reader_open(&e->reader, err) < 0)
		rc = -1;
	*out = rc < 0 ? NULL : e;
	if (rc < 0)
		ms_expander_close(e);
	return rc;
}

void
ms_expander_close(struct ms_expander *e)
{
	if (e == NULL)
		return;
	ms_mime_close(e->mime);
	ms_mapi_reader_close(e->reader);
	ms_spool_release(&e->in);
	ms_spool_release(&e->out);
	ms_spool_release(&e->entity);
	ms_mime_info_release(&e->info);
	free(e);
}

/* ---- the message ---- */

void
ms_expander_clear(struct ms_expander *e)
{
	ms_spool_clear(&e->in);
	ms_spool_clear(&e->out);
	ms_mime_clear(e->mime);
	e->tail_n = 0;
	e->suspect = e->changed = false;
}

static bool
has_word(struct ms_slice s, const char *word)
{
	size_t n = strlen(word);

	for (; s.n >= n; s.p++, s.n--)
		if ((*s.p | 0x20) == word[0] &&
		    strncasecmp((const char *)s.p, word, n) == 0)
			return true;
	return false;
}

/* Is there a type or a name of TNEF, in any place? Few messages have it, and
 * only these are parsed. */
static bool
has_trace(struct ms_slice s)
{
	return has_word(s, "ms-tnef") || has_word(s, "winmail.dat");
}

int
ms_expander_add(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_expander *e = ctx;
	unsigned char seam[2 * WORD_MAX];
	size_t first = n < WORD_MAX ? n : WORD_MAX;

	memcpy(seam, e->tail, e->tail_n);
	memcpy(seam + e->tail_n, p, first);
	e->suspect = e->suspect || has_trace((struct ms_slice){p, n}) ||
		     has_trace((struct ms_slice){seam, e->tail_n + first});
	if (n >= WORD_MAX) {
		memcpy(e->tail, p + n - WORD_MAX, WORD_MAX);
		e->tail_n = WORD_MAX;
	} else {
		first += e->tail_n;
		e->tail_n = first < WORD_MAX ? first : WORD_MAX;
		memcpy(e->tail, seam + first - e->tail_n, e->tail_n);
	}
	return ms_spool_add(&e->in, p, n, err);
}

int
ms_expander_emit(const struct ms_expander *e, ms_emit_fn *emit, void *ctx,
    struct ms_err *err)
{
	return ms_spool_emit(e->changed ? &e->out : &e->in, emit, ctx, err);
}

/* ---- which parts ---- */

static struct ms_slice
header_of(const struct ms_expander *e, const struct ms_mime_part *part)
{
	return (struct ms_slice){ms_mime_message(e->mime).p + part->header,
	    part->body - part->header};
}

/* A signature of a part above it covers the part; so do the bytes of an
 * encrypted one. */
static bool
is_sealed(struct ms_expander *e, const struct ms_mime_part *parts, size_t i)
{
	while (i > 0) {
		i = parts[i].parent;
		ms_mime_info_read(&e->info, header_of(e, &parts[i]), false);
		if (strcmp(e->info.type, "multipart/signed") == 0 ||
		    strcmp(e->info.type, "multipart/encrypted") == 0)
			return true;
	}
	return false;
}

/*
 * Is the part TNEF, by its type, or by its name and its bytes? Appends the
 * bytes, unless there are too many, which `why` then says.
 */
static bool
is_tnef(struct ms_expander *e, const struct ms_mime_part *part,
    struct ms_buf *bytes, struct ms_err *why)
{
	struct ms_slice body = {
	    ms_mime_message(e->mime).p + part->body, part->end - part->body};
	bool typed, named;

	if (part->kind != MS_MIME_LEAF)
		return false;
	ms_mime_info_read(&e->info, header_of(e, part), false);
	typed = strcmp(e->info.type, "application/ms-tnef") == 0 ||
		strcmp(e->info.type, "application/vnd.ms-tnef") == 0;
	named = strcasecmp(ms_buf_str(&e->info.name), "winmail.dat") == 0;
	if (!typed && !named)
		return false;
	if (body.n > MS_EXPAND_MAX)
		ms_fail(why, MS_DATA, "larger than %zu bytes", MS_EXPAND_MAX);
	else
		ms_mime_decode(e->info.encoding, body, bytes);
	return typed || ms_tnef_is(ms_buf_slice(bytes));
}

/* ---- the new part ---- */

/* Reads TNEF in the other process. -1: MS_DATA, it cannot be read completely;
 * or no process can be started. */
static int
read_tnef(struct ms_expander *e, int fd, struct ms_err *err)
{
	static const struct ms_mapi_reader_options opt = {.codepage = 0};
	struct ms_mapi_message m;
	struct ms_slice piece;
	int rc;

	if (ms_mapi_reader_begin(e->reader, fd, MS_MAPI_FILE_TNEF, &opt, err) <
	    0)
		return -1;
	rc = ms_mapi_reader_next(e->reader, &m, err);
	if (rc == 0)
		return ms_fail(err, MS_DATA, "it has no item");
	while (rc > 0 && (rc = ms_mapi_reader_read(e->reader, &piece, err)) > 0)
		if (ms_spool_add(&e->entity, piece.p, piece.n, err) < 0)
			return -1;
	/* What is missing is said after the message. */
	return rc < 0 ? -1 : ms_mapi_reader_next(e->reader, &m, err);
}

/* Makes the entity of the bytes of a part. Results as of read_tnef(). */
static int
make_entity(
    struct ms_expander *e, const struct ms_buf *tnef, struct ms_err *err)
{
	struct ms_spool file = {.fd = -1};
	int fd = -1, rc = -1;

	ms_spool_clear(&e->entity);
	if (ms_spool_add(&file, tnef->p, tnef->n, err) == 0)
		fd = ms_spool_file(&file, err);
	if (fd >= 0)
		rc = read_tnef(e, fd, err);
	ms_spool_release(&file);
	return rc;
}

/* ---- the message with the new part ---- */

/* Adds text whose line ends are CRLF, with the line ends of the message. */
static int
add_lines(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct ms_expander *e = ctx;
	struct ms_buf text = {0};
	int rc;

	if (!e->lf)
		return ms_spool_add(&e->out, p, n, err);
	for (size_t i = 0; i < n; i++) {
		if (e->cr && p[i] != '\n')
			ms_buf_add_byte(&text, '\r');
		e->cr = p[i] == '\r';
		if (!e->cr)
			ms_buf_add_byte(&text, p[i]);
	}
	rc = ms_spool_add(&e->out, text.p, text.n, err);
	ms_buf_release(&text);
	return rc;
}

/* The length of the first line, with its end. */
static size_t
line_length(struct ms_slice s)
{
	const unsigned char *end = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

	return end != NULL ? (size_t)(end - s.p) + 1 : s.n;
}

/* Adds the lines of a header that are not fields of its content; these come
 * with the entity. */
static int
add_header(struct ms_expander *e, struct ms_slice header, struct ms_err *err)
{
	bool content = false;
	int rc = 0;

	while (rc == 0 && header.n > 0 && header.p[0] != '\n' &&
	       (header.p[0] != '\r' || header.n < 2 || header.p[1] != '\n')) {
		struct ms_slice line = {header.p, line_length(header)};

		if (line.p[0] != ' ' && line.p[0] != '\t')
			content =
			    line.n > 8 && strncasecmp((const char *)line.p,
					      "content-", 8) == 0;
		if (!content)
			rc = ms_spool_add(&e->out, line.p, line.n, err);
		header.p += line.n;
		header.n -= line.n;
	}
	return rc;
}

/* Does the part contain the content of a message, whose header needs a
 * MIME-Version? */
static bool
needs_version(const struct ms_expander *e, const struct ms_mime_part *parts,
    const struct ms_mime_part *part)
{
	struct ms_slice body;

	return (part == parts || parts[part->parent].kind == MS_MIME_MESSAGE) &&
	       !ms_mail_find(header_of(e, part), "mime-version", &body);
}

/* Adds what precedes the part, and the part with its new content. */
static int
add_part(struct ms_expander *e, const struct ms_mime_part *parts,
    const struct ms_mime_part *part, uint64_t at, struct ms_err *err)
{
	static const char version[] = "MIME-Version: 1.0\r\n";
	struct ms_slice all = ms_mime_message(e->mime),
			header = header_of(e, part);
	size_t n = line_length(header);

	e->lf = n > 0 && header.p[n - 1] == '\n' &&
		(n == 1 || header.p[n - 2] != '\r');
	e->cr = false;
	if (ms_spool_add(&e->out, all.p + at, part->header - at, err) < 0 ||
	    add_header(e, header, err) < 0)
		return -1;
	if (needs_version(e, parts, part) &&
	    add_lines(e, (const unsigned char *)version, sizeof(version) - 1,
		err) < 0)
		return -1;
	return ms_spool_emit(&e->entity, add_lines, e, err);
}

/* A part that cannot be read completely is counted. -1: it is not its fault. */
static int
count_failure(
    struct ms_expansion *x, const struct ms_err *why, struct ms_err *err)
{
	if (why->code != MS_DATA && why->code != MS_NOINPUT) {
		*err = *why;
		return -1;
	}
	if (x->failed++ == 0)
		x->why = *why;
	return 0;
}

/*
 * Looks at part i, and makes its entity if it is TNEF. Returns 1; 0: the part
 * stays as it is; -1.
 */
static int
try_part(struct ms_expander *e, const struct ms_mime_part *parts, size_t i,
    struct ms_expansion *x, struct ms_err *err)
{
	struct ms_buf bytes = {0};
	struct ms_err why = {0};
	int rc = 0;

	if (!is_tnef(e, &parts[i], &bytes, &why))
		goto out;
	if (is_sealed(e, parts, i))
		x->sealed++;
	else if (why.code == MS_OK && make_entity(e, &bytes, &why) == 0)
		rc = 1;
	else
		rc = count_failure(x, &why, err);
out:
	ms_buf_release(&bytes);
	return rc;
}

/* Replaces each part that is TNEF. */
static int
replace(struct ms_expander *e, struct ms_expansion *x, struct ms_err *err)
{
	struct ms_slice all = ms_mime_message(e->mime);
	const struct ms_mime_part *parts;
	uint64_t at = 0;
	size_t n;
	int rc = 0;

	parts = ms_mime_parts(e->mime, &n);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		if (parts[i].header < at)
			continue;
		rc = try_part(e, parts, i, x, err);
		if (rc <= 0)
			continue;
		rc = add_part(e, parts, &parts[i], at, err);
		at = parts[i].end;
		x->replaced++;
	}
	if (rc < 0 || x->replaced == 0)
		return rc < 0 ? -1 : 0;
	e->changed = true;
	return ms_spool_add(&e->out, all.p + at, all.n - at, err);
}

int
ms_expander_end(
    struct ms_expander *e, struct ms_expansion *out, struct ms_err *err)
{
	int rc;

	*out = (struct ms_expansion){0};
	if (!e->suspect)
		return 0;
	if (ms_spool_emit(&e->in, ms_mime_add, e->mime, err) < 0)
		return -1;
	rc = ms_mime_parse(e->mime, &out->why);
	if (rc < 0) {
		*err = out->why;
		return -1;
	}
	if (rc > 0)
		return replace(e, out, err);
	out->failed = 1;
	return 0;
}
