/* ms-list.c - lists the messages that match a query. The manual is ms-list(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor.h"
#include "addresses.h"
#include "archive.h"
#include "human.h"
#include "json.h"
#include "listing-format.h"
#include "listing-sort.h"
#include "opt.h"
#include "query.h"
#include "pager.h"
#include "report.h"
#include "term.h"
#include "terminal.h"
#include "time.h"
#include "values.h"

#define TOOL "ms-list"
#define OUT_BUFFER 65536

struct options {
	const char *archive, *user;
	const char *format, *fields;
	bool json, summary, count, addresses, nul, no_pager, verbose, utc,
	    explain;
	enum ms_sort sort;
	uint64_t limit; /* 0: all */
	enum values values;
};

/* The sums of a folder of a user. */
struct total {
	const struct ms_folder *folder;
	uint64_t messages, bytes;
	bool dated;
	int64_t first, last;
};

struct run {
	const struct options *opt;
	const struct ms_args *args;
	char end;       /* of a record */
	bool terminal;  /* lines for people */
	bool all_users; /* they are shown */
	struct ms_archive *archive;
	struct ms_hits *hits;
	struct ms_sorter *sorter; /* NULL: by date, as they come */
	struct ms_format *format; /* of --format and --fields, or NULL */
	struct addresses addresses;
	uint64_t count; /* of occurrences that match */
	struct ms_buf line;
	struct total *totals;
	size_t total_count;
	bool some_failed;
};

/* Names a message that cannot be matched or shown whole; the run goes on. */
static void
warn_about(struct run *r, const struct ms_row *row, const struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_warn(TOOL, "%s: %s", hex, err->msg);
	r->some_failed = true;
}

static int
put(struct run *r, struct ms_err *err)
{
	if (fwrite_unlocked(r->line.p, 1, r->line.n, stdout) != r->line.n)
		return ms_fail_errno(err, "standard output");
	ms_buf_clear(&r->line);
	return 0;
}

/* Can more bytes of the message change what a line shows? */
static bool
is_incomplete(const struct ms_desc *d)
{
	return (d->bits & MS_DESC_PARTIAL) != 0 &&
	       (d->from.n == 0 || d->subject.n == 0 ||
		   (d->bits & (MS_DESC_FROM_RAW | MS_DESC_SUBJECT_RAW)) != 0);
}

static int
list_row(struct run *r, const struct ms_row *row, const struct ms_folder *f,
    struct ms_err *err)
{
	struct ms_row whole = *row;
	struct ms_err why = {0};
	int rc = 0;

	if (r->opt->json) {
		rc =
		    ms_listing_json(&r->line, r->archive, row, f, r->end, &why);
	} else if (r->format != NULL) {
		rc = ms_format_write(
		    &r->line, r->format, r->archive, row, f, r->end, &why);
	} else {
		if (is_incomplete(&row->desc))
			rc = ms_archive_describe(r->archive, &whole, &why);
		if (rc == 1 &&
		    (whole.desc.from.n == 0 || whole.desc.subject.n == 0))
			rc = ms_archive_header_cut(&why);
		if (r->terminal)
			terminal_line(&r->line, r->archive, &whole, f,
			    r->all_users ? TERMINAL_USER : 0);
		else
			ms_listing_write(&r->line, &whole, f, r->end);
	}
	if (rc < 0 && (why.code == MS_INDEX || why.code == MS_TEMP)) {
		*err = why;
		return -1;
	}
	if (rc < 0)
		warn_about(r, row, &why);
	return put(r, err);
}

/* ---- summary ---- */

/* Adds a row to the sums; most rows come folder by folder. */
static void
count_row(struct run *r, const struct ms_row *row, const struct ms_folder *f)
{
	struct total *t = NULL;

	/* Messages that a person has moved come between those of their own
	 * folder. */
	for (size_t i = r->total_count; i > 0 && t == NULL; i--)
		if (r->totals[i - 1].folder == f)
			t = &r->totals[i - 1];
	if (t == NULL) {
		r->totals = ms_xreallocarray(
		    r->totals, r->total_count + 1, sizeof(*r->totals));
		t = &r->totals[r->total_count++];
		*t = (struct total){.folder = f};
	}
	t->messages++;
	t->bytes += row->size;
	if ((row->bits & MS_ROW_UNDATED) != 0)
		return;
	if (!t->dated || row->sent < t->first)
		t->first = row->sent;
	if (!t->dated || row->sent > t->last)
		t->last = row->sent;
	t->dated = true;
}

static int
compare_totals(const void *va, const void *vb)
{
	const struct total *a = va, *b = vb;
	int c = strcmp(a->folder->user_name, b->folder->user_name);

	return c != 0 ? c : strcmp(a->folder->name, b->folder->name);
}

