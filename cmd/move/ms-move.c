/* ms-move.c - shows messages in another folder, or folders under another name.
 * The manual is ms-move(1). */
#include <stddef.h>

#include "index.h"
#include "actor.h"
#include "opt.h"
#include "view-tool.h"

#define TOOL "ms-move"

/* Sets err to what is wrong with the operands. 0, -1. */
static int
check(const struct view_options *opt, int count, struct ms_err *err)
{
	bool other = opt->log || opt->undo != 0;

	if (other && (count > 0 || opt->folder != NULL || opt->user != NULL))
		return ms_fail(err, MS_USAGE,
		    "only --undo or --log, or messages to be moved");
	if (other)
		return 0;
	if (opt->rename && count != 2)
		return ms_fail(err, MS_USAGE,
		    "--rename-folder needs the name of a folder and the new "
		    "name");
	if (opt->rename)
		return 0;
	if (opt->folder == NULL)
		return ms_fail(err, MS_USAGE, "say where to, with --to");
	/* An empty query would mean everything. */
	return count > 0
		   ? 0
		   : ms_fail(err, MS_USAGE, "say which messages, with a query");
}

static int
run(const struct ms_args *args)
{
	const struct view_options *opt = args->values;
	struct view_tool t = {.name = TOOL,
	    .kinds = 1 << MS_VIEW_MOVE | 1 << MS_VIEW_RENAME,
	    .verb = "move",
	    .done = "moved",
	    .back = "moved back",
	    .objects = "message",
	    .change = {.kind = MS_VIEW_MOVE, .folder = opt->folder},
	    .opt = opt};
	struct ms_err err = {0};

	if (check(opt, args->count, &err) < 0)
		return ms_command_misused(args, &err);
	if (opt->rename) {
		t.done = "renamed";
		t.objects = "folder";
		t.change.kind = MS_VIEW_RENAME;
		t.change.from = args->v[0];
		t.change.folder = args->v[1];
	}
	return view_tool_run(&t, args);
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, VIEW_IN(archive), "archive",
	"the archive (default: $MS_ARCHIVE)"},
    {0, "to", MS_OPT_STRING, VIEW_IN(folder), "folder",
	"show the messages in this folder", .group = 2, .as = MS_AS_TEXT},
    {0, "rename-folder", MS_OPT_FLAG, VIEW_IN(rename),
	.help = "show a folder, and those below it, under a new name",
	.group = 2},
    {'u', "user", MS_OPT_STRING, VIEW_IN(user), "user",
	"of the folder (default: the user of the messages)", .as = MS_AS_TEXT},
    VIEW_OPTIONS("move", "moved"),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "query ... | folder name",
    .most = MS_OPT_ANY,
    .about = "Shows messages in another folder; --undo moves them back",
    .see = "The query language is explained in ms-query(7). Places at the "
	   "source do not\n"
	   "change, so that mail is not fetched again.",
    .run = run,
    .as = MS_AS_ANY | MS_PRIVILEGE_MOVE,
    .no_files = true,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct view_options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
