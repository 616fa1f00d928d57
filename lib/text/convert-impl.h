/*
 * convert-impl.h - the converters. Private to the folder. Layer: text.
 */
#ifndef MS_TEXT_CONVERT_IMPL_H
#define MS_TEXT_CONVERT_IMPL_H
#include "convert.h"

#define MS_CONVERT_ARGS 16

/* A kind of files, and what makes text of it. */
struct ms_converter {
	const char *type;   /* media type; the last byte can be a star */
	const char *ends;   /* ".docx .docm": ends of the names of such files */
	const char *begins; /* first bytes of such a file, or NULL */
	/* Makes text in the confined process; or NULL: argv does. */
	int (*convert)(struct ms_slice bytes, struct ms_buf *out);
	/* A program, which reads standard input; [0] is a path, or a name in
	 * /usr/bin. */
	const char *argv[MS_CONVERT_ARGS];
};

/* The converters: those of ms-config(5), then those of this library. */
struct ms_converters {
	struct ms_converter *list;
	size_t n;
	struct ms_buf texts; /* of ms-config(5) */
};

/* -1: as ms_config_values(). The caller releases them. */
int ms_converters_read(struct ms_converters *all, struct ms_err *err);
void ms_converters_release(struct ms_converters *all);
/* The first one for a file that is installed, or NULL. */
const struct ms_converter *ms_converters_find(const struct ms_converters *all,
    const char *type, const char *name, struct ms_slice begins);
#define MS_CONVERTER_PATH 4096
/* The path of its program. False: it is not installed. */
bool ms_converter_path(
    const struct ms_converter *c, char path[MS_CONVERTER_PATH]);

/*
 * The text of a document in a zip archive: Office Open XML or OpenDocument.
 * Appends at most MS_CONVERT_TEXT_MAX bytes. 0; -1: it is damaged or encrypted,
 * and out has what came before.
 */
int ms_convert_office(struct ms_slice bytes, struct ms_buf *out);
/* The text of XML, which is appended; only_t: of elements whose local name is t
 * alone. Damage ends the text. */
void ms_convert_xml(struct ms_slice xml, bool only_t, struct ms_buf *out);

#endif
