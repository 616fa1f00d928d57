/* fetch-ipc.c - tests cmd/fetch/ipc.c: every message between ms-fetch and a
 * worker arrives as it was sent, and a malformed message is refused. */
#include "../../cmd/fetch/ipc.c" /* NOLINT(bugprone-suspicious-include) */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static struct ipc a, b; /* the two ends */

static void
connect_ends(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		abort();
	a = (struct ipc){.fd = pair[0]};
	b = (struct ipc){.fd = pair[1]};
}

static void
close_ends(void)
{
	ipc_release(&a);
	ipc_release(&b);
}

/* ---- messages ---- */

static const uint32_t uids[] = {1, 2, 0xfffffffe};
static const struct ms_proof proofs[] = {
    {.size = 1, .id = "i1", .email_id = "e1"},
    {.size = (uint64_t)1 << 40, .id = "i2", .email_id = "e2"},
    {.size = 3, .id = "i3", .email_id = "e3"}};
static const unsigned char digest[MS_SHA_LEN] = "digest", id[MS_SHA_LEN] = "id";

/* A message with every field set; no two have the same value. */
static const struct ipc_message full = {.raw = "raw",
    .text = "some text",
    .uidvalidity = 11,
    .info = {.uid = 12,
	.has = 13,
	.date = -14,
	.sent = INT64_MAX,
	.received = INT64_MIN,
	.size = UINT64_MAX,
	.bytes = 17,
	.lines = 16,
	.head = digest,
	.id = id,
	.flags = "\\Seen",
	.labels = "one\ntwo\n",
	.email_id = "M1"},
    .uids = {uids, 3},
    .proofs = {proofs, 3},
    .data = {(const unsigned char *)"da\0ta", 5},
    .dry_run = true,
    .seconds = 18,
    .capabilities = UINT32_MAX,
    .name = "",
    .uses = 20,
    .space = 21,
    .prefix = 22,
    .selectable = true,
    .duplicate = true,
    .missing = 23,
    .code = 24,
    .session_lost = true,
    .had_session = true};

static bool
same_proofs(const struct ipc_proofs *x, const struct ipc_proofs *y)
{
	size_t i;

	for (i = 0; i < x->n && x->n == y->n; i++)
		if (x->v[i].size != y->v[i].size ||
		    memcmp(x->v[i].id, y->v[i].id, MS_SHA_LEN) != 0 ||
		    memcmp(x->v[i].email_id, y->v[i].email_id, MS_SHA_LEN) != 0)
			return false;
	return x->n == y->n;
}

static bool
same_field(enum kind kind, const void *x, const void *y)
{
	const struct ipc_uids *u = x, *v = y;
	const struct ms_slice *s = x, *t = y;

	switch (kind) {
	case U32:
		return *(const uint32_t *)x == *(const uint32_t *)y;
	case U64:
		return *(const uint64_t *)x == *(const uint64_t *)y;
	case FLAG:
		return *(const bool *)x == *(const bool *)y;
	case STRING:
		return strcmp(*(const char *const *)x,
			   *(const char *const *)y) == 0;
	case DIGEST:
		return memcmp(*(const unsigned char *const *)x,
			   *(const unsigned char *const *)y, MS_SHA_LEN) == 0;
	case UIDS:
		return u->n == v->n &&
		       memcmp(u->v, v->v, u->n * sizeof(*u->v)) == 0;
	case PROOFS:
		return same_proofs(x, y);
	default:
		return ms_slice_eq(*s, *t);
	}
}

/* Are the fields of the table as in full, and all others empty? */
static bool
same_message(const struct ipc_message *got)
{
	struct ipc_message rest = *got, empty = {.type = got->type};
	const struct field *f;

	empty.raw = empty.text = empty.name = "";
	empty.info.flags = empty.info.labels = empty.info.email_id = "";
	for (f = fields[got->type]; f->kind != NO_FIELD; f++) {
		if (!same_field(f->kind, (const char *)got + f->offset,
			(const char *)&full + f->offset))
			return false;
		switch (f->kind) {
		case STRING:
			*(const char **)(void *)((char *)&rest + f->offset) =
			    "";
			break;
		case UIDS:
			rest.uids = empty.uids;
			break;
		case PROOFS:
			rest.proofs = empty.proofs;
			break;
		case DATA:
			rest.data = empty.data;
			break;
		default:
			memset((char *)&rest + f->offset, 0,
			    f->kind == U32    ? sizeof(uint32_t)
			    : f->kind == FLAG ? sizeof(bool)
					      : sizeof(uint64_t));
		}
	}
	return *rest.raw == '\0' && *rest.text == '\0' && *rest.name == '\0' &&
	       *rest.info.flags == '\0' && rest.info.uid == 0 &&
	       rest.info.size == 0 && rest.info.bytes == 0 &&
	       rest.info.head == NULL && rest.uids.n == 0 &&
	       rest.proofs.n == 0 && rest.data.n == 0 &&
	       rest.uidvalidity == 0 && rest.seconds == 0 && rest.code == 0 &&
	       !rest.dry_run && !rest.session_lost;
}

