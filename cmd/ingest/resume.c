/* resume.c - remembers how far each input file has come, for ms-ingest(1).
 * ms-archive(5), Interrupted imports. */
#include "resume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "opt.h"
#include "import.h"

#define FAILURES_MAX                                                           \
	((size_t)64 << 10) /* bytes; then a file has no new point */
#define MARKS_FREE 1024    /* used ones that stay in the list */

/* What an earlier run has left of a file. */
struct known {
	char name[MS_SHA_HEX + 1];
	struct ms_source_point point;
	struct ms_buf failures;
};

/* A file of this run. */
struct tracked {
	char name[MS_SHA_HEX + 1];
	/* Of its messages so far: a letter, where and why, ended by NULs. */
	struct ms_buf failures;
	bool full;    /* there were more */
	bool written; /* it has a state */
	size_t marks; /* that are not taken */
};

/* A point that becomes durable with the results before it. */
struct mark {
	uint64_t results;
	size_t file;     /* index in `files` */
	size_t failures; /* bytes of its list */
	struct ms_source_point point;
};

struct resume {
	struct run *r;
	resume_repeat *repeat;
	struct ms_buf options; /* what is made of a file depends on them */
	struct known known[MS_IMPORT_FILES];
	size_t known_n;
	struct tracked *files[MS_IMPORT_FILES];
	size_t file_n, newest;
	size_t current;      /* of the open file; MS_IMPORT_FILES: none */
	struct ms_buf marks; /* struct mark; under the lock of the run */
	size_t first;        /* bytes of it that are used */
	uint64_t results;    /* that have come */
	bool broken;         /* one of them was a failure */
	uint64_t earlier;
};

/* ---- states ---- */

/* Parses the decimal digits and the character after them. */
static bool
take_number(const char **s, char after, uint64_t *out)
{
	const char *p = *s;

	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(*p - '0'), out))
			return false;
	if (p == *s || *p != after)
		return false;
	*s = p + 1;
	return true;
}

/* Parses the first line of a state, which ends with "\n". */
static bool
parse_point(const char *line, struct ms_source_point *p)
{
	const char *s = line;
	struct ms_slice hex;

	if (!take_number(&s, ' ', &p->file) || !take_number(&s, ' ', &p->at) ||
	    !take_number(&s, ' ', &p->style) ||
	    !take_number(&s, ' ', &p->messages))
		return false;
	hex = (struct ms_slice){(const unsigned char *)s, strcspn(s, "\n")};
	return ms_unhex(hex, p->hash, MS_SHA_LEN) == MS_SHA_LEN;
}

/* ms_import_fn */
static void
add_known(void *ctx, const char *name, struct ms_slice state)
{
	struct resume *rs = ctx;
	struct known *k = &rs->known[rs->known_n];
	const unsigned char *lf = memchr(state.p, '\n', state.n);
	struct ms_buf line = {0};

	if (lf == NULL || rs->known_n == MS_IMPORT_FILES)
		return;
	ms_buf_add(&line, state.p, (size_t)(lf + 1 - state.p));
	if (parse_point(ms_buf_str(&line), &k->point)) {
		memcpy(k->name, name, sizeof(k->name));
		ms_buf_add(
		    &k->failures, lf + 1, state.n - (size_t)(lf + 1 - state.p));
		/* Texts are ended by NULs. */
		if (k->failures.n == 0 ||
		    k->failures.p[k->failures.n - 1] == '\0')
			rs->known_n++;
		else
			ms_buf_clear(&k->failures);
	}
	ms_buf_release(&line);
}

static void
write_point(const struct resume *rs, const struct mark *m, struct ms_buf *out)
{
	const struct ms_source_point *p = &m->point;
	char hex[MS_SHA_HEX + 1];

	ms_hex(p->hash, MS_SHA_LEN, hex);
	ms_buf_printf(out,
	    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", p->file,
	    p->at, p->style, p->messages, hex);
	ms_buf_add(out, rs->files[m->file]->failures.p, m->failures);
}

/* ---- options ---- */

static void
add_text(struct ms_buf *out, const char *text)
{
	ms_buf_add_byte(out, text != NULL);
	if (text != NULL)
		ms_buf_add(out, text, strlen(text) + 1);
}

static void
add_list(struct ms_buf *out, const struct ms_opt_list *l)
{
	ms_buf_printf(out, "%zu ", l->n);
	for (size_t i = 0; i < l->n; i++)
		add_text(out, l->v[i]);
}

static void
add_assignment(struct ms_buf *out, const struct assigner_options *o)
{
	ms_buf_printf(out, "%d %d %d %d %" PRIu64 " ", o->on, o->by_folder,
	    o->journal, o->keep_reports, o->trusted_hop);
	add_list(out, &o->envelope);
	add_list(out, &o->own);
	add_list(out, &o->journal_senders);
	add_text(out, o->sent);
	add_text(out, o->received);
	add_text(out, o->unknown);
}

/* All options on which the messages of a file depend, and what becomes of them
 * in the archive. */
