/*
 * record-row.h - the state of users, settings, profiles and runs, as the index
 * keeps it: a row of fields, merged from events. ms-archive(5), EVENT.
 * Layer: above buf.
 *
 * A row is fields in ascending order of their tags: u8 tag, u32 length, bytes.
 * A field that says nothing (an empty text, false, 0, no list) is left out, so
 * that one state has one row. Texts end with a NUL that counts, so that they
 * are strings where they lie; a list is its texts one after another; numbers
 * and times are u64; rights are u64 user, u8 bits, for each.
 */
#ifndef MS_RECORD_ROW_H
#define MS_RECORD_ROW_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

enum ms_row_kind {
	MS_ROW_SETTINGS = 1, /* one; its number is 0 */
	MS_ROW_USER = 2,
	MS_ROW_PROFILE = 3,
	MS_ROW_RUN = 4
};

/* Tags. They are stored in the index: a change is a new MS_INDEX_VERSION. */
enum ms_field {
	MS_FIELD_NONE,
	MS_FIELD_NAME,    /* text: of a user, profile, run */
	MS_FIELD_MADE,    /* time of the first event */
	MS_FIELD_DELETED, /* flag */
	/* users */
	MS_FIELD_FULL_NAME,
	MS_FIELD_ADDRESSES,      /* list, the first is the primary one */
	MS_FIELD_POP3_NAMES,     /* list */
	MS_FIELD_AUTHENTICATION, /* text; none: left out */
	MS_FIELD_DN,
	MS_FIELD_PRIVILEGES, /* number: bits of enum ms_privilege */
	MS_FIELD_RIGHTS,
	MS_FIELD_DISABLED, /* flag */
	MS_FIELD_PASSWORD, /* flag: one is set */
	/* profiles */
	MS_FIELD_OWNER, /* number of a user */
	MS_FIELD_TEXT,
	MS_FIELD_ENABLED,  /* flag */
	MS_FIELD_LAST_RUN, /* number of its latest run */
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
	MS_FIELD_DEFAULT_PRIVILEGES,        /* bits + 1, as none is some */
	MS_FIELD_DEFAULT_PRIVILEGES_SYNCED, /* bits + 1 */
	MS_FIELD_DIRECTORY_URL,
	MS_FIELD_DIRECTORY_CA_FILE,
	MS_FIELD_DIRECTORY_TIMEOUT, /* seconds */
	MS_FIELDS
};

/* What a user may do. As words, in events and on command lines: `admin` ... */
enum ms_privilege {
	MS_PRIVILEGE_ADMIN = 1,
	MS_PRIVILEGE_LOGIN = 2,
	MS_PRIVILEGE_CHANGE_PASSWORD = 4,
	MS_PRIVILEGE_ARCHIVE = 8,
	MS_PRIVILEGE_EXPORT = 16,
	MS_PRIVILEGE_DELETE = 32,
	MS_PRIVILEGE_MODIFY_PROFILES = 64
};

/* What a user may do with the archive of another, or with his own. */
enum ms_right {
	MS_RIGHT_READ = 1,
	MS_RIGHT_WRITE = 2,
	MS_RIGHT_DELETE = 4
};
#define MS_RIGHT_ROW 9 /* bytes of one in its field */

/* The words of a set of bits, in the order of the bits, separated by `sep`;
 * appended. */
void ms_privileges_write(struct ms_buf *out, unsigned bits, char sep);
void ms_rights_write(struct ms_buf *out, unsigned bits, char sep);
/* The bit of a word, or 0. */
unsigned ms_privilege_of(const char *word);
unsigned ms_right_of(const char *word);

/* A row taken apart: views of it. What is not there is {NULL, 0}. */
struct ms_record_row {
	struct ms_slice field[MS_FIELDS];
};

/* MS_DATA: no row (the index is damaged). */
int ms_record_row_parse(
    struct ms_record_row *o, struct ms_slice row, struct ms_err *err);
void ms_record_row_write(struct ms_buf *out, const struct ms_record_row *o);
/* The fields of `with` that are there take the place of those of o; empty ones
 * (p is not NULL, n is 0) take them away. */
void ms_record_row_merge(
    struct ms_record_row *o, const struct ms_record_row *with);

/* What a field says. */
const char *ms_record_row_text(const struct ms_record_row *o, enum ms_field f);
bool ms_record_row_flag(const struct ms_record_row *o, enum ms_field f);
uint64_t ms_record_row_number(const struct ms_record_row *o, enum ms_field f);

/*
 * The texts of a list, one by one: NULL gives the first, a text the one behind
 * it; NULL at the end.
 */
const char *ms_list_next(struct ms_slice list, const char *text);
size_t ms_list_count(struct ms_slice list);

#endif
