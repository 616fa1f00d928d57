/* stream.c - a mailstream for libetpan over a struct ms_conn. */
#include "imap.h"
#include "impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STREAM_BUFFER 65536

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

/* Reads bytes and passes them through the guard. Returns how many. */
static int
next_bytes(struct ms_imap *im, char *p, size_t n)
{
	int got = ms_conn_read(im->conn, p, n, &im->err);

	if (got < 0) {
		im->dead = true;
		/* libetpan loses a BYE that no answer follows. */
		if (im->bye[0] != '\0')
			ms_fail(&im->err, MS_TEMP,
			    "the server ends the session: %s", im->bye);
		return -1;
	}
	im->pushed = p;
	im->guard.bodies = im->m->imap_msg_body_handler != NULL;
	if (ms_imap_guard_push(&im->guard, p, (size_t)got, &im->err) < 0) {
		im->dead = true;
		return -1;
	}
	im->text += got;
	return got;
}

/* The guard has found an INTERNALDATE: libetpan gets it as a section. */
static void
rename_date(void *ctx, size_t last)
{
	struct ms_imap *im = ctx;

	if (im->before + last + 1 >= MS_IMAP_DATE_LEN)
		memcpy(im->pushed + last + 1 - MS_IMAP_DATE_LEN,
		    MS_IMAP_DATE_SECTION, MS_IMAP_DATE_LEN);
}

/* libetpan accepts this byte in a word, and no label has it. */
static void
mark_label(void *ctx, size_t at)
{
	struct ms_imap *im = ctx;

	im->pushed[at] = MS_IMAP_LABEL_MARK;
}

/* A blank is enough text; the LF after it ends the line. */
static void
pad_line(void *ctx, size_t at)
{
	struct ms_imap *im = ctx;

	im->pushed[at] = ' ';
}

/*
 * libetpan treats 0 as "nothing yet" and asks again for ever, so 0 is never
 * returned.
 */
static ssize_t
low_read(mailstream_low *low, void *p, size_t n)
{
	struct ms_imap *im = low->data;
	size_t keep = im->pending_n < n ? im->pending_n : 0;
	int got;

	if (im->dead)
		return -1;
	if (im->text > MS_IMAP_TEXT_MAX)
		return ms_imap_kill(im, MS_PROTO,
		    "the server's answer is longer than %d bytes",
		    MS_IMAP_TEXT_MAX);
	memcpy(p, im->pending, keep);
	im->before = keep;
	do {
		got = next_bytes(im, (char *)p + im->before, n - im->before);
		if (got < 0)
			return -1;
		im->before += (size_t)got;
		/*
		 * A word that may become INTERNALDATE is kept until its end is
		 * read.
		 */
		keep = ms_imap_guard_date_begun(&im->guard);
	} while (keep == im->before && im->before < n);
	if (keep > im->before)
		keep = 0;
	im->pending_n = keep;
	memcpy(im->pending, (char *)p + im->before - keep, keep);
	return (ssize_t)(im->before - keep);
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

mailstream *
ms_imap_stream(struct ms_imap *im)
{
	mailstream_low *low = mailstream_low_new(im, &driver);

	im->guard = (struct ms_imap_guard){.status = ms_imap_handle_status,
	    .date = rename_date,
	    .label = mark_label,
	    .no_text = pad_line,
	    .ctx = im};
	return low != NULL ? mailstream_new(low, STREAM_BUFFER) : NULL;
}
