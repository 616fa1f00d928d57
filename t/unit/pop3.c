/* pop3.c - the POP3 client with a server that answers from a table. */
#include "pop3.h"
#include "pop3/impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "tap.h"

/* ---- the server ---- */

struct reply {
	const char *command; /* NULL: the greeting */
	const char *text;
	size_t n;
};
#define REPLY(command, text)                                                   \
	{                                                                      \
		command, text, sizeof(text) - 1                                \
	}
#define REPLIES_MAX 16

/* Answers each command with the first reply to it that was not yet used, or
 * else the last used; RETR and TOP without one get a small message. */
struct server {
	const struct reply *replies; /* ends with {0}, but for a first one */
	bool used[REPLIES_MAX];
	size_t piece; /* bytes it says at once */
	struct ms_buf says, heard;
	size_t said, looked;    /* in says, in heard */
	size_t waiting, widest; /* commands without an answer */
};

static void
answer_command(struct server *s, const char *command)
{
	const struct reply *r = NULL;
	size_t i;

	for (i = 0; s->replies[i].text != NULL; i++)
		if (s->replies[i].command != NULL &&
		    strcmp(command, s->replies[i].command) == 0) {
			r = s->replies + i;
			if (!s->used[i])
				break;
		}
	if (r != NULL) {
		s->used[r - s->replies] = true;
		ms_buf_add(&s->says, r->text, r->n);
	} else if (strncmp(command, "RETR", 4) == 0) {
		ms_buf_printf(&s->says,
		    "+OK\r\nSubject: %s\r\n\r\nbody\r\n.\r\n", command + 5);
	} else if (strncmp(command, "DELE", 4) == 0) {
		ms_buf_add_str(&s->says, "+OK\r\n");
	} else {
		ms_buf_add_str(&s->says, "-ERR what\r\n");
	}
}

/* The server answers all commands that it has got, and then waits for more. */
static size_t
server_says(void *ctx, void *p, size_t n)
{
	struct server *s = ctx;
	size_t pending = 0;
	char *line, *nl;

	line = ms_buf_str(&s->heard) + s->looked;
	while (s->said == s->says.n && (nl = strchr(line, '\n')) != NULL) {
		char *next;

		for (next = line, pending = 0; (next = strchr(next, '\n'));
		     next++)
			pending++;
		if (pending > s->widest)
			s->widest = pending;
		nl[-1] = '\0';
		answer_command(s, line);
		nl[-1] = '\r';
		line = nl + 1;
	}
	s->looked = (size_t)(line - (char *)s->heard.p);
	if (n > s->says.n - s->said)
		n = s->says.n - s->said;
	if (n > s->piece)
		n = s->piece;
	memcpy(p, s->says.p + s->said, n);
	s->said += n;
	return n;
}

static void
server_hears(void *ctx, const void *p, size_t n)
{
	struct server *s = ctx;

	ms_buf_add(&s->heard, p, n);
}

/* A session with it; what goes wrong at once is in err. */
static struct ms_pop3 *
session(struct server *s, const struct reply *replies, size_t piece,
    enum ms_tls tls, struct ms_err *err)
{
	const struct ms_conn_peer peer = {
	    .says = server_says, .hears = server_hears, .ctx = s};
	struct ms_pop3 *p = NULL;

	*s = (struct server){.replies = replies, .piece = piece};
	ms_buf_add(&s->says, replies[0].text, replies[0].n);
	*err = (struct ms_err){0};
	if (ms_pop3_open(&p, ms_conn_with(&peer), tls, false, err) < 0)
		return NULL;
	return p;
}

static void
over(struct server *s, struct ms_pop3 *p)
{
	ms_pop3_close(p);
	ms_buf_release(&s->says);
	ms_buf_release(&s->heard);
}

static bool
heard(const struct server *s, const char *text)
{
	return memmem(s->heard.p, s->heard.n, text, strlen(text)) != NULL;
}

#define GREETING REPLY(NULL, "+OK ready\r\n")
#define CAPAS                                                                  \
	REPLY("CAPA", "+OK\r\nPIPELINING\r\nUIDL\r\nTOP\r\nUSER\r\nSTLS\r\n"   \
		      "SASL PLAIN\r\nLOGIN-DELAY 300\r\n.\r\n")
#define QUIT REPLY("QUIT", "+OK bye\r\n")

/* ---- texts ---- */

/* ---- beginning ---- */

