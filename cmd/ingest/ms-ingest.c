/* ms-ingest.c - puts messages into an archive. The manual is ms-ingest(1). */
#include <stdio.h>

#include "run.h"
#include "opt.h"
#include "pool.h"

#define THREADS_MAX 64

#define IN(member) MS_OPT_IN(struct ingest_options, member)
static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"add to this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, IN(user), "user",
	"add to the mail of this user (default: $MS_USER or the login name)"},
    {0, "create-user", MS_OPT_FLAG, IN(create_user),
	.help = "create users that the archive does not have"},
    {'d', "into", MS_OPT_STRING, IN(source.into), "folder",
	"add to this folder, or below it if the input has folders"},
    {0, "label", MS_OPT_STRING, IN(label), "name",
	"set the label of the source"},
    /* The formats are in the order of enum ms_format. */
    {0, "format", MS_OPT_CHOICE, IN(source.format),
	"auto | stream | mbox | eml | maildir", "format of the input"},
    {0, "unquote", MS_OPT_FLAG, IN(source.unquote),
	.help = "remove one > from lines of an mbox that begin with >From"},
    {0, "threads", MS_OPT_NUMBER, IN(threads), "n",
	"number of threads that compress", .min = 1, .max = THREADS_MAX},
    {0, "print-ids", MS_OPT_FLAG, IN(print_ids),
	.help = "print the id of each message when it is durable"},
    {0, "report", MS_OPT_STRING, IN(report), "file",
	"write a report in JSON Lines to this file (ms-json(5))"},
    {'q', "quiet", MS_OPT_FLAG, IN(quiet), .help = "print nothing but errors"},
    MS_OPT_COMMON,
};

static int
run(const struct ms_args *args)
{
	/* An id is printed at once, because a reader relies on it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return ingest_run(args->values, args->v);
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[file | directory ...]",
    .most = MS_OPT_ANY,
    .run = run,
};

int
main(int argc, char *argv[])
{
	struct ingest_options opt = {.threads = ms_pool_default_threads()};

	return ms_command_main(&tool, &opt, argc, argv);
}
