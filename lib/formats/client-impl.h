/*
 * client-impl.h - the drivers of mail clients, and what the sources call while
 * they read a store. A client is a row of the table in client.c. ms-quirks(7),
 * Mail clients. Layer: private to source.
 */
#ifndef MS_CLIENT_IMPL_H
#define MS_CLIENT_IMPL_H
#include "client.h"
#include "source-impl.h"

/* ---- what a message says about itself: client-*.c ---- */

#define MS_CLIENT_FLAGS 100   /* flags and keywords of a message */
#define MS_CLIENT_FOLDERS 500 /* folders of a message */

struct ms_client_message {
	struct ms_buf flags;   /* in the syntax of the stream */
	struct ms_buf folders; /* each one ends with NUL; empty: the file's */
	size_t flag_count, folder_count;
	bool unseen;   /* the client says that it was not read */
	bool expunged; /* it is deleted, and only remains in the file */
	bool internal; /* it is data of a mail server */
	bool dropped;  /* it has more folders than MS_CLIENT_FOLDERS */
	bool has_date;
	int64_t date;
};

void ms_client_message_clear(struct ms_client_message *m);
void ms_client_message_release(struct ms_client_message *m);
/* Adds a flag, or a keyword if IMAP allows the name, once. */
void ms_client_flag(struct ms_client_message *m, const char *flag);
void ms_client_keyword(struct ms_client_message *m, struct ms_slice word);
/* Adds the words of a text, separated by blanks or commas, as keywords. */
void ms_client_keywords(struct ms_client_message *m, struct ms_slice text);
/* Adds a folder in the syntax of the stream. */
void ms_client_folder(struct ms_client_message *m, struct ms_slice folder);

/* A book-keeping field of a client. A row without a name ends a table. */
struct ms_client_field {
	const char *name; /* in lower case; a "*" at the end: any rest */
	/* Reads the body, without blanks at its ends; NULL: it says nothing. */
	void (*read)(struct ms_client_message *m, struct ms_slice body);
};

/*
 * Removes the book-keeping fields from the beginning of a message, and reads
 * them into m.
 *   anywhere  they count everywhere in the header; else only above all other
 *             fields, each once and with 4 KiB of names at most, because a
 *             sender can write the same fields
 *   from      remove a From_ line before the first field
 */
void ms_client_fields(const struct ms_client_field *fields, bool anywhere,
    bool from, struct ms_slice message, struct ms_buf *out,
    struct ms_client_message *m);

/* Parses hexadecimal digits, at most eight. */
bool ms_client_hex(struct ms_slice text, uint32_t *out);

/* client-mozilla.c: accounts of a profile, by its prefs.js. */
struct ms_prefs_server {
	char *directory; /* below the profile if relative, with "/" */
	bool relative;
	char *name, *user, *host;
};
struct ms_prefs {
	struct ms_prefs_server *server;
	size_t n;
};
#define MS_PREFS_MAX ((size_t)16 << 20) /* bytes of prefs.js */
#define MS_PREFS_SERVERS 1000
void ms_prefs_parse(struct ms_prefs *p, struct ms_slice text);
void ms_prefs_release(struct ms_prefs *p);
/* The server of a directory, as in "ImapMail/imap.example.org", or NULL. */
const struct ms_prefs_server *ms_prefs_find(
    const struct ms_prefs *p, const char *directory);
extern const struct ms_client_field ms_mozilla_fields[];

/* client-mork.c: appends the name of a folder by its .msf. */
#define MS_MSF_MAX ((size_t)64 << 20) /* bytes of an .msf */
bool ms_msf_name(struct ms_slice text, struct ms_buf *out);

/* client-apple.c: reads the properties of an .emlx. */
void ms_plist_read(struct ms_client_message *m, struct ms_slice plist);

/* client-takeout.c, client-mailstore.c, client-unix.c */
extern const struct ms_client_field ms_takeout_fields[], ms_mailstore_fields[],
    ms_status_fields[], ms_evolution_fields[], ms_kmail_fields[];

/* ---- drivers ---- */

/* An account, to which messages belong. */
struct ms_client_account {
	struct ms_client_account *next;
	char *source, *label; /* label: or NULL */
};

/* What a driver knows of a directory; a copy of that of its parent is what
 * enter() receives. {0}: nothing. */
struct ms_client_dir {
	unsigned kind; /* 0, or as the driver defines it */
	const struct ms_client_account *account; /* or NULL */
	struct ms_buf unseen, flagged, replied;  /* of MH: ranges */
	bool mh;                                 /* it is a folder of MH */
	bool sequences; /* .mh_sequences says which messages are unseen */
};

/* A directory that is about to be entered. */
struct ms_client_place {
	int parent, fd;   /* parent: -1 for the root */
	const char *name; /* of the root too: the last level of its path */
	const char *path; /* as the user named it, of the root */
	bool root, maildir;
};

enum ms_client_entry {
	MS_CLIENT_AS_USUAL, /* by the rules of ms-stream(5) */
	MS_CLIENT_ENTER,    /* the levels of its folder are complete */
	MS_CLIENT_SKIP      /* it contains no mail */
};

