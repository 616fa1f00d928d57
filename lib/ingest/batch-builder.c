/* batch-builder.c - collects messages in a batch, compresses its blocks on the
 * pool, and commits it in the writer thread. ms-archive(5), Writing. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "impl.h"

/* ---- blocks ---- */

static void
run_compress_job(struct ms_job *job, unsigned worker)
{
	struct compress_job *cj = (struct compress_job *)job;

	ms_block_finish(&cj->builder, cj->in->workers[worker].zstd, cj->image);
	ms_block_builder_release(&cj->builder);
	/* The buffer was large enough for a block that cannot be compressed. */
	ms_buf_trim(&cj->image->bytes);
}

/* Waits for the oldest compress job. */
static void
wait_compress_job(struct ms_ingest *in, struct batch_builder *bb)
{
	struct compress_job *cj = bb->compress_jobs;

	ms_pool_wait(in->pool, &cj->job);
	bb->stored += cj->image->bytes.n;
	bb->compressing -= cj->plain;
	bb->compress_jobs = cj->next;
	free(cj);
}

static void
wait_compress_jobs(struct ms_ingest *in, struct batch_builder *bb)
{
	while (bb->compress_jobs != NULL)
		wait_compress_job(in, bb);
}

/*
 * Starts to compress the records of a builder, if there are any. The place of
 * their block among the images of the batch is decided here. COMPRESS_JOB_BYTES
 * limits the jobs, because otherwise one large message would fill the memory
 * with its pieces.
 */
static void
compress_block(struct ms_ingest *in, struct ms_block_builder *b)
{
	struct batch_builder *bb = in->builder;
	struct compress_job *cj, **last = &bb->compress_jobs;

	if (b->count == 0)
		return;
	cj = ms_xcalloc(1, sizeof(*cj));
	cj->job.run = run_compress_job;
	cj->in = in;
	cj->image = ms_xcalloc(1, sizeof(*cj->image));
	cj->image->header.kind = (uint8_t)b->kind;
	ms_batch_add_image(&bb->batch, cj->image);
	cj->plain = ms_block_size(b);
	bb->compressing += cj->plain;
	cj->builder = *b;
	*b = (struct ms_block_builder){.kind = cj->builder.kind};
	ms_buf_room(&b->contents, MS_BLOCK_FULL);
	while (*last != NULL)
		last = &(*last)->next;
	*last = cj;
	ms_pool_submit(in->pool, &cj->job);
	while (bb->compressing > COMPRESS_JOB_BYTES)
		wait_compress_job(in, bb);
}

/* ---- adding ---- */

/* Bytes of a RECEIPT before its OCCURRENCEs and of the heads of its fields. An
 * OCCURRENCE has 8, less than its id in hex. */
#define RECEIPT_ROOM 132

static bool
full(const struct ms_ingest *in, const struct batch_builder *bb)
{
	size_t blobs, deposits;

	ms_batch_blobs(&bb->batch, &blobs);
	ms_batch_deposits(&bb->batch, &deposits);
	/* `stored` leaves out the blocks that are being compressed: these are
	 * few (COMPRESS_JOB_BYTES). */
	return bb->unresolved >= in->batch_messages ||
	       blobs >= MS_BATCH_BLOBS || deposits >= MS_BATCH_DEPOSITS ||
	       bb->meta_plain >= MS_BATCH_META ||
	       bb->batch.text.n >= MS_BATCH_META / 4 ||
	       bb->stored >= MS_BATCH_STORED;
}

static bool
is_due(const struct batch_builder *bb)
{
	return bb->batch.deposits.n > 0 &&
	       ms_clock_ms() - bb->since_ms >= MS_INGEST_SECONDS * 1000;
}

