/* replies.c - the frames of workers: what the server's answers make of a
 * message, a folder, a request. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_MAX 1000000 /* that a server may list */

/* A recognised message that may have come from another folder: decided when
 * all folders have been looked at. */
struct late {
	struct box *box;
	uint32_t uid;
	unsigned has;
	int64_t date;
	char *flags;
	unsigned char id[MS_SHA_LEN];
	uint64_t message;
};

/* ---- messages ---- */

/* Is this an answer about a message that was asked for, and the first? */
static bool
tell(struct run *r, struct hand *h, uint32_t uid)
{
	struct task *t = &h->task;
	const uint32_t *at =
	    bsearch(&uid, t->uid, t->n, sizeof(uid), ms_imap_by_uid);

	if (at == NULL || t->told[at - t->uid] ||
	    t->renumbered != t->box->renumbered)
		return false;
	t->told[at - t->uid] = true;
	t->left--;
	t->box->done += t->ask == ASK_FETCH;
	ms_report_progress(
	    r->report, t->box->name, t->box->done, t->box->asked, "messages");
	patience_won(r, h);
	return true;
}

static bool
take_sight(struct frame *f, struct sight *s)
{
	s->uid = frame_u32(f);
	s->has = frame_u32(f);
	s->date = (int64_t)frame_u64(f);
	s->sent = f->word == SAY_HEAD ? (int64_t)frame_u64(f) : 0;
	s->size = frame_u64(f);
	if (f->word == SAY_HEAD)
		s->head = frame_bytes(f, MS_SHA_LEN);
	else
		s->bytes = frame_u64(f);
	s->flags = frame_str(f);
	s->labels = frame_str(f);
	return !f->bad;
}

/* Does the user want this one? */
static bool
chosen(struct run *r, struct box *b, const struct sight *s)
{
	const struct ms_attributes a = {
	    .flags = (s->has & HAS_FLAGS) != 0 ? s->flags : NULL,
	    .has_date = (s->has & HAS_DATE) != 0,
	    .has_sent = (s->has & HAS_SENT) != 0,
	    .has_size = (s->has & HAS_SIZE) != 0,
	    .date = s->date,
	    .sent = s->sent,
	    .size = s->size};
	const char *why = "";

	if (ms_choose(&r->opt->choice, &a, &why) != MS_LEFT_OUT)
		return true;
	run_left_out(r, b, s->uid, why);
	return false;
}

static void
put_off(struct run *r, struct box *b, const struct sight *s,
    const unsigned char id[MS_SHA_LEN], uint64_t message)
{
	struct late l = {.box = b,
	    .uid = s->uid,
	    .has = s->has,
	    .date = s->date,
	    .flags = ms_xstrdup(s->flags),
	    .message = message};

	memcpy(l.id, id, sizeof(l.id));
	ms_buf_add(&r->late, &l, sizeof(l));
}

/* A message that is not known by its place. */
static int
take_head(
    struct run *r, struct hand *h, const struct sight *s, struct ms_err *err)
{
	struct box *b = h->task.box;
	unsigned char id[MS_SHA_LEN];
	uint64_t message = 0;
	int got;

	if (r->opt->job == FETCH_JOB_DELETE) {
		doom_look(r, b, s);
		return 0;
	}
	if (!chosen(r, b, s))
		return 0;
	got = known_recognise(r->known, s, id, &message, err);
	if (got == 0)
		queue_add(&b->queue[STAGE_FETCH], s->uid);
	if (got <= 0)
		return got;
	b->done++;
	got = known_elsewhere(r->known, b, message, err);
	if (got == 1)
		put_off(r, b, s, id, message);
	return got != 0 ? (got < 0 ? -1 : 0)
			: output_reference(r->output, b, s, id, NULL, err);
}

int
take_late(struct run *r, struct ms_err *err)
{
	struct late *l = (struct late *)(void *)r->late.p;
	size_t n = r->late.n / sizeof(*l), i;
	const char *from;
	int rc = 0;

	for (i = 0; i < n; i++) {
		const struct sight s = {.uid = l[i].uid,
		    .has = l[i].has,
		    .date = l[i].date,
		    .flags = l[i].flags};

		if (rc == 0)
			rc = known_moved_from(
			    r->known, r, l[i].message, &from, err);
		if (rc == 0)
			rc = output_reference(
			    r->output, l[i].box, &s, l[i].id, from, err);
		free(l[i].flags);
	}
	ms_buf_clear(&r->late);
	return rc;
}

static int
take_message(struct run *r, struct hand *h, struct frame *f, struct ms_err *err)
{
	struct sight s = {0};

	if (f->word == SAY_MESSAGE) {
		if (!take_sight(f, &s))
			return ms_fail(err, MS_PROTO, "a bad frame");
		h->passing = h->task.box == NULL || !tell(r, h, s.uid);
		if (h->passing)
			return 0;
		if (r->doom == NULL)
			return output_begin(r->output, h->task.box, &s, err);
		doom_begin(r, h->task.box, s.uid);
		return 0;
	}
	if (h->passing)
		return 0;
	if (r->doom != NULL) {
		if (f->word == SAY_DATA)
			doom_data(r, f->p, f->n);
		else if (f->word == SAY_END)
			doom_end(r);
		else
			doom_void(r, frame_str(f));
		return 0;
	}
	if (f->word == SAY_DATA)
		return output_data(r->output, f->p, f->n, err);
	if (f->word == SAY_END)
		return output_end(r->output, err) < 0 ? -1 : 0;
	return output_void(r->output, frame_str(f), err);
}

