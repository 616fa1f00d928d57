/* record.c - contents of records as bytes; leaf, tree and chain.
 * ms-archive(5), Records and Chain. */
#include "record.h"

#include "le.h"

enum {
	FIELD_PLACE = 1,
	FIELD_FLAGS = 2,
	FIELD_OTHER = 3,
	FIELD_RAW_DATE = 4,
	FIELD_EMAIL_ID = 5,
	FIELDS
};

#define OCCURRENCE_LEN 60 /* bytes before the fields */
#define PLACE_LEN 16
#define MOVED_LEN 24
#define RECEIPT_LEN 120

void
ms_record_leaf(uint8_t type, const unsigned char salt[MS_SALT_LEN],
    const unsigned char content_digest[MS_SHA_LEN],
    unsigned char leaf[MS_SHA_LEN])
{
	unsigned char b[2 + MS_SALT_LEN + MS_SHA_LEN];

	b[0] = 0;
	b[1] = type;
	memcpy(b + 2, salt, MS_SALT_LEN);
	memcpy(b + 2 + MS_SALT_LEN, content_digest, MS_SHA_LEN);
	ms_sha256(b, sizeof(b), leaf);
}

static void
field_write(struct ms_buf *out, uint8_t tag, struct ms_slice value)
{
	unsigned char head[4] = {tag};

	if (value.n == 0 || value.n > MS_FIELD_MAX)
		return;
	ms_put_le16(head + 2, (uint16_t)value.n);
	ms_buf_add(out, head, sizeof(head));
	ms_buf_add(out, value.p, value.n);
}

/* Fills value[tag]; unknown tags are ignored. */
static int
fields_parse(
    struct ms_slice in, struct ms_slice value[FIELDS], struct ms_err *err)
{
	size_t n;

	while (in.n > 0) {
		if (in.n < 4 || (n = ms_le16(in.p + 2)) > in.n - 4)
			return ms_fail(err, MS_DATA, "a field is cut off");
		if (in.p[0] < FIELDS)
			value[in.p[0]] = (struct ms_slice){in.p + 4, n};
		in.p += 4 + n;
		in.n -= 4 + n;
	}
	return 0;
}

void
ms_occurrence_write(struct ms_buf *out, const struct ms_occurrence *o)
{
	unsigned char b[OCCURRENCE_LEN] = {0}, raw[8];
	bool has_raw =
	    o->raw.kind != MS_RAW_UNSTATED && o->raw.kind != MS_RAW_NONE;

	memcpy(b, o->id, MS_SHA_LEN);
	ms_put_le64(b + 32, o->message);
	ms_put_le64(b + 40, o->folder);
	ms_put_le64(b + 48, (uint64_t)o->date);
	b[56] = o->form;
	b[57] = o->bits;
	b[58] = o->raw.kind;
	ms_put_le64(raw, (uint64_t)o->raw.date);
	ms_buf_add(out, b, sizeof(b));
	field_write(out, FIELD_PLACE, o->place);
	field_write(out, FIELD_FLAGS, o->flags);
	field_write(out, FIELD_OTHER, o->other);
	if (has_raw &&
	    ((o->bits & MS_DATE_UNKNOWN) != 0 || o->raw.date != o->date))
		field_write(
		    out, FIELD_RAW_DATE, (struct ms_slice){raw, sizeof(raw)});
	field_write(out, FIELD_EMAIL_ID, o->email_id);
}

/*
 * The raw date of an OCCURRENCE. A kind of a later version is treated like
 * none that is stated.
 */
static struct ms_raw_date
raw_date(const struct ms_occurrence *o, uint8_t kind, struct ms_slice field)
{
	struct ms_raw_date raw = {o->date, kind};

	if (kind > MS_RAW_NONE)
		raw.kind = MS_RAW_UNSTATED;
	else if (kind != MS_RAW_UNSTATED && field.n == 8)
		raw.date = (int64_t)ms_le64(field.p);
	if (raw.kind == MS_RAW_UNSTATED && (o->bits & MS_DATE_UNKNOWN) != 0)
		raw.kind = MS_RAW_NONE;
	if (raw.kind == MS_RAW_NONE)
		raw.date = 0;
	return raw;
}

int
ms_occurrence_parse(
    struct ms_occurrence *o, struct ms_slice content, struct ms_err *err)
{
	struct ms_slice value[FIELDS] = {{0}};
	const unsigned char *p = content.p;

