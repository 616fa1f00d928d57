/*
 * client-partial.c - an .emlx of Apple Mail whose attachments are other files:
 * the message is put together again. ms-quirks(7), Mail clients.
 */
#include "client-impl.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base64.h"
#include "part.h"
#include "utf8.h"

#define TEXT_MAX                                                               \
	((size_t)64 << 20) /* bytes of a message without its parts,            \
			      and of a part in quoted-printable */
#define DEPTH_MAX 50       /* multiparts in each other */
#define PIECES_MAX 4000    /* parts that are files */
#define LINE 57            /* bytes in a line of base64 */
#define CHUNK ((size_t)LINE * 1000)

/* What the message consists of: its text up to `to`, and then a file. */
struct piece {
	size_t from, to;
	char *path; /* or NULL */
	enum ms_mime_encoding encoding;
	bool line_end; /* follows the file */
};

struct partial {
	struct ms_buf text, out, in;
	struct piece *v;
	size_t n, at;
	int fd;     /* of the current piece, or -1 */
	bool file;  /* the text of the piece was returned */
	bool begun; /* something of the file, too */
	bool crlf;
};

static void
drop_pieces(struct partial *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	p->n = 0;
}

static void
release(void *records)
{
	struct partial *p = records;

	drop_pieces(p);
	free(p->v);
	if (p->fd >= 0)
		close(p->fd);
	ms_buf_release(&p->text);
	ms_buf_release(&p->out);
	ms_buf_release(&p->in);
	free(p);
}

static void
add_piece(struct partial *p, size_t from, size_t to, char *path)
{
	p->v = ms_xreallocarray(p->v, p->n + 1, sizeof(p->v[0]));
	p->v[p->n++] = (struct piece){.from = from, .to = to, .path = path};
}

/* ---- the files ---- */

/* The name of the only file of a directory, or of that with this name. The
 * caller frees it. */
static char *
choose(int dir, const char *name)
{
	char *only = NULL, *same = NULL;
	size_t count = 0;
	struct dirent *e;
	DIR *d = fdopendir(dir);

	if (d == NULL) {
		close(dir);
		return NULL;
	}
	while (same == NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		free(only);
		only = ms_xstrdup(e->d_name);
		count++;
		if (ms_utf8_same_name(e->d_name, name))
			same = ms_xstrdup(e->d_name);
	}
	closedir(d);
	if (same == NULL && count == 1)
		return only;
	free(only);
	return same;
}

