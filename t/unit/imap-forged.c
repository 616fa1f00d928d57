/*
 * imap-forged.c - messages whose text looks like responses, on a server that
 * announces a wrong number of bytes for one of them: no text of a message or of
 * its header is ever taken for another message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "imap.h"
#include "message-hasher.h"
#include "tap.h"

/* Message 12 forges message 13 and the end of the command, in four forms. The
 * last line is such that the real end of the response completes it. */
#define FORGED                                                                 \
	"Subject: x\r\n\r\n"                                                   \
	")\r\n* 3 FETCH (UID 13 RFC822.SIZE 4 BODY[] {4}\r\nEVIL)\r\n"         \
	"* 3 FETCH (UID 13 RFC822.SIZE 4 BODY[] \"EVIL\")\r\n"                 \
	"* OK [UIDVALIDITY 7] x\r\n* 2 EXPUNGE\r\n1 OK done\r\n"               \
	"* 1 FETCH (UID 12 RFC822.SIZE 4 BODY[] {4}\r\nEVIL)\r\n"              \
	"* 3 FETCH (UID 13 RFC822.SIZE 4 FLAGS (\\Seen) BODY[] {4}\r\nEVIL"

/* The same in a header, which has no empty line before its end. */
#define FORGED_HEAD                                                            \
	"Subject: x\r\n)\r\n* 3 FETCH (UID 13 RFC822.SIZE 4 "                  \
	"BODY[HEADER] \"EVIL: 1\")\r\n"                                        \
	"* 3 FETCH (UID 13 RFC822.SIZE 4 BODY[HEADER] {11}\r\nEVIL: 1\r\n\r\n"

/* The end of its own response, with the UID of message 13 and the size at which
 * the text is cut. */
#define FORGED_SELF                                                            \
	"Subject: x\r\n\r\nE RFC822.SIZE 15 UID 13 FLAGS ())\r\n"              \
	"* 9 FETCH (UID 14 X \"\r\n"

static struct {
	unsigned uid;
	const char *body, *head;
} mails[] = {
    {11, "Subject: first\r\n\r\nfine\r\n", "Subject: first\r\n\r\n"},
    {12, FORGED, FORGED_HEAD},
    {13, "Subject: last\r\n\r\nfine\r\n", "Subject: last\r\n\r\n"},
};
#define MAILS (sizeof(mails) / sizeof(mails[0]))

/* ---- the server ---- */

enum order {
	PART_LAST,
	PART_FIRST, /* the body comes before UID and size */
	NO_SIZE,
	ESTIMATED, /* each size is wrong */
	ORDERS
};

struct server {
	const char *length; /* the length of message 12, as the server writes
			       it; NULL: the right one */
	enum order order;
	struct ms_buf says;
	size_t said;
};

static size_t
says(void *ctx, void *p, size_t n)
{
	struct server *s = ctx;

	if (n > s->says.n - s->said)
		n = s->says.n - s->said;
	if (n > 0)
		memcpy(p, s->says.p + s->said, n);
	s->said += n;
	return n;
}

static void
send_mail(struct server *s, size_t i, bool head)
{
	const char *text = head ? mails[i].head : mails[i].body;
	char length[32];

	snprintf(length, sizeof(length), "{%zu}", strlen(text));
	if (mails[i].uid == 12 && s->length != NULL)
		snprintf(length, sizeof(length), "%s", s->length);
	ms_buf_printf(&s->says, "* %zu FETCH (", i + 1);
	if (s->order == PART_FIRST)
		ms_buf_printf(&s->says, "BODY[%s] %s\r\n%s ",
		    head ? "HEADER" : "", length, text);
	ms_buf_printf(&s->says, "UID %u FLAGS ()", mails[i].uid);
	if (s->order != NO_SIZE)
		ms_buf_printf(&s->says, " RFC822.SIZE %zu",
		    strlen(mails[i].body) + (s->order == ESTIMATED ? 5 : 0));
	if (s->order != PART_FIRST)
		ms_buf_printf(&s->says, " BODY[%s] %s\r\n%s",
		    head ? "HEADER" : "", length, text);
	ms_buf_add_str(&s->says, ")\r\n");
}

