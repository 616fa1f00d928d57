/* ms-users.c - the users of an archive, and their privileges. The manual is
 * ms-users(1). */
#include "users.h"

#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "report.h"

/* ---- options ---- */

/* The member of a user that an option sets is .max of its row: MS_SET_... */
static int
mark_given(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct users_options *opt = values;

	(void)value;
	(void)err;
	opt->set |= (unsigned)o->max;
	return 0;
}

/* An empty text adds nothing, so that the list can be made empty. */
static int
add_text(void *values, const struct ms_option *o, const char *text,
    struct ms_err *err)
{
	struct users_options *opt = values;

	if (*text != '\0')
		ms_buf_add(o->max == MS_SET_ADDRESSES ? &opt->addresses
						      : &opt->pop3_names,
		    text, strlen(text) + 1);
	return mark_given(values, o, text, err);
}

static int
set_privileges(void *values, const struct ms_option *o, const char *list,
    struct ms_err *err)
{
	struct users_options *opt = values;

	if (users_words(
		list, ',', ms_privilege_of, &opt->want.privileges, err) < 0)
		return -1;
	return mark_given(values, o, list, err);
}

/* The options of a group exclude each other. */
enum {
	PASSWORD = 1,
	STATE,
	HOW,
	WHERE
};

#define IN(member) MS_OPT_IN(struct users_options, member)
/* clang-format off */
#define MEMBERS                                                                \
	{0, "full-name", MS_OPT_STRING, IN(want.full_name), "text",            \
	    "full name", .max = MS_SET_FULL_NAME, .call = mark_given},         \
	{0, "address", MS_OPT_CALL, .value = "address",                        \
	    .help = "mail address; may be given several times",                \
	    .max = MS_SET_ADDRESSES, .call = add_text},                        \
	{0, "pop3-name", MS_OPT_CALL, .value = "name",                         \
	    .help = "login name at a POP3 server; may be given several times", \
	    .max = MS_SET_POP3_NAMES, .call = add_text},                       \
	{0, "dn", MS_OPT_STRING, IN(want.dn), "dn",                            \
	    "distinguished name in the directory", .max = MS_SET_DN,           \
	    .call = mark_given},                                               \
	{0, "privileges", MS_OPT_CALL, .value = "list",                        \
	    .help = "privileges, as in login,export, or none",                 \
	    .max = MS_SET_PRIVILEGES, .call = set_privileges},                 \
	/* In the order of enum ms_authentication. */                          \
	{0, "authentication", MS_OPT_CHOICE, IN(want.authentication),          \
	    "none | integrated | directory", "how the user logs in",           \
	    .max = MS_SET_AUTHENTICATION, .call = mark_given},                 \
	{0, "disabled", MS_OPT_FLAG, IN(want.disabled),                        \
	    .help = "the user cannot log in", .max = MS_SET_DISABLED,          \
	    .call = mark_given, .group = STATE}
#define PASSWORDS                                                              \
	{0, "password-fd", MS_OPT_NUMBER, IN(password_fd), "n",                \
	    "read the password from this descriptor", .max = 1023,             \
	    .group = PASSWORD},                                                \
	{0, "password-file", MS_OPT_STRING, IN(password_file), "file",         \
	    "read the password from this file", .group = PASSWORD}
#define JSON                                                                   \
	{0, "json", MS_OPT_FLAG, IN(json),                                     \
	    .help = "print JSON Lines (ms-json(5))"}
/* USERS_CSV, USERS_JSON. */
#define FORMAT(about)                                                          \
	{0, "format", MS_OPT_CHOICE, IN(format), "csv | json", about}
/* clang-format on */

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, IN(archive), "archive",
	"use this archive (default: $MS_ARCHIVE)"},
    {0, "as", MS_OPT_STRING, IN(as), "user",
	"act as this user, with the privileges of this user"},
    MS_OPT_COMMON,
};
static const struct ms_option list_options[] = {
    {'z', "null", MS_OPT_FLAG, IN(nul),
	.help = "end each line with a NUL byte, not a newline"},
    JSON,
    {0, "deleted", MS_OPT_FLAG, IN(deleted),
	.help = "also print deleted users"},
    {0},
};
static const struct ms_option json_options[] = {JSON, {0}};
static const struct ms_option add_options[] = {MEMBERS, PASSWORDS, {0}};
static const struct ms_option set_options[] = {
    MEMBERS,
    {0, "enabled", MS_OPT_CONST, IN(want.disabled),
	.help = "the user can log in", .max = MS_SET_DISABLED,
	.call = mark_given, .group = STATE},
    {0},
};
static const struct ms_option passwd_options[] = {
    PASSWORDS,
    {0, "remove", MS_OPT_FLAG, IN(remove), .help = "remove the password",
	.group = PASSWORD},
    {0},
};
static const struct ms_option addresses_options[] = {
    {0, "add", MS_OPT_FLAG, IN(add), .help = "add the addresses", .group = HOW},
    {0, "remove", MS_OPT_FLAG, IN(remove), .help = "remove the addresses",
	.group = HOW},
    {0, "primary", MS_OPT_FLAG, IN(primary), .help = "put the addresses first",
	.group = HOW},
    {0},
};
static const struct ms_option grant_options[] = {
    {0, "on", MS_OPT_STRING, IN(on), "user",
	"rights on the archive of this user", .group = WHERE},
    {0, "on-all", MS_OPT_FLAG, IN(on_all),
	.help = "rights on the archives of all users", .group = WHERE},
    {0},
};
static const struct ms_option log_options[] = {
    JSON,
    {0, "since", MS_OPT_STRING, IN(since), "date",
	"only changes of this date or later, as in 2024-03-01 or 90d"},
    {0, "last", MS_OPT_NUMBER, IN(last), "n", "only the last n changes",
	.max = UINT32_MAX},
    {0},
};
static const struct ms_option export_options[] = {
    FORMAT("format of the output (default: csv)"), {0}};
