/*
 * fetch-options.h - the options of ms-fetch(1), for ms-fetch itself and for the
 * tools that run ms-fetch: ms-csvbatch and ms-profile pass options on, and
 * check them before they do. One table, so that no two lists can differ.
 */
#ifndef FETCH_OPTIONS_H
#define FETCH_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

#include "auth.h"
#include "choose.h"
#include "folders.h"
#include "opt.h"
#include "report.h"
#include "url.h"

#define FETCH_CONNECTIONS_MAX 32

/* The tool or the run that an option concerns: ms_option.class. */
enum fetch_class {
	FETCH_RUN,     /* one run: archive, user, report, what is done */
	FETCH_SECRET,  /* the password */
	FETCH_MAILBOX, /* one mailbox: who logs in, whose mailbox it is */
	FETCH_MASTER,  /* a login for many mailboxes */
	FETCH_SERVER,  /* the connection */
	FETCH_CHOICE,  /* which folders and messages are fetched or deleted */
	FETCH_FETCH,   /* only for a run that fetches */
	FETCH_DELETE   /* only for a run that deletes */
};

enum fetch_job {
	FETCH_JOB_FETCH,
	FETCH_JOB_CHECK,
	FETCH_JOB_LIST_FOLDERS,
	FETCH_JOB_DELETE
};

struct fetch_options {
	struct ms_url url;
	const char *archive, *user;
	struct ms_report_options report;
	bool no_archive;
	bool archive_implied; /* by the environment or by ms-config(5) */
	enum fetch_job job;
	bool dry_run;

	/* Login. */
	const char *login, *authzid, *master;
	const char *separator; /* between login and master */
	enum ms_mech mech;
	const char *password_file, *password_command, *token_command;
	int password_fd;      /* -1: none */
	int token_command_fd; /* -1: none */
	char *login_name;     /* sent to the server; owned */
	const char *identity; /* the owner of the mailbox */

	/* Connection. */
	const char *connect_to, *ca_file;
	struct ms_opt_list pins;
	bool accept_any, plaintext;
	bool no_id;                 /* do not send ID */
	bool read_only;             /* never use SELECT to read */
	unsigned timeout, max_time; /* seconds; max_time 0: no limit */
	unsigned connections;
	unsigned retries;             /* after consecutive failures */
	uint64_t max_rate, max_bytes; /* bytes a second, bytes; 0: no limit */

	/* Folders and messages. */
	struct ms_opt_list include, exclude; /* for folders */
	struct ms_folders_options folders;
	struct ms_choice choice;
	bool no_auto_move;
	bool allow_empty;
	bool has_archived_before;
	int64_t archived_before;
	bool force_short;

	bool follow;
	unsigned poll; /* seconds */

	struct ms_buf texts; /* char *: values of an account; owned */
};

/* The members belong to struct fetch_options. */
extern const struct ms_option fetch_table[];

/* Sets the defaults. */
void fetch_options_init(struct fetch_options *opt);
/*
 * Checks the options together with the URL and sets url, login_name, identity
 * and the patterns of folders. -1: MS_USAGE.
 */
int fetch_options_check(
    struct fetch_options *opt, const char *url, struct ms_err *err);
/*
 * Uses the archive of the environment or of ms-config(5) if no option names
 * one. -1: the errors of ms_config_value(), and MS_USAGE: the standard output
 * is a terminal; or it is a file, whose reader would not know what is left out.
 */
int fetch_options_archive(struct fetch_options *opt, struct ms_err *err);
/* Reads token_command from its descriptor, if one is given. MS_USAGE, MS_IO. */
int fetch_options_token_command(struct fetch_options *opt, struct ms_err *err);
void fetch_options_release(struct fetch_options *opt);
/*
 * Sets what the section [account name] of ms-config(5) has, except what was
 * given on the command line.
 *   options  reads the options of opt, with fetch_table
 *   url      receives the URL, to be freed
 * Errors: MS_USAGE, there is no such account, or it has no URL, or a key of it
 * is wrong; those of ms_config_account().
 */
int fetch_options_account(struct ms_opt_state *options, const char *name,
    char **url, struct ms_err *err);
/* Whether this option describes a mailbox, and not one run. Such options may
 * stand in profiles and in ms-config(5). */
bool fetch_option_is_stored(const struct ms_option *o);

#endif
