/*
 * argv.h - lists of arguments for the command lines of tools. Layer: part of
 * ms-profile and ms-csvbatch.
 */
#ifndef ARGV_H
#define ARGV_H
#include <stddef.h>

/* n arguments, followed by NULL. The list owns them. {0} is an empty list. */
struct argv {
	char **v;
	size_t n;
};
/* These functions append copies. */
void argv_add(struct argv *a, const char *arg);
void argv_addf(struct argv *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* list: NULL is an empty list. */
void argv_add_list(struct argv *a, const struct argv *list);
void argv_release(struct argv *a);

#endif
