/* ms-init.c - creates a mail archive. The manual is ms-init(1). */
#include "archive.h"
#include "opt.h"
#include "report.h"

#define TOOL "ms-init"

struct options {
	const char *user;
};

static const struct ms_option options[] = {
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"create this user (default: $MS_USER or the login name)"},
    MS_OPT_COMMON,
};

static int
run(const struct ms_args *args)
{
	const struct options *opt = args->values;
	struct ms_err err = {0};

	if (ms_archive_init(args->v[0], ms_opt_user(opt->user, NULL), &err) < 0)
		return ms_warn_err(TOOL, &err);
	return 0;
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "directory",
    .least = 1,
    .most = 1,
    .run = run,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