static const struct open_row {
	const char *name;
	enum ms_tls tls;
	struct reply replies[REPLIES_MAX];
	enum ms_code code; /* MS_OK: it opens */
	unsigned capabilities;
	const char *words;
	const char *silent; /* what must not have been sent */
} opens[] = {
    {"a server without CAPA", MS_TLS_DONE, {GREETING, QUIT}, MS_OK, 0, "",
	"STLS"},
    {"capabilities", MS_TLS_DONE, {GREETING, CAPAS, QUIT}, MS_OK,
	MS_POP3_CAPA | MS_POP3_PIPELINING | MS_POP3_UIDL | MS_POP3_TOP |
	    MS_POP3_USER | MS_POP3_STLS,
	"", "STLS"},
    {"odd capabilities", MS_TLS_DONE,
	{GREETING,
	    REPLY("CAPA", "+ok\r\n\r\n uidl\r\ntop  \r\nUIDLX\r\n..\r\n"
			  "EXPIRE 0 USER\r\nSASL\r\n\0\xff\r\n.\r\n"),
	    QUIT},
	MS_OK, MS_POP3_CAPA | MS_POP3_UIDL | MS_POP3_TOP | MS_POP3_EXPIRE_NOW,
	"", "STLS"},
    {"EXPIRE that is not 0", MS_TLS_DONE,
	{GREETING,
	    REPLY("CAPA", "+OK\r\nEXPIRE 00010\r\nEXPIRE NEVER\r\n.\r\n"),
	    QUIT},
	MS_OK, MS_POP3_CAPA, "", "STLS"},
    {"STLS", MS_TLS_UPGRADE,
	{GREETING, CAPAS, REPLY("STLS", "+OK go\r\n"),
	    REPLY("CAPA", "+OK\r\nTOP\r\n.\r\n"), QUIT},
	MS_OK, MS_POP3_CAPA | MS_POP3_TOP, "", "USER"},
    {"STLS missing", MS_TLS_UPGRADE,
	{GREETING, REPLY("CAPA", "+OK\r\nUSER\r\n.\r\n"), QUIT}, MS_PROTO, 0,
	"the server does not offer STLS", "STLS"},
    {"STLS missing with CAPA", MS_TLS_UPGRADE, {GREETING, QUIT}, MS_PROTO, 0,
	"the server does not offer STLS", "STLS"},
    {"STLS refused", MS_TLS_UPGRADE,
	{GREETING, CAPAS, REPLY("STLS", "-ERR broken\r\n")}, MS_PROTO, 0,
	"the server refuses STLS: broken", "USER"},
    {"STLS with text after it", MS_TLS_UPGRADE,
	{GREETING, CAPAS, REPLY("STLS", "+OK go\r\n+OK\r\nTOP\r\n.\r\n")},
	MS_PROTO, 0, "plain text after its answer to STLS", "USER"},
    {"refused by the greeting", MS_TLS_DONE,
	{REPLY(NULL, "-ERR [SYS/TEMP] too many\r\n")}, MS_TEMP, 0,
	"the server ends the session: [SYS/TEMP] too many", "CAPA"},
    {"refused permanently", MS_TLS_DONE,
	{REPLY(NULL, "-ERR [SYS/PERM] closed\r\n")}, MS_NOINPUT, 0, "closed",
	"CAPA"},
    {"IMAP", MS_TLS_DONE, {REPLY(NULL, "* OK Dovecot\r\n")}, MS_PROTO, 0,
	"the server's answer to a connection is invalid: * OK Dovecot", "CAPA"},
    {"an empty line", MS_TLS_DONE, {REPLY(NULL, "\r\n")}, MS_PROTO, 0,
	"is invalid: no reason given", "CAPA"},
    {"control bytes", MS_TLS_DONE, {REPLY(NULL, "+\0\033[2J\xff\r\n")},
	MS_PROTO, 0, "is invalid: +??[2J?", "CAPA"},
    {"closed at once", MS_TLS_DONE, {REPLY(NULL, "+O")}, MS_TEMP, 0, "closed",
	"CAPA"},
    {"capabilities cut", MS_TLS_DONE,
	{GREETING, REPLY("CAPA", "+OK\r\nTOP\r\n.\r")}, MS_TEMP, 0, "closed",
	"QUIT"},
};

static void
test_opens(void)
{
	const struct open_row *row;
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t i, piece;
	bool good;

	for (i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		row = opens + i;
		good = true;
		/* Text after STLS is noticed only if it arrives together with
		 * the answer. */
		for (piece = 1; piece <= 1000 && good; piece += 999) {
			if (piece == 1 && strstr(row->name, "text after it"))
				continue;
			p = session(&s, row->replies, piece, row->tls, &err);
			good =
			    err.code == row->code &&
			    strstr(err.msg, row->words) != NULL &&
			    !heard(&s, row->silent) &&
			    (p == NULL || p->capabilities == row->capabilities);
			over(&s, p);
		}
		ok(good, "%s", row->name);
		if (!good)
			printf("# %d %s\n", (int)err.code, err.msg);
	}
}

static void
test_long_lines(void)
{
	struct ms_buf text = {0};
	struct reply replies[] = {{0}, QUIT, {0}};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	int i, extra;

	for (extra = 0; extra < 2; extra++) {
		ms_buf_clear(&text);
		ms_buf_add_str(&text, "+OK ");
		while (text.n < MS_POP3_LINE_MAX - 1 + (size_t)extra)
			ms_buf_add_byte(&text, 'x');
		ms_buf_add_str(&text, "\r\n");
		replies[0].text = ms_buf_str(&text);
		replies[0].n = text.n;
		p = session(&s, replies, 1000, MS_TLS_DONE, &err);
		ok((p != NULL) == (extra == 0) &&
			(extra == 0 ||
			    strstr(err.msg, "longer than 4096 bytes")),
		    "a line of %zu bytes", text.n);
		over(&s, p);
	}
	ms_buf_clear(&text);
	for (i = 0; i < 200000; i++)
		ms_buf_add_byte(&text, 'x');
	replies[0].text = ms_buf_str(&text);
	replies[0].n = text.n;
	p = session(&s, replies, SIZE_MAX, MS_TLS_DONE, &err);
	ok(p == NULL && strstr(err.msg, "longer than 4096 bytes"),
	    "a line without an end is refused");
	over(&s, p);
	ms_buf_clear(&text);
	ms_buf_add_str(&text, "+OK\r\n");
	for (i = 0; i <= MS_POP3_CAPAS_MAX; i++)
		ms_buf_add_str(&text, "X\r\n");
	replies[0] = (struct reply)GREETING;
	replies[1] = (struct reply){"CAPA", ms_buf_str(&text), text.n};
	p = session(&s, replies, SIZE_MAX, MS_TLS_DONE, &err);
	ok(p == NULL && strstr(err.msg, "more than 500 capabilities"),
	    "capabilities without an end are refused");
	over(&s, p);
	ms_buf_release(&text);
}

