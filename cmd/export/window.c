/* window.c - messages put together in the order of the archive, and
 * given in the order in which they were asked for. */
#include <stdlib.h>

#include "run.h"

#define WINDOW_BYTES ((size_t)32 * 1024 * 1024) /* of messages, wire form */
#define WINDOW_COUNT 4096
#define LOADED_MAX                                                             \
	((size_t)4 * 1024 * 1024) /* a longer message is not kept              \
				   */

struct waiting {
	struct export_choice choice;
	size_t at, n; /* of its bytes, in `bytes` */
};

struct export_window {
	struct waiting **item; /* as they were asked for */
	size_t count, room;
	uint64_t size; /* of all that will be kept */
	struct ms_buf bytes;
};

struct export_window *
export_window_new(void)
{
	return ms_xcalloc(1, sizeof(struct export_window));
}

static void
forget(struct export_window *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->item[i]);
	w->count = 0;
	w->size = 0;
	ms_buf_clear(&w->bytes);
}

void
export_window_free(struct export_window *w)
{
	if (w == NULL)
		return;
	forget(w);
	free(w->item);
	ms_buf_release(&w->bytes);
	free(w);
}

static int
compare_by_record(const void *va, const void *vb)
{
	const struct waiting *const *a = va, *const *b = vb;
	uint64_t m = (*a)->choice.row.message, n = (*b)->choice.row.message;

	return (m > n) - (m < n);
}

static int
keep(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	(void)err;
	ms_buf_add(ctx, p, n);
	return 0;
}

/* Puts one message together; if it can't be, the reason is kept. */
static void
load(struct export_run *r, struct waiting *item)
{
	struct ms_buf *bytes = &r->window->bytes;
	struct export_choice *c = &item->choice;

	if (c->row.size > LOADED_MAX)
		return;
	item->at = bytes->n;
	c->loaded = ms_archive_emit(r->archive, c->row.message,
			export_form(r, &c->row), keep, bytes, &c->damage) == 0;
	if (!c->loaded)
		bytes->n = item->at;
	item->n = bytes->n - item->at;
}

static void
load_all(struct export_run *r)
{
	struct export_window *w = r->window;
	struct waiting **order =
	    ms_xreallocarray(NULL, w->count, sizeof(struct waiting *));

	for (size_t i = 0; i < w->count; i++)
		order[i] = w->item[i];
	qsort(order, w->count, sizeof(struct waiting *), compare_by_record);
	for (size_t i = 0; i < w->count; i++)
		load(r, order[i]);
	free(order);
	/* Only now do the bytes stay where they are. */
	for (size_t i = 0; i < w->count; i++)
		if (w->item[i]->n > 0)
			w->item[i]->choice.bytes = (struct ms_slice){
			    w->bytes.p + w->item[i]->at, w->item[i]->n};
}

int
export_window_drain(struct export_run *r, struct ms_err *err)
{
	struct export_window *w = r->window;
	int rc = 0;

	if (w->count == 0)
		return 0;
	load_all(r);
	for (size_t i = 0; i < w->count && rc == 0; i++)
		rc = export_give(r, &w->item[i]->choice, err);
	forget(w);
	return rc;
}

int
export_window_add(
    struct export_run *r, const struct export_choice *c, struct ms_err *err)
{
	struct export_window *w = r->window;
	struct waiting *item;
	uint64_t size = c->row.size <= LOADED_MAX ? c->row.size : 0;

	if ((w->count == WINDOW_COUNT || w->size + size > WINDOW_BYTES) &&
	    export_window_drain(r, err) < 0)
		return -1;
	if (w->count == w->room) {
		w->room = w->room == 0 ? 64 : w->room * 2;
		w->item = ms_xreallocarray(
		    w->item, w->room, sizeof(struct waiting *));
	}
	item = ms_xcalloc(1, sizeof(*item));
	item->choice = *c;
	w->item[w->count++] = item;
	w->size += size;
	return 0;
}