static void
add_options(struct resume *rs)
{
	const struct ingest_options *opt = rs->r->opt;
	const struct ms_source_options *s = &opt->source;
	struct ms_buf *out = &rs->options;

	add_text(out, MS_VERSION);
	add_text(out, rs->r->user);
	add_text(out, opt->user);
	add_text(out, ms_actor_name());
	add_text(out, opt->label);
	add_text(out, s->into);
	ms_buf_printf(out, "%d %d %d %d %d %d %d %d %" PRIu64 " ",
	    (int)s->format, s->unquote, s->mail_only, s->recover,
	    (int)s->client, s->with_deleted, opt->restore_removed,
	    rs->r->untrusted, s->codepage);
	add_assignment(out, &opt->assign);
}

/* ---- files ---- */

/* The name of a file: it tells apart what the options make of it. */
static void
set_name(
    const struct resume *rs, struct ms_slice file, char name[MS_SHA_HEX + 1])
{
	unsigned char digest[MS_SHA_LEN];
	struct ms_sha sha;

	ms_sha_init(&sha);
	ms_sha_add(&sha, rs->options.p, rs->options.n);
	ms_sha_add(&sha, file.p, file.n);
	ms_sha_end(&sha, digest);
	ms_hex(digest, MS_SHA_LEN, name);
}

/* A place for one more file: a new one, or that of an earlier file, the oldest
 * first, whose points are all taken. Returns MS_IMPORT_FILES if there is none.
 */
static size_t
find_place(struct resume *rs)
{
	if (rs->file_n < MS_IMPORT_FILES) {
		rs->files[rs->file_n] = ms_xcalloc(1, sizeof(struct tracked));
		return rs->file_n++;
	}
	for (size_t i = 0; i < MS_IMPORT_FILES; i++) {
		size_t at = (rs->newest + 1 + i) % MS_IMPORT_FILES;
		struct tracked *t = rs->files[at];

		if (t->marks > 0)
			continue;
		if (t->written)
			ms_import_remove(rs->r->archive, t->name);
		ms_buf_release(&t->failures);
		*t = (struct tracked){0};
		return at;
	}
	return MS_IMPORT_FILES;
}

static size_t
find_tracked(const struct resume *rs, const char *name)
{
	for (size_t i = 0; i < rs->file_n; i++)
		if (strcmp(rs->files[i]->name, name) == 0)
			return i;
	return MS_IMPORT_FILES;
}

/* Begins a file. One that comes again has no new points if a message of it has
 * failed. */
static void
track(struct resume *rs, const char *name, bool written)
{
	struct tracked *t;
	size_t i;

	pthread_mutex_lock(&rs->r->lock);
	i = find_tracked(rs, name);
	if (i < MS_IMPORT_FILES) {
		t = rs->files[i];
		t->full |= t->failures.n > 0;
	} else if ((i = find_place(rs)) < MS_IMPORT_FILES) {
		memcpy(rs->files[i]->name, name, MS_SHA_HEX + 1);
		rs->files[i]->written = written;
		rs->newest = i;
	}
	rs->current = i;
	pthread_mutex_unlock(&rs->r->lock);
}

static const struct known *
find_known(const struct resume *rs, const char *name)
{
	for (size_t i = 0; i < rs->known_n; i++)
		if (strcmp(rs->known[i].name, name) == 0)
			return &rs->known[i];
	return NULL;
}

/* ms_source_options.find_point */
static bool
find_point(void *ctx, struct ms_slice file, struct ms_source_point *p)
{
	struct resume *rs = ctx;
	char name[MS_SHA_HEX + 1];
	const struct known *k;

	set_name(rs, file, name);
	k = find_known(rs, name);
	track(rs, name, k != NULL);
	if (k != NULL)
		*p = k->point;
	return k != NULL;
}

/* Reports again what an earlier run has reported. */
static void
repeat_failures(struct resume *rs, const struct ms_buf *failures)
{
	const char *s = (const char *)failures->p;
	const char *end = s + failures->n;
	const char *where, *why;

	while (s < end) {
		where = s + 1;
		why = where + strlen(where) + 1;
		if (where >= end || why >= end)
			break;
		rs->repeat(rs->r, *s == 'i', where, why);
		s = why + strlen(why) + 1;
	}
}

/* Remarks that the run goes on in the middle of a file. */
static void
say_point(struct run *r, const char *where, const struct ms_source_point *p)
{
	struct ms_buf text = {0};

	ms_buf_add_str(&text, "this run goes on at ");
	if (p->file > 0)
		ms_buf_printf(&text, "file %" PRIu64 ", ", p->file);
	ms_buf_printf(&text, "%s %" PRIu64,
	    p->file > 0 || p->style > 0 ? "byte" : "item", p->at);
	ms_buf_printf(&text,
	    "; an interrupted one has read the %" PRIu64 " message%s before",
	    p->messages, p->messages == 1 ? "" : "s");
	pthread_mutex_lock(&r->lock);
	ms_report_remark(r->report, where, ms_buf_str(&text));
	pthread_mutex_unlock(&r->lock);
	ms_buf_release(&text);
}