static void
check_round_trips(void)
{
	struct ipc_message m = full, got;
	struct ms_err err = {0};
	int type;

	connect_ends();
	for (type = 1; type < IPC_TYPES; type++) {
		m.type = (enum ipc_type)type;
		ok(!ipc_ready(&b) && ipc_send(&a, &m, &err) == 0 &&
			ipc_flush(&a, &err) == 0 &&
			ipc_receive(&b, &got, &err) == 1 &&
			(int)got.type == type && same_message(&got),
		    "message %d: %s", type, err.msg);
	}
	/* Several at once, and missing strings. */
	for (type = 1; type < IPC_TYPES; type++)
		ipc_send(&a, &(struct ipc_message){.type = (enum ipc_type)type},
		    NULL);
	ipc_flush(&a, NULL);
	for (type = 1; type < IPC_TYPES; type++)
		if (ipc_receive(&b, &got, &err) != 1 || (int)got.type != type ||
		    got.uids.n != 0 || *got.text != '\0' || got.info.uid != 0 ||
		    ipc_ready(&b) != (type + 1 < IPC_TYPES))
			break;
	ok(type == IPC_TYPES, "empty messages of all types arrive");
	ipc_release(&a);
	ok(ipc_receive(&b, &got, &err) == 0, "the other process has ended");
	ok(ipc_send(&b, &(struct ipc_message){.type = SAY_END}, &err) == 0 &&
		ipc_flush(&b, &err) < 0,
	    "nothing can be sent to it: %s", err.msg);
	close_ends();
}

/* ---- malformed messages ---- */

/* Parses a message of this type and these bytes, as the other process does. */
static int
receive_raw(uint32_t type, uint32_t length, const void *p, size_t n)
{
	unsigned char header[HEADER];
	struct ipc_message got;
	int rc;

	connect_ends();
	ms_put_le32(header, type);
	ms_put_le32(header + 4, length);
	ms_buf_add(&a.out, header, sizeof(header));
	ms_buf_add(&a.out, p, n);
	if (ipc_flush(&a, NULL) < 0)
		abort();
	close(a.fd);
	a.fd = -1;
	rc = ipc_receive(&b, &got, NULL);
	close_ends();
	return rc;
}

/* Every message with a part of its bytes missing, or with one too many. */
static void
check_lengths(void)
{
	struct ipc_message m = full;
	struct ms_buf bytes = {0};
	size_t n, i;
	int type, wrong = 0;

	for (type = 1; type < IPC_TYPES; type++) {
		m.type = (enum ipc_type)type;
		a = (struct ipc){.fd = -1};
		ipc_send(&a, &m, NULL);
		n = a.out.n - HEADER;
		ms_buf_clear(&bytes);
		ms_buf_add(&bytes, a.out.p + HEADER, n);
		ms_buf_add_byte(&bytes, 0);
		ipc_release(&a);
		if (type == SAY_DATA) /* any bytes are data */
			continue;
		for (i = 0; i <= n + 1; i++)
			wrong += receive_raw((uint32_t)type, (uint32_t)i,
				     bytes.p, i) != (i == n ? 1 : -1);
	}
	ok(wrong == 0, "a message of another length: %d accepted", wrong);
	ms_buf_release(&bytes);
}

