/*
 * imap.c - fuzzes a whole IMAP session: greeting, STARTTLS, login, folders,
 * messages and IDLE, with any answers of the server. Each message must be
 * accounted for exactly once.
 *
 * The first byte of the input selects the course of the session. \xfd stands
 * for the tag of the last command, and \xfe waits for the next command.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define TAG 0xfd
#define WAIT 0xfe
#define ROUNDS_MAX 20 /* calls for the remaining messages of a folder */

#define HELLO                                                                  \
	"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=CRAM-MD5 AUTH=XOAUTH2 "    \
	"STARTTLS] ready\r\n\xfe"
#define CAPA "* CAPABILITY IMAP4rev1 IDLE UIDPLUS NAMESPACE SPECIAL-USE\r\n"
#define OK "\xfd OK done\r\n\xfe"
#define FOLDERS                                                                \
	"* NAMESPACE ((\"\" \"/\")) ((\"Other/\" \"/\")) NIL\r\n" OK           \
	"* LIST (\\HasNoChildren) \"/\" INBOX\r\n"                             \
	"* LIST (\\Trash \\Noselect) \"/\" {5}\r\nTrash\r\n"                   \
	"* LIST (\\Sent) \".\" \"Gr&APw-n\"\r\n" OK
#define OPENED                                                                 \
	"* FLAGS (\\Seen $x)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] f\r\n"      \
	"* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 77] u\r\n"              \
	"* OK [UIDNEXT 20] n\r\n\xfd OK [READ-WRITE] done\r\n\xfe"
#define UIDS "* SEARCH 11 12 15\r\n" OK
#define WHAT(uid)                                                              \
	"UID " uid " FLAGS (\\Seen $x) INTERNALDATE "                          \
	"\"01-Feb-2021 03:04:05 +0130\" RFC822.SIZE 12 "
#define MAIL                                                                   \
	"* 1 FETCH (" WHAT("11") "BODY[] {14}\r\nSubject: x\r\n\r\n)\r\n"      \
				 "* 2 FETCH (" WHAT(                           \
				     "12") "BODY[] \"quoted\")\r\n"            \
					   "* 3 EXPUNGE\r\n" OK                \
					   "* 4 EXISTS\r\n" OK OK
#define HEADS                                                                  \
	"* 1 FETCH (" WHAT("11") "BODY[HEADER] {14}\r\nDate: x\r\n\r\na\r\n)"  \
				 "\r\n* 2 FETCH (" WHAT(                       \
				     "12") "BODY[HEADER] NIL)\r\n" OK OK OK
#define FLAGS "* 1 FETCH (" WHAT("11") "X-GM-LABELS (\\Inbox \"a b\"))\r\n" OK

const struct fuzz_seed fuzz_seeds[] = {
    SEED("\x00" HELLO OK CAPA OK FOLDERS OPENED UIDS MAIL HEADS FLAGS OK OK
	 "+ idling\r\n* 4 EXISTS\r\n\xfe" OK),
    SEED("\x01" HELLO OK CAPA OK OK CAPA OK FOLDERS OPENED UIDS MAIL),
    SEED("\x02" HELLO "+ \r\n\xfe" OK CAPA OK FOLDERS),
    SEED("\x04" HELLO "+ PDE4OTYuNjk3MTcwOTUyQGhvc3Q+\r\n\xfe" OK CAPA OK),
    SEED("\x06" HELLO "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n\xfe\xfd NO [X] no\r\n"),
    SEED("\x00* PREAUTH hello\r\n"),
    SEED("\x00* BYE [UNAVAILABLE] Suggested Backoff Time: 99999 ms\r\n"),
    SEED("\x01" HELLO "\xfd OK go\r\n* CAPABILITY injected\r\n"),
    SEED("\x10" HELLO OK CAPA OK FOLDERS OPENED UIDS OK OK OK OK OK
	 "* 1 FETCH (UID 11 FLAGS (\\Flagged))\r\n" OK UIDS OK OK OK),
    SEED("\x00" HELLO OK CAPA OK "* LIST () NIL x\r\n\xfd NO [THROTTLED] no"
	 "\r\n"),
    SEEDS_END,
};

/* The server. */
struct server {
	const uint8_t *p;
	size_t n;
	char tag[24];
	size_t left; /* bytes of the tag that remain to be sent */
};

static size_t
says(void *ctx, void *p, size_t n)
{
	struct server *s = ctx;
	unsigned char *out = p;
	size_t said = 0;

	while (said < n && (s->left > 0 || s->n > 0)) {
		if (s->left > 0) {
			out[said++] =
			    (unsigned char)s->tag[strlen(s->tag) - s->left--];
			continue;
		}
		s->n--;
		if (*s->p == TAG)
			s->left = strlen(s->tag);
		else if (*s->p != WAIT)
			out[said++] = *s->p;
		else if (said > 0) {
			s->p++;
			break;
		}
		s->p++;
	}
	return said;
}

static void
hears(void *ctx, const void *p, size_t n)
{
	const char *blank = memchr(p, ' ', n);
	struct server *s = ctx;
	size_t length = blank != NULL ? (size_t)(blank - (const char *)p) : 0;

	/* The answer to a continuation has no tag. */
	if (length == 0 || length >= sizeof(s->tag) ||
	    memchr(p, '\n', n) != (const char *)p + n - 1)
		return;
	memcpy(s->tag, p, length);
	s->tag[length] = '\0';
	s->left = 0;
}

