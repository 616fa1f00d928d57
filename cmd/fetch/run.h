/*
 * run.h - what the parts of a run share: its folders, what is asked of
 * them, what the archive knows, and the stream.
 */
#ifndef FETCH_RUN_H
#define FETCH_RUN_H
#include "archive.h"
#include "le.h"
#include "worker-pool.h"
#include "imap.h"
#include "message-hasher.h"

/* ---- queues of UIDs ---- */

struct queue {
	uint32_t *v;
	size_t at, n, cap;
};

void queue_add(struct queue *q, uint32_t uid);
/* Back to the front. */
void queue_return(struct queue *q, const uint32_t *uids, size_t n);
size_t queue_left(const struct queue *q);
void queue_release(struct queue *q);

/* ---- a folder ---- */

/* What a message waits for. */
enum stage {
	STAGE_LOOK,  /* header or attributes */
	STAGE_FETCH, /* its bytes */
	STAGE_DELETE,
	STAGES
};

struct box {
	char *raw, *name;
	unsigned uses;
	bool labels; /* it is All Mail of a Gmail */
	struct ms_tally *tally;
	uint64_t number; /* in the archive; 0: it is not there */

	enum {
		BOX_WAITS, /* to be surveyed */
		BOX_SURVEYED_NOW,
		BOX_OPEN, /* its messages are worked on */
		BOX_FAILED
	} state;
	uint32_t uidvalidity;
	unsigned tries;      /* surveys that the server put off */
	unsigned renumbered; /* how often its UIDs became void */
	unsigned busy;       /* tasks on it */
	bool careful;        /* after a loss: one message at a time */
	unsigned blamed;     /* losses with but one message asked for */

	uint32_t *uids; /* all there are, ascending; a POP3 item's number */
	size_t count, cap;
	struct queue met, unmet; /* by the server's search */
	char **places;           /* POP3: UIDL of each of uids; NULL */
	/* what an earlier look dealt with: only what is not here is new */
	uint32_t *seen, seen_validity;
	char **seen_places;
	size_t seen_count;
	struct queue queue[STAGES];
	/* A mailbox that was restored from a backup gives UIDs again that it
	 * has given before: the message with the highest of those that are
	 * known is looked at before any is believed. */
	uint64_t *occurrence; /* of each of uids while that is done; or NULL */
	uint32_t probe;       /* its UID; 0: nothing is to be proved */
	uint64_t asked, done; /* messages, for the progress line */
};

/* ---- the run ---- */

struct known;  /* fetch-known.c */
struct output; /* fetch-output.c */

struct run {
	const struct fetch_options *opt;
	struct ms_report *report;
	struct ms_trailer *t;
	struct crew *crew;
	struct known *known;
	struct output *output;
	const char *user_name, *source;

	struct ms_imap_folder *folders; /* all the server has */
	size_t folder_count, folder_cap;
	struct ms_folder_verdict *verdicts; /* on each of them */
	struct box *boxes;                  /* those that are read */
	size_t box_count;
	size_t next; /* the first box that may wait to be surveyed */
	unsigned capabilities;
	struct ms_buf criteria; /* of the search; empty: none */
	bool exact;             /* it says all that the choice does */

	bool logged_in;           /* a hand was, at least once */
	unsigned strikes;         /* losses since anything was won */
	struct ms_err loss;       /* the worst of these */
	int64_t pause_until;      /* ms: nothing is asked before */
	int64_t until_ms;         /* --max-time; 0: none */
	enum ms_code damage;      /* the worst of what cost a message */
	struct ms_err over;       /* nothing more is asked: why */
	struct ms_buf late;       /* struct late: what may have moved */
	uint64_t bytes, messages; /* that came, for sizing requests */
	struct doom *doom;        /* of a run that deletes */
	bool following;
};

