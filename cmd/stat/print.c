/* print.c - the output of ms-stat. ms-stat(1), Output; ms-json(5),
 * Statistics. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "color.h"
#include "human.h"
#include "listing.h"
#include "stat.h"
#include "term.h"
#include "time.h"

#define BAR_MIN 10 /* columns of the plot */
#define BAR_MAX 60

/* The names of the key, as of --by, and what a table calls it. */
static const struct {
	const char *name, *heading;
} kinds[] = {
    [BY_NONE] = {"", ""},
    [BY_USER] = {"user", "USER"},
    [BY_YEAR] = {"year", "YEAR"},
    [BY_MONTH] = {"month", "MONTH"},
    [BY_FOLDER] = {"folder", "FOLDER"},
    [BY_SOURCE] = {"source", "SOURCE"},
    [BY_DOMAIN] = {"domain", "DOMAIN"},
    [BY_CORRESPONDENT] = {"correspondent", "CORRESPONDENT"},
};

/* ---- the names and values of the totals ---- */

struct number {
	const char *name;
	uint64_t value;
};

/* The numbers of the totals; those of the whole archive are the last WHOLE. */
#define NUMBERS 17
#define WHOLE 10
static size_t
numbers_of(struct number n[NUMBERS], const struct counts *c)
{
	const struct number all[NUMBERS] = {
	    {"messages", c->sums.messages},
	    {"occurrences", c->sums.occurrences},
	    {"bytes", c->sums.bytes},
	    {"distinct_bytes", c->sums.distinct_bytes},
	    {"users", c->users},
	    {"folders", c->folders},
	    {"sources", c->sources},
	    {"removed", c->removed.occurrences},
	    {"removed_bytes", c->removed.bytes},
	    {"received_bytes", c->received.bytes},
	    {"single_bytes", c->received.distinct_bytes},
	    {"pack_bytes", c->storage.pack_bytes},
	    {"packs", c->storage.packs},
	    {"index_bytes", c->storage.index_bytes},
	    {"text_bytes", c->storage.text_bytes},
	    {"text_messages", c->storage.text_messages},
	    {"text_missing", c->storage.text_missing},
	};

	memcpy(n, all, sizeof(all));
	return c->whole ? NUMBERS : NUMBERS - WHOLE;
}

/* ---- lines ---- */

static void
write_date(struct ms_buf *out, const char *name, const struct sums *s,
    int64_t date, char end)
{
	char text[21] = "";

	if (s->dated)
		ms_time_format(date, text);
	ms_buf_printf(out, "%s\t%s", name, text);
	ms_buf_add_byte(out, (unsigned char)end);
}

void
write_counts(struct ms_buf *out, const struct counts *c, char end)
{
	struct number n[NUMBERS];
	size_t count = numbers_of(n, c);

	for (size_t i = 0; i < count; i++) {
		if (i == NUMBERS - WHOLE) {
			write_date(out, "first", &c->sums, c->sums.first, end);
			write_date(out, "last", &c->sums, c->sums.last, end);
		}
		ms_buf_printf(out, "%s\t%" PRIu64, n[i].name, n[i].value);
		ms_buf_add_byte(out, (unsigned char)end);
	}
	if (c->whole)
		return;
	write_date(out, "first", &c->sums, c->sums.first, end);
	write_date(out, "last", &c->sums, c->sums.last, end);
}

/* The user and the folder of a key of BY_FOLDER; else *folder is empty. */
static struct ms_slice
split_key(enum by by, struct ms_slice key, struct ms_slice *folder)
{
	const unsigned char *nul =
	    by == BY_FOLDER ? memchr(key.p, '\0', key.n) : NULL;

	*folder = (struct ms_slice){0};
	if (nul == NULL)
		return key;
	*folder = (struct ms_slice){nul + 1, (size_t)(key.p + key.n - nul - 1)};
	return (struct ms_slice){key.p, (size_t)(nul - key.p)};
}

void
write_group(struct ms_buf *out, enum by by, const struct group *g, char end)
{
	struct ms_slice folder, key = split_key(by, g->key, &folder);

	ms_listing_escape(out, (const char *)key.p, key.n);
	if (by == BY_FOLDER) {
		ms_buf_add_byte(out, '\t');
		ms_listing_escape(out, (const char *)folder.p, folder.n);
	}
	sums_write(out, &g->sums);
	ms_buf_add_byte(out, (unsigned char)end);
}

void
write_month(struct ms_buf *out, const struct month *m, bool stored, char end)
{
	ms_buf_printf(out, "%s\t%" PRIu64 "\t%" PRIu64 "\t", m->name,
	    m->messages, m->bytes);
	if (stored)
		ms_buf_printf(out, "%" PRIu64, m->stored);
	ms_buf_add_byte(out, (unsigned char)end);
}

/* ---- JSON ---- */

