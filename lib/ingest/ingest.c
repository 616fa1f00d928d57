/* ingest.c - the calls of the ingest pipeline, its start and its end.
 * ms-archive(5), Writing. */
#include "ingest.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "impl.h"

/* Bytes; see set_malloc_thresholds(). */
#define TRIM_THRESHOLD (4 * 1024 * 1024)
#define MMAP_THRESHOLD (2 * 1024 * 1024)

/* ---- messages ---- */

static uint32_t
add_text(struct ms_buf *b, const char *s, size_t *at)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n > MS_FIELD_MAX)
		n = MS_FIELD_MAX;
	*at = b->n;
	ms_buf_add(b, s, n);
	return (uint32_t)n;
}

static struct entry *
new_entry(struct ms_ingest *in, const struct ms_spec *spec)
{
	struct work_unit *unit = in->filling;
	struct entry e = {.d = {.dest = spec->dest,
			      .mailbox = spec->mailbox,
			      .raw = spec->raw,
			      .restore = in->restore,
			      .new_message = MS_NO_NEW_MESSAGE},
	    .at = unit->bytes.n};

	if (spec->raw.kind == MS_RAW_UNSTATED)
		e.d.raw = (struct ms_raw_date){0, MS_RAW_NONE};
	e.d.place_n = add_text(&unit->text, spec->place, &e.d.place);
	e.d.flags_n = add_text(&unit->text, spec->flags, &e.d.flags);
	e.d.other_n = add_text(&unit->text, spec->other, &e.d.other);
	e.d.email_id_n = add_text(&unit->text, spec->email_id, &e.d.email_id);
	e.d.from_n = add_text(&unit->text, spec->from, &e.d.from);
	e.d.left_n = add_text(&unit->text, spec->left, &e.d.left);
	e.d.shown_n = add_text(&unit->text, spec->shown, &e.d.shown);
	e.d.shown_user_n =
	    add_text(&unit->text, spec->shown_user, &e.d.shown_user);
	e.d.has_left = spec->left != NULL;
	e.d.moved_at = spec->moved_at;
	e.d.gone = spec->gone;
	e.d.where_n = add_text(&unit->text, spec->where, &e.d.where);
	ms_buf_add(&unit->entries, &e, sizeof(e));
	return (struct entry *)(void *)(unit->entries.p + unit->entries.n -
					sizeof(e));
}

static int
begin(struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err)
{
	struct work_unit *unit = in->filling;

	if (ms_ingest_check(in, err) < 0)
		return -1;
	if ((unit->bytes.n >= WORK_UNIT_BYTES ||
		unit->text.n >= WORK_UNIT_BYTES ||
		unit->entries.n / sizeof(struct entry) >= WORK_UNIT_MESSAGES) &&
	    ms_work_units_send(in, err) < 0)
		return -1;
	if (in->filling->entries.n == 0)
		ms_buf_clear(&in->filling->text); /* left by large messages */
	ms_buf_clear(&in->also);
	in->current = new_entry(in, spec);
	return 0;
}

int
ms_ingest_begin(
    struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err)
{
	int rc;

	ms_ingest_enter(in);
	assert(in->current == NULL && !in->streaming);
	rc = begin(in, spec, err);
	ms_ingest_leave(in);
	return rc;
}

int
ms_ingest_data(
    struct ms_ingest *in, const unsigned char *p, size_t n, struct ms_err *err)
{
	int rc = 0;

	ms_ingest_enter(in);
	if (in->streaming) {
		ms_large_feed(in, p, n);
		rc = ms_batch_builder_close(in, false, err);
	} else {
		ms_buf_add(&in->filling->bytes, p, n);
		in->current->n += n;
		if (in->current->n > WORK_UNIT_MESSAGE_MAX)
			rc = ms_large_begin(in, err);
	}
	if (rc == 0)
		rc = ms_ingest_check(in, err);
	ms_ingest_leave(in);
	return rc;
}

void
ms_ingest_also(struct ms_ingest *in, struct ms_dest *dest)
{
	ms_buf_add(&in->also, &dest, sizeof(dest));
}

