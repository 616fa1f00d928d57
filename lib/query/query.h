/*
 * query.h - queries: parses the terms of a query and finds the occurrences that
 * match. The language is ms-query(7). Layer: above archive.
 */
#ifndef MS_QUERY_H
#define MS_QUERY_H
#include <stdbool.h>
#include <stdint.h>
#include "archive.h"

#define MS_QUERY_MAX 65536   /* bytes of a query */
#define MS_QUERY_TERMS 1024  /* in a query */
#define MS_QUERY_ID_DIGITS 8 /* at least, in id: */
#define MS_QUERY_DEPTH 100   /* parentheses in each other, less than this */

/* A parsed query. It does not refer to an archive. */
struct ms_query;

/*
 * ms_query_parse() parses a query.
 *   text   UTF-8; the empty text matches everything
 *   now    seconds; the moment from which "90d" is counted
 * Errors: MS_USAGE; the message gives the character and what to write instead.
 */
int ms_query_parse(struct ms_query **out, struct ms_slice text, int64_t now,
    struct ms_err *err);
/* The same for the operands of a command line, joined by blanks. */
int ms_query_parse_words(struct ms_query **out, int argc, char *const argv[],
    int64_t now, struct ms_err *err);
void ms_query_free(struct ms_query *q);

/*
 * Starts the confined processes that read messages, if the query has terms
 * about their parts or text. Call it before the archive is opened or a secret
 * is read. Results as ms_text_reader_open(): 0; 1, `err` is a warning; -1.
 */
int ms_query_begin(struct ms_query *q, struct ms_err *err);

/* Restricts the query to one user, who must exist (-u). */
void ms_query_user(struct ms_query *q, const char *name);

/*
 * Lets the query also find occurrences that were moved to another folder.
 * Returns false if it asks for them by is:moved; then nothing changes.
 */
bool ms_query_with_moved(struct ms_query *q);

/* Does the query consist of id: terms only, at least one? Such a query selects
 * messages, not occurrences. */
bool ms_query_ids_only(const struct ms_query *q);
/*
 * Does a since: term select by the date at which a message was sent? A job that
 * copies what is new would miss mail that comes late.
 */
bool ms_query_since_sent(const struct ms_query *q);
/*
 * Finds the messages of the id: terms. *messages receives an array of MESSAGE
 * numbers, ascending, without duplicates; the caller frees it. MS_USAGE: the
 * digits are the beginning of more than one id.
 */
int ms_query_messages(const struct ms_query *q, struct ms_archive *a,
    uint64_t **messages, size_t *count, struct ms_err *err);

/*
 * Parses a date as since: and before: accept it; *out receives its first
 * moment. now is the moment from which "90d" is counted. Returns false if the
 * text is not such a date.
 */
bool ms_query_date(const char *s, size_t n, int64_t now, int64_t *out);

/*
 * ms_hits_open() begins to find the occurrences that match a query; occurrences
 * that were moved to another folder match only with is:moved, and those that a
 * person removed only with is:removed. The query and the archive must exist
 * until ms_hits_close(). MS_USAGE: the user of ms_query_user() does not exist,
 * or the digits of an id: term are the beginning of more than one id.
 */
struct ms_hits;
int ms_hits_open(struct ms_hits **out, struct ms_archive *a,
    const struct ms_query *q, enum ms_order order, struct ms_err *err);
/*
 * Returns 1 (*row is valid until the next call), 0 at the end, or -1 with err
 * set. If *row is set after -1, the error concerns this row only (its header is
 * damaged) and the iteration can continue.
 */
int ms_hits_next(
    struct ms_hits *h, const struct ms_row **row, struct ms_err *err);
void ms_hits_close(struct ms_hits *h);

/*
 * ms_hits_count() counts the occurrences that ms_hits_open() would find, and
 * adds up the sizes of their messages, if the index alone can tell. The results
 * are 1, 0 (headers would have to be read), or -1 as those functions.
 */
int ms_hits_count(struct ms_archive *a, const struct ms_query *q,
    uint64_t *count, uint64_t *bytes, struct ms_err *err);

/* Appends lines that say which rows of the index a query looks at, and what
 * each of its terms needs. ms-list(1), --explain. 0, -1 as ms_hits_open(). */
int ms_hits_explain(struct ms_archive *a, const struct ms_query *q,
    struct ms_buf *out, struct ms_err *err);

/* The name of the i-th kind of terms, such as "from"; NULL: no more. */
const char *ms_query_term(size_t i);

#endif
