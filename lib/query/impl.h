/*
 * impl.h - the tree of a query, which parse.c builds and match.c evaluates.
 * Shared by the files of lib/query only. ms-query(7). Layer: private to query.
 */
#ifndef MS_QUERY_IMPL_H
#define MS_QUERY_IMPL_H
#include "document.h"
#include "map.h"
#include "query.h"
#include "text.h"

enum ms_query_op {
	MS_QUERY_TERM,
	MS_QUERY_NOT, /* the only child does not match */
	MS_QUERY_AND, /* all children match; without children, always true */
	MS_QUERY_OR   /* at least one child matches */
};

enum ms_query_field {
	MS_QUERY_USER,
	MS_QUERY_FOLDER,
	MS_QUERY_SOURCE,
	MS_QUERY_LABEL,
	MS_QUERY_SENT, /* dates */
	MS_QUERY_ARRIVED,
	MS_QUERY_ARCHIVED,
	MS_QUERY_FROM, /* texts of the header, in the order of ms_mail_field */
	MS_QUERY_TO,
	MS_QUERY_SUBJECT,
	MS_QUERY_CC,
	MS_QUERY_BCC,
	MS_QUERY_RECIPIENT,
	MS_QUERY_LIST,
	MS_QUERY_ID,
	MS_QUERY_MSGID,
	MS_QUERY_THREAD,
	MS_QUERY_FLAG,
	MS_QUERY_SIZE,
	MS_QUERY_IS,  /* bits of the occurrence */
	MS_QUERY_HAS, /* attachments; of the content, from here on */
	MS_QUERY_ATTACHMENT,
	MS_QUERY_TYPE,
	MS_QUERY_STATE, /* bits of ms_text_message */
	MS_QUERY_BODY,  /* words, from here on */
	MS_QUERY_TEXT,
	MS_QUERY_WORD,
	MS_QUERY_ANY /* always true */
};

/* The nodes are in one array and refer to each other by index. Index 0 is no
 * node. */
struct ms_query_kind;
struct ms_query_node {
	enum ms_query_op op;
	uint32_t first, last; /* children */
	uint32_t next, parent;
	enum ms_query_field field; /* of a term */
	/* User, folder, source, label: the key of a name; texts: that of a
	 * text; id: digits in lower case; msgid, thread: without brackets. */
	char *value;
	size_t n; /* bytes of value */
	/* Texts: the key of the value as ms_mail_address_text(), or NULL. */
	char *address;
	size_t address_n;      /* bytes of address */
	int64_t since, before; /* dates: since <= date < before */
	uint64_t least, below; /* sizes: least <= size < below */
	uint8_t bit;           /* IS: MS_ROW_MOVED; STATE: MS_TEXT_SIGNED ... */
	struct ms_text_term *term;        /* words */
	const struct ms_query_kind *kind; /* of a term; for explaining */
	bool is_id; /* thread: the value is an id, no Message-ID */
};

struct ms_query {
	struct ms_query_node *node;
	uint32_t count, terms;
	uint32_t root;
	bool moved; /* is:moved: occurrences that were moved are not left out */
	bool removed; /* is:removed: nor are those that a person removed */
	bool since;   /* a term asks for mail that was sent since a date */
	char *user;   /* -u, or NULL */
	struct ms_text_reader *reader; /* NULL: no term needs it */
};

/* ---- parsing ---- */

struct ms_query_parser {
	struct ms_query *q;
	struct ms_slice text;
	size_t at;
	int64_t now;
	/* Of the term that is read: where its name and its value begin, and the
	 * value without its quotes. */
	size_t name_at, value_at;
	bool quoted;
	struct ms_buf value;
};

/*
 * Refuses a query because of what is at this byte: MS_USAGE with the message
 * and, as the excerpt of the error, the query and a caret. Returns -1.
 */