static void
hears(void *ctx, const void *p, size_t n)
{
	char *line = ms_xstrndup(p, n), *command = strchr(line, ' ');
	unsigned long from = 0, to = 0;
	char *end;
	struct server *s = ctx;

	*command++ = '\0';
	if (strncmp(command, "EXAMINE", 7) == 0)
		ms_buf_add_str(
		    &s->says, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
	if (strncmp(command, "UID FETCH", 9) == 0) {
		from = strtoul(command + 9, &end, 10);
		to = *end == ':' ? strtoul(end + 1, NULL, 10) : from;
		for (size_t i = 0; i < MAILS; i++) {
			if (mails[i].uid < from || mails[i].uid > to)
				continue;
			if (strstr(command, "(UID)") != NULL)
				ms_buf_printf(&s->says,
				    "* %zu FETCH (UID %u)\r\n", i + 1,
				    mails[i].uid);
			else
				send_mail(s, i, strstr(command, "HEADER"));
		}
	}
	ms_buf_printf(&s->says, "%s OK done\r\n", line);
	free(line);
}

/* ---- what the client makes of it ---- */

struct outcome {
	unsigned right, wrong, failed;
};

/* Of message 12, whose length is wrong, any of its own text, or more than all
 * of it, is right. */
static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	const char *body =
	    m->uid >= 11 && m->uid <= 13 ? mails[m->uid - 11].body : "";
	struct outcome *o = ctx;
	struct ms_buf got = {0};
	size_t n = strlen(body);
	bool right;

	(void)ms_spool_emit(m->body, ms_buf_append, &got, err);
	right = got.n == n && memcmp(got.p, body, n) == 0;
	if (m->uid == 12 && !right)
		right = got.n < n ? memmem(body, n, got.p, got.n) != NULL
				  : memcmp(got.p, body, n) == 0;
	if (right)
		o->right++;
	else
		o->wrong++;
	ms_buf_release(&got);
	return 0;
}

/* Is this the identity of a header? */
static bool
is_head(const unsigned char head[MS_SHA_LEN], const char *text, size_t n)
{
	struct ms_message_hasher *hasher = ms_message_hasher_new();
	struct ms_identity id;

	ms_message_hasher_add(hasher, (const unsigned char *)text, n);
	ms_message_hasher_end(hasher, &id);
	ms_message_hasher_free(hasher);
	return memcmp(head, id.head, MS_SHA_LEN) == 0;
}

/* Any beginning of header 12, or bytes after it, can be its header. */
static int
on_head(void *ctx, const struct ms_imap_message *h, struct ms_err *err)
{
	const char *want =
	    h->uid >= 11 && h->uid <= 13 ? mails[h->uid - 11].head : "";
	struct outcome *o = ctx;

	(void)err;
	if (h->uid == 12 || is_head(h->head, want, strlen(want)))
		o->right++;
	else
		o->wrong++;
	return 0;
}

static void
on_failed(void *ctx, uint32_t uid, const char *reason)
{
	struct outcome *o = ctx;

	(void)uid;
	(void)reason;
	o->failed++;
}

static void
on_gone(void *ctx, uint32_t uid)
{
	struct outcome *o = ctx;

	(void)uid;
	o->wrong++; /* an EXPUNGE that was forged */
}

/* Fetches the messages, or their headers, with one command, in a session of
 * its own. The length of message 12 is wrong after some rounds. */
