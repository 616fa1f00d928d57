/* ms-list.c - lists the messages that match a query. The manual is ms-list(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive.h"
#include "json.h"
#include "listing.h"
#include "opt.h"
#include "query.h"
#include "report.h"
#include "time.h"

#define TOOL "ms-list"
#define OUT_BUFFER 65536

struct options {
	const char *archive, *user;
	bool json, summary, nul;
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
	char end; /* of a record */
	struct ms_archive *archive;
	struct ms_hits *hits;
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

static int
list_row(struct run *r, const struct ms_row *row, const struct ms_folder *f,
    struct ms_err *err)
{
	struct ms_err why = {0};

	if (!r->opt->json)
		ms_listing_write(&r->line, row, f, r->end);
	else if (ms_listing_json(&r->line, r->archive, row, f, r->end, &why) <
		 0)
		warn_about(r, row, &why);
	return put(r, err);
}

/* ---- summary ---- */

/* Adds a row to the sums; the rows come folder by folder. */
static void
count_row(struct run *r, const struct ms_row *row, const struct ms_folder *f)
{
	struct total *t =
	    r->total_count > 0 ? &r->totals[r->total_count - 1] : NULL;

	if (t == NULL || t->folder != f) {
		r->totals = ms_xreallocarray(
		    r->totals, r->total_count + 1, sizeof(*r->totals));
		t = &r->totals[r->total_count++];
		*t = (struct total){.folder = f};
	}
	t->messages++;
	t->bytes += row->size;
	if ((row->bits & MS_ROW_UNDATED) != 0)
		return;
	if (!t->dated || row->date < t->first)
		t->first = row->date;
	if (!t->dated || row->date > t->last)
		t->last = row->date;
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

static int
put_totals(struct run *r, struct ms_err *err)
{
	size_t n =
	    r->total_count > 0 ? merge_totals(r->totals, r->total_count) : 0;

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

static int
list_all(struct run *r, struct ms_err *err)
{
	const struct ms_folder *f;
	const struct ms_row *row;
	int rc;

	while ((rc = ms_hits_next(r->hits, &row, err)) != 0) {
		if (rc < 0 && row == NULL)
			return -1;
		if (rc < 0) {
			warn_about(r, row, err);
			continue;
		}
		rc = ms_archive_folder_get(r->archive, row->folder, &f, err);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			ms_fail(err, MS_DATA, "folder not found");
			warn_about(r, row, err);
			continue;
		}
		if (r->opt->summary)
			count_row(r, row, f);
		else if (list_row(r, row, f, err) < 0)
			return -1;
	}
	return put_totals(r, err);
}

static int
run(const struct ms_args *args)
{
	static char buffer[OUT_BUFFER];
	const struct options *opt = args->values;
	struct run r = {.opt = opt, .end = opt->nul ? '\0' : '\n'};
	struct ms_query *q = NULL;
	struct ms_err err = {0};
	const char *dir;
	int rc = -1;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_query_parse_words(&q, args->count, args->v, time(NULL), &err) <
		0)
		goto out;
	if (opt->user != NULL)
		ms_query_user(q, opt->user);
	if (ms_archive_open(&r.archive, dir, MS_ARCHIVE_READ, &err) < 0 ||
	    ms_hits_open(&r.hits, r.archive, q,
		opt->summary ? MS_BY_FOLDER : MS_BY_DATE, &err) < 0 ||
	    list_all(&r, &err) < 0)
		goto out;
	rc = 0;
out:
	ms_hits_close(r.hits);
	ms_archive_close(r.archive);
	ms_query_free(q);
	ms_buf_release(&r.line);
	free(r.totals);
	if (rc < 0)
		return ms_warn_err(TOOL, &err);
	return r.some_failed ? MS_STATUS_SOME : 0;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "list messages of this archive (default: $MS_ARCHIVE)"},
    {'u', "user", MS_OPT_STRING, MS_OPT_IN(struct options, user), "user",
	"list only messages of this user"},
    {0, "json", MS_OPT_FLAG, MS_OPT_IN(struct options, json),
	.help = "print JSON Lines (ms-json(5))"},
    {0, "summary", MS_OPT_FLAG, MS_OPT_IN(struct options, summary),
	.help = "print one line for each user and folder"},
    {'z', "null", MS_OPT_FLAG, MS_OPT_IN(struct options, nul),
	.help = "end each line with a NUL byte, not a newline"},
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .operands = "[query ...]",
    .most = MS_OPT_ANY,
    .run = run,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
