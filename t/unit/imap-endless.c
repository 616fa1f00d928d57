/*
 * imap-endless.c - a server that repeats a response for ever, at any point of a
 * session: the session ends after a limited number of bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "imap.h"
#include "tap.h"

#define CAPABILITIES "IMAP4rev1 IDLE NAMESPACE"
#define BYTES_MAX                                                              \
	(256 * 1024 * 1024) /* the most bytes that any response may cost */

struct server {
	const char *at, *line; /* the command at which the server begins to
				  repeat, and the response */
	bool endless;
	size_t said; /* bytes that were read since then */
	struct ms_buf says;
	size_t done;  /* bytes of `says` that were read */
	char tag[32]; /* the tag of the last command */
};

static size_t
says(void *ctx, void *p, size_t n)
{
	struct server *s = ctx;

	if (s->done == s->says.n) {
		ms_buf_clear(&s->says);
		s->done = 0;
	}
	while (s->endless && s->says.n - s->done < n && s->said < BYTES_MAX) {
		ms_buf_add_str(&s->says, s->line);
		s->said += strlen(s->line);
	}
	if (n > s->says.n - s->done)
		n = s->says.n - s->done;
	if (n > 0)
		memcpy(p, s->says.p + s->done, n);
	s->done += n;
	return n;
}

static void
hears(void *ctx, const void *p, size_t n)
{
	char *line = ms_xstrndup(p, n), *command = strchr(line, ' ');
	struct server *s = ctx;

	if (command != NULL) {
		*command++ = '\0';
		snprintf(s->tag, sizeof(s->tag), "%s", line);
	} else {
		command = line;
	}
	s->endless |= strncmp(command, s->at, strlen(s->at)) == 0;
	if (strncmp(command, "CAPABILITY", 10) == 0)
		ms_buf_add_str(&s->says, "* CAPABILITY " CAPABILITIES "\r\n");
	if (strncmp(command, "EXAMINE", 7) == 0)
		ms_buf_add_str(
		    &s->says, "* 900000 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
	if (strncmp(command, "UID SEARCH", 10) == 0)
		ms_buf_add_str(&s->says, "* SEARCH 11 12\r\n");
	if (strncmp(command, "IDLE", 4) == 0)
		ms_buf_add_str(&s->says, "+ go\r\n* 900001 EXISTS\r\n");
	else
		ms_buf_printf(&s->says, "%s OK done\r\n", s->tag);
	free(line);
}

/* ---- a session ---- */

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	(void)ctx;
	(void)m;
	(void)err;
	return 0;
}

static void
on_failed(void *ctx, uint32_t uid, const char *reason)
{
	(void)ctx;
	(void)uid;
	(void)reason;
}

static void
on_gone(void *ctx, uint32_t uid)
{
	(void)ctx;
	(void)uid;
}

/* Reads a mailbox as far as the server lets us. */
static int
read_mailbox(struct ms_imap *im, struct ms_err *err)
{
	const struct ms_imap_sink sink = {on_message, on_failed, on_gone, NULL};
	static const uint32_t two[] = {11, 12};
	unsigned char met[2];
	struct ms_imap_folder *folders = NULL;
	struct ms_imap_mailbox mailbox;
	uint32_t *uids = NULL;
	struct ms_imap_unlisted unlisted;
	size_t n = 0, done;
	int rc;

	rc = ms_imap_folders(im, &folders, &n, err);
	ms_imap_folders_free(folders, n);
	if (rc < 0 ||
	    ms_imap_select(im, "INBOX", MS_IMAP_EXAMINE, &mailbox, err) < 0)
		return -1;
	rc = ms_imap_uids(im, &mailbox, &uids, &n, &unlisted, err);
	free(uids);
	if (rc < 0 || ms_imap_search(im, "SEEN", two, 2, met, err) < 0)
		return -1;
	for (int part = 0; part < MS_IMAP_PARTS; part++)
		if (ms_imap_fetch(im, part, two, 2, &done, &sink, err) < 0)
			return -1;
	return ms_imap_idle(im, 100, -1, err) < 0 ? -1 : 0;
}

static void
check(const char *at, const char *line)
{
	const struct ms_login who = {.mech = MS_MECH_LOGIN,
	    .login = "u",
	    .secret = "p",
	    .host = "script",
	    .tls = true};
	struct server s = {.at = at, .line = line};
	const struct ms_conn_peer peer = {says, hears, &s};
	struct ms_err err = {0};
	struct ms_imap *im;

	if (*at == '\0') /* before the greeting */
		s.endless = true;
	else
		ms_buf_add_str(&s.says, *at == 'C'
					    ? "* OK hello\r\n"
					    : "* OK [CAPABILITY " CAPABILITIES
					      "] hello\r\n");
	if (ms_imap_open(&im, ms_conn_with(&peer), MS_TLS_DONE, &err) == 0 &&
	    ms_imap_login(im, &who, &err) == 0)
		(void)read_mailbox(im, &err);
	ms_imap_close(im);
	ok(s.endless && s.said < BYTES_MAX, "at '%s', '%.*s': %zu KiB, %s", at,
	    (int)strcspn(line, "\r"), line, s.said / 1024, err.msg);
	ms_buf_release(&s.says);
}

int
main(void)
{
	static const char *const at[] = {"", "CAPABILITY", "LOGIN", "LIST",
	    "NAMESPACE", "EXAMINE", "UID SEARCH", "UID FETCH", "NOOP", "IDLE",
	    "DONE", "LOGOUT"};
	static const char *const lines[] = {"* OK hello\r\n",
	    "* OK [ALERT] still there\r\n", "* 1 FETCH ()\r\n",
	    "* 1 FETCH (FLAGS ())\r\n",
	    "* 9 FETCH (UID 99 FLAGS () RFC822.SIZE 1)\r\n",
	    "* 1 FETCH (UID 11 FLAGS () RFC822.SIZE 1)\r\n",
	    "* 9 FETCH (UID 99 BODY[] {3}\r\nabc)\r\n",
	    "* 9 FETCH (BODY[HEADER] {4}\r\n\r\n\r\n)\r\n", "* SEARCH\r\n",
	    "* SEARCH 11\r\n", "* SEARCH 1:900000\r\n",
	    "* ESEARCH UID ALL 1:5\r\n", "* LIST () \"/\" again\r\n",
	    "* LIST () \"/\" \"\"\r\n", "* NAMESPACE ((\"\" NIL)) NIL NIL\r\n",
	    "* CAPABILITY IMAP4rev1\r\n", "* 5 EXISTS\r\n", "* 1 EXPUNGE\r\n",
	    "* VANISHED 5\r\n", "* X (a (b))\r\n", "+ go on\r\n", "\r\n",
	    "* BYE\r\n", "* X {2}\r\nab\r\n", "x"};
	size_t i, k;

	/* A quarter of the pairs, with MS_SOAK all of them. */
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		for (k = 0; k < sizeof(lines) / sizeof(lines[0]); k++)
			if (getenv("MS_SOAK") != NULL || (i + k) % 4 == 0)
				check(at[i], lines[k]);
	return done();
}
