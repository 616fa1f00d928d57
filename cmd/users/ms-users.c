/* ms-users.c - the users of an archive, and their privileges. The manual is
 * ms-users(1). */
#include "users.h"
#include "actor.h"

#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "report.h"
#include "secret.h"

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

/* A setting of a directory; .max of the row is its key. */
static int
add_setting(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct users_options *opt = values;

	(void)err;
	ms_stored_directory_add(&opt->directory, (enum ms_directory_key)o->max,
	    value != NULL ? value : "yes");
	opt->directory_given = true;
	return 0;
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
	    "full name", .max = MS_SET_FULL_NAME, .call = mark_given, .as = MS_AS_TEXT},         \
	{0, "address", MS_OPT_CALL, .value = "address",                        \
	    .help = "mail address; may be given several times",                \
	    .max = MS_SET_ADDRESSES, .call = add_text, .as = MS_AS_TEXT},                        \
	{0, "pop3-name", MS_OPT_CALL, .value = "name",                         \
	    .help = "login name for POP3; may be given several times",         \
	    .max = MS_SET_POP3_NAMES, .call = add_text, .as = MS_AS_TEXT},                       \
	{0, "dn", MS_OPT_STRING, IN(want.dn), "dn",                            \
	    "distinguished name in the directory", .max = MS_SET_DN,           \
	    .call = mark_given, .as = MS_AS_TEXT},                                               \
	{0, "privileges", MS_OPT_CALL, .value = "list",                        \
	    .help = "privileges, as in login,export, or none",                 \
	    .max = MS_SET_PRIVILEGES, .call = set_privileges, .as = MS_AS_TEXT},                 \
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
    MS_OPT_AS_ROW(IN(as), ),
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
	"rights on the archive of this user", .group = WHERE, .as = MS_AS_TEXT},
    {0, "on-all", MS_OPT_FLAG, IN(on_all),
	.help = "rights on the archives of all users", .group = WHERE},
    {0},
};
static const struct ms_option log_options[] = {
    JSON,
    {0, "since", MS_OPT_STRING, IN(since), "date",
	"only changes since this date, as in 2024-03-01 or 90d",
	.as = MS_AS_TEXT},
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
    {0, "encoding", MS_OPT_STRING, IN(encoding), "name",
	"character set of a CSV file (default: recognized)", .as = MS_AS_TEXT},
    {0},
};

