/* batch-names.c - adds records to a commit, and the events that give numbers to
 * users, sources and folders, and labels to sources. ms-archive(5), EVENT. */
#include "batch-impl.h"

#include <stdlib.h>

#include "event.h"
#include "le.h"
#include "utf8.h"

static void
close_last(struct ms_committer *c)
{
	struct ms_block_image *image = ms_xcalloc(1, sizeof(*image));
	void *zstd = ms_block_compressor();

	ms_block_finish(&c->last, zstd, image);
	ms_block_compressor_free(zstd);
	c->closed = ms_xreallocarray(
	    c->closed, c->closed_n + 1, sizeof(struct ms_block_image *));
	c->closed[c->closed_n++] = image;
	c->last_first += image->header.count;
}

void
ms_committer_clear(struct ms_committer *c)
{
	ms_images_free(c->closed, c->closed_n);
	free(c->closed);
	c->closed = NULL;
	c->closed_n = 0;
	ms_block_builder_release(&c->last);
}

int
ms_committer_record(struct ms_committer *c, uint8_t type,
    struct ms_slice content, uint64_t *number, struct ms_err *err)
{
	struct ms_record rec = {.type = type, .content = content};
	unsigned char digest[MS_SHA_LEN];

	if (c->last.count > 0 &&
	    ms_block_size(&c->last) + content.n > MS_BLOCK_FULL)
		close_last(c);
	ms_sha256(content.p, content.n, digest);
	*number = c->last_first + ms_block_add(&c->last, type, content, digest);
	return ms_indexer_record(c->a->indexer, &c->txn, *number, &rec, err);
}

struct ms_txn *
ms_committer_txn(struct ms_committer *c)
{
	return &c->txn;
}

int
ms_committer_event(struct ms_committer *c, struct ms_slice json,
    uint64_t *number, struct ms_err *err)
{
	return ms_committer_record(c, MS_EVENT, json, number, err);
}

static int
add_event(struct ms_committer *c, const struct ms_event *ev, uint64_t *number,
    struct ms_err *err)
{
	struct ms_buf json = {0};
	int rc;

	ms_event_write(&json, ev);
	rc = ms_committer_event(c, ms_buf_slice(&json), number, err);
	ms_buf_release(&json);
	return rc;
}

/* The name of a user or a source, or of a folder of both. */
struct name {
	enum ms_name_kind kind;
	const char *text;
	uint64_t user, source;
};

static void
name_digest(const struct name *name, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf b = {0};

	ms_buf_printf(&b, "%d %llu %llu ", (int)name->kind,
	    (unsigned long long)name->user, (unsigned long long)name->source);
	if (name->kind == MS_NAME_USER)
		ms_utf8_name_key(ms_slice_str(name->text), &b);
	else
		ms_buf_add_str(&b, name->text);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
}

/* Restores a deleted user if `create` is true. Returns 1, 0 if the user is
 * deleted and stays so, or -1. */
static int
restore_user(
    struct ms_committer *c, uint64_t number, bool create, struct ms_err *err)
{
	int deleted = ms_index_user_deleted(&c->txn, number, err);
	struct ms_buf event = {0};
	uint64_t record;
	json_t *keys;

	if (deleted <= 0)
		return deleted < 0 ? -1 : 1;
	if (!create)
		return 0;
	keys = json_pack("{sI sb}", "user", (json_int_t)number, "deleted", 0);
	ms_event_json(&event, "user-set", keys, NULL);
	deleted = ms_committer_event(c, ms_buf_slice(&event), &record, err);
	ms_buf_release(&event);
	return deleted < 0 ? -1 : 1;
}

/* As ms_committer_user(). */
static int
find_name(struct ms_committer *c, const struct name *name, bool create,
    uint64_t *number, struct ms_err *err)
{
	static const enum ms_event_kind event[] = {
	    [MS_NAME_USER] = MS_EVENT_USER,
	    [MS_NAME_SOURCE] = MS_EVENT_SOURCE,
	    [MS_NAME_FOLDER] = MS_EVENT_FOLDER};
	struct ms_event ev = {.kind = event[name->kind],
	    .name = (char *)name->text,
	    .user = name->user,
	    .source = name->source};
	unsigned char digest[MS_SHA_LEN];
	int got;

	name_digest(name, digest);
	if (ms_map_get(&c->names, digest, number))
		return 1;
	got = ms_index_name(&c->txn, name->kind, name->user, name->source,
	    name->text, number, err);
	if (got == 1 && name->kind == MS_NAME_USER)
		got = restore_user(c, *number, create, err);
	if (got != 0)
		return got;
	if (!create)
		return 0;
	if (add_event(c, &ev, number, err) < 0)
		return -1;
	ms_map_add(&c->names, digest, *number, NULL);
	return 1;
}

int
ms_committer_user(struct ms_committer *c, const char *name, bool create,
    uint64_t *number, struct ms_err *err)
{
	const struct name user = {MS_NAME_USER, .text = name};

	return find_name(c, &user, create, number, err);
}

int
ms_committer_source(struct ms_committer *c, const char *name, bool create,
    uint64_t *number, struct ms_err *err)
{
	const struct name source = {MS_NAME_SOURCE, .text = name};

	return find_name(c, &source, create, number, err);
}

int
ms_committer_folder_of(struct ms_committer *c, uint64_t user, uint64_t source,
    const char *name, bool create, uint64_t *number, struct ms_err *err)
{
	const struct name folder = {MS_NAME_FOLDER, name, user, source};

	return find_name(c, &folder, create, number, err);
}

int
ms_committer_add_folder(struct ms_committer *c, uint64_t user, uint64_t source,
    const char *name, uint64_t *number, struct ms_err *err)
{
	struct ms_event ev = {.kind = MS_EVENT_FOLDER,
	    .name = (char *)name,
	    .user = user,
	    .source = source};

	return add_event(c, &ev, number, err);
}

static int
set_label(struct ms_committer *c, uint64_t user, uint64_t source,
    const char *label, struct ms_err *err)
{
	struct ms_event ev = {.kind = MS_EVENT_LABEL,
	    .name = (char *)label,
	    .user = user,
	    .source = source};
	unsigned char digest[MS_SHA_LEN];
	struct ms_label_row now;
	uint64_t number;
	int got;

	got = ms_index_label(&c->txn, user, source, &now, err);
	if (got < 0)
		return -1;
	if (got == 1 && ms_slice_eq(now.label, ms_slice_str(label)))
		return 0;
	name_digest(
	    &(struct name){MS_NAME_SOURCE, label, user, source}, digest);
	if (ms_map_add(&c->names, digest, 0, NULL))
		return 0;
	return add_event(c, &ev, &number, err);
}

int
ms_committer_folder(struct ms_committer *c, struct ms_dest *dest,
    uint64_t *folder, struct ms_err *err)
{
	uint64_t user, source;
	int got;

	if (dest->commit_serial == c->serial) {
		*folder = dest->commit_folder;
		return *folder != 0;
	}
	dest->commit_serial = c->serial;
	dest->commit_folder = 0;
	got = ms_committer_user(c, dest->user, dest->create_user, &user, err);
	if (got == 1)
		got = ms_committer_source(c, dest->source, true, &source, err);
	if (got == 1)
		got = ms_committer_folder_of(c, user, source, dest->folder,
		    true, &dest->commit_folder, err);
	if (got == 1 && dest->label != NULL &&
	    set_label(c, user, source, dest->label, err) < 0)
		got = -1;
	*folder = dest->commit_folder;
	return got;
}
