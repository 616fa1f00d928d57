/*
 * outlook.h - the messages of files of Outlook, which a confined process reads
 * and converts (sandbox.h, keeper.h). If it dies or hangs, the rest of the file
 * is lost; what came before is kept. Layer: above msg, convert, keeper.
 */
#ifndef MS_MAPI_OUTLOOK_H
#define MS_MAPI_OUTLOOK_H
#include <stdbool.h>
#include <stdint.h>
#include "buf.h"

#define MS_MAPI_HEAD 8 /* bytes that show what a file is */

enum ms_mapi_file {
	MS_MAPI_FILE_NONE,
	MS_MAPI_FILE_MSG, /* OLE2, which other programs use, too */
	MS_MAPI_FILE_PST, /* and OST */
	MS_MAPI_FILE_TNEF /* the message is a part: ms_mapi_convert_part() */
};
/* What a file of its own is, by its first bytes. */
enum ms_mapi_file ms_mapi_file_kind(struct ms_slice head);

struct ms_mapi_reader_options {
	unsigned codepage; /* of text without one; 0: unknown */
	bool mail_only;    /* leave out what is not mail, and count it */
	bool recover;      /* of a PST: also what was deleted */
	uint64_t skip;     /* items of a PST that are passed over */
};

/* A message. Borrowed until the next call. */
struct ms_mapi_message {
	/* As in a message stream; UTF-8. */
	const char *flags, *folder, *special;
	const char *what; /* subject and date, for people */
	int64_t date;     /* of its arrival */
	bool has_date;
};

struct ms_mapi_reader;

/*
 * Starts the process that starts readers. Call it before the archive is opened
 * or a secret is read. Results as of ms_mime_open(): 0; 1, the system cannot
 * confine them completely, and `err` is the warning; -1.
 */
int ms_mapi_reader_open(struct ms_mapi_reader **out, struct ms_err *err);
void ms_mapi_reader_close(struct ms_mapi_reader *r);

/*
 * Begins to read a file, and ends with the one before. fd is of a file that can
 * be read at any position; it stays the caller's. -1: MS_IO or MS_TEMP, no
 * reader can be started.
 */
int ms_mapi_reader_begin(struct ms_mapi_reader *r, int fd,
    enum ms_mapi_file kind, const struct ms_mapi_reader_options *opt,
    struct ms_err *err);
/*
 * Goes on to the next message. Returns 1; 0 at the end; -1: something is
 * missing, which `err` names, and the next call goes on after it. The code is
 * MS_NOINPUT if the file is not one of Outlook, else MS_DATA.
 */
int ms_mapi_reader_next(
    struct ms_mapi_reader *r, struct ms_mapi_message *out, struct ms_err *err);
/*
 * The next bytes of the message, valid until the next call. Returns 1; 0 at its
 * end; -1 with MS_DATA, it cannot be completed.
 */
int ms_mapi_reader_read(
    struct ms_mapi_reader *r, struct ms_slice *piece, struct ms_err *err);
/*
 * After a message: whether a reader that skips *n items of this PST file goes
 * on after this message. It is not so while something is still to be said of
 * the message.
 */
bool ms_mapi_reader_passed(const struct ms_mapi_reader *r, uint64_t *n);
/* The items of a PST file, or 0 if they are not known; *done: how many of them
 * have come, or were passed over. */
uint64_t ms_mapi_reader_items(const struct ms_mapi_reader *r, uint64_t *done);
/* The items of the file that were left out so far, because they are no mail. */
uint64_t ms_mapi_reader_left_out(const struct ms_mapi_reader *r);

/* What a folder of a PST file has, and what came of it. */
struct ms_mapi_folder {
	const char *name;
	uint64_t expected; /* items, as the folder says */
	/* Those that were skipped; that became messages; that were left out,
	 * because they are no mail; that cannot be read. */
	uint64_t skipped, items, left_out, failed;
	/* Of the messages: those that lack something; attachments, with those
	 * of messages in messages; of them the messages; the bytes of the
	 * others. */
	uint64_t incomplete, attachments, embedded, bytes;
};
/* The folders of the file so far. Valid until the reader goes on. */
const struct ms_mapi_folder *ms_mapi_reader_folders(
    const struct ms_mapi_reader *r, size_t *n);

/* For tests: how long an answer can take, instead of MS_PARSER_WAIT_MS and more
 * for a large file. */
void ms_mapi_reader_set_wait(struct ms_mapi_reader *r, int wait_ms);

#endif