/* A message as the server describes it; from SAY_HEAD or SAY_MESSAGE. */
struct sight {
	uint32_t uid;
	unsigned has;
	int64_t date, sent;
	uint64_t size;  /* as the server says */
	uint64_t bytes; /* SAY_MESSAGE: that follow */
	const unsigned char *head;
	const char *flags, *labels;
};

/* ---- fetch-run.c: accounting ---- */

/* "INBOX/Projects, UID 17": for people, and for looking it up again. */
const char *run_where(struct ms_buf *b, const struct box *box, uint32_t uid);
/* One failed or was left out: counted and said. */
void run_failed(struct run *r, struct box *b, uint32_t uid, const char *reason);
void run_left_out(
    struct run *r, struct box *b, uint32_t uid, const char *reason);
/* The same for some of them at once. */
void run_box_failed(
    struct run *r, struct box *b, const char *reason, uint64_t messages);
/* Nothing more can be asked. The first reason counts. */
void run_over(struct run *r, const struct ms_err *why);

/* ---- fetch-work.c: who is asked what ---- */

/* Works until all is done, or the run is over. */
void work(struct run *r);
/* Asks for the folders and takes them; the first thing a run does. */
int work_folders(struct run *r, struct ms_err *err);
/* Begins a request to a hand; its words follow, then crew_send(). */
void work_ask(struct hand *h, enum word word, struct box *b);
/* Waits for one thing to happen, until_ms at most if that is not over, and
 * deals with it; and until that time (ms_clock_ms()), whatever happens. */
void work_wait(struct run *r, int64_t until_ms);
void work_wait_until(struct run *r, int64_t until_ms);

/* ---- fetch-follow.c ---- */

/* Waits for what arrives and deals with it, until the run is over. */
void fetch_follow(struct run *r);

/* ---- fetch-take.c: what comes of it ---- */

/* A frame of a worker's. -1: the run can't go on. */
int take_frame(
    struct run *r, struct hand *h, struct frame *f, struct ms_err *err);
/* Every folder has been looked at: says what has moved. */
int take_late(struct run *r, struct ms_err *err);

/* ---- fetch-patience.c: what went wrong ---- */

/* What a SAY_DONE says. */
struct verdict {
	struct ms_err err;
	bool lost;     /* the session */
	bool reached;  /* there was one */
	unsigned wait; /* seconds the server asks for */
};
/* A request failed: what it was about is asked again, or has failed. */
void patience_failed(struct run *r, struct hand *h, const struct verdict *v);
/* A hand's process has ended. */
void patience_dead(struct run *r, struct hand *h, const struct ms_err *why);
/* Something was won. */
void patience_won(struct run *r, struct hand *h);

/* ---- fetch-box.c: what is to be done in a folder ---- */

void box_release(struct box *b);
/* Begins anew: a survey will say what there is. */
void box_reset(struct box *b);
/* What there is has been dealt with: a survey will say what is new. */
void box_again(struct box *b);
/* How it is asked for: SAY_BOX, SAY_UIDS, SAY_MET, SAY_PLACE. -1: bad frame */
int box_take(struct run *r, struct box *b, struct frame *f);
/* The survey is complete: sorts its messages into queues. */
int box_surveyed(struct run *r, struct box *b, struct ms_err *err);
/* What the probe is: its header, or NULL: it can't be had. */
int box_probed(
    struct run *r, struct box *b, const struct sight *s, struct ms_err *err);
/* The place of a message in the archive's words ("V/U" or a UIDL); NULL: it
 * has none. */
const char *box_place(const struct box *b, uint32_t uid, char text[32]);
/* All has been done that could be. */
bool box_done(const struct box *b);
/* Takes the next messages of a stage out of the queue into a task. */
void box_cut_task(
    struct run *r, struct box *b, enum stage stage, struct task *t);
/* What a stage asks for. */
enum word box_ask(const struct run *r, enum stage stage);

/* ---- fetch-known.c: what the archive has ---- */

