/*
 * archive-lookup.c - what an archive has of a user's mailbox: by place, by
 * header and size, and in which folder a message lay before. ms-fetch(1), What
 * is already there.
 */
#include "archive-lookup.h"

#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "record.h"

struct ms_lookup {
	struct ms_archive *archive; /* NULL: every message is new */
	uint64_t user, source;      /* their numbers; 0: not in the archive */
	struct ms_heads *heads;     /* NULL: not opened yet, or none */
	bool heads_opened;
	/* uint64_t: occurrences that the server was seen to have in this run */
	struct ms_buf seen_on_server;
	bool sorted; /* seen_on_server is */
	bool watch_moves;
	struct ms_buf rows; /* struct ms_row, of the last message */
};

int
ms_lookup_open(struct ms_lookup **out, const struct ms_lookup_options *options,
    struct ms_err *err)
{
	struct ms_lookup *l = ms_xcalloc(1, sizeof(*l));
	int found;

	*out = l;
	l->watch_moves = options->watch_moves;
	if (options->archive == NULL)
		return 0;
	if (ms_archive_open(&l->archive, options->archive,
		options->write ? MS_ARCHIVE_WRITE : MS_ARCHIVE_READ, err) < 0)
		return -1;
	found = ms_archive_user(l->archive, options->user, &l->user, err);
	if (found == 1)
		found = ms_archive_source(
		    l->archive, options->source, &l->source, err);
	return found < 0 ? -1 : 0;
}

void
ms_lookup_close(struct ms_lookup *l)
{
	if (l == NULL)
		return;
	ms_heads_close(l->heads);
	if (l->archive != NULL)
		ms_archive_close(l->archive);
	ms_buf_release(&l->seen_on_server);
	ms_buf_release(&l->rows);
	free(l);
}

struct ms_archive *
ms_lookup_archive(struct ms_lookup *l)
{
	return l->archive;
}

void
ms_lookup_numbers(const struct ms_lookup *l, uint64_t *user, uint64_t *source)
{
	*user = l->user;
	*source = l->source;
}

static void
add_seen(struct ms_lookup *l, uint64_t occurrence)
{
	if (!l->watch_moves)
		return;
	ms_buf_add(&l->seen_on_server, &occurrence, sizeof(occurrence));
	l->sorted = false;
}

/* ---- by place ---- */

static int
places_by_uid(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	struct ms_stored_uid *known = NULL;
	size_t n = 0, i, at = 0;

	/* Without a UIDVALIDITY a UID does not last. */
	if (m->uidvalidity == 0)
		return 0;
	if (ms_archive_places(
		l->archive, m->number, m->uidvalidity, &known, &n, err) < 0)
		return -1;
	for (i = 0; i < m->uids.n; i++) {
		while (at < n && known[at].uid < m->uids.v[i])
			at++;
		if (at < n && known[at].uid == m->uids.v[i])
			m->occurrence[i] = known[at].occurrence;
	}
	free(known);
	return 0;
}

int
ms_lookup_places(
    struct ms_lookup *l, struct ms_mailbox_state *m, struct ms_err *err)
{
	size_t i;
	int found;

	if (l->source == 0)
		return 0;
	found = ms_archive_folder(
	    l->archive, l->user, l->source, m->name, &m->number, err);
	if (found <= 0)
		return found;
	if (m->places == NULL)
		return places_by_uid(l, m, err);
	for (i = 0; found >= 0 && i < m->uids.n; i++)
		if (m->places[i] != NULL)
			found = ms_archive_place(l->archive, m->number,
			    m->places[i], &m->occurrence[i], err);
	return found < 0 ? -1 : 0;
}

void
ms_lookup_confirm(struct ms_lookup *l, const struct ms_mailbox_state *m)
{
	size_t i;

	for (i = 0; i < m->uids.n; i++)
		if (m->occurrence[i] != 0)
			add_seen(l, m->occurrence[i]);
}