/* ---- login ---- */

#define NO_MECHS REPLY("CAPA", "+OK\r\nUSER\r\nLOGIN-DELAY 300\r\n.\r\n")
#define USER_OK REPLY("USER alice", "+OK\r\n")
#define ALICE                                                                  \
	{                                                                      \
		.login = "alice", .secret = "se cret", .host = "h",            \
		.port = 995, .tls = true                                       \
	}

static const struct login_row {
	const char *name;
	struct ms_login login;
	struct reply replies[REPLIES_MAX];
	enum ms_code code;
	unsigned backoff;
	const char *words;
	const char *heard;
} logins[] = {
    {"USER and PASS", ALICE,
	{GREETING, NO_MECHS, USER_OK, REPLY("PASS se cret", "+OK\r\n"), QUIT},
	MS_OK, 0, "", "USER alice\r\nPASS se cret\r\nCAPA\r\nQUIT\r\n"},
    {"without CAPA", ALICE,
	{GREETING, USER_OK, REPLY("PASS se cret", "+OK\r\n"), QUIT}, MS_OK, 0,
	"", "USER alice\r\nPASS se cret\r\nQUIT\r\n"},
    {"USER refused", ALICE,
	{GREETING, NO_MECHS, REPLY("USER alice", "-ERR who\r\n"), QUIT},
	MS_AUTH, 0, "login refused: who", "USER alice\r\nQUIT\r\n"},
    {"PASS refused", ALICE,
	{GREETING, NO_MECHS, USER_OK, REPLY("PASS se cret", "-ERR\r\n"), QUIT},
	MS_AUTH, 0, "login refused: no reason given", "cret\r\nQUIT\r\n"},
    {"[AUTH]", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [AUTH] no\r\n"), QUIT},
	MS_AUTH, 0, "login refused: [AUTH] no", "PASS"},
    {"[IN-USE]", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [IN-USE] locked\r\n"), QUIT},
	MS_TEMP, 0, "[IN-USE] locked", "PASS"},
    {"[LOGIN-DELAY]", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [login-delay] wait\r\n"), QUIT},
	MS_TEMP, 300, "wait", "PASS"},
    {"[SYS/TEMP]", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [SYS/TEMP] later\r\n"), QUIT},
	MS_TEMP, 0, "later", "PASS"},
    {"[SYS/PERM]", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [SYS/PERM] broken\r\n"), QUIT},
	MS_NOINPUT, 0, "broken", "PASS"},
    {"not a code", ALICE,
	{GREETING, NO_MECHS, USER_OK,
	    REPLY("PASS se cret", "-ERR [IN-USELESS] hm\r\n"), QUIT},
	MS_AUTH, 0, "hm", "PASS"},
    {"an invalid answer", ALICE,
	{GREETING, NO_MECHS, USER_OK, REPLY("PASS se cret", "OK\r\n"), QUIT},
	MS_PROTO, 0, "the server's answer to PASS is invalid: OK", "PASS"},
    {"an authzid needs PLAIN",
	{.login = "m", .authzid = "a", .secret = "s", .host = "h", .tls = true},
	{GREETING, CAPAS, REPLY("AUTH PLAIN", "+ \r\n"),
	    REPLY("YQBtAHM=", "+OK\r\n"), QUIT},
	MS_OK, 0, "", "AUTH PLAIN\r\nYQBtAHM=\r\nCAPA\r\n"},
    {"a challenge without a blank",
	{.login = "m", .authzid = "a", .secret = "s", .host = "h", .tls = true},
	{GREETING, CAPAS, REPLY("AUTH PLAIN", "+\r\n"),
	    REPLY("YQBtAHM=", "-ERR [AUTH] no\r\n"), QUIT},
	MS_AUTH, 0, "login refused: [AUTH] no", "YQBtAHM=\r\nQUIT\r\n"},
    {"AUTH refused",
	{.login = "m", .authzid = "a", .secret = "s", .host = "h", .tls = true},
	{GREETING, CAPAS, REPLY("AUTH PLAIN", "-ERR off\r\n"), QUIT}, MS_AUTH,
	0, "off", "AUTH PLAIN\r\nQUIT\r\n"},
    {"an invalid answer to AUTH",
	{.login = "m", .authzid = "a", .secret = "s", .host = "h", .tls = true},
	{GREETING, CAPAS, REPLY("AUTH PLAIN", "+- hm\r\n"), QUIT}, MS_PROTO, 0,
	"the server's answer to AUTH is invalid", "AUTH PLAIN\r\n"},
    {"a token without a mechanism for it",
	{.login = "a", .secret = "t", .token = true, .host = "h", .tls = true},
	{GREETING, CAPAS, QUIT}, MS_NOINPUT, 0, "", "CAPA\r\nQUIT\r\n"},
    {"CR and LF in a password",
	{.login = "a", .secret = "x\r\nDELE 1", .host = "h"},
	{GREETING, NO_MECHS, QUIT}, MS_USAGE, 0, "", "CAPA\r\nQUIT\r\n"},
};

