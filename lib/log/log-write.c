/* log-write.c - a batch is numbered, closed with its COMMIT, appended and
 * synced. ms-archive(5), Writing. */
#include <string.h>
#include <time.h>

#include "log.h"

static void
tree_add(struct ms_tree *tree, const struct ms_buf *leaves)
{
	size_t i;

	for (i = 0; i < leaves->n; i += MS_SHA_LEN)
		ms_tree_add(tree, leaves->p + i);
}

/* Adds the COMMIT to `last`, which has its other records. */
static void
add_commit(struct ms_commit *c, struct ms_tree *tree,
    const struct ms_position *pos, struct ms_block_builder *last)
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_buf content = {0};

	tree_add(tree, &last->leaves);
	c->first = pos->next;
	c->count = (uint32_t)tree->count;
	c->time = time(NULL);
	ms_tree_root(tree, c->root);
	ms_chain(pos->chain, c->root, c->chain);
	ms_commit_write(&content, c);
	ms_sha256(content.p, content.n, digest);
	ms_block_add(last, MS_COMMIT, ms_buf_slice(&content), digest);
	ms_buf_release(&content);
}

static int
write_image(const struct ms_pack *pk, struct ms_block_image *image,
    uint64_t *number, uint64_t *at, struct ms_err *err)
{
	ms_block_seal(image, *number, pk->header.key);
	if (ms_pack_write(pk, *at, image->bytes.p, image->bytes.n, err) < 0)
		return -1;
	*number += image->header.count;
	*at += image->bytes.n;
	return 0;
}

/* A batch that readers would refuse is not written. */
static int
check_limits(struct ms_block_image *const *images, size_t count,
    const struct ms_block_builder *last, struct ms_err *err)
{
	size_t i, meta = ms_block_size(last), records = last->count + 1;

	for (i = 0; i < count; i++) {
		records += images[i]->header.count;
		if (images[i]->header.kind == MS_BLOCK_META)
			meta += images[i]->header.payload;
	}
	if (count >= MS_EXTENT_BLOCKS_MAX || meta > MS_BATCH_META_MAX ||
	    records > MS_BATCH_RECORDS_MAX)
		return ms_fail(err, MS_BUG,
		    "a batch of %zu blocks, %zu records, %zu bytes is too "
		    "large",
		    count + 1, records, meta);
	return 0;
}

int
ms_log_append(const struct ms_pack *pk, struct ms_position *pos,
    struct ms_block_image *const *images, size_t count,
    struct ms_block_builder *last, struct ms_commit *commit, struct ms_err *err)
{
	struct ms_block_image closing = {0};
	uint64_t number = pos->next, at = pos->end, start;
	void *zstd = ms_block_compressor();
	struct ms_tree tree = {0};
	size_t i;
	int rc = -1;

	if (check_limits(images, count, last, err) < 0)
		goto out;
	for (i = 0; i < count; i++)
		tree_add(&tree, &images[i]->leaves);
	add_commit(commit, &tree, pos, last);
	ms_block_finish(last, zstd, &closing);
	for (i = 0; i < count; i++)
		if (write_image(pk, images[i], &number, &at, err) < 0)
			goto out;
	start = at;
	if (write_image(pk, &closing, &number, &at, err) < 0 ||
	    ms_pack_sync(pk, err) < 0)
		goto out;
	pos->pack = pk->header.number;
	pos->generation = pk->header.generation;
	pos->commit = start;
	pos->end = at;
	pos->blocks += count + 1;
	pos->next = number;
	memcpy(pos->chain, commit->chain, MS_SHA_LEN);
	rc = 0;
out:
	if (rc < 0)
		ms_pack_cut(pk, pos->end, NULL);
	ms_block_image_release(&closing);
	ms_block_compressor_free(zstd);
	return rc;
}
