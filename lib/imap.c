/* imap.c - an IMAP session: greeting, LOGIN, folders. RFC 3501, RFC 5530. */
#include "imap.h"
#include "imap-impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail.h"
#include "secret.h"

#define STREAM_BUFFER 65536
#define WORDS_MAX 200   /* bytes of the server's words that we repeat */
#define CHATTER_MAX 100 /* untagged lines before a continuation */

/* ---- the stream below libetpan ---- */

int
ms_imap_kill(struct ms_imap *im, enum ms_code code, const char *fmt, ...)
{
	va_list ap;

	if (!im->dead) {
		im->err.code = code;
		va_start(ap, fmt);
		vsnprintf(im->err.msg, sizeof(im->err.msg), fmt, ap);
		va_end(ap);
		im->dead = true;
	}
	return -1;
}

/* libetpan takes 0 for "nothing yet" and asks again for ever: never say it. */
static ssize_t
low_read(mailstream_low *low, void *p, size_t n)
{
	struct ms_imap *im = low->data;
	int got;

	if (im->dead)
		return -1;
	if (im->text > MS_IMAP_TEXT_MAX)
		return ms_imap_kill(im, MS_PROTO,
		    "the server's answer is longer than %d bytes",
		    MS_IMAP_TEXT_MAX);
	got = ms_conn_read(im->conn, p, n, &im->err);
	if (got < 0) {
		im->dead = true;
		return -1;
	}
	im->text += got;
	return got;
}

static ssize_t
low_write(mailstream_low *low, const void *p, size_t n)
{
	struct ms_imap *im = low->data;

	if (im->dead)
		return -1;
	if (ms_conn_write(im->conn, p, n, &im->err) < 0) {
		im->dead = true;
		return -1;
	}
	return (ssize_t)n;
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int
low_get_fd(mailstream_low *low)
{
	(void)low;
	return -1;
}

static void
low_free(mailstream_low *low)
{
	free(low);
}

static void
low_cancel(mailstream_low *low)
{
	(void)low;
}

static struct mailstream_cancel *
low_get_cancel(mailstream_low *low)
{
	(void)low;
	return NULL;
}

static mailstream_low_driver driver = {
    .mailstream_read = low_read,
    .mailstream_write = low_write,
    .mailstream_close = low_close,
    .mailstream_get_fd = low_get_fd,
    .mailstream_free = low_free,
    .mailstream_cancel = low_cancel,
    .mailstream_get_cancel = low_get_cancel,
};

/* ---- results ---- */

/* What the server said, fit for a sentence. */
static const char *
words(const struct ms_imap *im, char out[WORDS_MAX + 1])
{
	const char *p = im->m->imap_response;
	size_t i;

	if (p == NULL || *p == '\0')
		return "no reason given";
	for (i = 0; i < WORDS_MAX && p[i] != '\0'; i++)
		out[i] =
		    (unsigned char)p[i] < 0x20 || p[i] == 0x7f ? '?' : p[i];
	out[i] = '\0';
	return out;
}

/* Is the last line a tagged BAD? libetpan has one code for it and for a tag
 * that isn't ours; only after this one can the session go on. */
static bool
said_bad(const struct ms_imap *im)
{
	char bad[32];
	int n = snprintf(bad, sizeof(bad), "%d BAD", im->m->imap_tag);

	return strncasecmp(im->m->imap_stream_buffer->str, bad, (size_t)n) == 0;
}

int
ms_imap_result(
    struct ms_imap *im, int result, const char *what, struct ms_err *err)
{
	char text[WORDS_MAX + 1];

	switch (result) {
	case MAILIMAP_NO_ERROR:
		if (!im->dead)
			return 0;
		break;
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_MEMORY:
	case MAILIMAP_ERROR_BAD_STATE:
		ms_imap_kill(im, MS_PROTO,
		    "the server's answer to %s makes no sense", what);
		break;
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_DONT_ACCEPT_CONNECTION:
		ms_imap_kill(im, MS_TEMP, "the server ends the session: %s",
		    words(im, text));
		break;
	case MAILIMAP_ERROR_PROTOCOL:
		if (said_bad(im))
			return ms_fail(err, MS_NOINPUT,
			    "%s not understood by the server: %s", what,
			    words(im, text));
		ms_imap_kill(im, MS_PROTO,
		    "the server answers what was not asked, instead of %s",
		    what);
		break;
	default:
		return ms_fail(
		    err, MS_NOINPUT, "%s refused: %s", what, words(im, text));
	}
	if (err != NULL)
		*err = im->err;
	return -1;
}

/* Takes the answer to the command that was just sent. */
static int
take_answer(struct ms_imap *im)
{
	struct mailimap_response *answer = NULL;
	int r, type;

	if (mailimap_read_line(im->m) == NULL)
		return MAILIMAP_ERROR_STREAM;
	r = mailimap_parse_response(im->m, &answer);
	if (r != MAILIMAP_NO_ERROR)
		return r;
	type = answer->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state
		   ->rsp_type;
	mailimap_response_free(answer);
	return type == MAILIMAP_RESP_COND_STATE_OK
		   ? MAILIMAP_NO_ERROR
		   : MAILIMAP_ERROR_CUSTOM_COMMAND;
}

int
ms_imap_command(struct ms_imap *im, const char *command, const char *what,
    struct ms_err *err)
{
	int r;

	im->text = 0;
	r = mailimap_send_current_tag(im->m);
	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, command, strlen(command)) <
		    0 ||
		mailstream_write(im->m->imap_stream, "\r\n", 2) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	if (r == MAILIMAP_NO_ERROR)
		r = take_answer(im);
	return ms_imap_result(im, r, what, err);
}

