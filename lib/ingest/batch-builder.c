/* batch-builder.c - messages gathered into a batch; blocks compressed on the
 * pool; the thread that commits. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "impl.h"

/* ---- blocks ---- */

static void
run_compress_job(struct ms_job *job, unsigned worker)
{
	struct compress_job *pr = (struct compress_job *)job;

	ms_block_finish(&pr->builder, pr->in->workers[worker].zstd, pr->image);
	ms_block_builder_release(&pr->builder);
	/* It had room for a block that does not get smaller. */
	ms_buf_trim(&pr->image->bytes);
}

/* Waits for the block that was sent off first. */
static void
wait_compress_job(struct ms_ingest *in, struct batch_builder *m)
{
	struct compress_job *pr = m->compress_jobs;

	ms_pool_wait(in->pool, &pr->job);
	m->batch.stored += pr->image->bytes.n;
	m->compressing -= pr->plain;
	m->compress_jobs = pr->next;
	free(pr);
}

static void
wait_compress_jobs(struct ms_ingest *in, struct batch_builder *m)
{
	while (m->compress_jobs != NULL)
		wait_compress_job(in, m);
}

/*
 * Sends a builder's records to be compressed; their block has its place among
 * the images of the batch from now on. There are never more than a few under
 * way, or one large message would fill the memory with its pieces.
 */
static void
compress_job(struct ms_ingest *in, struct ms_block_builder *b)
{
	struct batch_builder *m = in->batch_builder;
	struct compress_job *pr, **last = &m->compress_jobs;

	if (b->count == 0)
		return;
	pr = ms_xcalloc(1, sizeof(*pr));
	pr->job.run = run_compress_job;
	pr->in = in;
	pr->image = ms_xcalloc(1, sizeof(*pr->image));
	pr->image->header.kind = (uint8_t)b->kind;
	ms_batch_add_image(&m->batch, pr->image);
	pr->plain = ms_block_size(b);
	m->compressing += pr->plain;
	pr->builder = *b;
	*b = (struct ms_block_builder){.kind = pr->builder.kind};
	ms_buf_room(&b->contents, MS_BLOCK_FULL); /* it will be needed */
	while (*last != NULL)
		last = &(*last)->next;
	*last = pr;
	ms_pool_submit(in->pool, &pr->job);
	while (m->compressing > COMPRESS_JOB_BYTES)
		wait_compress_job(in, m);
}

/* ---- taking in ---- */

static bool
full(const struct ms_ingest *in, const struct batch_builder *m)
{
	size_t blobs = m->batch.blobs.n / sizeof(struct ms_new_blob);
	size_t deposits = m->batch.deposits.n / sizeof(struct ms_deposit);

	/* What is being compressed is not counted yet: it is not much. */
	return m->unresolved >= in->batch_messages || blobs >= MS_BATCH_BLOBS ||
	       deposits >= MS_BATCH_DEPOSITS ||
	       m->meta_plain >= MS_BATCH_META ||
	       m->batch.text.n >= MS_BATCH_META / 4 ||
	       m->batch.stored >= MS_BATCH_STORED;
}

bool
ms_batch_builder_due(const struct batch_builder *m)
{
	return m->since_ms != 0 &&
	       ms_clock_ms() - m->since_ms >= MS_INGEST_SECONDS * 1000;
}

bool
ms_batch_builder_has_blob(
    const struct ms_ingest *in, const unsigned char digest[MS_SHA_LEN])
{
	return ms_map_get(&in->made[0].blobs, digest, NULL) ||
	       ms_map_get(&in->made[1].blobs, digest, NULL);
}

static int
blob_known(struct ms_ingest *in, const unsigned char digest[MS_SHA_LEN],
    struct ms_err *err)
{
	struct ms_txn txn;
	uint64_t number;
	int got;

	if (ms_index_begin(in->a->ix, &txn, err) < 0)
		return -1;
	got = ms_archive_blob(in->a, &txn, digest, &number, err);
	ms_index_end(&txn);
	return got;
}