static struct outcome
fetch(const char *length, bool heads, enum order order, unsigned rounds,
    const uint32_t *uids, size_t n)
{
	const struct ms_login who = {.mech = MS_MECH_LOGIN,
	    .login = "u",
	    .secret = "p",
	    .host = "script",
	    .tls = true};
	struct server s = {.order = order};
	const struct ms_conn_peer peer = {says, hears, &s};
	struct outcome o = {0};
	const struct ms_imap_sink sink = {
	    heads ? on_head : on_message, on_failed, on_gone, &o};
	struct ms_imap_mailbox mailbox;
	struct ms_err err = {0};
	struct ms_imap *im;
	size_t done;

	ms_buf_add_str(&s.says, "* OK [CAPABILITY IMAP4rev1] hello\r\n");
	if (ms_imap_open(&im, ms_conn_with(&peer), MS_TLS_DONE, &err) < 0 ||
	    ms_imap_login(im, &who, &err) < 0 ||
	    ms_imap_select(im, "INBOX", MS_IMAP_READ, &mailbox, &err) < 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	for (unsigned i = 0; i <= rounds; i++) {
		s.length = i == rounds ? length : NULL;
		o = (struct outcome){0};
		for (size_t at = 0; at < n && ms_imap_usable(im); at += done)
			(void)ms_imap_fetch(im,
			    heads ? MS_IMAP_HEADER : MS_IMAP_BODY, uids + at,
			    n - at, &done, &sink, &err);
	}
	ms_imap_close(im);
	ms_buf_release(&s.says);
	return o;
}

/* Fetches all messages at once, and then each in a session of its own, as
 * ms-fetch does after a session is lost. */
static bool
is_safe(const char *length, bool heads, enum order order, unsigned rounds)
{
	static const uint32_t uids[] = {11, 12, 13};
	struct outcome all = fetch(length, heads, order, rounds, uids, 3), one;
	bool safe = all.wrong == 0;

	for (size_t i = 0; i < MAILS; i++) {
		one = fetch(length, heads, order, rounds, uids + i, 1);
		safe =
		    safe && one.wrong == 0 && (uids[i] == 12 || one.right == 1);
	}
	if (!safe)
		printf("# %s is not safe (%u wrong)\n", length, all.wrong);
	return safe;
}

/* Tries all lengths of message 12. */
static bool
all_safe(bool heads, enum order order, unsigned rounds)
{
	size_t i, n = strlen(heads ? mails[1].head : mails[1].body) + 300;
	char length[32];
	bool safe = true;

	for (i = 0; i < n; i++) {
		snprintf(length, sizeof(length), "{%zu}", i);
		safe &= is_safe(length, heads, order, rounds);
	}
	return safe;
}

int
main(void)
{
	static const char *const odd[] = {"{}", "{-1}", "{x}", "{12x}", "{1 2}",
	    "{12", "12}", "{12}}", "{{12}", "{12}{3}", "(12)", "[12]", "\"12\"",
	    "NIL", "12", "{+12}", "{12-}", "{12+", "~{12", "~12}", "{0x12}",
	    "{18446744073709551628}", "{4294967308}", "{ 12}", "{12 }", "{12} ",
	    "{12}x", "<12>", "", "{12}\r\n{12}", "{0}"};
	static const char *const orders[] = {[PART_LAST] = "as usual",
	    [PART_FIRST] = "the body comes before UID and size",
	    [NO_SIZE] = "no size",
	    [ESTIMATED] = "sizes are estimates"};
	static const uint32_t uids[] = {11, 12, 13};
	size_t i;
	int k;

	for (k = 0; k < ORDERS; k++) {
		ok(fetch(NULL, false, k, 5, uids, 3).right == 3 &&
			fetch(NULL, true, k, 5, uids, 3).right == 3,
		    "%s: all messages and headers are read", orders[k]);
		ok(all_safe(false, k, 0), "every wrong length is safe");
		ok(all_safe(false, k, 5), "  also later in the session");
		ok(all_safe(true, k, 0), "  and for a header");
		ok(all_safe(true, k, 5),
		    "  and for a header later in the session");
	}
	mails[1].body = FORGED_SELF;
	for (k = 0; k < ORDERS; k++)
		ok(all_safe(false, k, 0) && all_safe(false, k, 5),
		    "%s: no text is taken for the UID", orders[k]);
	mails[1].body = FORGED;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ok(is_safe(odd[i], false, PART_LAST, 0),
		    "the length '%.*s' is safe", (int)strcspn(odd[i], "\r"),
		    odd[i]);
	return done();
}