static void
test_logins(void)
{
	const struct login_row *row;
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	unsigned backoff;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		row = logins + i;
		p = session(&s, row->replies, 1000, MS_TLS_DONE, &err);
		rc = ms_pop3_login(p, &row->login, &err);
		backoff = ms_pop3_backoff(p);
		ms_pop3_close(p);
		ok((rc == 0) == (row->code == MS_OK) && err.code == row->code &&
			strstr(err.msg, row->words) != NULL &&
			backoff == row->backoff && heard(&s, row->heard),
		    "login: %s", row->name);
		if (err.code != row->code)
			printf("# %d %s\n", (int)err.code, err.msg);
		over(&s, NULL);
	}
}

/* ---- lists ---- */

static const struct list_row {
	const char *name, *stat, *list, *uidl;
	const char *want; /* as dump() has it, or the error's words */
} lists[] = {
    {"no messages", "+OK 0 0\r\n", "+OK\r\n.\r\n", "+OK\r\n.\r\n", "0 0 0"},
    {"two messages", "+OK 2 320\r\n",
	"+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n",
	"+OK\r\n1 a\r\n2 b!\r\n.\r\n", "1:120:a 2:200:b! 0 0 0"},
    {"text after a size", "+OK 1 2 and so on\r\n",
	"+OK\r\n1 120 octets\r\n.\r\n", "+OK\r\n1 a  \r\n.\r\n",
	"1:120:a 0 0 0"},
    {"gaps and no order", "+OK 3 0\r\n", "+OK\r\n9 1\r\n2 0\r\n4 3\r\n.\r\n",
	"+OK\r\n4 c\r\n2 d\r\n9 b\r\n.\r\n", "2:0:d 4:3:c 9:1:b 0 0 0"},
    {"large numbers", "+OK 1 0\r\n",
	"+OK\r\n4294967295 18446744073709551615\r\n.\r\n",
	"+OK\r\n4294967295 x\r\n.\r\n",
	"4294967295:18446744073709551615:x 0 0 0"},
    {"no UIDL", "+OK 2 9\r\n", "+OK\r\n1 4\r\n2 5\r\n.\r\n", "-ERR what\r\n",
	"1:4:- 2:5:- 0 0 2 no-uidl"},
    {"UIDL lacks one", "+OK 2 9\r\n", "+OK\r\n1 4\r\n2 5\r\n.\r\n",
	"+OK\r\n2 b\r\n.\r\n", "1:4:- 2:5:b 0 0 1"},
    {"LIST lacks one", "+OK 2 9\r\n", "+OK\r\n2 5\r\n.\r\n",
	"+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n", "1:?:a 2:5:b 3:?:c 0 0 0"},
    {"STAT counts more messages", "+OK 7 9\r\n", "+OK\r\n2 5\r\n.\r\n",
	"+OK\r\n2 b\r\n.\r\n", "2:5:b 6 0 0"},
    {"two have the same UIDL", "+OK 3 9\r\n",
	"+OK\r\n1 1\r\n2 2\r\n3 3\r\n4 4\r\n.\r\n",
	"+OK\r\n1 b\r\n2 a\r\n3 a\r\n4 aa\r\n.\r\n",
	"1:1:b 2:2:- 3:3:- 4:4:aa 0 2 0"},
    {"invalid UIDLs", "+OK 4 9\r\n", "+OK\r\n1 1\r\n2 2\r\n3 3\r\n4 4\r\n.\r\n",
	"+OK\r\n1 \r\n2\r\n3 a b\r\n4 a\xff\r\n.\r\n",
	"1:1:- 2:2:- 3:3:a 4:4:- 0 0 3"},
    {"dots", "+OK 1 9\r\n", "+OK\r\n.1 1\r\n.\r\n", "+OK\r\n..1 x\r\n.\r\n",
	"1:1:- 0 0 1 bad 1 UIDL: .1 x"},
    {"STAT: none", "+OK\r\n", "+OK\r\n2 5\r\n.\r\n", "+OK\r\n2 b\r\n.\r\n",
	"2:5:b 0 0 0 bad 1 STAT: "},
    {"STAT: words", "+OK many\r\n", "+OK\r\n2 5\r\n.\r\n",
	"+OK\r\n2 b\r\n.\r\n", "2:5:b 0 0 0 bad 1 STAT: many"},
    {"STAT: glued", "+OK 2x\r\n", "+OK\r\n2 5\r\n.\r\n", "+OK\r\n2 b\r\n.\r\n",
	"2:5:b 0 0 0 bad 1 STAT: 2x"},
    {"STAT: above 2^64", "+OK 18446744073709551616 1\r\n",
	"+OK\r\n2 5\r\n.\r\n", "+OK\r\n2 b\r\n.\r\n",
	"2:5:b 0 0 0 bad 1 STAT: 18446744073709551616 1"},
    {"STAT: words, and nothing is listed", "+OK many\r\n", "+OK\r\n.\r\n",
	"+OK\r\n.\r\n",
	"no message is listed, and an answer is invalid: STAT: many"},
    {"STAT and a line of LIST", "+OK many\r\n", "+OK\r\n1 5\r\n? 6\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:5:a 1 0 0 bad 2 STAT: many"},
    {"STAT: many", "+OK 4000000000 1\r\n", "+OK\r\n2 5\r\n.\r\n",
	"+OK\r\n2 b\r\n.\r\n", "2:5:b 0 0 0 bad 1 STAT: 4000000000 1"},
    {"STAT refused", "-ERR [SYS/TEMP] ill\r\n", "", "",
	"STAT refused: [SYS/TEMP] ill"},
    {"LIST refused", "+OK 1 1\r\n", "-ERR no\r\n", "", "LIST refused: no"},
    {"LIST: 0", "+OK 1 1\r\n", "+OK\r\n0 1\r\n1 9\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:9:a 0 0 0 bad 1 LIST: 0 1"},
    {"LIST: 0, and a message is missing", "+OK 2 1\r\n",
	"+OK\r\n1 9\r\n0 1\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n",
	"1:9:a 1 0 0 bad 1 LIST: 0 1"},
    {"LIST: above 2^32", "+OK 1 1\r\n", "+OK\r\n4294967296 1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0 bad 1 LIST: 4294967296 1"},
    {"LIST: number above 2^64", "+OK 1 1\r\n",
	"+OK\r\n18446744073709551617 1\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n",
	"1:?:a 0 0 0 bad 1 LIST: 18446744073709551617 1"},
    {"LIST: number below 0", "+OK 1 1\r\n", "+OK\r\n-1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0 bad 1 LIST: -1 1"},
    {"LIST: number with a sign", "+OK 1 1\r\n", "+OK\r\n+1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0 bad 1 LIST: +1 1"},
    {"LIST: number with a point", "+OK 1 1\r\n", "+OK\r\n1. 1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0 bad 1 LIST: 1. 1"},
    {"LIST: a tab", "+OK 1 1\r\n", "+OK\r\n1\t9\r\n.\r\n",
	"+OK\r\n1\ta\r\n.\r\n", "1:9:a 0 0 0"},
    {"LIST: above 2^64", "+OK 1 1\r\n",
	"+OK\r\n1 18446744073709551616\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n",
	"1:?:a 0 0 0"},
    {"LIST: negative", "+OK 1 1\r\n", "+OK\r\n1 -1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0"},
    {"LIST: no size", "+OK 1 1\r\n", "+OK\r\n1\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n",
	"1:?:a 0 0 0"},
    {"LIST: glued", "+OK 1 1\r\n", "+OK\r\n1 2x\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0"},
    {"LIST: an empty line", "+OK 1 1\r\n", "+OK\r\n\r\n1 9\r\n\r\n.\r\n",
	"+OK\r\n\r\n1 a\r\n.\r\n", "1:9:a 0 0 0 bad 3 LIST: "},
    {"LIST: garbage", "+OK 3 1\r\n", "+OK\r\n\xff\x01\r\n2 9\r\n.\r\n",
	"+OK\r\n1 a\r\n2 b\r\n.\r\n", "1:?:a 2:9:b 1 0 0 bad 1 LIST: ??"},
    {"LIST: twice with a size", "+OK 2 1\r\n",
	"+OK\r\n1 1\r\n2 1\r\n1 1\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n",
	"1:1:a 2:1:b 0 0 0 bad 1 LIST: 1, twice"},
    {"LIST: twice with two sizes", "+OK 3 1\r\n",
	"+OK\r\n1 1\r\n2 1\r\n1 2\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n",
	"1:?:a 2:1:b 1 0 0 bad 1 LIST: 1, twice"},
    {"LIST: three times", "+OK 1 1\r\n", "+OK\r\n1 1\r\n1 2\r\n1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n.\r\n", "1:?:a 0 0 0 bad 2 LIST: 1, twice"},
    {"UIDL: 0", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n", "+OK\r\n0 a\r\n.\r\n",
	"1:1:- 0 0 1 bad 1 UIDL: 0 a"},
    {"UIDL: above 2^32", "+OK 2 1\r\n", "+OK\r\n1 1\r\n2 1\r\n.\r\n",
	"+OK\r\n1 a\r\n4294967297 a\r\n.\r\n",
	"1:1:a 2:1:- 0 0 1 bad 1 UIDL: 4294967297 a"},
    {"UIDL: words", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n",
	"+OK\r\none a\r\n.\r\n", "1:1:- 0 0 1 bad 1 UIDL: one a"},
    {"UIDL and LIST lose the same message", "+OK 2 1\r\n",
	"+OK\r\n1 1\r\ntwo 2\r\n.\r\n", "+OK\r\n1 a\r\ntwo b\r\n.\r\n",
	"1:1:a 1 0 0 bad 2 LIST: two 2"},
    {"UIDL: twice", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n1 b\r\n.\r\n", "1:1:- 0 0 1 bad 1 UIDL: 1, twice"},
    {"UIDL: twice the same", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n1 a\r\n.\r\n", "1:1:a 0 0 0 bad 1 UIDL: 1, twice"},
    {"UIDL: twice, one invalid", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n",
	"+OK\r\n1 a\r\n1 \xff\r\n.\r\n", "1:1:- 0 0 1 bad 1 UIDL: 1, twice"},
    {"UIDL: an invalid answer", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n",
	"1 a\r\n.\r\n", "answer to UIDL is invalid: 1 a"},
    {"UIDL: cut", "+OK 1 1\r\n", "+OK\r\n1 1\r\n.\r\n", "+OK\r\n1 a\r\n",
	"closed"},
};

static void
dump(const struct ms_pop3_list *l, struct ms_buf *out)
{
	const struct ms_pop3_item *item;
	size_t i;

	for (i = 0; i < l->count; i++) {
		item = l->items + i;
		ms_buf_printf(out, "%" PRIu32 ":", item->number);
		if (item->has_size)
			ms_buf_printf(out, "%" PRIu64, item->size);
		else
			ms_buf_add_byte(out, '?');
		ms_buf_printf(
		    out, ":%s ", item->uidl != NULL ? item->uidl : "-");
	}
	ms_buf_printf(out, "%" PRIu64 " %zu %zu%s", l->missing, l->shared,
	    l->without, l->no_uidl ? " no-uidl" : "");
	if (l->unusable > 0)
		ms_buf_printf(out, " bad %zu %s", l->unusable, l->example);
}

static void
test_lists(void)
{
	struct ms_pop3_list list = {0};
	struct ms_buf got = {0};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t i, mode;
	bool good;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct list_row *row = lists + i;
		const struct reply replies[] = {GREETING, CAPAS,
		    {"STAT", row->stat, strlen(row->stat)},
		    {"LIST", row->list, strlen(row->list)},
		    {"UIDL", row->uidl, strlen(row->uidl)}, QUIT, {0}};
		struct reply plain[REPLIES_MAX];

		memcpy(plain, replies, sizeof(replies));
		plain[1] = (struct reply)REPLY("CAPA", "-ERR\r\n");
		good = true;
		for (mode = 0; mode < 4 && good; mode++) {
			p = session(&s, mode < 2 ? replies : plain,
			    mode % 2 == 0 ? 1 : 1000, MS_TLS_DONE, &err);
			ms_buf_clear(&got);
			if (ms_pop3_list(p, &list, &err) == 0)
				dump(&list, &got);
			good = strstr(err.code == MS_OK ? ms_buf_str(&got)
							: err.msg,
				   row->want) != NULL &&
			       ms_pop3_usable(p) == (err.code == MS_OK) &&
			       s.widest == (mode < 2 ? 3 : 1);
			ms_pop3_list_release(&list);
			over(&s, p);
		}
		ok(good, "list: %s", row->name);
		if (!good)
			printf("# %s %s\n", ms_buf_str(&got), err.msg);
	}
	ms_buf_release(&got);
}

/* ---- messages ---- */

/* The results as text: "0=body|1!reason|". */
struct told {
	struct ms_buf text;
	size_t stop_at;
};

static int
on_message(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct told *t = ctx;

	if (index == t->stop_at)
		return ms_fail(err, MS_IO, "enough");
	ms_buf_printf(&t->text, "%zu=", index);
	ms_spool_emit(body, ms_buf_append, &t->text, err);
	ms_buf_add_byte(&t->text, '|');
	return 0;
}

static int
on_head(void *ctx, size_t index, const struct ms_pop3_head *head,
    struct ms_err *err)
{
	struct told *t = ctx;
	char hex[MS_SHA_HEX + 1];

	(void)err;
	ms_hex(head->digest, sizeof(head->digest), hex);
	hex[8] = '\0';
	ms_buf_printf(&t->text, "%zu=%s", index, hex);
	if (head->has_date)
		ms_buf_printf(&t->text, "@%" PRId64, head->date);
	ms_buf_add_byte(&t->text, '|');
	return 0;
}

static void
on_failed(void *ctx, size_t index, const char *reason)
{
	struct told *t = ctx;

	ms_buf_printf(&t->text, "%zu!%s|", index, reason);
}

static void
on_marked(void *ctx, size_t index)
{
	struct told *t = ctx;

	ms_buf_printf(&t->text, "%zu-|", index);
}

/* Fetches messages 1, 2 and 3. */
static void
check_fetch(const char *name, const struct reply *replies, const char *want,
    size_t n, size_t want_done, enum ms_code code, size_t stop_at)
{
	const struct ms_pop3_item items[] = {{.number = 1},
	    {.number = 2, .has_size = true, .size = 9}, {.number = 3}};
	struct told told = {.stop_at = stop_at};
	const struct ms_pop3_sink sink = {
	    .message = on_message, .failed = on_failed, .ctx = &told};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t done = 99, piece;
	bool good = true;

	for (piece = 1; piece < 50 && good; piece++) {
		p = session(&s, replies, piece, MS_TLS_DONE, &err);
		ms_buf_clear(&told.text);
		ms_pop3_fetch(p, items, 3, &done, &sink, &err);
		good = done == want_done && err.code == code &&
		       told.text.n == n &&
		       (n == 0 || memcmp(told.text.p, want, n) == 0) &&
		       ms_pop3_usable(p) == (code == MS_OK);
		ms_pop3_close(p);
		good = good && heard(&s, "QUIT") == (code == MS_OK);
		over(&s, NULL);
	}
	ok(good, "fetch: %s", name);
	if (!good)
		printf("# %zu %s: %s\n", done, err.msg, ms_buf_str(&told.text));
	ms_buf_release(&told.text);
}
#define FETCH(name, want, done, code, stop, ...)                               \
	do {                                                                   \
		static const struct reply r[REPLIES_MAX] = {                   \
		    GREETING, CAPAS, QUIT, __VA_ARGS__};                       \
		check_fetch(                                                   \
		    name, r, want, sizeof(want) - 1, done, code, stop);        \
	} while (0)

static void
test_fetches(void)
{
	FETCH("all", "0=a\r\n|1=\0.\r\n.\r\n\n.\r\n\r\xff\r\n|2=|", 3, MS_OK, 9,
	    REPLY("RETR 1", "+OK 3 octets\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "+OK\r\n\0.\r\n..\r\n\n.\r\n\r\xff\r\n.\r\n"),
	    REPLY("RETR 3", "+OK\r\n.\r\n"));
	FETCH("a message is refused",
	    "0=a\r\n|1!RETR refused: [SYS/TEMP] no such thing|2=c\r\n|", 3,
	    MS_OK, 9, REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "-ERR [SYS/TEMP] no such thing\r\n"),
	    REPLY("RETR 3", "+OK\r\nc\r\n.\r\n"));
	FETCH("a message has a size and no bytes", "0=a\r\n|1=|2=|", 3, MS_OK,
	    9, REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "+OK\r\n.\r\n"), REPLY("RETR 3", "+OK\r\n.\r\n"));
	FETCH("the connection is cut within the second message", "0=a\r\n|", 1,
	    MS_TEMP, 9, REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "+OK\r\nbbbb\r\nbb"), REPLY("RETR 3", ""));
	FETCH("the connection is cut before the end of the second message",
	    "0=a\r\n|", 1, MS_TEMP, 9, REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "+OK\r\nbbbb\r\n.\r"), REPLY("RETR 3", ""));
	FETCH("the connection is cut between two messages", "0=a\r\n|", 1,
	    MS_TEMP, 9, REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", ""), REPLY("RETR 3", ""));
	FETCH("an invalid answer for the second", "0=a\r\n|", 1, MS_PROTO, 9,
	    REPLY("RETR 1", "+OK\r\na\r\n.\r\n"),
	    REPLY("RETR 2", "there is none\r\n"));
	FETCH("the sink stops", "0=a\r\n|", 1, MS_IO, 1,
	    REPLY("RETR 1", "+OK\r\na\r\n.\r\n"));
}

