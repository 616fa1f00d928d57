/* batch-sift.c - a batch prepared again, without what has become known while
 * it was made. ms-archive(5), Writing. */
#include <stdlib.h>
#include <string.h>

#include "batch.h"

/* Puts the rows of an image that are not known into the builder. */
static int
sift_image(struct ms_block_image *image, const bool *known,
    struct ms_block_builder *out, uint32_t *new_row, struct ms_err *err)
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
		new_row[i] = ms_block_add(out, rec.type, rec.content, digest);
	}
	rc = 0;
out:
	ms_block_release(&b);
	return rc;
}

/* The same for all images of one kind; rows and images are noted in at[],
 * which stands beside known[]. */
struct sifted {
	bool *known;           /* by image, then row */
	uint32_t *image, *row; /* where each went */
};

static int
sift(struct ms_block_image **list, uint32_t *n, enum ms_block_kind kind,
    struct sifted *s, struct ms_err *err)
{
	struct ms_block_builder out = {.kind = kind};
	struct ms_block_image **kept = NULL;
	void *zstd = ms_block_compressor();
	uint32_t i, k, count, made = 0;
	size_t at = 0;
	int rc = 0;

	for (i = 0; i < *n && rc == 0; i++) {
		count = list[i]->header.count;
		rc = sift_image(list[i], s->known + at, &out, s->row + at, err);
		for (k = 0; k < count; k++)
			s->image[at + k] = made;
		at += count;
		if (out.count > 0 &&
		    (i + 1 == *n || ms_block_size(&out) >= MS_BLOCK_FULL / 2)) {
			kept = ms_xreallocarray(kept, made + 1, sizeof(*kept));
			kept[made] = ms_xcalloc(1, sizeof(**kept));
			ms_block_finish(&out, zstd, kept[made++]);
		}
	}
	for (i = 0; i < *n; i++) {
		ms_block_image_release(list[i]);
		free(list[i]);
	}
	for (i = 0; i < made; i++)
		list[i] = kept[i];
	*n = made;
	free(kept);
	ms_block_builder_release(&out);
	ms_block_compressor_free(zstd);
	return rc;
}

static void
sifted_init(
    struct sifted *s, struct ms_block_image **list, uint32_t n, size_t *starts)
{
	size_t total = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		starts[i] = total;
		total += list[i]->header.count;
	}
	s->known = ms_xcalloc(total, sizeof(*s->known));
	s->image = ms_xcalloc(total, sizeof(*s->image));
	s->row = ms_xcalloc(total, sizeof(*s->row));
}

static void
sifted_release(struct sifted *s)
{
	free(s->known);
	free(s->image);
	free(s->row);
}

static int
sift_blobs(struct ms_batch *b, struct ms_err *err)
{
	struct ms_new_blob *bl = (struct ms_new_blob *)(void *)b->blobs.p;
	size_t i, n = b->blobs.n / sizeof(*bl), kept = 0, at;
	size_t *starts = ms_xcalloc(b->data_n, sizeof(*starts));
	struct sifted s;
	int rc;

	sifted_init(&s, b->data, b->data_n, starts);
	for (i = 0; i < n; i++)
		s.known[starts[bl[i].image] + bl[i].row] = bl[i].known;
	rc = sift(b->data, &b->data_n, MS_BLOCK_DATA, &s, err);
	for (i = 0; i < n; i++) {
		at = starts[bl[i].image] + bl[i].row;
		if (bl[i].known)
			continue;
		bl[i].image = s.image[at];
		bl[i].row = s.row[at];
		bl[kept++] = bl[i];
	}
	b->blobs.n = kept * sizeof(*bl);
	sifted_release(&s);
	free(starts);
	return rc;
}

/* Deposits of a message that has become known go by its number. */
static int
sift_messages(struct ms_batch *b, struct ms_err *err)
{
	struct ms_new_message *f =
	    (struct ms_new_message *)(void *)b->messages.p;
	size_t i, n = b->messages.n / sizeof(*f), kept = 0, at, deposits;
	size_t *starts = ms_xcalloc(b->meta_n, sizeof(*starts));
	uint32_t *to = ms_xcalloc(n, sizeof(*to));
	struct ms_deposit *d = ms_batch_deposits(b, &deposits);
	struct sifted s;
	int rc;

	sifted_init(&s, b->meta, b->meta_n, starts);
	for (i = 0; i < n; i++)
		s.known[starts[f[i].image] + f[i].row] = f[i].known;
	rc = sift(b->meta, &b->meta_n, MS_BLOCK_META, &s, err);
	for (i = 0; i < n; i++) {
		at = starts[f[i].image] + f[i].row;
		to[i] = f[i].known ? MS_NO_NEW_MESSAGE : (uint32_t)kept;
		f[i].image = s.image[at];
		f[i].row = s.row[at];
		if (!f[i].known)
			f[kept++] = f[i];
	}
	b->messages.n = kept * sizeof(*f);
	for (i = 0; i < deposits; i++)
		if (d[i].new_message != MS_NO_NEW_MESSAGE)
			d[i].new_message = to[d[i].new_message];
	sifted_release(&s);
	free(starts);
	free(to);
	return rc;
}

int
ms_batch_sift(struct ms_batch *b, struct ms_err *err)
{
	uint32_t i;

	if (sift_blobs(b, err) < 0 || sift_messages(b, err) < 0)
		return -1;
	b->stored = 0;
	for (i = 0; i < b->data_n; i++)
		b->stored += b->data[i]->bytes.n;
	for (i = 0; i < b->meta_n; i++)
		b->stored += b->meta[i]->bytes.n;
	return 0;
}
