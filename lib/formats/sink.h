/*
 * sink.h - where messages go: a stream, an mbox, files. A sink takes messages
 * one after another, each as what is known of it and bytes in pieces; adding
 * a format is one file sink-NAME.c and one row in sink.c. ms-export(1).
 * Layer: above stream, mail.
 */
#ifndef MS_SINK_H
#define MS_SINK_H
#include <stdbool.h>
#include <stdint.h>
#include "sha.h"
#include "stream.h"

enum ms_eol {
	MS_EXPORT_ORIGINAL, /* as the copy came */
	MS_EXPORT_LF,
	MS_EXPORT_CRLF
};

/* A message that goes out, as far as it is known. Borrowed for the call. */
struct ms_out_message {
	const unsigned char *id; /* MS_SHA_LEN bytes */
	/* Where it lay, NULL if no occurrence is meant. UTF-8. */
	const char *user, *source, *label, *folder;
	const char *place, *flags; /* as the stream's uid and flags, or "" */
	struct ms_slice other;     /* further attributes, as they stand there */
	bool has_date;
	int64_t date;
	struct ms_slice subject; /* decoded; possibly only its beginning */
};

struct ms_sink;

struct ms_sink_options {
	const char *dest; /* a file or directory; "-": standard output */
	enum ms_eol eol;  /* of the bytes that will come */
	bool users;       /* files: a folder for each user above theirs */
};

struct ms_sink_format {
	const char *name;
	enum ms_eol eol; /* unless it is said */
	bool single;     /* standard output takes one message */
	int (*open)(struct ms_sink **out, const struct ms_sink_options *opt,
	    struct ms_err *err);
};

/* A format by its name, or NULL. */
const struct ms_sink_format *ms_sink_format(const char *name);

/*
 * Errors of begin, data and end: MS_EXISTS (it would have overwritten
 * something) and MS_DATA (it can't be written in this format) concern this
 * message alone: go on with the next, without void. After any other the sink
 * can only be closed.
 */
int ms_sink_begin(
    struct ms_sink *s, const struct ms_out_message *m, struct ms_err *err);
int ms_sink_data(
    struct ms_sink *s, const unsigned char *p, size_t n, struct ms_err *err);
/* The message is complete. */
int ms_sink_end(struct ms_sink *s, struct ms_err *err);
/*
 * The message begun can't be completed: nothing that looks whole is left. Not
 * every sink can take back what it wrote: then -1, after the first byte.
 */
int ms_sink_cancel(struct ms_sink *s, const char *reason, struct ms_err *err);
bool ms_sink_can_cancel(const struct ms_sink *s);
/* Hands on what is buffered: called before waiting for more to write. */
int ms_sink_flush(struct ms_sink *s, struct ms_err *err);
/*
 * Ends and frees it; t says how the run went, for the stream's trailer. What
 * a file format writes takes its name only now, and only if t->status is 0,
 * 1 or 73. Durable, unless it is standard output, when it returns 0.
 */
int ms_sink_close(
    struct ms_sink *s, const struct ms_trailer *t, struct ms_err *err);

#endif
