/*
 * mbox.h - splits an mbox, or a message stream, into messages. The module does
 * no I/O: the caller passes a window of bytes and learns what it begins with.
 * ms-stream(5), Foreign mboxes and Quoting. Layer: above stream, mail.
 */
#ifndef MS_MBOX_H
#define MS_MBOX_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_MBOX_FROM_MAX 2048 /* bytes of a From_ line with its line end */
#define MS_MBOX_FIELD_MAX 256 /* bytes of a field name, including the colon */
/* Bytes after a From_ line without a date that are searched for two fields. */
#define MS_MBOX_LOOK ((size_t)64 << 10)

/*
 * For a window of this size, or for the rest of the input, ms_mbox_next() never
 * returns MS_MBOX_MORE.
 */
#define MS_MBOX_WINDOW (MS_MBOX_FROM_MAX + MS_MBOX_LOOK + 8)

enum ms_mbox_kind {
	MS_MBOX_FOREIGN, /* an mbox of another program: split at From_ lines */
	MS_MBOX_SINGLE,  /* one message under one From_ line */
	MS_MBOX_STREAM   /* split at the constant line, and unquoted */
};

enum ms_mbox_event {
	MS_MBOX_MORE,  /* pass the unused bytes again, followed by more */
	MS_MBOX_FROM,  /* a message begins; piece is its From_ line */
	MS_MBOX_DATA,  /* piece is the next bytes of the message */
	MS_MBOX_DOUBT, /* piece is a line that perhaps begins a message; it
			  comes again, as DATA or, at the start of the input,
			  FROM */
	MS_MBOX_END,   /* the end of the message */
	MS_MBOX_DONE   /* the end of the input */
};

/* The kinds of From_ lines, given without the line end. */
enum ms_mbox_style {
	MS_MBOX_STYLE_NONE,  /* not a From_ line; also "From : x", a field */
	MS_MBOX_STYLE_DATED, /* a date */
	MS_MBOX_STYLE_GIT,   /* a commit and git's constant date */
	MS_MBOX_STYLE_WORD,  /* one word and no date */
	MS_MBOX_STYLE_OTHER  /* no date; possibly text of a message */
};

struct ms_mbox {
	enum ms_mbox_kind kind;
	bool unquote; /* ">From " loses its ">"; always done in a stream */
	/* Private to the splitter: */
	uint8_t state;
	enum ms_mbox_style style; /* of the first From_ line */
	bool bol; /* the window begins at the start of a line, or at the last of
		     the ">"s there */
	bool nuls;  /* the window begins after NULs at the start of a line */
	bool blank; /* with bol or nuls, the line before that one is blank; else
		       the bytes of the line before the window are blank */
	uint8_t pending; /* bytes before a separator that are not part of a
			    message */
	bool ended;   /* the message ended at a separator, not at the end of the
			 input */
	bool bare;    /* no line end was removed before the separator */
	bool doubted; /* DOUBT was returned for the first line */
};

void ms_mbox_init(struct ms_mbox *m, enum ms_mbox_kind kind, bool unquote);

/*
 * Tells what the window [p, p + n) begins with. eof means that no bytes follow.
 *   used    receives the number of bytes that are used; the next window begins
 *           after them. At the beginning of a message the caller can skip bytes
 *           itself, if they are whole lines.
 *   piece   receives a view into the window, for FROM and DOUBT without the
 *           line end; unchanged for other events than FROM, DATA and DOUBT
 * Blank lines, a byte order mark and NULs at the beginning are skipped. If the
 * input does not begin with a From_ line (ms_mbox_looks()), the bytes before
 * the first separator come as DATA and END without a FROM.
 */
enum ms_mbox_event ms_mbox_next(struct ms_mbox *m, const unsigned char *p,
    size_t n, bool eof, size_t *used, struct ms_slice *piece);

/*
 * After END: whether a separator followed, and not the end of the input. In a
 * stream, the message is complete only in this case.
 */
bool ms_mbox_ended(const struct ms_mbox *m);
/*
 * Whether the next window begins with a separator, so that another splitter can
 * go on there: ms_mbox_resume(), after ms_mbox_init().
 *   style  that of the first From_ line of the input, m->style
 */
bool ms_mbox_between(const struct ms_mbox *m);
void ms_mbox_resume(struct ms_mbox *m, enum ms_mbox_style style);
/* After END in a stream: the line end, which every writer adds, is missing. */
bool ms_mbox_bare(const struct ms_mbox *m);

/*
 * Whether an input that begins with these bytes looks like an mbox: after blank
 * lines, a byte order mark or NULs it begins with a From_ line. Returns 1, the
 * line has a date, or two header fields follow (ms_mbox_fields()); 2, only one
 * field follows; 0; or -1 if more bytes are needed. For a line with a date but
 * without a field, ms_mbox_next() returns MS_MBOX_DOUBT.
 */
int ms_mbox_looks(const unsigned char *p, size_t n, bool eof);

/* Whether the line, given without its line end, is the separator of a stream.
 */
bool ms_mbox_is_stream(struct ms_slice line);
enum ms_mbox_style ms_mbox_style(struct ms_slice from);

/*
 * Whether the bytes begin with a header field (RFC 5322, 3.6.8; blanks before
 * the colon as in 4.5). Returns 1, 0, or -1 if more bytes are needed.
 */
int ms_mbox_field(const unsigned char *p, size_t n, bool eof);
/*
 * Whether the bytes after a From_ line begin a message: with a header field, or
 * with a quoted From_ line that belongs to the message. Returns as above.
 */
int ms_mbox_header(const unsigned char *p, size_t n, bool eof);

/*
 * The name of the header field that the line begins with, or an empty slice.
 * This rule is narrower than ms_mbox_field(): the name has only the characters
 * of real names (letters, digits, "-", "_" and "."), among them a letter, and
 * the colon is not part of "://".
 */
struct ms_slice ms_mbox_field_name(struct ms_slice line);
/*
 * How many fields (ms_mbox_field_name()), at most two, follow each other at the
 * beginning of the bytes, perhaps after one other line. At most MS_MBOX_LOOK
 * bytes are examined. Returns -1 if more bytes are needed.
 */
int ms_mbox_fields(const unsigned char *p, size_t n, bool eof);

/*
 * Parses the date of a From_ line, given without its line end. A date without a
 * zone is UTC. Returns false if there is no date, or if the calendar does not
 * have it.
 */
bool ms_mbox_date(struct ms_slice from, int64_t *out);
/*
 * Whether Thunderbird wrote the line: "From - " and a date, which is that of
 * the copy in its own folder.
 */
bool ms_mbox_thunderbird(struct ms_slice from);

#endif