static const struct ms_option import_options[] = {
    {'n', "dry-run", MS_OPT_FLAG, IN(dry_run),
	.help = "print what would be done, and change nothing"},
    FORMAT("format of the input"),
    {0},
};

/* ---- verbs ---- */

struct action {
	int (*run)(struct users *u);
	int looks; /* with so many operands, the verb only reads */
};

/* Names do not begin with `-`. An option after a name must not become the name
 * of a user. */
static int
check_names(const struct ms_args *args, struct ms_err *err)
{
	for (int i = 0; i < args->count; i++)
		if (args->v[i][0] == '-' && args->v[i][1] != '\0')
			return ms_fail(err, MS_USAGE,
			    "%s: options come before names", args->v[i]);
	return 0;
}

static int
run(const struct ms_args *args)
{
	const struct action *action = args->cmd->data;
	struct users_options *opt = args->values;
	struct users u = {.opt = opt, .args = args->v, .count = args->count};
	struct ms_err err = {0};
	const char *dir;
	int status;

	opt->want.addresses = ms_buf_slice(&opt->addresses);
	opt->want.pop3_names = ms_buf_slice(&opt->pop3_names);
	if (action->run == users_check) /* reads descriptor 3 first */
		return action->run(&u);
	if (check_names(args, &err) < 0)
		return ms_command_misused(&users_command, &err);
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_archive_open(&u.a, dir,
		args->count > action->looks ? MS_ARCHIVE_WRITE
					    : MS_ARCHIVE_READ,
		&err) < 0)
		return users_failed(NULL, &err);
	status = action->run(&u);
	ms_archive_close(u.a);
	ms_buf_release(&u.out);
	return status;
}

#define NEVER (-1)
#define ALWAYS MS_OPT_ANY
#define VERB(verb, opts, text, min, max, only_looks)                           \
	{                                                                      \
		.name = #verb, .options = (opts), .operands = (text),          \
		.least = (min), .most = (max), .run = run,                     \
		.data = &(const struct action)                                 \
		{                                                              \
			users_##verb, (only_looks)                             \
		}                                                              \
	}

static const struct ms_command verbs[] = {
    VERB(list, list_options, NULL, 0, 0, ALWAYS),
    VERB(show, json_options, "user ...", 1, MS_OPT_ANY, ALWAYS),
    VERB(add, add_options, "user ...", 1, MS_OPT_ANY, NEVER),
    VERB(set, set_options, "user ...", 1, MS_OPT_ANY, NEVER),
    VERB(rename, NULL, "user name", 2, 2, NEVER),
    VERB(delete, NULL, "user ...", 1, MS_OPT_ANY, NEVER),
    VERB(passwd, passwd_options, "user", 1, 1, NEVER),
    VERB(check, NULL, "[program [argument ...]]", 0, MS_OPT_ANY, ALWAYS),
    VERB(addresses, addresses_options, "user [address ...]", 1, MS_OPT_ANY, 1),
    VERB(grant, grant_options, "user word ...", 2, MS_OPT_ANY, NEVER),
    VERB(revoke, grant_options, "user word ...", 2, MS_OPT_ANY, NEVER),
    VERB(settings, json_options, "[key=value ...]", 0, MS_OPT_ANY, 0),
    VERB(log, log_options, "[user]", 0, 1, ALWAYS),
    VERB(export, export_options, NULL, 0, 0, ALWAYS),
    VERB(import, import_options, "[file]", 0, 1, NEVER),
    {.name = NULL},
};

const struct ms_command users_command = {
    .name = TOOL,
    .options = options,
    .operands = "verb ...",
    .verbs = verbs,
};

int
main(int argc, char *argv[])
{
	struct users_options opt = {.want = {.full_name = "", .dn = ""},
	    .password_fd = -1,
	    .last = UINT64_MAX,
	    .format = -1};
	int status = ms_command_main(&users_command, &opt, argc, argv);

	ms_buf_release(&opt.addresses);
	ms_buf_release(&opt.pop3_names);
	return status;
}
