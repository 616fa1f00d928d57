/*
 * batch.c - requests many messages with one command, and makes sure that each
 * of them gets a result: fetched, expunged or failed. RFC 3501, 6.4.5.
 */
#include "imap.h"
#include "impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* Consecutive refusals, after which the other messages count as refused. */
#define REFUSED_MAX 20
/* So often, a message that seemed cut halves the messages of a command. */
#define ODD_MAX 10

enum state {
	WAITING,
	REPORTED, /* the sink was called */
	EXISTS,   /* not sent, but still in the folder */
	LATER     /* the same, and temporarily refused */
};

/* A FETCH of some messages, with one result for each. */
struct batch {
	struct ms_imap *im;
	enum ms_imap_part part;
	const struct ms_imap_sink *sink;
	struct ms_imap_attr attr; /* of the last response */
	const uint32_t *uids;
	size_t n;
	unsigned char *state;
	size_t told;
	bool alone;      /* the command is about one message */
	size_t only;     /* this one */
	bool doubted;    /* the rest of the answer is not believed */
	size_t doubtful; /* because of this message */
};

/* ---- responses ---- */

/* Returns the state of a UID in the batch, or NULL if it was not requested. */
static unsigned char *
state_of(const struct batch *b, uint32_t uid)
{
	const uint32_t *at = ms_find_u32(b->uids, b->n, uid);

	return at != NULL ? b->state + (at - b->uids) : NULL;
}

/*
 * If a literal is shorter than the body, the rest of the body is taken for
 * responses, which the sender of the message can have made up. So when a body
 * is not certainly as long as announced, neither it nor what follows it is
 * believed; the message is requested again, alone. The same holds for headers
 * that do not end with an empty line. If the server's sizes are only estimates,
 * as those of Exchange, all messages are soon requested alone.
 *   complete   the response has what was requested
 *   whole      the part has certainly the length that it should have
 * Returns whether the message was requested and has no result yet; then the
 * caller must deliver the result.
 */
static bool
due(struct batch *b, bool complete, bool whole)
{
	unsigned char *state = complete ? state_of(b, b->attr.m.uid) : NULL;
	unsigned *odd = &b->im->odd[b->part];

	if (b->im->dead || b->doubted ||
	    ms_imap_check_uidvalidity(b->im, NULL) < 0)
		return false;
	if (complete && !whole && !b->alone) {
		/* Perhaps the UID was not in what was read. */
		if (b->state != NULL && (state == NULL || *state == REPORTED))
			state = memchr(b->state, WAITING, b->n);
		if (state == NULL)
			return false;
		b->doubted = true;
		b->doubtful = (size_t)(state - b->state);
		*odd += *odd < ODD_MAX;
		return false;
	}
	if (state == NULL || *state == REPORTED ||
	    (b->alone && state != b->state + b->only))
		return false;
	*state = REPORTED;
	b->told++;
	ms_imap_progress(b->im);
	return true;
}

/* Why a message has failed whose response has come; NULL: it has not. */
static const char *
fault(const struct batch *b)
{
	if (b->attr.sections > 1)
		return b->part == MS_IMAP_BODY ? "the server sends two bodies"
					       : "the server sends two headers";
	if (b->attr.nils > 0)
		return "the server sends no body (NIL)";
	return b->im->body_lost.code != MS_OK ? b->im->body_lost.msg : NULL;
}

/* Reads the part of a response. Returns whether the response has what was
 * requested; otherwise it only reports a change of flags. */
static bool
read_part(struct batch *b, bool *whole)
{
	struct ms_imap *im = b->im;
	struct ms_imap_attr *a = &b->attr;
	bool none = a->sections == a->nils;

	*whole = none ||
		 (a->sure_uid && a->sure_size && im->body_bytes == a->m.size);
	if (b->part == MS_IMAP_NO_PART)
		return a->m.has_size && a->has_flags;
	if (b->part == MS_IMAP_BODY) {
		a->m.body = &im->body;
		return a->sections > 0;
	}
	*whole = !none && ms_imap_part_describe(im, b->part, &a->m) &&
		 a->sure_uid && a->sections == 1;
	return !none; /* the header may come in another response */
}