int
ms_batch_builder_blob(struct ms_ingest *in, const unsigned char *p, size_t n,
    const unsigned char digest[MS_SHA_LEN], struct ms_err *err)
{
	struct batch_builder *m = in->batch_builder;
	struct ms_new_blob f = {.bytes = (uint32_t)n};

	if (ms_batch_builder_has_blob(in, digest))
		return 0;
	if (in->looked_up != in->committed) {
		int got = blob_known(in, digest, err);

		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	if (m->data.count > 0 && ms_block_size(&m->data) + n > MS_BLOCK_FULL)
		compress_job(in, &m->data);
	memcpy(f.digest, digest, MS_SHA_LEN);
	f.image = m->batch.data_n;
	f.row =
	    ms_block_add(&m->data, MS_BLOB, (struct ms_slice){p, n}, digest);
	ms_buf_add(&m->batch.blobs, &f, sizeof(f));
	ms_map_add(&m->blobs, digest, 0, NULL);
	return ms_batch_builder_close(in, false, err);
}

/* The MESSAGE of an entry goes into the batch, unless it is there. */
static uint32_t
add_message(struct batch_builder *m, const struct entry *e,
    struct ms_slice content, const unsigned char key[MS_SHA_LEN],
    const unsigned char digest[MS_SHA_LEN])
{
	struct ms_new_message f = {.size = e->size,
	    .own = e->own,
	    .image = m->batch.meta_n,
	    .bytes = (uint32_t)content.n,
	    .note = e->note};
	uint64_t index = m->batch.fresh.n / sizeof(f);

	if (ms_map_add(&m->messages, key, index, &index))
		return (uint32_t)index;
	memcpy(f.id, e->d.id, MS_SHA_LEN);
	f.row = ms_block_add(&m->meta, MS_MESSAGE, content, digest);
	ms_buf_add(&m->batch.fresh, &f, sizeof(f));
	m->meta_plain += content.n;
	return (uint32_t)index;
}

static size_t
copy_text(struct ms_buf *to, const struct ms_buf *from, size_t at, size_t n)
{
	size_t start = to->n;

	if (n > 0)
		ms_buf_add(to, from->p + at, n);
	return start;
}

static void
add_deposit(struct batch_builder *m, const struct entry *e, uint32_t fresh,
    const struct ms_buf *text)
{
	struct ms_deposit d = e->d;
	struct ms_buf *to = &m->batch.text;

	d.fresh = fresh;
	d.place = copy_text(to, text, d.place, d.place_n);
	d.flags = copy_text(to, text, d.flags, d.flags_n);
	d.other = copy_text(to, text, d.other, d.other_n);
	d.from = copy_text(to, text, d.from, d.from_n);
	d.where = copy_text(to, text, d.where, d.where_n);
	ms_buf_add(&m->batch.deposits, &d, sizeof(d));
	m->unresolved += d.resolved ? 0 : 1;
	/* It may be the one for which folder and all are made. */
	if (!d.resolved && atomic_load(&d.dest->number) == 0)
		m->meta_plain += d.dest->events;
	if (m->since_ms == 0)
		m->since_ms = ms_clock_ms();
}

/*
 * Has the message become known since a worker looked it up? It is being
 * written just now, or was meanwhile. One with line ends of its own needs its
 * record's number, so that must be finished first.
 */
static int
known_by_now(struct ms_ingest *in, struct entry *e, struct ms_slice content,
    const unsigned char key[MS_SHA_LEN], struct ms_err *err)
{
	bool writing = in->writing != NULL &&
		       ms_map_get(&in->writing->messages, key, NULL);
	struct ms_txn txn;
	uint64_t first;
	int got;

	if (writing && !e->own) {
		e->fresh = false; /* goes by its id */
		return 0;
	}
	if (writing && ms_batch_builder_wait(in, err) < 0)
		return -1;
	if (!writing && in->looked_up == in->committed)
		return 0;
	if (ms_index_begin(in->a->ix, &txn, err) < 0)
		return -1;
	if (e->own)
		got = ms_archive_same_message(
		    in->a, &txn, e->d.id, content, &e->d.message, err);
	else
		got = ms_index_id(&txn, e->d.id, &first, err);
	ms_index_end(&txn);
	e->fresh = got == 0;
	return got < 0 ? -1 : 0;
}

int
ms_batch_builder_add(struct ms_ingest *in, const struct entry *entry,
    struct ms_slice content, const struct ms_buf *text,
    const struct found_blob *found, size_t found_n, const unsigned char *blobs,
    struct ms_err *err)
{
	unsigned char digest[MS_SHA_LEN];
	const unsigned char *key = entry->d.id;
	struct entry e = *entry;
	uint32_t fresh = MS_NO_NEW_MESSAGE;
	struct batch_builder *m;
	size_t i;

	if (e.no_user) {
		e.d.resolved = true;
		ms_deposit_fail(
		    &e.d, "the archive has no such user: ", e.d.dest->user);
	}
	if (e.fresh) {
		ms_sha256(content.p, content.n, digest);
		if (e.own)
			key = digest;
		if (known_by_now(in, &e, content, key, err) < 0)
			return -1;
	}
	if (e.fresh) {
		for (i = 0; i < found_n; i++)
			if (ms_batch_builder_blob(in, blobs + found[i].at,
				found[i].n, found[i].digest, err) < 0)
				return -1;
		m = in->batch_builder;
		if (m->meta.count > 0 &&
		    ms_block_size(&m->meta) + content.n > MS_BLOCK_FULL)
			compress_job(in, &m->meta);
		fresh = add_message(m, &e, content, key, digest);
	}
	add_deposit(in->batch_builder, &e, fresh, text);
	return ms_batch_builder_close(in, false, err);
}

/* ---- handing over ---- */

int
ms_ingest_fail(
    struct ms_ingest *in, const struct ms_err *why, struct ms_err *err)
{
	if (!in->failed)
		in->why = *why;
	in->failed = true;
	if (err != NULL)
		*err = in->why;
	return -1;
}

int
ms_batch_builder_wait(struct ms_ingest *in, struct ms_err *err)
{
	while (in->writing != NULL)
		pthread_cond_wait(&in->wake, &in->lock);
	return in->failed ? ms_ingest_fail(in, &in->why, err) : 0;
}

int
ms_batch_builder_close(struct ms_ingest *in, bool anyway, struct ms_err *err)
{
	struct batch_builder *m = in->batch_builder;

	if (in->failed)
		return ms_ingest_fail(in, &in->why, err);
	if (!anyway && !full(in, m) && !ms_batch_builder_due(m))
		return 0;
	compress_job(in, &m->data);
	compress_job(in, &m->meta);
	wait_compress_jobs(in, m);
	if (ms_batch_builder_wait(in, err) < 0)
		return -1;
	if (m->batch.deposits.n == 0 && m->batch.data_n == 0)
		return 0;
	in->writing = m;
	in->batch_builder = m == &in->made[0] ? &in->made[1] : &in->made[0];
	pthread_cond_broadcast(&in->wake);
	return 0;
}

static void
batch_builder_clear(struct batch_builder *m)
{
	ms_batch_clear(&m->batch);
	ms_map_clear(&m->messages);
	ms_map_clear(&m->blobs);
	m->meta_plain = m->unresolved = 0;
	m->since_ms = 0;
}

void
ms_batch_builder_release(struct ms_ingest *in, struct batch_builder *m)
{
	wait_compress_jobs(in, m);
	ms_batch_release(&m->batch);
	ms_map_release(&m->messages);
	ms_map_release(&m->blobs);
	ms_block_builder_release(&m->data);
	ms_block_builder_release(&m->meta);
}

static void
tell_results(struct ms_ingest *in, const struct ms_batch *b)
{
	const struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(b, &n);
	for (i = 0; i < n; i++)
		in->result(in->ctx, &d[i],
		    (struct ms_slice){b->text.p + d[i].where, d[i].where_n});
}

void *
ms_ingest_write(void *arg)
{
	struct ms_ingest *in = arg;
	struct ms_err err = {0};
	struct batch_builder *m;
	int rc;

	pthread_mutex_lock(&in->lock);
	for (;;) {
		while (in->writing == NULL && !in->stop)
			pthread_cond_wait(&in->wake, &in->lock);
		m = in->writing;
		if (m == NULL)
			break;
		pthread_mutex_unlock(&in->lock);
		rc = ms_batch_commit(in->a, &m->batch, &err);
		if (rc == 0)
			tell_results(in, &m->batch);
		pthread_mutex_lock(&in->lock);
		if (rc < 0)
			ms_ingest_fail(in, &err, NULL);
		batch_builder_clear(m);
		in->writing = NULL;
		in->committed++;
		pthread_cond_broadcast(&in->wake);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}
