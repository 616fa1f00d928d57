/*
 * status.c - evaluates OK, NO, BAD and BYE: does the server ask to try again
 * later? RFC 5530, 3; the texts of Gmail and Exchange.
 */
#include "imap.h"
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BACKOFF_MAX 86400 /* seconds */

/* Texts in the response code, or anywhere in the line. */
static const struct hint {
	const char *text;
	unsigned seconds;
	bool throttled;
} hints[] = {
    {"[THROTTLED", 60, true},
    {"[OVERQUOTA", 300, true}, /* Gmail: of bytes a day */
    {"[UNAVAILABLE", 30, false},
    {"[SERVERBUG", 30, false},
    {"[INUSE", 10, false},
    {"[LIMIT", 30, false},
    {"too many simultaneous connections", 30, false},
    {"too many connections", 30, false},
    {"maximum number of connections", 30, false},
};

/* Exchange: "Request is throttled. Suggested Backoff Time: 92415
 * milliseconds". */
static unsigned
suggested(const char *line)
{
	static const char text[] = "Suggested Backoff Time: ";
	const char *p = strcasestr(line, text);
	uint64_t ms = 0;

	if (p == NULL)
		return 0;
	for (p += strlen(text); *p >= '0' && *p <= '9'; p++)
		if (ms <= (uint64_t)BACKOFF_MAX * 1000)
			ms = ms * 10 + (unsigned)(*p - '0');
	return ms / 1000 < BACKOFF_MAX ? (unsigned)(ms + 999) / 1000
				       : BACKOFF_MAX;
}

/* Keeps the text of a BYE, without control bytes. */
static void
keep_bye(struct ms_imap *im, const char *text)
{
	size_t n = strnlen(text, MS_IMAP_REPLY_MAX), i;

	for (i = 0; i < n; i++)
		im->bye[i] =
		    (char)((unsigned char)text[i] < 0x20 || text[i] == 0x7f
			       ? '?'
			       : text[i]);
	im->bye[i] = '\0';
}

void
ms_imap_handle_status(void *ctx, const char *line)
{
	struct ms_imap *im = ctx;
	const char *word = strchr(line, ' ');
	unsigned seconds;
	size_t i;

	ms_imap_track_status(im, line);
	if (word == NULL || *line == '+' || strncasecmp(++word, "OK", 2) == 0)
		return;
	if (strncasecmp(word, "BYE", 3) == 0) {
		keep_bye(im, word[3] == ' ' ? word + 4 : "no reason given");
		im->backoff = im->backoff > 0 ? im->backoff : 5;
	}
	seconds = suggested(word);
	if (seconds > 0) {
		im->backoff = seconds;
		im->throttled = true;
		return;
	}
	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcasestr(word, hints[i].text) == NULL)
			continue;
		im->backoff = hints[i].seconds;
		im->throttled = hints[i].throttled;
		return;
	}
}

unsigned
ms_imap_backoff(const struct ms_imap *im)
{
	return im->backoff;
}
