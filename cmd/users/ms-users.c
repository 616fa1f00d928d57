/* ms-users - the users of an archive: who they are and what they may. See
 * ms-users(1). */
#include "users.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "opt.h"
#include "report.h"

static const char usage[] =
    "usage: " TOOL " [-hV] [-a archive] [--as user] verb ...\n"
    "       " TOOL " list [--json] [-z] [--deleted]\n"
    "       " TOOL " show [--json] user ...\n"
    "       " TOOL " add [--full-name text] [--address address]\n"
    "                [--pop3-name name] [--dn dn] [--privileges list]\n"
    "                [--authentication integrated | directory | none]\n"
    "                [--disabled] [--password-fd n | --password-file file]\n"
    "                user ...\n"
    "       " TOOL " set [--full-name text] [--address address]\n"
    "                [--pop3-name name] [--dn dn] [--privileges list]\n"
    "                [--authentication integrated | directory | none]\n"
    "                [--disabled | --enabled] user ...\n"
    "       " TOOL " rename user name\n"
    "       " TOOL " delete user ...\n"
    "       " TOOL " passwd [--password-fd n | --password-file file |\n"
    "                --remove] user\n"
    "       " TOOL " check [program [argument ...]]\n"
    "       " TOOL " addresses [--add | --remove | --primary] user\n"
    "                [address ...]\n"
    "       " TOOL " grant [--on user | --on-all] user word ...\n"
    "       " TOOL " revoke [--on user | --on-all] user word ...\n"
    "       " TOOL " settings [--json] [key=value ...]\n"
    "       " TOOL " log [--json] [--since date] [--last n] [user]\n"
    "       " TOOL " export [--format csv | json]\n"
    "       " TOOL " import [-n] [--format csv | json] [file]\n";

#define OPT(o) (MS_OPT_LONG + (o))
enum {
	OPT_AS = OPT(USERS_OPTIONS)
};

