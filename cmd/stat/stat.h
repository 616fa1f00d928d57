/* stat.h - what the files of ms-stat share: sums, and groups of them.
 * ms-stat(1). */
#ifndef STAT_H
#define STAT_H
#include "archive.h"
#include "json.h"

/* ---- sums: sums.c ---- */

/* Of occurrences. {0} is empty. */
struct sums {
	uint64_t messages, occurrences, bytes, distinct_bytes;
	bool dated;
	int64_t first, last;          /* dates of sending */
	unsigned char id[MS_SHA_LEN]; /* of the last message */
};
/* Adds an occurrence. Those of a message come one after the other. Returns
 * whether the message is new. */
bool sums_add(struct sums *s, const struct ms_row *row);
/* Appends the fields of a line, each after a TAB. */
void sums_write(struct ms_buf *out, const struct sums *s);
/* Sets the keys of ms-json(5), Statistics. */
void sums_json(json_t *o, const struct sums *s);

/* ---- groups: group.c ---- */

/* In the order of the values of --by, which come after "none". */
enum by {
	BY_NONE,
	BY_USER,
	BY_YEAR,
	BY_MONTH,
	BY_FOLDER,
	BY_SOURCE,
	BY_DOMAIN,
	BY_CORRESPONDENT,
	BY_PLACE /* the number of the folder; not a value of --by */
};

struct group {
	struct ms_slice key; /* of a folder: the user, a NUL, the folder */
	struct sums sums;
};
struct groups {
	enum by by;
	struct group *v; /* groups_sort() gives them an order */
	size_t n, room;
	uint32_t *slots; /* a hash table: the index plus one; 0: free */
	size_t slot_count;
	uint64_t seed;
	struct ms_buf key; /* of the row that is added */
};
/* {.by = ...} is empty. */
void groups_add(
    struct groups *g, const struct ms_row *row, const struct ms_folder *folder);
/* Sorts by the number of messages, the highest first, where keys are many and
 * have no order of their own; else by the key. */
void groups_sort(struct groups *g);
void groups_release(struct groups *g);

/*
 * Appends the address in From of a message, or its domain, in lower case;
 * nothing if there is none, and an ellipsis if the index does not have all of
 * it.
 */
void sender_of(struct ms_buf *out, const struct ms_desc *d, bool domain);

/* ---- the whole archive: storage.c ---- */

struct storage {
	uint64_t packs, pack_bytes, index_bytes;
	/* The text index: messages that it has, and lacks. */
	uint64_t text_bytes, text_messages, text_missing;
	struct pack_end {
		uint32_t number;
		uint64_t end; /* bytes of the packs up to this one */
	} * ends;
};
/* Reads the sizes of the files of an archive. 0, -1. */
int storage_read(struct storage *s, struct ms_archive *a, struct ms_err *err);
/* Reads what the text index has. 0, -1. */
int storage_read_text(
    struct storage *s, struct ms_archive *a, struct ms_err *err);
/* The bytes of the packs before a place in them. */
uint64_t storage_before(
    const struct storage *s, uint32_t pack, uint64_t offset);
void storage_release(struct storage *s);

/* ---- growth by month: growth.c ---- */

struct month {
	char name[8]; /* 2026-11 */
	uint64_t end; /* the first record after the month */
	uint64_t messages, bytes;
	uint64_t stored; /* bytes of the packs */
};
struct growth {
	struct month *v;
	size_t n;
};
/* Reads which records came in which month, and with `s` how much the packs have
 * grown; s may be NULL. 0, -1. */
int growth_open(struct growth *g, struct ms_archive *a, const struct storage *s,
    struct ms_err *err);
/* Adds a message. */
void growth_add(struct growth *g, const struct ms_row *row);
void growth_release(struct growth *g);

/* ---- output: print.c ---- */

/* What was counted. */
struct counts {
	struct sums sums;
	uint64_t users, folders, sources;
	/* Of the whole archive: */
	bool whole;
	struct sums removed;  /* what a person took out of view */
	struct sums received; /* all occurrences, also the removed ones */
	struct storage storage;
};

/* Lines for pipes and files, with `end` as their last byte. */
void write_counts(struct ms_buf *out, const struct counts *c, char end);
void write_group(
    struct ms_buf *out, enum by by, const struct group *g, char end);
void write_month(
    struct ms_buf *out, const struct month *m, bool stored, char end);
/* The same as JSON: ms-json(5), Statistics. */
void counts_json(struct ms_buf *out, const struct counts *c, char end);
void group_json(
    struct ms_buf *out, enum by by, const struct group *g, char end);
void month_json(
    struct ms_buf *out, const struct month *m, bool stored, char end);

/* On a terminal: tables. `most`: not more rows than this. */
void print_counts(const struct counts *c);
void print_groups(const struct groups *g, size_t most);
void print_growth(const struct growth *g, bool stored, size_t most);

#endif
