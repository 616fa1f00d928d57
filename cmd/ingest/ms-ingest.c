/* ms-ingest.c - puts messages into an archive. The manual is ms-ingest(1). */
#include <stdio.h>

#include "actor.h"
#include "item.h"
#include "message-hasher.h"
#include "run.h"
#include "opt.h"
#include "pool.h"
#include "nearest.h"

#define THREADS_MAX 64
#define LIST_MAX 1000
#define HOP_MAX 100
#define LMTP_CONNECTIONS 100
#define LMTP_TIMEOUT 300 /* seconds; RFC 5321, 4.5.3.2.7 */

#define IN(member) MS_OPT_IN(struct ingest_options, member)
static int
set_client(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct ingest_options *opt = values;
	struct ms_hint hint;

	(void)o;
	if (ms_client_parse(value, &opt->source.client))
		return 0;
	return ms_fail(err, MS_USAGE, "unknown mail client '%.40s'%s", value,
	    ms_hint(value, MS_CLIENT_LIST, &hint));
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"add to this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, IN(user), "user",
	"owner of the mail (default: $MS_USER or login name)",
	.as = MS_AS_TEXT},
    {0, "create-user", MS_OPT_FLAG, IN(create_user),
	.help = "create users that the archive does not have", .as = MS_AS_OWN},
    {0, "untrusted", MS_OPT_FLAG, IN(untrusted),
	.help = "believe no user, source, place or move of a stream"},
    {'d', "into", MS_OPT_STRING, IN(source.into), "folder",
	"add to this folder, or below it if it has folders", .as = MS_AS_TEXT},
    {0, "label", MS_OPT_STRING, IN(label), "name",
	"set the label of the source", .as = MS_AS_TEXT},
    /* The formats are in the order of enum ms_format. */
    {0, "format", MS_OPT_CHOICE, IN(source.format),
	"auto | stream | mbox | eml | maildir",
	"format of the input (default: auto)"},
    {0, "unquote", MS_OPT_FLAG, IN(source.unquote),
	.help = "remove one > from lines that begin with >From"},
    {0, "codepage", MS_OPT_NUMBER, IN(source.codepage), "number",
	"code page of Outlook files that do not say it", .min = 1,
	.max = 65535},
    {0, "mail-only", MS_OPT_FLAG, IN(source.mail_only),
	.help = "leave out items of Outlook that are not mail"},
    {0, "recover", MS_OPT_FLAG, IN(source.recover),
	.help = "add the deleted items of PST files, too"},
    {0, "client", MS_OPT_CALL, .value = "client",
	.help = "read the store of this mail client (ms-quirks(7))",
	.call = set_client, .as = MS_AS_OWN},
    {0, "with-deleted", MS_OPT_FLAG, IN(source.with_deleted),
	.help = "add what the client has deleted, too"},
    {0, "user-from-folder", MS_OPT_FLAG, IN(assign.by_folder),
	.help = "the first level of each folder names its user",
	.as = MS_AS_OWN},
    {0, "threads", MS_OPT_NUMBER, IN(threads), "n",
	"number of threads that compress", .min = 1, .max = THREADS_MAX},
    {0, "print-ids", MS_OPT_FLAG, IN(print_ids),
	.help = "print the id of each message when it is durable", .group = 1},
    {'n', "dry-run", MS_OPT_FLAG, IN(dry_run),
	.help = "write nothing, and print what would be new", .group = 1},
    {0, "restore-removed", MS_OPT_FLAG, IN(restore_removed),
	.help = "bring messages back that were removed by hand",
	.as = MS_AS_OWN},
    {0, "to-stream", MS_OPT_FLAG, IN(to_stream),
	.help = "write a message stream, and use no archive", .group = 1,
	.as = MS_AS_OWN},
    {0, "list-clients", MS_OPT_FLAG, IN(list_clients),
	.help = "print the mail clients' stores in a home directory",
	.group = 1, .as = MS_AS_OWN},
    {0, "assign", MS_OPT_FLAG, IN(assign.on),
	.help = "give each message to the users of its addresses",
	.heading = "Assignment"},
    {0, "envelope-header", MS_OPT_LIST, IN(assign.envelope), "name,...",
	"fields of the own mail server that count", .max = LIST_MAX,
	.as = MS_AS_TEXT},
    {0, "trusted-hop", MS_OPT_NUMBER, IN(assign.trusted_hop), "n",
	"they count above the nth Received (default: 1)", .min = 1,
	.max = HOP_MAX},
    {0, "own-address", MS_OPT_LIST, IN(assign.own), "address,...",
	"addresses that belong to no user", .max = LIST_MAX, .as = MS_AS_TEXT},
    {0, "sent-folder", MS_OPT_STRING, IN(assign.sent), "pattern",
	"folder of sent mail (default: {address}/Sent Items)",
	.as = MS_AS_TEXT},
    {0, "received-folder", MS_OPT_STRING, IN(assign.received), "pattern",
	"folder of received mail (default: {address}/Inbox)", .as = MS_AS_TEXT},
    {0, "unknown", MS_OPT_STRING, IN(assign.unknown), "catchall | leave | user",
	"who gets mail for unknown addresses", .as = MS_AS_TEXT},
    {0, "journal", MS_OPT_FLAG, IN(assign.journal),
	.help = "this mailbox gets nothing but journal reports"},
    {0, "journal-sender", MS_OPT_LIST, IN(assign.journal_senders),
	"address,...", "journal reports of this sender count", .max = LIST_MAX,
	.as = MS_AS_TEXT},
    {0, "keep-reports", MS_OPT_FLAG, IN(assign.keep_reports),
	.help = "archive journal reports, too"},
    {0, "json", MS_OPT_FLAG, IN(assign.json),
	.help = "print JSON Lines (ms-json(5))"},
    {0, "lmtp", MS_OPT_FLAG, IN(lmtp),
	.help = "receive mail from a mail server, and assign it",
	.heading = "LMTP", .group = 1},
    {0, "connections", MS_OPT_NUMBER, IN(connections), "n",
	"sessions at a time (default: 100)", .min = 1, .max = 1000},
    {0, "timeout", MS_OPT_NUMBER, IN(timeout), "seconds",
	"end a session that is idle (default: 300)", .min = 1, .max = 86400},
    {0, "max-size", MS_OPT_SIZE, IN(size_max), "bytes",
	"refuse larger messages (default: 2G)", .max = MS_MESSAGE_MAX},
    MS_OPT_REPORT_ROWS(struct ingest_options, report, 0),
    MS_OPT_PROGRESS_ROW(struct ingest_options, report, 0),
    MS_OPT_VERBOSE_ROW(
	struct ingest_options, report, 0, "print the sums of each folder, too"),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

