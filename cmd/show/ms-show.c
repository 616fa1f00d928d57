/* ms-show.c - shows messages as a person reads them. The manual is ms-show(1).
 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor.h"
#include "map.h"
#include "opt.h"
#include "outfile.h"
#include "pager.h"
#include "query.h"
#include "report.h"
#include "term.h"
#include "utf8.h"

#define TOOL "ms-show"
#define THREADS_MAX 500 /* messages whose threads --thread shows */

/* What is written. */
enum what {
	WHAT_TEXT,
	WHAT_HEADER,
	WHAT_HTML,
	WHAT_JSON,
	WHAT_RAW
};

struct options {
	const char *archive, *user, *output;
	enum what what;
	uint64_t part; /* 0: not one part */
	bool name, thread, no_pager;
};

struct run {
	const struct options *opt;
	const struct ms_args *args;
	struct ms_archive *archive;
	struct ms_body *body;
	struct ms_outfile out;
	bool is_open;  /* out */
	bool terminal; /* and it is a terminal */
	struct ms_map shown;
	struct ms_row only; /* where one message is needed */
	bool has_only, some_failed;
	struct ms_buf text, rows, places;
};

/* Names a message that cannot be shown; the run goes on. */
static void
warn_about(struct run *r, const struct ms_row *row, const struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_warn(TOOL, "%s: %s", hex, err->msg);
	r->some_failed = true;
}

/* ---- output ---- */

static int
open_output(struct run *r, const char *dest, struct ms_err *err)
{
	if (ms_outfile_open(&r->out, dest, err) < 0)
		return -1;
	r->is_open = true;
	r->terminal =
	    r->out.path == NULL && strcmp(dest, "-") == 0 && ms_term_stdout();
	return 0;
}

/* Bytes of mail; the type is ms_emit_fn. */
static int
put(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct run *r = ctx;

	return ms_outfile_write(&r->out, p, n, err);
}

/* The same as lines for a terminal. A line that is not at its end yet waits for
 * its rest. */
static int
put_lines(void *ctx, const unsigned char *p, size_t n, struct ms_err *err)
{
	struct run *r = ctx;
	struct ms_buf lines = {0};
	const unsigned char *lf = n > 0 ? memrchr(p, '\n', n) : NULL;
	size_t whole = lf != NULL ? (size_t)(lf - p) + 1 : 0;
	int rc = 0;

	ms_buf_add(&r->text, p, whole);
	if (whole > 0 || r->text.n > (1 << 20)) {
		show_lines(&lines, ms_buf_slice(&r->text), 0);
		rc = put(r, lines.p, lines.n, err);
		ms_buf_clear(&r->text);
	}
	ms_buf_add(&r->text, p + whole, n - whole);
	ms_buf_release(&lines);
	return rc;
}

static int
end_lines(struct run *r, struct ms_err *err)
{
	return r->text.n == 0
		   ? 0
		   : put_lines(r, (const unsigned char *)"\n", 1, err);
}

/* ---- one message ---- */

/* Reads the message and finds its parts. */
static int
read_message(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	ms_body_clear(r->body);
	if (ms_archive_emit(r->archive, row->message, row->id, row->form,
		ms_body_add, r->body, err) < 0)
		return -1;
	return ms_body_parse(r->body, err);
}

static int
add_place(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	struct show_place p = {0};
	int rc = ms_archive_folder_get(r->archive, row->folder, &p.folder, err);

	if (rc <= 0 || !ms_actor_may(p.folder->user, MS_RIGHT_READ) ||
	    (r->opt->user != NULL &&
		strcmp(r->opt->user, p.folder->user_name) != 0))
		return rc < 0 ? -1 : 0;
	if (ms_actor_access(r->archive, p.folder->user, r->args, err) < 0)
		return -1;
	rc = ms_archive_archived(r->archive, row->number, &p.archived, err);
	p.has_archived = rc == 1;
	ms_buf_add(&r->places, &p, sizeof(p));
	return rc < 0 ? -1 : 0;
}

