/* value.c - the kinds of terms, and their values. ms-query(7), Terms. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "impl.h"
#include "fold.h"
#include "nearest.h"
#include "opt.h"
#include "utf8.h"

#define WORDED_ID 12 /* digits of an id that is a word of its own */
#define HEX "0123456789abcdefABCDEF"

/* ---- names and texts ---- */

static int
set_key(struct ms_query_parser *ps, struct ms_query_node *node,
    void (*key_of)(struct ms_slice, struct ms_buf *), struct ms_err *err)
{
	struct ms_buf key = {0};

	key_of(ms_buf_slice(&ps->value), &key);
	node->value = ms_xstrdup(ms_buf_str(&key));
	node->n = key.n;
	ms_buf_release(&key);
	if (node->n == 0)
		return ms_query_refuse(ps, ps->value_at, err,
		    "the value has only invisible characters");
	return 0;
}

static int
set_name(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	return set_key(ps, node, ms_utf8_name_key, err);
}

/*
 * A text, and the same as it is searched in addresses: not if the text has a
 * comment or quotes, which are left out there.
 */
static int
set_text(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	struct ms_buf key = {0}, address = {0};

	(void)negate;
	if (set_key(ps, node, ms_text_fold, err) < 0)
		return -1;
	if (strpbrk(node->value, "()\"\\") != NULL)
		return 0;
	ms_mail_address_text(ms_buf_slice(&ps->value), &address);
	ms_text_fold(ms_buf_slice(&address), &key);
	node->address = ms_xstrdup(ms_buf_str(&key));
	node->address_n = key.n;
	ms_buf_release(&key);
	ms_buf_release(&address);
	return 0;
}

/* ---- ids ---- */

bool
ms_query_is_id(struct ms_slice word)
{
	size_t n = 0;

	while (n < word.n && strchr(HEX, word.p[n]) != NULL)
		n++;
	return n == word.n && n >= WORDED_ID && n <= MS_SHA_HEX;
}

static int
set_id(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	char *s = ms_buf_str(&ps->value);
	size_t n = ps->value.n;

	(void)negate;
	for (size_t i = 0; i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'F')
			s[i] = (char)(s[i] - 'A' + 'a');
	if (n < MS_QUERY_ID_DIGITS || n > MS_SHA_HEX || strspn(s, HEX) != n)
		return ms_query_refuse(ps, ps->value_at, err,
		    "\"%.70s\" is not an id; write %d to %d hex digits", s,
		    MS_QUERY_ID_DIGITS, MS_SHA_HEX);
	node->value = ms_xstrndup(s, n);
	node->n = n;
	return 0;
}

/* A Message-ID, with or without its brackets. */
static int
set_msgid(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	struct ms_slice s = ms_buf_slice(&ps->value);

	(void)negate;
	if (s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = (struct ms_slice){s.p + 1, s.n - 2};
	if (memchr(s.p, '<', s.n) != NULL || memchr(s.p, '>', s.n) != NULL)
		return ms_query_refuse(ps, ps->value_at, err,
		    "not a Message-ID; write one, such as "
		    "msgid:20240301.7@example.org");
	node->value = ms_xstrndup(s.p, s.n);
	node->n = s.n;
	return 0;
}

/* A thread, by an id of 8 to 64 digits or a Message-ID of it. */
static int
set_thread(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	size_t n = ps->value.n;

	node->is_id = n >= MS_QUERY_ID_DIGITS && n <= MS_SHA_HEX &&
		      strspn(ms_buf_str(&ps->value), HEX) == n;
	return node->is_id ? set_id(ps, node, negate, err)
			   : set_msgid(ps, node, negate, err);
}

/* ---- dates ---- */

static int
refuse_date(const struct ms_query_parser *ps, struct ms_err *err)
{
	return ms_query_refuse(ps, ps->value_at, err,
	    "\"%.40s\" is not a date; write 2024-03-01, 2024-03, 2024, "
	    "2024-03-01T10:00:00Z, today, yesterday, or an age such as 12h, "
	    "90d, 2w, 6m, 10y",
	    ms_buf_str((struct ms_buf *)&ps->value));
}

static int
set_since(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	node->before = INT64_MAX;
	if (!ms_query_date(
		ms_buf_str(&ps->value), ps->value.n, ps->now, &node->since))
		return refuse_date(ps, err);
	ps->q->since = ps->q->since || node->field == MS_QUERY_SENT;
	return 0;
}

static int
set_before(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	node->since = INT64_MIN;
	if (!ms_query_date(
		ms_buf_str(&ps->value), ps->value.n, ps->now, &node->before))
		return refuse_date(ps, err);
	return 0;
}

static int
set_on(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	if (!ms_query_period(ms_buf_str(&ps->value), ps->value.n, ps->now,
		&node->since, &node->before))
		return refuse_date(ps, err);
	return 0;
}

static int
check_age(const struct ms_query_parser *ps, struct ms_err *err)
{
	const char *s = ms_buf_str((struct ms_buf *)&ps->value);
	int64_t t;

	if (ms_query_age(s, ps->value.n, ps->now, &t))
		return 0;
	return ms_query_refuse(ps, ps->value_at, err,
	    "\"%.40s\" is not an age; write one such as 12h, 90d, 2w, 6m, 10y",
	    s);
}

static int
set_newer(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	return check_age(ps, err) < 0 ? -1 : set_since(ps, node, negate, err);
}

static int
set_older(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	return check_age(ps, err) < 0 ? -1 : set_before(ps, node, negate, err);
}

/* ---- sizes ---- */

/* Bytes, with K, M, G for powers of 1024. */
static int
read_size(struct ms_query_parser *ps, uint64_t *out, struct ms_err *err)
{
	if (ms_opt_size(ms_buf_str(&ps->value), 0, UINT64_MAX / 2, out, NULL) ==
	    0)
		return 0;
	return ms_query_refuse(ps, ps->value_at, err,
	    "\"%.40s\" is not a size; write bytes, or 10K, 10M, 10G",
	    ms_buf_str(&ps->value));
}

static int
set_larger(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	if (read_size(ps, &node->least, err) < 0)
		return -1;
	node->least++;
	node->below = UINT64_MAX;
	return 0;
}

static int
set_smaller(struct ms_query_parser *ps, struct ms_query_node *node,
    bool *negate, struct ms_err *err)
{
	(void)negate;
	return read_size(ps, &node->below, err);
}

/* ---- flags, and words of is: ---- */

static void
set_flag_name(struct ms_query_node *node, const char *name)
{
	struct ms_buf key = {0};

	ms_utf8_fold(ms_slice_str(name), &key);
	node->field = MS_QUERY_FLAG;
	node->value = ms_xstrdup(ms_buf_str(&key));
	node->n = key.n;
	ms_buf_release(&key);
}

static int
set_flag(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)negate;
	(void)err;
	set_flag_name(node, ms_buf_str(&ps->value));
	return 0;
}

