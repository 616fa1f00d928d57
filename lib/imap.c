/* imap.c - an IMAP session: what is below libetpan, and commands over it. */
#include "imap.h"
#include "imap-impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STREAM_BUFFER 65536
#define MS_IMAP_WORDS 200 /* bytes of the server's words that we repeat */
#define CHATTER_MAX 100   /* untagged lines before a continuation */

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

/* Keeps the end of what has come, for note_bye(). */
static void
keep_tail(struct ms_imap *im, const char *p, size_t n)
{
	size_t part = n < MS_IMAP_TAIL - 1 ? n : MS_IMAP_TAIL - 1;

	memcpy(im->tail, p + n - part, part);
	im->tail[part] = '\0';
}

/*
 * The connection has ended. If the last line was a BYE, that says why;
 * libetpan forgets it when the answer to a command does not follow.
 */
static void
note_bye(struct ms_imap *im)
{
	char *end = im->tail + strlen(im->tail), *line, *p;

	while (end > im->tail && (end[-1] == '\n' || end[-1] == '\r'))
		*--end = '\0';
	line = strrchr(im->tail, '\n');
	line = line != NULL ? line + 1 : im->tail;
	if (strncasecmp(line, "* BYE ", 6) != 0)
		return;
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	ms_fail(&im->err, MS_TEMP, "the server ends the session: %.*s",
	    MS_IMAP_WORDS, line + 6);
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
		note_bye(im);
		return -1;
	}
	keep_tail(im, p, (size_t)got);
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

const char *
ms_imap_words(const struct ms_imap *im, char out[MS_IMAP_WORDS + 1])
{
	const char *p = im->m->imap_response;
	size_t i;

	if (p == NULL || *p == '\0')
		return "no reason given";
	for (i = 0; i < MS_IMAP_WORDS && p[i] != '\0'; i++) {
		out[i] = p[i];
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			out[i] = '?';
	}
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
	char text[MS_IMAP_WORDS + 1];

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
		    ms_imap_words(im, text));
		break;
	case MAILIMAP_ERROR_PROTOCOL:
		if (said_bad(im))
			return ms_fail(err, MS_NOINPUT,
			    "%s not understood by the server: %s", what,
			    ms_imap_words(im, text));
		ms_imap_kill(im, MS_PROTO,
		    "the server answers what was not asked, instead of %s",
		    what);
		break;
	default:
		return ms_fail(err, MS_NOINPUT, "%s refused: %s", what,
		    ms_imap_words(im, text));
	}
	if (err != NULL)
		*err = im->err;
	return -1;
}

int
ms_imap_answer(struct ms_imap *im)
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
		r = ms_imap_answer(im);
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