static void
test_window(bool pipelining)
{
	static const struct reply with[] = {GREETING, CAPAS, QUIT, {0}},
				  without[] = {GREETING, QUIT, {0}};
	enum {
		COUNT = 3000
	};
	struct ms_pop3_item *items = ms_xcalloc(COUNT, sizeof(*items));
	struct told told = {.stop_at = COUNT};
	const struct ms_pop3_sink sink = {
	    .message = on_message, .failed = on_failed, .ctx = &told};
	struct ms_buf want = {0};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t i, done;

	for (i = 0; i < COUNT; i++) {
		items[i].number = (uint32_t)(2 * i + 1);
		ms_buf_printf(&want,
		    "%zu=Subject: %" PRIu32 "\r\n\r\nbody\r\n|", i,
		    items[i].number);
	}
	p = session(&s, pipelining ? with : without, 100, MS_TLS_DONE, &err);
	ok(ms_pop3_fetch(p, items, COUNT, &done, &sink, &err) == 0 &&
		done == COUNT &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&told.text)),
	    "%d messages are fetched", COUNT);
	ok(pipelining
		? s.widest <= MS_POP3_WINDOW && s.widest >= MS_POP3_WINDOW / 2
		: s.widest == 1,
	    "%zu commands are sent before their answers", s.widest);
	over(&s, p);
	ms_buf_release(&told.text);
	ms_buf_release(&want);
	free(items);
}

