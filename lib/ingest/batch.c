/* batch.c - the contents of a batch: images, messages, BLOBs, deposits. */
#include "batch.h"

#include <stdlib.h>

#include "batch-impl.h"

void
ms_deposit_date(struct ms_deposit *d, const struct ms_desc *desc)
{
	struct ms_dates dates = ms_dates_of(desc, d->raw);

	d->date = dates.arrived;
	d->bits &= (uint8_t)~MS_DATE_UNKNOWN;
	if (!dates.known)
		d->bits |= MS_DATE_UNKNOWN;
}

struct ms_err *
ms_deposit_fail(struct ms_deposit *d)
{
	d->outcome = MS_OUTCOME_FAILED;
	d->err = ms_xcalloc(1, sizeof(*d->err));
	return d->err;
}

struct ms_new_message *
ms_batch_messages(const struct ms_batch *b, size_t *count)
{
	*count = b->messages.n / sizeof(struct ms_new_message);
	return (struct ms_new_message *)(void *)b->messages.p;
}

struct ms_new_blob *
ms_batch_blobs(const struct ms_batch *b, size_t *count)
{
	*count = b->blobs.n / sizeof(struct ms_new_blob);
	return (struct ms_new_blob *)(void *)b->blobs.p;
}

struct ms_deposit *
ms_batch_deposits(const struct ms_batch *b, size_t *count)
{
	*count = b->deposits.n / sizeof(struct ms_deposit);
	return (struct ms_deposit *)(void *)b->deposits.p;
}

void
ms_batch_add_image(struct ms_batch *b, struct ms_block_image *image)
{
	bool data = image->header.kind == MS_BLOCK_DATA;
	struct ms_block_image ***list = data ? &b->data : &b->meta;
	uint32_t *n = data ? &b->data_n : &b->meta_n;

	*list = ms_xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = image;
}

void
ms_images_free(struct ms_block_image **list, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		ms_block_image_release(list[i]);
		free(list[i]);
	}
}

void
ms_batch_clear(struct ms_batch *b)
{
	struct ms_deposit *d;
	size_t i, n;

	ms_images_free(b->data, b->data_n);
	ms_images_free(b->meta, b->meta_n);
	b->data_n = b->meta_n = 0;
	d = ms_batch_deposits(b, &n);
	for (i = 0; i < n; i++)
		free(d[i].err);
	ms_buf_clear(&b->messages);
	ms_buf_clear(&b->blobs);
	ms_buf_clear(&b->deposits);
	ms_buf_clear(&b->text);
	b->view = false;
}

void
ms_batch_release(struct ms_batch *b)
{
	ms_batch_clear(b);
	free(b->data);
	free(b->meta);
	ms_buf_release(&b->messages);
	ms_buf_release(&b->blobs);
	ms_buf_release(&b->deposits);
	ms_buf_release(&b->text);
	*b = (struct ms_batch){0};
}