/* ---- accounting of messages ---- */

struct account {
	const uint32_t *uids;
	size_t n;
	unsigned char *told;
};

static void
tell(void *ctx, uint32_t uid)
{
	struct account *a = ctx;
	size_t i;

	for (i = 0; i < a->n && a->uids[i] != uid; i++)
		;
	require(i < a->n && a->told[i] == 0);
	a->told[i] = 1;
}

static void
tell_why(void *ctx, uint32_t uid, const char *reason)
{
	require(*reason != '\0');
	tell(ctx, uid);
}

static int
on_message(void *ctx, const struct ms_imap_message *m, struct ms_err *err)
{
	(void)err;
	require(m->flags != NULL);
	tell(ctx, m->uid);
	return 0;
}

/* Parts are fetched, and then messages are deleted. */
#define DELETE MS_IMAP_PARTS

static int
do_some(struct ms_imap *im, unsigned work, struct account *a, size_t at,
    size_t *done, struct ms_err *err)
{
	const struct ms_imap_sink sink = {on_message, tell_why, tell, a};
	const struct ms_imap_delete_sink gone = {tell, tell_why, a};
	const uint32_t *uids = a->uids + at;
	size_t n = a->n - at;

	return work == DELETE ? ms_imap_delete(im, uids, n, done, &gone, err)
			      : ms_imap_fetch(im, (enum ms_imap_part)work, uids,
				    n, done, &sink, err);
}

/*
 * Does one kind of work on all messages; each one is reported once if it
 * succeeds.
 */
static void
do_all(struct ms_imap *im, unsigned work, const uint32_t *uids, size_t n)
{
	struct account a = {uids, n, ms_xcalloc(n, 1)};
	struct ms_err err = {0};
	size_t at = 0, done = 0, i;
	int rc = 0, rounds = 0;

	while (at < n && rc == 0 && rounds++ < ROUNDS_MAX) {
		rc = do_some(im, work, &a, at, &done, &err);
		require(rc < 0 ? err.code != MS_OK : done > 0);
		if (rc < 0)
			break;
		for (i = at; i < at + done; i++)
			require(a.told[i] == 1);
		at += done;
	}
	free(a.told);
}

static void
read_folder(struct ms_imap *im, unsigned way)
{
	struct ms_imap_mailbox mailbox;
	uint32_t *uids = NULL;
	unsigned char *met;
	struct ms_imap_unlisted unlisted;
	size_t n = 0, i;
	struct ms_err err = {0};

	if (ms_imap_select(im, "INBOX", (way & 16) != 0, &mailbox, &err) < 0 ||
	    ms_imap_uids(im, &mailbox, &uids, &n, &unlisted, &err) < 0)
		return;
	for (i = 1; i < n; i++)
		require(uids[i - 1] < uids[i]);
	/* Bodies first, as in the seeds. */
	for (i = MS_IMAP_PARTS; i-- > 0 && ms_imap_usable(im);)
		do_all(im, (unsigned)i, uids, n);
	if (ms_imap_usable(im) && (way & 16) != 0)
		do_all(im, DELETE, uids, n);
	met = ms_xcalloc(n, 1);
	if (ms_imap_usable(im))
		(void)ms_imap_search(im, "SEEN", uids, n, met, &err);
	(void)ms_imap_renumbered(im);
	if (ms_imap_usable(im))
		(void)ms_imap_idle(im, 0, -1, &err);
	free(met);
	free(uids);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const enum ms_mech ways[] = {MS_MECH_AUTO, MS_MECH_PLAIN,
	    MS_MECH_CRAM_MD5, MS_MECH_XOAUTH2, MS_MECH_SCRAM_SHA_1,
	    MS_MECH_SCRAM_SHA_256, MS_MECH_OAUTHBEARER, MS_MECH_LOGIN};
	unsigned way = n > 0 ? p[0] : 0;
	struct server server = {n > 0 ? p + 1 : p, n > 0 ? n - 1 : 0, "1", 0};
	const struct ms_conn_peer peer = {says, hears, &server};
	struct ms_login login = {.mech = ways[way >> 1 & 7],
	    .login = "al\"ice",
	    .secret = "s\xe9"
		      "cret",
	    .host = "h",
	    .port = 143,
	    .tls = true};
	struct ms_imap_folder *folders = NULL;
	struct ms_imap *im;
	struct ms_err err = {0};
	size_t count = 0;

	login.token =
	    login.mech == MS_MECH_XOAUTH2 || login.mech == MS_MECH_OAUTHBEARER;
	if (ms_imap_open(&im, ms_conn_with(&peer),
		(way & 1) != 0 ? MS_TLS_UPGRADE : MS_TLS_DONE, &err) < 0)
		require(err.code != MS_OK && !ms_imap_usable(im));
	else if (ms_imap_login(im, &login, &err) == 0 &&
		 ms_imap_identify(im, "fuzz", "1", &err) == 0 &&
		 ms_imap_folders(im, &folders, &count, &err) == 0)
		read_folder(im, way);
	(void)ms_imap_backoff(im);
	ms_imap_folders_free(folders, count);
	ms_imap_close(im);
	return 0;
}
