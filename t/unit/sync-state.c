/* sync-state.c - tests lib/sync/queue.c and mailbox-state.c: UIDs in order, and
 * a folder from one survey to the next. */
#include "mailbox-state.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "tap.h"

/* ---- lists ---- */

static void
check_list(void)
{
	struct ms_uid_list l = {0};
	uint32_t i;

	ok(!ms_uid_list_has(&l, 1), "an empty list has no UID");
	ok(ms_uid_list_add(&l, 0, 9) < 0 && l.n == 0, "0 is not a UID");
	ok(ms_uid_list_add(&l, 1, 2) == 0, "a UID is added");
	ok(ms_uid_list_add(&l, 1, 2) < 0, "a UID is added only once");
	ok(ms_uid_list_add(&l, UINT32_MAX, 2) == 0 &&
		ms_uid_list_add(&l, 5, 3) < 0 && l.n == 2,
	    "the UIDs are in ascending order");
	ms_uid_list_release(&l);
	ok(l.v == NULL && l.n == 0, "the memory is released");
	for (i = 1; i <= 1000; i++)
		if (ms_uid_list_add(&l, 2 * i, 1000) < 0)
			break;
	ok(i == 1001 && l.n == 1000, "a thousand UIDs are added");
	ok(ms_uid_list_add(&l, 3000, 1000) < 0 && l.n == 1000,
	    "a list has a limit");
	ok(ms_uid_list_has(&l, 2) && ms_uid_list_has(&l, 2000) &&
		!ms_uid_list_has(&l, 3) && !ms_uid_list_has(&l, 2001),
	    "a list is searched");
	ms_uid_list_release(&l);
}

/* ---- queues ---- */

/* A model: an array that is shifted. */
static uint32_t model[20000];
static size_t model_n;

static bool
same(const struct ms_queue *q)
{
	return ms_queue_count(q) == model_n &&
	       (model_n == 0 || memcmp(q->v + q->first, model,
				    model_n * sizeof(*model)) == 0);
}

/* A random number that is the same in each run. */
static unsigned
next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

static bool
step(struct ms_queue *q, unsigned kind, size_t n)
{
	static uint32_t next, uids[300];
	size_t i, got;

	for (i = 0; i < n; i++)
		uids[i] = ++next;
	switch (kind) {
	case 0:
	case 1:
		for (i = 0; i < n; i++)
			ms_queue_add(q, uids[i]);
		memcpy(model + model_n, uids, n * sizeof(*uids));
		model_n += n;
		break;
	case 2:
		ms_queue_return(q, uids, n);
		memmove(model + n, model, model_n * sizeof(*model));
		memcpy(model, uids, n * sizeof(*uids));
		model_n += n;
		break;
	default:
		n = 2 * n < 300 ? 2 * n : 299;
		got = ms_queue_take(q, uids, n);
		if (got != (n < model_n ? n : model_n) ||
		    memcmp(uids, model, got * sizeof(*uids)) != 0)
			return false;
		model_n -= got;
		memmove(model, model + got, model_n * sizeof(*model));
	}
	return same(q);
}

/* UIDs as a set, which ends when it has `max` bytes. */
static void
check_set(void)
{
	static const struct {
		uint32_t v[6];
		size_t n, max, written;
		const char *set;
	} rows[] = {
	    {{0}, 0, 99, 0, ""},
	    {{7}, 1, 99, 1, "7"},
	    {{7, 8}, 2, 99, 2, "7:8"},
	    {{1, 2, 3, 7, 9, 10}, 6, 99, 6, "1:3,7,9:10"},
	    {{1, UINT32_MAX - 1, UINT32_MAX}, 3, 99, 3,
		"1,4294967294:4294967295"},
	    {{1, 3, 5, 7}, 4, 3, 2, "1,3"},
	    {{1, 3, 5, 7}, 4, 4, 3, "1,3,5"},
	    {{1, 2, 3, 7}, 4, 1, 3, "1:3"},
	    {{1, 3}, 2, 0, 0, ""},
	};
	struct ms_buf b = {0};
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ms_buf_clear(&b);
		ms_buf_add_str(&b, "before ");
		n = ms_uid_set_write(&b, rows[i].v, rows[i].n, rows[i].max);
		ok(n == rows[i].written &&
			strcmp(ms_buf_str(&b) + 7, rows[i].set) == 0,
		    "%zu UIDs as a set: %s", n, ms_buf_str(&b) + 7);
	}
	ms_buf_release(&b);
}