static void
test_heads(void)
{
	static const struct reply replies[] = {GREETING, CAPAS, QUIT,
	    REPLY("TOP 7 0",
		"+OK\r\nDate: Thu, 1 Jan 1970 00:01:00 +0000\r\n\r\n.\r\n"),
	    REPLY("TOP 8 0", "+OK\r\nA: b\r\n\r\n.\r\n"),
	    /* The bytes after the empty line were not requested. */
	    REPLY("TOP 9 0", "+OK\r\nA: b\r\n\r\nbody\r\n.\r\n"),
	    REPLY("TOP 10 0", "-ERR no\r\n"), {0}},
				  none[] = {GREETING,
				      REPLY("CAPA", "+OK\r\nUIDL\r\n.\r\n"),
				      QUIT, {0}};
	const struct ms_pop3_item items[] = {
	    {.number = 7}, {.number = 8}, {.number = 9}, {.number = 10}};
	struct told told = {0};
	const struct ms_pop3_head_sink sink = {
	    .head = on_head, .failed = on_failed, .ctx = &told};
	unsigned char digest[2][MS_SHA_LEN];
	char hex[2][MS_SHA_HEX + 1];
	struct ms_buf want = {0};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t done;

	ms_sha256(
	    "Date: Thu, 1 Jan 1970 00:01:00 +0000\r\n\r\n", 40, digest[0]);
	ms_sha256("A: b\r\n\r\n", 8, digest[1]);
	ms_hex(digest[0], 4, hex[0]);
	ms_hex(digest[1], 4, hex[1]);
	ms_buf_printf(&want, "0=%s@60|1=%s|2=%s|3!TOP refused: no|", hex[0],
	    hex[1], hex[1]);
	p = session(&s, replies, 10, MS_TLS_DONE, &err);
	ok(ms_pop3_heads(p, items, 4, &done, &sink, &err) == 0 && done == 4 &&
		ms_slice_eq(ms_buf_slice(&want), ms_buf_slice(&told.text)),
	    "headers are fetched: %s", ms_buf_str(&told.text));
	over(&s, p);
	p = session(&s, none, 10, MS_TLS_DONE, &err);
	ok(ms_pop3_heads(p, items, 4, &done, &sink, &err) < 0 && done == 0 &&
		err.code == MS_NOINPUT && ms_pop3_usable(p),
	    "headers of a server without TOP cannot be fetched");
	over(&s, p);
	ms_buf_release(&told.text);
	ms_buf_release(&want);
}

