/*
 * run-impl.h - the state of a run, shared by the files of ms-ingest only.
 */
#ifndef INGEST_RUN_IMPL_H
#define INGEST_RUN_IMPL_H
#include <pthread.h>

#include "archive-writer.h"
#include "dry-run.h"
#include "ingest.h"
#include "report.h"
#include "run.h"

/* What has become of a message that was assigned: so far, until its last
 * deposit. */
struct result {
	bool failed, new, known;
};

struct lmtp_run;
struct resume;

/* One run. Results arrive on another thread; `lock` protects the report and the
 * counts. */
struct run {
	const struct ingest_options *opt;
	const char *user;          /* of messages whose envelope has no user */
	struct assigner *assigner; /* --assign; else NULL */
	struct owner *owner;       /* --user-from-folder; else NULL */
	bool untrusted;            /* --untrusted, or implied by --as */
	struct ms_archive *archive;
	struct ms_ingest *ingest;
	struct ms_mapi_reader *outlook;  /* NULL: --lmtp */
	struct ms_container *containers; /* NULL: --lmtp */
	struct ms_report *report;
	struct resume *resume;   /* or NULL */
	struct dry_run *dry;     /* -n: what would be added; else NULL */
	struct ms_dest dry_dest; /* of the current message */
	/* --lmtp: takes note of each result; else NULL. */
	void (*note_result)(struct lmtp_run *l, const struct ms_deposit *d);
	struct lmtp_run *lmtp;
	uint64_t received; /* messages by LMTP */
	/* The recipients that the session of the current message has named. */
	struct ms_parties session;
	const char *return_path; /* its MAIL FROM; NULL: there is no session */
	/* The user of --as may not give the current message to all. */
	bool forbidden;
	pthread_mutex_t lock;
	struct receipt *receipt; /* of the current message; receipt.h */
	struct result result;    /* of the message of the last deposit */
	uint64_t failed;         /* messages and inputs */
	unsigned opened;         /* inputs that had a message, or no failure */
	uint64_t missing;        /* failures because there is nothing to read */
	unsigned unreadable;     /* Outlook files that gave nothing */
	uint64_t left_out;       /* items of them that are no mail */
	uint64_t source_missing; /* messages whose old folder is unknown */
	uint64_t remarks;        /* of sources */
	uint64_t client_deleted; /* messages that their client has deleted */
	uint64_t incomplete;     /* messages that were added, and lack parts */
	uint64_t reports;        /* journal reports that counted */
	bool cut;                /* a stream had no trailer */
	bool stopped;            /* a signal ended the run before its input */
	int stream_status;       /* the highest status of the trailers */
	int stdout_errno;        /* of the first id that could not be printed */
};

/* ---- pipeline.c ---- */

/* Opens r->ingest. */
void run_open_pipeline(struct run *r);

/* ---- lmtp.c ---- */

/* Receives messages until the session on standard input, or the process, is to
 * end. -1: MS_USAGE, a socket does not listen; MS_IO. */
int lmtp_run(struct run *r, struct ms_err *err);

/* ---- result.c ---- */

/* d: NULL, the message has no folder yet. */
void run_add_failed(
    struct run *r, const struct ms_dest *d, const char *where, const char *why);
/* A message that the source says is to be left out, or lacks something. */
void run_add_left_out(struct run *r, const struct ms_arrival *m);
void run_add_fault(struct run *r, const char *where, const char *fault);
/* ms_source_options.remark */
void run_add_remark(void *ctx, const char *where, const char *text);
/* ms_source_options.pst_folder */
void run_add_pst_folder(
    void *ctx, const char *file, const struct ms_mapi_folder *folder);
/* ms_result_fn */
void run_handle_result(
    void *ctx, const struct ms_deposit *d, struct ms_slice where);
/* For ms_archive_report_damage(): a damaged block was found on the way; what
 * depends on it is stored again. */
void run_found_damage(void *ctx, const char *what);

/* ---- feed.c ---- */

/* A message did not arrive whole. After a signal, this is not a failure: the
 * message comes again when the command is repeated. */
void run_message_failed(struct run *r, const struct ms_dest *d,
    const char *where, const struct ms_err *why);
/*
 * Adds the bytes of a message that was begun and ends it: those that were
 * read, and then what src has (NULL: nothing more). -1: the archive cannot be
 * written.
 */
int run_feed(struct run *r, struct ms_source *src, struct ms_slice read,
    const struct ms_dest *d, const char *where, uint64_t *whole,
    struct ms_err *err);
/* With -n: counts a message with the same bytes, in r->dry_dest. */
int run_count_message(struct run *r, struct ms_source *src,
    struct ms_slice read, const char *where, uint64_t *whole,
    struct ms_err *err);
/* The same for a message that is known. */
int run_count_known(struct run *r, const char *where, uint64_t *whole);
/* The same for a reference. */
int run_count_reference(struct run *r, const unsigned char id[MS_SHA_LEN],
    const char *where, uint64_t *whole, struct ms_err *err);

/* ---- message.c ---- */

/* The text of an untrusted stream says where a message is shown, but not whose
 * it is, or where it comes from. */
void run_distrust(struct ms_envelope *env);
/*
 * Adds a message. A message that fails is reported; *whole counts the messages
 * that arrived whole. -1: the archive cannot be written.
 */
int run_add_message(struct run *r, struct ms_source *src,
    const struct ms_arrival *m, uint64_t *whole, struct ms_err *err);
/* Names become parts of events, which are UTF-8 (ms-archive(5), EVENT). */
bool run_name_ok(const char *s, size_t max);

#endif