static void
handle_response(struct ms_imap *im, void *ctx)
{
	struct batch *b = ctx;
	struct ms_err err = {0};
	bool whole, complete;
	const char *why;

	if (im->reader.word != MS_IMAP_FETCH)
		return;
	ms_imap_attr_read(im, &b->attr, b->part);
	complete = read_part(b, &whole);
	why = fault(b);
	if (!due(b, complete, whole))
		;
	else if (why != NULL)
		b->sink->failed(b->sink->ctx, b->attr.m.uid, why);
	else if (b->sink->message(b->sink->ctx, &b->attr.m, &err) < 0)
		ms_imap_kill(im, err.code, "%s", err.msg);
	ms_spool_clear(&im->body);
	im->body_lost = (struct ms_err){0};
	im->body_bytes = 0;
}

static void
handle_piece(struct ms_imap *im, void *ctx)
{
	const struct batch *b = ctx;

	if (ms_imap_part_is(b->part, im->reader.section))
		ms_imap_part_add(im, im->reader.piece);
}

/* ---- requests ---- */

/*
 * Requests messages with one command, without those of skip, which may be NULL.
 * Before that, *n is reduced to those that fit into the command.
 */
static void
ask(struct batch *b, size_t from, const unsigned char *skip, size_t *n,
    struct ms_err *why)
{
	const struct ms_imap_handler handler = {
	    handle_response, handle_piece, b};
	struct ms_buf command = {0};

	*n =
	    ms_imap_set(&command, "UID FETCH ", b->uids + from, skip, *n, " (");
	b->alone = *n == 1;
	b->only = from;
	b->doubted = false;
	ms_imap_attr_ask(b->im, &command);
	ms_imap_part_ask(b->part, &command);
	ms_buf_add_byte(&command, ')');
	ms_imap_command(b->im, ms_buf_str(&command), "FETCH", &handler, why);
	ms_buf_release(&command);
}

/* Requests one message alone. If it is not sent, why receives the reason. */
static int
ask_one(struct batch *b, size_t i, struct ms_err *why)
{
	size_t one = 1;

	b->im->said_bug = false;
	ms_fail(why, MS_DATA, "the server does not send the message");
	ask(b, i, NULL, &one, why);
	return b->im->dead ? -1 : ms_imap_check_uidvalidity(b->im, why);
}

/*
 * Requests the first messages. A server that does not understand the command
 * may find it too long: it is sent again without EMAILID, and then for half of
 * the messages, and the session continues so.
 */
static int
ask_first(struct batch *b, size_t count, struct ms_err *err)
{
	struct ms_imap *im = b->im;

	for (;;) {
		b->n = count < im->most ? count : im->most;
		ask(b, 0, b->state, &b->n, NULL);
		if (im->dead || !im->bad || b->told > 0)
			break;
		if ((im->caps & MS_CAP_OBJECTID) != 0) {
			im->caps &= ~(unsigned)MS_CAP_OBJECTID;
			continue;
		}
		if (b->n == 1) { /* the length is not the reason */
			im->most = MS_IMAP_BATCH;
			break;
		}
		im->most = b->n / 2;
	}
	return ms_imap_check(im, err);
}

/* Requests a doubtful message alone, and then those after it. */
static int
settle_doubts(struct batch *b, struct ms_err *err)
{
	struct ms_err why = {0};
	size_t n;

	while (b->doubted) {
		if (ask_one(b, b->doubtful, &why) < 0)
			return ms_fail_as(err, &why);
		if (b->state[b->doubtful] != REPORTED ||
		    memchr(b->state, WAITING, b->n) == NULL)
			break;
		n = b->n;
		ask(b, 0, b->state, &n, NULL);
	}
	return ms_imap_check(b->im, err);
}

/* ---- messages that were not sent ---- */

/*
 * Asks which of the waiting messages are still in the folder. A message is
 * gone if neither FETCH nor SEARCH lists it. Some servers cut one of the two
 * lists. If they refuse one of them for a part of the
 * messages, *known becomes false.
 */
static int
list_existing(struct batch *b, struct ms_imap_list *l, bool *known)
{
	static const char *const ways[][3] = {{"UID FETCH ", " (UID)", "FETCH"},
	    {"UID SEARCH UID ", "", "SEARCH"}};
	struct ms_buf command = {0};
	size_t i, k;

	for (i = 0; i < b->n; i += k)
		for (size_t way = 0; way < 2; way++) {
			k = ms_imap_set(&command, ways[way][0], b->uids + i,
			    b->state + i, b->n - i, ways[way][1]);
			if (command.n > 0 &&
			    ms_imap_list(b->im, ms_buf_str(&command),
				ways[way][2], l, NULL) < 0)
				*known = false;
		}
	ms_buf_release(&command);
	ms_imap_sort(l);
	return b->im->dead ? -1 : 0;
}

