/*
 * record-row.h - the state of users, settings, profiles and runs in the index:
 * a row of fields, merged from events. ms-archive(5), EVENT.
 * Layer: above buf.
 *
 * A row has fields in ascending order of their tags: u8 tag, u32 length, bytes.
 * A field with an empty value (an empty text, false, 0, an empty list) is left
 * out, so that a state has exactly one row. The length of a text includes its
 * final NUL, so that a text can be used in place; a list is a sequence of
 * texts; numbers and times are u64; rights are pairs of u64 user and u8 bits.
 */
#ifndef MS_RECORD_ROW_H
#define MS_RECORD_ROW_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

enum ms_row_kind {
	MS_ROW_SETTINGS = 1, /* there is one, of number 0 */
	MS_ROW_USER = 2,
	MS_ROW_PROFILE = 3,
	MS_ROW_RUN = 4
};

/* Tags. They are stored in the index: a change needs a new MS_INDEX_VERSION. */
enum ms_field {
	MS_FIELD_NONE,
	MS_FIELD_NAME,    /* text: of a user, profile, run */
	MS_FIELD_MADE,    /* time of the first event */
	MS_FIELD_DELETED, /* flag */
	/* users */
	MS_FIELD_FULL_NAME,
	MS_FIELD_ADDRESSES,      /* list, the primary address first */
	MS_FIELD_POP3_NAMES,     /* list */
	MS_FIELD_AUTHENTICATION, /* text; left out if unknown */
	MS_FIELD_DN,
	MS_FIELD_PRIVILEGES, /* number: bits of enum ms_privilege */
	MS_FIELD_RIGHTS,
	MS_FIELD_DISABLED, /* flag */
	MS_FIELD_PASSWORD, /* flag: a password is set */
	/* profiles */
	MS_FIELD_OWNER, /* number of a user */
	MS_FIELD_TEXT,
	MS_FIELD_ENABLED,  /* flag */
	MS_FIELD_LAST_RUN, /* number of the latest run */
	/* runs */
	MS_FIELD_PROFILE, /* number */
	MS_FIELD_KIND,    /* text */
	MS_FIELD_MAILBOXES,
	MS_FIELD_ENDED, /* time of `ran` */
	MS_FIELD_RESULT,
	MS_FIELD_STATUS,
	MS_FIELD_SEEN,
	MS_FIELD_NEW,
	MS_FIELD_KNOWN,
	MS_FIELD_LEFT_OUT,
	MS_FIELD_FAILED,
	MS_FIELD_DELETIONS,
	MS_FIELD_RAN, /* number of `ran` */
	/* settings */
	MS_FIELD_DEFAULT_PRIVILEGES,        /* bits + 1: 0 would be left out */
	MS_FIELD_DEFAULT_PRIVILEGES_SYNCED, /* bits + 1 */
	MS_FIELD_DIRECTORY_URL,
	MS_FIELD_DIRECTORY_CA_FILE,
	MS_FIELD_DIRECTORY_TIMEOUT, /* seconds */
	/* users, profiles, settings: the number of the last event that was
	 * merged, and how many were */
	MS_FIELD_CHANGED,
	MS_FIELD_CHANGES,
	/* settings, and users of a directory */
	MS_FIELD_DIRECTORIES, /* list: ms-archive(5), EVENT, settings */
	MS_FIELD_DIRECTORY,   /* text */
	MS_FIELD_DIRECTORY_ID,
	MS_FIELD_DIRECTORY_STATE, /* text; left out if present */
	MS_FIELD_ALIAS_DOMAINS,   /* list, of the settings */
	MS_FIELD_FAILED_FOLDERS,  /* of a run */
	MS_FIELDS
};

/* What a user may do; the words in events and on command lines are `admin` ...
 */
enum ms_privilege {
	MS_PRIVILEGE_ADMIN = 1,
	MS_PRIVILEGE_LOGIN = 2,
	MS_PRIVILEGE_CHANGE_PASSWORD = 4,
	MS_PRIVILEGE_ARCHIVE = 8,
	MS_PRIVILEGE_EXPORT = 16,
	MS_PRIVILEGE_DELETE = 32,
	MS_PRIVILEGE_MODIFY_PROFILES = 64,
	MS_PRIVILEGE_MOVE = 128
};

/* What a user may do with the mail of a user. */
enum ms_right {
	MS_RIGHT_READ = 1,
	MS_RIGHT_WRITE = 2,
	MS_RIGHT_DELETE = 4
};
#define MS_RIGHT_ROW 9 /* bytes of a user's rights in the field */

/* Appends the words of a set of bits, in the order of the bits, separated by
 * `sep`. */
void ms_privileges_write(struct ms_buf *out, unsigned bits, char sep);
void ms_rights_write(struct ms_buf *out, unsigned bits, char sep);
/* The bit of a word, or 0. */
unsigned ms_privilege_of(const char *word);
unsigned ms_right_of(const char *word);

/* The fields of a row, as views of it; {NULL, 0} if there is no such field. */
struct ms_record_row {
	struct ms_slice field[MS_FIELDS];
};

/* MS_DATA: not a row (the index is damaged). */
int ms_record_row_parse(
    struct ms_record_row *o, struct ms_slice row, struct ms_err *err);
void ms_record_row_write(struct ms_buf *out, const struct ms_record_row *o);
/* The fields of `with` replace those of o; an empty field (p is not NULL, n is
 * 0) removes the field. */
void ms_record_row_merge(
    struct ms_record_row *o, const struct ms_record_row *with);

/* The value of a field: "", false or 0 if there is no such field. */
const char *ms_record_row_text(const struct ms_record_row *o, enum ms_field f);
bool ms_record_row_flag(const struct ms_record_row *o, enum ms_field f);
uint64_t ms_record_row_number(const struct ms_record_row *o, enum ms_field f);

/*
 * ms_list_next() returns the text that follows `text` in a list, the first one
 * if text is NULL, and NULL at the end.
 */
const char *ms_list_next(struct ms_slice list, const char *text);
size_t ms_list_count(struct ms_slice list);

#endif
