/* ingest.c - messages on their way into an archive: what the caller sees. */
#include "ingest.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingest-impl.h"

/* Bytes; see keep_memory(). */
#define KEPT (4 * 1024 * 1024)   /* of free memory, in each arena */
#define MAPPED (2 * 1024 * 1024) /* a buffer from here on is the kernel's */

/* The ticker and the caller take turns; each may wait for the writer, which
 * lets go of the lock, so that is not enough. */
static void
enter(struct ms_ingest *in)
{
	pthread_mutex_lock(&in->lock);
	while (in->busy)
		pthread_cond_wait(&in->wake, &in->lock);
	in->busy = true;
}

static void
leave(struct ms_ingest *in)
{
	in->busy = false;
	pthread_mutex_unlock(&in->lock);
}

/* ---- parcels ---- */

static void
run_parcel(struct ms_job *job, unsigned worker)
{
	struct parcel *pl = (struct parcel *)job;

	ms_work_parcel(&pl->in->workers[worker], pl);
}

static struct parcel *
new_parcel(struct ms_ingest *in)
{
	struct parcel *pl = in->spare;

	if (pl != NULL)
		in->spare = pl->next;
	else
		pl = ms_xcalloc(1, sizeof(*pl));
	pl->job.run = run_parcel;
	pl->in = in;
	pl->next = NULL;
	return pl;
}

/* Takes in the messages of the oldest parcel that was sent. */
static int
collect(struct ms_ingest *in, struct ms_err *err)
{
	struct parcel *pl = in->sent;
	struct ms_err why;
	struct entry *e;
	size_t i, n;
	int rc;

	ms_pool_wait(in->pool, &pl->job);
	in->sent = pl->next;
	if (in->sent == NULL)
		in->sent_tail = &in->sent;
	in->in_flight--;
	in->looked_up = pl->committed;
	rc = pl->rc;
	why = pl->err;
	e = (struct entry *)(void *)pl->entries.p;
	n = pl->entries.n / sizeof(*e);
	for (i = 0; i < n && rc == 0; i++)
		rc = ms_making_add(in, &e[i],
		    (struct ms_slice){
			pl->contents.p + e[i].content, e[i].content_n},
		    &pl->text,
		    (const struct found_blob *)(const void *)pl->found.p +
			e[i].blob,
		    e[i].blob_n, pl->blobs.p, &why);
	if (rc < 0)
		ms_ingest_fail(in, &why, err);
	ms_parcel_clear(pl);
	pl->next = in->spare;
	in->spare = pl;
	return rc;
}

static int
collect_all(struct ms_ingest *in, struct ms_err *err)
{
	int rc = 0;

	while (in->sent != NULL)
		if (collect(in, err) < 0)
			rc = -1;
	return rc;
}

/*
 * Sends off the complete messages of the parcel being filled; one being
 * received goes on in the next.
 */
static int
send_off(struct ms_ingest *in, struct ms_err *err)
{
	struct parcel *pl = in->filling, *next;
	struct entry *last;

	if (pl->entries.n / sizeof(struct entry) <=
	    (in->current != NULL ? 1u : 0u))
		return 0;
	next = new_parcel(in);
	if (in->current != NULL) {
		last = in->current;
		ms_buf_add(&next->bytes, pl->bytes.p + last->at,
		    pl->bytes.n - last->at);
		ms_buf_add(&next->text, pl->text.p, pl->text.n);
		last->at = 0;
		ms_buf_add(&next->entries, last, sizeof(*last));
		pl->entries.n -= sizeof(*last);
		in->current = (struct entry *)(void *)next->entries.p;
	}
	in->filling = next;
	*in->sent_tail = pl;
	in->sent_tail = &pl->next;
	in->in_flight++;
	pl->committed = in->committed;
	ms_pool_submit(in->pool, &pl->job);
	while (in->in_flight > in->threads + 1)
		if (collect(in, err) < 0)
			return -1;
	return 0;
}

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
	struct parcel *pl = in->filling;
	struct entry e = {
	    .d = {.dest = spec->dest, .date = spec->date, .fresh = MS_NO_FRESH},
	    .has_date = spec->has_date,
	    .has_fallback = spec->has_fallback,
	    .fallback = spec->fallback,
	    .at = pl->bytes.n};

	e.d.place_n = add_text(&pl->text, spec->place, &e.d.place);
	e.d.flags_n = add_text(&pl->text, spec->flags, &e.d.flags);
	e.d.other_n = add_text(&pl->text, spec->other, &e.d.other);
	e.d.from_n = add_text(&pl->text, spec->from, &e.d.from);
	e.d.where_n = add_text(&pl->text, spec->where, &e.d.where);
	ms_buf_add(&pl->entries, &e, sizeof(e));
	return (
	    struct entry *)(void *)(pl->entries.p + pl->entries.n - sizeof(e));
}