/*
 * Tells expunged messages from messages that the server does not send: a
 * message that another client has expunged has not failed.
 */
static int
find_gone(struct batch *b, struct ms_err *err)
{
	struct ms_imap_list there = {0};
	bool known = true;
	size_t i;
	int rc;

	/* The server may report expunged messages only after this command. */
	if (ms_imap_command(b->im, "NOOP", "NOOP", NULL, err) < 0)
		return -1;
	rc = list_existing(b, &there, &known);
	if (rc == 0)
		rc = ms_imap_check_uidvalidity(b->im, err);
	else
		(void)ms_imap_check(b->im, err);
	for (i = 0; rc == 0 && i < b->n; i++) {
		if (b->state[i] != WAITING)
			continue;
		if (!known ||
		    ms_find_u32(there.v, there.n, b->uids[i]) != NULL) {
			b->state[i] = EXISTS;
			continue;
		}
		b->state[i] = REPORTED;
		b->sink->expunged(b->sink->ctx, b->uids[i]);
	}
	free(there.v);
	return rc;
}

static void
fail(struct batch *b, size_t i, const struct ms_err *why)
{
	b->state[i] = REPORTED;
	b->sink->failed(b->sink->ctx, b->uids[i], why->msg);
}

/*
 * Requests the messages of a state again, one by one: because of one bad
 * message, some servers refuse a whole command. Those that are refused
 * temporarily are LATER, the others have failed.
 */
static int
fetch_rest(struct batch *b, enum state which, struct ms_err *why)
{
	unsigned refused = 0;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->state[i] != which)
			continue;
		if (refused < REFUSED_MAX && ask_one(b, i, why) < 0)
			return -1;
		if (b->state[i] == REPORTED) {
			refused = 0;
			continue;
		}
		refused++;
		if (why->code == MS_TEMP &&
		    !(which == LATER && b->im->said_bug)) {
			b->state[i] = LATER;
			continue;
		}
		fail(b, i, why);
	}
	return 0;
}

/*
 * A message that is refused temporarily is requested once more after all
 * others. If the server has sent others, this message has failed; if not, the
 * function returns -1, and ms_imap_backoff() tells how long to wait.
 */
static int
ask_again(struct batch *b, struct ms_err *err)
{
	struct ms_err why = {0};
	size_t told = b->told, i;

	if (fetch_rest(b, EXISTS, &why) < 0 ||
	    (memchr(b->state, LATER, b->n) != NULL &&
		fetch_rest(b, LATER, &why) < 0))
		return ms_fail_as(err, &why);
	for (i = 0; i < b->n; i++) {
		if (b->state[i] != LATER)
			continue;
		if (b->told == told)
			return ms_fail_as(err, &why);
		fail(b, i, &why);
	}
	return 0;
}

static int
fetch_all(struct batch *b, size_t count, struct ms_err *err)
{
	if (ms_imap_check_uidvalidity(b->im, err) < 0 ||
	    ask_first(b, count, err) < 0 ||
	    ms_imap_check_uidvalidity(b->im, err) < 0 ||
	    settle_doubts(b, err) < 0)
		return -1;
	/* Also after a NO: missing messages are requested again. */
	if (memchr(b->state, WAITING, b->n) == NULL)
		return 0;
	return find_gone(b, err) < 0 ? -1 : ask_again(b, err);
}

int
ms_imap_fetch(struct ms_imap *im, enum ms_imap_part part, const uint32_t *uids,
    size_t count, size_t *done, const struct ms_imap_sink *sink,
    struct ms_err *err)
{
	struct batch b = {.im = im, .part = part, .sink = sink, .uids = uids};
	size_t most = MS_IMAP_BATCH >> im->odd[part];
	int rc;

	*done = 0;
	if (most == 0)
		most = 1;
	if (count > most)
		count = most;
	b.state = ms_xcalloc(count, 1); /* WAITING */
	ms_spool_clear(&im->body);
	rc = fetch_all(&b, count, err);
	if (rc == 0)
		*done = b.n;
	free(b.state);
	ms_imap_attr_release(&b.attr);
	return rc;
}
