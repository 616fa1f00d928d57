/*
 * map.c - many keys, some of which differ only at their end; the map is cleared
 * and used again.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "tap.h"

#define MANY 20000

/*
 * Half of the keys have the same first bytes, which the map uses as the hash.
 */
static void
make_key(uint64_t i, unsigned char key[MS_SHA_LEN])
{
	memset(key, 0, MS_SHA_LEN);
	if (i % 2 == 0)
		ms_sha256(&i, sizeof(i), key);
	else
		ms_put_le64(key + MS_SHA_LEN - 8, i % 512 == 1 ? i : i << 8);
	if (i % 2 != 0 && i % 512 != 1)
		ms_put_le64(key, i * 0x9e3779b97f4a7c15);
}

static size_t
wrong(const struct ms_map *m, uint64_t from, uint64_t to, bool there)
{
	unsigned char key[MS_SHA_LEN];
	size_t bad = 0;
	uint64_t i, v;

	for (i = from; i < to; i++) {
		make_key(i, key);
		v = UINT64_MAX;
		if (ms_map_get(m, key, &v) != there || (there && v != i * 3))
			bad++;
	}
	return bad;
}

int
main(void)
{
	unsigned char key[MS_SHA_LEN];
	struct ms_map m = {0};
	size_t bad = 0, room;
	uint64_t i, v;

	ok(wrong(&m, 0, 10, false) == 0, "an empty map has no key");
	for (i = 0; i < MANY; i++) {
		make_key(i, key);
		v = 0;
		bad += ms_map_add(&m, key, i * 3, &v) || v != i * 3;
	}
	ok(bad == 0 && m.count == MANY, "%d keys are added", MANY);
	ok(wrong(&m, 0, MANY, true) == 0, "the keys are found");
	ok(wrong(&m, MANY, 2 * MANY, false) == 0, "other keys are not found");
	for (i = 0; i < MANY; i++) {
		make_key(i, key);
		bad += !ms_map_add(&m, key, 99, &v) || v != i * 3;
	}
	ok(bad == 0 && m.count == MANY,
	    "a key that is added again keeps its value");
	room = m.room;
	ms_map_clear(&m);
	ok(m.count == 0 && m.room == room && wrong(&m, 0, MANY, false) == 0,
	    "the map is cleared");
	make_key(7, key);
	ok(!ms_map_add(&m, key, 0, NULL) && ms_map_add(&m, key, 5, &v) &&
		v == 0,
	    "0 is a valid value");
	ms_map_release(&m);
	ok(m.slots == NULL && m.room == 0, "the map is released");
	return done();
}