/* Appends the object, and frees it. */
static void
add_json(struct ms_buf *out, json_t *o, char end)
{
	ms_json_line(out, o);
	ms_buf_add_byte(out, (unsigned char)end);
	json_decref(o);
}

static json_t *
new_json(const char *type)
{
	json_t *o = json_object();

	ms_json_text(o, "type", ms_slice_str(type));
	return o;
}

void
counts_json(struct ms_buf *out, const struct counts *c, char end)
{
	json_t *o = new_json("totals");
	struct number n[NUMBERS];
	size_t count = numbers_of(n, c);

	sums_json(o, &c->sums);
	for (size_t i = 0; i < count; i++)
		ms_json_number(o, n[i].name, n[i].value);
	add_json(out, o, end);
}

void
group_json(struct ms_buf *out, enum by by, const struct group *g, char end)
{
	json_t *o = new_json("group");
	struct ms_slice folder, key = split_key(by, g->key, &folder);

	ms_json_text(o, "by", ms_slice_str(kinds[by].name));
	ms_json_text(o, kinds[by == BY_FOLDER ? BY_USER : by].name, key);
	if (by == BY_FOLDER)
		ms_json_text(o, "folder", folder);
	sums_json(o, &g->sums);
	add_json(out, o, end);
}

void
month_json(struct ms_buf *out, const struct month *m, bool stored, char end)
{
	json_t *o = new_json("growth");

	ms_json_text(o, "month", ms_slice_str(m->name));
	ms_json_number(o, "messages", m->messages);
	ms_json_number(o, "bytes", m->bytes);
	if (stored)
		ms_json_number(o, "pack_bytes", m->stored);
	add_json(out, o, end);
}

/* ---- the totals on a terminal ---- */

/* Appends "3 folders of 2 users". */
static void
add_places(struct ms_buf *out, const struct counts *c)
{
	ms_buf_add_str(out, "in ");
	ms_human_count(out, c->folders, "folder");
	ms_buf_add_str(out, " of ");
	ms_human_count(out, c->users, "user");
	ms_buf_add_str(out, " from ");
	ms_human_count(out, c->sources, "source");
}

static void
print_line(const char *name, const struct ms_buf *value, const char *about)
{
	struct ms_buf line = {0};

	ms_term_fit(&line, name, strlen("Occurrences"), false);
	ms_buf_add_str(&line, "  ");
	ms_term_fit(&line, value->n > 0 ? (const char *)value->p : "",
	    strlen("1023 KiB"), true);
	if (*about != '\0')
		ms_buf_printf(&line, "  %s", about);
	ms_buf_add_byte(&line, '\n');
	fwrite_unlocked(line.p, 1, line.n, stdout);
	ms_buf_release(&line);
}

static void
print_number(const char *name, uint64_t n, const char *about)
{
	struct ms_buf value = {0};

	ms_buf_printf(&value, "%" PRIu64, n);
	ms_buf_str(&value);
	print_line(name, &value, about);
	ms_buf_release(&value);
}

static void
print_bytes(const char *name, uint64_t n, const char *about)
{
	struct ms_buf value = {0};

	ms_human_bytes(&value, n);
	ms_buf_str(&value);
	print_line(name, &value, about);
	ms_buf_release(&value);
}

/* A size, and by how much it is less than another one. */
static void
print_saved(const char *name, uint64_t n, uint64_t than, const char *why)
{
	struct ms_buf about = {0};

	if (n < than)
		ms_buf_printf(&about, "%" PRIu64 " %% less: %s",
		    (uint64_t)(100.0 * (double)(than - n) / (double)than + 0.5),
		    why);
	print_bytes(name, n, ms_buf_str(&about));
	ms_buf_release(&about);
}

static void
print_period(const struct sums *s)
{
	struct ms_buf text = {0};

	ms_term_date(&text, s->first, false);
	ms_buf_add_str(&text, " to ");
	ms_term_date(&text, s->last, false);
	printf("Sent         %s\n", ms_buf_str(&text));
	ms_buf_release(&text);
}

static void
print_storage(const struct counts *c)
{
	struct ms_buf about = {0};

	print_bytes("Received", c->received.bytes, "");
	print_saved("Each once", c->received.distinct_bytes, c->received.bytes,
	    "equal messages are stored once");
	print_saved("In packs", c->storage.pack_bytes,
	    c->received.distinct_bytes, "equal attachments, compression");
	print_bytes("Index", c->storage.index_bytes, "");
	ms_buf_printf(&about, "%" PRIu64 " of ", c->storage.text_messages);
	ms_human_count(&about,
	    c->storage.text_messages + c->storage.text_missing, "message");
	print_bytes("Text index", c->storage.text_bytes, ms_buf_str(&about));
	ms_buf_clear(&about);
	if (c->removed.occurrences == 0)
		return;
	ms_human_bytes(&about, c->removed.bytes);
	ms_buf_add_str(&about, ", out of view");
	print_number("Removed", c->removed.occurrences, ms_buf_str(&about));
	ms_buf_release(&about);
}

