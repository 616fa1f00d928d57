/*
 * source-impl.h - shared by source*.c: the window on an input, the interface of
 * a format, the walk through directories. Layer: private to source.
 */
#ifndef MS_SOURCE_IMPL_H
#define MS_SOURCE_IMPL_H
#include <time.h>
#include "mbox.h"
#include "spool.h"
#include "source.h"
#include "unpack.h"

/* ---- source-input.c: a window that moves over an input ---- */

#define MS_INPUT_SIZE ((size_t)512 << 10) /* bytes; the largest piece */

struct ms_input {
	int fd;
	bool owned;         /* fd is closed by ms_input_end() */
	bool eof;           /* all is read, or reading has failed */
	bool failed;        /* reading has failed */
	bool slow;          /* a read can wait: a pipe, a terminal */
	bool whole;         /* a regular file, from its beginning */
	int64_t grace_ms;   /* that a read waits after a signal */
	unsigned char *buf; /* MS_INPUT_SIZE bytes, allocated on first use */
	size_t start, end;  /* the window is buf[start, end) */
	uint64_t offset;    /* of the window in the input */
	struct ms_container *container; /* gives the bytes instead of fd */
	struct ms_sha *hash; /* gets the bytes that are used; or NULL */
};

/*
 * Begins another file, which is closed at the end if owned. The memory is
 * reused.
 */
void ms_input_begin(struct ms_input *in, int fd, bool owned);
void ms_input_end(struct ms_input *in);
void ms_input_release(struct ms_input *in);
/* The bytes that are not used yet; valid until the next ms_input_more(). */
struct ms_slice ms_input_window(const struct ms_input *in);
void ms_input_use(struct ms_input *in, size_t n);
/* Goes on at another position of the file, which is regular. */
int ms_input_seek(struct ms_input *in, uint64_t at, struct ms_err *err);
/*
 * Reads once, after the window, which can move. Returns 1; 0 at the end, or if
 * the window is full; -1 (MS_IO; MS_TEMP, a signal came), and eof is set.
 */
int ms_input_more(struct ms_input *in, struct ms_err *err);

/* ---- source-text.c: text, and names from disk as text ---- */

/*
 * Whether a line contains no controls that text does not have. ESC is allowed:
 * it begins ISO 2022 characters.
 */
bool ms_is_text(struct ms_slice line);

/*
 * Appends bytes as UTF-8 for people: controls and bytes that are not UTF-8
 * become \xHH. In a level of a folder name, / and \ are escaped too
 * (ms-stream(5)).
 */
void ms_text_add(struct ms_buf *out, struct ms_slice bytes, bool level);
/* Appends a level to a folder name, after a "/" if it is not the first. */
void ms_folder_add(struct ms_buf *folder, struct ms_slice name);
/* Whether a name, which is longer than the suffix, ends with it in any case. */
bool ms_name_ends(const char *name, const char *suffix);
/* The name of a file without .mbox, .mbx or .txt. */
struct ms_slice ms_name_stem(const char *name);

/* ---- source-kind.c: what is not mail ---- */

/* Whether the first bytes of a file are those of a kind that is not mail. */
bool ms_source_is_other(struct ms_slice window);
/*
 * Refuses a file that was not recognized as mail, and says what it is, if that
 * is known. Returns -1 with MS_NOINPUT if it contains no mail, or MS_DATA.
 */
int ms_source_refuse(struct ms_slice window, struct ms_err *err);
/* Whether a header field with this name shows that a text is mail. */
bool ms_source_mail_field(struct ms_slice name);
/* As many bytes of an input are enough for ms_source_is_other(). */
#define MS_SOURCE_KIND_MIN ((size_t)64)

/* ---- formats of a file: source-stream.c, source-mbox.c and so on ---- */

struct ms_source_format {
	enum ms_format format;
	bool one; /* a file is one message; unread bytes are skipped */
	const char *mismatch; /* the message if the input is not of the
				 requested format */
	/*
	 * Whether the window begins an input of this format. Returns 1, 0, or
	 * -1 if more bytes are needed.
	 */
	int (*looks)(
	    const struct ms_source *src, struct ms_slice window, bool eof);
	void (*begin)(struct ms_source *src);
	/* Like ms_source_next() and ms_source_read(); fill env and where. */
	int (*next)(struct ms_source *src, struct ms_err *err);
	int (*read)(
	    struct ms_source *src, struct ms_slice *piece, struct ms_err *err);
};
extern const struct ms_source_format ms_source_stream, ms_source_mbox,
    ms_source_outlook, ms_source_emlx, ms_source_eml;

