/* map.h - a table of numbers by digest, in memory. Layer: above sha. */
#ifndef MS_MAP_H
#define MS_MAP_H
#include <stdint.h>
#include "sha.h"

struct ms_map_slot {
	unsigned char key[MS_SHA_LEN];
	uint64_t value; /* the number plus one; 0: the slot is free */
};

/*
 * {0} is an empty table. The keys are digests, so their first bytes serve as
 * the hash.
 */
struct ms_map {
	struct ms_map_slot *slots;
	size_t count, room; /* room: a power of two */
};

/*
 * Looks up a key, and adds it with this value if it is missing. Returns whether
 * the key was there; *out receives the value in the table. out may be NULL.
 */
bool ms_map_add(struct ms_map *m, const unsigned char key[MS_SHA_LEN],
    uint64_t value, uint64_t *out);
bool ms_map_get(
    const struct ms_map *m, const unsigned char key[MS_SHA_LEN], uint64_t *out);
/* Removes all keys and keeps the memory. */
void ms_map_clear(struct ms_map *m);
void ms_map_release(struct ms_map *m);

#endif