void
print_counts(const struct counts *c)
{
	struct ms_buf places = {0};

	add_places(&places, c);
	print_number("Messages", c->sums.messages, "");
	print_number("Occurrences", c->sums.occurrences, ms_buf_str(&places));
	if (c->sums.dated)
		print_period(&c->sums);
	if (c->whole) {
		print_storage(c);
	} else {
		print_bytes("Size", c->sums.bytes, "");
		print_saved("Each once", c->sums.distinct_bytes, c->sums.bytes,
		    "equal messages are stored once");
	}
	ms_buf_release(&places);
}

/* ---- tables ---- */

static void
add_number(struct ms_table *t, uint64_t n)
{
	struct ms_buf text = {0};

	ms_buf_printf(&text, "%" PRIu64, n);
	ms_table_add(t, ms_buf_str(&text));
	ms_buf_release(&text);
}

static void
add_bytes(struct ms_table *t, uint64_t n)
{
	struct ms_buf text = {0};

	ms_human_bytes(&text, n);
	ms_table_add(t, ms_buf_str(&text));
	ms_buf_release(&text);
}

static void
add_slice(struct ms_table *t, struct ms_slice s)
{
	struct ms_buf text = {0};

	if (s.n > 0)
		ms_buf_add(&text, s.p, s.n);
	ms_table_add(t, ms_buf_str(&text));
	ms_buf_release(&text);
}

static void
add_group(struct ms_table *t, enum by by, const struct group *g)
{
	struct ms_slice folder, key = split_key(by, g->key, &folder);
	struct ms_buf last = {0};

	if (by == BY_FOLDER)
		add_slice(t, folder);
	if (key.n == 0)
		key = ms_slice_str("-");
	add_slice(t, key);
	if (by != BY_FOLDER)
		ms_table_add(t, "");
	add_number(t, g->sums.messages);
	add_number(t, g->sums.occurrences);
	add_bytes(t, g->sums.bytes);
	add_bytes(t, g->sums.distinct_bytes);
	if (g->sums.dated && by != BY_YEAR && by != BY_MONTH)
		ms_term_date(&last, g->sums.last, false);
	ms_table_add(t, ms_buf_str(&last));
	ms_table_row(t);
	ms_buf_release(&last);
}

void
print_groups(const struct groups *g, size_t most)
{
	const struct ms_column columns[] = {
	    {.heading = kinds[g->by].heading, .shrink = true},
	    {.heading = "USER", .plain = "", .shrink = true},
	    {.heading = "MESSAGES", .right = true},
	    {.heading = "OCCURRENCES", .right = true},
	    {.heading = "SIZE", .right = true},
	    {.heading = "ONCE", .right = true},
	    {.heading = "LAST", .plain = ""},
	};
	struct ms_table *t =
	    ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < g->n && i < most; i++)
		add_group(t, g->by, &g->v[i]);
	ms_table_end(t);
}

/* Columns that the plot can have. */
static size_t
plot_width(void)
{
	size_t width = ms_term_width(STDOUT_FILENO);
	size_t used = strlen("2026-11  MESSAGES  1023 KiB  1023 KiB  ") + 4;

	if (width < used + BAR_MIN)
		return BAR_MIN;
	return width - used < BAR_MAX ? width - used : BAR_MAX;
}

static void
add_month(struct ms_table *t, const struct month *m, bool stored, uint64_t max)
{
	struct ms_buf bar = {0};
	double part = max > 0 ? (double)m->bytes / (double)max : 0;
	size_t length = (size_t)(part * (double)plot_width() + 0.5);

	ms_table_add(t, m->name);
	add_number(t, m->messages);
	add_bytes(t, m->bytes);
	if (stored)
		add_bytes(t, m->stored);
	else
		ms_table_add(t, "");
	/* Few bytes are not none. */
	if (length == 0 && m->bytes > 0)
		length = 1;
	for (size_t i = 0; i < length; i++)
		ms_buf_add_byte(&bar, '#');
	ms_table_add(t, ms_buf_str(&bar));
	ms_table_row(t);
	ms_buf_release(&bar);
}

void
print_growth(const struct growth *g, bool stored, size_t most)
{
	static const struct ms_column columns[] = {
	    {.heading = "MONTH"},
	    {.heading = "MESSAGES", .right = true},
	    {.heading = "SIZE", .right = true},
	    {.heading = "STORED", .right = true, .plain = ""},
	    {.heading = "", .plain = ""},
	};
	struct ms_table *t =
	    ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t first = g->n > most ? g->n - most : 0, i;
	uint64_t max = 0;

	for (i = first; i < g->n; i++)
		if (g->v[i].bytes > max)
			max = g->v[i].bytes;
	for (i = first; i < g->n; i++)
		add_month(t, &g->v[i], stored, max);
	ms_table_end(t);
}