static int
take_fate(struct run *r, struct hand *h, struct frame *f, struct ms_err *err)
{
	struct box *b = h->task.box;
	struct sight s = {0};
	uint32_t uid;

	if (f->word == SAY_HEAD) {
		if (!take_sight(f, &s))
			return ms_fail(err, MS_PROTO, "a bad frame");
		if (!tell(r, h, s.uid))
			return 0;
		return b->probe != 0 ? box_probed(r, b, &s, err)
				     : take_head(r, h, &s, err);
	}
	uid = frame_u32(f);
	if (!tell(r, h, uid))
		return 0;
	if (b->probe != 0)
		return box_probed(r, b, NULL, err);
	switch (f->word) {
	case SAY_FAILED:
		run_failed(r, b, uid, frame_str(f));
		break;
	case SAY_GONE:
		run_left_out(r, b, uid, "gone from the server");
		break;
	case SAY_DELETED:
		doom_deleted(r, b, uid);
		break;
	default:
		doom_kept(r, b, uid, frame_str(f));
	}
	return 0;
}

/* ---- folders ---- */

static int
take_folder(struct run *r, struct frame *f, struct ms_err *err)
{
	struct ms_imap_folder d = {0};
	const char *raw = frame_str(f), *name = frame_str(f);

	d.uses = frame_u32(f);
	d.space = (enum ms_imap_space)frame_u32(f);
	d.prefix = frame_u32(f);
	d.selectable = frame_u32(f) != 0;
	d.duplicate = frame_u32(f) != 0;
	if (f->bad || d.prefix > strlen(name) || r->folder_count >= FOLDERS_MAX)
		return ms_fail(err, MS_PROTO, "a bad frame");
	if (r->folder_count == r->folder_cap) {
		r->folder_cap = r->folder_cap < 64 ? 64 : r->folder_cap * 2;
		r->folders = ms_xreallocarray(
		    r->folders, r->folder_cap, sizeof(*r->folders));
	}
	d.raw = ms_xstrdup(raw);
	d.name = ms_xstrdup(name);
	r->folders[r->folder_count++] = d;
	return 0;
}

/* ---- the end of a request ---- */

static void
succeeded(struct run *r, struct hand *h)
{
	struct task *t = &h->task;
	struct box *b = t->box;
	struct ms_err err = {0};
	size_t i;

	patience_won(r, h);
	if (b == NULL)
		return;
	if (t->ask == ASK_SURVEY && box_surveyed(r, b, &err) < 0) {
		run_box_failed(r, b, err.msg, b->count);
		b->state = BOX_FAILED;
	}
	if (t->left > 0 && t->renumbered == b->renumbered && b->probe != 0) {
		t->left = t->n = 0;
		if (box_probed(r, b, NULL, &err) < 0)
			run_over(r, &err);
	}
	for (i = 0; i < t->n; i++)
		if (!t->told[i] && t->renumbered == b->renumbered)
			run_failed(r, b, t->uid[i],
			    "the server does not say what became of it");
	t->left = 0;
	if (t->ask == ASK_DELETE && doom_answered(r, h, &err) < 0)
		run_over(r, &err);
}

static int
take_done(struct run *r, struct hand *h, struct frame *f, struct ms_err *err)
{
	struct verdict v = {.err.code = (enum ms_code)frame_u32(f)};
	struct box *b = h->task.box;

	snprintf(v.err.msg, sizeof(v.err.msg), "%s", frame_str(f));
	v.lost = frame_u32(f) != 0;
	v.reached = frame_u32(f) != 0;
	v.wait = frame_u32(f);
	if (f->bad || v.err.code < MS_OK || v.err.code > MS_AUTH)
		return ms_fail(err, MS_PROTO, "a bad frame");
	h->state = HAND_FREE;
	if (b != NULL && b->busy > 0 && h->task.ask != ASK_IDLE)
		b->busy--;
	if (v.err.code == MS_OK) {
		succeeded(r, h);
	} else {
		if (h->task.ask == ASK_DELETE && doom_answered(r, h, err) < 0)
			return -1;
		patience_failed(r, h, &v);
	}
	h->task.box = NULL;
	h->task.n = h->task.left = 0;
	return 0;
}

/* ---- frames ---- */

static void
give_token(struct run *r, struct hand *h)
{
	struct ms_secret token = {0};
	struct ms_err err = {0};

	if (ms_secret_command(&token, r->opt->token_command, &err) < 0) {
		ms_warn(TOOL, "--token-command: %s", err.msg);
		token.s[0] = '\0';
	}
	link_begin(&h->link, GIVE_TOKEN);
	link_str(&h->link, token.s);
	crew_send(h);
	ms_secret_wipe(&token);
}

int
take_frame(struct run *r, struct hand *h, struct frame *f, struct ms_err *err)
{
	switch (f->word) {
	case SAY_WANT_TOKEN:
		give_token(r, h);
		return 0;
	case SAY_LOGGED_IN:
		h->logged_in = r->logged_in = true;
		r->capabilities = frame_u32(f);
		return 0;
	case SAY_NOTE:
		ms_report_note(
		    r->report, "%s: %s", r->opt->url.host, frame_str(f));
		return 0;
	case SAY_DONE:
		return take_done(r, h, f, err);
	case SAY_FOLDER:
		return take_folder(r, f, err);
	case SAY_MESSAGE:
	case SAY_DATA:
	case SAY_END:
	case SAY_VOID:
		return take_message(r, h, f, err);
	default:
		break;
	}
	if (h->task.box == NULL)
		return ms_fail(err, MS_PROTO, "a frame out of place");
	switch (f->word) {
	case SAY_BOX:
	case SAY_UIDS:
	case SAY_MET:
	case SAY_UNMET:
	case SAY_PLACE:
		return box_take(r, h->task.box, f) == 0
			   ? 0
			   : ms_fail(err, MS_PROTO, "a bad frame");
	default:
		return take_fate(r, h, f, err);
	}
}
