/* dest.c - the destinations of messages: one for each user, source and folder,
 * created on first use. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

/* When there are so many destinations, ms_ingest_trim() frees all. */
#define DESTS_MAX 8192

static bool
same_label(const struct ms_dest *d, const char *label, bool create_user)
{
	if (d->create_user != create_user ||
	    (d->label == NULL) != (label == NULL))
		return false;
	return label == NULL || strcmp(d->label, label) == 0;
}

static bool
same_dest(const struct ms_dest *d, const char *user, const char *source,
    const char *folder, const char *label, bool create_user)
{
	return strcmp(d->folder, folder) == 0 &&
	       strcmp(d->source, source) == 0 && strcmp(d->user, user) == 0 &&
	       same_label(d, label, create_user);
}

/* Looks up the number of a folder that the archive has already. If that fails,
 * the commit finds the folder or creates it. */
static void
find_number(struct ms_ingest *in, struct ms_dest *d)
{
	uint64_t user, source, folder;

	if (d->label == NULL &&
	    ms_archive_active_user(in->a, d->user, &user, NULL) == 1 &&
	    ms_archive_source(in->a, d->source, &source, NULL) == 1 &&
	    ms_archive_folder(in->a, user, source, d->folder, &folder, NULL) ==
		1)
		atomic_store(&d->number, folder);
}

#define EVENT_BYTE 6      /* JSON takes six bytes for a control character */
#define EVENTS_FIXED 2048 /* keys, times and actors of up to four events */

static struct ms_dest *
new_dest(const char *user, const char *source, const char *folder,
    const char *label, bool create_user)
{
	struct ms_dest *d = ms_xcalloc(1, sizeof(*d));

	d->user = ms_xstrdup(user);
	d->source = ms_xstrdup(source);
	d->folder = ms_xstrdup(folder);
	d->label = label != NULL ? ms_xstrdup(label) : NULL;
	d->create_user = create_user;
	d->events_max =
	    EVENTS_FIXED +
	    EVENT_BYTE * (strlen(user) + strlen(source) + strlen(folder) +
			     (label != NULL ? strlen(label) : 0));
	return d;
}

void
ms_dests_release(struct ms_ingest *in)
{
	struct ms_dest *d;
	size_t i;

	for (i = 0; i < in->dest_list.n; i += sizeof(d)) {
		memcpy(&d, in->dest_list.p + i, sizeof(d));
		free(d->user);
		free(d->source);
		free(d->folder);
		free(d->label);
		free(d);
	}
	ms_buf_release(&in->dest_list);
	ms_map_release(&in->dests);
	in->last_dest = NULL;
}

void
ms_ingest_trim(struct ms_ingest *in)
{
	if (in->dest_list.n / sizeof(struct ms_dest *) < DESTS_MAX)
		return;
	ms_ingest_enter(in);
	/* The deposits that use them are committed first. */
	if (ms_ingest_commit_all(in) == 0)
		ms_dests_release(in);
	ms_ingest_leave(in);
}

struct ms_dest *
ms_ingest_dest(struct ms_ingest *in, const char *user, const char *source,
    const char *folder, const char *label, bool create_user)
{
	unsigned char key[MS_SHA_LEN];
	struct ms_buf b = {0};
	struct ms_dest *d;
	uint64_t at;

	d = in->last_dest;
	if (d != NULL && same_dest(d, user, source, folder, label, create_user))
		return d;
	ms_buf_printf(&b, "%s%c%s%c%s%c%c%s", user, 0, source, 0, folder,
	    label != NULL ? 1 : 0, create_user ? 1 : 0,
	    label != NULL ? label : "");
	ms_sha256(b.p, b.n, key);
	ms_buf_release(&b);
	ms_ingest_enter(in);
	at = in->dest_list.n / sizeof(d);
	if (ms_map_add(&in->dests, key, at, &at)) {
		memcpy(&d, in->dest_list.p + at * sizeof(d), sizeof(d));
		assert(same_label(d, label, create_user));
	} else {
		d = new_dest(user, source, folder, label, create_user);
		find_number(in, d);
		ms_buf_add(&in->dest_list, &d, sizeof(d));
	}
	ms_ingest_leave(in);
	in->last_dest = d;
	return d;
}