	if (content.n < OCCURRENCE_LEN)
		return ms_fail(err, MS_DATA, "OCCURRENCE is too short");
	*o = (struct ms_occurrence){.message = ms_le64(p + 32),
	    .folder = ms_le64(p + 40),
	    .date = (int64_t)ms_le64(p + 48),
	    .form = p[56],
	    .bits = p[57]};
	memcpy(o->id, p, MS_SHA_LEN);
	if (o->form > 2)
		return ms_fail(err, MS_DATA, "OCCURRENCE of an unknown form");
	if (fields_parse((struct ms_slice){p + OCCURRENCE_LEN,
			     content.n - OCCURRENCE_LEN},
		value, err) < 0)
		return ms_context(err, "OCCURRENCE");
	o->place = value[FIELD_PLACE];
	o->flags = value[FIELD_FLAGS];
	o->other = value[FIELD_OTHER];
	o->email_id = value[FIELD_EMAIL_ID];
	o->raw = raw_date(o, p[58], value[FIELD_RAW_DATE]);
	return 0;
}

void
ms_place_write(struct ms_buf *out, const struct ms_place *pl)
{
	unsigned char b[PLACE_LEN];

	ms_put_le64(b, pl->occurrence);
	ms_put_le64(b + 8, pl->folder);
	ms_buf_add(out, b, sizeof(b));
	field_write(out, FIELD_PLACE, pl->place);
	field_write(out, FIELD_FLAGS, pl->flags);
}

int
ms_place_parse(struct ms_place *pl, struct ms_slice content, struct ms_err *err)
{
	struct ms_slice value[FIELDS] = {{0}};

	if (content.n < PLACE_LEN)
		return ms_fail(err, MS_DATA, "PLACE is too short");
	if (fields_parse(
		(struct ms_slice){content.p + PLACE_LEN, content.n - PLACE_LEN},
		value, err) < 0)
		return ms_context(err, "PLACE");
	pl->occurrence = ms_le64(content.p);
	pl->folder = ms_le64(content.p + 8);
	pl->place = value[FIELD_PLACE];
	pl->flags = value[FIELD_FLAGS];
	return 0;
}

/* ---- RECEIPT ---- */

void
ms_receipt_write(struct ms_buf *out, const struct ms_receipt *r)
{
	unsigned char b[RECEIPT_LEN] = {0};

	memcpy(b, r->id, MS_SHA_LEN);
	memcpy(b + 32, r->head, MS_SHA_LEN);
	memcpy(b + 64, r->top, MS_SHA_LEN);
	ms_put_le64(b + 96, r->size);
	ms_put_le64(b + 104, r->folder);
	ms_put_le32(b + 112, r->count);
	b[116] = r->bits;
	ms_buf_add(out, b, sizeof(b));
	ms_buf_add(out, r->occurrences.p, r->occurrences.n);
	field_write(out, FIELD_PLACE, r->place);
	field_write(out, FIELD_FLAGS, r->flags);
	field_write(out, FIELD_EMAIL_ID, r->email_id);
}

uint64_t
ms_receipt_occurrence(const struct ms_receipt *r, uint32_t i)
{
	return ms_le64(r->occurrences.p + (size_t)i * 8);
}

static bool
ascends(const struct ms_receipt *r)
{
	uint64_t last = 0, number;
	uint32_t i;

	for (i = 0; i < r->count; i++, last = number) {
		number = ms_receipt_occurrence(r, i);
		if (number <= last)
			return false;
	}
	return true;
}

int
ms_receipt_parse(
    struct ms_receipt *r, struct ms_slice content, struct ms_err *err)
{
	struct ms_slice value[FIELDS] = {{0}};
	const unsigned char *p = content.p;
	size_t n;

	if (content.n < RECEIPT_LEN)
		return ms_fail(err, MS_DATA, "RECEIPT is too short");
	*r = (struct ms_receipt){.size = ms_le64(p + 96),
	    .folder = ms_le64(p + 104),
	    .count = ms_le32(p + 112),
	    .bits = p[116]};
	if (r->count == 0 || r->count > MS_RECEIPT_MAX)
		return ms_fail(err, MS_DATA, "RECEIPT of %u OCCURRENCEs",
		    (unsigned)r->count);
	n = (size_t)r->count * 8;
	if (n > content.n - RECEIPT_LEN)
		return ms_fail(err, MS_DATA, "RECEIPT is too short");
	r->occurrences = (struct ms_slice){p + RECEIPT_LEN, n};
	if (!ascends(r))
		return ms_fail(err, MS_DATA,
		    "the OCCURRENCEs of a RECEIPT are not in order");
	n += RECEIPT_LEN;
	if (fields_parse((struct ms_slice){p + n, content.n - n}, value, err) <
	    0)
		return ms_context(err, "RECEIPT");
	memcpy(r->id, p, MS_SHA_LEN);
	memcpy(r->head, p + 32, MS_SHA_LEN);
	memcpy(r->top, p + 64, MS_SHA_LEN);
	r->place = value[FIELD_PLACE];
	r->flags = value[FIELD_FLAGS];
	r->email_id = value[FIELD_EMAIL_ID];
	return 0;
}

