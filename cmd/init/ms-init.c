/* ms-init - make a mail archive. See ms-init(1). */
#include <stdio.h>
#include <sysexits.h>

#include "archive.h"
#include "opt.h"
#include "report.h"

#define TOOL "ms-init"

static const char usage[] = "usage: " TOOL " [-u user] directory\n";

static const struct option longopts[] = {
    {"user", required_argument, NULL, 'u'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

int
main(int argc, char *argv[])
{
	const char *user = NULL;
	struct ms_err err = {0};
	int c;

	while ((c = ms_getopt(argc, argv, "u:hV", longopts)) != -1) {
		switch (c) {
		case 'u':
			user = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts(TOOL " " MS_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (ms_archive_init(argv[optind], ms_opt_user(user, NULL), &err) < 0) {
		ms_warn(TOOL, "%s", err.msg);
		return ms_status(err.code);
	}
	return 0;
}
