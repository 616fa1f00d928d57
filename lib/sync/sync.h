/*
 * sync.h - compares a mailbox with the archive: which messages are known, must
 * be looked at, are fetched, are left out or were moved. ms-fetch(1), What is
 * already there. No I/O besides the archive: the caller surveys the folder,
 * asks for what the queues of the mailbox state hold, passes on the answers and
 * carries out the decisions. Layer: above archive-lookup, query.
 */
#ifndef MS_SYNC_H
#define MS_SYNC_H
#include "archive-lookup.h"
#include "choose.h"

/* What the user has asked for. */
struct ms_sync_rules {
	const struct ms_choice *choice;
	bool search_is_exact; /* a message that meets the SEARCH is chosen */
	bool delete_archived; /* delete at the source; fetch nothing */
	bool force_short;     /* delete messages with a short body, too */
	bool has_archived_before;
	int64_t archived_before; /* delete only messages archived before */
};

/* ---- a survey ---- */

/* What becomes of the messages of a folder; {0} is empty. The messages that
 * are neither known nor left out are in the queues of the mailbox state. */
#define MS_SYNC_REASONS                                                        \
	4 /* why a plan leaves messages out; one more, empty                   \
	   */
struct ms_sync_plan {
	uint64_t seen; /* messages that the survey found, or found again */
	uint64_t known;
	struct ms_left_out {
		const char *reason; /* a constant; NULL after the last one */
		struct ms_uid_list uids;
	} left_out[MS_SYNC_REASONS];
	/* Left out because a person has removed them from the archive: the UID
	 * and the number of the change. */
	struct ms_sync_removed {
		uint32_t uid;
		uint64_t change;
	} * removed;
	size_t removed_count;
	/* The archive has them with a short body. Each is also known or left
	 * out, or waits in a queue. */
	struct ms_uid_list shorts;
	bool uids_reused; /* the server gives known UIDs to other messages */
	/* The archive knows the folder, but only under another UIDVALIDITY. */
	bool renumbered;
};
void ms_sync_plan_release(struct ms_sync_plan *plan);

/*
 * Plans a folder whose survey is complete.
 * Returns 1 if the places are not yet certain to be those of the archive:
 * m->probing messages are asked for, by the queues, before the folder is
 * planned (probe.h). Returns 0 if the folder is planned, or -1.
 */
int ms_sync_surveyed(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, struct ms_sync_plan *plan, struct ms_err *err);
/* One of these messages is answered: info describes it, or is NULL if the
 * server does not say what it is. Returns as ms_sync_surveyed(). */
int ms_sync_probed(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, uint32_t uid, const struct ms_msg_info *info,
    struct ms_sync_plan *plan, struct ms_err *err);

/* ---- a message ---- */

enum ms_sync_action {
	MS_SYNC_FETCH,      /* it was added to the queue */
	MS_SYNC_DELETE,     /* the same */
	MS_SYNC_LEFT_OUT,   /* for this reason */
	MS_SYNC_FAILED,     /* for this reason */
	MS_SYNC_REFERENCE,  /* the archive has it: id */
	MS_SYNC_MAYBE_MOVED /* the archive has it in another folder: to be
			       added to the pending moves */
};
struct ms_sync_decision {
	enum ms_sync_action action;
	struct ms_err reason;         /* LEFT_OUT, FAILED: its msg */
	unsigned char id[MS_SHA_LEN]; /* REFERENCE, MAYBE_MOVED */
	uint64_t message;             /* the same: number of its MESSAGE */
};

/* Must the stage MS_STAGE_LOOK ask for headers? Attributes are cheaper. */
bool ms_sync_needs_heads(
    const struct ms_sync_rules *rules, struct ms_lookup *l);
/* Decides about a message whose place is not known. Returns 0 or -1. */
int ms_sync_message(const struct ms_sync_rules *rules, struct ms_lookup *l,
    struct ms_mailbox_state *m, const struct ms_msg_info *info,
    struct ms_sync_decision *out, struct ms_err *err);
/* What ms_choose() says about a message; *why as there. */
enum ms_chosen ms_sync_choose(const struct ms_choice *choice,
    const struct ms_msg_info *info, const char **why);

/* ---- pending moves ---- */

/* Recognised messages that may have come from another folder. Where each came
 * from is certain only when all folders were surveyed. {0} is empty. */
struct ms_pending_moves {
	struct ms_buf moves; /* struct ms_pending_move */
	size_t next;
};
struct ms_pending_move {
	void *folder; /* the caller's */
	uint32_t uid, has;
	int64_t date;
	char *flags;
	unsigned char id[MS_SHA_LEN];
	uint64_t message; /* number of its MESSAGE */
	const char *from; /* the folder it has left, or NULL; the lookup's */
};

/* Adds a message for which the decision is MS_SYNC_MAYBE_MOVED. */
void ms_pending_moves_add(struct ms_pending_moves *p, void *folder,
    const struct ms_msg_info *info, const struct ms_sync_decision *decision);
/*
 * The next message, with `from`; it is valid until the list is released.
 * content, n: as for ms_lookup_moved_from(). Returns 1, 0 at the end, or -1.
 */
int ms_pending_moves_next(struct ms_pending_moves *p, struct ms_lookup *l,
    const struct ms_folder_content *content, size_t n,
    const struct ms_pending_move **out, struct ms_err *err);
/* Empties the list. */
void ms_pending_moves_release(struct ms_pending_moves *p);

#endif
