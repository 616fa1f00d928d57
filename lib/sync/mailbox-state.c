/*
 * mailbox-state.c - a folder of a mailbox as a server describes it, from one
 * survey to the next.
 */
#include "mailbox-state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void
free_places(char **places, size_t n)
{
	size_t i;

	for (i = 0; places != NULL && i < n; i++)
		free(places[i]);
	free(places);
}

int
ms_mailbox_add_uidl(
    struct ms_mailbox_state *m, const char *uidl, uint64_t size, size_t max)
{
	size_t n = m->uids.n, cap = m->uids.cap;

	if (ms_uid_list_add(&m->uids, (uint32_t)n + 1, max) < 0)
		return -1;
	if (m->places == NULL || m->uids.cap != cap) {
		m->places = ms_xreallocarray(
		    m->places, m->uids.cap, sizeof(*m->places));
		m->sizes =
		    ms_xreallocarray(m->sizes, m->uids.cap, sizeof(*m->sizes));
	}
	m->sizes[n] = size;
	m->places[n] = *uidl != '\0' ? ms_xstrdup(uidl) : NULL;
	return 0;
}

void
ms_mailbox_reset(struct ms_mailbox_state *m)
{
	int i;

	for (i = 0; i < MS_STAGES; i++)
		ms_queue_release(&m->queue[i]);
	free_places(m->places, m->uids.n);
	m->places = NULL;
	free(m->sizes);
	m->sizes = NULL;
	m->uids.n = 0;
	m->probing = 0;
	m->sample_differs = false;
	ms_uid_list_release(&m->samples);
	ms_uid_list_release(&m->by_size);
	ms_uid_list_release(&m->shorts);
	free(m->occurrence);
	free(m->removed);
	m->occurrence = NULL;
	m->removed = NULL;
	ms_uid_list_release(&m->met);
	ms_uid_list_release(&m->unmet);
}

/* ---- following: what an earlier survey has found ---- */

/* Compares two UIDLs; messages without a UIDL come last. */
static int
compare_uidl(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return x == NULL || y == NULL ? (x == NULL) - (y == NULL)
				      : strcmp(x, y);
}

static void
free_seen(struct ms_mailbox_state *m)
{
	free_places(m->seen_places, m->seen.n);
	m->seen_places = NULL;
	ms_uid_list_release(&m->seen);
}

void
ms_mailbox_resurvey(struct ms_mailbox_state *m)
{
	free_seen(m);
	m->seen = m->uids;
	m->seen_places = m->places;
	m->seen_validity = m->uidvalidity;
	m->uids = (struct ms_uid_list){0};
	m->places = NULL;
	free(m->sizes);
	m->sizes = NULL;
	if (m->seen_places != NULL)
		qsort(m->seen_places, m->seen.n, sizeof(*m->seen_places),
		    compare_uidl);
}

bool
ms_mailbox_was_seen(const struct ms_mailbox_state *m, size_t i)
{
	if (m->seen_validity != m->uidvalidity)
		return false;
	if (m->places == NULL)
		return ms_uid_list_has(&m->seen, m->uids.v[i]);
	return m->places[i] != NULL && m->seen_places != NULL &&
	       bsearch(&m->places[i], m->seen_places, m->seen.n,
		   sizeof(*m->seen_places), compare_uidl) != NULL;
}

const char *
ms_mailbox_place(const struct ms_mailbox_state *m, uint32_t uid, char text[32])
{
	if (m->places != NULL)
		return uid <= m->uids.n ? m->places[uid - 1] : NULL;
	if (m->uidvalidity == 0)
		return NULL;
	snprintf(text, 32, "%" PRIu64 "/%" PRIu32, m->uidvalidity, uid);
	return text;
}

size_t
ms_mailbox_waiting(const struct ms_mailbox_state *m)
{
	size_t n = 0;
	int i;

	for (i = 0; i < MS_STAGES; i++)
		n += ms_queue_count(&m->queue[i]);
	return n;
}

void
ms_mailbox_release(struct ms_mailbox_state *m)
{
	ms_mailbox_reset(m);
	free_seen(m);
	ms_uid_list_release(&m->uids);
	free(m->name);
	m->name = NULL;
}
