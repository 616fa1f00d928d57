/* addresses.h - ms-list --addresses: the addresses of messages, each once, with
 * the number of messages that have it. */
#ifndef LIST_ADDRESSES_H
#define LIST_ADDRESSES_H
#include "archive.h"
#include "map.h"

struct correspondent {
	char *address; /* in lower case */
	uint64_t messages, last;
};
/* {0} is empty. */
struct addresses {
	struct correspondent *v;
	size_t n, room;
	struct ms_map index;
	uint64_t messages;
	unsigned char id[MS_SHA_LEN]; /* of the last message */
	struct ms_buf header, key;
};

/*
 * Adds the addresses in From, To and Cc of a message. The occurrences of a
 * message come one after the other, and only the first one counts. 0, -1: the
 * header cannot be read whole.
 */
int addresses_add(struct addresses *s, struct ms_archive *a,
    const struct ms_row *row, struct ms_err *err);
/* Sorts them, the most frequent first. */
void addresses_sort(struct addresses *s);
/* Appends the line, or the JSON (ms-json(5), Messages), of one of them. */
void addresses_write(
    struct ms_buf *out, const struct correspondent *c, bool json, char end);
/* Prints all as a table, on a terminal. */
void addresses_print(const struct addresses *s);
void addresses_release(struct addresses *s);

#endif
