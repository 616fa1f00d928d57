/* profile-keys.c - the keys of profiles that are not options of ms-fetch, or
 * that have another meaning. ms-profile(5). */
#include "profile-impl.h"

#include <string.h>

#define MANY (MS_KIND(MS_PROFILE_BATCH) | MS_KIND(MS_PROFILE_CSV))
#define FILES MS_KIND(MS_PROFILE_FILES)
#define EXPORT MS_KIND(MS_PROFILE_EXPORT)
#define DROP MS_KIND(MS_PROFILE_MULTIDROP)
#define ALL (MS_KIND_SERVER | FILES | EXPORT)

static const struct ms_profile_key keys[] = {
    {"kind", MS_VALUE_WORD, ALL, 0, MS_FOR_PROFILE,
	"mailbox, batch, csv, multidrop, files or export"},
    {"schedule", MS_VALUE_WORD, ALL, 0, MS_FOR_PROFILE,
	"when to run, as in \"daily 02:30\""},
    {"sync-first", MS_VALUE_WORD, MS_KIND_SERVER | FILES, 0, MS_FOR_PROFILE,
	"first sync the users with this directory"},
    {"jobs", MS_VALUE_WORD, MANY, 0, MS_FOR_PROFILE,
	"mailboxes at a time (default: 4)"},
    {"url", MS_VALUE_WORD, MS_KIND_SERVER, MS_KIND_SERVER, MS_FOR_PROFILE,
	"the server, as for ms-fetch"},
    {"password", MS_VALUE_WORD, MS_KIND_LOGIN, 0, MS_FOR_PROFILE,
	"secret:name, which 'ms-profile secret' stores"},
    {"user", MS_VALUE_WORD, MS_KIND(MS_PROFILE_MAILBOX) | FILES | EXPORT,
	MS_KIND(MS_PROFILE_MAILBOX) | FILES, MS_FOR_PROFILE,
	"the user of the archive"},
    {"users", MS_VALUE_WORDS, MS_KIND(MS_PROFILE_BATCH),
	MS_KIND(MS_PROFILE_BATCH), MS_FOR_PROFILE,
	"all, or the names of users; may be repeated"},
    {"except", MS_VALUE_WORDS, MS_KIND(MS_PROFILE_BATCH), 0, MS_FOR_PROFILE,
	"leave out these users; may be repeated"},
    {"mailbox", MS_VALUE_WORD, MS_KIND(MS_PROFILE_BATCH), 0, MS_FOR_PROFILE,
	"name at the server: address (default) or name"},
    {"poll", MS_VALUE_WORD, MS_KIND_ONE, 0, MS_FOR_PROFILE,
	"look at other folders so often (seconds)"},
    {"delete-archived", MS_VALUE_SWITCH, MS_KIND_SERVER, 0, MS_FOR_PROFILE,
	"then delete the archived mail at the server"},
    {"delete-older-than", MS_VALUE_WORD, MS_KIND_SERVER, 0, MS_FOR_REMOVE,
	"delete only what is older, as in 90d"},
    {"archived-before", MS_VALUE_WORD, MS_KIND_SERVER, 0, MS_FOR_REMOVE,
	"delete only what was archived so long ago"},
    {"file", MS_VALUE_PATHS, MS_KIND(MS_PROFILE_CSV) | FILES,
	MS_KIND(MS_PROFILE_CSV) | FILES, MS_FOR_PROFILE,
	"file or directory to read; may be repeated"},
    {"encoding", MS_VALUE_WORD, MS_KIND(MS_PROFILE_CSV), 0, MS_FOR_PROFILE,
	"character set of the file (default: recognized)"},
    {"columns", MS_VALUE_WORD, MS_KIND(MS_PROFILE_CSV), 0, MS_FOR_PROFILE,
	"order of the columns, as in login,-,password"},
    {"create-user", MS_VALUE_SWITCH, MS_KIND(MS_PROFILE_MAILBOX) | FILES, 0,
	MS_FOR_INGEST, "create a user that the archive does not have"},
    {"label", MS_VALUE_WORD, MS_KIND_LOGIN | FILES, 0, MS_FOR_INGEST,
	"set the label of the source"},
    {"into", MS_VALUE_WORD, (MS_KIND_SERVER & ~DROP) | FILES, 0, MS_FOR_INGEST,
	"add below this folder"},
    {"threads", MS_VALUE_WORD, MS_KIND_SERVER | FILES, 0, MS_FOR_INGEST,
	"number of threads that compress"},
    {"envelope-header", MS_VALUE_WORDS, DROP, 0, MS_FOR_INGEST,
	"a field of the own mail server; may be repeated"},
    {"trusted-hop", MS_VALUE_WORD, DROP, 0, MS_FOR_INGEST,
	"they count above this Received (default: 1)"},
    {"own-address", MS_VALUE_WORDS, DROP, 0, MS_FOR_INGEST,
	"belongs to no user; may be repeated"},
    {"journal", MS_VALUE_SWITCH, DROP, 0, MS_FOR_INGEST,
	"the mailbox receives nothing but journal reports"},
    {"journal-sender", MS_VALUE_WORDS, DROP, 0, MS_FOR_INGEST,
	"sender of journal reports; may be repeated"},
    {"keep-reports", MS_VALUE_SWITCH, DROP, 0, MS_FOR_INGEST,
	"archive the journal reports, too"},
    {"unknown", MS_VALUE_WORD, DROP, 0, MS_FOR_INGEST,
	"for unknown mail: catchall, leave or a user"},
    {"sent-pattern", MS_VALUE_WORD, DROP, 0, MS_FOR_INGEST,
	"folder of mail that a user has sent"},
    {"received-pattern", MS_VALUE_WORD, DROP, 0, MS_FOR_INGEST,
	"folder of mail that a user received"},
    {"unquote", MS_VALUE_SWITCH, FILES, 0, MS_FOR_INGEST,
	"remove one > from lines that begin with >From"},
    {"client", MS_VALUE_WORD, FILES, 0, MS_FOR_PROFILE,
	"the store of this mail client (ms-quirks(7))"},
    {"with-deleted", MS_VALUE_SWITCH, FILES, 0, MS_FOR_INGEST,
	"add what the client has deleted, too"},
    {"format", MS_VALUE_WORD, FILES | EXPORT, 0, MS_FOR_PROFILE,
	"format of the input or output"},
    {"eol", MS_VALUE_WORD, EXPORT, 0, MS_FOR_EXPORT,
	"line ends: original, lf or crlf"},
    {"output", MS_VALUE_PATH, EXPORT, EXPORT, MS_FOR_PROFILE,
	"file or directory to write"},
    {"query", MS_VALUE_WORD, EXPORT, 0, MS_FOR_PROFILE,
	"only messages that match (ms-query(7))"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

const struct ms_profile_key *
ms_profile_find_key(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

bool
ms_profile_key(const char *name, bool *argument, bool *many)
{
	const struct ms_profile_key *k = ms_profile_find_key(name);

	if (k == NULL)
		return false;
	*argument = k->value != MS_VALUE_SWITCH;
	*many = k->value == MS_VALUE_WORDS || k->value == MS_VALUE_PATHS;
	return true;
}

const char *
ms_profile_key_help(const char *name)
{
	return ms_profile_find_key(name)->help;
}

const char *
ms_profile_key_at(size_t i)
{
	return i < KEYS ? keys[i].name : NULL;
}

bool
ms_profile_secret_ok(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+";
	size_t n = strlen(name);

	return n > 0 && n <= MS_PROFILE_SECRET_MAX && strspn(name, ok) == n &&
	       strchr("._-@+", name[0]) == NULL;
}

static bool
ends_with(const char *key, const char *tail)
{
	size_t n = strlen(key), m = strlen(tail);

	return n > m && strcmp(key + n - m, tail) == 0;
}

bool
ms_profile_is_path(const char *key)
{
	const struct ms_profile_key *k = ms_profile_find_key(key);

	if (k != NULL)
		return k->value == MS_VALUE_PATH || k->value == MS_VALUE_PATHS;
	return ends_with(key, "-file"); /* the options of ms-fetch */
}

bool
ms_profile_is_command(const char *key)
{
	return ends_with(key, "-command");
}
