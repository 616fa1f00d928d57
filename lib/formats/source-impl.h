/*
 * source-impl.h - shared by source*.c: the window on an input, the interface of
 * a format, the walk through directories. Layer: private to source.
 */
#ifndef MS_SOURCE_IMPL_H
#define MS_SOURCE_IMPL_H
#include "mbox.h"
#include "source.h"

/* ---- source-input.c: a window that moves over an input ---- */

#define MS_INPUT_SIZE ((size_t)512 << 10) /* bytes; the largest piece */

struct ms_input {
	int fd;
	bool owned;         /* fd is closed by ms_input_end() */
	bool eof;           /* all is read, or reading has failed */
	bool failed;        /* reading has failed */
	unsigned char *buf; /* MS_INPUT_SIZE bytes, allocated on first use */
	size_t start, end;  /* the window is buf[start, end) */
	uint64_t offset;    /* of the window in the input */
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
/*
 * Reads once, after the window, which can move. Returns 1; 0 at the end, or if
 * the window is full; -1 (MS_IO), and eof is set.
 */
int ms_input_more(struct ms_input *in, struct ms_err *err);

/* ---- source-text.c: names from disk as text ---- */

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

/* ---- formats of a file: source-stream.c source-mbox.c source-eml.c ---- */

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
    ms_source_eml;

/*
 * The next event of the splitter in the open file, except MORE, and its piece;
 * -1: reading failed. *offset receives the position of the piece, or of what
 * could not be read, in the input.
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
	bool in_tree;  /* found in a directory */
	bool delivery; /* a message in a Maildir */
};

struct ms_source {
	struct ms_source_options opt;
	char *into;
	struct ms_tree *tree;                  /* NULL: the input is a file */
	const struct ms_source_format *format; /* of the open file, or NULL */
	struct ms_source_file file;
	struct ms_input in;
	struct ms_mbox mbox;
	struct ms_envelope env;
	struct ms_buf where, folder;
	int64_t date;
	bool has_date;
	bool trusted;
	bool reading;   /* the current message is not read to its end */
	uint64_t given; /* bytes of the current message so far */
	uint64_t count; /* messages of the open file */
	uint64_t done;  /* bytes of the files before this one */
	uint64_t total; /* bytes of the input if it is a file, or 0 */
	bool stream;    /* the input is a message stream */
	bool whole;     /* the last trailer is at the end of the stream */
	struct ms_trailer trailer;
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
void ms_source_set_date(struct ms_source *src, int64_t date);
/*
 * Sets src->where to the name of the file; or to the name, `what` and a number.
 */
void ms_source_where(struct ms_source *src);
void ms_source_where_at(struct ms_source *src, const char *what, uint64_t n);

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
/* Whether the directory is a Maildir, which has cur and new. */
bool ms_maildir_is(int dir);
/*
 * Appends the levels of a folder directory in a Maildir: ".A.B" is A and B; any
 * other name is one level. Modified UTF-7 is decoded.
 */
void ms_maildir_folder(struct ms_buf *folder, const char *name);

#endif
