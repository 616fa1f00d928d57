/* batch-find.c - finds what the archive or the batch has of a deposit: its
 * owner, its occurrence in a folder, and the place of that. */
#include "batch-impl.h"

struct ms_slice
ms_deposit_text(const struct ms_committer *c, size_t at, uint32_t n)
{
	return (struct ms_slice){n > 0 ? c->b->text.p + at : NULL, n};
}

void
ms_deposit_digest(
    const void *p, size_t n, uint64_t folder, unsigned char digest[MS_SHA_LEN])
{
	struct ms_buf b = {0};

	ms_buf_add(&b, &folder, sizeof(folder));
	ms_buf_add(&b, p, n);
	ms_sha256(b.p, b.n, digest);
	ms_buf_release(&b);
}

int
ms_committer_owner(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t *user, uint64_t *source, struct ms_err *err)
{
	int got = ms_committer_user(c, d->dest->user, false, user, err);

	return got <= 0 ? got
			: ms_committer_source(
			      c, d->dest->source, false, source, err);
}

int
ms_committer_occurrence(struct ms_committer *c, const struct ms_deposit *d,
    uint64_t first, uint64_t folder, uint64_t *occurrence, struct ms_err *err)
{
	unsigned char digest[MS_SHA_LEN];

	ms_deposit_digest(d->id, MS_SHA_LEN, folder, digest);
	if (ms_map_get(&c->message_folders, digest, occurrence))
		return 1;
	return ms_index_in_folder(&c->txn, first, folder, occurrence, err);
}

int
ms_committer_own_place(struct ms_committer *c, uint64_t first, uint64_t folder,
    struct ms_slice *place, struct ms_err *err)
{
	struct ms_message_folder m = {.message = first, .folder = folder};
	struct ms_occurrence_row row = {.folder = folder};
	int got = ms_index_next_message_folder(&c->txn, &m, err);

	if (got != 1 || m.message != first || m.folder != folder)
		return got < 0 ? -1 : 0;
	row.date = m.date;
	row.number = m.occurrence;
	got = ms_index_occurrence(&c->txn, &row, err);
	*place = row.place;
	return got;
}