/* Folders of the same name, from several sources, become one line. Returns the
 * number of lines. */
static size_t
merge_totals(struct total *t, size_t n)
{
	size_t kept = 0;

	qsort(t, n, sizeof(*t), compare_totals);
	for (size_t i = 0; i < n; i++) {
		struct total *to = kept > 0 ? &t[kept - 1] : NULL;

		if (to == NULL || compare_totals(to, &t[i]) != 0) {
			t[kept++] = t[i];
			continue;
		}
		to->messages += t[i].messages;
		to->bytes += t[i].bytes;
		if (!t[i].dated)
			continue;
		if (!to->dated || t[i].first < to->first)
			to->first = t[i].first;
		if (!to->dated || t[i].last > to->last)
			to->last = t[i].last;
		to->dated = true;
	}
	return kept;
}

static void
write_total(struct ms_buf *out, const struct total *t, char end)
{
	char first[21] = "", last[21] = "";

	if (t->dated) {
		ms_time_format(t->first, first);
		ms_time_format(t->last, last);
	}
	ms_listing_escape(
	    out, t->folder->user_name, strlen(t->folder->user_name));
	ms_buf_add_byte(out, '\t');
	ms_listing_escape(out, t->folder->name, strlen(t->folder->name));
	ms_buf_printf(out, "\t%llu\t%llu\t%s\t%s",
	    (unsigned long long)t->messages, (unsigned long long)t->bytes,
	    first, last);
	ms_buf_add_byte(out, (unsigned char)end);
}

static void
write_total_json(struct ms_buf *out, const struct total *t, char end)
{
	json_t *o = json_object();
	char first[21], last[21];

	ms_time_format(t->first, first);
	ms_time_format(t->last, last);
	ms_json_text(o, "user", ms_slice_str(t->folder->user_name));
	ms_json_text(o, "folder", ms_slice_str(t->folder->name));
	ms_json_number(o, "messages", t->messages);
	ms_json_number(o, "bytes", t->bytes);
	json_object_set_new(
	    o, "first", t->dated ? json_string(first) : json_null());
	json_object_set_new(
	    o, "last", t->dated ? json_string(last) : json_null());
	ms_json_line(out, o);
	ms_buf_add_byte(out, (unsigned char)end);
	json_decref(o);
}

/* On a terminal. */
static const struct ms_column columns[] = {
    {.heading = "USER", .plain = ""},
    {.heading = "FOLDER", .shrink = true},
    {.heading = "MESSAGES", .right = true},
    {.heading = "SIZE", .right = true},
    {.heading = "FIRST", .plain = ""},
    {.heading = "LAST", .plain = ""},
};

static void
add_cells(const struct run *r, struct ms_table *table, const struct total *t)
{
	struct ms_buf text[4] = {{0}};
	size_t i;

	ms_buf_printf(&text[0], "%llu", (unsigned long long)t->messages);
	ms_human_bytes(&text[1], t->bytes);
	if (t->dated) {
		ms_term_date(&text[2], t->first, false);
		ms_term_date(&text[3], t->last, false);
	}
	ms_table_add(table, r->all_users ? t->folder->user_name : "");
	ms_table_add(table, t->folder->name);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		ms_table_add(table, ms_buf_str(&text[i]));
		ms_buf_release(&text[i]);
	}
	ms_table_row(table);
}

static void
print_table(const struct run *r, size_t n)
{
	struct ms_table *table =
	    ms_table_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < n; i++)
		add_cells(r, table, &r->totals[i]);
	ms_table_end(table);
}

