/*
 * view-tool.h - what ms-remove(1) and ms-move(1) share: they choose occurrences
 * by a query, ask, record a change and print it, undo it, and list changes.
 */
#ifndef VIEW_TOOL_H
#define VIEW_TOOL_H
#include "opt.h"
#include "query.h"
#include "account.h"
#include "report.h"
#include "view-change.h"

struct view_options {
	const char *archive, *as, *reason;
	const char *user;   /* -u of ms-remove, or --user of ms-move */
	const char *folder; /* --to */
	bool rename;        /* --rename-folder */
	bool dry_run, force, yes, json, log;
	uint64_t undo; /* number of a change, or 0 */
	struct ms_report_options report;
};

/* The options that both tools have; `verb` is a word such as "remove". */
#define VIEW_IN(member) MS_OPT_IN(struct view_options, member)
/* clang-format off */
#define VIEW_OPTIONS(verb, done)                                               \
	{'n', "dry-run", MS_OPT_FLAG, VIEW_IN(dry_run),                        \
	    .help = "print what would be " done ", and change nothing"},       \
	{0, "reason", MS_OPT_STRING, VIEW_IN(reason), "text",                  \
	    "record this text with the change", .as = MS_AS_TEXT},                               \
	{0, "force", MS_OPT_FLAG, VIEW_IN(force),                              \
	    .help = verb " more than a tenth of the archive"},                 \
	{'y', "yes", MS_OPT_FLAG, VIEW_IN(yes),                                \
	    .help = "do not ask, also on a terminal"},                         \
	{0, "undo", MS_OPT_NUMBER, VIEW_IN(undo), "number",                    \
	    "undo this change", .min = 1, .max = INT64_MAX, .group = 1},       \
	{0, "log", MS_OPT_FLAG, VIEW_IN(log),                                  \
	    .help = "print the changes, the oldest first", .group = 1},        \
	MS_OPT_AS_ROW(VIEW_IN(as), ),                                          \
	MS_OPT_REPORT_ROWS(struct view_options, report, 0),                    \
	{0, "json", MS_OPT_FLAG, VIEW_IN(json),                                \
	    .help = "print JSON Lines (ms-json(5))"}
/* clang-format on */

/* A run of one of the tools. */
struct view_tool {
	const char *name;    /* "ms-remove" */
	unsigned kinds;      /* of its changes: bits, 1 << enum ms_view_kind */
	const char *verb;    /* "remove", for sentences */
	const char *done;    /* "removed from view" */
	const char *back;    /* what an undo does: "are back in view" */
	const char *objects; /* "message", or "folder" if they are renamed */
	const struct view_options *opt;
	struct ms_archive *archive;
	struct ms_account actor; /* of --as */
	struct ms_query *query;
	struct ms_view_change change;
	int several;         /* users have mail: a terminal shows whose it is */
	struct ms_buf items; /* struct ms_view_item: chosen */
	struct ms_buf moved; /* uint64_t: moved_to of others, ascending */
	struct ms_buf out;   /* for stdout */
	struct ms_report *report;
	uint64_t chosen;  /* messages that are in view */
	uint64_t changed; /* messages or folders; for the report */
	uint64_t failed;  /* messages and changes that could not be read */
	uint64_t total;   /* messages in view, as far as they were counted */
	bool some_failed;
};

/*
 * Runs a tool: t->change.kind and t->change.folder, .user and .from are set as
 * far as they are needed; the archive is not open yet. Returns the exit status.
 */
int view_tool_run(struct view_tool *t, const struct ms_args *args);

/* ---- view-choose.c ---- */

/* Chooses the occurrences of t->query or, for a folder that is renamed, counts
 * them. With -n, they are printed. 0, -1. */
int view_choose(struct view_tool *t, struct ms_err *err);
/* Counts the messages in view, until there are enough of them. 0, -1. */
int view_count(struct view_tool *t, struct ms_err *err);
int view_flush(struct view_tool *t, struct ms_err *err);

/* ---- view-log.c ---- */

/* Prints the changes of the tool. 0, -1. */
int view_log(struct view_tool *t, struct ms_err *err);

#endif