/* ---- places ---- */

bool
ms_place_is_uid(struct ms_slice place)
{
	size_t i, slash = 0;

	for (i = 0; i < place.n; i++)
		if (place.p[i] == '/' && slash == 0)
			slash = i;
		else if (place.p[i] < '0' || place.p[i] > '9')
			return false;
	return slash > 0 && slash + 1 < place.n;
}

void
ms_moved_write(struct ms_buf *out, const struct ms_moved *m)
{
	unsigned char b[MOVED_LEN];

	ms_put_le64(b, m->left);
	ms_put_le64(b + 8, m->now);
	ms_put_le64(b + 16, (uint64_t)m->time);
	ms_buf_add(out, b, sizeof(b));
}

int
ms_moved_parse(struct ms_moved *m, struct ms_slice content, struct ms_err *err)
{
	if (content.n < MOVED_LEN)
		return ms_fail(err, MS_DATA, "MOVED is too short");
	m->left = ms_le64(content.p);
	m->now = ms_le64(content.p + 8);
	m->time = (int64_t)ms_le64(content.p + 16);
	return 0;
}

void
ms_commit_write(struct ms_buf *out, const struct ms_commit *c)
{
	unsigned char b[MS_COMMIT_LEN] = {0};

	ms_put_le64(b, c->first);
	ms_put_le32(b + 8, c->count);
	b[12] = 1;
	memcpy(b + 16, c->root, MS_SHA_LEN);
	memcpy(b + 48, c->chain, MS_SHA_LEN);
	ms_put_le64(b + 80, (uint64_t)c->time);
	ms_buf_add(out, b, sizeof(b));
}

int
ms_commit_parse(
    struct ms_commit *c, struct ms_slice content, struct ms_err *err)
{
	const unsigned char *p = content.p;

	if (content.n < MS_COMMIT_LEN)
		return ms_fail(err, MS_DATA, "COMMIT is too short");
	if (p[12] != 1)
		return ms_fail(err, MS_DATA,
		    "COMMIT with the unknown hash algorithm %u",
		    (unsigned)p[12]);
	c->first = ms_le64(p);
	c->count = ms_le32(p + 8);
	memcpy(c->root, p + 16, MS_SHA_LEN);
	memcpy(c->chain, p + 48, MS_SHA_LEN);
	c->time = (int64_t)ms_le64(p + 80);
	return 0;
}

void
ms_chain(const unsigned char previous[MS_SHA_LEN],
    const unsigned char root[MS_SHA_LEN], unsigned char out[MS_SHA_LEN])
{
	unsigned char b[2 * MS_SHA_LEN];

	memcpy(b, previous, MS_SHA_LEN);
	memcpy(b + MS_SHA_LEN, root, MS_SHA_LEN);
	ms_sha256(b, sizeof(b), out);
}

static void
join(const unsigned char *left, const unsigned char *right, unsigned char *out)
{
	unsigned char b[1 + 2 * MS_SHA_LEN];

	b[0] = 1;
	memcpy(b + 1, left, MS_SHA_LEN);
	memcpy(b + 1 + MS_SHA_LEN, right, MS_SHA_LEN);
	ms_sha256(b, sizeof(b), out);
}

/*
 * node[h] is a full subtree of height h if bit h of count is set, as in a
 * binary counter: a new leaf carries.
 */
void
ms_tree_add(struct ms_tree *t, const unsigned char leaf[MS_SHA_LEN])
{
	unsigned char h[MS_SHA_LEN];
	unsigned height = 0;

	memcpy(h, leaf, MS_SHA_LEN);
	for (; (t->count >> height & 1) != 0; height++)
		join(t->node[height], h, h);
	memcpy(t->node[height], h, MS_SHA_LEN);
	t->count++;
}

void
ms_tree_root(const struct ms_tree *t, unsigned char root[MS_SHA_LEN])
{
	unsigned height;
	bool have = false;

	if (t->count == 0) {
		ms_sha256("", 0, root);
		return;
	}
	for (height = 0; height < 64; height++) {
		if ((t->count >> height & 1) == 0)
			continue;
		if (have)
			join(t->node[height], root, root);
		else
			memcpy(root, t->node[height], MS_SHA_LEN);
		have = true;
	}
}