static const struct option longopts[] = {
    {"archive", required_argument, NULL, 'a'},
    {"as", required_argument, NULL, OPT_AS},
    {"full-name", required_argument, NULL, OPT(USERS_FULL_NAME)},
    {"address", required_argument, NULL, OPT(USERS_ADDRESS)},
    {"pop3-name", required_argument, NULL, OPT(USERS_POP3_NAME)},
    {"authentication", required_argument, NULL, OPT(USERS_AUTHENTICATION)},
    {"dn", required_argument, NULL, OPT(USERS_DN)},
    {"privileges", required_argument, NULL, OPT(USERS_PRIVILEGES)},
    {"disabled", no_argument, NULL, OPT(USERS_DISABLED)},
    {"enabled", no_argument, NULL, OPT(USERS_ENABLED)},
    {"password-fd", required_argument, NULL, OPT(USERS_PASSWORD_FD)},
    {"password-file", required_argument, NULL, OPT(USERS_PASSWORD_FILE)},
    {"remove", no_argument, NULL, OPT(USERS_REMOVE)},
    {"add", no_argument, NULL, OPT(USERS_ADD)},
    {"primary", no_argument, NULL, OPT(USERS_PRIMARY)},
    {"on", required_argument, NULL, OPT(USERS_ON)},
    {"on-all", no_argument, NULL, OPT(USERS_ON_ALL)},
    {"json", no_argument, NULL, OPT(USERS_JSON)},
    {"deleted", no_argument, NULL, OPT(USERS_DELETED)},
    {"since", required_argument, NULL, OPT(USERS_SINCE)},
    {"last", required_argument, NULL, OPT(USERS_LAST)},
    {"format", required_argument, NULL, OPT(USERS_FORMAT)},
    {"dry-run", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

#define B(o) USERS_BIT(USERS_##o)
#define OF_USER                                                                \
	(B(FULL_NAME) | B(ADDRESS) | B(POP3_NAME) | B(AUTHENTICATION) |        \
	    B(DN) | B(PRIVILEGES) | B(DISABLED))

enum {
	NEVER = -1,
	ALWAYS = INT_MAX
};
static const struct verb {
	const char *name;
	int (*run)(struct users *u);
	unsigned options;
	int least, most; /* arguments; most < 0: any number */
	int looks;       /* with so many it only looks */
} verbs[] = {
    {"list", users_list, B(JSON) | B(NUL) | B(DELETED), 0, 0, ALWAYS},
    {"show", users_show, B(JSON), 1, -1, ALWAYS},
    {"add", users_add, OF_USER | B(PASSWORD_FD) | B(PASSWORD_FILE), 1, -1,
	NEVER},
    {"set", users_set, OF_USER | B(ENABLED), 1, -1, NEVER},
    {"rename", users_rename, 0, 2, 2, NEVER},
    {"delete", users_delete, 0, 1, -1, NEVER},
    {"passwd", users_passwd, B(PASSWORD_FD) | B(PASSWORD_FILE) | B(REMOVE), 1,
	1, NEVER},
    {"check", users_check, 0, 0, -1, ALWAYS},
    {"addresses", users_addresses, B(ADD) | B(REMOVE) | B(PRIMARY), 1, -1, 1},
    {"grant", users_grant, B(ON) | B(ON_ALL), 2, -1, NEVER},
    {"revoke", users_revoke, B(ON) | B(ON_ALL), 2, -1, NEVER},
    {"settings", users_settings, B(JSON), 0, -1, 0},
    {"log", users_log, B(JSON) | B(SINCE) | B(LAST), 0, 1, ALWAYS},
    {"export", users_export, B(FORMAT), 0, 0, ALWAYS},
    {"import", users_import, B(FORMAT) | B(DRY_RUN), 0, 1, NEVER},
};

static int
bad_usage(const char *why)
{
	if (why != NULL)
		ms_warn(TOOL, "%s", why);
	fputs(usage, stderr);
	return EX_USAGE;
}

static const struct verb *
verb_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* ---- options ---- */

/* An empty one is none: the list is to be empty then. */
static void
add_text(struct ms_buf *list, const char *text)
{
	if (*text != '\0')
		ms_buf_add(list, text, strlen(text) + 1);
}

/* One with a value. */
static int
take_value(struct users_options *opt, enum users_option o, struct ms_err *err)
{
	switch (o) {
	case USERS_FULL_NAME:
		opt->full_name = optarg;
		return 0;
	case USERS_ADDRESS:
		add_text(&opt->addresses, optarg);
		return 0;
	case USERS_POP3_NAME:
		add_text(&opt->pop3_names, optarg);
		return 0;
	case USERS_AUTHENTICATION:
		if (ms_authentication_of(optarg, &opt->authentication) < 0)
			return ms_fail(err, MS_USAGE,
			    "--authentication: there is no '%s'", optarg);
		return 0;
	case USERS_DN:
		opt->dn = optarg;
		return 0;
	case USERS_PRIVILEGES:
		return users_words(
		    optarg, ',', ms_privilege_of, &opt->privileges, err);
	case USERS_PASSWORD_FD:
		return ms_opt_number(
		    optarg, 0, 1023, &opt->password_fd, "--password-fd", err);
	case USERS_PASSWORD_FILE:
		opt->password_file = optarg;
		return 0;
	case USERS_ON:
		opt->on = optarg;
		return 0;
	case USERS_SINCE:
		opt->since = optarg;
		return 0;
	case USERS_LAST:
		return ms_opt_number(
		    optarg, 0, UINT32_MAX, &opt->last, "--last", err);
	case USERS_FORMAT:
		opt->format = optarg;
		if (strcmp(optarg, "csv") != 0 && strcmp(optarg, "json") != 0)
			return ms_fail(err, MS_USAGE,
			    "--format: there is no '%s'", optarg);
		return 0;
	default:
		return 0;
	}
}

/* Options before the verb (NULL), or behind it. -1: go on; else the status. */
static int
parse(
    struct users_options *opt, const struct verb *verb, int argc, char *argv[])
{
	unsigned allowed = verb != NULL ? verb->options : 0;
	enum users_option o;
	struct ms_err err = {0};
	int c;

	while ((c = ms_getopt(argc, argv, "a:nzhV", longopts)) != -1) {
		switch (c) {
		case 'a':
			opt->archive = optarg;
			continue;
		case OPT_AS:
			opt->as = optarg;
			continue;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts(TOOL " " MS_VERSION);
			return 0;
		case 'n':
			o = USERS_DRY_RUN;
			break;
		case 'z':
			o = USERS_NUL;
			break;
		case '?':
		case ':':
			return bad_usage(NULL);
		default:
			o = (enum users_option)(c - MS_OPT_LONG);
		}
		if ((allowed & USERS_BIT(o)) == 0)
			return bad_usage("an option that is not for this");
		if (take_value(opt, o, &err) < 0)
			return bad_usage(err.msg);
		opt->given |= USERS_BIT(o);
	}
	return -1;
}

/* ---- the run ---- */

/* Of each of these at most one is given. */
static bool
contradict(const struct users_options *opt)
{
	static const unsigned either[] = {B(DISABLED) | B(ENABLED),
	    B(PASSWORD_FD) | B(PASSWORD_FILE) | B(REMOVE),
	    B(ADD) | B(REMOVE) | B(PRIMARY), B(ON) | B(ON_ALL)};
	unsigned both;
	size_t i;

	for (i = 0; i < sizeof(either) / sizeof(either[0]); i++) {
		both = opt->given & either[i];
		if ((both & (both - 1)) != 0)
			return true;
	}
	return false;
}

/* No name begins with a `-`: that is an option in the wrong place, and must
 * not make a user of its value. */
static bool
has_late_option(const struct verb *verb, char *args[])
{
	for (; verb->run != users_check && *args != NULL; args++)
		if ((*args)[0] == '-' && (*args)[1] != '\0')
			return true;
	return false;
}

static int
run(const struct verb *verb, const struct users_options *opt, int count,
    char *args[])
{
	struct users u = {.opt = opt, .args = args, .count = count};
	struct ms_err err = {0};
	const char *dir;
	int status;

	if (verb->run == users_check) /* descriptor 3 is to be read first */
		return verb->run(&u);
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_archive_open(&u.a, dir,
		count > verb->looks ? MS_ARCHIVE_WRITE : MS_ARCHIVE_READ,
		&err) < 0)
		return users_failed(NULL, &err);
	status = verb->run(&u);
	ms_archive_close(u.a);
	ms_buf_release(&u.out);
	if (ms_close_stdout(&err) < 0) {
		users_failed(NULL, &err);
		if (status == 0 || status == MS_STATUS_SOME)
			status = ms_status(err.code);
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct users_options opt = {.full_name = "", .dn = ""};
	const struct verb *verb;
	int status;

	status = parse(&opt, NULL, argc, argv);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc == 0)
		return bad_usage(NULL);
	verb = verb_of(argv[0]);
	if (verb == NULL)
		return bad_usage("there is no such verb");
	optind = 0;
	status = parse(&opt, verb, argc, argv);
	if (status >= 0)
		goto out;
	argc -= optind;
	argv += optind;
	if (argc < verb->least || (verb->most >= 0 && argc > verb->most))
		status = bad_usage("too few or too many arguments");
	else if (has_late_option(verb, argv))
		status = bad_usage("options stand before names");
	else if (contradict(&opt))
		status = bad_usage("options that exclude each other");
	else if (verb->run == users_check && opt.as != NULL)
		status = bad_usage("check: --as is not for this");
	else
		status = run(verb, &opt, argc, argv);
out:
	ms_buf_release(&opt.addresses);
	ms_buf_release(&opt.pop3_names);
	return status;
}