/* The places that the user may see, without those that it has left. */
static int
find_places(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	const struct ms_row *rows;

	ms_buf_clear(&r->rows);
	ms_buf_clear(&r->places);
	if (ms_archive_occurrences(r->archive, row->message, &r->rows, err) < 0)
		return -1;
	rows = (const void *)r->rows.p;
	for (size_t i = 0; i < r->rows.n / sizeof(*rows); i++)
		if ((ms_row_in_view(&rows[i]) ||
			rows[i].number == row->number) &&
		    add_place(r, &rows[i], err) < 0)
			return -1;
	return 0;
}

/* Appends the message in a form for people or programs to r->text. */
static int
write_form(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	struct show_message m = {.row = row, .body = r->body};

	if (find_places(r, row, err) < 0)
		return -1;
	m.places = (const void *)r->places.p;
	m.place_count = r->places.n / sizeof(*m.places);
	if (r->opt->what == WHAT_JSON)
		return show_json(&r->text, &m, err);
	if (r->opt->what == WHAT_TEXT)
		return show_text(&r->text, &m, err);
	show_header(&r->text, &m);
	return 0;
}

static int
show_message(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	bool first = r->shown.count == 1;
	struct ms_err why = {0};
	int rc;

	ms_buf_clear(&r->text);
	if (!first && r->opt->what != WHAT_JSON)
		ms_buf_add_byte(&r->text, '\n');
	rc = read_message(r, row, &why);
	if (rc == 0)
		rc = write_form(r, row, &why);
	if (rc == 0)
		return put(r, r->text.p, r->text.n, err);
	if (why.code != MS_DATA) {
		*err = why;
		return -1;
	}
	warn_about(r, row, &why);
	return 0;
}

/* ---- bytes ---- */

static int
write_raw(struct run *r, struct ms_err *err)
{
	struct ms_slice message = ms_body_message(r->body);

	if (!r->terminal)
		return put(r, message.p, message.n, err);
	show_lines(&r->text, message, 0);
	return put(r, r->text.p, r->text.n, err);
}

static int
write_part(struct run *r, const struct ms_body_part *p, struct ms_err *err)
{
	if (!r->terminal)
		return ms_body_decode(r->body, p, put, r, err);
	if (!ms_body_is_text(p) && (p->bits & MS_PART_MESSAGE) == 0)
		return ms_fail(err, MS_USAGE,
		    "part %u is %s, and no text for a terminal; use -o FILE",
		    p->number, p->type);
	return ms_body_decode(r->body, p, put_lines, r, err) < 0 ||
		       end_lines(r, err) < 0
		   ? -1
		   : 0;
}

static const struct ms_body_part *
find_html(const struct run *r)
{
	size_t n;
	const struct ms_body_part *p = ms_body_parts(r->body, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(p[i].type, "text/html") == 0)
			return &p[i];
	return NULL;
}

static int
write_html(struct run *r, struct ms_err *err)
{
	const struct ms_body_part *p = find_html(r);
	struct ms_buf lines = {0};
	int rc;

	if (p == NULL)
		return ms_fail(err, MS_USAGE, "the message has no HTML");
	if (!r->terminal)
		ms_buf_add(&r->text, "\xef\xbb\xbf", 3);
	ms_body_part_utf8(r->body, p, &r->text);
	if (!r->terminal)
		return put(r, r->text.p, r->text.n, err);
	show_lines(&lines, ms_buf_slice(&r->text), 0);
	rc = put(r, lines.p, lines.n, err);
	ms_buf_release(&lines);
	return rc;
}

