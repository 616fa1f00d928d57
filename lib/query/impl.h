/*
 * impl.h - the tree of a query, which query.c builds and match.c evaluates.
 * Shared by the files of lib/query only. ms-query(7).
 */
#ifndef MS_QUERY_IMPL_H
#define MS_QUERY_IMPL_H
#include "query.h"

enum ms_query_op {
	MS_QUERY_AND, /* all children match; without children, always true */
	MS_QUERY_OR,  /* at least one child matches */
	MS_QUERY_TERM
};

enum ms_query_field {
	MS_QUERY_USER,
	MS_QUERY_FOLDER,
	MS_QUERY_SOURCE,
	MS_QUERY_LABEL,
	MS_QUERY_SINCE,
	MS_QUERY_BEFORE,
	MS_QUERY_FROM,
	MS_QUERY_TO,
	MS_QUERY_SUBJECT,
	MS_QUERY_ID,
	MS_QUERY_IS
};

/* The nodes are in one array and refer to each other by index. The root, an AND
 * without a parent, has index 0, so 0 also means "none". */
struct ms_query_node {
	enum ms_query_op op;
	uint32_t first, last; /* children */
	uint32_t next, parent;
	enum ms_query_field field; /* of a term */
	char *value;  /* FROM, TO, SUBJECT: folded; ID: digits in lower case */
	size_t n;     /* bytes of value */
	int64_t time; /* SINCE, BEFORE */
	uint8_t bit;  /* IS: MS_ROW_MOVED, MS_ROW_SENT */
};

struct ms_query {
	struct ms_query_node *node;
	uint32_t count, terms;
	uint32_t ids; /* the OR of all id: terms, or 0 */
	bool moved; /* is:moved: occurrences that were moved are not left out */
	char *user; /* -u, or NULL */
};

/*
 * Does text match a pattern, in which `*` is any run of bytes, including none?
 * In the second function, INBOX as the first level of a folder is the same in
 * upper and lower case (RFC 9051, 5.1).
 */
bool ms_query_glob(const char *pattern, const char *text);
bool ms_query_glob_folder(const char *pattern, const char *folder);

/* ---- matching ---- */

struct ms_matcher {
	struct ms_archive *a;
	const struct ms_query *q;
	uint64_t user;      /* the number of -u, or 0 */
	uint64_t header_of; /* MESSAGE number of `header`, or 0 */
	struct ms_buf header, text, folded;
	unsigned char
	    *partial;         /* of each node: verdict of the children so far */
	struct ms_err damage; /* why the last header could not be read */
};

void ms_matcher_init(
    struct ms_matcher *m, struct ms_archive *a, const struct ms_query *q);
/* Can anything in this folder match? */
bool ms_match_folder(struct ms_matcher *m, const struct ms_folder *f);
/*
 * Returns 1 if the row matches, 0 if not, or -1 with err set. *unsure receives
 * whether the error concerns this row only (its header cannot be read); if it
 * is false, the archive has failed.
 */
int ms_match_row(struct ms_matcher *m, const struct ms_row *row, bool *unsure,
    struct ms_err *err);
void ms_matcher_release(struct ms_matcher *m);

#endif
