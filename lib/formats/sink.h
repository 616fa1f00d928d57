/*
 * sink.h - destinations of messages: a stream, an mbox, files. A sink takes
 * messages one after another, each as its attributes and its bytes in pieces. A
 * new format is one file sink-NAME.c and one row in sink-formats.c.
 * ms-export(1). Layer: above stream, mail.
 */
#ifndef MS_SINK_H
#define MS_SINK_H
#include <stdbool.h>
#include <stdint.h>
#include "dates.h"
#include "sha.h"
#include "stream.h"

enum ms_eol {
	MS_EXPORT_ORIGINAL, /* the line ends of the stored copy */
	MS_EXPORT_LF,
	MS_EXPORT_CRLF
};

/* A message and its attributes. Borrowed for the call. */
struct ms_out_message {
	const unsigned char *id; /* MS_SHA_LEN bytes */
	/*
	 * Its place in UTF-8; NULL if the message is exported without an
	 * occurrence.
	 */
	const char *user, *source, *label, *folder;
	const char *place, *flags; /* uid and flags of the stream, or "" */
	struct ms_slice
	    other;     /* other attributes, in the syntax of the stream */
	bool has_date; /* sent and arrived are known */
	int64_t sent, arrived;
	struct ms_raw_date raw;  /* what its source said about the date */
	struct ms_slice subject; /* decoded; can be truncated */
	/* For formats that have moves; ms-stream(5). */
	const char *ref; /* the id in hex, for a message without its bytes */
	const char *moved_from, *moved_places; /* or NULL */
	int64_t moved_at;                      /* if moved_from is set */
	bool moved_away;
	/* Where a person has put the message, if that is not `folder` of
	 * `user`; or NULL. */
	const char *shown, *shown_user;
};

struct ms_sink;

struct ms_sink_options {
	const char *dest; /* a file or directory; "-": standard output */
	enum ms_eol eol;  /* line ends of the bytes that the caller passes */
	bool users;       /* eml: add a folder for each user */
};

struct ms_sink_format {
	const char *name;
	enum ms_eol eol; /* the default */
	bool single;     /* standard output takes only one message */
	bool moves;      /* can say which messages were moved */
	int (*open)(struct ms_sink **out, const struct ms_sink_options *opt,
	    struct ms_err *err);
};

/* Finds a format by name; NULL: unknown. */
const struct ms_sink_format *ms_sink_format(const char *name);

/*
 * Errors of begin, data and end: MS_EXISTS (something would be overwritten) and
 * MS_DATA (the format cannot contain the message) concern only this message;
 * the caller goes on with the next one, without ms_sink_cancel(). After any
 * other error the sink can only be closed.
 */
int ms_sink_begin(
    struct ms_sink *s, const struct ms_out_message *m, struct ms_err *err);
int ms_sink_data(
    struct ms_sink *s, const unsigned char *p, size_t n, struct ms_err *err);
/* Ends a complete message. */
int ms_sink_end(struct ms_sink *s, struct ms_err *err);
/*
 * Cancels the current message: nothing that looks complete remains. A sink that
 * cannot remove what it has written returns -1 after the first byte.
 */
int ms_sink_cancel(struct ms_sink *s, const char *reason, struct ms_err *err);
bool ms_sink_can_cancel(const struct ms_sink *s);
/* Writes what is buffered; called before a wait for more messages. */
int ms_sink_flush(struct ms_sink *s, struct ms_err *err);
/*
 * Closes and frees the sink. t is the result of the run, and the trailer of a
 * stream. The file of a format gets its name only now, and only if t->status is
 * 0, 1 or 73; an mbox without messages is removed, and so is a new directory.
 * When the function returns 0 all output is durable, except standard output.
 */
int ms_sink_close(
    struct ms_sink *s, const struct ms_trailer *t, struct ms_err *err);

#endif
