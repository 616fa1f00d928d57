/*
 * archive-message.c - tests lib/archive/message.c and row.c: the bytes, the
 * header and the row of one message.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "archive-writer.h"
#include "message-hasher.h"
#include "scratch.h"
#include "segmented.h"
#include "stored.h"

#define MULTIPART "Content-Type: multipart/mixed; boundary=b\r\n"

#define BASE64 "Content-Transfer-Encoding: base64\r\n\r\n"
#define LATIN "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n"

static const struct shape {
	const char *name, *header;
	size_t long_field; /* bytes of one more field */
	const char *part;  /* the header of its part, which has so many bytes */
	size_t attached;
	bool partial, cut;   /* the index does not know all; nor does a reader
			      */
	const char *subject; /* as described */
} shapes[] = {
    {"a short message", "Subject: s\r\n", 0, NULL, 0, false, false, "s"},
    {"an attachment", "Subject: s\r\n" MULTIPART, 0, BASE64, 90000, false,
	false, "s"},
    {"a long header", "Subject: s\r\n", 300000, NULL, 0, false, false, "s"},
    {"a long header and an attachment", "Subject: s\r\n" MULTIPART, 300000,
	BASE64, 90000, false, false, "s"},
    {"the longest header", "Subject: s\r\n", MS_HEADER_MAX - 24, NULL, 0, false,
	false, "s"},
    {"a header that is too long", "Subject: s\r\n", MS_HEADER_MAX + 3000, NULL,
	0, true, true, "s"},
    {"a character set that a BLOB names", "Subject: s\xe9\r\n" MULTIPART, 0,
	LATIN, 5000, false, false, "s\xc3\xa9"},
    {"a character set in the record", "Subject: s\xe9\r\n" MULTIPART, 0, LATIN,
	500, false, false, "s\xc3\xa9"},
};

static unsigned char
letter(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return (unsigned char)('A' + (*state >> 16) % 26);
}

/* The message in wire form; *header receives the bytes of its header. */
static void
make(const struct shape *s, struct ms_buf *out, size_t *header)
{
	unsigned state = (unsigned)s->attached + 1;
	size_t i;

	ms_buf_add_str(out, s->header);
	if (s->long_field > 0) {
		ms_buf_add_str(out, "X-Long: ");
		for (i = 0; i < s->long_field; i++)
			ms_buf_add_byte(out, letter(&state));
		ms_buf_add_str(out, "\r\n");
	}
	ms_buf_add_str(out, "\r\n");
	*header = out->n;
	if (s->attached > 0)
		ms_buf_printf(out, "--b\r\n%s", s->part);
	for (i = 0; i < s->attached; i++) {
		ms_buf_add_byte(out, letter(&state));
		if (i % 76 == 75)
			ms_buf_add_str(out, "\r\n");
	}
	ms_buf_add_str(out, s->attached > 0 ? "\r\n--b--\r\n" : "body\r\n");
}

/* Without the CRs. */
static void
to_lf(const struct ms_buf *wire, size_t n, struct ms_buf *out)
{
	size_t i;

	ms_buf_clear(out);
	for (i = 0; i < n && i < wire->n; i++)
		if (wire->p[i] != '\r')
			ms_buf_add_byte(out, wire->p[i]);
}

static int
refuse(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	return ms_fail(err, MS_IO, "refused");
}

/* Begins with other bytes, which must stay. */
static void
begin(struct ms_buf *out)
{
	ms_buf_clear(out);
	ms_buf_add_str(out, "before");
}

static bool
ends_with(const struct ms_buf *out, const struct ms_buf *want)
{
	return out->n == 6 + want->n && memcmp(out->p, "before", 6) == 0 &&
	       memcmp(out->p + 6, want->p, want->n) == 0;
}

static void
check_bytes(struct ms_archive *a, const struct shape *s,
    const struct ms_row *row, const struct ms_buf *wire)
{
	struct ms_buf got = {0}, lf = {0};
	unsigned char other[MS_SHA_LEN];
	struct ms_err err = {0};
	uint64_t size = 0;

	to_lf(wire, wire->n, &lf);
	begin(&got);
	ok(ms_archive_emit(a, row->message, row->id, MS_FORM_CRLF,
	       ms_buf_append, &got, &err) == 0 &&
		ends_with(&got, wire),
	    "%s: the wire form: %s", s->name, err.msg);
	begin(&got);
	ok(ms_archive_emit(a, row->message, row->id, MS_FORM_LF, ms_buf_append,
	       &got, &err) == 0 &&
		ends_with(&got, &lf),
	    "  with LF");
	ok(ms_archive_check(a, row->message, row->id, &err) == 0 &&
		ms_archive_read_back(a, row->message, row->id, &err) == 0,
	    "  it can be read back");
	ok(ms_archive_identity(a, row->message, other, &size, &err) == 0 &&
		size == wire->n && row->size == size &&
		memcmp(other, row->id, MS_SHA_LEN) == 0,
	    "  its id and size");
	ok(ms_archive_emit(a, row->message, row->id, MS_FORM_CRLF, refuse, NULL,
	       &err) < 0 &&
		err.code == MS_IO && strcmp(err.msg, "refused") == 0,
	    "  a caller ends the reading");
	other[0] ^= 1;
	ok(ms_archive_check(a, row->message, other, &err) < 0 &&
		err.code == MS_DATA &&
		strstr(err.msg, "another message") != NULL,
	    "  it has no other id: %s", err.msg);
	ms_buf_release(&got);
	ms_buf_release(&lf);
}