static const struct state {
	const char *name, *flag; /* flag: NULL, it is `bit` */
	uint8_t bit;
	bool negate, content; /* content: bit is of ms_text_message */
} states[] = {
    {"seen", "\\seen", 0, false, false},
    {"unseen", "\\seen", 0, true, false},
    {"flagged", "\\flagged", 0, false, false},
    {"answered", "\\answered", 0, false, false},
    {"sent", NULL, MS_ROW_SENT, false, false},
    {"moved", NULL, MS_ROW_MOVED, false, false},
    {"removed", NULL, MS_ROW_REMOVED, false, false},
    {"encrypted", NULL, MS_TEXT_ENCRYPTED, false, true},
    {"signed", NULL, MS_TEXT_SIGNED, false, true},
    {"unsearchable", NULL, MS_TEXT_UNREAD, false, true},
    /* names of Gmail */
    {"read", "\\seen", 0, false, false},
    {"unread", "\\seen", 0, true, false},
    {"starred", "\\flagged", 0, false, false},
};
#define STATES (sizeof(states) / sizeof(states[0]))

static int
refuse_state(const struct ms_query_parser *ps, struct ms_err *err)
{
	const char *value = ms_buf_str((struct ms_buf *)&ps->value);
	struct ms_nearest near = {.wanted = value};

	for (size_t i = 0; i < STATES; i++)
		ms_nearest_try(&near, states[i].name);
	if (near.word != NULL)
		return ms_query_refuse(ps, ps->value_at, err,
		    "unknown word \"%.40s\" after is: (did you mean "
		    "\"is:%s\"?)",
		    value, near.word);
	return ms_query_refuse(ps, ps->value_at, err,
	    "unknown word \"%.40s\" after is: (try seen, unseen, flagged, "
	    "answered, sent, moved, removed, encrypted, signed, unsearchable)",
	    value);
}

/* ---- parts and text ---- */

static int
set_has(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	(void)node;
	(void)negate;
	if (strcmp(ms_buf_str(&ps->value), "attachment") == 0)
		return 0;
	return ms_query_refuse(ps, ps->value_at, err,
	    "unknown word \"%.40s\" after has: (did you mean "
	    "\"has:attachment\"?)",
	    ms_buf_str(&ps->value));
}

static int
set_pattern(struct ms_query_parser *ps, struct ms_query_node *node,
    bool *negate, struct ms_err *err)
{
	(void)negate;
	return set_key(ps, node, ms_text_fold, err);
}

/* The parts of a message that words are searched in. */
static unsigned
searched(enum ms_query_field field)
{
	if (field == MS_QUERY_WORD)
		return MS_TEXT_ALL;
	return 1U << MS_TEXT_BODY |
	       (field == MS_QUERY_TEXT ? 1U << MS_TEXT_ATTACHED : 0);
}

/* Words: a phrase if there are several; `*` after the last one, outside of
 * quotes, makes it a beginning. */
