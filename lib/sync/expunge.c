/*
 * expunge.c - which messages may be deleted at the source. ms-fetch(1),
 * Deleting. A message is deleted only after the archive's copy was read back
 * whole and the server's message was seen to be the same.
 */
#include "expunge.h"

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "event.h"
#include "record.h"

struct ms_expunge {
	const struct ms_sync_rules *rules;
	struct ms_lookup *lookup;
	struct ms_archive *archive; /* the lookup's */
	struct ms_choice choice;
	struct ms_message_hasher *hasher; /* of the last body */
	struct ms_buf content;            /* of the last OCCURRENCE */
	struct ms_buf deleted;            /* uint32_t: UIDs not yet recorded */
};

int
ms_expunge_open(struct ms_expunge **out, const struct ms_sync_rules *rules,
    struct ms_lookup *l, struct ms_err *err)
{
	struct ms_expunge *e = ms_xcalloc(1, sizeof(*e));

	*out = e;
	e->rules = rules;
	e->lookup = l;
	e->archive = ms_lookup_archive(l);
	e->choice = *rules->choice;
	e->choice.unflagged = true;
	e->hasher = ms_message_hasher_new();
	if (e->archive == NULL)
		return ms_fail(err, MS_USAGE, "deleting needs an archive");
	return 0;
}

void
ms_expunge_close(struct ms_expunge *e)
{
	if (e == NULL)
		return;
	ms_message_hasher_free(e->hasher);
	ms_buf_release(&e->content);
	ms_buf_release(&e->deleted);
	free(e);
}

/* The OCCURRENCE that the archive has at the place of a message. */
static int
find(struct ms_expunge *e, const struct ms_mailbox_state *m, uint32_t uid,
    uint64_t *number, struct ms_occurrence *o, struct ms_err *err)
{
	char text[32];
	const char *place = ms_mailbox_place(m, uid, text);
	int got;

	if (place == NULL)
		return ms_fail(err, MS_DATA,
		    "the server gives the message no UID or UIDL that lasts");
	got = ms_archive_place(e->archive, m->number, place, number, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_DATA, "not archived");
	ms_buf_clear(&e->content);
	return ms_archive_occurrence_at(
	    e->archive, *number, o, &e->content, err);
}

/* ---- which messages ---- */

/* Was the body seen at this place when it was archived, or only the header? */
static bool
body_seen(const struct ms_mailbox_state *m, uint32_t uid,
    const struct ms_occurrence *o)
{
	char text[32];
	const char *place = ms_mailbox_place(m, uid, text);

	return (o->bits & MS_BODY_NOT_SEEN) == 0 &&
	       ms_slice_eq(o->place, ms_slice_str(place));
}

/* Does a rule keep this message? Returns true with the reason in *why. */
static bool
is_kept(struct ms_expunge *e, uint64_t number, const struct ms_msg_info *info,
    struct ms_err *why)
{
	struct ms_msg_info flagless = *info;
	const char *rule = "";
	int64_t when;

	/* POP3 has no flags: no message is flagged. */
	if ((info->has & MS_HAS_FLAGS) == 0) {
		flagless.has |= MS_HAS_FLAGS;
		flagless.flags = "";
	}
	if (ms_sync_choose(&e->choice, &flagless, &rule) != MS_CHOSEN)
		return ms_fail(why, MS_DATA, "%s", rule) < 0;
	if (!e->rules->has_archived_before)
		return false;
	if (ms_archive_committed(e->archive, number, &when, why) < 0)
		return true;
	return when >= e->rules->archived_before &&
	       ms_fail(why, MS_DATA, "archived too recently") < 0;
}

/* Puts a message into the queue of a stage. */
static void
queue(struct ms_mailbox_state *m, uint32_t uid, bool delete,
    struct ms_sync_decision *out)
{
	out->action = delete ? MS_SYNC_DELETE : MS_SYNC_FETCH;
	ms_queue_add(&m->queue[delete ? MS_STAGE_DELETE : MS_STAGE_FETCH], uid);
}

void
ms_expunge_message(struct ms_expunge *e, struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_sync_decision *out)
{
	struct ms_occurrence o;
	uint64_t number;

	*out = (struct ms_sync_decision){.action = MS_SYNC_FAILED};
	if (find(e, m, info->uid, &number, &o, &out->reason) < 0)
		return;
	if (is_kept(e, number, info, &out->reason))
		out->action = MS_SYNC_LEFT_OUT;
	else
		queue(m, info->uid, body_seen(m, info->uid, &o), out);
}