static bool
has_blob(const struct ms_ingest *in, const unsigned char digest[MS_SHA_LEN])
{
	return ms_map_get(&in->builders[0].blobs, digest, NULL) ||
	       ms_map_get(&in->builders[1].blobs, digest, NULL);
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
	struct batch_builder *bb = in->builder;
	struct ms_new_blob f = {.bytes = (uint32_t)n};

	if (has_blob(in, digest))
		return 0;
	if (in->looked_up != in->committed) {
		int got = blob_known(in, digest, err);

		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	if (ms_block_size(&bb->data) + n > MS_BLOCK_FULL)
		compress_block(in, &bb->data);
	memcpy(f.digest, digest, MS_SHA_LEN);
	ms_block_add(&bb->data, MS_BLOB, (struct ms_slice){p, n}, digest);
	ms_buf_add(&bb->batch.blobs, &f, sizeof(f));
	ms_map_add(&bb->blobs, digest, 0, NULL);
	return ms_batch_builder_close(in, false, err);
}

/* Adds the MESSAGE of an entry to the batch, unless the batch has it. Returns
 * its index. */
static uint32_t
add_message(struct batch_builder *bb, const struct entry *e,
    struct ms_slice content, const unsigned char key[MS_SHA_LEN])
{
	struct ms_new_message f = {.size = e->size,
	    .mixed_eol = e->mixed_eol,
	    .again = e->again,
	    .bytes = (uint32_t)content.n,
	    .meta = e->meta};
	uint64_t index = bb->batch.messages.n / sizeof(f);

	if (ms_map_add(&bb->messages, key, index, &index))
		return (uint32_t)index;
	memcpy(f.id, e->d.id, MS_SHA_LEN);
	ms_block_add(&bb->meta, MS_MESSAGE, content, e->digest);
	ms_buf_add(&bb->batch.messages, &f, sizeof(f));
	bb->meta_plain += content.n;
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
add_deposit(struct batch_builder *bb, const struct entry *e,
    uint32_t new_message, const struct ms_buf *text)
{
	struct ms_deposit d = e->d;
	struct ms_buf *to = &bb->batch.text;

	d.new_message = new_message;
	d.place = copy_text(to, text, d.place, d.place_n);
	d.flags = copy_text(to, text, d.flags, d.flags_n);
	d.other = copy_text(to, text, d.other, d.other_n);
	d.email_id = copy_text(to, text, d.email_id, d.email_id_n);
	d.from = copy_text(to, text, d.from, d.from_n);
	d.left = copy_text(to, text, d.left, d.left_n);
	d.shown = copy_text(to, text, d.shown, d.shown_n);
	d.shown_user = copy_text(to, text, d.shown_user, d.shown_user_n);
	d.given = copy_text(to, text, d.given, d.given_n);
	d.who = copy_text(to, text, d.who, d.who_n);
	d.where = copy_text(to, text, d.where, d.where_n);
	bb->batch.view = bb->batch.view || (d.shown_n > 0 && !d.resolved);
	if (bb->batch.deposits.n == 0)
		bb->since_ms = ms_clock_ms();
	ms_buf_add(&bb->batch.deposits, &d, sizeof(d));
	bb->unresolved += d.resolved ? 0 : 1;
	/* This deposit may create the folder, and more. */
	if (!d.resolved && atomic_load(&d.dest->number) == 0)
		bb->meta_plain += d.dest->events_max;
	if (d.receipt)
		bb->meta_plain += RECEIPT_ROOM + d.who_n + d.place_n +
				  d.flags_n + d.email_id_n;
}

/*
 * Sets e->is_new to false if the message has become known since it was looked
 * up, because the writer has it or has committed it. A message with mixed line
 * ends needs the number of its record, so the writer must finish first.
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

	if (writing && !e->mixed_eol) {
		e->is_new = false; /* found by its id */
		return 0;
	}
	if (writing && ms_batch_builder_wait(in, err) < 0)
		return -1;
	if (!writing && in->looked_up == in->committed)
		return 0;
	if (ms_index_begin(in->a->ix, &txn, err) < 0)
		return -1;
	if (e->mixed_eol)
		got = ms_archive_same_message(
		    in->a, &txn, e->d.id, content, &e->d.message, err);
	else
		got = ms_index_id(&txn, e->d.id, &first, err);
	ms_index_end(&txn);
	e->is_new = got == 0;
	return got < 0 ? -1 : 0;
}

int
ms_batch_builder_add(struct ms_ingest *in, const struct entry *entry,
    struct ms_slice content, const struct ms_buf *text,
    const struct found_blob *found, size_t found_n, const unsigned char *blobs,
    struct ms_err *err)
{
	const unsigned char *key = entry->d.id;
	struct entry e = *entry;
	uint32_t new_message = MS_NO_NEW_MESSAGE;
	struct batch_builder *bb;
	size_t i;

