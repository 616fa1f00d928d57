/* folder-counts.c - see folder-counts.h. */
#include "folder-counts.h"

#include <stdlib.h>
#include <string.h>

struct ms_mapi_folder *
ms_mapi_folders_find(struct ms_mapi_folders *f, const char *name)
{
	/* Folders come one after another. */
	for (size_t i = 0; i < f->n; i++) {
		size_t at = (f->at + i) % f->n;

		if (strcmp(f->list[at].name, name) == 0) {
			f->at = at;
			return &f->list[at];
		}
	}
	if (f->n == MS_MAPI_FOLDERS_MAX)
		return NULL;
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 16 : f->cap * 2;
		f->list = ms_xreallocarray(f->list, f->cap, sizeof(*f->list));
	}
	f->at = f->n;
	f->list[f->n] = (struct ms_mapi_folder){.name = ms_xstrdup(name)};
	return &f->list[f->n++];
}

void
ms_mapi_folders_release(struct ms_mapi_folders *f)
{
	for (size_t i = 0; i < f->n; i++)
		free((char *)f->list[i].name);
	free(f->list);
	*f = (struct ms_mapi_folders){0};
}
