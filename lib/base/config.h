/*
 * config.h - the configuration file of the calling user, ms-config(5): the
 * default archive, archives that are safe, converters, and accounts by name.
 * The file is read when a value is first asked for. Layer: above ini, fs.
 */
#ifndef MS_CONFIG_H
#define MS_CONFIG_H
#include <stdbool.h>
#include "ini.h"

#define MS_CONFIG_MAX (256 * 1024) /* bytes of the file */

/*
 * The last value of a key outside of the sections. It is valid until the next
 * call. Returns 1; 0, the
 * file or the key does not exist; -1: the file cannot be used (MS_USAGE, a line
 * of it is wrong; MS_AUTH, somebody else can write it; MS_IO).
 */
int ms_config_value(const char *key, const char **value, struct ms_err *err);
/* Calls fn for each value of a key outside of the sections. 0; -1: as above, or
 * fn failed. */
int ms_config_values(
    const char *key, ms_ini_fn *fn, void *ctx, struct ms_err *err);
/* Is one of the values of a key this file? path: absolute, without links. 1, 0,
 * -1. */
int ms_config_has_path(const char *key, const char *path, struct ms_err *err);
/* From now on, the file is taken to be empty. */
void ms_config_ignore(void);
/* Calls fn for each value of the section [account name], in order. Returns 1;
 * 0, there is no such section; -1: as above, or fn failed. */
int ms_config_account(
    const char *name, ms_ini_fn *fn, void *ctx, struct ms_err *err);
/* Calls fn for each value of each account; the section is the name of the
 * account. 0, -1. */
int ms_config_accounts(ms_ini_fn *fn, void *ctx, struct ms_err *err);
/*
 * Makes an archive, an absolute path, the default one: the key `archive` gets
 * its path, and all other lines stay. The file is created if it does not exist.
 * Errors: those of ms_config_value(), and MS_USAGE: INI cannot express the
 * path.
 */
int ms_config_set_archive(const char *archive, struct ms_err *err);
/* The path of the file, whether it exists or not; NULL: there is no home. */
const char *ms_config_path(void);

#endif
