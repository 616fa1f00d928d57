/*
 * directory-store.h - the directories of an archive, which `ms-users sync`
 * reads: their settings, and their passwords, ARCHIVE/secret/directory/NAME.
 * ms-archive(5), EVENT, settings; ms-users(1). Layer: above account.
 */
#ifndef MS_DIRECTORY_STORE_H
#define MS_DIRECTORY_STORE_H
#include "account.h"
#include "secret.h"

#define MS_DIRECTORIES_MAX 64
#define MS_DIRECTORY_NAME_MAX 100
#define MS_DIRECTORY_TEXT_MAX 65536 /* bytes of all settings of one */

enum ms_directory_key {
	MS_DIRECTORY_PRESET,
	MS_DIRECTORY_URL,
	MS_DIRECTORY_BIND_DN,
	MS_DIRECTORY_PASSWORD_FILE,
	MS_DIRECTORY_BASE,
	MS_DIRECTORY_FILTER,
	MS_DIRECTORY_GROUP, /* several */
	MS_DIRECTORY_NAME_ATTRIBUTE,
	MS_DIRECTORY_LOCAL_PART,
	MS_DIRECTORY_FULL_NAME_ATTRIBUTE,
	MS_DIRECTORY_ADDRESS_ATTRIBUTE, /* several */
	MS_DIRECTORY_FOLLOW_REFERRALS,
	MS_DIRECTORY_CA_FILE,
	MS_DIRECTORY_PIN, /* several */
	MS_DIRECTORY_ANY_CERTIFICATE,
	MS_DIRECTORY_KEYS
};
/* The name of a key, as in --url and in `url=` of the stored text. */
const char *ms_directory_key_name(enum ms_directory_key key);

/* The settings of a directory. A value is a list (ms_list_next()); a switch
 * that is on has the value "yes". {0} is empty. */
struct ms_stored_directory {
	struct ms_buf name, values[MS_DIRECTORY_KEYS];
};
void ms_stored_directory_release(struct ms_stored_directory *d);
/* Appends a value. */
void ms_stored_directory_add(struct ms_stored_directory *d,
    enum ms_directory_key key, const char *value);
/* The first value of a key; "": none. */
const char *ms_stored_directory_value(
    const struct ms_stored_directory *d, enum ms_directory_key key);
/* The nth of the directories of the settings. 1; 0, there are no more. */
int ms_stored_directory_at(
    const struct ms_settings *s, size_t n, struct ms_stored_directory *d);
/* Finds a directory by name. 1 or 0. */
int ms_stored_directory_find(const struct ms_settings *s, const char *name,
    struct ms_stored_directory *d);
/*
 * Appends the list of directories without the one named `without`, and then
 * `with`, if it is not NULL. MS_USAGE: `with` is too long, has a value that is
 * not UTF-8 or has control characters, or there are too many.
 */
int ms_stored_directories_write(struct ms_buf *out, const struct ms_settings *s,
    const char *without, const struct ms_stored_directory *with,
    struct ms_err *err);
/* Is this a name: letters, digits and `._-`, with a letter or digit first? */
bool ms_directory_name_ok(const char *name);

/* The password of a directory. 1; 0, there is none; -1. */
int ms_directory_secret_read(const char *archive, const char *name,
    struct ms_secret *s, struct ms_err *err);
int ms_directory_secret_write(const char *archive, const char *name,
    const struct ms_secret *s, struct ms_err *err);
/* Removes it, if there is one. */
int ms_directory_secret_remove(
    const char *archive, const char *name, struct ms_err *err);

#endif
