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
#include "le.h"
#include "map.h"
#include "record.h"
#include "short-body.h"

#define ID_DIGITS 16 /* of the id in an email-id; ms-stream(5) */

struct ms_expunge {
	const struct ms_sync_rules *rules;
	struct ms_lookup *lookup;
	struct ms_archive *archive; /* the lookup's */
	struct ms_choice choice;
	struct ms_buf content; /* of the last OCCURRENCE */
	struct ms_buf receipt; /* of the last RECEIPT */
	struct ms_buf deleted; /* uint32_t: UIDs not yet recorded */
	/* The EMAILIDs of the server: the beginning of the id that each has. */
	struct ms_map email_ids;
	bool distrusted;
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
	e->choice.arrival_agrees = true;
	if (e->archive == NULL)
		return ms_fail(err, MS_USAGE, "deleting needs an archive");
	return 0;
}

void
ms_expunge_close(struct ms_expunge *e)
{
	if (e == NULL)
		return;
	ms_buf_release(&e->content);
	ms_buf_release(&e->receipt);
	ms_buf_release(&e->deleted);
	ms_map_release(&e->email_ids);
	free(e);
}

static int
find_place(struct ms_expunge *e, const struct ms_mailbox_state *m,
    const char *place, uint64_t *number, struct ms_err *err)
{
	int got = ms_archive_place(e->archive, m->number, place, number, err);

	if (got == 0 && e->rules->force_short)
		got = ms_short_known(e->archive, m, place, number, err);
	return got;
}

/* What the archive has at the place of a message. The slices point into the
 * contents of struct ms_expunge. */
struct found {
	uint64_t number;
	bool receipt;
	struct ms_receipt r;
	struct ms_occurrence o; /* unless it is a RECEIPT */
};

/* 0; -1: a person has removed the OCCURRENCE, or a failure. */
static int
in_view(struct ms_expunge *e, uint64_t occurrence, struct ms_err *err)
{
	uint64_t change;
	int got = ms_archive_removed(e->archive, occurrence, &change, err);

	if (got == 1)
		return ms_fail(err, MS_DATA,
		    "removed by hand: ms-remove --undo %llu",
		    (unsigned long long)change);
	return got;
}

static int
all_in_view(
    struct ms_expunge *e, const struct ms_receipt *r, struct ms_err *err)
{
	uint32_t i;

	for (i = 0; i < r->count; i++)
		if (in_view(e, ms_receipt_occurrence(r, i), err) < 0)
			return -1;
	return 0;
}

static int
find(struct ms_expunge *e, const struct ms_mailbox_state *m, uint32_t uid,
    struct found *out, struct ms_err *err)
{
	char text[32];
	const char *place = ms_mailbox_place(m, uid, text);
	int got;

	if (place == NULL)
		return ms_fail(err, MS_DATA,
		    "the server gives the message no UID or UIDL that lasts");
	got = find_place(e, m, place, &out->number, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return ms_fail(err, MS_DATA, "not archived");
	got = ms_archive_receipt(
	    e->archive, out->number, &out->r, &e->receipt, err);
	if (got < 0)
		return -1;
	out->receipt = got == 1;
	if (out->receipt)
		return all_in_view(e, &out->r, err);
	if (in_view(e, out->number, err) < 0)
		return -1;
	ms_buf_clear(&e->content);
	return ms_archive_occurrence_at(
	    e->archive, out->number, &out->o, &e->content, err);
}

/* ---- which messages ---- */

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

void
ms_expunge_message(struct ms_expunge *e, struct ms_mailbox_state *m,
    const struct ms_msg_info *info, struct ms_sync_decision *out)
{
	struct found f;

	*out = (struct ms_sync_decision){.action = MS_SYNC_FAILED};
	if (find(e, m, info->uid, &f, &out->reason) < 0)
		return;
	if (is_kept(e, f.number, info, &out->reason)) {
		out->action = MS_SYNC_LEFT_OUT;
		return;
	}
	out->action = MS_SYNC_DELETE;
	ms_queue_add(&m->queue[MS_STAGE_DELETE], info->uid);
}

/* ---- proof ---- */

const char *
ms_expunge_doubt(const struct ms_msg_info *info, const struct ms_proof *proof,
    bool force_short)
{
	if (!force_short && ms_body_is_short(info))
		return "the server sends a short body (--force-short)";
	if (memcmp(info->id, proof->id, MS_SHA_LEN) != 0)
		return "the server has another message in its place";
	return NULL;
}

bool
ms_expunge_proved(const struct ms_msg_info *info, const struct ms_proof *proof)
{
	unsigned char given[MS_SHA_LEN];

	if (*info->email_id == '\0')
		return false;
	ms_sha256(info->email_id, strlen(info->email_id), given);
	return memcmp(given, proof->email_id, MS_SHA_LEN) == 0 &&
	       (info->has & MS_HAS_SIZE) != 0 && info->size == proof->size;
}

void
ms_expunge_email_id(const struct ms_msg_info *info, struct ms_buf *out)
{
	char hex[MS_SHA_HEX + 1];

	ms_buf_clear(out);
	if (*info->email_id == '\0' || (info->has & MS_HAS_SIZE) == 0 ||
	    (info->has & MS_HAS_ID) == 0 || info->size != info->bytes)
		return;
	ms_hex(info->id, MS_SHA_LEN, hex);
	ms_buf_printf(out, "%s %.*s", info->email_id, ID_DIGITS, hex);
}

/* Reads the EMAILID of the place at which the bytes were read, and only for
 * those bytes. */
static void
read_email_id(struct ms_expunge *e, const struct found *f, const char *place,
    struct ms_proof *out)
{
	const struct ms_slice given =
	    f->receipt ? f->r.email_id : f->o.email_id;
	const struct ms_slice own = f->receipt ? f->r.place : f->o.place;
	const uint8_t bits = f->receipt ? f->r.bits : f->o.bits;
	const unsigned char *blank =
	    given.n > 0 ? memchr(given.p, ' ', given.n) : NULL;
	char hex[MS_SHA_HEX + 1];
	uint64_t is, was = 0;