/* ---- deleting ---- */

/* Message 1 is deleted, the DELE of message 2 is refused; one of them is
 * downloaded before, or none (0). */
static void
check_delete(const char *name, const struct reply *quit, uint32_t download,
    enum ms_code code, bool sent)
{
	const struct reply replies[] = {GREETING,
	    REPLY("CAPA", "+OK\r\nEXPIRE 0\r\nPIPELINING\r\n.\r\n"),
	    REPLY("DELE 2", "-ERR no\r\n"), *quit, {0}};
	const struct reply *r = replies;
	const struct ms_pop3_item items[] = {{.number = 1}, {.number = 2}};
	struct told told = {.stop_at = 9};
	const struct ms_pop3_sink sink = {
	    .message = on_message, .failed = on_failed, .ctx = &told};
	const struct ms_pop3_delete_sink marks = {
	    .marked = on_marked, .failed = on_failed, .ctx = &told};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t done;
	int rc;

	p = session(&s, r, 10, MS_TLS_DONE, &err);
	if (download > 0 && download <= 2)
		ms_pop3_fetch(p, &items[download - 1], 1, &done, &sink, &err);
	ms_buf_clear(&told.text);
	rc = ms_pop3_delete(p, items, 2, &done, &marks, &err);
	ok(rc == 0 && done == 2 &&
		strcmp(ms_buf_str(&told.text), "0-|1!DELE refused: no|") == 0,
	    "delete: %s", name);
	rc = ms_pop3_quit(p, &err);
	ok((rc == 0) == (code == MS_OK) && err.code == code &&
		!ms_pop3_usable(p) && ms_pop3_quit(p, NULL) < 0,
	    "  QUIT: %s", err.msg);
	ms_pop3_close(p);
	ok(heard(&s, "QUIT") == sent, "  %s", sent ? "sent" : "not sent");
	over(&s, NULL);
	ms_buf_release(&told.text);
}

