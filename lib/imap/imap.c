/*
 * imap.c - reads responses from the connection, up to the answer to a command.
 * RFC 3501, 2.2.2 and 7.
 */
#include "imap.h"
#include "impl.h"

#include "message-hasher.h"

#define ITEM_TEXT 1024 /* bytes, for each UID or folder of a list */

int
ms_imap_receive(struct ms_imap *im)
{
	int got;

	if (im->dead)
		return -1;
	got = ms_conn_read(im->conn, im->in, sizeof(im->in), &im->err);
	if (got < 0 && im->bye[0] != '\0')
		return ms_imap_kill(
		    im, MS_TEMP, "the server ends the session: %s", im->bye);
	im->dead = got < 0;
	if (im->dead)
		return -1;
	ms_imap_reader_push(&im->reader, im->in, (size_t)got);
	return 0;
}

void
ms_imap_progress(struct ms_imap *im)
{
	im->reader.text = im->reader.passed = 0;
}

void
ms_imap_progress_list(struct ms_imap *im)
{
	uint64_t *text = &im->reader.text;

	*text -= *text < ITEM_TEXT ? *text : ITEM_TEXT;
}

int
ms_imap_poll(struct ms_imap *im)
{
	int event;

	if (im->dead)
		return -1;
	event = ms_imap_reader_next(&im->reader, &im->err);
	im->dead = event < 0;
	if (im->reader.text > MS_IMAP_TEXT_MAX)
		return ms_imap_kill(im, MS_PROTO,
		    "the server's answer is longer than %d bytes",
		    MS_IMAP_TEXT_MAX);
	if (im->reader.passed > 2 * MS_MESSAGE_MAX)
		return ms_imap_kill(im, MS_PROTO,
		    "the server sends more than %llu bytes of one message",
		    (unsigned long long)2 * MS_MESSAGE_MAX);
	if (event == MS_IMAP_RESPONSE && im->reader.kind == MS_IMAP_DATA)
		ms_imap_track_data(im);
	else if (event == MS_IMAP_RESPONSE &&
		 im->reader.kind != MS_IMAP_CONTINUE)
		ms_imap_track_status(im);
	return im->dead ? -1 : event;
}

int
ms_imap_next(struct ms_imap *im)
{
	int event;

	while ((event = ms_imap_poll(im)) == 0)
		if (ms_imap_receive(im) < 0)
			return -1;
	return event;
}

/* Returns 0 after the tagged answer, 1 if the server awaits more and `await` is
 * true, or -1. */
static int
read_answer(struct ms_imap *im, const struct ms_imap_handler *h, bool await)
{
	int event;

	while ((event = ms_imap_next(im)) > 0) {
		if (event == MS_IMAP_PIECE) {
			if (h != NULL && h->piece != NULL)
				h->piece(im, h->ctx);
		} else if (im->reader.kind == MS_IMAP_TAGGED) {
			return 0;
		} else if (im->reader.kind == MS_IMAP_CONTINUE && await) {
			return 1;
		} else if (im->reader.kind == MS_IMAP_DATA && h != NULL &&
			   h->response != NULL) {
			h->response(im, h->ctx);
		}
	}
	return -1;
}

int
ms_imap_answer(struct ms_imap *im, const struct ms_imap_handler *h)
{
	return read_answer(im, h, false);
}

int
ms_imap_await(struct ms_imap *im)
{
	return read_answer(im, NULL, true);
}
