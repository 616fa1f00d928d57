/*
 * query.h - which messages are meant: terms joined by "and", parsed into a
 * tree, narrowed to folders and dates for the index, tested against the rest.
 * ms-query(7). Layer: above archive.
 */
#ifndef MS_QUERY_H
#define MS_QUERY_H
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"

#define MS_QUERY_MAX 65536   /* bytes of a query */
#define MS_QUERY_TERMS 1024  /* in a query */
#define MS_QUERY_ID_DIGITS 8 /* at least, in id: */

/* A query that was understood; knows nothing of an archive. */
struct ms_query;

/*
 * Parses UTF-8 text; the empty text means all there is. now is what "90d" is
 * counted from. MS_USAGE: the sentence says where, and what to write instead.
 */
int ms_query_parse(struct ms_query **out, struct ms_slice text, int64_t now,
    struct ms_err *err);
/* The same for the operands of a command line, joined by blanks. */
int ms_query_parse_words(struct ms_query **out, int argc, char *const argv[],
    int64_t now, struct ms_err *err);
void ms_query_free(struct ms_query *q);

/* Restricts it to the user of this very name, who must exist (-u). */
void ms_query_user(struct ms_query *q, const char *name);

/* Is it made of nothing but id: terms, at least one? Then messages are meant,
 * not their occurrences. */
bool ms_query_ids_only(const struct ms_query *q);
/*
 * The messages its id: terms name, as MESSAGE numbers, ascending, each once;
 * free() the array. MS_USAGE: the beginning of more than one id.
 */
int ms_query_messages(const struct ms_query *q, struct ms_archive *a,
    uint64_t **messages, size_t *count, struct ms_err *err);

/*
 * A date as since: and before: take it, as its first moment; now is what "90d"
 * is counted from. False: not such a date.
 */
bool ms_query_date(const char *s, size_t n, int64_t now, int64_t *out);

/*
 * Every occurrence in the archive that a query means; of those that were moved
 * on only if it says is:moved. The query and the
 * archive must outlive it. MS_USAGE: no such user as ms_query_user() named,
 * or the beginning of more than one id.
 */
struct ms_hits;
int ms_hits_open(struct ms_hits **out, struct ms_archive *a,
    const struct ms_query *q, enum ms_order order, struct ms_err *err);
/*
 * 1: got one, the row is the walk's until the next call. 0: no more. -1: if
 * *row is set, only this one could not be judged, because its header is
 * damaged, and the walk goes on; if it is NULL, it does not.
 */
int ms_hits_next(
    struct ms_hits *h, const struct ms_row **row, struct ms_err *err);
void ms_hits_close(struct ms_hits *h);

#endif