/* ms_source_options.resumed */
static void
resumed(void *ctx, const char *where, const struct ms_source_point *p)
{
	struct resume *rs = ctx;
	const struct known *k = NULL;

	if (rs->current < rs->file_n)
		k = find_known(rs, rs->files[rs->current]->name);
	rs->earlier += p->messages;
	say_point(rs->r, where, p);
	if (k != NULL)
		repeat_failures(rs, &k->failures);
}

void
resume_source(struct resume *rs, struct ms_source_options *opt)
{
	if (rs == NULL)
		return;
	opt->find_point = find_point;
	opt->resumed = resumed;
	opt->point_ctx = rs;
}

/* ---- points ---- */

void
resume_failed(struct resume *rs, bool added, const char *where, const char *why)
{
	struct tracked *t;

	if (rs == NULL || rs->current >= rs->file_n)
		return;
	t = rs->files[rs->current];
	t->full |= t->failures.n + strlen(where) + strlen(why) > FAILURES_MAX;
	if (t->full)
		return;
	ms_buf_add_byte(&t->failures, added ? 'i' : 'f');
	ms_buf_add(&t->failures, where, strlen(where) + 1);
	ms_buf_add(&t->failures, why, strlen(why) + 1);
}

/* A message that gives no result only moves the last mark. */
static void
add_mark(struct resume *rs, const struct mark *m)
{
	struct mark last = {0};

	if (rs->marks.n > rs->first)
		memcpy(&last, rs->marks.p + rs->marks.n - sizeof(last),
		    sizeof(last));
	if (rs->marks.n > rs->first && last.results == m->results &&
	    last.file == m->file)
		rs->marks.n -= sizeof(last);
	else
		rs->files[m->file]->marks++;
	ms_buf_add(&rs->marks, m, sizeof(*m));
}

void
resume_mark(struct resume *rs, const struct ms_source *src)
{
	struct mark m = {0};

	if (rs == NULL || rs->current >= rs->file_n ||
	    !ms_source_point(src, &m.point))
		return;
	pthread_mutex_lock(&rs->r->lock);
	m.results = ms_ingest_added(rs->r->ingest);
	m.file = rs->current;
	m.failures = rs->files[m.file]->failures.n;
	if (!rs->files[m.file]->full)
		add_mark(rs, &m);
	pthread_mutex_unlock(&rs->r->lock);
}

/* Takes the marks that are durable. Returns whether there are any; *m receives
 * the last one. The caller holds the lock. */
static bool
take_marks(struct resume *rs, struct mark *m)
{
	bool any = false;

	for (; rs->first < rs->marks.n; rs->first += sizeof(*m)) {
		struct mark next;

		memcpy(&next, rs->marks.p + rs->first, sizeof(next));
		if (next.results > rs->results)
			break;
		*m = next;
		any = true;
		rs->files[m->file]->marks--;
	}
	if (rs->first > MARKS_FREE * sizeof(*m) &&
	    rs->first > rs->marks.n / 2) {
		memmove(rs->marks.p, rs->marks.p + rs->first,
		    rs->marks.n - rs->first);
		rs->marks.n -= rs->first;
		rs->first = 0;
	}
	return any;
}

void
resume_result(struct resume *rs, const struct ms_deposit *d)
{
	struct ms_buf state = {0};
	char name[MS_SHA_HEX + 1] = "";
	struct mark m;

	if (rs == NULL)
		return;
	pthread_mutex_lock(&rs->r->lock);
	rs->results += !d->more;
	rs->broken |= d->outcome == MS_OUTCOME_FAILED;
	if (d->last && !rs->broken && take_marks(rs, &m)) {
		write_point(rs, &m, &state);
		memcpy(name, rs->files[m.file]->name, sizeof(name));
		rs->files[m.file]->written = true;
	}
	pthread_mutex_unlock(&rs->r->lock);
	/* Without the state, the file is read again. */
	if (name[0] != '\0')
		(void)ms_import_write(rs->r->archive, name, d->dest->number,
		    d->dest->user, ms_buf_slice(&state), NULL);
	ms_buf_release(&state);
}

uint64_t
resume_earlier(const struct resume *rs)
{
	return rs != NULL ? rs->earlier : 0;
}

/* ---- the run ---- */

struct resume *
resume_new(struct run *r, resume_repeat *repeat)
{
	struct resume *rs;

	if (r->opt->dry_run || r->opt->print_ids)
		return NULL;
	rs = ms_xcalloc(1, sizeof(*rs));
	rs->r = r;
	rs->repeat = repeat;
	rs->current = MS_IMPORT_FILES;
	add_options(rs);
	ms_import_read(r->archive, add_known, rs);
	return rs;
}

void
resume_free(struct resume *rs, bool whole)
{
	if (rs == NULL)
		return;
	for (size_t i = 0; i < rs->file_n; i++) {
		if (whole && rs->files[i]->written)
			ms_import_remove(rs->r->archive, rs->files[i]->name);
		ms_buf_release(&rs->files[i]->failures);
		free(rs->files[i]);
	}
	for (size_t i = 0; i < rs->known_n; i++)
		ms_buf_release(&rs->known[i].failures);
	ms_buf_release(&rs->options);
	ms_buf_release(&rs->marks);
	free(rs);
}
