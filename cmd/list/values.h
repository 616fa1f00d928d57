/* values.h - ms-list --print-values, an undocumented option: what can stand in
 * a command line, for the completion of shells. */
#ifndef LIST_VALUES_H
#define LIST_VALUES_H
#include "err.h"

/* In the order of the choices of the option. */
enum values {
	VALUES_NONE,
	VALUES_USERS,
	VALUES_FOLDERS,
	VALUES_LABELS,
	VALUES_PROFILES,
	VALUES_ACCOUNTS, /* of ms-config(5) */
	VALUES_TERMS     /* of queries */
};

/*
 * Prints the values of a kind, one in each line.
 *   archive  -a, or NULL
 * -1: as ms_archive_open() and ms_config_value().
 */
int values_print(enum values kind, const char *archive, struct ms_err *err);

#endif
