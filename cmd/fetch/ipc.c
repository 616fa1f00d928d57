/*
 * ipc.c - the messages between ms-fetch and its workers. A message is a le32
 * type, a le32 length and that many bytes of fields, in the order of the table
 * below: numbers (le32, le64), flags (le32), strings (le32 length, bytes, NUL),
 * digests, lists (le32 count, elements), and bytes up to the message's end.
 */
#include "ipc.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "le.h"

#define HEADER 8      /* bytes before the fields */
#define FIELDS_MAX 13 /* of a message */
#define SEND_AT 65536 /* bytes gathered before they are sent */
#define READ_AT_ONCE 262144
#define PROOF (8 + 2 * MS_SHA_LEN) /* bytes of a proof */

/* ---- the fields of each message ---- */

enum kind {
	NO_FIELD,
	U32,
	U64,
	FLAG,
	STRING,
	DIGEST,
	UIDS,
	PROOFS,
	DATA
};

struct field {
	enum kind kind;
	size_t offset;
};

/* The kind follows from the type of the member of struct ipc_message. */
#define MEMBER(name) (((const struct ipc_message *)0)->name)
#define FIELD(name)                                                              \
	{                                                                        \
		_Generic(MEMBER(name), uint32_t                                \
			 : U32, uint64_t                                       \
			 : U64, int64_t                                        \
			 : U64, bool                                           \
			 : FLAG, const char *                                  \
			 : STRING, const unsigned char *                       \
			 : DIGEST, struct ipc_uids                             \
			 : UIDS, struct ipc_proofs                         \
			 : PROOFS, struct ms_slice                         \
			 : DATA),                                              \
		    offsetof(struct ipc_message, name) \
	}

#define WANTED FIELD(raw), FIELD(uidvalidity), FIELD(uids)
#define INFO                                                                   \
	FIELD(info.uid), FIELD(info.has), FIELD(info.date), FIELD(info.size)
#define BODY FIELD(info.bytes), FIELD(info.lines), FIELD(info.id)

static const struct field fields[IPC_TYPES][FIELDS_MAX + 1] = {
    [ASK_FOLDERS] = {{0}},
    [ASK_COUNT] = {FIELD(raw)},
    [ASK_SURVEY] = {FIELD(raw), FIELD(text)},
    [ASK_ATTRIBUTES] = {WANTED},
    [ASK_HEADERS] = {WANTED},
    [ASK_TOPS] = {WANTED},
    [ASK_IDS] = {WANTED},
    [ASK_FETCH] = {WANTED},
    [ASK_DELETE] = {WANTED, FIELD(proofs), FIELD(dry_run)},
    [ASK_IDLE] = {FIELD(raw), FIELD(seconds)},
    [ASK_STOP] = {{0}},
    [GIVE_TOKEN] = {FIELD(text)},
    [SAY_WANT_TOKEN] = {{0}},
    [SAY_LOGGED_IN] = {FIELD(capabilities)},
    [SAY_FOLDER] = {FIELD(raw), FIELD(name), FIELD(uses), FIELD(space),
	FIELD(prefix), FIELD(selectable), FIELD(duplicate), FIELD(unlisted)},
    [SAY_COUNT] = {FIELD(messages), FIELD(uidvalidity)},
    [SAY_SURVEY] = {FIELD(uidvalidity), FIELD(missing)},
    [SAY_UIDS] = {FIELD(uids)},
    [SAY_MET] = {FIELD(uids)},
    [SAY_UNMET] = {FIELD(uids)},
    [SAY_UIDL] = {FIELD(info.uid), FIELD(info.size), FIELD(text)},
    [SAY_HEADER] = {INFO, BODY, FIELD(info.sent), FIELD(info.received),
	FIELD(info.head), FIELD(info.flags), FIELD(info.labels),
	FIELD(info.email_id)},
    [SAY_MESSAGE] = {INFO, BODY, FIELD(info.flags), FIELD(info.labels),
	FIELD(info.email_id)},
    [SAY_DATA] = {FIELD(data)},
    [SAY_END] = {{0}},
    [SAY_CANCEL] = {FIELD(text)},
    [SAY_FAILED] = {FIELD(info.uid), FIELD(text)},
    [SAY_GONE] = {FIELD(info.uid)},
    [SAY_DELETED] = {FIELD(info.uid)},
    [SAY_NOT_DELETED] = {FIELD(info.uid), FIELD(text)},
    [SAY_REMARK] = {FIELD(text)},
    [SAY_DONE] = {FIELD(code), FIELD(text), FIELD(session_lost),
	FIELD(had_session), FIELD(seconds), FIELD(compared)},
};

