/*
 * convert.h - the text of a file that is attached to a message. Each file is
 * converted in a confined process of its own, by a program of the system or by
 * code of this library; where processes cannot be confined, nothing is
 * converted. ms-index(1), Attachments. Layer: above keeper, sandbox.
 */
#ifndef MS_TEXT_CONVERT_H
#define MS_TEXT_CONVERT_H
#include <stdbool.h>
#include "buf.h"
#include "err.h"
#include "sha.h"

#define MS_CONVERT_TEXT_MAX                                                    \
	((size_t)32 << 20)                    /* bytes of the text of a file   \
					       */
#define MS_CONVERT_FILE_MAX ((size_t)1 << 30) /* bytes of a file */
#define MS_CONVERT_SECONDS 30                 /* for a file */
#define MS_CONVERT_MEMORY ((uint64_t)1 << 30) /* bytes of address space */

struct ms_convert;

/*
 * Starts the process that starts converters. Call it before the archive is
 * opened or a secret is read. Returns 0; 1, this system cannot confine
 * converters, nothing will be converted, and `err` is the warning; -1: as
 * ms_keeper_open() and ms_config_values(), or MS_CONFIG if MS_SANDBOX=require
 * is set. A process has at most one.
 */
int ms_convert_open(struct ms_convert **out, struct ms_err *err);
void ms_convert_close(struct ms_convert *c);

/*
 * Describes which files are converted by what, as far as the programs are
 * installed: texts that were made under another name may differ.
 */
void ms_convert_name(const struct ms_convert *c, char out[MS_SHA_HEX + 1]);

/*
 * What may convert a file with this media type (lower case) and name?
 *   begins  the first bytes of the file, at least 16 unless it is shorter; or
 *           empty: not known
 * Types of "application/" that have no converter are replaced by what the name
 * and the first bytes say. The result is for ms_convert_read(); NULL: nothing.
 */
struct ms_converter;
const struct ms_converter *ms_convert_find(const struct ms_convert *c,
    const char *type, const char *name, struct ms_slice begins);

/*
 * Appends the text of a file.
 *   fd   the file, of at most MS_CONVERT_FILE_MAX bytes; its position changes
 *   out  UTF-8, at most MS_CONVERT_TEXT_MAX
 * Returns 0; -1: MS_DATA, it cannot be read or takes too much time or memory
 * (out has what came before); MS_TEMP or MS_IO, no converter can be started.
 */
int ms_convert_read(struct ms_convert *c, const struct ms_converter *how,
    int fd, struct ms_buf *out, struct ms_err *err);

#endif
