/* thread.c - finds the messages of a thread, and those with a Message-ID.
 * ms-query(7), Threads. */
#include "impl.h"

#include <string.h>

/* A search: the keys of ids that are still to be looked up. */
struct search {
	struct ms_archive *a;
	struct ms_map *found;    /* ids; value 1: the header is damaged */
	struct ms_buf *messages; /* uint64_t */
	struct ms_map keys;      /* that were met */
	struct ms_buf queue;     /* uint64_t */
	struct ms_buf header;
};

static void
add_key(struct search *s, uint64_t key)
{
	unsigned char wide[MS_SHA_LEN] = {0};

	memcpy(wide, &key, sizeof(key));
	if (!ms_map_add(&s->keys, wide, 0, NULL))
		ms_buf_add(&s->queue, &key, sizeof(key));
}

/* Adds a message, and the ids in its header. A message whose header cannot be
 * read may have more: it is marked. */
static int
add_message(void *ctx, uint64_t message, const unsigned char id[MS_SHA_LEN],
    struct ms_err *err)
{
	struct search *s = ctx;
	uint64_t keys[MS_THREAD_KEYS];
	struct ms_err why = {0};
	size_t n;
	int rc;

	if (ms_map_get(s->found, id, NULL))
		return 0;
	ms_buf_clear(&s->header);
	rc = ms_archive_header(s->a, message, id, &s->header, &why);
	if (rc < 0 && (why.code == MS_INDEX || why.code == MS_TEMP))
		return ms_fail_as(err, &why);
	ms_map_add(s->found, id, rc < 0, NULL);
	ms_buf_add(s->messages, &message, sizeof(message));
	if (rc < 0)
		return 0;
	n = ms_mail_thread_keys(ms_buf_slice(&s->header), keys);
	for (size_t i = 0; i < n; i++)
		add_key(s, keys[i]);
	return 0;
}

/* Adds the message with which a thread begins: by its id, or by any id of a
 * header that ties it to the thread. */
static int
begin(struct search *s, const struct ms_query_node *t, struct ms_err *err)
{
	unsigned char id[MS_SHA_LEN];
	uint64_t found[2], size;
	int n;

	if (!t->is_id) {
		add_key(s, ms_mail_id_key((struct ms_slice){
			       (const unsigned char *)t->value, t->n}));
		return 0;
	}
	n = ms_archive_find(s->a, t->value, found, 2, err);
	if (n > 1)
		return ms_query_ambiguous(t, err);
	if (n <= 0)
		return n;
	if (ms_archive_identity(s->a, found[0], id, &size, err) < 0)
		return -1;
	return add_message(s, found[0], id, err);
}

int
ms_query_find_thread(struct ms_archive *a, const struct ms_query_node *t,
    struct ms_map *found, struct ms_buf *messages, struct ms_err *err)
{
	struct search s = {.a = a, .found = found, .messages = messages};
	uint64_t key;
	int rc = begin(&s, t, err);

	while (rc == 0 && s.queue.n > 0) {
		s.queue.n -= sizeof(key);
		memcpy(&key, s.queue.p + s.queue.n, sizeof(key));
		rc = ms_archive_with_key(a, key, add_message, &s, err);
	}
	ms_map_release(&s.keys);
	ms_buf_release(&s.queue);
	ms_buf_release(&s.header);
	ms_query_sort(messages);
	return rc;
}

/* ---- Message-IDs ---- */

static int
add_number(void *ctx, uint64_t message, const unsigned char id[MS_SHA_LEN],
    struct ms_err *err)
{
	(void)id;
	(void)err;
	ms_buf_add(ctx, &message, sizeof(message));
	return 0;
}

int
ms_query_find_msgid(struct ms_archive *a, const struct ms_query_node *t,
    struct ms_buf *messages, struct ms_err *err)
{
	uint64_t key = ms_mail_id_key(
	    (struct ms_slice){(const unsigned char *)t->value, t->n});
	int rc = ms_archive_with_key(a, key, add_number, messages, err);

	ms_query_sort(messages);
	return rc;
}