/* ---- the body of a message whose header was recognised ---- */

void
ms_expunge_body(struct ms_expunge *e, const unsigned char *p, size_t n)
{
	ms_message_hasher_add(e->hasher, p, n);
}

void
ms_expunge_body_end(struct ms_expunge *e, struct ms_mailbox_state *m,
    uint32_t uid, struct ms_sync_decision *out)
{
	struct ms_identity got;
	struct ms_occurrence o;
	uint64_t number;

	*out = (struct ms_sync_decision){.action = MS_SYNC_FAILED};
	ms_message_hasher_end(e->hasher, &got);
	if (find(e, m, uid, &number, &o, &out->reason) < 0)
		return;
	if (memcmp(got.id, o.id, MS_SHA_LEN) != 0)
		ms_fail(&out->reason, MS_DATA,
		    "not deleted: its body differs from that of the archived "
		    "message with the same header and size");
	else
		queue(m, uid, true, out);
}

void
ms_expunge_body_cancel(struct ms_expunge *e)
{
	ms_message_hasher_end(e->hasher, &(struct ms_identity){0});
}

/* ---- the archive's copy ---- */

static int
add_to_hasher(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_message_hasher_add(ctx, p, n);
	return 0;
}

int
ms_expunge_read_back(struct ms_expunge *e, const struct ms_mailbox_state *m,
    uint32_t uid, struct ms_identity *out, struct ms_err *err)
{
	struct ms_occurrence o;
	uint64_t number;
	int rc;

	if (find(e, m, uid, &number, &o, err) < 0)
		return -1;
	rc = ms_archive_emit(
	    e->archive, o.message, MS_FORM_CRLF, add_to_hasher, e->hasher, err);
	ms_message_hasher_end(e->hasher, out);
	if (rc < 0)
		return -1;
	if (memcmp(out->id, o.id, MS_SHA_LEN) != 0)
		return ms_fail(err, MS_DATA, "its bytes have another id");
	return 0;
}

/* ---- the archive's log ---- */

/* The log says which messages are about to be deleted before the server is
 * asked, and which were deleted (done). */
static int
log_deletion(struct ms_expunge *e, const struct ms_mailbox_state *m,
    const uint32_t *uids, size_t n, bool done, struct ms_err *err)
{
	struct ms_deletion deletion = {.folder = m->number, .count = n};
	const char **places = ms_xcalloc(n, sizeof(*places));
	uint64_t *numbers = ms_xcalloc(n, sizeof(*numbers));
	char(*text)[32] = ms_xcalloc(n, sizeof(*text));
	struct ms_buf event = {0};
	size_t i;
	int rc = 0;

	ms_lookup_numbers(e->lookup, &deletion.user, &deletion.source);
	for (i = 0; i < n && rc >= 0; i++) {
		places[i] = ms_mailbox_place(m, uids[i], text[i]);
		rc = ms_archive_place(
		    e->archive, m->number, places[i], &numbers[i], err);
	}
	deletion.places = places;
	deletion.occurrences = numbers;
	if (rc >= 0)
		rc = ms_event_delete(&event, &deletion, done, err);
	if (rc >= 0)
		rc =
		    ms_archive_log_event(e->archive, ms_buf_slice(&event), err);
	ms_buf_release(&event);
	free(text);
	free(numbers);
	free(places);
	return rc < 0 ? -1 : 0;
}

int
ms_expunge_begin(struct ms_expunge *e, const struct ms_mailbox_state *m,
    const uint32_t *uids, size_t n, struct ms_err *err)
{
	ms_buf_clear(&e->deleted);
	return log_deletion(e, m, uids, n, false, err);
}

void
ms_expunge_deleted(struct ms_expunge *e, uint32_t uid)
{
	ms_buf_add(&e->deleted, &uid, sizeof(uid));
}

int
ms_expunge_end(
    struct ms_expunge *e, const struct ms_mailbox_state *m, struct ms_err *err)
{
	const uint32_t *uids = (const uint32_t *)(const void *)e->deleted.p;
	size_t n = e->deleted.n / sizeof(*uids);

	if (n > 0 && log_deletion(e, m, uids, n, true, err) < 0)
		return -1;
	ms_buf_clear(&e->deleted);
	return 0;
}
