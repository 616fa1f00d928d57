/* ms-remove.c - takes messages out of view, and brings them back. The manual is
 * ms-remove(1). */
#include <stddef.h>

#include "index.h"
#include "actor.h"
#include "opt.h"
#include "view-tool.h"

#define TOOL "ms-remove"

static int
run(const struct ms_args *args)
{
	const struct view_options *opt = args->values;
	bool other = opt->log || opt->undo != 0;
	struct view_tool t = {.name = TOOL,
	    .kinds = 1 << MS_VIEW_REMOVE | 1 << MS_VIEW_RESTORE,
	    .verb = "remove",
	    .done = "removed from view",
	    .back = "brought back into view",
	    .objects = "message",
	    .change.kind = MS_VIEW_REMOVE,
	    .opt = opt};
	struct ms_err err = {0};

	/* An empty query would mean everything. */
	if (other != (args->count == 0)) {
		ms_fail(&err, MS_USAGE,
		    other ? "a query is not for --undo and --log"
			  : "say which messages, with a query");
		return ms_command_misused(args, &err);
	}
	return view_tool_run(&t, args);
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, VIEW_IN(archive), "archive",
	"the archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, VIEW_IN(user), "user",
	"remove only messages of this user", .as = MS_AS_TEXT},
    VIEW_OPTIONS("remove", "removed"),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "query ...",
    .most = MS_OPT_ANY,
    .about = "Takes messages out of view; --undo brings them back",
    .see = "The query language is explained in ms-query(7). Nothing leaves the "
	   "archive.",
    .run = run,
    .as = MS_AS_ANY | MS_PRIVILEGE_DELETE,
    .no_files = true,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct view_options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
