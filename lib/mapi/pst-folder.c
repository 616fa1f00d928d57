/*
 * pst-folder.c - the folders of a PST file, each after the one that
 * contains it. [MS-PST], 2.4.4; the special folders by the properties of the
 * message store and of its root, [MS-OXOSFLD], 2.2.
 */
#include <stdlib.h>
#include <string.h>
#include "le.h"
#include "pst-impl.h"
#include "utf8.h"

#define FOLDERS_MAX 1000000
#define DEPTH_MAX 100
#define NAME_BYTES_MAX 4096
#define CONTENT_COUNT 0x3602
#define ENTRY_ID 24 /* bytes; the last four identify the folder */

/* Properties with the entry id of a folder. */
enum {
	SUBTREE = 0x35e0,
	TRASH = 0x35e3,
	SENT = 0x35e4,
	DRAFTS = 0x36d7
};

struct special {
	uint32_t subtree, trash, sent, drafts;
};

struct walk {
	struct ms_pst_nodes *nodes;
	struct special special;
	unsigned depth;
};

/* The identifier of the folder that a property names; 0: none. */
static uint32_t
find_id(libpff_item_t *object, unsigned property)
{
	struct ms_buf id = {0};
	uint32_t found = 0;

	if (object != NULL)
		ms_pst_property(object, property, &id);
	if (id.n == ENTRY_ID)
		found = ms_le32(id.p + ENTRY_ID - 4);
	ms_buf_release(&id);
	return found;
}

static struct special
find_special(libpff_file_t *file, libpff_item_t *root)
{
	libpff_item_t *store = NULL;
	struct special s = {0};

	if (libpff_file_get_message_store(file, &store, NULL) == 1) {
		s.subtree = find_id(store, SUBTREE);
		s.trash = find_id(store, TRASH);
		s.sent = find_id(store, SENT);
	}
	s.drafts = find_id(root, DRAFTS);
	libpff_item_free(&store, NULL);
	return s;
}

static const char *
special_use(const struct special *s, uint32_t id)
{
	return id == 0           ? ""
	       : id == s->trash  ? "\\Trash"
	       : id == s->sent   ? "\\Sent"
	       : id == s->drafts ? "\\Drafts"
				 : "";
}

/* The name below a parent. A "/" in a name would be a level of its own. */
static char *
path_of(const char *parent, libpff_item_t *folder)
{
	struct ms_buf name = {0}, path = {0};
	size_t n = 0;
	char *result;

	if (libpff_folder_get_utf8_name_size(folder, &n, NULL) == 1 && n > 1 &&
	    n <= NAME_BYTES_MAX &&
	    libpff_folder_get_utf8_name(
		folder, ms_buf_room(&name, n), n, NULL) == 1)
		name.n = strnlen((const char *)name.p, n);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/')
			name.p[i] = '_';
	if (parent[0] != '\0')
		ms_buf_printf(&path, "%s/", parent);
	if (name.n == 0 || !ms_utf8_valid(name.p, name.n))
		ms_buf_add_str(&path, "Folder without a name");
	else
		ms_buf_add(&path, name.p, name.n);
	result = ms_xstrdup(ms_buf_str(&path));
	ms_buf_release(&name);
	ms_buf_release(&path);
	return result;
}

static struct ms_pst_node *
add_node(struct walk *w, uint32_t id, char *name)
{
	struct ms_pst_nodes *nodes = w->nodes;

	if (nodes->n == nodes->cap) {
		nodes->cap = nodes->cap == 0 ? 64 : 2 * nodes->cap;
		nodes->list = ms_xreallocarray(
		    nodes->list, nodes->cap, sizeof *nodes->list);
	}
	nodes->list[nodes->n] = (struct ms_pst_node){
	    .id = id, .name = name, .special = special_use(&w->special, id)};
	return &nodes->list[nodes->n++];
}

