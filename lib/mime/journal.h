/*
 * journal.h - journal reports: messages of a mail server that say who has sent
 * and received a message, and contain this message, the original. [MS-XJRNL];
 * ms-ingest(1), Assignment; departures: ms-quirks(7), Journal reports.
 *
 * The reader only finds out what a message says. Anybody can write such a
 * message; whether it counts is the caller's decision. It keeps the header and
 * the envelope of a report, but nothing of the originals. Layer: above part,
 * parties.
 */
#ifndef MS_JOURNAL_H
#define MS_JOURNAL_H
#include "part.h"
#include "parties.h"

#define MS_JOURNAL_HEADER_MAX (1 << 20)   /* bytes of a header */
#define MS_JOURNAL_ENVELOPE_MAX (8 << 20) /* bytes of an envelope */
#define MS_JOURNAL_PARTS_MAX 100          /* parts of a report */
#define MS_JOURNAL_DEPTH_MAX 8            /* multiparts in multiparts */

enum ms_journal_kind {
	MS_JOURNAL_NO,    /* not a report */
	MS_JOURNAL_COPY,  /* a copy of Exchange 2003: header fields name all */
	MS_JOURNAL_WHOLE, /* a report */
	MS_JOURNAL_BROKEN /* a report that is cut, or lacks something */
};

/* Where an original is in the report, and how it is encoded there. */
struct ms_journal_original {
	uint64_t at, size;
	enum ms_mime_encoding encoding;
};

struct ms_journal;

struct ms_journal *ms_journal_new(void);
void ms_journal_free(struct ms_journal *j);
/* Begins with the next message. */
void ms_journal_clear(struct ms_journal *j);
/* Reads the next bytes of the message; the type is ms_emit_fn. Returns 0. */
int ms_journal_add(
    void *j, const unsigned char *p, size_t n, struct ms_err *err);
/*
 * Ends the message, and says what it is. *why receives the reason, for people,
 * if the report is broken, and otherwise NULL. A report that is cut ends
 * somewhere: the last line of its envelope does not count unless it has a line
 * end.
 */
enum ms_journal_kind ms_journal_end(struct ms_journal *j, const char **why);

/*
 * After ms_journal_end(), until the reader is cleared or freed. The parties are
 * those of the envelope, also in a broken report. A whole report has at least
 * one of them, and at least one original. There are several originals if the
 * server has added a decrypted copy.
 */
const struct ms_parties *ms_journal_parties(const struct ms_journal *j);
const struct ms_journal_original *ms_journal_originals(
    const struct ms_journal *j, size_t *n);

/*
 * Passes the bytes of an original on to `next`, exactly and decoded, while the
 * bytes of the report are passed to ms_journal_unpack(), whose type is
 * ms_emit_fn, with the struct as ctx. ms_journal_unpack_end() passes on what is
 * left. Errors: those of next. ms_journal_unpack_release() frees the buffers.
 */
struct ms_journal_unpack {
	struct ms_journal_original original;
	ms_emit_fn *next;
	void *ctx;
	/* Zero at the beginning. */
	uint64_t seen;
	struct ms_buf in, out;
};
int ms_journal_unpack(
    void *unpack, const unsigned char *p, size_t n, struct ms_err *err);
int ms_journal_unpack_end(struct ms_journal_unpack *u, struct ms_err *err);
void ms_journal_unpack_release(struct ms_journal_unpack *u);

/*
 * Appends the parties that the lines of an envelope name. The text is UTF-8.
 * Returns whether it begins as an envelope does: with a line "Sender:".
 */
bool ms_journal_envelope(struct ms_slice text, struct ms_parties *parties);

#endif
