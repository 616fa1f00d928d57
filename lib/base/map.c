/*
 * map.c - a hash table of numbers by digest, with open addressing. At most
 * three quarters of the slots are used.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

static struct ms_map_slot *
find(const struct ms_map *m, const unsigned char key[MS_SHA_LEN])
{
	size_t at;

	memcpy(&at, key, sizeof(at));
	for (;; at++) {
		struct ms_map_slot *s = &m->slots[at & (m->room - 1)];

		if (s->value == 0 || memcmp(s->key, key, MS_SHA_LEN) == 0)
			return s;
	}
}

static void
grow(struct ms_map *m)
{
	struct ms_map old = *m;
	size_t i;

	m->room = old.room == 0 ? 256 : old.room * 2;
	m->slots = ms_xcalloc(m->room, sizeof(*m->slots));
	for (i = 0; i < old.room; i++)
		if (old.slots[i].value != 0)
			*find(m, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

bool
ms_map_get(
    const struct ms_map *m, const unsigned char key[MS_SHA_LEN], uint64_t *out)
{
	struct ms_map_slot *s;

	if (m->count == 0)
		return false;
	s = find(m, key);
	if (s->value == 0)
		return false;
	if (out != NULL)
		*out = s->value - 1;
	return true;
}

bool
ms_map_add(struct ms_map *m, const unsigned char key[MS_SHA_LEN],
    uint64_t value, uint64_t *out)
{
	struct ms_map_slot *s;

	if (ms_map_get(m, key, out))
		return true;
	if (m->count >= m->room / 4 * 3)
		grow(m);
	s = find(m, key);
	memcpy(s->key, key, MS_SHA_LEN);
	s->value = value + 1;
	m->count++;
	if (out != NULL)
		*out = value;
	return false;
}

void
ms_map_clear(struct ms_map *m)
{
	if (m->count > 0)
		memset(m->slots, 0, m->room * sizeof(*m->slots));
	m->count = 0;
}

void
ms_map_release(struct ms_map *m)
{
	free(m->slots);
	*m = (struct ms_map){0};
}