static int
put_totals(struct run *r, struct ms_err *err)
{
	size_t n =
	    r->total_count > 0 ? merge_totals(r->totals, r->total_count) : 0;

	if (r->terminal) {
		print_table(r, n);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (r->opt->json)
			write_total_json(&r->line, &r->totals[i], r->end);
		else
			write_total(&r->line, &r->totals[i], r->end);
		if (put(r, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the run ---- */

/* Counts, keeps or prints an occurrence. */
static int
handle_row(struct run *r, const struct ms_row *row, const struct ms_folder *f,
    struct ms_err *err)
{
	struct ms_err why = {0};

	r->count++;
	if (r->opt->summary)
		count_row(r, row, f);
	else if (r->sorter != NULL)
		return ms_sorter_add(r->sorter, row, err);
	else if (r->opt->addresses &&
		 addresses_add(&r->addresses, r->archive, row, &why) < 0)
		warn_about(r, row, &why);
	else if (!r->opt->addresses && !r->opt->count)
		return list_row(r, row, f, err);
	return 0;
}

static int
find_all(struct run *r, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *row;
	int rc;

	while ((rc = ms_hits_next(r->hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			return -1;
		if (rc < 0 && ms_actor_limited() != NULL)
			continue; /* the owner is not known */
		if (rc < 0) {
			warn_about(r, row, err);
			continue;
		}
		rc = ms_archive_folder_get(r->archive, row->folder, &f, err);
		if (rc < 0)
			return -1;
		if (rc == 0 && ms_actor_limited() != NULL)
			continue;
		if (rc == 0) {
			ms_fail(err, MS_DATA, "folder not found");
			warn_about(r, row, err);
			continue;
		}
		if (!ms_actor_may(f->user, MS_RIGHT_READ))
			continue;
		if (ms_actor_access(r->archive, f->user, r->args, err) < 0 ||
		    handle_row(r, row, f, err) < 0)
			return -1;
	}
	return 0;
}

static int
put_sorted(struct run *r, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *row;
	int rc;

	while ((rc = ms_sorter_next(r->sorter, &row, err)) == 1) {
		rc = ms_archive_folder_get(r->archive, row->folder, &f, err);
		if (rc < 0 || (rc == 1 && list_row(r, row, f, err) < 0))
			return -1;
	}
	return rc;
}

static int
put_addresses(struct run *r, struct ms_err *err)
{
	addresses_sort(&r->addresses);
	if (r->terminal) {
		addresses_print(&r->addresses);
		return 0;
	}
	for (size_t i = 0; i < r->addresses.n; i++) {
		addresses_write(
		    &r->line, &r->addresses.v[i], r->opt->json, r->end);
		if (put(r, err) < 0)
			return -1;
	}
	return 0;
}

static int
put_count(struct run *r, struct ms_err *err)
{
	ms_buf_printf(&r->line, "%llu", (unsigned long long)r->count);
	ms_buf_add_byte(&r->line, (unsigned char)r->end);
	return put(r, err);
}

static int
list_all(struct run *r, struct ms_err *err)
{
	if (find_all(r, err) < 0)
		return -1;
	if (r->opt->summary)
		return put_totals(r, err);
	if (r->opt->addresses)
		return put_addresses(r, err);
	if (r->opt->count)
		return put_count(r, err);
	return r->sorter != NULL ? put_sorted(r, err) : 0;
}

/* If the archive has one user, or -u selects one, users are not shown. */
static int
count_users(struct run *r, struct ms_err *err)
{
	int several = 0;

	if (r->terminal && r->opt->user == NULL)
		several = terminal_has_users(r->archive, err);
	r->all_users = several == 1;
	return several < 0 ? -1 : 0;
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

/* Sets err to what is wrong with the options. 0, -1. */
static int
check(const struct options *opt, struct ms_err *err)
{
	bool sums = opt->summary || opt->count || opt->addresses;

	if (sums && (opt->format != NULL || opt->fields != NULL))
		return ms_fail(err, MS_USAGE,
		    "--format and --fields are for lists of messages");
	if (sums && (opt->sort != MS_SORT_DATE || opt->limit != 0))
		return ms_fail(err, MS_USAGE,
		    "--sort and --limit are for lists of messages");
	if (opt->count && opt->json)
		return ms_fail(err, MS_USAGE, "--count has no --json");
	return 0;
}

static int
read_format(struct run *r, struct ms_err *err)
{
	const struct options *opt = r->opt;
	int rc = 0;

	if (opt->format != NULL)
		rc = ms_format_parse(&r->format, opt->format, err);
	else if (opt->fields != NULL)
		rc = ms_format_parse_fields(&r->format, opt->fields, err);
	return rc < 0 ? ms_context(err, "%s",
			    opt->format != NULL ? "--format" : "--fields")
		      : 0;
}

/* The order in which the rows are needed. */
static enum ms_order
order_of(const struct options *opt, bool sorter)
{
	if (opt->addresses)
		return MS_BY_RECORD;
	return opt->summary || opt->count || sorter ? MS_BY_FOLDER : MS_BY_DATE;
}

/* What is counted for --explain can be mail of other users. */
static int
explain(struct run *r, const struct ms_query *q, struct ms_err *err)
{
	if (ms_actor_limited() != NULL)
		return ms_fail_option(err, "explain", "is only for admins");
	return ms_hits_explain(r->archive, q, &r->line, err) < 0 ? -1
								 : put(r, err);
}

static int
open_all(struct run *r, const char *dir, struct ms_query *q, struct ms_err *err)
{
	const struct options *opt = r->opt;
	bool sorted = opt->sort != MS_SORT_DATE || opt->limit != 0;

	if (ms_actor_open(&r->archive, dir, err) < 0 ||
	    ms_actor_user(r->archive, opt->user, MS_RIGHT_READ, err) < 0 ||
	    count_users(r, err) < 0)
		return -1;
	if (opt->explain)
		return 0;
	if (sorted && ms_sorter_new(&r->sorter, r->archive, opt->sort,
			  opt->limit, 0, err) < 0)
		return -1;
	return ms_hits_open(
	    &r->hits, r->archive, q, order_of(opt, sorted), err);
}

static void
release(struct run *r)
{
	ms_hits_close(r->hits);
	ms_sorter_free(r->sorter);
	ms_format_free(r->format);
	addresses_release(&r->addresses);
	ms_archive_close(r->archive);
	ms_buf_release(&r->line);
	free(r->totals);
}

static int
run(const struct ms_args *args)
{
	static char buffer[OUT_BUFFER];
	const struct options *opt = args->values;
	struct run r = {.opt = opt,
	    .args = args,
	    .end = opt->nul ? '\0' : '\n',
	    .terminal =
		ms_term_stdout() && !opt->nul && !opt->json && !opt->verbose};
	struct ms_query *q = NULL;
	struct ms_err err = {0};
	const char *dir;
	int rc = -1;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (opt->values != VALUES_NONE)
		return values_print(opt->values, opt->archive, &err) < 0
			   ? ms_warn_err(TOOL, &err)
			   : 0;
	if (check(opt, &err) < 0 || read_format(&r, &err) < 0)
		return ms_command_misused(args, &err);
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_query_parse_words(&q, args->count, args->v, time(NULL), &err) <
		0)
		goto out;
	if (begin_query(q, &err) < 0)
		goto out;
	if (opt->user != NULL)
		ms_query_user(q, opt->user);
	if (opt->utc)
		setenv("TZ", "UTC", 1);
	if (r.terminal && !opt->no_pager && !opt->count &&
	    args->options->as == NULL)
		ms_pager_start();
	if (open_all(&r, dir, q, &err) < 0 ||
	    (opt->explain ? explain(&r, q, &err) : list_all(&r, &err)) < 0)
		goto out;
	rc = 0;
out:
	release(&r);
	ms_query_free(q);
	if (rc < 0)
		return ms_warn_err(TOOL, &err);
	return r.some_failed ? MS_STATUS_SOME : 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "list messages of this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"list only messages of this user", .as = MS_AS_TEXT},
    /* In the order of enum ms_sort. */
    {0, "sort", MS_OPT_CHOICE, MS_OPT_IN(struct options, sort),
	"date | -date | size | -size | from | -from | subject | -subject | "
	"folder | -folder",
	"the order (default: date, the newest last)"},
    {0, "limit", MS_OPT_NUMBER, MS_OPT_IN(struct options, limit), "number",
	"list only the newest messages, at most this many", .min = 1,
	.max = MS_SORT_LIMIT_MAX},
    {0, "format", MS_OPT_STRING, MS_OPT_IN(struct options, format), "format",
	"print lines such as '{date} {from}'", .group = 1, .as = MS_AS_TEXT},
    {0, "fields", MS_OPT_STRING, MS_OPT_IN(struct options, fields), "list",
	"print these fields, as in date,from", .group = 1, .as = MS_AS_TEXT},
    {0, "json", MS_OPT_FLAG, MS_OPT_IN(struct options, json),
	.help = "print JSON Lines (ms-json(5))", .group = 1},
    {0, "summary", MS_OPT_FLAG, MS_OPT_IN(struct options, summary),
	.help = "print one line for each user and folder", .group = 2},
    {0, "count", MS_OPT_FLAG, MS_OPT_IN(struct options, count),
	.help = "print only how many messages there are", .group = 2},
    {0, "addresses", MS_OPT_FLAG, MS_OPT_IN(struct options, addresses),
	.help = "print the addresses, and how many messages have them",
	.group = 2},
    {0, "utc", MS_OPT_FLAG, MS_OPT_IN(struct options, utc),
	.help = "on a terminal, show dates in UTC, not in local time"},
    {0, "explain", MS_OPT_FLAG, MS_OPT_IN(struct options, explain),
	.help = "print what the query reads, instead of the messages"},
    {'v', "verbose", MS_OPT_FLAG, MS_OPT_IN(struct options, verbose),
	.help = "print whole lines on a terminal, too"},
    {'z', "null", MS_OPT_FLAG, MS_OPT_IN(struct options, nul),
	.help = "end each line with a NUL byte, not a newline"},
    MS_OPT_PAGER_ROW(struct options, no_pager, 0),
    /* In the order of enum values. */
    {0, "print-values", MS_OPT_CHOICE, MS_OPT_IN(struct options, values),
	"none | users | folders | labels | profiles | accounts | terms",
	.as = MS_AS_OWN},
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[query ...]",
    .most = MS_OPT_ANY,
    .about = "Lists the messages of an archive that match a query",
    .see = "The query language is explained in ms-query(7), as in\n"
	   "    ms-list from:anna since:2024 subject:invoice",
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