static void
test_deletes(void)
{
	static const struct reply good = QUIT,
				  bad = REPLY("QUIT", "-ERR some remain\r\n"),
				  cut = REPLY("QUIT", "+OK"),
				  odd = REPLY("QUIT", "*OK\r\n");
	const struct ms_pop3_item item = {.number = 1};
	struct told told = {0};
	const struct ms_pop3_delete_sink marks = {
	    .marked = on_marked, .failed = on_failed, .ctx = &told};
	struct server s;
	struct ms_pop3 *p;
	struct ms_err err;
	size_t done;

	check_delete("messages are deleted", &good, 0, MS_OK, true);
	check_delete("QUIT refused", &bad, 0, MS_TEMP, true);
	check_delete("QUIT cut", &cut, 0, MS_TEMP, true);
	check_delete("an invalid answer to QUIT", &odd, 0, MS_PROTO, true);
	check_delete(
	    "after a download with EXPIRE 0", &good, 2, MS_NOINPUT, false);
	/* Messages were marked, but the server has not confirmed that they are
	 * deleted. */
	p = session(&s, (const struct reply[]){GREETING, CAPAS, QUIT, {0}}, 10,
	    MS_TLS_DONE, &err);
	ms_pop3_delete(p, &item, 1, &done, &marks, &err);
	ms_pop3_close(p);
	ok(heard(&s, "DELE 1\r\n") && !heard(&s, "QUIT"),
	    "a session that is only closed deletes nothing");
	over(&s, NULL);
	ms_buf_release(&told.text);
	check_delete("EXPIRE 0, only marked messages were downloaded", &good, 1,
	    MS_OK, true);
}

int
main(void)
{
	test_opens();
	test_long_lines();
	test_logins();
	test_lists();
	test_fetches();
	test_window(true);
	test_window(false);
	test_heads();
	test_deletes();
	return done();
}
