/*
 * store.c - a database of the text index: its tables, and its words.
 * ms-archive(5), Text; sqlite.org/fts5.html.
 */
#include "store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"
#include "words.h"

#define VERSION 1
#define CACHE_KIB 65536     /* of pages, while a database is written */
#define BUSY_MS 5000        /* for the commit of a writer */
#define HASH_BYTES 33554432 /* words that are kept before they are written */

struct ms_text_store {
	sqlite3 *db;
	sqlite3_stmt *add, *add_row;
	char *path;
	struct ms_text_extent extent;
	bool begun; /* a transaction */
};

static const char schema[] =
    "CREATE VIRTUAL TABLE words USING fts5(subject, sender, recipients, body,"
    " names, attached, content='', columnsize=0, tokenize='ms');"
    "CREATE TABLE message(number INTEGER PRIMARY KEY, bits INTEGER NOT NULL,"
    " types TEXT NOT NULL, names TEXT NOT NULL);"
    "CREATE TABLE skipped(number INTEGER PRIMARY KEY);"
    "CREATE TABLE extent(version INTEGER, archive BLOB, pack INTEGER,"
    " first INTEGER, next INTEGER, last INTEGER, last_id BLOB,"
    " messages INTEGER, converters TEXT);";

void
ms_text_message_clear(struct ms_text_message *m)
{
	m->number = 0;
	m->bits = 0;
	for (size_t i = 0; i < MS_TEXT_PARTS; i++)
		ms_buf_clear(&m->part[i]);
	ms_buf_clear(&m->types);
	ms_buf_clear(&m->names);
}

void
ms_text_message_release(struct ms_text_message *m)
{
	for (size_t i = 0; i < MS_TEXT_PARTS; i++)
		ms_buf_release(&m->part[i]);
	ms_buf_release(&m->types);
	ms_buf_release(&m->names);
}

const struct ms_text_extent *
ms_text_store_extent(const struct ms_text_store *s)
{
	return &s->extent;
}

/* ---- errors ---- */

static int
fail(struct ms_text_store *s, struct ms_err *err)
{
	int rc = sqlite3_errcode(s->db), more = sqlite3_extended_errcode(s->db);

	if (rc == SQLITE_FULL)
		return ms_fail(err, MS_TEMP, "%s: the disk is full", s->path);
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return ms_fail(err, MS_TEMP,
		    "%s: another process is writing to it", s->path);
	if (more == SQLITE_IOERR_DATA)
		return ms_fail(err, MS_INDEX,
		    "%s: is damaged (a page has a wrong checksum)", s->path);
	if (more == SQLITE_IOERR_SHORT_READ || rc == SQLITE_CORRUPT ||
	    rc == SQLITE_NOTADB || rc == SQLITE_ERROR)
		return ms_fail(err, MS_INDEX, "%s: is damaged (%s)", s->path,
		    sqlite3_errmsg(s->db));
	if (rc == SQLITE_CANTOPEN && access(s->path, F_OK) != 0)
		return ms_fail(err, MS_NOINPUT, "%s: does not exist", s->path);
	return ms_fail(err, MS_IO, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

static int
run(struct ms_text_store *s, const char *sql, struct ms_err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : fail(s, err);
}

static int
prepare(struct ms_text_store *s, sqlite3_stmt **out, const char *sql,
    struct ms_err *err)
{
	return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
		   out, NULL) == SQLITE_OK
		   ? 0
		   : fail(s, err);
}

/* Ends a statement that gives no rows, or no more. */
static int
finish(struct ms_text_store *s, sqlite3_stmt *st, struct ms_err *err)
{
	int rc = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(s, err);

	sqlite3_reset(st);
	return rc;
}

/* ---- the tokenizer ---- */

static int
create_tokenizer(void *ctx, const char **argv, int argc, Fts5Tokenizer **out)
{
	(void)ctx;
	(void)argv;
	(void)argc;
	*out = (Fts5Tokenizer *)1; /* it has no state */
	return SQLITE_OK;
}

static void
delete_tokenizer(Fts5Tokenizer *t)
{
	(void)t;
}

static int
tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int n,
    int (*token)(void *, int, const char *, int, int, int))
{
	struct ms_words w = {.text = {(const unsigned char *)text, (size_t)n},
	    .query = (flags & FTS5_TOKENIZE_QUERY) != 0};
	struct ms_slice word;
	int rc = SQLITE_OK;

	(void)t;
	while (rc == SQLITE_OK && ms_words_next(&w, &word))
		rc = token(ctx, 0, (const char *)word.p, (int)word.n, 0, 0);
	return rc;
}