int ms_query_refuse(const struct ms_query_parser *ps, size_t at,
    struct ms_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define ms_query_refuse(...) ms_failed(ms_query_refuse(__VA_ARGS__))

/* Adds a node that has no parent yet, and returns its index. */
uint32_t ms_query_add(struct ms_query *q, enum ms_query_op op);
void ms_query_add_child(struct ms_query *q, uint32_t parent, uint32_t child);

/* A kind of term. */
struct ms_query_kind {
	const char *name; /* "": a word of its own */
	bool other_name;  /* of a term that has a name of its own */
	enum ms_query_field field;
	/* Fills the node from ps->value, which is not empty; it may change the
	 * field. *negate: the term means that the node does not match. */
	int (*set)(struct ms_query_parser *ps, struct ms_query_node *node,
	    bool *negate, struct ms_err *err);
};
/* The i-th kind; NULL: there are no more. */
const struct ms_query_kind *ms_query_kind(size_t i);
/* The kind with the name, or NULL. */
const struct ms_query_kind *ms_query_kind_of(struct ms_slice name);
/* That of a word without a name. */
const struct ms_query_kind *ms_query_word_kind(void);
/* Does a word mean an id: 12 to 64 hex digits? */
bool ms_query_is_id(struct ms_slice word);

/*
 * The period of a date for on: from its first moment to the moment after its
 * last one. That of an age is the day, in UTC. false: not a date.
 */
bool ms_query_period(
    const char *s, size_t n, int64_t now, int64_t *since, int64_t *before);
/* Is the text an age, such as 90d? *out receives the moment so long ago. */
bool ms_query_age(const char *s, size_t n, int64_t now, int64_t *out);

/*
 * Does the key of the name (ms_utf8_name_key()) match a pattern, in which `*`
 * is any run of bytes, including none? In the second function, INBOX as the
 * first level of a folder is the same in upper and lower case (RFC 9051, 5.1).
 * The third compares two texts as they are.
 */
bool ms_query_glob(const char *pattern, const char *name);
bool ms_query_glob_folder(const char *pattern, const char *folder);
bool ms_query_glob_bytes(const char *pattern, const char *text);

/* ---- planning ---- */

struct ms_matcher;
/*
 * ms_query_plan() chooses rows of the index among which all hits are.
 *   sel       receives the period, and the first record
 *   listed    receives whether the hits are among `messages` only
 *   messages  receives MESSAGE numbers, uint64_t, ascending
 * It finds threads for the matcher, too. MS_USAGE: the digits of an id: term
 * are the beginning of more than one id.
 */
int ms_query_plan(struct ms_matcher *m, struct ms_select *sel,
    struct ms_buf *messages, bool *listed, struct ms_err *err);
/* Fails with that error. Returns -1. */
int ms_query_ambiguous(const struct ms_query_node *t, struct ms_err *err);
/*
 * Finds the messages of a thread: found receives their ids, with the value 1 if
 * the header of a message is damaged, so that the thread may have more; and
 * messages their numbers, each the first of its id, ascending. 0, -1.
 */
int ms_query_find_thread(struct ms_archive *a, const struct ms_query_node *t,
    struct ms_map *found, struct ms_buf *messages, struct ms_err *err);
/* Finds all messages with a Message-ID, and some others. */
int ms_query_find_msgid(struct ms_archive *a, const struct ms_query_node *t,
    struct ms_buf *messages, struct ms_err *err);
/* Sorts numbers (uint64_t) and removes duplicates; returns how many are left.
 */
size_t ms_query_sort(struct ms_buf *numbers);

/* ---- matching ---- */

/*
 * What a verdict needs. A term is evaluated at each level in turn, until one
 * decides; what is decided without a level is never read for it.
 */
enum ms_match_level {
	MS_MATCH_FOLDER,  /* only the folder is known */
	MS_MATCH_ROW,     /* the row of the index */
	MS_MATCH_HEADER,  /* the header is read from the archive */
	MS_MATCH_CONTENT, /* so is the message */
	MS_MATCH_LEVELS
};

/*
 * The verdict of a node. AND has the least verdict of its children, OR the
 * greatest. MAYBE: a later level decides; after the last one, the message is
 * damaged.
 */
enum ms_verdict {
	MS_NO,
	MS_MAYBE,
	MS_YES
};

struct ms_matcher {
	struct ms_archive *a;
	const struct ms_query *q;
	uint64_t user;      /* the number of -u, or 0 */
	uint64_t header_of; /* MESSAGE number of `header`, or 0 */
	bool header_cut;    /* the header is longer */
	struct ms_buf header, text, key, address;
	unsigned char *verdict;         /* of each node, for this row */
	unsigned char *partial;         /* the verdict of the children so far */
	const struct ms_folder *folder; /* of `by_folder` */
	unsigned char *by_folder;       /* the verdicts for this folder */
	struct ms_map *thread;          /* of each node: ids of messages */
	struct ms_text_message content; /* .number: 0, or it was read */
	struct ms_text *index;    /* the text index, when it was first used */
	bool no_index;            /* it cannot be read */
	struct ms_text_set **set; /* of each node: what the text index found */
	struct ms_err damage;     /* why the row could not be decided */
};

/* The last level that a term can need. */
enum ms_match_level ms_match_last_level(const struct ms_query_node *t);
void ms_matcher_init(
    struct ms_matcher *m, struct ms_archive *a, const struct ms_query *q);
/* Can anything in this folder match? */
bool ms_match_folder(struct ms_matcher *m, const struct ms_folder *f);
/*
 * Evaluates the query for a row up to a level. Returns 1 if the row matches, 0
 * if not, 2 if a later level must decide, or -1 with err set. *unsure receives
 * whether the error concerns this row only (its header cannot be read); if it
 * is false, the archive has failed.
 */
int ms_match_row(struct ms_matcher *m, const struct ms_row *row,
    enum ms_match_level last, bool *unsure, struct ms_err *err);
void ms_matcher_release(struct ms_matcher *m);

/* A leaf of the levels ROW and HEADER that is a text of the header. */
enum ms_verdict ms_match_text(struct ms_matcher *m,
    const struct ms_query_node *t, const struct ms_row *row,
    enum ms_match_level level);
/* A leaf about the content. */
enum ms_verdict ms_match_content(struct ms_matcher *m,
    const struct ms_query_node *t, const struct ms_row *row);
/* The same by the text index. MS_MAYBE: that does not have the message. */
enum ms_verdict ms_match_by_index(struct ms_matcher *m,
    const struct ms_query_node *t, const struct ms_row *row);
/* Reads the header of the row's message into m->header. 0, -1: damaged. */
int ms_match_load_header(struct ms_matcher *m, const struct ms_row *row);

#endif