/* The name of a part as that of a file in this directory. */
static int
file_name(const struct ms_body_part *p, struct ms_buf *out, struct ms_err *err)
{
	const char *name = p->name;
	uint32_t c;

	for (const char *s = name; *s != '\0'; s++)
		if (*s == '/' || *s == '\\')
			name = s + 1;
	name += strspn(name, ". ");
	if (*name == '\0')
		return ms_fail(
		    err, MS_USAGE, "part %u has no name; use -o", p->number);
	if (strlen(name) > 255)
		return ms_fail(err, MS_USAGE,
		    "the name of part %u is too long; use -o", p->number);
	ms_buf_add_str(out, "./");
	for (size_t n = strlen(name), used; n > 0; name += used, n -= used) {
		used = ms_utf8_step((const unsigned char *)name, n, &c);
		if (c == MS_NOT_UTF8 || ms_utf8_control(c))
			ms_buf_add_byte(out, '_');
		else
			ms_buf_add(out, name, used);
	}
	return 0;
}

static int
write_numbered(struct run *r, struct ms_err *err)
{
	const struct ms_body_part *p = ms_body_numbered(r->body, r->opt->part);
	struct ms_buf name = {0};
	int rc = 0;

	if (p == NULL)
		return ms_fail(err, MS_USAGE, "the message has no part %llu",
		    (unsigned long long)r->opt->part);
	if (r->opt->name)
		rc = file_name(p, &name, err);
	if (rc == 0 && r->opt->name)
		rc = open_output(r, ms_buf_str(&name), err);
	if (rc == 0)
		rc = write_part(r, p, err);
	ms_buf_release(&name);
	return rc;
}

/* Writes bytes of the one message that matches. */
static int
write_only(struct run *r, struct ms_err *err)
{
	ms_buf_clear(&r->text);
	if (read_message(r, &r->only, err) < 0)
		return -1;
	if (r->opt->part > 0)
		return write_numbered(r, err);
	return r->opt->what == WHAT_RAW ? write_raw(r, err)
					: write_html(r, err);
}

/* ---- the run ---- */

static bool
needs_one(const struct options *opt)
{
	return opt->part > 0 || opt->what == WHAT_HTML || opt->what == WHAT_RAW;
}

/* May the user see the row? 1, which is recorded, 0, -1. */
static int
may_see(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	const struct ms_folder *f;
	int rc = ms_archive_folder_get(r->archive, row->folder, &f, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return ms_actor_limited() == NULL;
	if (!ms_actor_may(f->user, MS_RIGHT_READ))
		return 0;
	return ms_actor_access(r->archive, f->user, r->args, err) < 0 ? -1 : 1;
}

/* Shows a row, unless its message was shown or the user may not see it. */
static int
show_row(struct run *r, const struct ms_row *row, struct ms_err *err)
{
	int rc = may_see(r, row, err);

	if (rc <= 0)
		return rc;
	if (ms_map_add(&r->shown, row->id, 0, NULL))
		return 0;
	if (!needs_one(r->opt))
		return show_message(r, row, err);
	if (r->has_only)
		return ms_fail(err, MS_USAGE,
		    "more than one message matches, and this needs one; give "
		    "its id");
	r->only = *row;
	r->has_only = true;
	return 0;
}

/* Shows a message by its number, as the first of its rows that the user may
 * see. */
static int
show_numbered(struct run *r, uint64_t message, struct ms_err *err)
{
	struct ms_buf rows = {0};
	const struct ms_row *row;
	int rc = ms_archive_occurrences(r->archive, message, &rows, err);

	row = (const void *)rows.p;
	for (size_t n = rows.n / sizeof(*row); rc == 0 && n > 0; n--, row++)
		if (ms_row_in_view(row))
			rc = show_row(r, row, err);
	ms_buf_release(&rows);
	return rc;
}

/* A query that is one id needs no walk. Returns 1 if it is, 0, -1. */
static int
show_by_id(struct run *r, const struct ms_query *q, struct ms_err *err)
{
	uint64_t *messages = NULL;
	size_t count = 0;
	int rc = 0;

	if (r->opt->user != NULL || !ms_query_ids_only(q))
		return 0;
	if (ms_query_messages(q, r->archive, &messages, &count, err) < 0)
		return -1;
	if (count == 1)
		rc = show_numbered(r, messages[0], err) < 0 ? -1 : 1;
	free(messages);
	return rc;
}

/* Adds the thread of a row to a query. */
static int
add_thread(struct run *r, const struct ms_row *row, struct ms_buf *query,
    struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];
	int rc = may_see(r, row, err);

	if (rc <= 0 || ms_map_add(&r->shown, row->id, 0, NULL))
		return rc < 0 ? -1 : 0;
	if (r->shown.count > THREADS_MAX)
		return ms_fail(err, MS_USAGE,
		    "more than %d messages match; --thread shows no more",
		    THREADS_MAX);
	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_buf_printf(query, "%sthread:%s", query->n > 0 ? " or " : "", hex);
	return 0;
}

