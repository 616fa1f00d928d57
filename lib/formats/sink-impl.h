/* sink-impl.h - the interface of a format. Layer: private to sink. */
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

/* The first member of the struct of each format. */
struct ms_sink {
	const struct ms_sink_ops *ops;
	bool can_cancel;
};

extern const struct ms_sink_format ms_sink_stream, ms_sink_mboxrd, ms_sink_eml;

/*
 * Whether the output of a run with this result is complete enough to get its
 * name.
 */
bool ms_sink_complete(const struct ms_trailer *t);

/* ---- names from mail ---- */

#define MS_FILE_LEVEL_MAX 100  /* bytes of the name of a directory */
#define MS_FILE_LEVELS 32      /* deeper folders are flattened to this depth */
#define MS_FILE_SUBJECT_MAX 60 /* bytes of the subject in a name */

/*
 * Appends one level of a folder as the name of a directory. Letters, digits and
 * most signs are kept; characters that can cause trouble in a shell, on a
 * terminal or on another system become `_`. A changed name ends with `~` and 8
 * hex digits of its SHA-256, so that different folders get different names.
 */
void ms_file_level(struct ms_buf *out, struct ms_slice level);
/*
 * Appends the path of a folder. In its name, levels are separated by `/`, with
 * `\/` and `\\` inside a level (ms-stream(5)); in the path, by `/`.
 */
void ms_file_folder(struct ms_buf *out, const char *folder);
/* Appends "2026-11-20_10-00-00_Subject-words_0123456789abcdef.eml". */
void ms_file_message(struct ms_buf *out, const struct ms_out_message *m);

#endif