int
ms_lookup_same_head(struct ms_lookup *l, uint64_t occurrence,
    const struct ms_msg_info *info, struct ms_err *err)
{
	struct ms_occurrence o;
	struct ms_buf content = {0};
	int got;

	got =
	    ms_archive_occurrence_at(l->archive, occurrence, &o, &content, err);
	if (got == 0)
		got =
		    ms_archive_head_is(l->archive, o.message, info->head, err);
	ms_buf_release(&content);
	return got;
}

/* ---- by header and size ---- */

int
ms_lookup_has_heads(struct ms_lookup *l, bool *has, struct ms_err *err)
{
	if (!l->heads_opened && l->user != 0 &&
	    ms_heads_open(&l->heads, l->archive, l->user, err) < 0)
		return -1;
	l->heads_opened = true;
	*has = l->heads != NULL && ms_heads_count(l->heads) > 0;
	return 0;
}

int
ms_lookup_recognise(struct ms_lookup *l, const struct ms_msg_info *info,
    unsigned char id[MS_SHA_LEN], uint64_t *message, struct ms_err *err)
{
	if (l->heads == NULL || (info->has & MS_HAS_HEAD) == 0 ||
	    (info->has & MS_HAS_SIZE) == 0)
		return 0;
	return ms_heads_find(
	    l->heads, info->head, info->size, id, message, err);
}

/* ---- in which folder a message lay before ---- */

/* All occurrences of a message in this user's archive from this source. */
static int
rows_of_source(struct ms_lookup *l, uint64_t message,
    const struct ms_row **rows, size_t *count, struct ms_err *err)
{
	const struct ms_folder *f;
	struct ms_row *all;
	size_t n, i, kept = 0;
	int got;

	ms_buf_clear(&l->rows);
	if (ms_archive_occurrences(l->archive, message, &l->rows, err) < 0)
		return -1;
	all = (struct ms_row *)(void *)l->rows.p;
	n = l->rows.n / sizeof(*all);
	for (i = 0; i < n; i++) {
		got = ms_archive_folder_get(l->archive, all[i].folder, &f, err);
		if (got < 0)
			return -1;
		if (got == 1 && f->user == l->user && f->source == l->source)
			all[kept++] = all[i];
	}
	*rows = all;
	*count = kept;
	return 0;
}

int
ms_lookup_elsewhere(struct ms_lookup *l, const struct ms_mailbox_state *m,
    uint64_t message, struct ms_err *err)
{
	const struct ms_row *rows;
	size_t n, i;

	if (!l->watch_moves || l->source == 0)
		return 0;
	if (rows_of_source(l, message, &rows, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (rows[i].folder == m->number && rows[i].moved_to == 0) {
			add_seen(l, rows[i].number);
			return 0;
		}
	return n > 0;
}

static bool
is_seen(struct ms_lookup *l, uint64_t occurrence)
{
	uint64_t *v = (uint64_t *)(void *)l->seen_on_server.p;
	size_t n = l->seen_on_server.n / sizeof(*v);

	if (n > 0 && !l->sorted)
		qsort(v, n, sizeof(*v), ms_compare_u64);
	l->sorted = true;
	return ms_find_u64(v, n, occurrence) != NULL;
}

/* Is it known which messages the server has in this folder? A folder that no
 * longer exists has none; a folder that was left out or failed can have any. */
static bool
is_known(const struct ms_folder_content *content, size_t n, const char *folder)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(content[i].name, folder) == 0)
			return content[i].known;
	return true;
}

int
ms_lookup_moved_from(struct ms_lookup *l,
    const struct ms_folder_content *content, size_t n, uint64_t message,
    const char **folder, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *rows;
	size_t count, i;

	*folder = NULL;
	if (rows_of_source(l, message, &rows, &count, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (rows[i].moved_to != 0 || is_seen(l, rows[i].number))
			continue;
		if (ms_archive_folder_get(l->archive, rows[i].folder, &f, err) <
		    0)
			return -1;
		if (!is_known(content, n, f->name))
			continue;
		*folder = f->name;
		/* A message is moved out of a place only once. */
		add_seen(l, rows[i].number);
		return 0;
	}
	return 0;
}