/* Replaces the query by one for the threads of what matches. */
static int
find_threads(struct run *r, struct ms_query **q, struct ms_err *err)
{
	struct ms_hits *hits = NULL;
	const struct ms_row *row;
	struct ms_buf text = {0};
	int rc = ms_hits_open(&hits, r->archive, *q, MS_BY_DATE, err);

	while (rc == 0 && (rc = ms_hits_next(hits, &row, err)) != 0) {
		if (rc > 0)
			rc = add_thread(r, row, &text, err);
		else if (row != NULL)
			rc = 0; /* the threads of the others are shown */
	}
	ms_hits_close(hits);
	if (rc == 0 && text.n > 0) {
		ms_query_free(*q);
		*q = NULL;
		rc = ms_query_parse(q, ms_buf_slice(&text), time(NULL), err);
		if (rc == 0 && r->opt->user != NULL)
			ms_query_user(*q, r->opt->user);
	}
	ms_map_clear(&r->shown);
	ms_buf_release(&text);
	return rc;
}

static int
show_hits(struct run *r, const struct ms_query *q, struct ms_err *err)
{
	struct ms_hits *hits = NULL;
	const struct ms_row *row;
	int rc = ms_hits_open(&hits, r->archive, q, MS_BY_DATE, err);

	while (rc == 0 && (rc = ms_hits_next(hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			break;
		if (rc > 0) {
			rc = show_row(r, row, err);
			continue;
		}
		rc = 0;
		if (ms_actor_limited() == NULL) /* else the owner is unknown */
			warn_about(r, row, err);
	}
	ms_hits_close(hits);
	return rc;
}

static int
show_all(struct run *r, const struct ms_query *q, struct ms_err *err)
{
	int rc = show_by_id(r, q, err);

	if (rc < 0 || (rc == 0 && show_hits(r, q, err) < 0))
		return -1;
	if (r->shown.count == 0 && !r->some_failed)
		return ms_fail(err, MS_NOINPUT, "no message matches");
	return r->has_only ? write_only(r, err) : 0;
}

/* Operands that are digits of an id, as a query. */
static int
parse_query(struct ms_query **q, const struct ms_args *args, struct ms_err *err)
{
	struct ms_buf text = {0};
	int rc;

	for (int i = 0; i < args->count; i++) {
		const char *word = args->v[i];
		size_t n = strlen(word);

		if (i > 0)
			ms_buf_add_byte(&text, ' ');
		if (n >= MS_QUERY_ID_DIGITS && n <= MS_SHA_HEX &&
		    strspn(word, "0123456789abcdefABCDEF") == n)
			ms_buf_add_str(&text, "id:");
		ms_buf_add_str(&text, word);
	}
	rc = ms_query_parse(q, ms_buf_slice(&text), time(NULL), err);
	ms_buf_release(&text);
	return rc;
}

static int
check_options(const struct options *opt, struct ms_err *err)
{
	if (opt->name && opt->part == 0)
		return ms_fail(err, MS_USAGE, "--name needs --part");
	if (opt->name && opt->output != NULL)
		return ms_fail(
		    err, MS_USAGE, "options -o and --name exclude each other");
	return 0;
}

/* Starts the parsers, and says once if they cannot be confined. */
static int
open_body(struct run *r, struct ms_err *err)
{
	struct ms_err warning = {0};
	int rc = ms_body_open(&r->body, &warning);

	if (rc < 0)
		*err = warning;
	else if (rc > 0)
		ms_warn_err(TOOL, &warning);
	return rc < 0 ? -1 : 0;
}

/* Starts what reads messages; a system that cannot confine it is named. */
static int
begin_query(struct ms_query *q, struct ms_err *err)
{
	int rc = ms_query_begin(q, err);

	if (rc != 1)
		return rc;
	(void)ms_warn_err(TOOL, err);
	*err = (struct ms_err){0};
	return 0;
}

static void
release(struct run *r)
{
	ms_archive_close(r->archive);
	ms_body_close(r->body);
	ms_map_release(&r->shown);
	ms_buf_release(&r->text);
	ms_buf_release(&r->rows);
	ms_buf_release(&r->places);
}

static int
run(const struct ms_args *args)
{
	const struct options *opt = args->values;
	struct run r = {.opt = opt, .args = args};
	struct ms_query *q = NULL;
	struct ms_err err = {0};
	const char *dir, *output = opt->output != NULL ? opt->output : "-";
	int rc = -1;

	if (check_options(opt, &err) < 0)
		return ms_command_misused(args, &err);
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    parse_query(&q, args, &err) < 0 || open_body(&r, &err) < 0 ||
	    begin_query(q, &err) < 0)
		goto out;
	if (opt->user != NULL)
		ms_query_user(q, opt->user);
	if (strcmp(output, "-") == 0 && !opt->name && !opt->no_pager &&
	    args->options->as == NULL)
		ms_pager_start();
	if ((!opt->name && open_output(&r, output, &err) < 0) ||
	    ms_actor_open(&r.archive, dir, &err) < 0 ||
	    ms_actor_user(r.archive, opt->user, MS_RIGHT_READ, &err) < 0 ||
	    (opt->thread && find_threads(&r, &q, &err) < 0) ||
	    show_all(&r, q, &err) < 0)
		goto out;
	rc = 0;
out:
	if (r.is_open &&
	    ms_outfile_close(&r.out, rc == 0, rc == 0 ? &err : NULL) < 0)
		rc = -1;
	release(&r);
	ms_query_free(q);
	if (rc < 0)
		return ms_warn_err(TOOL, &err);
	return r.some_failed ? MS_STATUS_SOME : 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "show messages of this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"show only messages of this user", .as = MS_AS_TEXT},
    {0, "header", MS_OPT_CONST, MS_OPT_IN(struct options, what),
	.help = "print all fields of the header instead of the text",
	.min = WHAT_HEADER, .group = 1},
    {0, "html", MS_OPT_CONST, MS_OPT_IN(struct options, what),
	.help = "write the first HTML part, for a browser", .min = WHAT_HTML,
	.group = 1},
    {0, "json", MS_OPT_CONST, MS_OPT_IN(struct options, what),
	.help = "print JSON Lines (ms-json(5))", .min = WHAT_JSON, .group = 1},
    {0, "part", MS_OPT_NUMBER, MS_OPT_IN(struct options, part), "number",
	"write the decoded bytes of this part", 1, UINT32_MAX, .group = 1},
    {0, "raw", MS_OPT_CONST, MS_OPT_IN(struct options, what),
	.help = "write the bytes of the message", .min = WHAT_RAW, .group = 1},
    {'o', "output", MS_OPT_STRING, MS_OPT_IN(struct options, output), "file",
	"write to this file"},
    {0, "name", MS_OPT_FLAG, MS_OPT_IN(struct options, name),
	.help = "write a part to a file with the name that it has",
	.as = MS_AS_OWN},
    {0, "thread", MS_OPT_FLAG, MS_OPT_IN(struct options, thread),
	.help = "show the whole threads of the messages"},
    MS_OPT_PAGER_ROW(struct options, no_pager, 0),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "id | query ...",
    .least = 1,
    .most = MS_OPT_ANY,
    .about = "Shows messages as a person reads them",
    .see = "The query language is explained in ms-query(7), as in\n"
	   "    ms-show from:anna since:2024 subject:invoice",
    .run = run,
    .as = MS_AS_ANY,
    .no_files = true,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
