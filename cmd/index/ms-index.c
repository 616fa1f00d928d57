/* ms-index.c - updates, checks and describes the text index of an archive. The
 * manual is ms-index(1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "actor.h"
#include "human.h"
#include "json.h"
#include "opt.h"
#include "document.h"
#include "report.h"
#include "sha.h"
#include "stop.h"
#include "text.h"
#include "update.h"

#define TOOL "ms-index"

struct options {
	const char *archive;
	struct ms_report_options report;
	bool rebuild, repair, check, status, json;
};

struct run {
	struct ms_report *report;
	struct ms_archive *archive;
	struct ms_text_reader *reader;
	bool verbose;
	uint64_t faults, unread;
};

/* ---- updating ---- */

static int
read_message(void *ctx, struct ms_text_message *m, struct ms_err *err)
{
	struct run *run = ctx;
	char id[MS_SHA_HEX + 1];

	ms_hex(m->id, MS_SHA_LEN, id);
	if (ms_text_read(run->reader, run->archive, m, err) < 0)
		return ms_context(err, "message %s", id);
	if ((m->bits & MS_TEXT_UNREAD) == 0)
		return 0;
	run->unread++;
	if (run->verbose)
		ms_report_remark(run->report, id, ms_text_unread(run->reader));
	return 0;
}

static void
progress(void *ctx, uint64_t messages, uint64_t messages_total, uint64_t bytes)
{
	struct run *run = ctx;
	struct ms_progress p = {.what = "text index",
	    .messages = messages,
	    .messages_total = messages_total,
	    .bytes = bytes};

	ms_report_progress(run->report, &p);
}

static void
remark(void *ctx, const struct ms_err *why)
{
	struct run *run = ctx;

	ms_report_note(run->report, "%s", why->msg);
}

static void
say_sum(struct run *run, const struct ms_text_sum *sum)
{
	struct ms_buf b = {0};

	if (sum->messages == 0 && sum->skipped == 0) {
		ms_report_note(run->report, "the text index is up to date");
		return;
	}
	ms_human_count(&b, sum->messages, "message");
	ms_buf_add_str(&b, " (");
	ms_human_bytes(&b, sum->bytes);
	ms_buf_add_str(&b, ") added to the text index");
	if (run->unread > 0) {
		ms_buf_add_str(&b, "; ");
		ms_human_count(&b, run->unread, "message");
		ms_buf_add_str(&b, " cannot be searched in whole");
	}
	if (sum->skipped > 0) {
		ms_buf_add_str(&b, "; ");
		ms_human_count(&b, sum->skipped, "message");
		ms_buf_add_str(&b, " cannot be read");
	}
	ms_report_note(run->report, "%s", ms_buf_str(&b));
	ms_buf_release(&b);
}

static int
update(struct run *run, const struct options *opt, struct ms_text_sum *sum,
    struct ms_err *err)
{
	char converters[MS_SHA_HEX + 1];
	struct ms_text_update how = {.read = read_message,
	    .progress = progress,
	    .remark = remark,
	    .ctx = run,
	    .converters = converters,
	    .check = opt->repair};

	ms_text_reader_name(run->reader, converters);
	if (opt->rebuild && ms_text_delete(run->archive, err) < 0)
		return -1;
	if (ms_text_update(run->archive, &how, sum, err) < 0)
		return -1;
	say_sum(run, sum);
	return 0;
}

/* ---- checking ---- */

static void
fault(void *ctx, const struct ms_err *why)
{
	struct run *run = ctx;

	run->faults++;
	ms_report_failed(run->report, "text index", why->msg);
}

/* ---- the status ---- */

struct status {
	struct ms_text_coverage covered;
	uint64_t unsearchable, databases, bytes;
};

static bool
count_unread(void *ctx, const struct ms_text_row *row)
{
	struct status *s = ctx;

	s->unsearchable += (row->bits & MS_TEXT_UNREAD) != 0;
	return false;
}

static int
read_status(struct ms_archive *a, struct status *s, struct ms_err *err)
{
	struct ms_text *t;
	int rc;

	if (ms_text_open(&t, a, err) < 0)
		return -1;
	ms_text_set_free(ms_text_select(t, count_unread, s));
	rc = ms_text_coverage(t, &s->covered, err);
	if (rc == 0)
		rc = ms_text_size(a, &s->databases, &s->bytes, err);
	ms_text_close(t);
	return rc;
}

static void
print_json(const struct status *s)
{
	const struct ms_text_coverage *c = &s->covered;

	printf("{\"type\": \"text_index\", \"messages\": %" PRIu64
	       ", \"indexed\": %" PRIu64 ", \"missing\": %" PRIu64
	       ", \"missing_bytes\": %" PRIu64 ", \"unsearchable\": %" PRIu64
	       ", \"databases\": %" PRIu64 ", \"unusable\": %zu"
	       ", \"bytes\": %" PRIu64 "}\n",
	    c->indexed + c->missing, c->indexed, c->missing, c->bytes,
	    s->unsearchable, s->databases, c->unusable, s->bytes);
}