static void
check_header(struct ms_archive *a, const struct shape *s, struct ms_row *row,
    const struct ms_buf *wire, size_t header)
{
	struct ms_buf got = {0}, lf = {0};
	struct ms_err err = {0};
	int rc;

	begin(&got);
	rc = ms_archive_header(a, row->message, row->id, &got, &err);
	to_lf(wire, header, &lf);
	if (s->cut)
		lf.n = MS_HEADER_MAX;
	ok(rc == s->cut && got.n >= 6 + lf.n &&
		memcmp(got.p, "before", 6) == 0 &&
		memcmp(got.p + 6, lf.p, lf.n) == 0 &&
		(!s->cut || got.n == 6 + lf.n),
	    "  its header: %d, %zu bytes", rc, got.n);
	ok(((row->desc.bits & MS_DESC_PARTIAL) != 0) == s->partial,
	    "  the index has %s of it", s->partial ? "a part" : "what counts");
	row->desc = (struct ms_desc){0};
	ok(ms_archive_describe(a, row, &err) == 0 && row->desc.subject.n == 0,
	    "  a whole description is not changed");
	row->desc.bits = MS_DESC_PARTIAL;
	rc = ms_archive_describe(a, row, &err);
	ok(rc == s->cut &&
		ms_slice_eq(
		    (struct ms_slice){
			(const unsigned char *)row->desc.subject.s,
			row->desc.subject.n},
		    ms_slice_str(s->subject)) &&
		((row->desc.bits & MS_DESC_PARTIAL) != 0) == s->cut,
	    "  its description is complete: %d, %.*s", rc,
	    (int)row->desc.subject.n, row->desc.subject.s);
	ms_buf_release(&got);
	ms_buf_release(&lf);
}

static void
check_shape(struct ms_archive *a, const struct shape *s)
{
	struct ms_buf wire = {0}, rows = {0};
	struct ms_message_hasher *h = ms_message_hasher_new();
	struct ms_identity identity;
	char hex[MS_SHA_HEX + 1];
	uint64_t message = 0;
	size_t header;

	make(s, &wire, &header);
	in = ms_ingest_new(a, 1, store_result, NULL);
	dest = ms_ingest_dest(in, "alice", SOURCE, "INBOX", NULL, false);
	store(s->name, ms_buf_str(&wire));
	ms_message_hasher_add(h, wire.p, wire.n);
	ms_message_hasher_end(h, &identity);
	ms_message_hasher_free(h);
	ms_hex(identity.id, MS_SHA_LEN, hex);
	ok(ms_ingest_finish(in, NULL) == 0 &&
		ms_archive_find(a, hex, &message, 1, NULL) == 1 &&
		ms_archive_occurrences(a, message, &rows, NULL) == 0 &&
		rows.n == sizeof(struct ms_row),
	    "%s is stored", s->name);
	if (rows.n == sizeof(struct ms_row)) {
		struct ms_row *row = (struct ms_row *)(void *)rows.p;

		check_bytes(a, s, row, &wire);
		check_header(a, s, row, &wire, header);
	}
	ms_buf_release(&wire);
	ms_buf_release(&rows);
}

/* ---- memory ---- */

#define LONG_MESSAGE ((size_t)36 * 1024 * 1024)
#define KEPT_BYTES ((size_t)40 * 1024 * 1024) /* of decompressed blocks */

