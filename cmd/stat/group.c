/* group.c - sums by a key, in a hash table. See stat.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "stat.h"
#include "time.h"

#define SLOTS 1024 /* at first; a power of two */

/* ---- the key of an occurrence ---- */

/* Appends the year or the month; nothing if there is no date. */
static void
add_date(struct ms_buf *out, const struct ms_row *row, size_t length)
{
	char text[21];

	if ((row->bits & MS_ROW_UNDATED) != 0)
		return;
	ms_time_format(row->sent, text);
	ms_buf_add(out, text, length);
}

static void
key_of(struct ms_buf *out, enum by by, const struct ms_row *row,
    const struct ms_folder *f)
{
	switch (by) {
	case BY_YEAR:
		add_date(out, row, strlen("2026"));
		break;
	case BY_MONTH:
		add_date(out, row, strlen("2026-11"));
		break;
	case BY_FOLDER:
		ms_buf_add(out, f->user_name, strlen(f->user_name) + 1);
		ms_buf_add_str(out, f->name);
		break;
	case BY_SOURCE:
		ms_buf_add_str(out, f->source_url);
		break;
	case BY_DOMAIN:
	case BY_CORRESPONDENT:
		sender_of(out, &row->desc, by == BY_DOMAIN);
		break;
	case BY_PLACE:
		ms_buf_add(out, &f->number, sizeof(f->number));
		break;
	default:
		ms_buf_add_str(out, f->user_name);
		break;
	}
}

/* ---- the table ---- */

/* FNV-1a from a random start, so that no sender can choose keys that collide,
 * and a last step that mixes the high bits into the low ones. */
static uint64_t
hash(const struct groups *g, struct ms_slice key)
{
	uint64_t h = g->seed;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The slot of a key, or the free one that it would get. */
static uint32_t *
find_slot(const struct groups *g, struct ms_slice key)
{
	size_t mask = g->slot_count - 1, i = (size_t)hash(g, key) & mask;

	while (g->slots[i] != 0 && !ms_slice_eq(g->v[g->slots[i] - 1].key, key))
		i = (i + 1) & mask;
	return &g->slots[i];
}

static void
grow_slots(struct groups *g)
{
	if (g->slot_count == 0 && getrandom(&g->seed, sizeof(g->seed), 0) < 0)
		g->seed = 0xcbf29ce484222325; /* a kernel without it */
	free(g->slots);
	g->slot_count = g->slot_count == 0 ? SLOTS : g->slot_count * 4;
	g->slots = ms_xcalloc(g->slot_count, sizeof(*g->slots));
	for (size_t i = 0; i < g->n; i++)
		*find_slot(g, g->v[i].key) = (uint32_t)i + 1;
}

static struct group *
add_group(struct groups *g, struct ms_slice key)
{
	unsigned char *p = ms_xmalloc(key.n + 1);

	if (key.n > 0)
		memcpy(p, key.p, key.n);
	p[key.n] = '\0';
	if (g->n == g->room) {
		g->room = g->room == 0 ? SLOTS / 2 : g->room * 2;
		g->v = ms_xreallocarray(g->v, g->room, sizeof(*g->v));
	}
	g->v[g->n] = (struct group){.key = {p, key.n}};
	return &g->v[g->n++];
}

static struct group *
find_group(struct groups *g, struct ms_slice key)
{
	uint32_t *slot;

	if (2 * g->n >= g->slot_count)
		grow_slots(g);
	slot = find_slot(g, key);
	if (*slot != 0)
		return &g->v[*slot - 1];
	*slot = (uint32_t)g->n + 1;
	return add_group(g, key);
}

void
groups_add(
    struct groups *g, const struct ms_row *row, const struct ms_folder *folder)
{
	ms_buf_clear(&g->key);
	key_of(&g->key, g->by, row, folder);
	sums_add(&find_group(g, ms_buf_slice(&g->key))->sums, row);
}

/* ---- the order ---- */

static int
compare_keys(const void *va, const void *vb)
{
	const struct group *a = va, *b = vb;
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	int c = memcmp(a->key.p, b->key.p, n);

	return c != 0 ? c : (a->key.n > b->key.n) - (a->key.n < b->key.n);
}

static int
compare_messages(const void *va, const void *vb)
{
	const struct group *a = va, *b = vb;

	if (a->sums.messages != b->sums.messages)
		return a->sums.messages > b->sums.messages ? -1 : 1;
	return compare_keys(va, vb);
}

void
groups_sort(struct groups *g)
{
	bool many = g->by == BY_DOMAIN || g->by == BY_CORRESPONDENT;

	if (g->n > 0)
		qsort(g->v, g->n, sizeof(*g->v),
		    many ? compare_messages : compare_keys);
}

void
groups_release(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		free((unsigned char *)g->v[i].key.p);
	free(g->v);
	free(g->slots);
	ms_buf_release(&g->key);
}