static void
check_malformed(void)
{
	static unsigned char zeros[IPC_MESSAGE_MAX + 9];
	static const struct {
		const char *name;
		uint32_t type;
		int want;
		const char *bytes;
		size_t n;
	} rows[] = {
	    {"a string", SAY_REMARK, 1, "\2\0\0\0ab\0", 7},
	    {"no NUL", SAY_REMARK, -1, "\2\0\0\0abc", 7},
	    {"a NUL inside", SAY_REMARK, -1, "\2\0\0\0a\0\0", 7},
	    {"a string longer than the message", SAY_REMARK, -1, "\3\0\0\0ab\0",
		7},
	    {"a huge string", SAY_REMARK, -1,
		"\xff\xff\xff\xff"
		"ab\0",
		7},
	    {"a list", SAY_UIDS, 1, "\1\0\0\0\1\0\0\0", 8},
	    {"a list longer than the message", SAY_UIDS, -1, "\2\0\0\0\1\0\0\0",
		8},
	    {"a huge list", SAY_UIDS, -1, "\xff\xff\xff\xff\1\0\0\0", 8},
	    {"an empty list", SAY_UIDS, 1, "\0\0\0\0", 4},
	    {"type 0", 0, -1, "", 0},
	    {"an unknown type", IPC_TYPES, -1, "", 0},
	    {"a huge type", UINT32_MAX, -1, "", 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(receive_raw(rows[i].type, (uint32_t)rows[i].n, rows[i].bytes,
		       rows[i].n) == rows[i].want,
		    "%s", rows[i].name);
	ok(receive_raw(SAY_END, 1, "", 0) == 0,
	    "the process ended in the middle of a message");
	ms_put_le32(zeros, IPC_UIDS_MAX);
	ok(receive_raw(SAY_UIDS, 4 + 4 * IPC_UIDS_MAX, zeros,
	       4 + 4 * IPC_UIDS_MAX) == 1,
	    "the longest list is sent");
	ms_put_le32(zeros, IPC_UIDS_MAX + 1);
	ok(receive_raw(SAY_UIDS, 8 + 4 * IPC_UIDS_MAX, zeros,
	       8 + 4 * IPC_UIDS_MAX) == -1,
	    "a list with one UID more is refused");
	ok(receive_raw(SAY_DATA, IPC_MESSAGE_MAX + 1, zeros, 100) == -1,
	    "a message over the limit is refused before it has come");
	ok(receive_raw(SAY_DATA, UINT32_MAX, zeros, 100) == -1,
	    "a huge message is refused");
}

/* A random number that is the same in each run. */
static unsigned
next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* Random changes to good messages: never a crash, never a pointer outside. */
static void
check_random(void)
{
	struct ipc_message m = full;
	struct ms_buf bytes = {0};
	unsigned seed, state, i;
	int type;

	for (seed = 0; seed < 3000; seed++) {
		state = seed;
		type = 1 + (int)(next_random(&state) % (IPC_TYPES - 1));
		m.type = (enum ipc_type)type;
		a = (struct ipc){.fd = -1};
		ipc_send(&a, &m, NULL);
		ms_buf_clear(&bytes);
		ms_buf_add(&bytes, a.out.p + HEADER, a.out.n - HEADER);
		ipc_release(&a);
		for (i = 0; i < 3 && bytes.n > 0; i++)
			bytes.p[next_random(&state) % bytes.n] =
			    (unsigned char)(i == 0 ? 255 : next_random(&state));
		(void)receive_raw(1 + next_random(&state) % IPC_TYPES,
		    (uint32_t)bytes.n, bytes.p, bytes.n);
		(void)receive_raw(
		    (uint32_t)type, (uint32_t)bytes.n, bytes.p, bytes.n);
	}
	ok(true, "random messages are sent or refused");
	ms_buf_release(&bytes);
}

/* Pieces that come slowly, and a message larger than a read. */
static void
check_pieces(void)
{
	static unsigned char body[IPC_DATA_MAX];
	struct ipc_message got;
	size_t i, n;
	bool good = true;

	connect_ends();
	ipc_send(&a, &(struct ipc_message){.type = SAY_REMARK, .text = "slow"},
	    NULL);
	for (i = 0; i < a.out.n; i++) {
		good = good && !ipc_ready(&b);
		if (send(a.fd, a.out.p + i, 1, 0) != 1 || fill(&b, NULL) != 1)
			abort();
	}
	ok(good && ipc_ready(&b) && ipc_receive(&b, &got, NULL) == 1 &&
		strcmp(got.text, "slow") == 0,
	    "a message that comes byte by byte is read");
	ms_buf_clear(&a.out);
	for (i = 0; i < sizeof(body); i++)
		body[i] = (unsigned char)(i * 7 % 251);
	for (n = 0; n < 20; n++) {
		if (ipc_send(&a,
			&(struct ipc_message){
			    .type = SAY_DATA, .data = {body, sizeof(body)}},
			NULL) < 0 ||
		    ipc_receive(&b, &got, NULL) != 1 ||
		    got.data.n != sizeof(body) ||
		    memcmp(got.data.p, body, sizeof(body)) != 0)
			break;
	}
	ok(n == 20, "large pieces of a body are sent at once");
	close_ends();
}

int
main(void)
{
	check_round_trips();
	check_lengths();
	check_malformed();
	check_random();
	check_pieces();
	return done();
}