static int
begin(struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err)
{
	struct parcel *pl = in->filling;

	if (in->failed) {
		if (err != NULL)
			*err = in->why;
		return -1;
	}
	if ((pl->bytes.n >= PARCEL_BYTES || pl->text.n >= PARCEL_BYTES ||
		pl->entries.n / sizeof(struct entry) >= PARCEL_MESSAGES) &&
	    send_off(in, err) < 0)
		return -1;
	if (in->filling->entries.n == 0)
		ms_buf_clear(&in->filling->text); /* of large messages */
	in->current = new_entry(in, spec);
	return 0;
}

int
ms_ingest_begin(
    struct ms_ingest *in, const struct ms_spec *spec, struct ms_err *err)
{
	int rc;

	enter(in);
	assert(in->current == NULL && !in->streaming);
	rc = begin(in, spec, err);
	leave(in);
	return rc;
}

/* ---- large messages: through the caller's thread ---- */

static void
big_blob(void *ctx, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN])
{
	struct ms_ingest *in = ctx;
	struct ms_err why;
	struct ms_txn txn;
	uint64_t number;
	int got;

	if (in->failed || ms_making_has_blob(in, digest))
		return;
	in->looked_up = in->committed;
	got = ms_index_begin(in->a->ix, &txn, &why);
	if (got == 0) {
		got = ms_archive_blob(in->a, &txn, digest, &number, &why);
		ms_index_end(&txn);
	}
	if (got == 0)
		got = ms_making_blob(in, p, n, digest, &why);
	if (got < 0)
		ms_ingest_fail(in, &why, NULL);
}

static void
feed(struct ms_ingest *in, const unsigned char *p, size_t n)
{
	if (in->streamed.no_user)
		return;
	ms_wire_add(in->big.wire, p, n);
	ms_segment_add(in->big.segmenter, p, n);
}

static int
user_of_large(struct ms_ingest *in, struct entry *e, struct ms_err *err)
{
	struct ms_err why;
	struct ms_txn txn;
	int rc = ms_index_begin(in->a->ix, &txn, &why);

	if (rc == 0) {
		rc = ms_work_user(&txn, e, &why);
		ms_index_end(&txn);
	}
	return rc == 0 ? 0 : ms_ingest_fail(in, &why, err);
}

/* The message being received has become large: what came before it is taken
 * in first, then its bytes go straight through. */
static int
begin_streaming(struct ms_ingest *in, struct ms_err *err)
{
	if (send_off(in, err) < 0 || collect_all(in, err) < 0)
		return -1;
	if (user_of_large(in, in->current, err) < 0)
		return -1;
	in->streamed = *in->current;
	in->streaming = true;
	in->current = NULL;
	feed(in, in->filling->bytes.p + in->streamed.at,
	    in->filling->bytes.n - in->streamed.at);
	in->filling->bytes.n = in->streamed.at;
	in->filling->entries.n -= sizeof(struct entry);
	return 0;
}

static int
end_streaming(struct ms_ingest *in, struct ms_err *err)
{
	const struct ms_buf *text = &in->filling->text;
	struct entry *e = &in->streamed;
	struct ms_identity identity;
	struct ms_slice content = {0};
	struct ms_err why;
	struct ms_txn txn;
	int rc = 0;

	in->streaming = false;
	in->looked_up = in->committed;
	if (!e->no_user) {
		ms_wire_end(in->big.wire, &identity);
		rc = ms_index_begin(in->a->ix, &txn, &why);
	}
	if (!e->no_user && rc == 0) {
		rc = ms_work_finish(&in->big, &txn, &identity, e,
		    (struct ms_slice){text->p + e->d.place, e->d.place_n},
		    &content, &why);
		ms_index_end(&txn);
	}
	if (rc == 0)
		rc = ms_making_add(in, e, content, text, NULL, 0, NULL, &why);
	return rc == 0 ? 0 : ms_ingest_fail(in, &why, err);
}

int
ms_ingest_data(
    struct ms_ingest *in, const unsigned char *p, size_t n, struct ms_err *err)
{
	int rc = 0;

