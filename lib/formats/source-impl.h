/*
 * source-impl.h - what the files source*.c share: the window on an input, the
 * table of formats, the walk through directories. Private to them.
 * Layer: source.
 */
#ifndef MS_SOURCE_IMPL_H
#define MS_SOURCE_IMPL_H
#include "mbox.h"
#include "source.h"

/* ---- source-input.c: a window that moves over an input ---- */

#define MS_INPUT_SIZE ((size_t)512 << 10) /* bytes; the largest piece */

struct ms_input {
	int fd;
	bool own;           /* fd is closed with it */
	bool eof;           /* all was read, or reading failed */
	bool failed;        /* reading failed: what follows is not known */
	unsigned char *buf; /* MS_INPUT_SIZE bytes, made when first needed */
	size_t start, end;  /* the window is buf[start, end) */
	uint64_t offset;    /* of the window in the input */
};

/* Begins with another file, which it closes if own; the memory stays. */
void ms_input_begin(struct ms_input *in, int fd, bool own);
void ms_input_end(struct ms_input *in);
void ms_input_release(struct ms_input *in);
/* The bytes not yet used; until the next call to ms_input_more(). */
struct ms_slice ms_input_window(const struct ms_input *in);
void ms_input_use(struct ms_input *in, size_t n);
/*
 * Reads once, behind the window, which may move. 1 got some; 0 there is no
 * more, or no more room; -1 (MS_IO), and eof is set.
 */
int ms_input_more(struct ms_input *in, struct ms_err *err);

/* ---- source-text.c: names from disk as text ---- */

/*
 * Appends bytes as UTF-8 for people: controls and what is not UTF-8 as \xHH.
 * A level of a folder name has its / and \ escaped too (ms-stream(5)).
 */
void ms_text_add(struct ms_buf *out, struct ms_slice bytes, bool level);
/* Adds a level to a folder name: "/" if it has some already, and the name. */
void ms_folder_add(struct ms_buf *folder, struct ms_slice name);
/* Does a name end so? Case makes no difference; the name is longer. */
bool ms_name_ends(const char *name, const char *suffix);
/* A file's name without .mbox, .mbx or .txt. */
struct ms_slice ms_name_stem(const char *name);

/* ---- formats of a file: source-stream.c source-mbox.c source-eml.c ---- */

struct ms_source_format {
	enum ms_format format;
	bool one;         /* a file holds one message: its rest is never read */
	const char *lack; /* the sentence if it was asked for and is not so */
	/* Is what the window begins with of this format? 1, 0, or -1: more is
	 * needed to say. */
	int (*looks)(
	    const struct ms_source *src, struct ms_slice window, bool eof);
	void (*begin)(struct ms_source *src);
	/* As ms_source_next() and ms_source_read(); env and where are filled */
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

/* Empty lines, then From_ or a header field: the beginning of a message. */
int ms_source_looks_mail(struct ms_slice window, bool eof);

/* The file that is open. */
struct ms_source_file {
	struct ms_buf name;   /* as the user is told; "stdin" */
	struct ms_buf folder; /* levels that a message in it lies in, if any */
	struct ms_buf stem;   /* the level it is itself, if it is an mbox */
	struct ms_buf flags;  /* of a Maildir's file */
	int64_t mtime;
	bool has_mtime;
	bool named;    /* on the command line, or stdin */
	bool eml;      /* its name ends in .eml */
	bool in_tree;  /* found in a directory */
	bool delivery; /* one message of a Maildir */
};

struct ms_source {
	struct ms_source_options opt;
	char *into;
	struct ms_tree *tree;                  /* NULL: a file only */
	const struct ms_source_format *format; /* of the open file, or NULL */
	struct ms_source_file file;
	struct ms_input in;
	struct ms_mbox mbox;
	struct ms_envelope env;
	struct ms_buf where, folder;
	int64_t date;
	bool has_date;
	bool trusted;
	bool reading;   /* a message was begun and not read to its end */
	uint64_t given; /* its bytes given so far */
	uint64_t count; /* messages of the open file */
	uint64_t done;  /* bytes of files closed before */
	uint64_t total; /* bytes of the named file, or 0 */
	bool stream;    /* this was a message stream */
	bool whole;     /* its last trailer stands at its end */
	struct ms_trailer trailer;
};

/*
 * Makes the folder: `own` is the one that the message itself names, NULL if
 * none, and `into` goes before it or, if there is none, is it.
 */
void ms_source_folder(struct ms_source *src, const char *own);
/* Makes that of the open file; mbox: it has the messages, and is a level. */
void ms_source_file_folder(struct ms_source *src, bool mbox);
/* Sets that of env. */
void ms_source_set_folder(struct ms_source *src);
void ms_source_set_date(struct ms_source *src, int64_t date);
/* where: "NAME"; the same, `what` and a number. */
void ms_source_where(struct ms_source *src);
void ms_source_where_at(struct ms_source *src, const char *what, uint64_t n);

/* ---- source-tree.c, source-maildir.c ---- */

struct ms_names;

/* Takes over the directory fd, whose name as given is root. */
struct ms_tree *ms_tree_open(int fd, const char *root);
/*
 * Opens the next file, and fills src->file. Results: 1, and *fd is the
 * caller's; 0 after the last file; -1 if a file or folder, which src->where
 * names, cannot be read: the next call goes on after it.
 */
int ms_tree_next(struct ms_source *src, int *fd, struct ms_err *err);
void ms_tree_close(struct ms_tree *t);

#define MS_KEYWORDS 26 /* a to z */

/* The names that a Maildir's letters a to z have; NULL: none. */
struct ms_keywords {
	char *name[MS_KEYWORDS];
};
/* Reads dovecot-keywords in the directory; without one there are none. */
void ms_keywords_read(struct ms_keywords *k, int dir);
void ms_keywords_release(struct ms_keywords *k);
/* The flags that a Maildir's file name tells, as the stream writes them. */
void ms_maildir_flags(
    struct ms_buf *out, const char *name, const struct ms_keywords *k);
/* Is the directory a Maildir: does it hold cur and new? */
bool ms_maildir_is(int dir);
/*
 * Adds the levels of a folder's directory in a Maildir: ".A.B" is A and B,
 * any other name is one level; modified UTF-7 is decoded.
 */
void ms_maildir_folder(struct ms_buf *folder, const char *name);

#endif
