/*
 * pst.c - reads PST and OST files, folder by folder. libpff opened each of 300
 * damaged files without a crash, but it is C code for hostile input: it runs in
 * a confined process, with limits of memory and time.
 */
#include <stdlib.h>
#include <string.h>
#include "pst-impl.h"

#define RECOVERED "Recovered items"
#define CLASS 0x001a

struct ms_pst {
	libbfio_handle_t *io;
	libpff_file_t *file;
	unsigned codepage;
	struct ms_pst_nodes nodes;
	struct ms_pst_folder *folders; /* as many as nodes; names are theirs */
	/* The next item: number `item` of folder `at`; folder is open, if any.
	 */
	size_t at;
	libpff_item_t *folder;
	uint64_t item, done, total;
	bool recover;  /* what was deleted is still to be looked for */
	int recovered; /* items of the last folder that are no orphans */
	struct ms_pst_held held;
};

/* ---- opening ---- */

/* Counts what libpff finds between the items. -1: it cannot look for that. */
static int
find_deleted(struct ms_pst *pst, uint64_t *found, struct ms_err *err)
{
	libpff_error_t *error = NULL;
	int orphans = 0;

	if (libpff_file_recover_items(pst->file, 0, &error) != 1 ||
	    libpff_file_get_number_of_recovered_items(
		pst->file, &pst->recovered, &error) != 1 ||
	    libpff_file_get_number_of_orphan_items(
		pst->file, &orphans, &error) != 1)
		return ms_pst_fail(error, err, "what was deleted");
	*found = (uint64_t)pst->recovered + (uint64_t)orphans;
	return 0;
}

/* Items that were deleted, as a last folder. It comes when all others are read,
 * because the search can take long, or fail. */
static void
add_deleted(struct ms_pst *pst)
{
	struct ms_pst_nodes *nodes = &pst->nodes;
	struct ms_pst_node node = {.special = ""};

	pst->recover = false;
	if (find_deleted(pst, &node.found, &node.err) < 0)
		pst->recovered = 0;
	node.name = ms_xstrdup(RECOVERED);
	node.expected = node.found;
	nodes->list =
	    ms_xreallocarray(nodes->list, nodes->n + 1, sizeof *nodes->list);
	pst->folders =
	    ms_xreallocarray(pst->folders, nodes->n + 1, sizeof *pst->folders);
	pst->folders[nodes->n] = (struct ms_pst_folder){
	    .name = node.name, .expected = node.expected};
	nodes->list[nodes->n++] = node;
	nodes->cap = nodes->n;
	pst->total += node.found;
}

static void
begin_counts(struct ms_pst *pst)
{
	size_t n = pst->nodes.n;

	pst->folders = ms_xcalloc(n, sizeof *pst->folders);
	for (size_t i = 0; i < n; i++) {
		const struct ms_pst_node *node = &pst->nodes.list[i];

		pst->folders[i].name = node->name;
		pst->folders[i].expected = node->expected;
		pst->total += node->found;
	}
}

static int
open_file(struct ms_pst *pst, int fd, uint64_t size,
    const struct ms_pst_options *opt, struct ms_err *err)
{
	libpff_error_t *error = NULL;
	int codepage = 0;

	pst->io = ms_pst_io(fd, size);
	if (pst->io == NULL ||
	    libpff_file_initialize(&pst->file, &error) != 1 ||
	    libpff_file_open_file_io_handle(
		pst->file, pst->io, LIBPFF_OPEN_READ, &error) != 1)
		return ms_pst_fail(error, err, "this PST file");
	if (opt->codepage != 0)
		libpff_file_set_ascii_codepage(
		    pst->file, (int)opt->codepage, NULL);
	libpff_file_get_ascii_codepage(pst->file, &codepage, NULL);
	pst->codepage = opt->codepage != 0 ? opt->codepage
			: codepage > 0     ? (unsigned)codepage
					   : 0;
	if (ms_pst_folders_read(pst->file, &pst->nodes, err) < 0)
		return -1;
	pst->recover = opt->recover;
	begin_counts(pst);
	return 0;
}

int
ms_pst_open(struct ms_pst **out, int fd, uint64_t size,
    const struct ms_pst_options *opt, struct ms_err *err)
{
	struct ms_pst *pst = ms_xcalloc(1, sizeof *pst);

	if (open_file(pst, fd, size, opt, err) < 0) {
		ms_pst_close(pst);
		return -1;
	}
	*out = pst;
	return 0;
}