/* Adds an entry for each further destination of the current message. */
static void
add_copies(struct ms_ingest *in)
{
	struct entry e = *in->current;
	struct ms_buf *entries = &in->filling->entries;
	size_t i, first = entries->n / sizeof(e) - 1;

	for (i = 0; i < in->also.n; i += sizeof(e.d.dest)) {
		memcpy(&e.d.dest, in->also.p + i, sizeof(e.d.dest));
		e.d.copy = true;
		e.d.more = i + sizeof(e.d.dest) < in->also.n;
		ms_buf_add(entries, &e, sizeof(e));
	}
	((struct entry *)(void *)entries->p)[first].d.more = i > 0;
}

int
ms_ingest_end(struct ms_ingest *in, struct ms_err *err)
{
	int rc = 0;

	ms_ingest_enter(in);
	if (in->streaming)
		rc = ms_large_end(in, err);
	else
		add_copies(in);
	in->added++;
	in->current = NULL;
	ms_ingest_leave(in);
	return rc;
}

void
ms_ingest_drop(struct ms_ingest *in)
{
	ms_ingest_enter(in);
	if (in->streaming) {
		ms_large_drop(in);
	} else if (in->current != NULL) {
		in->filling->bytes.n = in->current->at;
		in->filling->entries.n -= sizeof(struct entry);
	}
	in->current = NULL;
	ms_ingest_leave(in);
}

int
ms_ingest_reference(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	int rc;

	ms_ingest_enter(in);
	rc = begin(in, spec, err);
	if (rc == 0) {
		memcpy(in->current->d.id, id, MS_SHA_LEN);
		in->current->d.reference = true;
		in->current->d.bits |= MS_BODY_NOT_SEEN;
		in->added++;
	}
	in->current = NULL;
	ms_ingest_leave(in);
	return rc;
}

static int
add_receipt(struct ms_ingest *in, const struct ms_spec *spec,
    const struct ms_given *given, struct ms_slice who,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	struct ms_deposit *d;
	struct ms_buf *text;
	int rc;

	ms_ingest_enter(in);
	rc = begin(in, spec, err);
	if (rc == 0) {
		text = &in->filling->text;
		d = &in->current->d;
		d->receipt = true;
		memcpy(d->id, id, MS_SHA_LEN);
		d->given = text->n;
		d->given_n = given != NULL ? sizeof(*given) : 0;
		ms_buf_add(text, given, d->given_n);
		d->who = text->n;
		d->who_n = (uint32_t)who.n;
		ms_buf_add(text, who.p, who.n);
		in->added++;
	}
	in->current = NULL;
	ms_ingest_leave(in);
	return rc;
}

int
ms_ingest_receipt(struct ms_ingest *in, const struct ms_spec *spec,
    const struct ms_given *given, struct ms_slice who, struct ms_err *err)
{
	return add_receipt(in, spec, given, who, given->id, err);
}

int
ms_ingest_receipt_again(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	return add_receipt(in, spec, NULL, (struct ms_slice){0}, id, err);
}

int
ms_ingest_commit(struct ms_ingest *in, struct ms_err *err)
{
	int rc;

	ms_ingest_enter(in);
	assert(in->current == NULL && !in->streaming);
	rc = ms_ingest_commit_all(in);
	if (rc < 0)
		ms_ingest_check(in, err);
	ms_ingest_leave(in);
	return rc;
}

uint64_t
ms_ingest_added(const struct ms_ingest *in)
{
	return in->added;
}

/* ---- the pipeline ---- */

/*
 * The ticker commits a batch that has waited for MS_INGEST_SECONDS, so that the
 * messages of a slow stream are acknowledged too.
 */