void
ipc_release(struct ipc *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->out.p != NULL) /* a token may have gone through */
		explicit_bzero(c->out.p, c->out.cap);
	if (c->in.p != NULL)
		explicit_bzero(c->in.p, c->in.cap);
	ms_buf_release(&c->out);
	ms_buf_release(&c->in);
	ms_buf_release(&c->uids);
	ms_buf_release(&c->proofs);
}

/* ---- fields as bytes ---- */

/* One set of functions encodes and decodes, so that both directions agree. Each
 * returns its value. */
struct codec {
	struct ms_buf *out;     /* encoding: bytes are appended; else NULL */
	const unsigned char *p; /* decoding: the bytes that are left */
	size_t n;
	bool bad; /* decoding: a field is missing or malformed */
	struct ipc *ipc;
};

/* Encoding: appends n bytes. Decoding: returns the next n bytes, or NULL. */
static const unsigned char *
code_bytes(struct codec *k, const void *bytes, size_t n)
{
	const unsigned char *p = k->p;

	if (k->out != NULL) {
		ms_buf_add(k->out, bytes, n);
		return bytes;
	}
	k->bad = k->bad || k->n < n;
	if (k->bad)
		return NULL;
	k->p += n;
	k->n -= n;
	return p;
}

static uint64_t
code_u64(struct codec *k, uint64_t v)
{
	unsigned char bytes[8];
	const unsigned char *p;

	ms_put_le64(bytes, v);
	p = code_bytes(k, bytes, sizeof(bytes));
	return p != NULL ? ms_le64(p) : 0;
}

static uint32_t
code_u32(struct codec *k, uint32_t v)
{
	unsigned char bytes[4];
	const unsigned char *p;

	ms_put_le32(bytes, v);
	p = code_bytes(k, bytes, sizeof(bytes));
	return p != NULL ? ms_le32(p) : 0;
}

/* NULL is sent as "". */
static const char *
code_string(struct codec *k, const char *s)
{
	const unsigned char *p;
	size_t n;

	if (s == NULL)
		s = "";
	n = code_u32(k, (uint32_t)strlen(s));
	p = code_bytes(k, s, n + 1);
	if (p != NULL && p[n] == '\0' && memchr(p, '\0', n) == NULL)
		return (const char *)p;
	k->bad = true;
	return "";
}

static const unsigned char *
code_digest(struct codec *k, const unsigned char *digest)
{
	static const unsigned char none[MS_SHA_LEN];

	return code_bytes(k, digest != NULL ? digest : none, MS_SHA_LEN);
}

/*
 * The count of a list whose elements have `size` bytes in a message, and
 * `member` bytes in memory. The sender's count is not trusted: the elements are
 * here. Decoding: *room is memory of the connection, because the numbers in a
 * message are not aligned.
 */
static size_t
code_count(struct codec *k, size_t n, size_t size, size_t member,
    struct ms_buf *memory, void **room)
{
	n = code_u32(k, (uint32_t)n);
	*room = NULL;
	if (k->out != NULL)
		return n;
	k->bad = k->bad || n > IPC_UIDS_MAX || n > k->n / size;
	if (k->bad)
		n = 0;
	ms_buf_clear(memory);
	*room = ms_buf_room(memory, n * member);
	return n;
}

static void
code_uids(struct codec *k, struct ipc_uids *uids)
{
	void *room;
	size_t i, n = code_count(k, uids->n, sizeof(uint32_t), sizeof(uint32_t),
		      &k->ipc->uids, &room);
	uint32_t *v = room;

	for (i = 0; i < n; i++)
		if (v == NULL)
			code_u32(k, uids->v[i]);
		else
			v[i] = code_u32(k, 0);
	*uids = (struct ipc_uids){v, n};
}

static void
code_proofs(struct codec *k, struct ipc_proofs *ids)
{
	void *room;
	size_t i, n = code_count(k, ids->n, PROOF, sizeof(*ids->v),
		      &k->ipc->proofs, &room);
	struct ms_proof *v = room, one;

	for (i = 0; i < n; i++) {
		one = v == NULL ? ids->v[i] : (struct ms_proof){0};
		one.size = code_u64(k, one.size);
		memmove(one.email_id, code_digest(k, one.email_id), MS_SHA_LEN);
		memmove(one.id, code_digest(k, one.id), MS_SHA_LEN);
		if (v != NULL)
			v[i] = one;
	}
	*ids = (struct ipc_proofs){v, n};
}