static void
print_text(const struct status *s)
{
	const struct ms_text_coverage *c = &s->covered;
	struct ms_buf b = {0};

	ms_buf_printf(&b, "%" PRIu64 " of ", c->indexed);
	ms_human_count(&b, c->indexed + c->missing, "message");
	ms_buf_add_str(&b, " indexed, ");
	ms_human_bytes(&b, s->bytes);
	ms_buf_add_str(&b, " in ");
	ms_human_count(&b, s->databases, "database");
	if (c->missing > 0) {
		ms_buf_add_str(&b, "\nnot indexed yet: ");
		ms_human_count(&b, c->missing, "message");
		ms_buf_add_str(&b, ", ");
		ms_human_bytes(&b, c->bytes);
		ms_buf_add_str(&b, "; ms-index adds them");
	}
	if (s->unsearchable > 0) {
		ms_buf_add_str(&b, "\nnot searched in whole: ");
		ms_human_count(&b, s->unsearchable, "message");
		ms_buf_add_str(&b, "");
	}
	if (c->unusable > 0)
		ms_buf_printf(&b, "\n%s; ms-index makes it again", c->why.msg);
	printf("%s\n", ms_buf_str(&b));
	ms_buf_release(&b);
}

/* ---- the tool ---- */

static int
act(struct run *run, const struct options *opt, struct ms_text_sum *sum,
    struct ms_err *err)
{
	struct status status = {0};

	if (opt->check)
		return ms_text_check(run->archive, fault, run, err);
	if (!opt->status)
		return update(run, opt, sum, err);
	if (read_status(run->archive, &status, err) < 0)
		return -1;
	if (opt->json)
		print_json(&status);
	else
		print_text(&status);
	return 0;
}

static int
end(struct run *run, const struct ms_text_sum *sum, int status)
{
	const struct ms_report_count counts[] = {
	    {"messages", sum->messages},
	    {"bytes", sum->bytes},
	    {"unsearchable", run->unread},
	    {"failed", sum->skipped},
	    {"faults", run->faults},
	};
	struct ms_err err = {0};

	if (ms_report_end(run->report, status, counts,
		sizeof(counts) / sizeof(counts[0]), &err) < 0)
		return ms_warn_end(TOOL, status, &err);
	return status;
}

/* Starts the processes that read mail before anything else is opened. */
static int
open_reader(struct run *run, struct ms_err *err)
{
	int rc = ms_text_reader_open(&run->reader, MS_TEXT_ALL, err);

	if (rc == 1)
		ms_report_note(
		    run->report, "attachments are left out: %s", err->msg);
	return rc < 0 ? -1 : 0;
}

static int
run_tool(const struct ms_args *args)
{
	const struct options *opt = args->values;
	bool reads = opt->check || opt->status;
	struct run run = {.verbose = opt->report.verbose};
	struct ms_text_sum sum = {0};
	struct ms_err err = {0};
	const char *dir;
	int rc, status;

	if (ms_opt_archive(&dir, opt->archive, &err) < 0 ||
	    ms_report_open(&run.report, TOOL, &opt->report, &err) < 0)
		return ms_warn_err(TOOL, &err);
	ms_stop_catch();
	rc = reads ? 0 : open_reader(&run, &err);
	if (rc == 0)
		rc = ms_archive_open(&run.archive, dir,
		    reads ? MS_ARCHIVE_READ : MS_ARCHIVE_JOBS, &err);
	if (rc == 0)
		rc = act(&run, opt, &sum, &err);
	ms_archive_close(run.archive);
	ms_text_reader_close(run.reader);
	if (rc < 0)
		status = ms_warn_err(TOOL, &err);
	else
		status = run.faults > 0    ? EX_DATAERR
			 : ms_stopped != 0 ? EX_TEMPFAIL
			 : sum.skipped > 0 ? MS_STATUS_SOME
					   : 0;
	status = end(&run, &sum, status);
	ms_stop_end(status);
	return status;
}

static const struct ms_option options[] = {
    {'a', "archive", MS_OPT_STRING, MS_OPT_IN(struct options, archive),
	"archive", "the archive (default: $MS_ARCHIVE)"},
    {0, "rebuild", MS_OPT_FLAG, MS_OPT_IN(struct options, rebuild),
	.help = "delete the text index first", .group = 1},
    {0, "repair", MS_OPT_FLAG, MS_OPT_IN(struct options, repair),
	.help = "check the text index, and make again what is damaged",
	.group = 1},
    {0, "check", MS_OPT_FLAG, MS_OPT_IN(struct options, check),
	.help = "compare the text index with the archive", .group = 1},
    {0, "status", MS_OPT_FLAG, MS_OPT_IN(struct options, status),
	.help = "print how much the text index has", .group = 1},
    MS_OPT_REPORT_ROWS(struct options, report, 0),
    {0, "json", MS_OPT_FLAG, MS_OPT_IN(struct options, json),
	.help = "with --status, print JSON"},
    MS_OPT_PROGRESS_ROW(struct options, report, 0),
    MS_OPT_VERBOSE_ROW(struct options, report, 0,
	"name the messages that cannot be searched in whole"),
    MS_OPT_AS_ROW(),
    MS_OPT_COMMON,
};

static const struct ms_command tool = {
    .name = TOOL,
    .options = options,
    .about = "Adds new messages to the text index of an archive",
    .see = "A search is complete without the text index, but slower.",
    .run = run_tool,
    .guard = ms_actor_guard,
};

int
main(int argc, char *argv[])
{
	struct options opt = {0};

	return ms_command_main(&tool, &opt, argc, argv);
}
