/* ms-init.c - creates a mail archive. The manual is ms-init(1). */
#include <stdlib.h>

#include "actor.h"
#include "archive.h"
#include "config.h"
#include "opt.h"
#include "report.h"

#define TOOL "ms-init"

struct options {
	const char *user;
	bool make_default;
};

static const struct ms_option options[] = {
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"create this user (default: $MS_USER or login name)"},
    {0, "default", MS_OPT_FLAG, MS_OPT_IN(struct options, make_default),
	.help = "let the tools use this archive if -a is not given"},
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

/* An archive that exists already can be made the default. */
static int
check_archive(const char *dir, struct ms_err *err)
{
	struct ms_archive *a = NULL;
	struct ms_err why = {0};
	int rc = ms_archive_open(&a, dir, MS_ARCHIVE_READ, &why);

	ms_archive_close(a);
	if (rc < 0 && why.code != MS_NOINPUT)
		*err = why;
	return rc;
}

static int
set_default(const char *dir, struct ms_err *err)
{
	char *path = realpath(dir, NULL);
	int rc;

	if (path == NULL)
		return ms_fail_errno(err, "%s", dir);
	rc = ms_config_set_archive(path, err);
	free(path);
	return rc;
}

static int
run(const struct ms_args *args)
{
	const struct options *opt = args->values;
	const char *dir = args->v[0];
	struct ms_err err = {0};
	int rc = ms_archive_init(dir, ms_opt_user(opt->user, NULL), &err);

	if (rc < 0 && err.code == MS_EXISTS && opt->make_default)
		rc = check_archive(dir, &err);
	if (rc == 0 && opt->make_default)
		rc = set_default(dir, &err);
	return rc < 0 ? ms_warn_err(TOOL, &err) : 0;
}

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "directory",
    .least = 1,
    .most = 1,
    .about = "Creates an archive",
    .run = run,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