/* ---- beginning and end ---- */

int
ms_imap_open(struct ms_imap **out, struct ms_conn *conn, struct ms_err *err)
{
	struct ms_imap *im = ms_xcalloc(1, sizeof(*im));
	mailstream_low *low;
	mailstream *stream = NULL;
	int r;

	im->conn = conn;
	im->body.fd = -1;
	im->m = mailimap_new(0, NULL);
	low = mailstream_low_new(im, &driver);
	if (low != NULL)
		stream = mailstream_new(low, STREAM_BUFFER);
	if (im->m == NULL || stream == NULL) {
		ms_imap_close(im);
		return ms_fail(err, MS_BUG, "libetpan does not start");
	}
	r = mailimap_connect(im->m, stream);
	if (r == MAILIMAP_NO_ERROR_AUTHENTICATED) {
		/* Whose mailbox this is nobody would have said. */
		ms_imap_kill(im, MS_PROTO,
		    "the server has logged us in without being asked "
		    "(PREAUTH)");
		r = MAILIMAP_ERROR_PROTOCOL;
	}
	if (r != MAILIMAP_NO_ERROR_NON_AUTHENTICATED) {
		ms_imap_result(im, r, "a connection", err);
		ms_imap_close(im);
		return -1;
	}
	*out = im;
	return 0;
}

bool
ms_imap_usable(const struct ms_imap *im)
{
	return !im->dead;
}

void
ms_imap_close(struct ms_imap *im)
{
	if (im == NULL)
		return;
	if (im->m != NULL && im->m->imap_stream != NULL) {
		im->text = 0;
		if (!im->dead)
			mailimap_logout(im->m);
		/* After a logout libetpan has closed the stream itself. */
		if (im->m->imap_stream != NULL)
			mailstream_close(im->m->imap_stream);
		im->m->imap_stream = NULL; /* mailimap_free would log out */
	}
	if (im->m != NULL)
		mailimap_free(im->m);
	ms_conn_close(im->conn);
	ms_spool_release(&im->body);
	free(im);
}

/* ---- LOGIN ---- */

/* Waits for the server's go-ahead for a literal. 0, or a result of libetpan's
 * if it answered the command instead. */
static int
await_continuation(struct ms_imap *im)
{
	struct mailimap_response *answer = NULL;
	const char *line;
	int i, r;

	for (i = 0; i < CHATTER_MAX; i++) {
		line = mailimap_read_line(im->m);
		if (line == NULL)
			return MAILIMAP_ERROR_STREAM;
		if (*line == '+')
			return MAILIMAP_NO_ERROR;
		if (*line == '*' && strncasecmp(line, "* BYE", 5) != 0)
			continue;
		r = mailimap_parse_response(im->m, &answer);
		if (r != MAILIMAP_NO_ERROR)
			return r;
		mailimap_response_free(answer);
		return MAILIMAP_ERROR_LOGIN;
	}
	return MAILIMAP_ERROR_PARSE;
}

