/*
 * sink-mboxrd.c - an mbox for other programs: a From_ line with sender and
 * date, mboxrd quoting, and an empty line after each message. RFC 4155;
 * ms-export(1), Formats.
 */
#include "sink-impl.h"

#include <stdlib.h>
#include <string.h>

#include "mail.h"
#include "message-hasher.h"
#include "quote.h"
#include "time.h"

struct mbox {
	struct ms_sink sink;
	struct ms_outfile file;
	const char *eol;
	struct ms_quote quote;
	bool started;       /* the From_ line has been written */
	struct ms_buf head; /* the header, until it is complete */
	int64_t date;
	unsigned char
	    last; /* last byte of the message; newline at the beginning */
};

static int
mbox_write(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	return ms_outfile_write(&((struct mbox *)ctx)->file, p, n, err);
}

/* Writes the From_ line when the header is complete. */
static int
start(struct mbox *m, struct ms_err *err)
{
	struct ms_buf line = {0};
	struct ms_slice head = ms_buf_slice(&m->head);
	char date[25];
	size_t n;
	int rc;

	ms_buf_add_str(&line, "From ");
	n = line.n;
	if (head.n > 0) {
		head.n = ms_mail_header_length(head.p, head.n);
		ms_mail_sender(head, &line);
	}
	if (line.n == n)
		ms_buf_add_str(&line, "MAILER-DAEMON");
	ms_time_asctime(m->date, date);
	ms_buf_printf(&line, " %s%s", date, m->eol);
	rc = mbox_write(m, line.p, line.n, err);
	ms_buf_release(&line);
	if (rc == 0)
		rc = ms_quote_data(
		    &m->quote, m->head.p, m->head.n, mbox_write, m, err);
	ms_buf_clear(&m->head);
	m->started = true;
	return rc;
}

static int
mbox_begin(struct ms_sink *sink, const struct ms_out_message *message,
    struct ms_err *err)
{
	struct mbox *m = (struct mbox *)sink;

	(void)err;
	ms_quote_begin(&m->quote);
	ms_buf_clear(&m->head);
	m->started = false;
	m->last = '\n';
	/* The epoch is read as an unknown date. */
	m->date = message->has_date ? message->arrived : 0;
	return 0;
}

static int
mbox_data(
    struct ms_sink *sink, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct mbox *m = (struct mbox *)sink;

	if (n == 0)
		return 0;
	m->last = p[n - 1];
	if (m->started)
		return ms_quote_data(&m->quote, p, n, mbox_write, m, err);
	ms_buf_add(&m->head, p, n);
	if (m->head.n < MS_HEAD_MAX &&
	    ms_mail_header_length(m->head.p, m->head.n) == m->head.n)
		return 0;
	return start(m, err);
}

static int
mbox_end(struct ms_sink *sink, struct ms_err *err)
{
	struct mbox *m = (struct mbox *)sink;

	if ((!m->started && start(m, err) < 0) ||
	    ms_quote_end(&m->quote, mbox_write, m, err) < 0)
		return -1;
	if (m->last != '\n' &&
	    ms_outfile_write(&m->file, m->eol, strlen(m->eol), err) < 0)
		return -1;
	return ms_outfile_write(&m->file, m->eol, strlen(m->eol), err);
}

static int
mbox_cancel(struct ms_sink *sink, const char *reason, struct ms_err *err)
{
	struct mbox *m = (struct mbox *)sink;

	if (!m->started)
		return 0;
	return ms_fail(err, MS_DATA,
	    "the last message in the mbox is incomplete: %s", reason);
}

static int
mbox_flush(struct ms_sink *sink, struct ms_err *err)
{
	return ms_outfile_flush(&((struct mbox *)sink)->file, err);
}

static int
mbox_close(struct ms_sink *sink, const struct ms_trailer *t, struct ms_err *err)
{
	struct mbox *m = (struct mbox *)sink;
	/* An mbox without messages is not mail to any program. */
	bool keep = ms_sink_complete(t) && t->messages > 0;
	int rc = ms_outfile_close(&m->file, keep, err);

	ms_buf_release(&m->head);
	free(m);
	return rc;
}

static const struct ms_sink_ops mbox_ops = {.begin = mbox_begin,
    .data = mbox_data,
    .end = mbox_end,
    .cancel = mbox_cancel,
    .flush = mbox_flush,
    .close = mbox_close};

static int
mbox_open(
    struct ms_sink **out, const struct ms_sink_options *opt, struct ms_err *err)
{
	struct mbox *m = ms_xcalloc(1, sizeof(*m));

	m->sink.ops = &mbox_ops;
	m->eol = opt->eol == MS_EXPORT_CRLF ? "\r\n" : "\n";
	if (ms_outfile_open(&m->file, opt->dest, err) < 0) {
		free(m);
		return -1;
	}
	*out = &m->sink;
	return 0;
}

const struct ms_sink_format ms_sink_mboxrd = {
    .name = "mboxrd", .eol = MS_EXPORT_LF, .open = mbox_open};