void
ms_pst_close(struct ms_pst *pst)
{
	if (pst == NULL)
		return;
	ms_pst_held_free(&pst->held);
	libpff_item_free(&pst->folder, NULL);
	libpff_file_free(&pst->file, NULL);
	libbfio_handle_free(&pst->io, NULL);
	ms_pst_nodes_free(&pst->nodes);
	free(pst->folders);
	free(pst);
}

/* ---- items ---- */

static const struct ms_pst_node *
node(const struct ms_pst *pst)
{
	return &pst->nodes.list[pst->at];
}

/* The libpff item that is next. Returns 1 or -1. */
static int
get_message(struct ms_pst *pst, libpff_item_t **out, libpff_error_t **error)
{
	int i = (int)pst->item;

	if (node(pst)->id == 0 && i < pst->recovered)
		return libpff_file_get_recovered_item_by_index(
		    pst->file, i, out, error);
	if (node(pst)->id == 0)
		return libpff_file_get_orphan_item_by_index(
		    pst->file, i - pst->recovered, out, error);
	if (pst->folder == NULL && libpff_file_get_item_by_identifier(pst->file,
				       node(pst)->id, &pst->folder, error) != 1)
		return -1;
	return libpff_folder_get_sub_message(pst->folder, i, out, error);
}

/* Goes to the next folder with items, or one that cannot be read. Returns 1, or
 * 0 at the end. */
static int
find_folder(struct ms_pst *pst)
{
	while (pst->at < pst->nodes.n) {
		if (pst->item < node(pst)->found ||
		    node(pst)->err.code != MS_OK)
			return 1;
		libpff_item_free(&pst->folder, NULL);
		pst->at++;
		pst->item = 0;
	}
	return 0;
}

static void
say_where(const struct ms_pst *pst, struct ms_pst_place *place)
{
	*place = (struct ms_pst_place){.folder = node(pst)->name,
	    .special = node(pst)->special,
	    .number = pst->item + 1,
	    .done = pst->done,
	    .total = pst->total};
}

/* A folder whose list of items or folders is damaged is named once. */
static int
folder_failed(
    struct ms_pst *pst, struct ms_pst_place *place, struct ms_err *err)
{
	struct ms_err why = node(pst)->err;

	pst->nodes.list[pst->at].err = (struct ms_err){0};
	place->number = 0;
	return ms_fail(err, MS_DATA, "%s", why.msg);
}

void
ms_pst_skip(struct ms_pst *pst, uint64_t n)
{
	struct ms_pst_node *folder;

	for (; n > 0 && find_folder(pst) != 0; n--) {
		folder = &pst->nodes.list[pst->at];
		if (folder->err.code != MS_OK) { /* it counts as one */
			folder->err = (struct ms_err){0};
			continue;
		}
		pst->folders[pst->at].produced++;
		pst->item++;
		pst->done++;
	}
}

/* Reads the item that is next, and goes on to the one after it. */
static struct ms_mapi_item *
read_item(struct ms_pst *pst, struct ms_err *err)
{
	struct ms_mapi_item *item = NULL;
	libpff_item_t *message = NULL;
	libpff_error_t *error = NULL;

	if (get_message(pst, &message, &error) != 1)
		ms_pst_fail(error, err, "the item");
	else
		item =
		    ms_pst_item(message, NULL, pst->codepage, &pst->held, err);
	pst->item++;
	pst->done++;
	return item;
}

/* What was deleted is an item if it can be read and has a class. */
static bool
is_remnant(const struct ms_mapi_item *item)
{
	return item == NULL || !ms_mapi_has(&item->props, MS_MAPI_ID(CLASS));
}

int
ms_pst_next(struct ms_pst *pst, struct ms_mapi_item **item,
    struct ms_pst_place *place, struct ms_err *err)
{
	struct ms_pst_folder *folder;

	for (;;) {
		ms_pst_held_free(&pst->held);
		if (find_folder(pst) == 0) {
			if (!pst->recover)
				return 0;
			add_deleted(pst);
			continue;
		}
		say_where(pst, place);
		if (node(pst)->err.code != MS_OK)
			return folder_failed(pst, place, err);
		folder = &pst->folders[pst->at];
		*item = read_item(pst, err);
		if (node(pst)->id != 0 || !is_remnant(*item))
			break;
		folder->expected--;
		ms_mapi_item_free(*item);
	}
	if (*item == NULL)
		folder->failed++;
	else
		folder->produced++;
	return *item == NULL ? -1 : 1;
}

const struct ms_pst_folder *
ms_pst_folders(const struct ms_pst *pst, size_t *n)
{
	*n = pst->nodes.n;
	return pst->folders;
}