struct ms_client_state;
struct ms_client_driver {
	const char *name;
	/* Patterns of names of files that are not mail, in any case; and of
	 * the only ones that are. NULL: none; any. */
	const char *const *no_mail, *const *only;
	const struct ms_client_field *fields;
	bool anywhere; /* the fields: see ms_client_fields() */
	bool from;
	bool contained; /* each file says all about its messages, so that they
			   can be read in a container */
	/* Enters a directory, and appends its levels to `folder`. NULL: as
	 * usual. */
	enum ms_client_entry (*enter)(struct ms_client_state *c,
	    const struct ms_client_place *at, struct ms_client_dir *d,
	    struct ms_buf *folder);
	/* Whether a file is read at all. NULL: yes. */
	bool (*wants)(const struct ms_client_dir *d, const char *name);
	/* Fills the level of a file that is an mbox; flags of another file. */
	void (*file)(struct ms_client_state *c, const struct ms_client_dir *d,
	    struct ms_source_file *f, const char *name);
	/* The format of a file, or NULL. */
	const struct ms_source_format *(*format)(struct ms_source *src);
	/* Called when the fields of a message were read. */
	void (*message)(struct ms_source *src, struct ms_client_message *m);
};

struct ms_client_state {
	const struct ms_client_driver *driver;
	bool with_deleted;
	const char *into; /* -d, or NULL; borrowed */
	/* Remarks on a place; borrowed. */
	const struct ms_source_options *opt;
	struct ms_client_account *accounts;
	struct ms_prefs prefs; /* of the profile that is being read */
	/* The open file. */
	int dir;    /* of the walk, or AT_FDCWD; borrowed */
	char *name; /* in dir; or a path */
	const struct ms_client_account *account;
	bool deleted;  /* its name says so */
	void *records; /* of a format of the driver */
	void (*release)(void *records);
	/* The current message. */
	struct ms_client_message m;
	struct ms_buf head;    /* its beginning, without book-keeping */
	size_t head_given;     /* bytes of it that were returned */
	bool ended;            /* the message ends with head */
	struct ms_spool spool; /* all of it, if it has several folders */
	bool spooled;
	uint64_t spool_given;
	struct ms_buf room;
	size_t folder;     /* the next of several */
	const char *fault; /* what it lacks, or NULL */
	struct ms_buf fault_text;
};

extern const struct ms_client_driver ms_client_thunderbird, ms_client_seamonkey,
    ms_client_apple_mail, ms_client_takeout, ms_client_imap_backup,
    ms_client_mailstore, ms_client_evolution, ms_client_kmail, ms_client_mh,
    ms_client_mutt, ms_client_mbsync, ms_client_offlineimap, ms_client_generic;

#define MS_CLIENT_LABEL_MAX 200 /* bytes; a longer label is dropped */
/* A new account, which c owns: source is "local:CLIENT/NAME". */
const struct ms_client_account *ms_client_account_new(
    struct ms_client_state *c, const char *name, const char *label);
bool ms_client_matches(const char *const *patterns, const char *name);
/* Whether a directory has an entry of this name, which is a directory. */
bool ms_client_has(int fd, const char *name, bool directory);
/* Whether a directory has an entry whose name matches. */
bool ms_client_has_any(int fd, const char *pattern);
/* Appends a level, decoded from modified UTF-7 if it is that. */
void ms_client_level(struct ms_buf *folder, struct ms_slice name, bool utf7);

/* ---- called by source*.c, which have src->client ---- */

struct ms_client_state *ms_client_open(
    const struct ms_source_options *opt, const char *into);
void ms_client_close(struct ms_client_state *c);

/* As ms_client_driver.enter; parent: that of the directory around, or NULL. */
enum ms_client_entry ms_client_enter(struct ms_client_state *c,
    const struct ms_client_dir *parent, const struct ms_client_place *at,
    struct ms_client_dir *d, struct ms_buf *folder);
void ms_client_leave(struct ms_client_dir *d);
/* Whether a file of a directory is read. */
bool ms_client_wants(const struct ms_client_state *c,
    const struct ms_client_dir *d, const char *name);
/* Fills src->file, for a file in dir; d: NULL if it was named by the user. */
void ms_client_file(struct ms_source *src, const struct ms_client_dir *d,
    int dir, const char *name);
/* Refuses a container, unless the client says nothing about its messages in
 * other files. */
int ms_client_contained(const struct ms_client_state *c, struct ms_err *err);
/* The format of the open file, if the client has one of its own, or NULL. */
const struct ms_source_format *ms_client_format(struct ms_source *src);
/* Inbox, as the first level, is INBOX. */
void ms_client_inbox(struct ms_buf *folder);

/*
 * Begins a message that src->format has found: reads its header, removes the
 * book-keeping and sets the attributes of src->env. Returns 1, or -1: the
 * message cannot be read.
 */
int ms_client_begin(struct ms_source *src, struct ms_err *err);
/* The same message again, in its next folder. Returns false if there is none.
 */
bool ms_client_again(struct ms_source *src);
/* As ms_source_read(). */
int ms_client_read(
    struct ms_source *src, struct ms_slice *piece, struct ms_err *err);
/* Why the current message is to be left out, or NULL. */
const char *ms_client_left_out(const struct ms_client_state *c);
/* What the current message lacks, or NULL. */
const char *ms_client_fault(const struct ms_client_state *c);

/* source-emlx.c: the length of the first line and the number that it has, or
 * 0. */
size_t ms_emlx_count(struct ms_slice w, uint64_t *count);
/* client-partial.c: an .emlx whose attachments are other files. */
extern const struct ms_source_format ms_client_partial;
/* client-imap-backup.c */
extern const struct ms_source_format ms_client_pair;

#endif