static int
set_words(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	struct ms_slice s = ms_buf_slice(&ps->value);
	struct ms_err why = {0};
	bool prefix = !ps->quoted && s.n > 1 && s.p[s.n - 1] == '*';

	(void)negate;
	s.n -= prefix;
	if (!ps->quoted && memchr(s.p, '*', s.n) != NULL)
		return ms_query_refuse(ps, ps->value_at, err,
		    "\"*\" can only be at the end of a word, after at least "
		    "two letters");
	node->term = ms_xcalloc(1, sizeof(*node->term));
	if (ms_text_term_read(
		node->term, s, prefix, searched(node->field), &why) < 0)
		return ms_query_refuse(
		    ps, ps->value_at, err, "a word: %s", why.msg);
	return 0;
}

static int
set_state(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	const struct state *s = states;

	while (
	    s < states + STATES && strcmp(s->name, ms_buf_str(&ps->value)) != 0)
		s++;
	if (s == states + STATES)
		return refuse_state(ps, err);
	*negate = s->negate;
	node->bit = s->bit;
	if (s->flag != NULL)
		set_flag_name(node, s->flag);
	if (s->content)
		node->field = MS_QUERY_STATE;
	else if (s->bit == MS_ROW_MOVED)
		ps->q->moved = true;
	else if (s->bit == MS_ROW_REMOVED)
		ps->q->removed = true;
	return 0;
}

/* in: of Gmail: a folder, or one of its words for something else. */
static int
set_in(struct ms_query_parser *ps, struct ms_query_node *node, bool *negate,
    struct ms_err *err)
{
	const char *s = ms_buf_str(&ps->value);

	if (!ps->quoted && strcasecmp(s, "anywhere") == 0) {
		node->field = MS_QUERY_ANY;
		return 0;
	}
	if (!ps->quoted && strcmp(s, "sent") == 0) {
		node->field = MS_QUERY_IS;
		node->bit = MS_ROW_SENT;
		return 0;
	}
	return set_name(ps, node, negate, err);
}

/* ---- the kinds ---- */

static const struct ms_query_kind kinds[] = {
    {"from", false, MS_QUERY_FROM, set_text},
    {"to", false, MS_QUERY_TO, set_text},
    {"cc", false, MS_QUERY_CC, set_text},
    {"bcc", false, MS_QUERY_BCC, set_text},
    {"recipient", false, MS_QUERY_RECIPIENT, set_text},
    {"subject", false, MS_QUERY_SUBJECT, set_text},
    {"list", false, MS_QUERY_LIST, set_text},
    {"user", false, MS_QUERY_USER, set_name},
    {"folder", false, MS_QUERY_FOLDER, set_name},
    {"source", false, MS_QUERY_SOURCE, set_name},
    {"label", false, MS_QUERY_LABEL, set_name},
    {"flag", false, MS_QUERY_FLAG, set_flag},
    {"is", false, MS_QUERY_IS, set_state},
    {"id", false, MS_QUERY_ID, set_id},
    {"msgid", false, MS_QUERY_MSGID, set_msgid},
    {"thread", false, MS_QUERY_THREAD, set_thread},
    {"since", false, MS_QUERY_SENT, set_since},
    {"before", false, MS_QUERY_SENT, set_before},
    {"on", false, MS_QUERY_SENT, set_on},
    {"arrived-since", false, MS_QUERY_ARRIVED, set_since},
    {"arrived-before", false, MS_QUERY_ARRIVED, set_before},
    {"archived-since", false, MS_QUERY_ARCHIVED, set_since},
    {"archived-before", false, MS_QUERY_ARCHIVED, set_before},
    {"larger", false, MS_QUERY_SIZE, set_larger},
    {"smaller", false, MS_QUERY_SIZE, set_smaller},
    {"has", false, MS_QUERY_HAS, set_has},
    {"attachment", false, MS_QUERY_ATTACHMENT, set_pattern},
    {"type", false, MS_QUERY_TYPE, set_pattern},
    {"body", false, MS_QUERY_BODY, set_words},
    {"text", false, MS_QUERY_TEXT, set_words},
    {"filename", true, MS_QUERY_ATTACHMENT, set_pattern},
    {"after", true, MS_QUERY_SENT, set_since},
    {"newer_than", true, MS_QUERY_SENT, set_newer},
    {"older_than", true, MS_QUERY_SENT, set_older},
    {"in", true, MS_QUERY_FOLDER, set_in},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct ms_query_kind *
ms_query_kind(size_t i)
{
	return i < KINDS ? &kinds[i] : NULL;
}

const struct ms_query_kind *
ms_query_word_kind(void)
{
	static const struct ms_query_kind word = {
	    "", false, MS_QUERY_WORD, set_words};

	return &word;
}

const struct ms_query_kind *
ms_query_kind_of(struct ms_slice name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (ms_slice_eq(name, ms_slice_str(kinds[i].name)))
			return &kinds[i];
	return NULL;
}

/* The terms for the completion of shells. Other names come last. */
const char *
ms_query_term(size_t i)
{
	return i < KINDS && !kinds[i].other_name ? kinds[i].name : NULL;
}