static void
code_data(struct codec *k, struct ms_slice *data)
{
	if (k->out == NULL)
		data->n = k->n;
	data->p = code_bytes(k, data->p, data->n);
}

static void
code_field(struct codec *k, enum kind kind, void *v)
{
	switch (kind) {
	case U32:
		*(uint32_t *)v = code_u32(k, *(uint32_t *)v);
		break;
	case U64:
		*(uint64_t *)v = code_u64(k, *(uint64_t *)v);
		break;
	case FLAG:
		*(bool *)v = code_u32(k, *(bool *)v) != 0;
		break;
	case STRING:
		*(const char **)v = code_string(k, *(const char **)v);
		break;
	case DIGEST:
		*(const unsigned char **)v =
		    code_digest(k, *(const unsigned char **)v);
		break;
	case UIDS:
		code_uids(k, v);
		break;
	case PROOFS:
		code_proofs(k, v);
		break;
	default:
		code_data(k, v);
	}
}

/* Encodes m, or fills it. Its pointers change, but not what they point to. */
static void
code_message(struct codec *k, struct ipc_message *m)
{
	const struct field *f;

	for (f = fields[m->type]; f->kind != NO_FIELD; f++)
		code_field(k, f->kind, (char *)m + f->offset);
}

/* ---- sending ---- */

int
ipc_flush(struct ipc *c, struct ms_err *err)
{
	size_t at = 0;
	ssize_t n;

	while (at < c->out.n) {
		n = send(c->fd, c->out.p + at, c->out.n - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ms_fail_errno(err, "connection to a worker");
		at += (size_t)n;
	}
	ms_buf_clear(&c->out);
	return 0;
}

int
ipc_send(struct ipc *c, const struct ipc_message *m, struct ms_err *err)
{
	struct ipc_message copy = *m;
	struct codec k = {.out = &c->out, .ipc = c};
	unsigned char header[HEADER] = {0};
	size_t begin = c->out.n, n;

	ms_put_le32(header, (uint32_t)m->type);
	ms_buf_add(&c->out, header, sizeof(header));
	code_message(&k, &copy);
	n = c->out.n - begin - HEADER;
	assert(n <= IPC_MESSAGE_MAX);
	ms_put_le32(c->out.p + begin + 4, (uint32_t)n);
	return c->out.n >= SEND_AT ? ipc_flush(c, err) : 0;
}

/* ---- receiving ---- */

/* Bytes of the next message with its header; 0: not known yet. */
static size_t
message_size(const struct ipc *c)
{
	if (c->in.n - c->received < HEADER)
		return 0;
	return HEADER + (size_t)ms_le32(c->in.p + c->received + 4);
}

bool
ipc_ready(const struct ipc *c)
{
	size_t n = message_size(c);

	return n > 0 && c->in.n - c->received >= n;
}

/* Reads more bytes. Returns 1, 0 at the end, or -1. */
static int
fill(struct ipc *c, struct ms_err *err)
{
	ssize_t n;

	if (c->received > 0) {
		memmove(c->in.p, c->in.p + c->received, c->in.n - c->received);
		c->in.n -= c->received;
		c->received = 0;
	}
	do {
		n = recv(
		    c->fd, ms_buf_room(&c->in, READ_AT_ONCE), READ_AT_ONCE, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return ms_fail_errno(err, "connection to a worker");
	if (n <= 0)
		return 0;
	c->in.n += (size_t)n;
	return 1;
}

int
ipc_receive(struct ipc *c, struct ipc_message *m, struct ms_err *err)
{
	struct codec k = {.ipc = c};
	uint32_t type;
	int got;

	while (!ipc_ready(c)) {
		if (message_size(c) > HEADER + IPC_MESSAGE_MAX)
			return ms_fail(err, MS_PROTO,
			    "connection to a worker: message too long");
		got = fill(c, err);
		if (got <= 0)
			return got;
	}
	k.p = c->in.p + c->received + HEADER;
	k.n = message_size(c) - HEADER;
	type = ms_le32(c->in.p + c->received);
	c->received += HEADER + k.n;
	k.bad = type == 0 || type >= IPC_TYPES;
	*m = (struct ipc_message){
	    .type = k.bad ? ASK_STOP : (enum ipc_type)type};
	m->raw = m->text = m->name = "";
	m->info.flags = m->info.labels = m->info.email_id = "";
	code_message(&k, m);
	if (k.bad || k.n > 0)
		return ms_fail(
		    err, MS_PROTO, "connection to a worker: malformed message");
	return 1;
}
