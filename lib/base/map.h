/*
 * map.h - numbers by digest, in memory. Layer: above sha.
 */
#ifndef MS_MAP_H
#define MS_MAP_H
#include <stdint.h>
#include "sha.h"

struct ms_map_slot {
	unsigned char key[MS_SHA_LEN];
	uint64_t value; /* plus one; 0: free */
};

/* {0} is empty. Keys are digests: their first bytes are hash enough. */
struct ms_map {
	struct ms_map_slot *slots;
	size_t count, room; /* room: a power of two */
};

/*
 * The value of a key. Returns whether it was there; if not it is there now,
 * as `value`. out may be NULL.
 */
bool ms_map_add(struct ms_map *m, const unsigned char key[MS_SHA_LEN],
    uint64_t value, uint64_t *out);
bool ms_map_get(
    const struct ms_map *m, const unsigned char key[MS_SHA_LEN], uint64_t *out);
/* Forgets all, keeps the memory. */
void ms_map_clear(struct ms_map *m);
void ms_map_release(struct ms_map *m);

#endif