	enter(in);
	if (in->streaming) {
		feed(in, p, n);
		rc = ms_making_close(in, false, err);
	} else {
		ms_buf_add(&in->filling->bytes, p, n);
		in->current->n += n;
		if (in->current->n > PARCEL_MESSAGE_MAX)
			rc = begin_streaming(in, err);
	}
	if (rc == 0 && in->failed) {
		if (err != NULL)
			*err = in->why;
		rc = -1;
	}
	leave(in);
	return rc;
}

int
ms_ingest_end(struct ms_ingest *in, struct ms_err *err)
{
	int rc = 0;

	enter(in);
	if (in->streaming)
		rc = end_streaming(in, err);
	in->current = NULL;
	leave(in);
	return rc;
}

void
ms_ingest_drop(struct ms_ingest *in)
{
	struct ms_identity unused;

	enter(in);
	if (in->streaming) {
		ms_wire_end(in->big.wire, &unused);
		ms_segment_abort(in->big.segmenter);
		in->streaming = false;
	} else if (in->current != NULL) {
		in->filling->bytes.n = in->current->at;
		in->filling->entries.n -= sizeof(struct entry);
	}
	in->current = NULL;
	leave(in);
}

int
ms_ingest_reference(struct ms_ingest *in, const struct ms_spec *spec,
    const unsigned char id[MS_SHA_LEN], struct ms_err *err)
{
	int rc;

	enter(in);
	rc = begin(in, spec, err);
	if (rc == 0) {
		memcpy(in->current->d.id, id, MS_SHA_LEN);
		in->current->d.reference = true;
		in->current->d.bits |= MS_BODY_NOT_SEEN;
		if (!spec->has_date)
			in->current->d.bits |= MS_DATE_UNKNOWN;
	}
	in->current = NULL;
	leave(in);
	return rc;
}

/* ---- the pipeline ---- */

static bool
same_label(const struct ms_dest *d, const char *label, bool create_user)
{
	if (d->create_user != create_user ||
	    (d->label == NULL) != (label == NULL))
		return false;
	return label == NULL || strcmp(d->label, label) == 0;
}

static bool
same_dest(const struct ms_dest *d, const char *user, const char *source,
    const char *folder, const char *label, bool create_user)
{
	return strcmp(d->folder, folder) == 0 &&
	       strcmp(d->source, source) == 0 && strcmp(d->user, user) == 0 &&
	       same_label(d, label, create_user);
}

/* A folder that the archive has already. What is not found now, or cannot be
 * looked up, is found when it is committed. */
static void
find_number(struct ms_ingest *in, struct ms_dest *d)
{
	uint64_t user, source, folder;

	if (d->label == NULL &&
	    ms_archive_user(in->a, d->user, &user, NULL) == 1 &&
	    ms_archive_source(in->a, d->source, &source, NULL) == 1 &&
	    ms_archive_folder(in->a, user, source, d->folder, &folder, NULL) ==
		1)
		atomic_store(&d->number, folder);
}

/* JSON takes six bytes for a control character. */
#define EVENT_BYTE 6
#define EVENTS_FIXED 2048 /* of the up to four: their keys, times, actors */

static struct ms_dest *
new_dest(const char *user, const char *source, const char *folder,
    const char *label, bool create_user)
{
	struct ms_dest *d = ms_xcalloc(1, sizeof(*d));

	d->user = ms_xstrdup(user);
	d->source = ms_xstrdup(source);
	d->folder = ms_xstrdup(folder);
	d->label = label != NULL ? ms_xstrdup(label) : NULL;
	d->create_user = create_user;
	d->events =
	    EVENTS_FIXED +
	    EVENT_BYTE * (strlen(user) + strlen(source) + strlen(folder) +
			     (label != NULL ? strlen(label) : 0));
	return d;
}

struct ms_dest *
ms_ingest_dest(struct ms_ingest *in, const char *user, const char *source,
    const char *folder, const char *label, bool create_user)
{
	unsigned char key[MS_SHA_LEN];
	struct ms_buf b = {0};
	struct ms_dest *d;
	uint64_t at = in->dest_list.n / sizeof(d);

	d = in->last_dest;
	if (d != NULL && same_dest(d, user, source, folder, label, create_user))
		return d;
	ms_buf_add(&b, user, strlen(user) + 1);
	ms_buf_add(&b, source, strlen(source) + 1);
	ms_buf_add(&b, folder, strlen(folder) + 1);
	if (label != NULL)
		ms_buf_add(&b, label, strlen(label) + 1);
	ms_sha256(b.p, b.n, key);
	ms_buf_release(&b);
	enter(in);
	if (ms_map_add(&in->dests, key, at, &at)) {
		memcpy(&d, in->dest_list.p + at * sizeof(d), sizeof(d));
		assert(same_label(d, label, create_user));
	} else {
		d = new_dest(user, source, folder, label, create_user);
		find_number(in, d);
		ms_buf_add(&in->dest_list, &d, sizeof(d));
	}
	leave(in);
	in->last_dest = d;
	return d;
}

