/*
 * text.h - the text index of an archive, for a search: which messages it has,
 * and which of them match. What it has not must be read from the archive.
 * ms-archive(5), Text. Layer: above term, archive.
 */
#ifndef MS_TEXT_H
#define MS_TEXT_H
#include "archive.h"
#include "term.h"

struct ms_text;

/*
 * Opens the databases of the text index. Those that are missing, damaged, of
 * another archive, or ahead of this one, are not used; nor is any if another
 * user could have written them (ms_archive_trust()). 0, -1: the archive cannot
 * be read.
 */
int ms_text_open(
    struct ms_text **out, struct ms_archive *a, struct ms_err *err);
void ms_text_close(struct ms_text *t);

/* How much the index has. */
struct ms_text_coverage {
	uint64_t indexed;        /* messages that it has */
	uint64_t missing, bytes; /* messages that it lacks, in wire form */
	size_t unusable;         /* databases */
	struct ms_err why;       /* of the first one that cannot be used */
};
int ms_text_coverage(
    struct ms_text *t, struct ms_text_coverage *c, struct ms_err *err);
/* The databases, also those that cannot be used, and their size. 0, -1. */
int ms_text_size(struct ms_archive *a, uint64_t *databases, uint64_t *bytes,
    struct ms_err *err);
/* Has the index this MESSAGE? A database that a search finds damaged is not
 * used any more. */
bool ms_text_has(const struct ms_text *t, uint64_t number);

/* Messages of the index, by their numbers. */
struct ms_text_set;
/*
 * Finds the messages of the index that match a term. The set takes a bit for
 * each record of the archive. A database that is found damaged is not used any
 * more: ms_text_has() tells, and the caller must ask it after all searches.
 */
struct ms_text_set *ms_text_search(
    struct ms_text *t, const struct ms_text_term *term);
/* Finds the messages that match() accepts by their types, names and bits. */
struct ms_text_set *ms_text_select(struct ms_text *t,
    bool (*match)(void *, const struct ms_text_row *), void *ctx);
void ms_text_set_free(struct ms_text_set *set);
bool ms_text_set_has(const struct ms_text_set *set, uint64_t number);

#endif