static void
check_queue(void)
{
	struct ms_queue q = {0};
	uint32_t one = 1;
	unsigned seed, state;
	size_t i, steps = 0, cap;

	ok(ms_queue_count(&q) == 0 && ms_queue_take(&q, &one, 1) == 0,
	    "an empty queue has no UID");
	ms_queue_return(&q, &one, 0);
	ok(q.v == NULL, "no UID can be returned to an empty queue");
	for (seed = 1; seed <= 40; seed++) {
		state = seed;
		for (i = 0; i < 100 && model_n < 10000; i++, steps++)
			if (!step(&q, next_random(&state) % 5,
				next_random(&state) % (seed < 20 ? 5 : 290))) {
				ok(false, "seed %u, step %zu", seed, i);
				return;
			}
		ms_queue_release(&q);
		model_n = 0;
	}
	ok(steps > 3000 && q.v == NULL && q.cap == 0,
	    "%zu steps give the results of a simple array", steps);

	/* Memory is used again: a queue that never holds more than some UIDs
	 * does not grow. */
	for (i = 0; i < 200; i++)
		ms_queue_add(&q, 1);
	cap = q.cap;
	for (i = 0; i < 100000; i++) {
		ms_queue_take(&q, &one, 1);
		ms_queue_add(&q, one);
	}
	ok(cap == 256 && q.cap <= 512 && ms_queue_count(&q) == 200,
	    "a queue does not grow without end");
	for (i = 0; i < 400; i++)
		ms_queue_take(&q, &one, 1);
	for (i = 0; i < 300; i++)
		ms_queue_add(&q, 2);
	ok(q.cap <= 512 && ms_queue_count(&q) == 300,
	    "  it does not grow after that either");
	ms_queue_release(&q);
}

/* ---- a folder ---- */

static void
check_places(void)
{
	struct ms_mailbox_state m = {.name = ms_xstrdup("INBOX")};
	char text[32];
	uint32_t i;

	ok(ms_mailbox_place(&m, 1, text) == NULL,
	    "without UIDVALIDITY there is no place");
	m.uidvalidity = UINT32_MAX;
	ok(strcmp(ms_mailbox_place(&m, UINT32_MAX, text),
	       "4294967295/4294967295") == 0,
	    "the place of a UID has the UIDVALIDITY");
	m.uidvalidity = UINT64_MAX;
	ok(strcmp(ms_mailbox_place(&m, UINT32_MAX, text),
	       "18446744073709551615/4294967295") == 0,
	    "  also one of more than 32 bits");
	for (i = 0; i < 600; i++)
		if (ms_mailbox_add_uidl(&m, i == 299 ? "" : "x", 1, 600) < 0)
			break;
	ok(i == 600 && m.uids.n == 600 && m.uids.v[599] == 600,
	    "messages with UIDLs are numbered");
	ok(ms_mailbox_add_uidl(&m, "y", 1, 600) < 0 && m.uids.n == 600,
	    "  the number of messages is limited");
	ok(strcmp(ms_mailbox_place(&m, 600, text), "x") == 0 &&
		strcmp(ms_mailbox_place(&m, 1, text), "x") == 0,
	    "the place of POP3 is the UIDL");
	ok(ms_mailbox_place(&m, 300, text) == NULL &&
		ms_mailbox_place(&m, 601, text) == NULL,
	    "  a message without a UIDL has no place");
	ms_mailbox_release(&m);
	ok(m.name == NULL && m.places == NULL && m.uids.v == NULL,
	    "the memory is released");
}