	ms_hex(out->id, MS_SHA_LEN, hex);
	if (blank == NULL || blank == given.p ||
	    (bits & MS_BODY_NOT_SEEN) != 0 ||
	    !ms_slice_eq(own, ms_slice_str(place)) ||
	    given.p + given.n - (blank + 1) != ID_DIGITS ||
	    memcmp(blank + 1, hex, ID_DIGITS) != 0)
		return;
	ms_sha256(given.p, (size_t)(blank - given.p), out->email_id);
	is = ms_le64(out->id) >> 1;
	if (ms_map_add(&e->email_ids, out->email_id, is, &was) && was != is)
		e->distrusted = true;
}

void
ms_expunge_distrust(
    const struct ms_expunge *e, struct ms_proof *proofs, size_t n)
{
	for (size_t i = 0; e->distrusted && i < n; i++)
		memset(proofs[i].email_id, 0, MS_SHA_LEN);
}

/* ---- the archive's copy ---- */

static int
read_back_one(struct ms_expunge *e, const struct ms_occurrence *o,
    struct ms_proof *out, struct ms_err *err)
{
	if (ms_archive_read_back(e->archive, o->message, o->id, err) < 0 ||
	    ms_archive_identity(
		e->archive, o->message, out->id, &out->size, err) < 0)
		return -1;
	memcpy(out->id, o->id, MS_SHA_LEN);
	return 0;
}

/*
 * Reads the copies of all users. They mostly have the same MESSAGE, which is
 * read once. What the server must have is in the RECEIPT.
 */
static int
read_back_all(struct ms_expunge *e, const struct ms_receipt *r,
    struct ms_proof *out, struct ms_err *err)
{
	struct ms_occurrence o;
	uint64_t read = 0;
	uint32_t i;

	for (i = 0; i < r->count; i++) {
		ms_buf_clear(&e->content);
		if (ms_archive_occurrence_at(e->archive,
			ms_receipt_occurrence(r, i), &o, &e->content, err) < 0)
			return -1;
		if (o.message != read &&
		    ms_archive_read_back(e->archive, o.message, o.id, err) < 0)
			return -1;
		read = o.message;
	}
	memcpy(out->id, r->id, MS_SHA_LEN);
	out->size = r->size;
	return 0;
}

int
ms_expunge_read_back(struct ms_expunge *e, const struct ms_mailbox_state *m,
    uint32_t uid, struct ms_proof *out, struct ms_err *err)
{
	struct found f;
	char text[32];

	*out = (struct ms_proof){.size = 0};
	if (find(e, m, uid, &f, err) < 0)
		return -1;
	if ((f.receipt ? read_back_all(e, &f.r, out, err)
		       : read_back_one(e, &f.o, out, err)) < 0)
		return -1;
	read_email_id(e, &f, ms_mailbox_place(m, uid, text), out);
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
		rc = find_place(e, m, places[i], &numbers[i], err);
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