	if (e.no_user) {
		e.d.resolved = true;
		ms_fail(ms_deposit_fail(&e.d), MS_DATA,
		    "the archive has no user '%s'", e.d.dest->user);
	}
	if (e.ref_damaged)
		ms_fail(ms_deposit_fail(&e.d), MS_DATA,
		    "refers to a message that is damaged in the archive; fetch "
		    "the message itself");
	if (e.is_new) {
		if (e.mixed_eol)
			key = e.digest;
		if (!e.again && known_by_now(in, &e, content, key, err) < 0)
			return -1;
	}
	if (e.is_new) {
		for (i = 0; i < found_n; i++)
			if (ms_batch_builder_blob(in, blobs + found[i].at,
				found[i].n, found[i].digest, err) < 0)
				return -1;
		bb = in->builder;
		if (ms_block_size(&bb->meta) + content.n > MS_BLOCK_FULL)
			compress_block(in, &bb->meta);
		new_message = add_message(bb, &e, content, key);
	}
	add_deposit(in->builder, &e, new_message, text);
	return e.d.more ? 0 : ms_batch_builder_close(in, false, err);
}

/* ---- committing ---- */

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
ms_ingest_check(struct ms_ingest *in, struct ms_err *err)
{
	return in->failed ? ms_ingest_fail(in, &in->why, err) : 0;
}

int
ms_batch_builder_wait(struct ms_ingest *in, struct ms_err *err)
{
	while (in->writing != NULL)
		pthread_cond_wait(&in->wake, &in->lock);
	return ms_ingest_check(in, err);
}

int
ms_batch_builder_close(struct ms_ingest *in, bool now, struct ms_err *err)
{
	struct batch_builder *bb = in->builder;

	if (ms_ingest_check(in, err) < 0)
		return -1;
	if (!now && !full(in, bb) && !is_due(bb))
		return 0;
	compress_block(in, &bb->data);
	compress_block(in, &bb->meta);
	wait_compress_jobs(in, bb);
	if (ms_batch_builder_wait(in, err) < 0)
		return -1;
	in->writing = bb;
	in->builder =
	    bb == &in->builders[0] ? &in->builders[1] : &in->builders[0];
	pthread_cond_broadcast(&in->wake);
	return 0;
}

static void
batch_builder_clear(struct batch_builder *bb)
{
	ms_batch_clear(&bb->batch);
	ms_map_clear(&bb->messages);
	ms_map_clear(&bb->blobs);
	bb->stored = bb->meta_plain = bb->unresolved = 0;
}

void
ms_batch_builder_release(struct ms_ingest *in, struct batch_builder *bb)
{
	wait_compress_jobs(in, bb);
	ms_batch_release(&bb->batch);
	ms_map_release(&bb->messages);
	ms_map_release(&bb->blobs);
	ms_block_builder_release(&bb->data);
	ms_block_builder_release(&bb->meta);
}

static void
report_results(struct ms_ingest *in, const struct ms_batch *b)
{
	struct ms_deposit *d;
	size_t i, n;

	d = ms_batch_deposits(b, &n);
	for (i = 0; i < n; i++) {
		d[i].last = i + 1 == n;
		in->result(in->ctx, &d[i],
		    (struct ms_slice){b->text.p + d[i].where, d[i].where_n});
	}
}

void *
ms_ingest_write(void *arg)
{
	struct ms_ingest *in = arg;
	struct ms_err err = {0};
	struct batch_builder *bb;
	int rc;

	pthread_mutex_lock(&in->lock);
	for (;;) {
		while (in->writing == NULL && !in->stop)
			pthread_cond_wait(&in->wake, &in->lock);
		bb = in->writing;
		if (bb == NULL)
			break;
		pthread_mutex_unlock(&in->lock);
		rc = ms_batch_commit(in->a, &bb->batch, &err);
		if (rc == 0)
			report_results(in, &bb->batch);
		pthread_mutex_lock(&in->lock);
		if (rc < 0)
			ms_ingest_fail(in, &err, NULL);
		batch_builder_clear(bb);
		in->writing = NULL;
		in->committed++;
		pthread_cond_broadcast(&in->wake);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}