/* clang-format off */
#define SETTING(option, argument, about, key)                                  \
	{0, option, MS_OPT_CALL, .value = (argument), .help = (about),         \
	    .max = MS_DIRECTORY_##key, .call = add_setting}
static const struct ms_option directory_options[] = {
	SETTING("preset", "name",
	    "active-directory, openldap (default) or samba", PRESET),
	SETTING("url", "url", "ldaps://host, or ldap://host with StartTLS",
	    URL),
	SETTING("bind-dn", "dn", "log in under this DN", BIND_DN),
	{0, "password-fd", MS_OPT_NUMBER, IN(password_fd), "n",
	    "read and keep the password of the DN",
	    .max = 1023, .group = PASSWORD},
	{0, "password-file", MS_OPT_CALL, .value = "file",
	    .help = "read the password from this file, each time",
	    .max = MS_DIRECTORY_PASSWORD_FILE, .call = add_setting,
	    .group = PASSWORD},
	SETTING("base", "dn", "search below this DN", BASE),
	SETTING("filter", "filter", "only entries that match (RFC 4515)",
	    FILTER),
	SETTING("group", "dn", "only members of this group", GROUP),
	SETTING("name-attribute", "attribute", "has the name of the user",
	    NAME_ATTRIBUTE),
	SETTING("local-part", NULL, "cut the name before the @", LOCAL_PART),
	SETTING("full-name-attribute", "attribute", "has the full name",
	    FULL_NAME_ATTRIBUTE),
	SETTING("address-attribute", "attribute", "has mail addresses",
	    ADDRESS_ATTRIBUTE),
	SETTING("follow-referrals", NULL, "search servers that it refers to", FOLLOW_REFERRALS),
	SETTING("ca-file", "file", "trust these authorities (PEM)", CA_FILE),
	SETTING("pin", "sha256//...",
	    "accept only this certificate or key", PIN),
	SETTING("accept-any-certificate", NULL,
	    "do not verify the certificate", ANY_CERTIFICATE),
	JSON,
	{0},
};
/* clang-format on */
static const struct ms_option sync_options[] = {
    {'n', "dry-run", MS_OPT_FLAG, IN(dry_run),
	.help = "print what would be done, and change nothing"},
    {0, "delete-vanished", MS_OPT_FLAG, IN(delete_vanished),
	.help = "delete users who are not there, and not only disable"},
    {0, "force", MS_OPT_FLAG, IN(force),
	.help = "also change more than a tenth of the users"},
    JSON,
    {0},
};

/* ---- verbs ---- */

struct action {
	int (*run)(struct users *u);
	int looks; /* with so many operands, the verb only reads */
};

/* A name that begins with `-` could not be given to other tools. */
static int
check_names(const struct ms_args *args, struct ms_err *err)
{
	for (int i = 0; i < args->count; i++)
		if (args->v[i][0] == '-' && args->v[i][1] != '\0')
			return ms_fail(err, MS_USAGE,
			    "'%.40s' cannot be a name, because it begins with "
			    "'-'",
			    args->v[i]);
	return 0;
}

static int
run(const struct ms_args *args)
{
	const struct action *action = args->cmd->data;
	struct users_options *opt = args->values;
	struct users u = {.opt = opt,
	    .command = args,
	    .args = args->v,
	    .count = args->count,
	    .directory = &opt->directory};
	struct ms_err err = {0};
	const char *dir;
	int status;

	opt->want.addresses = ms_buf_slice(&opt->addresses);
	opt->want.pop3_names = ms_buf_slice(&opt->pop3_names);
	if (action->run == users_check) /* reads descriptor 3 first */
		return action->run(&u);
	if (check_names(args, &err) < 0)
		return ms_command_misused(args, &err);
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
/* clang-format off */
#define VERB(verb, opts, text, min, max, only_looks)                           \
	.name = #verb, .options = (opts), .operands = (text), .least = (min),  \
	.most = (max), .run = run, .as = MS_AS_ANY, .no_files = true,                                             \
	.data = &(const struct action){users_##verb, (only_looks)}

static const struct ms_command verbs[] = {
	{VERB(list, list_options, NULL, 0, 0, ALWAYS),
	    .about = "Prints the users, one in each line", .like = "ls"},
	{VERB(show, json_options, "user ...", 1, MS_OPT_ANY, ALWAYS),
	    .about = "Prints all that is known of users",
	    .like = "get info cat"},
	{VERB(add, add_options, "user ...", 1, MS_OPT_ANY, NEVER),
	    .about = "Adds users", .like = "new create useradd"},
	{VERB(set, set_options, "user ...", 1, MS_OPT_ANY, NEVER),
	    .about = "Changes users", .like = "change edit modify usermod"},
	{VERB(rename, NULL, "user name", 2, 2, NEVER),
	    .about = "Gives a user another name", .like = "mv"},
	{VERB(delete, NULL, "user ...", 1, MS_OPT_ANY, NEVER),
	    .about = "Deletes users; their mail stays in the archive",
	    .like = "remove rm del userdel"},
	{VERB(passwd, passwd_options, "user", 1, 1, NEVER),
	    .about = "Sets or removes the password of a user",
	    .like = "password"},
	{VERB(check, NULL, "[program [argument ...]]", 0, MS_OPT_ANY, ALWAYS),
	    .stop = true, .about = "Checks a password for a login program",
	    .like = "auth login"},
	{VERB(addresses, addresses_options, "user [address ...]", 1, MS_OPT_ANY,
	    1), .about = "Prints or changes the addresses of a user"},
	{VERB(grant, grant_options, "user word ...", 2, MS_OPT_ANY, NEVER),
	    .about = "Gives a user privileges or rights", .like = "allow"},
	{VERB(revoke, grant_options, "user word ...", 2, MS_OPT_ANY, NEVER),
	    .about = "Takes privileges or rights from a user", .like = "deny"},
	{VERB(settings, json_options, "[key=value ...]", 0, MS_OPT_ANY, 0),
	    .about = "Prints or changes the settings of the archive",
	    .like = "config"},
	{VERB(log, log_options, "[user]", 0, 1, ALWAYS),
	    .about = "Prints the changes of users, the oldest first",
	    .like = "history"},
	{VERB(export, export_options, NULL, 0, 0, ALWAYS),
	    .about = "Writes all users as CSV or JSON", .like = "dump"},
	{VERB(import, import_options, "[file]", 0, 1, NEVER),
	    .about = "Adds and changes users from CSV or JSON",
	    .like = "load"},
	{VERB(directory, directory_options, "add | show | check | delete "
	    "[name ...]", 1, MS_OPT_ANY, NEVER),
	    .about = "Adds, prints, tries or deletes directories (LDAP)",
	    .like = "ldap"},
	{VERB(sync, sync_options, "name", 1, 1, NEVER),
	    .about = "Makes the users agree with a directory"},
	{.name = NULL},
};
/* clang-format on */

static const struct ms_command users_command = {
    .name = TOOL,
    .options = options,
    .operands = "verb ...",
    .about = "Manages the users of an archive, and what they may do",
    .verbs = verbs,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct users_options opt = {.want = {.full_name = "", .dn = ""},
	    .password_fd = -1,
	    .last = UINT64_MAX,
	    .format = -1};
	int status;

	ms_secret_protect();
	status = ms_command_main(&users_command, &opt, argc, argv);
	ms_buf_release(&opt.addresses);
	ms_buf_release(&opt.pop3_names);
	ms_stored_directory_release(&opt.directory);
	return status;
}
