/*
 * folder.c - opens a folder, waits for changes, and converts its name from the
 * server's form to ours. RFC 3501, 5.1, 6.3.1, 6.3.2; RFC 9051, 5.1; RFC 2177
 * (IDLE).
 */
#include "imap.h"
#include "impl.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "utf8.h"

/* ---- names ---- */

/* How the bytes of a name are understood. */
enum form {
	MUTF7,
	UTF8,
	LATIN1
};

/* Appends one level of a name, decoded, with `/` and `\` escaped. */
static int
add_level(struct ms_buf *out, struct ms_slice s, enum form form)
{
	struct ms_buf level = {0};
	int rc = 0;
	size_t i;

	if (form == MUTF7)
		rc = ms_mutf7_decode(s, &level);
	else if (form == UTF8)
		ms_buf_add(&level, s.p, s.n);
	else
		for (i = 0; i < s.n; i++)
			level.n += ms_utf8_put(ms_buf_room(&level, 4), s.p[i]);
	for (i = 0; rc == 0 && i < level.n; i++) {
		if (level.p[i] == '/' || level.p[i] == '\\')
			ms_buf_add_byte(out, '\\');
		ms_buf_add_byte(out, level.p[i]);
	}
	ms_buf_release(&level);
	return rc;
}

static int
add_levels(struct ms_buf *out, const char *raw, char delimiter, enum form form)
{
	const char *end;
	struct ms_slice level;

	for (ms_buf_clear(out);; raw = end + 1) {
		end = delimiter != 0 ? strchr(raw, delimiter) : NULL;
		level = ms_slice_str(raw);
		if (end != NULL)
			level.n = (size_t)(end - raw);
		if (add_level(out, level, form) < 0)
			return -1;
		if (end == NULL)
			return 0;
		ms_buf_add_byte(out, '/');
	}
}

/*
 * A name that is not modified UTF-7 is used unchanged if it is UTF-8, else each
 * byte becomes a character of Latin-1. Nothing is decoded then, so that
 * different names stay different.
 */
char *
ms_imap_folder_name(const struct ms_imap *im, const char *raw, char delimiter)
{
	struct ms_buf out = {0};
	bool utf8 = ms_utf8_valid((const unsigned char *)raw, strlen(raw));
	char *name;

	if (im->utf8 || add_levels(&out, raw, delimiter, MUTF7) < 0)
		add_levels(&out, raw, delimiter, utf8 ? UTF8 : LATIN1);
	name = ms_xstrdup(ms_buf_str(&out));
	ms_buf_release(&out);
	/* INBOX may be in any case (RFC 3501, 5.1). */
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

/* ---- opening ---- */

static int
open_by(
    struct ms_imap *im, const char *verb, const char *raw, struct ms_err *err)
{
	struct ms_buf command = {0};
	int rc;

	im->mailbox = (struct ms_imap_mailbox){.writable = true};
	im->renumbered = im->opened = im->has_exists = false;
	ms_buf_printf(&command, "%s ", verb);
	ms_imap_add_string(im, &command, raw, false);
	rc = ms_imap_command(im, ms_buf_str(&command), verb, NULL, err);
	ms_buf_release(&command);
	/* Some servers send EXISTS only after the answer. */
	if (rc == 0 && !im->has_exists)
		rc = ms_imap_command(im, "NOOP", "NOOP", NULL, err);
	if (rc == 0 && !im->has_exists)
		rc = ms_fail(err, MS_PROTO,
		    "the server does not say how many messages the folder has "
		    "(EXISTS)");
	return rc;
}

int
ms_imap_select(struct ms_imap *im, const char *raw, enum ms_imap_access access,
    struct ms_imap_mailbox *mailbox, struct ms_err *err)
{
	const char *verb = access == MS_IMAP_WRITE ? "SELECT" : "EXAMINE";
	struct ms_err no = {0};

	if (open_by(im, verb, raw, &no) < 0) {
		if (im->dead || no.code != MS_NOINPUT ||
		    access != MS_IMAP_READ ||
		    open_by(im, "SELECT", raw, NULL) < 0)
			return ms_fail_as(err, im->dead ? &im->err : &no);
		im->mailbox.selected = true;
	}
	im->mailbox.writable &= access == MS_IMAP_WRITE;
	im->opened = true;
	*mailbox = im->mailbox;
	return 0;
}

/* ---- waiting ---- */

/*
 * Waits until the server has sent a response other than a status response,
 * which some servers send regularly to keep the connection open, or has ended
 * the command itself (*over). Returns 1, 2 or 0 as ms_imap_idle(), or -1: the
 * session is over.
 */
static int
await_event(struct ms_imap *im, uint64_t seen, int64_t until_ms, int other_fd,
    bool *over)
{
	int64_t left;
	int got;

	for (;;) {
		im->reader.text = 0;
		while ((got = ms_imap_poll(im)) > 0) {
			*over = got == MS_IMAP_RESPONSE &&
				im->reader.kind == MS_IMAP_TAGGED;
			if (*over)
				return 1;
		}
		if (got < 0 || im->events != seen || im->bye[0] != '\0')
			return got < 0 ? -1 : 1;
		left = until_ms - ms_clock_ms();
		if (left < 0) /* some data is always there */
			return 0;
		got = ms_conn_wait(im->conn, (int)left, other_fd, &im->err);
		im->dead = got < 0;
		if (got != 1)
			return got;
		if (ms_imap_receive(im) < 0)
			return -1;
	}
}

/*
 * Runs IDLE and ends it. Data that was sent meanwhile is read with the answer.
 */
static int
idle(struct ms_imap *im, int64_t until_ms, int other_fd, struct ms_err *err)
{
	uint64_t seen = im->events;
	bool over = false;
	int got = ms_imap_begin(im, "IDLE");

	if (got > 0)
		got = ms_imap_await(im);
	if (got == 0) /* IDLE was refused, or ended before it began */
		return ms_imap_result(im, "IDLE", err) < 0 ? -1
							   : im->events != seen;
	if (got > 0)
		got = await_event(im, seen, until_ms, other_fd, &over);
	if (got >= 0 && !over && ms_imap_send(im, "DONE\r\n", 6) == 0)
		(void)ms_imap_answer(im, NULL);
	return ms_imap_result(im, "IDLE", err) < 0 ? -1 : got;
}

/* Without IDLE, the server is asked at intervals. */
static int
ask(struct ms_imap *im, int64_t until_ms, int other_fd, struct ms_err *err)
{
	struct pollfd fd = {.fd = other_fd, .events = POLLIN};
	const int64_t most = MS_IMAP_POLL * 1000;
	uint64_t seen = im->events;
	int64_t left;

	for (;;) {
		if (ms_imap_command(im, "NOOP", "NOOP", NULL, err) < 0)
			return -1;
		if (im->events != seen)
			return 1;
		left = until_ms - ms_clock_ms();
		if (left <= 0)
			return 0;
		if (poll(&fd, 1, (int)(left < most ? left : most)) > 0)
			return 2;
	}
}

int
ms_imap_idle(struct ms_imap *im, int wait_ms, int other_fd, struct ms_err *err)
{
	int64_t until_ms = ms_clock_ms() + wait_ms;

	if ((im->caps & MS_CAP_IDLE) != 0)
		return idle(im, until_ms, other_fd, err);
	return ask(im, until_ms, other_fd, err);
}
