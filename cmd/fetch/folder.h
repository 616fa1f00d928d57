/*
 * folder.h - a folder of the run: its survey, and the tasks cut from it.
 */
#ifndef FETCH_FOLDER_H
#define FETCH_FOLDER_H
#include "run.h"
#include "worker-pool.h"

#define LEFT_OUT_REASONS 16 /* that are reported for many messages at once */

struct folder {
	char *raw; /* the server's name */
	struct ms_mailbox_state mailbox;
	struct ms_folder_backoff backoff;
	unsigned uses;
	bool unlisted;   /* INBOX, which the server does not list */
	bool renumbered; /* the archive knows another UIDVALIDITY only */
	bool labels;     /* All Mail of Gmail, whose labels are read */
	struct ms_tally *tally;
	enum {
		FOLDER_WAITS, /* for a survey */
		FOLDER_IN_SURVEY,
		FOLDER_OPEN, /* surveyed; its messages are worked on */
		FOLDER_FAILED
	} state;
	unsigned busy;        /* tasks of workers */
	uint64_t asked, done; /* messages, for the progress line */
	struct left_out {
		char *reason;
		struct ms_buf uids; /* uint32_t */
	} left_out[LEFT_OUT_REASONS];
	size_t left_out_count;
};

void folder_release(struct folder *f);
/* Forgets the survey; the folder waits for another one. */
void folder_reset(struct folder *f);
/* Takes a part of a survey: SAY_SURVEY, SAY_UIDS, SAY_MET, SAY_UNMET, SAY_UIDL.
 * MS_PROTO: the worker breaks a rule. */
int folder_add_survey(struct run *r, struct folder *f,
    const struct ipc_message *m, struct ms_err *err);
/* The survey is complete: plans the folder. */
int folder_surveyed(struct run *r, struct folder *f, struct ms_err *err);
/* A probe is answered; info NULL: the server does not say what it is. */
int folder_probed(struct run *r, struct folder *f, uint32_t uid,
    const struct ms_msg_info *info, struct ms_err *err);

/* Takes the next messages of a stage out of the queue into a task. */
void folder_cut_task(
    struct run *r, struct folder *f, enum ms_stage stage, struct task *t);

#endif