struct ms_archive *known_archive(struct known *k);
/* Of the user and the source. */
void known_numbers(const struct known *k, uint64_t *user, uint64_t *source);
int known_open(struct known **out, struct run *r, struct ms_err *err);
void known_close(struct known *k);
/* The occurrences at the places of a folder, by UID: of each of b->uids, 0 if
 * it is not known; count numbers. */
int known_places(
    struct known *k, struct box *b, uint64_t *occurrence, struct ms_err *err);
/* These (b->occurrence) are where the archive says. */
void known_believed(struct known *k, const struct box *b);
/* Has the message of an occurrence this header? 1, 0, -1. */
int known_same_head(struct known *k, uint64_t occurrence, const struct sight *s,
    struct ms_err *err);
/* May messages be recognised by header and size? */
int known_has_heads(struct known *k, bool *has, struct ms_err *err);
/*
 * A message whose place is not known: is it one of the user's? 1: id and the
 * number of its MESSAGE; 0; -1.
 */
int known_recognise(struct known *k, const struct sight *s,
    unsigned char id[MS_SHA_LEN], uint64_t *message, struct ms_err *err);
/*
 * Where a recognised message lay before: 1 if it has no occurrence in this
 * folder and one in another of the same source; then what is known of that is
 * told by known_moved_from(), once all folders were surveyed.
 */
int known_elsewhere(
    struct known *k, const struct box *b, uint64_t message, struct ms_err *err);
/* The folder it has gone from, or NULL. Lives as long as k. Each occurrence is
 * given once. */
int known_moved_from(struct known *k, const struct run *r, uint64_t message,
    const char **folder, struct ms_err *err);

/* ---- fetch-output.c: the stream ---- */

struct output *output_new(struct run *r, struct ms_stream_writer *out);
void output_free(struct output *o);
/* SAY_MESSAGE, SAY_DATA, SAY_END, SAY_VOID. -1: the stream takes no more. */
int output_begin(
    struct output *o, struct box *b, const struct sight *s, struct ms_err *err);
int output_data(
    struct output *o, const unsigned char *p, size_t n, struct ms_err *err);
/* 1 written, 0 failed and said so, -1. */
int output_end(struct output *o, struct ms_err *err);
int output_void(struct output *o, const char *reason, struct ms_err *err);
/* For a while nothing comes: what was written is to be seen as whole. */
int output_rest(struct output *o, struct ms_err *err);
/* Is a message begun? */
bool output_busy(const struct output *o);
/* ref= instead of bytes. moved_from may be NULL. */
int output_reference(struct output *o, struct box *b, const struct sight *s,
    const unsigned char id[MS_SHA_LEN], const char *moved_from,
    struct ms_err *err);

/* ---- fetch-doom.c: what may be deleted ---- */

int doom_open(struct doom **out, struct run *r, struct ms_err *err);
void doom_close(struct doom *d);
/* A message as the server has it: is it to be deleted? Puts it into a queue,
 * or says why not. */
void doom_look(struct run *r, struct box *b, const struct sight *s);
/* Its body comes, to be compared with the archive's. */
void doom_begin(struct run *r, struct box *b, uint32_t uid);
void doom_data(struct run *r, const unsigned char *p, size_t n);
void doom_end(struct run *r);
void doom_void(struct run *r, const char *reason);
/*
 * Fills a request for deletion behind its header: reads the archive's copy of
 * each message of the task back; those that do not come back whole fail and
 * are taken out of the task. 0; 1: none is left; -1.
 */
int doom_request(struct run *r, struct hand *h, struct ms_err *err);
/* What the server did. */
void doom_deleted(struct run *r, struct box *b, uint32_t uid);
void doom_kept(struct run *r, struct box *b, uint32_t uid, const char *reason);
/* The request is answered: what was deleted becomes an event. */
int doom_answered(struct run *r, struct hand *h, struct ms_err *err);

#endif
