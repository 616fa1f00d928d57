/* pop3.c - a POP3 session: its lines, answers and capabilities, its beginning
 * and its end. RFC 1939, RFC 2449, RFC 2595. */
#include "pop3.h"
#include "impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth.h"
#include "utf8.h"

int
ms_pop3_kill(struct ms_pop3 *p, struct ms_err *err, enum ms_code code,
    const char *fmt, ...)
{
	va_list ap;

	if (!p->dead) {
		p->err.code = code;
		va_start(ap, fmt);
		vsnprintf(p->err.msg, sizeof(p->err.msg), fmt, ap);
		va_end(ap);
		p->dead = true;
	}
	if (err != NULL)
		*err = p->err;
	return -1;
}

/* Is the session over? err then receives the first error. */
static bool
is_dead(const struct ms_pop3 *p, struct ms_err *err)
{
	if (p->dead && err != NULL)
		*err = p->err;
	return p->dead;
}

/* ---- bytes and lines ---- */

int
ms_pop3_send(struct ms_pop3 *p, const void *text, size_t n, struct ms_err *err)
{
	struct ms_err why = {0};

	if (is_dead(p, err))
		return -1;
	if (ms_conn_write(p->conn, text, n, &why) < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	return 0;
}

int
ms_pop3_more(struct ms_pop3 *p, struct ms_err *err)
{
	struct ms_err why = {0};
	int got;

	if (is_dead(p, err))
		return -1;
	if (p->at > 0) {
		memmove(p->input, p->input + p->at, p->end - p->at);
		p->end -= p->at;
		p->at = 0;
	}
	assert(p->end < sizeof(p->input));
	got = ms_conn_read(
	    p->conn, p->input + p->end, sizeof(p->input) - p->end, &why);
	if (got < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	p->end += (size_t)got;
	return 0;
}

int
ms_pop3_line(struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err)
{
	const unsigned char *nl;
	size_t seen = 0;

	for (;;) {
		line->p = p->input + p->at;
		line->n = p->end - p->at;
		nl = line->n > seen
			 ? memchr(line->p + seen, '\n', line->n - seen)
			 : NULL;
		if (nl != NULL)
			line->n = (size_t)(nl - line->p);
		if (line->n > MS_POP3_LINE_MAX)
			return ms_pop3_kill(p, err, MS_PROTO,
			    "the server sends a line longer than %d bytes",
			    MS_POP3_LINE_MAX);
		if (nl != NULL)
			break;
		seen = line->n;
		if (ms_pop3_more(p, err) < 0)
			return -1;
	}
	p->at += line->n + 1;
	/* Some servers end all lines with LF; see dots.h. */
	p->lf_lines = line->n == 0 || line->p[line->n - 1] != '\r';
	line->n -= !p->lf_lines;
	return 0;
}

int
ms_pop3_list_line(struct ms_pop3 *p, struct ms_slice *line, struct ms_err *err)
{
	if (ms_pop3_line(p, line, err) < 0)
		return -1;
	if (line->n > 0 && line->p[0] == '.') {
		line->p++;
		if (--line->n == 0)
			return 0;
	}
	return 1;
}

bool
ms_pop3_number(struct ms_slice *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0, digit;
	size_t i;

	for (i = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		digit = (uint64_t)(s->p[i] - '0');
		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	s->p += i;
	s->n -= i;
	*out = v;
	return i > 0;
}

/* ---- answers ---- */

static bool
begins(struct ms_slice s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && strncasecmp((const char *)s.p, word, n) == 0;
}

int
ms_pop3_status(struct ms_slice line, struct ms_slice *reply)
{
	int rc = begins(line, "+OK") ? 1 : begins(line, "-ERR") ? 0 : -1;
	size_t skip = rc == 1 ? 3 : rc == 0 ? 4 : 0;

	while (skip < line.n && (line.p[skip] == ' ' || line.p[skip] == '\t'))
		skip++;
	reply->p = line.p + skip;
	reply->n = line.n - skip;
	return rc;
}

const char *
ms_pop3_reply(struct ms_slice reply, char out[MS_POP3_REPLY_MAX + 1])
{
	size_t i;

	if (reply.n == 0)
		return "no reason given";
	for (i = 0; i < MS_POP3_REPLY_MAX && i < reply.n; i++) {
		out[i] = (char)reply.p[i];
		if (reply.p[i] < 0x20 || reply.p[i] == 0x7f)
			out[i] = '?';
	}
	out[i] = '\0';
	if (!ms_utf8_valid((const unsigned char *)out, i))
		for (i = 0; out[i] != '\0'; i++)
			if ((unsigned char)out[i] >= 0x80)
				out[i] = '?';
	return out;
}

bool
ms_pop3_has_code(struct ms_slice reply, const char *code)
{
	size_t n = strlen(code);

	return reply.n >= n + 2 && reply.p[0] == '[' && reply.p[n + 1] == ']' &&
	       strncasecmp((const char *)reply.p + 1, code, n) == 0;
}

enum ms_code
ms_pop3_code(struct ms_slice reply, enum ms_code otherwise)
{
	static const struct {
		const char *text;
		enum ms_code code;
	} codes[] = {{"AUTH", MS_AUTH}, {"IN-USE", MS_TEMP},
	    {"LOGIN-DELAY", MS_TEMP}, {"SYS/TEMP", MS_TEMP},
	    {"SYS/PERM", MS_NOINPUT}};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (ms_pop3_has_code(reply, codes[i].text))
			return codes[i].code;
	return otherwise;
}

int
ms_pop3_answer(struct ms_pop3 *p, const char *what, struct ms_slice *reply,
    struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice line;
	int rc;

	if (ms_pop3_line(p, &line, err) < 0)
		return -1;
	rc = ms_pop3_status(line, reply);
	if (rc < 0)
		return ms_pop3_kill(p, err, MS_PROTO,
		    "the server's answer to %s is invalid: %s", what,
		    ms_pop3_reply(line, text));
	return rc;
}

/* ---- capabilities ---- */

/* Returns the next word of a line; empty at the end. */
static struct ms_slice
next_word(struct ms_slice *s)
{
	struct ms_slice word;

	while (s->n > 0 && *s->p == ' ')
		s->p++, s->n--;
	word = *s;
	while (s->n > 0 && *s->p != ' ')
		s->p++, s->n--;
	word.n = (size_t)(s->p - word.p);
	return word;
}

static bool
is_word(struct ms_slice s, const char *word)
{
	return s.n == strlen(word) && begins(s, word);
}

static void
parse_capability(struct ms_pop3 *p, struct ms_slice line)
{
	static const struct {
		const char *word;
		unsigned bit;
	} known[] = {{"STLS", MS_POP3_STLS}, {"USER", MS_POP3_USER},
	    {"UIDL", MS_POP3_UIDL}, {"TOP", MS_POP3_TOP},
	    {"PIPELINING", MS_POP3_PIPELINING}};
	struct ms_slice word = next_word(&line), value;
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_word(word, known[i].word))
			p->capabilities |= known[i].bit;
	if (is_word(word, "SASL")) {
		while ((value = next_word(&line)).n > 0)
			p->mechs |= MS_MECH_BIT(
			    ms_mech_of((const char *)value.p, value.n));
		p->mechs &= ~MS_MECH_BIT(MS_MECH_AUTO); /* unknown ones */
		return;
	}
	value = next_word(&line);
	if (!ms_pop3_number(&value, UINT32_MAX, &n))
		return;
	if (is_word(word, "LOGIN-DELAY"))
		p->login_delay = (unsigned)n;
	else if (is_word(word, "EXPIRE") && n == 0)
		p->capabilities |= MS_POP3_EXPIRE_NOW;
}

int
ms_pop3_ask_capabilities(struct ms_pop3 *p, struct ms_err *err)
{
	struct ms_slice line;
	int i, rc;

	p->capabilities = p->mechs = p->login_delay = 0;
	if (p->no_capa)
		return 0;
	if (ms_pop3_send(p, "CAPA\r\n", 6, err) < 0)
		return -1;
	rc = ms_pop3_answer(p, "CAPA", &line, err);
	if (rc < 0)
		return ms_context(err, MS_POP3_AT_CAPA);
	if (rc == 0)
		return 0;
	p->capabilities = MS_POP3_CAPA;
	for (i = 0; i < MS_POP3_CAPAS_MAX; i++) {
		rc = ms_pop3_list_line(p, &line, err);
		if (rc <= 0)
			return rc;
		parse_capability(p, line);
	}
	return ms_pop3_kill(p, err, MS_PROTO,
	    "the server has more than %d capabilities", MS_POP3_CAPAS_MAX);
}

/* ---- beginning and end ---- */

static int
read_greeting(struct ms_pop3 *p, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice reply;
	int rc = ms_pop3_answer(p, "a connection", &reply, err);

	if (rc == 0)
		rc = ms_pop3_kill(p, err, ms_pop3_code(reply, MS_TEMP),
		    "the server ends the session: %s",
		    ms_pop3_reply(reply, text));
	return rc < 0 ? -1 : 0;
}

/* Nothing that was received before TLS may be used after it (RFC 2595, 9). */
static int
upgrade(struct ms_pop3 *p, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice reply;
	struct ms_err why = {0};
	int rc;

	if (!(p->capabilities & MS_POP3_STLS))
		return ms_pop3_kill(
		    p, err, MS_PROTO, "the server does not offer STLS");
	if (ms_pop3_send(p, "STLS\r\n", 6, err) < 0)
		return -1;
	rc = ms_pop3_answer(p, "STLS", &reply, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return ms_pop3_kill(p, err, MS_PROTO,
		    "the server refuses STLS: %s", ms_pop3_reply(reply, text));
	if (p->at < p->end)
		return ms_pop3_kill(p, err, MS_PROTO,
		    "the server sends plain text after its answer to STLS");
	if (ms_conn_tls(p->conn, &why) < 0)
		return ms_pop3_kill(p, err, why.code, "%s", why.msg);
	return ms_pop3_ask_capabilities(p, err);
}

int
ms_pop3_open(struct ms_pop3 **out, struct ms_conn *conn, enum ms_tls tls,
    bool no_capa, struct ms_err *err)
{
	struct ms_pop3 *p = ms_xcalloc(1, sizeof(*p));

	p->conn = conn;
	p->no_capa = no_capa;
	p->body.fd = -1;
	p->hasher = ms_message_hasher_new();
	if (read_greeting(p, err) < 0 || ms_pop3_ask_capabilities(p, err) < 0 ||
	    (tls == MS_TLS_UPGRADE && upgrade(p, err) < 0)) {
		p->dead = true;
		ms_pop3_close(p);
		return -1;
	}
	*out = p;
	return 0;
}

bool
ms_pop3_usable(const struct ms_pop3 *p)
{
	return !p->dead;
}

/* Would QUIT delete messages that were not marked? */
static bool
quit_deletes_more(const struct ms_pop3 *p)
{
	return p->downloaded.n > 0;
}

int
ms_pop3_quit(struct ms_pop3 *p, struct ms_err *err)
{
	char text[MS_POP3_REPLY_MAX + 1];
	struct ms_slice reply;
	int rc;

	if (is_dead(p, err))
		return -1;
	if (quit_deletes_more(p))
		return ms_pop3_kill(p, err, MS_NOINPUT,
		    "nothing deleted: at QUIT this server deletes all messages "
		    "that were downloaded (EXPIRE 0)");
	if (ms_pop3_send(p, "QUIT\r\n", 6, err) < 0)
		return -1;
	rc = ms_pop3_answer(p, "QUIT", &reply, err);
	if (rc == 0)
		return ms_pop3_kill(p, err, MS_TEMP, "QUIT refused: %s",
		    ms_pop3_reply(reply, text));
	ms_pop3_kill(p, NULL, MS_BUG, "the session has been ended");
	return rc < 0 ? -1 : 0;
}

void
ms_pop3_close(struct ms_pop3 *p)
{
	if (p == NULL)
		return;
	if (!p->dead && !p->marked && !quit_deletes_more(p))
		(void)ms_pop3_quit(p, NULL);
	ms_conn_close(p->conn);
	ms_message_hasher_free(p->hasher);
	ms_buf_release(&p->head);
	ms_buf_release(&p->downloaded);
	ms_spool_release(&p->body);
	free(p);
}