/*
 * The next event of the splitter in the open file, except MORE and DOUBT, which
 * is a remark, and its piece; -1: reading failed. *offset receives the position
 * of the piece, or of what could not be read, in the input.
 */
int ms_source_split(struct ms_source *src, struct ms_slice *piece,
    uint64_t *offset, struct ms_err *err);

/* The open file. */
struct ms_source_file {
	struct ms_buf name;   /* in messages to the user; "stdin" */
	struct ms_buf folder; /* the folder of its directory, can be empty */
	struct ms_buf stem;   /* its own level, if it is an mbox */
	struct ms_buf flags;  /* of a file in a Maildir */
	int64_t mtime;
	bool has_mtime;
	bool named;    /* given on the command line, or stdin */
	bool eml;      /* its name ends in .eml */
	bool emlx;     /* ... in .emlx */
	bool partial;  /* ... in .partial.emlx */
	bool in_tree;  /* found in a directory */
	bool delivery; /* a message in a Maildir */
	bool message;  /* its name says that it is a single message */
};

/* The container whose files are read: source-container.c. */
struct ms_source_container {
	bool open;
	struct ms_buf name, folder, stem; /* of the container, as of a file */
	bool in_tree;
	bool found;  /* a message was found before it */
	bool failed; /* a file in it */
	/* Reading goes on at this point, in this file. */
	bool resumes;
	struct ms_source_point point;
	struct ms_unpacked at;
};

/* What is known of the open file, or container, for its points. */
struct ms_source_points {
	bool on;            /* it has points */
	struct ms_sha hash; /* of the bytes that are used */
	uint64_t file;      /* files of the container */
	uint64_t messages;
	/* Of a PST file, which is hashed piece by piece while it is read. */
	uint64_t size, hashed;
	struct timespec mtime;
	bool changed; /* while it was read */
	unsigned char whole[MS_SHA_LEN];
};

struct ms_client_state;
struct ms_source {
	struct ms_source_options opt;
	char *into;
	struct ms_client_state *client; /* client-impl.h; NULL: none */
	struct ms_tree *tree;           /* NULL: the input is a file */
	struct ms_source_container container;
	struct ms_source_points points;
	const struct ms_source_format *format; /* of the open file, or NULL */
	struct ms_source_file file;
	struct ms_input in;
	struct ms_mbox mbox;
	struct ms_envelope env;
	struct ms_buf where, folder;
	struct ms_raw_date raw;
	bool trusted;
	bool reading;   /* the current message is not read to its end */
	uint64_t given; /* bytes of the current message so far */
	uint64_t left;  /* bytes of an .emlx message that are not read yet */
	bool no_count;  /* the .emlx file does not say their number */
	/* Where the properties of an .emlx begin in the file, or 0. */
	uint64_t properties;
	int outlook_kind;   /* enum ms_mapi_file of the open file */
	bool outlook_begun; /* the reader has the open file */
	uint64_t left_out;  /* items of all files that are no mail */
	uint64_t count;     /* messages of the open file */
	uint64_t done;      /* bytes of the files before this one */
	uint64_t total;     /* bytes of the input if it is a file, or 0 */
	bool found;         /* a message, or a mailbox without messages */
	bool failed;        /* ms_source_next() has returned -1 */
	bool stream;        /* the input is a message stream */
	bool whole;         /* the last trailer is at the end of the stream */
	struct ms_trailer trailer;
	const struct ms_spool *spool; /* source-spool.c */
	const char *origin;           /* likewise */
	struct ms_progress writer;    /* what the writer of a stream has said */
	struct ms_buf writer_folder;
};

/*
 * Sets src->folder. name is that of the message itself, or NULL; `into`
 * precedes it, or replaces it if it is NULL.
 */
void ms_source_folder(struct ms_source *src, const char *name);
/*
 * Sets src->folder to that of the open file. mbox: the file contains messages
 * and is itself a level.
 */
