/* ms-stat.c - what an archive holds, in numbers. The manual is ms-stat(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor.h"
#include "listing.h"
#include "listing-sort.h"
#include "opt.h"
#include "pager.h"
#include "query.h"
#include "report.h"
#include "stat.h"
#include "term.h"
#include "terminal.h"

#define TOOL "ms-stat"
#define OUT_BUFFER 65536
#define DOMAINS 10 /* in the overview */
#define MONTHS 24
#define GROUPS 4 /* tables that are filled in one run */

struct options {
	const char *archive, *user;
	enum by by;
	bool growth, json, nul, no_pager;
	uint64_t largest; /* of --largest, or 0 */
};

struct run {
	const struct options *opt;
	const struct ms_args *args;
	char end;      /* of a line */
	bool terminal; /* tables for people */
	struct ms_archive *archive;
	struct ms_query *query;
	struct ms_hits *hits; /* with a query */
	struct ms_walk *walk; /* without */
	uint64_t user;        /* of -u, or 0 */
	struct counts counts;
	struct groups groups[GROUPS];
	size_t group_count;
	bool grows; /* growth is counted */
	struct growth growth;
	struct ms_sorter *sorter; /* of the largest messages, or NULL */
	bool all_users;           /* they are shown */
	struct ms_buf line;
	bool some_failed;
};

static int
put(struct run *r, struct ms_err *err)
{
	if (fwrite_unlocked(r->line.p, 1, r->line.n, stdout) != r->line.n)
		return ms_fail_errno(err, "standard output");
	ms_buf_clear(&r->line);
	return 0;
}

/* ---- what is counted ---- */

static void
add_groups(struct run *r, enum by by)
{
	r->groups[r->group_count++] = (struct groups){.by = by};
}

static int
choose(struct run *r, struct ms_err *err)
{
	const struct options *opt = r->opt;
	bool overview = opt->by == BY_NONE && !opt->growth && opt->largest == 0;

	r->counts.whole = r->args->count == 0 && opt->user == NULL &&
			  ms_actor_limited() == NULL;
	r->grows = opt->growth || (overview && r->terminal);
	if (opt->by != BY_NONE)
		add_groups(r, opt->by);
	if (overview)
		add_groups(r, BY_PLACE);
	if (overview && r->terminal) {
		add_groups(r, BY_USER);
		add_groups(r, BY_YEAR);
		add_groups(r, BY_DOMAIN);
	}
	if (r->counts.whole && (overview || r->grows) &&
	    storage_read(&r->counts.storage, r->archive, err) < 0)
		return -1;
	if (r->counts.whole && overview &&
	    storage_read_text(&r->counts.storage, r->archive, err) < 0)
		return -1;
	if (opt->largest != 0 &&
	    ms_sorter_new(&r->sorter, r->archive, MS_SORT_SIZE_DOWN,
		opt->largest, 0, err) < 0)
		return -1;
	return r->grows ? growth_open(&r->growth, r->archive,
			      r->counts.whole ? &r->counts.storage : NULL, err)
			: 0;
}

/* Without a query, the rows come from a walk that is made for this. */
static int
open_rows(struct run *r, struct ms_err *err)
{
	const struct ms_select all = {.order = MS_BY_RECORD, .brief = true};
	int got = 1;

	if (r->args->count > 0)
		return ms_hits_open(
		    &r->hits, r->archive, r->query, MS_BY_RECORD, err);
	if (r->opt->user != NULL)
		got = ms_archive_user(r->archive, r->opt->user, &r->user, err);
	if (got == 0)
		return ms_fail(err, MS_USAGE,
		    "the archive has no user \"%.255s\"", r->opt->user);
	return got < 0 ? -1 : ms_walk_open(&r->walk, r->archive, &all, err);
}

static int
next_row(struct run *r, const struct ms_row **row, struct ms_err *err)
{
	if (r->hits != NULL)
		return ms_hits_next(r->hits, row, err);
	*row = NULL;
	return ms_walk_next(r->walk, row, err);
}

static int
count_row(struct run *r, const struct ms_row *row, const struct ms_folder *f,
    struct ms_err *err)
{
	bool in_view = r->hits != NULL || ms_row_in_view(row), is_new;

	if (r->counts.whole && (row->bits & MS_ROW_MOVED) == 0)
		sums_add(&r->counts.received, row);
	if (r->counts.whole && (row->bits & MS_ROW_REMOVED) != 0)
		sums_add(&r->counts.removed, row);
	if (!in_view)
		return 0;
	is_new = sums_add(&r->counts.sums, row);
	if (is_new && r->grows)
		growth_add(&r->growth, row);
	for (size_t i = 0; i < r->group_count; i++)
		groups_add(&r->groups[i], row, f);
	return is_new && r->sorter != NULL ? ms_sorter_add(r->sorter, row, err)
					   : 0;
}

