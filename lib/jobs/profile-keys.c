/* profile-keys.c - the keys of profiles that are not options of ms-fetch, or
 * that have another meaning. ms-profile(5). */
#include "profile-impl.h"

#include <string.h>

#define MANY (MS_KIND(MS_PROFILE_BATCH) | MS_KIND(MS_PROFILE_CSV))
#define FILES MS_KIND(MS_PROFILE_FILES)
#define EXPORT MS_KIND(MS_PROFILE_EXPORT)
#define ALL (MS_KIND_SERVER | FILES | EXPORT)

static const struct ms_profile_key keys[] = {
    {"kind", MS_VALUE_WORD, ALL, 0, MS_FOR_PROFILE},
    {"schedule", MS_VALUE_WORD, ALL, 0, MS_FOR_PROFILE},
    {"jobs", MS_VALUE_WORD, MANY, 0, MS_FOR_PROFILE},
    {"url", MS_VALUE_WORD, MS_KIND_SERVER, MS_KIND_SERVER, MS_FOR_PROFILE},
    {"password", MS_VALUE_WORD, MS_KIND_LOGIN, 0, MS_FOR_PROFILE},
    {"user", MS_VALUE_WORD, MS_KIND(MS_PROFILE_MAILBOX) | FILES | EXPORT,
	MS_KIND(MS_PROFILE_MAILBOX) | FILES, MS_FOR_PROFILE},
    {"users", MS_VALUE_WORDS, MS_KIND(MS_PROFILE_BATCH),
	MS_KIND(MS_PROFILE_BATCH), MS_FOR_PROFILE},
    {"except", MS_VALUE_WORDS, MS_KIND(MS_PROFILE_BATCH), 0, MS_FOR_PROFILE},
    {"mailbox", MS_VALUE_WORD, MS_KIND(MS_PROFILE_BATCH), 0, MS_FOR_PROFILE},
    {"poll", MS_VALUE_WORD, MS_KIND(MS_PROFILE_MAILBOX), 0, MS_FOR_PROFILE},
    {"delete-archived", MS_VALUE_SWITCH, MS_KIND_SERVER, 0, MS_FOR_PROFILE},
    {"delete-older-than", MS_VALUE_WORD, MS_KIND_SERVER, 0, MS_FOR_REMOVE},
    {"archived-before", MS_VALUE_WORD, MS_KIND_SERVER, 0, MS_FOR_REMOVE},
    {"file", MS_VALUE_PATHS, MS_KIND(MS_PROFILE_CSV) | FILES,
	MS_KIND(MS_PROFILE_CSV) | FILES, MS_FOR_PROFILE},
    {"create-user", MS_VALUE_SWITCH, MS_KIND(MS_PROFILE_MAILBOX) | FILES, 0,
	MS_FOR_INGEST},
    {"label", MS_VALUE_WORD, MS_KIND_LOGIN | FILES, 0, MS_FOR_INGEST},
    {"into", MS_VALUE_WORD, MS_KIND_SERVER | FILES, 0, MS_FOR_INGEST},
    {"threads", MS_VALUE_WORD, MS_KIND_SERVER | FILES, 0, MS_FOR_INGEST},
    {"unquote", MS_VALUE_SWITCH, FILES, 0, MS_FOR_INGEST},
    {"format", MS_VALUE_WORD, FILES | EXPORT, 0, MS_FOR_PROFILE},
    {"eol", MS_VALUE_WORD, EXPORT, 0, MS_FOR_EXPORT},
    {"output", MS_VALUE_PATH, EXPORT, EXPORT, MS_FOR_PROFILE},
    {"query", MS_VALUE_WORD, EXPORT, 0, MS_FOR_PROFILE},
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
