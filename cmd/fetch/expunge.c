/*
 * delete.c - deleting at the source what the archive has: ms-fetch(1),
 * Deleting. Nothing goes before the archive's copy was read back whole, and
 * the server's was seen to be the same message.
 */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "event.h"
#include "record.h"

struct doom {
	struct ms_archive *archive;
	struct ms_choice choice;
	struct ms_message_hasher *wire;
	struct ms_buf content; /* of the OCCURRENCE at hand */

	/* the body that is being compared */
	struct box *box;
	uint32_t uid;

	/* the request that is being answered */
	struct ms_buf gone; /* uint32_t: deleted */
};

int
doom_open(struct doom **out, struct run *r, struct ms_err *err)
{
	struct doom *d = ms_xcalloc(1, sizeof(*d));

	*out = d;
	d->archive = known_archive(r->known);
	if (d->archive == NULL)
		return ms_fail(
		    err, MS_USAGE, "--delete-archived needs --archive");
	d->choice = r->opt->choice;
	d->choice.unflagged = true; /* flagged mail stays, whatever is asked */
	d->wire = ms_message_hasher_new();
	return 0;
}

void
doom_close(struct doom *d)
{
	if (d == NULL)
		return;
	ms_message_hasher_free(d->wire);
	ms_buf_release(&d->content);
	ms_buf_release(&d->gone);
	free(d);
}

/* The OCCURRENCE that the archive has at a place of the folder. */
static int
find(struct doom *d, const struct box *b, uint32_t uid, uint64_t *number,
    struct ms_occurrence *o, struct ms_err *err)
{
	char text[32];
	const char *place = box_place(b, uid, text);
	int got;

	if (place == NULL)
		return ms_fail(err, MS_DATA, "the server does not name it");
	got = ms_archive_place(d->archive, b->number, place, number, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_DATA, "not archived");
	ms_buf_clear(&d->content);
	return ms_archive_occurrence_at(
	    d->archive, *number, o, &d->content, err);
}

/* Were the bytes that lie there seen, and not the header alone? */
static bool
body_seen(const struct box *b, uint32_t uid, const struct ms_occurrence *o)
{
	char text[32];
	const char *place = box_place(b, uid, text);

	return (o->bits & MS_BODY_NOT_SEEN) == 0 &&
	       ms_slice_eq(o->place, ms_slice_str(place));
}

/* Is it too soon, or not meant? Then why; NULL: it may go. */
static const char *
spare(struct run *r, uint64_t number, const struct sight *s, struct ms_err *err)
{
	bool pop = (s->has & HAS_FLAGS) == 0;
	const struct ms_attributes a = {.flags = pop ? "" : s->flags,
	    .has_date = (s->has & HAS_DATE) != 0,
	    .has_sent = (s->has & HAS_SENT) != 0,
	    .has_size = (s->has & HAS_SIZE) != 0,
	    .date = s->date,
	    .sent = s->sent,
	    .size = s->size};
	const char *why = "";
	int64_t when;

	if (ms_choose(&r->doom->choice, &a, &why) != MS_CHOSEN)
		return why;
	if (!r->opt->has_archived_before)
		return NULL;
	if (ms_archive_committed(r->doom->archive, number, &when, err) < 0)
		return err->msg;
	return when < r->opt->archived_before ? NULL : "archived too lately";
}

void
doom_look(struct run *r, struct box *b, const struct sight *s)
{
	struct ms_occurrence o;
	struct ms_err err = {0};
	uint64_t number;
	const char *why;

	if (find(r->doom, b, s->uid, &number, &o, &err) < 0) {
		run_failed(r, b, s->uid, err.msg);
		return;
	}
	why = spare(r, number, s, &err);
	if (why != NULL)
		run_left_out(r, b, s->uid, why);
	else if (body_seen(b, s->uid, &o))
		queue_add(&b->queue[STAGE_DELETE], s->uid);
	else
		queue_add(&b->queue[STAGE_FETCH], s->uid);
}

/* ---- one that was recognised by its header: its body ---- */

void
doom_begin(struct run *r, struct box *b, uint32_t uid)
{
	r->doom->box = b;
	r->doom->uid = uid;
}

void
doom_data(struct run *r, const unsigned char *p, size_t n)
{
	ms_message_hasher_add(r->doom->wire, p, n);
}

void
doom_end(struct run *r)
{
	struct doom *d = r->doom;
	struct ms_identity got;
	struct ms_occurrence o;
	struct ms_err err = {0};
	uint64_t number;

	ms_message_hasher_end(d->wire, &got);
	if (find(d, d->box, d->uid, &number, &o, &err) < 0)
		run_failed(r, d->box, d->uid, err.msg);
	else if (memcmp(got.id, o.id, MS_SHA_LEN) != 0)
		run_failed(r, d->box, d->uid,
		    "not deleted: it has the header and size of an archived "
		    "message, but is another one");
	else
		queue_add(&d->box->queue[STAGE_DELETE], d->uid);
	d->box = NULL;
}

