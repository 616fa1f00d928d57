/*
 * sink-impl.h - what a format provides. Layer: private to sink.
 */
#ifndef MS_SINK_IMPL_H
#define MS_SINK_IMPL_H
#include "outfile.h"
#include "sink.h"

struct ms_sink_ops {
	int (*begin)(
	    struct ms_sink *, const struct ms_out_message *, struct ms_err *);
	int (*data)(
	    struct ms_sink *, const unsigned char *, size_t, struct ms_err *);
	int (*end)(struct ms_sink *, struct ms_err *);
	int (*cancel)(struct ms_sink *, const char *reason, struct ms_err *);
	int (*flush)(struct ms_sink *, struct ms_err *);
	int (*close)(
	    struct ms_sink *, const struct ms_trailer *, struct ms_err *);
};

/* The first member of each format's own struct. */
struct ms_sink {
	const struct ms_sink_ops *ops;
	bool can_cancel;
};

extern const struct ms_sink_format ms_sink_stream, ms_sink_mboxrd, ms_sink_eml;

/* Is the output of a run that ended like this worth its name? */
bool ms_sink_complete(const struct ms_trailer *t);

/* ---- names from mail ---- */

#define MS_FILE_LEVEL_MAX 100  /* bytes of a folder's name as a file */
#define MS_FILE_LEVELS 32      /* a deeper folder is flattened to this */
#define MS_FILE_SUBJECT_MAX 60 /* bytes of the subject in a name */

/*
 * Appends one level of a folder as the name of a directory: letters, digits
 * and most signs stay, whatever a shell, a terminal or another system could
 * trip over becomes `_`; a name that had to be changed ends with `~` and 8
 * hex digits of its SHA-256, so that two folders stay two.
 */
void ms_file_level(struct ms_buf *out, struct ms_slice level);
/*
 * Appends the path of a folder, levels divided by `/`; in its name they are
 * divided by `/`, with `\/` and `\\` inside a level (ms-stream(5)).
 */
void ms_file_folder(struct ms_buf *out, const char *folder);
/* Appends "2026-11-20_10-00-00_Subject-words_0123456789abcdef.eml". */
void ms_file_message(struct ms_buf *out, const struct ms_out_message *m);

#endif
