/*
 * mbox.h - cuts an mbox, or a message stream, into its messages, without any
 * I/O of its own: the caller shows a window of bytes and is told what they
 * are. ms-stream(5), Foreign mboxes and Quoting. Layer: above stream, mail.
 */
#ifndef MS_MBOX_H
#define MS_MBOX_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_MBOX_FROM_MAX 2048 /* bytes of a From_ line, line end included */
#define MS_MBOX_FIELD_MAX 256 /* bytes of a field's name, colon included */

/* A window of so many bytes, or all there is, is never answered with MORE. */
#define MS_MBOX_WINDOW (MS_MBOX_FROM_MAX + MS_MBOX_FIELD_MAX + 8)

enum ms_mbox_kind {
	MS_MBOX_FOREIGN, /* somebody's mbox: split at From_ lines with a date */
	MS_MBOX_SINGLE,  /* one message under one From_ line */
	MS_MBOX_STREAM   /* ours: split at the constant line, unquoted */
};

enum ms_mbox_event {
	MS_MBOX_MORE, /* show the unused bytes again, with more behind them */
	MS_MBOX_FROM, /* a message begins; piece is its From_ line */
	MS_MBOX_DATA, /* piece is the next bytes of the message */
	MS_MBOX_END,  /* the message is over */
	MS_MBOX_DONE  /* so is the input */
};

/* What a From_ line tells, given without its line end. */
enum ms_mbox_style {
	MS_MBOX_STYLE_NONE,  /* nothing: it may be text */
	MS_MBOX_STYLE_DATED, /* a date */
	MS_MBOX_STYLE_GIT,   /* a commit and git's constant date */
	MS_MBOX_STYLE_WORD   /* one word and no date */
};

struct ms_mbox {
	enum ms_mbox_kind kind;
	bool unquote; /* ">From " loses its ">"; always so in a stream */
	/* The splitter's own: */
	uint8_t state;
	enum ms_mbox_style style; /* of the first From_ line */
	bool bol;     /* the window begins at the beginning of a line, or at
			 the last of the ">"s that stand there */
	uint8_t held; /* bytes before a separator that are no message's */
	bool ended;   /* the message ended at a separator, not with the input */
	bool bare;    /* and there was no line end to take away before it */
};

void ms_mbox_init(struct ms_mbox *m, enum ms_mbox_kind kind, bool unquote);

/*
 * Says what the window [p, p + n) begins with; eof: nothing follows it.
 *   used    receives how many bytes are done with; the next window begins
 *           behind them. The caller may pass over bytes at the beginning of a
 *           message by itself, if they are whole lines.
 *   piece   receives a view into the window, for FROM without the line end
 * Empty lines on top are passed over. Where the input then does not begin with
 * a From_ line (ms_mbox_looks()), what precedes the first separator comes as
 * DATA and END without a FROM.
 */
enum ms_mbox_event ms_mbox_next(struct ms_mbox *m, const unsigned char *p,
    size_t n, bool eof, size_t *used, struct ms_slice *piece);

/*
 * After END: whether a separator followed, rather than the end of the input;
 * in a stream only then is the message known to be whole.
 */
bool ms_mbox_ended(const struct ms_mbox *m);
/* After END in a stream: the line end that every writer adds was missing. */
bool ms_mbox_bare(const struct ms_mbox *m);

/*
 * Does an input that begins with these bytes look like an mbox? It does if it
 * begins, behind empty lines, with a From_ line that holds a date or is
 * followed by a header field. 1, 0, or -1: more bytes are needed to say so.
 */
int ms_mbox_looks(const unsigned char *p, size_t n, bool eof);

enum ms_mbox_style ms_mbox_style(struct ms_slice from);

/*
 * Do the bytes begin with a header field (RFC 5322, 3.6.8; blanks before the
 * colon as in 4.5)? 1, 0, or -1: more bytes are needed to say so.
 */
int ms_mbox_field(const unsigned char *p, size_t n, bool eof);
/*
 * Do they begin a message behind its From_ line: with a header field, or with a
 * From_ line of the message's own, which stands quoted? As above.
 */
int ms_mbox_header(const unsigned char *p, size_t n, bool eof);

/*
 * The date in a From_ line given without its line end; UTC where it names no
 * zone. False: there is none, or no calendar has it.
 */
bool ms_mbox_date(struct ms_slice from, int64_t *out);

#endif