static void *
tick(void *arg)
{
	struct ms_ingest *in = arg;
	struct timespec t;

	pthread_mutex_lock(&in->lock);
	while (!in->stop) {
		t = ms_clock_timespec(ms_clock_ms() + 1000);
		if (pthread_cond_timedwait(&in->wake, &in->lock, &t) !=
		    ETIMEDOUT)
			continue;
		if (in->stop || in->failed || in->busy)
			continue;
		in->busy = true;
		/* Work units have no age: the current one is sent now, and the
		 * age of the batch counts from its first message. */
		if (ms_work_units_send(in, NULL) == 0 &&
		    ms_work_units_collect(in, NULL) == 0)
			ms_batch_builder_close(in, false, NULL);
		in->busy = false;
		pthread_cond_broadcast(&in->wake);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/*
 * Buffers of a megabyte are allocated and freed many times a second. By
 * default, malloc would return each to the kernel and get it back with one page
 * fault per page, so such buffers stay in the arenas. The pieces of large
 * messages are fewer, but are larger than that: they are mapped, as one small
 * object after them would keep them in the arena.
 */
static void
set_malloc_thresholds(void)
{
	struct rlimit limit;

	/* Each arena reserves 64 MiB of addresses. */
	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
}

struct ms_ingest *
ms_ingest_new(
    struct ms_archive *a, unsigned threads, ms_result_fn *result, void *ctx)
{
	struct ms_ingest *in = ms_xcalloc(1, sizeof(*in));
	const char *s = getenv("MS_BATCH");
	unsigned long limit;
	pthread_condattr_t attr;
	unsigned i;

	set_malloc_thresholds();
	in->a = a;
	in->result = result;
	in->ctx = ctx;
	in->threads = threads;
	in->batch_messages = MS_BATCH_MESSAGES;
	limit = s != NULL ? strtoul(s, NULL, 10) : 0;
	if (limit > 0 && limit < MS_BATCH_MESSAGES)
		in->batch_messages = limit;
	in->pool = ms_pool_new(threads);
	in->workers = ms_xcalloc(threads + 1, sizeof(*in->workers));
	for (i = 0; i <= threads; i++)
		ms_worker_init(&in->workers[i], a);
	ms_large_init(in);
	for (i = 0; i < 2; i++) {
		in->builders[i].data.kind = MS_BLOCK_DATA;
		in->builders[i].meta.kind = MS_BLOCK_META;
	}
	in->builder = &in->builders[0];
	in->sent_tail = &in->sent;
	in->filling = ms_work_unit_new(in);
	pthread_mutex_init(&in->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&in->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&in->writer, NULL, ms_ingest_write, in) != 0 ||
	    pthread_create(&in->ticker, NULL, tick, in) != 0)
		ms_out_of_memory();
	return in;
}

void
ms_ingest_read_back(struct ms_ingest *in)
{
	unsigned i;

	for (i = 0; i <= in->threads; i++)
		in->workers[i].view = ms_archive_view(in->a);
	in->large_worker.view = ms_archive_view(in->a);
}

void
ms_ingest_restore(struct ms_ingest *in)
{
	in->restore = true;
}

static void
ingest_free(struct ms_ingest *in)
{
	struct work_unit *unit;
	unsigned i;

	ms_batch_builder_release(in, &in->builders[0]);
	ms_batch_builder_release(in, &in->builders[1]);
	ms_pool_free(in->pool);
	for (i = 0; i <= in->threads; i++)
		ms_worker_release(&in->workers[i]);
	free(in->workers);
	ms_large_release(in);
	while ((unit = in->spare) != NULL) {
		in->spare = unit->next;
		ms_work_unit_free(unit);
	}
	ms_work_unit_free(in->filling);
	ms_buf_release(&in->also);
	ms_dests_release(in);
	pthread_cond_destroy(&in->wake);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

int
ms_ingest_finish(struct ms_ingest *in, struct ms_err *err)
{
	int rc;

	ms_ingest_enter(in);
	ms_ingest_commit_all(in);
	/* After a failure, the workers and the writer may not have ended. */
	ms_work_units_collect(in, NULL);
	rc = ms_batch_builder_wait(in, err);
	in->stop = true;
	in->busy = false;
	pthread_cond_broadcast(&in->wake);
	pthread_mutex_unlock(&in->lock);
	pthread_join(in->writer, NULL);
	pthread_join(in->ticker, NULL);
	ingest_free(in);
	return rc;
}
