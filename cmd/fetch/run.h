/*
 * run.h - what the parts of ms-fetch share about the run. One run reads one
 * account.
 */
#ifndef FETCH_RUN_H
#define FETCH_RUN_H
#include "backoff.h"
#include "expunge.h"
#include "fetch.h"
#include "sync.h"

struct folder;
struct output;
struct worker_pool;

struct run {
	const struct fetch_options *opt;
	struct ms_report *report;
	struct ms_trailer *trailer;
	struct worker_pool *pool;
	struct output *output;
	const char *user, *source;

	struct ms_imap_folder *listed; /* every folder of the server */
	size_t listed_count, listed_cap;
	struct ms_folder_verdict *verdicts; /* on each of them */
	uint64_t counted;          /* messages of a folder that is not read */
	uint64_t counted_validity; /* its UIDVALIDITY */
	struct folder *folders;    /* those that are read */
	size_t folder_count;
	size_t next_survey; /* the first folder that can wait for a survey */
	unsigned capabilities;

	struct ms_buf remark;   /* the last one of a worker */
	struct ms_buf criteria; /* of SEARCH; empty: none */
	struct ms_sync_rules rules;
	struct ms_lookup *lookup;
	struct ms_expunge *expunge; /* NULL: this run does not delete */
	struct ms_pending_moves moves;

	struct ms_backoff backoff;
	int64_t pause_until_ms;   /* no request is sent before */
	int64_t deadline_ms;      /* --max-time; 0: none */
	enum ms_code damage;      /* the worst reason for a lost message */
	struct ms_err aborted;    /* why nothing more is asked; {0}: go on */
	uint64_t bytes, messages; /* received, to size the requests */
	int64_t shown_ms;         /* when the progress was shown */
	bool pipes; /* the next tool of the pipe shows the progress */
};

#endif
