/*
 * state.c - what the responses of the server say about the session, its
 * capabilities and the opened folder. RFC
 * 3501, 2.3.1.1, 7.1, 7.2.1, 7.3, 7.4.1; RFC 5530, 3; the texts of Gmail and
 * Exchange.
 */
#include "imap.h"
#include "impl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BACKOFF_MAX 86400 /* seconds */

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

int
ms_imap_check(const struct ms_imap *im, struct ms_err *err)
{
	return im->dead ? ms_fail_as(err, &im->err) : 0;
}

/* ---- capabilities ---- */

static const struct ms_imap_name capabilities[] = {
    {"IDLE", MS_CAP_IDLE},
    {"UIDPLUS", MS_CAP_UIDPLUS},
    {"NAMESPACE", MS_CAP_NAMESPACE},
    {"SPECIAL-USE", MS_CAP_SPECIAL_USE},
    {"LITERAL+", MS_CAP_LITERAL_PLUS},
    {"X-GM-EXT-1", MS_CAP_GMAIL},
    {"OBJECTID", MS_CAP_OBJECTID},
    {"STARTTLS", MS_IMAP_STARTTLS},
    {"LOGINDISABLED", MS_IMAP_NO_LOGIN},
    {"SASL-IR", MS_IMAP_SASL_IR},
    {"ID", MS_IMAP_ID},
    {"IMAP4rev1", MS_IMAP_REV1},
    {"IMAP4rev2", MS_IMAP_REV2},
    {"UTF8=ONLY", MS_IMAP_UTF8_ONLY},
};

/* What a server of IMAP4rev2 has without saying so; RFC 9051, appendix E. */
#define IN_REV2                                                                \
	(MS_CAP_IDLE | MS_CAP_UIDPLUS | MS_CAP_NAMESPACE |                     \
	    MS_CAP_SPECIAL_USE | MS_IMAP_SASL_IR)

static void
note_capabilities(struct ms_imap *im, const char *words)
{
	struct ms_slice word;

	im->caps = im->mechs = 0;
	im->caps_known = true;
	for (; *words != '\0'; words += word.n + strspn(words + word.n, " ")) {
		word = (struct ms_slice){
		    (const unsigned char *)words, strcspn(words, " ")};
		im->caps |= ms_imap_name(capabilities,
		    sizeof(capabilities) / sizeof(*capabilities), word);
		if (word.n > 5 && strncasecmp(words, "AUTH=", 5) == 0)
			im->mechs |=
			    MS_MECH_BIT(ms_mech_of(words + 5, word.n - 5));
	}
	if ((im->caps & (MS_IMAP_REV1 | MS_IMAP_REV2)) == MS_IMAP_REV2)
		im->caps |= IN_REV2;
}

void
ms_imap_forget_capabilities(struct ms_imap *im)
{
	im->caps = im->mechs = 0;
	im->caps_known = false;
}

unsigned
ms_imap_capabilities(const struct ms_imap *im)
{
	return im->caps;
}

/* ---- the state of the opened folder ---- */

static void
track_code(struct ms_imap *im, const char *code)
{
	uint64_t number = 0;

	if (strcasecmp(code, "READ-ONLY") == 0 && !im->opened)
		im->mailbox.writable = false;
	if (strncasecmp(code, "UIDNEXT ", 8) == 0)
		(void)ms_imap_number(
		    ms_slice_str(code + 8), UINT64_MAX, &im->mailbox.uidnext);
	if (strncasecmp(code, "UIDVALIDITY ", 12) != 0)
		return;
	code += 11 + strspn(code + 11, " ");
	/* A value that cannot be read is not known to be the same. */
	if (!ms_imap_number(ms_slice_str(code), UINT64_MAX, &number) ||
	    number != im->mailbox.uidvalidity)
		im->renumbered = im->opened;
	if (!im->opened)
		im->mailbox.uidvalidity = number;
}

void
ms_imap_track_data(struct ms_imap *im)
{
	im->events++;
	switch (im->reader.word) {
	case MS_IMAP_CAPABILITY:
		note_capabilities(im, ms_imap_reader_text(&im->reader));
		break;
	case MS_IMAP_EXISTS:
		im->mailbox.exists = im->reader.number;
		/* Only EXPUNGE lowers the number; RFC 3501, 7.3.1. */
		if (im->mailbox.most < im->reader.number)
			im->mailbox.most = im->reader.number;
		im->has_exists = true;
		break;
	case MS_IMAP_EXPUNGE:
		im->expunged++;
		im->mailbox.exists -= im->mailbox.exists > 0;
		im->mailbox.most -= im->mailbox.most > 0;
		break;
	default:
		break;
	}
}

int
ms_imap_check_uidvalidity(const struct ms_imap *im, struct ms_err *err)
{
	if (!im->renumbered)
		return 0;
	return ms_fail(
	    err, MS_NOINPUT, "UIDVALIDITY of the folder has changed");
}

bool
ms_imap_renumbered(const struct ms_imap *im)
{
	return im->renumbered;
}

/* ---- status responses ---- */

/* Texts in the response code, or anywhere in the text. */
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
	const uint64_t max = (uint64_t)BACKOFF_MAX * 1000;
	struct ms_slice number;
	uint64_t ms = 0;

	if (p == NULL)
		return 0;
	number = ms_slice_str(p + strlen(text));
	number.n = strspn((const char *)number.p, "0123456789");
	if (number.n > 0 && !ms_imap_number(number, max, &ms))
		ms = max;
	return (unsigned)((ms + 999) / 1000);
}

/* Keeps a text for our messages, without control bytes. */
static void
keep(char out[MS_IMAP_REPLY_MAX + 1], const char *text)
{
	size_t n = strnlen(text, MS_IMAP_REPLY_MAX), i;

	while (n > 0 && text[n - 1] == ' ')
		n--;
	for (i = 0; i < n; i++)
		out[i] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
	out[n] = '\0';
	if (n == 0)
		snprintf(out, MS_IMAP_REPLY_MAX + 1, "no reason given");
}

/* Does the server ask for a pause? */
static void
note_hints(struct ms_imap *im, const char *text)
{
	struct hint found = {NULL, suggested(text), true};
	size_t i;

	im->said_bug = strncasecmp(text, "[SERVERBUG", 10) == 0;
	for (i = 0; found.seconds == 0 && i < sizeof(hints) / sizeof(*hints);
	     i++)
		if (strcasestr(text, hints[i].text) != NULL)
			found = hints[i];
	if (found.seconds > 0) {
		im->backoff = found.seconds;
		im->throttled = found.throttled;
	}
}

void
ms_imap_track_status(struct ms_imap *im)
{
	const char *text = ms_imap_reader_text(&im->reader), *end;
	const char *words = text;
	char *code;

	if (*text == '[' && (end = strchr(text, ']')) != NULL) {
		code = ms_xstrndup(text + 1, (size_t)(end - text - 1));
		if (strncasecmp(code, "CAPABILITY ", 11) == 0)
			note_capabilities(im, code + 11);
		track_code(im, code);
		free(code);
		words = end + 1 + strspn(end + 1, " ");
	}
	keep(im->reply, *words != '\0' ? words : text);
	if (im->reader.word == MS_IMAP_OK)
		return;
	if (im->reader.word == MS_IMAP_BYE) {
		keep(im->bye, text);
		im->backoff = im->backoff > 0 ? im->backoff : 5;
	}
	note_hints(im, text);
}

unsigned
ms_imap_backoff(const struct ms_imap *im)
{
	return im->backoff;
}
