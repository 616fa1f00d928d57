/*
 * queue.h - lists of UIDs: ascending lists as a server gives them, and queues
 * of messages that wait for a step. A POP3 item's place in the list of the
 * mailbox serves as its UID. Layer: bottom of sync.
 */
#ifndef MS_QUEUE_H
#define MS_QUEUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ascending UIDs, each once; {0} is empty. */
struct ms_uid_list {
	uint32_t *v;
	size_t n, cap;
};

/* Appends a UID. Returns -1 and appends nothing if the UID is 0 or not larger
 * than the last one, or if the list has `max` UIDs already. */
int ms_uid_list_add(struct ms_uid_list *l, uint32_t uid, size_t max);
bool ms_uid_list_has(const struct ms_uid_list *l, uint32_t uid);
void ms_uid_list_release(struct ms_uid_list *l);
/* Appends ascending UIDs as a set, `3:5,9` (RFC 3501, 9, sequence-set), until
 * the set has about `max` bytes. Returns how many were appended. */
struct ms_buf;
size_t ms_uid_set_write(
    struct ms_buf *out, const uint32_t *v, size_t n, size_t max);

/* UIDs in the order in which they were added; {0} is empty. */
struct ms_queue {
	uint32_t *v;
	size_t first, end, cap; /* v[first] to v[end - 1] wait */
};

void ms_queue_add(struct ms_queue *q, uint32_t uid);
/* Puts n UIDs back at the front, in the given order. */
void ms_queue_return(struct ms_queue *q, const uint32_t *uids, size_t n);
/* Takes at most n UIDs from the front; returns how many. */
size_t ms_queue_take(struct ms_queue *q, uint32_t *uids, size_t n);
size_t ms_queue_count(const struct ms_queue *q);
void ms_queue_release(struct ms_queue *q);

#endif
