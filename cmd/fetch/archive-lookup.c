/*
 * archive-lookup.c - what the archive has of a mailbox: by place; by header and
 * size; and which of its messages have gone from where they were.
 * ms-fetch(1), What is already there.
 */
#include "run.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

struct known {
	struct ms_archive *archive; /* NULL: everything is new */
	uint64_t user, source;      /* their numbers; 0: not in the archive */
	struct ms_heads *heads;     /* NULL: not opened yet, or none */
	bool heads_tried;
	/* Occurrences seen at the server in this run, uint64_t; sorted up to
	 * `sorted`. */
	struct ms_buf alive;
	bool sorted;
	bool watch_moves;
	struct ms_buf rows; /* struct ms_row, of the message at hand */
};

int
known_open(struct known **out, struct run *r, struct ms_err *err)
{
	struct known *k = ms_xcalloc(1, sizeof(*k));
	int found;

	*out = k;
	k->watch_moves =
	    r->opt->job == FETCH_JOB_FETCH && !r->opt->no_auto_move;
	if (r->opt->archive == NULL)
		return 0;
	if (ms_archive_open(&k->archive, r->opt->archive,
		r->opt->job == FETCH_JOB_DELETE && !r->opt->dry_run
		    ? MS_ARCHIVE_WRITE
		    : MS_ARCHIVE_READ,
		err) < 0)
		return -1;
	found = ms_archive_user(k->archive, r->user_name, &k->user, err);
	if (found == 1)
		found =
		    ms_archive_source(k->archive, r->source, &k->source, err);
	return found < 0 ? -1 : 0;
}

void
known_close(struct known *k)
{
	if (k == NULL)
		return;
	ms_heads_close(k->heads);
	if (k->archive != NULL)
		ms_archive_close(k->archive);
	ms_buf_release(&k->alive);
	ms_buf_release(&k->rows);
	free(k);
}

struct ms_archive *
known_archive(struct known *k)
{
	return k->archive;
}

void
known_numbers(const struct known *k, uint64_t *user, uint64_t *source)
{
	*user = k->user;
	*source = k->source;
}

static void
note_alive(struct known *k, uint64_t occurrence)
{
	if (!k->watch_moves)
		return;
	ms_buf_add(&k->alive, &occurrence, sizeof(occurrence));
	k->sorted = false;
}

/* ---- by place ---- */

static int
places_by_uid(
    struct known *k, struct box *b, uint64_t *occurrence, struct ms_err *err)
{
	struct ms_known *have = NULL;
	size_t n = 0, i, at = 0;

	/* Without UIDVALIDITY a UID names nothing. */
	if (b->uidvalidity == 0)
		return 0;
	if (ms_archive_places(
		k->archive, b->number, b->uidvalidity, &have, &n, err) < 0)
		return -1;
	for (i = 0; i < b->count; i++) {
		while (at < n && have[at].uid < b->uids[i])
			at++;
		if (at < n && have[at].uid == b->uids[i])
			occurrence[i] = have[at].occurrence;
	}
	free(have);
	return 0;
}

int
known_places(
    struct known *k, struct box *b, uint64_t *occurrence, struct ms_err *err)
{
	size_t i;
	int found;

	if (k->source == 0)
		return 0;
	found = ms_archive_folder(
	    k->archive, k->user, k->source, b->name, &b->number, err);
	if (found <= 0)
		return found;
	if (b->places == NULL)
		found = places_by_uid(k, b, occurrence, err);
	for (i = 0; b->places != NULL && found >= 0 && i < b->count; i++)
		if (b->places[i] != NULL)
			found = ms_archive_place(k->archive, b->number,
			    b->places[i], &occurrence[i], err);
	return found < 0 ? -1 : 0;
}

void
known_believed(struct known *k, const struct box *b)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (b->occurrence[i] != 0)
			note_alive(k, b->occurrence[i]);
}

int
known_same_head(struct known *k, uint64_t occurrence, const struct sight *s,
    struct ms_err *err)
{
	struct ms_occurrence o;
	struct ms_buf content = {0};
	int got;