static size_t
used_memory(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static int
add_to_sha(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_sha_add(ctx, p, n);
	return 0;
}

/* A reader keeps blocks, but not all blocks of a long message. */
static void
check_memory(struct ms_archive *a)
{
	unsigned char *text = ms_xmalloc(LONG_MESSAGE), digest[MS_SHA_LEN];
	struct ms_spec spec = {.where = ""};
	unsigned char id[MS_SHA_LEN];
	char hex[MS_SHA_HEX + 1];
	struct ms_archive *reader = NULL;
	struct ms_sha sha = {0};
	uint64_t message = 0;
	size_t before;

	ms_random(text, LONG_MESSAGE);
	for (size_t i = 0; i < LONG_MESSAGE; i++)
		text[i] = (unsigned char)('A' + text[i] % 16);
	ms_sha256(text, LONG_MESSAGE, id);
	in = ms_ingest_new(a, 1, store_result, NULL);
	spec.dest = ms_ingest_dest(in, "alice", SOURCE, "Long", NULL, false);
	ms_ingest_begin(in, &spec, NULL);
	ms_ingest_data(in, text, LONG_MESSAGE, NULL);
	ms_ingest_end(in, NULL);
	free(text);
	ms_hex(id, MS_SHA_LEN, hex);
	ok(ms_ingest_finish(in, NULL) == 0 &&
		ms_archive_find(a, hex, &message, 1, NULL) == 1,
	    "a long message");
	ok(ms_archive_open(
	       &reader, ms_archive_path(a), MS_ARCHIVE_READ, NULL) == 0,
	    "  a reader");
	before = used_memory();
	ms_sha_init(&sha);
	ok(ms_archive_emit(
	       reader, message, id, MS_FORM_CRLF, add_to_sha, &sha, NULL) == 0,
	    "  is read");
	ms_sha_end(&sha, digest);
	ok(memcmp(digest, id, sizeof(id)) == 0 &&
		used_memory() < before + KEPT_BYTES,
	    "  with %zu bytes of memory", used_memory() - before);
	ms_archive_close(reader);
}

/* ---- a wrong id ---- */

/* Stores one MESSAGE with this content, as one of this id. */
static uint64_t
store_record(struct ms_archive *a, const struct ms_buf *content,
    const unsigned char id[MS_SHA_LEN])
{
	struct ms_dest to = {.user = (char *)"alice",
	    .source = (char *)SOURCE,
	    .folder = (char *)"Forged"};
	struct ms_block_builder builder = {.kind = MS_BLOCK_META};
	struct ms_block_image *image = ms_xcalloc(1, sizeof(*image));
	struct ms_new_message m = {.bytes = (uint32_t)content->n};
	struct ms_deposit d = {.dest = &to};
	unsigned char digest[MS_SHA_LEN];
	struct ms_batch b = {0};
	void *zstd = ms_block_compressor();
	struct ms_err err = {0};
	uint64_t number;
	size_t n;

	ms_sha256(content->p, content->n, digest);
	ms_block_add(&builder, MS_MESSAGE, ms_buf_slice(content), digest);
	ms_block_finish(&builder, zstd, image);
	ms_batch_add_image(&b, image);
	memcpy(m.id, id, MS_SHA_LEN);
	memcpy(d.id, id, MS_SHA_LEN);
	ms_buf_add(&b.messages, &m, sizeof(m));
	ms_buf_add(&b.deposits, &d, sizeof(d));
	ok(ms_batch_commit(a, &b, &err) == 0, "a record is stored: %s",
	    err.msg);
	number = ms_batch_messages(&b, &n)->number;
	ms_batch_release(&b);
	ms_block_builder_release(&builder);
	ms_block_compressor_free(zstd);
	return number;
}

/* A record whose id is not that of its bytes is found if it is read back. */
static void
check_wrong_id(struct ms_archive *a)
{
	static const char text[] = "Subject: forged\r\n\r\nbody\r\n";
	struct segmented s = {0};
	unsigned char *at, id[MS_SHA_LEN];
	struct ms_err err = {0};
	uint64_t number;

	segmented_make(
	    &s, (const unsigned char *)text, strlen(text), NULL, NULL);
	memcpy(id, s.identity.id, sizeof(id));
	at = memmem(s.content.p, s.content.n, id, sizeof(id));
	ok(at != NULL, "the record of a message has its id");
	id[7] ^= 1;
	if (at != NULL)
		memcpy(at, id, sizeof(id));
	number = store_record(a, &s.content, id);
	ok(ms_archive_check(a, number, id, &err) == 0, "it can be read: %s",
	    err.msg);
	ok(ms_archive_read_back(a, number, id, &err) < 0 &&
		err.code == MS_DATA && strstr(err.msg, "another id") != NULL,
	    "  and is not the message: %s", err.msg);
	segmented_release(&s);
}

/* ---- rows ---- */

/* A message in folder `name`, with the attributes of the row. */
static const struct attributes {
	const char *folder, *place, *flags, *other;
	size_t long_place, long_flags; /* or so many bytes */
	unsigned bits;
} attributes[] = {
    {"A", "7/1", "\\Seen", NULL, 0, 0, 0},
    {"B", "7/1", "", "x=\"y\"", 0, 0, MS_ROW_MORE},
    {"C", "7/1", "", "special=\"\\\\Sent\"", 0, 0, MS_ROW_MORE | MS_ROW_SENT},
    {"D", "7/1", "", "special=\"\\\\Junk\"", 0, 0, MS_ROW_MORE},
    {"E", NULL, "", NULL, MS_ROW_FIELD - 1, MS_ROW_FIELD - 1, 0},
    {"F", NULL, "", NULL, MS_ROW_FIELD, 0, MS_ROW_MORE},
    {"G", "7/1", "", NULL, 0, MS_ROW_FIELD, MS_ROW_MORE},
};

static const char *
field(const char *text, size_t n, char *out)
{
	if (n == 0)
		return text;
	memset(out, 'p', n);
	out[n] = '\0';
	return out;
}

/* A row has all of a short field, and the beginning of a long one. */
static bool
has_field(const char *row, const char *want)
{
	size_t n = strlen(want);

	if (n >= MS_ROW_FIELD)
		n = MS_ROW_FIELD - 1;
	return strlen(row) == n && memcmp(row, want, n) == 0;
}

static void
check_rows(struct ms_archive *a)
{
	static const struct ms_select all = {.order = MS_BY_FOLDER};
	static const char text[] = "Subject: rows\r\n\r\n";
	char place[MS_ROW_FIELD + 1], flags[MS_ROW_FIELD + 1];
	const size_t count = sizeof(attributes) / sizeof(attributes[0]);
	struct ms_buf content = {0};
	const struct attributes *t;
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_occurrence o;
	struct ms_walk *w;
	size_t i, seen = 0;

	in = ms_ingest_new(a, 1, store_result, NULL);
	for (i = 0; i < count; i++) {
		t = &attributes[i];
		struct ms_spec spec = {
		    .place = field(t->place, t->long_place, place),
		    .flags = field(t->flags, t->long_flags, flags),
		    .other = t->other,
		    .dest = ms_ingest_dest(
			in, "alice", SOURCE, t->folder, NULL, false)};

		ms_ingest_begin(in, &spec, NULL);
		ms_ingest_data(
		    in, (const unsigned char *)text, sizeof(text) - 1, NULL);
		ms_ingest_end(in, NULL);
	}
	ok(ms_ingest_finish(in, NULL) == 0 &&
		ms_walk_open(&w, a, &all, NULL) == 0,
	    "rows are stored");
	while (ms_walk_next(w, &row, NULL) == 1) {
		if (ms_archive_folder_get(a, row->folder, &f, NULL) != 1 ||
		    strlen(f->name) != 1)
			continue;
		t = &attributes[f->name[0] - 'A'];
		seen++;
		ms_buf_clear(&content);
		ok((row->bits & (MS_ROW_MORE | MS_ROW_SENT | MS_ROW_MISSING |
				    MS_ROW_MOVED | MS_ROW_UNDATED)) ==
			    (t->bits | MS_ROW_UNDATED) &&
			has_field(row->place,
			    field(t->place, t->long_place, place)) &&
			has_field(row->flags,
			    field(t->flags, t->long_flags, flags)) &&
			row->moved_to == 0 && row->moved_at == 0,
		    "row %s: bits %d", f->name, row->bits);
		ok(ms_archive_occurrence(a, row, &o, &content, NULL) == 0 &&
			ms_slice_eq(o.place, ms_slice_str(field(t->place,
						 t->long_place, place))) &&
			ms_slice_eq(o.flags, ms_slice_str(field(t->flags,
						 t->long_flags, flags))) &&
			ms_slice_eq(o.other,
			    ms_slice_str(t->other != NULL ? t->other : "")) &&
			o.message == row->message,
		    "  its record");
	}
	ok(seen == count, "all rows are seen");
	ms_walk_close(w);
	ms_buf_release(&content);
}

int
main(void)
{
	char dir[SCRATCH_MAX];
	struct ms_archive *a = NULL;
	struct ms_err err = {0};
	size_t i;

	scratch_make(dir);
	ok(ms_archive_init(dir, "alice", &err) == 0 &&
		ms_archive_open(&a, dir, MS_ARCHIVE_WRITE, &err) == 0,
	    "an archive: %s", err.msg);
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check_shape(a, &shapes[i]);
	check_rows(a);
	check_wrong_id(a);
	check_memory(a);
	ms_archive_close(a);
	scratch_remove(dir);
	ok(ms_archive_header_cut(&err) == -1 && err.code == MS_DATA &&
		strstr(err.msg, "4194304 bytes") != NULL,
	    "%s", err.msg);
	return done();
}