static void
check_reset(void)
{
	struct ms_mailbox_state m = {
	    .uidvalidity = 7, .probing = 3, .sample_differs = true};
	int i;

	ms_mailbox_add_uidl(&m, "a", 1, 9);
	for (i = 0; i < MS_STAGES; i++) {
		ms_queue_add(&m.queue[i], 1);
		ok(ms_mailbox_waiting(&m) == (size_t)i + 1,
		    "%d messages are waiting", i + 1);
	}
	ms_uid_list_add(&m.met, 1, 9);
	ms_uid_list_add(&m.unmet, 2, 9);
	ms_uid_list_add(&m.samples, 1, 9);
	ms_uid_list_add(&m.by_size, 1, 9);
	ms_uid_list_add(&m.shorts, 1, 9);
	m.removed = ms_xcalloc(1, sizeof(*m.removed));
	ok(ms_mailbox_waiting(&m) == MS_STAGES,
	    "only queues have UIDs that wait");
	m.occurrence = ms_xcalloc(1, sizeof(*m.occurrence));
	ms_mailbox_resurvey(&m);
	ms_mailbox_add_uidl(&m, "a", 1, 9);
	ms_mailbox_reset(&m);
	ok(ms_mailbox_waiting(&m) == 0 && m.uids.n == 0 && m.probing == 0 &&
		m.sizes == NULL && m.places == NULL && m.occurrence == NULL &&
		m.removed == NULL && m.met.n == 0 && m.unmet.n == 0 &&
		m.samples.n == 0 && m.by_size.n == 0 && m.shorts.n == 0 &&
		!m.sample_differs,
	    "a reset drops the survey");
	ms_mailbox_add_uidl(&m, "a", 1, 9);
	ok(m.uids.v[0] == 1 && ms_mailbox_was_seen(&m, 0),
	    "  the messages that it had are known");
	ms_mailbox_release(&m);
}

static void
check_seen(void)
{
	struct ms_mailbox_state m = {.uidvalidity = 7};
	static const char *const before[] = {"d", "", "b", "a", "", "c"};
	static const char *const after[] = {"a", "b", "c", "d", "e", ""};
	size_t i;

	ms_uid_list_add(&m.uids, 3, 9);
	ms_uid_list_add(&m.uids, 5, 9);
	ok(!ms_mailbox_was_seen(&m, 0),
	    "in the first survey, no message was seen before");
	ms_mailbox_resurvey(&m);
	ok(m.uids.n == 0 && m.uids.v == NULL && m.seen.n == 2,
	    "the next survey is made");
	ms_uid_list_add(&m.uids, 4, 9);
	ms_uid_list_add(&m.uids, 5, 9);
	ok(!ms_mailbox_was_seen(&m, 0) && ms_mailbox_was_seen(&m, 1),
	    "  it has the messages that were seen");
	m.uidvalidity = 8;
	ok(!ms_mailbox_was_seen(&m, 1),
	    "  with another UIDVALIDITY it has none");
	ms_mailbox_resurvey(&m);
	ms_uid_list_add(&m.uids, 3, 9);
	ms_uid_list_add(&m.uids, 5, 9);
	ok(!ms_mailbox_was_seen(&m, 0) && ms_mailbox_was_seen(&m, 1),
	    "  the survey before it is dropped");
	ms_mailbox_release(&m);

	m.uidvalidity = 0;
	for (i = 0; i < 6; i++)
		ms_mailbox_add_uidl(&m, before[i], 1, 9);
	ms_mailbox_resurvey(&m);
	for (i = 0; i < 6; i++)
		ms_mailbox_add_uidl(&m, after[i], 1, 9);
	for (i = 0; i < 6; i++)
		ok(ms_mailbox_was_seen(&m, i) == (i < 4), "UIDL '%s'",
		    after[i]);
	ms_mailbox_release(&m);
	m.uidvalidity = 0;
	ms_uid_list_add(&m.uids, 1, 9);
	ms_mailbox_resurvey(&m);
	ms_mailbox_add_uidl(&m, "a", 1, 9);
	ok(!ms_mailbox_was_seen(&m, 0), "a survey after one without UIDLs");
	ms_mailbox_release(&m);
}

int
main(void)
{
	check_list();
	check_set();
	check_queue();
	check_places();
	check_reset();
	check_seen();
	return done();
}