/*
 * Commits what has waited long enough, so that a stream that only trickles is
 * acknowledged too.
 */
static void *
tick(void *arg)
{
	struct ms_ingest *in = arg;
	struct timespec t;

	pthread_mutex_lock(&in->lock);
	while (!in->stop) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec++;
		if (pthread_cond_timedwait(&in->wake, &in->lock, &t) !=
		    ETIMEDOUT)
			continue;
		if (in->stop || in->failed || in->busy)
			continue;
		in->busy = true;
		/* Parcels have no clock of their own: they are sent off now,
		 * and the batch they end in begins to age. */
		if (send_off(in, NULL) == 0 && collect_all(in, NULL) == 0)
			ms_making_close(in, false, NULL);
		in->busy = false;
		pthread_cond_broadcast(&in->wake);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/*
 * Buffers of a megabyte come and go many times a second. Left alone, malloc
 * gives each back to the kernel, and gets it back a page fault a page. The
 * pieces of large messages are fewer, but would not leave an arena in which
 * one small thing lies behind them.
 */
static void
keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED);
	mallopt(M_TRIM_THRESHOLD, KEPT);
}

struct ms_ingest *
ms_ingest_new(
    struct ms_archive *a, unsigned threads, ms_result_fn *result, void *ctx)
{
	struct ms_ingest *in = ms_xcalloc(1, sizeof(*in));
	const char *s = getenv("MS_BATCH");
	pthread_condattr_t attr;
	unsigned i;

	keep_memory();
	in->a = a;
	in->result = result;
	in->ctx = ctx;
	in->threads = threads;
	in->batch_messages = MS_BATCH_MESSAGES;
	if (s != NULL && strtoul(s, NULL, 10) > 0 &&
	    strtoul(s, NULL, 10) < MS_BATCH_MESSAGES)
		in->batch_messages = strtoul(s, NULL, 10);
	in->pool = ms_pool_new(threads);
	in->workers = ms_xcalloc(threads + 1, sizeof(*in->workers));
	for (i = 0; i <= threads; i++)
		ms_worker_init(&in->workers[i], a);
	in->big.a = a;
	in->big.wire = ms_wire_new();
	in->big.segmenter = ms_segmenter_new(big_blob, in);
	for (i = 0; i < 2; i++) {
		in->made[i].data.kind = MS_BLOCK_DATA;
		in->made[i].meta.kind = MS_BLOCK_META;
	}
	in->making = &in->made[0];
	in->sent_tail = &in->sent;
	in->filling = new_parcel(in);
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

static void
ingest_free(struct ms_ingest *in)
{
	struct ms_dest *d;
	struct parcel *pl;
	size_t i;

	ms_making_release(in, &in->made[0]);
	ms_making_release(in, &in->made[1]);
	ms_pool_free(in->pool);
	for (i = 0; i <= in->threads; i++)
		ms_worker_release(&in->workers[i]);
	free(in->workers);
	ms_wire_free(in->big.wire);
	ms_segmenter_free(in->big.segmenter);
	while ((pl = in->spare) != NULL) {
		in->spare = pl->next;
		ms_parcel_free(pl);
	}
	ms_parcel_free(in->filling);
	for (i = 0; i < in->dest_list.n; i += sizeof(d)) {
		memcpy(&d, in->dest_list.p + i, sizeof(d));
		free(d->user);
		free(d->source);
		free(d->folder);
		free(d->label);
		free(d);
	}
	ms_buf_release(&in->dest_list);
	ms_map_release(&in->dests);
	pthread_cond_destroy(&in->wake);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

int
ms_ingest_finish(struct ms_ingest *in, struct ms_err *err)
{
	int rc;

	enter(in);
	if (!in->failed && send_off(in, NULL) == 0 &&
	    collect_all(in, NULL) == 0)
		ms_making_close(in, true, NULL);
	collect_all(in, NULL);
	rc = ms_making_wait(in, err);
	in->stop = true;
	in->busy = false;
	pthread_cond_broadcast(&in->wake);
	pthread_mutex_unlock(&in->lock);
	pthread_join(in->writer, NULL);
	pthread_join(in->ticker, NULL);
	ingest_free(in);
	return rc;
}
