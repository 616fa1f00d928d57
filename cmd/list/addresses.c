/* addresses.c - the addresses of messages. See addresses.h. */
#include "addresses.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "listing.h"
#include "term.h"
#include "utf8.h"

static struct correspondent *
find(struct addresses *s, struct ms_slice key)
{
	unsigned char digest[MS_SHA_LEN];
	uint64_t i;

	ms_sha256(key.p, key.n, digest);
	if (ms_map_add(&s->index, digest, s->n, &i))
		return &s->v[i];
	if (s->n == s->room) {
		s->room = s->room == 0 ? 256 : s->room * 2;
		s->v = ms_xreallocarray(s->v, s->room, sizeof(*s->v));
	}
	s->v[s->n] = (struct correspondent){.address = ms_xmalloc(key.n + 1)};
	memcpy(s->v[s->n].address, key.p, key.n);
	s->v[s->n].address[key.n] = '\0';
	return &s->v[s->n++];
}

/* An ms_address_fn. */
static void
add(void *ctx, struct ms_slice address)
{
	struct addresses *s = ctx;
	struct correspondent *c;

	ms_buf_clear(&s->key);
	ms_utf8_address_key(address, &s->key);
	if (s->key.n == 0)
		return;
	c = find(s, ms_buf_slice(&s->key));
	if (c->last == s->messages)
		return;
	c->last = s->messages;
	c->messages++;
}

static bool
is_wanted(struct ms_slice name)
{
	static const char *const wanted[] = {"from", "to", "cc"};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (name.n == strlen(wanted[i]) &&
		    strncasecmp((const char *)name.p, wanted[i], name.n) == 0)
			return true;
	return false;
}

int
addresses_add(struct addresses *s, struct ms_archive *a,
    const struct ms_row *row, struct ms_err *err)
{
	struct ms_slice rest, name, body;
	int got;

	if (s->messages > 0 && memcmp(s->id, row->id, MS_SHA_LEN) == 0)
		return 0;
	memcpy(s->id, row->id, MS_SHA_LEN);
	s->messages++;
	ms_buf_clear(&s->header);
	got = ms_archive_header(a, row->message, row->id, &s->header, err);
	if (got < 0)
		return -1;
	rest = ms_buf_slice(&s->header);
	while (ms_mail_next_field(&rest, &name, &body))
		if (is_wanted(name))
			ms_mail_addresses(body, add, s);
	return got == 1 ? ms_archive_header_cut(err) : 0;
}

static int
compare(const void *va, const void *vb)
{
	const struct correspondent *a = va, *b = vb;

	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return strcmp(a->address, b->address);
}

void
addresses_sort(struct addresses *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), compare);
}

void
addresses_write(
    struct ms_buf *out, const struct correspondent *c, bool json, char end)
{
	json_t *o;

	if (json) {
		o = json_object();
		ms_json_text(o, "address", ms_slice_str(c->address));
		ms_json_number(o, "messages", c->messages);
		ms_json_line(out, o);
		json_decref(o);
	} else {
		ms_listing_escape(out, c->address, strlen(c->address));
		ms_buf_printf(out, "\t%" PRIu64, c->messages);
	}
	ms_buf_add_byte(out, (unsigned char)end);
}

void
addresses_print(const struct addresses *s)
{
	static const struct ms_column columns[] = {
	    {.heading = "ADDRESS", .shrink = true},
	    {.heading = "MESSAGES", .right = true},
	    {.heading = "", .plain = ""},
	};
	struct ms_table *t =
	    ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	char number[21];

	for (size_t i = 0; i < s->n; i++) {
		snprintf(number, sizeof(number), "%" PRIu64, s->v[i].messages);
		ms_table_add(t, s->v[i].address);
		ms_table_add(t, number);
		ms_table_row(t);
	}
	ms_table_end(t);
}

void
addresses_release(struct addresses *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].address);
	free(s->v);
	ms_map_release(&s->index);
	ms_buf_release(&s->header);
	ms_buf_release(&s->key);
}