/*
 * Sends one argument as it is: quoted if it is printable ASCII, else as a
 * literal, which alone takes any byte (RFC 3501, 4.3). It goes around
 * libetpan's buffers, which would keep a copy.
 */
static int
send_argument(struct ms_imap *im, const char *s)
{
	char quoted[2 * MS_SECRET_MAX + 2], count[32];
	size_t n = 0, length = strlen(s);
	const char *p;
	int rc;

	for (p = s; *p >= ' ' && *p <= '~'; p++)
		;
	if (*p != '\0' || length > MS_SECRET_MAX) {
		snprintf(count, sizeof(count), "{%zu}\r\n", length);
		rc = ms_conn_write(im->conn, count, strlen(count), &im->err);
		if (rc == 0 && (rc = await_continuation(im)) != 0)
			return rc;
		if (rc == 0)
			rc = ms_conn_write(im->conn, s, length, &im->err);
	} else {
		quoted[n++] = '"';
		for (p = s; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				quoted[n++] = '\\';
			quoted[n++] = *p;
		}
		quoted[n++] = '"';
		rc = ms_conn_write(im->conn, quoted, n, &im->err);
		explicit_bzero(quoted, sizeof(quoted));
	}
	if (rc < 0)
		im->dead = true;
	return rc < 0 ? MAILIMAP_ERROR_STREAM : MAILIMAP_NO_ERROR;
}

static int
send_login(struct ms_imap *im, const char *login, const char *password)
{
	int r = mailimap_send_current_tag(im->m);

	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, "LOGIN ", 6) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	if (r == MAILIMAP_NO_ERROR)
		r = send_argument(im, login);
	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, " ", 1) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	if (r == MAILIMAP_NO_ERROR)
		r = send_argument(im, password);
	if (r == MAILIMAP_NO_ERROR &&
	    (mailstream_write(im->m->imap_stream, "\r\n", 2) < 0 ||
		mailstream_flush(im->m->imap_stream) < 0))
		r = MAILIMAP_ERROR_STREAM;
	return r;
}

/* Does the server's NO mean "not now" (RFC 5530, 3)? */
static bool
said_later(const struct ms_imap *im)
{
	static const char *const codes[] = {
	    "UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED"};
	const struct mailimap_response_info *info = im->m->imap_response_info;
	size_t i;

	if (info == NULL || info->rsp_atom == NULL)
		return false;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcasecmp(info->rsp_atom, codes[i]) == 0)
			return true;
	return false;
}

int
ms_imap_login(struct ms_imap *im, const char *login, const char *password,
    struct ms_err *err)
{
	char text[WORDS_MAX + 1];
	int r;

	if (!ms_secret_text_ok(login, strlen(login)) ||
	    !ms_secret_text_ok(password, strlen(password)))
		return ms_fail(
		    err, MS_USAGE, "login or password holds CR or LF");
	im->text = 0;
	r = send_login(im, login, password);
	if (r == MAILIMAP_NO_ERROR)
		r = take_answer(im);
	if (r == MAILIMAP_NO_ERROR) {
		im->m->imap_state = MAILIMAP_STATE_AUTHENTICATED;
		return 0;
	}
	if (ms_imap_result(im, r, "login", err) == 0 || im->dead)
		return -1;
	return ms_fail(err, said_later(im) ? MS_TEMP : MS_AUTH,
	    "login refused: %s", words(im, text));
}

/* ---- folders ---- */

/* Appends one level of a name, decoded, with `/` and `\` escaped. */
static int
add_level(struct ms_buf *out, const char *p, size_t n)
{
	struct ms_buf level = {0};
	int rc = ms_mutf7_decode(
	    (struct ms_slice){(const unsigned char *)p, n}, &level);
	size_t i;

	for (i = 0; rc == 0 && i < level.n; i++) {
		if (level.p[i] == '/' || level.p[i] == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, level.p[i]);
	}
	ms_buf_release(&level);
	return rc;
}

/* A name that is no modified UTF-7: as it is if it is UTF-8, else each byte
 * taken for a character of Latin-1. Nothing is decoded, so nothing gets lost.
 */