/* Opens a regular file, or returns -1. */
static int
open_regular(int dir, const char *path)
{
	int fd = openat(dir, path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * The path of the file of a part, or NULL: Attachments/ID/NUMBER/NAME beside
 * the directory of the message, or, in older versions, ID.NUMBER.emlxpart
 * beside the message, which is encoded already.
 */
static char *
find_part(const struct ms_client_state *c, const char *number, const char *name,
    bool *encoded)
{
	const char *slash = strrchr(c->name, '/');
	const char *id = slash != NULL ? slash + 1 : c->name;
	int before = (int)(id - c->name), digits = (int)strcspn(id, ".");
	struct ms_buf path = {0};
	int fd, dir;
	char *file = NULL;

	ms_buf_printf(&path, "%.*s../Attachments/%.*s/%s", before, c->name,
	    digits, id, number);
	dir = openat(c->dir, ms_buf_str(&path),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		file = choose(dir, name);
	if (file != NULL) {
		ms_buf_printf(&path, "/%s", file);
	} else {
		ms_buf_clear(&path);
		ms_buf_printf(&path, "%.*s%.*s.%s.emlxpart", before, c->name,
		    digits, id, number);
	}
	*encoded = file == NULL;
	free(file);
	fd = open_regular(c->dir, ms_buf_str(&path));
	file = fd >= 0 ? ms_xstrdup(ms_buf_str(&path)) : NULL;
	if (fd >= 0)
		close(fd);
	ms_buf_release(&path);
	return file;
}

/* ---- the parts ---- */

/* A multipart that is being read. */
struct level {
	struct ms_buf boundary;
	size_t number_n; /* of the number of the multipart */
	unsigned parts;
};

struct walk {
	struct ms_client_state *c;
	struct partial *p;
	struct level level[DEPTH_MAX];
	size_t depth;
	struct ms_buf number; /* "2.1" */
	size_t from;          /* of the text that is not in a piece yet */
	size_t missing;
};

static struct ms_slice
next_line(const struct partial *p, size_t at)
{
	const unsigned char *begin = p->text.p + at;
	const unsigned char *lf = memchr(begin, '\n', p->text.n - at);

	return (struct ms_slice){
	    begin, lf != NULL ? (size_t)(lf + 1 - begin) : p->text.n - at};
}

static bool
is_empty(struct ms_slice line)
{
	return line.n == 0 || line.p[0] == '\n' ||
	       (line.p[0] == '\r' && line.n == 2);
}

/* The bytes of the header at a position with its empty line. */
static size_t
header_length(const struct partial *p, size_t at)
{
	struct ms_slice line;
	size_t i = at;

	do {
		line = next_line(p, i);
		i += line.n;
	} while (!is_empty(line));
	return i - at;
}

/* Finds a field of a header; `field` receives all its bytes. */
static bool
find_field(struct ms_slice header, const char *name, struct ms_slice *field)
{
	struct ms_slice line, rest = header;
	const unsigned char *lf;

	*field = (struct ms_slice){NULL, 0};
	while (rest.n > 0) {
		lf = memchr(rest.p, '\n', rest.n);
		line = (struct ms_slice){
		    rest.p, lf != NULL ? (size_t)(lf + 1 - rest.p) : rest.n};
		if (field->n > 0 && line.p[0] != ' ' && line.p[0] != '\t')
			return true;
		if (field->n > 0)
			field->n += line.n;
		else if (ms_slice_is(ms_mbox_field_name(line), name))
			*field = line;
		rest = (struct ms_slice){rest.p + line.n, rest.n - line.n};
	}
	return field->n > 0;
}

/* The part at a position is a file: its body follows its header, and is empty.
 */
static void
file_part(struct walk *w, struct ms_slice marker, size_t body,
    struct ms_mime_info *info)
{
	size_t at = (size_t)(marker.p - w->p->text.p);
	struct ms_slice line = next_line(w->p, body);
	bool encoded;
	char *path = NULL;

	if (w->p->n < PIECES_MAX)
		path = find_part(w->c, ms_buf_str(&w->number),
		    ms_buf_str(&info->name), &encoded);
	if (path == NULL) {
		w->missing++;
		return;
	}
	add_piece(w->p, w->from, at, NULL);
	add_piece(w->p, at + marker.n, body, path);
	w->p->v[w->p->n - 1].encoding =
	    encoded ? MS_MIME_AS_IS : info->encoding;
	/* The line end before a delimiter belongs to the delimiter. */
	w->p->v[w->p->n - 1].line_end = line.n > 0 && !is_empty(line);
	w->from = body;
}

/* Reads the header of an entity, and returns where its body begins. */
static size_t
entity(struct walk *w, size_t at)
{
	size_t body = at + header_length(w->p, at);
	struct ms_slice header = {w->p->text.p + at, body - at}, field;
	struct ms_mime_info info = {0};
	struct level *lv = &w->level[w->depth];

	ms_mime_info_read(&info, header, false);
	if (find_field(header, "x-apple-content-length", &field)) {
		file_part(w, field, body, &info);
	} else if (strncmp(info.type, "multipart/", 10) == 0 &&
		   w->depth < DEPTH_MAX &&
		   find_field(header, "content-type", &field)) {
		*lv = (struct level){.number_n = w->number.n};
		if (ms_mime_parameter(field, "boundary", &lv->boundary) &&
		    lv->boundary.n > 0)
			w->depth++;
		else
			ms_buf_release(&lv->boundary);
	}
	ms_mime_info_release(&info);
	return body;
}

/* The level whose delimiter the line is, plus one, or 0; *last: its last. */
static size_t
delimiter(const struct walk *w, struct ms_slice line, bool *last)
{
	const struct ms_buf *b;

	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return 0;
	while (line.n > 2 && strchr(" \t\r\n", line.p[line.n - 1]) != NULL)
		line.n--;
	for (size_t i = w->depth; i > 0; i--) {
		b = &w->level[i - 1].boundary;
		if (line.n < b->n + 2 || memcmp(line.p + 2, b->p, b->n) != 0)
			continue;
		*last = line.n == b->n + 4 &&
			memcmp(line.p + b->n + 2, "--", 2) == 0;
		if (*last || line.n == b->n + 2)
			return i;
	}
	return 0;
}

static void
leave_to(struct walk *w, size_t depth)
{
	while (w->depth > depth) {
		w->depth--;
		w->number.n = w->level[w->depth].number_n;
		ms_buf_release(&w->level[w->depth].boundary);
	}
}

static void
next_number(struct walk *w)
{
	struct level *lv = &w->level[w->depth - 1];

	w->number.n = lv->number_n;
	lv->parts++;
	ms_buf_printf(
	    &w->number, "%s%u", lv->number_n > 0 ? "." : "", lv->parts);
}

/* Plans the pieces. Returns how many parts have no file. */
static size_t
plan(struct ms_client_state *c, struct partial *p)
{
	struct walk *w = ms_xcalloc(1, sizeof(*w));
	struct ms_slice line;
	size_t at, level, missing;
	bool last;

	w->c = c;
	w->p = p;
	/* A message of one part is its first part. */
	ms_buf_add_str(&w->number, "1");
	at = entity(w, 0);
	if (w->depth > 0)
		w->level[0].number_n = 0;
	for (; at < p->text.n; at += line.n) {
		line = next_line(p, at);
		level = delimiter(w, line, &last);
		if (level == 0)
			continue;
		leave_to(w, last ? level - 1 : level);
		if (last)
			continue;
		next_number(w);
		at = entity(w, at + line.n);
		line.n = 0;
	}
	leave_to(w, 0);
	add_piece(p, w->from, p->text.n, NULL);
	missing = w->missing;
	ms_buf_release(&w->number);
	free(w);
	return missing;
}

/* ---- encoding ---- */

static void
add_base64(struct partial *p, struct ms_slice in)
{
	size_t n;

	for (; in.n > 0; in.p += n, in.n -= n) {
		n = in.n < LINE ? in.n : LINE;
		if (p->begun)
			ms_buf_add_str(&p->out, p->crlf ? "\r\n" : "\n");
		p->begun = true;
		p->out.n += ms_base64_encode(
		    in.p, n, ms_buf_room(&p->out, MS_BASE64_CHARS(LINE)));
	}
}

/* RFC 2045, 6.7: lines of at most 76 characters; no blank ends one. */
static void
add_quoted(struct partial *p, struct ms_slice in)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *eol = p->crlf ? "\r\n" : "\n";
	unsigned char c, next;
	size_t column = 0, width;

	for (size_t i = 0; i < in.n; i++) {
		c = in.p[i];
		next = i + 1 < in.n ? in.p[i + 1] : '\n';
		if (c == '\r' && i + 1 < in.n && next == '\n')
			continue;
		if (c == '\n') {
			ms_buf_add_str(&p->out, eol);
			column = 0;
			continue;
		}
		width = (c >= '!' && c <= '~' && c != '=') ||
				((c == ' ' || c == '\t') && next != '\n' &&
				    next != '\r')
			    ? 1
			    : 3;
		if (column + width > 75) {
			ms_buf_add_byte(&p->out, '=');
			ms_buf_add_str(&p->out, eol);
			column = 0;
		}
		column += width;
		if (width == 1) {
			ms_buf_add_byte(&p->out, c);
			continue;
		}
		ms_buf_add_byte(&p->out, '=');
		ms_buf_add_byte(&p->out, (unsigned char)hex[c >> 4]);
		ms_buf_add_byte(&p->out, (unsigned char)hex[c & 15]);
	}
}

/* ---- the format ---- */

static void
begin(struct ms_source *src)
{
	struct ms_client_state *c = src->client;
	struct partial *p;
	size_t n = ms_emlx_count(ms_input_window(&src->in), &src->left);

	ms_source_file_folder(src, false);
	src->no_count = n == 0;
	ms_input_use(&src->in, n);
	src->properties = n > 0 ? src->in.offset + src->left : 0;
	p = ms_xcalloc(1, sizeof(*p));
	p->fd = -1;
	c->records = p;
	c->release = release;
}

/* Reads the text of the message. */
static int
read_text(struct ms_source *src, struct ms_buf *text, struct ms_err *err)
{
	struct ms_slice piece;
	int rc;

	while ((rc = ms_source_emlx.read(src, &piece, err)) > 0) {
		if (piece.n > TEXT_MAX - text->n)
			return ms_fail(err, MS_DATA,
			    "more than %zu bytes, without its attachments",
			    TEXT_MAX);
		ms_buf_add(text, piece.p, piece.n);
	}
	return rc;
}

static int
next(struct ms_source *src, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct partial *p = c->records;
	const unsigned char *lf;
	size_t missing;

	if (src->count > 0)
		return 0;
	ms_source_where(src);
	if (src->no_count)
		return ms_fail(err, MS_DATA,
		    "an Apple .emlx file that does not begin with a number of "
		    "bytes");
	ms_source_set_folder(src);
	if (read_text(src, &p->text, err) < 0)
		return -1;
	ms_buf_str(&p->text); /* also an empty text is not NULL */
	lf = memchr(p->text.p, '\n', p->text.n);
	p->crlf = lf != NULL && lf > p->text.p && lf[-1] == '\r';
	missing = plan(c, p);
	if (missing == 0)
		return 1;
	/* It is kept as it is. */
	drop_pieces(p);
	add_piece(p, 0, p->text.n, NULL);
	ms_buf_clear(&c->fault_text);
	ms_buf_printf(&c->fault_text,
	    "kept without its attachments: %zu of them %s missing", missing,
	    missing == 1 ? "is" : "are");
	c->fault = ms_buf_str(&c->fault_text);
	return 1;
}

/* The next bytes of the file of a piece. 0: the end. */
static int
read_file(struct partial *p, const struct piece *piece, struct ms_slice *out,
    struct ms_err *err)
{
	size_t want = piece->encoding == MS_MIME_QUOTED ? TEXT_MAX : CHUNK;
	ssize_t got = 1;

	ms_buf_clear(&p->in);
	ms_buf_clear(&p->out);
	while (p->in.n < want && got > 0) {
		got = read(p->fd, ms_buf_room(&p->in, CHUNK),
		    want - p->in.n < CHUNK ? want - p->in.n : CHUNK);
		p->in.n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return ms_fail_errno(err, "attachment");
	if (piece->encoding == MS_MIME_QUOTED && got > 0)
		return ms_fail(err, MS_DATA,
		    "an attachment in quoted-printable of more than %zu bytes",
		    TEXT_MAX);
	if (p->in.n == 0)
		return 0;
	if (piece->encoding == MS_MIME_BASE64)
		add_base64(p, ms_buf_slice(&p->in));
	else if (piece->encoding == MS_MIME_QUOTED)
		add_quoted(p, ms_buf_slice(&p->in));
	else
		ms_buf_add(&p->out, p->in.p, p->in.n);
	*out = ms_buf_slice(&p->out);
	return 1;
}

static void
next_piece(struct partial *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->at++;
	p->file = p->begun = false;
}

static int
read_piece(struct ms_source *src, struct ms_slice *out, struct ms_err *err)
{
	struct ms_client_state *c = src->client;
	struct partial *p = c->records;
	const struct piece *piece;
	int rc;

	for (; p->at < p->n; next_piece(p)) {
		piece = &p->v[p->at];
		if (!p->file) {
			p->file = true;
			*out = (struct ms_slice){
			    p->text.p + piece->from, piece->to - piece->from};
			if (out->n > 0)
				return 1;
		}
		if (piece->path == NULL)
			continue;
		if (p->fd < 0)
			p->fd = open_regular(c->dir, piece->path);
		if (p->fd < 0)
			return ms_fail(err, MS_IO, "an attachment is gone");
		rc = read_file(p, piece, out, err);
		if (rc != 0)
			return rc;
		if (piece->line_end) {
			p->v[p->at].line_end = false;
			*out = ms_slice_str(p->crlf ? "\r\n" : "\n");
			return 1;
		}
	}
	return 0;
}

const struct ms_source_format ms_client_partial = {
    .format = MS_FORMAT_EMLX,
    .one = true,
    .begin = begin,
    .next = next,
    .read = read_piece,
};
