/* imap.c - sends commands with libetpan and converts their results. */
#include "imap.h"
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CHATTER_MAX 100 /* untagged lines before a continuation */

const char *
ms_imap_reply(const struct ms_imap *im, char out[MS_IMAP_REPLY_MAX + 1])
{
	const char *p = im->m->imap_response;
	size_t i;

	if (p == NULL || *p == '\0')
		return "no reason given";
	for (i = 0; i < MS_IMAP_REPLY_MAX && p[i] != '\0'; i++) {
		out[i] = p[i];
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			out[i] = '?';
	}
	out[i] = '\0';
	return out;
}

/*
 * Is the last line a tagged BAD? libetpan has one code for this and for a wrong
 * tag, but only after a BAD can the session continue.
 */
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
	char text[MS_IMAP_REPLY_MAX + 1];

	/* The server asked us not to continue in this session. */
	if (result != MAILIMAP_NO_ERROR && im->throttled)
		ms_imap_kill(im, MS_TEMP,
		    "the server asks to try again later: %s",
		    ms_imap_reply(im, text));
	switch (result) {
	case MAILIMAP_NO_ERROR:
		if (im->dead)
			break;
		im->backoff = 0;
		im->throttled = false;
		return 0;
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_MEMORY:
	case MAILIMAP_ERROR_BAD_STATE:
		ms_imap_kill(
		    im, MS_PROTO, "the server's answer to %s is invalid", what);
		break;
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_DONT_ACCEPT_CONNECTION:
		ms_imap_kill(im, MS_TEMP, "the server ends the session: %s",
		    ms_imap_reply(im, text));
		break;
	case MAILIMAP_ERROR_PROTOCOL:
		if (!im->dead && said_bad(im))
			return ms_fail(err, MS_NOINPUT,
			    "%s not understood by the server: %s", what,
			    ms_imap_reply(im, text));
		ms_imap_kill(im, MS_PROTO,
		    "the server does not answer %s, but something else", what);
		break;
	default:
		if (im->dead)
			break;
		return ms_fail(err, im->backoff > 0 ? MS_TEMP : MS_NOINPUT,
		    "%s refused: %s", what, ms_imap_reply(im, text));
	}
	if (err != NULL)
		*err = im->err;
	return -1;
}

/* ms_imap_answer(), after the first line of the answer has been read. */
static int
rest_of_answer(struct ms_imap *im)
{
	struct mailimap_response *answer = NULL;
	int r, type;

	r = mailimap_parse_response(im->m, &answer);
	if (r != MAILIMAP_NO_ERROR)
		return r;
	type = answer->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state
		   ->rsp_type;
	ms_imap_track_response(im, answer);
	mailimap_response_free(answer);
	return type == MAILIMAP_RESP_COND_STATE_OK
		   ? MAILIMAP_NO_ERROR
		   : MAILIMAP_ERROR_CUSTOM_COMMAND;
}

int
ms_imap_answer(struct ms_imap *im)
{
	if (mailimap_read_line(im->m) == NULL)
		return MAILIMAP_ERROR_STREAM;
	return rest_of_answer(im);
}

int
ms_imap_await(struct ms_imap *im, int *result)
{
	const char *line;
	int i;

	for (i = 0; i < CHATTER_MAX; i++) {
		line = mailimap_read_line(im->m);
		if (line == NULL) {
			*result = MAILIMAP_ERROR_STREAM;
			return 0;
		}
		if (*line == '+')
			return 1;
		if (*line == '*' && strncasecmp(line, "* BYE", 5) != 0)
			continue;
		*result = rest_of_answer(im);
		return 0;
	}
	*result = MAILIMAP_ERROR_PARSE;
	return 0;
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