/* A search folder has no items of its own; [MS-PST], 2.2.2.1. */
static bool
is_search(uint32_t id)
{
	return (id & 0x1f) == 0x03;
}

/* How many items a folder has by its table, and by its own count. */
static void
count_items(libpff_item_t *folder, struct ms_pst_node *node)
{
	libpff_error_t *error = NULL;
	struct ms_buf says = {0};
	int n = 0;

	if (libpff_folder_get_number_of_sub_messages(folder, &n, &error) == 1)
		node->found = (uint64_t)n;
	else
		ms_pst_fail(error, &node->err, "the list of its items");
	node->expected = node->found;
	ms_pst_property(folder, CONTENT_COUNT, &says);
	if (says.n == 4 && ms_le32(says.p) > node->expected &&
	    !is_search(node->id))
		node->expected = ms_le32(says.p);
	ms_buf_release(&says);
}

/* The folder above those that people see; its name is fixed in OST files. */
static bool
is_subtree(const struct walk *w, uint32_t id, const char *name)
{
	const char *slash = strrchr(name, '/');

	return id == w->special.subtree ||
	       (slash != NULL && strcmp(slash, "/IPM_SUBTREE") == 0);
}

static void walk_children(
    struct walk *w, libpff_item_t *folder, const char *name, size_t parent);

/* Folders are at most DEPTH_MAX deep. */
static void /* NOLINTNEXTLINE(misc-no-recursion) */
walk_folder(struct walk *w, libpff_item_t *folder, char *name)
{
	size_t index = w->nodes->n;
	uint32_t id = 0;

	libpff_item_get_identifier(folder, &id, NULL);
	count_items(folder, add_node(w, id, name));
	/* The names of the folders that people see begin below this one. */
	walk_children(w, folder, is_subtree(w, id, name) ? "" : name, index);
}

static void /* NOLINTNEXTLINE(misc-no-recursion) */
walk_children(
    struct walk *w, libpff_item_t *folder, const char *name, size_t parent)
{
	libpff_error_t *error = NULL;
	int n = 0;

	if (libpff_folder_get_number_of_sub_folders(folder, &n, &error) != 1) {
		ms_pst_fail(error, &w->nodes->list[parent].err,
		    "the list of its folders");
		return;
	}
	if (n > 0 && w->depth == DEPTH_MAX)
		ms_fail(&w->nodes->list[parent].err, MS_DATA,
		    "folders more than %d deep are not read", DEPTH_MAX);
	for (int i = 0; i < n && w->depth < DEPTH_MAX; i++) {
		libpff_item_t *child = NULL;

		error = NULL;
		if (w->nodes->n >= FOLDERS_MAX) {
			ms_fail(&w->nodes->list[parent].err, MS_DATA,
			    "more than %d folders are not read", FOLDERS_MAX);
			break;
		}
		if (libpff_folder_get_sub_folder(folder, i, &child, &error) !=
		    1) {
			ms_pst_fail(error, &w->nodes->list[parent].err,
			    "a folder in it");
			continue;
		}
		w->depth++;
		walk_folder(w, child, path_of(name, child));
		w->depth--;
		libpff_item_free(&child, NULL);
	}
}

int
ms_pst_folders_read(
    libpff_file_t *file, struct ms_pst_nodes *nodes, struct ms_err *err)
{
	struct walk w = {.nodes = nodes};
	libpff_item_t *root = NULL;
	libpff_error_t *error = NULL;

	if (libpff_file_get_root_folder(file, &root, &error) != 1)
		return ms_pst_fail(error, err, "the folders");
	w.special = find_special(file, root);
	walk_folder(&w, root, ms_xstrdup(""));
	libpff_item_free(&root, NULL);
	return 0;
}

void
ms_pst_nodes_free(struct ms_pst_nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++)
		free(nodes->list[i].name);
	free(nodes->list);
	*nodes = (struct ms_pst_nodes){0};
}
