/* window.c - reads messages in the order of the archive and writes them in the
 * order in which they were requested. See window.h. */
#include "window.h"

#include <stdlib.h>

#define WINDOW_BYTES ((size_t)32 * 1024 * 1024) /* of messages, wire form */
#define WINDOW_COUNT 4096
#define LOADED_MAX ((size_t)4 * 1024 * 1024) /* a longer one is not kept */

struct waiting {
	struct export_choice choice;
	size_t at, n; /* of the message in `bytes` */
};

struct export_window {
	struct ms_archive *archive;
	enum ms_eol eol;
	export_write_fn *write;
	void *ctx;
	struct waiting **item; /* in the order of the requests */
	size_t count, cap;
	uint64_t size; /* of all messages that will be kept */
	struct ms_buf bytes;
};

enum ms_form
export_form(enum ms_eol eol, const struct ms_row *row)
{
	switch (eol) {
	case MS_EXPORT_LF:
		return MS_FORM_LF;
	case MS_EXPORT_CRLF:
		return MS_FORM_CRLF;
	default:
		return row->form;
	}
}

struct export_window *
export_window_new(
    struct ms_archive *a, enum ms_eol eol, export_write_fn *write, void *ctx)
{
	struct export_window *w = ms_xcalloc(1, sizeof(*w));

	w->archive = a;
	w->eol = eol;
	w->write = write;
	w->ctx = ctx;
	return w;
}

static void
clear(struct export_window *w)
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
	clear(w);
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

/* Reads one message, or keeps the reason why it cannot be read. */
static void
load(struct export_window *w, struct waiting *item)
{
	struct export_choice *c = &item->choice;

	if (c->row.size > LOADED_MAX)
		return;
	item->at = w->bytes.n;
	c->loaded = ms_archive_emit(w->archive, c->row.message, c->row.id,
			export_form(w->eol, &c->row), ms_buf_append, &w->bytes,
			&c->damage) == 0;
	if (!c->loaded)
		w->bytes.n = item->at;
	item->n = w->bytes.n - item->at;
}

static void
load_all(struct export_window *w)
{
	struct waiting **order =
	    ms_xreallocarray(NULL, w->count, sizeof(struct waiting *));

	for (size_t i = 0; i < w->count; i++)
		order[i] = w->item[i];
	qsort(order, w->count, sizeof(struct waiting *), compare_by_record);
	for (size_t i = 0; i < w->count; i++)
		load(w, order[i]);
	free(order);
	/* The buffer grows no more, so its addresses are final. */
	for (size_t i = 0; i < w->count; i++)
		if (w->item[i]->n > 0)
			w->item[i]->choice.bytes = (struct ms_slice){
			    w->bytes.p + w->item[i]->at, w->item[i]->n};
}

int
export_window_drain(struct export_window *w, struct ms_err *err)
{
	int rc = 0;

	if (w->count == 0)
		return 0;
	load_all(w);
	for (size_t i = 0; i < w->count && rc == 0; i++)
		rc = w->write(w->ctx, &w->item[i]->choice, err);
	clear(w);
	return rc;
}

int
export_window_add(
    struct export_window *w, const struct export_choice *c, struct ms_err *err)
{
	struct waiting *item;
	uint64_t size = c->row.size <= LOADED_MAX ? c->row.size : 0;

	if ((w->count == WINDOW_COUNT || w->size + size > WINDOW_BYTES) &&
	    export_window_drain(w, err) < 0)
		return -1;
	if (w->count == w->cap) {
		w->cap = w->cap == 0 ? 64 : w->cap * 2;
		w->item =
		    ms_xreallocarray(w->item, w->cap, sizeof(struct waiting *));
	}
	item = ms_xcalloc(1, sizeof(*item));
	item->choice = *c;
	w->item[w->count++] = item;
	w->size += size;
	return 0;
}