/* Names a message that cannot be matched; the run goes on. */
static void
warn_about(struct run *r, const struct ms_row *row, const struct ms_err *err)
{
	char hex[MS_SHA_HEX + 1];

	ms_hex(row->id, MS_SHA_LEN, hex);
	ms_warn(TOOL, "%s: %s", hex, err->msg);
	r->some_failed = true;
}

static int
count_all(struct run *r, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *row;
	int rc;

	while ((rc = next_row(r, &row, err)) != 0) {
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
		if ((r->user != 0 && f->user != r->user) ||
		    !ms_actor_may(f->user, MS_RIGHT_READ))
			continue;
		if (ms_actor_access(r->archive, f->user, r->args, err) < 0 ||
		    count_row(r, row, f, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the output ---- */

/* How many users, folders and sources have the messages that were counted. */
static int
count_places(struct run *r, const struct groups *places, struct ms_err *err)
{
	struct groups seen[] = {
	    {.by = BY_USER}, {.by = BY_FOLDER}, {.by = BY_SOURCE}};
	const struct ms_row none = {.bits = MS_ROW_UNDATED};
	const struct ms_folder *f;
	uint64_t number;
	int got = 0;
	size_t i, j;

	for (i = 0; i < places->n && got >= 0; i++) {
		memcpy(&number, places->v[i].key.p, sizeof(number));
		got = ms_archive_folder_get(r->archive, number, &f, err);
		for (j = 0; j < 3 && got == 1; j++)
			groups_add(&seen[j], &none, f);
	}
	r->counts.users = seen[0].n;
	r->counts.folders = seen[1].n;
	r->counts.sources = seen[2].n;
	for (j = 0; j < 3; j++)
		groups_release(&seen[j]);
	return got < 0 ? -1 : 0;
}

static void
print_overview(const struct run *r)
{
	print_counts(&r->counts);
	for (size_t i = 1; i < r->group_count; i++) {
		const struct groups *g = &r->groups[i];

		if (g->n == 0 || (g->by == BY_USER && g->n == 1))
			continue;
		putchar('\n');
		print_groups(g, g->by == BY_DOMAIN ? DOMAINS : SIZE_MAX);
	}
	if (r->growth.n == 0 || r->counts.sums.occurrences == 0)
		return;
	putchar('\n');
	print_growth(&r->growth, r->counts.whole, MONTHS);
}

static int
put_counts(struct run *r, struct ms_err *err)
{
	if (count_places(r, &r->groups[0], err) < 0)
		return -1;
	if (r->terminal) {
		print_overview(r);
		return 0;
	}
	if (r->opt->json)
		counts_json(&r->line, &r->counts, r->end);
	else
		write_counts(&r->line, &r->counts, r->end);
	return put(r, err);
}

static int
put_groups(struct run *r, const struct groups *g, struct ms_err *err)
{
	if (r->terminal) {
		print_groups(g, SIZE_MAX);
		return 0;
	}
	for (size_t i = 0; i < g->n; i++) {
		if (r->opt->json)
			group_json(&r->line, g->by, &g->v[i], r->end);
		else
			write_group(&r->line, g->by, &g->v[i], r->end);
		if (put(r, err) < 0)
			return -1;
	}
	return 0;
}

static int
put_growth(struct run *r, struct ms_err *err)
{
	const struct growth *g = &r->growth;

	if (r->terminal) {
		print_growth(g, r->counts.whole, SIZE_MAX);
		return 0;
	}
	for (size_t i = 0; i < g->n; i++) {
		if (r->opt->json)
			month_json(&r->line, &g->v[i], r->counts.whole, r->end);
		else
			write_month(
			    &r->line, &g->v[i], r->counts.whole, r->end);
		if (put(r, err) < 0)
			return -1;
	}
	return 0;
}

/* A line of one of the largest messages, as ms-list prints it. */
static int
write_message(struct run *r, const struct ms_row *row,
    const struct ms_folder *f, struct ms_err *err)
{
	struct ms_row whole = *row;
	int rc = 0;

	if (r->opt->json)
		return ms_listing_json(
		    &r->line, r->archive, row, f, r->end, err);
	rc = ms_archive_describe(r->archive, &whole, err);
	if (r->terminal)
		terminal_line(&r->line, r->archive, &whole, f,
		    r->all_users ? TERMINAL_USER : 0);
	else
		ms_listing_write(&r->line, &whole, f, r->end);
	return rc;
}

static int
put_largest(struct run *r, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *row;
	struct ms_err why = {0};
	int got;

	while ((got = ms_sorter_next(r->sorter, &row, err)) == 1) {
		got = ms_archive_folder_get(r->archive, row->folder, &f, err);
		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		if (write_message(r, row, f, &why) < 0)
			warn_about(r, row, &why);
		if (put(r, err) < 0)
			return -1;
	}
	return got;
}

static int
put_all(struct run *r, struct ms_err *err)
{
	if (r->sorter != NULL)
		return put_largest(r, err);
	for (size_t i = 0; i < r->group_count; i++)
		groups_sort(&r->groups[i]);
	if (r->opt->by != BY_NONE)
		return put_groups(r, &r->groups[0], err);
	return r->opt->growth ? put_growth(r, err) : put_counts(r, err);
}

/* ---- the run ---- */

static void
release(struct run *r)
{
	ms_hits_close(r->hits);
	ms_sorter_free(r->sorter);
	ms_walk_close(r->walk);
	ms_archive_close(r->archive);
	ms_query_free(r->query);
	for (size_t i = 0; i < r->group_count; i++)
		groups_release(&r->groups[i]);
	growth_release(&r->growth);
	storage_release(&r->counts.storage);
	ms_buf_release(&r->line);
}

/* If the archive has one user, or -u selects one, users are not shown. */
static int
count_users(struct run *r, struct ms_err *err)
{
	int several = 0;

	if (r->terminal && r->opt->largest != 0 && r->opt->user == NULL)
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

static int
run(const struct ms_args *args)
{
	static char buffer[OUT_BUFFER];
	const struct options *opt = args->values;
	struct run r = {.opt = opt,
	    .args = args,
	    .end = opt->nul ? '\0' : '\n',
	    .terminal = ms_term_stdout() && !opt->nul && !opt->json};
	struct ms_err err = {0};
	const char *dir;
	int rc = -1;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_query_parse_words(
		&r.query, args->count, args->v, time(NULL), &err) < 0 ||
	    begin_query(r.query, &err) < 0)
		goto out;
	if (opt->user != NULL)
		ms_query_user(r.query, opt->user);
	if (r.terminal && !opt->no_pager && args->options->as == NULL)
		ms_pager_start();
	if (ms_actor_open(&r.archive, dir, &err) < 0 ||
	    ms_actor_user(r.archive, opt->user, MS_RIGHT_READ, &err) < 0 ||
	    count_users(&r, &err) < 0 || choose(&r, &err) < 0 ||
	    open_rows(&r, &err) < 0 || count_all(&r, &err) < 0 ||
	    put_all(&r, &err) < 0)
		goto out;
	rc = 0;
out:
	release(&r);
	if (rc < 0)
		return ms_warn_err(TOOL, &err);
	return r.some_failed ? MS_STATUS_SOME : 0;
}

/* An ms_opt_fn: without the option, the value is BY_NONE. */
static int
after_none(void *values, const struct ms_option *o, const char *value,
    struct ms_err *err)
{
	struct options *opt = values;

	(void)o;
	(void)value;
	(void)err;
	opt->by++;
	return 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "count messages of this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"count only messages of this user", .as = MS_AS_TEXT},
    /* In the order of enum by, without BY_NONE. */
    {0, "by", MS_OPT_CHOICE, MS_OPT_IN(struct options, by),
	"user | year | month | folder | source | domain | correspondent",
	"print a line for each of these", .call = after_none, .group = 1},
    {0, "growth", MS_OPT_FLAG, MS_OPT_IN(struct options, growth),
	.help = "print what came into the archive in each month", .group = 1},
    {0, "largest", MS_OPT_NUMBER, MS_OPT_IN(struct options, largest), "number",
	"print the largest messages, at most this many", .min = 1,
	.max = MS_SORT_LIMIT_MAX, .group = 1},
    {0, "json", MS_OPT_FLAG, MS_OPT_IN(struct options, json),
	.help = "print JSON Lines (ms-json(5))"},
    {'z', "null", MS_OPT_FLAG, MS_OPT_IN(struct options, nul),
	.help = "end each line with a NUL byte, not a newline"},
    MS_OPT_PAGER_ROW(struct options, no_pager, 0),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[query ...]",
    .most = MS_OPT_ANY,
    .about = "Counts the messages of an archive, or those that match a query",
    .see = "The query language is explained in ms-query(7), as in\n"
	   "    ms-stat --by year from:anna",
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