/* With --lmtp, the inputs are sessions. */
static int
check_lmtp(struct ingest_options *opt, int operands, struct ms_err *err)
{
	if (!opt->lmtp) {
		if (opt->connections == 0 && opt->timeout == 0 &&
		    opt->size_max == 0)
			return 0;
		return ms_fail(err, MS_USAGE,
		    "--connections, --timeout and --max-size need --lmtp");
	}
	if (operands > 0)
		return ms_fail(err, MS_USAGE, "--lmtp reads no files");
	opt->assign.on = true;
	if (opt->connections == 0)
		opt->connections = LMTP_CONNECTIONS;
	if (opt->timeout == 0)
		opt->timeout = LMTP_TIMEOUT;
	if (opt->size_max == 0)
		opt->size_max = MS_MESSAGE_MAX;
	return 0;
}

/* What does not fit to a run without an archive, or is not useful. */
static int
check_clients(
    const struct ingest_options *opt, int operands, struct ms_err *err)
{
	if (opt->source.with_deleted && opt->source.client == MS_CLIENT_NONE)
		return ms_fail(err, MS_USAGE, "--with-deleted needs --client");
	if (opt->list_clients && operands > 1)
		return ms_fail(
		    err, MS_USAGE, "--list-clients takes one directory");
	if (opt->to_stream && opt->assign.on)
		return ms_fail(err, MS_USAGE,
		    "--to-stream cannot assign; the ms-ingest that reads the "
		    "stream can");
	return 0;
}

/* What says otherwise whose the mail is, or does not ask. */
static int
check_by_folder(const struct ingest_options *opt, struct ms_err *err)
{
	const char *other = opt->assign.on      ? "--assign and --lmtp"
			    : opt->user != NULL ? "-u"
			    : opt->to_stream    ? "--to-stream"
						: NULL;

	if (!opt->assign.by_folder || other == NULL)
		return 0;
	return ms_fail(err, MS_USAGE,
	    "--user-from-folder cannot be combined with %s", other);
}

static int
check_json(const struct ingest_options *opt, struct ms_err *err)
{
	return opt->assign.json && opt->assign.on && !opt->dry_run
		   ? ms_fail(err, MS_USAGE, "--json needs --dry-run")
		   : 0;
}

static int
check_codepage(const struct ingest_options *opt, struct ms_err *err)
{
	uint64_t n = opt->source.codepage;

	if (n == 0 || ms_mapi_charset((unsigned)n) != NULL)
		return 0;
	return ms_fail_option(err, "codepage", "%llu is not a known code page",
	    (unsigned long long)n);
}

static int
run(const struct ms_args *args)
{
	const struct ingest_options *opt = args->values;
	struct ms_err err = {0};

	if (check_lmtp(args->values, args->count, &err) < 0 ||
	    check_json(opt, &err) < 0 || check_codepage(opt, &err) < 0 ||
	    check_clients(opt, args->count, &err) < 0 ||
	    check_by_folder(opt, &err) < 0)
		return ms_warn_err(TOOL, &err);
	if (opt->list_clients)
		return ingest_list_clients(opt, args->v[0]);
	if (opt->to_stream)
		return ingest_to_stream(opt, args->v);
	/* An id is printed at once, because a reader relies on it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return ingest_run(args->values, args->v);
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[file | directory ...]",
    .most = MS_OPT_ANY,
    .about = "Adds messages from files or standard input to an archive",
    .run = run,
    .as = MS_AS_ANY | MS_PRIVILEGE_ARCHIVE,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct ingest_options opt = {.threads = ms_pool_default_threads()};
	int status = ms_command_main(&tool, &opt, argc, argv);

	assigner_options_release(&opt.assign);
	return status;
}
