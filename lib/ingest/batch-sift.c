/* batch-sift.c - prepares a batch again without the records that the archive
 * has got since the batch was built. ms-archive(5), Writing. */
#include <stdlib.h>
#include <string.h>

#include "batch-impl.h"

/* Copies the records of an image that are not known into a builder. */
static int
sift_image(struct ms_block_image *image, const bool *known,
    struct ms_block_builder *out, struct ms_err *err)
{
	struct ms_block b = {.header = image->header};
	unsigned char digest[MS_SHA_LEN];
	struct ms_record rec;
	uint32_t i;
	int rc = -1;

	ms_buf_add(&b.stored, image->bytes.p + MS_BLOCK_HEADER,
	    image->bytes.n - MS_BLOCK_HEADER);
	if (ms_block_views(&b, err) < 0 || ms_block_open(&b, err) < 0)
		goto out;
	for (i = 0; i < b.header.count; i++) {
		if (known[i])
			continue;
		ms_block_record(&b, i, &rec);
		if (rec.type == MS_BLOB)
			memcpy(digest, b.digests + (size_t)i * MS_SHA_LEN,
			    sizeof(digest));
		else
			ms_sha256(rec.content.p, rec.content.n, digest);
		ms_block_add(out, rec.type, rec.content, digest);
	}
	rc = 0;
out:
	ms_block_release(&b);
	return rc;
}

/* Builds all images of one kind again. known[i] is about their ith record. */
static int
sift(struct ms_block_image **list, uint32_t *n, enum ms_block_kind kind,
    const bool *known, struct ms_err *err)
{
	struct ms_block_builder out = {.kind = kind};
	void *zstd = ms_block_compressor();
	uint32_t i, made = 0;
	int rc = 0;

	for (i = 0; i < *n && rc == 0; i++) {
		rc = sift_image(list[i], known, &out, err);
		known += list[i]->header.count;
		ms_images_free(&list[i], 1);
		if (out.count > 0 &&
		    (i + 1 == *n || ms_block_size(&out) >= MS_BLOCK_FULL / 2)) {
			list[made] = ms_xcalloc(1, sizeof(**list));
			ms_block_finish(&out, zstd, list[made++]);
		}
	}
	ms_images_free(list + i, *n - i);
	*n = made;
	ms_block_builder_release(&out);
	ms_block_compressor_free(zstd);
	return rc;
}

static int
sift_blobs(struct ms_batch *b, struct ms_err *err)
{
	size_t i, n, kept = 0;
	struct ms_new_blob *list = ms_batch_blobs(b, &n);
	bool *known = ms_xcalloc(n, sizeof(*known));
	int rc;

	for (i = 0; i < n; i++) {
		known[i] = list[i].known;
		if (!known[i])
			list[kept++] = list[i];
	}
	b->blobs.n = kept * sizeof(*list);
	rc = sift(b->data, &b->data_n, MS_BLOCK_DATA, known, err);
	free(known);
	return rc;
}

/* Deposits of a message that has become known refer to it by its id. */
static int
sift_messages(struct ms_batch *b, struct ms_err *err)
{
	size_t i, n, deposits, kept = 0;
	struct ms_new_message *list = ms_batch_messages(b, &n);
	struct ms_deposit *d = ms_batch_deposits(b, &deposits);
	uint32_t *to = ms_xcalloc(n, sizeof(*to));
	bool *known = ms_xcalloc(n, sizeof(*known));
	int rc;

	for (i = 0; i < n; i++) {
		known[i] = list[i].known;
		to[i] = known[i] ? MS_NO_NEW_MESSAGE : (uint32_t)kept;
		if (!known[i])
			list[kept++] = list[i];
	}
	b->messages.n = kept * sizeof(*list);
	for (i = 0; i < deposits; i++)
		if (d[i].new_message != MS_NO_NEW_MESSAGE)
			d[i].new_message = to[d[i].new_message];
	rc = sift(b->meta, &b->meta_n, MS_BLOCK_META, known, err);
	free(known);
	free(to);
	return rc;
}

int
ms_batch_sift(struct ms_batch *b, struct ms_err *err)
{
	if (sift_blobs(b, err) < 0)
		return -1;
	return sift_messages(b, err);
}