/* Names the tokenizer of words.h to FTS5. */
static int
register_tokenizer(sqlite3 *db)
{
	fts5_tokenizer words = {create_tokenizer, delete_tokenizer, tokenize};
	fts5_api *api = NULL;
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_pointer(
		    st, 1, (void *)&api, "fts5_api_ptr", NULL);
	if (rc == SQLITE_OK)
		sqlite3_step(st);
	sqlite3_finalize(st);
	if (api == NULL)
		return SQLITE_ERROR;
	return api->xCreateTokenizer(api, "ms", NULL, &words, NULL);
}

/* ---- opening ---- */

void
ms_text_store_close(struct ms_text_store *s)
{
	if (s == NULL)
		return;
	sqlite3_finalize(s->add);
	sqlite3_finalize(s->add_row);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

/* Appends a path as the path of a URI. */
static void
add_uri(struct ms_buf *uri, const char *path)
{
	for (; *path != '\0'; path++)
		if (strchr("%?#", *path) != NULL)
			ms_buf_printf(uri, "%%%02x", (unsigned char)*path);
		else
			ms_buf_add_byte(uri, (unsigned char)*path);
}

/* Statements and schemas of strangers do nothing here but fail. */
static int
harden(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite3_busy_timeout(db, BUSY_MS);
}

static int
open_database(
    struct ms_text_store *s, int flags, const char *options, struct ms_err *err)
{
	struct ms_buf uri = {0};
	int rc = ms_pages_register();

	ms_buf_add_str(&uri, "file:");
	add_uri(&uri, s->path);
	ms_buf_add_str(&uri, options);
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(ms_buf_str(&uri), &s->db,
		    flags | SQLITE_OPEN_URI, MS_PAGES_VFS);
	ms_buf_release(&uri);
	if (s->db == NULL)
		ms_out_of_memory();
	if (rc != SQLITE_OK)
		return fail(s, err);
	if (harden(s->db) != SQLITE_OK ||
	    register_tokenizer(s->db) != SQLITE_OK)
		return ms_fail(err, MS_CONFIG,
		    "this SQLite (%s) has no full text search (FTS5)",
		    sqlite3_libversion());
	return 0;
}

static bool
has_tables(struct ms_text_store *s)
{
	return sqlite3_table_column_metadata(s->db, NULL, "extent", NULL, NULL,
		   NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
take_blob(sqlite3_stmt *st, int column, unsigned char *out, int n)
{
	const void *p = sqlite3_column_blob(st, column);

	if (p == NULL || sqlite3_column_bytes(st, column) != n)
		return false;
	memcpy(out, p, (size_t)n);
	return true;
}

static bool
take_extent(sqlite3_stmt *st, struct ms_text_extent *e)
{
	const char *converters = (const char *)sqlite3_column_text(st, 8);

	e->pack = (uint32_t)sqlite3_column_int64(st, 2);
	e->first = (uint64_t)sqlite3_column_int64(st, 3);
	e->next = (uint64_t)sqlite3_column_int64(st, 4);
	e->last = (uint64_t)sqlite3_column_int64(st, 5);
	e->messages = (uint64_t)sqlite3_column_int64(st, 7);
	snprintf(e->converters, sizeof(e->converters), "%s",
	    converters != NULL ? converters : "");
	return take_blob(st, 1, e->archive, MS_ID_LEN) &&
	       take_blob(st, 6, e->last_id, MS_SHA_LEN);
}

static int
read_extent(struct ms_text_store *s, struct ms_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = 0;

	if (prepare(s, &st, "SELECT * FROM extent", err) < 0)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW)
		rc = fail(s, err);
	else if (sqlite3_column_int(st, 0) != VERSION ||
		 !take_extent(st, &s->extent))
		rc = ms_fail(
		    err, MS_INDEX, "%s: is of another version", s->path);
	sqlite3_finalize(st);
	return rc;
}

static struct ms_text_store *
new_store(const char *path)
{
	struct ms_text_store *s = ms_xcalloc(1, sizeof(*s));

	s->path = ms_xstrdup(path);
	return s;
}

int
ms_text_store_open(struct ms_text_store **out, const char *path, bool whole,
    struct ms_err *err)
{
	struct ms_text_store *s = new_store(path);
	int rc = open_database(
	    s, SQLITE_OPEN_READONLY, whole ? "?immutable=1" : "", err);

	if (rc == 0 && !has_tables(s))
		rc = sqlite3_errcode(s->db) == SQLITE_ERROR
			 ? ms_fail(err, MS_NOINPUT, "%s: is empty", path)
			 : fail(s, err);
	if (rc < 0 || read_extent(s, err) < 0) {
		ms_text_store_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* ---- writing ---- */

static int
begin(struct ms_text_store *s, struct ms_err *err)
{
	if (s->begun)
		return 0;
	if (run(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	s->begun = true;
	return 0;
}

static void
roll_back(struct ms_text_store *s)
{
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->begun = false;
}

static int
write_extent(struct ms_text_store *s, struct ms_err *err)
{
	const struct ms_text_extent *e = &s->extent;
	sqlite3_stmt *st = NULL;
	int rc;

	if (run(s, "DELETE FROM extent", err) < 0 ||
	    prepare(s, &st,
		"INSERT INTO extent VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
		err) < 0)
		return -1;
	sqlite3_bind_int(st, 1, VERSION);
	sqlite3_bind_blob(st, 2, e->archive, MS_ID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, e->pack);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)e->first);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)e->next);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)e->last);
	sqlite3_bind_blob(st, 7, e->last_id, MS_SHA_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(st, 8, (sqlite3_int64)e->messages);
	sqlite3_bind_text(st, 9, e->converters, -1, SQLITE_STATIC);
	rc = finish(s, st, err);
	sqlite3_finalize(st);
	return rc;
}

static int
make_tables(struct ms_text_store *s, const struct ms_text_extent *extent,
    struct ms_err *err)
{
	char sql[96];

	s->extent = *extent;
	snprintf(sql, sizeof(sql),
	    "INSERT INTO words(words, rank) VALUES('hashsize', %d)",
	    HASH_BYTES);
	if (begin(s, err) < 0)
		return -1;
	if (run(s, schema, err) < 0 || run(s, sql, err) < 0 ||
	    write_extent(s, err) < 0) {
		roll_back(s);
		return -1;
	}
	s->begun = false;
	return run(s, "COMMIT", err);
}

/* A new file of mode 0600, or the one that is there. */
static int
create_file(const char *path, struct ms_err *err)
{
	int fd = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ms_fail_errno(err, "%s", path);
	close(fd);
	return 0;
}

static int
open_to_write(struct ms_text_store *s, const struct ms_text_extent *extent,
    struct ms_err *err)
{
	int reserved = MS_PAGE_CHECK;
	char sql[128];

	if (create_file(s->path, err) < 0 ||
	    open_database(s, SQLITE_OPEN_READWRITE, "", err) < 0)
		return -1;
	sqlite3_file_control(
	    s->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	snprintf(sql, sizeof(sql),
	    "PRAGMA page_size=%d;PRAGMA cache_size=-%d;PRAGMA cache_spill=0;"
	    "PRAGMA synchronous=FULL",
	    MS_PAGE_SIZE, CACHE_KIB);
	if (run(s, sql, err) < 0)
		return -1;
	if (!has_tables(s) && make_tables(s, extent, err) < 0)
		return -1;
	return read_extent(s, err);
}

int
ms_text_store_write(struct ms_text_store **out, const char *path,
    const struct ms_text_extent *extent, struct ms_err *err)
{
	struct ms_text_store *s = new_store(path);

	if (open_to_write(s, extent, err) < 0 ||
	    prepare(s, &s->add,
		"INSERT INTO words(rowid, subject, sender, recipients, body,"
		" names, attached) VALUES(?1,?2,?3,?4,?5,?6,?7)",
		err) < 0 ||
	    prepare(s, &s->add_row, "INSERT INTO message VALUES(?1,?2,?3,?4)",
		err) < 0) {
		ms_text_store_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

static void
bind_text(sqlite3_stmt *st, int i, const struct ms_buf *text)
{
	sqlite3_bind_text64(st, i, text->n > 0 ? (const char *)text->p : "",
	    text->n, SQLITE_STATIC, SQLITE_UTF8);
}

static void
reach(struct ms_text_store *s, uint64_t number, const unsigned char *id)
{
	s->extent.last = number;
	memcpy(s->extent.last_id, id, MS_SHA_LEN);
	s->extent.messages++;
}

int
ms_text_store_add(struct ms_text_store *s, const struct ms_text_message *m,
    struct ms_err *err)
{
	if (begin(s, err) < 0)
		return -1;
	sqlite3_bind_int64(s->add, 1, (sqlite3_int64)m->number);
	for (int i = 0; i < MS_TEXT_PARTS; i++)
		bind_text(s->add, i + 2, &m->part[i]);
	sqlite3_bind_int64(s->add_row, 1, (sqlite3_int64)m->number);
	sqlite3_bind_int64(s->add_row, 2, m->bits);
	bind_text(s->add_row, 3, &m->types);
	bind_text(s->add_row, 4, &m->names);
	if (finish(s, s->add, err) < 0 || finish(s, s->add_row, err) < 0)
		return -1;
	reach(s, m->number, m->id);
	return 0;
}

int
ms_text_store_skip(struct ms_text_store *s, uint64_t number,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "INSERT INTO skipped VALUES(%" PRIu64 ")",
	    number);
	if (begin(s, err) < 0 || run(s, sql, err) < 0)
		return -1;
	reach(s, number, id);
	return 0;
}

int
ms_text_store_commit(struct ms_text_store *s, uint64_t next, struct ms_err *err)
{
	s->extent.next = next;
	if (begin(s, err) < 0 || write_extent(s, err) < 0 ||
	    run(s, "COMMIT", err) < 0)
		return -1;
	s->begun = false;
	return 0;
}

int
ms_text_store_finish(struct ms_text_store *s, struct ms_err *err)
{
	/* The whole database is written once; its pages need not fit into
	 * memory, because no other process reads it. */
	return run(s,
	    "PRAGMA cache_spill=1;"
	    "INSERT INTO words(words) VALUES('optimize')",
	    err);
}

/* ---- reading ---- */

/* Calls found() with the numbers that a statement gives. */
static int
each_number(struct ms_text_store *s, sqlite3_stmt *st,
    void (*found)(void *, uint64_t), void *ctx, struct ms_err *err)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		found(ctx, (uint64_t)sqlite3_column_int64(st, 0));
	rc = rc == SQLITE_DONE ? 0 : fail(s, err);
	sqlite3_finalize(st);
	return rc;
}

int
ms_text_store_search(struct ms_text_store *s, const char *expression,
    void (*found)(void *, uint64_t), void *ctx, struct ms_err *err)
{
	sqlite3_stmt *st = NULL;

	if (prepare(s, &st, "SELECT rowid FROM words WHERE words MATCH ?1",
		err) < 0)
		return -1;
	sqlite3_bind_text(st, 1, expression, -1, SQLITE_STATIC);
	return each_number(s, st, found, ctx, err);
}

int
ms_text_store_skipped(struct ms_text_store *s, void (*found)(void *, uint64_t),
    void *ctx, struct ms_err *err)
{
	sqlite3_stmt *st = NULL;

	if (prepare(s, &st, "SELECT number FROM skipped ORDER BY number", err) <
	    0)
		return -1;
	return each_number(s, st, found, ctx, err);
}

int
ms_text_store_rows(struct ms_text_store *s,
    void (*visit)(void *, const struct ms_text_row *), void *ctx,
    struct ms_err *err)
{
	struct ms_text_row row;
	sqlite3_stmt *st = NULL;
	int rc;

	if (prepare(s, &st, "SELECT * FROM message ORDER BY number", err) < 0)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		row.number = (uint64_t)sqlite3_column_int64(st, 0);
		row.bits = (unsigned)sqlite3_column_int64(st, 1);
		row.types = (const char *)sqlite3_column_text(st, 2);
		row.names = (const char *)sqlite3_column_text(st, 3);
		if (row.types == NULL || row.names == NULL)
			ms_out_of_memory();
		visit(ctx, &row);
	}
	rc = rc == SQLITE_DONE ? 0 : fail(s, err);
	sqlite3_finalize(st);
	return rc;
}

int
ms_text_store_check(struct ms_text_store *s, struct ms_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *said = NULL;
	int rc = 0;

	if (prepare(s, &st, "PRAGMA integrity_check(1)", err) < 0)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(st, 0);
	if (said == NULL)
		rc = fail(s, err);
	else if (strcmp(said, "ok") != 0)
		rc = ms_fail(
		    err, MS_INDEX, "%s: is damaged (%s)", s->path, said);
	sqlite3_finalize(st);
	return rc;
}
