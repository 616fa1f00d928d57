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
#define FIELDS_MAX 8  /* of a message */
#define SEND_AT 65536 /* bytes gathered before they are sent */
#define READ_AT_ONCE 262144
#define IDENTITY (8 + 2 * MS_SHA_LEN) /* bytes of an identity */

/* ---- the fields of each message ---- */

enum kind {
	NO_FIELD,
	U32,
	U64,
	FLAG,
	STRING,
	DIGEST,
	UIDS,
	IDENTITIES,
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
			 : UIDS, struct ipc_identities                         \
			 : IDENTITIES, struct ms_slice                         \
			 : DATA),                                              \
		    offsetof(struct ipc_message, name) \
	}

#define WANTED FIELD(raw), FIELD(uidvalidity), FIELD(uids)
#define INFO                                                                   \
	FIELD(info.uid), FIELD(info.has), FIELD(info.date), FIELD(info.size)

static const struct field fields[IPC_TYPES][FIELDS_MAX + 1] = {
    [ASK_FOLDERS] = {{0}},
    [ASK_SURVEY] = {FIELD(raw), FIELD(text)},
    [ASK_ATTRIBUTES] = {WANTED},
    [ASK_HEADERS] = {WANTED},
    [ASK_FETCH] = {WANTED},
    [ASK_DELETE] = {WANTED, FIELD(identities), FIELD(dry_run)},
    [ASK_IDLE] = {FIELD(raw), FIELD(seconds)},
    [ASK_STOP] = {{0}},
    [GIVE_TOKEN] = {FIELD(text)},
    [SAY_WANT_TOKEN] = {{0}},
    [SAY_LOGGED_IN] = {FIELD(capabilities)},
    [SAY_FOLDER] = {FIELD(raw), FIELD(name), FIELD(uses), FIELD(space),
	FIELD(prefix), FIELD(selectable), FIELD(duplicate)},
    [SAY_SURVEY] = {FIELD(uidvalidity), FIELD(missing)},
    [SAY_UIDS] = {FIELD(uids)},
    [SAY_MET] = {FIELD(uids)},
    [SAY_UNMET] = {FIELD(uids)},
    [SAY_UIDL] = {FIELD(info.uid), FIELD(text)},
    [SAY_HEADER] = {INFO, FIELD(info.sent), FIELD(info.head), FIELD(info.flags),
	FIELD(info.labels)},
    [SAY_MESSAGE] = {INFO, FIELD(info.bytes), FIELD(info.flags),
	FIELD(info.labels)},
    [SAY_DATA] = {FIELD(data)},
    [SAY_END] = {{0}},
    [SAY_CANCEL] = {FIELD(text)},
    [SAY_FAILED] = {FIELD(info.uid), FIELD(text)},
    [SAY_GONE] = {FIELD(info.uid)},
    [SAY_DELETED] = {FIELD(info.uid)},
    [SAY_NOT_DELETED] = {FIELD(info.uid), FIELD(text)},
    [SAY_REMARK] = {FIELD(text)},
    [SAY_DONE] = {FIELD(code), FIELD(text), FIELD(session_lost),
	FIELD(had_session), FIELD(seconds)},
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
	ms_buf_release(&c->identities);
}

/* ---- sending ---- */

static void
put_u32(struct ms_buf *b, uint32_t v)
{
	ms_put_le32(ms_buf_room(b, sizeof(v)), v);
	b->n += sizeof(v);
}

static void
put_u64(struct ms_buf *b, uint64_t v)
{
	ms_put_le64(ms_buf_room(b, sizeof(v)), v);
	b->n += sizeof(v);
}

/* NULL is sent as "". */
static void
put_string(struct ms_buf *b, const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	put_u32(b, (uint32_t)n);
	ms_buf_add(b, s != NULL ? s : "", n);
	ms_buf_add_byte(b, '\0');
}

static void
put_digest(struct ms_buf *b, const unsigned char *digest)
{
	static const unsigned char none[MS_SHA_LEN];

	ms_buf_add(b, digest != NULL ? digest : none, MS_SHA_LEN);
}

static void
put_uids(struct ms_buf *b, const struct ipc_uids *uids)
{
	size_t i;

	put_u32(b, (uint32_t)uids->n);
	for (i = 0; i < uids->n; i++)
		put_u32(b, uids->v[i]);
}

static void
put_identities(struct ms_buf *b, const struct ipc_identities *ids)
{
	size_t i;

	put_u32(b, (uint32_t)ids->n);
	for (i = 0; i < ids->n; i++) {
		put_u64(b, ids->v[i].size);
		put_digest(b, ids->v[i].head);
		put_digest(b, ids->v[i].id);
	}
}