	got =
	    ms_archive_occurrence_at(k->archive, occurrence, &o, &content, err);
	if (got == 0)
		got = ms_archive_head_is(k->archive, o.message, s->head, err);
	ms_buf_release(&content);
	return got;
}

/* ---- by header and size ---- */

int
known_has_heads(struct known *k, bool *has, struct ms_err *err)
{
	if (!k->heads_tried && k->user != 0 &&
	    ms_heads_open(&k->heads, k->archive, k->user, err) < 0)
		return -1;
	k->heads_tried = true;
	*has = k->heads != NULL && ms_heads_count(k->heads) > 0;
	return 0;
}

int
known_recognise(struct known *k, const struct sight *s,
    unsigned char id[MS_SHA_LEN], uint64_t *message, struct ms_err *err)
{
	if (k->heads == NULL || (s->has & HAS_HEAD) == 0 ||
	    (s->has & HAS_SIZE) == 0)
		return 0;
	return ms_heads_find(k->heads, s->head, s->size, id, message, err);
}

/* ---- where it was before ---- */

/* All occurrences of a message in this user's archive from this source. */
static int
own_rows(struct known *k, uint64_t message, const struct ms_row **rows,
    size_t *count, struct ms_err *err)
{
	const struct ms_folder *f;
	struct ms_row *all;
	size_t n, i, kept = 0;
	int got;

	ms_buf_clear(&k->rows);
	if (ms_archive_occurrences(k->archive, message, &k->rows, err) < 0)
		return -1;
	all = (struct ms_row *)(void *)k->rows.p;
	n = k->rows.n / sizeof(*all);
	for (i = 0; i < n; i++) {
		got = ms_archive_folder_get(k->archive, all[i].folder, &f, err);
		if (got < 0)
			return -1;
		if (got == 1 && f->user == k->user && f->source == k->source)
			all[kept++] = all[i];
	}
	*rows = all;
	*count = kept;
	return 0;
}

int
known_elsewhere(
    struct known *k, const struct box *b, uint64_t message, struct ms_err *err)
{
	const struct ms_row *rows;
	size_t n, i;

	if (!k->watch_moves || k->source == 0)
		return 0;
	if (own_rows(k, message, &rows, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (rows[i].folder == b->number && rows[i].moved_to == 0) {
			note_alive(k, rows[i].number);
			return 0;
		}
	return n > 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
is_alive(struct known *k, uint64_t occurrence)
{
	size_t n = k->alive.n / sizeof(occurrence);

	if (!k->sorted && n > 0)
		qsort(k->alive.p, n, sizeof(occurrence), by_number);
	k->sorted = true;
	return n > 0 && bsearch(&occurrence, k->alive.p, n, sizeof(occurrence),
			    by_number) != NULL;
}

/* Is it certain what the server has in this folder now? A folder that is there
 * no more has nothing; one that was left out, or failed, may have anything. */
static bool
is_certain(const struct run *r, const char *folder)
{
	size_t i;

	for (i = 0; i < r->box_count; i++)
		if (strcmp(r->boxes[i].name, folder) == 0)
			return r->boxes[i].state == BOX_OPEN;
	for (i = 0; i < r->folder_count; i++)
		if (strcmp(r->folders[i].name, folder) == 0)
			return !r->folders[i].selectable;
	return true;
}

int
known_moved_from(struct known *k, const struct run *r, uint64_t message,
    const char **folder, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *rows;
	size_t n, i;

	*folder = NULL;
	if (own_rows(k, message, &rows, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (rows[i].moved_to != 0 || is_alive(k, rows[i].number))
			continue;
		if (ms_archive_folder_get(k->archive, rows[i].folder, &f, err) <
		    0)
			return -1;
		if (!is_certain(r, f->name))
			continue;
		*folder = f->name;
		note_alive(k, rows[i].number); /* it has gone only once */
		return 0;
	}
	return 0;
}