void ms_source_file_folder(struct ms_source *src, bool mbox);
/* Copies src->folder to env. */
void ms_source_set_folder(struct ms_source *src);
void ms_source_set_date(
    struct ms_source *src, enum ms_raw_kind kind, int64_t date);
/*
 * Sets src->where to the name of the file; or to the name, `what` and a number.
 */
void ms_source_where(struct ms_source *src);
void ms_source_where_at(struct ms_source *src, const char *what, uint64_t n);
/* Remarks on a position in the open file; src->where does not change. */
void ms_source_remark_at(
    struct ms_source *src, uint64_t offset, const char *text);
/* Remarks on src->where. */
void ms_source_remark(struct ms_source *src, const char *text);

/* ---- source-container.c ---- */

/* Whether the window begins a container; reads more if that is needed. */
bool ms_source_is_container(struct ms_source *src);
/* Begins with the container that is the open file, which can then be closed. */
int ms_source_container_begin(struct ms_source *src, struct ms_err *err);
/* Then, when it is closed, goes on at its known point, if there is one. */
void ms_source_container_resume(struct ms_source *src);
/* The bytes of the file that was begun come from the container. */
void ms_source_container_input(struct ms_source *src);
/*
 * Goes on to the next file of the container, and fills src->file; its bytes
 * come from src->opt.containers. Returns 1; 0 after the last one; -1: it cannot
 * be read, and the next call goes on after it.
 */
int ms_source_container_next(struct ms_source *src, struct ms_err *err);

/* ---- source-point.c ---- */

/*
 * Begins the points of the open file, if it is a regular file that is not
 * standard input, and asks for a known one.
 *   kind  a word for what the file is
 * Returns whether *p is such a point, whose hash is still to be compared.
 */
bool ms_source_points_begin(
    struct ms_source *src, const char *kind, struct ms_source_point *p);
/* The hash is equal, and reading goes on at p. */
void ms_source_points_resumed(
    struct ms_source *src, const struct ms_source_point *p);
/* Of the open mbox: goes on at its known point, if there is one. */
void ms_source_points_mbox(struct ms_source *src);
/* Of the open PST file: returns how many items are to be passed over. */
uint64_t ms_source_points_pst(struct ms_source *src);
/* Hashes the next piece of the PST file. */
void ms_source_points_pst_more(struct ms_source *src);
/* Of a container: a file of it begins; the rest of the file is passed over. */
void ms_source_points_file(
    struct ms_source *src, const struct ms_unpacked *file);
void ms_source_points_drain(struct ms_source *src);
/* In the file of the point: passes over the bytes before the point. Returns
 * whether the hash is equal. */
bool ms_source_points_reach(
    struct ms_source *src, const struct ms_source_point *p);

/* ---- source-tree.c, source-maildir.c ---- */

/* Walks the directory fd, which the tree owns from now on. root is its name. */
struct ms_tree *ms_tree_open(int fd, const char *root);
/*
 * Opens the next file, and fills src->file. Results: 1, and *fd is the
 * caller's; 0 after the last file; -1 if a file or folder, which src->where
 * names, cannot be read: the next call goes on after it.
 */
int ms_tree_next(struct ms_source *src, int *fd, struct ms_err *err);
void ms_tree_close(struct ms_tree *t);

#define MS_KEYWORDS 26 /* a to z */

/* The keywords of the letters a to z in a Maildir; NULL: none. */
struct ms_keywords {
	char *name[MS_KEYWORDS];
};
/* Reads dovecot-keywords in the directory, if it exists. */
void ms_keywords_read(struct ms_keywords *k, int dir);
void ms_keywords_release(struct ms_keywords *k);
/*
 * The flags in the file name of a Maildir message, in the syntax of the stream.
 */
void ms_maildir_flags(
    struct ms_buf *out, const char *name, const struct ms_keywords *k);
/*
 * Whether the directory is a Maildir, which has cur and new, or one of the two:
 * copies lose empty directories. name is that of the directory, or NULL.
 */
bool ms_maildir_is(int dir, const char *name);
/* Whether a file is one of a mail program, but contains no mail. */
bool ms_is_bookkeeping(const char *name);
/*
 * Appends the levels of a folder directory in a Maildir: ".A.B" is A and B; any
 * other name is one level. Modified UTF-7 is decoded.
 */
void ms_maildir_folder(struct ms_buf *folder, const char *name);

#endif