static void
put_field(struct ms_buf *b, enum kind kind, const void *v)
{
	const struct ms_slice *data = v;

	switch (kind) {
	case U32:
		put_u32(b, *(const uint32_t *)v);
		break;
	case U64:
		put_u64(b, *(const uint64_t *)v);
		break;
	case FLAG:
		put_u32(b, *(const bool *)v);
		break;
	case STRING:
		put_string(b, *(const char *const *)v);
		break;
	case DIGEST:
		put_digest(b, *(const unsigned char *const *)v);
		break;
	case UIDS:
		put_uids(b, v);
		break;
	case IDENTITIES:
		put_identities(b, v);
		break;
	default:
		ms_buf_add(b, data->p, data->n);
	}
}

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
	const struct field *f;
	size_t begin = c->out.n, n;

	put_u32(&c->out, (uint32_t)m->type);
	put_u32(&c->out, 0);
	for (f = fields[m->type]; f->kind != NO_FIELD; f++)
		put_field(&c->out, f->kind, (const char *)m + f->offset);
	n = c->out.n - begin - HEADER;
	assert(n <= IPC_MESSAGE_MAX);
	ms_put_le32(c->out.p + begin + 4, (uint32_t)n);
	return c->out.n >= SEND_AT ? ipc_flush(c, err) : 0;
}

/* ---- receiving ---- */

/* The bytes of a message that are not decoded yet. */
struct reader {
	const unsigned char *p;
	size_t n;
	bool bad; /* a field is missing or malformed */
};

static const unsigned char *
get_bytes(struct reader *r, size_t n)
{
	const unsigned char *p = r->p;

	if (r->bad || r->n < n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

static uint32_t
get_u32(struct reader *r)
{
	const unsigned char *p = get_bytes(r, sizeof(uint32_t));

	return p != NULL ? ms_le32(p) : 0;
}

static uint64_t
get_u64(struct reader *r)
{
	const unsigned char *p = get_bytes(r, sizeof(uint64_t));

	return p != NULL ? ms_le64(p) : 0;
}

static const char *
get_string(struct reader *r)
{
	size_t n = get_u32(r);
	const unsigned char *p;

	p = n < r->n ? get_bytes(r, n + 1) : NULL;
	if (p == NULL || p[n] != '\0' || memchr(p, '\0', n) != NULL) {
		r->bad = true;
		return "";
	}
	return (const char *)p;
}

/* The count of a list. The sender's count is not trusted: the elements, of
 * `size` bytes each, are here. */
static size_t
get_count(struct reader *r, size_t size)
{
	size_t n = get_u32(r);

	if (n > IPC_UIDS_MAX || n > r->n / size) {
		r->bad = true;
		return 0;
	}
	return n;
}

/* Lists are decoded into memory of the connection: the numbers in a message are
 * not aligned. */
static void
get_uids(struct reader *r, struct ms_buf *memory, struct ipc_uids *out)
{
	size_t n = get_count(r, sizeof(uint32_t)), i;
	uint32_t *v;

	ms_buf_clear(memory);
	v = (uint32_t *)(void *)ms_buf_room(memory, n * sizeof(*v));
	for (i = 0; i < n; i++)
		v[i] = get_u32(r);
	*out = (struct ipc_uids){v, n};
}

static void
get_identities(
    struct reader *r, struct ms_buf *memory, struct ipc_identities *out)
{
	size_t n = get_count(r, IDENTITY), i;
	struct ms_identity *v;

	ms_buf_clear(memory);
	v = (struct ms_identity *)(void *)ms_buf_room(memory, n * sizeof(*v));
	for (i = 0; i < n; i++) {
		v[i] = (struct ms_identity){.size = get_u64(r)};
		memcpy(v[i].head, get_bytes(r, MS_SHA_LEN), MS_SHA_LEN);
		memcpy(v[i].id, get_bytes(r, MS_SHA_LEN), MS_SHA_LEN);
	}
	*out = (struct ipc_identities){v, n};
}

static void
get_field(struct reader *r, struct ipc *c, enum kind kind, void *v)
{
	switch (kind) {
	case U32:
		*(uint32_t *)v = get_u32(r);
		break;
	case U64:
		*(uint64_t *)v = get_u64(r);
		break;
	case FLAG:
		*(bool *)v = get_u32(r) != 0;
		break;
	case STRING:
		*(const char **)v = get_string(r);
		break;
	case DIGEST:
		*(const unsigned char **)v = get_bytes(r, MS_SHA_LEN);
		break;
	case UIDS:
		get_uids(r, &c->uids, v);
		break;
	case IDENTITIES:
		get_identities(r, &c->identities, v);
		break;
	default:
		*(struct ms_slice *)v =
		    (struct ms_slice){r->p, r->bad ? 0 : r->n};
		(void)get_bytes(r, r->n);
	}
}

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
	struct reader r = {0};
	const struct field *f;
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
	r.p = c->in.p + c->received + HEADER;
	r.n = message_size(c) - HEADER;
	type = ms_le32(c->in.p + c->received);
	c->received += HEADER + r.n;
	*m = (struct ipc_message){.type = (enum ipc_type)type};
	m->raw = m->text = m->name = m->info.flags = m->info.labels = "";
	r.bad = type == 0 || type >= IPC_TYPES;
	for (f = fields[r.bad ? 0 : type]; f->kind != NO_FIELD; f++)
		get_field(&r, c, f->kind, (char *)m + f->offset);
	if (r.bad || r.n > 0)
		return ms_fail(
		    err, MS_PROTO, "connection to a worker: malformed message");
	return 1;
}