void
doom_void(struct run *r, const char *reason)
{
	struct doom *d = r->doom;

	ms_message_hasher_end(d->wire, &(struct ms_identity){0});
	run_failed(r, d->box, d->uid, reason);
	d->box = NULL;
}

/* ---- the request ---- */

static int
into_wire(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

/* Reads the archive's copy back: is it what its id says? */
static int
read_back(struct doom *d, const struct box *b, uint32_t uid,
    struct ms_identity *got, struct ms_err *err)
{
	struct ms_occurrence o;
	uint64_t number;
	int rc;

	if (find(d, b, uid, &number, &o, err) < 0)
		return -1;
	rc = ms_archive_emit(
	    d->archive, o.message, MS_FORM_CRLF, into_wire, d->wire, err);
	ms_message_hasher_end(d->wire, got);
	if (rc < 0)
		return -1;
	if (memcmp(got->id, o.id, MS_SHA_LEN) != 0)
		return ms_fail(err, MS_DATA, "its bytes have another id");
	return 0;
}

/* The log says what is about to be deleted before it is, and what was. */
static int
note(struct run *r, const struct box *b, const uint32_t *uids, size_t n,
    bool done, struct ms_err *err)
{
	struct ms_deletion deletion = {.folder = b->number, .count = n};
	const char **places = ms_xcalloc(n, sizeof(*places));
	uint64_t *numbers = ms_xcalloc(n, sizeof(*numbers));
	char(*text)[32] = ms_xcalloc(n, sizeof(*text));
	struct ms_buf event = {0};
	size_t i;
	int rc = 0;

	known_numbers(r->known, &deletion.user, &deletion.source);
	for (i = 0; i < n && rc >= 0; i++) {
		places[i] = box_place(b, uids[i], text[i]);
		rc = ms_archive_place(
		    r->doom->archive, b->number, places[i], &numbers[i], err);
	}
	deletion.places = places;
	deletion.occurrences = numbers;
	if (rc >= 0)
		rc = ms_event_delete(&event, &deletion, done, err);
	if (rc >= 0)
		rc = ms_archive_log_event(
		    r->doom->archive, ms_buf_slice(&event), err);
	ms_buf_release(&event);
	free(text);
	free(numbers);
	free(places);
	return rc < 0 ? -1 : 0;
}

int
doom_request(struct run *r, struct hand *h, struct ms_err *err)
{
	struct doom *d = r->doom;
	struct task *t = &h->task;
	struct ms_identity got;
	struct ms_err why;
	struct ms_buf fields = {0}; /* uid, size, head, id of each */
	unsigned char number[12];
	size_t i, kept = 0;
	int rc = 0;

	for (i = 0; i < t->n; i++) {
		why = (struct ms_err){0};
		if (read_back(d, t->box, t->uid[i], &got, &why) < 0) {
			ms_context(&why,
			    "not deleted: the archive's copy can't be read");
			run_failed(r, t->box, t->uid[i], why.msg);
			continue;
		}
		ms_put_le32(number, t->uid[i]);
		ms_put_le64(number + 4, got.size);
		ms_buf_add(&fields, number, sizeof(number));
		ms_buf_add(&fields, got.head, MS_SHA_LEN);
		ms_buf_add(&fields, got.id, MS_SHA_LEN);
		t->uid[kept++] = t->uid[i];
	}
	t->n = t->left = kept;
	ms_buf_clear(&d->gone);
	if (kept > 0 && !r->opt->dry_run)
		rc = note(r, t->box, t->uid, kept, false, err);
	link_u32(&h->link, (uint32_t)kept);
	link_bytes(&h->link, fields.p, fields.n);
	link_u32(&h->link, r->opt->dry_run);
	ms_buf_release(&fields);
	return rc < 0 ? -1 : kept == 0;
}

void
doom_deleted(struct run *r, struct box *b, uint32_t uid)
{
	struct ms_buf where = {0};

	if (r->opt->dry_run)
		printf("%s\n", run_where(&where, b, uid));
	else
		ms_buf_add(&r->doom->gone, &uid, sizeof(uid));
	b->tally->deleted++;
	ms_buf_release(&where);
}

void
doom_kept(struct run *r, struct box *b, uint32_t uid, const char *reason)
{
	struct ms_buf why = {0};

	ms_buf_printf(&why, "not deleted: %s", reason);
	run_failed(r, b, uid, ms_buf_str(&why));
	ms_buf_release(&why);
}

int
doom_answered(struct run *r, struct hand *h, struct ms_err *err)
{
	size_t n = r->doom->gone.n / sizeof(uint32_t);

	if (n == 0)
		return 0;
	if (note(r, h->task.box,
		(const uint32_t *)(const void *)r->doom->gone.p, n, true,
		err) < 0)
		return -1;
	ms_buf_clear(&r->doom->gone);
	return 0;
}
