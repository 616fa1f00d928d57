/*
 * imapscript.h - for tests of IMAP: a session that is logged in, with a server
 * that follows a script. Both are in one process; functions replace the
 * connection.
 */
#ifndef IMAPSCRIPT_H
#define IMAPSCRIPT_H
#include <stdlib.h>
#include <string.h>
#include "auth.h"
#include "imap.h"
#include "tap.h"

/* A command without its tag, and the answer. A line of the answer that begins
 * with `@` gets the tag in its place. */
struct step {
	const char *command, *answer;
};

struct script {
	const char *login; /* the answer to LOGIN */
	const struct step *steps;
	struct ms_buf heard, says;
	size_t said;
	size_t piece; /* bytes that are sent at a time; 0: any number */
	bool left;    /* LOGOUT came at the end of the script */
	struct ms_imap *im;
};

static inline void
script_say(struct script *s, const char *tag, const char *p)
{
	const char *end;

	for (; *p != '\0'; p = end) {
		end = strchr(p, '\n');
		end = end != NULL ? end + 1 : p + strlen(p);
		if (*p == '@') {
			ms_buf_add_str(&s->says, tag);
			p++;
		}
		ms_buf_add(&s->says, p, (size_t)(end - p));
	}
}

static inline void
script_command(struct script *s, const char *tag, const char *command)
{
	if (strcmp(command, "LOGIN \"u\" \"p\"") == 0) {
		script_say(s, tag, s->login);
	} else if (strcmp(command, "CAPABILITY") == 0) {
		script_say(s, tag, "* CAPABILITY IMAP4rev1\r\n@ OK so far\r\n");
	} else if (s->steps->command != NULL &&
		   strcmp(command, s->steps->command) == 0) {
		script_say(s, tag, s->steps->answer);
		s->steps++;
	} else if (strcmp(command, "LOGOUT") == 0) {
		s->left = s->steps->command == NULL;
		script_say(s, tag, "* BYE\r\n@ OK bye\r\n");
	} else {
		printf("# unexpected: %s\n# instead of: %s\n", command,
		    s->steps->command != NULL ? s->steps->command : "LOGOUT");
		script_say(s, tag, "@ BAD that was not in the script\r\n");
	}
}

static inline void
script_hears(void *ctx, const void *p, size_t n)
{
	struct script *s = ctx;
	char *line, *command, *end;

	ms_buf_add(&s->heard, p, n);
	end = memchr(s->heard.p, '\n', s->heard.n);
	if (end == NULL)
		return;
	end[end > (char *)s->heard.p && end[-1] == '\r' ? -1 : 0] = '\0';
	line = (char *)s->heard.p;
	command = strchr(line, ' ');
	if (command != NULL) {
		*command++ = '\0';
		script_command(s, line, command);
	}
	ms_buf_clear(&s->heard);
}

static inline size_t
script_says(void *ctx, void *p, size_t n)
{
	struct script *s = ctx;

	if (n > s->says.n - s->said)
		n = s->says.n - s->said;
	if (s->piece > 0 && n > s->piece)
		n = s->piece;
	if (n > 0)
		memcpy(p, s->says.p + s->said, n);
	s->said += n;
	return n;
}

/* Begins a session; caps: the capabilities after IMAP4rev1. The script begins
 * after the login and ends with NULL. */
static inline void
script_start(struct script *s, const char *caps, const struct step *steps)
{
	const struct ms_conn_peer peer = {
	    .says = script_says, .hears = script_hears, .ctx = s};
	const struct ms_login who = {.mech = MS_MECH_LOGIN,
	    .login = "u",
	    .secret = "p",
	    .host = "script",
	    .tls = true};
	struct ms_buf login = {0};
	struct ms_err err = {0};

	*s = (struct script){.steps = steps};
	ms_buf_printf(&login, "@ OK [CAPABILITY IMAP4rev1 %s] in\r\n", caps);
	s->login = ms_buf_str(&login);
	script_say(s, "", "* OK script\r\n");
	if (ms_imap_open(&s->im, ms_conn_with(&peer), MS_TLS_DONE, &err) < 0 ||
	    ms_imap_login(s->im, &who, &err) < 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	ms_buf_release(&login);
}

static inline void
script_end(struct script *s)
{
	ms_imap_close(s->im);
	ms_buf_release(&s->heard);
	ms_buf_release(&s->says);
}

/* Ends a session, and tests that all steps of the script were used. */
static inline void
script_over(struct script *s, const char *what)
{
	script_end(s);
	ok(s->left, "%s: all was asked for, and nothing else", what);
}

static inline bool
script_is(struct ms_buf *got, const char *want)
{
	bool same = strcmp(ms_buf_str(got), want) == 0;

	if (!same)
		printf("# got:\n%s\n# wanted:\n%s\n", ms_buf_str(got), want);
	ms_buf_release(got);
	return same;
}

#endif