static void
add_foreign(struct ms_buf *out, const char *name, char delimiter)
{
	size_t i, n = strlen(name);
	bool utf8 = ms_utf8_valid((const unsigned char *)name, n);
	unsigned char c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)name[i];
		if (delimiter != 0 && name[i] == delimiter) {
			ms_buf_add_byte(out, '/');
		} else if (c >= 0x80 && !utf8) {
			ms_buf_add_byte(out, (unsigned char)(0xc0 | c >> 6));
			ms_buf_add_byte(out, (unsigned char)(0x80 | (c & 63)));
		} else {
			if (c == '/' || c == '\\')
				ms_buf_add_byte(out, '\\');
			ms_buf_add_byte(out, c);
		}
	}
}

/* The folder's name as we print it. */
static char *
folder_name(const char *raw, char delimiter)
{
	struct ms_buf out = {0};
	const char *p = raw, *end;
	char *name;

	for (;;) {
		end = delimiter != 0 ? strchr(p, delimiter) : NULL;
		if (add_level(&out, p,
			end != NULL ? (size_t)(end - p) : strlen(p)) < 0) {
			ms_buf_clear(&out);
			add_foreign(&out, raw, delimiter);
			break;
		}
		if (end == NULL)
			break;
		ms_buf_add_byte(&out, '/');
		p = end + 1;
	}
	name = ms_xstrdup(ms_buf_str(&out));
	ms_buf_release(&out);
	/* INBOX alone may come in any case (RFC 3501, 5.1). */
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

/* Can it be opened, as far as LIST says? */
static bool
selectable(const struct mailimap_mailbox_list *l)
{
	const struct mailimap_mbx_list_flags *f = l->mb_flag;
	const struct mailimap_mbx_list_oflag *o;
	clistiter *cur;

	if (f == NULL)
		return true;
	if (f->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
	    f->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		return false;
	if (f->mbf_oflags == NULL)
		return true;
	for (cur = clist_begin(f->mbf_oflags); cur != NULL;
	     cur = clist_next(cur)) {
		o = clist_content(cur);
		if (o->of_flag_ext != NULL &&
		    strcasecmp(o->of_flag_ext, "NonExistent") == 0)
			return false;
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct ms_imap_folder *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->raw, y->raw);
}

/* Sorts; a folder that was listed twice stays once. Returns how many. */
static size_t
sort_folders(struct ms_imap_folder *f, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(f, n, sizeof(*f), by_name);
	for (i = 0; i < n; i++) {
		if (kept > 0 && strcmp(f[i].raw, f[kept - 1].raw) == 0) {
			free(f[i].raw);
			free(f[i].name);
			continue;
		}
		f[i].clash =
		    kept > 0 && strcmp(f[i].name, f[kept - 1].name) == 0;
		f[kept++] = f[i];
	}
	return kept;
}

int
ms_imap_folders(struct ms_imap *im, struct ms_imap_folder **out, size_t *count,
    struct ms_err *err)
{
	const struct mailimap_mailbox_list *l;
	clist *list = NULL;
	clistiter *cur;
	size_t n = 0;
	int r;

	im->text = 0;
	r = mailimap_list(im->m, "", "*", &list);
	if (ms_imap_result(im, r, "LIST", err) < 0)
		return -1;
	*out = ms_xcalloc((size_t)clist_count(list), sizeof(**out));
	for (cur = clist_begin(list); cur != NULL; cur = clist_next(cur)) {
		l = clist_content(cur);
		if (l->mb_name == NULL || !selectable(l))
			continue;
		(*out)[n].raw = ms_xstrdup(l->mb_name);
		(*out)[n].name = folder_name(l->mb_name, l->mb_delimiter);
		n++;
	}
	mailimap_list_result_free(list);
	*count = sort_folders(*out, n);
	return 0;
}

void
ms_imap_folders_free(struct ms_imap_folder *f, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(f[i].raw);
		free(f[i].name);
	}
	free(f);
}

int
ms_imap_examine(struct ms_imap *im, const char *raw, struct ms_imap_box *box,
    struct ms_err *err)
{
	const struct mailimap_selection_info *info;
	int r;

	if (!ms_secret_text_ok(raw, strlen(raw)))
		return ms_fail(
		    err, MS_NOINPUT, "the folder's name holds CR or LF");
	im->text = 0;
	r = mailimap_examine(im->m, raw);
	if (ms_imap_result(im, r, "EXAMINE", err) < 0)
		return -1;
	info = im->m->imap_selection_info;
	*box = (struct ms_imap_box){0};
	if (info != NULL) {
		box->exists = info->sel_exists;
		box->uidvalidity = info->sel_uidvalidity;
	}
	return 0;
}
