/* ms-profile - saved jobs: defined, run, scheduled. See ms-profile(1). */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common.h"

const char profile_usage[] =
    "usage: " TOOL " [-hV] [-a archive] [--as user] verb [argument ...]\n"
    "       " TOOL " add [--owner user] [-f file | --key value ...] name\n"
    "       " TOOL " edit [--owner user] [-f file] name\n"
    "       " TOOL " show name\n"
    "       " TOOL " list [--json]\n"
    "       " TOOL " delete name ...\n"
    "       " TOOL " rename name new-name\n"
    "       " TOOL " enable name ...\n"
    "       " TOOL " disable name ...\n"
    "       " TOOL " check name ...\n"
    "       " TOOL " run [-qv] [--follow | --scheduled] [--report file]\n"
    "                  name ...\n"
    "       " TOOL " stop name ...\n"
    "       " TOOL " status [--json] [name ...]\n"
    "       " TOOL " log [--json] [--failed-only] [--mailboxes]\n"
    "                  [--since date] [name ...]\n"
    "       " TOOL " secret [--owner user] [--remove |\n"
    "                  --password-file file | --password-fd number] name\n"
    "       " TOOL " crontab [name ...]\n"
    "       " TOOL " timer [-o directory] [name ...]\n";

static const struct {
	const char *name;
	verb_fn *run;
} verbs[] = {
    {"add", verb_add},
    {"edit", verb_edit},
    {"show", verb_show},
    {"list", verb_list},
    {"delete", verb_delete},
    {"rename", verb_rename},
    {"enable", verb_enable},
    {"disable", verb_disable},
    {"check", verb_check},
    {"run", verb_run},
    {"stop", verb_stop},
    {"status", verb_status},
    {"log", verb_log},
    {"secret", verb_secret},
    {"crontab", verb_crontab},
    {"timer", verb_timer},
};

enum {
	OPT_AS = MS_OPT_LONG
};

static const struct option longs[] = {
    {"archive", required_argument, NULL, 'a'},
    {"as", required_argument, NULL, OPT_AS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int
run_verb(struct tool *t, int argc, char *argv[])
{
	struct ms_err err = {0};
	int status;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[0], verbs[i].name) != 0)
			continue;
		status = verbs[i].run(t, argc, argv);
		if (ms_close_stdout(&err) < 0) {
			ms_warn(TOOL, "%s", err.msg);
			return ms_status(err.code);
		}
		return status;
	}
	ms_warn(TOOL, "there is no verb '%s'", argv[0]);
	return tool_misused();
}

int
main(int argc, char *argv[])
{
	struct tool t = {0};
	int c;

	while ((c = ms_getopt(argc, argv, "a:hV", longs)) != -1)
		switch (c) {
		case 'a':
			t.given = optarg;
			break;
		case OPT_AS:
			t.as = optarg;
			break;
		case 'h':
			fputs(profile_usage, stdout);
			return 0;
		case 'V':
			puts(TOOL " " MS_VERSION);
			return 0;
		default:
			return tool_misused();
		}
	if (optind == argc) {
		ms_warn(TOOL, "no verb");
		return tool_misused();
	}
	return run_verb(&t, argc - optind, argv + optind);
}
