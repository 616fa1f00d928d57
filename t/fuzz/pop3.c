/*
 * pop3.c - fuzzes the answers of a POP3 server. The first byte selects the
 * course of the session; the rest is sent in pieces as the answers. Each
 * message is reported once, in order, and no list contains one twice.
 */
#include "fuzz.h"

#include <string.h>

#include "auth.h"
#include "pop3.h"

#define SESSION "+OK\r\n1 a\r\n2 b\r\n.\r\n"
const struct fuzz_seed fuzz_seeds[] = {
    SEED("\xc0+OK hi\r\n+OK\r\nUIDL\r\nTOP\r\nPIPELINING\r\n.\r\n+OK\r\n+OK\r\n"
	 "+OK\r\nEXPIRE 0\r\nLOGIN-DELAY 9\r\n.\r\n+OK 2 9\r\n"
	 "+OK\r\n1 4\r\n2 5 x\r\n.\r\n" SESSION
	 "+OK\r\nA: b\r\n\r\n..\r\nx\0\r\r\n.\r\n-ERR [SYS/TEMP] no\r\n"
	 "+OK\r\nDate: 1 Jan 2020 00:00 +0100\r\n\r\n.\r\n+OK\r\n\r\n.\r\n"
	 "+OK\r\n-ERR\r\n+OK\r\n"),
    SEED("\x09+OK\r\n+OK\r\nSTLS\r\nSASL PLAIN CRAM-MD5\r\n.\r\n+OK\r\n"
	 "+OK\r\nSASL PLAIN SCRAM-SHA-256\r\n.\r\n+ \r\n+OK\r\n-ERR\r\n"
	 "+OK 0 0\r\n+OK\r\n.\r\n-ERR\r\n+OK\r\n"),
    SEED(
	"\x50+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 3 0\r\n+OK\r\n3 1\r\n1 1\r\n.\r\n"
	"+OK\r\n2 x\r\n1 x\r\n4294967295 y\r\n.\r\n+OK\r\n.a\r\n.\n.\r.\r\n"
	".\r\n+OK\r\n.\r\r\n.\r\n"),
    SEED("\x04-ERR [IN-USE] later\r\n"), SEED("\xc6* OK Dovecot\r\n"),
    SEEDS_END};

/* ---- the server ---- */

struct peer {
	const uint8_t *p;
	size_t n, piece;
};

static size_t
says(void *ctx, void *p, size_t n)
{
	struct peer *s = ctx;

	if (n > s->piece)
		n = s->piece;
	if (n > s->n)
		n = s->n;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return n;
}

/* ---- results ---- */

struct told {
	size_t next; /* the next index */
	uint64_t bytes;
};

static void
due(struct told *t, size_t index)
{
	require(index == t->next++);
}

static int
on_message(
    void *ctx, size_t index, const struct ms_spool *body, struct ms_err *err)
{
	struct told *t = ctx;

	(void)err;
	t->bytes += ms_spool_size(body);
	due(t, index);
	return 0;
}

static int
on_head(void *ctx, size_t index, const struct ms_pop3_head *head,
    struct ms_err *err)
{
	(void)head;
	(void)err;
	due(ctx, index);
	return 0;
}

static void
on_failed(void *ctx, size_t index, const char *reason)
{
	require(*reason != '\0');
	due(ctx, index);
}

static void
on_marked(void *ctx, size_t index)
{
	due(ctx, index);
}

static void
check_list(const struct ms_pop3_list *l)
{
	size_t i, j, named = 0;

	for (i = 0; i < l->count; i++) {
		require(
		    l->items[i].number > (i > 0 ? l->items[i - 1].number : 0));
		named += l->items[i].uidl != NULL;
		for (j = 0; j < i && i < 100; j++)
			require(
			    l->items[i].uidl == NULL ||
			    l->items[j].uidl == NULL ||
			    strcmp(l->items[i].uidl, l->items[j].uidl) != 0);
	}
	require(named + l->shared + l->without == l->count);
	require(!l->no_uidl || named == 0);
	require((l->unusable > 0) == (l->example[0] != '\0'));
}

static void
check_end(
    struct ms_pop3 *p, int rc, size_t done, size_t count, const struct told *t)
{
	require(done == t->next && done <= count);
	require(rc < 0 ? !ms_pop3_usable(p) || done == 0 : done == count);
}

/* ---- a session ---- */

static void
use(struct ms_pop3 *p, bool again, size_t size)
{
	struct ms_pop3_list l = {0};
	struct told t[3] = {0};
	const struct ms_pop3_sink messages = {
	    .message = on_message, .failed = on_failed, .ctx = t};
	const struct ms_pop3_head_sink heads = {
	    .head = on_head, .failed = on_failed, .ctx = t + 1};
	const struct ms_pop3_delete_sink marks = {
	    .marked = on_marked, .failed = on_failed, .ctx = t + 2};
	size_t done, n;
	int rc;

	if (ms_pop3_list(p, &l, NULL) < 0) {
		require(l.items == NULL && !ms_pop3_usable(p));
		return;
	}
	check_list(&l);
	n = l.count;
	rc = ms_pop3_fetch(p, l.items, n, &done, &messages, NULL);
	check_end(p, rc, done, n, t);
	require(t[0].bytes <= size);
	rc = ms_pop3_heads(p, l.items, n, &done, &heads, NULL);
	check_end(p, rc, done, n, t + 1);
	rc = ms_pop3_delete(p, l.items, n, &done, &marks, NULL);
	check_end(p, rc, done, n, t + 2);
	if (again) {
		(void)ms_pop3_quit(p, NULL);
		require(!ms_pop3_usable(p));
		require(ms_pop3_quit(p, NULL) < 0);
	}
	ms_pop3_list_release(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const size_t pieces[] = {1, 3, 100, 65536};
	uint8_t how = n > 0 ? p[0] : 0;
	struct peer peer = {.p = p + (n > 0), .n = n > 0 ? n - 1 : 0};
	const struct ms_conn_peer server = {.says = says, .ctx = &peer};
	struct ms_login login = {.login = "alice",
	    .secret = "secret",
	    .host = "localhost",
	    .port = 995,
	    .tls = (how & 2) == 0};
	struct ms_pop3 *pop;
	struct ms_err err = {0};

	peer.piece = pieces[how >> 6];
	if (how & 8)
		login.authzid = "bob";
	if (how & 4)
		login.mech = MS_MECH_CRAM_MD5;
	if (ms_pop3_open(&pop, ms_conn_with(&server),
		how & 1 ? MS_TLS_UPGRADE : MS_TLS_DONE, (how & 8) != 0,
		&err) < 0) {
		require(err.code != MS_OK && err.msg[0] != '\0');
		return 0;
	}
	if (ms_pop3_login(pop, &login, &err) == 0)
		use(pop, (how & 16) != 0, n);
	else
		require(err.code != MS_OK && err.msg[0] != '\0');
	ms_pop3_close(pop);
	return 0;
}
