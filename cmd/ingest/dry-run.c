/* dry-run.c - what a run would add. See dry-run.h. */
#include "dry-run.h"

#include <stdlib.h>

#include "map.h"
#include "message-hasher.h"

struct dry_run {
	struct ms_archive *archive;
	struct ms_message_hasher *hasher;
	struct ms_map met; /* the ids of the messages of this run */
};

struct dry_run *
dry_run_new(struct ms_archive *a)
{
	struct dry_run *d = ms_xcalloc(1, sizeof(*d));

	d->archive = a;
	d->hasher = ms_message_hasher_new();
	return d;
}

void
dry_run_free(struct dry_run *d)
{
	if (d == NULL)
		return;
	ms_message_hasher_free(d->hasher);
	ms_map_release(&d->met);
	free(d);
}

/* 1: the archive has the message; 0; -1. */
static int
archived(
    struct dry_run *d, const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	uint64_t message;

	ms_hex(id, MS_SHA_LEN, hex);
	return ms_archive_find(d->archive, hex, &message, 1, err);
}

void
dry_run_add(struct dry_run *d, const unsigned char *p, size_t n)
{
	ms_message_hasher_add(d->hasher, p, n);
}

int
dry_run_message(struct dry_run *d, struct ms_source *src, struct ms_slice read,
    bool *known, struct ms_err *why, struct ms_err *err)
{
	struct ms_identity identity;
	struct ms_slice piece;
	int got = 0;

	ms_message_hasher_add(d->hasher, read.p, read.n);
	while (src != NULL && (got = ms_source_read(src, &piece, why)) == 1)
		ms_message_hasher_add(d->hasher, piece.p, piece.n);
	ms_message_hasher_end(d->hasher, &identity);
	if (got < 0)
		return 0;
	got = archived(d, identity.id, err);
	*known = got > 0 || ms_map_add(&d->met, identity.id, 1, NULL);
	return got < 0 ? -1 : 1;
}

int
dry_run_reference(struct dry_run *d, const unsigned char id[MS_SHA_LEN],
    struct ms_err *why, struct ms_err *err)
{
	if (ms_map_get(&d->met, id, NULL))
		return 1;
	switch (archived(d, id, err)) {
	case 0:
		ms_fail(why, MS_DATA, "ref: the archive has no such message");
		return 0;
	case 1:
		return 1;
	default:
		return -1;
	}
}
