/*
 * impl.h - the tree of a query, shared by its parser and its walk.
 * Layer: private to query.
 */
#ifndef MS_QUERY_IMPL_H
#define MS_QUERY_IMPL_H
#include "query.h"

enum ms_query_op {
	MS_QUERY_AND, /* all of its children; without any, everything */
	MS_QUERY_OR,  /* one of its children */
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

/* Nodes lie in one array and name each other by place. The root is at 0, is
 * an AND and nobody's child, so 0 also says "none". */
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
	bool moved; /* it asks for what was moved on, which is else left out */
	char *user; /* -u, or NULL */
};

/*
 * A pattern in which `*` is any run of bytes, also none. INBOX as the first
 * level of a folder is the same in upper and lower case (RFC 9051, 5.1).
 */
bool ms_query_glob(const char *pattern, const char *text);
bool ms_query_glob_folder(const char *pattern, const char *folder);

/* ---- verdicts ---- */

struct ms_judge {
	struct ms_archive *a;
	const struct ms_query *q;
	uint64_t user;      /* the number of -u, or 0 */
	uint64_t header_of; /* MESSAGE number of what header holds */
	struct ms_buf header, text, folded; /* its own */
	unsigned char *partial; /* of each node: its verdict by children seen */
	struct ms_err damage;   /* why there is a doubt */
};

void ms_judge_init(
    struct ms_judge *jd, struct ms_archive *a, const struct ms_query *q);
/* Can anything in this folder match? */
bool ms_judge_folder(struct ms_judge *jd, const struct ms_folder *f);
/*
 * 1 it matches, 0 it doesn't; -1: with doubt set only its header could not be
 * read, else the archive failed.
 */
int ms_judge_row(struct ms_judge *jd, const struct ms_row *row, bool *doubt,
    struct ms_err *err);
void ms_judge_release(struct ms_judge *jd);

#endif
